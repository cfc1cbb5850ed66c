"""Density matrices under drives and couplings that depend on time.

With ``L(t) = sum_j r_j(t) L_j`` (`darkstate.systems.time_parts`) every L_j is compiled once, as one
matrix on the blocks that all of them keep, and only the numbers r_j change.

A Lindblad evolution brings no two states farther apart, in trace norm. The errors of the steps
therefore add up at most, and their sum bounds the error of every state: the integration is repeated
with a smaller tolerance until that sum is what was asked for.
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
from darkstate.linalg.ode import METHOD, Derivative, integrate
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.time_parts import TimeParts

MODULATED = f"{METHOD} for the generator in time"
_DENSE = 20_000
"""Entries of all parts together up to which they are kept as one dense array."""
_LEAST_STEPS, _STEP = 60.0, 0.25
"""Steps at least, and those for each unit of time over the inverse of the norm of L."""
_STAGES = 12
_OVERHEAD, _ENTRY = 2.5e-5, 1.5e-9
"""Seconds for one derivative, and for every entry of the matrices in it."""
_LOOKS = 65
_SMALL = 16
"""Basis states up to which the matrices are made as they are written."""


@dataclass
class ModulatedGenerator:
    """L(t) on flattened block-diagonal matrices.

    Args:
        blocks: basis states, sorted by the charges that all parts conserve.
        parts: the generator as a sum of constant ones.
        matrices: each of them on the blocks.
        scale: bound of the norm of each.
        applications: how often L was applied.
    """

    blocks: Blocks
    parts: TimeParts
    matrices: tuple[sp.csr_array, ...]
    scales: tuple[float, ...]
    applications: int = field(default=0, init=False)

    @classmethod
    def of(cls, system: OpenSystem, blocks: Blocks) -> ModulatedGenerator:
        """Compile every part of a system on the same blocks."""
        parts = TimeParts.of(system)
        matrices, scales = [], []
        small = blocks.dimension <= _SMALL and not any(f.dicke for f in blocks.factors)
        for part in parts.systems:
            if small:
                matrix, scale = _small(part, blocks)
                matrices.append(matrix)
                scales.append(scale)
                continue
            generator = compiled(part, blocks)
            turn = generator.blocks.turned(np.ones(blocks.numbers, dtype=complex), back=True)
            back = sp.diags_array(turn)  # parts choose phases of their own
            matrices.append(sp.csr_array(back @ generator.matrix @ back.conj()))
            scales.append(generator.scale)
        return cls(blocks, parts, tuple(matrices), tuple(scales))

    def narrowed(self, flat: Flat) -> Flat:
        """States are complex here."""
        return np.asarray(flat, dtype=complex)

    def cost(self, times: Sequence[float]) -> Cost:
        """What an evolution will cost."""
        grid = np.linspace(times[0], times[-1], _LOOKS)
        sizes = np.max(np.abs(self.parts.coefficients(grid)), axis=0)
        scale = float(sizes @ np.array(self.scales))
        steps = _LEAST_STEPS + _STEP * scale * (times[-1] - times[0])
        entries = sum(matrix.nnz for matrix in self.matrices)
        memory = 40.0 * entries + 16.0 * self.blocks.numbers * (len(times) + 30)
        return Cost(memory, 1e-2 + steps * _STAGES * (_OVERHEAD + _ENTRY * entries))

    def evolved(
        self, initial: Flat, times: Sequence[float], accuracy: float
    ) -> tuple[list[Flat], float]:
        """States at `times`, and a bound of their error in trace norm.

        Raises:
            NumericalError: too stiff for the accuracy asked.
        """
        stops = self.parts.stops(times[0], times[-1])
        # root mean square over the entries -> Euclidean norm -> trace norm
        weight = float(np.sqrt(self.blocks.numbers * self.blocks.dimension))
        steps = _LEAST_STEPS
        apply = self._apply()
        while True:
            tolerance = 0.5 * accuracy / (weight * steps)
            found = integrate(apply, self.parts.coefficients, initial, times, stops, tolerance)
            self.applications += found.evaluations
            bound = tolerance * weight * found.steps
            if bound <= accuracy or tolerance < 1e-15:
                break
            steps = 1.5 * found.steps
        states = 0.5 * (found.states + found.states[:, self.blocks.swap].conj())
        traces = states[:, self.blocks.diagonal].sum(axis=1).real
        return list(states * (self.blocks.trace(initial) / traces)[:, None]), bound

    def _apply(self) -> Derivative:
        """``L(t) rho`` from the r_j, with the matrices in the form that is fastest for them."""
        count = self.blocks.numbers
        if len(self.matrices) * count**2 <= _DENSE:
            table = np.array([matrix.toarray().ravel() for matrix in self.matrices])

            def dense(r: NDArray[np.float64], flat: NDArray[Any]) -> NDArray[Any]:
                return (r @ table).reshape(count, count) @ flat

            return dense
        stack = sp.csr_array(sp.vstack(self.matrices))

        def sparse(r: NDArray[np.float64], flat: NDArray[Any]) -> NDArray[Any]:
            return r @ (stack @ flat).reshape(-1, count)

        return sparse


def _small(part: OpenSystem, blocks: Blocks) -> tuple[sp.csr_array, float]:
    """L of a few basis states, and a bound of its norm, without the care that many would need."""
    spaces, dims, size = part.spaces, blocks.dimensions, blocks.dimension
    one = np.eye(size)
    effective = -1j * operator_matrix(part.hamiltonian, spaces, dims).toarray()
    pairs = []
    for jump in part.jumps:
        c = np.sqrt(jump.rate) * operator_matrix(jump.operator, spaces, dims).toarray()
        effective = effective - 0.5 * c.conj().T @ c
        pairs.append((c, c.conj()))
    values, rows, columns = [], [], []
    for left, right in [*pairs, (effective, one), (one, effective.conj())]:
        (i, j), (k, m) = np.nonzero(left), np.nonzero(right)
        values.append(np.multiply.outer(left[i, j], right[k, m]).ravel())
        rows.append(np.add.outer(size * i, k).ravel())
        columns.append(np.add.outer(size * j, m).ravel())
    where = np.concatenate(rows), np.concatenate(columns)
    matrix = sp.csr_array((np.concatenate(values), where), shape=(size**2, size**2))
    if blocks.numbers < size**2:
        kets, bras = blocks.entries
        place = kets * size + bras
        matrix = sp.csr_array(matrix[place][:, place])
    return matrix, 4.0 * float(np.abs(effective).sum(axis=1).max())
