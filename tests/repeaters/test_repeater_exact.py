"""Pure chains: against the whole tensor of amplitudes, and across the methods."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeater_brute import end_phases, measured

import darkstate as ds
from darkstate.engines.contract import run
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, NumericalError
from darkstate.repeaters import (
    Exact,
    Lattice,
    amplitude_matrix,
    chain_spectrum,
    dicke_window,
    link_spectrum,
)
from darkstate.repeaters import links as link_module
from darkstate.repeaters.window import Trial, amplitude_blocks, singular_values
from darkstate.results import Status
from darkstate.systems.chain import MeasuredChain


def chain(nodes, atoms, *times, outcomes=None, offset=0.0, **more):
    return MeasuredChain(nodes, atoms, times, (0.0,) * nodes, offset, outcomes, **more)


def entropy(weights):
    p = weights[weights > 0] / np.sum(weights)
    return float(-np.sum(p * np.log2(p)))


SIZES = [(n, m) for m in (2, 3, 4, 5) for n in range(1, 7)]


@pytest.mark.parametrize(("atoms", "nodes"), SIZES)
@pytest.mark.parametrize("offset", [0.0, 0.8])
def test_amplitudes_and_probabilities_of_all_outcomes(atoms, nodes, offset):
    time, k = 1.37, np.arange(atoms + 1)
    whole = measured(nodes, atoms, time, offset)
    assert np.sum(np.abs(whole) ** 2) == pytest.approx(1.0, abs=1e-12)
    phases = end_phases(nodes, atoms, time)
    every = list(itertools.product(range(atoms + 1), repeat=nodes - 2))
    for q in every[:: max(1, len(every) // 25)]:
        exact = whole[(slice(None), *q, slice(None))]
        found = amplitude_matrix(atoms, time, k, q, offset) * phases
        overlap = np.vdot(found, exact)
        common = overlap / abs(overlap) if abs(overlap) > 1e-20 else 1.0
        np.testing.assert_allclose(found * common, exact, atol=1e-12)
        assert np.sum(np.abs(found) ** 2) == pytest.approx(np.sum(np.abs(exact) ** 2), abs=1e-12)
        blocks = amplitude_blocks(atoms, time, k, q, offset, k)
        values = singular_values(blocks.matrices)[: atoms + 1]
        svd = np.linalg.svd(exact, compute_uv=False)
        np.testing.assert_allclose(np.pad(values, (0, atoms + 1 - len(values))), svd, atol=1e-12)


@pytest.mark.parametrize("outcomes", [(), (7,), (8, 5)])
def test_windows_of_ends_and_of_inner_nodes_need_not_be_the_same(outcomes):
    whole, some = np.arange(9), np.arange(2, 7)
    exact = amplitude_matrix(8, 1.37, whole, outcomes, 0.3)
    found = amplitude_matrix(8, 1.37, some, outcomes, 0.3, inner=whole)
    np.testing.assert_allclose(found, exact[2:7, 2:7], atol=1e-14)


def test_trials_of_rounding_move_real_and_imaginary_parts_by_themselves():
    matrix = np.full((8, 8), 1.0 + 2.0j)
    moved = Trial(100).shaken(matrix) / matrix - 1.0
    assert np.abs(moved.imag).max() > 1e-16
    assert np.abs(moved).max() < 1e-14


@given(st.integers(1, 6), st.integers(2, 5), st.floats(0.05, 6.2), st.booleans(), st.data())
@settings(max_examples=40)
def test_schmidt_coefficients_of_any_chain(atoms, nodes, time, shifted, data):
    offset = 0.6 if shifted else 0.0
    q = tuple(data.draw(st.integers(0, atoms)) for _ in range(nodes - 2))
    exact = measured(nodes, atoms, time, offset)[(slice(None), *q, slice(None))]
    norm = np.linalg.norm(exact)
    if norm < 1e-6:
        return
    found = chain_spectrum(
        chain(nodes, atoms, time, outcomes=q, offset=offset), time, np.arange(atoms + 1), 50.0
    )
    svd = np.linalg.svd(exact, compute_uv=False)[: len(found.coefficients)] / norm
    np.testing.assert_allclose(found.coefficients, svd, atol=1e-9)
    assert found.log_probability == pytest.approx(2 * math.log(norm), abs=1e-9)


@pytest.mark.parametrize("nodes", [2, 3, 4, 7])
@pytest.mark.parametrize("time", [0.4, 2 * math.pi / 3, 2.9])
def test_a_chain_has_the_power_of_the_spectrum_of_one_link(nodes, time):
    atoms = 40
    k = np.arange(atoms + 1)
    g = link_spectrum(atoms, time, k)
    whole = amplitude_matrix(atoms, time, k, (atoms,) * (nodes - 2))
    svd = np.linalg.svd(whole, compute_uv=False)[: len(g)]
    np.testing.assert_allclose(g ** (nodes - 1), svd**2, atol=1e-14)
    problem = chain(nodes, atoms, time)
    found = chain_spectrum(problem, time, k, 50.0).coefficients
    np.testing.assert_allclose(found, svd[: len(found)] / np.linalg.norm(svd), atol=1e-11)


TIMES = (0.02, 0.31, math.pi / 2 + 2e-4, 2 * math.pi / 3, 2.2, math.pi)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("atoms", [3000, 3001])
def test_dense_banded_and_low_rank_spectra_agree(atoms, time, monkeypatch):
    k = dicke_window(atoms, 7.2)
    dense = np.sort(link_spectrum(atoms, time, k))[::-1]
    monkeypatch.setattr(link_module, "_DENSE", 0)
    for choice in (True, False):
        monkeypatch.setattr(link_module, "prefers_band", lambda size, band, choice=choice: choice)
        found = link_spectrum(atoms, time, k)
        np.testing.assert_allclose(found, dense[: len(found)], atol=2e-15)
        assert np.sum(dense[len(found) :]) < 1e-14
        for power in (1, 2):
            gap = entropy(found**power) - entropy(dense**power)
            assert gap == pytest.approx(0.0, abs=1e-11)


def test_the_window_is_the_only_error_and_is_reported():
    atoms, time = 900, 1.1
    reference = run(Exact(tolerance=1e-20), chain(3, atoms, time)).columns["entropy"][0]
    gaps, tails = [], []
    for c in (2.0, 3.0, 4.0, 5.0):
        found = run(Exact(), chain(3, atoms, time, window=c))
        gaps.append(abs(found.columns["entropy"][0] - reference))
        tails.append(found.report.truncation["window tail"])
        suspect = c < 5.0
        assert (found.report.status is Status.SUSPECT) == suspect
        assert bool(found.report.warnings) == suspect
    assert np.all(np.array(gaps) < 10 * np.array(tails))
    assert gaps[-1] / gaps[0] < 1e-4  # it falls as the tail does, 5e-2 to 6e-7
    full = run(Exact(), chain(3, atoms, time))
    assert full.report.status is Status.CERTIFIED
    assert full.columns["entropy"][0] == pytest.approx(reference, abs=1e-11)


def test_period_and_mirror_symmetry_of_the_entanglement():
    for atoms in (20, 21):
        t = 0.77
        found = run(Exact(), chain(3, atoms, t, 2 * math.pi - t, 2 * math.pi + t))
        assert np.ptp(found.columns["entropy"]) < 1e-12
        assert np.ptp(found.columns["log_negativity"]) < 1e-12


def test_a_hundred_nodes_do_not_underflow():
    atoms, time = 10**5, 2 * math.pi / 3
    found = run(Exact(), chain(100, atoms, time))
    assert found.columns["entropy"][0] == pytest.approx(math.log2(3), abs=1e-12)
    assert found.columns["log2_probability"][0] == pytest.approx(-98 * math.log2(3), abs=1e-9)
    longer = run(Exact(), chain(100, 300, 1.7, outcomes=(300, 299) * 49))
    assert math.isfinite(longer.columns["log2_probability"][0])


def test_exact_window_and_lattice_agree():
    for time in (1.3, 0.004, 2 * math.pi / 5 + 1e-3):
        problem = chain(3, 10**5, time)
        one, other = run(Exact(), problem), run(Lattice(), problem)
        for name in one.columns:
            assert one.columns[name] == pytest.approx(other.columns[name], abs=1e-7)
        for measure in (ds.log_negativity, ds.negativity):
            first, second = measure(one.state, "1", "3"), measure(other.state, "1", "3")
            assert first == pytest.approx(second, rel=1e-6)
        assert ds.entropy(other.state, "3") == pytest.approx(ds.entropy(one.state, "1"), abs=1e-7)


def test_improbable_outcomes_are_refused_or_doubted():
    with pytest.raises(NumericalError, match="no probability at time 0"):
        run(Exact(), chain(3, 10, 0.0, outcomes=(4,)))
    with pytest.raises(NumericalError, match="no probability"):
        run(Exact(), chain(5, 10, 0.0, outcomes=(10, 4, 10)))
    rare = run(Exact(), chain(3, 400, 0.01, outcomes=(150,)))
    assert rare.report.status is Status.SUSPECT
    assert rare.report.truncation["window tail under these outcomes (bound)"] > 1e-3


def test_refusals():
    with pytest.raises(CapacityError, match="narrower `window`"):
        run(Exact(memory_limit=1e7), chain(4, 10**6, 1.0, outcomes=(10**6, 10**6 - 1)))
    with pytest.raises(CapacityError, match="days"):
        run(Exact(), chain(3, 10**12, 1.0))
    with pytest.raises(EngineMismatchError, match="Dephased"):
        run(Exact(), MeasuredChain(3, 4, (1.0,), (0.1, 0.0, 0.0)))
    with pytest.raises(ArgumentError, match="`tolerance` must be > 0"):
        Exact(tolerance=0.0)
    with pytest.raises(EngineMismatchError, match="10000 atoms or more"):
        run(Lattice(), chain(3, 100, 1.0))


def test_one_link_alone_takes_a_wider_window():
    """The sum of its Schmidt coefficients feels amplitudes of the tail, not their squares."""
    problem = chain(2, 900, 0.05)
    reference = run(Exact(tolerance=1e-26), problem).columns["log_negativity"][0]
    assert run(Exact(), problem).columns["log_negativity"][0] == pytest.approx(reference, abs=1e-12)
    narrow = run(Exact(), chain(2, 900, 0.05, window=7.1)).columns["log_negativity"][0]
    assert 5e-9 < reference - narrow < 1e-6  # the weight left out is 1e-12
