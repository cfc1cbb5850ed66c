"""Slopes of the slowest rate: from left and right eigenvectors of generator or drift.

``d lambda = l† dL r / l† r``; a sum of numbers of the coefficients, as for merits. Where several
eigenvalues have the smallest ``-Re``, and move apart, slopes differ on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope, Key
from darkstate.design.density_gradient import TermMatrices
from darkstate.design.moment_terms import Entries
from darkstate.design.slopes import Slope
from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.slowest import SlowModes

_SAME = 1e-9
"""Of the larger one: slopes that differ by less are one."""
Moved = Callable[[CoefficientSlope, Any], list[Any]]
"""``L† dM R`` of every group, (m, m), for derivatives of the coefficients."""


@dataclass(frozen=True, eq=False)
class RateSlopes:
    """Slopes of ``g = min(-Re lambda)``.

    Args:
        modes: the slowest ones.
        moved: their matrices, by what moves them.
    """

    modes: Sequence[SlowModes]
    moved: Moved

    @property
    def value(self) -> float:
        """The rate."""
        return min(-mode.value.real for mode in self.modes)

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        return [self._slope(moved) for moved in moves]

    def _slope(self, moved: CoefficientSlope) -> Slope:
        if not moved.keys:
            return Slope(0.0, 0.0, moved.one_sided)
        fine, coarse = (self._sides(moved, c) for c in (moved.fine, moved.coarse))
        size = float(np.abs(moved.fine).sum()) + max(map(abs, fine))
        error = abs(fine[0] - coarse[0]) + max(mode.error for mode in self.modes) * size
        raising, lowering = fine
        if abs(raising - lowering) <= max(error, _SAME * max(map(abs, fine))):
            return Slope(raising, error, moved.one_sided)
        return Slope(raising, error, True, None if moved.one_sided else lowering)

    def _sides(self, moved: CoefficientSlope, values: Any) -> tuple[float, float]:
        """Slopes for raising and for lowering: the slowest of what modes become."""
        found = [
            -rate.real for matrix in self.moved(moved, values) for rate in np.linalg.eigvals(matrix)
        ]
        return float(min(found)), float(max(found))


def density_rate_slopes(
    terms: TermMatrices, modes: Sequence[SlowModes], matrix_of: Callable[[Any], Any]
) -> RateSlopes:
    """Of a density matrix.

    Args:
        terms: matrices of the terms.
        modes: of the generator in real coordinates.
        matrix_of: the matrix (D, D) with these coordinates.
    """
    sides = [
        [[matrix_of(column) for column in vectors.T] for vectors in (mode.left, mode.right)]
        for mode in modes
    ]
    known: dict[Key, list[Any]] = {}

    def weights(keys: Sequence[Key]) -> None:
        missing = [key for key in keys if key not in known]
        tables = [
            np.array([[terms.weights(missing, X, R) for R in right] for X in left])
            for left, right in sides
        ]
        for k, key in enumerate(missing):
            known[key] = [table[:, :, k] for table in tables]

    def moved(slope: CoefficientSlope, values: Any) -> list[Any]:
        weights(slope.keys)
        return [
            sum(c * known[key][g] for key, c in zip(slope.keys, values, strict=True))
            for g in range(len(modes))
        ]

    return RateSlopes(modes, moved)


def drift_rate_slopes(
    structure: Structure, blocks: Sequence[Any], modes: Sequence[SlowModes]
) -> RateSlopes:
    """Of the amplitudes of a quadratic system.

    Args:
        structure: of the system.
        blocks: variables of each of the matrices that the modes belong to.
        modes: of the drift.
    """

    def moved(slope: CoefficientSlope, values: Any) -> list[Any]:
        drift, _, _ = Entries(slope.keys, structure.form.labels).matrices(values)
        return [
            mode.left.conj().T
            @ drift[np.ix_(blocks[mode.number], blocks[mode.number])]
            @ mode.right
            for mode in modes
        ]

    return RateSlopes(modes, moved)
