"""Many nodes: entanglement of the ends of a chain of M = 2 to 100 nodes, all outcomes q = N.

At magic times the Schmidt spectrum is flat and stays so, at others every further node sharpens it.
``log2_success`` is the logarithm of the probability that all inner nodes are found in q = N.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import ENTROPY_LABEL
from darkstate.plots import legend_above
from darkstate.repeaters import classify, lattice_curve

_ATOMS = 10**6
_CASES: dict[str, tuple[float | Fraction, str]] = {
    "pi": (Fraction(1, 2), r"$\pi$"),
    "2 pi/3": (Fraction(1, 3), r"$2\pi/3$"),
    "2 pi/8": (Fraction(1, 8), r"$\pi/4$"),
    "2 pi/3 + 10/N": (2 * math.pi / 3 + 10 / _ATOMS, r"$2\pi/3+10/N$"),
    "sqrt 2": (math.sqrt(2), r"$\sqrt{2}$"),
    "golden": ((math.sqrt(5) - 1) * math.pi, r"$(\sqrt{5}-1)\pi$"),
}


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    nodes = [2, 3, 4, 6, 10, 30, 100] if fast else [2, 3, 4, 5, 6, 8, 10, 14, 20, 30, 45, 70, 100]
    times = [time for time, _ in _CASES.values()]
    entropy, success = np.empty((2, len(times), len(nodes)))
    for j, count in enumerate(nodes):
        curve = lattice_curve(_ATOMS, times, count)
        entropy[:, j] = curve.entropy
        success[:, j] = np.log2(curve.probability) if count > 2 else 0.0
        progress(f"M = {count}", (j + 1) / len(nodes))
    return xr.Dataset(
        {
            "entropy": (("case", "nodes"), entropy, {"units": "ebit"}),
            "log2_success": (("case", "nodes"), success),
            "denominator": ("case", [_small_denominator(time) for time in times]),
        },
        coords={"case": list(_CASES), "nodes": nodes},
        attrs={"atoms": _ATOMS},
    )


def _small_denominator(time: float | Fraction) -> int:
    """b at an exact magic time, 0 elsewhere."""
    return classify(time, _ATOMS).denominator if isinstance(time, Fraction) else 0


def _draw(axes: Any, data: xr.Dataset) -> None:
    for case in data.case.values:
        axes.semilogx(data.nodes, data.entropy.sel(case=case), label=f"$t=$ {_CASES[case][1]}")
    axes.set(xlabel="nodes $M$", ylabel=ENTROPY_LABEL, xlim=(2, 100), ylim=(0, None))
    axes.set_xticks([2, 3, 5, 10, 20, 50, 100], ["2", "3", "5", "10", "20", "50", "100"])
    axes.minorticks_off()
    legend_above(axes, "$N=10^6$, all outcomes up")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    magic = data.sel(case=data.denominator > 0)
    spread = float(np.ptp(magic.entropy.values, axis=1).max())
    other = data.sel(case=["sqrt 2", "golden"]).entropy
    last = int(data.nodes[-1])
    cost = magic.log2_success.sel(nodes=last).values
    expected = -(last - 2) * np.log2(magic.denominator.values)
    law = float(np.max(np.abs(cost - expected)))
    first, end = other.sel(nodes=3).values, other.sel(nodes=last).values
    wing = data.entropy.sel(case="2 pi/3 + 10/N")
    return (
        Claim(
            "nodes-1",
            "The number of nodes does not degrade the entanglement at magic times.",
            Verdict.CONDITION if spread < 1e-6 else Verdict.NOT_REPRODUCED,
            "no degradation",
            f"E = log2 b for M = 2 to {last}, to {spread:.0e} ebit, at t = pi, 2 pi/3, pi/4",
            "Given that every outcome is q = N, which happens with the probability b^-(M-2) "
            f"(confirmed to {law:.0e} in its log2): 2^{cost[0]:.0f} for M = {last} at t = pi",
            "Sec. VI, after an earlier work; here N = 1e6",
        ),
        Claim(
            "nodes-2",
            "What does it do at other times?",
            Verdict.FINDING,
            "not asked",
            f"E falls from {first[0]:.2f} and {first[1]:.2f} ebit (M = 3) to {end[0]:.2f} and "
            f"{end[1]:.2f} (M = {last}); 10/N beside 2 pi/3 from {float(wing[0]):.2f} (M = 2) to "
            f"{float(wing[-1]):.2f}, back to log2 3",
            "The Schmidt spectrum is the (M-1)-th power of the link's: what is not flat sharpens",
        ),
    )


MANY_NODES = Figure("nodes", "Chains of many nodes", _compute, _draw, _claims)
