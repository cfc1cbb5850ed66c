"""Beyond the paper: exact finite N beside the moment equations, up to 1e12 atoms.

The paper's equations are for N to infinity. Here two ensembles of N atoms each, with collective
light and single-atom noise, are solved exactly by permutation symmetry for small N and by the
moment equations for any N. Both approach (B1) as 1/N, with different factors: the moment equations
drop third cumulants, which count at this order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.engines import Collective, Moments
from darkstate.frontdoor import steady_state
from darkstate.measures import epr_spin_variance
from darkstate.models import AtomicEnsembles
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.muschik2012.common import ATOMS
from darkstate.plots import legend_above

_NOISE = {"cooling": 1.0, "heating": 0.1, "dephasing": 0.2}
_SQUEEZING, _DEPTH = 0.4, 5.0


def model(atoms: int, noise: bool = True) -> AtomicEnsembles:
    """The ensembles of this figure: d = 5, r = 0.4, rates in units of Gamma."""
    return AtomicEnsembles(atoms, _SQUEEZING, _DEPTH, **(_NOISE if noise else {}))


def xi(atoms: int, engine: Any, noise: bool = True) -> float:
    """xi of the steady state by this engine."""
    return float(epr_spin_variance(steady_state(model(atoms, noise), engine).state, "I", "II"))


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    few = [2, 4, 8, 12] if fast else [2, 3, 4, 6, 8, 10, 12]
    many = np.unique(np.geomspace(2, 1e4, 31 if fast else 61).astype(int)).tolist()
    exact = []
    for k, atoms in enumerate(few):
        exact.append([xi(atoms, Collective(), noise) for noise in (True, False)])
        progress("exact", 0.6 * (k + 1) / len(few))
    closed = [[xi(atoms, Moments(), noise) for noise in (True, False)] for atoms in many]
    progress("moment equations", 0.9)
    huge = [xi(ATOMS, Moments(), noise) for noise in (True, False)]
    return xr.Dataset(
        {
            "exact": (("few", "noise"), np.array(exact)),
            "moments": (("many", "noise"), np.array(closed)),
            "huge": ("noise", np.array(huge)),
            "same": (("few", "noise"), _same(few)),
            "limit": ("noise", [model(2).large_atoms_xi(), np.exp(-2 * _SQUEEZING)]),
        },
        coords={"few": few, "many": many, "noise": ["noise", "none"]},
    )


def _same(few: list[int]) -> np.ndarray:
    """The moment equations at the sizes of the exact points."""
    return np.array([[xi(n, Moments(), noise) for noise in (True, False)] for n in few])


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, (name, label) in enumerate((("noise", "with noise"), ("none", "without"))):
        line = {"color": f"C{k}", "label": f"moments, {label}"}
        axes.semilogx(data.many, data.moments.sel(noise=name), **line)
        points = {"color": f"C{k}", "ls": "none", "marker": "os"[k], "label": f"exact, {label}"}
        axes.semilogx(data.few, data.exact.sel(noise=name), **points)
        axes.axhline(float(data.limit.sel(noise=name)), color="0.5", lw=0.7, ls=":")
    axes.text(1e4, float(data.limit[0]) + 0.01, "(B1)", fontsize=7, color="0.35", ha="right")
    axes.text(1e4, float(data.limit[1]) + 0.01, r"$e^{-2r}$", fontsize=7, color="0.35", ha="right")
    axes.set(xlabel="atoms $N$ in each ensemble", ylabel=r"$\xi$", ylim=(0.4, None))
    legend_above(axes)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    noisy, bare = data.sel(noise="noise"), data.sel(noise="none")
    last, most = int(data.few[-1]), int(data.many[-1])
    exact = float((noisy.exact[-1] - noisy.limit) * last)
    closed = float((noisy.moments[-1] - noisy.limit) * most)
    constant = float(abs(bare.exact / bare.limit - 1).max())
    order = float((bare.moments[-1] - bare.limit) * most)
    gaps = ", ".join(f"{float(g):.4f} (N = {int(g.few)})" for g in noisy.same - noisy.exact)
    huge = float(abs(data.huge / data.limit - 1).max())
    return (
        Claim(
            "finite-1",
            "Without noise xi = (mu - nu)^2 in the steady state.",
            Verdict.REPRODUCED if constant < 1e-8 else Verdict.NOT_REPRODUCED,
            "(mu - nu)^2",
            f"exact at every N to {constant:.0e}; the moment equations are off by {order:.2f}/N",
            "exact for every N",
            f"Sec. II, below Eq. (1); N = {int(data.few[0])} .. {last}, r = {_SQUEEZING:g}",
        ),
        Claim(
            "finite-2",
            "How finite N changes xi with noise.",
            Verdict.FINDING,
            "",
            f"(B1) + {exact:.3f}/N exactly (N = {last}), + {closed:.3f}/N by the moment equations "
            f"(N = {most}); moment equations minus exact: {gaps}",
            "the rest of the 1/N correction is in third cumulants. "
            f"d = {_DEPTH:g}, r = {_SQUEEZING:g}, cooling 1, heating 0.1, dephasing 0.2 in units "
            "of Gamma",
        ),
        Claim(
            "finite-3",
            "The moment equations at 1e12 atoms.",
            Verdict.FINDING,
            "",
            f"within {huge:.0e} (relative) of the limit",
            "27 numbers, whatever N",
        ),
    )


FINITE = Figure("finite", "Exact finite N beside the moment equations", _compute, _draw, _claims)
