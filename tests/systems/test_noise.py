"""Gaussian fields and their jumps, against the dissipators written out."""

from __future__ import annotations

from math import cosh, sinh, sqrt

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from systems_dense import (
    adjoint_generator,
    dense,
    dissipator,
    liouvillian,
    sandwich,
    without_noise,
)
from systems_refusal import refusal

from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.systems import (
    Component,
    GaussianField,
    Jump,
    Mode,
    Monitor,
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
    identity,
    sigma_minus,
    squeezed_jumps,
)
from darkstate.systems.noise import _blocks, combine

A, B = Mode("A1"), Mode("B1")
QUBITS = Qubit("A1"), Qubit("B1")
RATE = 2 * 0.7


def printed_drive(a: np.ndarray, b: np.ndarray, zeta: float, nbar: float, mbar: complex):
    """The drive of replication.md, term by term, with its dissipators 2 c rho c+ - {c+c, rho}."""
    eye = np.eye(len(a))
    cross = sandwich(a, b) + sandwich(b, a) - sandwich(a @ b, eye) - sandwich(eye, a @ b)
    up, down = a.conj().T, b.conj().T
    conjugate = sandwich(up, down) + sandwich(down, up)
    conjugate = conjugate - sandwich(up @ down, eye) - sandwich(eye, up @ down)
    result = 2 * zeta * (mbar * cross + np.conj(mbar) * conjugate)
    for c in (a, b):
        result = result + 2 * zeta * (nbar + 1) * dissipator(c)
        result = result + 2 * zeta * nbar * dissipator(c.conj().T)
    return result


@pytest.mark.parametrize("nbar, mbar", [(0.8, None), (0.8, 0.3), (2.0, -1.1 + 0.6j), (0.5, 0.0)])
def test_squeezed_jumps_are_the_printed_drive(nbar, mbar):
    jumps = squeezed_jumps(*map(sigma_minus, QUBITS), RATE, nbar, mbar)
    a, b = (dense(sigma_minus(q), QUBITS) for q in QUBITS)
    strongest = sqrt(nbar * (nbar + 1)) if mbar is None else mbar
    expected = printed_drive(a, b, RATE / 2, nbar, strongest)
    assert np.allclose(liouvillian(OpenSystem(QUBITS, jumps=jumps)), expected, atol=1e-14)


@pytest.mark.parametrize("nbar", [1e-9, 0.3, 1.0, 7.7, 1e6])
def test_squeezed_vacuum_has_one_jump_a_mode_and_no_remainder(nbar):
    a, b = destroy(A), destroy(B)
    jumps = squeezed_jumps(a, b, RATE, nbar, name="drive")
    assert [jump.name for jump in jumps] == ["drive_1", "drive_2"]
    assert all(jump.rate == pytest.approx(RATE * (nbar + 1), rel=1e-15) for jump in jumps)
    ratio = sqrt(nbar / (nbar + 1))
    assert jumps[0].operator.isclose(a + ratio * b.adjoint(), 1e-15)
    assert jumps[1].operator.isclose(b + ratio * a.adjoint(), 1e-15)


def test_the_remainder_is_kept_when_it_is_weak():
    nbar = 1.0
    for gap in (1e-3, 1e-9, 1e-12):
        mbar = sqrt(nbar * (nbar + 1) - gap)
        heating = squeezed_jumps(destroy(A), destroy(B), RATE, nbar, mbar)[2:]
        assert [jump.operator for jump in heating] == [create(A), create(B)]
        assert heating[0].rate == pytest.approx(RATE * gap / (nbar + 1), rel=1e-3)


def test_hyperbolic_functions_are_pure_to_rounding():
    for r in (0.1, 1.0, 2.7, 5.0):
        jumps = squeezed_jumps(destroy(A), destroy(B), 1.0, sinh(r) ** 2, -sinh(2 * r) / 2)
        assert len(jumps) == 2


def test_nothing_from_vacuum_or_zero_rate():
    assert squeezed_jumps(destroy(A), destroy(B), 0.0, 1.0) == ()
    vacuum = squeezed_jumps(destroy(A), destroy(B), 2.0, 0.0)
    assert vacuum == (Jump(destroy(A), 2.0), Jump(destroy(B), 2.0))


def steady_moments(system: OpenSystem) -> tuple[complex, complex]:
    """``<a† a>`` and ``<a b>`` of two cavities that only see white noise."""
    found = []
    for X in (create(A) * destroy(A), destroy(A) * destroy(B)):
        flow = dict(adjoint_generator(system, X))
        decay = flow.pop(next(iter(X))[0])
        source = flow.pop((), 0.0)
        assert all(abs(c) < 1e-12 for c in flow.values())
        found.append(-source / decay)
    return found[0], found[1]


@pytest.mark.parametrize("mbar", [1.2, -0.4, 0.3 + 0.8j])
def test_signs_of_drive_and_field(mbar):
    drive = OpenSystem((A, B), jumps=squeezed_jumps(destroy(A), destroy(B), RATE, 1.0, mbar))
    assert steady_moments(drive) == pytest.approx((1.0, -np.conj(mbar)))
    nodes = concatenate(cavity(A, RATE), cavity(B, RATE))
    field = nodes.open_system({("A1", "B1"): SqueezedField(1.0, mbar)})
    assert steady_moments(field) == pytest.approx((1.0, mbar))


def gaussian_generator(L: list[np.ndarray], N: np.ndarray, M: np.ndarray) -> np.ndarray:
    """``<dB_i dB_j> = M_ij`` and so on put into ``(E rho E† + ...)`` with E = dB† L - L† dB."""
    eye = np.eye(len(L[0]))
    result = 0.0
    for i, Li in enumerate(L):
        for j, Lj in enumerate(L):
            for c, x, y in (
                (N[i, j] + (i == j), Li, Lj.conj().T),
                (N[j, i], Li.conj().T, Lj),
                (-M[i, j].conj(), Li, Lj),
                (-M[i, j], Li.conj().T, Lj.conj().T),
            ):
                pair = sandwich(x, y) - 0.5 * sandwich(y @ x, eye) - 0.5 * sandwich(eye, y @ x)
                result = result + c * pair
    return np.asarray(result)


def random_moments(seed: int, n: int, modes: int) -> tuple[np.ndarray, np.ndarray]:
    """The moments of squeezed thermal modes behind a passive network."""
    rng = np.random.default_rng(seed)
    r, heat = rng.uniform(0, 1, modes), rng.uniform(0, 1, modes) * (seed % 2)
    mix = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0][:, :modes]
    number = np.sinh(r) ** 2 + heat * np.cosh(2 * r)
    pair = (0.5 + heat) * np.sinh(2 * r)
    return (mix.conj() * number) @ mix.T, (mix * pair) @ mix.T


@given(st.integers(0, 40), st.integers(1, 3))
def test_any_gaussian_field_gives_its_generator(seed, modes):
    N, M = random_moments(seed, 3, modes)
    qubits = tuple(Qubit(k) for k in "xyz")
    nodes = concatenate(*(emitter(q, 1.0 + k) for k, q in enumerate(qubits)))
    system = nodes.open_system({("x", "y", "z"): GaussianField(N, M)})
    L = [sqrt(1.0 + k) * dense(sigma_minus(q), qubits) for k, q in enumerate(qubits)]
    assert np.allclose(liouvillian(system), gaussian_generator(L, N, M), atol=1e-11)
    if seed % 2 == 0:
        assert len(system.jumps) == 3  # a pure field: one jump a port


def test_pure_and_mixed_ports_side_by_side():
    """A squeezed vacuum beside a hot port: three jumps, whichever comes first."""
    r, qubits = 0.7, (Qubit("x"), Qubit("y"))
    nodes = concatenate(*(emitter(q, 1.0) for q in qubits))
    for k in (0, 1):
        N, M = np.diag([0.4, 0.4]), np.zeros((2, 2))
        N[k, k], M[k, k] = sinh(r) ** 2, sinh(2 * r) / 2
        system = nodes.open_system({("x", "y"): GaussianField(N, M)})
        assert len(system.jumps) == 3
        L = [dense(sigma_minus(q), qubits) for q in qubits]
        assert np.allclose(liouvillian(system), gaussian_generator(L, N, M), atol=1e-13)


def test_rounding_in_the_moments_makes_no_terms():
    """There and back through a beam splitter: the correlations are as exact as before."""
    S = beam_splitter(0.3).scattering
    N, M = SqueezedField(0.9).moments()
    N, M = S.conj() @ N @ S.T, S @ M @ S.T
    field = GaussianField(S.T @ N @ S.conj(), S.conj().T @ M @ S.conj())
    nodes = concatenate(cavity(A, 1.0), cavity(B, 1.0))
    jumps = nodes.open_system({("A1", "B1"): field}).jumps
    assert [len(jump.operator) for jump in jumps] == [2, 2]


def test_exact_cancellations_leave_no_terms_and_weak_ones_stay():
    a, b = destroy(A), destroy(B)
    assert 0.1 + 0.2 - 0.3 != 0
    assert combine((1, 1, -1), (0.1 * a, 0.2 * a + 1e-30 * b, 0.3 * a)) == 1e-30 * b
    assert combine((1, -1), (a * (1 + 1e-12), a)) != OperatorSum()


def test_scattering_before_the_coupling_is_undone():
    """A beam splitter behind the node changes its outputs, not what the field does to it."""
    node = concatenate(emitter(QUBITS[0], 1.3), emitter(QUBITS[1], 0.4))
    field = {("A1", "B1"): SqueezedField(0.7, 0.5 + 0.2j)}
    plain, mixed = node.open_system(field), (node >> beam_splitter(0.3)).open_system(field)
    assert np.allclose(liouvillian(plain), liouvillian(mixed), atol=1e-13)
    before = (beam_splitter(0.3) >> node).with_ports("A1", "B1").open_system(field)
    N, M = SqueezedField(0.7, 0.5 + 0.2j).moments()
    S = beam_splitter(0.3).scattering
    moved = GaussianField(S.conj() @ N @ S.T, S @ M @ S.T)
    assert np.allclose(
        liouvillian(before), liouvillian(node.open_system({("A1", "B1"): moved})), atol=1e-13
    )
    assert not np.allclose(liouvillian(before), liouvillian(plain), atol=1e-3)


def test_vacuum_ports_are_named_and_can_be_monitored():
    nodes = concatenate(cavity(A, 0.3), cavity(B, 2.0))
    system = nodes.open_system({"B1": ThermalField(0.5)}, monitors=(Monitor("A1"),))
    assert system.jumps[0] == Jump(destroy(A), sqrt(0.3) ** 2, "A1")
    assert {jump.name for jump in system.jumps[1:]} == {""}
    rates = [jump.rate for jump in system.jumps[1:]]
    assert rates == pytest.approx([2.0 * 1.5, 2.0 * 0.5])
    with refusal(ArgumentError, "monitors", "name a jump"):
        nodes.open_system({"B1": ThermalField(0.5)}, monitors=(Monitor("B1"),))
    cold = nodes.open_system({"B1": ThermalField(0.0)})
    assert [jump.name for jump in cold.jumps] == ["A1", "B1"]


def test_thermal_field_heats_a_cavity():
    system = cavity(A, RATE).open_system({"A1": ThermalField(0.4)})
    flow = adjoint_generator(system, create(A) * destroy(A))
    expected = -RATE * create(A) * destroy(A) + RATE * 0.4 * identity()
    assert without_noise(flow - expected, RATE) == OperatorSum()


def test_unphysical_fields_are_refused():
    with refusal(UnphysicalError, "mbar", "satisfy |mbar| <= sqrt(nbar (nbar + 1))"):
        SqueezedField(1.0, 1.5)
    with refusal(UnphysicalError, "mbar", "satisfy |mbar| <="):
        squeezed_jumps(destroy(A), destroy(B), 1.0, 0.0, 1e-6)
    with refusal(UnphysicalError, "field", "be positive"):
        GaussianField([[0.5]], [[0.9]])
    with refusal(UnphysicalError, "field", "be positive"):
        GaussianField([[-0.1]])
    with refusal(UnphysicalError, "field", "be positive"):
        GaussianField([[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.1], [0.1, 0.0]])
    with refusal(UnphysicalError, "number", "be Hermitian"):
        GaussianField([[1.0, 0.5], [0.0, 1.0]])
    with refusal(UnphysicalError, "pair", "be symmetric"):
        GaussianField(np.eye(2), [[0, 0.5], [0.1, 0]])


def test_bad_fields():
    with refusal(ArgumentError, "number, pair", "be square and of one shape"):
        GaussianField(np.eye(2), [[0.0]])
    with refusal(ArgumentError, "nbar", "be >= 0"):
        ThermalField(-1.0)
    with refusal(ArgumentError, "nbar", "be >= 0"):
        SqueezedField(-1.0)
    with refusal(ArgumentError, "mbar", "be finite"):
        SqueezedField(1.0, float("nan"))
    with refusal(ArgumentError, "rate", "be >= 0"):
        squeezed_jumps(destroy(A), destroy(B), -1.0, 1.0)


def test_fields_have_the_moments_they_say():
    N, M = SqueezedField(2.0).moments()
    assert np.allclose(N, 2 * np.eye(2)) and M[0, 1] == M[1, 0] == sqrt(6.0) and M[0, 0] == 0
    single = GaussianField([[sinh(1.0) ** 2]], [[sinh(1.0) * cosh(1.0)]])
    node = Component(np.eye(1), (destroy(A),), ports=("in",))
    (jump,) = node.open_system({"in": single}).jumps
    ratio = np.tanh(1.0)  # c = cosh a - sinh a†, at rate 1
    assert jump.rate == pytest.approx(cosh(1.0) ** 2)
    assert jump.operator.isclose(destroy(A) - ratio * create(A))


def test_sets_of_ports_are_connected_components() -> None:
    rng = np.random.default_rng(3)
    for n in range(1, 9):
        S = np.where(rng.random((n, n)) < 0.25, 1.0, 0.0).astype(complex)
        correlated = rng.random((n, n)) < 0.1
        correlated |= correlated.T
        found = _blocks(S, correlated)
        links = np.block([[np.zeros((n, n), dtype=bool), S != 0], [S.T != 0, correlated]])
        count, group = connected_components(sp.csr_array(links), directed=False)
        assert len(found) == count
        for k, (outs, ins) in enumerate(found):
            assert np.array_equal(np.concatenate([outs, n + ins]), np.flatnonzero(group == k))
