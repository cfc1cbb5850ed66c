"""TOML by the standard library, with the lines of its keys found by a light scan.

The parser gives no positions, and no kept-up one does: tomlkit keeps styles but no lines, and
spanned-toml is of 2022; tree-sitter has them, but is two compiled packages in place of this scan.
It looks for ``[table]`` headers and ``key = ...`` at the start of lines; what it does not see (keys
of inline tables) is reported at the line of the key around it.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from darkstate.scenarios.problems import MAX_DEPTH, MAX_VALUES, Path, malformed

_HEADER = re.compile(r"\s*\[{1,2}\s*([^\[\]]{1,400}?)\s*\]{1,2}\s*(#.*)?\Z")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-\"' ]{1,400}?)\s*=")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")
_BETWEEN = re.compile(r"[,\[\]{}=\n]")
_DOT = re.compile(r"[\w\"'-]\s*\.\s*(?=[\w\"'-])")


def read_toml(text: str, file: str) -> tuple[Any, dict[Path, int]]:
    """The values of a TOML text and the line of each key that the scan finds.

    Raises:
        ScenarioError: not well formed, or nested too deeply.
    """
    _refuse_long_keys(text, file)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise malformed(file, 0, f"Nested more than {MAX_DEPTH} deep. Flatten it.") from None
    except ValueError as error:
        found = _AT_LINE.search(str(error))
        what = _AT_LINE.sub("", str(error))[:200] or "a syntax error"
        line = int(found.group(1)) if found and found.group(1) else 0
        raise malformed(
            file, line, f"This is not TOML: {what}. Check quotes, brackets and equal signs."
        ) from None
    _check_size(data, file)
    return data, _lines(text)


def _refuse_long_keys(text: str, file: str) -> None:
    """Keys of thousands of parts would take the parser quadratic time."""
    line = 1
    for piece, end in zip(_BETWEEN.split(text), [*_BETWEEN.findall(text), ""], strict=True):
        if sum(1 for _ in _DOT.finditer(piece)) > MAX_DEPTH:
            raise malformed(file, line, f"A key has more than {MAX_DEPTH} parts. Flatten it.")
        line += end == "\n"


def _check_size(data: Any, file: str) -> None:
    level, depth, count = [data], 0, 0
    while level:
        count, depth = count + len(level), depth + 1
        if depth > MAX_DEPTH + 1:
            raise malformed(file, 0, f"Nested more than {MAX_DEPTH} deep. Flatten it.")
        if count > MAX_VALUES:
            raise malformed(file, 0, f"More than {MAX_VALUES} values. Shorten the lists.")
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]


def _lines(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = _key_parts(header.group(1))
            path = table
        else:
            key = _KEY.match(line)
            if not key:
                continue
            path = (*table, *_key_parts(key.group(1)))
        for end in range(1, len(path) + 1):
            lines.setdefault(path[:end], number)
    return lines


def _key_parts(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
