"""The workers of a Dask scheduler, on this machine or on a cluster.

Chunks are submitted as independent tasks, twice as many as there are threads. Whatever happens to
them (a worker is killed, the scheduler is restarted, the connection breaks) they are simply handed
out again: only the process that runs the sweep knows what is stored. If the scheduler is away, it
is looked for again for some minutes.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.extras import install_line
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import Record, evaluate_block, failure, threads
from darkstate.sweeps.executors.base import Arrived, Terms, pack, unpack
from darkstate.sweeps.executors.processes import WorkerPool
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.provenance import software_text
from darkstate.sweeps.scheduling import KILLS, Chunk, TaskQueue

_POLL, _LOOK = 0.02, 2.0
_AHEAD = 2
"""Chunks submitted for each thread: the next one is there when one is finished."""

_terms = lru_cache(maxsize=4)(unpack)
_held = lru_cache(maxsize=1)(threads)
"""Sets the number of BLAS threads of a worker for good: its tasks come and go in several threads,
and the end of one must not lift the limit of another."""

_own = threading.local()
"""The pool of each thread of a Dask worker, where points have a limit of time."""


def compute(context: bytes, chunk: Chunk) -> tuple[list[Record], float]:
    """What runs on the cluster: the records of a chunk, and the seconds that it took."""
    start = time.perf_counter()
    terms = _terms(context)
    if terms.point_seconds is not None:
        records = _compute_stoppable(terms, chunk)
    else:
        _held(terms.threads)
        records = [one for block in chunk.blocks for one in evaluate_block(terms.sweep, block)]
    made_by = software_text()
    records = [record._replace(versions=record.versions or made_by) for record in records]
    return records, time.perf_counter() - start


def _compute_stoppable(terms: Terms, chunk: Chunk) -> list[Record]:
    """The records of a chunk, computed in a process beside the Dask worker that can be ended."""
    pool: WorkerPool | None = getattr(_own, "pool", None)
    if pool is None or pool.terms is not terms:
        if pool is not None:
            pool.dismiss()
        pool = _own.pool = WorkerPool(terms)
    found = pool.results(TaskQueue(chunk.blocks), 1, Interrupts())
    return [record for arrived in found for record in arrived]


@dataclass
class DaskCluster:
    """Workers of a Dask scheduler.

    Args:
        address: of the scheduler, such as ``"tcp://10.0.0.1:8786"``.
        threads: of BLAS in each task.
        needed: predicted memory of a point in bytes; None where nobody can tell.
        point_seconds: longest time for a point; None: no limit.
        patience: seconds for which a scheduler that is away is looked for.

    Raises:
        ArgumentError: Dask is not installed.
    """

    address: str
    threads: int = 1
    needed: float | None = None
    point_seconds: float | None = None
    patience: float = 300.0
    workers: int = 1
    _client: Any = field(default=None, repr=False)
    _waiting: dict[Any, Chunk] = field(default_factory=dict, repr=False)
    _allowed: list[str] = field(default_factory=list, repr=False)
    _looked: float = field(default=-math.inf, repr=False)

    def __post_init__(self) -> None:
        try:
            import distributed  # noqa: F401
        except ImportError:
            remedy = f"Install it: {install_line('cluster')}"
            raise ArgumentError("scheduler", "come with Dask", self.address, remedy) from None

    def results(self, sweep: Sweep, queue: TaskQueue, interrupts: Interrupts) -> Iterator[Arrived]:
        """See `Executor`.

        Raises:
            NumericalError: the scheduler stays away.
            CapacityError: no worker has the memory for a point.
        """
        context = pack(Terms(sweep, self.threads, self.point_seconds))
        with _quiet():
            self._connect(interrupts, first=True)
            try:
                while (queue or self._waiting) and not interrupts.requested:
                    if self._client.status != "running":
                        self._start_again(queue, interrupts)
                        continue
                    self._look(queue)
                    self._submit(context, queue)
                    time.sleep(_POLL)
                    yield self._collect(sweep, queue)
                yield self._collect(sweep, queue)
            finally:
                self._close()

    def _submit(self, context: bytes, queue: TaskQueue) -> None:
        while queue and len(self._waiting) < _AHEAD * self.workers:
            chunk = queue.take()
            if chunk is None:
                return
            future = self._client.submit(
                compute, context, chunk, pure=False, workers=self._allowed or None
            )
            self._waiting[future] = chunk

    def _collect(self, sweep: Sweep, queue: TaskQueue) -> Arrived:
        """Records of all futures that have ended; what is lost goes back to `queue`."""
        records: list[Record] = []
        for future in [future for future in self._waiting if future.done()]:
            chunk = self._waiting.pop(future)
            if future.status == "finished":
                try:
                    found, seconds = future.result(timeout=30)
                except Exception:  # its only copy was on a worker that has gone since
                    queue.put_back(chunk, ())
                    continue
                queue.learn(len(chunk.blocks), seconds)
                records += found
            elif future.status == "error" and not _is_moved(future):
                why = f"It killed its Dask workers, or could not be sent: {future.exception()}"
                given_up = queue.record_death(chunk, (), workers=KILLS, outside=True)
                records += [failure(sweep, task, why) for task in given_up]
            else:
                queue.put_back(chunk, ())
        return records

    # The connection -------------------------------------------------------------------------

    def _connect(self, interrupts: Interrupts, first: bool = False) -> None:
        from distributed import Client

        deadline = time.monotonic() + (30.0 if first else self.patience)
        while not interrupts.requested:
            try:
                self._client = Client(self.address, timeout=5, set_as_default=False)
                return
            except (OSError, ValueError, RuntimeError) as error:  # TimeoutError is an OSError
                if isinstance(error, ValueError) or time.monotonic() > deadline:
                    raise NumericalError(
                        f"`scheduler` must answer, but there is none at '{self.address}' "
                        f"({error}). All finished points are stored; start the scheduler and run "
                        "the sweep again."
                    ) from None
                time.sleep(1.0)

    def _start_again(self, queue: TaskQueue, interrupts: Interrupts) -> None:
        """Everything that was submitted is handed out again, by a new connection."""
        for chunk in self._waiting.values():
            queue.put_back(chunk, ())
        self._close()
        self._looked = -math.inf
        self._connect(interrupts)

    def _close(self) -> None:
        self._waiting.clear()
        if self._client is not None:
            with suppress(Exception):  # nothing can be done about a connection that is gone
                self._client.close(timeout=2)
            self._client = None

    def _look(self, queue: TaskQueue) -> None:
        """Every other second: which workers there are, and which of them have the memory.

        Raises:
            CapacityError: none of them has it.
        """
        if time.monotonic() - self._looked < _LOOK:
            return
        self._looked = time.monotonic()
        try:
            found: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except OSError:  # it is away; the next round notices
            return
        fitting = {name: one["nthreads"] for name, one in found.items() if self._fits(one)}
        if found and not fitting:
            raise CapacityError(self._too_small(list(found.values())))
        allowed = sorted(fitting) if len(fitting) < len(found) else []
        if allowed != self._allowed:
            for future, chunk in self._waiting.items():
                queue.put_back(chunk, ())
                future.cancel()
            self._waiting.clear()
            self._allowed = allowed
        self.workers = queue.workers = max(1, sum(fitting.values()))

    def _fits(self, worker: dict[str, Any]) -> bool:
        """Whether a worker has the memory for as many points as it has threads."""
        limit = worker["memory_limit"]
        return not limit or self.needed is None or worker["nthreads"] * self.needed <= limit

    def _too_small(self, workers: list[dict[str, Any]]) -> str:
        largest = max(one["memory_limit"] / one["nthreads"] for one in workers) / 2**20
        return (
            f"`scheduler` needs a worker with {(self.needed or 0.0) / 2**20:.4g} MiB of memory a "
            f"thread for a point of this sweep, but the largest has {largest:.4g} MiB. Start "
            "workers with more memory, or with fewer threads (--nthreads)."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the client's tracebacks about connections: what matters is said by the sweep."""
    logger = logging.getLogger("distributed.client")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_moved(future: Any) -> bool:
    """Whether a future failed because the cluster changed, not because of its chunk."""
    from distributed.client import FutureCancelledError

    return isinstance(future.exception(), FutureCancelledError)
