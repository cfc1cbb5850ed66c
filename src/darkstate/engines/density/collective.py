"""The collective engine: ensembles of atoms by permutation symmetry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

from darkstate.engines.contract import Offer, References, Task
from darkstate.engines.density.attempts import Attempts
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.cost import least_cost
from darkstate.engines.density.dark import dark_possible
from darkstate.engines.density.factors import Factor, dicke_factors
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.initial import as_ensemble_state, spins_needed
from darkstate.engines.density.options import DensityOptions
from darkstate.engines.density.strategy import evolution_method, first_method
from darkstate.engines.truncation import first_cutoffs
from darkstate.errors import CapacityError, EngineMismatchError
from darkstate.states import DensityState, EnsembleState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble

FEWER = "Use fewer atoms, raise memory_limit, or take Moments() for large ensembles."
MOST_STATES = 1_000_000
"""Basis states that are sorted at most."""


@dataclass(frozen=True)
class Collective(DensityOptions):
    """Exact engine for ensembles of atoms, by permutation symmetry.

    Collective jumps keep the symmetric subspace (N + 1 states); processes on single atoms
    (``Jump(each_atom=True)``) need all total spins, and still only about N^3/6 numbers for one
    ensemble instead of 4^N. Charges that the system conserves divide these further. Qubits, spins
    and, with `cutoff`, modes may stand beside the ensembles.

    A steady state is a `PureState` if it is dark and within the symmetric subspaces, else an
    `EnsembleState`. Ensembles without local processes conserve their total spin; the state is the
    one at J = N/2, or follows from the initial state.

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
    name: ClassVar[str] = "collective"
    methods: ClassVar[tuple[str, ...]] = ("auto", "dark", "dense", "krylov", "evolve")
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (EnsembleState, PureState, DensityState)
    follows_drives: ClassVar[bool] = True
    references: ClassVar[References] = (
        ("chase2008", "permutation symmetry in the collective engine"),
        ("kraus2008", "dark states, which the collective engine looks for first"),
    )

    def _offer(self, system: OpenSystem, task: Task, steps: list[str]) -> Offer:
        ensembles = [space for space in system.spaces if isinstance(space, Ensemble)]
        names = ", ".join(f"'{space.label}' of {space.atoms} atoms" for space in ensembles)
        steps.append(f"Are there ensembles? {names or 'no'}")
        if not ensembles:
            raise _no_ensemble(system)
        given = None if task.initial is None else as_ensemble_state(task.initial, system)
        spins = spins_needed(given, system)

        def make_blocks(cutoffs: Mapping[str, int], charged: bool) -> Blocks:
            return _blocks(system, dicke_factors(system, cutoffs, spins), charged)

        first = first_cutoffs(system, self.cutoff)
        steps += _basis_steps(dicke_factors(system, first, spins))
        attempts = Attempts(system, task, given, make_blocks, self.settings(system))
        blocks = attempts.blocks(first)
        steps.append(f"Conserved charges? {blocks.reason}")
        steps.append(f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks")
        cost = least_cost(blocks)
        method, why = self.method, "as requested"
        if cost.memory <= self.limit:  # else nothing more is looked at
            generator = attempts.first()
            if isinstance(generator, Generator):
                dark = self.method in ("auto", "dark") and dark_possible(generator)
                steps.append(f"Can there be a dark state? {'yes' if dark else 'no'}")
                why = first_method(generator, self.method, dark, self.limit)
            cost = attempts.cost(generator)
        if task.times is not None:
            method = evolution_method(system)
            why = "from all atoms down; coherent initial states need blocks without charges"
        solve = attempts.solution
        return Offer(self.name, why, method, tuple(steps), cost, solve=solve, smaller=FEWER)

    def _state_blocks(self, system: OpenSystem, state: EnsembleState, charged: bool) -> Blocks:
        sizes = zip(system.labels, state.dimensions, strict=True)
        factors = dicke_factors(system, dict(sizes), spins_needed(state, system))
        return _blocks(system, factors, charged)


def _basis_steps(factors: Sequence[Factor]) -> list[str]:
    """What is said about the basis."""
    local = [f.space.label for f in factors if f.dicke and f.dicke.spins > 1]
    how = f"yes, in {', '.join(local)}: all total spins" if local else "no: symmetric subspace"
    sizes = " x ".join(str(f.dimension) for f in factors)
    return [f"Do processes act on single atoms? {how}", f"{sizes} basis states of blocks"]


def _blocks(system: OpenSystem, factors: tuple[Factor, ...], charged: bool) -> Blocks:
    """Basis states and blocks of a system, or a refusal before anything large is made."""
    states = prod(factor.dimension for factor in factors)
    if states > MOST_STATES:
        raise CapacityError(
            f"{states:.3g} basis states of blocks are more than {MOST_STATES}, the most that "
            "are sorted.",
            FEWER,
        )
    return Blocks.of(system, factors, charged=charged)


def _no_ensemble(system: OpenSystem) -> EngineMismatchError:
    """The refusal of a system without ensembles."""
    kinds = ", ".join(sorted({type(space).__name__ for space in system.spaces}))
    return EngineMismatchError(
        f"The engine 'collective' is for ensembles of atoms, but the system has only {kinds}.",
        "Declare atoms as Ensemble(label, atoms), or use Lindblad().",
    )
