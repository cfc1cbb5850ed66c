"""Figure "prep" of agusti2023: linked clusters against whole networks, and what is claimed."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
import xarray as xr
from papers_shared import check_claims, check_picture, computing, verdicts_of

import darkstate as ds
from darkstate.frontdoor import preparation_time
from darkstate.papers import Verdict
from darkstate.papers.agusti2023 import AGUSTI2023
from darkstate.papers.agusti2023.common import TOLERANCE, ladder, reversed_ladder
from darkstate.papers.agusti2023.long_preparation import (
    _TIMES,
    PREPARATION,
    Clusters,
    _canonical,
    _crossing,
    _patterns,
    linked,
    slopes,
)


@pytest.fixture(scope="module")
def clusters():
    return Clusters()


@pytest.fixture(scope="module")
def data():
    return computing({"prep": PREPARATION})("prep")


def made(rows, errors=None, steps=(0.5, 1.0, 2.0), pairs=(1, 2, 4, 8)):
    """Data of the figure made by hand."""
    times = np.array(rows, float)
    found = np.zeros_like(times) if errors is None else np.array(errors, float)
    return xr.Dataset(
        {"time": (("step", "pairs"), times), "error": (("step", "pairs"), found)},
        coords={"step": list(steps), "pairs": list(pairs)},
    )


def test_the_entropy_knows_the_set_of_detunings_only(clusters):
    """Neither their order on a rail, nor where zero is, nor which rail is which."""
    for one, other in (
        ([0.7, 2.2, 0.2], [-0.2, -0.7, -2.2]),
        ([0.3, -0.2, -1.7], [0.2, 1.7, -0.3]),
    ):
        model = ds.models.DualRail(3, 1.0, one, other)
        found = ds.evolve(model, [0.0, *_TIMES.tolist()], measures={"purity": ds.purity})
        assert found.table is not None
        entropy = -np.log(found.table["purity"].values[1:])
        assert clusters.entropy((0.5, 1.5)) == pytest.approx(entropy, abs=1e-7)


def test_all_clusters_together_are_the_whole_network(clusters):
    assert clusters.total(3, 0.5, (2, 2)) == pytest.approx(clusters.entropy((0.5, 0.5)), rel=1e-9)
    missing = clusters.entropy((0.5, 0.5)) - clusters.total(3, 0.5, (2,))
    assert missing == pytest.approx(clusters.weight((0.5, 0.5)), rel=1e-9)


def test_a_network_twice_as_long_has_its_clusters_in_more_places(clusters):
    """Written out for four rungs and clusters of two: gaps 1, 2, 3 in 3, 2, 1 places."""
    places = [clusters.weight((b - a,)) for a, b in combinations(range(4), 2)]
    expected = 4 * clusters.entropy(()) + sum(places)
    assert clusters.total(4, 1.0, (3,)) == pytest.approx(expected, rel=1e-12)


def test_pairs_of_very_different_detunings_do_not_meet(clusters):
    """The weight falls like the inverse square of the gap."""
    near, far = (float(clusters.weight((gap,))[0]) for gap in (32.0, 64.0))
    assert 0 < near < 1e-3 * clusters.entropy(())[0]
    assert near / far == pytest.approx(4.0, rel=0.03)


@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_whole_networks_have_the_times_of_the_exact_engine(clusters, pairs):
    time, error = linked(clusters, pairs, 0.5, (2, 2))
    exact = preparation_time(reversed_ladder(pairs, 0.5), TOLERANCE)
    assert (time, error) == (pytest.approx(exact, rel=2e-5), 0.0)


@pytest.mark.parametrize("step", [0.5, 1.0])
def test_what_is_left_out_is_below_the_error_estimate(clusters, step):
    time, error = linked(clusters, 4, step, (3, 3))
    exact = preparation_time(reversed_ladder(4, step), TOLERANCE)
    assert 5e-3 < abs(time - exact) < error < 0.05 * exact


@pytest.mark.slow
def test_five_pairs_are_predicted_from_four(clusters):
    time, error = linked(clusters, 5, 0.5, (4, 4, 4))
    assert 0.02 < abs(time - preparation_time(reversed_ladder(5, 0.5), TOLERANCE)) < error


def test_clusters_left_out_for_their_width_count_as_an_error(clusters):
    _, all_wide = linked(clusters, 6, 1.0, (5, 5))
    _, narrow = linked(clusters, 6, 1.0, (2, 2))
    assert narrow > all_wide + 0.05


def test_patterns_are_all_clusters_that_begin_at_the_first_rung():
    found = list(_patterns(4, 6))
    assert len(found) == len(set(found)) == comb(6, 3)
    assert all(len(gaps) == 3 and sum(gaps) <= 6 and min(gaps) >= 1 for gaps in found)
    assert list(_patterns(4, 2)) == []


def test_mirrored_gaps_are_one_network_but_no_other_order_is(clusters):
    assert _canonical((3.0, 2.0, 1.0)) == _canonical((1.0, 2.0, 3.0)) != _canonical((1.0, 3.0, 2.0))
    assert clusters.entropy((0.5, 1.5)) is clusters.entropy((1.5, 0.5))


def test_a_crossing_outside_the_window_is_not_known():
    assert np.isnan(_crossing(np.full(len(_TIMES), 0.5), 2))
    falling = 2e-3 * np.exp(-0.2 * (_TIMES - 41.3))
    exact = 41.3 - np.log(-np.log1p(-2e-3) / 2e-3) / 0.2
    assert _crossing(falling, 2) == pytest.approx(exact, abs=1e-6)


def test_saturating_times_are_linear_at_most_and_constant_under_a_condition():
    rows = [[36, 40, 44, 46], [36, 38, 39, 39.4], [36, 36.5, 36.8, 36.9]]
    found = verdicts_of(PREPARATION, made(rows))
    assert found["prep-1"] == found["prep-2"] == Verdict.REPRODUCED
    assert found["prep-3"] == Verdict.CONDITION
    assert found["prep-4"] == Verdict.FINDING


def test_constant_times_are_constant():
    rows = [[36, 40, 44, 46], [36, 36.1, 36.2, 36.2], [36, 36, 36, 36]]
    assert verdicts_of(PREPARATION, made(rows))["prep-3"] == Verdict.REPRODUCED
    uncertain = made(rows, 0.1 * np.array(rows))
    assert verdicts_of(PREPARATION, uncertain)["prep-3"] != Verdict.REPRODUCED


def test_times_that_grow_faster_are_refuted():
    rows = [[36, 73, 160, 400], [36, 60, 110, 210], [36, 37, 38, 39]]
    found = verdicts_of(PREPARATION, made(rows))
    assert {found[f"prep-{k}"] for k in (1, 2, 3)} == {Verdict.NOT_REPRODUCED}


@pytest.mark.parametrize("row", [[36, 44, 48, 48.5], [36, 36.5, 37.5, 39.5]])
def test_times_that_grow_much_or_do_not_saturate_are_not_constant(row):
    rows = [[36, 40, 44, 46], row, row]
    assert verdicts_of(PREPARATION, made(rows))["prep-3"] == Verdict.NOT_REPRODUCED
    rows[2] = [36, 36.5, 36.8, 36.9]
    saturates = row[-1] - row[-2] < 1
    expected = Verdict.CONDITION if saturates else Verdict.NOT_REPRODUCED
    assert verdicts_of(PREPARATION, made(rows))["prep-3"] == expected


def test_a_row_that_ends_early_is_no_proof():
    rows = [[36, 46, np.nan, np.nan], [36, 38, 39, 39.4], [36, 36.5, 36.8, 36.9]]
    claims = {claim.id: claim for claim in PREPARATION.claims(made(rows, steps=(0.5, 1.0, 2.0)))}
    assert claims["prep-1"].verdict == Verdict.CONDITION
    assert "(N <= 2)" in claims["prep-1"].computed


def test_slopes_are_per_pair():
    row = made([[36, 40, 44, 46]] * 3, [[0, 0, 1, 3]] * 3).isel(step=0)
    growth, error = slopes(row)
    assert growth.tolist() == [4.0, 2.0, 0.5] and error.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.slow
def test_the_fast_figure(data):
    assert PREPARATION in AGUSTI2023.figures
    check_picture(PREPARATION, data)
    check_claims(PREPARATION, data)
    assert bool((data.error.sel(pairs=[1, 2, 3]) == 0).all())
    assert np.all(np.diff(data.time.sel(pairs=3).values) < 0)  # the wider apart, the faster
    single = preparation_time(ds.models.DualRail(1, 1.0, ladder(1, 1.0), [0.0]), TOLERANCE)
    assert data.time.sel(pairs=1).values == pytest.approx(single, rel=2e-5)
