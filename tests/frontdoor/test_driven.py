"""Drives that depend on time: QuTiP, closed forms, and one engine against another."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate import engines
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError
from darkstate.linalg.ode import integrate
from darkstate.states import GaussianState, PureState, to_qutip
from darkstate.systems import (
    Drive,
    Ensemble,
    Jump,
    Levels,
    Mode,
    Monitor,
    OpenSystem,
    OperatorSum,
    Qubit,
    cavity,
    concatenate,
    create,
    destroy,
    emitter,
    loss_line,
    number,
    projector,
    pulses,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_x,
    spin_z,
    transition,
)

A, B, Q = Mode("a"), Mode("b"), Qubit("q")
ATOM = Levels("atom", ("g", "e", "r"))


def by_qutip(system: OpenSystem, times, operators, start) -> np.ndarray:
    """Means over time by QuTiP, which gets the matrices and the functions of time."""
    qutip = pytest.importorskip("qutip")
    plain = to_qutip(OpenSystem(system.spaces, system.hamiltonian, system.jumps))
    terms: list = [plain.hamiltonian]
    for drive in system.drives:
        matrix = to_qutip(drive.operator, spaces=system.spaces)
        terms.append([matrix, lambda t, f=drive.coefficient: f(t)])
        if not drive.hermitian:
            terms.append([matrix.dag(), lambda t, f=drive.coefficient: np.conj(f(t))])
    means = [to_qutip(operator, spaces=system.spaces) for operator in operators]
    options = {"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**5, "max_step": 0.05}
    found = qutip.mesolve(terms, start, times, plain.jumps, e_ops=means, options=options)
    return np.array(found.expect)


def gaussian_pulse() -> tuple[OpenSystem, list[OperatorSum]]:
    f = pulses.gaussian(4.0, 0.8, 0.9)
    decay = (Jump(sigma_minus(Q), 0.2), Jump(sigma_z(Q), 0.05))
    system = OpenSystem((Q,), 0.3 * sigma_z(Q), decay, drives=(Drive(sigma_x(Q), f),))
    return system, [sigma_z(Q), sigma_x(Q), sigma_minus(Q)]


def landau_zener() -> tuple[OpenSystem, list[OperatorSum]]:
    chirp = pulses.samples([-1.0, 9.0], [-7.0, 8.0], "linear")
    decay = (Jump(sigma_minus(Q), 0.05),)
    system = OpenSystem((Q,), 0.4 * sigma_x(Q), decay, drives=(Drive(sigma_z(Q), chirp),))
    return system, [sigma_z(Q)]


def two_tones() -> tuple[OpenSystem, list[OperatorSum]]:
    first = pulses.sinusoid(2.0, 0.5)
    second = pulses.function(lambda t: 0.4 * np.exp(1j * (3.1 * t + 0.2)))
    drives = (Drive(sigma_x(Q), first), Drive(sigma_plus(Q), second))
    return OpenSystem((Q,), sigma_z(Q), (Jump(sigma_minus(Q), 0.1),), drives=drives), [sigma_z(Q)]


def stirap() -> tuple[OpenSystem, list[OperatorSum]]:
    stokes, pump = pulses.gaussian(3.0, 1.0, 4.0), pulses.gaussian(4.4, 1.0, 4.0)
    drives = (Drive(transition(ATOM, "e", "g"), pump), Drive(transition(ATOM, "e", "r"), stokes))
    decay = (Jump(transition(ATOM, "g", "e"), 0.3), Jump(transition(ATOM, "r", "e"), 0.3))
    system = OpenSystem((ATOM,), 0.5 * projector(ATOM, "e"), decay, drives=drives)
    return system, [projector(ATOM, level) for level in "ger"]


@pytest.mark.parametrize("problem", [gaussian_pulse, landau_zener, two_tones, stirap])
def test_agrees_with_qutip(problem):
    system, operators = problem()
    qutip = pytest.importorskip("qutip")
    times = np.linspace(0.0, 8.0, 17)
    result = ds.evolve(system, times, observables=operators)
    start = qutip.basis(int(system.spaces[0].dimension or 0), 0)
    expected = by_qutip(system, times, operators, start)
    for k, values in enumerate(expected):
        assert np.abs(result.table[f"observable_{k + 1}"].values - values).max() < 1e-6
    assert result.report.error_estimate < 1e-6


def test_a_pi_pulse_and_its_table_of_samples():
    width = 0.7
    f = pulses.gaussian(5.0, width, np.pi / (2.0 * width * np.sqrt(2.0 * np.pi)))
    grid = np.linspace(0.0, 10.0, 201)
    for pulse in (f, pulses.samples(grid, f(grid)), pulses.function(f)):
        system = OpenSystem((Q,), drives=(Drive(sigma_x(Q), pulse),))
        result = ds.evolve(system, [0.0, 10.0], observables={"up": sigma_plus(Q) * sigma_minus(Q)})
        assert result.table["up"].values[-1] == pytest.approx(1.0, abs=1e-6)


def test_steps_are_not_smeared():
    on_off = pulses.step(1.0) * pulses.step(2.0, 1.0, 0.0) * 0.8
    system = OpenSystem((Q,), drives=(Drive(sigma_x(Q), on_off),))
    times = np.linspace(0.0, 3.0, 7)
    found = ds.evolve(system, times, observables=sigma_z(Q)).table["observable"].values
    assert np.abs(found + np.cos(1.6 * np.clip(times - 1.0, 0.0, 1.0))).max() < 1e-7


def test_landau_zener_formula():
    v, g = 2.0, 0.4
    sweep = Drive(sigma_z(Q), pulses.function(lambda t: 0.5 * v * t))
    system = OpenSystem((Q,), g * sigma_x(Q), drives=(sweep,))
    end = 20.0
    ends = [np.linalg.eigh(np.array([[-0.5 * v * t, g], [g, 0.5 * v * t]]))[1] for t in (-end, end)]
    start = PureState(("q",), (2,), ends[0][:, 1])
    state = ds.evolve(system, [-end, end], start).state
    followed = np.vdot(ends[1][:, 1], state.matrix @ ends[1][:, 1]).real
    assert followed == pytest.approx(1.0 - np.exp(-2.0 * np.pi * g**2 / v), abs=2e-4)


def sender_and_receiver(line: float) -> OpenSystem:
    """Cirac et al., Phys. Rev. Lett. 78, 3221 (1997): couplings that are mirror images."""
    out = pulses.function(lambda t: 1.0 / np.sqrt(1.0 + np.exp(-t)))
    into = pulses.function(lambda t: 1.0 / np.sqrt(1.0 + np.exp(t)))
    sent = concatenate(cavity(A, 1.0, modulation=out), loss_line(line).with_ports("way", "lost"))
    arriving = cavity(B, 1.0, modulation=into)
    return concatenate(sent.feedback("a", "way"), arriving).feedback("a", "b").open_system()


@pytest.mark.parametrize("line", [1.0, 0.9])
def test_a_photon_is_handed_over(line):
    system = sender_and_receiver(line)
    photon = PureState.basis(("a", "b"), (2, 2), {"a": 1})
    lindblad = engines.Lindblad(cutoff=4)
    fock = ds.evolve(system, [-12.0, 12.0], photon, observables=number(B), engine=lindblad)
    assert float(fock.table["observable"][-1]) == pytest.approx(line, abs=2e-5)
    bright = GaussianState(("a", "b"), np.zeros((2, 2)), np.zeros((2, 2)), np.array([0.5, 0.0]))
    gauss = ds.evolve(system, [-12.0, 12.0], bright, observables=number(B))
    assert gauss.report.engine == "gaussian"
    assert float(gauss.table["observable"][-1]) == pytest.approx(0.25 * line, abs=5e-6)


def test_gaussian_and_fock_space_agree_on_a_modulated_parametric_drive():
    gain = pulses.gaussian(1.5, 0.5, 0.5) * pulses.function(lambda t: np.exp(0.3j * t))
    jumps = (Jump(destroy(A), 1.0, modulation=pulses.ramp(0.0, 1.0)), Jump(destroy(B), 0.5))
    H = 0.4 * number(A) - 0.2 * number(B)
    system = OpenSystem((A, B), H, jumps, drives=(Drive(create(A) * create(B), gain),))
    operators, times = {"n": number(A), "m": destroy(A) * destroy(B)}, [0.0, 1.0, 2.0, 3.0]
    first, second = (
        ds.evolve(system, times, observables=operators, engine=engine).table
        for engine in (engines.Gaussian(), engines.Lindblad(cutoff=12))
    )
    assert np.iscomplexobj(first["m"].values)
    for name in operators:
        assert np.abs(first[name].values - second[name].values).max() < 1e-6


def test_atoms_of_an_ensemble_are_driven():
    E = Ensemble("E", 2)
    f = pulses.gaussian(1.0, 0.4, 1.2)
    each = Jump(spin_minus(E), 0.3, each_atom=True, modulation=pulses.ramp(0.0, 2.0, 0.5, 1.0))
    system = OpenSystem((E,), 0.2 * spin_z(E), (each,), drives=(Drive(spin_x(E), f),))
    pair = [Qubit("p"), Q]
    jumps = [Jump(sigma_minus(q), 0.3, modulation=pulses.ramp(0.0, 2.0, 0.5, 1.0)) for q in pair]
    H = sum((0.1 * sigma_z(q) for q in pair), start=OperatorSum())
    drives = [Drive(0.5 * sigma_x(q), f) for q in pair]
    qubits = OpenSystem(tuple(pair), H, tuple(jumps), drives=tuple(drives))
    both = sum((0.5 * sigma_z(q) for q in pair), start=OperatorSum())
    first = ds.evolve(system, [0.0, 1.0, 3.0], observables=spin_z(E))
    second = ds.evolve(qubits, [0.0, 1.0, 3.0], observables=both)
    assert first.report.engine == "collective"
    gap = first.table["observable"].values - second.table["observable"].values
    assert np.abs(gap).max() < 1e-6


def _time(times):
    return np.asarray(times)[:, None]


def test_the_integrator_is_of_order_eight():
    """A driven oscillator, exp(-i t^2): errors against the number of derivatives."""

    def turning(r, y):
        return -2j * r[0] * y

    points = []
    for tolerance in (1e-5, 1e-7, 1e-9, 1e-11):
        found = integrate(turning, _time, np.array([1.0 + 0j]), [0.0, 5.0], (), tolerance)
        points.append((found.evaluations, abs(found.states[-1, 0] - np.exp(-25j))))
    evaluations, errors = np.log(np.array(points)).T
    assert np.polyfit(evaluations, errors, 1)[0] < -7.0


def test_columns_states_and_systems():
    system, _ = gaussian_pulse()
    result = ds.evolve(system, [0.0, 1.0], observables=sigma_x(Q), keep_states=True)
    assert list(result.table) == ["observable"] and len(result.states) == 2
    assert result.system == system
    listed = ds.evolve(system, [0.0, 1.0], observables=[sigma_x(Q), sigma_minus(Q)])
    assert list(listed.table) == ["observable_1", "observable_2"] and not listed.states
    assert np.iscomplexobj(listed.table["observable_2"].values)
    assert "q[-]" in listed.table["observable_2"].attrs["long_name"]
    named = ds.evolve(system, [0.0, 1.0], observables={"x": sigma_x(Q)})
    assert named.table["x"].attrs["long_name"] == "x"


def test_a_loaded_result_is_solved_again(tmp_path):
    system, _ = stirap()
    result = ds.evolve(system, [0.0, 3.0], observables=projector(ATOM, "r"), keep_states=True)
    again = ds.load_result(result.save(tmp_path / "result.zarr"))
    assert again.system == system and len(again.states) == 2
    assert np.array_equal(again.states[1].matrix, result.state.matrix)
    repeated = ds.evolve(again.system, [0.0, 3.0], observables=projector(ATOM, "r"))
    assert repeated.table.equals(again.table)
    functions = OpenSystem((Q,), drives=(Drive(sigma_x(Q), lambda t: t),))
    kept = ds.evolve(functions, [0.0, 1.0])
    assert ds.load_result(kept.save(tmp_path / "functions.zarr")).system is None


SYSTEM = gaussian_pulse()[0]
LINE = r"drives=\(Drive\(operator, f\),\)\)"


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: ds.steady_state(SYSTEM), EngineMismatchError, "no steady state.*evolve"),
        (lambda: ds.preparation_time(SYSTEM), EngineMismatchError, "constant in time"),
        (
            lambda: ds.evolve(OpenSystem((Q,), drives=(Drive(sigma_x(Q), pow),)), [0, 1]),
            ArgumentError,
            "`coefficient` must be a function of the time.*TypeError",
        ),
        (
            lambda: ds.evolve(SYSTEM, [0, 1], engine=engines.Moments()),
            EngineMismatchError,
            "constant in time",
        ),
        (lambda: ds.evolve(SYSTEM, [0, 1], observables=3), ArgumentError, "`observables`"),
        (
            lambda: ds.evolve(SYSTEM, [0, 1], observables={"time": sigma_x(Q)}),
            ArgumentError,
            "axis",
        ),
        (lambda: ds.evolve(SYSTEM, [0, 1], observables={"n": abs}), ArgumentError, "`observables`"),
        (
            lambda: ds.evolve(SYSTEM, [0, 1], observables={"n": sigma_x(Q)}, measures={"n": abs}),
            ArgumentError,
            "names that no measure has",
        ),
        (
            lambda: ds.evolve(SYSTEM, [0, 1], measures={"n": sigma_x(Q)}),
            ArgumentError,
            "observables=",
        ),
        (lambda: ds.evolve(SYSTEM, [0, 1], observables=number(A)), ArgumentError, "'a'"),
        (lambda: ds.evolve(SYSTEM, [0, 1], keep_states=3), ArgumentError, "`keep_states`"),
        (lambda: ds.evolve([[sigma_x(Q), abs]], [0, 1]), ArgumentError, LINE),
        (lambda: ds.evolve([sigma_z(Q), [sigma_x(Q), abs]], [0, 1]), ArgumentError, LINE),
        (lambda: ds.evolve(sigma_z(Q), [0, 1]), ArgumentError, LINE),
        (lambda: OpenSystem((Q,), [[sigma_x(Q), abs]]), ArgumentError, LINE),
        (lambda: sigma_x(Q) * abs, ArgumentError, r"Drive\(operator, f\)"),
        (lambda: Jump(sigma_minus(Q), abs), ArgumentError, r"modulation=f\) with f = sqrt\(g\)"),
        (lambda: Jump(sigma_minus(Q), -1.0, modulation=abs), ArgumentError, "`rate` must be >= 0"),
        (lambda: Drive(sigma_x(Q), pulses.sech(1, 1, 1j)), ArgumentError, "be real for a Herm"),
        (lambda: pulses.samples([0, 2, 1, 3], [0, 1, 2, 3]), ArgumentError, "Sort the samples"),
    ],
)
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_trajectories_follow_drives_and_couplings():
    f = pulses.gaussian(2.0, 0.5, 1.5)
    modulated = Jump(sigma_minus(Q), 0.6, "light", modulation=pulses.ramp(0.0, 3.0, 0.2, 1.0))
    drive = Drive(sigma_x(Q), f)
    system = OpenSystem((Q,), 0.2 * sigma_z(Q), (modulated,), drives=(drive,))
    times = np.linspace(0.0, 4.0, 5)
    drawn = engines.Trajectories(trajectories=600, seed=5)
    sampled = ds.evolve(system, times, observables=sigma_z(Q), engine=drawn)
    exact = ds.evolve(system, times, observables=sigma_z(Q)).table["observable"].values
    gap = np.abs(sampled.table["observable"].values - exact).max()
    assert gap < 6 * sampled.report.error_estimate
    clicks = [
        t for run in drawn.ensemble(system, times).jumps for t, name in run if name == "light"
    ]
    assert len(clicks) > 100 and max(clicks) <= 4.0
    alone = OpenSystem((Q,), 0.2 * sigma_z(Q), drives=(drive,))  # without chance: the steps' error
    pair = [
        ds.evolve(alone, times, observables=sigma_z(Q), engine=engine).table["observable"].values
        for engine in (engines.Trajectories(trajectories=2, seed=1), None)
    ]
    assert np.abs(pair[0] - pair[1]).max() < 1e-6


KINDS = ["homodyne", "heterodyne"]


@pytest.mark.parametrize("kind", KINDS)
def test_diffusion_under_drives_is_on_average_the_master_equation(kind):
    """Two qubits, one pulse, a coupler that turns its phase, and a channel that is switched off."""
    P = Qubit("p")
    turning = pulses.ramp(0.0, 2.0, 0.3, 1.0) * pulses.function(lambda t: np.exp(0.8j * t))
    shared = Jump(sigma_minus(Q) + sigma_minus(P), 0.5, "light", modulation=turning)
    lost = Jump(sigma_minus(P), 1.5, modulation=pulses.step(1.0, 1.0, 0.0))
    drive = Drive(sigma_plus(Q), pulses.gaussian(1.2, 0.4, 1.1 - 0.5j))
    system = OpenSystem((Q, P), 0.3 * sigma_z(Q), (shared, lost), drives=(drive,))
    times = [0.0, 0.9, 1.3, 2.5]
    engine = engines.Trajectories(trajectories=250, unravelling=kind, seed=8)
    sampled = ds.evolve(system, times, engine=engine, keep_states=True)
    exact = ds.evolve(system, times, keep_states=True)
    for drawn, state in zip(sampled.states, exact.states, strict=True):
        gap = np.linalg.norm(drawn.matrix - state.matrix)
        assert gap < 6 * sampled.report.error_estimate
    assert sampled.report.error_estimate < 0.1
    vectors = engine.ensemble(system, times, only=range(20)).vectors
    assert np.allclose(np.linalg.norm(vectors, axis=2), 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_diffusion_under_pulses_that_stand_still_is_that_of_a_constant_system(kind):
    """Path by path: the same noise in the same steps."""
    still = pulses.sinusoid(0.0)
    constant = OpenSystem((Q,), 0.7 * sigma_x(Q), (Jump(sigma_minus(Q), 0.8, "light"),))
    driven = OpenSystem(
        (Q,),
        jumps=(Jump(sigma_minus(Q), 0.8, "light", modulation=still),),
        drives=(Drive(sigma_x(Q), 0.7 * still),),
    )
    engine = engines.Trajectories(trajectories=10, unravelling=kind, seed=4)
    paths = [engine.ensemble(system, [0.0, 1.0, 2.0]).vectors for system in (constant, driven)]
    overlaps = np.abs(np.einsum("tnd,tnd->tn", paths[0].conj(), paths[1]))
    assert overlaps.min() > 1 - 1e-9
    assert np.abs(paths[0][1] - paths[0][1][0]).max() > 0.01  # paths do differ


def test_steps_of_a_measurement_do_not_cross_stops():
    """A coupling that is open for less than a step is seen, and the second look tells its error."""
    flash = pulses.step(1.0, 0.0, 30.0) * pulses.step(1.001, 1.0, 0.0)  # area of f^2: 0.9
    system = OpenSystem((Q,), jumps=(Jump(sigma_minus(Q), 1.0, "light", modulation=flash),))
    up = PureState.basis(("q",), (2,), {"q": 1})
    engine = engines.Trajectories(trajectories=800, unravelling="homodyne", seed=2, step=0.5)
    sampled = ds.evolve(system, [0.0, 2.0], up, observables=sigma_z(Q), engine=engine)
    gap = abs(float(sampled.table["observable"][-1]) - (2 * np.exp(-0.9) - 1))
    assert gap < 6 * sampled.report.error_estimate


@pytest.mark.parametrize("kind", KINDS)
def test_records_do_not_cross_stops_of_what_is_seen_in_full(kind):
    """The flash above, where nothing but the detector knows of the coupling."""
    flash = pulses.step(1.0, 0.0, 30.0) * pulses.step(1.001, 1.0, 0.0)
    system = OpenSystem((Q,), jumps=(Jump(sigma_minus(Q), 1.0, "light", modulation=flash),))
    up = PureState.basis(("q",), (2,), {"q": 1})
    engine = engines.Trajectories(trajectories=400, seed=2, step=0.5)
    records = engine.records(system.with_monitors(Monitor("light", kind)), [0.0, 2.0], up)
    gap = abs(records.average().expectation(sigma_z(Q)).real - (2 * np.exp(-0.9) - 1))
    assert gap < 6 * records.report.error_estimate


def watched_by(kind, still):
    """Two qubits behind two detectors; `still` is a pulse that stands still, or None for none."""
    P = Qubit("p")
    shared = sigma_minus(Q) + 0.5 * sigma_minus(P)
    jumps = (
        Jump(shared, 0.8, "light", modulation=still),
        Jump(sigma_minus(P), 0.6, "side", modulation=still),
        Jump(sigma_z(Q), 0.05),
    )
    drive = 0.7 * sigma_x(Q)
    monitors = (
        Monitor("light", kind, 0.6, 0.0 if kind == "counting" else 0.4),
        Monitor("light", "counting", 0.3),
        Monitor("side", "homodyne", 0.5),
    )
    if still is None:
        return OpenSystem((Q, P), drive, jumps).with_monitors(*monitors)
    given = OpenSystem((Q, P), jumps=jumps, drives=(Drive(0.7 * sigma_x(Q), still),))
    return given.with_monitors(*monitors)


@pytest.mark.parametrize("kind", [*KINDS, "counting"])
def test_records_under_pulses_that_stand_still_are_those_of_a_constant_system(kind):
    """Path by path: the same noise in the same steps, the same clicks."""
    engine, times = engines.Trajectories(trajectories=12, seed=4), [0.0, 1.0, 2.0]
    constant, driven = (
        engine.records(watched_by(kind, still), times) for still in (None, pulses.sinusoid(0.0))
    )
    assert driven.quadratures == constant.quadratures
    assert np.allclose(driven.matrices, constant.matrices, atol=1e-8)
    assert np.allclose(driven.currents, constant.currents, atol=1e-8)
    assert [[name for _, name in run] for run in driven.clicks] == [
        [name for _, name in run] for run in constant.clicks
    ]
    assert any(constant.clicks)


def test_records_under_drives_are_on_average_the_master_equation():
    turning = pulses.ramp(0.0, 2.0, 0.3, 1.0) * pulses.function(lambda t: np.exp(0.8j * t))
    jumps = (Jump(sigma_minus(Q), 0.9, "light", modulation=turning), Jump(sigma_z(Q), 0.1))
    drive = Drive(sigma_plus(Q), pulses.gaussian(1.2, 0.4, 1.1 - 0.5j))
    system = OpenSystem((Q,), 0.3 * sigma_z(Q), jumps, drives=(drive,))
    times, engine = [0.0, 0.9, 1.3, 2.5], engines.Trajectories(trajectories=500, seed=8)
    watched = system.with_monitors(
        Monitor("light", "heterodyne", 0.5), Monitor("light", "counting", 0.4)
    )
    records, exact = engine.records(watched, times), ds.evolve(system, times, keep_states=True)
    for moment, state in enumerate(exact.states):
        gap = np.linalg.norm(records.average(moment).matrix - state.matrix)
        assert gap < 6 * records.report.error_estimate
    assert records.report.error_estimate < 0.1
    assert np.all(np.linalg.eigvalsh(records.matrices) > -1e-9)


@pytest.mark.parametrize("efficiency", [0.0, 1.0])
def test_what_a_cascade_of_modulated_nodes_sends_on_is_watched(efficiency):
    """The jump is a sum of two operators with complex pulses of their own.

    A detector that sees nothing leaves the master equation, without noise.
    """
    f, g = pulses.function(lambda t: 0.5 + 0.2j * t), pulses.sech(1.0, 1.0, 0.8 - 0.3j)
    P = Qubit("p")
    nodes = concatenate(emitter(Q, 1.0, 0.3, modulation=f), emitter(P, 0.9, modulation=g))
    system = nodes.feedback("q", "p").open_system()
    times = [0.0, 0.8, 1.6]
    start = PureState(("q", "p"), (2, 2), np.array([0.0, 0.6, 0.8, 0.0]))
    monitors = (Monitor("q", "homodyne", 0.6 * efficiency), Monitor("q", "counting", 0.3))
    if not efficiency:
        monitors = (*monitors[:1], Monitor("q", "counting", 0.0))
    engine = engines.Trajectories(trajectories=400 if efficiency else 2, seed=9)
    records = engine.records(system.with_monitors(*monitors), times, start)
    exact = ds.evolve(system, times, start, keep_states=True)
    for moment, state in enumerate(exact.states):
        gap = np.linalg.norm(records.average(moment).matrix - state.matrix)
        # without noise, what the steps may miss of the coefficients is left
        assert gap < (6 * records.report.error_estimate if efficiency else 1e-6)
    assert records.report.error_estimate < 0.1


def test_all_light_of_a_drive_seen_leaves_states_pure():
    light = Jump(sigma_minus(Q), 0.9, "light", modulation=pulses.ramp(0.0, 2.0, 0.3, 1.0))
    drive = Drive(sigma_x(Q), pulses.gaussian(1.2, 0.4, 1.1))
    system = OpenSystem((Q,), jumps=(light,), drives=(drive,))
    engine = engines.Trajectories(trajectories=20, seed=3)
    for monitor in (Monitor("light"), Monitor("light", "counting")):
        matrices = engine.records(system.with_monitors(monitor), [0.0, 1.0, 2.0]).matrices
        purity = np.einsum("tnij,tnji->tn", matrices, matrices).real
        assert np.abs(purity - 1).max() < 1e-9  # whatever the step


def test_clicks_of_a_modulated_decay_come_at_their_exact_times():
    """No click up to t with probability exp(-rate int f^2): the first uniform number says when.

    Rates stand still for an eighth of 0.1: the integral over less than that misses up to
    slope * (0.1/8)^2 / 8.
    """
    ramp, rate = pulses.ramp(0.0, 3.0, 0.2, 1.0), 1.1
    light = Jump(sigma_minus(Q), rate, "light", modulation=ramp)
    watched = OpenSystem((Q,), jumps=(light,)).with_monitors(Monitor("light", "counting"))
    up, times = PureState.basis(("q",), (2,), {"q": 1}), np.linspace(0.0, 3.0, 31)
    records = engines.Trajectories(trajectories=8, seed=6).records(watched, times, up)
    f2 = ramp(np.linspace(0.0, 3.0, 300_001)) ** 2
    area = np.concatenate([[0.0], np.cumsum(0.5e-5 * (f2[1:] + f2[:-1]))])
    clicked = 0
    for key, run in zip(records.numbers, records.clicks, strict=True):
        sequence = np.random.SeedSequence(records.entropy, spawn_key=(key,))
        level = np.random.default_rng(sequence).random()
        if -np.log(level) > rate * area[-1]:
            assert not run
            continue
        clicked += 1
        due = np.interp(-np.log(level) / rate, area, np.linspace(0.0, 3.0, 300_001))
        ((moment, name),) = run
        slope = 2 * rate * 0.8 / 3.0
        late = slope * (0.1 / 8) ** 2 / 8 / (rate * float(ramp(due)) ** 2)
        assert name == "light" and abs(moment - due) < late + 1e-8
    assert clicked


SHORT = np.linspace(0.0, 1000.0, 10_001)


@pytest.mark.parametrize(
    "pulse",
    [
        pulses.samples(SHORT, np.exp(-0.5 * (SHORT - 617.3) ** 2)),
        pulses.function(
            lambda t: (
                1e4 * np.exp(-2e3 * (t - 10.0) ** 2) * np.cos(3e3 * t)
                + np.exp(-0.5 * (t - 617.3) ** 2)
            )
        ),
    ],
)
def test_short_pulses_in_a_long_time_are_not_missed(pulse):
    quarter = pulse * float(np.pi / 2 / np.sqrt(2 * np.pi))  # H = f sx turns by twice the area
    system = OpenSystem((Q,), drives=(Drive(sigma_x(Q), quarter),))
    result = ds.evolve(system, [0.0, 1000.0], observables=sigma_z(Q))
    assert abs(result.table["observable"].values[-1] - 1.0) <= result.report.error_estimate


def test_trajectories_see_short_pulses(monkeypatch):
    pulse = pulses.gaussian(617.3, 0.002, np.pi / 4 / 0.002 / np.sqrt(2 * np.pi))
    system = OpenSystem((Q,), drives=(Drive(sigma_x(Q), pulse),))
    runs = engines.Trajectories(trajectories=2, seed=1)
    result = ds.evolve(system, [0.0, 1000.0], observables=sigma_z(Q), engine=runs)
    assert abs(result.table["observable"].values[-1]) < 1e-5
    monkeypatch.setattr("darkstate.engines.trajectories.modulated._MOST_STEPS", 1000)
    fast = Drive(sigma_x(Q), pulses.sinusoid(1e9))
    with pytest.raises(CapacityError, match="more than 1000 steps"):
        ds.evolve(OpenSystem((Q,), drives=(fast,)), [0.0, 10.0], engine=runs)


def test_steps_of_trajectories_are_looked_at_twice():
    fast, slow = 40.0 * sigma_z(Q), Drive(sigma_x(Q), pulses.ramp(0.0, 2.0, 0.0, 30.0))
    runs = engines.Trajectories(trajectories=2, seed=1)
    system = OpenSystem((Q,), fast, drives=(slow,))
    sampled = ds.evolve(system, [0.0, 2.0], observables=sigma_z(Q), engine=runs)
    exact = ds.evolve(system, [0.0, 2.0], observables=sigma_z(Q))
    apart = abs(sampled.table["observable"].values[-1] - exact.table["observable"].values[-1])
    assert apart <= 2 * sampled.report.error_estimate
    assert "change with twice the step" in sampled.report.truncation


@pytest.mark.parametrize("place", [2.3137, 4.71, 6.9021])
@pytest.mark.parametrize("height", [0.3, 3.0])
def test_short_features_of_slow_functions_are_not_missed(place, height):
    """What lasts a thousandth of the time, on top of a cosine: the means are integrals."""

    def f(t):
        return np.cos(t) + height * (abs(t - place) < 4e-3)

    area = np.sin(8.0) + 8e-3 * height
    turned = OpenSystem((Q,), drives=(Drive(sigma_x(Q), f),))
    result = ds.evolve(turned, [0.0, 8.0], observables=sigma_z(Q))
    gap = abs(float(result.table["observable"][-1]) + np.cos(2 * area))
    assert gap <= result.report.error_estimate <= 1e-6
    mode = Mode("a")
    moved = OpenSystem((mode,), drives=(Drive(create(mode), f),))
    result = ds.evolve(moved, [0.0, 8.0], observables=destroy(mode))
    assert abs(complex(result.table["observable"][-1]) + 1j * area) < 1e-8


def test_small_and_large_systems_are_compiled_to_the_same(monkeypatch):
    P, a = Qubit("p"), Mode("a")
    swap = Drive(sigma_plus(Q) * destroy(a), pulses.gaussian(1.0, 0.4, 1.1 - 0.5j))
    jumps = (Jump(sigma_minus(Q), 0.7, modulation=pulses.ramp(0.0, 2.0)), Jump(destroy(a), 0.2))
    still = 0.3 * sigma_z(Q) + 0.1 * number(a) + 0.2 * sigma_x(P)
    system = OpenSystem((Q, P, a), still, jumps, drives=(swap,))
    engine = engines.Lindblad(cutoff=3)
    up = PureState.basis(("q", "p", "a"), (2, 2, 3), {"q": 1})
    module = "darkstate.engines.density.modulated._SMALL"
    found = []
    for most in (32, 0):
        monkeypatch.setattr(module, most)
        found.append(ds.evolve(system, [0.0, 1.0, 2.5], up, engine=engine).state.matrix)
    assert np.abs(found[0] - found[1]).max() < 1e-6


def test_two_gaussian_runs_that_take_the_same_steps_do_not_certify_each_other():
    """A smooth feature of a thousandth of the time: both runs were off by 3e-10, and told 5e-11."""
    mode, centre, width, height = Mode("m"), 9.046034475452544, 0.01, 0.3

    def force(t):
        feature = height * np.cos(np.pi * (t - centre) / (2 * width)) ** 2
        return 0.3 * np.cos(0.5 * t) + feature * (abs(t - centre) < width)

    system = OpenSystem((mode,), drives=(Drive(create(mode), force),))
    engine = engines.Gaussian()
    result = ds.evolve(system, [0.0, 20.0], observables=destroy(mode), engine=engine)
    exact = -1j * (0.6 * np.sin(10.0) + height * width)
    told = result.report.error_estimate
    assert abs(result.table["observable"].values[-1] - exact) <= told and told >= engine.rtol
