"""Evolution, output fields and conditional states of the Gaussian engine."""

import dataclasses
import math

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines.gaussian.rounding import (
    linked,
    nambu_moments,
    raised,
    relative_error,
    rounding_error,
    separate,
)
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
from darkstate.models import CavityChains, ParametricDrive, SqueezedDrive
from darkstate.states import GaussianState
from darkstate.systems import Jump, Mode, Monitor, OpenSystem, create, destroy, number


def damped(gamma=1.0, thermal=0.0, frequency=0.0):
    a = Mode("A1")
    jumps = (Jump(destroy(a), gamma * (1 + thermal), "out"), Jump(create(a), gamma * thermal))
    return OpenSystem((a,), frequency * number(a), jumps)


def test_a_damped_mode_follows_the_textbook():
    start = GaussianState(("A1",), np.array([[2.0]]), np.array([[0.5]]), np.array([1.0 + 1j]))
    times = [0.0, 0.3, 1.7, 50.0]
    result = ds.evolve(
        damped(1.0, 0.4, 2.0),
        times,
        start,
        measures={"n": lambda s: s.number[0, 0].real, "phase": lambda s: np.angle(s.mean[0])},
    )
    t = np.array(times)
    assert result.table["n"].values == pytest.approx(2 * np.exp(-t) + 0.4 * (1 - np.exp(-t)))
    assert result.state.number[0, 0].real == pytest.approx(0.4, rel=1e-12)
    first = ds.evolve(damped(1.0, 0.4, 2.0), [0.0, 0.3], start).state
    assert first.mean[0] == pytest.approx((1 + 1j) * np.exp(-0.15 - 0.6j))
    assert first.anomalous[0, 0] == pytest.approx(0.5 * np.exp(-0.3 - 1.2j))


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), t=st.floats(0.01, 30.0))
def test_steps_compose_and_end_in_the_steady_state(seed, t):
    rng = np.random.default_rng(seed)
    model = CavityChains(2, hopping=1.3, loss=rng.uniform(0.1, 1, 2), drive=ParametricDrive())
    direct = ds.evolve(model, [0.0, 2 * t]).state
    half = ds.evolve(model, [0.0, t]).state
    twice = ds.evolve(model, [t, 2 * t], half).state
    assert np.abs(direct.covariance - twice.covariance).max() < 1e-11
    late = ds.evolve(model, [0.0, 1e4]).state
    assert np.abs(late.covariance - ds.steady_state(model).state.covariance).max() < 1e-11


def test_evolution_against_qutip():
    cutoff = 9
    one = qutip.qeye(cutoff)
    a, b = qutip.tensor(qutip.destroy(cutoff), one), qutip.tensor(one, qutip.destroy(cutoff))
    n, m = 0.1, math.sqrt(0.11)
    jumps = [
        math.sqrt(2 * (n + 1)) * (a + m / (n + 1) * b.dag()),
        math.sqrt(2 * (n + 1)) * (b + m / (n + 1) * a.dag()),
    ]
    times = [0.0, 0.2, 0.5, 1.0]
    vacuum = qutip.tensor(qutip.basis(cutoff, 0), qutip.basis(cutoff, 0))
    options = {"atol": 1e-10, "rtol": 1e-8}
    H = 0.7 * a.dag() * a
    solved = qutip.mesolve(H, vacuum, times, c_ops=jumps, e_ops=[a * b], options=options)
    model = CavityChains(1, detuning=0.7, detuning_b=0.0, drive=SqueezedDrive(1.0, 0.1))
    ours = ds.evolve(model, times, measures={"re": lambda s: s.anomalous[0, 1].real})
    assert ours.table["re"].values == pytest.approx(np.real(solved.expect[0]), abs=2e-6)


def test_output_of_the_parametric_source_is_the_textbook_spectrum():
    drive = ParametricDrive(rate=1.0, squeezing=0.9, bandwidth=2.0)
    # only the source, its light leaves through the channels "drive A" and "drive B"
    sa, sb = drive.modes()
    hamiltonian, jumps = drive.attach(0.0 * destroy(sa), 0.0 * destroy(sb))
    system = OpenSystem((sa, sb), hamiltonian, tuple(jumps))
    k, g = drive.bandwidth, drive.gain
    for w, state in zip(
        (0.0, 0.7, 5.0),
        ds.output_states(system, ["drive A", "drive B"], [0.0, 0.7, 5.0]),
        strict=True,
    ):
        expected = -math.log2(((k - g) ** 2 + w**2) / ((k + g) ** 2 + w**2))
        assert ds.log_negativity(state, "drive A@+", "drive B@-") == pytest.approx(expected)
        assert ds.log_negativity(state, "drive A@-", "drive B@+") == pytest.approx(expected)
        if w:  # at the carrier +w and -w are one mode
            assert ds.log_negativity(state, "drive A@+", "drive B@+") < 1e-12
            assert ds.purity(state) == pytest.approx(1.0, abs=1e-9)
    white = drive.white
    assert expected < white.log_negativity
    peak = ds.output_states(system, ["drive A", "drive B"], [0.0])[0]
    assert ds.log_negativity(peak, "drive A@+", "drive B@-") == pytest.approx(white.log_negativity)


def test_matched_line_transmits_all_entanglement():
    model = CavityChains(4, loss=[0, 0, 0, 1.0])
    state = ds.output_states(model, ["A4 loss", "B4 loss"], [0.0])[0]
    E = ds.log_negativity(state, "A4 loss@+", "B4 loss@-")
    assert pytest.approx(model.drive.log_negativity, rel=1e-10) == E


def test_unknown_output_channel_offers_the_nearest():
    with pytest.raises(ArgumentError, match="A2 loss"):
        ds.output_states(CavityChains(2, loss=0.1), ["A2 los"], [0.0])


def degenerate_amplifier(gain, efficiency, angle, extra=0.0):
    a = Mode("A1")
    pump = -0.5j * gain * (create(a) * create(a))
    jumps = [Jump(destroy(a), 1.0, "out")] + ([Jump(destroy(a), extra, "lost")] if extra else [])
    system = OpenSystem((a,), pump + pump.adjoint(), tuple(jumps))
    return system.with_monitors(Monitor("out", "homodyne", efficiency, angle))


@pytest.mark.parametrize("efficiency", [0.3, 1.0])
@pytest.mark.parametrize("angle", [0.0, math.pi / 2])
def test_conditional_variance_of_an_amplifier(efficiency, angle):
    """The measured quadrature obeys a scalar Riccati equation, the other stays unconditional."""
    gain, gamma = 0.3, 1.0
    state = ds.conditional_state(degenerate_amplifier(gain, efficiency, angle)).state
    sigma = state.covariance
    # H = -(i g/2)(a†^2 - a^2), da/dt = -g a†: x shrinks at g, p grows at g
    rates = {0: -gain - gamma / 2, 1: gain - gamma / 2}
    measured = 0 if angle == 0 else 1
    for k, rate in rates.items():
        if k == measured:  # 0 = 2 rate V + gamma/2 - eta gamma 2 (V - 1/2)^2
            V = sigma[k, k]
            right = 2 * rate * V + gamma / 2 - 2 * efficiency * gamma * (V - 0.5) ** 2
            assert right == pytest.approx(0.0, abs=1e-12)
        else:
            assert sigma[k, k] == pytest.approx(-gamma / 4 / rate, rel=1e-10)


def test_watching_every_channel_perfectly_leaves_a_pure_state():
    model = CavityChains(2, loss=0.3)
    system = model.system()
    # the jumps of the squeezed noise have no names of their own: give them some
    named = tuple(dataclasses.replace(c, name=f"c{k}") for k, c in enumerate(system.jumps))
    system = OpenSystem(system.spaces, system.hamiltonian, named)
    system = system.with_monitors(*(Monitor(jump.name) for jump in system.jumps))
    result = ds.conditional_state(system)
    assert ds.purity(result.state) == pytest.approx(1.0, abs=1e-8)
    assert result.report.residual < 1e-10
    blind = system.with_monitors(*(Monitor(jump.name, efficiency=0.0) for jump in system.jumps))
    unconditional = ds.steady_state(model).state
    gap = ds.conditional_state(blind).state.covariance - unconditional.covariance
    assert np.abs(gap).max() < 1e-11


def test_heterodyne_treats_both_quadratures_alike():
    a = Mode("A1")
    system = OpenSystem((a,), 0.0 * number(a), (Jump(destroy(a), 1.5, "out"), Jump(create(a), 0.5)))
    sigma = ds.conditional_state(system, Monitor("out", "heterodyne")).state.covariance
    assert sigma[0, 0] == pytest.approx(sigma[1, 1])
    assert sigma[0, 0] < ds.steady_state(system).state.covariance[0, 0]


def test_counting_is_refused_and_nothing_monitored_too():
    with pytest.raises(EngineMismatchError, match="counts photons"):
        ds.conditional_state(damped(), Monitor("out", "counting"))
    with pytest.raises(ArgumentError, match="monitors"):
        ds.conditional_state(damped())


def test_evolve_takes_unstable_systems_and_steady_state_does_not():
    a, b = Mode("A1"), Mode("B1")
    pump = -0.2j * (create(a) * create(b))
    system = OpenSystem((a, b), pump + pump.adjoint())
    state = ds.evolve(system, [0.0, 3.0]).state
    assert ds.log_negativity(state, "A1", "B1") == pytest.approx(2 * 0.6 / math.log(2), rel=1e-12)
    with pytest.raises(NumericalError, match="no unique steady state"):
        ds.steady_state(system)


def test_times_must_increase():
    with pytest.raises(ArgumentError, match="increase"):
        ds.evolve(damped(), [0.0, 1.0, 1.0])


def test_a_fast_block_does_not_spoil_a_slow_one():
    fast, slow = Mode("F1"), Mode("S1")
    jumps = (Jump(destroy(fast), 1e12), Jump(destroy(slow), 1e-6), Jump(create(slow), 0.5e-6))
    system = OpenSystem((fast, slow), 0.0 * number(fast), jumps)
    result = ds.evolve(system, [0.0, 1e6])
    exact = 1.0 - math.exp(-0.5)  # rates 1e-6 and 0.5e-6: n = 1 - exp(-0.5e-6 t)
    assert result.state.number[1, 1].real == pytest.approx(exact, rel=1e-9)


def test_lost_digits_of_a_stiff_evolution_are_confessed():
    a, b = Mode("A1"), Mode("B1")
    exchange = 100.0 * (create(a) * destroy(b))
    H = exchange + exchange.adjoint() + 1e9 * number(a)
    system = OpenSystem((a, b), H, (Jump(destroy(a), 1e9), Jump(create(b), 1e-3)))
    report = ds.evolve(system, [0.0, 1e3]).report
    assert report.status is ds.Status.SUSPECT
    assert report.error_estimate > 1e-9


def test_overflow_is_an_outcome():
    a = Mode("A1")
    system = OpenSystem((a,), 0.0 * number(a), (Jump(create(a), 1.0),))
    with pytest.raises(NumericalError, match="outgrow floating point"):
        ds.evolve(system, [0.0, 1000.0])


def test_parts_that_only_the_start_links_keep_their_correlations():
    modes, rates = [Mode(name) for name in "xyz"], (1.0, 0.4, 0.7)
    jumps = tuple(Jump(destroy(a), rate) for a, rate in zip(modes, rates, strict=True))
    system = OpenSystem(tuple(modes), 0.3 * number(modes[0]), jumps)
    linked, r, t = GaussianState.two_mode_squeezed(("x", "y"), 0.8), 0.8, 1.7
    number_of, pair = np.zeros((3, 3), complex), np.zeros((3, 3), complex)
    number_of[:2, :2], pair[:2, :2] = linked.number, linked.anomalous
    start = GaussianState(("x", "y", "z"), number_of, pair)
    state = ds.evolve(system, [0.0, 0.4, t], start).state
    decayed = pair[0, 1] * np.exp(-(0.5 * 1.4 + 0.3j) * t)
    assert abs(pair[0, 1]) == pytest.approx(math.sinh(r) * math.cosh(r))
    assert state.anomalous[0, 1] == pytest.approx(decayed, rel=1e-12)
    assert state.number[1, 1] == pytest.approx(math.sinh(r) ** 2 * np.exp(-0.4 * t), rel=1e-12)
    assert not np.any(state.number[2]) and not np.any(state.anomalous[2])


@pytest.mark.parametrize("drive", [SqueezedDrive(1.0), ParametricDrive()])
def test_the_relative_error_is_that_of_the_whole(drive):
    state = ds.steady_state(CavityChains(3, loss=0.2, drive=drive)).state
    rng, n = np.random.default_rng(0), len(state.labels)
    moments = nambu_moments(np.asarray(state.number), np.asarray(state.anomalous))
    changes = []
    for _ in range(3):
        noise = [1e-9 * (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))) for _ in "nm"]
        change = nambu_moments(noise[0] + noise[0].conj().T, noise[1] + noise[1].T)
        changes.append(np.where(moments != 0.0, change, 0.0))  # what is apart stays apart
    parts, extra = separate(linked(moments, *changes)), 3e-9
    assert sum(map(len, parts)) == n  # the others are their conjugates
    whole = relative_error(raised(moments, 0.5), changes, extra)
    assert whole > 1e-9
    found = rounding_error(moments, changes, extra).relative
    assert found == pytest.approx(whole, rel=1e-6)
