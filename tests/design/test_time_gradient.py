"""Gradients at a time, of the slowest rate and of the preparation time."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from design_models import Amplifier, DrivenQubit

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.errors import ArgumentError, NumericalError
from darkstate.states import GaussianState, PureState
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    plus_hc,
    sigma_minus,
    sigma_x,
    sigma_z,
)

PAIR = ds.models.DualRail(1, 0.7, detunings_a=[0.3], detunings_b=[-0.2], dephasing=0.05)
RATES = ("coupling", "dephasing", "detunings_a", "detunings_b")
Q = Qubit("q")


def slope(function, model, name, h):
    """Central difference of sixth order."""

    def odd(step):
        up, down = (replace(model, **{name: getattr(model, name) + s}) for s in (step, -step))
        return (function(up) - function(down)) / (2 * step)

    one, two, four = odd(h), odd(2 * h), odd(4 * h)
    fine, coarse = (4 * one - two) / 3, (4 * two - four) / 3
    return (16 * fine - coarse) / 15


def euler(found, model):
    return sum(float(np.sum(found[name].values * np.array(getattr(model, name)))) for name in RATES)


def test_a_merit_at_a_time():
    merit, T = ds.merit(ds.log_negativity, "A1", "B1"), 2.0
    found = ds.gradient(PAIR, merit, (*RATES, "squeezing"), time=T)
    engine = Lindblad(rtol=1e-14)

    def at(model, t=T):
        return merit(ds.evolve(model, [0.0, t], engine=engine).state)

    assert found.attrs["value"] == pytest.approx(at(PAIR), abs=1e-9)
    assert float(found["squeezing"]) == pytest.approx(slope(at, PAIR, "squeezing", 4e-3), rel=1e-7)
    # faster rates are a later time (Euler)
    early, late = (at(PAIR, T + s) for s in (-2e-3, 2e-3))
    first, last = (at(PAIR, T + s) for s in (-4e-3, 4e-3))
    speed = (8 * (late - early) - (last - first)) / 24e-3
    assert euler(found, PAIR) == pytest.approx(T * speed, rel=1e-7)
    for name in RATES:
        assert np.all(found[f"{name} error"].values < 1e-7)


def test_a_driven_qubit_without_decay_by_hand():
    """``<sz> = -cos(W t)``: from the ground state, and from another one."""
    merit = ds.merit(ds.expect, sigma_z(Q))

    @dataclass(frozen=True)
    class Rabi:
        drive: float = 0.8

        def system(self):
            return OpenSystem((Q,), 0.5 * self.drive * sigma_x(Q))

    found = ds.gradient(Rabi(), merit, "drive", time=1.5)
    assert float(found["drive"]) == pytest.approx(1.5 * np.sin(1.2), rel=1e-9)
    excited = PureState.basis("q", 2, {"q": 1})
    other = ds.gradient(Rabi(), merit, "drive", time=1.5, initial=excited)
    assert float(other["drive"]) == pytest.approx(-1.5 * np.sin(1.2), rel=1e-9)


def test_gaussian_states_at_a_time():
    """Photons of an amplifier without loss: ``sinh^2(g t)``; and one that decays."""
    merit = ds.merit(ds.expect, number(Mode("A1")))
    found = ds.gradient(Amplifier(0.3, 0.0), merit, ("pump", "loss"), time=2.0)
    assert float(found["pump"]) == pytest.approx(2.0 * np.sinh(1.2), rel=1e-9)
    assert found["loss"].attrs["one_sided"]
    start = GaussianState.thermal(("A1", "B1"), [2.0, 0.0])
    fading = ds.gradient(Amplifier(0.0, 0.4), merit, "loss", time=3.0, initial=start)
    assert float(fading["loss"]) == pytest.approx(-3.0 * 2.0 * np.exp(-1.2), rel=1e-9)
    driven = ds.models.CavityChains(2, loss=0.1, drive=ds.models.SqueezedDrive(1.0, 0.5))
    pair = ds.merit(ds.log_negativity, "A2", "B2")
    found = ds.gradient(driven, pair, "loss", time=4.0)
    exact = slope(lambda m: pair(ds.evolve(m, [0.0, 4.0]).state), driven, "loss", 1e-3)
    assert float(found["loss"]) == pytest.approx(exact, rel=1e-7)
    assert float(found["loss error"]) < 1e-9


def test_functions_and_other_engines_at_a_time_take_whole_solutions():
    def squared(state):
        return ds.purity(state) ** 2

    model = replace(PAIR, dephasing=0.1)
    exact = ds.gradient(model, ds.merit(ds.purity), "dephasing", time=1.0)
    found = ds.gradient(model, squared, "dephasing", time=1.0, engine=Lindblad(rtol=1e-13))
    value = 2 * exact.attrs["value"] * float(exact["dephasing"])
    assert float(found["dephasing"]) == pytest.approx(value, rel=1e-5)
    assert abs(float(found["dephasing"]) - value) <= float(found["dephasing error"])


def test_the_slowest_rate():
    found = ds.gradient(PAIR, "gap", (*RATES, "squeezing"))
    gap = float(ds.steady_state(PAIR).report.gap)
    assert found.attrs["value"] == pytest.approx(gap, rel=1e-10)
    assert euler(found, PAIR) == pytest.approx(gap, rel=1e-9)
    exact = slope(lambda m: float(ds.steady_state(m).report.gap), PAIR, "squeezing", 2e-3)
    assert float(found["squeezing"]) == pytest.approx(exact, rel=1e-7)
    chains = ds.models.CavityChains(2, loss=0.1)
    found = ds.gradient(chains, "gap", ("loss", "drive.rate"))
    gap = float(ds.steady_state(chains).report.gap)
    assert float(found["loss"]) == pytest.approx(1.0, rel=1e-9)  # on every site
    exact = slope(
        lambda d: float(ds.steady_state(replace(chains, drive=d)).report.gap),
        chains.drive, "rate", 1e-3,
    )  # fmt: skip
    assert float(found["drive.rate"]) == pytest.approx(exact, rel=1e-7)


def test_rates_that_cross_have_two_slopes_and_exceptional_points_none():
    @dataclass(frozen=True)
    class Two:
        one: float = 1.0
        two: float = 1.0

        def system(self):
            a, b = Qubit("a"), Qubit("b")
            jumps = (Jump(sigma_minus(a), self.one), Jump(sigma_minus(b), self.two))
            return OpenSystem((a, b), jumps=jumps)

    found = ds.gradient(Two(), "gap", ("one", "two"))
    for name in ("one", "two"):  # the coherence of the slower one decides, at half its rate
        assert float(found[name]) == pytest.approx(0.0, abs=1e-9)
        assert float(found[f"{name} lowering"]) == pytest.approx(0.5, rel=1e-9)

    @dataclass(frozen=True)
    class Coupled:
        """``-Re lambda = 0.3 - Re sqrt(0.04 - g^2)`` for losses 1 and 0.2."""

        coupling: float

        def system(self):
            a, b = Mode("a"), Mode("b")
            jumps = (Jump(destroy(a), 1.0), Jump(destroy(b), 0.2))
            return OpenSystem((a, b), self.coupling * plus_hc(create(a) * destroy(b)), jumps)

    with pytest.raises(NumericalError, match="exceptional point"):
        ds.gradient(Coupled(0.2), "gap", "coupling")
    below = ds.gradient(Coupled(0.12), "gap", "coupling")
    assert float(below["coupling"]) == pytest.approx(0.12 / 0.16, rel=1e-9)
    assert abs(float(ds.gradient(Coupled(0.3), "gap", "coupling")["coupling"])) < 1e-12
    assert float(ds.gradient(DrivenQubit(drive=0.4), "gap", "decay")["decay"]) == pytest.approx(0.5)


def test_the_time_of_preparation():
    model = ds.models.DualRail(1, 0.6, detunings_a=[0.5], detunings_b=[-0.5])
    fields = ("coupling", "detunings_a", "detunings_b", "squeezing")
    found = ds.gradient(model, "preparation_time", fields, tolerance=1e-2)
    time = ds.preparation_time(model, 1e-2)
    assert found.attrs["value"] == pytest.approx(time, rel=1e-5)
    rates = sum(float(np.sum(found[f].values * getattr(model, f))) for f in fields[:3])
    assert rates == pytest.approx(-found.attrs["value"], rel=1e-7)

    def exact(moved):
        return ds.gradient(moved, "preparation_time", [], tolerance=1e-2).attrs["value"]

    assert float(found["squeezing"]) == pytest.approx(
        slope(exact, model, "squeezing", 2e-3), rel=1e-6
    )


def test_questions_that_make_no_sense_are_named():
    merit = ds.merit(ds.purity)
    with pytest.raises(ArgumentError, match="`time`"):
        ds.gradient(PAIR, merit, "coupling", time=-1.0)
    with pytest.raises(ArgumentError, match="`time`"):
        ds.gradient(PAIR, "gap", "coupling", time=1.0)
    with pytest.raises(ArgumentError, match="`initial`"):
        ds.gradient(PAIR, merit, "coupling", initial=PureState.basis("q", 2))
    with pytest.raises(ArgumentError, match="`merit`"):
        ds.gradient(PAIR, "speed", "coupling")
