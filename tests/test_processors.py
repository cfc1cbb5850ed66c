"""The same on every processor: what is drawn, stored, named or claimed does not hang on LAPACK.

Each case is computed here and on two processors that return other, equally valid factors
(`unfriendly.py`). Exact numbers agree to rounding. Draws through square roots lose half of the
digits where a combination is free of noise, and trajectories gain some back in every jump.
"""

import numpy as np
import pytest
import scipy.linalg
import xarray as xr

import darkstate as ds
from darkstate.engines import Cascade, Gaussian, Lindblad, Trajectories
from darkstate.engines.contract import run
from darkstate.engines.gaussian.stability import stability
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import NumericalError
from darkstate.experiments import VirtualExperiment, estimate
from darkstate.linalg.unique import leading_rows, positive_root, unique_columns, with_phase
from darkstate.papers import PAPERS
from darkstate.states import DensityState, PureState
from darkstate.sweeps import Sweep, linspace, random_points
from darkstate.systems import (
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    total,
)
from darkstate.systems.quadratic import quadratic_form
from darkstate.systems.reduce import eliminate_modes

SEEDS = (1, 2)
TIMES = np.linspace(0.0, 3.0, 4).tolist()
A, B, P, Q = Mode("a"), Mode("b"), Qubit("p"), Qubit("q")


@pytest.fixture
def same(unfriendly_processor):
    """Compares what a function returns here and elsewhere: arrays, numbers, or trees of these."""

    def check(compute, tolerance):
        here = compute()
        for seed in SEEDS:
            with unfriendly_processor(seed):
                assert_alike(compute(), here, tolerance)
        return here

    return check


def assert_alike(found, expected, tolerance):
    """Equal words and shapes, numbers equal within the tolerance."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other, tolerance)
    elif np.asarray(expected).dtype.kind in "fc":
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    else:
        assert np.array_equal(found, expected), (found, expected)


def mixed(*weights):
    """A two-qubit state with equal eigenvalues where weights are equal, in no basis of its own."""
    x = np.random.default_rng(5).normal(size=(2, 4, 4))
    unitary = scipy.linalg.expm(1j * (x[0] + x[0].T) + x[1] - x[1].T)
    matrix = (unitary * np.array(weights)) @ unitary.conj().T
    return DensityState(("p", "q"), (2, 2), matrix)


def pair():
    """Two driven qubits of equal rates, with an exchange."""
    exchange = sigma_plus(P) * sigma_minus(Q)
    H = 0.7 * sigma_x(P) + 0.7 * sigma_x(Q) + exchange + exchange.adjoint()
    jumps = (Jump(sigma_minus(P) + sigma_minus(Q), 1.0, "light"), Jump(sigma_z(P), 0.2, "noise"))
    return OpenSystem((P, Q), H, jumps)


# The fixture itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("library", [np.linalg, scipy.linalg])
@pytest.mark.parametrize("kind", [float, complex])
def test_the_unfriendly_processor_returns_other_valid_factors(library, kind, unfriendly_processor):
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.normal(size=(5, 5)) + (kind is complex) * 1j * rng.normal(size=(5, 5)))
    hermitian = (basis[0] * [1.0, 1.0, 1.0, 2.0, 3.0]) @ basis[0].conj().T
    wide = (basis[0] * [2.0, 2.0, 1.0, 0.0, 0.0])[:, :4].conj().T
    here = library.eigh(hermitian)[1]
    with unfriendly_processor(3):
        values, vectors = library.eigh(hermitian)
        left, sizes, right = library.svd(wide)
        q, r = library.qr(wide)
        eigenvalues, more = library.eig(hermitian)
        again = library.eigh(hermitian)[1]
    assert np.array_equal(vectors, again) and not np.allclose(vectors, here, atol=0.1)
    np.testing.assert_allclose((vectors * values) @ vectors.conj().T, hermitian, atol=1e-14)
    np.testing.assert_allclose((left * sizes) @ right[:4], wide, atol=1e-14)
    np.testing.assert_allclose(q @ r, wide, atol=1e-14)
    np.testing.assert_allclose(hermitian @ more, more * eigenvalues, atol=1e-13)
    for unitary in (vectors, left, right, q):
        one = np.eye(unitary.shape[1])
        np.testing.assert_allclose(unitary.conj().T @ unitary, one, atol=1e-14)
    assert library.eigh(hermitian)[1] == pytest.approx(here)  # and all is as before


@pytest.mark.parametrize("output", ["real", "complex"])
def test_other_schur_forms_are_valid(output, unfriendly_processor):
    matrix = np.random.default_rng(2).normal(size=(6, 6))
    with unfriendly_processor(1):
        triangle, basis = scipy.linalg.schur(matrix, output)
    np.testing.assert_allclose(basis @ triangle @ basis.conj().T, matrix, atol=1e-13)


# What to use instead of vectors -----------------------------------------------------------------


def test_roots_and_columns_depend_on_the_product_alone():
    rng = np.random.default_rng(3)
    factor = rng.normal(size=(5, 3)) + 1j * rng.normal(size=(5, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    one, other = unique_columns(factor), unique_columns(factor @ turn)
    np.testing.assert_allclose(one, other, atol=1e-13)
    np.testing.assert_allclose(one @ one.conj().T, factor @ factor.conj().T, atol=1e-13)
    assert leading_rows(factor) == leading_rows(factor @ turn)
    root = positive_root(factor @ factor.conj().T)
    np.testing.assert_allclose(root @ root, factor @ factor.conj().T, atol=1e-13)
    np.testing.assert_allclose(root, root.conj().T, atol=1e-14)
    # columns of a projector are an orthonormal basis
    basis = unique_columns(np.linalg.qr(factor)[0])
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(3), atol=1e-14)
    # entries that are equal up to rounding do not decide by rounding
    tied = np.array([1.0, 1.0 + 1e-12, 0.5]) * np.exp(0.4j)
    np.testing.assert_allclose(with_phase(tied), np.abs(tied), atol=1e-15)


# Random draws -----------------------------------------------------------------------------------


def test_virtual_experiments(same):
    def run():
        return VirtualExperiment(shots=40, bins=6, waits=(20.0,)).run(5)

    currents = same(lambda: run().currents, 1e-7)
    assert {"vacuum", "direct", "entangled"} < set(currents)

    def numbers():
        found = estimate(run()).quantities
        return {name: (q.value, q.error) for name, q in found.items() if np.isfinite(q.error)}

    same(numbers, 1e-4)


def test_gaussian_records(same):
    """Two equal modes watched together: half of the noise is free of the record, and degenerate."""
    light = Jump(destroy(A) + destroy(B), 1.0, "light")
    system = OpenSystem((A, B), number(A) + number(B), (light, Jump(destroy(A), 0.1)))
    seen = system.with_monitors(Monitor("light", "heterodyne", efficiency=0.5))

    def drawn():
        records = ds.observe(seen, TIMES).records(3, seed=4)
        return records.currents, records.points

    same(drawn, 1e-7)


@pytest.mark.parametrize("unravelling", ["jumps", "homodyne"])
def test_trajectories_from_a_degenerate_mixture(same, unravelling):
    start = mixed(0.4, 0.4, 0.1, 0.1)

    def drawn():
        engine = Trajectories(12, seed=3, unravelling=unravelling, step=0.05)
        found = engine.ensemble(pair(), TIMES, start)
        return found.vectors, found.jumps

    same(drawn, 1e-9)


def test_a_mixture_is_sampled_by_the_columns_of_its_root():
    """Column k with probability rho_kk: on average the mixture again, to sampling error."""
    start = mixed(0.4, 0.4, 0.15, 0.05)
    idle = OpenSystem((P, Q), 0.0 * sigma_z(P) + 0.0 * sigma_z(Q), (Jump(sigma_z(P), 1e-9),))
    count = 4000
    vectors = Trajectories(count, seed=3).ensemble(idle, [0.0, 1e-3], start).vectors[0]
    average = np.einsum("ni,nj->ij", vectors, vectors.conj()) / count
    # an entry of one sample is at most 1 in size: 0.1 is 6.3 standard errors of such a mean
    assert np.abs(average - start.matrix).max() < 0.1
    columns = positive_root(start.matrix)
    columns = columns / np.linalg.norm(columns, axis=0)
    assert np.abs(np.abs(vectors.conj() @ columns).max(axis=1) - 1).max() < 1e-7


def test_watched_records(same):
    seen = pair().with_monitors(Monitor("light", "homodyne", efficiency=0.8))

    def drawn():
        found = Trajectories(4, seed=6, step=0.02).records(seen, TIMES, mixed(0.4, 0.4, 0.1, 0.1))
        return found.currents, found.matrices

    same(drawn, 1e-9)


def test_cascades_in_time(same):
    """Equal rails: weights of directions come in pairs."""
    system = ds.models.DualRail(5, 0.4, dephasing=0.1).system()

    def moved():
        states = run(Cascade(dimension=16), system, [0.0, 1.0, 3.0]).states
        return [part.matrix for at in states for part in at.stages]

    same(moved, 1e-5)


def test_outcomes_of_repeaters(same):
    def drawn():
        found = ds.repeaters.sample_outcomes(4, 8, 0.9, 12, offset=0.2, seed=7)
        return found.outcomes, found.probabilities, found.entropies, found.log_negativities

    same(drawn, 1e-11)


def test_sweeps(same, tmp_path):
    def swept():
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        axes = (linspace("loss", 0.05, 0.2, 3),)
        chains = Sweep(ds.models.CavityChains(2, loss=0.1), axes, ("log_negativity(A1:B1)",))
        axes = (random_points({"dephasing": (0.01, 0.2)}, 3, seed=4),)
        outputs = ("concurrence(A1, B1)",)
        engine = Trajectories(trajectories=5, burn_in=0.5, duration=1.0)
        pair = ds.models.DualRail(1, 0.8, dephasing=0.1)
        pairs = Sweep(pair, axes, outputs, engine=engine, seed=9)
        tables = [
            ds.sweep(each, folder / f"{k}.zarr").table() for k, each in enumerate((chains, pairs))
        ]
        return [{k: v.values for k, v in table.data_vars.items()} for table in tables]

    same(swept, 1e-8)


# Stored states, jumps and names -----------------------------------------------------------------


def test_dark_states_are_stored_with_one_phase(same):
    for model, engine in (
        (ds.models.DualRail(2, 0.7, detunings_a=[0.3, -0.3], detunings_b=[-0.3, 0.3]), Lindblad()),
        (ds.models.DualRail(1, 0.7), Lindblad()),
    ):
        state = ds.steady_state(model, engine=engine).state
        assert isinstance(state, PureState)
        same(lambda m=model, e=engine: ds.steady_state(m, engine=e).state.vector, 1e-11)


def test_jumps_of_an_eliminated_environment(same):
    """A ring of three equal cavities: two of the three rates are equal."""
    modes = [Mode(f"m{k}") for k in range(3)]
    spins = [Qubit(f"s{k}") for k in range(3)]
    hops = total(create(modes[k]) * destroy(modes[(k + 1) % 3]) for k in range(3))
    links = total(0.01 * sigma_plus(s) * destroy(m) for s, m in zip(spins, modes, strict=True))
    H = hops + hops.adjoint() + links + links.adjoint()
    system = OpenSystem((*modes, *spins), H, tuple(Jump(destroy(m), 2.0) for m in modes))

    def jumps():
        return [
            (jump.rate, {str(product): complex(c) for product, c in jump.operator})
            for jump in eliminate_modes(system).system.jumps
        ]

    found = same(jumps, 1e-9)
    assert len(found) == 3 and found[0][0] == pytest.approx(found[1][0], rel=1e-9)


def test_names_of_undamped_modes(same):
    modes = tuple(Mode(f"m{k}") for k in range(4))
    H = total(0.5 * number(m) for m in modes)
    system = OpenSystem(modes, H, (Jump(destroy(modes[0]) + destroy(modes[1]), 1.0),))
    found = same(lambda: stability(Structure.of(quadratic_form(system)), exact=True).modes, 0.0)
    assert set(found) <= {"m0", "m1", "m2", "m3"}
    with pytest.raises(NumericalError, match="no unique steady state"):
        ds.steady_state(system, engine=Gaussian())


def test_what_is_conserved_has_the_same_names(same):
    """Two qubits that nothing touches: whatever acts on them alone is conserved."""
    system = OpenSystem((P, Q, Qubit("r")), sigma_x(P), (Jump(sigma_minus(P), 1.0),))

    def said():
        with pytest.raises(NumericalError) as refusal:
            ds.steady_state(system, engine=Lindblad())
        return str(refusal.value)

    same(said, 0.0)


# Claims -----------------------------------------------------------------------------------------

CLAIMS = [
    ("zippilli2013", "output"),
    ("agusti2023", "2e"),
    ("drivenmodes", "1a"),
    ("muschik2012", "4b"),
    ("li2026", "4a"),
]


@pytest.mark.parametrize(("paper", "figure"), CLAIMS)
def test_claims(same, paper, figure):
    (known,) = (p for p in PAPERS if p.id == paper)
    (chosen,) = (f for f in known.figures if f.id == figure)

    def computed():
        data: xr.Dataset = chosen.compute(True, lambda what, fraction: None)
        claims = [(claim.id, str(claim.verdict)) for claim in chosen.claims(data)]
        numbers = [v.values for v in data.data_vars.values() if v.dtype.kind in "fc"]
        return claims, numbers

    same(computed, 1e-7)
