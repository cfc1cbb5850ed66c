"""Covariance witnesses of modes, against closed forms and random mixtures of products."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

import darkstate as ds
from darkstate.certificates.covariance import CovarianceWitness, best_form, exact_witness
from darkstate.certificates.gaussian import proven_margin
from darkstate.errors import ArgumentError, CapacityError
from darkstate.linalg.symplectic import symplectic_eigenvalues, symplectic_form
from darkstate.states import GaussianState

BOUND_ENTANGLED = 0.5 * np.array(
    [
        [2, 0, 0, 0, 1, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0, -1],
        [0, 0, 2, 0, 0, 0, -1, 0],
        [0, 0, 0, 1, 0, -1, 0, 0],
        [1, 0, 0, 0, 2, 0, 0, 0],
        [0, 0, 0, -1, 0, 4, 0, 0],
        [0, 0, -1, 0, 0, 0, 2, 0],
        [0, -1, 0, 0, 0, 0, 0, 4],
    ]
)
"""Werner and Wolf, Phys. Rev. Lett. 86, 3658 (2001): two modes against two, vacuum here 1/2."""


def modes(covariance: np.ndarray) -> GaussianState:
    return GaussianState.from_covariance(tuple("abcdef"[: len(covariance) // 2]), covariance)


def ghz_modes(n: int, r: float, transmission: float = 1.0) -> np.ndarray:
    """One mode squeezed in p and the others in x, mixed evenly; then loss."""
    even = np.full(n, 1.0) / np.sqrt(n)
    basis = np.column_stack([even, scipy.linalg.null_space(even[None])])
    squeezed = np.array([np.exp(2 * r), *([np.exp(-2 * r)] * (n - 1))]) / 2
    covariance = np.zeros((2 * n, 2 * n))
    covariance[::2, ::2] = (basis * squeezed) @ basis.T
    covariance[1::2, 1::2] = (basis / (4 * squeezed)) @ basis.T
    return transmission * covariance + 0.5 * (1 - transmission) * np.eye(2 * n)


def physical(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random covariance matrix: a symplectic matrix on thermal noise."""
    generator = rng.normal(size=(2 * n, 2 * n))
    symplectic = scipy.linalg.expm(0.3 * symplectic_form(n) @ (generator + generator.T))
    return symplectic @ np.diag(np.repeat(0.5 + 0.1 * rng.random(n), 2)) @ symplectic.T


def mixture(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random mixture of products across random bipartitions."""
    total = np.zeros((2 * n, 2 * n))
    for weight in rng.dirichlet(np.ones(int(rng.integers(1, 5)))):
        cut = np.zeros(n, dtype=bool)
        while cut.all() or not cut.any():
            cut = rng.random(n) < 0.5
        part = np.zeros((2 * n, 2 * n))
        for side in (cut, ~cut):
            at = np.flatnonzero(np.repeat(side, 2))
            part[np.ix_(at, at)] = physical(int(side.sum()), rng)
        total += weight * part
    return total


def test_two_squeezed_modes_violate_by_their_squeezing():
    for r in (0.1, 0.5, 1.0):
        found = ds.certify(GaussianState.two_mode_squeezed(("a", "b"), r))
        assert found.verdict == "certified"
        assert found.margin == pytest.approx(1 - np.exp(-2 * r), abs=1e-6)
        assert "multipartite" not in found.sentence


def test_bounds_are_sums_of_symplectic_eigenvalues():
    rng = np.random.default_rng(0)
    matrix = physical(3, rng)
    cut = np.array([False, True, True])
    form = best_form(matrix, cut)
    proven = 0.5 * np.sum(symplectic_form(3) * form)
    blocks = symplectic_eigenvalues(matrix[:2, :2]), symplectic_eigenvalues(matrix[2:, 2:])
    assert proven == pytest.approx(sum(float(nu.sum()) for nu in blocks), rel=1e-10)


@pytest.mark.parametrize("n", [3, 4])
def test_modes_of_ghz_type_are_genuinely_multipartite_until_loss_ends_it(n):
    found = ds.certify(modes(ghz_modes(n, 0.5)))
    assert found.verdict == "certified"
    assert found.genuine
    assert "genuinely multipartite" in found.sentence
    lossy = ds.certify(modes(ghz_modes(n, 0.5, 0.3)))
    assert len(lossy.crossed) == 2 ** (n - 1) - 1
    if n == 4:  # across every cut, and yet a mixture of products
        assert lossy.verdict == "not detected"
        assert lossy.mixture.proven
        assert "entangled across each of the 7 cuts" in lossy.sentence


def test_bound_entanglement_is_certified_where_the_partial_transpose_is_positive():
    found = ds.certify(modes(BOUND_ENTANGLED), across=("a", "b"))
    assert found.verdict == "certified"
    assert found.crossed == ()
    assert found.sentence.startswith("certified: entangled across a b | the rest")


def test_a_pair_beside_vacuum_is_not_detected():
    covariance = 0.5 * np.eye(6)
    covariance[:4, :4] = GaussianState.two_mode_squeezed(("a", "b"), 0.5).covariance
    found = ds.certify(modes(covariance))
    assert found.verdict == "not detected"
    assert len(found.crossed) == 2


def never_certified(samples: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [ds.certify(modes(mixture(3 + k % 2, rng))).verdict for k in range(samples)]


def test_mixtures_of_products_are_never_certified():
    assert "certified" not in never_certified(6, 1)


@pytest.mark.slow
def test_a_thousand_mixtures_of_products_are_never_certified():
    verdicts = never_certified(1000, 2)
    assert "certified" not in verdicts
    assert verdicts.count("not detected") > 900


def test_a_sparse_witness_needs_few_correlations():
    state = modes(ghz_modes(3, 0.5, 0.7))
    full, sparse = ds.certify(state), ds.certify(state, sparse=True)
    assert full.verdict == sparse.verdict == "certified"
    few = sparse.witness.correlations()
    assert len(few) <= 12 < 21
    names = [f"{kind}_{label}" for label in "abc" for kind in "xp"]
    where = {name: k for k, name in enumerate(names)}
    total = sum(w * state.covariance[where[i], where[j]] for i, j, w in few)
    assert total == pytest.approx(sparse.witness.value(state.covariance)[0], rel=1e-9)


def test_errors_of_the_entries_count_and_shape_the_witness():
    state = modes(ghz_modes(3, 0.5))
    exact, fuzzy = ds.certify(state), ds.certify(state, error=0.01)
    assert 0 < fuzzy.margin < exact.margin
    shaped = proven_margin(exact.witness, state.covariance, np.full((6, 6), 0.01))
    assert fuzzy.margin >= shaped - 1e-7
    assert ds.certify(state, error=0.5).verdict != "certified"


def test_spoiled_weights_prove_nothing_false():
    rng = np.random.default_rng(3)
    good = ds.certify(modes(ghz_modes(3, 0.5))).witness
    detected = 0
    for k in range(40):
        noise = rng.normal(size=(6, 6)) * 10.0 ** rng.uniform(-6, 0)
        witness = exact_witness(good.labels, good.matrix + noise + noise.T, good.cuts)
        assert witness.proven
        assert proven_margin(witness, mixture(3, rng), np.zeros((6, 6))) <= 1e-12
        detected += proven_margin(witness, ghz_modes(3, 0.5), np.zeros((6, 6))) > 0
        assert k >= 5 or np.linalg.eigvalsh(witness.matrix)[0] >= 0
    assert 10 < detected < 40


def test_a_witness_is_checked():
    good = ds.certify(modes(ghz_modes(3, 0.5))).witness
    raised = CovarianceWitness(good.labels, good.matrix, good.cuts, 1.01 * good.forms)
    assert good.proven
    assert not raised.proven
    coupled = good.forms.copy()
    coupled[0] = symplectic_form(3)[::-1]
    with pytest.raises(ArgumentError, match="`forms` must be antisymmetric and zero between"):
        CovarianceWitness(good.labels, good.matrix, good.cuts, coupled)


def test_results_of_networks_bring_their_error():
    result = ds.steady_state(ds.models.CavityChains(2, loss=0.05))
    found = ds.certify(result, labels=["A1", "B1"])
    assert found.verdict == "certified"
    assert float(found.error.max()) >= result.report.error_estimate
    assert ds.certify(result, labels=["A1", "A2"]).verdict == "not detected"


def test_a_cut_of_qubits_is_a_question_of_two_parties():
    result = ds.steady_state(ds.models.DualRail(2, 1.0))
    across = ds.certify(result, across=["A1", "A2"])
    assert across.labels == ("A1 A2", "B1 B2")
    assert across.negativity == pytest.approx(
        ds.negativity(result.state, ["A1", "A2"], ["B1", "B2"]), abs=1e-9
    )


def test_wrong_arguments_are_named():
    state = modes(ghz_modes(3, 0.5))
    with pytest.raises(ArgumentError, match="`across` must leave subsystems"):
        ds.certify(state, across=["a", "b", "c"])
    with pytest.raises(ArgumentError, match="`sparse` must be True or False"):
        ds.certify(state, sparse=1)
    with pytest.raises(CapacityError, match="8 modes"):
        ds.certify(GaussianState.vacuum([f"m{k}" for k in range(9)]))


def test_it_is_stored(tmp_path):
    found = ds.certify(modes(ghz_modes(3, 0.5)))
    found.save(tmp_path / "modes.zarr")
    again = ds.load_result(tmp_path / "modes.zarr").state
    assert again.verdict == "certified"
    assert again.margin == found.margin
