"""The collective engine against brute force, closed forms, QuTiP's PIQS and itself."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from collective_brute import (
    all_down,
    collective,
    evolved,
    liouvillian,
    on_atom,
    one_ensemble,
    pair,
    stationary,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from qutip import Qobj, expect
from qutip.piqs.piqs import Dicke, jspin
from scipy.sparse.linalg import spsolve

import darkstate as ds
from darkstate.engines import Collective, Lindblad
from darkstate.engines.contract import run
from darkstate.models import AtomicEnsembles
from darkstate.states import EnsembleState, PureState, atom_by_atom
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    spin_minus,
    spin_plus,
    spin_x,
    spin_z,
)

NOISE = {"optical_depth": 10.0, "cooling": 0.1, "heating": 0.02, "dephasing": 0.1}


PIQS_PRECISION = 1e-6
"""Its matrix elements are computed in single precision: 6e-8 of each rate."""


def polarised(atoms: int) -> EnsembleState:
    down = EnsembleState.identical_atoms("I", atoms)
    return EnsembleState.product(down, EnsembleState.identical_atoms("II", atoms, (0, 0, 1)))


@pytest.mark.parametrize(("first", "second"), [(2, 2), (2, 3)])
@pytest.mark.parametrize("method", ["dense", "krylov"])
def test_steady_state_with_all_local_processes_against_brute_force(first, second, method):
    system, L = pair(first, second)
    found = run(Collective(method=method, rtol=1e-12), system)
    rho = atom_by_atom(found.state).matrix
    assert np.abs(rho - stationary(L)).max() < 1e-10
    assert found.report.unique
    assert found.report.status == "certified"


@pytest.mark.parametrize(("first", "second"), [(2, 2), (2, 3)])
def test_evolution_against_brute_force(first, second):
    system, L = pair(first, second)
    times = [0.0, 0.3, 1.1]
    found = run(Collective(rtol=1e-14), system, times)
    for time, state in zip(times, found.states, strict=True):
        exact = evolved(L, all_down(first + second), time)
        assert np.abs(atom_by_atom(state).matrix - exact).max() < 1e-10
    assert len(found.states[1:]) == 2


def test_coherent_initial_states_and_drives_leave_the_charge_sector():
    system, L = pair(2, 2, drive=0.6)
    x = EnsembleState.identical_atoms("I", 2, (0.6, 0.0, 0.8))
    initial = EnsembleState.product(x, EnsembleState.identical_atoms("II", 2, (0.0, 0.5, -0.5)))
    found = run(Collective(rtol=1e-14), system, [0.0, 0.8], initial)
    exact = evolved(L, atom_by_atom(initial).matrix, 0.8)
    assert np.abs(atom_by_atom(found.state).matrix - exact).max() < 1e-10
    system, L = pair(2, 2)  # a charge is conserved, but this state has coherences between values
    found = run(Collective(rtol=1e-14), system, [0.0, 0.8], initial)
    exact = evolved(L, atom_by_atom(initial).matrix, 0.8)
    assert np.abs(atom_by_atom(found.state).matrix - exact).max() < 1e-10
    assert "coherences" in found.report.structure[0]


def test_jumps_that_mix_letters_and_constants():
    e = Ensemble("e", 3)
    mixed = 0.5 * spin_minus(e) + (0.2 + 0.3j) * spin_z(e) - 0.4j * spin_plus(e) + 0.7
    product = spin_plus(e) * spin_minus(e)  # of one atom: the projector on up
    jumps = (Jump(mixed, 0.9, each_atom=True), Jump(product, 0.6, each_atom=True))
    state = run(Collective(rtol=1e-14), OpenSystem((e,), jumps=jumps), [0.0, 0.7]).state
    letters = {k: [on_atom(k, i, 3) for i in range(3)] for k in "+-z"}
    brute = []
    for i in range(3):
        minus, plus, z = (letters[k][i] for k in "-+z")
        one = 0.5 * minus + (0.2 + 0.3j) * z - 0.4j * plus + 0.7 * np.eye(8)
        brute += [np.sqrt(0.9) * one, np.sqrt(0.6) * plus @ minus]
    exact = evolved(liouvillian(np.zeros((8, 8)), brute), all_down(3), 0.7)
    assert np.abs(atom_by_atom(state).matrix - exact).max() < 1e-10


def spins_of(atoms: int, which: str) -> Any:
    """A collective operator of PIQS."""
    return jspin(atoms, which)


def piqs_steady_state(system: Dicke) -> Qobj:
    """Null vector of the PIQS Liouvillian, which is singular between different J."""
    L = sp.csr_array(system.liouvillian().data.as_scipy())
    spin = np.concatenate([np.full(t + 1, t) for t in range(system.N, -1, -2)])
    kept, d = np.flatnonzero(np.equal.outer(spin, spin).ravel()), len(spin)
    trace = np.eye(d).ravel()[None, kept]
    rows = sp.vstack([sp.csr_array(trace), L[kept][1:, kept]], format="csc")
    flat = np.zeros(d * d, dtype=complex)
    flat[kept] = spsolve(rows, np.eye(1, len(kept)).ravel())
    return Qobj(flat.reshape(d, d).T)


@pytest.mark.parametrize("atoms", [3, 6])
def test_a_single_ensemble_against_piqs(atoms):
    rates = {"-": 0.4, "+": 0.2, "z": 0.4}
    system = one_ensemble(atoms, 0.8, rates, emission=0.5, dephasing=0.1)
    state = run(Collective(rtol=1e-12), system).state
    jp, jm = spins_of(atoms, "+"), spins_of(atoms, "-")
    peer = Dicke(
        atoms, hamiltonian=0.8 * spins_of(atoms, "x"), emission=0.4, pumping=0.2, dephasing=0.4,
        collective_emission=0.5, collective_dephasing=0.1,
    )  # fmt: skip
    rho = piqs_steady_state(peer)
    e = Ensemble("e", atoms)
    pairs = [(spin_z(e), spins_of(atoms, "z")), (spin_x(e), spins_of(atoms, "x"))]
    pairs += [
        (spin_plus(e) * spin_minus(e), jp * jm),
        (spin_z(e) * spin_z(e), spins_of(atoms, "z") ** 2),
    ]
    for mine, theirs in pairs:
        assert state.expectation(mine).real == pytest.approx(
            expect(theirs, rho), abs=PIQS_PRECISION
        )
    spins = list(state.spin_populations("e").values())
    diagonal, start, found = rho.diag(), 0, []
    for twice in range(atoms, -1, -2):
        found.append(float(np.sum(diagonal[start : start + twice + 1]).real))
        start += twice + 1
    assert spins == pytest.approx(found, abs=PIQS_PRECISION)


def test_a_driven_ensemble_against_brute_force():
    rates = {"-": 0.4, "+": 0.2, "z": 0.4}
    system = one_ensemble(4, 0.8, rates, emission=0.5, dephasing=0.1)
    state = run(Collective(rtol=1e-12), system).state
    every = range(4)
    jumps = [np.sqrt(g) * on_atom(k, i, 4) for k, g in rates.items() for i in every]
    jumps += [np.sqrt(g) * collective(k, every, 4) for k, g in (("-", 0.5), ("z", 0.1))]
    exact = stationary(liouvillian(0.8 * collective("x", every, 4), jumps))
    assert np.abs(atom_by_atom(state).matrix - exact).max() < 1e-10


@pytest.mark.parametrize("atoms", [1, 2, 4, 8, 12])
def test_xi_without_noise_is_exact_at_every_size(atoms):
    model = AtomicEnsembles(atoms, 0.5)
    result = ds.steady_state(model)
    assert result.report.engine == "collective"
    assert isinstance(result.state, PureState)
    assert ds.epr_spin_variance(result.state, "I", "II") == pytest.approx(np.exp(-1.0), abs=1e-9)
    k = np.tanh(0.5) ** np.arange(atoms + 1)  # sum_k tanh^k |k>|N - k>
    exact = np.zeros((atoms + 1, atoms + 1))
    exact[np.arange(atoms + 1), atoms - np.arange(atoms + 1)] = k / np.linalg.norm(k)
    assert abs(abs(exact.ravel() @ result.state.vector) - 1) < 1e-12
    assert "total spin conserved" in " ".join(result.report.structure)


def test_a_hundred_and_a_hundred_atoms():
    result = ds.steady_state(AtomicEnsembles(100, 0.5))
    assert result.report.unique
    assert ds.epr_spin_variance(result.state, "I", "II") == pytest.approx(np.exp(-1.0), abs=1e-9)


def test_methods_agree_where_the_state_is_mixed():
    system = AtomicEnsembles(5, 0.4, **NOISE).system()
    states = {
        method: run(Collective(method=method), system, initial=start).state  # type: ignore
        for method, start in (("dense", None), ("krylov", None), ("evolve", polarised(5)))
    }
    for state in states.values():
        assert np.abs(state.values - states["dense"].values).max() < 1e-7


@pytest.mark.parametrize("atoms", [2, 4])
def test_collective_noise_against_the_lindblad_engine(atoms):
    system = AtomicEnsembles(atoms, 0.4).system()
    more = tuple(Jump(spin_z(Ensemble(k, atoms)), 0.2) for k in system.labels)
    system = OpenSystem(system.spaces, system.hamiltonian, system.jumps + more)
    mine, theirs = (run(engine, system).state for engine in (Collective(), Lindblad()))
    assert np.abs(mine.density().matrix - theirs.matrix).max() < 1e-9


def test_qubits_and_modes_beside_an_ensemble():
    e, q, m = Ensemble("e", 2), Qubit("q"), Mode("m")
    exchange = create(m) * spin_minus(e) + destroy(m) * spin_plus(e)
    H = 0.3 * exchange + 0.2 * (sigma_plus(q) * spin_minus(e) + sigma_minus(q) * spin_plus(e))
    jumps = (Jump(destroy(m), 1.0), Jump(sigma_minus(q), 0.4), Jump(spin_plus(e), 0.3))
    system = OpenSystem((m, q, e), H, jumps)
    mine = run(Collective(cutoff=8, rtol=1e-12), system)
    theirs = run(Lindblad(cutoff=8, rtol=1e-12), system)
    assert mine.state.expectation(number(m)) == pytest.approx(
        theirs.state.expectation(number(m)), abs=1e-9
    )
    assert ds.log_negativity(mine.state, "q", ["e", "m"]) == pytest.approx(
        ds.log_negativity(theirs.state, "q", ["e", "m"]), abs=1e-8
    )
    few = run(Collective(cutoff=3), system).report
    assert few.status == "suspect"
    assert "raise cutoff" in few.warnings[0]


@settings(max_examples=40)
@given(
    r=st.floats(0.1, 0.8),
    rates=st.tuples(*[st.just(0.0) | st.floats(1e-50, 1.0)] * 3),
    time=st.floats(0.05, 2.0),
    first=st.integers(1, 4),
    second=st.integers(1, 4),
)
def test_laws_of_an_evolution(r, rates, time, first, second):
    a, b = Ensemble("a", first), Ensemble("b", second)
    jumps = [Jump(np.cosh(r) * spin_minus(a) - np.sinh(r) * spin_minus(b), 0.5)]
    jumps += [Jump(np.cosh(r) * spin_plus(b) - np.sinh(r) * spin_plus(a), 0.5)]
    jumps += [
        Jump(letter(space), rate, each_atom=True)
        for space in (a, b)
        for letter, rate in zip((spin_minus, spin_plus, spin_z), rates, strict=True)
    ]
    state = run(Collective(rtol=1e-13), OpenSystem((a, b), jumps=tuple(jumps)), [0, time]).state
    assert sum(state.spin_populations("a").values()) == pytest.approx(1.0, abs=1e-10)
    assert state.margin() > -1e-10
    S = spin_plus(a) * spin_plus(b)  # changes the charge a + b, whose coherences stay zero
    assert abs(state.expectation(S)) < 1e-12
    assert abs(state.expectation(spin_x(a))) < 1e-12
    if first + second <= 5:
        rho = atom_by_atom(state)
        swapped = rho.reduced([*rho.labels[:first][::-1], *rho.labels[first:][::-1]])
        assert np.abs(swapped.matrix - rho.matrix).max() < 1e-12
        assert ds.purity(rho) == pytest.approx(ds.purity(state), rel=1e-10)


@settings(max_examples=40)
@given(
    rates=st.tuples(*[st.just(0.0) | st.floats(1e-50, 1.0)] * 3).filter(any),
    time=st.floats(0.01, 1.0),
    r=st.floats(0.1, 1.0),
)
def test_local_processes_never_raise_the_entanglement(rates, time, r):
    a, b = Ensemble("I", 3), Ensemble("II", 3)
    start = ds.steady_state(AtomicEnsembles(3, r)).state
    jumps = [
        Jump(letter(space), rate, each_atom=True)
        for space in (a, b)
        for letter, rate in zip((spin_minus, spin_plus, spin_z), rates, strict=True)
    ]
    system = OpenSystem((a, b), jumps=tuple(jumps))
    states = run(Collective(rtol=1e-13), system, [0.0, time, 2 * time], start).states
    found = [ds.log_negativity(state, "I", "II") for state in states]
    assert found[0] == pytest.approx(ds.log_negativity(start, "I", "II"), abs=1e-9)
    assert np.all(np.diff(found) < 1e-9)


def test_atoms_that_forget_one_by_one():
    """Independent atoms stay independent: every atom decays as one atom does."""
    e = Ensemble("e", 30)
    system = OpenSystem((e,), jumps=(Jump(spin_minus(e), 0.7, each_atom=True),))
    start = EnsembleState.identical_atoms("e", 30, (0.0, 0.0, 1.0))
    state = run(Collective(rtol=1e-13), system, [0.0, 1.0], start).state
    up = np.exp(-0.7)
    exact = EnsembleState.identical_atoms("e", 30, (0.0, 0.0, 2 * up - 1))
    for J, p in exact.spin_populations("e").items():
        assert state.spin_populations("e")[J] == pytest.approx(p, abs=1e-10)
    one = -(up * np.log2(up) + (1 - up) * np.log2(1 - up))
    assert ds.entropy(state) == pytest.approx(30 * one, abs=1e-6)


@pytest.mark.slow
def test_finite_sizes_approach_the_large_ensemble_as_one_over_the_number_of_atoms():
    sizes = [4, 8, 16]
    models = [AtomicEnsembles(n, 0.4, **NOISE) for n in sizes]
    xi = [ds.epr_spin_variance(run(Collective(), m.system()).state, "I", "II") for m in models]
    gaps = np.array(xi) - models[0].large_atoms_xi()
    slope = np.polyfit(np.log(sizes), np.log(np.abs(gaps)), 1)[0]
    assert -1.3 < slope < -0.5
