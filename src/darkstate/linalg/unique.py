"""Choices that are the same on every processor.

Eigenvectors and singular vectors are free up to a phase, and where values coincide up to a
rotation; which ones come back depends on the processor, not on the problem. What is drawn, stored
or shown must not. Here is what to use instead:

- a root of a covariance (`unique_root`): for ``C`` of unit diagonal the positive root is unique;
- columns of a positive matrix (`unique_columns`): its Cholesky factor with pivots, which depends on
  the product ``F F†`` alone, and is an orthonormal basis if that is a projector;
- the phase of a vector (`with_phase`), and the largest of nearly equal numbers (`first_largest`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
TIE = 1e-6
"""Numbers that differ by less than this, relative to the largest, count as equal."""
_EPS = float(np.finfo(float).eps)
_COMPUTED = 16.0
"""Rounding of covariances, which are sums of many terms."""


def unique_root(covariance: Array) -> Array:
    """R with ``R R^T = covariance`` that depends on the covariance alone.

    ``R = S C^(1/2)`` with the diagonal ``S`` of standard deviations and the correlations ``C``,
    so that no unit enters what counts as zero.

    Args:
        covariance: symmetric or Hermitian (n, n), positive up to rounding; may be singular.
    """
    size = np.sqrt(np.clip(np.real(np.diagonal(covariance)), 0.0, None))
    unit = np.where(size > 0, size, 1.0)
    return size[:, None] * positive_root(covariance / np.outer(unit, unit), _COMPUTED)


def positive_root(matrix: Array, rounding: float = 0.5) -> Array:
    """The positive root of a positive matrix; eigenvalues that are rounding count as zero.

    A zero that came out as 1e-16 would otherwise become a random direction of size 1e-8.

    Args:
        matrix: symmetric or Hermitian (n, n).
        rounding: errors of the entries, in n units in the last place.
    """
    values, vectors = np.linalg.eigh(matrix)
    kept = values > rounding * len(values) * _EPS * np.abs(values).max(initial=0.0)
    return (vectors[:, kept] * np.sqrt(values[kept])) @ vectors[:, kept].conj().T


def unique_columns(factor: Array) -> Array:
    """The columns L, with ``L L† = F F†``, of Cholesky's decomposition with pivots.

    They are the same for ``F U`` with any unitary U: the pivot of each step is the first of the
    largest entries left on the diagonal, where the new column is real and positive.

    Args:
        factor: F, shape (n, k), of full column rank.

    Returns:
        L, shape (n, k).
    """
    return _pivot(factor)[0]


def leading_rows(vectors: Array) -> list[int]:
    """Indices, one a column, of the rows that stand for the span of vectors (n, k): its pivots.

    Names of what a null space holds come from these, not from whichever vectors span it.
    """
    return _pivot(vectors)[1]


def _pivot(factor: Array) -> tuple[Array, list[int]]:
    left, columns, pivots = np.array(factor), np.empty_like(factor), []
    for k in range(factor.shape[1]):
        size = np.linalg.norm(left, axis=1)
        pivots.append(first_largest(size))
        direction = left[pivots[-1]].conj() / size[pivots[-1]]
        columns[:, k] = left @ direction
        left = left - np.outer(columns[:, k], direction.conj())
    return columns, pivots


def with_phase(vector: Array) -> Array:
    """The vector with the phase that makes its largest entry positive (the first, in a tie)."""
    return vector * phases_of(vector[:, None])


def phases_of(vectors: Array) -> Array:
    """(k,) factors that give every column of vectors (n, k) the phase of `with_phase`."""
    size = np.abs(vectors)
    pivots = np.argmax(size >= (1.0 - TIE) * size.max(axis=0), axis=0)
    places = np.arange(vectors.shape[1])
    return vectors[pivots, places].conj() / size[pivots, places]


def first_largest(values: ArrayLike) -> int:
    """Index of the largest number, and of the first of those that equal it up to `TIE`."""
    numbers = np.asarray(values, dtype=float)
    top = float(numbers.max())
    return int(np.flatnonzero(numbers >= top - TIE * abs(top))[0])
