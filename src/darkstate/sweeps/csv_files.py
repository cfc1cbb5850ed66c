"""Points from a file, read line by line: no more of it is kept than a sweep can have."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from darkstate.errors import ArgumentError
from darkstate.results.files import as_path, system_errors
from darkstate.sweeps.axes import MOST_POINTS, POINT, Axis, check_count

_LONGEST_LINE = 2**20


def csv_points(path: str | Path, dim: str = POINT) -> Axis:
    """Points from a CSV file: names in the first line, one point in each further line.

    Raises:
        ArgumentError: the file cannot be read or is none, is too long, or a line has another
            number of values.
    """
    place = as_path(path, "file")
    remedy = "Give a CSV file with names in its first line."
    with system_errors("file", place, "read"):
        if place.exists() and not place.is_file():
            raise ArgumentError("file", "be a file", str(path), remedy)
        try:
            with place.open(newline="", encoding="utf-8-sig") as stream:
                lines = list(islice((line for line in _table(stream) if line), MOST_POINTS + 2))
        except (UnicodeDecodeError, csv.Error) as error:
            raise ArgumentError("file", f"be readable ({error})", str(path), remedy) from None
    check_count("file", len(lines) - 1)
    if len(lines) < 2:
        remedy = "Write names in the first line and values in the others."
        raise ArgumentError("file", "have a line of names and one of values", str(path), remedy)
    names = tuple(cell.strip() for cell in lines[0])
    return Axis(dim, names, tuple(lines[1:]))


def _table(stream: TextIO) -> Iterator[tuple[Any, ...]]:
    """The rows of a CSV file, one at a time, the first as text; no line is longer than it may be.

    Raises:
        csv.Error: it is no CSV, or a line is too long.
    """

    def lines() -> Iterator[str]:
        while line := stream.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise csv.Error(f"a line has {_LONGEST_LINE} characters or more")
            yield line

    rows = csv.reader(lines())
    yield from (tuple(row) for row in islice(rows, 1))
    yield from (tuple(_cell(cell.strip()) for cell in row) for row in rows)


def _cell(text: str) -> Any:
    """A cell of a file as a whole number, a number, a truth value, or text."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
