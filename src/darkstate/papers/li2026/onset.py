"""How fast entanglement arises: t(half), where E first is E_max/2, and E at t = 1/N, over N."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import exact_entropy, largest_entropy
from darkstate.repeaters import lattice_entropy

_SMALL = (4, 10, 30)


def _entropy_of(atoms: int) -> Callable[[float], float]:
    if atoms < 100:
        return lambda t: float(exact_entropy(atoms, t)[0])
    return lambda t: lattice_entropy(atoms, t, 3)


def _first(atoms: int, level: float) -> float:
    """Time at which E first reaches `level`, before all magic times."""
    entropy = _entropy_of(atoms)
    high = 1.0 / atoms
    while entropy(high) < level:
        high *= 1.3
    found: Any = brentq(lambda t: entropy(t) - level, high / 1.3, high, xtol=1e-6 * high)
    return float(found)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    large = np.geomspace(100, 1e10, 5 if fast else 17)
    atoms = [*_SMALL, *(round(n) for n in large)]
    half, bit, early = [], [], []
    for i, n in enumerate(atoms):
        half.append(_first(n, largest_entropy(n) / 2))
        bit.append(_first(n, 1.0))
        early.append(_entropy_of(n)(1.0 / n))
        progress(f"N = {n:.2g}", (i + 1) / len(atoms))
    return xr.Dataset(
        {
            "half": ("atoms", half),
            "one_ebit": ("atoms", bit),
            "at_inverse_atoms": ("atoms", early, {"units": "ebit"}),
        },
        coords={"atoms": np.array(atoms, dtype=float)},
        attrs={"nodes": 3},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    axes.loglog(data.atoms, data.half, "o", color="C0", label=r"$E=E_{\max}/2$")
    axes.loglog(data.atoms, data.one_ebit, "s", color="C1", label="$E=1$ ebit")
    n = np.geomspace(float(data.atoms[0]), float(data.atoms[-1]), 50)
    last = float(data.half[-1]), float(data.one_ebit[-1])
    axes.loglog(n, last[0] * (n / n[-1]) ** -0.5, "-", color="C0", lw=0.8, label=r"$\sim N^{-1/2}$")
    axes.loglog(n, last[1] * n[-1] / n, "--", color="C1", lw=0.8, label=r"$\sim N^{-1}$")
    axes.set(xlabel="atoms per node $N$", ylabel="first time $t$")
    axes.legend(loc="lower left", title="$M=3$")


def _slope(data: xr.Dataset, name: str) -> float:
    chosen = data.sel(atoms=slice(1e3, None))
    return float(np.polyfit(np.log(chosen.atoms), np.log(chosen[name]), 1)[0])


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    half, bit = _slope(data, "half"), _slope(data, "one_ebit")
    scaled = float((data.one_ebit * data.atoms)[-1])
    root = float((data.half * np.sqrt(data.atoms))[-1])
    return (
        Claim(
            "onset-1",
            "Entanglement is established on a time ~1/N, and then stays at E_norm = 0.5.",
            Verdict.REPRODUCED if abs(half + 1) < 0.1 else Verdict.NOT_REPRODUCED,
            "t ~ 1/N",
            f"E_max/2 is first reached at t = {root:.2f}/sqrt N (exponent {half:.3f} for N >= "
            f"1e3); at t = 1/N there are {float(data.at_inverse_atoms[-1]):.3f} ebit for every N",
            "Established: at the level that it then keeps. What comes on the scale 1/N is the "
            f"first ebit, at t = {scaled:.2f}/N (exponent {bit:.3f}); from there E = log2(N t) + "
            "const until t ~ 1/sqrt N",
            "Sec. IV; M = 3, N = 4 to 1e10",
        ),
    )


ONSET = Figure("onset", "When entanglement arises", _compute, _draw, _claims)
