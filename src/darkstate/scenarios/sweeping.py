"""From the section ``sweep`` of a scenario to the `Sweep` that Python code would have made.

Values are read like those of the model: a quantity such as ``10 kHz`` counts where the parameter is
a rate, and nothing is converted silently. What is wrong is told with its place in the file.
"""

from __future__ import annotations

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
        place = ("sweep", key) if key in ("axes", "outputs", "seed", "vectorise") else ("sweep",)
        raise _at(place, error) from None


class _Reader:
    """Reads the axes of one scenario."""

    def __init__(self, scenario: Scenario, section: SweepSection):
        self._scenario, self._section = scenario, section
        self._objects = {
            "model": scenario.model,
            "engine": scenario.engine,
            "times": scenario.times,
        }
        self._types: dict[str, FieldType] = {}
        self._units = Units.parse(scenario.rate_unit)

    def axes(self) -> tuple[Axis, ...]:
        """Axes in the order in which their dimensions first appear."""
        self._check_names()
        groups: dict[Any, list[tuple[int, AxisEntry]]] = {}
        for k, entry in enumerate(self._section.axes):
            sampled = entry.values is None and entry.points is None
            key = SAMPLED if sampled else entry.dim or ("own", k)
            groups.setdefault(key, []).append((k, entry))
        found = [self._group(key, entries) for key, entries in groups.items()]
        if self._section.file is not None:
            found.append(self._file(self._section.file))
        return tuple(found)

    def _check_names(self) -> None:
        targets: list[Target] = []
        for k, entry in enumerate(self._section.axes):
            try:
                targets.append(find(entry.name, self._objects))
                check_apart(targets)
            except ArgumentError as error:
                raise _at(("sweep", "axes", k, "name"), error) from None

    def _group(self, key: Any, entries: list[tuple[int, AxisEntry]]) -> Axis:
        if key is SAMPLED:
            return self._sampled(entries)
        axes = [self._single(k, entry) for k, entry in entries]
        if len(axes) == 1:
            return axes[0]
        try:
            return zip_axes(*axes, dim=key)
        except ArgumentError as error:
            raise _at(("sweep", "axes", entries[0][0]), error) from None

    def _single(self, k: int, entry: AxisEntry) -> Axis:
        place = ("sweep", "axes", k)
        if entry.values is not None:
            values = [
                self._read(entry.name, value, (*place, "values", n))
                for n, value in enumerate(entry.values)
            ]
            try:
                return grid(entry.name, values, dim=entry.dim)
            except ArgumentError as error:
                raise _at((*place, "values"), error) from None
        low, high = self._ends(k, entry)
        spaced = linspace if entry.spacing == "linear" else geomspace
        try:
            found = spaced(entry.name, low, high, entry.points or 0)
        except ArgumentError as error:
            raise _at(place, error) from None
        return Axis(entry.dim or entry.name, found.names, found.rows)

    def _sampled(self, entries: list[tuple[int, AxisEntry]]) -> Axis:
        sample = self._section.sample
        assert sample is not None  # the section has checked it
        dims = dict.fromkeys(entry.dim for _, entry in entries)
        if len(dims) > 1:
            place, remedy = (
                ("sweep", "axes", entries[1][0], "dim"),
                "Give all of them the same one.",
            )
            rule = "be the same for all entries that are sampled"
            raise ArgumentError(format_path(place), rule, list(dims), remedy)
        ranges = {entry.name: (*self._ends(k, entry), entry.spacing) for k, entry in entries}
        draw = sobol_points if sample.method == "sobol" else random_points
        try:
            return draw(ranges, sample.points, sample.seed, dim=next(iter(dims)) or POINT)
        except ArgumentError as error:
            raise _at(("sweep", "sample"), error) from None

    def _ends(self, k: int, entry: AxisEntry) -> tuple[Any, Any]:
        place = ("sweep", "axes", k)
        low = self._read(entry.name, entry.start, (*place, "start"))
        return low, self._read(entry.name, entry.stop, (*place, "stop"))

    def _file(self, name: str) -> Axis:
        try:
            axis = csv_points(Path(self._scenario.file).parent / name)
            for column in axis.names:
                find(column, self._objects)
        except ArgumentError as error:
            raise _at(("sweep", "file"), error) from None
        rows = (zip(axis.names, row, strict=True) for row in axis.rows)
        read = [tuple(self._read(n, value, ("sweep", "file")) for n, value in row) for row in rows]
        return Axis(axis.dim, axis.names, tuple(read))

    def _type(self, name: str, place: tuple[str | int, ...]) -> FieldType:
        """What the values of a parameter are; found once, as files have many lines."""
        if name not in self._types:
            self._types[name] = _field_type(name, find(name, self._objects), place)
        return self._types[name]

    def _read(self, name: str, value: Any, place: tuple[str | int, ...]) -> Any:
        """A value in the type and unit of its parameter."""
        kind = self._type(name, place)
        if isinstance(value, float) and value.is_integer() and kind.rule == "a whole number":
            value = int(value)
        value = list(value) if isinstance(value, tuple) else value
        try:
            return kind.read(value, self._units, f"'{name}' takes {kind.rule}.")
        except Refusal as refusal:
            where = format_path((*place, *refusal.at))
            raise ArgumentError(where, refusal.rule, refusal.value, refusal.remedy) from None


def _field_type(name: str, target: Target, place: tuple[str | int, ...]) -> FieldType:
    kind = FieldType(target.annotation, target.unit or None)
    try:
        kind.strict()
        return kind
    except TypeError:
        remedy = f"Name one of its parameters, as in '{name}.parameter'."
        raise ArgumentError(
            format_path(place), "be values of a number or text", name, remedy
        ) from None


def _outputs(scenario: Scenario, section: SweepSection) -> tuple[Output, ...]:
    """The outputs asked for, or the measures of the scenario over its pairs."""
    if section.outputs is not None:
        found = []
        for k, text in enumerate(section.outputs):
            try:
                found.append(output(text))
            except ArgumentError as error:
                raise _at(("sweep", "outputs", k), error) from None
        return tuple(found)
    pairs = chosen_pairs(as_system(scenario.model).labels, scenario.pairs)
    double = chosen_measures(scenario.measures, 2)
    words = [f"{measure.name}({a}:{b})" for measure in double for a, b in pairs]
    words += [measure.name for measure in chosen_measures(scenario.measures, 1)]
    return tuple(output(word) for word in words)


def _at(place: tuple[str | int, ...], error: ArgumentError) -> ArgumentError:
    return ArgumentError(format_path(place), error.rule, error.value, error.remedy)
