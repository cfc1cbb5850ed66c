"""The Lindblad engine as an object: its options, what it can do, and at what price."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from math import log2, prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

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
from darkstate.engines.lindblad.adjoint import adjoint_solution
from darkstate.engines.lindblad.compile import compiled, dimensions
from darkstate.engines.lindblad.cost import evolution_cost, least_cost, steady_cost
from darkstate.engines.lindblad.evolution import StoredStates, evolve_through, first_purification
from darkstate.engines.lindblad.fock import edge_populations, grown, require_room
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.hierarchy.route import (
    Options,
    hierarchy_evolution,
    hierarchy_offer,
    hierarchy_steady_state,
)
from darkstate.engines.lindblad.ladder import (
    ENGINE,
    Settings,
    density_of,
    first_method,
    flattened,
    is_coherent,
    judged,
    least_eigenvalue,
    report_of,
    solved,
)
from darkstate.engines.lindblad.sectors import Sectors
from darkstate.engines.lindblad.steady import DENSE_NUMBERS
from darkstate.errors import ArgumentError, DarkstateError, check_choice
from darkstate.linalg.threads import one_blas_thread
from darkstate.results import Report, Status
from darkstate.results.report import versions
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Mode
from darkstate.systems.traits import LinearSource, linear_source

METHODS = ("auto", "dark", "dense", "krylov", "evolve", "hierarchy")
FIRST_CUTOFF = 4
LARGEST_DIMENSION = 2**14
SMALLER = (
    "Use fewer nodes, lower cut-offs, raise edge or memory_limit, or Cascade() for the steady "
    "states of one-way networks."
)
THREADED_BLOCK = 500
"""Blocks from this size on keep several BLAS threads busy."""
EVOLUTION_OVER_RTOL = 1e3
"""Accuracy of an evolution over its whole span, in units of rtol."""


@dataclass(frozen=True)
class Lindblad:
    """Exact engine for qubits, spins and modes.

    Modes that are a linear source of the rest (`darkstate.systems.traits.linear_source`) are
    eliminated exactly by the hierarchy of their moments, unless `cutoff` asks for Fock states.

    Args:
        method: ``"auto"``, ``"dark"`` (pure steady states, in Hilbert space), ``"dense"`` (small
            sectors), ``"krylov"`` (preconditioned GMRES), ``"evolve"`` (until stationary) or
            ``"hierarchy"`` (a linear source eliminated by its moments).
        rtol: relative residual asked of steady states; evolutions are accurate to 1000 rtol.
        cutoff: Fock states per mode; by default grown until the population of the highest one is
            below `edge` (steady states only).
        edge: error allowed by truncation: population of the highest Fock state of a mode, or
            change (trace norm) of the state by deepening the hierarchy of a source.
        krylov_size: vectors of the Krylov space of one time step.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: unknown method or an option out of range.
    """

    method: Literal["auto", "dark", "dense", "krylov", "evolve", "hierarchy"] = "auto"
    rtol: float = 1e-9
    cutoff: int | None = None
    edge: float = 1e-7
    krylov_size: int = 30
    memory_limit: float | None = None
    name: ClassVar[str] = ENGINE
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (PureState, DensityState)

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        check_density_options(self.rtol, self.edge, self.krylov_size)
        check_cutoff(self.cutoff)
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem) -> Offer:
        """Whether the system fits, in which sectors, and which method would be tried first."""
        try:
            source = self._source(system)
            dims = dimensions(source.network if source else system, self.cutoff or FIRST_CUTOFF)
        except DarkstateError as refusal:
            return refused(self.name, refusal, ("Fits this engine? no",))
        digits = sum(log2(n) for n in dims)
        size = f"{prod(dims)}" if digits < 60 else f"2^{digits:.0f}"
        steps = [f"How large is the Hilbert space? {size} states in {len(dims)} spaces"]
        if digits > log2(LARGEST_DIMENSION):
            reason = (
                f"{size} basis states are more than {LARGEST_DIMENSION}, the most that density "
                "matrices are tried for."
            )
            return Offer(self.name, False, reason, steps=tuple(steps), remedy=SMALLER)
        if source is not None:
            try:
                offer = hierarchy_offer(self.name, system, source, self._options)
            except DarkstateError as refusal:
                return refused(self.name, refusal, tuple(steps))
            return affordable(offer, self._limit, SMALLER) if self.method == "auto" else offer
        modes = [space.label for space in system.spaces if isinstance(space, Mode)]
        if modes:
            how = "fixed" if self.cutoff else "grown until the edge is empty"
            steps.append(f"Fock cut-off of {', '.join(modes[:4])}: {how}")
        sectors = Sectors.of(system, dims)
        steps.append(f"Conserved charges? {sectors.reason}")
        steps.append(f"{sectors.numbers} numbers in {len(sectors.blocks)} blocks")
        method, why = first_method(self.method, sectors.numbers)
        cost, generator = least_cost(sectors), None
        if cost.memory <= self._limit:  # else it is refused anyway, and compiling is large already
            generator = compiled(system, dims)
            cost = steady_cost(generator, self.method, DENSE_NUMBERS)
        offer = Offer(self.name, True, why, method, tuple(steps), cost, (dims, generator))
        return affordable(offer, self._limit, SMALLER)

    def steady_state(
        self, system: OpenSystem, offer: Offer | None = None, initial: Any = None
    ) -> Solution:
        """The steady state: `PureState` if it is dark, else `DensityState`.

        Args:
            system: qubits, spins, modes.
            offer: saves a look at the system.
            initial: state from which to relax where the steady state is not unique.

        Raises:
            NumericalError: not unique (and no `initial`), or not converged.
            CapacityError: it would not fit.
        """
        start = time.perf_counter()
        if initial is None:
            offer = offer or self.offer(system)
            if not offer.can and offer.cost is not None:
                self._refuse("steady_state", offer.cost, "Lower the number of nodes or the cutoff.")
            if not offer.can:
                raise ArgumentError("system", "fit this engine", system.labels, offer.answer)
            if isinstance(offer.plan, LinearSource):
                found = hierarchy_steady_state(self.name, system, offer.plan, self._options)
                return Solution(found.state, self._finished(self._held(found, offer.plan), start))
            dims, generator = offer.plan
        else:
            dims, generator = dimensions(system, self.cutoff), None
        state, report = self._in_fock_space(system, dims, generator, initial)
        return Solution(state, self._finished(judged(report, self._settings), start))

    def _in_fock_space(
        self, system: OpenSystem, dims: tuple[int, ...], generator: Generator | None, initial: Any
    ) -> tuple[Any, Report]:
        """Solve with growing cut-offs until the highest Fock states are empty."""
        modes = [k for k, space in enumerate(system.spaces) if isinstance(space, Mode)]
        remedy = "Lower the number of nodes or the cutoff."
        while True:
            if generator is None:
                self._refuse("steady_state", least_cost(Sectors.of(system, dims)), remedy)
                generator = compiled(system, dims)
            if initial is not None and is_coherent(generator, initial):
                generator = compiled(system, dims, blocks=False)
            expected = steady_cost(generator, self.method, DENSE_NUMBERS)
            self._refuse("steady_state", expected, remedy)
            with _threads_for(generator):
                solution = solved(generator, self._settings, initial)
            edges = edge_populations(solution.state, system, modes)
            if not modes or self.cutoff is not None or max(edges.values()) <= self.edge:
                break
            larger = grown(dims, modes)
            remedy = (
                f"It is the next cut-off, {larger[modes[0]]}, after {dims[modes[0]]} left "
                f"{max(edges.values()):.2g} in the highest Fock state. Raise `edge`, set `cutoff`, "
                "or lower the photon number."
            )
            dims, generator = larger, None
        require_room(edges, solution.state, system, modes)
        return solution.state, solution.report.with_(truncation=edges)

    def evolve(self, system: OpenSystem, times: Sequence[float], initial: Any = None) -> Solution:
        """States at `times`, `initial` (all in the ground state by default) at ``times[0]``.

        A source that is eliminated by its moments is stationary from the start: it has been on.

        Raises:
            ArgumentError: modes without `cutoff`; an initial state of other spaces.
            NumericalError: too stiff for the accuracy asked.
        """
        start = time.perf_counter()
        source = self._source(system)
        if source is not None:
            before = None if initial is None else density_of(initial, source.network.labels)
            found = hierarchy_evolution(self.name, system, source, times, before, self._options)
            report = self._finished(self._held(found, source), start)
            return Solution(found.state, report, found.states)
        generator = self._evolving(system, times, initial)
        flat = flattened(generator, initial)
        accuracy = EVOLUTION_OVER_RTOL * self.rtol
        with _threads_for(generator):
            kept = evolve_through(generator, flat, times, accuracy, self.krylov_size)
        states = StoredStates(generator, kept)
        modes = [k for k, space in enumerate(system.spaces) if isinstance(space, Mode)]
        edges = edge_populations(states[-1], system, modes)
        require_room(edges, states[-1], system, modes)
        report = report_of(generator, "Krylov propagator", 0.0, None).with_(
            residual=None,
            status=Status.CONVERGED,
            error_estimate=accuracy,
            margin=least_eigenvalue(generator, kept[-1]),
            truncation=edges,
        )
        report = self._finished(judged(report, self._settings), start)
        return Solution(states[-1], report, states)

    def _evolving(self, system: OpenSystem, times: Sequence[float], initial: Any) -> Generator:
        """The generator for an evolution: on charge blocks if the initial state allows it.

        Raises:
            CapacityError: it would not fit.
        """
        dims = dimensions(system, self.cutoff)
        remedy = "Lower the number of nodes or the cutoff, keep fewer times, or lower krylov_size."
        self._refuse("evolve", least_cost(Sectors.of(system, dims)), remedy)
        generator = compiled(system, dims)
        if initial is not None:
            flattened(generator, initial)  # says what is wrong with it, if anything
            if is_coherent(generator, initial):
                generator = compiled(system, dims, blocks=False)
        horizon = float(times[-1] - times[0])
        expected = evolution_cost(generator, horizon, len(times), self.krylov_size)
        self._refuse("evolve", expected, remedy)
        return generator

    def evolution_offer(self, system: OpenSystem, times: Sequence[float]) -> Offer:
        """What an evolution from the ground state over `times` would cost."""
        offer = self.offer(system)
        if not offer.can or isinstance(offer.plan, LinearSource):
            return offer
        try:
            dims = dimensions(system, self.cutoff)
        except DarkstateError as refusal:
            return refused(self.name, refusal, offer.steps)
        generator = offer.plan[1] if offer.plan[0] == dims else None
        if generator is None:
            generator = compiled(system, dims)
        cost = evolution_cost(generator, times[-1] - times[0], len(times), self.krylov_size)
        offer = replace(offer, method="Krylov propagator", reason="as for all sizes", cost=cost)
        return affordable(offer, self._limit, SMALLER)

    def adjoint_solve(self, system: OpenSystem, right: Any, state: Any = None) -> NDArray[Any]:
        """``X`` in ``L† X = O - Tr(rho O)`` with ``Tr(rho X) = 0``, rho being the steady state.

        It holds the answer of the mean of O to every parameter p of the system,
        ``d<O>/dp = -Tr(X (dL/dp) rho)``, with for example ``dL/dp rho = -i [dH/dp, rho]`` for a
        parameter of the Hamiltonian and ``c rho c† - {c†c, rho}/2`` for the rate of a jump c.

        Args:
            system: with a unique steady state.
            right: O, Hermitian: an operator sum or a matrix.
            state: the steady state if it is known, which saves its solution.

        Returns:
            X, a Hermitian matrix in the basis of the states.

        Raises:
            ArgumentError: O is not Hermitian; modes without `cutoff`.
            NumericalError: not unique, or not converged.
        """
        dims = dimensions(system, self.cutoff)
        mean_of = np.asarray(right)
        if isinstance(right, OperatorSum):
            mean_of = operator_matrix(right, system.spaces, dims).toarray()
        if not np.allclose(mean_of, mean_of.conj().T, rtol=0.0, atol=1e-12 * np.abs(mean_of).max()):
            remedy = "Solve for its Hermitian and anti-Hermitian parts."
            raise ArgumentError("right", "be Hermitian", right, remedy)
        state = self.steady_state(system).state if state is None else state
        generator = compiled(system, dims)
        if generator.sectors.off_block_weight(mean_of) > 1e-24 * np.linalg.norm(mean_of) ** 2:
            generator = compiled(system, dims, blocks=False)
        sectors = generator.sectors
        flat = generator.narrowed(sectors.gather(mean_of.astype(complex)))
        with _threads_for(generator):
            rho = flattened(generator, state)
            return sectors.scatter(adjoint_solution(generator, rho, flat, self.rtol))

    def purification_time(self, system: OpenSystem, impurity: float, longest: float = 1e6) -> float:
        """First time from the ground state at which ``1 - Tr rho^2`` falls back to `impurity`.

        Raises:
            NumericalError: it does not happen before `longest`, in units of the inverse norm of
                the generator.
        """
        generator = compiled(system, dimensions(system, self.cutoff))
        flat, rtol = generator.ground(), min(1e-6, 0.01 * impurity)
        with _threads_for(generator):
            return first_purification(generator, flat, impurity, rtol, self.krylov_size, longest)

    def _source(self, system: OpenSystem) -> LinearSource | None:
        """The source to be eliminated, if that is wanted and possible.

        Raises:
            ArgumentError: the hierarchy was asked for, but there is no linear source.
        """
        if self.method == "hierarchy" or (self.method == "auto" and self.cutoff is None):
            trait = linear_source(system)
            if self.method == "hierarchy" and not trait.holds:
                remedy = f"{trait.reason}. Use method='auto'."
                raise ArgumentError("system", "have a linear source", system.labels, remedy)
            source = trait.evidence
            if source is None or self.method == "hierarchy":
                return source
            modes = any(isinstance(space, Mode) for space in source.network.spaces)
            return None if modes else source  # cut-offs are grown in Fock space only
        return None

    def _held(self, found: Solution, source: LinearSource) -> Report:
        """The report of a hierarchy, with the Fock edges of modes that belong to the network."""
        spaces = source.network.spaces
        modes = [k for k, space in enumerate(spaces) if isinstance(space, Mode)]
        edges = edge_populations(found.state, source.network, modes)
        require_room(edges, found.state, source.network, modes)
        return judged(found.report.with_(truncation=edges), self._settings)

    @property
    def _limit(self) -> float:
        return self.memory_limit or 0.5 * available_memory()

    @property
    def _settings(self) -> Settings:
        return Settings(self.method, self.rtol, self.krylov_size, self.edge)

    @property
    def _options(self) -> Options:
        return Options(self.edge, self.rtol, self.cutoff, self.krylov_size, self._limit)

    def _refuse(self, task: str, cost: Cost, remedy: str) -> None:
        refuse_if_too_large(task, cost.memory, self._limit, remedy)

    def _finished(self, report: Report, start: float) -> Report:
        options = {"method": self.method, "rtol": self.rtol, "cutoff": self.cutoff}
        provenance = {"engine options": options, "versions": versions()}
        return report.with_(seconds=time.perf_counter() - start, provenance=provenance)


def _threads_for(generator: Generator) -> AbstractContextManager[Any]:
    """One BLAS thread unless the blocks are large enough to keep several busy."""
    return one_blas_thread(max(generator.sectors.sizes) < THREADED_BLOCK)
