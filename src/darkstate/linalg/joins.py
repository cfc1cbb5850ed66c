"""Sparse matrices joined, and cut apart again, by their arrays.

What SciPy's `hstack` and `vstack` ask of every block takes longer than the work itself where the
matrices are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray


def below_each_other(matrices: Sequence[sp.csr_array]) -> sp.csr_array:
    """Matrices of equally many columns, one below the other."""
    rows = sum(matrix.shape[0] for matrix in matrices)  # type: ignore[index]
    counts = [np.diff(matrix.indptr) for matrix in matrices]
    data = np.concatenate([matrix.data for matrix in matrices])
    indices = np.concatenate([matrix.indices for matrix in matrices])
    shape = (rows, matrices[0].shape[1])  # type: ignore[index]
    return sp.csr_array((data, indices, _starts(np.concatenate(counts))), shape=shape)


def one(n: int) -> sp.csr_array:
    """The identity (n, n)."""
    return sp.csr_array((np.ones(n), np.arange(n), np.arange(n + 1)), shape=(n, n))


def by_rows(dense: NDArray[Any]) -> sp.csr_array:
    """A small dense matrix as a sparse one."""
    rows, columns = np.nonzero(dense)
    starts = _starts(np.bincount(rows, minlength=len(dense)))
    return sp.csr_array((dense[rows, columns], columns, starts), shape=dense.shape)


def cut(matrix: sp.csr_array, rows: int) -> list[sp.csr_array]:
    """The parts of so many rows of a matrix."""
    starts, shape = matrix.indptr, (rows, matrix.shape[1])  # type: ignore[index]
    found = []
    for first in range(0, len(starts) - 1, rows):
        own = starts[first : first + rows + 1]
        some = slice(own[0], own[-1])
        parts = (matrix.data[some], matrix.indices[some], own - own[0])
        found.append(sp.csr_array(parts, shape=shape))
    return found


def row_numbers(matrix: sp.csr_array) -> NDArray[np.intp]:
    """The row of every stored entry."""
    return np.repeat(np.arange(len(matrix.indptr) - 1), np.diff(matrix.indptr))


def largest_row(matrix: sp.csr_array) -> float:
    """The largest sum of moduli in a row; 0 for a matrix without rows."""
    sums = np.bincount(row_numbers(matrix), np.abs(matrix.data), len(matrix.indptr) - 1)
    return float(np.max(sums, initial=0.0))


def _starts(counts: NDArray[Any]) -> NDArray[np.intp]:
    return np.concatenate([np.zeros(1, dtype=np.intp), np.cumsum(counts)])
