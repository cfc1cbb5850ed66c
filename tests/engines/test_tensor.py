"""Matrix-product trajectories against dense propagators, dense trajectories and exact states."""

import math

import numpy as np
import pytest
import scipy.linalg
from scipy.optimize import brentq

import darkstate as ds
from darkstate.engines.tensor import MatrixProduct, TensorTrajectories
from darkstate.engines.tensor.groups import groups_of
from darkstate.engines.tensor.lines import lines_of
from darkstate.engines.tensor.mps import Cut, applied, canonical, overlap, weight_of
from darkstate.engines.tensor.sampling import run_one
from darkstate.engines.tensor.sites import chain_of
from darkstate.engines.tensor.steps import steps_of
from darkstate.engines.tensor.superoperators import components, superoperator_chain
from darkstate.engines.tensor.walker import Walker, dark_vectors, network_of
from darkstate.errors import ArgumentError, EngineMismatchError, MissingError
from darkstate.results import Status
from darkstate.states import PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_plus, sigma_x, sigma_z

ROUGH = {
    "detunings_a": [0.3, -0.2, 0.7],
    "detunings_b": [0.1, 0.5, -0.4],
    "loss": 0.1,
    "phase": 0.4,
    "decay": [0.1, 0.2, 0.3],
}


def rails(pairs, squeezing=1.0, **options):
    return ds.models.DualRail(pairs=pairs, squeezing=squeezing, **options)


def two_qubits(coupling=0.7, drive=0.0):
    """One qubit feeds another: the cascade of two emitters, written by hand."""
    p, q = Qubit("p"), Qubit("q")
    exchange = sigma_plus(p) * sigma_minus(q)
    H = 0.5j * coupling * (exchange - exchange.adjoint()) + drive * sigma_x(p)
    return OpenSystem((p, q), H, (Jump(sigma_minus(p) + sigma_minus(q), coupling, "light"),))


def along_the_chain(system):
    """The spaces in the order of the sites."""
    by_label = {space.label: space for space in system.spaces}
    return [by_label[label] for labels in chain_of(system).labels for label in labels]


def dense_channels(system):
    spaces = along_the_chain(system)
    jumps = [jump for jump in system.jumps if jump.rate]
    return [math.sqrt(j.rate) * operator_matrix(j.operator, spaces).toarray() for j in jumps]


def dense_generator(system, left_out=()):
    """``-iH - c†c/2`` along the chain, without the jumps of these names."""
    H = operator_matrix(system.hamiltonian, along_the_chain(system)).toarray()
    jumps = [jump for jump in system.jumps if jump.rate]
    kept = [
        c
        for c, j in zip(dense_channels(system), jumps, strict=True)
        if not any(word in j.name for word in left_out)
    ]
    return -1j * H - 0.5 * sum(c.conj().T @ c for c in kept)


def dense_operator(tensors):
    """The matrix of a matrix-product operator."""
    total = np.ones((1, 1, 1), dtype=complex)
    for W in tensors:
        total = np.einsum("xya,aijb->xiyjb", total, W)
        total = total.reshape(total.shape[0] * total.shape[1], -1, W.shape[3])
    return total[:, :, 0]


def dense_vector(tensors):
    total = np.ones((1, 1), dtype=complex)
    for A in tensors:
        total = np.einsum("xa,aib->xib", total, A).reshape(-1, A.shape[2])
    return total[:, 0]


def random_state(chain, bond, seed=0):
    rng = np.random.default_rng(seed)
    n = len(chain)
    bonds = [1, *[bond] * (n - 1), 1]
    shapes = [(bonds[k], chain.sizes[k], bonds[k + 1]) for k in range(n)]
    tensors = [rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes]
    for k in range(n - 1):  # left-canonical first, as `canonical` wants it
        chi, d, right = tensors[k].shape
        Q, R = np.linalg.qr(tensors[k].reshape(chi * d, right))
        tensors[k] = Q.reshape(chi, d, -1)
        tensors[k + 1] = np.tensordot(R, tensors[k + 1], 1)
    tensors[-1] /= np.linalg.norm(tensors[-1])
    return canonical(tensors, Cut(0.0, 10**6))[0]


# The generator and its steps ---------------------------------------------------------------------


def test_lines_are_the_couplings():
    """Starts, passes and ends multiply back to every coupling; two lines at any length."""
    chain = chain_of(rails(3, **ROUGH).system())
    lines = lines_of(chain)
    for (i, j), coupling in chain.couplings.items():
        flying = lines[i].starts.reshape(len(lines[i].starts), -1)
        for n in range(i + 1, j):
            flying = lines[n].passes @ flying
        found = flying.T @ lines[j].ends.reshape(len(lines[j].ends), -1)
        np.testing.assert_allclose(found, coupling, atol=1e-13)
    long = lines_of(chain_of(rails(12).system()))
    assert [len(each.starts) for each in long] == [2] * 11 + [0]


@pytest.mark.parametrize("options", [{}, ROUGH])
def test_order_of_a_step(options):
    """Local errors fall as dt^3 with two lines in flight, as dt^2 with one."""
    system = rails(3, **options).system()
    chain, K = chain_of(system), dense_generator(system)
    for quanta, order in ((1, 2), (2, 3)):
        steps = steps_of(chain, quanta)
        errors = [
            np.linalg.norm(dense_operator(steps.operator(dt)) - scipy.linalg.expm(dt * K), 2)
            for dt in (0.004, 0.002)
        ]
        assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)


def test_a_full_step_is_of_third_order():
    system = rails(3, detunings_a=0.4).system()
    chain, K = chain_of(system), dense_generator(system)
    network = network_of(chain, 0.1, Cut(0.0, 64), 0.0)
    errors = []
    for dt in (0.008, 0.004):
        first, second = (dense_operator(each) for each in network.operators(dt))
        errors.append(np.linalg.norm(second @ first - scipy.linalg.expm(dt * K), 2))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


# Matrix-product states ---------------------------------------------------------------------------


def test_applied_is_exact_without_cuts_and_counts_what_it_cuts():
    system = rails(4, detunings_a=0.4).system()
    chain = chain_of(system)
    state, operator = random_state(chain, 5), steps_of(chain).operator(0.05)
    exact = dense_operator(operator) @ dense_vector(state)
    moved, lost = applied(state, operator, Cut(0.0, 10**6))
    np.testing.assert_allclose(dense_vector(moved), exact, atol=1e-7)
    assert lost < 1e-12
    moved, lost = applied(state, operator, Cut(1e-3, 10**6))
    assert weight_of(moved) == pytest.approx(np.linalg.norm(exact) ** 2, rel=1e-2)
    unit = dense_vector(moved) / math.sqrt(weight_of(moved))
    missed = 1 - abs(np.vdot(unit, exact)) ** 2 / np.linalg.norm(exact) ** 2
    assert 0 < missed < 2 * lost < 0.01


def test_reduced_states_of_groups():
    chain = chain_of(rails(4).system())
    state = random_state(chain, 6, seed=2)
    labels = [label for site in chain.labels for label in site]
    whole = PureState(tuple(labels), (2,) * 8, dense_vector(state))
    groups = groups_of(chain, [("B3", "A1"), ("A2", "B2", "A4", "B4")])
    for names, rho in zip(groups.names, groups.states(state), strict=True):
        np.testing.assert_allclose(rho, whole.reduced(names).matrix, atol=1e-12)
    assert abs(overlap(state, state)) == pytest.approx(1.0)


def test_dark_vectors_of_the_rails():
    chain = chain_of(rails(3, 0.8, detunings_a=[1, 2, 3], detunings_b=[-1, -2, -3]).system())
    dark = dark_vectors(chain)
    assert dark is not None
    wanted = np.array([math.cosh(0.8), 0, 0, math.sinh(0.8)]) / math.sqrt(math.cosh(1.6))
    assert [abs(np.vdot(v, wanted)) for v in dark] == pytest.approx([1.0] * 3)
    assert dark_vectors(chain_of(rails(3, detunings_a=1e-6).system())) is None


# Trajectories ------------------------------------------------------------------------------------


class DenseRun:
    """The same trajectory with vectors and exponentials, drawing the same random numbers."""

    def __init__(self, system, start, stream):
        self.chain, spaces = chain_of(system), along_the_chain(system)
        self.values, self.vectors = np.linalg.eig(dense_generator(system, ("dephasing",)))
        self.inverse = np.linalg.inv(self.vectors)
        self.jumps = {
            j.name or f"jump {k + 1}": math.sqrt(j.rate)
            * operator_matrix(j.operator, spaces).toarray()
            for k, j in enumerate(system.jumps)
        }
        self.psi, self.stream, self.time, self.clicks = start, stream, 0.0, []
        self.threshold = stream.random()
        self.alarm = stream.exponential(1 / self.chain.rates.sum())

    def moved(self, t):
        return self.vectors @ (np.exp(self.values * t) * (self.inverse @ self.psi))

    def excess(self, t):
        return np.linalg.norm(self.moved(t)) ** 2 - self.threshold

    def drawn(self, weights):
        steps = np.cumsum(weights)
        return int(np.searchsorted(steps, self.stream.random() * steps[-1], side="right"))

    def advance(self, end):
        while self.time < end:
            span = min(self.alarm, end) - self.time
            clicked = self.excess(span) < 0
            if clicked:
                span = brentq(self.excess, 0, span, xtol=1e-12)
            self.psi, self.time = self.moved(span), self.time + span
            if clicked:
                after = [self.jumps[channel.name] @ self.psi for channel in self.chain.channels]
                kind = self.drawn([np.linalg.norm(x) ** 2 for x in after])
                self.psi = after[kind] / np.linalg.norm(after[kind])
                self.threshold = self.stream.random()
                self.clicks.append((self.time, self.chain.channels[kind].name))
            elif self.time >= self.alarm:
                kind = self.drawn(self.chain.rates)
                name = self.chain.clocks[kind].name
                self.psi = self.jumps[name] @ self.psi / math.sqrt(self.chain.rates[kind])
                self.clicks.append((self.time, name))
                self.alarm = self.time + self.stream.exponential(1 / self.chain.rates.sum())


def test_a_trajectory_is_that_of_the_state_vector():
    """Jump by jump the same channels at the same times, up to the error of the steps."""
    system = rails(3, dephasing=0.05, detunings_a=[0.0, 0.4, 0.9]).system()
    chain = chain_of(system)
    network = network_of(chain, 0.05, Cut(1e-12, 64), 1e-6)
    start = [np.eye(4, dtype=complex)[0].reshape(1, 4, 1)] * 3
    walker = Walker(network, start, np.random.default_rng(3))
    walker.advance(12.0)
    exact = DenseRun(system, dense_vector(start), np.random.default_rng(3))
    exact.advance(12.0)
    assert len(exact.clicks) == 50
    assert [name for _, name in walker.clicks] == [name for _, name in exact.clicks]
    gaps = [abs(t - s) for (t, _), (s, _) in zip(walker.clicks, exact.clicks, strict=True)]
    assert max(gaps) < 0.01


def test_two_excited_qubits_click_twice():
    """Every photon leaves through one channel: exactly two clicks, in every run."""
    system = two_qubits()
    excited = PureState.basis(("p", "q"), (2, 2), {"p": 1, "q": 1})
    engine = TensorTrajectories(20, seed=1)
    for k in range(20):
        task = engine._task(engine._network(system), excited, (60.0,), 0.0, (0,), dark=False)
        assert len(run_one(task, k).clicks) == 2


def test_a_driven_cascade_of_single_qubits():
    """Sites may be single qubits; here there is no dark state and nothing is skipped."""
    system = two_qubits(drive=0.4)
    engine = TensorTrajectories(60, seed=4, burn_in=15, duration=60, groups=(("p", "q"),))
    found = ds.steady_state(system, engine=engine)
    exact = ds.steady_state(system).state
    for labels in (["p"], ["q"], ["p", "q"]):
        value, error = found.state.estimate(ds.purity, labels)
        assert error < 0.02
        assert abs(value - ds.purity(exact, labels)) < 4 * error


@pytest.mark.parametrize(
    ("pairs", "seed", "options"),
    [
        (2, 11, {"dephasing": 0.1}),
        (3, 12, {"dephasing": 0.1, "detunings_a": [0, 1, 2], "detunings_b": [0, -1, -2]}),
        (2, 13, {"dephasing": 0.02, "detunings_a": [0.4, -0.9], "detunings_b": [0.2, 0.3]}),
    ],
)
def test_steady_states_agree_with_the_exact_ones(pairs, seed, options):
    """Dephased dark states and, third, random detunings, where there is no dark state."""
    model = rails(pairs, 0.7, **options)
    engine = TensorTrajectories(4, seed=seed, burn_in=30, duration=400)
    found, exact = ds.steady_state(model, engine=engine), ds.steady_state(model).state
    assert found.report.status is Status.CONVERGED
    for j in range(1, pairs + 1):
        pair = [f"A{j}", f"B{j}"]
        value, error = found.state.estimate(ds.purity, pair)
        assert 0 < error < 0.06
        assert abs(value - ds.purity(exact, pair)) < 4 * error
        matrix, truth = found.state.reduced(pair).matrix, exact.reduced(pair).matrix
        assert np.linalg.norm(matrix - truth) < 8 * found.report.error_estimate


def test_evolution_from_the_ground_state():
    """Purities of the pairs and of the whole over time, against the master equation."""
    model, times = rails(3, 0.8, dephasing=0.02), [0.0, 1.0, 3.0, 8.0]
    engine = TensorTrajectories(150, seed=8, keep=True)
    runs = engine.evolve(model.system(), times)
    pairs = {f"{j}": lambda s, j=j: ds.purity(s, [f"A{j}", f"B{j}"]) for j in (1, 2, 3)}
    exact = ds.evolve(model, times, measures=pairs | {"all": ds.purity}).table
    for k in range(1, len(times)):
        for j in (1, 2, 3):
            value, error = runs.states[k].estimate(ds.purity, [f"A{j}", f"B{j}"])
            assert error < 0.04
            assert abs(value - float(exact[f"{j}"][k])) < 4 * error
        value, error = runs.states[k].purity()
        assert error < 0.1
        assert abs(value - float(exact["all"][k])) < 4 * error
    assert ds.purity(runs.states[0]) == pytest.approx(1.0)


def test_twenty_dark_pairs_cost_nothing():
    """Without noise the dark state stays: C = tanh 2r for every pair, at no step."""
    model = rails(20)
    engine = TensorTrajectories(2, seed=1, burn_in=1e3, duration=1e4)
    found = ds.steady_state(model, engine=engine)
    table = [ds.concurrence(found.state, f"A{j}", f"B{j}") for j in range(1, 21)]
    assert table == pytest.approx([math.tanh(2.0)] * 20, abs=1e-10)
    assert found.report.truncation["largest bond"] == 1


# Seeds, reports, refusals ------------------------------------------------------------------------


def test_runs_do_not_depend_on_company_or_processes():
    model = rails(2, dephasing=0.1)
    options = {"seed": 5, "burn_in": 1.0, "duration": 8.0}
    two = ds.steady_state(model, engine=TensorTrajectories(2, **options)).state
    spread = ds.steady_state(model, engine=TensorTrajectories(2, workers=2, **options)).state
    one = ds.steady_state(model, engine=TensorTrajectories(1, **options)).state
    for group in range(2):
        np.testing.assert_array_equal(two.blocks[group], spread.blocks[group])
        np.testing.assert_array_equal(two.blocks[group][:16], one.blocks[group])


def test_too_narrow_bonds_are_suspect():
    model = rails(3, dephasing=0.1)
    engine = TensorTrajectories(1, seed=5, burn_in=0.0, duration=30.0, bond=1)
    report = ds.steady_state(model, engine=engine).report
    assert report.status is Status.SUSPECT
    assert report.truncation["discarded weight per disturbance"] > 0.03
    assert "raise bond" in report.warnings[0]
    assert report.provenance["entropy"] == 5


def test_a_sampled_state_knows_only_its_groups():
    model = rails(2, dephasing=0.1)
    engine = TensorTrajectories(1, seed=5, burn_in=0.0, duration=4.0)
    state = ds.steady_state(model, engine=engine).state
    assert ds.concurrence(state, "A1", "B1") == ds.concurrence(
        state.reduced(["B1", "A1"]), "A1", "B1"
    )
    with pytest.raises(MissingError, match="Name it in"):
        ds.concurrence(state, "A1", "B2")
    with pytest.raises(MissingError, match="keep=True"):
        ds.purity(state)
    with pytest.raises(ArgumentError, match="labels"):
        ds.entropy(state)


def test_refusals_name_the_remedy():
    engine = TensorTrajectories(2, burn_in=1.0, duration=1.0)
    offer = engine.offer(rails(2, bandwidth=10.0).system())
    assert not offer.can
    assert "bandwidth=math.inf" in offer.reason
    both_ways = engine.offer(rails(2, directionality=0.8).system())
    assert not both_ways.can
    assert "engines.Trajectories" in both_ways.reason
    p, q = Qubit("p"), Qubit("q")
    pairwise = (Jump(sigma_minus(p) * sigma_minus(q)), Jump(sigma_z(p)))
    assert not engine.offer(OpenSystem((p, q), sigma_x(p), pairwise)).can
    fine = engine.offer(rails(5, dephasing=0.1).system())
    assert fine.can
    assert fine.cost is not None
    assert "7" in fine.steps[1]
    with pytest.raises(ArgumentError, match="burn_in"):
        ds.steady_state(rails(2), engine=TensorTrajectories(2, duration=1.0))
    with pytest.raises(ArgumentError, match="groups"):
        ds.steady_state(rails(2), engine=TensorTrajectories(2, 1.0, 1.0, groups=(("A9",),)))
    with pytest.raises(ArgumentError, match="initial"):
        engine.steady_state(rails(2).system(), initial=PureState.basis("A1", 2))
    with pytest.raises(EngineMismatchError, match="modes"):
        engine.evolve(rails(2, bandwidth=10.0).system(), [0.0, 1.0])
    with pytest.raises(ArgumentError, match="times"):
        engine.evolve(rails(2).system(), [1.0, 0.0])
    with pytest.raises(ArgumentError, match="bond"):
        TensorTrajectories(2, bond=0)


# The density matrix as a matrix-product state ----------------------------------------------------


def test_the_superoperator_annihilates_the_exact_steady_state():
    model = rails(2, 0.8, dephasing=0.3, decay=0.2, loss=0.1, detunings_a=[0.1, 0.7])
    chain = superoperator_chain(chain_of(model.system()))
    one = np.eye(16)
    L = np.kron(chain.local[0], one) + np.kron(one, chain.local[1])
    L += chain.couplings[0, 1].reshape((16,) * 4).transpose(0, 2, 1, 3).reshape(256, 256)
    rho = ds.steady_state(model).state.reduced(["A1", "B1", "A2", "B2"]).matrix
    parts = rho.reshape((4,) * 4).transpose(0, 2, 1, 3).reshape(16, 16)  # sites apart
    halves = np.array([components(row.reshape(4, 4)) for row in np.eye(16)]).T
    halves = halves + 1j * np.array([components(-1j * row.reshape(4, 4)) for row in np.eye(16)]).T
    vector = halves @ parts @ halves.T
    assert np.abs(vector.imag).max() < 1e-12
    assert np.linalg.norm(L @ vector.ravel()) < 1e-8
    assert [len(each.starts) for each in lines_of(chain)] == [4, 0]


def test_relaxation_finds_the_steady_state():
    """Two steps and their extrapolation, against the exact state."""
    model = rails(3, 0.6, dephasing=0.1, detunings_a=[0, 1, 2], detunings_b=[0, -1, -2])
    found = ds.steady_state(model, engine=MatrixProduct(bond=16, step=0.1, tolerance=1e-5))
    exact = ds.steady_state(model).state
    assert found.report.status is Status.CONVERGED
    assert found.report.error_estimate < 0.02
    for j in (1, 2, 3):
        pair = [f"A{j}", f"B{j}"]
        gap = np.linalg.norm(found.state.reduced(pair).matrix - exact.reduced(pair).matrix)
        assert gap < 3e-3
    with pytest.raises(EngineMismatchError, match="TensorTrajectories"):
        MatrixProduct().evolve(model.system(), [0.0, 1.0])


def test_narrow_bonds_are_biased_upwards_and_suspect():
    """The cut correlations are those that carry noise downstream; the report says so."""
    model = rails(3, dephasing=0.02)
    exact = ds.concurrence(ds.steady_state(model).state, "A3", "B3")
    options = {"step": 0.1, "tolerance": 1e-3, "longest": 40.0}
    narrow = ds.steady_state(model, engine=MatrixProduct(bond=4, **options))
    assert narrow.report.status is Status.SUSPECT
    assert "raise bond" in " ".join(narrow.report.warnings)
    assert ds.concurrence(narrow.state, "A3", "B3") > exact + 0.05
