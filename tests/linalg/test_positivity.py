"""The smallest of many eigenvalues: the same as by diagonalising all, or a little too low."""

from __future__ import annotations

import numpy as np
import pytest

from darkstate.linalg.positivity import least_eigenvalue


def matrices(seed, least):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, 5, 5)) + 1j * rng.normal(size=(20, 5, 5))
    values = rng.uniform(0.2, 1.0, size=(20, 5))
    values[7, 2] = least  # one that is not diagonalised at first
    q = np.linalg.qr(x)[0]
    return (q * values[:, None]) @ q.conj().transpose(0, 2, 1)


@pytest.mark.parametrize("least", [-1e-3, 0.0, 0.1, 0.5])
@pytest.mark.parametrize("within", [0.0, 1e-12, 1e-6, 1e-2])
def test_it_is_told_too_low_by_no_more_than_asked(least, within):
    many = matrices(1, least)
    exact = float(np.linalg.eigvalsh(many).min())
    found = least_eigenvalue(many, within)
    assert exact - within - 1e-14 <= found <= exact + 1e-14


def test_the_few_that_are_diagonalised_are_a_bound_for_all():
    pure = np.zeros((20, 3, 3), dtype=complex)
    pure[:, 0, 0] = 1.0
    assert least_eigenvalue(pure, 1e-12) == -1e-12
    pure[7, 1, 1] = -1e-9
    assert least_eigenvalue(pure, 1e-12) == pytest.approx(-1e-9)
    assert least_eigenvalue(pure[7:8], 1e-12) == pytest.approx(-1e-9)
