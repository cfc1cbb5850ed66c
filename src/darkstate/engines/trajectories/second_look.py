"""A second look: the first trajectories once more, with fewer Fock states and another step.

They draw the same random numbers, so that they differ by what truncation and step do, and hardly by
chance. With d_i the difference of the two states of trajectory i,

    change = |mean d_i|_F,    noise = sqrt((mean |d_i|^2 - change^2)/(n - 1)).

Fewer Fock states err more, so the change bounds what the truncation of the first look leaves out.
A step of weak order one errs by the change under twice the step, or by twice the change under half
the step (which is taken where times are so close that there is but one step between them). Where
trajectories lose each other (a jump falls on the other side of a choice) the change grows to the
noise; it is then a careful estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from darkstate.engines.trajectories.compile import SystemMatrices
from darkstate.engines.trajectories.diffusion import DOUBLED, HALVED
from darkstate.engines.trajectories.modulated import ModulatedPropagator
from darkstate.engines.trajectories.no_jump import Array, TrajectoryBatch
from darkstate.engines.trajectories.seeds import bridges, streams
from darkstate.engines.trajectories.unravelling import (
    Unravelling,
    batches,
    observed_start,
    pure_start,
    states_at_times,
)
from darkstate.progress import report
from darkstate.states import DensityState, PureState

StatesAtTimes = Iterator[tuple[Array, Array]]
"""Normalised states, one a column, and the currents since the last time, at every time."""
LEAST_KEPT = 0.5
"""Weight of the initial state on fewer Fock states, below which they are no second look."""
LEAST_LOOKED, MOST_LOOKED = (2, 50), 200
"""Trajectories looked at twice: a quarter, but so many matrices or vectors, and so many at most."""


@dataclass(frozen=True)
class TrajectoryRun:
    """Trajectories from a start through a list of times.

    Args:
        matrices: the system.
        unravelling: how they move; says whether columns are vectors or density matrices.
        initial: where they start.
        times: T increasing times.
        entropy: seed of all.
    """

    matrices: SystemMatrices
    unravelling: Unravelling
    initial: PureState | DensityState
    times: Sequence[float]
    entropy: int

    @property
    def size(self) -> int:
        """Numbers of one column."""
        return self.matrices.size ** (2 if self.unravelling.propagator.matrices else 1)

    @property
    def span(self) -> float:
        """From the first time to the last."""
        return self.times[-1] - self.times[0]

    def begin(self, numbers: Sequence[int]) -> tuple[TrajectoryBatch, StatesAtTimes]:
        """Trajectories of these numbers, in one batch."""
        start = observed_start if self.unravelling.propagator.matrices else pure_start
        batch = start(self.initial, streams(self.entropy, numbers), float(self.times[0]))
        if self.unravelling.pace == HALVED:
            batch.bridges = bridges(self.entropy, numbers)
        return batch, states_at_times(self.unravelling, batch, self.times)


@dataclass
class SecondLook:
    """What the second look found.

    Args:
        runs: the trajectories as they are looked at again.
        places: numbers of their basis states among all.
        factor: error of the first look over the change.
        reason: what is different, in words.
        remedy: what to do if the change is large.
        changes: at every time.
        noises: their standard errors.
    """

    runs: TrajectoryRun
    places: Array
    factor: float
    reason: str
    remedy: str
    changes: list[float] = field(default_factory=list)
    noises: list[float] = field(default_factory=list)

    def compare(self, moments: StatesAtTimes, numbers: Sequence[int]) -> StatesAtTimes:
        """The moments as they are, compared one by one."""
        _, again = self.runs.begin(numbers)
        for (x, currents), (y, _) in zip(moments, again, strict=True):
            self.note(*self._change_between(x, y), x.shape[1])
            yield x, currents

    def note(self, change: float, square: float, samples: int) -> None:
        """Keep a change, ``square`` being the mean of ``|d_i|^2``."""
        self.changes.append(change)
        left = max(0.0, square - change**2)
        self.noises.append(np.sqrt(left / (samples - 1)) if samples > 1 else float("inf"))

    def _change_between(self, x: Array, y: Array) -> tuple[float, float]:
        if self.runs.unravelling.propagator.matrices:
            size = round(np.sqrt(len(x)))
            rows = (self.places[:, None] * size + self.places).ravel()
            d = x.copy()
            d[rows] -= y
            mean = float(np.linalg.norm(d.mean(axis=1)))
            return mean, float(np.mean(np.sum(np.abs(d) ** 2, axis=0)))
        kept = x[self.places]
        square = (
            _overlaps(x, x).sum() + _overlaps(y, y).sum() - 2 * _overlaps(kept, y).sum()
        ) / x.shape[1] ** 2
        alike = np.abs(np.einsum("dn,dn->n", kept.conj(), y)) ** 2
        return float(np.sqrt(max(0.0, square))), float(np.mean(2 - 2 * alike))

    @property
    def error(self) -> float:
        """Estimated error of the first look, the largest over all times."""
        return self.factor * max(self.changes)


def _overlaps(x: Array, y: Array) -> Array:
    """``|<x_i|y_j>|^2``."""
    return np.abs(x.conj().T @ y) ** 2


def fewer_levels(matrices: SystemMatrices) -> dict[str, int]:
    """Cut-offs of a second look: less by what one term moves, where two levels are left."""
    found = {k: n - max(2, matrices.degrees[k]) for k, n in matrices.cutoffs.items()}
    return {k: n for k, n in found.items() if n >= 2}


def restrict_state(
    initial: PureState | DensityState, dimensions: Sequence[int], places: Array
) -> PureState | DensityState | None:
    """The state on fewer levels, normalised; None where too little of it is there."""
    if isinstance(initial, PureState):
        vector = initial.vector[places]
        norm = float(np.linalg.norm(vector))
        fits = norm**2 >= LEAST_KEPT
        return PureState(initial.labels, tuple(dimensions), vector / norm) if fits else None
    matrix = np.asarray(initial.matrix)[np.ix_(places, places)]
    trace = float(np.trace(matrix).real)
    fits = trace >= LEAST_KEPT
    return DensityState(initial.labels, tuple(dimensions), matrix / trace) if fits else None


def pace_of(first: TrajectoryRun) -> float:
    """Twice the step costs less than half the step, but needs two of them between times.

    Steps of coefficients in time are always several.

    Where nothing is measured there is no step, and the pace says nothing (`Motion.pace`).
    """
    if isinstance(first.unravelling.propagator, ModulatedPropagator):
        return DOUBLED
    shortest = min(np.diff(first.times), default=0.0)
    return DOUBLED if first.unravelling.steps(shortest) > 1 else HALVED


def second_look(
    first: TrajectoryRun, fewer: SystemMatrices, unravelling: Unravelling
) -> SecondLook | None:
    """How to look again, at a system of `fewer` levels; None if there is nothing to look at."""
    narrower = fewer.size < first.matrices.size
    levels = np.indices(fewer.dimensions).reshape(len(fewer.dimensions), -1)
    places = np.ravel_multi_index(tuple(levels), first.matrices.dimensions)
    initial = restrict_state(first.initial, fewer.dimensions, places)
    if initial is None or not (narrower or unravelling.pace != 1.0):
        return None
    runs = TrajectoryRun(fewer, unravelling, initial, first.times, first.entropy)
    lower = f"lower step (it is {first.unravelling.step:.3g})"
    if unravelling.diffusion is None and isinstance(unravelling.propagator, ModulatedPropagator):
        lower = "tell where coefficients jump, pulses.function(f, stops=[...]), or use Lindblad()"
    ways = [
        ("fewer Fock states", "raise cutoff", narrower),
        ("twice the step", lower, unravelling.pace == DOUBLED),
        ("half the step", lower, unravelling.pace == HALVED),
    ]
    reason = " and ".join(what for what, _, used in ways if used)
    remedy = " and ".join(what for _, what, used in ways if used)
    return SecondLook(runs, places, 2.0 if unravelling.pace == HALVED else 1.0, reason, remedy)


def numbers_looked_at_twice(
    runs: TrajectoryRun, numbers: Sequence[int], size: int, budget: float
) -> Sequence[int]:
    """The trajectories that are looked at twice: the first ones, in one batch."""
    least = LEAST_LOOKED[0 if runs.unravelling.propagator.matrices else 1]
    wanted = min(max(least, len(numbers) // 4), MOST_LOOKED)
    return next(batches(numbers[:wanted], size, budget))


def run_batches(
    runs: TrajectoryRun, look: SecondLook | None, numbers: Sequence[int], budget: float
) -> Iterator[tuple[Sequence[int], TrajectoryBatch, StatesAtTimes]]:
    """All trajectories in batches, the first of which is looked at twice.

    Args:
        runs: the trajectories.
        look: the second look, if there is one.
        numbers: which trajectories.
        budget: bytes for the Taylor series of a batch.
    """
    done = 0
    if look is not None:
        part = numbers_looked_at_twice(runs, numbers, runs.size, budget)
        batch, moments = runs.begin(part)
        moments = look.compare(moments, part)
        yield part, batch, _reported(moments, runs, done, len(part), len(numbers))
        done = len(part)
    for part in batches(numbers[done:], runs.size, budget):
        batch, moments = runs.begin(part)
        yield part, batch, _reported(moments, runs, done, len(part), len(numbers))
        done += len(part)


def _reported(
    moments: StatesAtTimes, runs: TrajectoryRun, done: int, part: int, all_of_them: int
) -> StatesAtTimes:
    """The moments as they are; how far all trajectories are is said at each."""
    for number, moment in enumerate(moments):
        share = done + part * number / max(1, len(runs.times) - 1)
        report(f"{all_of_them} trajectories", share / all_of_them)
        yield moment
