"""Labelled tables of pair measures: matrices over rows and columns, and curves over pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from darkstate.conventions import partner_pairs
from darkstate.errors import ArgumentError, check_labels

if TYPE_CHECKING:
    import xarray as xr


class PairMeasure(Protocol):
    """What a table needs of a measure: a name, a unit and many values at once."""

    name: str
    symbol: str
    unit: str

    def many(self, state: Any, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Values for many pairs."""
        ...


def pair_table(
    state: Any,
    measure: PairMeasure,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> xr.DataArray:
    """Matrix of a two-party measure between single subsystems.

    Args:
        state: the state, or anything with `labels` that `measure` accepts.
        measure: a measure of two parties, such as `darkstate.log_negativity`.
        rows: labels of the rows; all by default.
        columns: labels of the columns; all by default.

    Returns:
        DataArray with dimensions ``row`` and ``column``; entries of a label with itself are NaN.

    Raises:
        ArgumentError: unknown labels.
    """
    import xarray as xr

    rows = check_labels("rows", rows if rows is not None else state.labels, state.labels)
    columns = check_labels(
        "columns", columns if columns is not None else state.labels, state.labels
    )
    cells = [(r, c) for r in rows for c in columns if r != c]
    values = iter(measure.many(state, cells))
    matrix = np.array([[next(values) if r != c else np.nan for c in columns] for r in rows])
    return xr.DataArray(
        matrix,
        dims=("row", "column"),
        coords={"row": list(rows), "column": list(columns)},
        name=measure.name,
        attrs={"long_name": measure.symbol, "units": measure.unit},
    )


def pair_curve(
    state: Any, measure: PairMeasure, pairs: Sequence[tuple[str, str]] | None = None
) -> xr.DataArray:
    """A two-party measure over a list of pairs.

    Args:
        state: the state.
        measure: a measure of two parties.
        pairs: pairs of labels; by default the partners (A1, B1), (A2, B2), ...

    Returns:
        DataArray with dimension ``pair`` (numbered from 1) and coordinates ``first``, ``second``.

    Raises:
        ArgumentError: there are no partners among the labels and no `pairs` were given.
    """
    import xarray as xr

    chosen = list(pairs) if pairs is not None else partner_pairs(state.labels)
    if not chosen:
        raise ArgumentError(
            "pairs", "name at least one pair", pairs, "Pass pairs=[(label, label), ...]."
        )
    return xr.DataArray(
        measure.many(state, chosen),
        dims=("pair",),
        coords={
            "pair": np.arange(1, len(chosen) + 1),
            "first": ("pair", [first for first, _ in chosen]),
            "second": ("pair", [second for _, second in chosen]),
        },
        name=measure.name,
        attrs={"long_name": measure.symbol, "units": measure.unit},
    )
