"""Maps of a swept number over two parameters.

Colour is the value; cells that were not computed or failed are grey, and doubtful ones hatched.
Values of an axis that grow by equal ratios are drawn on a logarithmic scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_choice
from darkstate.plots.checks import SELECT, check_data, check_doubtful, check_width
from darkstate.plots.place import place
from darkstate.plots.style import ABSENT, COLUMN, SEQUENTIAL, axis_label, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

_RATIOS = 0.02
"""How unequal the ratios of a geometric axis may be."""


@styled
def sweep_map(
    data: xr.DataArray,
    x: str | None = None,
    *,
    doubtful: xr.DataArray | None = None,
    width: float = COLUMN,
    ax: Axes | None = None,
) -> Figure:
    """A swept number over two parameters.

    Args:
        data: two dimensions, named as in the sweep; NaN is drawn grey.
        x: the dimension along the horizontal axis; by default the first.
        doubtful: truth values of the same dimensions: these cells are hatched.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with one axes and a colour bar.

    Raises:
        ArgumentError: not two dimensions.
    """
    check_data("data", data, (2,), SELECT)
    marks = check_doubtful(doubtful, data)
    across, along = directions(data, x)
    at = place(ax, width, 0.74 * check_width(width))
    axes = at.axes
    mesh = draw_map(axes, data.transpose(along, across), colour_range(data))
    if marks is not None:
        hatch(axes, marks.transpose(along, across))
    axes.set(xlabel=axis_label(data[across]), ylabel=axis_label(data[along]))
    bar = at.holder.colorbar(mesh, ax=axes, label=axis_label(data), pad=0.02)
    bar.ax.tick_params(direction="out")
    return at.figure


def directions(data: xr.DataArray, x: str | None) -> tuple[str, str]:
    """The dimensions across and up."""
    dims = [str(dim) for dim in data.dims]
    across = dims[0] if x is None else check_choice("x", x, dims)
    (along,) = [dim for dim in dims if dim != across]
    return across, along


def colour_range(data: xr.DataArray) -> tuple[float, float]:
    """Ends of the colours: the values themselves, from 0 where they reach down to it."""
    values = np.asarray(data.values, dtype=float)
    kept = values[np.isfinite(values)]
    if not kept.size:
        return 0.0, 1.0
    low, high = float(kept.min()), float(kept.max())
    low = 0.0 if 0 <= low < 0.3 * high else low
    return (low, high) if high > low else (low, low + 1.0)


def draw_map(axes: Axes, data: xr.DataArray, limits: tuple[float, float]) -> QuadMesh:
    """Cells of data (up, across) with edges half way between the values."""
    import matplotlib as mpl

    along, across = (str(dim) for dim in data.dims)
    columns, rows = edges(axes, "x", data[across]), edges(axes, "y", data[along])
    colours = mpl.colormaps[SEQUENTIAL].with_extremes(bad=ABSENT)
    values = np.ma.masked_invalid(np.asarray(data.values, dtype=float))
    axes.set_facecolor(ABSENT)
    return axes.pcolormesh(
        columns, rows, values, cmap=colours, vmin=limits[0], vmax=limits[1], rasterized=True
    )


def hatch(axes: Axes, doubtful: xr.DataArray) -> None:
    """Hatch the cells where `doubtful` is true."""
    from matplotlib.collections import PolyCollection

    along, across = (str(dim) for dim in doubtful.dims)
    columns, rows = edges(axes, "x", doubtful[across]), edges(axes, "y", doubtful[along])
    corners = [
        [(columns[i], rows[j]), (columns[i + 1], rows[j]), (columns[i + 1], rows[j + 1]),
         (columns[i], rows[j + 1])]
        for j, i in np.argwhere(np.asarray(doubtful.values, dtype=bool))
    ]  # fmt: skip
    if corners:
        style: dict[str, Any] = {"facecolors": "none", "edgecolors": "white", "linewidths": 0.0}
        axes.add_collection(PolyCollection(corners, hatch="//////", **style), autolim=False)


def edges(axes: Axes, which: str, axis: xr.DataArray) -> np.ndarray:
    """Edges of the cells along an axis; its scale and ticks are set to suit."""
    values = np.asarray(axis.values)
    if values.dtype.kind not in "iuf" or not monotone(values):
        places = np.arange(len(values) + 1) - 0.5
        getattr(axes, f"set_{which}ticks")(places[:-1] + 0.5, [str(value) for value in values])
        return places
    if geometric(values):
        getattr(axes, f"set_{which}scale")("log")
        return np.exp(_between(np.log(values.astype(float))))
    return _between(values.astype(float))


def monotone(values: np.ndarray) -> bool:
    """Whether values only grow or only shrink."""
    steps = np.diff(values.astype(float))
    return bool(np.all(steps > 0) or np.all(steps < 0))


def geometric(values: np.ndarray) -> bool:
    """Whether positive values grow by (nearly) equal ratios, over a factor of more than five."""
    values = np.asarray(values, dtype=float)
    if len(values) < 3 or not np.all(values > 0) or max(values) / min(values) < 5:
        return False
    steps = np.diff(np.log(values))
    equal = float(np.ptp(np.diff(values))) <= _RATIOS * float(np.abs(np.diff(values)).max())
    spread = float(np.ptp(steps)) / float(np.abs(steps).max())
    return not equal and spread < 0.2


def _between(values: np.ndarray) -> np.ndarray:
    """Edges half way between values; the outer cells as wide as their neighbours."""
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middle = (values[1:] + values[:-1]) / 2
    return np.concatenate([[2 * values[0] - middle[0]], middle, [2 * values[-1] - middle[-1]]])
