r"""Bounds on eigenvalues and traces that hold whatever the eigenvalue routine did.

Let ``V diag(w) V†`` be *any* numbers that are claimed to diagonalise a Hermitian A. With
``E = A - V diag(w) V†`` and ``g = ||V†V - 1||``,

    lambda_min(A) >= w_min - g |w_min| - ||E||,

because ``x† V diag(w) V† x >= w_min ||V†x||^2`` and ``||V†x||^2`` lies within ``1 ± g``. Both norms
are computed (Frobenius), and what rounding may have hidden in those two products of n terms is
added: ``8 n^2 eps max|w| max(1, max|V|^2)``, an overestimate of the standard bound
``gamma_(n+2) |V| |diag(w)| |V†|`` for complex arithmetic. Nothing is assumed about the routine.

Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), Sec. 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complexfloating | np.floating]


EPS = float(np.finfo(float).eps)


def hermitian(matrix: Matrix) -> Matrix:
    """``(A + A†)/2``, exactly Hermitian also in floating point."""
    return 0.5 * (matrix + matrix.conj().T)


def eigenvalue_bounds(matrix: Matrix) -> tuple[float, float]:
    """Numbers below the smallest and above the largest eigenvalue of a Hermitian matrix.

    Args:
        matrix: (n, n), exactly Hermitian.
    """
    values, vectors = np.linalg.eigh(matrix)
    largest = float(np.abs(values).max())
    gram = vectors.conj().T @ vectors
    overlap = max(1.0, float(np.linalg.norm(gram, np.inf)))  # no smaller than the spectral norm
    slack = 8 * len(matrix) ** 2 * EPS * overlap
    g = float(np.linalg.norm(gram - np.eye(len(matrix)))) + slack
    rest = float(np.linalg.norm(matrix - (vectors * values) @ vectors.conj().T))
    rest = (rest + slack * largest) * (1 + slack)
    low, high = float(values[0]), float(values[-1])
    return low - g * abs(low) - rest, high + g * abs(high) + rest


def trace_product(first: Matrix, second: Matrix) -> tuple[float, float]:
    """``Tr(A B)`` of two Hermitian matrices, and how far rounding may have moved it."""
    value = float(np.vdot(first, second).real)
    size = float(np.linalg.norm(first)) * float(np.linalg.norm(second))
    return value, 4 * first.size * EPS * size


def negative_sum(matrix: Matrix) -> float:
    """Sum of the negative eigenvalues of a Hermitian matrix, as a number >= 0."""
    return float(np.sum(np.maximum(0.0, -np.linalg.eigvalsh(matrix))))


def nonnegative(matrix: Matrix) -> Matrix:
    """The nearest positive semidefinite matrix: negative eigenvalues set to zero."""
    values, vectors = np.linalg.eigh(hermitian(matrix))
    return hermitian((vectors * np.maximum(values, 0.0)) @ vectors.conj().T)
