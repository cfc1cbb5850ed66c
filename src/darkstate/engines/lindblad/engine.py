"""The Lindblad engine as an object: its options, its ladder of methods, and what it can do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import log2, prod
from typing import Any, ClassVar, Literal

import numpy as np

from darkstate.engines.base import (
    Cost,
    Offer,
    Solution,
    available_memory,
    one_blas_thread,
    refuse_if_too_large,
)
from darkstate.engines.lindblad.compile import compiled, dimensions
from darkstate.engines.lindblad.dark import dark_states
from darkstate.engines.lindblad.evolution import (
    Flat,
    StoredStates,
    evolve_through,
    expanded,
    first_purification,
    until_stationary,
)
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.sectors import Sectors
from darkstate.engines.lindblad.steady import (
    DENSE_NUMBERS,
    dense_steady_state,
    krylov_steady_state,
    non_unique,
)
from darkstate.errors import (
    ArgumentError,
    DarkstateError,
    NumericalError,
    check_choice,
    check_integer,
    check_real,
)
from darkstate.results import Report, Status
from darkstate.results.report import versions
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Mode

METHODS = ("auto", "dark", "dense", "krylov", "evolve")
FIRST_CUTOFF = 4
LARGEST_DIMENSION = 2**14
THREADED_BLOCK = 500
"""Blocks from this size on keep several BLAS threads busy."""


@dataclass(frozen=True)
class Lindblad:
    """Exact engine for qubits, spins and (truncated) modes.

    Args:
        method: ``"auto"``, ``"dark"`` (pure steady states, in Hilbert space), ``"dense"`` (small
            sectors), ``"krylov"`` (preconditioned GMRES) or ``"evolve"`` (until stationary).
        rtol: relative residual asked of steady states, local accuracy asked of evolutions.
        cutoff: Fock states per mode; by default grown until the population of the highest one is
            below `edge` (steady states only).
        edge: largest population allowed in the highest Fock state of a mode.
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
    name: ClassVar[str] = "lindblad"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)

    def __post_init__(self) -> None:
        check_choice("method", self.method, METHODS)
        remedy = "Give a relative accuracy such as 1e-9."
        check_real("rtol", self.rtol, above=0.0, maximum=0.1, remedy=remedy)
        check_real("edge", self.edge, above=0.0, maximum=1.0, remedy="Give a population.")
        check_integer("krylov_size", self.krylov_size, minimum=3, remedy="Give 10 to 60.")
        if self.cutoff is not None:
            remedy = "Give the number of Fock states per mode, 2 or more."
            check_integer("cutoff", self.cutoff, minimum=2, remedy=remedy)

    def offer(self, system: OpenSystem) -> Offer:
        """Whether the system fits, in which sectors, and which method would be tried first."""
        modes = [space.label for space in system.spaces if isinstance(space, Mode)]
        try:
            dims = dimensions(system, self.cutoff or FIRST_CUTOFF)
        except DarkstateError as refusal:
            return Offer(self.name, False, str(refusal), steps=("Symmetric subspaces only? no",))
        digits = sum(log2(n) for n in dims)
        size = f"{prod(dims)}" if digits < 60 else f"2^{digits:.0f}"
        steps = [f"How large is the Hilbert space? {size} states in {len(dims)} spaces"]
        if digits > log2(LARGEST_DIMENSION):
            reason = (
                f"{size} basis states are more than {LARGEST_DIMENSION}, the most that density "
                "matrices are tried for. Use fewer nodes or lower cut-offs."
            )
            return Offer(self.name, False, reason, steps=tuple(steps))
        if modes:
            grown = "fixed" if self.cutoff else "grown until the edge is empty"
            steps.append(f"Fock cut-off of {', '.join(modes[:4])}: {grown}")
        sectors = Sectors.of(system, dims)
        steps.append(f"Conserved charges? {sectors.reason}")
        steps.append(f"{sectors.numbers} numbers in {len(sectors.blocks)} blocks")
        method, why = self._choose(sectors)
        cost = _cost(sectors)
        return Offer(self.name, True, why, method, tuple(steps), cost, dims)

    def _choose(self, sectors: Sectors) -> tuple[str, str]:
        if self.method != "auto":
            return self.method, "as requested"
        after = "dense" if sectors.numbers <= DENSE_NUMBERS else "krylov"
        return "auto", f"dark states first, then {after} in {sectors.numbers} numbers"

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
        offer = offer or self.offer(system)
        if not offer.can or offer.cost is None:
            raise ArgumentError("system", "fit this engine", system.labels, offer.reason)
        dims, grow = offer.plan, self.cutoff is None
        modes = [k for k, space in enumerate(system.spaces) if isinstance(space, Mode)]
        while True:
            self._refuse(_cost(Sectors.of(system, dims)))
            generator = compiled(system, dims)
            with _threads_for(generator):
                solution = self._solved(generator, initial)
            edges = _edges(solution.state, system, modes)
            if not modes or not grow or max(edges.values()) <= self.edge:
                break
            dims = tuple(max(n + 1, (3 * n) // 2) if k in modes else n for k, n in enumerate(dims))
        report = solution.report.with_(
            truncation=edges, seconds=time.perf_counter() - start, provenance=self._provenance()
        )
        return Solution(solution.state, _judged(report, self))

    def _refuse(self, cost: Cost) -> None:
        limit = self.memory_limit or 0.5 * available_memory()
        remedy = "Lower the number of nodes or the cutoff."
        refuse_if_too_large("steady_state", cost.memory, limit, remedy)

    def _provenance(self) -> dict[str, object]:
        options = {"method": self.method, "rtol": self.rtol, "cutoff": self.cutoff}
        return {"engine options": options, "versions": versions()}

    def _solved(self, generator: Generator, initial: Any) -> Solution:
        if initial is not None or self.method == "evolve":
            flat = _flat(generator, initial)
            state, taken = until_stationary(generator, flat, self.rtol, self.krylov_size)
            return self._mixed(generator, state, f"evolution over {taken:.4g}", None)
        if self.method in ("auto", "dark"):
            dark = dark_states(generator)
            if dark is not None and dark.unique:
                sectors = generator.sectors
                state = PureState(sectors.labels, sectors.dimensions, dark.vectors[:, 0])
                return Solution(state, self._report(generator, "dark state", dark.residual, True))
            if dark is not None:
                raise NumericalError(non_unique(None))
            if self.method == "dark":
                raise NumericalError(
                    "There is no dark state: no common null vector of the jumps is an eigenvector "
                    "of H. Use method='auto' for mixed steady states."
                )
        if self.method == "dense" or (
            self.method == "auto" and generator.sectors.numbers <= DENSE_NUMBERS
        ):
            found = dense_steady_state(generator)
            return self._mixed(generator, found.flat, "dense", found.gap)
        found = krylov_steady_state(generator, self.rtol)
        return self._mixed(generator, found.flat, f"krylov, {found.iterations} applications", None)

    def _mixed(self, generator: Generator, flat: Flat, method: str, gap: float | None) -> Solution:
        moved = float(np.linalg.norm(generator.apply(flat)))
        residual = moved / (generator.scale() * float(np.linalg.norm(flat)))
        unique = None if method.startswith("evolution") else True
        report = self._report(generator, method, residual, unique)
        margin = min(float(np.linalg.eigvalsh(view)[0]) for view in generator.sectors.views(flat))
        return Solution(expanded(generator, flat), report.with_(margin=margin, gap=gap))

    def _report(
        self, generator: Generator, method: str, residual: float, unique: bool | None
    ) -> Report:
        sectors = generator.sectors
        sizes = f"{sectors.numbers} numbers in {len(sectors.blocks)} blocks ({sectors.reason})"
        return Report(
            engine=self.name,
            method=method,
            status=Status.CERTIFIED if unique else Status.CONVERGED,
            residual=residual,
            unique=unique,
            structure=(sizes,),
        )

    def evolve(self, system: OpenSystem, times: Sequence[float], initial: Any = None) -> Solution:
        """States at `times`, `initial` (all in the ground state by default) at ``times[0]``.

        Raises:
            ArgumentError: modes without `cutoff`; an initial state of other spaces.
            NumericalError: too stiff for the accuracy asked.
        """
        start = time.perf_counter()
        dims = dimensions(system, self.cutoff)
        self._refuse(_cost(Sectors.of(system, dims), len(times)))
        generator = compiled(system, dims)
        flat = _flat(generator, initial)
        if initial is not None and _coherent(generator, initial):
            generator = compiled(system, dims, blocks=False)
            flat = _flat(generator, initial)
        with _threads_for(generator):
            kept = evolve_through(generator, flat, times, 1e3 * self.rtol, self.krylov_size)
        states = StoredStates(generator, kept)
        modes = [k for k, space in enumerate(system.spaces) if isinstance(space, Mode)]
        report = self._report(generator, "Krylov propagator", 0.0, None).with_(
            residual=None,
            status=Status.CONVERGED,
            error_estimate=1e3 * self.rtol,
            truncation=_edges(states[-1], system, modes),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        return Solution(states[-1], _judged(report, self), states)

    def purification_time(self, system: OpenSystem, impurity: float, longest: float = 1e4) -> float:
        """First time from the ground state at which ``1 - Tr rho^2`` falls back to `impurity`.

        Raises:
            NumericalError: it does not happen before `longest`.
        """
        generator = compiled(system, dimensions(system, self.cutoff))
        flat, rtol = generator.sectors.ground(), min(1e-6, 0.01 * impurity)
        with _threads_for(generator):
            return first_purification(generator, flat, impurity, rtol, self.krylov_size, longest)


def _threads_for(generator: Generator) -> AbstractContextManager[Any]:
    """One BLAS thread unless the blocks are large enough to keep several busy."""
    return one_blas_thread(max(generator.sectors.sizes) < THREADED_BLOCK)


def _cost(sectors: Sectors, times: int = 1) -> Cost:
    """Memory of Krylov vectors, stored times and the full matrix; time from measured rates."""
    vectors = 16.0 * sectors.numbers * (60 + times) + min(6e8, 16.0 * sectors.numbers * 300)
    full = 3 * 16.0 * sectors.dimension**2
    return Cost(vectors + full, 0.01 + 2.5e-4 * sectors.numbers)


def _flat(generator: Generator, initial: Any) -> Flat:
    sectors = generator.sectors
    if initial is None:
        return sectors.ground()
    state = initial.density() if isinstance(initial, PureState) else initial
    if not isinstance(state, DensityState) or state.labels != sectors.labels:
        remedy = f"Give a DensityState or PureState with the labels {sectors.labels}."
        raise ArgumentError("initial", "be a state of the system", initial, remedy)
    if tuple(state.dimensions) != sectors.dimensions:
        remedy = f"Its dimensions must be {sectors.dimensions}; set cutoff= accordingly."
        raise ArgumentError("initial", "fit the dimensions", state.dimensions, remedy)
    return sectors.gather(np.asarray(state.matrix, dtype=complex))


def _coherent(generator: Generator, initial: Any) -> bool:
    """Whether the initial state has coherences between charge sectors."""
    state = initial.density() if isinstance(initial, PureState) else initial
    return generator.sectors.off_block_weight(np.asarray(state.matrix)) > 1e-24


def _edges(state: Any, system: OpenSystem, modes: list[int]) -> dict[str, float]:
    """Population of the highest Fock state of each mode."""
    found = {}
    for k in modes:
        label = system.labels[k]
        local = state.reduced(label).matrix
        found[f"Fock edge of {label}"] = float(np.real(local[-1, -1]))
    return found


def _judged(report: Report, engine: Lindblad) -> Report:
    """Lower the status where a check fails, with the reason as a warning."""
    warnings = list(report.warnings)
    if report.margin is not None and report.margin < -max(1e-10, 10 * engine.rtol):
        warnings.append(f"the state has a negative eigenvalue {report.margin:.3g}")
    if report.residual is not None and not report.residual <= 10 * engine.rtol:
        warnings.append(f"residual {report.residual:.3g} exceeds rtol {engine.rtol:g}")
    for name, value in report.truncation.items():
        if value > engine.edge:
            warnings.append(f"{name} holds {value:.3g}: raise cutoff")
    status = Status.SUSPECT if warnings else report.status
    return report.with_(status=status, warnings=tuple(warnings))
