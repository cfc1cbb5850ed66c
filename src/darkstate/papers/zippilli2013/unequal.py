"""Unequal couplings within the arrays, both arrays equal: what stays and what does not.

Without loss replication is exact for every pattern. With loss the light of every pair is still the
drive's, attenuated: n_j = nbar f_j and |<a_j b_j>| = mbar f_j, because the response of a chain
without detunings at frequencies w and -w has one modulus, and both arrays have the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.models import CavityChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.common import (
    PAPER_LABEL,
    SEED,
    batch_ebits,
    judged,
    pair_ebits,
    paper_scale,
)
from darkstate.plots import legend_above

_SITES, _LOSS, _SPREAD = 10, 0.1, 0.5
_CORRELATIONS = (0.9, 1.0, 1.01, 1.2, 1.41)
_ALTERNATING = (1.4, 0.6, 1.4, 0.6, 1.4, 0.6, 1.4, 0.6, 1.4)
_PLACE = (
    f"text above Fig. 3; N = {_SITES}, zeta = eta_0, nbar = 1; couplings random from 0.5 to 1.5 "
    "eta_0"
)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    count = 20 if fast else 200
    rng = np.random.default_rng(SEED)
    hopping = 1.0 + rng.uniform(-_SPREAD, _SPREAD, (count, _SITES - 1))
    free = batch_ebits(CavityChains(_SITES), hopping=hopping)
    weak, lossy = (batch_ebits(CavityChains(_SITES, loss=k), hopping=hopping) for k in (0.05, 0.1))
    progress("random patterns", 0.4)
    mixed = [
        [pair_ebits(_lossy(row, SqueezedDrive(1.0, 1.0, m))) for m in _CORRELATIONS]
        for row in hopping[: 4 if fast else 20]
    ]
    progress("correlation of the drive", 0.7)
    end = np.geomspace(0.05, 20.0, 25 if fast else 241)
    batch = np.zeros((len(end), _SITES))
    batch[:, -1] = end
    ends = [
        batch_ebits(CavityChains(_SITES, list(pattern)), loss=batch)
        for pattern in (hopping[0].tolist(), _ALTERNATING)
    ]
    shown = [pair_ebits(_lossy(bonds)) for bonds in (1.0, _ALTERNATING, hopping[0])]
    return xr.Dataset(
        {
            "free": (("sample", "pair"), free, {"units": "ebit"}),
            "weak": (("sample", "pair"), weak, {"units": "ebit"}),
            "lossy": (("sample", "pair"), lossy, {"units": "ebit"}),
            "mixed": (("few", "mbar", "pair"), mixed, {"units": "ebit"}),
            "parts": (("few", "pair"), [_fractions(row) for row in hopping[: len(mixed)]]),
            "ends": (("pattern", "end_loss", "pair"), ends, {"units": "ebit"}),
            "shown": (("curve", "pair"), shown, {"units": "ebit"}),
        },
        coords={
            "pair": np.arange(1, _SITES + 1),
            "mbar": list(_CORRELATIONS),
            "end_loss": end,
            "pattern": ["random", "alternating"],
            "curve": ["uniform", "alternating", "random"],
        },
        attrs={"drive": SqueezedDrive().log_negativity},
    )


def _lossy(bonds: Any, drive: SqueezedDrive | None = None) -> CavityChains:
    hopping = 1.0 if np.ndim(bonds) == 0 else np.asarray(bonds).tolist()
    return CavityChains(_SITES, hopping, _LOSS, drive=drive or SqueezedDrive())


def _fractions(bonds: np.ndarray) -> np.ndarray:
    """f_j, from the photons at nbar = 1."""
    return np.real(np.diag(steady_state(_lossy(bonds)).state.number))[:_SITES]


def _draw(axes: Any, data: xr.Dataset) -> None:
    axes.axhline(
        paper_scale(data.attrs["drive"]), color="0.7", lw=3, ls="-", label="drive, no loss"
    )
    for curve in data.curve.values:
        y = paper_scale(data.shown.sel(curve=curve).values)
        axes.plot(data.pair, y, marker="o", ms=3, label=str(curve))
    axes.set(xlabel="pair $j$", ylabel=PAPER_LABEL, ylim=(0, None), xticks=range(1, _SITES + 1))
    legend_above(axes, rf"couplings of both arrays; $\kappa={_LOSS:g}\,\eta_0$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return (*_analogous(data), _ends(data), _law(data))


def _analogous(data: xr.Dataset) -> tuple[Claim, Claim, Claim]:
    off, count = float(abs(data.free / data.attrs["drive"] - 1).max()), data.sizes["sample"]
    entangled = data.mixed > 1e-12  # rounding at mbar = nbar
    wrong = int((entangled != (data.mbar > 1)).sum())
    falling = bool(((data.free > data.weak) & (data.weak > data.lossy)).all())
    first = (data.lossy.argmax("pair") == 0).sum()
    revived = (data.lossy.isel(pair=-1) > data.lossy.isel(pair=slice(-6, None)).min("pair")).sum()
    return (
        Claim(
            "unequal-1",
            "Replication holds for any pattern of couplings as long as both arrays are equal.",
            judged(off < 1e-9),
            "analogous results",
            f"without loss all pairs of {count} random patterns have the drive's entanglement to "
            f"{off:.0e}, relative",
            "",
            _PLACE,
        ),
        Claim(
            "unequal-2",
            "Analogous: with loss pairs are entangled wherever the drive is, less with more loss.",
            judged(wrong == 0 and falling),
            "as Figs. 2a, 2d",
            f"{wrong} exceptions to mbar > nbar among {entangled.size} values; "
            f"{'every pair falls' if falling else 'not every pair falls'} from kappa = 0 to 0.05 "
            "to 0.1 eta_0",
            "",
            f"{_PLACE}, kappa = {_LOSS:g} eta_0",
        ),
        Claim(
            "unequal-3",
            "Analogous: the first pair is the most entangled, and the last ones revive.",
            judged(int(first) == int(revived) == count, int(first) > 0 and int(revived) > 0),
            "as Fig. 2a",
            f"first pair largest in {int(first)}, last pair above the least of the last six in "
            f"{int(revived)} of {count} patterns",
            "A rule for most patterns, not for all.",
            f"{_PLACE}, kappa = {_LOSS:g} eta_0",
        ),
    )


def _ends(data: xr.Dataset) -> Claim:
    spread = data.ends.isel(pair=slice(1, -1)).max("pair") - data.ends.isel(pair=slice(1, -1)).min(
        "pair"
    )
    worst = spread.max("end_loss").values
    at = data.end_loss.values[data.ends.isel(pair=slice(0, -1)).argmin("end_loss").values]
    falling = (data.ends.isel(pair=-1).diff("end_loss") < 0).all("end_loss").values
    one = bool(worst.max() < 1e-9)
    return Claim(
        "unequal-4",
        "Analogous: with loss at the end alone, one curve for the inner pairs, a common minimum, "
        "and a last pair that falls.",
        judged(one and bool(falling.all()), bool(falling.all())),
        "as Fig. 2e",
        f"inner pairs differ by up to {worst[0]:.2f} ebit (a random pattern) and {worst[1]:.2f} "
        f"(1.4, 0.6, 1.4, ...); minima at kappa_N = {at[0].min():.2g} .. {at[0].max():.2g} and "
        f"{at[1].min():.2g} .. {at[1].max():.2g} eta_0; the last pair falls in "
        f"{int(falling.sum())} of 2",
        "The last holds; one curve and one minimum take uniform couplings.",
        _PLACE + ", loss of the last cavities alone",
    )


def _law(data: xr.Dataset) -> Claim:
    law = -np.log2(1 + 2 * data.parts * (1 - data.mbar))
    gap = float(abs(data.mixed - law.clip(min=0.0).transpose(*data.mixed.dims)).max())
    return Claim(
        "unequal-5",
        "Why mbar > nbar stays the condition (ours).",
        Verdict.FINDING,
        "",
        f"E_j = -log2(1 + 2 f_j (nbar - mbar)) to {gap:.0e} ebit for unequal couplings too",
        "f_j = n_j/nbar, one number a pair. It needs equal arrays without detunings.",
        f"{_PLACE}, kappa = {_LOSS:g} eta_0",
    )


UNEQUAL = Figure("unequal", "Unequal couplings in equal arrays", _compute, _draw, _claims)
