"""The Gaussian engine as an object: its options, its choice of a method, and what it can do."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from darkstate.checks import check_choice, check_real, check_times
from darkstate.conventions import partner_pairs
from darkstate.engines.base import (
    Cost,
    Offer,
    Solution,
    affordable,
    check_memory_limit,
    check_physical,
    refused,
)
from darkstate.engines.gaussian.batch import batched_steady_states
from darkstate.engines.gaussian.chains import (
    MOST_FREQUENCIES,
    chains_memory,
    chains_seconds,
    frequencies_needed,
    suits_chains,
)
from darkstate.engines.gaussian.conditional import conditional_state
from darkstate.engines.gaussian.dense import dense_memory, dense_seconds
from darkstate.engines.gaussian.evolution import evolution_cost, evolve_states
from darkstate.engines.gaussian.judging import judged, with_rounding
from darkstate.engines.gaussian.large import large_cost, suits_quadrature
from darkstate.engines.gaussian.methods import (
    NAME,
    chains_solution,
    dense_solution,
    pairs_solution,
)
from darkstate.engines.gaussian.observation import Observation
from darkstate.engines.gaussian.observing import observation_of
from darkstate.engines.gaussian.output import output_states
from darkstate.engines.gaussian.periodic import (
    HARMONIC_BALANCE,
    no_transients,
    periodic_offer,
    periodic_steady_state,
)
from darkstate.engines.gaussian.stability import Outcome, require_stable, stability
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.results import Report, Status
from darkstate.results.report import versions
from darkstate.states import GaussianState
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import OpenSystem, check_system
from darkstate.systems.quadratic import quadratic_form

PROPAGATOR = "exact propagator"
FEWER_MOMENTS = "Ask for pairs only with Gaussian(method='quadrature'), or reduce the network."
FEWER_TIMES = "Ask for fewer times or fewer modes."
LARGEST_WHOLE = 1500
"""Of networks with larger blocks only pairs are kept, where the quadrature method applies."""


@dataclass(frozen=True)
class Gaussian:
    """Engine for quadratic systems of modes.

    Args:
        method: ``"auto"``, ``"dense"`` (Schur forms; always applies), ``"chains"`` (all
            correlations of damped chains) or ``"quadrature"`` (huge banded networks, chosen pairs
            only).
        rtol: relative accuracy asked of the second moments.
        pairs: pairs of labels that the quadrature method keeps; partners (A1, B1), ... by default.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: unknown method, rtol outside (0, 0.1].
    """

    method: Literal["auto", "dense", "chains", "quadrature"] = "auto"
    rtol: float = 1e-9
    pairs: tuple[tuple[str, str], ...] | None = None
    memory_limit: float | None = None
    name: ClassVar[str] = NAME
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem, LangevinSystem)
    initials: ClassVar[tuple[type, ...]] = (GaussianState,)

    def __post_init__(self) -> None:
        check_choice("method", self.method, ("auto", "dense", "chains", "quadrature"))
        remedy = "Give a relative accuracy such as 1e-9."
        check_real("rtol", self.rtol, above=0.0, maximum=0.1, remedy=remedy)
        check_memory_limit(self.memory_limit)
        if self.pairs is not None:
            object.__setattr__(self, "pairs", _checked_pairs(self.pairs))

    def offer(self, system: System) -> Offer:
        """Whether the system is quadratic, what structure it has and which method fits."""
        if isinstance(system, LangevinSystem):
            return periodic_offer(self.name, self.method, system)
        try:
            structure = Structure.of(quadratic_form(system))
        except EngineMismatchError as refusal:
            return refused(self.name, refusal, ("Is the system quadratic in the modes? no",))
        try:
            offer = self._offer(structure)
        except ArgumentError as error:
            steps = ("Is the system quadratic in the modes? yes",)
            return dataclasses.replace(refused(self.name, error, steps), plan=error)
        return affordable(offer, self._limit, FEWER_MOMENTS)

    def evolution_offer(self, system: System, times: Sequence[float]) -> Offer:
        """Whether moments can be propagated through `times`, exactly, and at what cost."""
        if isinstance(system, LangevinSystem):
            steps = ("Hamiltonian and jumps, or Langevin equations? Langevin equations",)
            return refused(self.name, no_transients(), steps)
        try:
            structure = Structure.of(quadratic_form(system))
        except EngineMismatchError as refusal:
            return refused(self.name, refusal, ("Is the system quadratic in the modes? no",))
        steps = ("Is the system quadratic in the modes? yes", *structure.lines())
        why = "means and covariances, exact for steps of any length"
        cost = evolution_cost(structure, times)
        offer = Offer(self.name, True, why, PROPAGATOR, steps, cost, structure)
        return affordable(offer, self._limit, FEWER_TIMES)

    def _offer(self, structure: Structure) -> Offer:
        steps = ["Is the system quadratic in the modes? yes", *structure.lines()]
        method, why = self._choose(structure)
        steps.append(f"Schur forms, chain integrals or pairs only? {method}: {why}")
        if method == "dense":
            cost = Cost(dense_memory(structure), dense_seconds(structure))
        elif method == "chains":
            seconds = chains_seconds(structure, stability(structure).gap)
            cost = Cost(chains_memory(structure), seconds)
        else:
            cost = large_cost(structure, len(self._kept(structure)))
        return Offer(self.name, True, why, method, tuple(steps), cost, structure)

    def _choose(self, structure: Structure) -> tuple[str, str]:
        largest = structure.largest_block
        if self.method != "auto":
            return self.method, "as requested"
        if largest > LARGEST_WHOLE and suits_quadrature(structure):
            return "quadrature", (
                f"blocks of {largest} > {LARGEST_WHOLE} amplitudes, half bandwidth "
                f"{structure.bandwidth}, {len(structure.driven)} noise inputs"
            )
        if not suits_chains(structure):
            return "dense", f"blocks of {largest} amplitudes, short or not tridiagonal"
        stable = stability(structure)
        slow = frequencies_needed(structure, stable.gap) > MOST_FREQUENCIES
        if stable.outcome is not Outcome.STABLE or slow:
            return "dense", "chains that hardly relax: their frequency integral would be slow"
        return "chains", f"damped chains of {largest} amplitudes with few noise inputs"

    def _kept(self, structure: Structure) -> list[tuple[str, str]]:
        labels = structure.form.labels
        pairs = list(self.pairs) if self.pairs is not None else partner_pairs(labels)
        if not pairs:
            raise ArgumentError(
                "pairs", "name at least one pair", self.pairs, "Pass Gaussian(pairs=[(x, y), ..])."
            )
        known = set(labels)
        for label in (label for pair in pairs for label in pair):
            if label not in known:
                raise ArgumentError("pairs", "name known modes", label, "Check the labels.")
        return pairs

    def steady_state(
        self, system: System, offer: Offer | None = None, initial: GaussianState | None = None
    ) -> Solution:
        """The unique Gaussian steady state (for Langevin equations: at one phase of its cycle).

        Returns:
            `GaussianState` (dense) or `PairwiseGaussianState` (quadrature) with its report.

        Raises:
            EngineMismatchError: the system is not quadratic.
            NumericalError: unstable drift, or undamped modes (named): no unique steady state.
            CapacityError: it would not fit into the memory limit.
        """
        del initial  # a stable linear system forgets it, and an unstable one is refused
        start = time.perf_counter()
        offer = offer or self.offer(system)
        if offer.cost is not None:
            refuse_if_too_large("steady_state", offer.cost.memory, self._limit, FEWER_MOMENTS)
        if isinstance(offer.plan, ArgumentError):
            raise offer.plan
        if not offer.can:
            raise EngineMismatchError(offer.reason, offer.remedy)
        solution = self._solved(offer)
        report = solution.report.with_(
            seconds=time.perf_counter() - start, provenance=self._provenance()
        )
        return Solution(solution.state, report)

    @property
    def _limit(self) -> float:
        return memory_limit(self.memory_limit)

    def _solved(self, offer: Offer) -> Solution:
        if offer.method == HARMONIC_BALANCE:
            return periodic_steady_state(self.name, offer.plan, self.rtol)
        structure: Structure = offer.plan
        if offer.method == "quadrature":
            return pairs_solution(structure, self._kept(structure), self.rtol)
        if offer.method == "chains":
            try:
                return chains_solution(structure, self.rtol)
            except NumericalError:  # not resolved: only worth trying where nobody asked for it
                if self.method == "chains":
                    raise
        return dense_solution(structure, self.rtol)

    def _provenance(self) -> dict[str, object]:
        options = {"method": self.method, "rtol": self.rtol}
        return {"engine options": options, "versions": versions()}

    def steady_states(
        self, build: Callable[[np.ndarray], OpenSystem], samples: np.ndarray
    ) -> Solution:
        """Steady states of ``build(sample)`` for every row of `samples`; see `batch.py`.

        Raises:
            EngineMismatchError: not quadratic, or not affine in the samples.
            NumericalError: a sample has no unique steady state.
        """
        start = time.perf_counter()
        state, residual, error = batched_steady_states(build, samples)
        report = Report(
            engine=self.name,
            method=f"dense, batch of {len(samples)}",
            status=Status.CONVERGED,
            residual=residual,
            unique=True,
            margin=float(state.margins().min()),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        amplitudes = float(np.abs(np.asarray(state.mean)).max(initial=0.0))
        scale = max(1.0, float(np.abs(state.number).max(initial=0.0)), amplitudes**2)
        return Solution(state, judged(with_rounding(report, error), self.rtol, scale))

    def evolve(
        self, system: System, times: Sequence[float], initial: GaussianState | None = None
    ) -> Solution:
        """States at `times`, `initial` (vacuum by default) being the state at ``times[0]``.

        Raises:
            EngineMismatchError: the system is not quadratic, or is given by Langevin equations.
            ArgumentError: `initial` has other labels than the system.
        """
        start, times = time.perf_counter(), check_times(times)
        if isinstance(system, LangevinSystem):
            raise no_transients()
        structure = Structure.of(quadratic_form(system))
        needed = evolution_cost(structure, times).memory
        refuse_if_too_large("evolve", needed, self._limit, FEWER_TIMES)
        initial = _checked_initial(system, initial)
        found = evolve_states(structure, times, initial)
        scale = max(1.0, *(float(np.abs(state.photons()).max()) for state in found.states))
        report = Report(
            engine=self.name,
            method=PROPAGATOR,
            status=Status.CONVERGED,
            margin=min(state.margin() for state in found.states),
            structure=structure.lines(),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        report = judged(with_rounding(report, found.error), self.rtol, scale)
        return Solution(found.states[-1], report, tuple(found.states))

    def conditional(self, system: OpenSystem) -> Solution:
        """Steady state conditioned on the homodyne records of the system's monitors.

        Raises:
            ArgumentError: the system has no monitors.
            EngineMismatchError: not quadratic, or a monitor counts photons.
            NumericalError: the Riccati equation has no stabilising solution.
        """
        start = time.perf_counter()
        structure = Structure.of(quadratic_form(_with_monitors(system)))
        state, solution, error = conditional_state(structure, system)
        report = Report(
            engine=self.name,
            method="Riccati",
            status=Status.CONVERGED,
            residual=solution.residual,
            margin=state.margin(),
            unique=True,
            structure=(
                *structure.lines(),
                f"the filter forgets its beginning at the rate {-solution.spectral_abscissa:.3g}",
            ),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        scale = max(1.0, float(np.abs(state.number).max()))
        return Solution(state, judged(with_rounding(report, error), self.rtol, scale))

    def observe(
        self, system: OpenSystem, times: Sequence[float], initial: GaussianState | None = None
    ) -> Observation:
        """The conditional dynamics under the system's monitors; see `darkstate.observe`.

        Raises:
            ArgumentError: the system has no monitors; `initial` has other labels.
            EngineMismatchError: not quadratic, or a monitor counts photons.
            NumericalError: moments outgrow floating point.
            CapacityError: the covariances would not fit into memory.
        """
        start, times = time.perf_counter(), check_times(times)
        structure = Structure.of(quadratic_form(_with_monitors(system)))
        needed = 8.0 * (2 * len(system.labels)) ** 2 * (3 * len(times) + 40)
        refuse_if_too_large("observe", needed, self._limit, FEWER_TIMES)
        found = observation_of(structure, system, times, _checked_initial(system, initial))
        report = found.report.with_(
            seconds=time.perf_counter() - start, provenance=self._provenance()
        )
        scale = max(1.0, float(np.abs(found.covariances).max()))
        return dataclasses.replace(found, report=judged(report, self.rtol, scale))

    def output(
        self, system: OpenSystem, channels: Sequence[str], frequencies: Sequence[float]
    ) -> list[GaussianState]:
        """States of the stationary output fields; see `darkstate.output_states`.

        Raises:
            NumericalError: the system is not stable.
        """
        structure = Structure.of(quadratic_form(system))
        require_stable(stability(structure, exact=True))
        return output_states(structure, channels, frequencies)


def _checked_pairs(pairs: Any) -> tuple[tuple[str, str], ...]:
    """Pairs of labels as tuples, whatever the systems that they will be looked for in."""
    remedy = "Write pairs=[('A1', 'B1')]."
    try:
        chosen = tuple((first, second) for first, second in pairs)
        words = isinstance(pairs, str) or any(isinstance(pair, str) for pair in pairs)
        if (
            not words
            and all(isinstance(label, str) for pair in chosen for label in pair)
            and chosen
        ):
            return chosen
    except (TypeError, ValueError):
        pass
    raise ArgumentError("pairs", "be a list of pairs of labels", pairs, remedy)


def _with_monitors(system: OpenSystem) -> OpenSystem:
    check_system(system)
    if not system.monitors:
        remedy = "Use system.with_monitors(Monitor('channel'))."
        raise ArgumentError("system", "have monitors", (), remedy)
    return system


def _checked_initial(system: OpenSystem, initial: GaussianState | None) -> GaussianState:
    if initial is None:
        return GaussianState.vacuum(system.labels)
    if not isinstance(initial, GaussianState):
        remedy = "Make one with states.GaussianState, or leave it out for the vacuum."
        raise ArgumentError("initial", "be a GaussianState", initial, remedy)
    if initial.labels != system.labels:
        raise ArgumentError(
            "initial", f"have the labels {system.labels}", initial.labels, "Reorder the state."
        )
    check_physical(initial)
    return initial
