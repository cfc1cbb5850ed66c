"""The master equation as a chain of sites: density matrices as vectors with the trace first.

On every site a density matrix is written in an orthonormal basis of Hermitian matrices,
``P_0 = 1/sqrt(d), P_1, ...`` (generalised Pauli matrices), ``r_a = w_a Tr(P_a rho)``. All traces
are then the component 0 of all sites, and the weights ``w_0 = 1``, ``w_a < 1`` tell a cut of bonds
that uses Euclidean norms how much correlations count against traces. In this basis

    L = sum_i L_i + sum_{i<j} (-c_j† [c_i rho] + [c_i rho] c_j† + h.c.)
      = sum_i L_i + sum_{i<j} sum_c U_c(i) D_c(j)

is real and again a sum over sites and pairs of sites, with four lines for two rails. D is a
commutator, which annihilates traces: what is downstream changes nothing upstream.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from darkstate.engines.tensor.blocks import Array
from darkstate.engines.tensor.sites import Chain

WEIGHT = 0.3
"""Weight of a traceless component of a site against its trace."""


def superoperator_chain(chain: Chain) -> Chain:
    """The generator of density matrices along a chain; its sites have dimension d^2."""
    local = [_moved(K, _one(K)) + _moved(_one(K), K.conj().T) for K in chain.local]
    couplings = {}
    for (i, j), M in chain.couplings.items():
        d, e = chain.sizes[i], chain.sizes[j]
        pairs = _factors(M.reshape(d, d, e, e))
        couplings[i, j] = sum(
            np.outer(_moved(X, _one(X)).ravel(), _moved(Y, _one(Y)).ravel())
            + np.outer(_moved(_one(X), X.conj().T).ravel(), _moved(_one(Y), Y.conj().T).ravel())
            for X, Y in pairs
        )
    for channel in (*chain.channels, *chain.clocks):
        sites = sorted(channel.parts)
        for place, i in enumerate(sites):
            c = channel.parts[i]
            local[i] = local[i] + _moved(c, c.conj().T)
            if channel in chain.clocks:
                decay = -0.5 * c.conj().T @ c
                local[i] = local[i] + _moved(decay, _one(c)) + _moved(_one(c), decay)
            for j in sites[place + 1 :]:
                e = channel.parts[j]
                left, right = _moved(c, _one(c)), _moved(_one(c), c.conj().T)
                there, back = _moved(_one(e), e.conj().T), _moved(e, _one(e))
                block = np.outer(left.ravel(), there.ravel()) + np.outer(
                    right.ravel(), back.ravel()
                )
                couplings[i, j] = couplings.get((i, j), 0.0) + block
    squares = tuple((d * d,) for d in chain.sizes)
    reals = {pair: block.real for pair, block in couplings.items()}  # it keeps rho Hermitian
    none = tuple((0,) * (d * d) for d in chain.sizes)
    generators = tuple(L.real for L in local)
    return Chain(chain.labels, squares, generators, reals, (), (), np.zeros(0), none)


def components(rho: Array) -> Array:
    """The vector of a density matrix of one site."""
    return (_basis(len(rho))[0] @ rho.ravel()).real


def matrix_of(vector: Array) -> Array:
    """The density matrix of a vector, inverse of `components`."""
    d = round(len(vector) ** 0.5)
    return (_basis(d)[1] @ vector).reshape(d, d)


def _one(X: Array) -> Array:
    return np.eye(len(X))


def _moved(left: Array, right: Array) -> Array:
    """``rho -> left rho right`` of a site."""
    into, back = _basis(len(left))
    return into @ np.kron(left, right.T) @ back


@lru_cache(maxsize=8)
def _basis(d: int) -> tuple[Array, Array]:
    """From density matrices, row by row, to components, and back."""
    matrices = [np.eye(d, dtype=complex) / np.sqrt(d)]
    for j in range(d):
        for k in range(j):
            for value in (1.0, -1j):
                X = np.zeros((d, d), dtype=complex)
                X[j, k], X[k, j] = value / np.sqrt(2), np.conj(value) / np.sqrt(2)
                matrices.append(X)
    for j in range(1, d):
        z = np.diag([1.0] * j + [-float(j)] + [0.0] * (d - j - 1))
        matrices.append(z / np.linalg.norm(z))
    rows = np.array([X.conj().ravel() for X in matrices])
    weights = np.array([1.0] + [WEIGHT] * (d * d - 1))
    return weights[:, None] * rows, rows.conj().T / weights


def _factors(M: Array) -> list[tuple[Array, Array]]:
    """``M = sum X x Y`` with as few terms as there are."""
    d, _, e, _ = M.shape
    left, sizes, right = np.linalg.svd(M.reshape(d * d, e * e), full_matrices=False)
    kept = np.flatnonzero(sizes > 1e-14 * sizes[0])
    return [(sizes[k] * left[:, k].reshape(d, d), right[k].reshape(e, e)) for k in kept]
