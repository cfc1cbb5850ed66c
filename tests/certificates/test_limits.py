"""The end of the certified range: bisection, its store, the command, the pictures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from certificate_states import dicke, ghz, noisy, qubits
from matplotlib.figure import Figure
from typer.testing import CliRunner

import darkstate as ds
from darkstate import plots
from darkstate.certificates import certified_limit, measurement_plan
from darkstate.cli import app
from darkstate.errors import ArgumentError, NumericalError
from darkstate.scenarios import certify_scenario, parse_scenario

SCENARIO = """
model:
  kind: DualRail
  pairs: 2
  squeezing: 1.0
  detunings_a: [0.5, -0.5]
  detunings_b: [0.5, -0.5]
certify:
  quick: true
  limit: {name: dephasing, start: 0, stop: 0.2, tolerance: 0.5}
"""


class Counted:
    """Noisy states, and how often one was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def __call__(self, share: float):
        self.asked.append(share)
        return qubits(noisy(ghz(3), share))


def test_the_limit_is_found_and_stored_point_by_point(tmp_path):
    states, store = Counted(), tmp_path / "noise.zarr"
    found = certified_limit(states, 0.0, 1.0, 0.5, name="noise", store=store)
    assert found.certified < 4 / 7 < found.uncertified
    assert found.uncertified - found.certified <= 0.5
    assert found.certificate.verdict == "certified"
    assert len(found.values) == len(states.asked)
    again = certified_limit(states, 0.0, 1.0, 0.2, name="noise", store=store)
    assert len(set(states.asked)) == len(states.asked) == len(again.values) > len(found.values)
    assert again.uncertified - again.certified <= 0.2
    kept = ds.load_result(store).state
    assert kept.sentence == again.sentence
    with pytest.raises(ArgumentError, match="`store` must hold points of this model"):
        certified_limit(states, 0.0, 0.9, 0.2, name="noise", store=store)


def test_a_range_may_run_down_and_by_ratios():
    found = certified_limit(
        lambda x: qubits(noisy(dicke(3, 1), min(1.0, 1 / x))), 100.0, 1.0, 0.05, spacing="log"
    )
    assert found.uncertified < 1 / 0.521 < found.certified


def test_ends_without_a_limit_are_told():
    never = certified_limit(Counted(), 0.9, 1.0, name="noise")
    assert math.isnan(never.certified)
    assert never.sentence == "not certified at noise = 0.9"
    always = certified_limit(Counted(), 0.0, 0.1, name="noise")
    assert math.isnan(always.uncertified)
    assert "from noise = 0 to 0.1" in always.sentence


def test_where_there_is_no_state_nothing_is_certified():
    def states(x: float):
        if x > 0.25:
            raise NumericalError("no steady state")
        return qubits(noisy(ghz(3), x))

    found = certified_limit(states, 0.0, 0.5, 0.1)
    assert found.certified <= 0.25 < found.uncertified
    assert np.isnan(found.margins[-1])
    with pytest.raises(NumericalError):
        certified_limit(lambda x: states(1.0), 0.0, 0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stop": 0.0}, "`stop` must differ from start"),
        ({"tolerance": 2.0}, "`tolerance` must be < 1"),
        ({"spacing": "log"}, "`start` must be > 0"),
        ({"states": 3}, "`states` must be a function"),
    ],
)
def test_wrong_ranges_are_named(change, words):
    with pytest.raises(ArgumentError, match=words):
        certified_limit(**{"states": Counted(), "start": 0.0, "stop": 1.0} | change)


def test_pictures_show_terms_and_range():
    found = ds.certify(qubits(noisy(ghz(3), 0.1)), quick=True)
    figure = plots.witness_chart(measurement_plan(found).terms)
    assert isinstance(figure, Figure)
    assert "XXX" in [text.get_text() for text in figure.axes[0].get_yticklabels()]
    table = certified_limit(Counted(), 0.0, 1.0, 0.2, name="noise").table()
    figure = plots.certified_range(table)
    assert figure.axes[0].get_xlabel() == "noise"
    with pytest.raises(ArgumentError, match="`terms` must be"):
        plots.witness_chart({})
    with pytest.raises(ArgumentError, match="columns margin and verdict"):
        plots.certified_range(table.drop_vars("margin"))


def test_a_scenario_is_certified_and_its_limit_found(tmp_path):
    found = certify_scenario(parse_scenario(SCENARIO), tmp_path / "out")
    assert found.certificate.verdict == "certified"
    assert found.limit is not None and found.limit.unit == ""
    assert 0 <= found.limit.certified < 0.08 < found.limit.uncertified < 0.2
    names = {file.name for file in found.files}
    assert {"certificate.zarr", "witness.png", "limit.csv", "limit.svg"} <= names
    assert all(file.exists() for file in found.files)
    assert (tmp_path / "out-limit.zarr").is_dir()
    document = json.loads((tmp_path / "out" / "certificate.json").read_text())
    assert document["verdict"] == "certified"
    assert document["limit"]["certified"] == found.limit.certified
    assert ds.load_result(tmp_path / "out" / "certificate.zarr").state.verdict == "certified"


def test_what_a_scenario_gets_wrong_is_told_with_its_place():
    text = SCENARIO.replace("name: dephasing", "name: dephase")
    with pytest.raises(ArgumentError, match=r"`certify.limit.name` must name a parameter"):
        certify_scenario(parse_scenario(text))
    text = SCENARIO.replace("stop: 0.2", "stop: 3 kHz")
    with pytest.raises(ArgumentError, match=r"`certify.limit.stop`"):
        certify_scenario(parse_scenario(text))
    text = SCENARIO.replace("model:", "solve: evolve\ntimes: {stop: 1}\nmodel:")
    with pytest.raises(ArgumentError, match="`solve` must be steady_state"):
        certify_scenario(parse_scenario(text))


def test_the_command_certifies_modes_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "model: {kind: CavityChains, sites: 1, loss: 0.1}\n"
    Path("chain.yaml").write_text(text)
    done = CliRunner().invoke(app, ["certify", "chain.yaml"])
    assert done.exit_code == 0, done.output
    assert "certified: entangled" in done.output
    assert "multipartite" not in done.output
    assert Path("results/chain-certificate/witness.png").exists()
    told = CliRunner().invoke(app, ["certify", "chain.yaml", "--json", "--overwrite"])
    assert json.loads(told.stdout)["verdict"] == "certified"
    again = CliRunner().invoke(app, ["certify", "chain.yaml"])
    assert again.exit_code == 0, again.output
    assert len(list(Path("results").glob("chain-certificate*/witness.png"))) == 2
