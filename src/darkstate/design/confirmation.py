"""The second look: whether a point is an optimum, before it is called one.

Three questions. Is it stationary: do the slopes of the active merits, constraints and bounds cancel
with weights that are not negative (the conditions of Karush, Kuhn and Tucker, by non-negative least
squares)? Does the merit curve downwards in the directions that these leave free? Is no point nearby
better? A point that fails one of them is `suspect`. Nothing is said of the rest of the box.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import nnls

from darkstate.design.knobs import Vector
from darkstate.design.landscape import Landscape, Look, Slopes, Table
from darkstate.design.one_knob import bracket, parabola
from darkstate.errors import DarkstateError
from darkstate.linalg.unique import unique_columns

ACTIVE = 1e-5
"""Bounds, slacks and merits count as active within this (slacks and merits relative to theirs)."""
FEASIBLE = 1e-6
_GAIN = 1e-4
"""What a step to the summit of the parabola may still gain, relative to the value."""
_BETTER = 1e-6
_REACHES = (0.01, 0.1)
_MOST_KNOBS = 12
"""With more knobs the curvature is not computed."""
_CURVE = 1e-2


@dataclass(eq=False)
class Confirmation:
    """What the second look has found.

    Args:
        stationary: whether slopes cancel.
        curved: whether the merit falls along all free directions; None where not looked at.
        better: a point nearby that is better, if there is one.
        multipliers: weights by name of merits, constraints and bounds that are active.
        weights: of all rows of merits and slacks.
        active: bounds and constraints that are active.
        slopes: of merits and slacks, in the unit box; None where there are none.
        gain: what the parabola says is still to be gained.
        notes: what is to be said, in sentences.
    """

    stationary: bool = False
    curved: bool | None = None
    better: Vector | None = None
    multipliers: dict[str, float] = field(default_factory=dict)
    weights: Vector = field(default_factory=lambda: np.zeros(0))
    active: tuple[str, ...] = ()
    slopes: Slopes | None = None
    gain: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def confirmed(self) -> bool:
        """Whether the point may be called a local optimum."""
        return self.stationary and self.curved is not False and self.better is None


def confirm(landscape: Landscape, point: Vector, look: Look) -> Confirmation:
    """Look at a point again."""
    found = Confirmation()
    if len(point) == 0:
        found.stationary = True
        return found
    try:
        found.slopes = landscape.slopes(point)
    except DarkstateError as error:
        found.notes.append(f"no slopes at the best point: {error}")
        return found
    if not look.feasible(FEASIBLE):
        found.notes.append("no point was found that meets all constraints")
        return found
    rest, tangent = _stationarity(landscape, point, look, found)
    _curvature(landscape, point, found, rest, tangent)
    _neighbours(landscape, point, look, found)
    return found


def confirm_bracket(landscape: Landscape, point: Vector, look: Look) -> Confirmation:
    """Look again at the optimum of one knob: by the parabola through it and two neighbours.

    Neighbours are points of the search if there are some at the right distance, else two solutions
    more. At a bound, and where a neighbour is refused, the whole second look is taken.
    """
    sides = bracket(landscape, point)
    if sides is None or len(look.merits) > 1:
        return confirm(landscape, point, look)
    left, right = (landscape.look(side) for side in sides)
    if left.reason or right.reason:
        return confirm(landscape, point, look)
    slope, curve = parabola(landscape, point, *sides)
    found = Confirmation(curved=curve < 0.0)
    # of the slope: third derivatives up to six times the second
    bent = abs(curve * (sides[0][0] - point[0]) * (sides[1][0] - point[0]))
    none = np.zeros((len(look.slacks), 1))
    found.slopes = Slopes(np.array([[slope]]), none, np.array([[bent]]))
    found.gain = (abs(slope) + bent) ** 2 / (2 * abs(curve)) if curve < 0.0 else 0.0
    found.weights = np.ones(1)
    found.multipliers = {landscape.rows[0]: 1.0}
    found.stationary = found.gain <= _GAIN * abs(look.value)
    best = max(left, right, key=lambda side: side.value)
    if best.value > look.value:
        found.better = sides[0] if best is left else sides[1]
        found.notes.append("a point nearby is better")
    elif not found.stationary:
        found.notes.append(f"the slope {abs(slope):.2g} per box is not small")
    return found


def _stationarity(
    landscape: Landscape, point: Vector, look: Look, found: Confirmation
) -> tuple[Vector, Table]:
    """Multipliers; what is left of the slopes, and a basis of the directions that are free."""
    slopes = found.slopes
    assert slopes is not None
    size = max(abs(look.value), 1e-12)
    merits = np.flatnonzero(look.merits - look.value <= ACTIVE * size)
    slacks = np.flatnonzero(look.slacks <= ACTIVE)
    n, names = len(point), [knob.name for knob in landscape.panel.knobs]
    bounds = [(k, 1.0, "lower") for k in range(n) if point[k] <= ACTIVE]
    bounds += [(k, -1.0, "upper") for k in range(n) if point[k] >= 1 - ACTIVE]
    pushes = [side * np.eye(n)[k] for k, side, _ in bounds]
    columns = np.array([*slopes.merits[merits], *slopes.slacks[slacks], *pushes]).T
    weight = 100.0 * max(1e-12, float(np.abs(columns).max()))
    share = np.zeros(columns.shape[1])
    share[: len(merits)] = weight
    solved, _ = nnls(np.vstack([columns, share]), np.append(np.zeros(n), weight))
    solved = solved / max(1e-300, float(solved[: len(merits)].sum()))
    found.weights = np.zeros(len(look.merits) + len(look.slacks))
    found.weights[[*merits, *(len(look.merits) + slacks)]] = solved[: len(merits) + len(slacks)]
    titles = [landscape.rows[k] for k in merits]
    titles += [landscape.constraints[k].title for k in slacks]
    titles += [f"{end} bound of {names[k]}" for k, _, end in bounds]
    found.multipliers = dict(zip(titles, solved.tolist(), strict=True))
    found.active = tuple(titles[len(merits) :])
    first = columns[:, :1]
    normals = np.hstack([columns[:, 1 : len(merits)] - first, columns[:, len(merits) :]])
    tangent = null_space(normals.T, rcond=1e-8) if normals.size else np.eye(n)
    rest = columns @ solved
    free = tangent.T @ rest if tangent.size else np.zeros(0)
    error = float(np.linalg.norm(slopes.errors[merits].max(axis=0))) if len(merits) else 0.0
    left = float(np.linalg.norm(rest - tangent @ free if tangent.size else rest))
    found.stationary = left <= 1e-3 * size + 3 * error
    if not found.stationary:
        found.notes.append(
            f"slopes of merits, constraints and bounds do not cancel: {left:.2g} per box is left"
        )
    return free, tangent


def _curvature(
    landscape: Landscape, point: Vector, found: Confirmation, rest: Vector, tangent: Table
) -> None:
    """Second derivatives of the Lagrangian along the free directions."""
    count = tangent.shape[1] if tangent.size else 0
    size = max(1e-12, abs(landscape.look(point).value))
    if count == 0:
        return
    if count > _MOST_KNOBS:
        found.notes.append(f"curvature was not computed for {count} free directions")
        found.stationary &= bool(np.linalg.norm(rest) <= 1e-3 * size)
        return
    matrix = np.zeros((count, count))
    try:
        for j in range(count):
            reach = _CURVE * min(1.0, _room(point, tangent[:, j]) / _CURVE)
            ahead, back = (
                tangent.T @ _lagrangian(landscape, point + s * reach * tangent[:, j], found)
                for s in (1.0, -1.0)
            )
            matrix[:, j] = (ahead - back) / (2 * reach)
    except (DarkstateError, ZeroDivisionError) as error:
        found.notes.append(f"curvature is not known, a neighbour was refused: {error}")
        found.stationary &= bool(np.linalg.norm(rest) <= 1e-3 * size)
        return
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    along = vectors.T @ rest
    flat = np.abs(values) <= 1e-5 * size
    plateau = bool(flat.all()) and count == len(point)
    found.curved = bool(np.all(values[~flat] < 0)) and not plateau
    found.gain = float(np.sum(along[~flat] ** 2 / (2 * np.abs(values[~flat]))))
    steep = bool(np.linalg.norm(along[flat]) > 1e-3 * size)
    if found.gain > _GAIN * size or steep:
        found.stationary = False
        found.notes.append(f"the slope {np.linalg.norm(rest):.2g} per box is not small")
    if plateau:
        found.notes.append("nothing changes along any knob: a plateau, no summit")
    elif flat.any():
        # eigenvectors have any sign, and of equal eigenvalues are any mixture: what is told is not
        plane = unique_columns(tangent @ vectors[:, flat])
        named = [_direction(landscape, column) for column in plane.T]
        found.notes.append(f"the merit does not change along {'; '.join(named)}")
    if np.any(values[~flat] > 0):
        found.notes.append("the merit curves upwards along a free direction: no summit")


def _room(point: Vector, direction: Vector) -> float:
    """How far one may go both ways within the box."""
    moving = np.abs(direction) > 1e-9
    room = np.minimum(point, 1 - point)[moving] / np.abs(direction[moving])
    return float(room.min())


def _lagrangian(landscape: Landscape, point: Vector, found: Confirmation) -> Vector:
    slopes = landscape.slopes(np.clip(point, 0.0, 1.0))
    return found.weights @ np.vstack([slopes.merits, slopes.slacks])


def _direction(landscape: Landscape, vector: Vector) -> str:
    parts = [
        f"{weight:+.2g} {knob.name}"
        for knob, weight in zip(landscape.panel.knobs, vector, strict=True)
        if abs(weight) > 0.05
    ]
    return " ".join(parts)


def _neighbours(landscape: Landscape, point: Vector, look: Look, found: Confirmation) -> None:
    """Steps along each knob, near and far."""
    limit = look.value + max(_BETTER * abs(look.value), 1e-9, 2 * found.gain)
    refused = 0
    for reach in _REACHES:
        for k in range(min(len(point), _MOST_KNOBS)):
            for side in (1.0, -1.0):
                moved = point.copy()
                moved[k] = np.clip(moved[k] + side * reach, 0.0, 1.0)
                there = landscape.look(moved)
                refused += bool(there.reason)
                if there.feasible(FEASIBLE) and there.value > limit:
                    limit, found.better = there.value, moved
    if refused:
        found.notes.append(f"{refused} of the points looked at nearby were refused")
    if found.better is not None:
        found.notes.append("a point nearby is better")
