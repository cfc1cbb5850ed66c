"""A derivative with its error, and slopes of functions along a line, on both sides of a kink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from darkstate.design.coefficients import CoefficientSlope
from darkstate.design.differences import FORWARD
from darkstate.errors import NumericalError

_STEPS = tuple(10.0**-k for k in range(2, 8))
_EPS = float(np.finfo(float).eps)
_APART = 10.0
"""Errors by which slopes to both sides must differ to be a kink."""


@dataclass(frozen=True)
class Slope:
    """A derivative with its estimated error.

    Args:
        slope: the derivative; at a kink that for raising the parameter.
        error: estimated absolute error.
        one_sided: whether it is that for raising the parameter only.
        lowering: at a kink, the derivative for lowering it; else None.
    """

    slope: float
    error: float
    one_sided: bool = False
    lowering: float | None = None


class SlopeSource(Protocol):
    """Slopes of one quantity of one solution."""

    @property
    def value(self) -> float:
        """The quantity."""
        ...

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        ...


def line_slope(function: Callable[[float], float], one_sided: bool = False) -> Slope:
    """The slope at zero of a function that changes by its own size over a distance of one.

    Args:
        function: of the distance.
        one_sided: only look to the right.

    Raises:
        NumericalError: the slope to one side is infinite, or not found.
    """
    right = _side(function, 1.0)
    if one_sided:
        return Slope(*right, one_sided=True)
    left = _side(function, -1.0)
    lowering = -left[0]
    off, error = abs(right[0] - lowering), right[1] + left[1]
    if off <= _APART * error or off <= 1e-9 * max(abs(right[0]), abs(lowering)):
        return Slope(0.5 * (right[0] + lowering), 0.5 * (off + error))
    return Slope(right[0], right[1], True, lowering)


def along_answer(
    function: Callable[[float], float], norm: float, moved: CoefficientSlope, relative: float
) -> Slope:
    """The slope of a function of a state along its answer to a parameter.

    Args:
        function: of the state moved by so many times the answer.
        norm: of the answer.
        moved: the coefficients that the parameter moves.
        relative: error of the answer.
    """
    if not norm:
        return Slope(0.0, 0.0, moved.one_sided)
    found = line_slope(lambda h: function(h / norm), one_sided=moved.one_sided)
    off = float(np.linalg.norm(moved.fine - moved.coarse) / np.linalg.norm(moved.fine))
    error = norm * (found.error + (relative + off) * max(1.0, abs(found.slope)))
    lowering = None if found.lowering is None else norm * found.lowering
    return Slope(norm * found.slope, error, moved.one_sided or found.one_sided, lowering)


def _side(function: Callable[[float], float], sign: float) -> tuple[float, float]:
    """Slope to one side by differences of fourth and fifth order, of the step that shows least."""
    best = (0.0, np.inf)
    for h in _STEPS:
        values = np.array([function(sign * k * h) for k in (0, 0.5, 1, 1.5, 2, 3, 4)])
        half, one = (
            float(np.dot(FORWARD, values[places])) / step
            for places, step in (([0, 1, 2, 3, 4], 0.5 * h), ([0, 2, 4, 5, 6], h))
        )
        error = abs(half - one) + 20 * _EPS * float(np.abs(values).max()) / h
        if error < best[1]:
            best = ((16 * half - one) / 15, error)
    if not best[1] <= 1e-3 * max(abs(best[0]), 1.0):
        raise NumericalError(
            "The merit has no finite slope at this state: differences with smaller and smaller "
            "steps do not settle. Use the purity, a fidelity or a negativity as merit."
        )
    return best
