"""Two-time means and spectra: QuTiP, closed forms, one engine against another, sum rules."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

import darkstate as ds
from darkstate import engines
from darkstate.engines import contract
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, NumericalError
from darkstate.linalg.resolvent import resolvent_values
from darkstate.states import to_qutip
from darkstate.systems import (
    Component,
    Drive,
    Ensemble,
    GaussianField,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    SqueezedField,
    ThermalField,
    cavity,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    total,
)

A, Q = Mode("a"), Qubit("q")
RABI = OpenSystem((Q,), 0.3 * sigma_z(Q) + 1.5 * sigma_x(Q), (Jump(sigma_minus(Q), 1.0, "light"),))
UNNAMED = OpenSystem((Q,), sigma_x(Q), (Jump(sigma_minus(Q), 1.0),))
EXCHANGE = create(A) * sigma_minus(Q)
ATOM = OpenSystem(
    (A, Q),
    0.8 * (EXCHANGE + EXCHANGE.adjoint()) + 0.1 * number(A) + 0.2 * (create(A) + destroy(A)),
    (Jump(destroy(A), 0.6, "out"), Jump(sigma_minus(Q), 0.3)),
)
PARAMETRIC = 0.1j * create(A) ** 2 + 0.2 * create(A)
BRIGHT = OpenSystem(
    (A,),
    0.3 * number(A) + PARAMETRIC + PARAMETRIC.adjoint(),
    (Jump(destroy(A), 1.0, "out"), Jump(create(A), 0.1)),
)


def test_mollow_triplet_and_antibunching_of_qutip():
    qutip = pytest.importorskip("qutip")
    plain, s = to_qutip(RABI), to_qutip(sigma_minus(Q))
    rho = qutip.steadystate(plain.hamiltonian, plain.jumps)
    mean = qutip.expect(s, rho)
    w = np.linspace(-6.0, 6.0, 61)
    found = ds.emission_spectrum(RABI, "light", w)
    moved = s - mean
    expected = qutip.spectrum(plain.hamiltonian, w, plain.jumps, moved.dag(), moved)
    assert np.abs(found.values - expected).max() < 1e-6
    assert found.attrs["coherent"] == pytest.approx(abs(mean) ** 2)
    tau = np.linspace(0.0, 5.0, 21)
    options = {"atol": 1e-11, "rtol": 1e-9}
    both = qutip.correlation_3op_1t(
        plain.hamiltonian, rho, tau, plain.jumps, s.dag(), s.dag() * s, s, options=options
    )
    g2 = ds.g2(RABI, "light", tau)
    assert np.abs(g2.values - both / qutip.expect(s.dag() * s, rho) ** 2).max() < 1e-6
    assert abs(g2.values[0]) < 1e-9 and not np.iscomplexobj(g2.values)
    one = qutip.correlation_2op_1t(
        plain.hamiltonian, rho, tau, plain.jumps, s.dag(), s, options=options
    )
    found = ds.correlation(RABI, sigma_plus(Q), sigma_minus(Q), np.linspace(-5.0, 5.0, 41))
    assert np.abs(found.values[20:] - one).max() < 1e-6
    assert np.abs(found.values[:21][::-1].conj() - one).max() < 1e-6  # <A†(-t) A> = <A†(t) A>*


def test_a_cavity_with_an_atom_of_qutip():
    qutip = pytest.importorskip("qutip")
    engine, w = engines.Lindblad(cutoff=6), np.linspace(-2.0, 2.0, 9)
    found = ds.spectrum(ATOM, create(A), destroy(A), w, engine=engine)
    plain, a = to_qutip(ATOM, {"a": 6}), to_qutip(destroy(A), {"a": 6}, spaces=(A, Q))
    moved = a - qutip.expect(a, qutip.steadystate(plain.hamiltonian, plain.jumps))
    expected = qutip.spectrum(plain.hamiltonian, w, plain.jumps, moved.dag(), moved, solver="pi")
    assert np.abs(found.values - expected).max() < 1e-6


def test_a_damped_mode_is_a_lorentzian():
    kappa, detuning, thermal = 0.7, 0.9, 0.5
    jumps = (Jump(destroy(A), kappa * (1 + thermal), "out"), Jump(create(A), kappa * thermal))
    system, w = OpenSystem((A,), detuning * number(A), jumps), np.linspace(-1.0, 3.0, 41)
    exact = thermal * kappa / ((w - detuning) ** 2 + kappa**2 / 4)
    for engine in (engines.Gaussian(), engines.Lindblad(cutoff=30)):
        found = ds.spectrum(system, create(A), destroy(A), w, engine=engine)
        assert found.attrs["engine"] == engine.name
        assert np.abs(found.values - exact).max() < 1e-6
    chaotic = ds.g2(system, "out", [-1.0, 0.0, 1.0])
    assert np.allclose(chaotic, [1 + np.exp(-kappa), 2.0, 1 + np.exp(-kappa)])
    first = ds.g1(system, "out", [0.0, 1.0])
    assert np.allclose(first, [1.0, np.exp(1j * detuning - kappa / 2)])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (create(A), destroy(A)),
        (destroy(A), destroy(A)),
        (number(A), number(A) + 0.3j * destroy(A)),
    ],
)
def test_gaussian_and_fock_space_agree(first, second):
    fock, delays = engines.Lindblad(cutoff=30), np.linspace(-2.0, 2.0, 5)
    by_wick = ds.correlation(BRIGHT, first, second, delays)
    in_fock_space = ds.correlation(BRIGHT, first, second, delays, engine=fock)
    assert by_wick.attrs["engine"] == "gaussian"
    assert np.abs(by_wick.values - in_fock_space.values).max() < 1e-6


def test_sum_rule():
    w = np.linspace(-400.0, 400.0, 80001)
    found = ds.spectrum(RABI, sigma_plus(Q), sigma_minus(Q), w)
    rho = ds.steady_state(RABI).state
    emitted = ds.expect(sigma_plus(Q) * sigma_minus(Q), rho)
    scattered = emitted - abs(ds.expect(sigma_minus(Q), rho)) ** 2
    assert np.trapezoid(found.values, w) / (2 * np.pi) == pytest.approx(scattered, rel=1e-3)


def test_ensembles_are_their_atoms():
    E, pair = Ensemble("E", 2), [Qubit("p"), Q]
    each = (Jump(spin_minus(E), 1.0, each_atom=True), Jump(spin_minus(E), 0.4, "out"))
    ensemble = OpenSystem((E,), 0.7 * spin_x(E), each)
    alone = tuple(Jump(sigma_minus(q), 1.0) for q in pair)
    lowering = total(sigma_minus(q) for q in pair)
    H = total(0.35 * sigma_x(q) for q in pair)
    qubits = OpenSystem(tuple(pair), H, (*alone, Jump(lowering, 0.4, "out")))
    delays, w = [-1.0, 0.0, 0.5], np.linspace(-2.0, 2.0, 9)
    first = ds.correlation(ensemble, spin_plus(E), spin_minus(E), delays)
    second = ds.correlation(qubits, lowering.adjoint(), lowering, delays)
    assert first.attrs["engine"] == "collective"
    assert np.abs(first.values - second.values).max() < 1e-6
    pair_of = [ds.emission_spectrum(x, "out", w).values for x in (ensemble, qubits)]
    assert np.abs(pair_of[0] - pair_of[1]).max() < 1e-6


def test_weak_light_has_no_digits_in_an_iterative_solution():
    """A cavity and an emitter, driven so weakly that <n>^2 is below the error of the state."""
    a, drive = Mode("a"), 1e-4
    jumps = (Jump(destroy(a), 1.0, "out"), Jump(sigma_minus(Q), 0.3))
    exchange = create(a) * sigma_minus(Q) + destroy(a) * sigma_plus(Q)
    weak = OpenSystem((a, Q), 2.0 * exchange + drive * (create(a) + destroy(a)), jumps)
    strong = OpenSystem((a, Q), 2.0 * exchange + 0.3 * (create(a) + destroy(a)), jumps)
    iterative, direct = (engines.Lindblad(method=m, cutoff=6) for m in ("krylov", "dense"))
    kept = ds.g2(weak, "out", [0.0], engine=direct)
    assert kept.attrs["status"] == "certified" and "warnings" not in kept.attrs
    try:
        lost = ds.g2(weak, "out", [0.0], engine=iterative)
        assert lost.attrs["status"] == "suspect" and "method='dense'" in lost.attrs["warnings"]
    except ArgumentError as error:  # nothing at all is left
        assert "method='dense'" in str(error)
    both = [ds.g1(strong, "out", [1.0], engine=engine) for engine in (iterative, direct)]
    assert both[0].attrs["status"] == both[1].attrs["status"]
    assert abs(both[0].values - both[1].values).max() < 1e-5


DELAYS, LINES = np.linspace(0.0, 3.0, 7), np.linspace(-4.0, 4.0, 21)


@pytest.mark.parametrize(("cutoff", "doubtful"), [(4, True), (8, True), (20, False)])
def test_errors_of_a_cut_off_are_told(cutoff, doubtful):
    """The Gaussian engine has none: the estimate covers the difference, and is no exaggeration."""
    fock = engines.Lindblad(cutoff=cutoff)
    pairs = [
        [ds.correlation(BRIGHT, create(A) ** 2, destroy(A) ** 2, DELAYS, e) for e in (None, fock)],
        [ds.spectrum(BRIGHT, create(A), destroy(A), LINES, engine) for engine in (None, fock)],
    ]
    for exact, found in pairs:
        error, told = float(abs(found - exact).max()), found.attrs["error_estimate"]
        assert exact.attrs["error_estimate"] < 1e-12
        assert error <= told <= 3 * error + 1e-10
        assert (found.attrs["status"] == "suspect") == doubtful
        assert ("raise `cutoff`" in found.attrs.get("warnings", "")) == doubtful


def chain_of_emitters():
    qubits = [Qubit(f"q{k}") for k in range(3)]
    hops = [sigma_plus(a) * sigma_minus(b) for a, b in pairwise(qubits)]
    H = total([0.7 * sigma_x(qubits[0]), *hops, *(hop.adjoint() for hop in hops)])
    return OpenSystem(tuple(qubits), H, tuple(Jump(sigma_minus(q), 1.0) for q in qubits))


@pytest.mark.parametrize("rtol", [1e-1, 1e-2, 1e-4])
def test_errors_of_a_tolerance_are_told(rtol):
    system, last = chain_of_emitters(), Qubit("q2")
    asked = (system, sigma_plus(last), sigma_minus(last), DELAYS)
    exact, found = (
        ds.correlation(*asked, engine=engines.Lindblad(method="evolve", rtol=each))
        for each in (1e-12, rtol)
    )
    error, told = float(abs(found - exact).max()), found.attrs["error_estimate"]
    assert error <= told + 1e-12
    large = float(abs(found).max())
    assert (found.attrs["status"] == "suspect") == (told > 1e-3 * large)
    assert rtol != 1e-1 or found.attrs["status"] == "suspect"
    assert rtol != 1e-4 or found.attrs["status"] != "suspect"


def test_without_a_second_look_nothing_is_certified(monkeypatch):
    monkeypatch.setattr(
        "darkstate.frontdoor.looked_twice.ask",
        lambda *_: contract.refused("lindblad", CapacityError("Too large.")),
    )
    found = ds.g2(RABI, "light", DELAYS)
    assert np.isnan(found.attrs["error_estimate"]) and found.attrs["status"] == "converged"
    assert "no second look: Too large." in found.attrs["warnings"]


def test_a_second_look_that_takes_long_keeps_the_cut_offs(monkeypatch):
    monkeypatch.setattr("darkstate.frontdoor.looked_twice.UNASKED_SECONDS", 0.0)
    found = ds.correlation(BRIGHT, create(A), destroy(A), DELAYS, engines.Lindblad(cutoff=5))
    assert found.attrs["error_estimate"] < 1e-6  # of the tolerance alone


@pytest.mark.parametrize("dense", [0, 400])
def test_few_factorisations_make_many_frequencies(dense, monkeypatch):
    monkeypatch.setattr("darkstate.linalg.resolvent.DENSE", dense)
    rng = np.random.default_rng(2)
    L = rng.normal(size=(40, 40)) - 12.0 * np.eye(40)
    right, left, w = rng.normal(size=40), rng.normal(size=40), np.linspace(-20.0, 20.0, 201)
    found, residual = resolvent_values(sp.csr_array(L), right, left, w, 1e-10)
    exact = [left @ np.linalg.solve(1j * x * np.eye(40) - L, right) for x in w]
    assert np.abs(found - exact).max() < 1e-8 and residual <= 1e-10


@pytest.mark.parametrize("dense", [0, 400])
def test_more_lines_than_factorisations_are_no_wrong_spectrum(dense, monkeypatch):
    monkeypatch.setattr("darkstate.linalg.resolvent.DENSE", dense)
    monkeypatch.setattr("darkstate.linalg.resolvent.MOST_POLES", 20)
    lines = 1j * np.linspace(-10.0, 10.0, 60) - 1e-3
    w, one = np.linspace(-12.0, 12.0, 301), np.ones(60)
    given = (sp.csr_array(np.diag(lines)), one, one)
    exact = (1.0 / (1j * w[:, None] - lines)).sum(axis=1)
    if dense:
        np.testing.assert_allclose(resolvent_values(*given, w, 1e-9)[0], exact, rtol=1e-9)
    else:
        with pytest.raises(NumericalError, match="Ask for 20 frequencies or fewer"):
            resolvent_values(*given, w, 1e-9)
    few = resolvent_values(*given, w[:20], 1e-9)[0]
    np.testing.assert_allclose(few, exact[:20], rtol=1e-9)
    undamped = sp.csr_array(np.diag([1j, -1.0]))
    with pytest.raises(NumericalError, match="a line of no width"):
        resolvent_values(undamped, np.ones(2), np.ones(2), np.array([0.0, 1.0]), 1e-9)


DRIVEN = OpenSystem((Q,), jumps=RABI.jumps, drives=(Drive(sigma_x(Q), lambda t: t),))
DARK = OpenSystem((Q,), sigma_z(Q), (Jump(sigma_minus(Q), 1.0, "light"),))
UNDAMPED = OpenSystem((Q, Qubit("p")), sigma_z(Q), (Jump(sigma_minus(Qubit("p"))),))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: ds.correlation(RABI, 3, sigma_x(Q), [0]), ArgumentError, "`first`"),
        (lambda: ds.correlation(RABI, sigma_x(Q), number(A), [0]), ArgumentError, "`second`"),
        (lambda: ds.correlation(RABI, sigma_x(Q), sigma_x(Q), [1, 0]), ArgumentError, "increase"),
        (lambda: ds.spectrum(RABI, sigma_x(Q), sigma_x(Q), []), ArgumentError, "`frequencies`"),
        (lambda: ds.emission_spectrum(RABI, "lihgt", [0]), ArgumentError, "light"),
        (lambda: ds.emission_spectrum(RABI, 3, [0]), ArgumentError, "`channel`"),
        (lambda: ds.emission_spectrum(UNNAMED, "light", [0]), ArgumentError, "no jump has a name"),
        (
            lambda: ds.emission_spectrum(RABI, "light", [0], arriving=ThermalField(0.1)),
            ArgumentError,
            "`channel` must be an operator where light comes in",
        ),
        (
            lambda: ds.emission_spectrum(RABI, sigma_minus(Q), [0], arriving=SqueezedField(0.1)),
            ArgumentError,
            "one port",
        ),
        (lambda: ds.g2(DARK, "light", [0]), ArgumentError, "emit"),
        (
            lambda: ds.g2(RABI, "light", [0], engine=engines.Cascade()),
            EngineMismatchError,
            "means at two times",
        ),
        (lambda: ds.g2(DRIVEN, "light", [0]), EngineMismatchError, "constant in time"),
        (lambda: ds.g2(UNDAMPED, sigma_minus(Q), [0]), NumericalError, "not unique"),
        (
            lambda: ds.spectrum(BRIGHT, number(A), number(A), [0], engine=engines.Gaussian()),
            EngineMismatchError,
            "higher order",
        ),
        (
            lambda: ds.correlation(
                BRIGHT, number(A) ** 3, number(A) ** 3, [0, 1], engine=engines.Gaussian()
            ),
            CapacityError,
            "letters",
        ),
    ],
)
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_curves_are_drawn():
    mollow = ds.emission_spectrum(RABI, "light", np.linspace(-3.0, 3.0, 7))
    axes = ds.plots.pair_curve_plot(mollow).axes[0]
    assert "frequency" in axes.get_xlabel() and "light" in axes.get_ylabel()
    turning = ds.correlation(RABI, sigma_plus(Q), sigma_minus(Q), [0.0, 1.0])
    with pytest.raises(ArgumentError, match=r"real numbers.*abs"):
        ds.plots.pair_curve_plot(turning)
    table = ds.evolve(RABI, [0.0, 1.0], observables={"s": sigma_minus(Q)}).table
    assert len(ds.plots.time_evolution(table).axes[0].get_lines()) == 2  # its two parts


# Noise that comes in ------------------------------------------------------------------------------


def squeezed_light(nbar, phase=0.0):
    """Squeezed vacuum on one port."""
    pair = np.sqrt(nbar * (nbar + 1)) * np.exp(1j * phase)
    return GaussianField([[nbar]], [[pair]])


def test_light_of_equilibrium_has_no_lines():
    # whatever the resonances are, in thermal equilibrium as many photons leave as arrive
    arriving = ThermalField(0.7)
    system = cavity(A, 0.81, 0.4).open_system({"a": arriving})
    w = np.linspace(-2, 2, 9)
    found = ds.emission_spectrum(system, 0.9 * destroy(A), w, arriving=arriving)
    assert found.values == pytest.approx(0.7, abs=1e-10)


def test_light_of_an_amplifier_driven_by_squeezed_light():
    # b_out = u b_in(w) + v b_in†(-w) + (vacuum of the other loss)
    kappa, gamma, gain, detuning, nbar, phase = 0.8, 0.3, 0.2, 0.25, 0.5, 0.9
    arriving = squeezed_light(nbar, phase)
    pair = arriving.moments()[1][0, 0]
    squeezing = 0.5j * gain * (create(A) ** 2 - destroy(A) ** 2)
    coupling = np.sqrt(kappa) * destroy(A)
    ports = Component(
        np.eye(2),
        (coupling, np.sqrt(gamma) * destroy(A)),
        detuning * number(A) + squeezing,
        ports=("p", "loss"),
    )
    w = np.linspace(-1.5, 1.5, 13)
    found = ds.emission_spectrum(ports.open_system({"p": arriving}), coupling, w, arriving=arriving)
    # a' = -(i detuning + decay/2) a + gain a† - sqrt(kappa) b - sqrt(gamma) c
    half = 0.5 * (kappa + gamma)
    for frequency, value in zip(w, found.values, strict=True):
        drift = np.array([[-1j * detuning - half, gain], [gain, 1j * detuning - half]])
        response = np.linalg.inv(-1j * frequency * np.eye(2) - drift)
        u, v = np.eye(2)[0] - kappa * response[0]
        u_loss, v_loss = -np.sqrt(kappa * gamma) * response[0]
        wanted = abs(u) ** 2 * nbar + abs(v) ** 2 * (nbar + 1) + abs(v_loss) ** 2
        wanted += 2 * (u.conj() * v * np.conj(pair)).real
        assert value == pytest.approx(wanted, abs=1e-9)
        assert abs(u_loss) <= 1


def test_light_of_a_qubit_in_squeezed_light_as_a_filter_sees_it():
    # a cavity behind the qubit holds int dw/2pi S(w) width/((width/2)^2 + (w - place)^2) photons
    arriving, F, width, place = squeezed_light(0.15, 0.7), Mode("f"), 0.5, 0.6
    hamiltonian = 0.3 * sigma_z(Q) + 0.4 * sigma_x(Q)
    atom = Component(np.eye(1), (sigma_minus(Q),), hamiltonian, ports=("p",))
    both = (atom >> cavity(F, width, place)).open_system({"p": arriving})
    angles = np.pi * ((np.arange(400) + 0.5) / 400 - 0.5)
    w = place + 0.5 * width * np.tan(angles)
    alone = atom.open_system({"p": arriving})
    found = ds.emission_spectrum(alone, sigma_minus(Q), w, arriving=arriving)
    seen = np.mean(found.values) + found.attrs["coherent"] * width / (width**2 / 4 + place**2)
    held = ds.expect(number(F), ds.steady_state(both, engines.Lindblad(cutoff=14)).state).real
    assert held == pytest.approx(seen, abs=1e-5)
