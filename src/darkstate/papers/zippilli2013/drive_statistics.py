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
from darkstate.papers.zippilli2013.common import PAPER_LABEL, pair_ebits, paper_scale
from darkstate.plots import legend_above

_SITES = 5
_LOSSES = (0.0, 0.1)


def _compute_2c(fast: bool, progress: Progress) -> xr.Dataset:
    photons = np.geomspace(1e-2, 1e4, 13 if fast else 49)
    values = np.empty((len(_LOSSES), len(photons), _SITES))
    for i, loss in enumerate(_LOSSES):
        for k, nbar in enumerate(photons):
            values[i, k] = pair_ebits(CavityChains(_SITES, loss=loss, drive=SqueezedDrive(1, nbar)))
        progress("photons of the drive", (i + 1) / len(_LOSSES))
    state = steady_state(CavityChains(_SITES, loss=_LOSSES[1])).state
    fraction = np.real(np.diag(state.number))[:_SITES]  # nbar = 1
    return xr.Dataset(
        {
            "log_negativity": (("loss", "nbar", "pair"), values, {"units": "ebit"}),
            "fraction": ("pair", fraction),
        },
        coords={"loss": list(_LOSSES), "nbar": photons, "pair": np.arange(1, _SITES + 1)},
    )


def _draw_2c(axes: Any, data: xr.Dataset) -> None:
    lossless = data.log_negativity.sel(loss=0.0, pair=1)
    axes.semilogx(data.nbar, paper_scale(lossless.values), label=r"$\kappa=0$, all pairs")
    for pair in (1, 3, _SITES):
        y = data.log_negativity.sel(loss=_LOSSES[1], pair=pair)
        label = rf"$\kappa={_LOSSES[1]:g}\,\eta$, pair {pair}"
        axes.semilogx(data.nbar, paper_scale(y.values), label=label)
    axes.set(xlabel=r"photons of the drive $\bar n$", ylabel=PAPER_LABEL, ylim=(0, 1))
    axes.legend()


def _claims_2c(data: xr.Dataset) -> tuple[Claim, ...]:
    top = data.log_negativity.sel(loss=_LOSSES[1]).isel(nbar=-1)
    limit = -np.log2(1 - data.fraction)
    gap = float(abs(top / limit - 1).max())
    shown = ", ".join(f"{value:.3f}" for value in paper_scale(top.values))
    return (
        Claim(
            "2c-1",
            "With loss the entanglement saturates below one in E/(1+E).",
            Verdict.REPRODUCED if gap < 1e-3 else Verdict.NOT_REPRODUCED,
            "saturates",
            f"E/(1+E) at nbar = 1e4: {shown}; within {gap:.1e} of -log2(1 - f_j)",
        ),
    )


def _compute_2d(fast: bool, progress: Progress) -> xr.Dataset:
    photons = (0.5, 1.0, 2.0)
    fraction = np.linspace(0.0, 1.0, 21 if fast else 81)
    values = np.empty((len(photons), len(fraction), _SITES))
    mbar = np.array([[f * np.sqrt(n * (n + 1)) for f in fraction] for n in photons])
    for i, nbar in enumerate(photons):
        for k in range(len(fraction)):
            drive = SqueezedDrive(1.0, nbar, float(mbar[i, k]))
            values[i, k] = pair_ebits(CavityChains(_SITES, loss=0.1, drive=drive))
        progress("correlation of the drive", (i + 1) / len(photons))
    return xr.Dataset(
        {
            "log_negativity": (("nbar", "fraction", "pair"), values, {"units": "ebit"}),
            "mbar": (("nbar", "fraction"), mbar),
        },
        coords={"nbar": list(photons), "fraction": fraction, "pair": np.arange(1, _SITES + 1)},
    )


def _draw_2d(axes: Any, data: xr.Dataset) -> None:
    for nbar in data.nbar.values:
        y = paper_scale(data.log_negativity.sel(nbar=nbar, pair=1).values)
        axes.plot(data.mbar.sel(nbar=nbar) / nbar, y, label=rf"$\bar n={nbar:g}$, pair 1")
        y = paper_scale(data.log_negativity.sel(nbar=nbar, pair=3).values)
        axes.plot(data.mbar.sel(nbar=nbar) / nbar, y, label=rf"$\bar n={nbar:g}$, pair 3")
    axes.axvline(1.0, color="0.6", lw=0.7)
    axes.set(xlabel=r"correlation $\bar m/\bar n$", ylabel=PAPER_LABEL, ylim=(0, None))
    axes.set_xlim(0.8, None)
    legend_above(axes)


def _claims_2d(data: xr.Dataset) -> tuple[Claim, ...]:
    entangled = data.log_negativity > 0
    above = (data.mbar > data.nbar * (1 + 1e-12)).broadcast_like(entangled)
    wrong = int((entangled != above).sum())
    return (
        Claim(
            "2d-1",
            "Pairs are entangled if and only if mbar > nbar.",
            Verdict.REPRODUCED if wrong == 0 else Verdict.NOT_REPRODUCED,
            "nonzero iff mbar > nbar",
            f"{wrong} exceptions among {entangled.size} points (kappa = 0.1 eta, all pairs)",
            "for uniform, resonant, equal chains n_j = nbar f_j and |<a_j b_j>| = mbar f_j exactly",
        ),
    )


FIGURE_2C = Figure("2c", "Entanglement over the drive's photons", _compute_2c, _draw_2c, _claims_2c)
FIGURE_2D = Figure(
    "2d", "Entanglement over the drive's correlation", _compute_2d, _draw_2d, _claims_2d
)
