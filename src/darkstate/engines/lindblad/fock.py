"""Steady states and evolutions with Fock cut-offs that are large enough, and the verdict on them.

Each of the four tasks, a steady state or an evolution, in the Fock space of all modes or behind a
source that is eliminated, is one attempt with given cut-offs; `engines/truncation.py` repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines import truncation
from darkstate.engines.assess import ALLOWED_OVER_RTOL, judge_state, judge_truncation
from darkstate.engines.contract import Cost, Solution, refuse_if_too_long
from darkstate.engines.lindblad.compile import compiled, sectors_of
from darkstate.engines.lindblad.cost import evolution_cost, least_cost, steady_cost
from darkstate.engines.lindblad.evolution import StoredStates
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.hierarchy.route import hierarchy_evolution, hierarchy_steady_state
from darkstate.engines.lindblad.steady import DENSE_NUMBERS
from darkstate.engines.lindblad.strategy import (
    ENGINE,
    Settings,
    flattened,
    is_coherent,
    least_eigenvalue,
    report_of,
    solved,
)
from darkstate.engines.propagation import states_at
from darkstate.engines.truncation import (
    Attempt,
    Cutoff,
    Truncated,
    change_of_state,
    grow_cutoffs,
    levels_needed,
    mode_labels,
    mode_populations,
    padded,
    populations_of,
)
from darkstate.linalg.threads import one_blas_thread
from darkstate.memory import refuse_if_too_large
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import LinearSource

THREADED_BLOCK = 500
"""Blocks from this size on keep several BLAS threads busy."""
USUAL_APPLICATIONS = 150.0
"""Of the generator in a Krylov solution of the price that is predicted."""
EVOLUTION_OVER_RTOL = 1e3
"""Accuracy of an evolution over its whole span, in units of rtol."""
_STEADY_REMEDY = "Lower the number of nodes or the cutoff."
_EVOLVE_REMEDY = "Lower the number of nodes or the cutoff, keep fewer times, or lower krylov_size."


def steady_in_fock_space(
    system: OpenSystem, first: Generator | None, initial: DensityState | None, settings: Settings
) -> Solution:
    """The steady state with all modes in Fock space; `first` is compiled for the first cut-offs.

    Raises:
        NumericalError: not unique (and no `initial`), or not converged.
        CapacityError: it would not fit.
    """
    compiled_first, harder, method = first, 1.0, settings.method

    def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
        nonlocal compiled_first, harder, method
        dims = truncation.dimensions(system, cutoffs)
        generator, compiled_first = compiled_first, None
        if generator is None or generator.sectors.dimensions != dims:
            _refuse(
                "steady_state", least_cost(sectors_of(system, dims)), settings, why, _STEADY_REMEDY
            )
            generator = compiled(system, dims)
        given = None if initial is None else padded(initial, dims)
        if given is not None and is_coherent(generator, given):
            generator = compiled(system, dims, blocks=False)
        cost = steady_cost(generator, method, DENSE_NUMBERS)
        expected = replace(cost, seconds=harder * cost.seconds)
        _refuse("steady_state", expected, settings, why, _STEADY_REMEDY)
        with threads_for(generator):
            found = solved(generator, settings, given)
        # what it took, and in which way, it will take in a larger space too
        if settings.method == "auto":
            method = "dark" if isinstance(found.state, PureState) else "krylov"
        harder = max(1.0, generator.applications / USUAL_APPLICATIONS)
        return _kept(system, cutoffs, found, populations_of(found.state))

    needed = None if initial is None else levels_needed(initial, system)
    found = grow_cutoffs(system, settings.cutoff, settings.edge, attempt, _change, needed)
    return _judged(found, settings)


def steady_behind_source(system: OpenSystem, source: LinearSource, settings: Settings) -> Solution:
    """The network behind a source that is eliminated by its moments."""
    network, asked = source.network, network_cutoff(source.network, settings.cutoff)

    def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
        options = replace(settings.hierarchy, cutoff=cutoffs)
        found = hierarchy_steady_state(ENGINE, system, source, options, why)
        return _kept(network, cutoffs, found, populations_of(found.state))

    found = grow_cutoffs(network, asked, settings.edge, attempt, _change)
    return _judged(found, settings, behind_source=True)


def evolve_in_fock_space(
    system: OpenSystem,
    first: Generator | None,
    times: Sequence[float],
    initial: DensityState | None,
    settings: Settings,
) -> Solution:
    """States at `times`, judged over all of them; `first` is compiled for the first cut-offs.

    Raises:
        NumericalError: too stiff for the accuracy asked.
        CapacityError: it would not fit.
    """

    compiled_first = first

    def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
        nonlocal compiled_first
        dims = truncation.dimensions(system, cutoffs)
        given = None if initial is None else padded(initial, dims)
        generator, compiled_first = compiled_first, None
        if generator is None or generator.sectors.dimensions != dims:
            _refuse("evolve", least_cost(sectors_of(system, dims)), settings, why, _EVOLVE_REMEDY)
            generator = compiled(system, dims)
        if given is not None and is_coherent(generator, given):
            generator = compiled(system, dims, blocks=False)
        horizon, size = float(times[-1] - times[0]), settings.krylov_size
        expected = evolution_cost(generator, horizon, len(times), size)
        _refuse("evolve", expected, settings, why, _EVOLVE_REMEDY)
        with threads_for(generator):
            found, kept = _evolved(generator, flattened(generator, given), times, settings)
        diagonals = np.array([generator.sectors.populations(flat) for flat in kept])
        return _kept(system, cutoffs, found, diagonals)

    least = None if initial is None else levels_needed(initial, system)
    found = grow_cutoffs(system, settings.cutoff, settings.edge, attempt, _change_over_time, least)
    return _judged(found, settings)


def evolve_behind_source(
    system: OpenSystem,
    source: LinearSource,
    times: Sequence[float],
    initial: DensityState | None,
    settings: Settings,
) -> Solution:
    """States at `times` of the network behind a source, which is stationary from the start."""
    network, asked = source.network, network_cutoff(source.network, settings.cutoff)

    def attempt(cutoffs: dict[str, int], why: str) -> Attempt:
        options = replace(settings.hierarchy, cutoff=cutoffs)
        dims = truncation.dimensions(network, cutoffs)
        given = None if initial is None else padded(initial, dims)
        found = hierarchy_evolution(ENGINE, system, source, times, given, options, why)
        diagonals = np.array([populations_of(state) for state in found.states])
        return _kept(network, cutoffs, found, diagonals)

    least = None if initial is None else levels_needed(initial, network)
    found = grow_cutoffs(network, asked, settings.edge, attempt, _change_over_time, least)
    return _judged(found, settings, behind_source=True)


def network_cutoff(network: OpenSystem, cutoff: Cutoff) -> Cutoff:
    """The cut-offs given, as far as they concern the network behind a source."""
    if cutoff is None or isinstance(cutoff, int):
        return cutoff
    kept = {label: size for label, size in cutoff.items() if label in mode_labels(network)}
    return kept or None


def threads_for(generator: Generator) -> AbstractContextManager[Any]:
    """One BLAS thread unless the blocks are large enough to keep several busy."""
    return one_blas_thread(max(generator.sectors.sizes) < THREADED_BLOCK)


def _evolved(
    generator: Generator, flat: NDArray[Any], times: Sequence[float], settings: Settings
) -> tuple[Solution, list[NDArray[Any]]]:
    """States at `times` with what is known of them, and the same flattened."""
    accuracy = EVOLUTION_OVER_RTOL * settings.rtol
    kept, error, method = states_at(generator.motion, flat, times, accuracy, settings.krylov_size)
    margin = min(least_eigenvalue(generator, each) for each in kept)
    states = StoredStates(generator, kept)
    report = report_of(generator, method, None, error_estimate=error, margin=margin)
    return Solution(states[-1], report, states), kept


def _kept(
    network: OpenSystem, cutoffs: dict[str, int], found: Solution, diagonals: NDArray[np.float64]
) -> Attempt:
    dims = truncation.dimensions(network, cutoffs)
    return Attempt(cutoffs, mode_populations(diagonals, network, dims), found)


def _judged(found: Truncated, settings: Settings, behind_source: bool = False) -> Solution:
    """The solution with its verdict; a hierarchy is as accurate as `edge` asks, and no more."""
    solution: Solution = found.attempt.found
    residual, error = 10 * settings.rtol, ALLOWED_OVER_RTOL * settings.rtol
    if behind_source:
        residual, error = np.inf, max(error, 10 * settings.edge)
    report = judge_state(solution.report, residual, error)
    if found.edges:
        report = judge_truncation(report, found, settings.edge)
    return replace(solution, report=report)


def _refuse(task: str, cost: Cost, settings: Settings, why: str, remedy: str = "") -> None:
    refuse_if_too_large(task, cost.memory, settings.limit, why or remedy)
    if why:  # a second attempt, of which the user knows nothing
        refuse_if_too_long(task, cost, why)


def _change(smaller: Attempt, larger: Attempt) -> float:
    return change_of_state(smaller.found.state, larger.found.state)


def _change_over_time(smaller: Attempt, larger: Attempt) -> float:
    pairs = zip(smaller.found.states, larger.found.states, strict=True)
    return max(change_of_state(a, b) for a, b in pairs)
