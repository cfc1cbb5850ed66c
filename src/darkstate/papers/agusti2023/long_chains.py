r"""Beyond the paper: the entanglement of every pair of a long network, against N_ent.

The paper extrapolates ``C_ii`` from the first two pairs by a straight line. Here each pair of a
network of twenty is solved by compressing what lies upstream of it
(`darkstate.engines.Cascade`), with the estimated error that the engine reports: for each pair the
change of its state (trace norm) from a second run at half the dimension.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.engines import Cascade
from darkstate.frontdoor import steady_state
from darkstate.measures import concurrence
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING, entangled_pairs, extrapolated
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.plots.style import MARKERS

_DEPHASING = 1e-3
_CASES = ((math.inf, 0.0, 256), (20.0, 0.0, 256), (math.inf, 4.0, 128))
"""beta, the step of a ladder of detunings, and the dimension kept."""
_PAIRS = 20
_FAST_DIMENSION = 24


def detunings(pairs: int, step: float) -> list[float]:
    """Rungs of a ladder centred at zero."""
    return [step * (i - 0.5 * (pairs - 1)) for i in range(pairs)]


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    pairs = _PAIRS
    table = np.full((3, len(_CASES), pairs), np.nan)
    for k, (bandwidth, step, dimension) in enumerate(_CASES):
        one = detunings(pairs, step)
        model = DualRail(
            pairs, SQUEEZING, one, [-x for x in one], bandwidth=bandwidth, dephasing=_DEPHASING
        )
        kept = _FAST_DIMENSION if fast else dimension
        result = steady_state(model, Cascade(dimension=kept))
        stages, errors = result.state.stages, result.report.errors
        for i, stage in enumerate(stages):
            table[0, k, i] = float(concurrence(stage, *stage.labels))
            table[1, k, i] = errors[stage.labels]
        table[2, k] = extrapolated(table[0, k, :2].tolist(), pairs)
        progress("networks", (k + 1) / len(_CASES))
    bandwidths, steps, _ = zip(*_CASES, strict=True)
    return xr.Dataset(
        {name: (("case", "pair"), table[n]) for n, name in enumerate(("concurrence", "error"))}
        | {"straight": (("case", "pair"), table[2])},
        coords={
            "pair": np.arange(1, pairs + 1),
            "bandwidth": ("case", list(bandwidths)),
            "step": ("case", list(steps)),
        },
        attrs={"squeezing": SQUEEZING, "dephasing": _DEPHASING},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k in range(data.sizes["case"]):
        one = data.isel(case=k)
        axes.plot(data.pair, one.straight, color=f"C{k}", lw=0.7)
        # bars are cut at the axis: an error above one says no more than "not known"
        low = np.minimum(one.error, one.concurrence)
        high = np.minimum(one.error, 1.0 - one.concurrence)
        axes.errorbar(
            data.pair, one.concurrence, yerr=np.array([low, high]), color=f"C{k}", elinewidth=0.6,
            marker=MARKERS[k], ms=3.0, ls="none", label=_name(one),
        )  # fmt: skip
    axes.set(xlabel="pair $i$", ylabel="concurrence $C_{ii}$", ylim=(-0.02, 1.0))
    last = int(data.pair[-1])
    axes.set(xlim=(0.3, last + 0.7), xticks=range(0, last + 1, 2 if last < 12 else 5))
    legend_above(axes, rf"$r=1$, $\gamma_\phi={_DEPHASING:g}\,\gamma$; lines through the first two")


def _name(one: xr.Dataset) -> str:
    beta, step = float(one.bandwidth), float(one.step)
    source = rf"$\beta={beta:g}$" if math.isfinite(beta) else r"$\beta=\infty$"
    return source + (rf", $\delta$ {step:g}$\,\gamma$ apart" if step else r", $\delta=0$")


def entangled(one: xr.Dataset) -> tuple[int, int]:
    """Pairs shown to be entangled, and pairs that may be: ``C_ii`` minus and plus its error."""
    sure = one.concurrence - one.error > 0
    maybe = one.concurrence + one.error > 0
    count = int(sure.values.argmin()) if not bool(sure.all()) else sure.sizes["pair"]
    return count, int(maybe.sum())


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    rows = []
    for k in range(data.sizes["case"]):
        one = data.isel(case=k)
        line = entangled_pairs(one.concurrence.values[:2].tolist())
        last = float(one.concurrence.dropna("pair")[-1])
        rows.append((one, line, entangled(one)[0], last))
    first, line, sure, last = rows[0]
    detuned = rows[-1]
    bend = float(first.concurrence[-1] - first.straight[-1])
    error = float(first.error[-1])
    beyond = abs(bend) > error
    return (
        Claim(
            "long-1",
            "N_ent from the first two pairs estimates how many pairs are entangled.",
            Verdict.NOT_REPRODUCED if beyond and bend < 0 else Verdict.CONDITION,
            "N_ent = C_11/(C_11 - C_22)",
            f"N_ent = {line:.0f} for a white field; C_ii at pair {int(first.pair[-1])}: "
            f"{last:.3f} +- {error:.2g}, the line says {float(first.straight[-1]):.3f}; shown to "
            f"be entangled: {sure} pairs",
            "the loss from pair to pair grows along the network: behind many pairs the line is too "
            "high. Judged is the line, at the last pair that is solved; where the entanglement "
            "ends is not known. Errors are estimates of the compression",
            f"above Fig. 4b; here gamma_phi = {_DEPHASING:g} gamma, no detuning",
        ),
        Claim(
            "long-2",
            "The same behind a source of finite bandwidth (our number).",
            Verdict.FINDING,
            "",
            f"beta = {float(rows[1][0].bandwidth):g}: the line says {rows[1][1]:.0f} pairs, shown "
            f"to be entangled: {rows[1][2]}; C = {rows[1][3]:.3f} +- "
            f"{float(rows[1][0].error[-1]):.2g} at the last",
        ),
        Claim(
            "long-3",
            "Detunings protect long networks (our number).",
            Verdict.FINDING,
            "",
            f"rungs {float(detuned[0].step):g} gamma apart: C = {detuned[3]:.3f} +- "
            f"{float(detuned[0].error[-1]):.2g} at pair {int(first.pair[-1])}, where undetuned "
            f"pairs have {last:.3f}",
            "what a pair scatters after a dephasing event is off resonance with the others",
        ),
    )


LONG = Figure("long", "Every pair of a long network", _compute, _draw, _claims)
