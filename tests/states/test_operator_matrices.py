"""Operators as matrices and back: the algebra holds, cutoffs project, nothing is made up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import ArgumentError, CapacityError
from darkstate.states import matrices, operator_matrix, space_dimensions
from darkstate.systems import (
    Ensemble,
    Mode,
    OperatorSum,
    Qubit,
    Spin,
    create,
    destroy,
    identity,
    matrix_operator,
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
)
from darkstate.systems.spaces import Space

M, Q, S = Mode("m"), Qubit("q"), Spin("s", 3)


def dense(operator, *spaces, cutoff=None):
    return operator_matrix(operator, spaces, cutoff).toarray()


def test_qubit_matrices_have_the_ground_state_first():
    assert np.array_equal(dense(sigma_minus(Q), Q), [[0, 1], [0, 0]])
    assert np.array_equal(dense(sigma_z(Q), Q), [[-1, 0], [0, 1]])
    commutator = sigma_x(Q) * sigma_y(Q) - sigma_y(Q) * sigma_x(Q)
    assert np.array_equal(dense(commutator, Q), 2j * dense(sigma_z(Q), Q))


@pytest.mark.parametrize("kind", [Spin, Ensemble])
@pytest.mark.parametrize("atoms", [1, 2, 5])
def test_spin_matrices_are_an_irreducible_su2_with_excitations_as_index(kind, atoms):
    s = kind("s", atoms)
    x, y, z = (dense(op(s), s) for op in (spin_x, spin_y, spin_z))
    assert np.allclose(np.diag(z), np.arange(atoms + 1) - atoms / 2)
    assert np.allclose(x @ y - y @ x, 1j * z, atol=1e-13)
    casimir = x @ x + y @ y + z @ z
    assert np.allclose(casimir, atoms / 2 * (atoms / 2 + 1) * np.eye(atoms + 1))
    words = spin_plus(s) * spin_z(s) * spin_minus(s)
    assert np.allclose(dense(words, s), (x + 1j * y) @ z @ (x - 1j * y))


def test_a_cutoff_projects_the_exact_matrix():
    operator = destroy(M) * destroy(M) * create(M) * create(M) + 0.5j * destroy(M)
    large, small = dense(operator, M, cutoff=[40]), dense(operator, M, cutoff={"m": 7})
    assert np.abs(small - large[:7, :7]).max() < 1e-12
    n = np.arange(7)
    assert np.allclose(np.diag(small), (n + 1) * (n + 2))  # also in the last corner


def test_the_order_of_the_spaces_is_the_order_of_the_kronecker_product():
    operator = sigma_minus(Q) * create(M) * spin_z(S) + 2.0
    matrix = dense(operator, S, Q, M, cutoff={"m": 5})
    up = np.diag(np.sqrt(np.arange(1, 5)), -1)
    z = np.diag([-1.5, -0.5, 0.5, 1.5])
    expected = np.kron(np.kron(z, [[0, 1], [0, 0]]), up) + 2.0 * np.eye(40)
    assert np.abs(matrix - expected).max() < 1e-14
    with_idle = dense(sigma_z(Q), Qubit("z"), Q, Qubit("a"))
    assert np.array_equal(with_idle, np.kron(np.kron(np.eye(2), np.diag([-1, 1])), np.eye(2)))
    assert np.array_equal(dense(identity(), Q), np.eye(2))
    assert dense(OperatorSum(), Q, S).shape == (8, 8)


def test_entries_are_summed_in_batches_without_loss(monkeypatch):
    operator = sigma_minus(Q) * create(M) + 0.5 * number(M) * sigma_z(Q) - 2j * destroy(M)
    at_once = dense(operator, Q, M, cutoff={"m": 6})
    monkeypatch.setattr(matrices, "_BATCH", 7)
    assert np.array_equal(dense(operator, Q, M, cutoff={"m": 6}), at_once)


LETTERS = [
    sigma_minus(Q),
    sigma_plus(Q),
    sigma_z(Q),
    spin_minus(S),
    spin_plus(S),
    spin_z(S),
]
SUMS = st.lists(
    st.tuples(st.sampled_from(LETTERS), st.sampled_from(LETTERS), st.integers(-3, 3)),
    min_size=1,
    max_size=4,
)


def summed(entries) -> OperatorSum:
    return sum((c * (a * b) for a, b, c in entries), start=OperatorSum())


@settings(max_examples=40)
@given(first=SUMS, second=SUMS)
def test_compiling_is_a_homomorphism_in_finite_spaces(first, second):
    a, b = summed(first), summed(second)
    A, B = dense(a, S, Q), dense(b, S, Q)
    assert np.abs(dense(a * b, S, Q) - A @ B).max() < 1e-10
    assert np.abs(dense(a + 2j * b, S, Q) - A - 2j * B).max() < 1e-11
    assert np.abs(dense(a.adjoint(), S, Q) - A.conj().T).max() < 1e-12


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_every_matrix_is_an_operator(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(32, 32)) + 1j * rng.normal(size=(32, 32))
    operator = matrix_operator((S, M, Q), matrix, {"m": 4})
    assert np.abs(dense(operator, S, M, Q, cutoff={"m": 4}) - matrix).max() < 1e-12


@pytest.mark.parametrize("cutoff", [2, 6, 30])
def test_polynomials_come_back_with_their_own_terms_only(cutoff):
    operator = 0.3 * number(M) * sigma_z(Q) + 1e-7 * create(M) * spin_minus(S) - 0.1j * spin_z(S)
    matrix = operator_matrix(operator, (M, Q, S), [cutoff, 2, 4])
    again = matrix_operator((M, Q, S), matrix, [cutoff, 2, 4])
    assert again.isclose(operator)
    assert len(again) == len(operator)
    assert matrix_operator(Q, np.zeros((2, 2))) == OperatorSum()


REFUSED = [
    (lambda: operator_matrix(number(M), (M,)), ArgumentError, r"dimensions\['m'\].*12"),
    (lambda: operator_matrix(number(M), (M,), {"n": 3}), ArgumentError, "'n'"),
    (lambda: operator_matrix(number(M), (M,), [3, 3]), ArgumentError, "one entry per space"),
    (lambda: operator_matrix(number(M), (M,), [0]), ArgumentError, ">= 1"),
    (lambda: operator_matrix(number(M), (M,), [2.5]), ArgumentError, "whole number"),
    (lambda: operator_matrix(sigma_z(Q), (Q,), [3]), ArgumentError, "be 2 for Qubit"),
    (lambda: operator_matrix(sigma_z(Q), (S,)), ArgumentError, "`spaces`.*Qubit"),
    (lambda: operator_matrix(number(M), (M,), [2**26]), CapacityError, "amplitudes"),
    (lambda: operator_matrix(number(M), (Space("x"),), [2]), ArgumentError, "`spaces`"),
    (lambda: matrix_operator(Q, np.eye(3)), ArgumentError, "2 x 2"),
    (lambda: matrix_operator(M, np.eye(3), [5000]), CapacityError, "5000"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_dimensions_are_filled_in():
    assert space_dimensions((M, Q, S), {"m": 9}) == (9, 2, 4)
    assert space_dimensions((Q, S)) == (2, 4)
