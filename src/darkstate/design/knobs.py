"""Knobs: what an optimisation may turn, between which bounds, and which parameters go with them.

A knob sets one parameter of the model, or several that are tied together, each to the knob times a
weight of its own. All knobs together are a point of the unit box, 0 at the lower and 1 at the upper
bound, on a linear or a logarithmic scale; optimisers work there.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_choice, check_instance, check_real, check_sequence, check_text
from darkstate.errors import ArgumentError
from darkstate.sweeps.axes import SPACINGS
from darkstate.sweeps.targets import Target, check_apart, find, replace_at

Vector = NDArray[np.float64]

_RANGES = "Give {name: (low, high)}, (low, high, 'log'), or a list of Knob."


@dataclass(frozen=True)
class Knob:
    """One number that is optimised.

    Args:
        name: what to call it; the parameter that it sets, unless `sets` says otherwise.
        low: lower bound.
        high: upper bound, > low.
        spacing: "linear", or "log" to search by ratios (low > 0).
        sets: weights by parameter, ``{"detunings_a[1]": 1, "detunings_b[1]": -1}``: each is the
            knob times its weight.
        start: where the first search begins; by default the value that the model has.

    Raises:
        ArgumentError: no range, a start outside it, or weights that are zero.
    """

    name: str
    low: float
    high: float
    spacing: str = "linear"
    sets: Mapping[str, float] | None = None
    start: float | None = None

    def __post_init__(self) -> None:
        name = check_text("name", self.name, "Name a parameter, such as 'loss'.")
        check_choice("spacing", self.spacing, SPACINGS)
        above = 0.0 if self.spacing == "log" else None
        remedy = "Give two finite ends, the lower one first; both > 0 for 'log'."
        low = check_real(f"bounds['{name}'][0]", self.low, above=above, remedy=remedy)
        high = check_real(f"bounds['{name}'][1]", self.high, above=low, remedy=remedy)
        weights = self.sets
        if weights is not None:
            check_instance("sets", weights, Mapping, "Give {parameter: weight}.")
            remedy = "Give a number that is not zero."
            weights = {str(k): check_real(f"sets['{k}']", w, remedy=remedy)
                       for k, w in weights.items()}  # fmt: skip
            if not weights or not all(weights.values()):
                raise ArgumentError("sets", "have weights that are not zero", self.sets, remedy)
        if self.start is not None:
            remedy = f"Start between {low:g} and {high:g}."
            check_real("start", self.start, minimum=low, maximum=high, remedy=remedy)
        for key, value in (("low", low), ("high", high), ("sets", weights)):
            object.__setattr__(self, key, value)

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights by parameter."""
        return {self.name: 1.0} if self.sets is None else self.sets

    def value(self, share: float) -> float:
        """The number at a place of the unit interval; the ends exactly."""
        if share <= 0.0 or share >= 1.0:
            return self.low if share <= 0.0 else self.high
        if self.spacing == "log":
            return self.low * math.exp(share * math.log(self.high / self.low))
        return self.low + share * (self.high - self.low)

    def share(self, value: float) -> float:
        """The place of a number in the unit interval."""
        if self.spacing == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def speed(self, value: float) -> float:
        """How fast the number moves with its place, ``d value/d share``."""
        return (value * math.log(self.high / self.low) if self.spacing == "log"
                else self.high - self.low)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """All knobs of a model.

    Args:
        model: the base model, a dataclass.
        knobs: the knobs.

    Raises:
        ArgumentError: parameters that do not exist, or that two knobs set.
    """

    model: Any
    knobs: tuple[Knob, ...]

    def __post_init__(self) -> None:
        if not dataclasses.is_dataclass(self.model) or isinstance(self.model, type):
            remedy = "Give one of darkstate.models, or a dataclass of your own with system()."
            raise ArgumentError("model", "be a dataclass with parameters", self.model, remedy)
        names = [knob.name for knob in self.knobs]
        if len(set(names)) < len(names):
            raise ArgumentError("bounds", "name each knob once", names, "Drop the repeated one.")
        for name in (name for knob in self.knobs for name in knob.weights):
            value = entry_at(self.model, target_of("bounds", name, self.model).steps)
            if isinstance(value, bool) or not isinstance(value, int | float):
                remedy = "Name a parameter that is one real number; list others in `choices`."
                raise ArgumentError("bounds", "name real numbers", f"{name} = {value!r}", remedy)
        check_apart([t for targets in self._targets for t, _ in targets])

    @cached_property
    def _targets(self) -> list[list[tuple[Any, float]]]:
        objects = {"model": self.model}
        return [
            [(find(name, objects), weight) for name, weight in knob.weights.items()]
            for knob in self.knobs
        ]

    @property
    def parameters(self) -> list[list[tuple[str, tuple[int, ...], float]]]:
        """Of each knob what it sets: path of the field, entry of it, weight."""
        found = []
        for targets in self._targets:
            rows = []
            for target, weight in targets:
                steps = list(target.steps)
                entry = []
                while isinstance(steps[-1], int):
                    entry.append(int(steps.pop()))
                path = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
                rows.append((path.lstrip("."), tuple(entry[::-1]), weight))
            found.append(rows)
        return found

    def values(self, point: Sequence[float] | Vector) -> dict[str, float]:
        """Numbers of the knobs at a point of the unit box, by name."""
        return {k.name: k.value(float(u)) for k, u in zip(self.knobs, point, strict=True)}

    def speeds(self, point: Vector) -> Vector:
        """``d value/d share`` of every knob."""
        numbers = self.values(point).values()
        return np.array([k.speed(v) for k, v in zip(self.knobs, numbers, strict=True)])

    def model_at(self, point: Sequence[float] | Vector) -> Any:
        """The model at a point of the unit box.

        Raises:
            ArgumentError: the model refuses the numbers.
        """
        numbers = self.values(point).values()
        changes = [
            (target.steps, target.value(weight * number))
            for targets, number in zip(self._targets, numbers, strict=True)
            for target, weight in targets
        ]
        return replace_at(self.model, changes)

    def start(self) -> Vector:
        """Where the model, or the starts of the knobs, are in the unit box.

        Raises:
            ArgumentError: outside of the bounds; or tied parameters are not tied in the model.
        """
        point = []
        for knob, targets in zip(self.knobs, self._targets, strict=True):
            if knob.start is not None:
                point.append(knob.share(knob.start))
                continue
            found = [float(entry_at(self.model, t.steps)) / weight for t, weight in targets]
            if max(found) - min(found) > 1e-9 * max(map(abs, found)):
                rule = f"have tied values of what '{knob.name}' sets, or a start"
                remedy = f"Give Knob('{knob.name}', ..., start=...)."
                raise ArgumentError(
                    "model", rule, dict(zip(knob.weights, found, strict=True)), remedy
                )
            if not knob.low <= found[0] <= knob.high:
                rule = f"include the value of the model, {found[0]:g}"
                remedy = "Widen them, give the model a value between them, or a Knob with a start."
                raise ArgumentError(f"bounds['{knob.name}']", rule, (knob.low, knob.high), remedy)
            point.append(knob.share(found[0]))
        return np.array(point)


def knobs_of(model: Any, bounds: Any) -> tuple[Knob, ...]:
    """Knobs from ``{name: (low, high)}`` or a list; a field with several values has one for each.

    Raises:
        ArgumentError: no bounds, or some that are none.
    """
    if not isinstance(bounds, Mapping):
        every = check_sequence("bounds", bounds, _RANGES)
        for knob in every:
            check_instance("bounds", knob, Knob, _RANGES)
    else:
        every = tuple(one for name, ends in bounds.items() for one in _of_field(model, name, ends))
    if not every:
        raise ArgumentError("bounds", "name at least one knob", bounds, _RANGES)
    return every


def _of_field(model: Any, name: Any, ends: Any) -> list[Knob]:
    check_text("bounds", name, _RANGES)
    place = f"bounds['{name}']"
    given = check_sequence(place, ends, _RANGES)
    if len(given) not in (2, 3):
        raise ArgumentError(place, "be (low, high) or (low, high, 'log')", ends, _RANGES)
    value = entry_at(model, target_of("bounds", name, model).steps)
    if not isinstance(value, tuple | list):
        return [Knob(name, *given)]
    return [Knob(f"{name}[{k}]", *given) for k in range(len(value))]


def target_of(argument: str, name: Any, model: Any) -> Target:
    """What a name stands for in a model.

    Raises:
        ArgumentError: nothing; told with the name of the argument.
    """
    check_text(argument, name, "Name a parameter of the model, such as 'loss'.")
    if str(name).partition(".")[0] in ("seed", "engine", "times"):
        remedy = "Name a parameter of the model, such as 'loss' or 'drive.nbar'."
        raise ArgumentError(argument, "name a parameter of the model", name, remedy)
    try:
        return find(name, {"model": model})
    except ArgumentError as error:
        raise ArgumentError(argument, error.rule, error.value, error.remedy) from None


def entry_at(here: Any, steps: Sequence[Any]) -> Any:
    """What stands at the end of a path of fields and positions."""
    for step in steps:
        here = getattr(here, step) if isinstance(step, str) else here[step]
    return here
