"""Curves over a swept parameter, one line for each value of another.

Few lines are named in a key; many lines of a number are coloured along a scale with a colour bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_choice, check_flag
from darkstate.plots.checks import SELECT, check_data
from darkstate.plots.curves import HEIGHT, abscissas, entry_name, fit_scale, numbered, ordinates
from darkstate.plots.place import Place, place
from darkstate.plots.style import (
    COLUMN,
    MARKERS,
    SEQUENTIAL,
    axis_label,
    line_style,
    styled,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 7
"""Up to so many numeric lines are named in a legend; more get a colour scale."""

MARKED = 25
"""Up to so many points each one gets a marker: it shows what was computed."""


@styled
def sweep_curve(
    data: xr.DataArray,
    x: str | None = None,
    lines: str | None = None,
    *,
    log_x: bool = False,
    log_y: bool = False,
    width: float = COLUMN,
    ax: Axes | None = None,
) -> Figure:
    """A swept number over one axis, one line for each value of another.

    Args:
        data: one or two dimensions, named as in the sweep; NaN leaves a gap.
        x: the dimension along the horizontal axis; by default the longest.
        lines: the dimension that distinguishes lines; by default the other one.
        log_x: logarithmic horizontal axis.
        log_y: logarithmic vertical axis; zeros are left out.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with markers up to 25 points a line; more than seven numeric lines get a colour
        scale in place of a legend.

    Raises:
        ArgumentError: other dimensions remain; select them first.
    """
    check_data("data", data, (1, 2), SELECT)
    for name, flag in (("log_x", log_x), ("log_y", log_y)):
        check_flag(name, flag)
    dims = [str(dim) for dim in data.dims]
    data = numbered(data)
    across = max(dims, key=lambda dim: data.sizes[dim]) if x is None else x
    across = check_choice("x", across, dims)
    rest = [dim for dim in dims if dim != across]
    along = check_choice("lines", lines, rest) if lines is not None else (rest or [None])[0]
    many = along is not None and data.sizes[along] > NAMED and data[along].dtype.kind in "iuf"
    at = place(ax, width, HEIGHT + 4.0 * (along is not None and not many))
    axes = at.axes
    colour = _colour_scale(at, data[along]) if many else None
    drawn: list[Any] = []
    for number in range(data.sizes[along] if along else 1):
        line = data.isel({along: number}) if along else data
        style: dict[str, Any] = line_style(number) | {"label": entry_name(line, along)}
        if line.size <= MARKED:
            style["marker"] = MARKERS[number % len(MARKERS)]
        if colour is not None:
            style |= {"color": colour(float(data[along][number])), "linestyle": "-"}
        drawn += axes.plot(abscissas(line), ordinates(line, log_y), **style)
    axes.set(xlabel=axis_label(data[across]), ylabel=axis_label(data))
    if log_x:
        axes.set_xscale("log", nonpositive="mask")
    fit_scale(axes, logarithmic=log_y)
    if along and not many:
        at.top_legend(drawn, title=axis_label(data[along]))
    return at.figure


def _colour_scale(at: Place, values: xr.DataArray) -> Any:
    """Colours along the values of many lines, with a colour bar; returns ``value -> colour``."""
    import matplotlib as mpl
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    dark = ListedColormap(mpl.colormaps[SEQUENTIAL](np.linspace(0.0, 0.9, 256)))
    norm = Normalize(float(values.min()), float(values.max()))
    scale = ScalarMappable(norm, dark)
    at.holder.colorbar(scale, ax=at.axes, label=axis_label(values), pad=0.02)
    return scale.to_rgba
