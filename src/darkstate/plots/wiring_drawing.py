"""The artists of a wiring: lines, arrows, shared light, dots where nodes are left out, and the key.

Couplings are plain lines, pair creation is dashed, one-way light is an arrow. A diamond is light
that several nodes share: full with arrows where it drives them, open where they only share it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from darkstate.plots.layout import Point, field_position
from darkstate.plots.style import COLOURS, SMALL
from darkstate.plots.wiring import Pair, Wiring, used

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from darkstate.plots.place import Place

_WIRE, _LIGHT = COLOURS[0], COLOURS[1]
_DASHED = (0, (2.6, 1.3))
_BEND = 0.22
_LETTER = 0.56  # mean width of a letter over the size of the text


def field_positions(wiring: Wiring, positions: Mapping[str, Point], rows: bool) -> dict[str, Point]:
    """The place of each diamond, by the gid of its artist."""
    places: dict[str, Point] = {}
    groups = [*(("drive", g) for g in wiring.drives), *(("common", g) for g in wiring.common)]
    for kind, members in groups:
        taken = [*positions.values(), *places.values()]
        place = field_position([positions[label] for label in members], taken, rows)
        places[f"{kind} {' '.join(members)}"] = place
    return places


def draw_wiring(
    axes: Axes,
    wiring: Wiring,
    positions: Mapping[str, Point],
    fields: Mapping[str, Point],
    edges: Iterable[Pair],
    radius: float,
) -> None:
    """Lines and arrows between nodes, and the light that they share.

    Args:
        axes: of the network.
        wiring: what is connected.
        positions: of the nodes.
        fields: of the diamonds, from `field_positions`.
        edges: entangled pairs that are drawn; a wire between the same nodes is bent aside.
        radius: of a node, in pt.
    """
    taken = {frozenset(edge) for edge in edges}
    wires = [(pair, "-", "-", "-") for pair in wiring.coupled]
    wires += [(pair, "=", _DASHED, "-") for pair in wiring.paired]
    wires += [(pair, ">", "-", "-|>") for pair in wiring.one_way]
    for (first, second), sign, dash, head in wires:
        ends = positions[first], positions[second]
        bent = frozenset((first, second)) in taken or _passes(positions, first, second)
        (x, y), (u, v) = ends
        inwards = _BEND if (u - x) * (y + v) >= 0 else -_BEND
        artist = _line(ends, _WIRE, dash, head, radius, inwards if bent else 0.0)
        artist.set_gid(f"{first}{sign}{second}")
        axes.add_patch(artist)
    for name, place in fields.items():
        kind, *members = name.split(" ")
        driving = kind == "drive"
        for label in members:
            head, dash = ("-|>", "-") if driving else ("-", _DASHED)
            axes.add_patch(_line((place, positions[label]), _LIGHT, dash, head, radius))
        face = _LIGHT if driving else "white"
        (diamond,) = axes.plot(*place, "D", ms=4.5, mfc=face, mec=_LIGHT, zorder=3)
        diamond.set_gid(name)


def _passes(positions: Mapping[str, Point], first: str, second: str) -> bool:
    """Whether another node is on the straight line between two."""
    (x, y), (u, v) = positions[first], positions[second]
    length = max(((u - x) ** 2 + (v - y) ** 2) ** 0.5, 1e-9)
    for label, (p, q) in positions.items():
        if label in (first, second):
            continue
        along = ((p - x) * (u - x) + (q - y) * (v - y)) / length
        aside = abs((p - x) * (v - y) - (q - y) * (u - x)) / length
        if 0 < along < length and aside < 0.05 * length:
            return True
    return False


def _line(
    ends: tuple[Point, Point], colour: str, dash: Any, head: str, radius: float, bend: float = 0.0
) -> Any:
    from matplotlib.patches import FancyArrowPatch

    return FancyArrowPatch(
        *ends,
        arrowstyle=head,
        mutation_scale=max(4.0, 0.9 * radius + 2.0),
        connectionstyle=f"arc3,rad={bend}",
        shrinkA=radius,
        shrinkB=radius + 0.5,
        color=colour,
        linestyle=dash,
        linewidth=1.0,
        zorder=2,
    )


def draw_gaps(axes: Axes, places: Iterable[Point]) -> None:
    """Dots where nodes are left out."""
    for x, y in places:
        axes.text(x, y, r"$\cdots$", ha="center", va="center", zorder=2, gid="left out")


def note_lines(note: str, width: float) -> list[str]:
    """A note in lines that fit a figure of this width in mm."""
    return textwrap.wrap(note, int(0.94 * width * 72 / 25.4 / (_LETTER * SMALL)))


def draw_key(at: Place, wiring: Wiring, absent: bool, note: str, width: float) -> None:
    """The key of wires and nodes below the network, under the note on strengths."""
    from matplotlib.lines import Line2D

    node: dict[str, Any] = {"ls": "none", "ms": 5.0, "mec": "black", "mew": 0.6}
    looks: dict[str, dict[str, Any]] = {
        "coupling": {"color": _WIRE, "ls": "-"},
        "pair creation": {"color": _WIRE, "ls": _DASHED},
        "one way": {"color": _WIRE, "ls": "-", "marker": ">", "ms": 3.5},
        "correlated drive": {"color": _LIGHT, "ls": "-", "marker": "D", "ms": 3.5},
        "common channel": {"color": _LIGHT, "ls": _DASHED, "marker": "D", "ms": 3.5, "mfc": "w"},
        "measured node": {"marker": "s", "mfc": "w", **node},
        "not in the state": {"marker": "o", "mfc": "w", **node},
    }
    shown = [name for name, needed in used(wiring).items() if needed]
    shown += ["not in the state"] if absent else []
    keys: list[Artist] = [Line2D([], [], lw=1.0, label=name, **looks[name]) for name in shown]
    columns = max(1, int(0.94 * width * 72 / 25.4 // (_LETTER * SMALL * 16 + 5 * SMALL)))
    title = "\n".join(note_lines(note, width))
    legend = at.legend(
        keys or [Line2D([], [], ls="none", label=" ")],
        "below",
        ncols=min(columns, max(1, len(keys))),
        title=title or None,
    )
    legend.get_title().set_multialignment("center")


def key_height(wiring: Wiring, absent: bool, note: str, width: float) -> float:
    """Height of the key in mm."""
    columns = max(1, int(0.94 * width * 72 / 25.4 // (_LETTER * SMALL * 16 + 5 * SMALL)))
    entries = sum(used(wiring).values()) + absent
    return 3.4 * (len(note_lines(note, width)) + max(1, -(-entries // columns))) + 3.0
