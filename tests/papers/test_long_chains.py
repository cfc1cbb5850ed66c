"""Figure "long" of agusti2023: what is counted, and what is said of the straight line."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

import darkstate as ds
from darkstate.papers.agusti2023.common import extrapolated
from darkstate.papers.agusti2023.long_chains import LONG, detunings, entangled
from darkstate.papers.base import Verdict


def made(rows, errors):
    """Data of the figure made by hand: three cases of C_ii with errors."""
    return xr.Dataset(
        {
            "concurrence": (("case", "pair"), np.array(rows)),
            "error": (("case", "pair"), np.array(errors)),
            "straight": (("case", "pair"), [extrapolated(row, len(row)) for row in rows]),
        },
        coords={
            "pair": np.arange(1, len(rows[0]) + 1),
            "bandwidth": ("case", [math.inf, 20.0, math.inf]),
            "step": ("case", [0.0, 0.0, 2.0]),
        },
    )


FALLING = [0.9, 0.8, 0.6, 0.3, 0.05]
SMALL = [0.0, 0.0, 0.01, 0.02, 0.1]


def test_pairs_count_as_entangled_only_beyond_their_error():
    one = made([FALLING] * 3, [SMALL] * 3).isel(case=0)
    assert entangled(one) == (4, 5)
    certain = one.assign(error=0.0 * one.error)
    assert entangled(certain) == (5, 5)


@pytest.mark.parametrize(
    ("error", "verdict"), [(0.1, Verdict.NOT_REPRODUCED), (0.6, Verdict.CONDITION)]
)
def test_the_line_is_refuted_only_beyond_the_error(error, verdict):
    errors = [[*SMALL[:-1], error]] * 3  # the line says 0.5 at pair 5
    claims = {claim.id: claim for claim in LONG.claims(made([FALLING] * 3, errors))}
    assert claims["long-1"].verdict == verdict
    assert "shown to be entangled: 4 pairs" in claims["long-1"].computed


def test_the_ladder_is_centred():
    assert detunings(4, 2.0) == pytest.approx([-3.0, -1.0, 1.0, 3.0])


@pytest.mark.slow
def test_the_fast_figure_agrees_with_the_exact_engine():
    data = LONG.compute(True, lambda what, fraction: None)
    exact = ds.steady_state(ds.models.DualRail(4, 1.0, dephasing=1e-3))
    for i in range(1, 5):
        off = abs(float(data.concurrence[0, i - 1]) - ds.concurrence(exact.state, f"A{i}", f"B{i}"))
        assert off < max(float(data.error[0, i - 1]), 1e-6)
