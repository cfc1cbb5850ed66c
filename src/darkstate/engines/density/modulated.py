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
    real_entries,
    triangles,
)
from darkstate.linalg.series import METHOD, ORDER, solve_linear
from darkstate.states.matrices import small_matrices
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.time_parts import TimeParts

Entries = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""Rows, columns and values."""

MODULATED = f"{METHOD} for the generator in time"
_LEAST_STEPS, _STEP = 12.0, 0.15
"""Steps at least, and those for each unit of time over the inverse of the norm of L."""
_OVERHEAD, _ENTRY = 2.0e-5, 1.0e-9
"""Seconds for one order of a step, and for every entry of the matrices in it."""
_LOOKS = 65
_BATCH = 2**13
"""Numbers that are written as Hermitian matrices at once."""
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
        if blocks.dimension <= _SMALL and not any(f.dicke for f in blocks.factors):
            entries, effective = _small(parts.systems, blocks)
        else:
            entries, effective = _large(parts.systems, blocks)
        (row, column, value), size = entries, blocks.numbers
        upper = row % size <= blocks.swap[row % size]  # the other rows are conjugates
        weights, row, column, which = real_entries(row[upper], column[upper], blocks.swap)
        value = np.real(weights * value[upper][which])
        shape, some = (len(parts.systems) * size, size), value != 0.0
        stack = sp.csr_array((value[some], (row[some], column[some])), shape=shape)
        stack.eliminate_zeros()
        return cls(blocks, parts, stack, tuple(_norm(each) for each in effective))

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

    def evolved(self, initial: Flat, times: Sequence[float], accuracy: float) -> tuple[Flat, float]:
        """States at `times`, (T, numbers), and a bound of their error in trace norm.

        Raises:
            NumericalError: too stiff for the accuracy asked.
        """
        places, looked = triangles(self.blocks), self.parts.looked_at(times[0], times[-1])
        found = solve_linear(
            self.stack,
            np.array(self.scales),
            self.parts.coefficients,
            coordinates(initial, *places),
            times,
            looked.stops,
            accuracy,
            float(np.real(self.blocks.trace(initial))),
            float(np.sqrt(self.blocks.dimension)),  # from the Euclidean to the trace norm
            (looked.times, looked.rates) if len(looked.times) else None,
        )
        self.applications += found.products
        states = found.states
        traces = np.take(states, self.blocks.diagonal, 1).sum(axis=1)
        states *= (traces[0] / traces)[:, None]
        flats, step = np.empty(states.shape, complex), max(1, _BATCH // self.blocks.numbers)
        for k in range(0, len(states), step):
            flats[k : k + step] = hermitian(states[k : k + step], *places)
        return flats, found.error


def _large(parts: Sequence[OpenSystem], blocks: Blocks) -> tuple[Entries, list[sp.csr_array]]:
    """Entries of all L_j on the blocks, one below the other, and ``-i H - sum c†c/2`` of each.

    Parts choose phases of their own, which are taken out again.
    """
    made, effective = [], []
    for part in parts:
        generator = compiled(part, blocks)
        turn = generator.blocks.turned(np.ones(blocks.numbers, dtype=complex), back=True)
        back = sp.diags_array(turn)
        made.append(back @ generator.matrix @ back.conj())
        effective.append(generator.effective)
    matrix = sp.coo_array(sp.vstack(made))
    return (matrix.row, matrix.col, matrix.data), effective


def _small(parts: Sequence[OpenSystem], blocks: Blocks) -> tuple[Entries, NDArray[Any]]:
    """The same of a few basis states, where calls would take the time."""
    spaces, dims, size = parts[0].spaces, blocks.dimensions, blocks.dimension
    jumps = [(p, jump) for p, part in enumerate(parts) for jump in part.jumps]
    operators = [part.hamiltonian for part in parts] + [jump.operator for _, jump in jumps]
    made = small_matrices(operators, spaces, dims)
    rates, owner = np.array([j.rate for _, j in jumps]), np.array([p for p, _ in jumps], dtype=int)
    effective, c = -1j * made[: len(parts)], np.sqrt(rates)[:, None, None] * made[len(parts) :]
    np.add.at(effective, owner, -0.5 * c.conj().transpose(0, 2, 1) @ c)
    (p, i, j), one = np.nonzero(effective), np.arange(size)
    value, start = np.repeat(effective[p, i, j], size), p * size**2
    left = np.add.outer(start + size * i, one).ravel(), np.add.outer(size * j, one).ravel()
    right = np.add.outer(start + i, size * one).ravel(), np.add.outer(j, size * one).ravel()
    k, i, j = np.nonzero(c)
    first, second = _pairs(k)
    v, start = c[k, i, j], owner[k] * size**2
    row = np.concatenate([left[0], right[0], (start + size * i)[first] + i[second]])
    column = np.concatenate([left[1], right[1], (size * j)[first] + j[second]])
    value = np.concatenate([value, value.conj(), v[first] * v[second].conj()])
    if blocks.numbers < size**2:
        kets, bras = blocks.entries
        place = np.full(size**2, -1)
        place[kets * size + bras] = np.arange(blocks.numbers)
        part, row, column = row // size**2, place[row % size**2], place[column]
        inside = (row >= 0) & (column >= 0)
        row, column = (row + part * blocks.numbers)[inside], column[inside]
        value = value[inside]
    return (row, column, value), effective


def _pairs(groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of places within groups; these are numbered, and one after the other."""
    number = np.bincount(groups)
    start = np.cumsum(number) - number
    mates = number[groups]
    first = np.repeat(np.arange(len(groups)), mates)
    begin = np.repeat(np.cumsum(mates) - mates - start[groups], mates)
    return first, np.arange(len(first)) - begin


def _norm(effective: sp.csr_array | NDArray[Any]) -> float:
    """Bound of the norm of L: ``2 |E| + |sum c†c|`` is at most four times that of E."""
    size = abs(effective)
    return 4.0 * float(max(size.sum(axis=0).max(), size.sum(axis=1).max()))
