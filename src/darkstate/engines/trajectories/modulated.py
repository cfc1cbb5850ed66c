"""Trajectories under drives and couplings that depend on time.

A step of length h is two half steps, each with a generator that does not change, so that waiting
times stay exact within them (`no_jump.py`). With ``K_1, K_2`` at the Gauss points of the step,

    exp(h (a_2 K_1 + a_1 K_2)) exp(h (a_1 K_1 + a_2 K_2)),   a_1, a_2 = (3 +- 2 sqrt 3)/12,

is of order four; jump operators are those in the middle of each half step. Steps end at the stops
of the coefficients, and are halved until the two Gauss points tell the means and the first moments
of all coefficients over a step as eight do. A second look merges two steps to one
(`second_look.py`): the difference is what is left of their error.

Under diffusive detection only what it does not see is left to these steps: the Hamiltonian, and for
density matrices what is lost or counted. Quadratures are those in the middle of each step of the
measurement, which does not cross a stop.

Source: Blanes and Moan, Appl. Numer. Math. 56, 1519 (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import ceil, prod, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.trajectories.compile import NOTHING, SystemMatrices, lifted
from darkstate.engines.trajectories.diffusion import DOUBLED, Diffusion
from darkstate.engines.trajectories.no_jump import (
    REACH,
    Array,
    NoJumpPropagator,
    TrajectoryBatch,
    norm_bound,
)
from darkstate.errors import CapacityError
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.pulses import Pulse
from darkstate.systems.time_parts import TimeParts

Channel = tuple[tuple[Pulse | None, sp.csr_array], ...]
"""Parts of a jump: a pulse (None for 1) and a matrix each."""
_A = (3 + 2 * sqrt(3)) / 12, (3 - 2 * sqrt(3)) / 12
_NODES = np.array([0.5 - sqrt(3) / 6, 0.5 + sqrt(3) / 6])
_FINE, _WEIGHTS = (x / 2 for x in np.polynomial.legendre.leggauss(8))
"""More points of a step of length one, around its middle, and their weights."""
_MISSED = 1e-6
"""What all steps together may miss of the coefficients, times the norms of what they multiply."""
_SHARE = 1e-3
"""Of it a step may miss, however short it is."""
_FEWEST, _MOST_STEPS = 4, 200_000
"""Steps from one stop to the next."""
_SHORTEST = 1e-6
"""Of the time between stops: a step as short, across a jump that nobody told, is kept."""


def bounding_system(system: OpenSystem, times: Sequence[float]) -> OpenSystem:
    """A constant system with every pulse at its largest: for sizes, names and bounds of rates."""
    grid = TimeParts.of(system).looks(times[0], times[-1])

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
        effective: ``-i H_j - (1/2) sum c†c`` of each of them, or what it does to density matrices
            besides what is seen.
        channels: for every jump its parts, a pulse (None for 1) and a matrix each, and how much of
            its light is seen.
        stops: times that no step may cross.
        span: from the first time to the last.
        pace: steps are this much longer, 1 or 2.
        fewest: steps from one stop to the next, at least.
    """

    parts: TimeParts | None = None
    effective: tuple[sp.csr_array, ...] = ()
    channels: tuple[tuple[Channel, float], ...] = ()
    stops: tuple[float, ...] = ()
    span: float = 0.0
    pace: float = 1.0
    fewest: int = _FEWEST

    @classmethod
    def of(
        cls,
        system: OpenSystem,
        matrices: SystemMatrices,
        bound: NoJumpPropagator,
        times: Sequence[float],
        pace: float,
        measured: bool = False,
    ) -> ModulatedPropagator:
        """The propagator of a system over `times`; `bound` is that of the bounding system.

        Where states are vectors, only the Hamiltonian moves those of a `measured` system: all its
        jumps are seen otherwise.
        """
        channels = modulated_channels(system, matrices.dimensions)
        parts = TimeParts.of(system)
        stops = tuple(parts.stops(times[0], times[-1]))  # of what is seen, too
        if bound.matrices:
            parts, effective = _unseen(system, matrices)
            counted = [(k, m.efficiency) for k, m in matrices.monitors if m.kind == "counting"]
            jumps = tuple((channels[k], efficiency) for k, efficiency in counted)
        else:
            made = [_no_jump(part, matrices.dimensions) for part in parts.systems]
            effective = tuple(H if measured else sp.csr_array(H + K) for H, K in made)
            jumps = () if measured else tuple((channel, 1.0) for channel in channels)
        return cls(
            bound.generator, bound.jumps, bound.matrices, {}, parts, effective,
            jumps, stops, times[-1] - times[0], pace, 1 if measured else _FEWEST,
        )  # fmt: skip

    def advance(self, batch: TrajectoryBatch, duration: float) -> None:
        """Carry all trajectories over `duration`, jumps included."""
        begin, end = batch.time, batch.time + duration
        ends = [begin, *(t for t in self.stops if begin < t < end), end]
        for start, stop in pairwise(ends):
            edges = self._steps(start, stop)
            if self.pace == DOUBLED:
                edges = np.append(edges[:-1:2], stop)
            for a, b in pairwise(edges.tolist()):
                self._advance_step(batch, a, b - a)
        batch.time = end

    @cached_property
    def _norms(self) -> NDArray[np.float64]:
        """Bounds of the norms of the `effective`."""
        return np.array([norm_bound(part) for part in self.effective])

    def _steps(self, start: float, stop: float) -> NDArray[np.float64]:
        """Ends of the steps from one stop to the next.

        Raises:
            CapacityError: too many.
        """
        edges = np.linspace(start, stop, self.fewest + 1)
        while True:
            lengths = np.diff(edges)
            missed = self._missed(edges[:-1], lengths)
            allowed = _MISSED * np.maximum(_SHARE, lengths / max(self.span, stop - start))
            rough = (missed > allowed) & (lengths > _SHORTEST * (stop - start))
            if not rough.any():
                return edges
            edges = np.sort(np.concatenate([edges, (edges[:-1] + 0.5 * lengths)[rough]]))
            if len(edges) > _MOST_STEPS:
                raise CapacityError(
                    f"Trajectories would take more than {_MOST_STEPS} steps from t = {start:g} to "
                    f"{stop:g}, as coefficients change so fast.",
                    "Use a frame in which they are slow, shorter times, or Lindblad().",
                )

    def _missed(
        self, starts: NDArray[np.float64], lengths: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What two points of each step miss of the mean and the first moment of coefficients."""
        assert self.parts is not None
        coefficients = self.parts.coefficients

        def at(nodes: NDArray[np.float64]) -> NDArray[np.float64]:
            times = starts[:, None] + lengths[:, None] * nodes
            return coefficients(times.ravel()).reshape(*times.shape, -1)

        two, many = at(_NODES), at(0.5 + _FINE)
        mean = two.mean(axis=1) - np.einsum("k,skj->sj", _WEIGHTS, many)
        turn = (two[:, 1] - two[:, 0]) / (12 * (_NODES[1] - _NODES[0]))
        turn = turn - np.einsum("k,skj->sj", _WEIGHTS * _FINE, many)
        return lengths * ((np.abs(mean) + np.abs(turn)) @ self._norms)

    def _advance_step(self, batch: TrajectoryBatch, start: float, length: float) -> None:
        assert self.parts is not None
        first, second = self.parts.coefficients(start + length * _NODES)
        for k, (a, b) in enumerate((_A, _A[::-1])):
            r = 2 * a * first + 2 * b * second
            middle = start + (0.25 + 0.5 * k) * length
            jumps = self._jumps_at(middle)
            half = NoJumpPropagator(_combined(r, self.effective), jumps, self.matrices)
            if not self.channels and 0.5 * length * half.norm <= REACH:
                batch.x = sum(half.series(batch.x, 0.5 * length))
                batch.time += 0.5 * length
            else:
                half.advance(batch, 0.5 * length)

    def _jumps_at(self, time: float) -> tuple[sp.csr_array, ...]:
        found = [(_at(time, channel), share) for channel, share in self.channels]
        if self.matrices:
            return tuple(sp.csr_array(share * sp.kron(c, c.conj())) for c, share in found)
        return tuple(c for c, _ in found)  # vectors see all of the light


@dataclass(frozen=True)
class ModulatedDiffusion(Diffusion):
    """Many states under continuous measurement, where anything depends on time.

    `quadratures` are those of the bounding system: they tell the step.

    Args:
        phases: of every quadrature its channel, and the factor in front of it.
        channels: for every jump its parts, as of the propagator.
        stops: times that no step may cross.
    """

    phases: tuple[tuple[int, complex], ...] = ()
    channels: tuple[Channel, ...] = ()
    stops: tuple[float, ...] = ()

    def advance(self, batch: TrajectoryBatch, duration: float, steps: int) -> Array:
        """Carry all trajectories over `duration`; the integrated currents, shape (m, n)."""
        begin, end = batch.time, batch.time + duration
        ends = [begin, *(t for t in self.stops if begin < t < end), end]
        total = np.zeros((len(self.quadratures), len(batch.streams)))
        for start, stop in pairwise(ends):
            count = max(_FEWEST, ceil(steps * (stop - start) / duration - 1e-9))
            total += super().advance(batch, stop - start, count)
            batch.time = stop
        return total

    def step(self, batch: TrajectoryBatch, dt: float, noise: Array) -> Array:
        """One step with the Wiener increments `noise`; both have shape (m, n)."""
        return self._measuring(batch.time + 0.5 * dt).step(batch, dt, noise)

    def _measuring(self, time: float) -> Diffusion:
        if all(f is None for parts in self.channels for f, _ in parts):
            return self._steady
        channels = [_at(time, parts) for parts in self.channels]
        return Diffusion(self.propagator, tuple(phase * channels[k] for k, phase in self.phases))

    @cached_property
    def _steady(self) -> Diffusion:
        """Where no coupling is modulated, quadratures stay what they are."""
        return Diffusion(self.propagator, self.quadratures)


def _no_jump(part: OpenSystem, dims: tuple[int, ...]) -> tuple[sp.csr_array, sp.csr_array]:
    """``-i H`` and ``-(1/2) sum c†c``."""

    def matrix(operator: OperatorSum) -> sp.csr_array:
        return operator_matrix(operator, part.spaces, dims)

    decay: Any = sp.csr_array((prod(dims),) * 2, dtype=complex)
    for jump in part.jumps:
        c = matrix(jump.operator)
        decay = decay - 0.5 * jump.rate * (c.conj().T @ c)
    return sp.csr_array(-1j * matrix(part.hamiltonian)), sp.csr_array(decay)


def _unseen(
    system: OpenSystem, matrices: SystemMatrices
) -> tuple[TimeParts, tuple[sp.csr_array, ...]]:
    """``rho`` while nothing is counted, without what diffusive detectors do, as parts.

    What is lost jumps unseen; what is counted only fades.
    """
    shares, counted = matrices.share("homodyne", "heterodyne"), matrices.share("counting")
    number = {name: k for k, name in enumerate(matrices.names)}

    def dimmed(left: NDArray[np.float64]) -> tuple[Jump, ...]:
        """The jumps with what is left of their light."""
        found = []
        for k, jump in enumerate(system.jumps):
            place = number.get(jump.name or f"jump {k + 1}")
            if place is not None and left[place] > NOTHING:
                found.append(replace(jump, rate=jump.rate * float(left[place])))
        return tuple(found)

    lost = replace(system, jumps=dimmed(1.0 - shares - counted), monitors=())
    seen = OpenSystem(system.spaces, jumps=dimmed(counted))
    first, second = TimeParts.of(lost), TimeParts.of(seen)
    effective = []
    for part in first.systems:
        H, K = _no_jump(part, matrices.dimensions)
        total: Any = lifted(sp.csr_array(H + K))
        for jump in part.jumps:
            c = operator_matrix(jump.operator, part.spaces, matrices.dimensions)
            total = total + jump.rate * sp.kron(c, c.conj())
        effective.append(sp.csr_array(total))
    effective += [lifted(_no_jump(part, matrices.dimensions)[1]) for part in second.systems]
    joined = TimeParts(
        first.systems + second.systems,
        first.terms + second.terms,
        tuple(dict.fromkeys(first.pulses + second.pulses)),
        first.named,
    )
    return joined, tuple(effective)


def modulated_channels(system: OpenSystem, dims: tuple[int, ...]) -> tuple[Channel, ...]:
    """For every jump its parts, a pulse (None for 1) and a matrix each."""

    def matrix(operator: OperatorSum, rate: float) -> sp.csr_array:
        return sp.csr_array(sqrt(rate) * operator_matrix(operator, system.spaces, dims))

    watched = {monitor.channel for monitor in system.monitors}
    kept = [j for j in system.jumps if j.rate or (j.name and j.name in watched)]
    return tuple(tuple((f, matrix(c, jump.rate)) for f, c in jump.parts) for jump in kept)


def _at(time: float, parts: Channel) -> sp.csr_array:
    """A modulated operator at one time."""
    now = np.array([time])
    values = [1.0 if f is None else complex(f(now)[0]) for f, _ in parts]
    return _combined(values, [c for _, c in parts])


def _combined(weights: Any, matrices: Sequence[sp.csr_array]) -> sp.csr_array:
    total: Any = sp.csr_array(matrices[0].shape, dtype=complex)
    for weight, matrix in zip(weights, matrices, strict=True):
        if weight:
            total = total + weight * matrix
    return sp.csr_array(total)
