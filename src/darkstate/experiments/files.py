"""Records on disk: csv for every laboratory, zarr for large runs.

**csv.** Two comment lines, a header, one row per shot and bin::

    # darkstate records, version 1
    # {"time_unit": "ms", "efficiency": 0.85, ..., "series": [...]}        (one line of JSON)
    series,shot,time,cos,sin
    vacuum,0,0.1,-2.113,0.457
    ...

``series`` is a name of the head's list, ``shot`` counts from 0, ``time`` is the end of the bin, and
``cos``, ``sin`` are currents averaged over it, in any unit. Rows run in the order of the head's
series, then by shot, then by time; none may be missing.

**zarr** (version 3, a folder). The head is the attribute ``darkstate records`` of the root; each
series is a group with ``current(shot, time, channel)`` and the coordinates.

Every number is checked, and the message names its row: nothing is skipped, sorted or filled in.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.experiments.interface import CHANNELS
from darkstate.experiments.layout import Series, Setup
from darkstate.experiments.records import ExperimentRecords, check_currents
from darkstate.results.stored_tables import read_table, write_table

VERSION = 1
HEAD = f"# darkstate records, version {VERSION}"
COLUMNS = ("series", "shot", "time", *CHANNELS)
MARK = "darkstate records"
SAME_TIME = 1e-6
"""Time stamps may differ by this fraction of a bin from the ones that the head gives."""


def write_records(records: ExperimentRecords, path: str | Path) -> Path:
    """Write records to ``*.csv`` or ``*.zarr``; what is there under this name is replaced.

    Raises:
        ArgumentError: another suffix, no such folder to write to, or something else is there.
    """
    place = Path(path)
    if not place.parent.is_dir():
        remedy = "Make it first."
        raise ArgumentError("path", "be in a folder that exists", str(path), remedy)
    beside = place.with_name(f".{place.name}.part")
    if _suffix(place) == ".csv":
        if place.is_dir():
            raise ArgumentError("path", "be a file", str(path), "Choose another name.")
        beside.write_text(_csv_text(records), encoding="utf-8")
        os.replace(beside, place)
        return place
    if place.exists() and not (place / "zarr.json").exists():
        raise ArgumentError("path", "be new, or a zarr store", str(path), "Choose another name.")
    shutil.rmtree(beside, ignore_errors=True)
    _write_zarr(records, beside)
    shutil.rmtree(place, ignore_errors=True)
    os.replace(beside, place)
    return place


def read_records(path: str | Path) -> ExperimentRecords:
    """Read records from ``*.csv`` or ``*.zarr``.

    Raises:
        ArgumentError: no such file, another suffix, a head that is not understood, or a row that is
            malformed, out of order, missing, not finite or saturated: the row is named.
    """
    place = Path(path)
    suffix = _suffix(place)
    if not place.exists():
        raise ArgumentError("path", "exist", str(path), "Check the name.")
    return _read_csv(place) if suffix == ".csv" else _read_zarr(place)


def _suffix(place: Path) -> str:
    if place.suffix not in (".csv", ".zarr"):
        remedy = "Use run.csv or run.zarr."
        raise ArgumentError("path", "end in .csv or .zarr", str(place), remedy)
    return place.suffix


def _csv_text(records: ExperimentRecords) -> str:
    head = json.dumps(records.setup.document(), ensure_ascii=False, allow_nan=False)
    lines = [HEAD, f"# {head}", ",".join(COLUMNS)]
    for series in records.setup.series:
        stamps = [repr(float(time)) for time in series.times]
        for shot, rows in enumerate(records.currents[series.name].tolist()):
            lines += [
                f"{series.name},{shot},{time},{cos!r},{sin!r}"
                for time, (cos, sin) in zip(stamps, rows, strict=True)
            ]
    return "\n".join([*lines, ""])


def _lines_of(place: Path) -> list[str]:
    """The lines as an editor counts them; a byte order mark and any line ends are understood."""
    if not place.is_file():
        raise ArgumentError("path", "be a file", str(place), "A folder has to end in .zarr.")
    try:
        return place.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        row = place.read_bytes()[: error.start].count(b"\n") + 1
        name, found = f"row {row} of {place.name}", f"byte {error.object[error.start]:#04x}"
        raise ArgumentError(name, "be text in UTF-8", found, "Save the file as UTF-8.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, whose keys must be there once."""
    found = dict(pairs)
    for key, _ in pairs:
        if sum(key == other for other, _ in pairs) > 1:
            raise ArgumentError("head", "have each key once", key, "Remove one of the two.")
    return found


def _read_csv(place: Path) -> ExperimentRecords:
    lines = _lines_of(place)
    if len(lines) < 3 or lines[0].strip() != HEAD or not lines[1].startswith("#"):
        rule = f"begin with '{HEAD}' and a line of JSON"
        raise ArgumentError(place.name, rule, lines[:1], "See docs/experiment.md for the layout.")
    try:
        document = json.loads(lines[1].lstrip("# "), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        rule = f"hold JSON after '#' ({error})"
        raise ArgumentError(f"row 2 of {place.name}", rule, lines[1], "Correct it.") from None
    setup = Setup.from_document(document, place.name)
    if tuple(word.strip() for word in lines[2].split(",")) != COLUMNS:
        rule = f"be '{','.join(COLUMNS)}'"
        raise ArgumentError(f"row 3 of {place.name}", rule, lines[2], "Name the columns so.")
    table = _Rows(place.name, lines[3:])
    currents = table.currents(setup)
    first = 4

    def row(series: Series, shot: int, bin_: int) -> str:
        before = sum(each.shots * each.bins for each in setup.series[: setup.series.index(series)])
        return f"row {first + before + shot * series.bins + bin_} of {place.name}"

    check_currents(setup, currents, row)
    return ExperimentRecords(setup, currents)


class _Rows:
    """The rows of a csv file behind its three head lines."""

    def __init__(self, file: str, lines: list[str]):
        self.file = file
        while lines and not lines[-1].strip():
            lines = lines[:-1]
        self.cells = [line.split(",") for line in lines]

    def refuse(self, number: int, rule: str, value: object, remedy: str) -> NoReturn:
        raise ArgumentError(f"row {number + 4} of {self.file}", rule, value, remedy)

    def currents(self, setup: Setup) -> dict[str, NDArray[np.float64]]:
        """Arrays (shots, bins, 2) by series, after all rows were found in their places."""
        for number, cells in enumerate(self.cells):
            if len(cells) != len(COLUMNS):
                rule = f"have {len(COLUMNS)} fields"
                remedy = "Separate them by commas, and write 0.5, not 0,5."
                self.refuse(number, rule, ",".join(cells), remedy)
        shots, times = self._numbers(1), self._numbers(2)
        values = np.stack([self._numbers(3), self._numbers(4)], axis=1)
        names = [cells[0].strip() for cells in self.cells]
        self._check_order(setup, names, shots, times)
        found, start = {}, 0
        for series in setup.series:
            stop = start + series.shots * series.bins
            shape = (series.shots, series.bins, len(CHANNELS))
            found[series.name] = values[start:stop].reshape(shape)
            start = stop
        return found

    def _numbers(self, column: int) -> NDArray[np.float64]:
        words = [cells[column] for cells in self.cells]
        rule, remedy = f"hold a number as '{COLUMNS[column]}'", "Correct it, or remove the shot."
        for number, word in enumerate(words):
            if "_" in word:  # Python reads 1_0 as ten
                self.refuse(number, rule, word, remedy)
        try:
            return np.array(words, dtype=float)
        except ValueError:
            for number, word in enumerate(words):
                try:
                    float(word)
                except ValueError:
                    self.refuse(number, rule, word, remedy)
            raise

    def _check_order(
        self, setup: Setup, names: list[str], shots: NDArray[Any], times: NDArray[Any]
    ) -> None:
        start = 0
        for series in setup.series:
            count = series.shots * series.bins
            here = slice(start, start + count)
            given = np.array(names[here], dtype=object)
            n = len(given)
            place = np.arange(min(n + 1, count))  # of the rows that are there, and of the next
            shot, time = place // series.bins, series.times[place % series.bins]
            width = min(pulse.width for pulse in series.pulses)
            wrong = (given != series.name) | (shots[here] != shot[:n])
            wrong |= ~(np.abs(times[here] - time[:n]) <= SAME_TIME * width)
            if wrong.any():
                k = int(np.argmax(wrong))
                self._misplaced(series, start + k, names, shots, times, shot[k], time[k])
            if n < count:
                rule = f"be followed by shot {shot[n]}, time {time[n]:.6g} of '{series.name}'"
                remedy = f"The file ends {count - n} rows early within this series."
                self.refuse(len(names) - 1, rule, "the last row", remedy)
            start += count
        if start < len(names):
            rule = "not be there: all series of the head are complete"
            self.refuse(start, rule, ",".join(self.cells[start]), "Correct `shots` in the head.")

    def _misplaced(
        self,
        series: Series,
        number: int,
        names: list[str],
        shots: NDArray[Any],
        times: NDArray[Any],
        shot: int,
        time: float,
    ) -> NoReturn:
        """Say what is wrong with the first row that is not the expected one."""
        row = ",".join(self.cells[number])
        expected = f"be series '{series.name}', shot {shot}, time {time:.6g}"
        follows = number > 0 and (names[number], shots[number]) == (
            names[number - 1],
            shots[number - 1],
        )
        if not np.isfinite(times[number]):
            self.refuse(number, "have a finite time stamp", row, "Correct it.")
        if follows and times[number] <= times[number - 1]:
            remedy = "Time stamps must increase within a shot; sort or mend the file."
            self.refuse(number, expected, row, f"The time stamps are not ordered. {remedy}")
        if (names[number], shots[number]) == (series.name, shot) and times[number] > time:
            remedy = "Supply the rows, or remove the whole shot and lower `shots`."
            self.refuse(number, expected, row, f"There is a gap before it. {remedy}")
        remedy = "Rows run by series as in the head, shot from 0, and time; none may be missing."
        self.refuse(number, expected, row, remedy)


def _write_zarr(records: ExperimentRecords, place: Path) -> None:
    import xarray as xr
    import zarr

    head = {"version": VERSION, "head": records.setup.document()}
    zarr.open_group(place, mode="w", zarr_format=3, attributes={MARK: head})
    for series in records.setup.series:
        table = xr.Dataset(
            {"current": (("shot", "time", "channel"), records.currents[series.name])},
            coords={
                "shot": np.arange(series.shots),
                "time": series.times,
                "channel": list(CHANNELS),
            },
        )
        write_table(table, place, group=series.name)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What zarr and xarray raise on a damaged store, as an error that names the place."""
    try:
        yield
    except ArgumentError:
        raise
    except (ValueError, TypeError, KeyError, OSError, RuntimeError) as error:
        rule = f"be readable as zarr ({type(error).__name__}: {error})"
        raise ArgumentError(name, rule, "damaged or no store", "Copy or write it anew.") from error


def _read_zarr(place: Path) -> ExperimentRecords:
    import zarr

    if not place.is_dir():
        raise ArgumentError("path", "be a folder", str(place), "A file has to end in .csv.")
    with _readable(place.name):
        attributes = dict(zarr.open_group(place, mode="r").attrs)
    members = sorted(each.name for each in place.iterdir() if (each / "zarr.json").exists())
    head: Any = attributes.get(MARK)
    if not isinstance(head, dict) or head.get("version") != VERSION:
        rule = f"have the attribute '{MARK}' of version {VERSION}"
        raise ArgumentError(place.name, rule, list(attributes), "See docs/experiment.md.")
    setup = Setup.from_document(head.get("head"), place.name)
    known = [series.name for series in setup.series]
    for name in members:
        if name not in known:
            remedy = "Add it to the head, or remove it."
            raise ArgumentError(place.name, "hold the head's series only", name, remedy)
    currents = {}
    for series in setup.series:
        if not (place / series.name / "zarr.json").exists():
            rule = f"have a group '{series.name}'"
            raise ArgumentError(place.name, rule, "absent", "The head lists this series.")
        with _readable(f"series '{series.name}' of {place.name}"):
            table = read_table(place, series.name)
        currents[series.name] = _series_of(table, series, place.name)
    return ExperimentRecords(setup, currents)


def _series_of(table: Any, series: Series, file: str) -> NDArray[np.float64]:
    where = f"series '{series.name}' of {file}"
    if "current" not in table or table["current"].dims != ("shot", "time", "channel"):
        rule = "hold current(shot, time, channel)"
        raise ArgumentError(where, rule, list(table), "See docs/experiment.md.")
    expected = {"shot": np.arange(series.shots), "time": series.times}
    for name, wanted in expected.items():
        given = _real(table[name], where) if name in table.coords else np.empty(0)
        if given.shape != wanted.shape:
            rule = f"have {len(wanted)} values of '{name}'"
            raise ArgumentError(where, rule, given.shape, "Correct the head, or the series.")
        slack = SAME_TIME * min(pulse.width for pulse in series.pulses)
        wrong = ~(np.abs(given - wanted) <= slack)
        if wrong.any():
            k = int(np.argmax(wrong))
            ordered = k == 0 or given[k] > given[k - 1]
            remedy = "There is a gap." if ordered else f"The values of '{name}' are not ordered."
            rule = f"be {wanted[k]:.6g}"
            raise ArgumentError(f"{name}[{k}] of {where}", rule, given[k], remedy)
    if list(table["channel"].values) != list(CHANNELS):
        rule = f"have the channels {list(CHANNELS)}"
        raise ArgumentError(where, rule, list(table["channel"].values), "Name the channels so.")
    return _real(table["current"], where)


def _real(column: Any, where: str) -> NDArray[np.float64]:
    """Values as floats; text, truth values and complex numbers are not turned into numbers."""
    if column.dtype.kind not in "fiu":
        remedy = "Store it as float64."
        raise ArgumentError(f"{column.name} of {where}", "be real numbers", column.dtype, remedy)
    return np.asarray(column.values, dtype=float)
