"""``darkstate papers``: list, show, and recompute the papers that darkstate reproduces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkstate.cli.failures import DOUBTFUL, report_errors
from darkstate.cli.json_output import AsJson, print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from darkstate.papers import Claim, Paper, PaperRun
    from darkstate.progress import Progress

app = typer.Typer(
    help="Recompute published figures and claims.",
    epilog="Example: darkstate papers list",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

ALL = "all"
"""What is given for an id to run every paper."""


def _complete_ids(incomplete: str) -> list[tuple[str, str]]:
    """Ids of papers with their titles, for the shell."""
    from darkstate.papers import PAPERS

    return [(one.id, one.title) for one in PAPERS if one.id.startswith(incomplete)]


PaperId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="As shown by 'darkstate papers list'.", autocompletion=_complete_ids
    ),
]

COLOURS = {"reproduced": "green", "reproduced with a condition": "yellow", "not reproduced": "red"}


@app.command("list", epilog="Example: darkstate papers list")
def list_papers(as_json: AsJson = False) -> None:
    """List the papers that can be recomputed."""
    from rich.padding import Padding
    from rich.text import Text

    from darkstate.cli.screen import output
    from darkstate.papers import PAPERS

    if as_json:
        print_json({"papers": [_document(paper) for paper in PAPERS]})
        return
    console = output()
    for paper in PAPERS:
        _show_head(paper, console)
        figures = ", ".join(figure.id for figure in paper.figures)
        console.print(Padding(Text(f"figures: {figures}"), (0, 0, 0, 2)))


@app.command(epilog="Example: darkstate papers show zippilli2013")
def show(paper: PaperId, as_json: AsJson = False) -> None:
    """Show a paper's figures and the notes on its conventions."""
    with report_errors(as_json):
        from darkstate.cli.screen import output
        from darkstate.papers import paper as find

        found = find(paper)
    if as_json:
        print_json(_document(found) | {"notes": list(found.notes)})
        return
    console = output()
    _show_head(found, console)
    console.print()
    console.print(_two_columns([(figure.id, figure.title) for figure in found.figures], "bold"))
    if found.notes:
        console.print()
        console.print(_two_columns([("•", note) for note in found.notes], "dim"))


@app.command(epilog="Example: darkstate papers run zippilli2013 --figure 2a --fast")
def run(
    paper: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="As shown by 'darkstate papers list', or 'all'.",
            autocompletion=_complete_ids,
        ),
    ],
    figure: Annotated[
        list[str] | None,
        typer.Option("--figure", "-f", metavar="F", help="Only this figure; may be repeated."),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Coarser grids, the same methods.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the files; default: results/ID."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Compute again what is there already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recompute a paper's figures and claims: the computed number beside the paper's.

    Figures are stored one by one. Those that are in the folder already are taken from there, so
    the same command goes on after an interruption.

    A claim that is not reproduced is an answer, not a failure: the exit code stays 0.
    """
    chosen = tuple(figure or ())
    with report_errors(as_json), _going_on():
        if paper == ALL:
            _run_all(chosen, fast, out if out is not None else Path("results"), overwrite, as_json)
        else:
            _run_one(paper, chosen, fast, out, overwrite, as_json)


@contextmanager
def _going_on() -> Iterator[None]:
    """Ctrl-C leaves a folder that is only unfinished."""
    from darkstate.cli.screen import errors

    try:
        yield
    except KeyboardInterrupt:
        text = "Every finished figure is stored. The same command, without --overwrite, goes on."
        errors().print(f"[bold yellow]stopped:[/] {text}", soft_wrap=True)
        raise typer.Exit(DOUBTFUL) from None


def _run_one(
    name: str,
    figures: tuple[str, ...],
    fast: bool,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    from darkstate.cli.screen import errors, output
    from darkstate.papers import paper as find
    from darkstate.papers import run_paper
    from darkstate.progress import listening

    found = find(name)
    folder = out if out is not None else Path("results") / found.id
    with listening(not as_json, errors()) as progress:
        done = run_paper(found, folder, figures, fast, progress, overwrite)
    if as_json:
        print_json(_run_document(done, folder))
        return
    console = output()
    _show_head(found, console)
    _show_claims(done.claims, console)
    if done.taken:
        console.print(f"taken from {folder}: {', '.join(done.taken)}", markup=False, soft_wrap=True)
    console.print(f"written to {folder}", markup=False, soft_wrap=True)


def _run_all(
    figures: tuple[str, ...], fast: bool, folder: Path, overwrite: bool, as_json: bool
) -> None:
    """Every paper into a folder of its own, and one table of what became of the claims."""
    from darkstate.cli.screen import errors, output
    from darkstate.errors import ArgumentError
    from darkstate.papers import PAPERS, run_paper, to_compute
    from darkstate.progress import listening

    if figures:
        remedy = "Run one paper, or leave --figure out."
        raise ArgumentError("figure", "be left out where all papers run", figures, remedy)
    # all folders are asked first: what is wrong with the last must not be told after an hour
    counts = [len(to_compute(one, folder / one.id, (), fast, overwrite)) for one in PAPERS]
    runs: list[PaperRun] = []
    with listening(not as_json, errors()) as progress:
        for number, one in enumerate(PAPERS):
            tell = partial(_tell_share, progress, one.id, counts, number)
            runs.append(run_paper(one, folder / one.id, (), fast, tell, overwrite))
    if as_json:
        print_json({"runs": [_run_document(run, folder / run.paper.id) for run in runs]})
        return
    output().print(_summary(runs))
    output().print(f"written to {folder}", markup=False, soft_wrap=True)


def _tell_share(
    progress: Progress, name: str, counts: Sequence[int], number: int, what: str, fraction: float
) -> None:
    """Progress of one of several papers, as a share of the figures of all."""
    done = sum(counts[:number]) + fraction * counts[number]
    progress(f"{name} {what}", done / max(1, sum(counts)))


def _summary(runs: Sequence[PaperRun]) -> Table:
    """One row a paper: how many claims have which verdict."""
    from collections import Counter
    from textwrap import fill

    from rich.table import Table

    from darkstate.papers import Verdict

    rows = [(run.paper.id, Counter(claim.verdict for claim in run.claims)) for run in runs]
    rows.append(("all", sum((counts for _, counts in rows), Counter[Verdict]())))
    there = [verdict for verdict in Verdict if rows[-1][1][verdict]]
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("paper", "claims", *there):
        broken = fill(head, max(len(word) for word in head.split()))
        table.add_column(broken, justify="left" if head == "paper" else "right", no_wrap=True)
    for name, counts in rows:
        cells = [counts.total(), *(counts[verdict] for verdict in there)]
        table.add_row(name, *(str(cell) if cell else "" for cell in cells))
    return table


def _document(paper: Paper) -> dict[str, object]:
    figures = {figure.id: figure.title for figure in paper.figures}
    return {
        "id": paper.id,
        "title": paper.title,
        "reference": paper.reference,
        "figures": figures,
    }


def _run_document(run: PaperRun, folder: Path) -> dict[str, object]:
    from dataclasses import asdict

    claims = [asdict(claim) | {"verdict": str(claim.verdict)} for claim in run.claims]
    return {
        "id": run.paper.id,
        "folder": str(folder),
        "taken": list(run.taken),
        "claims": claims,
    }


def _show_head(paper: Paper, console: Console) -> None:
    from rich.text import Text

    console.print()
    console.print(Text.assemble((paper.id, "bold cyan"), f"  {paper.title}"))
    console.print(Text(f"  {paper.reference}", style="dim"))


def _two_columns(rows: list[tuple[str, str]], style: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1), pad_edge=True)
    table.add_column(no_wrap=True)
    for name, text in rows:
        table.add_row(Text(name, style=style), Text(text))
    return table


def _show_claims(claims: tuple[Claim, ...], console: Console) -> None:
    """One block a claim: verdict, then what the paper says beside what was computed."""
    from collections import Counter

    from rich.padding import Padding
    from rich.text import Text

    for claim in claims:
        verdict = str(claim.verdict)
        style = f"bold {COLOURS.get(verdict, 'cyan')}"
        console.print()
        console.print(Text.assemble((claim.id, "bold"), "  ", (verdict, style)))
        console.print(Padding(Text(claim.text), (0, 0, 0, 4)))
        said = [("where", claim.place), ("paper", claim.paper)]
        rows = [*said, ("computed", claim.computed), ("note", claim.note)]
        table = _two_columns([row for row in rows if row[1]], "dim")
        console.print(Padding(table, (0, 0, 0, 3)))
    counts = Counter(str(claim.verdict) for claim in claims)
    shown = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    console.print(f"\n{len(claims)} claims: {shown}")
