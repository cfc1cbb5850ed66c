"""The methods for one generator in turn, and the report on what it found.

Dark states first (Hilbert space), then small sectors by factorising L, larger ones by GMRES. The
residual is measured against the fastest rate of the network, but what it means for the state is
decided by the slowest: ``|d rho| <= |L rho| |L^-1|``. That is the error estimate, with what
rounding does by the same rule, and where it is too large the solve is refined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.assess import ERROR_OVER_RTOL, PURE_ERROR, gaps_found
from darkstate.engines.dark import DarkStates
from darkstate.engines.density.basis import Blocks, Flat
from darkstate.engines.density.cost import is_direct
from darkstate.engines.density.dark import search_dark_states
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.hierarchy.route import Options
from darkstate.engines.density.initial import basis_places
from darkstate.engines.density.iterate import PRECONDITIONERS
from darkstate.engines.density.long_time import long_time_limit
from darkstate.engines.density.modulated import MODULATED, ModulatedGenerator
from darkstate.engines.density.steady import (
    STATE_ALONE,
    SteadySolution,
    factorised_state,
    mixed_steady_state,
    non_unique_error,
)
from darkstate.engines.propagation import relax, states_at
from darkstate.engines.spectral import SPECTRUM_NUMBERS, gap_of, spectra
from darkstate.engines.stationary import DIRECT_NUMBERS, direct_steady_state
from darkstate.engines.truncation import Cutoff
from darkstate.errors import NumericalError
from darkstate.linalg.threads import one_blas_thread
from darkstate.linalg.unique import with_phase
from darkstate.results import Estimate, Report, Status
from darkstate.states import DensityState, EnsembleState, PureState
from darkstate.systems.open_system import OpenSystem

AnyGenerator = Generator | ModulatedGenerator

_BATCH = 2**18
"""Numbers of states whose eigenvalues are found at once."""
GAPS_AT_ONCE = 100
"""Numbers whose eigenvalues are found in a few milliseconds: with the state, not later."""
_ROUNDING, _UNSEEN = 1e-12, 1e-6
"""By how much margins of evolutions may be told too low: at least, and of the error."""
EVOLUTION_OVER_RTOL = 1e3
"""Accuracy of an evolution over its whole span, in units of rtol."""


@dataclass(frozen=True)
class Settings:
    """The options of an engine that the methods read; see `Lindblad`.

    `limit` is the memory in bytes, `smallest_rate` that of the system: relaxation far below it is
    metastability. `sector_gap` and `whole_gap` say whether the gap within the blocks, and that of
    coherences between them, are of any use.
    """

    engine: str
    method: str
    rtol: float
    krylov_size: int
    edge: float
    cutoff: Cutoff
    limit: float
    smallest_rate: float = 0.0
    sector_gap: bool = True
    whole_gap: bool = True

    @property
    def hierarchy(self) -> Options:
        """The same for the hierarchy behind a source."""
        return Options(self.edge, self.rtol, self.cutoff, self.krylov_size, self.limit)


@dataclass(frozen=True)
class Kept:
    """States on the blocks, one for each time kept, and what is known of them.

    Args:
        generator: whose blocks they are on.
        report: on all of them.
        flats: flattened states, a list or an array; none where there is a vector.
        vector: (D,) of a pure state.
    """

    generator: AnyGenerator
    report: Report
    flats: Sequence[Flat] | Flat = ()
    vector: Flat | None = None

    @property
    def populations(self) -> NDArray[np.float64]:
        """(times, D) populations of the basis states."""
        if self.vector is not None:
            return np.abs(self.vector[None]) ** 2
        return np.array([self.generator.blocks.populations(flat) for flat in self.flats])

    @property
    def all_flats(self) -> Sequence[Flat]:
        """Flattened states, that of the vector too, without phases."""
        blocks = self.generator.blocks
        if self.vector is None:
            return [blocks.turned(flat, back=True) for flat in self.flats]
        kets, bras = blocks.entries
        return [self.vector[kets] * self.vector[bras].conj()]

    @property
    def state(self) -> DensityState | EnsembleState | PureState:
        """The last state; pure ones are vectors if they lie in the symmetric subspaces."""
        blocks = self.generator.blocks
        if self.vector is None:
            return blocks.state(self.flats[-1])
        if all(factor.dicke is None or factor.dicke.spins == 1 for factor in blocks.factors):
            return PureState(blocks.labels, blocks.dimensions, self.vector)
        return blocks.state(blocks.turned(self.all_flats[0]))


def change(smaller: Kept, larger: Kept) -> float:
    """Largest trace norm of the difference of states, the first in smaller dimensions."""
    small, large = smaller.generator.blocks, larger.generator.blocks
    moved = basis_places(small.dimensions, large.dimensions)
    if smaller.vector is not None and larger.vector is not None:
        psi = np.zeros(large.dimension, dtype=complex)
        psi[moved] = smaller.vector
        return 2.0 * float(np.linalg.norm(larger.vector - np.vdot(psi, larger.vector) * psi))
    kets, bras = small.entries
    place = large.position(moved[kets], moved[bras])
    worst = 0.0
    for before, after in zip(smaller.all_flats, larger.all_flats, strict=True):
        difference = after.astype(complex)
        difference[place] -= before
        worst = max(worst, float(np.abs(large.eigenvalues(difference)).sum()))
    return worst


def first_method(generator: Generator, method: str, dark: bool, limit: float) -> str:
    """What is tried, in words; `dark` says whether a dark state is not excluded."""
    if method != "auto":
        return "as requested"
    first, numbers = "dark states first, then " if dark else "", generator.blocks.numbers
    if is_direct(generator, limit):
        return f"{first}dense in {numbers} numbers"
    return f"{first}krylov in {numbers} numbers ({PRECONDITIONERS}, by trial)"


def evolution_method(system: OpenSystem) -> str:
    """How a system is followed in time."""
    return MODULATED if system.time_dependent else "Krylov propagator"


def solved(generator: Generator, settings: Settings, initial: Flat | None) -> Kept:
    """The steady state of one generator; `initial` is where to relax from, if given.

    Raises:
        NumericalError: not unique (and no `initial`), or not converged.
    """
    method, rtol = settings.method, settings.rtol
    if method == STATE_ALONE:
        flat, report = factorised_state(generator), state_report(generator, settings, method, None)
        return Kept(generator, _with_gaps(generator, report, settings), [flat])
    if initial is not None:
        known = _known_end(generator, settings, initial)
        if known is not None:
            return known
        found = relax(generator.motion, initial, rtol, settings.krylov_size)
        way, flat = f"evolution over {found.time:.4g}", generator.blocks.hermitian(found.flat)
        error = max(found.error, _short_of_the_end(generator, flat, settings.limit))
        return _mixed(generator, SteadySolution(flat, error, found.rate, way, None), settings)
    if method in ("auto", "dark"):
        dark = search_dark_states(generator)
        allowed = max(PURE_ERROR, ERROR_OVER_RTOL * rtol)  # rounding, which all methods have
        exact = dark is not None and dark.broken <= PURE_ERROR and dark.error <= allowed
        if dark is not None and dark.unique and exact:
            return _dark(generator, dark, settings)
        if method == "dark":
            raise _no_dark_state(generator, dark)
        if dark is not None and dark.unique is False and dark.residual <= PURE_ERROR:
            # what looks like several steady states is looked at twice where that is possible
            if generator.blocks.numbers > DIRECT_NUMBERS:
                raise non_unique_error(generator)
            method = "dense"
    return _mixed(generator, mixed_steady_state(generator, method, rtol, settings.limit), settings)


def _known_end(generator: Generator, settings: Settings, initial: Flat) -> Kept | None:
    """Where a state ends, if it need not be followed: the only steady state, or by projection."""
    if settings.method == "evolve" or not is_direct(generator, settings.limit):
        return None
    try:
        return solved(generator, settings, None)
    except NumericalError:
        found = long_time_limit(generator, initial)
        return None if found is None else _mixed(generator, found, settings)


def _short_of_the_end(generator: Generator, flat: Flat, limit: float) -> float:
    """How far a state that came to rest is from the only steady state, if there is but one.

    What moves more slowly than rounding lets it be seen is found by the factors, where these are
    cheap.
    """
    if not is_direct(generator, limit):
        return 0.0
    form = generator.real_form
    found = direct_steady_state(form.matrix, form.magnitude, form.diagonal, form.scale)
    if found is None or not found.unique:
        return 0.0
    end = generator.blocks.normalised(form.hermitian(found.flat))
    return float(np.linalg.norm(flat - end) / np.linalg.norm(end)) + found.error


def evolved(
    generator: AnyGenerator, initial: Flat, times: Sequence[float], settings: Settings
) -> Kept:
    """States at increasing `times`, `initial` being the one at the first.

    Raises:
        NumericalError: too stiff for the accuracy asked.
    """
    accuracy, size = EVOLUTION_OVER_RTOL * settings.rtol, settings.krylov_size
    if isinstance(generator, ModulatedGenerator):
        (kept, error), method = generator.evolved(initial, times, accuracy), MODULATED
    else:
        kept, error, method = states_at(generator.motion, initial, times, accuracy, size)
    within = max(_ROUNDING, _UNSEEN * error)
    margin = min(generator.blocks.least_eigenvalue(part, within) for part in _batches(kept))
    report = state_report(generator, settings, method, None, error_estimate=error, margin=margin)
    return Kept(generator, report, kept)


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


def _dark(generator: Generator, dark: DarkStates, settings: Settings) -> Kept:
    known = {"residual": dark.residual, "margin": 0.0, "error_estimate": dark.error}
    report = state_report(generator, settings, "dark state", True, **known)
    report = _with_gaps(generator, report, settings)
    return Kept(generator, report, vector=with_phase(dark.vectors[:, 0]))


def _mixed(generator: Generator, found: SteadySolution, settings: Settings) -> Kept:
    flat = found.flat
    size = float(np.linalg.norm(flat))
    moved = generator.speed(flat)
    report = state_report(
        generator,
        settings,
        found.method,
        found.unique,
        residual=moved / (generator.scale * size),
        # from the Euclidean to the trace norm
        error_estimate=found.error * size * float(np.sqrt(generator.blocks.dimension)),
        margin=least_eigenvalue(generator, flat),
    )
    if found.unique:
        report = _with_gaps(generator, report, settings, found.rate)
    return Kept(generator, report, [flat])


def _with_gaps(
    generator: Generator, report: Report, settings: Settings, rate: float = np.inf
) -> Report:
    """The report with the gaps of small systems; what takes long is found when it is read."""
    if not gaps_wait(generator, settings):
        known = gaps(generator, settings)
        return report.with_(**gaps_found(report, *known, settings.smallest_rate, rate))
    # no more than what made it is kept until then
    again = partial(
        Generator, generator.blocks, generator.hamiltonian, generator.channels, generator.middle
    )

    def later() -> dict[str, Any]:
        with one_blas_thread():
            known = gaps(again(), settings)
        return gaps_found(report, *known, settings.smallest_rate, rate)

    return report.with_(later=later)


def gaps_wait(generator: Generator, settings: Settings) -> bool:
    """Whether the gaps would take longer than the solution."""
    blocks, work = generator.blocks, 0
    if settings.sector_gap and blocks.numbers <= SPECTRUM_NUMBERS:
        work = blocks.numbers
    if settings.whole_gap and has_whole_gap(generator):
        work = blocks.dimension**2
    return work > GAPS_AT_ONCE


def gaps(generator: Generator, settings: Settings) -> tuple[Estimate | None, Estimate | None]:
    """The gaps of small systems: within the blocks, and of the whole generator.

    Coherences between charges relax at rates of their own. Ensembles of several atoms in Dicke
    bases have coherences between total spins, or other total spins, that the blocks leave out.
    """
    blocks, scale, inside, sector, whole = generator.blocks, generator.scale, None, None, None
    if settings.sector_gap and blocks.numbers <= SPECTRUM_NUMBERS:
        inside = spectra(generator.real_form.matrix, scale)
        sector = None if inside is None else gap_of(inside, scale)
    if len(blocks.sizes) == 1 and not any(f.atoms > 1 and not f.local for f in blocks.factors):
        whole = sector
    elif settings.whole_gap and has_whole_gap(generator):
        matrix = generator.on_the_whole_space().real_form.matrix
        between = spectra(matrix, scale, None if inside is None else within_blocks(blocks))
        whole = None if between is None else gap_of([*(inside or []), *between], scale)
    return sector, whole


def _batches(flats: Sequence[Flat] | Flat) -> list[NDArray[Any]]:
    """States over time as a few arrays, (times, numbers) each."""
    length = max(1, _BATCH // max(1, len(flats[0])))
    return [np.asarray(flats[k : k + length]) for k in range(0, len(flats), length)]


def least_eigenvalue(generator: AnyGenerator, flat: Flat) -> float:
    """Smallest eigenvalue of a state on the blocks; below zero by errors only."""
    return generator.blocks.least_eigenvalue(flat[None])


def within_blocks(blocks: Blocks) -> NDArray[np.bool_]:
    """Which entries of a matrix on all basis states, row by row, lie in the blocks."""
    return (blocks.owner[:, None] == blocks.owner).ravel()


def has_whole_gap(generator: Generator) -> bool:
    """Whether coherences between all blocks are known, and few."""
    blocks = generator.blocks
    product = not any(factor.dicke for factor in blocks.factors)
    return product and blocks.dimension**2 <= 8 * SPECTRUM_NUMBERS


def _kept_spins(generator: AnyGenerator) -> list[str]:
    """Ensembles that keep their total spin: other J are left out here."""
    factors = generator.blocks.factors
    return [f"'{f.space.label}'" for f in factors if f.dicke and not f.local]


def state_report(
    generator: AnyGenerator, settings: Settings, method: str, unique: bool | None, **known: Any
) -> Report:
    """A report with what the blocks say, and what is `known` of the state."""
    blocks = generator.blocks
    lines = [f"{blocks.numbers} numbers in {len(blocks.sizes)} blocks ({blocks.reason})"]
    kept = _kept_spins(generator)
    if kept:
        lowest = all(f.local or f.dicke is None or f.dicke.spins == 1 for f in blocks.factors)
        lines.append(
            f"no process acts on single atoms of {', '.join(kept)}: total spin conserved, here "
            f"{'J = N/2' if lowest else 'as initial'}; other J have steady states of their own"
        )
    status = Status.CERTIFIED if unique else Status.CONVERGED
    return Report(settings.engine, method, status, unique=unique, structure=tuple(lines), **known)
