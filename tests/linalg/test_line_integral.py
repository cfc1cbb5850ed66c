"""Frequency integrals: exact values, honest errors, narrow peaks, named failures."""

import numpy as np
import pytest

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.line_integral import Mesh, integrate_line


def lorentzian(center, width):
    return lambda omega: (width / np.pi / ((omega - center) ** 2 + width**2)).astype(complex)


@pytest.mark.parametrize("width", [1.0, 1e-3, 1e-7])
def test_peaks_of_any_width_have_their_area(width):
    mesh = Mesh.around([5 + 1j * width])
    area, error, _ = integrate_line(lorentzian(5.0, width), mesh, 1e-9)
    assert abs(area - 1) <= max(error, 1e-12)
    assert error <= 1e-9


def test_half_line_with_a_slow_tail_and_a_logarithm():
    """Integral_0^inf ω/((1 + ω²)(4 + ω²)) = ln(2)/3."""
    mesh = Mesh.around([1j, 2j], kinks=(0.0,), support=(0.0, np.inf))
    value, error, _ = integrate_line(
        lambda omega: (omega / ((1 + omega**2) * (4 + omega**2))).astype(complex), mesh, 1e-10
    )
    assert abs(value - np.log(2) / 3) <= max(error, 1e-13)


def test_arrays_are_integrated_entry_by_entry():
    mesh = Mesh.around([1 + 0.1j, -2 + 0.3j])
    first, second = lorentzian(1, 0.1), lorentzian(-2, 0.3)
    value, _, refined = integrate_line(
        lambda omega: np.stack([first(omega), 3 * second(omega)], axis=-1), mesh, 1e-9
    )
    np.testing.assert_allclose(value, [1, 3], rtol=1e-9)
    np.testing.assert_allclose(refined.sum(first), 1, rtol=1e-8)


def test_finite_support_is_respected():
    mesh = Mesh.around([], support=(-1.0, 2.0))
    value, _, _ = integrate_line(lambda omega: omega.astype(complex) ** 2, mesh)
    assert value == pytest.approx(3.0, rel=1e-14)


def test_an_integrand_that_does_not_decay_is_refused():
    mesh = Mesh.around([1j], support=(0.0, np.inf))
    with pytest.raises(NumericalError, match="Check that the spectrum decays"):
        integrate_line(lambda omega: (1 / (1 + omega)).astype(complex), mesh)


def test_support_must_increase():
    with pytest.raises(ArgumentError, match="Swap its ends"):
        Mesh.around([1j], support=(1.0, 0.0))
