"""Observation: what a record tells about a Gaussian system over time, before and with the record.

The covariance of the conditional state does not depend on the record and obeys a Riccati equation
(`darkstate.linalg.riccati_flow`: exact for any step); the means follow the record by the
Kalman-Bucy filter ``dr = (A r + f) dt + (V C^T + Gamma^T)(dy - (C r + o) dt)``. An `Observation` is
the system, its monitors and a grid of times, put together once:

* `covariances`, `state`, `unconditional`: the states with and without the record;
* `records`: simulated photocurrents, exact at any spacing of the times;
* `track`: the means given photocurrents, simulated or measured;
* `weights`, `exponential_mode`: which part of the record gives the best estimate.

Photocurrents are averages over the intervals between the times, as in
`darkstate.engines.trajectories.Records`: shape (T - 1, m, n) for n records of m quadratures, with
``dy = sqrt(efficiency) <e^{-i angle} c + h.c.> dt + dW``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.checks import check_integer, check_reals
from darkstate.display import state_text
from darkstate.engines.gaussian.measurement import MeasurementModel
from darkstate.engines.gaussian.mode_functions import ExponentialMode, exponential_mode, weights_of
from darkstate.engines.gaussian.records import GaussianRecords, Track, check_currents, draw
from darkstate.errors import ArgumentError
from darkstate.linalg.sampled import SampledStep
from darkstate.results import Report
from darkstate.states import GaussianState

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observation:
    """A monitored Gaussian system on a grid of times; made by `darkstate.observe`.

    Args:
        labels: names of the N modes.
        times: (T,) increasing times.
        model: the matrices of system and detectors.
        initial: the state at ``times[0]``.
        covariances: (T, 2N, 2N) of the conditional state, given the continuous record.
        report: on the covariances.
    """

    labels: tuple[str, ...]
    times: Real
    model: MeasurementModel
    initial: GaussianState
    covariances: Real
    report: Report

    def __repr__(self) -> str:
        return state_text(
            self, self.labels, f"{len(self.quadratures)} records, {len(self.times)} times"
        )

    @property
    def quadratures(self) -> tuple[str, ...]:
        """Names of the m records: the channel, with " (2)" for a second one on it."""
        return self.model.quadratures

    @cached_property
    def steps(self) -> tuple[SampledStep, ...]:
        """The T - 1 intervals."""
        known: dict[float, SampledStep] = {}
        found = []
        for h in np.diff(self.times):
            key = float(np.format_float_scientific(h, precision=12))
            if key not in known:
                known[key] = self.model.sampled(float(h))
            found.append(known[key])
        return tuple(found)

    @cached_property
    def unconditional(self) -> Real:
        """(T, 2N, 2N): the covariances without the record."""
        found = [self.initial.covariance]
        k = len(found[0])
        for step in self.steps:
            found.append(step.joint(found[-1])[:k, :k])
        return np.array(found)

    @cached_property
    def sampled(self) -> Real:
        """(T, 2N, 2N): the covariances given the record averaged over each interval.

        They lie between `covariances` and `unconditional`, and tend to the former as the intervals
        become short.
        """
        found = [self.initial.covariance]
        for step in self.steps:
            found.append(step.gain(found[-1])[1])
        return np.array(found)

    def state(self, moment: int = -1) -> GaussianState:
        """The conditional state at ``times[moment]``; its means, which follow the record, as zero.

        Raises:
            ArgumentError: there is no such moment.
        """
        return _state(self.labels, self.covariances, moment)

    def unconditional_state(self, moment: int = -1) -> GaussianState:
        """The state at ``times[moment]`` if nobody looks, centred.

        Raises:
            ArgumentError: there is no such moment.
        """
        return _state(self.labels, self.unconditional, moment)

    def records(
        self, trajectories: int, seed: int | None = None, only: Sequence[int] | None = None
    ) -> GaussianRecords:
        """Simulated photocurrents; without a step error, whatever the times.

        Args:
            trajectories: how many, n.
            seed: entropy, >= 0; fresh and kept in the records if left out. Record k draws from
                ``SeedSequence(seed, spawn_key=(k,))`` and can be drawn again alone.
            only: numbers of the records to draw; all by default.

        Raises:
            ArgumentError: no record, an impossible seed or number.
            CapacityError: they would not fit into memory.
        """
        return draw(self, trajectories, seed, only)

    def track(self, currents: ArrayLike) -> Track:
        """The conditional means along records: the Kalman filter of the averaged photocurrents.

        Args:
            currents: (T - 1, m, n) averages over the intervals; (T - 1, m) for a single record.

        Raises:
            ArgumentError: wrong shape, or a value that is not finite (its place is named).
        """
        array = check_currents(currents, len(self.times) - 1, len(self.quadratures))
        count, n = array.shape[2], len(self.initial.mean_quadratures)
        means = np.empty((len(self.times), count, n))
        means[0] = self.initial.mean_quadratures
        v, found, innovations = self.initial.covariance, [self.initial.covariance], []
        for moment, step in enumerate(self.steps):
            gain, after = step.gain(v)
            record = array[moment].T * (self.times[moment + 1] - self.times[moment])
            means[moment + 1], surprise = step.update(means[moment], record, gain)
            spread = np.linalg.cholesky(step.joint(v)[n:, n:])
            innovations.append(np.linalg.solve(spread, surprise.T))
            v = after
            found.append(v)
        return Track(self.labels, self.times, means, np.array(found), np.array(innovations))

    def weights(self, target: ArrayLike) -> xr.DataArray:
        """The mode function of the record that gives the best estimate of a quadrature at the end.

        ``<target . R(T)> = Integral w(t) . dy(t)`` plus what does not depend on the record; on the
        grid, the sum over the intervals of weight times current times length.

        Args:
            target: (2N,) coefficients of x1, p1, x2, ...

        Returns:
            Weights over ``time`` (ends of the intervals) and ``channel``.

        Raises:
            ArgumentError: `target` is not 2N finite numbers.
        """
        return weights_of(self, self._target(target))

    def exponential_mode(self, target: ArrayLike) -> ExponentialMode:
        """The best mode function of the form ``e^{-rate (T - t)}``, with its rate optimised.

        Args:
            target: (2N,) coefficients of x1, p1, x2, ...

        Raises:
            ArgumentError: `target` is not 2N finite numbers.
            CapacityError: the correlations of the record would not fit into memory.
        """
        return exponential_mode(self, self._target(target))

    def _target(self, target: ArrayLike) -> Real:
        n = len(self.initial.mean_quadratures)
        rule = f"be {n} finite numbers, not all zero"
        remedy = f"Give one coefficient per quadrature x1, p1, x2, ...: {n} of them."
        array = check_reals("target", target, rule=rule, remedy=remedy)
        if array.shape != (n,) or not np.all(np.isfinite(array)) or not np.any(array):
            raise ArgumentError("target", rule, target, remedy)
        return array


def _state(labels: tuple[str, ...], covariances: Real, moment: int) -> GaussianState:
    remedy = f"Give a number from 0 to {len(covariances) - 1}."
    place = check_integer("moment", moment, remedy=remedy)
    if not -len(covariances) <= place < len(covariances):
        raise ArgumentError("moment", "be one of the times", moment, remedy)
    return GaussianState.from_covariance(labels, covariances[place])
