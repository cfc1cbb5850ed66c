"""What is asked, and what would be answered: from a model to a system, and `explain`.

Every function of the front door takes a model (anything with a ``system()`` method) or a system,
and optionally an engine object. Who does it is decided in `darkstate.frontdoor.ladder`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from darkstate.checks import check_times
from darkstate.engines import ENGINES, Engine, Offer
from darkstate.errors import ArgumentError, EngineMismatchError, border
from darkstate.frontdoor.chains import ChainModel, chain_offers, is_chain, no_system
from darkstate.frontdoor.ladder import LONGEST, Task, climb
from darkstate.repeaters import ChainSolver
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.upstream import upstream


@runtime_checkable
class Model(Protocol):
    """What the front door asks of a model."""

    def system(self) -> System:
        """The Hamiltonian and jumps (or, for baths that remember, Langevin equations)."""
        ...


@dataclass(frozen=True)
class Explanation:
    """The offers of all engines for one system; prints as the ladder of questions.

    Args:
        offers: what each engine answered, in the order in which they were asked.
        chosen: the offer that would be taken; None if no engine can.
    """

    offers: tuple[Offer, ...]
    chosen: Offer | None

    def __str__(self) -> str:
        lines = []
        for offer in self.offers:
            lines.append(f"{offer.engine}: {'can' if offer.can else 'cannot'}")
            lines += [f"  - {step}" for step in offer.steps]
            why = offer.answer if len(self.offers) == 1 else offer.reason
            lines.append(f"  {'method' if offer.can else 'why not'}: {why}")
            if offer.cost is not None:
                lines.append(f"  predicted: {offer.cost}")
        taken = f"{self.chosen.engine} ({self.chosen.method})" if self.chosen else "none"
        return "\n".join([*lines, f"chosen: {taken}"])


@border("explain")
def explain(
    model: Model | System | ChainModel | MeasuredChain,
    engine: Engine | ChainSolver | None = None,
    times: Sequence[float] | None = None,
    initial: Any = None,
    upstream_of: str | Sequence[str] | None = None,
) -> Explanation:
    """Which engine would solve the model, why, and at what predicted cost; solves nothing.

    The engine chosen is the one that `steady_state`, or `evolve` with these times, takes.

    Args:
        model: a ready model, any object with ``system()`` (or ``chain()``), or a system.
        engine: ask this engine, with its options, instead of all of them.
        times: explain the evolution over these times instead of the steady state.
        initial: the state to start from, if one is to be given.
        upstream_of: label or labels whose state is wanted, as in `steady_state`.

    Raises:
        ArgumentError: no model, no engine object, no increasing times.
        EngineMismatchError: an evolution of a repeater.
    """
    if is_chain(model):
        if times is not None:
            raise no_system(model)
        return Explanation(*chain_offers(model, engine))
    task = Task(None if times is None else check_times(times), initial)
    system = causal_part(model, upstream_of)  # type: ignore[arg-type]
    asked = [kind() for kind in ENGINES] if engine is None else [engine]
    longest = LONGEST if engine is None else math.inf
    rungs, taken = climb(system, task, asked, True, longest)  # type: ignore[arg-type]
    offers = tuple(rung.offer for rung in rungs)
    return Explanation(offers, None if taken is None else taken.offer)


def as_system(model: Model | System) -> System:
    """The system of a model, or the system itself.

    Raises:
        ArgumentError: it is neither, or has no spaces.
        EngineMismatchError: it is a repeater, which `solve` takes.
    """
    if is_chain(model):
        raise no_system(model)
    if isinstance(model, System):
        if not model.labels:
            raise ArgumentError("spaces", "not be empty", (), "Give the system at least one space.")
        return model
    ready = isinstance(model, Model) and not isinstance(model, type)
    system = model.system() if ready else None
    if not isinstance(system, System):
        raise ArgumentError(
            "model", "be a model or an OpenSystem", model, "Use one of darkstate.models."
        )
    return as_system(system)


def as_open_system(model: Model | System) -> OpenSystem:
    """The same for what needs a Hamiltonian and jumps.

    Raises:
        ArgumentError: it is no system at all.
        EngineMismatchError: the model gives Langevin equations instead.
    """
    system = as_system(model)
    if isinstance(system, LangevinSystem):
        raise EngineMismatchError(
            "This needs a Hamiltonian and jumps, but the model gives Langevin equations with "
            "coloured noise. Use a Markovian version of the model, or steady_state()."
        )
    return system


def causal_part(model: Model | System, labels: str | Sequence[str] | None) -> System:
    """The system of a model, or only what is upstream of `labels`.

    Raises:
        ArgumentError: unknown label; no system at all.
        EngineMismatchError: labels for a model of Langevin equations, which has no cascade.
    """
    return as_system(model) if labels is None else upstream(as_open_system(model), labels)


def described(model: Any) -> dict[str, Any]:
    """Name and parameters of a model as plain values; empty for a bare system."""
    describe: Any = getattr(model, "parameters", None)
    return {} if describe is None else dict(describe())
