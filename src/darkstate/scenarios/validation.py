"""From a document to a `Scenario`: checked against the schema, then built, with lines in messages.

Two kinds of problems are told in the same words: what the schema refuses (unknown keys, missing
keys, wrong types; pydantic finds all of them at once), and what the model itself refuses when it is
made (its `ArgumentError`).
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from pydantic import ValidationError

from darkstate.errors import ArgumentError, DarkstateError, nearest
from darkstate.scenarios.documents import Document
from darkstate.scenarios.problems import Path, Problem, Refusal, refuse, sentence, undotted
from darkstate.scenarios.quantities import Units
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.schema import Described, described, documentation
from darkstate.scenarios.sweeping import sweep_of


def scenario_of(document: Document) -> Scenario:
    """The scenario in a document.

    Raises:
        ScenarioError: it has problems; each is named with its line.
    """
    if not isinstance(document.data, dict):
        remedy = "Write keys such as 'model:' with their values; see `darkstate run --help`."
        text = sentence((), "be a mapping of keys to values", document.data, remedy)
        raise refuse(document.file, [Problem(1, text)])
    try:
        units = Units.parse(document.data.get("rate_unit"))
    except Refusal as refusal:
        text = sentence(("rate_unit",), refusal.rule, refusal.value, refusal.remedy)
        raise refuse(document.file, [document.problem(("rate_unit",), text)]) from None
    schema = described(Scenario)
    try:
        checked = schema.model_validate(document.data, context={"units": units})
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [_problem(document, entry) for entry in found[:EXAMINED]]
        raise refuse(document.file, problems, len(found) - len(problems)) from None
    made = _build(checked, (), document)
    made = dataclasses.replace(made, file=document.file, source=document.text)
    _check_sweep(made, document)
    return made


EXAMINED = 200
"""How many problems of one file are looked at."""


class _Missing:
    """Shown as the value of what is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


# Building ---------------------------------------------------------------------------------------


def _build(value: Any, path: Path, document: Document) -> Any:
    """The dataclass object that a checked value stands for; plain values stay as they are."""
    if isinstance(value, tuple):
        return tuple(_build(entry, (*path, k), document) for k, entry in enumerate(value))
    if not isinstance(value, Described):
        return value
    given = {
        name: _build(getattr(value, name), (*path, name), document)
        for name in value.model_fields_set - {"kind"}
    }
    try:
        return value.target(**given)
    except ArgumentError as error:
        place = (*path, *_place(error.name, value))
        text = sentence(place, error.rule, error.value, error.remedy)
        raise refuse(document.file, [document.problem(place, text)]) from None
    except DarkstateError as error:
        raise refuse(document.file, [document.problem(path, str(error))]) from None


def _check_sweep(scenario: Scenario, document: Document) -> None:
    """Refuse a sweep over what does not exist; only here the model is known."""
    if scenario.sweep is None:
        return
    try:
        sweep_of(scenario)
    except ArgumentError as error:
        raise refuse(document.file, [document.problem(undotted(error.name), str(error))]) from None


def _place(name: str, value: Described) -> Path:
    """Path of an argument such as ``hopping[3]`` or ``cutoff['a']`` inside its object."""
    parts = re.match(r"(\w+)(?:\[(?:(\d+)|'(.+)')\])?\Z", name)
    if not parts or parts.group(1) not in type(value).model_fields:
        return ()
    field, position, label = parts.groups()
    return (field, *([int(position)] if position else [label] if label else []))


# What the schema refuses ------------------------------------------------------------------------


def _problem(document: Document, error: Any) -> Problem:
    """One error of pydantic as a problem with a line and four parts."""
    path, owner = _follow(error["loc"], document.data)
    kind, value = error["type"], error.get("input")
    if kind == "leaf":
        refusal: Refusal = error["ctx"]["refusal"]
        path = (*path, *refusal.at)
        text = sentence(path, refusal.rule, refusal.value, refusal.remedy)
    elif kind == "extra_forbidden":
        text = _unknown_key(path, owner)
    elif kind == "missing" and path[-1] != "kind":
        meaning = documentation(owner.target).get(str(path[-1]), "") if owner else ""
        remedy = f"It is: {meaning}" if meaning else "Add it."
        text = sentence(path, "be given", MISSING, remedy)
    elif kind in {"missing", "union_tag_not_found", "union_tag_invalid", "literal_error"}:
        path, text = _unknown_kind(path, owner, document.data, error)
    elif kind in {"model_type", "model_attributes_type", "dict_type"}:
        remedy = "Write for example {kind: ...} with the parameters as further keys."
        text = sentence(path, "be a mapping of keys to values", value, remedy)
    else:
        rule = f"be as in '{error['msg']}'"
        text = sentence(path, rule, value, "Compare with `darkstate schema`.")
    return document.problem(path, text)


def _follow(location: tuple[int | str, ...], data: Any) -> tuple[Path, type[Described] | None]:
    """Path in the file and owning class of a pydantic location (which also names kinds)."""
    path: list[int | str] = []
    current: Any = data
    fresh = False  # just entered a mapping by its key: its kind may follow
    owner: type[Described] | None = described(Scenario)
    for part in location:
        if fresh and isinstance(current, dict) and part == current.get("kind"):
            owner, fresh = _class_called(str(part)), False
            continue
        path.append(part)
        current = _at(current, (part,))
        fresh = isinstance(current, dict)
        if fresh and len(path) < len(location):
            owner = _class_called(str(current.get("kind"))) or _only_choice(owner, path) or owner
    return tuple(path), owner


def _only_choice(owner: type[Described] | None, path: list[int | str]) -> type[Described] | None:
    """The class of a mapping that may leave out its kind, as its field holds one kind only."""
    field = next((part for part in reversed(path) if isinstance(part, str)), "")
    names = owner.choices.get(field, []) if owner else []
    return _class_called(names[0]) if len(names) == 1 else None


def _class_called(name: str) -> type[Described] | None:
    """The generated class of this name, wherever it is in the schema."""
    waiting = list(Described.__subclasses__())
    return next((cls for cls in waiting if cls.__name__ == name), None)


def _unknown_key(path: Path, owner: type[Described] | None) -> str:
    known = [name for name in owner.model_fields if name != "kind"] if owner else []
    what = owner.__name__ if owner and owner.target is not Scenario else "a scenario"
    key = str(path[-1])
    hint = nearest(key, known)
    listed = f" Known: {', '.join(known)}." if not hint.startswith("Known") else ""
    return sentence(path, f"be a key of {what}", key, hint + listed)


def _unknown_kind(
    path: Path, owner: type[Described] | None, data: Any, error: Any
) -> tuple[Path, str]:
    """The message for a `kind` that is missing or unknown, or for another wrong word."""
    place = path[:-1] if path and path[-1] == "kind" else path
    field = next((part for part in reversed(place) if isinstance(part, str)), "")
    expected = (owner.choices.get(field, []) if owner else []) or _quoted(error)
    path = (*place, "kind")
    if error["type"] in {"missing", "union_tag_not_found"}:
        return path, sentence(path, "be given", MISSING, f"Write one of {', '.join(expected)}.")
    given = _at(data, path)
    rule = "be one of " + ", ".join(f"'{name}'" for name in expected)
    return path, sentence(path, rule, given, nearest(given, expected))


def _quoted(error: Any) -> list[str]:
    context = error.get("ctx") or {}
    listed = str(context.get("expected_tags") or context.get("expected") or "")
    return re.findall(r"'(\w+)'", listed)


def _at(data: Any, path: Path) -> Any:
    """The value at a path; None where there is none."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
