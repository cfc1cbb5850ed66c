"""What is stored: tables, journals, resumed and changed sweeps, retries, exports."""

from __future__ import annotations

import dataclasses
import errno
import json
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from sweeps_models import CLOCK, Toy, calls, drawn, noted, number, refusing, ticking, total

import darkstate as ds
from darkstate.cli.sweep_view import mixture
from darkstate.errors import ArgumentError
from darkstate.sweeps import (
    FullError,
    Sweep,
    grid,
    journal,
    linspace,
    random_points,
    replay,
    run,
    zip_axes,
)

CHAINS = ds.models.CavityChains(2, loss=0.1)
PHYSICAL = ("log_negativity(A1:B1)", "purity", "report.residual", "report.method")


def open_table(store: Path) -> xr.Dataset:
    return xr.open_zarr(store, group="table", consolidated=False)


def toy(folder: Path, *axes, solve=noted, **options) -> Sweep:
    axes = axes or (grid("x", [0.0, 1.0, 2.0]), grid("y", [1.0, 2.0]))
    return Sweep(Toy(folder=str(folder)), axes, ("sum",), solve=solve, **options)


# The table --------------------------------------------------------------------------------------


def test_a_sweep_of_a_model_is_a_labelled_table(tmp_path):
    swept = Sweep(
        CHAINS,
        (linspace("loss", 0.01, 0.2, 3), grid("drive.nbar", [0.5, 1.0])),
        PHYSICAL,
        rate_unit="MHz",
    )
    table = ds.sweep(swept, tmp_path / "s.zarr").table()
    assert dict(table.sizes) == {"loss": 3, "drive.nbar": 2}
    np.testing.assert_array_equal(table["loss"], linspace("loss", 0.01, 0.2, 3).column("loss"))
    for k, (loss, nbar) in enumerate((x, n) for x in table["loss"] for n in table["drive.nbar"]):
        drive = ds.SqueezedDrive(nbar=float(nbar))
        result = ds.steady_state(dataclasses.replace(CHAINS, loss=float(loss), drive=drive))
        entry = table.isel({"loss": k // 2, "drive.nbar": k % 2})
        assert float(entry["purity"]) == ds.purity(result.state)
        assert float(entry["log_negativity_A1_B1"]) == ds.log_negativity(result.state, "A1", "B1")
        assert float(entry["report_residual"]) == result.report.residual
        assert str(entry["report_method"].values) == result.report.method
    assert set(table["status"].values.flat) == {"certified"}
    assert table["log_negativity_A1_B1"].attrs["units"] == "ebit"
    assert table["loss"].attrs["units"] == "MHz"
    assert json.loads(table.attrs["model"])["hopping"] == 1.0  # a default
    assert json.loads(table.attrs["versions"])["darkstate"] == ds.__version__


def test_samples_and_columns_have_a_dimension_of_points(tmp_path):
    columns = zip_axes(grid("x", [1.0, 2.0]), grid("part.kind", ["a", "b"]))
    table = ds.sweep(toy(tmp_path, columns, solve=total), tmp_path / "s.zarr").table()
    assert table["sum"].dims == ("point",)
    assert table["x"].dims == table["part.kind"].dims == ("point",)
    assert list(table["part.kind"].values) == ["a", "b"]
    sampled = toy(tmp_path, random_points({"x": (0, 1), "y": (0, 2)}, 5), solve=total)
    table = ds.sweep(sampled, tmp_path / "t.zarr").table()
    expected = [
        number(Toy(x=float(x), y=float(y))) for x, y in zip(table["x"], table["y"], strict=True)
    ]
    np.testing.assert_array_equal(table["sum"], expected)


def test_the_arrays_are_the_table_for_any_zarr_reader(tmp_path):
    store = ds.sweep(toy(tmp_path, solve=refusing, seed=None), tmp_path / "s.zarr")
    table = store.table()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = open_table(store.path).load()
    assert read.attrs["darkstate sweep table"] == "6 of 6 points stored"
    for name in table.variables:
        assert read[name].dims == table[name].dims
        assert list(read[name].values.flat) == list(table[name].values.flat), name
        assert read[name].attrs == table[name].attrs


def test_values_that_are_no_numbers_label_their_entries(tmp_path):
    axes = (grid("sites", [[1.0, 2.0], [3.0, 4.0]]), grid("part.kind", ["a", "b"]))
    table = ds.sweep(toy(tmp_path, *axes, solve=total), tmp_path / "s.zarr").table()
    assert list(table["sites"].values) == ["[1.0,2.0]", "[3.0,4.0]"]
    difference = table["sum"][1] - table["sum"][0]
    np.testing.assert_allclose(difference, 4.0, rtol=1e-14)


def test_an_evolution_ends_at_its_last_time(tmp_path):
    from darkstate.scenarios import TimeGrid

    swept = Sweep(CHAINS, (grid("times.stop", [1.0, 3.0]),), ("purity",), times=TimeGrid(1.0))
    table = ds.sweep(swept, tmp_path / "s.zarr").table()
    for stop, purity in zip(table["times.stop"].values, table["purity"].values, strict=True):
        state = ds.evolve(CHAINS, TimeGrid(float(stop)).values()).state
        assert purity == ds.purity(state)


# Once only --------------------------------------------------------------------------------------


def test_a_rerun_computes_nothing_and_a_new_value_only_what_is_new(tmp_path):
    store = tmp_path / "s.zarr"
    first = ds.sweep(toy(tmp_path), store).table()
    assert len(calls(tmp_path)) == 6
    assert ds.sweep(toy(tmp_path), store).table().identical(first)
    assert len(calls(tmp_path)) == 6
    wider = toy(tmp_path, grid("x", [2.0, 5.0, 0.0]), grid("y", [1.0, 2.0]))
    second = ds.sweep(wider, store).table()
    assert calls(tmp_path)[6:] == ["5.0 1.0", "5.0 2.0"]
    same = second["sum"].sel(x=[0.0, 2.0]).values
    np.testing.assert_array_equal(same, first["sum"].sel(x=[0.0, 2.0]).values)
    fresh = ds.sweep(wider, tmp_path / "fresh.zarr").table()
    assert fresh.identical(second)
    assert open_table(store)["sum"].shape == (3, 2)
    more_axes = toy(tmp_path, grid("x", [0.0]), grid("y", [1.0]), grid("count", [2, 3]))
    ds.sweep(more_axes, store)
    assert len(calls(tmp_path)) == 6 + 2 + 6 + 1  # count = 2 was the base value


def test_points_that_ask_the_same_are_computed_once(tmp_path):
    axes = (zip_axes(grid("x", [1, 2]), grid("y", [1.0, 2.0])), grid("part.z", [0.5]))
    twins = toy(tmp_path, axes[0])
    twins = dataclasses.replace(twins, axes=(dataclasses.replace(axes[0], rows=((1, 1.0),) * 3),))
    table = ds.sweep(twins, tmp_path / "s.zarr").table()
    assert len(calls(tmp_path)) == 1
    assert len(set(table["sum"].values)) == 1


def test_what_fails_is_stored_as_failed_and_retried_alone(tmp_path):
    axes = (grid("x", [1.0, 200.0]), grid("y", [0.0, 1.0]))
    swept, place = toy(tmp_path, *axes, solve=refusing), tmp_path / "s.zarr"
    store = ds.sweep(swept, place)
    table, status = store.table(), store.status()
    assert status.counts == {"failed": 3, "converged": 1}
    assert "ZeroDivisionError: nothing to divide by" in status.failures
    refused = table.sel(x=200.0)
    assert all("`x` must be <= 100" in str(message) for message in refused["message"].values)
    assert np.isnan(refused["sum"]).all()
    assert float(table["sum"].sel(x=1.0, y=1.0)) == number(Toy(x=1.0, y=1.0))
    ds.sweep(swept, place)  # a rerun leaves them alone
    assert store.status().sessions == 1
    (tmp_path / "mended").touch()
    ds.sweep(swept, place, retry=True)
    after = store.status()
    assert after.counts == {"converged": 2, "failed": 2}
    assert (after.sessions, len(store.scan().records)) == (2, 4)
    assert store.scan().repeated == 0


def test_a_measure_that_does_not_apply_fails_at_its_points_only(tmp_path):
    swept = Sweep(CHAINS, (grid("loss", [0.1, 0.2]),), ("concurrence(A1:B1)",))
    status = ds.sweep(swept, tmp_path / "s.zarr").status()
    assert status.counts == {"failed": 2}
    (message,) = status.failures
    assert "concurrence is not defined for a GaussianState" in message


def test_an_unstable_point_says_so_and_stops_nothing(tmp_path):
    swept = Sweep(CHAINS, (grid("hopping", [0.0, 1.0]),), ("purity",))
    swept = dataclasses.replace(swept, model=dataclasses.replace(CHAINS, loss=0.0))
    table = ds.sweep(swept, tmp_path / "s.zarr").table()
    assert list(table["status"].values) == ["failed", "certified"]
    assert "some modes are not damped" in str(table["message"].values[0])


# Random numbers ---------------------------------------------------------------------------------


def test_random_points_come_again_from_the_stored_seed(tmp_path):
    axes = (grid("x", [1.0, 2.0]), grid("y", [3.0, 4.0]))
    swept = Sweep(Toy(), axes, ("draw",), solve=drawn)
    store = ds.sweep(swept, tmp_path / "a.zarr")
    table = store.table()
    assert len(set(table["draw"].values.flat)) == 4
    for point, value in enumerate(table["draw"].values.flat):
        assert replay(swept, store, point)["draw"] == value
    again = dataclasses.replace(swept, seed=int(table.attrs["entropy"]))
    assert ds.sweep(again, tmp_path / "b.zarr").table().identical(table)
    other = ds.sweep(swept, tmp_path / "c.zarr").table()
    assert not set(other["draw"].values.flat) & set(table["draw"].values.flat)
    seed = np.random.SeedSequence(
        int(table.attrs["entropy"]), spawn_key=tuple(table["spawn_key"].values[0, 1].tolist())
    )
    words = seed.generate_state(4).tolist()
    assert int(table["engine_seed"].values[0, 1]) == sum(w << (32 * k) for k, w in enumerate(words))


def test_seeds_can_be_an_axis(tmp_path):
    swept = Sweep(Toy(), (grid("seed", [1, 2, 3]),), ("draw",), solve=drawn)
    first = ds.sweep(swept, tmp_path / "a.zarr").table()
    second = ds.sweep(swept, tmp_path / "b.zarr").table()
    np.testing.assert_array_equal(first["draw"], second["draw"])
    assert len(set(first["draw"].values)) == 3


def test_a_sampling_engine_is_given_its_seed(tmp_path):
    pair = ds.models.DualRail(1, 0.5)
    engine = ds.engines.Trajectories(trajectories=3, burn_in=0.2, duration=0.4)
    swept = Sweep(pair, (grid("dephasing", [0.0, 0.1]),), ("purity",), engine=engine, seed=7)
    store = ds.sweep(swept, tmp_path / "s.zarr")
    table = store.table()
    seed = int(table["engine_seed"].values[1])
    model = dataclasses.replace(pair, dephasing=0.1)
    direct = ds.steady_state(model, dataclasses.replace(engine, seed=seed))
    assert float(table["purity"][1]) == ds.purity(direct.state)
    assert ds.purity(replay(swept, store, 1).state) == float(table["purity"][1])


# Journals ---------------------------------------------------------------------------------------


def test_a_journal_that_ends_anywhere_loses_only_its_last_line(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    (segment,) = journal.segments(store.journal)
    data = segment.read_bytes()
    whole = store.scan().records
    ends = [k + 1 for k, byte in enumerate(data) if byte == ord("\n")]
    cuts = {*range(0, len(data), 11), *(end + k for end in ends for k in (-1, 0, 1))}
    for cut in sorted(cut for cut in cuts if cut <= len(data)):
        segment.write_bytes(data[:cut])
        found = store.scan()
        lines = sum(end <= cut for end in ends)
        assert found.damaged == (cut > 0 and cut not in ends)
        assert found.records == dict(list(whole.items())[: _points(data, lines)])


def _points(data: bytes, lines: int) -> int:
    bodies = [json.loads(line[9:]) for line in data.split(b"\n")[:lines]]
    return sum(len(body.get("records", ())) for body in bodies)


def test_a_flipped_bit_costs_its_line_and_no_other(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    before = store.table()
    (segment,) = journal.segments(store.journal)
    lines = [bytearray(line) for line in segment.read_bytes().splitlines(keepends=True)]
    lines[2][-30] ^= 1
    segment.write_bytes(b"".join(lines))
    found = store.scan()
    assert found.damaged == 1
    assert 0 < 6 - len(found.records) < 6 or len(found.records) == 0
    ds.sweep(toy(tmp_path), store.path)
    assert store.table().identical(before)


def test_records_keep_every_bit(tmp_path):
    values = (0.1 + 0.2, 5e-324, -0.0, 1e308, float("inf"), float("nan"), "text \n ü", None)
    record = ds.sweeps.journal.Record("k" * 64, "suspect", "why\n", values, 0.25, 2**127 + 1)
    segment = journal.Segment(tmp_path, {}, {})
    segment.append([record])
    segment.close()
    (found,) = journal.scan(tmp_path).records.values()
    assert repr(found) == repr(record)


def test_the_arrays_may_be_lost_but_not_the_points(tmp_path):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    before = store.table()
    for path in (store.path / "table" / "sum").rglob("*"):
        if path.is_file() and path.name != "zarr.json":
            path.unlink()
    assert store.table().identical(before)
    ds.sweep(toy(tmp_path), store.path)
    np.testing.assert_array_equal(open_table(store.path)["sum"], before["sum"])
    assert len(calls(tmp_path)) == 6


def test_a_table_is_there_whole_or_as_it_was(tmp_path, monkeypatch):
    """The process dies after any number of columns; whoever reads then sees the old table."""
    import zarr

    swept, place, left = toy(tmp_path, solve=total), tmp_path / "s.zarr", [0]
    write = zarr.Array.__setitem__

    def dying(array, where, values):
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "dead")
        left[0] -= 1
        write(array, where, values)

    ds.sweep(swept, place)
    wider = toy(tmp_path, grid("x", [5.0]), solve=total)
    for survived in (0, 3):
        left[0] = survived
        with monkeypatch.context() as patch, pytest.raises(FullError):
            patch.setattr(zarr.Array, "__setitem__", dying)
            ds.sweep(wider, place)
        with open_table(place) as read:
            assert read.sizes == {"x": 3, "y": 2}
        assert sorted(path.name for path in place.iterdir()) == ["journal", "table", "zarr.json"]
    assert ds.sweep(wider, place).table().sizes == open_table(place).sizes == {"x": 1}


# Places and other formats -----------------------------------------------------------------------


def test_other_folders_are_not_touched(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    with pytest.raises(ArgumentError, match="store of a sweep"):
        ds.sweep(toy(tmp_path), tmp_path / "thesis")
    assert [p.name for p in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]
    with pytest.raises(ArgumentError, match="store of a sweep"):
        ds.open_sweep(tmp_path / "thesis")
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError):
        ds.sweep(toy(tmp_path), tmp_path / "file")
    ds.steady_state(CHAINS).save(tmp_path / "result.zarr")
    with pytest.raises(ArgumentError, match="store of a sweep"):
        ds.sweep(toy(tmp_path), tmp_path / "result.zarr")


def test_exports_hold_the_table(tmp_path):
    axes = (grid("x", [1.0, 200.0]), zip_axes(grid("y", [0.0, 1.0]), grid("part.kind", ["a", "b"])))
    store = ds.sweep(toy(tmp_path, *axes, solve=refusing), tmp_path / "s.zarr")
    table = store.table()
    with xr.open_dataset(store.export(tmp_path / "deep" / "s.nc")) as read:
        for name in table.variables:
            assert list(read[name].values.astype(str).flat) == [
                str(value) for value in table[name].astype(read[name].dtype).values.flat
            ]
    lines = store.export(tmp_path / "s.csv").read_text().splitlines()
    assert lines[0].split(",")[:5] == ["x", "point", "y", "part.kind", "sum"]
    assert len(lines) == 5
    assert float(lines[2].split(",")[4]) == float(table["sum"][0, 1])
    with pytest.raises(ArgumentError, match=r"\.nc or \.csv"):
        store.export(tmp_path / "s.txt")
    assert sorted(p.name for p in tmp_path.glob("*.csv")) == ["s.csv"]


@pytest.mark.parametrize("name", ["s.csv", "s.nc"])
def test_exports_replace_only_exports_and_only_if_asked(tmp_path, name):
    store = ds.sweep(toy(tmp_path), tmp_path / "s.zarr")
    place = store.export(tmp_path / name)
    with pytest.raises(ArgumentError, match="must be new"):
        store.export(place)
    assert store.export(place, overwrite=True) == place
    place.write_text("mine,x\n1,2\n")
    with pytest.raises(ArgumentError, match="hold an earlier"):
        store.export(place, overwrite=True)
    assert place.read_text() == "mine,x\n1,2\n"


def test_progress_is_told_and_written(tmp_path, monkeypatch):
    monkeypatch.setattr("darkstate.sweeps.progress.EVERY_SECONDS", 0.0)
    told: list[ds.sweeps.SweepProgress] = []
    seen: list[dict] = []
    file = tmp_path / "s.zarr" / "journal" / "progress.json"

    def listen(progress, fraction):
        assert fraction == progress.stored / progress.total
        told.append(progress)
        seen.append(json.loads(file.read_text()) if file.exists() else {})

    ds.sweep(toy(tmp_path, grid("x", [1.0, 200.0, 2.0]), solve=refusing), tmp_path / "s.zarr",
             progress=listen)  # fmt: skip
    assert [p.stored for p in told] == sorted(p.stored for p in told)
    last = told[-1]
    assert (last.total, last.stored, last.done, last.failed, last.what) == (3, 3, 3, 1, "done")
    assert seen[-1]["stored"] <= 3
    assert json.loads(file.read_text())["what"] == "done"


def test_the_arrays_are_brought_up_to_date_during_a_run(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "VIEW_SECONDS", 0.0)
    marks = []

    def listen(progress, fraction):
        if (tmp_path / "s.zarr" / "table").exists():
            marks.append(open_table(tmp_path / "s.zarr").attrs["darkstate sweep table"])

    monkeypatch.setattr("darkstate.sweeps.progress.EVERY_SECONDS", 0.0)
    # a clock that stands still while the arrays are written
    watch = SimpleNamespace(monotonic=lambda: CLOCK[0], strftime=time.strftime, gmtime=time.gmtime)
    monkeypatch.setattr(run, "time", watch)
    swept = Sweep(Toy(), (linspace("x", 0, 1, 12),), ("sum",), solve=ticking)
    ds.sweep(swept, tmp_path / "s.zarr", progress=listen)
    stored = [int(mark.split()[0]) for mark in marks]
    assert stored == sorted(stored) and 0 < stored[0] < stored[-1] == 12


# Versions ---------------------------------------------------------------------------------------


def test_every_point_knows_what_computed_it_and_a_mixture_is_said(tmp_path, monkeypatch):
    swept, place = toy(tmp_path, grid("x", [0.0, 1.0]), solve=total), tmp_path / "s.zarr"
    store = ds.sweep(swept, place)
    (alone,) = store.status().versions
    assert set(alone) == {"points", "python", "darkstate", "numpy", "scipy", "blas"}
    assert alone["numpy"] == np.__version__ and alone["blas"] != "unknown"
    assert "mixed_versions" not in store.table().attrs
    other = {name: text for name, text in alone.items() if name != "points"} | {"numpy": "1.0"}
    monkeypatch.setattr(run, "software", lambda: other)
    ds.sweep(toy(tmp_path, grid("x", [0.0, 1.0, 2.0]), solve=total), place)
    assert [record.versions == store.records()[0].versions for record in store.records()] == [
        True,
        True,
        False,
    ]
    attributes = open_table(place).attrs
    found = json.loads(attributes["mixed_versions"])
    assert [(one["points"], one["numpy"]) for one in found] == [(2, np.__version__), (1, "1.0")]
    assert json.loads(attributes["versions"])["numpy"] == np.__version__  # of most points
    says = f"2 by numpy {np.__version__}; 1 by numpy 1.0"
    assert mixture(store.status().versions) == says


def test_versions_of_other_machines_stand_with_their_points(tmp_path):
    made = [journal.Record(k * 64, "converged", "", (1.0,), versions=v) for k, v in
            [("a", ""), ("b", '{"numpy":"1"}'), ("c", "")]]  # fmt: skip
    segment = journal.Segment(tmp_path, {"versions": {"numpy": "2"}}, {})
    stored = segment.append(made)
    segment.close()
    found = journal.scan(tmp_path).records
    assert [found[k * 64].versions[-3:] for k in "abc"] == ['2"}', '1"}', '2"}']
    assert [found[record.key] for record in stored] == stored
