"""The page of a session without a browser: what is shown for which part, and what is escaped."""

import re

import pytest

pytest.importorskip("panel", reason="the explorer needs panel: pip install 'panel>=1.9'")

from darkstate.web import explorer as module
from darkstate.web import markup
from darkstate.web.parts import Advance, Answer, Data, Done, Drawn, Explained, Lines, Refused
from darkstate.web.turning import label_of, step_of
from darkstate.web.view import KINDS, View

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"


class Asked:
    """In place of a process: remembers what it was asked."""

    def __init__(self, memory, hear):
        self.views, self.cancelled = [], 0

    def ask(self, view):
        self.views.append(view)

    def cancel(self):
        self.cancelled += 1


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(module, "Computation", Asked)
    made = module.Explorer(View.of_model("CavityChains"), "", 1e9, lambda function: function())
    made.begin()
    return made


def answer(view, number="0.5", status="certified"):
    return Answer(view, "log negativity of A4, B4", number, "ebit", status, (("status", status),))


def shown(page, name):
    return page.panes[name].object


def test_a_slider_writes_its_text_and_asks(page):
    page.knobs.sliders["loss"].value = 0.1
    assert page.knobs.texts["loss"].value == "0.1"
    assert page.task.views[-1].values["loss"] == 0.1
    page.knobs.sliders["sites"].value = 7
    assert page.task.views[-1].values == {"sites": 7, "loss": 0.1}


def test_a_text_moves_its_slider_and_may_lie_outside_of_it(page):
    page.knobs.texts["loss"].value = "0.25"
    assert page.knobs.sliders["loss"].value == 0.25
    asked = len(page.task.views)
    page.knobs.texts["loss"].value = "3"
    assert page.knobs.sliders["loss"].value == 0.5
    assert [view.values["loss"] for view in page.task.views[asked:]] == [3.0]
    page.knobs.texts["loss"].value = "0, 0.1, 0.2, 0.3"
    assert not page.knobs.sliders["loss"].visible


@pytest.mark.parametrize("text", ["nonsense", "-1", "", "0.1, 0.2", "<b>"])
def test_a_wrong_text_is_told_and_takes_the_number_away(page, text):
    page.hear(answer(page.view))
    asked = len(page.task.views)
    page.knobs.texts["loss"].value = text
    assert len(page.task.views) == asked
    assert page.task.cancelled
    assert "`loss` must" in shown(page, "notice") or "`model.loss` must" in shown(page, "notice")
    assert "<b>" not in shown(page, "notice")
    assert 'id="number"' not in shown(page, "number")


def test_the_old_number_is_dimmed_while_a_new_one_is_computed(page):
    page.hear(answer(page.view))
    assert "aria-busy" not in shown(page, "number")
    page.knobs.sliders["loss"].value = 0.3
    assert "aria-busy" in shown(page, "number")
    page.hear(answer(page.view, "0.1"))
    assert "aria-busy" not in shown(page, "number")
    assert ">0.1<" in shown(page, "number")


def test_a_refusal_takes_everything_away(page):
    for part in (Explained((), "x", 0.0), answer(page.view), Drawn("p", "t", SVG, "alt"), Done()):
        page.hear(part)
    page.hear(Refused("No <engine> can."))
    assert "No &lt;engine&gt; can." in shown(page, "notice")
    assert not any(shown(page, name) for name in ("pictures", "report", "plan", "files", "step"))
    assert page.cancel.disabled


def test_pictures_are_replaced_one_by_one_and_old_ones_go_at_the_end(page):
    for name in ("a", "b"):
        page.hear(Drawn(name, name, SVG, f"first {name}"))
    page.hear(Explained((), "x", 0.0))
    page.hear(Drawn("a", "a", SVG, "second a"))
    assert "second a" in shown(page, "pictures")
    assert "first b" in shown(page, "pictures")
    page.hear(Done())
    assert "first b" not in shown(page, "pictures")


def test_the_address_follows_what_is_computed(page):
    page.knobs.sliders["loss"].value = 0.1
    page.hear(Explained((), "x", 0.0))
    assert page.address.value == "model=CavityChains&sites=4&loss=0.1"


@pytest.mark.parametrize("model", KINDS)
def test_every_model_can_be_picked(page, model):
    page.model.value = model
    assert page.view == View.of_model(model)
    assert list(page.knobs.texts) == list(page.view.knobs)
    assert page.measure.value == page.view.measure


def test_another_drive_has_other_knobs(page):
    page.knobs.texts["drive.kind"].value = "ParametricDrive"
    assert "drive.bandwidth" in page.knobs.texts
    assert "drive.nbar" not in page.knobs.texts


def test_each_page_asks_for_what_it_needs(page):
    shown_at = {"steady": (False, False), "evolution": (True, False), "sweep": (False, True)}
    for name, visible in shown_at.items():
        page.page.value = name
        assert page.task.views[-1].page == name
        assert (page.until.visible, page.knob.visible) == visible
    page.knob.value = "drive.nbar"
    assert page.task.views[-1].knob == "drive.nbar"
    page.page.value, page.until.value = "evolution", "7"
    assert page.task.views[-1].until == 7.0


def test_cancel_says_so(page):
    page.cancel.clicks += 1
    assert page.task.cancelled == 1
    assert "Cancelled" in shown(page, "notice")


def test_a_computation_says_how_far_it_is(page):
    page.hear(Advance("stage 3 <of> 7", 0.4))
    assert "0.400" in shown(page, "step")
    assert "&lt;of&gt;" in shown(page, "step")


def test_files_are_links_that_hold_them():
    view = View.of_model("CavityChains")
    shown = markup.files(view, [Data("pairs", b"a,b\n1,2\n")])
    names = re.findall(r'download="([^"]+)"', shown)
    assert names == ["CavityChains.yaml", "CavityChains.py", "CavityChains-pairs.csv"]
    assert "http" not in shown


def test_rows_are_escaped_and_warnings_marked():
    shown = markup.lines(Lines("a <b>", (("warning", "<script>"), ("warning", "two"))))
    assert "<script>" not in shown
    assert shown.count("warning") == 3  # the mark twice, the word once


def test_labels_and_steps():
    knobs = View.of_model("CavityChains").knobs
    assert label_of(knobs["drive.rate"]) == "drive rate (rate)"
    assert label_of(knobs["drive.kind"]) == "drive"
    assert step_of(0, 0.5) == pytest.approx(0.002)
    assert step_of(-3, 3) == pytest.approx(0.02)
