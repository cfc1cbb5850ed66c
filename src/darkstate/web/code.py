"""Python code that computes what a view shows, to go on from in a script or a notebook."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

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


_CODE = {"steady": _steady}
"""Page -> its lines."""
