r"""PPT mixtures: the other verdict, with its own evidence.

``sigma = sum_M sigma_M`` with ``sigma_M >= 0`` and ``sigma_M^{T_M} >= 0`` is a *PPT mixture*. Every
biseparable state is one, and no decomposable witness detects any. So a mixture at trace distance
epsilon from rho proves that this method finds no genuine multipartite entanglement in what is
known to epsilon. It does not prove that rho is biseparable: parts may be bound entangled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darkstate.certificates.witness import Side, cuts_of, sides_of, transposed
from darkstate.linalg.bounds import EPS, eigenvalue_bounds, hermitian
from darkstate.results.storage import storable
from darkstate.states.subsystems import Matrix


@storable
@dataclass(frozen=True, eq=False)
class PPTMixture:
    """Unnormalised states, each with a positive partial transpose across its own bipartition.

    Args:
        labels: the subsystems, in the order of the tensor product.
        dimensions: their dimensions.
        cuts: (parts, n) truth values: which subsystems are transposed, for each part.
        parts: (parts, D, D) the sigma_M.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    cuts: NDArray[np.bool_]
    parts: Matrix

    @property
    def sides(self) -> tuple[Side, ...]:
        """The subsystems that are transposed, for each part."""
        return sides_of(self.labels, self.cuts)

    @cached_property
    def margins(self) -> dict[Side, tuple[float, float]]:
        """``{M: (bound on the smallest eigenvalue of sigma_M, of sigma_M^{T_M})}``."""
        here = (self.labels, self.dimensions)
        return {
            side: (
                eigenvalue_bounds(hermitian(part))[0],
                eigenvalue_bounds(hermitian(transposed(part, here, side)))[0],
            )
            for side, part in zip(self.sides, self.parts, strict=True)
        }

    @property
    def proven(self) -> bool:
        """Whether all parts are positive, before and after transposition, rounding included."""
        cuts = np.asarray(self.cuts, dtype=bool)
        if np.any(cuts.all(axis=1) | ~cuts.any(axis=1)):
            return False  # a transposition of nothing, or of everything, says nothing
        return min(min(pair) for pair in self.margins.values()) >= 0.0

    @property
    def matrix(self) -> Matrix:
        """The sum of the parts, (D, D); its trace is one up to rounding."""
        return np.sum(self.parts, axis=0)

    def distance(self, matrix: Matrix) -> float:
        """A bound on the trace norm ``||rho - sigma/Tr sigma||_1`` to a density matrix."""
        mixed = self.matrix
        trace = float(np.trace(mixed).real)
        values = np.linalg.eigvalsh(hermitian(matrix - mixed / trace))
        return float(np.sum(np.abs(values))) + 40 * len(matrix) ** 2 * EPS


def mixed(
    labels: tuple[str, ...],
    dimensions: tuple[int, ...],
    matrix: Matrix | None,
    parts: Mapping[Side, Matrix],
) -> PPTMixture:
    """A proven PPT mixture near rho from what a solver says: complete, then add white noise.

    What the parts lack of rho (if it is given) goes to the most positive of them; then each gets as
    much of the identity as its smallest eigenvalue, before or after transposition, is below zero.
    """
    here = (labels, dimensions)
    parts = {side: hermitian(part) for side, part in parts.items()}
    total = np.sum(list(parts.values()), axis=0)
    one = np.eye(len(total))
    missing = np.zeros_like(total) if matrix is None else hermitian(matrix - total)

    def lowest(side: Side, part: Matrix) -> float:
        flipped = hermitian(transposed(part, here, side))
        return min(eigenvalue_bounds(part)[0], eigenvalue_bounds(flipped)[0])

    best = max(parts, key=lambda side: lowest(side, parts[side]))
    parts[best] = hermitian(parts[best] + missing)
    exact = {}
    for side, part in parts.items():
        need = max(0.0, -lowest(side, part))
        slack = 40 * len(one) ** 2 * EPS * (float(np.linalg.norm(part)) + need)
        exact[side] = part + (need + slack if need else 0.0) * one
    return PPTMixture(labels, dimensions, cuts_of(labels, exact), np.array([*exact.values()]))
