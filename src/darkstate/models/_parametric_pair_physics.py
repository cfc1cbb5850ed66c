r"""Secular theory of two driven, dissipative bosonic modes (Drude-Lorentz baths).

In the frame rotating at the pump, with ``D1 = ω_a - ω_p`` and ``D2 = ω_b - ω_p``::

    H = D1 a†a + D2 b†b + k (a†b† + a b)
    a = α l + β m†,   b† = β l + α m†,   |α|² - |β|² = 1,   α and β imaginary
    H = a11 l†l + a22 m†m,   a11 = (D1 - D2)/2 + s R,   a22 = (D2 - D1)/2 + s R
    R = sqrt((D1 + D2)²/4 - k²),   s = sign(D1 + D2)

The sign ``s`` matters. The source prints ``+R``; with a pump *above* the modes (``D1 + D2 < 0``,
as in its own figures) ``+R`` belongs to no Bogoliubov mode: H has the coefficient ``-R``, and every
bath is read off at the wrong frequency. ``branch="diagonal"`` uses ``s``, ``branch="as_printed"``
uses ``+R`` with the same α and β; :func:`transformed_hamiltonian` shows which one is right.

Each mode couples to its bath through its full quadrature, so bath 1 cools l and heats m, bath 2
cools m and heats l. With ``J_i(f) = ζ_i f / (ν_i² + f²)`` for ``f > 0``, else 0::

    C = |α|² π J_1(ω_p + a11)  cools l,      D = |β|² π J_2(ω_p - a11)  heats l,
    E = |α|² π J_2(ω_p + a22)  cools m,      F = |β|² π J_1(ω_p - a22)  heats m
    n_l = D/(C - D),   n_m = F/(E - F)

C, D, E, F are real parts of half-sided Fourier integrals, that is, *amplitude* rates. In the form
``D[c]rho = c rho c† - {c†c, rho}/2`` the jumps are ``sqrt(2C) l, sqrt(2D) l†, sqrt(2E) m,
sqrt(2F) m†``: twice the rate (the golden rule ``2π J``), the same occupancies.

Everything broadcasts over ``zeta1`` and ``zeta2``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import NumericalError, check_choice
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


class Moments(NamedTuple):
    """``<a†a>``, ``<b†b>`` and ``<a b>`` (real) in the frame rotating at the pump."""

    n_a: Real
    n_b: Real
    ab: Real


def bogoliubov(pair: PairParameters, branch: Branch = "diagonal") -> Bogoliubov:
    """The Bogoliubov transformation and the frequencies ``a11, a22`` of `branch`.

    ``|α| = cosh r``, ``|β| = sinh r``, ``tanh 2r = 2k/|D1 + D2|``; ``α β*`` has the sign of
    ``-(D1 + D2)``.

    Raises:
        ArgumentError: `branch` is none of the two.
        NumericalError: ``(D1 + D2)² <= 4k²``: the pump drives a parametric instability.
    """
    check_choice("branch", branch, ("diagonal", "as_printed"))
    gap = gap_condition(pair)
    if not gap.holds:
        raise NumericalError(f"No Bogoliubov modes. {gap}. Detune the pump or lower `coupling`.")
    first, second = pair.detunings
    sign = np.sign(first + second)
    half = 0.5 * np.arctanh(2 * pair.coupling / abs(first + second))
    root = np.sqrt((first + second) ** 2 / 4 - pair.coupling**2)
    signed = sign * root if branch == "diagonal" else root
    alpha, beta = 1j * np.cosh(half), -1j * sign * np.sinh(half)
    skew = (first - second) / 2
    return Bogoliubov(complex(alpha), complex(beta), float(skew + signed), float(signed - skew))


def transformed_hamiltonian(pair: PairParameters, modes: Bogoliubov) -> tuple[float, float, float]:
    """Coefficients of ``l†l``, ``m†m`` and ``|l†m†|`` in H, from α and β alone.

    The third must vanish and the first two must equal `a11` and `a22`; with
    ``branch="as_printed"`` and ``D1 + D2 < 0`` the latter fails by ``2R``.
    """
    first, second = pair.detunings
    alpha, beta, k = modes.alpha, modes.beta, pair.coupling
    cross = 2 * (alpha * beta.conjugate()).real * k
    on_l = first * abs(alpha) ** 2 + second * abs(beta) ** 2 + cross
    on_m = first * abs(beta) ** 2 + second * abs(alpha) ** 2 + cross
    pairing = first * alpha.conjugate() * beta + second * alpha * beta.conjugate()
    return on_l, on_m, abs(pairing + k * (abs(alpha) ** 2 + abs(beta) ** 2))


def bath_frequencies(pair: PairParameters, modes: Bogoliubov) -> Rates:
    """``ω_p + a11, ω_p - a11, ω_p + a22, ω_p - a22``: where C, D, E, F read their bath."""
    signed = (modes.a11, -modes.a11, modes.a22, -modes.a22)
    return Rates(*(np.asarray(pair.pump + shift) for shift in signed))


def secular_rates(pair: PairParameters, modes: Bogoliubov) -> Rates:
    """C, D, E, F of the module's text, each of the broadcast shape of `zeta1` and `zeta2`."""
    at = bath_frequencies(pair, modes)
    large, small = np.pi * abs(modes.alpha) ** 2, np.pi * abs(modes.beta) ** 2
    zeta1, zeta2 = np.broadcast_arrays(pair.zeta1, pair.zeta2)
    return Rates(
        large * drude_density(at.C, zeta1, pair.nu1),
        small * drude_density(at.D, zeta2, pair.nu2),
        large * drude_density(at.E, zeta2, pair.nu2),
        small * drude_density(at.F, zeta1, pair.nu1),
    )


def secular_conditions(pair: PairParameters, branch: Branch = "diagonal") -> tuple[Condition, ...]:
    """All that must hold for the four rates to describe a steady state.

    Beyond threshold and net cooling of l and m, the four bath frequencies must be positive: at a
    negative one the rate is zero, and the reversed process, which the theory omits, takes its
    place. Only the first condition is returned where it fails.

    Returns:
        Conditions in the order threshold, cooling of l, cooling of m, C, D, E, F frequencies; ask
        each for `holds`.
    """
    gap = gap_condition(pair)
    if not gap.holds:
        return (gap,)
    modes = bogoliubov(pair, branch)
    rates = secular_rates(pair, modes)
    cooled = (
        Condition("cooling of l", "C > D", rates.C, rates.D),
        Condition("cooling of m", "E > F", rates.E, rates.F),
    )
    at = bath_frequencies(pair, modes)
    rules = ("ω_p + a11 > 0", "ω_p - a11 > 0", "ω_p + a22 > 0", "ω_p - a22 > 0")
    positive = (
        Condition(f"bath frequency of {name}", rule, value, np.zeros(()))
        for name, rule, value in zip(Rates._fields, rules, at, strict=True)
    )
    return (gap, *cooled, *positive)


def failed_conditions(pair: PairParameters, branch: Branch = "diagonal") -> tuple[Condition, ...]:
    """Those of :func:`secular_conditions` that fail at one point at least."""
    return tuple(rule for rule in secular_conditions(pair, branch) if not np.all(rule.holds))


def occupancies(rates: Rates) -> tuple[Real, Real]:
    """``n_l = D/(C - D)`` and ``n_m = F/(E - F)``; NaN where cooling does not win."""
    return _occupancy(rates.C, rates.D), _occupancy(rates.E, rates.F)


def _occupancy(cooling: Real, heating: Real) -> Real:
    net = np.where(cooling > heating, cooling - heating, np.nan)
    return heating / net


def secular_moments(modes: Bogoliubov, n_l: Real, n_m: Real) -> Moments:
    """``<a†a> = |α|² n_l + |β|² (n_m + 1)``, b alike, ``<a b> = α β* (n_l + n_m + 1)``."""
    large, small = abs(modes.alpha) ** 2, abs(modes.beta) ** 2
    cross = (modes.alpha * modes.beta.conjugate()).real
    return Moments(
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
