"""Scenario files: a model and what is wanted of it, in YAML or TOML, never evaluated as code."""

from __future__ import annotations

from darkstate.scenarios.running import ScenarioRun, run_scenario
from darkstate.scenarios.scenario import (
    Scenario,
    TimeGrid,
    json_schema,
    load_scenario,
    parse_scenario,
)

__all__ = [
    "Scenario",
    "ScenarioRun",
    "TimeGrid",
    "json_schema",
    "load_scenario",
    "parse_scenario",
    "run_scenario",
]
