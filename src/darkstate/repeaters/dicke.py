"""Dicke amplitudes of one ensemble, safe from N = 1 to N = 1e12 atoms.

The symmetric states of N two-level atoms are |k>, k = 0 .. N atoms excited, ``S_z = 2k - N``; we
write ``kappa = k - N/2``. Two bases matter, both real here:

    psi(k) = <k|+x>^N = sqrt(C(N, k) / 2^N)          the state all nodes start in (q = N)
    <q|k>_x                                          S_x |q>_x = (2q - N) |q>_x

psi is a Gaussian of width sqrt(N)/2 in kappa. So a *window* of a few sqrt(N) Dicke states round N/2
holds all the weight but `tail_weight`.

psi is in `binomial`, products with the time in `phases`; both are at hand here. The S_x states come
from their three-term recurrence, forwards where it oscillates and as a boundary-value problem where
it decays, started at the centre from a closed form, never from an alternating sum.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import get_lapack_funcs, solve_banded
from scipy.special import betainc

from darkstate.checks import check_real
from darkstate.repeaters.binomial import (
    binomial_amplitudes,
    log_binomial_amplitudes,
    log_rotation_amplitudes,
    stirling_remainder,
)
from darkstate.repeaters.checks import as_window, check_atoms, check_outcomes
from darkstate.repeaters.phases import phase_products
from darkstate.systems.chain import MAX_ATOMS

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

__all__ = [
    "MAX_ATOMS",
    "binomial_amplitudes",
    "centred",
    "log_binomial_amplitudes",
    "log_rotation_amplitudes",
    "phase_products",
    "sx_amplitudes",
    "tail_weight",
    "window",
    "window_size",
]

_LADDER = 100
"""Up to so many atoms lost from q = N, the recurrence in q is used instead of that in k."""
_DECAY = 45.0
"""Where a decaying S_x amplitude has lost this many powers of e, it is taken to be zero."""


def window(atoms: int, c: float) -> Integers:
    """The Dicke numbers k with ``|k - N/2| <= K``, ``K = floor(c sqrt(N)/2)``; never beyond 0 .. N.

    For odd N, where N/2 is no integer, ``|kappa| <= K + 1/2``, so that it is never empty.

    Args:
        atoms: N.
        c: half width in units of ``sqrt(N)/2``, the standard deviation of k.

    Returns:
        (W,) consecutive integers, symmetric under ``k -> N - k``.

    Raises:
        ArgumentError: no atom, or a negative width.
    """
    atoms = check_atoms(atoms)
    c = check_real("c", c, minimum=0.0, remedy="Give a half width such as 7.0.")
    half = min(math.floor(c * math.sqrt(atoms) / 2.0), atoms // 2)
    return np.arange(atoms // 2 - half, atoms - atoms // 2 + half + 1, dtype=np.int64)


def window_size(atoms: int, c: float) -> int:
    """W, the length of `window`, without making it."""
    return 2 * min(math.floor(c * math.sqrt(atoms) / 2.0), atoms // 2) + 1 + atoms % 2


def centred(atoms: int, k: ArrayLike) -> Reals:
    """``kappa = k - N/2`` as exact half integers."""
    return np.asarray(k, dtype=np.float64) - 0.5 * atoms


def tail_weight(atoms: int, window: ArrayLike) -> float:
    """``1 - sum psi(k)^2`` over a symmetric window: the probability that one node is outside.

    Taken from the incomplete beta function, so that it is right however small it is.

    Raises:
        ArgumentError: no atom, or no list of Dicke numbers.
    """
    atoms = check_atoms(atoms)
    first = int(np.min(as_window("window", window)))
    if first <= 0:
        return 0.0
    # P(k <= first - 1) of a binomial distribution with p = 1/2; the other side is its mirror image
    return 2.0 * float(betainc(atoms - first + 1.0, float(first), 0.5))


def sx_amplitudes(atoms: int, q: int, k: ArrayLike) -> Reals:
    """``<q|k>_x``: amplitudes of an S_x eigenstate in a symmetric window.

    ``|q>_x`` has q atoms in ``(|1>+|0>)/sqrt 2`` and ``N - q`` in ``(|1>-|0>)/sqrt 2``; q = N gives
    psi. With ``a(k) = sqrt((k+1)(N-k))`` they obey ``a(k) v(k+1) + a(k-1) v(k-1) = (2q-N) v(k)``
    and ``v(N-k) = (-1)^(N-q) v(k)``.

    Args:
        atoms: N, 1 .. 1e12.
        q: outcome, 0 .. N.
        k: (W,) consecutive Dicke numbers, symmetric round N/2 (as `window` gives them).

    Returns:
        (W,) real amplitudes, normalised over all k = 0 .. N (not over the window).

    Raises:
        ArgumentError: no atom, an outcome out of range, or no list of Dicke numbers.
    """
    atoms, chosen = check_atoms(atoms), as_window("k", k)
    (q,) = check_outcomes((q,), atoms)
    if 2 * q < atoms:  # exchange |+> and |-> of every atom
        return sx_amplitudes(atoms, atoms - q, chosen) * (1.0 - 2.0 * ((atoms - chosen) % 2))
    if atoms - q <= _LADDER:
        return _ladder(atoms, atoms - q, chosen)
    half = _upper_half(atoms, q, int(chosen.max()))
    sign = -1.0 if (atoms - q) % 2 else 1.0
    odd = atoms % 2  # without a central Dicke state
    return np.concatenate([sign * half[::-1] if odd else sign * half[:0:-1], half])


def _ladder(atoms: int, lost: int, k: Integers) -> Reals:
    """The recurrence in n = N - q from psi on, which is the better one near the pole of S_x.

    ``b(n) v_(n+1) + b(n-1) v_(n-1) = (2k-N) v_n`` with ``b(n) = sqrt((n+1)(N-n))``: the amplitudes
    are symmetric in k and q. It runs from where they decay to where they oscillate: stable.
    """
    before, now = np.zeros(k.shape), binomial_amplitudes(atoms, k)
    kappa = 2.0 * k - atoms
    for n in range(lost):
        known = math.sqrt(n * (atoms - n + 1.0)) * before
        before, now = now, (kappa * now - known) / math.sqrt((n + 1.0) * (atoms - n))
    return now


def _upper_half(atoms: int, q: int, last: int) -> Reals:
    """Amplitudes for k from the centre (N/2 or (N+1)/2) to `last`."""
    start = (atoms + 1) // 2
    turning = math.sqrt(max((q + 0.5) * (atoms - q + 0.5), 0.0))  # kappa where it starts to decay
    turn = max(start + int(turning), start + 2)
    size = min(last, turn, atoms) - start + 1
    found = _forwards(atoms, q, start, size)
    if last <= turn or turn >= atoms:
        return found[: last - start + 1]
    end = _where_negligible(atoms, q, turn, last)
    rest = _backwards(atoms, q, turn, end, float(found[-1]))
    return np.concatenate([found, rest])[: last - start + 1]


def _coupling(atoms: int, k: Reals) -> Reals:
    """``a(k)/(N/2)``, the element <k+1|S_x|k> in units of N/2."""
    return 2.0 * np.sqrt((k + 1.0) / atoms * ((atoms - k) / atoms))


def _forwards(atoms: int, q: int, start: int, size: int) -> Reals:
    """The recurrence from the centre outwards, where it oscillates and errors do not grow.

    Written for v and its differences d, ``v(k+1) = v(k) + d(k)`` and
    ``a(k) d(k) = a(k-1) d(k-1) + [(2q-N) - a(k) - a(k-1)] v(k)``, with the bracket free of
    cancellation: where the wave is long, plain recurrence would lose its phase to rounding.
    """
    first, second = _central_pair(atoms, q, start)
    if size <= 2:
        return np.array([first, second])[:size]
    k = start + np.arange(size - 1, dtype=float)
    a = _coupling(atoms, k)  # a[j] couples start + j with start + j + 1, in units of N/2
    middle = (atoms + 1.0) / atoms
    short = (2.0 * (k + 0.5) / atoms - 1.0) ** 2 / (middle + a)  # (N+1)/N - a
    bracket = short[1:] + short[:-1] - 2.0 * (2.0 * (atoms - q) + 1.0) / atoms
    bands = np.zeros((3, 2 * size - 2))  # of the rows v(0), d(0), v(1), d(1), ...
    bands[0, ::2], bands[0, 1::2] = 1.0, a
    bands[1, 1::2] = -1.0
    bands[1, 2::2] = -bracket
    bands[2, ::2] = -1.0
    bands[2, 1:-2:2] = -a[:-1]
    bands[1, 0] = 0.0
    right = np.zeros((2 * size - 2, 1))
    right[:2, 0] = first, a[0] * (second - first)
    (substitute,) = get_lapack_funcs(("tbtrs",), (bands, right))  # no pivoting: the recurrence
    found = np.asarray(substitute(bands, right, uplo="L")[0])[:, 0]
    return np.append(found[::2], found[-2] + found[-1])


def _central_pair(atoms: int, q: int, start: int) -> tuple[float, float]:
    """Amplitudes at the first two Dicke states from the centre on, in closed form.

    With n = N - q, <q|k> is ``psi(k)/sqrt(C(N,n))`` times the coefficient of ``b^n`` in
    ``(1+b)^k (1-b)^(N-k)``; next to the centre that is one binomial coefficient, C(m, n//2).
    """
    n, m = atoms - q, atoms // 2
    j = n // 2
    sign = -1.0 if j % 2 else 1.0
    ratio = math.exp(_root_ratio(m, j))  # C(m, j)/sqrt(C(2m, 2j))
    psi = binomial_amplitudes(atoms, np.array([start]))
    if atoms % 2 == 0:
        if n % 2 == 0:
            centre = sign * ratio * float(psi[0])
            a = _coupling(atoms, np.array([float(start)]))
            return centre, (2.0 * q - atoms) / atoms * centre / float(a[0])
        # C(m-1, j) = C(m, j)(m-j)/m and C(2m, n) = C(2m, 2j)(2m-2j)/(2j+1)
        psi_next = float(binomial_amplitudes(atoms, np.array([start + 1]))[0])
        factor = 2.0 * (m - j) / m * math.sqrt((2.0 * j + 1.0) / (2.0 * m - 2.0 * j))
        return 0.0, sign * ratio * factor * psi_next
    # C(2m+1, 2j) = C(2m, 2j)(2m+1)/(2m+1-2j), C(2m+1, 2j+1) = C(2m, 2j)(2m+1)/(2j+1)
    part = (2.0 * j + 1.0) if n % 2 else (2.0 * m + 1.0 - 2.0 * j)
    first = sign * ratio * math.sqrt(part / atoms) * float(psi[0])
    a = _coupling(atoms, np.array([start - 1.0, float(start)]))
    below = -first if n % 2 else first
    eigenvalue = (2.0 * q - atoms) / (atoms / 2.0)
    return first, (eigenvalue * first - float(a[0]) * below) / float(a[1])


def _root_ratio(m: int, j: int) -> float:
    """``ln C(m, j) - (1/2) ln C(2m, 2j)``: the large parts cancel exactly and are left out."""
    if j in (0, m):
        return 0.0
    parts = np.array([m, j, m - j], dtype=float)
    single, double = stirling_remainder(parts), stirling_remainder(2.0 * parts)
    spread = math.log(m) - math.log(j) - math.log(m - j)
    log_single = single[0] - single[1] - single[2] + 0.5 * (spread - math.log(2.0 * math.pi))
    log_double = double[0] - double[1] - double[2] + 0.5 * (spread - math.log(4.0 * math.pi))
    return float(log_single - 0.5 * log_double)


def _where_negligible(atoms: int, q: int, turn: int, last: int) -> int:
    """A Dicke number from which a decaying amplitude is negligible beside that at `last`."""
    cosine = abs(2.0 * q - atoms) / atoms
    step, end = max(16, (last - turn) // 4), last
    decay = 0.0
    while end < atoms and decay < _DECAY:
        new = min(atoms, end + step)
        kappa = min(0.5 * (end + new) - atoms / 2.0, atoms / 2.0)
        radius = math.sqrt(max(1.0 - (2.0 * kappa / atoms) ** 2, 1e-300))
        decay += (new - end) * math.acosh(max(cosine / radius, 1.0))
        end, step = new, 2 * step
    return end


def _backwards(atoms: int, q: int, turn: int, end: int, value: float) -> Reals:
    """Amplitudes at turn+1 .. end, where they decay: the solution that is `value` at `turn`.

    A diagonally dominant tridiagonal system with zero beyond `end`.
    """
    k = np.arange(turn, end + 1, dtype=float)
    a = _coupling(atoms, k)
    eigenvalue = (2.0 * q - atoms) / (atoms / 2.0)
    size = end - turn
    bands = np.zeros((3, size))
    bands[0, 1:] = a[1:-1]
    bands[1] = -eigenvalue
    bands[2, :-1] = a[1:-1]
    right = np.zeros(size)
    right[0] = -a[0] * value
    return np.asarray(solve_banded((1, 1), bands, right))
