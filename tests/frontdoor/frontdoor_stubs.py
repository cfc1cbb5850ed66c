"""Engines that only answer: how long they would take, and that they were asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from darkstate.engines import Cost, Offer, Solution
from darkstate.results import Report, Status
from darkstate.states import PureState
from darkstate.systems.open_system import OpenSystem


@dataclass
class Stub:
    """An engine that can, in `seconds` for a steady state and `evolving` for an evolution."""

    title: str
    seconds: float | None
    evolving: float | None
    asked: list[str] = field(default_factory=list)
    name: ClassVar[str] = "stub"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (PureState,)

    def offer(self, system: Any) -> Offer:
        self.asked.append("steady")
        return self._offer(self.seconds)

    def evolution_offer(self, system: Any, times: Any) -> Offer:
        self.asked.append("evolution")
        return self._offer(self.evolving)

    def _offer(self, seconds: float | None) -> Offer:
        cost = None if seconds is None else Cost(1.0, seconds)
        why = "as told" if cost else "it was told not to."
        return Offer(self.title, cost is not None, why, "method", cost=cost, remedy="Ask again.")

    def steady_state(self, system: Any, offer: Any = None, initial: Any = None) -> Solution:
        return Solution(None, Report(self.title, "method", Status.CONVERGED))

    def evolve(self, system: Any, times: Any, initial: Any = None) -> Solution:
        report = Report(self.title, "method", Status.CONVERGED)
        return Solution(None, report, (None,) * len(times))
