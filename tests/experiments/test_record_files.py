"""Records on disk: round trips, one path for files and simulations, and rows that are refused."""

import dataclasses
import json

import numpy as np
import pytest
import zarr

from darkstate.errors import ArgumentError
from darkstate.experiments import (
    ExperimentRecords,
    LightPulse,
    Series,
    Setup,
    VirtualExperiment,
    estimate,
    read_records,
    write_records,
)

LABORATORY = VirtualExperiment(shots=10, bins=4, waits=(20.0,), efficiency_error=0.01)
RECORDS = LABORATORY.run(4)
FIRST = 4
"""Row of the file with the first numbers."""
BINS = 4


@pytest.mark.parametrize("suffix", ["csv", "zarr"])
def test_files_give_back_what_was_written_and_the_same_estimate(tmp_path, suffix):
    path = tmp_path / f"run.{suffix}"
    write_records(RECORDS, path)
    with pytest.raises(ArgumentError, match="overwrite=True"):
        write_records(RECORDS, path)
    write_records(RECORDS, path, overwrite=True)
    found = read_records(path)
    assert found.setup == RECORDS.setup
    for name, array in RECORDS.currents.items():
        assert np.array_equal(found.currents[name], array)
    one, other = estimate(found, groups=5), estimate(RECORDS, groups=5)
    assert one.quantities == other.quantities
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name]


@pytest.fixture
def spoilt(tmp_path):
    """Reads a csv file after its lines were changed."""

    def read(change):
        path = tmp_path / "run.csv"
        write_records(RECORDS, path, overwrite=True)
        lines = path.read_text().splitlines()
        lines = change(lines) or lines
        path.write_text("\n".join(lines) + "\n")
        return read_records(path)

    return read


def replaced(row, column, word):
    def change(lines):
        cells = lines[row - 1].split(",")
        cells[column] = word
        lines[row - 1] = ",".join(cells)

    return change


def removed(*rows):
    return lambda lines: [line for k, line in enumerate(lines, 1) if k not in rows]


def exchanged(row, other):
    def change(lines):
        lines[row - 1], lines[other - 1] = lines[other - 1], lines[row - 1]

    return change


def head(**changes):
    def change(lines):
        document = json.loads(lines[1].lstrip("# "))
        for key, value in changes.items():
            if value is None:
                document.pop(key, None)
            else:
                document[key] = value
        lines[1] = "# " + json.dumps(document)

    return change


def appended(lines):
    lines.append(lines[-1])


ROWS = [
    (replaced(9, 3, "nan"), r"row 9 of run\.csv, channel cos` must be a finite number, but is nan"),
    (replaced(9, 4, "inf"), r"row 9 of run\.csv, channel sin` must be a finite number"),
    (replaced(50, 4, "-100"), r"row 50 of run\.csv, channel sin` must be below the .* saturation"),
    (replaced(7, 3, "1.2e"), r"row 7 of run\.csv` must hold a number as 'cos', but is '1\.2e'"),
    (replaced(7, 1, "two"), r"row 7 of run\.csv` must hold a number as 'shot'"),
    (replaced(7, 2, "nan"), r"row 7 of run\.csv` must have a finite time stamp"),
    (replaced(7, 3, "1,2"), r"row 7 of run\.csv` must have 5 fields"),
    (replaced(7, 0, "other"), r"row 7 of run\.csv` must be series 'vacuum', shot 0"),
    (replaced(7, 1, "3"), r"row 7 of run\.csv` must be series 'vacuum', shot 0"),
    (exchanged(5, 6), r"row 5 of run\.csv` must be .* time 2.* There is a gap before it"),
    (replaced(6, 2, "1.0"), r"row 6 of run\.csv` must be .* The time stamps are not ordered"),
    (replaced(6, 2, "3.1"), r"row 6 of run\.csv` must be .* There is a gap before it"),
    (removed(6), r"row 6 of run\.csv` must be .* time 3.* There is a gap before it"),
    (removed(4), r"row 4 of run\.csv` must be .* There is a gap before it"),
    (removed(7), r"row 7 of run\.csv` must be series 'vacuum', shot 0, time 4"),
    (removed(*range(8, 12)), r"row 8 of run\.csv` must be series 'vacuum', shot 1, time 1"),
    (appended, r"` must not be there: all series of the head are complete"),
    (lambda lines: lines[:-3], r"` must be followed by shot 9, time 14.* 3 rows early"),
    (lambda lines: lines[:3], r"` must be followed by shot 0, time 1 of 'vacuum'"),
    (lambda lines: lines[1:], r"`run\.csv` must begin with '# darkstate records, version 1'"),
    (lambda lines: [lines[0], "# {", *lines[2:]], r"`row 2 of run\.csv` must hold JSON"),
    (lambda lines: lines[:2] + lines[3:], r"`row 3 of run\.csv` must be 'series,shot,time,cos,sin"),
    (head(efficiency=None), r"`head of run\.csv` must have the key 'efficiency'"),
    (head(eficiency=1.0), r"`head of run\.csv` must have known keys only"),
    (head(efficiency=1.2), r"`efficiency` must be <= 1"),
    (head(efficiency="high"), r"`efficiency` must be a real number"),
    (head(series={}), r"`series of run\.csv` must be a list"),
    (head(series=[3]), r"`series 0 of run\.csv` must be a JSON object"),
]


@pytest.mark.parametrize(("change", "message"), ROWS, ids=range(len(ROWS)))
def test_a_bad_row_is_named(spoilt, change, message):
    with pytest.raises(ArgumentError, match=message):
        spoilt(change)


def test_an_unspoilt_file_is_read(spoilt):
    assert read_records is not None and spoilt(lambda lines: None).setup == RECORDS.setup
    blank_end = spoilt(lambda lines: [*lines, "", " "])  # blank lines at the end are no rows
    assert np.array_equal(blank_end.currents["direct"], RECORDS.currents["direct"])


def test_arrays_in_memory_meet_the_same_checks():
    currents = {name: array.copy() for name, array in RECORDS.currents.items()}
    currents["transfer_1"][7, 5, 1] = np.nan
    message = r"series 'transfer_1', shot 7, time 26 ms, channel sin` must be a finite"
    with pytest.raises(ArgumentError, match=message):
        ExperimentRecords(RECORDS.setup, currents)
    currents["transfer_1"] = currents["transfer_1"][:, :-1]
    with pytest.raises(ArgumentError, match=r"'transfer_1'\]` must have shape \(10, 8, 2\)"):
        ExperimentRecords(RECORDS.setup, currents)
    del currents["transfer_1"]
    with pytest.raises(ArgumentError, match="`currents` must be those of"):
        ExperimentRecords(RECORDS.setup, currents)


def unsigned(path):
    """As a laboratory writes it: without digests."""
    attributes = json.loads((path / "zarr.json").read_text())
    for name in ("files", "digest"):
        del attributes["attributes"][name]
    (path / "zarr.json").write_text(json.dumps(attributes))


def zarr_change(path, group, array, place, value):
    zarr.open_group(path, mode="r+")[f"{group}/{array}"][place] = value


@pytest.mark.parametrize(
    ("array", "place", "value", "message"),
    [
        ("current", (3, 1, 0), np.nan, "series 'direct', shot 3, time 2 ms, channel cos"),
        ("current", (3, 1, 1), 500.0, "saturation"),
        ("time", 2, 9.0, r"time\[2\] of series 'direct' of run.zarr` must be 3.* There is a gap"),
        (
            "time",
            2,
            1.5,
            r"time\[2\] of series 'direct' of run.zarr.* must be 3.* not ordered"[:60],
        ),
        ("shot", 4, 5, r"shot\[4\] of series 'direct' of run.zarr` must be 4"),
    ],
)
def test_a_bad_place_in_a_zarr_store_is_named(tmp_path, array, place, value, message):
    path = tmp_path / "run.zarr"
    write_records(RECORDS, path)
    unsigned(path)
    zarr_change(path, "direct", array, place, value)
    with pytest.raises(ArgumentError, match=message):
        read_records(path)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"must end in \.csv or \.zarr"):
        write_records(RECORDS, tmp_path / "run.txt")
    with pytest.raises(ArgumentError, match="`path` must exist"):
        read_records(tmp_path / "none.csv")
    (tmp_path / "folder.zarr").mkdir()
    (tmp_path / "folder.zarr" / "mine").write_text("mine")
    zarr.open_group(tmp_path / "other.zarr", mode="w")
    (tmp_path / "other.csv").write_text("mine")
    for name in ("folder.zarr", "other.zarr", "other.csv"):
        with pytest.raises(ArgumentError, match="be new, or hold an earlier"):
            write_records(RECORDS, tmp_path / name, overwrite=True)
    with pytest.raises(ArgumentError, match="have the attribute 'darkstate records'"):
        read_records(tmp_path / "other.zarr")
    write_records(RECORDS, tmp_path / "run.zarr")
    unsigned(tmp_path / "run.zarr")
    (tmp_path / "run.zarr" / "input" / "zarr.json").unlink()
    with pytest.raises(ArgumentError, match="have a group 'input'"):
        read_records(tmp_path / "run.zarr")


WRITE, READ = LightPulse("write", 0.0, 1.0, 4), LightPulse("read", 1.0, 2.0, 4)
LATE = LightPulse("read", 3.0, 4.0, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Series("a b", "vacuum", (READ,), 5), "have a plain name"),
        (lambda: Series("a", "noise", (READ,), 5), "`kind` must be one of"),
        (lambda: Series("a", "vacuum", (WRITE,), 5), "be read for kind 'vacuum'"),
        (lambda: Series("a", "direct", (WRITE, LATE), 5), "follow each other directly"),
        (lambda: Series("a", "transfer", (LATE, LATE), 5), "be write and read"),
        (lambda: Series("a", "transfer", (WRITE, WRITE), 5), "be write and read"),
        (lambda: Series("a", "vacuum", (READ,), 1), "`shots` must be >= 2"),
        (lambda: LightPulse("read", 1.0, 1.0, 4), "`stop` must be > 1"),
        (lambda: dataclasses.replace(RECORDS.setup, saturation=0.0), "`saturation` must be > 0"),
        (lambda: dataclasses.replace(RECORDS.setup, noise=0.3), "`noise` must be >= 1"),
        (lambda: Setup(RECORDS.setup.series[1:], 0.8), "Kind 'vacuum' has 0"),
        (lambda: Setup((*RECORDS.setup.series, RECORDS.setup.series[0]), 0.8), "unique names"),
    ],
)
def test_bad_layouts(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_overlapping_pulses():
    with pytest.raises(ArgumentError, match="not overlap"):
        Series("a", "transfer", (WRITE, LightPulse("read", 0.5, 2.0, 4)), 5)
