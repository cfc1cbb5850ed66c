"""The methods for whole and partial steady states, each ending in a solution with its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.base import Solution
from darkstate.engines.gaussian.chains import SMALLEST_CHAIN, chains_steady_state, suits_chains
from darkstate.engines.gaussian.dense import dense_steady_state, physicality_margin, schur_forms
from darkstate.engines.gaussian.judging import judged
from darkstate.engines.gaussian.large import LargeResult, large_steady_state
from darkstate.engines.gaussian.stability import (
    Outcome,
    Stability,
    dense_stability,
    require_stable,
    stability,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import EngineMismatchError
from darkstate.results import Report, Status
from darkstate.states import GaussianState, PairwiseGaussianState

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
    report = _report(structure, stable, state, "dense").with_(
        residual=residual, error_estimate=error * _scale(state)
    )
    return _displaced(structure, state, judged(report, rtol, _scale(state)))


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
    # |dX| <= |remainder| / (2 gap); the backward error is relative to norms of order `size`
    size = float(abs(structure.drift).sum(axis=1).max())
    norm = float(np.linalg.norm(state.number) + np.linalg.norm(state.anomalous))
    report = _report(structure, stable, state, f"chains, {found.nodes} frequencies").with_(
        residual=found.residual,
        error_estimate=found.residual * size * max(1.0, norm) / stable.gap,
    )
    return _displaced(structure, state, judged(report, rtol, _scale(state)))


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
    failed = "the frequency integral did not converge: raise the loss or use method='dense'"
    report = Report(
        engine=NAME,
        method=f"quadrature, {found.nodes} frequencies",
        status=Status.CERTIFIED,
        gap=stable.gap,
        unique=stable.outcome is Outcome.STABLE or None,
        margin=found.margin,
        truncation={"window tail": found.tail},
        error_estimate=found.error,
        structure=(*structure.lines(), found.window),
        warnings=() if found.converged else (failed,),
    )
    return Solution(state, judged(report, rtol, scale, _unproven(stable, found)))


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
    return Report(
        engine=NAME,
        method=method,
        status=Status.CERTIFIED,
        margin=physicality_margin(structure, state),
        gap=stable.gap,
        unique=stable.outcome is Outcome.STABLE,
        structure=structure.lines(),
    )


def _displaced(structure: Structure, state: GaussianState, report: Report) -> Solution:
    """Add the stationary amplitudes that a coherent drive causes."""
    if not np.any(structure.form.drive):
        return Solution(state, report)
    mean = _mean(structure)
    return Solution(GaussianState(state.labels, state.number, state.anomalous, mean), report)


def _mean(structure: Structure) -> NDArray[Any]:
    drive = np.concatenate([structure.form.drive, structure.form.drive.conj()])
    n = len(structure.form.labels)
    return -np.linalg.solve(structure.drift.toarray(), drive)[:n]


def _scale(state: GaussianState) -> float:
    return max(1.0, float(np.abs(state.number).max(initial=0.0)))
