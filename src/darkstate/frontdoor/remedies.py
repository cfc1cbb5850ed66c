"""What to do where no engine can: ways out that were asked for and found to lead somewhere.

Engines give general advice, for they do not know each other. Here engines with other options, and
those that are never chosen by themselves, are made and asked; only those that can are named.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from darkstate.engines import (
    ENGINES,
    ON_REQUEST,
    Engine,
    Offer,
    Trajectories,
)
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Mode
from darkstate.systems.upstream import upstream

CUTOFFS = (10, 6)
"""Fock states per mode that are tried."""
RELAXATIONS = 10.0
"""Relaxation times to wait, and to average over, in units of the inverse of the smallest rate."""


def ways_out(
    system: System,
    times: Sequence[float] | None,
    can: Callable[[Engine], bool],
    can_part: Callable[[System], bool],
) -> list[str]:
    """Arguments of the front door that would do, as a user writes them.

    Args:
        system: what no engine can do by itself.
        times: of an evolution; None for a steady state.
        can: whether an engine with some options can.
        can_part: whether some engine can do it for a part of the system.
    """
    if not isinstance(system, OpenSystem):
        return []
    found: list[str] = []
    for engine in _candidates(system, times):
        same = [way for way in found if way.startswith(f"engine=engines.{type(engine).__name__}(")]
        if not same and can(engine):
            found.append(f"engine=engines.{written(engine)}")
    parts = ((label, upstream(system, label)) for label in (system.labels[0], system.labels[-1]))
    smaller = [(label, part) for label, part in parts if len(part.labels) < len(system.labels)]
    for label, part in smaller[:1]:
        if can_part(part):
            found.append(f"upstream_of='{label}' if the state of that part is enough")
    return found


def _candidates(system: OpenSystem, times: Sequence[float] | None) -> Iterator[Engine]:
    modes = any(isinstance(space, Mode) for space in system.spaces)
    cutoffs: tuple[int | None, ...] = CUTOFFS if modes else (None,)
    rates = [jump.rate for jump in system.jumps if jump.rate]
    steady = times is None and bool(rates)
    wait = float(f"{RELAXATIONS / min(rates):.2g}") if steady else None
    for cutoff in cutoffs:
        yield Trajectories(cutoff=cutoff, burn_in=wait, duration=wait)


def written(engine: Engine) -> str:
    """An engine as a user writes it: its options that are not the defaults."""
    fields = dataclasses.fields(engine)  # type: ignore[arg-type]
    values = [(field.name, getattr(engine, field.name), field.default) for field in fields]
    given = ", ".join(f"{name}={value!r}" for name, value, default in values if value != default)
    return f"{type(engine).__name__}({given})"


def general_advice(offers: Sequence[Offer]) -> str:
    """What the engines advise that sends nobody to another engine: no engine can."""
    others = ["engine", *(f"{kind.__name__}(" for kind in (*ENGINES, *ON_REQUEST))]
    advice = [offer.remedy for offer in offers if not any(n in offer.remedy for n in others)]
    return " ".join(dict.fromkeys(text for text in advice if text)) or NO_WAY


NO_WAY = "Use a smaller network: fewer nodes, levels or atoms, or the part whose state you need."
