"""Cascade reduction against the exact engine: errors, and how honest their estimates are."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines.cascade import Cascade, StageStates
from darkstate.engines.cascade.bilinear import stage_system, trivial_system
from darkstate.engines.cascade.joint import JointEquation, trace_first
from darkstate.engines.cascade.lookahead import JointState, build_lookahead
from darkstate.engines.cascade.real_form import real_form_factors
from darkstate.engines.cascade.reduction import growth, reduce_model
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.engines.cascade.stages import stage_chain
from darkstate.engines.contract import ask, run
from darkstate.engines.density.hierarchy import driven_network, steady_hierarchy
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    EngineMismatchError,
    MissingError,
    NumericalError,
)
from darkstate.states import DensityState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import sigma_minus, sigma_z
from darkstate.systems.spaces import Qubit
from darkstate.systems.traits import cascade_order, charges, linear_source

DETUNED = {
    "detunings_a": [0.3, -0.5, 0.2, 0.6, -0.1],
    "detunings_b": [0.1, 0.7, -0.4, -0.2, 0.5],
}


def model(pairs, **options):
    cut = {k: v[:pairs] if isinstance(v, list) else v for k, v in options.items()}
    return ds.models.DualRail(pairs=pairs, **{"squeezing": 1.0} | cut)


def exact(system):
    """The network's steady state by the exact engine, in Fock-free form behind a source."""
    source = linear_source(system).evidence
    if source is None:
        return ds.steady_state(system, engine=ds.engines.Lindblad("krylov", rtol=1e-11)).state
    dims, network = driven_network(system, source, None)
    found = steady_hierarchy(network, 1e-8, 1e-10, lambda n: n < 1e7)
    return DensityState(source.network.labels, dims, found.hierarchy.state(found.flat))


def distances(solution, reference):
    """Trace norms of the errors of all stages."""
    rest = (s.matrix - reference.reduced(list(s.labels)).matrix for s in solution.state.stages)
    return np.array([np.abs(np.linalg.eigvalsh(matrix)).sum() for matrix in rest])


def estimates(solution):
    found = [*solution.report.errors.values()]
    return np.array(found)


def concurrences(state, pairs):
    return np.array([ds.concurrence(state, f"A{i}", f"B{i}") for i in range(1, pairs + 1)])


@pytest.mark.parametrize(
    "options",
    [
        {"dephasing": 0.01},
        {"dephasing": 0.02, **DETUNED},
        {"squeezing": 0.6, "loss": 0.1, "phase": 0.4, "coupling": [1.0, 0.5, 2.0],
         "decay": 0.02, "thermal": 0.05, **DETUNED},
        {"squeezing": 0.5, "loss": 0.05, "dephasing": [0.01, 0.0, 0.03], **DETUNED},
    ],
)  # fmt: skip
def test_two_pairs_ahead_are_exact(options):
    network = model(3, **options).system()
    solution = run(Cascade(dimension=256, rtol=1e-10), network)
    assert np.max(distances(solution, exact(network))) < 1e-9


FIFTH = {
    "alike": ({"dephasing": 0.01}, 0.465052023),
    "detuned": ({"dephasing": 0.02, **DETUNED}, 0.316387338),
}
"""Purity of the fifth pair (`test_the_stored_numbers_are_those_of_the_exact_engine`)."""


@pytest.mark.parametrize("options", [{"dephasing": 0.01}, {"dephasing": 0.02, **DETUNED}])
@pytest.mark.parametrize("dimension", [16, 48])
def test_four_pairs_are_exact_from_16_numbers_on(options, dimension):
    # the first pair is 16 numbers; the second, third and fourth are read before it is compressed
    network = model(4, **options).system()
    solution = run(Cascade(dimension=dimension), network)
    true = distances(solution, exact(network))
    assert np.max(true) < 1e-7
    assert np.all(estimates(solution) >= true)
    assert solution.report.status == "converged"
    assert (solution.report.error_estimate or 1.0) < 1.1e-7


@pytest.mark.parametrize("case", ["alike", pytest.param("detuned", marks=pytest.mark.slow)])
def test_the_error_falls_and_its_estimate_is_honest(case):
    (options, reference), found = FIFTH[case], []
    for dimension in (16, 48, 96):
        solution = run(Cascade(dimension=dimension), model(5, **options).system())
        found.append(abs(ds.purity(solution.state, ["A5", "B5"]) - reference))
        assert estimates(solution)[-1] >= found[-1]
    assert found[0] > 3 * found[1] > 0
    assert found[2] < min(found[1], 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["alike", "detuned"])
def test_the_stored_numbers_are_those_of_the_exact_engine(case):
    options, reference = FIFTH[case]
    state = ds.steady_state(model(5, **options), engine=ds.engines.Lindblad("krylov")).state
    assert ds.purity(state, ["A5", "B5"]) == pytest.approx(reference, abs=1e-7)


@pytest.mark.parametrize("bandwidth", [10.0, 50.0])
def test_finite_bandwidth(bandwidth):
    network = model(2, bandwidth=bandwidth, dephasing=0.01, **DETUNED).system()
    solution = run(Cascade(dimension=96), network)
    reference = exact(network)
    true = distances(solution, reference)
    assert np.max(true) < 1e-4
    assert np.all(estimates(solution) >= true)
    state_errors = concurrences(solution.state, 2) - concurrences(reference, 2)
    assert np.max(np.abs(state_errors)) < 1e-4
    assert any("moments" in line for line in solution.report.structure)


def test_dark_states_need_one_number():
    solution = run(Cascade(dimension=16), model(12).system())
    ideal = np.sinh(2.0) / np.cosh(2.0)
    assert np.allclose(concurrences(solution.state, 12), ideal, atol=1e-9)
    assert ds.purity(solution.state, ["A12", "B12"]) == pytest.approx(1.0, abs=1e-9)


def test_without_a_charge_the_left_channels_do():
    # coherent light through a resonant drive of the first pair breaks the charge
    system = model(2, dephasing=0.05).system()
    a = Qubit("A1")
    driven = OpenSystem(
        system.spaces,
        system.hamiltonian + 0.2 * (sigma_minus(a) + sigma_minus(a).adjoint()),
        system.jumps,
    )
    assert not charges(driven).holds
    solution = run(Cascade(dimension=16, rtol=1e-10), driven)
    assert np.max(distances(solution, exact(driven))) < 1e-9


def first_two(network):
    """The first two stages as one part with its steady state, and the parts of all stages."""
    members = [[x for group in s for x in group] for s in cascade_order(network).evidence]
    dims = dict.fromkeys(network.labels, 2)
    chain = stage_chain(network, members, charges(network).evidence, None, dims)
    entering = [chain.steps, *(s.steps for s in chain.stages)]
    parts = [stage_system(s, e) for s, e in zip(chain.stages, entering, strict=False)]
    first = SeriesConnection(
        SeriesConnection(trivial_system(parts[0].zero), parts[0]).system(), parts[1]
    ).system()
    kernel = np.linalg.svd(first.generator[(0,)])[2][-1].conj()
    return first.with_state(kernel / (first.trace @ kernel)), parts


def test_compression_keeps_trace_steady_state_and_stability():
    first, parts = first_two(model(4, dephasing=0.02, **DETUNED).system())
    small = reduce_model(JointState.solve(first, parts[2:], 1e-9), 40)[0].system
    assert small.dimension <= 40
    assert np.allclose(small.trace @ small.generator[(0,)], 0)
    assert np.allclose(small.generator[(0,)] @ small.steady, 0)
    assert growth(small) < 1e-12


def test_real_arithmetic_is_found_and_changes_nothing(monkeypatch):
    first, parts = first_two(model(4, dephasing=0.02).system())
    ahead, _ = trace_first(build_lookahead(parts[2:]).system)
    assert real_form_factors(first) is not None
    fast = JointEquation(first, ahead)
    monkeypatch.setattr("darkstate.engines.cascade.joint.real_form_factors", lambda part: None)
    plain = JointEquation(first, ahead)
    assert plain.factors is None
    one, other = fast.solve(1e-12), plain.solve(1e-12)
    for q, block in other.items():
        assert np.abs(one[q] - block).max() < 1e-11 * max(1.0, np.abs(block).max())


def test_detunings_make_a_cascade_complex():
    first, _ = first_two(model(4, dephasing=0.02, **DETUNED).system())
    assert real_form_factors(first) is None


def test_what_was_solved_before_an_unstable_compression_is_kept(monkeypatch):
    system = model(5, dephasing=0.02).system()
    whole = run(Cascade(dimension=16), system)

    def unstable_behind_three(line, part, behind, exact):
        if len(behind) <= 2:
            raise NumericalError("What is upstream would grow.")
        return JointState.solve(part, behind, 1e-7)

    monkeypatch.setattr(
        "darkstate.engines.cascade.sweep.ReductionSweep._joint_state", unstable_behind_three
    )
    solution = run(Cascade(dimension=16), system)
    assert len(solution.state.stages) == 4  # the fourth is seen two compressions before
    assert solution.report.status == "suspect"
    assert "A5, B5 and all behind are not solved" in solution.report.warnings[0]
    assert np.allclose(solution.state.stages[1].matrix, whole.state.stages[1].matrix, atol=1e-9)


def test_fewer_numbers_are_kept_where_more_would_grow(monkeypatch):
    monkeypatch.setattr(
        "darkstate.engines.cascade.reduction.growth", lambda part: float(part.dimension > 40)
    )
    first, parts = first_two(model(4, dephasing=0.02).system())
    for found in reduce_model(JointState.solve(first, parts[2:], 1e-9), 64):
        assert found.narrowed
        assert found.system.dimension <= 40


def test_states_answer_within_a_stage_only():
    solution = run(Cascade(dimension=16), model(3, dephasing=0.01).system())
    state = solution.state
    assert isinstance(state, StageStates)
    assert state.labels == ("A1", "B1", "A2", "B2", "A3", "B3")
    assert state.reduced(["B2", "A2"]).labels == ("B2", "A2")
    assert state.expectation(sigma_z(Qubit("A3"))).real == pytest.approx(
        state.reduced("A3").expectation(sigma_z(Qubit("A3"))).real
    )
    assert ds.log_negativity(state, "A2", "B2") > 0
    with pytest.raises(MissingError, match="within one stage"):
        ds.concurrence(state, "A1", "B2")
    with pytest.raises(ArgumentError):
        state.reduced("C1")


def test_what_does_not_fit_is_refused():
    backwards = model(3, directionality=0.9).system()
    offer = ask(Cascade(), backwards)
    assert not offer.can and "one-way" in offer.reason
    with pytest.raises(EngineMismatchError, match="not one-way"):
        run(Cascade(), backwards)
    fine = model(3).system()
    with pytest.raises(ArgumentError, match="initial"):
        run(Cascade(), fine, initial=object())
    with pytest.raises(CapacityError):
        run(Cascade(memory_limit=1e3), fine)
    for options in ({"dimension": 2}, {"tolerance": 0.0}, {"rtol": 1.0}):
        with pytest.raises(ArgumentError):
            Cascade(**options)


def test_the_front_door_takes_it_where_density_matrices_end():
    explanation = ds.explain(model(12, dephasing=0.01))
    assert explanation.chosen is not None
    assert explanation.chosen.engine == "cascade"
    (exact,) = [offer for offer in explanation.offers if offer.engine == "lindblad"]
    assert "more than 16384" in exact.reason
    small = ds.explain(model(3, dephasing=0.01)).chosen
    assert small is not None
    assert small.engine == "lindblad"
