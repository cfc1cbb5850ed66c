"""Figure 3c: XX spin chains replicate the drive like cavities do, but are more fragile.

Without noise each of the N pairs is pure, ``sqrt(1-c^2)|00> +- c|11>`` with ``c^2 = nbar/(2 nbar +
1)``, so that ``C = 2 sqrt(nbar(nbar+1))/(2 nbar+1)`` and a strong drive makes Bell pairs. It also
blinds the first spins: the squeezed quadratures relax at a rate that falls with nbar, so the
stronger the drive, the less noise it takes to spoil the pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import concurrence, log_negativity, purity
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
    C, E, pure = np.empty(shape), np.empty(shape), np.empty(shape[:2])
    unique = np.empty(shape[:2], bool)
    for i, noise in enumerate(_NOISES.values()):
        for k, nbar in enumerate(photons.tolist()):
            result = steady_state(SpinChains(_SITES, drive=SqueezedDrive(nbar=nbar), **noise))
            C[i, k] = [concurrence(result.state, *pair) for pair in pairs(_SITES)]
            E[i, k] = log_negativity.many(result.state, pairs(_SITES))
            pure[i, k], unique[i, k] = purity(result.state), result.report.unique is True
        progress("spin chains", (i + 1) / len(_NOISES))
    dims = ("noise", "photons", "pair")
    return xr.Dataset(
        {
            "concurrence": (dims, C),
            "log_negativity": (dims, E, {"units": "ebit"}),
            "purity": (dims[:2], pure),
            "unique": (dims[:2], unique),
        },
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
    free, nbar = data.sel(noise="none"), data.photons
    impure, unique = float(abs(1 - free.purity).max()), bool(free.unique.all())
    equal = float((free.concurrence.max("pair") - free.concurrence.min("pair")).max())
    law = 2 * np.sqrt(nbar * (nbar + 1)) / (2 * nbar + 1)
    gap = float(abs(free.concurrence - law).max())
    ebits = float(abs(free.log_negativity - np.log2(1 + law)).max())
    return (
        Claim(
            "3c-1",
            "Without noise the chains have a pure steady state of equal pairs.",
            Verdict.REPRODUCED if unique and max(impure, equal) < 1e-9 else Verdict.NOT_REPRODUCED,
            "pure, pairs equal",
            f"{'unique' if unique else 'not unique'}; largest |1 - purity| {impure:.1e}; pairs "
            f"differ by at most {equal:.1e} in concurrence",
            f"N = {_SITES}, nbar from {float(nbar[0]):g} to {float(nbar[-1]):g}",
        ),
        Claim(
            "3c-2",
            "The pairs have c^2 = nbar/(2 nbar + 1).",
            Verdict.REPRODUCED if max(gap, ebits) < 1e-9 else Verdict.NOT_REPRODUCED,
            "C = 2 c sqrt(1 - c^2), E_N = log2(1 + C)",
            f"largest deviation {gap:.1e} (C), {ebits:.1e} ebit (E_N)",
        ),
        *_noise(data),
    )


def _noise(data: xr.Dataset) -> tuple[Claim, ...]:
    E, claims = data.log_negativity, []
    for number, noise in enumerate(("decay 0.01", "dephasing 0.01"), 3):
        curves = E.sel(noise=noise)
        best = curves.max("photons").values
        where = data.photons.values[curves.argmax("photons").values]
        dead = [data.photons.values[curves.sel(pair=j).values < 1e-9] for j in data.pair.values]
        ends = ", ".join(f"{d.min():.2g}" if len(d) else "none" for d in dead)
        claims.append(
            Claim(
                f"3c-{number}",
                f"Effect of {noise.split()[0]} at rate 0.01 J (our number).",
                Verdict.FINDING,
                "",
                f"best E_N of pairs 1 .. {_SITES}: "
                + ", ".join(f"{b:.3f} at nbar = {w:.2g}" for b, w in zip(best, where, strict=True)),
                f"a finite drive is best; entanglement lost from nbar = {ends} (pairs in order, on "
                "the grid)",
            )
        )
    return tuple(claims)


FIGURE_3C = Figure("3c", "XX spin chains", _compute, _draw, _claims)
