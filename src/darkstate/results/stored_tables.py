"""Tables on disk: an `xarray.Dataset` as a zarr v3 store that any zarr library can read.

Three things that ``Dataset.to_zarr`` alone does not do: strings are written in zarr's portable type
(numpy's fixed-width one has no specification and warns), chunks of -0.0 keep their sign, and on
reading a unit of "s" stays a unit, where xarray would make time differences of the numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkstate.errors import ArgumentError

if TYPE_CHECKING:
    import xarray as xr


def write_table(table: xr.Dataset, store: str | Path, group: str | None = None) -> None:
    """Write a Dataset to a zarr v3 store, bit for bit; strings as zarr's portable string type.

    Args:
        table: columns of numbers, truth values or strings.
        store: the folder; a zarr store (or the group of one) that is there is replaced.
        group: group inside of the store.

    Raises:
        ArgumentError: a column of another kind, or `store` is a folder of something else.
    """
    place = Path(store)
    if place.exists() and not (place / "zarr.json").exists():
        rule = "be new, or a zarr v3 store"
        raise ArgumentError("store", rule, str(store), "Choose another name.")
    plain = table.copy().drop_encoding()
    for name, column in table.variables.items():
        kind = column.dtype.kind
        strings = kind in "UTO" and all(isinstance(entry, str) for entry in column.values.flat)
        if kind not in "biufc" and not strings:
            remedy = "Give times as floats and names as strings."
            raise ArgumentError(f"table['{name}']", "be numbers or strings", column.dtype, remedy)
        if strings:
            plain[name] = plain[name].astype(object)
    try:
        plain.to_zarr(
            store, group=group, mode="w", zarr_format=3, consolidated=False, write_empty_chunks=True
        )
    except (TypeError, ValueError) as error:
        rule = f"be storable ({error})"
        raise ArgumentError("table", rule, table.attrs, "Keep attributes plain.") from error


def read_table(store: str | Path, group: str | None = None) -> xr.Dataset:
    """The Dataset that `write_table` wrote, in memory; units such as "s" stay plain numbers."""
    import xarray as xr

    with xr.open_dataset(
        store,  # type: ignore[arg-type]
        engine="zarr",
        group=group,
        consolidated=False,
        decode_times=False,
        decode_timedelta=False,
    ) as opened:
        table = opened.load().drop_encoding()
    for name, column in table.variables.items():
        if column.dtype.kind in "TO":
            words = np.array(column.values.tolist(), dtype=str)
            table[name] = (column.dims, words.reshape(column.shape), column.attrs)
    return table
