"""Running batches of trajectories through a list of times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from darkstate.engines.trajectories.compile import SystemMatrices, all_seen
from darkstate.engines.trajectories.diffusion import Diffusion
from darkstate.engines.trajectories.modulated import ModulatedPropagator
from darkstate.engines.trajectories.no_jump import (
    REACH,
    Array,
    NoJumpPropagator,
    TrajectoryBatch,
)
from darkstate.linalg.unique import positive_root
from darkstate.states import DensityState, PureState

MOST_PASSES = 1e9
"""Taylor passes or steps beyond which nobody waits for the end."""
LONGEST = 1e13
"""Longest time, in the inverse norm of the generator: rounding leaves two digits of a state."""
TERMS = 24
"""Copies of the states that a Taylor pass holds, for the prediction of memory."""


@dataclass(frozen=True)
class Unravelling:
    """How trajectories move: which channels are seen, and how.

    Args:
        propagator: what is exact.
        diffusion: what is measured step by step, if anything is.
        step: longest step of that; infinite if nothing is.
        jump_rate: a bound of the rate of jumps.
    """

    propagator: NoJumpPropagator
    diffusion: Diffusion | None
    step: float
    jump_rate: float

    def move(self, batch: TrajectoryBatch, duration: float) -> Array:
        """Carry all trajectories over a duration; the integrated currents (m, n)."""
        if self.diffusion is None:
            self.propagator.advance(batch, duration)
            return np.empty((0, len(batch.streams)))
        return self.diffusion.advance(batch, duration, self.steps(duration))

    @property
    def pace(self) -> float:
        """By what steps of a measurement, or of coefficients, are longer than asked for."""
        if self.diffusion is not None:
            return self.diffusion.pace
        return self.propagator.pace if isinstance(self.propagator, ModulatedPropagator) else 1.0

    def steps(self, duration: float) -> int:
        """Steps of a measurement of this duration."""
        return max(1, ceil(duration / self.step - 1e-9))

    def is_endless(self, span: float) -> bool:
        """Whether a time takes too many steps or Taylor passes, or leaves nothing but rounding."""
        size: Any = self.propagator.generator.shape
        turns = span * self.propagator.norm
        passes = 0.0 if self.propagator.is_stored(size[0]) else turns / REACH
        return max(passes, span / self.step) > MOST_PASSES or turns > LONGEST


def pure_unravelling(
    matrices: SystemMatrices, unravelling: str, step: float | None, pace: float = 1.0
) -> Unravelling:
    """State vectors whose average is the master equation, all channels detected in full."""
    if unravelling == "jumps":
        propagator = NoJumpPropagator(matrices.no_jump, matrices.channels, matrices=False)
        return Unravelling(
            propagator, None, float("inf"), matrices.largest_rate(np.ones(len(propagator.jumps)))
        )
    propagator = NoJumpPropagator(-1j * matrices.hamiltonian, (), matrices=False)
    every = all_seen(len(matrices.channels), unravelling)
    seen = SystemMatrices(**{**matrices.__dict__, "monitors": every})
    return _with_diffusion(Diffusion(propagator, seen.quadratures(), pace), step, 0.0)


def observed_unravelling(
    matrices: SystemMatrices, step: float | None, pace: float = 1.0
) -> Unravelling:
    """Density matrices that an observer of the monitors assigns."""
    propagator = NoJumpPropagator(matrices.unseen, matrices.counters(), matrices=True)
    jump_rate = matrices.largest_rate(matrices.share("counting"))
    return _with_diffusion(Diffusion(propagator, matrices.quadratures(), pace), step, jump_rate)


def _with_diffusion(diffusion: Diffusion, step: float | None, jump_rate: float) -> Unravelling:
    if not diffusion.quadratures:
        return Unravelling(diffusion.propagator, None, float("inf"), jump_rate)
    return Unravelling(diffusion.propagator, diffusion, step or diffusion.default_step(), jump_rate)


def pure_start(
    initial: PureState | DensityState, streams: list[np.random.Generator], time: float
) -> TrajectoryBatch:
    """State vectors; a mixed initial state is a sum of the columns of its positive root.

    Column k comes with probability ``rho_kk``. Eigenvectors would do too, but are not unique.
    """
    if isinstance(initial, PureState):
        return TrajectoryBatch(
            np.repeat(initial.vector[:, None], len(streams), axis=1), streams, time
        )
    columns = positive_root(initial.matrix)
    steps = np.cumsum(np.linalg.norm(columns, axis=0) ** 2)
    drawn = np.array([stream.random() for stream in streams]) * steps[-1]
    chosen = columns[:, np.searchsorted(steps, drawn, side="right")]
    return TrajectoryBatch(chosen / np.linalg.norm(chosen, axis=0), streams, time)


def observed_start(
    initial: PureState | DensityState, streams: list[np.random.Generator], time: float
) -> TrajectoryBatch:
    """The same density matrix for every observer, written row by row."""
    state = initial.density() if isinstance(initial, PureState) else initial
    column = np.asarray(state.matrix, dtype=complex).reshape(-1, 1)
    return TrajectoryBatch(np.repeat(column, len(streams), axis=1), streams, time)


def states_at_times(
    unravelling: Unravelling, batch: TrajectoryBatch, times: Sequence[float]
) -> Iterator[tuple[Array, Array]]:
    """At each time the normalised states (D, n) and the currents integrated since the last."""
    propagator = unravelling.propagator
    propagator.start(batch)
    propagator.normalise(batch)
    currents: Any = np.empty((0, len(batch.streams)))
    yield batch.x, currents
    for before, after in pairwise(times):
        currents = unravelling.move(batch, after - before)
        propagator.normalise(batch)
        yield batch.x, currents


def batches(numbers: Sequence[int], size: int, budget: float) -> Iterator[Sequence[int]]:
    """Slices of the trajectories whose Taylor series of `size` numbers each fit into `budget`."""
    length = max(1, int(budget / (16.0 * TERMS * size)))
    for first in range(0, len(numbers), length):
        yield numbers[first : first + length]
