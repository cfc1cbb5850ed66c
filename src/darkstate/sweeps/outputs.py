"""Outputs of a sweep: the numbers that are read off each result.

    log_negativity(A1:B1)        a measure between two parties (a comma does, too)
    log_negativity(A1+A2:B1)     a party of several subsystems
    entropy(A1+B1)               a measure of a part
    purity                       ... and of the whole network
    report.residual              a field of the report: residual, gap, margin, method ...
    report.truncation.window     an entry of one
    table.probability            a column of the result's own table, at its last time (repeaters)

Where the sweep has a `solve` function of its own that returns a mapping, any other name is an
entry of that mapping.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from darkstate.checks import check_labels
from darkstate.errors import ArgumentError, MissingError, nearest
from darkstate.measures import MEASURES, Measure
from darkstate.results import Report

_TEXT = re.compile(r"\s*([\w.]+)\s*(?:\((.*)\))?\s*\Z")
_WORDS = ("engine", "method", "status", "warnings", "structure")
"""Fields of a report that are text."""

REPORT = tuple(field.name for field in dataclasses.fields(Report) if field.name != "provenance")


@dataclass(frozen=True)
class Output:
    """One output.

    Args:
        text: as the user wrote it.
        kind: ``"measure"``, ``"report"``, ``"table"`` or ``"value"``.
        head: name of the measure, of the field, or of the entry.
        groups: groups of labels, for a measure.
    """

    text: str
    kind: str
    head: str
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        """Name of the column: ``log_negativity_A1_B1``, ``purity``, ``report_residual``."""
        if self.kind in ("report", "table"):
            return f"{self.kind}_" + re.sub(r"\W+", "_", self.head)
        return "_".join([self.head, *("+".join(group) for group in self.groups)])

    @property
    def question(self) -> str:
        """The same text for the same question, however it was written."""
        inside = ":".join("+".join(group) for group in self.groups)
        head = f"{self.kind}.{self.head}" if self.kind in ("report", "table") else self.head
        return f"{head}({inside})" if inside else head

    @property
    def is_text(self) -> bool:
        """Whether its values are text and no numbers."""
        return self.kind == "report" and self.head in _WORDS

    @property
    def is_number(self) -> bool:
        """Whether it always has a value: fields of a report and columns of a table may lack it."""
        return self.kind in ("measure", "value")

    def attributes(self) -> dict[str, str]:
        """``long_name`` and ``units`` for the column."""
        if self.kind == "measure":
            measure = _MEASURES[self.head]
            of = ":".join("+".join(group) for group in self.groups)
            name = f"{measure.title} of {of}" if of else measure.title
            return {"long_name": name, "units": measure.unit}
        return {"long_name": self.text.replace("_", " ").replace(".", " ")}

    def _of_ends(self) -> str:
        """The column of a repeater's table that holds this measure.

        Raises:
            MissingError: there is none.
        """
        if self.head != "log_negativity":
            raise MissingError(f"'{self.text}' is not kept over time. Solve point by point.")
        return self.head

    def read(self, result: Any) -> float | str:
        """Its value in a result (or in the mapping that a `solve` function returned).

        Raises:
            MissingError: it is not there.
            EngineMismatchError, ArgumentError: the measure does not apply.
        """
        if isinstance(result, Mapping):
            if self.text not in result:
                known = ", ".join(map(str, result))
                raise MissingError(f"The output '{self.text}' was not returned. Known: {known}.")
            return float(result[self.text])
        if self.kind == "measure":
            if result.state is None:  # of a block, which keeps the numbers of its ends only
                return _table_value(result.table, self._of_ends())
            return _MEASURES[self.head](result.state, *self.groups)
        if self.kind == "table":
            return _table_value(result.table, self.head)
        if self.kind == "report":
            return _report_value(result.report, self.head)
        raise MissingError(f"`solve` returned a Result, which has no entry '{self.text}'.")


_MEASURES: dict[str, Measure] = {measure.name: measure for measure in MEASURES}


def output(text: str | Output, free: bool = False) -> Output:
    """The output that a text names.

    Args:
        text: see the head of this module.
        free: other names are allowed, as entries of what a `solve` function returns.

    Raises:
        ArgumentError: no such measure or field, or a wrong number of parties.
    """
    if isinstance(text, Output):
        return text
    found = _TEXT.match(text) if isinstance(text, str) else None
    if found is None:
        remedy = "Write for example 'log_negativity(A1:B1)', 'purity' or 'report.residual'."
        raise ArgumentError("outputs", "name a measure or a report field", text, remedy)
    head, inside = found.groups()
    if head.startswith("report.") and inside is None:
        return _report_output(text, head.removeprefix("report."))
    if head.startswith("table.") and inside is None:
        return Output(text.strip(), "table", head.removeprefix("table."))
    if head not in _MEASURES:
        if free and inside is None:
            return Output(text.strip(), "value", text.strip())
        remedy = nearest(head, [*_MEASURES, *(f"report.{name}" for name in REPORT)])
        raise ArgumentError("outputs", "name a measure or a report field", text, remedy)
    groups = tuple(
        tuple(label.strip() for label in group.split("+"))
        for group in re.split("[:,]", inside or "")
    )
    groups = groups if inside and inside.strip() else ()
    wanted = _MEASURES[head].groups
    if (wanted == 2 and len(groups) != 2) or (wanted == 1 and len(groups) > 1):
        example = f"{head}(A1:B1)" if wanted == 2 else f"{head}(A1+B1)"
        rule = f"give {head} {'two parties' if wanted == 2 else 'at most one party'}"
        raise ArgumentError("outputs", rule, text, f"Write for example '{example}'.")
    return Output(text.strip(), "measure", head, groups)


def check_known(outputs: Iterable[Output], known: Iterable[str]) -> None:
    """Refuse outputs of labels that no network of the sweep has.

    Raises:
        ArgumentError: a label is unknown; the nearest one is offered.
    """
    known = tuple(known)
    for one in outputs:
        for group in one.groups:
            check_labels(f"outputs: {one.text}", group, known)


def _report_output(text: str, field: str) -> Output:
    if field.partition(".")[0] not in REPORT or ("." in field and field[:11] != "truncation."):
        remedy = nearest(field, REPORT)
        raise ArgumentError("outputs", "name a field of the report", text, remedy)
    if field == "truncation":
        remedy = "Write for example report.truncation.window."
        raise ArgumentError("outputs", "name one truncation error", text, remedy)
    return Output(text.strip(), "report", field)


def _table_value(table: Any, column: str) -> float:
    known = [] if table is None else [str(name) for name in table.data_vars]
    if table is None or column not in known:
        listed = ", ".join(known) or "none, as it has no table"
        raise MissingError(f"The result has no column '{column}'. Known: {listed}.")
    return float(table[column].values[-1])


def _report_value(report: Report, field: str) -> float | str:
    head, _, entry = field.partition(".")
    value = getattr(report, head)
    if entry:
        value = {re.sub(r"\W+", "_", key): v for key, v in value.items()}.get(
            re.sub(r"\W+", "_", entry)
        )
    if head in _WORDS:
        return "; ".join(value) if isinstance(value, tuple) else str(value)
    return float("nan") if value is None else float(value)
