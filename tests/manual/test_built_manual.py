"""The checks of the built manual, on a small one; `make docs` puts them to the real one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from built_pages import Manual
from colours import contrast, unreadable
from questions import QUESTIONS, Question, unanswered

from darkstate.engines import ENGINES, ON_REQUEST
from darkstate.measures import MEASURES
from darkstate.models import MODELS
from darkstate.papers import PAPERS

REPOSITORY = Path(__file__).parents[2]
GOOD = {
    "index.html": '<p>first</p><a href="a.html#x">a</a><a href="https://elsewhere">e</a>',
    "a.html": '<h1 id="x">A page</h1><img src="p.png" alt="p"><a href="b.html">b</a>'
    '<span class="k">def</span>',
    "b.html": '<p>The answer is 42.</p><script>hidden = "secret"</script><a href="c.html">c</a>',
    "c.html": "deep",
    "p.png": "",
    "_static/styles/furo.css": "body{--color-foreground-primary:#000;--color-foreground-secondary:"
    "#333;--color-foreground-muted:#555;--color-brand-content:#00f;--color-background-primary:#fff;"
    "--color-background-secondary:#eee}body[data-theme=dark]{--color-foreground-primary:#fff;"
    "--color-foreground-secondary:#fff;--color-foreground-muted:#ddd;--color-brand-content:#fff;"
    "--color-background-primary:#000;--color-background-secondary:#111}",
    "_static/pygments.css": ".highlight { background: #fff; color: #000 }\n"
    ".highlight .k { color: #000 }\n.highlight .zz { color: #fefefe }\n"
    'body[data-theme="dark"] .highlight { background: #000; color: #fff }\n',
}
INDEX = {
    "docnames": ["a", "b", "c", "index"],
    "terms": {"answer": 1, "page": [0, 1], "deep": 2},
    "titleterms": {"page": 0},
    "alltitles": {"A page": [[0, "x"]]},
}


@pytest.fixture
def built(tmp_path):
    """Writes a manual, some of its files other than `GOOD`, and reads it."""

    def write(**other: str) -> Manual:
        named = {name.replace("__", "."): text for name, text in other.items()}
        for name, text in (GOOD | named).items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (tmp_path / "searchindex.js").write_text(f"Search.setIndex({json.dumps(INDEX)})")
        return Manual.read(tmp_path)

    return write


def faults(manual: Manual) -> list[str]:
    found = (manual.dead_links(), manual.foreign(), manual.wordless(), unreadable(manual))
    return [fault for some in found for fault in some]


def test_nothing_is_found_where_nothing_is_wrong(built):
    manual = built()
    assert faults(manual) == []
    assert manual.pages["b.html"].text == "The answer is 42.c"
    assert manual.clicks == {"index.html": 0, "a.html": 1, "b.html": 2, "c.html": 3}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("b__html", '<a href="gone.html">', "gone.html leads nowhere"),
        ("b__html", '<a href="a.html#y">', "no such place in a.html"),
        ("b__html", '<script src="//cdn/x.js"></script>', "fetched from another host"),
        ("b__html", '<link rel="stylesheet" href="https://fonts/x">', "fetched from another host"),
        ("x__css", "a { background: url('https://fonts/y') }", "fetched from another host"),
        ("x__css", '@import "https://fonts/z";', "fetched from another host"),
        ("b__html", '<img src="p.png">', "p.png has no text"),
        ("b__html", '<img src="p.png" alt=" ">', "p.png has no text"),
        (
            "b__html",
            '<span class="zz">x</span>',
            "code .zz: #fefefe on #fff has a contrast of 1.01",
        ),
    ],
)
def test_faults_are_found(built, name, text, said):
    (fault,) = faults(built(**{name: text}))
    assert said in fault


def test_faint_text_is_found(built):
    faint = GOOD["_static/styles/furo.css"].replace("muted:#555", "muted:#999")
    found = faults(built(**{"_static/styles/furo__css": faint}))
    assert len(found) == 2 and "foreground-muted on background-primary" in found[0]
    assert contrast("#000", "#ffffff") == 21.0


def test_questions_are_answered_or_not(built):
    manual = built()
    asked = Question("What is it?", "b.html", "is 42", "answer page")
    assert list(unanswered(manual, asked)) == []
    assert "is not on" in next(unanswered(manual, asked._replace(answer="secret")))
    wrong = list(unanswered(manual, asked._replace(search="answer deep")))
    assert len(wrong) == 1 and "A search for" in wrong[0]
    far = Question("How deep?", "c.html", "deep", "deep")
    assert "more than 2 clicks" in next(unanswered(manual, far))
    assert manual.search("page") == ["a.html", "b.html"]


def test_there_are_twenty_questions():
    assert len({question.asked for question in QUESTIONS}) == len(QUESTIONS) == 20


# Lists in the manual that must be whole ---------------------------------------------------------

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTS = {
    "docs/install.md": [f"`{name}`" for name in PROJECT["optional-dependencies"] if name != "dev"],
    "docs/scenarios.md": [
        *(measure.name for measure in MEASURES),
        *(path.name for path in (REPOSITORY / "scenarios").iterdir()),
    ],
    "docs/models.md": [model.__name__ for model in MODELS],
    "docs/reference/engines.md": [engine.__name__ for engine in (*ENGINES, *ON_REQUEST)],
    "docs/reference/measures.md": [measure.name for measure in MEASURES],
    "docs/papers.md": [paper.id for paper in PAPERS],
    "README.md": [paper.id for paper in PAPERS],
}


@pytest.mark.parametrize("page", LISTS)
def test_lists_are_whole(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    assert [name for name in LISTS[page] if name not in text] == []


def test_no_page_sends_to_an_index_that_has_no_darkstate():
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("**/*.md")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "pip install darkstate[" not in text and "pip install 'darkstate[" not in text, page
