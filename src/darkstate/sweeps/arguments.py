"""What sweeps are given, checked at the border: objects of another kind are refused by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from darkstate.errors import ArgumentError
from darkstate.sweeps.axes import Axis
from darkstate.sweeps.outputs import Output, output

if TYPE_CHECKING:
    from darkstate.sweeps.definition import Sweep


def as_axes(axes: Any) -> tuple[Axis, ...]:
    """One axis or several, as a tuple.

    Raises:
        ArgumentError: something else, or none.
    """
    found = (axes,) if isinstance(axes, Axis) else axes
    fits = isinstance(found, list | tuple) and all(isinstance(axis, Axis) for axis in found)
    if not fits or not found:
        remedy = "Make them with sweeps.grid, span, together, random_points ..."
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
    if solve is not None and not callable(solve):
        remedy = "Give a function solve(model, engine) at the top of a module."
        raise ArgumentError("solve", "be a function", solve, remedy)
    settings = dataclasses.is_dataclass(engine) and not isinstance(engine, type)
    if solve is None and engine is not None and not settings:
        remedy = "Give for example engines.Gaussian(), or leave it out."
        raise ArgumentError("engine", "be an engine", engine, remedy)
    if sweep.times is not None and not callable(getattr(sweep.times, "values", None)):
        remedy = "Give for example scenarios.TimeGrid(stop=10.0)."
        raise ArgumentError("times", "be times of an evolution", sweep.times, remedy)
    if not isinstance(sweep.vectorise, bool):
        raise ArgumentError("vectorise", "be True or False", sweep.vectorise, "Give one of them.")
    for name in ("name", "rate_unit"):
        text = getattr(sweep, name)
        if not isinstance(text, str) and (name == "name" or text is not None):
            raise ArgumentError(name, "be text", text, "Put it into quotes, or leave it out.")


def check_run(progress: Any, source: Any, flags: Mapping[str, Any]) -> None:
    """Refuse what `darkstate.sweep` cannot use.

    Raises:
        ArgumentError: `progress` is no function, `source` no mapping, or a flag no truth value.
    """
    if not callable(progress):
        remedy = "Give a function of a SweepProgress, or leave it out."
        raise ArgumentError("progress", "be a function", progress, remedy)
    if source is not None and not isinstance(source, Mapping):
        remedy = "Give {'file': ..., 'text': ...}, or leave it out."
        raise ArgumentError("source", "be a mapping", source, remedy)
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise ArgumentError(name, "be True or False", flag, "Give one of them.")


def check_kind(name: str, value: Any, kind: type, remedy: str) -> None:
    """Refuse `value` if it is no `kind`.

    Raises:
        ArgumentError: it is something else.
    """
    if not isinstance(value, kind):
        raise ArgumentError(name, f"be a {kind.__name__}", value, remedy)
