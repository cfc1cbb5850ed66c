"""A sweep: a base model, the axes along which it varies, and what to read off each result.

The points are the product of the axes, numbered in C order (the last axis fastest). A point is
known by its *key*, the SHA-256 of all that was asked: model with every parameter, engine with every
option, times, outputs, code version, and the seed where random numbers are drawn. What is stored
under a key is never computed again, whatever else of the sweep changes.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from darkstate.checks import check_seed
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.frontdoor import as_system
from darkstate.sweeps.arguments import (
    as_axes,
    as_outputs,
    check_axes,
    check_columns,
    check_kinds,
)
from darkstate.sweeps.axes import Axis
from darkstate.sweeps.outputs import Output, check_known
from darkstate.sweeps.plain import code_version, plain
from darkstate.sweeps.plan import Plan, PlannedAxis, PlannedOutput, unit_of
from darkstate.sweeps.targets import Target, check_apart, find, replace_at


@dataclass(frozen=True)
class PointInputs:
    """One point as objects: what an engine is given."""

    model: Any
    engine: Any
    times: Any


@dataclass(frozen=True)
class Sweep:
    """What to compute at which points.

    Args:
        model: the base model, a dataclass; every parameter that no axis names keeps its value.
        axes: the dimensions, from `grid`, `linspace`, `geomspace`, `zip_axes`, `random_points`,
            `sobol_points`, `csv_points`. Each name varies along one of them.
        outputs: what to read off: ``"log_negativity(A1:B1)"``, ``"purity"``,
            ``"report.residual"`` ...
        engine: the engine object; by default chosen for each point.
        times: for an evolution: an object with ``values()``, such as `scenarios.TimeGrid`; the
            outputs are then those of the last time.
        seed: entropy of random numbers, for engines that draw them; fresh, and kept in the store,
            if left out.
        solve: ``solve(model, engine)`` (or with ``seed=``) in place of the front door: a function
            at the top of a module, which returns a `Result` or a mapping of numbers. Its own source
            is part of every key; that of what it calls outside of darkstate is not.
        vectorise: solve blocks of neighbouring points together, of Gaussian models, of qubits and
            spins, and of repeaters over time. Many times faster for small networks; its results
            differ from those of single points in the last digits, so they have keys of their own.
        name: a title.
        rate_unit: the rate that the number 1 stands for, for the labels of axes.

    Raises:
        ArgumentError: an axis or an output that does not exist, names that overlap, repeated
            dimensions.
    """

    model: Any
    axes: tuple[Axis, ...]
    outputs: tuple[str | Output, ...] = ("purity",)
    engine: Any = None
    times: Any = None
    seed: int | None = None
    solve: Callable[..., Any] | None = None
    vectorise: bool = False
    name: str = ""
    rate_unit: str | None = None
    targets: tuple[Target, ...] = field(init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        over = " x ".join(f"{axis.dim} ({len(axis.rows)})" for axis in self.axes)
        return f"Sweep({type(self.model).__name__} over {over or 'nothing'})"

    def __post_init__(self) -> None:
        axes = as_axes(self.axes)
        check_kinds(self)
        check_axes(axes)
        objects = {"model": self.model, "engine": self.engine, "times": self.times}
        targets = tuple(find(name, objects) for axis in axes for name in axis.names)
        check_apart(targets)
        outputs = as_outputs(self.outputs, free=self.solve is not None)
        check_columns(axes, [one.name for one in outputs])
        if self.seed is not None:
            check_seed("seed", self.seed)
        values = {"axes": axes, "outputs": outputs, "targets": targets}
        for key, value in values.items():
            object.__setattr__(self, key, value)
        self._check_choices()

    def _check_choices(self) -> None:
        swept = any(target.root == "seed" for target in self.targets)
        if swept and not self.stochastic:
            remedy = "Give an engine that draws random numbers, such as engines.Trajectories()."
            raise ArgumentError("axis", "have an effect: nothing here is random", "seed", remedy)
        if self.solve is not None and self.times is not None:
            remedy = "Let `solve` do the evolution."
            raise ArgumentError("times", "be left out beside `solve`", self.times, remedy)
        if self.vectorise and (self.solve or self.times or self.engine):
            remedy = "Vectorising is for steady states by engines with their defaults."
            raise ArgumentError("vectorise", "come without engine, times and solve", True, remedy)
        if self.vectorise and any(target.root != "model" for target in self.targets):
            raise ArgumentError("vectorise", "come with axes over the model only", True, "Drop it.")

    @property
    def columns(self) -> tuple[Output, ...]:
        """The outputs as they were read."""
        return tuple(one for one in self.outputs if isinstance(one, Output))

    # Points ---------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of entries along each axis."""
        return tuple(len(axis) for axis in self.axes)

    def __len__(self) -> int:
        return math.prod(self.shape)

    @cached_property
    def typed_rows(self) -> tuple[tuple[tuple[Any, ...], ...], ...]:
        """Rows of each axis, in the types of their targets."""
        found, start = [], 0
        for axis in self.axes:
            targets = self.targets[start : start + len(axis.names)]
            start += len(axis.names)
            rows = (zip(targets, row, strict=True) for row in axis.rows)
            found.append(tuple(tuple(t.value(value) for t, value in row) for row in rows))
        return tuple(found)

    def values(self, point: int) -> tuple[Any, ...]:
        """Values of all targets at a point."""
        found: tuple[Any, ...] = ()
        for rows in reversed(self.typed_rows):
            point, k = divmod(point, len(rows))
            found = rows[k] + found
        return found

    def inputs(self, values: Sequence[Any]) -> PointInputs:
        """The objects with these values put in.

        Raises:
            ArgumentError: the model (or engine) refuses them.
        """
        made = []
        for root in ("model", "engine", "times"):
            changes = [
                (target.steps, value)
                for target, value in zip(self.targets, values, strict=True)
                if target.root == root
            ]
            made.append(replace_at(getattr(self, root), changes))
        return PointInputs(*made)

    # Seeds ----------------------------------------------------------------------------------

    @property
    def stochastic(self) -> bool:
        """Whether points draw random numbers for which no seed is given otherwise."""
        if self.solve is not None:
            return "seed" in inspect.signature(self.solve).parameters
        if any(target.name == "engine.seed" for target in self.targets):
            return False
        engines = [self.engine]
        for axis in self.axes:
            engines += axis.column("engine") if "engine" in axis.names else []
        return any(getattr(engine, "seed", 0) is None for engine in engines)

    def with_seed(self, entropy: int | None) -> Sweep:
        """This sweep with a seed if it needs one: its own, else `entropy`, else a fresh one."""
        if not self.stochastic or self.seed is not None:
            return self
        if entropy is None:
            entropy = int(np.random.SeedSequence().entropy)  # type: ignore[arg-type]
        return dataclasses.replace(self, seed=entropy)

    def entropy(self, values: Sequence[Any]) -> int | None:
        """Entropy of a point: the axis `seed`, else the seed of the sweep."""
        swept = [v for t, v in zip(self.targets, values, strict=True) if t.root == "seed"]
        return swept[0] if swept else self.seed if self.stochastic else None

    # Keys -----------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """All that is asked, apart from the values along the axes, as plain values."""
        return {
            "model": plain(self.model),
            "engine": plain(self.engine, "engine"),
            "times": plain(self.times, "times"),
            "solve": plain(self.solve, "solve"),
            "outputs": [one.question for one in self.columns],
            "vectorised": self.vectorise,
            "seed": self.seed if self.stochastic else None,
            "code": code_version(),
        }

    def plan(self, source: Mapping[str, str] | None = None) -> Plan:
        """What is asked, as plain values; for `source` see `Plan`."""
        return Plan(
            name=self.name or type(self.model).__name__,
            document=self.document(),
            axes=[
                PlannedAxis(axis.dim, axis.names, plain(rows, axis.dim))
                for axis, rows in zip(self.axes, self.typed_rows, strict=True)
            ],
            paths=[(target.root, *target.steps) for target in self.targets],
            outputs=[
                PlannedOutput(one.name, one.is_text, one.attributes()) for one in self.columns
            ],
            units={one.name: unit_of(one.unit, self.rate_unit) for one in self.targets},
            entropy=self.seed if self.stochastic else None,
            source=dict(source) if source else None,
        )

    def keys(self) -> list[str]:
        """Key of every point, as 64 hexadecimal digits."""
        return self.plan().point_keys()

    # Checks before anything runs ------------------------------------------------------------

    def corners(self) -> list[int]:
        """A few points that stand for all: first, last, and the ends and largest of each axis."""
        steps = [math.prod(self.shape[k + 1 :]) for k in range(len(self.axes))]
        found, largest = [0, len(self) - 1], 0
        for axis, step in zip(self.axes, steps, strict=True):
            peaks = [_peak(axis.column(name)) for name in axis.names]
            found += [k * step for k in (len(axis) - 1, *peaks)]
            largest += peaks[0] * step
        return list(dict.fromkeys([*found, largest]))

    def check_outputs(self) -> None:
        """Refuse outputs of labels that no network of the sweep has.

        Raises:
            ArgumentError: an unknown label.
        """
        labels: dict[str, None] = {}
        for values in [None, *(self.values(point) for point in self.corners())]:
            try:
                model = self.model if values is None else self.inputs(values).model
                if self.solve is None:
                    labels |= dict.fromkeys(as_system(model).labels)
            except DarkstateError:
                continue  # that point will say so itself
        if labels:
            check_known(self.columns, labels)


def _peak(values: list[Any]) -> int:
    """Position of the largest number; 0 among other values."""
    if not all(isinstance(value, int | float) for value in values):
        return 0
    return max(range(len(values)), key=values.__getitem__)
