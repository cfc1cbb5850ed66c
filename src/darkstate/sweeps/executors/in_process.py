"""Computing in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import Record, evaluate_block, threads
from darkstate.sweeps.executors.base import Arrived
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.scheduling import TaskQueue


@dataclass
class InProcess:
    """One point after the other; what was finished is handed on about four times a second.

    Args:
        threads: of BLAS.
    """

    threads: int = 1
    workers: int = 1

    def results(self, sweep: Sweep, queue: TaskQueue, interrupts: Interrupts) -> Iterator[Arrived]:
        """See `Executor`."""
        while (chunk := queue.take()) is not None:
            start, records = time.perf_counter(), list[Record]()
            try:
                with threads(self.threads), interrupts.allow():
                    for block in chunk.blocks:
                        records += evaluate_block(sweep, block)
            except KeyboardInterrupt:
                yield records
                return
            queue.learn(len(chunk.blocks), time.perf_counter() - start)
            yield records
