"""The paper's open question: does replication survive a drive of finite bandwidth?

The drive is the output of a parametric amplifier with amplitude decay k (``ParametricDrive``), the
chains are lossless. Deep in a long chain a pair averages the squeezing spectrum over the band,

    E = -log2[1 - 4 g k / (G sqrt(G^2 + 4 eta^2))],   g = k tanh(r/2),  G = k + g,

because the local density of states of site j, ``2 zeta |G_j1(w)|^2``, is that of the bulk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import log_negativity, purity
from darkstate.models import CavityChains, ParametricDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.common import pairs
from darkstate.plots import legend_above

_SQUEEZING = 1.0
_LENGTHS = (1, 5, 20)


def bulk_ebits(bandwidth: float, squeezing: float) -> float:
    """Entanglement of a pair deep in a long lossless chain, hopping 1 (module's equation)."""
    gain = bandwidth * np.tanh(squeezing / 2)
    total = bandwidth + gain
    return float(-np.log2(1 - 4 * gain * bandwidth / (total * np.sqrt(total**2 + 4))))


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    bandwidths = np.geomspace(0.1, 1e4, 16 if fast else 51)
    longest = max(_LENGTHS)
    values = np.full((len(_LENGTHS), len(bandwidths), longest), np.nan)
    total = np.empty((len(_LENGTHS), len(bandwidths)))
    for i, sites in enumerate(_LENGTHS):
        for k, bandwidth in enumerate(bandwidths):
            drive = ParametricDrive(1.0, _SQUEEZING, float(bandwidth))
            state = steady_state(CavityChains(sites, drive=drive)).state
            values[i, k, :sites] = log_negativity.many(state, pairs(sites))
            total[i, k] = purity(state)
        progress("bandwidths", (i + 1) / len(_LENGTHS))
    bulk = np.array([bulk_ebits(float(b), _SQUEEZING) for b in bandwidths])
    return xr.Dataset(
        {
            "log_negativity": (("sites", "bandwidth", "pair"), values, {"units": "ebit"}),
            "purity": (("sites", "bandwidth"), total),
            "bulk": ("bandwidth", bulk, {"units": "ebit"}),
        },
        coords={
            "sites": list(_LENGTHS),
            "bandwidth": bandwidths,
            "pair": np.arange(1, longest + 1),
        },
        attrs={"drive": ParametricDrive(1.0, _SQUEEZING).white.log_negativity},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    long = data.log_negativity.sel(sites=_LENGTHS[-1])
    for pair in (1, 2, 10, _LENGTHS[-1]):
        axes.semilogx(data.bandwidth, long.sel(pair=pair), label=f"pair {pair}")
    axes.semilogx(data.bandwidth, data.bulk, color="k", ls=":", label="bulk, closed form")
    axes.axhline(data.attrs["drive"], color="0.6", lw=0.7)
    axes.set(xlabel=r"bandwidth of the drive $k/\eta$", ylabel=r"$E_N$ (ebit)", ylim=(0, None))
    legend_above(axes, f"$N={_LENGTHS[-1]}$, $r={_SQUEEZING:g}$")


def _order(data: xr.Dataset, pair: int) -> float:
    """Slope of the deficit against 1/bandwidth between the last decade but one and the last."""
    deficit = data.attrs["drive"] - data.log_negativity.sel(sites=5, pair=pair)
    near, far = (deficit.sel(bandwidth=b, method="nearest") for b in (30.0, 300.0))
    return float(np.log(near / far) / np.log(far.bandwidth / near.bandwidth))


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    orders = {pair: _order(data, pair) for pair in (1, 2, 3, 5)}
    middle = data.log_negativity.sel(sites=20, pair=10)
    wide = data.bandwidth >= 3.0
    gap = float(abs(middle - data.bulk).where(wide).max())
    drive = data.attrs["drive"]
    at = {b: float(middle.sel(bandwidth=b, method="nearest")) / drive for b in (1.0, 3.0, 10.0)}
    spread = float(np.ptp(data.purity.values))
    exact = float(np.cosh(_SQUEEZING / 2) ** -2)
    return (
        Claim(
            "bandwidth-1",
            "Open question: does replication survive a drive of finite bandwidth?",
            Verdict.FINDING,
            "not answered in the paper",
            "yes: a pair in the middle of N = 20 has "
            + ", ".join(f"{100 * value:.0f} % at k = {b:g}" for b, value in at.items())
            + " eta of the white drive's entanglement",
            "the bulk value does not depend on N, so replication has no length limit even then; "
            "two of the authors have answered it since, likewise: as long as the bandwidth exceeds "
            "the splitting of normal modes (Zippilli and Illuminati, arXiv:1401.8241, abstract)",
            f"end of the text; here kappa = 0, zeta = eta, r = {_SQUEEZING:g}",
        ),
        Claim(
            "bandwidth-2",
            "How fast the white-noise limit is reached.",
            Verdict.FINDING,
            "",
            "orders in 1/k: " + ", ".join(f"{v:.2f} (pair {j})" for j, v in orders.items()),
            "first order for the first pair, which is correlated with the source itself; second "
            "order for all others",
            "text on the drive, p. 2: limit of a large squeezing bandwidth; here N = 5, kappa = 0, "
            f"zeta = eta, r = {_SQUEEZING:g}",
        ),
        Claim(
            "bandwidth-3",
            "Bulk pairs average the squeezing spectrum over the band (closed form).",
            Verdict.FINDING,
            "",
            f"largest deviation of pair 10 of 20 for k >= 3 eta: {gap:.1e} ebit",
        ),
        Claim(
            "bandwidth-4",
            "Purity of chains and source together.",
            Verdict.FINDING,
            "",
            f"{float(data.purity.mean()):.8f}, the same for every N and k to {spread:.1e}",
            f"equals 1/cosh^2(r/2) = {exact:.8f}, the purity of the source alone",
        ),
    )


BANDWIDTH = Figure("bandwidth", "A drive of finite bandwidth", _compute, _draw, _claims)
