"""Problems of a scenario file: what is wrong, where, and what to write instead.

A problem has the four parts of every message of darkstate (name, rule, value, remedy) and a line:

    lossy.yaml:5: `model.hoping` must be a key of CavityChains, but is 'hoping'. Did you mean
    'hopping'?

All problems of a file are reported together, as one `ScenarioError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from darkstate.errors import ArgumentError, ScenarioError

Path = tuple[str | int, ...]
"""Where a value stands in a file: keys of mappings and (from 0) positions in lists."""

MAX_DEPTH = 32
"""Mappings and lists inside each other."""

MAX_VALUES = 200_000
"""Values in one file."""

SHOWN = 10
"""How many problems of one file are spelled out."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        line: line in the file, counted from 1; 0 if the file as a whole is meant.
        text: whole sentences: name, rule, value, remedy.
    """

    line: int
    text: str


class Refusal(Exception):  # noqa: N818
    """Internal: a value does not fit its field; becomes a `Problem` where the place is known."""

    def __init__(self, rule: str, value: Any, remedy: str, at: Path = ()):
        super().__init__(rule)
        self.rule, self.value, self.remedy, self.at = rule, value, remedy, at

    def custom(self) -> PydanticCustomError:
        """For pydantic, which gathers all of a file."""
        return PydanticCustomError("refused", "refused", {"refusal": self})


class _Missing:
    """Shown as the value of what is not there."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def path_in(location: Path, value: Any) -> Path:
    """The part of a location of pydantic that is in the file: it also names parts of unions."""
    path: list[int | str] = []
    for step in location:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(step)
    return tuple(path)


def format_path(path: Iterable[str | int]) -> str:
    """``("model", "hopping", 3)`` as ``model.hopping[3]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "scenario"


def parse_path(text: str) -> Path:
    """The inverse of `format_path`."""
    parts = re.findall(r"\[(\d+)\]|([^.\[\]]+)", text)
    return tuple(int(number) if number else name for number, name in parts)


def sentence(path: Path, rule: str, value: Any, remedy: str) -> str:
    """The four-part message for the value at `path`."""
    return str(ArgumentError(format_path(path), rule, value, remedy))


def scenario_error(file: str, problems: Iterable[Problem], more: int = 0) -> ScenarioError:
    """The error to raise for these problems of `file` (and `more`), in the order of their lines."""
    ordered = sorted(problems, key=lambda problem: problem.line)
    lines = [
        f"{file}:{problem.line}: {problem.text}" if problem.line else f"{file}: {problem.text}"
        for problem in ordered[:SHOWN]
    ]
    more += max(0, len(ordered) - SHOWN)
    if more:
        lines.append(f"{file}: ... and {more} more problems.")
    return ScenarioError("\n".join(lines))


def malformed(file: str, line: int, text: str) -> ScenarioError:
    """The error for a text that is not well formed at `line`."""
    return scenario_error(file, [Problem(line, text)])
