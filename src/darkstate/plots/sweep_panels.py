"""Sweeps of three parameters as small multiples, samples as clouds, and the picture that suits.

`sweep_picture` takes the table of a store and one of its columns and chooses:

    1 dimension, or 2 with few lines     curves (`sweep_curve`)
    2 dimensions                         a map (`sweep_map`)
    3 dimensions                         small multiples of maps with common colours
    samples (a dimension `point`)        one panel for each parameter, a dot for each point
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_choice, check_sequence
from darkstate.errors import ArgumentError
from darkstate.plots.checks import SELECT, check_data, check_doubtful, check_table, check_width
from darkstate.plots.curves import entry_name, numbered
from darkstate.plots.place import places
from darkstate.plots.style import (
    COLOURS,
    COLUMN,
    DOUBLE,
    MIDDLE,
    axis_label,
    styled,
)
from darkstate.plots.sweep import sweep_curve
from darkstate.plots.sweep_map import (
    colour_range,
    directions,
    draw_map,
    geometric,
    hatch,
    sweep_map,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = 7
"""Up to so many entries of a second dimension are drawn as lines, more as a map."""

MOST_PANELS = 16
"""More small multiples cannot be read; entries are then left out evenly, ends kept."""

DOUBTFUL = ("suspect",)

_TABLE = "Give open_sweep(path).table()."


def sweep_columns(table: xr.Dataset) -> list[str]:
    """The columns of a sweep's table that can be drawn: numbers, and not all of them missing."""
    check_table("table", table, _TABLE)
    return [
        str(name)
        for name, column in table.data_vars.items()
        if column.dtype.kind in "iuf" and "word" not in column.dims and bool(column.notnull().any())
    ]


def sweep_picture(
    table: xr.Dataset,
    output: str | None = None,
    *,
    x: str | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """The picture that suits a column of a sweep's table.

    Args:
        table: from ``open_sweep(path).table()``.
        output: one of its columns; by default the first.
        x: the parameter along the horizontal axis.
        ax: axes to draw into, in place of a figure of its own; a list of them for several panels.

    Returns:
        Curves, a map, small multiples or clouds of points; suspect points are hatched or ringed.

    Raises:
        ArgumentError: no such column, or more than three dimensions.
    """
    known = sweep_columns(table)
    if not known:
        remedy = "Let the sweep run, or look at its messages: darkstate sweep status STORE."
        raise ArgumentError("table", "have a column with numbers", list(table.data_vars), remedy)
    data = table[check_choice("output", known[0] if output is None else output, known)]
    if "status" not in table:
        raise ArgumentError("table", "have the column 'status'", list(table.data_vars), _TABLE)
    doubtful = table["status"].isin(DOUBTFUL)
    sampled = [str(dim) for dim in data.dims if dim not in _swept(table)]
    if sampled and data.ndim == 1:
        return sweep_points(data, _varied(table, sampled[0]), doubtful=doubtful, ax=ax)
    if data.ndim > 3:
        remedy = "Select entries of the others: table.sel(name=value)."
        raise ArgumentError("table", "have at most three dimensions", data.dims, remedy)
    given: Any = ax  # what does not fit is refused there
    if data.ndim == 1 or (data.ndim == 2 and min(data.shape) <= LINES):
        dims = [str(dim) for dim in data.dims]
        longest = max(dims, key=lambda dim: data.sizes[dim])
        across = longest if x is None else check_choice("x", x, dims)
        return sweep_curve(data, x=across, log_x=_logarithmic(data[across]), ax=given)
    if data.ndim == 2:
        return sweep_map(data, x, doubtful=doubtful, ax=given)
    return sweep_panels(data, x=x, doubtful=doubtful, ax=given)


@styled
def sweep_panels(
    data: xr.DataArray,
    panels: str | None = None,
    x: str | None = None,
    *,
    doubtful: xr.DataArray | None = None,
    width: float = DOUBLE,
    ax: Sequence[Axes] | None = None,
) -> Figure:
    """Small multiples: one map for each entry of a third parameter, with common colours.

    Args:
        data: three dimensions.
        panels: the dimension that distinguishes the panels; by default the shortest.
        x: the dimension along the horizontal axes.
        doubtful: truth values of the same dimensions: these cells are hatched.
        width: of the figure in mm.
        ax: axes to draw into, one a panel, in place of a figure of its own.

    Returns:
        Figure with up to 16 panels and one colour bar.

    Raises:
        ArgumentError: not three dimensions.
    """
    data = numbered(check_data("data", data, (3,), f"{SELECT} For two there is sweep_map."))
    marks = check_doubtful(doubtful, data)
    dims = [str(dim) for dim in data.dims]
    x = None if x is None else check_choice("x", x, dims)
    rest = [dim for dim in dims if dim != x]
    shortest = min(rest, key=lambda dim: data.sizes[dim])
    along = shortest if panels is None else check_choice("panels", panels, rest)
    shown = _spread(data.sizes[along], MOST_PANELS)
    rows = 1 if len(shown) <= 5 else -(-len(shown) // 4)
    columns = -(-len(shown) // rows)
    height, shared = (
        rows * 0.78 * check_width(width) / columns + 12.0,
        {"sharex": True, "sharey": True},
    )
    every = places(ax, len(shown), width, height, (rows, columns), **shared)
    limits, mesh = colour_range(data), None
    for number, (axes, k) in enumerate(zip([at.axes for at in every], shown, strict=True)):
        part = data.isel({along: k})
        across, up = directions(part, x)
        mesh = draw_map(axes, part.transpose(up, across), limits)
        if marks is not None:
            hatch(axes, marks.isel({along: k}).transpose(up, across))
        name = str(data[along].attrs.get("long_name") or along)
        unit = data[along].attrs.get("units")
        axes.set_title(f"{name} = {entry_name(part, along)}{f' {unit}' if unit else ''}")
        if every[0].alone:
            axes.label_outer()
            axes.tick_params(labelbottom=number + columns >= len(shown))
        else:
            axes.set(xlabel=axis_label(data[across]), ylabel=axis_label(data[up]))
    across, up = directions(data.isel({along: 0}), x)
    figure = every[0].figure
    if every[0].alone:
        figure.supxlabel(axis_label(data[across]))
        figure.supylabel(axis_label(data[up]))
    assert mesh is not None  # a dimension has at least one entry
    bar = every[0].holder.colorbar(
        mesh, ax=[at.axes for at in every], label=axis_label(data), pad=0.01, aspect=12 * rows + 8
    )
    bar.ax.tick_params(direction="out")
    return figure


@styled
def sweep_points(
    data: xr.DataArray,
    varied: Sequence[xr.DataArray],
    *,
    doubtful: xr.DataArray | None = None,
    width: float | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Samples: the number over each parameter that varied, one dot a point.

    Args:
        data: one dimension, the points.
        varied: the parameters, over the same dimension.
        doubtful: truth values: these points get a ring.
        width: of the figure in mm; by default as wide as the panels need.
        ax: axes to draw into, one a parameter, in place of a figure of its own.

    Returns:
        Figure with a panel for each parameter.

    Raises:
        ArgumentError: not one dimension, or no parameter of numbers over it.
    """
    check_data("data", data, (1,), SELECT)
    marks = check_doubtful(doubtful, data)
    numbers = _numeric(varied, data)
    columns = min(3, len(numbers))
    rows = -(-len(numbers) // columns)
    wide = (COLUMN, MIDDLE, DOUBLE)[columns - 1] if width is None else width
    every = places(ax, len(numbers), wide, rows * 50.0 + 6.0, (rows, columns), sharey=True)
    size = float(np.clip(600 / max(1, data.size), 2.0, 12.0))
    for k, (axes, axis) in enumerate(zip([at.axes for at in every], numbers, strict=True)):
        axes.scatter(axis.values, data.values, s=size, color=COLOURS[0], alpha=0.7, linewidths=0)
        if marks is not None and bool(marks.any()):
            ringed: dict[str, Any] = {"facecolors": "none", "edgecolors": COLOURS[1]}
            mask = marks.values.astype(bool)
            axes.scatter(axis.values[mask], data.values[mask], s=4 * size, linewidths=0.6, **ringed)
        if _logarithmic(axis):
            axes.set_xscale("log")
        axes.set_xlabel(axis_label(axis))
        if k % columns == 0 or not every[0].alone:
            axes.set_ylabel(axis_label(data))
    return every[0].figure


def _numeric(varied: Any, data: xr.DataArray) -> list[xr.DataArray]:
    """The parameters that are numbers, each over the points of `data`.

    Raises:
        ArgumentError: none is, one is no DataArray or has other points.
    """
    import xarray as xr

    remedy = "Give the coordinates that varied, such as [table['loss']]."
    axes = check_sequence("varied", varied, remedy)
    for axis in axes:
        if not isinstance(axis, xr.DataArray) or axis.shape != data.shape:
            raise ArgumentError("varied", f"hold DataArrays of {data.size} points", axis, remedy)
    numbers = [axis for axis in axes if axis.dtype.kind in "iuf"]
    if not numbers:
        raise ArgumentError("varied", "hold numbers", [a.name for a in axes], "Draw the table.")
    return numbers


def _swept(table: xr.Dataset) -> list[str]:
    """Dimensions along which a single parameter varies."""
    found = []
    for dim in (str(dim) for dim in table.dims if dim != "word"):
        if len(_varied(table, dim)) == 0:
            found.append(dim)
    return found


def _varied(table: xr.Dataset, dim: str) -> list[xr.DataArray]:
    """Parameters that vary together along a dimension of another name."""
    return [
        column
        for name, column in table.coords.items()
        if name not in {dim, "key"} and column.dims == (dim,)
    ]


def _spread(count: int, most: int) -> list[int]:
    """All of `count` positions, or `most` of them, evenly, with both ends."""
    if count <= most:
        return list(range(count))
    return [round(k * (count - 1) / (most - 1)) for k in range(most)]


def _logarithmic(axis: xr.DataArray) -> bool:
    values = np.asarray(axis.values)
    if values.dtype.kind not in "iuf":
        return False
    if geometric(np.sort(values)):
        return True
    ordered = len(values) > 1 and bool(np.all(np.diff(values) > 0))
    positive = bool(np.all(values > 0)) and not ordered
    return positive and float(values.max()) > 50 * float(values.min())
