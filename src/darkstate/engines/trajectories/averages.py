"""Averages over trajectories as they come, and what is reported of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.engines.trajectories.compile import Compiled
from darkstate.engines.trajectories.ensemble import sampling_error
from darkstate.engines.trajectories.flow import Array, Walkers
from darkstate.engines.trajectories.seeds import provenance_of
from darkstate.results import Report, Status
from darkstate.results.report import versions
from darkstate.states import DensityState

if TYPE_CHECKING:
    from darkstate.engines.trajectories.engine import Trajectories

Run = tuple[Walkers, Iterator[Array]]
"""A batch of walkers and their normalised vectors (D, n) at all times."""

LARGEST_MOVE = 0.2
"""Step times largest measured rate beyond which averages are suspect; the default is 0.05."""


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

    def state(self, matrices: Compiled, moment: int) -> DensityState:
        """The average state."""
        return DensityState(matrices.labels, matrices.dimensions, self.mean(moment))

    def error(self, moment: int) -> float:
        """Its standard error in the Frobenius norm."""
        count = int(self.samples[moment])
        return sampling_error(self.mean(moment), self.purity[moment] / count, count)


@dataclass(frozen=True)
class WindowAverage:
    """A stationary average and a check of stationarity.

    Args:
        average: of the whole window (one moment), a sample a trajectory.
        moved: distance between the averages of the two halves, in the Frobenius norm.
        noise: standard error of their difference.
    """

    average: Average
    moved: float
    noise: float


def window_average(
    runs: Iterable[Run], matrices: Compiled, first: int, samples: int
) -> WindowAverage:
    """Average from moment `first` on, trajectory by trajectory, over `samples` moments."""
    size = matrices.size
    whole, difference = Average.empty(1, size), Average.empty(1, size)
    for _, moments in runs:
        sums: Array = None
        for moment, x in enumerate(moments):
            if sums is None:
                sums = np.zeros((2, x.shape[1], size, size), dtype=complex)
            if moment >= first:
                half = int(moment - first >= samples // 2)
                sums[half] += np.einsum("in,jn->nij", x, x.conj()) / (samples // 2)
        for early, late in zip(*sums, strict=True):
            whole.add_matrix(0, 0.5 * (early + late))
            difference.add_matrix(0, late - early)
    moved = float(np.linalg.norm(difference.mean(0)))
    return WindowAverage(whole, moved, difference.error(0))


def report_of(
    engine: Trajectories,
    matrices: Compiled,
    average: Average,
    entropy: int,
    numbers: Sequence[int],
) -> Report:
    """What is known about averages: the sampling error first of all."""
    error = max(average.error(k) for k in range(len(average.samples)))
    names = ("trajectories", "unravelling", "step", "cutoff", "burn_in", "duration")
    options = {name: getattr(engine, name) for name in names}
    sampled = (
        f"average of {len(numbers)} trajectories; the error estimate is one standard deviation of "
        "the state in the Frobenius norm"
    )
    seeds = provenance_of(entropy, numbers)
    return Report(
        engine=engine.name,
        method=engine.unravelling,
        status=Status.CONVERGED,
        error_estimate=error,
        margin=float(np.linalg.eigvalsh(average.mean(-1))[0]),
        truncation=_edges(matrices, average),
        structure=(sampled,),
        warnings=_step_warning(engine, matrices),
        provenance={"engine options": options, "versions": versions(), **seeds},
    )


def _step_warning(engine: Trajectories, matrices: Compiled) -> tuple[str, ...]:
    """A diffusive step on which the measurement changes a state by more than a part of itself."""
    if engine.unravelling == "jumps" or engine.step is None or not matrices.channels:
        return ()
    strength = sum(c.conj().T @ c for c in matrices.channels[1:])
    strength = strength + matrices.channels[0].conj().T @ matrices.channels[0]
    largest = float(abs(strength).sum(axis=1).max())
    if engine.step * largest <= LARGEST_MOVE:
        return ()
    return (
        f"step {engine.step:g} is too long for measured rates of up to {largest:.3g}: lower it to "
        f"{LARGEST_MOVE / largest:.2g} or less, or leave it out",
    )


def judged(report: Report, edge: float) -> Report:
    """The report, `suspect` where a warning or a full Fock edge stands against it."""
    full = tuple(
        f"{name} holds {value:.3g}: raise cutoff"
        for name, value in report.truncation.items()
        if value > edge
    )
    warnings = report.warnings + full
    return report.with_(status=Status.SUSPECT if warnings else report.status, warnings=warnings)


def _edges(matrices: Compiled, average: Average) -> dict[str, float]:
    """Largest population over time of the two highest Fock states of each mode.

    Of two, because two-photon processes leave one parity empty.
    """
    found = {}
    for k in range(len(average.samples)):
        populations = np.real(np.diagonal(average.mean(k))).reshape(matrices.dimensions)
        for label in matrices.modes:
            axis = matrices.labels.index(label)
            ends = (-2, -1) if populations.shape[axis] > 3 else (-1,)
            last = [float(np.take(populations, at, axis=axis).sum()) for at in ends]
            name = f"Fock edge of {label}"
            found[name] = max(found.get(name, 0.0), *last)
    return found
