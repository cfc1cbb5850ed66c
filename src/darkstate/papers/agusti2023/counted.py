r"""Beyond figure 4b: how many pairs are entangled, counted, over the bandwidth and the dephasing.

``N_ent = C_11/(C_11 - C_22)`` is where the straight line through the first two pairs ends. Here all
pairs are solved by compressing what lies upstream (`darkstate.engines.Cascade`), up to a little
behind the end of that line, and counted: surely entangled while ``C_ii`` exceeds its estimated
error, surely not where both together are zero.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.engines import Cascade
from darkstate.frontdoor import steady_state
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING, entangled_pairs
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.plots.style import MARKERS

_DEPHASINGS = (0.005, 0.01, 0.03)
_BANDWIDTHS = (5.0, 10.0, 20.0, 50.0, math.inf)
_FAST_DEPHASINGS, _FAST_BANDWIDTHS = (0.03,), (10.0, math.inf)
_DIMENSION, _FAST_DIMENSION = 96, 32
_LONGEST = 20


def signed_concurrence(matrix: np.ndarray) -> float:
    """``2 |rho_00,11| - 2 sqrt(rho_01,01 rho_10,10)``: the concurrence where it is positive.

    A pair of the network has no other coherences (the charge n_A - n_B is conserved), and below
    zero this says how far it is from being entangled.
    """
    apart = math.sqrt(max(0.0, matrix[1, 1].real) * max(0.0, matrix[2, 2].real))
    return 2.0 * (abs(matrix[0, 3]) - apart)


def solved(
    bandwidth: float, dephasing: float, pairs: int, dimension: int, step: float = 0.0
) -> np.ndarray:
    """Signed concurrences and estimated errors, (2, solved pairs).

    Args:
        bandwidth: beta.
        dephasing: gamma_phi in units of gamma.
        pairs: N.
        dimension: kept by the compression.
        step: Delta in units of gamma, of a ladder of detunings centred at zero.
    """
    one = [step * (i - 0.5 * (pairs - 1)) for i in range(pairs)]
    model = DualRail(
        pairs, SQUEEZING, one, [-x for x in one], bandwidth=bandwidth, dephasing=dephasing
    )
    result = steady_state(model, Cascade(dimension=dimension))
    stages, errors = result.state.stages, result.report.errors
    found = [signed_concurrence(stage.matrix) for stage in stages]
    return np.array([found, [errors[stage.labels] for stage in stages]])


def counted(found: np.ndarray) -> tuple[int, int]:
    """Pairs that surely are entangled, and those that may be, before the first that is not."""
    values, errors = found
    return _leading(values > errors), _leading(values + errors > 0)


def _leading(flags: np.ndarray) -> int:
    """How many are true before the first that is false."""
    return len(flags) if flags.all() else int(np.argmin(flags))


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    dephasings = _FAST_DEPHASINGS if fast else _DEPHASINGS
    bandwidths = _FAST_BANDWIDTHS if fast else _BANDWIDTHS
    dimension = _FAST_DIMENSION if fast else _DIMENSION
    table = np.zeros((4, len(dephasings), len(bandwidths)))
    for i, dephasing in enumerate(dephasings):
        for k, bandwidth in enumerate(bandwidths):
            line = entangled_pairs(solved(bandwidth, dephasing, 2, dimension)[0].tolist())
            pairs = min(_LONGEST, math.ceil(1.3 * line) + 2)
            found = solved(bandwidth, dephasing, pairs, dimension)
            table[:, i, k] = line, *counted(found), len(found[0])
            progress("networks", (i * len(bandwidths) + k + 1) / table[0].size)
    names = ("line", "sure", "maybe", "solved")
    return xr.Dataset(
        {name: (("dephasing", "bandwidth"), x) for name, x in zip(names, table, strict=True)},
        coords={"dephasing": list(dephasings), "bandwidth": list(bandwidths)},
        attrs={"squeezing": SQUEEZING, "dimension": dimension},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    places = np.arange(data.sizes["bandwidth"])
    for k, dephasing in enumerate(data.dephasing.values):
        one = data.sel(dephasing=dephasing)
        middle, half = 0.5 * (one.sure + one.maybe), 0.5 * (one.maybe - one.sure)
        axes.plot(places, one.line, color=f"C{k}", lw=0.8)
        axes.errorbar(
            places, middle, yerr=half, color=f"C{k}", marker=MARKERS[k], ms=3.5, ls="none",
            elinewidth=0.8, capsize=2, label=rf"$\gamma_\phi={dephasing:g}\,\gamma$",
        )  # fmt: skip
    names = [rf"${b:g}$" if math.isfinite(b) else r"$\infty$" for b in data.bandwidth.values]
    axes.set_xticks(places, names)
    axes.set(xlabel=r"bandwidth $\beta=\kappa/\gamma$", ylabel="entangled pairs")
    axes.set(ylim=(0, 1.08 * float(max(data.line.max(), data.maybe.max()))))
    legend_above(axes, r"$r=1$; points counted, lines $N_\mathrm{ent}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    promised = np.ceil(data.line - 1e-9)
    # where the last solved pair may be entangled, how many are is not known, but at least how many
    over = (promised - data.maybe.where(data.maybe < data.solved)).fillna(0.0).max("bandwidth")
    under = (data.sure - promised).max("bandwidth")
    off = np.maximum(over, under)
    close = ", ".join(f"{float(x.dephasing):g}" for x in off if float(x) <= 1)
    some = Verdict.CONDITION if close else Verdict.NOT_REPRODUCED
    rows = "; ".join(
        f"gamma_phi = {g:g} gamma: "
        + ", ".join(_row(data.sel(dephasing=g, bandwidth=b)) for b in data.bandwidth.values)
        for g in data.dephasing.values
    )
    return (
        Claim(
            "counted-1",
            "N_ent estimates how many pairs are entangled, over bandwidth and dephasing.",
            Verdict.REPRODUCED if bool((off <= 0).all()) else some,
            "linear extrapolation of the first two pairs",
            f"counted (N_ent): {rows}",
            f"to one pair for gamma_phi = {close or 'no'} gamma; too many by "
            f"{max(0.0, float(over.max())):.0f} pairs, too few by "
            f"{max(0.0, float(under.max())):.0f} at most, beyond the estimated errors; weaker "
            'dephasing, with more pairs, is in figure "long"',
            "above Fig. 4b; no detuning, r = 1",
        ),
    )


def _row(one: xr.Dataset) -> str:
    sure, maybe = int(one.sure), int(one.maybe)
    count = f"{sure}" if sure == maybe else f"{sure} to {maybe}"
    beta = float(one.bandwidth)
    source = f"beta = {beta:g}" if math.isfinite(beta) else "white"
    return f"{count} ({float(one.line):.1f}, {source})"


COUNTED = Figure("counted", "Entangled pairs, counted", _compute, _draw, _claims)
