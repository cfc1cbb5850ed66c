"""Certificates where the whole state is not known: marginals, windows, measured moments."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from certificate_states import CLUSTER, biseparable, dicke, ghz, noisy, qubits

import darkstate as ds
from darkstate.certificates import certify_marginals, certify_moments, certify_parts
from darkstate.certificates.asking import rounded_by
from darkstate.certificates.marginals import assembled, lift, reduction, terms
from darkstate.errors import ArgumentError, MissingError, UnphysicalError
from darkstate.states import DensityState, GaussianState, PureState


def parts_of(state: DensityState, count: int) -> list[DensityState]:
    return [state.reduced(part) for part in combinations(state.labels, count)]


def test_terms_are_an_orthogonal_projection():
    rng = np.random.default_rng(0)
    dimensions, parts = (2, 3, 2), [(0, 1), (1, 2)]
    matrix = rng.normal(size=(12, 12))
    found = assembled(terms(matrix, dimensions, parts), dimensions, parts)
    for part in parts:
        reduce = reduction(dimensions, part)
        assert np.allclose(reduce(found), reduce(matrix))
    again = assembled(terms(found, dimensions, parts), dimensions, parts)
    assert np.allclose(again, found)
    assert np.trace(found @ (matrix - found).T) == pytest.approx(0, abs=1e-12)
    assert np.allclose(
        reduction(dimensions, (0, 1))(lift(np.eye(6), dimensions, (0, 1))), np.eye(6)
    )


@pytest.mark.parametrize("matrix", [dicke(3, 1), dicke(4, 1), dicke(4, 2)])
def test_pairs_prove_dicke_states(matrix):
    state = qubits(matrix)
    found = certify_marginals(parts_of(state, 2))
    assert found.verdict == "certified"
    assert found.witness.proven
    assert found.negativity <= ds.certify(state).negativity + 1e-4
    assert found.witness.value(matrix)[0] < -0.1


@pytest.mark.parametrize(("matrix", "enough"), [(ghz(3), 3), (CLUSTER, 3)])
def test_pairs_do_not_tell_some_states_from_mixtures(matrix, enough):
    state = qubits(matrix)
    pairs = certify_marginals(parts_of(state, 2))
    assert pairs.verdict == "not detected"
    assert pairs.mixture.proven
    assert "cuts" not in pairs.sentence
    assert certify_marginals(parts_of(state, enough)).verdict == "certified"


def test_marginals_of_biseparable_states_are_never_certified():
    rng = np.random.default_rng(4)
    for _ in range(3):
        state = qubits(biseparable(3, rng))
        assert certify_marginals(parts_of(state, 2)).verdict != "certified"


def test_errors_of_marginals_count():
    state = qubits(noisy(dicke(3, 1), 0.1))
    exact = certify_marginals(parts_of(state, 2))
    fuzzy = certify_marginals(parts_of(state, 2), 0.01)
    assert 0 < fuzzy.margin < exact.margin
    assert certify_marginals(parts_of(state, 2), 0.5).verdict != "certified"


def test_marginals_must_fit():
    one, other = qubits(ghz(2)), qubits(np.eye(4) / 4)
    with pytest.raises(ArgumentError, match="agree where they overlap"):
        certify_marginals([one, other])
    with pytest.raises(ArgumentError, match="have dimension 2 for 'a'"):
        certify_marginals([one, DensityState(("a", "z"), (3, 2), np.eye(6) / 6)])
    with pytest.raises(ArgumentError, match=r"marginals\[0\]"):
        certify_marginals([3])
    with pytest.raises(ArgumentError, match="at least two subsystems"):
        certify_marginals([one.reduced(["a"])])


def test_blocks_of_a_cascade_are_certified_one_by_one():
    detuned = {"detunings_a": [0.5, -0.5, 3.0], "detunings_b": [0.5, -0.5, -3.0]}
    model = ds.models.DualRail(3, 1.0, dephasing=1e-3, **detuned)
    result = ds.steady_state(model, engine=ds.engines.Cascade(dimension=16, window=2))
    found = certify_parts(result, error=1e-3, quick=True)
    verdicts = {" ".join(labels): each.verdict for labels, each in found.items()}
    assert verdicts == {"A1 B1 A2 B2": "certified", "A2 B2 A3 B3": "not detected"}
    with pytest.raises(MissingError, match="window"):
        certify_parts(result, [["A1", "A3"]], error=1e-3)
    with pytest.raises(ArgumentError, match="`parts` must be given"):
        certify_parts(qubits(ghz(3)))


def measured() -> np.ndarray:
    return GaussianState.two_mode_squeezed(("a", "b"), 0.5).covariance


def test_measured_moments_with_errors():
    found = certify_moments(["a", "b"], measured(), 0.005, sigmas=5)
    assert found.verdict == "certified"
    assert certify_moments(["a", "b"], measured(), 0.1, sigmas=5).verdict != "certified"


def test_moments_that_were_not_measured_are_not_used():
    covariance = measured()
    missing = np.zeros((4, 4), dtype=bool)
    missing[[0, 1, 0, 2, 3, 2], [1, 0, 3, 3, 2, 1]] = True
    missing |= missing.T
    covariance[missing] = np.nan
    found = certify_moments(["a", "b"], covariance, 0.005)
    assert found.verdict == "certified"
    assert not np.any(found.witness.matrix[missing])
    assert found.notes == ("4 second moments are not known",)
    covariance[1, 3] = covariance[3, 1] = np.nan
    # The state is pure: variances and positions leave no choice for the momenta.
    assert certify_moments(["a", "b"], covariance, 0.0).verdict == "certified"
    noise = 0.3 * np.eye(4)  # now products have these moments, though the state is entangled
    assert certify_moments(["a", "b"], measured() + noise).verdict == "certified"
    assert certify_moments(["a", "b"], covariance + noise).verdict == "undecided"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"covariance": np.eye(3)}, "finite or NaN 4x4"),
        ({"covariance": np.diag([np.nan, 1, 1, 1])}, "all variances"),
        ({"covariance": np.eye(4) + np.eye(4, k=1)}, "be symmetric"),
        ({"errors": -1.0}, "`errors` must be >= 0"),
        ({"sigmas": -1.0}, "`sigmas` must be >= 0"),
    ],
)
def test_wrong_moments_are_named(change, words):
    given = {"labels": ["a", "b"], "covariance": measured()} | change
    with pytest.raises(ArgumentError, match=words):
        certify_moments(**given)


@pytest.mark.parametrize(
    ("matrix", "errors"),
    [
        (0.4 * np.eye(4), 0.0),
        (0.4 * np.eye(4), 0.01),
        (1e-12 * np.eye(4), 0.0),
        (np.diag([-0.1, 0.5, 0.5, 0.5]), 0.0),
        (np.where(np.eye(4) > 0, 0.4, np.nan), 0.01),
    ],
)
def test_moments_that_no_state_has_are_refused(matrix, errors):
    with pytest.raises(UnphysicalError, match="`covariance` must"):
        certify_moments(["a", "b"], matrix, errors)


def test_moments_below_the_vacuum_within_their_errors_are_not_refused():
    found = certify_moments(["a", "b"], 0.48 * np.eye(4), errors=0.01)
    assert found.verdict == "not detected"
    assert found.mixture.proven


def test_the_mixture_lies_below_moments_within_their_errors():
    rng = np.random.default_rng(4)
    matrix = 0.6 * np.eye(6)
    off = rng.uniform(-0.1, 0.1, (6, 6))
    errors = rng.uniform(0.05, 0.1, (6, 6))
    errors = errors + errors.T
    found = certify_moments(["a", "b", "c"], matrix + 0.5 * (off + off.T), errors, sigmas=1)
    assert found.verdict == "not detected"
    shifted = found.mixture.shift
    assert np.all(np.abs(shifted) <= found.error + 1e-6)
    below = np.einsum("k,kij->ij", found.mixture.weights, found.mixture.parts)
    assert np.linalg.eigvalsh(found.covariance + shifted - below)[0] > -1e-6
    exact = replace(found, error=np.zeros((6, 6)), covariance=matrix - 0.2 * np.eye(6))
    assert exact.verdict == "undecided"  # the same mixture is none of other moments


def test_moments_of_any_size_have_a_verdict():
    assert certify_moments(["a", "b"], 1e12 * np.eye(4)).verdict == "not detected"


@pytest.mark.parametrize("places", [("ab", "bc"), ("ab", "bc", "ac")])
@pytest.mark.parametrize("error", [0.0, 0.05])
def test_marginals_of_no_state_are_refused(places, error):
    pairs = [DensityState(tuple(place), (2, 2), ghz(2)) for place in places]
    with pytest.raises(UnphysicalError, match="be marginals of one state"):
        certify_marginals(pairs, error)


@pytest.mark.parametrize("digits", [2, 5])
def test_decimals_leave_open_what_they_say(digits):
    rng = np.random.default_rng(digits)
    for _ in range(5):
        true = noisy(biseparable(3, rng), 0.02)
        read = np.round(true, digits)  # real and imaginary part
        state = DensityState.rounded([*"abc"], (2, 2, 2), read, tolerance=0.5)
        away = np.linalg.svd(state.matrix - true, compute_uv=False).sum()
        assert away <= rounded_by(state, digits)
        assert ds.certify(state, digits=digits).verdict != "certified"
        vector = rng.normal(size=8) + 1j * rng.normal(size=8)
        vector /= np.linalg.norm(vector)
        few = np.round(vector, digits)
        pure = PureState(("a", "b", "c"), (2, 2, 2), few / np.linalg.norm(few))
        between = np.outer(vector, vector.conj()) - pure.density().matrix
        away = np.linalg.svd(between, compute_uv=False).sum()
        assert away <= rounded_by(pure, digits)


def test_states_of_few_digits_are_certified_with_what_these_leave_open():
    few = np.round(dicke(3, 1).real, 5)
    with pytest.raises(UnphysicalError, match=r"DensityState\.rounded"):
        DensityState(("a", "b", "c"), (2, 2, 2), few)
    state = DensityState.rounded([*"abc"], (2, 2, 2), few, tolerance=1e-4)
    found = ds.certify(state, digits=5)
    assert found.verdict == "certified"
    assert found.error == pytest.approx(2 * 8**1.5 * 1e-5 / np.sqrt(2), rel=1e-6)
    product = np.zeros((8, 8))
    product[0, 0] = 1.0
    assert ds.certify(qubits(product), digits=5).verdict == "not detected"
    lowered = noisy(ghz(3), 0.1) - 1e-4 * np.diag([0, 2e2, 0, 0, 0, 0, 0, 0])
    told = ds.certify(qubits(lowered / np.trace(lowered)))
    assert "added to its error" in told.notes[-1]
    with pytest.raises(ArgumentError, match="`digits` must be"):
        ds.certify(state, digits=-1)
