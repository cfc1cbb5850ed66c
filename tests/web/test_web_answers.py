"""What is computed for a view: the numbers of the front door, pictures, tables, refusals."""

import csv
import io
import os
import runpy
from contextlib import redirect_stdout

import pytest

import darkstate as ds
from darkstate.errors import CapacityError, DarkstateError, NumericalError
from darkstate.web import answers, studies
from darkstate.web.code import literal, python_code
from darkstate.web.parts import Answer, Data, Drawn, Explained, Lines
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


def page_of(model, page, **texts):
    view = View.of_model(model).with_texts({"page": page, **texts})
    return list(answers.answer(view))


def of_kind(parts, kind):
    return [part for part in parts if isinstance(part, kind)]


def columns(data):
    return list(csv.DictReader(io.StringIO(data.csv.decode())))


def test_the_evolution_ends_with_the_number_that_is_shown():
    parts = page_of("CavityChains", "evolution", until="5")
    (answer,), (data,) = of_kind(parts, Answer), of_kind(parts, Data)
    model = answer.view.scenario().model
    result = ds.evolve(model, [0.0, 5.0])
    expected = ds.log_negativity(result.state, "A4", "B4")
    assert float(answer.number) == pytest.approx(expected, rel=1e-5)
    last = columns(data)[-1]
    assert float(last["time"]) == 5.0
    assert float(last["log_negativity A4 B4"]) == pytest.approx(expected, rel=1e-5)
    assert of_kind(parts, Drawn)[0].title == "over time"


@pytest.mark.parametrize("knob", ["loss", "sites"])
def test_a_sweep_has_the_values_of_single_solutions(knob):
    parts = page_of("CavityChains", "sweep", knob=knob)
    (answer,), (data,) = of_kind(parts, Answer), of_kind(parts, Data)
    pair = ("A4", "B4") if knob == "loss" else ("A1", "B1")
    assert answer.view.between == pair
    row = columns(data)[2]
    given = {"sites": 4, "loss": 0.05} | {
        knob: type(4 if knob == "sites" else 0.1)(float(row[knob]))
    }
    state = ds.steady_state(ds.models.CavityChains(**given)).state
    name = f"log_negativity_{pair[0]}_{pair[1]}"
    assert float(row[name]) == pytest.approx(ds.log_negativity(state, *pair), rel=1e-9)
    best = max(float(each[name]) for each in columns(data))
    assert float(answer.number) == pytest.approx(best, rel=1e-5)


def test_points_of_a_sweep_that_fail_are_told():
    parts = page_of("CavityChains", "sweep", knob="sites", between="A4:B4")
    (answer,) = of_kind(parts, Answer)
    assert any(name == "warning" and "sites = 1" in text for name, text in answer.report)
    assert answer.status == "failed"


def test_a_sweep_that_would_take_too_long_counts_all_its_points(monkeypatch):
    offers = ds.explain(View.of_model("CavityChains").scenario().model)
    monkeypatch.setattr(answers, "PREFERRED_SECONDS", 5 * offers.chosen.cost.here)
    assert page_of("CavityChains", "steady")
    with pytest.raises(CapacityError, match="13 times"):
        page_of("CavityChains", "sweep")


def test_derivatives_and_knobs_that_have_none():
    view = View.of_address("model=DualRail&pairs=1&squeezing=0.8&dephasing=0.02&page=gradient")
    parts = list(answers.answer(view))
    (lines,), (answer,) = of_kind(parts, Lines), of_kind(parts, Answer)
    model = answer.view.scenario().model
    slopes = ds.gradient(model, ds.merit(ds.log_negativity, "A1", "B1"), ["squeezing"])
    rows = dict(row for row in lines.rows if row[0] != "no slope")
    assert float(rows["squeezing"].split()[0]) == pytest.approx(
        float(slopes["squeezing"]), rel=1e-4
    )
    without = [text for name, text in lines.rows if name == "no slope"]
    assert "directionality: it is at its upper bound" in without
    assert "bandwidth: it is infinite" in without
    assert of_kind(parts, Drawn)[0].title == "derivatives"


def test_a_knob_without_a_slope_does_not_take_the_others_along(monkeypatch):
    real = studies.gradient

    def refusing(model, wanted, names):
        if "loss" in names:
            raise NumericalError("a kink")
        return real(model, wanted, names)

    monkeypatch.setattr(studies, "gradient", refusing)
    parts = page_of("CavityChains", "gradient")
    rows = of_kind(parts, Lines)[0].rows
    assert ("no slope", "loss: a kink") in rows
    assert "hopping" in dict(rows)
    assert of_kind(parts, Drawn)


def test_a_certificate_of_a_pair_and_of_a_whole_small_network():
    (lines,) = of_kind(page_of("CavityChains", "certificate"), Lines)
    assert dict(lines.rows)["modes"] == "A4 B4"
    assert dict(lines.rows)["verdict"].startswith("certified: entangled")
    (lines,) = of_kind(page_of("DualRail", "certificate"), Lines)
    assert dict(lines.rows)["subsystems"] == "A1 A2 B1 B2"
    (lines,) = of_kind(page_of("AtomicEnsembles", "certificate"), Lines)
    assert "no certificate" in dict(lines.rows)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["evolution", "sweep", "gradient", "certificate"])
@pytest.mark.parametrize("model", ["CavityChains", "DualRail"])
def test_the_code_of_every_page_computes_its_number(model, page, tmp_path, monkeypatch):
    (answer,) = of_kind(page_of(model, page), Answer)
    (script := tmp_path / "view.py").write_text(python_code(answer.view))
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(script))
    words = printed.getvalue().splitlines()[-1]
    assert float(words) == pytest.approx(float(answer.number), rel=1e-5)


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
