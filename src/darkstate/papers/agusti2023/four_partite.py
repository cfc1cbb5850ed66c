r"""Below Eq. (10): two pairs whose detunings are exchanged are genuinely four-partite entangled.

A pure state is so if no bipartition leaves it a product: with ``alpha`` the largest squared Schmidt
coefficient over the seven bipartitions, if ``alpha < 1``. ``alpha - |psi><psi|`` is then a witness:
any state, a dephased one too, whose fidelity with psi exceeds alpha is genuinely four-partite
entangled (Bourennane et al., Phys. Rev. Lett. 92, 087902 (2004)).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from darkstate.frontdoor import steady_state
from darkstate.measures import fidelity
from darkstate.models import DualRail
from darkstate.papers.agusti2023 import printed
from darkstate.papers.agusti2023.common import SQUEEZING, block
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.states import PureState

_DEPHASINGS = (1e-3, 1e-2, 3e-2)
_SQUEEZINGS = (0.1, 0.3, 1.0, 3.0)
_LARGE = 12.0
_MARGIN = 1e-9


def largest_overlap(psi: NDArray[Any]) -> float:
    """alpha of a state of four qubits."""
    state, found = psi.reshape((2,) * 4), []
    for size in (1, 2):
        for side in combinations(range(4), size):
            rest = [k for k in range(4) if k not in side]
            matrix = state.transpose([*side, *rest]).reshape(2**size, -1)
            found.append(float(np.linalg.svd(matrix, compute_uv=False)[0]) ** 2)
    return max(found)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    steps = np.geomspace(0.01, 100.0, 9 if fast else 49)
    overlaps = [[largest_overlap(printed.crossed(x, r)) for x in steps] for r in _SQUEEZINGS]
    kept = np.empty((len(_DEPHASINGS), len(steps)))
    for i, dephasing in enumerate(_DEPHASINGS):
        kept[i] = [_fidelity(float(x), dephasing) for x in steps]
        progress("dephasing", (i + 1) / len(_DEPHASINGS))
    ends = [largest_overlap(printed.crossed(x, SQUEEZING)) for x in (0.0, 1e9)]
    return xr.Dataset(
        {
            "alpha": (("squeezing", "step"), np.array(overlaps)),
            "fidelity": (("dephasing", "step"), kept),
            "moduli": ("step", [_moduli(float(x)) for x in steps]),
        },
        coords={"squeezing": list(_SQUEEZINGS), "dephasing": list(_DEPHASINGS), "step": steps},
        attrs={"ends": ends},
    )


def _fidelity(step: float, dephasing: float) -> float:
    """Of the dephased steady state with (10)."""
    model = DualRail(2, SQUEEZING, [step, 0.0], [0.0, -step], dephasing=dephasing)
    psi = PureState(tuple(block(2)), (2,) * 4, printed.crossed(step, SQUEEZING))
    return float(fidelity(steady_state(model).state, psi))


def _moduli(step: float) -> float:
    """How far |amplitude| is from 1/4 at most, for large r, after Hadamard gates on B1 and B2."""
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    state = printed.crossed(step, _LARGE).reshape((2,) * 4)
    turned = np.einsum("abcd,ce,df->abef", state, hadamard, hadamard)
    return float(np.max(np.abs(np.abs(turned) - 0.25)))


def _draw(axes: Any, data: xr.Dataset) -> None:
    alpha = data.alpha.sel(squeezing=SQUEEZING)
    axes.semilogx(data.step, alpha, "k-", lw=1.4, label="largest overlap with biseparable states")
    for k, dephasing in enumerate(data.dephasing.values):
        label = rf"fidelity, $\gamma_\phi={dephasing:g}\,\gamma$"
        axes.semilogx(data.step, data.fidelity.sel(dephasing=dephasing), color=f"C{k}", label=label)
    axes.set(
        xlabel=r"detuning $\Delta/\gamma$", ylabel="overlap", xlim=(0.01, 100), ylim=(0.4, 1.02)
    )
    legend_above(axes, rf"$N=2$, $r={SQUEEZING:g}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    alpha = data.alpha
    whole = bool((alpha < 1 - _MARGIN).all())
    ends = data.attrs["ends"]
    least = alpha.sel(squeezing=SQUEEZING)
    at = float(data.step[int(least.argmin("step"))])
    even = float(data.moduli.max())
    rows = []
    for g in data.dephasing.values:
        proven = data.step.values[(data.fidelity.sel(dephasing=g) > least).values]
        span = f"{proven.min():.2g} to {proven.max():.2g} gamma" if len(proven) else "nowhere"
        rows.append(f"{span} at gamma_phi = {g:g} gamma")
    return (
        Claim(
            "four-1",
            "Between Delta = 0 and infinity the state of two pairs is genuinely four-partite "
            "entangled.",
            Verdict.REPRODUCED if whole and min(ends) > 1 - _MARGIN else Verdict.NOT_REPRODUCED,
            "genuine four-partite",
            f"largest overlap with a biseparable state at r = 1 {float(least.min()):.4f} at Delta "
            f"= {at:.2g} gamma, {float(least.max()):.5f} at the ends of the grid; below 1 for all "
            f"r = {', '.join(f'{r:g}' for r in _SQUEEZINGS)}",
            "No bipartition leaves a pure state a product: necessary and sufficient. At Delta = 0 "
            "and infinity it is a product of pairs.",
            "below Eq. (10); Delta from 0.01 to 100 gamma",
        ),
        Claim(
            "four-2",
            "For large r it is a locally maximally entangleable state.",
            Verdict.REPRODUCED if even < 1e-6 else Verdict.NOT_REPRODUCED,
            "LME for r >> 1",
            f"Hadamard gates on B1 and B2 make all 16 amplitudes equal in modulus, within "
            f"{even:.0e} at r = {_LARGE:g}",
            "Such states are those that local unitaries take to equal moduli (Kruszynska and "
            "Kraus).",
            "below Eq. (10)",
        ),
        Claim(
            "four-3",
            "Where is it proven with dephasing, by the fidelity alone (our number)?",
            Verdict.FINDING,
            "",
            f"Delta = {'; '.join(rows)}",
            "Sufficient, not necessary; r = 1, a white field.",
        ),
    )


FOUR = Figure("four", "Two pairs: four-partite entanglement", _compute, _draw, _claims)
