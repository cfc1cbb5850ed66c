"""Extrapolated differences of functions that are known to many digits, and kinks found by them.

Central differences with a step, twice and half of it are extrapolated to sixth order, and compared
with fourth order; where a function refuses what lies to the left, all steps go to the right. A kink
shows by a bend that halves with the step, where that of smooth functions quarters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import DarkstateError, NumericalError

Array = NDArray[Any]
STEP = 0.01
"""Of the parameter, or of a tenth of the largest rate where it is zero."""
FORWARD = (-25 / 12, 4.0, -3.0, 4 / 3, -0.25)
"""Weights of values at equal steps to one side: the slope to fourth order."""
_KINK = 1e-3
"""Bending over the moves to both sides, below which it is rounding."""


class KinkError(NumericalError):
    """There is no derivative, but one to each side."""


@dataclass(frozen=True)
class Difference:
    """The slope of a function of one number.

    Args:
        fine: of sixth order (to one side: of fifth).
        coarse: of two orders less.
        one_sided: whether it is that for raising the number only.
    """

    fine: Array
    coarse: Array
    one_sided: bool


def step_at(p: float, scale: float) -> float:
    """The first step for a parameter p of a model whose largest rate is `scale`."""
    return STEP * (abs(p) or 0.1 * scale or 1.0)


def difference(function: Callable[[float], Array], p: float, step: float) -> Difference:
    """The slope of a function at p.

    Raises:
        KinkError: the function has a kink at p: what its slope changes by from one side to the
            other does not shrink with the step.
    """
    steps = (0.5 * step, step, 2 * step)
    try:
        pairs = [(function(p + h), function(p - h)) for h in steps]
    except DarkstateError:
        return one_sided(function, p, step)
    _require_smooth(function(p), pairs, p)
    half, one, two = (
        (right - left) / (2 * h) for h, (right, left) in zip(steps, pairs, strict=True)
    )
    coarse, fine = (4 * one - two) / 3, (4 * half - one) / 3
    return Difference((16 * fine - coarse) / 15, fine, False)


def one_sided(function: Callable[[float], Array], p: float, step: float) -> Difference:
    """The slope of a function to the right of p, or to the left for a step below zero."""
    half, one = (_forward(function, p, h) for h in (0.5 * step, step))
    return Difference((16 * half - one) / 15, half, True)


def _forward(function: Callable[[float], Array], p: float, h: float) -> Array:
    return sum((w * function(p + k * h) for k, w in enumerate(FORWARD)), np.zeros(())) / h


def _require_smooth(middle: Array, pairs: Sequence[tuple[Array, Array]], p: float) -> None:
    bends = [float(np.linalg.norm(right - 2 * middle + left)) for right, left in pairs]
    moved = sum(float(np.linalg.norm(side - middle)) for side in pairs[0])
    if bends[0] > _KINK * moved and bends[0] > 0.4 * bends[1] > 0.16 * bends[2]:
        raise KinkError(
            f"The model has a kink where the parameter is {p:g}: slopes differ on both sides. Move "
            "it a little to the side that is meant."
        )
