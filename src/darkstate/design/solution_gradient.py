"""Slopes by extrapolated differences of whole solutions, for engines without an adjoint equation.

Six solutions a parameter and step. The first step is a part of the parameter; while it is too long,
so that extrapolations of two orders disagree by more than the errors of the solutions explain, a
quarter of it is tried. Those errors are taken for smooth ones, which change by their own size over
ten steps; they are added to the disagreement.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from darkstate.design.differences import Array, Difference, KinkError, difference, one_sided
from darkstate.design.slopes import Slope

_SMALLEST, _LARGEST = 0.01, 0.1
"""Steps, as parts of the parameter."""
_ROUNDS = 10
"""Steps that are tried, each a quarter of the one before."""
_ENOUGH = 1e-9
"""Disagreement of the slopes, relative, below which no shorter step is tried."""
_SHRINKS = 30.0
"""Factor by which the disagreement falls, at least, if the function is smooth over a step."""
_SMOOTH = 10.0
"""Steps over which the error of a solution changes by its own size."""
_EPS = float(np.finfo(float).eps)

Known = tuple[float, float]
"""A merit and its estimated error."""


def solution_slope(known_at: Callable[[float], Known], p: float, size: float) -> Slope:
    """The derivative by a parameter p of a merit that is solved for.

    Args:
        known_at: the merit and its error.
        p: the parameter.
        size: over which the merit may change much, as p where that is not zero.

    Raises:
        DarkstateError: the solver refuses, on both sides of p.
    """
    errors: list[float] = []

    @cache
    def values(x: float) -> Array:
        value, error = known_at(x)
        errors.append(error)
        return np.array([value])

    here = float(values(p)[0])
    first = size * float(np.clip(errors[0] ** (1 / 6), _SMALLEST, _LARGEST))

    def noise(slope: float, h: float) -> float:
        solved = max(errors) * (abs(slope) + max(1.0, abs(here)) / (_SMOOTH * h))
        return solved + 20 * _EPS * abs(here) / h

    def side(sign: float) -> Slope:
        return _settled(lambda h: one_sided(values, p, sign * h), first, noise)

    try:
        return _settled(lambda h: difference(values, p, h), first, noise)
    except KinkError:
        right, left = side(1.0), side(-1.0)
    error = right.error + left.error
    if abs(right.slope - left.slope) <= error:  # it lies beside p
        better = min(right, left, key=lambda one: one.error)
        return Slope(better.slope, better.error)
    return Slope(right.slope, max(right.error, left.error), True, left.slope)


def _settled(
    derivative: Callable[[float], Difference], first: float, noise: Callable[[float, float], float]
) -> Slope:
    """The slope with the step that shows the least error; steps are shortened down to the noise.

    Where the disagreement does not shrink as that of smooth functions does, by 256 and more, the
    slope of the step before counts as well.
    """
    best, before = Slope(0.0, np.inf), (0.0, np.inf)
    for h in (first / 4.0 ** np.arange(_ROUNDS)).tolist():
        found = derivative(h)
        slope = float(found.fine[0])
        apart, low = abs(slope - float(found.coarse[0])), noise(slope, h)
        rough = abs(slope - before[0]) if apart > before[1] / _SHRINKS else 0.0
        if apart + low + rough < best.error:
            best = Slope(slope, apart + low + rough, found.one_sided)
        if apart <= max(low, _ENOUGH * abs(slope)):
            break
        before = slope, apart
    return best
