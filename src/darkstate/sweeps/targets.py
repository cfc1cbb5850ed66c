"""Names of axes: what in a model, an engine, the times or the seed a name stands for.

    loss, sites, detunings_a      a parameter of the model
    detunings_a[2]                one entry of a sequence (counted from 0)
    drive.nbar, baths[0].cutoff   a parameter of one of the model's parts
    model.loss                    the same as loss
    engine.rtol                   an option of the engine; `engine`: the engine itself
    times.stop                    a field of the times of an evolution
    seed                          the seed of the point

A `Target` is found once, with a clear refusal where there is nothing of that name, and then used
to make the object of each point (`replace_at`) and the text of what was asked.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from darkstate.errors import ArgumentError, nearest

Step = str | int
ROOTS = ("model", "engine", "times")
_PART = re.compile(r"([A-Za-z_]\w*)((?:\[\d+\])*)\Z")


@dataclass(frozen=True)
class Target:
    """What a name stands for.

    Args:
        name: as the axis calls it.
        root: ``"model"``, ``"engine"``, ``"times"`` or ``"seed"``.
        steps: fields and positions from there on.
        unit: ``"rate"``, ``"time"`` ..., as the field declares it; empty for pure numbers.
        annotation: type of the field, of its entry behind a position.
    """

    name: str
    root: str
    steps: tuple[Step, ...] = ()
    unit: str = ""
    annotation: Any = Any

    def value(self, given: Any) -> Any:
        """A value in the type of the field: 1 as 1.0 or, where it is a count, 4.0 as 4."""
        kinds = _kinds(self.annotation)
        if float in kinds and int not in kinds:
            whole = isinstance(given, int) and not isinstance(given, bool)
            return float(given) if whole else given
        if int in kinds and float not in kinds and isinstance(given, float):
            return int(given) if given.is_integer() else given
        return given


def find(name: str, objects: Mapping[str, Any]) -> Target:
    """The target of a name among ``{"model": ..., "engine": ..., "times": ...}``.

    Raises:
        ArgumentError: there is nothing of that name; the nearest one is offered.
    """
    if name == "seed":
        return Target(name, "seed", annotation=int)
    steps = _steps(name)
    root = str(steps[0]) if steps[0] in ROOTS else "model"
    here: Any = objects.get(root)
    rest = steps[1:] if steps[0] in ROOTS else steps
    if here is None and rest:
        remedy = "Give the sweep an engine, or `times` for an evolution."
        raise ArgumentError("axis", f"vary something that is given ({root} is not)", name, remedy)
    unit, annotation = "", Any
    for step in rest:
        if isinstance(step, str):
            unit, annotation = _field(name, here, step)
        else:
            _check_position(name, here, step)
            annotation = _entry(annotation)
        found: Any = here
        here = getattr(found, step) if isinstance(step, str) else found[step]
    return Target(name, root, rest, unit, annotation)


def check_apart(targets: Sequence[Target]) -> None:
    """Refuse two names for the same thing, or one that is part of another.

    Raises:
        ArgumentError: there are such names.
    """
    for k, one in enumerate(targets):
        for other in targets[:k]:
            short, long = sorted((one, other), key=lambda target: len(target.steps))
            if short.root == long.root and long.steps[: len(short.steps)] == short.steps:
                remedy = f"'{short.name}' already sets it. Drop one of them."
                raise ArgumentError("axis", f"not overlap '{short.name}'", long.name, remedy)


def replace_at(here: Any, changes: Sequence[tuple[tuple[Step, ...], Any]]) -> Any:
    """`here` with values put in at the end of each path of steps; objects are made anew."""
    if not changes:
        return here
    if not changes[0][0]:
        return changes[0][1]
    inner: dict[Step, list[tuple[tuple[Step, ...], Any]]] = {}
    for steps, value in changes:
        inner.setdefault(steps[0], []).append((steps[1:], value))
    if isinstance(here, list | tuple):
        return tuple(
            replace_at(entry, inner[k]) if k in inner else entry for k, entry in enumerate(here)
        )
    if isinstance(here, dict):
        return here | {str(k): replace_at(here[str(k)], found) for k, found in inner.items()}
    new = {str(name): replace_at(getattr(here, str(name)), found) for name, found in inner.items()}
    return dataclasses.replace(here, **new)


def _steps(name: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for part in name.split("."):
        found = _PART.match(part)
        if found is None:
            remedy = "Write for example loss, drive.nbar, detunings_a[2] or engine.rtol."
            raise ArgumentError("axis", "be the name of a parameter", name, remedy)
        steps.append(found.group(1))
        steps += [int(number) for number in re.findall(r"\d+", found.group(2))]
    return tuple(steps)


def _field(name: str, owner: Any, step: str) -> tuple[str, Any]:
    """Unit and annotation of a field."""
    if not dataclasses.is_dataclass(owner):
        remedy = "Name the parameter itself, and give it a value that can be varied."
        raise ArgumentError("axis", f"end before '.{step}'", name, remedy)
    fields = {field.name: field for field in dataclasses.fields(owner) if field.init}
    if step not in fields:
        what = type(owner).__name__
        hint = nearest(step, fields)
        listed = "" if hint.startswith("Known") else f" Known: {', '.join(fields)}."
        raise ArgumentError("axis", f"name a parameter of {what}", name, hint + listed)
    hints = get_type_hints(type(owner))
    return str(fields[step].metadata.get("unit", "")), hints.get(step, Any)


def _check_position(name: str, here: Any, step: int) -> None:
    if not isinstance(here, list | tuple):
        remedy = "Give this parameter as a list, one value per site, in the base model."
        raise ArgumentError(
            "axis", f"have no [{step}], as its base value is {here!r}", name, remedy
        )
    if step >= len(here):
        remedy = f"Positions are counted from 0 to {len(here) - 1}."
        raise ArgumentError("axis", "name an entry that exists", name, remedy)


def _entry(annotation: Any) -> Any:
    """Annotation of an entry of a sequence."""
    kinds = [
        part for part in _union_parts(annotation) if get_args(part) and get_origin(part) is not None
    ]
    return Union[tuple(get_args(part)[0] for part in kinds)] if kinds else Any  # noqa: UP007


def _union_parts(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _union_parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for one in get_args(annotation) for part in _union_parts(one))
    return (annotation,)


def _kinds(annotation: Any) -> set[Any]:
    return set(_union_parts(annotation))
