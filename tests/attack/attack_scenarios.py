"""Scenario files that are damaged at random, and some that are wrong on purpose.

Each is explained, and, if that promises an answer within seconds, run (or swept): it must end with
an answer or with a message, soon and in little memory.
"""

from __future__ import annotations

import copy
import json
import random
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from attack_child import Said, Table, attack, command

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.*ml"))

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7, 10**9, 10**30, -(10**400), 1e308, -1e308, 1e155, 5e-324,
    1e-200, float("nan"), float("inf"), "", " ", "nan", "1e999", "5 MHz", "2*pi*3 kHz", "3 us",
    "1/0 MHz", "MHz^3", "5 bananas", "A1", "B1", "\x1b[31mred", "\u202eabc", "a\x00b", "../../x",
    "/dev/zero", "x" * 5000, [], {}, [1], [[1]], [1, "a"], {"kind": "Gaussian"},
    {"kind": "Lindblad", "cutoff": 3}, {"kind": "Trajectories"}, {"kind": "Cascade"},
    {"kind": "Moments"}, "CavityChains", "SpinChains", "DualRail", "CavityAtomChains", "purity",
    "all_up", "exact", "log", "evolve",
)  # fmt: skip

KEYS = (
    "name", "description", "rate_unit", "model", "engine", "solve", "times", "measures", "pairs",
    "pictures", "sweep", "kind", "sites", "hopping", "loss", "detuning", "drive", "rate", "nbar",
    "mbar", "squeezing", "bandwidth", "rtol", "cutoff", "pump", "coupling", "treatment",
    "dephasing", "decay", "nodes", "atoms", "time", "outcomes", "offset", "window", "start", "stop",
    "points", "spacing", "axes", "values", "outputs", "seed", "vectorise", "file", "dim", "pulses",
    "shape", "site", "strength", "channels", "times", "interpolation", "time_unit", "width",
)  # fmt: skip


def _trees() -> list[tuple[str, dict[str, Any]]]:
    """The scenarios of the repository as plain values."""
    found = []
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
        found.append((path.stem, tree))
    return found


def _places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values in a tree."""
    entries = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, value in entries:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _changed(tree: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """A tree in which one to three values or keys are others."""
    tree = copy.deepcopy(tree)
    for _ in range(draw.randint(1, 3)):
        places = list(_places(tree))
        if not places:
            return tree
        *way, last = draw.choice(places)
        around: Any = tree
        for step in way:
            around = around[step]
        kind = draw.choice(("value", "value", "value", "scale", "drop", "rename", "add", "copy"))
        old = around[last]
        if kind == "value":
            around[last] = copy.deepcopy(draw.choice(VALUES))
        elif kind == "scale" and isinstance(old, int | float) and not isinstance(old, bool):
            around[last] = old * draw.choice((-1, 0, 1e-12, 3, 1000, 10**6, 1e150))
        elif kind == "drop":
            del around[last]
        elif kind == "rename" and isinstance(around, dict):
            around[draw.choice(KEYS)] = around.pop(last)
        elif kind == "add" and isinstance(around, dict):
            around[draw.choice(KEYS)] = copy.deepcopy(draw.choice(VALUES))
        elif kind == "copy":
            around[last] = [copy.deepcopy(old)] * draw.choice((0, 2, 5))
    return tree


def _scribbled(text: str, draw: random.Random) -> str:
    """A text in which a few characters or lines are others."""
    for _ in range(draw.randint(1, 4)):
        k = draw.randrange(len(text) + 1) if text else 0
        kind = draw.choice(("insert", "delete", "line", "twice", "cut", "digit"))
        lines = text.split("\n")
        if kind == "insert":
            text = (
                text[:k] + draw.choice("{}[]:,-'\"#&*!|>%@`\t\n\r\x00\u00e9\u202e 019.e") + text[k:]
            )
        elif kind == "delete":
            text = text[:k] + text[k + draw.randint(1, 12) :]
        elif kind == "line":
            del lines[draw.randrange(len(lines))]
            text = "\n".join(lines)
        elif kind == "twice":
            lines.insert(draw.randrange(len(lines)), draw.choice(lines))
            text = "\n".join(lines)
        elif kind == "cut":
            text = text[: max(k, 40)]
        else:
            spots = [n for n, letter in enumerate(text) if letter.isdigit()]
            if spots:
                n = draw.choice(spots)
                text = text[:n] + str(draw.choice((0, 7, 99, 10**7))) + text[n + 1 :]
    return text


def mutated(count: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """``(name, ending, text)`` of scenarios that are damaged at random."""
    draw = random.Random(seed)
    trees = _trees()
    for k in range(count):
        if k % 3 == 2:
            path = draw.choice(SHIPPED)
            yield f"text {k}", path.suffix, _scribbled(path.read_text(encoding="utf-8"), draw)
        else:
            name, tree = draw.choice(trees)
            tree = _changed(tree, draw)
            if k % 5 and "pictures" in tree:
                tree["pictures"] = []  # most of the time, and alike in most cases
            yield f"{name} {k}", ".yaml", yaml.safe_dump(tree, allow_unicode=True)


MODELS = {
    "CavityChains": {"sites": 2, "loss": 0.1},
    "SpinChains": {"sites": 2, "dephasing": 0.1},
    "CavityAtomChains": {"sites": 1, "loss": 0.1},
    "DualRail": {"pairs": 2, "squeezing": 1.0},
    "ParametricPair": {
        "pump": 10.0,
        "coupling": 1.8,
        "baths": [{"strength": 0.01, "cutoff": 1.0}] * 2,
    },
    "AtomicEnsembles": {"atoms": 100, "squeezing": 0.5, "optical_depth": 10, "emission": 1.0},
    "EnsembleRepeater": {"nodes": 3, "atoms": 10, "time": 1.0},
}
SIZES = {"sites", "pairs", "atoms", "nodes"}


def by_hand() -> Iterator[tuple[str, str, str]]:
    """``(name, ending, text)`` of scenarios that are wrong on purpose."""
    nasty = (
        -1,
        0,
        1e-300,
        1e155,
        1e300,
        10**7,
        10**18,
        12345,
        "inf",
        "nan",
        "1 s",
        [0.1, 0.2, 0.3],
        [[1]],
        None,
        True,
    )
    for kind, fields in MODELS.items():
        for name in fields:
            for value in nasty:
                tree = {"model": {"kind": kind, **fields, name: value}}
                yield f"{kind}.{name} = {value!r}", ".yaml", json.dumps(tree)
    chains = {"kind": "CavityChains", "sites": 2, "loss": 0.1}
    for engine in (
        "Gaussian",
        "Lindblad",
        "Collective",
        "Cascade",
        "Moments",
        "Trajectories",
        "Nothing",
    ):
        for kind, fields in MODELS.items():
            tree = {"model": {"kind": kind, **fields}, "engine": {"kind": engine}}
            yield f"{kind} by {engine}", ".yaml", json.dumps(tree)
    grids = (
        {"stop": 1e300},
        {"stop": 0},
        {"stop": 1, "points": 10**9},
        {"start": 0, "stop": 5, "spacing": "log"},
        {"stop": "5 MHz"},
        {"stop": 1e-300},
        5,
        [1, 2],
        None,
    )
    for times in grids:
        tree = {"model": chains, "solve": "evolve", "times": times}
        yield f"times {times!r}", ".yaml", json.dumps(tree)
    axes: tuple[Any, ...] = (
        {"name": "loss", "start": 0, "stop": 1, "points": 10**9},
        {"name": "loss", "values": []},
        {"name": "loss", "values": [1, "a"]},
        {"name": "loss", "values": [-1, 0, 1e300]},
        {"name": "nothing", "values": [1]},
        {"name": "sites", "values": [1, 10**7]},
        {"name": "sites", "values": [1.5]},
        {"name": "loss", "values": [0.1], "dim": "../x"},
        {"name": "loss", "values": [0.1], "dim": "status"},
        {"name": "loss", "values": [0.1], "dim": "journal"},
        {"name": "loss", "values": [0.1], "dim": ""},
        {"name": "loss", "values": [0.1, 0.2], "dim": "a/b"},
        {"name": "drive", "values": [1]},
        {"name": "drive.rate", "start": 0.1, "stop": 1, "points": 3, "spacing": "log"},
        "loss",
        [],
        7,
    )
    for axis in axes:
        sweep = {"axes": [axis], "outputs": ["purity"]}
        yield f"axis {axis!r}", ".yaml", json.dumps({"model": chains, "sweep": sweep})
    huge = [{"name": name, "start": 0, "stop": 1, "points": 10**5} for name in ("loss", "hopping")]
    yield (
        "1e10 points",
        ".yaml",
        json.dumps({"model": chains, "sweep": {"axes": huge, "outputs": ["purity"]}}),
    )
    twice = [
        {"name": "loss", "values": [0.1, 0.2], "dim": "x"},
        {"name": "hopping", "values": [1, 2, 3], "dim": "x"},
    ]
    yield (
        "one dim twice",
        ".yaml",
        json.dumps({"model": chains, "sweep": {"axes": twice, "outputs": ["purity"]}}),
    )
    for place in ("/dev/zero", "/dev/random", "/", "nothing.csv", "../../etc/passwd", "a\x00b", ""):
        yield (
            f"points from {place!r}",
            ".yaml",
            json.dumps({"model": chains, "sweep": {"file": place, "outputs": ["purity"]}}),
        )
    for output in (
        "log_negativity(A1:B9)",
        "log_negativity()",
        "purity(",
        "report.nothing",
        "",
        "__import__('os')",
        5,
        None,
    ):
        yield (
            f"output {output!r}",
            ".yaml",
            json.dumps({"model": chains, "sweep": {"axes": [axes[3]], "outputs": [output]}}),
        )
    yield "deep yaml", ".yaml", "[" * 5000
    yield "deep map", ".yaml", "".join(" " * k + "a:\n" for k in range(500))
    yield (
        "aliases",
        ".yaml",
        "a: &a [1,1,1,1]\n"
        + "".join(
            f"{b}: &{b} [*{a},*{a},*{a},*{a}]\n"
            for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
        ),
    )
    yield "tags", ".yaml", "model: !!python/object/apply:os.system ['true']\n"
    yield "binary", ".yaml", "\x00\x01\x02"
    yield "empty", ".yaml", ""
    yield "deep toml", ".toml", "a = " + "[" * 3000
    yield "toml table twice", ".toml", "[model]\nkind='CavityChains'\n[model]\nsites=2\n"


QUICK = {"seconds": 1.0, "memory_bytes": 2.0**28}
FEW_POINTS = 60


def case(ending: str, text: str) -> Callable[[], None]:
    """Explain a scenario, and run it where that is said to be quick."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / f"case{ending}"
            place.write_bytes(text.encode("utf-8", "replace"))
            said = command(["explain", str(place), "--json"])
            if said.code != 0 or not _quick(said):
                return
            if "sweep" in text and _few_points(place):
                command(["sweep", str(place), "--out", f"{folder}/out.zarr"])
            command(["run", str(place), "--out", f"{folder}/out"])

    return run


def _quick(said: Said) -> bool:
    """Whether the chosen engine says that it is quick and small."""
    offers = json.loads(said.out)["offers"]
    chosen = next((offer for offer in offers if offer["can"]), None)
    return chosen is None or all((chosen[key] or 0.0) <= most for key, most in QUICK.items())


def _few_points(place: Path) -> bool:
    """Whether a sweep is short; what refuses it has not been computed either."""
    from darkstate.errors import DarkstateError
    from darkstate.scenarios import load_scenario, sweep_of

    try:
        return len(sweep_of(load_scenario(place))) <= FEW_POINTS
    except DarkstateError:
        return True


def tables(count: int, seed: int) -> list[Table]:
    """Both attacks; `count` mutated scenarios, and as large a share of those by hand."""
    chosen = list(by_hand())
    share = max(1, min(len(chosen), count // 10))
    chosen = random.Random(seed).sample(chosen, share) if share < 300 else chosen
    return [
        attack(
            "scenarios, damaged at random",
            ((name, case(end, text)) for name, end, text in mutated(count, seed)),
        ),
        attack(
            "scenarios, wrong on purpose", ((name, case(end, text)) for name, end, text in chosen)
        ),
    ]
