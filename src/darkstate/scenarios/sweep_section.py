"""The section ``sweep`` of a scenario file: its keys, as dataclasses.

    sweep:
      axes:
        - {name: loss, start: 0, stop: 0.2, points: 21}
        - {name: drive.nbar, values: [0.5, 1, 2]}
      outputs: [log_negativity(A1:B1), report.residual]

What the names mean is found out in `sweeping.py`, where the model is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError

Scalar = bool | int | str | float


@dataclass(frozen=True)
class AxisEntry:
    """A parameter that varies: over values, or between two ends.

    Args:
        name: the parameter: loss, drive.nbar, detunings_a[2], engine.rtol, times.stop, seed ...
        values: its values, with or without units.
        start: first value, or lower end of samples.
        stop: last value, or upper end of samples.
        points: how many values from start to stop; left out for samples.
        spacing: linear, or log for equal ratios.
        dim: entries of the same dim vary together, value by value; by default each entry is a
            dimension of its own.

    Raises:
        ArgumentError: neither values nor both ends, or both of them.
    """

    name: str
    values: Sequence[Scalar | Sequence[Scalar]] | None = None
    start: int | str | float | None = None
    stop: int | str | float | None = None
    points: int | None = None
    spacing: Literal["linear", "log"] = "linear"
    dim: str | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether it has ends, but no number of points."""
        return self.values is None and self.points is None

    def __post_init__(self) -> None:
        ends = (self.start is not None, self.stop is not None)
        if (self.values is not None) == all(ends) or ends[0] != ends[1]:
            given = {"values": self.values, "start": self.start, "stop": self.stop}
            remedy = "Write 'values: [..]', or 'start: .., stop: .., points: ..'."
            raise ArgumentError("values", "be given, or start and stop instead", given, remedy)
        if self.values is not None and self.points is not None:
            remedy = "They are counted; leave `points` out."
            raise ArgumentError("points", "be left out beside values", self.points, remedy)
        if self.points is not None:
            check_integer("points", self.points, minimum=2, remedy="Give at least both ends.")


@dataclass(frozen=True)
class Sample:
    """Samples of all entries that have `start` and `stop`, but no `points`.

    Args:
        points: how many; powers of two are best for sobol.
        method: sobol (fills the ranges evenly) or random (independent).
        seed: of the samples.
    """

    points: int
    method: Literal["sobol", "random"] = "sobol"
    seed: int = 0


@dataclass(frozen=True)
class SweepSection:
    """What `darkstate sweep` computes.

    Args:
        axes: what varies; the sweep is the product of all dimensions.
        sample: samples in place of a grid, for entries without `points`.
        file: a CSV file beside the scenario: names in its first line, one point a line.
        outputs: measures such as log_negativity(A1:B1), fields such as report.residual; by default
            the measures of the scenario, over its pairs.
        seed: for engines that draw random numbers.
        vectorise: solve neighbouring points of a Gaussian model, or of a repeater over time,
            together; differs from single points in the last digits.
        point_seconds: longest time for a point; one that takes longer counts as failed.
    """

    axes: tuple[AxisEntry, ...] = ()
    sample: Sample | None = None
    file: str | None = None
    outputs: tuple[str, ...] | None = None
    seed: int | None = None
    vectorise: bool = False
    point_seconds: float | None = None

    def __post_init__(self) -> None:
        if not self.axes and self.file is None:
            remedy = "Write for example 'axes: [{name: loss, start: 0, stop: 0.1, points: 11}]'."
            raise ArgumentError("axes", "name what varies", [], remedy)
        for k, entry in enumerate(self.axes):
            if entry.is_sampled and self.sample is None:
                remedy = "Add `points` to the entry, or 'sample: {points: 128}' to the sweep."
                raise ArgumentError(f"axes[{k}]", "say how many points", entry.name, remedy)
        if self.point_seconds is not None:
            remedy = "Give seconds, or leave it out."
            check_real("point_seconds", self.point_seconds, above=0.0, remedy=remedy)
        if self.sample is not None and not any(entry.is_sampled for entry in self.axes):
            remedy = "Leave `points` out of the entries that are to be sampled."
            raise ArgumentError("sample", "have something to sample", self.sample, remedy)
