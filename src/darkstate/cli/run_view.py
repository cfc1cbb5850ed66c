"""What ``darkstate run`` shows: title, tables, report, files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from darkstate.cli.screen import SHOWN_ROWS, fill, number, plain_table, report_table

if TYPE_CHECKING:
    import xarray as xr

    from darkstate.scenarios import ScenarioRun

WIDE = 5
"""Up to so many columns fit beside the labels at 80 characters."""


def show_run(run: ScenarioRun, console: Console, all_rows: bool = False) -> None:
    """Print a run for a reader; long tables by their ends, unless `all_rows`."""
    show_title(run, console)
    kinds = kinds_of(run).values()
    for name, table in run.tables.items():
        for shown in tables_of(name, table, run.scenario.time_unit, kinds, all_rows):
            console.print(shown)
    for name, value in run.whole.items():
        console.print(f"{name.replace('_', ' ')} of the whole network: [bold]{number(value)}[/]")
    if run.whole:
        console.print()
    console.print(report_table(run.result.report))
    show_files(run.files, console)


def show_title(run: ScenarioRun, console: Console) -> None:
    """Name of the scenario, and the model with what is not a default."""
    scenario = run.scenario
    console.print()
    console.print(Text(scenario.title, style="bold cyan"))
    if scenario.description:
        console.print(Text(scenario.description))
    unit = f", rates in {scenario.rate_unit}" if scenario.rate_unit else ""
    console.print(Text(f"{type(scenario.model).__name__}{model_size(run)}{unit}", style="dim"))


def kinds_of(run: ScenarioRun) -> dict[str, str]:
    """What every subsystem of the state is: ``{"A1": "qubit", ..., "SA": "mode"}``."""
    from darkstate.frontdoor import as_system
    from darkstate.systems import OpenSystem
    from darkstate.systems.chain import MeasuredChain

    labels: tuple[str, ...] = getattr(run.result.state, "labels", ())
    system = as_system(run.scenario.model)
    kinds = dict.fromkeys(labels, "ensemble" if isinstance(system, MeasuredChain) else "mode")
    if isinstance(system, OpenSystem):
        kinds |= {space.label: space.kind for space in system.spaces if space.label in kinds}
    return kinds


def model_size(run: ScenarioRun) -> str:
    """How large the network is: ``", 6 qubits (A1 .. B3) and 2 modes (SA, SB)"``."""
    from darkstate.frontdoor import as_system
    from darkstate.systems.chain import MeasuredChain

    if isinstance(as_system(run.scenario.model), MeasuredChain):  # the state is that of the ends
        first, last = run.result.state.labels
        return f", {last} ensembles in a line, ends {first} and {last}"
    groups: dict[str, list[str]] = {}
    for label, kind in kinds_of(run).items():
        groups.setdefault(kind, []).append(label)
    parts = []
    for kind, labels in groups.items():
        ends = f"{labels[0]} .. {labels[-1]}" if len(labels) > 2 else ", ".join(labels)
        parts.append(f"{len(labels)} {kind}{'s' if len(labels) > 1 else ''} ({ends})")
    *first, last = parts or [""]
    return f", {', '.join(first)} and {last}" if first else f", {last}" if last else ""


def tables_of(
    name: str, data: xr.Dataset, time_unit: str, kinds: Iterable[str], all_rows: bool = False
) -> list[Table]:
    """The tables to show for one dataset: pairs and singles one each, an evolution one a measure.

    `kinds` says what the single subsystems are; it heads their column if they are all one.
    """
    columns = [str(column) for column in data.data_vars]
    if name == "pairs":
        pairs = zip(data["first"].values, data["second"].values, strict=True)
        return [_table("pair", [f"{a} - {b}" for a, b in pairs], data, columns[:WIDE], all_rows)]
    if name == "modes":
        labels = [str(label) for label in data["label"].values]
        names = set(kinds)
        head = names.pop() if len(names) == 1 else "subsystem"
        return [_table(head, labels, data, columns[:WIDE], all_rows)]
    head = f"time ({time_unit})"
    labels = [f"{time:.4g}" for time in data["time"].values]
    groups: dict[str, list[str]] = {}
    for column in columns:
        groups.setdefault(column.partition(" ")[0] if " " in column else "", []).append(column)
    return [_evolution(head, labels, data, group, all_rows) for group in groups.values()]


def _table(
    head: str, labels: list[str], data: xr.Dataset, columns: list[str], all_rows: bool
) -> Table:
    table = plain_table([head, *(_head(column, data) for column in columns)])
    return fill(table, _rows(labels, data, columns), all_rows)


def _evolution(
    head: str, labels: list[str], data: xr.Dataset, columns: list[str], all_rows: bool
) -> Table:
    """Columns of one measure for several pairs, at evenly spread times, or at all of them."""
    shown = columns if len(columns) <= WIDE else [*columns[: WIDE - 1], columns[-1]]
    pairs = [column.split(" ")[1:] for column in shown]
    heads = [" - ".join(pair) or _head(c, data) for pair, c in zip(pairs, shown, strict=True)]
    table = plain_table([head, *heads])
    if any(pairs):
        name = _head(columns[0].partition(" ")[0], data, columns[0]).replace("\n", " ")
        more = f", {len(shown)} of {len(columns)} pairs" if len(shown) < len(columns) else ""
        table.title, table.title_style, table.title_justify = f"{name}{more}", "bold", "left"
    rows = _rows(labels, data, shown)
    steps = len(rows) if all_rows else min(len(rows), SHOWN_ROWS)
    at = [round(k * (len(rows) - 1) / max(1, steps - 1)) for k in range(steps)]
    return fill(table, [rows[k] for k in at], everything=True)


def _rows(labels: list[str], data: xr.Dataset, columns: list[str]) -> list[list[str]]:
    values = [data[column].values.tolist() for column in columns]
    return [[label, *(number(column[k]) for column in values)] for k, label in enumerate(labels)]


def _head(name: str, data: xr.Dataset, column: str = "") -> str:
    """``log_negativity`` as two lines, ``log negativity`` and ``(ebit)``."""
    unit = str(data[column or name].attrs.get("units", ""))
    return name.replace("_", " ") + (f"\n({unit})" if unit else "")


def show_files(files: tuple[Path, ...], console: Console) -> None:
    """The folder, and the names in it; pictures of one name share a line."""
    if not files:
        return
    console.print()
    folder = files[0].parent
    console.print(Text.assemble(("written to ", "dim"), (str(folder), "bold")), soft_wrap=True)
    endings: dict[str, list[str]] = {}
    for file in files:
        endings.setdefault(file.stem, []).append(file.suffix.removeprefix("."))
    names = [f"{stem}.{'|'.join(kinds)}" for stem, kinds in endings.items()]
    console.print(Text("  " + "  ".join(names), style="dim"))
