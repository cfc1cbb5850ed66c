"""Who does it: the engines are asked in turn, and one function chooses, for asking and for solving.

A `Task` says what is wanted of a system: its steady state, or an evolution over `times`; either may
start from an `initial` state. Each engine answers with an offer. The first that can within
`PATIENCE` is taken, else the fastest of those that can in a month. `explain` shows the answers of
all, `steady_state` and `evolve` stop at the first that is taken: the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from darkstate.engines import ENGINES, Engine, Offer
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.frontdoor.remedies import general_advice, kinds_text, ways_out
from darkstate.systems.langevin import System

PATIENCE = 600.0
"""Seconds that an engine may be predicted to take before one asked later is preferred."""
LONGEST = 3e6
"""Seconds (a month) beyond which nothing is begun unless that engine was asked for."""


@dataclass(frozen=True)
class Task:
    """What is asked of the engines.

    Args:
        times: of an evolution; None for the steady state.
        initial: the state to start from; None for the engine's own choice.
    """

    times: Sequence[float] | None = None
    initial: Any = None

    @property
    def verb(self) -> str:
        """What an engine would do to the system."""
        return "find the steady state of" if self.times is None else "evolve"


@dataclass(frozen=True)
class Rung:
    """An engine and its answer."""

    engine: Engine
    offer: Offer


def check_engine(engine: Any) -> Engine:
    """`engine`, which must be an object that keeps the contract of `darkstate.engines.base.Engine`.

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


def check_accepts(engine: Engine, system: System) -> None:
    """Refuse to hand an engine a kind of system that it does not read.

    Raises:
        ArgumentError: it is no engine object.
        EngineMismatchError: it reads another kind of system; both sides are named.
    """
    known = check_engine(engine).accepts
    if not isinstance(system, known):
        raise EngineMismatchError(
            f"The engine '{engine.name}' reads {kinds_text(known)}, but the model gives a "
            f"{type(system).__name__}.",
            "Leave `engine` out, or use a version of the model with a Hamiltonian and jumps.",
        )


def offer_of(engine: Engine, system: System, task: Task = Task()) -> Offer:
    """The offer of an engine for a task; a refusal where it reads no such system or state.

    Raises:
        ArgumentError: it is no engine object.
    """
    try:
        check_accepts(engine, system)
    except EngineMismatchError as refusal:
        steps = ("Does the engine read this kind of system? no",)
        return Offer(engine.name, False, refusal.why, steps=steps)
    if task.initial is not None and not isinstance(task.initial, engine.initials):
        return _other_state(engine, task.initial)
    if task.times is None:
        return engine.offer(system)
    return engine.evolution_offer(system, task.times)


def _other_state(engine: Engine, initial: Any) -> Offer:
    """The refusal of an engine that does not start from this kind of state."""
    steps = ("Does the engine start from this kind of state? no",)
    given = f"`initial` is a {type(initial).__name__}"
    if not engine.initials:
        reason = f"it takes no initial state, but {given}."
        return Offer(engine.name, False, reason, steps=steps, remedy="Leave `initial` out.")
    reason = f"it starts from a {kinds_text(engine.initials)}, but {given}."
    remedy = f"Give `initial` as a {kinds_text(engine.initials)}."
    return Offer(engine.name, False, reason, steps=steps, remedy=remedy)


def climb(
    system: System,
    task: Task,
    engines: Iterable[Engine],
    everyone: bool = False,
    longest: float = LONGEST,
) -> tuple[list[Rung], Rung | None]:
    """Ask engines in turn: the rungs that were looked at, and the one taken (None: none can).

    Args:
        system: what is to be solved.
        task: what is wanted of it.
        engines: whom to ask, in this order.
        everyone: go on asking when the choice is made, which does not change it.
        longest: seconds beyond which nobody is taken.
    """
    rungs: list[Rung] = []
    taken: Rung | None = None
    for engine in engines:
        rung = Rung(engine, offer_of(engine, system, task))
        rungs.append(rung)
        if taken is None and rung.offer.can and _seconds(rung) <= PATIENCE:
            taken = rung
        if taken is not None and not everyone:
            break
    if taken is None:
        able = [rung for rung in rungs if rung.offer.can and _seconds(rung) <= longest]
        taken = min(able, key=_seconds, default=None)
    return rungs, taken


def choose(system: System, task: Task = Task()) -> Rung:
    """The engine that does a task, with its offer: the first in time, else the fastest.

    Raises:
        ArgumentError: the initial state is none that any engine knows.
        EngineMismatchError: none can; every engine's reason is listed, and what would.
    """
    _check_state(task.initial)
    rungs, taken = climb(system, task, (kind() for kind in ENGINES))
    if taken is None:
        raise _none_can(system, task, rungs)
    return taken


def _check_state(initial: Any) -> None:
    kinds = tuple(dict.fromkeys(kind for engine in ENGINES for kind in engine.initials))
    if initial is not None and not isinstance(initial, kinds):
        remedy = "Make one of darkstate.states, or leave it out for the ground state or vacuum."
        raise ArgumentError("initial", f"be a state ({kinds_text(kinds)})", initial, remedy)


def _none_can(system: System, task: Task, rungs: Sequence[Rung]) -> EngineMismatchError:
    """Every engine's reason, and what was found to do it after all."""

    def can(engine: Engine, system: System = system, task: Task = task) -> bool:
        return offer_of(engine, system, task).can

    def can_part(part: System) -> bool:
        return climb(part, task, (kind() for kind in ENGINES))[1] is not None

    ways = ways_out(system, task.times, can, can_part)
    if task.initial is not None:
        _, other = climb(system, replace(task, initial=None), (kind() for kind in ENGINES))
        if other is not None:
            known = other.engine.initials
            ways.append(f"`initial` as a {kinds_text(known)}" if known else "no `initial`")
    offers = [rung.offer for rung in rungs]
    too_long = "it is predicted to take"
    reasons = " ".join(
        f"{offer.engine}: {f'{too_long} {offer.cost}.' if offer.can else offer.reason}"
        for offer in offers
    )
    remedy = f"Use {', or '.join(ways)}." if ways else general_advice(offers)
    return EngineMismatchError(f"No engine can {task.verb} this system. {reasons}", remedy)


def _seconds(rung: Rung) -> float:
    return rung.offer.cost.seconds if rung.offer.cost else 0.0
