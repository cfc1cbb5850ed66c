"""Measures of dense states: exact values, QuTiP as an oracle, laws, and care near pure states."""

import math

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError
from darkstate.states import DensityState, GaussianState, PureState

SEEDS = st.integers(0, 10**6)
PAIR = ("A1", "B1")
PAULI = [qutip.sigmax().full(), qutip.sigmay().full(), qutip.sigmaz().full()]
BELL_VECTOR = np.array([1, 0, 0, 1]) / np.sqrt(2)
BELL = PureState(PAIR, (2, 2), BELL_VECTOR)


def h(x):
    if x in {0, 1}:
        return 0.0
    return -(x * math.log2(x) + (1 - x) * math.log1p(-x) / math.log(2))


def werner(p, labels=PAIR):
    rho = p * np.outer(BELL_VECTOR, BELL_VECTOR) + (1 - p) * np.eye(4) / 4
    return DensityState(labels, (2, 2), rho)


def schmidt_pair(c, s):
    """``c|00> + s|11>``; C = 2cs."""
    return PureState(PAIR, (2, 2), np.array([c, 0, 0, s]))


def qubits(n):
    return tuple(f"q{k}" for k in range(n))


def ghz(n):
    vector = np.zeros(2**n)
    vector[[0, -1]] = 1 / math.sqrt(2)
    return PureState(qubits(n), (2,) * n, vector)


def w_state(n):
    vector = np.zeros(2**n)
    vector[[2**k for k in range(n)]] = 1 / math.sqrt(n)
    return PureState(qubits(n), (2,) * n, vector)


def random_pure(rng, dimensions):
    size = int(np.prod(dimensions))
    vector = rng.normal(size=size) + 1j * rng.normal(size=size)
    return PureState(qubits(len(dimensions)), dimensions, vector / np.linalg.norm(vector))


def random_density(rng, dimensions, rank=None):
    size = int(np.prod(dimensions))
    root = rng.normal(size=(size, rank or size)) + 1j * rng.normal(size=(size, rank or size))
    rho = root @ root.conj().T
    return DensityState(qubits(len(dimensions)), dimensions, rho / np.trace(rho).real)


def random_unitary(rng, size):
    q, _ = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return q


def as_qobj(state):
    return qutip.Qobj(state.matrix, dims=[list(state.dimensions)] * 2)


# Exact values -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [BELL, BELL.density()])
def test_bell_pair(state):
    values = {
        ds.log_negativity: 1,
        ds.negativity: 0.5,
        ds.concurrence: 1,
        ds.entanglement_of_formation: 1,
        ds.mutual_information: 2,
        ds.chsh: 2 * math.sqrt(2),
        ds.teleportation_fidelity: 1,
    }
    for measure, expected in values.items():
        assert measure(state, *PAIR) == pytest.approx(expected, rel=1e-14), measure
    assert ds.entropy(state, "A1") == pytest.approx(1, rel=1e-14)
    assert ds.purity(state, "A1") == pytest.approx(0.5, rel=1e-14)
    assert ds.purity(state) == pytest.approx(1, rel=1e-14)
    assert ds.entropy(state) < 1e-13


@pytest.mark.parametrize("kind", ["pure", "mixed"])
def test_product_states_have_no_correlations(kind):
    rng = np.random.default_rng(3)
    first = PureState.basis("A1", 2).apply(random_unitary(rng, 2), "A1")
    second = PureState.basis("B1", 2).apply(random_unitary(rng, 2), "B1")
    product = PureState.product(first, second)
    state = product if kind == "pure" else product.density()
    for measure in (
        ds.log_negativity,
        ds.negativity,
        ds.concurrence,
        ds.entanglement_of_formation,
        ds.mutual_information,
    ):
        assert 0 <= measure(state, *PAIR) < 1e-13, measure
    assert ds.chsh(state, *PAIR) == pytest.approx(2, rel=1e-14)
    assert ds.teleportation_fidelity(state, *PAIR) == pytest.approx(2 / 3, rel=1e-14)


@pytest.mark.parametrize("p", [0, 0.2, 1 / 3, 0.4, 1 / math.sqrt(2), 0.9, 1])
def test_werner_states(p):
    state = werner(p)
    C = max(0.0, (3 * p - 1) / 2)
    assert ds.concurrence(state, *PAIR) == pytest.approx(C, abs=1e-15)
    assert ds.negativity(state, *PAIR) == pytest.approx(C / 2, abs=1e-15)
    assert ds.log_negativity(state, *PAIR) == pytest.approx(math.log2(1 + C), abs=1e-15)
    formation = h((1 + math.sqrt(1 - C * C)) / 2)
    assert ds.entanglement_of_formation(state, *PAIR) == pytest.approx(formation, abs=1e-14)
    assert ds.chsh(state, *PAIR) == pytest.approx(2 * math.sqrt(2) * p, rel=1e-14)
    assert ds.teleportation_fidelity(state, *PAIR) == pytest.approx((1 + p) / 2, rel=1e-14)
    assert ds.purity(state) == pytest.approx((1 + 3 * p * p) / 4, rel=1e-14)


def test_the_thresholds_of_werner_states():
    step = 1e-9
    assert ds.concurrence(werner(1 / 3 - step), *PAIR) == 0
    assert ds.concurrence(werner(1 / 3 + step), *PAIR) == pytest.approx(1.5 * step, rel=1e-5)
    assert ds.log_negativity(werner(1 / 3 + step), *PAIR) > 1e-9
    assert ds.chsh(werner(math.sqrt(0.5) - step), *PAIR) < 2
    assert ds.chsh(werner(math.sqrt(0.5) + step), *PAIR) > 2
    assert ds.ppt_test(werner(1 / 3 - step)).separable == ((("A1",), ("B1",)),)
    assert ds.ppt_test(werner(1 / 3 + step)).entangled == ((("A1",), ("B1",)),)


@pytest.mark.parametrize("r", [1e-9, 1e-4, 0.3, 1.5, 8.0])
def test_the_dual_rail_pair(r):
    """``(cosh r |00> + sinh r |11>)/sqrt(cosh 2r)``, down to weak and up to strong squeezing."""
    root = math.sqrt(math.cosh(2 * r))
    pure = schmidt_pair(math.cosh(r) / root, math.sinh(r) / root)
    C, x = math.tanh(2 * r), (math.sinh(r) / root) ** 2
    E = math.log1p(C) / math.log(2)
    assert ds.log_negativity(pure, *PAIR) == pytest.approx(E, rel=1e-13)
    assert ds.entropy(pure, "A1") == pytest.approx(h(x), rel=1e-12)
    for state in (pure, pure.density()):
        assert ds.concurrence(state, *PAIR) == pytest.approx(C, rel=1e-7, abs=1e-15)
        assert ds.chsh(state, *PAIR) == pytest.approx(2 * math.sqrt(1 + C * C), rel=1e-14)
        fidelity = ds.teleportation_fidelity(state, *PAIR)
        assert fidelity == pytest.approx((2 + C) / 3, rel=1e-14)
        formation = ds.entanglement_of_formation(state, *PAIR)
        assert formation == pytest.approx(ds.entropy(pure, "A1"), rel=1e-6, abs=1e-25)


@pytest.mark.parametrize("n", [3, 5])
def test_ghz_and_w(n):
    g, w = ghz(n), w_state(n)
    assert ds.concurrence(g, "q0", "q1") < 1e-15
    assert ds.log_negativity(g, "q0", [f"q{k}" for k in range(1, n)]) == pytest.approx(1)
    assert ds.log_negativity(g, "q0", "q1") < 1e-14
    assert ds.concurrence(w, "q1", "q2") == pytest.approx(2 / n, rel=1e-14)
    assert ds.entropy(w, ["q0", "q1"]) == pytest.approx(h(2 / n), rel=1e-13)
    root = math.sqrt((n - 2) ** 2 + 4)
    assert ds.negativity(w, "q0", "q1") == pytest.approx((root - (n - 2)) / (2 * n), rel=1e-13)
    test = ds.ppt_test(g)
    assert len(test.smallest) == 2 ** (n - 1) - 1
    assert test.smallest == pytest.approx(dict.fromkeys(test, -0.5))


def test_maximally_entangled_qutrits_and_parties_of_several_labels():
    vector = np.eye(3).ravel() / math.sqrt(3)
    state = PureState(PAIR, (3, 3), vector)
    for kind in (state, state.density()):
        assert ds.log_negativity(kind, *PAIR) == pytest.approx(math.log2(3), rel=1e-14)
        assert ds.negativity(kind, *PAIR) == pytest.approx(1, rel=1e-14)
    pairs = PureState.product(schmidt_pair(0.6, 0.8), PureState(("A2", "B2"), (2, 2), BELL_VECTOR))
    both = math.log2(1.96) + 1
    assert ds.log_negativity(pairs, ["A1", "A2"], ["B2", "B1"]) == pytest.approx(both, rel=1e-13)
    mixed = pairs.density()
    assert ds.log_negativity(mixed, ["A2", "A1"], ["B1", "B2"]) == pytest.approx(both, rel=1e-13)
    assert ds.log_negativity(mixed, "A1", ["B2", "B1"]) == pytest.approx(both - 1, rel=1e-13)


# Care -------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(seed=SEEDS, exponent=st.floats(-17, -3))
def test_concurrence_of_nearly_pure_states_is_accurate(seed, exponent):
    """A pure state with a little white noise has an exact concurrence; roots would lose it."""
    rng = np.random.default_rng(seed)
    eps, angle = 10.0**exponent, rng.random()
    c, s = math.cos(angle), math.sin(angle)
    local = np.kron(random_unitary(rng, 2), random_unitary(rng, 2))
    pure = local @ np.array([c, 0, 0, s])
    rho = (1 - eps) * np.outer(pure, pure.conj()) + eps * np.eye(4) / 4
    exact = max(0.0, (1 - eps) * 2 * abs(c * s) - eps / 2)
    state = DensityState(PAIR, (2, 2), rho)
    assert ds.concurrence(state, *PAIR) == pytest.approx(exact, abs=1e-14)


def test_concurrence_of_a_pure_pair_inside_a_pure_network():
    rng = np.random.default_rng(8)
    rest = random_pure(rng, (2,) * 6)
    state = PureState.product(rest, schmidt_pair(0.6, 0.8))
    turned = state.reordered(["B1", "q3", "q0", "A1", "q1", "q5", "q2", "q4"])
    assert ds.concurrence(turned, *PAIR) == pytest.approx(0.96, abs=1e-14)


# QuTiP as oracle --------------------------------------------------------------------------------


@settings(max_examples=30)
@given(seed=SEEDS, rank=st.integers(1, 4))
def test_two_qubit_measures_against_qutip(seed, rank):
    state = random_density(np.random.default_rng(seed), (2, 2), rank)
    other = random_density(np.random.default_rng(seed + 1), (2, 2))
    rho = as_qobj(state)
    # QuTiP takes roots of eigenvalues that are zero up to rounding
    assert ds.concurrence(state, "q0", "q1") == pytest.approx(qutip.concurrence(rho), abs=1e-7)
    expected = qutip.negativity(rho, 0)
    assert ds.negativity(state, "q0", "q1") == pytest.approx(expected, abs=1e-13)
    expected = qutip.negativity(rho, 1, logarithmic=True)
    assert ds.log_negativity(state, "q0", "q1") == pytest.approx(expected, abs=1e-13)
    expected = qutip.entropy_mutual(rho, [0], [1], base=2)
    assert ds.mutual_information(state, "q0", "q1") == pytest.approx(expected, abs=1e-11)
    expected = qutip.fidelity(rho, as_qobj(other)) ** 2
    assert ds.fidelity(state, other) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30)
@given(seed=SEEDS)
def test_larger_states_against_qutip(seed):
    state = random_density(np.random.default_rng(seed), (2, 3, 2, 2), rank=5)
    rho = as_qobj(state)
    part = rho.ptrace([1, 3])
    assert np.abs(state.reduced(["q1", "q3"]).matrix - part.full()).max() < 1e-15
    assert ds.entropy(state, ["q3", "q1"]) == pytest.approx(qutip.entropy_vn(part, 2), abs=1e-12)
    transposed = qutip.partial_transpose(rho, [0, 1, 0, 1]).full()
    assert np.abs(state.partial_transpose(["q1", "q3"]) - transposed).max() < 1e-15
    expected = math.log2(np.abs(np.linalg.eigvalsh(transposed)).sum())
    value = ds.log_negativity(state, ["q2", "q0"], ["q1", "q3"])
    assert value == pytest.approx(expected, abs=1e-12)
    assert ds.purity(state, "q0") == pytest.approx(rho.ptrace(0).purity(), abs=1e-14)


# Laws -------------------------------------------------------------------------------------------

TWO_QUBIT = [
    ds.log_negativity,
    ds.negativity,
    ds.concurrence,
    ds.entanglement_of_formation,
    ds.mutual_information,
    ds.chsh,
    ds.teleportation_fidelity,
]


@settings(max_examples=30)
@given(seed=SEEDS, rank=st.integers(1, 4))
def test_local_unitaries_and_exchange_of_parties_change_nothing(seed, rank):
    rng = np.random.default_rng(seed)
    state = random_density(rng, (2, 2), rank)
    local = np.kron(random_unitary(rng, 2), random_unitary(rng, 2))
    turned = DensityState(state.labels, (2, 2), local @ state.matrix @ local.conj().T)
    for measure in TWO_QUBIT:
        value = measure(state, "q0", "q1")
        assert measure(turned, "q0", "q1") == pytest.approx(value, abs=2e-12), measure
        assert measure(state, "q1", "q0") == pytest.approx(value, abs=2e-12), measure


def random_channel(rng, count):
    """Kraus operators of a qubit from a random isometry."""
    isometry = random_unitary(rng, 2 * count)[:, :2]
    return isometry.reshape(count, 2, 2)


@settings(max_examples=40)
@given(seed=SEEDS, rank=st.integers(1, 3))
def test_local_channels_never_raise_entanglement(seed, rank):
    rng = np.random.default_rng(seed)
    state = random_density(rng, (2, 2), rank)
    kraus = [np.kron(np.eye(2), k) for k in random_channel(rng, 3)]
    noisy = sum(k @ state.matrix @ k.conj().T for k in kraus)
    after = DensityState(state.labels, (2, 2), noisy)
    for measure in (
        ds.log_negativity,
        ds.concurrence,
        ds.entanglement_of_formation,
        ds.mutual_information,
    ):
        assert measure(after, "q0", "q1") <= measure(state, "q0", "q1") + 1e-12, measure


@settings(max_examples=30)
@given(seed=SEEDS)
def test_measures_of_two_qubits_keep_their_known_order(seed):
    rng = np.random.default_rng(seed)
    state = random_density(rng, (2, 2), rank=2)
    C, N = ds.concurrence(state, "q0", "q1"), ds.negativity(state, "q0", "q1")
    assert 2 * N <= C + 1e-12
    lower = math.hypot(1 - C, C) - (1 - C)  # Verstraete et al., J. Phys. A 34, 10327 (2001)
    assert lower - 1e-12 <= 2 * N
    assert ds.chsh(state, "q0", "q1") <= 2 * math.sqrt(1 + C * C) + 1e-12
    bound = (2 + max(2 * N, C)) / 3
    assert ds.teleportation_fidelity(state, "q0", "q1") <= bound + 1e-12
    mixture = 0.5 * (state.matrix + random_density(rng, (2, 2), rank=2).matrix)
    mixed = DensityState(state.labels, (2, 2), mixture)
    other = DensityState(state.labels, (2, 2), 2 * mixture - state.matrix)
    average = (C + ds.concurrence(other, "q0", "q1")) / 2
    assert ds.concurrence(mixed, "q0", "q1") <= average + 1e-12


@settings(max_examples=30)
@given(seed=SEEDS)
def test_settings_attain_the_chsh_value_and_none_exceed_it(seed):
    rng = np.random.default_rng(seed)
    state = random_density(rng, (2, 2), rank=2)
    bound = ds.chsh(state, "q0", "q1")
    T = np.array([[state.expectation(np.kron(a, b)).real for b in PAULI] for a in PAULI])
    directions = rng.normal(size=(4, 3))
    a, a2, b, b2 = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    assert abs(a @ T @ (b + b2) + a2 @ T @ (b - b2)) <= bound + 1e-12
    for _ in range(2000):  # see-saw: the best settings of one side for those of the other
        a, a2 = (v / np.linalg.norm(v) for v in (T @ (b + b2), T @ (b - b2)))
        b, b2 = (v / np.linalg.norm(v) for v in (T.T @ (a + a2), T.T @ (a - a2)))
    assert abs(a @ T @ (b + b2) + a2 @ T @ (b - b2)) == pytest.approx(bound, rel=1e-4)


@settings(max_examples=25)
@given(seed=SEEDS)
def test_teleportation_fidelity_is_the_best_maximally_entangled_overlap(seed):
    rng = np.random.default_rng(seed)
    state = random_density(rng, (2, 2), rank=2)
    value = ds.teleportation_fidelity(state, "q0", "q1")
    best = 0.0
    unitary = random_unitary(rng, 2)
    for _ in range(3000):
        # ascent over |phi> = (1 x U)|Bell>: U -> polar factor of the gradient
        phi = np.kron(np.eye(2), unitary) @ BELL_VECTOR
        gradient = (state.matrix @ phi).reshape(2, 2).T
        left, _, right = np.linalg.svd(gradient)
        unitary = left @ right
        overlap = np.vdot(phi, state.matrix @ phi).real
        assert overlap <= (3 * value - 1) / 2 + 1e-12
        if overlap < best + 1e-8:  # so that all further steps together would gain 3e-5
            break
        best = overlap
    assert (2 * best + 1) / 3 == pytest.approx(value, abs=1e-3)


@settings(max_examples=30)
@given(seed=SEEDS)
def test_entropy_laws(seed):
    rng = np.random.default_rng(seed)
    pure = random_pure(rng, (2, 3, 2, 2))
    half, rest = ["q1", "q3"], ["q0", "q2"]
    assert ds.entropy(pure, half) == pytest.approx(ds.entropy(pure, rest), abs=1e-13)
    assert ds.entropy(pure.density(), half) == pytest.approx(ds.entropy(pure, rest), abs=1e-12)
    assert ds.purity(pure, half) == pytest.approx(ds.purity(pure.density(), rest), abs=1e-14)
    assert ds.mutual_information(pure, half, rest) == pytest.approx(2 * ds.entropy(pure, half))
    assert ds.log_negativity(pure, half, rest) >= ds.entropy(pure, half) - 1e-12
    state = random_density(rng, (2, 2, 2), rank=3)
    a, c = ds.entropy(state, "q0"), ds.entropy(state, "q2")
    ab, bc = ds.entropy(state, ["q0", "q1"]), ds.entropy(state, ["q1", "q2"])
    abc, b = ds.entropy(state), ds.entropy(state, "q1")
    assert abs(a - b) - 1e-12 <= ab <= a + b + 1e-12  # Araki-Lieb, subadditivity
    assert abc + b <= ab + bc + 1e-12  # strong subadditivity
    assert a + c <= ab + bc + 1e-12
    assert 1 <= 2 ** ds.entropy(state) <= 8 + 1e-9


@settings(max_examples=30)
@given(seed=SEEDS)
def test_monogamy_and_the_tangle_of_three_qubits(seed):
    """Coffman, Kundu, Wootters: C^2_{A|BC} = C^2_AB + C^2_AC + tangle, the same for any A."""
    state = random_pure(np.random.default_rng(seed), (2, 2, 2))
    tangles = []
    for k in range(3):
        a, b, c = (f"q{(k + j) % 3}" for j in range(3))
        whole = 2 * (1 - ds.purity(state, a))
        tangles.append(whole - ds.concurrence(state, a, b) ** 2 - ds.concurrence(state, a, c) ** 2)
    t = state.vector.reshape(2, 2, 2)
    half = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)]
    p = [t[i, j, k] * t[1 - i, 1 - j, 1 - k] for i, j, k in half]
    d1 = sum(x * x for x in p)
    d2 = sum(p[i] * p[j] for i in range(4) for j in range(i))
    d3 = t[0, 0, 0] * t[1, 1, 0] * t[1, 0, 1] * t[0, 1, 1]
    d3 = d3 + t[1, 1, 1] * t[0, 0, 1] * t[0, 1, 0] * t[1, 0, 0]
    hyperdeterminant = 4 * abs(d1 - 2 * d2 + 4 * d3)
    assert tangles == pytest.approx([hyperdeterminant] * 3, abs=1e-12)


# Fidelity ---------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(seed=SEEDS)
def test_fidelity_of_pure_and_mixed_in_any_order_of_labels(seed):
    rng = np.random.default_rng(seed)
    first, second = random_pure(rng, (2, 3, 2)), random_pure(rng, (2, 3, 2))
    order = ["q2", "q0", "q1"]
    expected = abs(first.overlap(second)) ** 2
    turned = second.reordered(order)
    for a in (first, first.density()):
        for b in (turned, turned.density()):
            assert ds.fidelity(a, b) == pytest.approx(expected, abs=1e-13)
            assert ds.fidelity(b, a) == pytest.approx(expected, abs=1e-13)
    mixed, other = random_density(rng, (2, 3, 2), rank=4), random_density(rng, (2, 3, 2))
    value = ds.fidelity(mixed, other)
    assert ds.fidelity(mixed, mixed) == pytest.approx(1, abs=1e-12)
    assert 0 < value < 1
    assert ds.fidelity(other.reduced(order), mixed) == pytest.approx(value, abs=1e-12)
    assert ds.fidelity(mixed.reduced("q0"), other.reduced("q0")) >= value - 1e-12
    assert ds.fidelity(mixed, other.reduced("q0")) >= value - 1e-12  # the rest is traced out


def test_infidelities_of_1e_12_are_resolved():
    eps = 1e-12
    state = DensityState(PAIR, (2, 2), np.diag([1 - eps, eps, 0, 0]))
    for target in (PureState.basis(PAIR, (2, 2)), PureState.basis(PAIR, (2, 2)).density()):
        assert 1 - ds.fidelity(state, target) == pytest.approx(eps, rel=1e-3)


# PPT --------------------------------------------------------------------------------------------


def test_ppt_tells_the_entangled_cuts():
    pairs = PureState.product(BELL, PureState(("A2", "B2"), (2, 2), BELL_VECTOR))
    for state in (pairs, pairs.density()):
        test = ds.ppt_test(state)
        assert len(test.smallest) == 7
        free = {(("A1", "B1"), ("A2", "B2"))}
        assert set(test.entangled) == set(test) - free
        assert test.smallest[("A1", "A2"), ("B1", "B2")] == pytest.approx(-0.25)
        assert test.verdict == "entangled across 6 of 7 bipartitions"
    uneven = schmidt_pair(0.6, 0.8)
    for state in (uneven, uneven.density()):
        assert ds.ppt_test(state).smallest == pytest.approx({(("A1",), ("B1",)): -0.48}, rel=1e-14)
    assert ds.ppt_test(ghz(3)).verdict == "entangled across all 3 bipartitions"
    assert ds.ppt_test(ghz(3), ["q0", "q2"]).verdict == "separable across the only bipartition"
    mixed = DensityState.maximally_mixed(qubits(3), (2, 2, 2))
    assert "no entanglement found" in ds.ppt_test(mixed).verdict
    mixture = DensityState(qubits(3), (2, 2, 2), 0.5 * (ghz(3).density().matrix + mixed.matrix))
    expected = 0.5 * (-0.5 + 1 / 8)
    assert ds.ppt_test(mixture).smallest == pytest.approx(
        dict.fromkeys(ds.ppt_test(mixture), expected)
    )


def test_a_bound_entangled_state_is_not_called_separable():
    """Horodecki's 3 x 3 state (Phys. Lett. A 232, 333): entangled with positive transpose."""
    a = 0.5
    rho = a * np.eye(9)
    for i, j in [(0, 4), (0, 8), (4, 8)]:
        rho[i, j] = rho[j, i] = a
    rho[6, 6] = rho[8, 8] = (1 + a) / 2
    rho[6, 8] = rho[8, 6] = math.sqrt(1 - a * a) / 2
    state = DensityState(PAIR, (3, 3), rho / (8 * a + 1))
    test = ds.ppt_test(state)
    assert test.entangled == ()
    assert test.separable == ()
    assert "no entanglement found" in test.verdict


# Many pairs, tables, refusals -------------------------------------------------------------------


def test_ten_qubits_pair_by_pair():
    state = w_state(10).density()
    table = ds.pair_table(state, ds.concurrence)
    values = table.values[~np.eye(10, dtype=bool)]
    assert values == pytest.approx(np.full(90, 0.2), rel=1e-13)
    assert table.attrs["units"] == ""
    assert ds.concurrence.many(w_state(10), [("q3", "q7")]) == pytest.approx([0.2], rel=1e-13)


BIG = DensityState.maximally_mixed([f"q{k}" for k in range(12)], (2,) * 12)
MODES = DensityState.maximally_mixed(("A1", "m"), (2, 3))
VACUUM = GaussianState.vacuum(PAIR)

REFUSED = [
    (lambda: ds.concurrence(MODES, "A1", "m"), ArgumentError, "`second`.*one qubit.*log_neg"),
    (lambda: ds.chsh(MODES, "m", "A1"), ArgumentError, "`first`.*chsh.*dimension 3"),
    (lambda: ds.teleportation_fidelity(MODES, "m", "A1"), ArgumentError, "`first`"),
    (lambda: ds.entanglement_of_formation(MODES, "m", "A1"), ArgumentError, "`first`"),
    (lambda: ds.concurrence(BELL, "A1", "B2"), ArgumentError, "Did you mean 'B1'"),
    (lambda: ds.log_negativity(BELL, "A1", ["A1", "B1"]), ArgumentError, "once"),
    (lambda: ds.log_negativity(BELL, "A1"), ArgumentError, "two parties"),
    (lambda: ds.concurrence(VACUUM, *PAIR), EngineMismatchError, "GaussianState.*DensityState"),
    (lambda: ds.epr_variance(BELL, *PAIR), EngineMismatchError, "PureState"),
    (lambda: ds.entropy(BELL, "C"), ArgumentError, "`labels`"),
    (lambda: ds.purity(BELL.density(), ["A1", "A1"]), ArgumentError, "once"),
    (lambda: ds.fidelity(BELL, VACUUM), EngineMismatchError, "GaussianState"),
    (lambda: ds.fidelity(BELL, ghz(3)), ArgumentError, "labels of the target"),
    (
        lambda: ds.fidelity(BELL, DensityState.maximally_mixed(PAIR, (2, 3))),
        ArgumentError,
        r"`target`.*\(2, 2\).*cutoffs",
    ),
    (lambda: ds.ppt_test(VACUUM), EngineMismatchError, "GaussianState"),
    (lambda: ds.ppt_test(BELL, ["A1"]), ArgumentError, "at least two"),
    (lambda: ds.ppt_test(BELL, ["A1", "C"]), ArgumentError, "`labels`"),
    (lambda: ds.ppt_test(BIG), CapacityError, "2047 bipartitions"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
