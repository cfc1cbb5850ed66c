"""Scenario files: a model and what is wanted of it, in YAML or TOML, never evaluated as code."""

from __future__ import annotations

from darkstate.scenarios.running import ScenarioRun, run_scenario
from darkstate.scenarios.scenario import (
    Scenario,
    TimeGrid,
    json_schema,
    load_scenario,
    parse_scenario,
    sweep_of,
)
from darkstate.scenarios.sweep_section import AxisEntry, Sample, SweepSection

__all__ = [
    "AxisEntry",
    "Sample",
    "Scenario",
    "ScenarioRun",
    "SweepSection",
    "TimeGrid",
    "json_schema",
    "load_scenario",
    "parse_scenario",
    "run_scenario",
    "sweep_of",
]
