"""Binomial amplitudes and rotation amplitudes of N atoms, N up to 1e12.

ln C(N, k) of 1e12 atoms is a difference of numbers of size 1e13, so log-gamma functions leave it
two digits. The saddle-point form has no such difference: with ``x = 2k/N - 1``,

    ln C(N, k)/2^N = d(N) - d(k) - d(N-k) + (1/2) ln(N/(2 pi k (N-k))) - (N/2) D(x),

d Stirling's remainder and ``D(x) = (1+x) ln(1+x) + (1-x) ln(1-x)`` the deviance.

Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError
from darkstate.repeaters.checks import as_numbers, check_atoms

Reals = NDArray[np.float64]

_LOG_TWO = math.log(2.0)
_HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
_SMALL = 16
_STIRLING_TABLE = np.array(
    [0.0]
    + [
        math.log(math.factorial(n)) - ((n + 0.5) * math.log(n) - n + _HALF_LOG_TAU)
        for n in range(1, _SMALL)
    ]
)
_STIRLING_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def log_binomial_amplitudes(atoms: int, k: ArrayLike) -> Reals:
    """``ln psi(k) = ln sqrt(C(N, k)/2^N)``, never larger than zero.

    Args:
        atoms: N, 1 .. 1e12.
        k: integers 0 .. N, any shape.

    Returns:
        Natural logarithms of the shape of `k`. Absolute error of some 1e-16 (1 + |ln psi|).

    Raises:
        ArgumentError: no whole number of atoms, or `k` not of Dicke numbers.
    """
    atoms = check_atoms(atoms)
    up = as_numbers("k", k, "Give Dicke numbers 0 .. N.")
    if np.any((up < 0) | (up > atoms) | (up != np.rint(up))):
        raise ArgumentError("k", f"be whole numbers 0 .. {atoms}", k, "Give Dicke numbers.")
    down = atoms - up
    inner = (up > 0) & (down > 0)
    safe_up, safe_down = np.where(inner, up, 1.0), np.where(inner, down, 1.0)
    spread = 0.5 * np.log(atoms / (2.0 * math.pi * safe_up * safe_down))
    remainder = (
        stirling_remainder(np.asarray(float(atoms)))
        - stirling_remainder(safe_up)
        - stirling_remainder(safe_down)
    )
    weight = remainder + spread - 0.5 * atoms * _deviance((up - down) / atoms)
    return 0.5 * np.where(inner, weight, -atoms * _LOG_TWO)


def binomial_amplitudes(atoms: int, k: ArrayLike) -> Reals:
    """``psi(k) = sqrt(C(N, k)/2^N)``; zero where it underflows."""
    return np.exp(log_binomial_amplitudes(atoms, k))


def log_rotation_amplitudes(atoms: int, q: int, cosine: Reals, sine: Reals) -> Reals:
    """``ln |<q| exp(i x S_z) |N>_x|`` = ``ln |sqrt(C(N, q)) cos^q(x) sin^(N-q)(x)|``.

    The square root of a binomial distribution with ``p = cos^2 x``, in the same saddle-point form.

    Args:
        atoms: N.
        q: outcome, 0 .. N.
        cosine, sine: of x, any shape (`darkstate.repeaters.phases.cosine_and_sine`).
    """
    cosine, sine = cosine**2, sine**2
    if q in (0, atoms):
        own, other = (cosine, sine) if q == atoms else (sine, cosine)
        with np.errstate(divide="ignore"):
            near_one = np.log1p(-np.minimum(other, 0.5))
            return 0.5 * atoms * np.where(other < 0.5, near_one, np.log(own))
    counts = np.array([atoms, q, atoms - q], dtype=float)
    parts = stirling_remainder(counts)
    front = parts[0] - parts[1] - parts[2] + 0.5 * math.log(atoms / (q * (atoms - q)))
    excess = sum(_excess(float(n), atoms * p) for n, p in ((q, cosine), (atoms - q, sine)))
    return 0.5 * (front - _HALF_LOG_TAU - excess)


def _excess(n: float, mean: Reals) -> Reals:
    """``n ln(n/m) + m - n`` >= 0 for n > 0; infinite at m = 0."""
    relative = (mean - n) / n
    with np.errstate(divide="ignore"):  # 1 + relative has lost the digits of a small mean
        logarithm = np.where(relative < -0.5, np.log(mean / n), np.log1p(relative))
        return n * (relative - logarithm)


def _deviance(x: Reals) -> Reals:
    """``(1+x) ln(1+x) + (1-x) ln(1-x)`` = sum of ``x^(2n)/(n(2n-1))``, accurate for small x."""
    square = np.minimum(x * x, 1.0)
    series = np.zeros_like(square)
    for n in range(8, 0, -1):
        series = (series + 1.0 / (n * (2 * n - 1))) * square
    edge = np.clip(x, -1.0 + 1e-16, 1.0 - 1e-16)
    direct = 2.0 * edge * np.arctanh(edge) + np.log1p(-edge * edge)
    return np.where(square < 0.01, series, direct)


def stirling_remainder(n: Reals) -> Reals:
    """``d(n) = ln n! - [(n + 1/2) ln n - n + ln sqrt(2 pi)]`` for n >= 1."""
    large = np.maximum(n, float(_SMALL))
    series = np.zeros_like(large)
    for coefficient in reversed(_STIRLING_SERIES):
        series = series / (large * large) + coefficient
    table = _STIRLING_TABLE[np.minimum(n, _SMALL - 1).astype(int)]
    return np.where(n < _SMALL, table, series / large)
