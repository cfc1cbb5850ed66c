"""Atoms with named levels: algebra, charges, and all engines against plain matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from systems_dense import dissipator

import darkstate as ds
from darkstate import engines
from darkstate.engines.contract import ask, run
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
from darkstate.states import DensityState, PureState, operator_matrix
from darkstate.systems import (
    Jump,
    Levels,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    charges,
    concatenate,
    destroy,
    identity,
    matrix_operator,
    projector,
    sigma_minus,
    transition,
)
from darkstate.systems.slh import Component

ATOM, CAVITY = Levels("atom", ("g", "e", "r")), Mode("cavity")
OPERATORS = [transition(ATOM, to, origin) for to in "ger" for origin in "ger"]


def unit(to: int, origin: int, size: int = 3) -> np.ndarray:
    result = np.zeros((size, size), dtype=complex)
    result[to, origin] = 1.0
    return result


def lambda_system(detuning: float = 0.3) -> OpenSystem:
    """g and r couple to e: a cavity on one leg, a laser on the other."""
    laser = 0.7 * transition(ATOM, "e", "r")
    exchange = 0.5 * destroy(CAVITY) * transition(ATOM, "e", "g")
    H = detuning * projector(ATOM, "e") + laser + laser.adjoint() + exchange + exchange.adjoint()
    decay = Jump(transition(ATOM, "g", "e"), 0.4, "decay")
    return OpenSystem((ATOM, CAVITY), H, (decay, Jump(destroy(CAVITY), 0.2, "loss")))


def test_the_algebra_is_that_of_matrices():
    for x in OPERATORS:
        X = operator_matrix(x, (ATOM,)).toarray()
        assert np.array_equal(operator_matrix(x.adjoint(), (ATOM,)).toarray(), X.conj().T)
        for y in OPERATORS:
            Y = operator_matrix(y, (ATOM,)).toarray()
            assert np.array_equal(operator_matrix(x * y, (ATOM,)).toarray(), X @ Y)
    assert np.array_equal(
        operator_matrix(transition(ATOM, "r", "e"), (ATOM,)).toarray(), unit(2, 1)
    )
    assert sum((projector(ATOM, level) for level in "ger"), start=0.0) == identity()
    assert transition(ATOM, 1, 2) == transition(ATOM, "e", "r")
    assert projector(Levels("t", 4), "3") ** 5 == projector(Levels("t", 4), 3)
    assert "atom[e<g]" in str(transition(ATOM, "e", "g"))
    assert (
        repr(ATOM) == "Levels('atom', ('g', 'e', 'r'))"
        and ATOM.relabeled("b").levels == ATOM.levels
    )


def test_any_matrix_is_an_operator_of_any_space():
    rng = np.random.default_rng(3)
    for space, size in ((ATOM, 3), (Qubit("q"), 2), (Spin("s", 2), 3), (Mode("m"), 4)):
        matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
        operator = matrix_operator(space, matrix)
        assert np.allclose(operator_matrix(operator, (space,), [size]).toarray(), matrix)
    assert matrix_operator(ATOM, unit(1, 0)) == transition(ATOM, "e", "g")
    pair = np.kron(unit(1, 0), unit(0, 1, 2))
    expected = transition(ATOM, "e", "g") * sigma_minus(Qubit("q"))
    assert matrix_operator((ATOM, Qubit("q")), pair).isclose(expected)


def test_weights_of_levels_are_found():
    (charge,) = charges(lambda_system()).evidence
    assert charge == {"atom.e": 1, "atom.r": 1, "cavity": 1}
    pumped = OpenSystem((ATOM,), projector(ATOM, "e"), (Jump(transition(ATOM, "r", "g")),))
    assert {"atom.e": 1} in charges(pumped).evidence
    mixed = Jump(transition(ATOM, "g", "e") + transition(ATOM, "r", "e"))
    assert charges(OpenSystem((ATOM,), projector(ATOM, "e"), (mixed,))).evidence == ({"atom.e": 1},)


def exact(system: OpenSystem, rho: np.ndarray, time: float, cutoff: int) -> np.ndarray:
    """The state at a time by one dense exponential; matrices written by hand."""
    lower, one = np.diag(np.sqrt(np.arange(1.0, cutoff)), 1), np.eye(cutoff)
    atom = {k: np.kron(unit(*k), one) for k in ((1, 1), (1, 2), (1, 0), (0, 1))}
    a = np.kron(np.eye(3), lower)
    exchange = 0.7 * atom[1, 2] + 0.5 * a @ atom[1, 0]
    H = 0.3 * atom[1, 1] + exchange + exchange.conj().T
    eye = np.eye(len(H))
    L = -1j * (np.kron(H, eye) - np.kron(eye, H.T))
    L = L + 0.4 * dissipator(atom[0, 1]) + 0.2 * dissipator(a)
    return (expm(time * L) @ rho.ravel()).reshape(rho.shape)


def test_engines_follow_a_lambda_atom_in_a_cavity():
    system = lambda_system()
    start = PureState.basis(system.labels, (3, 6), {"atom": 2, "cavity": 1})  # level r, one photon
    rho = np.outer(start.vector, start.vector.conj())
    expected = exact(system, rho, 1.7, 6)
    engine = engines.Lindblad(cutoff=6)
    found = run(engine, system, [0.0, 1.7], start).state
    assert np.abs(found.matrix - expected).max() < 1e-7
    walker = engines.Trajectories(trajectories=200, cutoff=6, seed=1)
    drawn = run(walker, system, [0.0, 1.7], start).state
    assert np.abs(np.diag(drawn.matrix) - np.diag(expected)).max() < 0.15


def test_a_cascade_of_atoms_with_levels():
    def emitting(label: str) -> Component:
        atom = Levels(label, ("g", "e", "r"))
        laser = 0.6 * transition(atom, "e", "r") + 0.8 * transition(atom, "r", "g")
        return Component(
            np.eye(1),
            (transition(atom, "g", "e") * 1.1,),
            laser
            + laser.adjoint()
            + 0.8 * (transition(atom, "r", "g") + transition(atom, "g", "r")),
            (atom,),
            (label,),
        )

    network = concatenate(emitting("one"), emitting("two")).feedback("one", "two")
    system = network.open_system()
    whole = ds.steady_state(system, engine=engines.Lindblad()).state
    first = ds.steady_state(system, upstream_of="one").state
    assert np.abs(whole.reduced("one").matrix - first.matrix).max() < 1e-8
    stages = ds.steady_state(system, engine=engines.Cascade(dimension=100)).state
    assert np.abs(stages.reduced("two").matrix - whole.reduced("two").matrix).max() < 1e-6


def test_what_is_conserved_has_the_name_of_its_level():
    alone = OpenSystem((ATOM,), projector(ATOM, "e"), (Jump(transition(ATOM, "g", "e")),))
    with pytest.raises(NumericalError, match=r"population of atom\.r"):
        ds.steady_state(alone)


def test_engines_without_levels_say_so():
    decays = tuple(Jump(transition(ATOM, "g", level)) for level in "er")
    system = OpenSystem((ATOM,), projector(ATOM, "e"), decays)
    for engine in (engines.Gaussian(), engines.Moments()):
        offer = ask(engine, system)
        assert not offer.can and isinstance(offer.refusal, EngineMismatchError)
    chosen = ds.steady_state(system)
    assert isinstance(chosen.state, DensityState | PureState)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Levels("atom", ("g",)), "levels"),
        (lambda: Levels("atom", ("g", "g")), "levels"),
        (lambda: Levels("atom", "ge"), "levels"),
        (lambda: Levels("atom", ("g", "e r")), r"levels\[1\]"),
        (lambda: Levels("atom", 1), "levels"),
        (lambda: Levels("atom", 10**4), "levels"),
        (lambda: transition(ATOM, "x", "g"), "level"),
        (lambda: transition(ATOM, 3, 0), "level"),
        (lambda: transition(Qubit("q"), "g", "e"), "atom"),
        (lambda: projector(ATOM, "gg"), "level"),
        (lambda: matrix_operator(ATOM, np.eye(2)), "matrix"),
        (lambda: matrix_operator(ATOM, "x"), "matrix"),
        (lambda: matrix_operator(3, np.eye(2)), "spaces"),
    ],
)
def test_refusals(call, name):
    with pytest.raises(ArgumentError, match=f"`{name}` must"):
        call()
