"""A phase offset phi on the inner node of three: what it does to success and to entanglement.

``average`` is over all outcomes, ``success`` the probability of q = N. The best offset of a magic
time 2 pi a/b is ``pi/(2b)``: see `averaged_nodes`. ``generic`` are averages at times that are not
magic, without offset and with a small one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.repeaters import outcome_table

_ATOMS = 100
_CASES = {"pi": (math.pi, 2), "2 pi/3": (2 * math.pi / 3, 3), "pi/2": (math.pi / 2, 4)}
_GENERIC, _SMALL = (1.0, 1.41, 2.4), 0.1
_LABELS = {"pi": r"$\pi$", "2 pi/3": r"$2\pi/3$", "pi/2": r"$\pi/2$"}


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    offsets = np.linspace(0.0, math.pi / 2, 13 if fast else 73)
    success, average = np.zeros((2, len(_CASES), len(offsets)))
    for i, (time, _) in enumerate(_CASES.values()):
        for j, offset in enumerate(offsets):
            table = outcome_table(_ATOMS, time, float(offset))
            success[i, j] = table.probabilities[table.outcomes == _ATOMS].sum()
            average[i, j] = table.mean_entropy
            progress("offsets", (i + (j + 1) / len(offsets)) / len(_CASES))
    best = [outcome_table(_ATOMS, t, math.pi / (2 * b)) for t, b in _CASES.values()]
    generic = [[outcome_table(_ATOMS, t, x).mean_entropy for t in _GENERIC] for x in (0.0, _SMALL)]
    small = [outcome_table(_ATOMS, t, _SMALL) for t, _ in _CASES.values()]
    up = [float(x.probabilities[x.outcomes == _ATOMS].sum()) for x in small]
    dims = ("case", "offset")
    return xr.Dataset(
        {
            "success": (dims, success),
            "average": (dims, average, {"units": "ebit"}),
            "best": ("case", [table.mean_entropy for table in best], {"units": "ebit"}),
            "small": ("case", [x.mean_entropy for x in small], {"units": "ebit"}),
            "small_success": ("case", up),
            "generic": (("turned", "time"), generic, {"units": "ebit"}),
            "worst_outcome": ("case", [float(table.entropies.min()) for table in best]),
        },
        coords={
            "case": list(_CASES),
            "offset": offsets,
            "turned": [0.0, _SMALL],
            "time": list(_GENERIC),
        },
        attrs={"atoms": _ATOMS, "nodes": 3},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for case in data.case.values:
        axes.plot(data.offset, data.average.sel(case=case), label=f"$t=$ {_LABELS[case]}")
    axes.set(xlabel=r"phase offset $\varphi$", ylabel="entropy $E$ (ebit)")
    axes.set(xlim=(0, math.pi / 2), ylim=(0, 2.15))
    axes.set_xticks([0, math.pi / 8, math.pi / 6, math.pi / 4, math.pi / 2])
    axes.set_xticklabels(["0", r"$\pi/8$", r"$\pi/6$", r"$\pi/4$", r"$\pi/2$"])
    legend_above(axes, f"average over all outcomes, $N={_ATOMS}$, $M=3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    at_zero = data.isel(offset=0)
    odds = ", ".join(
        f"{float(at_zero.success.sel(case=c)):.2f} to "
        f"{_shown(float(data.success.sel(case=c).min()))} at {c}"
        for c in data.case.values
    )
    gains = ", ".join(
        f"{float(at_zero.average.sel(case=c)):.3f} to {float(data.best.sel(case=c)):.5f} at {c}"
        for c in data.case.values
    )
    return (
        _small_claim(data),
        Claim(
            "offset-1",
            "What does a phase offset on the inner node do to the outcome q = N?",
            Verdict.FINDING,
            "",
            f"its probability falls from {odds}",
            f"N = {_ATOMS}. The offset turns the inner ensemble: q = N comes with p = 1/b only "
            "within 1/sqrt N of a multiple of 2 pi/b, and the phase must be known as well as that",
        ),
        Claim(
            "offset-2",
            "And to the average over all outcomes?",
            Verdict.FINDING,
            "not asked",
            f"from phi = 0 to pi/(2b) it rises from {gains} ebit, log2 b",
            "Every outcome is then as good as q = N, up to those as rare as the overlap of two of "
            "the b directions",
        ),
    )


def _small_claim(data: xr.Dataset) -> Claim:
    """Beneficial: more entanglement on average, with no loss of the outcome q = N."""
    before = data.isel(offset=0)
    gain = (data.small - before.average).values
    generic = data.generic.sel(turned=_SMALL) - data.generic.sel(turned=0.0)
    cost = 1 - data.small_success / before.success
    some = Verdict.CONDITION if gain.max() > 0.05 else Verdict.NOT_REPRODUCED
    listed = ", ".join(f"{x:+.3f} at {c}" for x, c in zip(gain, data.case.values, strict=True))
    return Claim(
        "offset-3",
        "A small offset before the measurement is beneficial.",
        Verdict.REPRODUCED if gain.min() > 0.05 and float(cost.max()) < 0.05 else some,
        "beneficial",
        f"phi = {_SMALL:g}: average over outcomes {listed} ebit, within "
        f"{float(abs(generic).max()):.2f} ebit of that without offset at t = 1, 1.41, 2.4; "
        f"probability of q = N down by up to {100 * float(cost.max()):.0f}% at magic times",
        "For the average over all outcomes at magic times with b > 2. Where only q = N is kept, as "
        "in Figs. 1 to 4, it costs probability and changes nothing else.",
        f"above Eq. (19); here N = {_ATOMS}, M = 3",
    )


def _shown(probability: float) -> str:
    """Outcomes less probable than this are not in the table."""
    return f"{probability:.0e}" if probability > 1e-13 else "less than 1e-13"


OFFSET = Figure("offset", "Phase offset of the inner node", _compute, _draw, _claims)
