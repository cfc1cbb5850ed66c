"""Whatever a file holds, it becomes a scenario or a `ScenarioError`: no other exception, no hang.

Nothing is solved here; a valid but huge network is only described.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from counted import growth
from darkstate.errors import ScenarioError
from darkstate.scenarios import Scenario, load_scenario, parse_scenario
from darkstate.scenarios.problems import Refusal
from darkstate.scenarios.quantities import Units, parse_quantity

REPOSITORY = Path(__file__).parents[1]
SHIPPED = {
    path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "scenarios").glob("*.*ml")
}


def survives(text: str, kind: str = "yaml") -> Scenario | ScenarioError:
    """What `text` becomes; anything else than a scenario or a `ScenarioError` fails the test."""
    try:
        found: Scenario | ScenarioError = parse_scenario(text, kind)  # type: ignore[arg-type]
    except ScenarioError as error:
        found = error
        assert str(error).startswith("scenario")
        assert len(str(error)) < 20_000
    return found


def refused(text: str, kind: str = "yaml") -> str:
    found = survives(text, kind)
    assert isinstance(found, ScenarioError)
    return str(found)


KEYS = """
    name description rate_unit model engine solve times measures pairs pictures kind sites hopping
    loss detuning drive rate nbar mbar squeezing bandwidth rtol method memory_limit start stop
    points spacing baths strength cutoff pump coupling treatment phase CavityChains SqueezedDrive
    ParametricDrive ParametricPair DrudeBath Gaussian log_negativity purity map curve A1 B1 MHz
    evolve steady_state dense log
"""
WORDS = st.sampled_from(KEYS.split())
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 3),
    st.sampled_from(
        [10**30, -(10**400), 2**63, 0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]
    ),
    st.floats(),
    st.sampled_from(["2*pi*5 MHz", "5 eV", "1e999 Hz", "3 us", "-1 kHz", "1/0 MHz", "MHz^3"]),
    WORDS,
    TEXTS,
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | TEXTS, inner, max_size=6),
    max_leaves=25,
)


def mostly(good: st.SearchStrategy, bad: st.SearchStrategy = TREES) -> st.SearchStrategy:
    """Values of which one in eight is bad, so that deep places are reached."""
    return st.integers(0, 7).flatmap(lambda k: bad if k == 5 else good)


NUMBERS = mostly(st.floats(0, 3) | st.sampled_from(["2*pi*5 kHz", "1/us"]), SCALARS)
CHAINS = st.fixed_dictionaries(
    {"kind": mostly(st.just("CavityChains"), WORDS), "sites": mostly(st.integers(1, 4))},
    optional={
        "hopping": mostly(NUMBERS),
        "loss": mostly(st.lists(NUMBERS, max_size=4)),
        "detuning_b": mostly(NUMBERS),
        "drive": mostly(
            st.fixed_dictionaries(
                {"kind": mostly(st.just("SqueezedDrive"), WORDS)},
                optional={"rate": NUMBERS, "nbar": mostly(st.floats(0, 3)), "mbar": NUMBERS},
            )
        ),
    },
)
SCENARIOS = st.fixed_dictionaries(
    {
        "model": mostly(CHAINS),
        "rate_unit": mostly(st.sampled_from(["MHz", "1/us", "2*pi*kHz", "1e300 Hz", "1e-300 Hz"])),
    },
    optional={
        "engine": mostly(
            st.fixed_dictionaries({"kind": st.just("Gaussian")}, optional={"rtol": SCALARS})
        ),
        "times": mostly(st.dictionaries(WORDS, SCALARS, max_size=4)),
        "measures": mostly(st.just(["purity", "entropy"])),
        "pairs": mostly(st.lists(st.just(["A1", "B1"]), max_size=2)),
        "pictures": mostly(st.just(["map"])),
    },
)


# Random values ----------------------------------------------------------------------------------


@given(TREES | SCENARIOS)
@settings(max_examples=300)
def test_random_trees(tree):
    survives(yaml.safe_dump(tree, allow_unicode=True))


def test_random_scenarios_as_json_which_is_yaml():
    fates = Counter()

    @given(SCENARIOS)
    @settings(max_examples=300)
    def check(tree):
        fates[type(survives(json.dumps(tree, ensure_ascii=False)))] += 1

    check()
    assert min(fates[Scenario], fates[ScenarioError]) > 30  # both sides of the border are seen


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_random_text(text):
    survives(text, "yaml")
    survives(text, "toml")


@given(st.binary(max_size=300), st.sampled_from([".yaml", ".toml"]))
@settings(max_examples=150)
def test_random_bytes(tmp_path_factory, raw, ending):
    path = tmp_path_factory.getbasetemp() / f"junk{ending}"
    path.write_bytes(raw)
    try:
        load_scenario(path)
    except ScenarioError as error:
        assert str(error).startswith(str(path))


@given(st.data())
@settings(max_examples=400)
def test_mutated_scenarios(data):
    name = data.draw(st.sampled_from(sorted(SHIPPED)))
    text = SHIPPED[name]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 12))
        new = data.draw(
            st.sampled_from([*"{}[]:,&*!|>-#'\"=\n\t 0\0", "!!", "<<", "é"]) | st.text(max_size=3)
        )
        text = text[:at] + new + text[at + gone :]
    survives(text, "toml" if name.endswith("toml") else "yaml")


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(["2", "pi", "*", "/", "^", "-", "MHz", "us", "1e308", " ", "**", "."]),
        max_size=12,
    ).map("".join)
)
@settings(max_examples=300)
def test_random_quantities(text):
    for read in (parse_quantity, Units.parse, lambda t: Units(1e6).number(t, "rate^3")):
        with contextlib.suppress(Refusal):
            read(text)


# Attacks ----------------------------------------------------------------------------------------

LAUGHS = "a: &a [lol]\n" + "".join(
    f"{chr(98 + k)}: &{chr(98 + k)} [{', '.join(['*' + chr(97 + k)] * 9)}]\n" for k in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch pwned']",
        "model: !!python/object/apply:os.system ['touch pwned']",
        "model: !!python/name:os.system",
        "model: !!python/object/new:subprocess.Popen [['touch', 'pwned']]",
        "!!map {model: 1}",
        "model: !!binary aGk=",
        "model: !include /etc/passwd",
        "%TAG ! tag:yaml.org,2002:\n---\nmodel: !python/object/apply:os.system ['touch pwned']",
        "model: ! x",
        "? !!python/tuple [1, 2]\n: 3",
    ],
)
def test_tags_are_refused_and_run_nothing(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(text)
    assert os.listdir(tmp_path) == []


def test_billion_laughs():
    assert "Anchors and aliases are not allowed" in refused(LAUGHS)
    assert "Anchors and aliases are not allowed" in refused("a: &a [*a]")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[" * 500_000, "yaml"),
        ("{a: " * 100_000, "yaml"),
        ("- " * 200_000, "yaml"),
        ("? " * 200_000, "yaml"),
        ("[" * 40 + "]" * 40, "yaml"),
        ("\n".join(" " * k + "a:" for k in range(700)), "yaml"),
        ("a = " + "[" * 500_000, "toml"),
        ("a = " + "{a = " * 100_000, "toml"),
        ("[" + ".".join("a" * 40) + "]\n", "toml"),
        (".".join("a" * 200_000) + " = 1", "toml"),
        ("a = {" + " . ".join("a" * 100_000) + " = 1}", "toml"),
        ("\n".join(f"[{'.'.join('a' * 30)}.b{k}]" for k in range(8_000)), "toml"),
    ],
    ids=lambda value: f"{value[:12]!r}.." if len(value) > 5 else value,
)
def test_depth_is_limited(text, kind):
    refused(text, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a: 1" + "0" * 900_000, "yaml"),
        ("a = 1" + "0" * 900_000, "toml"),
        ("a: 1e" + "9" * 900_000, "yaml"),
        ("a: " + "x" * 1_000_000, "yaml"),
        ("x" * 1_000_000 + ": 1", "yaml"),
        ("a: " + "'" * 900_001, "yaml"),
        ("a: [" + "1," * 400_000 + "]", "yaml"),
        ("a = [" + "1," * 400_000 + "]", "toml"),
        ("a = '''" + "x." * 400_000 + "'''", "toml"),
        ("".join(f"k{k}: 1\n" for k in range(80_000)), "yaml"),
        ("".join(f"k{k} = 1\n" for k in range(80_000)), "toml"),
        ("a: |\n" + " x\n" * 300_000, "yaml"),
        ("#" * 1_000_000, "yaml"),
        ("a" * (2**20 + 1), "yaml"),
        ("\n" * 1_000_000, "toml"),
        ("a" * 1_000_000, "toml"),
        ("[" + " " * 1_000_000, "toml"),
        ('"' * 1_000_000, "toml"),
    ],
    ids=lambda value: f"{value[:8]!r}.." if len(value) > 5 else value,
)
def test_size_is_no_problem(text, kind):
    refused(text, kind)


@pytest.mark.parametrize(
    "text", ["\ud800", "name: \ud800", "a: \x00", "\x00", "a: \x1b[31m", "﻿model: 1", "\x85"]
)
def test_odd_characters(text):
    refused(text)
    refused(text, "toml")


def lossy(sites: int) -> str:
    return f"model: {{kind: CavityChains, sites: {sites}, loss: [{', '.join(['0.1'] * sites)}]}}"


def test_long_lists_are_read():
    found = survives(lossy(20_000))
    assert isinstance(found, Scenario)
    assert len(found.model.loss) == 20_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (lossy, "yaml"),
        (lambda n: "a: [" + "1," * n + "]", "yaml"),
        (lambda n: "".join(f"k{k}: 1\n" for k in range(n)), "yaml"),
        (lambda n: "a: |\n" + " x\n" * n, "yaml"),
        (lambda n: "a = [" + "1," * n + "]", "toml"),
        (lambda n: "".join(f"k{k} = 1\n" for k in range(n)), "toml"),
        (lambda n: "\n" * n, "toml"),
        (lambda n: "[" + " " * n, "toml"),
        (lambda n: "\n".join(f"[a.b{k}]" for k in range(n)), "toml"),
    ],
)
def test_work_grows_with_the_size_of_a_file(text, kind):
    assert growth(lambda n: survives(text(n), kind), 40) < 2.5


def test_a_huge_network_is_only_described():
    found = survives("model: {kind: CavityChains, sites: 1000000000000}")
    assert isinstance(found, Scenario)
