"""Rediscovered from target and hardware alone, and what is proven to be impossible."""

from itertools import pairwise

import numpy as np
import pytest
from hardware_sets import all_terms, cluster, ghz, pairs, paulis, qubits, w_state

import darkstate as ds
from darkstate.states import GaussianState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems import (
    Levels,
    Mode,
    Qubit,
    Spin,
    create,
    destroy,
    number,
    projector,
    sigma_minus,
    sigma_plus,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_z,
    transition,
)


def hopping(a, b):
    return create(a) * destroy(b) + create(b) * destroy(a)


def steady(synthesis, target):
    """The engine, asked again, agrees about both networks."""
    assert synthesis.possible == "yes"
    for system in (synthesis.system, synthesis.sparsest):
        result = ds.steady_state(system)
        assert result.report.unique
        if isinstance(target, GaussianState):
            assert np.allclose(result.state.covariance, target.covariance, atol=1e-9)
        else:
            assert ds.fidelity(result.state, target) == pytest.approx(1.0, abs=1e-9)


def proportional(found, wanted):
    """Whether two operators are multiples of each other."""
    product, c = max(wanted, key=lambda term: abs(term[1]))
    return found.isclose(wanted * (found.terms.get(product, 0.0) / c), rtol=1e-9)


# Two-body hardware ------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
def test_ghz_is_impossible_by_two_body_dissipation(dark):
    found = ds.synthesise(ghz(3), pairs(3), dark=dark)
    assert found.possible == "no"
    assert found.certificate.proven
    # |000> - |111> has the same states of two qubits
    other = np.zeros(8)
    other[[0, -1]] = [1.0, -1.0]
    overlap = found.certificate.subspace.conj().T @ (other / np.sqrt(2))
    assert np.linalg.norm(overlap) == pytest.approx(1.0)
    assert found.certificate.escape < 1e-7
    assert found.certificate.margin > 0.1


def test_w_needs_a_hamiltonian():
    alone = ds.synthesise(w_state(3), pairs(3), dark=True)
    assert alone.possible == "no"
    assert abs(alone.certificate.subspace[0, 0]) == pytest.approx(1.0)  # |000> is dark, too
    z = ds.synthesise(w_state(3), pairs(3), [sigma_z(q) for q in qubits(3)], dark=True)
    assert z.possible == "no"
    helped = ds.synthesise(w_state(3), pairs(3), all_terms(pairs(3)), dark=True)
    assert helped.possible == "yes"
    assert len(helped.system.hamiltonian)


@pytest.mark.slow
def test_a_jump_with_an_eigenvalue_brings_its_own_hamiltonian():
    # c = c' + lambda is c' with (i/2)(lambda* c' - h.c.): without H on paper W is reached as well
    found = ds.synthesise(w_state(3), pairs(3))
    steady(found, w_state(3))
    assert any(np.any(values) for values in found.networks.eigenvalues)


def test_cluster_states_are_found():
    q, target = qubits(4), cluster(4)
    # corrections sigma_z (1 - K) of every stabiliser K, out of the terms they are made of
    stabilisers = [[], [], [], []]
    for k, site in enumerate(q):
        rest = [sigma_z(q[j]) for j in (k - 1, k + 1) if 0 <= j < 4]
        product = sigma_minus(site) + sigma_plus(site)
        for factor in rest:
            product = product * factor
        stabilisers[k] = [sigma_z(site), sigma_z(site) * product]
    found = ds.synthesise(target, stabilisers)
    steady(found, target)
    assert [len(jumps) for jumps in found.networks.jumps] == [1] * 4
    for jumps, (z, zk) in zip(found.networks.jumps, stabilisers, strict=True):
        assert proportional(jumps[0], z - zk) or proportional(jumps[0], z + zk)


def test_cluster_states_need_more_than_two_bodies():
    found = ds.synthesise(cluster(4), [paulis(qubits(4)[k : k + 2]) for k in range(3)])
    assert found.possible == "no"


# The schemes of the papers -----------------------------------------------------------------------


@pytest.mark.parametrize("crossed", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_dual_rail_qubits(crossed):
    delta = np.array([0.5, -0.5])
    target = ds.steady_state(
        ds.models.DualRail(2, 0.8, detunings_a=delta, detunings_b=delta if crossed else -delta)
    ).state
    a1, a2, b1, b2 = (Qubit(label) for label in ("A1", "A2", "B1", "B2"))
    rails = [f(x) + f(y) for x, y in ((a1, a2), (b1, b2)) for f in (sigma_minus, sigma_plus)]

    def oneway(x, y):
        hop = sigma_minus(x) * sigma_plus(y)
        return -1j * (hop - hop.adjoint())

    cascade = oneway(a1, a2) + oneway(b1, b2)
    detunings = [sigma_z(q) for q in (a1, a2, b1, b2)]
    found = ds.synthesise(target, rails, [cascade, *detunings])
    steady(found, target)
    t = np.tanh(0.8)
    assert len(found.networks.jumps[0]) == 2
    first, second = found.networks.jumps[0]
    assert proportional(first, rails[0] - t * rails[3])
    assert proportional(second, rails[2] - t * rails[1])
    # all Hamiltonians: the condition on the detunings is delta_B = -delta_A, crossed where it is
    x = found.networks.terms
    if crossed:  # the cascade of these pairs goes with one pattern, and any common detuning
        assert len(x) == 2
        assert np.allclose(x[:, 1] + x[:, 2], -x[:, 3] - x[:, 4])
    else:
        assert len(x) == 3
        assert np.allclose(x[:, [1, 2]], -x[:, [3, 4]])


def test_collective_spins():
    first, second = Spin("I", 2), Spin("II", 2)
    mu, nu = np.cosh(0.6), np.sinh(0.6)
    A = mu * spin_minus(first) - nu * spin_plus(second)
    B = mu * spin_minus(second) - nu * spin_plus(first)
    both = [operator_matrix(c, (first, second)).toarray() for c in (A, B)]
    target = PureState(("I", "II"), (3, 3), np.linalg.svd(np.concatenate(both))[2][-1].conj())
    hardware = [f(s) for s in (first, second) for f in (spin_minus, spin_plus)]
    found = ds.synthesise(target, hardware, [spin_z(first), spin_z(second)])
    steady(found, target)
    jumps = found.networks.jumps[0]
    assert proportional(jumps[0], A)
    assert proportional(jumps[1], B)
    assert proportional(found.networks.hamiltonians[0], spin_z(first) - spin_z(second))


def chain_hardware(sites=3):
    model = ds.models.CavityChains(sites, drive=ds.SqueezedDrive(1.0, 1.0))
    rails = [[Mode(f"{rail}{k + 1}") for k in range(sites)] for rail in "AB"]
    hops = [hopping(a, b) for rail in rails for a, b in pairwise(rail)]
    return ds.steady_state(model).state, rails, hops


def test_squeezed_pairs_on_chains():
    target, ((a, *_), (b, *_)), hops = chain_hardware()
    found = ds.synthesise(target, [destroy(a), create(a), destroy(b), create(b)], hops)
    steady(found, target)
    ratio = np.sqrt(0.5)  # sinh r / cosh r of one photon in each mode
    first, second = found.networks.jumps[0]
    assert proportional(first, destroy(a) + ratio * create(b))
    assert proportional(second, destroy(b) + ratio * create(a))
    one, two = found.networks.hamiltonians  # equal hoppings on both chains
    assert proportional(one, hops[0] + hops[2])
    assert proportional(two, hops[1] + hops[3])


def test_vacuum_loss_or_unequal_hoppings_make_no_squeezed_pairs():
    target, ((a, *_), (b, *_)), hops = chain_hardware()
    vacuum = ds.synthesise(target, [[destroy(a)], [destroy(b)]], hops)
    assert vacuum.possible == "no"
    assert "nothing prepares it" in vacuum.certificate.sentence
    unequal = [hops[0] + 1.2 * hops[2], hops[1], hops[3]]
    found = ds.synthesise(target, [destroy(a), create(a), destroy(b), create(b)], unequal)
    assert found.possible == "no"
    assert found.certificate.subspace.shape[1] == 4  # four of the six modes are left alone


@pytest.mark.parametrize("squeezing", [0.1, 1.0])
def test_local_baths_and_a_parametric_coupling_make_no_pure_entangled_state(squeezing):
    a, b = Mode("a"), Mode("b")
    target = GaussianState.two_mode_squeezed(("a", "b"), squeezing)
    baths = [[destroy(a), create(a)], [destroy(b), create(b)]]
    pump = create(a) * create(b) + destroy(a) * destroy(b)
    assert ds.synthesise(target, baths, [number(a), number(b), pump]).possible == "no"
    common = ds.synthesise(target, [o for bath in baths for o in bath])
    steady(common, target)


def test_a_dark_state_of_an_atom_and_a_fock_state():
    atom = Levels("atom", ("g", "s", "e"))
    dark = PureState(("atom",), (3,), np.array([1, -1, 0]) / np.sqrt(2))
    decay = [[transition(atom, low, "e")] for low in "gs"]
    lasers = [transition(atom, low, "e") + transition(atom, "e", low) for low in "gs"]
    found = ds.synthesise(dark, decay, [*lasers, projector(atom, "e")])
    steady(found, dark)
    assert proportional(found.networks.hamiltonians[0], lasers[0] + lasers[1])
    assert ds.synthesise(dark, decay, lasers[:1]).possible == "no"
    a = Mode("a")
    one = PureState(("a",), (2,), np.array([0.0, 1.0]))
    assert ds.synthesise(one, [destroy(a), create(a)], [number(a)]).possible == "no"
    vacuum = PureState(("a",), (2,), np.array([1.0, 0.0]))
    assert ds.synthesise(vacuum, [destroy(a)], [number(a)]).possible == "yes"


@pytest.mark.slow
def test_photons_that_run_away_are_not_taken_for_a_steady_state():
    a = Mode("a")
    one = PureState(("a",), (2,), np.array([0.0, 1.0]))
    climbing = create(a) * (number(a) - 1)  # 0 -> 1, but also 2 -> 3 -> ...
    weak = 0.3 * destroy(a) * (number(a) - 1)
    found = ds.synthesise(one, [[climbing], [weak]])
    assert found.possible != "yes" or found.system.jumps[0].rate < 0.3


def test_sparsest_network_is_the_least_there_is():
    q = Qubit("q")
    zero = PureState(("q",), (2,), np.array([1.0, 0.0]))
    found = ds.synthesise(zero, [sigma_minus(q), sigma_z(q), sigma_plus(q)], [sigma_z(q)])
    assert "no fewer do" in found.notes[-1]
    assert [len(jump.operator) for jump in found.sparsest.jumps] == [1]
    assert not len(found.sparsest.hamiltonian)
