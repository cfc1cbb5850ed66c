"""What every executor does, and how a sweep travels to a worker."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from darkstate.errors import ArgumentError
from darkstate.extras import install_line
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import Record
from darkstate.sweeps.interrupts import Interrupts
from darkstate.sweeps.scheduling import TaskQueue

Arrived = Sequence[Record]
"""Records that have just been finished."""


class Executor(Protocol):
    """Computes chunks."""

    workers: int
    """How many compute at the same time; on a cluster this changes."""

    def results(self, sweep: Sweep, queue: TaskQueue, interrupts: Interrupts) -> Iterator[Arrived]:
        """Compute everything in `queue`; ends early if `interrupts` asks for it.

        What has been finished is yielded in either case. An empty sequence only says that time has
        passed.
        """
        ...


@dataclass(frozen=True)
class Terms:
    """A sweep and how its points are computed.

    Args:
        sweep: the sweep.
        threads: of BLAS in each worker.
        point_seconds: longest time for a point; None: no limit.
    """

    sweep: Sweep
    threads: int = 1
    point_seconds: float | None = None


@dataclass(frozen=True)
class Greeting:
    """The first thing that a local worker says: what it computes with, or why it cannot."""

    versions: str = ""
    refusal: str = ""


def pack(terms: Terms) -> bytes:
    """A sweep as bytes for a worker.

    Raises:
        ArgumentError: it holds something that no other process can import.
    """
    try:
        import cloudpickle as pickler  # carries what is defined in a script or notebook
    except ImportError:
        pickler = pickle
        for name in ("model", "engine", "solve", "times"):
            part = getattr(terms.sweep, name)
            home = getattr(part, "__module__", None)
            if home == "__main__":
                remedy = f"Put it into a module, or: {install_line('cluster')}"
                raise ArgumentError(name, "be importable by workers", part, remedy) from None
    try:
        return pickler.dumps(terms)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        remedy = "Use plain dataclasses and functions at the top of a module."
        rule = f"be sendable to workers ({error})"
        raise ArgumentError("sweep", rule, terms.sweep, remedy) from None


def unpack(data: bytes) -> Terms:
    """The inverse of `pack`."""
    found: Terms = pickle.loads(data)
    return found


def too_long(limit: float) -> str:
    """The message of a point that ran into the limit of time."""
    return (
        f"It took longer than the {limit:g} s allowed for a point (`point_seconds`), and its "
        "worker was stopped. Retry it with a larger limit."
    )
