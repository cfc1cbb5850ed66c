"""Whether a stationary average has forgotten where it started.

Of a small system the master equation says it all. With the generator L and the window from b to
b + d, the average misses the state that the start relaxes to by

    bias = | (1/d) integral_b^(b+d) e^{L t} rho(0) dt - lim e^{L t} rho(0) |_F.

The limit is taken by squaring ``e^{L d}``, as far as rounding allows. A larger system is followed
from another start as well; both averages must agree. In either case the halves of the window must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg

from darkstate.engines.assess import Finding, finding
from darkstate.engines.trajectories.averages import SAMPLES, StationaryAverage, stationary_average
from darkstate.engines.trajectories.compile import SystemMatrices
from darkstate.engines.trajectories.no_jump import Array
from darkstate.engines.trajectories.second_look import TrajectoryRun
from darkstate.engines.trajectories.unravelling import observed_start
from darkstate.states import DensityState, PureState

SMALL = 400
"""Numbers of a density matrix up to which its generator is exponentiated."""
SQUARINGS = 40
"""Rates below 1e-12 of the inverse window pass for zero; rounding reaches 1e-4 then."""
SIGMAS = 5.0
"""Standard errors beyond which a difference is no chance: one in two million if there are many
samples. The errors of few are uncertain, and a result is doubted without need more often."""
ROUNDING = 1e-9
"""Distance of states that rounding explains."""
ALIKE = 0.3
"""Distance of two starts below which one is no test of the other."""


@dataclass(frozen=True)
class Settling:
    """What is known.

    Args:
        bias: estimated distance of the average from the stationary state.
        unique: whether there is one stationary state; None if that is not known.
        findings: for the verdict.
    """

    bias: float
    unique: bool | None
    findings: tuple[Finding, ...]


AT_TIMES = Settling(0.0, None, ())
"""Of states at given times, which need not settle."""


def assess_settling(
    runs: TrajectoryRun,
    window: StationaryAverage,
    numbers: Sequence[int],
    given: bool,
    missed: float,
    budget: float,
) -> Settling:
    """How well the average over a window is the stationary one.

    Args:
        runs: the trajectories.
        window: their average.
        numbers: their numbers; others are taken for another start.
        given: whether the initial state was asked for.
        missed: what is in the error estimate anyway, for events that were not met.
        budget: bytes for a batch of trajectories.
    """
    noise = window.whole.error(0) + missed
    if runs.matrices.size**2 <= SMALL:
        bias, unique = start_bias(runs)
        return Settling(bias, unique, exact_findings(bias, unique, given, noise))
    further = range(len(numbers), len(numbers) + max(2, len(numbers) // 2))
    start = other_start(runs.matrices, runs.initial)
    other = stationary_average(replace(runs, initial=start), None, further, budget)
    apart, error = window.apart(other)
    return Settling(max(0.0, apart - error), None, settling_findings(window, other, missed))


def start_bias(runs: TrajectoryRun) -> tuple[float, bool]:
    """The bias, and whether there is one stationary state, from the master equation."""
    matrices, times = replace(runs.matrices, monitors=()), runs.times
    L: Array = matrices.unseen.toarray()
    rho = observed_start(runs.initial, [np.random.default_rng(0)], 0.0).x[:, 0]
    size, begin, duration = len(rho), *window_span(times)
    augmented = np.zeros((size + 1, size + 1), dtype=complex)
    augmented[:size, :size] = L * duration
    augmented[:size, size] = scipy.linalg.expm(L * begin) @ rho
    mean = scipy.linalg.expm(augmented)[:size, size]
    trace = np.eye(matrices.size).ravel()
    late: Any = scipy.linalg.expm(L * duration)
    for _ in range(SQUARINGS):
        late = late @ late
        late = late / (np.sum((trace @ late) * trace).real / matrices.size)
    limit = late @ rho
    left = np.abs(np.linalg.eigvals(late)) > 0.5
    return float(np.linalg.norm(mean - limit / (trace @ limit))), int(left.sum()) == 1


def window_span(times: Sequence[float]) -> tuple[float, float]:
    """How long the window waits, and how long it is."""
    first = times[len(times) - SAMPLES]
    return first - times[0], times[-1] - first


def exact_findings(bias: float, unique: bool, given: bool, noise: float) -> tuple[Finding, ...]:
    """What the master equation says of an average whose other errors are `noise`."""
    return finding("start", bias, noise), finding("one average", not unique and not given)


def settling_findings(
    window: StationaryAverage, other: StationaryAverage, missed: float
) -> tuple[Finding, ...]:
    """Whether the window drifts, or depends on where trajectories start, and not by chance.

    Args:
        window: the average.
        other: that from another start.
        missed: what is in the error estimate anyway, for events that were not met.
    """
    moved, noise = window.drift()
    apart, scatter = window.apart(other)
    return (
        finding("drift", moved, SIGMAS * noise + ROUNDING + missed),
        finding("other start", apart, SIGMAS * scatter + ROUNDING + missed),
    )


def other_start(matrices: SystemMatrices, initial: PureState | DensityState) -> PureState:
    """All spaces excited, modes to half of their levels; or the ground state, if that is alike."""
    high = {
        label: (n - 1) // 2 if label in matrices.modes else n - 1
        for label, n in zip(matrices.labels, matrices.dimensions, strict=True)
    }
    excited = PureState.basis(matrices.labels, matrices.dimensions, high)
    given = initial.density() if isinstance(initial, PureState) else initial
    distance = float(np.linalg.norm(given.matrix - excited.density().matrix))
    return excited if distance > ALIKE else PureState.basis(matrices.labels, matrices.dimensions)
