"""The hierarchy as a method of the engine: offers, steady states and evolutions with reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from darkstate.engines.base import Cost, Offer, Solution, one_blas_thread, refuse_if_too_large
from darkstate.engines.lindblad.hierarchy.network import DrivenNetwork
from darkstate.engines.lindblad.hierarchy.solve import (
    RESTART,
    driven_network,
    evolved_hierarchy,
    predicted_numbers,
    steady_hierarchy,
)
from darkstate.errors import NumericalError
from darkstate.results import Report, Status
from darkstate.states import DensityState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import LinearSource

USUAL_DEPTH = 14
"""Depth at which most sources with a bandwidth above the network's rates are converged to 1e-7."""
SECONDS_PER_NUMBER = 3e-5
"""Time of a steady state per number of the last hierarchy, all depths and iterations together."""
METHOD = "hierarchy"


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
    cutoff: int | None
    krylov_size: int
    limit: float


def hierarchy_offer(name: str, system: OpenSystem, source: LinearSource, options: Options) -> Offer:
    """What the hierarchy would cost at its usual depth."""
    try:
        _, network = driven_network(system, source, options.cutoff)
    except NumericalError as refusal:
        return Offer(name, False, str(refusal), steps=("Stationary source? no",))
    numbers = predicted_numbers(network, USUAL_DEPTH)
    steps = (
        f"Linear source? {_labels(source)}, eliminated exactly by its moments",
        f"Network: {network.pairs.dimension} states; about {numbers} numbers",
    )
    cost = Cost(_memory(network, numbers), 0.05 + SECONDS_PER_NUMBER * numbers)
    why = "the source is linear and autonomous: no Fock states are needed"
    return Offer(name, True, why, METHOD, steps, cost, source)


def hierarchy_steady_state(
    name: str, system: OpenSystem, source: LinearSource, options: Options
) -> Solution:
    """The network's steady state; the source is traced out.

    Raises:
        CapacityError: not even a shallow hierarchy fits.
        NumericalError: no stationary source, or no convergence.
    """
    dims, network = driven_network(system, source, options.cutoff)
    with one_blas_thread():
        found = steady_hierarchy(network, options.tolerance, options.rtol, _fits(network, options))
    matrix = found.hierarchy.state(found.flat)
    state = DensityState(source.network.labels, dims, matrix)
    warnings = _warnings(found.change, found.hierarchy.depth, options)
    report = Report(
        engine=name,
        method=f"{METHOD}, depth {found.hierarchy.depth:g}, {found.iterations} iterations",
        status=Status.SUSPECT if warnings else Status.CONVERGED,
        residual=found.residual,
        error_estimate=found.change,
        margin=float(np.linalg.eigvalsh(matrix)[0]),
        truncation={"change by the last deepening": found.change},
        structure=_structure(source, found.hierarchy.count, found.hierarchy.numbers),
        warnings=warnings,
    )
    return Solution(state, report)


def hierarchy_evolution(
    name: str,
    system: OpenSystem,
    source: LinearSource,
    times: Sequence[float],
    initial: DensityState | None,
    options: Options,
) -> Solution:
    """States of the network at `times`; the source is stationary from the start.

    Raises:
        CapacityError: not even a shallow hierarchy fits.
        NumericalError: no stationary source; too stiff for the accuracy asked.
    """
    dims, network = driven_network(system, source, options.cutoff)
    rho = np.zeros((network.pairs.dimension,) * 2, dtype=complex)
    rho[0, 0] = 1.0
    if initial is not None:
        rho = np.asarray(initial.matrix, dtype=complex)
    with one_blas_thread():
        matrices, hierarchy, change = evolved_hierarchy(
            network,
            rho,
            times,
            options.tolerance,
            options.rtol,
            options.krylov_size,
            _fits(network, options),
        )
    states = tuple(DensityState(source.network.labels, dims, matrix) for matrix in matrices)
    warnings = _warnings(change, hierarchy.depth, options)
    report = Report(
        engine=name,
        method=f"{METHOD}, depth {hierarchy.depth:g}, Krylov propagator",
        status=Status.SUSPECT if warnings else Status.CONVERGED,
        error_estimate=max(change, options.rtol),
        truncation={"change by the last deepening": change},
        structure=_structure(source, hierarchy.count, hierarchy.numbers),
        warnings=warnings,
    )
    return Solution(states[-1], report, states)


def _fits(network: DrivenNetwork, options: Options) -> Callable[[int], bool]:
    """Refuses at once what is hopeless; answers for deeper hierarchies one by one."""
    least = _memory(network, predicted_numbers(network, 6))
    remedy = "Use fewer nodes, or solve only what is upstream of the labels that you ask for."
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


def _warnings(change: float, depth: float, options: Options) -> tuple[str, ...]:
    if change <= options.tolerance:
        return ()
    return (
        f"at depth {depth:g} the state still changed by {change:.2g} (asked: "
        f"{options.tolerance:.2g}): raise edge or memory_limit, or solve what is upstream only",
    )
