"""What reports on trajectories must notice: truncation, steps, rare events, slow scales, starts.

Right values come from closed forms and from the Lindblad engine. Seeds are fixed; statuses that
depend on a sample are asserted only where all samples but one in a million agree.
"""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import darkstate as ds
from chance import sigmas
from darkstate.engines import Lindblad, Trajectories
from darkstate.engines.assess import finding, sentences
from darkstate.engines.contract import run
from darkstate.engines.trajectories import settling, verdict
from darkstate.engines.trajectories.averages import StationaryAverage, window_times
from darkstate.engines.trajectories.compile import compile_matrices
from darkstate.engines.trajectories.no_jump import NoJumpPropagator, TrajectoryBatch
from darkstate.engines.trajectories.second_look import (
    SecondLook,
    TrajectoryRun,
    fewer_levels,
    numbers_looked_at_twice,
    restrict_state,
)
from darkstate.engines.trajectories.unravelling import observed_unravelling, pure_unravelling
from darkstate.errors import ArgumentError, CapacityError, UnphysicalError
from darkstate.results import Status
from darkstate.states import DensityState, PureState
from darkstate.systems import (
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
)

A, B, Q = Mode("a"), Mode("b"), Qubit("q")
D, C = destroy(A), create(A)
DRIVEN = OpenSystem((Q,), 0.3 * sigma_x(Q), (Jump(sigma_minus(Q), 1.0, "light"),))


def pushed(force=1.0, detuning=0.0, decay=1.0):
    """A driven mode: coherent, ``alpha = -i force/k (1 - e^{-k t})`` with k = decay/2 + i det."""
    H = force * (C + D) + detuning * (C * D)
    return OpenSystem((A,), H, (Jump(D, decay, "out"),))


def watched(system, kind="homodyne"):
    return system.with_monitors(Monitor("out", kind, 1.0, -math.pi / 2))


def answers(system, times, engine, initial=None):
    """The reports of all that can be asked over times, with an average each."""
    runs = engine.ensemble(system, times, initial)
    records = engine.records(watched(system), times, initial)
    mean = run(engine, system, times, initial)
    return [
        (runs.report, runs.average()),
        (records.report, records.average()),
        (mean.report, mean.state),
    ]


# Truncation ---------------------------------------------------------------------------------------


def test_a_narrow_cutoff_is_suspect_whoever_asks_and_its_remedy_works():
    """Ensembles and records have reports, too, which name mode, population and a cutoff to try."""
    times, alpha = [0.0, 1.0, 6.0], 1.6 * (1 - math.exp(-3.0))
    for cutoff in (4, {"a": 4}):
        for report, _ in answers(pushed(0.8), times, Trajectories(12, seed=1, cutoff=cutoff)):
            assert report.status is Status.SUSPECT
            assert "of the 4 Fock states of 'a' hold 0." in report.warnings[0]
    tries = [4]
    while report.status is Status.SUSPECT:
        tries.append(int(report.warnings[0].split("{'a': ")[1].split("}")[0]))
        engine = Trajectories(12, seed=1, cutoff=tries[-1])
        report = run(engine, pushed(0.8), times).report
    assert len(tries) <= 4
    exact = coherent(-1j * alpha, tries[-1])
    for report, state in answers(pushed(0.8), times, engine):
        assert report.status is Status.CONVERGED
        gap = np.linalg.norm(np.asarray(state.matrix) - np.outer(exact, exact.conj()))
        ((name, change),) = (each for each in report.truncation.items() if "change" in each[0])
        # Jumps leave coherent states alone, whatever is drawn: there is only truncation. Records
        # err by their step, by the change to first order, and differ.
        drawn = sigmas(1, 11) * (report.error_estimate - change) if "step" in name else 0.0
        assert gap < 1.5 * change + drawn


def coherent(alpha, size):
    amplitudes = [alpha**n / math.sqrt(math.factorial(n)) for n in range(size)]
    return np.array(amplitudes) * math.exp(-0.5 * abs(alpha) ** 2)


def test_truncation_is_judged_at_all_times_and_between_them():
    """A detuned mode swings out to four photons and back to none; the last state is empty."""
    system, period = pushed(1.0, 1.0, 1e-3), 2 * math.pi
    engine = Trajectories(12, seed=1, cutoff=6)
    seen = run(engine, system, [0.0, 0.5 * period, period])
    assert seen.report.status is Status.SUSPECT
    assert "hold" in seen.report.warnings[0]
    blind = run(engine, system, [0.0, period]).report  # but the way back is not the right one
    assert blind.status is Status.SUSPECT
    fine = run(Trajectories(12, seed=1, cutoff=18), system, [0.0, period])
    assert fine.report.status is Status.CONVERGED
    assert fine.state.expectation(number(A)) < 0.05


def test_the_second_look_sees_what_no_edge_shows():
    """With an edge that counts for nothing, fewer levels still tell another story."""
    engine = Trajectories(60, seed=1, cutoff=5, edge=1.0)
    report = run(engine, pushed(0.8, 0.3, 1e-9), [0.0, 3.0]).report
    assert report.status is Status.SUSPECT
    assert report.warnings[0].startswith("states change by")
    assert report.warnings[0].endswith("with fewer Fock states: raise cutoff")
    assert report.error_estimate > report.truncation["change with fewer Fock states"] > 0.05


def stationary(system, cutoff):
    """Of the truncated master equation, whatever its truncation leaves out."""
    null = np.linalg.svd(compile_matrices(system, cutoff).unseen.toarray())[2][-1].conj()
    rho = null.reshape(cutoff, cutoff)
    return rho / np.trace(rho)


def test_stationary_averages_have_a_second_look_too():
    """Of a field of two photons in five Fock states: the change is that of the average states."""
    engine = Trajectories(60, seed=1, burn_in=10.0, duration=20.0, cutoff=5, edge=1.0)
    report = run(engine, pushed(0.7)).report
    assert report.status is Status.SUSPECT
    assert report.warnings[0].endswith("with fewer Fock states: raise cutoff")
    change = report.truncation["change with fewer Fock states"]
    wide, narrow = (stationary(pushed(0.7), n) for n in (5, 3))
    exact = np.linalg.norm(wide - np.pad(narrow, ((0, 2), (0, 2))))
    assert change == pytest.approx(exact, abs=0.05)  # over seeds it spreads by 0.004
    assert report.error_estimate > change > 0.1
    fine = run(Trajectories(60, seed=1, burn_in=10.0, duration=20.0, cutoff=9), pushed(0.2))
    assert fine.report.truncation["change with fewer Fock states"] < 1e-4
    assert fine.report.status is Status.CONVERGED


@pytest.mark.parametrize("start", [0, 1])
def test_one_parity_does_not_hide_the_edge(start):
    """Two-photon driving leaves every second level empty: even or odd cut-offs are all seen."""
    H = 0.25j * (C * C) - 0.25j * (D * D)
    system = OpenSystem((A,), H, (Jump(C * D, 0.01),))
    for cutoff in (5, 6, 7):
        initial = PureState.basis("a", cutoff, {"a": start})
        report = run(Trajectories(4, seed=1, cutoff=cutoff), system, [0.0, 2.0], initial).report
        assert report.status is Status.SUSPECT
    # from |1> three levels never move at all
    initial = PureState.basis("a", 3, {"a": 1})
    report = run(Trajectories(4, seed=1, cutoff=3), system, [0.0, 2.0], initial).report
    assert report.status is Status.SUSPECT
    assert "3 Fock states of 'a' cannot tell" in report.warnings[0]
    assert "{'a': 5}" in report.warnings[0]


def test_four_photon_driving_is_not_silent_below_its_power():
    """``a^4`` vanishes on four levels, where everything looks settled."""
    d4, c4 = D * D * D * D, C * C * C * C
    system = OpenSystem((A,), 0.3 * d4 + 0.3 * c4, (Jump(D, 1.0), Jump(d4, 0.1)))
    for cutoff in (4, 5, 6, 8):
        report = run(Trajectories(20, seed=1, cutoff=cutoff), system, [0.0, 4.0]).report
        assert report.status is Status.SUSPECT
    found = run(Trajectories(200, seed=1, cutoff=14), system, [0.0, 0.3])
    exact = ds.evolve(system, [0.0, 0.3], engine=Lindblad(cutoff=24)).state.reduced("a")
    gap = np.linalg.norm(np.asarray(found.state.matrix) - np.asarray(exact.matrix)[:14, :14])
    assert gap < sigmas() * found.report.error_estimate


def test_a_resonance_with_a_high_level_is_not_overlooked():
    """``E(n) = D n + X n (n - 1)`` vanishes at n = 6: fewer levels agree on an empty mode."""
    H = 5.0 * (C * D) - 1.0 * (C * C * D * D) + 0.05 * (C + D)
    system = OpenSystem((A,), H, (Jump(D, 1e-3),))
    report = run(Trajectories(4, seed=1, cutoff=6), system, [0.0, 10.0]).report
    assert report.truncation["Fock edge of a"] < 1e-4
    assert report.status is Status.SUSPECT
    assert "may be in resonance: raise cutoff, for example {'a': 10}" in report.warnings[0]
    assert run(Trajectories(4, seed=1, cutoff=10), system, [0.0, 10.0]).report.warnings == ()


def test_each_mode_has_a_cutoff_of_its_own():
    exchange = create(A) * destroy(B)
    H = 0.5 * (C + D) + 0.3 * (exchange + exchange.adjoint())
    system = OpenSystem((A, B), H, (Jump(D, 1.0, "out"), Jump(destroy(B), 1.0)))
    narrow = run(Trajectories(10, seed=1, cutoff={"a": 10, "b": 4}), system, [0.0, 8.0])
    assert narrow.state.dimensions == (10, 4)
    (only,) = [text for text in narrow.report.warnings if "hold" in text]
    assert "'b'" in only
    wide = run(Trajectories(10, seed=1, cutoff={"a": 10, "b": 8}), system, [0.0, 8.0])
    assert wide.report.status is Status.CONVERGED
    same = run(Trajectories(10, seed=1, cutoff=10), system, [0.0, 8.0]).state
    both = run(Trajectories(10, seed=1, cutoff={"b": 10, "a": 10}), system, [0.0, 8.0]).state
    np.testing.assert_array_equal(same.matrix, both.matrix)
    with pytest.raises(ArgumentError, match="cutoff"):
        run(Trajectories(cutoff={"a": 10, "x": 4}), system, [0.0, 1.0])
    with pytest.raises(ArgumentError, match=r"the mode 'b'.*'b': 10"):
        run(Trajectories(cutoff={"a": 10}), system, [0.0, 1.0])
    with pytest.raises(ArgumentError, match="cutoff"):
        Trajectories(cutoff={"a": 1})


def test_fewer_levels_leave_two_and_restricted_states_enough():
    matrices = compile_matrices(pushed(), 4)
    assert fewer_levels(matrices) == {"a": 2}
    assert fewer_levels(compile_matrices(pushed(), 3)) == {}
    places = np.arange(2)
    low, high = (
        PureState("a", 4, np.sqrt(np.array(w))) for w in ([0.5, 0, 0.5, 0], [0.4, 0, 0.6, 0])
    )
    assert restrict_state(low, (2,), places) is not None
    assert restrict_state(high, (2,), places) is None
    assert restrict_state(low.density(), (2,), places).matrix[0, 0] == pytest.approx(1.0)
    assert restrict_state(high.density(), (2,), places) is None


def test_without_another_step_or_fewer_levels_there_is_no_second_look():
    """Nothing that could differ, or a start of which fewer levels hold too little."""
    assert run(Trajectories(4, seed=1), DRIVEN, [0.0, 1.0]).report.truncation == {}
    highest = PureState.basis("a", 6, {"a": 5})
    report = run(Trajectories(4, seed=1, cutoff=6), pushed(), [0.0, 0.1], highest).report
    assert list(report.truncation) == ["Fock edge of a"]


def test_a_quarter_is_looked_at_twice_and_vectors_in_larger_numbers():
    """Matrices are averages over much already, and cost the square."""
    matrices, start = compile_matrices(watched(pushed()), 4), PureState.basis("a", 4)
    vectors, densities = (
        TrajectoryRun(matrices, motion, start, [0.0, 1.0], 1)
        for motion in (
            pure_unravelling(matrices, "jumps", None),
            observed_unravelling(matrices, None),
        )
    )
    assert (vectors.size, densities.size) == (4, 16)
    for runs, asked, looked in (
        (vectors, 40, 40), (vectors, 80, 50), (vectors, 400, 100), (vectors, 1000, 200),
        (densities, 2, 2), (densities, 4, 2), (densities, 40, 10),
    ):  # fmt: skip
        assert numbers_looked_at_twice(runs, range(asked), runs.size, 1e9) == range(looked)


def test_a_cutoff_to_try_follows_the_tail():
    geometric = 0.5 * 0.5 ** np.arange(8.0)
    tried = verdict.cutoff_to_try(geometric[None], 1e-4, 2)
    assert 14 <= tried <= 20  # 2^-14 < 1e-4
    flat = np.full((1, 8), 0.125)
    assert verdict.cutoff_to_try(flat, 1e-4, 2) == 24  # no tail: three times as many
    steep = 1e-3 ** np.arange(8.0)
    assert verdict.cutoff_to_try(steep[None], 1e-14, 3) == 12


# Steps --------------------------------------------------------------------------------------------


def fast(rabi):
    H = 0.5 * rabi * sigma_x(Q)
    return OpenSystem((Q,), H, (Jump(sigma_minus(Q), 1.0, "out"),))


def test_a_fast_hamiltonian_does_not_look_slow():
    """One Rabi period in a step of 0.05/rate: a measurement that looks once a period sees none."""
    system = fast(2 * math.pi / 0.05)
    options = {"trajectories": 60, "seed": 1, "unravelling": "homodyne"}
    exact = np.asarray(ds.evolve(system, [0.0, 5.0]).state.matrix)
    found = run(Trajectories(**options), system, [0.0, 5.0])
    assert found.report.status is Status.CONVERGED
    assert np.linalg.norm(found.state.matrix - exact) < sigmas(1, 59) * found.report.error_estimate
    wrong = run(Trajectories(step=0.05, **options), system, [0.0, 5.0])
    assert np.linalg.norm(wrong.state.matrix - exact) > 0.5
    assert wrong.report.status is Status.SUSPECT
    assert "a Hamiltonian and losses with the norm 62.8" in wrong.report.warnings[0]
    records = Trajectories(4, seed=1, step=0.05).records(watched(system), [0.0, 1.0])
    assert records.report.status is Status.SUSPECT


def test_records_with_too_long_a_step_are_suspect():
    long = Trajectories(4, seed=1, step=0.5).records(watched(fast(0.5)), [0.0, 2.0]).report
    assert long.status is Status.SUSPECT
    assert "too long for measured rates" in long.warnings[0]
    # times so close that the step is never taken are fine
    close = np.linspace(0, 0.4, 9)
    short = Trajectories(4, seed=1, step=0.5).records(watched(fast(0.5)), close).report
    assert short.status is Status.CONVERGED
    assert "change with half the step" in short.truncation
    paced = Trajectories(4, seed=1, step=0.02).records(watched(fast(0.5)), close).report
    assert "change with twice the step" in paced.truncation


@pytest.mark.parametrize("spacing", [1.0, 0.125], ids=["doubled", "halved"])
@pytest.mark.parametrize("kind", ["homodyne", "heterodyne"])
def test_the_error_of_a_step_is_in_the_estimate(kind, spacing):
    """A coarse step and many trajectories: the step is what the error is made of."""
    jumps = (Jump(sigma_minus(Q), 1.0, "out"), Jump(sigma_z(Q), 0.5))  # they do not commute
    system = OpenSystem((Q,), 0.7 * sigma_x(Q), jumps)
    exact = np.asarray(ds.evolve(system, [0.0, 1.0]).state.matrix)
    engine = Trajectories(6000, seed=1, unravelling=kind, step=0.125)
    found = run(engine, system, np.arange(0, 1 + spacing, spacing))
    (change,) = found.report.truncation.values()
    error = found.report.error_estimate
    assert np.linalg.norm(found.states[-1].matrix - exact) < sigmas() * error
    assert found.report.error_estimate > (1.0 if spacing == 1.0 else 2.0) * change
    assert 1e-4 < change < 0.06


def test_halved_and_doubled_steps_walk_the_same_path():
    """Ends of trajectories differ by the order of the step, not by chance."""
    matrices, times = compile_matrices(fast(2.0), None), [0.0, 3.0]
    start = PureState.basis("q", 2)

    def ends(pace):
        motion = pure_unravelling(matrices, "homodyne", 0.01, pace)
        _, moments = TrajectoryRun(matrices, motion, start, times, 3).begin(range(40))
        return [x.copy() for x, _ in moments][-1]

    def distance(x, y):
        return np.mean(1 - np.abs(np.einsum("dn,dn->n", x.conj(), y)) ** 2)

    usual = ends(1.0)
    strangers = distance(usual, np.roll(usual, 1, axis=1))
    for pace in (2.0, 0.5):
        assert 0 < distance(usual, ends(pace)) < 0.02 * strangers


# Rare events, slow scales -------------------------------------------------------------------------


def test_events_that_nobody_met_are_in_the_estimate():
    """A decay of probability 1e-3 in no trajectory of 50: the spread is zero, the error is not."""
    excited = PureState.basis("q", 2, {"q": 1})
    for rate in (1e-3, 1e-6, 1e-9):
        system = OpenSystem((Q,), 0.0 * sigma_x(Q), (Jump(sigma_minus(Q), rate),))
        found = run(Trajectories(50, seed=1), system, [0.0, 1.0], excited)
        gap = math.sqrt(2) * (1 - math.exp(-rate))  # if no jump was drawn, as most seeds do
        assert gap <= found.report.error_estimate * (1 + 1e-6)
        assert found.report.error_estimate < 0.05
    closed = OpenSystem((Q,), 0.3 * sigma_x(Q), ())
    assert run(Trajectories(50, seed=1), closed, [0.0, 1.0]).report.error_estimate < 1e-7


def test_rare_parts_of_a_mixed_start_are_in_the_estimate():
    mixed = DensityState("q", 2, np.diag([0.999, 0.001]))
    closed = OpenSystem((Q,), 0.0 * sigma_x(Q), ())
    found = run(Trajectories(20, seed=1), closed, [0.0, 1.0], mixed)
    gap = np.linalg.norm(np.asarray(found.state.matrix) - np.asarray(mixed.matrix))
    assert gap <= found.report.error_estimate
    assert found.report.error_estimate >= math.sqrt(2) * 0.001 * (1 - 1e-9)
    blind = DRIVEN.with_monitors(Monitor("light", "counting", 0.0))  # whoever keeps rho draws none
    assert Trajectories(20, seed=1).records(blind, [0.0, 1.0], mixed).report.error_estimate < 1e-7


def slow(rate):
    jumps = (Jump(sigma_minus(Q), rate), Jump(sigma_plus(Q), rate))
    return OpenSystem((Q,), 0.0 * sigma_x(Q), jumps)


def copies(system, count):
    """A system beside idle qubits that decay: too large for its master equation."""
    more = tuple(Qubit(f"idle{k}") for k in range(count))
    jumps = (*system.jumps, *(Jump(sigma_minus(q), 1.0) for q in more))
    return OpenSystem((*system.spaces, *more), system.hamiltonian, jumps)


@pytest.mark.parametrize("idle", [0, 4], ids=["master equation", "other start"])
def test_a_window_that_is_short_against_a_weak_rate_is_suspect(idle):
    """Nothing happens in it: no spread, no drift. But the start was not forgotten."""
    for rate in (1e-2, 1e-5, 1e-8):
        engine = Trajectories(40, seed=1, burn_in=3.0, duration=6.0)
        found = run(engine, copies(slow(rate), idle))
        assert found.report.status is Status.SUSPECT
        assert "raise burn_in" in found.report.warnings[-1]
        gap = np.linalg.norm(found.state.reduced("q").matrix - 0.5 * np.eye(2))
        assert gap < 2 * found.report.error_estimate
    fine = Trajectories(30, seed=1, burn_in=20.0, duration=30.0)
    report = run(fine, copies(slow(1.0), idle)).report
    assert report.status is Status.CONVERGED
    assert report.error_estimate < 0.1


def test_the_bias_of_a_window_is_that_of_the_decay():
    """Populations relax at twice the rate: ``e^{-2 r b} (1 - e^{-2 r d})/(2 r d)`` is left."""
    for rate, begin, duration in ((0.1, 3.0, 6.0), (1.0, 0.0, 2.0)):
        matrices = compile_matrices(slow(rate), None)
        motion, times = pure_unravelling(matrices, "jumps", None), window_times(begin, duration)
        runs = TrajectoryRun(matrices, motion, PureState.basis("q", 2), times, 1)
        left = math.exp(-2 * rate * begin) * -math.expm1(-2 * rate * duration)
        bias, unique = settling.start_bias(runs)
        assert bias == pytest.approx(left / (2 * rate * duration) / math.sqrt(2), rel=1e-9)
        assert unique


def test_a_steady_state_that_is_not_unique_is_called_so():
    """Dephasing keeps populations: where one starts is where one stays."""
    system = OpenSystem((Q,), 0.0 * sigma_x(Q), (Jump(sigma_z(Q), 1.0),))
    engine = Trajectories(60, seed=1, burn_in=10.0, duration=10.0)
    asked = run(engine, system, initial=PureState.basis("q", 2, {"q": 1})).report
    assert asked.status is Status.CONVERGED
    assert asked.unique is False
    default = run(engine, system).report
    assert default.status is Status.SUSPECT
    assert "not unique" in default.warnings[0]
    large = run(engine, copies(system, 4)).report
    assert large.status is Status.SUSPECT
    assert "not unique" in large.warnings[-1]
    closed = OpenSystem((Q,), 0.5 * sigma_x(Q) + 0.2 * sigma_z(Q), ())
    assert run(engine, closed).report.status is Status.SUSPECT


def test_another_start_is_another_one():
    matrices = compile_matrices(pushed(), 7)
    ground, middle = (PureState.basis("a", 7, {"a": n}) for n in (0, 3))
    for initial, other in ((ground, middle), (middle, ground), (middle.density(), ground)):
        np.testing.assert_array_equal(settling.other_start(matrices, initial).vector, other.vector)
    near = PureState("a", 7, np.array([0.1, 0, 0, math.sqrt(0.99), 0, 0, 0]))
    assert settling.other_start(matrices, near).vector[0] == 1.0


def test_what_the_master_equation_says_is_judged():
    assert sentences(settling.exact_findings(0.09, True, False, 0.1)) == ()
    assert "of 0.11: raise burn_in" in sentences(settling.exact_findings(0.11, True, False, 0.1))[0]
    assert "initial=" in sentences(settling.exact_findings(0.0, False, False, 0.1))[0]
    assert sentences(settling.exact_findings(0.0, False, True, 0.1)) == ()


def test_halves_that_differ_and_starts_that_differ_are_told_apart_from_chance():
    def window(populations):
        found = StationaryAverage.empty(2)
        for early, late in populations:
            halves = [np.diag([1 - p, p]).astype(complex)[None] for p in (early, late)]
            found.add(np.array(halves))
        return found

    noise = np.linspace(-0.1, 0.1, 40)
    calm = window([(0.5 + x, 0.5 - x) for x in noise])
    assert sentences(settling.settling_findings(calm, calm, 0.0)) == ()
    drifting = window([(0.4 + x, 0.6 - x) for x in noise])
    assert "two halves" in sentences(settling.settling_findings(drifting, calm, 0.0))[0]
    assert sentences(settling.settling_findings(drifting, calm, 0.3)) == ()
    apart = window([(0.7 + x, 0.7 - 0.9 * x) for x in noise])
    (text,) = sentences(settling.settling_findings(calm, apart, 0.0))
    assert "0.28 apart" in text
    assert sentences(settling.settling_findings(calm, apart, 0.3)) == ()
    still = window([(0.5, 0.5)] * 4)
    for shift, found in ((1e-12, 0), (1e-7, 1)):
        assert (
            len(sentences(settling.settling_findings(window([(0.5, 0.5 + shift)] * 4), still, 0.0)))
            >= found
        )
        rounded = window([(0.5 + shift, 0.5 + shift)] * 4)
        assert len(sentences(settling.settling_findings(still, rounded, 0.0))) == found


# Bad starts, long times, odd channels -------------------------------------------------------------


def test_an_unphysical_start_is_refused_by_all():
    bad = DensityState(("q",), (2,), np.diag([1.3, -0.3]))
    engine = Trajectories(10, seed=1, burn_in=1.0, duration=1.0)
    seen = DRIVEN.with_monitors(Monitor("light"))
    for call in (partial(run, engine), engine.ensemble, engine.records):
        with pytest.raises(UnphysicalError, match="negative"):
            call(seen, [0.0, 1.0], bad)
    with pytest.raises(UnphysicalError, match="negative"):
        run(engine, seen, initial=bad)


def test_very_long_times_are_refused_and_long_ones_keep_their_digits():
    engine = Trajectories(10, seed=1)
    for span in (1e12, 1e20):
        with pytest.raises(CapacityError, match=r"Lindblad"):
            run(engine, DRIVEN, [0.0, span])
    closed = OpenSystem((Q,), 0.5 * sigma_x(Q), ())
    with pytest.raises(CapacityError, match="rounding"):
        run(engine, closed, [0.0, 1e20])
    span = 123456789.123456789
    found = run(engine, closed, [0.0, span])
    exact = math.sin(0.5 * span) ** 2
    assert found.state.matrix[1, 1].real == pytest.approx(exact, abs=1e-7)
    assert 1e-9 < found.report.error_estimate < 1e-6
    assert found.report.status is Status.CONVERGED


def test_times_far_from_zero_cost_no_digits():
    """Waiting times are counted from the start, not from the year zero."""
    excited = PureState.basis("q", 2, {"q": 1})
    system = OpenSystem((Q,), 0.0 * sigma_x(Q), (Jump(sigma_minus(Q), 1e7),))
    near, far = (
        Trajectories(20, seed=1).ensemble(system, [t, t + 1e-5], excited) for t in (0.0, 4096.0)
    )
    for one, two in zip(near.jumps, far.jumps, strict=True):
        assert two[0][0] - 4096.0 == pytest.approx(one[0][0], abs=1e-12)
    np.testing.assert_allclose(near.vectors, far.vectors, atol=1e-12)


def test_a_state_that_nothing_moves_does_not_jump_by_rounding():
    """Its weight meets a threshold next to one; no jump has a weight then, and none is drawn."""
    lower = compile_matrices(DRIVEN, None).channels[0]
    flow = NoJumpPropagator(0 * lower, (lower,), matrices=False)
    stream = np.random.default_rng(1)
    batch = TrajectoryBatch(np.array([[1.0 + 0j], [0.0]]), [stream], 0.0)
    batch.threshold = np.array([1.0 + 1e-15])
    flow.advance(batch, 1.0)
    assert batch.clicks == [[]]
    np.testing.assert_allclose(batch.x[:, 0], [1.0, 0.0])
    assert 0 < batch.threshold[0] < 1


def test_a_detector_of_a_dark_channel_sees_the_vacuum():
    """Rate zero: no click, and a current of nothing but shot noise under its own name."""
    jumps = (Jump(sigma_minus(Q), 0.0, "dark"), Jump(sigma_z(Q), 0.3, "noise"))
    system = OpenSystem((Q,), 0.3 * sigma_x(Q), jumps)
    times = np.linspace(0.0, 20.0, 21)
    seen = system.with_monitors(Monitor("dark", "homodyne"))
    records = Trajectories(200, seed=1).records(seen, times)
    current = records.table().sel(channel="dark").values
    assert abs(current.mean()) < sigmas(2) / math.sqrt(current.size)
    assert abs(current.var() - 1.0) < sigmas(2) * math.sqrt(2 / current.size)
    counted = Trajectories(20, seed=1).records(
        system.with_monitors(Monitor("dark", "counting")), times
    )
    assert counted.clicks == ((),) * 20
    exact = ds.evolve(system, [0.0, 20.0]).state.matrix
    for each in (records, counted):
        np.testing.assert_allclose(each.average().matrix, exact, atol=1e-8)


def test_observables_that_are_not_hermitian_keep_their_imaginary_part():
    runs = Trajectories(30, seed=1).ensemble(DRIVEN, [0.0, 1.0])
    found = runs.expectation(sigma_minus(Q))
    assert np.iscomplexobj(found)
    mean = complex(runs.average().expectation(sigma_minus(Q)))
    assert abs(mean.imag) > 0.1
    assert found[-1].mean() == pytest.approx(mean, abs=1e-12)
    assert runs.expectation(sigma_z(Q)).dtype == float
    weak = runs.expectation(sigma_z(Q) + 1e-6 * sigma_minus(Q))
    assert np.abs(weak.imag).max() > 1e-8


# The verdict itself -------------------------------------------------------------------------------


def sample(**changes):
    matrices = compile_matrices(pushed(), 8)
    motion = pure_unravelling(matrices, "jumps", None)
    runs = TrajectoryRun(matrices, motion, PureState.basis("a", 8), [0.0, 1.0], 1)
    levels = {"a": np.array([[1.0] + [0.0] * 7] * 2)}
    return replace(verdict.TrajectorySample(runs, range(100), levels, 0.01, 0.0, None), **changes)


def look(changes, noises):
    found = SecondLook(sample().runs, np.arange(6), 1.0, "fewer Fock states", "raise cutoff")
    found.changes, found.noises = changes, noises
    return found


def status(**changes):
    return verdict.report_of(Trajectories(edge=1e-4), sample(**changes), "").status


def test_every_condition_of_the_verdict():
    good, bad = Status.CONVERGED, Status.SUSPECT
    assert status() is good
    assert status(settling=settling.Settling(0.0, None, (finding("drift", 1.0),))) is bad
    assert status(margin=-1e-9) is good
    assert status(margin=-1e-7) is bad
    for moment in (0, 1):
        for held, verdict_ in ((0.9e-4, good), (1.1e-4, bad)):
            levels = np.zeros((2, 8))
            levels[:, 0], levels[moment, 6] = 1.0, held
            assert status(levels={"a": levels}) is verdict_
    assert status(look=look([0.0, 0.04], [0.0, 0.0])) is good
    assert status(look=look([0.0, 0.06], [0.0, 0.0])) is bad
    assert status(look=look([0.06, 0.0], [0.0, 0.0])) is bad
    assert status(look=look([0.06, 0.0], [0.013, 0.0])) is good  # chance
    assert status(look=look([0.06, 0.0], [0.011, 0.0])) is bad


def test_the_error_adds_up():
    floor = math.sqrt(2) / 100
    assert verdict.error_of(sample()) == pytest.approx(math.hypot(0.01, floor), rel=1e-9)
    rare = verdict.error_of(sample(forgetful=0.1))
    assert rare == pytest.approx(math.hypot(0.01, 0.1 * floor), rel=1e-9)
    biased = verdict.error_of(sample(settling=settling.Settling(0.3, None, ())))
    assert biased == pytest.approx(0.3 + math.hypot(0.01, floor), rel=1e-9)
    changed = verdict.error_of(sample(look=look([0.2, 0.1], [1.0, 1.0])))
    assert changed == pytest.approx(0.2 + math.hypot(0.01, floor), rel=1e-9)


def test_records_and_ensembles_state_the_error_of_their_average():
    seen = DRIVEN.with_monitors(Monitor("light", "counting", 0.7))
    engine, truth = Trajectories(400, seed=3), ds.evolve(DRIVEN, [0.0, 2.0]).state.matrix
    for found in (engine.ensemble(DRIVEN, [0.0, 2.0]), engine.records(seen, [0.0, 2.0])):
        gap = np.linalg.norm(np.asarray(found.average().matrix) - truth)
        assert gap < sigmas(2) * found.report.error_estimate < 0.3
        assert found.report.provenance["entropy"] == 3
        assert found.report.margin is not None
    alone = engine.ensemble(DRIVEN, [0.0, 2.0], only=[7])
    assert alone.report.error_estimate == math.inf
