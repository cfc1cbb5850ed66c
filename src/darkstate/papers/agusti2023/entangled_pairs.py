r"""Figure 4b: ``N_ent = C_11/(C_11 - C_22)``, the number of entangled pairs read off the first two.

Two things wear the entanglement down along the rails. The bandwidth does so at second order in
1/beta, so without dephasing N_ent grows as beta^2. Dephasing, at a rate gamma_phi, makes every pair
emit light that is not squeezed into the rails of those that follow; that loss is of first order in
``gamma_phi/gamma`` and does not know of beta. The smaller of the two numbers wins.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.agusti2023.common import SQUEEZING, entangled_pairs, pair_concurrences
from darkstate.papers.agusti2023.counted import counted, solved
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above

_DEPHASINGS = (0.0, 1e-3, 1e-2)
_BANDWIDTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 400, 800)
_MODERATE = (5.0, 50.0)
_RANGE = (10.0, 100.0)
_HALF_DECADE = 10**0.5
_LADDER = (12, 1.5, 20.0, 1e-2)
"""N, Delta, beta and gamma_phi (in units of gamma) of a network with detunings, counted."""
_DIMENSION = 64


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    bandwidths = [float(b) for b in (_BANDWIDTHS[1::2] if fast else _BANDWIDTHS)]
    table = np.empty((len(_DEPHASINGS), len(bandwidths) + 1, 2))
    for j, bandwidth in enumerate([*bandwidths, math.inf]):
        edge = 1e-3 / bandwidth**2  # C_11 - C_22 is of the order 1/beta^2: keep its digits
        for k, dephasing in enumerate(_DEPHASINGS):
            table[k, j], _ = pair_concurrences(2, bandwidth, dephasing, edge=edge)
        progress("bandwidths", j / len(bandwidths))
    return xr.Dataset(
        {
            "concurrence": (("dephasing", "bandwidth", "pair"), table[:, :-1]),
            "broad": (("dephasing", "pair"), table[:, -1]),
            "ladder": (("quantity", "rung"), _ladder()),
        },
        coords={
            "dephasing": list(_DEPHASINGS),
            "bandwidth": bandwidths,
            "pair": [1, 2],
            "quantity": ["concurrence", "error"],
            "rung": np.arange(1, _LADDER[0] + 1),
        },
        attrs={"squeezing": SQUEEZING},
    )


def _ladder() -> np.ndarray:
    """Concurrences (below zero: how far from entangled) and their errors on the ladder."""
    pairs, step, beta, dephasing = _LADDER
    return solved(beta, dephasing, pairs, _DIMENSION, step)


def _numbers(concurrence: xr.DataArray) -> xr.DataArray:
    """N_ent for every entry."""
    return xr.apply_ufunc(entangled_pairs, concurrence, input_core_dims=[["pair"]], vectorize=True)


def _draw(axes: Any, data: xr.Dataset) -> None:
    axes.axhspan(*_RANGE, color="0.92", lw=0)
    axes.text(1.1, 85, "10 to 100", va="top", color="0.45", fontsize="small")
    number = _numbers(data.concurrence)
    for dephasing in data.dephasing.values:
        label = rf"$\gamma_\phi={dephasing:g}\,\gamma$" if dephasing else r"$\gamma_\phi=0$"
        curve = number.sel(dephasing=dephasing)
        (line,) = axes.loglog(data.bandwidth, curve, marker="o", label=label)
        if dephasing:
            limit = entangled_pairs(data.broad.sel(dephasing=dephasing).values.tolist())
            axes.axhline(limit, color=line.get_color(), lw=0.6, ls="-", alpha=0.6)
    axes.set(xlabel=r"bandwidth $\beta=\kappa/\gamma$", ylim=(1, 1e3))
    axes.set(ylabel=r"$N_\mathrm{ent}=C_{11}/(C_{11}-C_{22})$")
    axes.set_xlim(float(data.bandwidth[0]), float(data.bandwidth[-1]))
    legend_above(axes)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    number = _numbers(data.concurrence)
    moderate = number.sel(bandwidth=slice(*_MODERATE))
    ideal = moderate.sel(dephasing=0.0)
    reached = ideal > _RANGE[0]
    some = Verdict.CONDITION if bool(reached.any()) else Verdict.NOT_REPRODUCED
    shown = [b for b in (5.0, 10.0, 20.0, 50.0) if b in data.bandwidth.values]
    values = ", ".join(
        f"{float(number.sel(dephasing=0.0, bandwidth=b)):.1f} at beta = {b:g}" for b in shown
    )
    return (
        Claim(
            "4b-1",
            "Otherwise ideal, about 10 to 100 pairs can be entangled for moderate beta.",
            Verdict.REPRODUCED if bool(reached.all()) else some,
            "N_ent ~ 10-100",
            f"N_ent = {values}; between 10 and 100 {_reach(number.sel(dephasing=0.0))}",
            f"r = {SQUEEZING:g}; the text does not say what is moderate, here beta from "
            f"{_MODERATE[0]:g} to {_MODERATE[1]:g}.",
            "text on Fig. 4b; no detuning, no dephasing",
        ),
        _limited(data, number),
        _robust(moderate),
        *_orders(data),
        _parallel(number),
        _upper(data),
        Claim(
            "4b-6",
            "What microwave networks of today reach, and other imperfections.",
            Verdict.NOT_COMPUTED,
            "",
            "",
            "In the supplement, which is not at hand; loss, detunings off and dephasing are in "
            'figure "patterns".',
            "below Fig. 4b",
        ),
    )


def _limited(data: xr.Dataset, number: xr.DataArray) -> Claim:
    noisy = number.isel(dephasing=slice(1, None))
    less = bool((noisy < number.sel(dephasing=0.0)).all())
    rows = "; ".join(
        f"{_reach(row)} at gamma_phi/gamma = {float(row.dephasing):g}" for row in noisy
    )
    return Claim(
        "4b-7",
        "Dephasing sets additional limits on N_ent.",
        Verdict.REPRODUCED if less else Verdict.NOT_REPRODUCED,
        "additional limits",
        f"between 10 and 100: {rows}; {_bound(data)}",
        "No bandwidth takes N_ent beyond these.",
        "text on Fig. 4b; no detuning, r = 1",
    )


def _robust(moderate: xr.DataArray) -> Claim:
    """Robust: still ten pairs or more, the lower end of the paper's range."""
    noisy = moderate.isel(dephasing=slice(1, None))
    kept = (noisy > _RANGE[0]).all("bandwidth")
    some = Verdict.CONDITION if bool(kept.any()) else Verdict.NOT_REPRODUCED
    which = ", ".join(f"{float(x.dephasing):g}" for x in kept if bool(x))
    return Claim(
        "4b-8",
        "N_ent remains rather robust under the influence of experimental imperfections.",
        Verdict.REPRODUCED if bool(kept.all()) else some,
        "rather robust",
        "N_ent "
        + "; ".join(
            f"{float(row.min()):.1f} to {float(row.max()):.1f} at gamma_phi/gamma = "
            f"{float(row.dephasing):g}"
            for row in moderate
        ),
        f"For gamma_phi/gamma = {which or 'none of these'}. The text has neither number nor list; "
        f"here dephasing, and robust is what leaves {_RANGE[0]:g} pairs, the least of its 10-100.",
        f"introduction; beta = {_MODERATE[0]:g} to {_MODERATE[1]:g}, no detuning, r = 1",
    )


def _parallel(number: xr.DataArray) -> Claim:
    """N_par = beta, from delta_max = gamma N < kappa; comparable: within half a decade."""
    ratio = number.sel(dephasing=0.0) / number.bandwidth
    moderate, last = ratio.sel(bandwidth=slice(*_MODERATE)), float(ratio[-1])
    near = bool((np.abs(np.log(moderate)) < np.log(_HALF_DECADE)).all())
    some = Verdict.CONDITION if near else Verdict.NOT_REPRODUCED
    return Claim(
        "4b-4",
        "As many pairs can be entangled in parallel as without detunings.",
        Verdict.REPRODUCED if near and abs(np.log(last)) < np.log(_HALF_DECADE) else some,
        "N_par ~ N_ent",
        f"N_ent/beta = {float(moderate.min()):.1f} to {float(moderate.max()):.1f} for beta = "
        f"{_MODERATE[0]:g} to {_MODERATE[1]:g}, {last:.0f} at beta = "
        f"{float(number.bandwidth[-1]):g}",
        "For moderate beta: N_par = kappa/gamma from delta_max = gamma N < kappa, and N_ent grows "
        "as beta^2. Comparable: within half a decade (3.16). The text has no number, this limit is "
        "ours, chosen after the first numbers were seen, and it decides.",
        "text on Fig. 4c; no dephasing, r = 1",
    )


def _upper(data: xr.Dataset) -> Claim:
    pairs, step, beta, dephasing = _LADDER
    plain = float(_numbers(data.concurrence).sel(dephasing=dephasing, bandwidth=beta))
    sure, maybe = counted(data.ladder.values)
    some = Verdict.UNDECIDED if maybe > plain else Verdict.REPRODUCED
    last, error = (float(x) for x in data.ladder[:, -1])
    return Claim(
        "4b-5",
        "N_ent without detunings is an approximate upper bound for all other classes of states.",
        Verdict.NOT_REPRODUCED if sure > plain + 1 else some,
        "upper bound",
        f"N_ent = {plain:.1f} without detunings; on a ladder of detunings, Delta = {step:g} "
        f"gamma, at least {sure} of {pairs} pairs are entangled, C = {last:.2f} +- {error:.2g} "
        "at the last",
        "Dephased pairs of other frequencies do not disturb each other (4d-2, long-3): a network "
        "that forms more slowly also suffers more. Pairs by compression, errors estimated.",
        f"below Fig. 4b; here beta = {beta:g}, gamma_phi = {dephasing:g} gamma, r = 1",
    )


def _reach(row: xr.DataArray) -> str:
    """Between which beta N_ent lies in the range, interpolated on logarithmic scales."""
    x, y = np.log(row.bandwidth.values), np.log(row.values)
    if y.max() < np.log(_RANGE[0]):
        return f"nowhere (at most {np.exp(y.max()):.2f})"
    low = np.exp(np.interp(np.log(_RANGE[0]), y, x))
    if y.max() < np.log(_RANGE[1]):
        return f"from beta = {low:.1f} on (at most {np.exp(y.max()):.1f})"
    return f"from beta = {low:.1f} to {np.exp(np.interp(np.log(_RANGE[1]), y, x)):.1f}"


def _bound(data: xr.Dataset) -> str:
    """What dephasing leaves of N_ent for a white field."""
    return "for a white field N_ent = " + ", ".join(
        f"{entangled_pairs(row.values.tolist()):.2f} at gamma_phi/gamma = {float(row.dephasing):g}"
        for row in data.broad
        if float(row.dephasing)
    )


def slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Orders in 1/x from one entry to the next."""
    return -np.diff(np.log(y)) / np.diff(np.log(x))


def _orders(data: xr.Dataset) -> tuple[Claim, ...]:
    pure = data.concurrence.sel(dephasing=0.0)
    beta = data.bandwidth.values
    gap = slopes(beta, np.tanh(2 * SQUEEZING) - pure.sel(pair=1).values)
    step = slopes(beta, (pure.sel(pair=1) - pure.sel(pair=2)).values)
    noisy = (data.concurrence / data.broad - 1).isel(dephasing=slice(1, None), bandwidth=-1)
    return (
        Claim(
            "4b-2",
            "For beta to infinity the broadband model is recovered.",
            Verdict.REPRODUCED if abs(gap[-1] - 1) < 0.1 else Verdict.NOT_REPRODUCED,
            "the limit",
            f"tanh 2r - C_11 falls as beta^-{gap[-1]:.3f} between beta = {beta[-2]:g} and "
            f"{beta[-1]:g}: first order; with dephasing C_11 and C_22 are within "
            f"{float(abs(noisy).max()):.1e} of the broadband model's at beta = {beta[-1]:g}",
            "With g = (kappa/2) tanh(r/2), which is the text's r = 2 artanh(2g/kappa).",
            "above Eq. (1), below Eq. (4)",
        ),
        Claim(
            "4b-3",
            "How N_ent grows with beta without dephasing (our number).",
            Verdict.FINDING,
            "",
            f"C_11 - C_22 falls as beta^-{step[-1]:.3f}: second order, so N_ent grows as beta^2",
            "the loss of the first pair is of first order, but is passed on at second order only",
        ),
    )


FIGURE_4B = Figure("4b", "Number of entangled pairs", _compute, _draw, _claims)
