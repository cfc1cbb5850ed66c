"""The Lindblad engine as an object: its options, what it can do, and at what price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log, log2, prod
from typing import Any, ClassVar, Literal

import numpy as np

from darkstate.engines import truncation
from darkstate.engines.capabilities import BatchTask, PurificationTask
from darkstate.engines.contract import (
    UNASKED_SECONDS,
    Cost,
    Offer,
    References,
    Solution,
    Task,
)
from darkstate.engines.density.attempts import (
    Attempts,
    MakeBlocks,
    network_cutoff,
    solution_behind_source,
    threads_for,
)
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.batch import batch_offer
from darkstate.engines.density.compile import compiled, dimensions, product_blocks
from darkstate.engines.density.cost import START, dark_cost, least_cost
from darkstate.engines.density.dark import dark_possible
from darkstate.engines.density.evolution import first_purification
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.hierarchy.route import HIERARCHY_REFERENCES, hierarchy_offer
from darkstate.engines.density.initial import density_of, flattened
from darkstate.engines.density.options import DensityOptions
from darkstate.engines.density.response import LinearResponse
from darkstate.engines.density.slowest import SlowestModes
from darkstate.engines.density.strategy import EVOLUTION_OVER_RTOL, evolution_method, first_method
from darkstate.engines.density.transient import TwoWayEvolution
from darkstate.engines.photons import expected_levels
from darkstate.engines.truncation import (
    Dimensions,
    first_cutoffs,
    given_cutoffs,
    mode_labels,
)
from darkstate.errors import ArgumentError, CapacityError
from darkstate.results import Report, Status
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import LinearSource, linear_source

LARGEST_DIMENSION = 2**14
PREPARATION = "Krylov steps"
_STEP = 1.5
"""Growth of a cut-off from one attempt to the next."""
_LOOKS = 3.0
"""What attempts take where a second look is all that is expected, in units of the first."""
_GROWTH = 1.25
"""Power of the numbers of a density matrix with which time grows, all attempts together."""
_ENDED = 3 * UNASKED_SECONDS
"""Growth ends before an attempt that would take `UNASKED_SECONDS`; those before take twice more."""
_COUNTED = 4096
"""Basis states up to which the numbers of larger cut-offs are counted, not estimated."""
SMALLER = (
    "Use fewer nodes, lower cut-offs, raise edge or memory_limit, or Cascade() for the steady "
    "states of one-way networks."
)
OFF_BLOCK = 1e-20
"""Squared part of a right-hand side between blocks, up to which it is rounding of its making."""
TWO_WAY_ACCURACY = 1e-11
"""Of evolutions of states and observables, relative to their norms."""
_PURITY_ACCURACY = 1e-5
"""Of the impurity at which preparation ends: how well it is followed."""


@dataclass(frozen=True)
class Lindblad(DensityOptions):
    """Exact engine for qubits, spins and modes.

    Modes that are a linear source of the rest (`darkstate.systems.traits.linear_source`) are
    eliminated exactly by the hierarchy of their moments, unless `cutoff` asks for Fock states.

    Args:
        method: ``"auto"``, ``"dark"`` (pure steady states, in Hilbert space), ``"dense"`` (small
            sectors), ``"krylov"`` (preconditioned GMRES), ``"evolve"`` (until stationary) or
            ``"hierarchy"`` (a linear source eliminated by its moments).
        rtol: relative residual asked of steady states; evolutions are accurate to 1000 rtol.
        cutoff: Fock states per mode, one number for all or ``{"a": 6, "b": 16}``; modes without one
            grow, each by itself, until the population of the highest levels is below `edge` at all
            times and larger cut-offs agree. Given ones are compared with smaller ones.
        edge: error allowed by truncation: population of the highest Fock states of a mode (its
            square root as change of the state, in trace norm), or change of the state by deepening
            the hierarchy of a source.
        krylov_size: vectors of the Krylov space of one time step.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: unknown method or an option out of range.
    """

    method: Literal["auto", "dark", "dense", "krylov", "evolve", "hierarchy"] = "auto"
    name: ClassVar[str] = "lindblad"
    methods: ClassVar[tuple[str, ...]] = (
        "auto", "dark", "dense", "krylov", "evolve", "hierarchy"
    )  # fmt: skip
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (PureState, DensityState)
    follows_drives: ClassVar[bool] = True
    references: ClassVar[References] = (
        ("kraus2008", "dark states, which the lindblad engine looks for first"),
    )

    def _offer(self, system: OpenSystem, task: Task, steps: list[str]) -> Offer:
        source = self._source(system)
        network = system if source is None else source.network
        dims = dimensions(network, network_cutoff(network, self.cutoff))
        steps.append(
            f"How large is the Hilbert space? {_size_text(dims)} states in {len(dims)} spaces"
        )
        _check_size(dims)
        if source is None:
            return self._fock_offer(system, task, steps)
        return self._source_offer(system, source, task)

    def _in_fock_space(self, system: OpenSystem) -> Lindblad:
        """This engine, with all modes in Fock space (the source's moments tell no other times)."""
        return replace(self, method="krylov") if self._source(system) is not None else self

    def _state_blocks(self, system: OpenSystem, state: Any, charged: bool) -> Blocks:
        return product_blocks(system, state.dimensions, charged=charged)

    def _source_offer(self, system: OpenSystem, source: LinearSource, task: Task) -> Offer:
        """For the network behind a source that is eliminated; the source is always stationary."""
        settings = self.settings(system)
        asked = network_cutoff(source.network, self.cutoff)
        options = replace(settings.hierarchy, cutoff=asked)

        def solve() -> Solution:
            given = _given(task, source.network.labels)
            return solution_behind_source(system, source, task, given, settings)

        offer = hierarchy_offer(self.name, system, source, options, solve)
        cost = offer.cost
        if self.method != "auto" and cost is not None:  # as deep as there is room for
            offer = replace(offer, cost=replace(cost, memory=min(cost.memory, settings.limit)))
        return replace(
            offer, smaller=SMALLER, labels=source.network.labels, references=HIERARCHY_REFERENCES
        )

    def _fock_offer(self, system: OpenSystem, task: Task, steps: list[str]) -> Offer:
        """For all modes in Fock space."""
        times, modes = task.times, mode_labels(system)
        given = _given(task, system.labels)

        def make_blocks(cutoffs: Mapping[str, int], charged: bool) -> Blocks:
            return product_blocks(system, truncation.dimensions(system, cutoffs), charged=charged)

        attempts = Attempts(system, task, given, make_blocks, self.settings(system))
        if modes:
            steps.append(f"Fock cut-off of {', '.join(modes[:4])}: {self._growth(system)}")
        first = first_cutoffs(system, self.cutoff)
        blocks = attempts.blocks(first)
        steps.append(f"Conserved charges? {blocks.reason}")
        steps.append(f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks")
        method, why = self.method, "as requested"
        cost = least_cost(blocks)
        if cost.memory <= self.limit:  # else compiling is too large already
            generator = attempts.first()
            cost = attempts.cost(generator)
            if isinstance(generator, Generator) and times is None:
                dark = dark_possible(generator)
                why = first_method(generator, self.method, dark, self.limit)
            if len(given_cutoffs(system, self.cutoff)) < len(modes):
                dark = why.startswith("dark")
                cost = self._grown(system, cost, blocks, make_blocks, dark)
        if times is not None:
            method, why = evolution_method(system), "as for all sizes"
        solve = attempts.solution
        return Offer(self.name, why, method, tuple(steps), cost, solve=solve, smaller=SMALLER)

    def _grown(
        self, system: OpenSystem, cost: Cost, blocks: Blocks, make_blocks: MakeBlocks, dark: bool
    ) -> Cost:
        """The price of all attempts, with the cut-offs that growth is expected to end with."""
        first = first_cutoffs(system, self.cutoff)
        grown = self._expected(system) or first
        dims = truncation.dimensions(system, grown)
        attempts = 3.0 + max(log(grown[k] / n) / log(_STEP) for k, n in first.items())
        larger = make_blocks(grown, True) if prod(dims) <= _COUNTED else None
        more = (prod(dims) / prod(blocks.dimensions)) ** 2
        if larger is not None:  # charges keep it from growing as fast
            more = larger.numbers / blocks.numbers
        rest = (cost.seconds - START) * max(_LOOKS, more**_GROWTH)
        if larger is not None and dark:
            rest = 3.0 * dark_cost(larger).seconds
        seconds = attempts * START + max(0.0, rest)
        return replace(cost, seconds=min(seconds, max(cost.seconds, _ENDED)))

    def _growth(self, system: OpenSystem) -> str:
        """How cut-offs are found."""
        fixed, modes = given_cutoffs(system, self.cutoff), mode_labels(system)
        if fixed:
            return "fixed" if len(fixed) == len(modes) else f"fixed for {', '.join(fixed)}"
        first = list(first_cutoffs(system, self.cutoff).values())
        sizes = ", ".join(map(str, first[:4]))
        grown = ", ".join(map(str, list(self._expected(system).values())[:4]))
        expected = "the cost is theirs"
        if grown:
            expected = f"about {grown} are expected, and the time is theirs"
        return f"{sizes} at first; {expected}; grown until larger ones agree"

    def _expected(self, system: OpenSystem) -> dict[str, int]:
        """Cut-offs that growth is expected to end with; empty if it is not expected."""
        first, given = first_cutoffs(system, self.cutoff), given_cutoffs(system, self.cutoff)
        if len(given) == len(first):
            return {}
        levels = expected_levels(system, self.edge)
        found = {k: n if k in given else max(n, levels.get(k, 0)) for k, n in first.items()}
        return found if found != first else {}

    def linear_response(self, system: OpenSystem, state: Any, *of: Any) -> LinearResponse:
        """What solves for answers of a steady state to all that is small.

        Args:
            system: the system.
            state: its steady state.
            of: matrices on the right-hand sides: coherences between charges are kept if one of
                them has any.

        Raises:
            ArgumentError: modes without `cutoff`.
        """
        blocks = product_blocks(system, self._fixed_dimensions(system))
        if any(blocks.off_block_weight(m) > OFF_BLOCK * np.linalg.norm(m) ** 2 for m in of):
            blocks = product_blocks(system, blocks.dimensions, charged=False)
        generator = compiled(system, blocks)
        rho = flattened(density_of(state, system.labels), generator.blocks)[0]
        return LinearResponse(generator, generator.narrowed(rho), max(self.rtol, 1e-10), self.limit)

    def two_way_evolution(self, system: OpenSystem, initial: Any, of: Any) -> TwoWayEvolution:
        """Evolutions of states from the time zero, and of observables back to it.

        Args:
            system: the system.
            initial: the state at the time zero; None for the ground state.
            of: an observable (D, D): coherences between charges are kept if it has any.

        Raises:
            ArgumentError: modes without `cutoff`; no state of the system.
        """
        blocks = product_blocks(system, self._fixed_dimensions(system))
        given = None if initial is None else density_of(initial, system.labels)
        complete = flattened(given, blocks)[1]
        if not complete or blocks.off_block_weight(of) > OFF_BLOCK * np.linalg.norm(of) ** 2:
            blocks = product_blocks(system, blocks.dimensions, charged=False)
        generator = compiled(system, blocks)
        flat = generator.narrowed(flattened(given, generator.blocks)[0])
        return TwoWayEvolution(generator, flat, TWO_WAY_ACCURACY, self.krylov_size, self.limit)

    def slowest_modes(self, system: OpenSystem) -> SlowestModes:
        """What relaxes most slowly.

        Raises:
            ArgumentError: modes without `cutoff`.
            CapacityError: too large to be diagonalised.
            NumericalError: the slowest rate is defective.
        """
        generator = compiled(system, product_blocks(system, self._fixed_dimensions(system)))
        alone = len(generator.blocks.sizes) == 1
        return SlowestModes(generator if alone else generator.on_the_whole_space())

    def offer_purification(self, system: OpenSystem, task: PurificationTask) -> Offer:
        """The time at which the state is pure again.

        Raises:
            ArgumentError: a mode has no cutoff.
            CapacityError: too many basis states.
        """
        dims = self._fixed_dimensions(system)
        _check_size(dims)
        blocks = product_blocks(system, dims)

        def solve() -> Solution:
            generator = compiled(system, blocks)
            flat, impurity = generator.blocks.ground(generator.dtype), task.impurity
            rtol = min(EVOLUTION_OVER_RTOL * self.rtol, _PURITY_ACCURACY * impurity)
            size, longest = self.krylov_size, task.longest
            with threads_for(generator):
                time = first_purification(generator, flat, impurity, rtol, size, longest)
            return Solution(time, Report(self.name, PREPARATION, Status.CONVERGED))

        why, cost = "followed until it is pure", least_cost(blocks)
        steps = (f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks",)
        return Offer(self.name, why, PREPARATION, steps, cost, solve=solve, smaller=SMALLER)

    def offer_batch(self, system: OpenSystem, task: BatchTask) -> Offer:
        """The steady states of all samples, each with a verdict of its own; see `batch.py`."""
        return batch_offer(
            self, system, task, lambda one: product_blocks(one, dimensions(one, None))
        )

    def _fixed_dimensions(self, system: OpenSystem) -> Dimensions:
        """Dimensions where cut-offs are not grown.

        Raises:
            ArgumentError: a mode has no cutoff.
        """
        missing = [k for k in mode_labels(system) if k not in given_cutoffs(system, self.cutoff)]
        if missing:
            remedy = f"Use Lindblad(cutoff={{'{missing[0]}': 10}})."
            raise ArgumentError("cutoff", "be given for every mode here", self.cutoff, remedy)
        return dimensions(system, self.cutoff)

    def _source(self, system: OpenSystem) -> LinearSource | None:
        """The source to be eliminated, if that is wanted and possible.

        Raises:
            ArgumentError: the hierarchy was asked for, but there is no linear source; a cut-off of
                what is no mode of the system.
        """
        given_cutoffs(system, self.cutoff)
        wanted = self.method == "hierarchy"
        if not wanted and (self.method != "auto" or isinstance(self.cutoff, int)):
            return None
        trait = linear_source(system)
        if wanted and not trait.holds:
            remedy = f"{trait.reason}. Use method='auto'."
            raise ArgumentError("system", "have a linear source", system.labels, remedy)
        source = trait.evidence
        if wanted or source is None or not isinstance(self.cutoff, Mapping):
            return source
        in_fock_space = any(mode.label in self.cutoff for mode in source.modes)
        return None if in_fock_space else source


def _given(task: Task, labels: tuple[str, ...]) -> DensityState | None:
    """The initial state as a density matrix, if there is one."""
    return None if task.initial is None else density_of(task.initial, labels)


def _size_text(dims: Dimensions) -> str:
    digits = sum(log2(n) for n in dims)
    return f"{prod(dims)}" if digits < 60 else f"2^{digits:.0f}"


def _check_size(dims: Dimensions) -> None:
    """That density matrices may be tried.

    Raises:
        CapacityError: too many basis states.
    """
    if sum(log2(n) for n in dims) > log2(LARGEST_DIMENSION):
        reason = (
            f"{_size_text(dims)} basis states are more than {LARGEST_DIMENSION}, the most that "
            "density matrices are tried for."
        )
        raise CapacityError(reason, SMALLER)
