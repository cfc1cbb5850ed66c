"""Verified rounding: what a solver got wrong makes a proof weaker, never false."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from certificate_states import biseparable, dicke, ghz, noisy, qubits

import darkstate as ds
from darkstate.certificates import finite
from darkstate.certificates.mixture import PPTMixture, mixed
from darkstate.certificates.programme import programme
from darkstate.certificates.structure import find_structure
from darkstate.certificates.witness import Witness, decomposed, transposed
from darkstate.errors import ArgumentError
from darkstate.linalg.bounds import hermitian

LABELS, DIMENSIONS = ("a", "b", "c"), (2, 2, 2)


@cache
def proposal(share: float) -> tuple[np.ndarray, dict[Any, np.ndarray]]:
    """W and its parts as the solver has them, for a noisy W state."""
    state = qubits(noisy(dicke(3, 1), share))
    structure = find_structure(state.matrix, DIMENSIONS)
    found = programme(structure).solve(structure.matrix)
    return found.witness, finite.named_parts(state, found.parts)


def spoiled(rng: np.random.Generator, matrix: np.ndarray, size: float) -> np.ndarray:
    noise = rng.normal(size=matrix.shape) + 1j * rng.normal(size=matrix.shape)
    return matrix + size * noise


def exact_check(witness: Witness) -> bool:
    """Decomposable, by plain eigenvalues of what is stored."""
    here = (witness.labels, witness.dimensions)
    for side, part in zip(witness.sides, witness.parts, strict=True):
        rest = witness.matrix - transposed(part, here, side)
        if min(np.linalg.eigvalsh(part)[0], np.linalg.eigvalsh(rest)[0]) < 0:
            return False
    return True


def spoil(samples: int, seed: int) -> tuple[int, int]:
    rng = np.random.default_rng(seed)
    certified = 0
    for k in range(samples):
        matrix, parts = proposal(0.3 if k % 2 else 0.5)
        size = 10.0 ** rng.uniform(-6, -2)
        wrong = spoiled(rng, matrix, size)
        if k % 3 == 0:  # also a solver that is too optimistic
            wrong = wrong - size * np.eye(8)
        parts = {
            side: spoiled(rng, part, size) if k % 5 == 0 else part for side, part in parts.items()
        }
        witness = decomposed(LABELS, DIMENSIONS, wrong, parts)
        assert witness.proven
        assert exact_check(witness)
        for _ in range(3):
            assert witness.value(biseparable(3, rng))[0] >= -1e-14
        target = noisy(dicke(3, 1), float(rng.uniform(0.0, 0.6)))
        negativity, margin = finite._proven(witness, target, 0.0)
        if margin > 0:
            certified += 1
            # The published limit of white noise is 0.521: nothing beyond it may be certified.
            assert target[1, 2].real / dicke(3, 1)[1, 2].real > 1 - 0.5211
            if k < 12:  # no proof exceeds the minimum over all witnesses
                assert negativity <= ds.certify(qubits(target)).negativity + 1e-7
    return certified, samples


def test_spoiled_solver_outputs_prove_nothing_false():
    certified, samples = spoil(40, 3)
    assert 5 < certified < samples


@pytest.mark.slow
def test_a_thousand_spoiled_solver_outputs_prove_nothing_false():
    certified, samples = spoil(1000, 4)
    assert 200 < certified < samples


def test_nonsense_from_a_solver_becomes_a_witness_that_detects_nothing():
    rng = np.random.default_rng(0)
    parts = {("b",): spoiled(rng, np.zeros((8, 8)), 1), ("c",): np.eye(8), ("b", "c"): -np.eye(8)}
    witness = decomposed(LABELS, DIMENSIONS, spoiled(rng, np.zeros((8, 8)), 1), parts)
    assert witness.proven
    assert witness.value(noisy(dicke(3, 1), 0.6))[0] > 0


def test_a_wrong_witness_is_not_proven():
    good = decomposed(LABELS, DIMENSIONS, *proposal(0.3))
    lowered = good.matrix - 1e-6 * np.eye(8)
    bad = Witness(LABELS, DIMENSIONS, lowered, good.cuts, good.parts)
    assert good.proven
    assert not bad.proven
    skew = good.matrix.copy()
    skew[0, 1] += 1e-9
    assert not Witness(LABELS, DIMENSIONS, skew, good.cuts, good.parts).proven


def test_a_witness_must_know_every_bipartition():
    good = decomposed(LABELS, DIMENSIONS, *proposal(0.3))
    with pytest.raises(ArgumentError, match="each of the 3 bipartitions once"):
        Witness(LABELS, DIMENSIONS, good.matrix, good.cuts[:2], good.parts[:2])
    with pytest.raises(ArgumentError, match="each of the 3 bipartitions once"):
        twice = good.cuts[[0, 0, 2]]
        Witness(LABELS, DIMENSIONS, good.matrix, twice, good.parts)


def test_a_verdict_does_not_outlive_its_evidence():
    found = ds.certify(qubits(noisy(ghz(3), 0.2)))
    assert found.verdict == "certified"
    found.witness.parts[0][0, 0] -= 1e-3
    fresh = Witness(LABELS, DIMENSIONS, found.witness.matrix, found.witness.cuts,
                    found.witness.parts)  # fmt: skip
    assert not fresh.proven


def test_mixtures_are_made_exact_or_told_apart():
    rng = np.random.default_rng(8)
    matrix = noisy(biseparable(3, rng), 0.5)
    thirds = {side: spoiled(rng, matrix / 3, 1e-4) for side in (("b",), ("c",), ("b", "c"))}
    found = mixed(LABELS, DIMENSIONS, matrix, thirds)
    assert found.proven
    assert found.distance(matrix) < 1e-2
    far = mixed(LABELS, DIMENSIONS, ghz(3).astype(complex), {("b",): ghz(3).astype(complex)})
    assert far.proven
    assert far.distance(ghz(3)) > 0.1
    wrong = PPTMixture(
        LABELS, DIMENSIONS, np.array([[False, True, False]]), np.array([hermitian(ghz(3))])
    )
    assert not wrong.proven


def test_a_certificate_is_stored_and_loaded_in_a_new_process(tmp_path):
    import subprocess
    import sys

    found = ds.certify(qubits(noisy(ghz(3), 0.2)), error=1e-3)
    found.save(tmp_path / "ghz.zarr")
    again = ds.load_result(tmp_path / "ghz.zarr").state
    assert again.verdict == "certified"
    assert (again.margin, again.labels) == (found.margin, found.labels)
    assert np.array_equal(again.witness.parts, found.witness.parts)
    code = "import sys, darkstate as ds; print(ds.load_result(sys.argv[1]).state.verdict)"
    run = [sys.executable, "-c", code, str(tmp_path / "ghz.zarr")]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "certified"


def test_a_certificate_of_another_state_is_none():
    found = ds.certify(qubits(noisy(ghz(3), 0.2)))
    other = replace(found, state=qubits(noisy(ghz(3), 0.8)))
    assert found.verdict == "certified"
    assert other.verdict != "certified"


def test_what_only_looks_like_a_ppt_mixture_is_none():
    entangled = ghz(3).astype(complex)[None]
    for cut in ([False] * 3, [True] * 3):
        assert not PPTMixture(LABELS, DIMENSIONS, np.array([cut]), entangled).proven
    skew = np.diag(np.full(8, 1 / 8)).astype(complex)
    skew[0, 7] = 0.9  # the other triangle, which eigenvalue routines do not read
    cuts = np.array([[False, True, False]])
    assert not PPTMixture(LABELS, DIMENSIONS, cuts, skew[None]).proven


def test_biseparable_states_moved_as_far_as_the_error_allows_are_not_certified():
    rng = np.random.default_rng(6)
    witness = ds.certify(qubits(noisy(dicke(3, 1), 0.3))).witness.matrix
    _, basis = np.linalg.eigh(witness)
    low, high = (np.outer(basis[:, k], basis[:, k].conj()) for k in (0, -1))
    for error in (1e-5, 1e-3, 1e-1):
        state = 0.7 * biseparable(3, rng) + 0.3 * noisy(dicke(3, 1), 0.522)
        moved = qubits(state + 0.5 * error * (low - high))
        assert ds.certify(moved, error=error * (1 + 1e-9)).verdict == "not detected"
