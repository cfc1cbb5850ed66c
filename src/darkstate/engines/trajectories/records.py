"""Measured records and the states that an observer assigns to them.

The observer sees photocurrents ``dy = sqrt(efficiency) <e^{-i angle} c + h.c.> dt + dW`` (vacuum
noise ``dW^2 = dt``; heterodyne detection is two homodyne detections, at the angle and a quarter
turn on, of half the efficiency each) and clicks of counters at rate ``efficiency <c†c>``. Lost
light and unmonitored channels are averaged over, so the assigned states are mixed.

Source: Wiseman and Milburn, Quantum Measurement and Control (Cambridge, 2010), chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darkstate.display import state_text
from darkstate.engines.photocurrents import photocurrent_table
from darkstate.engines.trajectories.compile import SystemMatrices, homodynes
from darkstate.engines.trajectories.ensemble import check_moment, place_of
from darkstate.results import Report
from darkstate.states import DensityState

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class Records:
    """Records of continuous measurements with the conditional states.

    Args:
        labels: names of the subsystems.
        dimensions: their dimensions, D in all.
        times: (T,) times.
        numbers: number of each of the n records; with `entropy` it gives the seed.
        quadratures: names of the m measured quadratures: the channel, with ``" (2)"`` for the
            second one of heterodyne detection.
        currents: (T - 1, m, n) photocurrents, ``Integral dy`` over the interval that ends at
            ``times[k + 1]`` divided by its length.
        clicks: for each record the clicks of the counters as ``(time, channel)``.
        matrices: (T, n, D, D) conditional density matrices.
        entropy: seed of all; record k draws from ``SeedSequence(entropy, spawn_key=(k,))``.
        report: how far to trust them, and the error of their average.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    times: NDArray[np.float64]
    numbers: tuple[int, ...]
    quadratures: tuple[str, ...]
    currents: NDArray[np.float64]
    clicks: tuple[tuple[tuple[float, str], ...], ...]
    matrices: NDArray[np.complex128]
    entropy: int
    report: Report

    def __repr__(self) -> str:
        return state_text(
            self, self.labels, f"{len(self.numbers)} records, {len(self.times)} times"
        )

    def state(self, number: int, moment: int = -1) -> DensityState:
        """The state given record `number` up to ``times[moment]``.

        Raises:
            ArgumentError: this record or moment was not run.
        """
        where = place_of("number", number, self.numbers)
        check_moment(moment, len(self.times))
        return DensityState(self.labels, self.dimensions, self.matrices[moment, where])

    def average(self, moment: int = -1) -> DensityState:
        """The average over the records at ``times[moment]``: the master equation, in the mean.

        Raises:
            ArgumentError: there is no such moment.
        """
        check_moment(moment, len(self.times))
        return DensityState(self.labels, self.dimensions, self.matrices[moment].mean(axis=0))

    def table(self) -> xr.DataArray:
        """Photocurrents over ``time`` (ends of the intervals), ``channel`` and ``record``."""
        return photocurrent_table(self.times, self.currents, self.quadratures, self.numbers)


def quadrature_names(matrices: SystemMatrices) -> tuple[str, ...]:
    """A name for every measured quadrature, unique also where detectors share a channel."""
    found: list[str] = []
    for k, monitor in matrices.monitors:
        for _ in homodynes(monitor):
            name = matrices.names[k]
            repeated = sum(other.partition(" (")[0] == name for other in found)
            found.append(f"{name} ({repeated + 1})" if repeated else name)
    return tuple(found)


def counter_names(matrices: SystemMatrices) -> tuple[str, ...]:
    """The channel of every counter."""
    return tuple(matrices.names[k] for k, m in matrices.monitors if m.kind == "counting")
