"""The schema of scenario files: pydantic classes made from the dataclasses of models and engines.

Each dataclass becomes a pydantic class with the same fields and one more, ``kind``, its name; what
it reads becomes an object of the dataclass. Fields that hold dataclasses become choices by
``kind``; all others have a `FieldType`, with the unit that ``field(metadata={"unit": "rate"})``
declares. Unknown keys are refused. A new model in ``models.MODELS`` appears here, in the messages
and in the JSON schema by itself.

What a key means is read from the ``Args:`` of the dataclass's docstring.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from darkstate.errors import ArgumentError, DarkstateError, nearest
from darkstate.scenarios.field_types import FieldType
from darkstate.scenarios.problems import MISSING, Path, Refusal, parse_path

EXAMINED = 200
"""How many problems of one mapping are told in words."""


class Described(BaseModel):
    """Base of all generated classes: strict about keys, and gives an object of its dataclass."""

    model_config = ConfigDict(extra="forbid")
    target: ClassVar[type]
    choices: ClassVar[dict[str, list[str]]]

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, value: Any, handler: Callable[[Any], Any]) -> Any:
        """The object; what pydantic finds here is told as refusals, with what this class knows."""
        try:
            return handler(value)._build()
        except ValidationError as error:
            found: list[Any] = error.errors(include_url=False)
            told = [cls._tell(one) for one in found[:EXAMINED]]
            more = InitErrorDetails(type=PydanticCustomError("more", "more"), input=None)
            told += [more] * len(found[EXAMINED:])
            raise ValidationError.from_exception_data(cls.__name__, told) from None

    def _build(self) -> Any:
        given = {name: getattr(self, name) for name in self.model_fields_set - {"kind"}}
        try:
            return self.target(**given)
        except ArgumentError as error:
            path = parse_path(re.sub(r"\['(.+)'\]\Z", r".\1", error.name))  # cutoff['a'], loss[3]
            place = path if path and path[0] in type(self).model_fields else ()
            raise Refusal(error.rule, error.value, error.remedy, place).custom() from None
        except DarkstateError as error:
            raise PydanticCustomError("darkstate", "{text}", {"text": str(error)}) from None

    @classmethod
    def _tell(cls, error: Any) -> InitErrorDetails:
        """An error of pydantic in this mapping, or one of a part that was told there."""
        kind, place, value = error["type"], error["loc"], error["input"]
        if kind in ("refused", "darkstate", "more"):
            custom = PydanticCustomError(kind, "{text}", error.get("ctx", {}))
            return {"type": custom, "loc": place, "input": value}
        if kind == "extra_forbidden":
            known = [name for name in cls.model_fields if name != "kind"]
            hint = nearest(str(place[-1]), known)
            hint += "" if hint.startswith("Known") else f" Known: {', '.join(known)}."
            what = "a scenario" if "model" in known else cls.__name__
            told = Refusal(f"be a key of {what}", place[-1], hint)
        elif kind == "missing" and place[-1] != "kind":
            meaning = documentation(cls.target).get(str(place[-1]), "")
            told = Refusal("be given", MISSING, f"It is: {meaning}" if meaning else "Add it.")
        elif kind in ("missing", "union_tag_not_found", "union_tag_invalid", "literal_error"):
            told, place = cls._unknown_kind(value, place)
        else:
            kinds = cls.choices.get(str(place[0]), []) if place else []
            example = kinds[0] if kinds else "..."
            remedy = f"Write for example {{kind: {example}}} with the parameters as further keys."
            told = Refusal("be a mapping of keys to values", value, remedy)
        if kind in ("missing", "extra_forbidden"):  # a key of this mapping itself
            told.at, place = place, ()
        return {"type": told.custom(), "loc": place, "input": value}

    @classmethod
    def _unknown_kind(cls, value: Any, place: Path) -> tuple[Refusal, Path]:
        """What is wrong with the `kind` of this mapping or of the one at `place`."""
        expected = [cls.__name__] if place[-1] == "kind" else cls.choices[str(place[0])]
        given = value.get("kind", MISSING) if isinstance(value, dict) else value
        if given is MISSING:
            told = Refusal("be given", MISSING, f"Write one of {', '.join(expected)}.")
        else:
            rule = "be one of " + ", ".join(f"'{name}'" for name in expected)
            told = Refusal(rule, given, nearest(given, expected))
        told.at = ("kind",)
        return told, place[:-1] if place[-1] == "kind" else place


def documentation(cls: type) -> dict[str, str]:
    """What the ``Args:`` section of a docstring says about each argument."""
    lines = inspect.cleandoc(cls.__doc__ or "").splitlines()
    texts: dict[str, str] = {}
    names: list[str] = []
    inside = False
    for line in lines:
        if re.match(r"(Args|Attributes):\s*\Z", line):
            inside = True
        elif inside and line and not line.startswith(" "):
            break
        elif inside and (found := re.match(r"    ([\w, ]+): (.*)", line)):
            names = [name.strip() for name in found.group(1).split(",")]
            texts |= dict.fromkeys(names, found.group(2))
        elif inside and names and line.startswith("     "):
            texts |= {name: f"{texts[name]} {line.strip()}" for name in names}
    return texts


@functools.cache
def schema_class(
    cls: type, kind: Literal["needed", "optional", "none"] = "none"
) -> type[Described]:
    """The pydantic class of a dataclass, with or without the key ``kind``."""
    hints = get_type_hints(cls)
    overrides: Mapping[str, Any] = getattr(cls, "_schema_types", dict)()
    texts = documentation(cls)
    fields: dict[str, Any] = {}
    choices: dict[str, list[str]] = {}
    if kind != "none":
        default: Any = cls.__name__ if kind == "optional" else ...
        fields["kind"] = (Literal[cls.__name__], Field(default, description="which one"))
    for field in dataclasses.fields(cls):
        if field.init and field.metadata.get("scenario", True):
            annotation = overrides.get(field.name, hints[field.name])
            text = texts.get(field.name, "")
            choices[field.name] = [found.__name__ for found in _classes(annotation)]
            fields[field.name] = (
                _type(cls, field, annotation, text, always=field.name in overrides),
                Field(description=text or None, **_default(field)),
            )
    summary = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]
    made = create_model(cls.__name__, __base__=Described, __doc__=summary, **fields)
    made.target, made.choices = cls, choices
    return made


def _default(field: dataclasses.Field) -> dict[str, Any]:
    if field.default is not dataclasses.MISSING:
        plain = field.default
        shown = isinstance(plain, str | int | float | None) and not _infinite(plain)
        return {"default": plain} if shown else {"default": None}
    return {"default": None} if field.default_factory is not dataclasses.MISSING else {}


def _infinite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _classes(annotation: Any) -> list[type]:
    """The dataclasses of an annotation ``A``, ``A | B``, ``A | None`` or ``tuple[A | B, ...]``."""
    if get_args(annotation):
        inner = [found for part in get_args(annotation) for found in _classes(part)]
        return list(dict.fromkeys(inner))
    known = isinstance(annotation, type) and dataclasses.is_dataclass(annotation)
    return [annotation] if known else []


def _type(cls: type, field: dataclasses.Field, annotation: Any, text: str, always: bool) -> Any:
    """The pydantic type of one field; `always`: its ``kind`` has to be given."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _type(cls, field, arguments[0], text, always)
    if get_origin(annotation) is tuple and _classes(annotation):
        if arguments[-1] is Ellipsis:
            return tuple[_choice(arguments[0], always), ...]
        return tuple[tuple(_choice(part, always) for part in arguments)]  # type: ignore[misc]
    if _classes(annotation):
        return _choice(annotation, always)
    kind = FieldType(annotation, field.metadata.get("unit"), _infinite(field.default))
    try:
        strict = kind.strict()
    except TypeError as error:
        raise TypeError(f"{cls.__name__}.{field.name}: {error}") from None
    remedy = f"`{field.name}` is: {text}" if text else f"Give {kind.rule}."

    def read(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            found = handler(value)
        except ValidationError as error:
            raise kind.refusal(error, value, remedy).custom() from None
        beside = field.metadata.get("file") and found and info.context  # its folder is the file's
        return str(info.context["folder"] / found) if beside else found  # type: ignore[index]

    return Annotated[strict, WrapValidator(read)]


def _choice(annotation: Any, always: bool) -> Any:
    """A dataclass by ``kind``, which may be left out where there is only one."""
    classes = _classes(annotation)
    several = len(classes) > 1
    kind = "needed" if several or always else "optional"
    chosen: Any = functools.reduce(operator.or_, [schema_class(cls, kind) for cls in classes])
    if several:
        chosen = Annotated[chosen, Field(discriminator="kind")]
    return chosen | None if type(None) in get_args(annotation) else chosen
