"""Views: from an address and back, and as scenarios."""

import math

import pytest
import yaml
from hostile_addresses import ADDRESSES
from hypothesis import given
from hypothesis import strategies as st

from darkstate.errors import ArgumentError, DarkstateError
from darkstate.measures import MEASURES
from darkstate.models import MODELS
from darkstate.scenarios.loading import parse_scenario
from darkstate.web.view import KINDS, PAGES, View, words


@pytest.mark.parametrize("model", KINDS)
@pytest.mark.parametrize("page", PAGES)
def test_the_address_and_the_scenario_hold_the_whole_view(model, page):
    view = View.of_model(model).with_texts({"page": page, "between": "A1:B1", "measure": "purity"})
    assert View.of_address(view.address()) == view
    text = yaml.safe_dump(view.document(), sort_keys=False, allow_unicode=True)
    assert parse_scenario(text).model == view.scenario().model


@given(st.data())
def test_any_values_of_knobs_come_back_from_the_address(data):
    view = View.of_model(data.draw(st.sampled_from(list(KINDS))))
    numbers = st.floats(allow_nan=False, min_value=-1e6, max_value=1e6)
    for knob in view.knobs.values():
        kinds = {"whole": st.integers(1, 10**9), "number": numbers}
        if knob.form in kinds and data.draw(st.booleans()):
            view = view.with_value(knob.name, knob.write(data.draw(kinds[knob.form])))
    again = View.of_address(view.address())
    assert again.address() == view.address()
    assert all(again.value(knob) == view.value(knob) for knob in view.knobs.values())


@pytest.mark.parametrize("query", ADDRESSES, ids=lambda query: query[:30])
def test_hostile_addresses_are_refused_with_a_sentence(query):
    with pytest.raises(DarkstateError, match="must"):
        View.of_address(query).scenario()


def test_an_address_without_parameters_is_the_example():
    assert View.of_address("") == View.of_model("CavityChains")
    assert View.of_address("model=DualRail") == View.of_model("DualRail")


def test_with_parameters_the_others_have_their_defaults():
    view = View.of_address("hopping=2")
    assert view.values == {"sites": 4, "hopping": 2.0}
    assert view.scenario().model.loss == 0.0


def test_zero_stays_zero_where_the_example_is_not():
    view = View.of_model("CavityChains").with_value("loss", "0")
    assert View.of_address(view.address()).scenario().model.loss == 0.0


def test_another_class_of_a_part_has_its_own_defaults():
    view = View.of_model("CavityChains").with_value("drive.nbar", "2")
    view = view.with_value("drive.kind", "ParametricDrive")
    assert "drive.nbar" not in view.values
    assert view.scenario().model.drive.bandwidth == 10.0
    assert View.of_address(view.address()) == view


def test_infinite_and_many_values():
    view = View.of_model("DualRail").with_value("bandwidth", "inf")
    assert math.isinf(view.scenario().model.bandwidth)
    view = view.with_value("dephasing", "0.1, 0.2")
    assert View.of_address(view.address()).scenario().model.dephasing == (0.1, 0.2)


@pytest.mark.parametrize(
    ("labels", "pair"),
    [
        (("A1", "A2", "B1", "B2"), ("A2", "B2")),
        (("A1", "B1", "SA", "SB"), ("A1", "B1")),
        (("1", "2", "3"), ("1", "3")),
        (("x",), None),
    ],
)
def test_the_pair_is_the_last_of_partners_or_both_ends(labels, pair):
    assert View().pinned(labels).between == pair


def test_a_pair_that_was_asked_for_is_kept():
    assert View(between=("A1", "A2")).pinned(("A1", "A2", "B1", "B2")).between == ("A1", "A2")


@pytest.mark.parametrize("name", ["model", "measure", "page", "knob"])
def test_unknown_names_are_refused(name):
    with pytest.raises(ArgumentError, match=f"`{name}` must be one that the explorer knows"):
        View(**{name: "nothing"})


def test_titles_have_no_formulas():
    assert len({words(measure) for measure in MEASURES}) == len(MEASURES)
    assert not any("$" in words(measure) for measure in MEASURES)


def test_no_parameter_of_a_model_has_the_name_of_a_key_of_the_address():
    own = {"model", "measure", "between", "page", "knob", "until"}
    assert not own & {name for model in MODELS for name in View.of_model(model.__name__).knobs}
