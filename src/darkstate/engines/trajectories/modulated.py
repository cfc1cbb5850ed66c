"""Trajectories under drives and couplings that depend on time.

A step of length h is two half steps, each with a generator that does not change, so that waiting
times stay exact within them (`no_jump.py`). With ``K_1, K_2`` at the Gauss points of the step,

    exp(h (a_2 K_1 + a_1 K_2)) exp(h (a_1 K_1 + a_2 K_2)),   a_1, a_2 = (3 +- 2 sqrt 3)/12,

is of order four; jump operators are those in the middle of each half step. Steps are a fraction of
the time in which the coefficients change, and end at their stops.

Source: Blanes and Moan, Appl. Numer. Math. 56, 1519 (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

from darkstate.engines.trajectories.no_jump import NoJumpPropagator, TrajectoryBatch
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.pulses import Pulse
from darkstate.systems.time_parts import TimeParts

_A = (3 + 2 * sqrt(3)) / 12, (3 - 2 * sqrt(3)) / 12
_NODES = np.array([0.5 - sqrt(3) / 6, 0.5 + sqrt(3) / 6])
_STEP = 0.05
"""Of the time in which a coefficient changes by as much as it ever does."""
_LOOKS = 2049
_MOST_STEPS = 10_000


def bounding_system(system: OpenSystem, times: Sequence[float]) -> OpenSystem:
    """A constant system with every pulse at its largest: for sizes, names and bounds of rates."""
    grid = np.linspace(times[0], times[-1], _LOOKS)

    def largest(pulse: Pulse | None) -> float:
        return 1.0 if pulse is None else float(np.abs(pulse(grid)).max())

    hamiltonian = system.hamiltonian
    for drive in system.drives:
        term = drive.operator * largest(drive.coefficient)
        hamiltonian = hamiltonian + (term if drive.hermitian else term + term.adjoint())
    jumps = []
    for jump in system.jumps:
        operator = OperatorSum()
        for f, c in jump.parts:
            operator = operator + c * largest(f)
        jumps.append(Jump(operator, jump.rate, jump.name, jump.each_atom))
    return OpenSystem(system.spaces, hamiltonian, tuple(jumps), system.monitors)


@dataclass(frozen=True)
class ModulatedPropagator(NoJumpPropagator):
    """The evolution of state vectors between and at jumps, in steps of constant generators.

    `generator` is that of the bounding system: it tells sizes and norms.

    Args:
        parts: the generator as a sum of constant ones.
        effective: ``-i H_j - (1/2) sum c†c`` of each of them.
        channels: for every jump its parts, a pulse (None for 1) and a matrix each.
        stops: times that no step may cross.
        step: the longest step.
    """

    parts: TimeParts | None = None
    effective: tuple[sp.csr_array, ...] = ()
    channels: tuple[tuple[tuple[Pulse | None, sp.csr_array], ...], ...] = ()
    stops: tuple[float, ...] = ()
    step: float = np.inf

    @classmethod
    def of(
        cls,
        system: OpenSystem,
        dims: tuple[int, ...],
        bound: NoJumpPropagator,
        times: Sequence[float],
    ) -> ModulatedPropagator:
        """The propagator of a system over `times`; `bound` is that of the bounding system."""
        parts = TimeParts.of(system)

        def matrix(operator: OperatorSum) -> sp.csr_array:
            return operator_matrix(operator, system.spaces, dims)

        effective = []
        for part in parts.systems:
            total: Any = -1j * matrix(part.hamiltonian)
            for jump in part.jumps:
                c = matrix(jump.operator)
                total = total - 0.5 * jump.rate * (c.conj().T @ c)
            effective.append(sp.csr_array(total))
        watched = {monitor.channel for monitor in system.monitors}
        kept = [j for j in system.jumps if j.rate or (j.name and j.name in watched)]
        channels = tuple(
            tuple((f, sp.csr_array(sqrt(jump.rate) * matrix(c))) for f, c in jump.parts)
            for jump in kept
        )
        grid = np.linspace(times[0], times[-1], _LOOKS)
        values = parts.coefficients(grid)
        slopes = np.abs(np.diff(values, axis=0)).max(axis=0) / (grid[1] - grid[0] or 1.0)
        ranges = np.ptp(values, axis=0)
        scales = [r / s for r, s in zip(ranges, slopes, strict=True) if s > 0.0]
        span = times[-1] - times[0]
        step = max(_STEP * min(scales, default=np.inf), span / _MOST_STEPS)
        stops = tuple(parts.stops(times[0], times[-1]))
        return cls(
            bound.generator, bound.jumps, False, {}, parts, tuple(effective), channels, stops, step
        )

    def advance(self, batch: TrajectoryBatch, duration: float) -> None:
        """Carry all trajectories over `duration`, jumps included."""
        begin, end = batch.time, batch.time + duration
        ends = [begin, *(t for t in self.stops if begin < t < end), end]
        for start, stop in pairwise(ends):
            count = max(1, ceil((stop - start) / self.step - 1e-9))
            length = (stop - start) / count
            for k in range(count):
                self._advance_step(batch, start + k * length, length)
        batch.time = end

    def _advance_step(self, batch: TrajectoryBatch, start: float, length: float) -> None:
        assert self.parts is not None
        first, second = self.parts.coefficients(start + length * _NODES)
        for k, (a, b) in enumerate((_A, _A[::-1])):
            r = 2 * a * first + 2 * b * second
            middle = start + (0.25 + 0.5 * k) * length
            half = NoJumpPropagator(_combined(r, self.effective), self._jumps_at(middle), False)
            half.advance(batch, 0.5 * length)

    def _jumps_at(self, time: float) -> tuple[sp.csr_array, ...]:
        now = np.array([time])
        found = []
        for parts in self.channels:
            values = [1.0 if f is None else complex(f(now)[0]) for f, _ in parts]
            found.append(_combined(values, [c for _, c in parts]))
        return tuple(found)


def _combined(weights: Any, matrices: Sequence[sp.csr_array]) -> sp.csr_array:
    total: Any = sp.csr_array(matrices[0].shape, dtype=complex)
    for weight, matrix in zip(weights, matrices, strict=True):
        if weight:
            total = total + weight * matrix
    return sp.csr_array(total)
