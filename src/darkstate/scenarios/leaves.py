"""Leaf values of a scenario: how an annotation of a dataclass field is read from plain values.

A `Leaf` is made from the annotation alone (``int``, ``float``, ``float | Sequence[float]``,
``Literal[...]``, ``tuple[tuple[str, str], ...]``, ``Mapping[str, int]``, each ``| None``) and the
unit of the field. It knows its rule in words, its JSON schema, and how to read a value; nothing is
converted silently: a boolean is no number, a number is no text, ``20.0`` is no whole number.
"""

from __future__ import annotations

import collections.abc
import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from darkstate.errors import nearest
from darkstate.scenarios.problems import Refusal
from darkstate.scenarios.quantities import POWERS, Units

Schema = dict[str, Any]


@dataclass(frozen=True)
class Leaf:
    """One kind of value.

    Args:
        rule: what it is, continuing "must be ...".
        schema: its JSON schema.
        accepts: whether a value looks like this kind at all.
        read: the value for a model; raises `Refusal`.
    """

    rule: str
    schema: Schema
    accepts: Callable[[Any], bool]
    read: Callable[[Any, Units], Any]

    def __call__(self, value: Any, units: Units, remedy: str) -> Any:
        """The value for a model, or a refusal with `remedy` where nothing better is known."""
        if not self.accepts(value):
            raise Refusal(f"be {self.rule}", value, remedy)
        return self.read(value, units)


def leaf(annotation: Any, unit: str | None, infinite: bool = False) -> Leaf:
    """The leaf for an annotation.

    Args:
        annotation: a resolved type annotation.
        unit: unit of its numbers, a key of `POWERS`; None for pure numbers.
        infinite: whether a number may be infinite.

    Raises:
        TypeError: no scenario file can express such a field (a mistake in a model, not in a file).
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if unit is not None and unit not in POWERS:
        raise TypeError(f"a field's unit must be one of {', '.join(POWERS)}, not {unit!r}")
    simple = {int: _INTEGER, str: _TEXT, bool: _BOOLEAN, type(None): _NOTHING}
    simple[float] = _number(unit, infinite)
    if annotation in simple:
        return simple[annotation]
    if origin is Literal:
        return _choice(arguments)
    if origin in (Union, types.UnionType):
        return _either([leaf(part, unit, infinite) for part in arguments])
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return _fixed([leaf(part, unit, infinite) for part in arguments])
    if origin in (tuple, list, collections.abc.Sequence):
        return _many(leaf(arguments[0], unit, infinite))
    if origin in (dict, collections.abc.Mapping) and arguments[0] is str:
        return _by_label(leaf(arguments[1], unit, infinite))
    raise TypeError(f"a scenario cannot express values of type {annotation}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_integer(value: Any, units: Units) -> int:
    if abs(value) >= 2**63:
        raise Refusal("be a whole number of usual size", value, "Give a smaller number.")
    return value


_INTEGER = Leaf(
    "a whole number",
    {"type": "integer"},
    lambda value: isinstance(value, int) and not isinstance(value, bool),
    _read_integer,
)
_TEXT = Leaf("text", {"type": "string"}, lambda value: isinstance(value, str), lambda v, _: v)
_BOOLEAN = Leaf("true or false", {"type": "boolean"}, lambda v: isinstance(v, bool), lambda v, _: v)
_NOTHING = Leaf("null", {"type": "null"}, lambda value: value is None, lambda v, _: v)


def _number(unit: str | None, infinite: bool) -> Leaf:
    def read(value: Any, units: Units) -> float:
        if isinstance(value, str):
            return units.number(value, unit)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isnan(number) or (math.isinf(number) and not infinite):
            raise Refusal("be finite", value, "Give a finite number.")
        return number

    example = {None: "", "time": " or a quantity such as '0.1 us'"}
    rule = "a number" + example.get(unit, " or a quantity such as '5 MHz'")
    text = {"type": "string", "description": f"a {unit or 'product such as 2*pi*0.1'}"}
    schema = {"anyOf": [{"type": "number"}, text]}
    return Leaf(rule, schema, lambda v: _is_number(v) or isinstance(v, str), read)


def _choice(options: tuple[Any, ...]) -> Leaf:
    def read(value: Any, units: Units) -> Any:
        if value not in options:
            raise Refusal(f"be {rule}", value, nearest(value, map(str, options)))
        return value

    rule = "one of " + ", ".join(f"'{option}'" for option in options)
    return Leaf(rule, {"enum": list(options)}, lambda value: isinstance(value, str), read)


def _either(parts: list[Leaf]) -> Leaf:
    """The first part that accepts the value reads it."""

    def read(value: Any, units: Units) -> Any:
        chosen = next(part for part in parts if part.accepts(value))
        return chosen.read(value, units)

    schemas = [one for part in parts for one in part.schema.get("anyOf", [part.schema])]
    shown = [part.rule for part in parts if part is not _NOTHING]
    return Leaf(
        " or ".join(shown),
        {"anyOf": schemas},
        lambda value: any(part.accepts(value) for part in parts),
        read,
    )


def _many(entry: Leaf) -> Leaf:
    def read(value: Any, units: Units) -> tuple[Any, ...]:
        return tuple(_entry(entry, k, item, units) for k, item in enumerate(value))

    schema = {"type": "array", "items": entry.schema}
    rule = "a list of numbers" if entry.rule.startswith("a number") else f"a list of {entry.rule}"
    return Leaf(rule, schema, lambda value: isinstance(value, list), read)


def _by_label(entry: Leaf) -> Leaf:
    def read(value: Any, units: Units) -> dict[str, Any]:
        return {label: _entry(entry, label, item, units) for label, item in value.items()}

    schema = {"type": "object", "additionalProperties": entry.schema}
    rule = f"a mapping of labels to {entry.rule.removeprefix('a ')}s"
    return Leaf(rule, schema, lambda value: isinstance(value, dict), read)


def _fixed(entries: list[Leaf]) -> Leaf:
    def read(value: Any, units: Units) -> tuple[Any, ...]:
        return tuple(
            _entry(part, k, item, units)
            for k, (part, item) in enumerate(zip(entries, value, strict=True))
        )

    count = len(entries)
    schema = {
        "type": "array",
        "prefixItems": [part.schema for part in entries],
        "minItems": count,
        "maxItems": count,
    }
    rule = f"a list of {count} entries"
    return Leaf(rule, schema, lambda v: isinstance(v, list) and len(v) == count, read)


def _entry(part: Leaf, position: int | str, value: Any, units: Units) -> Any:
    """Read one entry of a list or mapping; a refusal learns its position or label."""
    try:
        return part(value, units, f"This entry should be {part.rule}.")
    except Refusal as refusal:
        raise Refusal(
            refusal.rule, refusal.value, refusal.remedy, (position, *refusal.at)
        ) from None
