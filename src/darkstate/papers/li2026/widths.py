"""How wide the window of a magic time is, over the number of nodes and of atoms.

Its half width is where E has left log2 b by a tenth of an ebit, at t = 2 pi/3. Near a magic time
each link has a geometric Schmidt spectrum ``w^j``, w a function of N times the distance, and the
chain its (M-1)-th power: the window is as wide as 1/N, and M times as wide for M nodes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import exact_entropy
from darkstate.plots import legend_above
from darkstate.repeaters import lattice_entropy, magic_times

_MAGIC = 2 * math.pi / 3
_OFF = 0.1
_SMALL = (100, 3)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    atoms = [100, 10**4, 10**6]
    nodes = [2, 3, 10, 40] if fast else [2, 3, 4, 6, 10, 20, 40]
    widths = np.empty((len(atoms), len(nodes)))
    for i, n in enumerate(atoms):
        for j, m in enumerate(nodes):
            widths[i, j] = half_width(n, m)
        progress(f"N = {n:g}", (i + 1) / len(atoms))
    counted = [len(magic_times(n)) for n in atoms]
    return xr.Dataset(
        {
            "half_width": (("atoms", "nodes"), widths, {"units": "1"}),
            "accessible": ("atoms", counted),
            "exact": ((), half_width(*_SMALL, exact=True)),
            "lattice": ((), half_width(*_SMALL)),
        },
        coords={"atoms": atoms, "nodes": nodes},
        attrs={"time": _MAGIC, "off": _OFF},
    )


def half_width(atoms: int, nodes: int, exact: bool = False) -> float:
    """Distance from 2 pi/3 at which E is off log2 3 by `_OFF` ebit; infinite if it never is.

    Args:
        atoms: N.
        nodes: M.
        exact: by the window method, not by the lattice formula.
    """

    def off(distance: float) -> float:
        time = _MAGIC + distance
        here = float(exact_entropy(atoms, time, nodes)[0]) if exact else lattice_entropy(
            atoms, time, nodes
        )  # fmt: skip
        return abs(here - math.log2(3)) - _OFF

    low, high = 0.0, 0.2 / atoms
    while off(high) < 0:
        low, high = high, 1.3 * high
        if high > 0.3:
            return math.inf
    found: Any = brentq(off, low, high, xtol=1e-6 * high)
    return float(found)


def _draw(axes: Any, data: xr.Dataset) -> None:
    for n, mark in zip(data.atoms.values, "os^", strict=True):
        power = round(math.log10(n))
        scaled = n * data.half_width.sel(atoms=n)
        axes.loglog(data.nodes, scaled, mark + "-", ms=4, lw=0.8, label=f"$N=10^{power}$")
    ticks = [int(m) for m in data.nodes.values]
    axes.set_xticks(ticks, [str(m) for m in ticks])
    axes.minorticks_off()
    axes.set(xlabel="nodes $M$", ylabel=r"half width, times $N$")
    legend_above(axes, r"$t=2\pi/3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    widths = data.half_width
    grows = bool(np.all(np.diff(widths.values, axis=1) > 0))
    m = [int(widths.nodes[0]), int(widths.nodes[-1])]
    gain = (widths.isel(nodes=-1) / widths.isel(nodes=0)).values
    scaled = (widths * widths.atoms).sel(nodes=3).values
    few = widths.sel(nodes=3).values
    power = float(np.polyfit(np.log(widths.atoms), np.log(few), 1)[0])
    depends = few.max() / few.min() > 1.5
    counts = data.accessible.values
    slope = float(np.polyfit(np.log(data.atoms), np.log(counts), 1)[0])
    some = Verdict.CONDITION if grows else Verdict.NOT_REPRODUCED
    return (
        Claim(
            "widths-1",
            "The width of the window of a magic time is governed mainly by the number of nodes, "
            "and grows with it.",
            some if depends else Verdict.REPRODUCED,
            "broader with M",
            f"from M = {m[0]} to {m[1]} {gain[0]:.1f}, {gain[1]:.1f}, {gain[2]:.1f} times as wide "
            f"at N = 100, 1e4, 1e6; half width at M = 3 {scaled[0]:.2f}, {scaled[1]:.2f}, "
            f"{scaled[2]:.2f} over N",
            f"At fixed N. The width depends on N more than on M: it falls as N^{power:.2f}. Within "
            f"it E is log2 3 to {_OFF:g} ebit, outcomes q = N. At N = {_SMALL[0]} lattice formula "
            f"and window method differ by {abs(float(data.exact / data.lattice) - 1):.0e}.",
            "Sec. V, after an earlier work; t = 2 pi/3, no dephasing",
        ),
        Claim(
            "widths-2",
            "N controls how many magic times are accessible.",
            Verdict.REPRODUCED if slope > 0.5 else Verdict.NOT_REPRODUCED,
            "number set by N",
            f"{counts[0]}, {counts[1]}, {counts[2]} of them in [0, pi] at N = 100, 1e4, 1e6 (as "
            f"N^{slope:.2f})",
            "Counted are b <= sqrt(N/2), for every M alike.",
            "Sec. V",
        ),
    )


WIDTHS = Figure("widths", "Width of the window of a magic time", _compute, _draw, _claims)
