"""Records of an experiment in memory, and the checks that every record passes, wherever from.

Nothing is dropped or mended: a bad number refuses the records, and the message names its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_instance, check_reals
from darkstate.errors import ArgumentError
from darkstate.experiments.interface import CHANNELS
from darkstate.experiments.layout import Series, Setup

Currents = Mapping[str, NDArray[np.float64]]
Place = Callable[[Series, int, int], str]
"""``place(series, shot, bin)``: words that say where a number stands."""


@dataclass(frozen=True, eq=False)
class ExperimentRecords:
    """The homodyne currents of all series.

    Args:
        setup: what was measured.
        currents: for each series, by name, an array (shots, bins, 2): average currents in the
            detector's unit, bins of all pulses in time order, channels ``cos`` and ``sin``.

    Raises:
        ArgumentError: a series is missing or unknown, an array has another shape, a current is not
            finite or is saturated; series, shot and time stamp are named.
    """

    setup: Setup
    currents: Currents

    def __post_init__(self) -> None:
        check_instance("setup", self.setup, Setup, "Give Setup(series, efficiency).")
        if not isinstance(self.currents, Mapping):
            remedy = "Give {series: array (shots, bins, 2)}."
            raise ArgumentError("currents", "be arrays by series", self.currents, remedy)
        known = [series.name for series in self.setup.series]
        if set(self.currents) != set(known):
            remedy = "Give one array per series of the setup."
            raise ArgumentError("currents", f"be those of {known}", list(self.currents), remedy)
        arrays = {}
        for series in self.setup.series:
            name = f"currents['{series.name}']"
            remedy = "It has one row per shot and bin, and one column per channel."
            array = check_reals(name, self.currents[series.name], remedy=remedy)
            shape = (series.shots, series.bins, len(CHANNELS))
            if array.shape != shape:
                rule = f"have shape {shape}"
                raise ArgumentError(name, rule, array.shape, remedy)
            arrays[series.name] = array
        object.__setattr__(self, "currents", arrays)
        check_currents(self.setup, arrays, self.place)

    def place(self, series: Series, shot: int, bin_: int) -> str:
        """Where a number stands, in words."""
        time = f"{series.times[bin_]:.6g} {self.setup.time_unit}"
        return f"current of series '{series.name}', shot {shot}, time {time}"


def check_currents(setup: Setup, currents: Currents, place: Place) -> None:
    """Refuse currents that are not finite or saturated.

    Raises:
        ArgumentError: the first of them, with its place.
    """
    for series in setup.series:
        array = currents[series.name]
        bad = ~np.isfinite(array) | (np.abs(array) >= setup.saturation)
        if not bad.any():
            continue
        shot, bin_, channel = (int(i) for i in np.argwhere(bad)[0])
        value = float(array[shot, bin_, channel])
        name = f"{place(series, shot, bin_)}, channel {CHANNELS[channel]}"
        if not np.isfinite(value):
            remedy = "Remove the whole shot and lower `shots`; single bins cannot be left out."
            raise ArgumentError(name, "be a finite number", value, remedy)
        rule = f"be below the detector's saturation, {setup.saturation:g}"
        remedy = "Repeat the series with less light; a clipped current falsifies every variance."
        raise ArgumentError(name, rule, value, remedy)
