"""Workers on this machine: processes of their own, handed chunks through pipes.

A worker that dies (killed, out of memory, a fault in a library) is replaced; its unfinished points
are computed again, one by one, and given up where they kill three workers in a row. Workers are
fresh Python processes and import what they need: a script needs no ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from darkstate.errors import NumericalError
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import Record, failure
from darkstate.sweeps.executors.base import Arrived, packed
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.scheduling import KILLS, Chunk, Work

_POLL = 0.25
_STILLBORN = 5
"""So many workers in a row may die before their first record: then something else is wrong."""

_THREADS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "NUMEXPR_NUM", "BLIS_NUM")


@dataclass
class Worker:
    """A process, its pipe, and what it is computing.

    Args:
        process: the process.
        pipe: to it.
        chunk: what it was handed; None if it is idle.
        finished: keys of this chunk whose records have arrived.
    """

    process: subprocess.Popen[bytes]
    pipe: Connection
    chunk: Chunk | None = None
    finished: list[str] = field(default_factory=list)


@dataclass
class Processes:
    """Workers on this machine.

    Args:
        workers: how many.
        threads: of BLAS in each of them.
    """

    workers: int
    threads: int = 1

    def results(self, sweep: Sweep, work: Work, interrupts: Interrupts) -> Iterator[Arrived]:
        """See `Executor`."""
        crew = Crew(sweep, packed(sweep, self.threads), self.threads, work)
        try:
            while crew.busy and not interrupts.requested:
                crew.fill(self.workers)
                yield from crew.arrivals(_POLL)
            yield from crew.arrivals(0.0)
        finally:
            crew.dismiss()


class Crew:
    """The workers of one run.

    Args:
        sweep: what is computed.
        context: the same, as bytes.
        threads: of BLAS.
        work: where chunks come from.
    """

    def __init__(self, sweep: Sweep, context: bytes, threads: int, work: Work):
        self._sweep, self._context, self._threads, self._work = sweep, context, threads, work
        self._workers: list[Worker] = []
        self._stillborn = 0

    @property
    def busy(self) -> bool:
        """Whether anything is left to do or being done."""
        return bool(self._work) or any(worker.chunk for worker in self._workers)

    def fill(self, wanted: int) -> None:
        """Start workers that are missing, and hand chunks to idle ones."""
        idle = [worker for worker in self._workers if worker.chunk is None]
        while self._work and (idle or len(self._workers) < wanted):
            worker = idle.pop() if idle else self._started()
            chunk = self._work.take()
            worker.chunk, worker.finished = chunk, []
            with suppress(OSError):  # it died idle; its pipe says so at the next look
                worker.pipe.send_bytes(pickle.dumps(chunk))

    def arrivals(self, timeout: float) -> Iterator[Arrived]:
        """Records that have arrived, and those of points that are given up."""
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(pipes), timeout):
            worker = pipes[pipe]  # type: ignore[index]
            try:
                while worker.pipe.poll():
                    records, seconds = pickle.loads(worker.pipe.recv_bytes())
                    self._stillborn = 0
                    yield self._received(worker, records, seconds)
            except (EOFError, OSError):
                yield self._buried(worker)

    def dismiss(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            worker.pipe.close()
        self._workers.clear()

    def _received(self, worker: Worker, records: list[Record], seconds: float | None) -> Arrived:
        worker.finished += [record.key for record in records]
        if seconds is not None and worker.chunk is not None:
            self._work.measured(len(worker.chunk.blocks), seconds)
            worker.chunk = None
        return records

    def _buried(self, worker: Worker) -> Arrived:
        """Take a dead worker off the list; the records of the points that are given up."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        code = worker.process.wait()
        if worker.chunk is None:
            return []
        if not worker.finished:
            self._stillborn += 1
        given_up = self._work.lost(worker.chunk, worker.finished)
        if self._stillborn >= _STILLBORN * max(1, len(self._workers)) and not given_up:
            raise NumericalError(_nobody(code))
        why = f"It killed its worker {KILLS} times ({_said(code)})."
        return [failure(self._sweep, task, why) for task in given_up]

    def _started(self) -> Worker:
        ours, theirs = Pipe()
        limits = {f"{name}_THREADS": str(self._threads) for name in _THREADS}
        command = [sys.executable, "-m", "darkstate.sweeps.executors.worker", str(theirs.fileno())]
        process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | limits | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()
        worker = Worker(process, ours)
        self._workers.append(worker)
        with suppress(OSError):
            ours.send_bytes(self._context)
        return worker


def _said(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _nobody(code: int) -> str:
    return (
        f"`workers` must live, but one after the other died at once ({_said(code)}). Look at their "
        "messages above, and try the sweep in this process first: leave `workers` out."
    )
