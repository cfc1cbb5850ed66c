"""Scenario files: what they become, and what is said about what is wrong with them."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

import darkstate as ds
from darkstate.engines import ENGINES, ON_REQUEST, Gaussian
from darkstate.errors import ArgumentError, CapacityError, ScenarioError
from darkstate.measures import MEASURES
from darkstate.models import MODELS, CavityChains, ParametricDrive, SqueezedDrive
from darkstate.scenarios import (
    Scenario,
    TimeGrid,
    json_schema,
    load_scenario,
    parse_scenario,
    run_scenario,
)
from darkstate.scenarios.field_types import FieldType
from darkstate.scenarios.problems import Refusal
from darkstate.scenarios.quantities import POWERS, Units
from darkstate.scenarios.references import bibliography, references
from darkstate.scenarios.schema import documentation, schema_class

REPOSITORY = Path(__file__).parents[1]
SHIPPED = sorted((REPOSITORY / "scenarios").glob("*.*ml"))

FULL = """\
name: a test
description: with everything
rate_unit: MHz
model:
  kind: CavityChains
  sites: 3
  hopping: [1.0, 2]
  loss: 50 kHz
  drive: {kind: SqueezedDrive, rate: 2*pi*1 MHz, nbar: 1e-1}
engine: {kind: Gaussian, rtol: 1e-8}
measures: [log_negativity, purity]
pairs: [[A1, B1], [A1, A2]]
pictures: [map, curve]
"""


def plain(model) -> dict:
    """The parameters of a model as a scenario writes them."""
    values = dict(model.parameters())
    return {"kind": values.pop("model"), **values}


# What a file becomes ----------------------------------------------------------------------------


def test_a_scenario_becomes_the_objects_that_python_would_make():
    found = parse_scenario(FULL)
    assert found.model == CavityChains(
        sites=3, hopping=[1, 2], loss=0.05, drive=SqueezedDrive(rate=2 * math.pi, nbar=0.1)
    )
    assert found.engine == Gaussian(rtol=1e-8)
    assert found.measures == ("log_negativity", "purity")
    assert found.pairs == (("A1", "B1"), ("A1", "A2"))
    assert found.pictures == ("map", "curve")
    assert (found.title, found.source) == ("a test", FULL)


def test_yaml_and_toml_say_the_same():
    toml = """
        name = "a test"
        description = "with everything"
        rate_unit = "MHz"
        measures = ["log_negativity", "purity"]
        pairs = [["A1", "B1"], ["A1", "A2"]]
        pictures = ["map", "curve"]
        engine = {kind = "Gaussian", rtol = 1e-8}
        [model]
        kind = "CavityChains"
        sites = 3
        hopping = [1.0, 2]
        loss = "50 kHz"
        [model.drive]
        kind = "SqueezedDrive"
        rate = "2*pi*1 MHz"
        nbar = 1e-1
    """
    one, other = parse_scenario(FULL), parse_scenario(toml, "toml")
    assert dataclasses.replace(one, source="") == dataclasses.replace(other, source="")


def example(cls):
    """A model with the smallest set of arguments that its class accepts."""
    needed = {"sites": 2, "pairs": 2, "squeezing": 1.0, "nodes": 3, "atoms": 4, "time": 1.0}
    names = {field.name for field in dataclasses.fields(cls)}
    return cls(**{name: value for name, value in needed.items() if name in names})


@pytest.mark.parametrize("model", [example(cls) for cls in MODELS])
def test_the_parameters_of_every_model_make_the_same_model_again(model):
    text = yaml.safe_dump({"model": plain(model)})
    assert parse_scenario(text).model == model


@pytest.mark.parametrize(
    "model",
    [
        CavityChains(4, hopping=[1, 0.5, 2], loss=[0, 0.1, 0, 0.2], detuning_b=0.25),
        CavityChains(2, drive=ParametricDrive(rate=0.3, squeezing=0.7, bandwidth=5)),
        CavityChains(1, drive=SqueezedDrive(nbar=2, mbar=1.5), loss_b=0.125),
    ],
)
def test_round_trips(model):
    assert parse_scenario(yaml.safe_dump({"model": plain(model)})).model == model
    assert parse_scenario(json.dumps({"model": plain(model)})).model == model


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_scenarios_are_read(path):
    found = load_scenario(path)
    assert found.title
    assert found.description
    assert found.source == path.read_text(encoding="utf-8")


def test_defaults():
    found = parse_scenario("model: {kind: CavityChains, sites: 2}", file="some/where.yaml")
    assert found == Scenario(CavityChains(2), file="some/where.yaml", source=found.source)
    assert found.title == "where"


@pytest.mark.parametrize(
    ("word", "value"),
    [("1e-1", 0.1), (".5", 0.5), ("+2", 2.0), ("1.", 1.0), ("1_000", None), ("0x10", None)],
)
def test_plain_words_are_read_by_yaml_1_2(word, value):
    text = f"model: {{kind: CavityChains, sites: 2, loss: {word}}}"
    if value is None:
        with pytest.raises(ScenarioError, match=r"`model\.loss` must"):
            parse_scenario(text)
    else:
        assert parse_scenario(text).model.loss == value


# Files ------------------------------------------------------------------------------------------


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "chains.yaml").write_text("")
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "latin.yaml").write_bytes(b"name: ok\nname: \xff\xfe\n")
    (tmp_path / "large.yaml").write_bytes(b"#" * (2**20 + 1))
    cases = {
        "chain.yaml": "There is no such file. Did you mean 'chains.yaml'?",
        "no/chain.yaml": "There is no folder",
        "a.json": "'.json' is none of .yaml, .toml",
        "latin.yaml": "latin.yaml:2: The file is not UTF-8",
        "large.yaml": "larger than 1024 KiB",
        ".": "cannot be read",
        "a\0b.yaml": "cannot be read",
    }
    for name, said in cases.items():
        with pytest.raises(ScenarioError) as caught:
            load_scenario(f"{tmp_path}/{name}")
        assert said in str(caught.value)


# Schema -----------------------------------------------------------------------------------------


def test_the_json_schema_knows_every_model_and_engine():
    schema = json_schema()
    json.dumps(schema, allow_nan=False)
    for cls in (*MODELS, *ENGINES, *ON_REQUEST):
        fields = {field.name for field in dataclasses.fields(cls) if field.init}
        assert set(schema["$defs"][cls.__name__]["properties"]) == fields | {"kind"}
        assert schema["$defs"][cls.__name__]["additionalProperties"] is False
    assert set(schema["required"]) == {"model"}
    assert "file" not in schema["properties"]


@pytest.mark.parametrize("cls", [*MODELS, *ENGINES, *ON_REQUEST, Scenario, TimeGrid, SqueezedDrive])
def test_every_key_is_described_and_every_unit_known(cls):
    texts = documentation(cls)
    for field in dataclasses.fields(cls):
        if field.init and field.metadata.get("scenario", True):
            assert texts.get(field.name), f"{cls.__name__}.{field.name} is not in Args:"
            assert field.metadata.get("unit") in (None, *POWERS)
    assert schema_class(cls).target is cls


CUTOFF = FieldType(int | Mapping[str, int] | None)
"""Fock states of all modes, or of each by its label."""


def test_an_option_by_label_is_a_mapping():
    for value in (None, 6, {"a": 6, "b": 16}):
        assert CUTOFF.read(value, Units(), "") == value
    assert CUTOFF.rule == "a whole number or a mapping of labels to whole numbers"
    schema = TypeAdapter(CUTOFF.strict()).json_schema()["anyOf"]
    assert [entry["type"] for entry in schema] == ["integer", "object", "null"]
    assert schema[1]["additionalProperties"]["type"] == "integer"
    for wrong in ("6", 6.0, True, [6]):
        with pytest.raises(Refusal):
            CUTOFF.read(wrong, Units(), "")
    with pytest.raises(Refusal) as caught:
        CUTOFF.read({"a": 6, "b": 2.5}, Units(), "")
    assert (caught.value.rule, caught.value.at) == ("be a whole number", ("b",))
    with pytest.raises(TypeError, match="cannot express"):
        FieldType(Mapping[int, int]).strict()


def test_a_field_that_no_file_can_express_is_a_mistake_of_the_model():
    with pytest.raises(TypeError, match="cannot express"):
        FieldType(complex).strict()
    with pytest.raises(TypeError, match="unit"):
        FieldType(float, "length")


# Times, runs, references ------------------------------------------------------------------------


def test_time_grids():
    assert TimeGrid(stop=2, points=3).values() == [0, 1, 2]
    found = TimeGrid(start=0.1, stop=10, points=3, spacing="log").values()
    assert found == pytest.approx([0.1, 1, 10])
    with pytest.raises(ArgumentError, match="`start` must be >="):
        TimeGrid(stop=1, spacing="log")
    with pytest.raises(ArgumentError, match="`points` must be <= 100000"):
        TimeGrid(stop=1, points=100_001)


def test_a_run_without_a_folder_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = []
    done = run_scenario(parse_scenario(FULL), progress=lambda what, at: steps.append(what))
    assert not list(tmp_path.iterdir())
    expected = ds.steady_state(done.scenario.model)
    values = done.tables["pairs"]["log_negativity"].values
    pairs = [("A1", "B1"), ("A1", "A2")]
    assert values.tolist() == [ds.log_negativity(expected.state, *pair) for pair in pairs]
    assert done.whole["purity"] == pytest.approx(ds.purity(expected.state))
    assert "solving" in steps
    json.dumps(done.document(), allow_nan=False)


def test_an_evolution_has_a_column_per_measure_and_pair():
    text = FULL.replace("pictures: [map, curve]", "solve: evolve\ntimes: {stop: 2 us, points: 5}")
    table = run_scenario(parse_scenario(text)).tables["evolution"]
    assert list(table.data_vars) == ["log_negativity A1 B1", "log_negativity A1 A2", "purity"]
    assert table["time"].values.tolist() == [0, 0.5, 1, 1.5, 2]
    assert table["time"].attrs["units"] == "1/MHz"


def test_unknown_labels_are_refused_before_solving():
    text = FULL.replace("[A1, A2]", "[A1, C2]")
    steps = []
    with pytest.raises(ArgumentError, match="`pairs` must name a known subsystem, but is 'C2'"):
        run_scenario(parse_scenario(text), progress=lambda what, at: steps.append(what))
    assert "solving" not in steps


def test_the_unit_of_times():
    model = CavityChains(2)
    found = [Scenario(model, rate_unit=unit).time_unit for unit in ("MHz", "2*pi*MHz", None)]
    assert found == ["1/MHz", "1/(2*pi*MHz)", "1/rate"]


def test_what_to_cite():
    keys = [entry.key for entry in references(parse_scenario(FULL))]
    assert keys[:2] == ["darkstate", "zippilli2013"]
    assert {"bartels1972", "vidal2002", "plenio2005", "weedbrook2012"} < set(keys)
    for cls in MODELS:
        assert set(getattr(cls, "references", ())) <= set(bibliography())


def test_the_bibliography_is_that_of_the_repository():
    shared = (REPOSITORY / "references.bib").read_text(encoding="utf-8")
    assert all(entry in shared for entry in bibliography().values())


def test_every_measure_and_model_cites_a_source_whose_authors_have_first_names():
    assert all(measure.references for measure in MEASURES)
    unnamed = [cls.__name__ for cls in MODELS if not getattr(cls, "references", ())]
    assert unnamed == ["ParametricPair"]  # the text at hand names neither title nor authors
    for entry in bibliography().values():
        people = re.search(r"author\s*= \{(.*?)\},\n", entry, re.DOTALL).group(1)
        assert all("," in person for person in people.split(" and ")), entry
        assert re.search(r"^  (doi|eprint|publisher|journal)\s*=", entry, re.MULTILINE), entry


def test_networks_too_large_to_keep_whole_are_tabulated_too():
    text = (
        "model: {kind: CavityChains, sites: 1600, loss: 0.05}\nmeasures: [log_negativity, purity]"
    )
    run = run_scenario(parse_scenario(text))
    assert run.result.report.method.startswith("quadrature")
    assert dict(run.tables["modes"].sizes) == {"label": 3200}
    assert run.tables["modes"]["purity"].values[0] == pytest.approx(
        ds.purity(run.result.state.reduced(("A1", "B1")), "A1")
    )
    assert run.whole == {}


def test_networks_too_large_to_build_are_refused():
    found = parse_scenario("model: {kind: CavityChains, sites: 1000000000000}")
    with pytest.raises(CapacityError, match="`sites` must be <= 100000 for"):
        run_scenario(found)
