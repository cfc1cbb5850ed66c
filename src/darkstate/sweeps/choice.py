"""Who computes a sweep: this process, workers beside it, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError
from darkstate.memory import available_memory
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.executors import DaskCluster, Executor, InProcess, Processes
from darkstate.sweeps.limits import (
    SHARE,
    fitting_workers,
    predicted_memory,
    sensible_workers,
)
from darkstate.sweeps.scheduling import VECTOR


@dataclass(frozen=True)
class Choice:
    """Who computes: the arguments of `sweep` of the same names."""

    workers: int | None
    scheduler: str | None
    threads: int
    point_seconds: float | None
    memory_limit: float | None

    def check(self, sweep: Sweep) -> None:
        """Refuse wrong arguments.

        Raises:
            ArgumentError: there is one.
        """
        if self.workers is not None and self.scheduler is not None:
            remedy = "Choose local workers or a scheduler."
            raise ArgumentError("scheduler", "come without workers", self.scheduler, remedy)
        if self.scheduler is not None and not isinstance(self.scheduler, str):
            remedy = "Give its address, such as 'tcp://10.0.0.1:8786'."
            raise ArgumentError("scheduler", "be an address", self.scheduler, remedy)
        if self.workers is not None:
            remedy = "Give the number of processes."
            check_integer("workers", self.workers, minimum=1, remedy=remedy)
        remedy = "Give the number of BLAS threads."
        check_integer("threads", self.threads, minimum=1, remedy=remedy)
        if self.memory_limit is not None:
            remedy = "Give the bytes that all workers may take."
            check_real("memory_limit", self.memory_limit, above=0.0, remedy=remedy)
        if self.point_seconds is not None:
            remedy = "Give seconds, or leave it out."
            check_real("point_seconds", self.point_seconds, above=0.0, remedy=remedy)
            if sweep.vectorise:
                rule = "come without vectorise, which solves many points at once"
                raise ArgumentError("point_seconds", rule, self.point_seconds, "Drop one of them.")

    def executor(self, sweep: Sweep, points: int) -> tuple[Executor, str]:
        """Who computes so many points, and a note for the user.

        Raises:
            CapacityError: a point does not fit into memory.
        """
        limit = self.point_seconds
        local = 1 if limit is not None and self.scheduler is None else None
        wanted = local if self.workers is None else self.workers
        if not points or (wanted is None and self.scheduler is None):
            return InProcess(self.threads), ""
        needed = predicted_memory(sweep)
        if self.scheduler is not None:
            return DaskCluster(self.scheduler, self.threads, needed, limit), ""
        assert wanted is not None
        room = SHARE * available_memory() if self.memory_limit is None else self.memory_limit
        blocks = -(-points // (VECTOR if sweep.vectorise else 1))
        fitting = fitting_workers(wanted, needed, room)
        count, note = sensible_workers(wanted, blocks, fitting)
        return Processes(count, self.threads, limit), note
