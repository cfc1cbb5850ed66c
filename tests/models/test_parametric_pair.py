"""ParametricPair: both treatments through the front door, and the Langevin systems behind one."""

import json

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines.gaussian.periodic import gaussian_state
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError, UnphysicalError
from darkstate.frontdoor import ask, choose
from darkstate.linalg.floquet import PeriodicLangevin
from darkstate.measures import MEASURES
from darkstate.models import DrudeBath, ParametricPair
from darkstate.models._parametric_pair_physics import (
    bogoliubov,
    occupancies,
    secular_moments,
    secular_rates,
)
from darkstate.states import GaussianState
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy
from darkstate.systems.langevin import LangevinSystem

MEASURE = {measure.name: measure for measure in MEASURES}
STRONG = {
    "omega_b": 0.6,
    "pump": 1.5,
    "coupling": 0.3,
    "baths": (DrudeBath(0.08), DrudeBath(0.04, 1.5)),
    "treatment": "exact",
}


def baths(first, second=None):
    return (DrudeBath(first), DrudeBath(first if second is None else second))


# --- arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"omega_a": 0.0}, "`omega_a` must be > 0"),
        ({"pump": -1.0}, "`pump` must be >= 0"),
        ({"omega_b": "x"}, "`omega_b` must be a real number"),
        ({"pump": np.inf}, "`pump` must be finite"),
        ({"coupling": -1.0}, "`coupling` must be >= 0"),
        ({"baths": 3}, "`baths` must be two DrudeBath"),
        ({"baths": (DrudeBath(), 0.01)}, "`baths` must be two DrudeBath"),
        ({"treatment": "secula"}, "`treatment` must be one of.*Did you mean 'secular'"),
        ({"branch": "printed"}, "`branch` must be one of.*Did you mean 'as_printed'"),
        ({"phase": np.nan, "treatment": "exact"}, "`phase` must be finite"),
        ({"counter_term": 1, "treatment": "exact"}, "`counter_term` must be True or False"),
        ({"phase": 1.0}, "`phase` must be 0.0 for treatment='secular'"),
        ({"counter_term": True}, "`counter_term` must be False for treatment='secular'"),
        ({"branch": "as_printed", "treatment": "exact"}, "`branch` must be 'diagonal'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        ParametricPair(**arguments)


def test_baths():
    with pytest.raises(ArgumentError, match="`strength` must be >= 0"):
        DrudeBath(-0.1)
    with pytest.raises(ArgumentError, match="`cutoff` must be > 0"):
        DrudeBath(0.1, 0.0)
    np.testing.assert_allclose(DrudeBath(0.5, 2.0).density([-1.0, 0.0, 2.0]), [0, 0, 0.125])


def test_parameters_are_plain_and_defaults_are_resolved():
    model = ParametricPair(omega_b=0.6, baths=[DrudeBath(0.1), DrudeBath(0.2)])
    plain = model.parameters()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["baths"][1] == {"kind": "DrudeBath", "strength": 0.2, "cutoff": 1.0}
    assert model.numbers.coupling == pytest.approx(1.84)
    assert model.detunings == pytest.approx((-9, -9.4))


# --- the secular treatment ----------------------------------------------------------------------


@pytest.mark.parametrize("branch", ["diagonal", "as_printed"])
@pytest.mark.parametrize("ratio", [1.0, 0.6])
@pytest.mark.parametrize("zetas", [(0.01, 0.01), (0.004, 0.01), (1e-5, 2e-5)])
def test_the_engine_finds_the_closed_moments(branch, ratio, zetas):
    model = ParametricPair(omega_b=ratio, baths=baths(*zetas), branch=branch)
    result = ds.steady_state(model)
    modes = bogoliubov(model.numbers, branch)
    n_a, n_b, ab = secular_moments(modes, *occupancies(secular_rates(model.numbers, modes)))
    np.testing.assert_allclose(result.state.number, np.diag([n_a, n_b]), atol=1e-10)
    np.testing.assert_allclose(result.state.anomalous, [[0, ab], [ab, 0]], atol=1e-10)
    assert result.report.status == "certified"
    assert result.state.labels == ("A1", "B1")
    for truth in model.truths():
        value = MEASURE[truth.measure](result.state, *truth.groups)
        assert value == pytest.approx(truth.value, abs=1e-10)


def nats(**options):
    return np.log(2) * ParametricPair(**options).truths()[0].value


def test_the_printed_branch_gives_the_printed_numbers():
    """0.2 (natural logarithm) for equal modes; for unequal ones the best ratio of baths is 0.31."""
    assert nats() == pytest.approx(0.200539, abs=1e-6)
    assert nats(branch="as_printed") == pytest.approx(0.199938, abs=1e-6)
    equal, best, other = (
        nats(omega_b=0.6, branch="as_printed", baths=baths(zeta1, 0.01))
        for zeta1 in (0.01, 0.00311007, 0.0032)
    )
    assert best == pytest.approx(0.193582, abs=1e-6)
    assert equal == pytest.approx(0.187039, abs=1e-6)
    assert other < best


def test_where_the_secular_theory_fails_it_says_so():
    with pytest.raises(NumericalError, match=r"parametric threshold.*0\.01 against 0\.16"):
        ParametricPair(pump=1.05, coupling=0.2).system()
    unbalanced = ParametricPair(baths=baths(1e-5, 1e-2))
    with pytest.raises(NumericalError, match=r"cooling of l: C > D is not met \(1\.56"):
        unbalanced.system()
    assert unbalanced.truths() == ()


def test_without_coupling_there_is_no_entanglement():
    for treatment in ("secular", "exact"):
        model = ParametricPair(coupling=0.0, treatment=treatment)
        state = ds.steady_state(model).state
        (truth,) = model.truths()
        assert ds.log_negativity(state, *truth.groups) == truth.value == 0
    assert state.photons()[0] > 1e-3, "the exact bath dresses its mode all the same"


@pytest.mark.parametrize("zetas", [(1e-4, 1e-4), (1e-4, 3e-4)])
def test_without_a_pump_the_pair_is_in_its_ground_state(zetas):
    """Entangled, pure and independent of the baths; the exact pair tends to it."""
    options = {"omega_b": 0.6, "pump": 0.0, "baths": baths(*zetas)}
    state = ds.steady_state(ParametricPair(**options)).state
    entanglement = np.log(2) * ds.log_negativity(state, "A1", "B1")
    assert entanglement == pytest.approx(np.arctanh(0.2), abs=1e-10)
    assert ds.purity(state) == pytest.approx(1, abs=1e-10)
    exact = ds.steady_state(ParametricPair(**options, treatment="exact")).state
    assert 0 < entanglement - np.log(2) * ds.log_negativity(exact, "A1", "B1") < 2e-4
    with pytest.raises(NumericalError, match=r"cooling of m: E > F is not met \(0 against"):
        ParametricPair(
            omega_b=0.6, pump=0.0, coupling=0.79
        ).system()  # k² > ω_a ω_b: no ground state


# --- the exact treatment ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"omega_b": 0.6}, {"pump": 0.3, "coupling": 0.1}, {"omega_b": 0.6, "pump": 0.0}]
)
def test_weak_baths_lead_to_the_secular_theory_linearly(options):
    """Pumps above, between and below the frequencies of the Bogoliubov modes, and none."""
    target = ds.steady_state(ParametricPair(**options, baths=baths(1e-4, 2e-4))).state
    misses = []
    for zeta in (1e-3, 5e-4, 2.5e-4):
        model = ParametricPair(**options, baths=baths(zeta, 2 * zeta), treatment="exact")
        difference = ds.steady_state(model).state.covariance - target.covariance
        misses.append(np.max(np.abs(difference)))
    np.testing.assert_allclose(np.diff(np.log(misses)) / np.log(0.5), 1.0, atol=0.1)


def test_the_report_of_an_exact_pair():
    result = ds.steady_state(ParametricPair(**STRONG))
    report = result.report
    assert (report.status, report.method, report.unique) == ("certified", "harmonic balance", True)
    assert 0 < report.error_estimate < 1e-8
    assert 0 <= report.truncation["commutators"] < 1e-9
    assert report.truncation["harmonics"] < 1e-9
    assert report.margin > 0 and report.gap > 0
    assert result.model["treatment"] == "exact"


def test_the_phase_turns_through_one_cycle():
    def at(phase):
        return ds.steady_state(ParametricPair(**STRONG, phase=phase)).state

    start, half, whole = at(0.0), at(np.pi), at(2 * np.pi)
    np.testing.assert_allclose(whole.covariance, start.covariance, atol=1e-8)
    assert np.max(np.abs(half.covariance - start.covariance)) > 0.01


def test_the_frame_is_that_of_the_pump():
    """In it a weakly damped pair has the secular state at every phase."""
    target = ds.steady_state(ParametricPair(baths=baths(1e-3))).state.covariance
    for phase in (0.0, 1.0, 4.0):
        model = ParametricPair(baths=baths(1e-3), treatment="exact", phase=phase)
        np.testing.assert_allclose(ds.steady_state(model).state.covariance, target, atol=2e-3)


def test_an_exact_pair_without_steady_state():
    with pytest.raises(NumericalError, match="Floquet exponent"):
        ds.steady_state(ParametricPair(omega_b=0.6, pump=0.8, coupling=0.3, treatment="exact"))
    with pytest.raises(NumericalError, match="Mode a has no ground state"):
        ParametricPair(baths=baths(0.16), treatment="exact").system()
    ds.steady_state(ParametricPair(baths=baths(0.16), treatment="exact", counter_term=True))


# --- Langevin systems and the front door --------------------------------------------------------


def amplifier(phase=0.0, noise=1.0, omega=0.7, gain=0.2, kappa=1.0):
    """``H = ω(a†a + b†b) + g(a†b† exp(-2iωt) + h.c.)`` in white vacuum, laboratory frame."""
    still = np.diag([-1j * omega, 1j * omega] * 2) - kappa / 2 * np.eye(4)
    rising = np.zeros((4, 4), complex)
    rising[0, 3] = rising[2, 1] = -1j * gain
    falling = np.zeros((4, 4), complex)
    falling[1, 2] = falling[3, 0] = 1j * gain
    inputs = np.kron(np.eye(2), np.sqrt(kappa / 2) * np.array([[1, 1j], [1, -1j]]))
    vacuum = noise * np.kron(np.eye(2), np.array([[0.5, 0.5j], [-0.5j, 0.5]]))
    equations = PeriodicLangevin(
        {0: still, 1: rising, -1: falling},
        2 * omega,
        inputs,
        lambda frequencies: np.broadcast_to(vacuum, (len(frequencies), 4, 4)),
    )
    return LangevinSystem(("A1", "B1"), equations, frame=omega, phase=phase)


@pytest.mark.parametrize("phase", [0.0, 0.9])
def test_harmonic_balance_agrees_with_the_rotating_frame(phase):
    """White noise and one pump frequency: the same system as Hamiltonian and jumps."""
    a, b = Mode("A1"), Mode("B1")
    pump = 0.2 * (create(a) * create(b) + destroy(a) * destroy(b))
    jumps = (Jump(destroy(a), 1.0), Jump(destroy(b), 1.0))
    expected = ds.steady_state(OpenSystem((a, b), pump, jumps)).state
    result = ds.steady_state(amplifier(phase))
    np.testing.assert_allclose(result.state.covariance, expected.covariance, atol=1e-8)
    assert result.report.status == "certified"
    assert result.report.gap == pytest.approx(0.3)


def test_noise_that_does_not_fit_the_damping_is_suspect():
    report = ds.steady_state(amplifier(noise=2.0)).report
    assert report.status == "suspect"
    assert any("commutators" in warning for warning in report.warnings)


def test_moments_become_a_state():
    root = np.random.default_rng(5).normal(size=(4, 4))
    known = GaussianState.from_covariance(("A1", "B1"), root @ root.T + np.eye(4))
    n, m = known.number, known.anomalous
    moments = np.zeros((4, 4), complex)
    moments[::2, ::2], moments[1::2, 1::2] = np.eye(2) + n.T, n
    moments[::2, 1::2], moments[1::2, ::2] = m, m.conj()
    state, defect = gaussian_state(("A1", "B1"), moments)
    np.testing.assert_allclose(state.covariance, known.covariance, atol=1e-14)
    assert defect < 1e-14
    assert gaussian_state(("A1", "B1"), 1.1 * moments)[1] == pytest.approx(0.1)


def test_langevin_systems_are_checked():
    good = amplifier().equations
    with pytest.raises(ArgumentError, match="at least 6 variables for 3 modes"):
        LangevinSystem(("A1", "B1", "A2"), good)
    with pytest.raises(ArgumentError, match="`frame`"):
        LangevinSystem(("A1", "B1"), good, frame=(1.0, 2.0, 3.0))
    lopsided = PeriodicLangevin(
        {0: good.harmonics[0], 1: good.harmonics[1]}, 1.0, good.inputs, np.sin
    )
    with pytest.raises(UnphysicalError, match="W_h = P conj"):
        LangevinSystem(("A1", "B1"), lopsided)
    noise = PeriodicLangevin(good.harmonics, 1.0, 1j * good.inputs, np.sin)
    with pytest.raises(UnphysicalError, match="inputs B = P conj"):
        LangevinSystem(("A1", "B1"), noise)


class OnlyJumps:
    """An engine that knows no Langevin equations."""

    name = "only jumps"
    accepts = (OpenSystem,)
    initials = ()
    references = ()

    memory_limit = None

    def offer(self, system, task):
        return system.jumps


def test_engines_that_do_not_read_it_refuse_politely():
    model = ParametricPair(treatment="exact")
    offer = ask(OnlyJumps(), model.system())
    assert not offer.can and "reads OpenSystem" in offer.reason
    with pytest.raises(EngineMismatchError, match=r"'only jumps' reads OpenSystem.*LangevinSystem"):
        ds.steady_state(model, OnlyJumps())
    assert choose(model.system()).offer.method == "harmonic balance"
    shown = str(ds.explain(model))
    assert "6: 4 of the modes, 2" in shown and "chosen: gaussian (harmonic balance)" in shown


def test_what_langevin_equations_do_not_offer_is_said():
    model = ParametricPair(treatment="exact")
    with pytest.raises(EngineMismatchError, match="baths remember"):
        ds.evolve(model, [0.0, 1.0])
    with pytest.raises(EngineMismatchError, match="Hamiltonian and jumps"):
        ds.output_states(model, ["bath A cools l"], [0.0])
    with pytest.raises(EngineMismatchError, match="Hamiltonian and jumps"):
        ds.conditional_state(model, ds.Monitor("bath A cools l"))
    with pytest.raises(EngineMismatchError, match="method='dense'"):
        ds.steady_state(model, ds.engines.Gaussian(method="dense"))
