"""The driven modes: verdicts come from the data, and pictures can be drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from papers_shared import check_claims, check_picture, computing, verdicts_of

from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.drivenmodes import DRIVENMODES
from darkstate.papers.drivenmodes.common import exact_ebits, maximum, nats, negativity

FIGURES = {figure.id: figure for figure in DRIVENMODES.figures}


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(figure, data):
    return verdicts_of(FIGURES[figure], data)


def test_it_is_listed():
    assert DRIVENMODES in PAPERS
    assert paper("drivenmodes") is DRIVENMODES
    assert {"1a", "1b", "1c", "1d"} < set(FIGURES)


@pytest.mark.parametrize("figure", ["1a", "1d", "pump"])
def test_pictures_and_claims(figure, data):
    check_picture(FIGURES[figure], data(figure))
    check_claims(FIGURES[figure], data(figure))


def test_the_maximum_of_figure_1a(data):
    found = data("1a")
    assert verdicts("1a", found) == {
        "1a-1": Verdict.CONDITION,
        "1a-2": Verdict.CONDITION,
        "1a-3": Verdict.FINDING,
    }
    claims = {claim.id: claim for claim in FIGURES["1a"].claims(found)}
    assert "0.200539 nat" in claims["1a-1"].computed
    assert "log-negativity in nats, right sign." in claims["1a-1"].note
    assert claims["1a-3"].computed.startswith("-sqrt")


def test_verdicts_on_figure_1a_follow_the_numbers(data):
    other = data("1a")
    other["best"] = 2 * other.best
    assert verdicts("1a", other)["1a-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("1b", data("1b"))["1b-1"] == Verdict.CONDITION
    other = data("1b")
    other["best"] = 1.1 * other.best
    assert verdicts("1b", other)["1b-1"] == Verdict.REPRODUCED
    other["best_ratio"] = 0 * other.best_ratio + 1
    assert verdicts("1b", other)["1b-1"] == Verdict.NOT_REPRODUCED
    other = data("1a")
    other["best_ratio"] = other.best_ratio + 0.1
    assert verdicts("1a", other)["1a-1"] == Verdict.NOT_REPRODUCED
    other = data("1a")
    other["log_negativity"] = other.log_negativity * (1 + other.zeta1)
    assert verdicts("1a", other)["1a-2"] == Verdict.NOT_REPRODUCED
    other = data("1a")
    other["weak_exact"] = other.log_negativity.sel(branch="as_printed")[0, 0]
    (claim,) = [claim for claim in FIGURES["1a"].claims(other) if claim.id == "1a-3"]
    assert claim.computed.startswith("+sqrt")


def test_verdicts_on_figure_1d_follow_the_numbers(data):
    found = data("1d")
    assert verdicts("1d", found) == {
        "1d-1": Verdict.REPRODUCED,
        "1d-2": Verdict.FINDING,
        "1d-3": Verdict.NOT_REPRODUCED,
    }
    assert float(found.place.sel(curve="secular")) == pytest.approx(0.010033, abs=1e-6)
    assert float(found.place.sel(curve="exact")) == pytest.approx(0.00548, abs=3e-5)
    other = data("1d")
    other["place"] = 0 * other.place + 0.003
    assert verdicts("1d", other)["1d-3"] == Verdict.REPRODUCED
    other = data("1d")
    other["log_negativity"] = 0 * other.log_negativity.fillna(0) + other.zeta1
    assert verdicts("1d", other)["1d-1"] == Verdict.NOT_REPRODUCED


def test_the_pump_threshold(data):
    found = data("pump")
    assert verdicts("pump", found)["pump-1"] == Verdict.REPRODUCED
    threshold = found.threshold.values
    np.testing.assert_allclose(threshold, [0.0052, 0.0156, 0.0535], rtol=0.03)
    below, above = (exact_ebits(0.01, 0.01, 1.0, coupling=s * threshold[-1]) for s in (0.97, 1.03))
    assert below == 0 < above
    found["log_negativity"] = found.log_negativity + 0.1
    assert verdicts("pump", found)["pump-1"] == Verdict.NOT_REPRODUCED


def test_helpers():
    assert nats(1.0) == pytest.approx(np.log(2))
    assert negativity(1.0) == 0.5
    place, height = maximum(lambda x: 2 - np.log(x / 3) ** 2, 0.1, 100)
    assert place == pytest.approx(3, rel=1e-6)
    assert height == pytest.approx(2)
    assert np.isnan(exact_ebits(0.17, 0.01, 1.0)), "no ground state"


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("exact-1a", "exact-1b")]


@pytest.mark.parametrize("figure", ["1b", "1c", "weak-coupling", *SLOW])
def test_the_other_figures(figure, data):
    claims = FIGURES[figure].claims(data(figure))
    assert all(claim.verdict != Verdict.NOT_REPRODUCED for claim in claims)
    picture, axes = plt.subplots()
    FIGURES[figure].draw(axes, data(figure))
    picture.canvas.draw()
    plt.close(picture)
