"""The operator algebra against matrices, and its laws."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems_dense import dense, letters

from counted import growth
from darkstate.errors import ArgumentError
from darkstate.systems import (
    Ensemble,
    Mode,
    OperatorSum,
    Qubit,
    Spin,
    as_operator,
    create,
    destroy,
    identity,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_y,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    spin_y,
    spin_z,
    total,
)

MODE, QUBIT, SPIN = Mode("m"), Qubit("q"), Spin("s", 3)
SPACES = (MODE, QUBIT, SPIN)
CUTOFF = 8  # products of at most 5 letters started from the lowest 3 levels never see the edge
LETTERS = [
    destroy(MODE),
    create(MODE),
    sigma_minus(QUBIT),
    sigma_plus(QUBIT),
    sigma_z(QUBIT),
    spin_minus(SPIN),
    spin_plus(SPIN),
    spin_z(SPIN),
]
COEFFICIENTS = st.sampled_from([1, -2, 3, 1j, 2 - 1j])  # whole numbers: the laws hold exactly
PRODUCTS = st.lists(st.sampled_from(LETTERS), max_size=3)


def multiplied(factors: list[OperatorSum]) -> OperatorSum:
    result = identity()
    for factor in factors:
        result = result * factor
    return result


OPERATORS = st.lists(st.tuples(COEFFICIENTS, PRODUCTS), min_size=1, max_size=3).map(
    lambda terms: total([multiplied(factors) * c for c, factors in terms])
)


def low(matrix: np.ndarray) -> np.ndarray:
    """Columns that start from mode levels 0, 1, 2."""
    inner = QUBIT.dimension * SPIN.dimension
    return matrix[:, : 3 * inner]


@given(st.lists(st.sampled_from(LETTERS), min_size=1, max_size=5))
def test_products_agree_with_matrices(factors):
    expected = np.eye(CUTOFF * 8)
    for factor in factors:
        expected = expected @ dense(factor, SPACES, CUTOFF)
    computed = dense(multiplied(factors), SPACES, CUTOFF)
    assert np.allclose(low(computed), low(expected), atol=1e-9 * max(1, abs(expected).max()))


@given(OPERATORS, OPERATORS, OPERATORS)
def test_multiplication_is_associative_and_distributive(a, b, c):
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c


@given(OPERATORS, OPERATORS)
def test_adjoint_reverses_products(a, b):
    assert (a * b).adjoint() == b.adjoint() * a.adjoint()
    assert a.adjoint().adjoint() == a
    assert (a + a.adjoint()).is_hermitian()


@given(OPERATORS, OPERATORS, OPERATORS)
def test_jacobi(a, b, c):
    cyclic = a.commutator(b.commutator(c)) + b.commutator(c.commutator(a))
    assert cyclic + c.commutator(a.commutator(b)) == OperatorSum()


@given(OPERATORS, OPERATORS)
def test_commutator_is_a_derivation(a, b):
    x = destroy(MODE) * sigma_plus(QUBIT)
    assert x.commutator(a * b) == x.commutator(a) * b + a * x.commutator(b)


def test_commutation_rules():
    assert destroy(MODE).commutator(create(MODE)) == identity()
    assert number(MODE) == create(MODE) * destroy(MODE)
    assert sigma_x(QUBIT).commutator(sigma_y(QUBIT)) == 2j * sigma_z(QUBIT)
    assert spin_x(SPIN).commutator(spin_y(SPIN)) == 1j * spin_z(SPIN)
    assert spin_plus(SPIN).commutator(spin_minus(SPIN)) == 2 * spin_z(SPIN)
    assert destroy(MODE).commutator(sigma_x(QUBIT)) == OperatorSum()


def test_ground_state_is_minus_one():
    assert letters(QUBIT)["z"][0, 0] == -1
    lowered = dense(sigma_minus(QUBIT), (QUBIT,)) @ [0, 1]
    assert np.array_equal(lowered, [1, 0])


def test_signs_and_numbers():
    a = destroy(MODE)
    assert a - 1 == -(1 - a)
    assert a + 0 == a and 0 * a == OperatorSum()
    assert (0.3 * a) / 0.3 == a
    assert as_operator(2.0) == 2 * identity()
    assert a - a == OperatorSum()
    assert str((3 * a).adjoint()) == "3 m[+]"
    assert hash(a * 2) == hash(2.0 * a)


@pytest.mark.parametrize("factor", [np.float64(2), np.complex128(2), np.array(2.0), np.int64(2)])
def test_numpy_numbers_multiply_from_both_sides(factor):
    assert factor * destroy(MODE) == destroy(MODE) * factor == 2 * destroy(MODE)


@pytest.mark.parametrize("factor", ["2", True, float("nan"), np.array([1.0, 2.0]), None])
def test_other_factors_are_refused(factor):
    with pytest.raises(ArgumentError, match=r"`factor` must be .* but is"):
        destroy(MODE) * factor


def test_division_by_zero_is_refused():
    with pytest.raises(ArgumentError, match="`divisor` must not be zero"):
        destroy(MODE) / 0


def test_letters_belong_to_their_kind():
    with pytest.raises(ArgumentError, match=r"Qubit for sigma_minus\(\), but is Mode\('m'\)"):
        sigma_minus(MODE)
    assert spin_minus(Ensemble("e", 2)).spaces == (Ensemble("e", 2),)


@pytest.mark.parametrize("label", ["", "a b", "A-1", 3])
def test_labels_are_names(label):
    with pytest.raises(ArgumentError, match="`label` must be letters, digits and _"):
        Mode(label)


def test_spaces_compare_by_kind_label_and_size():
    assert Mode("x") == Mode("x") != Qubit("x")
    assert Spin("x", 2) != Spin("x", 3)
    assert Spin("x", 2) != Ensemble("x", 2)
    assert Spin("x", 2).relabeled("y") == Spin("y", 2)


def test_equality_within_rounding():
    a, b = destroy(MODE), sigma_x(QUBIT)
    assert (a + b).isclose(a + b * (1 + 1e-14))
    assert not (a + b).isclose(a + b * (1 + 1e-9))


def test_long_sums_are_linear_in_their_length():
    def hopping(count):
        modes = [Mode(f"A{k}") for k in range(count)]
        return total(create(x) * destroy(y) for x, y in pairwise(modes))

    assert len(hopping(20_000)) == 19_999
    assert growth(hopping, 50) < 2.3
