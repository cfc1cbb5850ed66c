"""Figure 4: log-negativity over the dephasing rate at four times, for 3 to 30 atoms per node.

Panels a to d are t = pi/3, pi/2, 2 pi/3, pi. ``end`` is the rate at which nothing is left (NaN if
that is beyond the grid). What the text says of the panels together is in `sensitivity`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import NEGATIVITY_LABEL, exact_log_negativity
from darkstate.plots import legend_above

_ATOMS = (3, 10, 20, 30)
_TIMES = {
    "4a": (math.pi / 3, r"t=\pi/3", "pi/3"),
    "4b": (math.pi / 2, r"t=\pi/2", "pi/2"),
    "4c": (2 * math.pi / 3, r"t=2\pi/3", "2 pi/3"),
    "4d": (math.pi, r"t=\pi", "pi"),
}


def _compute(figure: str, fast: bool, progress: Progress) -> xr.Dataset:
    time = _TIMES[figure][0]
    rates = np.geomspace(1e-4, 1.0, 13 if fast else 49)
    curves, clean = [], []
    for i, atoms in enumerate(_ATOMS):
        curves.append([float(exact_log_negativity(atoms, time, rate)[0]) for rate in rates])
        clean.append(float(exact_log_negativity(atoms, time, 0.0)[0]))
        progress(f"N = {atoms}", (i + 1) / len(_ATOMS))
    values = np.array(curves)
    gone = [rates[row < 1e-6].min() if (row < 1e-6).any() else np.nan for row in values]
    return xr.Dataset(
        {
            "log_negativity": (("atoms", "rate"), values, {"units": "ebit"}),
            "clean": ("atoms", clean, {"units": "ebit"}),
            "end": ("atoms", gone),
        },
        coords={"atoms": list(_ATOMS), "rate": rates},
        attrs={"time": time, "nodes": 3},
    )


def _draw(figure: str, axes: Any, data: xr.Dataset) -> None:
    for atoms in data.atoms.values:
        axes.semilogx(data.rate, data.log_negativity.sel(atoms=atoms), label=f"$N={atoms}$")
    axes.set(xlabel=r"dephasing rate $\gamma$", ylabel=NEGATIVITY_LABEL)
    axes.set(xlim=(1e-4, 1), ylim=(0, 1.06 * float(data.log_negativity.max())))
    legend_above(axes, f"$M=3$, ${_TIMES[figure][1]}$")


def _claims(figure: str, data: xr.Dataset) -> tuple[Claim, ...]:
    rise = float(data.log_negativity.diff("rate").max())
    below = float((data.log_negativity.isel(rate=0) - data.clean).max())
    ends = ["> 1" if np.isnan(end) else f"{end:.2g}" for end in np.sort(data.end.values)]
    gone = " to ".join(dict.fromkeys((ends[0], ends[-1])))
    return (
        Claim(
            f"{figure}-1",
            f"Dephasing suppresses the entanglement monotonically (t = {_TIMES[figure][2]}).",
            Verdict.REPRODUCED if max(rise, below) < 1e-9 else Verdict.NOT_REPRODUCED,
            "monotonic",
            f"falls from each of {data.sizes['rate']} rates to the next, from "
            f"{', '.join(f'{float(x):.2f}' for x in data.clean)} ebit without dephasing",
            f"No log-negativity is left from gamma = {gone} on.",
            f"Abstract; Fig. {figure}, N = {', '.join(map(str, _ATOMS))}",
        ),
    )


def _figure(figure: str) -> Figure:
    title = f"Log-negativity over the dephasing rate, t = {_TIMES[figure][2]}"
    return Figure(
        figure, title, partial(_compute, figure), partial(_draw, figure), partial(_claims, figure)
    )


FIGURE_4A, FIGURE_4B, FIGURE_4C, FIGURE_4D = (_figure(name) for name in _TIMES)
