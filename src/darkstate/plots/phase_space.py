"""Wigner functions as maps: zero is white, and what is negative has another colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkstate.plots.checks import check_data, check_width
from darkstate.plots.place import place
from darkstate.plots.style import COLUMN, axis_label, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAKE = "Make it with wigner(state, label, x)."
DIVERGING = "RdBu_r"
"""Positive is red, negative blue."""


@styled
def wigner_map(data: xr.DataArray, *, width: float = COLUMN, ax: Axes | None = None) -> Figure:
    """A Wigner function in phase space.

    Args:
        data: from `wigner`, over ``x`` and ``p``.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with one axes and a colour bar that is symmetric about zero.

    Raises:
        ArgumentError: no data of two dimensions.
    """
    check_data("data", data, (2,), _MAKE)
    across, up = (data[dimension] for dimension in data.dims)
    at = place(ax, width, 0.82 * check_width(width))
    axes = at.axes
    most = float(np.abs(data.values).max()) or 1.0
    mesh = axes.pcolormesh(
        across, up, data.values.T, cmap=DIVERGING, vmin=-most, vmax=most, rasterized=True
    )
    axes.set(xlabel=axis_label(across), ylabel=axis_label(up), aspect="equal")
    at.holder.colorbar(mesh, ax=axes, label=axis_label(data), pad=0.02)
    return at.figure
