"""Series, concatenation and feedback of SLH components."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems_dense import dense, dissipator, liouvillian, sandwich
from systems_refusal import refusal

from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.systems import (
    Component,
    Mode,
    OperatorSum,
    Qubit,
    SqueezedField,
    ThermalField,
    beam_splitter,
    cavity,
    concatenate,
    create,
    destroy,
    emitter,
    phase_shifter,
    sigma_minus,
    sigma_x,
    sigma_z,
)

Q1, Q2, Q3 = Qubit("A1"), Qubit("A2"), Qubit("A3")
A = Mode("A")


def random_component(label: str, seed: int) -> Component:
    rng = np.random.default_rng(seed)
    q = Qubit(label)
    draw = lambda: complex(*rng.normal(size=2))  # noqa: E731
    S = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))[0]
    L = tuple(draw() * sigma_minus(q) + draw() * sigma_z(q) for _ in range(2))
    return Component(S, L, rng.normal() * sigma_z(q) + rng.normal() * sigma_x(q))


def assert_same(g: Component, h: Component) -> None:
    assert np.allclose(g.scattering, h.scattering, atol=1e-12)
    pairs = [*zip(g.couplings, h.couplings, strict=True), (g.hamiltonian, h.hamiltonian)]
    assert all(x.isclose(y) for x, y in pairs)
    assert g.ports == h.ports


SEEDS = st.integers(0, 1000)


@given(SEEDS, SEEDS, SEEDS)
def test_series_is_associative(a, b, c):
    g, h, k = (random_component(name, seed) for name, seed in zip("xyz", (a, b, c), strict=True))
    assert_same((g >> h) >> k, g >> (h >> k))


@given(SEEDS, SEEDS)
def test_series_is_the_known_cascade(a, b):
    """Carmichael: -i[H1+H2] + D[..] + ([L1 rho, L2†] + [L2, rho L1†]) for S = 1."""
    up, down = random_component("x", a), random_component("y", b)
    ones = [Component(np.eye(2), g.couplings, g.hamiltonian) for g in (up, down)]
    system = (ones[0] >> ones[1]).open_system()
    spaces = system.spaces
    H = dense(up.hamiltonian + down.hamiltonian, spaces)
    eye = np.eye(len(H))
    expected = -1j * (sandwich(H, eye) - sandwich(eye, H))
    for L1, L2 in zip(up.couplings, down.couplings, strict=True):
        x, y = dense(L1, spaces), dense(L2, spaces)
        xd, yd = x.conj().T, y.conj().T
        expected = expected + dissipator(x) + dissipator(y)
        expected = expected + sandwich(x, yd) - sandwich(yd @ x, eye)  # [L1 rho, L2†]
        expected = expected + sandwich(y, xd) - sandwich(eye, xd @ y)  # [L2, rho L1†]
    assert np.allclose(liouvillian(system), expected, atol=1e-10)


@given(SEEDS, SEEDS)
def test_series_is_feedback_of_a_concatenation(a, b):
    g = random_component("x", a).with_ports("a", "b")
    h = random_component("y", b).with_ports("c", "d")
    wired = concatenate(g, h).feedback("a", "c").feedback("b", "d")
    assert_same(wired, g >> h)


@given(SEEDS, SEEDS, SEEDS)
def test_feedback_loops_close_in_any_order(a, b, c):
    parts = [random_component(name, seed) for name, seed in zip("xyz", (a, b, c), strict=True)]
    names = [("a", "b"), ("c", "d"), ("e", "f")]
    net = concatenate(*(g.with_ports(*n) for g, n in zip(parts, names, strict=True)))
    one = net.feedback("a", "c").feedback("e", "b")
    other = net.feedback("e", "b").feedback("a", "c")
    assert sorted(one.ports) == sorted(other.ports)
    order = [other.port(name) for name in one.ports]
    assert np.allclose(one.scattering, other.scattering[np.ix_(order, order)], atol=1e-10)
    assert np.allclose(liouvillian(one.open_system()), liouvillian(other.open_system()), atol=1e-9)


def test_feedback_of_a_cavity_onto_itself_by_hand():
    """Two mirrors joined through a phase: L = (s_r + e^{i phi} s_l) a and a shift of frequency."""
    left, right, phi = 0.9, 0.4, 0.7
    mirrors = concatenate(
        cavity(A, left).with_ports("l"), phase_shifter(phi).with_ports("p"),
        cavity(A, right).with_ports("r"),
    )  # fmt: skip
    ring = mirrors.feedback("l", "p").feedback("l", "r")
    assert ring.ports == ("l",)
    assert np.allclose(ring.scattering, np.exp(1j * phi))
    expected = (sqrt(right) + np.exp(1j * phi) * sqrt(left)) * destroy(A)
    assert ring.couplings[0].isclose(expected)
    shift = sqrt(left * right) * np.sin(phi)
    assert ring.hamiltonian.isclose(shift * create(A) * destroy(A))


@pytest.mark.parametrize("transmission", [0.99, 0.4, 0.01])
@pytest.mark.parametrize("sign", [1, -1])
def test_partial_mirror_in_front_of_a_cavity(transmission, sign):
    """The field bounces between the mirrors: linewidth (t/(1 + r))^2, or (t/(1 - r))^2."""
    t, r = sqrt(transmission), sqrt(1 - transmission)
    mirror, path = beam_splitter(transmission).with_ports("out", "back"), 0.0 if sign > 0 else np.pi
    parts = concatenate(mirror, cavity(A, 1.0), phase_shifter(path).with_ports("path"))
    net = parts.feedback("out", "A").feedback("out", "path").feedback("out", "back")
    assert net.ports == ("out",)
    (jump,) = net.open_system().jumps
    assert jump.rate == pytest.approx((t / (1 + sign * r)) ** 2, rel=1e-12)
    assert (
        net.hamiltonian.isclose(OperatorSum())
        or max(abs(c) for _, c in net.hamiltonian) < 1e-12 * jump.rate
    )


def test_concatenation_is_side_by_side():
    one, two = emitter(Q1, 1.0, 0.3), emitter(Q2, 2.0, -0.5)
    both = concatenate(one, two)
    assert both.ports == ("A1", "A2") and both.spaces == (Q1, Q2)
    expected = liouvillian(both.open_system())
    spaces = both.spaces
    H = dense(0.15 * sigma_z(Q1) - 0.25 * sigma_z(Q2), spaces)
    by_hand = -1j * (sandwich(H, np.eye(4)) - sandwich(np.eye(4), H))
    by_hand = by_hand + dissipator(dense(sigma_minus(Q1), spaces))
    by_hand = by_hand + 2.0 * dissipator(dense(sigma_minus(Q2), spaces))
    assert np.allclose(expected, by_hand, atol=1e-14)


def test_a_shared_space_is_one_system():
    drives = concatenate(cavity(A, 0.5).with_ports("x"), cavity(A, 1.5).with_ports("y"))
    assert drives.spaces == (A,)
    with refusal(ArgumentError, "spaces", "have unique labels"):
        concatenate(cavity(A, 0.5), emitter(Qubit("A"), 1.0).with_ports("q"))


def test_port_names():
    wire = phase_shifter(0.0)
    assert concatenate(wire, wire).ports == ("1", "2")
    assert (wire >> emitter(Q1, 1.0)).ports == ("A1",)
    assert (emitter(Q1, 1.0) >> emitter(Q2, 1.0)).ports == ("A1",)
    assert concatenate(emitter(Q1, 1.0), wire).ports == ("A1", "2")
    assert concatenate(wire, wire, emitter(Q1, 1.0)).feedback("1", "A1").ports == ("1", "2")
    with refusal(ArgumentError, "ports", "be distinct"):
        concatenate(emitter(Q1, 1.0), emitter(Q1, 1.0))
    with refusal(ArgumentError, "ports", "be 1 names"):
        wire.with_ports("a", "b")
    for name in ("a b", "2", ""):
        with refusal(ArgumentError, "ports[0]", "be a name"):
            wire.with_ports(name)


def test_bad_components():
    L = (sigma_minus(Q1),)
    with refusal(UnphysicalError, "scattering", "be unitary"):
        Component(np.array([[0.9]]), L)
    with refusal(ArgumentError, "scattering", "have shape (1, 1)"):
        Component(np.eye(2), L)
    with refusal(UnphysicalError, "hamiltonian", "be Hermitian"):
        Component(np.eye(1), L, sigma_minus(Q1))
    with refusal(ArgumentError, "jumps", "act on the listed spaces"):
        Component(np.eye(1), L, OperatorSum(), (Q2,))


def test_bad_connections():
    g = emitter(Q1, 1.0)
    with refusal(ArgumentError, "other", "have 1 ports"):
        g >> beam_splitter(0.5)
    with refusal(ArgumentError, "port", "name a port"):
        g.feedback("A1", "A2")
    with refusal(UnphysicalError, "feedback", "not form a resonant loop"):
        phase_shifter(0.0).feedback("1", "1")
    with refusal(ArgumentError, "components", "be at least one"):
        concatenate()


def test_bad_inputs():
    g = concatenate(emitter(Q1, 1.0), emitter(Q2, 1.0))
    with refusal(ArgumentError, "inputs", "name 2 port(s)"):
        g.open_system({"A1": SqueezedField(1.0)})
    with refusal(ArgumentError, "port", "name a port"):
        g.open_system({"A7": ThermalField(1.0)})
    with refusal(ArgumentError, "inputs", "drive each port once"):
        g.open_system({"A1": ThermalField(1.0), ("A1", "A2"): SqueezedField(1.0)})
    with refusal(ArgumentError, "inputs", "drive each port once"):
        g.open_system({("A1", "A1"): SqueezedField(1.0)})


def test_scattering_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="read-only"):
        phase_shifter(0.3).scattering[0, 0] = 1.0
