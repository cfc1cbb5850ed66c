"""From a document to a `Scenario`: read by the schema, with lines in messages.

Two kinds of problems are told in the same words: what the schema refuses (unknown keys, missing
keys, wrong types), and what a model itself refuses when it is made (its `ArgumentError`). Pydantic
finds all of them at once.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from pydantic import ValidationError

from darkstate.errors import ArgumentError, nearest
from darkstate.scenarios.documents import Document
from darkstate.scenarios.problems import (
    Path,
    Problem,
    Refusal,
    parse_path,
    scenario_error,
    sentence,
)
from darkstate.scenarios.quantities import Units
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.schema import Described, documentation, schema_class
from darkstate.scenarios.sweeping import sweep_of

EXAMINED = 200
"""How many problems of one file are looked at."""


def scenario_of(document: Document) -> Scenario:
    """The scenario in a document.

    Raises:
        ScenarioError: it has problems; each is named with its line.
    """
    if not isinstance(document.data, dict):
        remedy = "Write keys such as 'model:' with their values; see `darkstate run --help`."
        text = sentence((), "be a mapping of keys to values", document.data, remedy)
        raise scenario_error(document.file, [Problem(1, text)])
    try:
        units = Units.parse(document.data.get("rate_unit"))
    except Refusal as refusal:
        raise scenario_error(
            document.file, [_refusal_problem(document, ("rate_unit",), refusal)]
        ) from None
    try:
        made: Any = schema_class(Scenario).model_validate(document.data, context={"units": units})
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [_problem(document, entry) for entry in found[:EXAMINED]]
        raise scenario_error(document.file, problems, len(found) - len(problems)) from None
    made = dataclasses.replace(made, file=document.file, source=document.text)
    _check_sweep(made, document)
    return made


class _Missing:
    """Shown as the value of what is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def _check_sweep(scenario: Scenario, document: Document) -> None:
    """Refuse a sweep over what does not exist; only here the model is known."""
    if scenario.sweep is None:
        return
    try:
        sweep_of(scenario)
    except ArgumentError as error:
        problem = document.problem(parse_path(error.name), str(error))
        raise scenario_error(document.file, [problem]) from None


def _refusal_problem(document: Document, path: Path, refusal: Refusal) -> Problem:
    path = (*path, *refusal.at)
    return document.problem(path, sentence(path, refusal.rule, refusal.value, refusal.remedy))


def _problem(document: Document, error: Any) -> Problem:
    """One error of pydantic as a problem with a line and four parts."""
    path, owner = _follow(error["loc"], document.data)
    kind, value = error["type"], error.get("input")
    if kind == "refused":
        return _refusal_problem(document, path, error["ctx"]["refusal"])
    if kind == "darkstate":
        return document.problem(path, error["msg"])
    if kind == "extra_forbidden":
        text = _unknown_key(path, owner)
    elif kind == "missing" and path[-1] != "kind":
        meaning = documentation(owner.target).get(str(path[-1]), "")
        text = sentence(path, "be given", MISSING, f"It is: {meaning}" if meaning else "Add it.")
    elif kind in {"missing", "union_tag_not_found", "union_tag_invalid", "literal_error"}:
        path, text = _unknown_kind(path, owner, error)
    elif kind in {"model_type", "model_attributes_type", "dict_type"}:
        remedy = "Write for example {kind: ...} with the parameters as further keys."
        text = sentence(path, "be a mapping of keys to values", value, remedy)
    else:
        rule = f"be as in '{error['msg']}'"
        text = sentence(path, rule, value, "Compare with `darkstate schema`.")
    return document.problem(path, text)


def _follow(location: tuple[int | str, ...], data: Any) -> tuple[Path, type[Described]]:
    """Path in the file and owning class of a pydantic location (which also names kinds)."""
    path: list[int | str] = []
    owner, field = schema_class(Scenario), ""
    for position, part in enumerate(location):
        if isinstance(data, dict) and path:
            if part == data.get("kind") and location[position - 1] == path[-1]:
                continue
            owner = _class_of(data, owner, field) or owner
        field = part if isinstance(part, str) else field
        path.append(part)
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
    return tuple(path), owner


def _class_of(data: dict[str, Any], owner: type[Described], field: str) -> type[Described] | None:
    """The class of a mapping in a field, which may leave out its kind if there is only one."""
    names = owner.choices.get(field, [])
    wanted = data.get("kind", names[0] if len(names) == 1 else None)
    return next((cls for cls in Described.__subclasses__() if cls.__name__ == wanted), None)


def _unknown_key(path: Path, owner: type[Described]) -> str:
    known = [name for name in owner.model_fields if name != "kind"]
    what = "a scenario" if owner.target is Scenario else owner.__name__
    key = str(path[-1])
    hint = nearest(key, known)
    listed = "" if hint.startswith("Known") else f" Known: {', '.join(known)}."
    return sentence(path, f"be a key of {what}", key, hint + listed)


def _unknown_kind(path: Path, owner: type[Described], error: Any) -> tuple[Path, str]:
    """The message for a `kind` that is missing or unknown."""
    place = path[:-1] if path[-1] == "kind" else path
    path = (*place, "kind")
    context = error.get("ctx") or {}
    listed = str(context.get("expected_tags") or context.get("expected") or owner.__name__)
    expected = re.findall(r"\w+", listed)
    if error["type"] in {"missing", "union_tag_not_found"}:
        field = next((part for part in reversed(place) if isinstance(part, str)), "")
        expected = owner.choices.get(field) or expected
        return path, sentence(path, "be given", MISSING, f"Write one of {', '.join(expected)}.")
    given = error["input"].get("kind") if isinstance(error["input"], dict) else error["input"]
    rule = "be one of " + ", ".join(f"'{name}'" for name in expected)
    return path, sentence(path, rule, given, nearest(given, expected))
