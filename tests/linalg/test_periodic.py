"""Harmonic balance against Lyapunov equations, time integration and exponents known by hand."""

import numpy as np
import pytest
import scipy.linalg
from scipy.integrate import solve_ivp

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.floquet import (
    PeriodicLangevin,
    check_floquet_stable,
    floquet_exponents,
)
from darkstate.linalg.periodic import Response, steady_covariance

# One oscillator coupled to one filter variable: white noise, filtered to a Lorentzian of width 2.
STILL = np.array([[-0.3 - 1.0j, 0.2], [0.4j, -0.5 + 0.3j]])
PUMP = np.array([[0.1, 0.25j], [-0.15, 0.05]])
INPUTS = np.array([[1.0, 0.2j], [0.3, 0.7]], complex)
WIDTH = 2.0


def coloured(omega):
    """Lorentzian noise of unit area and width WIDTH in both channels, centred at 0.4."""
    shape = 2 * WIDTH / ((omega - 0.4) ** 2 + WIDTH**2)
    return shape[:, None, None] * np.array([[1.0, 0.3j], [-0.3j, 0.5]])


def system(pump=PUMP, frequency=1.7, still=STILL):
    harmonics = {0: still, 1: pump, -1: -pump.conj().T}
    return PeriodicLangevin(harmonics, frequency, INPUTS, coloured, kinks=())


def markov_embedding(pumped):
    """The same process with the noise as two more variables driven by white noise."""
    size = 4
    still, drift_pump = np.zeros((size, size), complex), {}
    still[:2, :2], still[:2, 2:] = pumped.harmonics[0], INPUTS
    still[2:, 2:] = -(WIDTH + 0.4j) * np.eye(2)
    for h in (1, -1):
        drift_pump[h] = np.zeros((size, size), complex)
        drift_pump[h][:2, :2] = pumped.harmonics[h]
    diffusion = np.zeros((size, size), complex)
    diffusion[2:, 2:] = 2 * WIDTH * np.array([[1.0, 0.3j], [-0.3j, 0.5]])

    def drift(time):
        phases = {h: np.exp(-1j * h * pumped.frequency * time) for h in drift_pump}
        return still + sum(phases[h] * block for h, block in drift_pump.items())

    return drift, diffusion


def test_without_a_drive_it_is_the_lyapunov_equation():
    still = system(pump=np.zeros((2, 2)))
    drift, diffusion = markov_embedding(still)
    reference = scipy.linalg.solve_continuous_lyapunov(drift(0.0), -diffusion)[:2, :2]
    solved = steady_covariance(still, rtol=1e-10)
    np.testing.assert_allclose(solved.average, reference, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(solved.at(0.3), solved.average, atol=1e-14)


def test_with_a_drive_it_is_the_long_time_limit_of_the_moment_equations():
    pumped = system()
    drift, diffusion = markov_embedding(pumped)

    def moments(time, flat):
        cov = flat.reshape(4, 4)
        matrix = drift(time)
        return (matrix @ cov + cov @ matrix.conj().T + diffusion).ravel()

    final = 20 * 2 * np.pi / pumped.frequency + 0.9
    late = solve_ivp(moments, (0, final), np.zeros(16, complex), rtol=1e-10, atol=1e-12)
    reference = late.y[:, -1].reshape(4, 4)[:2, :2]
    solved = steady_covariance(pumped, rtol=1e-9, highest=8)
    np.testing.assert_allclose(solved.at(0.9), reference, atol=1e-7)
    assert np.max(np.abs(solved.at(0.9) - solved.average)) > 1e-2, "the drive must matter here"


def test_the_error_estimates_are_honest_and_shrink():
    fine = steady_covariance(system(), rtol=1e-11)
    for rtol in (1e-3, 1e-5, 1e-7):
        coarse = steady_covariance(system(), rtol=rtol)
        miss = np.max(np.abs(coarse.blocks - fine.blocks))
        assert miss <= coarse.quadrature_error + coarse.harmonic_error
        assert coarse.harmonic_error <= rtol * np.max(np.abs(fine.blocks))


def test_floquet_exponents_of_a_rotating_drift_are_those_of_the_rotated_frame():
    """dv/dt = R(t) M R(t)† v with R = diag(1, exp(-iΩt)) is static in a rotating frame."""
    omega = 2.3
    matrix = np.array([[-0.4, 0.5j], [0.2, -0.7 + 0.1j]])
    harmonics = {
        0: np.diag(np.diag(matrix)),
        1: np.array([[0, 0], [matrix[1, 0], 0]]),
        -1: np.array([[0, matrix[0, 1]], [0, 0]]),
    }
    driven = PeriodicLangevin(harmonics, omega, np.eye(2, dtype=complex), coloured)
    expected = np.linalg.eigvals(matrix + np.diag([0, 1j * omega]))
    np.testing.assert_allclose(
        np.sort(floquet_exponents(driven).real), np.sort(expected.real), atol=1e-9
    )


def test_hill_poles_contain_the_floquet_exponents():
    pumped = system()
    poles = Response(pumped, 10).poles
    for exponent in floquet_exponents(pumped):
        shifts = 1j * pumped.frequency * np.arange(-3, 4)
        assert np.min(np.abs(poles[:, None] - exponent - shifts)) < 1e-8


def test_response_solves_the_equation_also_at_an_exceptional_point():
    jordan = np.array([[-0.5, 1.0], [0.0, -0.5]], complex)
    still = PeriodicLangevin({0: jordan}, 1.0, INPUTS, coloured)
    omega = np.array([-0.7, 0.0, 2.0])
    expected = np.linalg.solve(-1j * omega[:, None, None] * np.eye(2) - jordan, INPUTS)
    np.testing.assert_allclose(Response(still, 0)(omega)[:, 0], expected, rtol=1e-12)


def test_an_exponent_that_grows_is_named():
    """A parametric amplifier above threshold: v = (a, a†), gain 0.5 against a loss of 0.4."""
    gain = {1: np.array([[0, 0.5], [0, 0]]), -1: np.array([[0, 0], [0.5, 0]])}
    free = np.diag([-0.4 - 1j, -0.4 + 1j])
    amplifier = PeriodicLangevin({0: free, **gain}, 2.0, np.eye(2, dtype=complex), coloured)
    with pytest.raises(NumericalError, match=r"Floquet exponent 0\.1[+-].*grows"):
        check_floquet_stable(amplifier)
    with pytest.raises(NumericalError, match="does not decay"):
        steady_covariance(PeriodicLangevin({0: np.diag([-1j, 1j])}, 2.0, INPUTS, coloured))


def test_too_few_harmonics_and_wrong_arguments_are_named():
    with pytest.raises(NumericalError, match="strong or slow drive raise `max_order`"):
        steady_covariance(system(), rtol=1e-12, max_order=2)
    with pytest.raises(ArgumentError, match=r"`harmonics\[1\]` must have shape \(2, 2\)"):
        PeriodicLangevin({0: STILL, 1: np.eye(3)}, 1.0, INPUTS, coloured)
    with pytest.raises(ArgumentError, match="`frequency` must be > 0"):
        system(frequency=0.0)
    with pytest.raises(NumericalError, match="Floquet exponents are not known"):
        floquet_exponents(system(frequency=1.0), rtol=1e-30)
