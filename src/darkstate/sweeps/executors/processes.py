"""Workers on this machine: processes of their own, handed chunks through pipes.

A worker that dies (killed, out of memory, a fault in a library) is replaced, and so is one that is
stuck, where points have a limit of time. `scheduling` says what becomes of the points of a dead
worker. Workers are fresh Python processes and import what they need: a script needs no
``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import pickle
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
from darkstate.sweeps.executors import start
from darkstate.sweeps.executors.base import Arrived, Ready, Refused, Terms, packed, too_long
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.provenance import software_text
from darkstate.sweeps.scheduling import Chunk, Work

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

    def results(self, sweep: Sweep, work: Work, interrupts: Interrupts) -> Iterator[Arrived]:
        """See `Executor`."""
        crew = Crew(Terms(sweep, self.threads, self.point_seconds))
        try:
            yield from crew.results(work, self.workers, interrupts)
        finally:
            crew.dismiss()


class Crew:
    """Workers that compute the points of one sweep.

    Args:
        terms: the sweep and how it is computed.
    """

    def __init__(self, terms: Terms):
        self.terms, self._context = terms, packed(terms)
        self._workers: list[Worker] = []
        self._stillborn = 0

    def results(self, work: Work, workers: int, interrupts: Interrupts) -> Iterator[Arrived]:
        """Compute everything in `work`, by so many workers; see `Executor`."""
        limit = self.terms.point_seconds
        poll = _POLL if limit is None else min(_POLL, limit)
        while (work or self._computing()) and not interrupts.requested:
            self._fill(work, workers)
            yield from self._arrivals(work, poll)
            if limit is not None:
                yield from self._stuck(work, limit)
        yield from self._arrivals(work, 0.0)

    def dismiss(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            worker.pipe.close()
        self._workers.clear()

    def _computing(self) -> bool:
        return any(worker.chunk for worker in self._workers)

    def _fill(self, work: Work, wanted: int) -> None:
        """Start workers that are missing, and hand chunks to idle ones."""
        idle = [worker for worker in self._workers if worker.chunk is None]
        while work and not work.only_set_aside and (idle or len(self._workers) < wanted):
            self._hand(work, idle.pop() if idle else self._started())
        if work.only_set_aside and not self._computing():
            self.dismiss()  # each of these has a new worker, and the machine, to itself
            self._hand(work, self._started())

    def _hand(self, work: Work, worker: Worker) -> None:
        chunk = work.take()
        worker.chunk, worker.finished, worker.since = chunk, [], time.monotonic()
        with suppress(OSError):  # it died idle; its pipe says so at the next look
            worker.pipe.send_bytes(pickle.dumps(chunk))

    def _arrivals(self, work: Work, timeout: float) -> Iterator[Arrived]:
        """Records that have arrived, and those of points that are given up."""
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(pipes), timeout):
            worker = pipes[pipe]  # type: ignore[index]
            try:
                while worker.pipe.poll():
                    yield self._received(work, worker, pickle.loads(worker.pipe.recv_bytes()))
            except (EOFError, OSError):
                yield self._buried(work, worker)

    def _received(
        self,
        work: Work,
        worker: Worker,
        said: Ready | Refused | tuple[list[Record], float | None],
    ) -> Arrived:
        if isinstance(said, Refused):
            rule = f"be importable by workers ({said.why})"
            raise ArgumentError("sweep", rule, *_unknown(self.terms))
        worker.since = time.monotonic()
        if isinstance(said, Ready):
            worker.ready, worker.versions, self._stillborn = True, said.versions, 0
            return []
        records, seconds = said
        if worker.versions != software_text():
            records = [record._replace(versions=worker.versions) for record in records]
        worker.finished += [record.key for record in records]
        if seconds is not None and worker.chunk is not None:
            work.measured(len(worker.chunk.blocks), seconds)
            worker.chunk = None
        return records

    def _buried(self, work: Work, worker: Worker) -> Arrived:
        """Take a dead worker off the list; the records of the points that are given up."""
        code, chunk = self._ended(worker), worker.chunk
        if not worker.ready:
            self._stillborn += 1
            if chunk is not None:
                work.returned(chunk, ())
            if self._stillborn >= _STILLBORN * max(1, len(self._workers)):
                raise NumericalError(_nobody(code))
            return []
        if chunk is None:
            return []
        given_up = work.lost(chunk, worker.finished, outside=code in _OUTSIDE)
        alone = ", at last with no other worker beside it" if code in _OUTSIDE else ""
        why = f"It killed its worker {work.kills(given_up)} times ({_said(code)}){alone}."
        return [failure(self.terms.sweep, task, why) for task in given_up]

    def _stuck(self, work: Work, limit: float) -> Iterator[Arrived]:
        """End workers whose point takes too long; the records of these points."""
        for worker in list(self._workers):
            late = time.monotonic() - worker.since > limit
            if worker.chunk is None or not worker.ready or not late or worker.pipe.poll():
                continue
            self._ended(worker)
            tasks = [task for task in worker.chunk.tasks() if task.key not in worker.finished]
            stuck, finished = tasks[0], worker.finished
            work.returned(worker.chunk, [*finished, stuck.key])
            yield [failure(self.terms.sweep, stuck, too_long(limit))]

    def _ended(self, worker: Worker) -> int:
        """Take a worker off the list, make sure that it is dead, and return its exit code."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        return worker.process.wait()

    def _started(self) -> Worker:
        ours, theirs = Pipe()
        limits = {f"{name}_THREADS": str(self.terms.threads) for name in _THREADS}
        folders = [os.path.abspath(folder) for folder in sys.path]
        process = subprocess.Popen(
            [sys.executable, "-P", start.__file__, str(theirs.fileno()), *folders],
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


def _said(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _unknown(terms: Terms) -> tuple[object, str]:
    """What workers may not know, and what to do."""
    remedy = (
        "Put what it needs into a module whose name no standard or installed module has: workers "
        "look into the folders of your own modules last."
    )
    return terms.sweep.solve or type(terms.sweep.model), remedy


def _nobody(code: int) -> str:
    return (
        f"`workers` must live, but one after the other died at once ({_said(code)}). Look at their "
        "messages above, and try the sweep in this process first: leave `workers` out."
    )
