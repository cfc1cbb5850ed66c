"""Capabilities beyond states: observation, single runs, output fields, batches, preparation.

Every engine makes an `Offer` for a `Task`, a steady state or an evolution. What only some can do is
a kind of task of its own, with inputs of its own, and needs a capability: one more method that
makes an offer. `darkstate.engines.contract` asks, refuses, limits memory and stamps reports for all
of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.contract import Engine, Offer, Solution, Task, ask, run
from darkstate.errors import DarkstateError
from darkstate.systems.open_system import OpenSystem

Outcome = Solution | DarkstateError
"""A solution, or why there is none."""


@runtime_checkable
class Observes(Protocol):
    """An engine that knows what the monitors of a system show."""

    def offer_observation(self, system: Any, task: ObservationTask) -> Offer:
        """Whether and how; as `Engine.offer`."""
        ...


@runtime_checkable
class Unravels(Protocol):
    """An engine that draws the pure states of single runs."""

    def offer_runs(self, system: Any, task: RunsTask) -> Offer:
        """Whether and how; as `Engine.offer`."""
        ...


@runtime_checkable
class Radiates(Protocol):
    """An engine that knows the fields that leave a system."""

    def offer_output(self, system: Any, task: OutputTask) -> Offer:
        """Whether and how; as `Engine.offer`."""
        ...


@runtime_checkable
class SolvesBatches(Protocol):
    """An engine that solves many systems of one form together."""

    def offer_batch(self, system: Any, task: BatchTask) -> Offer:
        """Whether and how; as `Engine.offer`."""
        ...


@runtime_checkable
class Purifies(Protocol):
    """An engine that finds when a state has become pure again."""

    def offer_purification(self, system: Any, task: PurificationTask) -> Offer:
        """Whether and how; as `Engine.offer`."""
        ...


@dataclass(frozen=True)
class ObservationTask(Task):
    """What the monitors of a system show, and its states given that; the stationary conditional
    state if there are no times.

    Args:
        only: numbers of the records, where they are simulated; all by default.
    """

    only: Sequence[int] | None = None
    without_times = ("find the conditional state of", "conditional_state")
    with_times = ("observe", "observe")

    @property
    def needs(self) -> type:
        """The capability."""
        return Observes

    def offer_of(self, engine: Any, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer_observation(system, self)


@dataclass(frozen=True)
class RunsTask(Task):
    """The pure states of single runs over the times.

    Args:
        only: numbers of the runs; all by default.
    """

    only: Sequence[int] | None = None
    with_times = ("follow single runs of", "ensemble")

    @property
    def needs(self) -> type:
        """The capability."""
        return Unravels

    def offer_of(self, engine: Any, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer_runs(system, self)


@dataclass(frozen=True)
class OutputTask(Task):
    """The stationary fields that leave through channels, at frequencies."""

    channels: Sequence[str] = ()
    frequencies: Sequence[float] = ()
    without_times = ("find the output fields of", "output_states")

    @property
    def needs(self) -> type:
        """The capability."""
        return Radiates

    def offer_of(self, engine: Any, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer_output(system, self)


@dataclass(frozen=True)
class BatchTask(Task):
    """The steady states of ``build(sample)`` for every row of `samples`, shape (B, n).

    The answer is one state for all of them, or an `Outcome` for each (``Solution.samples``).
    """

    build: Callable[[NDArray[np.float64]], OpenSystem] | None = field(default=None, repr=False)
    samples: Any = field(default=None, repr=False)
    without_times = ("solve at once many of", "steady_states")

    @property
    def needs(self) -> type:
        """The capability."""
        return SolvesBatches

    def offer_of(self, engine: Any, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer_batch(system, self)


@dataclass(frozen=True)
class PurificationTask(Task):
    """The first time, from the ground state, at which ``1 - Tr rho^2`` falls back to `impurity`.

    Args:
        impurity: at which the state counts as pure.
        longest: when it is given up, in units of the inverse norm of the generator.
    """

    impurity: float = 1e-3
    longest: float = 1e6
    without_times = ("find the preparation time of", "preparation_time")

    @property
    def needs(self) -> type:
        """The capability."""
        return Purifies

    def offer_of(self, engine: Any, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer_purification(system, self)


def perform(engine: Engine, system: Any, task: Task, offer: Offer | None = None) -> Any:
    """Have a task done whose answer is an object with a report of its own.

    Raises:
        DarkstateError: the engine's refusal.
    """
    solution = run(engine, system, offer=offer or ask(engine, system, task))
    return replace(solution.state, report=solution.report)
