"""What an engine may be asked, and how it says no.

An engine is an object with fields (its options). Before anything runs it makes an `Offer` for a
system: whether it can do the task, by which method, why, and at what predicted cost. The front
door collects the offers (`darkstate.explain` prints them) and takes the first that fits and does
not take too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

from darkstate.checks import check_integer, check_real
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    DarkstateError,
    RefusedError,
    UnphysicalError,
)
from darkstate.memory import bytes_text
from darkstate.results import Report

LEAST_INITIAL_MARGIN = -1e-7
"""Initial states may be negative by what seven digits leave."""


UNASKED_SECONDS = 20.0
"""Cut-offs do not grow by themselves beyond what is predicted to take this long."""


@dataclass(frozen=True)
class Cost:
    """Predicted peak memory in bytes and wall time in seconds on one ordinary core."""

    memory: float
    seconds: float

    def __str__(self) -> str:
        return f"{bytes_text(self.memory)}, {_seconds_text(self.seconds)}"


@dataclass(frozen=True)
class Offer:
    """An engine's answer to "can you solve this?".

    Args:
        engine: name of the engine.
        can: whether it can.
        method: the method it would use (empty if it cannot).
        steps: the ladder of questions it asked, one line each, with the answers.
        reason: why not; or why this method.
        cost: predicted cost; None if it cannot, or if that says why.
        plan: what the engine found out on the way and need not find again; its own business.
        remedy: what to do instead where it cannot, for who asked this engine alone.
    """

    engine: str
    can: bool
    reason: str
    method: str = ""
    steps: tuple[str, ...] = ()
    cost: Cost | None = None
    plan: Any = field(default=None, repr=False, compare=False)
    remedy: str = ""

    @property
    def answer(self) -> str:
        """Why not, and what to do instead; or why this method."""
        return f"{self.reason} {self.remedy}".rstrip()


@dataclass(frozen=True)
class Solution:
    """What an engine returns: a state, its report, and for evolutions the states over time."""

    state: Any
    report: Report
    states: Sequence[Any] = ()


@runtime_checkable
class Engine(Protocol):
    """The contract of an engine."""

    name: ClassVar[str]
    """Name shown in reports."""
    accepts: ClassVar[tuple[type, ...]]
    """Kinds of systems that it reads."""
    initials: ClassVar[tuple[type, ...]]
    """Kinds of states that it starts from; none where it takes no initial state."""

    def offer(self, system: Any) -> Offer:
        """Whether and how this engine would find the steady state; allocates nothing large."""
        ...

    def evolution_offer(self, system: Any, times: Sequence[float]) -> Offer:
        """The same for an evolution over `times` from the default initial state."""
        ...

    def steady_state(
        self, system: Any, offer: Offer | None = None, initial: Any = None
    ) -> Solution:
        """The steady state; `offer` saves the look at the system if one was made before.

        `initial` is where to relax from if the steady state is not unique.
        """
        ...

    def evolve(self, system: Any, times: Sequence[float], initial: Any = None) -> Solution:
        """The states at `times`, starting from `initial` at the first of them."""
        ...


def refused(engine: str, error: DarkstateError, steps: tuple[str, ...] = ()) -> Offer:
    """The offer of an engine that found an error on the way: its reason, and its remedy apart."""
    remedy = error.remedy if isinstance(error, ArgumentError | RefusedError) else ""
    reason = str(error).removesuffix(remedy).rstrip()
    return Offer(engine, False, reason, steps=steps, remedy=remedy)


def affordable(offer: Offer, limit: float, remedy: str) -> Offer:
    """An offer, withdrawn if it would not fit into `limit` bytes of memory."""
    if not offer.can or offer.cost is None or offer.cost.memory <= limit:
        return offer
    reason = f"it would need {offer.cost}, more memory than the limit of {bytes_text(limit)}."
    return replace(offer, can=False, reason=reason, remedy=remedy, plan=None)


def refuse_if_too_long(what: str, cost: Cost, remedy: str) -> None:
    """Refuse an attempt that nobody asked for by its size, if it would take minutes.

    Raises:
        CapacityError: it would take longer than `UNASKED_SECONDS`.
    """
    if cost.seconds > UNASKED_SECONDS:
        raise CapacityError(
            f"`{what}` with larger cut-offs would take {_seconds_text(cost.seconds)}.", remedy
        )


def check_physical(initial: Any) -> None:
    """An initial state with no negative eigenvalue (no mode below the vacuum), whoever evolves it.

    Raises:
        UnphysicalError: its margin is below zero by more than rounding and short decimals leave.
    """
    margin = float(initial.margin()) if hasattr(initial, "margin") else 0.0
    if margin < LEAST_INITIAL_MARGIN:
        raise UnphysicalError(
            "initial",
            "be a quantum state (margin >= 0)",
            margin,
            "Its smallest eigenvalue is negative: check signs and normalisation, or project it on "
            "the nearest state.",
        )


def check_memory_limit(limit: float | None) -> None:
    """A number of bytes, or None.

    Raises:
        ArgumentError: neither.
    """
    if limit is not None:
        check_real("memory_limit", limit, above=0.0, remedy="Give bytes.")


def check_density_options(rtol: float, edge: float, krylov_size: int) -> None:
    """Options of engines that hold a density matrix.

    Args:
        rtol: relative residual of steady states.
        edge: population allowed at an edge of truncation.
        krylov_size: vectors of the Krylov space of one time step.

    Raises:
        ArgumentError: one is out of range.
    """
    check_real(
        "rtol", rtol, above=0.0, maximum=0.1, remedy="Give a relative accuracy such as 1e-9."
    )
    check_real("edge", edge, above=0.0, maximum=1.0, remedy="Give a population.")
    check_integer("krylov_size", krylov_size, minimum=3, remedy="Give 10 to 60.")


def _seconds_text(seconds: float) -> str:
    if seconds < 0.01:
        return "under 10 ms"
    return f"about {seconds:.2g} s" if seconds < 120 else f"about {seconds / 60:.2g} min"
