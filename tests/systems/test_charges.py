"""Weak U(1) charges of small systems made to have them, or to have them narrowly not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems_dense import dense, liouvillian
from systems_language import hop, system_of

from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    Spin,
    charges,
    create,
    destroy,
    identity,
    number,
    sigma_minus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_z,
    total,
)

A, B, C = (Mode(k) for k in "ABC")
X, Y, Z = (Qubit(k) for k in "XYZ")


def found(trait) -> list[dict[str, int]]:
    return sorted(trait.evidence, key=str)


def test_hopping_and_loss_conserve_the_number():
    trait = charges(system_of(hop(create(A), destroy(B)), Jump(destroy(A))))
    assert found(trait) == [{"A": 1, "B": 1}]
    assert "A + B" in trait.reason


def test_pair_creation_conserves_the_difference():
    trait = charges(system_of(hop(create(A), create(B)), Jump(destroy(A)), Jump(destroy(B))))
    assert found(trait) == [{"A": 1, "B": -1}]
    assert trait.reason.endswith("A - B")


def test_a_jump_must_change_a_charge_definitely():
    assert not charges(system_of(OperatorSum(), Jump(destroy(A) + create(A))))
    assert not charges(system_of(OperatorSum(), Jump(destroy(A) + 0.1)))
    assert charges(system_of(OperatorSum(), Jump(destroy(A) + 0.1, rate=0.0)))
    assert not charges(system_of(sigma_x(X)))


def test_charges_need_not_be_one():
    down = destroy(A) * destroy(A)
    trait = charges(system_of(hop(create(B), down)))
    assert found(trait) == [{"A": 1, "B": 2}]
    assert "A + 2B" in trait.reason
    three = hop(create(A) * create(A), destroy(B) * destroy(B) * destroy(B))
    assert found(charges(system_of(three))) == [{"A": 3, "B": 2}]


def test_terms_over_three_labels_are_eliminated_exactly():
    H = hop(create(A) * create(B), destroy(C)) + hop(create(A), destroy(B))
    assert found(charges(system_of(H))) == [{"A": 1, "B": 1, "C": 2}]
    more = H + hop(create(A) * create(C), number(B))
    assert not charges(system_of(more))
    free = charges(system_of(hop(create(A) * create(B), destroy(C))))
    assert len(free.evidence) == 2


def test_labels_that_nothing_changes_are_charges():
    assert found(charges(system_of(sigma_z(X), Jump(sigma_z(Y))))) == [{"X": 1}, {"Y": 1}]


@given(st.integers(0, 10_000))
def test_charges_are_exactly_the_null_space(seed):
    """Against the rank of the full matrix of conditions, on random interactions."""
    rng = np.random.default_rng(seed)
    modes = [Mode(f"m{k}") for k in range(5)]
    steps = rng.integers(-1, 2, size=(rng.integers(1, 5), 5))
    H = OperatorSum()
    for row in steps:
        term = identity()
        for mode, step in zip(modes, row, strict=True):
            term = term * {1: create(mode), -1: destroy(mode), 0: identity()}[int(step)]
        H = H + hop(term, identity())
    trait = charges(OpenSystem(tuple(modes), H))
    basis = np.array([[q.get(m.label, 0) for m in modes] for q in trait.evidence]).reshape(-1, 5)
    assert not np.any(steps @ basis.T)
    assert np.linalg.matrix_rank(basis) == len(basis) if len(basis) else True
    assert len(basis) == 5 - np.linalg.matrix_rank(steps)


@pytest.mark.parametrize("pick", range(3))
def test_a_charge_commutes_with_the_generator(pick):
    spins = Spin("s", 2), Qubit("q"), Qubit("p")
    s, q, p = spin_minus(spins[0]), sigma_minus(spins[1]), sigma_minus(spins[2])
    H = hop(s.adjoint(), q * p) + spin_z(spins[0]) * sigma_z(spins[1])
    jumps = [(Jump(q), Jump(p)), (Jump(q - 0.5 * p), Jump(s)), (Jump(s + 0.3 * q * p),)][pick]
    net = OpenSystem(spins, H, jumps)
    L = liouvillian(net)
    trait = charges(net)
    assert trait
    for charge in trait.evidence:
        letters = {"s": spin_z(spins[0]), "q": sigma_z(spins[1]) / 2, "p": sigma_z(spins[2]) / 2}
        Q = dense(total(letters[k] * w for k, w in charge.items()), spins)
        difference = np.kron(Q, np.eye(len(Q))) - np.kron(np.eye(len(Q)), Q)
        assert np.allclose(L @ difference, difference @ L, atol=1e-13)
