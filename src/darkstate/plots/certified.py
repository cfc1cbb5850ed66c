"""Pictures of certificates: a witness as a chart of its local terms, and the certified range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from darkstate.checks import check_real
from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_table
from darkstate.plots.place import place
from darkstate.plots.style import ABSENT, COLOURS, COLUMN, axis_label, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 24
"""Up to so many terms are drawn, the largest; a line says how many there are."""


@styled
def witness_chart(
    terms: Mapping[str, float], *, width: float = COLUMN, ax: Axes | None = None
) -> Figure:
    """A witness by its local terms, the largest first: ``{"XXZ": weight}``.

    Args:
        terms: of `MeasurementPlan.terms`, or names of correlations with their weights.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Raises:
        ArgumentError: no terms, or weights that are no numbers.
    """
    remedy = "Pass measurement_plan(certificate).terms."
    if not isinstance(terms, Mapping) or not terms:
        raise ArgumentError("terms", "be {name: weight}", terms, remedy)
    pairs = [(str(k), check_real(f"terms['{k}']", v, remedy=remedy)) for k, v in terms.items()]
    pairs.sort(key=lambda pair: -abs(pair[1]))
    shown = pairs[:SHOWN]
    at = place(ax, width, 16.0 + 3.4 * len(shown))
    axes = at.axes
    places = np.arange(len(shown))
    weights = [weight for _, weight in shown]
    colours = [COLOURS[0] if weight < 0 else COLOURS[1] for weight in weights]
    axes.barh(places, weights, color=colours, height=0.7)
    axes.axvline(0.0, color="black", linewidth=0.6)
    axes.set_yticks(places, [name for name, _ in shown], family="monospace")
    axes.invert_yaxis()
    more = f", {len(shown)} of {len(pairs)} terms" if len(pairs) > len(shown) else ""
    axes.set_xlabel(f"weight in the witness{more}")
    return at.figure


@styled
def certified_range(table: xr.Dataset, *, width: float = COLUMN, ax: Axes | None = None) -> Figure:
    """Certified margins over a parameter; where they are positive the state is certified.

    Args:
        table: of `CertifiedLimit.table()`.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Raises:
        ArgumentError: no table of margins and verdicts.
    """
    remedy = "Pass certified_limit(...).table()."
    data = check_table("table", table, remedy)
    if not {"margin", "verdict"} <= set(data.data_vars):
        rule = "have the columns margin and verdict"
        raise ArgumentError("table", rule, list(data.data_vars), remedy)
    margin = data["margin"]
    coordinate = data[margin.dims[0]]
    values, heights = coordinate.values, margin.values
    certified = data["verdict"].values == "certified"
    at = place(ax, width, 58.0)
    axes = at.axes
    if certified.any():
        reach = values[certified]
        axes.axvspan(reach.min(), reach.max(), color=COLOURS[2], alpha=0.15, linewidth=0)
        middle = 0.5 * (reach.min() + reach.max())
        axes.text(middle, 0.97, "certified", ha="center", va="top",
                  transform=axes.get_xaxis_transform())  # fmt: skip
    axes.plot(values, heights, color=ABSENT, zorder=1)
    for kind, colour, marker in ((True, COLOURS[2], "o"), (False, COLOURS[1], "s")):
        those = certified == kind
        axes.scatter(values[those], heights[those], color=colour, marker=marker, s=12, zorder=2)
    axes.axhline(0.0, color="black", linewidth=0.6)
    axes.set(xlabel=axis_label(coordinate), ylabel=axis_label(margin))
    axes.margins(x=0.02)
    return at.figure
