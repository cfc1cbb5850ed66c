"""Brute force for matrix-product states: whole vectors and matrices of short chains."""

import math

import numpy as np

import darkstate as ds
from darkstate.engines.tensor.blocks import dense, vector_blocks
from darkstate.engines.tensor.mps import Cut, canonical
from darkstate.engines.tensor.sites import chain_of
from darkstate.states.matrices import operator_matrix
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_plus, sigma_x

DIMENSION = 4
"""States of a site in these tests: a pair of qubits."""
ROUGH = {
    "detunings_a": [0.3, -0.2, 0.7],
    "detunings_b": [0.1, 0.5, -0.4],
    "loss": 0.1,
    "phase": 0.4,
    "decay": [0.1, 0.2, 0.3],
}


def rails(pairs, squeezing=1.0, **options):
    return ds.models.DualRail(pairs=pairs, squeezing=squeezing, **options)


def two_qubits(coupling=0.7, drive=0.0):
    """One qubit feeds another: the cascade of two emitters, written by hand."""
    p, q = Qubit("p"), Qubit("q")
    exchange = sigma_plus(p) * sigma_minus(q)
    H = 0.5j * coupling * (exchange - exchange.adjoint()) + drive * sigma_x(p)
    return OpenSystem((p, q), H, (Jump(sigma_minus(p) + sigma_minus(q), coupling, "light"),))


def along_the_chain(system):
    """The spaces in the order of the sites."""
    by_label = {space.label: space for space in system.spaces}
    return [by_label[label] for labels in chain_of(system).labels for label in labels]


def dense_channels(system):
    spaces = along_the_chain(system)
    jumps = [jump for jump in system.jumps if jump.rate]
    return [math.sqrt(j.rate) * operator_matrix(j.operator, spaces).toarray() for j in jumps]


def dense_generator(system, left_out=()):
    """``-iH - c†c/2`` along the chain, without the jumps of these names."""
    H = operator_matrix(system.hamiltonian, along_the_chain(system)).toarray()
    jumps = [jump for jump in system.jumps if jump.rate]
    kept = [
        c
        for c, j in zip(dense_channels(system), jumps, strict=True)
        if not any(word in j.name for word in left_out)
    ]
    return -1j * H - 0.5 * sum(c.conj().T @ c for c in kept)


def dense_gate(gate):
    """The tensor (lines, d, d, lines) of a gate, its blocks put together."""
    layout = gate.layout
    a, b = sum(layout.arriving.values()), sum(layout.leaving.values())
    entries = np.concatenate([each.ravel() for each in gate.matrices.values()])
    d = DIMENSION
    W = np.zeros(a * d * d * b, dtype=complex)
    W[layout.flat] = entries
    return W.reshape(a, d, d, b)


def dense_operator(gates):
    """The matrix of a matrix-product operator."""
    total = np.ones((1, 1, 1), dtype=complex)
    for W in map(dense_gate, gates):
        total = np.einsum("xya,aijb->xiyjb", total, W)
        total = total.reshape(total.shape[0] * total.shape[1], -1, W.shape[3])
    return total[:, :, 0]


def dense_vector(state, chain):
    """The vector of a matrix-product state."""
    total = np.ones((1, 1), dtype=complex)
    for A in dense(state, chain.grades):
        total = np.einsum("xa,aib->xib", total, A).reshape(-1, A.shape[2])
    return total[:, 0]


def random_state(chain, bond, seed=0):
    """A random state without charge, right-canonical."""
    rng, totals = np.random.default_rng(seed), [0]
    for grades in chain.grades:
        totals = np.add.outer(totals, grades).ravel()
    vector = rng.normal(size=len(totals)) + 1j * rng.normal(size=len(totals))
    vector[np.array(totals) != 0] = 0.0
    state = vector_blocks(vector / np.linalg.norm(vector), chain.grades)
    return canonical(state, Cut(0.0, bond))[0]
