"""Steady states and evolutions with Fock cut-offs that are large enough, and the verdict on them.

Each task, a steady state or an evolution, in the Fock space of all modes or behind a source that is
eliminated, is one attempt with given cut-offs; `engines/truncation.py` repeats it. What is compiled
for the prediction of the cost is what the first attempt solves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from darkstate.engines import truncation
from darkstate.engines.assess import (
    ALLOWED_OVER_RTOL,
    finding,
    judge,
    judge_state,
    judge_truncation,
)
from darkstate.engines.contract import Cost, Solution, Task, refuse_if_too_long
from darkstate.engines.density.basis import Blocks, Flat
from darkstate.engines.density.compile import compiled
from darkstate.engines.density.cost import (
    RELAXED,
    evolution_cost,
    is_direct,
    least_cost,
    steady_cost,
)
from darkstate.engines.density.dark import dark_possible
from darkstate.engines.density.evolution import StoredStates
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.hierarchy.route import hierarchy_evolution, hierarchy_steady_state
from darkstate.engines.density.initial import State, flattened
from darkstate.engines.density.modulated import ModulatedGenerator
from darkstate.engines.density.scales import seemingly_conserved
from darkstate.engines.density.steady import STATE_ALONE
from darkstate.engines.density.strategy import AnyGenerator, Kept, Settings, change, evolved, solved
from darkstate.engines.truncation import (
    Attempt,
    Cutoff,
    Truncated,
    change_of_state,
    first_cutoffs,
    grow_cutoffs,
    levels_needed,
    mode_labels,
    mode_populations,
    padded,
    populations_of,
)
from darkstate.linalg.threads import one_blas_thread
from darkstate.memory import refuse_if_too_large
from darkstate.results import Report
from darkstate.states import DensityState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import LinearSource

THREADED_BLOCK = 500
"""Blocks from this size on keep several BLAS threads busy."""
USUAL_APPLICATIONS = 150.0
"""Of the generator in a Krylov solution of the price that is predicted."""
_STEADY_REMEDY = "Lower the number of nodes or the cutoff."
_EVOLVE_REMEDY = "Lower the number of nodes or the cutoff, keep fewer times, or lower krylov_size."

MakeBlocks = Callable[[Mapping[str, int], bool], Blocks]
"""Blocks for Fock cut-offs, with charges or without."""


@dataclass
class Attempts:
    """A task in the Fock space of all modes.

    Args:
        system: the system.
        task: what is asked.
        initial: where to start, if that was given.
        make_blocks: blocks for some cut-offs.
        settings: options of the engine.
    """

    system: OpenSystem
    task: Task
    initial: State | None
    make_blocks: MakeBlocks
    settings: Settings
    _kept: dict[tuple[int, ...], tuple[AnyGenerator, Flat | None]] = field(default_factory=dict)
    _blocks: dict[tuple[int, ...], Blocks] = field(default_factory=dict)
    _harder: float = 1.0
    _dark: bool | None = None
    _factorised: Mapping[str, int] = field(default_factory=dict)

    @property
    def relaxing(self) -> bool:
        """Whether a steady state is what a state relaxes to."""
        return self.initial is not None or self.settings.method == "evolve"

    def blocks(self, cutoffs: Mapping[str, int]) -> Blocks:
        """The blocks for some cut-offs, with charges; made once."""
        key = tuple(cutoffs.values())
        if key not in self._blocks:
            self._blocks = {key: self.make_blocks(cutoffs, True)}
        return self._blocks[key]

    def first(self) -> AnyGenerator:
        """The generator that the first attempt will solve."""
        cutoffs = first_cutoffs(self.system, self.settings.cutoff, self._needed)
        return self.prepared(cutoffs)[0]

    def prepared(
        self, cutoffs: Mapping[str, int], why: str = ""
    ) -> tuple[AnyGenerator, Flat | None]:
        """The generator for some cut-offs, and the state to start from if there is one.

        Raises:
            CapacityError: it would not fit.
        """
        key = tuple(cutoffs.values())
        if key in self._kept:
            return self._kept[key]
        blocks, flat = self.blocks(cutoffs), None
        self._refuse(least_cost(blocks), why)
        if self.relaxing or self.task.times is not None:
            flat, complete = flattened(self.initial, blocks)
            if not complete:
                blocks = self.make_blocks(cutoffs, False)
                self._refuse(least_cost(blocks), why)
        made = ModulatedGenerator.of if self.system.time_dependent else compiled
        generator = made(self.system, blocks)
        if flat is not None:  # in the phases that the generator has chosen
            flat = generator.narrowed(flattened(self.initial, generator.blocks)[0])
        self._kept = {key: (generator, flat)}
        return generator, flat

    def cost(self, generator: AnyGenerator) -> Cost:
        """What an attempt will cost."""
        settings = self.settings
        if isinstance(generator, ModulatedGenerator):
            return generator.cost(self.task.times or ())
        if self.task.times is not None:
            span, count = self.task.times[-1] - self.task.times[0], len(self.task.times)
            return evolution_cost(generator, span, count, settings.krylov_size)
        known = settings.method != "evolve" and is_direct(generator, settings.limit)
        if self.relaxing and not known:
            return evolution_cost(generator, RELAXED / generator.scale, 1, settings.krylov_size)
        dark = dark_possible(generator) if self._dark is None else self._dark
        return steady_cost(generator, settings.method, dark, settings.limit)

    def solution(self) -> Solution:
        """The solution with its verdict.

        Raises:
            NumericalError: not unique (and no initial state), or not converged.
            CapacityError: it would not fit.
        """
        settings = self.settings
        found = grow_cutoffs(
            self.system, settings.cutoff, settings.edge, self._attempt, _change, self._needed
        )
        kept: Kept = found.attempt.found
        report = _judged(kept.report, found, settings)
        if self.task.times is None:
            generator = kept.generator
            if report.unique is None and isinstance(generator, Generator):
                hidden = seemingly_conserved(self.system, generator.blocks, generator)
                report = judge(report, [finding("seemingly conserved", hidden)], report.status)
            return Solution(kept.state, report)
        states = StoredStates(kept.generator.blocks, kept.flats)
        return Solution(states[-1], report, states)

    def _attempt(self, cutoffs: dict[str, int], why: str) -> Attempt:
        generator, flat = self.prepared(cutoffs, why)
        times, settings = self.task.times, self.settings
        if self._is_second_look(cutoffs):  # cheaper than what was done
            settings = replace(settings, method=STATE_ALONE)
        else:
            cost = self.cost(generator)
            self._refuse(replace(cost, seconds=self._harder * cost.seconds), why)
        self._kept = {}
        with threads_for(generator):
            if times is not None:
                assert flat is not None
                found = evolved(generator, flat, times, settings)
            else:
                assert isinstance(generator, Generator)
                found = solved(generator, settings, flat)
        # where there is none, there is nothing to compare that of another size with
        report = found.report
        if report.later is None:
            whole, sector = report.gap is not None, report.sector_gap is not None
            self.settings = replace(self.settings, whole_gap=whole, sector_gap=whole or sector)
        # what it took, and in which way, it will take in a larger space too
        self._dark = found.vector is not None
        self._factorised = cutoffs if report.method == "dense" else {}
        self._harder = max(1.0, generator.applications / USUAL_APPLICATIONS)
        dims, levels = generator.blocks.dimensions, {}
        if mode_labels(self.system):
            levels = mode_populations(found.populations, self.system, dims)
        return Attempt(cutoffs, levels, found)

    def _is_second_look(self, cutoffs: Mapping[str, int]) -> bool:
        """Whether a state is only compared with one of larger cut-offs, found by its factors."""
        larger = self._factorised
        return (
            bool(larger)
            and not self.relaxing
            and all(n <= larger[label] for label, n in cutoffs.items())
        )

    @property
    def _needed(self) -> dict[str, int]:
        return {} if self.initial is None else levels_needed(self.initial, self.system)

    def _refuse(self, cost: Cost, why: str) -> None:
        remedy = _STEADY_REMEDY if self.task.times is None else _EVOLVE_REMEDY
        refuse_if_too_large(self.task.function, cost.memory, self.settings.limit, why or remedy)
        if why:  # a second attempt, of which the user knows nothing
            refuse_if_too_long(self.task.function, cost, why)


def solution_behind_source(
    system: OpenSystem,
    source: LinearSource,
    task: Task,
    initial: DensityState | None,
    settings: Settings,
) -> Solution:
    """The network behind a source that is eliminated by its moments, and always stationary."""
    network, asked = source.network, network_cutoff(source.network, settings.cutoff)

    def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
        options = replace(settings.hierarchy, cutoff=cutoffs)
        dims = truncation.dimensions(network, cutoffs)
        if task.times is None:
            found = hierarchy_steady_state(settings.engine, system, source, options, why)
        else:
            given = None if initial is None else padded(initial, dims)
            found = hierarchy_evolution(
                settings.engine, system, source, task.times, given, options, why
            )
        diagonals = np.array([populations_of(state) for state in _states(found)])
        return Attempt(cutoffs, mode_populations(diagonals, network, dims), found)

    def difference(smaller: Attempt, larger: Attempt) -> float:
        pairs = zip(_states(smaller.found), _states(larger.found), strict=True)
        return max(change_of_state(a, b) for a, b in pairs)

    needed = None if initial is None else levels_needed(initial, network)
    found = grow_cutoffs(network, asked, settings.edge, attempt, difference, needed)
    solution: Solution = found.attempt.found
    return replace(solution, report=_judged(solution.report, found, settings, behind_source=True))


def network_cutoff(network: OpenSystem, cutoff: Cutoff) -> Cutoff:
    """The cut-offs given, as far as they concern the network behind a source."""
    if cutoff is None or isinstance(cutoff, int):
        return cutoff
    kept = {label: size for label, size in cutoff.items() if label in mode_labels(network)}
    return kept or None


def threads_for(generator: AnyGenerator) -> AbstractContextManager[Any]:
    """One BLAS thread unless the blocks are large enough to keep several busy."""
    return one_blas_thread(int(generator.blocks.sizes.max()) < THREADED_BLOCK)


def _judged(
    report: Report, found: Truncated, settings: Settings, behind_source: bool = False
) -> Report:
    """The report with its verdict; a hierarchy is as accurate as `edge` asks, and no more."""
    residual, error = 10 * settings.rtol, ALLOWED_OVER_RTOL * settings.rtol
    if behind_source:
        residual, error = np.inf, max(error, 10 * settings.edge)
    report = judge_state(report, residual, error)
    return judge_truncation(report, found, settings.edge) if found.edges else report


def _states(solution: Solution) -> Sequence[Any]:
    return solution.states or (solution.state,)


def _change(smaller: Attempt, larger: Attempt) -> float:
    return change(smaller.found, larger.found)
