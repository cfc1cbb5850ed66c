"""Keeping every outcome: entanglement averaged over what the inner node of three is found in.

``all_up`` is the paper's E (outcome q = N alone), ``average`` is ``sum_q p_q E_q``, ``per_attempt``
``p_N E_N``: what an attempt yields if all but q = N is thrown away.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import mark_time
from darkstate.plots import legend_above
from darkstate.repeaters import lattice_curve, outcome_table

_ATOMS = 100


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    times = np.linspace(0.0, math.pi, 37 if fast else 181)
    rows = []
    for i, time in enumerate(times):
        table = outcome_table(_ATOMS, float(time))
        up = table.outcomes == _ATOMS
        rows.append(
            [
                float(table.entropies[up].sum()),
                table.mean_entropy,
                float((table.probabilities * table.entropies)[up].sum()),
                float(table.probabilities[up].sum()),
            ]
        )
        progress("all outcomes", 0.9 * (i + 1) / len(times))
    sizes = [100, 10**3, 10**4, 10**6, 10**8, 10**12]
    success = [lattice_curve(n, [1.0], 3).probability[0] for n in sizes]
    names = ("all_up", "average", "per_attempt", "success")
    values = dict(zip(names, np.array(rows).T, strict=True))
    return xr.Dataset(
        {name: ("time", column) for name, column in values.items()}
        | {"success_over_atoms": ("atoms", success)},
        coords={"time": times, "atoms": np.array(sizes, dtype=float)},
        attrs={"atoms": _ATOMS, "nodes": 3},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    axes.plot(data.time, data.all_up, label="outcome $q=N$")
    axes.plot(data.time, data.average, label="average over outcomes")
    axes.plot(data.time, data.per_attempt, label="per attempt, $q=N$ only")
    axes.set(ylabel="entropy (ebit)", ylim=(0, None))
    mark_time(axes)
    legend_above(axes, f"$N={_ATOMS}$, $M=3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    late = data.sel(time=slice(0.5, None))
    ratio = late.average / late.all_up
    gain = (late.average / late.per_attempt).median()
    slope = np.polyfit(np.log(data["atoms"]), np.log(data.success_over_atoms), 1)[0]
    at = {
        name: float(data.average.sel(time=t, method="nearest"))
        for name, t in (("pi", math.pi), ("2 pi/3", 2 * math.pi / 3), ("pi/2", math.pi / 2))
    }
    listed = ", ".join(f"{x:.3f} at {name}" for name, x in at.items())
    return (
        _steps_claim(data, float(slope)),
        Claim(
            "outcomes-1",
            "What is left if every outcome of the inner node is kept?",
            Verdict.FINDING,
            "only q = N",
            f"{float(ratio.min()):.2f} to {float(ratio.max()):.2f} times the E of q = N for t > "
            f"0.5 (median {float(ratio.median()):.2f}); {listed} ebit",
            "N = 100. So the choice q = N costs much and gains little: keeping all yields "
            f"{float(gain):.0f} times as many ebits per attempt (median)",
        ),
        Claim(
            "outcomes-2",
            "How often is the inner node found in q = N?",
            Verdict.FINDING,
            "not asked",
            f"p = 2^-E_N for M = 3 exactly: {float(late.success.min()):.3f} to "
            f"{float(late.success.max()):.3f} at N = 100; falling as N^{slope:.2f} at t = 1",
            "at magic times 1/b for every N",
        ),
    )


def _steps_claim(data: xr.Dataset, slope: float) -> Claim:
    steady = abs(slope) < 0.05
    sizes, p = data["atoms"].values, data.success_over_atoms.values
    return Claim(
        "outcomes-3",
        "The protocol is deterministic, and its number of steps does not depend on N or on how "
        "much is distributed.",
        Verdict.REPRODUCED if steady else Verdict.CONDITION,
        "independent of N",
        f"probability of q = N, t = 1: {', '.join(f'{x:.1g}' for x in p)} at N = "
        f"{', '.join(f'{x:.0e}' for x in sizes)}, as N^{slope:.2f}",
        "M - 1 interactions and M - 2 measurements for every N, if all outcomes are kept. The E of "
        "Figs. 1 to 4 is that of q = N alone, which for M = 3 takes 2^E_N attempts on average: "
        "about sqrt(N), or b at a magic time.",
        "Abstract, Sec. I, VI; M = 3",
    )


OUTCOMES = Figure("outcomes", "Entanglement averaged over outcomes", _compute, _draw, _claims)
