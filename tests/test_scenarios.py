"""Scenario files: what they become, and what is said about what is wrong with them."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
import yaml

import darkstate as ds
from darkstate.engines import ENGINES, Gaussian
from darkstate.errors import ArgumentError, CapacityError, ScenarioError
from darkstate.models import MODELS, CavityChains, ParametricDrive, SqueezedDrive
from darkstate.scenarios import (
    Scenario,
    TimeGrid,
    json_schema,
    load_scenario,
    parse_scenario,
    run_scenario,
)
from darkstate.scenarios.leaves import leaf
from darkstate.scenarios.problems import Refusal
from darkstate.scenarios.quantities import POWERS, Quantity, Units, parse_quantity
from darkstate.scenarios.references import bibliography, references
from darkstate.scenarios.schema import described, documentation

REPOSITORY = Path(__file__).parents[1]
SHIPPED = sorted((REPOSITORY / "scenarios").iterdir())

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


@pytest.mark.parametrize(
    "model", [cls(sites=2) if cls is CavityChains else cls() for cls in MODELS]
)
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


# Quantities -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "power"),
    [
        ("5 MHz", 5e6, 1),
        ("5MHz", 5e6, 1),
        ("2*pi*5 MHz", 2 * math.pi * 5e6, 1),
        ("2π*5 kHz", 2 * math.pi * 5e3, 1),
        ("-50 kHz", -5e4, 1),
        ("0.1 us", 1e-7, -1),
        ("0.1 µs", 1e-7, -1),
        ("3/us", 3e6, 1),
        ("1e3 rad/s", 1e3, 1),
        ("2 min", 120.0, -1),
        ("4 MHz^2", 4e12, 2),
        ("4 MHz**2", 4e12, 2),
        ("1 s^-1", 1.0, 1),
        ("pi/2", math.pi / 2, 0),
        ("MHz", 1e6, 1),
    ],
)
def test_quantities(text, value, power):
    found = parse_quantity(text)
    assert found == Quantity(pytest.approx(value, rel=1e-14), power)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "5 eV", "5 mhz", "5 +", "5 MHz +", "* 3", "3 * * 4", "2**9 MHz", "(5) MHz",
        "5 MHz^9", "5 MHz^", "__import__('os')", "1e999 MHz", "1/0", "5; 3", "5 MHz" * 30,
        "1e308*1e308 Hz", "0.1.2", "2 5 Hz",
        "5 MHz ^ 2 ^ 2", "nan Hz", "inf Hz", "5 dB", "5 Hz\x00",
    ],
)  # fmt: skip
def test_what_is_no_quantity(text):
    with pytest.raises(Refusal):
        parse_quantity(text)


def test_a_quantity_is_counted_in_the_rate_unit():
    units = Units.parse("2*pi*MHz")
    assert units.number("2*pi*5 MHz", "rate") == pytest.approx(5)
    assert units.number("5 MHz", "rate") == pytest.approx(5 / (2 * math.pi))
    assert units.number("1 us", "time") == pytest.approx(2 * math.pi)
    assert units.number("1/us^2", "rate^2") == pytest.approx(1 / (2 * math.pi) ** 2)


@pytest.mark.parametrize(
    ("unit", "field", "said"),
    [
        ("MHz", "loss: 3 us", "must be a rate, but is '3 us'. This is a time."),
        ("MHz", "loss: 3 kHz^2", "This is a rate^2."),
        ("MHz", "loss: '3'", "must be a number, not text, but is '3'. Write it without quotes."),
        ("MHz", "sites: 3 MHz", "must be a whole number"),
        (None, "loss: 3 kHz", "Add for example 'rate_unit: MHz'"),
        ("MHz", "drive: {kind: SqueezedDrive, nbar: 3 kHz}", "must be a pure number"),
        ("MHz", "loss: 3 mhz", "('mhz' is none)"),
        ("us", "loss: 0", "`rate_unit` must be a unit of rate, but is 'us'"),
        ("0 MHz", "loss: 0", "`rate_unit` must be positive"),
        ("[1]", "loss: 0", "`rate_unit` must be a unit of rate"),
        ("1e-200 Hz", "loss: 1e200 Hz", "must be finite"),
    ],
)
def test_units_that_do_not_fit(unit, field, said):
    head = f"rate_unit: {unit}\n" if unit else ""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(
            f"{head}model:\n  kind: CavityChains\n  sites: 2\n  {field}\n".replace(
                "  sites: 2\n  sites", "  sites"
            )
        )
    assert said in str(caught.value)


# Messages ---------------------------------------------------------------------------------------

WRONG = [
    # change of FULL, line of the message, what it says
    ("hopping:", "hoping:", 7, "`model.hoping` must be a key of CavityChains, but is 'hoping'"),
    ("hopping:", "hoping:", 7, "Did you mean 'hopping'?"),
    ("engine:", "motor:", 10, "`motor` must be a key of a scenario"),
    ("nbar:", "nbr:", 9, "`model.drive.nbr` must be a key of SqueezedDrive"),
    ("kind: SqueezedDrive", "kind: Squeezed", 9, "Did you mean 'SqueezedDrive'?"),
    ("kind: SqueezedDrive, ", "", 9, "Write one of SqueezedDrive, ParametricDrive."),
    ("  kind: CavityChains\n", "", 4, "`model.kind` must be given, but is missing"),
    ("kind: CavityChains", "kind: Chains", 5, "`model.kind` must be one of 'CavityChains'"),
    ("kind: Gaussian", "kind: Gauss", 10, "`engine.kind` must be"),
    ("  sites: 3\n", "", 4, "`model.sites` must be given, but is missing. It is: N, number of"),
    ("sites: 3", "sites: three", 6, "must be a whole number, but is 'three'. `sites` is: N,"),
    ("sites: 3", "sites: 3.0", 6, "must be a whole number, but is 3.0"),
    ("sites: 3", "sites: true", 6, "must be a whole number, but is True"),
    ("sites: 3", "sites: 0", 6, "`model.sites` must be >= 1, but is 0"),
    ("sites: 3", "sites: 4", 7, "`model.hopping` must be a number or have shape (3,)"),
    ("loss: 50 kHz", "loss: -50 kHz", 8, "`model.loss` must be >= 0, but is -0.05"),
    ("loss: 50 kHz", "loss: [0, 0, -1]", 8, "`model.loss[2]` must be >= 0, but is -1.0"),
    ("loss: 50 kHz", "loss: [0, 0, x]", 8, "`model.loss[2]` must be a number"),
    ("loss: 50 kHz", "loss: .nan", 8, "`model.loss` must be finite, but is nan"),
    ("loss: 50 kHz", "loss: {a: 1}", 8, "`model.loss` must be a number"),
    ("loss: 50 kHz", "loss: yes", 8, "must be a number, or one with a unit, but is 'yes'"),
    ("nbar: 1e-1", "nbar: 1, mbar: 3", 9, "`model.drive.mbar` must satisfy mbar^2 <= nbar(nbar+1)"),
    ("rtol: 1e-8", "rtol: 1", 10, "`engine.rtol` must be <= 0.1, but is 1"),
    ("rtol: 1e-8", "method: fast", 10, "`engine.method` must be one of 'auto'"),
    ("[log_negativity, purity]", "[log_negativty]", 11, "Did you mean 'log_negativity'?"),
    ("[log_negativity, purity]", "[purity, purity]", 11, "must name each entry once"),
    ("[log_negativity, purity]", "[]", 11, "must name at least one entry"),
    ("[[A1, B1], [A1, A2]]", "[[A1, B1, A2]]", 12, "`pairs[0]` must be a list of 2 entries"),
    ("[[A1, B1], [A1, A2]]", "A1", 12, "`pairs` must be a list"),
    ("[map, curve]", "[mapp]", 13, "Did you mean 'map'?"),
    ("[map, curve]", "[time]", 13, "must suit a steady state"),
    ("pictures: [map, curve]", "times: {stop: 1}", 13, "`times` must be left out"),
    ("pictures: [map, curve]", "name: again", 13, "`name` is given twice, first in line 1"),
    ("pictures: [map, curve]", "solve: evolve\ntimes: {start: 2, stop: 1}", 14, "must be > 2"),
    ("pictures: [map, curve]", "solve: evolve\ntimes: {stop: 1, points: 1}", 14, "must be >= 2"),
    ("name: a test", "name: [a]", 1, "`name` must be text"),
    ("engine: {kind: Gaussian, rtol: 1e-8}", "engine: Gaussian", 10, "must be a mapping of keys"),
    ("name: a test", "name: *x", 1, "Anchors and aliases are not allowed"),
    ("name: a test", "name: &x a", 1, "Anchors and aliases are not allowed"),
    ("name: a test", "name: !!str a", 1, "Tags are not allowed"),
    ("name: a test", "name: {a: 1", 2, "This is not YAML"),
    ("name: a test", "? [a]\n: 1", 1, "A key must be a word"),
    ("pictures: [map, curve]", "<<: {a: 1}", 13, "Merge keys ('<<') are not allowed"),
    ("pictures: [map, curve]", "---\na: 1", 13, "A second document starts"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "said"), WRONG)
def test_a_mistake_is_told_with_its_line(old, new, line, said):
    assert old in FULL
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(FULL.replace(old, new, 1), file="my.yaml")
    message = str(caught.value)
    assert said in message
    assert any(part.startswith(f"my.yaml:{line}: ") for part in message.splitlines()), message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[model]\nkind = 'CavityChains'\nsites = 2\nhoping = 1\n", 4, "Did you mean 'hopping'?"),
        ("model.kind = 'CavityChains'\nmodel.sites = 0\n", 2, "`model.sites` must be >= 1"),
        ("[model]\nkind = 'CavityChains'\nsites = 2\n[model.drive]\nrat = 1\n", 4, "must be given"),
        ("model = 3\nmodel = 4\n", 2, "This is not TOML"),
        ("[model]\nkind = 'CavityChains'\nsites = 2\nloss = 1979-05-27\n", 4, "must be a number"),
        ("name = 'a'\n\n# comment\npictures = ['x']\nmodel = {}\n", 4, "`pictures[0]` must be one"),
    ],
)
def test_toml_mistakes_have_lines_too(text, line, said):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "toml", "my.toml")
    assert said in str(caught.value)
    assert f"my.toml:{line}: " in str(caught.value)


def test_all_mistakes_are_told_at_once_in_the_order_of_lines():
    text = FULL.replace("sites: 3", "sites: x").replace("name:", "nme:").replace("rtol", "rtl")
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, file="f")
    assert [line[:5] for line in str(caught.value).splitlines()] == ["f:1: ", "f:6: ", "f:10:"]


def test_a_flood_of_mistakes_is_cut():
    text = "\n".join(f"key{k}: 1" for k in range(50))
    with pytest.raises(ScenarioError, match="and 41 more") as caught:
        parse_scenario(text)
    assert len(str(caught.value).splitlines()) == 11


@pytest.mark.parametrize("text", ["", "# nothing", "- a", "3", "a"])
def test_a_scenario_is_a_mapping(text):
    with pytest.raises(ScenarioError, match="must be a mapping of keys to values"):
        parse_scenario(text)


def test_evolution_needs_times():
    with pytest.raises(ScenarioError, match="`times` must be given for 'solve: evolve'"):
        parse_scenario(FULL + "solve: evolve\n")


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
    for cls in (*MODELS, *ENGINES):
        fields = {field.name for field in dataclasses.fields(cls) if field.init}
        assert set(schema["$defs"][cls.__name__]["properties"]) == fields | {"kind"}
        assert schema["$defs"][cls.__name__]["additionalProperties"] is False
    assert set(schema["required"]) == {"model"}
    assert "file" not in schema["properties"]


@pytest.mark.parametrize("cls", [*MODELS, *ENGINES, Scenario, TimeGrid, SqueezedDrive])
def test_every_key_is_described_and_every_unit_known(cls):
    texts = documentation(cls)
    for field in dataclasses.fields(cls):
        if field.init and field.metadata.get("scenario", True):
            assert texts.get(field.name), f"{cls.__name__}.{field.name} is not in Args:"
            assert field.metadata.get("unit") in (None, *POWERS)
    assert described(cls).target is cls


def test_a_field_that_no_file_can_express_is_a_mistake_of_the_model():
    with pytest.raises(TypeError, match="cannot express"):
        leaf(complex, None)
    with pytest.raises(TypeError, match="unit"):
        leaf(float, "length")


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
    with pytest.raises(CapacityError, match="`sites` must be <= 1000000"):
        run_scenario(found)
