"""The matrix of a two-party measure as a heat map: who is entangled with whom, and how much.

    A1 A2 A3 | B1 B2 B3      Groups of labels (A, B, sources, atoms) are set apart by lines; what
A1  .        |  #            has no value (a node with itself) is grey; labels are thinned where
A2     .     |     #         there is no room for all, in the same rhythm within each group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from darkstate.checks import check_real
from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_data, check_width
from darkstate.plots.place import given_place, place
from darkstate.plots.style import (
    ABSENT,
    COLUMN,
    SEQUENTIAL,
    SMALL,
    axis_label,
    styled,
    text_width,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_GROUPS = 8
_SHARP = 200
_ENOUGH = 6
_LEADING = 1.15


@styled
def entanglement_map(
    table: xr.DataArray,
    *,
    maximum: float | None = None,
    width: float = COLUMN,
    ax: Axes | None = None,
) -> Figure:
    """Heat map of a table of pairs.

    Args:
        table: two dimensions with labels as coordinates, from `pair_table`; NaN where undefined.
        maximum: upper end of the colours (for pictures to be compared); by default the largest
            value. The lower end is 0, or the smallest value if that is negative.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with one axes and a colour bar.

    Raises:
        ArgumentError: the table is not a nonempty matrix.
    """
    remedy = "Make it with pair_table(state, measure)."
    check_data("table", table, (2,), remedy)
    check_width(width)
    if maximum is not None:
        check_real("maximum", maximum, remedy="Give a number, or leave it out.")
    if not table.size:
        raise ArgumentError("table", "have two dimensions and entries", table.shape, remedy)
    rows, columns = ([str(label) for label in table[dim].values] for dim in table.dims)
    values = np.ma.masked_invalid(np.asarray(table.values, dtype=float))
    kept = values.compressed()
    low = min(0.0, float(kept.min(initial=0.0)))
    high = float(kept.max(initial=0.0)) if maximum is None else maximum
    if ax is not None:
        width = given_place(ax).width
    plot = 0.72 * width
    height = plot * min(2.0, max(0.35, len(rows) / len(columns))) + 9.0
    where = place(ax, width, height, square=True)
    axes = where.axes
    colours = _with_grey()
    image = axes.imshow(
        values,
        cmap=colours,
        vmin=low,
        vmax=high if high > low else low + 1.0,
        interpolation="nearest" if max(values.shape) <= _SHARP else "auto",
    )
    room = plot * 72 / 25.4
    at = _label_columns(axes, columns, room)
    if rows != columns:
        high = room * min(1.0, len(rows) / len(columns))
        at = shown_labels(rows, max(1, int(high / (_LEADING * SMALL))))
    axes.yaxis.set_ticks(at, [rows[k] for k in at])
    _separate(axes, rows, columns)
    axes.tick_params(length=0, pad=2.0)
    extend = "max" if kept.max(initial=0.0) > image.norm.vmax else "neither"
    label = axis_label(table, room=min(150.0, 0.7 * height * 72 / 25.4))
    bar = where.holder.colorbar(image, ax=axes, label=label, extend=extend, pad=0.02)
    bar.ax.tick_params(direction="out")
    return where.figure


def _with_grey():
    import matplotlib as mpl

    return mpl.colormaps[SEQUENTIAL].with_extremes(bad=ABSENT)


def group_of(label: str) -> str:
    """The letters that a label starts with: ``A12`` -> ``A``; sources SA, SB form one group."""
    letters = re.match(r"[^\d]*", label)
    name = letters.group() if letters else ""
    return "S" if label in ("SA", "SB") else name


def _runs(labels: Sequence[str]) -> list[list[int]]:
    """Positions of consecutive labels of the same group."""
    runs = groupby(range(len(labels)), key=lambda k: group_of(labels[k]))
    return [list(run) for _, run in runs]


def _separate(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Lines between groups of labels, unless every label is a group of its own."""
    for labels, line in ((rows, axes.axhline), (columns, axes.axvline)):
        starts = [run[0] for run in _runs(labels)][1:]
        if len(starts) < min(_MAX_GROUPS, len(labels) - 1):
            for start in starts:
                line(start - 0.5, color="white", linewidth=1.0, linestyle="-")


def _label_columns(axes: Axes, labels: Sequence[str], room: float) -> list[int]:
    """Ticks below: all labels if they fit into `room` (pt), turned if need be; else some."""
    wide = 1.25 * max(text_width(label) for label in labels)
    level = shown_labels(labels, max(1, int(room / wide)))
    upright = shown_labels(labels, max(1, int(room / (_LEADING * SMALL))))
    turned = len(level) < len(upright) and (len(upright) == len(labels) or len(level) < _ENOUGH)
    at = upright if turned else level
    axes.xaxis.set_ticks(at, [labels[k] for k in at])
    axes.tick_params(axis="x", labelrotation=90 if turned else 0)
    return at


def shown_labels(labels: Sequence[str], fitting: int) -> list[int]:
    """Positions of at most about `fitting` labels: the first of each group, then every n-th."""
    if len(labels) <= fitting:
        return list(range(len(labels)))
    steps = (m * 10**k for k in range(9) for m in (1, 2, 5))
    step = next(step for step in steps if len(labels) <= fitting * step)
    wanted = [k for run in _runs(labels) for k in run[::step]]
    shown: list[int] = []
    for k in wanted:  # the start of a group wins over a label close before it
        if shown and k - shown[-1] < step * 0.75:
            shown.pop()
        shown.append(k)
    return shown
