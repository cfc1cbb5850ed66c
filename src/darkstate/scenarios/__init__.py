"""Scenario files: a model and what is wanted of it, in YAML or TOML, never evaluated as code."""

from __future__ import annotations

from darkstate.scenarios.certifying import ScenarioCertificate, certify_scenario
from darkstate.scenarios.loading import load_scenario, parse_scenario
from darkstate.scenarios.optimising import ScenarioDesign, optimise_scenario
from darkstate.scenarios.running import ScenarioRun, notices_of, run_scenario
from darkstate.scenarios.scenario import Scenario, TimeGrid, json_schema
from darkstate.scenarios.sweep_section import AxisEntry, Sample, SweepSection
from darkstate.scenarios.sweeping import sweep_of

__all__ = [
    "AxisEntry",
    "Sample",
    "Scenario",
    "ScenarioCertificate",
    "ScenarioDesign",
    "ScenarioRun",
    "SweepSection",
    "TimeGrid",
    "certify_scenario",
    "json_schema",
    "load_scenario",
    "notices_of",
    "optimise_scenario",
    "parse_scenario",
    "run_scenario",
    "sweep_of",
]
