"""Where the nodes of a drawn network stand.

Networks of two arrays are drawn as physicists sketch them: A on top, B below, atoms beside their
cavities, the source on the left.

    SA   A1  A2  A3  ..        rows of the letter, columns of the number
           a1  a2  a3
           b1  b2  b3
    SB   B1  B2  B3  ..

Any other network stands on a circle in the order of its labels, or where springs pull it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

Point = tuple[float, float]

LAYOUTS = ("auto", "rows", "circle", "spring")
"""Names of layouts; a mapping ``{label: (x, y)}`` is one too."""

_NUMBERED = re.compile(r"([A-Za-z_]+)(\d+)\Z")
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


def circle_positions(labels: Sequence[str]) -> dict[str, Point]:
    """Nodes on the unit circle, the first on top, clockwise."""
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(labels)) / max(1, len(labels))
    return {label: (float(np.cos(t)), float(np.sin(t))) for label, t in zip(labels, angles)}


def spring_positions(
    labels: Sequence[str], weights: Mapping[tuple[str, str], float]
) -> dict[str, Point]:
    """Entangled nodes pull each other, all push each other (Fruchterman-Reingold, fixed seed)."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(labels)
    largest = max(weights.values(), default=1.0)
    graph.add_weighted_edges_from((a, b, w / largest) for (a, b), w in weights.items())
    places = nx.spring_layout(
        graph, pos=circle_positions(labels), seed=0, iterations=200, k=1.6 / len(labels) ** 0.5
    )
    return {label: (float(x), float(y)) for label, (x, y) in places.items()}
