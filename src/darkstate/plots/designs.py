"""Pictures of designs: knobs with their tolerances, how searches went, and Pareto fronts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_instance
from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_table
from darkstate.plots.place import place
from darkstate.plots.style import ABSENT, COLOURS, COLUMN, axis_label, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def sensitivity_bars(table: xr.Dataset, *, width: float = COLUMN, ax: Axes | None = None) -> Figure:
    """Each knob in its range: a bar over what it may be for a small loss, a line at the optimum.

    Args:
        table: of `Design.sensitivities()`.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Raises:
        ArgumentError: no such table.
    """
    remedy = "Pass optimise(...).sensitivities()."
    data = check_table("table", table, remedy)
    _check_columns(data, {"value", "down", "up", "low", "high"}, remedy)
    names = [str(name) for name in data["knob"].values]
    at = place(ax, width, 18.0 + 9.0 * len(names))
    axes = at.axes
    low, span = data["low"].values, (data["high"] - data["low"]).values
    value = (data["value"].values - low) / span
    down = np.minimum(np.nan_to_num(data["down"].values / span, posinf=9.0), value)
    up = np.minimum(np.nan_to_num(data["up"].values / span, posinf=9.0), 1 - value)
    rows = np.arange(len(names))
    axes.barh(rows, np.ones(len(names)), color=ABSENT, height=0.12)
    axes.barh(rows, down + up, left=value - down, color=COLOURS[0], alpha=0.6, height=0.5)
    axes.plot(value, rows, "|", color="black", markersize=12)
    for k, name in enumerate(names):
        shown = f"{name} = {float(data['value'].values[k]):.4g}"
        axes.text(0.0, k - 0.33, shown, ha="left", va="bottom")
    axes.set_yticks([])
    axes.set_xticks([0.0, 1.0], ["lower bound", "upper bound"])
    axes.set(xlim=(-0.02, 1.02), ylim=(len(names) - 0.4, -0.9))
    axes.set_xlabel(f"blue: at most {100 * float(data.attrs.get('loss', 0.01)):g} % lost")
    return at.figure


@styled
def convergence_curves(
    data: xr.DataArray, *, width: float = COLUMN, ax: Axes | None = None
) -> Figure:
    """Best value of each search over the number of evaluations.

    Args:
        data: of `Design.convergence()`.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Raises:
        ArgumentError: no such array.
    """
    import xarray as xr

    remedy = "Pass optimise(...).convergence()."
    check_instance("data", data, xr.DataArray, remedy)
    if set(data.dims) != {"search", "evaluations"}:
        raise ArgumentError("data", "have dimensions search, evaluations", data.dims, remedy)
    at = place(ax, width, 58.0)
    rows = data.transpose("search", "evaluations").values
    moving = np.flatnonzero(np.any(rows != rows[:, -1:], axis=0)) if len(rows) else []
    last = min(data.sizes["evaluations"], (int(moving[-1]) if len(moving) else 0) + 3)
    counts = data["evaluations"].values[:last]
    for k, row in enumerate(rows[:, :last]):
        style: dict[str, Any] = {"color": ABSENT, "zorder": 2, "linestyle": "-"}
        style |= {"color": COLOURS[0], "zorder": 3} if k == 0 else {}
        at.axes.semilogx(counts, row, marker="o", markersize=2.5, **style)
    at.axes.set(xlabel="evaluations", ylabel=axis_label(data))
    return at.figure


@styled
def pareto_front(table: xr.Dataset, *, width: float = COLUMN, ax: Axes | None = None) -> Figure:
    """Two merits against each other; open circles were not confirmed or are dominated.

    Args:
        table: of `ParetoFront.table()`.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Raises:
        ArgumentError: no such table.
    """
    remedy = "Pass design.pareto(...).table()."
    data = check_table("table", table, remedy)
    names = [str(name) for name in data.attrs.get("merits", ())]
    _check_columns(data, {*names, "status", "dominated"}, remedy)
    if len(names) != 2:
        raise ArgumentError("table", "name two merits", names, remedy)
    x, y = data[names[1]].values, data[names[0]].values
    sure = (data["status"].values == "converged") & ~data["dominated"].values.astype(bool)
    at = place(ax, width, 58.0)
    order = np.argsort(x[sure])
    at.axes.plot(x[sure][order], y[sure][order], "-o", color=COLOURS[0], markersize=4)
    at.axes.plot(x[~sure], y[~sure], "o", color=COLOURS[1], markersize=4, mfc="none")
    at.axes.set(xlabel=names[1], ylabel=names[0])
    return at.figure


def _check_columns(data: xr.Dataset, wanted: set[str], remedy: str) -> None:
    if not wanted <= set(data.data_vars) or ("value" in wanted and "knob" not in data.coords):
        rule = f"have the columns {', '.join(sorted(wanted))}"
        raise ArgumentError("table", rule, list(data.data_vars), remedy)
