"""Products of whole numbers with a time, modulo 2 pi, with twice the digits of a product.

A product ``d t`` of size 1e12 is known to 1e-4 in double precision. Here ``t/2 pi`` is kept as the
sum of two doubles, and the rounding error of its product with d is computed exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.checks import check_real
from darkstate.repeaters.checks import as_numbers

Reals = NDArray[np.float64]

_SPLITTER = 2.0**27 + 1.0


def phase_products(t: float, d: ArrayLike) -> Reals:
    """``d t`` modulo 2 pi, in [-pi, pi], with twice the digits of a plain product.

    A plain product loses as many digits as ``d t/2 pi`` has; at N = 1e12 that is all but three.

    Args:
        t: time (or angle) in radians, a double taken to be exact.
        d: numbers exact in double precision (integers, half or quarter integers), any shape.

    Returns:
        Angles of the shape of `d`, to about 1e-16 (as long as ``|d| < 2^53``).

    Raises:
        ArgumentError: no finite time, or `d` not of numbers.
    """
    check_real("t", t, remedy="Give radians.")
    turns, rest = _turns(float(t))
    numbers = as_numbers("d", d, "Give whole or half numbers.")
    product = numbers * turns
    error = _product_error(numbers, turns, product)
    whole = product - np.rint(product)
    part = whole + (error + numbers * rest)
    return 2.0 * math.pi * (part - np.rint(part))


def cosine_and_sine(t: float, d: ArrayLike, offset: float = 0.0) -> tuple[Reals, Reals]:
    """``cos(t d + offset)`` and ``sin(t d + offset)``, all digits right also next to their zeros.

    The angle is reduced by quarter turns while it has twice the digits of a double: of what is left
    the relative error is 1e-16 down to 1e-32.

    Args:
        t, offset: radians, doubles taken to be exact.
        d: numbers exact in double precision, any shape.
    """
    numbers = np.asarray(d, dtype=float)
    flat, turns, shift = numbers.ravel(), _turns(float(t)), _turns(float(offset))
    cosine, sine = np.empty(flat.shape), np.empty(flat.shape)
    for first in range(0, len(flat), _PORTION):
        part = slice(first, first + _PORTION)
        cosine[part], sine[part] = _turned(flat[part], turns, shift)
    return cosine.reshape(numbers.shape), sine.reshape(numbers.shape)


def _turned(
    numbers: Reals, turns: tuple[float, float], shift: tuple[float, float]
) -> tuple[Reals, Reals]:
    product = numbers * turns[0]
    error = _product_error(numbers, turns[0], product) + (numbers * turns[1] + shift[1])
    whole, other = product - np.rint(product), shift[0] - np.rint(shift[0])
    total = whole + other
    taken = total - whole
    error = error + ((whole - (total - taken)) + (other - taken))  # what rounding the sum took
    quarters = np.rint(4.0 * total)
    angle = 2.0 * math.pi * ((total - 0.25 * quarters) + error)
    cosine, sine, turned = np.cos(angle), np.sin(angle), quarters.astype(int) % 4
    return (
        np.choose(turned, [cosine, -sine, -cosine, sine]),
        np.choose(turned, [sine, cosine, -sine, -cosine]),
    )


_PORTION = 1 << 16
"""Angles that are turned at once: what they need beside the results stays small."""
_INVERSE_TAU = (0.15915494309189535, -9.839338337591243e-18)
"""1/(2 pi) as the unevaluated sum of two doubles."""


def _turns(t: float) -> tuple[float, float]:
    """``t/(2 pi)`` as the sum of two doubles."""
    high, low = _INVERSE_TAU
    product = t * high
    error = float(_product_error(np.asarray(t), high, np.asarray(product))) + t * low
    total = product + error
    return total, error - (total - product)


def _product_error(x: Reals, y: float, product: Reals) -> Reals:
    """What rounding took from ``x y`` (Veltkamp and Dekker): exact."""
    x_high = _SPLITTER * x - (_SPLITTER * x - x)
    y_high = _SPLITTER * y - (_SPLITTER * y - y)
    x_low, y_low = x - x_high, y - y_high
    return ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
