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
from darkstate.sweeps import Sweep, definition, grid
from darkstate.sweeps.plan import FORMAT, DamagedError


@pytest.fixture(autouse=True)
def one_version(monkeypatch):
    """The same code version all the time, also while somebody edits the code."""
    monkeypatch.setattr(definition, "code_version", lambda: {"darkstate": "test"})


def toy(folder: Path, *axes) -> Sweep:
    axes = axes or (grid("x", [0.0, 1.0, 2.0]), grid("part.kind", ["a", "b"]))
    return Sweep(Toy(folder=str(folder)), axes, ("sum",), solve=noted)


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
    foreign = ["notes/deep/a.txt", "draft.partial", "notes/b.partial", "y/about.txt", "y/c/me.txt"]
    for name in foreign:
        (store.path / name).write_text("mine")
    ds.sweep(toy(tmp_path, grid("x", [1.0, 3.0]), grid("count", [2])), store.path)
    assert all((store.path / name).read_text() == "mine" for name in foreign)
    assert not (store.path / "y" / "zarr.json").exists()  # the array has gone
    assert sorted(path.name for path in (store.path / "y").rglob("*")) == [
        "about.txt",
        "c",
        "me.txt",
    ]
    np.testing.assert_array_equal(zarr.open_array(store.path / "mine")[:], 7.0)
    assert xr.open_zarr(store.path)["sum"].shape == (2, 1)


def test_arrays_of_parameters_that_no_longer_vary_are_removed(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    (store.path / "sum" / f"zarr.{'0' * 32}.partial").touch()  # of a process that was killed
    ds.sweep(toy(tmp_path, grid("y", [1.0])), store.path)
    names = {path.name for path in store.path.iterdir()}
    assert names == {"journal", "zarr.json", "key", "message", "status", "sum", "y"}
    assert not list(store.path.rglob("*.partial"))


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_a_column_is_not_written_over_what_others_put_there(tmp_path, kind):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    (tmp_path / "data").mkdir()
    place = store.path / "y"
    make = {"folder": place.mkdir, "file": place.touch}
    make.get(kind, lambda: place.symlink_to(tmp_path / "data"))()
    done = len(calls(tmp_path))
    with pytest.raises(ArgumentError, match="no file or folder 'y' but its own"):
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
    (keys,) = (store / "journal").glob("keys-*.bin")
    chunks = {"chunk": store / "sum" / "c" / "0" / "0", "text": store / "status" / "c" / "0" / "0"}
    return chunks | {
        "keys": keys,
        "plan": store / "journal" / "plan.json",
        "arrays": store / "journal" / "arrays.json",
        "group": store / "journal" / "zarr.json",
        "root": store / "zarr.json",
        "array": store / "sum" / "zarr.json",
        "label": store / "part.kind" / "zarr.json",
    }


KINDS = ["arrays", "array", "chunk", "group", "keys", "label", "plan", "root", "text"]


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_healed_by_the_next_run(tmp_path, kind):
    chance = random.Random(kind)
    swept = toy(tmp_path)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    whole, table = contents(store.path), store.table()
    place = files_of(store.path)[kind]
    for trial in range(6):
        data = place.read_bytes()
        place.write_bytes(damaged(data, chance)) if trial else place.unlink()
        ds.sweep(swept, store.path)
        assert contents(store.path) == whole, trial
    assert store.table().identical(table)
    assert len(calls(tmp_path)) == 6


@pytest.mark.parametrize("kind", ["plan", "keys"])
def test_damage_is_named_with_its_remedy(tmp_path, kind):
    chance = random.Random(kind)
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    place = files_of(store.path)[kind]
    data = place.read_bytes()
    for _ in range(20):
        place.write_bytes(damaged(data, chance))
        with pytest.raises(DamagedError, match=f"journal/{place.name}.*the journal is intact"):
            store.status()


@pytest.mark.parametrize("kind", ["chunk", "text"])
def test_flipped_bits_in_chunks_are_found_by_any_reader(tmp_path, kind):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    place = files_of(store.path)[kind]
    data = place.read_bytes()
    for k in range(0, len(data), 5):
        place.write_bytes(data[:k] + bytes([data[k] ^ 16]) + data[k + 1 :])
        with xr.open_zarr(store.path) as read, pytest.raises((ValueError, RuntimeError)):
            read.load()


def test_numbers_of_a_chunk_that_is_lost_are_missing(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    shutil.rmtree(store.path / "sum" / "c")
    with xr.open_zarr(store.path) as read:
        assert np.isnan(read["sum"].values).all()


def test_a_damaged_plan_does_not_cost_the_seed(tmp_path):
    swept = Sweep(Toy(), (grid("x", [1.0, 2.0]),), ("draw",), solve=drawn)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    table = store.table()
    (store.journal / "plan.json").write_text("{}")
    assert ds.sweep(swept, store.path).table().identical(table)
    assert store.status().sessions == 1


# Formats ------------------------------------------------------------------------------------------


def test_a_newer_format_is_refused_and_not_touched(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    plan, root = store.journal / "plan.json", store.path / "zarr.json"
    newer = json.dumps(json.loads(plan.read_text()) | {"format": FORMAT + 1, "digest": "new"})
    header = json.loads(root.read_text())
    header["attributes"]["darkstate sweep format"] = FORMAT + 1
    for place, text in ((plan, newer), (root, json.dumps(header))):
        before = place.read_text()
        place.write_text(text)
        whole = contents(store.path)
        with pytest.raises(ArgumentError, match=f"at most format {FORMAT}"):
            ds.sweep(toy(tmp_path), store.path)
        assert contents(store.path) == whole
        place.write_text(before)
    plan.write_text(newer)
    with pytest.raises(ArgumentError, match=f"at most format {FORMAT}"):
        store.status()


def test_a_store_of_format_1_is_read_and_goes_on(tmp_path):
    """Without digest, without the list of arrays, with chunks that have no checksum."""
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    whole, table = contents(store.path), store.table()
    plan, root = store.journal / "plan.json", store.path / "zarr.json"
    old = json.loads(plan.read_text())
    del old["digest"]
    plan.write_text(json.dumps(old | {"format": 1}, indent=1))
    header = json.loads(root.read_text())
    del header["attributes"]["darkstate sweep format"]
    root.write_text(json.dumps(header))
    (store.journal / "arrays.json").unlink()
    place = store.path / "sum"
    values = np.asarray(zarr.open_array(place)[:])
    zarr.create_array(place, shape=values.shape, dtype=float, overwrite=True)[...] = values
    assert store.table().identical(table)
    ds.sweep(toy(tmp_path), store.path)
    assert contents(store.path) == whole and len(calls(tmp_path)) == 6
