"""Workers on this machine: processes of their own, each handed chunks through a pipe of its own.

A worker that dies (killed, out of memory, a fault in a library) is replaced, and so is one that is
stuck, where points have a limit of time. `scheduling` says what becomes of the points of a dead
worker. Workers are fresh Python processes and import what they need: a script needs no
``if __name__ == "__main__"``.

Pools of others were tried with a task that kills its worker: loky and `concurrent.futures` lose all
that waits (17 of 20 tasks). Pebble loses one, but its workers share one queue: of 4000 tasks, with
five workers killed at any moment, 1235 never ended, where here all 4000 do. Workers of loky and
pebble execute a file ``pickle.py`` in the current folder. Dask loses one, too, but starts in 4 s,
takes 5.6 ms a task, and has no limit of time for one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

from darkstate.errors import ArgumentError, NumericalError
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import Record, failure
from darkstate.sweeps.executors import worker as program
from darkstate.sweeps.executors.base import Arrived, Greeting, Terms, pack, too_long
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.provenance import software_text
from darkstate.sweeps.scheduling import Chunk, TaskQueue

_POLL = 0.25
_STILLBORN = 5
"""So many workers in a row may die before they are ready: then something else is wrong."""

_OUTSIDE = (-9, -15)
"""Exit codes of a process that somebody else ended, such as a system that is out of memory."""

_THREADS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "NUMEXPR_NUM", "BLIS_NUM")


@dataclass
class Worker:
    """A process, its pipe, and what it is computing.

    Args:
        process: the process.
        pipe: to it.
        ready: whether it has started and could read the sweep.
        versions: what it computes with.
        chunk: what it was handed; None if it is idle.
        finished: keys of this chunk whose records have arrived.
        since: when it was handed the chunk, or last heard of.
    """

    process: subprocess.Popen[bytes]
    pipe: Connection
    ready: bool = False
    versions: str = ""
    chunk: Chunk | None = None
    finished: list[str] = field(default_factory=list)
    since: float = 0.0


@dataclass
class Processes:
    """Workers on this machine.

    Args:
        workers: how many.
        threads: of BLAS in each of them.
        point_seconds: longest time for a point; None: no limit.
    """

    workers: int
    threads: int = 1
    point_seconds: float | None = None

    def results(self, sweep: Sweep, queue: TaskQueue, interrupts: Interrupts) -> Iterator[Arrived]:
        """See `Executor`."""
        pool = WorkerPool(Terms(sweep, self.threads, self.point_seconds))
        try:
            yield from pool.results(queue, self.workers, interrupts)
        finally:
            pool.dismiss()


class WorkerPool:
    """Workers that compute the points of one sweep.

    Args:
        terms: the sweep and how it is computed.
    """

    def __init__(self, terms: Terms):
        self.terms, self._context = terms, pack(terms)
        self._workers: list[Worker] = []
        self._stillborn = 0

    def results(self, queue: TaskQueue, workers: int, interrupts: Interrupts) -> Iterator[Arrived]:
        """Compute everything in `queue`, by so many workers; see `Executor`."""
        limit = self.terms.point_seconds
        poll = _POLL if limit is None else min(_POLL, limit)
        while (queue or self._is_computing()) and not interrupts.requested:
            self._fill(queue, workers)
            yield from self._arrivals(queue, poll)
            if limit is not None:
                yield from self._end_stuck(queue, limit)
        yield from self._arrivals(queue, 0.0)

    def dismiss(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            worker.pipe.close()
        self._workers.clear()

    def _is_computing(self) -> bool:
        return any(worker.chunk for worker in self._workers)

    def _fill(self, queue: TaskQueue, wanted: int) -> None:
        """Start workers that are missing, and hand chunks to idle ones."""
        idle = [worker for worker in self._workers if worker.chunk is None]
        while queue and not queue.only_set_aside and (idle or len(self._workers) < wanted):
            self._hand(queue, idle.pop() if idle else self._start())
        if queue.only_set_aside and not self._is_computing():
            self.dismiss()  # each of these has a new worker, and the machine, to itself
            self._hand(queue, self._start())

    def _hand(self, queue: TaskQueue, worker: Worker) -> None:
        chunk = queue.take()
        worker.chunk, worker.finished, worker.since = chunk, [], time.monotonic()
        with suppress(OSError):  # it died idle; its pipe says so at the next look
            worker.pipe.send(chunk)

    def _arrivals(self, queue: TaskQueue, timeout: float) -> Iterator[Arrived]:
        """Records that have arrived, and those of points that are given up."""
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(pipes), timeout):
            worker = pipes[pipe]  # type: ignore[index]
            try:
                while worker.pipe.poll():
                    yield self._receive(queue, worker, worker.pipe.recv())
            except (EOFError, OSError):
                yield self._bury(queue, worker)

    def _receive(
        self,
        queue: TaskQueue,
        worker: Worker,
        said: Greeting | tuple[list[Record], float | None],
    ) -> Arrived:
        worker.since = time.monotonic()
        if isinstance(said, Greeting):
            if said.refusal:
                rule = f"be importable by workers ({said.refusal})"
                raise ArgumentError("sweep", rule, *_import_remedy(self.terms))
            worker.ready, worker.versions, self._stillborn = True, said.versions, 0
            return []
        records, seconds = said
        if worker.versions != software_text():
            records = [record._replace(versions=worker.versions) for record in records]
        worker.finished += [record.key for record in records]
        if seconds is not None and worker.chunk is not None:
            queue.learn(len(worker.chunk.blocks), seconds)
            worker.chunk = None
        return records

    def _bury(self, queue: TaskQueue, worker: Worker) -> Arrived:
        """Take a dead worker off the list; the records of the points that are given up."""
        code, chunk = self._end(worker), worker.chunk
        if not worker.ready:
            self._stillborn += 1
            if chunk is not None:
                queue.put_back(chunk, ())
            if self._stillborn >= _STILLBORN * max(1, len(self._workers)):
                raise NumericalError(_all_died(code))
            return []
        if chunk is None:
            return []
        given_up = queue.record_death(chunk, worker.finished, outside=code in _OUTSIDE)
        alone = ", at last with no other worker beside it" if code in _OUTSIDE else ""
        why = f"It killed its worker {queue.kills(given_up)} times ({_exit_text(code)}){alone}."
        return [failure(self.terms.sweep, task, why) for task in given_up]

    def _end_stuck(self, queue: TaskQueue, limit: float) -> Iterator[Arrived]:
        """End workers whose point takes too long; the records of these points."""
        for worker in list(self._workers):
            late = time.monotonic() - worker.since > limit
            if worker.chunk is None or not worker.ready or not late or worker.pipe.poll():
                continue
            self._end(worker)
            tasks = [task for task in worker.chunk.tasks() if task.key not in worker.finished]
            stuck, finished = tasks[0], worker.finished
            queue.put_back(worker.chunk, [*finished, stuck.key])
            yield [failure(self.terms.sweep, stuck, too_long(limit))]

    def _end(self, worker: Worker) -> int:
        """Take a worker off the list, make sure that it is dead, and return its exit code."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        return worker.process.wait()

    def _start(self) -> Worker:
        ours, theirs = Pipe()
        limits = {f"{name}_THREADS": str(self.terms.threads) for name in _THREADS}
        folders = [os.path.abspath(folder) for folder in sys.path]
        process = subprocess.Popen(
            [sys.executable, "-P", program.__file__, str(theirs.fileno()), *folders],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | limits | {"PYTHONSAFEPATH": "1", "PYTHONPATH": _path()},
        )
        theirs.close()
        worker = Worker(process, ours)
        self._workers.append(worker)
        with suppress(OSError):
            ours.send_bytes(self._context)
        return worker


def _path() -> str:
    """The user's PYTHONPATH without the current folder, which comes behind all others."""
    here, given = Path.cwd(), os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(entry for entry in given if os.path.isabs(entry) and Path(entry) != here)


def _exit_text(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _import_remedy(terms: Terms) -> tuple[object, str]:
    """What workers may not know, and what to do."""
    remedy = (
        "Put what it needs into a module whose name no standard or installed module has: workers "
        "look into the folders of your own modules last."
    )
    return terms.sweep.solve or type(terms.sweep.model), remedy


def _all_died(code: int) -> str:
    return (
        f"`workers` must live, but one after the other died at once ({_exit_text(code)}). Look at "
        "their messages above, and try the sweep in this process first: leave `workers` out."
    )
