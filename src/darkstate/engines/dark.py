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

All of it happens block by block of the charges: K keeps a block, a jump leads from one to one.

Source: Kraus et al., Phys. Rev. A 78, 042307 (2008); the rank criterion follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

Block = NDArray[np.integer]

_NULL = 1e-10
"""Singular values below this fraction of the largest are zero."""
_ROUNDING = 1e-12
"""Images smaller than this fraction of their operator are zero."""
_NEW, _OLD = 1e-6, 1e-10
"""Parts of a unit vector: above the first a direction is new, below the second it is known; in
between, it is not clear which."""
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class NoJumps:
    """H and the jumps of a system on basis states that fall into blocks.

    Args:
        hamiltonian: (D, D), which keeps every block.
        jumps: ``sqrt(rate_k) c_k``, (D, D), each of which takes a block to one block.
        blocks: indices of the basis states of each block.
        rate: the largest rate, for residuals.
    """

    hamiltonian: Any
    jumps: Sequence[Any]
    blocks: Sequence[Block]
    rate: float


@dataclass(frozen=True)
class DarkStates:
    """The dark states of a system.

    Args:
        vectors: (D, k) orthonormal dark states.
        unique: whether a single dark state is the only steady state; None where it is not clear.
        residual: largest ``|c_k psi|`` or ``|H psi - E psi|`` relative to the largest rate.
        error: trace norm of the error of the state; infinite where there are several.
        broken: the part of it that is no rounding: what moves the state, as far as it is seen.
    """

    vectors: NDArray[Any]
    unique: bool | None
    residual: float
    error: float
    broken: float


def dark_states(system: NoJumps, candidates: Iterable[int] | None = None) -> DarkStates | None:
    """All dark states; None if there are none.

    Args:
        system: H and the jumps.
        candidates: the blocks to be searched; all by default.
    """
    jumps = [sp.csc_array(c) for c in system.jumps]
    hamiltonian = sp.csc_array(system.hamiltonian)
    size = sum(len(block) for block in system.blocks)
    found, where = [], []
    for number in range(len(system.blocks)) if candidates is None else candidates:
        block = system.blocks[number]
        local = _of_block(jumps, hamiltonian, block)
        if local.shape[1]:
            vectors = np.zeros((size, local.shape[1]), dtype=local.dtype)
            vectors[block] = local
            found.append(vectors)
            where.append(number)
    if not found:
        return None
    vectors = np.concatenate(found, axis=1)
    residual = _residual(system, vectors)
    if vectors.shape[1] > 1:
        return DarkStates(vectors, False, residual, np.inf, np.inf)
    psi, block = vectors[:, 0], system.blocks[where[0]]
    damping = sum(
        ((c[:, block].conj().T @ c[:, block]).toarray() for c in jumps),
        np.zeros((len(block), len(block))),
    )
    K = hamiltonian[:, block][block].toarray() - 0.5j * damping
    unique = _reaches_everything(system, psi, where[0])
    return DarkStates(vectors, unique, residual, *error_of_dark_state(K, psi[block]))


def _of_block(jumps: list[Any], hamiltonian: Any, block: Block) -> NDArray[Any]:
    """Largest H-invariant part of the common null space of the jumps within one block."""
    null = _common_null_space([c[:, block] for c in jumps], len(block))
    H = hamiltonian[:, block][block]
    size = max(1e-300, float(abs(H).sum(axis=1).max()))
    while null.shape[1]:
        moved = H @ null
        leak = moved - null @ (null.conj().T @ moved)
        _, sizes, right = np.linalg.svd(leak, full_matrices=False)
        stays = sizes <= _ROUNDING * size
        if np.all(stays):
            _, rotation = scipy.linalg.eigh(null.conj().T @ moved)
            return null @ rotation
        null = null @ right.conj().T[:, stays]
    return null


def _common_null_space(jumps: list[Any], size: int) -> NDArray[Any]:
    """Orthonormal vectors that all jumps annihilate.

    By a QR of the stacked jumps, not by ``sum c†c``: squaring would hide rates below 1e-16.
    """
    if any(is_dephasing(c) for c in jumps):
        return np.zeros((size, 0))
    rows = [c[np.unique(c.indices)].toarray() for c in jumps if c.nnz]
    stacked = np.concatenate([*rows, np.zeros((1, size))])
    triangle = np.linalg.qr(stacked, mode="r")
    _, sizes, right = np.linalg.svd(triangle)
    sizes = np.concatenate([sizes, np.zeros(size - len(sizes))])
    return right.conj().T[:, sizes <= _NULL * max(float(sizes[0]), 1e-300)]


def is_dephasing(c: Any) -> bool:
    """Whether a jump, or a block of it, is one well-sized number per column.

    It annihilates nothing.
    """
    c = c if c.format == "csr" else sp.csr_array(c)
    sizes, columns = np.abs(c.data), np.bincount(c.indices, minlength=c.shape[1])
    single = bool(np.all(columns == 1)) and bool(np.all(np.diff(c.indptr) <= 1))
    return single and bool(sizes.min(initial=1.0) > 1e-3 * sizes.max(initial=1.0))


def _residual(system: NoJumps, vectors: NDArray[Any]) -> float:
    worst = max((float(np.abs(c @ vectors).max()) for c in system.jumps), default=0.0)
    moved = system.hamiltonian @ vectors
    energy = np.einsum("ik,ik->k", vectors.conj(), moved)
    worst = max(worst, float(np.abs(moved - vectors * energy).max()))
    return worst / (system.rate or 1.0)  # all is zero where nothing moves


def _reaches_everything(system: NoJumps, psi: NDArray[Any], start: int) -> bool | None:
    """Whether ``K†`` and the ``c_k†`` generate the whole space from |psi>; None: not clear."""
    blocks = system.blocks
    owner = np.empty(len(psi), dtype=np.intp)
    for number, block in enumerate(blocks):
        owner[block] = number
    K = sp.csc_array(system.hamiltonian, dtype=complex)
    for c in system.jumps:
        K = K - 0.5j * (c.conj().T @ c)
    daggers = [sp.csc_array(c.conj().T) for c in (K, *system.jumps)]
    # images are judged against their operator: what rounding leaves of a zero has no direction
    daggers = [
        sp.csc_array(x / max(float(abs(x).sum(axis=1).max()), 1e-300)) for x in daggers if x.nnz
    ]
    known: list[NDArray[Any]] = [np.zeros((len(block), 0)) for block in blocks]
    waiting = {start: [psi[blocks[start]][:, None]]}
    clear = True
    while waiting:
        number, arrived = waiting.popitem()
        fresh, sure = _new_directions(known[number], np.concatenate(arrived, axis=1))
        clear = clear and sure
        if not fresh.shape[1]:
            continue
        known[number] = np.concatenate([known[number], fresh], axis=1)
        for operator in daggers:
            local = sp.csc_array(operator[:, blocks[number]])
            if not local.nnz:
                continue
            target = int(owner[local.indices[0]])
            if known[target].shape[1] < len(blocks[target]):
                waiting.setdefault(target, []).append(local[blocks[target]] @ fresh)
    if all(space.shape[1] == len(space) for space in known):
        return True
    return False if clear else None


def _new_directions(known: NDArray[Any], images: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Orthonormal directions of the images that are not known yet, and whether that is clear."""
    sizes = np.linalg.norm(images, axis=0)
    images = images[:, sizes > _ROUNDING] / sizes[sizes > _ROUNDING]
    for _ in range(2):
        images = images - known @ (known.conj().T @ images)
    left, values, _ = np.linalg.svd(images, full_matrices=False)
    clear = not np.any((values > _OLD) & (values <= _NEW))
    return left[:, values > _NEW][:, : len(known) - known.shape[1]], clear


def error_of_dark_state(K: NDArray[Any], psi: NDArray[Any]) -> tuple[float, float]:
    """Trace norm of what the rest of its block adds to a dark state with rounding, and without.

    ``2 |(K - E)^-1 (K - E) psi|`` off psi, by a bordered system that is regular if psi is the only
    dark state of the block; rounding counts as ``eps |K|`` over the smallest singular value.

    Args:
        K: (d, d), ``H - (i/2) sum c†c`` in the block.
        psi: (d,) the state.
    """
    size = len(psi)
    moved = K @ psi
    energy = np.vdot(psi, moved)
    norm = float(np.abs(K).sum(axis=1).max())
    if not norm:
        return 0.0, 0.0
    K, moved, energy = K / norm, moved / norm, energy / norm  # rates of any size
    bordered = np.zeros((size + 1, size + 1), dtype=complex)
    bordered[:size, :size] = K - energy * np.eye(size)
    bordered[:size, size], bordered[size, :size] = psi, psi.conj()
    factors = scipy.linalg.lu_factor(bordered, check_finite=False)
    missing = np.append(moved - energy * psi, 0.0)
    answer = scipy.linalg.lu_solve(factors, missing, check_finite=False)[:size]
    x = np.random.default_rng(0).normal(size=size + 1) + 0j
    inverse = 1.0
    for _ in range(4):
        y = scipy.linalg.lu_solve(factors, x / np.linalg.norm(x), check_finite=False)
        inverse = max(inverse, float(np.linalg.norm(y)))
        x = scipy.linalg.lu_solve(factors, y, trans=2, check_finite=False)
    broken = 2.0 * float(np.linalg.norm(answer))
    error = broken + 20 * _EPS * inverse
    return (error, broken) if np.isfinite(error) else (np.inf, np.inf)
