"""Pulses in scenario files: read, run, stored, drawn, swept; mistakes are told with their lines."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

import darkstate as ds
from darkstate.errors import ScenarioError
from darkstate.models import (
    CouplingSwitch,
    DualRail,
    GaussianPulse,
    Pulsed,
    RampPulse,
    SampledPulse,
    SiteDrive,
)
from darkstate.scenarios import json_schema, load_scenario, parse_scenario, run_scenario, sweep_of
from darkstate.scenarios.references import references
from darkstate.sweeps.plain import plain

TEXT = """\
rate_unit: MHz
model:
  kind: Pulsed
  network: {kind: DualRail, pairs: 1, squeezing: 0.5}
  pulses:
    - kind: CouplingSwitch
      sites: [A1, B1]
      shape: {kind: RampPulse, start: 1 us, end: 2 us, before: 1, after: 0}
    - kind: SiteDrive
      site: A1
      strength: 500 kHz
      shape: {kind: GaussianPulse, center: 2.5 us, width: 0.1}
    - kind: DetuningShift
      site: B1
      strength: 1
      shape: {kind: SampledPulse, file: table.csv, interpolation: linear}
solve: evolve
times: {stop: 4 us, points: 9}
measures: [log_negativity, purity]
"""
SWEEP = """\
sweep:
  axes:
    - {name: "pulses[1].shape.width", values: [0.05, 0.1]}
    - {name: "pulses[1].strength", values: [1 MHz, 500 kHz]}
    - {name: network.squeezing, values: [0.5]}
"""
MODEL = Pulsed(
    DualRail(1, 0.5),
    (
        CouplingSwitch(("A1", "B1"), RampPulse(1.0, 2.0, 1.0, 0.0)),
        SiteDrive("A1", 0.5, GaussianPulse(2.5, 0.1)),
    ),
)


@pytest.fixture
def file(tmp_path):
    """The scenario with its table beside it."""
    (tmp_path / "table.csv").write_text("time,value\n0,0\n3,0.5\n4,0\n")
    place = tmp_path / "a.yaml"
    place.write_text(TEXT + SWEEP)
    return place


def test_pulses_are_read_with_their_units(file):
    found = load_scenario(file).model
    assert found.pulses[:2] == MODEL.pulses and found.network == MODEL.network
    shape = found.pulses[2].shape
    assert shape == SampledPulse(times=(0, 3, 4), values=(0, 0.5, 0), interpolation="linear")
    text = yaml.safe_dump({"model": plain(found), "solve": "evolve", "times": {"stop": 1.0}})
    assert parse_scenario(text).model == found
    assert "references" not in plain(found) and references(load_scenario(file))[1].key
    definitions = json_schema()["$defs"]
    assert {"Pulsed", "SiteDrive", "GaussianPulse", "SampledPulse"} <= set(definitions)


def test_a_run_is_that_of_the_python_objects_stored_and_drawn(file, tmp_path):
    scenario = load_scenario(file)
    done = run_scenario(scenario, tmp_path / "out")
    names = {path.name for path in done.files}
    assert {"result.zarr", "evolution.csv", "time.png", "pulses.png"} <= names
    column = done.tables["evolution"]["log_negativity A1 B1"]
    again = ds.load_result(tmp_path / "out" / "result.zarr")
    assert again.system == scenario.model.system()
    once_more = ds.evolve(
        again.system,
        scenario.sought_times(),
        measures={"E": lambda s: ds.log_negativity(s, "A1", "B1")},
    )
    assert np.array_equal(once_more.table["E"].values, column.values)
    assert again.model["pulses"][1]["shape"] == {
        "kind": "GaussianPulse",
        "center": 2.5,
        "width": 0.1,
    }


def test_parameters_of_pulses_are_swept(file, tmp_path):
    sweep = sweep_of(load_scenario(file))
    assert sweep.shape == (2, 2, 1)
    table = ds.sweep(sweep, tmp_path / "store").table()
    point = table.isel(dict.fromkeys(table.dims, 0))
    model = sweep.inputs(sweep.values(0)).model
    assert model.pulses[1] == SiteDrive("A1", 1.0, GaussianPulse(2.5, 0.05))
    expected = ds.evolve(model, load_scenario(file).sought_times()).state
    assert float(point["purity"]) == ds.purity(expected)
    assert len({*table["purity"].values.ravel().tolist()}) == 4
    other = load_scenario(file)
    (file.parent / "table.csv").write_text("time,value\n0,0\n3,0.6\n4,0\n")
    assert sweep_of(load_scenario(file)).keys() != sweep_of(other).keys()  # the numbers count


WRONG = [
    ("kind: GaussianPulse", "kind: GausianPulse", 12, "Did you mean 'GaussianPulse'?"),
    ("width: 0.1", "width: 0", 12, "`model.pulses[1].shape.width` must be > 0"),
    ("width: 0.1", "widht: 0.1", 12, "Did you mean 'width'?"),
    ("width: 0.1", "width: 100 kHz", 12, "`model.pulses[1].shape.width` must be a time"),
    (", width: 0.1", "", 12, "`model.pulses[1].shape.width` must be given"),
    ("strength: 500 kHz", "strength: 2 us", 11, "`model.pulses[1].strength` must be a rate"),
    ("site: A1", "site: A2", 10, "`model.pulses[1].site` must be a site of the network"),
    ("kind: DetuningShift", "kind: Detuning", 13, "`model.pulses[2].kind` must be one of"),
    ("sites: [A1, B1]", "sites: [A1, A1]", 7, "must be switched once"),
    ("end: 2 us", "end: 1 us", 8, "`model.pulses[0].shape.end` must be > 1"),
    ("table.csv", "tables.csv", 16, "`model.pulses[2].shape.file` must be a file that is there"),
    ("table.csv", "bad.csv", 16, "in line 3 of bad.csv"),
    ("table.csv", "unsorted.csv", 16, "1 behind 2 in line 4 of unsorted.csv"),
    ("table.csv", "columns.csv", 16, "must have columns 'time,value'"),
    ("table.csv", "complex.csv", 16, "`model.pulses[2].shape` must be real"),
    ("file: table.csv", "times: [0, 1], values: [0]", 16, "must be 2 finite numbers"),
    ("file: table.csv", "file: table.csv, times: [0, 1]", 16, "be left out beside times"),
    ("file: table.csv", "f: exp(-t)", 16, "must be a key of SampledPulse"),
    ("stop: 4 us", "stop: 5 us", 16, "must cover the times asked for"),
    ("solve: evolve", "solve: steady_state", 17, "`solve` must be evolve for a network with"),
    ("kind: DualRail, pairs: 1, squeezing: 0.5", "kind: EnsembleRepeater", 4, "must be one of"),
    ('"pulses[1].shape.width"', '"pulses[1].shape.length"', 22, "name a parameter of Gaussian"),
    ('"pulses[1].strength"', '"pulses[7].strength"', 23, "must name an entry that exists"),
    ('"pulses[1].strength"', '"pulses[2].shape"', 23, "'pulses[2].shape.parameter'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "said"), WRONG)
def test_a_mistake_in_a_pulse_is_told_with_its_line(file, old, new, line, said):
    folder = file.parent
    (folder / "bad.csv").write_text("time,value\n0,0\n1,0;5\n")
    (folder / "unsorted.csv").write_text("time,value\n0,0\n2,1\n1,1\n4,0\n")
    (folder / "columns.csv").write_text("t,f\n0,0\n4,1\n")
    (folder / "complex.csv").write_text("time,real,imaginary\n0,0,1\n4,1,0\n")
    text = TEXT + SWEEP
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    message = str(caught.value)
    assert said in message
    assert any(part.startswith(f"{file}:{line}: ") for part in message.splitlines()), message


def test_pictures_of_pulses_need_pulses():
    text = "model: {kind: CavityChains, sites: 2}\nsolve: evolve\ntimes: {stop: 1}\n"
    with pytest.raises(ScenarioError, match="must suit a model without pulses"):
        parse_scenario(text + "pictures: [pulses]")
