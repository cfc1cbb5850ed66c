"""The Gaussian engine as an object: its options, its choice of a method, and what it can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from darkstate.checks import check_choice, check_real
from darkstate.conventions import partner_pairs
from darkstate.engines.capabilities import BatchTask, ObservationTask, OutputTask
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
from darkstate.engines.gaussian.chains import (
    MOST_FREQUENCIES,
    chains_memory,
    chains_seconds,
    frequencies_needed,
    suits_chains,
)
from darkstate.engines.gaussian.dense import alone_seconds, dense_memory, dense_seconds
from darkstate.engines.gaussian.evolution import evolution_cost, evolve_states
from darkstate.engines.gaussian.filtering import filter_covariances
from darkstate.engines.gaussian.large import large_cost, suits_quadrature
from darkstate.engines.gaussian.methods import (
    NAME,
    batch_solution,
    chains_solution,
    conditional_solution,
    dense_solution,
    output_solution,
    pairs_solution,
)
from darkstate.engines.gaussian.modulated import MODULATED, ModulatedMoments
from darkstate.engines.gaussian.output import check_frequencies
from darkstate.engines.gaussian.periodic import (
    no_transients,
    periodic_offer,
)
from darkstate.engines.gaussian.regression import (
    check_regression,
    correlation_values,
    spectrum_values,
)
from darkstate.engines.gaussian.stability import Outcome, stability
from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.gaussian.verdict import add_rounding, assess_moments
from darkstate.engines.regression import Regression, TwoTimesTask, Values, regression_offer
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
from darkstate.results import Report, Status
from darkstate.states import GaussianState
from darkstate.systems.langevin import LangevinSystem
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
    references: ClassVar[References] = ()
    follows_drives: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_choice("method", self.method, ("auto", "dense", "chains", "quadrature"))
        remedy = "Give a relative accuracy such as 1e-9."
        check_real("rtol", self.rtol, above=0.0, maximum=0.1, remedy=remedy)
        check_memory_limit(self.memory_limit)
        if self.pairs is not None:
            object.__setattr__(self, "pairs", _check_pairs(self.pairs))

    def offer(self, system: OpenSystem | LangevinSystem, task: Task) -> Offer:
        """Whether the system is quadratic, what structure it has and which method fits."""
        if isinstance(system, LangevinSystem):
            return self._langevin_offer(system, task)
        if system.time_dependent:
            return self._modulated_offer(system, task)
        try:
            structure = Structure.of(quadratic_form(system))
        except EngineMismatchError as refusal:
            return refused(self.name, refusal, ("Is the system quadratic in the modes? no",))
        steps = ("Is the system quadratic in the modes? yes", *structure.lines())
        if task.times is not None:
            return self._evolution_offer(system, structure, task, steps)
        try:
            return self._steady_offer(structure, steps)
        except ArgumentError as error:
            return refused(self.name, error, steps)

    def _evolution_offer(
        self, system: OpenSystem, structure: Structure, task: Task, steps: tuple[str, ...]
    ) -> Offer:
        times = task.times or ()

        def solve() -> Solution:
            return self._solve_evolution(structure, times, _check_initial(system, task.initial))

        why = "means and covariances, exact for steps of any length"
        cost = evolution_cost(structure, times)
        return Offer(self.name, why, PROPAGATOR, steps, cost, solve=solve, smaller=FEWER_TIMES)

    def _langevin_offer(self, system: LangevinSystem, task: Task) -> Offer:
        if task.times is None:
            return periodic_offer(self.name, self.method, system, self.rtol)
        steps = ("Hamiltonian and jumps, or Langevin equations? Langevin equations",)
        return refused(self.name, no_transients(), steps)

    def _modulated_offer(self, system: OpenSystem, task: Task) -> Offer:
        times, equations = task.times or (), ModulatedMoments.of(system)

        def solve() -> Solution:
            initial = _check_initial(system, task.initial)
            states, error = equations.evolved(times, initial, self.rtol)
            scale = max(1.0, *(float(np.abs(state.photons()).max()) for state in states))
            margin = min(state.margin() for state in states)
            report = Report(
                self.name, MODULATED, Status.CONVERGED, margin=margin, error_estimate=error
            )
            return Solution(states[-1], assess_moments(report, self.rtol, scale), tuple(states))

        steps = ("Is the system quadratic in the modes? yes", "Does anything depend on time? yes")
        why, cost = "means and covariances, every step with its error", equations.cost(times)
        return Offer(self.name, why, MODULATED, steps, cost, solve=solve, smaller=FEWER_TIMES)

    def _steady_offer(self, structure: Structure, steps: tuple[str, ...]) -> Offer:
        method, why = self._choose(structure)
        steps = (*steps, f"Schur forms, chain integrals or pairs only? {method}: {why}")
        if method == "dense":
            cost = Cost(dense_memory(structure), alone_seconds(structure))
        elif method == "chains":
            seconds = chains_seconds(structure, stability(structure).gap)
            cost = Cost(chains_memory(structure), seconds)
        else:
            cost = large_cost(structure, len(self._chosen_pairs(structure)))

        def solve() -> Solution:
            return self._steady(structure, method)

        return Offer(
            self.name,
            why,
            method,
            steps,
            cost,
            solve=solve,
            smaller=FEWER_MOMENTS,
            references=(("bartels1972", "the method of the gaussian engine"),),
        )

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

    def _chosen_pairs(self, structure: Structure) -> list[tuple[str, str]]:
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

    def _steady(self, structure: Structure, method: str) -> Solution:
        """The unique steady state, whole or (quadrature) of chosen pairs.

        Raises:
            NumericalError: unstable drift, or undamped modes (named): no unique steady state.
        """
        if method == "quadrature":
            return pairs_solution(structure, self._chosen_pairs(structure), self.rtol)
        if method == "chains":
            try:
                return chains_solution(structure, self.rtol)
            except NumericalError:  # not resolved: only worth trying where nobody asked for it
                if self.method == "chains":
                    raise
        return dense_solution(structure, self.rtol)

    def _solve_evolution(
        self, structure: Structure, times: Sequence[float], initial: GaussianState
    ) -> Solution:
        """States at `times`, `initial` being the state at the first."""
        states, error = evolve_states(structure, times, initial)
        scale = max(1.0, *(float(np.abs(state.photons()).max()) for state in states))
        report = Report(
            engine=self.name,
            method=PROPAGATOR,
            status=Status.CONVERGED,
            margin=min(state.margin() for state in states),
            structure=structure.lines(),
        )
        report = assess_moments(add_rounding(report, error), self.rtol, scale)
        return Solution(states[-1], report, tuple(states))

    def offer_two_times(self, system: OpenSystem, task: TwoTimesTask) -> Offer:
        """Means at two times, or spectra of amplitudes; see `gaussian/regression.py`.

        Raises:
            EngineMismatchError: not quadratic, or spectra of other operators.
            CapacityError: products of too many letters.
            DarkstateError: why there is no steady state.
        """
        structure = Structure.of(quadratic_form(system))
        for asked in task.asked:
            check_regression(asked, task.spectral)
        found = spectrum_values if task.spectral else correlation_values

        def values_of(state: Any, asked: Regression) -> Values:
            return found(structure, state, asked)

        return regression_offer(replace(self, method="dense"), system, task.asked, values_of)

    def offer_observation(self, system: Any, task: ObservationTask) -> Offer:
        """The steady state given the records of the monitors, or over times the `Observation`.

        Raises:
            ArgumentError: the system has no monitors; the initial state has other labels.
            EngineMismatchError: not quadratic, or a monitor counts photons.
        """
        structure = Structure.of(quadratic_form(_with_monitors(system)))
        initial = _check_initial(system, task.initial)
        times = task.times

        def solve() -> Solution:
            if times is None:
                return conditional_solution(structure, system, self.rtol)
            found = filter_covariances(structure, system, times, initial, self.rtol)
            return Solution(found, found.report)

        size, count = 2 * len(system.labels), len(times or ())
        cost = Cost(8.0 * size**2 * (3 * count + 40), 0.01 + 1e-7 * (count + 10) * size**3)
        why, steps = "covariances do not depend on the record", structure.lines()
        return Offer(self.name, why, "Riccati", steps, cost, solve=solve, smaller=FEWER_TIMES)

    def offer_output(self, system: Any, task: OutputTask) -> Offer:
        """States of the stationary output fields, a tuple; see `darkstate.output_states`.

        Raises:
            ArgumentError: frequencies that are no list of finite numbers.
            EngineMismatchError: not quadratic.
        """
        structure = Structure.of(quadratic_form(system))
        frequencies = check_frequencies(task.frequencies)

        def solve() -> Solution:
            return output_solution(structure, task.channels, frequencies)

        size, count = 2 * len(system.labels), len(frequencies)
        cost = Cost(16.0 * 20 * size**2, 0.01 + 1e-7 * count * size**3)
        why, steps = "input-output relations at each frequency", structure.lines()
        return Offer(self.name, why, "input-output", steps, cost, solve=solve)

    def offer_batch(self, system: Any, task: BatchTask) -> Offer:
        """Steady states of all samples, a `GaussianBatch`; see `batch.py`.

        Raises:
            EngineMismatchError: not quadratic.
        """
        structure = Structure.of(quadratic_form(system))
        count = len(task.samples)
        cost = Cost(count * dense_memory(structure), count * dense_seconds(structure))

        def solve() -> Solution:
            return batch_solution(task, self.rtol)

        why, steps = f"{count} samples with one drift pattern", structure.lines()
        return Offer(self.name, why, "dense", steps, cost, solve=solve, smaller=FEWER_MOMENTS)


def _check_pairs(pairs: Any) -> tuple[tuple[str, str], ...]:
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


def _check_initial(system: OpenSystem, initial: GaussianState | None) -> GaussianState:
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
