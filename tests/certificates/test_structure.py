"""Symmetries that are found in a state make its programme smaller, never another one."""

from __future__ import annotations

import numpy as np
import pytest
from certificate_states import random_vector

from darkstate.certificates.programme import programme
from darkstate.certificates.structure import (
    FramedState,
    Move,
    VectorLattice,
    basis_order,
    find_structure,
    occupations,
)

SIZE, QUBITS = 8, (2, 2, 2)
CHARGES = {"number": (1, 1, 1), "number mod 3": (1, 2, 1), "parity": (1, 1, 1)}
MODULI = {"number": 99, "number mod 3": 3, "parity": 2}
CASES = [
    ("", (1, 0, 2), True, 2),
    ("", (1, 2, 0), False, 3),
    ("number", (0, 1, 2), False, 1),
    ("parity", (0, 2, 1), True, 2),
    ("number mod 3", (2, 1, 0), True, 2),
]


def moved(matrix: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    index, result = basis_order(QUBITS, order), np.empty_like(matrix)
    result[np.ix_(index, index)] = matrix
    return result


def symmetric(charge: str, order: tuple[int, ...], conjugate: bool, rng) -> np.ndarray:
    """A random state with a charge, an exchange of subsystems, or both."""
    vector = random_vector(SIZE, rng, real=False)
    matrix = np.outer(vector, vector.conj())
    if charge:
        digits = np.indices(QUBITS).reshape(3, -1)
        values = (np.array(CHARGES[charge]) @ digits) % MODULI[charge]
        matrix = np.where(values[:, None] == values, matrix, 0.0)
    once = moved(matrix, order)
    matrix = (
        matrix + (once.conj() if conjugate else once) + (0 if conjugate else moved(once, order))
    )
    matrix = matrix / np.trace(matrix).real
    return 0.9 * matrix + 0.1 * np.eye(SIZE) / SIZE


def without(matrix: np.ndarray) -> FramedState:
    """The same state, of which nothing is known."""
    lattice, vectors = VectorLattice(), occupations(QUBITS)
    for k in range(1, SIZE):
        lattice.insert((vectors[k] - vectors[0]).tolist(), 0.0)
    alone = Move((0, 1, 2), np.arange(SIZE), False)
    return FramedState(QUBITS, matrix, np.ones(SIZE, dtype=complex), False, lattice, (alone,))


def least(state: FramedState) -> float:
    found = programme(state).solve(state.matrix)
    turn = state.frame.conj()[:, None] * found.witness * state.frame
    return float(np.vdot(turn, state.matrix).real)


def compare(case: int, seed: int) -> None:
    charge, order, conjugate, moves = CASES[case]
    matrix = symmetric(charge, order, conjugate, np.random.default_rng(seed))
    known = find_structure(matrix, QUBITS)
    assert len(known.moves) >= moves
    assert (len(set(known.classes(()).tolist())) > 1) == bool(charge)
    assert least(known) == pytest.approx(least(without(matrix)), abs=1e-6)


@pytest.mark.parametrize("case", [0, 3])
def test_the_minimum_does_not_depend_on_what_is_known(case):
    compare(case, 5)


@pytest.mark.slow
@pytest.mark.parametrize("case", range(len(CASES)))
def test_the_minimum_does_not_depend_on_any_symmetry(case):
    for seed in range(4):
        compare(case, seed)


def test_local_phases_make_a_state_real():
    rng = np.random.default_rng(1)
    vector = random_vector(SIZE, rng, real=True)
    local = np.ones(1)
    for _ in range(3):
        local = np.kron(local, np.exp(1j * np.array([0.0, rng.uniform(0, 6)])))
    found = find_structure(np.outer(local * vector, (local * vector).conj()), QUBITS)
    assert found.real
    assert np.allclose(np.abs(found.matrix), np.abs(np.outer(vector, vector)))
