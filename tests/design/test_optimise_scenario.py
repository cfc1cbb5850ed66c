"""The section ``optimise``, the command, its files and pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import darkstate as ds
from darkstate.cli import app
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.scenarios import optimise_scenario, parse_scenario

MODEL = "model: {kind: DualRail, pairs: 1, squeezing: 0.5, dephasing: 0.05}\n"
SECTION = """
rate_unit: MHz
optimise:
  merits: ["log_negativity(A1:B1)"]
  starts: 1
  loss: 0
  knobs: [{name: squeezing, low: 0.5, high: 0.9}]
  constraints: [{quantity: purity, minimum: 0.85}]
"""


def test_the_command_writes_a_design_and_goes_on_with_its_searches(tmp_path: Path) -> None:
    scenario = tmp_path / "best.yaml"
    scenario.write_text(MODEL + SECTION)
    out = tmp_path / "design"
    told = CliRunner().invoke(app, ["optimise", str(scenario), "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "local optimum" in told.stdout and "purity >= 0.85" in told.stdout
    found = json.loads((out / "design.json").read_text())["design"]
    assert found["status"] == "converged" and found["merits"]["purity"] == pytest.approx(0.85)
    best = ds.load_result(out / "optimum.zarr")
    assert best.model["squeezing"] == found["knobs"]["squeezing"]
    for name in ("sensitivities.csv", "sensitivities.png", "convergence.png", "network.svg"):
        assert (out / name).stat().st_size > 0
    searches = ds.open_sweep(tmp_path / "design-searches.zarr")
    assert searches.status().total == 1
    again = optimise_scenario(parse_scenario(MODEL + SECTION), out, overwrite=True)
    assert again.design is not None and again.confirmed
    assert searches.status().sessions == 1  # nothing was searched again


def test_compromises_ties_options_imperfections_and_units(tmp_path: Path) -> None:
    text = (
        MODEL
        + """
rate_unit: MHz
optimise:
  merits: ["log_negativity(A1:B1)"]
  against: purity
  points: 2
  starts: 1
  most: 8
  knobs:
    - {name: d, low: "-100 kHz", high: "1 MHz", sets: {detunings_a: 1, detunings_b: -1}}
  choices: [{name: decay, options: [0.0, 0.1]}]
  imperfections: {absolute: {detunings_a: 0.01}, samples: 2}
"""
    )
    found = optimise_scenario(parse_scenario(text), tmp_path / "front")
    assert found.front is not None and len(found.front.points) == 2
    assert all(point.options["decay"] == 0.0 for point in found.front.points)
    assert all(-0.1 <= point.knobs["d"] <= 1.0 for point in found.front.points)
    assert (tmp_path / "front" / "front.png").exists()
    written = json.loads((tmp_path / "front" / "design.json").read_text())
    assert written["front"]["merits"][1] == "purity" and written["design"] is None


CHANGED: dict[str, tuple[str, str, str]] = {
    "bounds": ("low: 0.5", "low: 0.6", r"optimise\.knobs\['squeezing'\].*value of the model"),
    "name": ("name: squeezing", "name: squeezin", r"optimise\.knobs\[0\]\.name.*'squeezing'"),
    "unit": ("low: 0.5", "low: 1 MHz", r"optimise\.knobs\[0\]\.low.*pure number"),
    "label": ("A1:B1", "A1:B7", "optimise.merits.*B1"),
    "measure": ("log_negativity", "log_negativty", r"optimise\.merits\[0\].*log_negativity"),
    "report": ("purity", "report.gap", r"optimise\.constraints\[0\]\.quantity"),
    "both": ("minimum: 0.85", "minimum: 0.8, maximum: 0.9", r"optimise\.constraints\[0\]"),
    "method": ("starts: 1", "method: Newton", "optimise.method"),
    "empty": ('knobs: [{name: squeezing, low: 0.5, high: 0.9}]', "knobs: []", "knobs"),
    "against": ("loss: 0", "minimise: true\n  against: purity", "against"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_mistakes_are_told_with_their_place(name: str) -> None:
    old, new, message = CHANGED[name]
    assert old in SECTION
    with pytest.raises(DarkstateError, match=message):
        optimise_scenario(parse_scenario(MODEL + SECTION.replace(old, new)))


def test_a_scenario_without_the_section(tmp_path: Path) -> None:
    given: Any = parse_scenario(MODEL)
    with pytest.raises(ArgumentError, match="`optimise` must be a section"):
        optimise_scenario(given, tmp_path / "x")
