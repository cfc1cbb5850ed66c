"""From a file or a text to a `Scenario`, and what a store keeps to read it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from darkstate.errors import ScenarioError
from darkstate.scenarios.documents import parse_document, read_document
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.validation import scenario_of


def load_scenario(path: str | Path) -> Scenario:
    """The scenario in a YAML or TOML file.

    Raises:
        ScenarioError: the file cannot be understood; every problem with its line and a remedy.
    """
    return scenario_of(read_document(path))


def parse_scenario(
    text: str, format: Literal["yaml", "toml"] = "yaml", file: str = "scenario"
) -> Scenario:
    """The scenario in a text.

    Args:
        text: the source.
        format: ``"yaml"`` or ``"toml"``.
        file: name shown in messages.

    Raises:
        ScenarioError: the text cannot be understood.
    """
    return scenario_of(parse_document(text, format, file))


def source_of(scenario: Scenario) -> dict[str, str]:
    """What a store keeps of the file, to be read again by `scenario_of_source`."""
    file = str(Path(scenario.file).resolve()) if scenario.file else ""
    return {"file": file, "text": scenario.source}


def scenario_of_source(source: Mapping[str, str] | None) -> Scenario:
    """The scenario that a store was made from.

    Raises:
        ScenarioError: it was made by Python code.
    """
    if not source:
        raise ScenarioError(
            "This store was made by Python code, which alone knows the sweep. Run that code again; "
            "darkstate.sweep(sweep, store, retry=True) computes its failed points."
        )
    file = source["file"]
    return parse_scenario(source["text"], "toml" if file.endswith(".toml") else "yaml", file)
