"""Stores that are damaged, foreign, old or from the future: nothing is lost, nothing is taken."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from sweeps_models import Toy, calls, drawn, noted

import darkstate as ds
from darkstate.errors import ArgumentError
from darkstate.sweeps import Sweep, definition, grid, journal
from darkstate.sweeps.plan import FORMAT
from darkstate.sweeps.store import DamagedError


@pytest.fixture(autouse=True)
def one_version(monkeypatch):
    """The same code version all the time, also while somebody edits the code."""
    monkeypatch.setattr(definition, "code_version", lambda: {"darkstate": "test"})


def toy(folder: Path, *axes) -> Sweep:
    axes = axes or (grid("x", [0.0, 1.0, 2.0]), grid("part.kind", ["a", "b"]))
    return Sweep(Toy(folder=str(folder)), axes, ("sum",), solve=noted)


def open_table(store: Path) -> xr.Dataset:
    return xr.open_zarr(store, group="table", consolidated=False)


def contents(place: Path) -> dict[str, bytes]:
    """All files but those that say how and when they were written."""
    files = {path.relative_to(place).as_posix(): path for path in place.rglob("*")}
    kept = {name: path for name, path in files.items() if path.is_file()}
    passing = ("journal/lock", "journal/progress.json")
    return {name: path.read_bytes() for name, path in kept.items() if name not in passing}


# Whose it is --------------------------------------------------------------------------------------


def test_a_folder_with_a_journal_is_not_ours(tmp_path):
    (tmp_path / "diary" / "journal").mkdir(parents=True)
    (tmp_path / "diary" / "photos").mkdir()
    (tmp_path / "diary" / "journal" / "00000001.log").write_text("a day at sea\n")
    before = contents(tmp_path / "diary")
    with pytest.raises(ArgumentError, match="be new, or the store of a sweep"):
        ds.sweep(toy(tmp_path), tmp_path / "diary")
    assert contents(tmp_path / "diary") == before and (tmp_path / "diary" / "photos").is_dir()


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "s.zarr").mkdir()
    assert ds.sweep(toy(tmp_path), tmp_path / "s.zarr").status().counts == {"converged": 6}


def test_what_others_put_into_a_store_stays(tmp_path):
    store = ds.sweep(toy(tmp_path, grid("x", [1.0]), grid("y", [2.0])), tmp_path / "s.zarr")
    zarr.create_array(store.path / "mine", shape=(3,), dtype=float)[...] = 7.0
    (store.path / "notes" / "deep").mkdir(parents=True)
    foreign = ["notes/deep/a.txt", "draft.partial", "table/y/about.txt", "table/y/c/me.txt"]
    for name in foreign:
        (store.path / name).write_text("mine")
    ds.sweep(toy(tmp_path, grid("x", [1.0, 3.0]), grid("count", [2])), store.path)
    assert all((store.path / name).read_text() == "mine" for name in foreign)
    assert not (store.path / "table" / "y" / "zarr.json").exists()  # the array has gone
    np.testing.assert_array_equal(zarr.open_array(store.path / "mine")[:], 7.0)
    assert zarr.open_array(store.path / "table" / "sum").shape == (2, 1)


def test_columns_of_parameters_that_no_longer_vary_are_removed(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    ds.sweep(toy(tmp_path, grid("y", [1.0])), store.path)
    assert {path.name for path in store.path.iterdir()} == {"journal", "table", "zarr.json"}
    names = {path.name for path in (store.path / "table").iterdir()}
    assert names == {"zarr.json", "key", "message", "status", "sum", "y"}


@pytest.mark.parametrize("kind", ["array", "file", "link"])
def test_the_table_is_not_written_over_what_others_put_there(tmp_path, kind):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").touch()
    place = store.path / "table"
    shutil.rmtree(place)
    make = {
        "array": lambda: zarr.create_array(place, shape=(3,), dtype=float),
        "file": place.touch,
        "link": lambda: place.symlink_to(tmp_path / "data"),
    }
    make[kind]()
    done = len(calls(tmp_path))
    with pytest.raises(ArgumentError, match="hold an earlier 'darkstate sweep table'"):
        ds.sweep(toy(tmp_path, grid("y", [1.0, 2.0])), store.path)
    assert len(calls(tmp_path)) == done and place.exists()


# Damage -------------------------------------------------------------------------------------------


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A bit is flipped, a digit exchanged, the end cut off, or everything replaced."""
    where = chance.randrange(len(data))
    digits = [k for k, byte in enumerate(data) if byte in b"0123456789"]
    kind = chance.choice(["bit", "digit", "cut", "zeros"] if digits else ["bit", "cut", "zeros"])
    if kind == "digit":
        where = chance.choice(digits)
        other = b"0123456789"[(data[where] - 47) % 10 :][:1]
        return data[:where] + other + data[where + 1 :]
    if kind == "bit":
        return data[:where] + bytes([data[where] ^ (1 << chance.randrange(8))]) + data[where + 1 :]
    return data[:where] if kind == "cut" else bytes(len(data))


def files_of(store: Path) -> dict[str, Path]:
    """One file of each kind besides the segments."""
    table = store / "table"
    return {
        "chunk": table / "sum" / "c" / "0" / "0",
        "text": table / "status" / "c" / "0" / "0",
        "group": store / "journal" / "zarr.json",
        "root": store / "zarr.json",
        "header": table / "zarr.json",
        "array": table / "sum" / "zarr.json",
        "label": table / "part.kind" / "zarr.json",
    }


@pytest.mark.parametrize("kind", ["array", "chunk", "group", "header", "label", "root", "text"])
def test_damage_is_healed_by_the_next_run(tmp_path, kind):
    """A table whose header is damaged is set aside, and another one is written."""
    chance = random.Random(kind)
    swept = toy(tmp_path)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    whole, table = contents(store.path), store.table()
    place = files_of(store.path)[kind]
    for trial in range(6):
        data = place.read_bytes()
        place.write_bytes(damaged(data, chance)) if trial else place.unlink()
        ds.sweep(swept, store.path)
        for aside in store.path.glob("table.damaged-*"):
            assert kind == "header"
            shutil.rmtree(aside)
        assert contents(store.path) == whole, trial
    assert store.table().identical(table)
    assert len(calls(tmp_path)) == 6


def test_a_damaged_plan_is_named_with_its_remedy_and_written_again(tmp_path):
    chance = random.Random("plan")
    swept = toy(tmp_path)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    table = store.table()
    (segment,) = journal.segments(store.journal)
    session, plan, *records = segment.read_bytes().splitlines(keepends=True)
    for _ in range(20):
        segment.write_bytes(session + damaged(plan[:-1], chance) + b"\n" + b"".join(records))
        with pytest.raises(DamagedError, match=r"its plan is not what was written.*none is comput"):
            store.status()
    assert ds.sweep(swept, store.path).table().identical(table)
    assert len(calls(tmp_path)) == 6


@pytest.mark.parametrize("kind", ["chunk", "text"])
def test_flipped_bits_in_chunks_are_found_by_any_reader(tmp_path, kind):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    place = files_of(store.path)[kind]
    data = place.read_bytes()
    for k in range(0, len(data), 5):
        place.write_bytes(data[:k] + bytes([data[k] ^ 16]) + data[k + 1 :])
        with open_table(store.path) as read, pytest.raises((ValueError, RuntimeError)):
            read.load()


def test_numbers_of_a_chunk_that_is_lost_are_missing(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    shutil.rmtree(store.path / "table" / "sum" / "c")
    with open_table(store.path) as read:
        assert np.isnan(read["sum"].values).all()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_damaged_head_does_not_cost_the_seed(tmp_path, lost):
    """It stands in the line of the process and in the plan."""
    swept = Sweep(Toy(), (grid("x", [1.0, 2.0]),), ("draw",), solve=drawn)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    table = store.table()
    (segment,) = journal.segments(store.journal)
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[lost] = b"0" + lines[lost][1:] if lines[lost][:1] != b"0" else b"1" + lines[lost][1:]
    segment.write_bytes(b"".join(lines))
    assert ds.sweep(swept, store.path).table()["draw"].identical(table["draw"])


# Formats ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [FORMAT + 1, FORMAT - 1, "6 of 6 points stored"])
def test_another_format_is_refused_and_not_touched(tmp_path, form):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    root = store.path / "zarr.json"
    header = json.loads(root.read_text())
    header["attributes"]["darkstate sweep"] = form
    root.write_text(json.dumps(header))
    whole = contents(store.path)
    with pytest.raises(ArgumentError, match=f"have format {FORMAT}"):
        ds.sweep(toy(tmp_path), store.path)
    with pytest.raises(ArgumentError, match=f"have format {FORMAT}"):
        store.status()
    assert contents(store.path) == whole
