"""Figures 2a and 2b: entanglement along lossy chains, and over their length.

Every cavity loses amplitude at kappa; a squeezed vacuum enters at zeta = eta with nbar = 1. The
losses of panel 2a are given in its picture alone, not in the text: those here are ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.models import CavityChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress
from darkstate.papers.zippilli2013.common import (
    PAPER_LABEL,
    batch_ebits,
    judged,
    ours,
    pair_ebits,
    paper_scale,
)
from darkstate.plots import legend_above

_SITES = 20
_LOSSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.5)
_LOSS_B = 0.1
_FAR = (150, 200)
"""Sites per chain between which the slope of the decay is taken that is closer to its limit."""
_MODERATE = 0.5
"""A decrease is moderate, or mild, if at least this share of E/(1+E) is left."""
_PLACE_A = f"N = {_SITES}, kappa_j = kappa_0, zeta = eta, nbar = 1, squeezed vacuum"
_PLACE_B = f"kappa = {_LOSS_B:g} eta, zeta = eta, nbar = 1, squeezed vacuum"


def _compute_2a(fast: bool, progress: Progress) -> xr.Dataset:
    fine = np.geomspace(1e-3, 1.0, 13 if fast else 61)
    rows = batch_ebits(CavityChains(_SITES), loss=np.outer(_LOSSES, np.ones(_SITES)))
    progress("lossy chains", 0.5)
    dense = batch_ebits(CavityChains(_SITES), loss=np.outer(fine, np.ones(_SITES)))
    return xr.Dataset(
        {
            "log_negativity": (("loss", "pair"), rows, {"units": "ebit"}),
            "over_loss": (("fine", "pair"), dense, {"units": "ebit"}),
        },
        coords={"loss": list(_LOSSES), "fine": fine, "pair": np.arange(1, _SITES + 1)},
        attrs={"drive": SqueezedDrive().log_negativity},
    )


def _draw_2a(axes: Any, data: xr.Dataset) -> None:
    drive = paper_scale(data.attrs["drive"])
    axes.axhline(drive, color="0.7", lw=3, ls="-", label=r"drive, and $\kappa=0$")
    for loss in data.loss.values[1:]:
        y = paper_scale(data.log_negativity.sel(loss=loss).values)
        axes.plot(data.pair, y, marker="o", ms=3, label=rf"$\kappa={loss:g}\,\eta$")
    axes.set(xlabel="pair $j$", ylabel=PAPER_LABEL, ylim=(0, None), xticks=(1, 5, 10, 15, 20))
    legend_above(axes)


def _listed(values: xr.DataArray, digits: str = ".2f") -> str:
    return ", ".join(f"{float(v):{digits}} at {float(v.loss):g}" for v in values)


def _claims_2a(data: xr.Dataset) -> tuple[Claim, ...]:
    E = data.log_negativity
    lossy = E.isel(loss=slice(1, None))
    flat = float(abs(E.sel(loss=0.0) / data.attrs["drive"] - 1).max())
    falling = bool((data.over_loss.diff("fine") < 0).all())
    first = data.over_loss.argmax("pair") == 0
    return (
        Claim(
            "2a-1",
            "Without loss every pair carries the entanglement of the drive (thick line).",
            judged(flat < 1e-9),
            "equal for all pairs",
            f"equal to {flat:.1e} relative, {float(E.sel(loss=0.0)[0]):.6f} ebit, E/(1+E) = "
            f"{paper_scale(data.attrs['drive']):.4f}",
            "",
            "Fig. 2, caption; " + _PLACE_A,
        ),
        Claim(
            "2a-2",
            "Entanglement decreases with the decay rate of the cavities.",
            judged(falling),
            "decreases",
            f"{'every pair falls' if falling else 'not all pairs fall'} from each kappa to the next"
            f" on a grid of {data.sizes['fine']} from 0.001 to 1 eta",
            "",
            "text on Fig. 2a; " + _PLACE_A,
        ),
        Claim(
            "2a-3",
            "At a fixed decay rate the first pair is the most entangled.",
            judged(bool(first.all()), bool(first.any())),
            "largest for (1, N+1)",
            f"for {int(first.sum())} of {first.size} rates from 0.001 to 1 eta",
            "",
            "text on Fig. 2a; " + _PLACE_A,
        ),
        *_along(lossy),
    )


def _along(lossy: xr.DataArray) -> tuple[Claim, Claim]:
    shown = xr.apply_ufunc(paper_scale, lossy)
    kept = shown.min("pair") / shown.isel(pair=0)
    fine = kept >= _MODERATE
    weakest = lossy.argmin("pair") + 1
    revival = lossy.isel(pair=-1) / lossy.min("pair")
    few = weakest > lossy.sizes["pair"] / 2
    back = (revival > 1) & few & (lossy.isel(pair=-1) < lossy.isel(pair=0))
    return (
        Claim(
            "2a-4",
            "The decrease with the distance from the driven pair is moderate.",
            judged(bool(fine.all()), bool(fine.any())),
            "moderate decrease",
            "weakest pair over first pair, in E/(1+E): " + _listed(kept),
            f"Moderate, for us: at least {_MODERATE:g} is left. So it is while kappa N is below "
            "about eta/2; beyond, it is exponential in N. "
            + ours(_MODERATE, kept)
            + " The rates of the panel are not in the text.",
            "text on Fig. 2a; " + _PLACE_A,
        ),
        Claim(
            "2a-5",
            "There is a weak revival for a few pairs at the opposite end.",
            judged(bool(back.all()), bool(back.any())),
            "weak revival, a few pairs",
            "last over weakest pair: "
            + _listed(revival)
            + "; weakest pair "
            + ", ".join(str(int(w)) for w in weakest),
            "Last pair in ebits. Weak, a few: the last pair stays below the first, and the weakest "
            "lies in the second half.",
            "text on Fig. 2a; " + _PLACE_A,
        ),
    )


def _compute_2b(fast: bool, progress: Progress) -> xr.Dataset:
    lengths = list(range(1, 31, 4 if fast else 1))
    lengths = sorted({*lengths, 2, 5, 10, 20, 30})
    first, last, least = [], [], []
    for k, sites in enumerate(lengths):
        E = pair_ebits(CavityChains(sites, loss=_LOSS_B))
        first.append(E[0])
        last.append(E[-1])
        least.append(E.min())
        progress("chain lengths", (k + 1) / len(lengths))
    far = [pair_ebits(CavityChains(sites, loss=_LOSS_B)).min() for sites in _FAR]
    return xr.Dataset(
        {
            name: ("sites", np.array(values), {"units": "ebit"})
            for name, values in (("first", first), ("last", last), ("least", least))
        }
        | {"least_far": ("sites_far", np.array(far), {"units": "ebit"})},
        coords={"sites": lengths, "sites_far": list(_FAR)},
        attrs={"loss": _LOSS_B, "drive": SqueezedDrive().log_negativity},
    )


def _draw_2b(axes: Any, data: xr.Dataset) -> None:
    axes.axhline(paper_scale(data.attrs["drive"]), color="0.7", lw=3, ls="-", label="drive")
    for name, label in (("first", "first pair"), ("last", "last pair"), ("least", "weakest pair")):
        axes.plot(data.sites, paper_scale(data[name].values), marker="o", ms=3, label=label)
    axes.set(xlabel="sites per chain $N$", ylabel=PAPER_LABEL, ylim=(0, None))
    legend_above(axes, rf"$\kappa={_LOSS_B:g}\,\eta$")


def _claims_2b(data: xr.Dataset) -> tuple[Claim, ...]:
    least = data.least
    near = float(np.log(least.sel(sites=20) / least.sel(sites=30)) / 10)
    start, end = _FAR
    ratio = data.least_far.sel(sites_far=start) / data.least_far.sel(sites_far=end)
    far = float(np.log(ratio) / (end - start))
    limit = 2 * np.arcsinh(data.attrs["loss"] / 2)
    kept = {}
    for name in ("first", "last", "least"):
        ends = paper_scale(data[name].sel(sites=[10, 30]).values)
        kept[name] = ends[1] / ends[0]
    mild = [value >= _MODERATE for value in kept.values()]
    positive = min(float(least.min()), float(data.least_far.min())) > 0
    return (
        Claim(
            "2b-1",
            "The entanglement stays nonvanishing up to large N: notable robustness against losses.",
            judged(positive),
            "nonvanishing",
            f"weakest pair {float(least.sel(sites=10)):.3f}, {float(least.sel(sites=20)):.3f}, "
            f"{float(least.sel(sites=30)):.3f} ebit at N = 10, 20, 30, "
            f"{float(data.least_far[-1]):.0e} at {end}",
            "It never vanishes for a pure drive: any mbar > nbar entangles every pair (2d-1). How "
            "much is left: 2a-4, 2b-2.",
            "text on Fig. 2b, conclusion; " + _PLACE_B,
        ),
        Claim(
            "2b-2",
            "It decays mildly with the length of the arrays.",
            judged(all(mild), any(mild)),
            "mild decay",
            "E/(1+E) at N = 30 over N = 10: "
            f"{kept['first']:.2f} (first pair), {kept['last']:.2f} (last), {kept['least']:.2f} "
            "(weakest)",
            f"Mild, for us: at least {_MODERATE:g} is left. "
            + ours(_MODERATE, list(kept.values()))
            + " The first pair hardly knows N; far ones"
            f" fall exponentially, d ln E/dN = -{near:.3f} between N = 20 and 30 and -{far:.3f} "
            f"between {start} and {end}: slowly, for an algebraic prefactor, towards "
            f"-2 arsinh(kappa/(2 eta)) = -{limit:.3f}, the loss of resonant light per site. Which "
            "pairs the panel shows is not in the text.",
            "text on Fig. 2b; " + _PLACE_B,
        ),
    )


FIGURE_2A = Figure("2a", "Entanglement along lossy chains", _compute_2a, _draw_2a, _claims_2a)
FIGURE_2B = Figure("2b", "Entanglement over the length", _compute_2b, _draw_2b, _claims_2b)
