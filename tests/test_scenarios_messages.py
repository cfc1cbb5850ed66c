"""What is said about mistakes in scenario files: place, name, rule, value, remedy."""

from __future__ import annotations

import pytest

from darkstate.errors import ScenarioError
from darkstate.scenarios import parse_scenario
from test_scenarios import FULL

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
