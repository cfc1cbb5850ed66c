"""Predicted times are told for the machine that was calibrated, and decide nothing."""

import json

import pytest
from typer.testing import CliRunner

from darkstate.cli import app
from darkstate.engines import slowness
from darkstate.engines.contract import Cost


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    slowness.slowness.cache_clear()
    yield tmp_path / "darkstate" / "slowness.json"
    slowness.slowness.cache_clear()


def keep(path, node, factor):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({node: factor}))
    slowness.slowness.cache_clear()


def test_one_until_measured(own_cache):
    assert slowness.slowness() == 1.0
    assert Cost(1.0, 3.0).here == 3.0


def test_times_are_told_for_this_machine(own_cache):
    keep(own_cache, slowness.platform.node(), 4.0)
    cost = Cost(1024.0, 3.0)
    assert cost.here == 12.0
    assert cost.seconds == 3.0
    assert str(cost) == "1 KiB, about 12 s"


@pytest.mark.parametrize("factor", [0.0, -1.0, 1e9, "fast", None, float("nan")])
def test_damaged_factors_are_not_believed(own_cache, factor):
    keep(own_cache, slowness.platform.node(), factor)
    assert slowness.slowness() == 1.0


@pytest.mark.parametrize("text", ["", "[]", "{", "3", "null"])
def test_damaged_files_are_not_believed(own_cache, text):
    own_cache.parent.mkdir(parents=True)
    own_cache.write_text(text)
    assert slowness.slowness() == 1.0
    assert set(slowness.calibrate()) > {"all"}
    assert slowness.slowness() > 0.0


def test_other_machines_of_one_home_are_kept(own_cache):
    keep(own_cache, "another", 2.5)
    found = slowness.calibrate()
    known = json.loads(own_cache.read_text())
    assert known["another"] == 2.5
    assert known[slowness.platform.node()] == pytest.approx(found["all"], rel=1e-3)


def test_the_command(own_cache):
    told = CliRunner().invoke(app, ["calibrate", "--json"])
    document = json.loads(told.stdout)
    assert document["file"] == str(own_cache)
    assert set(document["slowness"]) == {*slowness.REFERENCE, "all"}
    assert "all" in CliRunner().invoke(app, ["calibrate"]).stdout
