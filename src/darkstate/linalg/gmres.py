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


def gmres(product: Apply, inverse: Apply, right: Flat, tolerance: float, limit: int) -> Solved:
    """Solve ``product(x) = right``; may end unconverged after `limit` iterations.

    Args:
        product: the operator.
        inverse: the preconditioner, an approximate inverse.
        right: the right-hand side.
        tolerance: relative residual at which to stop.
        limit: largest number of iterations.
    """
    size = float(np.linalg.norm(right))
    x, left, done = np.zeros_like(right), right, 0
    restart = restart_length(right.size, right.itemsize)
    while done < limit:
        length = min(restart, limit - done)
        step, used = _cycle(product, inverse, left, tolerance * size, length)
        done += used
        x = x + inverse(step)
        if used < length:
            break
        left = right - product(x)
        if float(np.linalg.norm(left)) <= tolerance * size:
            break
    residual = float(np.linalg.norm(right - product(x))) / size
    return Solved(x, residual, done)


def _cycle(
    product: Apply, inverse: Apply, right: Flat, goal: float, length: int
) -> tuple[Flat, int]:
    """One Krylov space: the best combination of it, and how many vectors it took."""
    basis = np.empty((length + 1, right.size), dtype=right.dtype)
    real = basis.view(np.float64)
    hessenberg = np.zeros((length + 1, length))
    triangle = np.zeros((length + 1, length))
    turns: list[tuple[float, float]] = []
    shown = np.zeros(length + 1)
    shown[0] = np.linalg.norm(right)
    basis[0] = right / shown[0]
    used = length
    for j in range(length):
        w = product(inverse(basis[j]))
        after = orthogonalise(w.view(np.float64), real[: j + 1], hessenberg[: j + 1, j])
        hessenberg[j + 1, j] = after
        column = hessenberg[: j + 2, j].copy()
        for i, (c, s) in enumerate(turns):
            column[i : i + 2] = c * column[i] + s * column[i + 1], c * column[i + 1] - s * column[i]
        r = float(np.hypot(column[j], column[j + 1])) or 1e-300
        turns.append((column[j] / r, column[j + 1] / r))
        triangle[:j, j], triangle[j, j] = column[:j], r
        shown[j + 1] = -turns[j][1] * shown[j]
        shown[j] *= turns[j][0]
        if abs(shown[j + 1]) <= goal or after <= 1e-14 * np.abs(hessenberg[: j + 1, j]).max():
            used = j + 1
            break
        np.divide(w, after, out=basis[j + 1])
    weights = np.linalg.lstsq(triangle[:used, :used], shown[:used], rcond=1e-15)[0]
    return (weights @ real[:used]).view(right.dtype), used
