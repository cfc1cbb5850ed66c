"""Gradients against closed forms, differences of whole solutions, and laws."""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
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
    sigma_x,
    sigma_z,
    spin_minus,
    spin_plus,
)

PAIR = ds.models.DualRail(1, 0.7, detunings_a=[0.3], detunings_b=[-0.2], dephasing=0.05)
FIELDS = ("squeezing", "detunings_a", "detunings_b", "dephasing", "coupling")
TARGET = ds.steady_state(ds.models.DualRail(1, 0.7)).state
MERITS = [
    ds.merit(ds.purity),
    ds.merit(ds.purity, "A1"),
    ds.merit(ds.entropy),
    ds.merit(ds.negativity, "A1", "B1"),
    ds.merit(ds.log_negativity, "B1", "A1"),
    ds.merit(ds.concurrence, "A1", "B1"),
    ds.merit(ds.entanglement_of_formation, "B1", "A1"),
    ds.merit(ds.mutual_information, "A1", "B1"),
    ds.merit(ds.fidelity, TARGET),
    ds.merit(ds.expect, sigma_x(Qubit("A1")) * sigma_x(Qubit("B1"))),
]


@cache
def solved(name, k):
    """The steady state with one parameter moved by so many steps."""
    p = getattr(PAIR, name)
    value = np.ravel(p)[0] * (1 + 2e-3 * k)
    moved = replace(PAIR, **{name: (value,) if np.ndim(p) else value})
    return ds.steady_state(moved, Lindblad(rtol=1e-13)).state


@pytest.mark.parametrize("merit", MERITS, ids=lambda merit: merit.measure.__name__)
def test_gradients_are_those_of_whole_solutions(merit):
    fields = FIELDS if merit in MERITS[:2] else ("squeezing", "dephasing")
    found = ds.gradient(PAIR, merit, fields)
    assert found.attrs["value"] == pytest.approx(merit(ds.steady_state(PAIR).state), abs=1e-9)
    for name in fields:
        step = 2e-3 * np.ravel(getattr(PAIR, name))[0]
        one, two = (merit(solved(name, k)) - merit(solved(name, -k)) for k in (1, 2))
        slope = (8 * one - two) / (12 * step)
        assert float(np.ravel(found[name])[0]) == pytest.approx(slope, rel=1e-7, abs=1e-9)
        assert float(np.ravel(found[f"{name} error"])[0]) < 1e-7
    if fields != FIELDS:
        return
    # all rates times one factor change no state (Euler)
    rates = [name for name in FIELDS if name != "squeezing"]
    total = sum(np.sum(found[name].values * np.array(getattr(PAIR, name))) for name in rates)
    assert abs(total) < 1e-9


def test_the_entropy_of_one_rail_does_not_see_detunings():
    model = ds.models.DualRail(1, 0.7, detunings_a=[0.4], detunings_b=[0.1], dephasing=0.1)
    found = ds.gradient(model, ds.merit(ds.entropy, "A1"), ("detunings_a", "detunings_b"))
    for name in ("detunings_a", "detunings_b"):
        assert np.all(np.abs(found[name].values) <= found[f"{name} error"].values)


@dataclass(frozen=True)
class Light:
    amplitude: float = 0.3
    photons: int = 1


@dataclass(frozen=True)
class Cavity:
    """A driven cavity: <n> = E^2 / (kappa^2/4 + delta^2)."""

    delta: float = 0.4
    kappa: float = 1.0
    light: Light = field(default_factory=Light)

    def system(self):
        a = Mode("a")
        drive = self.light.amplitude * (create(a) + destroy(a))
        jumps = (Jump(destroy(a), self.kappa),)
        return OpenSystem((a,), self.delta * number(a) + drive, jumps)


@pytest.mark.parametrize("edge", [1e-4, 1e-7, 1e-12])
def test_a_driven_cavity_with_nested_fields(edge):
    """The error is what fewer Fock states change, not what the state's own error allows."""
    merit = ds.merit(ds.expect, number(Mode("a")))
    fields, engine = ("delta", "kappa", "light.amplitude"), Lindblad(edge=edge)
    found = ds.gradient(Cavity(), merit, fields, engine=engine)
    E, delta, below = 0.3, 0.4, 0.25 + 0.16
    slopes = (-(E**2) / below**2 * 2 * delta, -(E**2) / below**2 * 0.5, 2 * E / below)
    for name, slope in zip(fields, slopes, strict=True):
        off, error = abs(float(found[name]) - slope), float(found[f"{name} error"])
        assert off <= error <= max(1e-7, 10 * edge)


def test_a_rate_of_zero_has_a_derivative_to_the_right():
    model = replace(PAIR, dephasing=0.0, detunings_b=(-0.3,))
    found = ds.gradient(model, ds.merit(ds.purity), ("dephasing", "squeezing"))
    assert found["dephasing"].attrs["one_sided"]
    assert not found["squeezing"].attrs["one_sided"]
    rise = [ds.purity(ds.steady_state(replace(model, dephasing=x)).state) for x in (1e-4, 2e-4)]
    assert float(found["dephasing"]) == pytest.approx((4 * rise[0] - rise[1] - 3) / 2e-4, rel=1e-4)
    assert abs(float(found["squeezing"])) <= float(found["squeezing error"]) + 1e-9


def test_kinks_are_named():
    pure = replace(PAIR, dephasing=0.0, detunings_b=(-0.3,))
    with pytest.raises(NumericalError, match="infinite slope"):
        ds.gradient(pure, ds.merit(ds.entropy), "dephasing")
    folded = Aligned(0.0)
    found = ds.gradient(folded, ds.merit(ds.negativity, "q", "p"), ("drive", "decay"))
    assert "kink" in found["drive"].attrs
    assert float(found["drive"]) == pytest.approx(-float(found["drive lowering"]), rel=1e-6)
    near = ds.gradient(Aligned(1e-4), ds.merit(ds.negativity, "q", "p"), "drive")
    assert float(found["drive"]) == pytest.approx(float(near["drive"]), rel=1e-3)
    assert float(near["drive"]) > 0.1
    assert abs(float(found["decay"])) < 1e-9


def test_functions_are_followed_along_the_answer_of_the_state():
    def shifted(state):
        return ds.log_negativity(state, "A1", "B1") ** 2 + ds.purity(state)

    found = ds.gradient(PAIR, shifted, FIELDS)
    value, parts = ds.log_negativity(ds.steady_state(PAIR).state, "A1", "B1"), {}
    for key, merit in (("E", ds.merit(ds.log_negativity, "A1", "B1")), ("P", ds.merit(ds.purity))):
        parts[key] = ds.gradient(PAIR, merit, FIELDS)
    for name in FIELDS:
        exact = 2 * value * parts["E"][name].values + parts["P"][name].values
        assert found[name].values == pytest.approx(exact, rel=1e-7, abs=1e-8)
        assert np.all(np.abs(found[name].values - exact) <= found[f"{name} error"].values + 1e-9)


@dataclass(frozen=True)
class Aligned:
    """Two qubits that a field makes pairs of, ``drive (s+ s+ + h.c.)``, and that decay."""

    drive: float
    decay: float = 1.0

    def system(self):
        q, p = Qubit("q"), Qubit("p")
        pairs = sigma_plus(q) * sigma_plus(p)
        jumps = tuple(Jump(sigma_minus(each), self.decay) for each in (q, p))
        return OpenSystem((q, p), self.drive * (pairs + pairs.adjoint()), jumps)


@dataclass(frozen=True)
class Folded:
    drive: float
    power: int

    def system(self):
        q = Qubit("q")
        strength = abs(self.drive) ** self.power
        jumps = (Jump(sigma_minus(q), 1.0), Jump(sigma_plus(q), strength))
        return OpenSystem((q,), 0.3 * sigma_x(q), jumps)


def test_kinks_of_models_are_no_slopes():
    """abs(x) has the mean slope zero at zero, which is no derivative; x^2 and x^3 have one."""
    merit = ds.merit(ds.purity)
    with pytest.raises(NumericalError, match="The model has a kink where the parameter is 0"):
        ds.gradient(Folded(0.0, 1), merit, "drive")
    for power in (2, 3):
        assert abs(float(ds.gradient(Folded(0.0, power), merit, "drive").drive)) < 1e-8
    assert abs(float(ds.gradient(Folded(0.2, 1), merit, "drive").drive)) > 0.01


@dataclass(frozen=True)
class Atoms:
    """Two atoms that decay and are pumped one by one: ``P = ((g^2 + p^2)/(g + p)^2)^2``."""

    decay: float = 1.0
    pump: float = 0.3

    def system(self):
        e = Ensemble("e", 2)
        down = Jump(spin_minus(e), self.decay, each_atom=True)
        up = Jump(spin_plus(e), self.pump, each_atom=True)
        return OpenSystem((e,), jumps=(down, up))


def test_other_engines_are_asked_for_whole_solutions():
    found = ds.gradient(Atoms(), ds.merit(ds.purity), ("decay", "pump"))
    g, p = 1.0, 0.3
    one = (g**2 + p**2) / (g + p) ** 2
    slope = 2 * one * (2 * g * (g + p) - 2 * (g**2 + p**2)) / (g + p) ** 3
    assert float(found["decay"]) == pytest.approx(slope, rel=1e-7)
    assert float(found["pump"]) == pytest.approx(-slope * g / p, rel=1e-7)
    for name in ("decay", "pump"):
        assert float(found[f"{name} error"]) < 1e-6


def test_bad_input_is_named():
    with pytest.raises(ArgumentError, match="`measure`"):
        ds.merit(ds.chsh, "A1", "B1")
    with pytest.raises(ArgumentError, match="`target`"):
        ds.merit(ds.fidelity, PAIR)
    with pytest.raises(ArgumentError, match="`operator` must be Hermitian"):
        ds.merit(ds.expect, sigma_minus(Qubit("A1")))
    with pytest.raises(ArgumentError, match="`operator`"):
        ds.merit(ds.expect)
    merit = ds.merit(ds.purity)
    with pytest.raises(ArgumentError, match="Did you mean 'squeezing'"):
        ds.gradient(PAIR, merit, "squeezin")
    with pytest.raises(ArgumentError, match="real numbers"):
        ds.gradient(PAIR, merit, "pairs")
    with pytest.raises(ArgumentError, match="real numbers"):
        ds.gradient(Cavity(), merit, "light.photons")
    with pytest.raises(ArgumentError, match=r"have a field 'delta.x'"):
        ds.gradient(Cavity(), merit, "delta.x")
    with pytest.raises(ArgumentError, match="`merit`"):
        ds.gradient(PAIR, ds.purity, "squeezing")
    with pytest.raises(ArgumentError, match="A9"):
        ds.gradient(PAIR, ds.merit(ds.purity, "A9"), "squeezing")
    with pytest.raises(EngineMismatchError, match="no derivative for density matrices"):
        ds.gradient(PAIR, ds.merit(ds.epr_variance, "A1", "B1"), "squeezing")
    assert repr(ds.merit(ds.negativity, "A1", "B1")) == "merit(negativity, 'A1', 'B1')"
    assert ds.merit(ds.expect, sigma_z(Qubit("A1"))).measure is ds.expect
