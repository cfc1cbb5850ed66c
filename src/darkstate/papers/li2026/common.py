"""What the figures of this paper share: exact entanglement of a chain, its maximum, its grids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.frontdoor import solve
from darkstate.models import EnsembleRepeater
from darkstate.repeaters import magic_times

Values = NDArray[np.float64]

TIME_LABEL = "interaction time $t$"
ENTROPY_LABEL = "entropy $E$ (ebit)"
NEGATIVITY_LABEL = "log-negativity $E_N$ (ebit)"


def exact_entropy(atoms: int, times: ArrayLike, nodes: int = 3) -> Values:
    """Entropy of the end nodes in ebits at each time, all outcomes q = N, by the window method."""
    return _solved(EnsembleRepeater(nodes, atoms, _listed(times)), "entropy")


def exact_log_negativity(atoms: int, times: ArrayLike, dephasing: float, nodes: int = 3) -> Values:
    """Log-negativity of the end nodes in ebits at each time, all Dicke states kept.

    Args:
        atoms: N.
        times: interaction times.
        dephasing: gamma of every node.
        nodes: M.
    """
    whole = math.sqrt(atoms) + 1.0
    model = EnsembleRepeater(nodes, atoms, _listed(times), dephasing=dephasing, window=whole)
    return _solved(model, "log_negativity")


def _listed(times: ArrayLike) -> list[float]:
    return np.atleast_1d(np.asarray(times, dtype=float)).tolist()


def _solved(model: EnsembleRepeater, name: str) -> Values:
    table = solve(model).table
    assert table is not None  # several times make a table
    return np.asarray(table[name].values, dtype=float)


def largest_entropy(atoms: int) -> float:
    """``E_max = log2(N+1)`` ebits."""
    return math.log2(atoms + 1)


GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
"""The number that fractions approximate worst."""


def even_grid(count: int) -> Values:
    """`count` evenly spaced times in [0, pi], none of them a fraction of pi."""
    return math.pi * (np.arange(count) + GOLDEN) / count


def resolving_grid(atoms: int, uniform: int, largest: int, points: int) -> Values:
    """Times in [0, pi]: an even grid, and logarithmic ones towards both sides of magic times.

    Dips have cores of width 1/N and wings of ``2/(b sqrt N)``; no even grid has both. Fractions of
    pi are magic times themselves, so the even grid is shifted by an irrational share of its step.

    Args:
        atoms: N.
        uniform: how many times evenly over [0, pi].
        largest: magic times with denominators up to this one are resolved.
        points: how many times on each side of one.
    """
    away = np.geomspace(0.3 / atoms, 3.0 / math.sqrt(atoms), points)
    grids = [even_grid(uniform), np.array([0.0, math.pi])]
    for magic in magic_times(atoms, largest):
        near = away / max(1.0, magic.denominator / 4)
        grids += [magic.time - near, np.array([magic.time]), magic.time + near]
    times = np.unique(np.concatenate(grids))
    return times[(times >= 0.0) & (times <= math.pi)]


def mark_time(axes: Any) -> None:
    """Time axis from 0 to pi with the magic times of the paper as ticks."""
    axes.set(xlabel=TIME_LABEL, xlim=(0, math.pi))
    axes.set_xticks(
        [0, math.pi / 3, math.pi / 2, 2 * math.pi / 3, math.pi],
        ["0", r"$\pi/3$", r"$\pi/2$", r"$2\pi/3$", r"$\pi$"],
    )


def share_of(values: Sequence[float] | Values, low: float, high: float) -> float:
    """Fraction of `values` between two bounds."""
    array = np.asarray(values)
    return float(np.mean((array >= low) & (array <= high)))
