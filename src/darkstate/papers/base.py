"""How a paper is recomputed: figures make data, data makes pictures and verdicts.

A `Figure` computes an `xarray.Dataset`, draws it on axes, and reads the paper's claims off the same
data. Nothing is adjusted to a claim: a verdict states the computed number beside the paper's, and a
condition where the claim holds only under one. Where random numbers are drawn, a verdict is that of
all samples: it follows from an interval (`sigmas`, `judged_share`), or is left open.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.errors import check_choice

if TYPE_CHECKING:
    import xarray as xr

ALARM = 1e-6
"""Probability that a sample leads to a verdict which most samples contradict."""

Progress = Callable[[str, float], None]
"""``progress(what, fraction)``: called while a figure is computed, fraction from 0 to 1."""


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
        compute: ``compute(fast, progress) -> Dataset``; `fast` coarsens grids, never methods.
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


@dataclass(frozen=True)
class PaperRun:
    """What `run_paper` leaves behind: the claims, and the files written for each figure."""

    paper: Paper
    claims: tuple[Claim, ...]
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)


def run_paper(
    paper: Paper,
    out: Path,
    figures: tuple[str, ...] = (),
    fast: bool = False,
    progress: Progress = lambda what, fraction: None,
) -> PaperRun:
    """Recompute figures and claims of a paper; writes data (zarr), pictures and ``claims.json``.

    Args:
        paper: which paper.
        out: folder for the files, made if needed.
        figures: ids of figures; all if empty.
        fast: coarser grids.
        progress: told how far it is.

    Raises:
        ArgumentError: unknown figure.
    """
    import json

    from darkstate.plots import save_panel
    from darkstate.results.stored_tables import write_table

    known = {figure.id: figure for figure in paper.figures}
    chosen = [known[check_choice("figure", name, known)] for name in figures] or paper.figures
    out.mkdir(parents=True, exist_ok=True)
    claims: list[Claim] = []
    files: dict[str, tuple[Path, ...]] = {}
    for figure in chosen:

        def tell(what: str, fraction: float, figure: Figure = figure) -> None:
            progress(f"{figure.id}: {what}" if what else figure.id, fraction)

        tell(figure.title, 0.0)
        data = figure.compute(fast, tell)
        data.attrs |= {"paper": paper.id, "figure": figure.id, "title": figure.title}
        store = out / f"figure_{figure.id}.zarr"
        write_table(data, store)
        pictures = save_panel(out / f"figure_{figure.id}", figure.draw, data)
        files[figure.id] = (store, *pictures)
        claims += figure.claims(data)
        tell("done", 1.0)
    table = [{**vars(claim), "verdict": str(claim.verdict)} for claim in claims]
    (out / "claims.json").write_text(json.dumps(table, indent=1, ensure_ascii=False))
    return PaperRun(paper, tuple(claims), files)
