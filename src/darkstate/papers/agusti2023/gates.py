r"""Eqs. (1) to (11): master equations, dark states, and the gates that exchange detunings.

(7) and (8) fix the sign of theta: ``|S> -> |T>`` elements of the pair's Hamiltonian,
``D/2 + i gamma/2`` with ``D = delta_Bi - delta_Bi+1``, must turn into ``-D/2 + i gamma/2``, which
asks for ``tan theta = -D/gamma``. The printed sign is right for the detunings after the exchange,
and with the other sign of sigma_z; but then the sign in (10) is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import fidelity
from darkstate.models import DualRail
from darkstate.papers.agusti2023 import printed
from darkstate.papers.agusti2023.common import block, programmed
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.states import PureState
from darkstate.systems import OpenSystem

_EXACT = 1e-9
_DETUNINGS = (0.3, -0.8, 1.7)
_SQUEEZING = 0.7


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    differences = np.linspace(-3.0, 3.0, 25 if fast else 121)
    rows = [[exchange_error(d, sign) for d in differences.tolist()] for sign in (1, -1)]
    progress("gates", 0.6)
    steps = [0.3, 1.0, 4.0]
    solved = [_crossed_error(step) for step in steps]
    return xr.Dataset(
        {
            "error": (("sign", "difference"), np.array(rows)),
            "crossed": (("step", "sign"), np.array(solved)),
            "chained": ("sign", [_chained(sign) for sign in (1, -1)]),
        },
        coords={"sign": [1, -1], "difference": differences, "step": steps},
        attrs={"dark": _dark(), "jumps": _jumps(), "lone": _lone(), "equations": _equations()},
    )


def exchange_error(difference: float, sign: int) -> float:
    """``|U H U† - H'|`` over ``|H'|`` for tan theta = sign (delta_B1 - delta_B2)/gamma, N = 2."""
    one, other = (0.4, -0.9), (difference, 0.0)
    U = printed.exchange(2, 0, sign * difference)
    exchanged = printed.hamiltonian(one, other[::-1])
    off = U @ printed.hamiltonian(one, other) @ U.conj().T - exchanged
    return float(np.linalg.norm(off) / np.linalg.norm(exchanged))


def _chained(sign: int) -> float:
    """1 - overlap of (9), N = 3 with the detunings reversed, with the solved steady state."""
    current = [-x for x in _DETUNINGS]
    state = printed.paired((0, 1, 2), _SQUEEZING)
    for i in (0, 1, 0):
        tangent = sign * (current[i] - current[i + 1])
        state = printed.exchange(3, i, tangent) @ state
        current[i], current[i + 1] = current[i + 1], current[i]
    return _missed(programmed(_DETUNINGS, (2, 1, 0), _SQUEEZING), state)


def _crossed_error(step: float) -> list[float]:
    """1 - overlap of (10) with the solved steady state, as printed and with the other sign."""
    model = programmed((step, 0.0), (1, 0), _SQUEEZING)
    return [_missed(model, printed.crossed(sign * step, _SQUEEZING)) for sign in (1, -1)]


def _missed(model: DualRail, psi: printed.Matrix) -> float:
    state = PureState(tuple(block(model.pairs)), (2,) * 2 * model.pairs, psi)
    return 1 - float(fidelity(steady_state(model).state, state))


def _dark() -> float:
    """Norms of J_A, J_B and H on the product of pairs (6) with opposite detunings, N = 1 to 3."""
    worst = []
    for n in (1, 2, 3):
        one, psi = _DETUNINGS[:n], printed.paired(range(n), _SQUEEZING)
        for operator in (
            printed.hamiltonian(one, [-x for x in one]),
            *printed.jumps(n, _SQUEEZING),
        ):
            worst.append(float(np.linalg.norm(operator @ psi)))
    return max(worst)


def _jumps() -> float:
    """``|U J U† - J|`` for any theta, N = 3."""
    U = printed.exchange(3, 1, 0.83)
    return float(max(np.linalg.norm(U @ J @ U.conj().T - J) for J in printed.jumps(3, _SQUEEZING)))


def _lone() -> float:
    """1 - overlap of the solved steady state of one pair with (5), r = 0.1 to 3."""
    return max(_missed(DualRail(1, r), printed.paired((0,), r)) for r in (0.1, 1.0, 3.0))


def _equations() -> list[float]:
    """What (1) and (11) are off the generators that are solved, on a random matrix, N = 2."""
    rng = np.random.default_rng(11)
    one, other = _DETUNINGS[:2], (0.5, 0.2)
    misses = []
    for beta, dephasing in ((np.inf, 0.0), (5.0, 0.1)):
        size = 16 if np.isinf(beta) else 16 * printed.LEVELS**2
        rho = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
        model = DualRail(2, _SQUEEZING, one, other, bandwidth=beta, dephasing=dephasing)
        system = model.system()
        assert isinstance(system, OpenSystem)
        if np.isinf(beta):
            told = printed.broadband(rho, one, other, _SQUEEZING)
        else:
            gain = beta / 2 * np.tanh(_SQUEEZING / 2)
            told = printed.cascaded(rho, (one, other), gain, beta, dephasing)
        misses.append(float(np.linalg.norm(told - printed.of_system(system, rho))))
    return misses


def _draw(axes: Any, data: xr.Dataset) -> None:
    names = {1: r"$\tan\theta=(\delta_{B,1}-\delta_{B,2})/\gamma$, printed", -1: "opposite sign"}
    for sign, style in ((1, "-"), (-1, "--")):
        curve = np.maximum(data.error.sel(sign=sign), 1e-17)
        axes.semilogy(data.difference, curve, style, label=names[sign])
    axes.set(xlabel=r"$(\delta_{B,1}-\delta_{B,2})/\gamma$, before the exchange", ylim=(1e-17, 10))
    axes.set(ylabel=r"$|UHU^\dagger-H'|/|H'|$")
    legend_above(axes, "Eq. (8), two pairs")


def _verdict(error: float) -> Verdict:
    return Verdict.REPRODUCED if error < _EXACT else Verdict.NOT_REPRODUCED


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return (*_pairs(data), *_exchanges(data), *_network(data))


def _pairs(data: xr.Dataset) -> tuple[Claim, ...]:
    dark, lone, jumps = (float(data.attrs[x]) for x in ("dark", "lone", "jumps"))
    return (
        Claim(
            "gates-1",
            "One pair without detuning relaxes to cosh r |00> + sinh r |11>, a Bell state for "
            "large r.",
            _verdict(lone),
            "Eq. (5)",
            f"unique; 1 - fidelity {lone:.0e}",
            place="Eq. (5); N = 1, r = 0.1, 1, 3",
        ),
        Claim(
            "gates-2",
            "With opposite detunings the product of such pairs is dark, whatever their number.",
            _verdict(dark),
            "J psi = 0, H psi = 0",
            f"largest norm of J_A psi, J_B psi, H psi {dark:.0e}",
            place="Eq. (6) and above; N = 1, 2, 3",
        ),
        Claim(
            "gates-3",
            "The gates leave the collective jumps as they are.",
            _verdict(jumps),
            "U J U† = J",
            f"within {jumps:.0e}",
            place="below Eq. (7)",
        ),
    )


def _exchanges(data: xr.Dataset) -> tuple[Claim, ...]:
    as_printed, opposite = (data.error.sel(sign=s) for s in (1, -1))
    wrong, right = float(as_printed.max()), float(opposite.max())
    chained = [float(x) for x in data.chained]
    crossed = data.crossed.max("step").values
    return (
        Claim(
            "gates-4",
            "With tan theta = (delta_Bi - delta_Bi+1)/gamma they exchange two detunings in H.",
            _verdict(wrong),
            "U H(delta_B) U† = H(P delta_B)",
            f"off by up to {wrong:.2g} of |H'| with the printed sign, by {right:.0e} with "
            "tan theta = -(delta_Bi - delta_Bi+1)/gamma",
            "A slip in the sign, with the detunings before the exchange as Eq. (8) has them; the "
            "printed one belongs to those after it. Eq. (10) has the right sign (gates-6).",
            "Eqs. (7), (8); N = 2",
        ),
        Claim(
            "gates-5",
            "The gates of neighbour exchanges give the steady state of any permutation.",
            Verdict.CONDITION if chained[1] < _EXACT else Verdict.NOT_REPRODUCED,
            "Eq. (9)",
            f"1 - fidelity {chained[1]:.0e} with the sign of gates-4, {chained[0]:.2g} as printed",
            "With that sign; all permutations up to N = 4 are in dark-2.",
            "Eq. (9); N = 3, reversed",
        ),
        Claim(
            "gates-6",
            "Steady state of two pairs whose detunings are exchanged.",
            _verdict(float(crossed[0])),
            "gamma |11, 22> + i Delta |12, 21>",
            f"1 - fidelity {crossed[0]:.0e}; {crossed[1]:.2g} with -i Delta",
            "What (7) as printed would give is -i Delta.",
            "Eq. (10); Delta/gamma = 0.3, 1, 4",
        ),
    )


def _network(data: xr.Dataset) -> tuple[Claim, Claim]:
    white, wide = data.attrs["equations"]
    return (
        Claim(
            "gates-7",
            "Entangled qubits may be arbitrarily far apart.",
            Verdict.NOT_COMPUTED,
            "",
            "",
            "A property of the model: in one-way networks delays drop out once every node has a "
            "clock of its own. What they do to dephasing qubits is in the supplement.",
            "Introduction, Conclusions",
        ),
        Claim(
            "gates-8",
            "Master equations of the qubits alone and of the full network.",
            _verdict(max(white, wide)),
            "Eqs. (1), (11)",
            f"off the generators that are solved by {white:.0e} and {wide:.0e} on a random matrix",
            "With r = 2 artanh(2g/kappa), as printed, and a + before the second line of (11).",
            "Eqs. (1) to (4), (11); N = 2, beta = 5, gamma_phi = 0.1 gamma",
        ),
    )


GATES = Figure("gates", "Gates that exchange two detunings", _compute, _draw, _claims)
