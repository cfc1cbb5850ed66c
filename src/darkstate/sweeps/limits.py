"""How many workers make sense: points, processors, and the memory that the engines predict.

Nothing is solved for the prediction. The engines are asked for their offer at a few points, the
corners of the sweep, and the largest memory counts.
"""

from __future__ import annotations

import os

from darkstate.errors import CapacityError, DarkstateError
from darkstate.frontdoor import explain
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.scheduling import VECTOR

BASE = 250 * 2.0**20
"""Memory of a worker that has only been started, in bytes."""

SHARE = 0.8
"""Share of the free memory that a sweep takes unless told otherwise."""


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
            costs.append(offer.cost.memory)
    if not costs:
        return None
    return max(costs) * (VECTOR if sweep.vectorise else 1)


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
