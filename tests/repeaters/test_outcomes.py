"""Outcomes against the full (N+1)^M state, sums that must be one, and sampling against both."""

import itertools
import math

import numpy as np
import pytest

import chance
from darkstate.errors import ArgumentError, CapacityError
from darkstate.repeaters import (
    entanglement_per_attempt,
    lattice_entropy,
    lattice_probability,
    outcome_probabilities,
    outcome_probability,
    outcome_table,
    sample_outcomes,
    success_probability,
    three_node_probability,
)

CASES = [(3, 1, 0.7, 0.0), (3, 6, 1.3, 0.4), (4, 3, 2.1, 1.0), (4, 6, 0.7, 0.0), (5, 3, 1.3, 0.4)]


def full_state(nodes, atoms, time, offset):
    """All (N+1)^M amplitudes after H and the phases, inner nodes in the basis of S_x."""
    k = np.arange(atoms + 1)
    psi = np.sqrt([math.comb(atoms, j) / 2**atoms for j in k])
    raising = np.diag(np.sqrt((k[:-1] + 1) * (atoms - k[:-1])), 1)
    _, to_x = np.linalg.eigh(raising + raising.T)  # columns in the order q = 0 .. N
    state = psi.astype(complex)
    for _ in range(nodes - 1):
        state = np.multiply.outer(state, psi)
    n = np.indices(state.shape)
    energy = sum((-1) ** j * n[j - 1] * n[j] for j in range(1, nodes))
    state = state * np.exp(-1j * time * energy)
    for j in range(1, nodes - 1):
        state = state * np.exp(1j * offset * n[j])
        state = np.moveaxis(np.tensordot(to_x.T, state, axes=(1, j)), 0, j)
    return state


def shared_in(state, outcomes):
    schmidt = np.linalg.svd(state[(slice(None), *outcomes, slice(None))], compute_uv=False) ** 2
    p = schmidt[schmidt > 1e-15 * schmidt.max()] / schmidt.sum()
    return -np.sum(p * np.log2(p))


@pytest.mark.parametrize(("nodes", "atoms", "time", "offset"), CASES)
def test_joint_probabilities(nodes, atoms, time, offset):
    exact = np.sum(np.abs(full_state(nodes, atoms, time, offset)) ** 2, axis=(0, -1))
    for outcomes in itertools.islice(itertools.product(range(atoms + 1), repeat=nodes - 2), 80):
        found = outcome_probability(atoms, time, outcomes, offset)
        assert found == pytest.approx(exact[outcomes], abs=1e-12)
    up = (atoms,) * (nodes - 2)
    assert success_probability(nodes, atoms, time, offset) == pytest.approx(exact[up], abs=1e-12)
    if nodes == 3:
        found = outcome_probabilities(atoms, time, offset)
        assert found == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(("nodes", "atoms", "time", "offset"), CASES)
def test_samples_know_their_probability_and_entanglement(nodes, atoms, time, offset):
    state = full_state(nodes, atoms, time, offset)
    exact = np.sum(np.abs(state) ** 2, axis=(0, -1))
    found = sample_outcomes(nodes, atoms, time, 60, offset=offset, seed=3)
    assert found.outcomes.shape == (60, nodes - 2)
    for row, probability, entropy in zip(
        found.outcomes, found.probabilities, found.entropies, strict=True
    ):
        assert probability == pytest.approx(exact[tuple(row)], abs=1e-12)
        assert entropy == pytest.approx(shared_in(state, row), abs=1e-10)


def test_samples_are_distributed_as_they_should():
    """Each outcome of two inner nodes as often as its binomial distribution allows."""
    nodes, atoms, time, offset = CASES[2]
    exact = np.sum(np.abs(full_state(nodes, atoms, time, offset)) ** 2, axis=(0, -1)).ravel()
    found = sample_outcomes(nodes, atoms, time, 4000, offset=offset, seed=11)
    cell = found.outcomes @ np.array([atoms + 1, 1])
    counts = np.bincount(cell, minlength=len(exact))
    for seen, probability in zip(counts, exact, strict=True):
        least, most = chance.counts(4000, max(0.0, float(probability)), len(exact))
        assert least <= seen <= most


def test_a_sample_depends_on_its_number_alone():
    many = sample_outcomes(4, 5, 1.0, 20, seed=7)
    few = sample_outcomes(4, 5, 1.0, 6, seed=7)
    assert np.array_equal(many.outcomes[:6], few.outcomes)
    assert many.provenance == {"entropy": 7, "spawn_key": "(k,), k = 0 .. 19"}
    fresh = sample_outcomes(3, 5, 1.0, 4)
    again = sample_outcomes(3, 5, 1.0, 4, seed=fresh.provenance["entropy"])
    assert np.array_equal(fresh.outcomes, again.outcomes)


def test_the_mean_of_samples_agrees_with_the_table_within_its_error():
    table = outcome_table(40, 0.9, 0.3)
    found = sample_outcomes(3, 40, 0.9, 300, offset=0.3, seed=5)
    for (mean, error), exact in (
        (found.mean_entropy, table.mean_entropy),
        (found.mean_log_negativity, table.mean_log_negativity),
    ):
        assert 0 < error < 0.1
        assert abs(mean - exact) < chance.sigmas(2, 299) * error
    assert math.isnan(sample_outcomes(3, 4, 1.0, 1, seed=1).mean_entropy[1])


@pytest.mark.parametrize("offset", [0.0, 0.7])
def test_the_table_agrees_with_samples_state_by_state(offset):
    """Rotation amplitudes in closed form against products of windows."""
    table = outcome_table(60, 1.1, offset)
    assert table.probabilities.sum() == pytest.approx(1.0, abs=1e-11)
    known = dict(zip(table.outcomes.tolist(), table.entropies, strict=True))
    found = sample_outcomes(3, 60, 1.1, 25, offset=offset, seed=2)
    for (q,), entropy in zip(found.outcomes.tolist(), found.entropies, strict=True):
        assert known[q] == pytest.approx(entropy, abs=1e-9)


def test_success_without_offset_is_a_power_of_the_link():
    assert success_probability(3, 400, 1.0) == pytest.approx(
        three_node_probability(400, 1.0), rel=1e-11
    )
    for nodes in (3, 4, 5):
        found = success_probability(nodes, 400, 1.0)
        assert found == pytest.approx(lattice_probability(400, 1.0, nodes), rel=1e-8)
        attempt = entanglement_per_attempt(nodes, 400, 1.0)
        assert attempt == pytest.approx(found * lattice_entropy(400, 1.0, nodes), rel=1e-7)


def test_the_offset_turns_the_inner_ensemble():
    """At t = 0 each of N atoms is found up with cos²(phi/2); phi = pi exchanges q and N - q."""
    p = math.cos(0.35) ** 2
    binomial = [math.comb(9, q) * p**q * (1 - p) ** (9 - q) for q in range(10)]
    assert outcome_probabilities(9, 0.0, 0.7) == pytest.approx(binomial, abs=1e-14)
    flipped = outcome_probabilities(30, 1.0, math.pi)
    assert flipped == pytest.approx(outcome_probabilities(30, 1.0)[::-1], abs=1e-13)


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda: sample_outcomes(2, 5, 1.0, 3), ArgumentError, "nodes"),
        (lambda: sample_outcomes(3, 0, 1.0, 3), ArgumentError, "atoms"),
        (lambda: sample_outcomes(3, 5, 1.0, 0), ArgumentError, "samples"),
        (lambda: sample_outcomes(3, 5, math.nan, 1), ArgumentError, "time"),
        (lambda: outcome_probability(5, 1.0, (6,)), ArgumentError, "outcomes"),
        (lambda: outcome_probability(5, 1.0, (-1,)), ArgumentError, "outcomes"),
        (lambda: outcome_probability(5, 1.0, ()), ArgumentError, "nodes"),
        (lambda: outcome_probabilities(5, 1.0, math.inf), ArgumentError, "offset"),
        (lambda: outcome_table(10**6, 1.0), CapacityError, "atoms"),
    ],
)
def test_bad_input(call, error, word):
    with pytest.raises(error, match=f"`{word}`"):
        call()
