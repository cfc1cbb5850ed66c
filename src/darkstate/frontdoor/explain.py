"""What would be done, and at what price: `explain`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from darkstate.checks import check_times
from darkstate.display import page, table
from darkstate.engines import Engine, Offer
from darkstate.engines.contract import Task
from darkstate.errors import border
from darkstate.frontdoor.inputs import Model, causal_part
from darkstate.frontdoor.selection import LONGEST, ask_in_turn, candidates, check_engine
from darkstate.systems.langevin import System


@dataclass(frozen=True, repr=False)
class Explanation:
    """The offers of all engines for one system; prints as questions and answers.

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

    def __repr__(self) -> str:
        taken = f"{self.chosen.engine} ({self.chosen.method})" if self.chosen else "none"
        return f"Explanation({len(self.offers)} engines asked, chosen: {taken})"

    def _repr_html_(self) -> str:
        """What notebooks show: what each engine answered."""
        rows = [
            (
                offer.engine,
                "can" if offer.can else "cannot",
                offer.answer if len(self.offers) == 1 else offer.reason,
                offer.cost or "",
            )
            for offer in self.offers
        ]
        return page(repr(self), table(rows, ("engine", "answer", "why", "predicted")))


@border("explain")
def explain(
    model: Model | System,
    engine: Engine | None = None,
    times: Sequence[float] | None = None,
    initial: Any = None,
    upstream_of: str | Sequence[str] | None = None,
) -> Explanation:
    """Which engine would solve the model, why, and at what predicted cost; solves nothing.

    The engine chosen is the one that `steady_state`, or `evolve` with these times, takes.

    Args:
        model: a ready model, any object with ``system()``, or a system.
        engine: ask this engine, with its options, instead of all of them.
        times: explain the evolution over these times instead of the steady state.
        initial: the state to start from, if one is to be given.
        upstream_of: label or labels whose state is wanted, as in `steady_state`.

    Raises:
        ArgumentError: no model, no engine object, no increasing times.
    """
    task = Task(None if times is None else tuple(check_times(times)), initial)
    system = causal_part(model, upstream_of)
    engines = candidates(system) if engine is None else [check_engine(engine)]
    longest = LONGEST if engine is None else math.inf
    asked, taken = ask_in_turn(system, task, engines, True, longest)
    offers = tuple(choice.offer for choice in asked)
    return Explanation(offers, None if taken is None else taken.offer)
