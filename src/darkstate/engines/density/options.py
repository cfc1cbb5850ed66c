"""The options that engines with density matrices share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from darkstate.checks import check_choice, check_integer, check_real
from darkstate.engines.compile import smallest_rate
from darkstate.engines.contract import (
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    refused,
)
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.regression import correlation_values, spectrum_values, started
from darkstate.engines.density.strategy import Settings
from darkstate.engines.regression import Regression, TwoTimesTask, Values, regression_offer
from darkstate.engines.truncation import Cutoff, check_cutoff
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.memory import memory_limit
from darkstate.systems.open_system import OpenSystem


@dataclass(frozen=True)
class DensityOptions:
    """Options of an engine with density matrices; see `Lindblad`.

    Raises:
        ArgumentError: unknown method or an option out of range.
    """

    method: str = "auto"
    rtol: float = 1e-9
    cutoff: Cutoff = None
    edge: float = 1e-7
    krylov_size: int = 30
    memory_limit: float | None = None
    name: ClassVar[str]
    accepts: ClassVar[tuple[type, ...]]
    initials: ClassVar[tuple[type, ...]]
    references: ClassVar[References]
    methods: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        check_choice("method", self.method, self.methods)
        remedy = "Give a relative accuracy such as 1e-9."
        check_real("rtol", self.rtol, above=0.0, maximum=0.1, remedy=remedy)
        check_real("edge", self.edge, above=0.0, maximum=1.0, remedy="Give a population.")
        check_integer("krylov_size", self.krylov_size, minimum=3, remedy="Give 10 to 60.")
        object.__setattr__(self, "cutoff", check_cutoff(self.cutoff))
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem, task: Task) -> Offer:
        """Whether the system fits, in which blocks, and which method would be tried first."""
        steps: list[str] = []
        try:
            return self._offer(system, task, steps)
        except ArgumentError as error:
            if error.name != "initial":
                raise
            wrong = error  # a wrong state is an error of whoever runs it, not of the engine

            def solve() -> Solution:
                raise wrong

            return Offer(self.name, "as asked", "none", tuple(steps), solve=solve)
        except DarkstateError as refusal:
            return refused(self.name, refusal, tuple(steps))

    def _offer(self, system: OpenSystem, task: Task, steps: list[str]) -> Offer:
        raise NotImplementedError

    def offer_two_times(self, system: OpenSystem, task: TwoTimesTask) -> Offer:
        """Means at two times, or spectra; see `density/regression.py`.

        Raises:
            DarkstateError: why there is no steady state.
        """
        engine = self._in_fock_space(system)

        def values_of(state: Any, asked: Regression) -> Values:
            found = started(system, state, asked, partial(self._state_blocks, system, state))
            if task.spectral:
                return spectrum_values(found, asked.grid, self.rtol)
            return correlation_values(found, asked.grid, self.rtol, self.krylov_size)

        return regression_offer(engine, system, task.asked, values_of)

    def _in_fock_space(self, system: OpenSystem) -> Any:
        """This engine, with all modes in Fock space."""
        return self

    def _state_blocks(self, system: OpenSystem, state: Any, charged: bool) -> Blocks:
        """The blocks on which a state of this engine lives."""
        raise NotImplementedError

    @property
    def limit(self) -> float:
        """Bytes that may be used."""
        return memory_limit(self.memory_limit)

    def settings(self, system: OpenSystem) -> Settings:
        """What the methods read."""
        return Settings(
            engine=self.name,
            method=self.method,
            rtol=self.rtol,
            krylov_size=self.krylov_size,
            edge=self.edge,
            cutoff=self.cutoff,
            limit=self.limit,
            smallest_rate=smallest_rate(system),
        )
