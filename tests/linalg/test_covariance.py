"""Whole covariances of chains by quadrature against Schur forms."""

import numpy as np
import pytest

from darkstate.errors import NumericalError
from darkstate.linalg.banded import BandedDrift
from darkstate.linalg.covariance import BandedChain, chain_covariances
from darkstate.linalg.sylvester import solve_sylvester


def chain(n, seed, loss=0.05, gain=0.0):
    rng = np.random.default_rng(seed)
    below, above = (-1j * rng.uniform(0.5, 1.5, n - 1) for _ in range(2))
    diagonal = -1j * rng.normal(size=n) * 0.2 - loss * rng.uniform(0.5, 1.0, n)
    diagonal[0] -= 1.0
    diagonal[-1] += gain
    # a one-way extra coupling makes the matrix non-normal, as in a cascade
    below[n // 2] = -2.0
    above[n // 2] = 0.0
    return BandedDrift.tridiagonal(below, diagonal, above)


def dense(drift):
    above, diagonal, below = drift.bands
    return np.diag(diagonal) + np.diag(above[1:], 1) + np.diag(below[:-1], -1)


def test_against_schur_forms_with_several_inputs():
    rng = np.random.default_rng(0)
    a, b = chain(70, 1), chain(53, 2)
    sites_a, sites_b = np.array([0, 40]), np.array([3])
    noise_ab = rng.normal(size=(2, 1)) + 1j * rng.normal(size=(2, 1))
    noise_aa = np.array([[1.0, 0.3j], [-0.3j, -0.5]])  # Hermitian, not positive
    found = chain_covariances(
        [BandedChain(a, sites_a), BandedChain(b, sites_b)], [(0, 1, noise_ab), (0, 0, noise_aa)]
    )
    assert found.residual < 1e-14
    for block, (p, q, sp, sq, noise) in zip(
        found.blocks,
        [(a, b, sites_a, sites_b, noise_ab), (a, a, sites_a, sites_a, noise_aa)],
        strict=True,
    ):
        source = np.zeros((p.size, q.size), complex)
        source[np.ix_(sp, sq)] = noise
        exact = solve_sylvester(dense(p), dense(q), source).x
        assert np.abs(block - exact).max() < 1e-12 * np.abs(exact).max()


def test_growing_or_undamped_chains_are_refused():
    for drift in (chain(40, 3, loss=0.001, gain=0.5), chain(40, 3, loss=1e-9)):
        with pytest.raises(NumericalError, match="not resolved"):
            chain_covariances(
                [BandedChain(drift, np.array([0]))], [(0, 0, np.eye(1))], max_nodes=4096
            )
