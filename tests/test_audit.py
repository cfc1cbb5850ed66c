"""A few systems of the audit in `benchmarks/`, and whether the audit itself can be trusted."""

from __future__ import annotations

import dataclasses
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import darkstate as ds
from darkstate.results import Estimate, Status
from darkstate.states import DensityState

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from audit import compare, families, gaussian, reference
from audit.sketch import Layout, Sketch, hermitian, open_system, script_of
from audit.wide import Wide, solve_wide

NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18, 19, 20, 22, 24, 25, 28, 33, 44, 45,
           53, 84, 110, 123, 137, 166, 168, 174, 181)  # fmt: skip
"""All families but two modes, whose references take longest; among them what once was wrong."""


def fails(verdict):
    """Whether a verdict breaks the promise: a good status and a number off by ten estimates."""
    return verdict.outcome in ("wrong", "crash") and verdict.status != "suspect"


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_of_a_random_system_is_off_by_ten_estimates(number, monkeypatch):
    monkeypatch.setattr(reference, "LARGEST_PART", 100)  # gaps of small systems only: seconds
    sketch = families.draw(number)
    verdict = compare.audit_steady(sketch)
    assert not fails(verdict), verdict
    if sketch.times:
        verdict = compare.audit_evolution(sketch)
        assert not fails(verdict), verdict


# The audit itself -------------------------------------------------------------------------------


def driven_qubit(drive=0.5, rate=1.0):
    return Sketch("test", [("qubit", "q", 0)], hermitian([(0.5 * drive, {"q": "-"})]),
                  [(rate, [(1.0, {"q": "-"})])], times=(0.0, 1.0))  # fmt: skip


def test_reference_of_a_driven_qubit_and_a_thermal_mode():
    state = reference.steady_reference(driven_qubit(0.7)).state
    assert_allclose(state[1, 1], 0.7**2 / (1 + 2 * 0.7**2), rtol=1e-14)  # optical Bloch equations
    jumps = [(1.3, [(1.0, {"a": "-"})]), (0.3, [(1.0, {"a": "+"})])]
    heat = Sketch("test", [("mode", "a", 0)], [], jumps, cutoffs=((20,), (24,)))
    populations = reference.steady_reference(heat).state.diagonal().real
    assert_allclose(populations[1:8] / populations[:7], 0.3 / 1.3, rtol=1e-13)
    moments = gaussian.moments_reference(heat)
    assert moments is not None
    assert_allclose([moments.number[0, 0], moments.gap], [0.3, 0.5], rtol=1e-14)


def test_reference_resolves_rates_over_thirty_decades():
    """A qubit that decays at 1 beside one that is driven and decays at 1e-17, and 1e12 detuned."""
    jumps = [(1.0, [(1.0, {"p": "-"})]), (1e-17, [(1.0, {"q": "-"})])]
    H = [(1e12, {"p": "z"}), *hermitian([(0.35e-17, {"q": "-"})])]
    sketch = Sketch("test", [("qubit", "p", 0), ("qubit", "q", 0)], H, jumps)
    state = reference.steady_reference(sketch).state
    assert_allclose(state[1, 1].real, 0.7**2 / (1 + 2 * 0.7**2), rtol=1e-12)


def test_reference_gap_and_evolution_of_a_decaying_qubit():
    sketch = driven_qubit(0.0, 0.4)
    gap, error = reference.steady_reference(sketch).gap()
    assert abs(gap - 0.2) <= error + 1e-15  # coherence decays at half the rate
    start = dataclasses.replace(driven_qubit(2.0, 0.0), times=(0.0, 0.3))
    states, _, error = reference.evolution_reference(start, ())
    assert_allclose(states[1][1, 1].real, np.sin(0.3) ** 2, atol=1e-14 + error)


def test_ensembles_are_atoms_and_symmetric_ones():
    """Two atoms by themselves: product of two qubits; gap of what no exchange changes."""
    H = hermitian([(0.4, {"E": "-"})])
    sketch = Sketch("test", [("ensemble", "E", 2)], H, [(1.0, [(1.0, {"E": "-"})], True)])
    one = reference.steady_reference(driven_qubit(0.8)).state
    found = reference.steady_reference(sketch)
    assert_allclose(found.state, np.kron(one, one), atol=1e-14)
    assert_allclose(found.gap()[0], 0.5, rtol=1e-9)


def test_two_steady_states_are_seen():
    idle = Sketch("test", [("qubit", "q", 0)], [(0.3, {"q": "z"})], [], unique=None)
    assert not reference.steady_reference(idle).unique
    with pytest.raises(reference.NoReferenceError):
        reference.steady_reference(dataclasses.replace(idle, unique=True))


def test_unstable_network_has_no_moments():
    H = hermitian([(0.3, {"a": "--"})])  # threshold 1/4
    sketch = Sketch("test", [("mode", "a", 0)], H, [(1.0, [(1.0, {"a": "-"})])])
    assert gaussian.moments_reference(sketch) is None


def test_wide_arithmetic_against_fractions():
    rng = np.random.default_rng(1)
    A, b = rng.normal(size=(4, 4)), rng.normal(size=4)
    x, least = solve_wide(Wide(A), Wide(b))
    exact = [Fraction(float(h)) + Fraction(float(lo)) for h, lo in zip(x.hi, x.lo, strict=True)]
    for row, right in zip(A, b, strict=True):
        rest = sum((Fraction(float(m)) * v for m, v in zip(row, exact, strict=True)), Fraction(0))
        assert abs(rest - Fraction(float(right))) < Fraction(1, 10**28)
    assert least > 0
    root = Wide(np.array([2.0])).sqrt()
    square = (Fraction(float(root.hi[0])) + Fraction(float(root.lo[0]))) ** 2
    assert abs(square - 2) < Fraction(1, 10**30)


def wrong_by(size, status, monkeypatch):
    """The verdict where the front door is made to err by `size` and to claim an error of 1e-9."""
    true = reference.steady_reference(driven_qubit()).state
    error = 0.5 * size * np.diag([1.0, -1.0])
    right = ds.steady_state(open_system(driven_qubit()))
    report = right.report.with_(error_estimate=1e-9, margin=0.1, gap=None).with_(status=status)
    state = DensityState(("q",), (2,), true + error)
    answer = dataclasses.replace(right, state=state, report=report)
    monkeypatch.setattr(compare.ds, "steady_state", lambda system: answer)
    return compare.audit_steady(driven_qubit())


@pytest.mark.parametrize(("size", "outcome"), [(1e-12, "right"), (9e-9, "right"), (2e-8, "wrong")])
def test_the_audit_notices_a_wrong_number(size, outcome, monkeypatch):
    verdict = wrong_by(size, Status.CERTIFIED, monkeypatch)
    assert verdict.outcome == outcome
    assert fails(verdict) == (outcome == "wrong")
    assert_allclose(verdict.deviation, size, rtol=1e-3)


def test_the_audit_notices_a_certified_state_that_is_not_unique(monkeypatch):
    right = ds.steady_state(open_system(driven_qubit()))
    monkeypatch.setattr(compare.ds, "steady_state", lambda system: right)
    sketch = dataclasses.replace(driven_qubit(), unique=False)
    assert fails(compare.audit_steady(sketch))


def test_the_audit_notices_a_crash_and_a_wrong_gap(monkeypatch):
    def crash(system):
        raise ZeroDivisionError

    right = ds.steady_state(open_system(driven_qubit()))
    off = dataclasses.replace(right, report=right.report.with_(gap=Estimate(0.3, 1e-3)))
    monkeypatch.setattr(compare.ds, "steady_state", lambda system: off)
    assert compare.audit_steady(driven_qubit()).what == "gap"
    monkeypatch.setattr(compare.ds, "steady_state", crash)
    assert compare.audit_steady(driven_qubit()).outcome == "crash"


def test_every_family_is_drawn_and_every_system_is_a_script():
    names = {families.draw(k).family for k in range(families.TOTAL)}
    assert len(names) == len(families.FAMILIES)
    for number in range(0, 20):
        sketch, scope = families.draw(number), {}
        exec(script_of(sketch).rsplit("\n", 1)[0], scope)
        assert scope["system"] == open_system(sketch)


def test_matrices_of_the_sketch_obey_their_algebra():
    layout = Layout.of([("spin", "J", 3), ("mode", "a", 0)], (5,))
    plus, minus, z = (layout.matrix([(1.0, {"J": x})]).rounded for x in "+-z")
    assert_allclose(plus @ minus - minus @ plus, 2 * z, atol=1e-15)
    number = layout.matrix([(1.0, {"a": "+-"})]).rounded
    assert_allclose(np.diag(number)[:5], np.arange(5), atol=1e-15)
    turned = layout.matrix([(1.0, {"a": "-+"})]).rounded
    assert_allclose(turned - number, np.eye(20), atol=1e-14)  # of a larger space, then cut
