"""When a Gaussian result may be trusted: the checks that lower its status, each with its reason."""

from __future__ import annotations

from darkstate.results import Report, Status

MARGIN_TOLERANCE = 1e-9
"""Largest uncertainty-relation violation, relative to the covariance, that rounding explains."""

MOST_PHOTONS = 1e6
"""Above this the smallest variance allowed by the moments is below their rounding errors."""


def judged(report: Report, rtol: float, scale: float, unproven: str = "") -> Report:
    """Lower the status where a check fails, with the reason as a warning.

    Args:
        report: as the method leaves it, with the status that it would have if all checks hold.
        rtol: accuracy asked of the second moments.
        scale: size of the moments, at least that of the vacuum.
        unproven: what could not be proven, if anything: then at best ``converged``.
    """
    warnings = list(report.warnings)
    if report.margin is not None and report.margin < -MARGIN_TOLERANCE * scale:
        warnings.append(f"the state violates the uncertainty relation by {-report.margin:.3g}")
    if report.error_estimate is not None and not report.error_estimate <= rtol * scale:
        warnings.append(f"estimated error {report.error_estimate:.3g} exceeds rtol {rtol:g}")
    if report.residual is not None and not report.residual <= 1e-9:
        warnings.append(f"residual {report.residual:.3g} is above 1e-9")
    if scale > MOST_PHOTONS:
        warnings.append(
            f"moments of size {scale:.2g}: squeezing below {1e-16 * scale:.1g} of the vacuum is "
            "lost in double precision"
        )
    if report.unique is False:
        warnings.append("the steady state was not shown to be unique")
    status = Status.SUSPECT if warnings else report.status
    if unproven and status is Status.CERTIFIED:
        status = Status.CONVERGED
        warnings.append(unproven)
    return report.with_(status=status, warnings=tuple(warnings))
