"""The collective engine as an object: its options, what it can do, and at what price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, ClassVar, Literal, overload

import numpy as np

from darkstate.checks import check_choice
from darkstate.engines.assess import ALLOWED_OVER_RTOL, judge_state, judge_truncation
from darkstate.engines.collective.basis import Blocks, parts_of
from darkstate.engines.collective.cost import evolution_cost, preparation_cost, steady_cost
from darkstate.engines.collective.dark import dark_possible
from darkstate.engines.collective.generator import Flat, Generator, generator_of
from darkstate.engines.collective.initial import as_ensemble_state, flattened, spins_needed
from darkstate.engines.collective.strategy import ENGINE, Kept, Settings, evolved, solved
from darkstate.engines.compile import smallest_rate
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_density_options,
    check_memory_limit,
    refuse_if_too_long,
    refused,
)
from darkstate.engines.truncation import (
    Attempt,
    Cutoff,
    check_cutoff,
    first_cutoffs,
    grow_cutoffs,
    levels_needed,
    mode_populations,
)
from darkstate.errors import CapacityError, DarkstateError, EngineMismatchError
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.results import Report
from darkstate.states import DensityState, EnsembleState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble

METHODS = ("auto", "dark", "dense", "krylov", "evolve")
FEWER = "Use fewer atoms, raise memory_limit, or take Moments() for large ensembles."
MAX_MEMBERS = 1_000_000
"""Basis states of blocks that are sorted at most."""
_RELAXED = 4e4
"""Time in which most systems relax, over the largest rate."""


@dataclass(frozen=True)
class States(Sequence[EnsembleState]):
    """States over time, kept flattened and expanded one by one when looked at."""

    blocks: Blocks
    kept: list[Flat] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.kept)

    @overload
    def __getitem__(self, index: int) -> EnsembleState: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[EnsembleState]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """The state (or states) at a position in time."""
        if isinstance(index, slice):
            return States(self.blocks, self.kept[index])
        return self.blocks.state(self.kept[index])


@dataclass(frozen=True)
class Collective:
    """Exact engine for ensembles of atoms, by permutation symmetry.

    Collective jumps keep the symmetric subspace (N + 1 states); processes on single atoms
    (``Jump(each_atom=True)``) need all total spins, and still only about N^3/6 numbers for one
    ensemble instead of 4^N. Charges that the system conserves divide these further. Qubits, spins
    and, with `cutoff`, modes may stand beside the ensembles.

    Args:
        method: ``"auto"``, ``"dark"`` (pure steady states, in Hilbert space), ``"dense"`` (small
            sectors), ``"krylov"`` (preconditioned GMRES) or ``"evolve"`` (until stationary).
        rtol: relative residual asked of steady states; evolutions are accurate to 1000 rtol.
        cutoff: Fock states per mode, one number for all or ``{"a": 6}``; modes without one grow,
            each by itself, until larger cut-offs agree.
        edge: population allowed in the highest Fock states of a mode, at all times.
        krylov_size: vectors of the Krylov space of one time step.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: unknown method or an option out of range.
    """

    method: Literal["auto", "dark", "dense", "krylov", "evolve"] = "auto"
    rtol: float = 1e-9
    cutoff: Cutoff = None
    edge: float = 1e-7
    krylov_size: int = 30
    memory_limit: float | None = None
    name: ClassVar[str] = ENGINE
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (EnsembleState, PureState, DensityState)
    references: ClassVar[References] = (
        ("chase2008", "permutation symmetry in the collective engine"),
        ("kraus2008", "dark states, which the collective engine looks for first"),
    )

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_density_options(self.rtol, self.edge, self.krylov_size)
        object.__setattr__(self, "cutoff", check_cutoff(self.cutoff))
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem, task: Task) -> Offer:
        """Whether there are ensembles and their blocks fit, and which method comes first."""
        steps: list[str] = []
        try:
            blocks = self._blocks(system, None, first_cutoffs(system, self.cutoff), steps)
        except DarkstateError as refusal:
            return refused(self.name, refusal, tuple(steps))
        steps.append(f"Conserved charges? {blocks.reason}")
        steps.append(f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks")
        cost, first = preparation_cost(blocks), None
        method, why = self.method, "as requested"
        if cost.memory <= self._limit:  # else nothing more is looked at
            generator = generator_of(system, blocks)
            dark = self.method in ("auto", "dark") and dark_possible(generator)
            first = (generator, dark)
            steps.append(f"Can there be a dark state? {'yes' if dark else 'no'}")
            cost = steady_cost(generator, self.method, dark)
            if self.method == "auto":
                why = Settings.first_method(blocks.numbers, dark)
            if task.times is not None:
                span, count = task.times[-1] - task.times[0], len(task.times)
                cost = evolution_cost(generator, span, count, self.krylov_size)
            elif task.initial is not None:
                cost = evolution_cost(generator, _RELAXED / generator.rate, 1, self.krylov_size)
        if task.times is not None:
            method = "Krylov propagator"
            why = "from all atoms down; coherent initial states need blocks without charges"

        def solve() -> Solution:
            given = None if task.initial is None else as_ensemble_state(task.initial, system)
            if task.times is not None:
                return self._evolved(system, task.times, given)
            return self._steady(system, first, given)

        return Offer(self.name, why, method, tuple(steps), cost, solve=solve, smaller=FEWER)

    def _steady(
        self,
        system: OpenSystem,
        first: tuple[Generator, bool] | None,
        given: EnsembleState | PureState | None,
    ) -> Solution:
        """The steady state.

        It is a `PureState` if it is dark and within the symmetric subspaces, else an
        `EnsembleState`. Ensembles without local processes conserve their total spin; the state
        is the one at J = N/2, or follows from the initial state.

        Raises:
            NumericalError: not unique (and no initial state), or not converged.
            CapacityError: it would not fit.
        """
        relaxing = given is not None or self.method == "evolve"
        settings = replace(self._settings, smallest_rate=smallest_rate(system))

        def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
            nonlocal first
            if relaxing:
                generator, flat = self._started(system, given, cutoffs)
                return _attempt(system, cutoffs, solved(generator, settings, flat, False))
            generator, dark = first or self._prepared(system, cutoffs, why)
            first = None
            return _attempt(system, cutoffs, solved(generator, settings, None, dark))

        kept, report = self._settled(system, attempt, given)
        return Solution(kept.state, report)

    def _evolved(
        self,
        system: OpenSystem,
        times: Sequence[float],
        given: EnsembleState | PureState | None,
    ) -> Solution:
        """States at `times`, the initial one (all atoms down by default) at the first.

        Raises:
            CapacityError: it would not fit.
            NumericalError: too stiff for the accuracy asked.
        """

        def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
            generator, flat = self._started(system, given, cutoffs, times)
            return _attempt(system, cutoffs, evolved(generator, flat, times, self._settings))

        kept, report = self._settled(system, attempt, given)
        states = States(kept.generator.blocks, kept.flats)
        return Solution(states[-1], report, states)

    def _settled(
        self,
        system: OpenSystem,
        attempt: Callable[[dict[str, int], str], Attempt],
        given: EnsembleState | PureState | None,
    ) -> tuple[Kept, Report]:
        """What was found with cut-offs that are large enough, and the verdict on it."""
        least = None if given is None else levels_needed(given, system)
        found = grow_cutoffs(system, self.cutoff, self.edge, attempt, _change, least)
        kept: Kept = found.attempt.found
        report = judge_state(kept.report, 10 * self.rtol, ALLOWED_OVER_RTOL * self.rtol)
        return kept, judge_truncation(report, found, self.edge) if found.edges else report

    def _prepared(
        self, system: OpenSystem, cutoffs: dict[str, int], why: str
    ) -> tuple[Generator, bool]:
        """The generator with these cut-offs, and whether there may be dark states.

        Raises:
            CapacityError: it would not fit.
        """
        blocks = self._blocks(system, None, cutoffs, [])
        self._refuse("steady_state", preparation_cost(blocks), why)
        generator = generator_of(system, blocks)
        dark = self.method in ("auto", "dark") and dark_possible(generator)
        self._refuse("steady_state", steady_cost(generator, self.method, dark), why)
        return generator, dark

    def _started(
        self,
        system: OpenSystem,
        state: EnsembleState | PureState | None,
        cutoffs: dict[str, int],
        times: Sequence[float] | None = None,
    ) -> tuple[Generator, Flat]:
        """The generator on the blocks that an initial state needs, and that state on them."""
        blocks = self._blocks(system, state, cutoffs, [])
        self._refuse("initial state", preparation_cost(blocks))
        flat, complete = flattened(state, blocks)
        if not complete:
            blocks = Blocks.of(system, blocks.parts, charged=False)
            self._refuse("coherent initial state", preparation_cost(blocks))
            flat, _ = flattened(state, blocks)
        generator = generator_of(system, blocks)
        horizon = _RELAXED / generator.rate if times is None else times[-1] - times[0]
        count = 1 if times is None else len(times)
        cost = evolution_cost(generator, horizon, count, self.krylov_size)
        self._refuse("evolution", cost)
        if generator.real and not np.any(np.imag(flat)):
            flat = np.ascontiguousarray(np.real(flat))
        return generator, flat

    def _blocks(
        self, system: OpenSystem, state: Any, cutoffs: dict[str, int], steps: list[str]
    ) -> Blocks:
        """Members and blocks of a system, or a refusal before anything large is made."""
        ensembles = [space for space in system.spaces if isinstance(space, Ensemble)]
        names = ", ".join(f"'{space.label}' of {space.atoms} atoms" for space in ensembles)
        steps.append(f"Are there ensembles? {names or 'no'}")
        if not ensembles:
            raise no_ensemble(system)
        parts = parts_of(system, cutoffs, spins_needed(state, system))
        local = [part.space.label for part in parts if part.dicke and part.dicke.spins > 1]
        how = f"yes, in {', '.join(local)}: all total spins" if local else "no: symmetric subspace"
        steps.append(f"Do processes act on single atoms? {how}")
        members = prod(part.dimension for part in parts)
        steps.append(f"{' x '.join(str(part.dimension) for part in parts)} basis states of blocks")
        if members > MAX_MEMBERS:
            raise CapacityError(
                f"{members:.3g} basis states of blocks are more than {MAX_MEMBERS}, the most that "
                "are sorted.",
                FEWER,
            )
        return Blocks.of(system, parts)

    def _refuse(self, what: str, cost: Cost, why: str = "") -> None:
        remedy = why or "Use fewer atoms or raise memory_limit."
        refuse_if_too_large(what, cost.memory, self._limit, remedy)
        if why:  # a second attempt, of which the user knows nothing
            refuse_if_too_long(what, cost, why)

    @property
    def _limit(self) -> float:
        return memory_limit(self.memory_limit)

    @property
    def _settings(self) -> Settings:
        return Settings(self.method, self.rtol, self.krylov_size, self.edge)


def no_ensemble(system: OpenSystem) -> EngineMismatchError:
    """The refusal of a system without ensembles."""
    kinds = ", ".join(sorted({type(space).__name__ for space in system.spaces}))
    return EngineMismatchError(
        f"The engine '{ENGINE}' is for ensembles of atoms, but the system has only {kinds}.",
        "Declare atoms as Ensemble(label, atoms), or use Lindblad().",
    )


def _attempt(system: OpenSystem, cutoffs: dict[str, int], kept: Kept) -> Attempt:
    """What was found, with the level populations of the modes at all times."""
    blocks = kept.generator.blocks
    diagonals = np.array([np.real(flat[blocks.diagonal]) for flat in kept.flats])
    dims = tuple(part.dimension for part in blocks.parts)
    return Attempt(cutoffs, mode_populations(diagonals, system, dims), kept)


def _change(smaller: Attempt, larger: Attempt) -> float:
    """Largest trace norm of the difference of the states kept."""
    first: Kept = smaller.found
    second: Kept = larger.found
    small, large = first.generator.blocks, second.generator.blocks
    dims = tuple(part.dimension for part in large.parts)
    members = np.unravel_index(np.arange(small.dimension), [p.dimension for p in small.parts])
    moved = np.ravel_multi_index(members, dims)
    kets, bras = small.entries
    place = large.position(moved[kets], moved[bras])
    worst = 0.0
    for before, after in zip(first.flats, second.flats, strict=True):
        difference = after.astype(complex)
        difference[place] -= before
        worst = max(worst, trace_norm(large, difference))
    return worst


def trace_norm(blocks: Blocks, flat: Flat) -> float:
    """Sum of the moduli of the eigenvalues of a Hermitian matrix on the blocks."""
    values = [np.linalg.eigvalsh(stack.matrices(flat)) for stack in blocks.stacks]
    return float(sum(np.abs(each).sum() for each in values))
