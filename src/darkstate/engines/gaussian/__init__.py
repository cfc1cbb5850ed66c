"""Gaussian engine: any quadratic system of modes, of any size.

It looks for structure (`structure.py`), proves or refutes stability (`stability.py`), then takes

* ``dense``: Sylvester equations between blocks of amplitudes (`dense.py`),
* ``chains``: for damped chains, an integral over frequency by matrix products (`chains.py`), or
* ``quadrature``: for huge narrow-banded networks with few noise inputs, an integral over frequency
  that keeps only the pairs asked for (`large.py`).

It also evolves states in time, conditions them on homodyne records and gives output fields.
Linear Langevin equations with coloured noise and a periodic drift are solved in `periodic.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from darkstate.conventions import partner_pairs
from darkstate.engines.base import Cost, Offer, Solution, available_memory, refuse_if_too_large
from darkstate.engines.gaussian.batch import batched_steady_states
from darkstate.engines.gaussian.chains import (
    MOST_FREQUENCIES,
    SMALLEST_CHAIN,
    chains_memory,
    chains_seconds,
    chains_steady_state,
    frequencies_needed,
    suits_chains,
)
from darkstate.engines.gaussian.conditional import conditional_state
from darkstate.engines.gaussian.dense import (
    dense_memory,
    dense_seconds,
    dense_steady_state,
    physicality_margin,
    schur_forms,
)
from darkstate.engines.gaussian.evolution import evolve_states
from darkstate.engines.gaussian.large import LargeResult, large_cost, large_steady_state
from darkstate.engines.gaussian.output import output_states
from darkstate.engines.gaussian.periodic import (
    HARMONIC_BALANCE,
    periodic_offer,
    periodic_steady_state,
    refuse_evolution,
)
from darkstate.engines.gaussian.stability import (
    Outcome,
    Stability,
    dense_stability,
    stability,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import (
    ArgumentError,
    EngineMismatchError,
    NumericalError,
    check_choice,
    check_real,
)
from darkstate.results import Report, Status
from darkstate.results.report import versions
from darkstate.states import GaussianState, PairwiseGaussianState
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.quadratic import quadratic_form

LARGEST_WHOLE = 1500
"""Of networks with larger blocks only pairs are kept, where the quadrature method applies."""

MARGIN_TOLERANCE = 1e-9
"""Largest uncertainty-relation violation, relative to the covariance, that rounding explains."""


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
    name: ClassVar[str] = "gaussian"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem, LangevinSystem)

    def __post_init__(self) -> None:
        check_choice("method", self.method, ("auto", "dense", "chains", "quadrature"))
        remedy = "Give a relative accuracy such as 1e-9."
        check_real("rtol", self.rtol, above=0.0, maximum=0.1, remedy=remedy)
        if self.memory_limit is not None:
            check_real("memory_limit", self.memory_limit, above=0.0, remedy="Give bytes.")

    def offer(self, system: System) -> Offer:
        """Whether the system is quadratic, what structure it has and which method fits."""
        if isinstance(system, LangevinSystem):
            return periodic_offer(self.name, self.method, system)
        try:
            structure = Structure.of(quadratic_form(system))
        except EngineMismatchError as refusal:
            steps = ("Is the system quadratic in the modes? no",)
            return Offer(self.name, False, str(refusal), steps=steps)
        return self._offer(structure)

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
        if largest > LARGEST_WHOLE and _suits_quadrature(structure):
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

    def steady_state(self, system: System, offer: Offer | None = None) -> Solution:
        """The unique Gaussian steady state (for Langevin equations: at one phase of its cycle).

        Returns:
            `GaussianState` (dense) or `PairwiseGaussianState` (quadrature) with its report.

        Raises:
            EngineMismatchError: the system is not quadratic.
            NumericalError: unstable drift, or undamped modes (named): no unique steady state.
            CapacityError: it would not fit into the memory limit.
        """
        start = time.perf_counter()
        offer = offer or self.offer(system)
        if not offer.can or offer.cost is None:
            raise EngineMismatchError(offer.reason)
        limit = self.memory_limit or 0.5 * available_memory()
        remedy = "Ask for pairs only with Gaussian(method='quadrature'), or reduce the network."
        refuse_if_too_large("steady_state", offer.cost.memory, limit, remedy)
        methods = {
            "dense": self._dense,
            "chains": self._chains,
            "quadrature": self._quadrature,
            HARMONIC_BALANCE: self._cycle,
        }
        solution = methods[offer.method](offer.plan)
        report = solution.report.with_(
            seconds=time.perf_counter() - start, provenance=self._provenance()
        )
        return Solution(solution.state, report)

    def _cycle(self, system: LangevinSystem) -> Solution:
        return periodic_steady_state(self.name, system, self.rtol)

    def _provenance(self) -> dict[str, object]:
        options = {"method": self.method, "rtol": self.rtol}
        return {"engine options": options, "versions": versions()}

    def _dense(self, structure: Structure) -> Solution:
        forms = schur_forms(structure)
        stable = dense_stability(structure, forms)
        require_stable(stable)
        state, residual, error = dense_steady_state(structure, forms)
        scale = max(1.0, float(np.abs(state.number).max(initial=0.0)))
        return self._whole(structure, stable, state, "dense", residual, error * scale)

    def _chains(self, structure: Structure) -> Solution:
        stable = stability(structure)
        if not suits_chains(structure) or stable.outcome is not Outcome.STABLE:
            raise EngineMismatchError(
                "The chains method needs damped chains of at least "
                f"{SMALLEST_CHAIN} amplitudes with few noise inputs. Use Gaussian(method='dense')."
            )
        try:
            state, found = chains_steady_state(structure)
        except NumericalError:
            if self.method == "chains":
                raise
            return self._dense(structure)
        # |dX| <= |remainder| / (2 gap); the backward error is relative to norms of order `size`
        size = float(abs(structure.drift).sum(axis=1).max())
        norm = float(np.linalg.norm(state.number) + np.linalg.norm(state.anomalous))
        error = found.residual * size * max(1.0, norm) / stable.gap
        method = f"chains, {found.nodes} frequencies"
        return self._whole(structure, stable, state, method, found.residual, error)

    def _whole(
        self,
        structure: Structure,
        stable: Stability,
        state: GaussianState,
        method: str,
        residual: float,
        error: float,
    ) -> Solution:
        """Solution and report for a state whose correlations are all known."""
        if np.any(structure.form.drive):
            state = GaussianState(state.labels, state.number, state.anomalous, _mean(structure))
        report = Report(
            engine=self.name,
            method=method,
            status=Status.CERTIFIED,
            residual=residual,
            margin=physicality_margin(structure, state),
            gap=stable.gap,
            unique=stable.outcome is Outcome.STABLE,
            error_estimate=error,
            structure=structure.lines(),
        )
        scale = max(1.0, float(np.abs(state.number).max(initial=0.0)))
        return Solution(state, _judged(report, self.rtol, scale))

    def _quadrature(self, structure: Structure) -> Solution:
        stable = stability(structure)
        require_stable(stable)
        if np.any(structure.form.drive):
            raise EngineMismatchError(
                "The quadrature method has no coherent drive. Use Gaussian(method='dense'), or "
                "displace the modes first."
            )
        pairs = self._kept(structure)
        found: LargeResult = large_steady_state(structure, pairs, self.rtol)
        state = PairwiseGaussianState(structure.form.labels, tuple(pairs), found.moments)
        scale = max(1.0, float(found.moments.n_i.max()), float(found.moments.n_j.max()))
        report = Report(
            engine=self.name,
            method=f"quadrature, {found.nodes} frequencies",
            status=Status.CERTIFIED if found.converged else Status.SUSPECT,
            gap=stable.gap,
            unique=True if stable.outcome is Outcome.STABLE else None,
            margin=found.margin,
            truncation={"window tail": found.tail},
            error_estimate=found.error,
            structure=(*structure.lines(), found.window),
            warnings=()
            if found.converged
            else ("the frequency integral did not converge: raise loss or use method='dense'",),
        )
        return Solution(state, _judged(report, self.rtol, scale))

    def steady_states(
        self, build: Callable[[np.ndarray], OpenSystem], samples: np.ndarray
    ) -> Solution:
        """Steady states of ``build(sample)`` for every row of `samples`; see `batch.py`.

        Raises:
            EngineMismatchError: not quadratic, or not affine in the samples.
            NumericalError: a sample has no unique steady state.
        """
        start = time.perf_counter()
        state, residual = batched_steady_states(build, samples)
        report = Report(
            engine=self.name,
            method=f"dense, batch of {len(samples)}",
            status=Status.CERTIFIED,
            residual=residual,
            unique=True,
            margin=float(state.margins().min()),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        scale = max(1.0, float(np.abs(state.number).max(initial=0.0)))
        return Solution(state, _judged(report, self.rtol, scale))

    def evolve(
        self, system: System, times: Sequence[float], initial: GaussianState | None = None
    ) -> Solution:
        """States at `times`, `initial` (vacuum by default) being the state at ``times[0]``.

        Raises:
            EngineMismatchError: the system is not quadratic, or is given by Langevin equations.
            ArgumentError: `initial` has other labels than the system.
        """
        start = time.perf_counter()
        if isinstance(system, LangevinSystem):
            refuse_evolution()
        structure = Structure.of(quadratic_form(system))
        n = len(system.labels)
        limit = self.memory_limit or 0.5 * available_memory()
        needed = 16.0 * (12 * (2 * n) ** 2 + 2 * n**2 * len(times))
        refuse_if_too_large("evolve", needed, limit, "Ask for fewer times or fewer modes.")
        initial = initial if initial is not None else GaussianState.vacuum(system.labels)
        if not isinstance(initial, GaussianState):
            remedy = "Make one with states.GaussianState, or leave it out for the vacuum."
            raise ArgumentError("initial", "be a GaussianState", initial, remedy)
        if initial.labels != system.labels:
            raise ArgumentError(
                "initial", f"have the labels {system.labels}", initial.labels, "Reorder the state."
            )
        states = evolve_states(structure, times, initial)
        margin = min(state.margin() for state in states)
        scale = max(1.0, *(float(np.abs(state.number).max()) for state in states))
        report = Report(
            engine=self.name,
            method="exact propagator",
            status=Status.CERTIFIED,
            margin=margin,
            structure=structure.lines(),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        return Solution(states[-1], _judged(report, self.rtol, scale), tuple(states))

    def conditional(self, system: OpenSystem) -> Solution:
        """Steady state conditioned on the homodyne records of the system's monitors.

        Raises:
            ArgumentError: the system has no monitors.
            EngineMismatchError: not quadratic, or a monitor counts photons.
            NumericalError: the Riccati equation has no stabilising solution.
        """
        start = time.perf_counter()
        if not system.monitors:
            raise ArgumentError(
                "system", "have monitors", (), "Use system.with_monitors(Monitor('channel'))."
            )
        structure = Structure.of(quadratic_form(system))
        state, solution = conditional_state(structure, system)
        report = Report(
            engine=self.name,
            method="Riccati",
            status=Status.CERTIFIED,
            residual=solution.residual,
            margin=state.margin(),
            gap=-solution.spectral_abscissa,
            unique=True,
            structure=structure.lines(),
            seconds=time.perf_counter() - start,
            provenance=self._provenance(),
        )
        scale = max(1.0, float(np.abs(state.number).max()))
        return Solution(state, _judged(report, self.rtol, scale))

    def output(
        self, system: OpenSystem, channels: Sequence[str], frequencies: Sequence[float]
    ) -> list[GaussianState]:
        """States of the stationary output fields; see `darkstate.output_spectrum`.

        Raises:
            NumericalError: the system is not stable.
        """
        structure = Structure.of(quadratic_form(system))
        require_stable(stability(structure))
        return output_states(structure, channels, frequencies)


def require_stable(found: Stability) -> None:
    """Refuse systems without a unique steady state.

    Raises:
        NumericalError: unstable or marginal; the modes responsible are named.
    """
    if found.outcome in (Outcome.STABLE, Outcome.UNPROVEN):
        return
    modes = ", ".join(found.modes[:6]) + (", ..." if len(found.modes) > 6 else "")
    remedy = (
        "Lower the gain or raise the loss."
        if found.outcome is Outcome.UNSTABLE
        else "Give them some loss or connect them to a damped part; or use evolve()."
    )
    raise NumericalError(
        f"The system has no unique steady state: {found.outcome} (slowest amplitude rate "
        f"{found.gap:.3g}, mostly in {modes}). {remedy}"
    )


def _mean(structure: Structure) -> np.ndarray:
    drive = np.concatenate([structure.form.drive, structure.form.drive.conj()])
    n = len(structure.form.labels)
    return -np.linalg.solve(structure.drift.toarray(), drive)[:n]


def _suits_quadrature(structure: Structure) -> bool:
    return (
        structure.representatives is not None
        and structure.bandwidth <= 8
        and len(structure.driven) <= 16
    )


def _judged(report: Report, rtol: float, scale: float) -> Report:
    """Lower the status where a check fails, with the reason as a warning."""
    warnings = list(report.warnings)
    if report.margin is not None and report.margin < -MARGIN_TOLERANCE * scale:
        warnings.append(f"the state violates the uncertainty relation by {-report.margin:.3g}")
    if report.error_estimate is not None and not report.error_estimate <= rtol * scale:
        warnings.append(f"estimated error {report.error_estimate:.3g} exceeds rtol {rtol:g}")
    if report.residual is not None and not report.residual <= 1e-9:
        warnings.append(f"residual {report.residual:.3g} is above 1e-9")
    status = Status.SUSPECT if warnings else report.status
    if not warnings and report.unique is None and report.method.startswith("quadrature"):
        status = Status.CONVERGED
        warnings.append("stability was not proven for this size; the integral itself converged")
    return report.with_(status=status, warnings=tuple(warnings))
