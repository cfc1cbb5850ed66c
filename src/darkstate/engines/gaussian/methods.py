"""The methods for whole and partial steady states, each ending in a solution with its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.assess import finding
from darkstate.engines.capabilities import BatchTask
from darkstate.engines.contract import Solution
from darkstate.engines.gaussian.batch import batched_steady_states
from darkstate.engines.gaussian.chains import (
    SMALLEST_CHAIN,
    chains_error,
    chains_steady_state,
    suits_chains,
)
from darkstate.engines.gaussian.conditional import conditional_state
from darkstate.engines.gaussian.dense import dense_steady_state, physicality_margin, schur_forms
from darkstate.engines.gaussian.large import LargeResult, large_steady_state
from darkstate.engines.gaussian.output import output_states
from darkstate.engines.gaussian.rounding import SAFETY, TRIALS, Disturbance, RoundingError
from darkstate.engines.gaussian.stability import (
    Outcome,
    Stability,
    dense_stability,
    dissipation,
    require_stable,
    stability,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.gaussian.verdict import add_rounding, add_stability, assess_moments
from darkstate.errors import EngineMismatchError
from darkstate.results import Report, Status
from darkstate.states import GaussianState, PairwiseGaussianState
from darkstate.systems.open_system import OpenSystem

NAME = "gaussian"


def dense_solution(structure: Structure, rtol: float) -> Solution:
    """All correlations by Schur forms; applies to every stable system.

    Raises:
        NumericalError: unstable or undamped modes, named.
    """
    forms = schur_forms(structure)
    stable = dense_stability(structure, forms)
    require_stable(stable)
    state, residual, error = dense_steady_state(structure, forms)
    report = _report(structure, stable, state, "dense").with_(residual=residual)
    return _add_amplitudes(structure, state, add_rounding(report, error), rtol)


def chains_solution(structure: Structure, rtol: float) -> Solution:
    """All correlations of damped chains by integrals over frequency.

    Raises:
        EngineMismatchError: not chains, or not proven to relax.
        NumericalError: the integral is not resolved: the chains relax too slowly.
    """
    stable = stability(structure)
    if not suits_chains(structure) or stable.outcome is not Outcome.STABLE:
        raise EngineMismatchError(
            f"The chains method needs damped chains of at least {SMALLEST_CHAIN} amplitudes with "
            "few noise inputs. Use Gaussian(method='dense')."
        )
    state, found = chains_steady_state(structure)
    error = chains_error(structure, state, found.residual, dissipation(structure))
    report = _report(structure, stable, state, f"chains, {found.nodes} frequencies")
    report = add_rounding(report.with_(residual=found.residual), error)
    return _add_amplitudes(structure, state, report, rtol)


def pairs_solution(structure: Structure, pairs: Sequence[tuple[str, str]], rtol: float) -> Solution:
    """Chosen pairs of a huge narrow network.

    Raises:
        EngineMismatchError: a coherent drive, or no conserved charge.
        NumericalError: unstable or undamped modes, named.
    """
    stable = stability(structure)
    require_stable(stable)
    if np.any(structure.form.drive):
        raise EngineMismatchError(
            "The quadrature method has no coherent drive. Use Gaussian(method='dense'), or "
            "displace the modes first."
        )
    found = large_steady_state(structure, pairs, rtol)
    state = PairwiseGaussianState(structure.form.labels, tuple(pairs), found.moments)
    scale = max(1.0, float(found.moments.n_i.max()), float(found.moments.n_j.max()))
    report = Report(
        engine=NAME,
        method=f"quadrature, {found.nodes} frequencies",
        status=Status.CONVERGED,
        margin=found.margin,
        truncation={"window tail": found.tail},
        structure=(*structure.lines(), found.window),
    )
    error = found.error + found.rounding
    # two modes (n_i, n_j, m): the smallest variance in them, and the norm of four errors
    n_i, n_j, m = found.moments.n_i, found.moments.n_j, np.abs(found.moments.m + found.moments.c)
    least = float(np.min(0.5 + (n_i + n_j) / 2 - np.hypot((n_i - n_j) / 2, m)))
    pair = RoundingError(error, 2 * error / least if least > 0 else np.inf)
    report = add_stability(add_rounding(report, pair), stable, structure.form)
    resolved = finding("integral", not found.converged)
    return Solution(
        state, assess_moments(report, rtol, scale, _unproven(stable, found), [resolved])
    )


def _unproven(stable: Stability, found: LargeResult) -> str:
    """Why the integral, though converged, is no proof; empty if it is one."""
    if stable.outcome is not Outcome.STABLE:
        return "stability was not proven for this size; the integral itself converged"
    if found.spacing > stable.gap:
        return (
            f"modes might relax as slowly as {stable.gap:.2g}, below the frequencies' spacing "
            f"{found.spacing:.2g}: a resonance may be missed (the sum rules do not show one)"
        )
    return ""


def _report(structure: Structure, stable: Stability, state: GaussianState, method: str) -> Report:
    report = Report(
        engine=NAME,
        method=method,
        status=Status.CONVERGED,
        margin=physicality_margin(structure, state),
        structure=structure.lines(),
    )
    return add_stability(report, stable, structure.form)


def _add_amplitudes(
    structure: Structure, state: GaussianState, report: Report, rtol: float
) -> Solution:
    """Add the stationary amplitudes that a coherent drive causes, and judge."""
    scale = max(1.0, float(np.abs(state.number).max(initial=0.0)))
    if np.any(structure.form.drive):
        mean, error = _mean(structure)
        largest = float(np.abs(mean).max())
        scale = max(scale, largest**2)
        # <a† a> = number + |mean|^2: an error of the amplitude is one of the second moments
        known = report.error_estimate or 0.0
        report = report.with_(error_estimate=known + 2 * max(1.0, largest) * error)
        state = GaussianState(state.labels, state.number, state.anomalous, mean)
    unproven = "" if report.unique else "stability was not proven for this size"
    return Solution(state, assess_moments(report, rtol, scale, unproven))


def _mean(structure: Structure) -> tuple[NDArray[Any], float]:
    """Stationary amplitudes ``-W^-1 drive``, (N,), and the error of the worst one."""
    drive = np.concatenate([structure.form.drive, structure.form.drive.conj()])
    n = len(structure.form.labels)
    factors = scipy.linalg.lu_factor(structure.drift.toarray())
    mean = -scipy.linalg.lu_solve(factors, drive)
    left = structure.drift @ mean + drive
    changes = [Disturbance(structure, seed).drift @ mean for seed in range(TRIALS)]
    moved = [np.abs(scipy.linalg.lu_solve(factors, each)).max() for each in (left, *changes)]
    return mean[:n], SAFETY * float(max(moved))


def conditional_solution(structure: Structure, system: OpenSystem, rtol: float) -> Solution:
    """The steady state given the records of the system's monitors.

    Raises:
        EngineMismatchError: a monitor counts photons.
        NumericalError: the Riccati equation has no stabilising solution.
    """
    state, solution, error = conditional_state(structure, system)
    forgets = f"the filter forgets its beginning at the rate {-solution.spectral_abscissa:.3g}"
    report = Report(
        engine=NAME,
        method="Riccati",
        status=Status.CONVERGED,
        residual=solution.residual,
        margin=state.margin(),
        unique=True,
        structure=(*structure.lines(), forgets),
    )
    scale = max(1.0, float(np.abs(state.number).max()))
    return Solution(state, assess_moments(add_rounding(report, error), rtol, scale))


def batch_solution(task: BatchTask, rtol: float) -> Solution:
    """The steady states of a batch, a `GaussianBatch`.

    Raises:
        EngineMismatchError: not affine in the samples.
        NumericalError: a sample has no unique steady state.
    """
    assert task.build is not None
    state, residual, error = batched_steady_states(task.build, task.samples)
    report = Report(
        engine=NAME,
        method=f"dense, batch of {len(task.samples)}",
        status=Status.CONVERGED,
        residual=residual,
        unique=True,
        margin=float(state.margins().min()),
    )
    amplitudes = float(np.abs(np.asarray(state.mean)).max(initial=0.0))
    scale = max(1.0, float(np.abs(state.number).max(initial=0.0)), amplitudes**2)
    return Solution(state, assess_moments(add_rounding(report, error), rtol, scale))


def output_solution(
    structure: Structure, channels: Sequence[str], frequencies: Sequence[float]
) -> Solution:
    """The states of the stationary output fields, a list by frequency.

    Raises:
        ArgumentError: unknown channels, or no frequencies.
        NumericalError: the system is not stable.
    """
    require_stable(stability(structure, exact=True))
    states = output_states(structure, channels, frequencies)
    return Solution(states, Report(NAME, "input-output", Status.CONVERGED))
