"""The collective engine as an object: its options, what it can do, and at what price."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, ClassVar, Literal, overload

import numpy as np

from darkstate.engines.base import (
    Cost,
    Offer,
    Solution,
    affordable,
    available_memory,
    check_cutoff,
    check_density_options,
    check_memory_limit,
    refuse_if_too_large,
    refused,
)
from darkstate.engines.collective.basis import Blocks, parts_of
from darkstate.engines.collective.cost import evolution_cost, preparation_cost, steady_cost
from darkstate.engines.collective.dark import dark_possible
from darkstate.engines.collective.generator import Flat, Generator, generator_of
from darkstate.engines.collective.initial import as_ensemble_state, flattened, spins_needed
from darkstate.engines.collective.ladder import ENGINE, Settings, evolved, judged, solved
from darkstate.errors import (
    CapacityError,
    DarkstateError,
    EngineMismatchError,
    check_choice,
)
from darkstate.results import Report
from darkstate.results.report import versions
from darkstate.states import DensityState, EnsembleState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble

METHODS = ("auto", "dark", "dense", "krylov", "evolve")
FEWER = "Use fewer atoms, raise memory_limit, or take Moments() for large ensembles."
MAX_MEMBERS = 1_000_000
"""Basis states of blocks that are sorted at most."""


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
        cutoff: Fock states of each mode, if there are modes.
        edge: population allowed in the highest Fock state of a mode.
        krylov_size: vectors of the Krylov space of one time step.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: unknown method or an option out of range.
    """

    method: Literal["auto", "dark", "dense", "krylov", "evolve"] = "auto"
    rtol: float = 1e-9
    cutoff: int | None = None
    edge: float = 1e-7
    krylov_size: int = 30
    memory_limit: float | None = None
    name: ClassVar[str] = ENGINE
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (EnsembleState, PureState, DensityState)

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_density_options(self.rtol, self.edge, self.krylov_size)
        check_cutoff(self.cutoff)
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem) -> Offer:
        """Whether there are ensembles and their blocks fit, and which method comes first."""
        steps: list[str] = []
        try:
            blocks = self._blocks(system, None, steps)
        except DarkstateError as refusal:
            return refused(self.name, refusal, tuple(steps))
        steps.append(f"Conserved charges? {blocks.reason}")
        steps.append(f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks")
        cost = preparation_cost(blocks)
        if cost.memory > self._limit:
            return self._withdrawn(cost, steps)
        generator = generator_of(system, blocks)
        dark = self.method in ("auto", "dark") and dark_possible(generator)
        steps.append(f"Can there be a dark state? {'yes' if dark else 'no'}")
        cost = steady_cost(generator, self.method, dark)
        if cost.memory > self._limit:
            return self._withdrawn(cost, steps)
        why = "as requested"
        if self.method == "auto":
            why = Settings.first_method(blocks.numbers, dark)
        plan = (generator, dark)
        return Offer(self.name, True, why, self.method, tuple(steps), cost, plan)

    def evolution_offer(self, system: OpenSystem, times: Sequence[float]) -> Offer:
        """What an evolution from the default initial state over `times` would cost."""
        offer = self.offer(system)
        if not offer.can:
            return offer
        generator, _ = offer.plan
        cost = evolution_cost(generator, times[-1] - times[0], len(times), self.krylov_size)
        why = "from all atoms down; coherent initial states need blocks without charges"
        offer = replace(offer, method="Krylov propagator", reason=why, cost=cost)
        return affordable(offer, self._limit, FEWER)

    def steady_state(
        self, system: OpenSystem, offer: Offer | None = None, initial: Any = None
    ) -> Solution:
        """The steady state.

        It is a `PureState` if it is dark and within the symmetric subspaces, else an
        `EnsembleState`. Ensembles without local processes conserve their total spin; the state
        is the one at J = N/2, or follows from `initial`.

        Args:
            system: with at least one `Ensemble`.
            offer: saves a look at the system.
            initial: state from which to relax where the steady state is not unique.

        Raises:
            EngineMismatchError: no ensemble.
            NumericalError: not unique (and no `initial`), or not converged.
            CapacityError: it would not fit.
        """
        start = time.perf_counter()
        if initial is not None or self.method == "evolve":
            generator, flat = self._started(system, initial)
            found = solved(generator, self._settings, flat, False)
        else:
            offer = offer or self.offer(system)
            if not offer.can:
                raise self._refusal(system, offer)
            generator, dark = offer.plan
            found = solved(generator, self._settings, None, dark)
        return Solution(found.state, self._finished(found.report, start))

    def evolve(self, system: OpenSystem, times: Sequence[float], initial: Any = None) -> Solution:
        """States at `times`, `initial` (all atoms down by default) at ``times[0]``.

        Raises:
            EngineMismatchError: no ensemble.
            ArgumentError: an initial state of other spaces.
            CapacityError: it would not fit.
            NumericalError: too stiff for the accuracy asked.
        """
        start = time.perf_counter()
        generator, flat = self._started(system, initial, times)
        kept, report = evolved(generator, flat, times, self._settings)
        states = States(generator.blocks, kept)
        return Solution(states[-1], self._finished(report, start), states)

    def _started(
        self, system: OpenSystem, initial: Any, times: Sequence[float] | None = None
    ) -> tuple[Generator, Flat]:
        """The generator on the blocks that an initial state needs, and that state on them."""
        state = None if initial is None else as_ensemble_state(initial, system)
        blocks = self._blocks(system, state, [])
        self._refuse("initial state", preparation_cost(blocks))
        flat, complete = flattened(state, blocks)
        if not complete:
            blocks = Blocks.of(system, blocks.parts, charged=False)
            self._refuse("coherent initial state", preparation_cost(blocks))
            flat, _ = flattened(state, blocks)
        generator = generator_of(system, blocks)
        horizon = 4e4 / generator.rate if times is None else times[-1] - times[0]
        count = 1 if times is None else len(times)
        cost = evolution_cost(generator, horizon, count, self.krylov_size)
        self._refuse("evolution", cost)
        if generator.real and not np.any(np.imag(flat)):
            flat = np.ascontiguousarray(np.real(flat))
        return generator, flat

    def _blocks(self, system: OpenSystem, state: Any, steps: list[str]) -> Blocks:
        """Members and blocks of a system, or a refusal before anything large is made."""
        ensembles = [space for space in system.spaces if isinstance(space, Ensemble)]
        names = ", ".join(f"'{space.label}' of {space.atoms} atoms" for space in ensembles)
        steps.append(f"Are there ensembles? {names or 'no'}")
        if not ensembles:
            raise no_ensemble(system)
        parts = parts_of(system, self.cutoff, spins_needed(state, system))
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

    def _withdrawn(self, cost: Cost, steps: list[str]) -> Offer:
        why = f"it would need {cost}, more memory than the limit allows."
        return Offer(self.name, False, why, self.method, tuple(steps), cost, remedy=FEWER)

    def _refusal(self, system: OpenSystem, offer: Offer) -> DarkstateError:
        if not any(isinstance(space, Ensemble) for space in system.spaces):
            return no_ensemble(system)
        return CapacityError(f"`steady_state` was refused: {offer.reason}", offer.remedy)

    def _refuse(self, what: str, cost: Cost) -> None:
        refuse_if_too_large(
            what, cost.memory, self._limit, "Use fewer atoms or raise memory_limit."
        )

    @property
    def _limit(self) -> float:
        return self.memory_limit or 0.5 * available_memory()

    @property
    def _settings(self) -> Settings:
        return Settings(self.method, self.rtol, self.krylov_size, self.edge)

    def _finished(self, report: Report, start: float) -> Report:
        options = {"method": self.method, "rtol": self.rtol, "cutoff": self.cutoff}
        provenance = {"engine options": options, "versions": versions()}
        report = judged(report, self._settings)
        return report.with_(seconds=time.perf_counter() - start, provenance=provenance)


def no_ensemble(system: OpenSystem) -> EngineMismatchError:
    """The refusal of a system without ensembles."""
    kinds = ", ".join(sorted({type(space).__name__ for space in system.spaces}))
    return EngineMismatchError(
        f"The engine '{ENGINE}' is for ensembles of atoms, but the system has only {kinds}.",
        "Declare atoms as Ensemble(label, atoms), or use Lindblad().",
    )
