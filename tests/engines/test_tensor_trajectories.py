"""Matrix-product trajectories against dense trajectories, exact states and another engine."""

import math

import numpy as np
import pytest
from scipy.optimize import root_scalar
from scipy.sparse.linalg import expm_multiply
from tensor_brute import (
    along_the_chain,
    dense_vector,
    rails,
    two_qubits,
)

import darkstate as ds
from chance import sigmas
from darkstate.engines.contract import ask, run
from darkstate.engines.tensor import TensorTrajectories
from darkstate.engines.tensor.blocks import product_blocks
from darkstate.engines.tensor.mps import Cut
from darkstate.engines.tensor.sampling import run_one
from darkstate.engines.tensor.sites import chain_of
from darkstate.engines.tensor.walker import Walker, network_of
from darkstate.errors import ArgumentError, EngineMismatchError, MissingError
from darkstate.results import Status
from darkstate.states import PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_x, sigma_z

# Trajectories ------------------------------------------------------------------------------------


class DenseRun:
    """The same trajectory with vectors and exponentials, drawing the same random numbers."""

    def __init__(self, system, start, stream):
        self.chain, spaces = chain_of(system), along_the_chain(system)
        self.jumps = {
            j.name or f"jump {k + 1}": math.sqrt(j.rate) * operator_matrix(j.operator, spaces)
            for k, j in enumerate(system.jumps)
        }
        losses = [c.conj().T @ c for name, c in self.jumps.items() if "dephasing" not in name]
        H = operator_matrix(system.hamiltonian, spaces)
        self.generator = (-1j * H - 0.5 * sum(losses)).tocsr()
        self.psi, self.stream, self.time, self.clicks = start, stream, 0.0, []
        self.threshold = stream.random()
        self.alarm = stream.exponential(1 / self.chain.rates.sum())

    def moved(self, t):
        return expm_multiply(self.generator * t, self.psi)

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
                span = root_scalar(self.excess, bracket=(0, span), xtol=1e-12).root
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


def draws(seed):
    """Numbers that are the same in every run: what is compared is what is made of them."""
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize(
    ("pairs", "squeezing", "span", "bond", "clicks"),
    [(3, 1.0, 12.0, 64, 50), (6, 1.0, 3.0, 48, 5)],
)
def test_a_trajectory_is_that_of_the_state_vector(pairs, squeezing, span, bond, clicks):
    """Jump by jump the same channels at the same times, up to the error of the steps."""
    rungs = [0.0, 0.4, 0.9, 1.4, 2.1, 2.7][:pairs]
    system = rails(pairs, squeezing, dephasing=0.05, detunings_a=rungs).system()
    chain = chain_of(system)
    network = network_of(chain, 0.05, Cut(1e-12, bond), 1e-6)
    start = product_blocks([np.eye(4, dtype=complex)[0]] * pairs, chain.grades)
    walker = Walker(network, start, draws(3))
    walker.advance(span)
    exact = DenseRun(system, dense_vector(start, chain), draws(3))
    exact.advance(span)
    assert len(exact.clicks) >= clicks
    assert [name for _, name in walker.clicks] == [name for _, name in exact.clicks]
    gaps = [abs(t - s) for (t, _), (s, _) in zip(walker.clicks, exact.clicks, strict=True)]
    assert max(gaps) < 0.01


def test_blocks_change_no_trajectory():
    """With and without the charge: the same clicks at the same times."""
    chain = chain_of(rails(4, dephasing=0.05, detunings_a=[0, 1, 2, 3]).system())
    clicks = []
    for each in (chain, chain.plain()):
        network = network_of(each, 0.1, Cut(1e-10, 16), 1e-6)
        start = product_blocks([np.eye(4, dtype=complex)[0]] * 4, each.grades)
        walker = Walker(network, start, draws(7))
        walker.advance(6.0)
        clicks.append(walker.clicks)
    assert len(clicks[0]) > 10
    assert [name for _, name in clicks[0]] == [name for _, name in clicks[1]]
    times = [[t for t, _ in each] for each in clicks]
    np.testing.assert_allclose(times[0], times[1], atol=2e-3)


def test_an_initial_state_without_a_definite_charge(monkeypatch):
    """A superposition of charges is followed as well, without blocks."""
    monkeypatch.setattr("darkstate.engines.tensor.engine.PLAIN", 1)
    system = two_qubits()
    plus = np.array([1.0, 1.0]) / math.sqrt(2)
    start = PureState(("p", "q"), (2, 2), np.kron(plus, plus))
    engine = TensorTrajectories(300, seed=3, bond=32, step=0.2, groups=(("p", "q"),))
    found = run(engine, system, [0.0, 0.8], start).state
    exact = ds.evolve(system, [0.0, 0.8], initial=start).state
    gap = found.reduced(["p", "q"]).matrix - exact.reduced(["p", "q"]).matrix
    assert np.abs(gap).max() < sigmas(16) * 0.5 / math.sqrt(300)  # no entry spreads by more
    assert np.abs(exact.reduced(["p"]).matrix[0, 1]) > 0.2


def test_two_excited_qubits_click_twice():
    """Every photon leaves through one channel: exactly two clicks, in every run."""
    system = two_qubits()
    excited = PureState.basis(("p", "q"), (2, 2), {"p": 1, "q": 1})
    engine = TensorTrajectories(20, seed=1)
    for k in range(20):
        task = engine._job(engine._network(system), excited, (60.0,), 0.0, (0,), dark=False)
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
        # 60 runs of 16 blocks; the error is that of the merged ones, of 8 at least
        assert abs(value - ds.purity(exact, labels)) < sigmas(3, 59) * error


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
    engine = TensorTrajectories(3, seed=seed, burn_in=20, duration=200)
    found, exact = ds.steady_state(model, engine=engine), ds.steady_state(model).state
    # halves of the window are compared by few blocks, and may differ by chance
    assert all("two halves" in text for text in found.report.warnings)
    assert found.report.error_estimate is not None
    for j in range(1, pairs + 1):
        pair = [f"A{j}", f"B{j}"]
        value, error = found.state.estimate(ds.purity, pair)
        assert 0 < error < 0.08
        # 48 blocks of 12.5/gamma: neighbours hardly know of each other
        limit = sigmas(2 * pairs, 47)
        assert abs(value - ds.purity(exact, pair)) < limit * error
        matrix, truth = found.state.reduced(pair).matrix, exact.reduced(pair).matrix
        assert np.linalg.norm(matrix - truth) < limit * found.report.error_estimate


def test_evolution_from_the_ground_state():
    """Purities of the pairs and of the whole over time, against the master equation."""
    model, times = rails(3, 0.8, dephasing=0.02), [0.0, 1.0, 3.0, 8.0]
    engine = TensorTrajectories(60, seed=8, keep=True)
    runs = run(engine, model.system(), times)
    pairs = {f"{j}": lambda s, j=j: ds.purity(s, [f"A{j}", f"B{j}"]) for j in (1, 2, 3)}
    exact = ds.evolve(model, times, measures=pairs | {"all": ds.purity}).table
    assert exact is not None
    assert runs.states is not None
    for k in range(1, len(times)):
        for j in (1, 2, 3):
            value, error = runs.states[k].estimate(ds.purity, [f"A{j}", f"B{j}"])
            assert error < 0.131  # 2/sqrt(60) times the spread of numbers from 0 to 1, at most
            # a purity of the mean of n states is larger by (1 - purity)/n on average
            assert abs(value - float(exact[f"{j}"][k])) < sigmas(12, 59) * error + 1 / 60
        value, error = runs.states[k].purity()
        assert error < 0.131
        assert abs(value - float(exact["all"][k])) < sigmas(12, 59) * error
    assert ds.purity(runs.states[0]) == pytest.approx(1.0)


def test_twenty_dark_pairs_cost_nothing():
    """Without noise the dark state stays: C = tanh 2r for every pair, at no step."""
    model = rails(20)
    engine = TensorTrajectories(2, seed=1, burn_in=1e3, duration=1e3)
    found = ds.steady_state(model, engine=engine)
    table = [ds.concurrence(found.state, f"A{j}", f"B{j}") for j in range(1, 21)]
    assert table == pytest.approx([math.tanh(2.0)] * 20, abs=1e-10)
    assert found.report.truncation["largest bond"] == 1


# Seeds, reports, refusals ------------------------------------------------------------------------


def test_runs_do_not_depend_on_company_or_processes(request):
    model = rails(2, dephasing=0.1)
    workers = 2 if request.config.getoption("--reseed") is None else 1  # they keep their seeds
    options = {"seed": 5, "burn_in": 1.0, "duration": 8.0}
    two = ds.steady_state(model, engine=TensorTrajectories(2, **options)).state
    spread = ds.steady_state(model, engine=TensorTrajectories(2, workers=workers, **options)).state
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
    assert "raise bond" in report.warnings[-1]
    assert report.provenance["entropy"] == 5


def test_noise_that_was_not_seen_is_suspect():
    """Rare events: all samples are dark, their spread is zero, and that is no error estimate."""
    engine = TensorTrajectories(1, seed=5, burn_in=0.0, duration=10.0)
    report = ds.steady_state(rails(3, dephasing=1e-9), engine=engine).report
    assert report.status is Status.SUSPECT
    assert "only 0 disturbances" in report.warnings[0]


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
    with pytest.raises(MissingError, match="A1, A2, B1, B2 was not sampled"):
        ds.entropy(state)


def test_refusals_name_the_remedy():
    engine = TensorTrajectories(2, burn_in=1.0, duration=1.0)
    offer = ask(engine, rails(2, bandwidth=10.0).system())
    assert not offer.can
    assert "bandwidth=math.inf" in offer.reason
    both_ways = ask(engine, rails(2, directionality=0.8).system())
    assert not both_ways.can
    assert "engines.Trajectories" in both_ways.reason
    p, q = Qubit("p"), Qubit("q")
    pairwise = (Jump(sigma_minus(p) * sigma_minus(q)), Jump(sigma_z(p)))
    assert not ask(engine, OpenSystem((p, q), sigma_x(p), pairwise)).can
    fine = ask(engine, rails(5, dephasing=0.1).system())
    assert fine.can
    assert fine.cost is not None
    assert "7" in fine.steps[1]
    with pytest.raises(ArgumentError, match="burn_in"):
        ds.steady_state(rails(2), engine=TensorTrajectories(2, duration=1.0))
    with pytest.raises(ArgumentError, match="groups"):
        ds.steady_state(rails(2), engine=TensorTrajectories(2, 1.0, 1.0, groups=(("A9",),)))
    with pytest.raises(ArgumentError, match="initial"):
        run(engine, rails(2).system(), initial=PureState.basis("A1", 2))
    with pytest.raises(EngineMismatchError, match="modes"):
        run(engine, rails(2, bandwidth=10.0).system(), [0.0, 1.0])
    with pytest.raises(ArgumentError, match="times"):
        run(engine, rails(2).system(), [1.0, 0.0])
    with pytest.raises(ArgumentError, match="bond"):
        TensorTrajectories(2, bond=0)
