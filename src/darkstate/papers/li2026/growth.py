"""Up to 1e12 atoms: entropy over N at fixed times, by the lattice formula; M = 3.

``check`` compares its log-negativity with the direct sum over Dicke differences.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import ENTROPY_LABEL
from darkstate.plots import legend_above
from darkstate.repeaters import lattice_curve, lattice_log_negativity, three_node_log_negativity

_GOLDEN = (math.sqrt(5) - 1) * math.pi
_TIMES: dict[str, tuple[float | Fraction, str]] = {
    "golden": (_GOLDEN, r"$(\sqrt{5}-1)\pi$"),
    "1": (1.0, "$1$"),
    "2 pi/1000": (Fraction(1, 1000), r"$2\pi/1000$"),
    "2 pi/3": (Fraction(1, 3), r"$2\pi/3$"),
}


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    atoms = [round(n) for n in np.geomspace(1e2, 1e12, 21 if fast else 81)]
    times = [time for time, _ in _TIMES.values()]
    entropy = np.empty((len(times), len(atoms)))
    for j, n in enumerate(atoms):
        entropy[:, j] = lattice_curve(n, times, 3).entropy
        progress("curve", 0.8 * (j + 1) / len(atoms))
    sizes = [10**4, 10**6, 10**8] if fast else [10**4, 10**6, 10**8, 10**10, 10**12]
    check = [lattice_log_negativity(n, 1.0, 3) - three_node_log_negativity(n, 1.0) for n in sizes]
    return xr.Dataset(
        {
            "entropy": (("case", "atoms"), entropy, {"units": "ebit"}),
            "check": ("checked", np.abs(check), {"units": "ebit"}),
        },
        coords={
            "case": list(_TIMES),
            "atoms": np.array(atoms, dtype=float),
            "checked": np.array(sizes, dtype=float),
        },
        attrs={"nodes": 3},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for case in data.case.values:
        axes.semilogx(data.atoms, data.entropy.sel(case=case), label=f"$t=$ {_TIMES[case][1]}")
    axes.semilogx(data.atoms, np.log2(data.atoms + 1) / 2, "-", color="0.6", lw=0.8, zorder=0)
    axes.annotate(r"$E_{\max}/2$", (1e10, 16.0), (1e9, 18.2), fontsize=7, color="0.4")
    axes.set(xlabel="atoms per node $N$", ylabel=ENTROPY_LABEL, xlim=(1e2, 1e12), ylim=(0, None))
    legend_above(axes, "$M=3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    golden = data.entropy.sel(case="golden")
    excess = (golden - np.log2(data.atoms + 1) / 2).values
    slope = float(np.polyfit(np.log2(data.atoms), golden, 1)[0])
    plateau = data.entropy.sel(case="2 pi/1000")
    off = float(abs(plateau[-1] - math.log2(1000)))
    return (
        Claim(
            "growth-1",
            "How far does E ~ E_max/2 go?",
            Verdict.FINDING,
            "N up to 1e6",
            f"to N = 1e12: slope {slope:.4f} ebit per doubling at the golden time, E - E_max/2 "
            f"between {excess.min():.2f} and {excess.max():.2f} ebit",
            "Only times badly approximable by fractions of 2 pi keep growing: at 2 pi/1000 "
            f"E grows up to N ~ b^2 and then stays at log2 b (to {off:.0e} at N = 1e12)",
        ),
        Claim(
            "growth-2",
            "Are phases, powers and binomials of 1e12 atoms in order?",
            Verdict.FINDING,
            "",
            "lattice formula and direct sum of positive terms differ in E_N by at most "
            f"{float(data.check.max()):.0e} ebit up to N = {float(data.checked[-1]):.0e}",
            "t = 1, M = 3",
        ),
    )


GROWTH = Figure("growth", "Entropy up to 1e12 atoms", _compute, _draw, _claims)
