"""What is computed for a view: the numbers of the front door, pictures, tables, refusals."""

import csv
import io
import os
import runpy
from contextlib import redirect_stdout

import pytest

import darkstate as ds
from darkstate.errors import CapacityError, DarkstateError
from darkstate.web import answers
from darkstate.web.code import literal, python_code
from darkstate.web.parts import Answer, Data, Drawn, Explained
from darkstate.web.view import KINDS, View


def number_of(view):
    """The answer to a view; pictures are not waited for."""
    return next(part for part in answers.answer(view) if isinstance(part, Answer))


@pytest.mark.parametrize("model", KINDS)
def test_the_number_is_that_of_python(model):
    answer = number_of(View.of_model(model))
    result = ds.steady_state(answer.view.scenario().model)
    expected = getattr(ds, answer.view.measure)(result.state, *answer.view.groups)
    assert float(answer.number) == pytest.approx(expected, rel=1e-5)
    assert answer.status == result.report.status


@pytest.mark.parametrize(
    "model",
    [name if name == "DualRail" else pytest.param(name, marks=pytest.mark.slow) for name in KINDS],
)
def test_the_code_computes_the_same(model, tmp_path, monkeypatch):
    answer = number_of(View.of_model(model))
    (script := tmp_path / "view.py").write_text(python_code(answer.view))
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(io.StringIO()) as printed:
        found = runpy.run_path(str(script))
    assert found["model"] == answer.view.scenario().model
    assert float(printed.getvalue().splitlines()[-1]) == pytest.approx(float(answer.number), 1e-5)
    assert os.path.exists(f"{model}-network.svg")


def test_first_the_plan_then_the_number_then_pictures_and_tables():
    parts = list(answers.answer(View.of_model("CavityChains")))
    assert [type(part) for part in parts] == [Explained, Answer, *[Drawn] * 3, *[Data] * 2]
    assert parts[0].chosen == "gaussian (dense)"
    assert all(one.svg.startswith(b"<?xml") and one.text for one in parts[2:5])
    rows = list(csv.DictReader(io.StringIO(parts[5].csv.decode())))
    assert float(rows[-1]["log_negativity"]) == pytest.approx(float(parts[1].number), rel=1e-5)
    assert (rows[-1]["first"], rows[-1]["second"]) == ("A4", "B4")


def test_a_measure_of_one_party_is_taken_of_all_or_of_the_pair():
    view = View.of_model("CavityChains").with_texts({"measure": "purity"})
    state = ds.steady_state(view.scenario().model).state
    answer = number_of(view.with_texts({"between": "A1:B1"}))
    assert float(answer.number) == pytest.approx(ds.purity(state, ["A1", "B1"]), rel=1e-5)
    assert answer.name == "purity of A1, B1"
    answer = number_of(view)
    assert float(answer.number) == pytest.approx(ds.purity(state, ["A4", "B4"]), rel=1e-5)


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        ("sites=2&between=A1:Z9", DarkstateError, "Z9"),
        ("sites=2&measure=concurrence", DarkstateError, "not defined for a GaussianState"),
        ("model=SpinChains&sites=40&dephasing=0.1", DarkstateError, "Use a smaller network"),
        ("model=CavityChains&sites=2&loss=0&hopping=0", DarkstateError, "steady state"),
    ],
)
def test_what_has_no_answer_is_refused_with_a_sentence(query, error, words):
    with pytest.raises(error, match=words):
        list(answers.answer(View.of_address(query)))


def test_what_takes_too_long_is_refused_before_it_begins(monkeypatch):
    monkeypatch.setattr(answers, "PREFERRED_SECONDS", 0.0)
    with pytest.raises(CapacityError, match=r"predicted to take .*darkstate run"):
        list(answers.answer(View.of_model("CavityChains")))


@pytest.mark.parametrize("model", KINDS)
def test_a_model_as_code_is_that_model(model):
    made = View.of_model(model).scenario().model
    assert eval(literal(made), {"ds": ds}) == made


def test_other_drives_and_infinite_numbers_as_code():
    drive = ds.ParametricDrive(squeezing=0.5)
    made = ds.models.CavityChains(3, loss=(0.0, 0.1, 0.2), drive=drive)
    assert eval(literal(made), {"ds": ds}) == made
    assert literal(float("inf")) == 'float("inf")'
