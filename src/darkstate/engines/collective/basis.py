"""The Hilbert space of blocks: where a permutation-symmetric state lives, and its sectors.

Every ensemble is written in a `DickeBasis`, every other space in its own basis; a *member* is one
basis state of the product. The total spin J of each ensemble never shows coherence (permutation
symmetry), and neither do weak U(1) charges: members that agree in all J and in all charges form a
*block*, and the state is a list of square blocks, flattened one after the other.

For two ensembles of 12 atoms that are driven through one charge, 49 x 49 members fall into blocks
of at most 13, and 207,025 numbers become 13,447.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.states import EnsembleState
from darkstate.states.dicke import DickeBasis
from darkstate.systems.local_matrices import local_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble, Mode, Space
from darkstate.systems.traits import charges


@dataclass(frozen=True)
class Part:
    """One space of the system as the engine sees it.

    Args:
        space: the space.
        dicke: its Dicke basis; None for a space that is no ensemble.
        dimension: number of basis states.
    """

    space: Space
    dicke: DickeBasis | None
    dimension: int

    def word(self, word: str) -> sp.csr_array:
        """The (d, d) matrix of a canonical word of this space."""
        if self.dicke is None:
            return local_matrix(self.space, word, self.dimension)
        result = sp.csr_array(sp.eye_array(self.dimension))
        for letter in word:
            result = result @ self.dicke.letter(letter)
        return sp.csr_array(result)

    @property
    def atoms(self) -> int:
        """Number of atoms; 0 for a space that is no ensemble."""
        return 0 if self.dicke is None else self.dicke.atoms

    @property
    def excitations(self) -> NDArray[np.int64]:
        """What the charge counts, for each basis state."""
        return np.arange(self.dimension) if self.dicke is None else self.dicke.excitations

    def charge_values(self, charge: Mapping[str, int]) -> NDArray[np.int64]:
        """A charge in each basis state."""
        if self.dicke is None:
            return self.space.charge_values(charge, self.dimension)
        return charge.get(self.space.label, 0) * self.dicke.excitations

    @property
    def twice_spin(self) -> NDArray[np.int64]:
        """2J of each basis state; zeros for a space that is no ensemble."""
        zeros = np.zeros(self.dimension, dtype=np.int64)
        return zeros if self.dicke is None else self.dicke.twice_spin


def parts_of(
    system: OpenSystem, cutoffs: Mapping[str, int], spins: Sequence[int] | None = None
) -> tuple[Part, ...]:
    """The spaces of a system; ensembles without local processes keep `spins` values of J."""
    local = {jump.operator.spaces[0] for jump in system.jumps if jump.each_atom and jump.rate}
    found = []
    for k, space in enumerate(system.spaces):
        if isinstance(space, Ensemble):
            kept = None if space in local else (1 if spins is None else spins[k])
            dicke = DickeBasis.of(space.atoms, kept)
            found.append(Part(space, dicke, dicke.dimension))
            continue
        size = cutoffs[space.label] if isinstance(space, Mode) else int(space.dimension or 0)
        found.append(Part(space, None, size))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Stack:
    """Blocks of one size.

    Args:
        size: their size.
        numbers: (B,) which blocks they are.
        place: (B, size^2) where their entries stand in a flattened state.
    """

    size: int
    numbers: NDArray[np.int64]
    place: NDArray[np.int64]

    def matrices(self, flat: NDArray) -> NDArray:
        """(B, size, size) copies of the blocks."""
        return flat[self.place].reshape(-1, self.size, self.size)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Members sorted into blocks.

    Args:
        parts: the spaces, first most significant in the index of a member.
        order: members in the order of the blocks.
        sizes: number of members of each block.
        reason: which charges were used.
        charged: whether charges were used (else only the spins divide the members).
    """

    parts: tuple[Part, ...]
    order: NDArray[np.int64]
    sizes: NDArray[np.int64]
    reason: str
    charged: bool

    @classmethod
    def of(cls, system: OpenSystem, parts: tuple[Part, ...], *, charged: bool = True) -> Blocks:
        """The blocks of a system; without charges if `charged` is false."""
        trait = charges(system)
        keys = [spread(parts, k, part.twice_spin) for k, part in enumerate(parts) if part.dicke]
        for charge in (trait.evidence or ()) if charged else ():
            value = np.zeros(prod(part.dimension for part in parts), dtype=np.int64)
            for k, part in enumerate(parts):
                if not charge.keys().isdisjoint(part.space.charge_names):
                    value += spread(parts, k, part.charge_values(charge))
            keys.append(value)
        total = prod(part.dimension for part in parts)
        member = np.zeros(total, dtype=np.int64)
        for key in keys:
            member = member * (int(key.max() - key.min()) + 1) + (key - key.min())
        _, member = np.unique(member, return_inverse=True)
        order = np.argsort(member.ravel(), kind="stable")
        reason = trait.reason if charged else "not used: the initial state has coherences"
        return cls(parts, order, np.bincount(member.ravel()), reason, charged)

    @property
    def dimension(self) -> int:
        """Number of members."""
        return len(self.order)

    @property
    def numbers(self) -> int:
        """Numbers in a flattened state."""
        return int(np.sum(self.sizes**2))

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where each block starts in the flattened state."""
        return np.concatenate([[0], np.cumsum(self.sizes**2)])

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """Block of every member."""
        result = np.empty(self.dimension, dtype=np.int64)
        result[self.order] = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return result

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """Place of every member in its block."""
        result = np.empty(self.dimension, dtype=np.int64)
        starts = np.cumsum(self.sizes) - self.sizes
        result[self.order] = np.arange(self.dimension) - np.repeat(starts, self.sizes)
        return result

    @cached_property
    def entries(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ket and bra member of every number of the flattened state."""
        kets, bras, start = [], [], 0
        for size in self.sizes.tolist():
            block = self.order[start : start + size]
            kets.append(np.repeat(block, size))
            bras.append(np.tile(block, size))
            start += size
        return np.concatenate(kets), np.concatenate(bras)

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Blocks of one size together, for operations on all of them at once."""
        found = []
        for size in np.unique(self.sizes).tolist():
            number = np.flatnonzero(self.sizes == size)
            place = self.offsets[number][:, None] + np.arange(size * size)
            found.append(Stack(size, number, place))
        return tuple(found)

    def flattened(self, matrix: sp.csr_array) -> NDArray:
        """The part of a matrix on the members that lies in the blocks, as a flattened state."""
        entries = sp.coo_array(matrix)
        place = self.position(entries.row.astype(np.int64), entries.col.astype(np.int64))
        flat = np.zeros(self.numbers, dtype=matrix.dtype)
        flat[place[place >= 0]] = entries.data[place >= 0]
        return flat

    @cached_property
    def diagonal(self) -> NDArray[np.int64]:
        """Positions of the diagonal entries in the flattened state, member by member."""
        return self.offsets[self.owner] + self.rank * (self.sizes[self.owner] + 1)

    def position(self, ket: NDArray[np.int64], bra: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of entries in the flattened state; -1 for what lies between blocks."""
        block = self.owner[ket]
        place = self.offsets[block] + self.rank[ket] * self.sizes[block] + self.rank[bra]
        return np.where(block == self.owner[bra], place, -1)

    def state(self, flat: NDArray) -> EnsembleState:
        """The state of a flattened one."""
        local = np.stack(np.unravel_index(self.order, [part.dimension for part in self.parts]), 1)
        full = [
            DickeBasis.of(part.atoms).dimension if part.atoms else part.dimension
            for part in self.parts
        ]
        return EnsembleState(
            tuple(part.space.label for part in self.parts),
            tuple(part.atoms for part in self.parts),
            tuple(full),
            local,
            self.sizes,
            flat,
        )


def spread(parts: Sequence[Part], k: int, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values of one space for every member of the product."""
    before = prod(part.dimension for part in parts[:k])
    after = prod(part.dimension for part in parts[k + 1 :])
    return np.tile(np.repeat(values, after), before)
