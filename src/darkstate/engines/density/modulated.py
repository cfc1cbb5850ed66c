"""Density matrices under drives and couplings that depend on time.

With ``L(t) = sum_j r_j(t) L_j`` (`darkstate.systems.time_parts`) every L_j is compiled once, as one
matrix on the blocks that all of them keep, and only the numbers r_j change.

A Lindblad evolution brings no two states farther apart, in trace norm: the error of every state is
at most what the series of all steps together leave over (`darkstate.linalg.series`). States are
followed in the real coordinates of Hermitian matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.contract import Cost
from darkstate.engines.density.basis import Blocks, Flat
from darkstate.engines.density.compile import compiled
from darkstate.engines.density.real_form import (
    coordinates,
    hermitian,
    in_coordinates,
    triangles,
)
from darkstate.linalg.series import METHOD, ORDER, solve_linear
from darkstate.states.matrices import small_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.time_parts import TimeParts

MODULATED = f"{METHOD} for the generator in time"
_LEAST_STEPS, _STEP = 12.0, 0.15
"""Steps at least, and those for each unit of time over the inverse of the norm of L."""
_OVERHEAD, _ENTRY = 2.0e-5, 1.0e-9
"""Seconds for one order of a step, and for every entry of the matrices in it."""
_LOOKS = 65
_SMALL = 32
"""Basis states up to which the matrices are made as they are written."""


@dataclass
class ModulatedGenerator:
    """L(t) on flattened block-diagonal matrices.

    Args:
        blocks: basis states, sorted by the charges that all parts conserve.
        parts: the generator as a sum of constant ones.
        stack: all of them on the blocks, in real coordinates, one below the other.
        scales: bounds of their norms.
        applications: how often L was applied.
    """

    blocks: Blocks
    parts: TimeParts
    stack: sp.csr_array
    scales: tuple[float, ...]
    applications: int = field(default=0, init=False)

    @classmethod
    def of(cls, system: OpenSystem, blocks: Blocks) -> ModulatedGenerator:
        """Compile every part of a system on the same blocks."""
        parts = TimeParts.of(system)
        small = blocks.dimension <= _SMALL and not any(f.dicke for f in blocks.factors)
        made = [(_small if small else _large)(part, blocks) for part in parts.systems]
        matrix = sp.csr_array(sp.vstack([matrix for matrix, _ in made]))
        stack = in_coordinates(matrix, blocks.swap, False)
        return cls(blocks, parts, stack, tuple(scale for _, scale in made))

    def narrowed(self, flat: Flat) -> Flat:
        """States are complex here."""
        return np.asarray(flat, dtype=complex)

    def cost(self, times: Sequence[float]) -> Cost:
        """What an evolution will cost."""
        grid = np.linspace(times[0], times[-1], _LOOKS)
        sizes = np.max(np.abs(self.parts.coefficients(grid)), axis=0)
        scale = float(sizes @ np.array(self.scales))
        steps = _LEAST_STEPS + _STEP * scale * (times[-1] - times[0])
        entries, count = self.stack.nnz, self.blocks.numbers
        kept = 3 * len(times) + ORDER * (1 + len(self.scales))
        memory = 40.0 * entries + 8.0 * count * (kept + 10)
        return Cost(memory, 3e-3 + steps * ORDER * (_OVERHEAD + _ENTRY * entries))

    def evolved(
        self, initial: Flat, times: Sequence[float], accuracy: float
    ) -> tuple[list[Flat], float]:
        """States at `times`, and a bound of their error in trace norm.

        Raises:
            NumericalError: too stiff for the accuracy asked.
        """
        places = triangles(self.blocks)
        found = solve_linear(
            self.stack,
            np.array(self.scales),
            self.parts.coefficients,
            coordinates(initial, *places),
            times,
            self.parts.stops(times[0], times[-1]),
            accuracy,
            float(np.real(self.blocks.trace(initial))),
            float(np.sqrt(self.blocks.dimension)),  # from the Euclidean to the trace norm
        )
        self.applications += found.products
        traces = found.states[:, self.blocks.diagonal].sum(axis=1)
        states = found.states * (traces[0] / traces)[:, None]
        return list(hermitian(states, *places)), found.error


def _large(part: OpenSystem, blocks: Blocks) -> tuple[sp.coo_array, float]:
    """L on the blocks, in the phases that all parts share, and a bound of its norm."""
    generator = compiled(part, blocks)
    turn = generator.blocks.turned(np.ones(blocks.numbers, dtype=complex), back=True)
    back = sp.diags_array(turn)  # parts choose phases of their own
    return sp.coo_array(back @ generator.matrix @ back.conj()), _norm(generator.effective)


def _small(part: OpenSystem, blocks: Blocks) -> tuple[sp.coo_array, float]:
    """The same of a few basis states, where calls would take the time."""
    spaces, dims, size = part.spaces, blocks.dimensions, blocks.dimension
    one = np.eye(size)
    effective = -1j * small_matrix(part.hamiltonian, spaces, dims)
    pairs = []
    for jump in part.jumps:
        c = np.sqrt(jump.rate) * small_matrix(jump.operator, spaces, dims)
        effective = effective - 0.5 * c.conj().T @ c
        pairs.append((c, c.conj()))
    values, rows, columns = [], [], []
    for left, right in [*pairs, (effective, one), (one, effective.conj())]:
        (i, j), (k, m) = np.nonzero(left), np.nonzero(right)
        values.append(np.multiply.outer(left[i, j], right[k, m]).ravel())
        rows.append(np.add.outer(size * i, k).ravel())
        columns.append(np.add.outer(size * j, m).ravel())
    value, row, column = (np.concatenate(each) for each in (values, rows, columns))
    if blocks.numbers < size**2:
        kets, bras = blocks.entries
        place = np.full(size**2, -1)
        place[kets * size + bras] = np.arange(blocks.numbers)
        row, column = place[row], place[column]
        inside = (row >= 0) & (column >= 0)
        value, row, column = value[inside], row[inside], column[inside]
    shape = (blocks.numbers, blocks.numbers)
    return sp.coo_array((value, (row, column)), shape=shape), _norm(effective)


def _norm(effective: sp.csr_array | NDArray[Any]) -> float:
    """Bound of the norm of L: ``2 |E| + |sum c†c|`` is at most four times that of E."""
    size = abs(effective)
    return 4.0 * float(max(size.sum(axis=0).max(), size.sum(axis=1).max()))
