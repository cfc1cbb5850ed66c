"""The conclusion's numbers for photonic crystals, put into the model.

Couplings of 60 to 2000 GHz between cavities, linewidths of 1 GHz, squeezed light of 2 GHz width. A
linewidth is an energy rate, so kappa is half of it. Light that narrow meets one mode of a chain at
most: with an odd number of cavities the resonant one, which lives on every second site.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.models import CavityChains, ParametricDrive, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.bandwidth import bulk_ebits
from darkstate.papers.zippilli2013.common import judged, ours, pair_ebits
from darkstate.plots import legend_above

_COUPLINGS, _LINEWIDTH, _WIDTH = (60.0, 2000.0), 1.0, 2.0
_SQUEEZING = float(np.arcsinh(1.0))  # nbar = 1
_SITES = 5
_COPY = 0.5
"""A pair is a copy if it has at least this share of what the first one has."""
_LOSS = 0.02
"""Smallest loss of the figures of the text (Fig. 3a), in units of eta."""
_LENGTHS = (10, 20)
_PLACE = "last paragraph; nbar = 1, squeezed vacuum"


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    losses = [0.5 * _LINEWIDTH / eta for eta in _COUPLINGS]
    weakest = [[pair_ebits(CavityChains(n, loss=k)).min() for n in _LENGTHS] for k in losses]
    bulk = [
        [bulk_ebits(width / eta, _SQUEEZING) for width in (_WIDTH / 2, _WIDTH)]
        for eta in _COUPLINGS
    ]
    progress("losses and bandwidths", 0.3)
    zetas = np.geomspace(1e-3, 1.0, 7 if fast else 25)
    narrow = [_narrow(float(z), _WIDTH / _COUPLINGS[0]) for z in zetas]
    wide = pair_ebits(CavityChains(_SITES, loss=losses[0]))
    return xr.Dataset(
        {
            "weakest": (("coupling", "sites"), weakest, {"units": "ebit"}),
            "bulk": (("coupling", "width"), bulk, {"units": "ebit"}),
            "narrow": (("zeta", "pair"), narrow, {"units": "ebit"}),
            "wide": ("pair", wide, {"units": "ebit"}),
            "loss": ("coupling", losses),
        },
        coords={
            "coupling": list(_COUPLINGS),
            "sites": list(_LENGTHS),
            "width": [_WIDTH / 2, _WIDTH],
            "zeta": zetas,
            "pair": np.arange(1, _SITES + 1),
        },
        attrs={"drive": SqueezedDrive().log_negativity},
    )


def _narrow(zeta: float, bandwidth: float) -> np.ndarray:
    """Pairs of a chain with couplings of 60 GHz, in their units, and a drive of `bandwidth`."""
    drive = ParametricDrive(zeta, _SQUEEZING, bandwidth)
    return pair_ebits(CavityChains(_SITES, loss=0.5 * _LINEWIDTH / _COUPLINGS[0], drive=drive))


def _best(data: xr.Dataset) -> xr.Dataset:
    """The drive's rate that leaves the last pair most."""
    return data.isel(zeta=int(data.narrow.isel(pair=-1).argmax("zeta")))


def _draw(axes: Any, data: xr.Dataset) -> None:
    best = _best(data)
    axes.semilogy(data.pair, data.wide, "o-", ms=4, label=r"white drive, $\zeta=\eta$")
    for some, mark in ((data.isel(zeta=-1), "s--"), (best, "^:")):
        label = rf"2 GHz drive, $\zeta={float(some.zeta):.2g}\,\eta$"
        axes.semilogy(data.pair, some.narrow, mark, ms=4, label=label)
    axes.set(xlabel="pair $j$", ylabel="$E_N$ (ebit)", xticks=range(1, _SITES + 1))
    legend_above(axes, r"$\eta=60$ GHz, linewidth 1 GHz")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    losses, share = data.loss.values, data.bulk.values / data.attrs["drive"]
    weakest = data.weakest.sel(coupling=_COUPLINGS[0]).values
    fits = bool(losses.max() < _LOSS and data.weakest.min() > 0)
    return (
        Claim(
            "experiment-1",
            "Couplings, linewidths and bandwidths of experiments.",
            Verdict.NOT_COMPUTED,
            "60 to 2000 GHz; about 1 GHz; about 2 GHz at 1.5 um",
            "",
            "measured by others (Refs. 33, 35 of the paper); below they are put in",
            "last paragraph",
        ),
        Claim(
            "experiment-2",
            "Couplings and linewidths are consistent with the parameters of the analysis.",
            judged(fits),
            "consistent",
            f"kappa/eta = {losses.min():.1g} to {losses.max():.1g}, below the 0.1 of Figs. 2b to 2d"
            f" and the {_LOSS:g} of Fig. 3a; the weakest of {_LENGTHS[0]} and {_LENGTHS[1]} pairs "
            f"has {weakest[0]:.2f} and {weakest[1]:.2f} ebit at the larger",
            "kappa is half the linewidth; white drive with zeta = eta.",
            _PLACE,
        ),
        Claim(
            "experiment-3",
            "A bandwidth of 2 GHz does not satisfy the broadband condition well.",
            judged(bool(share.max() < 0.5)),
            "still relatively small",
            f"a pair deep in a lossless chain has {100 * share.min():.2g} to "
            f"{100 * share.max():.2g} % of the entanglement with a white drive",
            "zeta = eta; parametric amplifier with amplitude decay of 1 to 2 GHz, eta of 60 to 2000"
            " GHz.",
            _PLACE,
        ),
        _test(data),
        Claim(
            "experiment-5",
            "Broader squeezing and weaker decay in the near future will match the condition.",
            Verdict.NOT_COMPUTED,
            "expected",
            "",
            "a forecast; how broad it has to be is under bandwidth-1",
            "last paragraph",
        ),
    )


def _test(data: xr.Dataset) -> Claim:
    best = _best(data)
    pairs = best.narrow.values
    shares = pairs[1:] / pairs[0]
    copies = shares >= _COPY
    listed, full = (", ".join(f"{x:.2g}" for x in row) for row in (pairs, data.narrow.values[-1]))
    return Claim(
        "experiment-4",
        "Present experiments might already suffice to test replication.",
        judged(bool(copies.all()), bool(copies.any())),
        "might suffice",
        f"pairs 1 .. {_SITES}: {full} ebit at zeta = eta, {listed} at zeta = "
        f"{float(best.zeta):.2g} eta, where the last pair has most",
        "All pairs are entangled. With a slow drive an odd chain has copies on every second site, "
        f"those of its resonant mode; the others get next to nothing. Copy, for us: at least "
        f"{_COPY:g} of what the first pair has. " + ours(_COPY, shares),
        f"{_PLACE}; here N = {_SITES}, eta = 60 GHz, kappa = 0.5 GHz, amplitude decay of the "
        "amplifier 2 GHz",
    )


EXPERIMENT = Figure("experiment", "Numbers of photonic crystals", _compute, _draw, _claims)
