"""How a paper is recomputed: figures make data, data makes pictures and verdicts.

A `Figure` computes an `xarray.Dataset`, draws it on axes, and reads the paper's claims off the same
data. Nothing is adjusted to a claim: a verdict states the computed number beside the paper's, and a
condition where the claim holds only under one. Where random numbers are drawn, a verdict is that of
all samples: it follows from an interval (`sigmas`, `judged_share`), or is left open.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from darkstate.progress import Progress

if TYPE_CHECKING:
    import xarray as xr

ALARM = 1e-6
"""Probability that a sample leads to a verdict which most samples contradict."""


class Verdict(enum.StrEnum):
    """What became of a claim; the members are the words that users read."""

    REPRODUCED = "reproduced"
    CONDITION = "reproduced with a condition"
    NOT_REPRODUCED = "not reproduced"
    UNDECIDED = "undecided at this sample size"
    NOT_COMPUTED = "not computed"
    FINDING = "beyond the paper"


def sigmas(numbers: int) -> float:
    """Standard errors that the largest of so many deviations exceeds by chance once in a million.

    Args:
        numbers: of means that are normally distributed.
    """
    from scipy.stats import norm

    return float(norm.isf(ALARM / (2 * numbers)))


def judged_share(successes: Sequence[int], trials: int, least: float) -> Verdict:
    """Whether every one of some probabilities is at least `least`, from how often it came true.

    Args:
        successes: of `trials` for each.
        trials: independent ones.
        least: the probability that is claimed.

    Source: Clopper and Pearson, Biometrika 26, 404 (1934).
    """
    from scipy.stats import beta

    alarm = ALARM / (2 * len(successes))
    low = [float(beta.ppf(alarm, k, trials - k + 1)) if k else 0.0 for k in successes]
    high = [float(beta.isf(alarm, k + 1, trials - k)) if k < trials else 1.0 for k in successes]
    if min(high) < least:
        return Verdict.NOT_REPRODUCED
    return Verdict.REPRODUCED if min(low) >= least else Verdict.UNDECIDED


@dataclass(frozen=True)
class Claim:
    """One line of the claims table.

    Args:
        id: short identifier, figure first: ``"2a-1"``.
        text: what the paper says (or what was asked, for a finding).
        verdict: what became of it.
        paper: the paper's number or statement.
        computed: ours.
        note: condition, or the reason of a failure, or why it is not computed.
        place: where the paper says so, and for which parameters: ``"Fig. 3a, caption; N = 10"``.
    """

    id: str
    text: str
    verdict: Verdict
    paper: str
    computed: str
    note: str = ""
    place: str = ""


@dataclass(frozen=True)
class Figure:
    """A figure panel of a paper.

    Args:
        id: as in the paper, ``"2a"``; findings of our own have a name.
        title: what it shows.
        compute: ``compute(fast, progress) -> Dataset``; `fast` coarsens grids, and leaves methods,
            sizes of networks and what is drawn as they are.
        draw: ``draw(axes, data)`` on a matplotlib axes.
        claims: ``claims(data) -> claims``.
    """

    id: str
    title: str
    compute: Callable[[bool, Progress], xr.Dataset]
    draw: Callable[[Any, xr.Dataset], None]
    claims: Callable[[xr.Dataset], tuple[Claim, ...]]


@dataclass(frozen=True)
class Paper:
    """A paper whose figures and claims are recomputed.

    Args:
        id: identifier on the command line.
        title: title, or a description where the title is not known.
        reference: how to cite it.
        figures: its panels.
        notes: conventions pinned, slips found.
    """

    id: str
    title: str
    reference: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()
