"""Two-level atoms: the dark state is unique, pure, and made whatever the start; and with noise.

Small ensembles are solved exactly with every atom kept apart, not only in the symmetric states.
There the collective jumps alone conserve the total spin of each ensemble, and the dark state is
unique for each spin; single-atom processes connect them. Large ensembles follow App. B.
"""

from __future__ import annotations

from math import exp, inf, tanh
from typing import Any

import numpy as np
import xarray as xr
from scipy import constants
from scipy.linalg import expm
from scipy.stats import norm

from darkstate.engines import Moments
from darkstate.frontdoor import evolve
from darkstate.models import AtomicEnsembles
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.muschik2012.common import PUMP, SQUEEZING, TENFOLD, by_far, two_levels
from darkstate.papers.muschik2012.three_level import SHOWN, final_xi
from darkstate.plots import legend_above

_R, _FEW = 0.6, 2
_STARTS = (1.0, 0.5, 0.1)
SEED = 2012
_WAVE, _CELL, _RATE = 1e7, 0.022, 300.0
"""kL per m, length of a cell in m, and the largest rate of App. C without pump, per s."""

_SYMMETRIC = [np.array(v) for v in ([1.0, 0, 0, 0], [0, 0.5**0.5, 0.5**0.5, 0], [0, 0, 0, 1.0])]
"""States of two atoms of one ensemble, from polarised in I to polarised in II."""


def _single(kind: np.ndarray, k: int, atoms: int) -> np.ndarray:
    """`kind` acting on the k-th of `atoms` atoms."""
    return np.kron(np.kron(np.eye(2**k), kind), np.eye(2 ** (atoms - k - 1)))


def _jumps() -> list[np.ndarray]:
    """Both collective jumps, and then the lowering operator of each atom."""
    lower, atoms = np.array([[0.0, 1.0], [0.0, 0.0]]), 2 * _FEW
    each = [_single(lower, k, atoms) for k in range(atoms)]
    first, second = np.sum(each[:_FEW], axis=0), np.sum(each[_FEW:], axis=0)
    mu, nu = np.cosh(_R), np.sinh(_R)
    return [mu * first - nu * second, mu * second.T - nu * first.T, *each]


def _dark_state() -> np.ndarray:
    """The dark state of Eq. (1)."""
    state = sum(tanh(_R) ** k * np.kron(_SYMMETRIC[k], _SYMMETRIC[2 - k]) for k in range(3))
    return np.asarray(state) / np.linalg.norm(state)


def _generator(noise: bool) -> np.ndarray:
    """Of two atoms in each ensemble, each kept apart; Eq. (A2) with or without its noise."""
    both, each = _jumps()[:2], _jumps()[2:]
    jumps, mu, nu = both, np.cosh(_R), np.sinh(_R)
    if noise:
        jumps += [0.3 * mu * (c if k < _FEW else c.T) for k, c in enumerate(each)]
        jumps += [0.3 * nu * (c.T if k < _FEW else c) for k, c in enumerate(each)]
    one, L = np.eye(4**_FEW), 0.0
    for c in jumps:
        k = c.T @ c
        L = L + np.kron(c, c) - 0.5 * (np.kron(k, one) + np.kron(one, k.T))
    return np.asarray(L)


def _states(L: np.ndarray) -> int:
    """How many steady states there are."""
    values = np.linalg.svd(L, compute_uv=False)
    return int((values < 1e-9 * values[0]).sum())


def _reached(L: np.ndarray) -> list[float]:
    """Overlap with the dark state at late times, from polarised, inverted, mixed symmetric and
    fully mixed atoms."""
    dim, symmetric, dark = 4**_FEW, _SYMMETRIC, _dark_state()
    P = sum(np.outer(v, v) for v in symmetric)
    ends = np.kron(*symmetric[::2]), np.kron(*symmetric[::-2])
    starts = [np.outer(v, v) for v in ends]
    starts += [np.kron(P, P) / 9, np.eye(dim) / dim]
    late = expm(200.0 * L)
    return [float(dark @ (late @ rho.ravel()).reshape(dim, dim) @ dark) for rho in starts]


def _emitted() -> float:
    """Rate of photons from the dark state over that from polarised atoms."""
    rates = [
        sum(float(np.sum((c @ v) ** 2)) for c in _jumps()[:2])
        for v in (_dark_state(), np.kron(_SYMMETRIC[0], _SYMMETRIC[2]))
    ]
    return rates[0] / rates[1]


def _large(polarisation: float) -> float:
    """xi of 1e12 atoms without single-atom noise, from uncorrelated ones of this P2."""
    model = AtomicEnsembles(10**12, _R)
    measures = {"xi": lambda state: state.xi("I", "II")}
    start, late = model.polarised(polarisation), 40.0 / polarisation
    table = evolve(model, [0.0, late], start, measures, Moments()).table
    assert table is not None
    return float(table["xi"].values[-1])


def least_of_products(samples: int) -> float:
    """Least xi of product states of two spins N/2 = 2: a coherent one, and random ones."""
    stream, parts = np.random.default_rng(SEED), []
    k = np.arange(4)
    raising = np.diag(np.sqrt((k + 1.0) * (4 - k)), -1)
    x, y, z = (raising + raising.T) / 2, (raising - raising.T) / 2j, np.diag(np.arange(5) - 2.0)
    for k in range(2 * samples):
        v = stream.normal(size=5) + 1j * stream.normal(size=5)
        v = v if k % samples else np.eye(5)[4]  # coherent states once
        v /= np.linalg.norm(v)
        mean = [(v.conj() @ c @ v).real for c in (x, y, z)]
        square = sum((v.conj() @ c @ c @ v).real for c in (x, y))
        parts.append((square - mean[0] ** 2 - mean[1] ** 2, abs(mean[2])))
    (one, first), (two, second) = np.array(parts).reshape(2, samples, 2).transpose(0, 2, 1)
    return float(((one + two) / (first + second)).min())


def critical_depth(pump: float) -> float:
    """d above which (B1) is below 1."""
    model = two_levels(pump=pump)
    P, dark = model.polarisation, exp(-2 * SQUEEZING)
    return model.noise_rate * (1 - P) / (model.emission * P * P * (1 - dark)) if P > 0 else inf


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    depths = np.geomspace(10, 1e5, 41 if fast else 201)
    rows = [[two_levels(depth=d, pump=pump).large_atoms_xi() for d in depths] for pump in (0, PUMP)]
    rows.append([final_xi(SHOWN, d) for d in depths])
    bare, noisy = _generator(False), _generator(True)
    progress("exact", 0.4)
    return xr.Dataset(
        {
            "xi": (("atoms", "depth"), rows),
            "states": ("noise", [_states(bare), _states(noisy)]),
            "reached": (("noise", "start"), [_reached(bare), _reached(noisy)]),
            "large": ("polarisation", [_large(p) for p in _STARTS]),
            "emitted": ((), _emitted()),
            "present": (
                "atoms",
                [two_levels(pump=pump).large_atoms_xi() for pump in (0, PUMP)]
                + [final_xi(SHOWN, 55.0)],
            ),
            "polarised": ("pumped", [two_levels(pump=pump).polarisation for pump in (0, PUMP)]),
            "critical": ("pumped", [critical_depth(0.0), critical_depth(PUMP)]),
            "products": ((), least_of_products(2000)),
        },
        coords={
            "atoms": ["two levels", "two levels, pumped", "three levels, pumped"],
            "depth": depths,
            "noise": [False, True],
            "start": ["polarised", "inverted", "mixed, symmetric", "mixed"],
            "polarisation": list(_STARTS),
            "pumped": [False, True],
        },
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, name in enumerate(data.atoms.values):
        label = name if k < 2 else rf"{name}, $\Gamma_{{out}}^L={SHOWN:g}$ ms$^{{-1}}$"
        axes.semilogx(data.depth, data.xi.sel(atoms=name), color=f"C{k}", label=label)
    axes.axhline(1.0, color="0.4", lw=0.8, ls=":")
    axes.axvline(55.0, color="0.6", lw=0.7, ls=":")
    axes.axhline(exp(-2 * SQUEEZING), color="0.6", lw=0.7, ls=":")
    axes.text(12, exp(-2 * SQUEEZING) + 0.02, r"$1/Z^2$", fontsize=7, color="0.35")
    axes.text(57, 0.3, "$d=55$", fontsize=7, color="0.35")
    axes.set(xlabel="optical depth $d$", ylabel=r"$\xi$ of the steady state")
    axes.set(ylim=(0, 2), xlim=(10, 1e5))
    legend_above(axes)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return *_dark(data), *_noisy(data), _conditions(), _warm()


def _dark(data: xr.Dataset) -> tuple[Claim, ...]:
    bare, noisy = (data.reached.sel(noise=flag).values for flag in (False, True))
    count = [int(n) for n in data.states]
    apart = float(abs(data.large * exp(2 * _R) - 1).max())
    starts = ", ".join(f"{x:.4f} ({name})" for x, name in zip(bare, data.start.values, strict=True))
    pure = float(abs(bare[:3] - 1).max())
    same = bool(np.ptp(noisy) < 1e-6)
    small = f"N = {_FEW}, r = {_R:g}, atoms kept apart"
    return (
        Claim(
            "steady-1",
            "Without other noise the steady state is the entangled state, pure and unique.",
            Verdict.NOT_REPRODUCED
            if pure > 1e-8 or count[1] != 1
            else Verdict.REPRODUCED
            if count[0] == 1
            else Verdict.CONDITION,
            "unique, pure",
            f"{small}: reached from symmetric states, pure or mixed, to {pure:.0e}, and emits "
            f"{float(data.emitted):.0e} of what polarised atoms do; the generator "
            f"has {count[0]} zero eigenvalues without single-atom noise, {count[1]} with that of "
            "(A2)",
            "unique within symmetric states, which pumped atoms are in: the collective jumps "
            "conserve the total spin of each ensemble. The noise of (A2) makes it unique, and "
            "mixed",
            "Sec. II, key idea, Eqs. (1), (2); Sec. III: no photon is scattered forward; no noise",
        ),
        Claim(
            "steady-2",
            "The state is reached from any initial state, which may be highly mixed.",
            Verdict.NOT_REPRODUCED
            if apart > 1e-6 or not same
            else Verdict.REPRODUCED
            if bare.min() > 1 - 1e-8
            else Verdict.CONDITION,
            "irrespective of the initial state",
            f"1e12 atoms: xi = (mu - nu)^2 to {apart:.0e} from P2 = 1, 0.5 and 0.1; {small}: "
            f"overlap with the dark state {starts} without noise, {noisy[0]:.4f} from each with "
            "that of (A2)",
            "from symmetric states, or for many atoms that are polarised at all; with single-atom "
            "noise from any state, to one that is mixed",
            "Sec. I; Sec. III, comparison with other methods; ideal conditions",
        ),
        Claim(
            "steady-3",
            "xi < 1 certifies an inseparable state.",
            Verdict.REPRODUCED if float(data.products) >= 1 - 1e-12 else Verdict.NOT_REPRODUCED,
            "xi < 1",
            f"least of 2000 product states of spins 2: {float(data.products):.3f}",
            "a coherent one; the others are random. var Jy + var Jz >= |<Jx>| of each spin gives "
            "xi >= 1 for products, and for their mixtures, with |<Jx>| the mean of both ensembles",
            "Sec. II, below Eq. (1)",
        ),
    )


def _noisy(data: xr.Dataset) -> tuple[Claim, ...]:
    bare, pumped = data.critical.values
    grown, helped, three = data.present.values
    left, kept = data.polarised.values
    return (
        Claim(
            "steady-4",
            "For sufficiently optically thick samples the steady state is entangled in spite of "
            "noise.",
            Verdict.REPRODUCED if bool(np.all(data.xi[:, -1] < 1)) else Verdict.NOT_REPRODUCED,
            "for d large enough",
            f"(B1) is below 1 above d = {bare:.0f} without pump, {pumped:.1f} with pump",
            "d > Gt (1 - P2)/(Gamma P2^2 (1 - (mu - nu)^2)): wherever cooling exceeds heating",
            "Sec. II, key idea; App. B; rates of App. C without loss",
        ),
        Claim(
            "steady-5",
            "Atoms with two levels (171Yb) do not have the dynamics that makes xi grow with time.",
            Verdict.CONDITION
            if helped < 1 < grown
            else Verdict.REPRODUCED
            if grown < 1
            else Verdict.NOT_REPRODUCED,
            "steady-state entanglement",
            f"two levels with the rates of App. C at d = 55: xi = {helped:.3f} with pump (P2 = "
            f"{kept:.2f}), {grown:.2f} without (P2 = {left:.2f}); three levels with pump "
            f"{three:.3f}",
            "with these rates two levels need the pump too: nu^2 Gamma and collisions depolarise "
            "them. Rates of Ytterbium are not in the text",
            "Sec. III, perspectives; Sec. VI",
        ),
        Claim(
            "steady-6",
            "Standard schemes give separable states if the light is not measured. Collective "
            "dephasing and collective parts of pump and repump are negligible.",
            Verdict.NOT_COMPUTED,
            "separable; negligible",
            "",
            "about other protocols, and taken from another paper, without parameters",
            "Sec. III, comparison with other methods; App. A, below (A3)",
        ),
        Claim(
            "steady-9",
            "The master equation, with collective rates d times those of single atoms, follows "
            "from the Hamiltonian of atoms and light.",
            Verdict.NOT_COMPUTED,
            "(A2) and (A3) from (A1)",
            "",
            "couplings g(k), the geometry and the motion that is averaged over are not in the "
            "text; taken over as they stand",
            "App. A, (A1) to (A3)",
        ),
    )


def _conditions() -> Claim:
    k, length, apart, light = _WAVE, _CELL, 0.5, 2.998e8
    omega, pulse = 2 * np.pi * 322e3, 1e-3
    ratios = {
        "kL L": k * length,
        "kL L^2/R": k * length**2 / apart,
        "c/(Gamma R)": light / (_RATE * apart),
        "Omega/Gamma": omega / _RATE,
        "Omega T": omega * pulse,
    }
    return Claim(
        "steady-7",
        "Distance, sidebands and retardation fulfil the conditions of the derivation.",
        Verdict.REPRODUCED if min(ratios.values()) > 100 else Verdict.NOT_REPRODUCED,
        "all well fulfilled",
        "; ".join(f"{name} = {value:.1e}" for name, value in ratios.items()),
        "all to be large; with the largest rate of App. C without pump, Gt + d Gamma = 0.3 per ms",
        "Sec. IV, App. A; R = 0.5 m, L = 2.2 cm, kL = 1e7 per m, Omega = 2 pi 322 kHz, T = 1 ms",
    )


def _warm() -> Claim:
    """Conditions on atoms at room temperature, from the mass of cesium and its hyperfine clock."""
    thermal = constants.k * 293.0
    speed = np.sqrt(thermal / (132.905 * constants.u))
    flight = _CELL / (speed * np.sqrt(8 / np.pi))
    doppler, split = _WAVE * speed / (2 * np.pi), 9.19e9
    ratios = {
        "Delta over the Doppler width": 850e6 / doppler,
        "1/(Gamma L/v)": 1 / (_RATE * flight),
        "thermal energy over the hyperfine splitting": thermal / (constants.h * split),
    }
    shifted = 2 * norm.sf(ratios["Delta over the Doppler width"])
    return Claim(
        "steady-8",
        "The detuning exceeds the Doppler width, atoms cross the cell before they decay, and their "
        "thermal energy exceeds the level splittings.",
        by_far(ratios.values()),
        "all large",
        "; ".join(f"{name} = {value:.2g}" for name, value in ratios.items()),
        f"Large, for us: {TENFOLD:g} times. The Doppler width, {doppler / 1e6:.0f} MHz, is the "
        f"standard deviation of kL v/(2 pi); Delta is {850e6 / doppler / 2.355:.1f} full widths at "
        f"half maximum, and {shifted:.0e} of the atoms are shifted further. The text has kL by its "
        "order alone; 293 K, the mass of cesium and 9.19 GHz are ours",
        "App. A; App. C; Sec. III; Delta = 850 MHz, kL = 1e7 per m, L = 2.2 cm, Gamma = 0.3 per "
        "ms, 133Cs at room temperature",
    )


STEADY = Figure("steady", "Steady states of two-level atoms", _compute, _draw, _claims)
