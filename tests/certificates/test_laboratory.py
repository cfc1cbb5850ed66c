"""Settings, shots, readout errors and entanglement depth, against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.linalg
from certificate_states import dicke, ghz, noisy, qubits

import darkstate as ds
from darkstate.certificates import entanglement_depth, measurement_plan
from darkstate.certificates.depth import least_variance
from darkstate.certificates.laboratory import AXES, grouped, pauli_terms
from darkstate.errors import ArgumentError
from darkstate.states import DensityState

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def operator(word: str) -> np.ndarray:
    total = np.eye(1)
    for letter in word:
        total = np.kron(total, PAULI[letter])
    return total


def certificate(matrix: np.ndarray):
    return ds.certify(qubits(matrix), quick=True)


def test_pauli_terms_are_the_matrix():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8))
    matrix = matrix + matrix.conj().T
    terms = pauli_terms(matrix)
    assert set(terms) <= {"".join(word) for word in product(AXES, repeat=3)}
    assert np.allclose(sum(w * operator(p) for p, w in terms.items()), matrix)


def test_settings_read_each_term_once():
    terms = pauli_terms(certificate(ghz(3)).witness.matrix)
    terms = {p: w for p, w in terms.items() if abs(w) > 1e-9 and p != "III"}
    settings = grouped(terms)
    assert sorted(p for _, chosen in settings for p in chosen) == sorted(terms)
    # GHZ of three: ZZ correlations in one setting, XXX and the three XYY in four.
    assert sorted(axes for axes, _ in settings) == ["XXX", "XYY", "YXY", "YYX", "ZZZ"]


def test_the_spread_of_a_setting_is_that_of_the_operator():
    state = qubits(noisy(dicke(3, 1), 0.1))
    plan = measurement_plan(ds.certify(state, quick=True))
    for setting in plan.settings:
        part = sum(w * operator(p) for p, w in setting.terms.items())
        mean = np.trace(part @ state.matrix).real
        spread = np.sqrt(np.trace(part @ part @ state.matrix).real - mean**2)
        assert setting.spread == pytest.approx(spread, abs=1e-9)
    exact = np.trace(ds.certify(state, quick=True).witness.matrix @ state.matrix).real
    assert plan.value == pytest.approx(exact, abs=1e-8)


def test_the_shots_give_the_sigmas_that_were_asked_for():
    state = qubits(noisy(ghz(3), 0.1))
    plan = measurement_plan(ds.certify(state, quick=True), sigmas=5)
    error = np.sqrt(sum(s.spread**2 / s.shots for s in plan.settings))
    assert 5 <= -plan.value / error < 5.3
    rng = np.random.default_rng(1)
    even = max(1, plan.shots // len(plan.settings))
    assert error <= np.sqrt(sum(s.spread**2 / even for s in plan.settings)) * 1.02
    # Played through: shots are drawn, their sum of terms is averaged.
    means = []
    for _ in range(200):
        total = plan.constant
        for setting in plan.settings:
            part = sum(w * operator(p) for p, w in setting.terms.items())
            values, vectors = np.linalg.eigh(part)
            chance = np.einsum("ki,kl,li->i", vectors.conj(), state.matrix, vectors).real
            chance = np.maximum(chance, 0) / np.maximum(chance, 0).sum()
            total += rng.choice(values, size=setting.shots, p=chance).mean()
        means.append(total)
    assert np.mean(means) == pytest.approx(plan.value, abs=4 * error / np.sqrt(200))
    assert np.std(means) == pytest.approx(error, rel=0.2)


def test_readout_errors_weaken_and_never_fake():
    found = ds.certify(qubits(noisy(ghz(3), 0.1)), quick=True)
    clean, faulty = measurement_plan(found), measurement_plan(found, readout_error=0.02)
    assert clean.value < faulty.value < 0
    assert faulty.shots > clean.shots
    assert measurement_plan(found, readout_error=0.99 * clean.readout_tolerance).value < 0
    with pytest.raises(ArgumentError, match="where the violation ends"):
        measurement_plan(found, readout_error=1.01 * clean.readout_tolerance)
    # Wrong bits are a local depolarising channel on the state.
    flipped = qubits(noisy(ghz(3), 0.1)).matrix
    terms = {p: w * 0.96 ** (3 - p.count("I")) for p, w in pauli_terms(flipped).items()}
    flipped = sum(w * operator(p) for p, w in terms.items())
    assert np.trace(found.witness.matrix @ flipped).real == pytest.approx(faulty.value, abs=1e-9)


def test_what_cannot_be_measured_is_refused():
    mixed = ds.certify(qubits(np.eye(8) / 8))
    with pytest.raises(ArgumentError, match="be certified"):
        measurement_plan(mixed)
    vector = np.zeros(9)
    vector[[0, 4, 8]] = 3**-0.5
    levels = ds.certify(DensityState(("a", "b"), (3, 3), np.outer(vector, vector)))
    with pytest.raises(ArgumentError, match="be one of qubits"):
        measurement_plan(levels)


def spin(n: int) -> tuple[np.ndarray, np.ndarray]:
    """J_x and J_z of n atoms with their full spin."""
    j = n / 2
    m = np.arange(-j, j + 1)
    up = np.diag(np.sqrt(j * (j + 1) - m[:-1] * (m[:-1] + 1)), -1)
    return 0.5 * (up + up.T), np.diag(m)


def test_one_atom_has_the_standard_quantum_limit():
    for x in (0.1, 0.5, 0.9, 1.0):
        assert least_variance(1, x) == pytest.approx(0.5 * x**2, abs=1e-6)


@pytest.mark.parametrize("k", [2, 3, 4, 7])
def test_no_state_of_a_group_has_less_variance(k):
    rng = np.random.default_rng(k)
    for _ in range(15):
        n = int(rng.integers(1, k + 1))
        jx, jz = spin(n)
        squeeze = scipy.linalg.expm(-1j * rng.normal() * jz @ jz - 1j * rng.normal() * jx)
        start = np.linalg.eigh(jx + 0.05 * rng.normal() * jz)[1][:, -1]
        vector = squeeze @ start
        mean = abs(np.vdot(vector, jx @ vector).real)
        first = np.vdot(vector, jz @ vector).real
        variance = np.vdot(vector, jz @ jz @ vector).real - first**2
        assert variance / (n / 2) >= least_variance(k, min(1.0, mean / (n / 2))) - 1e-9


def test_the_bound_is_reached_by_the_best_state_of_a_group():
    jx, jz = spin(4)
    for mu in (0.5, 2.0, 6.0):
        vector = np.linalg.eigh(jz @ jz - mu * jx)[1][:, 0]
        mean = float(vector @ jx @ vector) / 2
        variance = float(vector @ jz @ jz @ vector) / 2
        assert least_variance(4, mean) == pytest.approx(variance, rel=1e-4)


def test_depth_of_groups_of_four_is_four_at_most():
    jx, jz = spin(4)
    vector = np.linalg.eigh(jz @ jz - 2.0 * jx)[1][:, 0]
    mean, variance = float(vector @ jx @ vector), float(vector @ jz @ jz @ vector)
    groups = 25
    assert entanglement_depth(4 * groups, groups * variance, groups * mean) in (3, 4)
    assert entanglement_depth(4 * groups, 0.98 * groups * variance, groups * mean) >= 5
    weaker = entanglement_depth(
        4 * groups, 0.98 * groups * variance, groups * mean, variance_error=groups * variance
    )
    assert weaker == 1
    assert entanglement_depth(100, 25.0, 50.0) == 1


def test_wrong_spins_are_named():
    with pytest.raises(ArgumentError, match="at most atoms/2 = 5"):
        entanglement_depth(10, 1.0, 6.0)
    with pytest.raises(ArgumentError, match="`variance` must be >= 0"):
        entanglement_depth(10, -1.0, 5.0)
