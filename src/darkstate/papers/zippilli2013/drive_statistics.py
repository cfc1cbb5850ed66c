"""Figures 2c and 2d: entanglement over the drive's photons and over its correlation.

In uniform, resonant, equal chains ``n_j = nbar f_j`` and ``|<a_j b_j>| = mbar f_j`` with one number
f_j <= 1 per pair, so that ``E_j = -log2(1 + 2 f_j (nbar - mbar))``: entangled iff mbar > nbar.
For a squeezed vacuum ``mbar - nbar -> 1/2``, hence the limit ``-log2(1 - f_j)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.models import CavityChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.common import PAPER_LABEL, judged, pair_ebits, paper_scale
from darkstate.plots import legend_above

_SITES = 10
_LOSS = 0.1
_SHOWN = (1, 2, 5, 9, 10)
_PLACE = f"N = {_SITES}, kappa = {_LOSS:g} eta, zeta = eta"


def _fractions() -> np.ndarray:
    """f_j: photons of each cavity per photon of the drive."""
    state = steady_state(CavityChains(_SITES, loss=_LOSS)).state  # nbar = 1
    return np.real(np.diag(state.number))[:_SITES]


def _compute_2c(fast: bool, progress: Progress) -> xr.Dataset:
    photons = np.geomspace(1e-2, 1e4, 13 if fast else 49)
    values = np.empty((len(photons), _SITES))
    for k, nbar in enumerate(photons):
        values[k] = pair_ebits(CavityChains(_SITES, loss=_LOSS, drive=SqueezedDrive(1, nbar)))
        progress("photons of the drive", (k + 1) / len(photons))
    drive = [SqueezedDrive(1, float(n)).log_negativity for n in photons]
    beyond = [SqueezedDrive(1, n).log_negativity for n in (1e10, 1e40)]
    return xr.Dataset(
        {
            "log_negativity": (("nbar", "pair"), values, {"units": "ebit"}),
            "drive": ("nbar", drive, {"units": "ebit"}),
            "fraction": ("pair", _fractions()),
            "beyond": ("more", beyond, {"units": "ebit"}),
        },
        coords={"nbar": photons, "pair": np.arange(1, _SITES + 1), "more": [1e10, 1e40]},
    )


def _draw_2c(axes: Any, data: xr.Dataset) -> None:
    axes.semilogx(
        data.nbar, paper_scale(data.drive.values), color="0.7", lw=3, ls="-", label="drive"
    )
    for pair in _SHOWN:
        y = paper_scale(data.log_negativity.sel(pair=pair).values)
        axes.semilogx(data.nbar, y, label=f"pair {pair}")
    axes.set(xlabel=r"photons of the drive $\bar n$", ylabel=PAPER_LABEL, ylim=(0, 1))
    legend_above(axes, rf"$N={_SITES}$, $\kappa={_LOSS:g}\,\eta$")


def _claims_2c(data: xr.Dataset) -> tuple[Claim, ...]:
    drive = paper_scale(np.concatenate([data.drive.values, data.beyond.values]))
    rising = bool((np.diff(drive) > 0).all())
    nats = np.log(2) * data.beyond.values
    law = float(np.abs(nats - np.log(4 * data.more.values)).max())
    top = data.log_negativity.isel(nbar=-1)
    limit = -np.log2(1 - data.fraction)
    gap = float(abs(top / limit - 1).max())
    ends = paper_scale(limit.values)
    return (
        Claim(
            "2c-1",
            "The entanglement of a squeezed vacuum increases with nbar and reaches unity "
            "asymptotically (thick line).",
            judged(rising and law < 1e-6),
            "1 for nbar to infinity",
            f"E/(1+E) = {paper_scale(data.drive.sel(nbar=1.0, method='nearest').values):.3f}, "
            f"{drive[-3]:.3f}, {drive[-2]:.3f}, {drive[-1]:.3f} at nbar = 1, 1e4, 1e10, 1e40",
            "E grows like ln(4 nbar) without bound, so unity is reached as 1/ln(4 nbar): slowly.",
            "text on Fig. 2c; squeezed vacuum",
        ),
        Claim(
            "2c-2",
            "In lossy cavities it saturates below unity, at a value that depends on the pair.",
            judged(bool(gap < 1e-3 and ends.max() < 1 and np.ptp(ends) > 0.01)),
            "saturates; depends on the pair",
            f"E/(1+E) for nbar to infinity: {', '.join(f'{value:.3f}' for value in ends)}",
            f"-log2(1 - f_j) with f_j = n_j/nbar; at nbar = 1e4 the pairs are within {gap:.1e} of "
            "it",
            f"text on Fig. 2c, caption; {_PLACE}, squeezed vacuum",
        ),
        Claim(
            "2c-3",
            "At nbar = 1 the entanglement of the drive is relatively small: far from ideal.",
            Verdict.NOT_COMPUTED,
            "relatively small",
            "",
            "The text gives nothing to compare it with: E/(1+E) is "
            f"{paper_scale(data.drive.sel(nbar=1.0, method='nearest').values):.3f} of the 1 of an "
            "ideal drive (2c-1).",
            "text above Fig. 2; nbar = 1, squeezed vacuum",
        ),
    )


def _compute_2d(fast: bool, progress: Progress) -> xr.Dataset:
    photons = (0.5, 1.0, 2.0)
    fraction = np.linspace(0.0, 1.0, 21 if fast else 81)
    values = np.empty((len(photons), len(fraction), _SITES))
    mbar = np.array([[f * np.sqrt(n * (n + 1)) for f in fraction] for n in photons])
    drive = np.empty(mbar.shape)
    for i, nbar in enumerate(photons):
        for k in range(len(fraction)):
            light = SqueezedDrive(1.0, nbar, float(mbar[i, k]))
            values[i, k] = pair_ebits(CavityChains(_SITES, loss=_LOSS, drive=light))
            drive[i, k] = light.log_negativity
        progress("correlation of the drive", (i + 1) / len(photons))
    return xr.Dataset(
        {
            "log_negativity": (("nbar", "fraction", "pair"), values, {"units": "ebit"}),
            "drive": (("nbar", "fraction"), drive, {"units": "ebit"}),
            "mbar": (("nbar", "fraction"), mbar),
            "part": ("pair", _fractions()),
        },
        coords={"nbar": list(photons), "fraction": fraction, "pair": np.arange(1, _SITES + 1)},
    )


def _draw_2d(axes: Any, data: xr.Dataset) -> None:
    some = data.sel(nbar=1.0)
    axes.plot(some.mbar, paper_scale(some.drive.values), color="0.7", lw=3, ls="-", label="drive")
    for pair in _SHOWN:
        y = paper_scale(some.log_negativity.sel(pair=pair).values)
        axes.plot(some.mbar, y, label=f"pair {pair}")
    axes.set(xlabel=r"correlation $\bar m$", ylabel=PAPER_LABEL, ylim=(0, None), xlim=(0.9, None))
    legend_above(axes, rf"$N={_SITES}$, $\kappa={_LOSS:g}\,\eta$, $\bar n=1$")


def _exceptions(data: xr.Dataset) -> int:
    """Points where "entangled" and "mbar > nbar" disagree."""
    entangled = data.log_negativity > 0
    above = (data.mbar > data.nbar * (1 + 1e-12)).broadcast_like(entangled)
    return int((entangled != above).sum())


def _claims_2d(data: xr.Dataset) -> tuple[Claim, ...]:
    wrong = _exceptions(data.sel(nbar=[1.0]))
    others = _exceptions(data.sel(nbar=[0.5, 2.0]))
    law = -np.log2(1 + 2 * data.part * (data.nbar - data.mbar))
    gap = float(abs(data.log_negativity - law.clip(min=0.0)).max())
    points = data.sizes["fraction"] * data.sizes["pair"]
    return (
        Claim(
            "2d-1",
            "Pairs are entangled for all mbar for which the drive is: mbar > nbar.",
            judged(wrong == 0),
            "nonvanishing where mbar > nbar",
            f"{wrong} exceptions among {points} points, mbar from 0 to sqrt(2), all pairs; at "
            "smaller mbar there is none",
            "",
            f"text on Fig. 2d, caption; {_PLACE}, nbar = 1",
        ),
        Claim(
            "2d-2",
            "Why: light of all pairs is that of the drive, attenuated (ours).",
            Verdict.FINDING,
            "",
            f"E_j = -log2(1 + 2 f_j (nbar - mbar)) to {gap:.0e} ebit, one f_j a pair; {others} "
            "exceptions at nbar = 0.5 and 2",
            "n_j = nbar f_j and |<a_j b_j>| = mbar f_j in uniform, resonant, equal chains; "
            f"f_j = {', '.join(f'{float(f):.3f}' for f in data.part)}",
            f"{_PLACE}, nbar = 0.5, 1, 2",
        ),
    )


FIGURE_2C = Figure("2c", "Entanglement over the drive's photons", _compute_2c, _draw_2c, _claims_2c)
FIGURE_2D = Figure(
    "2d", "Entanglement over the drive's correlation", _compute_2d, _draw_2d, _claims_2d
)
