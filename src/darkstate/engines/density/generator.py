"""The Lindblad generator on blocks.

With ``E = -i H - (1/2) sum c†c`` and Hermitian rho,

    L rho = E rho + h.c. + sum_k c_k rho c_k†,      L† X = E† X + h.c. + sum_k c_k† X c_k.

Where phases of the basis states make the operators real (`gauge.py`), they are stored as real
numbers, and real states stay real. L is applied in one of two ways, whichever is predicted to be
cheaper: as one sparse matrix on flattened states (many small blocks, or local operators), or by
products of the blocks, without ever building it (`products.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.dark import DarkStates, is_dephasing
from darkstate.engines.density.basis import Blocks, Flat, index_type
from darkstate.engines.density.expected import elimination, expected_iterations
from darkstate.engines.density.gauge import real_phases, turned_by, without_phases
from darkstate.engines.density.products import BlockProducts
from darkstate.engines.density.real_form import Entries, RealForm, coordinate_entries
from darkstate.engines.propagation import SectorMotion
from darkstate.linalg.joins import (
    below_each_other,
    by_rows,
    largest_row,
    one,
)

Compressed = sp.csr_array | sp.csc_array
_BATCH = 2**18
"""Entries that are made at once, and collected before they are summed."""
_SMALL = 2**13
"""Numbers of all jumps that are treated in one call."""
_FEW_STATES = 64
"""Basis states up to which a matrix is summed up as a dense one."""
_ENTRY, _MAKE = 8e-10, 5e-9
"""Seconds per entry of L to use it, and its share of making it, in a Krylov solution."""


@dataclass(frozen=True)
class Channel:
    """A jump on the basis states.

    Args:
        name: of the jump of the system it comes from.
        matrix: ``sqrt(rate) c``, (D, D).
    """

    name: str
    matrix: sp.csr_array


@dataclass
class Generator:
    """L and its adjoint on flattened block-diagonal matrices.

    Args:
        blocks: basis states; they get the phases that make the generator real, if there are any.
        hamiltonian: H on all basis states, sparse, without what turns between blocks only.
        channels: the jumps.
        middle: energies (D,) by which coherences between blocks turn, and H lacks; None: none.
        effective: ``E`` with the phases, real if possible.
        turned: the jumps with the phases, up to a phase from block to block.
        dark: what the search for dark states found, once it was made (`dark.py`).
    """

    blocks: Blocks
    hamiltonian: sp.csr_array
    channels: Sequence[Channel]
    middle: NDArray[np.float64] | None = None
    effective: sp.csr_array = field(init=False)
    turned: list[sp.csr_array] = field(init=False)
    real: bool = field(init=False)
    applications: int = field(default=0, init=False)
    dark: list[DarkStates | None] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        jumps: list[Any] = [c.astype(complex, copy=False) for c in self.jumps]
        total: Any = -1j * self.hamiltonian
        if jumps:  # all at once: small sparse products cost by their number
            total = damped(total, below_each_other(jumps))
        phases = real_phases(total, jumps, self.blocks.owner)
        self.real = phases is not None
        if phases is not None:
            if np.any(phases != 1.0):
                self.blocks, total = replace(self.blocks, phases=phases), turned_by(total, phases)
                jumps = [turned_by(c, phases) for c in jumps]
            total, jumps = total.real, [without_phases(c, self.blocks.owner).real for c in jumps]
        self.effective, self.turned = total, jumps
        for matrix in (self.effective, *self.turned):
            if not np.all(matrix.data):
                matrix.eliminate_zeros()

    @property
    def jumps(self) -> list[sp.csr_array]:
        """``sqrt(rate_k) c_k``, as they are."""
        return [channel.matrix for channel in self.channels]

    @property
    def dtype(self) -> type:
        """``float`` if real states stay real, else ``complex``."""
        return float if self.real else complex

    @property
    def motion(self) -> SectorMotion:
        """The generator as the propagators see it."""
        return SectorMotion(
            self.apply, self.blocks.trace, self.scale, self.blocks.numbers, lambda: self.matrix,
            self.blocks.diagonal,
            [float(np.max(np.abs(c.data), initial=0.0)) ** 2 for c in self.turned],
        )  # fmt: skip

    def narrowed(self, flat: Flat) -> Flat:
        """The flattened state in real numbers if it and the generator are real."""
        imaginary = float(np.max(np.abs(np.imag(flat)), initial=0.0))
        real = self.real and imaginary <= 1e-15 * float(np.max(np.abs(flat)))
        return np.ascontiguousarray(np.real(flat)) if real else flat

    def apply(self, flat: Flat) -> Flat:
        """``L rho`` for a flattened Hermitian rho."""
        self.applications += 1
        return self.matrix @ flat if self._has_matrix else self.products.apply(flat)

    def speed(self, rho: Flat) -> float:
        """``|L rho|`` of a flattened Hermitian rho, by the real form if that was made."""
        if "real_form" not in self.__dict__:
            return float(np.linalg.norm(self.apply(rho)))
        form = self.real_form
        return float(np.linalg.norm(form.matrix @ form.coordinates(rho)))

    def sums_of_moduli(self, flat: Flat) -> float:
        """What rounding in ``L x`` is measured by: the sums without signs, over the size of x."""
        size, states = float(np.linalg.norm(flat)), self.blocks.dimension
        if self._has_matrix:
            return float(np.linalg.norm(abs(self.matrix) @ np.abs(flat))) / size
        x = sp.csr_array((np.abs(flat), self.blocks.entries), shape=(states, states))
        kept = abs(self.effective) @ x
        total = kept + kept.T  # x is symmetric, as all moduli of a Hermitian matrix are
        for c in map(abs, self.turned):
            total = total + c @ x @ c.T
        return float(np.linalg.norm(total.data)) / size

    def apply_adjoint(self, flat: Flat) -> Flat:
        """``L† X`` for a flattened Hermitian X."""
        self.applications += 1
        return self._dagger @ flat if self._has_matrix else self.products.apply_adjoint(flat)

    @property
    def _has_matrix(self) -> bool:
        return "matrix" in self.__dict__ or self.assembled

    @cached_property
    def assembled(self) -> bool:
        """Whether L is applied as one sparse matrix."""
        seconds = (1.0 if self.real else 2.0) * (_ENTRY + _MAKE) * self.entries
        least = BlockProducts.least_seconds(self.blocks, self.effective)  # known at once
        return seconds <= least or seconds <= self.product_seconds

    @cached_property
    def product_seconds(self) -> float:
        """Predicted time of one application by products of blocks."""
        return BlockProducts.seconds(self.blocks, self.effective, self.turned)

    @cached_property
    def dephased(self) -> bool:
        """Whether some jump annihilates nothing, as dephasing does: then no state is dark."""
        return any(map(is_dephasing, self.jumps))

    @cached_property
    def products(self) -> BlockProducts:
        """L as products of blocks."""
        return BlockProducts(self.blocks, self.effective, self.turned)

    @cached_property
    def entries(self) -> float:
        """Entries of L as a matrix (an upper bound: some may fall together)."""
        blocks = self.blocks
        count = len(blocks.sizes)

        def per_block(matrix: sp.csr_array) -> NDArray[np.float64]:
            columns = np.bincount(matrix.indices, minlength=blocks.dimension).astype(float)
            return np.bincount(blocks.owner, columns, count).astype(float)

        total = 2.0 * float(np.sum(per_block(self.effective) * blocks.sizes))
        return total + sum(float(np.sum(per_block(c) ** 2)) for c in self.turned)

    @cached_property
    def elimination(self) -> tuple[float, float]:
        """Entries of the factors of L, and steps of their elimination, as they are expected."""
        return elimination(self.blocks, [self.effective, *self.turned], self.real)

    @cached_property
    def expected_iterations(self) -> float:
        """Of all GMRES solves for the steady state."""
        return expected_iterations(self.effective, self.turned)

    @cached_property
    def scale(self) -> float:
        """Upper bound of the norm of L: ``2 max |K| + max |sum c†c|`` by row sums."""
        return 4.0 * largest_row(self.effective)

    @cached_property
    def matrix(self) -> sp.csr_array:
        """L as a sparse matrix on flattened (row-major) states."""
        numbers = np.arange(self.blocks.numbers, dtype=index_type(self.blocks.numbers))
        return self._summed(numbers, _as_they_are)

    @cached_property
    def _dagger(self) -> sp.csr_array:
        return sp.csr_array(self.matrix.conj().T)

    def on_populations(self, adjoint: bool = False) -> sp.csr_array:
        """The columns of L that act on populations, (n, D), or those of its adjoint."""
        blocks, states = self.blocks, np.arange(self.blocks.dimension)
        idle, parts = sp.csc_array(one(len(states))), [self.effective, *self.turned]
        if adjoint:
            parts = [sp.csr_array(part.conj().T) for part in parts]
        effective, *jumps = map(sp.csc_array, parts)
        pairs = [(effective, idle), (idle, effective), *((c, c) for c in jumps)]
        found = [each for pair in pairs for each in sandwich(blocks, *pair, (states, states))]
        values, rows, columns = (np.concatenate(part) for part in zip(*found, strict=True))
        shape = (blocks.numbers, len(states))
        return sp.csr_array(sp.coo_array((values, (rows, columns)), shape=shape))

    def diagonal(self) -> Flat:
        """The diagonal of L."""
        kets, bras = self.blocks.entries
        own = self.effective.diagonal()
        total = own[kets] + own[bras].conj()
        for c in self.turned:
            values = c.diagonal()
            if np.any(values):
                total += values[kets] * values[bras].conj()
        return total

    @cached_property
    def real_form(self) -> RealForm:
        """L on the real coordinates of Hermitian matrices."""
        written = partial(coordinate_entries, swap=self.blocks.swap, halves=self.real)
        total = self._summed(self.blocks.upper, written)
        return RealForm.of(self.blocks, total, self.scale)

    def _summed(self, numbers: NDArray[Any], written: Callable[[Entries], Entries]) -> sp.csr_array:
        """The sum of all entries in some rows of L, in the way that they are written down."""
        idle, count = one(self.blocks.dimension), self.blocks.numbers
        lefts, rights = [self.effective, idle, *self.turned], [idle, self.effective, *self.turned]
        together = max(1, _SMALL // max(1, count))  # of small ones, calls would take the time
        groups = [slice(k, k + together) for k in range(0, len(lefts), together)]
        pairs = ((below_each_other(lefts[few]), below_each_other(rights[few])) for few in groups)
        rows = tuple(part[numbers] for part in self.blocks.entries)
        total: Any = sp.csr_array((count, count))
        waiting: list[Entries] = []
        for left, right in pairs:
            for values, columns, number in sandwich(self.blocks, left, right, rows):
                waiting.append((values, numbers[number], columns))
                if sum(len(each[0]) for each in waiting) > max(_BATCH, total.nnz):
                    total = total + _together(waiting, written, count)
        return sp.csr_array(total + _together(waiting, written, count) if waiting else total)

    def on_the_whole_space(self) -> Generator:
        """The same generator for states with coherences between the blocks, in one block.

        Frequencies lack what is linear in the charges; decay is not changed by it.
        """
        whole, none = np.arange(self.blocks.dimension), np.zeros((1, 0), dtype=np.int64)
        sizes = np.array([len(whole)])
        blocks = replace(self.blocks, order=whole, sizes=sizes, charges=none, phases=None)
        hamiltonian = self.hamiltonian
        if self.middle is not None:
            hamiltonian = sp.csr_array(hamiltonian + sp.diags_array(self.middle))
        return Generator(blocks, hamiltonian, self.channels)


def damped(free: sp.csr_array, jumps: sp.csr_array) -> sp.csr_array:
    """``-i H - sum c†c / 2`` from ``-i H`` and all jumps, one below the other."""
    size = free.shape[0]  # type: ignore[index]
    if size > _FEW_STATES:
        lost = jumps.conj().T @ jumps
        lost.data *= 0.5
        return sp.csr_array(free - lost)
    in_row = np.diff(jumps.indptr)  # pairs of entries of a row, of all rows in their order
    mates = np.repeat(in_row, in_row)
    first = np.repeat(np.arange(len(mates)), mates)
    begin = np.repeat(np.cumsum(mates) - mates - np.repeat(jumps.indptr[:-1], in_row), mates)
    second = np.arange(len(first)) - begin
    values = jumps.data[first].conj() * jumps.data[second]
    place = jumps.indices[first] * size + jumps.indices[second]
    parts = [np.bincount(place, part, size**2) for part in (np.real(values), np.imag(values))]
    lost = parts[0] + 1j * parts[1]
    return by_rows(free.toarray() - 0.5 * lost.reshape(size, size))


def sandwich(
    blocks: Blocks, left: Compressed, right: Compressed, pairs: Sequence[NDArray[Any]]
) -> Iterator[Entries]:
    """``rho -> sum_k A_k rho B_k†`` on the entries; what leads out of the blocks does not occur.

    Args:
        blocks: basis states.
        left: the A_k, one below the other by rows: then rows are made; or side by side by columns.
        right: the B_k, in the same way.
        pairs: kets and bras of the rows, or columns, that are wanted.

    Yields:
        Values, their columns, or rows, and which pair each is of.
    """
    places = np.arange(0, len(left.indptr) - 1, blocks.dimension)[:, None]
    kets, bras = ((places + part).ravel() for part in pairs)
    wanted, index = len(pairs[0]), index_type(max(blocks.numbers, len(kets)))
    many = np.diff(right.indptr)[bras].astype(index)
    counts = np.diff(left.indptr)[kets] * many
    ends, begin = np.cumsum(counts, dtype=np.int64), 0
    while begin < len(counts):
        before = int(ends[begin] - counts[begin])
        stop = max(begin + 1, int(np.searchsorted(ends, before + _BATCH, "right")))
        some = slice(begin, stop)
        own = counts[some]
        number = np.repeat(np.arange(begin, stop, dtype=index), own)
        inner = np.arange(len(number), dtype=index)
        inner -= np.repeat((ends[some] - own - before).astype(index), own)
        first, second = np.divmod(inner, np.repeat(many[some], own))
        first += np.repeat(left.indptr[kets[some]].astype(index), own)
        second += np.repeat(right.indptr[bras[some]].astype(index), own)
        values = left.data[first] * right.data[second].conj()
        place = blocks.position(left.indices[first], right.indices[second])
        inside = place >= 0
        if not np.all(inside):
            values, place, number = values[inside], place[inside], number[inside]
        number %= wanted
        yield values, place, number
        begin = stop


def _together(
    waiting: list[Entries], written: Callable[[Entries], Entries], count: int
) -> sp.csr_array:
    """The sum of the entries that wait; then none does."""
    joined: Any = tuple(np.concatenate(part) for part in zip(*waiting, strict=True))
    waiting.clear()
    values, rows, columns = written(joined)
    return sp.csr_array(sp.coo_array((values, (rows, columns)), shape=(count, count)))


def _as_they_are(entries: Entries) -> Entries:
    return entries
