"""The table as arrays of a zarr v3 store, for every tool that reads zarr.

The journal is what counts; the arrays are its picture, brought up to date now and then and at the
end. A chunk is replaced as a whole (zarr renames it into its place), and the column ``status`` is
written last: an entry that says ``certified`` has its values beside it, also if the process dies in
between. Where the shape of the table changes, the arrays are made anew; `darkstate.open_sweep`
reads the journal and never sees that.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.sweeps.journal import write_whole
from darkstate.sweeps.tables import STATUS

if TYPE_CHECKING:
    import xarray as xr

CHUNK_POINTS = 2**16
"""Entries of a chunk, at most."""

MARK = "darkstate sweep"
_EXACT = {"array.write_empty_chunks": True}  # else a chunk of -0.0 would come back as +0.0


def write_view(table: xr.Dataset, path: Path, state: str) -> None:
    """Write the table into the store at `path`; `state` says how complete it is."""
    import zarr

    names = sorted((str(name) for name in table.variables), key=lambda name: name == STATUS)
    columns = {name: _stored(table[name].variable) for name in names}
    _clear(path, {*names, "journal"})
    with zarr.config.set(_EXACT):
        root = zarr.open_group(path, mode="a", zarr_format=3, use_consolidated=False)
        old = {name: root.get(name) for name in names if (path / name / "zarr.json").exists()}
        fitting = {name for name in old if _fits(old[name], columns[name])}
        if len(fitting) < len(names):
            _write_root(path, {MARK: "being written"})  # until the shapes belong together again
        for name, column in columns.items():
            target: Any = old[name] if name in fitting else _new_array(root, name, column)
            if dict(target.attrs) != dict(column.attrs):
                target.attrs.put(dict(column.attrs))
            target[...] = column.values
    plain = [str(name) for name in table.coords if name not in table.dims]
    known = {name: json.loads((path / name / "zarr.json").read_text()) for name in sorted(names)}
    _write_root(path, {**table.attrs, MARK: state, "coordinates": " ".join(plain)}, known)


def make_root(path: Path) -> None:
    """An empty store whose group ``journal`` is a group for zarr, too."""
    for place, attributes in ((path / "journal", {}), (path, {MARK: "begun"})):
        place.mkdir(parents=True, exist_ok=True)
        if not (place / "zarr.json").exists():
            _write_root(place, attributes)


def _write_root(
    place: Path, attributes: dict[str, Any], known: dict[str, Any] | None = None
) -> None:
    """The file that makes a folder a group; with `known` readers need not look for its arrays."""
    header: dict[str, Any] = {
        "attributes": attributes,
        "zarr_format": 3,
        "node_type": "group",
    }
    if known is not None:
        metadata = {"kind": "inline", "must_understand": False, "metadata": known}
        header["consolidated_metadata"] = metadata
    write_whole(place / "zarr.json", json.dumps(header, indent=1).encode())


def _clear(path: Path, keep: set[str]) -> None:
    """Remove arrays that the table no longer has, and what a killed process left half written."""
    for place in path.iterdir():
        if place.is_dir() and place.name not in keep:
            shutil.rmtree(place)
    for place in path.rglob("*.partial"):
        place.unlink()


def _stored(column: xr.Variable) -> xr.Variable:
    """A column as it is stored: text as objects, which zarr writes as strings of any length."""
    return column.astype(object) if column.dtype.kind in "OUT" else column


def _new_array(root: Any, name: str, column: xr.Variable) -> Any:
    return root.create_array(
        name,
        shape=column.shape,
        dtype=str if column.dtype.kind == "O" else column.dtype,
        chunks=_chunks(column.shape),
        dimension_names=[str(dim) for dim in column.dims],
        attributes=dict(column.attrs),
        overwrite=True,
    )


def _fits(old: Any, column: xr.Variable) -> bool:
    """Whether a stored array has the shape, dimensions and type of a column."""
    if old.shape != column.shape or old.metadata.dimension_names != column.dims:
        return False
    text = column.dtype.kind == "O"
    return bool(old.dtype == column.dtype or (text and old.dtype.kind in "OT"))


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Chunks of at most `CHUNK_POINTS` entries, cut along the leading dimensions."""
    found, room = [], CHUNK_POINTS
    for count in reversed(shape):
        found.append(max(1, min(count, room)))
        room = max(1, room // max(1, count))
    return tuple(reversed(found))
