"""Engines that only answer: how long they would take, and that they were asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from darkstate.engines.contract import Cost, Offer, Solution, Task, refused
from darkstate.errors import EngineMismatchError
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
    references: ClassVar[tuple[tuple[str, str], ...]] = ()

    memory_limit: float | None = None

    def offer(self, system: Any, task: Task) -> Offer:
        self.asked.append("steady" if task.times is None else "evolution")
        seconds = self.seconds if task.times is None else self.evolving
        if seconds is None:
            return refused(self.title, EngineMismatchError("it was told not to.", "Ask again."))
        count = len(task.times or ())

        def solve() -> Solution:
            report = Report(self.title, "method", Status.CONVERGED)
            return Solution(None, report, (None,) * count)

        return Offer(self.title, "as told", "method", cost=Cost(1.0, seconds), solve=solve)
