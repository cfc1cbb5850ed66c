"""How findings become a verdict, the same for every engine.

An engine measures: every finding is a number, its bound, and the row of the table of checks
(`checklist.py`) it belongs to. A broken one lowers the status and tells users why; a number that is
not one (NaN) holds nowhere. Shared here are also the findings of engines with density matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from darkstate.engines.checklist import CHECKS
from darkstate.engines.stationary import METASTABLE
from darkstate.engines.truncation import Truncated
from darkstate.results import Estimate, Report, Status

ERROR_OVER_RTOL = 100.0
"""Error estimates of a state up to this multiple of rtol are what is asked for."""
ALLOWED_OVER_RTOL = 2e3
"""Larger ones are suspect; evolutions are followed to half of this."""
LEAST_MARGIN = -1e-10
"""Eigenvalues below this are not rounding."""
PURE_ERROR = 1e-9
"""Dark states that are less exact than this are left to the mixed methods."""


@dataclass(frozen=True)
class Finding:
    """What was measured for one check.

    Args:
        check: name of its row.
        value: the number; it must not exceed `bound`.
        bound: the largest that is trusted.
        words: what else the sentence says; functions are called if it is needed.
    """

    check: str
    value: float
    bound: float
    words: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether the number is within its bound."""
        return bool(self.value <= self.bound)

    @property
    def sentence(self) -> str:
        """What users read if it does not hold."""
        words = {k: v() if isinstance(v, Callable) else v for k, v in self.words.items()}
        template = CHECKS[self.check].sentence
        return template.format(**{"value": self.value, "bound": self.bound} | words)


def finding(check: str, value: float, bound: float = 0.0, **words: Any) -> Finding:
    """A finding for one row of the table; missing and broken things are counted, with bound 0."""
    return Finding(check, float(value), bound, words)


def sentences(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What is broken, in words."""
    return tuple(each.sentence for each in findings if not each.holds)


def judge(report: Report, findings: Iterable[Finding], best: Status = Status.CERTIFIED) -> Report:
    """The report with its status, and with what is broken as warnings.

    Args:
        report: what was found; its status is replaced.
        findings: of all checks that were made.
        best: the status where all hold; without an error estimate and a margin it is ``converged``.
    """
    order = (Status.CERTIFIED, Status.CONVERGED, Status.SUSPECT, Status.FAILED)
    broken = [each for each in findings if not each.holds]
    left = [best, *(CHECKS[each.check].leaves or best for each in broken)]
    warnings = (*report.warnings, *sentences(broken))
    return report.with_(status=max(left, key=order.index), warnings=warnings)


def judge_state(report: Report, residual: float, allowed: float) -> Report:
    """Judge a density matrix: positivity, the residual, and the error by slow modes.

    Args:
        report: with what was measured.
        residual: largest residual relative to the fastest rate.
        allowed: largest error of the state.
    """
    error = 0.0 if report.error_estimate is None else report.error_estimate
    found = [finding("error of the state", error, allowed, remedy=lambda: _slow_remedy(report))]
    if report.residual is not None:
        found.insert(0, finding("residual", report.residual, residual))
    if report.margin is not None:
        bound = -min(LEAST_MARGIN, -error)
        found.insert(0, finding("eigenvalue", -report.margin, bound, least=report.margin))
    return judge(report, found, report.status)


def _slow_remedy(report: Report) -> str:
    direct = report.method.startswith("dense")
    return "double precision gives no more" if direct else "lower rtol, or use method='dense'"


def judge_truncation(report: Report, found: Truncated, edge: float) -> Report:
    """Judge Fock cut-offs, and add what they leave out to the error.

    Without a second cut-off to compare with, the error is not known.
    """
    change, error = found.change, report.error_estimate
    findings = [finding("growth", bool(found.stopped), why=found.stopped)]
    findings += [finding("Fock edge", v, edge, name=name) for name, v in found.edges.items()]
    if change is not None:
        findings.append(finding("cut-offs", change, edge**0.5))
    error = None if change is None or error is None else error + change
    report = _truncated_gaps(report, found.smaller.found.report if found.smaller else None)
    report = report.with_(truncation=found.edges, error_estimate=error)
    return judge(report, findings, report.status)


def _truncated_gaps(report: Report, smaller: Report | None) -> Report:
    """The gap with its change from smaller cut-offs as an error; without these it is not known."""

    def compared() -> dict[str, Any]:
        known = {"sector_gap": report.sector_gap, "metastable": report.metastable}
        known |= {"structure": report.structure, "gap": None}
        if report.gap is not None and smaller is not None and smaller.gap is not None:
            error = report.gap.error if isinstance(report.gap, Estimate) else 0.0
            known["gap"] = Estimate(float(report.gap), error + abs(report.gap - smaller.gap))
        return known

    if report.later is not None:
        return report.with_(later=compared)
    return report.with_(**compared())


def gaps_found(
    report: Report,
    sector: Estimate | None,
    whole: Estimate | None,
    smallest_rate: float,
    rate: float,
) -> dict[str, Any]:
    """The gaps of small systems, and whether the steady state is approached very slowly.

    Args:
        report: of a unique steady state.
        sector: gap within the sector of the steady state, if it is known.
        whole: gap of the whole generator, if it is known.
        smallest_rate: that is written down in the system.
        rate: ``1/|L^-1|``, instead of a gap that is not known; infinite if neither is.

    Returns:
        Fields of the report.
    """
    slowest = rate if sector is None else sector.value
    slow = slowest < METASTABLE * smallest_rate
    structure = report.structure
    if slow:
        note = (
            f"metastable: something relaxes at {slowest:.2g}, far more slowly than any rate of the "
            f"system ({smallest_rate:.2g} or more); the steady state is reached only after that"
        )
        structure = (*structure, note)
    return {
        "gap": whole,
        "sector_gap": None if sector is None else sector.value,
        "metastable": slow if sector is not None or rate < float("inf") else None,
        "structure": structure,
    }
