"""What must hold for every network, whatever its parameters: laws of physics as property tests.

Steady states equal the closed form; light that travels one way brings no news from downstream;
conserved charges forbid coherences; states are positive; local operations create no entanglement;
the unit of time is the user's choice. The references here are sparse superoperators and QuTiP, both
without charge sectors.

Tolerances: a steady state asked to ``rtol = 1e-13`` is accurate to that times (fastest rate)/(gap),
below 1e3 here; an evolution asked to ``rtol`` keeps ``1e3 rtol`` (`Lindblad.evolve`).
"""

import math
from itertools import permutations

import numpy as np
import pytest
import qutip
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import expm_multiply

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.models import CavityAtomChains, DualRail, SpinChains, SqueezedDrive
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems import Jump, Mode, OpenSystem

TIGHT = Lindblad(rtol=1e-13)
FLOW = Lindblad(rtol=1e-13, krylov_size=40)
FOCK = Lindblad(rtol=1e-13, cutoff=3, edge=1.0)
"""Three photons are far from enough, but the laws hold for truncated sources just as well."""
SEEDS = st.integers(0, 10**6)


def imperfect(pairs, seed, **changed):
    """A one-way network with every imperfection that leaves it one-way."""
    rng = np.random.default_rng(seed)
    values = {
        "squeezing": rng.uniform(0.1, 1.2),
        "detunings_a": rng.normal(size=pairs),
        "detunings_b": rng.normal(size=pairs),
        "coupling": rng.uniform(0.5, 2.0, size=pairs),
        "dephasing": rng.uniform(0.0, 0.3, size=pairs),
        "decay": rng.uniform(0.0, 0.3, size=pairs),
        "loss": rng.uniform(0.0, 0.5, size=pairs - 1),
        "phase": rng.normal(size=pairs - 1),
        "thermal": rng.uniform(0.0, 0.2),
    }
    return DualRail(pairs, **(values | changed))


def without_last(model):
    """The same network without its last pair."""
    n, values = model.pairs - 1, {}
    for name, value in model.parameters().items():
        length = n - 1 if name in ("loss", "phase") else n
        values[name] = value[:length] if isinstance(value, list | tuple) else value
    del values["model"]
    return DualRail(**(values | {"pairs": n}))


def dimensions(system, cutoff=3):
    return tuple(cutoff if isinstance(s, Mode) else s.dimension for s in system.spaces)


def superoperator(system, cutoff=3):
    """The generator on row-major vec(rho), without sectors."""
    dims = dimensions(system, cutoff)
    H, *jumps = (
        sp.csr_array(operator_matrix(operator, system.spaces, dims))
        for operator in (system.hamiltonian, *(jump.operator for jump in system.jumps))
    )
    one = sp.eye_array(H.shape[0])
    L = -1j * (sp.kron(H, one) - sp.kron(one, H.T))
    for c, jump in zip(jumps, system.jumps, strict=True):
        square = c.conj().T @ c
        L = L + jump.rate * sp.kron(c, c.conj())
        L = L - jump.rate / 2 * (sp.kron(square, one) + sp.kron(one, square.T))
    return sp.csr_array(L)


def flow(system, rho, time, cutoff=3):
    """``exp(L t) rho`` of the full matrix."""
    L = superoperator(system, cutoff)
    return expm_multiply(L * time, np.asarray(rho, complex).ravel()).reshape(rho.shape)


def charges(system, cutoff=3):
    """Excitations of A minus excitations of B, for every basis state."""
    q = np.zeros(1)
    for space, d in zip(system.spaces, dimensions(system, cutoff), strict=True):
        sign = 1 if "A" in space.label.upper() else -1
        q = np.add.outer(q, sign * np.arange(d)).ravel()
    return q


def random_state(system, seed, rank=2, cutoff=3):
    rng = np.random.default_rng(seed)
    dims = dimensions(system, cutoff)
    x = rng.normal(size=(math.prod(dims), rank)) + 1j * rng.normal(size=(math.prod(dims), rank))
    rho = x @ x.conj().T
    return DensityState(system.labels, dims, rho / np.trace(rho).real)


def ground(system, cutoff=3):
    rho = np.zeros((math.prod(dimensions(system, cutoff)),) * 2)
    rho[0, 0] = 1.0
    return rho


def distance(first, second):
    return np.abs(np.asarray(first.matrix) - np.asarray(getattr(second, "matrix", second))).max()


# Closed form ------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_the_closed_form_is_the_solved_steady_state(pairs, r):
    """For all permutations: found in Hilbert space, and as a density matrix that may be mixed."""
    rng = np.random.default_rng(pairs)
    for order in permutations(range(pairs)):
        detunings = rng.normal(size=pairs)
        model = DualRail(pairs, r, detunings, -detunings[list(order)])
        psi = model.dark_state()
        result = ds.steady_state(model)
        assert isinstance(result.state, PureState)
        assert result.report.unique
        assert 1 - abs(np.vdot(psi, result.state.vector)) ** 2 < 1e-10
        mixed = ds.steady_state(model, Lindblad(method="krylov", rtol=1e-13)).state
        assert isinstance(mixed, DensityState)
        assert 1 - np.vdot(psi, mixed.matrix @ psi).real < 1e-10
    if pairs == 3:  # the sign of the gates matters: these are no symmetric cases
        wrong = DualRail(pairs, r, -detunings, detunings[list(order)]).dark_state()
        assert 1 - abs(np.vdot(wrong, result.state.vector)) ** 2 > 1e-3


# Causality --------------------------------------------------------------------------------------


def upstream(model, engine, time):
    """Distances of the first pairs of `model` from the network that ends there."""
    short = without_last(model)
    keep = short.system().labels
    steady = (ds.steady_state(each, engine).state for each in (model, short))
    moving = (ds.evolve(each, [0.0, time], engine=engine).state for each in (model, short))
    return [distance(long.reduced(keep), part.reduced(keep)) for long, part in (steady, moving)]


@settings(max_examples=4)
@given(seed=SEEDS, pairs=st.sampled_from([2, 3]), time=st.floats(0.1, 5.0))
def test_nothing_comes_from_downstream(seed, pairs, time):
    assert max(upstream(imperfect(pairs, seed), TIGHT, time)) < 1e-8


@settings(max_examples=3)
@given(seed=SEEDS, time=st.floats(0.1, 3.0))
def test_nothing_comes_from_downstream_of_a_source_of_finite_bandwidth(seed, time):
    rng = np.random.default_rng(seed)
    more = {"bandwidth": rng.uniform(1.0, 8.0), "squeezing": rng.uniform(0.1, 0.8)}
    assert max(upstream(imperfect(2, seed, **more), FOCK, time)) < 1e-8


def test_light_that_travels_back_brings_news():
    """The test above can fail: one tenth of the light goes the other way."""
    assert min(upstream(imperfect(2, 1, directionality=0.9), TIGHT, 2.0)) > 1e-3


# Charges ----------------------------------------------------------------------------------------

SOURCED = {"bandwidth": 3.0, "squeezing": 0.4, "source_decay_b": 2.0}


@settings(max_examples=4)
@given(seed=SEEDS, more=st.sampled_from([{}, SOURCED]), time=st.floats(0.1, 3.0))
def test_no_coherence_between_charges_appears(seed, more, time):
    """Full matrices know nothing of sectors, and leave the same zeros; the engine agrees."""
    system = imperfect(1 if more else 2, seed, **more).system()
    full = flow(system, ground(system), time)
    q = charges(system)
    other = q[:, None] != q[None, :]
    assert np.abs(full[other]).max() < 1e-13
    assert np.abs(full[~other]).max() > 1e-2
    assert distance(ds.evolve(system, [0.0, time], engine=FOCK).state, full) < 1e-9


@settings(max_examples=4)
@given(seed=SEEDS, more=st.sampled_from([{}, SOURCED]), time=st.floats(0.1, 3.0))
def test_coherences_between_charges_evolve_by_themselves(seed, more, time):
    system = imperfect(1 if more else 2, seed, **more).system()
    start = random_state(system, seed)
    q = charges(system)
    same = q[:, None] == q[None, :]
    blocks = DensityState(start.labels, start.dimensions, np.where(same, start.matrix, 0.0))
    whole = ds.evolve(system, [0.0, time], start, engine=FOCK).state
    alone = ds.evolve(system, [0.0, time], blocks, engine=FOCK).state
    assert distance(whole, flow(system, start.matrix, time)) < 1e-9
    assert distance(alone, np.where(same, whole.matrix, 0.0)) < 1e-9


# States are states ------------------------------------------------------------------------------

NETWORKS = {
    "one-way": lambda seed: imperfect(2, seed),
    "three pairs": lambda seed: imperfect(3, seed),
    "both ways": lambda seed: imperfect(2, seed, directionality=0.7),
    "nearly pure": lambda seed: DualRail(3, 1.0, dephasing=10.0 ** -(seed % 5)),
    "spins": lambda seed: SpinChains(3, dephasing=0.01, drive=SqueezedDrive(nbar=0.1 + seed % 4)),
    "atoms": lambda seed: CavityAtomChains(2, loss=0.1 * (1 + seed % 9), effective=True),
    "source": lambda seed: imperfect(1, seed, bandwidth=3.0, squeezing=0.1),
}


@pytest.mark.parametrize("kind", NETWORKS)
@settings(max_examples=3)
@given(seed=SEEDS)
def test_what_is_reported_is_a_state(kind, seed):
    """Hermitian, of trace one, positive to 1e-10; the margin in the report is the true one."""
    model = NETWORKS[kind](seed)
    result = ds.steady_state(model, TIGHT)  # an eigenvalue that is 0 comes out within 1e3 rtol
    rho = np.asarray(result.state.matrix)
    lowest = float(np.linalg.eigvalsh(rho)[0])
    assert lowest > -1e-10
    assert result.report.margin == pytest.approx(lowest, abs=1e-12)
    assert np.trace(rho).real == pytest.approx(1.0, abs=1e-12)
    moving = ds.evolve(model, [0.0, 0.5, 2.0], engine=FOCK)
    assert moving.state.margin() > -1e-10
    assert np.trace(moving.state.matrix).real == pytest.approx(1.0, abs=1e-9)


# QuTiP ------------------------------------------------------------------------------------------


@settings(max_examples=3)
@given(seed=SEEDS, more=st.sampled_from([{}, SOURCED]))
def test_evolution_is_that_of_qutip(seed, more):
    """From random mixed states with coherences, at several times; concurrence on the way."""
    system = imperfect(1 if more else 2, seed, **more).system()
    start = random_state(system, seed, rank=3)
    if more:  # the source empty at first, or it would not fit into its three Fock states
        qubits = start.reduced(["A1", "B1"])
        vacuum = DensityState.from_pure(PureState.basis(("SA", "SB"), (3, 3), {}))
        start = DensityState.product(qubits, vacuum)
    dims = [list(start.dimensions)] * 2

    def convert(matrix):
        return qutip.Qobj(matrix, dims=dims)

    def operator(sum_of_products):
        matrix = operator_matrix(sum_of_products, system.spaces, start.dimensions)
        return convert(sp.csr_matrix(matrix))  # kept sparse; dense it takes a hundred times longer

    jumps = [math.sqrt(jump.rate) * operator(jump.operator) for jump in system.jumps]
    times = [0.0, 0.3, 1.1, 2.5]
    options = {"atol": 1e-11, "rtol": 1e-10, "nsteps": 10**5}
    solved = qutip.mesolve(
        operator(system.hamiltonian), convert(start.matrix), times, jumps, options=options
    )
    for time, known in zip(times[1:], solved.states[1:], strict=True):
        found = ds.evolve(system, [0.0, time], start, engine=FOCK).state
        assert distance(found, known.full()) < 1e-8
        last = system.labels.index(f"B{len([x for x in system.labels if x[0] == 'B'])}")
        pair = qutip.concurrence(known.ptrace([0, last]))
        assert ds.concurrence(found, "A1", system.labels[last]) == pytest.approx(pair, abs=1e-6)


# Local operations -------------------------------------------------------------------------------


def local_operations(rng, count):
    """Kraus operators of a random channel of one qubit: blocks of a random isometry."""
    x = rng.normal(size=(2 * count, 2)) + 1j * rng.normal(size=(2 * count, 2))
    return np.linalg.qr(x)[0].reshape(count, 2, 2)


@settings(max_examples=60)
@given(seed=SEEDS, rank=st.integers(1, 4), count=st.integers(1, 4), side=st.sampled_from("AB"))
def test_local_operations_create_no_entanglement(seed, rank, count, side):
    """Neither if the outcome is forgotten, nor on average if it is known (Plenio 2005)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, rank)) + 1j * rng.normal(size=(4, rank))
    rho = x @ x.conj().T / np.linalg.norm(x) ** 2
    before = DensityState(("A1", "B1"), (2, 2), rho)
    one = np.eye(2)
    kraus = [
        np.kron(K, one) if side == "A" else np.kron(one, K) for K in local_operations(rng, count)
    ]
    branches = [K @ rho @ K.conj().T for K in kraus]
    after = DensityState(("A1", "B1"), (2, 2), sum(branches))
    for measure in (ds.log_negativity, ds.concurrence):
        start, known = measure(before, "A1", "B1"), 0.0
        for branch in branches:
            p = np.trace(branch).real
            known += p * measure(DensityState(("A1", "B1"), (2, 2), branch / p), "A1", "B1")
        assert measure(after, "A1", "B1") <= start + 1e-12
        assert known <= start + 1e-12
    if count == 1:  # a unitary changes nothing
        assert ds.log_negativity(after, "A1", "B1") == pytest.approx(
            ds.log_negativity(before, "A1", "B1"), abs=1e-12
        )


@settings(max_examples=4)
@given(seed=SEEDS, count=st.integers(1, 3))
def test_local_operations_on_a_rail_create_no_entanglement_between_rails(seed, count):
    state = ds.steady_state(imperfect(2, seed)).state
    kraus = local_operations(np.random.default_rng(seed), count)
    lifted = [np.kron(np.kron(np.eye(2), K), np.eye(4)) for K in kraus]  # on A2
    after = sum(K @ state.matrix @ K.conj().T for K in lifted)
    after = DensityState(state.labels, state.dimensions, after)
    rails = (["A1", "A2"], ["B1", "B2"])
    assert ds.log_negativity(after, *rails) <= ds.log_negativity(state, *rails) + 1e-12


# Units ------------------------------------------------------------------------------------------


def in_other_units(system, c):
    jumps = tuple(Jump(jump.operator, jump.rate * c, jump.name) for jump in system.jumps)
    return OpenSystem(system.spaces, system.hamiltonian * c, jumps)


@pytest.mark.parametrize("c", [1e-8, 1e-3, 1e3, 1e9])
def test_the_unit_of_rates_is_free(c):
    """All rates times c: the same steady states, and the same evolution in the time t/c."""
    pure, noisy = DualRail(2, 0.8, [0.3, -0.2], [0.2, -0.3]).system(), imperfect(2, 3).system()
    dark = [ds.steady_state(each).state for each in (pure, in_other_units(pure, c))]
    assert abs(np.vdot(dark[0].vector, dark[1].vector)) == pytest.approx(1.0, abs=1e-13)
    for method in ("dense", "krylov", "evolve"):
        engine = Lindblad(method=method, rtol=1e-12)
        plain, scaled = (ds.steady_state(x, engine) for x in (noisy, in_other_units(noisy, c)))
        assert distance(plain.state, scaled.state) < 1e-9
        assert plain.report.status == scaled.report.status
    times = np.array([0.0, 0.7, 3.0])
    slow = ds.evolve(noisy, times, engine=FLOW).state
    assert distance(slow, ds.evolve(in_other_units(noisy, c), times / c, engine=FLOW).state) < 1e-9


@pytest.mark.parametrize("c", [1e-2, 1e6])
def test_the_preparation_time_is_in_the_user_s_unit(c):
    # the event is found on a trajectory with local accuracy 1e-6, so its time is sharp to as much
    pure = DualRail(1, 1.0).system()
    plain = ds.preparation_time(pure, 1e-3)
    assert ds.preparation_time(in_other_units(pure, c), 1e-3) * c == pytest.approx(plain, rel=1e-4)
