"""Figure 2e: loss on the last cavities alone.

The chains are then two-port lines between the drive (rate zeta) and the sink (rate kappa_N). The
paper has zeta = eta, where the minimum of all pairs but the last lies at ``kappa_N = zeta = eta``;
with other zeta it stays at ``kappa_N = eta``, the wave impedance of the chain, where nothing is
reflected from the end and no standing wave is left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from darkstate.models import CavityChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.common import PAPER_LABEL, batch_ebits, judged, paper_scale
from darkstate.plots import legend_above

_RATES = (0.5, 1.0, 2.0)
_LENGTHS = (3, 4, 5, 8, 30)
_SHOWN = 5
_LARGE = (1e2, 1e3, 1e4)
_PLACE = "kappa_j = 0 but for kappa_N, zeta = eta, nbar = 1, squeezed vacuum"


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    losses = np.geomspace(0.05, 20.0, 25 if fast else 241)  # the grid holds 1.0 exactly
    data: dict[str, Any] = {}
    cases = [(1.0, sites) for sites in _LENGTHS] + [(z, _SHOWN) for z in _RATES if z != 1.0]
    for k, (zeta, sites) in enumerate(cases):
        model = CavityChains(sites, drive=SqueezedDrive(zeta))
        data[_name(zeta, sites)] = (
            ("end_loss", f"pair_{sites}"),
            _curve(model, losses),
            {"units": "ebit", "zeta": zeta, "sites": sites},
        )
        progress("end loss", (k + 1) / len(cases))
    large = _curve(CavityChains(_SHOWN), np.array(_LARGE))
    data["large"] = (("strong", f"pair_{_SHOWN}"), large, {"units": "ebit"})
    drive = SqueezedDrive().log_negativity
    coords = {"end_loss": losses, "strong": list(_LARGE)}
    return xr.Dataset(data, coords=coords, attrs={"drive": drive})


def _name(zeta: float, sites: int) -> str:
    return f"rate_{100 * zeta:.0f}_sites_{sites}"  # in per cent of eta


def _curve(model: CavityChains, losses: NDArray[np.float64]) -> NDArray[np.float64]:
    batch = np.zeros((len(losses), model.sites))
    batch[:, -1] = losses
    return batch_ebits(model, loss=batch)


def _draw(axes: Any, data: xr.Dataset) -> None:
    curves = paper_scale(data[_name(1.0, _SHOWN)].values)
    axes.axhline(paper_scale(data.attrs["drive"]), color="0.7", lw=3, ls="-", label="drive")
    axes.semilogx(data.end_loss, curves[:, 0], "-", color="C0", label="pair 1")
    axes.semilogx(data.end_loss, curves[:, 1], "-.", color="C1", label=r"pairs $2\dots N-1$")
    axes.semilogx(data.end_loss, curves[:, -1], "--", color="C2", label="pair $N$")
    axes.set(xlabel=r"loss of the last cavities $\kappa_N/\eta$", ylabel=PAPER_LABEL)
    axes.set(ylim=(0, None), xlim=(float(data.end_loss[0]), float(data.end_loss[-1])))
    legend_above(axes, r"$\zeta=\eta$, every $N$")


def _minima(data: xr.Dataset, name: str) -> NDArray[np.float64]:
    """Where each pair but the last has its minimum over the end loss, by a parabola through the
    three lowest points."""
    x, places = np.log(data.end_loss.values), []
    for y in data[name].values[:, :-1].T:
        k = int(np.argmin(y))
        if k in (0, len(y) - 1):
            places.append(x[k])
            continue
        fit = np.polyfit(x[k - 1 : k + 2] - x[k], y[k - 1 : k + 2], 2)
        places.append(x[k] - fit[1] / (2 * fit[0]))
    return np.exp(np.array(places))


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    least, where = _least(data)
    return least, *_curves(data), _restored(data), where


def _least(data: xr.Dataset) -> tuple[Claim, Claim]:
    found = np.concatenate([_minima(data, _name(1.0, sites)) for sites in _LENGTHS])
    off = float(np.abs(found - 1).max())
    inner = float(data[_name(1.0, _SHOWN)].sel(end_loss=1.0, method="nearest")[1])
    others = {z: _minima(data, _name(z, _SHOWN)) for z in _RATES}
    shown = ", ".join(f"{m.min():.4f} .. {m.max():.4f} at zeta = {z:g}" for z, m in others.items())
    at_eta = max(float(np.abs(m - 1).max()) for m in others.values()) < 0.01
    return (
        Claim(
            "2e-1",
            "All pairs but the last have their minimum where the end loses as fast as the drive "
            "enters.",
            judged(off < 0.01),
            "kappa_N about equal to zeta = eta",
            f"minima of all pairs 1 .. N-1, N = {', '.join(str(n) for n in _LENGTHS)}, at kappa_N ="
            f" eta within {off:.0e}; inner pairs have {inner:.4f} ebit there",
            "There half of the light in the inner cavities comes from the drive and half, vacuum, "
            "from the end: -log2(1 + nbar - mbar). Whether zeta or eta is printed does not "
            "matter here (2e-6).",
            "text on Fig. 2e, caption; " + _PLACE,
        ),
        Claim(
            "2e-6",
            "Is the minimum at zeta or at eta, where these differ (ours)?",
            Verdict.FINDING,
            "",
            f"minima of pairs 1 .. {_SHOWN - 1} at kappa_N/eta = {shown}",
            "At eta for every zeta: the end is matched to the chain then."
            if at_eta
            else "Neither for all zeta.",
            f"N = {_SHOWN}, uniform eta, zeta/eta = 0.5, 1, 2",
        ),
    )


def _curves(data: xr.Dataset) -> tuple[Claim, ...]:
    """Which curves coincide, and how the last pair falls."""
    each = [data[_name(1.0, sites)].values for sites in _LENGTHS]
    spread = max(float(np.ptp(curves[:, 1:-1], axis=1).max()) for curves in each)
    lengths = max(
        float(np.ptp([curves[:, pair] for curves in each], axis=0).max()) for pair in (0, 1, -1)
    )
    falling = all(bool((np.diff(curves[:, -1]) < 0).all()) for curves in each)
    counts = ", ".join(str(n) for n in _LENGTHS)
    return (
        Claim(
            "2e-2",
            "The entanglement of the last pair decreases monotonically with kappa_N.",
            judged(falling),
            "monotonic",
            f"{'falls' if falling else 'does not fall'} from each kappa_N to the next, 0.05 to 20 "
            f"eta, N = {counts}",
            "",
            "text on Fig. 2e; " + _PLACE,
        ),
        Claim(
            "2e-3",
            "One curve (dash-dotted) is that of all pairs 2 .. N-1.",
            judged(spread < 1e-9),
            "one curve",
            f"they differ by at most {spread:.1e} ebit, N up to {max(_LENGTHS)}",
            "It takes uniform hopping (unequal-4).",
            "Fig. 2e, caption; " + _PLACE,
        ),
        Claim(
            "2e-4",
            "The curves do not depend on N, up to N = 30.",
            judged(lengths < 1e-9),
            "independent of N, checked to 30",
            f"pairs 1, 2 and N of N = {counts} differ by at most {lengths:.1e} ebit",
            "Of Fig. 2 this can be said of 2e alone: with loss along the chain the curves depend on"
            " N (2b).",
            "Fig. 2, caption; " + _PLACE,
        ),
    )


def _restored(data: xr.Dataset) -> Claim:
    lost = 1 - data.large.values / data.attrs["drive"]
    rest = lost[:, :-1].max(axis=1)
    shown = ", ".join(f"{x:.1e} at {k:g}" for x, k in zip(rest, _LARGE, strict=True))
    orders = np.log10(rest[:-1] / rest[1:])
    return Claim(
        "2e-5",
        "Large kappa_N decouples the last cavities; all others get the entanglement of the lossless"
        " case back.",
        judged(bool(rest[-1] < 1e-2 and (np.diff(rest) < 0).all())),
        "restored at large kappa_N",
        f"what the pairs 1 .. {_SHOWN - 1} lack of the drive, relative: {shown} eta; the last pair "
        f"keeps {data.large.values[-1, -1]:.1e} ebit",
        f"The deficit falls with the power {orders[-1]:.2f} of kappa_N: the end still loses at "
        "eta^2/kappa_N.",
        "text on Fig. 2e; " + _PLACE,
    )


FIGURE_2E = Figure("2e", "Loss on the last cavities alone", _compute, _draw, _claims)
