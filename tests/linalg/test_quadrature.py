"""Quadrature in frequency against dense solutions; honesty of its error estimates."""

import numpy as np
import pytest

from darkstate.errors import ArgumentError
from darkstate.linalg.banded import BandedDrift, Window
from darkstate.linalg.quadrature import stationary_correlations
from darkstate.linalg.sylvester import solve_sylvester


def to_bands(matrix, lower, upper):
    n = len(matrix)
    bands = np.zeros((lower + upper + 1, n), complex)
    for offset in range(-lower, upper + 1):
        diagonal = np.diagonal(matrix, offset)
        start = max(offset, 0)
        bands[upper - offset, start : start + len(diagonal)] = diagonal
    return BandedDrift(bands, lower, upper)


def replicated_chains(sites, loss, drive=1.0, disorder=0.0, seed=0):
    """Chain A and the adjoint of chain B side by side: dense W, sites and matrix of the noise."""
    rng = np.random.default_rng(seed)
    blocks = []
    for sign in (-1j, 1j):
        hopping = 1 + disorder * rng.standard_normal(sites - 1)
        detuning = disorder * rng.standard_normal(sites)
        block = sign * (np.diag(hopping, 1) + np.diag(hopping, -1) + np.diag(detuning))
        blocks.append(block - loss * np.eye(sites))
    w = np.kron(np.diag([1, 0]), blocks[0]) + np.kron(np.diag([0, 1]), blocks[1])
    w[0, 0] -= drive
    w[sites, sites] -= drive
    noise = 2 * drive * np.array([[1.0, -np.sqrt(2)], [-np.sqrt(2), 1.0]])  # not positive
    return w, [0, sites], noise


def dense(w, sites, inputs, noise):
    b = np.zeros((len(w), np.shape(inputs)[1]), complex)
    b[sites] = inputs
    return solve_sylvester(w, w, b @ noise @ b.conj().T).x


def pairs(sites):
    j = np.arange(sites)
    return np.r_[j, sites + j, j], np.r_[j, sites + j, sites + j]


@pytest.mark.parametrize(
    ("sites", "loss", "disorder"), [(100, 0.05, 0.0), (100, 0.05, 0.4), (250, 0.1, 0.0)]
)
def test_agrees_with_the_dense_solution_and_knows_its_error(sites, loss, disorder):
    w, where, noise = replicated_chains(sites, loss, disorder=disorder)
    rows, cols = pairs(sites)
    exact = dense(w, where, np.eye(2), noise)[rows, cols]
    found = stationary_correlations(to_bands(w, 1, 1), where, np.eye(2), noise, rows, cols)
    assert found.converged
    assert found.closure < 1e-5
    error, scale = np.abs(found.values - exact), np.abs(exact).max()
    assert np.all(error <= 10 * found.error_estimate + 1e-15 * scale)
    assert error.max() <= 1e-10 * scale


def test_exponentially_small_entries_keep_their_digits():
    sites = 200
    w, where, noise = replicated_chains(sites, 0.2)
    rows, cols = pairs(sites)
    exact = dense(w, where, np.eye(2), noise)[rows, cols]
    found = stationary_correlations(to_bands(w, 1, 1), where, np.eye(2), noise, rows, cols)
    assert np.abs(exact).min() < 1e-10 * np.abs(exact).max()
    np.testing.assert_allclose(found.values, exact, rtol=1e-7)


@pytest.mark.parametrize("rtol", [1e-2, 1e-4, 1e-6, 1e-8])
def test_estimate_is_honest_at_every_tolerance(rtol):
    w, where, noise = replicated_chains(60, 0.1, drive=0.7, disorder=0.5, seed=3)
    rng = np.random.default_rng(1)
    rows, cols = rng.integers(0, 120, (2, 300))
    exact = dense(w, where, np.eye(2), noise)[rows, cols]
    found = stationary_correlations(
        to_bands(w, 1, 1), where, np.eye(2), noise, rows, cols, rtol=rtol
    )
    assert found.converged
    error = np.abs(found.values - exact)
    assert error.max() <= 10 * found.error_estimate.max()
    assert error.max() <= 10 * rtol * np.abs(exact).max()


def test_nodes_converge_geometrically():
    w, where, noise = replicated_chains(40, 0.2)
    rows, cols = pairs(40)
    exact = dense(w, where, np.eye(2), noise)[rows, cols]
    errors = []
    for nodes in (128, 256, 512):
        found = stationary_correlations(
            to_bands(w, 1, 1), where, np.eye(2), noise, rows, cols, rtol=0, max_nodes=nodes
        )
        assert not found.converged
        assert found.nodes == nodes
        errors.append(np.abs(found.values - exact).max())
    # Twice the nodes square the error: q^2M = (q^M)^2.
    assert np.log(errors[1]) / np.log(errors[0]) == pytest.approx(2, rel=0.25)
    assert errors[2] < 1e-13


def test_window_cuts_no_more_than_the_tail_says():
    sites = 200
    w, where, noise = replicated_chains(sites, 0.4)
    rows, cols = pairs(sites)
    bands = to_bands(w, 1, 1)
    whole = stationary_correlations(bands, where, np.eye(2), noise, rows, cols, tail=0)
    assert (whole.tail, whole.window) == (0.0, 2 * sites)
    for tail in (1e-6, 1e-12):
        cut = stationary_correlations(bands, where, np.eye(2), noise, rows, cols, tail=tail)
        assert 0 < cut.tail <= tail
        assert cut.window < sites
        change = np.abs(cut.values - whole.values).max() / np.abs(whole.values).max()
        assert 0 < change < 4 * tail
    far = np.maximum(rows % sites, cols % sites) > cut.window
    assert far.any()
    assert not cut.values[far].any()


def test_several_inputs_in_wider_bands():
    rng = np.random.default_rng(4)
    n, sites = 200, [150, 20, 23]
    w = sum(np.diag(rng.standard_normal(n - abs(k)) + 0j, k) for k in (-2, -1, 1))
    w = w + 1j * np.diag(rng.standard_normal(n) + 5.0)
    w = w - (np.linalg.eigvals(w).real.max() + 0.2) * np.eye(n)
    inputs = rng.standard_normal((3, 2)) + 1j * rng.standard_normal((3, 2))
    noise = np.array([[1.0, 0.3j], [-0.3j, -0.5]])
    rows, cols = rng.integers(0, n, (2, 400))
    exact = dense(w, sites, inputs, noise)[rows, cols]
    found = stationary_correlations(to_bands(w, 2, 1), sites, inputs, noise, rows, cols)
    assert found.converged
    assert np.abs(found.values - exact).max() < 1e-10 * np.abs(exact).max()


def test_single_damped_mode():
    found = stationary_correlations(
        BandedDrift.tridiagonal([], [-0.5 + 3j], []), [0], [[1.0]], [[2.0]], [0], [0]
    )
    assert found.values[0] == pytest.approx(2.0, rel=1e-13)


def test_a_common_detuning_costs_nothing():
    w, _, _ = replicated_chains(20, 0.3)
    chain = w[:20, :20]
    frames = [
        stationary_correlations(to_bands(moved, 1, 1), [0], [[1.0]], [[1.0]], [0, 9], [0, 9])
        for moved in (chain, chain - 50j * np.eye(20))
    ]
    assert frames[0].nodes == frames[1].nodes
    np.testing.assert_allclose(frames[0].values, frames[1].values, rtol=1e-10)


def test_a_narrower_window_forgets_what_a_wider_one_found():
    drift = BandedDrift.tridiagonal(np.full(29, -1j), np.full(30, -2.0), np.full(29, -1j))
    window = Window(drift, np.array([0, 29]), np.eye(2))
    assert window.solve(0.0, 30) == 0.0
    assert np.all(window.response != 0)
    assert window.solve(0.0, 9) > 0
    assert not window.response[0, 20:].any()
    assert not window.response[1, :10].any()


def test_growing_modes_are_noticed():
    grows = BandedDrift.tridiagonal([1j], [0.5, -1.0], [1j])  # eigenvalues with Re > 0
    grows.bands[1, 0] = 3.0
    found = stationary_correlations(grows, [0], [[1.0]], [[1.0]], [0], [0], max_nodes=1024)
    assert not found.converged
    assert found.closure > 0.1


def test_narrow_resonances_are_not_missed():
    # A mode that relaxes at 0.0025 through a broad one, between the first nodes.
    drift = BandedDrift.tridiagonal([-0.05j], [-1.0, -1e-5 + 0.3j], [-0.05j])
    w = np.array([[-1.0, -0.05j], [-0.05j, -1e-5 + 0.3j]])
    exact = dense(w, [0], [[1.0]], np.array([[1.0]]))[1, 1].real
    found = stationary_correlations(drift, [0], [[1.0]], [[1.0]], [1], [1])
    assert found.converged
    assert found.values[0].real == pytest.approx(exact, rel=1e-9)


def test_cuts_separate_uncoupled_blocks():
    w = np.zeros((6, 6))
    w[0, 1], w[4, 2], w[3, 3] = 1, 1, 1  # couplings 0-1 and 2-4
    assert to_bands(w, 2, 1).cuts().tolist() == [0, 1 + 1, 5, 6]
    padded = to_bands(w, 2, 1)
    padded.bands[0, 0] = padded.bands[-1, -1] = 7.0  # outside the matrix: without meaning
    assert padded.cuts().tolist() == [0, 2, 5, 6]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": np.eye(3)}, "one row per distinct site"),
        ({"sites": [0, 0]}, "one row per distinct site"),
        ({"rows": [0, 1]}, "pair up with `cols`"),
        ({"cols": [99]}, "name sites 0 to 3"),
    ],
)
def test_shapes_are_checked(change, message):
    good = {"sites": [0, 2], "inputs": np.eye(2), "noise": np.eye(2), "rows": [0], "cols": [1]}
    drift = BandedDrift.tridiagonal([1j, 0, 1j], [-1, -1, -1, -1], [1j, 0, 1j])
    with pytest.raises(ArgumentError, match=message):
        stationary_correlations(drift, **(good | change))
    with pytest.raises(ArgumentError, match="have 2 rows"):
        BandedDrift(drift.bands, 1, 0)
