"""What a chain solver says before it runs, what it returns, and when it refuses.

As the engines make an offer for a system, a chain solver makes a `ChainPlan` for a chain: whether
it can, by which method, and at what predicted memory and time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray

from darkstate.errors import CapacityError, EngineMismatchError
from darkstate.results import Report
from darkstate.systems.chain import MeasuredChain

MEMORY = 4.0e9
"""Bytes that a solver may use unless it is told otherwise."""


@dataclass(frozen=True)
class ChainPlan:
    """A solver's answer to "can you solve this chain?".

    Args:
        can: whether it can.
        reason: why not, and the remedy; or why this method.
        method: the method it would use (empty if it cannot).
        steps: the questions it asked, with the answers.
        memory: predicted peak memory in bytes.
        seconds: predicted wall time on one ordinary core.
        too_large: whether it cannot for want of memory alone.
    """

    can: bool
    reason: str
    method: str = ""
    steps: tuple[str, ...] = ()
    memory: float = 0.0
    seconds: float = 0.0
    too_large: bool = False


@dataclass(frozen=True)
class ChainSolution:
    """What a chain solver returns.

    Args:
        state: the state of the end nodes at the last time.
        report: what is known about it.
        columns: numbers over time: ``{"probability": (T,), ...}``.
    """

    state: Any
    report: Report
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class ChainSolver(Protocol):
    """The contract of a chain solver."""

    name: ClassVar[str]

    def plan(self, chain: MeasuredChain) -> ChainPlan:
        """Whether and how it would solve the chain; allocates nothing large."""
        ...

    def solve(self, chain: MeasuredChain, plan: ChainPlan | None = None) -> ChainSolution:
        """The state of the end nodes."""
        ...


def check_plan(name: str, plan: ChainPlan) -> None:
    """Refuse what a plan says is not possible.

    Raises:
        CapacityError: it would not fit.
        EngineMismatchError: the solver is not made for such a chain.
    """
    if plan.can:
        return
    kind = CapacityError if plan.too_large else EngineMismatchError
    raise kind(f"{name}: {plan.reason}")


def gigabytes(size: float) -> str:
    """Bytes for a message: ``"3.2 GB"``."""
    return f"{size / 1e9:.2g} GB" if size >= 1e8 else f"{size / 1e6:.2g} MB"
