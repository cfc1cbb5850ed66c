"""Tolerances: how far each knob may be off, one at a time, until a share of the merit is lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize

from darkstate.design.knobs import Vector
from darkstate.design.landscape import Landscape

_PROBE = 1e-2
"""Where the parabola is fitted from which the first guess comes, in the unit box."""
_DIGITS = 1e-3
"""Relative accuracy of a tolerance."""


def tolerance(landscape: Landscape, point: Vector, k: int, side: int, loss: float) -> float:
    """How far knob k may move up (side 1) or down (-1) until the value has fallen by `loss`.

    The first guess is that of the slope and curvature between three points; what is returned was
    found by evaluation.

    Returns:
        The distance in the unit of the knob, infinite if the bound comes first. A point that is
        refused counts as lost.
    """
    base = landscape.look(point).value
    room = 1 - point[k] if side > 0 else point[k]

    def lost(distance: float) -> float:
        moved = np.array(point)
        moved[k] = np.clip(moved[k] + side * distance, 0.0, 1.0)
        value = landscape.look(moved).value
        return min(base - value, 1e3 * loss) - loss if math.isfinite(value) else 1e3 * loss

    if room <= 0.0 or loss <= 0.0:
        return math.inf
    near, far = 0.0, min(room, _guess(lost, loss, min(_PROBE, 0.5 * room)))
    while lost(far) < 0.0:
        if far >= room:
            return math.inf
        near, far = far, min(room, 2.0 * far)
    while near == 0.0 and lost(0.5 * far) > 0.0 and far > 1e-9:
        far *= 0.5
    solver: Any = optimize.brentq
    share = far if far <= 1e-9 else solver(lost, near, far, rtol=_DIGITS, xtol=_DIGITS * far)
    knob = landscape.panel.knobs[k]
    end = min(1.0, max(0.0, float(point[k]) + side * share))
    return abs(knob.value(end) - knob.value(float(point[k])))


def _guess(lost: Callable[[float], float], loss: float, probe: float) -> float:
    """Where the parabola through 0, a probe and its double has lost enough."""
    one, two = ((lost(d) + loss) for d in (probe, 2 * probe))
    curve = (two - 2 * one) / probe**2  # of lost = slope d + curve d^2 / 2
    slope = one / probe - 0.5 * curve * probe
    root = slope**2 + 2 * curve * loss
    if root <= 0 or slope + math.sqrt(root) <= 0:
        return 2 * probe
    return max(1e-6, 2 * loss / (slope + math.sqrt(root)))
