"""The table of checks and the judge: every row is used, every word is given, NaN holds nowhere."""

from __future__ import annotations

import ast
import math
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from darkstate.engines.assess import finding, judge, sentences
from darkstate.engines.checklist import CHECKS
from darkstate.results import Report, Status

SOURCE = Path(__file__).parents[2] / "src" / "darkstate"
GOOD = Report("e", "m", Status.CERTIFIED, margin=0.0, error_estimate=1e-12)


def findings() -> Iterator[tuple[str, set[str], str]]:
    """Name of the check, words given, and place of every finding in the package."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if called and node.func.id == "finding" and isinstance(node.args[0], ast.Constant):
                words = {word.arg for word in node.keywords if word.arg}
                open_ended = any(word.arg is None for word in node.keywords)
                yield node.args[0].value, words | ({"**"} if open_ended else set()), path.name


def needed(sentence: str) -> set[str]:
    """Words of a sentence that its finding must give."""
    names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
    return names - {"value", "bound"}


def test_every_finding_has_a_row_and_every_row_a_finding():
    made = {name for name, _, _ in findings()}
    assert made == set(CHECKS)


def test_findings_give_the_words_of_their_sentences():
    for name, words, place in findings():
        missing = needed(CHECKS[name].sentence) - words
        assert "**" in words or not missing, f"{place}: {name} lacks {missing}"
        assert words - {"**"} <= needed(CHECKS[name].sentence), f"{place}: {name} has idle words"


@pytest.mark.parametrize("value", [1.0, math.inf, math.nan])
def test_what_exceeds_its_bound_or_is_no_number_is_broken(value):
    report = judge(GOOD, [finding("depth", value, 0.5, depth=3)])
    assert report.status is Status.SUSPECT
    assert report.warnings[0].startswith("at depth 3 the state still changed by")


def test_bounds_belong_to_what_is_trusted():
    held = finding("depth", 0.5, 0.5, depth=3)
    assert judge(GOOD, [held]).status is Status.CERTIFIED and sentences([held]) == ()
    assert judge(GOOD, [held], Status.CONVERGED).status is Status.CONVERGED
    assert judge(GOOD, [held], Status.SUSPECT).status is Status.SUSPECT


def test_a_row_says_what_is_left():
    unproven = finding("proof", True, what="stability was not proven")
    remark = finding("free moments", 2, names="J")
    assert judge(GOOD, [unproven]).status is Status.CONVERGED
    assert judge(GOOD, [remark]).status is Status.CERTIFIED
    both = judge(GOOD.with_(warnings=("before",)), [unproven, remark, finding("lookahead", 2)])
    assert both.status is Status.SUSPECT
    assert both.warnings[0] == "before" and len(both.warnings) == 4


def test_words_that_cost_are_made_only_for_sentences():
    def costly() -> str:
        raise AssertionError("made although nothing is wrong")

    assert sentences([finding("growth", False, why=costly)]) == ()
    with pytest.raises(AssertionError, match="made"):
        sentences([finding("growth", True, why=costly)])
