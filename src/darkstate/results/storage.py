"""Results on disk: one zarr v3 store (a folder) per result, readable by any zarr library.

    result.zarr/
      zarr.json     attributes: format version, report, model, kind of state, digests of the files
      state/        one array per field of the state; nested values are groups
      table/        the `xarray.Dataset`, if there is one: xarray.open_zarr(path, group="table")

A store is complete or absent: it is written beside its place and renamed. Missing chunks of zarr
read as zeros, so the digest of each file is kept, and a damaged store is refused, not returned.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.results.plain import from_json, to_json
from darkstate.results.report import Report, versions
from darkstate.results.result import Result
from darkstate.results.stored_tables import read_table, write_table
from darkstate.states import (
    DensityState,
    DickePairState,
    EnsembleState,
    GaussianBatch,
    GaussianState,
    PairMoments,
    PairwiseGaussianState,
    PureState,
    SchmidtState,
    SpinMoments,
)

FORMAT = 1
"""Version of the layout; raised when older readers would misread it."""

Kind = TypeVar("Kind", bound=type)

STORED: dict[str, type] = {}
"""Value types that can be stored, by name: dataclasses of arrays, labels, numbers and each other,
or tuples and lists of these."""


def storable(kind: Kind) -> Kind:
    """Let a value type be stored, as a decorator or called: one line for a new type of state."""
    STORED[kind.__name__] = kind
    return kind


for _kind in (
    GaussianState,
    PairwiseGaussianState,
    GaussianBatch,
    PairMoments,
    DensityState,
    DickePairState,
    EnsembleState,
    PureState,
    SchmidtState,
    SpinMoments,
):
    storable(_kind)

_MARK = "darkstate result"
_CHUNK_BYTES = 2**25
_EXACT = {"write_empty_chunks": True}  # else a chunk of -0.0 would come back as +0.0


def save_result(result: Result, path: str | Path) -> Path:
    """Write a result to a zarr store; a result that is already there is replaced.

    Args:
        result: state, report, table and model.
        path: the folder to write, by custom ``*.zarr``; its parents are made if needed.

    Returns:
        The path.

    Raises:
        ArgumentError: `path` is a file or another folder, or something in the result is neither a
            known state nor plain values.
    """
    import zarr

    place = _place(path).resolve()
    if place.exists() and _MARK not in _attributes(place):
        rule = "be new, or the store of an earlier result"
        raise ArgumentError("path", rule, str(path), "Choose another name, or move what is there.")
    place.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        store = workshop / "new"
        root = zarr.open_group(store, mode="w", zarr_format=3)
        kind = None if result.state is None else _write_value(root, "state", result.state)
        if result.table is not None:
            write_table(result.table, store, "table")
        root.attrs.update(
            {
                _MARK: FORMAT,
                "versions": versions(),
                "report": to_json(result.report.as_dict(), "report"),
                "model": to_json(dict(result.model), "model"),
                "state": kind,
                "table": result.table is not None,
                "files": _digests(store),
            }
        )
        if place.exists():
            place.rename(workshop / "old")
        store.rename(place)
    finally:
        if (workshop / "old").exists() and not place.exists():
            (workshop / "old").rename(place)
        shutil.rmtree(workshop, ignore_errors=True)
    return Path(path)


def load_result(path: str | Path) -> Result:
    """Read what `save_result` wrote, bit for bit.

    Args:
        path: the folder of the store.

    Returns:
        Result with arrays in memory; nothing stays open.

    Raises:
        ArgumentError: `path` holds no result, one of a newer darkstate, or a damaged one.
    """
    import zarr

    place = _place(path)
    header = _attributes(place)
    if _MARK not in header:
        rule = "be the folder of a saved result"
        raise ArgumentError("path", rule, str(path), "Give the path that result.save(path) wrote.")
    if header[_MARK] != FORMAT:
        rule = f"hold a result of format {FORMAT}"
        raise ArgumentError(
            "path", rule, header[_MARK], "Read it with the darkstate that wrote it."
        )
    try:
        found = _digests(place)
        wrong = [name for name, digest in header["files"].items() if found.get(name) != digest]
        if wrong:
            raise ValueError(f"{wrong[0]} is missing or changed")
        root = zarr.open_group(place, mode="r", zarr_format=3)
        state = _read_value(root, "state", header["state"]) if header["state"] else None
        table = read_table(place, "table") if header["table"] else None
        report = Report.from_dict(from_json(header["report"]))
        return Result(state, report, table, from_json(header["model"]))
    except MemoryError:
        raise
    except Exception as error:  # whatever zarr, json or a state's own checks find wrong
        rule = f"be undamaged ({type(error).__name__}: {error})"
        raise ArgumentError(
            "path", rule, str(path), "Restore it from a copy, or solve again."
        ) from error


def _place(path: str | Path) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError("path", "be a path", path, "Give text such as 'result.zarr'.")
    return Path(path)


def _write_value(parent: Any, name: str, value: Any) -> str:
    """Write a state field by field into the group `name`; returns the name of its type."""
    if STORED.get(type(value).__name__) is not type(value):
        rule = "be a state that can be stored"
        raise ArgumentError(name, rule, type(value).__name__, f"Known: {', '.join(STORED)}.")
    group = parent.create_group(name)
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        entry = _write_entry(group, field.name, getattr(value, field.name), name)
        plain |= {} if entry is None else {field.name: entry}
    group.attrs["plain"] = plain
    return type(value).__name__


def _write_entry(group: Any, name: str, entry: Any, owner: str) -> dict[str, Any] | None:
    """Write one field; what is not in an array of its own is returned, for the attributes."""
    if isinstance(entry, np.ndarray):
        _write_array(group, name, entry)
    elif _is_table_of_labels(entry):
        _write_array(group, name, np.array(entry, dtype=object))
    elif type(entry) in STORED.values():
        return {"kind": _write_value(group, name, entry)}
    elif isinstance(entry, tuple | list) and _holds_arrays(entry):
        return {"items": _write_items(group.create_group(name), entry, f"{owner}.{name}")}
    else:
        return {"value": to_json(entry, f"{owner}.{name}")}
    return None


def _write_items(group: Any, entries: Sequence[Any], name: str) -> dict[str, Any]:
    """A tuple or list of arrays (all in one array, end to end) or of other entries, by number."""
    found: dict[str, Any] = {"type": type(entries).__name__}
    kinds = {entry.dtype if isinstance(entry, np.ndarray) else None for entry in entries}
    if len(kinds) == 1 and None not in kinds:
        _write_array(group, "joined", np.concatenate([entry.ravel() for entry in entries]))
        return found | {"shapes": [list(entry.shape) for entry in entries]}
    parts = [_write_entry(group, str(k), entry, name) for k, entry in enumerate(entries)]
    return found | {"parts": parts}


def _is_table_of_labels(entry: Any) -> bool:
    """Labels, or rows of equally many labels: there may be many."""
    if not isinstance(entry, tuple) or not entry:
        return False
    rows = entry if isinstance(entry[0], tuple) else (entry,)
    return bool(rows[0]) and all(
        isinstance(row, tuple)
        and len(row) == len(rows[0])
        and all(isinstance(label, str) for label in row)
        for row in rows
    )


def _holds_arrays(entry: Any) -> bool:
    """Whether there are arrays or states anywhere in nested tuples and lists."""
    if isinstance(entry, tuple | list):
        return any(_holds_arrays(part) for part in entry)
    return isinstance(entry, np.ndarray) or type(entry) in STORED.values()


def _write_array(group: Any, name: str, array: np.ndarray) -> None:
    row = max(1, array.nbytes // max(1, len(array)) if array.ndim else 1)
    rows = (max(1, min(len(array), _CHUNK_BYTES // row)),) if array.ndim else ()
    kind = str if array.dtype.kind == "O" else array.dtype
    chunks = (*rows, *(max(1, n) for n in array.shape[1:]))
    target = group.create_array(name, shape=array.shape, dtype=kind, chunks=chunks, config=_EXACT)
    target[...] = array


def _read_value(parent: Any, name: str, kind: str) -> Any:
    """The value that `_write_value` wrote."""
    group = parent[name]
    fields = {key: _read_entry(group, key, entry) for key, entry in group.attrs["plain"].items()}
    fields |= {key: _read_entry(group, key, None) for key in group.array_keys()}
    return STORED[kind](**fields)


def _read_entry(group: Any, name: str, entry: dict[str, Any] | None) -> Any:
    """The entry that `_write_entry` wrote and described."""
    if entry is None:
        array = np.asarray(group[name][...])
        return _tuples(array.tolist()) if array.dtype.kind in "TOU" else array
    if "kind" in entry:
        return _read_value(group, name, entry["kind"])
    if "items" in entry:
        return _read_items(group[name], entry["items"])
    return from_json(entry["value"])


def _read_items(group: Any, written: dict[str, Any]) -> Any:
    """The tuple or list that `_write_items` wrote and described."""
    if "shapes" in written:
        ends = np.cumsum([math.prod(shape) for shape in written["shapes"]])
        pieces = np.split(np.asarray(group["joined"][...]), ends[:-1])
        shaped = zip(pieces, written["shapes"], strict=True)
        parts = [piece.reshape(shape) for piece, shape in shaped]
    else:
        parts = [_read_entry(group, str(k), part) for k, part in enumerate(written["parts"])]
    return parts if written["type"] == "list" else tuple(parts)


def _tuples(nested: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuples(entry) if isinstance(entry, list) else str(entry) for entry in nested)


def _attributes(place: Path) -> dict[str, Any]:
    """Attributes of the zarr group at `place`; empty if there is none."""
    try:
        return dict(json.loads((place / "zarr.json").read_text(encoding="utf-8"))["attributes"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _digests(store: Path) -> dict[str, str]:
    """SHA-256 of every file of the store but the root's own ``zarr.json``."""
    found = {}
    for file in sorted(store.rglob("*")):
        name = file.relative_to(store).as_posix()
        if file.is_file() and name != "zarr.json":
            with file.open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
