"""Who knows slopes of a quantity: adjoint equations of density matrices and of Gaussian states.

Each function solves once and returns what tells slopes by coefficients, or None where the engine
that solves the system has no adjoint equation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from darkstate.design.chain_gradient import ChainSlopes
from darkstate.design.density_gradient import DensitySlopes, TermMatrices, as_density
from darkstate.design.differences import KinkError
from darkstate.design.gaussian_gradient import GaussianSlopes
from darkstate.design.merit import Merit, merit
from darkstate.design.rate_gradient import RateSlopes, density_rate_slopes, drift_rate_slopes
from darkstate.design.slopes import SlopeSource
from darkstate.design.time_gradient import DensityTimeSlopes, GaussianTimeSlopes, PreparationSlopes
from darkstate.engines import Engine, Gaussian, Lindblad, Solution
from darkstate.engines.contract import Task, run
from darkstate.engines.density import LinearResponse
from darkstate.engines.gaussian.large import ReducedVariables
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import DarkstateError, NumericalError
from darkstate.frontdoor import preparation_time
from darkstate.frontdoor.selection import choose
from darkstate.linalg.slowest import slowest_modes
from darkstate.measures import purity
from darkstate.results import Report
from darkstate.states import DensityState, GaussianState, PairwiseGaussianState
from darkstate.states.subsystems import Matrix
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.quadratic import quadratic_form

RTOL = 1e-11
"""Asked of steady states of density matrices."""
_FEWER = 0.8
"""Fock states that slopes are compared with, as a part of those of the solution."""
_SOLVED = 100.0
"""Error of a state whose cut-offs are compared, in units of `rtol`: what the solver refines to."""
_NEWTON = 3
"""Steps to the time at which the purity reaches its bound."""


def steady_slopes(
    system: System, function: Callable[[Any], float], engine: Engine | None
) -> SlopeSource | None:
    """Slopes of a merit of the steady state; None for engines without an adjoint equation."""
    chosen = choose(system, Task(), engine)
    if not isinstance(system, OpenSystem):
        return None
    if isinstance(chosen.engine, Gaussian):
        solution = run(chosen.engine, system, offer=chosen.offer)
        if isinstance(solution.state, PairwiseGaussianState):
            return _chain_slopes(system, function, solution)
        return GaussianSlopes(
            system, solution.state, function, relative_error(solution.state, solution.report)
        )
    if isinstance(chosen.engine, Lindblad) and chosen.offer.labels in ((), system.labels):
        return density_slopes(system, function, chosen.engine)
    return None


def _chain_slopes(system: OpenSystem, function: Any, solution: Solution) -> ChainSlopes | None:
    """Of a pair of a long chain; None for functions and at kinks."""
    if not isinstance(function, Merit):
        return None
    try:
        function.moment_derivative(solution.state)
    except KinkError:
        return None
    variables = ReducedVariables(Structure.of(quadratic_form(system)))
    error = solution.report.error_estimate or 0.0
    return ChainSlopes(variables, solution.state, function, error)


def density_slopes(
    system: OpenSystem, function: Callable[[Any], float], engine: Lindblad
) -> DensitySlopes:
    """Slopes of a merit of a density matrix; with modes compared with those of fewer photons."""
    engine = dataclasses.replace(engine, rtol=min(engine.rtol, RTOL))
    solution = run(engine, system)
    state = as_density(solution.state, solution.report.unique)
    found = _density_slopes(system, function, engine, solution)
    fewer = {
        space.label: max(2, int(_FEWER * size))
        for space, size in zip(system.spaces, state.dimensions, strict=True)
        if space.dimension is None
    }
    if not fewer or min(state.dimensions) < 3:
        return found
    other = dataclasses.replace(engine, cutoff=fewer)
    try:
        smaller = _density_slopes(system, function, other, run(other, system))
        _ = smaller.value
    except DarkstateError:  # a merit of so many photons: the state's own error must do
        return found
    tolerance = min(found.tolerance, _SOLVED * engine.rtol)
    return dataclasses.replace(found, smaller=smaller, tolerance=tolerance)


def _density_slopes(
    system: OpenSystem, function: Callable[[Any], float], engine: Lindblad, solution: Solution
) -> DensitySlopes:
    state = as_density(solution.state, solution.report.unique)
    fixed = _with_cutoffs(engine, system, state)

    def response_for(right: Matrix) -> LinearResponse:
        return fixed.linear_response(system, state, right)

    tolerance = max(1e-10, solution.report.error_estimate or 0.0)
    return DensitySlopes(system, state, function, response_for, tolerance)


def relative_error(state: GaussianState, report: Report) -> float:
    """Error of the moments over the largest."""
    largest = max(
        1.0, float(np.abs(state.number).max()), float(np.abs(np.asarray(state.mean)).max()) ** 2
    )
    return (report.error_estimate or 0.0) / largest


def _with_cutoffs(engine: Lindblad, system: OpenSystem, state: Any) -> Lindblad:
    """The engine with the Fock states that a solution has."""
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    modes = {s.label: size_of[s.label] for s in system.spaces if s.dimension is None}
    return dataclasses.replace(engine, cutoff=modes) if modes else engine


def time_slopes(
    system: System, function: Any, time: float, initial: Any, engine: Engine | None
) -> SlopeSource | None:
    """Slopes of a merit of the state at a time; None also for functions and at kinks."""
    if not isinstance(system, OpenSystem) or system.time_dependent:
        return None
    chosen = choose(system, Task((0.0, time), initial), engine)
    lindblad = isinstance(chosen.engine, Lindblad) and chosen.offer.labels in ((), system.labels)
    if not isinstance(function, Merit) or not (lindblad or isinstance(chosen.engine, Gaussian)):
        return None
    solution = run(chosen.engine, system, offer=chosen.offer)
    try:
        if isinstance(solution.state, GaussianState):
            start = GaussianState.vacuum(system.labels) if initial is None else initial
            structure = Structure.of(quadratic_form(system))
            relative = relative_error(solution.state, solution.report)
            parts = (structure, start, solution.state, function, time, relative)
            function.moment_derivative(solution.state)
            return GaussianTimeSlopes(*parts)
        assert isinstance(chosen.engine, Lindblad)
        return _density_time_slopes(system, function, time, initial, chosen.engine, solution.state)
    except KinkError:
        return None


def _density_time_slopes(
    system: OpenSystem, function: Merit, time: float, initial: Any, engine: Lindblad, state: Any
) -> DensityTimeSlopes:
    fixed = _with_cutoffs(engine, system, state)
    evolution = fixed.two_way_evolution(system, initial, function.derivative(state))
    accurate = DensityState(state.labels, state.dimensions, evolution.state(time))
    terms = TermMatrices(system, state.dimensions)
    return DensityTimeSlopes(evolution, terms, accurate, function, time)


def preparation_slopes(system: OpenSystem, tolerance: float, engine: Any) -> PreparationSlopes:
    """Slopes of the time at which a network is pure again; see `darkstate.preparation_time`."""
    engine = Lindblad() if engine is None else engine
    time = preparation_time(system, tolerance, engine)
    bound = 1.0 - max(1, len(system.labels) // 2) * tolerance
    whole = merit(purity)
    size = int(np.prod([space.dimension or 1 for space in system.spaces]))
    evolution = engine.two_way_evolution(system, None, np.eye(size))
    speed = 0.0
    for _ in range(_NEWTON):
        rho, flow = evolution.state(time), evolution.flow(time)
        speed = 2.0 * float(np.vdot(rho, flow).real)
        if not speed > 0.0:
            raise NumericalError(
                "`preparation_time` has no slope here: the purity does not rise when it reaches "
                "its bound. Choose another tolerance."
            )
        time += (bound - float(np.vdot(rho, rho).real)) / speed
    dims = tuple(int(space.dimension or 1) for space in system.spaces)
    state = DensityState(system.labels, dims, evolution.state(time))
    of_purity = DensityTimeSlopes(evolution, TermMatrices(system, dims), state, whole, time)
    return PreparationSlopes(time, of_purity, speed)


def rate_slopes(system: System, engine: Engine | None) -> RateSlopes | None:
    """Slopes of the slowest rate, the gap of the report."""
    if not isinstance(system, OpenSystem):
        return None
    chosen = choose(system, Task(), engine)
    if isinstance(chosen.engine, Gaussian):
        structure = Structure.of(quadratic_form(system))
        blocks = [b for k, b in enumerate(structure.blocks) if structure.mirror[k] >= k]
        drifts = [structure.drift[block][:, block].toarray() for block in blocks]
        return drift_rate_slopes(structure, blocks, slowest_modes(drifts, lambda _: True))
    if isinstance(chosen.engine, Lindblad) and chosen.offer.labels in ((), system.labels):
        solution = run(chosen.engine, system, offer=chosen.offer)
        state = as_density(solution.state, solution.report.unique)
        slow = _with_cutoffs(chosen.engine, system, state).slowest_modes(system)
        terms = TermMatrices(system, state.dimensions)
        return density_rate_slopes(terms, slow.modes, slow.matrix)
    return None
