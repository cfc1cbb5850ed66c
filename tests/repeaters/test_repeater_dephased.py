"""Chains with dephasing and lost atoms: against the master equation, and sector by sector."""

import math
import re

import numpy as np
import pytest
from repeater_brute import dephased, end_phases, measured, start

import darkstate as ds
from darkstate.engines.contract import ask, run
from darkstate.errors import ArgumentError, CapacityError, NumericalError, UnphysicalError
from darkstate.repeaters import Dephased, Exact, dicke_window, ends_state
from darkstate.results import Status
from darkstate.states import DickePairState, SchmidtState
from darkstate.systems.chain import MeasuredChain


def chain(nodes, atoms, time, rates, offset=0.0, outcomes=None, **more):
    every = (rates,) * nodes if np.ndim(rates) == 0 else tuple(rates)
    return MeasuredChain(nodes, atoms, (time,), every, offset, outcomes, **more)


def with_phases(state, nodes, time):
    """rho(a, b; c, d) with the local phases that the window method leaves out."""
    size = state.dimensions[0]
    phases = end_phases(nodes, size - 1, time)
    rho = state.density().matrix.reshape((size,) * 4)
    return rho * phases[:, :, None, None] * phases.conj()


CASES = [
    (3, 1, (0.1, 0.1, 0.1), 0.0, (1,)),
    (3, 2, (0.05, 0.0, 0.2), 0.0, (1,)),
    (3, 3, (0.05, 0.02, 0.05), 0.7, (2,)),
    (3, 4, (0.02, 0.02, 0.02), 0.0, (4,)),
    (2, 4, (0.05, 0.02), 0.0, ()),
    (4, 2, (0.1, 0.03, 0.0, 0.05), 0.4, (2, 1)),
    (5, 1, (0.1, 0.2, 0.0, 0.1, 0.3), 0.0, (1, 0, 1)),
]


@pytest.mark.parametrize(("nodes", "atoms", "rates", "offset", "outcomes"), CASES)
def test_the_master_equation(nodes, atoms, rates, offset, outcomes):
    time = 1.3
    exact = dephased(nodes, atoms, time, rates, offset, outcomes)
    problem = chain(nodes, atoms, time, rates, offset, outcomes)
    state, probability = ends_state(problem, time, np.arange(atoms + 1))
    assert probability == pytest.approx(np.einsum("abab->", exact).real, abs=1e-9)
    found = with_phases(state, nodes, time) * probability
    np.testing.assert_allclose(found, exact, atol=1e-9)


SECTORS = [
    (3, 5, 0.03, 0.0, None, 4),
    (3, 6, 0.03, 0.0, (3,), 4),
    (3, 5, (0.0, 0.1, 0.05), 0.0, None, 2),
    (3, 5, 0.03, 0.9, (4,), 2),
    (3, 4, (0.0, 0.1, 0.05), 0.9, None, 1),
    (2, 5, 0.03, 0.0, (), 2),
    (4, 4, 0.03, 0.0, None, 2),
    (5, 3, 0.03, 0.0, None, 4),
    (5, 3, 0.03, 0.0, (3, 2, 1), 2),
]


@pytest.mark.parametrize(("nodes", "atoms", "rates", "offset", "outcomes", "sectors"), SECTORS)
def test_sectors_give_the_measures_of_the_whole_matrix(
    nodes, atoms, rates, offset, outcomes, sectors
):
    state, _ = ends_state(
        chain(nodes, atoms, 1.1, rates, offset, outcomes), 1.1, np.arange(atoms + 1)
    )
    assert len(state.sector_sizes()) == sectors
    assert sum(state.sector_sizes()) == (atoms + 1) ** 2
    whole = state.density()
    last = str(nodes)
    for measure in (ds.log_negativity, ds.negativity, ds.mutual_information):
        expected = measure(whole, "1", last)
        assert measure(state, "1", last) == pytest.approx(expected, abs=1e-12)
    for measure in (ds.entropy, ds.purity):
        for labels in (None, "1", last, ["1", last]):
            expected = measure(whole, labels)
            assert measure(state, labels) == pytest.approx(expected, abs=1e-12)


def test_without_dephasing_it_is_the_pure_state():
    for atoms, nodes, outcomes in ((30, 3, None), (31, 3, (28,)), (8, 4, (7, 8)), (9, 2, ())):
        problem = chain(nodes, atoms, 1.9, 0.0, outcomes=outcomes)
        mixed, pure = run(Dephased(tolerance=1e-15), problem), run(Exact(), problem)
        assert isinstance(mixed.state, DickePairState)
        assert isinstance(pure.state, SchmidtState)
        assert mixed.columns["purity"][0] == pytest.approx(1.0, abs=1e-9)
        for name in ("log_negativity", "log2_probability"):
            assert mixed.columns[name][0] == pytest.approx(pure.columns[name][0], abs=1e-6)
        entropies = ds.entropy(mixed.state, "1"), pure.columns["entropy"][0]
        assert entropies[0] == pytest.approx(entropies[1], abs=1e-6)


def test_dephasing_of_the_middle_node_is_a_random_offset():
    """exp(-2 gamma t x^2) is the average of exp(i phi x) over phi of variance 4 gamma t."""
    atoms, time, gamma = 6, 0.9, 0.02
    k = np.arange(atoms + 1)
    state, p = ends_state(chain(3, atoms, time, (0.0, gamma, 0.0)), time, k)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    average, total = 0.0, 0.0
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        shift = node * math.sqrt(4 * gamma * time)
        part, each = ends_state(chain(3, atoms, time, 0.0, shift), time, k)
        average = average + weight * each * part.density().matrix
        total += weight * each
    assert p == pytest.approx(total, abs=1e-13)
    np.testing.assert_allclose(state.density().matrix, average / total, atol=1e-12)


def lossy(atoms, time, loss, offset):
    """rho of the ends of three nodes, atom by atom of the middle node."""
    n = np.arange(atoms + 1)
    turn = time * np.subtract.outer(n, n) + offset  # e^(i n_2 turn): of every middle atom
    kept = (1 + np.exp(1j * turn)) / 2
    both = np.einsum("ab,cd->abcd", kept, kept.conj())
    lost = (1 + np.exp(1j * (turn[:, :, None, None] - turn))) / 2
    psi = np.einsum("a,b,c,d->abcd", *(start(atoms),) * 4)
    return psi * ((1 - loss) * both + loss * lost) ** atoms


@pytest.mark.parametrize("loss", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_lost_atoms_of_the_middle_node(loss, offset):
    atoms, time = 5, 0.8
    exact = lossy(atoms, time, loss, offset)
    state, p = ends_state(chain(3, atoms, time, 0.0, offset, loss=loss), time, np.arange(atoms + 1))
    assert p == pytest.approx(np.einsum("abab->", exact).real, abs=1e-13)
    np.testing.assert_allclose(with_phases(state, 3, time) * p, exact, atol=1e-13)
    if loss == 1.0:
        assert ds.log_negativity(state, "1", "3") == pytest.approx(0.0, abs=1e-12)
        assert p == pytest.approx(1.0, abs=1e-13)


def test_lost_atoms_of_all_inner_nodes_of_a_longer_chain():
    """Loss of every atom dephases an inner node completely; a little of it lowers entanglement."""
    values = []
    for loss in (0.0, 0.02, 0.2, 1.0):
        state, _ = ends_state(chain(4, 6, 1.0, 0.0, loss=loss), 1.0, np.arange(7))
        values.append(ds.log_negativity(state, "1", "4"))
    whole = measured(4, 6, 1.0)[:, 6, 6, :]
    s = np.linalg.svd(whole, compute_uv=False)
    assert values[0] == pytest.approx(2 * math.log2(s.sum() / np.linalg.norm(s)), abs=1e-10)
    assert values[0] > values[1] > values[2] > values[3]
    assert values[3] == pytest.approx(0.0, abs=1e-12)


def test_the_window_of_five_leaves_errors_below_1e_4():
    atoms, time, rates = 36, 1.5, 0.01
    reference = run(Dephased(tolerance=1e-13), chain(3, atoms, time, rates))
    for c, error in ((3.0, 3e-2), (5.0, 1e-4), (6.0, 1e-6)):
        found = run(Dephased(), chain(3, atoms, time, rates, window=c))
        gap = found.columns["log_negativity"] - reference.columns["log_negativity"]
        assert abs(gap[0]) < error
        assert (found.report.status is Status.SUSPECT) == (c < 4.0)


def test_refusals():
    with pytest.raises(CapacityError, match=r"31 Dicke states fit, that is about \d+ atoms"):
        run(Dephased(memory_limit=5e7), chain(4, 100, 1.0, 0.1))
    with pytest.raises(CapacityError, match="`loss`"):
        run(Dephased(), chain(3, 5000, 1.0, 0.1, loss=0.1))
    with pytest.raises(NumericalError, match="no probability"):
        run(Dephased(), chain(3, 6, 0.0, 0.1, outcomes=(2,)))
    with pytest.raises(ArgumentError, match="`memory_limit` must be > 0"):
        Dephased(memory_limit=-1)
    good, _ = ends_state(chain(3, 3, 1.0, 0.1), 1.0, np.arange(4))
    fields = (good.labels, good.dimensions, good.numbers, good.weights, good.damping)
    with pytest.raises(UnphysicalError, match="trace 1"):
        DickePairState(*fields, 2 * good.kernel)
    with pytest.raises(ArgumentError, match="`kernel` must have shape"):
        DickePairState(*fields, good.kernel[1:])


def test_a_refusal_for_memory_names_the_atoms_that_fit():
    solver = Dephased(memory_limit=5e7)
    plan = ask(solver, chain(4, 100, 1.0, 0.1))
    assert not plan.can and isinstance(plan.refusal, CapacityError)
    found = re.search(r"(\d+) Dicke states fit, that is about (\d+) atoms", plan.answer)
    assert found is not None
    fit, atoms = map(int, found.groups())
    assert fit == 31
    assert ask(solver, chain(4, atoms, 1.0, 0.1)).can
    assert not ask(solver, chain(4, atoms + 6, 1.0, 0.1)).can


def test_lost_atoms_need_memory_of_their_own():
    narrow = {"loss": 0.1, "window": 0.1}
    cost = ask(Dephased(), chain(3, 3000, 1.0, 0.01, **narrow)).cost
    assert cost is not None and cost.memory > 50 * 3000**2


def test_the_predicted_memory_covers_a_run():
    import tracemalloc

    for nodes, atoms in ((3, 60), (4, 24)):
        problem = chain(nodes, atoms, 1.0, 0.01)
        cost = ask(Dephased(), problem).cost
        k = dicke_window(atoms, Dephased().half_width(problem))
        tracemalloc.start()
        state, _ = ends_state(problem, 1.0, k)
        state.spectrum(transposed=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert cost is not None and peak < 1.6 * cost.memory
        assert cost.memory < 8 * peak
