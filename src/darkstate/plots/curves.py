"""Curves: a measure along the pairs of a network, and columns of a table over time.

Lines are told apart by colour, dash and marker, and named above the axes, where the key hides no
data. A quantity that is never negative starts at zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_flag
from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_data, check_table
from darkstate.plots.place import place, places
from darkstate.plots.style import (
    COLUMN,
    MARKERS,
    axis_label,
    line_style,
    styled,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EVOLVE = "Pass the table of evolve(model, times, measures={...})."
_MAKE = "Make it with pair_curve(state, measure); of complex curves take .real or abs()."

MARKED = 60
"""Up to so many pairs each one gets a marker."""

HEIGHT = 58.0
"""Of a single panel, in mm."""


@styled
def pair_curve_plot(
    curves: xr.DataArray | Mapping[str, xr.DataArray],
    *,
    logarithmic: bool = False,
    width: float = COLUMN,
    ax: Axes | None = None,
) -> Figure:
    """A measure over the pair number, or a spectrum or correlation over its axis; one or several.

    Args:
        curves: from `pair_curve`, `spectrum`, `g2` ..., one dimension, real; or ``{name: curve}``.
        logarithmic: logarithmic vertical axis; zeros are left out.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with one line a curve: markers at up to 60 pairs, else a plain line.

    Raises:
        ArgumentError: no curve, or one that is not one-dimensional.
    """
    from matplotlib.ticker import MaxNLocator

    named = dict(curves) if isinstance(curves, Mapping) else {"": curves}
    for name, curve in named.items():
        check_data(f"curves['{name}']" if name else "curves", curve, (1,), _MAKE)
    check_flag("logarithmic", logarithmic)
    if not named:
        raise ArgumentError("curves", "hold a curve", curves, "Pass pair_curve(state, measure).")
    at = place(ax, width, HEIGHT + 4.0 * (len(named) > 1))
    axes, drawn = at.axes, list[Any]()
    for number, (name, curve) in enumerate(named.items()):
        few = curve.size <= MARKED and abscissas(curve).dtype.kind != "f"
        marks = {"marker": MARKERS[number % len(MARKERS)]} if few else {}
        style: dict[str, Any] = line_style(number) | marks
        drawn += axes.plot(abscissas(curve), ordinates(curve, logarithmic), label=name, **style)
    first = next(iter(named.values()))
    axis = first[first.dims[0]]
    axes.set(xlabel=axis_label(axis, _AXIS_NAMES.get(str(axis.name), "")), ylabel=axis_label(first))
    whole = abscissas(first).dtype.kind != "f"
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10], integer=whole))
    fit_scale(axes, logarithmic=logarithmic)
    if len(named) > 1:
        at.top_legend(drawn)
    return at.figure


_AXIS_NAMES = {"pair": "pair number $j$", "time": "time $t$"}
"""What to write where the data does not say it."""

_QUANTITIES = {"ebit": "entanglement", "bit": "information"}
"""What lines of different names have in common, by their unit."""


@styled
def time_evolution(
    table: xr.Dataset | xr.DataArray,
    *,
    logarithmic: bool = False,
    width: float = COLUMN,
    ax: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Columns of a table over time, one panel for each unit.

    Args:
        table: the table of an evolution, with dimension ``time``; a column with one dimension
            more is drawn as one line per entry, a complex one as its two parts.
        logarithmic: logarithmic time axis; time 0 is left out.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own; a list of them for several units.

    Returns:
        Figure with panels one below the other, with a common time axis.

    Raises:
        ArgumentError: no column over ``time``, or one with more than two dimensions.
    """
    import xarray as xr

    check_flag("logarithmic", logarithmic)
    single = isinstance(table, xr.DataArray)
    data = (
        table.to_dataset(name=table.name or "value")
        if single
        else check_table("table", table, _EVOLVE)
    )
    columns = {str(name): c for name, c in data.data_vars.items() if "time" in c.dims}
    if not columns:
        raise ArgumentError("table", "have columns over 'time'", list(data.variables), _EVOLVE)
    panels: dict[str, list[tuple[str, xr.DataArray]]] = {}
    for name, column in columns.items():
        if column.ndim > 2:
            raise ArgumentError(name, "have at most two dimensions", column.dims, "Use .sel(...).")
        panels.setdefault(str(column.attrs.get("units", "")), []).extend(_entries(name, column))
    count = len(panels)
    every = places(ax, count, width, HEIGHT * (0.35 + 0.65 * count), (count, 1), sharex=True)
    number, drawn = 0, list[Any]()
    for axes, (units, lines) in zip([at.axes for at in every], panels.items(), strict=True):
        for name, column in lines:
            drawn += axes.plot(column["time"], column, label=name, **line_style(number))
            number += 1
        names = {_quantity(column) for _, column in lines}
        together = f"{_QUANTITIES.get(units, 'value')} ({units})" if units else "value"
        axes.set_ylabel(names.pop() if len(names) == 1 else together)
        fit_scale(axes)
    every[-1].axes.set_xlabel(axis_label(data["time"], _AXIS_NAMES["time"]))
    if logarithmic:
        for at in every:
            at.axes.set_xscale("log", nonpositive="mask")
    if number > count:
        every[0].top_legend(drawn)
    return every[0].figure


def _quantity(column: xr.DataArray) -> str:
    """Label of an axis for a column: what it has in common with others, if it says so."""
    named = column.attrs.get("quantity")
    return axis_label(column.assign_attrs(long_name=named) if named else column)


def abscissas(data: xr.DataArray) -> np.ndarray:
    """Coordinates of one-dimensional data; what is no number becomes a category."""
    values = data[data.dims[0]].values
    return values if values.dtype.kind in "iuf" else np.array([str(v) for v in values])


def ordinates(data: xr.DataArray, logarithmic: bool) -> np.ndarray:
    """Values of one-dimensional data; for a logarithmic axis NaN where not positive."""
    values = np.asarray(data.values, dtype=float)
    return np.where(values > 0, values, np.nan) if logarithmic else values


def numbered(data: xr.DataArray) -> xr.DataArray:
    """The data, with 0, 1, ... as coordinates of dimensions that have none."""
    bare = {dim: np.arange(data.sizes[dim]) for dim in data.dims if dim not in data.coords}
    return data.assign_coords(bare)


def entry_name(line: xr.DataArray, dimension: str | None) -> str:
    """The coordinate of a line in the dimension that it was taken from, in words."""
    if dimension is None:
        return ""
    value = line[dimension].values.item()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _entries(name: str, column: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """A column as named lines: itself, or one for each entry of its other dimension."""
    others = [str(dim) for dim in column.dims if dim != "time"]
    title = str(column.attrs.get("long_name") or name.replace("_", " "))
    if np.iscomplexobj(column.values):
        halves = (("Re", column.real), ("Im", column.imag))
        return [
            entry for word, half in halves for entry in _entries(name, _named(half, word, title))
        ]
    if not others:
        return [(title, column)]
    return [
        (f"{title}, {others[0]} {entry_name(line, others[0])}", line)
        for line in (column.isel({others[0]: k}) for k in range(column.sizes[others[0]]))
    ]


def _named(half: xr.DataArray, word: str, title: str) -> xr.DataArray:
    """The real or imaginary part of a column, with its name."""
    return half.assign_attrs({"long_name": f"{word} {title}", "quantity": title})


def fit_scale(axes: Axes, logarithmic: bool = False) -> None:
    """Start a nonnegative quantity at zero, unless the axis is logarithmic."""
    axes.margins(x=0.02)
    if logarithmic:
        axes.set_yscale("log", nonpositive="mask")
        return
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.get_lines()])
    values = values[np.isfinite(values)]
    if values.size and values.min() >= 0:
        axes.set_ylim(0.0, 1.07 * values.max() if values.max() > 0 else 1.0)
