"""Matrix-product states and operators against dense propagators and exact states."""

import math

import numpy as np
import pytest
import scipy.linalg
from tensor_brute import (
    ROUGH,
    dense_generator,
    dense_operator,
    dense_vector,
    rails,
    random_state,
    two_qubits,
)

from darkstate.engines.tensor.blocks import dense, product_blocks, vector_blocks
from darkstate.engines.tensor.groups import groups_of
from darkstate.engines.tensor.lines import lines_of
from darkstate.engines.tensor.mps import Cut, applied, overlap, weight_of
from darkstate.engines.tensor.sites import chain_of
from darkstate.engines.tensor.steps import steps_of
from darkstate.engines.tensor.walker import dark_vectors, network_of
from darkstate.states import PureState

# The generator and its steps ---------------------------------------------------------------------


def test_lines_are_the_couplings():
    """Starts, passes and ends multiply back to every coupling; two lines at any length."""
    chain = chain_of(rails(3, **ROUGH).system())
    lines = lines_of(chain)
    for (i, j), coupling in chain.couplings.items():
        flying = lines[i].starts.reshape(len(lines[i].starts), -1)
        for n in range(i + 1, j):
            flying = lines[n].passes @ flying
        found = flying.T @ lines[j].ends.reshape(len(lines[j].ends), -1)
        np.testing.assert_allclose(found, coupling, atol=1e-13)
    long = lines_of(chain_of(rails(12).system()))
    assert [len(each.starts) for each in long] == [2] * 11 + [0]


@pytest.mark.parametrize("options", [{}, ROUGH])
def test_order_of_a_step(options):
    """Local errors fall as dt^3 with two lines in flight, as dt^2 with one."""
    system = rails(3, **options).system()
    chain, K = chain_of(system), dense_generator(system)
    for quanta, order in ((1, 2), (2, 3)):
        steps = steps_of(chain, quanta)
        errors = [
            np.linalg.norm(dense_operator(steps.operator(dt)) - scipy.linalg.expm(dt * K), 2)
            for dt in (0.004, 0.002)
        ]
        assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)


def test_a_full_step_is_of_third_order():
    system = rails(3, detunings_a=0.4).system()
    chain, K = chain_of(system), dense_generator(system)
    network = network_of(chain, 0.1, Cut(0.0, 64), 0.0)
    errors = []
    for dt in (0.008, 0.004):
        first, second = (dense_operator(each) for each in network.operators(dt))
        errors.append(np.linalg.norm(second @ first - scipy.linalg.expm(dt * K), 2))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


def test_lines_and_sites_carry_the_charge():
    """A minus B excitations; without squeezing each rail has its own; none with a drive."""
    chain = chain_of(rails(3, **ROUGH).system())
    assert [abs(g) for g in chain.grades[1]] == [0, 1, 1, 0]
    assert sum(chain.grades[1]) == 0
    assert sorted(lines_of(chain_of(rails(3).system()))[1].leaving) == [-1, 1]
    assert len(set(chain_of(rails(3, 0.0).system()).grades[0])) == 4
    assert chain_of(two_qubits()).grades == ((0, 1), (0, 1))
    assert chain_of(two_qubits(drive=0.4)).grades == ((0, 0), (0, 0))


@pytest.mark.parametrize("squeezing", [0.0, 1.0])
def test_blocks_hold_all_of_a_step(squeezing):
    """The operator in blocks is that without: nothing lies outside them."""
    chain = chain_of(rails(3, squeezing, loss=0.2, detunings_a=[0.3, 0.1, 0.7]).system())
    there, plain = (dense_operator(steps_of(c).operator(0.1)) for c in (chain, chain.plain()))
    np.testing.assert_allclose(there, plain, atol=1e-13)


# Matrix-product states ---------------------------------------------------------------------------


def test_applied_is_exact_without_cuts_and_counts_what_it_cuts():
    system = rails(4, detunings_a=0.4).system()
    chain = chain_of(system)
    state, operator = random_state(chain, 5), steps_of(chain).operator(0.05)
    exact = dense_operator(operator) @ dense_vector(state, chain)
    moved, lost = applied(state, operator, Cut(0.0, 10**6))
    np.testing.assert_allclose(dense_vector(moved, chain), exact, atol=1e-7)
    assert lost < 1e-12
    moved, lost = applied(state, operator, Cut(1e-3, 10**6))
    assert weight_of(moved) == pytest.approx(np.linalg.norm(exact) ** 2, rel=1e-2)
    unit = dense_vector(moved, chain) / math.sqrt(weight_of(moved))
    missed = 1 - abs(np.vdot(unit, exact)) ** 2 / np.linalg.norm(exact) ** 2
    assert 0 < missed < 2 * lost < 0.01


def test_bonds_in_blocks_are_cut_as_without():
    """The same state within the weight cut, and the same bonds; each bond is nearly optimal."""
    chain = chain_of(rails(4, detunings_a=0.4).system())
    state = random_state(chain, 12)
    whole = vector_blocks(dense_vector(state, chain), chain.plain().grades)
    found = []
    for each, start in ((chain, state), (chain.plain(), whole)):
        moved, lost = applied(start, steps_of(each).operator(0.05), Cut(1e-4, 10**6))
        assert 0 < lost < 3 * 1.2e-4
        tensors = dense(moved, each.grades)
        found.append((dense_vector(moved, each), [A.shape[2] for A in tensors]))
    gap = abs(np.vdot(found[0][0], found[1][0])) / np.linalg.norm(found[0][0]) ** 2
    assert gap == pytest.approx(1.0, abs=1e-3)
    assert np.abs(np.subtract(found[0][1], found[1][1])).max() <= 1


def test_what_annihilates_a_state_leaves_nothing():
    """Two qubits in the ground state: no photon can leave."""
    chain = chain_of(two_qubits())
    network = network_of(chain, None, Cut(0.0, 4), 0.0)
    ground = product_blocks([np.eye(2)[0]] * 2, chain.grades)
    moved, lost = applied(ground, network.clicks[0], network.cut)
    assert weight_of(moved) == lost == 0.0


def test_reduced_states_of_groups():
    chain = chain_of(rails(4).system())
    state = random_state(chain, 6, seed=2)
    labels = [label for site in chain.labels for label in site]
    whole = PureState(tuple(labels), (2,) * 8, dense_vector(state, chain))
    groups = groups_of(chain, [("B3", "A1"), ("A2", "B2", "A4", "B4")])
    for names, rho in zip(groups.names, groups.states(state), strict=True):
        np.testing.assert_allclose(rho, whole.reduced(names).matrix, atol=1e-12)
    assert abs(overlap(*[dense(state, chain.grades)] * 2)) == pytest.approx(1.0)


def test_dark_vectors_of_the_rails():
    chain = chain_of(rails(3, 0.8, detunings_a=[1, 2, 3], detunings_b=[-1, -2, -3]).system())
    dark = dark_vectors(chain)
    assert dark is not None
    wanted = np.array([math.cosh(0.8), 0, 0, math.sinh(0.8)]) / math.sqrt(math.cosh(1.6))
    assert [abs(np.vdot(v, wanted)) for v in dark] == pytest.approx([1.0] * 3)
    assert dark_vectors(chain_of(rails(3, detunings_a=1e-6).system())) is None


# The density matrix as a matrix-product state ----------------------------------------------------
