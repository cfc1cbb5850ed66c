"""First and second moments of the records: all of them, and with one group of shots left out.

Every quantity of the evaluation is a function of these moments, so its error bar can be found by
the jackknife: shots are divided into G blocks of consecutive shots, block g of every series is left
out, and the spread of the G results gives the standard error,

    ``error^2 = (G - 1)/G sum_g (x_g - mean x)^2``,

with Student's t of G - 1 degrees of freedom for intervals. No error is propagated by hand, slow
drifts widen the bars, and the cost does not grow with the number of shots.

Source: Efron, The Jackknife, the Bootstrap and Other Resampling Plans (SIAM, 1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.experiments.records import ExperimentRecords
from darkstate.memory import memory_limit, refuse_if_too_large

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeriesMoments:
    """Moments of one series; index 0 of the first axis is all shots, g + 1 all but group g.

    Args:
        shots: (G + 1,) number of shots.
        mean: (G + 1, bins, 2) mean currents.
        covariance: (G + 1, 2, bins, bins) of the currents of each channel, unbiased.
    """

    shots: Real
    mean: Real
    covariance: Real


def moments_of(records: ExperimentRecords, groups: int) -> dict[str, SeriesMoments]:
    """Moments of every series by name.

    Raises:
        ArgumentError: a series has too few shots for this many groups.
        CapacityError: too many bins for the covariances.
    """
    squares = sum(2 * series.bins**2 for series in records.setup.series)
    needed = 8.0 * 4 * (groups + 1) * squares  # sums, what is left of them, the result, its unit
    remedy = "Average over wider bins, or take fewer groups."
    refuse_if_too_large("estimate", needed, memory_limit(None), remedy)
    found = {}
    for series in records.setup.series:
        if series.shots < 2 * groups:
            remedy = f"Take at least {2 * groups} shots per series, or fewer groups."
            rule = f"leave two shots per group in series '{series.name}' ({series.shots} shots)"
            raise ArgumentError("groups", rule, groups, remedy)
        found[series.name] = _moments(records.currents[series.name], groups)
    return found


def _moments(currents: Real, groups: int) -> SeriesMoments:
    centre = currents.mean(axis=0)
    shifted = currents - centre  # sums of squares lose no digits to the mean
    edges = np.linspace(0, len(currents), groups + 1).astype(int)
    count = np.diff(edges).astype(float)
    first, second = [], []
    for start, stop in pairwise(edges.tolist()):
        part = shifted[start:stop].transpose(2, 0, 1)  # (2, shots, bins)
        first.append(part.sum(axis=1))
        second.append(part.transpose(0, 2, 1) @ part)
    shots = _left_out(count)
    total, squares = _left_out(np.array(first)), _left_out(np.array(second))
    mean = total / shots[:, None, None]
    covariance = squares - shots[:, None, None, None] * mean[..., :, None] * mean[..., None, :]
    covariance /= shots[:, None, None, None] - 1
    return SeriesMoments(shots, mean.transpose(0, 2, 1) + centre, covariance)


def _left_out(parts: Real) -> Real:
    """The sum of all parts, and below it the sums without each one."""
    total = parts.sum(axis=0)
    return np.concatenate([total[None], total - parts])


def jackknife_error(values: Real) -> float:
    """Standard error of ``values[0]`` from the results ``values[1:]`` without one group each."""
    left = values[1:]
    spread = np.sum((left - left.mean()) ** 2)
    return float(np.sqrt((len(left) - 1) / len(left) * spread))
