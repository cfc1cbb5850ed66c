"""Who does it: the engines are asked in turn, and one function chooses, for asking and for solving.

Each engine answers a task with an offer. The first that can within `PREFERRED_SECONDS` is taken,
else the fastest of those that can in a month. `explain` shows the answers of all, `steady_state`
and `evolve` stop at the first that is taken: the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from darkstate.checks import keeps
from darkstate.engines import ENGINES, Engine, Offer
from darkstate.engines.contract import STEADY_STATE, Task, ask, kinds_text
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    EngineMismatchError,
    NumericalError,
    RefusedError,
)
from darkstate.frontdoor.remedies import general_advice, ways_out
from darkstate.repeaters import SOLVERS
from darkstate.systems.langevin import System

PREFERRED_SECONDS = 600.0
"""Seconds that an engine may be predicted to take before one asked later is preferred."""
LONGEST = 3e6
"""Seconds (a month) beyond which nothing is begun unless that engine was asked for."""


EVERYONE: tuple[type, ...] = (*ENGINES, *SOLVERS)
"""Engines in the order in which they are asked."""


@dataclass(frozen=True)
class Candidate:
    """An engine and its answer."""

    engine: Engine
    offer: Offer


def check_engine(engine: Any) -> Engine:
    """`engine`, which must be an object that keeps the contract `darkstate.engines.Engine`.

    Raises:
        ArgumentError: a name, a class, a solver of repeaters, or an object that lacks something.
    """
    if isinstance(engine, Engine) and not isinstance(engine, type):
        return engine
    remedy = "Make one, such as engines.Gaussian(), or leave it out."
    if isinstance(engine, str | type):
        word = engine if isinstance(engine, str) else engine.__name__
        named = [kind for kind in ENGINES if word.lower() in (kind.name, kind.__name__.lower())]
        remedy = f"Write engines.{named[0].__name__}(), or leave it out." if named else remedy
    raise ArgumentError("engine", "be an engine object", engine, remedy)


def candidates(system: System, task: Task = STEADY_STATE) -> Iterator[Engine]:
    """The engines that read such a system and know such tasks, with their default options."""
    readers = (kind() for kind in EVERYONE if isinstance(system, kind.accepts))
    return (engine for engine in readers if keeps(engine, task.needs))


def ask_in_turn(
    system: System,
    task: Task,
    engines: Iterable[Engine],
    everyone: bool = False,
    longest: float = LONGEST,
) -> tuple[list[Candidate], Candidate | None]:
    """Ask engines in turn: what they answered, and the choice (None: none can).

    Args:
        system: what is to be solved.
        task: what is wanted of it.
        engines: whom to ask, in this order.
        everyone: go on asking when the choice is made, which does not change it.
        longest: seconds beyond which nobody is taken.
    """
    asked: list[Candidate] = []
    taken: Candidate | None = None
    for engine in engines:
        choice = Candidate(engine, ask(engine, system, task))
        asked.append(choice)
        if taken is None and choice.offer.can and _seconds(choice) <= PREFERRED_SECONDS:
            taken = choice
        if taken is not None and not everyone:
            break
    if taken is None:
        able = [choice for choice in asked if choice.offer.can and _seconds(choice) <= longest]
        taken = min(able, key=_seconds, default=None)
    return asked, taken


def choose(system: System, task: Task = STEADY_STATE, engine: Any = None) -> Candidate:
    """The engine that does a task, with its offer: the first in time, else the fastest.

    One that was given is asked alone; what it refuses is raised when it is run.

    Raises:
        ArgumentError: no engine object; the initial state is none that any engine knows.
        EngineMismatchError, CapacityError: none can; every engine's reason is listed, and what
            would.
        NumericalError: the only engine for such systems has found that it cannot.
    """
    if engine is not None:
        return Candidate(check_engine(engine), ask(engine, system, task))
    _check_state(task)
    asked, taken = ask_in_turn(system, task, candidates(system, task))
    if taken is None:
        alone = asked[0].offer.refusal if len(asked) == 1 else None
        if alone is not None and (isinstance(alone, NumericalError) or task.needs is not Engine):
            raise alone
        raise _none_can(system, task, asked)
    return taken


def _check_state(task: Task) -> None:
    if task.initial is None:
        return
    engines = [kind for kind in EVERYONE if keeps(kind(), task.needs)]
    kinds = tuple(dict.fromkeys(kind for engine in engines for kind in engine.initials))
    if not isinstance(task.initial, kinds):
        remedy = "Make one of darkstate.states, or leave it out for the ground state or vacuum."
        raise ArgumentError("initial", f"be a state ({kinds_text(kinds)})", task.initial, remedy)


def _none_can(system: System, task: Task, asked: Sequence[Candidate]) -> RefusedError:
    """Every engine's reason, and what was found to do it after all.

    It is a question of capacity if one could if there were room.
    """

    def can(engine: Engine, system: System = system, task: Task = task) -> bool:
        return ask(engine, system, task).can

    def can_part(part: System) -> bool:
        return ask_in_turn(part, task, candidates(system))[1] is not None

    ways = ways_out(system, task.times, can, can_part)
    if task.initial is not None:
        _, other = ask_in_turn(system, replace(task, initial=None), candidates(system))
        if other is not None:
            known = other.engine.initials
            ways.append(f"`initial` as a {kinds_text(known)}" if known else "no `initial`")
    offers = [choice.offer for choice in asked]
    too_long = "it is predicted to take"
    told: dict[str, list[str]] = {}
    for offer in offers:
        reason = f"{too_long} {offer.cost}." if offer.can else offer.reason
        told.setdefault(reason, []).append(offer.engine)
    reasons = " ".join(f"{', '.join(names)}: {reason}" for reason, names in told.items())
    remedy = f"Use {', or '.join(ways)}." if ways else general_advice(offers)
    large = any(isinstance(offer.refusal, CapacityError) for offer in offers)
    kind = CapacityError if large else EngineMismatchError
    return kind(f"No engine can {task.verb} this system. {reasons}", remedy)


def _seconds(choice: Candidate) -> float:
    return choice.offer.cost.seconds if choice.offer.cost else 0.0
