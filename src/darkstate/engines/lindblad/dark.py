"""Dark states: pure steady states, found in Hilbert space instead of Liouville space.

A vector with ``c_k |psi> = 0`` for all jumps and ``H |psi> = E |psi>`` is a steady state, and for a
network of 2N qubits it is a problem of size 4^N, not 16^N. It is the *only* steady state if and
only if no other subspace is left invariant: let V be what ``K†`` and all ``c_k†`` generate from
|psi> (``K = H - (i/2) sum c†c``); the complement of V is exactly the largest subspace orthogonal to
|psi> that K and the jumps keep to themselves, and every such subspace holds a steady state of its
own. So uniqueness is a rank, and it is established, not assumed; where the rank is not clear, the
answer is that it is not known.

What is left of ``r = (K - E) psi`` is judged by the rate at which the rest of the block moves,
``|d psi| = |(K - E)^-1 r|`` off psi: a weak drive beside a fast rotation is no rounding error.

Source: Kraus et al., Phys. Rev. A 78, 042307 (2008); the rank criterion follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.stationary import error_of_dark_state

_NULL = 1e-10
"""Singular values below this fraction of the largest are zero."""
_ROUNDING = 1e-12
"""Images smaller than this fraction of their operator are zero."""
_NEW, _OLD = 1e-6, 1e-10
"""Parts of a unit vector: above the first a direction is new, below the second it is known; in
between, it is not clear which."""


@dataclass(frozen=True)
class DarkStates:
    """The dark states of a system.

    Args:
        vectors: (d, k) orthonormal dark states.
        unique: whether a single dark state is the only steady state; None where it is not clear.
        residual: largest ``|c_k psi|`` or ``|H psi - E psi|`` relative to the operators.
        error: trace norm of the error of the state; infinite where there are several.
    """

    vectors: NDArray[np.complex128]
    unique: bool | None
    residual: float
    error: float


def dark_states(generator: Generator) -> DarkStates | None:
    """All dark states; None if there are none. Works block by block."""
    found = []
    for number in range(len(generator.sectors.blocks)):
        local = _of_block(generator, number)
        if local.shape[1]:
            vectors = np.zeros((generator.sectors.dimension, local.shape[1]), dtype=complex)
            vectors[generator.sectors.blocks[number]] = local
            found.append(vectors)
    if not found:
        return None
    vectors = np.concatenate(found, axis=1)
    residual = _residual(generator, vectors)
    if vectors.shape[1] > 1:
        return DarkStates(vectors, False, residual, np.inf)
    unique = _reaches_everything(generator, vectors[:, 0])
    return DarkStates(vectors, unique, residual, _error(generator, vectors[:, 0]))


def _of_block(generator: Generator, number: int) -> NDArray[np.complex128]:
    """Largest H-invariant part of the common null space of the jumps within one block."""
    block = generator.sectors.blocks[number]
    null = _common_null_space([c[:, block] for c in generator.jumps], len(block))
    H = generator.hamiltonian[block][:, block]
    while null.shape[1]:
        moved = H @ null
        leak = moved - null @ (null.conj().T @ moved)
        _, sizes, right = np.linalg.svd(leak, full_matrices=False)
        stays = sizes <= _ROUNDING * max(1e-300, float(abs(H).sum(axis=1).max()))
        if np.all(stays):
            break
        null = null @ right.conj().T[:, stays]
    if not null.shape[1]:
        return null
    _, rotation = scipy.linalg.eigh(null.conj().T @ (H @ null))
    return null @ rotation


def _common_null_space(jumps: list[Any], size: int) -> NDArray[np.complex128]:
    """Orthonormal vectors that all jumps annihilate.

    By a QR of the stacked jumps, not by ``sum c†c``: squaring would hide rates below 1e-16.
    """
    if any(_is_dephasing(c) for c in jumps):
        return np.zeros((size, 0), dtype=complex)
    rows = [c[np.flatnonzero(np.diff(sp.csr_array(c).indptr))].toarray() for c in jumps]
    stacked = np.concatenate([*rows, np.zeros((1, size), dtype=complex)])
    triangle = np.linalg.qr(stacked, mode="r")
    _, sizes, right = np.linalg.svd(triangle)
    sizes = np.concatenate([sizes, np.zeros(size - len(sizes))])
    return right.conj().T[:, sizes <= _NULL * max(float(sizes[0]), 1e-300)]


def _is_dephasing(c: Any) -> bool:
    """Whether a block of a jump is one well-sized number per column: it annihilates nothing."""
    entries = sp.csc_array(c)
    sizes = np.abs(entries.data)
    single = bool(np.all(np.diff(entries.indptr) == 1)) and len(set(entries.indices)) == len(sizes)
    return single and bool(sizes.min(initial=1.0) > 1e-3 * sizes.max(initial=1.0))


def _residual(generator: Generator, vectors: NDArray[np.complex128]) -> float:
    worst = 0.0
    for c in generator.jumps:
        worst = max(worst, float(np.abs(c @ vectors).max()))
    moved = generator.hamiltonian @ vectors
    energy = np.einsum("ik,ik->k", vectors.conj(), moved)
    worst = max(worst, float(np.abs(moved - vectors * energy).max()))
    return worst / generator.scale()


def _error(generator: Generator, dark: NDArray[np.complex128]) -> float:
    """Trace norm of the error of a dark state, from the evolution without jumps in its block."""
    blocks = generator.sectors.blocks
    place = max(blocks, key=lambda block: float(np.linalg.norm(dark[block])))
    H = generator.hamiltonian[place][:, place].toarray()
    columns = [c[:, place] for c in generator.jumps]
    damping = sum(((c.conj().T @ c).toarray() for c in columns), np.zeros_like(H))
    return error_of_dark_state(H - 0.5j * damping, dark[place])


def _reaches_everything(generator: Generator, dark: NDArray[np.complex128]) -> bool | None:
    """Whether ``K†`` and the ``c_k†`` generate the whole space from |psi>; None: not clear."""
    d = generator.sectors.dimension
    daggers = [c.conj().T for c in generator.jumps]
    K = generator.hamiltonian - 0.5j * sum(
        (c.conj().T @ c for c in generator.jumps), 0.0 * generator.hamiltonian
    )
    daggers.append(K.conj().T)
    # images are judged against their operator: what rounding leaves of a zero has no direction
    norms = [max(float(abs(x).sum(axis=1).max()), 1e-300) for x in daggers]
    daggers = [x / norm for x, norm in zip(daggers, norms, strict=True)]
    basis = np.zeros((d, d), dtype=complex)
    basis[:, 0] = dark
    count, fresh, clear = 1, basis[:, :1], True
    while fresh.shape[1] and count < d:
        images = np.concatenate([operator @ fresh for operator in daggers], axis=1)
        sizes = np.linalg.norm(images, axis=0)
        images = images[:, sizes > _ROUNDING] / sizes[sizes > _ROUNDING]
        for _ in range(2):
            known = basis[:, :count]
            images = images - known @ (known.conj().T @ images)
        left, values, _ = np.linalg.svd(images, full_matrices=False)
        clear = clear and not np.any((values > _OLD) & (values <= _NEW))
        fresh = left[:, values > _NEW][:, : d - count]
        basis[:, count : count + fresh.shape[1]] = fresh
        count += fresh.shape[1]
    if count == d:
        return True
    return False if clear else None
