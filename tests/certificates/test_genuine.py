"""Genuine multipartite entanglement of density matrices, against what is known of it."""

from __future__ import annotations

import numpy as np
import pytest
from certificate_states import (
    CLUSTER,
    SINGLET,
    biseparable,
    dicke,
    ghz,
    noisy,
    qubits,
    random_vector,
    x_state,
)

import darkstate as ds
from darkstate.certificates.cheap import fidelity_witness
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError
from darkstate.linalg.bounds import eigenvalue_bounds
from darkstate.states import DensityState, PureState

PUBLISHED = [
    ("GHZ of three", ghz(3), 4 / 7),
    ("W of three", dicke(3, 1), 0.521),
    ("GHZ of four", ghz(4), 8 / 15),
    ("W of four", dicke(4, 1), 0.526),
    ("cluster", CLUSTER, 0.615),
    ("Dicke", dicke(4, 2), 0.539),
    ("singlet", SINGLET, 0.553),
]


@pytest.mark.parametrize(("matrix", "share"), [case[1:] for case in PUBLISHED],
                         ids=[case[0] for case in PUBLISHED])  # fmt: skip
def test_white_noise_tolerances_are_the_published_ones(matrix, share):
    found = ds.noise_tolerance(qubits(matrix))
    assert found == pytest.approx(share, abs=1e-3)
    assert ds.certify(qubits(noisy(matrix, found - 2e-3))).verdict == "certified"
    assert ds.certify(qubits(noisy(matrix, found + 2e-3))).verdict == "not detected"


@pytest.mark.parametrize("n", [3, 4])
def test_balanced_x_states_have_half_of_their_gme_concurrence(n):
    matrix, strong, rest = x_state(n, np.random.default_rng(7 + n), balanced=True)
    assert strong - rest > 0.05
    found = ds.certify(qubits(matrix))
    assert found.negativity == pytest.approx(strong - rest, abs=1e-6)
    assert found.negativity <= strong - rest + 1e-14


@pytest.mark.parametrize("n", [3, 3, 4])
def test_x_states_are_certified_up_to_their_closed_limit(n):
    matrix, strong, rest = x_state(n, np.random.default_rng(17 + n), balanced=False)
    assert strong > rest
    found = ds.noise_tolerance(qubits(matrix), qubits(np.diag(np.diag(matrix))))
    assert found == pytest.approx(1 - rest / strong, abs=1e-6)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_ghz_states_have_one_half(n):
    found = ds.certify(qubits(ghz(n)))
    assert found.verdict == "certified"
    assert found.negativity == pytest.approx(0.5, abs=1e-6)


def test_of_two_parties_it_is_the_negativity():
    rng = np.random.default_rng(3)
    vector = random_vector(6, rng, real=False)
    matrix = 0.8 * np.outer(vector, vector.conj()) + 0.2 * np.eye(6) / 6
    state = DensityState(("q", "t"), (2, 3), matrix)
    found = ds.certify(state)
    assert found.negativity == pytest.approx(ds.negativity(state, "q", "t"), abs=1e-10)
    assert "entangled" in found.sentence
    assert "multipartite" not in found.sentence


def test_entangled_across_every_cut_is_not_genuinely_multipartite():
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    one = np.diag([1.0, 0.0])
    total = np.zeros((2,) * 6)
    for alone in range(3):
        part = np.kron(one, bell).reshape((2,) * 6)
        pair = [j for j in range(3) if j != alone]
        order = np.argsort([alone, *pair])
        total += part.transpose([*order, *(order + 3)]) / 3
    state = qubits(total.reshape(8, 8))
    assert len(ds.ppt_test(state).entangled) == 3
    found = ds.certify(state)
    assert found.verdict != "certified"
    assert len(found.crossed) == 3
    assert "entangled across each of the 3 cuts" in found.sentence
    assert not found.sentence.startswith("certified")
    alone = ds.certify(qubits(np.kron(np.kron(one, bell), np.eye(1))))
    assert len(alone.crossed) == 2 and alone.sentence.endswith("entangled across 2 of 3 cuts")


def never_certified(samples, seed, sizes):
    rng = np.random.default_rng(seed)
    verdicts = []
    for k in range(samples):
        n, real = sizes[k % len(sizes)]
        found = ds.certify(qubits(biseparable(n, rng, real)))
        verdicts.append(found.verdict)
        if found.verdict == "not detected":
            assert found.mixture.proven
            assert found.distance <= 1e-6
    assert "certified" not in verdicts
    return verdicts


def test_biseparable_mixtures_are_never_certified():
    verdicts = never_certified(8, 1, [(3, True), (3, True), (3, False), (4, True)])
    assert "not detected" in verdicts


@pytest.mark.slow
def test_a_thousand_biseparable_mixtures_are_never_certified():
    verdicts = never_certified(1000, 11, [(3, True), (3, False), (3, True), (4, True)])
    assert verdicts.count("not detected") > 500


def test_structure_changes_nothing():
    rng = np.random.default_rng(5)
    local = np.eye(1)
    for _ in range(3):
        part, _ = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))
        local = np.kron(local, part)
    plain = noisy(dicke(3, 1), 0.3)
    hidden = local @ plain @ local.conj().T
    one, other = ds.certify(qubits(plain)), ds.certify(qubits(hidden))
    assert any("charges" in line for line in one.notes)
    assert not any("charges" in line for line in other.notes)
    assert one.negativity == pytest.approx(other.negativity, abs=1e-6)


@pytest.mark.parametrize("kind", ["charges", "cyclic", "swap and conjugation"])
def test_symmetries_of_complex_states_and_mixed_dimensions_change_nothing(kind):
    rng = np.random.default_rng(1)
    dimensions = (2, 3, 2) if kind == "charges" else (2, 2, 2)
    size = int(np.prod(dimensions))
    vector = rng.normal(size=size) + 1j * rng.normal(size=size)
    whole = np.outer(vector, vector.conj())
    tensor = whole.reshape(dimensions * 2)
    if kind == "charges":
        number = np.indices(dimensions).reshape(3, -1).sum(axis=0)
        whole = np.where(number[:, None] == number, whole, 0.0)
    elif kind == "cyclic":
        for order in ([1, 2, 0], [2, 0, 1]):
            turned = tensor.transpose([*order, *(k + 3 for k in order)])
            whole = whole + turned.reshape(size, size)
    else:
        whole = whole + tensor.transpose(1, 0, 2, 4, 3, 5).reshape(size, size).conj()
    matrix = noisy(whole / np.trace(whole).real, 0.1)
    local = np.eye(1)
    for d in dimensions:
        part, _ = np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))
        local = np.kron(local, part)
    one = ds.certify(DensityState(("a", "b", "c"), dimensions, matrix))
    other = ds.certify(DensityState(("a", "b", "c"), dimensions, local @ matrix @ local.conj().T))
    assert len(one.notes) > len(other.notes)
    assert one.negativity == pytest.approx(other.negativity, abs=1e-6)
    assert one.negativity > 0.01


def test_the_pure_state_of_two_detuned_pairs_is_certified_with_imperfections():
    detuned = {"detunings_a": [0.5, -0.5], "detunings_b": [0.5, -0.5]}
    ideal = ds.steady_state(ds.models.DualRail(2, 1.0, **detuned))
    assert ds.certify(ideal, quick=True).verdict == "certified"
    real = ds.steady_state(ds.models.DualRail(2, 1.0, dephasing=0.02, **detuned))
    found = ds.certify(real)
    assert found.verdict == "certified"
    assert found.error >= real.report.error_estimate
    pairs = ds.steady_state(ds.models.DualRail(2, 1.0, dephasing=0.02))
    assert ds.certify(pairs).verdict == "not detected"


def test_the_error_of_the_state_counts():
    state = qubits(noisy(dicke(3, 1), 0.3))
    exact = ds.certify(state)
    assert exact.margin == pytest.approx(exact.negativity)
    fuzzy = ds.certify(state, error=0.01)
    low, high = fuzzy.tightest.range
    lost = 0.005 * (high - low) / fuzzy.tightest.scale
    assert fuzzy.margin == pytest.approx(fuzzy.negativity - lost, rel=1e-6)
    assert ds.certify(state, error=0.5).verdict != "certified"


def test_a_witness_for_a_fuzzy_state_is_sought_among_those_that_errors_spare():
    found = ds.certify(qubits(dicke(4, 1)), error=0.01)
    low, high = found.tightest.range
    assert high - low < 10  # with an exact state it is some thousand, which 0.01 / 2 of eats all
    assert found.margin > 0.39


def test_a_state_within_the_error_of_a_ppt_mixture_is_not_detected():
    matrix = noisy(dicke(3, 1), 0.5)  # genuinely entangled up to 0.521
    assert ds.certify(qubits(matrix)).verdict == "certified"
    error = 2 * 0.03
    found = ds.certify(qubits(matrix), error=error)
    assert found.verdict == "not detected"
    assert found.mixture.proven
    assert found.mixture.distance(matrix) <= error


def test_nearly_pure_states_get_a_witness_that_noise_spares():
    detuned = {"detunings_a": [0.5, -0.5], "detunings_b": [0.5, -0.5]}
    nearly = ds.steady_state(ds.models.DualRail(2, 1.0, dephasing=1e-6, **detuned))
    for state in (nearly, qubits(dicke(3, 1)), qubits(ghz(3))):
        found = ds.certify(state)
        assert found.noise_tolerance() == pytest.approx(ds.noise_tolerance(state), abs=3e-3)
        low, high = found.witness.range
        assert high - low < 3
        share = found.noise_tolerance() * (1 - 1e-6)
        value, rounding = found.witness.value(noisy(found.state.matrix, share))
        assert value + rounding < 0.0
    assert ds.certify(nearly).negativity > 0.48


def test_cuts_are_counted_as_far_as_the_error_allows():
    angle = np.pi / 8
    vector = np.array([np.cos(angle), 0, 0, np.sin(angle)])
    flipped = np.outer(vector, vector).reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)
    _, basis = np.linalg.eigh(flipped)
    error = 0.05
    worst = 0.5 * error * (np.outer(*[basis[:, -1]] * 2) - np.outer(*[basis[:, 0]] * 2))
    separable = (np.eye(4) - flipped) / 3  # two qubits with a positive partial transpose
    found = ds.certify(qubits(separable - worst), error=error * (1 + 1e-9))
    assert found.transposes[0] < -0.6 * error
    assert found.crossed == ()


def test_the_sentence_counts_the_cuts():
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    found = ds.certify(qubits(np.kron(bell, np.diag([1.0, 0.0]))))
    assert found.sentence.endswith("entangled across 2 of 3 cuts")


def test_states_that_are_none_are_known_less_well():
    matrix = noisy(ghz(3), 0.1)
    lowered = matrix - 1e-4 * np.diag([0, 2e2, 0, 0, 0, 0, 0, 0])
    lowered /= np.trace(lowered)
    found = ds.certify(qubits(lowered))
    assert found.error == pytest.approx(2 * -np.linalg.eigvalsh(lowered)[0], rel=1e-6)


def test_subsystems_of_a_state_and_results():
    result = ds.steady_state(ds.models.DualRail(2, 1.0))
    pair = ds.certify(result, labels=("A1", "B1"))
    assert pair.labels == ("A1", "B1")
    assert pair.verdict == "certified"
    assert ds.certify(result, labels=["A1", "A2"]).verdict == "not detected"


def rotated(matrix: np.ndarray, seed: int) -> np.ndarray:
    """The matrix after random local unitaries: no structure is left to find."""
    rng, local = np.random.default_rng(seed), np.eye(1)
    for _ in range(int(np.log2(len(matrix)))):
        part, _ = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))
        local = np.kron(local, part)
    return local @ matrix @ local.conj().T


def least_of_products(witness, rng: np.random.Generator) -> float:
    """The least mean value over product states across any cut that alternating searches find."""
    n, least = len(witness.labels), np.inf
    for side in witness.sides:
        one = [witness.labels.index(label) for label in side]
        order = [*one, *(j for j in range(n) if j not in one)]
        tensor = witness.matrix.reshape((2,) * 2 * n).transpose([*order, *(n + j for j in order)])
        tensor = tensor.reshape(2 ** len(one), -1, 2 ** len(one), 2 ** (n - len(one)))
        for _ in range(3):
            b = random_vector(tensor.shape[1], rng, real=False)
            for _ in range(20):
                values, vectors = np.linalg.eigh(np.einsum("b,abcd,d->ac", b.conj(), tensor, b))
                a = vectors[:, 0]
                values, vectors = np.linalg.eigh(np.einsum("a,abcd,c->bd", a.conj(), tensor, a))
                b = vectors[:, 0]
            least = min(least, float(values[0]))
    return least


@pytest.mark.parametrize("off", [1e-3, 1e-6])
def test_the_limit_is_sharp_also_without_structure(off):
    below = ds.certify(qubits(rotated(noisy(ghz(3), 4 / 7 - off), 1)))
    assert below.verdict == "certified"
    assert below.negativity == pytest.approx(7 / 8 * off, rel=1e-3)
    assert least_of_products(below.witness, np.random.default_rng(2)) >= 0.0
    above = ds.certify(qubits(rotated(noisy(ghz(3), 4 / 7 + off), 1)))
    assert above.verdict == "not detected"
    assert len(above.crossed) == 3  # entangled across every cut, which is less


def test_bell_pairs_in_every_place_are_entangled_across_every_cut_and_no_more():
    two = np.kron(ghz(2), ghz(2)).reshape((2,) * 8)
    places = ((0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1))
    matrix = sum(two.transpose([*p, *(4 + k for k in p)]).reshape(16, 16) for p in places) / 3
    found = ds.certify(qubits(rotated(matrix, 3)))
    assert found.verdict == "not detected"
    assert found.mixture.proven
    assert found.sentence.endswith("entangled across each of the 7 cuts")
    assert "genuinely multipartite entangled" not in found.sentence.partition(":")[2]


def test_the_fidelity_witness_is_decomposable():
    state = qubits(noisy(dicke(3, 1), 0.1))
    witness = fidelity_witness(state)
    assert witness.proven
    assert witness.value(dicke(3, 1))[0] == pytest.approx(2 / 3 - 1)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ds.certify(3), ArgumentError, "`state` must be a result or a state"),
        (lambda: ds.certify(qubits(ghz(3)), error=-1), ArgumentError, "`error` must be >= 0"),
        (lambda: ds.certify(qubits(ghz(3)), labels=["a"]), ArgumentError, "two subsystems"),
        (lambda: ds.certify(qubits(ghz(3)), labels=["a", "x"]), ArgumentError, "known subsystem"),
        (lambda: ds.certify(PureState.basis([*"abcdefghi"], [2] * 9)), CapacityError, "eight"),
        (
            lambda: ds.certify(ds.states.EnsembleState.identical_atoms("E", 2)),
            EngineMismatchError,
            "not defined for a EnsembleState",
        ),
    ],
)
def test_wrong_arguments_are_named(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_what_is_too_large_is_refused_before_it_is_built():
    rng = np.random.default_rng(0)
    vector = random_vector(64, rng, real=False)
    matrix = 0.45 * np.outer(vector, vector.conj()) + 0.55 * np.eye(64) / 64
    with pytest.raises(CapacityError, match=r"would (need|take)"):
        ds.certify(qubits(matrix))


def test_bounds_hold_for_matrices_with_known_eigenvalues():
    rng = np.random.default_rng(2)
    for n in (1, 2, 7, 30):
        basis, _ = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
        values = np.sort(rng.normal(size=n))
        matrix = (basis * values) @ basis.conj().T
        matrix = 0.5 * (matrix + matrix.conj().T)
        low, high = eigenvalue_bounds(matrix)
        assert low <= values[0] <= low + 1e-10
        assert high - 1e-10 <= values[-1] <= high
