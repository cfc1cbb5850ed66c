"""Mode functions: which part of a record says most about a quadrature at its end.

The Kalman filter is linear in the record, so the best estimate is an integral of it with a weight,
the *mode function*: ``w_k = (F_K ... F_{k+1}) K_k`` with the filter's gains K and propagators
F = E - K H of the intervals. In the steady state of one quadrature it is an exponential; an
experiment therefore often uses ``e^{-rate (T - t)}`` throughout, and optimises the rate:
the least variance is ``V - c^T S^-1 c``, S and c being the covariances of the m weighted records
with each other and with the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from darkstate.memory import memory_limit, refuse_if_too_large

if TYPE_CHECKING:
    import xarray as xr

    from darkstate.engines.gaussian.observation import Observation

Real = NDArray[np.float64]
GRID = 60
"""Rates that are tried before the best of them is refined."""


@dataclass(frozen=True)
class ExponentialMode:
    """The best exponential weight of the records for one quadrature at their end.

    Args:
        rate: of ``e^{-rate (T - t)}``.
        amplitudes: one per record: the estimate is the sum over records j of
            ``amplitudes[j] Integral e^{-rate (T - t)} dy_j`` plus a constant.
        variance: of the target given this estimate.
        optimum: of the target given the whole record (as it is sampled).
        unconditional: of the target without the record.
    """

    rate: float
    amplitudes: tuple[float, ...]
    variance: float
    optimum: float
    unconditional: float

    @property
    def efficiency(self) -> float:
        """Share of the possible reduction of the variance that this mode function reaches.

        One where there is nothing to reduce.
        """
        possible = self.unconditional - self.optimum
        gained = self.unconditional - self.variance
        return gained / possible if possible > 1e-12 * self.unconditional else 1.0


def weights_of(observation: Observation, target: Real) -> xr.DataArray:
    """Weights (T - 1, m) of the record in ``<target . R(T)>``; see `Observation.weights`."""
    import xarray as xr

    gains, left, v = [], [], observation.initial.covariance
    for step in observation.steps:
        gain, v = step.gain(v)
        gains.append(gain)
        left.append(step.homogeneous[: step.modes] - gain @ step.homogeneous[step.modes :])
    row, found = target, []
    for gain, moment_propagator in zip(reversed(gains), reversed(left), strict=True):
        found.append(row @ gain)
        row = row @ moment_propagator
    return xr.DataArray(
        np.array(found[::-1]),
        dims=("time", "channel"),
        coords={"time": observation.times[1:], "channel": list(observation.quadratures)},
        name="weight",
    )


def record_covariances(observation: Observation) -> tuple[Real, Real]:
    """Covariances of the integrated records: with each other, and with the quadratures at the end.

    Returns:
        Shapes ((T - 1) m, (T - 1) m) and (2N, (T - 1) m), the intervals running slowest.
    """
    m, steps, k = (
        len(observation.quadratures),
        observation.steps,
        len(observation.initial.covariance),
    )
    size = m * len(steps)
    remedy = "Use fewer times."
    limit = memory_limit(None)
    refuse_if_too_large("exponential_mode", 24.0 * size**2, limit, remedy)
    with_record, with_state = np.empty((size, size)), np.empty((k, size))
    for i, step in enumerate(steps):
        before, now = slice(0, i * m), slice(i * m, (i + 1) * m)
        joint = step.joint(observation.unconditional[i])
        both = step.homogeneous @ with_state[:, before]
        with_record[now, before], with_record[before, now] = both[k:], both[k:].T
        with_record[now, now] = joint[k:, k:]
        with_state[:, before], with_state[:, now] = both[:k], joint[:k, k:]
    return with_record, with_state


def exponential_mode(observation: Observation, target: Real) -> ExponentialMode:
    """The exponential weight of least variance; see `Observation.exponential_mode`."""
    with_record, with_state = record_covariances(observation)
    with_target = target @ with_state
    m, ago = len(observation.quadratures), observation.times[-1] - observation.times
    total = float(target @ observation.unconditional[-1] @ target)

    def solve(rate: float) -> tuple[float, NDArray[Any]]:
        profile = _interval_averages(rate, ago)
        weights = np.kron(profile[:, None], np.eye(m))  # ((T - 1) m, m)
        c = with_target @ weights
        amplitudes = np.linalg.solve(weights.T @ with_record @ weights, c)
        return total - float(c @ amplitudes), amplitudes

    shortest, longest = float(np.diff(observation.times).min()), float(ago[0])
    rates = np.geomspace(0.01 / longest, 3.0 / shortest, GRID)
    best = int(np.argmin([solve(rate)[0] for rate in rates]))
    low, high = rates[max(best - 1, 0)], rates[min(best + 1, GRID - 1)]
    found = scipy.optimize.minimize_scalar(
        lambda u: solve(float(np.exp(u)))[0],
        bounds=(np.log(low), np.log(high)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    rate = float(np.exp(found.x))
    variance, amplitudes = solve(rate)
    optimum = float(target @ observation.sampled[-1] @ target)
    return ExponentialMode(rate, tuple(amplitudes.tolist()), variance, optimum, total)


def _interval_averages(rate: float, ago: Real) -> Real:
    """Averages of ``e^{-rate (T - t)}`` over the intervals between the times, (T - 1,)."""
    start, stop = ago[:-1], ago[1:]
    width = rate * (start - stop)
    return np.exp(-rate * stop) * -np.expm1(-width) / width
