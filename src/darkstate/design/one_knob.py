"""One knob without slopes: Brent's method, and the parabola through an optimum and its neighbours.

Where a solution takes long every one counts, so that those on the way are used again: a last step
goes to the summit of the parabola, and the neighbours that confirm it are points of the search.

Source: Brent, Algorithms for Minimization without Derivatives (Prentice-Hall, 1973), chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from darkstate.design.knobs import Vector
from darkstate.design.landscape import Landscape, Look

NEAR = 0.05
"""Distance in the unit box at which Brent's method ends; the parabola goes on."""
_BRACKET = (0.01, 0.03, 0.1)
"""Least, usual, and largest distance of the neighbours that bracket an optimum."""
_STEP = 1e-3
"""Steps to a summit that are smaller are not worth a solution."""


def climb(at: Callable[[Vector], Look], landscape: Landscape, most: int) -> None:
    """Brent's method over the unit box, then to the summit of the parabola.

    Args:
        at: asks for a point and keeps the best.
        landscape: that is asked.
        most: evaluations at most.
    """
    import scipy.optimize

    optimize: Any = scipy.optimize

    def cost(place: float) -> float:
        return -at(np.array([place])).value

    options = {"xatol": NEAR, "maxiter": most}
    found = optimize.minimize_scalar(cost, bounds=(0.0, 1.0), method="bounded", options=options)
    place = float(found.x)
    if abs(place - round(place)) < 2 * NEAR:
        at(np.array([round(place)], dtype=float))  # ends are only approached
    point = np.array([place])
    left, right = (neighbour(landscape, point, side) for side in (-1.0, 1.0))
    if left is None or right is None:
        return
    slope, curve = parabola(landscape, point, left, right)
    if curve < 0.0 and _STEP < abs(slope / curve) < NEAR:
        at(point - slope / curve)


def neighbour(landscape: Landscape, point: Vector, side: float) -> Vector | None:
    """A point of the search that is far enough to see the curvature, near enough for a parabola."""
    away = {side * float(p[0] - point[0]): p for p in landscape.solved_points()}
    reach = min((d for d in away if _BRACKET[0] <= d <= _BRACKET[2]), default=None)
    return None if reach is None else away[reach]


def bracket(landscape: Landscape, point: Vector) -> tuple[Vector, Vector] | None:
    """A neighbour on each side, solved where the search has none; None at an end of the box."""
    if not _BRACKET[0] <= point[0] <= 1 - _BRACKET[0]:
        return None
    found = []
    for side in (-1.0, 1.0):
        known = neighbour(landscape, point, side)
        found.append(np.clip(point + side * _BRACKET[1], 0, 1) if known is None else known)
    return found[0], found[1]


def parabola(
    landscape: Landscape, point: Vector, left: Vector, right: Vector
) -> tuple[float, float]:
    """Slope and curvature, at a point, of the parabola through it and two neighbours."""
    low, here, high = (landscape.look(place).value for place in (left, point, right))
    a, b = float(point[0] - left[0]), float(right[0] - point[0])
    down, up = (here - low) / a, (high - here) / b
    return (b * down + a * up) / (a + b), 2 * (up - down) / (a + b)
