"""Curves: a measure along the pairs of a network, over time, and over a swept parameter.

Lines that are few are told apart by colour, dash and marker and named above the axes; lines of a
numeric parameter that are many are coloured along a scale with a colour bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.errors import ArgumentError, check_choice
from darkstate.plots.style import (
    COLUMN,
    MARKERS,
    SEQUENTIAL,
    axis_label,
    line_style,
    new_figure,
    styled,
    top_legend,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKED = 60
"""Up to so many pairs each one gets a marker."""

NAMED = 7
"""Up to so many numeric lines are named in a legend; more get a colour scale."""

_HEIGHT = 58.0


@styled
def pair_curve_plot(
    curves: xr.DataArray | Mapping[str, xr.DataArray],
    *,
    logarithmic: bool = False,
    width: float = COLUMN,
) -> Figure:
    """A measure over the pair number, for one state or several.

    Args:
        curves: from `pair_curve`, one dimension; or ``{name: curve}``.
        logarithmic: logarithmic vertical axis; zeros are left out.
        width: of the figure in mm.

    Returns:
        Figure with one line a curve: markers up to 60 pairs, a plain line beyond.

    Raises:
        ArgumentError: no curve, or one that is not one-dimensional.
    """
    from matplotlib.ticker import MaxNLocator

    named = dict(curves) if isinstance(curves, Mapping) else {"": curves}
    for name, curve in named.items():
        _check_dimensions(f"curves['{name}']" if name else "curves", curve, 1)
    if not named:
        raise ArgumentError("curves", "hold a curve", curves, "Pass pair_curve(state, measure).")
    figure = new_figure(width, _HEIGHT + 4.0 * (len(named) > 1))
    axes = figure.add_subplot()
    for number, (name, curve) in enumerate(named.items()):
        marks = {"marker": MARKERS[number % len(MARKERS)]} if curve.size <= MARKED else {}
        style: dict[str, Any] = line_style(number) | marks
        axes.plot(_across(curve), _heights(curve, logarithmic), label=name, **style)
    first = next(iter(named.values()))
    axis = first[first.dims[0]]
    axes.set(xlabel=axis_label(axis, _AXIS_NAMES.get(str(axis.name), "")), ylabel=axis_label(first))
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10], integer=True))
    _scale(axes, logarithmic=logarithmic)
    if len(named) > 1:
        top_legend(figure, axes.get_lines())
    return figure


_AXIS_NAMES = {"pair": "pair number $j$", "time": "time $t$"}
"""What to write where the data does not say it."""

_QUANTITIES = {"ebit": "entanglement", "bit": "information"}
"""What lines of different names have in common, by their unit."""


@styled
def time_evolution(
    table: xr.Dataset | xr.DataArray, *, logarithmic: bool = False, width: float = COLUMN
) -> Figure:
    """Columns of a table over time, one panel for each unit.

    Args:
        table: the table of an evolution, with dimension ``time``; a column with one dimension
            more is drawn as one line per entry.
        logarithmic: logarithmic time axis; time 0 is left out.
        width: of the figure in mm.

    Returns:
        Figure with panels one below the other, with a common time axis.

    Raises:
        ArgumentError: no column over ``time``, or one with more than two dimensions.
    """
    import xarray as xr

    single = isinstance(table, xr.DataArray)
    data = table.to_dataset(name=table.name or "value") if single else table
    columns = {str(name): c for name, c in data.data_vars.items() if "time" in c.dims}
    if not columns:
        remedy = "Pass the table of evolve(model, times, measures={...})."
        raise ArgumentError("table", "have columns over 'time'", list(data.variables), remedy)
    panels: dict[str, list[tuple[str, xr.DataArray]]] = {}
    for name, column in columns.items():
        if column.ndim > 2:
            raise ArgumentError(name, "have at most two dimensions", column.dims, "Use .sel(...).")
        panels.setdefault(str(column.attrs.get("units", "")), []).extend(_entries(name, column))
    figure = new_figure(width, _HEIGHT * (0.35 + 0.65 * len(panels)))
    all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    number = 0
    for axes, (units, lines) in zip(all_axes, panels.items(), strict=True):
        for name, column in lines:
            axes.plot(column["time"], column, label=name, **line_style(number))
            number += 1
        names = {axis_label(column) for _, column in lines}
        together = f"{_QUANTITIES.get(units, 'value')} ({units})" if units else "value"
        axes.set_ylabel(names.pop() if len(names) == 1 else together)
        _scale(axes)
    all_axes[-1].set_xlabel(axis_label(data["time"], _AXIS_NAMES["time"]))
    if logarithmic:
        all_axes[-1].set_xscale("log", nonpositive="mask")
    if number > len(panels):
        top_legend(figure, [line for axes in all_axes for line in axes.get_lines()])
    return figure


@styled
def sweep_curve(
    data: xr.DataArray,
    x: str | None = None,
    lines: str | None = None,
    *,
    log_x: bool = False,
    log_y: bool = False,
    width: float = COLUMN,
) -> Figure:
    """A swept number over one axis, one line for each value of another.

    Args:
        data: one or two dimensions, named as in the sweep; NaN leaves a gap.
        x: the dimension along the horizontal axis; by default the longest.
        lines: the dimension that distinguishes lines; by default the other one.
        log_x: logarithmic horizontal axis.
        log_y: logarithmic vertical axis; zeros are left out.
        width: of the figure in mm.

    Returns:
        Figure; more than seven numeric lines get a colour scale in place of a legend.

    Raises:
        ArgumentError: other dimensions remain; select them first.
    """
    dims = [str(dim) for dim in data.dims]
    across = max(dims, key=lambda dim: data.sizes[dim]) if x is None and dims else x
    across = check_choice("x", across, dims)
    rest = [dim for dim in dims if dim != across]
    along = check_choice("lines", lines, rest) if lines is not None else (rest or [None])[0]
    if len(rest) > 1:
        remedy = f"Select one entry of the others: data.sel({rest[-1]}=...)."
        raise ArgumentError("data", "have one or two dimensions", dims, remedy)
    many = along is not None and data.sizes[along] > NAMED and data[along].dtype.kind in "iuf"
    figure = new_figure(width, _HEIGHT + 4.0 * (along is not None and not many))
    axes = figure.add_subplot()
    colour = _colour_scale(figure, axes, data[along]) if many else None
    for number in range(data.sizes[along] if along else 1):
        line = data.isel({along: number}) if along else data
        style: dict[str, Any] = line_style(number) | {"label": _entry(line, along)}
        if colour is not None:
            style |= {"color": colour(float(data[along][number])), "linestyle": "-"}
        axes.plot(_across(line), _heights(line, log_y), **style)
    axes.set(xlabel=axis_label(data[across]), ylabel=axis_label(data))
    if log_x:
        axes.set_xscale("log", nonpositive="mask")
    _scale(axes, logarithmic=log_y)
    if along and not many:
        top_legend(figure, axes.get_lines(), title=axis_label(data[along]))
    return figure


def _check_dimensions(name: str, data: xr.DataArray, count: int) -> None:
    if getattr(data, "ndim", None) != count:
        remedy = "Make it with pair_curve(state, measure)."
        shape = getattr(data, "shape", data)
        raise ArgumentError(name, f"be a DataArray of {count} dimension", shape, remedy)


def _across(data: xr.DataArray) -> np.ndarray:
    values = data[data.dims[0]].values
    return values if values.dtype.kind in "iuf" else np.array([str(v) for v in values])


def _heights(data: xr.DataArray, logarithmic: bool) -> np.ndarray:
    values = np.asarray(data.values, dtype=float)
    return np.where(values > 0, values, np.nan) if logarithmic else values


def _entry(line: xr.DataArray, dimension: str | None) -> str:
    if dimension is None:
        return ""
    value = line[dimension].values.item()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _entries(name: str, column: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """A column as named lines: itself, or one for each entry of its other dimension."""
    others = [str(dim) for dim in column.dims if dim != "time"]
    title = str(column.attrs.get("long_name") or name.replace("_", " "))
    if not others:
        return [(title, column)]
    return [
        (f"{title}, {others[0]} {_entry(line, others[0])}", line)
        for line in (column.isel({others[0]: k}) for k in range(column.sizes[others[0]]))
    ]


def _scale(axes: Axes, logarithmic: bool = False) -> None:
    """Start a nonnegative quantity at zero, unless the axis is logarithmic."""
    axes.margins(x=0.02)
    if logarithmic:
        axes.set_yscale("log", nonpositive="mask")
        return
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.get_lines()])
    values = values[np.isfinite(values)]
    if values.size and values.min() >= 0:
        axes.set_ylim(0.0, 1.07 * values.max() if values.max() > 0 else 1.0)


def _colour_scale(figure: Figure, axes: Axes, values: xr.DataArray) -> Any:
    """Colours along the values of many lines, with a colour bar; returns ``value -> colour``."""
    import matplotlib as mpl
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    dark = ListedColormap(mpl.colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, 256)))
    norm = Normalize(float(values.min()), float(values.max()))
    scale = ScalarMappable(norm, dark)
    figure.colorbar(scale, ax=axes, label=axis_label(values), pad=0.02)
    return scale.to_rgba
