"""Figure 2: error of the entropy if every node is cut to a window of Dicke states, N = 100.

The window has the half width ``c sqrt(N)/2``; the reference is the whole space. ``generic`` is
taken over times away from magic ones, ``magic`` over 2 pi/b with b up to 5; errors are relative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import Values
from darkstate.repeaters.dicke import tail_weight, window
from darkstate.repeaters.outcomes import shared
from darkstate.repeaters.window import amplitude_matrix

_ATOMS = 100
_WHOLE = 2 * math.sqrt(_ATOMS)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    c = np.arange(1, 26 if fast else 36) * (1 / 5)
    count = 15 if fast else 60
    generic = 0.5 + (math.pi - 0.5) * (np.arange(count) + 0.5) / count  # at no small b
    magic = 2 * math.pi / np.array([2.0, 3.0, 4.0, 5.0])
    times = np.concatenate([generic, magic])
    exact = _entropies(times, _WHOLE)
    errors = np.empty((len(c), len(times)))
    for i, width in enumerate(c):
        errors[i] = np.abs(_entropies(times, float(width)) - exact)
        progress(f"c = {width:.1f}", (i + 1) / len(c))
    return xr.Dataset(
        {
            "error": (("c", "time"), errors / exact),
            "exact": ("time", exact, {"units": "ebit"}),
            "kind": ("time", ["generic"] * len(generic) + ["magic"] * len(magic)),
            "tail": ("c", [tail_weight(_ATOMS, window(_ATOMS, float(x))) for x in c]),
        },
        coords={"c": c, "time": times},
        attrs={"atoms": _ATOMS, "nodes": 3},
    )


def _entropies(times: Values, c: float) -> Values:
    """E in ebits with all three nodes in the same window, as the paper cuts them."""
    k = window(_ATOMS, c)
    return np.array([shared(amplitude_matrix(_ATOMS, t, k, (_ATOMS,)))[0] for t in times])


def _split(data: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    magic = (data.kind == "magic").values
    return data.error[:, ~magic], data.error[:, magic]


def _draw(axes: Any, data: xr.Dataset) -> None:
    generic, magic = _split(data)
    floor = 1e-15
    low, high = np.maximum(generic.min("time"), floor), np.maximum(generic.max("time"), floor)
    axes.fill_between(data.c, low, high, color="C0", alpha=0.2, lw=0)
    axes.semilogy(data.c, np.maximum(generic.median("time"), floor), "-C0", label="generic times")
    axes.semilogy(data.c, np.maximum(magic.max("time"), floor), "--C1", label="magic times")
    tail = np.maximum(data["tail"], floor)
    axes.semilogy(data.c, tail, ":k", lw=0.9, label="weight outside, one node")
    axes.plot([1, 3, 3], [1e-1, 1e-3, 1e-5], "*", color="C2", ms=6, label="claimed")
    axes.set(xlabel=r"half width $c$ of the window ($\sqrt{N}/2$)")
    axes.set(ylabel="relative error of $E$", xlim=(0, float(data.c[-1])), ylim=(1e-14, 5))
    axes.legend(loc="lower left", title="$N=100$, $M=3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    generic, magic = _split(data)
    return (
        _claim("2-1", "The error is 1e-1 at c = 1.", 1e-1, generic.sel(c=1.0, method="nearest")),
        _claim("2-2", "The error is 1e-3 at c = 3.", 1e-3, generic.sel(c=3.0, method="nearest")),
        _claim(
            "2-3",
            "At the magic times it is 1e-5 (c = 3).",
            1e-5,
            magic.sel(c=3.0, method="nearest"),
        ),
    )


def _claim(name: str, text: str, claimed: float, errors: xr.DataArray) -> Claim:
    """Reproduced to half a decade of the median; with a condition if single times agree."""
    low, middle, high = (float(x) for x in np.quantile(errors, [0.0, 0.5, 1.0]))
    if abs(math.log10(middle / claimed)) <= 0.5:
        verdict = Verdict.REPRODUCED
    elif low <= 3 * claimed and high >= claimed / 3:
        verdict = Verdict.CONDITION
    else:
        verdict = Verdict.NOT_REPRODUCED
    single = ", ".join(f"{x:.0e}" for x in errors.values)
    return Claim(
        name,
        text,
        verdict,
        f"{claimed:.0e}",
        f"{middle:.1e} (median), {low:.1e} to {high:.1e} over {errors.size} times",
        "relative error of E, every node cut, N = 100"
        + (f"; for 2 pi/b, b = 2, 3, 4, 5: {single}" if errors.size == 4 else ""),
    )


FIGURE_2 = Figure("2", "Error of a window of Dicke states", _compute, _draw, _claims)
