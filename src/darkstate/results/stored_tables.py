"""Tables on disk: an `xarray.Dataset` as a zarr v3 store that any zarr library can read.

Six things that ``Dataset.to_zarr`` alone does not do: strings are written in zarr's portable type
(numpy's fixed-width one has no specification and warns), chunks have a checksum, chunks of -0.0
keep their sign, numbers of a chunk that is lost are NaN and not zero, on reading a unit of "s"
stays a unit, where xarray would make time differences of the numbers, and any name of a column
comes back. An array is a folder, and not every name is one: "E A1/B1" would become an array inside
of a group, and ".." the store's parent. Such columns are kept in ``column_1``, ... with their name
in the attribute `NAME`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.results.stores import unfit

if TYPE_CHECKING:
    import xarray as xr


NAME = "darkstate name"
"""Attribute of a column whose name cannot be that of a folder."""

_FOLDER = re.compile(
    r"(?!__|(?i:zarr\.json$))[A-Za-z0-9_]([A-Za-z0-9_+\-.\[\]()=,]{0,98}[A-Za-z0-9_\])])?"
)
"""Names that are a folder's on every system: no separators, no spaces, no dots at the end."""


def write_table(table: xr.Dataset, store: str | Path, group: str | None = None) -> None:
    """Write a Dataset to a zarr v3 store, bit for bit; strings as zarr's portable string type.

    Args:
        table: columns of numbers, truth values or strings.
        store: the folder, new or empty; with `group`, a store.
        group: new group inside of the store.

    Raises:
        ArgumentError: a column of another kind, a name that is no text, or `store` is a folder of
            something else.
    """
    place = Path(store) / (group or "")
    if place.exists() and any(place.iterdir()):
        raise ArgumentError("store", "be new", str(place), "Choose another name.")
    plain = table.copy().drop_encoding()
    for name, column in table.variables.items():
        kind = column.dtype.kind
        strings = kind in "UTO" and all(isinstance(entry, str) for entry in column.values.flat)
        if kind not in "biufc" and not strings:
            remedy = "Give times as floats and names as strings."
            raise ArgumentError(f"table['{name}']", "be numbers or strings", column.dtype, remedy)
        if strings:
            plain[name] = plain[name].astype(object)
    folders = _folders(table.variables)
    for name in folders:
        plain[name].attrs[NAME] = name
    plain = plain.rename(folders)
    try:
        plain.to_zarr(
            store,
            group=group,
            mode="w",
            zarr_format=3,
            consolidated=False,
            write_empty_chunks=True,
            encoding={name: _encoding(column) for name, column in plain.variables.items()},
        )
    except (TypeError, ValueError) as error:
        rule = f"be storable ({error})"
        raise ArgumentError("table", rule, table.attrs, "Keep attributes plain.") from error


def _encoding(column: xr.Variable) -> dict[str, Any]:
    """How a column is stored; where a chunk of numbers is lost, there is no number."""
    missing = {"fill_value": np.nan} if column.dtype.kind == "f" else {}
    return {"compressors": compressors()} | missing


def compressors() -> tuple[Any, ...]:
    """How chunks are packed: compressed, and the packed bytes under a checksum (crc32c)."""
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return (ZstdCodec(), Crc32cCodec())


def read_table(store: str | Path, group: str | None = None, name: str = "store") -> xr.Dataset:
    """The Dataset that `write_table` wrote, in memory; units such as "s" stay plain numbers.

    Args:
        store: the folder.
        group: group inside of it.
        name: what it is called in messages.

    Raises:
        ArgumentError: it is no plain store of zarr format 3; nothing in it was opened.
        CapacityError: it does not fit into memory.
    """
    import xarray as xr

    why = unfit(Path(store) / (group or ""))
    if why:
        raise _unreadable(name, store, why)
    try:
        with xr.open_dataset(
            store,  # type: ignore[arg-type]
            engine="zarr",
            group=group,
            consolidated=False,
            zarr_format=3,
            decode_times=False,
            decode_timedelta=False,
        ) as opened:
            table = opened.load().drop_encoding()
    except (ValueError, TypeError, KeyError, OSError, RuntimeError) as error:
        raise _unreadable(name, store, f"{type(error).__name__}: {error}") from error
    for word, column in table.variables.items():
        if column.dtype.kind in "TO":
            words = np.array(column.values.tolist(), dtype=str)
            table[word] = (column.dims, words.reshape(column.shape), column.attrs)
    moved = [word for word, column in table.variables.items() if NAME in column.attrs]
    return table.rename({word: table[word].attrs.pop(NAME) for word in moved})


def _unreadable(name: str, store: str | Path, why: str) -> ArgumentError:
    rule = f"be readable as plain arrays of zarr format 3 ({why})"
    return ArgumentError(name, rule, str(store), "Copy or write it anew.")


def _folders(names: Iterable[Hashable]) -> dict[str, str]:
    """A folder for each name that is none itself, or differs from another one by capitals only.

    Raises:
        ArgumentError: a name is no text.
    """
    words: list[str] = []
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError("table", "have names of text", name, "Rename the column.")
        words.append(name)
    alike = Counter(name.casefold() for name in words)
    unfit = [word for word in words if not _FOLDER.fullmatch(word) or alike[word.casefold()] > 1]
    free = (f"column_{k}" for k in range(1, 2 * len(words) + 1) if f"column_{k}" not in alike)
    return dict(zip(unfit, free, strict=False))
