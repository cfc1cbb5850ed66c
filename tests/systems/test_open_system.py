"""What an OpenSystem accepts, and how it refuses the rest."""

from __future__ import annotations

import numpy as np
from systems_language import cavity_chains
from systems_refusal import refusal

from counted import growth
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    Qubit,
    Spin,
    create,
    destroy,
    sigma_minus,
    sigma_x,
    spin_minus,
)

A, B, Q = Mode("A1"), Mode("B1"), Qubit("q")


def test_bad_systems_name_argument_rule_value_and_remedy():
    a = destroy(A)
    with refusal(UnphysicalError, "hamiltonian", "be Hermitian"):
        OpenSystem((A,), a)
    with refusal(ArgumentError, "spaces", "have unique labels"):
        OpenSystem((A, Qubit("A1")))
    with refusal(ArgumentError, "hamiltonian", "act on the listed spaces"):
        OpenSystem((A,), create(B) * destroy(B))
    with refusal(ArgumentError, "jumps", "act on the listed spaces"):
        OpenSystem((Spin("s", 2),), jumps=(Jump(spin_minus(Spin("s", 3))),))
    with refusal(ArgumentError, "jumps", "have unique names"):
        OpenSystem((A,), jumps=(Jump(a, name="out"), Jump(a, name="out")))
    with refusal(ArgumentError, "monitors", "name a jump"):
        OpenSystem((A,), jumps=(Jump(a, name="out"),), monitors=(Monitor("oat"),))


def test_bad_jumps():
    with refusal(ArgumentError, "rate", "be >= 0"):
        Jump(destroy(A), -0.1)
    with refusal(ArgumentError, "rate", "be finite"):
        Jump(destroy(A), float("inf"))
    with refusal(ArgumentError, "operator", "be an OperatorSum"):
        Jump("a")  # type: ignore[arg-type]
    e, f = Ensemble("e", 3), Ensemble("f", 3)
    for operator in (sigma_minus(Q), spin_minus(e) + spin_minus(f)):
        with refusal(ArgumentError, "each_atom", "belong to an operator of one Ensemble"):
            Jump(operator, each_atom=True)


def test_bad_monitors():
    with refusal(ArgumentError, "kind", "be one of 'homodyne'"):
        Monitor("x", "homodine")  # type: ignore[arg-type]
    with refusal(ArgumentError, "efficiency", "be <= 1"):
        Monitor("x", efficiency=1.5)
    with refusal(ArgumentError, "angle", "be finite"):
        Monitor("x", angle=np.inf)


def test_names_and_monitors():
    system = OpenSystem((A, Q), sigma_x(Q), (Jump(destroy(A), 2.0, "out"), Jump(sigma_minus(Q))))
    measured = system.with_monitors(Monitor("out", efficiency=0.5))
    assert measured.labels == ("A1", "q")
    assert measured.monitored == ((system.jumps[0], Monitor("out", efficiency=0.5)),)
    assert system.monitored == ()


def test_chains_are_built_in_linear_time():
    assert len(cavity_chains(10_000).spaces) == 20_000
    assert growth(cavity_chains, 20) < 2.3
