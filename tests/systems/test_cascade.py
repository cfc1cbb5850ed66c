"""Cascades: the sign of the exchange term, and the autonomy of every claimed stage."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from systems_dense import leak
from systems_language import hop, system_of

from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    cascade_order,
    destroy,
    emitter,
    number,
    sigma_minus,
    sigma_plus,
    sigma_z,
)

A, B, C = (Mode(k) for k in "ABC")
X, Y, Z = (Qubit(k) for k in "XYZ")


def test_series_fixes_the_sign_of_the_exchange():
    """i upstream of j: H = i (gamma/2)(s+_i s-_j - h.c.), seen in the reduced generator."""
    net = (emitter(X, 1.0) >> emitter(Y, 1.0)).open_system()
    term = sigma_plus(X) * sigma_minus(Y)
    assert net.hamiltonian.isclose(0.5j * (term - term.adjoint()))
    assert leak(net, {"X"}) < 1e-12 and leak(net, {"Y"}) > 0.1
    trait = cascade_order(net)
    assert trait and trait.evidence == ((("X",),), (("Y",),))
    assert trait.reason.endswith("X -> Y")


def test_the_other_sign_is_the_other_direction():
    net = (emitter(X, 1.0) >> emitter(Y, 2.0)).open_system()
    reverse = OpenSystem(net.spaces, -net.hamiltonian, net.jumps)
    assert cascade_order(reverse).evidence == ((("Y",),), (("X",),))
    assert leak(reverse, {"Y"}) < 1e-12


def test_almost_a_cascade_is_none():
    net = (emitter(X, 1.0) >> emitter(Y, 1.0)).open_system()
    leaky = OpenSystem(net.spaces, net.hamiltonian * (1 + 1e-6), net.jumps)
    assert not cascade_order(leaky)
    assert "act on each other" in cascade_order(leaky).reason
    weak = OpenSystem(
        net.spaces, net.hamiltonian + 1e-9 * hop(sigma_plus(X), sigma_minus(Y)), net.jumps
    )
    assert not cascade_order(weak)


def test_independent_parts_are_no_cascade():
    trait = cascade_order(system_of(number(A) + number(B), Jump(destroy(A))))
    assert not trait and "2 parts" in trait.reason
    assert trait.evidence == ((("A",), ("B",)),)


def test_unexamined_terms_count_as_mutual():
    H = hop(sigma_plus(X) * sigma_minus(Y), sigma_z(Z))
    assert cascade_order(system_of(H)).evidence == ((("X", "Y", "Z"),),)
    product = Jump(sigma_minus(X) * sigma_z(Y))
    assert cascade_order(system_of(OperatorSum(), product)).evidence == ((("X", "Y"),),)


@given(st.integers(0, 200))
def test_claimed_stages_are_autonomous(seed):
    """Random cascades of qubits with random reverse terms: every prefix of stages is closed."""
    rng = np.random.default_rng(seed)
    qubits = [Qubit(f"q{k}") for k in range(3)]
    order = rng.permutation(3)
    net = emitter(qubits[order[0]], 1.0)
    for k in order[1:]:
        net = net >> emitter(qubits[k], float(rng.integers(0, 3)))
    plain = net.open_system()
    i, j = rng.permutation(3)[:2]
    extra = hop(sigma_plus(qubits[i]), sigma_minus(qubits[j])) * int(rng.integers(0, 2))
    full = OpenSystem(plain.spaces, plain.hamiltonian + extra, plain.jumps)
    prefix: set[str] = set()
    for stage in cascade_order(full).evidence:
        for group in stage:  # a group is closed together with the stages before it
            assert leak(full, prefix | set(group)) < 1e-12
        prefix |= {label for group in stage for label in group}
        assert leak(full, prefix) < 1e-12
    assert prefix == {q.label for q in qubits}
