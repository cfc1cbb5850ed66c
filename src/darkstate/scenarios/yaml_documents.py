"""YAML without its dangers: a tree of plain values, nothing else.

The tree is built from the parser's events, so that no constructor of the YAML library ever runs.
Refused: tags (``!!python/...`` and all others), anchors and aliases (also the "billion laughs" that
they allow), merge keys, keys given twice, keys that are no plain text, more than one document.

Plain words are read by the rules of YAML 1.2: ``1e-9`` is a number, ``yes`` and ``1:30`` are text,
``~`` and ``null`` are nothing, ``.inf`` and ``.nan`` are what they say.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from darkstate.scenarios.problems import MAX_DEPTH, MAX_VALUES, Path, dotted, malformed

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {}
_WORDS |= (
    dict.fromkeys(("", "~", "null", "Null", "NULL"), None)
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
    | dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf)
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf)
    | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
)
_NOTHING = object()


def read_yaml(text: str, file: str) -> tuple[Any, dict[Path, int]]:
    """The values of a YAML text and the line of each.

    Raises:
        ScenarioError: not well formed, or one of the refused things.
    """
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.feed(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        line = mark.line + 1 if mark else 0
        raise malformed(
            file, line, f"This is not YAML: {what}. Check indentation, colons and quotes."
        ) from None
    return (None if builder.root is _NOTHING else builder.root), builder.lines


def plain_value(word: str) -> Any:
    """The value of an unquoted word: None, a boolean, a number, or the word itself."""
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.match(word):
        return int(word)
    if _FLOAT.match(word):
        return float(word)
    return word


@dataclass
class _Frame:
    """A mapping or list that is being filled; `key` waits for its value."""

    container: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


class _Builder:
    """Turns events into values. An explicit stack, so that depth is a number and not a crash."""

    def __init__(self, file: str):
        self.file = file
        self.root: Any = _NOTHING
        self.lines: dict[Path, int] = {}
        self.stack: list[_Frame] = []
        self.documents = 0
        self.count = 0

    def feed(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise malformed(self.file, line, "A second document starts. Use one per file.")
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line)

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        self._refuse_magic(event, line)
        self.count += 1
        if self.count > MAX_VALUES:
            raise malformed(self.file, line, f"More than {MAX_VALUES} values. Shorten the lists.")
        frame = self.stack[-1] if self.stack else None
        if frame and isinstance(frame.container, dict) and frame.key is None:
            self._key(frame, event, line)
            return
        if isinstance(event, yaml.ScalarEvent):
            self._place(plain_value(event.value) if event.implicit[0] else event.value, line)
            return
        if len(self.stack) >= MAX_DEPTH:
            raise malformed(self.file, line, f"Nested more than {MAX_DEPTH} deep. Flatten it.")
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._place(container, line)
        self.stack.append(_Frame(container, path))

    def _refuse_magic(self, event: yaml.NodeEvent, line: int) -> None:
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            what = f"Anchors and aliases are not allowed ('{mark}{str(event.anchor)[:40]}')"
            raise malformed(self.file, line, f"{what}. Write the value out where it is needed.")
        if tag is not None:
            what = f"Tags are not allowed ('{str(tag)[:60]}')"
            raise malformed(self.file, line, f"{what}. Write the plain value.")

    def _key(self, frame: _Frame, event: yaml.NodeEvent, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise malformed(self.file, line, "A key must be a word. Quote it if it is one.")
        key, path = event.value, (*frame.path, event.value)
        if key == "<<" and event.implicit[0]:
            raise malformed(self.file, line, "Merge keys ('<<') are not allowed. Write them out.")
        if key in frame.container:
            first = self.lines[path]
            text = f"`{dotted(path)[:80]}` is given twice, first in line {first}. Drop one of them."
            raise malformed(self.file, line, text)
        frame.key = key
        self.lines[path] = line

    def _place(self, value: Any, line: int) -> Path:
        """Put a value where it belongs; returns its path."""
        if not self.stack:
            self.root = value
            return ()
        frame = self.stack[-1]
        if isinstance(frame.container, dict):
            assert frame.key is not None
            path = (*frame.path, frame.key)
            frame.container[frame.key], frame.key = value, None
            return path
        path = (*frame.path, len(frame.container))
        self.lines[path] = line
        frame.container.append(value)
        return path
