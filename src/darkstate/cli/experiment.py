"""``darkstate experiment``: simulate homodyne records, and evaluate records from a file."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkstate.cli.failures import DOUBTFUL, report_errors
from darkstate.cli.json_output import AsJson, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from darkstate.experiments import Evaluation

app = typer.Typer(
    help="Simulate homodyne records of two ensembles; reconstruct entanglement from records.",
    epilog="Example: darkstate experiment simulate run.csv --seed 1",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

RecordFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A .csv file or a .zarr folder; docs/experiment.md.")
]


@app.command(epilog="Example: darkstate experiment simulate run.csv --shots 500 --seed 1")
def simulate(
    file: RecordFile,
    seed: Annotated[
        int | None, typer.Option(help="Entropy of the random numbers; fresh if left out.")
    ] = None,
    shots: Annotated[int, typer.Option(help="Shots per series.")] = 1000,
    bins: Annotated[int, typer.Option(help="Bins per pulse.")] = 40,
    drive: Annotated[float, typer.Option(help="Length of the drive pulse in ms.")] = 12.0,
    rate: Annotated[float, typer.Option(help="Variance rate of the light, 1/ms.")] = 0.30,
    extra: Annotated[float, typer.Option(help="Variance rate of other decay, 1/ms.")] = 0.10,
    coupling: Annotated[float, typer.Option(help="Z = mu + nu.")] = 2.5,
    efficiency: Annotated[float, typer.Option(help="Efficiency of the detection.")] = 0.85,
    efficiency_error: Annotated[
        float, typer.Option(help="Standard error of the efficiency that is written to the file.")
    ] = 0.0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace records that are there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Simulate an experiment and write its records; the file names seed and parameters."""
    with report_errors(as_json):
        from darkstate.experiments import VirtualExperiment, write_records
        from darkstate.experiments.files import check_target

        check_target(file, overwrite)
        laboratory = VirtualExperiment(
            rate=rate,
            coupling=coupling,
            extra=extra,
            efficiency=efficiency,
            efficiency_error=efficiency_error,
            drive=drive,
            bins=bins,
            shots=shots,
        )
        records = laboratory.run(seed)
        write_records(records, file, overwrite)
        truth = laboratory.truth()
    entropy = records.setup.origin["entropy"]
    if as_json:
        print_json({"file": str(file), "entropy": str(entropy), "true values": _plain(vars(truth))})
        return
    from darkstate.cli.screen import output

    console = output()
    console.print(f"written to {file}", markup=False, soft_wrap=True)
    console.print(
        f"entropy {entropy}; true values: xi = {truth.xi:.4f}, with the drive's record "
        f"{truth.xi_conditional:.4f}; kappa^2 = {truth.kappa2:.4f}",
        markup=False,
    )


@app.command(epilog="Example: darkstate experiment estimate run.csv")
def estimate(
    file: RecordFile,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    groups: Annotated[int, typer.Option(help="Blocks of shots of the jackknife.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Evaluate records: couplings, decay times, and xi with confidence intervals.

    Exit code: 0 if all checks hold; 1 if the records contradict the assumptions
    or resolve too little; 2 if the file is at fault (the message names the row).
    """
    with report_errors(as_json):
        from darkstate.experiments import estimate as evaluate
        from darkstate.experiments import read_records
        from darkstate.results import Status

        found = evaluate(read_records(file), confidence, groups)
    if as_json:
        print_json(_document(found))
    else:
        from darkstate.cli.screen import output

        _show(found, output())
    if found.report.status is not Status.CONVERGED:
        raise typer.Exit(DOUBTFUL)


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """JSON has no infinity, which is written as null."""
    lost = {k for k, v in row.items() if isinstance(v, float) and not isfinite(v)}
    return {k: None if k in lost else v for k, v in row.items()}


def _document(found: Evaluation) -> dict[str, object]:
    """Plain values."""
    rows = {name: vars(each) for name, each in found.quantities.items()}
    return {
        "confidence": found.confidence,
        "entangled": found.entangled,
        "quantities": {name: _plain(row) for name, row in rows.items()},
        "report": found.report.as_dict(),
    }


def _show(found: Evaluation, console: Console) -> None:
    from rich.table import Table

    interval = f"{100 * found.confidence:g} % interval"
    table = Table("quantity", "value", "error", interval, "unit", box=None, pad_edge=False)
    for name, each in found.quantities.items():
        low, high = f"{each.low:.4g}", f"{each.high:.4g}"
        row = (name.replace("_", " "), f"{each.value:.4g}", f"{each.error:.2g}")
        table.add_row(*row, f"{low} .. {high}", each.unit)
    console.print(table)
    for warning in found.report.warnings:
        console.print(f"warning: {warning}", markup=False, style="yellow")
    entangled = found["xi"].high < 1
    verdict = "entangled: xi < 1" if entangled else "not shown to be entangled: xi < 1 is not"
    console.print(f"{verdict} beyond its interval; status {found.report.status}", markup=False)
    sure = ", ".join(
        f"{name.replace('_', ' ')} < 1: {c:.4%}" for name, c in found.entangled.items()
    )
    console.print(f"confidence (one-sided) of {sure}", markup=False)
