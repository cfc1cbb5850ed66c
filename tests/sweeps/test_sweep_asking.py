"""What a sweep asks: axes, names, outputs, keys."""

from __future__ import annotations

import dataclasses
import errno
import re

import numpy as np
import pytest
from sweeps_models import Part, Toy, drawn, no_mapping, nothing, total

import darkstate as ds
from darkstate.errors import ArgumentError, CapacityError
from darkstate.sweeps import (
    Axis,
    Sweep,
    csv_points,
    geomspace,
    grid,
    linspace,
    random_points,
    sobol_points,
    zip_axes,
)
from darkstate.sweeps.outputs import output
from darkstate.sweeps.targets import find, replace_at

CHAINS = ds.models.CavityChains(2, loss=0.1)


def toy(*axes: Axis, **options) -> Sweep:
    return Sweep(Toy(), axes, **{"outputs": ("sum",), "solve": total} | options)


# Axes -------------------------------------------------------------------------------------------


def test_spans_have_both_ends_and_equal_steps_or_ratios():
    linear = linspace("x", 0.1, 0.7, 7).column("x")
    np.testing.assert_allclose(np.diff(linear), 0.1, rtol=1e-13)
    ratios = geomspace("x", 1e-3, 10, 5).column("x")
    np.testing.assert_allclose(np.divide(ratios[1:], ratios[:-1]), 10.0, rtol=1e-13)
    assert (linear[0], linear[-1], ratios[0], ratios[-1]) == (0.1, 0.7, 1e-3, 10)


@pytest.mark.parametrize("draw", [random_points, sobol_points])
def test_samples_stay_in_their_ranges_and_more_points_keep_the_first(draw):
    ranges = {"x": (-1.0, 2.0), "y": (1e-3, 10.0, "log")}
    few, many = draw(ranges, 40, seed=3), draw(ranges, 64, seed=3)
    assert many.rows[:40] == few.rows
    assert draw(ranges, 40, seed=4).rows != few.rows
    x, y = np.array(many.rows).T
    assert x.min() >= -1 and x.max() <= 2
    assert y.min() >= 1e-3 and y.max() <= 10
    assert np.median(y) == pytest.approx(0.1, rel=1.0)  # the middle of the logarithms


def test_sobol_points_fill_every_cell_once():
    """Elementary intervals: 64 points of two dimensions, one in each of 8 x 8 cells."""
    rows = np.array(sobol_points({"x": (0, 1), "y": (0, 1)}, 64).rows)
    cells = np.floor(rows * 8).astype(int)
    assert len({tuple(cell) for cell in cells}) == 64


def test_columns_that_vary_together_are_one_dimension():
    axis = zip_axes(grid("x", [1, 2, 3]), grid("y", [4, 5, 6]))
    assert (axis.dim, axis.names) == ("point", ("x", "y"))
    assert axis.rows == ((1, 4), (2, 5), (3, 6))


def test_a_file_gives_points(tmp_path):
    place = tmp_path / "points.csv"
    place.write_text("x, count,part.kind\n0.5,3,a\n1e-3,4,true\n")
    axis = csv_points(place)
    assert axis.names == ("x", "count", "part.kind")
    assert axis.rows == ((0.5, 3, "a"), (1e-3, 4, True))


BAD_AXES = [
    (lambda: grid("x", []), "at least one value"),
    (lambda: grid("x", [1, 2, 1]), "each value once"),
    (lambda: grid("x", 5), "list of values"),
    (lambda: linspace("x", 0, 1, 1), "points"),
    (lambda: geomspace("x", 0, 1, 5), "positive"),
    (lambda: linspace("x", 1, 1, 5), "different ends"),
    (lambda: zip_axes(grid("x", [1]), grid("y", [1, 2])), "equal length"),
    (lambda: zip_axes(grid("x", [1]), grid("x", [2])), "each once"),
    (lambda: random_points({}, 5), "name at least one"),
    (lambda: sobol_points({"x": (0, 1, "cubic")}, 5), "spacing"),
    (lambda: csv_points("nowhere.csv"), "can be read"),
    (lambda: csv_points("/dev/zero"), "be a file"),
    (lambda: csv_points("."), "be a file"),
    (lambda: csv_points("a\0b"), "name that a file can have"),
    (lambda: csv_points(5), "be a path"),
    (lambda: linspace("x", 0, 1, 10**9), "at most 1000000 points"),
    (lambda: random_points({"x": (0, 1)}, 10**9), "at most 1000000 points"),
    (lambda: sobol_points({"x": (0, 1)}, 10**9), "at most 1000000 points"),
    (lambda: sobol_points({f"x{k}": (0, 1) for k in range(10**5)}, 2), "at most 100"),
    (lambda: grid("x", range(10**9)), "at most 1000000 points"),
    (lambda: grid("x", np.array(3.0)), "list of values"),
    (lambda: grid(5, [1]), "names of text"),
    (lambda: grid("x", [1], dim=5), "names of text"),
    (lambda: zip_axes(grid("x", [1], dim="d"), grid("y", [1, 2], dim="d")), "'x': 1, 'y': 2"),
    (lambda: zip_axes(5), "be axes"),
    (zip_axes, "names|be given"),
    (lambda: random_points(5, 5), "name at least one"),
    (lambda: random_points({"x": 5}, 5), "have a range"),
    (lambda: random_points({"x": (1,)}, 5), "have a range"),
]


@pytest.mark.parametrize(("make", "says"), BAD_AXES)
def test_bad_axes_are_refused(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


def test_numbers_of_points_may_be_numpys():
    ranges, two = {"x": (0.0, 1.0)}, np.int64(2)
    assert sobol_points(ranges, two) == sobol_points(ranges, 2)
    assert random_points(ranges, two, seed=np.int32(3)) == random_points(ranges, 2, seed=3)
    assert linspace("x", 0, 1, two) == linspace("x", 0, 1, 2)


def test_long_files_are_refused_before_they_are_read_to_their_end(tmp_path, monkeypatch):
    monkeypatch.setattr("darkstate.sweeps.axes.MOST_POINTS", 10)
    monkeypatch.setattr("darkstate.sweeps.csv_files.MOST_POINTS", 10)
    place, seen = tmp_path / "points.csv", []
    monkeypatch.setattr("darkstate.sweeps.csv_files._cell", seen.append)
    place.write_text("x\n" + "1\n" * 1000)
    with pytest.raises(ArgumentError, match="at most 10 points"):
        csv_points(place)
    assert len(seen) == 11
    with place.open("wb") as stream:
        stream.truncate(2**24)
    with pytest.raises(ArgumentError, match="a line has 1048576 characters or more"):
        csv_points(place)


# Names ------------------------------------------------------------------------------------------

OBJECTS = {"model": Toy(), "engine": ds.engines.Gaussian(), "times": None}


@pytest.mark.parametrize(
    ("name", "root", "steps"),
    [
        ("x", "model", ("x",)),
        ("model.x", "model", ("x",)),
        ("sites[2]", "model", ("sites", 2)),
        ("part.z", "model", ("part", "z")),
        ("engine.rtol", "engine", ("rtol",)),
        ("engine", "engine", ()),
        ("seed", "seed", ()),
    ],
)
def test_names_are_found(name, root, steps):
    target = find(name, OBJECTS)
    assert (target.root, target.steps) == (root, steps)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("z", "Known: x, y, count"),
        ("sitess", "Did you mean 'sites'"),
        ("sites[3]", "from 0 to 2"),
        ("x[0]", r"no \[0\]"),
        ("part.y", "parameter of Part"),
        ("x.y", "end before"),
        ("engine.rtoll", "Did you mean 'rtol'"),
        ("times.stop", "times is not"),
        ("x y", "name of a parameter"),
        ("", "name of a parameter"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(name, says):
    with pytest.raises(ArgumentError, match=says):
        find(name, OBJECTS)


def test_values_are_put_in_their_places():
    changed = replace_at(Toy(), [(("sites", 1), 9.0), (("part", "z"), 7.0), (("x",), 5.0)])
    assert changed == Toy(x=5.0, sites=(1.0, 9.0, 3.0), part=Part(z=7.0))


def test_values_take_the_type_of_their_parameter():
    swept = toy(grid("x", [1, 2]), grid("count", [1.0, 3.0]))
    assert swept.values(3) == (2.0, 3)
    assert [type(value) for value in swept.values(3)] == [float, int]


def test_points_are_numbered_with_the_last_axis_fastest():
    swept = toy(grid("x", [0, 1]), zip_axes(grid("y", [5, 6, 7]), grid("count", [1, 2, 3])))
    found = [swept.values(k) for k in range(len(swept))]
    assert found == [(x, y, c) for x in (0, 1) for y, c in ((5, 1), (6, 2), (7, 3))]
    assert swept.inputs(found[4]).model == Toy(x=1.0, y=6.0, count=2)


def test_a_whole_part_or_the_engine_itself_can_vary():
    swept = Sweep(
        CHAINS,
        (
            grid("drive", [ds.SqueezedDrive(nbar=2.0), ds.ParametricDrive()]),
            grid("engine", [ds.engines.Gaussian(), ds.engines.Gaussian(rtol=1e-6)]),
        ),
    )
    asked = swept.inputs(swept.values(3))
    assert asked.model.drive == ds.ParametricDrive()
    assert asked.engine == ds.engines.Gaussian(rtol=1e-6)


# Outputs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "asked"),
    [
        ("log_negativity(A1, B1)", "log_negativity_A1_B1", "log_negativity(A1:B1)"),
        ("log_negativity( A1+A2 : B1 )", "log_negativity_A1+A2_B1", "log_negativity(A1+A2:B1)"),
        ("purity", "purity", "purity"),
        ("entropy(A1+B1)", "entropy_A1+B1", "entropy(A1+B1)"),
        ("report.residual", "report_residual", "report.residual"),
        ("report.truncation.window tail", None, None),
        ("report.truncation.window_tail", "report_truncation_window_tail", None),
    ],
)
def test_outputs_are_read(text, name, asked):
    if name is None:
        with pytest.raises(ArgumentError):
            output(text)
    else:
        assert output(text).name == name
        assert output(text).question == asked or asked is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("purty", "Did you mean 'purity'"),
        ("log_negativity", "two parties"),
        ("log_negativity(A1)", "two parties"),
        ("purity(A1:B1)", "at most one party"),
        ("report.resid", "Did you mean 'residual'"),
        ("report.provenance", "field of the report"),
        ("report.truncation", "one truncation error"),
        (5, "measure or a report field"),
    ],
)
def test_outputs_that_do_not_exist_are_refused(text, says):
    with pytest.raises(ArgumentError, match=says):
        Sweep(CHAINS, (grid("loss", [0.1]),), outputs=(text,))


def test_labels_that_no_network_has_are_refused_before_anything_runs(tmp_path):
    small = Sweep(CHAINS, (grid("loss", [0.1]),), outputs=("log_negativity(A3:B3)",))
    with pytest.raises(ArgumentError, match="A3"):
        ds.sweep(small, tmp_path / "s.zarr")
    assert not (tmp_path / "s.zarr").exists()
    dataclasses.replace(small, axes=(grid("sites", [2, 4]),)).check_outputs()  # some have it


REFUSED = [
    (lambda: Sweep(CHAINS, ()), "axes"),
    (lambda: Sweep(CHAINS, (grid("los", [1]),)), "Did you mean 'loss'"),
    (lambda: Sweep(CHAINS, (grid("loss", [1]), grid("loss", [2]))), "different names"),
    (lambda: Sweep(CHAINS, (grid("loss", [1], "a"), grid("loss", [2], "b"))), "overlap"),
    (lambda: toy(grid("part.z", [1]), grid("part", [Part()])), "overlap"),
    (lambda: Sweep(CHAINS, (grid("loss", [1]),), outputs=()), "outputs"),
    (lambda: Sweep(CHAINS, (grid("loss", [1]),), outputs=("purity", "purity")), "once"),
    (lambda: Sweep(CHAINS, (grid("seed", [1, 2]),)), "nothing here is random"),
    (
        lambda: Sweep(CHAINS, (grid("loss", [1]),), engine=ds.engines.Gaussian(), vectorise=True),
        "come without engine",
    ),
    (lambda: Sweep("chains", (grid("loss", [1]),)), "model"),
    (lambda: toy(grid("x", [1]), seed=-1), "seed"),
    (lambda: toy(5), "be axes"),
    (lambda: Sweep(Toy(), 5, solve=total), "be axes"),
    (lambda: Sweep(Toy(), (grid("x", [1]),), outputs=5, solve=total), "list of outputs"),
    (lambda: toy(grid("x", [1]), solve=5), "be a function"),
    (lambda: Sweep(CHAINS, (grid("loss", [1]),), engine="Gaussian"), "be an engine"),
    (lambda: Sweep(CHAINS, (grid("loss", [1]),), times=[1.0]), "times of an evolution"),
    (lambda: toy(grid("x", [1]), vectorise="yes"), "True or False"),
    (lambda: toy(grid("x", [1]), name=5), "be text"),
    (lambda: toy(grid("x", [1]), rate_unit=5), "be text"),
    (
        lambda: toy(grid("x", np.arange(10.0**5)), grid("y", np.arange(10.0**5)), outputs=("sum",)),
        "at most 1000000 points together",
    ),
    (lambda: toy(grid("x", [1], dim="a/b")), "without slashes"),
    (lambda: toy(grid("x", [1], dim="a\x1b[2J")), "control characters"),
    (lambda: toy(grid("x", [1], dim="a\u202eb")), "control characters"),
    (lambda: toy(grid("x", [1], dim="word")), "columns of every table"),
    (lambda: toy(grid("x", [1], dim=" ")), "without slashes"),
    (lambda: toy(grid("x", [1], dim="status")), "columns of every table"),
    (lambda: toy(grid("x", [1], dim="y"), grid("y", [1], dim="z")), "parameters of other axes"),
    (lambda: toy(grid("x", [1]), outputs=("../../sum",)), "without slashes|measure"),
    (lambda: toy(grid("x", [1]), outputs=("status",)), "columns of every table"),
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_bad_sweeps_are_refused(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


@dataclasses.dataclass(frozen=True)
class Taken:
    status: float = 1.0


def test_a_parameter_whose_name_is_taken_has_another_one():
    with pytest.raises(ArgumentError, match=r"'model\.status'"):
        Sweep(Taken(), (grid("status", [1.0]),), ("sum",), solve=total)
    assert len(Sweep(Taken(), (grid("model.status", [1.0]),), ("sum",), solve=total)) == 1


def test_wrong_objects_are_named(tmp_path):
    swept, place = toy(grid("x", [1.0])), tmp_path / "s.zarr"
    store = ds.sweep(swept, place)
    wrong = {
        "sweep": lambda: ds.sweep(5, place),
        "store": lambda: ds.sweep(swept, 5),
        "a name that a file can have": lambda: ds.sweep(swept, "a\0b"),
        "progress": lambda: ds.sweep(swept, place, progress=5),
        "source": lambda: ds.sweep(swept, place, source="x.yaml"),
        "retry": lambda: ds.sweep(swept, place, retry="yes"),
        "scheduler": lambda: ds.sweep(swept, place, scheduler=5),
        "workers": lambda: ds.sweep(swept, place, workers="two"),
        "be a SweepStore": lambda: ds.sweeps.replay(swept, str(place), 0),
        "be a Sweep,": lambda: ds.sweeps.replay(5, store, 0),
        "be < 1": lambda: ds.sweeps.replay(swept, store, 1),
        "be a path": lambda: ds.open_sweep(5),
        "read": lambda: ds.open_sweep("a" * 5000),
        "place that can be written": lambda: ds.sweep(swept, "/dev/null/s.zarr"),
    }
    for says, call in wrong.items():
        with pytest.raises(ArgumentError, match=says):
            call()


def test_a_place_for_the_lock_that_is_taken_is_named(tmp_path):
    swept = toy(grid("x", [1.0]))
    (ds.sweep(swept, tmp_path / "s.zarr").journal / "lock").unlink()
    (tmp_path / "s.zarr" / "journal" / "lock").mkdir()
    with pytest.raises(ArgumentError, match="Is a directory"):
        ds.sweep(swept, tmp_path / "s.zarr")


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    import fcntl

    def flock(handle, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(CapacityError, match=r"file system with locks.*local disk"):
        ds.sweep(toy(grid("x", [1.0])), tmp_path / "s.zarr")


@pytest.mark.parametrize(
    ("solve", "says"), [(nothing, "sum is NaN"), (no_mapping, "return a Result or a mapping")]
)
def test_what_is_no_number_is_stored_as_failed(tmp_path, solve, says):
    store = ds.sweep(toy(grid("x", [1.0]), solve=solve), tmp_path / "s.zarr")
    (message,) = store.status().failures
    assert says in message


# Keys -------------------------------------------------------------------------------------------


def key(**options) -> str:
    return toy(grid("x", [1.0]), **options).keys()[0]


def test_a_key_is_the_content_of_what_is_asked():
    base = toy(grid("x", [1.0, 2.0]), grid("y", [3.0]))
    same = toy(grid("y", [4.0, 3.0]), grid("x", [2.0]), name="other")
    assert base.keys()[1] == same.keys()[1]  # x = 2, y = 3, whatever the axes
    fixed = Sweep(Toy(y=3.0), (grid("x", [2]),), ("sum",), solve=total)
    assert fixed.keys()[0] == base.keys()[1]  # and whether it varies or not
    keys = base.keys()
    assert len(set(keys)) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)


def test_a_key_changes_with_everything_that_counts(monkeypatch):
    seen = [
        Sweep(Toy(), (grid("x", [1]),), ("sum",), solve=total),
        Sweep(Toy(count=3), (grid("x", [1]),), ("sum",), solve=total),
        Sweep(Toy(part=Part(z=0.6)), (grid("x", [1]),), ("sum",), solve=total),
        Sweep(Toy(), (grid("x", [2]),), ("sum",), solve=total),
        Sweep(Toy(), (grid("x", [1]),), ("sum", "other"), solve=total),
        Sweep(Toy(), (grid("x", [1]),), ("draw",), solve=drawn, seed=1),
        Sweep(Toy(), (grid("x", [1]),), ("draw",), solve=drawn, seed=2),
        Sweep(CHAINS, (grid("loss", [1]),)),
        Sweep(CHAINS, (grid("loss", [1]),), engine=ds.engines.Gaussian()),
        Sweep(CHAINS, (grid("loss", [1]),), engine=ds.engines.Gaussian(rtol=1e-6)),
        Sweep(CHAINS, (grid("loss", [1]),), vectorise=True),
    ]
    keys = [swept.keys()[0] for swept in seen]
    assert len(set(keys)) == len(keys)
    from darkstate.sweeps import definition

    monkeypatch.setattr(definition, "code_version", lambda: {"darkstate": "another"})
    assert not set(keys) & {swept.keys()[0] for swept in seen}


def test_parameters_of_any_plain_kind_have_keys():
    swept = Sweep(
        ds.models.DualRail(2, 1.0),
        (grid("detunings_a", [[0.1, 0.2], np.array([0.3, 0.4])]), grid("bandwidth", [5, np.inf])),
    )
    assert len(set(swept.keys())) == 4
    assert swept.inputs(swept.values(3)).model.detunings_a == (0.3, 0.4)


def test_what_has_no_name_cannot_be_asked_for():
    with pytest.raises(ArgumentError, match="name of its own"):
        toy(grid("x", [1]), solve=lambda model, engine: {"sum": 1.0}).keys()
