"""The artists of a drawn network: edges, nodes, labels, and the keys to read them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkstate.measures import purity
from darkstate.plots.layout import Point, free_directions
from darkstate.plots.place import Place, place
from darkstate.plots.style import ABSENT, SEQUENTIAL, SMALL, text_width
from darkstate.plots.wiring import Wiring
from darkstate.plots.wiring_drawing import (
    draw_gaps,
    draw_key,
    draw_wiring,
    field_positions,
    key_height,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pair = tuple[str, str]

WIDEST = 4.5
"""Width in pt of the strongest edge where nodes have room; the others are proportional."""

_EDGE = "0.45"
_HALO = 1.6
_FLATTEST = 0.6
_PLOT = 0.78  # of the width, beside the colour bar


@dataclass(frozen=True)
class Network:
    """What is drawn: the nodes with their purities (NaN: not known), the edges and the wiring.

    Args:
        labels: the nodes.
        purities: one for each node.
        edges: ``{pair: value}`` of the edges drawn.
        title: what the widths of edges show, with its unit.
        note: what was left out, in words; empty if nothing.
        absent: nodes among `labels` that the state does not have.
        wiring: who acts on whom, if that is known.
    """

    labels: tuple[str, ...]
    purities: np.ndarray
    edges: dict[Pair, float]
    title: str
    note: str = ""
    absent: tuple[str, ...] = ()
    wiring: Wiring | None = None

    @property
    def told(self) -> str:
        """All that is said in words below the network."""
        notes = () if self.wiring is None else self.wiring.notes
        return "; ".join(note for note in (*notes, self.note) if note)


def draw_network(
    content: Network,
    positions: Mapping[str, Point],
    gaps: Sequence[Point],
    kind: str,
    width: float,
    ax: Axes | None = None,
) -> Figure:
    """The figure of a network whose nodes have their places.

    Args:
        content: nodes, edges and wiring.
        positions: ``{label: (x, y)}``.
        gaps: where dots say that nodes are left out.
        kind: ``"rows"`` (edges within a row are bent inwards), ``"line"``, ``"circle"`` or
            ``"free"``.
        width: in mm.
        ax: axes to draw into, or None.
    """
    rows = kind in ("rows", "line")
    wiring, absent = content.wiring, bool(set(content.absent) - _measured(content))
    keys = 12.0 + 5.0 * bool(content.note)
    if wiring is not None:
        keys = 12.0 + key_height(wiring, absent, content.told, width)
    fields = {} if wiring is None else field_positions(wiring, positions, rows)
    every = [*positions.values(), *gaps, *fields.values()]
    height = {"rows": 53.0, "line": 34.0}.get(kind, _PLOT * width * _aspect(every))
    at = place(ax, width, height + keys, square=not rows)
    axes = at.axes
    axes.set_axis_off()
    scale = _frame(axes, every, kind, width)
    room = scale if rows else scale * _least_distance(positions)
    size = float(np.clip(0.5 * room, 4.0, 10.0))
    largest = max(content.edges.values(), default=1.0)
    widths = min(WIDEST, 0.7 * size) / largest
    _draw_edges(axes, content, positions, rows, widths)
    if wiring is not None:
        draw_wiring(axes, wiring, positions, fields, content.edges, size / 2)
    draw_gaps(axes, gaps)
    _draw_nodes(at, content, positions, size)
    _draw_labels(axes, content, positions, kind, scale, size)
    _draw_widths(at, content, widths)
    if wiring is not None:
        draw_key(at, wiring, absent, content.told, width)
    elif content.note:
        at.write(content.note, "below")
    return at.figure


def _measured(content: Network) -> set[str]:
    return set() if content.wiring is None else set(content.wiring.measured)


def _aspect(places: Sequence[Point]) -> float:
    """Height over width of the places, within reason."""
    across, up = np.ptp(np.array(places), axis=0)
    return float(np.clip(up / across, _FLATTEST, 1.3)) if across > 0 else 1.0


def _least_distance(positions: Mapping[str, Point]) -> float:
    xy = np.array(list(positions.values()))
    step = xy[:, None] - xy[None]
    return float(np.min(np.hypot(step[..., 0], step[..., 1]) + 9 * np.eye(len(xy))))


def _frame(axes: Axes, places: Sequence[Point], kind: str, width: float) -> float:
    """Set the limits; returns the points per horizontal unit."""
    xy, rows = np.array(places), kind in ("rows", "line")
    (left, low), (right, high) = xy.min(axis=0), xy.max(axis=0)
    across, up = (0.8, 0.55) if rows else (0.12 * max(right - left, high - low, 1e-3),) * 2
    if kind == "line":
        low, high = low - 0.3, high + 1.2
    if not rows:
        up = max(up, (_FLATTEST * (right - left + 2 * across) - (high - low)) / 2)
    axes.set(xlim=(left - across, right + across), ylim=(low - up, high + up))
    if not rows:
        axes.set_aspect("equal", adjustable="box")
    return _PLOT * width * 72 / 25.4 / (right - left + 2 * across)


def _draw_edges(
    axes: Axes, content: Network, positions: Mapping[str, Point], rows: bool, widths: float
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for (first, second), value in sorted(content.edges.items(), key=lambda item: item[1]):
        (x, y), (u, v) = positions[first], positions[second]
        bend = 0.0
        if rows and y == v and abs(x - u) > 1.2:  # or it would run through the nodes between
            bend = -np.sign(y) * min(0.5 + 0.25 * abs(x - u), 0.8 * abs(y)) if y else 0.65
        curve = [(x, y), ((x + u) / 2, (y + v) / 2 + 2 * bend), (u, v)]
        path = Path(curve, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
        edge = PathPatch(path, facecolor="none", edgecolor=_EDGE, zorder=1)
        edge.set_linewidth(widths * value)
        edge.set_gid(f"{first}-{second}")
        axes.add_patch(edge)


def _draw_nodes(at: Place, content: Network, positions: Mapping[str, Point], size: float) -> None:
    import matplotlib as mpl

    axes = at.axes
    xy = np.array([positions[label] for label in content.labels])
    known = content.purities[np.isfinite(content.purities)]
    lowest = min(0.9, np.floor(10 * known.min()) / 10) if known.size else 0.0
    hollow = np.isin(content.labels, content.absent)
    for k in np.flatnonzero(hollow):
        marker = "s" if content.labels[k] in _measured(content) else "o"
        axes.plot(*xy[k], marker, ms=0.9 * size, mfc="white", mec="black", mew=0.6, zorder=3)
    nodes = axes.scatter(
        *xy[~hollow].T,
        s=size**2,
        c=content.purities[~hollow],
        cmap=mpl.colormaps[SEQUENTIAL].with_extremes(bad=ABSENT),
        vmin=lowest,
        vmax=1.0,
        plotnonfinite=True,
        edgecolors="black",
        linewidths=0.6,
        zorder=3,
    )
    if known.size:
        label = f"{purity.title} of a node"
        bar = at.holder.colorbar(nodes, ax=axes, label=label, pad=0.02, shrink=0.85, aspect=22)
        bar.ax.tick_params(direction="out")


def _draw_labels(
    axes: Axes,
    content: Network,
    positions: Mapping[str, Point],
    kind: str,
    scale: float,
    size: float,
) -> None:
    """Names beside the nodes, with a white halo; where rows are long, of some columns only."""
    from matplotlib.patheffects import withStroke

    halves = {label: np.array([0.5 * text_width(label), 0.5 * SMALL]) for label in positions}
    widest = 2 * max(half[0] for half in halves.values())
    steps = [1, 2, 5, 10, 20, 50, 100]
    step = next((n for n in steps if kind not in ("rows", "line") or 1.2 * widest < scale * n), 200)
    if kind == "free":
        boxes = {label: tuple((half + size / 2 + 2.0) / scale) for label, half in halves.items()}
        wires = () if content.wiring is None else content.wiring.wires
        away = free_directions(positions, (*content.edges, *wires), boxes)
    else:
        away = {label: _outwards(positions, label, kind) for label in positions}
    for label, (x, y) in positions.items():
        if x >= 0 and int(x) % step:
            continue
        reach = size / 2 + 2.0 + np.abs(away[label]) @ halves[label]
        axes.annotate(
            label,
            (x, y),
            xytext=(reach * away[label][0], reach * away[label][1]),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=SMALL,
            path_effects=[withStroke(linewidth=_HALO, foreground="white")],
            zorder=4,
        )


def _outwards(positions: Mapping[str, Point], label: str, kind: str) -> Point:
    x, y = np.array(positions[label]) - np.mean(list(positions.values()), axis=0)
    length = float(np.hypot(x, y))
    if kind == "line":
        return (0.0, -1.0)
    if kind == "rows" or length < 1e-9:
        return (0.0, 1.0 if y >= 0 else -1.0)
    return (x / length, y / length)


def _draw_widths(at: Place, content: Network, widths: float) -> None:
    """The key of edge widths under the name of the measure: up to four round values."""
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

    largest = max(content.edges.values(), default=0.0)
    if not largest:
        at.write(f"{content.title}: no edge", "above")
        return
    ticks = MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(0.0, largest)
    values = [float(tick) for tick in ticks if 0 < tick <= largest * (1 + 1e-9)]
    keys = [
        Line2D([], [], color=_EDGE, linestyle="-", linewidth=widths * v, label=f"{v:.3g}")
        for v in values
    ]
    at.legend(keys, ncols=len(keys), title=content.title)
