"""GMRES on real vectors.

The preconditioner acts from the right, so that residuals are true ones. Hermitian matrices form a
real vector space, which generators of Lindblad form map into itself; complex arrays are therefore
taken as pairs of real numbers.

Source: Saad & Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.linalg.krylov import orthogonalise

Flat = NDArray[Any]
Apply = Callable[[Flat], Flat]

RESTART_BYTES = 6e8
"""Memory for the Krylov vectors; more vectors need fewer iterations."""
STALLED = 0.9
"""A Krylov space that leaves more of the residual than this is not followed by another one."""


@dataclass(frozen=True)
class Solved:
    """What GMRES found.

    Args:
        x: the solution, to which the preconditioner was already applied.
        residual: relative residual.
        iterations: applications of the operator.
    """

    x: Flat
    residual: float
    iterations: int


def restart_length(size: int, itemsize: int) -> int:
    """Krylov vectors kept for `size` numbers of `itemsize` bytes."""
    return int(np.clip(RESTART_BYTES / (itemsize * max(1, size)), 20, 300))


def gmres(
    product: Apply,
    inverse: Apply,
    right: Flat,
    tolerance: float,
    limit: int,
    begun: KrylovSpace | None = None,
) -> Solved:
    """Solve ``product(x) = right``; ends unconverged after `limit` iterations, or if it stalls.

    Args:
        product: the operator.
        inverse: the preconditioner, an approximate inverse.
        right: the right-hand side.
        tolerance: relative residual at which to stop.
        limit: largest number of iterations.
        begun: a Krylov space of these four to go on with.
    """
    size = float(np.linalg.norm(right))
    x, left, done, before = np.zeros_like(right), right, 0, size
    while done < limit:
        space = begun or KrylovSpace(product, inverse, left)
        begun = None
        closed = space.extend(tolerance * size, limit - done)
        done += space.used
        x = x + space.solution()
        left = right - product(x)
        after = float(np.linalg.norm(left))
        if closed or after <= tolerance * size or not after < STALLED * before:
            break
        before = after
    return Solved(x, float(np.linalg.norm(left)) / size, done)


class KrylovSpace:
    """The space of ``(product inverse)^k right``, which grows, and the best combination of it.

    Args:
        product: the operator.
        inverse: the preconditioner.
        right: the right-hand side.
    """

    def __init__(self, product: Apply, inverse: Apply, right: Flat):
        self._product, self._inverse = product, inverse
        self.length = restart_length(right.size, right.itemsize)
        self.used = 0
        self._basis = np.empty((self.length + 1, right.size), dtype=right.dtype)
        self._triangle = np.zeros((self.length + 1, self.length))
        self._turns: list[tuple[float, float]] = []
        self._shown = np.zeros(self.length + 1)
        self._shown[0] = np.linalg.norm(right)
        self._basis[0] = right / self._shown[0]

    @property
    def residual(self) -> float:
        """Norm of what the best combination leaves of the right-hand side."""
        return abs(float(self._shown[self.used]))

    def extend(self, goal: float, until: int) -> bool:
        """Grow to `until` vectors or to the goal; whether nothing is left outside of the space."""
        real, closed = self._basis.view(np.float64), False
        while self.used < min(self.length, until) and self.residual > goal and not closed:
            j = self.used
            w = self._product(self._inverse(self._basis[j]))
            column = np.zeros(j + 2)
            after = orthogonalise(w.view(np.float64), real[: j + 1], column[: j + 1])
            closed = after <= 1e-14 * np.abs(column[: j + 1]).max()
            column[j + 1] = after
            self._rotate(column)
            if not closed:
                np.divide(w, after, out=self._basis[j + 1])
        return closed

    def _rotate(self, column: NDArray[np.float64]) -> None:
        """The next column of the triangle, by rotations of pairs of rows."""
        j = self.used
        for i, (c, s) in enumerate(self._turns):
            column[i : i + 2] = c * column[i] + s * column[i + 1], c * column[i + 1] - s * column[i]
        r = float(np.hypot(column[j], column[j + 1])) or 1e-300
        c, s = column[j] / r, column[j + 1] / r
        self._turns.append((c, s))
        self._triangle[:j, j], self._triangle[j, j] = column[:j], r
        self._shown[j : j + 2] = c * self._shown[j], -s * self._shown[j]
        self.used += 1

    def solution(self) -> Flat:
        """The best combination, with the preconditioner applied."""
        k = self.used
        weights = np.linalg.lstsq(self._triangle[:k, :k], self._shown[:k], rcond=1e-15)[0]
        real = self._basis.view(np.float64)
        return self._inverse((weights @ real[:k]).view(self._basis.dtype))
