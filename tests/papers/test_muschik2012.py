"""The ensembles' paper: verdicts come from the data, and pictures can be drawn."""

import numpy as np
import pytest
from papers_shared import check_claims, check_picture, computing, verdicts_of

from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.muschik2012 import MUSCHIK2012
from darkstate.papers.muschik2012.detuning import critical, limit_xi
from darkstate.papers.muschik2012.lifetimes import crossing
from darkstate.papers.muschik2012.three_level import final_xi, loss_at

FIGURES = {figure.id: figure for figure in MUSCHIK2012.figures}
OWN = ["3a", "3b", "lifetime", "formulas", "finite"]


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(figure, data):
    return verdicts_of(FIGURES[figure], data)


def test_it_is_listed():
    assert MUSCHIK2012 in PAPERS
    assert paper("muschik2012") is MUSCHIK2012
    assert set(OWN) <= set(FIGURES)


@pytest.mark.parametrize("figure", OWN)
def test_pictures_and_claims(figure, data):
    check_picture(FIGURES[figure], data(figure))
    check_claims(FIGURES[figure], data(figure))


def test_detuning_needs_a_lowered_polarisation(data):
    assert verdicts("3a", data("3a"))["3a-1"] is Verdict.CONDITION
    assert limit_xi(1.0, 20.0)[0] < 1 < limit_xi(0.8, 20.0)[0]
    assert critical(1.0) == pytest.approx(29.76, abs=0.01)
    assert limit_xi(0.9, 30.0)[1] < limit_xi(0.9, 30.0)[0]
    kept = data("3a")
    kept["polarisation"] = kept.polarisation * 0 + 1  # it never falls
    assert verdicts("3a", kept)["3a-1"] is Verdict.NOT_REPRODUCED


def test_the_window_of_the_unknown_loss(data):
    assert verdicts("3b", data("3b"))["3b-1"] is Verdict.CONDITION
    low, high = loss_at(1.0, 55.0), loss_at(1.0, 100.0)
    assert (low, high) == pytest.approx((0.01296, 0.02643), abs=1e-5)
    assert final_xi(0.9 * low, 55.0) < 1 < final_xi(1.1 * low, 55.0)
    assert final_xi(0.9 * high, 100.0) < 1 < final_xi(1.1 * high, 100.0)
    changed = data("3b")
    changed["xi"] = changed.xi * 0.9
    assert verdicts("3b", changed)["3b-1"] is Verdict.NOT_REPRODUCED


def test_lifetimes(data):
    assert verdicts("lifetime", data("lifetime"))["lifetime-1"] is Verdict.CONDITION
    rising = np.array([0.0, 1.0, 2.0, 3.0])
    assert crossing(rising, rising, 1.5) == pytest.approx(1.5)
    assert np.isnan(crossing(rising, rising, 5.0))
    changed = data("lifetime")
    changed["driven"] = changed.bare
    assert verdicts("lifetime", changed)["lifetime-1"] is Verdict.NOT_REPRODUCED
    slower = data("lifetime").assign_coords(time=2 * data("lifetime").time)  # 72 and 6 ms
    assert verdicts("lifetime", slower)["lifetime-1"] is Verdict.NOT_REPRODUCED


def test_the_slip_is_seen_and_only_where_it_is(data):
    found = data("formulas")
    assert verdicts("formulas", found) == {
        "formulas-1": Verdict.REPRODUCED,
        "formulas-2": Verdict.REPRODUCED,
        "formulas-3": Verdict.CONDITION,
    }
    found["integrated"] = found.printed
    assert verdicts("formulas", found)["formulas-3"] is Verdict.NOT_REPRODUCED
