"""Columns of tables: every name survives storage, every number is a number, or the message says."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import darkstate as ds
from darkstate.engines import Collective, Lindblad, Trajectories
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.results.stored_tables import NAME, read_table, write_table
from darkstate.states import DensityState, PureState
from darkstate.systems import (
    Ensemble,
    Jump,
    OpenSystem,
    Qubit,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    spin_z,
)

Q = Qubit("q")
DRIVEN = OpenSystem((Q,), 0.3 * sigma_x(Q), (Jump(sigma_minus(Q), 1.0),))
CHAINS = ds.models.CavityChains(1, loss=0.1)
TIMES = [0.0, 1.0, 2.0]

NAMES = [
    "E A1/B1",
    "/",
    ".",
    "..",
    "../E",
    "",
    " ",
    "E",
    "e",
    "Straße",
    "STRASSE",
    "µ/ν",
    "x" * 300,
    "zarr.json",
    "ZARR.JSON",
    "__init__",
    "log_negativity_A1+A2_B1",
    "detunings_a[2]",
    "drive.nbar",
    "a:b",
    "a\\b",
    "line\nbreak",
    "nul\0",
    "column_1",
    "Column_2",
    "time",
]


def table_of(names: list[str]) -> xr.Dataset:
    columns = {name: ("t", np.arange(3.0) + k, {"units": "s"}) for k, name in enumerate(names)}
    return xr.Dataset(columns, coords={"t": [0.5, 1.5, 2.5], "of/day": ("t", ["a", "b", "c"])})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_survives_storage(tmp_path, name):
    table = table_of([name])
    write_table(table, tmp_path / "x.zarr", "table")
    assert read_table(tmp_path / "x.zarr", "table").identical(table)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x.zarr"]  # nothing beside it


def test_all_names_survive_together(tmp_path):
    table = table_of(NAMES)
    write_table(table, tmp_path / "x.zarr")
    assert read_table(tmp_path / "x.zarr").identical(table)
    folders = [each.name for each in (tmp_path / "x.zarr").iterdir()]
    assert len({name.casefold() for name in folders}) == len(NAMES) + 2 + 1  # and zarr.json


def test_names_of_dimensions_survive(tmp_path):
    table = xr.Dataset({"a/b": (("x/y", ".."), np.ones((2, 1)))}, coords={"x/y": [1.0, 2.0]})
    write_table(table, tmp_path / "x.zarr")
    assert read_table(tmp_path / "x.zarr").identical(table)


def test_ordinary_names_stay_folders_and_others_say_their_name(tmp_path):
    """So that any zarr library reads the columns, and a reader of the file finds the name."""
    table = table_of(["log_negativity", "E A1/B1"])
    write_table(table, tmp_path / "x.zarr")
    plain = xr.open_zarr(tmp_path / "x.zarr", consolidated=False, decode_timedelta=False)
    assert "log_negativity" in plain
    assert plain["column_1"].attrs[NAME] == "E A1/B1"
    assert NAME not in table["E A1/B1"].attrs  # the table that was written is left alone


def test_a_name_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="names of text"):
        write_table(xr.Dataset({3: ("t", [1.0])}), tmp_path / "x.zarr")


def test_results_keep_their_columns(tmp_path):
    measures = {
        "E A1/B1": lambda state: ds.log_negativity(state, "A1", "B1"),
        "p": ds.purity,
        "<a b>": lambda state: state.anomalous[0, 1],
    }
    result = ds.evolve(CHAINS, TIMES, measures=measures)
    loaded = ds.load_result(result.save(tmp_path / "x.zarr"))
    assert loaded.table is not None
    assert result.table is not None
    assert loaded.table.identical(result.table)
    assert set(loaded.table) == set(measures)
    assert loaded.table["<a b>"].dtype.kind == "c"


REFUSED = {
    "a column called time": ({"time": ds.purity}, "measures", "'time'"),
    "a column without a name": ({"": ds.purity}, "measures", "''"),
    "a name of spaces": ({" ": ds.purity}, "measures", "' '"),
    "a number for a name": ({1: ds.purity}, "measures", "1"),
    "a list of measures": ([ds.purity], "measures", "[<measure purity>]"),
    "a measure alone": (ds.purity, "measures", "<measure purity>"),
    "a name of a measure": ({"p": "purity"}, "measures['p']", "'purity'"),
    "a value": ({"p": 1.0}, "measures['p']", "1.0"),
    "an operator": ({"z": sigma_z(Q)}, "measures['z']", "OperatorSum("),
    "a class": ({"z": DensityState}, "measures['z']", "DensityState"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_column_is_refused_before_anything_runs(what, monkeypatch):
    def never(*args: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr(Lindblad, "offer", never)
    measures, name, value = REFUSED[what]
    with pytest.raises(ArgumentError) as caught:
        ds.evolve(DRIVEN, TIMES, measures=measures, engine=Lindblad())
    assert caught.value.name == name
    assert value in str(caught.value)


NO_NUMBERS = {
    "nothing": lambda state: None,
    "text": lambda state: "0.5",
    "a state": lambda state: state,
    "a matrix": lambda state: state.matrix,
    "a list": lambda state: [0.5],
    "a table": lambda state: xr.DataArray([0.5]),
}


@pytest.mark.parametrize("what", NO_NUMBERS)
def test_what_is_no_number_is_told_with_the_column(what):
    with pytest.raises(ArgumentError, match=r"return one real or complex number") as caught:
        ds.evolve(DRIVEN, TIMES, measures={"x": NO_NUMBERS[what]}, engine=Lindblad())
    assert caught.value.name == "measures['x']"


FAILING = {
    "no such attribute": lambda state: state.expect(sigma_z(Q)),
    "a wrong index": lambda state: state.matrix[7, 7],
    "no argument": lambda: 1.0,
}


@pytest.mark.parametrize("what", FAILING)
def test_a_measure_that_fails_is_told_with_the_column(what):
    with pytest.raises(ArgumentError, match="be a function of a DensityState") as caught:
        ds.evolve(DRIVEN, TIMES, measures={"x": FAILING[what]}, engine=Lindblad())
    assert caught.value.name == "measures['x']"
    assert caught.value.__cause__ is not None  # where it failed


def test_refusals_of_measures_stay_as_they_are():
    with pytest.raises(EngineMismatchError, match="not defined for a GaussianState"):
        ds.evolve(CHAINS, TIMES, measures={"C": lambda s: ds.concurrence(s, "A1", "B1")})
    with pytest.raises(ArgumentError, match="be those of two parties"):
        ds.evolve(CHAINS, TIMES, measures={"E": ds.log_negativity})


@pytest.mark.parametrize("engine", [Lindblad(), Trajectories(trajectories=20, seed=1)], ids=repr)
def test_columns_are_complex_only_where_the_operator_is_not_hermitian(engine):
    measures = {
        "z": lambda state: state.expectation(sigma_z(Q)),
        "minus": lambda state: state.expectation(sigma_minus(Q)),
        "count": lambda state: len(state.labels),
        "true": lambda state: True,
    }
    table = ds.evolve(DRIVEN, TIMES, measures=measures, engine=engine).table
    assert table is not None
    assert {name: table[name].dtype.kind for name in table} == {
        "z": "f",
        "minus": "c",
        "count": "f",
        "true": "f",
    }
    assert np.all(table["minus"].values[1:].imag != 0)
    assert table["true"].values.tolist() == [1.0] * 3


def test_columns_of_the_exact_solution():
    """``d<s->/dt = -<s->/2 + 0.3i <sz>`` and ``d<sz>/dt = -1 - <sz> - 1.2 Im <s->``."""
    measures = {
        "z": lambda state: state.expectation(sigma_z(Q)),
        "m": lambda state: state.expectation(sigma_minus(Q)),
    }
    table = ds.evolve(DRIVEN, np.linspace(0, 60, 3), measures=measures).table
    assert table is not None
    z, m = table["z"].values[-1], table["m"].values[-1]
    assert -m / 2 + 0.3j * z == pytest.approx(0, abs=1e-8)
    assert -1 - z - 1.2 * m.imag == pytest.approx(0, abs=1e-8)


def test_expectation_is_a_float_for_hermitian_operators_of_every_state():
    pure = PureState(("q",), (2,), np.array([0.6, 0.8j]))
    for state in (pure, pure.density()):
        assert isinstance(state.expectation(sigma_z(Q)), float)
        assert isinstance(state.expectation(np.array([[0, -1j], [1j, 0]])), float)
        assert isinstance(state.expectation(0 * sigma_z(Q)), float)
        assert state.expectation(sigma_minus(Q)).imag != 0
        weak = 1e8 * sigma_z(Q) + 1e-3j * sigma_x(Q) + 1e-3 * (sigma_plus(Q) - sigma_minus(Q))
        assert isinstance(state.expectation(weak), complex)  # a weak part is not rounding
    ensemble = Ensemble("E", 3)
    jumps = (Jump(spin_minus(ensemble), 1.0, each_atom=True),)
    state = ds.steady_state(OpenSystem((ensemble,), spin_x(ensemble), jumps), Collective()).state
    assert isinstance(state.expectation(spin_z(ensemble)), float)
    assert isinstance(state.expectation(spin_x(ensemble)), float)
    assert isinstance(state.expectation(spin_plus(ensemble)), complex)
    assert state.expectation(spin_plus(ensemble)).imag != 0


@pytest.mark.parametrize("name", ["status", "message", "key", "loss", "engine_seed", "spawn_key"])
def test_outputs_of_sweeps_do_not_take_the_names_of_other_columns(name):
    axis = ds.sweeps.grid("loss", [0.1, 0.2])
    with pytest.raises(ArgumentError, match=r"differ from the axes|columns of every table"):
        ds.Sweep(CHAINS, axis, outputs=(name,), solve=lambda model: {name: 1.0})
