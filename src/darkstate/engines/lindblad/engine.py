"""The Lindblad engine as an object: its options, what it can do, and at what price."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2, prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_choice
from darkstate.engines.base import (
    Cost,
    Offer,
    Solution,
    affordable,
    check_density_options,
    check_memory_limit,
    refused,
)
from darkstate.engines.compile import smallest_rate
from darkstate.engines.lindblad.adjoint import adjoint_solution
from darkstate.engines.lindblad.compile import compiled, dimensions, sectors_of
from darkstate.engines.lindblad.cost import evolution_cost, least_cost, steady_cost
from darkstate.engines.lindblad.evolution import first_purification
from darkstate.engines.lindblad.fock import (
    EVOLUTION_OVER_RTOL,
    evolve_behind_source,
    evolve_in_fock_space,
    network_cutoff,
    steady_behind_source,
    steady_in_fock_space,
    threads_for,
)
from darkstate.engines.lindblad.hierarchy.route import hierarchy_offer
from darkstate.engines.lindblad.ladder import (
    ENGINE,
    Settings,
    density_of,
    first_method,
    flattened,
)
from darkstate.engines.lindblad.steady import DENSE_NUMBERS
from darkstate.engines.truncation import (
    Cutoff,
    Dimensions,
    check_cutoff,
    first_cutoffs,
    given_cutoffs,
    mode_labels,
)
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.results.report import versions
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Mode
from darkstate.systems.traits import LinearSource, linear_source

METHODS = ("auto", "dark", "dense", "krylov", "evolve", "hierarchy")
LARGEST_DIMENSION = 2**14
SMALLER = (
    "Use fewer nodes, lower cut-offs, raise edge or memory_limit, or Cascade() for the steady "
    "states of one-way networks."
)
_PURITY_ACCURACY = 1e-5
"""Of the impurity at which preparation ends: how well it is followed."""


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
    rtol: float = 1e-9
    cutoff: Cutoff = None
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
        return self._affordable(self._found(system))

    def _affordable(self, offer: Offer) -> Offer:
        """The offer, withdrawn where memory is short; a hierarchy that was asked for is tried."""
        tried = isinstance(offer.plan, LinearSource) and self.method != "auto"
        return offer if tried else affordable(offer, self._limit, SMALLER)

    def _found(self, system: OpenSystem) -> Offer:
        """The offer for a steady state, whatever memory that needs."""
        try:
            source = self._source(system)
            network = source.network if source else system
            dims = dimensions(network, network_cutoff(network, self.cutoff))
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
                asked = network_cutoff(source.network, self.cutoff)
                options = replace(self._settings.hierarchy, cutoff=asked)
                return hierarchy_offer(self.name, system, source, options)
            except DarkstateError as refusal:
                return refused(self.name, refusal, tuple(steps))
        modes = [space.label for space in system.spaces if isinstance(space, Mode)]
        if modes:
            fixed = given_cutoffs(system, self.cutoff)
            firsts = list(first_cutoffs(system, self.cutoff).values())
            first = ", ".join(map(str, firsts[:4]))
            how = f"{first} at first (the cost is theirs), grown until larger ones agree"
            if fixed:
                how = "fixed" if len(fixed) == len(modes) else f"fixed for {', '.join(fixed)}"
            steps.append(f"Fock cut-off of {', '.join(modes[:4])}: {how}")
        sectors = sectors_of(system, dims)
        steps.append(f"Conserved charges? {sectors.reason}")
        steps.append(f"{sectors.numbers} numbers in {len(sectors.blocks)} blocks")
        method, why = first_method(self.method, sectors.numbers)
        cost, generator = least_cost(sectors), None
        if cost.memory <= self._limit:  # else it is refused anyway, and compiling is large already
            generator = compiled(system, dims)
            cost = steady_cost(generator, self.method, DENSE_NUMBERS)
        return Offer(self.name, True, why, method, tuple(steps), cost, (dims, generator))

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
        generator = None
        if initial is None:
            offer = offer or self.offer(system)
            if not offer.can and offer.cost is not None:
                self._refuse("steady_state", offer.cost, "Lower the number of nodes or the cutoff.")
            if not offer.can:
                raise ArgumentError("system", "fit this engine", system.labels, offer.answer)
            if isinstance(offer.plan, LinearSource):
                return self._solution(
                    steady_behind_source(system, offer.plan, self._settings), start
                )
            _, generator = offer.plan
        given = None if initial is None else density_of(initial, system.labels)
        settings = replace(self._settings, smallest_rate=smallest_rate(system))
        return self._solution(steady_in_fock_space(system, generator, given, settings), start)

    def evolve(self, system: OpenSystem, times: Sequence[float], initial: Any = None) -> Solution:
        """States at `times`, `initial` (all in the ground state by default) at ``times[0]``.

        A source that is eliminated by its moments is stationary from the start: it has been on.

        Raises:
            ArgumentError: an initial state of other spaces.
            UnphysicalError: an initial state with a negative eigenvalue.
            NumericalError: too stiff for the accuracy asked; a field that its cut-offs cannot hold.
            CapacityError: it would not fit.
        """
        start = time.perf_counter()
        source = self._source(system)
        network = system if source is None else source.network
        given = None if initial is None else density_of(initial, network.labels)
        if source is None:
            found = evolve_in_fock_space(system, times, given, self._settings)
        else:
            found = evolve_behind_source(system, source, times, given, self._settings)
        return self._solution(found, start)

    def evolution_offer(self, system: OpenSystem, times: Sequence[float]) -> Offer:
        """What an evolution from the ground state over `times` would cost."""
        offer = self._found(system)
        generator = None
        if offer.can and not isinstance(offer.plan, LinearSource):
            _, generator = offer.plan
        if generator is None:  # refused, behind a source, or too large to be looked at
            return self._affordable(offer)
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
        dims = self._fixed_dimensions(system)
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
        with threads_for(generator):
            rho = flattened(generator, state)
            return sectors.scatter(adjoint_solution(generator, rho, flat, self.rtol))

    def purification_time(self, system: OpenSystem, impurity: float, longest: float = 1e6) -> float:
        """First time from the ground state at which ``1 - Tr rho^2`` falls back to `impurity`.

        Raises:
            NumericalError: it does not happen before `longest`, in units of the inverse norm of
                the generator.
        """
        generator = compiled(system, self._fixed_dimensions(system))
        flat = generator.ground()
        rtol = min(EVOLUTION_OVER_RTOL * self.rtol, _PURITY_ACCURACY * impurity)
        with threads_for(generator):
            return first_purification(generator, flat, impurity, rtol, self.krylov_size, longest)

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

    @property
    def _limit(self) -> float:
        return memory_limit(self.memory_limit)

    @property
    def _settings(self) -> Settings:
        return Settings(
            self.method, self.rtol, self.krylov_size, self.edge, self.cutoff, self._limit
        )

    def _refuse(self, task: str, cost: Cost, remedy: str) -> None:
        refuse_if_too_large(task, cost.memory, self._limit, remedy)

    def _solution(self, found: Solution, start: float) -> Solution:
        """What was found, stamped with options, versions and time."""
        cutoff = dict(self.cutoff) if isinstance(self.cutoff, Mapping) else self.cutoff
        options = {"method": self.method, "rtol": self.rtol, "cutoff": cutoff}
        provenance = {"engine options": options, "versions": versions()}
        seconds = time.perf_counter() - start
        report = found.report.with_(seconds=seconds, provenance=provenance)
        return replace(found, report=report)
