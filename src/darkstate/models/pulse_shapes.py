"""Shapes of pulses as plain parameters: what scenario files name, sweeps vary and stores keep.

Each is a dimensionless function f(t); how strong it acts, and on what, says the entry of `Pulsed`
that has it. Nothing is evaluated: any other function of time is a `SampledPulse`, from a CSV file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from darkstate.checks import check_real
from darkstate.errors import ArgumentError
from darkstate.models.base import RATE, freeze
from darkstate.systems import pulses
from darkstate.systems.pulses import Pulse

TIME = {"unit": "time"}
MOST_SAMPLES = 100_000
_COLUMNS = (["time", "value"], ["time", "real", "imaginary"])
_TABLE = "Give a CSV file whose first line is 'time,value' or 'time,real,imaginary'."


@dataclass(frozen=True)
class GaussianPulse:
    """``f = exp(-(t - center)^2 / (2 width^2))``, of area ``width sqrt(2 pi)``.

    Args:
        center: time of the maximum.
        width: standard deviation in time, > 0.

    Raises:
        ArgumentError: no finite numbers, or no width.
    """

    center: float = field(metadata=TIME)
    width: float = field(metadata=TIME)

    def __post_init__(self) -> None:
        self.pulse()

    def pulse(self) -> Pulse:
        """The function of time."""
        return pulses.gaussian(self.center, self.width)


@dataclass(frozen=True)
class SechPulse:
    """``f = 1 / cosh((t - center)/width)``, of area ``width pi``.

    Args:
        center: time of the maximum.
        width: duration, > 0.

    Raises:
        ArgumentError: no finite numbers, or no width.
    """

    center: float = field(metadata=TIME)
    width: float = field(metadata=TIME)

    def __post_init__(self) -> None:
        self.pulse()

    def pulse(self) -> Pulse:
        """The function of time."""
        return pulses.sech(self.center, self.width)


@dataclass(frozen=True)
class RampPulse:
    """``f = before`` until `start`, then linear, and ``after`` from `end` on.

    Args:
        start: when it begins to change.
        end: when it is done, > start.
        before: value until then.
        after: value from then on.

    Raises:
        ArgumentError: no finite numbers, or an end before the start.
    """

    start: float = field(metadata=TIME)
    end: float = field(metadata=TIME)
    before: float = 0.0
    after: float = 1.0

    def __post_init__(self) -> None:
        self.pulse()

    def pulse(self) -> Pulse:
        """The function of time."""
        return pulses.ramp(self.start, self.end, _real(self, "before"), _real(self, "after"))


@dataclass(frozen=True)
class StepPulse:
    """``f = before`` until `time`, ``after`` from then on.

    Args:
        time: when it jumps.
        before: value until then.
        after: value from then on.

    Raises:
        ArgumentError: no finite numbers.
    """

    time: float = field(metadata=TIME)
    before: float = 0.0
    after: float = 1.0

    def __post_init__(self) -> None:
        self.pulse()

    def pulse(self) -> Pulse:
        """The function of time."""
        return pulses.step(self.time, _real(self, "before"), _real(self, "after"))


@dataclass(frozen=True)
class SinusoidPulse:
    """``f = cos(frequency t + phase)``.

    Args:
        frequency: angular frequency.
        phase: radians.

    Raises:
        ArgumentError: no finite numbers.
    """

    frequency: float = field(metadata=RATE)
    phase: float = 0.0

    def __post_init__(self) -> None:
        self.pulse()

    def pulse(self) -> Pulse:
        """The function of time."""
        return pulses.sinusoid(self.frequency, phase=self.phase)


@dataclass(frozen=True)
class SampledPulse:
    """Values at times: of a table in a CSV file, or given here; known between its ends only.

    The file has the columns ``time,value`` or, of a complex function, ``time,real,imaginary``,
    named in its first line. Once read, the numbers are what is kept, not its name.

    Args:
        file: a CSV file; in a scenario its path from there.
        times: in place of a file: increasing times.
        values: one a time; of a complex function its real part.
        imaginary: of a complex function: its imaginary part, one value a time.
        interpolation: between samples a smooth spline ("cubic"), lines, or constant until the next.
        time_unit: the time that the number 1 in the table stands for, such as 1 ns.

    Raises:
        ArgumentError: no such file, not these columns, no numbers, times that do not increase, too
            few samples; a file beside times or values.
    """

    file: str | None = field(default=None, metadata={"file": True})
    times: Sequence[float] = ()
    values: Sequence[float] = ()
    imaginary: Sequence[float] = ()
    interpolation: Literal["cubic", "linear", "constant"] = "cubic"
    time_unit: float = field(default=1.0, metadata=TIME)

    def __post_init__(self) -> None:
        if self.file is not None:
            self._read(self.file)
        check_real("time_unit", self.time_unit, above=0.0, remedy="Give a time, such as 1 ns.")
        for name in ("times", "values", "imaginary"):
            freeze(self, name, tuple(getattr(self, name)))
        if len(self.imaginary) not in (0, len(self.values)):
            rule = f"be {len(self.values)} numbers, one for each value"
            raise ArgumentError("imaginary", rule, self.imaginary, "Leave it out if it is zero.")
        self.pulse()

    def _read(self, file: str) -> None:
        given = {name: getattr(self, name) for name in ("times", "values", "imaginary")}
        if any(map(len, given.values())):
            remedy = "Leave out the file, or the times and values."
            raise ArgumentError("file", "be left out beside times and values", file, remedy)
        columns = _columns(file)
        for name, column in zip(given, columns, strict=False):
            freeze(self, name, column)
        freeze(self, "file", None)  # it is in the numbers

    def pulse(self) -> Pulse:
        """The function of time."""
        times = [t * self.time_unit for t in self.times]
        values: list[complex] = list(self.values)
        if self.imaginary:
            values = [complex(*pair) for pair in zip(self.values, self.imaginary, strict=True)]
        return pulses.samples(times, values, self.interpolation)


PulseShape = GaussianPulse | SechPulse | RampPulse | StepPulse | SinusoidPulse | SampledPulse


def _real(shape: RampPulse | StepPulse, name: str) -> float:
    return check_real(name, getattr(shape, name), remedy="Give a real number.")


def _columns(file: str) -> list[tuple[float, ...]]:
    """The columns of a table in a CSV file, the times first.

    Raises:
        ArgumentError: it cannot be read, or is no such table; with the line.
    """
    place = Path(file)
    if not place.is_file():
        rule = "be a file that is there"
        raise ArgumentError("file", rule, file, "Give its path from the folder of the scenario.")
    try:
        with place.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(islice(_rows(csv.reader(stream)), MOST_SAMPLES + 2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ArgumentError("file", f"be readable ({error})", file, _TABLE) from None
    names = [cell.lower() for cell in rows[0][1]] if rows else []
    if names not in _COLUMNS:
        rule = "have columns 'time,value' or 'time,real,imaginary' in its first line"
        raise ArgumentError("file", rule, names, _TABLE)
    if len(rows) > MOST_SAMPLES + 1:
        remedy = "Give fewer samples; a spline goes through them."
        raise ArgumentError("file", f"have at most {MOST_SAMPLES} samples", len(rows) - 1, remedy)
    numbers = [_numbers(place.name, line, row, len(names)) for line, row in rows[1:]]
    for (line, _), before, after in zip(rows[2:], numbers, numbers[1:], strict=False):
        if after[0] <= before[0]:
            told = f"{after[0]:g} behind {before[0]:g} in line {line} of {place.name}"
            remedy = "Sort the table by time, and drop repeated times."
            raise ArgumentError("file", "have times that increase", told, remedy)
    return list(zip(*numbers, strict=True)) or [()] * len(names)


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers."""
    for line, row in enumerate(reader, start=1):
        if any(cell.strip() for cell in row):
            yield line, [cell.strip() for cell in row]


def _numbers(name: str, line: int, row: list[str], count: int) -> tuple[float, ...]:
    try:
        values = tuple(map(float, row))
    except ValueError:
        values = ()
    if len(values) != count or not all(abs(value) < float("inf") for value in values):
        told = f"'{','.join(row)[:60]}' in line {line} of {name}"
        remedy = "Write plain numbers with a point; `time_unit` says what 1 of a time is."
        raise ArgumentError("file", f"have {count} finite numbers in each line", told, remedy)
    return values
