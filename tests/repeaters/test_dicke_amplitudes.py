"""Dicke amplitudes, S_x states and phases, from a single atom to 1e12 of them."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repeater_brute import sx_basis
from scipy.linalg import eigh_tridiagonal

from darkstate.repeaters.dicke import (
    binomial_amplitudes,
    log_binomial_amplitudes,
    log_rotation_amplitudes,
    phase_products,
    sx_amplitudes,
    tail_weight,
    window,
    window_size,
)

PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899863"
)


@pytest.mark.parametrize("atoms", [1, 2, 3, 15, 16, 40, 401])
def test_the_logarithms_are_those_of_whole_numbers(atoms):
    k = np.arange(atoms + 1)
    exact = [0.5 * (math.log(math.comb(atoms, i)) - atoms * math.log(2)) for i in k.tolist()]
    np.testing.assert_allclose(log_binomial_amplitudes(atoms, k), exact, atol=1e-15, rtol=1e-14)


@pytest.mark.parametrize("atoms", [10**8, 10**10, 10**12])
def test_huge_ensembles_neither_overflow_nor_lose_their_norm(atoms):
    step = max(1, int(math.sqrt(atoms)) // 200)  # a trapezoidal sum of a smooth function
    k = atoms // 2 + step * np.arange(-1400, 1401)
    psi = binomial_amplitudes(atoms, k)
    assert step * np.sum(psi**2) == pytest.approx(1.0, abs=1e-13)
    assert binomial_amplitudes(atoms, np.array([0, atoms])).tolist() == [0.0, 0.0]
    ratio = binomial_amplitudes(atoms, np.array([atoms // 2 + 1])) / psi[1400]
    assert ratio[0] ** 2 == pytest.approx((atoms // 2) / (atoms // 2 + 1), abs=1e-13)


@pytest.mark.parametrize("atoms", [1, 2, 3, 4, 5, 6])
def test_sx_states_agree_with_the_alternating_sum(atoms):
    basis = sx_basis(atoms)
    for q in range(atoms + 1):
        found = sx_amplitudes(atoms, q, np.arange(atoms + 1))
        np.testing.assert_allclose(found, basis[:, q], atol=1e-14)


@pytest.mark.parametrize("atoms", [50, 51, 400, 1001])
def test_sx_states_agree_with_a_diagonalisation(atoms):
    k = np.arange(atoms)
    _, vectors = eigh_tridiagonal(np.zeros(atoms + 1), np.sqrt((k + 1.0) * (atoms - k)))
    for q in {0, 1, 7, atoms // 3, atoms // 2, atoms - 120 if atoms > 300 else 2, atoms - 2, atoms}:
        found = sx_amplitudes(atoms, q, np.arange(atoms + 1))
        sign = np.sign(found @ vectors[:, q])
        np.testing.assert_allclose(found, sign * vectors[:, q], atol=5e-13)
        narrow = window(atoms, 2.0)
        np.testing.assert_allclose(sx_amplitudes(atoms, q, narrow), found[narrow], atol=1e-15)


@pytest.mark.parametrize("atoms", [10**6, 10**6 + 1])
@pytest.mark.parametrize("lost", [101, 400_000])
def test_sx_states_of_a_million_atoms_are_normalised(atoms, lost):
    amplitudes = sx_amplitudes(atoms, atoms - lost, np.arange(atoms + 1))
    assert np.sum(amplitudes**2) == pytest.approx(1.0, abs=2e-11)


@pytest.mark.parametrize("lost", [101, 150])
def test_both_recurrences_agree_at_ten_billion_atoms(lost, monkeypatch):
    atoms = 10**10
    k = window(atoms, 3.0)
    along_k = sx_amplitudes(atoms, atoms - lost, k)
    monkeypatch.setattr("darkstate.repeaters.dicke._LADDER", 200)
    along_q = sx_amplitudes(atoms, atoms - lost, k)
    np.testing.assert_allclose(along_k, along_q, atol=1e-12 * np.max(np.abs(along_q)))


@given(st.integers(1, 200), st.data())
def test_sx_states_are_orthonormal_and_of_definite_parity(atoms, data):
    q, p = (data.draw(st.integers(0, atoms)) for _ in range(2))
    k = np.arange(atoms + 1)
    first, second = sx_amplitudes(atoms, q, k), sx_amplitudes(atoms, p, k)
    assert first @ second == pytest.approx(float(q == p), abs=1e-12)
    np.testing.assert_allclose(first[::-1], (-1) ** (atoms - q) * first, atol=1e-13)


@given(st.just(0.0) | st.floats(1e-50, 7), st.integers(-(2**50), 2**50))
def test_phases_are_right_beyond_the_digits_of_a_product(t, d):
    with localcontext() as context:
        context.prec = 80
        turns = Decimal(t) * Decimal(d) / (2 * PI)
        exact = float((turns - turns.to_integral_value()) * 2 * PI)
    gap = abs(float(phase_products(t, np.array([float(d)]))[0]) - exact)
    assert min(gap, 2 * math.pi - gap) < 1e-14


@pytest.mark.parametrize(("atoms", "c"), [(100, 1), (101, 3), (1000, 5), (7, 1), (4, 50)])
def test_the_tail_is_what_is_outside(atoms, c):
    k = window(atoms, c)
    np.testing.assert_array_equal(k, atoms - k[::-1])
    outside = np.setdiff1d(np.arange(atoms + 1), k)
    assert window_size(atoms, c) == len(k)
    exact = np.sum(binomial_amplitudes(atoms, outside) ** 2)
    assert tail_weight(atoms, k) == pytest.approx(exact, rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("q", [0, 1, 30, 57, 99, 100])
def test_rotation_amplitudes_are_sums_over_the_node(q):
    atoms, k = 100, np.arange(101)
    node = binomial_amplitudes(atoms, k) * sx_amplitudes(atoms, q, k)
    for angle in (0.1, 0.7, 1.5, 2.9):
        exact = abs(np.sum(node * np.exp(2j * angle * (k - atoms / 2))))
        found = np.exp(log_rotation_amplitudes(atoms, q, np.cos([angle]), np.sin([angle]))[0])
        assert found == pytest.approx(exact, abs=1e-13)
