"""What engines that hold a density matrix check of a state, and what the checks do to its status.

Every check is a number, a bound and the sentence that users read where it is broken; a broken one
makes a result suspect. The engines measure, and do not judge.
"""

from __future__ import annotations

from darkstate.engines.stationary import METASTABLE, Gap
from darkstate.engines.truncation import Truncated
from darkstate.results import Report, Status

ERROR_OVER_RTOL = 100.0
"""Error estimates of a state up to this multiple of rtol are what is asked for."""
ALLOWED_OVER_RTOL = 2e3
"""Larger ones are suspect; evolutions are followed to half of this."""
LEAST_MARGIN = -1e-10
"""Eigenvalues below this are not rounding."""
PURE_ERROR = 1e-9
"""Dark states that are less exact than this are left to the mixed methods."""


def judge_state(report: Report, residual: float, allowed: float) -> Report:
    """Lower the status where positivity, the residual or the error fail, with the reason.

    Args:
        report: with what was measured.
        residual: largest residual relative to the fastest rate.
        allowed: largest error of the state.
    """
    warnings = list(report.warnings)
    error = report.error_estimate or 0.0
    if report.margin is not None and not report.margin >= min(LEAST_MARGIN, -error):
        warnings.append(f"the state has a negative eigenvalue {report.margin:.3g}")
    if report.residual is not None and not report.residual <= residual:
        warnings.append(f"the residual {report.residual:.3g} exceeds {residual:.2g}: lower rtol")
    if not error <= allowed:
        direct = report.method.startswith("dense")
        remedy = "double precision gives no more" if direct else "lower rtol, or use method='dense'"
        warnings.append(
            f"slow modes turn what is left and rounding into an error of {error:.2g} of the state, "
            f"more than {allowed:.2g}: {remedy}"
        )
    return _lowered(report, warnings)


def judge_truncation(report: Report, found: Truncated, edge: float) -> Report:
    """Add what the Fock cut-offs leave out; suspect where that is too much.

    Without a second cut-off to compare with, the error is not known.
    """
    warnings = list(report.warnings)
    if found.stopped:
        warnings.append(f"larger cut-offs were needed, but not tried. {found.stopped}")
    for name, value in found.edges.items():
        if not value <= edge:
            warnings.append(f"{name} holds {value:.3g}: raise cutoff")
    change, allowed = found.change, edge**0.5
    if change is not None and not change <= allowed:
        warnings.append(
            f"the state changes by {change:.2g} (trace norm) from smaller cut-offs to these, more "
            f"than {allowed:.2g}: raise cutoff"
        )
    error = report.error_estimate
    error = None if change is None or error is None else error + change
    report = _truncated_gaps(report, found.smaller.found.report if found.smaller else None)
    report = report.with_(truncation=found.edges, error_estimate=error)
    return _lowered(report, warnings)


def _truncated_gaps(report: Report, smaller: Report | None) -> Report:
    """The gap with its change from smaller cut-offs as an error; without these it is not known."""
    if report.gap is None or smaller is None or smaller.gap is None:
        return report.with_(gap=None, gap_error=None)
    error = (report.gap_error or 0.0) + abs(report.gap - smaller.gap)
    return report.with_(gap_error=error)


def add_gaps(
    report: Report, sector: Gap | None, whole: Gap | None, smallest_rate: float, rate: float
) -> Report:
    """Add the gaps of small systems, and whether the steady state is approached very slowly.

    Args:
        report: of a unique steady state.
        sector: gap within the sector of the steady state, if it is known.
        whole: gap of the whole generator, if it is known.
        smallest_rate: that is written down in the system.
        rate: ``1/|L^-1|``, instead of a gap that is not known; infinite if neither is.
    """
    slowest = sector.value if sector else rate
    slow = slowest < METASTABLE * smallest_rate
    structure = report.structure
    if slow:
        note = (
            f"metastable: something relaxes at {slowest:.2g}, far more slowly than any rate of the "
            f"system ({smallest_rate:.2g} or more); the steady state is reached only after that"
        )
        structure = (*structure, note)
    return report.with_(
        gap=whole.value if whole else None,
        gap_error=whole.error if whole else None,
        sector_gap=sector.value if sector else None,
        metastable=slow if sector or rate < float("inf") else None,
        structure=structure,
    )


def _lowered(report: Report, warnings: list[str]) -> Report:
    status = Status.SUSPECT if warnings else report.status
    return report.with_(status=status, warnings=tuple(warnings))
