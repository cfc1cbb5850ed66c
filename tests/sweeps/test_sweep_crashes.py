"""Sweeps that are killed, starved and raced: what was stored stays, and nothing is done twice."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from sweeps_models import (
    DEADLINE,
    Toy,
    calls,
    deadly,
    gated,
    hunted,
    interrupting,
    leaving,
    noted,
    stuck,
    total,
    until,
)

import darkstate as ds
from darkstate.errors import ArgumentError
from darkstate.sweeps import (
    BusyError,
    FullError,
    Sweep,
    definition,
    grid,
    journal,
    linspace,
    lock,
)
from darkstate.sweeps.lock import hold_lock

HERE = Path(__file__).parent
AXES = (linspace("x", 0.0, 9.0, 10), linspace("y", 0.0, 1.0, 6))


@pytest.fixture(autouse=True)
def one_version(monkeypatch):
    """The same code version in all processes, also while somebody edits the code."""
    monkeypatch.setattr(definition, "code_version", lambda: {"darkstate": "test"})


def toy(folder: Path, solve=noted, pause: float = 0.0, gate: int = 0) -> Sweep:
    return Sweep(Toy(folder=str(folder), pause=pause, gate=gate), AXES, ("sum",), solve=solve)


def undisturbed(swept: Sweep, folder: Path) -> ds.sweeps.SweepStore:
    """The store of the same sweep, computed in one go."""
    return ds.sweep(swept, folder / "undisturbed.zarr")


def arrays(store: Path) -> dict[str, bytes]:
    """Every file of the arrays; the journal is left out."""
    files = (path for path in sorted(store.rglob("*")) if path.is_file())
    names = {path.relative_to(store).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in names.items() if name[:8] != "journal/"}


def assert_same(store: ds.sweeps.SweepStore, other: ds.sweeps.SweepStore) -> None:
    """Both stores hold the same bytes, every point once."""
    assert store.table().identical(other.table())
    assert arrays(store.path) == arrays(other.path)
    for one in (store, other):
        found = one.scan()
        assert (found.repeated, len(found.records)) == (0, len(set(one.table()["key"].values.flat)))


def script(folder: Path, text: str) -> subprocess.Popen[bytes]:
    """A Python process of its own that sweeps into ``folder/s.zarr``."""
    head = (
        "from pathlib import Path\nimport darkstate as ds\n"
        "from test_sweep_crashes import *\n"
        "definition.code_version = lambda: {'darkstate': 'test'}\n"
        f"folder = Path({str(folder)!r})\nstore = folder / 's.zarr'\n"
    )
    places = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": places, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", head + text]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def stored(store: Path) -> int:
    try:
        return ds.open_sweep(store).status().stored
    except ArgumentError:
        return 0


# Killed -----------------------------------------------------------------------------------------


def test_workers_that_are_killed_are_replaced(tmp_path):
    """One worker kills itself (SIGKILL) at x = 3, once; results are those of a serial run."""
    mark = tmp_path / "killed"
    swept = toy(tmp_path, deadly)
    store = ds.sweep(swept, tmp_path / "s.zarr", workers=2)
    assert mark.exists()
    assert store.status().counts == {"converged": 60}
    assert_same(store, undisturbed(swept, tmp_path))


def test_a_point_that_ends_every_worker_is_given_up(tmp_path):
    swept = Sweep(Toy(), (grid("x", [1.0, 3.0, 4.0]),), ("sum",), solve=leaving)
    store = ds.sweep(swept, tmp_path / "s.zarr", workers=1)
    assert store.status().counts == {"converged": 2, "failed": 1}
    (message,) = store.status().failures
    assert message == "It killed its worker 3 times (exit code 3)."
    assert np.isnan(store.table()["sum"].sel(x=3.0))


def test_a_point_whose_worker_is_killed_from_outside_is_tried_again_without_company(tmp_path):
    """Three times like all others, then twice at the end."""
    swept = Sweep(Toy(folder=str(tmp_path)), (grid("x", [3.0, 1.0, 4.0]),), ("sum",), solve=hunted)
    store = ds.sweep(swept, tmp_path / "s.zarr", workers=1)
    assert store.status().counts == {"converged": 3}
    assert [line[0] for line in calls(tmp_path)][-2:] == ["3", "3"]


def test_a_stuck_worker_is_replaced_and_its_point_fails(tmp_path):
    """Without `workers` one is started: nothing else can be stopped."""
    swept = Sweep(Toy(), (grid("x", [3.0, 4.0]),), ("sum",), solve=stuck)
    store = ds.sweep(swept, tmp_path / "s.zarr", point_seconds=0.5)
    assert store.status().counts == {"converged": 1, "failed": 1}
    (message,) = store.status().failures
    assert "longer than the 0.5 s allowed for a point (`point_seconds`)" in message
    assert store.table()["status"].sel(x=3.0) == "failed"


@pytest.mark.parametrize("workers", [None, 1])
def test_a_killed_sweep_goes_on_where_it_was(tmp_path, workers):
    options = {"solve": gated, "pause": 0.02, "gate": 40}  # a worker tells every tenth of a second
    text = "toy(folder, solve=gated, pause=0.02, gate=40)"
    process = script(tmp_path, f"ds.sweep({text}, store, workers={workers})")
    try:
        until(lambda: stored(tmp_path / "s.zarr") >= 8, "the first points")
    finally:
        process.send_signal(signal.SIGKILL)
    (tmp_path / "go").touch()
    process.communicate()  # until its workers, who hold its standard error, have ended too
    before, done = ds.open_sweep(tmp_path / "s.zarr").status(), len(calls(tmp_path))
    assert 8 <= before.stored < 60
    assert not before.running
    swept = toy(tmp_path, **options)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    assert len(calls(tmp_path)) - done == 60 - before.stored
    assert_same(store, undisturbed(swept, tmp_path))


def test_an_interrupted_sweep_keeps_everything_finished(tmp_path):
    """Ctrl-C in the main process, in the middle of a point."""
    swept = toy(tmp_path, interrupting, gate=23)
    seen: list[ds.sweeps.SweepProgress] = []
    with pytest.raises(KeyboardInterrupt):
        ds.sweep(swept, tmp_path / "s.zarr", progress=lambda p, _: seen.append(p))
    assert seen[-1].what == "stopped"
    status = ds.open_sweep(tmp_path / "s.zarr").status()
    assert (status.stored, len(calls(tmp_path))) == (22, 23)
    read = xr.open_zarr(tmp_path / "s.zarr", group="table", consolidated=False)
    assert int((read["status"] == "converged").sum()) == status.stored
    read.close()
    store = ds.sweep(swept, tmp_path / "s.zarr")
    assert len(calls(tmp_path)) == 61  # the point that was interrupted, twice
    assert_same(store, undisturbed(swept, tmp_path))


# No room ----------------------------------------------------------------------------------------


def after_the_flood(folder: Path, swept: Sweep) -> None:
    """There is room again: the sweep goes on, and nothing that was stored is computed again."""
    before, done = stored(folder / "s.zarr"), len(calls(folder))
    assert ds.sweeps.journal.scan(folder / "s.zarr" / "journal").damaged == 0
    assert before < 60
    store = ds.sweep(swept, folder / "s.zarr")
    assert len(calls(folder)) - done == 60 - before
    assert_same(store, undisturbed(swept, folder))


@pytest.mark.parametrize("room", [0, 100, 700, 1500, 4000])
def test_a_full_disk_stops_cleanly(tmp_path, monkeypatch, room):
    """Writes end where the room ends, as operating systems do it: part of a line is written."""
    swept, left, write = toy(tmp_path, pause=0.01), [room], os.write

    def scarce(handle, data):
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = write(handle, bytes(data)[: left[0]])
        left[0] -= count
        return count

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", scarce)
        with pytest.raises(FullError, match="No space left on device"):
            ds.sweep(swept, tmp_path / "s.zarr")
    after_the_flood(tmp_path, swept)


def test_a_limit_on_file_sizes_stops_cleanly(tmp_path):
    """The same by the operating system itself: no file may grow beyond 3000 bytes."""
    swept = toy(tmp_path, pause=0.01)
    ds.sweep(Sweep(swept.model, (grid("x", [0.0]),), ("sum",), solve=noted), tmp_path / "s.zarr")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
    try:
        with pytest.raises(FullError, match="File too large"):
            ds.sweep(swept, tmp_path / "s.zarr")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    before = ds.open_sweep(tmp_path / "s.zarr").scan()
    assert before.damaged == 0
    store = ds.sweep(swept, tmp_path / "s.zarr")
    assert store.table().identical(undisturbed(swept, tmp_path).table())


def test_a_small_disk_stops_cleanly(tmp_path):
    """A tmpfs of 48 KiB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    try:
        swept, ballast = toy(tmp_path), disk / "ballast"
        ballast.write_bytes(bytes(8192))
        with pytest.raises(FullError, match="No space left on device"):
            ds.sweep(swept, disk / "s.zarr")
        before, done = ds.open_sweep(disk / "s.zarr").status(), len(calls(tmp_path))
        assert before.damaged == 0
        subprocess.run([*mount[:3], "-o", "remount,size=8m", str(disk)], check=True)
        ballast.unlink()
        store = ds.sweep(swept, disk / "s.zarr")
        assert len(calls(tmp_path)) - done == 60 - before.stored
        assert_same(store, undisturbed(swept, tmp_path))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# Raced ------------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_or_waits(tmp_path, monkeypatch):
    swept, place = toy(tmp_path), tmp_path / "s.zarr"
    ds.sweep(Sweep(swept.model, (grid("x", [0.0]),), ("sum",), solve=total), place)
    free = threading.Event()

    def hold():
        with hold_lock(place / "journal" / "lock", wait=False):
            free.wait(DEADLINE)

    holder = threading.Thread(target=hold)
    holder.start()
    until(lambda: ds.open_sweep(place).status().running, "the lock")
    with pytest.raises(BusyError, match=f"process {os.getpid()} on"):
        ds.sweep(swept, place)

    def wait(seconds: float) -> None:
        free.set()  # whoever waits comes by here
        time.sleep(seconds)

    monkeypatch.setattr(lock, "time", SimpleNamespace(monotonic=time.monotonic, sleep=wait))
    assert ds.sweep(swept, place, wait=True).status().counts == {"converged": 60}
    holder.join()


def test_two_processes_on_one_store_compute_every_point_once(tmp_path):
    text = "ds.sweep(toy(folder, pause=0.005), store, wait=True)"
    both = [script(tmp_path, text) for _ in range(2)]
    for process in both:
        _, said = process.communicate(timeout=DEADLINE)
        assert process.returncode == 0, said
    assert len(calls(tmp_path)) == 60
    store = ds.open_sweep(tmp_path / "s.zarr")
    assert store.status().sessions == 1  # the second found nothing left to do
    assert_same(store, undisturbed(toy(tmp_path, pause=0.005), tmp_path))
