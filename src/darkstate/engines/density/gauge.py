"""A choice of phases of the basis states in which the generator is real.

Multiplying basis states by phases, ``rho_ab -> exp(-i theta_a) rho_ab exp(i theta_b)``, changes no
physics, but may make ``-i K`` and the jumps real, and with them every state that grows out of a
basis state: real numbers need half the memory and a quarter of the multiplications. One-way
networks are real as they stand; an exchange ``J (s+ s- + h.c.)`` becomes real if every site along a
chain turns by ``i`` against the one before. Detunings usually cannot be turned away.

Every entry ``M_ab`` that must become real fixes ``theta_a - theta_b`` modulo pi. A spanning tree of
these conditions gives the phases, and testing all the others says whether they exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components

_REAL = 3e-14
"""Imaginary parts below this fraction of an entry are rounding errors of the phases."""
_LINKED = 1e-13
"""Of the largest entry: smaller ones fix no phase, and must be real as they are."""


def real_phases(
    effective: sp.csr_array, jumps: Sequence[sp.csr_array], owner: NDArray[np.intp]
) -> NDArray[np.complex128] | None:
    """Phases of the basis states that make ``-iK`` and all jumps real, or None.

    The part of a jump from one block to another counts as real if it is so up to an overall phase:
    states have no coherences between blocks that could notice it. `owner` is the block of every
    basis state.
    """
    if not any(np.any(np.imag(M.data)) for M in (effective, *jumps)):
        return np.ones(len(owner), dtype=complex)
    if not _is_real(effective.diagonal()):
        return None  # a diagonal entry does not feel the phases
    for linked in ([], [effective], [effective, *(without_phases(c, owner) for c in jumps)]):
        phases = _along_trees(linked, len(owner))
        if _is_real(turned_by(effective, phases).data) and all(
            _is_real(without_phases(turned_by(c, phases), owner).data) for c in jumps
        ):
            return phases
    return None


def turned_by(matrix: sp.csr_array, phases: NDArray[np.complex128]) -> sp.csr_array:
    """The operator in the basis with these phases."""
    rows = np.repeat(np.arange(len(phases)), np.diff(matrix.indptr))
    data = matrix.data * phases.conj()[rows] * phases[matrix.indices]
    return sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def without_phases(c: sp.csr_array, owner: NDArray[np.intp]) -> sp.csr_array:
    """A jump whose parts from block to block are divided by the phases of their largest entries."""
    if not np.any(np.imag(c.data)):
        return c
    entries = sp.coo_array(c)
    key = owner[entries.row] * (int(owner.max()) + 1) + owner[entries.col]
    order = np.lexsort((np.arange(len(key)), -np.abs(entries.data), key))
    data, key = entries.data[order].astype(complex), key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    largest = np.repeat(data[first], np.diff(np.append(first, len(key))))
    size = np.abs(largest)
    data = data * np.where(size > 0, size / np.where(size > 0, largest, 1.0), 1.0)
    return sp.csr_array((data, (entries.row[order], entries.col[order])), shape=c.shape)


def _is_real(data: NDArray[Any]) -> bool:
    return bool(np.all(np.abs(np.imag(data)) <= _REAL * np.abs(data)))


def _along_trees(operators: Sequence[sp.csr_array], count: int) -> NDArray[np.complex128]:
    """Phases that satisfy the conditions along a spanning tree of every connected part."""
    doubled = np.ones(count, dtype=complex)
    if not operators:
        return doubled
    turns = sp.csr_array((count, count), dtype=complex)
    for M in operators:
        entries = sp.coo_array(M)
        size = np.abs(entries.data)
        kept = (entries.row != entries.col) & (size > _LINKED * size.max(initial=0.0))
        place = (entries.row[kept], entries.col[kept])
        square = sp.csr_array(((entries.data[kept] / size[kept]) ** 2, place), shape=M.shape)
        known = sp.csr_array(turns != 0)
        back = sp.csr_array(square.conj().T)
        square = sp.csr_array(square + back - back.multiply(square != 0))
        turns = sp.csr_array(turns + square - square.multiply(known))
    links = sp.csr_array(turns != 0)
    _, member = connected_components(links, directed=False)
    count_of = np.bincount(member)
    starts = np.unique(member, return_index=True)[1]
    for start in starts[count_of > 1].tolist():
        order, before = breadth_first_order(links, start, directed=False)
        steps = np.asarray(turns[order[1:], before[order[1:]]]).ravel()
        for node, origin, step in zip(order[1:], before[order[1:]], steps, strict=True):
            doubled[node] = doubled[origin] * step
    return np.exp(0.5j * np.angle(doubled))
