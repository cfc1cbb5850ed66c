"""Tables of sweeps in other formats: netCDF (classic, through SciPy) and CSV."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkstate.errors import ArgumentError

if TYPE_CHECKING:
    import xarray as xr


def export_table(table: xr.Dataset, path: Path) -> Path:
    """Write a table; the format is taken from the ending.

    Raises:
        ArgumentError: neither ``.nc`` nor ``.csv``, or the place cannot be written.
    """
    write: Callable[[xr.Dataset, Path], None] | None
    write = {".nc": _netcdf, ".csv": _csv}.get(path.suffix.lower())
    if write is None:
        raise ArgumentError("path", "end in .nc or .csv", str(path), "Rename the file.")
    beside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(table, beside)
        beside.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "Choose another place."
        raise ArgumentError("path", f"be writable ({reason})", str(path), remedy) from None
    finally:
        beside.unlink(missing_ok=True)
    return path


def _netcdf(table: xr.Dataset, path: Path) -> None:
    """netCDF-3: text as fixed characters; 64-bit counts become 32-bit, which hold them."""
    plain = table.copy()
    for name, column in table.variables.items():
        if column.dtype.kind == "O":
            plain[name] = (column.dims, column.values.astype(str), column.attrs)
        elif column.dtype == np.uint32:
            plain[name] = (column.dims, column.values.astype(float), column.attrs)
    plain.to_netcdf(path, format="NETCDF3_64BIT", engine="scipy")


def _csv(table: xr.Dataset, path: Path) -> None:
    """One line a point, parameters first, numbers with all their digits."""
    dims = [str(dim) for dim in table.sizes if dim != "word"]
    shape = tuple(table.sizes[dim] for dim in dims)
    names = [str(name) for name in table.coords if name != "key"]
    names += [str(name) for name in table.data_vars if "word" not in table[name].dims] + ["key"]
    columns = []
    for name in names:
        column = table[name]
        wide = column.broadcast_like(table["status"]).transpose(*dims)
        columns.append(wide.values.reshape(int(np.prod(shape))).tolist())
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
