"""Slopes by extrapolated differences of whole solutions, for engines without an adjoint equation.

Six solutions a parameter. Their errors are taken for smooth ones, which change by their own size
when the parameter changes by its own; what extrapolations of two orders disagree by comes on top.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from darkstate.design.differences import Array, KinkError, difference, one_sided
from darkstate.design.slopes import Slope

_SMALLEST, _LARGEST = 0.01, 0.1
"""Steps, as parts of the parameter."""

Known = tuple[float, float]
"""A merit and its estimated error."""


def solution_slope(known_at: Callable[[float], Known], p: float, scale: float) -> Slope:
    """The derivative by a parameter p of a merit that is solved for.

    Args:
        known_at: the merit and its error.
        p: the parameter.
        scale: the largest rate of the model, which stands for p where that is zero.

    Raises:
        DarkstateError: the solver refuses, on both sides of p.
    """
    solved = cache(known_at)
    size = abs(p) or 0.1 * scale or 1.0
    value, wrong = solved(p)
    step = size * float(np.clip(wrong ** (1 / 6), _SMALLEST, _LARGEST))

    def values(x: float) -> Array:
        return np.array([solved(x)[0]])

    try:
        found = difference(values, p, step)
        sides = [found]
    except KinkError:
        sides = [one_sided(values, p, sign * step) for sign in (1.0, -1.0)]
    slopes = [float(side.fine[0]) for side in sides]
    errors = [
        float(abs(side.fine[0] - side.coarse[0])) + wrong * (abs(slope) + abs(value) / size)
        for side, slope in zip(sides, slopes, strict=True)
    ]
    if len(sides) == 2:
        return Slope(slopes[0], max(errors), True, slopes[1])
    return Slope(slopes[0], errors[0], sides[0].one_sided)
