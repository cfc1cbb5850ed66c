"""Who is asked: from a model to a system, and from a system to an engine.

Every function of the front door takes a model (anything with a ``system()`` method) or a system,
and optionally an engine object. Without one the engines are asked in turn for an offer; the first
that can within `PATIENCE` is taken, else the fastest of those that can. `explain` prints what each
of them answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from darkstate.engines import ENGINES, Engine, Offer
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.frontdoor.chains import ChainModel, chain_offers, is_chain, no_system
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.upstream import upstream

PATIENCE = 600.0
"""Seconds that an engine may be predicted to take before one asked later is preferred."""


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
            lines.append(f"  {'method' if offer.can else 'why not'}: {offer.reason}")
            if offer.cost is not None:
                lines.append(f"  predicted: {offer.cost}")
        taken = f"{self.chosen.engine} ({self.chosen.method})" if self.chosen else "none"
        return "\n".join([*lines, f"chosen: {taken}"])


def explain(
    model: Model | System | ChainModel | MeasuredChain,
    engine: Any = None,
    times: Sequence[float] | None = None,
) -> Explanation:
    """Which engine would solve the model, why, and at what predicted cost; solves nothing.

    Args:
        model: a ready model, any object with ``system()`` (or ``chain()``), or a system.
        engine: ask this engine, with its options, instead of all of them.
        times: explain the evolution over these times instead of the steady state.
    """
    if is_chain(model):
        return Explanation(*chain_offers(model, engine))
    system = as_system(model)  # type: ignore[arg-type]
    asked = [kind() for kind in ENGINES] if engine is None else [engine]
    offers = tuple(offer_of(each, system, times) for each in asked)
    able = [offer for offer in offers if offer.can]
    in_time = [offer for offer in able if _seconds(offer) <= PATIENCE]
    return Explanation(offers, in_time[0] if in_time else min(able, key=_seconds, default=None))


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


def check_accepts(engine: Engine, system: System) -> None:
    """Refuse to hand an engine a kind of system that it does not read.

    An engine reads an `OpenSystem`, and what else its class attribute ``accepts`` names.

    Raises:
        ArgumentError: it is no engine object.
        EngineMismatchError: this is neither; both sides are named.
    """
    if isinstance(engine, type) or not isinstance(engine, Engine):
        remedy = "Make one, such as engines.Gaussian(), or leave it out."
        raise ArgumentError("engine", "be an engine object", engine, remedy)
    known: tuple[type, ...] = getattr(engine, "accepts", (OpenSystem,))
    if not isinstance(system, known):
        raise EngineMismatchError(
            f"The engine '{engine.name}' reads {' or '.join(kind.__name__ for kind in known)}, but "
            f"the model gives a {type(system).__name__}. Leave `engine` out, or use a version of "
            "the model with a Hamiltonian and jumps."
        )


def offer_of(engine: Engine, system: System, times: Sequence[float] | None = None) -> Offer:
    """The offer of an engine; a refusal where it does not read such a system.

    For an evolution over `times` its price is asked where the engine knows one, else the offer is
    that of a steady state.
    """
    try:
        check_accepts(engine, system)
    except EngineMismatchError as refusal:
        steps = ("Does the engine read this kind of system? no",)
        return Offer(engine.name, False, str(refusal), steps=steps)
    if times is not None and hasattr(engine, "evolution_offer"):
        return engine.evolution_offer(system, times)  # type: ignore[attr-defined]
    return engine.offer(system)


def choose(system: System) -> tuple[Engine, Offer]:
    """The first engine that can solve the system in time, else the fastest; and its offer.

    Raises:
        EngineMismatchError: none can; every engine's reason is listed.
    """
    refusals, slow = [], []
    for kind in ENGINES:
        engine = kind()
        offer = offer_of(engine, system)
        if offer.can and _seconds(offer) <= PATIENCE:
            return engine, offer
        if offer.can:
            slow.append((engine, offer))
        refusals.append(f"{offer.engine}: {offer.reason}")
    if slow:
        return min(slow, key=lambda pair: _seconds(pair[1]))
    raise EngineMismatchError("No engine can solve this system. " + " ".join(refusals))


def _seconds(offer: Offer) -> float:
    return offer.cost.seconds if offer.cost else 0.0


def described(model: Any) -> dict[str, Any]:
    """Name and parameters of a model as plain values; empty for a bare system."""
    describe: Any = getattr(model, "parameters", None)
    return {} if describe is None else dict(describe())
