r"""Secular theory of two driven, dissipative bosonic modes (Drude-Lorentz baths).

In the frame rotating at the pump, with ``D1 = ω_a - ω_p``, ``D2 = ω_b - ω_p``, ``s = D1 + D2``::

    H = D1 a†a + D2 b†b + k (a†b† + a b)
    a = α l + β m†,   b† = β l + α m†,   α = i cosh r,   tanh 2r = 2k/|s|
    H = a11 l†l + a22 m†m,   a11 = (D1 - D2)/2 + sign(s) sqrt(s² - 4k²)/2,   a22 alike with D2 - D1

This needs ``β = -i sign(s) sinh r``. The source prints ``β = -i sinh r`` (its Eq. 8) and, below its
Eq. 9, the coefficient of ``l†l`` that follows from that::

    a11 = (D1 - D2)/2 - 2k²/R + (s/2) sqrt(s²/R²),   R = sqrt(s² - 4k²)

Both agree with the above for ``s > 0``. With a pump *above* the modes (``s < 0``, as in the
source's figures) the pairing ``l†m† + l m`` does not vanish but has the coefficient ``2k|s|/R``,
and the baths are read at wrong frequencies. ``branch="diagonal"`` is the first form,
``branch="as_printed"`` the second, literally, with the pairing that is left ignored as the source
ignores it; :func:`transformed_hamiltonian` shows what is left.

Each mode couples to its bath through its full quadrature, so each bath acts on both l and m. With
``J_i(f) = ζ_i f / (ν_i² + f²)`` for ``f > 0``, else 0::

    C = |α|² π J_1(ω_p + a11) + |β|² π J_2(a11 - ω_p)   cools l
    D = |β|² π J_2(ω_p - a11) + |α|² π J_1(-ω_p - a11)  heats l
    E, F = the same for m, with a22 and the baths exchanged
    n_l = D/(C - D),   n_m = F/(E - F)

Of each two terms one vanishes. Where the pump is faster than ``|a11|`` and ``|a22|`` the first
terms are left, as in the source; without a pump ``D = F = 0``, and the pair goes to its ground
state.

C, D, E, F are real parts of half-sided Fourier integrals, that is, *amplitude* rates. In the form
``D[c]rho = c rho c† - {c†c, rho}/2`` the jumps are ``sqrt(2C) l, sqrt(2D) l†, sqrt(2E) m,
sqrt(2F) m†``: twice the rate (the golden rule ``2π J``), the same occupancies.

Everything broadcasts over ``zeta1`` and ``zeta2``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_choice
from darkstate.errors import NumericalError
from darkstate.models._parametric_pair_parameters import (
    Condition,
    PairParameters,
    drude_density,
    gap_condition,
)

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Branch = Literal["diagonal", "as_printed"]


class Bogoliubov(NamedTuple):
    """``a = α l + β m†``, ``b† = β l + α m†`` and the frequencies used for l and m."""

    alpha: complex
    beta: complex
    a11: float
    a22: float


class Rates(NamedTuple):
    """``C, D`` (cooling and heating of l) and ``E, F`` (of m), as amplitude rates."""

    C: Real
    D: Real
    E: Real
    F: Real


class SecularMoments(NamedTuple):
    """``<a†a>``, ``<b†b>`` and ``<a b>`` (real) in the frame rotating at the pump."""

    n_a: Real
    n_b: Real
    ab: Real


def bogoliubov(pair: PairParameters, branch: Branch = "diagonal") -> Bogoliubov:
    """The Bogoliubov transformation and the frequencies ``a11, a22`` of `branch`.

    Raises:
        ArgumentError: `branch` is none of the two.
        NumericalError: ``(D1 + D2)² <= 4k²``: the pump drives a parametric instability.
    """
    check_choice("branch", branch, ("diagonal", "as_printed"))
    gap = gap_condition(pair)
    if not gap.holds:
        raise NumericalError(f"No Bogoliubov modes. {gap}. Detune the pump or lower `coupling`.")
    first, second = pair.detunings
    s, k = first + second, pair.coupling
    root = np.sqrt(s**2 - 4 * k**2)
    if branch == "diagonal":
        sign, common = np.sign(s), np.sign(s) * root / 2
    else:
        sign, common = 1.0, -2 * k**2 / root + s / 2 * np.sqrt(s**2 / root**2)
    half = 0.5 * np.arctanh(2 * k / abs(s))
    alpha, beta = 1j * np.cosh(half), -1j * sign * np.sinh(half)
    skew = (first - second) / 2
    return Bogoliubov(complex(alpha), complex(beta), float(common + skew), float(common - skew))


def transformed_hamiltonian(pair: PairParameters, modes: Bogoliubov) -> tuple[float, float, float]:
    """Coefficients of ``l†l``, ``m†m`` and ``|l†m†|`` in H, from α and β alone.

    The first two equal `a11` and `a22` for both branches, but only where the third vanishes are
    they energies of modes; with ``branch="as_printed"`` and ``s = D1 + D2 < 0`` it is ``2k|s|/R``.
    """
    first, second = pair.detunings
    alpha, beta, k = modes.alpha, modes.beta, pair.coupling
    cross = 2 * (alpha * beta.conjugate()).real * k
    on_l = first * abs(alpha) ** 2 + second * abs(beta) ** 2 + cross
    on_m = first * abs(beta) ** 2 + second * abs(alpha) ** 2 + cross
    pairing = first * alpha.conjugate() * beta + second * alpha * beta.conjugate()
    return on_l, on_m, abs(pairing + k * (abs(alpha) ** 2 + abs(beta) ** 2))


def secular_hamiltonian(modes: Bogoliubov) -> tuple[float, float, float]:
    """Coefficients of ``a†a``, ``b†b`` and ``a†b† + a b`` in ``a11 l†l + a22 m†m``.

    For the diagonal branch these are ``D1, D2, k`` again.
    """
    large, small = abs(modes.alpha) ** 2, abs(modes.beta) ** 2
    pairing = -(modes.a11 + modes.a22) * (modes.alpha * modes.beta.conjugate()).real
    return modes.a11 * large + modes.a22 * small, modes.a11 * small + modes.a22 * large, pairing


def bath_frequencies(pair: PairParameters, modes: Bogoliubov) -> Rates:
    """``ω_p + a11, ω_p - a11, ω_p + a22, ω_p - a22``: where C, D, E, F read their bath."""
    signed = (modes.a11, -modes.a11, modes.a22, -modes.a22)
    return Rates(*(np.asarray(pair.pump + shift) for shift in signed))


def bath_rates(pair: PairParameters, modes: Bogoliubov) -> tuple[Rates, Rates]:
    """What bath 1 and what bath 2 add to C, D, E, F; arrays of the shape of `zeta1` and `zeta2`."""
    at = bath_frequencies(pair, modes)
    large, small = np.pi * abs(modes.alpha) ** 2, np.pi * abs(modes.beta) ** 2
    zeta1, zeta2 = np.broadcast_arrays(pair.zeta1, pair.zeta2)

    def first(frequency: Real) -> Real:
        return drude_density(frequency, zeta1, pair.nu1)

    def second(frequency: Real) -> Real:
        return drude_density(frequency, zeta2, pair.nu2)

    return (
        Rates(large * first(at.C), large * first(-at.C), small * first(-at.F), small * first(at.F)),
        Rates(
            small * second(-at.D), small * second(at.D), large * second(at.E), large * second(-at.E)
        ),
    )


def secular_rates(pair: PairParameters, modes: Bogoliubov) -> Rates:
    """C, D, E, F of the module's text, each of the broadcast shape of `zeta1` and `zeta2`."""
    return Rates(*(one + other for one, other in zip(*bath_rates(pair, modes), strict=True)))


def secular_conditions(pair: PairParameters, branch: Branch = "diagonal") -> tuple[Condition, ...]:
    """All that must hold for the four rates to describe a steady state.

    Returns:
        Conditions in the order threshold, cooling of l, cooling of m; ask each for `holds`. Only
        the first where it fails.
    """
    gap = gap_condition(pair)
    if not gap.holds:
        return (gap,)
    rates = secular_rates(pair, bogoliubov(pair, branch))
    return (
        gap,
        Condition("cooling of l", "C > D", rates.C, rates.D),
        Condition("cooling of m", "E > F", rates.E, rates.F),
    )


def failed_conditions(pair: PairParameters, branch: Branch = "diagonal") -> tuple[Condition, ...]:
    """Those of :func:`secular_conditions` that fail at one point at least."""
    return tuple(rule for rule in secular_conditions(pair, branch) if not np.all(rule.holds))


def occupancies(rates: Rates) -> tuple[Real, Real]:
    """``n_l = D/(C - D)`` and ``n_m = F/(E - F)``; NaN where cooling does not win."""
    return _occupancy(rates.C, rates.D), _occupancy(rates.E, rates.F)


def _occupancy(cooling: Real, heating: Real) -> Real:
    net = np.where(cooling > heating, cooling - heating, np.nan)
    return heating / net


def secular_moments(modes: Bogoliubov, n_l: Real, n_m: Real) -> SecularMoments:
    """``<a†a> = |α|² n_l + |β|² (n_m + 1)``, b alike, ``<a b> = α β* (n_l + n_m + 1)``."""
    large, small = abs(modes.alpha) ** 2, abs(modes.beta) ** 2
    cross = (modes.alpha * modes.beta.conjugate()).real
    return SecularMoments(
        large * n_l + small * (n_m + 1), large * n_m + small * (n_l + 1), cross * (n_l + n_m + 1)
    )


def secular_jumps(modes: Bogoliubov, rates: Rates) -> Complex:
    """Jump operators of the secular master equation as combinations of ``(a, b, a†, b†)``.

    ``l = α* a - β* b†`` and ``m = α* b - β* a†`` give ``sqrt(2C) l, sqrt(2D) l†, sqrt(2E) m,
    sqrt(2F) m†``, for the dissipator ``c rho c† - {c†c, rho}/2``; the Hamiltonian that goes with
    them is the one of the module's text.

    Returns:
        Shape (..., 4, 4): jump, then coefficient.
    """
    alpha, beta = modes.alpha.conjugate(), modes.beta.conjugate()
    operators = np.array(
        [
            [alpha, 0, 0, -beta],
            [0, -beta.conjugate(), alpha.conjugate(), 0],
            [0, alpha, -beta, 0],
            [-beta.conjugate(), 0, 0, alpha.conjugate()],
        ]
    )
    amplitudes = np.sqrt(2 * np.stack(np.broadcast_arrays(*rates), axis=-1))
    return amplitudes[..., None] * operators
