"""``darkstate sweep``: compute a sweep, and look at, retry, export and draw its store.

``darkstate sweep SCENARIO`` is short for ``darkstate sweep run SCENARIO``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from darkstate.cli.failures import DOUBTFUL, report_errors
from darkstate.cli.json_output import AsJson, print_json
from darkstate.cli.screen import tell

if TYPE_CHECKING:
    from darkstate.scenarios.scenario import Scenario
    from darkstate.sweeps import SweepProgress

_HELP = {"-h", "--help"}


class RunIsDefault(TyperGroup):
    """A group whose command `run` may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` in front of what is no command and no cry for help."""
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=RunIsDefault,
    help="Compute a scenario over many parameters: stored as it goes, resumed where it stopped.\n\n"
    "'darkstate sweep SCENARIO' is short for 'darkstate sweep run SCENARIO'.",
    epilog="Example: darkstate sweep scenarios/loss_sweep.yaml --workers 4",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Store = Annotated[
    Path, typer.Argument(metavar="STORE", help="A folder that 'darkstate sweep' wrote.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", "-w", min=1, metavar="N", help="Processes on this machine."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler, such as tcp://10.0.0.1:8786."),
]
PointSeconds = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Longest time for a point; then it counts as failed."),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for another process that writes to the store.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what an earlier command wrote there.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the path of the store.")]


@app.command(epilog="Example: darkstate sweep scenarios/loss_sweep.yaml --workers 4")
def run(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="A file with a section 'sweep'.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The store; default: results/<scenario name>.zarr."),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    point_seconds: PointSeconds = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Only go on with a store that is there already.")
    ] = False,
    wait: Wait = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Compute the points of a sweep that are not stored yet.

    Stopped or killed, the same command goes on where it was. Exit code: 0 if every point has a
    result, 1 if some are suspect, failed or missing, 2 if the scenario is at fault.
    """
    with _report_errors(as_json):
        from darkstate.scenarios import load_scenario
        from darkstate.sweeps import open_sweep

        wanted = load_scenario(scenario)
        place = out if out is not None else Path("results") / f"{scenario.stem}.zarr"
        if resume:
            open_sweep(place)
        options = _options(wanted, workers, scheduler, point_seconds, wait)
        _compute(wanted, place, quiet, as_json, options)


@app.command(epilog="Example: darkstate sweep retry results/loss_sweep.zarr")
def retry(
    store: Store,
    workers: Workers = None,
    scheduler: Scheduler = None,
    point_seconds: PointSeconds = None,
    wait: Wait = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Compute the failed points of a store again, and only these."""
    with _report_errors(as_json):
        from darkstate.scenarios.loading import scenario_of_source
        from darkstate.sweeps import open_sweep

        wanted = scenario_of_source(open_sweep(store).plan().source)
        options = _options(wanted, workers, scheduler, point_seconds, wait)
        _compute(wanted, store, quiet, as_json, options | {"retry": True})


@app.command(epilog="Example: darkstate sweep status results/loss_sweep.zarr")
def status(store: Store, as_json: AsJson = False) -> None:
    """Say how far a sweep is; it may be running."""
    with report_errors(as_json):
        from darkstate.sweeps import open_sweep

        found = open_sweep(store).status()
    if as_json:
        print_json(found.document())
    else:
        from darkstate.cli.screen import output
        from darkstate.cli.sweep_view import show_status

        show_status(found, store, output())


@app.command(epilog="Example: darkstate sweep export results/loss_sweep.zarr losses.nc")
def export(
    store: Store,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="To be written: .nc or .csv.")],
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write the table as netCDF (.nc) or CSV (.csv, one line a point)."""
    with report_errors(as_json):
        from darkstate.sweeps import open_sweep

        written = open_sweep(store).export(file, overwrite)
    print_json({"file": str(written)}) if as_json else tell(written)


@app.command(epilog="Example: darkstate sweep plot results/loss_sweep.zarr -y purity")
def plot(
    store: Store,
    outputs: Annotated[
        list[str] | None,
        typer.Option("--output", "-y", metavar="NAME", help="A column; may be repeated."),
    ] = None,
    x: Annotated[
        str | None, typer.Option(metavar="AXIS", help="Along the horizontal axis.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the pictures; default: beside it."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Draw the columns of a store: curves, maps or small multiples, whichever suits.

    Fields of the report are drawn where they are asked for.
    """
    with report_errors(as_json):
        from darkstate import plots
        from darkstate.sweeps import open_sweep

        table = open_sweep(store).table()
        folder = out if out is not None else store.parent
        found = plots.sweep_columns(table)
        measured = [name for name in found if not name.startswith("report_")]
        written: list[Path] = []
        for name in outputs or measured or found:
            figure = plots.sweep_picture(table, name, x=x)
            written += plots.save(figure, folder / f"{store.stem}-{name}", overwrite)
            if not as_json:
                tell(*written[-2:])
    if as_json:
        print_json({"files": [str(path) for path in written]})


def _options(
    scenario: Scenario,
    workers: int | None,
    scheduler: str | None,
    point_seconds: float | None,
    wait: bool,
) -> dict[str, Any]:
    """Keyword arguments of `darkstate.sweep`; the command line goes before the file."""
    section = scenario.sweep
    if point_seconds is None and section is not None:
        point_seconds = section.point_seconds
    return {
        "workers": workers,
        "scheduler": scheduler,
        "point_seconds": point_seconds,
        "wait": wait,
    }


def _compute(
    wanted: Scenario, place: Path, quiet: bool, as_json: bool, options: dict[str, Any]
) -> None:
    """Run a sweep with a live display, show how it ended, and set the exit code."""
    from darkstate.cli.screen import errors, output
    from darkstate.progress import listening
    from darkstate.scenarios import sweep_of
    from darkstate.scenarios.loading import source_of
    from darkstate.sweeps import sweep

    swept, source = sweep_of(wanted), source_of(wanted)
    notes: dict[str, None] = {}
    with listening(not (quiet or as_json), errors()) as listener:

        def listen(progress: SweepProgress, fraction: float) -> None:
            notes[progress.note] = None
            listener(progress, fraction)

        done = sweep(swept, place, progress=listen, source=source, **options)
    found = done.status()
    if as_json:
        print_json({"store": str(place)} | found.document())
    elif quiet:
        tell(place)
    else:
        from darkstate.cli.sweep_view import show_status

        show_status(found, place, output())
        for note in filter(None, notes):
            output().print(f"[yellow]note:[/] {note}", soft_wrap=True)
    if any(found.counts.get(word) for word in ("suspect", "failed", "pending")):
        raise typer.Exit(DOUBTFUL)


@contextmanager
def _report_errors(as_json: bool) -> Iterator[Any]:
    """As `report_errors`; after a full disk, a busy store and Ctrl-C a store is only unfinished."""
    from darkstate.cli.screen import errors
    from darkstate.sweeps import BusyError, FullError

    console = errors()
    with report_errors(as_json):
        try:
            yield
        except (FullError, BusyError) as error:
            console.print("[bold red]stopped:[/] ", end="")
            console.print(str(error), markup=False, soft_wrap=not console.is_terminal)
        except KeyboardInterrupt:
            text = "Every finished point is stored. The same command goes on."
            console.print(f"[bold yellow]stopped:[/] {text}", soft_wrap=True)
        else:
            return
        raise typer.Exit(DOUBTFUL)
