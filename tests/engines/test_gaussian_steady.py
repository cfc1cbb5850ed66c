"""Steady states of the Gaussian engine against exact values, other methods and QuTiP."""

import itertools
import math

import numpy as np
import pytest
import qutip
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Gaussian
from darkstate.errors import CapacityError, EngineMismatchError, MissingError, NumericalError
from darkstate.models import CavityChains, ParametricDrive, SqueezedDrive
from darkstate.results import Status
from darkstate.systems import Jump, Mode, OpenSystem, Qubit, create, destroy, sigma_minus
from darkstate.systems.operators import OperatorSum, as_operator, total

DRIVES = [
    SqueezedDrive(),
    SqueezedDrive(nbar=math.sinh(3.45) ** 2),  # 30 dB
    SqueezedDrive.from_squeezing(0.7, 1.2, thermal=0.1),
    SqueezedDrive.from_squeezing(1.0, 3.45, thermal=0.2),
]


def pairs(sites):
    return [(f"A{j}", f"B{j}") for j in range(1, sites + 1)]


@pytest.mark.parametrize("drive", DRIVES)
@pytest.mark.parametrize("sites", [1, 2, 7, 50])
def test_replication_is_exact(sites, drive):
    rng = np.random.default_rng(sites)
    model = CavityChains(sites, hopping=rng.uniform(0.8, 1.2, sites - 1), drive=drive)
    if sites == 50:  # a disordered chain of 50 hardly relaxes; the uniform one has a gap of 1e-5
        model = CavityChains(sites, drive=drive)
    result = ds.steady_state(model)
    truths = model.truths()
    assert len(truths) == sites
    for truth in truths:
        value = ds.log_negativity(result.state, *truth.groups)
        assert value == pytest.approx(truth.value, rel=1e-10)
    assert result.report.status is Status.CERTIFIED
    assert result.report.unique


def test_first_moment_has_the_sign_of_the_paper():
    state = ds.steady_state(CavityChains(1)).state
    assert state.anomalous[0, 1].real == pytest.approx(-math.sqrt(2), rel=1e-14)


def test_tiny_loss_is_felt_linearly():
    # dE/dkappa from two losses eight decades apart agrees: 1e-12 is not lost in rounding
    clean = CavityChains(3).truths()[0].value

    def slope(loss):
        state = ds.steady_state(CavityChains(3, loss=loss)).state
        return (clean - ds.log_negativity(state, "A2", "B2")) / loss

    assert slope(1e-12) == pytest.approx(slope(1e-7), rel=1e-3)


def quadrature(modes):
    ops = []
    for mode in modes:
        ops.append((destroy(mode) + create(mode)) / math.sqrt(2))
        ops.append(-1j * (destroy(mode) - create(mode)) / math.sqrt(2))
    return ops


def random_system(n, seed, phase_sensitive=True):
    """A stable random quadratic system, with its (A, D) from an independent formula."""
    rng = np.random.default_rng(seed)
    modes = [Mode(f"m{k}") for k in range(n)]
    R = quadrature(modes)
    G = rng.normal(size=(2 * n, 2 * n))
    G = 0.5 * (G + G.T)
    z = rng.normal(size=(2 * n, 2 * n)) + 1j * rng.normal(size=(2 * n, 2 * n))
    H = total([0.5 * G[i, j] * (R[i] * R[j]) for i in range(2 * n) for j in range(2 * n)])
    H = 0.5 * (H + H.adjoint())
    jumps = [Jump(total([row[i] * R[i] for i in range(2 * n)])) for row in z]
    jumps += [Jump(destroy(mode), 40.0 * n) for mode in modes]
    omega = np.kron(np.eye(n), [[0, 1], [-1, 0]])
    lowering = np.zeros((n, 2 * n), complex)
    for k in range(n):
        lowering[k, 2 * k : 2 * k + 2] = math.sqrt(40.0 * n / 2) * np.array([1, 1j])
    C = np.vstack([z, lowering])
    gram = C.conj().T @ C
    A = omega @ (G + gram.imag)
    D = omega @ gram.real @ omega.T
    return OpenSystem(tuple(modes), H, tuple(jumps)), A, D


@settings(max_examples=40)
@given(n=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_random_systems_against_the_quadrature_lyapunov_equation(n, seed):
    system, A, D = random_system(n, seed)
    sigma = scipy.linalg.solve_continuous_lyapunov(A, -D)
    state = ds.steady_state(system).state
    assert np.abs(state.covariance - sigma).max() <= 1e-12 * np.abs(sigma).max()


@settings(max_examples=15)
@given(sites=st.integers(1, 5), seed=st.integers(0, 2**32 - 1), bandwidth=st.booleans())
def test_unequal_chains_against_the_quadrature_lyapunov_equation(sites, seed, bandwidth):
    rng = np.random.default_rng(seed)
    drive = ParametricDrive(1.0, 0.8, 3.0) if bandwidth else SqueezedDrive(0.8, 0.6, 0.7)
    model = CavityChains(
        sites,
        hopping=rng.uniform(0.5, 1.5, sites - 1),
        hopping_b=rng.uniform(0.5, 1.5, sites - 1),
        loss=rng.uniform(0.05, 0.5, sites),
        loss_b=rng.uniform(0.05, 0.5, sites),
        detuning=rng.normal(size=sites),
        detuning_b=rng.normal(size=sites),
        drive=drive,
    )
    from darkstate.engines.gaussian.quadratures import quadrature_matrices
    from darkstate.engines.gaussian.structure import Structure
    from darkstate.systems.quadratic import quadratic_form

    A, D = quadrature_matrices(Structure.of(quadratic_form(model.system())))
    sigma = scipy.linalg.solve_continuous_lyapunov(A, -D)
    state = ds.steady_state(model).state
    assert np.abs(state.covariance - sigma).max() <= 1e-12 * np.abs(sigma).max()


def test_against_a_fock_space_master_equation():
    drive = SqueezedDrive(rate=0.8, nbar=0.15)
    state = ds.steady_state(CavityChains(1, loss=0.3, drive=drive)).state
    exact = np.array([state.number[0, 0].real, state.anomalous[0, 1].real])
    errors = []
    for cutoff in (4, 6, 8, 10):
        one = qutip.qeye(cutoff)
        a, b = qutip.tensor(qutip.destroy(cutoff), one), qutip.tensor(one, qutip.destroy(cutoff))
        n, m = 0.15, math.sqrt(0.15 * 1.15)
        jumps = [
            math.sqrt(1.6) * (math.sqrt(n + 1) * a + m / math.sqrt(n + 1) * b.dag()),
            math.sqrt(1.6) * (math.sqrt(n + 1) * b + m / math.sqrt(n + 1) * a.dag()),
            math.sqrt(0.6) * a,
            math.sqrt(0.6) * b,
        ]
        rho = qutip.steadystate(0 * a, jumps)
        fock = np.array([qutip.expect(a.dag() * a, rho), qutip.expect(a * b, rho).real])
        errors.append(np.abs(fock - exact).max())
    assert errors[-1] < 2e-4
    assert all(late < 0.6 * early for early, late in itertools.pairwise(errors))


@pytest.mark.parametrize("drive", [SqueezedDrive(), ParametricDrive(bandwidth=4.0)])
def test_quadrature_method_agrees_with_the_dense_one(drive):
    rng = np.random.default_rng(3)
    model = CavityChains(
        150,
        hopping=rng.uniform(0.8, 1.2, 149),
        loss=0.03,
        loss_b=rng.uniform(0.02, 0.05, 150),
        drive=drive,
    )
    wanted = (*pairs(150), ("A1", "A2"), ("B3", "A7"), ("B1", "B2"))
    full = ds.steady_state(model, Gaussian(method="dense")).state
    result = ds.steady_state(model, Gaussian(method="quadrature", pairs=wanted))
    kept = result.state.pair_moments(wanted)
    exact = full.pair_moments(wanted)
    estimate = result.report.error_estimate
    for name in ("n_i", "n_j", "m", "c"):
        gap = np.abs(getattr(kept, name) - getattr(exact, name)).max()
        assert gap < 1e-10
        assert gap < 10 * estimate + 1e-13
    E_full = ds.log_negativity.many(full, pairs(150))
    E_kept = ds.log_negativity.many(result.state, pairs(150))
    assert np.abs(E_full - E_kept).max() < 1e-9
    assert ds.entropy(result.state, ["A3", "B3"]) == pytest.approx(
        ds.entropy(full, ["A3", "B3"]), rel=1e-8
    )
    with pytest.raises(MissingError, match="pairs="):
        ds.log_negativity(result.state, "A1", "B9")


@pytest.mark.parametrize("drive", [SqueezedDrive(), ParametricDrive(bandwidth=4.0)])
def test_chains_method_agrees_with_the_dense_one(drive):
    rng = np.random.default_rng(3)
    hopping, loss = rng.uniform(0.8, 1.2, 89), rng.uniform(0.02, 0.05, 90)
    model = CavityChains(90, hopping=hopping, loss=0.03, loss_b=loss, drive=drive)
    assert ds.explain(model).chosen.method == "chains"
    result, exact = ds.steady_state(model), ds.steady_state(model, Gaussian(method="dense"))
    assert result.report.status is Status.CERTIFIED
    for name in ("number", "anomalous"):
        gap = np.abs(getattr(result.state, name) - getattr(exact.state, name)).max()
        assert gap < 1e-12
        assert gap < result.report.error_estimate + 1e-14
    lossless = CavityChains(90)
    assert ds.explain(lossless).chosen.method == "dense"
    with pytest.raises(NumericalError, match="not resolved"):
        ds.steady_state(lossless, Gaussian(method="chains"))


def test_large_chains_choose_quadrature_by_themselves():
    model = CavityChains(2000, loss=0.05)
    explanation = ds.explain(model)
    assert explanation.chosen.method == "quadrature"
    result = ds.steady_state(model)
    assert result.report.status is Status.CERTIFIED
    short = ds.steady_state(CavityChains(300, loss=0.05)).state
    E = ds.log_negativity.many(result.state, pairs(100))
    assert np.abs(E - ds.log_negativity.many(short, pairs(100))).max() < 1e-9


def test_batch_equals_single_solves():
    rng = np.random.default_rng(5)
    hopping, loss = rng.uniform(0.5, 1.5, (7, 3)), rng.uniform(0.0, 0.3, (7, 4))
    model = CavityChains(4, drive=ParametricDrive(bandwidth=2.0))
    batch = ds.steady_states(model, hopping=hopping, loss=loss)
    values = ds.log_negativity.many(batch.state, pairs(4))
    for k in range(7):
        single = ds.steady_state(
            CavityChains(4, hopping=hopping[k], loss=loss[k], drive=ParametricDrive(bandwidth=2.0))
        )
        assert values[k] == pytest.approx(ds.log_negativity.many(single.state, pairs(4)), abs=1e-11)


def test_batch_refuses_parameters_that_are_not_linear():
    class Squared(CavityChains):
        def system(self):
            squares = tuple(np.square(self.hopping))
            return CavityChains(self.sites, hopping=squares, loss=0.1).system()

    import dataclasses

    model = dataclasses.dataclass(frozen=True)(Squared)(3)
    with pytest.raises(EngineMismatchError, match="linearly"):
        ds.steady_states(model, hopping=np.array([[0.5, 1.0], [1.5, 2.0]]))


def test_order_of_the_white_noise_limit():
    """First order in 1/bandwidth for the first pair, second order for the others."""

    def deficit(bandwidth):
        model = CavityChains(4, drive=ParametricDrive(1.0, 1.0, bandwidth))
        E = ds.log_negativity.many(ds.steady_state(model).state, pairs(4))
        return ParametricDrive().white.log_negativity - E

    slopes = np.log(deficit(300.0) / deficit(600.0)) / math.log(2)
    assert slopes == pytest.approx([1, 2, 2, 2], abs=0.02)


def test_undamped_modes_are_named():
    with pytest.raises(NumericalError, match=r"not damped.*A4"):
        ds.steady_state(CavityChains(4, hopping=[1.0, 1.0, 0.0], loss_b=0.1))


def test_gain_is_called_unstable():
    a = Mode("A1")
    system = OpenSystem((a,), OperatorSum(), (Jump(destroy(a), 1.0), Jump(create(a), 1.2)))
    with pytest.raises(NumericalError, match=r"unstable.*A1"):
        ds.steady_state(system)


def test_qubits_are_refused_with_a_reason():
    q = Qubit("A1")
    system = OpenSystem((q,), as_operator(0.0), (Jump(sigma_minus(q)),))
    with pytest.raises(EngineMismatchError, match="A1"):
        ds.steady_state(system, Gaussian())


def test_too_large_is_refused_before_it_allocates():
    with pytest.raises(CapacityError, match="quadrature"):
        ds.steady_state(CavityChains(500), Gaussian(method="dense", memory_limit=1e6))


def test_coherent_drive_displaces_without_entangling():
    a = Mode("A1")
    system = OpenSystem((a,), 0.3 * (destroy(a) + create(a)), (Jump(destroy(a), 2.0),))
    state = ds.steady_state(system).state
    assert state.mean[0] == pytest.approx(-0.3j)  # -i F / (gamma/2)
    assert np.abs(state.number).max() < 1e-15


@settings(max_examples=10)
@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 1000))
def test_units_do_not_matter(scale, seed):
    rng = np.random.default_rng(seed)
    hopping, loss, detuning = rng.normal(size=2), rng.uniform(0.1, 1, 3), rng.normal(size=3)
    first = ds.steady_state(CavityChains(3, hopping, loss, detuning, SqueezedDrive(0.5))).state
    other = ds.steady_state(
        CavityChains(3, scale * hopping, scale * loss, scale * detuning, SqueezedDrive(0.5 * scale))
    ).state
    assert np.abs(first.covariance - other.covariance).max() < 1e-11
