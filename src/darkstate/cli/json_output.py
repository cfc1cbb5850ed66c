"""What all commands share of ``--json``: the option, and the document with its version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated

import typer

from darkstate.cli.screen import tell

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")
]


def print_json(document: Mapping[str, object]) -> None:
    """Print a document, with the version of darkstate that made it as its first key."""
    whole = {"darkstate": version("darkstate"), **document}
    tell(json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False))
