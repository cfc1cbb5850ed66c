"""Continuous measurement in time: Riccati flow, filter, simulated records, mode functions."""

import math

import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from chance import sigmas
from darkstate.engines import Gaussian, Lindblad, Trajectories
from darkstate.engines.capabilities import BatchTask, ObservationTask, OutputTask, RunsTask
from darkstate.engines.contract import ask, run
from darkstate.engines.gaussian.mode_functions import record_covariances
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, NumericalError
from darkstate.linalg.riccati_flow import riccati_step
from darkstate.linalg.sampled import sampled_step
from darkstate.states import GaussianState
from darkstate.systems import Jump, Mode, Monitor, OpenSystem, create, destroy

M = Mode("m")


def squeezed(ratio=0.3, efficiency=0.8, coupling=2.5, angle=0.0, displaced=0.0):
    """One oscillator that light squeezes to 1/Z^2, with other decay at `ratio`."""
    mu, nu = (coupling + 1 / coupling) / 2, (coupling - 1 / coupling) / 2
    jumps = (Jump(mu * destroy(M) + nu * create(M) + displaced, 1.0, "light"),)
    jumps += (Jump(destroy(M), ratio, "loss"),)
    monitor = Monitor("light", efficiency=efficiency, angle=angle)
    return OpenSystem((M,), 0.4 * create(M) * destroy(M), jumps, (monitor,))


def random_system(seed, monitors=("a", "b")):
    """Two coupled modes with squeezing, displaced jumps, and one channel that nobody watches."""
    rng = np.random.default_rng(seed)
    one, two = Mode("1"), Mode("2")
    ladder = [destroy(one), destroy(two), create(one), create(two)]

    def combination(size):
        c = size * (rng.standard_normal(4) + 1j * rng.standard_normal(4))
        c[2:] *= 0.4
        return sum((complex(x) * op for x, op in zip(c, ladder, strict=True)), 0 * ladder[0])

    h = combination(0.3) + 0.5 * combination(0.5) * create(one)
    jumps = [Jump(combination(0.6) + 0.2 * rng.standard_normal(), 1.0, name) for name in "abc"]
    jumps += [Jump(destroy(mode), 3.0) for mode in (one, two)]
    kinds = {"a": Monitor("a", "homodyne", 0.7, rng.uniform(0, math.pi))}
    kinds["b"] = Monitor("b", "heterodyne", 0.6)
    chosen = tuple(kinds[name] for name in monitors)
    return OpenSystem((one, two), h + h.adjoint(), tuple(jumps), chosen)


def rate_of(watched):
    w = watched.model

    def rate(_, v):
        v = v.reshape(len(w.a), -1)
        gain = v @ w.c.T + w.gamma.T
        return (w.a @ v + v @ w.a.T + w.d - gain @ gain.T).ravel()

    return rate


@given(seed=st.integers(0, 10**6), monitors=st.sampled_from([("a",), ("a", "b"), ("b",)]))
@settings(max_examples=6)
def test_the_flow_solves_the_riccati_equation_and_stays_physical(seed, monitors):
    system = random_system(seed, monitors)
    times = [0.0, 0.05, 0.3, 0.35, 1.0]
    initial = GaussianState.two_mode_squeezed(("1", "2"), 0.4)
    watched = ds.observe(system, times, initial=initial)
    integrated = scipy.integrate.solve_ivp(
        rate_of(watched), (0.0, 1.0), initial.covariance.ravel(), "DOP853", times, rtol=1e-10,
        atol=1e-12,
    )  # fmt: skip
    truth = integrated.y.T.reshape(-1, 4, 4)
    assert np.abs(watched.covariances - truth).max() < 1e-9
    assert watched.report.status == "certified"
    assert watched.report.margin > -1e-12
    for moment in range(len(times)):  # a record never makes the state less certain
        for low, high in (
            (watched.covariances, watched.sampled), (watched.sampled, watched.unconditional)
        ):  # fmt: skip
            assert np.linalg.eigvalsh(high[moment] - low[moment]).min() > -1e-12
    free = ds.evolve(system, times, initial)
    assert np.abs(free.state.covariance - watched.unconditional[-1]).max() < 1e-11


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10)
def test_unconditional_is_the_average_over_records(seed):
    """conditional covariance + covariance of the conditional means = unconditional covariance."""
    system = random_system(seed)
    watched = ds.observe(system, np.linspace(0, 1.5, 8).tolist())
    covariance, _ = record_covariances(watched)
    lengths = np.repeat(np.diff(watched.times), len(watched.quadratures))
    weights = np.array([watched.weights(row).values.ravel() for row in np.eye(4)])
    of_means = weights @ covariance @ weights.T
    gap = watched.sampled[-1] + of_means - watched.unconditional[-1]
    assert np.abs(gap).max() < 1e-12
    # and the weights are those of the filter: the same means for the same currents
    rng = np.random.default_rng(seed)
    currents = rng.standard_normal((7, len(watched.quadratures), 2))
    track = watched.track(currents)
    change = weights @ ((currents[..., 0] - currents[..., 1]).ravel() * lengths)
    assert np.abs(track.means[-1, 0] - track.means[-1, 1] - change).max() < 1e-12


@pytest.mark.parametrize("efficiency", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("ratio", [0.0, 0.3, 2.0])
def test_long_times_end_in_the_steady_state(efficiency, ratio):
    system = squeezed(ratio, efficiency)
    watched = ds.observe(system, [0.0, 3.0, 400.0])
    steady = ds.conditional_state(system).state.covariance
    assert np.abs(watched.covariances[-1] - steady).max() < 1e-12
    if efficiency == 0:
        assert np.abs(watched.covariances - watched.unconditional).max() < 1e-12


def test_averaging_the_current_over_bins_costs_information_of_second_order():
    system, gaps = squeezed(), []
    for bins in (20, 40, 80, 160):
        watched = ds.observe(system, np.linspace(0, 4, bins + 1).tolist())
        gaps.append(np.trace(watched.sampled[-1] - watched.covariances[-1]))
    slopes = np.log2(np.array(gaps[:-1]) / gaps[1:])
    assert np.all(np.array(gaps) > 0)
    np.testing.assert_allclose(slopes, 2, atol=0.05)


def test_steps_compose_and_growing_modes_are_followed_where_they_are_seen():
    rng = np.random.default_rng(5)
    a, c, gamma = rng.standard_normal((4, 4)), rng.standard_normal((2, 4)), np.zeros((2, 4))
    d = np.eye(4)
    joint = riccati_step(a, d, c, gamma, 0.3).then(riccati_step(a, d, c, gamma, 1.1))
    whole = riccati_step(a, d, c, gamma, 1.4)
    for name in ("transition", "information", "noise"):
        difference = getattr(joint, name) - getattr(whole, name)
        assert np.abs(difference).max() < 1e-10 * np.abs(getattr(whole, name)).max()
    a = a + (1.1 - np.linalg.eigvals(a).real.max()) * np.eye(4)  # unstable, but seen
    settled = riccati_step(a, d, c, gamma, 1e3).noise
    assert np.all(np.isfinite(settled))
    np.testing.assert_allclose(riccati_step(a, d, c, gamma, 1e4).noise, settled, rtol=1e-6)
    with pytest.raises(NumericalError, match="outgrows floating point"):
        riccati_step(np.eye(2), np.eye(2), np.zeros((0, 2)), np.zeros((0, 2)), 1e4)
    with pytest.raises(ArgumentError, match="per monitored channel"):
        riccati_step(np.eye(2), np.eye(2), np.zeros((1, 3)), np.zeros((1, 2)), 1.0)


def test_simulated_records_end_in_the_conditional_covariance():
    """Ten thousand records: the points miss the tracked means by the conditional covariance."""
    system = squeezed(displaced=0.7)
    watched = ds.observe(system, np.linspace(0, 5, 41).tolist())
    records = watched.records(10_000, seed=8)
    track = watched.track(records.currents)
    missed = records.points - track.means[-1]
    truth = watched.sampled[-1]
    found = np.cov(missed.T)
    error = np.sqrt((np.outer(np.diag(truth), np.diag(truth)) + truth**2) / len(missed))
    assert np.all(np.abs(found - truth) < sigmas(10) * error)
    limit = sigmas(10) * np.sqrt(np.diag(truth) / len(missed))
    assert np.all(np.abs(missed.mean(axis=0)) < limit)
    assert np.all(np.abs(truth - watched.unconditional[-1]) > 10 * error)  # it has teeth
    spread = track.innovations.reshape(40, -1)
    correlation = spread @ spread.T / spread.shape[1]
    # 780 correlations and 40 variances of independent standard normal numbers, and 40 means
    error = np.sqrt((1 + np.eye(40)) / 10_000)
    assert np.max(np.abs(correlation - np.eye(40)) / error) < sigmas(1000)
    assert np.abs(spread.mean(axis=1)).max() < sigmas(1000) / 100
    assert records.table().sizes == {"time": 40, "channel": 1, "record": 10_000}


def test_means_follow_the_displaced_light():
    """The mean record is sqrt(efficiency) <e^{-i angle} c + h.c.> of the evolved amplitudes."""
    system = squeezed(displaced=0.7 - 0.4j, angle=0.5)
    times = np.linspace(0, 3, 301)
    watched = ds.observe(system, times.tolist())
    mean, record = watched.initial.mean_quadratures[None], []
    for step in watched.steps:
        mean, y = step.draw(mean, np.zeros((1, len(step.noise))))
        record.append(y[0, 0] / 0.01)
    states = [ds.evolve(system, [0.0, t]).state for t in times[[100, 300]]]
    assert np.abs(mean[0] - states[1].mean_quadratures).max() < 1e-12
    mu, nu = (2.5 + 0.4) / 2, (2.5 - 0.4) / 2
    alpha = states[0].mean[0]
    c = mu * alpha + nu * alpha.conjugate() + 0.7 - 0.4j
    expected = 2 * math.sqrt(0.8) * (np.exp(-0.5j) * c).real
    assert 0.5 * (record[99] + record[100]) == pytest.approx(expected, abs=1e-4)


def test_the_filter_follows_quantum_trajectories():
    """The same currents give the means and widths of the density matrices that made them."""
    mu, nu = 1.08, math.sqrt(1.08**2 - 1)
    jumps = (Jump(mu * destroy(M) + nu * create(M), 1.0, "light"), Jump(destroy(M), 0.3))
    system = OpenSystem((M,), 0.2 * (create(M) + destroy(M)), jumps, (Monitor("light"),))
    times = np.linspace(0.0, 2.0, 201).tolist()
    count = 30
    seen = Trajectories(count, seed=4, cutoff=16, step=0.005).records(system, times)
    watched = ds.observe(system, times)
    track = watched.track(seen.currents)
    root = math.sqrt(0.5)
    x = root * (destroy(M) + create(M))
    p = -1j * root * (destroy(M) - create(M))
    means, widths = np.empty((count, 2)), np.empty(count)
    for k in range(count):
        state = seen.state(k)
        means[k] = [state.expectation(q).real for q in (x, p)]
        widths[k] = state.expectation(x * x).real - means[k, 0] ** 2
    # Steps and bins let some records miss by more: of 300 with other seeds 15, so that the share
    # is below 0.13 but for one sample in a million, and half of thirty as rare. No width did.
    missed = np.abs(track.means[-1] - means).max(axis=1)
    assert np.median(missed) < 2e-3
    assert np.median(np.abs(widths - watched.covariances[-1][0, 0])) < 1e-3
    # the records differ: of 30 normal numbers all within 1.4 deviations come once in 10 million
    spread = math.sqrt((watched.unconditional[-1] - watched.covariances[-1])[0, 0])
    assert spread > 0.1
    assert np.ptp(track.means[-1][:, 0]) > 1.37 * spread


def test_records_replay_one_by_one():
    watched = ds.observe(squeezed(), [0.0, 0.5, 1.0])
    every = watched.records(5000, seed=11)
    some = watched.records(5000, seed=11, only=[4999, 3])
    assert np.array_equal(some.currents, every.currents[..., [4999, 3]])
    assert np.array_equal(some.points, every.points[[4999, 3]])
    fresh = watched.records(2)
    again = watched.records(2, seed=fresh.entropy)
    assert np.array_equal(fresh.currents, again.currents)


def test_the_best_mode_function_of_a_steady_state_is_an_exponential():
    """Its rate is that at which the filter forgets."""
    system = squeezed(0.4, 0.7)
    system = OpenSystem(system.spaces, 0 * system.hamiltonian, system.jumps, system.monitors)
    steady = ds.conditional_state(system)
    initial = GaussianState.from_covariance(("m",), ds.steady_state(system).state.covariance)
    watched = ds.observe(system, np.linspace(0, 25, 401).tolist(), initial=initial)
    mode = watched.exponential_mode([1.0, 0.0])
    w = watched.model
    v = steady.state.covariance
    forgets = -(w.a - (v @ w.c.T + w.gamma.T) @ w.c)[0, 0]
    assert mode.rate == pytest.approx(forgets, rel=2e-3)
    assert mode.efficiency == pytest.approx(1, abs=1e-6)
    assert mode.variance >= mode.optimum - 1e-15
    assert mode.unconditional > 1.1 * mode.optimum
    weights = watched.weights([1.0, 0.0]).values[:, 0]
    decay = np.log(weights[-2] / weights[-100]) / (98 * 25 / 400)
    assert decay == pytest.approx(forgets, rel=1e-3)
    blind = watched.exponential_mode([0.0, 1.0])  # p is not seen: nothing to gain
    assert blind.efficiency == 1.0
    assert blind.variance == pytest.approx(blind.unconditional, rel=1e-12)
    # any other rate is worse
    covariance, with_state = record_covariances(watched)
    for factor in (0.8, 1.25):
        profile = np.exp(-factor * mode.rate * (25 - watched.times[1:]))
        c = with_state[0] @ profile
        other = watched.unconditional[-1][0, 0] - c**2 / (profile @ covariance @ profile)
        assert other > mode.variance


def test_sampled_steps_of_an_ornstein_uhlenbeck_process():
    """var R = (1 - e^{-2h})/2, and the integral of R beside it, in closed form."""
    one, h = np.eye(1), 0.7
    step = sampled_step(-one, one, one, 0 * one, h, np.array([0.3]), np.array([0.1]))
    e = math.exp(-h)
    integral = h - 2 * (1 - e) + (1 - e**2) / 2  # of the double integral of the correlations
    expected = [[(1 - e**2) / 2, (1 - e) ** 2 / 2], [(1 - e) ** 2 / 2, integral + h]]
    np.testing.assert_allclose(step.noise, expected, rtol=1e-13)
    np.testing.assert_allclose(step.homogeneous[:, 0], [e, 1 - e], rtol=1e-14)
    np.testing.assert_allclose(step.offset, [0.3 * (1 - e), 0.3 * (h - 1 + e) + 0.1 * h])
    with pytest.raises(NumericalError, match="shorter intervals"):
        sampled_step(one, one, one, 0 * one, 1e4, np.zeros(1), np.zeros(1))


WATCHED = ds.observe(squeezed(), [0.0, 1.0, 2.0])
NAMED = ds.observe(random_system(1), [0.0, 1.0])


def test_records_are_named():
    assert NAMED.quadratures == ("a", "b", "b (2)")
    assert WATCHED.records(3, seed=1).table().coords["channel"].values.tolist() == ["light"]


BAD = [
    (lambda: ds.observe(squeezed(), [0.0]), "`times` must be at least two"),
    (lambda: ds.observe(squeezed(), [0.0, 0.0]), "`times` must increase"),
    (lambda: ds.observe(squeezed(), [0.0, 1.0], "light"), "be Monitor objects"),
    (lambda: ds.observe(squeezed().with_monitors(), [0.0, 1.0]), "have monitors"),
    (lambda: ds.observe(squeezed(), [0, 1], initial=GaussianState.vacuum(["x"])), "labels"),
    (lambda: ds.observe(squeezed(), [0, 1], initial=3), r"be a state \(GaussianState\)"),
    (lambda: WATCHED.state(3), "`moment` must be one of the times"),
    (lambda: WATCHED.records(0), "`trajectories` must be >= 1"),
    (lambda: WATCHED.records(2, seed=-1), "`seed` must be >= 0"),
    (lambda: WATCHED.records(2, only=[]), "`only` must be a list"),
    (lambda: WATCHED.records(2, only=[-1]), "`only` must be >= 0"),
    (lambda: WATCHED.track(np.zeros((2, 2, 1))), r"shape \(2, 1, records\)"),
    (lambda: WATCHED.track([["a"], ["b"]]), "be real numbers"),
    (
        lambda: WATCHED.track([[[0.0, 1.0]], [[0.0, math.nan]]]),
        r"`currents\[1, 0, 1\]` must be fin",
    ),
    (lambda: WATCHED.weights([1.0]), "`target` must be 2 finite numbers"),
    (lambda: WATCHED.exponential_mode([0.0, 0.0]), "not all zero"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_counting_is_refused():
    with pytest.raises(EngineMismatchError, match="counts photons"):
        ds.observe(squeezed(), [0.0, 1.0], Monitor("light", "counting"))


def test_who_cannot_observe_says_so():
    offer = ask(Lindblad(cutoff=4), squeezed(), ObservationTask((0.0, 1.0)))
    assert "The engine 'lindblad' cannot observe a system" in offer.answer
    offer = ask(Trajectories(cutoff=4), squeezed(), ObservationTask())
    assert "records over times" in offer.answer and "Gaussian()" in offer.answer
    density, sampled = Lindblad(cutoff=4), Trajectories(cutoff=4)
    for engine, task, what in (
        (density, OutputTask(channels=["light"], frequencies=[0.0]), "find the output fields of"),
        (sampled, BatchTask(samples=np.zeros((1, 1))), "solve at once many of"),
        (density, RunsTask((0.0, 1.0)), "follow single runs of"),
    ):
        assert f"cannot {what} a system" in ask(engine, squeezed(), task).answer


@pytest.mark.parametrize(
    ("engine", "task", "what"),
    [
        (Gaussian(memory_limit=1e3), ObservationTask((0.0, 1.0)), "observe"),
        (Gaussian(memory_limit=1e3), ObservationTask(), "conditional_state"),
        (Gaussian(memory_limit=1e3), OutputTask(channels=["light"], frequencies=[0.0]), "output"),
        (Trajectories(cutoff=4, memory_limit=1e3), ObservationTask((0.0, 1.0)), "observe"),
        (Trajectories(cutoff=4, memory_limit=1e3), RunsTask((0.0, 1.0)), "ensemble"),
    ],
    ids=str,
)
def test_every_task_keeps_to_the_memory_limit(engine, task, what):
    with pytest.raises(CapacityError, match=f"`{what}.*memory, more than the limit"):
        run(engine, squeezed(), offer=ask(engine, squeezed(), task))


def test_reports_of_observations_are_stamped():
    report = ds.observe(squeezed(), [0.0, 1.0]).report
    assert report.provenance["engine options"]["rtol"] == 1e-9
    assert report.seconds > 0
    assert Trajectories(2, seed=1, cutoff=4).records(squeezed(), [0.0, 0.1]).report.seconds > 0
