"""Who computes a sweep: this process, workers beside it, or a cluster; and how many workers.

Points, processors, and the memory that the engines predict limit their number. Nothing is solved
for the prediction: the engines are asked for their offer at a few points, the corners of the sweep,
and the largest memory counts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from darkstate.checks import check_integer, check_real, check_text
from darkstate.engines import Lindblad, Offer
from darkstate.engines.density.batch import STACK_BYTES
from darkstate.errors import ArgumentError, CapacityError, DarkstateError
from darkstate.frontdoor import explain
from darkstate.memory import available_memory
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.executors import DaskCluster, Executor, InProcess, Processes
from darkstate.sweeps.scheduling import VECTOR

BASE = 250 * 2.0**20
"""Memory of a worker that has only been started, in bytes."""

SHARE = 0.8
"""Share of the free memory that a sweep takes unless told otherwise."""


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
        check_text("scheduler", self.scheduler or "", "Give its address: 'tcp://10.0.0.1:8786'.")
        counts = {"workers": "Give how many processes.", "threads": "Give how many of BLAS."}
        for name, remedy in counts.items():
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), minimum=1, remedy=remedy)
        sizes = {"memory_limit": "Give bytes, or leave it out.", "point_seconds": "Give seconds."}
        for name, remedy in sizes.items():
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name), above=0.0, remedy=remedy)
        if self.point_seconds is not None and sweep.vectorise:
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


def predicted_memory(sweep: Sweep) -> float | None:
    """Largest memory in bytes that the solve of one block is predicted to need.

    None where nobody can tell: for a `solve` function of the sweep's own, and where every corner is
    refused.
    """
    if sweep.solve is not None:
        return None
    costs = []
    for point in sweep.corners():
        try:
            given = sweep.inputs(sweep.values(point))
            times = None if given.times is None else given.times.values()
            offer = explain(given.model, given.engine, times).chosen
        except DarkstateError:
            continue  # that point will say so itself
        if offer is not None and offer.cost is not None:
            costs.append(_block_memory(offer) if sweep.vectorise else offer.cost.memory)
    return max(costs, default=None)


def _block_memory(offer: Offer) -> float:
    """Memory of a block that is solved together: density matrices are stacked a few at a time."""
    assert offer.cost is not None
    if offer.engine == Lindblad.name:
        return offer.cost.memory + 2 * STACK_BYTES
    return offer.cost.memory * VECTOR


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def sensible_workers(wanted: int, blocks: int, fitting: int) -> tuple[int, str]:
    """How many of the `wanted` workers to start, and why fewer (empty if they are all).

    Args:
        wanted: how many were asked for.
        blocks: how many there is something to compute for.
        fitting: for how many there is memory.
    """
    reasons = {
        f"there is nothing more to compute at the same time ({blocks})": max(1, blocks),
        "the machine has no more processors for this process": processors(),
        "no more fit into memory": fitting,
    }
    why, count = min(reasons.items(), key=lambda item: item[1])
    if count >= wanted:
        return wanted, ""
    return count, f"{count} of {wanted} workers: {why}."


def fitting_workers(wanted: int, needed: float | None, limit: float) -> int:
    """How many of the `wanted` workers fit into `limit` bytes, at `needed` bytes a point.

    Raises:
        CapacityError: not even one.
    """
    if needed is None:
        return wanted
    fitting = int(limit // (needed + BASE))
    if fitting < 1:
        mib = 2.0**20
        raise CapacityError(
            f"`workers` need about {(needed + BASE) / mib:.4g} MiB each for a point of this sweep, "
            f"more than the {limit / mib:.4g} MiB allowed. Use a machine with more memory, raise "
            "`memory_limit`, or leave the largest networks out."
        )
    return min(wanted, fitting)
