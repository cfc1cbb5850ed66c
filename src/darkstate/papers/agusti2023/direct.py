r"""Beyond the paper: pairs counted one by one, against N_ent from the first two.

Where dephasing is strong enough for the entanglement to end within five pairs, the count can be
made directly: ``C_ii = 0`` from some pair on. The straight line through ``C_11`` and ``C_22`` is
above zero for the pairs ``i < 1 + N_ent``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.agusti2023.common import (
    SQUEEZING,
    entangled_pairs,
    extrapolated,
    pair_concurrences,
)
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.plots.style import MARKERS

_CASES = (
    (math.inf, 0.01, 5),
    (math.inf, 0.02, 5),
    (math.inf, 0.03, 4),
    (math.inf, 0.05, 4),
    (20.0, 0.05, 4),
    (5.0, 0.1, 3),
)
"""beta, gamma_phi/gamma, N: the first as far as can be solved, the others until C_NN = 0."""
_FAST = (_CASES[2], _CASES[3], _CASES[5])
_EDGE = 1e-2
_LONGEST = 5
_SEPARABLE = 1e-9
"""Concurrences below are zero."""


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    cases = _FAST if fast else _CASES
    table = np.full((2, len(cases), _LONGEST), np.nan)
    changes = []
    for k, (bandwidth, dephasing, pairs) in enumerate(cases):
        row, change = pair_concurrences(pairs, bandwidth, dephasing, edge=_EDGE)
        table[0, k, :pairs], table[1, k] = row, extrapolated(row, _LONGEST)
        changes.append(change)
        progress("networks", (k + 1) / len(cases))
    bandwidths, dephasings, _ = zip(*cases, strict=True)
    return xr.Dataset(
        {
            "concurrence": (("case", "pair"), table[0]),
            "straight": (("case", "pair"), table[1]),
            "change": ("case", np.array(changes)),
        },
        coords={
            "pair": np.arange(1, _LONGEST + 1),
            "bandwidth": ("case", list(bandwidths)),
            "dephasing": ("case", list(dephasings)),
        },
        attrs={"squeezing": SQUEEZING},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k in range(data.sizes["case"]):
        one = data.isel(case=k)
        beta = float(one.bandwidth)
        which = rf"\beta={beta:g}" if math.isfinite(beta) else r"\beta=\infty"
        label = rf"$\gamma_\phi={float(one.dephasing):g}\,\gamma$, ${which}$"
        alive = one.concurrence.where(one.concurrence > _SEPARABLE)
        points = {"color": f"C{k}", "ls": "none", "marker": MARKERS[k]}
        axes.plot(data.pair, one.straight, color=f"C{k}", lw=0.7, ls="-")
        axes.plot(data.pair, alive, label=label, **points)
        axes.plot(data.pair, one.concurrence.where(alive.isnull()), mfc="none", mew=0.6, **points)
    axes.set(xlabel="pair $i$", ylabel="concurrence $C_{ii}$", xticks=data.pair.values)
    axes.set(ylim=(-0.02, 0.95))
    legend_above(axes, rf"$r={SQUEEZING:g}$; lines through the first two")


def counts(data: xr.Dataset) -> list[tuple[xr.Dataset, int, int]]:
    """Entangled pairs, direct and by the line, of each case whose last solved pair is separable."""
    found = []
    for k in range(data.sizes["case"]):
        one = data.isel(case=k)
        row = one.concurrence.dropna("pair").values
        if row[-1] < _SEPARABLE:
            number = entangled_pairs(row.tolist())
            found.append((one, int((row > _SEPARABLE).sum()), math.ceil(number - 1e-9)))
    return found


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    found = counts(data)
    worst = max((abs(direct - line) for _, direct, line in found), default=math.inf)
    rows = "; ".join(
        f"{direct} and {line} (N_ent = {entangled_pairs(one.concurrence.values.tolist()):.2f}) at "
        f"{_name(one)}"
        for one, direct, line in found
    )
    some = Verdict.CONDITION if worst <= 1 else Verdict.NOT_REPRODUCED
    first = data.isel(case=0)
    row = first.concurrence.dropna("pair")
    behind = row - first.straight
    return (
        Claim(
            "direct-1",
            "N_ent estimates how many pairs are entangled.",
            Verdict.REPRODUCED if worst == 0 else some,
            "linear extrapolation",
            f"pairs with C_ii > 0, direct and from the line: {rows}",
            "to one pair, tested where dephasing ends the entanglement within five pairs; for "
            'weaker dephasing see figure "long"',
            "above Fig. 4b; no detuning, r = 1",
        ),
        Claim(
            "direct-2",
            "In which direction the extrapolation errs (our number).",
            Verdict.FINDING,
            "",
            f"C_ii - line at {_name(first)}: "
            + ", ".join(f"{float(x):+.4f} (i = {int(x.pair)})" for x in behind[2:]),
            "too many at first: the loss from pair to pair grows before it shrinks",
        ),
    )


def _name(one: xr.Dataset) -> str:
    beta = float(one.bandwidth)
    source = f"beta = {beta:g}" if math.isfinite(beta) else "a white field"
    return f"gamma_phi = {float(one.dephasing):g} gamma and {source}"


DIRECT = Figure("direct", "Pairs counted one by one", _compute, _draw, _claims)
