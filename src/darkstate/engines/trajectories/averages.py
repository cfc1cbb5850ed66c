"""Averages over trajectories as they come: of states at times, and over a stationary window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.engines.trajectories.compile import SystemMatrices
from darkstate.engines.trajectories.ensemble import sampling_error
from darkstate.engines.trajectories.no_jump import Array
from darkstate.engines.trajectories.second_look import (
    SecondLook,
    TrajectoryRun,
    numbers_looked_at_twice,
)
from darkstate.engines.trajectories.unravelling import TERMS, batches
from darkstate.states import DensityState

SAMPLES = 200
"""Times at which a stationary run is looked at."""


@dataclass
class Average:
    """Running sums of density matrices, one for each time.

    Args:
        total: (T, D, D) sums of normalised states.
        purity: (T,) sums of their purities.
        samples: (T,) how many were added.
    """

    total: Array
    purity: Array
    samples: Array

    @classmethod
    def empty(cls, times: int, size: int) -> Average:
        """Nothing added yet."""
        total = np.zeros((times, size, size), dtype=complex)
        return cls(total, np.zeros(times), np.zeros(times, dtype=int))

    def add(self, moment: int, x: Array) -> None:
        """Add pure states, the columns of x."""
        self.total[moment] += x @ x.conj().T
        self.purity[moment] += x.shape[1]
        self.samples[moment] += x.shape[1]

    def add_matrix(self, moment: int, rho: Array) -> None:
        """Add one density matrix."""
        self.total[moment] += rho
        self.purity[moment] += float(np.sum(np.abs(rho) ** 2))
        self.samples[moment] += 1

    def mean(self, moment: int) -> Any:
        """The average matrix."""
        return self.total[moment] / self.samples[moment]

    def state(self, matrices: SystemMatrices, moment: int) -> DensityState:
        """The average state."""
        return DensityState(matrices.labels, matrices.dimensions, self.mean(moment))

    def square(self, moment: int) -> float:
        """The mean of the squared Frobenius norms."""
        return float(self.purity[moment] / self.samples[moment])

    def error(self, moment: int) -> float:
        """Its standard error in the Frobenius norm."""
        return sampling_error(self.mean(moment), self.square(moment), int(self.samples[moment]))

    def largest_error(self) -> float:
        """The largest over all times."""
        return max(self.error(k) for k in range(len(self.samples)))

    def margin(self) -> float:
        """The smallest eigenvalue at any time."""
        return min(float(np.linalg.eigvalsh(self.mean(k))[0]) for k in range(len(self.samples)))

    def diagonals(self) -> Array:
        """(T, D) populations of the basis states."""
        return np.real(np.diagonal(self.total, axis1=1, axis2=2)) / self.samples[:, None]


@dataclass(frozen=True)
class StationaryAverage:
    """A stationary average, and how its halves differ.

    Args:
        whole: of the window (one moment), a sample a trajectory.
        difference: second half minus first half.
    """

    whole: Average
    difference: Average

    @classmethod
    def empty(cls, size: int) -> StationaryAverage:
        """Nothing added yet."""
        return cls(Average.empty(1, size), Average.empty(1, size))

    def add(self, halves: Array) -> None:
        """Add trajectories by the averages (2, n, D, D) over their halves."""
        for early, late in zip(*halves, strict=True):
            self.whole.add_matrix(0, 0.5 * (early + late))
            self.difference.add_matrix(0, late - early)

    def drift(self) -> tuple[float, float]:
        """Distance between the halves, and its standard error."""
        return float(np.linalg.norm(self.difference.mean(0))), self.difference.error(0)

    def apart(self, other: StationaryAverage) -> tuple[float, float]:
        """Distance from another average, and its standard error."""
        distance = float(np.linalg.norm(self.whole.mean(0) - other.whole.mean(0)))
        return distance, float(np.hypot(self.whole.error(0), other.whole.error(0)))


def window_times(burn_in: float, duration: float) -> list[float]:
    """Times of a stationary run; the last `SAMPLES` of them are the window."""
    window = np.linspace(burn_in, burn_in + duration, SAMPLES).tolist()
    return [0.0, *window] if burn_in > 0 else window


def stationary_average(
    runs: TrajectoryRun, look: SecondLook | None, numbers: Sequence[int], budget: float
) -> StationaryAverage:
    """The average of trajectories; some of them are compared with their second look."""
    found = StationaryAverage.empty(runs.matrices.size)
    size = max(runs.size, 2 * runs.size**2 // TERMS)  # both halves of every trajectory are held
    done = 0
    if look is not None:
        part = numbers_looked_at_twice(runs, numbers, size, budget)
        halves, again = _halves(runs, part), _halves(look.runs, part)
        found.add(halves)
        _compare(look, halves.mean(axis=0), again.mean(axis=0))
        done = len(part)
    for part in batches(numbers[done:], size, budget):
        found.add(_halves(runs, part))
    return found


def _halves(runs: TrajectoryRun, numbers: Sequence[int]) -> Array:
    """(2, n, D, D): averages over the halves of the window for every trajectory."""
    size = runs.matrices.size
    sums = np.zeros((2, len(numbers), size, size), dtype=complex)
    _, moments = runs.begin(numbers)
    first = len(runs.times) - SAMPLES
    for moment, (x, _) in enumerate(moments):
        if moment >= first:
            half = int(moment - first >= SAMPLES // 2)
            sums[half] += np.einsum("in,jn->nij", x, x.conj()) / (SAMPLES // 2)
    return sums


def _compare(look: SecondLook, averages: Array, again: Array) -> None:
    """Note the change of averages (n, D, D) over the window."""
    d = averages.copy()
    d[:, look.places[:, None], look.places] -= again
    square = float(np.mean(np.sum(np.abs(d) ** 2, axis=(1, 2))))
    look.note(float(np.linalg.norm(d.mean(axis=0))), square, len(d))
