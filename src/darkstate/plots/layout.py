"""Where the nodes of a drawn network stand.

Networks of two arrays are drawn as physicists sketch them: A on top, B below, atoms beside their
cavities, the source on the left.

    SA   A1  A2  A3  ..        rows of the letter, columns of the number
           a1  a2  a3
           b1  b2  b3
    SB   B1  B2  B3  ..

A chain with measured nodes is a line; where nodes of rows or of a line are left out, dots say so.
Any other network stands on a circle in the order of its labels, or where springs pull it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

Point = tuple[float, float]

LAYOUTS = ("auto", "rows", "circle", "spring")
"""Names of layouts; a mapping ``{label: (x, y)}`` is one too."""

_NUMBERED = re.compile(r"([A-Za-z_]*)(\d+)\Z")
_ARRAYS = ("A", "B", "a", "b")
_SOURCES = {"SA": "A", "SB": "B"}


def in_rows(labels: Sequence[str]) -> bool:
    """Whether every label is a node of two arrays: A1, B1, a1, b1, ..., SA, SB."""
    return all(label in _SOURCES or _row(label) in _ARRAYS for label in labels)


def _row(label: str) -> str:
    match = _NUMBERED.match(label)
    return match.group(1) if match else ""


def row_positions(labels: Sequence[str], gap: float = 3.0) -> dict[str, Point]:
    """Arrays as rows: columns one apart, closed up where numbers are absent; rows `gap` apart."""
    numbers = sorted({int(label.lstrip("ABab")) for label in labels if label not in _SOURCES})
    column = {number: float(k) for k, number in enumerate(numbers)}
    high, inner = gap / 2, gap / 4.5
    heights = {"A": high, "a": high - inner, "b": inner - high, "B": -high}
    places: dict[str, Point] = {}
    for label in labels:
        if label in _SOURCES:
            places[label] = (-1.2, heights[_SOURCES[label]])
        else:
            row = _row(label)
            aside = 0.4 if row in "ab" else 0.0  # or cavity, atom, atom, cavity are on one line
            places[label] = (column[int(label.lstrip("ABab"))] + aside, heights[row])
    return places


def line_positions(labels: Sequence[str]) -> dict[str, Point]:
    """Numbered nodes side by side; where numbers are absent, one place is left free."""
    places, x, last = dict[str, Point](), 0.0, 0
    for label in sorted(labels, key=int):
        x += (1.0 if int(label) == last + 1 else 1.6) if places else 0.0
        places[label], last = (x, 0.0), int(label)
    return places


def gaps(positions: Mapping[str, Point], labels: Iterable[str]) -> list[Point]:
    """Where nodes of rows (or of a line) are left out: between neighbours, or behind the last one.

    Args:
        positions: of the nodes that are drawn.
        labels: those of the network.
    """
    rows: dict[float, list[tuple[int, float]]] = {}
    names: dict[float, str] = {}
    for label, (x, y) in positions.items():
        match = _NUMBERED.match(label)
        if match:
            rows.setdefault(y, []).append((int(match.group(2)), x))
            names[y] = match.group(1)
    last: dict[str, int] = {}
    for label in labels:
        if match := _NUMBERED.match(label):
            last[match.group(1)] = max(last.get(match.group(1), 0), int(match.group(2)))
    found = []
    for y, row in rows.items():
        row.sort()
        for (low, left), (high, right) in pairwise(row):
            if high > low + 1:
                found.append(((left + right) / 2, y))
        if row[-1][0] < last.get(names[y], 0):
            found.append((row[-1][1] + 0.5, y))
    return found


def field_position(members: Sequence[Point], every: Iterable[Point], rows: bool) -> Point:
    """Where the light that several nodes share is drawn: beside them, on no other node.

    Args:
        members: places of the nodes.
        every: places of all that is drawn.
        rows: in front of their column, else in their middle or beside the line between two.
    """
    xy, others = np.array(members), np.array(list(every))
    centre = xy.mean(axis=0)
    size = max(float(np.ptp(xy, axis=0).max()), 1.0)
    if rows:
        tries = [(xy[:, 0].min() - 1.2 + 0.3 * k, centre[1]) for k in (0, 2, 1, 3)]
    else:
        step = xy[-1] - xy[0]
        across = np.array([-step[1], step[0]]) if len(xy) == 2 else np.array([0.0, size])
        across = across * (1.0 if across[1] >= 0 else -1.0)
        first = 0.45 if len(xy) == 2 else 0.0
        tries = [tuple(centre + across * (first + 0.2 * k)) for k in (0, 1, -5, 2, -6, 3)]
    free = [np.min(np.hypot(*(others - np.array(place)).T)) > 0.12 * size for place in tries]
    x, y = tries[free.index(True)] if True in free else tries[0]
    return float(x), float(y)


def circle_positions(labels: Sequence[str]) -> dict[str, Point]:
    """Nodes on the unit circle, clockwise from the top; of two arrays, B mirrors A.

    Two nodes stand side by side, the first one on the left.
    """
    order = list(labels)
    if in_rows(labels):
        left = [label for label in labels if label[-1] == "B" or label[0] in "Bb"]
        order = [label for label in labels if label not in left] + left[::-1]
    if len(order) == 2:
        order.reverse()
    angles = np.pi / 2 - 2 * np.pi * (np.arange(len(order)) + 0.5) / len(order)
    corners = np.column_stack([np.cos(angles), np.sin(angles)]).tolist()
    return {label: (x, y) for label, (x, y) in zip(order, corners, strict=True)}


def spring_positions(
    labels: Sequence[str], weights: Mapping[tuple[str, str], float]
) -> dict[str, Point]:
    """Entangled nodes pull each other, all push each other (Fruchterman-Reingold, fixed seed).

    Nodes that ended up close to each other are moved apart, so that they can be told from another.
    """
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(labels)
    largest = max(weights.values(), default=1.0)
    graph.add_weighted_edges_from((a, b, w / largest) for (a, b), w in weights.items())
    places = nx.spring_layout(
        graph, pos=circle_positions(labels), seed=0, iterations=200, k=1.6 / len(labels) ** 0.5
    )
    xy = np.array([places[label] for label in labels])
    xy = _apart((xy - xy.min(axis=0)) / np.maximum(np.ptp(xy, axis=0), 1e-9))
    return {label: (x, y) for label, (x, y) in zip(labels, xy.tolist(), strict=True)}


def free_directions(
    positions: Mapping[str, Point], edges: Iterable[tuple[str, str]], boxes: Mapping[str, Point]
) -> dict[str, Point]:
    """For each node the direction (unit vector) in which its name is in nobody's way.

    Args:
        positions: places of the nodes.
        edges: straight lines between them.
        boxes: half width and half height of each name, in the units of the places; a name is put
            so that its box touches the node.
    """
    t = np.linspace(0.0, 1.0, 41)[:, None]
    obstacles = [np.array(list(positions.values()))]
    obstacles += [
        (1 - t) * positions[first] + t * np.array(positions[second]) for first, second in edges
    ]
    angles = np.pi / 2 + 2 * np.pi * np.arange(16) / 16
    candidates = np.column_stack([np.cos(angles), np.sin(angles)])
    chosen: dict[str, Point] = {}
    for label, here in positions.items():
        half = np.array(boxes[label])
        points = np.concatenate(obstacles)
        centres = np.array(here) + candidates * (np.abs(candidates) @ half)[:, None]
        clear = np.abs(points[None] - centres[:, None]) / half
        free = np.minimum(clear.max(axis=2).min(axis=1), 1.3)  # below 1: something is in the box
        best = int(np.argmax(free - 1e-6 * np.arange(len(angles))))
        chosen[label] = (float(candidates[best, 0]), float(candidates[best, 1]))
        frame = np.array([[a, b] for a in (-0.9, -0.45, 0, 0.45, 0.9) for b in (-0.9, 0, 0.9)])
        obstacles.append(centres[best] + frame * half)
    return chosen


def _apart(xy: np.ndarray) -> np.ndarray:
    """Points (N, 2) of the unit square, pushed apart until none are closer than 0.9/sqrt(N)."""
    least = 0.9 / len(xy) ** 0.5
    for _ in range(200):
        step = xy[:, None] - xy[None]
        distance = np.hypot(step[..., 0], step[..., 1]) + 9 * np.eye(len(xy))
        close = distance < 0.999 * least
        if not close.any():
            break
        push = np.where(close, 0.5 * (least / np.maximum(distance, 1e-9) - 1.0), 0.0)
        xy = xy + 0.5 * np.sum(push[..., None] * step, axis=1)
    return xy
