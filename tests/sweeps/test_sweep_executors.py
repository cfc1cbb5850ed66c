"""Executors: the same bits everywhere, chunks, memory, and a Dask cluster that falls apart."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sweeps_models import Toy, calls, noted, refusing, stuck, total

import darkstate as ds
from clusters import Cluster
from darkstate.engines.contract import Cost, Offer
from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.sweeps import Sweep, choice, definition, grid, linspace, scheduling
from darkstate.sweeps.evaluate import PointTask
from darkstate.sweeps.executors import DaskCluster
from darkstate.sweeps.executors.base import Terms, pack
from darkstate.sweeps.provenance import software
from darkstate.sweeps.scheduling import TaskQueue, blocks_of

HERE = Path(__file__).parent
CHAINS = ds.models.CavityChains(3, loss=0.1)
PAIR = ds.models.DualRail(1, 1.0, dephasing=0.1)


@pytest.fixture(autouse=True)
def one_version(monkeypatch):
    monkeypatch.setattr(definition, "code_version", lambda: {"darkstate": "test"})


# The same bits ----------------------------------------------------------------------------------


def test_local_workers_give_the_bits_of_a_serial_run(tmp_path):
    """Both engines in one sweep each; the models of a pair cannot be told from numbers alone."""
    chains = Sweep(
        CHAINS,
        (linspace("loss", 0.01, 0.3, 4), grid("drive.nbar", [0.5, 1.0])),
        ("log_negativity(A1:B1)", "log_negativity(A3:B3)", "purity", "report.residual"),
    )
    pairs = Sweep(PAIR, (linspace("detunings_a", 0.0, 1.0, 4),), ("concurrence(A1:B1)", "purity"))
    engines = (ds.engines.Trajectories(trajectories=3, burn_in=0.1, duration=0.2),)
    random = Sweep(PAIR, (grid("dephasing", [0.1, 0.2]),), ("purity",), engine=engines[0], seed=5)
    for name, swept in {"chains": chains, "pairs": pairs, "random": random}.items():
        alone = ds.sweep(swept, tmp_path / f"{name}-alone.zarr").table()
        apart = ds.sweep(swept, tmp_path / f"{name}-apart.zarr", workers=1).table()
        assert apart.identical(alone), name
        assert set(alone["status"].values.flat) <= {"certified", "converged", "suspect"}


def test_vectorised_points_agree_and_do_not_depend_on_interruptions(tmp_path, monkeypatch):
    monkeypatch.setattr(scheduling, "VECTOR", 8)
    axes = (linspace("loss", 0.01, 0.3, 10), grid("drive.nbar", [0.5, 1.0]))
    outputs = ("log_negativity(A1:B1)", "purity")
    plain = Sweep(CHAINS, axes, outputs)
    swept = dataclasses.replace(plain, vectorise=True)
    assert not set(plain.keys()) & set(swept.keys())
    serial = ds.sweep(plain, tmp_path / "plain.zarr").table()
    store = ds.sweep(swept, tmp_path / "v.zarr")
    together = store.table()
    assert set(together["status"].values.flat) == {"certified"}
    for name in ("log_negativity_A1_B1", "purity"):
        np.testing.assert_allclose(together[name], serial[name], rtol=1e-12)
    whole = (store.journal / "00000001.log").read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) > 3
    (store.journal / "00000001.log").write_bytes(b"".join(lines[:3]) + lines[3][:200])
    assert 0 < store.status().counts["pending"] < 20
    ds.sweep(swept, store.path)
    assert store.table().identical(together)
    more = (linspace("loss", 0.01, 0.3, 10), grid("drive.nbar", [0.5, 1.0, 2.0]))
    ds.sweep(dataclasses.replace(swept, axes=more), store.path)  # blocks of old and new points
    assert (
        store.table().isel({"drive.nbar": slice(2)}).drop_attrs().identical(together.drop_attrs())
    )
    assert (store.scan().repeated, store.status().stored) == (0, 30)


def test_a_vectorised_block_with_a_bad_point_is_solved_one_by_one(tmp_path):
    lossless = dataclasses.replace(CHAINS, loss=0.0)
    axes = (grid("hopping", [0.0, 1.0, 2.0]),)
    swept = Sweep(lossless, axes, ("purity",), vectorise=True)
    table = ds.sweep(swept, tmp_path / "v.zarr").table()
    assert list(table["status"].values) == ["failed", "certified", "certified"]
    alone = ds.steady_state(dataclasses.replace(lossless, hopping=1.0))
    assert float(table["purity"][1]) == ds.purity(alone.state)


def test_repeaters_over_time_are_vectorised(tmp_path):
    model = ds.models.EnsembleRepeater(4, 10, 0.1)
    axes = (grid("time", [0.3, 0.1, 0.2]), grid("dephasing", [0.0, 0.05]))
    outputs = ("log_negativity(1:4)", "table.probability")
    plain = Sweep(model, axes, outputs)
    one = ds.sweep(plain, tmp_path / "one.zarr").table()
    swept = dataclasses.replace(plain, vectorise=True)
    many = ds.sweep(swept, tmp_path / "many.zarr").table()
    assert not many["message"].values.any()
    for name in ("log_negativity_1_4", "table_probability"):
        np.testing.assert_allclose(many[name], one[name], rtol=1e-9)
    direct = ds.solve(dataclasses.replace(model, time=0.2, dephasing=0.05))
    assert float(one["log_negativity_1_4"][2, 1]) == ds.log_negativity(direct.state, "1", "4")


def test_vectorised_blocks_are_really_solved_together(monkeypatch):
    """A fall-back to single points would be silent, and slow."""
    from darkstate.sweeps import evaluate

    monkeypatch.setattr(evaluate, "evaluate", None)
    axes = (linspace("loss", 0.01, 0.3, 4), linspace("hopping", 0.5, 1.0, 3))
    chains = Sweep(CHAINS, axes, ("purity",), vectorise=True)
    repeater = ds.models.EnsembleRepeater(3, 4, 0.1)
    times = Sweep(repeater, (linspace("time", 0.1, 0.3, 3),), ("table.entropy",), vectorise=True)
    for swept in (chains, times):
        block = [PointTask(k, key) for k, key in enumerate(swept.keys())]
        records = evaluate.evaluate_block(swept, block)
        assert {record.status for record in records} == {"certified"}


# Chunks -----------------------------------------------------------------------------------------


def tasks(count: int) -> list[PointTask]:
    return [PointTask(k, f"{k:064x}") for k in range(count)]


def test_chunks_take_about_as_long_as_they_should():
    work = TaskQueue([(task,) for task in tasks(10_000)])
    sizes = []
    while work:
        chunk = work.take()
        assert chunk is not None
        sizes.append(len(chunk.blocks))
        work.learn(len(chunk.blocks), 1e-3 * len(chunk.blocks))
    assert sum(sizes) == 10_000
    assert sizes[:3] == [1, 8, 64]
    assert set(sizes[3:-1]) == {250}


def test_slow_points_are_handed_out_one_by_one_and_ends_are_shared():
    slow = TaskQueue([(task,) for task in tasks(10)])
    slow.learn(1, 5.0)
    assert len(slow.take().blocks) == 1  # type: ignore[union-attr]
    shared = TaskQueue([(task,) for task in tasks(40)], workers=4)
    shared.learn(1, 1e-6)
    shared._last = 1000
    assert len(shared.take().blocks) == 5  # type: ignore[union-attr]


def test_a_lost_chunk_comes_back_piece_by_piece():
    work = TaskQueue([(task,) for task in tasks(4)])
    work.learn(1, 1e-9)
    work._last = 100
    chunk = work.take()
    assert chunk is not None
    assert work.record_death(chunk, [tasks(4)[0].key]) == ()
    alone = [work.take() for _ in range(3)]
    assert [c.tasks() for c in alone] == [[task] for task in tasks(4)[1:]]  # type: ignore[union-attr]
    for _ in range(2):
        assert work.record_death(alone[0], ()) == ()  # type: ignore[arg-type]
        assert work.take() == alone[0]
    assert list(work.record_death(alone[0], ())) == [tasks(4)[1]]  # type: ignore[arg-type]


def test_what_somebody_else_killed_comes_last_and_has_two_more_tries():
    work = TaskQueue([(task,) for task in tasks(2)])
    chunk = work.take()
    assert chunk is not None
    for _ in range(2):
        assert work.record_death(chunk, (), outside=True) == ()
        assert work.take() == chunk
    assert work.record_death(chunk, (), outside=True) == () and not work.only_set_aside
    assert work.take() != chunk and work.only_set_aside
    assert work.take() == chunk
    assert work.record_death(chunk, (), outside=True) == () and work.take() == chunk
    assert list(work.record_death(chunk, (), outside=True)) == [tasks(2)[0]]
    assert work.kills(chunk.tasks()) == 5 and not work


def test_blocks_of_a_vectorised_sweep_do_not_depend_on_what_is_missing(monkeypatch):
    monkeypatch.setattr(scheduling, "VECTOR", 4)
    every = tasks(10)
    (block,) = blocks_of(every, [every[5].key], vectorised=True)
    assert block == tuple(every[4:8])
    assert blocks_of(every, [every[5].key], vectorised=False) == [(every[5],)]


# Memory and threads -----------------------------------------------------------------------------


def test_the_largest_corner_decides_about_memory(monkeypatch):
    asked = []

    def explain(model, engine, times):
        asked.append(model.sites)
        offer = Offer("x", "", cost=Cost(1e6 * model.sites, 1.0))
        return ds.frontdoor.Explanation((offer,), offer)

    monkeypatch.setattr(choice, "explain", explain)
    swept = Sweep(CHAINS, (grid("sites", [2, 9, 5]), grid("loss", [0.1, 0.2, -1.0])))
    assert choice.predicted_memory(swept) == 9e6
    assert set(asked) == {2, 5, 9}
    own = Sweep(Toy(), (grid("x", [1]),), ("sum",), solve=total)
    assert choice.predicted_memory(own) is None


def test_only_as_many_workers_as_fit():
    gib = 2.0**30
    assert choice.fitting_workers(8, None, gib) == 8
    assert choice.fitting_workers(8, gib, 4 * gib) == 3
    assert choice.fitting_workers(2, gib, 100 * gib) == 2
    with pytest.raises(CapacityError, match="1274 MiB"):
        choice.fitting_workers(8, gib, gib)


def test_no_more_workers_than_make_sense(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "processors", lambda: 4)
    assert choice.sensible_workers(3, 100, 8) == (3, "")
    count, why = choice.sensible_workers(50, 100, 8)
    assert count == 4 and "4 of 50 workers: the machine has no more processors" in why
    assert choice.sensible_workers(5, 2, 8)[0] == 2 and choice.sensible_workers(5, 9, 1)[0] == 1
    seen: list[ds.sweeps.SweepProgress] = []
    swept = Sweep(Toy(), (grid("x", [1.0]),), ("sum",), solve=total)
    ds.sweep(swept, tmp_path / "s.zarr", workers=50, progress=lambda p, _: seen.append(p))
    assert seen[-1].workers == 1 and seen[-1].note[:16] == "1 of 50 workers:"


def test_too_large_points_are_refused_before_workers_start(tmp_path):
    swept = Sweep(CHAINS, (grid("loss", [0.1]),))
    with pytest.raises(CapacityError, match="memory_limit"):
        ds.sweep(swept, tmp_path / "s.zarr", workers=2, memory_limit=1e6)


def test_wrong_choices_are_refused(tmp_path):
    swept = Sweep(Toy(), (grid("x", [1]),), ("sum",), solve=total)
    with pytest.raises(ArgumentError, match="scheduler"):
        ds.sweep(swept, tmp_path / "s.zarr", workers=2, scheduler="tcp://x:1")
    with pytest.raises(ArgumentError, match="workers"):
        ds.sweep(swept, tmp_path / "s.zarr", workers=0)
    for wrong in ({"point_seconds": 0.0}, {"point_seconds": "long"}, {"memory_limit": "all"}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            ds.sweep(swept, tmp_path / "s.zarr", **wrong)
    blocks = Sweep(CHAINS, (grid("loss", [0.1]),), vectorise=True)
    with pytest.raises(ArgumentError, match="come without vectorise"):
        ds.sweep(blocks, tmp_path / "s.zarr", point_seconds=1.0)
    with pytest.raises(NumericalError, match="there is none at"):
        ds.sweep(swept, tmp_path / "s.zarr", scheduler="nonsense")


def test_what_no_worker_can_import_is_refused_without_cloudpickle(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    monkeypatch.setattr(total, "__module__", "__main__")
    swept = Sweep(Toy(), (grid("x", [1]),), ("sum",), solve=total)
    with pytest.raises(ArgumentError, match="importable by workers"):
        pack(Terms(swept))


# What workers execute -----------------------------------------------------------------------------

MINE = """\
from dataclasses import dataclass

@dataclass(frozen=True)
class Own:
    x: float = 0.0

def twice(model, engine):
    return {"sum": 2 * model.x}
"""


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """Imports a module from the current folder, from which this process imports first."""

    def load(name: str):
        (tmp_path / f"{name}.py").write_text(MINE)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])
        before = os.environ.get("PYTHONPATH", "")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), "", before]))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def test_files_named_like_libraries_are_not_executed_by_workers(tmp_path, own_module):
    """Whichever way the current folder is on the path; the user's own modules are found there."""
    mine = own_module("mine_of_this_test")
    for name in ("numpy", "scipy", "json", "darkstate", "threadpoolctl"):
        (tmp_path / f"{name}.py").write_text(f"open('executed', 'a').write('{name} ')\n")
    swept = Sweep(mine.Own(), (grid("x", [1.0, 2.0]),), ("sum",), solve=mine.twice)
    table = ds.sweep(swept, tmp_path / "s.zarr", workers=1).table()
    assert list(table["sum"].values) == [2.0, 4.0]
    assert not (tmp_path / "executed").exists()


def test_a_module_that_workers_cannot_find_is_named(tmp_path, own_module):
    mine = own_module("colorsys")  # as one of Python's own, which workers find first
    swept = Sweep(mine.Own(), (grid("x", [1.0]),), ("sum",), solve=mine.twice)
    with pytest.raises(
        ArgumentError, match=r"importable by workers \(.*colorsys.*own modules last"
    ):
        ds.sweep(swept, tmp_path / "s.zarr", workers=1)


# Dask -------------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    found = Cluster(HERE)
    yield found
    found.end()


@pytest.mark.filterwarnings("default")  # of the client about its broken connections
def test_a_cluster_that_falls_apart_completes_the_sweep(tmp_path, cluster, monkeypatch):
    """kill -9 of a worker, then of the scheduler, which is started again with other workers."""
    monkeypatch.setattr("darkstate.sweeps.progress.EVERY_SECONDS", 0.0)  # told of every point
    model = Toy(folder=str(tmp_path), pause=0.02)
    swept = Sweep(
        model, (linspace("x", 0.0, 9.0, 10), linspace("y", 0.0, 1.0, 12)), ("sum",), solve=noted
    )
    fallen: list[str] = []

    def meddle(progress: ds.sweeps.SweepProgress, fraction: float) -> None:
        if progress.stored >= 10 and not fallen:
            fallen.append("worker")
            cluster.workers[0].kill()
        elif progress.stored >= 30 and len(fallen) == 1:
            fallen.append("scheduler")
            cluster.scheduler.kill()
            cluster.scheduler.wait()
            threading.Thread(target=cluster.start).start()

    store = ds.sweep(swept, tmp_path / "s.zarr", scheduler=cluster.address, progress=meddle)
    assert fallen == ["worker", "scheduler"]
    assert store.status().counts == {"converged": 120}
    assert store.scan().repeated == 0
    extra = len(calls(tmp_path)) - 120  # what was being computed, and not stored
    assert 0 <= extra < 60
    fast = dataclasses.replace(swept, solve=noted)
    assert ds.sweep(fast, tmp_path / "serial.zarr").table().identical(store.table())
    lines = calls(tmp_path)[120 + extra :]
    assert len(set(lines)) == 120


@pytest.mark.filterwarnings("default")
def test_failures_and_memory_on_a_cluster(tmp_path, cluster):
    swept = Sweep(Toy(), (grid("y", [0.0, 1.0]),), ("sum",), solve=refusing)
    store = ds.sweep(swept, tmp_path / "s.zarr", scheduler=cluster.address)
    assert store.status().counts == {"failed": 1, "converged": 1}
    waiting = Sweep(Toy(), (grid("x", [3.0, 4.0]),), ("sum",), solve=stuck)
    limited = ds.sweep(waiting, tmp_path / "t.zarr", scheduler=cluster.address, point_seconds=0.5)
    assert list(limited.table()["status"].values) == ["failed", "converged"]
    assert "longer than the 0.5 s" in str(limited.table()["message"].values[0])
    executor = DaskCluster(cluster.address, needed=2.0**31)
    work = TaskQueue([(task,) for task in tasks(1)])
    with pytest.raises(CapacityError, match="2048 MiB of memory a thread"):
        list(executor.results(swept, work, ds.sweeps.interrupts.Interrupts()))


def test_libraries_of_solvers_are_no_version_of_ours(monkeypatch):
    """A solver's wheel brings a BLAS of its own, once it is imported: the same in all processes."""
    ours = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.30"}
    loaded = [
        ours | {"filepath": "/lib/numpy.libs/libopenblas.so"},
        ours | {"filepath": "/usr/lib/libopenblas.so.0", "version": "0.3.21"},
        ours | {"filepath": "/lib/scs.libs/libopenblas.so", "version": "0.3.15"},
    ]
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: loaded)
    software.cache_clear()
    try:
        assert software()["blas"] == "openblas 0.3.21, openblas 0.3.30"
    finally:
        software.cache_clear()
