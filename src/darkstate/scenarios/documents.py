"""Reading a file into plain values, with the line of each of them.

A `Document` is a tree of mappings, lists, strings, numbers, booleans and None: what YAML and TOML
share. Size, depth and number of values are limited, so that no file can exhaust the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from darkstate.errors import nearest
from darkstate.scenarios.problems import Path, Problem, scenario_error
from darkstate.scenarios.toml_documents import read_toml
from darkstate.scenarios.yaml_documents import read_yaml

MAX_BYTES = 2**20
"""A larger file is no scenario."""

FORMATS = {".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
"""Format by the ending of the file name."""


@dataclass(frozen=True)
class Document:
    """Plain values and where they stand.

    Args:
        file: name shown in messages.
        text: the whole source.
        data: the tree of values.
        lines: line (from 1) of the key or list entry at each path.
    """

    file: str
    text: str
    data: Any
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Line of `path`, or of the innermost thing around it whose line is known; else 0."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 0

    def problem(self, path: Path, text: str) -> Problem:
        """A problem at `path`."""
        return Problem(self.line(path), text)


def read_document(path: str | FilePath) -> Document:
    """The document in a ``.yaml``, ``.yml`` or ``.toml`` file.

    Raises:
        ScenarioError: no such file, not readable, too large, not UTF-8, or not well formed.
    """
    place = FilePath(path)
    try:
        with place.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise scenario_error(
            str(path), [Problem(0, f"There is no such file. {_beside(place)}")]
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = f"The file cannot be read ({reason}). Give the path of a scenario file."
        raise scenario_error(str(path), [Problem(0, text)]) from None
    if len(raw) > MAX_BYTES:
        text = f"The file is larger than {MAX_BYTES // 1024} KiB. A scenario is a short text file."
        raise scenario_error(str(path), [Problem(0, text)])
    kind = FORMATS.get(place.suffix.lower())
    if kind is None:
        text = f"The format is taken from the ending, but '{place.suffix}' is none of .yaml, .toml."
        raise scenario_error(str(path), [Problem(0, text + " Rename the file.")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise scenario_error(
            str(path), [Problem(line, "The file is not UTF-8 text. Save it as UTF-8.")]
        ) from None
    return parse_document(text, kind, str(path))


def parse_document(text: str, kind: str, file: str) -> Document:
    """The document in a text of format `kind`, ``"yaml"`` or ``"toml"``.

    Raises:
        ScenarioError: too long, or not well formed.
    """
    if len(text) > MAX_BYTES:
        long = f"The text is longer than {MAX_BYTES // 1024} KiB. A scenario is short."
        raise scenario_error(file, [Problem(0, long)])
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        bad = "The text has characters that no UTF-8 file can hold. Remove them."
        raise scenario_error(file, [Problem(line, bad)]) from None
    data, lines = (read_toml if kind == "toml" else read_yaml)(text, file)
    return Document(file, text, data, lines)


def _beside(place: FilePath) -> str:
    """The scenario in the same folder with the nearest name."""
    try:
        names = sorted(p.name for p in place.parent.iterdir() if p.suffix.lower() in FORMATS)
    except (OSError, ValueError):
        return f"There is no folder '{place.parent}' either."
    return nearest(place.name, names) if names else "Give the path of a scenario file."
