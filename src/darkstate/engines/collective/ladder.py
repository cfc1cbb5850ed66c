"""The ladder of methods for one generator, and the report on what it found.

Dark states first (Hilbert space), then small sectors densely, larger ones by GMRES; from a given
initial state by evolution. The residual is measured against the fastest rate, what it means for
the state is decided by the slowest: ``|d rho| <= |L rho| / gap`` is the error estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.base import Solution
from darkstate.engines.collective.conserved import non_unique
from darkstate.engines.collective.dark import DarkStates, dark_states
from darkstate.engines.collective.generator import Flat, Generator
from darkstate.engines.collective.steady import (
    DENSE_NUMBERS,
    ERROR_OVER_RTOL,
    LEAST_MARGIN,
    Found,
    dense_steady_state,
    krylov_steady_state,
    least_eigenvalue,
    relaxed,
)
from darkstate.errors import NumericalError
from darkstate.linalg.krylov import krylov_steps
from darkstate.linalg.threads import one_blas_thread
from darkstate.results import Report, Status
from darkstate.states import PureState
from darkstate.systems.spaces import Mode

ENGINE = "collective"
EVOLUTION_OVER_RTOL = 1e3
"""Accuracy of an evolution over its whole span, in units of rtol."""
_LONGEST = 1e6
"""Time to relax at most, in units of the inverse largest rate."""


@dataclass(frozen=True)
class Settings:
    """The options of the engine that the ladder reads; see `Collective`."""

    method: str
    rtol: float
    krylov_size: int
    edge: float

    @staticmethod
    def first_method(numbers: int, dark: bool) -> str:
        """What is tried in a sector of so many numbers, in words."""
        after = "dense" if numbers <= DENSE_NUMBERS else "krylov"
        return f"dark states, then {after} in {numbers} numbers" if dark else after


def solved(generator: Generator, settings: Settings, initial: Flat | None, dark: bool) -> Solution:
    """The steady state of one generator; `initial` is where to relax from, if given.

    Raises:
        NumericalError: not unique (and no `initial`), or not converged.
    """
    method, rtol = settings.method, settings.rtol
    with one_blas_thread():
        if initial is not None:
            found = relaxed(generator, initial, rtol, settings.krylov_size, _LONGEST)
            return _mixed(generator, found)
        if dark:
            known = dark_states(generator)
            if known is not None and known.unique:
                return _dark(generator, known)
            count = 0 if known is None else known.vectors.shape[1]
            reason = non_unique(generator, count if count > 1 else None) if count else ""
            if reason:  # else the mixed methods below make the test of uniqueness
                raise NumericalError(reason)
        if method == "dark":
            raise NumericalError(
                "There is no dark state: no common null vector of the jumps is an eigenvector of "
                "H. Use method='auto' for mixed steady states."
            )
        small = generator.blocks.numbers <= DENSE_NUMBERS
        if method == "dense" or (method == "auto" and small):
            return _mixed(generator, dense_steady_state(generator))
        return _mixed(generator, krylov_steady_state(generator, rtol))


def evolved(
    generator: Generator, initial: Flat, times: Sequence[float], settings: Settings
) -> tuple[list[Flat], Report]:
    """Flattened states at increasing `times`, `initial` being the one at the first.

    Raises:
        NumericalError: too stiff for the accuracy asked.
    """
    accuracy = EVOLUTION_OVER_RTOL * settings.rtol
    kept, wanted, done = [initial], [t - times[0] for t in times[1:]], 0.0
    horizon = times[-1] - times[0]
    if horizon > 0:
        steps = krylov_steps(generator.apply, initial, horizon, accuracy, settings.krylov_size)
        with one_blas_thread():
            for step in steps:
                while wanted and wanted[0] <= done + step.length * (1 + 1e-12):
                    state = step.state(wanted.pop(0) - done)
                    # L keeps the trace exactly; what a Krylov space loses of it is an error
                    kept.append(state / generator.trace(state))
                done += step.length
    populations = np.real(kept[-1][generator.blocks.diagonal])
    report = _report(generator, populations, "Krylov propagator", None)
    margin = least_eigenvalue(generator, kept[-1])
    return kept, report.with_(margin=margin, residual=None, error_estimate=accuracy)


def _dark(generator: Generator, known: DarkStates) -> Solution:
    """A pure state, as a vector where it lies in the symmetric subspaces of all ensembles."""
    blocks, psi = generator.blocks, known.vectors[:, 0]
    report = _report(generator, np.abs(psi) ** 2, "dark state", True)
    report = report.with_(residual=known.residual)
    if all(part.dicke is None or part.dicke.spins == 1 for part in blocks.parts):
        labels = tuple(part.space.label for part in blocks.parts)
        dims = tuple(part.dimension for part in blocks.parts)
        return Solution(PureState(labels, dims, psi), report)
    kets, bras = blocks.entries
    return Solution(blocks.state(psi[kets] * psi[bras].conj()), report)


def _mixed(generator: Generator, found: Found) -> Solution:
    flat = found.flat
    size, moved = float(np.linalg.norm(flat)), float(np.linalg.norm(generator.apply(flat)))
    populations = np.real(flat[generator.blocks.diagonal])
    report = _report(generator, populations, found.method, found.unique).with_(
        residual=moved / (generator.rate * size),
        gap=found.gap,
        error_estimate=moved / (found.gap * size),
        margin=least_eigenvalue(generator, flat),
    )
    return Solution(generator.blocks.state(flat), report)


def _report(
    generator: Generator, populations: NDArray[Any], method: str, unique: bool | None
) -> Report:
    """A report with what the blocks say; `populations` are those of the members."""
    blocks = generator.blocks
    lines = [f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks ({blocks.reason})"]
    kept = [part for part in blocks.parts if part.dicke and part.space not in generator.local]
    if kept:
        names = ", ".join(f"'{part.space.label}'" for part in kept)
        lines.append(
            f"no process acts on single atoms of {names}: total spin conserved, here "
            f"{'J = N/2' if all(p.dicke and p.dicke.spins == 1 for p in kept) else 'as initial'}; "
            "other J have steady states of their own"
        )
    edges = {}
    for k, part in enumerate(blocks.parts):
        if isinstance(part.space, Mode):
            level = np.indices([p.dimension for p in blocks.parts])[k].ravel()
            population = float(populations[level == part.dimension - 1].sum())
            edges[f"Fock edge of {part.space.label}"] = max(0.0, population)
    return Report(
        engine=ENGINE,
        method=method,
        status=Status.CERTIFIED if unique else Status.CONVERGED,
        unique=unique,
        structure=tuple(lines),
        truncation=edges,
    )


def judged(report: Report, settings: Settings) -> Report:
    """Lower the status where a check fails, with the reason as a warning."""
    warnings = list(report.warnings)
    error = report.error_estimate or 0.0
    if report.margin is not None and report.margin < min(LEAST_MARGIN, -error):
        warnings.append(f"the state has a negative eigenvalue {report.margin:.3g}")
    if report.residual is not None and not report.residual <= 10 * settings.rtol:
        warnings.append(f"residual {report.residual:.3g} exceeds rtol {settings.rtol:g}")
    if report.gap is not None and not error <= 10 * ERROR_OVER_RTOL * settings.rtol:
        warnings.append(
            f"the slowest rate {report.gap:.2g} turns the residual into an error of {error:.2g} of "
            "the state: lower rtol"
        )
    for name, value in report.truncation.items():
        if value > settings.edge:
            warnings.append(f"{name} holds {value:.3g}: raise cutoff")
    status = Status.SUSPECT if warnings else report.status
    return report.with_(status=status, warnings=tuple(warnings))
