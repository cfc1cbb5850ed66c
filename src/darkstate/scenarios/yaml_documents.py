"""YAML without its dangers: a tree of plain values, nothing else.

PyYAML parses; of its results only nodes are used, which know their lines, so that no constructor
of it ever runs. Refused: tags (``!!python/...`` and all others), anchors and aliases (also the
"billion laughs" that they allow), merge keys, keys given twice, keys that are no plain text, more
than one document.

Plain words are read by the rules of YAML 1.2: ``1e-9`` is a number, ``yes`` and ``1:30`` are text,
``~`` and ``null`` are nothing, ``.inf`` and ``.nan`` are what they say.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from darkstate.scenarios.problems import MAX_DEPTH, MAX_VALUES, Path, format_path, malformed

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


def read_yaml(text: str, file: str) -> tuple[Any, dict[Path, int]]:
    """The values of a YAML text and the line of each.

    Raises:
        ScenarioError: not well formed, or one of the refused things.
    """
    try:
        _check_events(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        line = mark.line + 1 if mark else 0
        raise malformed(
            file, line, f"This is not YAML: {what}. Check indentation, colons and quotes."
        ) from None
    lines: dict[Path, int] = {}
    return (None if root is None else _value(root, (), lines, file)), lines


def plain_value(word: str) -> Any:
    """The value of an unquoted word: None, a boolean, a number, or the word itself."""
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.match(word):
        return int(word)
    if _FLOAT.match(word):
        return float(word)
    return word


def _check_events(text: str, file: str) -> None:
    """Refuse what no scenario has, before there are nodes: they would nest without limit."""
    documents = count = depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        count += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            what = f"Anchors and aliases are not allowed ('{mark}{str(event.anchor)[:40]}')"
            raise malformed(file, line, f"{what}. Write the value out where it is needed.")
        if getattr(event, "tag", None) is not None:
            what = f"Tags are not allowed ('{str(event.tag)[:60]}')"
            raise malformed(file, line, f"{what}. Write the plain value.")
        if documents > 1:
            raise malformed(file, line, "A second document starts. Use one per file.")
        if count > MAX_VALUES:
            raise malformed(file, line, f"More than {MAX_VALUES} values. Shorten the lists.")
        if depth > MAX_DEPTH:
            raise malformed(file, line, f"Nested more than {MAX_DEPTH} deep. Flatten it.")


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> Any:
    """The plain value of a node; the lines of its keys and entries are noted."""
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else plain_value(node.value)
    found: dict[str, Any] = {}
    if isinstance(node, yaml.SequenceNode):
        for k, entry in enumerate(node.value):
            lines[(*path, k)] = entry.start_mark.line + 1
        return [_value(entry, (*path, k), lines, file) for k, entry in enumerate(node.value)]
    for key, entry in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise malformed(file, line, "A key must be a word. Quote it if it is one.")
        place = (*path, key.value)
        if key.value == "<<" and not key.style:
            raise malformed(file, line, "Merge keys ('<<') are not allowed. Write them out.")
        if key.value in found:
            what = f"`{format_path(place)[:80]}` is given twice, first in line {lines[place]}"
            raise malformed(file, line, f"{what}. Drop one of them.")
        lines[place] = line
        found[key.value] = _value(entry, place, lines, file)
    return found
