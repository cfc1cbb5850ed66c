"""The ladder of methods for one generator, and the report on what it found.

Dark states first (Hilbert space), then small sectors densely, larger ones by GMRES. The residual is
measured against the fastest rate of the network, but what it means for the state is decided by the
slowest: ``|d rho| <= |L rho| / gap``. That is the error estimate, and where it is too large the
solve is refined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.engines.base import Solution
from darkstate.engines.lindblad.dark import dark_states
from darkstate.engines.lindblad.evolution import Flat, expanded, until_stationary
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.steady import (
    DENSE_NUMBERS,
    ERROR_OVER_RTOL,
    LEAST_MARGIN,
    dense_steady_state,
    krylov_steady_state,
    non_unique_error,
)
from darkstate.errors import ArgumentError, NumericalError
from darkstate.results import Report, Status
from darkstate.states import DensityState, PureState

ENGINE = "lindblad"


@dataclass(frozen=True)
class Settings:
    """The options of the engine that the ladder reads; see `Lindblad`."""

    method: str
    rtol: float
    krylov_size: int
    edge: float


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
        state, taken, slow = until_stationary(generator, flat, rtol, settings.krylov_size)
        return _mixed(generator, state, f"evolution over {taken:.4g}", slow)
    if method in ("auto", "dark"):
        dark = dark_states(generator)
        if dark is not None and dark.unique:
            sectors = generator.sectors
            state = PureState(sectors.labels, sectors.dimensions, dark.vectors[:, 0])
            return Solution(state, report_of(generator, "dark state", dark.residual, True))
        if dark is not None:
            raise non_unique_error(generator)
        if method == "dark":
            raise NumericalError(
                "There is no dark state: no common null vector of the jumps is an eigenvector of "
                "H. Use method='auto' for mixed steady states."
            )
    if method == "dense" or (method == "auto" and generator.sectors.numbers <= DENSE_NUMBERS):
        found = dense_steady_state(generator)
        return _mixed(generator, found.flat, "dense", found.gap)
    found = krylov_steady_state(generator, rtol)
    return _mixed(generator, found.flat, f"krylov, {found.iterations} applications", found.gap)


def _mixed(generator: Generator, flat: Flat, method: str, gap: float | None) -> Solution:
    size = float(np.linalg.norm(flat))
    moved = float(np.linalg.norm(generator.apply(flat)))
    unique = None if method.startswith("evolution") else True
    report = report_of(generator, method, moved / (generator.scale() * size), unique)
    error = None if gap is None else moved / (gap * size)
    report = report.with_(margin=least_eigenvalue(generator, flat), gap=gap, error_estimate=error)
    return Solution(expanded(generator, flat), report)


def least_eigenvalue(generator: Generator, flat: Flat) -> float:
    """Smallest eigenvalue of a state on the blocks; below zero by errors only."""
    return min(float(np.linalg.eigvalsh(view)[0]) for view in generator.sectors.views(flat))


def report_of(generator: Generator, method: str, residual: float, unique: bool | None) -> Report:
    """A report with what the sectors say."""
    sectors = generator.sectors
    sizes = f"{sectors.numbers} numbers in {len(sectors.blocks)} blocks ({sectors.reason})"
    return Report(
        engine=ENGINE,
        method=method,
        status=Status.CERTIFIED if unique else Status.CONVERGED,
        residual=residual,
        unique=unique,
        structure=(sizes,),
    )


def judged(report: Report, settings: Settings) -> Report:
    """Lower the status where a check fails, with the reason as a warning."""
    warnings = list(report.warnings)
    error = report.error_estimate or 0.0
    if report.margin is not None and report.margin < min(LEAST_MARGIN, -error):
        warnings.append(f"the state has a negative eigenvalue {report.margin:.3g}")
    own = report.method.startswith("hierarchy")  # judges its accuracy itself
    if report.residual is not None and not own and not report.residual <= 10 * settings.rtol:
        warnings.append(f"residual {report.residual:.3g} exceeds rtol {settings.rtol:g}")
    if report.gap is not None and not own and not error <= 10 * ERROR_OVER_RTOL * settings.rtol:
        warnings.append(
            f"the slowest rate {report.gap:.2g} turns the residual into an error of {error:.2g} of "
            "the state: lower rtol, or use method='dense'"
        )
    for name, value in report.truncation.items():
        if value > settings.edge:
            warnings.append(f"{name} holds {value:.3g}: raise cutoff")
    status = Status.SUSPECT if warnings else report.status
    return report.with_(status=status, warnings=tuple(warnings))


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
    """
    state = initial.density() if isinstance(initial, PureState) else initial
    if not isinstance(state, DensityState) or state.labels != labels:
        remedy = f"Give a DensityState or PureState with the labels {labels}."
        raise ArgumentError("initial", "be a state of the system", initial, remedy)
    return state


def is_coherent(generator: Generator, initial: Any) -> bool:
    """Whether an initial state has coherences between charge sectors."""
    state = density_of(initial, generator.sectors.labels)
    return generator.sectors.off_block_weight(np.asarray(state.matrix)) > 1e-24
