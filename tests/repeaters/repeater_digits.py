"""Chains of a few atoms in whole numbers: a hundred digits, where doubles cancel.

Numbers are integers in units of ``10^-DIGITS``, matrices are object arrays of them. Shares no code
with the package.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np

DIGITS = 110
ONE = 10**DIGITS
PI = Decimal(
    "3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825"
    "34211706798214808651328230664709384460955058223172535940812848111745"
)


def cosine_and_sine(angle: Decimal) -> tuple[int, int]:
    """Of an angle given to all digits."""
    with localcontext(prec=DIGITS + 20):
        x = angle - 2 * PI * (angle / (2 * PI)).to_integral_value()
        sums, term, n = [Decimal(0), Decimal(0)], Decimal(1), 0
        while abs(term) > Decimal(10) ** -(DIGITS + 10):
            sums[n % 2] += term if n % 4 < 2 else -term
            n += 1
            term = term * x / n
        return int(sums[0] * ONE), int(sums[1] * ONE)


def root(numerator: int, denominator: int) -> int:
    return math.isqrt(numerator * ONE * ONE // denominator)


def times(a, b):
    """Product of two complex matrices, each a pair of object arrays."""
    real = (a[0] @ b[0] - a[1] @ b[1]) // ONE
    return real, (a[0] @ b[1] + a[1] @ b[0]) // ONE


def amplitudes(atoms, time, outcomes, offset=0.0):
    """A(k_1, k_M) over all Dicke states, and the probability of the outcomes, as doubles.

    A is scaled to the norm one; local phases are those of ``exp(i t kappa kappa')``.
    """
    with localcontext(prec=DIGITS + 20):
        return _amplitudes(atoms, time, outcomes, offset)


def _amplitudes(atoms, time, outcomes, offset):
    t, phi, half = Decimal(time), Decimal(offset), Decimal(atoms) / 2
    k = range(atoms + 1)
    psi = np.array([root(math.comb(atoms, n), 2**atoms) for n in k], dtype=object)
    zero = np.array([[0] * (atoms + 1)] * (atoms + 1), dtype=object)
    diagonal = zero.copy()
    for n in k:
        diagonal[n, n] = psi[n]
    grown = diagonal, zero
    for link, q in enumerate((*outcomes, None)):
        wave = zero.copy(), zero.copy()
        for a in k:
            for b in k:
                angle = (t if link % 2 == 0 else -t) * (a - half) * (b - half)
                turn = Decimal(0) if q is None else phi * (b - half)
                c, s = cosine_and_sine(angle + turn)
                weight = psi[b] if q is None else psi[b] * spin_x(atoms, q, b) // ONE
                wave[0][a, b], wave[1][a, b] = c * weight // ONE, s * weight // ONE
        grown = times(grown, wave)
    square = int(np.sum(grown[0] ** 2 + grown[1] ** 2))
    norm = math.isqrt(square)
    scaled = [(part * ONE // norm).astype(object) for part in grown]
    parts = [np.array([[x / ONE for x in row] for row in part]) for part in scaled]
    return parts[0] + 1j * parts[1], square / ONE**2


def spin_x(atoms, q, k):
    """``<q|k>_x`` by the alternating sum."""
    n = atoms - q
    total = sum(
        (-1) ** (n - j) * math.comb(k, j) * math.comb(atoms - k, n - j)
        for j in range(max(0, n - atoms + k), min(k, n) + 1)
    )
    return total * root(math.comb(atoms, k), math.comb(atoms, n) * 2**atoms)


def entanglement(matrix):
    """Entropy and log-negativity in ebits of an amplitude matrix."""
    s = np.linalg.svd(matrix, compute_uv=False)
    p = s[s > 0] ** 2 / np.sum(s**2)
    return float(-p @ np.log2(p)), float(2 * np.log2(np.sum(np.sqrt(p))))
