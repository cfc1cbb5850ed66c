"""What ``darkstate sweep`` shows of a store: how far it is, and what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from darkstate.cli.screen import COLOURS

if TYPE_CHECKING:
    from rich.table import Table

    from darkstate.sweeps import SweepStatus

SHOWN_FAILURES = 5


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

    from darkstate.sweeps.progress import duration_text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for word in ("certified", "converged", "suspect", "failed", "pending"):
        if status.counts.get(word):
            count = Text(str(status.counts[word]), style=COLOURS.get(word, ""))
            table.add_row(word, count)
    table.add_row("computing time", duration_text(status.seconds))
    if status.sessions > 1:
        table.add_row("processes so far", str(status.sessions))
    return table


def _running_line(status: SweepStatus) -> str:
    from darkstate.sweeps import SweepProgress

    try:
        fields = {name: status.progress[name] for name in SweepProgress.__dataclass_fields__}
    except KeyError:
        return ""
    return str(SweepProgress(**fields))
