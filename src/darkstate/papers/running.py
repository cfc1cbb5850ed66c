"""Recomputing a paper: figure by figure into a folder, so that an interruption costs one figure.

After every figure the folder is replaced at once by one that holds this figure too. What is in the
folder is not computed again: the same call goes on where an earlier one ended.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from darkstate.checks import check_choice
from darkstate.errors import ArgumentError
from darkstate.papers.base import Claim, Figure, Paper, Progress, Verdict
from darkstate.progress import Wanted, listening
from darkstate.results.digests import damage, header, output_files, sign
from darkstate.results.files import as_path, prepare, replace_folder
from darkstate.results.report import versions

MARK, FORMAT, CLAIMS = "darkstate paper", 2, "claims.json"
"""The mark of a paper's folder, the version of its layout, and its table of claims."""

_FIGURES = "figures"
"""The header's entry: of each figure the versions that computed it, and whether `fast`."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class PaperRun:
    """What `run_paper` leaves behind.

    Args:
        paper: which one.
        claims: of the figures that were asked for.
        files: written for each figure that was computed.
        taken: figures that were in the folder already.
    """

    paper: Paper
    claims: tuple[Claim, ...]
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    taken: tuple[str, ...] = ()


def run_paper(
    paper: Paper,
    out: Path,
    figures: tuple[str, ...] = (),
    fast: bool = False,
    progress: Wanted = False,
    overwrite: bool = False,
) -> PaperRun:
    """Recompute figures and claims of a paper; writes data (zarr), pictures and ``claims.json``.

    The folder is replaced after every figure. Figures that are in it already are taken from there,
    with their claims; and whatever else lies there stays.

    Args:
        paper: which paper.
        out: folder for the files, made if needed.
        figures: ids of figures; all if empty.
        fast: coarser grids.
        progress: True for a bar, or a function of (what, fraction).
        overwrite: compute figures again that are in the folder already, and replace them.

    Raises:
        ArgumentError: unknown figure; or `out` is something else's, has one of the figures from
            other grids or another version, is damaged or cannot be written.
    """
    chosen = _chosen(paper, figures)
    missing = to_compute(paper, out, figures, fast, overwrite)
    folder, files = as_path(out, "out"), dict[str, tuple[Path, ...]]()
    kept = _there(folder) if _sound(folder) else {}
    with listening(progress) as listener:
        for number, name in enumerate(missing):

            def tell(what: str, fraction: float, name: str = name, number: int = number) -> None:
                listener(f"{name}: {what}" if what else name, (number + fraction) / len(missing))

            tell(chosen[name].title, 0.0)
            kept = {other: how for other, how in kept.items() if other != name}
            files[name] = _add(paper, chosen[name], fast, folder, kept, tell)
            kept[name] = _how(fast)
            tell("done", 1.0)
    rows = _rows(folder)
    claims = tuple(_claim(row) for name in chosen for row in rows if row["figure"] == name)
    taken = tuple(name for name in chosen if name not in missing)
    return PaperRun(paper, claims, files, taken)


def to_compute(
    paper: Paper,
    out: Path,
    figures: tuple[str, ...] = (),
    fast: bool = False,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Ids of the figures that `run_paper` would compute; nothing is computed or changed.

    Args:
        paper, out, figures, fast, overwrite: as of `run_paper`.

    Raises:
        ArgumentError: as of `run_paper`.
    """
    chosen = tuple(_chosen(paper, figures))
    folder = as_path(out, "out")
    prepare(folder, MARK, True, version=FORMAT, name="out")
    entries, there = header(folder)[1], _there(folder)
    if MARK not in entries:
        return chosen
    if entries.get("paper") != paper.id:
        remedy = "Choose another folder."
        raise ArgumentError("out", f"hold figures of {paper.id}", entries.get("paper"), remedy)
    remedy = "Choose another folder, or replace all its figures: overwrite=True (--overwrite)."
    if not _sound(folder) and not (overwrite and not figures):
        rule = f"be undamaged and of format {FORMAT} ({damage(folder) or entries[MARK]})"
        raise ArgumentError("out", rule, str(folder), remedy)
    if overwrite:
        return chosen
    for name in chosen:
        if name in there and there[name] != _how(fast):
            rule = f"have figure {name} from the same grids and versions, or not yet"
            raise ArgumentError("out", rule, str(folder), remedy)
    return tuple(name for name in chosen if name not in there)


def _sound(folder: Path) -> bool:
    """Whether figures in a folder can stay: it is as it was written, in the present format."""
    return header(folder)[1].get(MARK) == FORMAT and damage(folder) is None


def _chosen(paper: Paper, figures: tuple[str, ...]) -> dict[str, Figure]:
    known = {figure.id: figure for figure in paper.figures}
    return {name: known[check_choice("figure", name, known)] for name in figures} or known


def _how(fast: bool) -> dict[str, Any]:
    """What must agree for a figure to be taken from a folder."""
    return {"fast": fast, "versions": versions()}


def _there(folder: Path) -> dict[str, Any]:
    """The figures in a folder, and how each was computed."""
    found = header(folder)[1].get(_FIGURES)
    return dict(found) if isinstance(found, dict) else {}


def _rows(folder: Path) -> Rows:
    """The claims of all figures in a folder."""
    rows: Rows = json.loads((folder / CLAIMS).read_text(encoding="utf-8"))
    return rows


def _add(
    paper: Paper,
    figure: Figure,
    fast: bool,
    folder: Path,
    kept: dict[str, Any],
    tell: Progress,
) -> tuple[Path, ...]:
    """Compute a figure and replace the folder by one that has it, and those that are kept."""
    from darkstate.plots import save_panel
    from darkstate.results.stored_tables import write_table

    data = figure.compute(fast, tell)
    data.attrs |= {"paper": paper.id, "figure": figure.id, "title": figure.title}
    rows = [row for row in _rows(folder) if row["figure"] in kept] if kept else []
    rows += [_row(figure, claim, fast) for claim in figure.claims(data)]
    order = [known.id for known in paper.figures]
    rows.sort(key=lambda row: order.index(row["figure"]) if row["figure"] in order else len(order))
    with replace_folder(folder, MARK, True, version=FORMAT, name="out") as new:
        store = new / f"figure_{figure.id}.zarr"
        write_table(data, store)
        pictures = save_panel(new / f"figure_{figure.id}", figure.draw, data)
        _carry_over(folder, new, tuple(kept))
        text = json.dumps(rows, indent=1, ensure_ascii=False)
        (new / CLAIMS).write_text(text + "\n", encoding="utf-8")
        sign(new, {MARK: FORMAT, "paper": paper.id, _FIGURES: kept | {figure.id: _how(fast)}})
    return tuple(folder / path.name for path in (store, *pictures))


def _row(figure: Figure, claim: Claim, fast: bool) -> dict[str, Any]:
    return {"figure": figure.id, **vars(claim), "verdict": str(claim.verdict), "fast": fast}


def _claim(row: dict[str, Any]) -> Claim:
    told = {key: value for key, value in row.items() if key not in ("figure", "fast", "verdict")}
    return Claim(verdict=Verdict(row["verdict"]), **told)


def _carry_over(folder: Path, new: Path, figures: Sequence[str]) -> None:
    """Copy the files of figures that stay to the new folder."""
    for name in sorted(output_files(folder) if figures else ()):
        if any(name.startswith(f"figure_{figure}.") for figure in figures):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, new / name)
