"""What reports on matrix-product states must notice: bonds, steps, slow stages, rare events."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tensor_brute import rails, two_qubits

import darkstate as ds
from darkstate.engines import contract
from darkstate.engines.tensor import TensorTrajectories, verdict
from darkstate.engines.tensor.local import local_generator, slowest_site
from darkstate.engines.tensor.mps import Cut
from darkstate.engines.tensor.sampling import Run
from darkstate.engines.tensor.sites import chain_of
from darkstate.engines.tensor.walker import network_of
from darkstate.errors import ArgumentError, CapacityError
from darkstate.results import Status
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems import (
    Jump,
    OpenSystem,
    Qubit,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
)

P, Q = Qubit("p"), Qubit("q")


def uneven(first=0.7, second=1e-3, drive=0.4, *jumps):
    """A driven qubit feeds another one that couples more weakly to the light."""
    exchange = sigma_plus(P) * sigma_minus(Q)
    H = 0.5j * math.sqrt(first * second) * (exchange - exchange.adjoint()) + drive * sigma_x(P)
    light = math.sqrt(first) * sigma_minus(P) + math.sqrt(second) * sigma_minus(Q)
    return OpenSystem((P, Q), H, (Jump(light, 1.0, "light"), *jumps))


# Slow stages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "sites"),
    [
        (uneven(0.7, 0.3, 0.4, Jump(sigma_z(P), 0.2, "noise")), [0]),
        (uneven(0.7, 1e-3, 0.0, Jump(sigma_z(Q), 0.2, "noise")), [0, 1]),
        (two_qubits(0.5), [0, 1]),
    ],
)
def test_rates_of_sites_are_rates_of_the_whole(system, sites):
    """Of the first site always, of the others if nothing arrives."""
    spaces, one = list(system.spaces), np.eye(4)
    H = operator_matrix(system.hamiltonian, spaces).toarray()
    L = -1j * (np.kron(H, one) - np.kron(one, H.T))
    for jump in system.jumps:
        c = math.sqrt(jump.rate) * operator_matrix(jump.operator, spaces).toarray()
        n = c.conj().T @ c
        L = L + np.kron(c, c.conj()) - 0.5 * (np.kron(n, one) + np.kron(one, n.T))
    chain, whole = chain_of(system), np.linalg.eigvals(L)
    for site in sites:
        for value in np.linalg.eigvals(local_generator(chain, site)):
            assert np.abs(whole - value).min() < 1e-4  # defective ones lose most digits


def test_the_slowest_site():
    assert slowest_site(chain_of(uneven(0.7, 1e-6))) == (1, pytest.approx(5e-7))
    assert slowest_site(chain_of(uneven(0.2, 0.6, 0.0))) == (0, pytest.approx(0.1))


@pytest.mark.parametrize("weak", [1e-2, 1e-4, 1e-8])
def test_a_window_that_is_short_against_a_weak_coupling_is_suspect(weak):
    """The stage is named, with the burn_in that it takes."""
    engine = TensorTrajectories(4, burn_in=10.0, duration=20.0, seed=1)
    report = ds.steady_state(uneven(second=weak), engine=engine).report
    assert report.status is Status.SUSPECT
    (text,) = [each for each in report.warnings if "relaxes at the rate" in each]
    assert "the stage q relaxes" in text
    assert f"{verdict.FORGOTTEN / (0.5 * weak):.3g} or more" in text


def test_a_stage_that_never_forgets_is_suspect():
    """Light that passes changes its phases, but its populations stay where they were."""
    L_p, L_q = math.sqrt(0.7) * sigma_minus(P), math.sqrt(0.2) * sigma_z(Q)
    exchange = L_p.adjoint() * L_q
    H = 0.5j * (exchange - exchange.adjoint()) + 0.4 * sigma_x(P)
    system = OpenSystem((P, Q), H, (Jump(L_p + L_q, 1.0, "light"),))
    engine = TensorTrajectories(4, seed=1, burn_in=20.0, duration=20.0)
    report = ds.steady_state(system, engine=engine).report
    assert report.status is Status.SUSPECT
    assert "it may never do so" in " ".join(report.warnings)


# Bonds and steps ----------------------------------------------------------------------------------


def test_narrow_bonds_make_an_average_suspect():
    engine = TensorTrajectories(2, seed=5, burn_in=20.0, duration=30.0, bond=3)
    report = ds.steady_state(rails(3, 0.8, dephasing=0.2), engine=engine).report
    assert report.status is Status.SUSPECT
    assert report.truncation["discarded weight per disturbance"] > 2 * verdict.TOLERATED
    assert "raise bond" in report.warnings[-1]


def test_a_coarser_look_is_coarser_in_everything():
    network = network_of(chain_of(two_qubits()), 0.2, Cut(1e-6, 5), 1e-3)
    other = verdict.coarser(network)
    assert (other.step, other.cut.weight, other.cut.bond, other.dark) == (
        pytest.approx(0.3),
        pytest.approx(1e-5),
        2,
        pytest.approx(3e-3),
    )
    assert verdict.coarser(replace(network, cut=Cut(0.5, 1), dark=0.5)).cut == Cut(0.1, 1)


def test_too_long_a_step_is_suspect():
    engine = TensorTrajectories(4, seed=1, step=3.0)
    report = contract.run(engine, two_qubits(drive=0.4), [0.0, 6.0]).report
    assert report.status is Status.SUSPECT
    assert "step 3 is too long" in report.warnings[0]


# Times and events ---------------------------------------------------------------------------------


def test_errors_are_those_of_all_times():
    """Decays spread states on the way; in the end all are in the ground state again."""
    excited = PureState.basis(("p", "q"), (2, 2), {"p": 1, "q": 1})
    engine = TensorTrajectories(30, seed=1)
    found = contract.run(engine, two_qubits(), [0.0, 1.0, 60.0], excited)
    spread = found.states[1].blocks[0]
    error = math.sqrt(np.sum(np.var(spread, axis=0, ddof=1)) / 30)
    # half of them have decayed: 2 to 28 of 30 but for one seed in ten million
    assert error > 0.05
    assert found.report.error_estimate >= error * (1 - 1e-12)
    assert found.report.margin == pytest.approx(0.0, abs=1e-9)


def test_events_that_nobody_met_are_in_the_estimate():
    excited = PureState.basis(("p", "q"), (2, 2), {"p": 1})
    system = uneven(1e-4, 1e-4, 0.0)
    report = contract.run(TensorTrajectories(10, seed=1), system, [0.0, 1.0], excited).report
    assert report.error_estimate >= math.sqrt(2) * 1e-4  # if no jump was drawn
    assert report.error_estimate < 0.3


def test_a_start_that_is_not_forgotten_drifts():
    engine = TensorTrajectories(20, burn_in=0.0, duration=1.0, seed=1)
    report = ds.steady_state(two_qubits(drive=0.4), engine=engine).report
    assert report.status is Status.SUSPECT
    assert any("two halves" in text for text in report.warnings)


def test_dark_states_without_noise_are_exact():
    """Nothing can happen: no error, no warning, any time."""
    engine = TensorTrajectories(2, seed=1, burn_in=0.0, duration=1e20)
    report = ds.steady_state(rails(3), engine=engine).report
    assert report.status is Status.CONVERGED
    assert report.error_estimate < 1e-9


def test_what_does_not_end_is_refused():
    engine = TensorTrajectories(2, seed=1)
    for span in (1e12, 1e20):
        with pytest.raises(CapacityError, match="would not end"):
            contract.run(engine, two_qubits(drive=0.4), [0.0, span])
    noisy = TensorTrajectories(2, seed=1, burn_in=1.0, duration=1e20)
    with pytest.raises(CapacityError, match="would not end"):
        ds.steady_state(rails(2, dephasing=1e-3), engine=noisy)


def test_only_pure_states_are_followed():
    bad = DensityState(("p", "q"), (2, 2), np.diag([1.3, -0.3, 0.0, 0.0]))
    with pytest.raises(ArgumentError, match="of the kind PureState"):
        contract.run(TensorTrajectories(2, seed=1), two_qubits(), [0.0, 1.0], bad)


def test_means_of_any_operator_are_estimated():
    """Complex where the operator is not Hermitian."""
    system = uneven(0.7, 0.3, 0.4)
    engine = TensorTrajectories(40, seed=1)
    found = contract.run(engine, system, [0.0, 2.0]).state
    value, error = found.estimate(lambda s, *_: s.expectation(sigma_minus(P)), "p")
    exact = ds.evolve(system, [0.0, 2.0]).state.expectation(sigma_minus(P))
    assert abs(complex(exact).imag) > 0.1
    assert abs(value - exact) < 5 * error
    real, _ = found.estimate(ds.purity, "p")
    assert isinstance(real, float)


# The verdicts themselves --------------------------------------------------------------------------


def run(blocks, clicks=(), lost=0.0, rests=False):
    """A run of two sites in the same states."""
    matrices = np.array([np.diag([1 - p, p]).astype(complex) for p in blocks])
    return Run([matrices, matrices], [], lost, 1, list(clicks), rests)


def sample(runs=None, again=None, burn_in=20.0, step=0.1, noise_rate=0.0):
    noise = (Jump(sigma_z(Q), noise_rate, "noise"),)
    chain = chain_of(uneven(0.7, 0.7, 0.4, *noise))
    network = network_of(chain, step, Cut(1e-6, 8), 1e-3)
    engine = TensorTrajectories(2, seed=1)
    times = tuple((burn_in or 0.0) + 10.0 * (1 + np.arange(16)))
    task = engine._job(network, None, times, 0.0, tuple(range(16)), dark=False)
    noise = 0.5 + 0.1 * np.sin(5.0 * np.arange(16))
    clicks = [(30.0 + k, "light") for k in range(5)]
    runs = [run(noise, clicks), run(noise[::-1], clicks)] if runs is None else runs
    return verdict.Sample(task, runs, runs if again is None else again, burn_in)


def status(**changes):
    return verdict.verdict_of(sample(**changes)).status


def test_every_condition_of_the_verdict():
    good, bad = Status.CONVERGED, Status.SUSPECT
    noise = 0.5 + 0.1 * np.sin(5.0 * np.arange(16))
    clicks = [(30.0 + k, "light") for k in range(5)]
    early = [(k, "light") for k in range(5)]
    assert status() is good
    assert status(burn_in=11.0) is bad  # forgets at the rate 0.35
    assert status(step=1.7) is bad
    assert status(runs=[run(noise, clicks[:4])]) is bad
    assert status(runs=[run(noise, early)]) is bad  # before the window
    assert status(runs=[run(noise, (), rests=True)]) is good
    assert status(runs=[run(noise, (), rests=True)], noise_rate=0.1) is bad  # it may end the rest
    assert status(runs=[run(noise, clicks, lost=0.16)]) is bad
    assert status(runs=[run(noise, clicks, lost=0.14)]) is good
    drifting = np.concatenate([noise[:8] - 0.2, noise[8:] + 0.2])
    assert status(runs=[run(drifting, clicks)]) is bad
    moved, still = run(drifting, clicks), run(noise, clicks)
    for sites in ([0, 1], [1, 0]):  # at one site alone
        blocks = [(moved.blocks[0], still.blocks[0])[k] for k in sites]
        assert status(runs=[replace(still, blocks=blocks)]) is bad
    for shift, verdict_ in ((0.03, good), (0.04, bad)):  # sqrt 2 times as far
        assert status(again=[run(noise + shift, clicks), run(noise[::-1], clicks)][:1]) is verdict_
    assert status(again=[run(noise + 0.04 * (-1.0) ** np.arange(16))]) is good


def test_disturbances_are_jumps_at_fixed_rates_where_there_are_any():
    """Light from a driven emitter says nothing about how often it is disturbed."""
    noise = 0.5 + 0.1 * np.sin(5.0 * np.arange(16))
    light = [(30.0 + k, "light") for k in range(9)]
    kicks = [(30.0 + k, "noise") for k in range(5)]
    early = [(1.0 + k, "noise") for k in range(5)]
    for clicks, found in ((light, 0), (light + kicks, 5), (kicks[:4] + early, 4)):
        each = sample(runs=[run(noise, clicks, lost=0.2)], noise_rate=0.1)
        assert verdict.disturbances(each) == found
        assert verdict.discarded(each) == pytest.approx(
            0.2 / max(1, sum(name == "noise" for _, name in clicks))
        )


def test_a_drift_by_rounding_is_none():
    clicks = [(30.0 + k, "light") for k in range(5)]
    for shift, found in ((1e-12, Status.CONVERGED), (1e-7, Status.SUSPECT)):
        steps = 0.5 + shift * (np.arange(16) >= 8)
        assert status(runs=[run(steps, clicks)]) is found


def test_verdicts_on_states_at_times():
    """No window, so nothing to wait for; the sampling error holds at the worst time."""
    falling = 0.9 ** np.arange(16.0)
    assert status(runs=[run(falling), run(falling)], burn_in=None) is Status.CONVERGED
    steady, moving = np.full(16, 0.5), np.full(16, 0.5)
    moving[3] = 0.9
    found = sample(runs=[run(steady), run(moving), run(steady)], burn_in=None)
    assert verdict.verdict_of(found).status is Status.CONVERGED
    spread = math.sqrt(2) * np.std([0.5, 0.9, 0.5], ddof=1) / math.sqrt(3)
    assert verdict.sampling_error(found) == pytest.approx(spread)
    shifted = sample(
        runs=[run(steady), run(steady)], again=[run(steady), run(steady + 0.1)], burn_in=None
    )
    changes = verdict.changes_of(shifted)
    assert max(c for c, _ in changes) == pytest.approx(0.05 * math.sqrt(2))
    assert verdict.verdict_of(shifted).status is Status.CONVERGED  # one of two: may be chance
    alone = sample(runs=[run(steady)], again=[run(steady + 0.1)], burn_in=None)
    assert verdict.error_of(alone, verdict.changes_of(alone)) == math.inf
    margin = sample(runs=[run(steady - 0.6)], burn_in=None)
    assert verdict.margin_of(margin) == pytest.approx(-0.1)


def test_the_error_adds_up():
    found = sample()
    base = math.hypot(verdict.sampling_error(found), verdict.unmet(found))
    assert verdict.error_of(found, [(0.3, 0.1), (0.1, 0.0)]) == pytest.approx(base + 0.2)
    assert verdict.error_of(found, [(0.1, 0.3)]) == pytest.approx(base)
    assert verdict.error_of(found, [(0.1, math.inf)]) == pytest.approx(base + 0.1)
    assert verdict.unmet(found) == pytest.approx(math.sqrt(2) / 32)  # 32 looks
    longer = replace(found, task=replace(found.task, times=tuple(20.0 + np.arange(161))))
    assert verdict.unmet(longer) == pytest.approx(math.sqrt(2) / (320 * 0.35), rel=0.01)
    assert verdict.unmet(sample(runs=[run(np.zeros(16), rests=True)])) == 0.0


def test_correlated_blocks_are_merged():
    """Pairs of equal blocks carry the information of half as many."""
    rng = np.random.default_rng(1)
    each = np.array([np.diag([1 - p, p]) for p in rng.normal(0.5, 0.1, 64)])
    plain, doubled = (
        verdict.standard_error(each),
        verdict.standard_error(np.repeat(each, 2, axis=0)),
    )
    assert doubled >= plain * (1 - 1e-12)
    assert verdict.standard_error(each[:1]) == math.inf
    two = math.sqrt(np.sum(np.var(each[:2], axis=0, ddof=1)) / 2)
    assert verdict.standard_error(each[:2]) == pytest.approx(two)
    few = each[[0, 1, 0, 1]]  # merging them would hide their spread, or blow it up
    four = math.sqrt(np.sum(np.var(few, axis=0, ddof=1)) / 4)
    assert verdict.standard_error(few) == pytest.approx(four)
    few = each[[0, 0, 1, 1]]
    assert verdict.standard_error(few) == pytest.approx(four)
