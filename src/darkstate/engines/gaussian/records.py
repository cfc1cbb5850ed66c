"""Simulated photocurrents of Gaussian systems, and the means that are inferred from photocurrents.

Record k draws from ``SeedSequence(entropy, spawn_key=(k,))`` and from nothing else: it can be drawn
again alone, in any company and on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.checks import check_integer, check_reals, check_seed
from darkstate.engines.photocurrents import photocurrent_table
from darkstate.errors import ArgumentError
from darkstate.memory import memory_limit, refuse_if_too_large

if TYPE_CHECKING:
    import xarray as xr

    from darkstate.engines.gaussian.observation import Observation

Real = NDArray[np.float64]
BATCH = 4096
"""Records that are drawn side by side."""


@dataclass(frozen=True, eq=False)
class GaussianRecords:
    """Simulated records of a monitored Gaussian system.

    Args:
        times: (T,) times.
        numbers: number of each of the n records; with `entropy` it gives the seed.
        quadratures: names of the m measured quadratures.
        currents: (T - 1, m, n) photocurrents, ``Integral dy`` over the interval that ends at
            ``times[k + 1]`` divided by its length.
        points: (n, 2N) points of phase space at the end, spread by the Wigner function: what a
            measurement after the record would find, added vacuum noise apart.
        entropy: seed of all; record k draws from ``SeedSequence(entropy, spawn_key=(k,))``.
    """

    times: Real
    numbers: tuple[int, ...]
    quadratures: tuple[str, ...]
    currents: Real
    points: Real
    entropy: int

    def table(self) -> xr.DataArray:
        """Photocurrents over ``time`` (ends of the intervals), ``channel`` and ``record``."""
        return photocurrent_table(self.times, self.currents, self.quadratures, self.numbers)


@dataclass(frozen=True, eq=False)
class Track:
    """Conditional means along n records.

    Args:
        labels: names of the N modes.
        times: (T,) times.
        means: (T, n, 2N) mean quadratures x1, p1, x2, ... given the record so far.
        covariances: (T, 2N, 2N) of the conditional states, the same for all records.
        innovations: (T - 1, m, n) what each interval brought that was not expected, in units of its
            standard deviation: independent standard normal numbers if the model is right.
    """

    labels: tuple[str, ...]
    times: Real
    means: Real
    covariances: Real
    innovations: Real


def draw(
    observation: Observation, trajectories: int, seed: int | None, only: Sequence[int] | None
) -> GaussianRecords:
    """Records of an observation; see `Observation.records`."""
    numbers = _numbers(trajectories, only)
    if seed is None:
        fresh = np.random.SeedSequence().entropy
        assert isinstance(fresh, int)
        entropy = fresh
    else:
        entropy = check_seed("seed", seed)
    steps, state = observation.steps, observation.initial
    modes, m = len(state.mean_quadratures), len(observation.quadratures)
    size = modes + (modes + m) * len(steps)
    needed = 8.0 * (len(numbers) * m * len(steps) + 2 * min(BATCH, len(numbers)) * size)
    remedy = "Draw fewer records, or use fewer times."
    refuse_if_too_large("records", needed, memory_limit(None), remedy)
    currents = np.empty((len(steps), m, len(numbers)))
    points = np.empty((len(numbers), modes))
    root = np.linalg.cholesky(state.covariance)
    for first in range(0, len(numbers), BATCH):
        part = numbers[first : first + BATCH]
        here = slice(first, first + len(part))
        normal = np.array([_stream(entropy, k).standard_normal(size) for k in part])
        x = state.mean_quadratures + normal[:, :modes] @ root.T
        noise = normal[:, modes:].reshape(len(part), len(steps), modes + m)
        for moment, step in enumerate(steps):
            x, record = step.draw(x, noise[:, moment])
            length = observation.times[moment + 1] - observation.times[moment]
            currents[moment, :, here] = record.T / length
        points[here] = x
    return GaussianRecords(
        observation.times, tuple(numbers), observation.quadratures, currents, points, entropy
    )


def _stream(entropy: int, number: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(number,)))


def _numbers(trajectories: int, only: Sequence[int] | None) -> list[int]:
    remedy = "Give how many records to draw; more than that with several seeds."
    check_integer("trajectories", trajectories, minimum=1, maximum=10**6, remedy=remedy)
    if only is None:
        return list(range(trajectories))
    remedy = "Give the numbers of the records to draw, counted from 0."
    if not isinstance(only, Sequence | np.ndarray) or isinstance(only, str) or not len(only):
        raise ArgumentError("only", "be a list of record numbers", only, remedy)
    return [check_integer("only", number, minimum=0, remedy=remedy) for number in only]


def check_currents(currents: ArrayLike, intervals: int, quadratures: int) -> Real:
    """Photocurrents as floats (T - 1, m, n).

    Raises:
        ArgumentError: wrong shape or kind, or a value that is not finite.
    """
    remedy = "Give averages over the intervals between the times, one column per record."
    array = check_reals("currents", currents, remedy=remedy)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[:2] != (intervals, quadratures) or not array.shape[2]:
        rule = f"have shape ({intervals}, {quadratures}, records)"
        raise ArgumentError("currents", rule, np.shape(currents), remedy)
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        i, j, k = wrong[0].tolist()
        place = f"currents[{i}, {j}, {k}]"
        remedy = "Mend or leave out the whole record; a filter cannot skip an interval silently."
        raise ArgumentError(place, "be finite", array[i, j, k], remedy)
    return array
