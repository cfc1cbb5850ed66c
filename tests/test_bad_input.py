"""Wrong arguments all over the public interface: each is told by name, rule, value and remedy.

`loss` must be >= 0, but is -0.1. Give the amplitude decay rate, not a gain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Gaussian
from darkstate.engines.contract import run
from darkstate.errors import ArgumentError
from darkstate.models import CavityChains, DrudeBath, ParametricDrive, ParametricPair, SqueezedDrive
from darkstate.papers import paper
from darkstate.scenarios import TimeGrid
from darkstate.states import GaussianState
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    OperatorSum,
    Qubit,
    Spin,
    SqueezedField,
    ThermalField,
    beam_splitter,
    cavity,
    create,
    destroy,
    emitter,
    loss_line,
    parametric_source,
    sigma_minus,
    spin_minus,
    squeezed_jumps,
)

A, B = Mode("A1"), Mode("B1")
PAIR = CavityChains(2)
LOSSY = CavityChains(2, loss=0.1)
STATE = GaussianState.two_mode_squeezed(("A1", "B1"), 0.5)
NAN, INF = math.nan, math.inf

Case = tuple[str, Callable[[], Any], str, str]

MODELS: list[Case] = [
    ("no sites", lambda: CavityChains(0), "sites", "0"),
    ("half a site", lambda: CavityChains(2.5), "sites", "2.5"),  # type: ignore[arg-type]
    ("a boolean of sites", lambda: CavityChains(True), "sites", "True"),
    ("sites as text", lambda: CavityChains("3"), "sites", "'3'"),  # type: ignore[arg-type]
    ("gain for loss", lambda: CavityChains(2, loss=-0.1), "loss", "-0.1"),
    ("one negative loss", lambda: CavityChains(3, loss=[0, 0, -1]), "loss[2]", "-1.0"),
    ("loss nan", lambda: CavityChains(2, loss=NAN), "loss", "nan"),
    ("loss as text", lambda: CavityChains(2, loss="x"), "loss", "'x'"),
    ("loss None", lambda: CavityChains(2, loss=None), "loss", "None"),  # type: ignore[arg-type]
    ("loss true", lambda: CavityChains(2, loss=True), "loss", "True"),
    ("complex loss", lambda: CavityChains(2, loss=1j), "loss", "1j"),  # type: ignore[arg-type]
    ("too many losses", lambda: CavityChains(2, loss=[1, 2, 3]), "loss", "[1, 2, 3]"),
    ("losses as text", lambda: CavityChains(2, loss=["a"]), "loss", "['a']"),  # type: ignore[list-item]
    ("ragged losses", lambda: CavityChains(2, loss=[[1], [1, 2]]), "loss", "[[1], [1, 2]]"),  # type: ignore[list-item]
    ("hopping infinite", lambda: CavityChains(2, hopping=INF), "hopping", "inf"),
    ("too few hoppings", lambda: CavityChains(4, hopping=[1, 2]), "hopping", "[1, 2]"),
    ("detuning nan", lambda: CavityChains(2, detuning_b=[0, NAN]), "detuning_b[1]", "nan"),
    ("no drive", lambda: CavityChains(2, drive=1.0), "drive", "1.0"),  # type: ignore[arg-type]
    ("drive rate zero", lambda: SqueezedDrive(rate=0), "rate", "0"),
    ("negative photons", lambda: SqueezedDrive(nbar=-1), "nbar", "-1"),
    ("negative correlation", lambda: SqueezedDrive(mbar=-1), "mbar", "-1"),
    ("too much correlation", lambda: SqueezedDrive(nbar=1, mbar=2), "mbar", "2.0"),
    ("negative squeezing", lambda: SqueezedDrive.from_squeezing(1, -1), "squeezing", "-1"),
    ("no squeezing", lambda: ParametricDrive(squeezing=0), "squeezing", "0"),
    ("at threshold", lambda: ParametricDrive(squeezing=100), "squeezing", "100.0"),
    ("no bandwidth", lambda: ParametricDrive(bandwidth=0), "bandwidth", "0"),
    ("bandwidth inf", lambda: ParametricDrive(bandwidth=INF), "bandwidth", "inf"),
    ("negative bath", lambda: DrudeBath(strength=-1), "strength", "-1"),
    ("no cutoff", lambda: DrudeBath(cutoff=0), "cutoff", "0"),
    ("no frequency", lambda: ParametricPair(omega_a=0), "omega_a", "0"),
    ("pump nan", lambda: ParametricPair(pump=NAN), "pump", "nan"),
    ("one bath", lambda: ParametricPair(baths=(DrudeBath(),)), "baths", "(DrudeBath("),  # type: ignore[arg-type]
    ("treatment", lambda: ParametricPair(treatment="exakt"), "treatment", "'exakt'"),  # type: ignore[arg-type]
]

SYSTEMS: list[Case] = [
    ("empty label", lambda: Mode(""), "label", "''"),
    ("label with a space", lambda: Qubit("A 1"), "label", "'A 1'"),
    ("label a number", lambda: Mode(1), "label", "1"),  # type: ignore[arg-type]
    ("no atoms", lambda: Spin("S", 0), "atoms", "0"),
    ("half an atom", lambda: Ensemble("S", 1.5), "atoms", "1.5"),  # type: ignore[arg-type]
    ("a of a qubit", lambda: destroy(Qubit("q")), "space", "Qubit('q')"),  # type: ignore[arg-type]
    ("s- of a mode", lambda: sigma_minus(A), "space", "Mode('A1')"),  # type: ignore[arg-type]
    ("operator plus text", lambda: destroy(A) + "x", "factor", "'x'"),  # type: ignore[operator]
    ("negative rate", lambda: Jump(destroy(A), -1), "rate", "-1"),
    ("rate nan", lambda: Jump(destroy(A), NAN), "rate", "nan"),
    ("jump of text", lambda: Jump("a"), "operator", "'a'"),  # type: ignore[arg-type]
    ("each atom of a mode", lambda: Jump(destroy(A), 1, "x", True), "each_atom", "Mode('A1')"),
    (
        "each atom of a spin",
        lambda: Jump(spin_minus(Spin("S", 2)), 1, "x", True),
        "each_atom",
        "Spin",
    ),
    ("two spaces of a name", lambda: OpenSystem((A, A)), "spaces", "'A1'"),
    ("not Hermitian", lambda: OpenSystem((A,), destroy(A)), "hamiltonian", ""),
    (
        "unknown space",
        lambda: OpenSystem((A,), create(B) * destroy(B)),
        "hamiltonian",
        "Mode('B1')",
    ),
    ("jump elsewhere", lambda: OpenSystem((A,), OperatorSum(), (Jump(destroy(B)),)), "jumps", "B1"),
    (
        "two channels of a name",
        lambda: OpenSystem((A,), jumps=(Jump(destroy(A), 1, "x"), Jump(create(A), 1, "x"))),
        "jumps",
        "'x'",
    ),
    (
        "monitor of nothing",
        lambda: PAIR.system().with_monitors(Monitor("A loss")),
        "monitors",
        "'A loss'",
    ),
    ("monitor kind", lambda: Monitor("x", "homodine"), "kind", "'homodine'"),  # type: ignore[arg-type]
    ("efficiency", lambda: Monitor("x", efficiency=1.5), "efficiency", "1.5"),
    ("efficiency below", lambda: Monitor("x", efficiency=-0.5), "efficiency", "-0.5"),
    ("angle", lambda: Monitor("x", angle=INF), "angle", "inf"),
    ("field photons", lambda: SqueezedField(-1), "nbar", "-1"),
    ("field correlation", lambda: SqueezedField(1, 2), "mbar", "2"),
    ("thermal photons", lambda: ThermalField(-1), "nbar", "-1"),
    ("cavity rate", lambda: cavity(A, -1), "rate", "-1"),
    ("emitter rate", lambda: emitter(Qubit("q"), NAN), "rate", "nan"),
    ("transmission", lambda: beam_splitter(1.5), "transmission", "1.5"),
    ("loss line", lambda: loss_line(-0.5), "transmission", "-0.5"),
    ("source at threshold", lambda: parametric_source(A, B, 2.0, 1.0), "gain", "2.0"),  # type: ignore[arg-type]
    ("squeezed jumps", lambda: squeezed_jumps(destroy(A), destroy(B), 1.0, -1.0), "nbar", "-1"),
]

STATES: list[Case] = [
    ("photons of a mode", lambda: GaussianState.thermal(("A", "B"), [1, -1]), "photons[1]", "-1.0"),
    ("one label", lambda: GaussianState.two_mode_squeezed(("A",), 1), "labels", "('A',)"),
    ("squeezing inf", lambda: GaussianState.two_mode_squeezed(("A", "B"), INF), "squeezing", "inf"),
    ("labels twice", lambda: GaussianState.vacuum(("A", "A")), "labels", "('A', 'A')"),
    (
        "matrix of another size",
        lambda: GaussianState(("A",), np.zeros((2, 2)), np.zeros((1, 1))),
        "number",
        "[[0",
    ),
    (
        "below vacuum",
        lambda: GaussianState.from_covariance(("A",), np.eye(2) / 4),
        "covariance",
        "-1.0",
    ),
    (
        "not symmetric",
        lambda: GaussianState.from_covariance(("A",), np.triu(np.ones((2, 2)))),
        "covariance",
        "",
    ),
    ("reduced to nobody", lambda: STATE.reduced("C"), "labels", "'C'"),
    ("reduced to nothing", lambda: STATE.reduced([]), "labels", "()"),
    (
        "unknown label",
        lambda: ds.log_negativity(STATE, "A1", "C1"),
        "labels of both parties",
        "'C1'",
    ),
    ("same label", lambda: ds.log_negativity(STATE, "A1", "A1"), "labels of both parties", "A1"),
    ("number as a label", lambda: ds.log_negativity(STATE, 0, 1), "labels of both parties", "0"),  # type: ignore[arg-type]
    ("entropy of nobody", lambda: ds.entropy(STATE, "X"), "labels", "'X'"),
    ("purity twice", lambda: ds.purity(STATE, ["A1", "A1"]), "labels", "A1"),
    ("entropy of nothing", lambda: ds.entropy(STATE, []), "labels", "()"),
    ("purity of no list", lambda: ds.purity(STATE, "A1", "B1"), "labels", "(('A1',), ('B1',))"),
    ("no second party", lambda: ds.log_negativity(STATE, "A1", []), "second", "()"),
    (
        "EPR of a group",
        lambda: ds.epr_variance(GaussianState.vacuum(("A1", "A2", "B1")), ["A1", "A2"], "B1"),
        "first",
        "('A1', 'A2')",
    ),
    (
        "not Hermitian moments",
        lambda: GaussianState(("A",), np.array([[1j]]), np.zeros((1, 1))),
        "number",
        "1.j",
    ),
    (
        "not symmetric moments",
        lambda: GaussianState(("A", "B"), np.eye(2), np.array([[0, 0.5], [0.2, 0]])),
        "anomalous",
        "0.5",
    ),
    (
        "infinite variance",
        lambda: GaussianState.from_covariance(("A",), np.diag([INF, INF])),
        "covariance",
        "inf",
    ),
    (
        "EPR of three",
        lambda: ds.epr_variance(STATE, ["A1", "B1"], "A1"),
        "labels of both parties",
        "",
    ),
    ("rows", lambda: ds.pair_table(STATE, ds.log_negativity, rows=["A9"]), "rows", "'A9'"),
    ("columns", lambda: ds.pair_table(STATE, ds.log_negativity, columns=[]), "columns", "()"),
    ("no pairs", lambda: ds.pair_curve(STATE, ds.log_negativity, pairs=[]), "pairs", "[]"),
    (
        "pairs unknown",
        lambda: ds.pair_curve(STATE, ds.log_negativity, [("A1", "C")]),
        "pairs",
        "'C'",
    ),
]

SOLVING: list[Case] = [
    ("method", lambda: Gaussian(method="dens"), "method", "'dens'"),  # type: ignore[arg-type]
    ("rtol zero", lambda: Gaussian(rtol=0), "rtol", "0"),
    ("rtol large", lambda: Gaussian(rtol=1), "rtol", "1"),
    ("memory", lambda: Gaussian(memory_limit=-1), "memory_limit", "-1"),
    ("memory lindblad", lambda: ds.engines.Lindblad(memory_limit=-1), "memory_limit", "-1"),
    ("memory cascade", lambda: ds.engines.Cascade(memory_limit=0.0), "memory_limit", "0.0"),
    (
        "engine pairs",
        lambda: run(Gaussian("quadrature", pairs=(("A1", "X"),)), PAIR.system()),
        "pairs",
        "'X'",
    ),
    ("no model", lambda: ds.steady_state(3), "model", "3"),  # type: ignore[arg-type]
    ("a class for a model", lambda: ds.steady_state(CavityChains), "model", "CavityChains"),  # type: ignore[arg-type]
    ("an engine class", lambda: ds.steady_state(PAIR, Gaussian), "engine", "Gaussian"),  # type: ignore[arg-type]
    ("an engine name", lambda: ds.steady_state(PAIR, "gaussian"), "engine", "'gaussian'"),  # type: ignore[arg-type]
    ("explain nothing", lambda: ds.explain(None), "model", "None"),  # type: ignore[arg-type]
    ("times backwards", lambda: ds.evolve(PAIR, [1, 0]), "times", "[1, 0]"),
    ("times nan", lambda: ds.evolve(PAIR, [0, NAN]), "times", "[0, nan]"),
    ("no times", lambda: ds.evolve(PAIR, []), "times", "[]"),
    ("times as text", lambda: ds.evolve(PAIR, "now"), "times", "'now'"),  # type: ignore[arg-type]
    ("initial of others", lambda: ds.evolve(PAIR, [0, 1], STATE), "initial", "('A1', 'B1')"),
    ("initial no state", lambda: ds.evolve(PAIR, [0, 1], 3), "initial", "3"),
    ("varied unknown", lambda: ds.steady_states(PAIR, hoping=[1, 2]), "varied", "'hoping'"),
    (
        "varied unequal",
        lambda: ds.steady_states(PAIR, hopping=[1], loss=[1, 2]),
        "varied",
        "hopping",
    ),
    ("no monitors", lambda: ds.conditional_state(PAIR), "system", "()"),
    ("channel", lambda: ds.output_states(PAIR, ["A1 los"], [0.0]), "channels", "'A1 los'"),
    ("no channel name", lambda: ds.output_states(PAIR, [""], [0.0]), "channels", "''"),
    ("one frequency", lambda: ds.output_states(LOSSY, ["A1 loss"], 0.0), "frequencies", "0.0"),  # type: ignore[arg-type]
    (
        "frequencies as text",
        lambda: ds.output_states(LOSSY, ["A1 loss"], ["a"]),  # type: ignore[list-item]
        "frequencies",
        "['a']",
    ),
    (
        "frequency nan",
        lambda: ds.output_states(LOSSY, ["A1 loss"], [NAN]),
        "frequencies",
        "[nan]",
    ),
    ("monitor text", lambda: ds.conditional_state(LOSSY, "A1 loss"), "monitors", "'A1 loss'"),
    ("no spaces", lambda: ds.steady_state(OpenSystem(())), "spaces", "()"),
    (
        "no spaces for the engine",
        lambda: run(Gaussian(), OpenSystem(())),
        "spaces",
        "()",
    ),
    ("nothing varied", lambda: ds.steady_states(3, loss=[1, 2]), "model", "3"),  # type: ignore[arg-type]
    ("varied text", lambda: ds.steady_states(PAIR, loss=["a"]), "loss", "['a']"),
    ("grid", lambda: TimeGrid(stop=0), "stop", "0"),
    ("paper", lambda: paper("zippili"), "paper", "'zippili'"),
    ("load nothing", lambda: ds.load_result("/no/such/result.zarr"), "path", "/no/such"),
]

CASES = [*MODELS, *SYSTEMS, *STATES, *SOLVING]
SENTENCE = re.compile(
    r"`(?P<name>[^`]+)` must (?P<rule>.+?), but is (?P<value>.+?)\. (?P<remedy>.+[.?])", re.DOTALL
)


@pytest.mark.parametrize(("what", "call", "name", "value"), CASES, ids=[case[0] for case in CASES])
def test_a_wrong_argument_is_told_in_four_parts(what, call, name, value):
    with pytest.raises(ArgumentError) as caught:
        call()
    error, message = caught.value, str(caught.value)
    parts = SENTENCE.fullmatch(message)
    assert parts, message
    assert parts["name"] == error.name == name
    assert error.rule in message
    assert value in message
    remedy = error.remedy
    assert message.endswith(remedy)
    assert remedy[0].isupper(), remedy
    assert len(remedy.split()) >= 2, remedy
    assert len(message) < 400


def test_there_are_enough_cases():
    assert len(CASES) > 100
    assert len({case[0] for case in CASES}) == len(CASES)
