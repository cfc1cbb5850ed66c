"""Interaction times, kept exactly: entanglement at N atoms resolves t to 1/N.

A float is the dyadic fraction that it stores, a `Fraction` an exact number of turns, t = 2 pi times
it. Both become ``t/2 pi`` as a fraction of 256 bits and more, so that multiples of it by Dicke
numbers keep all their digits after whole turns are dropped.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError

Time = float | Fraction
"""Radians as a float, or an exact number of turns of 2 pi as a `Fraction`."""

_INVERSE_TAU = Fraction(
    0x28BE60DB9391054A7F09D5F47D4D377036D8A5664F10E4107F9458EAF7AEF1586DC91B8E909374B8,
    1 << 320,
)
_PIECE = 28
_MASK = (1 << _PIECE) - 1


def turns_of(time: Time, name: str = "time") -> Fraction:
    """``t/(2 pi)`` as a fraction: exact for a `Fraction`, to more than 256 bits for radians.

    Args:
        time: radians as a float, or turns as a `Fraction`.
        name: how an error calls it.

    Raises:
        ArgumentError: neither a finite number nor a `Fraction`.
    """
    if isinstance(time, Fraction):
        return time
    remedy = "Give radians as a float, or Fraction(a, b) for the time 2 pi a/b."
    if isinstance(time, bool | np.bool_) or not isinstance(time, int | float | np.number):
        raise ArgumentError(name, "be a real number or a Fraction", time, remedy)
    try:
        radians = float(time)
    except OverflowError:
        radians = math.inf
    if not math.isfinite(radians):
        raise ArgumentError(name, "be finite", time, remedy)
    return Fraction(radians) * _INVERSE_TAU


def residues(turns: Fraction, d: ArrayLike) -> NDArray[np.float64]:
    """``d turns`` less the nearest whole number, to 1e-16, for integers ``|d| < 2^24``.

    The turns are cut into pieces of 28 bits, whose products with d are exact.
    """
    numbers = np.asarray(d, dtype=float)
    fine = (turns.numerator * (1 << 3 * _PIECE) // turns.denominator) % (1 << 3 * _PIECE)
    pieces = (fine >> 2 * _PIECE, (fine >> _PIECE) & _MASK, fine & _MASK)
    first, second, third = (piece / 2.0 ** (_PIECE * (i + 1)) for i, piece in enumerate(pieces))
    product = numbers * first
    product -= np.rint(product)
    product += numbers * second + numbers * third
    return product - np.rint(product)
