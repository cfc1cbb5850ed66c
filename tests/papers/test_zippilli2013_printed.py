"""The replication paper as printed, by dense linear algebra alone, against models and figures."""

from functools import reduce

import numpy as np
import pytest
import scipy.linalg as la

from darkstate.engines import Lindblad
from darkstate.frontdoor import steady_state
from darkstate.measures import log_negativity
from darkstate.models import CavityAtomChains, CavityChains, SpinChains, SqueezedDrive
from darkstate.papers import paper
from darkstate.papers.zippilli2013.common import pair_ebits, pairs

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
DRIVES = [(1.0, None), (1.0, 1.38), (0.3, 0.6)]


def spin_operators(count):
    eye = np.eye(2)
    return [reduce(np.kron, [LOWER if k == j else eye for k in range(count)]) for j in range(count)]


def acting(left, right):
    """rho -> left rho right, on rho written row by row."""
    return np.kron(left, right.T)


def printed_drive(a, b, nbar, mbar):
    """L_S at rate 1, term by term; `a` and `b` act on the first sites."""
    eye, ad, bd = np.eye(len(a)), a.conj().T, b.conj().T
    half = acting(a, b) + acting(b, a) - acting(a @ b, eye) - acting(eye, a @ b)
    other = acting(bd, ad) + acting(ad, bd) - acting(eye, bd @ ad) - acting(bd @ ad, eye)
    total = 2 * mbar * (half + other)
    for c, cd in ((a, ad), (b, bd)):
        total += (nbar + 1) * (2 * acting(c, cd) - acting(cd @ c, eye) - acting(eye, cd @ c))
        total += nbar * (2 * acting(cd, c) - acting(c @ cd, eye) - acting(eye, c @ cd))
    return total


def stationary(generator):
    size = int(np.sqrt(len(generator)))
    square = generator.astype(complex)
    square[0] = np.eye(size).ravel()
    right = np.zeros(size * size, complex)
    right[0] = 1.0
    return la.solve(square, right).reshape(size, size)


def unitary(H):
    eye = np.eye(len(H))
    return -1j * (acting(H, eye) - acting(eye, H))


def pair_negativities(rho, sites):
    """log2 ||rho^T||_1 of the pairs (j, N+j)."""
    count, found = 2 * sites, []
    for j in range(sites):
        rows, columns = list(range(count)), list(range(count))
        kept = (j, sites + j)
        for k in kept:
            columns[k] = count + k
        out = [kept[0], count + kept[1], count + kept[0], kept[1]]  # second spin transposed
        block = np.einsum(rho.reshape((2,) * (2 * count)), rows + columns, out).reshape(4, 4)
        found.append(np.log2(np.abs(np.linalg.eigvalsh(block)).sum()))
    return np.maximum(found, 0.0)


def printed_spins(nbar, mbar, sites=2):
    s = spin_operators(2 * sites)
    H = sum(
        s[k].T @ s[k + 1] + s[k + 1].T @ s[k]
        for start in (0, sites)
        for k in range(start, start + sites - 1)
    )
    return stationary(unitary(H) + printed_drive(s[0], s[sites], nbar, mbar))


def zero_frequency_atoms(nbar, mbar, sites=2):
    """Cavities eliminated by their response at resonance: ``M^-1`` with ``M = i h + zeta P_1``."""
    s = spin_operators(2 * sites)
    M = 1j * (np.eye(sites, k=1) + np.eye(sites, k=-1))
    M[0, 0] += 1.0
    G = np.linalg.inv(M)
    J = -0.5j * (G - G.conj().T)
    H = sum(
        J[j, k] * s[b + j].T @ s[b + k]
        for j in range(sites)
        for k in range(sites)
        for b in (0, sites)
    )
    A, B = (sum(np.conj(G[j, 0]) * s[b + j] for j in range(sites)) for b in (0, sites))
    # two exchanges with -i each turn the sign of the correlation
    return stationary(unitary(H) + printed_drive(A, B, nbar, -mbar))


@pytest.mark.parametrize(("nbar", "mbar"), DRIVES)
def test_spins_and_atoms_by_hand(nbar, mbar):
    drive = SqueezedDrive(1.0, nbar, mbar)
    spins = pair_negativities(printed_spins(nbar, drive.correlation), 2)
    atoms = pair_negativities(zero_frequency_atoms(nbar, drive.correlation), 2)
    ours = steady_state(SpinChains(2, drive=drive)).state
    model = CavityAtomChains(2, drive=drive, effective=True)
    light = steady_state(model, Lindblad(rtol=1e-13)).state
    np.testing.assert_allclose(log_negativity.many(ours, pairs(2)), spins, atol=1e-9)
    np.testing.assert_allclose(log_negativity.many(light, pairs(2, "ab")), atoms, atol=1e-9)
    np.testing.assert_allclose(atoms, spins[::-1], atol=1e-9)  # the note of 3c-2


def test_sign_of_the_printed_spins():
    """First pair ``|00> - ..|11>``, second ``|00> + ..|11>``: the opposite of Eq. (1)."""
    rho = printed_spins(1.0, np.sqrt(2)).reshape((2,) * 8)
    first = np.einsum("axbycxdy->abcd", rho).real
    second = np.einsum("xaybxcyd->abcd", rho).real
    assert first[0, 0, 1, 1] == pytest.approx(-np.sqrt(2) / 3)
    assert second[0, 0, 1, 1] == pytest.approx(np.sqrt(2) / 3)
    assert first[0, 0, 0, 0] == pytest.approx(2 / 3)  # s- lowers to the state that is fuller


def test_arrays_that_differ_by_their_covariance():
    """Figure 3a by the Lyapunov equation of the printed master equation, written for x and p."""
    sites, loss, rng = 3, 0.02, np.random.default_rng(7)
    a, b = 1.0 + rng.uniform(-0.2, 0.2, (2, sites - 1))
    hop = la.block_diag(*(np.diag(h, 1) + np.diag(h, -1) for h in (a, b)))
    driven = np.zeros(2 * sites)
    driven[[0, sites]] = 1.0
    decay = np.diag(driven + loss)
    # da/dt = -(decay + i hop) a + noise; x and p one after the other, vacuum 1/2
    drift = np.block([[-decay, hop], [-hop, -decay]])
    noise = np.kron(np.eye(2), loss * np.eye(2 * sites) + 3 * np.diag(driven))
    swap = np.zeros((2 * sites, 2 * sites))
    swap[0, sites] = swap[sites, 0] = -2 * np.sqrt(2)
    noise += la.block_diag(swap, -swap)
    sigma = la.solve_continuous_lyapunov(drift, -noise)
    found = []
    for j in range(sites):
        at = [j, sites + j, 2 * sites + j, 3 * sites + j]
        flip = np.diag([1.0, 1.0, 1.0, -1.0])
        block = flip @ sigma[np.ix_(at, at)] @ flip
        form = np.kron(np.array([[0, 1], [-1, 0]]), np.eye(2))
        nu = np.abs(np.linalg.eigvals(1j * form @ block)).min()
        found.append(max(0.0, -np.log2(2 * nu)))
    model = CavityChains(sites, a.tolist(), loss, hopping_b=b.tolist())
    np.testing.assert_allclose(pair_ebits(model), found, atol=1e-9)


def test_atoms_with_a_thermal_drive_need_no_more_than_weak_coupling():
    """One site, Fock states kept, less than the largest correlation: the error goes like g^2."""
    drive, gaps = SqueezedDrive(1.0, 0.1, 0.3), []
    for g in (0.05, 0.1):
        full = CavityAtomChains(1, 1.0, g, 0.0, drive)
        lean = CavityAtomChains(1, 1.0, g, 0.0, drive, effective=True)
        fock = steady_state(full, Lindblad(rtol=1e-12, cutoff=7, edge=1e-6)).state
        atoms = fock.reduced(("a1", "b1")).matrix
        gaps.append(np.abs(atoms - steady_state(lean, Lindblad(rtol=1e-13)).state.matrix).max())
    assert gaps[1] < 0.01
    assert np.log2(gaps[1] / gaps[0]) == pytest.approx(2.0, abs=0.1)


def test_figures_have_the_parameters_of_their_captions():
    figures = {figure.id: figure for figure in paper("zippilli2013").figures}
    data = figures["2c"].compute(True, lambda what, fraction: None)
    assert data.sizes["pair"] == 10
    assert np.log2(1 / (1 - data.fraction[0])) == pytest.approx(
        float(pair_ebits(CavityChains(10, loss=0.1, drive=SqueezedDrive(1, 1e6)))[0]), abs=1e-3
    )
