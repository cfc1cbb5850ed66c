"""When a Gaussian result may be trusted: the checks that lower its status, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from darkstate.engines.assess import Finding, finding, judge
from darkstate.engines.gaussian.rounding import RoundingError
from darkstate.engines.gaussian.stability import Outcome, Stability
from darkstate.results import Estimate, Report, Status
from darkstate.systems.quadratic import QuadraticForm

MARGIN_TOLERANCE = 1e-9
"""Largest violation of the uncertainty relation, in units of the variances, that rounding explains.
"""

LARGEST_RESIDUAL = 1e-9
"""Backward errors above this are no rounding."""

UNRESOLVED = 1e-3
"""Relative error of a variance from which entanglement is not worth its name, 1.4e-3 ebit."""

WORTH_TELLING = 1e-9
"""Relative errors of variances above this are reported, in ebit."""

METASTABLE = 1e-3
"""Relaxation this much slower than the smallest rate of a system makes it metastable."""

ENTANGLEMENT = "entanglement by rounding"
"""Name of the error of log-negativities in ``report.truncation``, in ebit."""


def assess_moments(
    report: Report,
    rtol: float,
    scale: float,
    unproven: str = "",
    further: Sequence[Finding] = (),
) -> Report:
    """The report with its status: certified if all checks hold, else with the reasons as warnings.

    Args:
        report: what was found; its status is replaced.
        rtol: accuracy asked of the second moments.
        scale: size of the moments, at least that of the vacuum.
        unproven: what could not be proven, if anything: then at best ``converged``.
        further: findings of the method.
    """
    lost = report.truncation.get(ENTANGLEMENT, 0.0)
    words = {"relative": lost * np.log(2)}
    found = [finding("squeezing", lost, UNRESOLVED / np.log(2), **words)]
    if report.residual is not None:
        found.insert(0, finding("backward error", report.residual, LARGEST_RESIDUAL))
    if report.error_estimate is not None:
        error, most = report.error_estimate, rtol * scale
        found.insert(0, finding("error of the moments", error, most, error=error, rtol=rtol))
    if report.margin is not None:
        found.insert(0, finding("uncertainty relation", -report.margin, MARGIN_TOLERANCE))
    best = Status.SUSPECT if report.warnings else Status.CERTIFIED  # what the method warned of
    report = judge(report, [*found, *further], best)
    if unproven and report.status is not Status.SUSPECT:
        report = judge(report, [finding("proof", True, what=unproven)], report.status)
    return report


def add_rounding(report: Report, error: RoundingError) -> Report:
    """Add the errors by rounding: of the moments, and of entanglement where it is worth telling."""
    truncation = dict(report.truncation)
    if not error.relative <= WORTH_TELLING:
        truncation[ENTANGLEMENT] = float(error.relative / np.log(2))
    return report.with_(error_estimate=error.moments, truncation=truncation)


def add_stability(report: Report, found: Stability, form: QuadraticForm) -> Report:
    """Add uniqueness, the gap (bounds stay bounds) and whether the system is metastable."""
    stable = found.outcome is Outcome.STABLE
    if not found.exact:
        bound = f"every amplitude relaxes at {found.gap:.3g} at least (the gap was not computed)"
        structure = (*report.structure, bound) if stable else report.structure
        return report.with_(unique=stable or None, structure=structure)
    return report.with_(
        unique=stable,
        gap=Estimate(found.gap, found.error),
        metastable=found.gap < METASTABLE * smallest_rate(form),
    )


def smallest_rate(form: QuadraticForm) -> float:
    """The smallest rate that is written down: of a term of H, or of one in a jump."""
    hamiltonian = [np.abs(each.data) for each in (form.A, form.B)] + [np.abs(form.f)]
    weights = sp.diags_array(form.rates)
    jumps = [(weights @ abs(each).power(2)).data for each in (form.U, form.V)]
    rates = np.concatenate([*hamiltonian, *jumps])
    return float(np.min(rates[rates > 0], initial=np.inf))
