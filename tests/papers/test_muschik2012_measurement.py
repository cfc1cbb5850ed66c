"""Measurement figures of muschik2012: verdicts come from the data, and pictures can be drawn."""

import numpy as np
import pytest
import scipy.stats
from papers_shared import check_picture, computing, verdicts_of

from chance import counts, sigmas
from darkstate.papers import Verdict, base
from darkstate.papers.base import judged_share
from darkstate.papers.muschik2012.conditional import FIGURE_4B
from darkstate.papers.muschik2012.memory import MEMORY
from darkstate.papers.muschik2012.reconstruction import RECONSTRUCTION
from darkstate.papers.muschik2012.relations import RELATIONS, commutator
from darkstate.papers.muschik2012.slices import disturbed, falling_out

FIGURES = {
    "4b": FIGURE_4B,
    "memory": MEMORY,
    "relations": RELATIONS,
    "reconstruction": RECONSTRUCTION,
}


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
    assert float(np.abs(pulls).max()) < sigmas(pulls.size)
    other = data("4b")
    other["conditional"] = other.conditional - 0.01
    assert verdicts("4b", other)["4b-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("4b", other)["4b-2"] == Verdict.NOT_REPRODUCED
    other = data("4b")
    other["sliced"] = other.sliced.isel(slice=0) + 0 * other.sliced
    assert verdicts("4b", other)["4b-4"] == Verdict.NOT_REPRODUCED


def test_reconstruction(data):
    found = data("reconstruction")
    assert verdicts("reconstruction", found) == {  # 40 experiments tell nothing about 90 %
        "reconstruction-1": Verdict.UNDECIDED,
        "reconstruction-2": Verdict.UNDECIDED,
        "reconstruction-3": Verdict.UNDECIDED,
        "reconstruction-4": Verdict.REPRODUCED,
        "reconstruction-5": Verdict.FINDING,
        "reconstruction-6": Verdict.NOT_COMPUTED,
        "reconstruction-7": Verdict.CONDITION,
    }
    for error, verdict in ((0.2, Verdict.REPRODUCED), (1e-4, Verdict.NOT_REPRODUCED)):
        other = data("reconstruction")
        other["found"] = 0 * other.found + error
        assert verdicts("reconstruction", other)["reconstruction-7"] is verdict
    assert float(found.biased.sel(formula="all")) == pytest.approx(
        float(found.truth.sel(quantity="xi")), abs=1e-9
    )
    other = data("reconstruction")
    other.attrs |= {"mode_efficiency": 0.9, "experiments": 2000}
    for coverage, verdict in (
        (0.945, Verdict.REPRODUCED),
        (0.92, Verdict.UNDECIDED),
        (0.85, Verdict.NOT_REPRODUCED),
    ):
        other["coverage"] = coverage + 0 * other.coverage
        changed = verdicts("reconstruction", other)
        assert changed["reconstruction-4"] == Verdict.NOT_REPRODUCED
        assert {changed[f"reconstruction-{number}"] for number in (1, 2, 3)} == {verdict}


def test_memory(data):
    found = data("memory")
    assert set(verdicts("memory", found).values()) == {Verdict.REPRODUCED}
    other = data("memory")
    other.attrs["step"] = 0.1
    assert verdicts("memory", other)["memory-1"] is Verdict.NOT_REPRODUCED
    short = data("memory").isel(time=slice(30))
    short["variance"] = short.variance + 0.3 * (short.time == short.time[-1])
    short["printed"] = short.variance
    assert verdicts("memory", short)["memory-1"] is Verdict.NOT_REPRODUCED  # another end
    found["printed"] = found.printed + 0.1
    found["kept"] = found.kept + 0.1
    found["mode"] = found["mode"] / 3
    found.attrs |= {"large": 2 * found.attrs["large"], "told": 2 * found.attrs["told"]}
    found["master"] = found.master * [1, 2]
    assert set(verdicts("memory", found).values()) == {Verdict.NOT_REPRODUCED}


def test_relations(data):
    found = data("relations")
    conditions = {1, 2, 4, 5, 7, 9}
    assert verdicts("relations", found) == {
        f"relations-{k}": Verdict.CONDITION if k in conditions else Verdict.REPRODUCED
        for k in range(1, 12)
    }
    printed = data("relations")
    printed["error"] = 0 * printed.error
    printed["reconstructed"] = 0 * printed.reconstructed + 0.3
    changed = verdicts("relations", printed)
    assert {changed[f"relations-{k}"] for k in (4, 5, 7)} == {Verdict.REPRODUCED}
    found["error"] = found.error + 1
    found["reconstructed"] = found.reconstructed + 1
    found.attrs |= {"two": [0.0] * 8, "atoms": 1.0, "means": 2.0, "epr": [0.1, 1.0]}
    found.attrs["first"] = [0.1, 1.0]
    changed = verdicts("relations", found)
    assert changed.pop("relations-1") is changed.pop("relations-9") is Verdict.CONDITION
    assert set(changed.values()) == {Verdict.NOT_REPRODUCED}
    found.attrs |= {"norm": 1.0, "cross": 0.0, "two": [1, 0, 1, 0] * 2}
    changed = verdicts("relations", found)
    assert changed["relations-1"] is changed["relations-2"] is Verdict.REPRODUCED
    for name, value in (("kernel", 2.0), ("cross", 0.1)):
        other = data("relations")
        other.attrs[name] = value
        assert verdicts("relations", other)["relations-1"] is Verdict.NOT_REPRODUCED
    found.attrs["kernel"] = 2.0
    assert verdicts("relations", found)["relations-1"] is Verdict.NOT_REPRODUCED


@pytest.mark.parametrize("z", [1.0, 2.5])
def test_commutators_of_equation_8(z):
    assert commutator("derived", 0.25, 0.2, 4.0, z) == pytest.approx(1, abs=1e-12)
    printed = commutator("printed, unreduced kappa", 0.25, 0.2, 4.0, z)
    assert abs(printed - 1) > 0.1
    assert commutator("printed, unreduced kappa", 0.0, 0.2, 4.0, z) == pytest.approx(1)
    y, _, _ = falling_out(0.15, 0.05, z, 4.0, 500)
    q, _, _ = falling_out(0.15, 0.05, -1 / z, 4.0, 500)
    found = y[1:501] @ q[1:501] - y[0] * q[0] - y[501:] @ q[501:]
    assert found == pytest.approx(1, abs=1e-5)


def test_the_first_ensemble_leaves_the_second_alone_only_if_spins_precess():
    """What it scatters averages out like 1/Omega; without precession it is all there."""
    slow, fast = (disturbed(0.15, 2.5, 2 * np.pi * f, 4.0, 800) for f in (5.0, 10.0))
    assert slow[0] / fast[0] == pytest.approx(2.0, rel=0.1)
    still = disturbed(0.15, 2.5, 0.0, 4.0, 200)
    assert still[0] > 0.5 * still[1]


def test_verdicts_of_shares_and_deviations_hold_for_any_sample():
    """Limits of a binomial and of normal numbers that chance exceeds once in a million."""
    for probability, verdict in ((0.96, Verdict.REPRODUCED), (0.8, Verdict.NOT_REPRODUCED)):
        least, most = counts(1000, probability)
        for hits in (least, most):
            found = judged_share([hits], 1000, 0.9)
            assert found in (verdict, Verdict.UNDECIDED)
    assert judged_share([1000], 1000, 0.9) is Verdict.REPRODUCED
    assert judged_share([1000, 0], 1000, 0.9) is Verdict.NOT_REPRODUCED
    assert judged_share([100], 100, 0.9) is Verdict.UNDECIDED
    assert judged_share([0], 10, 0.9) is Verdict.NOT_REPRODUCED
    assert scipy.stats.norm.sf(base.sigmas(15)) * 30 == pytest.approx(1e-6)
