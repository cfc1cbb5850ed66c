"""Evolution of cascades against the exact engine: errors, and how honest their estimates are."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Cascade, Lindblad
from darkstate.engines.cascade import evolution
from darkstate.engines.contract import Task, ask, run
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.models import DualRail
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_plus, sigma_z

TIMES = [0.0, 0.4, 1.0, 2.5, 6.0]


def line(seed: int, count: int = 6) -> OpenSystem:
    """Qubits on a one-way waveguide that is driven, with rates and detunings drawn."""
    draw = np.random.default_rng(seed)
    qubits = [Qubit(f"q{k}") for k in range(count)]
    rates, shifts = draw.uniform(0.5, 1.5, count), draw.uniform(-1, 1, count)
    c = [g**0.5 * sigma_minus(q) for g, q in zip(rates, qubits, strict=True)]
    up = [g**0.5 * sigma_plus(q) for g, q in zip(rates, qubits, strict=True)]
    H = sum((0.5 * d * sigma_z(q) for d, q in zip(shifts, qubits, strict=True)), 0.0 * c[0])
    for k in range(count):
        H = H + 0.4 * (c[k] + up[k])
        for j in range(k):
            H = H - 0.5j * (up[k] * c[j] - up[j] * c[k])
    lost = tuple(Jump(sigma_minus(q), 0.1, name=f"lost {q.label}") for q in qubits)
    return OpenSystem(tuple(qubits), H, (Jump(sum(c[1:], c[0]), name="guide"), *lost))


def distances(states, exact):
    """Trace norms of the errors of all stages, (times, stages)."""
    return np.array(
        [
            [
                np.abs(
                    np.linalg.eigvalsh(part.matrix - whole.reduced(list(part.labels)).matrix)
                ).sum()
                for part in state.stages
            ]
            for state, whole in zip(states, exact, strict=True)
        ]
    )


def errors_told(report):
    return np.array([*report.errors.values()])


@pytest.mark.parametrize(
    "options",
    [
        {"dephasing": 0.01},
        {"loss": 0.1, "phase": 0.4, "coupling": [1.0, 0.5, 2.0, 0.7], "thermal": 0.05},
        {"detunings_a": [0.3, -0.5, 0.2, 0.6], "detunings_b": [0.1, 0.7, -0.4, -0.2]},
    ],
)
def test_the_first_four_pairs_are_exact(options):
    system = DualRail(4, 0.5, **options).system()
    solution = run(Cascade(dimension=16), system, TIMES)
    exact = run(Lindblad(), system, TIMES).states
    assert solution.report.status == "converged"
    assert distances(solution.states, exact).max() < solution.report.error_estimate < 1e-4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dimension", [8, 24])
def test_estimates_cover_the_errors(seed, dimension):
    system = line(seed, 7)
    solution = run(Cascade(dimension=dimension), system, TIMES)
    exact = run(Lindblad(), system, TIMES).states
    off, told = distances(solution.states, exact).max(axis=0), errors_told(solution.report)
    assert np.all(off <= told)
    assert np.all(told[-1] >= told[:-1])
    assert solution.report.error_estimate == told.max()


@pytest.mark.slow
@pytest.mark.parametrize("squeezing", [0.3, 1.0])
@pytest.mark.parametrize("rung", [0.0, 0.7])
@pytest.mark.parametrize("dimension", [32, 64, 128])
def test_estimates_cover_the_errors_of_pairs(squeezing, rung, dimension):
    rungs = rung * np.arange(5)
    model = DualRail(5, squeezing, detunings_a=rungs, detunings_b=-rungs, dephasing=0.02)
    times = np.linspace(0, 20, 9).tolist()
    solution = run(Cascade(dimension=dimension), model.system(), times)
    exact = run(Lindblad(), model.system(), times).states
    off, told = distances(solution.states, exact).max(axis=0), errors_told(solution.report)
    assert np.all(off <= told)


def test_errors_fall_with_the_dimension():
    system = line(1, 7)
    exact = run(Lindblad(), system, TIMES).states
    found = [run(Cascade(dimension=n), system, TIMES).states for n in (8, 20, 48)]
    coarse, medium, fine = (distances(states, exact).max() for states in found)
    assert medium < 0.5 * coarse and fine < 0.1 * coarse


def test_long_times_end_in_the_steady_state():
    system = line(2, 4)
    moved = run(Cascade(dimension=64), system, [0.0, 1.0, 1e6]).states[-1]
    still = run(Cascade(dimension=64), system).state
    for a, b in zip(moved.stages, still.stages, strict=True):
        assert np.abs(a.matrix - b.matrix).max() < 1e-6


def test_states_begin_in_the_ground_state_and_keep_their_trace():
    states = run(Cascade(dimension=8), line(3, 5), TIMES).states
    assert all(abs(part.matrix[0, 0] - 1) < 1e-12 for part in states[0].stages)
    assert all(abs(np.trace(p.matrix) - 1) < 1e-9 for at in states for p in at.stages)


def test_one_time_is_the_initial_state():
    solution = run(Cascade(dimension=8), line(3, 5), [2.0])
    assert all(abs(part.matrix[0, 0] - 1) < 1e-12 for part in solution.state.stages)


def test_times_that_are_asked_for_change_no_state_by_more_than_its_error():
    few, many = (
        run(Cascade(dimension=16), line(0), t) for t in ([0.0, 6.0], np.linspace(0, 6, 41).tolist())
    )
    for a, b in zip(few.state.stages, many.state.stages, strict=True):
        assert np.abs(a.matrix - b.matrix).sum() <= few.report.error_estimate


def test_the_front_door_takes_it_where_density_matrices_do_not_fit():
    model = DualRail(pairs=12, squeezing=0.5, dephasing=0.01)
    chosen = ds.explain(model, times=[0.0, 10.0]).chosen
    assert chosen is not None and chosen.engine == "cascade"


def test_columns_over_time_are_those_of_the_states():
    measures = {"C": lambda state: ds.concurrence(state, "A2", "B2")}
    result = ds.evolve(DualRail(3, 0.5), TIMES, measures=measures, engine=Cascade(dimension=16))
    assert result.table is not None
    assert result.table["C"].values[-1] == ds.concurrence(result.state, "A2", "B2")
    assert result.table["C"].values[0] == 0.0


# What is refused, and what is told ----------------------------------------------------------------


def test_windows_and_sources_are_refused_with_a_way_out():
    with pytest.raises(EngineMismatchError, match=r"`window` is 2\. Use Cascade\(window=1\)"):
        ds.evolve(DualRail(3, 0.5), TIMES, engine=Cascade(window=2))
    with pytest.raises(EngineMismatchError, match=r"modes of its own .*upstream\(system, labels\)"):
        ds.evolve(DualRail(3, 0.5, bandwidth=4.0), TIMES, engine=Cascade())
    state = ds.states.DensityState(("q0",), (2,), np.eye(2) / 2)
    with pytest.raises(ArgumentError, match="`initial`"):
        ds.evolve(line(0), TIMES, initial=state, engine=Cascade())


def test_a_reduction_that_grows_is_told(monkeypatch):
    monkeypatch.setattr(evolution, "growth", lambda system: 1.0)
    report = run(Cascade(dimension=8), line(0, 9), TIMES).report
    assert report.status == "suspect"
    assert any("compressions kept fewer numbers" in text for text in report.warnings)


def test_an_error_above_the_tolerance_is_told():
    report = run(Cascade(dimension=8, tolerance=1e-6), line(0, 9), TIMES).report
    assert report.status == "suspect"
    assert any("the estimated error exceeds 1e-06" in text for text in report.warnings)


def test_prices_grow_with_the_time_and_the_stages():
    def seconds(count: int, end: float) -> float:
        cost = ask(Cascade(), DualRail(count, 0.5).system(), Task((0.0, end)))
        assert cost.cost is not None
        return cost.cost.seconds

    assert seconds(6, 10.0) < seconds(12, 10.0) < seconds(12, 100.0)
