"""The ready components: conventions, loss, thresholds, and the limit of a fast source."""

from __future__ import annotations

from math import sinh, sqrt

import numpy as np
import pytest
from systems_dense import adjoint_generator, without_noise
from systems_language import cascade
from systems_refusal import refusal

from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.systems import (
    Component,
    Mode,
    OpenSystem,
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
    gain_of,
    loss_line,
    parametric_source,
    phase_shifter,
    sigma_minus,
    sigma_z,
    squeezing_of,
    two_sided_cavity,
)

A, B, SA, SB = Mode("A1"), Mode("B1"), Mode("SA"), Mode("SB")


def test_cavity_conventions():
    g = cavity(A, 0.3, -2.0)
    assert g.couplings == (sqrt(0.3) * destroy(A),)
    flow = adjoint_generator(g.open_system(), destroy(A))
    assert flow.isclose((2.0j - 0.15) * destroy(A))  # half the energy rate, -i times the detuning
    energy = create(A) * destroy(A)
    assert adjoint_generator(g.open_system(), energy).isclose(-0.3 * energy)


def test_emitter_conventions():
    q = Qubit("A1")
    g = emitter(q, 0.8, 0.5)
    assert g.hamiltonian == 0.25 * sigma_z(q)
    flow = adjoint_generator(g.open_system(), sigma_minus(q))
    assert flow.isclose((-0.5j - 0.4) * sigma_minus(q))


def reflection(g: Component, mode: Mode, omega: float) -> np.ndarray:
    """``S - L (i omega + ...)^-1 L† S``: the input-output matrix of one damped mode, by hand."""
    coefficient = dict(adjoint_generator(g.open_system(), destroy(mode)))[
        next(iter(destroy(mode)))[0]
    ]
    row = np.array([dict(L)[next(iter(destroy(mode)))[0]] for L in g.couplings])
    return g.scattering + np.outer(row, row.conj()) @ g.scattering / (coefficient + 1j * omega)


def test_a_resonant_symmetric_cavity_is_transparent():
    g = two_sided_cavity(A, 0.7, 0.7)
    assert g.ports == ("A1_left", "A1_right")
    assert np.allclose(reflection(g, A, 0.0), [[0, -1], [-1, 0]], atol=1e-12)
    detuned = reflection(two_sided_cavity(A, 0.7, 0.2, 0.4), A, 0.1)
    assert np.allclose(detuned.conj().T @ detuned, np.eye(2), atol=1e-12)


def test_passive_elements():
    assert np.allclose(phase_shifter(0.3).scattering, np.exp(0.3j))
    assert np.allclose(beam_splitter(0.25).scattering ** 2, [[0.25, 0.75], [0.75, 0.25]])
    assert phase_shifter(0.3).open_system().jumps == ()
    assert loss_line(1.0).ports == ("line", "lost")
    assert np.array_equal(loss_line(1.0).scattering, np.eye(2))


@pytest.mark.parametrize("transmission", [1.0, 0.6, 0.0])
def test_a_lossy_line_behind_a_cavity_only_divides_its_light(transmission):
    g = concatenate(cavity(A, 2.0), loss_line(transmission)).feedback("A1", "line")
    system = g.open_system()
    found = {jump.name: jump.rate for jump in system.jumps}
    expected = {"A1": 2.0 * transmission, "lost": 2.0 * (1 - transmission)}
    assert found == pytest.approx({k: v for k, v in expected.items() if v})
    extra_decay = cavity(A, 2.0).open_system()
    for X in (destroy(A), create(A) * destroy(A)):
        assert adjoint_generator(system, X).isclose(adjoint_generator(extra_decay, X))


@pytest.mark.parametrize("transmission", [0.9, 0.3])
def test_a_lossy_line_between_qubits_weakens_the_cascade(transmission):
    """H = (eta^(1/2)/2i)(L2† L1 - h.c.), and the lost light is one more decay channel of node 1."""
    one, two = Qubit("A1"), Qubit("A2")
    lossy = concatenate(emitter(one, 1.0), loss_line(transmission)).feedback("A1", "line")
    system = concatenate(lossy, emitter(two, 1.5)).feedback("A1", "A2").open_system()
    s1, s2 = sigma_minus(one), sqrt(1.5) * sigma_minus(two)
    exchange = -0.5j * sqrt(transmission) * s2.adjoint() * s1
    assert system.hamiltonian.isclose(exchange + exchange.adjoint())
    channels = {jump.name: jump.operator * sqrt(jump.rate) for jump in system.jumps}
    assert channels["A1"].isclose(sqrt(transmission) * s1 + s2)
    lost = channels["lost"]
    assert lost.isclose(sqrt(1 - transmission) * s1)


def test_a_lossy_line_takes_from_squeezing_what_vacuum_replaces():
    eta, nbar = 0.7, 1.3
    lines = concatenate(loss_line(eta).with_ports("a", "x"), loss_line(eta).with_ports("b", "y"))
    net = concatenate(lines, cavity(A, 1.0), cavity(B, 1.0)).feedback("a", "A1").feedback("b", "B1")
    lossy = net.open_system({("a", "b"): SqueezedField(nbar)})
    nodes = concatenate(cavity(A, 1.0), cavity(B, 1.0))
    weaker = SqueezedField(eta * nbar, eta * sqrt(nbar * (nbar + 1)))
    direct = nodes.open_system({("A1", "B1"): weaker})
    for X in (destroy(A), create(A) * destroy(A), destroy(A) * destroy(B)):
        gap = adjoint_generator(lossy, X) - adjoint_generator(direct, X)
        assert without_noise(gap, 1.0) == OperatorSum()


def test_source_threshold_and_gain():
    for decay in (3.0, (2.0, 5.0)):
        assert squeezing_of(gain_of(1.2, decay), decay) == pytest.approx(1.2)
    with refusal(UnphysicalError, "gain", "be below threshold, |gain| < kappa/2 = 1.5"):
        parametric_source(SA, SB, 1.5, 3.0)
    with refusal(UnphysicalError, "gain", "be below threshold, |gain| < kappa/2 = 1"):
        parametric_source(SA, SB, -1.1, (1.0, 4.0))
    with refusal(ArgumentError, "decay", "be > 0"):
        parametric_source(SA, SB, 0.1, 0.0)
    assert parametric_source(SA, SB, 0.99, (1.0, 4.0)).ports == ("SA", "SB")


def source_output(gain: float, decays: tuple[float, float], omega: float) -> tuple[float, complex]:
    """``N`` and ``M`` of the two output beams at frequency omega, by hand.

    v = (s_A, s_B†): dv/dt = D v - K b, b_out = b + K v, with D = [[-ka/2, g], [g, -kb/2]].
    """
    K = np.diag(np.sqrt(decays))
    D = np.array([[-decays[0] / 2, gain], [gain, -decays[1] / 2]])
    T = np.eye(2) + K @ np.linalg.solve(D + 1j * omega * np.eye(2), K)
    return abs(T[0, 1]) ** 2, T[0, 0] * T[1, 0].conj()


@pytest.mark.parametrize("decays", [(4.0, 4.0), (1.0, 9.0)])
def test_the_source_at_zero_frequency_is_the_squeezed_field(decays):
    """N = |T_AB|^2 and <b_A b_B> = T_AA T_BA* with T of `source_output`."""
    r = 0.9
    N, M = source_output(gain_of(r, decays), decays, 0.0)
    number, pair = SqueezedField(sinh(r) ** 2).moments()
    assert number[0, 0] == pytest.approx(N)
    assert pair[0, 1] == pytest.approx(M)
    assert pytest.approx(sinh(2 * r) / 2) == M


def second_moments(system: OpenSystem) -> dict[str, complex]:
    """Steady second moments of a quadratic system, from the algebra of its adjoint generator."""
    ladder = [op for mode in system.spaces for op in (destroy(mode), create(mode))]  # type: ignore[arg-type]
    keys = [next(iter(x * y))[0] for i, x in enumerate(ladder) for y in ladder[i:]]
    keys = [key for key in dict.fromkeys(keys) if key]
    place = {key: i for i, key in enumerate(keys)}
    matrix = np.zeros((len(keys), len(keys)), dtype=complex)
    source = np.zeros(len(keys), dtype=complex)
    for key, i in place.items():
        for product, c in adjoint_generator(system, OperatorSum({key: 1.0})):
            if product:
                matrix[i, place[product]] += c
            else:
                source[i] += c
    found = np.linalg.solve(matrix, -source)
    return {str(OperatorSum({key: 1.0})): found[i] for key, i in place.items()}


def test_a_fast_source_drives_cavities_like_the_squeezed_field():
    """Moments of the driven cavities tend to nbar and +mbar, with an error of order 1/kappa."""
    r, errors = 0.8, []
    for kappa in (100.0, 200.0):
        source = parametric_source(SA, SB, gain_of(r, kappa), kappa)
        nodes = concatenate(cavity(A, 1.0), cavity(B, 1.0))
        moments = second_moments((source >> nodes).open_system())
        number, pair = moments["1 A1[+-]"], moments["1 A1[-] B1[-]"]
        errors.append((number - sinh(r) ** 2, pair - sinh(2 * r) / 2))
    coarse, fine = np.abs(np.array(errors))
    assert np.all(coarse < 0.1) and np.all(fine > 0)
    assert np.allclose(coarse / fine, 2.0, rtol=0.05)


def test_a_slow_source_has_its_own_moments():
    """<s† s> = 2 g^2/(kappa^2 - 4 g^2) of the source is untouched by the cavities behind it."""
    g, kappa = 0.3, 1.0
    source = parametric_source(SA, SB, g, kappa)
    expected = 2 * g**2 / (kappa**2 - 4 * g**2)
    alone = second_moments(source.open_system())
    nodes = concatenate(cavity(A, 1.0), cavity(B, 1.0))
    behind = second_moments((source >> nodes).open_system())
    assert alone["1 SA[+-]"] == pytest.approx(expected)
    assert behind["1 SA[+-]"] == pytest.approx(expected)


def test_a_source_can_be_seeded_with_heat():
    """At the same gain thermal inputs multiply the moments by 2 nbar + 1."""
    source = parametric_source(SA, SB, 0.3, 1.0)
    cold = second_moments(source.open_system())
    hot = second_moments(source.open_system({"SA": ThermalField(0.5), "SB": ThermalField(0.5)}))
    assert hot["1 SA[-] SB[-]"] == pytest.approx(2 * cold["1 SA[-] SB[-]"])
    assert hot["1 SA[+-]"] + 0.5 == pytest.approx(2 * (cold["1 SA[+-]"] + 0.5))


def test_a_phase_on_one_line_turns_the_correlation():
    field = {("A1", "B1"): SqueezedField(0.6)}
    turned = cascade([
        concatenate(phase_shifter(0.4), phase_shifter(0.0)),
        concatenate(cavity(A, 1.0), cavity(B, 1.0)),
    ]).open_system(field)  # fmt: skip
    pair = second_moments(turned)["1 A1[-] B1[-]"]
    assert pair == pytest.approx(sqrt(0.6 * 1.6) * np.exp(0.4j))


def test_bad_components():
    with refusal(ArgumentError, "rate", "be >= 0"):
        cavity(A, -1.0)
    with refusal(ArgumentError, "detuning", "be finite"):
        emitter(Qubit("q"), 1.0, float("nan"))
    for build in (beam_splitter, loss_line):
        with refusal(ArgumentError, "transmission", "be <= 1"):
            build(1.1)
    with refusal(ArgumentError, "phi", "be a real number"):
        phase_shifter("pi")  # type: ignore[arg-type]
