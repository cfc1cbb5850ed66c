"""Labelled tables: pair measures as matrices and curves, and measures of states over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from darkstate.checks import check_labels, check_sequence
from darkstate.conventions import partner_pairs
from darkstate.errors import ArgumentError, DarkstateError

if TYPE_CHECKING:
    import xarray as xr


TIME = "time"
"""The axis of tables over time."""


@runtime_checkable
class PairMeasure(Protocol):
    """What a table needs of a measure: a name, a unit and many values at once."""

    name: str
    title: str
    unit: str

    def many(self, state: Any, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Values for many pairs."""
        ...


@runtime_checkable
class Columnwise(Protocol):
    """A measure that takes all states over time at once."""

    def column(self, states: Sequence[Any]) -> np.ndarray:
        """Its values, one a state."""
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

    check_pairwise(state, measure)
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
        attrs={"long_name": measure.title, "units": measure.unit},
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

    check_pairwise(state, measure)
    remedy = "Pass pairs=[(label, label), ...]."
    given = partner_pairs(state.labels) if pairs is None else pairs
    chosen = check_sequence("pairs", given, remedy)
    if not chosen:
        raise ArgumentError("pairs", "name at least one pair", pairs, remedy)
    values = measure.many(state, chosen)
    return xr.DataArray(
        values,
        dims=("pair",),
        coords={
            "pair": np.arange(1, len(chosen) + 1),
            "first": ("pair", [first for first, _ in chosen]),
            "second": ("pair", [second for _, second in chosen]),
        },
        name=measure.name,
        attrs={"long_name": measure.title, "units": measure.unit},
    )


def check_pairwise(state: Any, measure: Any) -> None:
    """That there is a state with labels, and a measure of pairs.

    Raises:
        ArgumentError: there is not.
    """
    if not hasattr(state, "labels"):
        remedy = "Pass `result.state`."
        raise ArgumentError("state", "be a state", type(state).__name__, remedy)
    if isinstance(measure, type) or not isinstance(measure, PairMeasure):
        remedy = "Use one of darkstate's, such as darkstate.log_negativity."
        raise ArgumentError("measure", "be a measure of two parties", measure, remedy)


def check_columns(measures: Mapping[str, Any] | None) -> dict[str, Any]:
    """Measures by the name of their column, before anything is computed.

    Raises:
        ArgumentError: no mapping, a name that no column may have, or something that is no function.
    """
    example = "Write {'E': lambda state: log_negativity(state, 'A1', 'B1')}."
    if measures is not None and not isinstance(measures, Mapping):
        raise ArgumentError("measures", "be {column: function of the state}", measures, example)
    columns = dict(measures or {})
    for name, measure in columns.items():
        if not isinstance(name, str) or not name.strip():
            raise ArgumentError("measures", "have names of text", name, "Name the column.")
        if name == TIME:
            rule = "not have the name of the axis"
            raise ArgumentError("measures", rule, name, "Call the column otherwise.")
        if not callable(measure) or isinstance(measure, type):
            rule = "be a function of the state"
            if hasattr(measure, "is_hermitian"):
                example = f"Means of operators are observables={{{name!r}: operator}}."
            raise ArgumentError(f"measures['{name}']", rule, measure, example)
    return columns


def time_table(
    times: Sequence[float], states: Sequence[Any], measures: Mapping[str, Any]
) -> xr.Dataset:
    """The values of measures over time, a column each; complex where a measure returns such values.

    Args:
        times: T times.
        states: the T states.
        measures: ``{column: function of the state}``, as `check_columns` leaves them.

    Raises:
        ArgumentError: a measure returns no number, or fails.
    """
    import xarray as xr

    whole = {name: m for name, m in measures.items() if isinstance(m, Columnwise)}
    single = {name: m for name, m in measures.items() if name not in whole}
    found: dict[str, Any] = {name: measure.column(states) for name, measure in whole.items()}
    found |= {name: [] for name in single}
    for state in states if single else ():  # each is made when it is looked at, and once
        for name, measure in single.items():
            found[name].append(_number(name, measure, state))
    columns: dict[str, Any] = {}
    for name, measure in measures.items():
        values = np.asarray(found[name])
        title, unit = getattr(measure, "title", None), getattr(measure, "unit", None)
        known = {} if title is None else {"long_name": title, "units": unit}
        columns[name] = (TIME, values, known)
    return xr.Dataset(columns, coords=xr.Coordinates.from_xindex(_axis(tuple(times))))


@lru_cache(maxsize=16)
def _axis(times: tuple[float, ...]) -> xr.Index:
    """The index of tables over these times, which many results have."""
    import xarray as xr

    return xr.indexes.PandasIndex(np.array(times, dtype=float), TIME)


def _number(name: str, measure: Any, state: Any) -> float | complex:
    """The value of one measure in one state.

    Raises:
        ArgumentError: it is no number, or the function fails.
    """
    where, kind = f"measures['{name}']", type(state).__name__
    try:
        value = measure(state)
    except (DarkstateError, MemoryError):
        raise
    except Exception as error:  # whatever a function of the user's raises
        rule = f"be a function of a {kind}"
        found = f"one that raises {type(error).__name__}: {error}"
        remedy = "Try it on the state of a result first."
        raise ArgumentError(where, rule, found, remedy) from error
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "biufc":
        rule = f"return one real or complex number of a {kind}"
        remedy = "Reduce it to a number, such as one entry; one column for each."
        raise ArgumentError(where, rule, value, remedy)
    return complex(array) if array.dtype.kind == "c" else float(array)
