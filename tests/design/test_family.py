"""The theory against dense Liouvillians that know nothing of it, and proofs that can fail."""

from dataclasses import replace

import numpy as np
import pytest
from hardware_sets import ghz, pairs, paulis, pure, qubits, w_state

import darkstate as ds
from darkstate.design import NoNetwork
from darkstate.design.asking import _jump_sets, _library, _terms
from darkstate.design.family import family_of, null_space
from darkstate.design.invariant import common_subspace, escape_rate
from darkstate.design.network import gap_of, is_unique
from darkstate.design.search import coordinates
from darkstate.systems import Qubit, sigma_z


def library(target, jumps, terms=()):
    return _library(target, _jump_sets(jumps), _terms(terms))


def liouvillian(H, jumps):
    """Row by row: d rho/dt as a matrix on rho.ravel()."""
    one = np.eye(len(H))
    L = -1j * (np.kron(H, one) - np.kron(one, H.T))
    for c in jumps:
        n = c.conj().T @ c
        L = L + np.kron(c, c.conj()) - 0.5 * (np.kron(n, one) + np.kron(one, n.T))
    return L


def as_given(network, lib):
    """H and jumps as the library has them, eigenvalues not taken off."""
    terms = zip(network.terms * lib.term_sizes, lib.hardware.hamiltonian, strict=True)
    size = len(lib.hardware.target)
    H = sum((x * h for x, h in terms), np.zeros((size, size), dtype=complex))
    jumps = [
        np.tensordot(row * sizes, matrices, 1)
        for rows, sizes, matrices in zip(
            network.jumps, lib.jump_sizes, lib.hardware.jumps, strict=True
        )
        for row in rows
    ]
    return H, jumps


def random_state(rng, n):
    return pure(rng.normal(size=2**n) + 1j * rng.normal(size=2**n))


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_keep_the_target_and_have_the_gap_told(seed):
    rng = np.random.default_rng(seed)
    target = random_state(rng, 2)
    q = qubits(2)
    # all operators of two qubits: most jumps have eigenvalues, which H must go with
    jumps = paulis(q) if seed % 2 else [paulis(q), paulis(q[:1])]
    space = coordinates(library(target, jumps, paulis(q)))
    assert any(each.shifted for each in space.family.jumps)
    rho = target.density().matrix.ravel()
    network = space.network(space.random(rng))
    assert network is not None
    L = liouvillian(*as_given(network, space.library))
    assert np.abs(L @ rho).max() < 1e-12
    same = liouvillian(network.hamiltonian, network.operators)
    assert np.abs(same - L).max() < 1e-11
    values = np.sort(np.linalg.eigvals(L).real)[::-1]
    assert gap_of(network, target.vector) == pytest.approx(-values[1], abs=1e-9)
    assert is_unique(network) == (values[1] < -1e-9)


def test_nothing_is_missing_from_the_set():
    # a network made by hand, with an eigenvalue: its coefficients lie in the spaces found
    rng = np.random.default_rng(1)
    target = random_state(rng, 2)
    psi = target.vector
    lib = library(target, paulis(qubits(2)), paulis(qubits(2)))
    basis = np.array([m.ravel() for m in lib.hardware.jumps[0]])
    wild = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    c = wild - np.outer(wild @ psi, psi.conj()) + (0.4 - 0.3j) * np.outer(psi, psi.conj())
    c = c - np.trace(c) / 4 * np.eye(4)
    eigenvalue = np.vdot(psi, c @ psi)
    assert np.allclose(c @ psi, eigenvalue * psi)
    y = np.linalg.lstsq(basis.T, c.ravel(), rcond=None)[0]
    found = family_of(lib.hardware).jumps[0].coefficients
    assert np.allclose(found.T @ (found.conj() @ y), y)
    assert len(found) == 15 - 3


@pytest.mark.parametrize("target", [ghz(3), w_state(3)], ids=["ghz", "w"])
def test_what_all_keep_is_kept_by_each(target):
    lib = library(target, pairs(3))
    lib = replace(lib, hardware=replace(lib.hardware, dark=True))
    space = common_subspace(family_of(lib.hardware))
    found = coordinates(lib)
    network = found.network(found.random(np.random.default_rng(0)))
    L = liouvillian(*as_given(network, lib))
    kernel = int(np.sum(np.abs(np.linalg.eigvals(L)) < 1e-9))
    assert space.shape[1] == 1
    assert kernel == 4  # two dark states and their coherences
    v = space[:, 0]
    assert np.abs(L @ np.outer(v, v.conj()).ravel()).max() < 1e-10
    assert gap_of(network, target.vector) < 1e-9
    assert not is_unique(network)


def test_the_bound_on_escape_holds_where_it_is_not_zero():
    # a subspace that is a little wrong: what leaves it is less than the bound
    lib = library(ghz(3), pairs(3))
    family = family_of(lib.hardware)
    space = common_subspace(family)
    rng = np.random.default_rng(2)
    psi = lib.hardware.target
    wrong = space[:, 0] + 1e-3 * rng.normal(size=8)
    wrong = wrong - psi * np.vdot(psi, wrong)
    wrong = (wrong / np.linalg.norm(wrong))[:, None]
    bound = escape_rate(family, wrong)
    assert 1e-4 < bound < 1.0
    found = coordinates(lib)
    for _ in range(5):
        network = found.network(found.random(rng))
        H, jumps = as_given(network, lib)
        P = wrong @ wrong.conj().T
        adjoint = 1j * (H @ P - P @ H)
        for c in jumps:
            n = c.conj().T @ c
            adjoint = adjoint + c.conj().T @ P @ c - 0.5 * (n @ P + P @ n)
        strength = sum(
            float(np.sum(np.abs(rows * sizes) ** 2))
            for rows, sizes in zip(network.jumps, lib.jump_sizes, strict=True)
        )
        assert -np.linalg.eigvalsh(adjoint)[0] <= bound * strength


def test_a_proof_is_computed_again_from_its_evidence(tmp_path):
    proof = ds.synthesise(ghz(3), pairs(3)).certificate
    assert proof.proven
    assert "every network" in str(proof)
    path = proof.save(tmp_path / "proof.zarr")
    read = ds.load_result(path).state
    assert isinstance(read, NoNetwork)
    assert read.escape == proof.escape
    assert read.sentence == proof.sentence
    for wrong in (w_state(3).vector[:, None], np.zeros((8, 0)), proof.subspace * 1.1):
        assert not replace(proof, subspace=wrong).proven
    # other hardware, for which it is not true
    free = library(ghz(3), [paulis(qubits(3))]).hardware
    assert not replace(proof, hardware=replace(free, target=2 * free.target)).proven
    spoiled = NoNetwork(proof.labels, free, proof.subspace)
    assert not spoiled.proven
    assert "not proven" in spoiled.sentence


def test_a_target_of_few_digits_proves_nothing():
    found = ds.synthesise(pure([1.0, 1e-8]), [sigma_z(Qubit("q1"))])
    assert found.possible == "undecided"
    assert any("digits" in note for note in found.notes)


def test_null_spaces_are_bounded():
    rng = np.random.default_rng(0)
    M = rng.normal(size=(6, 4)) @ np.diag([1.0, 0.5, 0.0, 0.2])
    found = null_space(M)
    assert found.basis.shape == (1, 4)
    assert found.clear
    values = np.linalg.svd(M)[1]
    assert 0.999 * values[2] < found.margin <= values[2]
    assert not null_space(np.diag([1.0, 1e-8])).clear
