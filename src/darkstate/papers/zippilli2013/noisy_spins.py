"""Beyond figure 3c: XX spin chains over the drive's photons, with decay and dephasing of the spins.

Without noise every pair has ``C = 2 sqrt(nbar(nbar+1))/(2 nbar+1)``: a strong drive makes Bell
pairs. It also blinds the first spins: the squeezed quadratures relax at a rate that falls with
nbar, so the stronger the drive, the less noise it takes to spoil the pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import log_negativity
from darkstate.models import SpinChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.common import pairs
from darkstate.plots import legend_above

_SITES = 3
_NOISES = {
    "none": {},
    "decay 0.001": {"decay": 0.001},
    "decay 0.01": {"decay": 0.01},
    "dephasing 0.001": {"dephasing": 0.001},
    "dephasing 0.01": {"dephasing": 0.01},
}


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    photons = np.geomspace(0.01, 10.0, 10 if fast else 31)  # 0.1 and 1 are on both grids
    shape = (len(_NOISES), len(photons), _SITES)
    E = np.empty(shape)
    for i, noise in enumerate(_NOISES.values()):
        for k, nbar in enumerate(photons.tolist()):
            result = steady_state(SpinChains(_SITES, drive=SqueezedDrive(nbar=nbar), **noise))
            E[i, k] = log_negativity.many(result.state, pairs(_SITES))
        progress("spin chains", (i + 1) / len(_NOISES))
    dims = ("noise", "photons", "pair")
    return xr.Dataset(
        {"log_negativity": (dims, E, {"units": "ebit"})},
        coords={"noise": list(_NOISES), "photons": photons, "pair": np.arange(1, _SITES + 1)},
        attrs={"unit": "coupling J = zeta = 1"},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    E = data.log_negativity
    axes.semilogx(data.photons, E.sel(noise="none", pair=1), color="k", label="no noise, all pairs")
    for noise in ("decay 0.01", "dephasing 0.01"):
        for pair in data.pair.values:
            axes.semilogx(data.photons, E.sel(noise=noise, pair=pair), label=f"{noise}, {pair}")
    axes.set(xlabel=r"photons of the drive $\bar n$", ylabel="$E_N$ (ebit)", ylim=(0, 1.03))
    legend_above(axes, rf"$N={_SITES}$, $J=\zeta=1$; noise and pair")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    E, claims = data.log_negativity, []
    for number, noise in enumerate(("decay 0.01", "dephasing 0.01"), 1):
        curves = E.sel(noise=noise)
        best = curves.max("photons").values
        where = data.photons.values[curves.argmax("photons").values]
        dead = [data.photons.values[curves.sel(pair=j).values < 1e-9] for j in data.pair.values]
        ends = ", ".join(f"{d.min():.2g}" if len(d) else "none" for d in dead)
        claims.append(
            Claim(
                f"spins-{number}",
                f"Effect of {noise.split()[0]} at rate 0.01 J (ours).",
                Verdict.FINDING,
                "",
                f"best E_N of pairs 1 .. {_SITES}: "
                + ", ".join(f"{b:.3f} at nbar = {w:.2g}" for b, w in zip(best, where, strict=True)),
                f"a finite drive is best; entanglement lost from nbar = {ends} (pairs in order, on "
                "the grid)",
            )
        )
    return tuple(claims)


SPINS = Figure("spins", "XX spin chains with noise", _compute, _draw, _claims)
