"""What ``darkstate sweep`` shows: a live line while it runs, and how far a store is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from darkstate.cli.screen import COLOURS, errors

if TYPE_CHECKING:
    from rich.table import Table

    from darkstate.sweeps import SweepProgress, SweepStatus

SHOWN_FAILURES = 5
_LINES_SECONDS = 30.0
"""How often a line is printed where there is no terminal for a bar."""


@contextmanager
def sweep_display(silent: bool) -> Iterator[Callable[[SweepProgress], None]]:
    """A listener that shows points done, failed, rate and time left on stderr."""
    console = errors()
    if silent:
        yield lambda progress: None
    elif console.is_terminal:
        with _bar(console) as listener:
            yield listener
    else:
        yield _lines(console)


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[SweepProgress], None]]:
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        BarColumn(bar_width=24),
        TextColumn("{task.fields[line]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None, line="starting")

        def show(progress: SweepProgress) -> None:
            line = progress_line(progress)
            bar.update(task, total=progress.total, completed=progress.stored, line=line)

        yield show


def _lines(console: Console) -> Callable[[SweepProgress], None]:
    """A line now and then, for log files of batch jobs."""
    shown = [0.0]

    def show(progress: SweepProgress) -> None:
        if progress.elapsed - shown[0] >= _LINES_SECONDS:
            shown[0] = progress.elapsed
            console.print(progress_line(progress), soft_wrap=True)

    return show


def progress_line(progress: SweepProgress) -> str:
    """``1200/5000 points · 3 failed · 41/s · 1 min 32 s left``."""
    parts = [f"{progress.stored}/{progress.total} points"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.rate is not None:
        rate = progress.rate
        parts.append(f"{rate:.3g}/s" if rate >= 0.1 else f"{60 * rate:.2g}/min")
    computing = progress.what in ("starting", "computing")
    if computing and progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts if computing else [*parts, progress.what])


def duration(seconds: float) -> str:
    """A time as people say it: the two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    hours = whole // 3600
    if hours < 48:
        return f"{hours} h {whole % 3600 // 60} min"
    return f"{hours // 24} d {hours % 24} h"


def show_status(status: SweepStatus, place: Path, console: Console) -> None:
    """Print how far a store is."""
    console.print()
    title = Text.assemble((status.name, "bold cyan"), f"  {status.stored} of {status.total} points")
    console.print(title)
    console.print(_counts(status))
    for number, (message, count) in enumerate(status.failures.items()):
        if number == SHOWN_FAILURES:
            console.print(f"  ... and {len(status.failures) - SHOWN_FAILURES} other messages")
            break
        console.print(Text.assemble((f"{count} failed: ", "red"), message))
    if len(status.versions) > 1:
        console.print(Text.assemble(("mixed versions: ", "yellow"), mixture(status.versions)))
    if status.running:
        line = _running_line(status)
        console.print(Text.assemble(("running", "bold green"), f"  {line}" if line else ""))
    elif status.failed:
        console.print(f"again: darkstate sweep retry {place}", markup=False, soft_wrap=True)
    console.print(f"store: {place}", markup=False, soft_wrap=True)


def mixture(versions: Sequence[Mapping[str, Any]]) -> str:
    """What differs between the versions that computed a store: ``2 by numpy 2.0.1; 3 by ...``."""
    names = [name for name in dict.fromkeys(n for one in versions for n in one) if name != "points"]
    differing = [name for name in names if len({one.get(name) for one in versions}) > 1]
    parts = []
    for one in versions:
        made_by = ", ".join(f"{name} {one[name]}" for name in differing if name in one)
        parts.append(f"{one['points']} by {made_by}")
    return "; ".join(parts)


def _counts(status: SweepStatus) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for word in ("certified", "converged", "suspect", "failed", "pending"):
        if status.counts.get(word):
            count = Text(str(status.counts[word]), style=COLOURS.get(word, ""))
            table.add_row(word, count)
    table.add_row("computing time", duration(status.seconds))
    if status.sessions > 1:
        table.add_row("processes so far", str(status.sessions))
    return table


def _running_line(status: SweepStatus) -> str:
    from darkstate.sweeps import SweepProgress

    try:
        fields = {name: status.progress[name] for name in SweepProgress.__dataclass_fields__}
    except KeyError:
        return ""
    return progress_line(SweepProgress(**fields))
