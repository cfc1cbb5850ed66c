"""Spin chains of the replication paper: verdicts come from the data."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from darkstate.papers import Verdict, paper

FIGURE = {figure.id: figure for figure in paper("zippilli2013").figures}["3c"]


@pytest.fixture(scope="module")
def data():
    return FIGURE.compute(True, lambda what, fraction: None)


def verdicts(data):
    return {claim.id: claim.verdict for claim in FIGURE.claims(data)}


def test_pure_equal_pairs(data):
    found = verdicts(data)
    assert found["3c-1"] == found["3c-2"] == Verdict.REPRODUCED
    free = data.concurrence.sel(noise="none").sel(photons=1.0, method="nearest")
    np.testing.assert_allclose(free, 2 * np.sqrt(2) / 3, atol=1e-9)


def test_noise_hurts_more_with_a_stronger_drive(data):
    lossy = data.log_negativity.sel(noise="decay 0.01", pair=1)
    assert 0 < int(lossy.argmax("photons")) < lossy.sizes["photons"] - 1


def test_verdicts_follow_the_numbers(data):
    other = data.copy(deep=True)
    other["unique"] = ~other.unique
    other["concurrence"] = 0.99 * other.concurrence
    found = verdicts(other)
    assert found["3c-1"] == found["3c-2"] == Verdict.NOT_REPRODUCED


def test_picture(data):
    picture, axes = plt.subplots()
    FIGURE.draw(axes, data)
    picture.canvas.draw()
    assert axes.get_xlabel() and axes.get_ylabel()
    plt.close(picture)
