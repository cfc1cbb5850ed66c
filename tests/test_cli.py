"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xarray as xr
from typer.testing import CliRunner

import darkstate
import darkstate as ds
from darkstate.cli import app
from darkstate.cli.run_view import model_size
from darkstate.cli.screen import number, shown_rows
from darkstate.measures import MEASURES
from darkstate.papers import PAPERS, Claim, Figure, Paper, Verdict
from darkstate.states import DensityState, SpinMoments
from darkstate.systems import Ensemble, Mode, OpenSystem, Qubit, Spin

REPOSITORY = Path(__file__).parents[1]
COMMANDS = [
    [], ["run"], ["explain"], ["cite"], ["schema"], ["papers"],
    ["papers", "list"], ["papers", "show"], ["papers", "run"],
    ["certify"], ["optimise"], ["new"], ["doctor"],
    ["experiment"], ["experiment", "simulate"], ["experiment", "estimate"],
]  # fmt: skip

CHAINS = """\
name: small chains
model: {kind: CavityChains, sites: 3, loss: 0.1}
measures: [log_negativity, purity]
pictures: []
"""
UNSTABLE = "model: {kind: CavityChains, sites: 3, hopping: 0}\n"


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Runs a command in an empty folder; writes scenarios there first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("chains.yaml").write_text(CHAINS)
    Path("unstable.yaml").write_text(UNSTABLE)
    Path("wrong.yaml").write_text("model:\n  kind: CavityChains\n  sites: 3\n  hoping: 1\n")
    Path("many.yaml").write_text(CHAINS.replace("sites: 3", "sites: 30"))
    evolve = "solve: evolve\ntimes: {stop: 5, points: 30}\n"
    Path("evolve.yaml").write_text(CHAINS + evolve)

    def invoke(*words: str):
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert "Traceback" not in done.output
        return done

    return invoke


def program(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The installed program in its own process."""
    executable = Path(sys.executable).with_name("darkstate")
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(
        [executable, *words], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )


# Help -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_with_an_example(do, words):
    done = do(*words, "--help")
    assert done.exit_code == 0
    assert "darkstate" in done.stdout
    assert "Example: darkstate" in done.stdout or "Start with: darkstate" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_version(do):
    assert do("--version").stdout == f"darkstate {darkstate.__version__}\n"


@pytest.mark.parametrize(
    "words", [["fly"], ["run"], ["run", "a", "b"], ["papers", "show"], ["run", "-x"]]
)
def test_wrong_words_are_bad_input(do, words):
    done = do(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr


# run --------------------------------------------------------------------------------------------


def test_run_prints_tables_report_and_files(do, tmp_path):
    done = do("run", "chains.yaml")
    assert done.exit_code == 0
    for text in (
        "small chains",
        "A1 - B1",
        "A3 - B3",
        "log negativity",
        "certified",
        "results/chains",
    ):
        assert text in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    written = {path.name for path in (tmp_path / "results/chains").iterdir()}
    assert written == {"result.zarr", "pairs.csv", "modes.csv", "report.json", "darkstate.json"}


def test_what_run_writes_is_what_was_computed(do):
    do("run", "chains.yaml", "--out", "here")
    stored = darkstate.load_result("here/result.zarr")
    lines = Path("here/pairs.csv").read_text().splitlines()
    assert lines[0] == "pair,first,second,log_negativity"
    value = float(lines[3].split(",")[3])
    assert value == darkstate.log_negativity(stored.state, "A3", "B3")
    report = json.loads(Path("here/report.json").read_text())
    assert report["tables"]["pairs"]["log_negativity"][2] == value
    assert report["report"]["status"] == "certified"
    assert report["model"]["sites"] == 3


def test_json_is_one_document_and_nothing_else(do):
    done = do("run", "chains.yaml", "--json")
    document = json.loads(done.stdout)
    assert document == json.loads(Path("results/chains/report.json").read_text())
    assert done.stderr == ""


def test_quiet_prints_the_paths(do):
    done = do("run", "chains.yaml", "--quiet", "--out", "there")
    paths = done.stdout.splitlines()
    assert paths
    assert all(Path(path).exists() for path in paths)


def test_a_run_can_be_repeated_in_the_same_folder(do):
    first = do("run", "chains.yaml", "--json").stdout
    second = do("run", "chains.yaml", "--json")
    assert second.exit_code == 0
    assert json.loads(second.stdout)["tables"] == json.loads(first)["tables"]


KINDS = [
    ("{kind: CavityChains, sites: 3, loss: 0.1}", "CavityChains, 6 modes (A1 .. B3)", "mode"),
    ("{kind: CavityChains, sites: 1, loss: 0.1}", "CavityChains, 2 modes (A1, B1)", "mode"),
    ("{kind: SpinChains, sites: 2, decay: 0.1}", "SpinChains, 4 qubits (A1 .. B2)", "qubit"),
    ("{kind: DualRail, pairs: 1, squeezing: 0.5}", "DualRail, 2 qubits (A1, B1)", "qubit"),
    (
        "{kind: DualRail, pairs: 1, squeezing: 0.1, bandwidth: 4}",
        "DualRail, 2 qubits (A1, B1)",  # the source is eliminated
        "qubit",
    ),
    (
        "{kind: DualRail, pairs: 1, squeezing: 0.1, bandwidth: 4}\n"
        "engine: {kind: Lindblad, cutoff: 5}",
        "DualRail, 2 qubits (A1, B1) and 2 modes (SA, SB)",
        "subsystem",
    ),
    (
        "{kind: CavityAtomChains, sites: 2, effective: true}",
        "CavityAtomChains, 4 qubits (a1 .. b2)",
        "qubit",
    ),
]


@pytest.mark.parametrize(("model", "title", "head"), KINDS)
def test_subsystems_are_called_what_they_are(do, model, title, head):
    Path("kinds.yaml").write_text(f"model: {model}\nmeasures: [entropy]\npictures: []\n")
    lines = [line.split() for line in do("run", "kinds.yaml").stdout.splitlines()]
    assert title.split() in lines
    assert [head, "(bit)"] in lines or [head, "photons", "(bit)"] in lines


def test_kinds_are_counted_one_by_one():
    """Spins and ensembles too, and one of a kind has no s."""
    spaces = (Spin("m1", 2), Qubit("q1"), Ensemble("e1", 3), Ensemble("e2", 3), Mode("c1"))
    state = DensityState.maximally_mixed([s.label for s in spaces], [3, 2, 4, 4, 2])
    scenario, result = SimpleNamespace(model=OpenSystem(spaces)), SimpleNamespace(state=state)
    run: Any = SimpleNamespace(scenario=scenario, result=result)
    assert model_size(run) == (", 1 spin (m1), 1 qubit (q1), 2 ensembles (e1, e2) and 1 mode (c1)")
    ensembles = tuple(Ensemble(label, 10**12) for label in ("I", "II"))
    scenario.model = OpenSystem(ensembles)
    result.state = SpinMoments.polarised(("I", "II"), (10**12, 10**12), (-1.0, 1.0))
    assert model_size(run) == ", 2 ensembles (I, II)"
    result.state = object()
    assert model_size(run) == ""
    scenario.model = ds.models.EnsembleRepeater(5, 3, 1.0)
    result.state = SimpleNamespace(labels=("1", "5"))
    assert model_size(run) == ", 5 ensembles in a line, ends 1 and 5"


def test_long_tables_are_thinned(do):
    shown = do("run", "many.yaml").stdout
    assert "A1 - B1 " in shown
    assert "A30 - B30" in shown
    assert "A15 - B15" not in shown
    assert "⋮" in shown
    assert len(Path("results/many/pairs.csv").read_text().splitlines()) == 31


def test_an_evolution_is_shown_over_time(do):
    done = do("run", "evolve.yaml")
    assert done.exit_code == 0
    assert "log negativity (ebit)" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert len(Path("results/evolve/evolution.csv").read_text().splitlines()) == 31


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "scenarios").glob("*.*ml")), ids=lambda p: p.name
)
def test_the_shipped_scenarios_run(do, path):
    done = do("run", str(path), "--out", "out")
    assert done.exit_code == 0, done.output
    assert re.search(r"status +(certified|converged)", done.stdout)  # never suspect
    written = {file.suffix for file in Path("out").iterdir()}
    one_number = path.stem == "ensembles"  # of one pair: nothing to draw
    assert one_number or {".png", ".svg"} < written


# Failures ---------------------------------------------------------------------------------------


def test_no_steady_state_is_exit_code_one(do):
    done = do("run", "unstable.yaml")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no result: The system has no unique steady state" in done.stderr
    assert "Give them some loss" in done.stderr


def test_a_suspect_result_is_shown_and_exit_code_one(do):
    Path("suspect.yaml").write_text(CHAINS + "engine: {kind: Gaussian, rtol: 1e-30}\n")
    done = do("run", "suspect.yaml")
    assert done.exit_code == 1
    assert "suspect" in done.stdout
    assert "exceeds rtol" in done.stdout


BAD = [
    (["run", "wrong.yaml"], "wrong.yaml:4: `model.hoping` must be a key of CavityChains"),
    (["explain", "wrong.yaml"], "Did you mean 'hopping'?"),
    (["cite", "wrong.yaml"], "Did you mean 'hopping'?"),
    (["run", "chain.yaml"], "There is no such file. Did you mean 'chains.yaml'?"),
    (["run", "."], "cannot be read"),
    (["run", "chains.yaml", "--out", "chains.yaml"], "`out` must be new"),
    (["run", "chains.yaml", "--out", "/dev/null/x"], "`out` must be a place that can be written"),
    (["papers", "show", "zippili2013"], "Did you mean 'zippilli2013'?"),
    (["papers", "run", "zippilli2013", "-f", "9z"], "`figure` must be one of"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=lambda value: " ".join(value)[:40])
def test_bad_input_is_exit_code_two_with_a_message(do, words, said):
    done = do(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(("name", "code"), [("wrong", 2), ("unstable", 1), ("none", 2)])
def test_failures_are_json_too_where_asked(do, name, code):
    done = do("run", f"{name}.yaml", "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == document["exit_code"] == code
    assert document["error"] in done.stderr.replace("\n", " ") or document["error"] in done.stderr


def test_a_bug_keeps_its_traceback(do, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError("bug")

    monkeypatch.setattr("darkstate.scenarios.run_scenario", broken)
    with pytest.raises(KeyError, match="bug"):
        do("run", "chains.yaml")


# The other commands -----------------------------------------------------------------------------


def test_explain(do):
    done = do("explain", "chains.yaml")
    assert done.exit_code == 0
    assert "chosen: gaussian (dense)" in done.stdout
    document = json.loads(do("explain", "chains.yaml", "--json").stdout)
    assert document["chosen"] == "gaussian"
    assert document["offers"][0]["memory_bytes"] > 0


def test_cite(do):
    shown = do("cite", "chains.yaml").stdout
    for key in ("@software{darkstate", "@article{zippilli2013", "@article{plenio2005"):
        assert key in shown


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_every_measure_is_cited(do, measure):
    Path("one.yaml").write_text(CHAINS.replace("[log_negativity, purity]", f"[{measure.name}]"))
    shown = do("cite", "one.yaml").stdout
    assert f"% the measure {measure.name}\n@article{{" in shown
    if measure.name == "teleportation_fidelity":
        assert "10.1103/PhysRevA.60.1888" in shown


def test_schema(do):
    document = json.loads(do("schema").stdout)
    assert "CavityChains" in document["$defs"]


def test_papers(do):
    shown = do("papers", "list").stdout
    for paper in PAPERS:
        assert paper.id in shown
        text = do("papers", "show", paper.id).stdout
        assert all(figure.id in text for figure in paper.figures)


def test_a_figure_of_a_paper(do):
    done = do("papers", "run", "zippilli2013", "--figure", "2a", "--fast", "--out", "paper")
    assert done.exit_code == 0
    assert " claims: " in done.stdout
    assert "written to paper" in done.stdout
    assert {path.name for path in Path("paper").iterdir()} >= {"claims.json", "figure_2a.png"}


def toy(name, compute=None):
    """A paper of one figure, quickly computed."""
    claim = Claim("1-1", "E", Verdict.REPRODUCED, "1", "1")
    figure = Figure(
        "1",
        "toy",
        compute or (lambda fast, tell: xr.Dataset({"E": ("time", [1.0])}, {"time": [0.0]})),
        lambda axes, data: axes.plot(data["E"]),
        lambda data: (claim,),
    )
    return Paper(name, "toy", "nobody", (figure,))


def test_all_papers_run_into_one_table_and_go_on(do, monkeypatch):
    def stopped(fast, tell):
        raise KeyboardInterrupt

    monkeypatch.setattr("darkstate.papers.PAPERS", (toy("one"), toy("two", stopped)))
    done = do("papers", "run", "all", "--out", "everything")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "The same command" in done.stderr
    assert Path("everything/one/claims.json").exists()
    monkeypatch.setattr("darkstate.papers.PAPERS", (toy("one", stopped), toy("two")))
    done = do("papers", "run", "all", "--out", "everything")
    assert done.exit_code == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["one", "1", "1"] in rows and ["two", "1", "1"] in rows and ["all", "2", "2"] in rows
    assert "`figure` must be left out" in do("papers", "run", "all", "-f", "1").stderr


# Start-up, and small helpers --------------------------------------------------------------------


def test_start_up_is_light():
    assert program("--help").returncode == 0
    code = "import sys, darkstate.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "scipy", "xarray", "pydantic", "matplotlib", "yaml", "pint", "zarr"}
    assert not heavy & set(loaded.stdout.split())


def test_the_program_itself(tmp_path):
    (tmp_path / "a.yaml").write_text(CHAINS)
    (tmp_path / "b.yaml").write_text("x: 1")
    done = program("run", "a.yaml", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    json.loads(done.stdout)
    done = program("run", "b.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "b.yaml:1: `x` must be a key of a scenario" in done.stderr


def test_numbers_and_rows():
    assert [number(x) for x in (0.0, 1.0, -0.5, 1e-9, 3e7)] == [
        "0.0000", "1.0000", "-0.5000", "1.000e-09", "3.000e+07"
    ]  # fmt: skip
    assert shown_rows(5) == [0, 1, 2, 3, 4]
    rows = shown_rows(100)
    assert (rows[0], rows[-1], rows.count(None)) == (0, 99, 1)
