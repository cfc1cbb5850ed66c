"""The parametric pair: harmonic balance and secular theory against independent calculations."""

import numpy as np
import pytest
import scipy.linalg

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.periodic import steady_covariance
from darkstate.models._parametric_pair_exact import exact_langevin
from darkstate.models._parametric_pair_parameters import PairParameters
from darkstate.models._parametric_pair_physics import (
    bogoliubov,
    failed_conditions,
    occupancies,
    secular_hamiltonian,
    secular_jumps,
    secular_moments,
    secular_rates,
    transformed_hamiltonian,
)

STRONG = PairParameters(1.0, 0.6, 1.5, 0.3, 0.08, 0.04, 1.0, 1.5)  # baths and pump all matter
TO_QUADRATURES = np.kron(np.eye(2), np.array([[1, 1], [-1j, 1j]]) / np.sqrt(2))


COMMUTATOR = np.diag([1.0, -1.0, 1.0, -1.0])


def exact_covariance(pair, *, counter_term=False, rtol=1e-7):
    """<v v†>(t) of the six variables, in the laboratory frame."""
    return steady_covariance(exact_langevin(pair, counter_term=counter_term), rtol=rtol)


def rotating_moments(covariance, pump, time=0.0):
    """<v v†> of v = (a, a†, b, b†) in the frame a -> a exp(-i ω_p t): a micromotion."""
    turn = np.exp(1j * pump * time * np.diag(COMMUTATOR))
    return turn[:, None] * covariance.at(time)[:4, :4] * turn.conj()


def commutator_defect(moments):
    """Largest deviation of [v_i, v_j†], which comes from two separate integrals."""
    swap = [1, 0, 3, 2]
    return np.max(np.abs(moments - moments[np.ix_(swap, swap)].T - COMMUTATOR))


def paper_pair(zeta1, zeta2, ratio=1.0):
    detunings = 1 + ratio - 20
    return PairParameters(1.0, ratio, 10.0, abs(detunings) / 10, zeta1, zeta2)


def quadrature_covariance(moments):
    """Symmetrised covariance of (x_a, p_a, x_b, p_b) from <v v†>, v = (a, a†, b, b†)."""
    full = TO_QUADRATURES @ moments @ TO_QUADRATURES.conj().T
    return (full + full.T).real / 2


def natural_log_negativity(sigma):
    form = np.kron(np.eye(2), [[0, 1], [-1, 0]])
    flip = np.diag([1, 1, 1, -1])
    smallest = np.min(np.abs(np.linalg.eigvals(form @ flip @ sigma @ flip)))
    return max(0.0, -np.log(2 * smallest))


def secular_sigma(pair, branch="diagonal"):
    modes = bogoliubov(pair, branch)
    n_a, n_b, ab = secular_moments(modes, *occupancies(secular_rates(pair, modes)))
    flip = np.diag([1.0, -1.0])
    blocks = [[(n_a + 0.5) * np.eye(2), ab * flip], [ab * flip, (n_b + 0.5) * np.eye(2)]]
    return np.block(blocks)


# --- the exact treatment ------------------------------------------------------------------------


@pytest.mark.parametrize("counter_term", [False, True])
@pytest.mark.parametrize("pair", [STRONG, paper_pair(1e-3, 1e-2, 0.6), paper_pair(0.05, 0.05)])
def test_commutators_close(pair, counter_term):
    solved = exact_covariance(pair, counter_term=counter_term, rtol=1e-8)
    tolerance = 10 * (solved.quadrature_error + solved.harmonic_error) + 1e-12
    for time in (0.0, 0.4, 1.3):
        assert commutator_defect(rotating_moments(solved, pair.pump, time)) < tolerance


def damped_oscillator(omega, zeta, nu, stiffening=0.0):
    """<x²> and <p²> from the T = 0 fluctuation-dissipation theorem, in closed form.

    With the susceptibility χ = ω(ν - iz)/Q(z), Im χ = ω² 2πζ z/|Q|², both are half-line integrals
    of a rational function, which is minus the sum of residue × log(-pole).
    """
    still = omega * (omega + 2 * stiffening)
    cubic = np.poly1d([1j, -nu, -1j * still, still * nu - 2 * np.pi * zeta * omega])
    mirror = np.poly1d(cubic.coeffs.conj())
    variances = []
    for numerator in (np.poly1d([1, 0]), np.poly1d([1, 0, 0, 0]) / omega**2):
        density = 2 * omega**2 * zeta * numerator
        product = cubic * mirror
        residues = [density(p) / product.deriv()(p) * np.log(-p) for p in product.roots]
        variances.append(-np.sum(residues).real)
    return variances


@pytest.mark.parametrize("counter_term", [False, True])
def test_without_pump_it_is_the_damped_oscillator(counter_term):
    pair = PairParameters(1.0, 0.6, 1.5, 0.0, 0.1, 0.03, 1.0, 2.0)
    solved = exact_covariance(pair, counter_term=counter_term, rtol=1e-9)
    sigma = quadrature_covariance(solved.average[:4, :4])
    modes = ((1.0, 0.1, 1.0), (0.6, 0.03, 2.0))
    expected = [
        value
        for omega, zeta, nu in modes
        for value in damped_oscillator(omega, zeta, nu, counter_term * np.pi * zeta / nu)
    ]
    np.testing.assert_allclose(sigma, np.diag(expected), atol=1e-8)
    assert natural_log_negativity(sigma) == 0


def discretised_bath(pair, final, points=500):
    """Symmetrised covariance of the modes at `final`, from bare vacua, with finite baths.

    The static part (modes and bath oscillators) is solved exactly by its normal modes; the pump
    enters as kicks between them (second order in the step). No auxiliary variable, no spectrum.
    """
    nodes, weights = np.polynomial.legendre.leggauss(points)
    tail, tail_weights = np.polynomial.legendre.leggauss(60)
    log = np.log(12) + (tail + 1) / 2 * np.log(1e3)
    omega_q = np.concatenate([6 * (nodes + 1), np.exp(log)])
    width_q = np.concatenate([6 * weights, np.exp(log) * tail_weights * np.log(1e3) / 2])
    size = 2 + 2 * len(omega_q)
    omega = np.concatenate([[pair.omega_a, pair.omega_b], omega_q, omega_q])
    potential = np.diag(omega)
    for mode, (zeta, nu) in enumerate(((pair.zeta1, pair.nu1), (pair.zeta2, pair.nu2))):
        where = slice(2 + mode * len(omega_q), 2 + (mode + 1) * len(omega_q))
        strength = 2 * np.sqrt(zeta * omega_q / (nu**2 + omega_q**2) * width_q)
        potential[mode, where] = potential[where, mode] = strength
    root = np.sqrt(omega)
    squares, rotation = np.linalg.eigh(root[:, None] * potential * root)
    normal = np.sqrt(squares)
    to_q = np.sqrt(normal)[:, None] * rotation.T / root  # Q = to_q x, P = to_p p
    to_p = rotation.T * root / np.sqrt(normal)[:, None]
    columns = np.zeros((4, size), complex)  # how x_a, p_a, x_b, p_b read the normal modes: Q + iP
    rows = np.zeros((4, size), complex)
    for mode in range(2):
        columns[2 * mode], columns[2 * mode + 1] = to_q[:, mode], 1j * to_p[:, mode]
        rows[2 * mode], rows[2 * mode + 1] = to_p[:, mode], 1j * to_q[:, mode]
    periods = round(final * pair.pump / np.pi)
    steps = 60
    width = np.pi / pair.pump / steps
    turn = np.exp(1j * normal * width / 2)
    kicks = [pump_kick(pair, (step + 0.5) * width, width) - np.eye(4) for step in range(steps)]
    operators = rows.copy()
    for _ in range(periods):
        for kick in reversed(kicks):
            operators *= turn
            overlap = (operators @ columns.conj().T).real
            operators += overlap @ kick @ rows
            operators *= turn
    bare = np.hstack([operators.real @ to_q, operators.imag @ to_p])
    return bare @ bare.T / 2


def pump_kick(pair, time, width):
    """exp(width A) of the pump alone on (x_a, p_a, x_b, p_b), from its Hamiltonian."""
    angle = 2 * pair.pump * time
    cosine, sine = pair.coupling * np.cos(angle), pair.coupling * np.sin(angle)
    hessian = np.zeros((4, 4))  # k[(x_a x_b - p_a p_b) cos - (x_a p_b + p_a x_b) sin]
    hessian[:2, 2:] = [[cosine, -sine], [-sine, -cosine]]
    hessian += hessian.T
    return scipy.linalg.expm(width * np.kron(np.eye(2), [[0, 1], [-1, 0]]) @ hessian)


def test_against_a_discretised_bath():
    solved = exact_covariance(STRONG, rtol=1e-9)
    sigma = quadrature_covariance(solved.at(0.0)[:4, :4])
    reference = discretised_bath(STRONG, final=130.0)
    np.testing.assert_allclose(sigma, reference, atol=2e-4)
    static = exact_covariance(PairParameters(1.0, 0.6, 1.5, 0.0, 0.08, 0.04, 1.0, 1.5))
    moved = np.max(np.abs(sigma - quadrature_covariance(static.average[:4, :4])))
    assert moved > 0.05, "pump must matter"
    average = quadrature_covariance(rotating_moments(solved, STRONG.pump, 0.7))
    assert np.max(np.abs(average - quadrature_covariance(solved.at(0)[:4, :4]))) > 0.01


def test_a_bath_that_takes_the_ground_state_away_is_named():
    deep = PairParameters(1.0, 1.0, 10.0, 1.8, 0.16, 0.01)
    with pytest.raises(NumericalError, match=r"Mode a has no ground state.*1\.005 >= omega = 1"):
        exact_langevin(deep)
    with pytest.raises(ArgumentError, match=r"`zeta1` must be one number"):
        exact_langevin(paper_pair(np.array([0.1, 0.2]), 0.1))
    assert commutator_defect(exact_covariance(deep, counter_term=True).at(0)[:4, :4]) < 1e-6


# --- the secular theory, and that the exact treatment tends to it -------------------------------


@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_weak_coupling_tends_to_the_secular_theory_with_the_diagonal_branch(ratio):
    target = secular_sigma(paper_pair(1.0, 2.0, ratio))  # only zeta1/zeta2 matters in it
    misses = []
    for zeta in (4e-4, 2e-4, 1e-4):
        solved = exact_covariance(paper_pair(zeta, 2 * zeta, ratio), rtol=1e-9)
        sigma = quadrature_covariance(rotating_moments(solved, 10.0))
        misses.append(np.max(np.abs(sigma - target)))
    orders = np.diff(np.log(misses)) / np.log(0.5)
    np.testing.assert_allclose(orders, 1.0, atol=0.1)
    wrong = secular_sigma(paper_pair(1.0, 2.0, ratio), "as_printed")
    assert np.max(np.abs(wrong - target)) > 10 * misses[-1]


@pytest.mark.parametrize("pump", [10.0, 0.3])
def test_which_branch_diagonalises(pump):
    pair = PairParameters(1.0, 0.6, pump, abs(1.6 - 2 * pump) / 10, 0.01, 0.02)
    right, printed = bogoliubov(pair), bogoliubov(pair, "as_printed")
    on_l, on_m, pairing = transformed_hamiltonian(pair, right)
    assert pairing < 1e-14 * pump
    np.testing.assert_allclose([on_l, on_m], [right.a11, right.a22], rtol=1e-13)
    assert abs(right.alpha) ** 2 - abs(right.beta) ** 2 == pytest.approx(1, abs=1e-14)
    on_l, on_m, pairing = transformed_hamiltonian(pair, printed)
    np.testing.assert_allclose([on_l, on_m], [printed.a11, printed.a22], rtol=1e-13)
    s, k = sum(pair.detunings), pair.coupling
    left = 0 if s > 0 else 2 * k * abs(s) / np.sqrt(s**2 - 4 * k**2)
    assert pairing == pytest.approx(left, abs=1e-14 * pump)
    assert np.allclose(printed, right) == (s > 0)


@pytest.mark.parametrize("branch", ["diagonal", "as_printed"])
def test_the_hamiltonian_of_the_normal_modes(branch):
    pair = paper_pair(0.01, 0.02, 0.6)
    modes = bogoliubov(pair, branch)
    on_a, on_b, k = secular_hamiltonian(modes)
    turn = np.array([[modes.alpha, modes.beta], [modes.beta, modes.alpha]])  # of (l, m†)
    found = turn.conj().T @ [[on_a, k], [k, on_b]] @ turn
    np.testing.assert_allclose(found, np.diag([modes.a11, modes.a22]), atol=1e-13)
    assert np.allclose((on_a, on_b, k), (*pair.detunings, pair.coupling)) == (branch == "diagonal")


def test_the_jumps_have_the_same_steady_state():
    """Moments from the Lyapunov equation of the Lindblad form D[c]rho = c rho c† - {c†c, rho}/2."""
    pair = paper_pair(0.01, 0.004, 0.6)
    modes = bogoliubov(pair)
    rates = secular_rates(pair, modes)
    first, second = pair.detunings
    k = pair.coupling
    hamiltonian = np.zeros((4, 4))  # 1/2 v† H v with v = (a, b, a†, b†)
    hamiltonian[[0, 1, 2, 3], [0, 1, 2, 3]] = first, second, first, second
    hamiltonian[[0, 1, 2, 3], [3, 2, 1, 0]] = k
    metric = np.diag([1.0, 1, -1, -1])
    drift = -1j * metric @ hamiltonian
    diffusion = np.zeros((4, 4), complex)
    for jump in secular_jumps(modes, rates):
        adjoint = np.concatenate([jump[2:], jump[:2]]).conj()
        drift -= metric @ (np.outer(jump.conj(), jump) - np.outer(adjoint.conj(), adjoint)) / 2
        both = np.outer(jump.conj(), jump) + np.outer(adjoint.conj(), adjoint)
        diffusion += metric @ both @ metric / 2
    symmetric = scipy.linalg.solve_continuous_lyapunov(drift, -diffusion)
    n_a, n_b, ab = secular_moments(modes, *occupancies(rates))
    np.testing.assert_allclose(np.diag(symmetric)[:2], [n_a + 0.5, n_b + 0.5], rtol=1e-10)
    np.testing.assert_allclose(symmetric[0, 3], ab, rtol=1e-10)
    assert np.allclose(secular_sigma(pair), secular_sigma(paper_pair(0.1, 0.04, 0.6)))


def test_secular_theory_broadcasts_and_names_what_fails():
    zeta = np.array([1.2e-5, 0.009, 0.01])  # a ratio between what the two branches bear
    pair = paper_pair(zeta[:, None], zeta)
    modes = bogoliubov(pair, "as_printed")
    n_l, n_m = occupancies(secular_rates(pair, modes))
    assert n_l.shape == (3, 3)
    assert np.isnan(n_l[0, 1]) and np.isnan(n_m[1, 0]) and np.isfinite(n_l[1, 2])
    names = [rule.name for rule in failed_conditions(pair, "as_printed")]
    assert names == ["cooling of l", "cooling of m"]
    assert failed_conditions(pair) == ()
    resonant = PairParameters(1.0, 1.0, 1.1, 0.2, 0.01, 0.01)
    assert "(D1 + D2)² > 4k²" in str(failed_conditions(resonant)[0])
    with pytest.raises(NumericalError, match=r"No Bogoliubov modes.*0\.04 against 0\.16"):
        bogoliubov(resonant)
    flat = PairParameters(1.0, 0.6, 0.0, 0.79, 0.01, 0.01)
    assert [rule.name for rule in failed_conditions(flat)] == ["cooling of m"]
    with pytest.raises(ArgumentError, match="zeta2"):
        PairParameters(1, 1, 10, 1, 0.1, -0.1)


def test_an_unstable_drive_is_named_by_its_floquet_exponent():
    """Pumped at half the sum of the frequencies, the pair oscillates."""
    with pytest.raises(NumericalError, match="Floquet exponent"):
        steady_covariance(exact_langevin(PairParameters(1.0, 0.6, 0.8, 0.3, 0.01, 0.01)))
