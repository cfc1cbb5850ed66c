"""The lattice formula against dense spectra, the direct sum and its own limits."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import ArgumentError
from darkstate.repeaters import (
    lattice_curve,
    lattice_density,
    lattice_entropy,
    lattice_log_negativity,
    lattice_probability,
    three_node_log_negativity,
    three_node_probability,
)
from darkstate.repeaters.gauss_quadrature import local_quadrature
from darkstate.repeaters.gauss_reduction import AREA, reduced_basis
from darkstate.repeaters.lattice import Patch
from darkstate.repeaters.times import residues, turns_of

HUGE = (10**8, 10**9 + 1, 10**10, 10**12)


def dense_spectrum(atoms, time):
    """Eigenvalues of a link's reduced state from the whole matrix, by log-gamma functions."""
    k = np.arange(atoms + 1)
    k = k[np.abs(k - atoms / 2) < 5.5 * math.sqrt(atoms)]
    whole = math.lgamma(atoms + 1) - atoms * math.log(2)
    log_weight = [whole - math.lgamma(j + 1) - math.lgamma(atoms - j + 1) for j in k]
    psi = np.exp(0.5 * np.array(log_weight))
    apart = np.subtract.outer(k, k)
    found = np.linalg.eigvalsh(np.outer(psi, psi) * np.cos(time * apart / 2) ** atoms)
    return found[found > 1e-17]


def dense_numbers(atoms, time, nodes):
    """Entropy, log-negativity and probability from the dense spectrum."""
    values = dense_spectrum(atoms, time)
    scale = values.max()
    power = (values / scale) ** (nodes - 1)
    p = power / power.sum()
    p = p[p > 1e-300]
    probability = power.sum() * scale ** (nodes - 1)
    return -np.sum(p * np.log2(p)), 2 * np.log2(np.sum(np.sqrt(p))), probability


def some_times(atoms):
    """Generic, within 1/N of a magic time, in its wing, and where the kernel is widest."""
    root = math.sqrt(atoms)
    near = 2 * math.pi / 3
    return (1.2345, near + 0.3 / atoms, near + 3 / atoms, 2 * math.pi / 7 + 0.01, 0.5 / root)


@pytest.mark.parametrize(
    ("nodes", "entropy_error", "negativity_error"),
    [(2, 3e-8, 1e-5), (3, 3e-9, 1e-12), (4, 3e-9, 1e-8), (7, 3e-9, 1e-12), (20, 1e-7, 1e-8)],
)
def test_against_dense_spectra(nodes, entropy_error, negativity_error):
    for atoms in (100, 501):
        times = some_times(atoms)
        found = lattice_curve(atoms, times, nodes)
        dense = np.array([dense_numbers(atoms, time, nodes) for time in times]).T
        assert found.entropy == pytest.approx(dense[0], abs=entropy_error)
        assert found.log_negativity == pytest.approx(dense[1], abs=negativity_error)
        assert found.probability == pytest.approx(dense[2], rel=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [2, 3, 4, 5, 10, 30, 100])
def test_against_dense_spectra_of_thousands(nodes):
    for atoms in (1001, 3000):
        for time in (*some_times(atoms), 2 * math.pi / 41):
            entropy, negativity, _ = dense_numbers(atoms, time, nodes)
            assert lattice_entropy(atoms, time, nodes) == pytest.approx(entropy, abs=1e-7)
            found = lattice_log_negativity(atoms, time, nodes)
            assert found == pytest.approx(negativity, abs=1e-5 if nodes == 2 else 1e-8)


@pytest.mark.parametrize("time", some_times(501))
def test_the_direct_sum_against_dense_spectra(time):
    """It is a sum over differences of Dicke numbers, the other one a trace of a matrix."""
    probability = np.sum(dense_spectrum(501, time) ** 2)
    assert three_node_probability(501, time) == pytest.approx(probability, rel=1e-11)
    _, negativity, _ = dense_numbers(501, time, 3)
    assert three_node_log_negativity(501, time) == pytest.approx(negativity, abs=1e-6)


def test_the_direct_sum_of_one_atom():
    """p = 1/2 cos^2(0) + 1/2 cos^2(t/2)."""
    for time in (0.0, 0.7, 2.0):
        expected = 0.5 + 0.5 * math.cos(time / 2) ** 2
        assert three_node_probability(1, time) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("atoms", HUGE)
def test_direct_sum_and_lattice_agree_for_huge_ensembles(atoms):
    """No overflow, no underflow, no phase lost: 1e-8 was asked, 1e-12 is met."""
    times = [1.2345, Fraction(355, 1130), 0.7 / math.sqrt(atoms)]
    times += [2 * math.pi / 7 + 30 / atoms, Fraction(1, math.isqrt(atoms) + 1)]
    for time in times[:2] if atoms == 10**12 else times:
        found = lattice_log_negativity(atoms, time, 3)
        assert found == pytest.approx(three_node_log_negativity(atoms, time), abs=2e-12)


def test_a_float_is_what_it_stores():
    """The double next to 2 pi/3 is 2.5e-17 turns off: nothing at 1e6 atoms, 1e-8 ebit at 1e12."""
    assert lattice_log_negativity(10**12, Fraction(1, 3), 3) == pytest.approx(
        math.log2(3), abs=1e-13
    )
    shift = lattice_log_negativity(10**12, 2 * math.pi / 3, 3) - math.log2(3)
    assert shift == pytest.approx(9.5e-9, rel=0.05)
    assert abs(lattice_log_negativity(10**6, 2 * math.pi / 3, 3) - math.log2(3)) < 1e-13


@pytest.mark.parametrize("nodes", [3, 4])
def test_the_gaussian_limit_is_first_order_in_the_inverse_number_of_atoms(nodes):
    """At times of one and the same lattice, t = 1/sqrt N and 2 pi/5 + 4/N."""
    sizes = np.array([400, 1600, 6400, 25600])
    for time in (lambda n: 1 / math.sqrt(n), lambda n: 2 * math.pi / 5 + 4 / n):
        errors = [
            abs(lattice_entropy(n, time(n), nodes, limit=True) - lattice_entropy(n, time(n), nodes))
            for n in map(int, sizes)
        ]
        slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
        assert slope == pytest.approx(-1, abs=0.05)


def test_the_limit_depends_on_the_lattice_alone():
    """E - (1/2) log2 N at t = 0.9/sqrt N, from 1e3 to 1e12 atoms."""
    values = [
        lattice_entropy(n, 0.9 / math.sqrt(n), 3, limit=True) - 0.5 * math.log2(n)
        for n in (10**4, 10**8, 10**12)
    ]
    # the first vector is (sqrt(2/N), 0.45): sqrt N enters through the rest, and vanishes
    assert abs(values[2] - values[1]) < 1e-6 < abs(values[1] - values[0]) < 1e-2


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, math.pi), st.integers(100, 10**12), st.integers(-3, 3))
def test_period_and_mirror(time, atoms, whole):
    turns = turns_of(time)
    here = lattice_log_negativity(atoms, turns, 3)
    assert lattice_log_negativity(atoms, turns + whole, 3) == pytest.approx(here, abs=1e-10)
    assert lattice_log_negativity(atoms, -turns, 3) == pytest.approx(here, abs=1e-10)
    assert -1e-9 <= here <= math.log2(atoms + 1)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 7.0), st.integers(100, 10**12))
def test_the_basis_is_reduced_and_spans_the_lattice(time, atoms):
    turns = turns_of(time)
    short, long = reduced_basis(atoms, turns)
    assert abs(short.x * long.y - short.y * long.x) == pytest.approx(AREA, rel=1e-9)
    assert short.length <= long.length * (1 + 1e-12)
    overlap = abs(short.x * long.x + short.y * long.y)
    assert overlap <= short.length**2 * (0.5 + 1e-9)
    for step in (short, long):
        turned = Fraction(step.y) / Fraction(math.pi * math.sqrt(atoms))
        whole = step.states * turns - turned
        assert abs(whole - round(whole)) * math.pi * math.sqrt(atoms) < 1e-9


def test_residues_of_exact_times():
    d = np.array([0, 1, -5, 10**6 + 1, 2**24 - 1])
    for turns in (turns_of(1.2345), Fraction(1, 3), turns_of(1e-7)):
        exact = [float(n * turns - round(n * turns)) for n in d.tolist()]
        assert residues(turns, d) == pytest.approx(exact, abs=2e-16)
    assert float(turns_of(2 * math.pi) - 1) == pytest.approx(-3.9e-17, rel=0.01)


def test_gauss_quadrature_is_exact_for_polynomials():
    random = np.random.default_rng(4)
    matrices = random.normal(size=(3, 12, 12))
    matrices += matrices.transpose(0, 2, 1)
    start = np.zeros((3, 12))
    start[:, 5] = 1.0
    nodes, weights = local_quadrature(matrices, start, 4)
    for power in range(8):
        exact = [np.linalg.matrix_power(m, power)[5, 5] for m in matrices]
        assert np.sum(weights * nodes**power, axis=1) == pytest.approx(exact, rel=1e-10)


def test_gauss_quadrature_ends_in_an_invariant_subspace():
    matrix = np.outer([1.0, 2.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0])[None]
    nodes, weights = local_quadrature(matrix, np.eye(4)[:1], 4)
    assert float(np.sum(weights * nodes**3)) == pytest.approx(25.0)
    assert weights.sum() == pytest.approx(1.0)


def test_the_density_is_normalised():
    thinned = lattice_density(10**7, Fraction(1, 3))
    density = lattice_density(10**7, 0.3)
    for each in (density, thinned):
        assert each.trace_power(1) == pytest.approx(1.0, abs=1e-12)
    assert lattice_probability(10**7, 0.3, 3) == pytest.approx(density.trace_power(2), rel=1e-12)
    assert -math.log2(density.probability(3)) == pytest.approx(density.log_negativity(3))


def test_a_larger_patch_changes_nothing():
    wide = Patch(half_width=7.0, half_height=14.0, spacing=0.18, moments=60, thinned=0.25)
    for time in (1.2345, 3e-4):
        found = lattice_density(10**6, time, patch=wide).entropy(3)
        assert lattice_entropy(10**6, time, 3) == pytest.approx(found, abs=2e-9)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: lattice_entropy(99, 1.0), "atoms"),
        (lambda: lattice_entropy(10**13, 1.0), "atoms"),
        (lambda: lattice_entropy(1000, math.inf), "time"),
        (lambda: lattice_entropy(1000, "1"), "time"),
        (lambda: lattice_entropy(1000, 1.0, 1), "nodes"),
        (lambda: three_node_probability(0, 1.0), "atoms"),
        (lambda: three_node_probability(10**13, 1.0), "atoms"),
    ],
)
def test_bad_input(call, word):
    with pytest.raises(ArgumentError, match=f"`{word}` must"):
        call()
