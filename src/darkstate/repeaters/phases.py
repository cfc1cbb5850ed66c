"""Products of whole numbers with a time, modulo 2 pi, with twice the digits of a product.

A product ``d t`` of size 1e12 is known to 1e-4 in double precision. Here ``t/2 pi`` is kept as the
sum of two doubles, and the rounding error of its product with d is computed exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    """
    turns, rest = _turns(float(t))
    numbers = np.asarray(d, dtype=float)
    product = numbers * turns
    error = _product_error(numbers, turns, product)
    whole = product - np.rint(product)
    part = whole + (error + numbers * rest)
    return 2.0 * math.pi * (part - np.rint(part))


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
