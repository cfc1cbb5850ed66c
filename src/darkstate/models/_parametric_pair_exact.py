r"""The parametric pair without Born, Markov, secular or rotating-wave steps.

The model, with ``X_a = a + a†``, ``X_b = b + b†`` and two zero-temperature baths ``i = 1, 2``::

    H = ω_a a†a + ω_b b†b + k (a†b† exp(-2i ω_p t) + a b exp(2i ω_p t))
        + X_a B_1 + X_b B_2 + H_baths
    B_i = Σ_q g_q (c_q + c_q†),      J_i(Ω) = Σ_q g_q² δ(Ω - Ω_q) = ζ_i Ω / (ν_i² + Ω²)

is linear, and a bath acts back on its mode with the response function
``2 Integral dΩ J(Ω) sin(Ω t) = π ζ exp(-ν t)``: one exponential. So one auxiliary variable per
bath, ``dy/dt = -ν y + X``, replaces the memory *exactly*::

    da/dt = -i ω_a a - i k exp(-2i ω_p t) b† - i (ξ_1 - π ζ_1 y_1)          (b alike, with bath 2)
    Integral dt exp(i ω t) <ξ_i(t) ξ_i(0)> = 2π J_i(ω)  for ω > 0,  0 otherwise

The variables are ordered ``(a, a†, b, b†, y_1, y_2)``. In this frame the pump has the harmonics
``±1`` of ``2 ω_p`` and the baths none; in the frame rotating at the pump it would be the reverse
with ``±2`` of ``ω_p``: the same blocks, more bookkeeping. For ``ω_p = 0`` nothing depends on time.

A bath also softens its mode: at rest ``B_i`` gives way to ``X``, which lowers the potential
``ω x²/2`` (``x = X/√2``) by ``π ζ x²/ν``. Without a counter-term the mode has no ground state for
``2π ζ >= ω ν``. The counter-term ``(π ζ / 2ν) X²`` cancels this shift at zero frequency, but at
``ω >> ν``, where the bath cannot follow, leaves the mode stiffer. The source has no such term, so
the default is without; both tend to the secular result for small ``ζ``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.floquet import PeriodicLangevin
from darkstate.models._parametric_pair_parameters import PairParameters, drude_density

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


def exact_langevin(pair: PairParameters, *, counter_term: bool = False) -> PeriodicLangevin:
    """The six linear Langevin equations of the module's text.

    Args:
        pair: scalar parameters.
        counter_term: add ``(π ζ_i / 2ν_i) X_i²`` to the Hamiltonian.

    Raises:
        ArgumentError: `zeta1` or `zeta2` is an array.
        NumericalError: a bath takes the ground state away, ``2π ζ >= ω ν``; the message gives both.
    """
    if not counter_term:
        _check_ground_state(pair)
    still = np.zeros((6, 6), complex)
    inputs = np.zeros((6, 2), complex)
    for mode, (omega, zeta, nu) in enumerate(_modes(pair)):
        lower, upper, memory = 2 * mode, 2 * mode + 1, 4 + mode
        still[lower, lower], still[upper, upper] = -1j * omega, 1j * omega
        still[lower, memory], still[upper, memory] = 1j * np.pi * zeta, -1j * np.pi * zeta
        still[memory, [lower, upper, memory]] = 1.0, 1.0, -nu
        inputs[lower, mode], inputs[upper, mode] = -1j, 1j
        if counter_term:
            stiffening = np.pi * zeta / nu
            still[lower, [lower, upper]] -= 1j * stiffening
            still[upper, [lower, upper]] += 1j * stiffening
    rising, falling = np.zeros((6, 6), complex), np.zeros((6, 6), complex)
    rising[0, 3] = rising[2, 1] = -1j * pair.coupling
    falling[1, 2] = falling[3, 0] = 1j * pair.coupling
    pumped = pair.pump > 0
    harmonics = {0: still, 1: rising, -1: falling} if pumped else {0: still + rising + falling}
    return PeriodicLangevin(
        harmonics=harmonics,
        frequency=2 * pair.pump if pumped else pair.omega_a,
        inputs=inputs,
        spectrum=_bath_spectrum(pair),
        support=(0.0, np.inf),
    )


def _modes(pair: PairParameters) -> tuple[tuple[float, float, float], ...]:
    """``(ω, ζ, ν)`` of mode a and its bath, and of b."""
    strengths = []
    for name in ("zeta1", "zeta2"):
        value = np.asarray(getattr(pair, name), float)
        if value.ndim:
            raise ArgumentError(name, "be one number", value, "Solve point by point.")
        strengths.append(float(value))
    return (
        (pair.omega_a, strengths[0], pair.nu1),
        (pair.omega_b, strengths[1], pair.nu2),
    )


def _bath_spectrum(pair: PairParameters) -> Callable[[Real], Complex]:
    def spectrum(omega: Real) -> Complex:
        power = np.zeros((len(omega), 2, 2), complex)
        power[:, 0, 0] = 2 * np.pi * drude_density(omega, pair.zeta1, pair.nu1)
        power[:, 1, 1] = 2 * np.pi * drude_density(omega, pair.zeta2, pair.nu2)
        return power

    return spectrum


def _check_ground_state(pair: PairParameters) -> None:
    for name, (omega, zeta, nu) in zip("ab", _modes(pair), strict=True):
        if 2 * np.pi * zeta >= omega * nu:
            raise NumericalError(
                f"Mode {name} has no ground state: its bath lowers the potential by "
                f"2π zeta/nu = {2 * np.pi * zeta / nu:.4g} >= omega = {omega:.4g}. Take a smaller "
                "zeta, or `counter_term=True`."
            )
