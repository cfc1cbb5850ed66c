"""Gradients as bars: how a merit answers to every parameter, with the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_table
from darkstate.plots.place import place
from darkstate.plots.style import COLOURS, COLUMN, SMALL, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_REMEDY = "Pass the dataset of gradient(model, merit, parameters)."
_ROW, _EDGES = 6.5, 17.0


@styled
def gradient_bars(
    table: xr.Dataset, *, unit: str = "", width: float = COLUMN, ax: Axes | None = None
) -> Figure:
    """The derivative by each parameter as a bar, its estimated error as a line across its end.

    Args:
        table: of `darkstate.gradient`; a parameter with several values has a bar for each.
        unit: of the merit, such as ``"ebit"``.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with one row a parameter, in the order of the table; the number stands beside it.

    Raises:
        ArgumentError: no such table.
    """
    data = check_table("table", table, _REMEDY)
    names, slopes, errors = gradient_rows(data)
    at = place(ax, width, _EDGES + _ROW * len(names))
    axes, rows = at.axes, np.arange(len(names))
    colours = [COLOURS[0] if slope >= 0 else COLOURS[1] for slope in slopes]
    axes.barh(rows, slopes, xerr=errors, color=colours, height=0.6, error_kw={"elinewidth": 0.8})
    axes.axvline(0.0, color="black", linewidth=0.6)
    for row, slope in zip(rows, slopes, strict=True):
        style: dict[str, Any] = {"va": "center", "fontsize": SMALL, "clip_on": False}
        beyond = axes.get_yaxis_transform()
        axes.text(1.02, float(row), f"{slope:.4g}", transform=beyond, ha="left", **style)
    axes.set_yticks(rows, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel(f"derivative ({unit} per unit)" if unit else "derivative (per unit)")
    return at.figure


def gradient_rows(table: xr.Dataset) -> tuple[list[str], list[float], list[float]]:
    """Names, derivatives and errors of a gradient, one an entry of a parameter.

    Raises:
        ArgumentError: it has no derivatives with their errors.
    """
    names: list[str] = []
    slopes: list[float] = []
    errors: list[float] = []
    for name in map(str, table.data_vars):
        if f"{name} error" not in table:
            continue
        values = np.ravel(table[name].values).tolist()
        several = [f"{name}[{k}]" for k in range(len(values))]
        names += several if table[name].ndim else [name]
        slopes += values
        errors += np.ravel(table[f"{name} error"].values).tolist()
    if not names:
        raise ArgumentError("table", "have derivatives", list(table.data_vars), _REMEDY)
    return names, slopes, errors
