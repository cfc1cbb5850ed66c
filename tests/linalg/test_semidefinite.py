"""The interior-point method for semidefinite programmes, against Clarabel (by cvxpy)."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.arrow import cholesky
from darkstate.linalg.cone import HermitianCoordinates
from darkstate.linalg.semidefinite import (
    Inequality,
    UnboundedError,
    memory_of,
    minimise,
    work_of,
)

REAL = pytest.mark.parametrize("real", [True, False], ids=["real", "complex"])


def hermitian(size: int, rng: np.random.Generator, real: bool) -> np.ndarray:
    matrix = rng.normal(size=(size, size)) + (0 if real else 1j * rng.normal(size=(size, size)))
    return matrix + matrix.conj().T


def inequality(columns: list[np.ndarray], constant: np.ndarray | None = None) -> Inequality:
    return Inequality(csr_array(np.array([each.ravel() for each in columns]).T), constant)


def random_programme(rng: np.random.Generator, real: bool) -> tuple[np.ndarray, list[Inequality]]:
    """Feasible at a random x, and with feasible multipliers: there is a minimum.

    Unknowns 0 to 2 are common, 3 and 4 belong to the first inequality, 5 and 6 to the second.
    """
    x, cost, found = rng.normal(size=7), np.zeros(7), []
    for size, mine in ((4, {0, 1, 2, 3, 4}), (3, {0, 1, 2, 5, 6}), (1, {1, 2})):
        plain = real or size == 1
        columns = [hermitian(size, rng, plain) * (k in mine) for k in range(7)]
        inside, dual = hermitian(size, rng, plain), hermitian(size, rng, plain)
        inside, dual = inside @ inside + np.eye(size), dual @ dual + np.eye(size)
        constant = inside - sum(a * each for a, each in zip(x, columns, strict=True))
        cost += [np.vdot(each, dual).real for each in columns]
        found.append(inequality(columns, constant))
    return cost, found


def embedded(matrix: np.ndarray) -> np.ndarray:
    """The real matrix of twice the size that is positive with a Hermitian one."""
    return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])


def by_clarabel(cost, inequalities, equation=None) -> float:
    reason = "the oracle of semidefinite programmes: pip install cvxpy clarabel"
    cp = pytest.importorskip("cvxpy", reason=reason)
    x, constraints = cp.Variable(len(cost)), []
    for each in inequalities:
        m = each.size
        entries = np.asarray(each.linear.todense()).reshape(m, m, -1)
        terms = [x[k] * embedded(entries[:, :, k]) for k in range(len(cost))]
        constraints.append(sum(terms) + embedded(each.constant) >> 0)
    if equation is not None:
        constraints.append(equation[0] @ x == equation[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may call itself inaccurate
        return cp.Problem(cp.Minimize(cost @ x), constraints).solve(solver="CLARABEL")


@REAL
def test_coordinates_are_orthonormal(real):
    rng, frame = np.random.default_rng(1), HermitianCoordinates(5, real)
    left, right, one = (hermitian(5, rng, real) for _ in range(3))
    vector = frame.vectors(one[None])
    assert np.allclose(frame.matrices(vector)[0], one)
    assert np.linalg.norm(vector) == pytest.approx(np.linalg.norm(one))
    moved = left @ one @ right
    expected = frame.vectors(0.5 * (moved + moved.conj().T)[None])[0]
    assert np.allclose(frame.sandwich(left, right) @ vector[0], expected)
    rows = frame.rows(np.column_stack([one.ravel(), left.ravel()])).todense()
    assert np.allclose(np.asarray(rows).T, frame.vectors(np.array([one, left])))


@REAL
@pytest.mark.parametrize("bound", [False, True], ids=["free", "equation"])
def test_the_minimum_is_that_of_clarabel(real, bound):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        cost, inequalities = random_programme(rng, real)
        row = rng.normal(size=7)
        start = minimise(cost, inequalities).x
        equation = (row, float(row @ start) + 0.1) if bound else None
        found = minimise(cost, inequalities, [slice(3, 5), slice(5, 7)], equation)
        assert cost @ found.x == pytest.approx(by_clarabel(cost, inequalities, equation), rel=1e-6)
        assert found.gap < 1e-8
        if bound:
            assert row @ found.x == pytest.approx(equation[1], abs=1e-8)


@REAL
def test_slacks_and_multipliers_prove_it(real):
    cost, inequalities = random_programme(np.random.default_rng(7), real)
    found = minimise(cost, inequalities)
    other, sums = 0.0, np.zeros(7)
    for each, dual in zip(inequalities, found.multipliers, strict=True):
        slack = (each.linear @ found.x).reshape(dual.shape) + each.constant
        assert np.linalg.eigvalsh(slack)[0] > 0
        assert np.linalg.eigvalsh(dual)[0] > 0
        other -= np.vdot(each.constant, dual).real
        sums += np.real(each.linear.conj().T @ dual.ravel())
    size = abs(cost @ found.x)
    assert np.allclose(sums, cost, atol=1e-7 * np.abs(cost).max())
    assert abs(cost @ found.x - other) < 1e-7 * size


def test_groups_change_nothing_and_must_not_be_mixed():
    cost, inequalities = random_programme(np.random.default_rng(3), False)
    alone = minimise(cost, inequalities)
    parted = minimise(cost, inequalities, [slice(3, 5), slice(5, 7)])
    assert np.allclose(alone.x, parted.x, atol=1e-6)
    with pytest.raises(ArgumentError, match="`own` must name groups of unknowns that no"):
        minimise(cost, inequalities, [slice(1, 2), slice(2, 5)])


def test_what_has_no_minimum_is_told():
    one = np.eye(2)
    with pytest.raises(UnboundedError, match="unbounded"):
        minimise(np.array([-1.0]), [inequality([one], one)])
    with pytest.raises(NumericalError, match="no solution to"):
        minimise(np.array([1.0]), [inequality([one], one), inequality([-one], -2 * one)])


def test_a_minimum_that_is_not_attained_is_approached():
    # x -> 0 with [[x, 1], [1, y]] >= 0: y grows without end
    x, y = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    found = minimise(np.array([1.0, 0.0]), [inequality([x, y], np.ones((2, 2)) - np.eye(2))])
    assert 0 < found.x[0] < 1e-3
    assert found.x[1] > 1e3


def test_indefinite_by_rounding_is_lifted_and_worse_is_not():
    matrix = np.ones((3, 3)) * (1 + 1e-16)
    factor = cholesky(1e6 * matrix)
    assert np.allclose(factor @ factor.T, 1e6 * matrix, rtol=1e-9)
    with pytest.raises(np.linalg.LinAlgError):
        cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_prices_grow_with_everything():
    assert (
        memory_of(10, [20, 20], [4]) < memory_of(10, [20, 20, 20], [4]) < memory_of(10, [90], [4])
    )
    assert work_of(10, [20], [4]) < work_of(20, [20], [4]) < work_of(20, [20], [30])


def test_a_diagonal_that_elimination_leaves_to_rounding_is_no_smaller_than_that():
    matrix = np.array([[-1e-17, 0.0], [0.0, 4.0]])
    factor = cholesky(matrix, np.array([1e-16, 1e-16]))
    assert np.abs(factor @ factor.T - matrix).max() < 2e-16
