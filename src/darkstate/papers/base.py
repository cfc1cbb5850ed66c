"""How a paper is recomputed: figures make data, data makes pictures and verdicts.

A `Figure` computes an `xarray.Dataset`, draws it on axes, and reads the paper's claims off the same
data. Nothing is adjusted to a claim: a verdict states the computed number beside the paper's, and a
condition where the claim holds only under one. Where random numbers are drawn, a verdict is that of
all samples: it follows from an interval (`sigmas`, `judged_share`), or is left open.
"""

from __future__ import annotations

import enum
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.checks import check_choice
from darkstate.errors import ArgumentError
from darkstate.results.digests import damage, header, listed, sign
from darkstate.results.files import as_path, exchanged, prepare
from darkstate.results.report import versions

if TYPE_CHECKING:
    import xarray as xr

MARK, FORMAT, CLAIMS = "darkstate paper", 1, "claims.json"
"""The mark of a paper's folder, the version of its layout, and its table of claims."""

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
    overwrite: bool = False,
) -> PaperRun:
    """Recompute figures and claims of a paper; writes data (zarr), pictures and ``claims.json``.

    The folder is replaced at once, at the end. Figures that are in it already, and their claims,
    stay; and so does whatever else lies there.

    Args:
        paper: which paper.
        out: folder for the files, made if needed.
        figures: ids of figures; all if empty.
        fast: coarser grids.
        progress: told how far it is.
        overwrite: whether figures that are in the folder already may be replaced.

    Raises:
        ArgumentError: unknown figure; or `out` is something else's, has one of the figures, is
            damaged or cannot be written.
    """
    known = {figure.id: figure for figure in paper.figures}
    chosen = [known[check_choice("figure", name, known)] for name in figures] or paper.figures
    ids = [figure.id for figure in chosen]
    folder = as_path(out, "out")
    prepare(folder, MARK, True, version=FORMAT, name="out")
    kept = _kept(paper, folder, ids, overwrite)
    claims, files = dict[str, tuple[Claim, ...]](), dict[str, tuple[Path, ...]]()
    with exchanged(folder, MARK, True, version=FORMAT, name="out") as new:
        for figure in chosen:

            def tell(what: str, fraction: float, figure: Figure = figure) -> None:
                progress(f"{figure.id}: {what}" if what else figure.id, fraction)

            tell(figure.title, 0.0)
            claims[figure.id], written = _figure(paper, figure, fast, new, tell)
            files[figure.id] = tuple(folder / path.name for path in written)
            tell("done", 1.0)
        _carry_over(folder, new, kept)
        rows = kept | {name: [_row(claim, fast) for claim in claims[name]] for name in claims}
        table = [{"figure": name} | row for name in known for row in rows.get(name, [])]
        text = json.dumps(table, indent=1, ensure_ascii=False)
        (new / CLAIMS).write_text(text + "\n", encoding="utf-8")
        done = [name for name in known if name in rows]
        sign(new, {MARK: FORMAT, "paper": paper.id, "figures": done, "versions": versions()})
    return PaperRun(paper, tuple(claim for found in claims.values() for claim in found), files)


def _figure(
    paper: Paper, figure: Figure, fast: bool, new: Path, tell: Progress
) -> tuple[tuple[Claim, ...], tuple[Path, ...]]:
    """Claims and files of one figure."""
    from darkstate.plots import save_panel
    from darkstate.results.stored_tables import write_table

    data = figure.compute(fast, tell)
    data.attrs |= {"paper": paper.id, "figure": figure.id, "title": figure.title}
    store = new / f"figure_{figure.id}.zarr"
    write_table(data, store)
    pictures = save_panel(new / f"figure_{figure.id}", figure.draw, data)
    return figure.claims(data), (store, *pictures)


def _row(claim: Claim, fast: bool) -> dict[str, Any]:
    return {**vars(claim), "verdict": str(claim.verdict), "fast": fast}


def _kept(
    paper: Paper, folder: Path, chosen: Sequence[str], overwrite: bool
) -> dict[str, list[dict[str, Any]]]:
    """Claims by figure of the figures that stay in the folder.

    Raises:
        ArgumentError: it is another paper's, has one of the chosen figures, or is damaged.
    """
    entries = header(folder)[1]
    if MARK not in entries:
        return {}
    if entries.get("paper") != paper.id:
        remedy = "Choose another folder."
        raise ArgumentError("out", f"hold figures of {paper.id}", entries.get("paper"), remedy)
    there = [str(name) for name in entries.get("figures") or ()]
    why = damage(folder) if set(there) - set(chosen) else None
    if why:
        remedy = "Choose another folder, or replace all its figures: overwrite=True (--overwrite)."
        raise ArgumentError("out", f"be undamaged ({why})", str(folder), remedy)
    if (again := sorted(set(there) & set(chosen))) and not overwrite:
        remedy = "Choose another folder, or replace them: overwrite=True (--overwrite)."
        raise ArgumentError("out", f"not have figure {', '.join(again)} yet", str(folder), remedy)
    stay = [name for name in there if name not in chosen]
    table = json.loads((folder / CLAIMS).read_text(encoding="utf-8")) if stay else []
    return {name: [row for row in table if row["figure"] == name] for name in stay}


def _carry_over(folder: Path, new: Path, kept: dict[str, Any]) -> None:
    """Copy the files of figures that stay to the new folder."""
    for name in sorted(listed(folder) if kept else ()):
        if any(name.startswith(f"figure_{figure}.") for figure in kept):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, new / name)
