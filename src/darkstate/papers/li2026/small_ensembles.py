"""Figure 1, N up to 1000: entropy of the end nodes of three over the interaction time.

Besides the curves the data hold what the claims are about: deviations from the period 2 pi and from
the mirror symmetry t -> 2 pi - t (``symmetry``), the entropy at magic times 2 pi a/b of 1000 atoms
and next to them (``dip``, by the fast method), and how many magic times N atoms resolve
(``resolved``).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import (
    ENTROPY_LABEL,
    exact_entropy,
    mark_time,
    resolving_grid,
)
from darkstate.plots import legend_above
from darkstate.repeaters import lattice_entropy, magic_times

_ATOMS = (3, 10, 20, 100, 1000)
_DIP_ATOMS = 1000
_LARGEST = 12
_ASIDE = 2.0


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    atoms = _ATOMS[:4] if fast else _ATOMS
    times = resolving_grid(_DIP_ATOMS, 140 if fast else 800, 4 if fast else 8, 3 if fast else 12)
    curves = []
    for i, n in enumerate(atoms):
        curves.append(exact_entropy(n, times))
        progress(f"N = {n}", (i + 1) / (len(atoms) + 1))
    return xr.Dataset(
        {
            "entropy": (("atoms", "time"), np.array(curves), {"units": "ebit"}),
            "symmetry": (("law", "checked_atoms"), _symmetry()),
            **_dips(),
            **_resolved(),
        },
        coords={
            "atoms": list(atoms),
            "time": times,
            "law": ["period", "mirror"],
            "checked_atoms": [3, 10, 99],
        },
        attrs={"nodes": 3, "aside": _ASIDE, "dip_atoms": _DIP_ATOMS},
    )


def _symmetry() -> list[list[float]]:
    """Largest deviations from the period and from the mirror symmetry at some ten times."""
    times = np.linspace(0.13, 3.0, 11)
    found: list[list[float]] = [[], []]
    for atoms in (3, 10, 99):
        here = exact_entropy(atoms, times)
        found[0].append(float(np.max(np.abs(exact_entropy(atoms, times + 2 * math.pi) - here))))
        found[1].append(float(np.max(np.abs(exact_entropy(atoms, 2 * math.pi - times) - here))))
    return found


def _dips() -> dict[str, Any]:
    """Entropy at magic times with small denominators, and 2/N before and after them."""
    chosen = [magic for magic in magic_times(_DIP_ATOMS, _LARGEST) if magic.denominator > 1]
    aside = Fraction(_ASIDE / _DIP_ATOMS / (2 * math.pi))
    rows = [
        [lattice_entropy(_DIP_ATOMS, m.turns + k * aside, 3) for k in (-1, 0, 1)] for m in chosen
    ]
    return {
        "dip": (("magic", "side"), rows, {"units": "ebit"}),
        "denominator": ("magic", [magic.denominator for magic in chosen]),
        "over_pi": ("magic", [float(2 * magic.turns) for magic in chosen]),
        "side": [-1, 0, 1],
    }


def _resolved() -> dict[str, Any]:
    """Number of resolved magic times in [0, pi], and their mean and smallest distance times N."""
    sizes = [100, 1000, 10_000, 100_000]
    rows = []
    for atoms in sizes:
        places = np.array([magic.time for magic in magic_times(atoms)])
        rows.append([len(places), atoms * math.pi / len(places), atoms * np.min(np.diff(places))])
    kinds = ["count", "mean distance times N", "smallest distance times N"]
    return {"resolved": (("counted_atoms", "kind"), rows), "counted_atoms": sizes, "kind": kinds}


def _draw(axes: Any, data: xr.Dataset) -> None:
    for n in data.atoms.values:
        style = {"lw": 0.6, "ls": "-"} if n >= 1000 else {"lw": 1.1}
        axes.plot(data.time, data.entropy.sel(atoms=n), label=f"$N={n}$", **style)
    axes.set(ylabel=ENTROPY_LABEL, ylim=(0, None))
    mark_time(axes)
    legend_above(axes, "$M=3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return (_symmetry_claim(data), _dip_claim(data), _spacing_claim(data))


def _symmetry_claim(data: xr.Dataset) -> Claim:
    period, mirror = (float(data.symmetry.sel(law=law).max()) for law in ("period", "mirror"))
    holds = max(period, mirror) < 1e-9
    return Claim(
        "1-1",
        "E(t) has the period 2 pi and is symmetric about pi.",
        Verdict.REPRODUCED if holds else Verdict.NOT_REPRODUCED,
        "E(t + 2 pi) = E(t) = E(2 pi - t)",
        f"deviations {period:.0e} and {mirror:.0e} ebit at 11 times, N = 3, 10, 99",
        "exact: the reduced state depends on t through cos^N(t d/2), d whole, up to signs that a "
        "change of basis takes away",
    )


def _dip_claim(data: xr.Dataset) -> Claim:
    at, sides = data.dip.sel(side=0), data.dip.sel(side=[-1, 1]).min("side")
    lower = (at < sides).values
    gap = np.abs(at - np.log2(data.denominator)).values
    fits = np.max(gap)
    good = bool(lower.all()) and fits < 1e-3
    atoms = int(data.attrs["dip_atoms"])
    return Claim(
        "1-2",
        "E dips at rational multiples of pi.",
        Verdict.REPRODUCED if good else Verdict.NOT_REPRODUCED,
        "dips at t = pi n/m",
        f"{int(lower.sum())} of {len(lower)} times 2 pi a/b with b <= {_LARGEST} are local minima "
        f"(against t +- {_ASIDE:g}/N), E = log2 b there within {fits:.0e} ebit",
        f"N = {atoms}, M = 3. Not to zero: b equal Schmidt numbers are left",
    )


def _spacing_claim(data: xr.Dataset) -> Claim:
    table = data.resolved
    mean = table.sel(kind="mean distance times N").values
    least = table.sel(kind="smallest distance times N").values
    steady = float(np.ptp(mean[1:]) / mean[-1]) < 0.1
    sizes = ", ".join(f"{n:g}" for n in data.counted_atoms.values)
    return Claim(
        "1-3",
        "The distance between dips shrinks like 1/N.",
        Verdict.REPRODUCED if steady else Verdict.NOT_REPRODUCED,
        "~1/N",
        f"mean distance {' / '.join(f'{x:.1f}' for x in mean)} over N for N = {sizes}; smallest "
        f"{' / '.join(f'{x:.1f}' for x in least)} over N",
        "counted are times 2 pi a/b with b <= sqrt(N/2), at which E = log2 b to 1e-4 ebit; their "
        "cores are 1/N wide",
    )


FIGURE_1 = Figure("1", "Entropy over time, up to 1000 atoms", _compute, _draw, _claims)
