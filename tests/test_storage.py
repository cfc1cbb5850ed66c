"""Storage: what is saved comes back bit for bit, and nothing else is read or overwritten."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
import tempfile

import numpy as np
import pytest
import xarray as xr

import darkstate as ds
from darkstate.engines import Collective, Moments
from darkstate.engines.cascade import StageStates
from darkstate.errors import ArgumentError
from darkstate.results import Estimate, Report, Result, Status
from darkstate.results.plain import from_json, to_json
from darkstate.results.result import load_result
from darkstate.results.storage import STORED, save_result, storable
from darkstate.results.stored_tables import read_table, write_table
from darkstate.states import (
    DensityState,
    GaussianBatch,
    GaussianState,
    PairMoments,
    PairwiseGaussianState,
    PureState,
)
from killed import deaths

REPORT = Report(
    engine="gaussian",
    method="dense",
    status=Status.SUSPECT,
    residual=math.nan,
    margin=-math.inf,
    unique=True,
    truncation={"window tail": 1e-300, "edge": math.inf},
    warnings=("first", "second µ"),
    structure=("one",),
    seconds=0.1 + 0.2,
    provenance={"seed": 2**130 + 1, "spawn": (0, 3), "z": 1 + math.nan * 1j, "a": np.arange(3.0)},
)


def same_bits(first, second) -> bool:
    first, second = np.asarray(first), np.asarray(second)
    return (
        first.dtype == second.dtype
        and first.shape == second.shape
        and first.tobytes() == second.tobytes()
    )


def random_matrices(*shape) -> np.ndarray:
    rng = np.random.default_rng(7)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def gaussian(n: int = 5) -> GaussianState:
    labels = (*(f"A{j}" for j in range(1, n)), "Ω'")
    number = random_matrices(n, n)
    number = number + number.conj().T
    return GaussianState(labels, number, -0.0 * random_matrices(n, n), np.ones(n))


def pairwise(count: int) -> PairwiseGaussianState:
    pairs = tuple((f"A{j}", f"B{j}") for j in range(1, count + 1))
    rng = np.random.default_rng(3)
    real = [rng.normal(size=count) for _ in range(2)]
    complex_ = [random_matrices(count) * k for k in range(4)]
    labels = tuple(label for pair in pairs for label in pair)
    return PairwiseGaussianState(labels, pairs, PairMoments(*real, *complex_))


def assert_same_state(first, second) -> None:
    assert type(first) is type(second)
    for name in type(first).__dataclass_fields__:
        assert_same_value(getattr(first, name), getattr(second, name), name)


def assert_same_value(one, two, name: str) -> None:
    assert type(one) is type(two), name
    if isinstance(one, np.ndarray):
        assert same_bits(one, two), name
    elif type(one) in STORED.values():
        assert_same_state(one, two)
    elif isinstance(one, tuple | list):
        assert len(one) == len(two), name
        for k, (first, second) in enumerate(zip(one, two, strict=True)):
            assert_same_value(first, second, f"{name}[{k}]")
    else:
        assert one == two


def density(labels: tuple[str, ...]) -> DensityState:
    size = 2 ** len(labels)
    matrix = random_matrices(size, size)
    matrix = matrix @ matrix.conj().T
    return DensityState(labels, (2,) * len(labels), matrix / np.trace(matrix).real)


def stages(windows: int) -> StageStates:
    pairs = [(f"A{k}", f"B{k}") for k in range(1, 4)]
    whole = tuple(density((*pairs[k], *pairs[k + 1])) for k in range(windows))
    return StageStates(tuple(density(pair) for pair in pairs), whole)


def solved(model, engine=None):
    return ds.solve(model, engine).state


ATOMS = ds.models.AtomicEnsembles(3, 0.4, optical_depth=30, cooling=0.1)
LINE = ds.models.EnsembleRepeater(3, 4, 1.0)
STATES = [
    density(("A1", "Ω")),
    DensityState(("a",), (1,), np.ones((1, 1))),
    PureState(("A1", "B1"), (2, 3), random_matrices(6) / np.linalg.norm(random_matrices(6))),
    solved(ATOMS, Collective()),
    solved(ATOMS, Moments()),
    solved(LINE),
    solved(dataclasses.replace(LINE, dephasing=0.01)),
    stages(0),
    stages(2),
    gaussian(),
    GaussianState.vacuum(["A1"]),
    pairwise(3),
    pairwise(0),
    GaussianBatch(("A1", "B1"), random_matrices(4, 2, 2), random_matrices(4, 2, 2)),
    GaussianBatch(("A1", "B1"), random_matrices(0, 2, 2), random_matrices(0, 2, 2)),
    ds.certify(
        PureState(("a", "b", "c"), (2, 2, 2), np.eye(8)[[0, 7]].sum(0) / np.sqrt(2)), quick=True
    ),
    ds.certify(PureState.basis(("a", "b", "c"), (2, 2, 3))),
    None,
]


def test_every_type_that_can_be_stored_has_an_example():
    kinds = {type(state).__name__ for state in STATES if state is not None}
    inside = {"PairMoments", "Witness", "PPTMixture"}  # of a PairwiseGaussianState, a Certificate
    # Beside certificates and designs there are tests of their own for these.
    inside |= {"CovarianceCertificate", "CovarianceWitness", "CovarianceMixture"}
    inside |= {"CertifiedLimit", "Hardware", "NoNetwork"}
    assert kinds <= set(STORED) <= kinds | inside  # some register when they are imported


def test_a_new_type_of_state_is_one_line():
    with pytest.raises(ArgumentError, match="a state that can be stored, but is 'Own'"):
        save_result(Result(Own(np.arange(3.0), ("x",)), REPORT), "nowhere")
    storable(Own)
    try:
        with tempfile.TemporaryDirectory() as folder:
            state = Own(np.arange(3.0), ("x", ("y", "z")), [density(("q",)), (1.5, None)])
            loaded = load_result(save_result(Result(state, REPORT), f"{folder}/r"))
            assert_same_state(loaded.state, state)
    finally:
        del STORED["Own"]


@dataclasses.dataclass
class Own:
    """A state of somebody else: an array, labels of any nesting, states in lists."""

    numbers: np.ndarray
    labels: tuple
    rest: list = dataclasses.field(default_factory=list)


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_a_state_comes_back_bit_for_bit(tmp_path, state):
    path = tmp_path / "deep" / "r.zarr"
    assert save_result(Result(state, REPORT), path) == path
    loaded = load_result(path)
    assert loaded.table is None
    if state is None:
        assert loaded.state is None
    else:
        assert_same_state(state, loaded.state)


def test_report_and_model_survive_with_nan_infinities_and_types(tmp_path):
    model = {"model": "M", "loss": [0.1, math.inf], "drive": {"nbar": 1 / 3, "mbar": None}, "e": {}}
    loaded = load_result(save_result(Result(gaussian(), REPORT, model=model), tmp_path / "r"))
    assert loaded.model == model
    expected, found = REPORT.as_dict(), loaded.report.as_dict()
    for plain in (expected, found):
        assert math.isnan(plain.pop("residual"))
        provenance = plain["provenance"]
        assert math.isnan(provenance.pop("z").imag)
        assert same_bits(provenance.pop("a"), np.arange(3.0))
    assert found == expected
    assert loaded.report.warnings == REPORT.warnings
    assert loaded.report.status is Status.SUSPECT
    attributes = (tmp_path / "r" / "zarr.json").read_text()
    json.loads(attributes, parse_constant=pytest.fail)  # strict JSON


def test_estimates_and_errors_of_parts_survive(tmp_path):
    gap, errors = Estimate(0.1 + 0.2, 1e-9), {("A1", "B1"): 1e-7, ("A2", "Ω'"): math.inf}
    report = REPORT.with_(gap=gap, errors=errors)
    loaded = load_result(save_result(Result(gaussian(), report), tmp_path / "r")).report
    assert (loaded.gap, loaded.gap.error, loaded.errors) == (gap, 1e-9, errors)
    assert loaded.errors["A1", "B1"] == 1e-7
    unknown = load_result(
        save_result(Result(None, report.with_(gap=Estimate(1.0, math.nan))), tmp_path / "x")
    )
    assert math.isnan(unknown.report.gap.error)


def test_an_estimate_counts_as_its_number_and_prints_its_error():
    gap = Estimate(0.31, 2e-4)
    assert (
        gap == 0.31 and gap + 1 == 1.31 and f"{gap:.1f}" == "0.3" and np.asarray([gap])[0] == 0.31
    )
    assert (str(gap), repr(gap)) == ("0.31 +- 0.0002", "Estimate(0.31, 0.0002)")
    for copied in (pickle.loads(pickle.dumps(gap)), copy.deepcopy(gap)):
        assert (copied.value, copied.error) == (0.31, 2e-4)
    lines = dict(REPORT.with_(gap=gap, errors={("A1", "B1"): 0.0123}).lines())
    assert lines["relaxation gap"] == "0.31 +- 0.0002"
    assert lines["error of A1, B1"] == "0.0123"


def table() -> xr.Dataset:
    values = np.array([[0.1, np.nan], [-0.0, np.inf], [1e-300, 2.0]])
    return xr.Dataset(
        {
            "E": (("time", "pair"), values, {"units": "ebit", "long_name": "$E_N$"}),
            "zeros": ("time", np.full(3, -0.0)),
            "z": ("time", np.array([1 + 2j, np.nan, 0])),
            "small": ("time", np.arange(3, dtype=np.float32)),
            "good": ("pair", np.array([True, False])),
            "scalar": ((), 3),
        },
        coords={
            "time": ("time", [0.0, 0.5, 1.0], {"units": "s"}),
            "pair": [1, 2],
            "first": ("pair", ["A1", "A22"]),
            "name": ("pair", np.array(["x", "µ"], dtype=object)),
        },
        attrs={"title": "t", "bound": math.inf},
    )


def test_a_table_comes_back_identical_and_is_read_by_xarray_alone(tmp_path):
    path = save_result(Result(gaussian(), REPORT, table()), tmp_path / "r.zarr")
    loaded = load_result(path).table
    assert loaded is not None
    xr.testing.assert_identical(loaded, table())
    for name in table().variables:
        if table()[name].dtype.kind != "O":
            assert same_bits(loaded[name].values, table()[name].values), name
    with xr.open_zarr(path, "table", consolidated=False, decode_times=False, chunks=None) as plain:
        assert plain["E"].attrs["units"] == "ebit"


def test_tables_are_written_alone_too(tmp_path):
    write_table(table(), tmp_path / "t.zarr")
    xr.testing.assert_identical(read_table(tmp_path / "t.zarr"), table())
    make_folder(tmp_path / "taken")
    for taken in ("taken", "t.zarr"):
        with pytest.raises(ArgumentError, match="`store` must be new"):
            write_table(table(), tmp_path / taken)
    assert (tmp_path / "taken" / "notes.txt").exists()


def test_times_as_dates_are_refused(tmp_path):
    wrong = xr.Dataset({"E": ("time", [1.0])}, {"time": np.array(["2020-01-01"], "datetime64[ns]")})
    with pytest.raises(ArgumentError, match="times as floats"):
        save_result(Result(None, REPORT, wrong), tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_a_solved_model_is_saved_by_its_own_method_and_replaced(tmp_path):
    first = ds.steady_state(ds.models.CavityChains(2, loss=0.1))
    second = ds.steady_state(ds.models.CavityChains(3, loss=0.2))
    path = first.save(tmp_path / "chain.zarr")
    with pytest.raises(ArgumentError, match="overwrite=True"):
        second.save(path)
    second.save(path, overwrite=True)
    loaded = ds.load_result(str(path))
    assert_same_state(second.state, loaded.state)
    assert (loaded.report, loaded.model) == (second.report, second.model)
    assert ds.log_negativity(loaded.state, "A3", "B3") == ds.log_negativity(
        second.state, "A3", "B3"
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["chain.zarr"]


def test_a_hundred_thousand_pairs_take_few_files(tmp_path):
    state = pairwise(100_000)
    path = save_result(Result(state, REPORT), tmp_path / "big.zarr")
    assert sum(1 for file in path.rglob("*") if file.is_file()) < 30
    assert_same_state(state, load_result(path).state)


# Refusals ---------------------------------------------------------------------------------------


def make_file(path):
    path.write_text("mine")


def make_folder(path):
    path.mkdir()
    (path / "notes.txt").write_text("mine")


def make_foreign_store(path):
    write_table(table(), path)


@pytest.mark.parametrize("make", [make_file, make_folder, make_foreign_store])
def test_what_is_no_result_is_neither_overwritten_nor_read(tmp_path, make):
    path = tmp_path / "taken"
    make(path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(ArgumentError, match="hold an earlier 'darkstate result'") as caught:
        save_result(Result(gaussian(), REPORT), path, overwrite=True)
    assert caught.value.name == "path"
    with pytest.raises(ArgumentError, match="saved result"):
        load_result(path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ArgumentError, match="nowhere") as caught:
        load_result(tmp_path / "nowhere")
    assert caught.value.remedy.startswith("Give the path")


def remove_chunk(path):
    (path / "state" / "number" / "c" / "0" / "0").unlink()


def flip_bit(path):
    chunk = path / "state" / "number" / "c" / "0" / "0"
    data = bytearray(chunk.read_bytes())
    data[-1] ^= 1
    chunk.write_bytes(bytes(data))


def remove_table(path):
    (path / "table" / "zarr.json").unlink()


def cut_header(path):
    header = path / "zarr.json"
    header.write_text(header.read_text().replace('"engine"', '"motor"'))


@pytest.mark.parametrize("damage", [remove_chunk, flip_bit, remove_table, cut_header])
def test_a_damaged_store_is_refused(tmp_path, damage):
    path = save_result(Result(gaussian(), REPORT, table()), tmp_path / "r.zarr")
    damage(path)
    with pytest.raises(ArgumentError, match="undamaged") as caught:
        load_result(path)
    assert "Restore it" in str(caught.value)


def test_a_newer_format_is_refused(tmp_path):
    path = save_result(Result(gaussian(), REPORT), tmp_path / "r.zarr")
    header = path / "zarr.json"
    header.write_text(header.read_text().replace('"darkstate result": 3', '"darkstate result": 9'))
    with pytest.raises(ArgumentError, match=r"format 3.* but is 9"):
        load_result(path)
    with pytest.raises(ArgumentError, match=r"newer format than 3.* is 9"):
        save_result(Result(gaussian(), REPORT), path, overwrite=True)


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (Result(object(), REPORT), "state"),
        (Result(gaussian(), REPORT, model={"drive": {"f": print}}), "model['drive']['f']"),
        (Result(gaussian(), REPORT.with_(provenance={1: 2})), "report['provenance']"),
    ],
)
def test_what_cannot_be_stored_is_named_and_leaves_the_old_result(tmp_path, result, name):
    path = save_result(Result(gaussian(), REPORT), tmp_path / "r.zarr")
    with pytest.raises(ArgumentError) as caught:
        save_result(result, path, overwrite=True)
    assert caught.value.name == name
    assert_same_state(load_result(path).state, gaussian())
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.zarr"]


def test_the_old_result_returns_if_the_last_step_fails(tmp_path, monkeypatch):
    path = save_result(Result(gaussian(), REPORT), tmp_path / "r.zarr")
    rename = type(path).rename

    def broken(self, target):
        if self.name == "new":
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(type(path), "rename", broken)
    with pytest.raises(ArgumentError, match=r"place that can be written \(disk full\)"):
        save_result(Result(GaussianState.vacuum(["A1"]), REPORT), path, overwrite=True)
    assert_same_state(load_result(path).state, gaussian())
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.zarr"]


def test_a_result_is_old_or_new_at_every_death(tmp_path):
    path, states = tmp_path / "r.zarr", set()
    old, new = (Result(GaussianState.vacuum([label]), REPORT) for label in ("old", "new"))
    save_result(old, path)
    for _ in deaths(tmp_path, lambda: save_result(new, path, overwrite=True), step=8):
        states |= set(load_result(path).state.labels)
        save_result(old, path, overwrite=True)
        assert [entry.name for entry in tmp_path.iterdir()] == ["r.zarr"]
    assert states == {"old", "new"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -0.0,
        5e-324,
        1 + 2j,
        (1, ("a", [2.5])),
        {"a": {}, "b": [], "c": ()},
        {"one": 1},
        math.inf,
    ],
)
def test_plain_values_round_trip(value):
    back = from_json(json.loads(json.dumps(to_json(value, "x"), allow_nan=False)))
    assert back == value
    assert type(back) is type(value)
    if isinstance(value, float):
        assert math.copysign(1, back) == math.copysign(1, value)
