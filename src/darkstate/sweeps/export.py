"""Tables of sweeps in other formats: netCDF (classic, through SciPy) and CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.results.files import require_new_or_ours, system_errors, write_whole

if TYPE_CHECKING:
    import xarray as xr

_MARK = "darkstate sweep"
_COLUMNS = "message,status"
"""What only a csv of ours has in its first line."""


def export_table(table: xr.Dataset, path: Path, overwrite: bool = False) -> Path:
    """Write a table; the format is taken from the ending.

    Args:
        table: of a sweep.
        path: the file, ending in ``.nc`` or ``.csv``; folders are made if needed.
        overwrite: whether an earlier export may be replaced.

    Raises:
        ArgumentError: another ending, something is there already, or it cannot be written.
        FullError: no room.
    """
    formats: dict[str, tuple[Callable[[xr.Dataset], bytes], str]] = {
        ".nc": (_netcdf, _MARK),
        ".csv": (_csv, _COLUMNS),
    }
    if path.suffix.lower() not in formats:
        raise ArgumentError("path", "end in .nc or .csv", str(path), "Rename the file.")
    made, mark = formats[path.suffix.lower()]
    require_new_or_ours(path, mark, overwrite)
    with system_errors("path", path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, made(table))
    return path


def _netcdf(table: xr.Dataset) -> bytes:
    """netCDF-3: text as fixed characters; 64-bit counts become 32-bit, which hold them."""
    plain = table.assign_attrs()
    plain.attrs = {_MARK: "table", **table.attrs}  # first: within the head that is read for it
    for name, column in table.variables.items():
        if column.dtype.kind == "O":
            plain[name] = (column.dims, column.values.astype(str), column.attrs)
        elif column.dtype == np.uint32:
            plain[name] = (column.dims, column.values.astype(float), column.attrs)
    return bytes(plain.to_netcdf(format="NETCDF3_64BIT", engine="scipy"))


def _csv(table: xr.Dataset) -> bytes:
    """One line a point, parameters first, numbers with all their digits."""
    plain = table.drop_vars([name for name, one in table.variables.items() if "word" in one.dims])
    frame = plain.to_dataframe(dim_order=list(plain.sizes)).reset_index()
    names = [str(name) for name in plain.coords if name != "key"]
    return bytes(
        frame[[*names, *map(str, plain.data_vars), "key"]]
        .to_csv(index=False, na_rep="nan")
        .encode()
    )
