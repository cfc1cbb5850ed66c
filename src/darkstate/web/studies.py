"""The pages that take more than one solution: evolution, sweep, gradient, certificate."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate import plots
from darkstate.certificates import certify
from darkstate.design import gradient, merit
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.frontdoor import steady_state
from darkstate.plots.gradients import gradient_rows
from darkstate.progress import report, share
from darkstate.results import Result, Status
from darkstate.scenarios.running import run_scenario
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.sweeping import sweep_of
from darkstate.sweeps import sweep
from darkstate.web.files import csv_of, drawn, number, solved
from darkstate.web.parts import Answer, Data, Lines, Part
from darkstate.web.view import View, words

if TYPE_CHECKING:
    import xarray as xr

PROVEN = 4
"""Up to so many subsystems a certificate is looked for of all of them together."""
_ORDER = [str(status) for status in Status]
"""Statuses, the best first."""


def evolution(view: View, scenario: Scenario) -> Iterator[Part]:
    """The measure from the vacuum or ground state to the last time."""
    run = run_scenario(scenario)
    table = run.tables["evolution"]
    column = next(iter(table.data_vars.values()))
    of = ", ".join(view.between or ()) if view.meter.groups == 2 else "the whole network"
    rows = run.result.report
    name = f"{words(view.meter)} of {of} at time {view.until:g}"
    value = number(float(column.values[-1]))
    yield Answer(view, name, value, view.meter.unit, str(rows.status), tuple(rows.lines()))
    yield drawn("time", view, plots.time_evolution(table))
    yield Data("evolution", csv_of(table))


def sweep_page(view: View, scenario: Scenario) -> Iterator[Part]:
    """The measure over the usual range of one knob, point by point."""
    study = sweep_of(scenario)
    with tempfile.TemporaryDirectory() as folder, share(0.0, 0.9):
        told: Any = report
        table = sweep(study, Path(folder) / "sweep.zarr", progress=told).table().load()
    name = study.outputs[0].name  # type: ignore[union-attr]
    yield _best(view, table, name)
    yield drawn("sweep", view, plots.sweep_curve(table[name]))
    yield Data("sweep", csv_of(table.drop_vars("key")))


def _best(view: View, table: xr.Dataset, name: str) -> Answer:
    """The largest value of a sweep, with the worst status of its points.

    Raises:
        DarkstateError: no point has a value.
    """
    values = np.asarray(table[name].values, dtype=float)
    points = table[str(table[name].dims[0])].values
    statuses = [str(status) for status in table["status"].values]
    messages = [str(text) for text in table["message"].values]
    if not np.any(np.isfinite(values)):
        raise DarkstateError(f"No point of the sweep has a value. The first: {messages[0]}")
    at = int(np.nanargmax(values))
    known = [status for status in statuses if status in _ORDER]
    worst = max(known, key=_ORDER.index, default=str(Status.FAILED))
    rows = [("points", f"{len(points)}: {points[0]:g} .. {points[-1]:g}")]
    rows += [(s, f"{statuses.count(s)} points") for s in _ORDER if s in statuses]
    rows += [
        ("warning", f"{view.knob} = {point:g}: {text}")
        for point, text in zip(points, messages, strict=True)
        if text
    ]
    named = f"largest {words(view.meter)} over {view.knob}, at {points[at]:g}"
    return Answer(view, named, number(values[at]), view.meter.unit, worst, tuple(rows))


def gradient_page(view: View, scenario: Scenario) -> Iterator[Part]:
    """The derivative of the measure by every knob that has one."""
    model = scenario.model
    result = steady_state(model)
    yield solved(view, result)
    names, without = slopes_of(view)
    wanted = merit(view.meter, *view.groups) if has_merit(view) else view.measured
    found, told = _slopes(model, wanted, names)
    rows = [(name, f"{slope:.6g} ± {error:.1g}") for name, slope, error in _rows(found)]
    rows += [("no slope", f"{name}: {why}") for name, why in (without | told).items()]
    yield Lines("derivatives", tuple(rows))
    if found:
        table = _merged(found)
        yield drawn("gradient", view, plots.gradient_bars(table, unit=view.meter.unit))


def has_merit(view: View) -> bool:
    """Whether the measure has a derivative of its own; others are functions of the state."""
    try:
        merit(view.meter, *view.groups)
    except ArgumentError:
        return False
    return True


def slopes_of(view: View) -> tuple[list[str], dict[str, str]]:
    """The knobs by which the model can be differentiated, and why not by the others."""
    names: list[str] = []
    without: dict[str, str] = {}
    for knob in view.knobs.values():
        value = view.value(knob)
        if knob.form != "number":
            continue
        if "[" in knob.name:
            without[knob.name] = "gradients know no entries of lists of parts"
        elif value is None:
            without[knob.name] = "it has no value of its own"
        elif isinstance(value, float) and math.isinf(value):
            without[knob.name] = "it is infinite"
        elif _takes(view, knob.name, 1):
            names.append(knob.name)
        elif _takes(view, knob.name, -1):
            without[knob.name] = "it is at its upper bound"
        else:
            without[knob.name] = "it has to be what it is, with the other parameters as they are"
    return names, without


def _takes(view: View, name: str, sign: int) -> bool:
    """Whether the model takes slightly larger (+1) or smaller (-1) values of a knob."""
    value = np.asarray(view.value(view.knobs[name]), dtype=float)
    moved = value + sign * 1e-6 * np.maximum(1.0, np.abs(value))
    try:
        dataclasses.replace(view, values=dict(view.values) | {name: moved.tolist()}).scenario()
    except DarkstateError:
        return False
    return True


def _slopes(model: Any, wanted: Any, names: list[str]) -> tuple[list[xr.Dataset], dict[str, str]]:
    """Gradients by all names; where one has none, one by one, and why not."""
    if not names:
        return [], {}
    try:
        return [gradient(model, wanted, names)], {}
    except DarkstateError as error:
        if len(names) == 1:
            return [], {names[0]: str(error)}
    found: list[xr.Dataset] = []
    told: dict[str, str] = {}
    for k, name in enumerate(names):
        report(f"derivative by {name}", k / len(names))
        one, why = _slopes(model, wanted, [name])
        found, told = found + one, told | why
    return found, told


def _rows(found: list[xr.Dataset]) -> list[tuple[str, float, float]]:
    return [row for table in found for row in zip(*gradient_rows(table), strict=True)]


def _merged(found: list[xr.Dataset]) -> xr.Dataset:
    first, *others = found
    for other in others:
        first = first.assign(other.data_vars)
    return first


def certificate_page(view: View, scenario: Scenario) -> Iterator[Part]:
    """A proof of entanglement of all subsystems of a small network, else of the pair, or none."""
    result: Result = steady_state(scenario.model)
    yield solved(view, result)
    report("certifying", 0.5)
    labels = result.state.labels if len(result.state.labels) <= PROVEN else view.between
    try:
        rows = certify(result, labels=labels, quick=True).lines()
    except DarkstateError as error:
        rows = [("no certificate", str(error))]
    yield Lines("certificate", tuple((str(a), str(b)) for a, b in rows))
