"""Pure steady states, found block by block in Hilbert space.

A vector with ``C_k |psi> = 0`` for all jumps and ``H |psi> = E |psi>`` is a steady state. Every
jump takes one block of members to one block, so that its null vectors are found in matrices of the
size of a block: for two ensembles of 100 atoms 201 blocks of at most 101, not 10,201 squared.

It is the only steady state if and only if ``K† = (H - (i/2) sum C†C)†`` and the ``C_k†`` generate
the whole space from it, for the complement of what they generate is the largest subspace
orthogonal to it that the evolution never leaves. The rank is counted block by block as well.

Source: Kraus et al., Phys. Rev. A 78, 042307 (2008); the rank criterion follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.collective.generator import Generator
from darkstate.engines.stationary import error_of_dark_state

LARGEST_BLOCK = 2500
"""Blocks up to this size are searched for null vectors."""
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
        vectors: (D, k) orthonormal dark states on the members.
        unique: whether a single dark state is the only steady state; None where it is not clear.
        residual: largest ``|C_k psi|`` or ``|H psi - E psi|`` relative to the largest rate.
        error: trace norm of the error of the state; infinite where there are several.
    """

    vectors: NDArray[Any]
    unique: bool | None
    residual: float
    error: float


def dark_states(generator: Generator) -> DarkStates | None:
    """All dark states; None if there are none, or the blocks are too large to be searched."""
    blocks = generator.blocks
    if blocks.sizes.max() > LARGEST_BLOCK:
        return None
    found = []
    by_column = [sp.csc_array(c) for c in generator.jumps]
    hamiltonian = sp.csc_array(generator.hamiltonian)
    members = np.split(blocks.order, np.cumsum(blocks.sizes)[:-1])
    for number in _candidates(generator):
        block = members[number]
        local = _of_block(by_column, hamiltonian, block)
        if local.shape[1]:
            vectors = np.zeros((blocks.dimension, local.shape[1]), dtype=local.dtype)
            vectors[block] = local
            found.append(vectors)
    if not found:
        return None
    vectors = np.concatenate(found, axis=1)
    residual = _residual(generator, vectors)
    if vectors.shape[1] > 1:
        return DarkStates(vectors, False, residual, np.inf)
    psi = vectors[:, 0]
    place = members[int(blocks.owner[int(np.argmax(np.abs(psi)))])]
    local = 1j * generator.effective[place][:, place].toarray()
    error = error_of_dark_state(local, psi[place])
    return DarkStates(vectors, _reaches_everything(generator, psi), residual, error)


def dark_possible(generator: Generator) -> bool:
    """Whether a dark state is not excluded; costs the eigenvalues of ``sum C†C``."""
    return generator.blocks.sizes.max() <= LARGEST_BLOCK and bool(_candidates(generator))


def _candidates(generator: Generator) -> list[int]:
    """Blocks in which ``sum C†C`` is singular up to rounding: others hold no dark state."""
    blocks, found = generator.blocks, []
    flat = blocks.flattened(generator.effective)
    for stack in blocks.stacks:
        E = stack.matrices(flat)
        damping = -(E + E.conj().transpose(0, 2, 1))
        least = np.linalg.eigvalsh(damping)[:, 0]
        found += stack.numbers[least <= _ROUNDING * generator.rate].tolist()
    return found


def _of_block(
    jumps: list[sp.csc_array], hamiltonian: sp.csc_array, block: NDArray[np.int64]
) -> NDArray[Any]:
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


def _common_null_space(jumps: list[sp.csc_array], size: int) -> NDArray[Any]:
    """Orthonormal vectors that all jumps annihilate; of ``sum C†C`` small rates would be lost."""
    rows = [c[np.unique(c.indices)].toarray() for c in jumps if c.nnz]
    if any(_is_diagonal(c) for c in rows):
        return np.zeros((size, 0))
    stacked = np.concatenate([*rows, np.zeros((1, size))])
    triangle = np.linalg.qr(stacked, mode="r")
    _, sizes, right = np.linalg.svd(triangle)
    sizes = np.concatenate([sizes, np.zeros(size - len(sizes))])
    return right.conj().T[:, sizes <= _NULL * max(float(sizes[0]), 1e-300)]


def _is_diagonal(c: NDArray[Any]) -> bool:
    """Whether a jump is one well-sized number per member: it annihilates nothing."""
    sizes = np.abs(c)
    single = c.shape[0] == c.shape[1] and np.all((sizes > 0).sum(axis=0) == 1)
    return bool(single and np.all((sizes > 0).sum(axis=1) == 1)) and bool(
        sizes.max(axis=0).min() > 1e-3 * sizes.max()
    )


def _residual(generator: Generator, vectors: NDArray[Any]) -> float:
    worst = max((float(np.abs(c @ vectors).max()) for c in generator.jumps), default=0.0)
    moved = generator.hamiltonian @ vectors
    energy = np.einsum("ik,ik->k", vectors.conj(), moved)
    worst = max(worst, float(np.abs(moved - vectors * energy).max()))
    return worst / generator.rate


def _reaches_everything(generator: Generator, dark: NDArray[Any]) -> bool | None:
    """Whether ``K†`` and the ``C_k†`` generate the whole space from |psi>; None: not clear."""
    blocks = generator.blocks
    members = np.split(blocks.order, np.cumsum(blocks.sizes)[:-1])
    daggers = [sp.csc_array(c.conj().T) for c in (generator.effective, *generator.jumps)]
    # images are judged against their operator: what rounding leaves of a zero has no direction
    daggers = [
        sp.csc_array(x / max(float(abs(x).sum(axis=1).max()), 1e-300)) for x in daggers if x.nnz
    ]
    known: list[NDArray[Any]] = [np.zeros((len(block), 0)) for block in members]
    start = int(blocks.owner[int(np.argmax(np.abs(dark)))])
    waiting = {start: [dark[members[start]][:, None]]}
    clear = True
    while waiting:
        number, arrived = waiting.popitem()
        fresh, sure = _new_directions(known[number], np.concatenate(arrived, axis=1))
        clear = clear and sure
        if not fresh.shape[1]:
            continue
        known[number] = np.concatenate([known[number], fresh], axis=1)
        for operator in daggers:
            local = sp.csc_array(operator[:, members[number]])
            if not local.nnz:
                continue
            target = int(blocks.owner[local.indices[0]])
            if known[target].shape[1] < len(members[target]):
                waiting.setdefault(target, []).append(local[members[target]] @ fresh)
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
