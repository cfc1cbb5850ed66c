"""Improbable outcomes against a hundred digits, and what each report says of its error."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from repeater_digits import DIGITS, ONE, amplitudes, cosine_and_sine, entanglement

import darkstate as ds
from darkstate.engines.contract import run
from darkstate.errors import NumericalError
from darkstate.models import EnsembleRepeater
from darkstate.repeaters import (
    Dephased,
    Exact,
    Lattice,
    SpectralDensity,
    outcome_probabilities,
    phases,
)
from darkstate.repeaters import exact as exact_module
from darkstate.repeaters import large as large_module
from darkstate.repeaters.window import WindowBlocks, amplitude_blocks
from darkstate.results import Status
from darkstate.systems.chain import MeasuredChain

PI = math.pi
TIMES = (PI, PI / 2, 2 * PI, 2 * PI / 3, 1e-6, 0.3)


def chain(nodes, atoms, *times, **options):
    return MeasuredChain(nodes, atoms, times, (0.0,) * nodes, **options)


def estimate(report) -> float:
    """The error estimate, which there must be."""
    assert report.error_estimate is not None
    return report.error_estimate


def off(solution, matrix):
    """Errors of the entropy (if there is one) and the log-negativity, the larger one."""
    entropy, negativity = entanglement(matrix)
    columns = solution.columns
    found = [abs(columns["log_negativity"][-1] - negativity)]
    if "entropy" in columns:
        found.append(abs(columns["entropy"][-1] - entropy))
    return max(found)


@pytest.mark.parametrize("t", [PI, 2 * PI, -PI / 2, 1e-7, 1e8, 0.3])
@pytest.mark.parametrize("offset", [0.0, PI, 0.4])
def test_cosines_keep_their_digits_next_to_zeros(t, offset):
    d = np.array([[-7.5, -1.0, 0.0], [0.5, 3.0, 1e6]])
    found = phases.cosine_and_sine(t, d, offset)
    for place, number in np.ndenumerate(d):
        with localcontext(prec=DIGITS):
            exact = cosine_and_sine(Decimal(t) * Decimal(number) + Decimal(offset))
        for one, digits in zip(found, exact, strict=True):
            # 1e-16 of itself, down to what two doubles keep of the whole angle
            floor = 1e-31 * (1.0 + abs(t * number) + abs(offset))
            assert one[place] == pytest.approx(digits / ONE, rel=1e-15, abs=floor)


def test_portions_of_angles_change_nothing(monkeypatch):
    d = np.linspace(-3, 3, 50)
    whole = phases.cosine_and_sine(0.7, d)
    monkeypatch.setattr(phases, "_PORTION", 7)
    assert np.array_equal(phases.cosine_and_sine(0.7, d), whole)


@pytest.mark.parametrize("atoms", [3, 8])
@pytest.mark.parametrize("offset", [0.0, 0.3, PI])
def test_three_nodes_are_right_for_any_outcome_however_improbable(atoms, offset):
    for time in TIMES:
        for q in {0, atoms // 2, atoms - 1}:
            matrix, probability = amplitudes(atoms, time, (q,), offset)
            if probability < 1e-190:  # beyond what a hundred digits hold
                continue
            try:
                found = run(Exact(), chain(3, atoms, time, outcomes=(q,), offset=offset))
            except NumericalError:
                assert probability < 1e-90
                continue
            assert off(found, matrix) < 1e-12
            assert off(found, matrix) <= estimate(found.report) < 1e-10
            assert found.report.status is Status.CONVERGED
            expected = math.log2(probability)
            assert found.columns["log2_probability"][0] == pytest.approx(expected, abs=1e-10)


def test_two_ebits_of_probability_1e_31():
    result = ds.solve(EnsembleRepeater(3, 12, PI, outcomes=[11]))
    assert ds.entropy(result.state, "1") == pytest.approx(2.0, abs=1e-12)
    assert result.table is not None
    assert float(result.table["probability"][-1]) == pytest.approx(1.35e-31, rel=0.01)
    p = outcome_probabilities(12, PI)[11]
    assert p == pytest.approx(float(result.table["probability"][-1]), rel=1e-10)


@pytest.mark.parametrize("solver", [Exact(), Dephased(tolerance=1e-15)])
@pytest.mark.parametrize(("nodes", "atoms"), [(4, 4), (5, 3)])
def test_long_chains_are_right_within_their_estimate_or_refused(solver, nodes, atoms):
    judged = []
    for time in (PI, 2 * PI / 3, 1e-2, 1e-3, 1e-5):
        for offset in (0.0, 0.3, PI):
            for outcomes in ((atoms, atoms - 1, atoms), (atoms // 2, 1, atoms - 1)):
                q = outcomes[: nodes - 2]
                matrix, probability = amplitudes(atoms, time, q, offset)
                problem = chain(nodes, atoms, time, outcomes=q, offset=offset)
                try:
                    found = run(solver, problem)
                except NumericalError:
                    assert probability < 1e-13
                    continue
                wrong, told = off(found, matrix), estimate(found.report)
                assert wrong <= told
                judged.append(found.report.status)
                assert (judged[-1] is Status.CONVERGED) <= (told < 1e-5)
                assert (judged[-1] is Status.SUSPECT) <= (told > 1e-8)
    assert {Status.CONVERGED, Status.SUSPECT} == set(judged)


def test_rounding_is_that_of_the_whole_product_not_of_one_step():
    """Each step cancels a little, all of them nearly everything."""
    k = np.arange(9)
    for outcomes in ((8, 7), (4, 1)):
        matrix, _ = amplitudes(8, 1e-3, outcomes, PI)
        exact = np.linalg.svd(matrix, compute_uv=False)
        blocks = amplitude_blocks(8, 1e-3, k, outcomes, PI, k)
        found = np.linalg.svd(blocks.matrices[0], compute_uv=False)
        assert blocks.rounding > np.linalg.norm(found / np.linalg.norm(found) - exact)


@pytest.mark.parametrize("atoms", [900, 4000])
@pytest.mark.parametrize("time", [0.05, 2 * PI / 5, 3e-3])
def test_a_link_known_by_its_gram_matrix_alone_says_so(monkeypatch, atoms, time):
    direct = run(Exact(), chain(2, atoms, time))
    monkeypatch.setattr(exact_module, "_DIRECT", 0)
    roots = run(Exact(), chain(2, atoms, time))
    wrong = abs(roots.columns["log_negativity"][0] - direct.columns["log_negativity"][0])
    assert wrong <= estimate(roots.report) < 1e-5
    assert estimate(direct.report) < 1e-10


def test_certified_chains_have_an_error_estimate_and_a_margin():
    for problem in (chain(3, 50, 1.0), chain(7, 200, 0.3), chain(2, 30, 1.0)):
        report = run(Exact(), problem).report
        assert report.status is Status.CERTIFIED
        assert report.margin == 0.0
        assert 0.0 < estimate(report) < 1e-9
        assert "ebits" in report.structure[-1]


@pytest.mark.parametrize("window", [3.0, 4.0, 5.0])
@pytest.mark.parametrize("nodes", [2, 3, 6])
def test_estimates_cover_what_a_window_leaves_out(nodes, window):
    whole, cut = (run(Exact(), chain(nodes, 200, 0.9, window=c)) for c in (1e9, window))
    names = ("entropy", "log_negativity")
    wrong = max(abs(whole.columns[name][0] - cut.columns[name][0]) for name in names)
    assert wrong <= estimate(cut.report)
    doubted = nodes == 2 or window < 5.0
    assert cut.report.status is (Status.SUSPECT if doubted else Status.CONVERGED)


@pytest.mark.parametrize(("rounding", "verdict"), [(2e-8, "suspect"), (5e-9, "converged")])
def test_rounding_is_judged(monkeypatch, rounding, verdict):
    original = exact_module.amplitude_blocks

    def rounded(*arguments):
        return WindowBlocks(original(*arguments).matrices, rounding)

    monkeypatch.setattr(exact_module, "amplitude_blocks", rounded)
    report = run(Exact(), chain(3, 6, 1.0, outcomes=(4,))).report
    assert report.status == verdict
    assert any("Rounding" in text for text in report.warnings) == (verdict == "suspect")


@pytest.mark.parametrize("residual", [1e-10, 1e-8])
def test_a_sum_that_is_missed_is_not_certified(monkeypatch, residual):
    original = exact_module.link_spectrum
    monkeypatch.setattr(
        exact_module, "link_spectrum", lambda *each: original(*each) * (1.0 - residual)
    )
    report = run(Exact(), chain(4, 30, 1.0)).report
    assert report.status is (Status.CERTIFIED if residual < 1e-9 else Status.CONVERGED)


def test_a_narrow_window_is_not_certified():
    reports = [run(Exact(), chain(3, 2000, 1.0, window=c)).report for c in (5.5, 6.5)]
    assert [report.status for report in reports] == [Status.CONVERGED, Status.CERTIFIED]


@pytest.mark.parametrize("nodes", [2, 3, 10])
@pytest.mark.parametrize("time", [0.05, 1.0, 1e-4])
def test_patches_know_their_error(nodes, time):
    found = run(Lattice(), chain(nodes, 10_000, time))
    exact = run(Exact(tolerance=1e-15), chain(nodes, 10_000, time))
    names = ("entropy", "log_negativity")
    wrong = max(abs(found.columns[name][0] - exact.columns[name][0]) for name in names)
    assert wrong <= estimate(found.report) < (1e-5 if nodes == 2 else 1e-9 + 200 * wrong)
    assert found.report.status is Status.CONVERGED
    assert found.report.margin == 0.0


def densities(*scales):
    """Densities for `lattice_density` to return one after the other: weights times these."""
    waiting = list(scales)
    original = large_module.lattice_density

    def tampered(*arguments, **options):
        found = original(*arguments, **options)
        power = waiting.pop(0)
        return SpectralDensity(found.values, found.counts * power)

    return tampered


@pytest.mark.parametrize(
    ("scales", "words"),
    [
        ((1, 1, 1, 1), ""),
        ((1.00001, 1, 1.00001, 1), "misses a weight"),
        ((1, 1, 1, 1.1), "smaller patch"),
    ],
)
def test_patches_are_judged_at_all_times(monkeypatch, scales, words):
    monkeypatch.setattr(large_module, "lattice_density", densities(*scales))
    report = run(Lattice(), chain(3, 10_000, 1.0, 2.0)).report
    assert (report.status is Status.SUSPECT) == bool(words)
    assert words in " ".join(report.warnings)


def test_dephased_chains_know_what_the_circle_and_rounding_cost():
    model = MeasuredChain(3, 41, (2.9,), (1e-3,) * 3, window=4.5)
    whole = MeasuredChain(3, 41, (2.9,), (1e-3,) * 3, window=1e9)
    cut, exact = run(Dephased(), model), run(Dephased(), whole)
    wrong = abs(cut.columns["log_negativity"][0] - exact.columns["log_negativity"][0])
    assert wrong <= estimate(cut.report) < 4 * wrong
    assert estimate(exact.report) < 1e-12
    assert exact.report.status is Status.CONVERGED


def test_spectra_of_squares_that_underflow_have_an_entropy():
    found = exact_module.Spectrum(np.array([1.0, 1e-170]), 0.0)
    assert found.entropy == 0.0
