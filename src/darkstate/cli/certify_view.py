"""What ``darkstate certify`` shows: the verdict, how to measure it, the limit, the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from darkstate.cli.run_view import show_files

if TYPE_CHECKING:
    from darkstate.scenarios import ScenarioCertificate

SETTINGS = 12
"""Up to so many settings are listed."""

_COLOURS = {"certified": "green", "not detected": "yellow", "undecided": "red"}


def show_certificate(found: ScenarioCertificate, console: Console) -> None:
    """Print a certificate for a reader."""
    console.print()
    console.print(Text(found.scenario.title, style="bold cyan"))
    colour = _COLOURS[found.certificate.verdict]
    (_, sentence), *rows = found.certificate.lines()
    console.print(Text(sentence, style=f"bold {colour}"))
    grid = Table.grid(padding=(0, 2))
    if found.limit is not None:
        rows.append(("limit", found.limit.sentence))
    if found.plan is not None:
        lines = found.plan.lines()
        rows += lines[: 3 + SETTINGS]
        if len(lines) > 3 + SETTINGS:
            rows.append(("", f"and {len(lines) - 3 - SETTINGS} settings more"))
    for name, value in rows:
        grid.add_row(Text(name, style="dim"), Text(value))
    console.print(grid)
    show_files(found.files, console)
