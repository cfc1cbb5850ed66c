"""Figure 3b: xi(t) of three-level atoms with pump and repump, at three optical depths.

The rate Gout_L at which the driving light takes atoms out of the two levels is not in the text. It
decides how many atoms are left and how well they are polarised, and so where the curves end: the
claims hold in a window of it, which is found here; for the rates back as printed (``Gin = Grepump +
Gcol`` for each of the two transitions), and for one Grepump that both share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from darkstate.errors import ArgumentError
from darkstate.experiments import LightInterface
from darkstate.models import AtomicLevels
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.muschik2012.common import DEPTHS, PUMP, levels
from darkstate.plots import legend_above

SHOWN = 0.015
"""Gout_L of the curves drawn, per ms: inside the window."""
EFFICIENCY = 0.84
"""eta of the paper's detectors, Sec. V B."""
JUST = 0.1
"""How far above 1 counts as just above."""
_LAST = 60.0
_COLOURS = ("C0", "0.55", "black")
"""The caption's: blue, grey, black."""


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


def watched_xi(model: AtomicLevels, efficiency: float) -> float:
    """xi of the steady state if the light is detected, for Gaussian fluctuations.

    ``xi`` relaxes at ``d G N2 P2`` to ``(mu - nu)^2`` and at Gt to that of uncorrelated atoms, 1/P2
    (App. B): a light interface with extra decay to 1/P2, whose steady state is known (Sec. IV).
    """
    end = model.steady()
    N2, P = float(end.remaining[0]), float(end.polarisation[0])
    rate = model.optical_depth * model.emission * N2 * P
    interface = LightInterface(rate, np.exp(model.squeezing), extra=model.noise, noise=1 / P)
    return interface.steady_variance(efficiency)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    times = np.linspace(0.0, _LAST, 121 if fast else 601)
    curves = {"xi": [], "remaining": [], "polarisation": []}
    adiabatic, printed = [], []
    for depth in DEPTHS:
        model = levels(SHOWN, depth)
        history = model.evolve(times)
        for name, rows in curves.items():
            rows.append(getattr(history, name))
        adiabatic.append(model.adiabatic_xi(times))
        printed.append(model.evolve(times, printed=True).xi)
    progress("curves", 0.3)
    windows = [[loss_at(1.0, depth, shared=shared) for depth in DEPTHS] for shared in (False, True)]
    just = [loss_at(1.0 + JUST, DEPTHS[0], shared=shared) for shared in (False, True)]
    progress("windows", 0.8)
    bare = [levels(SHOWN, depth, pump=0.0).evolve(times) for depth in DEPTHS]
    deep = brentq(lambda d: final_xi(SHOWN, d) - 1, 1.0, 1e4)
    watched = [watched_xi(levels(SHOWN), efficiency) for efficiency in (0.0, EFFICIENCY, 1.0)]
    return xr.Dataset(
        {
            **{name: (("depth", "time"), np.array(rows)) for name, rows in curves.items()},
            "adiabatic": (("depth", "time"), np.array(adiabatic)),
            "printed": (("depth", "time"), np.array(printed)),
            "border": (("shared", "depth"), np.array(windows)),
            "just": ("shared", just),
            "without_pump": ("depth", [float(history.xi[-1]) for history in bare]),
            "left_without_pump": ("depth", [float(history.remaining[-1]) for history in bare]),
            "deep": ((), float(deep)),  # type: ignore[arg-type]
            "watched": ("efficiency", watched),
        },
        coords={
            "depth": list(DEPTHS),
            "time": times,
            "shared": [False, True],
            "efficiency": [0.0, EFFICIENCY, 1.0],
        },
        attrs={"loss": SHOWN},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for colour, depth in zip(_COLOURS, data.depth.values, strict=True):
        axes.plot(data.time, data.xi.sel(depth=depth), color=colour, label=f"$d={depth:g}$")
    axes.axhline(1.0, color="0.4", lw=0.8, ls=":")
    axes.text(59, 1.05, r"separable: $\xi>1$", color="0.35", fontsize=7, ha="right")
    axes.set(xlabel="time (ms)", ylabel=r"$\xi$", xlim=(0, _LAST), ylim=(0.7, 1.1))
    legend_above(axes, rf"pumped; drive loss $\Gamma_{{out}}^L={data.attrs['loss']:g}$ ms$^{{-1}}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return _curves(data), *_fields(data), _adiabatic(data), _hybrid(data), _others()


def _curves(data: xr.Dataset) -> Claim:
    border = data.border.sel(shared=False)
    low, high = float(border.sel(depth=55)), float(border.sel(depth=100))
    other = data.border.sel(shared=True)
    just = min(high, float(data.just.sel(shared=False)))
    ends = {float(d): float(data.xi.sel(depth=d)[-1]) for d in data.depth}
    shown = ", ".join(f"{xi:.3f} (d = {depth:g})" for depth, xi in ends.items())
    holds = bool(low < high) and ends[55.0] > 1 > ends[100.0] > ends[150.0]
    return Claim(
        "3b-1",
        "With pump and repump xi of the steady state is just above 1 at d = 55, and the curves of "
        "100 and 150 end below.",
        Verdict.CONDITION if holds else Verdict.NOT_REPRODUCED,
        "xi(55) just above 1 > xi(100) > xi(150)",
        f"xi ends at {shown} for Gout_L = {data.attrs['loss']:g} per ms",
        f"holds for Gout_L, which the text does not give, from {low:.4f} to {high:.4f} per ms, "
        f"with xi(55) < {1 + JUST:g} up to {just:.4f}; with one Grepump shared by both transitions "
        f"back from {float(other[0]):.4f} to {float(other[1]):.4f}. The population-derivative term "
        "changes the way there, not the end",
        "Fig. 3b, caption; Sec. III; App. C: d = 55, 100, 150, Gamma = 0.002, Gt = 0.193 + 2 "
        "Gpump, Gcol = 0.002, Gpump = Grepump = 0.160 per ms, Z = 2.5",
    )


def _fields(data: xr.Dataset) -> tuple[Claim, ...]:
    left, polarised = float(data.remaining[0, -1]), float(data.polarisation[0, -1])
    bare, fewer = data.without_pump.values, float(data.left_without_pump[0])
    words = ", ".join(f"{float(x):.2f}" for x in bare)
    grows = bool(np.all(bare > 1)) and fewer < left
    deep = float(data.deep)
    place = f"Sec. III, perspectives; the rates of Fig. 3b, Gout_L = {data.attrs['loss']:g} per ms"
    return (
        Claim(
            "3b-2",
            "Without the fields the two levels empty and entanglement ends; the fields bring atoms "
            "back but add noise.",
            Verdict.REPRODUCED if grows else Verdict.NOT_REPRODUCED,
            "no steady state without the fields",
            f"after {_LAST:g} ms without them xi = {words} for d = 55, 100, 150 and {fewer:.2f} of "
            f"the atoms are left; with them {left:.2f} are left, polarised to {polarised:.2f}",
            f"Gt rises from 0.193 to {0.193 + 2 * PUMP:.3f} per ms",
            place,
        ),
        Claim(
            "3b-3",
            "A larger optical depth, as in a cavity of low finesse, makes the steady state "
            "entangled.",
            Verdict.REPRODUCED if 55 < deep < 100 else Verdict.NOT_REPRODUCED,
            "at d above the present 55",
            f"entangled above d = {deep:.1f}",
            "for this Gout_L; it rises with Gout_L: see the window of 3b-1",
            place,
        ),
    )


def _adiabatic(data: xr.Dataset) -> Claim:
    apart = float(abs(data.adiabatic - data.xi).max())
    printed = float(abs(data.printed - data.xi).max())
    return Claim(
        "3b-4",
        "Do the adiabatic solution and the equation as printed give these curves?",
        Verdict.FINDING,
        "",
        f"largest deviation from the integrated xi(t): {apart:.3f} for (B3) with N2 in its first "
        f"term, {printed:.3f} for the equation of App. B without dN2/dt",
        "pumped populations settle within 5 ms, the variance within 2",
        "App. B, C; Fig. 3b",
    )


def _hybrid(data: xr.Dataset) -> Claim:
    blind, found, ideal = data.watched.values
    return Claim(
        "3b-5",
        "Where dissipation alone fails, measurements of the light make a steady state that is "
        "entangled.",
        Verdict.REPRODUCED if found < 1 < blind else Verdict.NOT_REPRODUCED,
        "a true steady state, observed",
        f"at d = 55: xi = {blind:.3f} without record, {found:.3f} with one of efficiency "
        f"{EFFICIENCY:g}, {ideal:.3f} with all light detected",
        "Gaussian fluctuations at the populations of 3b-1; the paper computes it for polarised "
        "atoms only, and gives no number",
        f"Sec. II, III and VI; the rates of Fig. 3b, Gout_L = {data.attrs['loss']:g} per ms",
    )


def _others() -> Claim:
    return Claim(
        "3b-6",
        "Other levels stay empty; repumping does not add to the dephasing, pumping 2 Gpump.",
        Verdict.NOT_COMPUTED,
        "negligible; estimated",
        "",
        "taken over as they stand: the rates of other levels and of the lasers' scattering are not "
        "in the text",
        "App. C",
    )


FIGURE_3B = Figure("3b", "Three-level atoms with pump and repump", _compute, _draw, _claims)
