"""Permutation symmetry, claimed only where the generator has it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from systems_dense import liouvillian
from systems_language import hop, system_of

from counted import growth
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    Spin,
    create,
    destroy,
    number,
    permutation_symmetry,
    sigma_minus,
    sigma_plus,
    sigma_z,
    total,
)

A, B, C = (Mode(k) for k in "ABC")
X, Y, Z = (Qubit(k) for k in "XYZ")


def test_twins_apart_and_together():
    star = system_of(hop(create(C), destroy(A)) + hop(create(C), destroy(B)))
    assert permutation_symmetry(star).evidence == (("A", "B"),)
    pair = system_of(hop(create(A), destroy(B)) + number(A) + number(B))
    assert permutation_symmetry(pair).evidence == (("A", "B"),)
    assert not permutation_symmetry(system_of(pair.hamiltonian + 1e-6 * number(A)))


def test_the_smallest_difference_breaks_the_symmetry():
    H = sigma_z(X) + sigma_z(Y) * (1 + 1e-9)
    assert not permutation_symmetry(system_of(H))
    assert permutation_symmetry(system_of(sigma_z(X) + sigma_z(Y)))
    assert not permutation_symmetry(system_of(sigma_z(X) + sigma_z(Y), Jump(sigma_z(X))))


def test_kinds_and_sizes_differ():
    assert not permutation_symmetry(OpenSystem((A, X)))
    assert not permutation_symmetry(OpenSystem((Spin("s", 2), Spin("t", 3))))
    assert not permutation_symmetry(OpenSystem((Spin("s", 2), Ensemble("e", 2))))
    assert permutation_symmetry(OpenSystem((A, B, X, Y))).evidence == (("A", "B"), ("X", "Y"))


def test_jumps_are_a_set_up_to_phase():
    swapped = system_of(
        OperatorSum(),
        Jump(destroy(A) - 0.5 * create(B), 2.0),
        Jump(1j * destroy(B) - 0.5j * create(A), 2.0),
    )
    assert permutation_symmetry(swapped).evidence == (("A", "B"),)
    other = system_of(
        OperatorSum(),
        Jump(destroy(A) - 0.5 * create(B), 2.0),
        Jump(destroy(B) + 0.5 * create(A), 2.0),
    )
    assert not permutation_symmetry(other)
    assert permutation_symmetry(system_of(OperatorSum(), Jump(destroy(A) - destroy(B))))
    scaled = system_of(OperatorSum(), Jump(2 * destroy(A), 1.0), Jump(destroy(B), 4.0))
    assert permutation_symmetry(scaled)


def test_weak_differences_in_couplings_and_rates_count():
    star = system_of(hop(create(C), destroy(A)) + hop(create(C), destroy(B)) * (1 + 1e-9))
    assert not permutation_symmetry(star)
    uneven = system_of(
        OperatorSum(),
        Jump(destroy(A) - 0.5 * create(B), 2.0),
        Jump(destroy(B) - 0.5 * create(A), 2.0 * (1 + 1e-9)),
    )
    assert not permutation_symmetry(uneven)


def test_current_breaks_it():
    flow = sigma_plus(X) * sigma_minus(Y) * 1j
    assert not permutation_symmetry(system_of(flow + flow.adjoint()))


@given(st.integers(0, 300))
def test_claimed_groups_are_symmetries(seed):
    """Random few-term systems: each claimed transposition leaves the superoperator alone."""
    rng = np.random.default_rng(seed)
    qubits = tuple(Qubit(f"q{k}") for k in range(3))
    H = OperatorSum()
    for k in range(3):
        H = H + sigma_z(qubits[k]) * int(rng.integers(0, 2))
        for m in range(k):
            H = H + hop(sigma_plus(qubits[k]), sigma_minus(qubits[m])) * int(rng.integers(0, 2))
    weights = rng.integers(-1, 2, size=(2, 3))
    jumps = [Jump(total(sigma_minus(q) * int(w) for q, w in zip(qubits, row, strict=True)))
             for row in weights if np.any(row)]  # fmt: skip
    net = OpenSystem(qubits, H, tuple(jumps))
    L = liouvillian(net)
    groups = permutation_symmetry(net).evidence
    claimed = {frozenset((i, j)) for group in groups for i in group for j in group if i != j}
    for i in range(3):
        for j in range(i):
            axes = [0, 1, 2]
            axes[i], axes[j] = j, i
            P = np.eye(8).reshape([2] * 6).transpose([*axes, 3, 4, 5]).reshape(8, 8)
            swapped = np.kron(P, P) @ L @ np.kron(P, P).T
            symmetric = np.allclose(swapped, L, atol=1e-12)
            if frozenset((qubits[i].label, qubits[j].label)) in claimed:
                assert symmetric
            elif len(jumps) < 2:  # complete where jumps cannot be mixed
                assert not symmetric


def collective_spins(count):
    qubits = tuple(Qubit(f"q{k}") for k in range(count))
    collective = Jump(total(map(sigma_minus, qubits)))
    local = tuple(Jump(sigma_z(q), 0.1) for q in qubits)
    return permutation_symmetry(OpenSystem(qubits, OperatorSum(), (collective, *local)))


def test_collective_spins_are_one_group():
    assert collective_spins(300).evidence == (tuple(f"q{k}" for k in range(300)),)
    assert growth(collective_spins, 12) < 2.3
