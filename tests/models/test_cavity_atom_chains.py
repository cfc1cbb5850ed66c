"""Atoms in driven cavity chains: exact states, the eliminated cavities, the error of doing so."""

import numpy as np
import pytest
from models_dense import darkness, liouvillian, matrix, reduced, sparse, steady_state, value_of

from darkstate.errors import ArgumentError, NumericalError
from darkstate.models import CavityChains, ParametricDrive, SqueezedDrive
from darkstate.models.cavity_atom_chains import CavityAtomChains
from darkstate.systems import Jump, OpenSystem, destroy, number, sigma_x, sigma_z
from darkstate.systems.reduce import eliminate_modes

DRIVE = SqueezedDrive(0.6, 0.8)
EFFECTIVE = [
    CavityAtomChains(1, drive=DRIVE, effective=True),
    CavityAtomChains(2, 1.3, drive=DRIVE, effective=True),
    CavityAtomChains(2, 1.3, [0.01, 0.02], drive=DRIVE, effective=True),
    CavityAtomChains(3, [0.7, -1.9], drive=DRIVE, effective=True),
    CavityAtomChains(3, [0.7, 1.9], [0.01, 0.03, -0.02], drive=DRIVE, effective=True),
]


def test_the_full_model_is_cavities_and_an_exchange_with_atoms():
    model = CavityAtomChains(2, 0.7, [0.1, 0.2], [0.0, 0.3], ParametricDrive())
    system, chains = model.system(), CavityChains(2, 0.7, [0.0, 0.3], drive=ParametricDrive())
    assert system.labels == ("A1", "A2", "B1", "B2", "a1", "a2", "b1", "b2", "SA", "SB")
    assert system.jumps == chains.system().jumps
    rest = system.hamiltonian - chains.system().hamiltonian
    texts = {"".join(f"{s.label}{w}" for s, w in product): c for product, c in rest}
    assert texts["A1-a1+"] == texts["A1+a1-"] == texts["B1-b1+"] == pytest.approx(0.1)
    assert texts["B2-b2+"] == texts["A2+a2-"] == pytest.approx(0.2)
    assert len(texts) == 8


@pytest.mark.parametrize("sites", [1, 2])
def test_the_full_model_has_an_exact_pure_state(sites):
    """Cavity pairs sum_n ((-1)^j t)^n |nn>, atoms with the opposite sign, at any g.

    Only states with fewer than `cutoff` photons are held against zero: the matrices end there.
    """
    nbar, cutoff = 0.02, 7 if sites == 1 else 4
    drive = SqueezedDrive(0.6, nbar)
    model = CavityAtomChains(sites, 0.9, 0.8, drive=drive)
    system = model.system()
    light = np.ones(1)
    for j in range(1, sites + 1):
        t = (-1) ** j * np.sqrt(nbar / (nbar + 1))
        light = np.kron(light, np.diag(t ** np.arange(cutoff)).ravel())
    if sites == 2:  # from A1 B1 A2 B2 to A1 A2 B1 B2
        light = light.reshape([cutoff] * 4).transpose(0, 2, 1, 3).ravel()
    psi = np.kron(light, model.dark_state())
    wrong = np.kron(light, np.abs(model.dark_state()) if sites == 2 else -model.dark_state())
    rest = sparse(system.hamiltonian, system.spaces, cutoff) @ psi
    jumps = [sparse(jump.operator, system.spaces, cutoff) @ psi for jump in system.jumps]
    edge = 4 * np.sqrt(cutoff) * (nbar / (nbar + 1)) ** ((cutoff - 1) / 2)
    assert max(np.linalg.norm(x) for x in (rest, *jumps)) < edge < 0.03
    if sites == 2:
        assert np.linalg.norm(sparse(system.hamiltonian, system.spaces, cutoff) @ wrong) > 0.1


def test_the_sign_of_the_first_atoms():
    """+c for atoms in cavities, where bare spins have -c."""
    psi = CavityAtomChains(2, drive=SqueezedDrive(1.0, 1.0)).dark_state().reshape([2] * 4)
    both = np.sqrt(2) / 3
    assert psi[1, 0, 1, 0] == pytest.approx(both)
    assert psi[0, 1, 0, 1] == pytest.approx(-both)
    assert psi[0, 0, 0, 0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("model", EFFECTIVE, ids=lambda m: f"{m.sites}-{m.atom_coupling}")
def test_the_effective_model_has_the_same_dark_state(model):
    system, psi = model.system(), model.dark_state()
    assert len(system.jumps) == 2  # the spectrum of a pure environment has the rank of its inputs
    assert darkness(system, psi) < 1e-13
    assert model.sites == 1 or darkness(system, np.abs(psi)) > 0.03


@pytest.mark.parametrize("model", EFFECTIVE[:3], ids=lambda m: f"{m.sites}-{m.atom_coupling}")
def test_the_effective_steady_state_is_unique_and_has_the_true_measures(model):
    rho, psi = steady_state(model.system()), model.dark_state()
    assert rho == pytest.approx(np.outer(psi, psi.conj()), abs=1e-9)
    assert len(model.truths()) == 3 * model.sites
    for truth in model.truths():
        found = value_of(truth.measure, rho, truth.groups, model.system().labels)
        assert found == pytest.approx(truth.value, abs=1e-6), truth


@pytest.mark.parametrize("sites", [1, 2, 3])
def test_the_generator_is_that_of_the_written_correlation_functions(sites):
    """-g^2 sum K_ab [S_a, S_b rho] + h.c. with G = (i T + zeta e e^T)^-1, loss-free, built anew."""
    zeta, nbar, g, eta = 0.7, 0.4, 0.02, np.array([0.9, -1.4])[: sites - 1]
    mbar = np.sqrt(nbar * (nbar + 1))
    T = np.diag(eta, 1) + np.diag(eta, -1)
    first = np.eye(sites)[0]
    G = np.linalg.inv(1j * T + zeta * np.outer(first, first))
    sign = np.diag((-1.0) ** np.arange(1, sites + 1))
    zero, cross = np.zeros((sites, sites)), mbar * G @ sign
    same, photons = (nbar + 1) * G, nbar * G.conj()
    # order of the letters: a, b, a+, b+; they multiply s+, t+, s-, t-
    K = np.block(
        [
            [zero, cross, same, zero],
            [cross, zero, zero, same],
            [photons, zero, zero, cross.conj()],
            [zero, photons, cross.conj(), zero],
        ]
    )
    model = CavityAtomChains(sites, eta, g, drive=SqueezedDrive(zeta, nbar), effective=True)
    system = model.system()
    down = [np.eye(1)] * (2 * sites)
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    for k in range(2 * sites):
        down[k] = np.kron(np.kron(np.eye(2**k), lower), np.eye(2 ** (2 * sites - k - 1)))
    S = [x.T for x in down] + down
    rng = np.random.default_rng(sites)
    X = rng.normal(size=(4**sites, 4**sites)) + 1j * rng.normal(size=(4**sites, 4**sites))
    rho = X + X.conj().T
    flow = -(g**2) * sum(
        K[a, b] * (S[a] @ S[b] @ rho - S[b] @ rho @ S[a]) for a, b in np.argwhere(K)
    )
    flow = flow + flow.conj().T
    assert _flow(system, rho) == pytest.approx(flow, abs=1e-12 * np.abs(flow).max())


def _flow(system, rho):
    H = matrix(system.hamiltonian, system.spaces)
    result = -1j * (H @ rho - rho @ H)
    for jump in system.jumps:
        c = matrix(jump.operator, system.spaces)
        square = c.conj().T @ c
        result += jump.rate * (c @ rho @ c.conj().T - (square @ rho + rho @ square) / 2)
    return result


def test_the_error_of_the_elimination_is_of_second_order_and_estimated():
    """One site with loss: the reduced state of the atoms, full against effective."""
    errors, estimates, drive = [], [], SqueezedDrive(0.7, 0.003)
    for g in (0.05, 0.1):
        model = CavityAtomChains(1, 1.0, g, 0.3, drive)
        cutoff = 4
        full = reduced(steady_state(model.system(), cutoff), [2, 3], [cutoff, cutoff, 2, 2])
        lean = CavityAtomChains(1, 1.0, g, 0.3, drive, effective=True)
        errors.append(np.abs(full - steady_state(lean.system())).max())
        estimates.append(lean.elimination_error)
        assert model.elimination_error == lean.elimination_error
    assert np.log2(errors[1] / errors[0]) == pytest.approx(2.0, abs=0.05)
    assert np.log2(estimates[1] / estimates[0]) == pytest.approx(2.0)
    assert errors[1] < estimates[1]


def test_the_estimate_is_the_error_of_a_relaxation_rate():
    """One atom and its cavity in vacuum: amplitudes obey x^2 + k x + g^2 = 0, k = zeta + kappa.

    The elimination has x = -g^2/k, which is wrong by the fraction g^2/k^2.
    """
    g, k = 0.1, 1.0
    model = CavityAtomChains(1, 1.0, g, 0.3, SqueezedDrive(0.7, 0.0), effective=True)
    rates = [jump.rate for jump in model.system().jumps]
    assert rates == pytest.approx([2 * g**2 / k] * 2)
    assert len(model.system().hamiltonian) == 0
    exact = (k - np.sqrt(k**2 - 4 * g**2)) / 2
    full = CavityAtomChains(1, 1.0, g, 0.3, SqueezedDrive(0.7, 0.0)).system()
    values = -np.linalg.eigvals(liouvillian(full, 2).toarray()).real
    assert np.min(values[values > 1e-6]) == pytest.approx(exact)
    assert 1 < model.elimination_error / (2 * exact / rates[0] - 1) < 3


def test_lossy_cavities_leave_mixed_atoms():
    model = CavityAtomChains(2, 1.0, 0.01, [0.1, 0.2], DRIVE, effective=True)
    rho = steady_state(model.system())
    # of each charge: one for the squeezed field, two for the vacuum that enters by loss
    assert len(model.system().jumps) == 6
    assert np.trace(rho @ rho).real < 0.9
    assert np.linalg.eigvalsh(rho)[0] > -1e-12
    assert model.truths() == ()


def test_a_source_of_finite_bandwidth_is_eliminated_with_the_cavities():
    lean = [
        CavityAtomChains(1, drive=drive, effective=True).system()
        for drive in (ParametricDrive(0.6, 0.5, 1e6), SqueezedDrive.from_squeezing(0.6, 0.5))
    ]
    assert lean[0].labels == ("a1", "b1")
    states = [steady_state(system) for system in lean]
    assert states[0] == pytest.approx(states[1], abs=1e-4)


def test_truths_hold_only_where_they_are_exact():
    full = CavityAtomChains(2)
    assert [t.groups for t in full.truths()[:2]] == [("A1", "B1"), ("A2", "B2")]
    assert len(full.truths()) == 2 + 6
    for changed in (
        {"loss": 1e-9},
        {"hopping": 0.0},
        {"atom_coupling": [0.1, 0.0]},
        {"drive": SqueezedDrive(1.0, 1.0, 1.4)},
    ):
        model = CavityAtomChains(**({"sites": 2} | changed))
        assert model.truths() == ()
        with pytest.raises(ArgumentError, match=f"`{next(iter(changed))}` must"):
            model.dark_state()


def test_what_cannot_be_eliminated_is_refused():
    full = CavityAtomChains(1, drive=DRIVE).system()
    mode, atom = full.spaces[0], full.spaces[2]
    for extra in (
        sigma_z(atom),
        number(mode) * sigma_z(atom),
        destroy(mode) + destroy(mode).adjoint(),
    ):
        with pytest.raises(ArgumentError, match="couple modes linearly"):
            eliminate_modes(OpenSystem(full.spaces, full.hamiltonian + extra, full.jumps))
    noisy = OpenSystem(full.spaces, full.hamiltonian, (*full.jumps, Jump(sigma_x(atom), 0.1)))
    with pytest.raises(ArgumentError, match="act on modes alone"):
        eliminate_modes(noisy)
    with pytest.raises(ArgumentError, match="modes and other spaces"):
        eliminate_modes(CavityChains(1).system())
    with pytest.raises(NumericalError):
        CavityAtomChains(2, 0.0, effective=True).system()
    idle = eliminate_modes(CavityAtomChains(1, 1.0, 0.0).system())
    assert idle.system.labels == ("a1", "b1") and not idle.system.jumps and idle.error == 0


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"sites": 0}, "`sites` must be >= 1"),
        ({"loss": -0.1}, "`loss` must be >= 0"),
        ({"atom_coupling": [1.0, 2.0, 3.0]}, "`atom_coupling`"),
        ({"hopping": [1.0, 1.0]}, "`hopping`"),
        ({"effective": 1}, "`effective` must be True or False"),
    ],
)
def test_bad_arguments(changed, match):
    with pytest.raises(ArgumentError, match=match):
        CavityAtomChains(**({"sites": 2} | changed))
