"""Figure 4: log-negativity over the dephasing rate at four times, for 3 to 30 atoms per node.

Panels a to d are t = pi/3, pi/2, 2 pi/3, pi. ``lost`` is the fraction that gamma = 0.01 takes, and
``end`` the rate at which nothing is left (NaN if that is beyond the grid).
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
_WEAK = 1e-2
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
    weak = [float(exact_log_negativity(atoms, time, _WEAK)[0]) for atoms in _ATOMS]
    gone = [rates[row < 1e-6].min() if (row < 1e-6).any() else np.nan for row in values]
    return xr.Dataset(
        {
            "log_negativity": (("atoms", "rate"), values, {"units": "ebit"}),
            "clean": ("atoms", clean, {"units": "ebit"}),
            "lost": ("atoms", 1 - np.array(weak) / np.array(clean)),
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
    lost = data.lost.values
    falling = bool(np.all(np.diff(lost) < 0))
    better = lost[-1] < lost[0]
    verdict = Verdict.REPRODUCED if falling else Verdict.CONDITION
    listed = ", ".join(
        f"{100 * x:.2g}% (N = {n})" for n, x in zip(data.atoms.values, lost, strict=True)
    )
    ends = ["> 1" if np.isnan(end) else f"{end:.2g}" for end in np.sort(data.end.values)]
    gone = " to ".join(dict.fromkeys((ends[0], ends[-1])))
    return (
        Claim(
            f"{figure}-1",
            f"Larger ensembles are less sensitive to dephasing (t = {_TIMES[figure][2]}).",
            verdict if better else Verdict.NOT_REPRODUCED,
            "less sensitive at later times",
            f"lost at gamma = {_WEAK:g}: {listed}",
            ("" if falling else "The order is not that of N throughout: ")
            + ("" if falling else "this b is not yet small against sqrt(N) of the smaller ones. ")
            + f"No log-negativity is left from gamma = {gone} on",
        ),
    )


def _figure(figure: str) -> Figure:
    title = f"Log-negativity over the dephasing rate, t = {_TIMES[figure][2]}"
    return Figure(
        figure, title, partial(_compute, figure), partial(_draw, figure), partial(_claims, figure)
    )


FIGURE_4A, FIGURE_4B, FIGURE_4C, FIGURE_4D = (_figure(name) for name in _TIMES)
