"""Results as parts of an answer: the number with its report, pictures, tables."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from darkstate.plots.saving import rendered
from darkstate.results import Result
from darkstate.results.estimate import Estimate
from darkstate.scenarios.tabulation import write_csv
from darkstate.web.parts import Answer, Drawn
from darkstate.web.view import View, words

TITLES = {
    "network": "network",
    "map": "all pairs",
    "curve": "along the pairs",
    "time": "over time",
    "sweep": "over a knob",
    "gradient": "derivatives",
}
"""Titles of pictures, in the order in which they are drawn."""


def solved(view: View, result: Result) -> Answer:
    """The measure of the pair in a result.

    Raises:
        DarkstateError: it is not defined for this state, or the pair is not in it.
    """
    measure = view.meter
    value = view.measured(result.state)
    if measure.groups == 1 and view.between is None:
        of = "the whole network"
    else:
        of = ", ".join(view.between or ())
    report = result.report
    name = f"{words(measure)} of {of}"
    rows = tuple(report.lines())
    return Answer(view, name, number(value), measure.unit, str(report.status), rows)


def number(value: float) -> str:
    """A number as people read it: six digits; an estimate with its error."""
    return str(value) if isinstance(value, Estimate) else f"{value:.6g}"


def drawn(name: str, view: View, figure: Any) -> Drawn:
    """A figure of a view."""
    title = TITLES.get(name, name)
    shown = f"{words(view.meter)} of {view.model}: {title}"
    return Drawn(f"{view.model}-{name}", title, rendered(figure, ".svg"), shown)


def csv_of(table: Any) -> bytes:
    """A table of one dimension as CSV."""
    with tempfile.TemporaryDirectory() as folder:
        return write_csv(table, Path(folder) / "table.csv").read_bytes()
