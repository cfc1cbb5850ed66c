"""What all commands share of the screen: consoles, report lines, numbers.

Names and messages come from files, and a file may hold an ESC sequence or a character that turns
the direction of writing. All text goes through `visible` on its way to a terminal: by the consoles
of this module, or by `tell`.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

if TYPE_CHECKING:
    from rich.table import Table

    from darkstate.results import Report

COLOURS = {"certified": "green", "converged": "green", "suspect": "yellow", "failed": "red"}
"""Colour of a status."""

SHOWN_ROWS = 12
"""A longer table is shown by its first and last rows."""


_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that are instructions rather than signs."""


def visible(text: str) -> str:
    """Text in which control characters are written as in JSON, ``\\u001b``; lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        json.dumps(sign)[1:-1] if sign not in "\n\t" and _is_hidden(sign) else sign for sign in text
    )


def tell(*lines: object) -> None:
    """Print lines as they are for a program, and visibly on a terminal."""
    for line in lines:
        print(visible(str(line)) if sys.stdout.isatty() else line)


class VisibleConsole(Console):
    """A console that shows control characters instead of obeying them."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """See `rich.console.Console.render`."""
        for part in super().render(renderable, options):
            yield part if part.control else Segment(visible(part.text), part.style)


def output() -> Console:
    """Where answers go."""
    return VisibleConsole(highlight=False)


def errors() -> Console:
    """Where messages and progress go."""
    return VisibleConsole(stderr=True, highlight=False)


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in _HIDDEN


def tell_notices(notices: Sequence[str]) -> None:
    """What the user should know before the answer, on stderr."""
    console = errors()
    for text in notices:
        console.print("[bold yellow]notice:[/] ", end="")
        console.print(text, markup=False, soft_wrap=not console.is_terminal)


def shown_rows(count: int, shown: int = SHOWN_ROWS) -> list[int | None]:
    """Which of `count` rows to show: all, or the first and last with None for the gap."""
    if count <= shown + 2:
        return list(range(count))
    first, last = shown - shown // 3, shown // 3
    return [*range(first), None, *range(count - last, count)]


def plain_table(heads: Sequence[str], left: int = 1) -> Table:
    """An empty table; the first `left` columns are text, the others numbers; no cell is broken."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for k, head in enumerate(heads):
        table.add_column(head, justify="left" if k < left else "right", no_wrap=True)
    return table


def fill(table: Table, rows: Sequence[Sequence[str]], everything: bool = False) -> Table:
    """Fill a table, thinned where it is long (unless `everything`)."""
    for k in shown_rows(len(rows), len(rows) if everything else SHOWN_ROWS):
        table.add_row(*(rows[k] if k is not None else ["⋮"] * len(table.columns)))
    return table


def number(value: float) -> str:
    """A number as people read it: four decimals, or powers of ten far away from one."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4f}"
    return f"{value:.3e}"


def report_table(report: Report) -> Table:
    """The lines of a report; the status in its colour, warnings in yellow."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    previous = ""
    for name, value in report.lines():
        style = COLOURS.get(value, "") if name == "status" else ""
        style = "yellow" if name == "warning" else f"bold {style}" if style else ""
        table.add_row(name if name != previous else "", Text(value, style=style))
        previous = name
    return table
