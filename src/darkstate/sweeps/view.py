"""The table as arrays of a zarr v3 store, for every tool that reads zarr.

The journal is what counts; the arrays are its picture, brought up to date now and then and at the
end. A chunk is replaced as a whole (zarr renames it into its place) and carries a checksum
(crc32c); the column ``status`` is written last: an entry that says ``certified`` has its values
beside it, also if the process dies in between. An array whose metadata are not to the byte what
they should be (another shape, or damage) is made anew; `darkstate.open_sweep` reads the journal and
never sees that.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.results.files import write_whole
from darkstate.sweeps.arrays import METADATA, owned, remember, remove, remove_halves
from darkstate.sweeps.plan import FORMAT
from darkstate.sweeps.tables import STATUS

if TYPE_CHECKING:
    import xarray as xr

CHUNK_POINTS = 2**16
"""Entries of a chunk, at most."""

MARK = "darkstate sweep"
FORMAT_MARK = "darkstate sweep format"

_EXACT = {"array.write_empty_chunks": True}  # else a chunk of -0.0 would come back as +0.0


def write_view(table: xr.Dataset, path: Path, state: str) -> None:
    """Write the table into the store at `path`; `state` says how complete it is.

    Raises:
        FullError, OSError: no room, or the place cannot be written.
    """
    names = sorted((str(name) for name in table.variables), key=lambda name: name == STATUS)
    columns = {name: _stored(table[name].variable) for name in names}
    metadata = {name: _metadata(column) for name, column in columns.items()}
    _write_root(path / "journal", {})
    mine = owned(path, names)
    remember(path, mine | set(names))
    for name in mine - set(names):
        remove(path / name)
    for name in names:
        remove_halves(path / name)
    fitting = {name for name in names if _fits(path / name, metadata[name])}
    if len(fitting) < len(names):  # until the shapes belong together again
        _write_root(path, {MARK: "being written"})
        remove(path / STATUS)
        fitting.discard(STATUS)
    for name, column in columns.items():
        _write(path / name, column, metadata[name], anew=name not in fitting)
    plain = [str(name) for name in table.coords if name not in table.dims]
    attributes = {**table.attrs, MARK: state, "coordinates": " ".join(plain)}
    _write_root(path, attributes, {name: json.loads(metadata[name]) for name in sorted(names)})
    remember(path, set(names))


def make_root(path: Path) -> None:
    """An empty store whose group ``journal`` is a group for zarr, too; the mark comes first."""
    for place, attributes in ((path, {MARK: "begun"}), (path / "journal", {})):
        place.mkdir(parents=True, exist_ok=True)
        if not (place / METADATA).exists():
            _write_root(place, attributes)


def marks(path: Path) -> dict[str, Any]:
    """The attributes of a folder's root, if our mark is among them; else empty."""
    try:
        attributes = json.loads((path / METADATA).read_bytes())["attributes"]
        return dict(attributes) if MARK in attributes else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _write_root(
    place: Path, attributes: dict[str, Any], known: dict[str, Any] | None = None
) -> None:
    """The file that makes a folder a group; with `known` readers need not look for its arrays."""
    header: dict[str, Any] = {
        "attributes": attributes | ({FORMAT_MARK: FORMAT} if MARK in attributes else {}),
        "zarr_format": 3,
        "node_type": "group",
    }
    if known is not None:
        metadata = {"kind": "inline", "must_understand": False, "metadata": known}
        header["consolidated_metadata"] = metadata
    data = json.dumps(header, indent=1).encode()
    with suppress(OSError):
        if (place / METADATA).read_bytes() == data:
            return
    write_whole(place / METADATA, data, "store")


def _stored(column: xr.Variable) -> xr.Variable:
    """A column as it is stored: text as objects, which zarr writes as strings of any length."""
    return column.astype(object) if column.dtype.kind in "OUT" else column


def _metadata(column: xr.Variable) -> bytes:
    """The file ``zarr.json`` of a column's array, as zarr writes it."""
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    memory: dict[str, Any] = {}
    zarr.create_array(
        memory,
        shape=column.shape,
        dtype=str if column.dtype.kind == "O" else column.dtype,
        chunks=_chunks(column.shape),
        compressors=(ZstdCodec(), Crc32cCodec()),
        fill_value=np.nan if column.dtype.kind == "f" else None,  # what is lost is no number
        dimension_names=[str(dim) for dim in column.dims],
        attributes=dict(column.attrs),
        zarr_format=3,
    )
    found: bytes = memory[METADATA].to_bytes()
    return found


def _fits(place: Path, metadata: bytes) -> bool:
    """Whether the array of a column is there, with the very metadata that it should have.

    Where no more than the attributes differ they are replaced: the chunks do not depend on them.
    """
    try:
        data = (place / METADATA).read_bytes()
        if data == metadata:
            return True
        there, wanted = json.loads(data), json.loads(metadata)
        if {**there, "attributes": None} != {**wanted, "attributes": None}:
            return False
    except (OSError, ValueError, TypeError, RecursionError):
        return False
    write_whole(place / METADATA, metadata, "store")
    return True


def _write(place: Path, column: xr.Variable, metadata: bytes, anew: bool) -> None:
    """Write all chunks of an array; `anew` with its metadata, and without what was there."""
    import zarr

    if anew:
        remove(place)
        place.mkdir(exist_ok=True)
        write_whole(place / METADATA, metadata, "store")
    with zarr.config.set(_EXACT):
        target: Any = zarr.open_array(place, mode="r+", zarr_format=3)
        target[...] = column.values


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Chunks of at most `CHUNK_POINTS` entries, cut along the leading dimensions."""
    found, room = [], CHUNK_POINTS
    for count in reversed(shape):
        found.append(max(1, min(count, room)))
        room = max(1, room // max(1, count))
    return tuple(reversed(found))
