"""Running a sweep: look up what is stored, compute the rest, store each point as it finishes."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from darkstate.checks import check_flag, check_instance, check_integer
from darkstate.errors import ArgumentError
from darkstate.progress import Progress, Wanted, listening
from darkstate.results.digests import canonical
from darkstate.results.files import system_errors
from darkstate.sweeps.choice import Choice
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import PointTask, solve_point
from darkstate.sweeps.executors import Executor
from darkstate.sweeps.folder import (
    JOURNAL,
    LOCK,
    PROGRESS,
    make_store,
    prepare_table,
    write_arrays,
)
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.journal import Scan, Segment, scan
from darkstate.sweeps.lock import hold_lock
from darkstate.sweeps.plan import Plan
from darkstate.sweeps.progress import Meter
from darkstate.sweeps.provenance import software
from darkstate.sweeps.scheduling import TaskQueue, blocks_of
from darkstate.sweeps.store import SweepStore
from darkstate.sweeps.tables import table_of

VIEW_SECONDS = 60.0
"""How often the arrays are brought up to date during a run, at most."""


def sweep(
    sweep: Sweep,
    store: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    retry: bool = False,
    wait: bool = False,
    threads: int = 1,
    point_seconds: float | None = None,
    memory_limit: float | None = None,
    progress: Wanted = False,
    source: Mapping[str, str] | None = None,
) -> SweepStore:
    """Compute the points of a sweep that are not stored yet, and store them.

    Every point is stored as it finishes, exactly once. If the process is stopped or killed, the
    same call goes on where it was; with other axes it computes only the points that are new. A
    point that fails is stored as failed with its message, and stops nothing.

    Args:
        sweep: what to compute.
        store: folder of the store, by custom ``*.zarr``; made if it is not there.
        workers: processes on this machine; by default everything is computed in this one. No more
            are started than there are points, processors, and memory for.
        scheduler: address of a Dask scheduler (``"tcp://..."``) whose workers compute.
        retry: compute the failed points again, and only these.
        wait: wait for another process that writes to the store, instead of refusing.
        threads: of BLAS in each worker. Another number can change the last digits of results.
        point_seconds: longest time for a point, > 0. A worker that takes longer is ended and
            replaced, and the point is stored as failed. What is computed in this process cannot be
            ended: without `workers` and `scheduler` one worker is started.
        memory_limit: bytes for all local workers together; by default 80% of what is free.
        progress: True for a bar, or a function that is called about twice a second with a
            `SweepProgress` (its text is a line) and the fraction that is stored.
        source: ``{"file": ..., "text": ...}`` of the scenario that the sweep comes from.

    Returns:
        The store; ``store.table()`` is the labelled table.

    Raises:
        ArgumentError: an output of unknown labels, both workers and scheduler, or `store` is
            something else.
        CapacityError: a point does not fit into memory; another process writes to the store; or the
            disk is full, with all finished points kept.
        KeyboardInterrupt: it was interrupted, after everything finished was stored.
    """
    check_instance("sweep", sweep, Sweep, "Make it with darkstate.Sweep(model, axes=...).")
    if source is not None:
        check_instance("source", source, Mapping, "Give {'file': ..., 'text': ...}.")
    for name, flag in {"retry": retry, "wait": wait}.items():
        check_flag(name, flag)
    choice = Choice(workers, scheduler, threads, point_seconds, memory_limit)
    choice.check(sweep)
    sweep.check_outputs()
    with listening(progress) as listener:
        path = make_store(store)
        with hold_lock(path / JOURNAL / LOCK, wait):
            found = scan(path / JOURNAL)
            run = _Run(sweep.with_seed(_entropy(found)), path, found, source)
            wanted = run.keys_to_compute(retry)
            executor, note = choice.executor(sweep, len(wanted))
            run.compute(wanted, executor, listener, note)
    return SweepStore(path)


def replay(sweep: Sweep, store: SweepStore, point: int) -> Any:
    """Solve one point of a store again, with its stored seed: the full result, the same bits.

    Args:
        sweep: the sweep of the store.
        store: where the seed is.
        point: number of the point, the last axis counting fastest.

    Returns:
        The `Result`, or what the sweep's own `solve` returns.

    Raises:
        ArgumentError: there is no such point.
        DarkstateError: whatever made the point fail.
    """
    check_instance("sweep", sweep, Sweep, "Make it with darkstate.Sweep(model, axes=...).")
    check_instance("store", store, SweepStore, "Open it with darkstate.open_sweep(path).")
    seeded = sweep.with_seed(store.plan().entropy)
    check_integer("point", point, minimum=0, remedy="Points are counted from 0.")
    if point >= len(seeded):
        raise ArgumentError("point", f"be < {len(seeded)}", point, "Points are counted from 0.")
    return solve_point(seeded, PointTask(point, seeded.keys()[point]))


class _Run:
    """One process's work on a store that it has locked."""

    def __init__(
        self,
        sweep: Sweep,
        path: Path,
        found: Scan,
        source: Mapping[str, str] | None,
    ):
        self._sweep, self._path, self._records = sweep, path, found.records
        self._plan = sweep.plan(source)
        self._keys = self._plan.point_keys()
        self._is_planned = canonical(found.plans[-1:]) == canonical([self._plan.content()])
        self._viewed = (time.monotonic(), 0.0)
        prepare_table(path)

    def keys_to_compute(self, retry: bool) -> list[str]:
        """Keys of the points to compute, each once."""
        keys = dict.fromkeys(self._keys)
        if retry:
            return [key for key in keys if key in self._records and self._records[key].failed]
        return [key for key in keys if key not in self._records]

    def compute(
        self, wanted: Sequence[str], executor: Executor, listener: Progress, note: str = ""
    ) -> None:
        """Compute and store these points; then bring the arrays up to date."""
        total = len(self._keys)
        kept = sum(key in self._records for key in self._keys) if wanted else total
        missing = set(wanted)
        kept -= sum(key in self._records for key in missing)
        file = self._path / JOURNAL / PROGRESS
        meter = Meter(total, kept, lambda: executor.workers, file, listener, note)
        interrupts = Interrupts()
        with interrupts.catch_signals():
            if wanted or not self._is_planned:
                self._store(missing, executor, meter, interrupts)
            self._view(meter, final=True)
            meter.tell("stopped" if interrupts.requested else "done")
        if interrupts.requested:
            raise KeyboardInterrupt

    def _store(
        self, missing: set[str], executor: Executor, meter: Meter, interrupts: Interrupts
    ) -> None:
        tasks = [PointTask(point, key) for point, key in enumerate(self._keys)]
        unique = {task.key: task for task in reversed(tasks)}
        tasks = [task for task in tasks if unique[task.key] is task]
        queue = TaskQueue(blocks_of(tasks, missing, self._sweep.vectorise), executor.workers)
        with system_errors("store", self._path):
            session = _session(executor, self._plan)
            segment = Segment(self._path / JOURNAL, session, self._plan.content())
        try:
            for arrived in executor.results(self._sweep, queue, interrupts):
                fresh = [record for record in arrived if record.key in missing]
                if fresh:
                    with system_errors("store", self._path):
                        stored = segment.append(fresh)
                    missing.difference_update(record.key for record in fresh)
                    self._records.update((record.key, record) for record in stored)
                meter.count(fresh)
                self._view(meter)
        finally:
            with suppress(OSError):
                segment.close()

    def _view(self, meter: Meter, final: bool = False) -> None:
        """Write the arrays: at the end, and during the run now and then."""
        written, took = self._viewed
        if not final and time.monotonic() - written < max(VIEW_SECONDS, 20 * took):
            return
        stored = sum(key in self._records for key in self._keys)
        meter.tell("writing the arrays")
        start = time.monotonic()
        table = table_of(self._plan, self._keys, self._records)
        write_arrays(table, self._path, f"{stored} of {len(self._keys)} points stored")
        self._viewed = (time.monotonic(), time.monotonic() - start)


def _entropy(found: Scan) -> int | None:
    """The entropy of an earlier run."""
    known = (session.get("entropy") for session in reversed(found.sessions))
    planned = (plan["entropy"] for plan in reversed(found.plans) if plan is not None)
    return next((one for one in (*known, *planned) if one is not None), None)


def _session(executor: Executor, plan: Plan) -> dict[str, Any]:
    return {
        "entropy": plan.entropy,
        "process": os.getpid(),
        "host": platform.node(),
        "executor": type(executor).__name__,
        "begun": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": software(),
    }
