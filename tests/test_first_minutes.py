"""What a newcomer does first: a scenario for a model, a look at the installation, completion."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

import darkstate
from darkstate import extras
from darkstate.cli import app, doctor
from darkstate.cli.run_view import tables_of
from darkstate.errors import ArgumentError
from darkstate.models import MODELS
from darkstate.scenarios import load_scenario, parse_scenario, run_scenario
from darkstate.scenarios.template import file_name, template, write_template


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*words: str):
        return CliRunner().invoke(app, list(words), catch_exceptions=False)

    return invoke


# new --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_file_of_every_model_runs(model, tmp_path):
    file = write_template(model, tmp_path / file_name(model))
    scenario = load_scenario(file)
    assert scenario.model == model(**model.example)
    assert run_scenario(scenario).result.report.status in ("certified", "converged")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_is_switched_on_is_the_default(model):
    """Every ``#key: value`` of the model is read, and changes nothing."""
    plain = template(model)
    switched = re.sub(r"(?m)^(\s*)#(?! )(?=[a-z])", r"\1", plain)
    found = parse_scenario(switched, file="new.yaml")
    assert found.model == parse_scenario(plain, file="new.yaml").model
    assert found.sweep is not None and found.rate_unit == "MHz"
    named = {line.strip().lstrip("#").partition(":")[0] for line in plain.splitlines()}
    assert named >= {field.name for field in fields(model)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_has_its_meaning_above(model):
    lines = template(model).partition("model:\n")[2].partition("\n\n")[0].splitlines()
    for line, above in zip(lines, ["", *lines], strict=False):
        if re.match(r" +#?[a-z_]+:", line) and "kind:" not in line:
            assert above.strip().startswith("# "), line


def test_new_writes_once_and_tells_what_next(do):
    done = do("new", "DualRail")
    assert done.exit_code == 0
    assert "darkstate run dual_rail.yaml" in done.stdout
    before = Path("dual_rail.yaml").read_text()
    Path("dual_rail.yaml").write_text(before + "# mine\n")
    again = do("new", "DualRail")
    assert again.exit_code == 2
    assert "`file` must be new" in again.stderr
    assert Path("dual_rail.yaml").read_text().endswith("# mine\n")
    assert do("new", "DualRail", "--overwrite").exit_code == 0
    assert Path("dual_rail.yaml").read_text() == before
    assert json.loads(do("new", "DualRail", "deep/a.yml", "--json").stdout)["file"] == "deep/a.yml"
    assert "darkstate run a.yml" in Path("deep/a.yml").read_text()


def test_new_alone_lists_the_models(do):
    shown = do("new").stdout
    assert all(model.__name__ in shown for model in MODELS)
    assert set(json.loads(do("new", "--json").stdout)["models"]) == {m.__name__ for m in MODELS}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["new", "DualRails"], "Did you mean 'DualRail'?"),
        (["new", "DualRail", "a.toml"], "`file` must end in .yaml"),
        (["new", "DualRail", ".yaml"], "`file` must end in .yaml"),
        (["new", "DualRail", "folder.yaml", "--overwrite"], "`file` must be new"),
        (["new", "DualRail", "link.yaml"], "`file` must be new"),
    ],
)
def test_what_new_refuses(do, words, said):
    Path("folder.yaml").mkdir()
    Path("link.yaml").symlink_to("nowhere.yaml")
    done = do(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr.replace("\n", " ")


def test_a_switch_that_is_no_switch_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="`overwrite` must be"):
        write_template(MODELS[0], tmp_path / "a.yaml", overwrite="yes")  # type: ignore[arg-type]


# doctor -----------------------------------------------------------------------------------------

PARTS = {
    "": (Requirement("numpy>=2.0"),),
    "there": (Requirement("scipy>=1.0"),),
    "absent": (Requirement("no-such-package>=1.5"), Requirement("numpy>=900")),
}


def test_doctor_finds_what_is_missing_and_how_to_get_it(do, monkeypatch):
    monkeypatch.setattr(extras, "parts", lambda: PARTS)
    shown = do("doctor")
    assert shown.exit_code == 0
    assert "pip install 'no-such-package>=1.5' 'numpy>=900'" in shown.stdout
    assert re.search(r"there +yes +scipy \d", shown.stdout)
    assert re.search(r"absent +no +no-such-package missing, numpy \d", shown.stdout)
    assert "off the closed form" in shown.stdout
    assert re.search(r"BLAS +\w+: ", shown.stdout)
    document = json.loads(do("doctor", "--json").stdout)
    assert document["healthy"] and document["off"] < 1e-12
    assert document["parts"]["absent"]["ready"] is False
    assert document["cores"] >= 1 and document["memory_available_bytes"] > 0


def test_doctor_tells_a_needed_package_that_is_too_old(do, monkeypatch):
    monkeypatch.setattr(extras, "parts", lambda: {"": PARTS["absent"]})
    done = do("doctor")
    assert done.exit_code == 1
    assert "missing or too old" in done.stdout and "machine" not in done.stdout


def test_doctor_tells_wrong_numbers(do, monkeypatch):
    monkeypatch.setattr(doctor, "_check", lambda: 0.1)
    done = do("doctor")
    assert done.exit_code == 1
    assert "off the closed form by 1.0e-01 ebit" in " ".join(done.stdout.split())


def test_a_part_that_is_not_known_is_that_of_a_clone():
    assert extras.parts()[""]
    assert extras.install_line("novelty") == "pip install '.[novelty]'"


def test_lines_keep_the_extras_of_packages():
    needs = [Requirement("numcodecs[crc32c]>=0.16.1")]
    assert extras.pip_line(needs) == "pip install 'numcodecs[crc32c]>=0.16.1'"


# Everywhere -------------------------------------------------------------------------------------


def leaves(group, words=()):
    """All commands of a typer group with their options."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*words, name))
        else:
            yield (*words, name), {option for param in command.params for option in param.opts}


def test_every_command_can_answer_in_json(do):
    from typer.main import get_command

    found = dict(leaves(get_command(app)))
    assert ("sweep", "plot") in found
    missing = [words for words, options in found.items() if "--json" not in options]
    assert missing == [("schema",)]  # it prints JSON and nothing else


@pytest.mark.parametrize(
    "words", [["papers", "list"], ["papers", "show", "li2026"], ["cite", "a.yaml"], ["new"]]
)
def test_documents_say_which_version_made_them(do, words):
    Path("a.yaml").write_text(template(MODELS[0]))
    document = json.loads(do(*words, "--json").stdout)
    assert next(iter(document)) == "darkstate"
    assert document["darkstate"] == darkstate.__version__


def test_all_rows_are_shown_where_asked():
    import xarray as xr

    many = xr.Dataset({"x": ("label", list(range(40)))}, {"label": [f"m{k}" for k in range(40)]})
    assert tables_of("modes", many, "1", ["mode"])[0].row_count < 15
    assert tables_of("modes", many, "1", ["mode"], all_rows=True)[0].row_count == 40
    times = xr.Dataset({"x": ("time", list(range(40)))}, {"time": list(range(40))})
    assert tables_of("evolution", times, "1", [])[0].row_count == 12
    assert tables_of("evolution", times, "1", [], all_rows=True)[0].row_count == 40


def test_models_and_papers_are_completed(do, monkeypatch):
    code = "import os, sys; sys.argv = ['darkstate']; from darkstate.cli import main; main()"
    for line, wanted in (("new Cavity", "CavityChains"), ("papers show zip", "zippilli2013")):
        words = f"darkstate {line}"
        monkeypatch.setenv("_DARKSTATE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert wanted in done.stdout, done.stderr


def test_the_package_is_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "darkstate", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"darkstate {darkstate.__version__}\n"
