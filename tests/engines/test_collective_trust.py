"""What the collective engine says about its answers: offers, refusals, uniqueness, prices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import ENGINES, Collective, Lindblad
from darkstate.engines.contract import Task, ask, run
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.compile import compiled
from darkstate.engines.density.factors import dicke_factors
from darkstate.engines.density.strategy import solved
from darkstate.engines.propagation import relax
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, NumericalError
from darkstate.frontdoor.selection import PREFERRED_SECONDS, choose
from darkstate.linalg.gmres import gmres
from darkstate.linalg.krylov import krylov_steps
from darkstate.models import AtomicEnsembles
from darkstate.states import EnsembleState, PureState
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    sigma_minus,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    spin_z,
)

E, F = Ensemble("e", 4), Ensemble("f", 4)
NOISE = {"optical_depth": 10.0, "cooling": 0.1, "heating": 0.02, "dephasing": 0.1}


def jumps(*pairs, each_atom=False):
    return tuple(Jump(operator, rate, each_atom=each_atom) for operator, rate in pairs)


def test_it_is_asked_before_the_lindblad_engine_and_only_for_ensembles():
    assert ENGINES.index(Collective) < ENGINES.index(Lindblad)
    assert ds.steady_state(AtomicEnsembles(3, 0.3)).report.engine == "collective"
    assert ds.steady_state(AtomicEnsembles(3, 0.3), engine=Lindblad()).report.unique
    qubit = OpenSystem((Qubit("q"),), jumps=(Jump(sigma_minus(Qubit("q"))),))
    assert ds.steady_state(qubit).report.engine == "lindblad"
    with pytest.raises(EngineMismatchError, match=r"for ensembles of atoms, but .* only Qubit"):
        ds.steady_state(qubit, engine=Collective())
    with pytest.raises(EngineMismatchError, match="only Qubit"):
        run(Collective(), qubit, [0.0, 1.0])


def test_a_job_of_an_hour_is_not_begun_unasked():
    """40 + 40 atoms with noise: exact in 40 minutes by prediction, so moment equations answer."""
    system = AtomicEnsembles(40, 0.5, **NOISE).system()
    exact = ask(Collective(), system)
    assert exact.can
    assert exact.cost is not None and exact.cost.seconds > PREFERRED_SECONDS
    chosen = ds.explain(system).chosen
    assert chosen is not None and chosen.engine == "moments"
    taken = choose(system)
    engine, offer = taken.engine, taken.offer
    assert (engine.name, offer.engine) == ("moments", "moments")


def test_without_a_faster_engine_the_slow_one_is_taken():
    """J^3 in H: the moment equations do not close."""
    system = AtomicEnsembles(40, 0.5, **NOISE).system()
    z = spin_z(Ensemble("I", 40))
    cubic = OpenSystem(system.spaces, z * z * z, system.jumps)
    assert choose(cubic).engine.name == "collective"
    chosen = ds.explain(cubic).chosen
    assert chosen is not None and chosen.engine == "collective"


def test_the_questions_of_an_offer():
    offer = ask(Collective(), AtomicEnsembles(12, 0.5, **NOISE).system())
    text = "\n".join(offer.steps)
    assert offer.can
    for line in (
        "'I' of 12 atoms", "single atoms? yes, in I, II", "49 x 49", "I + II",
        "13447 numbers in 637 blocks", "dark state? no",
    ):  # fmt: skip
        assert line in text
    dark = ask(Collective(), AtomicEnsembles(12, 0.5).system())
    assert "symmetric subspace" in "\n".join(dark.steps)
    assert "dark state? yes" in "\n".join(dark.steps)


def test_what_cannot_fit_is_refused_before_it_is_made():
    large = AtomicEnsembles(10**12, 0.5, cooling=0.1)
    offer = ask(Collective(), large.system())
    assert not offer.can
    assert "most that are sorted" in offer.reason
    small = Collective(memory_limit=3e7)
    with pytest.raises(CapacityError, match="more than the limit"):
        run(small, AtomicEnsembles(24, 0.5, **NOISE).system())
    with pytest.raises(CapacityError, match="`evolve` would need"):
        run(small, AtomicEnsembles(24, 0.5, **NOISE).system(), [0.0, 1.0])
    x = EnsembleState.identical_atoms("I", 12, (1, 0, 0))
    coherent = EnsembleState.product(x, EnsembleState.identical_atoms("II", 12))
    with pytest.raises(CapacityError, match="`evolve` would need"):
        run(small, AtomicEnsembles(12, 0.5, **NOISE).system(), [0.0, 1.0], coherent)


def test_memory_that_was_predicted_suffices_and_is_not_far_off():
    for atoms, kind in ((3, NOISE), (8, NOISE), (30, {})):
        cost = ask(Collective(), AtomicEnsembles(atoms, 0.5, **kind).system()).cost
        assert cost is not None
        assert 1e6 < cost.memory < 3e7
        assert 0.01 < cost.seconds < 10


NOT_UNIQUE = [
    (OpenSystem((E,), jumps=jumps((spin_z(E), 1.0), each_atom=True)), "sz(e)"),
    (OpenSystem((E, F), jumps=jumps((spin_minus(E), 1.0))), "sz(f)"),
    (
        OpenSystem((E, F), jumps=jumps((spin_minus(E) + spin_minus(F), 1.0))),
        "total spin of all ensembles together",
    ),
    (
        OpenSystem(
            (E, F),
            jumps=jumps(
                (spin_z(E), 1.0), (spin_plus(E) * spin_minus(F), 1.0),
                (spin_minus(E) * spin_plus(F), 0.5),
            ),
        ),
        "total sz",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("system", "what"), NOT_UNIQUE)
@pytest.mark.parametrize("method", ["auto", "krylov"])
def test_steady_states_that_are_not_unique_are_named(system, what, method):
    with pytest.raises(NumericalError, match="not unique") as caught:
        run(Collective(method=method), system)
    assert what in str(caught.value)
    assert "initial=" in str(caught.value)


@pytest.mark.parametrize("method", ["auto", "dark", "krylov"])
def test_one_dark_state_beside_a_mixed_steady_state_is_not_unique(method):
    """A qubit that never moves decides whether the ensemble is heated: dark only if it is down."""
    q = Qubit("q")
    heated = 0.5 * (1.0 + sigma_z(q)) * spin_plus(E)
    system = OpenSystem((q, E), jumps=jumps((spin_minus(E), 1.0), (heated, 0.5)))
    with pytest.raises(NumericalError, match=r"not unique.*sz\(q\)"):
        run(Collective(method=method), system)


def test_initial_selects_one_of_several_steady_states():
    system = NOT_UNIQUE[1][0]  # e decays, f keeps what it has
    start = PureState.basis(("e", "f"), (5, 5), {"e": 3, "f": 2})
    found = run(Collective(), system, initial=start)
    assert found.report.unique is None
    assert found.state.expectation(spin_z(F)).real == pytest.approx(0.0, abs=1e-9)
    assert found.state.expectation(spin_z(E)).real == pytest.approx(-2.0, abs=1e-6)


def test_total_spins_that_no_local_process_touches_are_kept():
    start = EnsembleState.identical_atoms("e", 4, (0.0, 0.0, 0.2))
    system = OpenSystem((E,), jumps=jumps((spin_minus(E), 1.0)))
    found = run(Collective(), system, initial=start)
    assert found.state.spin_populations("e") == pytest.approx(start.spin_populations("e"))
    expected = -sum(J * p for J, p in start.spin_populations("e").items())
    assert found.state.expectation(spin_z(E)).real == pytest.approx(expected, abs=1e-6)
    assert "as initial" in found.report.structure[1]


def test_initial_states_that_do_not_fit():
    engine, system = Collective(), AtomicEnsembles(2, 0.3).system()
    for wrong, text in (
        (EnsembleState.identical_atoms("I", 2), "state of the system"),
        (PureState.basis(("I", "II"), (4, 3)), "have 2 atoms in 'I'"),
        (np.eye(9), "of the kind EnsembleState or PureState or DensityState"),
    ):
        with pytest.raises(ArgumentError, match=text):
            run(engine, system, [0.0, 1.0], wrong)
    m = Mode("m")
    joint = OpenSystem((m, E), create(m) * spin_minus(E) + destroy(m) * spin_plus(E))
    with pytest.raises(ArgumentError, match="dimension 5 in 'm'"):
        run(Collective(cutoff=5), joint, [0.0, 0.1], PureState.basis(("m", "e"), (6, 5)))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"method": "magic"}, "method"),
        ({"rtol": 0.0}, "rtol"),
        ({"cutoff": 1}, "cutoff"),
        ({"krylov_size": 2}, "krylov_size"),
        ({"edge": 2.0}, "edge"),
        ({"memory_limit": -1.0}, "memory_limit"),
    ],
)
def test_bad_options(options, text):
    with pytest.raises(ArgumentError, match=text):
        Collective(**options)


def test_dark_states_that_do_not_exist():
    with pytest.raises(NumericalError, match="no dark state"):
        run(Collective(method="dark"), AtomicEnsembles(2, 0.3, **NOISE).system())


def test_a_dark_state_below_all_total_spins():
    """All atoms decay one by one: the ground state is dark, in a space of all J."""
    system = OpenSystem((E,), jumps=jumps((spin_minus(E), 1.0), each_atom=True))
    found = run(Collective(), system)
    assert isinstance(found.state, EnsembleState)
    assert found.report.unique
    assert found.state.expectation(spin_z(E)).real == pytest.approx(-2.0, abs=1e-12)


def test_unconverged_is_named(monkeypatch):
    system = AtomicEnsembles(3, 0.3, **NOISE).system()
    generator = compiled(system, Blocks.of(system, dicke_factors(system, {})))
    start = generator.blocks.mixed(generator.dtype)
    with pytest.raises(NumericalError, match="still moving at rate"):
        relax(generator.motion, start, 1e-9, 10, longest=5.0)
    with pytest.raises(NumericalError, match="GMRES did not decide: GMRES stopped at a residual"):
        monkeypatch.setattr("darkstate.engines.density.steady.MAX_ITERATIONS", 3)
        monkeypatch.setattr("darkstate.engines.density.steady.DIRECT_NUMBERS", 3)
        monkeypatch.setattr("darkstate.engines.density.steady.PATIENCE", 0.0)
        solved(generator, Collective(method="krylov").settings(system), None)


def test_evolution_has_its_own_price():
    model = AtomicEnsembles(8, 0.5, **NOISE)
    short, long = (ds.explain(model, times=[0.0, t]).offers[1] for t in (0.1, 100.0))
    assert short.method == "Krylov propagator"
    assert short.cost and long.cost and 0 < short.cost.seconds < long.cost.seconds
    refused = ask(Collective(), AtomicEnsembles(10**6, 0.5).system(), Task((0.0, 1.0)))
    assert not refused.can


@settings(max_examples=20)
@given(st.integers(2, 40), st.floats(0.1, 30.0), st.integers(0, 1000))
def test_krylov_methods_of_linalg_on_random_matrices(n, time, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n))
    A = -x @ x.T / n + 0.3 * (x - x.T) - 0.2 * np.eye(n)
    start = rng.normal(size=n)
    state = start
    for step in krylov_steps(lambda v: A @ v, start, time, 1e-10, 20):
        state = step.state(step.length)
    values, vectors = np.linalg.eig(A)
    exact = (vectors * np.exp(values * time)) @ np.linalg.solve(vectors, start.astype(complex))
    assert np.linalg.norm(state - exact) < 1e-8 * np.linalg.norm(start)
    solved = gmres(lambda v: A @ v, lambda v: v / np.diag(A), start, 1e-11, 500)
    assert solved.residual < 1e-10
    assert np.linalg.norm(A @ solved.x - start) < 1e-9 * np.linalg.norm(start)


def test_a_driven_ensemble_has_no_charge():
    system = OpenSystem((E,), 0.7 * spin_x(E), jumps((spin_minus(E), 1.0), each_atom=True))
    offer = ask(Collective(), system)
    assert "no combination" in "\n".join(offer.steps)
    assert run(Collective(), system).report.status == "certified"
