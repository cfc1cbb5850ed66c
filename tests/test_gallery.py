"""The scripts of the gallery: short, alone, and each with a place, a title and a picture.

The build of the manual executes them (`make docs`); here is only what can be read off their text.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
EXAMPLES = REPOSITORY / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*/*.py"))
LEAST, MOST_LINES = 24, 40


def order() -> tuple[str, ...]:
    """`ORDER` of docs/gallery_parts.py, which needs sphinx-gallery to be imported."""
    text = (REPOSITORY / "docs/gallery_parts.py").read_text(encoding="utf-8")
    found = [
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER"
    ]
    return found[0]


def faults(path: Path, text: str) -> list[str]:
    """What is wrong with a script."""
    found = []
    title, rule, *_ = [*(ast.get_docstring(ast.parse(text)) or "").splitlines(), "", ""]
    if not title or set(rule) != {"="} or len(rule) != len(title):
        found.append("no title with a line of '=' of its length")
    if len(text.splitlines()) > MOST_LINES:
        found.append(f"more than {MOST_LINES} lines")
    if f'"{path.stem}", overwrite=True)' not in text:
        found.append("no picture of its own name")
    if re.search(r"https?://|/home/|/tmp", text):
        found.append("an address or a path of one machine")
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_short_and_have_a_picture(path):
    assert faults(path, path.read_text(encoding="utf-8")) == []


def test_every_script_has_its_place_in_the_order():
    assert sorted(order()) == sorted(path.stem for path in SCRIPTS)
    assert len(SCRIPTS) >= LEAST


def test_every_group_has_a_question():
    groups = {path.parent for path in SCRIPTS}
    for group in groups:
        assert (group / "GALLERY_HEADER.rst").read_text().split("\n")[0].endswith("?")
    index = (REPOSITORY / "docs/index.md").read_text(encoding="utf-8")
    assert all(f"../examples/{group.name}/*.py" in index for group in groups)


@pytest.fixture
def draw():
    """The module that draws the pictures of the pages."""
    spec = importlib.util.spec_from_file_location("draw", REPOSITORY / "docs/figures/draw.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_picture_of_a_page_is_drawn_by_somebody(draw):
    there = {path.stem for path in (REPOSITORY / "docs/figures").glob("*.png")}
    scripts = {path.stem for path in (REPOSITORY / "docs/figures").glob("*.py")}
    by_benchmarks = {"audit", "scaling"}
    drawn = {function.__name__ for function in draw.PICTURES} | scripts - {"draw"}
    assert there == drawn | by_benchmarks
    texts = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "benchmarks").glob("*.py")]
    assert all(any(f"docs/figures/{name}.png" in text for text in texts) for name in by_benchmarks)
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    texts = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert all(f"figures/{name}.png" in texts for name in there)


@pytest.mark.parametrize("name", ["chains", "network"])
def test_pictures_of_pages_can_be_drawn_again(draw, name, tmp_path):
    before = (REPOSITORY / f"docs/figures/{name}.png").read_bytes()
    getattr(draw, name)().savefig(tmp_path / "again.png", dpi=draw.DPI)
    size = slice(16, 24)  # of a PNG: width and height
    assert (tmp_path / "again.png").read_bytes()[size] == before[size]


def test_what_is_wrong_is_found():
    path = Path("name.py")
    assert len(faults(path, "import os\n")) == 2
    long = (
        '"""\nA\n=\n\nb\n"""\n' + "x = 1\n" * 40 + '# http://a\nsave(f, "name", overwrite=True)\n'
    )
    assert len(faults(path, long)) == 2
