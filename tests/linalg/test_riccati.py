"""Stationary conditional covariances: closed forms, general systems, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.riccati import solve_riccati
from darkstate.linalg.sylvester import solve_sylvester


@settings(deadline=None)
@given(st.floats(1e-3, 10), st.floats(1e-3, 10))
def test_scalar_closed_form(g, z):
    # Z^2 V^2 + (g - 1) V - g = 0, whose positive root is the stabilising one.
    root = np.sqrt((1 - g) ** 2 + 4 * g * z**2)
    expected = (1 - g + root) / (2 * z**2) if g < 1 else 2 * g / (g - 1 + root)
    solution = solve_riccati([[(1 - g) / 2]], [[g]], [[z]], [[0.0]])
    assert solution.v[0, 0] == pytest.approx(expected, rel=1e-11)
    assert solution.spectral_abscissa == pytest.approx(-root / 2, rel=1e-9)


def random_system(seed, n=8, m=2):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((n, n))
    a -= (np.linalg.eigvals(a).real.max() + 0.1) * np.eye(n)
    root, c = rng.standard_normal((n, n)), rng.standard_normal((m, n))
    gamma = 0.3 * rng.standard_normal((m, n))
    return a, root @ root.T + gamma.T @ gamma, c, gamma


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_systems_solve_the_equation_and_know_more_than_without_detectors(seed):
    a, d, c, gamma = random_system(seed)
    solution = solve_riccati(a, d, c, gamma)
    v = solution.v
    gain = v @ c.T + gamma.T
    residual = a @ v + v @ a.T + d - gain @ gain.T
    assert np.linalg.norm(residual) < 1e-10 * np.linalg.norm(d)
    assert solution.residual < 1e-13
    assert np.array_equal(v, v.T)
    assert solution.spectral_abscissa < 0
    assert solution.spectral_abscissa == pytest.approx(np.linalg.eigvals(a - gain @ c).real.max())
    blind = solve_riccati(a, d, np.zeros((0, 8)), np.zeros((0, 8))).v
    assert np.linalg.eigvalsh(blind - v)[0] > -1e-10 * np.linalg.norm(blind)


@pytest.mark.parametrize("channels", [0, 2], ids=["no detector", "detectors of efficiency 0"])
def test_without_information_it_is_the_lyapunov_solution(channels):
    a, d, _, _ = random_system(7)
    nothing = np.zeros((channels, 8))
    solution = solve_riccati(a, d, nothing, nothing)
    np.testing.assert_allclose(solution.v, solve_sylvester(a, a, d).x, rtol=1e-12)
    assert solution.spectral_abscissa == pytest.approx(np.linalg.eigvals(a).real.max())


def test_detection_stabilises_a_growing_mode():
    # v grows at rate 1/2 but is seen: V + D - V^2 = 0.
    solution = solve_riccati([[0.5]], [[2.0]], [[1.0]], [[0.0]])
    assert solution.v[0, 0] == pytest.approx(2.0, rel=1e-13)
    assert solution.spectral_abscissa == pytest.approx(-1.5)


@pytest.mark.parametrize("rate", [0.0, 0.5], ids=["undamped", "growing"])
def test_unseen_modes_that_do_not_decay_are_refused(rate):
    with pytest.raises(NumericalError, match="no stabilising stationary state"):
        solve_riccati(np.diag([rate, -1.0]), np.eye(2), [[0.0, 1.0]], [[0.0, 0.0]])


def test_noiseless_undamped_oscillator_never_forgets():
    rotation = np.array([[0.0, 1.0], [-1.0, 0.0]])
    with pytest.raises(NumericalError, match="no stabilising stationary state"):
        solve_riccati(rotation, np.zeros((2, 2)), [[0.0, 1.0]], [[0.0, 0.0]])


def test_growing_mode_without_detectors_is_refused():
    with pytest.raises(NumericalError, match="no stabilising stationary state"):
        solve_riccati([[0.5]], [[1.0]], np.zeros((0, 1)), np.zeros((0, 1)))


def test_shapes_are_checked():
    with pytest.raises(ArgumentError, match="have the shape of `gamma`"):
        solve_riccati(-np.eye(2), np.eye(2), np.zeros((1, 2)), np.zeros((2, 2)))
