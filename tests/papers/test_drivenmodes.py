"""The driven modes: verdicts come from the data, and pictures can be drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from papers_shared import check_claims, check_picture, computing, verdicts_of

from darkstate.models import ParametricPair
from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.drivenmodes import DRIVENMODES
from darkstate.papers.drivenmodes.common import (
    exact_ebits,
    maximum,
    nats,
    negativity,
    quoted,
    secular_ebits,
)
from darkstate.papers.drivenmodes.literal import Literal
from darkstate.systems import OpenSystem

FIGURES = {figure.id: figure for figure in DRIVENMODES.figures}
LITERAL = pytest.mark.parametrize(("ratio", "zeta1"), [(1.0, 0.01), (0.6, 0.01), (0.6, 0.00311)])


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(figure, data):
    return verdicts_of(FIGURES[figure], data)


def test_it_is_listed():
    assert DRIVENMODES in PAPERS
    assert paper("drivenmodes") is DRIVENMODES
    assert {"1a", "1b", "1c", "1d"} < set(FIGURES)


@pytest.mark.parametrize("figure", ["1a", "1d", "equations", "passive", "pump", "undriven"])
def test_pictures_and_claims(figure, data):
    check_picture(FIGURES[figure], data(figure))
    claims = FIGURES[figure].claims(data(figure))
    computed = [claim for claim in claims if claim.verdict != Verdict.NOT_COMPUTED]
    assert all(claim.computed for claim in computed)
    assert all(claim.note for claim in claims if claim not in computed)
    assert all(claim.place for claim in claims if claim.verdict != Verdict.FINDING)
    assert len({claim.id for claim in claims}) == len(claims)
    assert all(claim.id.startswith(figure) for claim in claims)


@LITERAL
def test_the_printed_branch_is_the_printed_expressions(ratio, zeta1):
    """Eq. (16) evaluated literally, through the symplectic eigenvalue of its covariance."""
    at = Literal(ratio, 10.0, zeta1, 0.01)
    values = at.characteristic(np.array([1, 0, 1]), np.array([0, 1, 1]))
    n_a, n_b, both = -np.log(np.real(values))
    anomalous = (n_a + n_b - both) / 2
    least = 1 + n_a + n_b - np.hypot(n_a - n_b, 2 * anomalous)
    expected = secular_ebits(zeta1, 0.01, ratio, branch="as_printed")
    assert -np.log2(least) == pytest.approx(expected, abs=1e-12)


def test_the_literal_values_of_the_figures():
    at = Literal(1.0, 10.0, 0.01, 0.01)
    assert at.coupling == pytest.approx(1.8)
    assert at.frequencies()[0] == pytest.approx(-9.5530, abs=1e-4)
    assert at.pairing() == pytest.approx(2 * 1.8 * 18 / at.root)
    assert Literal(1.0, 0.3, 0.01, 0.01).pairing() == pytest.approx(0, abs=1e-14)


def test_verdicts_on_figure_1a_follow_the_numbers(data):
    found = data("1a")
    assert verdicts("1a", found) == {
        "1a-1": Verdict.REPRODUCED,
        "1a-2": Verdict.CONDITION,
        "1a-3": Verdict.REPRODUCED,
        "1a-4": Verdict.REPRODUCED,
        "1a-5": Verdict.REPRODUCED,
        "1a-6": Verdict.FINDING,
    }
    claims = {claim.id: claim for claim in FIGURES["1a"].claims(found)}
    assert "0.199938 nat" in claims["1a-1"].computed
    assert "log-negativity in nats (" in claims["1a-1"].note
    assert claims["1a-6"].computed.startswith("right")
    other = data("1a").assign(caption_coupling=5 * found.caption_coupling)
    assert verdicts("1a", other)["1a-2"] == Verdict.NOT_REPRODUCED
    found["best"] = 5 * found.best
    assert verdicts("1a", found)["1a-1"] == Verdict.NOT_REPRODUCED
    other = data("1a")
    other["best_ratio"] = other.best_ratio + 0.1
    assert verdicts("1a", other)["1a-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("1a", other)["1a-3"] == Verdict.NOT_REPRODUCED
    other = data("1a")
    other["log_negativity"] = other.log_negativity * (1 + other.zeta1)
    assert verdicts("1a", other)["1a-4"] == Verdict.NOT_REPRODUCED
    other["log_negativity"] = 0 * other.log_negativity
    assert verdicts("1a", other)["1a-5"] == Verdict.NOT_REPRODUCED
    other = data("1a")
    other["weak_exact"] = other.log_negativity.sel(branch="as printed")[0, 0]
    (claim,) = [claim for claim in FIGURES["1a"].claims(other) if claim.id == "1a-6"]
    assert claim.computed.startswith("as printed")


def test_verdicts_on_figure_1b_follow_the_numbers(data):
    found = data("1b")
    check_claims(FIGURES["1b"], found)
    assert set(verdicts("1b", found).values()) == {Verdict.REPRODUCED, Verdict.FINDING}
    found["best_ratio"] = 0 * found.best_ratio + 1
    assert verdicts("1b", found)["1b-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("1b", found)["1b-3"] == Verdict.NOT_REPRODUCED


def test_verdicts_on_figures_1c_and_1d_follow_the_numbers(data):
    found = data("1d")
    assert verdicts("1d", found) == {
        "1d-1": Verdict.REPRODUCED,
        "1d-2": Verdict.REPRODUCED,
        "1d-3": Verdict.FINDING,
    }
    places = found.place.sel(ratio=0.6)
    assert float(places.sel(treatment="as printed")) == pytest.approx(0.0031101, abs=1e-6)
    assert float(places.sel(treatment="right")) == pytest.approx(0.010033, abs=1e-6)
    assert float(places.sel(treatment="exact")) == pytest.approx(0.00548, abs=3e-5)
    found["place"] = 0 * found.place + 0.005
    assert verdicts("1d", found)["1d-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("1d", found)["1d-2"] == Verdict.NOT_REPRODUCED
    other = data("1c")
    paper_says = ("1c-1", "1c-2", "1c-3", "1c-4")
    assert {verdicts("1c", other)[name] for name in paper_says} == {Verdict.REPRODUCED}
    other["log_negativity"] = 0 * other.log_negativity + other.zeta
    other["second"] = 0 * other.second + other.zeta
    other["height"] = 0 * other.height
    assert {verdicts("1c", other)[name] for name in paper_says} == {Verdict.NOT_REPRODUCED}


def test_verdicts_on_the_equations_follow_the_numbers(data):
    found = data("equations")
    claimed = verdicts("equations", found)
    assert claimed["equations-1"] == Verdict.CONDITION
    assert claimed["equations-6"] == Verdict.CONDITION  # occupancies are alike at the maximum
    assert {claimed[f"equations-{i}"] for i in (2, 3, 4, 5, 7, 8)} == {Verdict.REPRODUCED}
    apart = found.assign(occupancies=found.occupancies * [1.0, 1.1])
    assert verdicts("equations", apart)["equations-6"] == Verdict.REPRODUCED
    assert {claimed[f"equations-{i}"] for i in (9, 10, 11)} == {Verdict.NOT_COMPUTED}
    assert claimed["equations-12"] == Verdict.CONDITION
    rates = found.assign(decay=1 + 0 * found.decay)
    assert verdicts("equations", rates)["equations-12"] == Verdict.REPRODUCED
    for name in ("pairing", "norm", "shift_miss", "characteristic", "exponent_miss"):
        found[name] = found[name] + 0.5
    found["frequencies"] = -found.frequencies
    found["resonant"] = ~found.resonant
    claimed = verdicts("equations", found)
    assert {claimed[f"equations-{i}"] for i in range(1, 9)} == {Verdict.NOT_REPRODUCED}


def test_verdicts_on_passive_couplings_follow_the_numbers(data):
    found = data("passive")
    assert set(verdicts("passive", found).values()) == {Verdict.REPRODUCED}
    found["passive"], found["squeezing"] = found.squeezing, found.passive
    assert set(verdicts("passive", found).values()) == {Verdict.NOT_REPRODUCED}


def test_without_a_pump_the_ground_state_is_entangled(data):
    found = data("undriven")
    assert list(verdicts("undriven", found).values()) == [
        Verdict.REPRODUCED,
        Verdict.REPRODUCED,
        Verdict.CONDITION,
    ]
    found["heating"], found["still"] = found.heating + 1, found.still + 0.1
    found["secular"] = found.secular + 1
    assert list(verdicts("undriven", found).values()) == [
        Verdict.NOT_REPRODUCED,
        Verdict.NOT_REPRODUCED,
        Verdict.REPRODUCED,
    ]
    system = ParametricPair(omega_b=0.6, pump=0.0).system()
    assert isinstance(system, OpenSystem)
    names = [jump.name for jump in system.jumps]
    assert sorted(names) == [f"bath {bath} cools {mode}" for bath in "AB" for mode in "lm"]


def test_the_threshold_of_the_exact_pair(data):
    threshold = data("pump").threshold.values
    np.testing.assert_allclose(threshold, [0.0052, 0.0156, 0.0535], rtol=0.03)
    below, above = (exact_ebits(0.01, 0.01, 1.0, coupling=s * threshold[-1]) for s in (0.97, 1.03))
    assert below == 0 < above


def test_helpers():
    assert nats(1.0) == pytest.approx(np.log(2))
    assert negativity(1.0) == 0.5
    place, height = maximum(lambda x: 2 - np.log(x / 3) ** 2, 0.1, 100)
    assert place == pytest.approx(3, rel=1e-6)
    assert height == pytest.approx(2)
    assert np.isnan(exact_ebits(0.17, 0.01, 1.0)), "no ground state"
    assert quoted(0.00311, 0.003) and quoted(0.199, 0.2) and not quoted(0.0036, 0.003)


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("exact-1a", "exact-1b")]


@pytest.mark.parametrize("figure", ["1b", "1c", "weak-coupling", *SLOW])
def test_the_other_figures(figure, data):
    claims = FIGURES[figure].claims(data(figure))
    assert all(claim.verdict != Verdict.NOT_REPRODUCED for claim in claims)
    picture, axes = plt.subplots()
    FIGURES[figure].draw(axes, data(figure))
    picture.canvas.draw()
    plt.close(picture)
