"""Measures of Gaussian states: exact values, laws, and care at extreme squeezing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.errors import ArgumentError, EngineMismatchError, UnphysicalError
from darkstate.linalg.symplectic import symplectic_form
from darkstate.states import GaussianState


def random_state(rng, n, thermal=0.3):
    """A random mixed state: thermal modes through a random symplectic matrix."""
    import scipy.linalg

    omega = symplectic_form(n)
    generator = rng.normal(size=(2 * n, 2 * n)) * 0.4
    S = scipy.linalg.expm(omega @ (generator + generator.T) / 2)
    nu = np.repeat(0.5 + thermal * rng.random(n), 2)
    return GaussianState.from_covariance([f"m{k}" for k in range(n)], S @ np.diag(nu) @ S.T)


@pytest.mark.parametrize("squeezing", [1e-9, 1e-3, 0.5, 1.15, 3.45])
def test_two_mode_squeezed_vacuum(squeezing):
    state = GaussianState.two_mode_squeezed(("A1", "B1"), squeezing)
    E = 2 * squeezing / math.log(2)
    assert ds.log_negativity(state, "A1", "B1") == pytest.approx(E, rel=1e-10)
    n = math.sinh(squeezing) ** 2
    S = (n + 1) * math.log1p(n) / math.log(2) - (n * math.log2(n) if n else 0.0)
    assert ds.entropy(state, "A1") == pytest.approx(S, rel=1e-6)
    assert ds.entropy(state) < 1e-6
    assert ds.purity(state) == pytest.approx(1.0, abs=1e-8)
    assert ds.epr_variance(state, "A1", "B1") == pytest.approx(math.exp(-2 * squeezing), rel=1e-10)
    assert ds.mutual_information(state, "A1", "B1") == pytest.approx(2 * S, rel=1e-5, abs=1e-8)
    steer = math.log2(math.cosh(2 * squeezing))
    assert ds.steering(state, "A1", "B1") == pytest.approx(steer, rel=1e-6, abs=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_closed_form_agrees_with_the_general_one(seed):
    rng = np.random.default_rng(seed)
    n_i, n_j = rng.random(2) * 3
    m = rng.random() * math.sqrt(min(n_i * (n_j + 1), n_j * (n_i + 1)))
    number, pair = np.diag([n_i, n_j]), np.array([[0, m], [m, 0]])
    state = GaussianState(("a1", "b1"), number, pair)
    tiny = np.array([[0, 1e-15], [1e-15, 0]])  # forces the symplectic route
    general = GaussianState(("a1", "b1"), number + tiny, pair)
    assert ds.log_negativity(state, "a1", "b1") == pytest.approx(
        ds.log_negativity(general, "a1", "b1"), abs=1e-9
    )


def test_entanglement_of_a_trillionth_of_a_photon_is_not_lost():
    weak = GaussianState(("a1", "b1"), 1e-24 * np.eye(2), 1e-12 * np.array([[0, 1], [1, 0]]))
    assert ds.log_negativity(weak, "a1", "b1") == pytest.approx(2e-12 / math.log(2), rel=1e-9)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), eta=st.floats(0.0, 1.0))
def test_local_loss_never_raises_entanglement(seed, eta):
    rng = np.random.default_rng(seed)
    state = random_state(rng, 3)
    keep = np.diag([1.0, 1.0, math.sqrt(eta)])
    lossy = GaussianState(state.labels, keep @ state.number @ keep, keep @ state.anomalous @ keep)
    for first, second in ((["m0"], ["m1", "m2"]), (["m0", "m1"], ["m2"])):
        before = ds.log_negativity(state, first, second)
        assert ds.log_negativity(lossy, first, second) <= before + 1e-9


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), phase=st.floats(-3, 3))
def test_local_phases_and_swapping_parties_change_nothing(seed, phase):
    state = random_state(np.random.default_rng(seed), 4)
    turn = np.diag(np.exp(1j * np.array([phase, 0.0, -0.3 * phase, 0.0])))
    turned = GaussianState(
        state.labels, turn.conj() @ state.number @ turn, turn @ state.anomalous @ turn
    )
    first, second = ["m0", "m3"], ["m1", "m2"]
    value = ds.log_negativity(state, first, second)
    assert ds.log_negativity(turned, first, second) == pytest.approx(value, abs=1e-9)
    assert ds.log_negativity(state, second, first) == pytest.approx(value, abs=1e-9)
    assert ds.entropy(turned) == pytest.approx(ds.entropy(state), abs=1e-8)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_entropy_laws(seed):
    state = random_state(np.random.default_rng(seed), 3)
    a, b, ab = (ds.entropy(state, x) for x in ("m0", ["m1", "m2"], None))
    assert abs(a - b) - 1e-9 <= ab <= a + b + 1e-9  # Araki-Lieb and subadditivity
    assert ds.mutual_information(state, "m0", ["m1", "m2"]) == pytest.approx(a + b - ab, abs=1e-9)
    # steering needs entanglement
    if ds.steering(state, "m0", "m1") > 1e-9:
        assert ds.log_negativity(state, "m0", "m1") > 0


def test_pure_two_party_states_of_many_modes():
    """For a pure state E_N of any cut comes from the symplectic spectrum of one side."""
    from darkstate.linalg.symplectic import symplectic_eigenvalues

    state = random_state(np.random.default_rng(4), 4, thermal=0.0)
    nu = symplectic_eigenvalues(state.reduced(["m0", "m1"]).covariance)
    expected = sum(math.log2(2 * v + math.sqrt(max(0.0, 4 * v * v - 1))) for v in nu)
    assert ds.log_negativity(state, ["m0", "m1"], ["m2", "m3"]) == pytest.approx(expected, abs=1e-6)


def test_round_trip_through_the_covariance():
    state = random_state(np.random.default_rng(1), 3)
    again = GaussianState.from_covariance(state.labels, state.covariance, state.mean_quadratures)
    assert np.abs(again.number - state.number).max() < 1e-14
    assert np.abs(again.anomalous - state.anomalous).max() < 1e-14
    assert state.margin() >= -1e-12


def test_refusals():
    state = GaussianState.vacuum(["A1", "B1"])
    with pytest.raises(ArgumentError, match="Did you mean 'B1'"):
        ds.log_negativity(state, "A1", "B11")
    with pytest.raises(ArgumentError, match="once"):
        ds.log_negativity(state, "A1", ["A1", "B1"])
    with pytest.raises(EngineMismatchError, match="two parties"):
        ds.log_negativity(state, "A1")
    with pytest.raises(EngineMismatchError, match="not defined"):
        ds.log_negativity("state", "A1", "B1")
    with pytest.raises(UnphysicalError, match="Omega"):
        GaussianState.from_covariance(["A1"], 0.4 * np.eye(2))


def test_tables_and_curves_carry_labels_and_units():
    result = ds.steady_state(ds.models.CavityChains(3, loss=0.1))
    table = ds.pair_table(result.state, ds.log_negativity, rows=["A1", "A2"], columns=["B1", "A1"])
    assert table.sel(row="A1", column="B1") == ds.log_negativity(result.state, "A1", "B1")
    assert np.isnan(table.sel(row="A1", column="A1"))
    assert table.attrs["units"] == "ebit"
    curve = ds.pair_curve(result.state, ds.log_negativity)
    assert list(curve["first"].values) == ["A1", "A2", "A3"]
