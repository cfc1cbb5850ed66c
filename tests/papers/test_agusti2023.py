"""The dual-rail network: verdicts come from the data, and pictures can be drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.agusti2023 import AGUSTI2023
from darkstate.papers.agusti2023.blocks import pair_entropy
from darkstate.papers.agusti2023.relaxation import purified

FIGURES = {figure.id: figure for figure in AGUSTI2023.figures}


@pytest.fixture(scope="module")
def data():
    computed = {}

    def of(figure):
        if figure not in computed:
            computed[figure] = FIGURES[figure].compute(True, lambda what, fraction: None)
        return computed[figure].copy(deep=True)

    return of


def verdicts(figure, data):
    return {claim.id: claim.verdict for claim in FIGURES[figure].claims(data)}


def preparation(times, permuted):
    """Data of figure 3c made by hand: rows over Delta/gamma = 0.2, 1."""
    return xr.Dataset(
        {
            "time": (("step", "pairs"), np.array([times[0], *times], float)),
            "permuted": (("compared", "order"), np.array([permuted, permuted], float)),
        },
        coords={"step": [0.0, 0.2, 1.0], "pairs": [1, 2, 3], "compared": [0.2, 1.0]},
    )


def test_it_is_listed():
    assert AGUSTI2023 in PAPERS
    assert paper("agusti2023") is AGUSTI2023
    assert {"2b", "2c", "2e", "3a", "3b", "3c"} < set(FIGURES)


@pytest.mark.parametrize("figure", ["2b", "2c", "2e", "dark"])
def test_pictures_and_claims(figure, data):
    picture, axes = plt.subplots()
    FIGURES[figure].draw(axes, data(figure))
    picture.canvas.draw()
    assert axes.get_xlabel() and axes.get_ylabel()
    plt.close(picture)
    claims = FIGURES[figure].claims(data(figure))
    assert all(claim.id.startswith(figure) and claim.computed for claim in claims)
    assert {claim.verdict for claim in claims} <= {Verdict.REPRODUCED, Verdict.FINDING}


def test_two_pairs_weigh_the_same_at_gamma(data):
    C = data("2c").concurrence.sel(step=1.0, method="nearest")
    assert float(C[0]) == pytest.approx(float(C[1]), abs=1e-9)
    plain = data("2b").concurrence.sel(step=0.0, which="11")
    np.testing.assert_allclose(plain, np.tanh(2 * plain.squeezing), atol=1e-9)


def test_verdicts_follow_the_numbers(data):
    other = data("2b")
    other["concurrence"] = 0.9 * other.concurrence
    assert verdicts("2b", other)["2b-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("2b", other)["2b-2"] == Verdict.NOT_REPRODUCED
    other = data("2c")
    other["concurrence"] = other.concurrence[:, ::-1].drop_vars("which")
    other = other.assign_coords(which=["11", "12"])
    assert verdicts("2c", other)["2c-1"] == Verdict.NOT_REPRODUCED
    other = data("2e")
    other["rail"] = 1.01 * other.rail
    assert verdicts("2e", other)["2e-2"] == Verdict.NOT_REPRODUCED
    other = data("dark")
    other["unique"][3] = 0.0
    other["entropy"][0] *= 1.1
    found = verdicts("dark", other)
    assert found["dark-1"] == found["dark-3"] == Verdict.NOT_REPRODUCED


def test_preparation_verdicts_follow_the_numbers():
    flat, order = [36.0, 36.1, 36.15], [40.0, 40.0]
    good = verdicts("3c", preparation([[36, 45, 53], flat], order))
    assert set(good.values()) == {Verdict.REPRODUCED}
    nearly = verdicts("3c", preparation([[36, 45, 53], [36, 38, 39]], order))
    assert nearly["3c-3"] == Verdict.CONDITION
    growing = verdicts("3c", preparation([[36, 45, 55], flat], order))
    assert growing["3c-1"] == Verdict.CONDITION
    bad = verdicts("3c", preparation([[36, 80, 140], [36, 60, 90]], [40.0, 41.0]))
    assert set(bad.values()) == {Verdict.NOT_REPRODUCED}


def test_purification_is_the_last_crossing():
    impurity = np.array([[0.0, 1e-2, 1e-4, 1e-2, 1e-4]])
    made = xr.Dataset(
        {"impurity": (("block", "time"), impurity)}, coords={"block": [1], "time": np.arange(5.0)}
    )
    assert purified(made, 1) == pytest.approx(3.5)
    assert np.isnan(purified(made.isel(time=slice(4)), 1))
    assert pair_entropy(0.0) == 0
    assert pair_entropy(20.0) == pytest.approx(1)
