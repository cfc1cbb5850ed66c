"""The methods for one generator in turn, and the report on what it found.

Dark states first (Hilbert space), then small sectors by factorising L, larger ones by GMRES; from a
given initial state by evolution. The residual is measured against the fastest rate, what it means
for the state is decided by the slowest: ``|d rho| <= |L rho| |L^-1|`` is the error estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.engines.assess import PURE_ERROR, add_gaps
from darkstate.engines.collective.conserved import non_unique
from darkstate.engines.collective.dark import search_dark_states
from darkstate.engines.collective.generator import Flat, Generator
from darkstate.engines.collective.steady import (
    DENSE_NUMBERS,
    Found,
    least_eigenvalue,
    mixed_steady_state,
    normalised,
)
from darkstate.engines.dark import DarkStates
from darkstate.engines.propagation import relax, states_at
from darkstate.engines.stationary import (
    DIRECT_NUMBERS,
    SPECTRUM_NUMBERS,
    spectral_gap,
)
from darkstate.errors import NumericalError
from darkstate.linalg.threads import one_blas_thread
from darkstate.linalg.unique import with_phase
from darkstate.results import Report, Status
from darkstate.states import EnsembleState, PureState

ENGINE = "collective"
EVOLUTION_OVER_RTOL = 1e3
"""Accuracy of an evolution over its whole span, in units of rtol."""


@dataclass(frozen=True)
class Settings:
    """The options of the engine that the methods read; see `Collective`.

    `smallest_rate` is that of the system: relaxation far below it is metastability.
    """

    method: str
    rtol: float
    krylov_size: int
    edge: float
    smallest_rate: float = 0.0

    @staticmethod
    def first_method(numbers: int, dark: bool) -> str:
        """What is tried in a sector of so many numbers, in words."""
        after = "dense" if numbers <= DENSE_NUMBERS else "krylov"
        return f"dark states, then {after} in {numbers} numbers" if dark else after


@dataclass(frozen=True)
class Kept:
    """States on the blocks, one for each time kept, and what is known of them.

    Args:
        generator: whose blocks they are on.
        flats: flattened states.
        report: on all of them.
        vector: the last one, if it is a pure state of the symmetric subspaces.
    """

    generator: Generator
    flats: list[Flat]
    report: Report
    vector: PureState | None = None

    @property
    def state(self) -> EnsembleState | PureState:
        """The last state."""
        return self.vector or self.generator.blocks.state(self.flats[-1])


def solved(generator: Generator, settings: Settings, initial: Flat | None, dark: bool) -> Kept:
    """The steady state of one generator; `initial` is where to relax from, if given.

    Raises:
        NumericalError: not unique (and no `initial`), or not converged.
    """
    method, rtol = settings.method, settings.rtol
    with one_blas_thread():
        if initial is not None:
            rest = relax(generator.motion, initial, rtol, settings.krylov_size)
            flat = normalised(generator, rest.flat)
            way = f"evolution over {rest.time:.4g}"
            return _mixed(generator, Found(flat, rest.error, rest.rate, way, None), settings)
        if dark:
            known = search_dark_states(generator)
            if known is not None and known.unique and known.error <= PURE_ERROR:
                return _dark(generator, known, settings)
            if known is not None and known.unique is False and known.residual <= PURE_ERROR:
                # what looks like several steady states is looked at twice where that is possible
                if method == "dark" or generator.blocks.numbers > DIRECT_NUMBERS:
                    raise NumericalError(non_unique(generator, max(2, known.vectors.shape[1])))
                method = "dense"
        if settings.method == "dark":
            raise NumericalError(
                "There is no dark state that is exact and shown to be unique: no common null "
                "vector of the jumps is an eigenvector of H, or there are several. Use "
                "method='auto' for mixed steady states."
            )
        return _mixed(generator, mixed_steady_state(generator, method, rtol), settings)


def evolved(
    generator: Generator, initial: Flat, times: Sequence[float], settings: Settings
) -> Kept:
    """Flattened states at increasing `times`, `initial` being the one at the first.

    Raises:
        NumericalError: too stiff for the accuracy asked.
    """
    accuracy = EVOLUTION_OVER_RTOL * settings.rtol
    with one_blas_thread():
        kept, error, method = states_at(
            generator.motion, initial, times, accuracy, settings.krylov_size
        )
        margin = min(least_eigenvalue(generator, flat) for flat in kept)
    report = _report(generator, method, None, margin=margin, error_estimate=error)
    return Kept(generator, kept, report)


def _dark(generator: Generator, known: DarkStates, settings: Settings) -> Kept:
    """A pure state, as a vector where it lies in the symmetric subspaces of all ensembles."""
    blocks, psi = generator.blocks, with_phase(known.vectors[:, 0])
    values = {"residual": known.residual, "margin": 0.0, "error_estimate": known.error}
    report = _report(generator, "dark state", True, **values)
    kets, bras = blocks.entries
    flat, vector = psi[kets] * psi[bras].conj(), None
    if all(part.dicke is None or part.dicke.spins == 1 for part in blocks.parts):
        labels = tuple(part.space.label for part in blocks.parts)
        vector = PureState(labels, tuple(part.dimension for part in blocks.parts), psi)
    return Kept(generator, [flat], _with_gaps(generator, report, settings), vector)


def _mixed(generator: Generator, found: Found, settings: Settings) -> Kept:
    flat = found.flat
    size, moved = float(np.linalg.norm(flat)), float(np.linalg.norm(generator.apply(flat)))
    report = _report(
        generator,
        found.method,
        found.unique,
        residual=moved / (generator.rate * size),
        # from the Euclidean to the trace norm
        error_estimate=found.error * size * float(np.sqrt(generator.blocks.dimension)),
        margin=least_eigenvalue(generator, flat),
    )
    if found.unique:
        report = _with_gaps(generator, report, settings, found.rate)
    return Kept(generator, [flat], report)


def _with_gaps(
    generator: Generator, report: Report, settings: Settings, rate: float = np.inf
) -> Report:
    """The gap of small sectors; that of the whole generator where the blocks leave nothing out."""
    sector = None
    if generator.blocks.numbers <= SPECTRUM_NUMBERS:
        sector = spectral_gap(generator.matrix, generator.rate)
    whole = sector if len(generator.blocks.sizes) == 1 and not _keeps_spins(generator) else None
    return add_gaps(report, sector, whole, settings.smallest_rate, rate)


def _keeps_spins(generator: Generator) -> bool:
    """Whether some ensemble of several atoms keeps its total spin: other J are left out here."""
    return any(
        part.dicke is not None and part.atoms > 1 and part.space not in generator.local
        for part in generator.blocks.parts
    )


def _report(generator: Generator, method: str, unique: bool | None, **known: Any) -> Report:
    """A report with what the blocks say, and what is `known` of the state."""
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
    status = Status.CERTIFIED if unique else Status.CONVERGED
    return Report(ENGINE, method, status, unique=unique, structure=tuple(lines), **known)
