"""Macroscopic entanglement over ensembles: verdicts come from the data, pictures can be drawn."""

import math

import numpy as np
import pytest
import xarray as xr
from papers_shared import check_claims, check_picture, computing, verdicts_of

from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.li2026 import LI2026, printed
from darkstate.papers.li2026.common import even_grid, exact_entropy, resolving_grid
from darkstate.papers.li2026.equations import link_entropy
from darkstate.papers.li2026.onset import _first
from darkstate.papers.li2026.widths import half_width
from darkstate.repeaters import Regime, classify, lattice_entropy, magic_times, outcome_table

FIGURES = {figure.id: figure for figure in LI2026.figures}
QUICK = ("2b", "4d", "nodes", "equations")


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(figure, data):
    return verdicts_of(FIGURES[figure], data)


def check_picture_and_claims(figure, data):
    check_picture(FIGURES[figure], data)
    check_claims(FIGURES[figure], data)


def test_it_is_listed():
    assert LI2026 in PAPERS
    assert paper("li2026") is LI2026
    assert {"1", "1-large", "2a", "2b", "3", "4a", "4b", "4c", "4d"} < set(FIGURES)


@pytest.mark.parametrize("figure", QUICK)
def test_pictures_and_claims(figure, data):
    check_picture_and_claims(figure, data(figure))


@pytest.mark.slow
@pytest.mark.parametrize("figure", [name for name in FIGURES if name not in QUICK])
def test_pictures_and_claims_of_the_others(figure, data):
    check_picture_and_claims(figure, data(figure))


def test_truncation_claims_follow_the_numbers(data):
    found = data("2b")
    assert verdicts("2b", found) == {
        "2b-1": Verdict.REPRODUCED,
        "2b-2": Verdict.CONDITION,
        "2b-3": Verdict.CONDITION,  # for a window of 3 only
    }
    narrow = found.copy(deep=True)
    narrow["at_magic"] = 0 * narrow.at_magic
    assert verdicts("2b", narrow)["2b-3"] == Verdict.REPRODUCED
    assert verdicts("2a", found) == {
        "2a-1": Verdict.REPRODUCED,
        "2a-2": Verdict.NOT_REPRODUCED,
        "2a-3": Verdict.REPRODUCED,
        "2a-4": Verdict.REPRODUCED,
    }
    found["cut"] = found.exact + 1000 * (found.cut - found.exact)
    found["at_magic"] = 1000 * found.at_magic
    assert set(verdicts("2b", found).values()) == {Verdict.NOT_REPRODUCED}
    assert verdicts("2a", found)["2a-1"] == Verdict.NOT_REPRODUCED


def test_dephasing_claims_follow_the_numbers(data):
    found = data("4d")
    assert verdicts("4d", found) == {"4d-1": Verdict.REPRODUCED}
    assert found.log_negativity.max() == pytest.approx(1.0, abs=1e-3)
    found["log_negativity"] = found.log_negativity + found.rate
    assert verdicts("4d", found) == {"4d-1": Verdict.NOT_REPRODUCED}


def test_nodes_do_not_degrade_magic_times_but_cost_probability(data):
    found = data("nodes")
    assert verdicts("nodes", found)["nodes-1"] == Verdict.CONDITION
    assert found.entropy.sel(case="2 pi/3").values == pytest.approx(math.log2(3), abs=1e-12)
    assert float(found.log2_success.sel(case="pi", nodes=100)) == pytest.approx(-98)
    found["entropy"] = found.entropy - 1e-3 * found.nodes
    assert verdicts("nodes", found)["nodes-1"] == Verdict.NOT_REPRODUCED


def test_equal_signs_are_an_offset():
    """exp(i t k_2 (k_1 + k_3)) is the chain of H with k_3 -> N - k_3 and phi = N t."""
    for time in (0.4, 1.9):
        table = outcome_table(20, time, 20 * time)
        assert link_entropy(time, 1) == pytest.approx(float(table.entropies[-1]), abs=1e-9)
        assert link_entropy(time, -1) == pytest.approx(float(exact_entropy(20, time)[0]), abs=1e-9)


def test_slips_of_the_printed_equations(data):
    found = data("equations")
    assert verdicts("equations", found) == {
        "equations-1": Verdict.NOT_REPRODUCED,
        "equations-2": Verdict.REPRODUCED,
        "equations-3": Verdict.CONDITION,
        "equations-4": Verdict.NOT_REPRODUCED,
        **{f"equations-{n}": Verdict.REPRODUCED for n in range(5, 10)},
        "equations-10": Verdict.FINDING,
        **{f"equations-{n}": Verdict.NOT_COMPUTED for n in (11, 12, 13, 14)},
    }
    found.attrs |= {"states": [1e-16, 0.5, 1e-16], "total": 0.1, "basis": [0.0, 2.0]}
    changed = verdicts("equations", found)
    assert changed["equations-3"] == changed["equations-6"] == Verdict.NOT_REPRODUCED
    assert changed["equations-1"] == Verdict.REPRODUCED


def test_the_chain_as_printed_has_links_of_alternating_sign():
    for nodes in (3, 4):
        told = printed.chain_state(nodes, 2, 0.37)
        assert printed.distance(told, printed.evolved(nodes, 2, 0.37)) < 1e-12
        equal = printed.evolved(nodes, 2, 0.37, signs=[-1] * (nodes - 1))
        assert printed.distance(told, equal) > 0.1


def test_windows_of_magic_times():
    """Widths scale as 1/N and grow with M; by two methods."""
    two = half_width(100, 3), half_width(100, 3, exact=True)
    assert two[0] == pytest.approx(two[1], rel=1e-5)
    assert half_width(10**4, 3) == pytest.approx(two[0] / 100, rel=0.02)
    assert half_width(10**4, 6) > 2 * half_width(10**4, 3)


def test_half_of_the_maximum_takes_a_root_of_the_atoms():
    early, late = (_first(n, 0.5 * math.log2(n + 1)) for n in (10**4, 10**8))
    assert late == pytest.approx(early / 100, rel=1e-3)
    first, last = (_first(n, 1.0) for n in (10**4, 10**8))
    assert last == pytest.approx(first / 10**4, rel=1e-3)
    assert lattice_entropy(10**6, last * 100, 3) == pytest.approx(1.0, abs=1e-3)


def test_the_grids():
    """The even one meets cores by chance only; magic times and their cores are in the other."""
    atoms = 10**6
    core = [classify(t, atoms).regime == Regime.CORE for t in even_grid(40)]
    assert sum(core) < 10
    assert all(classify(math.pi * j / 40, atoms).regime == Regime.CORE for j in range(40))
    times = resolving_grid(atoms, 50, 3, 6)
    assert np.all(np.diff(times) > 0) and times[0] >= 0 and times[-1] <= math.pi
    for magic in magic_times(atoms, 3):
        away = np.sort(np.abs(times - magic.time))
        assert away[0] == 0 and away[1] == pytest.approx(0.3 / atoms, rel=1e-3)


@pytest.mark.slow
def test_sensitivity_is_read_off_the_data(data):
    found = data("sensitivity")
    known = verdicts("sensitivity", found)
    assert known["sensitivity-3"] == Verdict.REPRODUCED
    assert known["sensitivity-4"] == Verdict.NOT_REPRODUCED
    assert known["sensitivity-5"] == known["sensitivity-8"] == Verdict.CONDITION
    assert known["sensitivity-7"] == Verdict.CONDITION  # not yet at three times the rate
    assert known["sensitivity-9"] == Verdict.REPRODUCED
    early = found.copy(deep=True)
    early.log_negativity.loc[{"rate": 3e-2}] = early.log_negativity.sel(rate=1e-1)
    assert verdicts("sensitivity", early)["sensitivity-7"] == Verdict.REPRODUCED
    turned = found.log_negativity.values[::-1].copy()
    found["log_negativity"] = (found.log_negativity.dims, turned)
    found["characteristic"] = found.characteristic * xr.DataArray([1, 9], dims="lost")
    changed = verdicts("sensitivity", found)
    assert changed["sensitivity-3"] == Verdict.NOT_REPRODUCED
    assert changed["sensitivity-4"] == Verdict.REPRODUCED
    assert changed["sensitivity-9"] == Verdict.NOT_REPRODUCED


@pytest.mark.slow
def test_the_other_claims(data):
    conditions = ("1-3", "1-4", "1-5")
    reproduced = dict.fromkeys(("1-1", "1-2", "1-6"), Verdict.REPRODUCED)
    assert verdicts("1", data("1")) == reproduced | dict.fromkeys(conditions, Verdict.CONDITION)
    closer = data("1").assign(minima=5 * data("1").minima)
    assert verdicts("1", closer)["1-3"] == Verdict.REPRODUCED
    assert verdicts("1-large", data("1-large"))["1-large-1"] == Verdict.CONDITION
    assert float(abs(data("1-large").exact - data("1-large").there).max()) < 1e-9
    assert verdicts("onset", data("onset")) == {"onset-1": Verdict.NOT_REPRODUCED}
    assert verdicts("widths", data("widths"))["widths-1"] == Verdict.CONDITION
    assert verdicts("offset", data("offset"))["offset-3"] == Verdict.CONDITION
    assert verdicts("outcomes", data("outcomes"))["outcomes-3"] == Verdict.CONDITION
    found = data("3")
    assert verdicts("3", found) == {
        "3-1": Verdict.REPRODUCED,
        "3-2": Verdict.CONDITION,
        "3-3": Verdict.REPRODUCED,
        "3-4": Verdict.REPRODUCED,
        "3-5": Verdict.CONDITION,
    }
    found["at_magic"] = found.at_magic.copy(data=np.tile(found.at_magic[:1], (4, 1)))
    assert verdicts("3", found)["3-1"] != Verdict.REPRODUCED
