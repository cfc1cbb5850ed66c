"""The exact engine: generator against its superoperator and QuTiP, methods, dynamics, refusals."""

import math

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.engines.capabilities import PurificationTask
from darkstate.engines.contract import ask, run
from darkstate.engines.dark import NoJumps, dark_states
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.compile import compiled, dimensions, product_blocks
from darkstate.engines.density.factors import dicke_factors
from darkstate.engines.density.nojump import NoJumpInverse
from darkstate.engines.density.steady import dense_steady_state, krylov_steady_state
from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.results import Status
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
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
)
from darkstate.systems.operators import total


def dual_rail(pairs, squeezing=1.0, detunings_a=None, detunings_b=None, dephasing=0.0):
    """Qubits along two one-way waveguides under correlated broadband light, written by hand."""
    rails = [[Qubit(f"{side}{j}") for j in range(1, pairs + 1)] for side in "AB"]
    detunings = [*(detunings_a or [0.0] * pairs), *(detunings_b or [0.0] * pairs)]
    qubits = rails[0] + rails[1]
    H = total([0.5 * d * sigma_z(q) for d, q in zip(detunings, qubits, strict=True) if d])
    for rail in rails:
        for i in range(pairs):
            for j in range(i + 1, pairs):
                exchange = 0.5j * (sigma_plus(rail[i]) * sigma_minus(rail[j]))
                H = H + exchange + exchange.adjoint()
    LA, LB = (total([sigma_minus(q) for q in rail]) for rail in rails)
    c, s = math.cosh(squeezing), math.sinh(squeezing)
    jumps = [Jump(c * LA - s * LB.adjoint()), Jump(c * LB - s * LA.adjoint())]
    jumps += [Jump(sigma_z(q), dephasing / 2) for q in qubits if dephasing]
    return OpenSystem(tuple(qubits), H, tuple(jumps))


def random_hermitian(generator, seed):
    rng = np.random.default_rng(seed)
    d = generator.blocks.dimension
    x = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return generator.blocks.gather(x + x.conj().T)


def mixed_system(seed=0):
    """A qubit, a spin and a mode with complex couplings, a diagonal and a non-diagonal jump."""
    rng = np.random.default_rng(seed)
    q, s, m = Qubit("q"), Spin("s", 2), Mode("m")
    coupling = complex(*rng.normal(size=2)) * (sigma_plus(q) * destroy(m))
    second = complex(*rng.normal(size=2)) * (spin_minus(s) * create(m))
    H = coupling + coupling.adjoint() + second + second.adjoint() + 0.3 * number(m)
    jumps = (
        Jump(sigma_minus(q) + 0.4j * spin_minus(s), 0.7),
        Jump(sigma_z(q), 0.2),
        Jump(destroy(m), 1.1),
        Jump(create(m), 0.2),
    )
    return OpenSystem((q, s, m), H, jumps)


@pytest.mark.parametrize("system", [dual_rail(2, dephasing=0.1), mixed_system()])
def test_generator_against_its_superoperator(system):
    generator = compiled(system, product_blocks(system, dimensions(system, 4)))
    assert len(generator.blocks.members) > 1
    x, y = random_hermitian(generator, 1), random_hermitian(generator, 2)
    matrix = generator.matrix
    assert np.abs(matrix @ x - generator.apply(x)).max() < 1e-12
    adjoint = np.vdot(y, generator.apply(x)) - np.vdot(generator.apply_adjoint(y), x)
    assert abs(adjoint) < 1e-11
    assert generator.blocks.trace(generator.apply(x)) == pytest.approx(0.0, abs=1e-11)
    assert np.linalg.norm(generator.apply(x)) <= generator.scale * np.linalg.norm(x)


def test_sectors_keep_the_whole_steady_state():
    system = mixed_system()
    dims = dimensions(system, 4)
    blocks = dense_steady_state(compiled(system, product_blocks(system, dims)))
    whole = compiled(system, product_blocks(system, dims, charged=False))
    full = dense_steady_state(whole)
    found = compiled(system, product_blocks(system, dims)).blocks.scatter(blocks.flat)
    assert np.abs(found - whole.blocks.scatter(full.flat)).max() < 1e-11


def test_generator_against_qutip():
    system = dual_rail(2, 0.7, [0.3, -0.2], [0.1, 0.4], 0.05)
    H, jumps = in_qutip(system)
    rho = qutip.steadystate(H, jumps).full()
    ours = ds.steady_state(system)
    assert np.abs(np.asarray(ours.state.matrix) - rho).max() < 1e-9
    times = [0.0, 0.5, 2.0, 7.0]
    ground = qutip.tensor([qutip.basis(2, 0)] * 4)
    options = {"atol": 1e-11, "rtol": 1e-9, "nsteps": 100000}
    solved = qutip.mesolve(H, ground, times, c_ops=jumps, options=options)
    evolved = ds.evolve(system, times, measures={"purity": ds.purity}, engine=Lindblad(rtol=1e-11))
    for k, state in enumerate(solved.states):
        rho_k = state.full() if state.isoper else (state * state.dag()).full()
        expected = float(np.trace(rho_k @ rho_k).real)
        assert evolved.table["purity"].values[k] == pytest.approx(expected, abs=1e-7)
    assert np.abs(np.asarray(evolved.state.matrix) - rho_k).max() < 1e-7


def in_qutip(system):
    from darkstate.states.matrices import operator_matrix

    dims = [2] * len(system.spaces)

    def convert(operator):
        return qutip.Qobj(
            operator_matrix(operator, system.spaces, tuple(dims)).toarray(), dims=[dims, dims]
        )

    jumps = [math.sqrt(jump.rate) * convert(jump.operator) for jump in system.jumps]
    return convert(system.hamiltonian), jumps


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6), squeezing=st.sampled_from([0.3, 1.0, 1.5]))
def test_permuted_detunings_have_a_unique_dark_state(seed, squeezing):
    rng = np.random.default_rng(seed)
    detunings = rng.normal(size=3)
    order = rng.permutation(3)
    system = dual_rail(3, squeezing, detunings.tolist(), (-detunings[order]).tolist())
    result = ds.steady_state(system)
    assert isinstance(result.state, PureState)
    assert result.report.unique
    assert result.report.status is Status.CERTIFIED
    assert result.report.residual < 1e-13
    x = math.cosh(squeezing) ** 2 / math.cosh(2 * squeezing)
    one = -x * math.log2(x) - (1 - x) * math.log2(1 - x)
    assert ds.entropy(result.state, ["A1", "A2", "A3"]) == pytest.approx(3 * one, abs=1e-9)


def test_other_detunings_have_no_dark_state_and_krylov_agrees_with_dense():
    system = dual_rail(2, 0.8, [0.3, 0.1], [0.2, 0.5], 0.02)
    generator = compiled(system, product_blocks(system, dimensions(system, None)))
    hilbert = NoJumps(generator.hamiltonian, generator.jumps, generator.blocks.members, 1.0)
    assert dark_states(hilbert) is None
    direct = dense_steady_state(generator)
    iterative = krylov_steady_state(generator, 1e-12)
    assert np.abs(direct.flat - iterative.flat).max() < 1e-10
    evolved = ds.steady_state(system, Lindblad(method="evolve"))
    assert np.abs(generator.blocks.scatter(direct.flat) - evolved.state.matrix).max() < 1e-6
    assert evolved.report.status is Status.CONVERGED
    with pytest.raises(NumericalError, match="no dark state"):
        ds.steady_state(system, Lindblad(method="dark"))


def test_no_jump_inverse_inverts_the_no_jump_part():
    system = dual_rail(2, 0.8, [0.3, 0.1], [0.2, 0.5], 0.1)
    generator = compiled(system, product_blocks(system, (2,) * 4))
    inverse = NoJumpInverse(generator, 0.0)
    x, y = random_hermitian(generator, 3), random_hermitian(generator, 4)
    solved = inverse.apply(x)
    back = np.concatenate(
        [
            (K @ v + (K @ v.conj().T).conj().T).ravel()
            for K, v in zip(
                generator.products.effective, generator.blocks.views(solved), strict=True
            )
        ]
    )
    assert np.abs(back - x).max() < 1e-10
    adjoint = np.vdot(y, solved) - np.vdot(inverse.apply(y, adjoint=True), x)
    assert abs(adjoint) < 1e-10


def test_causality_of_the_cascade():
    """Tracing out the last pair leaves the exact smaller network."""
    a, b = [0.2, -0.4, 0.1], [0.3, 0.5, -0.2]
    long = ds.steady_state(dual_rail(3, 0.9, a, b, 0.05)).state
    short = ds.steady_state(dual_rail(2, 0.9, a[:2], b[:2], 0.05)).state
    reduced = long.reduced(["A1", "A2", "B1", "B2"])
    assert np.abs(np.asarray(reduced.matrix) - short.matrix).max() < 1e-7


def test_non_unique_steady_states_are_named_and_initial_selects_one():
    q, idle = Qubit("A1"), Qubit("B1")
    system = OpenSystem((q, idle), 0.0 * sigma_z(q), (Jump(sigma_minus(q)), Jump(sigma_z(idle))))
    with pytest.raises(NumericalError, match=r"not unique.*initial="):
        ds.steady_state(system)
    start = PureState(("A1", "B1"), (2, 2), np.array([0, 0.6, 0, 0.8]))  # B1 excited
    result = ds.steady_state(system, initial=start)
    assert np.real(np.diag(result.state.matrix)) == pytest.approx([0, 1, 0, 0], abs=1e-8)
    assert result.report.unique is None


def test_two_dark_states_are_not_called_unique():
    # a collective decay leaves both |00> and the singlet alone
    a, b = Qubit("A1"), Qubit("A2")
    system = OpenSystem((a, b), 0.0 * sigma_z(a), (Jump(sigma_minus(a) + sigma_minus(b)),))
    with pytest.raises(NumericalError, match="not unique"):
        ds.steady_state(system)
    # a dark state beside an undecayed subspace without one: the rank criterion must refuse it
    c = Qubit("C1")
    jumps = (Jump(sigma_minus(a)), Jump(sigma_z(c) * sigma_minus(b)), Jump(sigma_z(c)))
    with pytest.raises(NumericalError, match="not unique"):
        ds.steady_state(OpenSystem((a, b, c), 0.0 * sigma_z(a), jumps))


def test_fock_cutoff_grows_until_the_edge_is_empty():
    model = ds.models.CavityChains(1, loss=0.3, drive=ds.SqueezedDrive(0.8, 0.15))
    result = ds.steady_state(model, Lindblad(edge=1e-5))
    exact = ds.steady_state(model).state
    edges = result.report.truncation
    assert set(edges) == {"Fock edge of A1", "Fock edge of B1"}
    assert max(edges.values()) <= 1e-5
    assert ds.log_negativity(result.state, "A1", "B1") == pytest.approx(
        ds.log_negativity(exact, "A1", "B1"), abs=3e-3
    )
    small = ds.steady_state(model, Lindblad(cutoff=3))
    assert small.report.status is Status.SUSPECT
    assert "raise cutoff" in small.report.warnings[-1]


def test_evolution_keeps_coherences_between_sectors():
    q = Qubit("A1")
    system = OpenSystem((q,), 0.5 * sigma_z(q), (Jump(sigma_minus(q), 0.4),))
    start = PureState(("A1",), (2,), np.array([1, 1]) / math.sqrt(2))
    state = ds.evolve(system, [0.0, 2.0], start).state
    # <s-> = rho_10 turns with the transition frequency and halves its rate
    assert state.matrix[1, 0] == pytest.approx(0.5 * np.exp(-1j * 2.0 - 0.4), abs=1e-6)


def test_what_stands_still_is_followed():
    start = PureState(("A1",), (2,), np.array([1, 1]) / math.sqrt(2))
    result = ds.evolve(OpenSystem((Qubit("A1"),)), [0.0, 1.0, 5.0], start, keep_states=True)
    for state in result.states:
        assert np.abs(np.asarray(state.matrix) - 0.5).max() < 1e-15


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), t=st.floats(0.01, 20.0))
def test_evolution_stays_physical_and_composes(seed, t):
    rng = np.random.default_rng(seed)
    system = dual_rail(2, rng.uniform(0, 1.5), rng.normal(size=2).tolist(), None, rng.random())
    engine = Lindblad(rtol=1e-11)
    first = ds.evolve(system, [0.0, t], engine=engine).state
    assert first.margin() > -1e-8
    assert np.trace(first.matrix) == pytest.approx(1.0, abs=1e-8)
    twice = ds.evolve(system, [0.0, t], first, engine=engine).state
    direct = ds.evolve(system, [0.0, 2 * t], engine=engine).state
    assert np.abs(np.asarray(twice.matrix) - direct.matrix).max() < 1e-7


def test_preparation_time_of_one_pair():
    """Against a brute-force search on the dense propagator."""
    system = dual_rail(1)
    generator = compiled(system, product_blocks(system, (2, 2)))
    matrix = generator.matrix.toarray()
    import scipy.linalg

    values, vectors = scipy.linalg.eig(matrix)
    start = np.linalg.solve(vectors, generator.blocks.ground())
    times = np.linspace(0, 60, 60001)
    states = (vectors * start) @ np.exp(np.outer(values, times))
    impurity = 1 - np.sum(np.abs(states) ** 2, axis=0)
    above = np.flatnonzero(impurity > 1e-3)
    assert ds.preparation_time(system, 1e-3) == pytest.approx(times[above[-1]], abs=2e-3)


def test_preparation_that_never_happens_is_refused():
    system, task = dual_rail(1, dephasing=0.5), PurificationTask(impurity=1e-3, longest=500.0)
    with pytest.raises(NumericalError, match="did not purify"):
        run(Lindblad(), system, offer=ask(Lindblad(), system, task))


def test_preparation_keeps_to_the_memory_and_the_size_of_the_engine():
    with pytest.raises(CapacityError, match="`preparation_time` would need"):
        ds.preparation_time(dual_rail(3), engine=Lindblad(memory_limit=1e4))
    with pytest.raises(CapacityError, match=r"1048576 basis states are more than"):
        ds.preparation_time(dual_rail(10))


def test_refusals():
    e = Ensemble("e", 4)
    per_atom = OpenSystem((e,), 0.0 * spin_minus(e), (Jump(spin_minus(e), each_atom=True),))
    assert not ask(Lindblad(), per_atom).can
    many = OpenSystem(tuple(Qubit(f"q{k}") for k in range(30)), 0.0 * sigma_x(Qubit("q0")))
    with pytest.raises(CapacityError, match=r"2\^30|1073741824"):
        ds.steady_state(many)
    with pytest.raises(CapacityError, match="memory"):
        ds.steady_state(dual_rail(3), Lindblad(memory_limit=1e4))
    with pytest.raises(ArgumentError, match="cutoff"):
        Lindblad().linear_response(ds.models.CavityChains(1).system(), None)
    with pytest.raises(ArgumentError, match="initial"):
        ds.evolve(dual_rail(1), [0.0, 1.0], DensityState.maximally_mixed(("x", "y"), (2, 2)))


def test_jumps_keep_their_names_to_the_end():
    """What relaxes a state can be told from the generator: three channels of one process too."""
    q, e = Qubit("q"), Ensemble("e", 3)
    jumps = (Jump(sigma_minus(q), 0.3, "loss"), Jump(spin_minus(e), 0.1, "decay", each_atom=True))
    system = OpenSystem((q, e), sigma_x(q), jumps)
    generator = compiled(system, Blocks.of(system, dicke_factors(system, {})))
    assert [c.name for c in generator.channels] == ["loss", "decay", "decay", "decay"]
