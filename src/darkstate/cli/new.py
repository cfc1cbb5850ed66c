"""``darkstate new``: a commented scenario for a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from darkstate.cli.failures import report_errors
from darkstate.cli.json_output import AsJson, print_json
from darkstate.cli.screen import tell


def _complete_models(incomplete: str) -> Iterator[tuple[str, str]]:
    """Names of models with their first line, for the shell."""
    return ((name, text) for name, text in _models().items() if name.startswith(incomplete))


def _models() -> dict[str, str]:
    """What every ready model is: its first sentence, without the form of its rates."""
    from darkstate.models import MODELS

    lines = {m.__name__: (m.__doc__ or "").partition("\n")[0].replace("`", "") for m in MODELS}
    return {name: line.partition("): ")[2] or line for name, line in lines.items()}


def new(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="Its name; left out: a list.", autocompletion=_complete_models
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="To be written; default: named after the model."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented scenario for a model: every parameter, with meaning, unit and default.

    The file runs as it is written. Without MODEL the ready models are listed.
    """
    if model is None:
        _list(as_json)
        return
    with report_errors(as_json):
        from darkstate.scenarios.template import file_name, model_named, write_template

        found = model_named(model)
        written = write_template(found, file or file_name(found), overwrite)
    if as_json:
        print_json({"model": model, "file": str(written)})
    else:
        tell(f"written to {written}", f"next: darkstate run {written}")


def _list(as_json: bool) -> None:
    if as_json:
        print_json({"models": _models()})
        return
    from rich.table import Table
    from rich.text import Text

    from darkstate.cli.screen import output

    table = Table.grid(padding=(0, 2))
    for name, text in _models().items():
        table.add_row(Text(name, style="bold cyan"), Text(text))
    console = output()
    console.print(table)
    console.print("Write one: darkstate new CavityChains", style="dim")
