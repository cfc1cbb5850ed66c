"""Joined sparse matrices are what SciPy makes of them."""

import numpy as np
import pytest
import scipy.sparse as sp

from darkstate.linalg.joins import (
    below_each_other,
    by_rows,
    cut,
    largest_row,
    one,
    row_numbers,
)


def matrices(seed: int, count: int = 4, n: int = 6) -> list[sp.csr_array]:
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(count, n, n)) * (rng.random((count, n, n)) < 0.3)
    dense[1] = 0.0  # one without entries
    return [sp.csr_array(each * (1 + 2j)) for each in dense]


@pytest.mark.parametrize("seed", range(5))
def test_stacks_are_those_of_scipy(seed: int) -> None:
    given = matrices(seed)
    below = below_each_other(given)
    assert np.array_equal(below.toarray(), sp.vstack(given).toarray())
    for part, matrix in zip(cut(below, 6), given, strict=True):
        assert np.array_equal(part.toarray(), matrix.toarray())


def test_small_things() -> None:
    matrix = matrices(0)[0]
    assert np.array_equal(by_rows(matrix.toarray()).toarray(), matrix.toarray())
    assert by_rows(matrix.toarray()).nnz == matrix.nnz
    assert np.array_equal(one(3).toarray(), np.eye(3))
    assert np.array_equal(row_numbers(matrix), matrix.tocoo().row)
    assert largest_row(matrix) == pytest.approx(abs(matrix).sum(axis=1).max(), rel=1e-15)
    assert largest_row(sp.csr_array((0, 0))) == 0.0
