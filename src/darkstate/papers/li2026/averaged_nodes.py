"""Outcome-averaged entanglement over the number of nodes, by sampling all inner measurements.

At a magic time 2 pi a/b the inner ensemble ends in one of b directions, ``(2 pi j/b + phi)/2`` from
q = N. Without offset j and b - j have the same outcomes, and what is left is a superposition; with
``phi = pi/(2b)`` all b directions differ in their outcomes, which then tell j.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.repeaters import sample_outcomes

_ATOMS = 40
_SEED = 2026
_CASES: dict[str, tuple[float, float, str]] = {
    "pi": (math.pi, 0.0, r"$t=\pi$"),
    "2 pi/3": (2 * math.pi / 3, 0.0, r"$t=2\pi/3$"),
    "2 pi/3, phi = pi/6": (2 * math.pi / 3, math.pi / 6, r"$t=2\pi/3$, $\varphi=\pi/6$"),
    "1": (1.0, 0.0, "$t=1$"),
}


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    nodes = [3, 6, 20] if fast else [3, 4, 5, 6, 8, 10, 14, 20]
    samples = 30 if fast else 200
    mean, error = np.empty((2, len(_CASES), len(nodes)))
    for i, (time, offset, _) in enumerate(_CASES.values()):
        for j, count in enumerate(nodes):
            found = sample_outcomes(count, _ATOMS, time, samples, offset=offset, seed=_SEED)
            mean[i, j], error[i, j] = found.mean_entropy
            progress(f"M = {count}", (i + (j + 1) / len(nodes)) / len(_CASES))
    dims = ("case", "nodes")
    return xr.Dataset(
        {
            "average": (dims, mean, {"units": "ebit"}),
            "error": (dims, error, {"units": "ebit"}),
        },
        coords={"case": list(_CASES), "nodes": nodes},
        attrs={
            "atoms": _ATOMS,
            "samples": samples,
            "seed": f"SeedSequence({_SEED}, spawn_key=(k,)), k = 0 .. {samples - 1}",
        },
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for i, (case, (_, _, label)) in enumerate(_CASES.items()):
        here = data.sel(case=case)
        style = {"color": f"C{i}", "ms": 3.5, "capsize": 1.5, "lw": 0.9}
        axes.errorbar(data.nodes, here.average, here.error, marker="os^D"[i], label=label, **style)
    axes.set(xlabel="nodes $M$", ylabel="entropy $E$ (ebit)", ylim=(0, None))
    axes.set_xticks([3, 5, 10, 15, 20])
    legend_above(axes, f"average over all outcomes, $N={_ATOMS}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    first, last = data.isel(nodes=0), data.isel(nodes=-1)
    count = int(data.nodes[-1])
    listed = "; ".join(
        f"{float(first.average.sel(case=case)):.3f} to {float(last.average.sel(case=case)):.3f}"
        f"({float(last.error.sel(case=case)):.3f}) ebit at t = {case}"
        for case in ("pi", "2 pi/3", "1")
    )
    turned = data.sel(case="2 pi/3, phi = pi/6").average.values
    return (
        Claim(
            "averaged-nodes-1",
            "Does the number of nodes matter if every outcome is kept?",
            Verdict.FINDING,
            "not asked",
            f"yes, M = 3 to {count}: {listed}",
            f"N = {_ATOMS}, {data.attrs['samples']} samples each. Beyond t = pi even magic times "
            "lose: other outcomes than q = N do not leave a flat spectrum",
        ),
        Claim(
            "averaged-nodes-2",
            "Can the magic times be had without selecting outcomes?",
            Verdict.FINDING,
            "not asked",
            f"yes: with an offset phi = pi/6 on the inner nodes every outcome at 2 pi/3 leaves "
            f"{turned.min():.4f} to {turned.max():.4f} ebit on average, M = 3 to {count} (log2 3 = "
            f"{math.log2(3):.4f})",
            "With phi = pi/(2b) the outcome tells which of b directions the ensemble has, each of "
            "which leaves b equal Schmidt numbers; the directions must be further apart than the "
            "width 1/sqrt N of a spin state",
        ),
    )


AVERAGED_NODES = Figure(
    "averaged-nodes", "Average over outcomes, many nodes", _compute, _draw, _claims
)
