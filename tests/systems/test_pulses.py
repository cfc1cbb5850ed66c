"""Pulses as functions of time, as factors of operators, and in systems; what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from systems_dense import dense, dissipator, liouvillian

from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.systems import (
    CoherentField,
    Drive,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    cascade_order,
    cavity,
    charges,
    concatenate,
    create,
    destroy,
    emitter,
    linear_source,
    loss_line,
    number,
    permutation_symmetry,
    pulses,
    quadratic_form,
    sigma_minus,
    sigma_x,
    sigma_z,
    upstream,
)
from darkstate.systems.signals import signal, split
from darkstate.systems.time_parts import TimeParts
from darkstate.systems.written import is_writable, read_system, written_system

A, B, Q = Mode("a"), Mode("b"), Qubit("q")
T = np.linspace(-2.0, 2.0, 9)


def test_shapes():
    assert np.allclose(
        pulses.gaussian(0.5, 0.7, 2.0)(T), 2.0 * np.exp(-0.5 * ((T - 0.5) / 0.7) ** 2)
    )
    assert np.allclose(pulses.sech(0.5, 0.7, 1j)(T), 1j / np.cosh((T - 0.5) / 0.7))
    assert np.allclose(pulses.ramp(-1, 1, 1.0, 3.0)(T), np.clip(2.0 + T, 1.0, 3.0))
    assert pulses.step(0.0)(-1e-9) == 0.0 and pulses.step(0.0)(0.0) == 1.0
    assert np.allclose(pulses.sinusoid(3.0, 2.0, 0.1)(T), 2.0 * np.cos(3.0 * T + 0.1))
    table = pulses.samples(T, T**3)
    assert table(0.3) == pytest.approx(0.027)
    assert pulses.samples(T, T, "linear")(0.3) == pytest.approx(0.3)
    assert pulses.samples(T, T, "constant")(0.3) == 0.0
    both = 2.0 * pulses.sinusoid(1.0) * pulses.function(lambda t: 1j * t) - 0.5
    assert both(0.4) == pytest.approx(2.0 * np.cos(0.4) * 0.4j - 0.5)
    assert np.allclose(both(T), [both(t) for t in T.tolist()])
    assert both.conj()(0.4) == pytest.approx(np.conj(both(0.4)))
    assert both.conj().conj() == both
    assert pulses.sech(700.0, 1e-3)(0.0) < 1e-300
    half = pulses.step(0.0, 2.0, 4.0) / 2
    assert half(1.0) == 2.0 and str(half) == "(step(time=0.0, before=2.0, after=4.0) 0.5)"


def test_stops_are_where_something_happens():
    assert pulses.ramp(1.0, 2.0).stops == (1.0, 2.0)
    assert set(pulses.gaussian(5.0, 1.0).stops) == {-1.0, 2.5, 7.5, 11.0}
    assert pulses.function(abs, stops=[3, 1]).stops == (1.0, 3.0)
    assert (pulses.step(1.0) * pulses.step(2.0)).stops == (1.0, 2.0)
    assert pulses.samples([0, 1, 2], [0, 1, 0], "linear").stops == (0.0, 1.0, 2.0)
    burst = pulses.function(lambda t: np.exp(-(((t - 60.0) / 0.5) ** 2)))
    parts = TimeParts.of(OpenSystem((Q,), drives=(Drive(sigma_x(Q), burst),)))
    stops = parts.stops(0.0, 100.0)
    assert len(stops) < 10 and stops[0] < 59.0 and stops[-1] > 61.0  # found without being told


def stops_of(pulse, end):
    return TimeParts.of(OpenSystem((Q,), drives=(Drive(sigma_x(Q), pulse),))).stops(0.0, end)


def test_what_is_short_or_weak_beside_other_things_is_found():
    grid = np.linspace(0.0, 1000.0, 20_001)
    table = pulses.samples(grid, np.exp(-0.5 * ((grid - 617.3) / 0.2) ** 2))
    stops = stops_of(table, 1000.0)
    assert all(any(abs(t - x) < 1.5 for t in stops) for x in (616.0, 618.5))
    weak = pulses.function(lambda t: np.exp(-((t - 10) ** 2)) + 1e-5 * np.exp(-((t - 600) ** 2)))
    assert any(590.0 < t < 599.5 for t in stops_of(weak, 1000.0))
    comb = pulses.function(lambda t: float(t % 50.0 < 2.0))
    assert len(stops_of(comb, 1000.0)) > 30  # each tooth begins and ends
    assert stops_of(pulses.function(lambda t: 0.0), 1.0) == []
    looks = TimeParts.of(OpenSystem((Q,), drives=(Drive(sigma_x(Q), table),))).looks(0.0, 1000.0)
    assert np.diff(looks[(looks > 617.0) & (looks < 617.6)]).max() < 0.05


def test_pulses_are_factors_that_commute():
    f, g = pulses.function(lambda t: 1j + t), pulses.gaussian(0.0, 1.0)
    exchange = (signal(f) * create(A)).adjoint() * (signal(g) * create(B))
    ((pulse, operator),) = split(exchange)
    assert operator == destroy(A) * create(B)
    assert pulse(0.3) == pytest.approx(np.conj(f(0.3)) * g(0.3))
    assert signal(g).adjoint() == signal(g) and signal(f).adjoint() != signal(f)
    assert signal(f * g + 2.0).commutator(destroy(A)) == 0 * destroy(A)


def test_the_parts_add_up_to_the_generator():
    """A modulated cavity drives a modulated qubit, and light comes in: by hand at one time."""
    f, g = pulses.function(lambda t: np.cos(t) + 1j * t), pulses.sech(0.0, 1.0, 0.4 - 0.3j)
    light = CoherentField(0.3, modulation=pulses.sinusoid(2.0, 1j))
    nodes = concatenate(cavity(A, 1.3, modulation=f), emitter(Q, 0.7, 0.2, modulation=g))
    system = nodes.feedback("a", "q").open_system({"a": light})
    parts, t = TimeParts.of(system), 0.37
    found = sum(
        r * liouvillian(part, 3)
        for r, part in zip(parts.coefficients(np.array([t]))[0], parts.systems, strict=True)
    )
    a, s = dense(destroy(A), (A, Q), 3), dense(sigma_minus(Q), (A, Q), 3)
    first, second, beta = np.sqrt(1.3) * f(t) * a, np.sqrt(0.7) * g(t) * s, 0.3j * np.cos(2 * t)
    out = first + second
    exchange = (second.conj().T @ first) / 2j + out.conj().T * beta / 1j
    H = 0.1 * dense(sigma_z(Q), (A, Q), 3) + exchange + exchange.conj().T
    eye = np.eye(6)
    expected = -1j * (np.kron(H, eye) - np.kron(eye, H.T)) + dissipator(out)
    assert np.abs(found - expected).max() < 1e-14


def transfer(line: float) -> OpenSystem:
    f = pulses.ramp(0.0, 1.0)
    first = concatenate(cavity(A, 1.0, modulation=f), loss_line(line).with_ports("line", "lost"))
    second = cavity(B, 1.0, modulation=f.conj() * 1j)
    return concatenate(first.feedback("a", "line"), second).feedback("a", "b").open_system()


def test_traits_of_what_depends_on_time():
    system = transfer(0.9)
    assert system.time_dependent and charges(system).evidence == ({"a": 1, "b": 1},)
    assert cascade_order(system).evidence == ((("a",),), (("b",),))
    part = upstream(system, "a")
    assert part.labels == ("a",) and part.time_dependent and not part.drives
    assert not permutation_symmetry(system) and not linear_source(system)
    broken = OpenSystem((A,), number(A), drives=(Drive(create(A), pulses.ramp(0, 1)),))
    assert not charges(broken)
    with pytest.raises(EngineMismatchError, match="constant in time"):
        quadratic_form(system)


def test_systems_are_written_and_read():
    system = transfer(0.9)
    assert is_writable(system) and read_system(written_system(system)) == system
    drive = Drive(sigma_x(Q), lambda t: t)
    assert not is_writable(OpenSystem((Q,), drives=(drive,)))
    with pytest.raises(ArgumentError, match="written system"):
        read_system({"spaces": [["mode"]]})


def complex_in_front() -> object:
    return TimeParts.of(OpenSystem((Q,), drives=(Drive(sigma_x(Q), lambda t: 1j),))).coefficients(
        0.0
    )


REFUSED = [
    (lambda: pulses.gaussian(0.0, 0.0), "width"),
    (lambda: pulses.gaussian("x", 1.0), "center"),
    (lambda: pulses.ramp(1.0, 1.0), "end"),
    (lambda: pulses.sinusoid(np.inf), "frequency"),
    (lambda: pulses.samples([0, 2, 1, 3], [0, 0, 0, 0]), "times"),
    (lambda: pulses.samples([0, 1], [0, 1]), "times"),
    (lambda: pulses.samples([0, 1, 2, 3], [0, 1]), "values"),
    (lambda: pulses.samples([0, 1, 2, 3], ["a"] * 4), "values"),
    (lambda: pulses.samples([0, 1], [0, 1], "square"), "interpolation"),
    (lambda: pulses.samples([0, 1], [0, 1], "linear")(1.5), "times of the samples"),
    (lambda: pulses.function(3.0), "f"),
    (lambda: pulses.function(abs, stops=["x"]), r"stops\[0\]"),
    (lambda: pulses.function(lambda t: "x")(0.0), "coefficient"),
    (lambda: pulses.function(lambda t: np.nan)(0.0), "coefficient"),
    (lambda: pulses.function(lambda t: 1 / t)(0.0), "coefficient"),
    (lambda: pulses.step(0.0) * "x", "factor"),
    (lambda: pulses.step(0.0) / 0, "divisor"),
    (lambda: pulses.step(0.0) / "x", "divisor"),
    (lambda: Drive(sigma_x(Q), pulses.gaussian(0, 1, 1j)), "coefficient"),
    (lambda: Drive(sigma_x(Q), 3.0), "coefficient"),
    (lambda: Drive("x", abs), "operator"),
    (complex_in_front, "coefficient"),
    (lambda: OpenSystem((Q,), [[sigma_x(Q), abs]]), "hamiltonian"),
    (lambda: OpenSystem((Q,), drives=[sigma_x(Q)]), r"drives\[0\]"),
    (lambda: OpenSystem((Q,), drives=(Drive(number(A), abs),)), "drives"),
    (lambda: Jump(sigma_minus(Q), -1.0, modulation=abs), "rate"),
    (lambda: Jump(sigma_minus(Q), 1.0, modulation=2.0), "modulation"),
    (lambda: cavity(A, 1.0, modulation="f"), "modulation"),
    (lambda: CoherentField(1.0, modulation=0.5), "modulation"),
]


@pytest.mark.parametrize(("call", "name"), REFUSED)
def test_refusals(call, name):
    with pytest.raises(ArgumentError, match=f"`{name}` must"):
        call()
