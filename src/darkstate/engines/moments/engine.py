"""The moment engine as an object: what it can do, at which cost, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from darkstate.checks import check_real
from darkstate.engines.assess import finding, judge
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    check_physical,
    refused,
)
from darkstate.engines.moments.compile import MomentEquations, moment_equations
from darkstate.engines.moments.packing import Packed
from darkstate.engines.moments.solving import Stationary, evolve_moments, stationary
from darkstate.engines.moments.trust import closes, closure_error, evolved_error
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.memory import memory_limit
from darkstate.results import Report, Status
from darkstate.states import SpinMoments
from darkstate.states.moments import MODE, generators
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Mode, Spin

NAME = "moments"
STEADY = "evolution, then Newton"
INTEGRATOR = "LSODA"
FEWER = "Use fewer ensembles, or raise memory_limit."

LARGE_CORRECTION = 0.1
"""Fluctuations (variance over (N/2)^2) beyond which dropping third cumulants is not trusted."""
LARGEST_RESIDUAL = 1e-9
"""Residuals of stationary moments above this are no rounding."""
LARGE_ERROR = 0.1
"""Estimated relative error by dropped third cumulants beyond which a result is not trusted."""
READING = "the error estimate is relative: of mean spins, and of variances across them"
EVOLUTION_ERRORS = 10.0
"""Global error of an evolution in units of its local tolerance."""


@dataclass(frozen=True)
class Moments:
    """Means and covariances of collective spins: any number of atoms at the same cost.

    The equations are generated from the system (`darkstate.engines.moments.compile`); third
    cumulants are dropped, an error that falls as 1/N. Hamiltonians of up to two collective
    operators, collective jumps of one, any processes of single atoms, and modes coupled to them.

    The error estimate of a report (of up to four ensembles; beyond, the result is suspect) is
    relative: of mean spins by their length, and of any variance across the mean spins by itself.
    A ratio of two such numbers, as xi is, may be off by twice as much. Evolutions start with the
    third cumulants of uncorrelated atoms. Variances along a mean spin are not covered.

    Args:
        rtol: relative accuracy of evolutions.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: rtol outside [1e-12, 0.1].
    """

    rtol: float = 1e-8
    memory_limit: float | None = None
    name: ClassVar[str] = NAME
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (SpinMoments,)
    references: ClassVar[References] = (("kubo1962", "the closure of the moments engine"),)

    def __post_init__(self) -> None:
        remedy = "Give a relative accuracy such as 1e-8."
        check_real("rtol", self.rtol, minimum=1e-12, maximum=0.1, remedy=remedy)
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem, task: Task) -> Offer:
        """Whether the equations close on means and covariances, and what they would cost."""
        spins = [space for space in system.spaces if isinstance(space, Spin)]
        if not spins:
            remedy = "Use Gaussian() for modes and Lindblad() for qubits."
            refusal = EngineMismatchError("there is no ensemble.", remedy)
            return refused(self.name, refusal, ("Are there ensembles? no",))
        n = 3 * len(spins) + 2 * sum(isinstance(space, Mode) for space in system.spaces)
        cost = _cost(n)
        steps = [f"Are there ensembles? {', '.join(space.label for space in spins[:6])}"]
        steps.append(f"{n * (n + 3) // 2} means and covariances, whatever the number of atoms")
        smallest = min(space.atoms for space in spins)
        why = f"third cumulants dropped, errors fall as 1/N; here 1/N = {1 / smallest:.1g}"
        equations = None
        if cost.memory <= memory_limit(self.memory_limit):
            try:
                equations = moment_equations(system)
            except EngineMismatchError as refusal:
                steps.append("Do the equations close on means and covariances? no")
                return refused(self.name, refusal, tuple(steps))
            steps.append(f"Do the equations close on means and covariances? yes: {why}")

        def solve() -> Solution:
            closed = equations or moment_equations(system)
            if task.times is None:
                return self._solve_steady_state(closed, task.initial)
            return self._solve_evolution(closed, task.times, task.initial)

        method = STEADY if task.times is None else INTEGRATOR
        return Offer(self.name, why, method, tuple(steps), cost, solve=solve, smaller=FEWER)

    def _solve_steady_state(
        self, equations: MomentEquations, initial: SpinMoments | None
    ) -> Solution:
        """The stationary moments that the evolution from `initial` reaches.

        By default it starts with uncorrelated atoms where their own processes take them, or (where
        these leave it open) at the pole to which the collective ones pump.

        Raises:
            NumericalError: the moments run away or do not settle.
            ArgumentError: `initial` belongs to another system.
        """
        packed = Packed(equations)
        if initial is None:
            initial = SpinMoments.product(*_spaces(equations), equations.start.tolist())
        point = stationary(packed, packed.pack(_fitting(initial, equations)))
        state = packed.unpack(point.y)
        report = Report(
            engine=self.name,
            method=STEADY,
            status=Status.CONVERGED,
            residual=point.residual,
            gap=point.gap,
            unique=False if equations.conserving or point.free else None,
            error_estimate=closure_error(packed, point.y),
            structure=_structure(packed, point),
        )
        return Solution(state, self._assess(report, [state], packed, point))

    def _solve_evolution(
        self, equations: MomentEquations, times: Sequence[float], initial: SpinMoments | None
    ) -> Solution:
        """Moments at `times`; `initial` (all atoms down, modes empty) is the state at the first.

        Raises:
            NumericalError: the moments run away.
            ArgumentError: `initial` belongs to another system.
        """
        packed = Packed(equations)
        if initial is None:
            down = [-1.0] * len(equations.labels)
            initial = SpinMoments.polarised(*_spaces(equations), down)
        start = packed.pack(_fitting(initial, equations))
        found = evolve_moments(packed, start, times, self.rtol)
        states = [packed.unpack(y) for y in found]
        error = evolved_error(packed, found, times)
        report = Report(
            engine=self.name,
            method=INTEGRATOR,
            status=Status.CONVERGED,
            error_estimate=None if error is None else error + EVOLUTION_ERRORS * self.rtol,
            structure=(f"{len(start)} means and covariances", READING),
        )
        return Solution(states[-1], self._assess(report, states, packed), tuple(states))

    def _assess(
        self,
        report: Report,
        states: Sequence[SpinMoments],
        packed: Packed,
        point: Stationary | None = None,
    ) -> Report:
        """The report with what was checked, and the status lowered where a check fails."""
        size = max(fluctuations(state) for state in states)
        margin, error = min(state.margin() for state in states), report.error_estimate
        found = [
            finding("fluctuations", 0.0 if closes(packed) else size, LARGE_CORRECTION),
            finding("known closure", error is None),
            finding("closure", error or 0.0, LARGE_ERROR),
            finding("moments", -margin, max(1e-9, error or 0.0)),
        ]
        if point is not None:
            names = ", ".join(point.free)
            found.append(finding("backward error", point.residual, LARGEST_RESIDUAL))
            found.append(finding("free moments", len(point.free), names=names))
        report = report.with_(margin=margin, truncation={"fluctuations over (N/2)^2": size})
        return judge(report, found, Status.CONVERGED)


def _spaces(equations: MomentEquations) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return equations.labels, equations.atoms


def fluctuations(state: SpinMoments) -> float:
    """Largest variance of a collective spin over ``(N/2)^2``, against which cumulants are small."""
    places = zip(state.atoms, generators(state.atoms), strict=True)
    return max(
        float(np.linalg.eigvalsh(state.covariance[at, at])[-1]) / (0.5 * n) ** 2
        for n, at in places
        if n != MODE
    )


def _structure(packed: Packed, point: Stationary) -> tuple[str, ...]:
    eq = packed.equations
    lines = [f"{len(point.y)} means and covariances, {point.spans} spans of evolution", READING]
    if eq.conserving:
        names = ", ".join(eq.conserving)
        lines.append(f"J^2 of {names} is conserved: the state is that of the initial J^2")
        lines.append("variances along a mean spin of conserved J^2 are not known by this closure")
    return tuple(lines)


def _fitting(initial: Any, equations: MomentEquations) -> SpinMoments:
    """The initial state, which must be one of this system."""
    if not isinstance(initial, SpinMoments):
        remedy = "Make one with states.SpinMoments.polarised, or leave it out."
        raise ArgumentError("initial", "be a SpinMoments", initial, remedy)
    if (initial.labels, initial.atoms) != (equations.labels, equations.atoms):
        rule = f"have the labels {equations.labels} and atoms {equations.atoms}"
        raise ArgumentError("initial", rule, (initial.labels, initial.atoms), "Make it anew.")
    check_physical(initial)
    return initial


def _cost(n: int) -> Cost:
    """Tensors of fourth order, and dense factorisations of their packed Jacobian."""
    p = n * (n + 3) / 2
    return Cost(8.0 * (8 * n**4 + 12 * p**2), 0.05 + 2e-8 * p**3)
