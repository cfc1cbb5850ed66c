"""Random numbers as the families draw them."""

from __future__ import annotations

import numpy as np

ONE_MODE = tuple((n,) for n in (10, 14, 18, 24, 32, 42))
"""Sizes at which one mode is cut in turn, for the reference."""
WITH_QUBIT = tuple((n,) for n in (6, 9, 12, 16, 21))
TWO_MODES = ((4, 4), (5, 5), (6, 6))
HALF = 0.5


def over(rng, low, high):
    """A number log-uniform between two powers of ten."""
    return float(10.0 ** rng.uniform(low, high))


def sign(rng):
    """+1 or -1."""
    return float(rng.choice([-1.0, 1.0]))


def phase(rng):
    """A complex number of modulus one."""
    return complex(np.exp(2j * np.pi * rng.uniform()))
