"""Two ensembles: the dark state at every N, the closed forms, three-level atoms, bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Collective, Moments
from darkstate.engines.contract import run
from darkstate.errors import ArgumentError
from darkstate.models import AtomicEnsembles, AtomicLevels
from darkstate.systems import Ensemble, spin_minus, spin_plus

RATES = {"cooling": 0.1, "heating": 0.02, "dephasing": 0.05}


def ladder(atoms):
    """J- of the Dicke states, M = -N/2 .. N/2."""
    k = np.arange(atoms)
    return np.diag(np.sqrt((k + 1.0) * (atoms - k)), 1)


@pytest.mark.parametrize("atoms", [1, 2, 4, 9])
def test_both_jumps_annihilate_the_epr_state(atoms):
    model = AtomicEnsembles(atoms, 0.6)
    lower, one = ladder(atoms), np.eye(atoms + 1)
    state = np.fliplr(np.diag(math.tanh(0.6) ** np.arange(atoms + 1.0))).ravel()
    letters = {
        ("I", "-"): np.kron(lower, one),
        ("II", "-"): np.kron(one, lower),
        ("I", "+"): np.kron(lower.T, one),
        ("II", "+"): np.kron(one, lower.T),
    }
    for jump in model.system().jumps:
        assert jump.rate == 1.0 / atoms
        matrix = sum(c * letters[space.label, word] for ((space, word),), c in jump.operator)
        assert np.abs(matrix @ state).max() < 1e-14 * atoms


@pytest.mark.parametrize("atoms", [1, 2, 4, 8, 12])
def test_without_noise_xi_is_exact_at_every_n(atoms):
    (truth,) = (model := AtomicEnsembles(atoms, 0.6, 3.0)).truths()
    assert truth.value == pytest.approx((math.cosh(0.6) - math.sinh(0.6)) ** 2)
    state = ds.steady_state(model, engine=Collective()).state
    assert getattr(ds, truth.measure)(state, *truth.groups) == pytest.approx(truth.value, abs=1e-9)


def test_the_jumps_and_their_rates():
    model = AtomicEnsembles(50, 0.5, 10.0, 0.2, **RATES, detuning=0.3)
    system = model.system()
    first, second = (Ensemble(label, 50) for label in ("I", "II"))
    assert system.spaces == (first, second)
    jumps = {jump.name: jump for jump in system.jumps}
    mu, nu = math.cosh(0.5), math.sinh(0.5)
    assert jumps["A"].operator == mu * spin_minus(first) - nu * spin_minus(second)
    assert jumps["B"].operator == mu * spin_plus(second) - nu * spin_plus(first)
    assert jumps["A"].rate == jumps["B"].rate == 2.0 / 50
    assert jumps["I cooling"].operator == spin_minus(first)
    assert jumps["II cooling"].operator == spin_plus(second)
    assert jumps["II heating"].rate == 0.02
    assert len(jumps) == 8
    assert len(AtomicEnsembles(50, 0.5).system().jumps) == 2


@settings(max_examples=25, deadline=None)
@given(
    st.just(0.0) | st.floats(1e-50, 1.5),
    st.floats(0.1, 50.0),
    st.floats(0.01, 2.0),
    st.just(0.0) | st.floats(1e-45, 0.9),
    st.just(0.0) | st.floats(1e-50, 2.0),
    st.just(0.0) | st.floats(1e-50, 3.0),
)
def test_noise_and_detuning_only_cost_entanglement(r, depth, cooling, share, dephasing, delta):
    model = AtomicEnsembles(
        10**9, r, depth, cooling=cooling, heating=share * cooling, dephasing=dephasing
    )
    ideal, xi = math.exp(-2 * r), model.large_atoms_xi()
    assert xi >= ideal * (1 - 1e-12)
    assert model.large_atoms_xi(delta) >= xi * (1 - 1e-12)
    P, g = model.polarisation, model.noise_rate + depth * model.polarisation
    printed = (model.noise_rate + depth * P**2 * ideal) / (P * g)  # (B1)
    assert xi == pytest.approx(printed, rel=1e-9)


def test_exact_finite_n_approaches_the_moment_equations():
    """Both approach the closed form as 1/N, with different factors: they differ by O(1/N)."""

    def gap(atoms, engine):
        model = AtomicEnsembles(atoms, 0.4, 5.0, cooling=1.0, heating=0.1, dephasing=0.2)
        state = ds.steady_state(model, engine=engine).state
        return ds.epr_spin_variance(state, "I", "II") - model.large_atoms_xi()

    few, many = np.array([6, 8, 12]), np.array([10**3, 10**4, 10**5])
    exact = np.array([gap(n, Collective()) for n in few.tolist()])
    closed = np.array([gap(n, Moments()) for n in many.tolist()])
    assert np.polyfit(np.log(few), np.log(exact), 1)[0] == pytest.approx(-1, abs=0.03)
    assert np.polyfit(np.log(many), np.log(closed), 1)[0] == pytest.approx(-1, abs=0.03)
    assert exact[-1] * 12 == pytest.approx(0.208, abs=0.002)
    assert closed[-1] * 10**5 == pytest.approx(0.0769, abs=1e-4)
    assert abs(gap(12, Moments()) - exact[-1]) < 0.1 / 12


def test_two_levels_of_three_are_the_moment_equations():
    """Without a third level the rate equations are those of infinitely many atoms."""
    for delta in (0.0, 0.2):
        options = {"cooling": 0.05, "heating": 0.02}
        atoms = AtomicEnsembles(10**12, 0.9, 40.0, 0.01, dephasing=0.1, detuning=delta, **options)
        levels = AtomicLevels(0.0, 40.0, 0.01, 0.9, 0.17, **options, detuning=delta)
        times = np.linspace(0, 30, 16)
        done = run(Moments(), atoms.system(), times.tolist(), atoms.polarised())
        xi = [state.xi("I", "II") for state in done.states]
        assert levels.evolve(times).xi == pytest.approx(xi, abs=1e-6)


LEVELS = AtomicLevels(0.02, 55.0, 0.002, 0.9, 0.5, cooling=0.2, heating=0.01, back=0.15)


def test_levels_reach_their_steady_state():
    end, steady = LEVELS.evolve([0.0, 500.0]), LEVELS.steady()
    for name in ("remaining", "polarisation", "variance", "correlation", "own"):
        assert getattr(end, name)[-1] == pytest.approx(getattr(steady, name)[0], rel=1e-8)
    n1 = 0.5 * steady.remaining[0] * (1 + steady.polarisation[0])
    y = np.array([n1, steady.remaining[0] - n1, steady.own[0], steady.correlation[0], 0.0])
    assert np.abs(LEVELS.rates(y)).max() < 1e-15


def test_lost_atoms_do_not_change_xi_of_uncorrelated_ones():
    """Without light xi = 1/P2 however many atoms leave."""
    levels = AtomicLevels(0.3, 10.0, 0.0, 0.9, 0.5, cooling=0.1, heating=0.05)
    history = levels.evolve(np.linspace(0, 10, 11), polarisation=0.8)
    assert history.remaining == pytest.approx(np.exp(-0.3 * history.times), rel=1e-8)
    assert history.xi * history.polarisation == pytest.approx(1.0, rel=1e-8)


def test_the_adiabatic_formula_is_of_first_order_in_the_slow_rates():
    times, slow, errors = np.linspace(0, 20, 41), [1e-3, 5e-4, 2.5e-4], []
    for rate in slow:
        levels = AtomicLevels(rate, 50.0, 0.02, 0.9, 0.5, heating=rate)
        errors.append(np.abs(levels.adiabatic_xi(times) - levels.evolve(times).xi).max())
    assert np.polyfit(np.log(slow), np.log(errors), 1)[0] == pytest.approx(1, abs=0.1)


def test_histories_go_on_where_others_end():
    times = np.linspace(0, 12, 13)
    whole = LEVELS.evolve(times)
    half = LEVELS.evolve(times[:7])
    assert LEVELS.evolve(times[6:], initial=half).xi == pytest.approx(whole.xi[6:], rel=1e-8)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"atoms": 0}, "atoms"),
        ({"atoms": 2.5}, "atoms"),
        ({"atoms": 10**16}, "atoms"),
        ({"squeezing": -1.0}, "squeezing"),
        ({"squeezing": 20.0}, "squeezing"),
        ({"optical_depth": 0.0}, "optical_depth"),
        ({"emission": math.inf}, "emission"),
        ({"cooling": -0.1}, "cooling"),
        ({"heating": math.nan}, "heating"),
        ({"dephasing": "much"}, "dephasing"),
        ({"detuning": math.inf}, "detuning"),
    ],
)
def test_bad_parameters(options, name):
    with pytest.raises(ArgumentError, match=f"`{name}`"):
        AtomicEnsembles(**({"atoms": 10, "squeezing": 0.5} | options))


def test_bad_questions():
    hot = AtomicEnsembles(10, 0.5, cooling=0.1, heating=0.2)
    with pytest.raises(ArgumentError, match="heating"):
        hot.large_atoms_xi()
    with pytest.raises(ArgumentError, match="detuning"):
        AtomicEnsembles(10, 0.5, detuning=1.0).large_atoms_evolution([0.0])
    assert AtomicEnsembles(10, 0.5, detuning=1.0).truths() == ()
    with pytest.raises(ArgumentError, match="back"):
        AtomicLevels(0.1, 10.0, 1.0, 0.5, 0.1).steady()
    with pytest.raises(ArgumentError, match="cooling"):
        AtomicLevels(0.1, 10.0, 1.0, 0.5, 0.1, heating=1.0, back=1.0).steady()
    with pytest.raises(ArgumentError, match="times"):
        LEVELS.evolve([1.0, 0.0])
    with pytest.raises(ArgumentError, match="share"):
        AtomicLevels(0.1, 10.0, 1.0, 0.5, 0.1, share=1.5)
