"""What the cascade engine says of its errors and refusals, held against the exact engine."""

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines.cascade import Cascade
from darkstate.engines.cascade import engine as engine_module
from darkstate.engines.cascade.estimates import smaller_dimensions, state_errors
from darkstate.engines.cascade.sweep import ReductionSweep, StageResult
from darkstate.engines.contract import ask, run
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
from darkstate.models import CavityChains, DualRail
from darkstate.results import Status
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    sigma_minus,
    sigma_plus,
    sigma_x,
    upstream,
)

ADVICE = r"Use (Lindblad.*upstream\(system, labels|Gaussian)"
RUNGS = {"detunings_a": [0.0, 2.0, 4.0, 6.0], "detunings_b": [0.0, -2.0, -4.0, -6.0]}
DETUNED = {"detunings_a": [0.3, -0.5, 0.2, 0.6], "detunings_b": [0.1, 0.7, -0.4, -0.2]}
NETWORKS = [
    {"squeezing": 0.2, "dephasing": 0.01},
    {"squeezing": 1.0, "dephasing": 0.02, **DETUNED},
    {"squeezing": 1.0, "dephasing": 0.01, **RUNGS},
    {"squeezing": 0.7, "dephasing": 0.1},
    {"squeezing": 0.5, "loss": 0.05, "dephasing": [0.01, 0.0, 0.03, 0.0], **DETUNED},
]


def told(solution):
    return np.array([*solution.report.errors.values()])


def true(solution, exact):
    rest = [s.matrix - exact.reduced(list(s.labels)).matrix for s in solution.state.stages]
    return np.array([np.abs(np.linalg.eigvalsh(matrix)).sum() for matrix in rest])


@pytest.mark.parametrize("options", NETWORKS, ids=str)
def test_estimates_cover_the_errors_at_any_dimension(options):
    system = DualRail(pairs=4, **options).system()
    exact = ds.steady_state(system, engine=ds.engines.Lindblad("krylov", rtol=1e-11)).state
    for dimension in (8, 12, 16):
        solution = run(Cascade(dimension=dimension), system)
        off, estimate = true(solution, exact), told(solution)
        assert np.all(estimate >= off)
        assert solution.report.error_estimate == max(estimate)
        good = solution.report.status is Status.CONVERGED
        assert good == (max(estimate) <= 1e-2)
        # below 16 numbers the first pair is compressed, before the fourth is read
        assert (off[3] < 1e-7) == (estimate[3] < 1.1e-7) == (dimension >= 16)
        assert np.all(estimate[:3] < 1.1e-7)


def test_concurrence_of_the_fourth_pair_at_8_numbers_is_not_called_converged():
    model = DualRail(pairs=4, squeezing=1.0, dephasing=0.01)
    result = ds.steady_state(model, engine=Cascade(dimension=8))
    off = abs(ds.concurrence(result.state, "A4", "B4") - 0.3933)
    assert 0.05 < off < (result.report.error_estimate or 0.0)
    assert result.report.status is Status.SUSPECT
    assert "raise dimension" in result.report.warnings[0]


@pytest.mark.parametrize("dimension", range(8, 24))
def test_other_sweeps_keep_fewer_numbers(dimension):
    dimensions = [dimension, *(other for other, _ in smaller_dimensions(dimension))]
    assert sorted(set(dimensions), reverse=True) == dimensions
    assert smaller_dimensions(dimension)[1][1] == (1.0 if dimension < 16 else 1 / 3)


def test_what_large_squeezing_costs_the_solver_is_told():
    system = DualRail(pairs=3, squeezing=3.0, dephasing=1e-4).system()
    exact = ds.steady_state(system, engine=ds.engines.Lindblad("krylov", rtol=1e-11)).state
    solution = run(Cascade(dimension=16), system)
    assert np.all(told(solution) >= true(solution, exact))


def test_a_slow_source_is_cut_off_with_an_estimate():
    system = DualRail(pairs=2, squeezing=0.5, bandwidth=2.0, dephasing=0.01).system()
    exact = ds.steady_state(system, engine=ds.engines.Lindblad("hierarchy", edge=1e-9)).state
    solution = run(Cascade(dimension=32), system)
    assert np.all(told(solution) >= true(solution, exact))
    assert solution.report.truncation["moments of the source"] > 0


def test_errors_are_the_largest_change_so_far():
    a, b, c = (np.diag([x, 1.0 - x]) for x in (0.5, 0.6, 0.8))
    found = state_errors([a, a, a, a], [False] * 4, [(1.0, [a, b, a, a]), (0.5, [a, a, c, a])])
    assert found == pytest.approx([0.0, 0.2, 0.3, 0.3])
    assert state_errors([a, a], [True, False], [(1.0, [c, b])]) == pytest.approx([0.0, 0.2])
    assert state_errors([a, None], [False] * 2, [(1.0, [a, a])])[1] == np.inf
    assert state_errors([a, a], [False] * 2, [(1.0, [a])])[1] == np.inf
    assert state_errors([a], [False], [(1.0, [None])])[0] == np.inf
    assert list(state_errors([a, a], [True, False], [(1.0, [])])) == [0.0, np.inf]


def report_of(monkeypatch, change=lambda read: read, **options):
    """The report on four pairs whose reads were tampered with in the last sweep."""
    original, fine = ReductionSweep.stage_results, options.pop("dimension", 16)

    def tampered(line, dimension, order, second=False):
        reads, ended = original(line, dimension, order, second)
        return ([change(read) for read in reads] if dimension == fine else reads), ended

    monkeypatch.setattr(ReductionSweep, "stage_results", tampered)
    model = DualRail(pairs=4, squeezing=0.3, dephasing=0.01)
    return run(Cascade(dimension=fine, **options), model.system()).report


def altered(**changes):
    def change(read):
        return StageResult(**{**vars(read), **changes})

    return change


def test_a_clean_run_has_no_warning(monkeypatch):
    report = report_of(monkeypatch)
    assert (report.status, report.warnings) == (Status.CONVERGED, ())
    assert report.margin is not None and report.margin > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"narrowed": True}, "4 compressions kept fewer numbers"),
        ({"shortened": True}, "4 compressions looked at one stage ahead only"),
        ({"matrix": np.diag([1.1, -0.1, 0.0, 0.0])}, "negative eigenvalue -0.1"),
    ],
)
def test_each_check_fires(monkeypatch, changes, words):
    report = report_of(monkeypatch, altered(exact=True, **changes))
    assert report.status is Status.SUSPECT
    assert len(report.warnings) == 1 and words in report.warnings[0]


def test_rounding_below_zero_is_no_failure(monkeypatch):
    state = np.diag([1.0 + 1e-10, -1e-10, 0.0, 0.0])
    assert report_of(monkeypatch, altered(exact=True, matrix=state)).warnings == ()


def test_a_tolerance_is_held():
    system = DualRail(pairs=4, squeezing=0.3, dephasing=0.01).system()
    reports = [run(Cascade(12, tolerance=t), system).report for t in (1e-3, 0.5)]
    assert [report.status for report in reports] == [Status.SUSPECT, Status.CONVERGED]
    assert "exceeds 0.001 from A4, B4 on" in reports[0].warnings[0]


def test_stages_behind_one_that_is_not_known_are_not_known(monkeypatch):
    original = ReductionSweep.stage_results

    def ended(line, dimension, order, second=False):
        reads, why = original(line, dimension, order, second)
        return (reads[:3] if second else reads), why

    monkeypatch.setattr(ReductionSweep, "stage_results", ended)
    report = run(Cascade(12), DualRail(4, 0.3, dephasing=0.01).system()).report
    assert report.error_estimate == np.inf
    assert report.status is Status.SUSPECT


def test_a_conserved_quantity_is_refused():
    chain = [Qubit(f"q{k}") for k in range(2)]
    first, second = (sigma_minus(q) for q in chain)
    H = 0.5j * (sigma_plus(chain[1]) * first - sigma_plus(chain[0]) * second)
    idle = Qubit("idle")
    system = OpenSystem((*chain, idle), H, (Jump(first + second),))
    with pytest.raises(NumericalError, match="not unique"):
        run(Cascade(dimension=16), system)


# -- what is said -----------------------------------------------------------------------------


def qubits(count):
    chain = tuple(Qubit(f"q{k}") for k in range(count))
    drive = sum((sigma_x(q) for q in chain[1:]), sigma_x(chain[0]))
    return OpenSystem(chain, 0.3 * drive, tuple(Jump(sigma_minus(q)) for q in chain))


def two_qubits_exchanging():
    a, b = Qubit("a"), Qubit("b")
    H = sigma_plus(a) * sigma_minus(b) + sigma_plus(b) * sigma_minus(a)
    return OpenSystem((a, b), H, (Jump(sigma_minus(a)), Jump(sigma_minus(b))))


@pytest.mark.parametrize(
    "system",
    [
        qubits(3),
        two_qubits_exchanging(),
        DualRail(3, 0.5, directionality=0.9).system(),
        DualRail(6, 0.5, directionality=0.5, dephasing=0.1).system(),
    ],
)
def test_steps_and_refusal_agree_on_who_acts_on_whom(system):
    offer = ask(Cascade(), system)
    apart = "none of which acts on another"
    assert not offer.can
    assert (apart in offer.steps[-1]) == (apart in offer.reason)
    assert (apart in offer.reason) != ("all parts act on each other" in offer.reason)


def test_a_large_stage_is_not_said_to_act_on_itself():
    rails = [[Qubit(f"{rail}{k}") for k in range(2)] for rail in "ABCDE"]
    H, jumps = 0.0 * sigma_x(rails[0][0]), []
    for first, second in rails:
        a, b = sigma_minus(first), sigma_minus(second)
        H = H + 0.5j * (sigma_plus(second) * a - sigma_plus(first) * b)
        jumps.append(Jump(a + b))
    offer = ask(Cascade(), OpenSystem(tuple(q for rail in rails for q in rail), H, tuple(jumps)))
    assert "a stage has 32 states, more than 16" in offer.reason
    assert "act on each other" not in offer.reason


@pytest.mark.parametrize(
    ("system", "labels"),
    [
        (DualRail(3, 0.3, bandwidth=10.0).system(), ["A1", "B1"]),
        (CavityChains(2, loss=0.1).system(), ["A1", "B1"]),
    ],
)
def test_what_evolve_and_initial_advise_works(system, labels):
    with pytest.raises(EngineMismatchError, match=ADVICE):
        run(Cascade(), system, [0.0, 1.0])
    modes = isinstance(system.spaces[0], Mode)
    engine = ds.engines.Gaussian() if modes else ds.engines.Lindblad()
    done = ds.evolve(upstream(system, labels), [0.0, 0.5], engine=engine)
    assert done.report.status in ("certified", "converged")
    if not modes:
        with pytest.raises(ArgumentError, match="Leave it out"):
            run(Cascade(), system, initial=done.state)


def test_sources_count_more_than_the_last_change_of_the_first_stage(monkeypatch):
    system = DualRail(2, 0.3, bandwidth=5.0, dephasing=0.01).system()
    monkeypatch.setattr(engine_module, "LATER", 0.0)
    bare = run(Cascade(dimension=32), system).report
    monkeypatch.undo()
    report = run(Cascade(dimension=32), system).report
    assert bare.truncation["moments of the source"] == 0.0
    assert (report.error_estimate or 0.0) > (bare.error_estimate or 0.0)
