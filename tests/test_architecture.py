"""The rule of the house: a module imports only from bands below its own.

Reads every import of the package from its source, also those inside functions, under
``TYPE_CHECKING`` and in ``import_module("...")`` with a literal name, and reports each breach as
``file:line: what [rule]``. The rules themselves are tested below, on small trees made for it.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import pytest

PACKAGE = "darkstate"
REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src" / PACKAGE

BANDS: tuple[tuple[str, ...], ...] = (
    ("conventions", "display", "errors", "extras"),
    ("checks", "progress"),
    ("linalg", "memory"),
    ("systems",),
    ("states",),
    ("measures", "results"),
    ("engines",),
    ("repeaters",),
    ("frontdoor", "models"),
    ("certificates", "sweeps", "experiments", "plots"),
    ("design",),
    ("scenarios",),
    ("papers", "web"),
    ("cli",),
    ("__main__",),
)
"""Folders and modules of the package, lowest band first. A new one is entered here."""

ONLY_IMPORTER = {
    "matplotlib": "plots",
    "mpl_toolkits": "plots",
    "typer": "cli",
    "rich": "cli progress",
    "panel": "web",
}
"""Outside library -> the units that may import it."""

NEVER = {
    "engines": {"qutip", "dynamiqs"},
    "certificates": {"cvxpy"},
    "linalg": {"cvxpy"},
    "models": {f"{PACKAGE}.engines"},
}
"""Unit -> what it may not import although its band would allow it."""

MAX_LINES = 400
MAX_FUNCTION = 60

BELOW = "a module imports only from bands below its own"
SAME = "modules of one band do not know each other"
SHARED = {path.stem for path in (SOURCE / "engines").glob("*.py")} - {"__init__"}
ENGINES = "engines share the files beside their folders; only engines/__init__.py gathers them"
FRONT = "nothing inside imports names from the package itself, only from its modules"
PLACE = "every folder and module of the package has a band"
OUTSIDE = "a heavy library has one importer"
FORBIDDEN = "engines know no oracle, models know no engine"
DOCSTRING = "every module opens with a docstring"
CIRCLE = "modules do not import each other in a circle"
FUNCTION = f"no function has more than {MAX_FUNCTION} lines of code"
NAME = "the name of a class means one thing in the package"
LENGTH = f"no module is longer than {MAX_LINES} lines"


@dataclass(frozen=True)
class Breach:
    path: Path
    line: int
    what: str
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} [{self.rule}]"


@dataclass(frozen=True)
class Module:
    path: Path
    name: str  # dotted, from the package on
    text: str

    @property
    def unit(self) -> str:
        return unit_of(self.name)

    @property
    def parent(self) -> str:
        """The package that relative imports of this module start from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]


def unit_of(name: str) -> str:
    """First part below the package: ``darkstate.linalg.krylov`` -> ``linalg``; '' for itself."""
    return [*name.split("."), ""][1]


def band_of(unit: str) -> int | None:
    return next((number for number, units in enumerate(BANDS) if unit in units), None)


def modules(root: Path) -> list[Module]:
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = (PACKAGE, *path.relative_to(root).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(path, name, path.read_text(encoding="utf-8")))
    return found


def imports(module: Module, known: set[str]) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of all that `module` imports, wherever in it."""
    for node in ast.walk(ast.parse(module.text, str(module.path))):
        if isinstance(node, ast.Import):
            yield from ((alias.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, module.parent)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield alias.lineno, inner if inner in known else base
        elif isinstance(node, ast.Call) and node.args:
            function, argument = node.func, node.args[0]
            called = getattr(function, "attr", getattr(function, "id", None))
            literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            if called in {"import_module", "__import__"} and literal:
                yield node.lineno, importlib.util.resolve_name(argument.value, module.parent)


def engine_of(name: str) -> str:
    """``darkstate.engines.gaussian.x`` -> ``gaussian``; '' for the package of all engines."""
    return [*name.split("."), "", ""][2]


def broken_rule(module: Module, target: str) -> str | None:
    """The rule that `module` breaks by importing `target`, if it breaks one."""
    here, there = module.unit, unit_of(target)
    if any(target == name or target.startswith(f"{name}.") for name in NEVER.get(here, ())):
        return FORBIDDEN
    library = target.partition(".")[0]
    if library != PACKAGE:
        owners = ONLY_IMPORTER.get(library, here).split()
        return None if here in owners else OUTSIDE
    if target == PACKAGE:
        return FRONT
    if here == there:
        mine, other = engine_of(module.name), engine_of(target)
        apart = here == "engines" and mine not in {"", other} and other not in SHARED
        return ENGINES if apart else None
    mine, other = band_of(here), band_of(there)
    if mine is None or other is None:
        return PLACE
    if mine == other:
        return SAME
    return BELOW if other > mine else None


def import_breaches(root: Path) -> list[Breach]:
    every = modules(root)
    known = {module.name for module in every} | {module.parent for module in every}
    found = []
    for module in every:
        if module.name == PACKAGE:
            continue  # gathers the public names
        for line, target in imports(module, known):
            rule = broken_rule(module, target)
            if rule:
                what = f"{described(module.name)} imports {described(target)}"
                found.append(Breach(module.path, line, what, rule))
    return found


def described(name: str) -> str:
    band = band_of(unit_of(name)) if name.startswith(f"{PACKAGE}.") else None
    return name if band is None else f"{name.removeprefix(f'{PACKAGE}.')} (band {band})"


def place_breaches(root: Path) -> list[Breach]:
    homeless: dict[str, Path] = {}
    for module in modules(root):
        if module.name != PACKAGE and band_of(module.unit) is None:
            homeless.setdefault(module.unit, module.path)
    return [
        Breach(path, 1, f"'{unit}' is in no band: enter it in BANDS", PLACE)
        for unit, path in homeless.items()
    ]


def docstring_breaches(root: Path) -> list[Breach]:
    return [
        Breach(module.path, 1, f"{module.name} has no docstring", DOCSTRING)
        for module in modules(root)
        if not (ast.get_docstring(ast.parse(module.text)) or "").strip()
    ]


def length_breaches(root: Path) -> list[Breach]:
    lengths = [(module, len(module.text.splitlines())) for module in modules(root)]
    return [
        Breach(module.path, MAX_LINES + 1, f"{module.name} has {length} lines: split it", LENGTH)
        for module, length in lengths
        if length > MAX_LINES
    ]


def for_type_checkers(tree: ast.AST) -> set[ast.AST]:
    """Everything under ``if TYPE_CHECKING:``, which no program runs."""
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    guards = [node for node in tests if "TYPE_CHECKING" in ast.unparse(node.test)]
    return {inner for node in guards for line in node.body for inner in ast.walk(line)}


def circle_breaches(root: Path) -> list[Breach]:
    """Circles of imports, also by imports inside functions; a type checker's are none."""
    every = {module.name: module for module in modules(root)}
    graph = nx.DiGraph()
    for module in every.values():
        if module.name == PACKAGE:
            continue  # gathers the public names
        skipped = {getattr(node, "lineno", 0) for node in for_type_checkers(ast.parse(module.text))}
        for line, target in imports(module, set(every)):
            if line not in skipped and target in every and target != PACKAGE:
                graph.add_edge(module.name, target)
    circles = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return [Breach(every[part[0]].path, 1, ", ".join(part), CIRCLE) for part in sorted(circles)]


def functions(root: Path) -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Every function with its lines of code: no docstring, comment or empty line."""
    for module in modules(root):
        text = module.text.splitlines()
        for node in ast.walk(ast.parse(module.text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                if ast.get_docstring(node) is not None:
                    words = node.body[0]
                    lines -= set(range(words.lineno, (words.end_lineno or words.lineno) + 1))
                code = [text[n - 1].strip() for n in lines]
                yield module, node, sum(bool(x) and not x.startswith("#") for x in code)


def function_breaches(root: Path) -> list[Breach]:
    return [
        Breach(module.path, node.lineno, f"{node.name} has {size} lines: divide it", FUNCTION)
        for module, node, size in functions(root)
        if size > MAX_FUNCTION
    ]


def name_breaches(root: Path) -> list[Breach]:
    first: dict[str, str] = {}
    found = []
    for module in modules(root):
        for node in ast.walk(ast.parse(module.text)):
            if isinstance(node, ast.ClassDef):
                other = first.setdefault(node.name, module.name)
                if other != module.name:
                    what = f"{node.name} is a class of {other} too"
                    found.append(Breach(module.path, node.lineno, what, NAME))
    return found


CHECKS = (
    import_breaches,
    circle_breaches,
    place_breaches,
    docstring_breaches,
    length_breaches,
    function_breaches,
    name_breaches,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_keeps_its_rules(check):
    found = [Breach(b.path.relative_to(REPOSITORY), b.line, b.what, b.rule) for b in check(SOURCE)]
    if found:
        pytest.fail("\n".join(map(str, found)), pytrace=False)


def test_the_band_table_is_sound_and_documented():
    units = [unit for band in BANDS for unit in band]
    assert len(units) == len(set(units))
    page = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    documented = [
        tuple(word.strip("`/") for word in row.split("|")[2].split() if word.startswith("`"))
        for row in rows
        if row.split("|")[1].strip().isdigit()
    ]
    documented = [tuple(name.removesuffix(".py") for name in band) for band in documented]
    assert documented == list(BANDS), "the table of ARCHITECTURE.md differs from BANDS"


# The checks can fail, and only where they should ------------------------------------------------


def write_tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


TREE = {
    "__init__.py": "from darkstate.frontdoor import steady_state",
    "conventions.py": "",
    "errors.py": "",
    "linalg/__init__.py": "",
    "linalg/krylov.py": "",
    "states/gaussian.py": "",
    "measures/entropy.py": "",
    "results/report.py": "",
    "engines/__init__.py": "",
    "engines/contract.py": "",
    "engines/gaussian/__init__.py": "",
    "engines/gaussian/sylvester.py": "",
    "engines/density/__init__.py": "",
    "repeaters/chain.py": "",
    "frontdoor.py": "def steady_state(): ...",
    "models/a.py": "",
    "models/b.py": "",
    "plots/lines.py": "",
    "cli/main.py": "",
    "papers/a.py": "",
    "web/app.py": "",
}

BREAKING = [
    ("linalg/krylov.py", "import darkstate.states.gaussian", 1, BELOW),
    ("linalg/krylov.py", "import numpy, darkstate.frontdoor", 1, BELOW),
    ("linalg/krylov.py", "\ndef f():\n    from darkstate.states import gaussian", 3, BELOW),
    ("linalg/krylov.py", "from ..states.gaussian import Gaussian", 1, BELOW),
    ("linalg/__init__.py", "from .. import frontdoor", 1, BELOW),
    (
        "linalg/krylov.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from darkstate.engines import x",
        3,
        BELOW,
    ),
    (
        "linalg/krylov.py",
        "import importlib\nimportlib.import_module('darkstate.frontdoor')",
        2,
        BELOW,
    ),
    ("linalg/krylov.py", "from darkstate import (\n    errors,\n    frontdoor,\n)", 3, BELOW),
    ("papers/a.py", "from darkstate.cli import main", 1, BELOW),
    ("errors.py", "from darkstate.conventions import is_label", 1, SAME),
    ("conventions.py", "from . import errors", 1, SAME),
    ("results/report.py", "from darkstate.measures import entropy", 1, SAME),
    ("measures/entropy.py", "from ..results.report import Report", 1, SAME),
    ("frontdoor.py", "from darkstate import models", 1, SAME),
    ("engines/contract.py", "from darkstate.repeaters import Exact", 1, BELOW),
    ("papers/a.py", "from darkstate.web import app", 1, SAME),
    ("engines/gaussian/sylvester.py", "from darkstate.engines.density import x", 1, ENGINES),
    ("engines/gaussian/sylvester.py", "from darkstate.engines import lindblad", 1, ENGINES),
    ("engines/gaussian/sylvester.py", "from darkstate.engines import Lindblad", 1, ENGINES),
    ("engines/gaussian/sylvester.py", "from .. import Lindblad", 1, ENGINES),
    ("engines/contract.py", "from darkstate.engines.gaussian import x", 1, ENGINES),
    ("engines/contract.py", "from . import gaussian", 1, ENGINES),
    ("models/a.py", "from darkstate.engines import Lindblad", 1, FORBIDDEN),
    ("engines/density/__init__.py", "import qutip", 1, FORBIDDEN),
    ("engines/density/__init__.py", "def f():\n    from qutip.core import Qobj", 2, FORBIDDEN),
    ("plots/lines.py", "import darkstate as ds", 1, FRONT),
    ("plots/lines.py", "from darkstate import steady_state", 1, FRONT),
    ("plots/lines.py", "from .. import steady_state", 1, FRONT),
    ("web/app.py", "import matplotlib.pyplot as plt", 1, OUTSIDE),
    ("papers/a.py", "from rich.progress import Progress", 1, OUTSIDE),
    ("web/app.py", "import typer", 1, OUTSIDE),
    ("cli/main.py", "import darkstate.nowhere", 1, PLACE),
]

KEEPING = [
    ("linalg/krylov.py", "from darkstate import errors"),
    ("linalg/__init__.py", "from darkstate.linalg.krylov import arnoldi\nfrom . import krylov"),
    ("models/a.py", "from .b import B\nfrom darkstate.models.b import C"),
    ("models/a.py", "from darkstate.repeaters.chain import Chain"),
    ("engines/__init__.py", "from . import base, gaussian\nfrom .lindblad import Lindblad"),
    ("engines/gaussian/__init__.py", "from ..contract import Engine\nfrom . import sylvester"),
    ("engines/gaussian/sylvester.py", "from darkstate.engines import contract"),
    ("frontdoor.py", "from darkstate.engines import Lindblad"),
    ("plots/lines.py", "import matplotlib\nfrom darkstate.frontdoor import steady_state"),
    ("cli/main.py", "import typer, rich\nfrom darkstate import papers, web"),
    ("states/gaussian.py", "import qutip"),
    ("papers/a.py", "import richness, typerwriter"),
    ("errors.py", "'''import darkstate.frontdoor'''"),
]


def test_a_clean_tree_passes(tmp_path):
    root = write_tree(tmp_path, TREE)
    assert [check(root) for check in CHECKS if check is not docstring_breaches] == [[]] * 6


@pytest.mark.parametrize(("name", "text", "line", "rule"), BREAKING)
def test_a_breach_is_found_with_file_line_and_rule(tmp_path, name, text, line, rule):
    root = write_tree(tmp_path, TREE | {name: text})
    (breach,) = import_breaches(root)
    assert (breach.path, breach.line, breach.rule) == (root / name, line, rule)
    assert str(breach).startswith(f"{root / name}:{line}: ")
    assert rule in str(breach)


@pytest.mark.parametrize(("name", "text"), KEEPING)
def test_what_is_allowed_passes(tmp_path, name, text):
    assert import_breaches(write_tree(tmp_path, TREE | {name: text})) == []


@pytest.mark.parametrize("name", ["unheard/__init__.py", "unheard/deep/x.py", "unheard.py"])
def test_a_new_unit_needs_a_band(tmp_path, name):
    (breach,) = place_breaches(write_tree(tmp_path, TREE | {name: ""}))
    assert breach.path == tmp_path / name
    assert "'unheard'" in str(breach)


def test_folders_without_modules_need_no_band(tmp_path):
    assert place_breaches(write_tree(tmp_path, TREE | {"data/table.csv": "1"})) == []


@pytest.mark.parametrize("text", ["", "x = 1", "'''  '''", "# only a comment"])
def test_a_missing_docstring_is_found(tmp_path, text):
    root = write_tree(tmp_path, {"linalg/a.py": text, "linalg/b.py": '"""Solves."""\n'})
    (breach,) = docstring_breaches(root)
    assert breach.path == root / "linalg/a.py"


CIRCLES = [
    {"linalg/a.py": "from .b import x", "linalg/b.py": "def f():\n    from .a import y"},
    {"linalg/__init__.py": "from .a import x", "linalg/a.py": "from darkstate.linalg import y"},
    {
        "linalg/a.py": "import darkstate.linalg.b",
        "linalg/b.py": "from . import c",
        "linalg/c.py": "from darkstate.linalg.a import x",
    },
]


@pytest.mark.parametrize("files", CIRCLES)
def test_a_circle_of_imports_is_found(tmp_path, files):
    (breach,) = circle_breaches(write_tree(tmp_path, TREE | files))
    assert breach.rule == CIRCLE
    assert "darkstate.linalg.a" in breach.what


def test_an_import_for_types_alone_closes_no_circle(tmp_path):
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import y"
    files = {"linalg/a.py": "from .b import x", "linalg/b.py": typed}
    assert circle_breaches(write_tree(tmp_path, TREE | files)) == []


def test_a_long_function_is_found(tmp_path):
    start = 'def f():\n    """Two\n    lines."""\n    # why\n\n'
    files = {
        "linalg/a.py": start + "    f()\n" * MAX_FUNCTION,
        "linalg/b.py": start + "    f()\n" * (MAX_FUNCTION - 1),
    }
    (breach,) = function_breaches(write_tree(tmp_path, TREE | files))
    assert (breach.path, breach.line) == (tmp_path / "linalg/a.py", 1)
    assert f"f has {MAX_FUNCTION + 1} lines" in str(breach)


def test_a_class_name_of_two_meanings_is_found(tmp_path):
    files = {"linalg/a.py": "class Step: ...", "linalg/b.py": "def f():\n    class Step: ..."}
    (breach,) = name_breaches(write_tree(tmp_path, TREE | files))
    assert (breach.path, breach.line) == (tmp_path / "linalg/b.py", 2)
    assert "Step is a class of darkstate.linalg.a too" in str(breach)


def test_a_long_module_is_found(tmp_path):
    lines = {"linalg/a.py": "#\n" * (MAX_LINES + 1), "linalg/b.py": "#\n" * MAX_LINES}
    (breach,) = length_breaches(write_tree(tmp_path, lines))
    assert breach.path == tmp_path / "linalg/a.py"
    assert f"{MAX_LINES + 1} lines" in str(breach)
