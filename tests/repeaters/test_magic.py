"""Magic times: found by the continued fraction, described by a thermal spectrum."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import ArgumentError, CapacityError
from darkstate.repeaters import Regime, classify, lattice_entropy, magic_times
from darkstate.repeaters.gauss_reduction import reduced_basis
from darkstate.repeaters.magic import convergents, geometric_ratio
from darkstate.repeaters.times import turns_of


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 20.0), st.integers(100, 10**12))
def test_the_best_convergent_is_the_shortest_lattice_vector(time, atoms):
    magic = classify(time, atoms)
    shortest, _ = reduced_basis(atoms, turns_of(time))
    if shortest.states:  # at t = 0 and few atoms none is shorter than a turn
        assert magic.length == pytest.approx(shortest.length, rel=1e-9)
        assert magic.denominator == abs(shortest.states)


def test_convergents_of_pi_and_of_a_fraction():
    found = list(convergents(Fraction(math.pi), 200))
    assert found == [Fraction(3), Fraction(22, 7), Fraction(333, 106), Fraction(355, 113)]
    assert list(convergents(Fraction(3, 8), 100))[-1] == Fraction(3, 8)


@pytest.mark.parametrize("nodes", [2, 3, 5])
@pytest.mark.parametrize("fraction", [Fraction(0), Fraction(1, 3), Fraction(3, 70)])
def test_entropy_in_core_and_wing(fraction, nodes):
    """The closed form against the lattice, at 1e8 atoms."""
    atoms = 10**8
    for in_cores in (0.0, 0.4, -3.0, 50.0):
        time = fraction + Fraction(in_cores / atoms / (2 * math.pi))
        magic = classify(time, atoms)
        assert magic.turns == fraction
        assert magic.in_cores == pytest.approx(in_cores, abs=1e-9)
        assert magic.resolved
        expected = lattice_entropy(atoms, time, nodes)
        assert magic.entropy(nodes) == pytest.approx(expected, abs=1e-6)


def test_regimes():
    atoms = 10**6
    assert classify(Fraction(1, 7), atoms).regime == Regime.CORE
    assert classify(2 * math.pi / 7 + 20 / atoms, atoms).regime == Regime.WING
    assert classify((math.sqrt(5) - 1) * math.pi, atoms).regime == Regime.GENERIC
    magic = classify(2 * math.pi / 7 + 20 / atoms, atoms)
    assert magic.in_wings == pytest.approx(20 / math.sqrt(atoms), rel=1e-6)
    assert magic.expected == pytest.approx(math.log2(7))
    assert magic.time == pytest.approx(2 * math.pi / 7)


@pytest.mark.parametrize("nodes", [2, 3, 5])
def test_a_denominator_is_resolved_up_to_the_root_of_half_the_atoms(nodes):
    atoms = 20000
    at_limit = classify(Fraction(1, 100), atoms)
    assert at_limit.resolved and not classify(Fraction(1, 142), atoms).resolved
    assert lattice_entropy(atoms, Fraction(1, 100), nodes) == pytest.approx(
        at_limit.expected, abs=1e-4
    )
    beyond = lattice_entropy(atoms, Fraction(1, 300), nodes)
    assert beyond < math.log2(300) - 0.2


def test_geometric_ratio():
    """Kernel exp(-(x²+x'²)/2 - s²(x-x')²/2) on a fine grid: consecutive eigenvalues."""
    for in_cores in (0.5, 3.0, 20.0):
        s = in_cores / (2 * math.sqrt(2))
        x = np.linspace(-7, 7, 701)
        kernel = np.exp(-np.add.outer(x**2, x**2) / 2 - (s * np.subtract.outer(x, x)) ** 2 / 2)
        values = np.linalg.eigvalsh(kernel)[::-1]
        assert values[1] / values[0] == pytest.approx(geometric_ratio(in_cores), rel=1e-10)
    assert geometric_ratio(0.0) == 0.0


def test_magic_times():
    found = [magic.turns for magic in magic_times(100)]
    by_hand = sorted({Fraction(a, b) for b in range(1, 8) for a in range(b) if 2 * a <= b})
    assert found == by_hand
    assert len(magic_times(10**6, 3)) == 3
    assert [magic.denominator for magic in magic_times(1)] == [1]


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda: magic_times(0), ArgumentError, "atoms"),
        (lambda: magic_times(100, -1), ArgumentError, "largest_denominator"),
        (lambda: magic_times(10**12), CapacityError, "largest_denominator"),
        (lambda: classify(math.nan, 100), ArgumentError, "time"),
        (lambda: classify(1.0, 0), ArgumentError, "atoms"),
        (lambda: classify(1.0, 100).entropy(1), ArgumentError, "nodes"),
    ],
)
def test_bad_input(call, error, word):
    with pytest.raises(error, match=f"`{word}`"):
        call()
