"""Joint states of neighbouring stages against the exact engine, and how honest their errors are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines.cascade import Cascade, StageStates, sweep
from darkstate.engines.contract import ask, run
from darkstate.errors import ArgumentError, CapacityError, MissingError, NumericalError
from darkstate.states import DensityState
from darkstate.systems.operators import sigma_minus, sigma_z
from darkstate.systems.spaces import Qubit

IMPERFECT = {
    "squeezing": 0.6, "loss": 0.1, "phase": 0.4, "coupling": [1.0, 0.5, 2.0], "decay": 0.02,
    "thermal": 0.05, "detunings_a": [0.3, -0.5, 0.2], "detunings_b": [0.1, 0.7, -0.4],
}  # fmt: skip
SWAPPED = {"detunings_a": [1.0, 0.0, 3.0, 2.0], "detunings_b": [0.0, -1.0, -2.0, -3.0]}
REVERSED = {"detunings_a": [0.3, -0.5, 0.2, 0.6], "detunings_b": [-0.6, -0.2, 0.5, -0.3]}


def model(pairs, **options):
    return ds.models.DualRail(pairs=pairs, **{"squeezing": 1.0} | options)


def exact(system):
    return ds.steady_state(system, engine=ds.engines.Lindblad("krylov", rtol=1e-11)).state


def distance(state, reference):
    rest = state.matrix - reference.reduced(list(state.labels)).matrix
    return float(np.abs(np.linalg.eigvalsh(rest)).sum())


def estimate(solution, state):
    return solution.report.errors[state.labels]


@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("options", [{"dephasing": 0.01}, IMPERFECT])
def test_windows_behind_nothing_compressed_are_exact(window, options):
    # 256 numbers are all of two pairs; without detunings arithmetic is real, with them complex
    network = model(3, **options).system()
    solution = run(Cascade(dimension=256, window=window, rtol=1e-9), network)
    reference = exact(network)
    assert [w.labels[0] for w in solution.state.windows] == ["A1", "A2"][: 4 - window]
    assert all(len(w.labels) == 2 * window for w in solution.state.windows)
    for state in solution.state.windows:
        assert distance(state, reference) < 1e-8


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"dephasing": 0.02, **REVERSED}, marks=pytest.mark.slow),
        {"loss": 0.05, **SWAPPED},
    ],
)
def test_the_error_falls_and_its_estimate_is_honest(options):
    network = model(4, **options).system()
    reference, last = exact(network), []
    for dimension in (16, 48):
        solution = run(Cascade(dimension=dimension, window=2), network)
        true = [distance(state, reference) for state in solution.state.windows]
        told = [estimate(solution, state) for state in solution.state.windows]
        assert np.all(np.array(told) >= np.array(true))
        assert (solution.report.error_estimate or 0.0) >= max(told)
        last.append(true[-1])
    assert last[0] > 3 * last[1]
    assert last[1] < 2e-2


def test_three_pairs_behind_one_hold_swapped_partners():
    network = model(4, dephasing=0.01, **SWAPPED).system()
    state = run(Cascade(dimension=32, window=3), network).state
    reference = exact(network)
    assert distance(state.windows[1], reference) < 1e-5
    for one, other in (("A1", "B2"), ("A2", "B1"), ("A3", "B4"), ("A4", "B2")):
        found = ds.log_negativity(state, one, other)
        assert found == pytest.approx(ds.log_negativity(reference, one, other), abs=1e-5)
    blocks = ["A3", "B3"], ["A4", "B4"]
    assert ds.log_negativity(state, *blocks) == pytest.approx(
        ds.log_negativity(reference, *blocks), abs=1e-4
    )
    assert ds.log_negativity(state, *blocks) > 0.1


def test_windows_agree_with_stages_within_their_errors():
    solution = run(Cascade(dimension=32, window=3), model(7, dephasing=0.01).system())
    state, differences = solution.state, []
    for k, window in enumerate(state.windows):
        for stage in state.stages[k : k + 3]:
            allowed = estimate(solution, window) + estimate(solution, stage)
            differences.append(distance(stage, window))
            assert differences[-1] <= allowed
    # the last stage of a window is read from the same equation, those before it from earlier ones,
    # in which less is compressed
    assert max(differences[2::3]) < 1e-5 < max(differences[::3])


def test_behind_a_source_of_finite_bandwidth():
    network = model(2, bandwidth=20.0, dephasing=0.01).system()
    solution = run(Cascade(dimension=96, window=2), network)
    reference = ds.steady_state(network, engine=ds.engines.Lindblad("hierarchy", edge=1e-5)).state
    (window,) = solution.state.windows
    assert distance(window, reference) < 1e-3
    assert estimate(solution, window) >= distance(window, reference)


def test_dark_windows_are_pure_and_programmed():
    detuned = model(8, detunings_a=[1.0, 0.0] * 4, detunings_b=[0.0, -1.0] * 4)
    state = run(Cascade(dimension=16, window=3), detuned.system()).state
    assert ds.purity(state, ["A7", "B7", "A8", "B8"]) == pytest.approx(1.0, abs=1e-8)
    first = model(2, detunings_a=[1.0, 0.0], detunings_b=[0.0, -1.0]).dark_state()
    ideal = ds.states.PureState(("A1", "A2", "B1", "B2"), (2,) * 4, first)
    last = state.reduced(["A7", "A8", "B7", "B8"]).matrix
    assert ds.fidelity(DensityState(ideal.labels, ideal.dimensions, last), ideal) > 1 - 1e-8


def test_what_is_kept_and_what_not():
    system = model(5, dephasing=0.01).system()
    state = run(Cascade(dimension=16, window=2), system).state
    assert isinstance(state, StageStates)
    assert state.holding(["A2", "B2"]) is state.stages[1]
    assert state.holding(["A2", "B3"]) is state.windows[1]
    assert state.reduced(["B3", "A2"]).labels == ("B3", "A2")
    both = sigma_z(Qubit("A2")) * sigma_z(Qubit("B3"))
    pair = state.reduced(["A2", "B3"])
    assert state.expectation(both) == pytest.approx(pair.expectation(both))
    with pytest.raises(MissingError, match=r"2 neighbouring stages.*span 3.*window=3"):
        ds.log_negativity(state, "A1", "B3")
    with pytest.raises(MissingError, match=r"span 5.*Lindblad"):
        state.reduced(["A1", "B5"])
    with pytest.raises(ArgumentError):
        state.reduced(["A1", "C2"])
    short = run(Cascade(dimension=16, window=3), model(2, dephasing=0.01).system())
    assert [w.labels for w in short.state.windows] == [("A1", "B1", "A2", "B2")]
    assert "2 neighbouring stages" in short.report.structure[0]


def test_bad_windows_are_refused_and_large_ones_predicted():
    wrong: tuple[Any, ...] = (0, 4, 1.5, True)
    for bad in wrong:
        with pytest.raises(ArgumentError, match="window"):
            Cascade(window=bad)
    system = model(8, dephasing=0.01).system()
    costs = [ask(Cascade(window=w), system).cost for w in (1, 2, 3)]
    costs = [cost for cost in costs if cost is not None]
    assert len(costs) == 3
    seconds = [cost.seconds for cost in costs]
    assert seconds[0] < seconds[1] < 1.2 * seconds[0]
    assert seconds[2] == pytest.approx(2 * seconds[0])
    assert costs[2].memory > costs[0].memory
    with pytest.raises(CapacityError, match="window"):
        run(Cascade(memory_limit=1e3, window=2), system)


def test_a_window_that_does_not_converge_is_told(monkeypatch):
    def failing(pair, joined, ahead, bases, rtol):
        if pair.first.dimension > 1:
            raise NumericalError("It did not converge.")
        return original(pair, joined, ahead, bases, rtol)

    original = sweep.window_state
    monkeypatch.setattr(sweep, "window_state", failing)
    solution = run(Cascade(dimension=16, window=2), model(3, dephasing=0.01).system())
    assert [w.labels[0] for w in solution.state.windows] == ["A1"]
    assert solution.report.status == "suspect"
    assert "1 windows are not solved" in " ".join(solution.report.warnings)
    with pytest.raises(MissingError, match="not solved"):
        solution.state.reduced(["A2", "B3"])
    assert solution.state.reduced(["A1", "B2"]).labels == ("A1", "B2")


def test_a_window_longer_than_the_network_that_fails_is_told(monkeypatch):
    def failing(*arguments):
        raise NumericalError("did not converge")

    monkeypatch.setattr(sweep, "window_state", failing)
    solution = run(Cascade(dimension=16, window=3), model(2).system())
    assert solution.report.status == "suspect"
    assert "1 windows are not solved" in " ".join(solution.report.warnings)


def test_windows_that_reach_behind_an_ended_sweep_are_dropped(monkeypatch):
    original = sweep.ReductionSweep._joint_state

    def ending(line, part, behind, exact):
        if len(behind) <= 2:
            raise NumericalError("What is upstream would grow.")
        return original(line, part, behind, exact)

    monkeypatch.setattr(sweep.ReductionSweep, "_joint_state", ending)
    state = run(Cascade(dimension=16, window=2), model(5, dephasing=0.02).system()).state
    assert len(state.stages) == 4  # the fourth is read before
    assert [w.labels[0] for w in state.windows] == ["A1", "A2", "A3"]


def test_without_a_charge():
    system = model(2, dephasing=0.05).system()
    a = Qubit("A1")
    driven = ds.OpenSystem(
        system.spaces,
        system.hamiltonian + 0.2 * (sigma_minus(a) + sigma_minus(a).adjoint()),
        system.jumps,
    )
    solution = run(Cascade(dimension=16, window=2, rtol=1e-9), driven)
    assert distance(solution.state.windows[0], exact(driven)) < 1e-8
