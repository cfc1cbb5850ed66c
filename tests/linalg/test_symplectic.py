"""Symplectic eigenvalues, Williamson's form, uncertainty and partial transposition."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.symplectic import (
    partial_transpose,
    symplectic_eigenvalues,
    symplectic_form,
    uncertainty_margin,
    williamson,
)

SEEDS = st.integers(0, 2**32 - 1)
MODES = st.integers(1, 4)


def random_symplectic(seed, modes):
    """exp(Omega H) with H symmetric."""
    h = np.random.default_rng(seed).standard_normal((2 * modes, 2 * modes)) / (2 * modes)
    return scipy.linalg.expm(symplectic_form(modes) @ (h + h.T))


def two_mode_squeezed(r):
    c, s = np.cosh(2 * r) / 2, np.sinh(2 * r) / 2
    z = np.diag([1.0, -1.0])
    return np.block([[c * np.eye(2), s * z], [s * z, c * np.eye(2)]])


def test_form_is_the_commutator_in_interleaved_order():
    omega = symplectic_form(2)
    expected = [[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1], [0, 0, -1, 0]]
    assert np.array_equal(omega, expected)


@settings(max_examples=40, deadline=None)
@given(SEEDS, MODES)
def test_symplectic_maps_leave_the_eigenvalues(seed, modes):
    nu = np.sort(0.5 + np.random.default_rng(seed).exponential(size=modes))
    s = random_symplectic(seed, modes)
    cov = s @ np.diag(np.repeat(nu, 2)) @ s.T
    np.testing.assert_allclose(symplectic_eigenvalues(cov), nu, rtol=1e-10)
    assert uncertainty_margin(cov) > -1e-12


@settings(max_examples=40, deadline=None)
@given(SEEDS, MODES)
def test_williamson_takes_the_matrix_apart(seed, modes):
    root = np.random.default_rng(seed).standard_normal((2 * modes, 2 * modes))
    cov = root @ root.T + 0.1 * np.eye(2 * modes)
    s, nu = williamson(cov)
    omega = symplectic_form(modes)
    np.testing.assert_allclose(s @ omega @ s.T, omega, atol=1e-9)
    np.testing.assert_allclose(s @ np.diag(np.repeat(nu, 2)) @ s.T, cov, atol=1e-10)
    np.testing.assert_allclose(nu, symplectic_eigenvalues(cov), rtol=1e-9)
    assert np.all(np.diff(nu) >= 0)


def test_williamson_of_degenerate_vacua():
    s, nu = williamson(np.eye(6) / 2)
    np.testing.assert_allclose(nu, 0.5, rtol=1e-14)
    np.testing.assert_allclose(s @ s.T, np.eye(6), atol=1e-14)


@pytest.mark.parametrize("decibel", [0.1, 3, 10, 20, 30])
def test_two_mode_squeezed_vacuum_to_thirty_decibel(decibel):
    r = np.log(10 ** (decibel / 10)) / 2
    cov = two_mode_squeezed(r)
    nu = symplectic_eigenvalues(partial_transpose(cov, [1]))
    np.testing.assert_allclose(nu, [np.exp(-2 * r) / 2, np.exp(2 * r) / 2], rtol=1e-10)
    np.testing.assert_allclose(symplectic_eigenvalues(cov), 0.5, rtol=1e-10)


def test_a_cold_mode_beside_a_hot_one_keeps_its_digits():
    # Every product is exact in binary: S adds 2^-20 of the hot mode (2) to the cold one (1).
    nu, mix = np.array([0.5, 2.0**39]), 2.0**-20
    s = np.eye(4)
    s[0, 2], s[3, 1] = mix, -mix
    assert np.array_equal(s @ symplectic_form(2) @ s.T, symplectic_form(2))
    cov = s @ np.diag(np.repeat(nu, 2)) @ s.T
    np.testing.assert_allclose(symplectic_eigenvalues(cov), nu, rtol=1e-13)


def test_semidefinite_matrices_have_zero_eigenvalues():
    np.testing.assert_allclose(symplectic_eigenvalues(np.zeros((2, 2))), [0.0], atol=0)
    np.testing.assert_allclose(symplectic_eigenvalues(np.diag([4.0, 0, 1, 1])), [0, 1], atol=1e-14)
    assert symplectic_eigenvalues(np.zeros((0, 0))).shape == (0,)


def test_uncertainty_margin_separates_physical_from_unphysical():
    assert uncertainty_margin(np.eye(4) / 2) == pytest.approx(0.0, abs=1e-15)
    assert uncertainty_margin(np.eye(2)) == pytest.approx(0.5)
    assert uncertainty_margin(np.diag([0.4, 0.4])) == pytest.approx(-0.25)
    assert uncertainty_margin(np.diag([1.0, 0.0])) == -np.inf
    assert uncertainty_margin(np.zeros((0, 0))) == np.inf


@pytest.mark.parametrize("decibel", [10, 30, 80])
def test_uncertainty_margin_of_squeezed_vacuum_is_zero_however_strong(decibel):
    factor = 10 ** (decibel / 10)
    assert abs(uncertainty_margin(np.diag([factor, 1 / factor]) / 2)) < 1e-14


@given(st.floats(0.01, 3.0))
def test_partial_transpose_shows_entanglement(r):
    cov = two_mode_squeezed(r)
    reversed_ = partial_transpose(cov, [0])
    assert uncertainty_margin(cov) > -1e-12
    assert uncertainty_margin(reversed_) == pytest.approx(1 / np.cosh(2 * r) - 1, abs=1e-11) or (
        uncertainty_margin(reversed_) < 0
    )
    assert np.array_equal(partial_transpose(reversed_, [0]), cov)
    nu = symplectic_eigenvalues(partial_transpose(cov, [0, 1]))
    np.testing.assert_allclose(nu, symplectic_eigenvalues(cov), rtol=1e-9)


def test_partial_transpose_reverses_one_momentum():
    cov = np.arange(16.0).reshape(4, 4)
    sign = np.diag([1, 1, 1, -1])
    assert np.array_equal(partial_transpose(cov, [1]), sign @ cov @ sign)


def test_refusals():
    with pytest.raises(ArgumentError, match="square with an even number of rows"):
        symplectic_eigenvalues(np.eye(3))
    with pytest.raises(ArgumentError, match="positive semi-definite"):
        symplectic_eigenvalues(np.diag([1.0, -1.0]))
    with pytest.raises(ArgumentError, match="be numbers from 0 to 1"):
        partial_transpose(np.eye(4), [2])
    with pytest.raises(NumericalError, match="positive definite"):
        williamson(np.diag([1.0, 0.0]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scales", [[1.0, 2.0**16], [2.0**16, 1.0]])
def test_graded_matrices_keep_the_digits_that_their_entries_hold(seed, scales):
    # Two modes: nu^2 are the roots of t^2 - D t + det(cov), here in rational arithmetic.
    rng = np.random.default_rng(seed)
    root, scale = rng.standard_normal((4, 4)), np.repeat(scales, 2)
    cov = scale[:, None] * (root @ root.T / 4 + np.eye(4)) * scale
    cov = (cov + cov.T) / 2
    exact = np.vectorize(Fraction, otypes=[object])(cov)
    minor = [[_determinant(exact[i : i + 2, j : j + 2]) for j in (0, 2)] for i in (0, 2)]
    delta, det = minor[0][0] + minor[1][1] + 2 * minor[0][1], _determinant(exact)
    larger = (float(delta) + np.sqrt(float(delta * delta - 4 * det))) / 2
    expected = np.sqrt([float(det) / larger, larger])
    np.testing.assert_allclose(symplectic_eigenvalues(cov), expected, rtol=1e-13)


def _determinant(matrix):
    if len(matrix) == 1:
        return matrix[0, 0]
    cofactors = (np.delete(matrix[1:], j, axis=1) for j in range(len(matrix)))
    terms = [(-1) ** j * matrix[0, j] * _determinant(rest) for j, rest in enumerate(cofactors)]
    return sum(terms)
