"""The ensembles' paper: verdicts come from the data, and pictures can be drawn."""

from dataclasses import replace

import numpy as np
import pytest
from papers_shared import check_claims, check_picture, computing, verdicts_of

from darkstate.models import AtomicLevels
from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.muschik2012 import MUSCHIK2012
from darkstate.papers.muschik2012.common import COLLISIONS, PUMP, levels, two_levels
from darkstate.papers.muschik2012.detuning import critical, limit_xi
from darkstate.papers.muschik2012.lifetimes import crossing
from darkstate.papers.muschik2012.lost_atoms import decorrelated, pair_exact
from darkstate.papers.muschik2012.steady import critical_depth, least_of_products
from darkstate.papers.muschik2012.three_level import final_xi, loss_at, watched_xi

FIGURES = {figure.id: figure for figure in MUSCHIK2012.figures}
OWN = ["3a", "3b", "lifetime", "steady", "formulas"]


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(figure, data):
    return verdicts_of(FIGURES[figure], data)


def test_it_is_listed():
    assert MUSCHIK2012 in PAPERS
    assert paper("muschik2012") is MUSCHIK2012
    assert set(OWN) <= set(FIGURES)


@pytest.mark.parametrize("figure", [*OWN, pytest.param("finite", marks=pytest.mark.slow)])
def test_pictures_and_claims(figure, data):
    check_picture(FIGURES[figure], data(figure))
    check_claims(FIGURES[figure], data(figure))


def test_detuning_ends_the_entanglement_after_the_build_up(data):
    found = data("3a")
    assert verdicts("3a", found)["3a-1"] is Verdict.CONDITION
    assert verdicts("3a", found)["3a-3"] is Verdict.REPRODUCED
    assert limit_xi(1.0, 20.0)[0] < 1 < limit_xi(0.8, 20.0)[0]
    assert critical(1.0) == pytest.approx(29.76, abs=0.01)
    assert limit_xi(0.9, 30.0)[1] < limit_xi(0.9, 30.0)[0]
    never = data("3a")
    never["xi"] = never.xi + 0.3 * (never.hertz > 0)
    assert verdicts("3a", never)["3a-1"] is Verdict.REPRODUCED
    always = data("3a")
    always["xi"] = 0.9 + 0 * always.xi
    assert verdicts("3a", always)["3a-1"] is Verdict.NOT_REPRODUCED


def test_the_window_of_the_unknown_loss(data):
    found = data("3b")
    assert verdicts("3b", found) == {
        "3b-1": Verdict.CONDITION,
        "3b-2": Verdict.REPRODUCED,
        "3b-3": Verdict.REPRODUCED,
        "3b-4": Verdict.FINDING,
        "3b-5": Verdict.REPRODUCED,
        "3b-6": Verdict.NOT_COMPUTED,
    }
    for shared, window in ((False, (0.01380, 0.02864)), (True, (0.01296, 0.02643))):
        low, high = (loss_at(1.0, depth, shared=shared) for depth in (55.0, 100.0))
        assert (low, high) == pytest.approx(window, abs=1e-5)
    low = loss_at(1.0, 55.0)
    assert final_xi(0.9 * low, 55.0) < 1 < final_xi(1.1 * low, 55.0)
    changed = data("3b")
    changed["xi"] = changed.xi * 0.9
    changed["deep"] = 0 * changed.deep + 200
    changed["watched"] = changed.watched + 0.5
    found = verdicts("3b", changed)
    assert {found[name] for name in ("3b-1", "3b-3", "3b-5")} == {Verdict.NOT_REPRODUCED}


def test_the_rates_of_appendix_c():
    model = levels(0.015)
    assert model.back == pytest.approx(2 * (PUMP + COLLISIONS))
    assert levels(0.015, shared=True).back == pytest.approx(PUMP + 2 * COLLISIONS)
    assert model.loss == pytest.approx(0.017)
    assert model.noise == pytest.approx(0.193 + 2 * PUMP)
    assert watched_xi(model, 0.0) == pytest.approx(float(model.steady().xi[0]), rel=1e-12)


def test_lifetimes(data):
    found = verdicts("lifetime", data("lifetime"))
    for number in (1, 3, 5):
        assert found[f"lifetime-{number}"] is Verdict.CONDITION
    assert found["lifetime-2"] is Verdict.NOT_REPRODUCED
    rising = np.array([0.0, 1.0, 2.0, 3.0])
    assert crossing(rising, rising, 1.5) == pytest.approx(1.5)
    assert np.isnan(crossing(rising, rising, 5.0))
    changed = data("lifetime")
    changed["driven"] = changed.bare
    assert verdicts("lifetime", changed)["lifetime-1"] is Verdict.NOT_REPRODUCED
    slower = data("lifetime").assign_coords(time=2 * data("lifetime").time)  # 72 and 6 ms
    assert verdicts("lifetime", slower)["lifetime-5"] is Verdict.NOT_REPRODUCED
    lossless = data("lifetime")
    for name in ("driven", "bare"):
        lossless[name] = 0 * lossless[name] + lossless[name].isel(loss=0)
    assert verdicts("lifetime", lossless)["lifetime-1"] is Verdict.REPRODUCED
    endless = data("lifetime")
    endless["driven"] = endless.driven.where(endless.loss > 0, 0.9)
    assert verdicts("lifetime", endless)["lifetime-3"] is Verdict.REPRODUCED
    endless["driven"] = endless.driven.isel(loss=slice(None, None, -1)).values + 0 * endless.driven
    assert verdicts("lifetime", endless)["lifetime-3"] is Verdict.NOT_REPRODUCED
    faster = data("lifetime")
    faster["bare"] = 1 - (1 - faster.bare) * np.exp(-faster.time)
    assert verdicts("lifetime", faster)["lifetime-2"] is Verdict.REPRODUCED


def test_atoms_that_leave_need_the_term_that_is_not_printed():
    model = AtomicLevels(0.1, 1.0, 0.0, 0.5, 0.3, cooling=0.05, heating=0.02)
    times = np.linspace(0.0, 10.0, 11)
    sigma, left, _ = pair_exact(model, times)
    assert left == pytest.approx(np.exp(-0.1 * times), abs=1e-12)
    assert decorrelated(model, times, printed=False) == pytest.approx(sigma, abs=1e-9)
    assert np.abs(decorrelated(model, times, printed=True) - sigma).max() > 0.05
    staying = replace(model, loss=0.0)
    sigma, _, _ = pair_exact(staying, times)
    for printed in (True, False):
        assert decorrelated(staying, times, printed) == pytest.approx(sigma, abs=1e-9)


def test_appendix_b_as_printed_and_mended(data):
    found = data("formulas")
    conditions = {"formulas-6", "formulas-7", "formulas-8", "formulas-9"}  # 8: 8 and 1.8 times
    assert verdicts("formulas", found) == {
        f"formulas-{k}": Verdict.CONDITION if f"formulas-{k}" in conditions else Verdict.REPRODUCED
        for k in range(1, 10)
    }
    other = data("formulas")
    for factor, verdict in ((0.5, Verdict.NOT_REPRODUCED), (10, Verdict.REPRODUCED)):
        other["slow"] = found.slow * [factor, 1, 1]
        assert verdicts("formulas", other)["formulas-8"] is verdict
    other["integrated"] = found.printed
    other["exact"] = found.equation.sel(printing="printed")
    other["spin"] = found.longitudinal.sel(printing="printed")
    assert set(verdicts("formulas", other).values()) == {Verdict.REPRODUCED}
    for name in ("integrated", "exact", "spin"):
        found[name] = found[name] + 1
    found["slow"] = 0 * found.slow + 1
    for name in ("b1", "b2", "b3", "deep"):
        found[name] = found[name] + 0.1
    found["settled"] = 2 * found.settled
    assert set(verdicts("formulas", found).values()) == {Verdict.NOT_REPRODUCED}


def test_steady_states_of_two_levels(data):
    found = data("steady")
    assert found.states.values.tolist() == [6, 1]
    assert verdicts("steady", found) == {
        "steady-1": Verdict.CONDITION,
        "steady-2": Verdict.CONDITION,
        "steady-3": Verdict.REPRODUCED,
        "steady-4": Verdict.REPRODUCED,
        "steady-5": Verdict.CONDITION,
        "steady-6": Verdict.NOT_COMPUTED,
        "steady-7": Verdict.REPRODUCED,
        "steady-9": Verdict.NOT_COMPUTED,
        "steady-8": Verdict.CONDITION,  # Delta is four widths of the Doppler shift
    }
    ideal = data("steady")
    ideal["states"] = 0 * ideal.states + 1
    ideal["reached"] = 0 * ideal.reached + 1
    changed = verdicts("steady", ideal)
    assert changed["steady-1"] is changed["steady-2"] is Verdict.REPRODUCED
    for name in ("reached", "large", "products"):
        found[name] = 0.9 * found[name]
    found["xi"] = found.xi + 1
    found["present"] = found.present + 1
    changed = verdicts("steady", found)
    assert {changed[f"steady-{k}"] for k in range(1, 6)} == {Verdict.NOT_REPRODUCED}


def test_critical_depths_and_products():
    depth = critical_depth(PUMP)
    assert two_levels(depth=depth, pump=PUMP).large_atoms_xi() == pytest.approx(1.0, rel=1e-12)
    assert least_of_products(20) == pytest.approx(1.0, abs=1e-12)  # the coherent pair
