"""Density and pure states: order of the tensor product, partial trace and transpose, circuits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.errors import ArgumentError, CapacityError, UnphysicalError
from darkstate.results import Report, Result, Status
from darkstate.states import DensityState, PureState
from darkstate.systems import Mode, Qubit, destroy, number, sigma_minus, sigma_plus, sigma_z

SEEDS = st.integers(0, 10**6)
LABELS, DIMENSIONS = ("A1", "m", "B1"), (2, 3, 2)


def random_vector(rng, size):
    vector = rng.normal(size=size) + 1j * rng.normal(size=size)
    return vector / np.linalg.norm(vector)


def random_pure(rng, labels=LABELS, dimensions=DIMENSIONS):
    return PureState(labels, dimensions, random_vector(rng, int(np.prod(dimensions))))


def random_density(rng, labels=LABELS, dimensions=DIMENSIONS, rank=None):
    size = int(np.prod(dimensions))
    root = rng.normal(size=(size, rank or size)) + 1j * rng.normal(size=(size, rank or size))
    rho = root @ root.conj().T
    return DensityState(labels, dimensions, rho / np.trace(rho).real)


def random_unitary(rng, size):
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return q * (np.diag(r) / np.abs(np.diag(r)))


# The order of the tensor product ----------------------------------------------------------------


def test_first_label_is_the_most_significant_and_index_one_is_excited():
    state = PureState.basis(("A1", "m", "B1"), (2, 3, 2), {"A1": 1, "m": 2})
    assert np.flatnonzero(state.vector).tolist() == [(1 * 3 + 2) * 2 + 0]
    assert state.expectation(sigma_z(Qubit("A1"))) == 1.0
    assert state.expectation(sigma_z(Qubit("B1"))) == -1.0
    assert state.expectation(number(Mode("m"))) == pytest.approx(2.0, rel=1e-15)
    mixed = state.density()
    assert mixed.expectation(sigma_z(Qubit("A1"))) == 1.0
    assert mixed.expectation(number(Mode("m"))) == pytest.approx(2.0, rel=1e-15)


def test_products_are_kronecker_products_in_the_order_of_the_arguments():
    rng = np.random.default_rng(1)
    first, second = random_density(rng, ("a",), (2,)), random_pure(rng, ("b",), (3,))
    both = DensityState.product(first, second)
    assert both.labels == ("a", "b")
    assert both.dimensions == (2, 3)
    expected = np.kron(first.matrix, np.outer(second.vector, second.vector.conj()))
    assert np.abs(both.matrix - expected).max() < 1e-15
    third = random_pure(rng, ("c",), (2,))
    pure = PureState.product(second, third)
    assert np.array_equal(pure.vector, np.kron(second.vector, third.vector))
    assert np.array_equal(DensityState.from_pure(pure).matrix, pure.density().matrix)


def test_partial_trace_against_a_sum_written_out():
    state = random_density(np.random.default_rng(2))
    rho = state.matrix.reshape(2, 3, 2, 2, 3, 2)
    kept = sum(rho[:, k, :, :, k, :] for k in range(3)).reshape(4, 4)
    assert np.abs(state.reduced(["A1", "B1"]).matrix - kept).max() < 1e-15
    swapped = kept.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    turned = state.reduced(["B1", "A1"])
    assert turned.labels == ("B1", "A1")
    assert np.abs(turned.matrix - swapped).max() < 1e-15


@settings(max_examples=30)
@given(seed=SEEDS)
def test_reducing_in_steps_or_at_once_of_pure_or_mixed_is_the_same(seed):
    pure = random_pure(np.random.default_rng(seed), ("a", "b", "c", "d"), (2, 3, 2, 2))
    mixed = pure.density()
    for labels in (["c", "a"], ["b"], ["d", "a", "b"], ["a", "b", "c", "d"], ["d", "c", "b", "a"]):
        expected = mixed.reduced(labels).matrix
        assert np.abs(pure.reduced(labels).matrix - expected).max() < 1e-14
    steps = mixed.reduced(["d", "c", "a"]).reduced(["a", "d"])
    assert np.abs(steps.matrix - mixed.reduced(["a", "d"]).matrix).max() < 1e-14
    assert mixed.reduced("b").margin() > -1e-15


@settings(max_examples=30)
@given(seed=SEEDS)
def test_partial_transpose_twice_is_the_identity_and_of_all_is_the_transpose(seed):
    state = random_density(np.random.default_rng(seed))
    once = state.partial_transpose(["B1", "A1"])
    twice = DensityState(LABELS, DIMENSIONS, once).partial_transpose(["A1", "B1"])
    assert np.array_equal(twice, state.matrix)
    assert not np.allclose(once, state.matrix)
    assert np.array_equal(state.partial_transpose(LABELS), state.matrix.T)
    other = state.partial_transpose("m")
    assert np.allclose(np.linalg.eigvalsh(once), np.linalg.eigvalsh(other.T))


def test_an_antihermitian_rest_of_the_size_of_rounding_is_dropped():
    noise = np.array([[0, 2e-9], [0, 0]])
    state = DensityState("a", 2, np.eye(2) / 2 + noise)
    assert np.array_equal(state.matrix, state.matrix.conj().T)
    assert state.matrix[1, 0] == pytest.approx(1e-9, rel=1e-12)


# Expectation values -----------------------------------------------------------------------------


@settings(max_examples=30)
@given(seed=SEEDS)
def test_expectations_of_operators_and_matrices_of_pure_and_mixed_agree(seed):
    rng = np.random.default_rng(seed)
    state = random_pure(rng)
    a, b, m = Qubit("A1"), Qubit("B1"), Mode("m")
    operator = 0.3 * sigma_plus(b) * sigma_minus(a) * number(m) + 2j * sigma_z(b) + 0.7
    lower, z = np.array([[0, 1], [0, 0]]), np.diag([-1, 1])
    full = 0.3 * np.kron(np.kron(lower, np.diag([0, 1, 2])), lower.T)
    full = full + 2j * np.kron(np.eye(6), z) + 0.7 * np.eye(12)
    expected = np.vdot(state.vector, full @ state.vector)
    for kind in (state, state.density()):
        assert abs(kind.expectation(operator) - expected) < 1e-14
        assert abs(kind.expectation(full) - expected) < 1e-14
        local = kind.expectation(np.kron(z, lower), ["B1", "A1"])
        turned = kind.expectation(np.kron(np.kron(lower, np.eye(3)), z))
        assert abs(local - turned) < 1e-14
        assert kind.expectation(0.7 * sigma_z(a) * sigma_z(a)) == pytest.approx(0.7, rel=1e-14)


# Circuits ---------------------------------------------------------------------------------------


def test_a_circuit_makes_a_ghz_state():
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    cnot = np.eye(4)[[0, 1, 3, 2]]
    state = PureState.basis(("c", "b", "a"), (2, 2, 2)).apply(hadamard, "a")
    state = state.apply(cnot, ["a", "b"]).apply(cnot, ["b", "c"])
    expected = np.zeros(8)
    expected[[0, 7]] = 1 / np.sqrt(2)
    assert np.abs(state.vector - expected).max() < 1e-15
    flipped = PureState.basis(("c", "b", "a"), (2, 2, 2), {"a": 1}).apply(cnot, ["a", "c"])
    assert np.flatnonzero(flipped.vector).tolist() == [0b101]


@settings(max_examples=30)
@given(seed=SEEDS)
def test_gates_act_as_kronecker_products_and_keep_overlaps(seed):
    rng = np.random.default_rng(seed)
    labels, dimensions = ("a", "b", "c"), (2, 3, 2)
    state, other = (random_pure(rng, labels, dimensions) for _ in range(2))
    gate = random_unitary(rng, 4)
    moved = state.apply(gate, ["c", "a"])
    tensor = np.einsum("CAca,abc->AbC", gate.reshape(2, 2, 2, 2), state.vector.reshape(2, 3, 2))
    assert np.abs(moved.vector - tensor.ravel()).max() < 1e-14
    assert abs(moved.overlap(other.apply(gate, ["c", "a"])) - state.overlap(other)) < 1e-14
    turned = other.reordered(["b", "c", "a"])
    assert turned.dimensions == (3, 2, 2)
    assert abs(state.overlap(turned) - np.vdot(state.vector, other.vector)) < 1e-14
    assert abs(state.overlap(other) - other.overlap(state).conjugate()) < 1e-15


@settings(max_examples=30)
@given(seed=SEEDS)
def test_schmidt_coefficients_are_the_spectrum_of_either_side(seed):
    state = random_pure(np.random.default_rng(seed), ("a", "b", "c", "d"), (2, 3, 2, 2))
    s = state.schmidt(["b", "d"])
    assert s.shape == (4,)
    assert np.all(np.diff(s) <= 0)
    assert np.allclose(s, state.schmidt(["a", "c"]), atol=1e-14)
    values = np.linalg.eigvalsh(state.reduced(["a", "c"]).matrix)[::-1]
    assert np.abs(s**2 - values).max() < 1e-14


def test_weak_schmidt_coefficients_are_not_lost():
    weak = np.array([1.0, 0, 0, 1e-13])
    assert PureState(("a", "b"), (2, 2), weak).schmidt("a")[1] == pytest.approx(1e-13, rel=1e-10)


# Storage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [random_pure, random_density])
def test_dense_states_are_stored_bit_for_bit(make, tmp_path):
    state = make(np.random.default_rng(5))
    Result(state, Report("lindblad", "direct", Status.CONVERGED)).save(tmp_path / "x.zarr")
    again = ds.load_result(tmp_path / "x.zarr").state
    assert type(again) is type(state)
    assert again.labels == state.labels
    assert again.dimensions == state.dimensions
    field = "vector" if make is random_pure else "matrix"
    assert getattr(again, field).tobytes() == getattr(state, field).tobytes()


# Refusals ---------------------------------------------------------------------------------------

BELL = PureState(("A1", "B1"), (2, 2), np.array([1, 0, 0, 1]) / np.sqrt(2))
MIXED = DensityState.maximally_mixed(("A1", "B1"), (2, 2))
LONG = [f"q{k}" for k in range(13)]
SKEW = np.diag([0.5, 0.5]) + np.array([[0, 0.1], [0.2, 0]])

REFUSED = [
    (lambda: DensityState(("a",), (2,), np.eye(3) / 3), ArgumentError, r"`matrix`.*\(2, 2\)"),
    (lambda: DensityState(("a",), (2,), np.eye(2)), UnphysicalError, "`matrix`.*trace 1.*2.0"),
    (lambda: DensityState(("a",), (2,), SKEW), UnphysicalError, "`matrix`.*Hermitian.*0.1"),
    (lambda: DensityState(("a",), (2,), np.diag([np.nan, 1])), ArgumentError, "finite"),
    (lambda: DensityState(("a",), (2,), "rho"), ArgumentError, "`matrix`.*array"),
    (lambda: DensityState(("a", "a"), (2, 2), np.eye(4) / 4), ArgumentError, "once"),
    (lambda: DensityState((), (), np.ones((1, 1))), ArgumentError, "`labels`.*at least one"),
    (lambda: DensityState((1,), (2,), np.eye(2) / 2), ArgumentError, "`labels`.*strings.*1"),
    (lambda: DensityState(("a",), (2, 2), np.eye(4) / 4), ArgumentError, "`dimensions`.*per label"),
    (lambda: DensityState(("a",), (0,), np.eye(0)), ArgumentError, r"`dimensions\[0\]`.*>= 1"),
    (lambda: DensityState(("a",), (2.0,), np.eye(2) / 2), ArgumentError, "whole number"),
    (DensityState.product, ArgumentError, "`states`"),
    (lambda: DensityState.product(MIXED, MIXED), ArgumentError, "once"),
    (lambda: DensityState.maximally_mixed(LONG, [2] * 13), CapacityError, "8192.*1.07 GB"),
    (lambda: PureState.basis(LONG, [2] * 13).density(), CapacityError, "8192"),
    (lambda: PureState.basis(LONG, [2] * 13).reduced(LONG[::-1]), CapacityError, "8192"),
    (lambda: PureState.basis(LONG, [9] * 13), CapacityError, "amplitudes"),
    (lambda: MIXED.reduced("B11"), ArgumentError, "Did you mean 'B1'"),
    (lambda: MIXED.reduced(["A1", "A1"]), ArgumentError, "once"),
    (lambda: MIXED.reduced([]), ArgumentError, "at least one"),
    (lambda: MIXED.partial_transpose("C"), ArgumentError, "`labels`"),
    (lambda: MIXED.expectation(np.eye(2)), ArgumentError, r"`operator`.*\(4, 4\).*labels"),
    (lambda: MIXED.expectation(sigma_z(Qubit("C1"))), ArgumentError, "C1"),
    (lambda: MIXED.expectation(sigma_z(Qubit("A1")), "A1"), ArgumentError, "left out"),
    (lambda: PureState(("a",), (2,), [1, 1]), UnphysicalError, "`vector`.*norm 1.*1.41"),
    (lambda: PureState(("a",), (2,), [1, 0, 0]), ArgumentError, r"`vector`.*\(2,\)"),
    (PureState.product, ArgumentError, "`states`"),
    (lambda: PureState.basis("a", 2, {"b": 1}), ArgumentError, "`excitations`.*'b'"),
    (lambda: PureState.basis("a", 2, {"a": 2}), ArgumentError, "below its dimension 2"),
    (lambda: BELL.apply(np.eye(2), ["A1", "B1"]), ArgumentError, r"`gate`.*4 x 4"),
    (lambda: BELL.apply(2 * np.eye(2), "A1"), UnphysicalError, "`gate`.*unitary.*3"),
    (lambda: BELL.reordered(["A1"]), ArgumentError, "name all"),
    (lambda: BELL.overlap(PureState.basis("C", 2)), ArgumentError, "`other`.*labels"),
    (
        lambda: BELL.overlap(PureState.basis(("A1", "B1"), (2, 3))),
        ArgumentError,
        "`other`.*dimensions",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refusals_name_argument_rule_value_and_remedy(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("alpha", [0.0, 0.7, -1.2 + 0.8j, 6.0, 45.0])
def test_coherent_states_are_eigenstates_of_the_mode(alpha):
    size = int(abs(alpha) ** 2 + 7 * abs(alpha)) + 20
    state = PureState.coherent("a", alpha, size)
    lowered = np.sqrt(np.arange(1, size)) * state.vector[1:]
    assert np.linalg.norm(lowered - alpha * state.vector[:-1]) < 1e-4 * (1 + abs(alpha))
    assert ds.expect(destroy(Mode("a")), state) == pytest.approx(alpha, abs=1e-6)


def test_a_coherent_state_is_told_how_many_fock_states_it_needs():
    with pytest.raises(ArgumentError, match="Give 38"):
        PureState.coherent("a", 2.0, 6)
    PureState.coherent("a", 2.0, 38)


def test_one_operator_is_asked_for_at_a_time_and_of_a_state():
    state = PureState.coherent("a", 0.3, 20)
    result = Result(state, Report("lindblad", "direct", Status.CONVERGED))
    n = number(Mode("a"))
    with pytest.raises(ArgumentError, match=r"for operator in operators"):
        ds.expect([n, n], state)
    with pytest.raises(ArgumentError, match=r"Write expect\(operator, result.state\)"):
        ds.expect(n, result)
