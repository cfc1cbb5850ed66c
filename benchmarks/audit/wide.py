"""Real arrays with about 32 digits: unevaluated sums ``hi + lo`` of two doubles.

Rates over eight decades beside frequencies a billion times larger leave no digit of a double in the
slowest of them. Sums and products here are exact to about 1e-32 (Dekker, Numer. Math. 18, 224
(1971)), on every processor, with NumPy alone.
"""

from __future__ import annotations

import numpy as np

SPLIT = 134217729.0  # 2^27 + 1


def two_sum(a, b):
    """``a + b`` rounded, and what rounding left."""
    s = a + b
    v = s - a
    return s, (a - (s - v)) + (b - v)


def quick_sum(a, b):
    """The same where ``|a| >= |b|``."""
    s = a + b
    return s, b - (s - a)


def split(a):
    """``a`` as two halves of 26 bits."""
    t = SPLIT * a
    high = t - (t - a)
    return high, a - high


def two_product(a, b):
    """``a b`` rounded, and what rounding left."""
    p = a * b
    (ah, al), (bh, bl) = split(a), split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


class Wide:
    """An array ``hi + lo``; supports ``+ - *``, indexing, matrix products and square roots."""

    __array_priority__ = 1000

    def __init__(self, hi, lo=None):
        self.hi = np.asarray(hi, dtype=float)
        self.lo = np.zeros_like(self.hi) if lo is None else np.asarray(lo, dtype=float)

    @property
    def shape(self):
        """Shape of the array."""
        return self.hi.shape

    def __getitem__(self, key):
        return Wide(self.hi[key], self.lo[key])

    def __setitem__(self, key, value):
        value = wide(value)
        self.hi[key], self.lo[key] = value.hi, value.lo

    def __neg__(self):
        return Wide(-self.hi, -self.lo)

    def __add__(self, other):
        other = wide(other)
        s, e = two_sum(self.hi, other.hi)
        t, f = two_sum(self.lo, other.lo)
        s, e = quick_sum(s, e + t)
        return Wide(*quick_sum(s, e + f))

    def __sub__(self, other):
        return self + (-wide(other))

    def __mul__(self, other):
        other = wide(other)
        p, e = two_product(self.hi, other.hi)
        return Wide(*quick_sum(p, e + (self.hi * other.lo + self.lo * other.hi)))

    def __truediv__(self, other):
        other = wide(other)
        first = Wide(self.hi / other.hi)
        rest = self - first * other
        second = Wide(rest.hi / other.hi)
        rest = rest - second * other
        return first + second + Wide(rest.hi / other.hi)

    def sqrt(self):
        """Square root of what is not negative."""
        root = np.sqrt(self.hi)
        rest = self - Wide(root) * Wide(root)
        safe = np.where(root > 0, root, 1.0)
        return Wide(root) + Wide(np.where(root > 0, rest.hi / (2 * safe), 0.0))

    def sum(self, axis=0):
        """Sum over one axis, by halves."""
        hi, lo = np.moveaxis(self.hi, axis, 0), np.moveaxis(self.lo, axis, 0)
        part = Wide(hi, lo)
        while part.shape[0] > 1:
            half = part.shape[0] // 2
            folded = part[:half] + part[half : 2 * half]
            if part.shape[0] % 2:
                folded[0] = folded[0] + part[-1]
            part = folded
        return part[0] if part.shape[0] else Wide(np.zeros(hi.shape[1:]))

    def __matmul__(self, other):
        if len(other.shape) == 1:
            return (self * other[None, :]).sum(axis=1)
        total = Wide(np.zeros((self.shape[0], other.shape[1])))
        for k in range(self.shape[1]):
            total = total + self[:, k, None] * other[None, k, :]
        return total

    @property
    def T(self):
        """Transpose."""
        return Wide(self.hi.T, self.lo.T)

    def copy(self):
        """A copy."""
        return Wide(self.hi.copy(), self.lo.copy())


def wide(value):
    """`value` as a `Wide`."""
    return value if isinstance(value, Wide) else Wide(value)


class WideComplex:
    """A complex array as two real ones."""

    def __init__(self, re, im=None):
        self.re = wide(re)
        self.im = Wide(np.zeros(self.re.shape)) if im is None else wide(im)

    def __add__(self, other):
        return WideComplex(self.re + other.re, self.im + other.im)

    def __sub__(self, other):
        return WideComplex(self.re - other.re, self.im - other.im)

    def __mul__(self, other):
        return WideComplex(
            self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re
        )

    def __matmul__(self, other):
        return WideComplex(
            self.re @ other.re - self.im @ other.im, self.re @ other.im + self.im @ other.re
        )

    def __getitem__(self, key):
        return WideComplex(self.re[key], self.im[key])

    def scaled(self, factor):
        """Times a number of double precision."""
        c = complex(factor)
        return self * WideComplex(np.float64(c.real), np.float64(c.imag))

    def adjoint(self):
        """Conjugate transpose."""
        return WideComplex(self.re.T, -self.im.T)

    def conj(self):
        """Complex conjugate."""
        return WideComplex(self.re, -self.im)

    @property
    def rounded(self):
        """As an ordinary complex array."""
        return self.re.hi + 1j * self.im.hi


def solve_wide(matrix, right):
    """``matrix x = right`` by elimination with partial pivoting, all in wide arithmetic.

    Returns x and the smallest pivot relative to the largest entry of its row of `matrix`.
    """
    a, b = matrix.copy(), right.copy()
    size, least = a.shape[0], np.inf
    for k in range(size):
        p = k + int(np.argmax(np.abs(a.hi[k:, k])))
        least = min(least, abs(a.hi[p, k]))
        if a.hi[p, k] == 0.0:
            return None, 0.0
        for part in (a.hi, a.lo, b.hi, b.lo):
            part[[k, p]] = part[[p, k]]
        if k + 1 < size:
            rows = k + 1 + np.flatnonzero(a.hi[k + 1 :, k])
            if not len(rows):
                continue
            columns = k + 1 + np.flatnonzero(a.hi[k, k + 1 :])
            factor = a[rows, k] / a[k, k]
            grid = np.ix_(rows, columns)
            a[grid] = a[grid] - factor[:, None] * a[k, columns][None, :]
            b[rows] = b[rows] - factor * b[k]
    x = Wide(np.zeros(size))
    for k in reversed(range(size)):
        rest = b[k] - (a[k, k + 1 :] * x[k + 1 :]).sum() if k + 1 < size else b[k]
        x[k] = rest / a[k, k]
    return x, least
