"""From the section ``sweep`` of a scenario to the `Sweep` that Python code would have made.

Values are read like those of the model: a quantity such as ``10 kHz`` counts where the parameter is
a rate, and nothing is converted silently. What is wrong is told with its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darkstate.errors import ArgumentError
from darkstate.frontdoor import as_system
from darkstate.scenarios.field_types import FieldType
from darkstate.scenarios.problems import Refusal, format_path
from darkstate.scenarios.quantities import Units
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.sweep_section import AxisEntry, SweepSection
from darkstate.scenarios.tabulation import chosen_measures, chosen_pairs
from darkstate.sweeps import (
    Axis,
    Output,
    Sweep,
    csv_points,
    geomspace,
    grid,
    linspace,
    random_points,
    sobol_points,
    zip_axes,
)
from darkstate.sweeps.axes import POINT
from darkstate.sweeps.outputs import output
from darkstate.sweeps.targets import Target, check_apart, find

SAMPLED = object()


def sweep_of(scenario: Scenario) -> Sweep:
    """The `Sweep` that the section ``sweep`` of a scenario describes, for `darkstate.sweep`.

    Raises:
        ArgumentError: it has none, or something in it does not exist; the name is the place in the
            file.
    """
    section = scenario.sweep
    if section is None:
        remedy = "Add for example 'sweep: {axes: [{name: loss, start: 0, stop: 0.1, points: 11}]}'."
        raise ArgumentError("sweep", "be a section of the scenario", None, remedy)
    axes, outputs = _Reader(scenario, section).axes(), _outputs(scenario, section)
    try:
        return Sweep(
            scenario.model,
            axes,
            outputs=outputs,
            engine=scenario.engine,
            times=scenario.times,
            seed=section.seed,
            vectorise=section.vectorise,
            name=scenario.title,
            rate_unit=scenario.rate_unit,
        )
    except ArgumentError as error:
        key = {"dim": "axes"}.get(error.name, error.name)
        with _place("sweep", *([key] if key in ("axes", "outputs", "seed", "vectorise") else [])):
            raise


@contextmanager
def _place(*place: str | int) -> Iterator[None]:
    """What is refused inside is told with its place in the file."""
    try:
        yield
    except ArgumentError as error:
        name = format_path(place)
        raise ArgumentError(name, error.rule, error.value, error.remedy) from None


class _Reader:
    """Reads the axes of one scenario."""

    def __init__(self, scenario: Scenario, section: SweepSection):
        self._section, self._folder = section, Path(scenario.file).parent
        self._objects = {
            "model": scenario.model,
            "engine": scenario.engine,
            "times": scenario.times,
        }
        self._types: dict[str, FieldType] = {}
        self._units = Units.parse(scenario.rate_unit)

    def axes(self) -> tuple[Axis, ...]:
        """Axes in the order in which their dimensions first appear."""
        targets: list[Target] = []
        groups: dict[Any, list[tuple[int, AxisEntry]]] = {}
        for k, entry in enumerate(self._section.axes):
            with _place("sweep", "axes", k, "name"):
                targets.append(find(entry.name, self._objects))
                check_apart(targets)
            key = SAMPLED if entry.is_sampled else entry.dim or ("own", k)
            groups.setdefault(key, []).append((k, entry))
        found = [self._group(key, entries) for key, entries in groups.items()]
        if self._section.file is not None:
            found.append(self._file(self._section.file))
        return tuple(found)

    def _group(self, key: Any, entries: list[tuple[int, AxisEntry]]) -> Axis:
        if key is SAMPLED:
            return self._samples(entries)
        axes = [self._single(k, entry) for k, entry in entries]
        if len(axes) == 1:
            return axes[0]
        with _place("sweep", "axes", entries[0][0]):
            return zip_axes(*axes, dim=key)

    def _single(self, k: int, entry: AxisEntry) -> Axis:
        place = ("sweep", "axes", k)
        if entry.values is not None:
            values = [
                self._read(entry.name, value, *place, "values", n)
                for n, value in enumerate(entry.values)
            ]
            with _place(*place, "values"):
                return grid(entry.name, values, dim=entry.dim)
        low, high = self._ends(k, entry)
        spaced = linspace if entry.spacing == "linear" else geomspace
        with _place(*place):
            found = spaced(entry.name, low, high, entry.points or 0)
        return Axis(entry.dim or entry.name, found.names, found.rows)

    def _samples(self, entries: list[tuple[int, AxisEntry]]) -> Axis:
        sample = self._section.sample
        assert sample is not None  # the section has checked it
        dims = dict.fromkeys(entry.dim for _, entry in entries)
        if len(dims) > 1:
            rule = "be the same for all entries that are sampled"
            with _place("sweep", "axes", entries[1][0], "dim"):
                raise ArgumentError("dim", rule, list(dims), "Give all of them the same one.")
        ranges = {entry.name: (*self._ends(k, entry), entry.spacing) for k, entry in entries}
        draw = sobol_points if sample.method == "sobol" else random_points
        with _place("sweep", "sample"):
            return draw(ranges, sample.points, sample.seed, dim=next(iter(dims)) or POINT)

    def _ends(self, k: int, entry: AxisEntry) -> tuple[Any, Any]:
        place = ("sweep", "axes", k)
        low = self._read(entry.name, entry.start, *place, "start")
        return low, self._read(entry.name, entry.stop, *place, "stop")

    def _file(self, name: str) -> Axis:
        with _place("sweep", "file"):
            axis = csv_points(self._folder / name)
            for column in axis.names:
                find(column, self._objects)
        rows = (zip(axis.names, row, strict=True) for row in axis.rows)
        read = [tuple(self._read(n, value, "sweep", "file") for n, value in row) for row in rows]
        return Axis(axis.dim, axis.names, tuple(read))

    def _read(self, name: str, value: Any, *place: str | int) -> Any:
        """A value in the type and unit of its parameter."""
        if name not in self._types:
            with _place(*place):
                self._types[name] = _field_type(name, find(name, self._objects))
        kind = self._types[name]
        if isinstance(value, float) and value.is_integer() and kind.rule == "a whole number":
            value = int(value)
        value = list(value) if isinstance(value, tuple) else value
        try:
            return kind.read(value, self._units, f"'{name}' takes {kind.rule}.")
        except Refusal as refusal:
            where = format_path((*place, *refusal.at))
            raise ArgumentError(where, refusal.rule, refusal.value, refusal.remedy) from None


def _field_type(name: str, target: Target) -> FieldType:
    kind = FieldType(target.annotation, target.unit or None)
    try:
        kind.strict()
    except TypeError:
        remedy = f"Name one of its parameters, as in '{name}.parameter'."
        raise ArgumentError("axis", "be values of a number or text", name, remedy) from None
    return kind


def _outputs(scenario: Scenario, section: SweepSection) -> tuple[Output, ...]:
    """The outputs asked for, or the measures of the scenario over its pairs."""
    if section.outputs is not None:
        found = []
        for k, text in enumerate(section.outputs):
            with _place("sweep", "outputs", k):
                found.append(output(text))
        return tuple(found)
    pairs = chosen_pairs(as_system(scenario.model).labels, scenario.pairs)
    double = chosen_measures(scenario.measures, 2)
    words = [f"{measure.name}({a}:{b})" for measure in double for a, b in pairs]
    words += [measure.name for measure in chosen_measures(scenario.measures, 1)]
    return tuple(output(word) for word in words)
