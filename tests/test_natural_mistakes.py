"""What people write who know another tool, or are in a hurry: told in four parts, never raw.

Each line is a mistake, the name of the argument that the message must give, and where there is one
the mended line that the message leads to, which must work.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Gaussian, Lindblad
from darkstate.engines.capabilities import ObservationTask
from darkstate.engines.contract import ask, run
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.models import CavityChains, DualRail, SpinChains
from darkstate.states import DensityState, GaussianState, PureState
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    OperatorSum,
    Qubit,
    Spin,
    cascade_order,
    cavity,
    charges,
    concatenate,
    create,
    describe,
    destroy,
    identity,
    is_quadratic,
    linear_source,
    matrix_operator,
    number,
    permutation_symmetry,
    phase_shifter,
    quadratic_form,
    sigma_minus,
    sigma_plus,
    sigma_x,
    spin_minus,
    squeezed_jumps,
    total,
    upstream,
)

a, b, q = Mode("a"), Mode("b"), Qubit("q")
H, LOSS = 0.3 * sigma_x(q), Jump(sigma_minus(q), 1.0)
SYSTEM = OpenSystem((q,), H, (LOSS,))
CHAINS = CavityChains(1, loss=0.1)
RESULT, SOLVED = ds.steady_state(CHAINS), ds.steady_state(SYSTEM)
BATCH = ds.steady_states(CHAINS, loss=[0.1, 0.2]).state
T = [0.0, 1.0]
CHANNEL = Jump(destroy(a), 1.0, "out")


def wave(t: float) -> float:
    """A time-dependent coefficient, as other tools take one."""
    return t


Line = Callable[[], Any]
SYSTEMS: dict[str, tuple[Line, str] | tuple[Line, str, Line]] = {
    "a space alone": (
        lambda: OpenSystem(a, number(a)),
        "spaces",
        lambda: OpenSystem((a,), number(a)),
    ),
    "a label alone": (lambda: OpenSystem("a"), "spaces", lambda: OpenSystem((Mode("a"),))),
    "labels for spaces": (
        lambda: OpenSystem(("a", "b")),
        "spaces[0]",
        lambda: OpenSystem((a, b)),
    ),
    "a class for a space": (lambda: OpenSystem((q, Qubit)), "spaces[1]"),
    "kinds of spaces": (lambda: OpenSystem(Qubit), "spaces"),
    "a count of spaces": (lambda: OpenSystem(2), "spaces"),
    "the Hamiltonian first": (lambda: OpenSystem(H, (LOSS,)), "spaces"),
    "operators for spaces": (lambda: OpenSystem((destroy(a),)), "spaces[0]"),
    "a label twice": (lambda: OpenSystem((q, Qubit("q"))), "spaces"),
    "a label twice, other kinds": (lambda: OpenSystem((q, Mode("q"))), "spaces"),
    "an operator for a jump": (
        lambda: OpenSystem((q,), H, [sigma_minus(q)]),
        "jumps[0]",
        lambda: OpenSystem((q,), H, [Jump(sigma_minus(q))]),
    ),
    "one operator for jumps": (lambda: OpenSystem((q,), H, sigma_minus(q)), "jumps"),
    "one jump for jumps": (
        lambda: OpenSystem((q,), H, LOSS),
        "jumps",
        lambda: OpenSystem((q,), H, (LOSS,)),
    ),
    "operator and rate": (
        lambda: OpenSystem((q,), H, [LOSS, (sigma_minus(q), 1.0)]),
        "jumps[1]",
        lambda: OpenSystem((q,), H, [Jump(sigma_minus(q), 1.0)]),
    ),
    "a matrix for a jump": (lambda: OpenSystem((q,), H, [np.eye(2)]), "jumps[0]"),
    "no jumps": (lambda: OpenSystem((q,), H, None), "jumps", lambda: OpenSystem((q,), H)),
    "jumps before H": (lambda: OpenSystem((q,), (LOSS,), H), "jumps"),
    "a matrix for H": (
        lambda: OpenSystem((q,), np.diag([0.0, 1.0])),
        "hamiltonian",
        lambda: OpenSystem((q,), matrix_operator(q, np.diag([0.0, 1.0]))),
    ),
    "terms with functions": (lambda: OpenSystem((q,), [[H, wave]], (LOSS,)), "hamiltonian"),
    "a list of terms": (
        lambda: OpenSystem((q,), [H, [H, wave]], (LOSS,)),
        "hamiltonian",
        lambda: OpenSystem((q,), H + H, (LOSS,)),
    ),
    "a function for H": (lambda: OpenSystem((q,), lambda t: H), "hamiltonian"),
    "zero for H": (
        lambda: OpenSystem((q,), 0, (LOSS,)),
        "hamiltonian",
        lambda: OpenSystem((q,), jumps=(LOSS,)),
    ),
    "None for H": (lambda: OpenSystem((q,), None, (LOSS,)), "hamiltonian"),
    "a jump for H": (lambda: OpenSystem((q,), LOSS), "hamiltonian"),
    "a foreign qubit": (lambda: OpenSystem((q,), sigma_x(Qubit("r")) + H), "hamiltonian"),
    "a name for a monitor": (
        lambda: OpenSystem((a,), number(a), (CHANNEL,), ("out",)),
        "monitors[0]",
        lambda: OpenSystem((a,), number(a), (CHANNEL,), (Monitor("out"),)),
    ),
    "one monitor": (
        lambda: OpenSystem((a,), number(a), (CHANNEL,), Monitor("out")),
        "monitors",
    ),
    "monitored by name": (lambda: SYSTEM.with_monitors("out"), "monitors[0]"),
    "a jump for a channel": (lambda: Monitor(LOSS), "channel"),
    "a number for a channel": (lambda: Monitor(0), "channel"),
    "a negative rate": (lambda: Jump(sigma_minus(q), -1), "rate"),
    "the rate first": (lambda: Jump(1.0, sigma_minus(q)), "operator"),
    "rates": (lambda: Jump(sigma_minus(q), [1, 2]), "rate"),
    "a function for a rate": (lambda: Jump(sigma_minus(q), wave), "rate"),
    "a matrix in a jump": (lambda: Jump(np.array([[0, 1], [0, 0]])), "operator"),
    "a name that is none": (lambda: Jump(sigma_minus(q), 1.0, 3), "name"),
    "yes for each atom": (
        lambda: Jump(spin_minus(Ensemble("E", 2)), 1.0, "x", "yes"),
        "each_atom",
        lambda: Jump(spin_minus(Ensemble("E", 2)), 1.0, "x", True),
    ),
    "a model for a system": (
        lambda: quadratic_form(CHAINS),
        "system",
        lambda: quadratic_form(CHAINS.system()),
    ),
    "charges of a model": (lambda: charges(CHAINS), "system"),
    "order of a model": (lambda: is_quadratic(CHAINS), "system"),
    "symmetry of a model": (lambda: permutation_symmetry(CHAINS), "system"),
    "cascade of a model": (lambda: cascade_order(CHAINS), "system"),
    "source of a model": (lambda: linear_source(CHAINS), "system"),
    "a described number": (lambda: describe(3), "system"),
    "upstream in a model": (lambda: upstream(CHAINS, "A1"), "system"),
    "an engine of a model": (
        lambda: run(Gaussian(), CHAINS),
        "system",
        lambda: run(Gaussian(), CHAINS.system()),
    ),
    "an engine watching a model": (lambda: ask(Gaussian(), CHAINS, ObservationTask()), "system"),
}

OPERATORS: dict[str, tuple[Line, str] | tuple[Line, str, Line]] = {
    "a label for a mode": (lambda: destroy("a"), "space", lambda: destroy(Mode("a"))),
    "a dimension for a mode": (lambda: destroy(5), "space"),
    "a of a": (lambda: destroy(destroy(a)), "space"),
    "a of a kind": (lambda: destroy(Mode), "space"),
    "a label for a qubit": (lambda: sigma_x("q"), "space"),
    "a mode for a label": (lambda: Mode(a), "label"),
    "a cut-off of a mode": (lambda: Mode("a", 5), "size", lambda: Lindblad(cutoff=5)),
    "a size of a qubit": (lambda: Qubit("q", 2), "size", lambda: Spin("q", 2)),
    "half a spin": (lambda: Spin("J", 0.5), "atoms"),
    "a matrix times an operator": (lambda: np.eye(2) * destroy(a), "factor"),
    "an operator times a matrix": (lambda: destroy(a) * np.eye(2), "factor"),
    "an operator plus an array": (lambda: destroy(a) + np.ones(3), "factor"),
    "an operator times a space": (lambda: destroy(a) * a, "factor"),
    "an operator over an operator": (lambda: destroy(a) / destroy(b), "factor"),
    "one over an operator": (lambda: 1 / destroy(a), "divisor"),
    "an operator over nothing": (lambda: destroy(a) / 0, "divisor"),
    "a matrix product": (
        lambda: destroy(a) @ destroy(b),
        "factor",
        lambda: destroy(a) * destroy(b),
    ),
    "a root": (lambda: destroy(a) ** 0.5, "exponent"),
    "an inverse": (lambda: destroy(a) ** -1, "exponent"),
    "a space times a space": (lambda: a * b, "space"),
    "a number times a space": (lambda: 2 * a, "space"),
    "an array times a space": (lambda: np.ones(2) * a, "space"),
    "a space plus a number": (lambda: a + 1, "space"),
    "a sum with text": (lambda: total([destroy(a), "b"]), "factor"),
    "a cavity by name": (lambda: cavity("a", 1.0), "space", lambda: cavity(a, 1.0)),
    "a cavity of a qubit": (lambda: cavity(q, 1.0), "space"),
    "a component before a number": (
        lambda: cavity(a, 1.0) >> 2,
        "other",
        lambda: cavity(a, 1.0) >> phase_shifter(2.0),
    ),
    "a component beside a mode": (lambda: concatenate(cavity(a, 1.0), b), "components[1]"),
    "spaces for operators": (
        lambda: squeezed_jumps(a, b, 1.0, 1.0),
        "operator_a",
        lambda: squeezed_jumps(destroy(a), destroy(b), 1.0, 1.0),
    ),
}

SOLVING: dict[str, tuple[Line, str] | tuple[Line, str, Line]] = {
    "a class for a model": (lambda: ds.steady_state(CavityChains), "model"),
    "an operator for a model": (lambda: ds.steady_state(H, [LOSS]), "model"),
    "a result for a model": (lambda: ds.steady_state(RESULT), "model"),
    "pieces for a model": (lambda: ds.steady_state((q,), H, [LOSS]), "model"),
    "an engine by name": (
        lambda: ds.steady_state(CHAINS, engine="gaussian"),
        "engine",
        lambda: ds.steady_state(CHAINS, engine=Gaussian()),
    ),
    "an engine's class": (lambda: ds.steady_state(CHAINS, Gaussian), "engine"),
    "the folder of engines": (lambda: ds.evolve(SYSTEM, T, engine=ds.engines), "engine"),
    "explained by name": (lambda: ds.explain("CavityChains"), "model"),
    "an engine's name explained": (lambda: ds.explain(CHAINS, "gaussian"), "engine"),
    "prepared by name": (
        lambda: ds.preparation_time(SpinChains(1), engine="lindblad"),
        "engine",
    ),
    "prepared by another engine": (
        lambda: ds.preparation_time(SpinChains(1), engine=Gaussian()),
        "engine",
    ),
    "an end for times": (
        lambda: ds.evolve(CHAINS, 10),
        "times",
        lambda: ds.evolve(CHAINS, np.linspace(0, 10, 3)),
    ),
    "a list of measures": (lambda: ds.evolve(SYSTEM, T, measures=[ds.purity]), "measures"),
    "a vector to start": (
        lambda: ds.evolve(SYSTEM, T, np.array([1, 0])),
        "initial",
        lambda: ds.evolve(SYSTEM, T, PureState(("q",), (2,), np.array([1, 0]))),
    ),
    "a matrix to start": (lambda: ds.evolve(SYSTEM, T, np.eye(2) / 2), "initial"),
    "a word to start": (lambda: ds.evolve(SYSTEM, T, "up"), "initial"),
    "a result to start": (lambda: ds.evolve(SYSTEM, T, SOLVED), "initial"),
    "measures to start": (lambda: ds.evolve(SYSTEM, T, {"p": ds.purity}), "initial"),
    "a vector of modes": (lambda: ds.evolve(CHAINS, T, np.array([1, 0])), "initial"),
    "a result of modes": (
        lambda: ds.evolve(CHAINS, T, RESULT),
        "initial",
        lambda: ds.evolve(CHAINS, T, RESULT.state),
    ),
    "upstream of nobody": (lambda: ds.steady_state(DualRail(2, 1.0), upstream_of=[]), "labels"),
    "upstream of a number": (lambda: ds.steady_state(DualRail(2, 1.0), upstream_of=1), "labels"),
    "sites of a batch": (lambda: ds.steady_states(CHAINS, sites=[3, 4]), "varied"),
    "drives of a batch": (lambda: ds.steady_states(CHAINS, drive=[1.0, 2.0]), "varied"),
    "a batch of nothing": (lambda: ds.steady_states(CHAINS), "varied"),
    "a batch of systems": (lambda: ds.steady_states(SYSTEM, jumps=[1.0, 2.0]), "varied"),
    "a gain in a batch": (lambda: ds.steady_states(CHAINS, loss=[-0.5, 0.5, 1.5]), "loss"),
    "a channel to watch": (
        lambda: ds.conditional_state(CHAINS, "A1 loss"),
        "monitors",
        lambda: ds.conditional_state(CHAINS, Monitor("A1 loss")),
    ),
    "one frequency": (lambda: ds.output_states(CHAINS, ["A1 loss"], 0.0), "frequencies"),
    "one time to watch": (lambda: ds.observe(CHAINS, [0.0], Monitor("A1 loss")), "times"),
    "pairs as text": (lambda: Gaussian(pairs="A1"), "pairs"),
    "pairs of three": (lambda: Gaussian(pairs=(("A1", "B1", "A2"),)), "pairs"),
    "pairs of numbers": (lambda: Gaussian(pairs=((1, 2),)), "pairs"),
    "one pair": (
        lambda: Gaussian(pairs=("A1", "B1")),
        "pairs",
        lambda: Gaussian(pairs=(("A1", "B1"),)),
    ),
    "no pairs": (lambda: Gaussian(pairs=()), "pairs"),
    "a path that is none": (lambda: ds.load_result(3), "path"),
    "a place that is none": (lambda: RESULT.save(3), "path"),
}

READING: dict[str, tuple[Line, str] | tuple[Line, str, Line]] = {
    "a result measured": (
        lambda: ds.log_negativity(RESULT, "A1", "B1"),
        "state",
        lambda: ds.log_negativity(RESULT.state, "A1", "B1"),
    ),
    "entropy of a result": (lambda: ds.entropy(RESULT, "A1"), "state"),
    "purity of a result": (lambda: ds.purity(RESULT), "state"),
    "fidelity of results": (
        lambda: ds.fidelity(SOLVED, SOLVED),
        "state",
        lambda: ds.fidelity(SOLVED.state, SOLVED.state),
    ),
    "cuts of a result": (lambda: ds.ppt_test(SOLVED), "state"),
    "a measured model": (lambda: ds.log_negativity(CHAINS, "A1", "B1"), "state"),
    "a measured matrix": (lambda: ds.purity(np.eye(4) / 4), "state"),
    "the state last": (lambda: ds.log_negativity("A1", "B1", RESULT.state), "state"),
    "one party": (lambda: ds.log_negativity(RESULT.state, "A1"), "labels"),
    "no party": (lambda: ds.log_negativity(RESULT.state), "labels"),
    "parties in one list": (lambda: ds.log_negativity(RESULT.state, ("A1", "B1")), "labels"),
    "spaces for labels": (
        lambda: ds.log_negativity(RESULT.state, Mode("A1"), Mode("B1")),
        "labels of both parties",
    ),
    "a table of a result": (lambda: ds.pair_table(RESULT, ds.log_negativity), "state"),
    "a curve of a result": (lambda: ds.pair_curve(RESULT, ds.log_negativity), "state"),
    "a table of a function": (lambda: ds.pair_table(RESULT.state, lambda s: 1.0), "measure"),
    "a table of a word": (lambda: ds.pair_table(RESULT.state, "log_negativity"), "measure"),
    "an operator by name": (lambda: SOLVED.state.expectation("sz"), "operator"),
    "a foreign operator": (lambda: SOLVED.state.expectation(sigma_plus(Qubit("r"))), "labels"),
    "a matrix of another size": (lambda: SOLVED.state.expectation(np.eye(3)), "operator"),
    "a number to reduce to": (lambda: RESULT.state.reduced(0), "labels"),
    "no norm": (lambda: DensityState(("q",), (2,), np.eye(2)), "matrix"),
    "nothing": (lambda: PureState(("q",), (2,), [0, 0]), "vector"),
    "a number of a basis state": (
        lambda: PureState.basis(("q",), (2,), 1),
        "excitations",
        lambda: PureState.basis(("q",), (2,), {"q": 1}),
    ),
    "a row for a covariance": (
        lambda: GaussianState.from_covariance(("a",), [[1, 0]]),
        "covariance",
    ),
    "means of half the quadratures": (
        lambda: GaussianState.from_covariance(("a",), np.eye(2), [1.0]),
        "mean",
    ),
}

MISTAKES = {**SYSTEMS, **OPERATORS, **SOLVING, **READING}
SENTENCE = re.compile(
    r"`(?P<name>[^`]+)` must (?P<rule>.+?), but is (?P<value>.+?)\. (?P<remedy>.+[.?])", re.DOTALL
)


@pytest.mark.parametrize("what", MISTAKES)
def test_a_natural_mistake_is_told_in_four_parts(what):
    line, name, *mended = MISTAKES[what]
    with pytest.raises(ArgumentError) as caught:
        line()
    parts = SENTENCE.fullmatch(str(caught.value))
    assert parts, str(caught.value)
    assert parts["name"] == caught.value.name == name
    assert len(str(caught.value)) < 400
    for right in mended:
        right()


def test_there_are_enough_mistakes():
    assert len(MISTAKES) > 130
    assert len(MISTAKES) == len(SYSTEMS) + len(OPERATORS) + len(SOLVING) + len(READING)


REFUSED: dict[str, tuple[Line, str, Line | None]] = {
    "qubits for the Gaussian engine": (
        lambda: ds.evolve(SYSTEM, T, engine=Gaussian()),
        "Leave `engine` out, or use engines.Lindblad()",
        lambda: ds.evolve(SYSTEM, T, engine=Lindblad()),
    ),
    "a batch of states": (
        lambda: ds.log_negativity(BATCH, "A1", "B1"),
        "log_negativity.many(state, [('A1', 'B1')]), or take one state of it, state[0]",
        lambda: (
            ds.log_negativity.many(BATCH, [("A1", "B1")]),
            ds.log_negativity(BATCH[0], "A1", "B1"),
        ),
    ),
    "fidelity of modes with a dense state": (
        lambda: ds.fidelity(RESULT.state, RESULT.state.reduced("A1").density()),
        "state.density()",
        lambda: ds.fidelity(RESULT.state, RESULT.state),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_says_what_works(what):
    line, remedy, mended = REFUSED[what]
    with pytest.raises(EngineMismatchError) as caught:
        line()
    assert remedy in str(caught.value)
    if mended is not None:
        mended()


def test_powers_are_repeated_products():
    assert destroy(a) ** 3 == destroy(a) * destroy(a) * destroy(a)
    assert (create(a) + 2 * destroy(a)) ** 2 == (create(a) + 2 * destroy(a)) * (
        create(a) + 2 * destroy(a)
    )
    assert sigma_x(q) ** 2 == identity()
    assert number(a) ** 1 == number(a)
    assert OperatorSum() ** 0 == identity()
    assert total([1, destroy(a)]) == destroy(a) + 1
    assert (destroy(a) + 1).isclose(destroy(a) + 1 + 1e-15)
    assert identity().isclose(1)


def test_lists_and_generators_are_as_good_as_tuples():
    system = OpenSystem([q], H, (jump for jump in [LOSS]))
    assert system == SYSTEM
    assert dataclasses.replace(system, jumps=[LOSS]) == SYSTEM


def test_the_model_is_asked_about_every_sample_of_a_batch():
    """A batch is solved from its mean and one more sample: 0.5 and 1.5 say nothing about -0.5."""
    with pytest.raises(ArgumentError, match="loss") as caught:
        ds.steady_states(CHAINS, loss=[-0.5, 0.5, 1.5])
    assert caught.value.value == -0.5
