"""What of a model can be turned: one `Control` a parameter, read from the fields of the dataclass.

A knob knows name, meaning, unit, usual range and default, and reads the texts that come from a
browser: each is a number, a list of numbers or one of a few words, or it is refused. The names are
those of sweeps: ``loss``, ``drive.nbar``, ``baths[0].cutoff``; ``drive.kind`` chooses among the
classes of a part.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints

from darkstate.errors import ArgumentError, nearest
from darkstate.scenarios.problems import parse_path
from darkstate.scenarios.schema import documentation

Plain = float | int | bool | str | list[float] | None
Values = Mapping[str, Plain]
"""Values of knobs by their names."""

LONGEST = 2000
"""Characters of one value."""
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?|[-+]?inf")
_WHOLE = re.compile(r"[-+]?[0-9]{1,15}")
_RULES = {"number": "be a number", "whole": "be a whole number"}


@dataclass(frozen=True)
class Control:
    """One parameter.

    Args:
        name: such as ``drive.nbar``.
        form: what it is.
        default: its plain value where nothing is given; None where that is meant, or none is known.
        needed: whether there is no default.
        text: its meaning.
        unit: ``rate``, ``time`` ..., empty for pure numbers.
        usual: between which values it is usually looked at; None: not known.
        words: the choices, or words that may stand in place of numbers.
        many: whether it may be a list, one number a site.
        optional: whether it may be left empty.
    """

    name: str
    form: Literal["number", "whole", "choice", "flag"]
    default: Plain = None
    needed: bool = False
    text: str = ""
    unit: str = ""
    usual: tuple[float, float] | None = None
    words: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False

    @property
    def turns(self) -> bool:
        """Whether it has a slider."""
        return self.form in ("number", "whole") and self.usual is not None

    def read(self, text: str) -> Plain:
        """The value that a text from the browser stands for.

        Raises:
            ArgumentError: it stands for none. Whether the model takes it, the model says.
        """
        text = text.strip()
        if text in self.words:
            return text
        if self.form == "choice":
            raise ArgumentError(self.name, self._rule, text, nearest(text, self.words))
        if self.form == "flag":
            if text not in ("true", "false"):
                raise ArgumentError(self.name, "be true or false", text, "Write one of the two.")
            return text == "true"
        if not text and self.optional:
            return None
        if len(text) > LONGEST:
            rule = f"have at most {LONGEST} characters"
            raise ArgumentError(self.name, rule, text, "Use a scenario file for so many values.")
        if self.many and "," in text:
            return [self._number(entry.strip()) for entry in text.removesuffix(",").split(",")]
        return self._number(text)

    def _number(self, text: str) -> float | int:
        pattern = _WHOLE if self.form == "whole" else _NUMBER
        if pattern.fullmatch(text):
            value = int(text) if self.form == "whole" else float(text)
            if "inf" in text or math.isfinite(value):
                return value
        remedy = "Write it in digits, such as 0.05 or 1e-3"
        remedy = "Write it in digits, such as 4" if self.form == "whole" else remedy
        remedy += ", or several with commas between them." if self.many else "."
        raise ArgumentError(self.name, self._rule, text, remedy)

    @property
    def _rule(self) -> str:
        words = " or ".join(f"'{word}'" for word in self.words)
        number = _RULES.get(self.form)
        return f"{number} or {words}" if number and words else number or f"be {words}"

    def write(self, value: Plain) -> str:
        """The text of a value; `read` gives the value again."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, list | tuple):
            joined = ", ".join(map(self.write, value))
            return joined if len(value) > 1 else f"{joined},"
        return f"{value:.15g}" if isinstance(value, float) else str(value)


def knobs_of(model: type, values: Values = {}) -> dict[str, Control]:  # noqa: B006
    """The knobs of a model by name, in the order of its fields.

    Args:
        model: its class.
        values: of which those named ``....kind`` choose classes of parts.
    """
    return {knob.name: knob for knob in _knobs(model, "", None, values)}


def _knobs(cls: type, prefix: str, made: Any, values: Values) -> Iterator[Control]:
    hints, texts = get_type_hints(cls), documentation(cls)
    for one in dataclasses.fields(cls):
        if not one.init or not one.metadata.get("scenario", True):
            continue
        given, needed = _default(one, made)
        name, parts = f"{prefix}{one.name}", _classes(hints[one.name])
        if parts and isinstance(given, tuple):
            for k, entry in enumerate(given):
                yield from _part(f"{name}[{k}]", parts, entry, texts[one.name], values)
        elif parts:
            yield from _part(name, parts, given, texts[one.name], values)
        else:
            text = texts.get(one.name, "").replace("`", "")
            yield _knob(one, hints[one.name], name, _plain(given), needed, text)


def _part(
    name: str, classes: tuple[type, ...], given: Any, text: str, values: Values
) -> Iterator[Control]:
    """The knobs of a part that is a dataclass itself, behind the choice of its class."""
    known = {cls.__name__: cls for cls in classes}
    kind, chosen = f"{name}.kind", type(given).__name__
    if len(classes) > 1:
        words = tuple(known)
        yield Control(kind, "choice", chosen, text=text.replace("`", ""), words=words)
        chosen = str(values.get(kind, chosen))
    cls = known.get(chosen, type(given))
    yield from _knobs(cls, f"{name}.", given if isinstance(given, cls) else None, values)


def _default(one: dataclasses.Field, made: Any) -> tuple[Any, bool]:
    """Its value in the object `made` or in a new one, and whether it has none."""
    if made is not None:
        return getattr(made, one.name), False
    if one.default is not dataclasses.MISSING:
        return one.default, False
    if one.default_factory is not dataclasses.MISSING:
        return one.default_factory(), False
    return None, True


def _classes(annotation: Any) -> tuple[type, ...]:
    found = [part for part in (annotation, *get_args(annotation)) if dataclasses.is_dataclass(part)]
    return tuple(dict.fromkeys(found))  # type: ignore[arg-type]


def _knob(
    one: dataclasses.Field, annotation: Any, name: str, default: Plain, needed: bool, text: str
) -> Control:
    """The knob of a field of numbers, words or a truth value."""
    kinds, words, many = _kinds(annotation)
    form: Any = "number" if float in kinds else "whole" if int in kinds else "choice"
    return Control(
        name,
        "flag" if bool in kinds else form,
        default,
        needed,
        text,
        one.metadata.get("unit", ""),
        one.metadata.get("usual"),
        words,
        many,
        type(None) in kinds,
    )


def _kinds(annotation: Any) -> tuple[set[Any], tuple[str, ...], bool]:
    """The scalar types of an annotation, the words it allows, and whether lists are allowed."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return {str}, arguments, False
    if not arguments:
        return {annotation}, (), False
    found = [_kinds(part) for part in arguments if part is not Ellipsis]
    kinds = set().union(*(one[0] for one in found))
    words = tuple(word for one in found for word in one[1])
    many = get_origin(annotation) in (collections.abc.Sequence, tuple, list)
    return kinds, words, many or any(one[2] for one in found)


def _plain(value: Any) -> Plain:
    return list(value) if isinstance(value, tuple) else value


def nested(values: Values) -> dict[str, Any]:
    """Values by name as the tree of a scenario: ``{"drive": {"nbar": 1.0}}``; without Nones."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        here: Any = tree
        steps = parse_path(name)
        for step, after in pairwise(steps):
            here = _inside(here, step, [] if isinstance(after, int) else {})
        if value is not None:
            here[steps[-1]] = value
    return tree


def _inside(here: Any, step: str | int, empty: Any) -> Any:
    """What is at a step of a tree, made where it is not there."""
    if isinstance(step, str):
        return here.setdefault(step, empty)
    here += [{} for _ in range(step + 1 - len(here))]
    return here[step]


def flat(tree: Any, prefix: str = "") -> dict[str, Plain]:
    """The inverse of `nested`, also of `Parameters.parameters`."""
    found: dict[str, Plain] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for k, entry in enumerate(value):
                found |= flat(entry, f"{name}[{k}].")
        else:
            found[name] = _plain(value)
    return found
