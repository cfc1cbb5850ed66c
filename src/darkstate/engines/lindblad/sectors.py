"""Charge sectors: the part of Liouville space that a steady state can occupy.

If a weak U(1) charge Q is conserved (see `darkstate.systems.traits`), a state that starts without
coherence between different Q never gets any: it is block diagonal, one block per value of Q. For 8
qubits of a dual-rail network that is 12,870 numbers instead of 65,536. `Sectors` sorts the basis
states of the product space by all charges that the system has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import charge_values, charges


@dataclass(frozen=True)
class Sectors:
    """Basis states of a product space, grouped by their charges.

    Args:
        labels: names of the spaces; the first is the most significant of the basis index.
        dimensions: their dimensions.
        blocks: index arrays into the basis, one per value of the charges.
        reason: which charges were found.
        kinds: what each space is, ``"qubit"``, ``"mode"``, ...; for names.
        charges: (blocks, charges), the values of the charges in each block; None without blocks.
        phases: of the basis states in which flattened states are written; None for all 1 (see
            `gauge.py`). `gather` and `scatter` turn by them, nothing else needs to know.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    blocks: tuple[NDArray[np.intp], ...]
    reason: str = ""
    kinds: tuple[str, ...] = ()
    charges: NDArray[Any] | None = None
    phases: NDArray[np.complex128] | None = None

    @classmethod
    def of(cls, system: OpenSystem, dimensions: Sequence[int]) -> Sectors:
        """Sectors of all weak U(1) charges of `system` in the given (truncated) dimensions."""
        trait = charges(system)
        values = charge_values(trait.evidence or (), system.spaces, dimensions)
        found, member = np.unique(values, axis=0, return_inverse=True)
        member = member.ravel()
        order = np.argsort(member, kind="stable")
        edges = np.flatnonzero(np.diff(member[order])) + 1
        blocks = tuple(np.split(order, edges))
        labels, kinds = tuple(system.labels), kinds_of(system)
        return cls(labels, tuple(dimensions), blocks, trait.reason, kinds, found)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of basis states in each block."""
        return tuple(len(block) for block in self.blocks)

    @cached_property
    def offsets(self) -> NDArray[np.intp]:
        """Where each block starts in the flattened state; the last entry is `numbers`."""
        return np.concatenate([[0], np.cumsum(np.square(self.sizes))])

    @property
    def dimension(self) -> int:
        """Dimension of the whole Hilbert space."""
        return int(np.prod(self.dimensions))

    @property
    def numbers(self) -> int:
        """Complex numbers in a block-diagonal state."""
        return int(self.offsets[-1])

    @cached_property
    def _pieces(self) -> tuple[tuple[slice, int], ...]:
        ends = self.offsets.tolist()
        return tuple(
            (slice(start, stop), size)
            for start, stop, size in zip(ends[:-1], ends[1:], self.sizes, strict=True)
        )

    @cached_property
    def diagonal(self) -> NDArray[np.intp]:
        """Positions of the populations in the flattened state, in the order of the blocks."""
        starts = zip(self.offsets[:-1].tolist(), self.sizes, strict=True)
        return np.concatenate([start + np.arange(n) * (n + 1) for start, n in starts])

    def populations(self, flat: NDArray[Any]) -> NDArray[np.float64]:
        """Populations of all basis states of the product space."""
        result = np.zeros(self.dimension)
        result[np.concatenate(self.blocks)] = np.real(flat[self.diagonal])
        return result

    def views(self, flat: NDArray[Any]) -> list[NDArray[Any]]:
        """The blocks of a flattened state as matrices (views)."""
        return [flat[piece].reshape(size, size) for piece, size in self._pieces]

    def gather(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """The block-diagonal part of a full density matrix, flattened."""
        parts = [matrix[np.ix_(b, b)] for b in self.blocks]
        if self.phases is not None:
            turns = [self.phases[b] for b in self.blocks]
            parts = [u.conj()[:, None] * x * u for u, x in zip(turns, parts, strict=True)]
        return np.concatenate([x.ravel() for x in parts])

    def scatter(self, flat: NDArray[Any]) -> NDArray[Any]:
        """The full density matrix of a flattened block-diagonal state."""
        matrix = np.zeros((self.dimension, self.dimension), dtype=complex)
        for block, view in zip(self.blocks, self.views(flat), strict=True):
            matrix[np.ix_(block, block)] = view
        if self.phases is not None:
            matrix *= self.phases[:, None]
            matrix *= self.phases.conj()
        return matrix

    def off_block_weight(self, matrix: NDArray[Any]) -> float:
        """Squared norm of the coherences between blocks that `gather` would drop."""
        kept = float(np.linalg.norm(self.gather(matrix)) ** 2)
        return max(0.0, float(np.linalg.norm(matrix) ** 2) - kept)

    def trace(self, flat: NDArray[Any]) -> float:
        """Trace of a flattened Hermitian state."""
        return float(sum(np.trace(view).real for view in self.views(flat)))

    def ground(self, dtype: Any = complex) -> NDArray[Any]:
        """All spaces in their lowest basis state, flattened."""
        flat = np.zeros(self.numbers, dtype=dtype)
        for number, block in enumerate(self.blocks):
            place = np.flatnonzero(block == 0)
            if len(place):
                view = self.views(flat)[number]
                view[place[0], place[0]] = 1.0
        return flat

    def mixed(self, dtype: Any = complex) -> NDArray[Any]:
        """The maximally mixed state, flattened."""
        views = [np.eye(size, dtype=dtype).ravel() for size in self.sizes]
        return np.concatenate(views) / self.dimension


def kinds_of(system: OpenSystem) -> tuple[str, ...]:
    """The kind of every space."""
    return tuple(space.kind for space in system.spaces)
