"""What ``darkstate optimise`` shows: the optimum with its tolerances, or compromises; the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from darkstate.cli.run_view import show_files

if TYPE_CHECKING:
    from darkstate.scenarios import ScenarioDesign


def show_design(found: ScenarioDesign, console: Console) -> None:
    """Print a design for a reader."""
    console.print()
    console.print(Text(found.scenario.title, style="bold cyan"))
    told = found.design if found.front is None else found.front
    assert told is not None  # one of them was asked for
    rows = told.lines()
    colour = "green" if found.confirmed else "yellow"
    grid = Table.grid(padding=(0, 2))
    for k, (name, value) in enumerate(rows):
        grid.add_row(Text(name, style="dim"), Text(value, style=f"bold {colour}" if not k else ""))
    console.print(grid)
    show_files(found.files, console)
