"""Interop with QuTiP: what goes there and comes back is the same, and means the same."""

import builtins

import numpy as np
import pytest
import qutip
import scipy.sparse as sp

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.errors import ArgumentError, EngineMismatchError, MissingError, UnphysicalError
from darkstate.states import DensityState, PureState, from_qutip, operator_matrix, to_qutip
from darkstate.systems import (
    Drive,
    Ensemble,
    Jump,
    Levels,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    create,
    destroy,
    number,
    pulses,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_z,
)

Q, M, S = Qubit("q"), Mode("m"), Spin("s", 2)
CUTOFF = {"m": 5}


def random_pure(labels, dimensions, seed=0):
    rng = np.random.default_rng(seed)
    vector = rng.normal(size=(2, int(np.prod(dimensions)))).T @ np.array([1, 1j])
    return PureState(labels, dimensions, vector / np.linalg.norm(vector))


def test_states_there_and_back():
    pure = random_pure(("q", "m", "s"), (2, 5, 3))
    ket = to_qutip(pure)
    assert ket.type == "ket"
    assert ket.dims[0] == [2, 5, 3]
    again = from_qutip(ket, ["q", "m", "s"])
    assert isinstance(again, PureState)
    assert again.dimensions == (2, 5, 3)
    assert np.array_equal(again.vector, pure.vector)
    mixed = pure.reduced(["m", "q"])
    rho = to_qutip(mixed)
    assert rho.dims == [[5, 2], [5, 2]]
    assert (rho.ptrace(1) - to_qutip(pure.reduced("q"))).norm() < 1e-14
    back = from_qutip(rho, ["m", "q"])
    assert isinstance(back, DensityState)
    assert np.array_equal(back.matrix, mixed.matrix)
    alone = from_qutip(qutip.basis(2, 1), "q")
    assert isinstance(alone, PureState)
    assert alone.expectation(sigma_z(Q)) == 1.0  # index 1 is excited


def test_operators_there_and_back():
    operator = 0.3 * sigma_plus(Q) * destroy(M) + 0.3 * sigma_minus(Q) * create(M) + 2 * number(M)
    operator = operator + 0.1j * spin_z(S) * spin_plus(S) - 4.0
    there = to_qutip(operator, CUTOFF, [S, Q, M])
    assert there.dims == [[3, 2, 5]] * 2
    a = qutip.tensor(qutip.qeye(3), qutip.qeye(2), qutip.destroy(5))
    lower = qutip.tensor(qutip.qeye(3), qutip.basis(2, 0) * qutip.basis(2, 1).dag(), qutip.qeye(5))
    up = qutip.tensor(qutip.Qobj(qutip.jmat(1, "-").full()), qutip.qeye(2), qutip.qeye(5))
    z = qutip.tensor(-qutip.jmat(1, "z"), qutip.qeye(2), qutip.qeye(5))
    expected = 0.3 * (lower.dag() * a + lower * a.dag()) + 2 * a.dag() * a + 0.1j * z * up - 4
    assert np.abs(there.full() - expected.full()).max() < 1e-14
    again = from_qutip(there, spaces=[S, Q, M])
    assert again.isclose(operator)
    assert len(again) == len(operator)


def test_default_spaces_are_those_of_the_operator_sorted_by_label():
    there = to_qutip(sigma_minus(Qubit("b")) * sigma_z(Qubit("a")))
    assert there.dims == [[2, 2], [2, 2]]
    expected = np.kron(np.diag([-1, 1]), [[0, 1], [0, 0]])
    assert np.array_equal(there.full(), expected)


def jaynes_cummings():
    hamiltonian = 0.2 * sigma_z(Q) + 0.5 * (sigma_plus(Q) * destroy(M) + sigma_minus(Q) * create(M))
    hamiltonian = hamiltonian + 0.15 * (create(M) + destroy(M))
    jumps = (Jump(destroy(M), 1.0), Jump(sigma_minus(Q), 0.3), Jump(sigma_z(Q), 0.05))
    return OpenSystem((Q, M), hamiltonian, jumps)


def test_open_systems_there_and_back():
    system = jaynes_cummings()
    there = to_qutip(system, CUTOFF)
    again = from_qutip(tuple(there), spaces=(Q, M))
    assert isinstance(again, OpenSystem)
    assert again.hamiltonian.isclose(system.hamiltonian)
    for jump, original in zip(again.jumps, system.jumps, strict=True):
        assert jump.rate == 1.0
        assert jump.operator.isclose(np.sqrt(original.rate) * original.operator)


def test_qutip_solves_what_it_is_given():
    """Its steady state annihilates the master equation written with the house's own operators."""
    system = jaynes_cummings()
    hamiltonian, jumps = to_qutip(system, {"m": 8})
    rho = qutip.steadystate(hamiltonian, jumps)
    state = from_qutip(rho, system.labels)
    H = operator_matrix(system.hamiltonian, system.spaces, [2, 8]).toarray()
    change = -1j * (H @ state.matrix - state.matrix @ H)
    for jump in system.jumps:
        c = operator_matrix(jump.operator, system.spaces, [2, 8]).toarray()
        anti = c.conj().T @ c @ state.matrix
        change += jump.rate * (c @ state.matrix @ c.conj().T - 0.5 * (anti + anti.conj().T))
    assert np.abs(change).max() < 1e-10
    photons = state.expectation(number(M)).real
    assert 0.01 < photons == pytest.approx(qutip.expect(qutip.num(8), rho.ptrace(1)), rel=1e-12)


def test_ensembles_of_one_atom_may_have_single_atom_jumps():
    one = Ensemble("e", 1)
    system = OpenSystem((one,), jumps=(Jump(spin_minus(one), 0.25, "decay", True),))
    (jump,) = to_qutip(system).jumps
    assert np.array_equal(jump.full(), [[0, 0.5], [0, 0]])
    assert sp.issparse(jump.data_as("csr_matrix"))


def test_without_qutip_the_message_names_the_extra(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "qutip":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    for call in (lambda: to_qutip(PureState.basis("q", 2)), lambda: from_qutip(None, "q")):
        with pytest.raises(MissingError, match=r"pip install '(qutip|\.\[interop)"):
            call()


ENSEMBLE = Ensemble("e", 3)
SINGLE = OpenSystem((ENSEMBLE,), jumps=(Jump(spin_minus(ENSEMBLE), 1, "decay", True),))
BELL = qutip.bell_state("00")

REFUSED = [
    (lambda: to_qutip(3), ArgumentError, "`value`.*3"),
    (lambda: to_qutip(number(M)), ArgumentError, r"dimensions\['m'\].*cutoff"),
    (lambda: to_qutip(0 * number(M)), ArgumentError, "`spaces`"),
    (lambda: to_qutip(SINGLE), EngineMismatchError, "'decay'.*Qubits"),
    (lambda: from_qutip(BELL), ArgumentError, "`labels`.*spaces"),
    (lambda: from_qutip(BELL, "a", spaces=[Q]), ArgumentError, "`labels`"),
    (lambda: from_qutip(BELL, "a"), ArgumentError, r"`labels`.*\(2\).*dims"),
    (lambda: from_qutip(BELL.dag(), ["a", "b"]), ArgumentError, "`value`.*'bra'"),
    (lambda: from_qutip(BELL, spaces=[Q, Q]), ArgumentError, "`value`.*'ket'"),
    (lambda: from_qutip("rho", "a"), ArgumentError, "`value`.*'str'"),
    (lambda: from_qutip(qutip.to_super(qutip.sigmax()), "a"), ArgumentError, "'super'"),
    (lambda: from_qutip(qutip.QobjEvo(qutip.qeye(2)), "a"), ArgumentError, "'QobjEvo'"),
    (lambda: from_qutip(qutip.sigmax(), "a"), UnphysicalError, "trace 1"),
    (lambda: from_qutip(2 * BELL, ["a", "b"]), UnphysicalError, "norm 1"),
    (lambda: from_qutip(qutip.destroy(3), spaces=[Q]), ArgumentError, "be 2 for Qubit"),
    (lambda: from_qutip((1j * qutip.num(2), []), spaces=[M]), UnphysicalError, "hamiltonian"),
]


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED)
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_one_cutoff_for_all_modes():
    pair = OpenSystem((M, Q, Mode("n")), number(M), (Jump(destroy(Mode("n"))),))
    assert to_qutip(pair, 4).hamiltonian.dims == [[4, 2, 4]] * 2


def test_spaces_are_guessed():
    H = qutip.tensor(qutip.sigmax(), qutip.num(3))
    system = from_qutip((H, [qutip.tensor(qutip.qeye(2), qutip.destroy(3))]))
    assert system.spaces == (Qubit("s1"), Levels("s2", 3))
    assert np.abs(to_qutip(system).hamiltonian.full() - H.full()).max() < 1e-14


def test_functions_of_time_there_and_back():
    f, g = pulses.gaussian(1.0, 0.5, 0.4j), pulses.sinusoid(2.0)
    drives = (Drive(create(M), f), Drive(sigma_x(Q), g))
    jumps = (Jump(destroy(M), 0.5, modulation=pulses.ramp(0.0, 1.0)), Jump(sigma_minus(Q), 0.2))
    exchange = create(M) * sigma_minus(Q)
    system = OpenSystem((M, Q), exchange + exchange.adjoint(), jumps, drives=drives)
    there = to_qutip(system, 6)
    times, start = [0.0, 1.0, 2.5], qutip.tensor(qutip.basis(6, 0), qutip.basis(2, 0))
    options = {"atol": 1e-11, "rtol": 1e-9}
    means = [to_qutip(number(M), 6, (M, Q)), to_qutip(sigma_z(Q), 6, (M, Q))]
    found = qutip.mesolve(
        there.hamiltonian, start, times, there.jumps, e_ops=means, options=options
    )
    H = there.hamiltonian
    ramp = to_qutip(jumps[1].operator, spaces=(M, Q), dimensions=6) * np.sqrt(0.2)
    lossy = [np.sqrt(0.5) * to_qutip(destroy(M), 6, (M, Q)), pulses.ramp(0.0, 1.0)]
    again = from_qutip((H, [lossy, ramp]), spaces=(M, Q))
    for one in (system, again):
        table = ds.evolve(
            one, times, observables=[number(M), sigma_z(Q)], engine=Lindblad(cutoff=6)
        ).table
        for k, values in enumerate(found.expect):
            assert np.abs(table[f"observable_{k + 1}"].values - values).max() < 1e-6


LONELY = ([qutip.num(2), [qutip.destroy(2), abs]], [])


@pytest.mark.parametrize(
    ("pair", "message"),
    [(LONELY, "conj"), (([[qutip.num(2), "t"]], []), "function"), ((3, []), "'int'")],
)
def test_refusals_of_functions_of_time(pair, message):
    with pytest.raises(ArgumentError, match=message):
        from_qutip(pair)
