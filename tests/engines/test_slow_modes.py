"""Slow and fast rates side by side: dark states, uniqueness, gaps, metastability, long times.

What is small is judged against the slowest rate of a system, never against the norm of the
generator: each test here has a weak process beside a strong one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Collective, Lindblad, dark, spectral, stationary
from darkstate.engines.assess import gaps_found, judge_state, judge_truncation
from darkstate.engines.compile import smallest_rate, without_constants
from darkstate.engines.contract import Solution, run
from darkstate.engines.dark import NoJumps, dark_states, error_of_dark_state
from darkstate.engines.density.compile import compiled, product_blocks
from darkstate.engines.propagation import SectorMotion, iterate_states, relax, states_at
from darkstate.engines.spectral import gap_of, spectra
from darkstate.engines.stationary import direct_steady_state
from darkstate.engines.truncation import Attempt, Truncated
from darkstate.errors import NumericalError, UnphysicalError
from darkstate.linalg.unique import with_phase
from darkstate.results import Estimate, Report, Status
from darkstate.states import DensityState, PureState
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    create,
    destroy,
    matrix_operator,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_x,
    spin_z,
)
from darkstate.systems.operators import total

A, B, M, N = Qubit("A1"), Qubit("B1"), Mode("a"), Mode("b")
a = destroy(M)


def spectral_gap(matrix, scale):
    """The smallest rate besides one zero; None where L is too large to diagonalise."""
    found = spectra(matrix, scale)
    return None if found is None else gap_of(found, scale)


def excited(q):
    return sigma_plus(q) * sigma_minus(q)


def mean(result, operator):
    return float(np.real(result.state.expectation(operator)))


def bloch(drive: float, decay: float) -> float:
    """Excited population of a resonantly driven qubit, ``H = drive sx``."""
    return 4 * drive**2 / (decay**2 + 8 * drive**2)


# dark states beside a fast rotation


@pytest.mark.parametrize("fast", [1e3, 1e6, 2 * math.pi * 5e9, 1e12])
@pytest.mark.parametrize("decay", [1.0, 1e6])
def test_a_slow_drive_beside_an_optical_frequency(fast, decay):
    H = 0.5 * fast * sigma_z(A) + 0.5 * sigma_x(B)
    result = ds.steady_state(
        OpenSystem((A, B), H, (Jump(sigma_minus(A), decay), Jump(sigma_minus(B))))
    )
    assert mean(result, excited(B)) == pytest.approx(1 / 3, abs=1e-8)
    assert result.report.status == "certified"


def test_relatives_of_the_optical_frequency():
    J, E = Spin("J", 4), Ensemble("E", 4)
    w = 1e10
    spin = OpenSystem(
        (J, B), w * spin_z(J) + 0.5 * sigma_x(B), (Jump(spin_minus(J)), Jump(sigma_minus(B)))
    )
    atoms = OpenSystem(
        (E, B), w * spin_z(E) + 0.5 * sigma_x(B), (Jump(spin_minus(E)), Jump(sigma_minus(B)))
    )
    light = OpenSystem((M, B), w * number(M) + 0.5 * sigma_x(B), (Jump(a), Jump(sigma_minus(B))))
    for system in (spin, atoms, light):
        result = ds.steady_state(system)
        assert mean(result, excited(B)) == pytest.approx(1 / 3, abs=1e-6), system.labels
        assert result.report.status == "certified"


def test_a_fast_rotation_that_no_charge_takes_away_is_honest():
    """H of the fast qubit does not commute with its decay: rounding ``eps |H|`` is in the error."""
    H = 1e9 * sigma_x(A) + 1e-3 * sigma_x(B)
    result = ds.steady_state(
        OpenSystem((A, B), H, (Jump(sigma_minus(A)), Jump(sigma_minus(B), 2e-3)))
    )
    error = abs(mean(result, excited(B)) - bloch(1e-3, 2e-3))
    assert error <= 10 * result.report.error_estimate


@pytest.mark.parametrize("engine", [Lindblad(), Collective()])
def test_a_weakly_broken_dark_state_is_not_called_dark(engine):
    """A perturbation of relative size 1e-6 .. 1e-11 moves the state by what it makes of the gap."""
    E = Ensemble("E", 1)
    for weak in (1e-6, 1e-9, 1e-11):
        H = weak * spin_x(E) + 1.0 * sigma_z(B)
        system = OpenSystem((E, B), H, (Jump(spin_minus(E), weak), Jump(sigma_minus(B))))
        result = run(engine, system)
        n = float(np.real(result.state.expectation(spin_z(E)))) + 0.5
        assert abs(n - bloch(0.5, 1.0)) <= max(1e-12, 10 * result.report.error_estimate)
        assert result.report.error_estimate < 1e-3


def test_the_error_of_a_dark_state_is_what_the_rest_adds():
    K = np.array([[0.0, 1e-7], [1e-7, -0.5j]], dtype=complex)
    psi = np.array([1.0, 0.0])
    exact = np.linalg.eig(K)
    vector = exact[1][:, int(np.argmin(np.abs(exact[0])))]
    missing = 2 * math.sqrt(1 - abs(np.vdot(vector, psi)) ** 2 / np.linalg.norm(vector) ** 2)
    error, broken = error_of_dark_state(K, psi)
    assert broken == pytest.approx(missing, rel=0.05) and 0.0 < error - broken < 1e-12
    assert error_of_dark_state(0.0 * K, psi) == (0.0, 0.0)
    fast = 1e12 * np.diag([0.0, 1.0]) - 1e-12j * np.diag([0, 1])
    assert error_of_dark_state(fast, psi)[0] < 1e-9


def test_rounding_alone_sends_no_dark_state_to_the_mixed_methods():
    """Two cavities, each with an atom: rounding is 1e-9 of the state, as it is in any method."""
    system = ds.models.CavityAtomChains(sites=1).system()
    report = ds.steady_state(system, Lindblad(cutoff=17)).report
    assert report.method == "dark state" and report.error_estimate > 1e-9


def test_a_state_that_is_dark_up_to_1e_8_is_left_to_the_mixed_methods():
    """A fast term that never acts sets the scale of H; the drive moves the state all the same."""
    C = Qubit("C1")
    H = 5e-9 * sigma_x(A) + 1e4 * (excited(C) * sigma_x(B)) + 1e-20 * sigma_x(C)
    system = OpenSystem((A, B, C), H, tuple(Jump(sigma_minus(q)) for q in (A, B, C)))
    result = ds.steady_state(system)
    assert not result.report.method.startswith("dark")
    assert mean(result, sigma_minus(A) * -1j + sigma_plus(A) * 1j) == pytest.approx(-2e-8, rel=1e-3)
    with pytest.raises(NumericalError, match="dark up to an error"):
        ds.steady_state(system, Lindblad("dark"))


def test_an_error_beyond_what_was_asked_for_is_suspect():
    """A cat whose phase lives for 1e10 lifetimes: its state is known to 1e-4 at best."""
    system = OpenSystem((M,), 0.44 * (create(M) * create(M) + a * a), (Jump(a * a), Jump(a, 4e-11)))
    report = ds.steady_state(system).report
    assert 2e-6 < report.error_estimate < 2e-3
    assert report.status == "suspect"
    assert any("double precision gives no more" in line for line in report.warnings)


def test_uniqueness_that_is_not_clear_is_not_claimed():
    """The only way back is 1e-8 of everything else: a rank that rounding may hide."""
    weak = 1e-8
    c = sp.csr_array(np.array([[0, 1.0, 0], [0, 0, 0], [0, weak, 0]]))
    d = sp.csr_array(np.array([[0, 0, weak * 1e-8], [0, 0, 0], [0, 0, 0]]))
    block = [np.arange(3)]
    zero = sp.csr_array((3, 3))
    found = dark_states(NoJumps(zero, [c, d], block, 1.0))
    assert found is not None
    strong = dark_states(NoJumps(zero, [c, sp.csr_array(d * 1e16)], block, 1.0))
    assert strong is not None and strong.unique is True
    alone = dark_states(NoJumps(zero, [c], block, 1.0))
    assert alone is not None and alone.unique is False and alone.error == np.inf


@pytest.mark.parametrize(
    ("image", "directions", "clear"),
    [
        ([0.0, 1e-10], 1, True),  # however small: no other one hides it
        ([0.0, 1e-13], 0, True),
        ([1.0, 1e-5], 1, True),
        ([1.0, 1e-8], 0, False),
        ([1.0, 1e-12], 0, True),
    ],
)
def test_new_directions_are_told_from_rounding(image, directions, clear):
    found, sure = dark._new_directions(np.array([[1.0], [0.0]]), np.array([image]).T)
    assert (found.shape[1], bool(sure)) == (directions, clear)


@pytest.mark.parametrize(("split", "unique"), [(1e-4, True), (1e-8, None), (0.0, False)])
def test_a_rank_that_rounding_may_hide_is_not_known(split, unique):
    """Two levels decay as one unless a detuning leads from their bright sum to the dark rest."""
    decay = sp.csr_array(np.array([[0, 1.0, 1.0], [0, 0, 0], [0, 0, 0]]))
    noise = sp.csr_array(np.diag([0.0, 1.0, 1.0]))
    H = sp.csr_array(np.diag([0.0, 0.0, split]))
    found = dark_states(NoJumps(H, [decay, noise], [np.arange(3)], 1.0))
    assert found is not None
    assert found.vectors.shape[1] == 1
    assert found.unique is unique


def test_what_was_not_clear_once_stays_unclear():
    """One image is clearly new and another one hardly, and what follows is clear again."""
    decay, noise, swap, H = (np.zeros((4, 4)) for _ in range(4))
    decay[0, 1] = 1.0
    noise[1:, 1:] = np.eye(3)
    swap[1, 2] = swap[2, 1] = swap[3, 3] = 1.0
    H[1, 3] = H[3, 1] = 1e-8
    jumps = [sp.csr_array(c) for c in (decay, noise, swap)]
    found = dark_states(NoJumps(sp.csr_array(H), jumps, [np.arange(4)], 1.0))
    assert found is not None
    assert found.vectors.shape[1] == 1
    assert found.unique is None


def test_residuals_of_dark_states_are_relative_to_the_rate():
    leaky = sp.csr_array(np.array([[1e-12, 0.0], [0.0, 1.0]]))
    nothing, blocks = sp.csr_array((2, 2)), [np.arange(2)]
    for rate in (1.0, 1e3):
        found = dark_states(NoJumps(nothing, [leaky], blocks, rate))
        assert found is not None and found.residual == pytest.approx(1e-12 / rate)
    still = dark_states(NoJumps(sp.csr_array((1, 1)), [], [np.arange(1)], 0.0))
    assert still is not None and still.residual == 0.0 and still.unique is True


def test_weak_jumps_and_leaks_are_told_from_rounding():
    for weak, kept in ((1e-9, 0), (1e-11, 1)):
        jumps = [sp.csc_array(np.diag(d)) for d in ([1.0, 0.0], [0.0, weak])]
        assert dark._common_null_space(jumps, 2).shape[1] == kept
    merging = sp.csc_array(np.array([[1.0, 1.0], [0.0, 0.0]]))  # one number a column, and yet
    uneven = sp.csc_array(np.diag([1.0, 1e-11]))
    assert dark._common_null_space([merging], 2).shape[1] == 1
    assert dark._common_null_space([uneven], 2).shape[1] == 1
    for leak, kept in ((1e-10, 0), (1e-13, 1)):
        H, jump = np.array([[0.0, leak], [leak, 1.0]]), sp.csc_array(np.diag([0.0, 1.0]))
        assert dark._of_block([jump], sp.csc_array(H), np.arange(2)).shape[1] == kept


def test_the_phase_of_a_stored_state_is_fixed():
    psi = np.array([0.1, -0.7j, 0.7])
    for phase in (1.0, -1.0, 1j, np.exp(0.3j)):
        np.testing.assert_allclose(with_phase(phase * psi), with_phase(psi), atol=1e-15)
    assert with_phase(psi)[1] == pytest.approx(0.7)


# constants in jumps


CONSTANTS = st.just(0j) | st.complex_numbers(min_magnitude=1e-20, max_magnitude=2.0)


@given(CONSTANTS, st.floats(0.1, 2.0), CONSTANTS)
@settings(max_examples=20)
def test_constants_in_jumps_are_drives(constant, rate, other):
    c, d = sigma_minus(A) + 0.3 * sigma_minus(B) + constant, sigma_z(B) + other
    system = OpenSystem((A, B), 0.2 * sigma_x(A), (Jump(c, rate), Jump(d, 0.5)))
    shifted = without_constants(system)
    assert all(() not in jump.operator.terms for jump in shifted.jumps)
    plain, same = (superoperator(each) for each in (system, shifted))
    assert np.abs(plain - same).max() < 1e-12


def superoperator(system):
    """L on row-major flattened matrices, from its definition."""
    from darkstate.states.matrices import operator_matrix

    dims = tuple(space.dimension for space in system.spaces)
    one = np.eye(int(np.prod(dims)))
    H = operator_matrix(system.hamiltonian, system.spaces, dims).toarray()
    L = -1j * (np.kron(H, one) - np.kron(one, H.T))
    for jump in system.jumps:
        c = operator_matrix(jump.operator, system.spaces, dims).toarray()
        gram = c.conj().T @ c
        L += jump.rate * (np.kron(c, c.conj()) - 0.5 * (np.kron(gram, one) + np.kron(one, gram.T)))
    return L


def test_dark_states_in_coherent_light_are_found():
    """A detuned pair of qubits behind each other in a driven waveguide has a pure steady state."""
    link = -0.5j * (sigma_plus(B) * sigma_minus(A))
    H = link + link.adjoint() + 0.4 * sigma_z(A) - 0.4 * sigma_z(B)
    jump = Jump(sigma_minus(A) + sigma_minus(B) + 0.7)
    drive = -0.5j * 0.7 * (sigma_minus(A) + sigma_minus(B))
    system = OpenSystem((A, B), H + drive + drive.adjoint(), (jump,))
    found = ds.steady_state(system)
    assert isinstance(found.state, PureState)
    assert found.report.status == "certified"
    dense = ds.steady_state(system, Lindblad("dense"))
    np.testing.assert_allclose(found.state.density().matrix, dense.state.matrix, atol=1e-9)


# uniqueness and metastability


def decades(count: int) -> OpenSystem:
    qubits = [Qubit(f"A{k}") for k in range(count)]
    sizes = [0.1**k for k in range(count)]
    H = total([0.5 * x * sigma_x(q) for x, q in zip(sizes, qubits, strict=True)])
    return OpenSystem(
        tuple(qubits), H, tuple(Jump(sigma_minus(q), x) for q, x in zip(qubits, sizes, strict=True))
    )


@pytest.mark.parametrize("count", [3, 4, 5])
def test_rates_over_decades_are_solved_by_whatever_method_can(count):
    system = decades(count)
    result = ds.steady_state(system)
    for q in system.spaces:
        assert mean(result, excited(q)) == pytest.approx(1 / 3, abs=1e-8)
    assert result.report.status == "certified"
    assert result.report.metastable is False


def cat(loss: float) -> OpenSystem:
    """Two-photon drive and loss: two coherent states of long life, mixed by loss of one photon."""
    pump = 1.5j * (create(M) * create(M) - a * a)
    return OpenSystem((M,), pump, (Jump(a * a), Jump(a, loss)))


def test_a_metastable_state_is_returned_and_called_so():
    slow = ds.steady_state(cat(1e-4))
    assert slow.report.unique is True
    assert slow.report.metastable is True
    assert any("metastable" in line for line in slow.report.structure)
    assert "metastable" in str(slow.report)
    exact = ds.steady_state(cat(1e-4), Lindblad("dense", cutoff=30))
    assert exact.report.metastable is True
    n = [mean(each, number(M)) for each in (slow, exact)]
    assert n[0] == pytest.approx(n[1], abs=20 * slow.report.error_estimate)
    quick = ds.steady_state(OpenSystem((M,), 0.3 * (a + create(M)), (Jump(a),)), Lindblad())
    assert quick.report.metastable is False


def test_without_any_loss_of_single_photons_parity_is_conserved():
    with pytest.raises(NumericalError, match=r"2 linearly independent.*parity of a"):
        ds.steady_state(cat(0.0))


def test_what_double_precision_cannot_tell_is_not_called_conserved():
    kerr = 0.5 * create(M) * create(M) * a * a - 4.5 * number(M) + 0.2 * (a + create(M))
    with pytest.raises(NumericalError, match="not unique, or relaxes more slowly than"):
        ds.steady_state(OpenSystem((M,), kerr, (Jump(a, 1e-14),)))


@pytest.mark.parametrize(
    ("system", "name"),
    [
        (OpenSystem((M,), 1.0 * number(M), ()), "photon number of a"),
        (OpenSystem((M, A), 0.3 * (a + create(M)), (Jump(a),)), r"sz\(A1\)"),
        (OpenSystem((M, N), number(M) * number(N), (Jump(destroy(N)),)), "photon number of a"),
        (OpenSystem((Spin("J", 2), A), 0.2 * sigma_x(A), (Jump(sigma_minus(A)),)), r"s[xyz]\(J\)"),
    ],
)  # fmt: skip
def test_conserved_quantities_are_named_in_the_language_of_their_space(system, name):
    with pytest.raises(NumericalError, match=name) as refusal:
        run(Lindblad("dense", cutoff=5), system)
    assert "sz(a)" not in str(refusal.value)


def test_what_gmres_leaves_open_the_factors_decide(monkeypatch):
    system = decades(4)
    krylov = ds.steady_state(system, Lindblad("krylov"))
    assert mean(krylov, excited(Qubit("A3"))) == pytest.approx(1 / 3, abs=1e-8)
    monkeypatch.setattr("darkstate.engines.density.steady.DIRECT_NUMBERS", 10)
    monkeypatch.setattr("darkstate.engines.density.steady.PATIENCE", 0.0)
    monkeypatch.setattr("darkstate.engines.density.steady._SLOW", 1.0)
    with pytest.raises(NumericalError, match=r"GMRES did not decide.*method='dense'") as refusal:
        ds.steady_state(system, Lindblad("krylov"))
    assert "method='dense'" in str(refusal.value)
    assert ds.steady_state(system, Lindblad("dense")).report.status == "certified"  # the remedy
    idle = OpenSystem((*system.spaces, Qubit("idle")), system.hamiltonian, system.jumps)
    with pytest.raises(NumericalError, match=r"sz\(idle\)"):
        ds.steady_state(idle, Lindblad("krylov"))


def test_krylov_solutions_are_refined_to_what_is_asked():
    for rtol in (1e-7, 1e-10):
        found = ds.steady_state(ds.models.DualRail(3, 0.8, dephasing=0.1), Lindblad("krylov", rtol))
        assert found.report.error_estimate < 100 * rtol * 8  # trace norm of 64 states


def test_an_inexact_krylov_solution_is_looked_at_again(monkeypatch):
    system = ds.models.DualRail(2, 0.8, dephasing=0.1)
    monkeypatch.setattr("darkstate.engines.density.steady.ALLOWED_OVER_RTOL", 1e-9)
    report = ds.steady_state(system, Lindblad("krylov")).report
    assert report.method.startswith("dense, after an error of")


# gaps


@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_the_gap_is_that_of_the_whole_generator(seed):
    """Random qubits, with and without charges, against all eigenvalues of the full generator."""
    rng = np.random.default_rng(seed)
    H = rng.normal() * sigma_z(A) + rng.normal() * (sigma_plus(A) * sigma_minus(B))
    H = H + rng.normal() * (rng.random() < 0.5) * sigma_x(B)
    H = 0.5 * (H + H.adjoint())
    rates = 10.0 ** rng.uniform(-2, 1, 3)
    jumps = (
        Jump(sigma_minus(A), rates[0]),
        Jump(sigma_minus(B), rates[1]),
        Jump(sigma_plus(A), rates[2]),
    )
    system = OpenSystem((A, B), H, jumps)
    report = ds.steady_state(system, Lindblad("dense")).report
    values = np.linalg.eigvals(superoperator(system))
    values = np.delete(values, int(np.argmin(np.abs(values))))
    assert abs(report.gap - float(np.min(-values.real))) <= report.gap.error + 1e-10
    assert report.sector_gap >= report.gap - 1e-10
    assert report.gap.error < 1e-6


def test_gaps_of_thermal_modes_and_driven_spins():
    """A mode's amplitude decays at half the rate of its energy; a driven spin from its matrix."""
    thermal = OpenSystem((M,), 1.0 * number(M), (Jump(a, 1.2), Jump(create(M), 0.2)))
    report = ds.steady_state(thermal, Lindblad(cutoff=15)).report
    assert report.gap == pytest.approx(0.5, abs=1e-4)
    assert report.sector_gap == pytest.approx(1.0, abs=1e-3)
    J = Spin("J", 12)
    driven = OpenSystem((J,), 0.5 * spin_x(J), (Jump(spin_minus(J), 2 / 12),))
    values = np.linalg.eigvals(superoperator(driven))
    report = ds.steady_state(driven).report
    assert report.gap == pytest.approx(np.sort(-values.real)[1], abs=1e-6)
    large = OpenSystem(
        (Spin("J", 40),), 0.5 * spin_x(Spin("J", 40)), (Jump(spin_minus(Spin("J", 40)), 0.05),)
    )
    assert ds.steady_state(large).report.gap is None  # rather than a guess


@pytest.mark.parametrize("frequency", [0.0, 1e8])
@pytest.mark.parametrize("J", [0.0, 0.05, 1.0, 300.0])
def test_the_gap_knows_that_the_frequency_of_a_qubit_depends_on_its_neighbour(J, frequency):
    """A coherence turns one way or the other as the neighbour flips (random telegraph noise)."""
    q, p = Qubit("q"), Qubit("p")
    down, up = 1.0, 0.8
    jumps = [Jump(sigma_minus(x), down) for x in (q, p)]
    jumps += [Jump(sigma_minus(x).adjoint(), up) for x in (q, p)]
    H = J * sigma_z(q) * sigma_z(p) + frequency * sigma_z(q)
    report = ds.steady_state(OpenSystem((q, p), H, jumps)).report
    own = 0.5 * (up + down)
    telegraph = [[-own - down + 2j * J, up], [down, -own - up - 2j * J]]
    right = -np.linalg.eigvals(telegraph).real.max()
    assert abs(report.gap - min(right, up + down)) <= report.gap.error + 1e-13
    assert report.gap.error < 1e-10


@pytest.mark.parametrize("twist", [0.3, 2.0])
def test_the_gap_of_a_twisted_spin_in_heat(twist):
    J = Spin("J", 4)
    jumps = [Jump(spin_minus(J), 1.0), Jump(spin_minus(J).adjoint(), 0.8)]
    report = ds.steady_state(OpenSystem((J,), twist * spin_z(J) * spin_z(J), jumps)).report
    m = np.arange(-2, 3)
    lower = np.diag(np.sqrt([4.0, 6.0, 6.0, 4.0]), 1)
    H, L = twist * np.diag(m**2), np.zeros((25, 25), dtype=complex)
    L += -1j * (np.kron(H, np.eye(5)) - np.kron(np.eye(5), H))
    for rate, c in ((1.0, lower), (0.8, lower.T)):
        n = c.T @ c
        L += rate * (np.kron(c, c) - 0.5 * np.kron(n, np.eye(5)) - 0.5 * np.kron(np.eye(5), n))
    right = np.sort(-np.linalg.eigvals(L).real)[1]
    assert abs(report.gap - right) <= report.gap.error + 1e-12


def test_the_gap_of_a_part_or_of_two_zeros_is_none():
    L = sp.csr_array(np.diag([0.0, 0.0, -1.0]))
    assert spectral_gap(L, 1.0) is None
    one = spectral_gap(sp.csr_array(np.diag([0.0, -0.5, -1.0])), 1.0)
    assert one is not None and one.value == pytest.approx(0.5)
    turning = sp.csr_array(np.array([[0, 0, 0], [0, -0.1, 7.0], [0, -7.0, -0.1]]))
    slow = spectral_gap(turning, 10.0)
    assert slow is not None and slow.value == pytest.approx(0.1)
    rotation = sp.csr_array(np.diag([0.0, 1e-20]))
    assert spectral_gap(rotation, 1.0) is None
    big = sp.csr_array(np.diag(-np.ones(400)) + np.diag(np.ones(399), 1))
    assert spectral_gap(big, 1.0) is None
    assert spectral_gap(sp.csr_array(np.zeros((1, 1))), 1.0) is None  # one state, nothing relaxes


@pytest.mark.parametrize(("numbers", "work", "known"), [(2, 9, True), (1, 9, False), (2, 8, False)])
def test_gaps_of_large_parts_or_of_many_are_not_looked_for(monkeypatch, numbers, work, known):
    monkeypatch.setattr(spectral, "SPECTRUM_NUMBERS", numbers)
    monkeypatch.setattr(spectral, "SPECTRUM_WORK", work)
    turning = sp.csr_array(np.array([[0, 0, 0], [0, -0.1, 7.0], [0, -7.0, -0.1]]))
    assert (spectral_gap(turning, 10.0) is not None) is known


@pytest.mark.parametrize(
    ("bound", "vector", "scale", "expected"),
    [
        (0.3, [1.0, 0.0], 2.0, (1.0, True)),  # an eigenvector: its eigenvalue
        (0.3, [1.0, 1.0], 2.0, (0.3, True)),  # none: the bound
        (0.3, [1.0, 1.0], 1e16, (0.3, False)),  # which rounding may hide
        (0.0, [1.0, 0.0], 2.0, (0.0, False)),
    ],
)
def test_where_inverse_iteration_does_not_settle_a_bound_stands(bound, vector, scale, expected):
    x = np.array(vector) / np.linalg.norm(vector)
    L = sp.csr_array(np.diag([-1.0, -2.0]))
    solver = SimpleNamespace(matrix=L, scale=scale, slow_vectors=lambda: (bound, x, x))
    assert stationary._slowest(solver, abs(L)) == pytest.approx(expected)


def test_without_a_rate_there_is_no_direct_solution(monkeypatch):
    assert direct(birth_death(0.5)) is not None
    monkeypatch.setattr(stationary, "_slowest", lambda *each: (0.0, False))
    assert direct(birth_death(0.5)) is None


def test_a_defective_eigenvalue_keeps_half_of_its_digits():
    jordan = sp.csr_array(np.array([[0, 0, 0], [0, -1.0, 1.0], [0, 0, -1.0]]))
    found = spectral_gap(jordan, 2.0)
    assert found is not None
    assert 1e-9 < found.error < 1e-7


def hidden(values: list[float], rng: np.random.Generator, links: float) -> np.ndarray:
    """A real matrix with a zero, these eigenvalues, and more that are faster, in some basis."""
    n = len(values) + 9
    triangle = np.triu(rng.normal(size=(n, n)), 1)
    triangle[: len(values), : len(values)] *= links
    fast = -3.0 - rng.uniform(0.0, 3.0, size=8)
    np.fill_diagonal(triangle, [*values, *fast, 0.0])
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return basis @ triangle @ basis.T


@pytest.mark.parametrize(
    ("values", "links"),
    [
        ([-1.0], 0.0),
        ([-1.0, -1.0], 1.0),  # defective
        ([-1.0, -1.0, -1.0, -1.0], 1.0),  # of fourth order
        ([-1.0, -1.0, -1.0], 0.0),  # the same three times, with vectors of their own
        ([-1.0, -1.001], 30.0),
        ([-1.0, -1.0000001], 1.0),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_the_error_of_a_gap_covers_rounding(values, links, seed):
    L = hidden(values, np.random.default_rng(seed), links)
    found = spectral_gap(sp.csr_array(L), float(np.linalg.norm(L, 2)))
    assert found is not None
    assert abs(found.value - 1.0) <= found.error


@pytest.mark.parametrize("seed", range(3))
def test_the_small_block_tells_the_same_error_as_the_whole_part(monkeypatch, seed):
    L = hidden([-1.0, -1.0], np.random.default_rng(seed), 1.0)
    scale = float(np.linalg.norm(L, 2))
    small = spectral_gap(sp.csr_array(L), scale)
    monkeypatch.setattr(spectral.PartSpectrum, "shift", lambda self, scale: None)
    whole = spectral_gap(sp.csr_array(L), scale)
    assert small is not None and whole is not None
    assert 0.05 * whole.error <= small.error <= 100 * whole.error


# the direct method


def birth_death(rate_up: float, size: int = 3) -> sp.csr_array:
    """Populations that go up slowly and down fast."""
    L = np.zeros((size, size))
    for k in range(size - 1):
        L[k + 1, k] += rate_up
        L[k, k] -= rate_up
        L[k, k + 1] += 1.0
        L[k + 1, k + 1] -= 1.0
    return sp.csr_array(L)


def direct(L: sp.csr_array):
    return direct_steady_state(L, sp.csr_array(abs(L)), np.arange(L.shape[0]), 4.0)


def test_the_direct_method_on_a_known_chain():
    found = direct(birth_death(0.5))
    assert found is not None and found.unique
    np.testing.assert_allclose(found.flat, np.array([4, 2, 1]) / 7, rtol=1e-14)
    assert found.error < 1e-13
    exact = np.sort(np.abs(np.linalg.eigvals(birth_death(0.5).toarray())))[1]
    assert 0.2 * exact < found.rate < 2 * exact


def test_the_direct_method_says_when_rounding_decides():
    split = sp.csr_array(sp.block_diag([birth_death(0.5), birth_death(0.5)]))
    found = direct(split)
    assert found is None or not found.unique
    for weak, unique in ((1e-15, False), (1e-9, True)):
        joined = split.toarray()
        joined[0, 0] -= weak
        joined[3, 0] += weak
        joined[3, 3] -= weak
        joined[0, 3] += weak
        found = direct(sp.csr_array(joined))
        assert (found is not None and found.unique) is unique
        if unique:
            assert found.flat[:3].sum() == pytest.approx(0.5, abs=10 * found.error + 1e-12)


# verdicts


GOOD = Report(
    "e", "m", Status.CERTIFIED, residual=1e-12, margin=0.0, error_estimate=1e-9, unique=True
)


def test_every_check_of_a_state_fires():
    assert judge_state(GOOD, 1e-8, 1e-6).status == "certified"
    negative = judge_state(GOOD.with_(margin=-1e-3), 1e-8, 1e-6)
    assert negative.status == "suspect" and "negative eigenvalue" in negative.warnings[0]
    assert judge_state(GOOD.with_(margin=-5e-10), 1e-8, 1e-6).status == "certified"  # of the error
    assert judge_state(GOOD.with_(margin=-5e-9), 1e-8, 1e-6).status == "suspect"
    tiny = GOOD.with_(margin=-5e-11, error_estimate=1e-15)
    assert judge_state(tiny, 1e-8, 1e-6).status == "certified"
    left = judge_state(GOOD.with_(residual=1e-5), 1e-8, 1e-6)
    assert left.status == "suspect" and "residual" in left.warnings[0]
    off = judge_state(GOOD.with_(error_estimate=1e-3), 1e-8, 1e-6)
    assert off.status == "suspect" and "slow modes" in off.warnings[0]
    assert "lower rtol" in off.warnings[0]
    dense = judge_state(GOOD.with_(method="dense", error_estimate=1e-3), 1e-8, 1e-6)
    assert "double precision gives no more" in dense.warnings[0]
    assert judge_state(GOOD.with_(error_estimate=math.nan), 1e-8, 1e-6).status == "suspect"
    assert judge_state(GOOD.with_(residual=math.nan), 1e-8, 1e-6).status == "suspect"
    assert judge_state(GOOD.with_(margin=math.nan), 1e-8, 1e-6).status == "suspect"
    assert judge_state(GOOD.with_(margin=None), 1e-8, 1e-6).status == "converged"
    no_residual = GOOD.with_(residual=None, status=Status.CONVERGED)
    assert judge_state(no_residual, 1e-8, 1e-6).status == "converged"
    assert judge_state(GOOD.with_(error_estimate=None), 1e-8, 1e-6).status == "converged"


def truncated(edge: float, change: float | None) -> Truncated:
    return Truncated(Attempt({}, {}, None), {"Fock edge of a": edge}, change)


def test_every_check_of_a_truncation_fires():
    fine = judge_truncation(GOOD, truncated(1e-9, 1e-5), 1e-7)
    assert fine.status == "certified"
    assert fine.error_estimate == pytest.approx(1e-5 + 1e-9)
    full = judge_truncation(GOOD, truncated(1e-6, 1e-5), 1e-7)
    assert full.status == "suspect" and "raise cutoff" in full.warnings[0]
    changed = judge_truncation(GOOD, truncated(0.0, 1e-2), 1e-7)
    assert changed.status == "suspect" and "smaller cut-offs" in changed.warnings[0]
    unknown = judge_truncation(GOOD, truncated(0.0, None), 1e-7)
    assert unknown.status == "converged" and unknown.error_estimate is None
    for edge, change in ((math.nan, 0.0), (0.0, math.nan)):
        assert judge_truncation(GOOD, truncated(edge, change), 1e-7).status == "suspect"
    nothing = GOOD.with_(error_estimate=None)
    assert judge_truncation(nothing, truncated(0.0, 0.0), 1e-7).error_estimate is None


def test_the_gap_of_a_truncated_mode_has_the_change_as_its_error():
    known = GOOD.with_(gap=Estimate(0.5, 0.01))
    smaller = Attempt({}, {}, Solution(None, GOOD.with_(gap=Estimate(0.4, 1e-9))))
    found = Truncated(Attempt({}, {}, None), {}, 0.0, smaller)
    judged = judge_truncation(known, found, 1e-7)
    assert judged.gap == 0.5 and judged.gap.error == pytest.approx(0.11)
    assert judge_truncation(known, truncated(0.0, 0.0), 1e-7).gap is None
    nothing = Truncated(found.attempt, {}, 0.0, Attempt({}, {}, Solution(None, GOOD)))
    assert judge_truncation(known, nothing, 1e-7).gap is None
    assert judge_truncation(GOOD, found, 1e-7).gap is None  # the larger one is not diagonalised
    inexact = Truncated(found.attempt, {}, 0.0, Attempt({}, {}, Solution(None, known)))
    assert judge_truncation(known.with_(gap=0.5), inexact, 1e-7).gap.error == 0.0


def test_a_report_without_error_or_margin_is_not_certified():
    for missing in ({"margin": None}, {"error_estimate": None}):
        assert GOOD.with_(**missing).status == "converged"
    assert GOOD.with_(status=Status.SUSPECT, margin=None).status == "suspect"


def add_gaps(report, *known):
    return report.with_(**gaps_found(report, *known))


def test_metastability_is_judged_by_the_smallest_rate():
    slow = add_gaps(GOOD, Estimate(1e-5, 1e-9), None, 1.0, 1e-5)
    assert slow.metastable is True and slow.sector_gap == 1e-5 and slow.gap is None
    assert "relaxes at 1e-05" in slow.structure[-1]
    assert add_gaps(GOOD, Estimate(1e-5, 1e-9), None, 1e-4, 1e-5).metastable is False
    assert add_gaps(GOOD, None, None, 1.0, 1e-5).metastable is True
    assert add_gaps(GOOD, Estimate(1.0, 1e-9), None, 1.0, 1e-5).metastable is False  # a bound below
    assert add_gaps(GOOD, None, None, 1.0, math.inf).metastable is None
    assert add_gaps(GOOD, Estimate(1e-5, 1e-9), None, 1.0, math.inf).metastable is True
    whole = add_gaps(GOOD, Estimate(1.0, 1e-9), Estimate(0.5, 1e-8), 1.0, 1.0)
    assert (whole.gap, whole.gap.error, whole.sector_gap) == (0.5, 1e-8, 1.0)
    system = OpenSystem(
        (A,), 0.2 * sigma_x(A) + 7.0, (Jump(0.1 * sigma_minus(A), 3.0), Jump(sigma_z(A), 0.0))
    )
    assert smallest_rate(system) == pytest.approx(0.03)
    assert smallest_rate(OpenSystem((A,))) == 0.0


@pytest.mark.parametrize("engine", [Lindblad(), Collective()])
def test_initial_states_are_states(engine):
    E = Ensemble("E", 1)
    system = OpenSystem((E,), 0.3 * spin_x(E), (Jump(spin_minus(E)),))
    if isinstance(engine, Lindblad):
        system = OpenSystem(
            (Qubit("E"),), 0.3 * sigma_x(Qubit("E")), (Jump(sigma_minus(Qubit("E"))),)
        )
    for bad, fine in ((-0.3, False), (-1e-5, False), (-1e-9, True)):
        start = DensityState(("E",), (2,), np.diag([1 - bad, bad]))
        if fine:
            assert run(engine, system, [0.0, 1.0], start).report.status == "converged"
            continue
        for ask in (
            lambda s=start: run(engine, system, [0.0, 1.0], s),
            lambda s=start: run(engine, system, initial=s),
        ):
            with pytest.raises(UnphysicalError, match="margin"):
                ask()


# long times


def driven_qubit(drive=0.3, decay=1.0):
    return OpenSystem((A,), drive * sigma_x(A), (Jump(sigma_minus(A), decay),))


@pytest.mark.parametrize("time", [1e4, 1e9, 1e20, 1e300])
def test_once_stationary_time_costs_nothing(time):
    result = ds.evolve(driven_qubit(), [0.0, 1.0, time], engine=Lindblad())
    assert mean(result, excited(A)) == pytest.approx(bloch(0.3, 1.0), abs=1e-9)
    assert result.report.status == "converged"
    one = Ensemble("e", 3)
    atoms = OpenSystem((one,), 0.3 * spin_x(one), (Jump(spin_minus(one), each_atom=True),))
    found = ds.evolve(atoms, [0.0, time], engine=Collective())
    assert mean(found, spin_z(one)) / 3 + 0.5 == pytest.approx(bloch(0.15, 1.0), abs=1e-8)


def test_larger_sectors_come_to_rest_too():
    model = ds.models.DualRail(3, 0.7, dephasing=0.1)
    result = ds.evolve(model, [0.0, 1e3, 1e15])
    exact = ds.steady_state(model)
    assert result.report.method == "Krylov propagator"
    assert np.abs(result.state.matrix - exact.state.matrix).max() < 1e-6


def test_slow_modes_are_followed_over_long_times():
    """A qubit that decays at 1e-5 beside a fast one: the exact exponential at every time."""
    system = OpenSystem(
        (A, B), 0.3 * sigma_x(A), (Jump(sigma_minus(A)), Jump(sigma_minus(B), 1e-5))
    )
    start = PureState.basis(("A1", "B1"), (2, 2), {"B1": 1})
    times = [0.0, 1e3, 1e5, 3e5]
    measures = {"p": lambda s: s.expectation(excited(B)).real}
    table = ds.evolve(system, times, start, measures=measures).table
    np.testing.assert_allclose(table.p.values, np.exp(-1e-5 * np.array(times)), atol=1e-6)


def test_an_undamped_phase_after_a_very_long_time_is_refused():
    with pytest.raises(NumericalError, match="keeps no phase for longer than about"):
        ds.evolve(OpenSystem((A,), 0.3 * sigma_x(A)), [0.0, 1e14], engine=Lindblad())
    short = ds.evolve(OpenSystem((A,), 0.3 * sigma_x(A)), [0.0, 1e5], engine=Lindblad())
    assert mean(short, excited(A)) == pytest.approx(math.sin(0.3e5) ** 2, abs=1e-6)


def motion_of(matrix: np.ndarray) -> SectorMotion:
    sparse = sp.csr_array(matrix)
    n = len(matrix)
    return SectorMotion(
        lambda x: matrix @ x, lambda x: x.sum(), 4.0, n, lambda: sparse, np.arange(n)
    )


@pytest.mark.parametrize("length", [1.0, 3e3])
def test_propagators_against_the_exponential(length):
    L = birth_death(0.3, 5).toarray()
    start = np.array([1.0, 0, 0, 0, 0])
    times = [0.0, 0.3 * length, length]
    kept, error, _ = states_at(motion_of(L), start, times, 1e-9, 10)
    for time, state in zip(times, kept, strict=True):
        exact = scipy.linalg.expm(L * time) @ start
        assert np.linalg.norm(state - exact) <= error


def test_relaxation_needs_a_second_half_at_rest():
    quick = relax(motion_of(birth_death(0.5).toarray()), np.array([1.0, 0, 0]), 1e-9, 10)
    np.testing.assert_allclose(quick.flat, np.array([4, 2, 1]) / 7, atol=quick.error)
    assert quick.error < 1e-7
    # a fast part, and one that moves at 1e-10 of it
    slow = scipy.linalg.block_diag(birth_death(0.5).toarray(), 1e-10 * birth_death(0.5).toarray())
    start = np.array([1.0, 0, 0, 1.0, 0, 0])
    stuck = relax(motion_of(slow), start, 1e-9, 10)
    exact = np.concatenate([np.array([4, 2, 1]) / 7] * 2)
    assert np.linalg.norm(stuck.flat * 2 - exact) > 0.1
    assert stuck.error > 0.1
    with pytest.raises(NumericalError, match="still moving"):
        relax(motion_of(1e-3 * birth_death(0.5).toarray()), np.array([1.0, 0, 0]), 1e-9, 10, 50.0)
    done = relax(motion_of(birth_death(0.5).toarray()), np.array([4, 2, 1]) / 7, 1e-9, 10)
    assert done.error < 1e-8


def test_a_slow_mode_behind_fast_ones_is_no_stationary_state():
    """While fast modes fade, a slow one shows nowhere; at the end it is all that counts."""
    for slow in (1e-9, 1e-11, 1e-13):
        L = scipy.linalg.block_diag(birth_death(0.5).toarray(), slow * birth_death(0.5).toarray())
        start = np.array([0.5, 0, 0, 0.5, 0, 0])
        with pytest.raises(NumericalError, match=r"come to an end|moves is rounding"):
            list(
                iterate_states(replace(motion_of(L), rates=[slow]), start, [0.0, 1 / slow], 1e-6, 6)
            )
        stuck = relax(motion_of(L), start, 1e-9, 6)
        assert stuck.error > 0.1 or slow < 1e-12  # known only with the rates of jumps
        assert relax(replace(motion_of(L), rates=[slow]), start, 1e-9, 6).error > 0.1
    # the fast part alone takes any time
    L = birth_death(0.5).toarray()
    last = list(iterate_states(motion_of(L), np.array([1.0, 0, 0]), [0.0, 1e20], 1e-6, 3))[-1]
    np.testing.assert_allclose(last, np.array([4, 2, 1]) / 7, atol=1e-6)


def test_relaxation_of_a_unique_steady_state_is_compared_with_it():
    """Exchange of 1e-5 beside dephasing relaxes at 1e-10: a coupling, not the rate of a jump."""
    exchange = 1e-5 * (sigma_plus(A) * sigma_minus(B) + sigma_minus(A) * sigma_plus(B))
    jumps = (Jump(sigma_z(A), 4.0), Jump(sigma_minus(A), 1.0))
    start = PureState.basis(("A1", "B1"), (2, 2), {"B1": 1})
    found = ds.steady_state(OpenSystem((A, B), exchange, jumps), Lindblad(), initial=start)
    truth = mean(found, excited(B))
    assert truth < 1e-3 or found.report.status == "suspect"


def test_weak_terms_out_of_phase_with_strong_ones_stay():
    """sy of 1e6 makes the basis real, sx of 1e-8 does not fit: it is a drive, not rounding."""
    drive, loss = 1.4e-8, 2e-8
    H = drive * sigma_x(A) + 6.8e5j * (sigma_minus(B) - sigma_plus(B))
    system = OpenSystem((A, B), H, (Jump(sigma_minus(A), loss), Jump(sigma_minus(B), 1e-2)))
    exact = 4 * drive**2 / (loss**2 + 8 * drive**2)
    found = ds.steady_state(system, Lindblad())
    assert mean(found, excited(A)) == pytest.approx(exact, abs=found.report.error_estimate)
    assert found.report.error_estimate < 1e-5


def test_factors_without_pivoting_that_see_a_slow_mode_as_a_fast_one():
    """Refinements change little there, but no equation is solved as well as it could be."""
    H = 1326989.3j * (sigma_minus(B) - sigma_plus(B))
    H = H + 1102.5j * (sigma_minus(A) - sigma_plus(A)) * sigma_x(B)
    jumps = (
        Jump(sigma_x(A), 1.3610882804114025e-12),
        Jump(sigma_minus(B), 1.4756779339323627e-08),
        Jump(sigma_plus(A) - sigma_z(B), 0.7775422600998322),
    )
    form = compiled_form(OpenSystem((A, B), H, jumps))
    found = direct_steady_state(form.matrix, form.magnitude, form.diagonal, form.scale)
    missed = np.abs(form.matrix @ found.flat)[1:]
    assert np.all(missed <= 1e-12 * (form.magnitude @ np.abs(found.flat))[1:])


def compiled_form(system):
    return compiled(system, product_blocks(system, (2,) * len(system.spaces))).real_form


def test_rounding_that_may_cancel_counts():
    """Two populations feed a slow mode with opposite signs: equal draws would hide it."""
    H = 1172.73 * sigma_x(A) + 6.7653e-07 * (
        sigma_plus(A) * sigma_minus(B) + sigma_minus(A) * sigma_plus(B)
    )
    jumps = (
        Jump(sigma_z(B), 1205085.8407898394),
        Jump(sigma_minus(B), 6.037428748452012e-05),
        Jump(sigma_minus(A) + sigma_plus(B), 1.342469222776201),
    )
    form = compiled_form(OpenSystem((A, B), H, jumps))
    found = direct_steady_state(form.matrix, form.magnitude, form.diagonal, form.scale)
    assert found.error > 9.6e-11  # the distance from 19 digits


@pytest.mark.parametrize("seed", [1, 2])
def test_gaps_of_defective_generators(seed):
    """One-way chains of n equal qubits have coherences that decay at 1/2, n of them as one."""
    rng = np.random.default_rng(seed)
    for n in (2, 3):
        qubits = tuple(Qubit(f"q{k}") for k in range(n))
        lowering = []
        for q in qubits:
            turn = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0]
            down = np.array([[0.0, 1.0], [0.0, 0.0]])
            lowering.append(matrix_operator(q, turn @ down @ turn.conj().T))
        H = 0.0 * sigma_x(qubits[0])
        for k in range(n):
            for j in range(k):
                term = lowering[k].adjoint() * lowering[j] * (-0.5j)
                H = H + term + term.adjoint()
        report = ds.steady_state(OpenSystem(qubits, H, (Jump(total(lowering)),)), Lindblad()).report
        assert report.gap is None or abs(report.gap - 0.5) <= report.gap.error
        assert report.gap is not None and report.gap.error < 1e-3
