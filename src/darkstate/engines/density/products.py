"""The generator as products of blocks, matrix-free.

E is block diagonal, a jump takes block p to one block q, and jumps that are diagonal (dephasing)
act by multiplying entries. Hermitian matrices form a real vector space that L maps into itself, so
half of every term is made, and completed by its Hermitian conjugate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.basis import Blocks, Flat

Operator = NDArray[Any] | sp.csr_array
DENSE_FRACTION = 0.15
"""Blocks with a larger filled fraction are kept dense: BLAS is then faster than sparse products."""
CALL, _SPARSE_CALL = 4e-6, 1.3e-5
"""Seconds of one product of small matrices, stored densely and sparsely."""
_DENSE, _SPARSE, _NUMBER = 1.2e-10, 7e-10, 4e-9
"""Seconds per multiplication of stored dense and sparse operators, and per number of the state."""
COMPLEX = 4.0
"""Time of complex numbers against that of real ones."""


class BlockProducts:
    """L by products of blocks.

    Args:
        blocks: basis states.
        effective: E.
        jumps: the jumps.

    Attributes:
        effective: E on each block.
        moves: ``(p, q, c, c†)`` of jumps from block p to q; like the masks they carry a factor
            ``1/sqrt(2)``, since every application is completed by its Hermitian conjugate.
        masks: for each block what diagonal jumps multiply its entries by; None for nothing.
    """

    def __init__(self, blocks: Blocks, effective: sp.csr_array, jumps: Sequence[sp.csr_array]):
        self.blocks = blocks
        self.effective = [_stored(sp.csr_array(effective[b][:, b])) for b in blocks.members]
        self.moves: list[tuple[int, int, Operator, Operator]] = []
        self.masks: list[NDArray[Any] | None] = [None] * len(blocks.sizes)
        for c in jumps:
            self._sort_jump(sp.csr_array(np.sqrt(0.5) * c))

    def _sort_jump(self, c: sp.csr_array) -> None:
        """File a jump as an entrywise mask (diagonal) or as moves between blocks."""
        members = self.blocks.members
        if _is_diagonal(c):
            diagonal = c.diagonal()
            for number, block in enumerate(members):
                part = diagonal[block]
                mask = np.outer(part, part.conj())
                before = self.masks[number]
                self.masks[number] = mask if before is None else before + mask
            return
        for p, q in _links(self.blocks, c):
            part = sp.csr_array(c[members[q]][:, members[p]])
            self.moves.append((p, q, _stored(part), _stored(sp.csr_array(part.conj().T))))

    def apply(self, flat: Flat) -> Flat:
        """``L rho`` for a flattened Hermitian rho."""
        rho = self.blocks.views(flat)
        half = [E @ x for E, x in zip(self.effective, rho, strict=True)]
        for p, q, c, _ in self.moves:
            half[q] += jumped(c, rho[p])
        return self._completed(half, rho, conjugate=False)

    def apply_adjoint(self, flat: Flat) -> Flat:
        """``L† X`` for a flattened Hermitian X."""
        X = self.blocks.views(flat)
        half = [E.conj().T @ x for E, x in zip(self.effective, X, strict=True)]
        for p, q, _, dagger in self.moves:
            half[p] += jumped(dagger, X[q])
        return self._completed(half, X, conjugate=True)

    def _completed(self, half: list[Flat], x: list[Flat], conjugate: bool) -> Flat:
        """``half + half†``: exactly Hermitian, as an anti-Hermitian rounding error would grow."""
        result = np.empty(self.blocks.numbers, dtype=np.result_type(*half))
        out = self.blocks.views(result)
        for number, (block, mask, y) in enumerate(zip(x, self.masks, out, strict=True)):
            if mask is not None:
                half[number] += (mask.conj() if conjugate else mask) * block
            np.add(half[number], half[number].conj().T, out=y)
        return result

    @staticmethod
    def least_seconds(blocks: Blocks, effective: sp.csr_array) -> float:
        """Less than `seconds`, whatever the jumps: of the blocks of E alone."""
        moved = np.count_nonzero(np.bincount(blocks.owner[effective.indices]))
        return min(CALL, _SPARSE_CALL) * moved + _NUMBER * blocks.numbers

    @staticmethod
    def seconds(blocks: Blocks, effective: sp.csr_array, jumps: Sequence[sp.csr_array]) -> float:
        """Predicted time of one application."""
        sizes = blocks.sizes.astype(float)
        work, calls = _NUMBER * blocks.numbers, 0.0
        for c in (effective, *jumps):
            if c is not effective and _is_diagonal(c):
                continue
            p, q, count = _link_counts(blocks, c)
            columns = sizes[p] + (0.0 if c is effective else sizes[q])
            full = count > DENSE_FRACTION * sizes[p] * sizes[q]
            dense, sparse = _DENSE * sizes[p] * sizes[q], _SPARSE * count
            work += float(np.sum(np.where(full, dense, sparse) * columns))
            times = 1.0 if c is effective else 2.0
            calls += times * float(np.sum(np.where(full, CALL, _SPARSE_CALL)))
        kinds = {effective.dtype.kind, *(c.dtype.kind for c in jumps)}
        return calls + (COMPLEX if "c" in kinds else 1.0) * work


def _is_diagonal(c: sp.csr_array) -> bool:
    return bool(np.all(np.repeat(np.arange(len(c.indptr) - 1), np.diff(c.indptr)) == c.indices))


def _links(blocks: Blocks, c: sp.csr_array) -> list[tuple[int, int]]:
    """Blocks from and to which an operator leads."""
    p, q, _ = _link_counts(blocks, c)
    return list(zip(p.tolist(), q.tolist(), strict=True))


def _link_counts(
    blocks: Blocks, c: sp.csr_array
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The same, and the entries of each."""
    count = len(blocks.sizes)
    if count == 1:
        none = np.zeros(min(1, c.nnz), dtype=np.int64)
        return none, none, none + c.nnz
    entries = sp.coo_array(c)
    keys, found = np.unique(
        blocks.owner[entries.col] * count + blocks.owner[entries.row], return_counts=True
    )
    return keys // count, keys % count, found


def _stored(matrix: sp.csr_array) -> Operator:
    matrix = sp.csr_array(matrix)
    rows, columns = matrix.shape  # type: ignore[misc]
    if matrix.nnz > DENSE_FRACTION * rows * columns:
        return matrix.toarray()
    return matrix


def jumped(c: Operator, x: NDArray[Any]) -> NDArray[Any]:
    """``c x c†`` for Hermitian x, by two products from the left."""
    return c @ (c @ x).conj().T
