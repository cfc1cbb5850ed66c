"""The hierarchy as a method of the engine: offers, steady states and evolutions with reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from darkstate.engines.assess import Finding, finding, judge
from darkstate.engines.contract import Cost, Offer, Solution, refused
from darkstate.engines.density.compile import dimensions
from darkstate.engines.density.hierarchy.network import DrivenNetwork
from darkstate.engines.density.hierarchy.solve import (
    FIRST_DEPTH,
    RESTART,
    STEP,
    driven_network,
    evolved_hierarchy,
    predicted_numbers,
    steady_hierarchy,
)
from darkstate.engines.truncation import Cutoff
from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.threads import one_blas_thread
from darkstate.memory import refuse_if_too_large
from darkstate.results import Report, Status
from darkstate.states import DensityState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import LinearSource, linear_source
from darkstate.systems.upstream import upstream

USUAL_DEPTH, USUAL_ITERATIONS = 14.0, 20.0
"""What most sources need with a bandwidth above the network's rates, where no pilot is run."""
PILOT_DIMENSION = 16
"""Networks up to this size are solved in milliseconds, to see what the source asks for."""
SECONDS_PER_NUMBER, SECONDS, LEAST_SIZE = 2.5e-6, 0.015, 0.08
"""Measured, per iteration of the pilot and depth: time per number of the last hierarchy and unit of
the largest variance of the source, time whatever its numbers are, and the variance that counts at
least; within a factor of two over bandwidth, r and N."""
METHOD = "hierarchy"
HIERARCHY_REFERENCES = (("tanimura2006", "hierarchies of equations for light with a memory"),)


@dataclass(frozen=True)
class Options:
    """What the engine's options mean here.

    Attributes:
        tolerance: largest change (trace norm) of the network's state by the last deepening.
        rtol: relative residual of linear systems.
        cutoff: Fock states of modes that belong to the network.
        krylov_size: vectors of a time step.
        limit: bytes of memory.
    """

    tolerance: float
    rtol: float
    cutoff: Cutoff
    krylov_size: int
    limit: float


def hierarchy_offer(
    name: str,
    system: OpenSystem,
    source: LinearSource,
    options: Options,
    solve: Callable[[], Solution],
) -> Offer:
    """What the hierarchy would cost, judged by a pilot: the nodes that feel nothing but the source.

    Every further stage of the same size takes about two levels more.
    """
    try:
        _, network = driven_network(system, source, options.cutoff)
        depth, iterations, spent = _pilot(system, source, network, options)
    except NumericalError as refusal:
        return refused(name, refusal, ("Stationary source? no",))
    numbers = predicted_numbers(network, depth)
    steps = (
        f"Linear source? {_labels(source)}, eliminated exactly by its moments",
        f"Network: {network.pairs.dimension} states; about {numbers} numbers at depth {depth:g}",
    )
    seconds = spent + _seconds(network, numbers, iterations)  # whoever solves asks again
    why = "the source is linear and autonomous: no Fock states are needed"
    cost = Cost(_memory(network, numbers), 0.05 + seconds)
    return Offer(name, why, METHOD, steps, cost, solve=solve)


def _seconds(network: DrivenNetwork, numbers: int, iterations: float) -> float:
    """Of a hierarchy that ends with so many numbers, with iterations at every depth."""
    size = float(np.max(np.abs(network.variables.covariance), initial=LEAST_SIZE))
    slower = 1.0 if network.dtype is float else 1.3
    return iterations * (SECONDS + SECONDS_PER_NUMBER * numbers * size * slower)


def _pilot(
    system: OpenSystem, source: LinearSource, network: DrivenNetwork, options: Options
) -> tuple[float, float, float]:
    """Expected depth, and GMRES iterations per depth, from the first nodes behind the source.

    With the seconds that the pilot takes, expected too: what is measured differs between runs.
    """
    closures = [set(upstream(system, label).labels) for label in source.network.labels]
    sizes = [len(labels) for labels in closures]
    first = [n for n, size in zip(source.network.labels, sizes, strict=True) if size == min(sizes)]
    part = upstream(system, first)
    trait = linear_source(part)
    if trait.evidence is None:
        return USUAL_DEPTH, USUAL_ITERATIONS, 0.0
    _, small = driven_network(part, trait.evidence, options.cutoff)
    if small.pairs.dimension > PILOT_DIMENSION:
        return USUAL_DEPTH, USUAL_ITERATIONS, 0.0
    try:
        with one_blas_thread():
            found = steady_hierarchy(small, options.tolerance, options.rtol, lambda n: n < 1e5)
    except NumericalError:  # not unique, say: the solve itself will tell
        return USUAL_DEPTH, USUAL_ITERATIONS, 0.0
    later = np.log2(network.pairs.dimension) / np.log2(small.pairs.dimension) - 1
    depths = 0.5 * (found.hierarchy.depth - FIRST_DEPTH) + 1
    iterations = found.iterations / depths
    spent = _seconds(small, found.hierarchy.numbers, iterations)
    return found.hierarchy.depth + STEP * np.ceil(later), iterations, spent


def hierarchy_steady_state(
    name: str, system: OpenSystem, source: LinearSource, options: Options, why: str = ""
) -> Solution:
    """The network's steady state; the source is traced out. `why` is the remedy of refusals.

    Raises:
        CapacityError: not even a shallow hierarchy fits.
        NumericalError: no stationary source, or no convergence.
    """
    dims, network = driven_network(system, source, options.cutoff)
    with one_blas_thread():
        fits = _fits(network, options, why)
        found = steady_hierarchy(network, options.tolerance, options.rtol, fits)
    matrix = found.hierarchy.state(found.flat)
    state = DensityState(source.network.labels, dims, matrix)
    settled = _finding(found.change, found.hierarchy.depth, options)
    report = Report(
        engine=name,
        method=f"{METHOD}, depth {found.hierarchy.depth:g}, {found.iterations} iterations",
        status=Status.CONVERGED,
        residual=found.residual,
        error_estimate=found.error,
        margin=float(np.linalg.eigvalsh(matrix)[0]),
        structure=_structure(source, found.hierarchy.count, found.hierarchy.numbers),
    )
    return Solution(state, judge(report, [settled], Status.CONVERGED))


def hierarchy_evolution(
    name: str,
    system: OpenSystem,
    source: LinearSource,
    times: Sequence[float],
    initial: DensityState | None,
    options: Options,
    why: str = "",
) -> Solution:
    """States of the network at `times`; the source is stationary from the start.

    Raises:
        CapacityError: not even a shallow hierarchy fits.
        NumericalError: no stationary source; too stiff for the accuracy asked.
    """
    given = None if initial is None else np.asarray(initial.matrix, dtype=complex)
    dims = dimensions(source.network, options.cutoff)
    if initial is not None and tuple(initial.dimensions) != dims:
        remedy = f"Its dimensions must be {dims}; set cutoff= accordingly."
        raise ArgumentError("initial", "fit the network", initial.dimensions, remedy)
    dims, network = driven_network(system, source, options.cutoff, given)
    rho = np.zeros((network.pairs.dimension,) * 2, dtype=complex)
    rho[0, 0] = 1.0
    rho = rho if given is None else given
    with one_blas_thread():
        matrices, hierarchy, change = evolved_hierarchy(
            network,
            rho,
            times,
            options.tolerance,
            options.rtol,
            options.krylov_size,
            _fits(network, options, why),
        )
    states = tuple(DensityState(source.network.labels, dims, matrix) for matrix in matrices)
    settled = _finding(change, hierarchy.depth, options)
    report = Report(
        engine=name,
        method=f"{METHOD}, depth {hierarchy.depth:g}, Krylov propagator",
        status=Status.CONVERGED,
        error_estimate=max(change, options.rtol),
        margin=min(float(np.linalg.eigvalsh(matrix)[0]) for matrix in matrices),
        structure=_structure(source, hierarchy.count, hierarchy.numbers),
    )
    return Solution(states[-1], judge(report, [settled], Status.CONVERGED), states)


def _fits(network: DrivenNetwork, options: Options, why: str = "") -> Callable[[int], bool]:
    """Refuses at once what is hopeless; answers for deeper hierarchies one by one."""
    least = _memory(network, predicted_numbers(network, 6))
    remedy = why or "Use fewer nodes, or solve only what is upstream of the labels you ask for."
    refuse_if_too_large("hierarchy", least, options.limit, remedy)
    return lambda numbers: _memory(network, numbers) <= options.limit


def _memory(network: DrivenNetwork, numbers: int) -> float:
    """Krylov vectors, and the superoperators of the network."""
    item = 8 if network.dtype is float else 16
    entries = 2 * network.pairs.dimension * (network.effective.nnz + 4 * len(network.drives))
    return float(item * (RESTART + 15) * numbers + (item + 4) * entries)


def _labels(source: LinearSource) -> str:
    return ", ".join(mode.label for mode in source.modes)


def _structure(source: LinearSource, count: int, numbers: int) -> tuple[str, ...]:
    return (
        f"source {_labels(source)} eliminated by its moments; the state is that of the network",
        f"{numbers} numbers in {count} operators (conjugates not stored)",
    )


def _finding(change: float, depth: float, options: Options) -> Finding:
    return finding("depth", change, options.tolerance, depth=depth)
