"""What speaks against opening a zarr store: read from its JSON, before any library opens it.

Loading never executes anything. A codec of a store is a name that a library turns into code, and
objects of Python may be pickled in it; so a store is only opened if it is of zarr format 3, every
codec and data type in it is one of those listed here, it has no links, and its arrays fit into
memory. Nothing of format 2 may lie in it, whose filters include such that execute.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkstate.memory import available_memory, refuse_if_too_large

CODECS = {"bytes", "crc32c", "vlen-utf8", "zstd"}
"""What may have packed a chunk; none of them executes what it reads."""

BYTES = {
    "bool": 1,
    **{f"{kind}{bits}": bits // 8 for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": bits // 8 for bits in (16, 32, 64)},
    **{f"complex{bits}": bits // 8 for bits in (64, 128)},
    "string": 100,  # in memory, for a label
}
"""Data types that are read, and how many bytes an entry takes."""

_METADATA = "zarr.json"
_OLDER = {".zarray", ".zgroup", ".zattrs", ".zmetadata"}
_LARGEST_METADATA = 2**26
_MOST_DIMENSIONS = 32
_CHUNKS_AT_ONCE = 20
"""Chunks that are decoded side by side, packed and unpacked."""

_GROUP = {"zarr_format", "node_type", "attributes", "consolidated_metadata"}
_ARRAY = {
    "zarr_format",
    "node_type",
    "attributes",
    "shape",
    "data_type",
    "chunk_grid",
    "chunk_key_encoding",
    "fill_value",
    "codecs",
    "dimension_names",
    "storage_transformers",
}


def unfit(store: Path) -> str | None:
    """Why a store is not opened; None if nothing speaks against it.

    Raises:
        CapacityError: its arrays do not fit into memory.
    """
    needed = 0.0
    try:
        for name in _metadata_files(store):
            needed += _array_size(store / name, name)
    except _UnfitError as error:
        return str(error)
    what = f"reading '{store.name}'"
    refuse_if_too_large(what, needed, available_memory(), "Read it on a larger machine.")
    return None


class _UnfitError(Exception):
    """Why a store is not opened; never leaves this module."""


def _metadata_files(store: Path) -> Iterator[str]:
    """Names of the metadata in a store, in which there are only folders and plain files."""
    folders = [store]
    while folders:
        try:
            entries = sorted(os.scandir(folders.pop()), key=lambda entry: entry.name)
        except OSError as error:
            raise _UnfitError(f"{error.filename} cannot be read: {error.strerror}") from None
        for entry in entries:
            name = Path(entry.path).relative_to(store).as_posix()
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                folders.append(Path(entry.path))
            elif not stat.S_ISREG(mode):
                raise _UnfitError(f"{name} is a link or no plain file")
            elif entry.name in _OLDER:
                raise _UnfitError(f"{name} belongs to zarr format 2")
            elif entry.name == _METADATA:
                yield name


def _array_size(file: Path, name: str) -> float:
    """Bytes that reading an array takes, 0 for a group, after its metadata was checked."""
    if file.stat().st_size > _LARGEST_METADATA:
        raise _UnfitError(f"{name} is too large")
    try:
        node = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(node, dict) or node.get("zarr_format") != 3:
            raise _UnfitError(f"{name} is not of zarr format 3")
        if node["node_type"] == "array":
            return _array_bytes(node, name)
        if node["node_type"] != "group" or node.get("consolidated_metadata") is not None:
            raise _UnfitError(f"{name} is no plain group")
        _check_keys(node, _GROUP, name)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _UnfitError(f"{name} is damaged ({type(error).__name__})") from None
    return 0.0


def _array_bytes(node: dict[str, Any], name: str) -> float:
    _check_keys(node, _ARRAY, name)
    for codec in node["codecs"]:
        known = codec if isinstance(codec, str) else codec["name"]
        if known not in CODECS:
            raise _UnfitError(f"{name} asks for the codec {known!r:.40}")
    kind = node["data_type"]
    if not isinstance(kind, str) or kind not in BYTES:
        raise _UnfitError(f"{name} has the data type {kind!r:.40}")
    if node.get("storage_transformers") or node["chunk_grid"]["name"] != "regular":
        raise _UnfitError(f"{name} does not have plain chunks")
    shape, chunks = node["shape"], node["chunk_grid"]["configuration"]["chunk_shape"]
    whole = all(type(n) is int and n >= 0 for n in (*shape, *chunks)) and 0 not in chunks
    if not whole or not len(shape) == len(chunks) <= _MOST_DIMENSIONS:
        raise _UnfitError(f"{name} has no proper shape")
    many = math.prod(-(-n // size) for n, size in zip(shape, chunks, strict=True))
    entries = math.prod(shape) + math.prod(chunks) * min(_CHUNKS_AT_ONCE, many)
    return float(min(entries, 10**30)) * BYTES[kind]


def _check_keys(node: dict[str, Any], known: set[str], name: str) -> None:
    for key in node:
        if key not in known:
            raise _UnfitError(f"{name} has the unknown entry {key!r:.40}")
