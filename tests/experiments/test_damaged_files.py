"""Files that are no text, no store, or of another kind: an error that says where, never a guess."""

import json
import shutil

import numpy as np
import pytest
import zarr
from test_record_files import unsigned

from darkstate.errors import ArgumentError
from darkstate.experiments import VirtualExperiment, read_records, write_records

RECORDS = VirtualExperiment(shots=10, bins=4, waits=(20.0,)).run(4)


@pytest.fixture
def text(tmp_path):
    return write_records(RECORDS, tmp_path / "run.csv").read_text()


def read(folder, content):
    path = folder / "other.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_records(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),  # as spreadsheets write it
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("vacuum,0,", "vacuum, 0 ,"),
    ],
)
def test_other_ways_to_write_the_same_text(tmp_path, text, change):
    found = read(tmp_path, change(text))
    assert found.setup == RECORDS.setup
    assert all(np.array_equal(found.currents[k], RECORDS.currents[k]) for k in RECORDS.currents)


def line(text, row, new):
    lines = text.split("\n")
    lines[row - 1] = new
    return "\n".join(lines)


def head(text, change):
    document = json.loads(text.split("\n")[1][2:])
    change(document)
    return line(text, 2, "# " + json.dumps(document))


DAMAGED = [
    (lambda text: b"", "`other.csv` must begin with '# darkstate records"),
    (lambda text: bytes(range(256)), "`row 2 of other.csv` must be text in UTF-8, but is 'byte 0x"),
    (lambda text: text.encode("utf-16"), "`row 1 of other.csv` must be text in UTF-8"),
    (lambda text: line(text, 7, "vacuum,0,4.0,1_0.5,0"), "`row 7 .* hold a number as 'cos'"),
    (lambda text: line(text, 7, "vacuum,0,4,0,1,5,0,3"), "`row 7 .* write 0.5, not 0,5"),
    (
        lambda text: line(line(text, 7, "vacuum,0,4.0,1,1\x0b"), 9, "x"),  # an odd space in row 7
        "`row 9 of other.csv` must have 5 fields",
    ),
    (lambda text: text.replace('"noise"', '"noise": 2.0, "noise"', 1), "have each key once"),
    (lambda text: head(text, lambda d: d.update(time_unit=5)), "`time_unit` must be a word"),
    (lambda text: head(text, lambda d: d.update(origin=[1])), "`origin` must be a table"),
    (lambda text: head(text, lambda d: d["series"][0].update(shots=10**12)), "shot 10, time 1"),
    (
        lambda text: head(text, lambda d: d["series"][0]["pulses"][0].update(bins=10**11)),
        "`bins` must be <= 100000",
    ),
]


@pytest.mark.parametrize(("change", "message"), DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_text(tmp_path, text, change, message):
    with pytest.raises(ArgumentError, match=message):
        read(tmp_path, change(text))


def test_names_of_the_wrong_kind(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file.zarr").write_text("x")
    (tmp_path / "empty.zarr").mkdir()
    (tmp_path / "junk.zarr").mkdir()
    (tmp_path / "junk.zarr" / "zarr.json").write_text("junk")
    for name, message in (
        ("folder.csv", "be a file"),
        ("file.zarr", "be a folder"),
        ("empty.zarr", "have the attribute"),
        ("junk.zarr", "readable as plain arrays"),
    ):
        with pytest.raises(ArgumentError, match=message):
            read_records(tmp_path / name)
    with pytest.raises(ArgumentError, match="folder that exists"):
        write_records(RECORDS, tmp_path / "none" / "run.csv")
    with pytest.raises(ArgumentError, match="be a file"):
        write_records(RECORDS, tmp_path / "folder.csv")


def retyped(array, change):
    def spoil(path):
        group = zarr.open_group(path, mode="r+")["direct"]
        values, names = group[array][:], group[array].metadata.dimension_names
        del group[array]
        group.create_array(array, data=change(values), dimension_names=names)

    return spoil


def junk_chunk(path):
    for chunk in (path / "direct" / "current" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"junk" * 9)


STORES = [
    (retyped("current", lambda v: v + 1j), "`current of series 'direct' .* be real numbers"),
    (retyped("current", lambda v: v > 0), "`current of series 'direct' .* be real numbers"),
    (retyped("time", lambda v: v > 0), "`time of series 'direct' .* be real numbers"),
    (retyped("current", lambda v: v[:, :-1]), "`series 'direct' of run.zarr` must be readable"),
    (junk_chunk, "`series 'direct' of run.zarr` must be readable as plain"),
    (lambda path: shutil.rmtree(path / "direct/current/c"), "'direct', shot 0, time 1 ms, .* fini"),
    (lambda path: shutil.copytree(path / "direct", path / "more"), "head's series only.*'more'"),
]


@pytest.mark.parametrize(("spoil", "message"), STORES, ids=range(len(STORES)))
def test_damaged_stores(tmp_path, spoil, message):
    path = write_records(RECORDS, tmp_path / "run.zarr")
    unsigned(path)
    spoil(path)
    with pytest.raises(ArgumentError, match=message):
        read_records(path)
