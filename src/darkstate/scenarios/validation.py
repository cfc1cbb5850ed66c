"""From a document to a `Scenario`: read by the schema, with lines in messages.

Two kinds of problems are told in the same words: what the schema refuses (unknown keys, missing
keys, wrong types), and what a model itself refuses when it is made (its `ArgumentError`). Pydantic
finds all of them at once.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from darkstate.errors import ArgumentError
from darkstate.scenarios.documents import Document
from darkstate.scenarios.problems import (
    Path,
    Problem,
    Refusal,
    parse_path,
    path_in,
    scenario_error,
    sentence,
)
from darkstate.scenarios.quantities import Units
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.schema import schema_class
from darkstate.scenarios.sweeping import sweep_of


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
        context = {"units": units, "folder": FilePath(document.file).parent}
        made: Any = schema_class(Scenario).model_validate(document.data, context=context)
    except Refusal as refusal:
        problem = _refusal_problem(document, ("rate_unit",), refusal)
        raise scenario_error(document.file, [problem]) from None
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [_problem(document, one) for one in found if one["type"] != "more"]
        raise scenario_error(document.file, problems, len(found) - len(problems)) from None
    made = dataclasses.replace(made, file=document.file, source=document.text)
    if made.sweep is not None:  # a sweep over what does not exist: only here the model is known
        try:
            sweep_of(made)
        except ArgumentError as error:
            problem = document.problem(parse_path(error.name), str(error))
            raise scenario_error(document.file, [problem]) from None
    return made


def _problem(document: Document, error: Any) -> Problem:
    """One error of the schema as a problem with a line and four parts."""
    path = path_in(error["loc"], document.data)
    if error["type"] == "refused":
        return _refusal_problem(document, path, error["ctx"]["refusal"])
    return document.problem(path, error["msg"])


def _refusal_problem(document: Document, path: Path, refusal: Refusal) -> Problem:
    path = (*path, *refusal.at)
    return document.problem(path, sentence(path, refusal.rule, refusal.value, refusal.remedy))
