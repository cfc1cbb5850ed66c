"""Measurement figures of muschik2012: verdicts come from the data, and pictures can be drawn."""

import numpy as np
import pytest
from papers_shared import check_picture, computing, verdicts_of

from darkstate.papers import Verdict
from darkstate.papers.muschik2012.conditional import FIGURE_4B
from darkstate.papers.muschik2012.reconstruction import RECONSTRUCTION

FIGURES = {"4b": FIGURE_4B, "reconstruction": RECONSTRUCTION}


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(name, data):
    return verdicts_of(FIGURES[name], data)


@pytest.mark.parametrize("name", FIGURES)
def test_pictures(name, data):
    check_picture(FIGURES[name], data(name))


def test_measurement_helps_only_with_noise(data):
    found = data("4b")
    assert verdicts("4b", found) == {
        "4b-1": Verdict.REPRODUCED,
        "4b-2": Verdict.REPRODUCED,
        "4b-3": Verdict.FINDING,
        "4b-4": Verdict.REPRODUCED,
        "4b-5": Verdict.FINDING,
    }
    pulls = (found.recorded - found.conditional.interp(ratio=found.simulated.values).values) / (
        found.recorded_error
    )
    assert float(np.abs(pulls).max()) < 4
    other = data("4b")
    other["conditional"] = other.conditional - 0.01
    assert verdicts("4b", other)["4b-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("4b", other)["4b-2"] == Verdict.NOT_REPRODUCED
    other = data("4b")
    other["sliced"] = other.sliced.isel(slice=0) + 0 * other.sliced
    assert verdicts("4b", other)["4b-4"] == Verdict.NOT_REPRODUCED


def test_reconstruction(data):
    found = data("reconstruction")
    assert verdicts("reconstruction", found) == {
        "reconstruction-1": Verdict.REPRODUCED,
        "reconstruction-2": Verdict.REPRODUCED,
        "reconstruction-3": Verdict.REPRODUCED,
        "reconstruction-4": Verdict.REPRODUCED,
        "reconstruction-5": Verdict.CONDITION,
        "reconstruction-6": Verdict.FINDING,
    }
    assert float(found.biased.sel(formula="all")) == pytest.approx(
        float(found.truth.sel(quantity="xi")), abs=1e-9
    )
    other = data("reconstruction")
    other["coverage"] = 0.7 * other.coverage
    other.attrs["mode_efficiency"] = 0.9
    changed = verdicts("reconstruction", other)
    for number in (1, 2, 3, 4):
        assert changed[f"reconstruction-{number}"] == Verdict.NOT_REPRODUCED
