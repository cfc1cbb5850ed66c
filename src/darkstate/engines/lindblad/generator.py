"""The Lindblad generator on charge blocks, matrix-free.

With ``K = H - (i/2) sum c†c`` and Hermitian rho,

    L rho = -i K rho + h.c. + sum_k c_k rho c_k†,      L† X = i K† X + h.c. + sum_k c_k† X c_k.

K is block diagonal, a jump takes block p to one block q, and jumps that are diagonal (dephasing)
act by multiplying entries. Hermitian matrices form a real vector space that L maps into itself, so
Krylov methods here run on real vectors and never need ``X K†`` separately. Where phases of the
basis make the operators real (`gauge.py`), they are stored as real numbers, and real states stay
real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.lindblad.gauge import real_phases, turned_by, without_phases
from darkstate.engines.lindblad.sectors import Sectors
from darkstate.engines.propagation import Motion

Operator = NDArray[Any] | sp.csr_array
DENSE_FRACTION = 0.15
"""Blocks with a larger filled fraction are kept dense: BLAS is then faster than sparse products."""


@dataclass
class Generator:
    """L and its adjoint on flattened block-diagonal Hermitian matrices.

    Args:
        sectors: the blocks; they get the phases that make the generator real, if there are any.
        hamiltonian: H on the whole space, sparse.
        jumps: ``sqrt(rate_k) c_k`` on the whole space, sparse.
        middle: energies (D,) by which coherences between blocks turn, and H lacks; None: none.
        effective: ``-i K`` on each block.
        moves: ``(p, q, c, c†)`` of jumps from block p to q; like the masks they carry a factor
            ``1/sqrt(2)``, since every application is completed by its Hermitian conjugate.
    """

    sectors: Sectors
    hamiltonian: sp.csr_array
    jumps: Sequence[sp.csr_array]
    middle: NDArray[np.float64] | None = None
    effective: list[Operator] = field(init=False)
    moves: list[tuple[int, int, Operator, Operator]] = field(init=False)
    masks: list[NDArray[Any] | None] = field(init=False)
    real: bool = field(init=False)
    applications: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        total = sp.csr_array(self.hamiltonian, dtype=complex)
        for c in self.jumps:
            total = total - 0.5j * (c.conj().T @ c)
        total = sp.csr_array(-1j * total)
        jumps = [sp.csr_array(np.sqrt(0.5) * c, dtype=complex) for c in self.jumps]
        blocks = self.sectors.blocks
        owner = np.empty(self.sectors.dimension, dtype=np.intp)
        for number, block in enumerate(blocks):
            owner[block] = number
        phases = real_phases(total, jumps, owner)
        self.real = phases is not None
        if phases is not None:
            total = turned_by(total, phases).real
            jumps = [without_phases(turned_by(c, phases), owner).real for c in jumps]
            if np.any(phases != 1.0):
                self.sectors = replace(self.sectors, phases=phases)
        self.effective = [_stored(sp.csr_array(total[block][:, block])) for block in blocks]
        self.moves, self.masks = [], [None] * len(blocks)
        for c in jumps:
            self._sort_jump(sp.csr_array(c), owner)

    @property
    def dtype(self) -> type:
        """``float`` if real states stay real, else ``complex``."""
        return float if self.real else complex

    @property
    def motion(self) -> Motion:
        """The generator as the propagators see it."""
        return Motion(
            self.apply, self.sectors.trace, self.scale(), self.sectors.numbers, self.superoperator,
            self.sectors.diagonal,
        )  # fmt: skip

    def ground(self) -> NDArray[Any]:
        """All spaces in their lowest basis state, flattened, in the numbers that suffice."""
        return self.sectors.ground(self.dtype)

    def narrowed(self, flat: NDArray[Any]) -> NDArray[Any]:
        """The flattened state in real numbers if it and the generator are real."""
        imaginary = float(np.max(np.abs(np.imag(flat)), initial=0.0))
        real = self.real and imaginary <= 1e-15 * float(np.max(np.abs(flat)))
        return np.ascontiguousarray(np.real(flat)) if real else flat

    def _sort_jump(self, c: sp.csr_array, owner: NDArray[np.intp]) -> None:
        """File a jump as an entrywise mask (diagonal) or as moves between blocks."""
        entries = sp.coo_array(c)
        if np.all(entries.row == entries.col):
            diagonal = c.diagonal()
            for number, block in enumerate(self.sectors.blocks):
                part = diagonal[block]
                mask = np.outer(part, part.conj())
                before = self.masks[number]
                self.masks[number] = mask if before is None else before + mask
            return
        links = set(zip(owner[entries.col].tolist(), owner[entries.row].tolist(), strict=True))
        for p, q in sorted(links):
            part = sp.csr_array(c[self.sectors.blocks[q]][:, self.sectors.blocks[p]])
            self.moves.append((p, q, _stored(part), _stored(sp.csr_array(part.conj().T))))

    def apply(self, flat: NDArray[Any]) -> NDArray[Any]:
        """``L rho`` for a flattened Hermitian rho."""
        self.applications += 1
        rho = self.sectors.views(flat)
        half = [K @ x for K, x in zip(self.effective, rho, strict=True)]
        for p, q, c, _ in self.moves:
            half[q] += _sandwich(c, rho[p])
        return self._completed(half, rho, conjugate=False)

    def apply_adjoint(self, flat: NDArray[Any]) -> NDArray[Any]:
        """``L† X`` for a flattened Hermitian X."""
        self.applications += 1
        X = self.sectors.views(flat)
        half = [K.conj().T @ x for K, x in zip(self.effective, X, strict=True)]
        for p, q, _, dagger in self.moves:
            half[p] += _sandwich(dagger, X[q])
        return self._completed(half, X, conjugate=True)

    def _completed(
        self, half: list[NDArray[Any]], x: list[NDArray[Any]], conjugate: bool
    ) -> NDArray[Any]:
        """``half + half†``: exactly Hermitian, as an anti-Hermitian rounding error would grow."""
        result = np.empty(self.sectors.numbers, dtype=np.result_type(*half))
        out = self.sectors.views(result)
        for number, (block, mask, y) in enumerate(zip(x, self.masks, out, strict=True)):
            if mask is not None:
                half[number] += (mask.conj() if conjugate else mask) * block
            np.add(half[number], half[number].conj().T, out=y)
        return result

    def on_the_whole_space(self) -> Generator:
        """The same generator for states with coherences between the blocks, in one block.

        Frequencies lack what is linear in the charges; decay is not changed by it.
        """
        sectors = replace(self.sectors, blocks=(np.arange(self.sectors.dimension),), phases=None)
        hamiltonian = self.hamiltonian
        if self.middle is not None:
            hamiltonian = sp.csr_array(hamiltonian + sp.diags_array(self.middle))
        return Generator(sectors, hamiltonian, self.jumps)

    def scale(self) -> float:
        """Upper bound of the norm of L: ``2 max |K| + max |sum c†c|`` by row sums."""
        rows = max(float(np.max(abs(K).sum(axis=1))) for K in self.effective)
        return 4.0 * rows

    def superoperator(self) -> sp.csr_array:
        """L as a sparse matrix on flattened (row-major) block-diagonal matrices; small systems."""
        return self._assembled(lambda part: part)

    def magnitude(self) -> sp.csr_array:
        """The same with the moduli of all that is added up: what rounding is measured by."""
        return self._assembled(abs)

    def _assembled(self, taken: Callable[[Any], Any]) -> sp.csr_array:
        count = len(self.sectors.blocks)
        grid: list[list[Any]] = [[None] * count for _ in range(count)]
        for number, (K, mask) in enumerate(zip(self.effective, self.masks, strict=True)):
            one, inner = sp.eye_array(self.sectors.sizes[number]), taken(sp.csr_array(K))
            part = sp.kron(inner, one) + sp.kron(one, inner.conj())
            if mask is not None:
                part = part + sp.diags_array(2.0 * taken(mask).ravel())
            grid[number][number] = part
        for p, q, c, _ in self.moves:
            jump = taken(sp.csr_array(c))
            part = 2.0 * sp.kron(jump, jump.conj())
            grid[q][p] = part if grid[q][p] is None else grid[q][p] + part
        return sp.csr_array(sp.block_array(grid))


def _stored(matrix: sp.csr_array) -> Operator:
    matrix = sp.csr_array(matrix)
    rows, columns = matrix.shape  # type: ignore[misc]
    if matrix.nnz > DENSE_FRACTION * rows * columns:
        return matrix.toarray()
    return matrix


def _sandwich(c: Operator, x: NDArray[Any]) -> NDArray[Any]:
    """``c x c†`` for Hermitian x, by two products from the left."""
    return c @ (c @ x).conj().T
