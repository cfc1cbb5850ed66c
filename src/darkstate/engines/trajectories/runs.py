"""Running batches of trajectories through a list of times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from darkstate.checks import check_reals
from darkstate.engines.trajectories.compile import Compiled
from darkstate.engines.trajectories.diffusion import Diffusion
from darkstate.engines.trajectories.flow import REACH, Array, Flow, Walkers
from darkstate.errors import ArgumentError
from darkstate.linalg.unique import positive_root
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import Monitor

MOST_PASSES = 1e9
"""Taylor passes or steps beyond which nobody waits for the end."""
LONGEST = 1e13
"""Longest time, in the inverse norm of the generator: rounding leaves two digits of a state."""
TERMS = 24
"""Copies of the states that a Taylor pass holds, for the prediction of memory."""


def checked_times(times: Sequence[float]) -> list[float]:
    """Times as floats.

    Raises:
        ArgumentError: none, or they are not finite or do not increase.
    """
    rule = "be a list of finite, increasing numbers"
    remedy = "Give for example numpy.linspace(0, 10, 101)."
    array = check_reals("times", times, rule=rule, remedy=remedy)
    fine = array.ndim == 1 and array.size and np.isfinite(array).all()
    if not fine or np.any(np.diff(array) <= 0):
        raise ArgumentError("times", rule, times, remedy)
    return array.tolist()


@dataclass(frozen=True)
class Motion:
    """How trajectories move.

    Args:
        flow: what is exact.
        diffusion: what is measured step by step, if anything is.
        step: longest step of that; infinite if nothing is.
        events: a bound of the rate of jumps.
    """

    flow: Flow
    diffusion: Diffusion | None
    step: float
    events: float

    def move(self, walkers: Walkers, duration: float) -> Array:
        """Carry all trajectories over a duration; the integrated currents (m, n)."""
        if self.diffusion is None:
            self.flow.advance(walkers, duration)
            return np.empty((0, len(walkers.streams)))
        return self.diffusion.advance(walkers, duration, self.steps(duration))

    @property
    def pace(self) -> float:
        """By what steps of a measurement are longer than asked for."""
        return 1.0 if self.diffusion is None else self.diffusion.pace

    def steps(self, duration: float) -> int:
        """Steps of a measurement of this duration."""
        return max(1, ceil(duration / self.step - 1e-9))

    def is_endless(self, span: float) -> bool:
        """Whether a time takes too many steps or Taylor passes, or leaves nothing but rounding."""
        size: Any = self.flow.generator.shape
        turns = span * self.flow.norm
        passes = 0.0 if self.flow.is_stored(size[0]) else turns / REACH
        return max(passes, span / self.step) > MOST_PASSES or turns > LONGEST


def pure_motion(
    matrices: Compiled, unravelling: str, step: float | None, pace: float = 1.0
) -> Motion:
    """State vectors whose average is the master equation, all channels detected in full."""
    if unravelling == "jumps":
        flow = Flow(matrices.no_jump, matrices.channels, matrices=False)
        return Motion(flow, None, float("inf"), matrices.largest_rate(np.ones(len(flow.jumps))))
    flow = Flow(-1j * matrices.hamiltonian, (), matrices=False)
    every = tuple((k, Monitor("all", unravelling)) for k in range(len(matrices.channels)))  # type: ignore[arg-type]
    seen = Compiled(**{**matrices.__dict__, "monitors": every})
    return _diffusing(Diffusion(flow, seen.quadratures(), pace), step, 0.0)


def observed_motion(matrices: Compiled, step: float | None, pace: float = 1.0) -> Motion:
    """Density matrices that an observer of the monitors assigns."""
    flow = Flow(matrices.unseen, matrices.counters(), matrices=True)
    events = matrices.largest_rate(matrices.share("counting"))
    return _diffusing(Diffusion(flow, matrices.quadratures(), pace), step, events)


def _diffusing(diffusion: Diffusion, step: float | None, events: float) -> Motion:
    if not diffusion.quadratures:
        return Motion(diffusion.flow, None, float("inf"), events)
    return Motion(diffusion.flow, diffusion, step or diffusion.default_step(), events)


def pure_start(
    initial: PureState | DensityState, streams: list[np.random.Generator], time: float
) -> Walkers:
    """State vectors; a mixed initial state is a sum of the columns of its positive root.

    Column k comes with probability ``rho_kk``. Eigenvectors would do too, but are not unique.
    """
    if isinstance(initial, PureState):
        return Walkers(np.repeat(initial.vector[:, None], len(streams), axis=1), streams, time)
    columns = positive_root(initial.matrix)
    steps = np.cumsum(np.linalg.norm(columns, axis=0) ** 2)
    drawn = np.array([stream.random() for stream in streams]) * steps[-1]
    chosen = columns[:, np.searchsorted(steps, drawn, side="right")]
    return Walkers(chosen / np.linalg.norm(chosen, axis=0), streams, time)


def observed_start(
    initial: PureState | DensityState, streams: list[np.random.Generator], time: float
) -> Walkers:
    """The same density matrix for every observer, written row by row."""
    state = initial.density() if isinstance(initial, PureState) else initial
    column = np.asarray(state.matrix, dtype=complex).reshape(-1, 1)
    return Walkers(np.repeat(column, len(streams), axis=1), streams, time)


def through(
    motion: Motion, walkers: Walkers, times: Sequence[float]
) -> Iterator[tuple[Array, Array]]:
    """At each time the normalised states (D, n) and the currents integrated since the last."""
    flow = motion.flow
    flow.start(walkers)
    flow.normalise(walkers)
    currents: Any = np.empty((0, len(walkers.streams)))
    yield walkers.x, currents
    for before, after in pairwise(times):
        currents = motion.move(walkers, after - before)
        flow.normalise(walkers)
        yield walkers.x, currents


def batches(numbers: Sequence[int], size: int, budget: float) -> Iterator[Sequence[int]]:
    """Slices of the trajectories whose Taylor series of `size` numbers each fit into `budget`."""
    length = max(1, int(budget / (16.0 * TERMS * size)))
    for first in range(0, len(numbers), length):
        yield numbers[first : first + length]
