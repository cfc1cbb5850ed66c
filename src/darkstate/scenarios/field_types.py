"""Types of the values in a scenario file: a field's own annotation, read by pydantic, strictly.

A `FieldType` is made from the annotation of a dataclass field (``int``, ``Literal[...]``,
``float | Sequence[float]``, ``Mapping[str, int] | None`` ...) and the unit of its numbers, which
may be quantities such as ``5 MHz``. Nothing is converted silently: a boolean is no number, a number
is no text, ``20.0`` is no whole number. Pydantic checks, converts and knows the JSON schema; what
it does not have is here: the rule in words, and which of its findings about a union to tell.
"""

from __future__ import annotations

import collections.abc
import math
import types
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    FailFast,
    Field,
    PlainValidator,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from darkstate.errors import nearest
from darkstate.scenarios.problems import Refusal, path_in
from darkstate.scenarios.quantities import POWERS, Units

_WORDS: dict[Any, str] = {
    int: "a whole number",
    str: "text",
    bool: "true or false",
    type(None): "null",
}
_FORMS: dict[Any, str] = {
    Literal: "choice",
    Union: "union",
    types.UnionType: "union",
    tuple: "list",
    list: "list",
}
_FORMS |= {collections.abc.Sequence: "list", collections.abc.Mapping: "mapping", dict: "mapping"}
_LARGEST = 2**63 - 1
_STRICT: dict[Any, Any] = {kind: Annotated[kind, Strict()] for kind in (str, bool)}
_STRICT |= {int: Annotated[int, Strict(), Field(ge=-_LARGEST, le=_LARGEST)], type(None): None}


class _AtFirst(FailFast):
    """Ends at the first wrong entry of a list; may stand in a union."""

    def __hash__(self) -> int:
        return id(self)


_FIRST = _AtFirst()


@dataclass(frozen=True)
class FieldType:
    """The type of a field.

    Args:
        annotation: its resolved annotation.
        unit: unit of its numbers, a key of `POWERS`; None for pure numbers.
        infinite: whether a number may be infinite.

    Raises:
        TypeError: there is no such unit.
    """

    annotation: Any
    unit: str | None = None
    infinite: bool = False

    def __post_init__(self) -> None:
        if self.unit is not None and self.unit not in POWERS:
            raise TypeError(f"a field's unit must be one of {', '.join(POWERS)}, not {self.unit!r}")

    @property
    def form(self) -> str:
        """``scalar``, ``choice``, ``union``, ``list``, ``tuple`` (of known length), ``mapping``."""
        found = _FORMS.get(get_origin(self.annotation), "scalar")
        fixed = get_origin(self.annotation) is tuple and Ellipsis not in get_args(self.annotation)
        return "tuple" if fixed else found

    @property
    def parts(self) -> list[FieldType]:
        """Types of what a union, list or mapping is made of."""
        inner = get_args(self.annotation)
        return [replace(self, annotation=part) for part in inner if part is not Ellipsis]

    @property
    def rule(self) -> str:
        """What its values are, continuing "must be ..."."""
        form, inner = self.form, get_args(self.annotation)
        if form == "choice":
            return "one of " + ", ".join(f"'{option}'" for option in inner)
        if form == "union":
            return " or ".join(part.rule for part in self.parts if part.rule != "null")
        if form == "mapping":
            return f"a mapping of labels to {self.parts[1].rule.removeprefix('a ')}s"
        if form in ("list", "tuple"):
            entries = "numbers" if inner[0] is float else self.parts[0].rule
            return f"a list of {entries if form == 'list' else f'{len(inner)} entries'}"
        example = {None: "", "time": " or a quantity such as '0.1 us'"}
        number = "a number" + example.get(self.unit, " or a quantity such as '5 MHz'")
        return _WORDS.get(self.annotation, number)

    def strict(self) -> Any:
        """The annotation for pydantic, in which scalars are strict and numbers may have units.

        Raises:
            TypeError: no scenario file can express such a field (a mistake in a model).
        """
        shown = f"a {self.unit or 'product such as 2*pi*0.1'}"
        schema = {"anyOf": [{"type": "number"}, {"type": "string", "description": shown}]}
        number = Annotated[float, PlainValidator(self._number), WithJsonSchema(schema)]
        scalars = {float: number, **_STRICT}
        inner = tuple(part.strict() for part in self.parts if self.form != "choice")
        if self.form == "scalar" and self.annotation in scalars:
            return scalars[self.annotation]
        if self.form == "choice":
            return self.annotation
        if self.form == "union":
            return Union[inner]  # noqa: UP007
        if self.form in ("list", "tuple"):
            return tuple[inner] if self.form == "tuple" else Annotated[tuple[inner[0], ...], _FIRST]
        if self.form == "mapping" and get_args(self.annotation)[0] is str:
            return dict[str, inner[1]]
        raise TypeError(f"a scenario cannot express values of type {self.annotation}")

    def _number(self, value: Any, info: ValidationInfo) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise PydanticCustomError("number", "no number")
        infinite = Refusal("be finite", value, "Give a finite number.")
        try:
            if isinstance(value, str):
                return info.context["units"].number(value, self.unit)  # type: ignore[index]
            if math.isfinite(value) or (self.infinite and math.isinf(value)):
                return float(value)
        except OverflowError:  # a whole number of many digits
            pass
        except Refusal as refusal:
            raise refusal.custom() from None
        raise infinite.custom()

    # Reading --------------------------------------------------------------------------------------

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.strict())

    def read(self, value: Any, units: Units, remedy: str) -> Any:
        """The value for a model.

        Raises:
            Refusal: it does not fit; with `remedy` where nothing better is known.
        """
        try:
            return self._adapter.validate_python(value, context={"units": units})
        except ValidationError as error:
            raise self.refusal(error, value, remedy) from None

    def refusal(self, error: ValidationError, value: Any, remedy: str) -> Refusal:
        """The one error to tell of those in all parts of a union: the deepest, our own first."""
        every: list[Any] = error.errors(include_url=False)
        found = [(path_in(one["loc"], value), one) for one in every]
        at, chosen = max(found, key=lambda item: (len(item[0]), item[1]["type"] == "refused"))
        if chosen["type"] == "refused":
            told: Refusal = chosen["ctx"]["refusal"]
            return Refusal(told.rule, told.value, told.remedy, at)
        here, kind = value, self
        for step in at:
            here, kind = here[step], kind._entry(step)
        if "than_equal" in chosen["type"]:
            return Refusal("be a whole number of usual size", here, "Give a smaller number.", at)
        if kind.form == "choice":
            remedy = nearest(here, map(str, get_args(kind.annotation)))
        elif at:
            remedy = f"This entry should be {kind.rule}."
        return Refusal(f"be {kind.rule}", here, remedy, at)

    def _entry(self, step: int | str) -> FieldType:
        """The type of an entry of a list or mapping."""
        if self.form == "union":
            return next(part for part in self.parts if part.form != "scalar")._entry(step)
        return self.parts[{"list": 0, "mapping": 1}.get(self.form, step)]  # type: ignore[index]
