"""``darkstate experiment``: simulate, evaluate, and exit codes."""

import json

import pytest
from typer.testing import CliRunner

from darkstate.cli import app
from darkstate.experiments import VirtualExperiment, estimate, read_records, write_records


@pytest.fixture
def do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_simulate_then_estimate(do, tmp_path):
    done = do(
        "experiment", "simulate", "run.csv", "--seed", "5", "--shots", "60", "--bins", "6",
        "--efficiency", "0.7",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    laboratory = VirtualExperiment(efficiency=0.7, shots=60, bins=6)
    assert f"{laboratory.truth().xi:.4f}" in done.output
    records = read_records(tmp_path / "run.csv")
    assert (records.currents["direct"] == laboratory.run(5).currents["direct"]).all()
    shown = do("experiment", "estimate", "run.csv")
    assert shown.exit_code == 0
    assert "95 % interval" in shown.output and "conditional xi" in shown.output
    told = do("experiment", "estimate", "run.csv", "--json", "--confidence", "0.9")
    document = json.loads(told.stdout)
    assert document["confidence"] == 0.9
    assert document["report"]["status"] == "converged"
    found = estimate(records, confidence=0.9)["kappa2"]
    assert document["quantities"]["kappa2"]["low"] == pytest.approx(found.low, rel=1e-12)
    assert document["quantities"]["kappa2"]["high"] == pytest.approx(found.high, rel=1e-12)
    assert 0.5 < document["entangled"]["xi"] <= 1


def test_bad_files_and_doubtful_records(do, tmp_path):
    assert do("experiment", "estimate", "none.csv").exit_code == 2
    do("experiment", "simulate", "run.csv", "--seed", "5", "--shots", "60", "--bins", "6")
    lines = (tmp_path / "run.csv").read_text().splitlines()
    cells = lines[9].split(",")
    (tmp_path / "bad.csv").write_text("\n".join([*lines[:9], ",".join([*cells[:3], "nan", "0"])]))
    failed = do("experiment", "estimate", "bad.csv")
    assert failed.exit_code == 2
    head = json.loads(lines[1].lstrip("# "))
    del head["digest"]
    shifted = [lines[0], f"# {json.dumps(head)}", lines[2]]
    for line in lines[3:]:
        words = line.split(",")
        shift = 3.0 if words[0] == "vacuum" else 0.0
        shifted.append(",".join([*words[:3], str(float(words[3]) + shift), words[4]]))
    (tmp_path / "odd.csv").write_text("\n".join(shifted) + "\n")
    doubtful = do("experiment", "estimate", "odd.csv")
    assert doubtful.exit_code == 1
    assert "the shot noise has a mean value" in doubtful.output.replace("\n", " ")


def test_infinite_lifetimes_are_null_in_json(do, tmp_path):
    write_records(VirtualExperiment(dark=0.0, shots=60, bins=6).run(1), tmp_path / "run.csv")
    told = do("experiment", "estimate", "run.csv", "--json")
    assert json.loads(told.stdout)["quantities"]["dark_lifetime"]["high"] is None


@pytest.mark.parametrize("words", [[], ["simulate"], ["estimate"]])
def test_help(do, words):
    done = do("experiment", *words, "--help")
    assert done.exit_code == 0 and "Example" in done.output
