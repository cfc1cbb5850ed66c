"""Records as csv: written row by row, read in blocks, every row checked in its place.

The head may hold a ``digest``: the SHA-256 of the head's other entries and of all currents, as
numbers. It is checked if it is there, so that a digit that changed is found, whoever wrote the file
in whatever way; a laboratory need not give one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.experiments.interface import CHANNELS
from darkstate.experiments.layout import Series, Setup
from darkstate.experiments.records import ExperimentRecords, check_currents
from darkstate.memory import available_memory, refuse_if_too_large
from darkstate.results.digests import digest_of
from darkstate.results.files import system_errors

VERSION = 1
MARK = "# darkstate records, version"
HEAD = f"{MARK} {VERSION}"
COLUMNS = ("series", "shot", "time", *CHANNELS)
SAME_TIME = 1e-6
"""Time stamps may differ by this fraction of a bin from the ones that the head gives."""

DIGEST = "digest"
_FIRST = 4
"""Row of the file with the first numbers."""
_BLOCK = 2**15
_LONGEST_HEAD, _LONGEST_ROW = 2**24, 2**12
_BYTES_A_ROW = 12
"""Fewer bytes no row has."""
_KEPT_A_ROW = 32
"""Bytes in memory for each row, by and by and at the end."""


def csv_pieces(records: ExperimentRecords) -> Iterator[bytes]:
    """The file, shot by shot."""
    document = records.setup.document()
    document[DIGEST] = _digest(document, records)
    head = json.dumps(document, ensure_ascii=False, allow_nan=False)
    yield f"{HEAD}\n# {head}\n{','.join(COLUMNS)}\n".encode()
    for series in records.setup.series:
        stamps = [repr(float(time)) for time in series.times]
        for shot, rows in enumerate(records.currents[series.name]):
            lines = [
                f"{series.name},{shot},{time},{cos!r},{sin!r}\n"
                for time, (cos, sin) in zip(stamps, rows.tolist(), strict=True)
            ]
            yield "".join(lines).encode()


def _digest(document: dict[str, Any], records: ExperimentRecords) -> str:
    found = hashlib.sha256(digest_of(document).encode())
    for series in records.setup.series:
        found.update(records.currents[series.name].astype("<f8").tobytes())
    return found.hexdigest()


def read_csv(place: Path) -> ExperimentRecords:
    """The records in a file.

    Raises:
        ArgumentError: what is wrong, with its row.
        CapacityError: they do not fit into memory.
    """
    if not place.is_file():
        raise ArgumentError("path", "be a file", str(place), "A folder has to end in .zarr.")
    with system_errors("path", place, "read"):
        needed = _KEPT_A_ROW * place.stat().st_size / _BYTES_A_ROW
        remedy = "Split the series, or read them on a larger machine."
        refuse_if_too_large(f"reading '{place.name}'", needed, available_memory(), remedy)
        try:
            with place.open(encoding="utf-8-sig") as stream:
                return _read(stream, place.name)
        except UnicodeDecodeError:
            raise _no_text(place) from None


def _no_text(place: Path) -> ArgumentError:
    """Where a file stops to be text."""
    with place.open("rb") as stream:
        for row, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                name, found = f"row {row} of {place.name}", f"byte {line[error.start]:#04x}"
                return ArgumentError(name, "be text in UTF-8", found, "Save the file as UTF-8.")
    return ArgumentError("path", "be text in UTF-8", str(place), "Save the file as UTF-8.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, whose keys must be there once."""
    found = dict(pairs)
    for key, _ in pairs:
        if sum(key == other for other, _ in pairs) > 1:
            raise ArgumentError("head", "have each key once", key, "Remove one of the two.")
    return found


def _read(stream: TextIO, file: str) -> ExperimentRecords:
    first, second, third = (stream.readline(_LONGEST_HEAD) for _ in range(3))
    if first.strip() != HEAD or not second.startswith("#") or not third:
        rule = f"begin with '{HEAD}' and a line of JSON"
        raise ArgumentError(file, rule, first, "See docs/experiment.md for the layout.")
    try:
        document = json.loads(second.lstrip("# "), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        rule = f"hold JSON after '#' ({error})"
        raise ArgumentError(f"row 2 of {file}", rule, second, "Correct it.") from None
    digest = document.pop(DIGEST, None) if isinstance(document, dict) else None
    setup = Setup.from_document(document, file)
    if tuple(word.strip() for word in third.split(",")) != COLUMNS:
        rule = f"be '{','.join(COLUMNS)}'"
        raise ArgumentError(f"row 3 of {file}", rule, third, "Name the columns so.")
    currents = _Rows(file, setup).currents(stream)

    def row(series: Series, shot: int, bin_: int) -> str:
        before = sum(each.shots * each.bins for each in setup.series[: setup.series.index(series)])
        return f"row {_FIRST + before + shot * series.bins + bin_} of {file}"

    check_currents(setup, currents, row)
    records = ExperimentRecords(setup, currents)
    if digest is not None and digest != _digest(document, records):
        rule = f"hold what was written: the '{DIGEST}' in row 2 is that of other numbers"
        remedy = f"Restore it from a copy; or, if you changed it on purpose, remove '{DIGEST}'."
        raise ArgumentError(file, rule, digest, remedy)
    return records


class _Rows:
    """The rows of a csv file behind its three head lines, read in blocks."""

    def __init__(self, file: str, setup: Setup):
        self.file, self.setup = file, setup
        self.before = ("", np.nan, np.nan)
        """Series, shot and time of the row before a block."""

    def refuse(self, number: int, rule: str, value: object, remedy: str) -> NoReturn:
        raise ArgumentError(f"row {number + _FIRST} of {self.file}", rule, value, remedy)

    def currents(self, stream: TextIO) -> dict[str, NDArray[np.float64]]:
        """Arrays (shots, bins, 2) by series, after all rows were found in their places."""
        lines, parts, number = self._lines(stream), [np.empty((0, len(CHANNELS)))], 0
        while block := list(islice(lines, _BLOCK)):
            parts.append(self._values(block, number))
            number += len(block)
        values, found, start = np.concatenate(parts), {}, 0
        for series in self.setup.series:
            count = series.shots * series.bins
            if (n := number - start) < count:
                shot, time = n // series.bins, series.times[n % series.bins]
                rule = f"be followed by shot {shot}, time {time:.6g} of '{series.name}'"
                remedy = f"The file ends {count - n} rows early within this series."
                self.refuse(number - 1, rule, "the last row", remedy)
            shape = (series.shots, series.bins, len(CHANNELS))
            found[series.name] = values[start : start + count].reshape(shape)
            start += count
        return found

    def _lines(self, stream: TextIO) -> Iterator[str]:
        """Lines without their ends; empty ones at the end of the file do not count."""
        empty: list[str] = []
        while line := stream.readline(_LONGEST_ROW):
            if line.strip():
                yield from (*empty, line.rstrip("\n"))
                empty = []
            elif len(empty) < _BLOCK:
                empty.append("")

    def _values(self, lines: list[str], first: int) -> NDArray[np.float64]:
        """The currents in a block of rows, which begins with row number `first`."""
        cells = [line.split(",") for line in lines]
        for number, row in enumerate(cells, first):
            if len(row) != len(COLUMNS):
                rule = f"have {len(COLUMNS)} fields"
                remedy = "Separate them by commas, and write 0.5, not 0,5."
                self.refuse(number, rule, ",".join(row), remedy)
        shots, times, cos, sin = (self._numbers(cells, k, first) for k in range(1, 5))
        self._check_order([row[0].strip() for row in cells], shots, times, lines, first)
        return np.stack([cos, sin], axis=1)

    def _numbers(self, cells: list[list[str]], column: int, first: int) -> NDArray[np.float64]:
        words = [row[column] for row in cells]
        rule, remedy = f"hold a number as '{COLUMNS[column]}'", "Correct it, or remove the shot."
        for number, word in enumerate(words, first):
            if "_" in word:  # Python reads 1_0 as ten
                self.refuse(number, rule, word, remedy)
        try:
            return np.array(words, dtype=float)
        except ValueError:
            for number, word in enumerate(words, first):
                try:
                    float(word)
                except ValueError:
                    self.refuse(number, rule, word, remedy)
            raise

    def _check_order(
        self,
        names: list[str],
        shots: NDArray[Any],
        times: NDArray[Any],
        lines: list[str],
        first: int,
    ) -> None:
        start, last = 0, first + len(lines)
        for series in self.setup.series:
            count = series.shots * series.bins
            here = slice(max(start - first, 0), max(min(start + count, last) - first, 0))
            place = np.arange(here.start, here.stop) + (first - start)
            shot, time = place // series.bins, series.times[place % series.bins]
            width = min(pulse.width for pulse in series.pulses)
            wrong = np.array(names[here], dtype=object) != series.name
            wrong = (
                wrong | (shots[here] != shot) | ~(np.abs(times[here] - time) <= SAME_TIME * width)
            )
            if wrong.any():
                k = int(np.argmax(wrong))
                rows = list(zip(names, shots, times, strict=True))
                number = here.start + k
                row, above = rows[number], rows[number - 1] if number else self.before
                wanted = (series.name, int(shot[k]), float(time[k]))
                self._misplaced(first + number, lines[number], row, above, wanted)
            start += count
        if start < last:
            rule = "not be there: all series of the head are complete"
            extra = max(start - first, 0)
            self.refuse(first + extra, rule, lines[extra], "Correct `shots` in the head.")
        self.before = (names[-1], shots[-1], times[-1])

    def _misplaced(
        self,
        number: int,
        row: str,
        given: tuple[str, float, float],
        above: tuple[str, float, float],
        wanted: tuple[str, int, float],
    ) -> NoReturn:
        """Say what is wrong with the first row that is not the expected one.

        A row is given by its series, shot and time.
        """
        expected = f"be series '{wanted[0]}', shot {wanted[1]}, time {wanted[2]:.6g}"
        if not np.isfinite(given[2]):
            self.refuse(number, "have a finite time stamp", row, "Correct it.")
        if given[:2] == above[:2] and given[2] <= above[2]:
            remedy = "Time stamps must increase within a shot; sort or mend the file."
            self.refuse(number, expected, row, f"The time stamps are not ordered. {remedy}")
        if given[:2] == wanted[:2] and given[2] > wanted[2]:
            remedy = "Supply the rows, or remove the whole shot and lower `shots`."
            self.refuse(number, expected, row, f"There is a gap before it. {remedy}")
        remedy = "Rows run by series as in the head, shot from 0, and time; none may be missing."
        self.refuse(number, expected, row, remedy)
