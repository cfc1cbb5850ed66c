"""What sweeps are given, checked at the border: objects of another kind are refused by name.

So are names of dimensions, parameters and outputs that the table, or a file that it is exported to,
cannot have.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from darkstate.checks import check_callable, check_flag, check_text
from darkstate.errors import ArgumentError
from darkstate.sweeps.axes import MOST_POINTS, Axis
from darkstate.sweeps.outputs import Output, output

if TYPE_CHECKING:
    from darkstate.sweeps.definition import Sweep

ADDED = ("message", "status", "key", "engine_seed", "spawn_key", "word")
"""Columns and a dimension that tables have beside those of the sweep."""


def as_axes(axes: Any) -> tuple[Axis, ...]:
    """One axis or several, as a tuple.

    Raises:
        ArgumentError: something else, or none.
    """
    found = (axes,) if isinstance(axes, Axis) else axes
    fits = isinstance(found, list | tuple) and all(isinstance(axis, Axis) for axis in found)
    if not fits or not found:
        remedy = "Make them with sweeps.grid, linspace, zip_axes, random_points ..."
        raise ArgumentError("axes", "be axes, at least one", axes, remedy)
    return tuple(found)


def as_outputs(outputs: Any, free: bool) -> tuple[Output, ...]:
    """One output or several, as a tuple; see `outputs.output`.

    Raises:
        ArgumentError: something else, or an output that does not exist.
    """
    words = (outputs,) if isinstance(outputs, str | Output) else outputs
    if not isinstance(words, list | tuple):
        remedy = "Write for example ('purity', 'report.residual')."
        raise ArgumentError("outputs", "be a list of outputs", outputs, remedy)
    return tuple(output(word, free=free) for word in words)


def check_kinds(sweep: Sweep) -> None:
    """Refuse objects of another kind than `Sweep` takes.

    Raises:
        ArgumentError: there is one.
    """
    model, engine, solve = sweep.model, sweep.engine, sweep.solve
    if not dataclasses.is_dataclass(model) or isinstance(model, type):
        remedy = "Use one of darkstate.models, or make your own model a dataclass."
        raise ArgumentError("model", "be a model with parameters to vary", model, remedy)
    if solve is not None:
        check_callable("solve", solve, "Give solve(model, engine), at the top of a module.")
    settings = dataclasses.is_dataclass(engine) and not isinstance(engine, type)
    if solve is None and engine is not None and not settings:
        remedy = "Give for example engines.Gaussian(), or leave it out."
        raise ArgumentError("engine", "be an engine", engine, remedy)
    if sweep.times is not None and not callable(getattr(sweep.times, "values", None)):
        remedy = "Give for example scenarios.TimeGrid(stop=10.0)."
        raise ArgumentError("times", "be times of an evolution", sweep.times, remedy)
    check_flag("vectorise", sweep.vectorise)
    check_text("name", sweep.name, "Put it into quotes, or leave it out.")
    check_text("rate_unit", sweep.rate_unit or "", "Put it into quotes, or leave it out.")


def check_axes(axes: Sequence[Axis]) -> None:
    """Refuse axes that do not fit together, or whose names no table can have.

    Raises:
        ArgumentError: repeated dimensions, too many points, a name that is taken.
    """
    dims = [axis.dim for axis in axes]
    if len(set(dims)) < len(dims):
        remedy = "Combine them by zip_axes(...), or pass another dim=..."
        raise ArgumentError("axes", "have dimensions of different names", dims, remedy)
    points = math.prod(len(axis) for axis in axes)
    if points > MOST_POINTS:
        remedy = "Give fewer values, samples in place of a grid, or several sweeps."
        raise ArgumentError("axes", f"have at most {MOST_POINTS} points together", points, remedy)
    for axis in axes:
        for name in axis.names:
            same = f"Write 'model.{name}', which is the same."
            _check_name("axes", name, same if "." not in name else "Rename it.")
        if axis.dim not in axis.names:
            _check_name("dim", axis.dim, "Pass another dim=...")
            if axis.dim in [name for other in axes for name in other.names]:
                rule = "differ from the parameters of other axes"
                raise ArgumentError("dim", rule, axis.dim, "Pass another dim=...")


def check_columns(axes: Sequence[Axis], columns: Sequence[str]) -> None:
    """Refuse columns that repeat each other or a name of the axes, or that no table can have.

    Raises:
        ArgumentError: there is one, or none at all.
    """
    if not columns or len(set(columns)) < len(columns):
        raise ArgumentError("outputs", "be given, each once", columns, "Name what to read off.")
    taken = {name for axis in axes for name in (axis.dim, *axis.names)}
    for name in columns:
        if name in taken:
            raise ArgumentError("outputs", "differ from the axes", name, "Rename the dimension.")
        _check_name("outputs", name, "Rename it.")


def _check_name(argument: str, name: str, remedy: str) -> None:
    if not name.isprintable() or not name.strip() or "/" in name:
        rule = "have names without slashes and control characters"
        raise ArgumentError(argument, rule, name, remedy)
    if name in ADDED:
        rule = "have names other than the columns of every table"
        raise ArgumentError(argument, rule, name, remedy)
