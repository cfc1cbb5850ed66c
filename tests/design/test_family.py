"""The theory against dense Liouvillians that know nothing of it, and proofs that can fail."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
from hardware_sets import ghz, pairs, paulis, pure, qubits, w_state

import darkstate as ds
from darkstate.design import NoNetwork
from darkstate.design.asking import _jump_sets, _library, _terms
from darkstate.design.family import family_of, null_space
from darkstate.design.invariant import common_subspace, escape_rate
from darkstate.design.network import gap_of, is_unique
from darkstate.design.search import coordinates
from darkstate.linalg.symplectic import symplectic_form
from darkstate.states import GaussianState
from darkstate.states.matrices import operator_matrix
from darkstate.systems import Mode, Qubit, destroy, sigma_minus, sigma_y, sigma_z
from darkstate.systems.operators import total


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


@pytest.mark.parametrize("unit", [1.0, 1e-6])
@pytest.mark.parametrize("seed", range(6))
def test_random_networks_keep_the_target_and_have_the_gap_told(seed, unit):
    rng = np.random.default_rng(seed)
    target = random_state(rng, 2)
    q = qubits(2)
    # all operators of two qubits: most jumps have eigenvalues, which H must go with
    # operators of any size, hence rates and Hamiltonians of any: what is small is not rounding
    every, first = ([operator * unit for operator in paulis(part)] for part in (q, q[:1]))
    terms = [term * unit for term in every]
    space = coordinates(library(target, every if seed % 2 else [every, first], terms))
    assert any(each.shifted for each in space.family.jumps)
    rho = target.density().matrix.ravel()
    network = space.network(space.random(rng))
    assert network is not None
    L = liouvillian(*as_given(network, space.library))
    assert np.abs(L @ rho).max() < 1e-12 * unit**2
    same = liouvillian(network.hamiltonian, network.operators)
    assert np.abs(same - L).max() < 1e-11 * unit**2
    values = np.sort(np.linalg.eigvals(L).real)[::-1]
    assert gap_of(network, target.vector) == pytest.approx(-values[1], abs=1e-9 * unit**2)
    assert is_unique(network) == (values[1] < -1e-9 * unit**2)


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


def test_the_set_is_told_in_the_operators_given():
    rng = np.random.default_rng(3)
    target = random_state(rng, 2)
    psi, q = target.vector, qubits(2)
    jumps, terms = [2.0 * o for o in paulis(q)], [0.5 * o for o in paulis(q)]
    found = ds.synthesise(target, jumps, terms).networks
    matrix = lambda operator: operator_matrix(operator, q).toarray()  # noqa: E731
    dark = []
    for jump, eigenvalue in zip(found.jumps[0], found.eigenvalues[0], strict=True):
        c = matrix(jump) - eigenvalue * np.eye(4)
        assert np.linalg.norm(c @ psi) < 1e-10
        dark.append(c)
    eigenvalue = found.eigenvalues[0][0]
    assert abs(eigenvalue) > 0.1
    for row, hamiltonian in zip(found.terms, found.hamiltonians, strict=True):
        gamma = row[len(terms) :]
        first = [gamma[0], *(gamma[1::2] + 1j * gamma[2::2])]
        shift = sum(g * np.conj(eigenvalue) * c for g, c in zip(first, dark, strict=True))
        H = (matrix(hamiltonian) if len(hamiltonian) else 0) + 0.5j * (shift - shift.conj().T)
        assert np.linalg.norm(H @ psi - np.vdot(psi, H @ psi) * psi) < 1e-10


@pytest.mark.parametrize("seed", range(6))
def test_random_gaussian_networks(seed):
    # modes b = (annihilators of a random pure state), jumps and H made of them, in two pieces each
    rng = np.random.default_rng(seed)
    n = 3
    modes = [Mode(f"m{k}") for k in range(n)]
    form = rng.normal(scale=0.2, size=(2 * n, 2 * n))
    S = scipy.linalg.expm(symplectic_form(n) @ (form + form.T))
    target = GaussianState.from_covariance([m.label for m in modes], S @ S.T / 2)
    x = [q for a in map(destroy, modes) for q in (a + a.adjoint(), -1j * (a - a.adjoint()))]
    rows = (np.linalg.inv(S)[::2] + 1j * np.linalg.inv(S)[1::2]) / 2
    b = [total([q * c for q, c in zip(x, row, strict=True)]) for row in rows.tolist()]
    h = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    h = h + h.conj().T
    if seed % 2:
        h[0, 1:] = h[1:, 0] = 0.0  # the jump does not reach the others
    terms = [b[i].adjoint() * b[j] * complex(h[i, j]) for i in range(n) for j in range(n)]
    H = total(terms)
    noise = x[0] * 0.7 + x[3] * 0.2j
    found = ds.synthesise(target, [b[0] - noise, noise], [0.5 * (H + H.adjoint())])
    assert found.possible == ("no" if seed % 2 else "yes")
    if seed % 2:
        assert found.certificate.subspace.shape[1] == 2
    else:
        assert found.gap == pytest.approx(float(found.result.report.gap), rel=1e-6)


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


def test_an_eigenvalue_that_no_hamiltonian_goes_with():
    # c psi = psi, but c† psi is something else: what c does to the phase, a drive must undo
    q = Qubit("q1")
    c = sigma_z(q) + 2 * sigma_minus(q)
    target = pure([1, 1])  # c (|0> + |1>) = (-1 + 2)|0> + |1>
    alone = ds.synthesise(target, [c])
    assert alone.possible == "no"
    assert alone.networks.jumps == ((),)
    drive = sigma_y(q)
    helped = ds.synthesise(target, [c], [drive])
    assert helped.possible == "yes"
    assert helped.networks.eigenvalues[0] == pytest.approx([1.0])
    assert len(helped.system.hamiltonian)


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
