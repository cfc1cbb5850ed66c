"""Sweeps in scenario files, on the command line, and as pictures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PolyCollection, QuadMesh
from sweeps_models import DEADLINE, until
from typer.testing import CliRunner

import darkstate as ds
from darkstate import plots
from darkstate.cli import app, screen
from darkstate.errors import ArgumentError, ScenarioError
from darkstate.scenarios import json_schema, load_scenario, parse_scenario, sweep_of
from darkstate.sweeps import SweepProgress
from darkstate.sweeps.lock import hold_lock
from darkstate.sweeps.progress import duration_text

REPOSITORY = Path(__file__).parents[2]
BASE = """\
name: small sweep
rate_unit: MHz
model: {kind: CavityChains, sites: 2, loss: 0.1}
measures: [log_negativity, purity]
sweep:
  axes:
    - {name: loss, start: 10 kHz, stop: 0.3, points: 4}
    - {name: drive.nbar, values: [0.5, 1]}
"""
COMMANDS = [["sweep"], *(["sweep", w] for w in ("run", "status", "retry", "export", "plot"))]


@pytest.fixture
def do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("small.yaml").write_text(BASE)

    def invoke(*words: str):
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert "Traceback" not in done.output
        return done

    return invoke


# Scenario files ---------------------------------------------------------------------------------


def test_a_section_becomes_the_sweep_that_python_would_make():
    swept = sweep_of(parse_scenario(BASE))
    assert swept.shape == (4, 2)
    np.testing.assert_allclose(swept.axes[0].column("loss"), np.linspace(0.01, 0.3, 4), rtol=1e-14)
    assert swept.axes[1].column("drive.nbar") == [0.5, 1.0]
    expected = ["log_negativity_A1_B1", "log_negativity_A2_B2", "purity"]
    assert [one.name for one in swept.outputs] == expected
    assert (swept.name, swept.rate_unit) == ("small sweep", "MHz")


def test_entries_with_a_common_dimension_vary_together(tmp_path):
    axes = "    - {name: loss, values: [0.1, 0.2], dim: cut}\n"
    axes += "    - {name: sites, values: [2, 3]}\n"
    axes += "    - {name: detuning, values: [1, 2], dim: cut}\n"
    swept = sweep_of(parse_scenario(BASE.split("    - ", maxsplit=1)[0] + axes))
    assert [(axis.dim, axis.names) for axis in swept.axes] == [
        ("cut", ("loss", "detuning")),
        ("sites", ("sites",)),
    ]
    assert swept.axes[0].rows == ((0.1, 1.0), (0.2, 2.0))


def test_entries_of_one_dimension_have_one_length():
    axes = "    - {name: loss, values: [0.1, 0.2], dim: cut}\n"
    axes += "    - {name: detuning, values: [1, 2, 3], dim: cut}\n"
    with pytest.raises(ScenarioError, match=r"equal length.*'loss': 2, 'detuning': 3"):
        parse_scenario(BASE.split("    - ", maxsplit=1)[0] + axes)


def test_grids_of_too_many_points_are_refused(monkeypatch):
    monkeypatch.setattr("darkstate.sweeps.arguments.MOST_POINTS", 7)
    with pytest.raises(ScenarioError, match=r"x.yaml:6: `sweep.axes` must have at most 7 points"):
        parse_scenario(BASE, file="x.yaml")


def test_samples_have_the_dimension_of_their_entries():
    axes = "    - {name: loss, start: 0, stop: 1, dim: cut}\n"
    axes += "    - {name: detuning, start: 0, stop: 1, dim: DIM}\n  sample: {points: 4}\n"
    text = BASE.split("    - ", maxsplit=1)[0] + axes
    assert sweep_of(parse_scenario(text.replace("DIM", "cut"))).axes[0].dim == "cut"
    with pytest.raises(ScenarioError, match="same for all entries that are sampled"):
        parse_scenario(text.replace("DIM", "other"))


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_ranges_without_points_are_sampled(method):
    axes = "    - {name: loss, start: 10 kHz, stop: 1 MHz, spacing: log}\n"
    axes += "    - {name: drive.nbar, start: 0, stop: 2}\n"
    sample = f"  sample: {{method: {method}, points: 8, seed: 3}}\n"
    swept = sweep_of(parse_scenario(BASE.split("    - ", maxsplit=1)[0] + axes + sample))
    draw = {"sobol": ds.sweeps.sobol_points, "random": ds.sweeps.random_points}[method]
    ranges = {"loss": (0.01, 1.0, "log"), "drive.nbar": (0.0, 2.0)}
    assert swept.axes == (draw(ranges, 8, seed=3),)


def test_points_come_from_a_file_beside_the_scenario(tmp_path):
    (tmp_path / "points.csv").write_text("loss,sites\n20 kHz,2\n0.5,3\n")
    (tmp_path / "s.yaml").write_text(
        BASE.split("sweep:", maxsplit=1)[0] + "sweep: {file: points.csv}\n"
    )
    swept = sweep_of(load_scenario(tmp_path / "s.yaml"))
    assert swept.axes[0].names == ("loss", "sites")
    assert swept.axes[0].rows == ((0.02, 2), (0.5, 3))


def test_engines_times_and_seeds_can_vary():
    text = BASE.split("sweep:", maxsplit=1)[0] + (
        "engine: {kind: Gaussian, rtol: 1e-8}\nsolve: evolve\ntimes: {stop: 2 us}\n"
        "sweep:\n  axes:\n    - {name: engine.rtol, values: [1e-6, 1e-9]}\n"
        "    - {name: times.stop, values: [1 us, 3]}\n  outputs: [purity]\n"
    )
    swept = sweep_of(parse_scenario(text))
    asked = swept.inputs(swept.values(3))
    assert (asked.engine.rtol, asked.times.stop) == (1e-9, 3.0)


WRONG = [
    ("name: loss,", "name: los,", 7, "Did you mean 'loss'"),
    ("drive.nbar,", "drive.nbr,", 8, "Did you mean 'nbar'"),
    ("drive.nbar,", "'hopping[1]',", 8, "as a list"),
    ("drive.nbar,", "engine.rtol,", 8, "engine is not"),
    ("drive.nbar,", "drive,", 8, "as in 'drive.parameter'"),
    ("drive.nbar,", "model.loss,", 8, "overlap"),
    ("10 kHz", "10 us", 7, "be a rate"),
    ("points: 4", "pionts: 4", 7, "Did you mean 'points'"),
    (", points: 4", "", 7, "how many points"),
    ("points: 4", "points: 1", 7, "at least both ends|>= 2"),
    ("stop: 0.3, ", "", 7, "start and stop"),
    ("[0.5, 1]", "[0.5, x]", 8, "number"),
    ("[0.5, 1]", "[]", 8, "at least one value"),
    ("[0.5, 1]", "[1, 1.0]", 8, "each value once"),
    ("  axes:", "  outputs: [purty]\n  axes:", 6, "Did you mean 'purity'"),
    ("  axes:", "  file: none.csv\n  axes:", 6, "can be read"),
    ("  axes:", "  file: /dev/zero\n  axes:", 6, "be a file"),
    ("points: 4", "points: 1000000000", 7, "at most 1000000 points"),
    ("points: 4}", "points: 4, dim: ../loss}", 6, "without slashes"),
    ("  axes:", "  sample: {points: 4}\n  axes:", 6, "something to sample"),
    ("  axes:", "  point_seconds: 0\n  axes:", 6, "> 0"),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), WRONG)
def test_what_is_wrong_is_told_with_its_line(old, new, line, says):
    with pytest.raises(ScenarioError, match=f"file.yaml:{line}: .*({says})"):
        parse_scenario(BASE.replace(old, new, 1), file="file.yaml")


def test_a_scenario_without_a_sweep_says_what_to_add():
    with pytest.raises(ArgumentError, match="axes:"):
        sweep_of(parse_scenario(BASE.split("sweep:", maxsplit=1)[0]))


def test_the_schema_knows_the_section():
    schema = json.dumps(json_schema())
    assert "AxisEntry" in schema and "vectorise" in schema


# The command line -------------------------------------------------------------------------------


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_with_an_example(do, words):
    done = do(*words, "--help")
    assert done.exit_code == 0
    assert "Example: darkstate sweep" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_sweep_from_beginning_to_end(do):
    done = do("sweep", "small.yaml")
    assert done.exit_code == 0
    assert "8 of 8 points" in done.stdout and "certified" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    place = "results/small.zarr"
    status = do("sweep", "status", place)
    assert "8 of 8 points" in status.stdout
    document = json.loads(do("sweep", "status", place, "--json").stdout)
    assert document["counts"] == {"certified": 8}
    assert do("sweep", "export", place, "out.csv").stdout == "out.csv\n"
    table = ds.open_sweep(place).table()
    lines = Path("out.csv").read_text().splitlines()
    assert float(lines[4].split(",")[2]) == float(table["log_negativity_A1_B1"][1, 1])
    assert do("sweep", "export", place, "out.nc").exit_code == 0
    with xr.open_dataset("out.nc") as read:
        np.testing.assert_array_equal(read["purity"], table["purity"])
    drawn = do("sweep", "plot", place, "-y", "purity", "--out", "pictures").stdout.splitlines()
    assert drawn == ["pictures/small-purity.png", "pictures/small-purity.svg"]
    assert all(Path(name).stat().st_size > 1000 for name in drawn)
    again = do("sweep", "--resume", "small.yaml", "--quiet")
    assert (again.exit_code, again.stdout) == (0, f"{place}\n")
    assert ds.open_sweep(place).status().sessions == 1


def test_limits_of_time_and_too_many_workers(do, monkeypatch):
    """The command line goes before the file, and what is left of the workers is said."""
    asked, real = [], ds.sweep

    def sweep(wanted, place, *, progress, point_seconds, **options):
        asked.append(point_seconds)
        progress(SweepProgress(total=8, stored=0, note="2 of 9 workers: why"), 0.0)
        return real(wanted, place)

    monkeypatch.setattr("darkstate.sweeps.sweep", sweep)
    Path("limited.yaml").write_text(BASE + "  point_seconds: 60\n")
    for words in (["limited.yaml", "--point-seconds", "5.5"], ["limited.yaml"], ["small.yaml"]):
        assert "note: 2 of 9 workers: why" in do("sweep", *words, "--workers", "9").stdout
    assert asked == [5.5, 60, None]


def test_failed_points_are_shown_and_retried(do):
    Path("bad.yaml").write_text(BASE.replace("start: 10 kHz", "start: -0.1"))
    done = do("sweep", "bad.yaml", "--out", "bad.zarr")
    assert done.exit_code == 1
    assert "2 failed: `loss` must be >= 0" in done.stdout
    assert "darkstate sweep retry bad.zarr" in done.stdout
    again = do("sweep", "retry", "bad.zarr")
    assert again.exit_code == 1
    assert ds.open_sweep("bad.zarr").status().sessions == 2


HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re\x07f"
SHOWN = "a\\u001b[2Jb\\u202ec\\u009bd\\re\\u0007f"
ON_A_CONSOLE = SHOWN.replace("\\r", "").replace("\\u0007", "")  # these rich leaves out itself


def test_control_characters_of_a_file_are_shown_and_not_obeyed(do):
    """In a title, and in the message of an error."""
    named = BASE.replace("name: small sweep", f"name: {json.dumps(HOSTILE)}")
    Path("named.yaml").write_text(named)
    assert ON_A_CONSOLE in do("sweep", "named.yaml").stdout
    for words in (["run", "named.yaml"], ["explain", "named.yaml"]):
        done = do(*words)
        assert ON_A_CONSOLE in done.stdout and not set("\x1b\u202e\x9b\r\x07") & set(done.output)
    Path("wrong.yaml").write_text(named.replace("name: loss", f"name: {json.dumps(HOSTILE)}"))
    done = do("sweep", "wrong.yaml")
    assert not set("\x1b\u202e\x9b\r\x07") & set(done.output)


def test_lines_for_programs_are_left_alone(capsys, monkeypatch):
    screen.tell(HOSTILE)
    assert capsys.readouterr().out == HOSTILE + "\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    screen.tell(Path("s.zarr"), HOSTILE)
    assert capsys.readouterr().out == f"s.zarr\n{SHOWN}\n"
    assert screen.visible("\ud800") == "\\ud800"
    assert screen.visible("1,200 µm → ebit\n\t☃") == "1,200 µm → ebit\n\t☃"


BAD_INPUT = [
    (["sweep", "missing.yaml"], "no such file"),
    (["sweep", "status", "nowhere"], "store of a sweep"),
    (["sweep", "small.yaml", "--resume", "--out", "nowhere.zarr"], "store of a sweep"),
    (["sweep", "small.yaml", "--workers", "0"], "workers"),
    (["sweep", "small.yaml", "--workers", "2", "--scheduler", "tcp://x:1"], "scheduler"),
    (["sweep", "label.yaml"], "A7"),
    (["sweep", "plain.yaml"], "sweep"),
]


@pytest.mark.parametrize(("words", "says"), BAD_INPUT)
def test_bad_input_is_refused_before_anything_runs(do, words, says):
    Path("label.yaml").write_text(BASE + "  outputs: [log_negativity(A7:B1)]\n")
    Path("plain.yaml").write_text(BASE.split("sweep:", maxsplit=1)[0])
    done = do(*words)
    assert done.exit_code == 2
    assert says in done.stderr
    assert not Path("results").exists()


def test_retry_needs_the_scenario(do):
    swept = sweep_of(parse_scenario(BASE))
    ds.sweep(swept, "python.zarr")
    done = do("sweep", "retry", "python.zarr")
    assert done.exit_code == 2
    assert "made by Python code" in done.stderr


def test_a_busy_store_is_left_alone(do):
    do("sweep", "small.yaml")
    with hold_lock(Path("results/small.zarr/journal/lock"), wait=False):
        done = do("sweep", "small.yaml")
    assert done.exit_code == 1
    assert "stopped: `store` must have one writer" in done.stderr


def test_ctrl_c_stops_cleanly_with_exit_code_1(do, tmp_path):
    long = BASE.replace("points: 4", "points: 4000")
    Path("long.yaml").write_text(long)
    program = Path(sys.executable).with_name("darkstate")
    command = [program, "sweep", "long.yaml", "--out", "long.zarr"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    until(lambda: _stored("long.zarr"), "the first point")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert "stopped: Every finished point is stored." in said
    status = ds.open_sweep("long.zarr").status()
    assert 0 < status.stored < 8000
    assert status.damaged == 0
    assert os.listdir("long.zarr/table/status")


def _stored(place: str) -> int:
    try:
        return ds.open_sweep(place).status().stored
    except ArgumentError:
        return 0


def test_progress_is_one_short_line():
    running = SweepProgress(5000, 1200, 800, 3, 41.234, 92.0, 20.0, 4, "computing")
    assert str(running) == "1200/5000 points · 3 failed · 41.2/s · 1 min 32 s left"
    slow = SweepProgress(10, 1, 1, 0, 0.01, 900.0, 90.0, 1, "computing")
    assert str(slow) == "1/10 points · 0.6/min · 15 min 0 s left"
    assert duration_text(3 * 86400 + 7300) == "3 d 2 h"
    assert duration_text(7300) == "2 h 1 min"


# Pictures ---------------------------------------------------------------------------------------


def table(*names: str, sizes=(9, 10, 5), point: bool = False) -> xr.Dataset:
    axes = [np.geomspace(1e-3, 1, sizes[k]) for k in range(len(names))]
    grids = np.meshgrid(*axes, indexing="ij")
    dims = ("point",) if point else names
    values = sum(grids) if not point else axes[0]
    coords = {n: ("point" if point else n, axis) for n, axis in zip(names, axes, strict=True)}
    attrs = {"long_name": "$E_N$", "units": "ebit"}
    columns = {"E": (dims, values, attrs), "status": (dims, np.full(np.shape(values), "certified"))}
    found = xr.Dataset(columns, coords=coords)
    return found.assign_coords(point=np.arange(sizes[0])) if point else found


def meshes(figure) -> list[QuadMesh]:
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    parts = [part for axes in panels for part in axes.collections]
    return [part for part in parts if isinstance(part, QuadMesh)]


def test_one_parameter_is_a_curve_two_a_map_three_small_multiples():
    (axes,) = plots.sweep_picture(table("a")).axes
    assert axes.get_xscale() == "log" and len(axes.lines) == 1
    figure = plots.sweep_picture(table("a", "b"))
    (mesh,) = meshes(figure)
    np.testing.assert_array_equal(mesh.get_array(), table("a", "b")["E"].T)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("a", "b")
    panels = meshes(plots.sweep_picture(table("a", "b", "c")))
    assert len(panels) == 5
    assert len({mesh.get_clim() for mesh in panels}) == 1


def test_few_lines_are_curves():
    assert len(plots.sweep_picture(table("a", "b", sizes=(9, 3))).axes[0].lines) == 3


def test_what_is_missing_is_grey_and_what_is_doubtful_hatched():
    data = table("a", "b")
    data["E"][2, 3] = np.nan
    data["status"] = data["status"].astype(object)
    data["status"][4, 5] = "suspect"
    figure = plots.sweep_picture(data)
    (mesh,) = meshes(figure)
    assert mesh.get_array().mask.sum() == 1 and mesh.get_array().mask[3, 2]
    hatched = [p for p in figure.axes[0].collections if type(p) is PolyCollection]
    assert len(hatched) == 1 and hatched[0].get_hatch()
    (path,) = hatched[0].get_paths()
    corner = path.vertices.min(axis=0)
    a = np.log(np.geomspace(1e-3, 1, 9))
    assert np.log(corner[0]) == pytest.approx((a[3] + a[4]) / 2)


def test_samples_are_clouds_over_each_parameter():
    data = table("a", "b", sizes=(8, 8), point=True)
    figure = plots.sweep_picture(data)
    assert [axes.get_xlabel() for axes in figure.axes] == ["a", "b"]
    offsets = figure.axes[1].collections[0].get_offsets()
    np.testing.assert_array_equal(offsets[:, 1], data["E"])


def test_pictures_refuse_what_they_cannot_draw():
    with pytest.raises(ArgumentError, match="output"):
        plots.sweep_picture(table("a"), "nothing")
    empty = table("a")
    empty["E"][:] = np.nan
    with pytest.raises(ArgumentError, match="column with numbers"):
        plots.sweep_picture(empty)
    with pytest.raises(ArgumentError, match="2 dimensions"):
        plots.sweep_map(table("a")["E"])
    with pytest.raises(ArgumentError, match="3 dimensions"):
        plots.sweep_panels(table("a")["E"])


def test_the_shipped_scenario_is_a_sweep():
    swept = sweep_of(load_scenario(REPOSITORY / "scenarios" / "loss_sweep.yaml"))
    assert swept.shape == (13, 4)
    swept.check_outputs()
