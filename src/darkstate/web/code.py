"""Python code that computes what a view shows, to go on from in a script or a notebook."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from darkstate.web.studies import PROVEN, has_merit, slopes_of
from darkstate.web.view import View

Lines = list[str]


def python_code(view: View) -> str:
    """A whole program: the model, the question of the page, the picture.

    Raises:
        ScenarioError: the model does not take these parameters.
    """
    scenario = view.scenario()
    lines = ["import darkstate as ds", "", f"model = {literal(scenario.model)}"]
    return "\n".join([*lines, *_CODE[view.page](view), ""])


def literal(value: Any) -> str:
    """A value as code; of a dataclass the arguments that are not defaults."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = ", ".join(
            f"{one.name}={literal(getattr(value, one.name))}"
            for one in dataclasses.fields(value)
            if one.init and getattr(value, one.name) != _default(one)
        )
        return f"ds.models.{type(value).__name__}({given})"
    if isinstance(value, float) and math.isinf(value):
        return f'float("{value}")'
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))},)"
    return repr(value)


def _default(one: dataclasses.Field) -> Any:
    factory = one.default_factory
    return one.default if factory is dataclasses.MISSING else factory()


def measured(view: View, state: str) -> str:
    """The measure of a state, as code."""
    return f"ds.{view.measure}({', '.join([state, *map(repr, view.groups)])})"


def _steady(view: View) -> Lines:
    network = "ds.plots.network(result.state, system=model)"
    if view.meter.groups == 2:
        network = f"ds.plots.network(result.state, ds.{view.measure}, system=model)"
    return [
        "print(ds.explain(model))",
        "result = ds.steady_state(model)",
        "print(result.report)",
        f"print({measured(view, 'result.state')})",
        f'ds.plots.save({network}, "{view.model}-network")',
    ]


def _evolution(view: View) -> Lines:
    groups = f", {', '.join(map(repr, view.groups))}" if view.meter.groups == 2 else ""
    column = f'"{view.measure}": lambda state: ds.{view.measure}(state{groups})'
    return [
        f"times = [{view.until!r} * k / 100 for k in range(101)]",
        f"result = ds.evolve(model, times, measures={{{column}}})",
        "print(result.report)",
        f'print(float(result.table["{view.measure}"][-1]))',
        f'ds.plots.save(ds.plots.time_evolution(result.table), "{view.model}-time")',
    ]


def _sweep(view: View) -> Lines:
    (axis,) = view.document()["sweep"]["axes"]
    (output,) = view.document()["sweep"]["outputs"]
    if "values" in axis:
        made = f"ds.sweeps.grid({axis['name']!r}, {axis['values']!r})"
    else:
        ends = f"{axis['start']!r}, {axis['stop']!r}, {axis['points']!r}"
        made = f"ds.sweeps.linspace({axis['name']!r}, {ends})"
    return [
        f"study = ds.Sweep(model, ({made},), outputs=({output!r},))",
        f'table = ds.sweep(study, "{view.model}-sweep.zarr").table()',
        "column = table[study.outputs[0].name]",
        "print(float(column.max()))",
        f'ds.plots.save(ds.plots.sweep_curve(column), "{view.model}-sweep")',
    ]


def _gradient(view: View) -> Lines:
    names, _ = slopes_of(view)
    groups = ", ".join([f"ds.{view.measure}", *map(repr, view.groups)])
    wanted = (
        f"ds.merit({groups})" if has_merit(view) else f"lambda state: {measured(view, 'state')}"
    )
    return [
        f"merit = {wanted}",
        f"slopes = ds.gradient(model, merit, {names!r})",
        "print(slopes)",
        'print(slopes.attrs["value"])',
        f'ds.plots.save(ds.plots.gradient_bars(slopes), "{view.model}-gradient")',
    ]


def _certificate(view: View) -> Lines:
    return [
        "result = ds.steady_state(model)",
        f"small = len(result.state.labels) <= {PROVEN}",
        f"labels = result.state.labels if small else {view.between!r}",
        "print(ds.certify(result, labels=labels, quick=True))",
        f"print({measured(view, 'result.state')})",
    ]


_CODE = {
    "steady": _steady,
    "evolution": _evolution,
    "sweep": _sweep,
    "gradient": _gradient,
    "certificate": _certificate,
}
"""Page -> its lines."""
