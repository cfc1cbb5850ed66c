"""Records on disk: csv for every laboratory, zarr for large runs.

**csv.** Two comment lines, a header, one row per shot and bin::

    # darkstate records, version 1
    # {"time_unit": "ms", "efficiency": 0.85, ..., "series": [...]}        (one line of JSON)
    series,shot,time,cos,sin
    vacuum,0,0.1,-2.113,0.457
    ...

``series`` is a name of the head's list, ``shot`` counts from 0, ``time`` is the end of the bin, and
``cos``, ``sin`` are currents averaged over it, in any unit. Rows run in the order of the head's
series, then by shot, then by time; none may be missing. The head that darkstate writes has a
``digest`` of everything (`darkstate.experiments.csv_files`).

**zarr** (version 3, a folder). The head is the attribute ``darkstate records`` of the root; each
series is a group with ``current(shot, time, channel)`` and the coordinates. What darkstate writes
has the digests of all files there too (`darkstate.results.digests`).

Every number is checked, and the message names its row: nothing is skipped, sorted or filled in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_flag, check_instance
from darkstate.errors import ArgumentError
from darkstate.experiments import csv_files
from darkstate.experiments.csv_files import SAME_TIME, VERSION, csv_pieces, read_csv
from darkstate.experiments.interface import CHANNELS
from darkstate.experiments.layout import Series, Setup
from darkstate.experiments.records import ExperimentRecords
from darkstate.results.digests import damage, header, is_signed, sign
from darkstate.results.files import (
    as_path,
    clear_leftovers,
    replace_folder,
    require_new_or_ours,
    write_whole,
)
from darkstate.results.stored_tables import read_table, write_table
from darkstate.results.stores import unfit

MARK = "darkstate records"


def check_target(path: str | Path, overwrite: bool = False) -> Path:
    """Whether records may be written to `path`, before they are made; the path.

    Raises:
        ArgumentError: as of `write_records`.
    """
    place = as_path(path)
    check_flag("overwrite", overwrite)
    if not place.parent.is_dir():
        remedy = "Make it first."
        raise ArgumentError("path", "be in a folder that exists", str(path), remedy)
    is_csv = _suffix(place) == ".csv"
    if is_csv and place.is_dir():
        raise ArgumentError("path", "be a file", str(path), "Choose another name.")
    mark = csv_files.MARK if is_csv else MARK
    require_new_or_ours(place, mark, overwrite, version=VERSION)
    return place


def write_records(records: ExperimentRecords, path: str | Path, overwrite: bool = False) -> Path:
    """Write records to ``*.csv`` or ``*.zarr``, whole or not at all.

    Args:
        records: what was measured.
        path: the file, or the folder.
        overwrite: whether records that are there may be replaced.

    Raises:
        ArgumentError: another suffix, no such folder to write to, or something is there.
        FullError: no room.
    """
    remedy = "Make them with VirtualExperiment(...).run(), or read_records(path)."
    check_instance("records", records, ExperimentRecords, remedy)
    place = check_target(path, overwrite)
    if _suffix(place) == ".csv":
        write_whole(place, csv_pieces(records))
    else:
        with replace_folder(place, MARK, overwrite, version=VERSION) as new:
            _write_zarr(records, new)
    return place


def read_records(path: str | Path) -> ExperimentRecords:
    """Read records from ``*.csv`` or ``*.zarr``.

    Raises:
        ArgumentError: no such file, another suffix, a head that is not understood, a file that is
            not as it was written, or a row that is malformed, out of order, missing, not finite or
            saturated: the row is named.
        CapacityError: they do not fit into memory.
    """
    place = as_path(path)
    suffix = _suffix(place)
    if not place.exists():
        clear_leftovers(place)  # the last writer may have died between two renames
    if not place.exists():
        raise ArgumentError("path", "exist", str(path), "Check the name.")
    return read_csv(place) if suffix == ".csv" else _read_zarr(place)


def _suffix(place: Path) -> str:
    if place.suffix not in (".csv", ".zarr"):
        remedy = "Use run.csv or run.zarr."
        raise ArgumentError("path", "end in .csv or .zarr", str(place), remedy)
    return place.suffix


def _write_zarr(records: ExperimentRecords, place: Path) -> None:
    import xarray as xr
    import zarr

    zarr.open_group(place, mode="w", zarr_format=3)
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
    sign(place, {MARK: {"version": VERSION, "head": records.setup.document()}})


def _read_zarr(place: Path) -> ExperimentRecords:
    if not place.is_dir():
        raise ArgumentError("path", "be a folder", str(place), "A file has to end in .csv.")
    why = unfit(place)
    if why:
        rule = f"be readable as plain arrays of zarr format 3 ({why})"
        raise ArgumentError(place.name, rule, str(place), "Copy or write it anew.")
    why = damage(place) if is_signed(place) else None
    if why:
        rule = f"be undamaged ('{why}' is not as it was written)"
        remedy = "Restore it; or, if you changed it, take `files` and `digest` out of zarr.json."
        raise ArgumentError(place.name, rule, str(place), remedy)
    attributes = header(place)[1]
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
        table = read_table(place, series.name, f"series '{series.name}' of {place.name}")
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
