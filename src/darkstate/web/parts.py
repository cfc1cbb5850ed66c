"""The parts of an answer: what the process that computes says to the one that shows.

They are plain values, sent through a pipe in the order in which they are found: first what is
planned, then the number, then pictures and tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkstate.web.view import View

Rows = tuple[tuple[str, str], ...]
"""``(what, value)`` rows in the order in which people read them."""


@dataclass(frozen=True)
class Explained:
    """What `explain` says.

    Args:
        rows: each engine with its answer.
        chosen: engine and method; empty where none can.
        seconds: predicted for the whole view.
    """

    rows: Rows
    chosen: str
    seconds: float


@dataclass(frozen=True)
class Answer:
    """The number, and how far to trust it.

    Args:
        view: with its pair by name.
        name: what the number is, ``"logarithmic negativity of A4, B4"``.
        number: with its digits; empty where the page has none.
        unit: such as ``ebit``.
        status: of the report.
        report: its rows.
    """

    view: View
    name: str
    number: str
    unit: str
    status: str
    report: Rows


@dataclass(frozen=True)
class Drawn:
    """A picture.

    Args:
        name: of the file, without ending.
        title: shown above it.
        svg: the file.
        text: what it shows, for those who do not see it.
    """

    name: str
    title: str
    svg: bytes
    text: str


@dataclass(frozen=True)
class Lines:
    """Rows below a title, such as a certificate."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class Data:
    """A table as a CSV file."""

    name: str
    csv: bytes


@dataclass(frozen=True)
class Advance:
    """How far a computation is."""

    what: str
    fraction: float


@dataclass(frozen=True)
class Refused:
    """There is no answer, and why."""

    why: str


@dataclass(frozen=True)
class Done:
    """The answer is complete."""


Part = Explained | Answer | Drawn | Lines | Data | Advance | Refused | Done
