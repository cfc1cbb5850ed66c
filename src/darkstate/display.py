"""HTML of plain parts, for notebooks: what objects show as the last line of a cell.

Everything is escaped here; formulas are LaTeX between dollars, which notebooks typeset.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "text-align:left;vertical-align:top"
MOST_ROWS = 20
"""Rows of a table that are shown; of longer ones it is said how many more there are."""


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """A table of texts.

    Args:
        rows: of cells, shown by their text.
        head: names of the columns.
    """
    every = [tuple(row) for row in rows]
    lines = ["<table>"]
    if head:
        cells = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in head)
        lines.append(f"<thead><tr>{cells}</tr></thead>")
    lines.append("<tbody>")
    for row in every[:MOST_ROWS]:
        cells = "".join(f'<td style="{_CELL}">{escape(str(cell))}</td>' for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    lines.append("</tbody></table>")
    more = len(every) - MOST_ROWS
    return "".join([*lines, f"<p>... and {more} more</p>" if more > 0 else ""])


def page(title: str, *parts: str) -> str:
    """A heading with parts of HTML below it."""
    return f"<div><p><b>{escape(title)}</b></p>{''.join(parts)}</div>"


class ToldInLines:
    """What is told in lines: its text, and its table in a notebook."""

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join(f"{name + ':' if name else '':22}{value}" for name, value in self.lines())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.lines()[0][1]})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return page(type(self).__name__, table(self.lines()))


def upright(name: str) -> str:
    """A name in a formula."""
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def state_text(state: object, labels: Sequence[str], what: str) -> str:
    """A state in a line: ``"PureState(A1, B1: 2 x 2)"``."""
    shown = ", ".join(labels[:6]) + (", ..." if len(labels) > 6 else "")
    return f"{type(state).__name__}({shown}: {what})"
