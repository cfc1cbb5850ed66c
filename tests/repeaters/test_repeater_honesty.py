"""What a repeater's report says of errors: against the whole space, sums of positive terms."""

import math
from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate.errors import ArgumentError, NumericalError
from darkstate.models import EnsembleRepeater
from darkstate.repeaters import Dephased, Exact, outcome_probabilities, sample_outcomes
from darkstate.results import Status

WHOLE = 1e9


def number(result, name):
    assert result.table is not None
    return float(result.table[name][-1])


@pytest.mark.parametrize(
    ("atoms", "time", "q"), [(5, 1e-9, 4), (5, 1e-7, 4), (5, 1e-6, 3), (20, 1e-5, 18)]
)
def test_rare_outcomes_of_three_nodes_keep_their_digits(atoms, time, q):
    d = np.arange(-atoms, atoms + 1)
    weight = np.array([math.comb(2 * atoms, atoms + int(j)) / 4**atoms for j in d])
    x = time * d / 2
    rotated = np.cos(x) ** (2 * q) * np.sin(x) ** (2 * (atoms - q))
    exact = math.comb(atoms, q) * float(weight @ rotated)
    found = ds.solve(EnsembleRepeater(3, atoms, time, outcomes=[q]))
    assert number(found, "probability") == pytest.approx(exact, rel=1e-12)
    assert outcome_probabilities(atoms, time)[q] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("dephasing", [0.0, 0.05])
@pytest.mark.parametrize(("nodes", "outcomes"), [(4, (2, 2)), (5, (2, 1, 2))])
def test_impossible_outcomes_of_long_chains_are_no_rounding(nodes, outcomes, dephasing):
    # no interaction: the offset alone turns |+> to |->, so that q = 0 everywhere
    model = EnsembleRepeater(nodes, 2, 0.0, offset=math.pi, outcomes=outcomes, dephasing=dephasing)
    with pytest.raises(NumericalError, match="have no probability"):
        ds.solve(model)


def test_impossible_outcomes_under_dephasing_are_no_rounding():
    with pytest.raises(NumericalError, match="have no probability"):
        ds.solve(EnsembleRepeater(3, 3, 0.0, outcomes=[1], dephasing=0.1))


@pytest.mark.parametrize("time", [0.2, 0.05, 0.01])
def test_rounding_of_rare_outcomes_is_bounded(time):
    for nodes in (3, 4):
        model = EnsembleRepeater(nodes, 12, time, outcomes=[7] * (nodes - 2), offset=0.03)
        try:
            mixed = ds.solve(model, Dephased())
        except NumericalError:
            continue
        exact = ds.solve(model, Exact())
        off = abs(number(mixed, "log_negativity") - number(exact, "log_negativity"))
        suspect = mixed.report.status is Status.SUSPECT
        assert suspect == any("Rounding" in text for text in mixed.report.warnings)
        assert off < (1e-3 if suspect else 1e-8)
        assert suspect or number(exact, "probability") > 1e-9


@pytest.mark.parametrize("window", [3.0, 4.0, 5.0, 6.0])
@pytest.mark.parametrize("time", [0.005, 0.85, 2.76])
def test_a_link_feels_amplitudes_outside_of_its_window(window, time):
    whole = ds.solve(EnsembleRepeater(2, 200, time, window=WHOLE))
    cut = ds.solve(EnsembleRepeater(2, 200, time, window=window))
    off = abs(number(whole, "log_negativity") - number(cut, "log_negativity"))
    bound = cut.report.truncation["window tail as an amplitude"]
    assert 0 < off < bound
    assert cut.report.status is Status.SUSPECT


def test_windows_of_long_chains_are_off_by_some_twenty_tails_at_most():
    for nodes in (3, 9, 30):
        for time in (0.3, 1.0, 2 * math.pi / 5, 1 / 400):
            whole = ds.solve(EnsembleRepeater(nodes, 400, time, window=WHOLE))
            cut = ds.solve(EnsembleRepeater(nodes, 400, time, window=4))
            for name in ("entropy", "log_negativity"):
                off = abs(number(whole, name) - number(cut, name))
                assert off < 25 * cut.report.truncation["window tail"]


@pytest.mark.parametrize("rate", [1e-3, 0.05])
@pytest.mark.parametrize("window", [4.0, 4.5, None])
def test_the_circle_of_a_dephased_chain_says_how_far_off_it_is(rate, window):
    whole = ds.solve(EnsembleRepeater(3, 41, 2.9, dephasing=rate, window=WHOLE))
    cut = ds.solve(EnsembleRepeater(3, 41, 2.9, dephasing=rate, window=window))
    off = abs(number(whole, "log_negativity") - number(cut, "log_negativity"))
    outside = cut.report.truncation["weight outside of the circle"]
    assert 0.1 * outside < off < 15 * outside
    assert (cut.report.status is Status.SUSPECT) == (window is not None)
    assert whole.report.truncation["weight outside of the circle"] == 0.0


@pytest.mark.parametrize("name", ["time", "offset"])
def test_phases_that_no_double_holds_are_refused(name):
    arguments: dict[str, Any] = {"nodes": 3, "atoms": 3, "time": 1.0} | {name: 1e300}
    with pytest.raises(ArgumentError, match=rf"`{name}` must be <= .*1e\+300.*2 pi"):
        EnsembleRepeater(**arguments)


def test_the_period_holds_as_far_as_times_are_taken():
    turns = round(1e9 / (2 * math.pi)) - 1
    late = 2 * math.pi * turns  # a double: its remainder is known exactly to turns_of
    rest = late - turns * 6.283185307179586 + turns * -2.4492935982947064e-16
    for offset in (0.0, 0.3):
        first = ds.solve(EnsembleRepeater(4, 9, late + 1.0, outcomes=[8, 9], offset=offset))
        again = ds.solve(
            EnsembleRepeater(4, 9, (late + 1.0 - late) + rest, outcomes=[8, 9], offset=offset)
        )
        assert number(first, "entropy") == pytest.approx(number(again, "entropy"), abs=1e-6)


def test_huge_ensembles_from_the_start_on():
    result = ds.solve(EnsembleRepeater(3, 10**12, [0.0, 1e-13, 1.0]))
    assert result.table is not None
    assert result.table["entropy"].values[:2] == pytest.approx([0.0, 8.8583e-6], abs=1e-9)
    assert np.all(result.table["entropy"].values > -1e-13)


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_seeds(seed):
    with pytest.raises(ArgumentError, match="`seed` must be"):
        sample_outcomes(3, 3, 1.0, 1, seed=seed)


def test_the_remedy_for_missing_outcomes_fits():
    with pytest.raises(ArgumentError, match="one number for each inner node"):
        EnsembleRepeater(4, 3, 1.0, outcomes=[3])


def test_two_ends_are_drawn_in_reading_order():
    figure = ds.plots.network(ds.solve(EnsembleRepeater(3, 9, 1.0)).state)
    x = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts}
    assert x["1"] < x["3"]
