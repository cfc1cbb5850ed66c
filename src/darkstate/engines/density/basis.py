"""Basis states sorted into blocks: where a density matrix lives, and its sectors.

Every space is a *factor* of the basis: qubits, spins and modes in their own basis (ensembles too,
where only their symmetric subspace is meant), or an ensemble in all ``|J, M>`` of a `DickeBasis`.
Conserved charges (`darkstate.systems.traits`) never show coherence between their values, and
neither does the total spin J of an ensemble (permutation symmetry): basis states that agree in all
of them form a *block*, and a state is a list of square blocks, flattened one after the other.

For 8 qubits of a dual-rail network 65,536 numbers become 12,870; for two ensembles of 12 atoms that
are driven through one charge, 207,025 become 13,447.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.factors import Factor, spread
from darkstate.linalg.positivity import least_eigenvalue
from darkstate.states import DensityState, EnsembleState
from darkstate.states.dicke import DickeBasis
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import charges

Flat = NDArray[Any]
"""A flattened block-diagonal matrix."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Blocks of one size.

    Args:
        size: their size.
        blocks: (B,) which ones they are.
        place: (B, size^2) where their entries stand in a flattened state.
    """

    size: int
    blocks: NDArray[np.int64]
    place: NDArray[np.int64]

    def matrices(self, flat: Flat) -> Flat:
        """(B, size, size) copies of the blocks."""
        return flat[self.place].reshape(-1, self.size, self.size)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Basis states of a product of factors, sorted into blocks.

    Args:
        factors: the spaces; the first is the most significant of the basis index.
        order: basis states in the order of the blocks.
        sizes: number of basis states of each block.
        reason: which charges were used.
        charges: (blocks, charges), their values; without columns where none are used.
        phases: of the basis states in which flattened states are written (`gauge.py`); None for 1.
            Dense matrices and states are turned where they come in and go out, nothing else needs
            to know.
    """

    factors: tuple[Factor, ...]
    order: NDArray[np.int64]
    sizes: NDArray[np.int64]
    reason: str
    charges: NDArray[np.int64]
    phases: NDArray[np.complex128] | None = None

    @classmethod
    def of(cls, system: OpenSystem, factors: tuple[Factor, ...], *, charged: bool = True) -> Blocks:
        """The blocks of a system; without charges if `charged` is false."""
        trait = charges(system)
        found = (trait.evidence or ()) if charged else ()
        values = _charges(found, factors)
        spins = [
            spread(factors, k, factor.dicke.twice_spin)
            for k, factor in enumerate(factors)
            if factor.dicke
        ]
        member = np.zeros(prod(factor.dimension for factor in factors), dtype=np.int64)
        for key in [*spins, *values.T]:
            member = member * (int(np.ptp(key)) + 1) + (key - key.min())
            _, member = np.unique(member, return_inverse=True)
        order = np.argsort(member, kind="stable")
        sizes = np.bincount(member)
        first = order[np.cumsum(sizes) - sizes]
        reason = trait.reason if charged else "no charge used: the state has coherences"
        return cls(factors, order, sizes, reason, values[first])

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the spaces."""
        return tuple(factor.space.label for factor in self.factors)

    @cached_property
    def dimensions(self) -> tuple[int, ...]:
        """Dimensions of the factors."""
        return tuple(factor.dimension for factor in self.factors)

    @property
    def dimension(self) -> int:
        """Number of basis states."""
        return len(self.order)

    @cached_property
    def numbers(self) -> int:
        """Numbers in a flattened state."""
        return int(np.sum(self.sizes**2))

    @property
    def charged(self) -> bool:
        """Whether charges divide the blocks, and not only spins."""
        return self.charges.shape[1] > 0

    @cached_property
    def members(self) -> list[NDArray[np.int64]]:
        """Basis states of each block."""
        return np.split(self.order, np.cumsum(self.sizes)[:-1])

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where each block starts in the flattened state; the last entry is `numbers`."""
        return np.concatenate([[0], np.cumsum(self.sizes**2)])

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """Block of every basis state."""
        result = np.empty(self.dimension, dtype=np.int64)
        result[self.order] = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return result

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """Place of every basis state in its block."""
        result = np.empty(self.dimension, dtype=np.int64)
        starts = np.cumsum(self.sizes) - self.sizes
        result[self.order] = np.arange(self.dimension) - np.repeat(starts, self.sizes)
        return result

    @cached_property
    def diagonal(self) -> NDArray[np.int64]:
        """Positions of the populations of all basis states in the flattened state."""
        return self.offsets[self.owner] + self.rank * (self.sizes[self.owner] + 1)

    @cached_property
    def entries(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ket and bra of every number of the flattened state."""
        kets = [np.repeat(block, len(block)) for block in self.members]
        bras = [np.tile(block, len(block)) for block in self.members]
        return np.concatenate(kets), np.concatenate(bras)

    @cached_property
    def swap(self) -> NDArray[Any]:
        """Where the entry (bra, ket) of each entry (ket, bra) stands."""
        result = np.empty(self.numbers, dtype=index_type(self.numbers))
        for stack in self.stacks:
            turned = stack.place.reshape(-1, stack.size, stack.size).transpose(0, 2, 1)
            result[stack.place] = turned.reshape(stack.place.shape)
        return result

    @cached_property
    def upper(self) -> NDArray[Any]:
        """Positions of the entries on and above the diagonal; the others are their conjugates."""
        number = np.arange(self.numbers, dtype=self.swap.dtype)
        return number[number <= self.swap]

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Blocks of one size together, for operations on all of them at once."""
        found = []
        for size in np.unique(self.sizes).tolist():
            number = np.flatnonzero(self.sizes == size)
            place = self.offsets[number][:, None] + np.arange(size * size)
            found.append(Stack(size, number, place))
        return tuple(found)

    @cached_property
    def _pieces(self) -> tuple[tuple[slice, int], ...]:
        ends, sizes = self.offsets.tolist(), self.sizes.tolist()
        starts = zip(ends[:-1], ends[1:], sizes, strict=True)
        return tuple((slice(start, stop), size) for start, stop, size in starts)

    def views(self, flat: Flat) -> list[Flat]:
        """The blocks of a flattened state as matrices that share its memory."""
        return [flat[piece].reshape(size, size) for piece, size in self._pieces]

    @cached_property
    def _places(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Of each basis state: where its row starts, its place in a row, its block."""
        first = self.offsets[self.owner] + self.rank * self.sizes[self.owner]
        index = index_type(self.numbers)
        return first.astype(index), self.rank.astype(index), self.owner.astype(index)

    def position(self, ket: NDArray[Any], bra: NDArray[Any]) -> NDArray[Any]:
        """Places of entries in the flattened state; -1 for what lies between blocks."""
        first, second, owner = self._places
        place = first[ket] + second[bra]
        if len(self.sizes) > 1:
            place[owner[ket] != owner[bra]] = -1
        return place

    def picked(self, matrix: sp.csr_array) -> Flat:
        """Entries of a sparse matrix that lie in the blocks, as they are."""
        entries = sp.coo_array(matrix)
        place = self.position(entries.row, entries.col)
        flat = np.zeros(self.numbers, dtype=matrix.dtype)
        np.add.at(flat, place[place >= 0], entries.data[place >= 0])
        return flat

    def observed(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[Any]
    ) -> Flat:
        """What to multiply a flattened state with for the mean of an operator: its entries."""
        if self.phases is not None:
            values = self.phases[columns] * values * self.phases[rows].conj()
        place = self.position(columns, rows)
        found = np.zeros(self.numbers, dtype=complex)
        np.add.at(found, place[place >= 0], values[place >= 0])
        return found

    def turned(self, flat: Flat, back: bool = False) -> Flat:
        """A flattened state written with the phases, or `back` without them."""
        if self.phases is None:
            return flat
        phases = self.phases if back else self.phases.conj()
        result = flat.astype(complex)
        for block, view in zip(self.members, self.views(result), strict=True):
            view[:] = phases[block][:, None] * view * phases[block].conj()
        return result

    def gather(self, matrix: Any) -> Flat:
        """The block-diagonal part of a full matrix, dense or sparse, flattened."""
        if sp.issparse(matrix):
            return self.turned(self.picked(matrix))
        flat = np.concatenate([matrix[np.ix_(b, b)].ravel() for b in self.members])
        return self.turned(flat)

    def scatter(self, flat: Flat) -> Flat:
        """The full matrix of a flattened state."""
        matrix = np.zeros((self.dimension, self.dimension), dtype=complex)
        for block, view in zip(self.members, self.views(flat), strict=True):
            matrix[np.ix_(block, block)] = view
        if self.phases is not None:
            matrix *= self.phases[:, None]
            matrix *= self.phases.conj()
        return matrix

    def off_block_weight(self, matrix: Flat) -> float:
        """Squared norm of the coherences between blocks that `gather` would drop."""
        rest = np.array(matrix)
        for block in self.members:
            rest[np.ix_(block, block)] = 0.0
        return float(np.linalg.norm(rest) ** 2)

    def trace(self, flat: Flat) -> float:
        """Trace of a flattened Hermitian state."""
        return float(flat[self.diagonal].sum().real)

    def populations(self, flat: Flat) -> NDArray[np.float64]:
        """Populations of all basis states."""
        return np.real(flat[self.diagonal])

    def hermitian(self, flat: Flat) -> Flat:
        """Hermitian part."""
        return 0.5 * (flat + flat[self.swap].conj())

    def normalised(self, flat: Flat) -> Flat:
        """Hermitian part with trace one."""
        return self.hermitian(flat / flat[self.diagonal].sum())

    def ground(self, dtype: Any = complex) -> Flat:
        """All spaces in their lowest basis state, flattened."""
        flat = np.zeros(self.numbers, dtype=dtype)
        flat[self.diagonal[0]] = 1.0
        return flat

    def mixed(self, dtype: Any = complex) -> Flat:
        """The maximally mixed state, flattened."""
        flat = np.zeros(self.numbers, dtype=dtype)
        flat[self.diagonal] = 1.0 / self.dimension
        return flat

    def eigenvalues(self, flat: Flat) -> NDArray[np.float64]:
        """Of a flattened Hermitian matrix, all of them."""
        return np.concatenate(
            [np.linalg.eigvalsh(stack.matrices(flat)).ravel() for stack in self.stacks]
        )

    def least_eigenvalue(self, flats: Flat, within: float = 0.0) -> float:
        """The smallest of several flattened Hermitian matrices, (T, numbers).

        It may be told too low, by `within` at most.
        """
        stacks = (np.take(flats, s.place, 1).reshape(-1, s.size, s.size) for s in self.stacks)
        return min(least_eigenvalue(matrices, within) for matrices in stacks)

    def state(self, flat: Flat) -> DensityState | EnsembleState:
        """The state of a flattened one."""
        if not any(factor.dicke for factor in self.factors):
            return DensityState(self.labels, self.dimensions, self.scatter(flat))
        local = np.stack(np.unravel_index(self.order, self.dimensions), 1)
        full = [
            DickeBasis.of(factor.atoms).dimension if factor.atoms else factor.dimension
            for factor in self.factors
        ]
        atoms = tuple(factor.atoms for factor in self.factors)
        values = self.turned(flat, back=True)
        return EnsembleState(self.labels, atoms, tuple(full), local, self.sizes, values)


def index_type(count: int) -> type[np.signedinteger[Any]]:
    """The shortest type of positions up to `count`."""
    return np.int32 if count < 2**31 else np.int64


def _charges(found: Sequence[Mapping[str, int]], factors: Sequence[Factor]) -> NDArray[np.int64]:
    """Values (basis states, charges) of charges."""
    total = prod(factor.dimension for factor in factors)
    values = np.zeros((total, len(found)), dtype=np.int64)
    for number, charge in enumerate(found):
        for k, factor in enumerate(factors):
            values[:, number] += spread(factors, k, factor.charge_values(charge))
    return values
