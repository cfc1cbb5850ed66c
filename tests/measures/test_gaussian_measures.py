"""Measures of Gaussian states: exact values, laws, and care at extreme squeezing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.errors import ArgumentError, MissingError, UnphysicalError
from darkstate.linalg.symplectic import symplectic_form
from darkstate.states import GaussianState, PairMoments, PairwiseGaussianState


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
    with pytest.raises(ArgumentError, match="two parties"):
        ds.log_negativity(state, "A1")
    with pytest.raises(ArgumentError, match="be a state"):
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


@pytest.mark.parametrize("photons", [1e-25, 1e-9, 1.0, 1e6, 1e12, 1e200])
def test_entropy_of_one_mode_keeps_its_digits_however_hot(photons):
    """h(n) is log2(e n) for hot modes, where the textbook form cancels."""
    n = GaussianState.thermal(["A1"], photons).covariance[0, 0] - 0.5
    expected = math.log2(math.e * n) if n > 1e10 else (n + 1) * math.log2(n + 1)
    if 0 < n <= 1e10:
        expected -= n * math.log2(n)
    value = ds.entropy(GaussianState.thermal(["A1"], photons), "A1")
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("squeezing", [5.0, 12.0, 17.33, 18.0, 20.0, 40.0, 100.0, 300.0])
def test_entanglement_beyond_double_precision_is_limited_not_infinite(squeezing):
    state = GaussianState.two_mode_squeezed(("A1", "B1"), squeezing)
    zeros = np.zeros((3, 3))
    number, pair = zeros.copy(), zeros.copy()
    number[:2, :2], pair[:2, :2] = state.number.real, state.anomalous.real
    three = GaussianState(("A1", "B1", "A2"), number, pair)  # takes the symplectic route
    exact = 2 * squeezing / math.log(2)
    n = float(state.photons()[0])
    limit = max(0.0, -math.log2(np.finfo(float).eps * (1 + 2 * n)))
    for value in (
        ds.log_negativity(state, "A1", "B1"),
        ds.log_negativity(three, ["A1", "A2"], "B1"),
        ds.steering(state, "A1", "B1"),
        ds.steering(state, "B1", "A1"),
    ):
        assert 0 <= value < min(exact, limit) + 0.1  # warnings are errors here
    if squeezing == 12.0:  # as much as there is room for
        assert ds.log_negativity(state, "A1", "B1") > limit - 1


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), strength=st.sampled_from([1.0, 2.0, 4.0, 6.0]))
def test_measures_of_extreme_states_are_finite(seed, strength):
    import scipy.linalg

    from darkstate.states.gaussian import moments_of

    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    generator = strength * rng.normal(size=(2 * n, 2 * n))
    S = scipy.linalg.expm(symplectic_form(n) @ (generator + generator.T) / 2)
    state = GaussianState([f"m{k}" for k in range(n)], *moments_of(S @ S.T / 2))
    first, second = state.labels[:1], state.labels[1:]
    for measure in (ds.log_negativity, ds.steering, ds.mutual_information):
        assert 0 <= measure(state, first, second) < math.inf


def test_uncertainty_is_judged_relative_to_the_variances():
    squeezed = np.diag([1e6, 0.25e-6])
    GaussianState.from_covariance(["A1"], squeezed)
    hot_pair = GaussianState.two_mode_squeezed(("A1", "B1"), 14.0).covariance
    assert GaussianState.from_covariance(("A1", "B1"), hot_pair).margin() > -1e-12
    for photons in (1.0, 1e9, 1e12):  # the second variance is forty per cent of the least possible
        with pytest.raises(UnphysicalError, match="scaled to 1"):
            GaussianState.from_covariance(["A1"], np.diag([photons, 0.1 / photons]))


def test_moments_must_be_hermitian_and_symmetric_up_to_rounding():
    zero, skew = np.zeros((2, 2)), np.array([[0.0, 1e-3], [0.0, 0.0]])
    with pytest.raises(ArgumentError, match="`number` must be Hermitian"):
        GaussianState(("A1", "B1"), np.eye(2) + skew, zero)
    with pytest.raises(ArgumentError, match="`number` must be Hermitian"):
        GaussianState(("A1", "B1"), np.diag([1.0, 1j]), zero)
    with pytest.raises(ArgumentError, match="`anomalous` must be symmetric"):
        GaussianState(("A1", "B1"), np.eye(2), skew)
    rounded = GaussianState(("A1", "B1"), np.eye(2) + 1e-10 * skew, zero)
    assert np.array_equal(rounded.number, rounded.number.conj().T)


def pairwise():
    """What is kept of three modes: the pairs (A1, B1) and (A3, B3), with their own moments."""
    values = {
        "n_i": np.array([1.0, 0.4]),
        "n_j": np.array([0.5, 0.7]),
        "m": np.array([0.3 + 0.2j, 0.1 - 0.3j]),
        "c": np.array([0.1 + 0.1j, 0.2j]),
        "s_i": np.array([0.2 + 0j, 0.1j]),
        "s_j": np.array([0.05j, 0.15 + 0j]),
    }
    labels = ("A1", "A3", "B1", "B3", "C")
    return PairwiseGaussianState(labels, (("A1", "B1"), ("A3", "B3")), PairMoments(**values))


def test_kept_pairs_are_known_in_either_order_and_mode_by_mode():
    state = pairwise()
    whole, turned = state.reduced(("A3", "B3")), state.reduced(("B3", "A3"))
    assert np.array_equal(turned.number, whole.number[::-1, ::-1])
    assert np.array_equal(turned.anomalous, whole.anomalous[::-1, ::-1])
    for measure in (ds.log_negativity, ds.epr_variance, ds.mutual_information):
        value = measure(state, "A3", "B3")
        assert measure(state, "B3", "A3") == pytest.approx(value, rel=1e-12)
    mixed = ds.log_negativity.many(state, [("B3", "A3"), ("A1", "B1")])
    assert mixed == pytest.approx(
        [ds.log_negativity(state, "A3", "B3"), ds.log_negativity(state, "A1", "B1")]
    )
    for label in ("A1", "B3"):
        alone = next(state.reduced(pair) for pair in state.pairs if label in pair).reduced(label)
        assert ds.entropy(state, label) == ds.entropy(alone)
        assert ds.purity(state, [label]) == ds.purity(alone)
    with pytest.raises(MissingError, match="A1, B3"):
        ds.log_negativity(state, "A1", "B3")
    with pytest.raises(MissingError, match="moments of C"):
        ds.entropy(state, "C")
    with pytest.raises(ArgumentError, match="Did you mean"):
        state.pair_moments([("A1", "B11")])
