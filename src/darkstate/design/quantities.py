"""Quantities of a steady state that are optimised or constrained, known by their content.

A quantity is a merit (`darkstate.merit`), the slowest rate ``"gap"``, or a function of the state at
the top of a module. It travels to workers and stands in the keys of stored searches, so it is kept
as plain values: the name of a measure and its arguments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from darkstate.checks import check_labels, check_real
from darkstate.design.merit import Merit, merit
from darkstate.errors import ArgumentError, NumericalError
from darkstate.measures import MEASURES
from darkstate.measures.dispatch import Measure
from darkstate.results import Result
from darkstate.states import DensityState, GaussianState, PureState
from darkstate.systems.operators import OperatorSum

GAP = "gap"
_REMEDY = "Give ds.merit(ds.log_negativity, 'A1', 'B1'), 'gap', or a function of a state."
_MEASURES = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True)
class StateQuantity:
    """A number of a steady state.

    Args:
        what: ``"gap"``, the name of a measure, or a function ``f(state, *arguments)``.
        arguments: labels, a target, or for `expect` the operator, which comes first.
        first: whether the arguments stand before the state.
    """

    what: Any
    arguments: tuple[Any, ...] = ()
    first: bool = False

    @property
    def title(self) -> str:
        """What to call it, such as ``log_negativity(A1, B1)``."""
        name = self.what if isinstance(self.what, str) else self.what.__name__
        inside = ", ".join(_text(one) for one in self.arguments)
        return f"{name}({inside})" if inside else name

    @property
    def differentiable(self) -> Any:
        """The same for `gradient`: ``"gap"``, a merit, or a function of the state."""
        if self.what == GAP:
            return GAP
        try:
            return merit(_MEASURES.get(self.what, self.what), *self.arguments)
        except ArgumentError:
            return self.of

    @property
    def is_function(self) -> bool:
        """Whether it is a function of the state that may look at how it is stored."""
        return callable(self.what)

    def of(self, state: Any) -> float:
        """Its value for a state."""
        function: Any = _MEASURES.get(self.what, self.what)
        if self.first:
            return float(function(*self.arguments, state))
        return float(function(state, *self.arguments))

    def read(self, result: Result) -> float:
        """Its value.

        Raises:
            NumericalError: it is no finite number, or the engine does not tell the gap.
            EngineMismatchError, ArgumentError: it is not defined for such a state.
        """
        if self.what == GAP:
            value = result.report.gap
            if value is None:
                raise NumericalError(
                    f"`gap` is not computed by {result.report.engine} for this system. Leave the "
                    "constraint out, or give an engine that reports one."
                )
        else:
            value = self.of(result.state)
        number = float(value)
        if not math.isfinite(number):
            raise NumericalError(f"`{self.title}` must be a finite number, but is {number}.")
        return number

    def labels(self) -> Iterator[str]:
        """Labels that it names."""
        for one in self.arguments:
            if isinstance(one, str):
                yield one
            elif isinstance(one, OperatorSum):
                yield from (space.label for space in one.spaces)
            elif isinstance(one, PureState | DensityState | GaussianState):
                yield from one.labels
            elif isinstance(one, tuple):
                yield from (label for label in one if isinstance(label, str))


def quantity_of(name: str, given: Any) -> StateQuantity:
    """The quantity that a user means.

    Raises:
        ArgumentError: it is none.
    """
    if isinstance(given, StateQuantity):
        return given
    if isinstance(given, Measure):
        raise ArgumentError(name, "say of which labels", given, _REMEDY)
    if given == GAP if isinstance(given, str) else False:
        return StateQuantity(GAP)
    if isinstance(given, Merit):
        known = isinstance(given.measure, Measure)
        arguments = tuple(tuple(a) if isinstance(a, list) else a for a in given.arguments)
        what = given.measure.name if known else given.measure
        return StateQuantity(what, arguments, getattr(what, "__name__", "") == "expect")
    if callable(given) and hasattr(given, "__qualname__") and not isinstance(given, type):
        return StateQuantity(given)
    raise ArgumentError(name, "be a merit or a function of the state", given, _REMEDY)


def check_known(name: str, quantity: StateQuantity, labels: tuple[str, ...]) -> None:
    """Refuse a quantity of labels that the network has not.

    Raises:
        ArgumentError: one is unknown; the nearest is offered.
    """
    named = tuple(dict.fromkeys(quantity.labels()))
    check_labels(f"{name}: {quantity.title}", named, labels, empty=True)


@dataclass(frozen=True)
class Constraint:
    """What must hold at an optimum.

    Args:
        quantity: a merit, ``"gap"``, or a function of the state.
        minimum: it must be at least this.
        maximum: it must be at most this.

    Raises:
        ArgumentError: no quantity, or no bound.
    """

    quantity: Any
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", quantity_of("quantity", self.quantity))
        if (self.minimum is None) == (self.maximum is None):
            remedy = "Write Constraint(merit, minimum=0.3), or maximum=; two of them for a range."
            rule = "be given, or `maximum`, and not both"
            raise ArgumentError("minimum", rule, self.minimum, remedy)
        for key in ("minimum", "maximum"):
            if getattr(self, key) is not None:
                value = check_real(key, getattr(self, key), remedy="Give a number.")
                object.__setattr__(self, key, value)

    @property
    def title(self) -> str:
        """``purity >= 0.9``."""
        bound = f">= {self.minimum:g}" if self.minimum is not None else f"<= {self.maximum:g}"
        return f"{self.quantity.title} {bound}"

    @property
    def sign(self) -> float:
        """1 for a lower bound, -1 for an upper one: of the slack's slope."""
        return 1.0 if self.minimum is not None else -1.0

    @property
    def scale(self) -> float:
        """What slacks are divided by."""
        return max(1.0, abs(self.minimum if self.minimum is not None else self.maximum or 0.0))

    def slack(self, value: float) -> float:
        """Positive where it holds, in units of `scale`."""
        if self.minimum is not None:
            return (value - self.minimum) / self.scale
        assert self.maximum is not None
        return (self.maximum - value) / self.scale


def _text(argument: Any) -> str:
    if isinstance(argument, str):
        return argument
    if isinstance(argument, tuple):
        return "+".join(map(str, argument))
    if isinstance(argument, OperatorSum):
        return str(argument)
    labels = getattr(argument, "labels", ())
    return f"{type(argument).__name__} of {'+'.join(labels)}" if labels else str(argument)
