"""Figure 3b: xi(t) of three-level atoms with pump and repump, at three optical depths.

The rate Gout_L at which the driving light takes atoms out of the two levels is not given. It
decides how many atoms are left and how well they are polarised, and so where the curves end: the
claims hold in a window of it, which is found here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from darkstate.errors import ArgumentError
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.muschik2012.common import DEPTHS, PUMP, levels
from darkstate.plots import legend_above

SHOWN = 0.015
"""Gout_L of the curves drawn, per ms: inside the window."""
JUST = 0.1
"""How far above 1 counts as just above."""
_SHARES = (0.0, 0.5, 1.0)
_LAST = 60.0


def final_xi(loss: float, depth: float, **options: Any) -> float:
    """xi of the steady state; infinite where no polarisation is left."""
    try:
        return float(levels(loss, depth, **options).steady().xi[0])
    except ArgumentError:
        return np.inf


def loss_at(xi: float, depth: float, **options: Any) -> float:
    """The Gout_L at which xi ends at this value; nan where none does."""
    grid = np.geomspace(1e-5, 1.0, 101).tolist()
    values = [final_xi(loss, depth, **options) - xi for loss in grid]
    for k in range(len(grid) - 1):
        if values[k] < 0 <= values[k + 1] < np.inf:
            root = brentq(lambda x: final_xi(x, depth, **options) - xi, *grid[k : k + 2])
            return float(root)  # type: ignore[arg-type]
    return np.nan


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    times = np.linspace(0.0, _LAST, 121 if fast else 601)
    curves = {"xi": [], "remaining": [], "polarisation": []}
    for depth in DEPTHS:
        history = levels(SHOWN, depth).evolve(times)
        for name, rows in curves.items():
            rows.append(getattr(history, name))
    progress("curves", 0.3)
    scan = np.geomspace(1e-3, 0.1, 41 if fast else 201)
    final = [[final_xi(loss, depth) for loss in scan.tolist()] for depth in DEPTHS]
    cases = [(share, pumped) for pumped in (1.0, 2.0) for share in _SHARES]
    windows = []
    for k, (share, pumped) in enumerate(cases):
        options = {"share": share, "pumped": pumped}
        windows.append([loss_at(1.0, depth, **options) for depth in DEPTHS])
        progress("windows", 0.4 + 0.6 * (k + 1) / len(cases))
    bare = [float(levels(SHOWN, depth, pump=0.0).evolve(times).xi[-1]) for depth in DEPTHS]
    return xr.Dataset(
        {
            **{name: (("depth", "time"), np.array(rows)) for name, rows in curves.items()},
            "final": (("depth", "loss"), np.array(final)),
            "border": (("case", "depth"), np.array(windows)),
            "just": ((), loss_at(1.0 + JUST, DEPTHS[0])),
            "without_pump": ("depth", np.array(bare)),
        },
        coords={
            "depth": list(DEPTHS),
            "time": times,
            "loss": scan,
            "share": ("case", [share for share, _ in cases]),
            "pumped": ("case", [pumped for _, pumped in cases]),
        },
        attrs={"loss": SHOWN},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, depth in enumerate(data.depth.values):
        axes.plot(data.time, data.xi.sel(depth=depth), color=f"C{k}", label=f"$d={depth:g}$")
    axes.axhline(1.0, color="0.4", lw=0.8, ls=":")
    axes.text(59, 1.05, r"separable: $\xi>1$", color="0.35", fontsize=7, ha="right")
    axes.set(xlabel="time (ms)", ylabel=r"$\xi$", xlim=(0, _LAST), ylim=(0.7, 1.1))
    legend_above(axes, rf"pumped; drive loss $\Gamma_{{out}}^L={data.attrs['loss']:g}$ ms$^{{-1}}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    border = data.border.isel(
        case=int(((data.share == 0.5) & (data.pumped == 1.0)).values.argmax())
    )
    low, high = float(border.sel(depth=55)), float(border.sel(depth=100))
    just = min(high, float(data.just))
    ends = {float(d): float(data.xi.sel(depth=d)[-1]) for d in data.depth}
    shown = ", ".join(f"{xi:.3f} (d = {depth:g})" for depth, xi in ends.items())
    holds = bool(low < high) and ends[55.0] > 1 > ends[100.0] > ends[150.0]
    rows = "; ".join(
        f"{float(b[0]):.4f} to {float(b[1]):.4f} (share {float(b.share):g}, pumping at "
        f"{float(b.pumped):g} Gpump)"
        for b in data.border
        if np.isfinite(b).all()
    )
    lost = int(np.isnan(data.border).any("depth").sum())
    bare = ", ".join(f"{float(x):.2f}" for x in data.without_pump)
    return (
        Claim(
            "3b-1",
            "With pump and repump d = 55 ends just above the limit xi = 1, 100 and 150 below.",
            Verdict.CONDITION if holds else Verdict.NOT_REPRODUCED,
            "xi(55) just above 1 > xi(100) > xi(150)",
            f"xi ends at {shown} for Gout_L = {data.attrs['loss']:g} per ms",
            f"holds for Gout_L from {low:.4f} to {high:.4f} per ms, with xi(55) < {1 + JUST:g} up "
            f"to {just:.4f}; Gout_L is not given in our notes",
        ),
        Claim(
            "3b-2",
            "How the window of Gout_L depends on our choices for pump and repump.",
            Verdict.FINDING,
            "",
            f"{rows} per ms; none in {lost} of {data.sizes['case']} cases",
            "without a window, atoms all return polarised and d = 55 stays entangled",
        ),
        Claim(
            "3b-3",
            "What is left of xi without pump and repump at the end of the figure.",
            Verdict.FINDING,
            "",
            f"{bare} for d = 55, 100, 150 after {_LAST:g} ms",
            f"Gout_L = {data.attrs['loss']:g} per ms, Gpump = {PUMP:g} per ms in the figure: the "
            "pump adds noise, but keeps the polarisation",
        ),
    )


FIGURE_3B = Figure("3b", "Three-level atoms with pump and repump", _compute, _draw, _claims)
