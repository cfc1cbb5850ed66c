"""Knobs: one for each parameter of every ready model, and what their texts may be."""

import math

import pytest

from darkstate.errors import ArgumentError, DarkstateError
from darkstate.models import MODELS
from darkstate.web.knobs import Control, flat, knobs_of, nested
from darkstate.web.view import View

NUMBER = Control("loss", "number", 0.0, many=True)
WHOLE = Control("sites", "whole", needed=True)
BOUND = {
    ("CavityChains", "drive.mbar"),
    ("CavityAtomChains", "drive.mbar"),
    ("SpinChains", "drive.mbar"),
    ("DualRail", "source_decay_b"),
    ("ParametricPair", "phase"),
}
"""Controls whose usual range another parameter cuts."""


def views(model):
    """The example of a model, with each of its drives."""
    view = View.of_model(model.__name__)
    if model.__name__ == "DualRail":  # its example has one detuning for each of two pairs
        view = view.with_value("detunings_a", "0").with_value("detunings_b", "0")
    kinds = view.knobs["drive.kind"].words if "drive.kind" in view.knobs else ()
    return [view.with_value("drive.kind", kind) for kind in kinds] or [view]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_number_of_a_model_has_a_usual_range_which_the_model_takes(model):
    for view in views(model):
        for knob in view.knobs.values():
            if knob.form not in ("number", "whole") or knob.words:
                assert not knob.turns
                continue
            low, high = knob.usual
            for value in (low, high) if (model.__name__, knob.name) not in BOUND else ():
                view.with_value(knob.name, knob.write(value)).scenario()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_knob_says_what_it_is(model):
    for knob in knobs_of(model).values():
        assert knob.text, knob.name


def test_the_knobs_of_a_part_are_those_of_the_class_that_is_chosen():
    model = next(model for model in MODELS if model.__name__ == "CavityChains")
    assert "drive.nbar" in knobs_of(model)
    other = knobs_of(model, {"drive.kind": "ParametricDrive"})
    assert "drive.nbar" not in other
    assert other["drive.bandwidth"].default == 10.0
    assert other["drive.kind"].words == ("SqueezedDrive", "ParametricDrive")


@pytest.mark.parametrize(
    ("knob", "text", "value"),
    [
        (NUMBER, "0.05", 0.05),
        (NUMBER, " 1e-3 ", 1e-3),
        (NUMBER, "-.5", -0.5),
        (NUMBER, "inf", math.inf),
        (NUMBER, "0, 0.5,1", [0.0, 0.5, 1.0]),
        (NUMBER, "2,", [2.0]),
        (WHOLE, "12", 12),
        (Control("b", "number", optional=True), "", None),
        (Control("b", "flag"), "true", True),
        (Control("b", "whole", words=("all_up",), many=True), "all_up", "all_up"),
        (Control("b", "choice", words=("x", "y")), "y", "y"),
    ],
)
def test_a_text_is_read_and_written(knob, text, value):
    assert knob.read(text) == value
    assert type(knob.read(text)) is type(value)
    assert knob.read(knob.write(value)) == value


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-300, 123456789.123, [0.1, -2e5], [7.0]])
def test_numbers_keep_fifteen_digits(value):
    again = NUMBER.read(NUMBER.write(value))
    assert again == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("knob", "text"),
    [
        (NUMBER, ""),
        (NUMBER, "nan"),
        (NUMBER, "1e999"),
        (NUMBER, "0x10"),
        (NUMBER, "1_000"),
        (NUMBER, "1 2"),
        (NUMBER, "٣"),
        (NUMBER, "__import__('os').getcwd()"),
        (NUMBER, "1," * 1500),
        (NUMBER, "[1, 2]"),
        (NUMBER, ",,"),
        (WHOLE, "1.5"),
        (WHOLE, "1,2"),
        (WHOLE, "9" * 16),
        (Control("b", "flag"), "1"),
        (Control("b", "choice", words=("x", "y")), "z"),
    ],
)
def test_what_is_no_value_is_refused_with_its_name(knob, text):
    with pytest.raises(ArgumentError, match=f"`{knob.name}` must"):
        knob.read(text)


def test_values_by_name_and_as_a_tree():
    values = {"sites": 3, "drive.kind": "X", "drive.nbar": 1.0, "baths[1].cutoff": 2.0}
    tree = {"sites": 3, "drive": {"kind": "X", "nbar": 1.0}, "baths": [{}, {"cutoff": 2.0}]}
    assert nested(values) == tree
    assert flat(tree) == values
    assert nested({"a": None, "b": 1}) == {"b": 1}


def test_a_model_says_what_it_does_not_take():
    with pytest.raises(DarkstateError, match=r"`model.loss` must be >= 0"):
        View.of_model("CavityChains").with_value("loss", "-1").scenario()
