"""A real number is real: complex numbers, truth values and text are refused wherever one is meant.

NumPy turns ``float(np.complex128(0.1 + 5j))`` into 0.1 with a mere warning, so that a complex rate
would be solved as another, real one. Every field of every public value type is tried.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate import engines, models, repeaters, sweeps
from darkstate.checks import check_array, check_integer, check_real, check_times
from darkstate.engines import Gaussian
from darkstate.engines.contract import run
from darkstate.errors import ArgumentError
from darkstate.experiments import LightPulse, Series, Setup, VirtualExperiment
from darkstate.experiments.interface import LightInterface
from darkstate.scenarios import TimeGrid
from darkstate.states import GaussianState, SchmidtState, SpinMoments
from darkstate.systems import (
    Jump,
    Mode,
    Monitor,
    Qubit,
    Spin,
    SqueezedField,
    ThermalField,
    beam_splitter,
    cavity,
    destroy,
    emitter,
    loss_line,
    parametric_source,
    phase_shifter,
    squeezed_jumps,
    two_sided_cavity,
)

A, B, Q = Mode("a"), Mode("b"), Qubit("q")
READ, WRITE = LightPulse("read", 0.0, 1.0, 4), LightPulse("write", 0.0, 1.0, 4)
SERIES = Series("vacuum", "vacuum", (READ,), 5)

BASES: list[Any] = [
    *(kind() for kind in engines.ENGINES),
    engines.Trajectories(),
    repeaters.Exact(),
    repeaters.Dephased(),
    models.CavityChains(2),
    models.SpinChains(2),
    models.CavityAtomChains(2),
    models.DualRail(2, 1.0),
    models.ParametricPair(),
    models.AtomicEnsembles(20, 0.6),
    models.EnsembleRepeater(3, 4, 0.5, outcomes=[4]),
    models.EnsembleRepeater(3, 4, [0.5, 0.6], window=0.1),
    models.SqueezedDrive(mbar=0.5),
    models.ParametricDrive(),
    models.DrudeBath(),
    Jump(destroy(A), 1.0),
    Monitor("x"),
    SqueezedField(1.0),
    ThermalField(1.0),
    VirtualExperiment(),
    LightInterface(1.0, 2.0),
    READ,
    SERIES,
    TimeGrid(1.0),
    SchmidtState(("1", "2"), (2, 2), np.array([1.0, 0.0])),
    SpinMoments.product(("E",), (4,), [(0.0, 0.0, -1.0)]),
]
"""One valid value of each public type that holds real numbers."""

COMPLEX = [np.complex128(0.1 + 5j), np.complex64(1), np.array(0.1 + 5j), 0.5 + 5j, 1 + 0j]
NO_NUMBERS = ["0.1", True, np.bool_(True), np.array(True)]


def real_fields() -> Iterator[Any]:
    """Every field of the types above whose valid value is a number or numbers."""
    for base in BASES:
        for field in dataclasses.fields(base):
            value = getattr(base, field.name)
            if isinstance(value, bool) or "str" in str(field.type):
                continue
            try:
                kind = np.asarray(value).dtype.kind
            except ValueError:
                continue
            optional = any(word in str(field.type) for word in ("float", "int"))
            if kind in "iuf" or (value is None and optional):
                name = f"{type(base).__name__}.{field.name}"
                yield pytest.param(base, field, id=name)


FIELDS = list(real_fields())


@pytest.mark.parametrize(("base", "field"), FIELDS)
def test_no_field_takes_a_complex_number_for_a_real_one(base, field):
    takes_complex = "complex" in str(field.type)
    for wrong in [*([] if takes_complex else COMPLEX), *NO_NUMBERS]:
        with pytest.raises(ArgumentError) as caught:
            dataclasses.replace(base, **{field.name: wrong})
        assert field.name in caught.value.name
        assert "must" in str(caught.value)


@pytest.mark.parametrize(("base", "field"), FIELDS)
def test_no_entry_of_a_list_is_complex(base, field):
    """Lists where lists are taken, and where not, they are refused as a whole."""
    if "complex" in str(field.type):
        return
    value = getattr(base, field.name)
    for entry in (0.1 + 5j, np.complex128(1), np.complex64(0.1)):
        wrong = np.full(np.shape(value) or 1, entry)
        with pytest.raises(ArgumentError) as caught:
            dataclasses.replace(base, **{field.name: wrong.tolist()})
        assert field.name in caught.value.name


def test_there_are_enough_fields():
    assert len(FIELDS) > 120


Z: Any = np.complex128(0.1 + 5j)
CHAINS = models.CavityChains(1, loss=0.1)
STATE = GaussianState.two_mode_squeezed(("A1", "B1"), 0.5)
WATCHED = ds.observe(CHAINS, [0.0, 1.0], Monitor("A1 loss"))
SPIN_CHAIN = models.SpinChains(1)

CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "cavity": ("rate", lambda z: cavity(A, z)),
    "cavity detuning": ("detuning", lambda z: cavity(A, 1.0, z)),
    "two-sided cavity": ("rate_right", lambda z: two_sided_cavity(A, 1.0, z)),
    "emitter": ("rate", lambda z: emitter(Q, z)),
    "phase shifter": ("phi", phase_shifter),
    "beam splitter": ("transmission", beam_splitter),
    "loss line": ("transmission", loss_line),
    "source": ("gain", lambda z: parametric_source(A, B, z, 1.0)),
    "source decay": ("decay", lambda z: parametric_source(A, B, 0.5, z)),
    "squeezed jumps": ("rate", lambda z: squeezed_jumps(destroy(A), destroy(B), z, 1.0)),
    "squeezed jumps nbar": ("nbar", lambda z: squeezed_jumps(destroy(A), destroy(B), 1.0, z)),
    "squeezing of a drive": (
        "squeezing",
        lambda z: models.SqueezedDrive.from_squeezing(squeezing=z),
    ),
    "atoms": ("atoms", lambda z: Spin("J", z)),
    "thermal photons": ("photons", lambda z: GaussianState.thermal(("a",), z)),
    "squeezing of a state": ("squeezing", lambda z: GaussianState.two_mode_squeezed("ab", z)),
    "covariance": (
        "covariance",
        lambda z: GaussianState.from_covariance(("a",), z * np.eye(2)),
    ),
    "mean": ("mean", lambda z: GaussianState.from_covariance(("a",), np.eye(2), [z, z])),
    "bloch": ("bloch", lambda z: SpinMoments.product(("E",), (4,), [[z, z, z]])),
    "times": ("times", lambda z: ds.evolve(CHAINS, [0.0, z])),
    "times of the engine": ("times", lambda z: run(Gaussian(), CHAINS.system(), [0.0, z])),
    "times of a watch": ("times", lambda z: ds.observe(CHAINS, [0.0, z], Monitor("A1 loss"))),
    "times of trajectories": (
        "times",
        lambda z: run(engines.Trajectories(trajectories=2), SPIN_CHAIN.system(), [0.0, z]),
    ),
    "frequencies": ("frequencies", lambda z: ds.output_states(CHAINS, ["A1 loss"], [z])),
    "varied": ("loss", lambda z: ds.steady_states(CHAINS, loss=[z, 0.2])),
    "tolerance": ("tolerance", lambda z: ds.preparation_time(SPIN_CHAIN, z)),
    "currents": ("currents", lambda z: WATCHED.track([[z]])),
    "target": ("target", lambda z: WATCHED.weights([z, 0.0, 0.0, 0.0])),
    "moment": ("moment", WATCHED.state),
    "seed": ("seed", lambda z: WATCHED.records(1, seed=z)),
    "trajectories": ("trajectories", WATCHED.records),
    "span": ("loss", lambda z: sweeps.linspace("loss", 0.1, z, 3)),
    "points": ("points", lambda z: sweeps.linspace("loss", 0.1, 0.2, z)),
    "random": ("loss", lambda z: sweeps.random_points({"loss": (0.1, z)}, 3)),
    "efficiency": ("efficiency", lambda z: Setup((SERIES,), z)),
}


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("wrong", [Z, np.complex64(1), np.array(Z), "0.1", None], ids=repr)
def test_no_function_takes_a_complex_number_for_a_real_one(what, wrong):
    name, call = CALLS[what]
    if wrong is None and what == "seed":  # a fresh one
        return
    if not isinstance(wrong, np.generic | np.ndarray) and what == "covariance":  # cannot be scaled
        return
    with pytest.raises(ArgumentError) as caught:
        call(wrong)
    assert caught.value.name.startswith(name)


@pytest.mark.parametrize(
    "number",
    [1, 2.5, np.float32(0.5), np.float64(0.5), np.int8(3), np.uint64(7), np.array(0.25)],
    ids=repr,
)
def test_all_real_numbers_are_taken(number):
    assert check_real("x", number) == float(number)
    assert check_array("x", number, (2,)).tolist() == [float(number)] * 2
    assert check_real("x", Fraction(1, 4)) == 0.25


@pytest.mark.parametrize(
    "wrong", [Z, Decimal("0.1"), 10**400, [1.0], np.array([1.0]), object(), b"1", np.timedelta64(1)]
)
def test_what_is_no_real_number_is_refused(wrong):
    with pytest.raises(ArgumentError, match="`x` must be a real number, but is"):
        check_real("x", wrong, remedy="Give one number.")


@pytest.mark.parametrize("wrong", [Z, 1.0, "1", True, np.bool_(1), np.array(1), None])
def test_what_is_no_whole_number_is_refused(wrong):
    with pytest.raises(ArgumentError, match="`x` must be a whole number, but is"):
        check_integer("x", wrong)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ([0, Z], "be a list of finite numbers"),
        (["0", "1"], "be a list of finite numbers"),
        ([0, np.inf], "be a list of finite numbers"),
        ([[0, 1]], "be a list of finite numbers"),
        ([[0], [0, 1]], "be a list of finite numbers"),
        ([], "be a list of finite numbers"),
        (10, "be a list of finite numbers"),
        ([0, 0], "increase"),
        ([0, 2, 1], "increase"),
    ],
)
def test_what_are_no_times_is_refused(wrong, rule):
    with pytest.raises(ArgumentError) as caught:
        check_times(wrong)
    assert caught.value.rule == rule


def test_times_are_floats():
    assert check_times(range(3)) == [0.0, 1.0, 2.0]
