"""What an engine may be asked, how it says no, and how it is run.

An engine is an object with fields, its options. Before anything runs it makes an `Offer` for a
`Task` (a steady state, or an evolution): whether it can, by which method, why, at what predicted
cost, and the function that does it. `ask` and `run` are the only ways to an engine: the front door,
the tests and other engines take them, and what is the same for all is done here: kinds of systems
and of initial states, the memory limit, timing, options and versions in the report.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

from numpy.typing import NDArray

from darkstate.checks import check_real, check_times, keeps
from darkstate.engines.slowness import slowness
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    DarkstateError,
    EngineMismatchError,
    RefusedError,
    UnphysicalError,
)
from darkstate.memory import bytes_text, memory_limit
from darkstate.results import Report
from darkstate.results.report import versions
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem

References = tuple[tuple[str, str], ...]
"""Keys of the bibliography, each with what it is for."""

LEAST_INITIAL_MARGIN = -1e-7
"""Initial states may be negative by what seven digits leave."""
UNASKED_SECONDS = 20.0
"""Cut-offs do not grow by themselves beyond what is predicted to take this long."""

SMALLER = "Use fewer nodes, atoms or times, lower cut-offs, or raise memory_limit."


@dataclass(frozen=True)
class Task:
    """What is asked of an engine.

    Args:
        times: of an evolution, increasing; None for the steady state.
        initial: the state to start from; None for the engine's own choice.
    """

    times: tuple[float, ...] | None = None
    initial: Any = None
    without_times: ClassVar[tuple[str, str]] = ("find the steady state of", "steady_state")
    with_times: ClassVar[tuple[str, str]] = ("evolve", "evolve")

    @property
    def verb(self) -> str:
        """What an engine would do to the system."""
        return (self.without_times if self.times is None else self.with_times)[0]

    @property
    def function(self) -> str:
        """What users call for it."""
        return (self.without_times if self.times is None else self.with_times)[1]

    @property
    def needs(self) -> type:
        """The capability that an engine needs for it: a protocol."""
        return Engine

    def offer_of(self, engine: Engine, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer(system, self)


STEADY_STATE = Task()


@dataclass(frozen=True)
class Cost:
    """Predicted peak memory in bytes and time in seconds on one ordinary core.

    Decisions are made in these seconds, on every machine alike; `here` is what is told.
    """

    memory: float
    seconds: float

    @property
    def here(self) -> float:
        """Seconds on this machine, as far as it was calibrated (`darkstate.engines.slowness`)."""
        return self.seconds * slowness()

    def __str__(self) -> str:
        return f"{bytes_text(self.memory)}, {seconds_text(self.here)}"


@dataclass(frozen=True)
class Solution:
    """What an engine returns.

    Args:
        state: the state; of an evolution the last one.
        report: what is known about it.
        states: over time.
        columns: numbers over the times of the system itself, ``{"probability": (T,), ...}``.
        samples: of a batch with a verdict for each, the `Outcome` of each.
    """

    state: Any
    report: Report
    states: Sequence[Any] = ()
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    samples: Sequence[Any] = ()


@dataclass(frozen=True)
class Offer:
    """An engine's answer to "can you do this?".

    Args:
        engine: name of the engine.
        reason: why not; or why this method.
        method: the method it would use (empty if it cannot).
        steps: the questions it asked, one line each, with the answers.
        cost: predicted cost; None if it cannot, unless that says why.
        solve: does it, with all that was found out on the way; None if it cannot.
        refusal: the error that `run` raises if it cannot.
        smaller: what to do where the cost is more than the memory limit.
        labels: of the subsystems whose state it returns; empty for all of the system's.
        references: what to cite for it, ``(key, what for)``.
    """

    engine: str
    reason: str
    method: str = ""
    steps: tuple[str, ...] = ()
    cost: Cost | None = None
    solve: Callable[[], Solution] | None = field(default=None, repr=False, compare=False)
    refusal: DarkstateError | None = field(default=None, repr=False, compare=False)
    smaller: str = field(default=SMALLER, repr=False, compare=False)
    labels: tuple[str, ...] = ()
    references: References = ()

    @property
    def can(self) -> bool:
        """Whether the engine can."""
        return self.solve is not None

    @property
    def remedy(self) -> str:
        """What to do instead where it cannot, for who asked this engine alone."""
        known = isinstance(self.refusal, ArgumentError | RefusedError)
        return self.refusal.remedy if known else ""  # type: ignore[union-attr]

    @property
    def answer(self) -> str:
        """Why not, and what to do instead; or why this method."""
        return f"{self.reason} {self.remedy}".rstrip()


@runtime_checkable
class Engine(Protocol):
    """The contract of an engine."""

    name: ClassVar[str]
    """Name shown in reports."""
    accepts: ClassVar[tuple[type, ...]]
    """Kinds of systems that it reads."""
    initials: ClassVar[tuple[type, ...]]
    """Kinds of states that it starts from; none where it takes no initial state."""
    references: ClassVar[References]
    """What to cite for it."""

    @property
    def memory_limit(self) -> float | None:
        """Bytes that it may use; None for half of what the machine has."""
        ...

    def offer(self, system: Any, task: Task) -> Offer:
        """Whether and how this engine would do the task; allocates nothing large.

        `system` and ``task.initial`` are of the kinds that it takes.

        Raises:
            DarkstateError: it cannot, with the reason; the same as an offer with a refusal.
        """
        ...


@runtime_checkable
class FollowsDrives(Protocol):
    """An engine that evolves systems with drives and modulated couplings says so."""

    follows_drives: ClassVar[bool]


def ask(engine: Engine, system: Any, task: Task = STEADY_STATE) -> Offer:
    """The offer of an engine; a refusal where it does not read such a system or state.

    Raises:
        ArgumentError: what is given is no system.
    """
    if not isinstance(system, System):
        remedy = "Pass `model.system()` of a model, or make an OpenSystem of spaces, H and jumps."
        raise ArgumentError("system", "be a system", system, remedy)
    if not isinstance(system, engine.accepts):
        refusal: DarkstateError = EngineMismatchError(
            f"The engine '{engine.name}' reads {kinds_text(engine.accepts)}, but the model gives a "
            f"{type(system).__name__}.",
            "Leave `engine` out: one that reads it is found.",
        )
        return refused(engine.name, refusal, ("Does the engine read this kind of system? no",))
    if not keeps(engine, task.needs):
        refusal = EngineMismatchError(
            f"The engine '{engine.name}' cannot {task.verb} a system.",
            "Leave `engine` out: one that can is found.",
        )
        return refused(engine.name, refusal, (f"Can the engine {task.verb} systems? no",))
    if isinstance(system, OpenSystem) and system.time_dependent:
        varying = _refused_in_time(engine, task)
        if varying is not None:
            return varying
    if task.initial is not None and not isinstance(task.initial, engine.initials):
        return _refused_state(engine, task.initial)
    try:
        offer = task.offer_of(engine, system)
    except DarkstateError as error:
        return refused(engine.name, error)
    offer = replace(offer, references=(*engine.references, *offer.references))
    return _affordable(offer, engine, task)


def run(
    engine: Engine,
    system: Any,
    times: Sequence[float] | None = None,
    initial: Any = None,
    *,
    offer: Offer | None = None,
) -> Solution:
    """Have an engine do a task: the steady state of a system, or its evolution over `times`.

    Args:
        engine: with its options.
        system: of a kind that it reads.
        times: increasing times; None for the steady state.
        initial: the state to start from, at the first of the times.
        offer: saves a look at the system if the engine was asked for this before.

    Returns:
        The state (of an evolution the last one, with all in ``states``), and the report with
        options, versions and time.

    Raises:
        ArgumentError: no increasing times, or what the engine refuses by name.
        DarkstateError: the engine's own refusal.
    """
    start = time.perf_counter()
    if offer is None:
        grid = None if times is None else tuple(check_times(times))
        offer = ask(engine, system, Task(grid, initial))
    if offer.solve is None:
        raise offer.refusal or EngineMismatchError(offer.reason)
    found = offer.solve()
    return replace(found, report=stamped(engine, found.report, start))


def stamped(engine: Any, report: Report, start: float) -> Report:
    """The report with the options of the engine, versions, and the time since `start`."""
    options = {one.name: _plain(getattr(engine, one.name)) for one in dataclasses.fields(engine)}
    provenance = {"engine options": options, "versions": versions(), **report.provenance}
    return report.with_(seconds=time.perf_counter() - start, provenance=provenance)


def refused(engine: str, error: DarkstateError, steps: tuple[str, ...] = ()) -> Offer:
    """The offer of an engine that found an error on the way."""
    remedy = error.remedy if isinstance(error, ArgumentError | RefusedError) else ""
    reason = str(error).removesuffix(remedy).rstrip()
    return Offer(engine, reason, steps=steps, refusal=error)


def refuse_if_too_long(what: str, cost: Cost, remedy: str) -> None:
    """Refuse an attempt that nobody asked for by its size, if it would take minutes.

    Raises:
        CapacityError: it would take longer than `UNASKED_SECONDS`.
    """
    if cost.seconds > UNASKED_SECONDS:
        raise CapacityError(
            f"`{what}` with larger cut-offs would take {seconds_text(cost.here)}.", remedy
        )


class Physical(Protocol):
    """A state that knows how far it is from unphysical."""

    def margin(self) -> float:
        """The smallest eigenvalue, or of a Gaussian state that of ``sigma + i Omega/2``."""
        ...


def check_physical(initial: Physical) -> None:
    """An initial state with no negative eigenvalue (no mode below the vacuum), whoever evolves it.

    Raises:
        UnphysicalError: its margin is below zero by more than rounding and short decimals leave.
    """
    margin = float(initial.margin())
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


def kinds_text(kinds: Sequence[type]) -> str:
    """Names of types: ``"PureState or DensityState"``."""
    return " or ".join(kind.__name__ for kind in kinds)


def seconds_text(seconds: float) -> str:
    """A predicted time for a message."""
    if seconds < 0.01:
        return "under 10 ms"
    for unit, size, most in (("s", 1.0, 120.0), ("min", 60.0, 7200.0), ("hours", 3600.0, 2e5)):
        if seconds < most:
            return f"about {seconds / size:.2g} {unit}"
    return f"about {seconds / 86400:.2g} days"


def _affordable(offer: Offer, engine: Engine, task: Task) -> Offer:
    """An offer, withdrawn if it would not fit into the engine's memory limit."""
    limit = memory_limit(engine.memory_limit)
    if not offer.can or offer.cost is None or offer.cost.memory <= limit:
        return offer
    reason = f"it would need {offer.cost}, more memory than the limit of {bytes_text(limit)}."
    refusal = CapacityError(
        f"`{task.function}` would need {bytes_text(offer.cost.memory)} of memory, more than the "
        f"limit of {bytes_text(limit)}.",
        offer.smaller,
    )
    return replace(offer, reason=reason, solve=None, refusal=refusal)


def _refused_in_time(engine: Engine, task: Task) -> Offer | None:
    """The refusal of a system with drives or modulated couplings; None if the engine can."""
    if task.times is None:
        refusal: DarkstateError = EngineMismatchError(
            "A system whose drives or couplings depend on time has no steady state.",
            "Use evolve(system, times), or leave the drives out.",
        )
    elif not keeps(engine, FollowsDrives):
        refusal = EngineMismatchError(
            f"The engine '{engine.name}' evolves systems that are constant in time, but this one "
            "has drives or modulated couplings.",
            "Leave `engine` out: one that follows them is found.",
        )
    else:
        return None
    return refused(engine.name, refusal, ("Does anything depend on time? yes",))


def _refused_state(engine: Engine, initial: Any) -> Offer:
    """The refusal of an engine that does not start from this kind of state."""
    steps = ("Does the engine start from this kind of state? no",)
    rule, remedy = "be left out for this engine", "Leave it out."
    reason = f"it takes no initial state, but `initial` is a {type(initial).__name__}."
    if engine.initials:
        rule = f"be of the kind {kinds_text(engine.initials)}"
        remedy = f"Give a {kinds_text(engine.initials)}."
        reason = f"it starts from a {kinds_text(engine.initials)}, but `initial` is a "
        reason += f"{type(initial).__name__}."
    error = ArgumentError("initial", rule, initial, remedy)
    return Offer(engine.name, reason, steps=steps, refusal=error)


def _plain(value: Any) -> Any:
    """An option as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
