"""The methods for one generator in turn, and the report on what it found.

Dark states first (Hilbert space), then small sectors by factorising L, larger ones by GMRES. The
residual is measured against the fastest rate of the network, but what it means for the state is
decided by the slowest: ``|d rho| <= |L rho| |L^-1|``. That is the error estimate, with what
rounding does by the same rule, and where it is too large the solve is refined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.engines.assess import PURE_ERROR, add_gaps
from darkstate.engines.contract import Solution, check_physical
from darkstate.engines.dark import DarkStates, NoJumps, dark_states
from darkstate.engines.lindblad.evolution import Flat, expanded
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.hierarchy.route import Options
from darkstate.engines.lindblad.steady import (
    DENSE_NUMBERS,
    SteadySolution,
    mixed_steady_state,
    non_unique_error,
)
from darkstate.engines.propagation import relax
from darkstate.engines.stationary import (
    DIRECT_NUMBERS,
    SPECTRUM_NUMBERS,
    spectral_gap,
)
from darkstate.engines.truncation import Cutoff
from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.unique import with_phase
from darkstate.results import Report, Status
from darkstate.states import DensityState, PureState

ENGINE = "lindblad"


@dataclass(frozen=True)
class Settings:
    """The options of the engine that the methods read; see `Lindblad`.

    `limit` is the memory in bytes, `smallest_rate` that of the system: relaxation far below it is
    metastability.
    """

    method: str
    rtol: float
    krylov_size: int
    edge: float
    cutoff: Cutoff
    limit: float
    smallest_rate: float = 0.0

    @property
    def hierarchy(self) -> Options:
        """The same for the hierarchy behind a source."""
        return Options(self.edge, self.rtol, self.cutoff, self.krylov_size, self.limit)


def first_method(method: str, numbers: int) -> tuple[str, str]:
    """What is tried, and why, in a sector of so many numbers."""
    if method != "auto":
        return method, "as requested"
    after = "dense" if numbers <= DENSE_NUMBERS else "krylov"
    return "auto", f"dark states first, then {after} in {numbers} numbers"


def solved(generator: Generator, settings: Settings, initial: Any) -> Solution:
    """The steady state of one generator.

    Raises:
        NumericalError: not unique (and no `initial`), or not converged.
    """
    method, rtol = settings.method, settings.rtol
    if initial is not None or method == "evolve":
        flat = flattened(generator, initial)
        found = relax(generator.motion, flat, rtol, settings.krylov_size)
        way = f"evolution over {found.time:.4g}"
        relaxed = SteadySolution(found.flat, found.error, found.rate, way, None)
        return _mixed(generator, relaxed, settings)
    if method in ("auto", "dark"):
        blocks = generator.sectors.blocks
        hilbert = NoJumps(generator.hamiltonian, generator.jumps, blocks, generator.scale())
        dark = dark_states(hilbert)
        if dark is not None and dark.unique and dark.error <= PURE_ERROR:
            return _dark(generator, dark, settings)
        if method == "dark":
            raise _no_dark_state(generator, dark)
        if dark is not None and dark.unique is False and dark.residual <= PURE_ERROR:
            # what looks like several steady states is looked at twice where that is possible
            if generator.sectors.numbers > DIRECT_NUMBERS:
                raise non_unique_error(generator)
            method = "dense"
    return _mixed(generator, mixed_steady_state(generator, method, rtol), settings)


def _no_dark_state(generator: Generator, dark: DarkStates | None) -> NumericalError:
    """Why there is no pure answer: none, several, or one that is not exact."""
    if dark is not None and dark.unique is False:
        return non_unique_error(generator)
    if dark is not None:
        return NumericalError(
            f"There is a state that is dark up to an error of {dark.error:.2g}, or whose "
            "uniqueness is not clear in double precision. Use method='auto'."
        )
    return NumericalError(
        "There is no dark state: no common null vector of the jumps is an eigenvector of H. Use "
        "method='auto' for mixed steady states."
    )


def _dark(generator: Generator, dark: DarkStates, settings: Settings) -> Solution:
    sectors = generator.sectors
    psi = with_phase(dark.vectors[:, 0])
    state = PureState(sectors.labels, sectors.dimensions, psi)
    known = {"residual": dark.residual, "margin": 0.0, "error_estimate": dark.error}
    report = report_of(generator, "dark state", True, **known)
    return Solution(state, _with_gaps(generator, report, settings))


def _mixed(generator: Generator, found: SteadySolution, settings: Settings) -> Solution:
    flat = found.flat
    size = float(np.linalg.norm(flat))
    moved = float(np.linalg.norm(generator.apply(flat)))
    report = report_of(
        generator,
        found.method,
        found.unique,
        residual=moved / (generator.scale() * size),
        # from the Euclidean to the trace norm
        error_estimate=found.error * size * float(np.sqrt(generator.sectors.dimension)),
        margin=least_eigenvalue(generator, flat),
    )
    if found.unique:
        report = _with_gaps(generator, report, settings, found.rate)
    return Solution(expanded(generator, flat), report)


def _with_gaps(
    generator: Generator, report: Report, settings: Settings, rate: float = np.inf
) -> Report:
    """The gaps of small systems; coherences between charges relax at rates of their own."""
    sectors, scale = generator.sectors, generator.scale()
    sector = whole = None
    if sectors.numbers <= SPECTRUM_NUMBERS:
        sector = spectral_gap(generator.superoperator(), scale)
    if len(sectors.blocks) == 1:
        whole = sector
    elif sectors.dimension**2 <= 8 * SPECTRUM_NUMBERS:
        whole = spectral_gap(generator.on_the_whole_space().superoperator(), scale)
    return add_gaps(report, sector, whole, settings.smallest_rate, rate)


def least_eigenvalue(generator: Generator, flat: Flat) -> float:
    """Smallest eigenvalue of a state on the blocks; below zero by errors only."""
    return min(float(np.linalg.eigvalsh(view)[0]) for view in generator.sectors.views(flat))


def report_of(generator: Generator, method: str, unique: bool | None, **known: Any) -> Report:
    """A report with what the sectors say, and what is `known` of the state."""
    sectors = generator.sectors
    sizes = f"{sectors.numbers} numbers in {len(sectors.blocks)} blocks ({sectors.reason})"
    status = Status.CERTIFIED if unique else Status.CONVERGED
    return Report(ENGINE, method, status, unique=unique, structure=(sizes,), **known)


def flattened(generator: Generator, initial: Any) -> Flat:
    """An initial state on the blocks; the ground state if there is none.

    Raises:
        ArgumentError: it is no state of these spaces.
    """
    sectors = generator.sectors
    if initial is None:
        return generator.ground()
    state = density_of(initial, sectors.labels)
    if tuple(state.dimensions) != sectors.dimensions:
        remedy = f"Its dimensions must be {sectors.dimensions}; set cutoff= accordingly."
        raise ArgumentError("initial", "fit the dimensions", state.dimensions, remedy)
    return generator.narrowed(sectors.gather(np.asarray(state.matrix, dtype=complex)))


def density_of(initial: Any, labels: tuple[str, ...]) -> DensityState:
    """A pure or mixed state with these labels as a density matrix.

    Raises:
        ArgumentError: it is none.
        UnphysicalError: it has a negative eigenvalue.
    """
    state = initial.density() if isinstance(initial, PureState) else initial
    if not isinstance(state, DensityState) or state.labels != labels:
        remedy = f"Give a DensityState or PureState with the labels {labels}."
        raise ArgumentError("initial", "be a state of the system", initial, remedy)
    check_physical(state)
    return state


def is_coherent(generator: Generator, initial: Any) -> bool:
    """Whether an initial state has coherences between charge sectors."""
    state = density_of(initial, generator.sectors.labels)
    return generator.sectors.off_block_weight(np.asarray(state.matrix)) > 1e-24
