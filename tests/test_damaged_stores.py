"""Stores that are damaged or hostile: named, refused, and nothing in them executed."""

from __future__ import annotations

import json
import os
import pickle
import random
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from darkstate.errors import ArgumentError, CapacityError
from darkstate.results import Report, Result, Status
from darkstate.results.digests import sign
from darkstate.results.result import load_result
from darkstate.results.storage import save_result
from darkstate.results.stored_tables import read_table, write_table
from darkstate.states import GaussianState

TABLE = xr.Dataset({"E": ("time", [0.5, 1.5])}, {"time": [0.0, 1.0], "name": ("time", ["a", "b"])})
RESULT = Result(
    GaussianState(["A1", "B1"], np.diag([0.25, 0.5]), np.zeros((2, 2)), np.zeros(2)),
    Report("gaussian", "dense", Status.CONVERGED, residual=0.125, provenance={"seed": 12345}),
    TABLE,
    {"model": "M", "loss": 0.1},
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return save_result(RESULT, tmp_path_factory.mktemp("stored") / "r.zarr")


@pytest.fixture
def store(stored, tmp_path):
    return Path(shutil.copytree(stored, tmp_path / "r.zarr"))


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("executed",))


def pickled_table(store):
    """A table of zarr format 2, whose objects are pickled."""
    shutil.rmtree(store / "table")
    array = store / "table" / "E"
    array.mkdir(parents=True)
    (store / "table" / ".zgroup").write_text('{"zarr_format": 2}')
    (array / ".zattrs").write_text('{"_ARRAY_DIMENSIONS": ["time"]}')
    metadata = {"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "|O", "fill_value": None}
    metadata |= {"order": "C", "filters": [{"id": "pickle", "protocol": 5}], "compressor": None}
    (array / ".zarray").write_text(json.dumps(metadata))
    (array / "0").write_bytes(pickle.dumps([Evil(), (1,), "|O"]))


def changed(name, **entries):
    def change(store):
        file = store / name / "zarr.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | entries))

    return change


def linked(store):
    shutil.move(store / "table" / "E", store.parent / "elsewhere")
    (store / "table" / "E").symlink_to(store.parent / "elsewhere")


def piped(store):
    os.mkfifo(store / "table" / "pipe")


def deep(store):
    (store / "table" / "zarr.json").write_text("[" * 100_000)


CODEC = [{"name": "numcodecs.pickle", "configuration": {}}]
SHARDS = [{"name": "sharding_indexed", "configuration": {}}]
GRID = {"name": "rectilinear", "configuration": {"chunk_shape": [2]}}
NO_GRID = {"name": "regular", "configuration": {"chunk_shape": [0]}}
INLINE = {"kind": "inline", "must_understand": False, "metadata": {}}
HOSTILE = [
    (pickled_table, "belongs to zarr format 2"),
    (changed("table/E", zarr_format=2), "table/E/zarr.json is not of zarr format 3"),
    (changed("table/E", codecs=CODEC), "asks for the codec 'numcodecs.pickle'"),
    (changed("table/E", codecs=SHARDS), "asks for the codec 'sharding_indexed'"),
    (changed("table/E", data_type="object"), "has the data type 'object'"),
    (changed("table/E", chunk_grid=GRID), "does not have plain chunks"),
    (changed("table/E", chunk_grid=NO_GRID), "has no proper shape"),
    (changed("table/E", storage_transformers=[{"name": "x"}]), "does not have plain chunks"),
    (changed("table/E", extra={"must_understand": False}), "unknown entry 'extra'"),
    (changed("table/E", shape=[-1]), "has no proper shape"),
    (changed("table", consolidated_metadata=INLINE), "is no plain group"),
    (changed("table/E", codecs=3), "is damaged"),
    (linked, "table/E is a link"),
    (piped, "table/pipe is a link or no plain file"),
    (deep, "table/zarr.json is damaged"),
]


@pytest.mark.parametrize(("make", "message"), HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("read", [load_result, lambda store: read_table(store, "table")])
def test_hostile_stores_are_refused_before_anything_is_opened(
    store, monkeypatch, make, message, read
):
    make(store)
    if make is not piped:
        sign(store, {})  # whoever made it knows how digests are made
    monkeypatch.chdir(store.parent)
    with pytest.raises(ArgumentError, match=re.escape(message.removeprefix("table/"))):
        read(store)
    assert not Path("executed").exists()


def test_a_pickle_would_have_been_executed(store, monkeypatch):
    """That the test above is one: the bytes do what they threaten."""
    pickled_table(store)
    monkeypatch.chdir(store.parent)
    pickle.loads((store / "table" / "E" / "0").read_bytes())
    assert Path("executed").exists()


@pytest.mark.parametrize("kind", ["shape", "chunks"])
def test_an_array_that_does_not_fit_is_refused_before_it_is_made(store, kind):
    grid = {"name": "regular", "configuration": {"chunk_shape": [10**15]}}
    changed("table/E", **({"shape": [10**15]} if kind == "shape" else {"chunk_grid": grid}))(store)
    sign(store, {})
    with pytest.raises(CapacityError, match=r"reading 'r\.zarr'"):
        load_result(store)


def same(first: Result, second: Result) -> bool:
    state = all(
        np.array_equal(getattr(first.state, name), getattr(second.state, name))
        for name in ("labels", "number", "anomalous", "mean")
    )
    assert first.table is not None and second.table is not None
    return (
        state
        and first.table.identical(second.table)
        and first.report == second.report
        and first.model == second.model
    )


def flips(file: Path, count: int, seed: str):
    """The contents of a file with one bit flipped or, every other time, one digit changed."""
    whole, draw = file.read_bytes(), random.Random(seed)
    digits = [k for k, byte in enumerate(whole) if chr(byte).isdigit()]
    for k in range(count):
        data = bytearray(whole)
        if k % 2 and digits:
            place = draw.choice(digits)
            data[place] = ord(draw.choice([d for d in "0123456789" if ord(d) != data[place]]))
        else:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        yield bytes(data)


def test_a_flip_anywhere_is_found_and_named(store):
    before = load_result(store)
    for file in sorted(path for path in store.rglob("*") if path.is_file()):
        whole = file.read_bytes()
        for data in flips(file, 4, file.name):
            file.write_bytes(data)
            try:
                assert same(load_result(store), before)  # a space for another
            except ArgumentError as error:
                assert file.relative_to(store).as_posix() in str(error) or file.name == "zarr.json"
                assert "Restore it" in str(error) or "Give the path" in str(error)
        file.write_bytes(whole)


def test_tables_alone_have_checksums_in_their_chunks(tmp_path):
    write_table(TABLE, tmp_path / "t.zarr")
    chunks = [path for path in (tmp_path / "t.zarr").rglob("c/*") if path.is_file()]
    assert len(chunks) == 3
    for chunk in chunks:
        whole = chunk.read_bytes()
        for data in flips(chunk, 4, chunk.parts[-3]):
            chunk.write_bytes(data)
            with pytest.raises(ArgumentError, match=r"readable.*write it anew"):
                read_table(tmp_path / "t.zarr")
        chunk.write_bytes(whole)
