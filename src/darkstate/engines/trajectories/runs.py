"""Running batches of trajectories through a list of times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np

from darkstate.engines.trajectories.compile import Compiled
from darkstate.engines.trajectories.diffusion import Diffusion
from darkstate.engines.trajectories.flow import Array, Flow, Walkers
from darkstate.errors import ArgumentError, check_reals
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import Monitor

Move = Callable[[Walkers, float], Array]
"""Carries all trajectories over a duration; returns the integrated currents (m, n)."""

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


def pure_move(matrices: Compiled, unravelling: str, step: float | None) -> tuple[Flow, Move]:
    """State vectors whose average is the master equation, all channels detected in full."""
    if unravelling == "jumps":
        flow = Flow(matrices.no_jump, matrices.channels, matrices=False)
        return flow, _jumping(flow)
    flow = Flow(-1j * matrices.hamiltonian, (), matrices=False)
    every = tuple((k, Monitor("all", unravelling)) for k in range(len(matrices.channels)))  # type: ignore[arg-type]
    seen = Compiled(**{**matrices.__dict__, "monitors": every})
    return flow, _diffusing(Diffusion(flow, seen.quadratures()), step)


def observed_move(matrices: Compiled, step: float | None) -> tuple[Flow, Move]:
    """Density matrices that an observer of the monitors assigns."""
    flow = Flow(matrices.unseen, matrices.counters(), matrices=True)
    quadratures = matrices.quadratures()
    if not quadratures:
        return flow, _jumping(flow)
    return flow, _diffusing(Diffusion(flow, quadratures), step)


def _jumping(flow: Flow) -> Move:
    def move(walkers: Walkers, duration: float) -> Array:
        flow.advance(walkers, duration)
        return np.empty((0, len(walkers.streams)))

    return move


def _diffusing(diffusion: Diffusion, step: float | None) -> Move:
    if not diffusion.quadratures:  # a closed system
        return _jumping(diffusion.flow)
    longest = step or diffusion.default_step()

    def move(walkers: Walkers, duration: float) -> Array:
        steps = max(1, ceil(duration / longest - 1e-9))
        return diffusion.advance(walkers, duration, steps)

    return move


def pure_start(
    initial: PureState | DensityState, streams: list[np.random.Generator], time: float
) -> Walkers:
    """State vectors; a mixed initial state is sampled from its eigenvectors."""
    if isinstance(initial, PureState):
        return Walkers(np.repeat(initial.vector[:, None], len(streams), axis=1), streams, time)
    weights, vectors = np.linalg.eigh(initial.matrix)
    steps = np.cumsum(np.clip(weights, 0.0, None))
    drawn = np.array([stream.random() for stream in streams]) * steps[-1]
    return Walkers(vectors[:, np.searchsorted(steps, drawn, side="right")], streams, time)


def observed_start(
    initial: PureState | DensityState, streams: list[np.random.Generator], time: float
) -> Walkers:
    """The same density matrix for every observer, written row by row."""
    state = initial.density() if isinstance(initial, PureState) else initial
    column = np.asarray(state.matrix, dtype=complex).reshape(-1, 1)
    return Walkers(np.repeat(column, len(streams), axis=1), streams, time)


def through(
    flow: Flow, move: Move, walkers: Walkers, times: Sequence[float]
) -> Iterator[tuple[Array, Array]]:
    """At each time the normalised states (D, n) and the currents integrated since the last."""
    flow.start(walkers)
    flow.normalise(walkers)
    currents: Any = np.empty((0, len(walkers.streams)))
    yield walkers.x, currents
    for before, after in pairwise(times):
        currents = move(walkers, after - before)
        flow.normalise(walkers)
        yield walkers.x, currents


def batches(numbers: Sequence[int], size: int, budget: float) -> Iterator[Sequence[int]]:
    """Slices of the trajectories whose Taylor series of `size` numbers each fit into `budget`."""
    length = max(1, int(budget / (16.0 * TERMS * size)))
    for first in range(0, len(numbers), length):
        yield numbers[first : first + length]
