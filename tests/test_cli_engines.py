"""Every engine and solver through the command line: solve, store, read, draw, cite, explain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import darkstate as ds
from darkstate.cli import app
from darkstate.engines import ENGINES, ON_REQUEST
from darkstate.repeaters import SOLVERS
from darkstate.scenarios.references import bibliography

PAIRS = "model: {kind: DualRail, pairs: 2, squeezing: 0.4, dephasing: 0.01}\n"
ATOMS = "model: {kind: AtomicEnsembles, atoms: 4, squeezing: 0.4, optical_depth: 30}\n"
CHAINS = "model: {kind: CavityChains, sites: 2, loss: 0.1}\n"
LINE = "model: {kind: EnsembleRepeater, nodes: 3, atoms: 4, time: 1.0}\n"
MOVING = "solve: evolve\ntimes: {stop: 0.5, points: 3}\n"
WINDOW = "burn_in: 5.0, duration: 20.0, seed: 1"

WALK = {
    "Gaussian": (CHAINS, ""),
    "Collective": (ATOMS, ""),
    "Lindblad": (PAIRS, ""),
    "Cascade": (PAIRS, "dimension: 16"),
    "Moments": (ATOMS, ""),
    "Trajectories": (PAIRS, f"trajectories: 4, {WINDOW}"),
    "Exact": (LINE, ""),
    "Lattice": (LINE.replace("atoms: 4", "atoms: 100000"), ""),
    "Dephased": (LINE.replace("time: 1.0", "time: 1.0, dephasing: 0.01"), ""),
}


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str):
        return CliRunner().invoke(app, list(words), catch_exceptions=False)

    return invoke


def written(name: str, rest: str = "") -> str:
    model, options = WALK[name]
    measure = "epr_spin_variance" if name == "Moments" else "log_negativity"
    engine = f"engine: {{kind: {name}{', ' if options else ''}{options}}}\n"
    return f"{model}{engine}measures: [{measure}]\n{rest}"


def test_the_walk_goes_past_every_engine_and_solver():
    assert set(WALK) == {kind.__name__ for kind in (*ENGINES, *ON_REQUEST, *SOLVERS)}


@pytest.mark.parametrize("name", WALK)
def test_what_an_engine_returns_is_shown_stored_read_and_drawn(do, name):
    Path("one.yaml").write_text(written(name))
    done = do("run", "one.yaml", "--out", "out", "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == (1 if document["report"]["status"] == "suspect" else 0), done.output
    stored = ds.load_result("out/result.zarr")
    assert type(stored.report).from_dict(stored.report.as_dict()) == stored.report
    assert stored.report.engine == document["report"]["engine"]
    files = [Path(file) for file in document["files"]]
    assert files and all(file.exists() for file in files)
    assert document["tables"]["pairs"]
    pairs = document["tables"]["pairs"]
    measure = ds.epr_spin_variance if name == "Moments" else ds.log_negativity
    for k, pair in enumerate(zip(pairs["first"], pairs["second"], strict=True)):
        assert measure(stored.state, *pair) == pairs[measure.name][k]


@pytest.mark.parametrize("name", WALK)
def test_what_explain_says_is_what_runs(do, name):
    Path("one.yaml").write_text(written(name, "pictures: []\n"))
    done = do("explain", "one.yaml", "--json")
    chosen = json.loads(done.stdout)["chosen"]
    assert done.exit_code == 0
    do("run", "one.yaml", "--out", "out")
    ran = ds.load_result("out/result.zarr").report.engine
    assert chosen in (ran, f"{ran}.{name}")  # solvers of repeaters are told by both names
    assert f"chosen: {chosen} (" in do("explain", "one.yaml").stdout


@pytest.mark.parametrize("name", WALK)
def test_what_an_engine_stands_on_is_cited(do, name):
    Path("one.yaml").write_text(written(name))
    shown = do("cite", "one.yaml").stdout
    assert "@software{darkstate" in shown
    if name not in {kind.__name__ for kind in SOLVERS}:
        assert "engine\n@article{" in shown or "engine" in shown.split("@software")[1]
    assert any(f"{{{key}," in shown for key in bibliography())


@pytest.mark.parametrize("name", [kind.__name__ for kind in (*ENGINES, *ON_REQUEST)])
def test_an_evolution_is_stored_or_refused_with_a_remedy(do, name):
    Path("one.yaml").write_text(written(name, MOVING))
    done = do("run", "one.yaml", "--out", "out", "--json")
    document = json.loads(done.stdout)
    explained = json.loads(do("explain", "one.yaml", "--json").stdout)
    assert done.exit_code in (0, 1), done.output
    stored = ds.load_result("out/result.zarr")
    assert explained["chosen"] == stored.report.engine == document["report"]["engine"]
    assert stored.table is not None and stored.table.sizes == {"time": 3}
    assert {Path(file).name for file in document["files"]} >= {"time.png", "evolution.csv"}


def test_eight_pairs_are_stored_whoever_is_chosen(do):
    """Here the front door takes the cascade engine by itself."""
    text = written("Cascade", "pictures: []\n").replace("pairs: 2", "pairs: 8")
    Path("auto.yaml").write_text("\n".join(x for x in text.splitlines() if "engine" not in x))
    assert "chosen: cascade (reduction)" in do("explain", "auto.yaml").stdout
    Path("same.yaml").write_text(text.replace("dimension: 16", "dimension: 8"))
    done = do("run", "same.yaml", "--out", "out")
    assert done.exit_code in (0, 1) and "8 stages" in done.stdout
    state = ds.load_result("out/result.zarr").state
    assert len(state.stages) == 8 and state.labels[-2:] == ("A8", "B8")


# What a single run leaves out ---------------------------------------------------------------------

SWEEP = "sweep: {axes: [{name: loss, values: [0.1, 0.2, 0.4]}]}\npictures: []\n"


@pytest.mark.parametrize("words", [["run", "--quiet"], ["run", "--json"], ["run"], ["explain"]])
def test_a_sweep_that_is_not_run_is_said(do, words):
    Path("swept.yaml").write_text(CHAINS + SWEEP)
    done = do(*words, "swept.yaml")
    assert done.exit_code == 0
    said = done.stderr.replace("\n", " ")
    assert said.startswith("notice: `sweep` is not run:") and "none of the 3 points" in said
    assert "Use `darkstate sweep swept.yaml` for them." in said
    assert "notice" not in done.stdout or "--json" in words
    if "--json" in words:
        assert json.loads(done.stdout)["notices"] == [said.removeprefix("notice: ").strip()]
    assert do("sweep", "swept.yaml", "--out", "points").exit_code == 0  # the remedy works


def test_without_a_sweep_nothing_is_said(do):
    Path("plain.yaml").write_text(CHAINS + "pictures: []\n")
    done = do("run", "plain.yaml", "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["notices"] == []


# Options by label ---------------------------------------------------------------------------------

BEHIND = "model: {kind: DualRail, pairs: 1, squeezing: 0.1, bandwidth: 4}\npictures: []\n"


@pytest.mark.parametrize("kind", ["Lindblad", "Trajectories"])
def test_cut_offs_by_label_reach_the_engine_and_the_stored_result(do, kind):
    window = "" if kind == "Lindblad" else f", trajectories: 4, {WINDOW}"
    Path("one.yaml").write_text(
        f"{BEHIND}engine: {{kind: {kind}, cutoff: {{SA: 4, SB: 5}}{window}}}\n"
    )
    Path("one.toml").write_text(
        'pictures = []\n[model]\nkind = "DualRail"\npairs = 1\nsqueezing = 0.1\nbandwidth = 4\n'
        f'[engine]\nkind = "{kind}"\ncutoff = {{SA = 4, SB = 5}}\n'
        + window.replace(", ", "\n").replace(":", " =")
    )
    for file in ("one.yaml", "one.toml"):
        done = do("run", file, "--out", "out", "--overwrite")
        assert done.exit_code in (0, 1), done.output
        stored = ds.load_result("out/result.zarr")
        assert stored.report.provenance["engine options"]["cutoff"] == {"SA": 4, "SB": 5}
        sizes = dict(zip(stored.state.labels, stored.state.dimensions, strict=True))
        assert (sizes["SA"], sizes["SB"]) == (4, 5)


WRONG_CUTOFFS = {
    "{SA: 4.5}": "one.yaml:3: `engine.cutoff.SA` must be a whole number",
    "{SA: 1}": "one.yaml:3: `engine.cutoff.SA` must be >= 2",
    "{SC: 4}": "`cutoff` must name modes of the system, but is 'SC'. Did you mean",
    "many": "`engine.cutoff` must be a whole number or a mapping of labels to whole numbers",
    "[4, 5]": "`engine.cutoff` must be a whole number or a mapping of labels to whole numbers",
}


@pytest.mark.parametrize(("cutoff", "said"), WRONG_CUTOFFS.items())
def test_wrong_cut_offs_are_told_with_their_place(do, cutoff, said):
    Path("one.yaml").write_text(f"{BEHIND}engine: {{kind: Lindblad, cutoff: {cutoff}}}\n")
    done = do("run", "one.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr.replace("\n", " ")


@pytest.mark.parametrize("rest", ["", MOVING])
def test_a_source_that_is_eliminated_is_no_pair(do, rest):
    """Its modes are partners by name, but no part of the solution."""
    text = "model: {kind: DualRail, pairs: 1, squeezing: 0.1, bandwidth: 4}\n" + rest
    Path("one.yaml").write_text(text)
    done = do("run", "one.yaml", "--json")
    assert done.exit_code == 0, done.output
    tables = json.loads(done.stdout)["tables"]
    if rest:
        assert "log_negativity A1 B1" in tables["evolution"]
    else:
        assert tables["pairs"]["first"] == ["A1"]
    Path("one.yaml").write_text(text + "pairs: [[SA, SB]]\n")
    assert do("run", "one.yaml").exit_code == 2  # asked for, and not there: said
