"""Records that changed on the disk, died while they were written, or are not ours to replace."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import zarr
from typer.testing import CliRunner

from darkstate.cli import app
from darkstate.errors import ArgumentError, CapacityError
from darkstate.experiments import VirtualExperiment, csv_files, read_records, write_records
from killed import deaths

RECORDS, OTHER = (VirtualExperiment(shots=4, bins=3, waits=(20.0,)).run(seed) for seed in (1, 2))
FILES = ("run.csv", "run.zarr")


def same(first, second) -> bool:
    return first.setup == second.setup and all(
        np.array_equal(first.currents[name], second.currents[name]) for name in first.currents
    )


def flipped(whole: bytes, k: int, seed: str) -> bytes:
    """One bit flipped or, for odd k, one digit changed."""
    draw, data = random.Random(f"{seed} {k}"), bytearray(whole)
    digits = [place for place, byte in enumerate(whole) if chr(byte).isdigit()]
    if k % 2 and digits:
        place = draw.choice(digits)
        data[place] = ord(draw.choice([d for d in "0123456789" if ord(d) != data[place]]))
    else:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


@pytest.mark.parametrize(("name", "rounds"), [("run.csv", 200), ("run.zarr", 1)])
def test_a_flip_anywhere_is_found(tmp_path, name, rounds):
    path = write_records(RECORDS, tmp_path / name)
    for file in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        whole = file.read_bytes()
        for k in range(rounds):
            file.write_bytes(flipped(whole, k + len(str(file.name)), str(file.relative_to(path))))
            try:
                assert same(read_records(path), RECORDS)  # an end of a line, a time by rounding
            except ArgumentError as error:
                assert error.remedy
        file.write_bytes(whole)


def test_a_last_number_that_was_cut_is_found(tmp_path):
    path = write_records(RECORDS, tmp_path / "run.csv")
    path.write_text(path.read_text()[:-3])
    with pytest.raises(ArgumentError, match=r"hold what was written.*remove 'digest'"):
        read_records(path)


def test_a_chunk_that_changed_is_named(tmp_path):
    path = write_records(RECORDS, tmp_path / "run.zarr")
    chunk = path / "direct" / "current" / "c" / "0" / "0" / "0"
    chunk.write_bytes(flipped(chunk.read_bytes(), 0, ""))
    with pytest.raises(ArgumentError, match=r"undamaged \('direct/current/c/0/0/0' is not as"):
        read_records(path)


@pytest.mark.parametrize(("name", "step"), [("run.csv", 1), ("run.zarr", 113)])
def test_records_are_old_or_new_at_every_death(tmp_path, name, step):
    path, found = tmp_path / name, set()
    write_records(RECORDS, path)
    for _ in deaths(tmp_path, lambda: write_records(OTHER, path, overwrite=True), step=step):
        now = read_records(path)
        found.add(same(now, RECORDS))
        assert same(now, RECORDS) or same(now, OTHER)
        write_records(RECORDS, path, overwrite=True)
        assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert found == {True, False}


@pytest.mark.parametrize("name", FILES)
def test_a_newer_format_is_neither_read_nor_replaced(tmp_path, name):
    path = write_records(RECORDS, tmp_path / name)
    head = path if path.is_file() else path / "zarr.json"
    newer = head.read_text().replace("version 1", "version 2").replace('sion": 1', 'sion": 2')
    head.write_text(newer)
    with pytest.raises(ArgumentError):
        read_records(path)
    with pytest.raises(ArgumentError, match=r"newer format than 1.* is 2"):
        write_records(RECORDS, path, overwrite=True)
    assert head.read_text() == newer


def test_simulate_refuses_what_is_there_before_it_simulates(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    zarr.create_array("X.zarr", shape=3, dtype=float)[...] = 1.0
    few = ["--seed", "1", "--shots", "2", "--bins", "2"]
    done = CliRunner().invoke(app, ["experiment", "simulate", "X.zarr", "--overwrite"])
    assert done.exit_code == 2
    assert (np.asarray(zarr.open_array("X.zarr", mode="r")) == 1.0).all()
    for words, code in (([], 0), ([], 2), (["--overwrite"], 0)):
        done = CliRunner().invoke(app, ["experiment", "simulate", "run.csv", *few, *words])
        assert done.exit_code == code
    assert {entry.name for entry in Path(".").iterdir()} == {"X.zarr", "run.csv"}


def test_files_are_read_in_blocks(tmp_path, monkeypatch):
    path = write_records(RECORDS, tmp_path / "run.csv")
    monkeypatch.setattr(csv_files, "_BLOCK", 7)
    assert same(read_records(path), RECORDS)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:10], *lines[11:]]))  # the first row of the second block
    with pytest.raises(ArgumentError, match=r"row 11 of run\.csv` must be"):
        read_records(path)


def test_a_file_that_does_not_fit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = write_records(RECORDS, tmp_path / "run.csv")
    monkeypatch.setattr(csv_files, "available_memory", lambda: 1000.0)
    with pytest.raises(CapacityError, match=r"reading 'run\.csv'"):
        read_records(path)
