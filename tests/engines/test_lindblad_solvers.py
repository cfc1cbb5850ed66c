"""Real arithmetic, GMRES, the adjoint equation, what is conserved, costs and cut-offs."""

import re

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.engines.contract import ask, run
from darkstate.engines.density.compile import compiled, dimensions, product_blocks
from darkstate.engines.density.cost import (
    apply_seconds,
    evolution_cost,
    is_direct,
    steady_cost,
)
from darkstate.engines.density.nojump import NoJumpInverse
from darkstate.engines.stationary import TraceSolver, direct_steady_state
from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.linalg.gmres import gmres
from darkstate.linalg.krylov import krylov_steps
from darkstate.results import Status
from darkstate.states.matrices import operator_matrix
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_x,
)
from darkstate.systems.operators import total

RAIL = ds.models.DualRail(2, 0.8, dephasing=0.1)
CHAIN = ds.models.SpinChains(3, dephasing=0.1, drive=ds.SqueezedDrive(1.0, 0.5))
DETUNED = ds.models.DualRail(2, 0.8, [0.3, 0.1], [0.2, 0.5], dephasing=0.1)


def generator_of(model, cutoff=None):
    system = model if isinstance(model, OpenSystem) else model.system()
    return compiled(system, product_blocks(system, dimensions(system, cutoff)))


def dense_derivative(system, rho):
    """L rho by full matrices, for any rho."""
    dims = (2,) * len(system.spaces)
    H = operator_matrix(system.hamiltonian, system.spaces, dims).toarray()
    moved = -1j * (H @ rho - rho @ H)
    for jump in system.jumps:
        c = np.sqrt(jump.rate) * operator_matrix(jump.operator, system.spaces, dims).toarray()
        gram = c.conj().T @ c
        moved += c @ rho @ c.conj().T - 0.5 * (gram @ rho + rho @ gram)
    return moved


@pytest.mark.parametrize(("model", "real"), [(RAIL, True), (CHAIN, True), (DETUNED, False)])
def test_phases_make_the_generator_real_and_change_nothing(model, real):
    generator = generator_of(model)
    assert generator.real is real
    assert generator.blocks.ground(generator.dtype).dtype == (float if real else complex)
    rng = np.random.default_rng(0)
    d = generator.blocks.dimension
    x = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    flat = generator.blocks.gather(x + x.conj().T)
    rho = generator.blocks.scatter(flat)
    moved = generator.blocks.scatter(generator.apply(flat))
    assert np.abs(moved - dense_derivative(model.system(), rho)).max() < 1e-12
    assert np.abs(moved - moved.conj().T).max() <= 1e-13
    y = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    y = generator.blocks.gather(y + y.conj().T)
    left = np.vdot(y, generator.apply(flat)) - np.vdot(generator.apply_adjoint(y), flat)
    assert abs(left) < 1e-11


def test_phases_of_a_ring_with_flux_do_not_exist():
    # three exchanges around a ring with phase i in all: no choice of phases removes a flux
    ring = [Qubit(f"q{k}") for k in range(3)]
    for flux, real in ((0.0, False), (np.pi / 2, True)):
        H = 0.0 * sigma_z(ring[0])
        for k in range(3):
            hop = np.exp(1j * flux * (k == 0)) * (
                sigma_plus(ring[k]) * sigma_minus(ring[(k + 1) % 3])
            )
            H = H + hop + hop.adjoint()
        system = OpenSystem(tuple(ring), H, tuple(Jump(sigma_minus(q)) for q in ring))
        assert generator_of(system).real is real


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6))
def test_real_and_complex_generators_evolve_alike(seed):
    rng = np.random.default_rng(seed)
    real = ds.models.SpinChains(2, rng.uniform(0.3, 2), drive=ds.SqueezedDrive(1.0, 0.5))
    # the same physics in another basis: phases on the qubits
    system = real.system()
    angle = rng.uniform(0.1, 3.0)
    small = 1e-13 * total([sigma_z(Qubit("A1"))])  # too small to matter, enough to be complex
    generator = compiled(system, product_blocks(system, (2,) * 4))
    shifted = OpenSystem(system.spaces, system.hamiltonian + small, system.jumps)
    other = compiled(shifted, product_blocks(shifted, (2,) * 4))
    times = [0.0, angle]
    ends = []
    for each in (generator, other):
        state = each.blocks.ground(each.dtype)
        for step in krylov_steps(each.apply, state, times[1], 1e-12, 20):
            state = step.state(step.length)
        ends.append(each.blocks.scatter(state))
    assert np.abs(ends[0] - ends[1]).max() < 1e-9


@pytest.mark.parametrize("model", [ds.models.DualRail(3, 1.0), CHAIN])
def test_krylov_steps_are_as_accurate_as_they_say(model):
    """Against the dense exponential; the basis keeps its orthogonality with one pass."""
    generator = generator_of(model)
    exact = scipy.linalg.expm(3.0 * generator.matrix.toarray()) @ generator.blocks.ground(
        generator.dtype
    )
    for rtol in (1e-4, 1e-7, 1e-10):
        state = generator.blocks.ground(generator.dtype)
        for step in krylov_steps(generator.apply, state, 3.0, rtol, 30):
            state = step.state(step.length)
            gram = step.basis @ step.basis.T
            assert np.abs(gram - np.eye(len(gram))).max() < 1e-9
        assert np.linalg.norm(state - exact) < 3 * rtol * np.linalg.norm(exact)


def test_stored_states_have_trace_one_at_loose_tolerance():
    for model in (ds.models.DualRail(3, 1.0), CHAIN):
        states = run(Lindblad(rtol=1e-7), model.system(), [0.0, 1.0, 40.0]).states
        assert [np.trace(rho.matrix) for rho in states] == pytest.approx([1.0] * 3, abs=1e-12)


def test_steps_are_longer_than_the_norm_suggests():
    """Damping is followed for about m^2/|L|, not m/|L|: few applications reach far."""
    generator = generator_of(ds.models.DualRail(3, 1.0))
    for _ in krylov_steps(
        generator.apply, generator.blocks.ground(generator.dtype), 10.0, 1e-6, 30
    ):
        pass
    assert generator.applications < 0.35 * 10.0 * generator.scale


def test_gmres_on_a_dense_matrix():
    rng = np.random.default_rng(3)
    A = np.eye(40) + 0.1 * rng.normal(size=(40, 40))
    b = rng.normal(size=40)
    found = gmres(lambda x: A @ x, lambda x: 2.0 * x, b, 1e-12, 200)
    assert np.linalg.norm(A @ found.x - b) < 1e-11 * np.linalg.norm(b)
    singular = A - np.outer(A @ b, b) / (b @ b)  # b is a null vector
    stuck = gmres(lambda x: singular @ x, lambda x: x, rng.normal(size=40), 1e-10, 200)
    assert stuck.residual > 1e-3


def test_real_no_jump_inverse_of_large_blocks_keeps_pairs_of_eigenvalues_together():
    generator = generator_of(ds.models.SpinChains(4, drive=ds.SqueezedDrive(1.0, 0.5)))
    assert generator.real
    assert max(generator.blocks.sizes) > 64
    inverse = NoJumpInverse(generator, 0.1)
    x = np.random.default_rng(0).normal(size=generator.blocks.numbers)
    for view in generator.blocks.views(x):
        view[:] = view + view.T
    for adjoint in (False, True):
        solved = inverse.apply(x, adjoint=adjoint)
        for K, v, y in zip(
            generator.products.effective,
            generator.blocks.views(solved),
            generator.blocks.views(x),
            strict=True,
        ):
            dense = K if isinstance(K, np.ndarray) else K.toarray()
            dense = (dense.T if adjoint else dense) - 0.1 * np.eye(len(dense))
            half = dense @ v
            assert np.abs(half + half.T - y).max() < 1e-9 * np.abs(x).max()


def adjoint_of(engine, system, mean_of):
    """X of ``L† X = O - Tr(rho O)`` for an operator O."""
    dims = (2,) * len(system.spaces)
    right = operator_matrix(mean_of, system.spaces, dims).toarray()
    return engine.linear_response(system, run(engine, system).state, right).adjoint(right)[0]


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("model", [RAIL, CHAIN, DETUNED])
def test_adjoint_equation_against_the_superoperator(model, direct, monkeypatch):
    monkeypatch.setattr("darkstate.engines.density.response.is_direct", lambda *each: direct)
    generator = generator_of(model)
    system, engine = model.system(), Lindblad(rtol=1e-12)
    mean_of = sigma_z(Qubit("A1")) + 0.3 * sigma_z(Qubit("B2"))
    X = adjoint_of(engine, system, mean_of)
    rho = np.asarray(run(engine, system).state.matrix)
    assert np.trace(X @ rho) == pytest.approx(0.0, abs=1e-9)
    matrix = generator.matrix.conj().T
    mean_of = operator_matrix(mean_of, system.spaces, (2,) * len(system.spaces)).toarray()
    right = mean_of - np.trace(mean_of @ rho).real * np.eye(len(mean_of))
    blocks = generator.blocks
    left = matrix @ blocks.gather(X) - blocks.gather(right)
    assert np.abs(left).max() < 1e-8


def test_one_adjoint_solution_gives_all_gradients():
    engine = Lindblad(rtol=1e-12)
    mean_of = sigma_plus(Qubit("A1")) * sigma_plus(Qubit("B1"))
    mean_of = (
        mean_of + mean_of.adjoint() + sigma_z(Qubit("A2"))
    )  # detunings turn the pair correlation

    def mean(**changes):
        state = run(engine, ds.models.DualRail(2, **base | changes).system()).state
        return float(np.real(state.expectation(mean_of)))

    base = {"squeezing": 0.8, "detunings_a": 0.3, "detunings_b": 0.1, "dephasing": 0.1}
    system = ds.models.DualRail(2, **base).system()
    X = adjoint_of(engine, system, mean_of)
    rho = np.asarray(run(engine, system).state.matrix)
    h = 1e-4
    for name in ("squeezing", "detunings_a", "dephasing"):
        ahead, behind = (base | {name: base[name] + step} for step in (h, -h))
        change = [
            dense_derivative(ds.models.DualRail(2, **values).system(), rho)
            for values in (ahead, behind)
        ]
        gradient = -np.trace(X @ (change[0] - change[1])).real / (2 * h)
        differences = (mean(**ahead) - mean(**behind)) / (2 * h)
        assert gradient == pytest.approx(differences, rel=1e-5, abs=1e-7)


def test_adjoint_of_a_coherence_needs_the_whole_space():
    # sx changes the charge; its answer to a transverse field is in no charge sector
    q = Qubit("q")
    system = OpenSystem((q,), 0.5 * sigma_z(q), (Jump(sigma_minus(q)), Jump(sigma_plus(q), 0.2)))
    engine = Lindblad(rtol=1e-12)
    X = adjoint_of(engine, system, sigma_x(q))
    rho = np.asarray(run(engine, system).state.matrix)
    field = operator_matrix(sigma_x(q), system.spaces, (2,)).toarray()
    answer = -np.trace(X @ (-1j * (field @ rho - rho @ field))).real
    driven = [
        OpenSystem((q,), 0.5 * sigma_z(q) + f * sigma_x(q), system.jumps) for f in (1e-4, -1e-4)
    ]
    means = [np.real(run(engine, each).state.expectation(sigma_x(q))) for each in driven]
    assert answer == pytest.approx((means[0] - means[1]) / 2e-4, rel=1e-6)


def with_idle(hamiltonian=0.0, jump=None, pairs=2):
    """A dephased dual rail, and beside it a qubit C1 that nothing couples to."""
    system = ds.models.DualRail(pairs, 1.0, dephasing=0.1).system()
    idle = Qubit("C1")
    H = system.hamiltonian + hamiltonian * sigma_x(idle)
    jumps = (*system.jumps, *([Jump(jump(idle))] if jump else []))
    return OpenSystem((*system.spaces, idle), H, jumps)


@pytest.mark.parametrize(
    ("system", "name"),
    [(with_idle(jump=sigma_z), r"sz\(C1\)"), (with_idle(hamiltonian=0.3), r"sx\(C1\)")],
)
def test_krylov_counts_stationary_states_and_names_what_is_conserved(system, name):
    with pytest.raises(NumericalError, match=rf"2 linearly independent.*the trace: {name}\."):
        ds.steady_state(system, Lindblad(method="krylov"))


def test_dense_counts_stationary_states_and_names_what_is_conserved():
    qubits = [Qubit(f"A{k}") for k in (1, 2)]
    system = OpenSystem(
        tuple(qubits), 0.0 * sigma_z(qubits[0]), tuple(Jump(sigma_z(q)) for q in qubits)
    )
    with pytest.raises(NumericalError, match=r"4 linearly.*sz\(A1\); sz\(A2\); sz sz\(A1, A2\)"):
        ds.steady_state(system)
    hop = sigma_plus(qubits[0]) * sigma_minus(qubits[1])
    system = OpenSystem(tuple(qubits), hop + hop.adjoint(), system.jumps)
    with pytest.raises(NumericalError, match=r"3 linearly.*total sz; sz sz|3 linearly.*total sz"):
        ds.steady_state(system)


def test_the_test_of_uniqueness_costs_little_more_than_the_solve():
    generator = generator_of(ds.models.DualRail(3, 1.0, dephasing=0.1))
    from darkstate.engines.density.iterate import regularised
    from darkstate.engines.density.steady import krylov_steady_state

    blocks, scale = generator.blocks, generator.scale
    inverse = NoJumpInverse(generator, 1e-6 * scale)
    right = scale * blocks.mixed(generator.dtype)
    alone = gmres(regularised(generator), inverse.apply, right, 1e-9, 2000).iterations
    generator.applications = 0
    krylov_steady_state(generator, 1e-9)
    assert generator.applications < 2.5 * alone + 5


def test_costs_scale_as_the_work_does():
    models = [ds.models.DualRail(n, 1.0, dephasing=0.1) for n in (2, 3, 4)]
    generators = [generator_of(model) for model in models]
    numbers = np.array([g.blocks.numbers for g in generators])
    short = [evolution_cost(g, 100.0, 2, 30) for g in generators]
    long = [evolution_cost(g, 400.0, 2, 30) for g in generators]
    assert long[2].seconds == pytest.approx(4 * short[2].seconds, rel=0.2)
    assert long[2].memory == short[2].memory
    steady = [steady_cost(g, "auto", False) for g in generators]
    assert steady[2].seconds > 4 * steady[1].seconds
    more = evolution_cost(generators[2], 40.0, 102, 30).memory - long[2].memory
    assert more == 100 * 8 * numbers[2]  # real numbers, no vectors of GMRES
    detuned = generator_of(ds.models.DualRail(4, 1.0, [1, 2, 3, 4.0], dephasing=0.1))
    assert not detuned.real
    assert apply_seconds(detuned) > 2 * apply_seconds(generators[2])
    assert evolution_cost(detuned, 40.0, 2, 30).memory > 1.4 * long[2].memory


def test_explain_prices_the_method_that_runs():
    dark = ask(Lindblad(), ds.models.DualRail(4, 1.0).system()).cost
    krylov = ask(Lindblad(), ds.models.DualRail(4, 1.0, dephasing=0.1).system()).cost
    assert dark is not None
    assert krylov is not None
    assert dark.seconds < krylov.seconds


def field(rate):
    """A mode that gains and loses photons: thermal, ``p_n`` falls by `rate` a level."""
    m = Mode("m")
    return OpenSystem((m,), 0.0 * create(m) * destroy(m), (Jump(destroy(m)), Jump(create(m), rate)))


def test_a_cutoff_that_cannot_hold_the_field_is_refused_with_one_that_can():
    with pytest.raises(
        NumericalError, match=r"Fock edge of m holds 0.2.*with a cutoff of 4.*Use cutoff=\{'m': "
    ) as found:
        ds.steady_state(field(0.8), Lindblad(cutoff=4))
    advised = int(str(found.value).split("'m': ")[1].split("}")[0])
    assert (
        ds.steady_state(field(0.8), Lindblad(cutoff=advised)).report.truncation["Fock edge of m"]
        < 1e-4
    )
    with pytest.raises(NumericalError, match="Fock edge of m"):
        ds.evolve(field(0.8), [0.0, 50.0], engine=Lindblad(cutoff=4))


def test_growth_of_the_cutoff_stops_at_the_memory():
    engine = Lindblad("krylov", memory_limit=3e6)
    found = ds.steady_state(ds.models.DualRail(1, 1.5, bandwidth=1.0), engine)
    assert found.report.status is Status.SUSPECT
    assert re.search(r"before it, 4 for SA, .* left 0\.\d+ in that", found.report.warnings[0])


@pytest.mark.parametrize("pairs", [7, 8])
def test_networks_beyond_memory_are_refused_at_once(pairs):
    model, engine = ds.models.DualRail(pairs, 1.0), Lindblad(memory_limit=4e9)
    with pytest.raises((CapacityError, ArgumentError), match=r"memory|65536 basis states"):
        ds.steady_state(model, engine)
    with pytest.raises(CapacityError, match="memory"):
        ds.evolve(model, [0.0, 1.0], engine=engine)


def test_an_evolution_is_priced_by_its_length():
    model = ds.models.DualRail(4, 1.0)
    short, long = (ds.explain(model, times=[0.0, t]).chosen for t in (10.0, 1000.0))
    assert short is not None and long is not None
    assert short.cost is not None and long.cost is not None
    assert short.method == "Krylov propagator"
    assert long.cost.seconds > 10 * short.cost.seconds
    many = ds.explain(model, times=list(range(1001))).chosen
    assert many is not None and many.cost is not None
    # a thousand stored states of 12,870 real numbers
    assert many.cost.memory - long.cost.memory == pytest.approx(999 * 8 * 12870, rel=0.01)


# the direct route


def resonance_fluorescence(atoms: int, drive: float) -> OpenSystem:
    """A driven collective spin; critical at drive = 1."""
    e = Ensemble("e", atoms)
    return OpenSystem((e,), drive * spin_x(e), (Jump(spin_minus(e), 2.0 / atoms),))


@pytest.mark.parametrize("drive", [0.6, 1.5])
def test_a_narrow_generator_is_factorised(drive):
    """60 atoms, 3721 numbers: GMRES takes up to a thousand iterations.

    With c = S- + i w N/2 the generator is a multiple of D[c], and rho ~ c^-1 (c^-1)†
    (Puri and Lawande, Phys. Lett. A 72, 200 (1979)).
    """
    system = resonance_fluorescence(60, drive)
    offer = ask(Lindblad(), system)
    assert "then dense" in offer.reason or offer.reason.startswith("dense")
    found = run(Lindblad(), system)
    assert found.report.method == "dense" and found.report.status == "certified"
    e = system.spaces[0]
    lower = operator_matrix(spin_minus(e), (e,)).toarray()
    inverse = np.linalg.inv(lower + 0.5j * drive * 60 * np.eye(61))
    exact = inverse @ inverse.conj().T
    exact /= np.trace(exact)
    assert np.abs(found.state.matrix - exact).max() < 1e-9


@pytest.mark.parametrize("model", [RAIL, CHAIN, DETUNED])
def test_the_real_form_is_the_generator_in_real_coordinates(model):
    generator = generator_of(model)
    form, size = generator.real_form, generator.blocks.numbers
    x = np.random.default_rng(0).normal(size=size)
    flat = form.hermitian(x)
    assert np.linalg.norm(flat) == pytest.approx(np.linalg.norm(x))
    moved = form.hermitian(form.matrix @ x) - generator.matrix @ flat
    assert np.abs(moved).max() < 1e-12 * generator.scale
    assert form.matrix.dtype == float
    if generator.real:  # symmetric and antisymmetric parts fall apart
        entries = scipy.sparse.coo_array(form.matrix)
        lower = np.isin(np.arange(size), form.lower)
        assert np.all(lower[entries.row] == lower[entries.col])


def test_the_cheaper_of_two_methods_is_taken():
    wide = generator_of(ds.models.DualRail(4, 1.0, dephasing=0.1))
    assert not is_direct(wide, np.inf)
    narrow = generator_of(resonance_fluorescence(60, 0.6))
    assert is_direct(narrow, np.inf)
    assert not is_direct(narrow, 1e6)  # what does not fit is not tried


def test_factors_that_do_not_fit_are_left_to_gmres(monkeypatch):
    def full(*each, **options):
        raise MemoryError

    monkeypatch.setattr("darkstate.engines.stationary.spla.splu", full)
    found = run(Lindblad(), ds.models.DualRail(2, 1.0, dephasing=0.1).system())
    assert found.report.method.startswith("krylov")
    with pytest.raises(MemoryError):
        run(Lindblad("dense"), ds.models.DualRail(2, 1.0, dephasing=0.1).system())


def test_a_stalling_method_hands_over(monkeypatch):
    monkeypatch.setattr("darkstate.engines.density.steady.is_direct", lambda *each: False)
    monkeypatch.setattr("darkstate.engines.density.steady.iterations_worth", lambda *each: 20)
    found = run(Lindblad(), resonance_fluorescence(30, 1.5))
    assert found.report.method.startswith("dense, after GMRES stopped")
    assert found.report.status == "certified"


def test_what_is_singular_by_its_pattern_is_not_factorised(monkeypatch):
    """SuperLU leaves its arrays there: its BLAS is called with negative sizes."""
    kept = scipy.sparse.csr_array(np.diag([0.0, 0.0, -1.0]))  # two populations that nothing changes
    monkeypatch.setattr("scipy.sparse.linalg.splu", lambda *given, **options: pytest.fail("called"))
    for pivoting in (False, True):
        assert TraceSolver.of(kept, np.arange(3), 1.0, pivoting) is None


def test_factors_without_pivoting_are_looked_at(monkeypatch):
    """Weak damping beside fast exchange: digits are lost, refined, or asked for with pivots."""
    system = resonance_fluorescence(20, 1.5)
    fast = OpenSystem(system.spaces, 300.0 * system.hamiltonian, system.jumps)
    form = compiled(fast, product_blocks(fast, (21,))).real_form
    kinds = []
    made = TraceSolver.of

    def watched(matrix, diagonal, scale, pivoting):
        kinds.append(pivoting)
        return made(matrix, diagonal, scale, pivoting)

    monkeypatch.setattr(TraceSolver, "of", watched)
    given = (form.matrix, form.magnitude, form.diagonal, form.scale)
    found = direct_steady_state(*given)
    assert kinds == [False]
    monkeypatch.setattr("darkstate.engines.stationary.TRUSTED", 0.0)
    again = direct_steady_state(*given)
    assert kinds == [False, False, True]
    assert np.linalg.norm(found.flat - again.flat) <= found.error + again.error
    assert found.unique and again.unique
    assert found.rate == pytest.approx(again.rate, rel=1e-6)
