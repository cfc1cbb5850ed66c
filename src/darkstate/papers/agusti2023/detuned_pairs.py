r"""Figure 4d: the last of four pairs, over the step Delta of their detunings, with dephasing.

A dephased pair sends light into the rails that is not squeezed. Pairs of the same frequency absorb
it: on resonance the fourth suffers from the three before it. With a step Delta above their
linewidth the pairs stop hearing each other, each sees the source alone and relaxes at its own pace:
``C_44`` rises to the concurrence of a lone pair at its detuning, ``3 Delta``. That one in turn
falls with the source's spectrum (figure 4c). In between there is a best step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from darkstate.papers.agusti2023.common import SQUEEZING, pair_concurrences
from darkstate.papers.agusti2023.detuned_pair import lone_pair
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above

_DEPHASING = 1e-2
_BANDWIDTHS = (20.0, math.inf)
_STEPS = (0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
_FAST = (0.3, 2.0, 5.0, 20.0)
_EDGE = 1e-2
"""Bound on the change of four pairs (trace norm) by the last deepening; C_44 moves far less."""


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    pairs, steps = 4, _FAST if fast else _STEPS
    table = np.empty((len(_BANDWIDTHS), len(steps)))
    lone, changes = np.empty_like(table), np.empty_like(table)
    for j, step in enumerate(steps):
        for k, beta in enumerate(_BANDWIDTHS):
            row, changes[k, j] = pair_concurrences(pairs, beta, _DEPHASING, step, _EDGE)
            table[k, j] = row[-1]
            lone[k, j] = lone_pair(beta, (pairs - 1) * step, _DEPHASING)
        progress("detunings", (j + 1) / len(steps))
    dims = ("bandwidth", "step")
    resonant = [pair_concurrences(pairs, b, _DEPHASING, edge=_EDGE)[0][-1] for b in _BANDWIDTHS]
    return xr.Dataset(
        {
            "concurrence": (dims, table),
            "lone": (dims, lone),
            "change": (dims, changes),
            "resonant": ("bandwidth", np.array(resonant)),
        },
        coords={"bandwidth": list(_BANDWIDTHS), "step": list(steps)},
        attrs={"squeezing": SQUEEZING, "dephasing": _DEPHASING, "pairs": pairs},
    )


def _name(data: xr.Dataset) -> str:
    return f"C_{data.attrs['pairs']}{data.attrs['pairs']}"


def _draw(axes: Any, data: xr.Dataset) -> None:
    pairs = int(data.attrs["pairs"])
    for beta in data.bandwidth.values:
        label = rf"$\beta={beta:g}$" if math.isfinite(beta) else r"$\beta=\infty$"
        curve = data.concurrence.sel(bandwidth=beta)
        (line,) = axes.semilogx(data.step, curve, marker="o", label=label)
        axes.semilogx(
            data.step,
            data.lone.sel(bandwidth=beta),
            color=line.get_color(),
            lw=0.7,
            ls="-",
            label=f"{label}, lone pair",
        )
    edge = float(data.bandwidth[0]) / (pairs - 1)
    axes.axvline(edge, color="0.8", lw=0.6, zorder=0)
    axes.text(edge, 0.92, r" $\delta_\mathrm{max}=\kappa$", color="0.45", fontsize="small")
    axes.set(xlabel=r"step $\Delta/\gamma$", ylabel=f"concurrence $C_{{{pairs}{pairs}}}$")
    axes.set(ylim=(0, 1), xlim=(float(data.step[0]), float(data.step[-1])))
    legend_above(axes, rf"$\gamma_\phi={_DEPHASING:g}\,\gamma$, $r={SQUEEZING:g}$")


def summit(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
    """Top of the parabola in log x through the largest y and its neighbours; NaN at an end."""
    k = int(np.argmax(y))
    if k in (0, len(y) - 1):
        return float("nan"), float(y[k])
    a, b, c = np.polyfit(np.log(x[k - 1 : k + 2]), y[k - 1 : k + 2], 2)
    return float(np.exp(-b / (2 * a))), float(c - b * b / (4 * a))


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    pairs, step = int(data.attrs["pairs"]), data.step.values
    broad = data.sel(bandwidth=math.inf)
    beta = float(data.bandwidth[0])
    finite = data.sel(bandwidth=beta)
    rises = bool((broad.concurrence.diff("step") > 0).all())
    at, top = summit(step, finite.concurrence.values)
    start, end = float(finite.resonant), float(finite.concurrence[-1])
    # around delta_max = kappa it falls
    late = finite.concurrence.sel(step=slice(0.5 * beta / (pairs - 1), None))
    turns = math.isfinite(at) and top > start and top > end and bool((late.diff("step") < 0).all())
    k = int(finite.concurrence.argmax("step"))
    share = finite.concurrence / finite.lone
    worst = float(abs(share.isel(step=slice(k, None)) - 1).max())
    change = float(finite.change.max())
    return (
        Claim(
            "4d-1",
            f"With dephasing {_name(data)} rises with Delta, and falls again when delta_max = "
            "kappa.",
            Verdict.REPRODUCED if rises and turns else Verdict.NOT_REPRODUCED,
            "rises, then falls",
            f"beta = {beta:g}: {start:.3f} on resonance, largest {top:.3f} at Delta = {at:.2f} "
            f"gamma (delta_max = {(pairs - 1) * at / beta:.2f} kappa), {end:.3f} at {step[-1]:g} "
            f"gamma; white field: {float(broad.resonant):.3f}, rising to "
            f"{float(broad.concurrence[-1]):.3f}",
            f"the fall is smooth and sets in below kappa; gamma_phi = {_DEPHASING:g} gamma, r = "
            f"{SQUEEZING:g}, delta_B = -delta_A; parabola through the best grid point and its "
            f"neighbours; last deepening changed the states by {change:.1g} (trace norm) at most",
            f"Fig. 4d, caption (delta_max ~ kappa); N = {pairs}",
        ),
        _until_kappa(data, at),
        Claim(
            "4d-2",
            "Why: detuned pairs stop disturbing each other, then leave the source's spectrum.",
            Verdict.FINDING,
            "",
            f"{_name(data)} over C_11 of a lone pair at delta = {pairs - 1} Delta, beta = "
            f"{beta:g}: {float(finite.resonant / lone_pair(beta, 0.0, _DEPHASING)):.3f} on "
            f"resonance, {float(share[k]):.3f} at the best step, within {worst:.3f} of 1 beyond",
            "the rise is the end of the disturbance, the fall is the lone pair's",
        ),
    )


def _until_kappa(data: xr.Dataset, at: float) -> Claim:
    """The text has the maximum at Delta ~ kappa, the caption at (N-1) Delta ~ kappa."""
    beta, pairs = float(data.bandwidth[0]), int(data.attrs["pairs"])
    curve = data.concurrence.sel(bandwidth=beta)
    there = float(curve.interp(step=beta))
    lone = float(data.lone.sel(bandwidth=beta).interp(step=beta))
    holds = abs(np.log(at / beta)) < np.log(2)
    return Claim(
        "4d-3",
        f"Up to Delta ~ kappa {_name(data)} increases.",
        Verdict.REPRODUCED if holds else Verdict.NOT_REPRODUCED,
        "maximum at Delta ~ kappa",
        f"beta = {beta:g}: maximum at Delta = {at / beta:.2f} kappa; {there:.3f} is left at "
        f"Delta = kappa, {float(data.resonant.sel(bandwidth=beta)):.3f} without detuning",
        f"The last pair is {pairs - 1} Delta away from the centre of the source; the caption has "
        f"delta_max = {pairs - 1} Delta in place of Delta, which is nearer. beta and gamma_phi are "
        f"ours, but at Delta = kappa a lone pair has {lone:.3f} too.",
        f"text on Fig. 4d; N = {pairs}, beta = {beta:g}, gamma_phi = {_DEPHASING:g} gamma",
    )


FIGURE_4D = Figure("4d", "The last pair, with dephasing", _compute, _draw, _claims)
