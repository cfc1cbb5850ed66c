"""Figure "counted" of agusti2023: signs, counts, and what is said of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

import darkstate as ds
from darkstate.papers.agusti2023.counted import COUNTED, counted, signed_concurrence, solved
from darkstate.papers.base import Verdict


@pytest.mark.parametrize("dephasing", [0.01, 0.1])
def test_the_signed_concurrence_is_the_concurrence_where_positive(dephasing):
    model = ds.models.DualRail(3, 1.0, dephasing=dephasing)
    state, signs = ds.steady_state(model).state, []
    for i in (1, 2, 3):
        pair = state.reduced([f"A{i}", f"B{i}"])
        signs.append(signed_concurrence(pair.matrix))
        assert ds.concurrence(pair, f"A{i}", f"B{i}") == pytest.approx(max(0.0, signs[-1]))
    assert (signs[-1] > 0) == (dephasing < 0.05)


def test_pairs_are_counted_up_to_the_first_in_doubt():
    values = np.array([0.8, 0.5, 0.2, 0.05, -0.1, -0.3])
    assert counted(np.array([values, np.full(6, 1e-6)])) == (4, 4)
    assert counted(np.array([values, [0, 0, 0.1, 0.1, 0.2, 0.2]])) == (3, 5)
    assert counted(np.array([values[:3], [0.0, 0.0, 0.1]])) == (3, 3)


def made(line, sure, maybe, solved_pairs):
    table = {"line": line, "sure": sure, "maybe": maybe, "solved": solved_pairs}
    return xr.Dataset(
        {name: (("dephasing", "bandwidth"), [row]) for name, row in table.items()},
        coords={"dephasing": [0.01], "bandwidth": [10.0, math.inf]},
    )


@pytest.mark.parametrize(
    ("line", "verdict", "note"),
    [
        ([4.6, 7.0], Verdict.REPRODUCED, "too many by 0 pairs, too few by 0"),
        ([5.6, 7.0], Verdict.CONDITION, "for gamma_phi = 0.01 gamma; too many by 1 pairs"),
        ([4.6, 10.2], Verdict.NOT_REPRODUCED, "too many by 3 pairs, too few by 0"),
        ([2.5, 7.0], Verdict.NOT_REPRODUCED, "too many by 0 pairs, too few by 2"),
    ],
)
def test_the_line_is_judged_beyond_the_errors_only(line, verdict, note):
    claim = COUNTED.claims(made(line, [5, 6], [5, 8], [8, 12]))[0]
    assert claim.verdict == verdict
    assert note in claim.note
    assert "6 to 8 (" in claim.computed


def test_a_count_that_the_network_cuts_off_is_not_held_against_the_line():
    for sure in (18, 20):
        claim = COUNTED.claims(made([5.0, 30.0], [5, sure], [5, 20], [8, 20]))[0]
        assert claim.verdict == Verdict.REPRODUCED
    claim = COUNTED.claims(made([5.0, 15.0], [5, 20], [5, 20], [8, 20]))[0]
    assert "too few by 5" in claim.note


def test_three_pairs_against_the_exact_engine():
    found = solved(math.inf, 0.03, 3, 32)
    state = ds.steady_state(ds.models.DualRail(3, 1.0, dephasing=0.03)).state
    exact = [ds.concurrence(state, f"A{i}", f"B{i}") for i in (1, 2, 3)]
    assert np.all(np.abs(found[0] - exact) <= found[1])
