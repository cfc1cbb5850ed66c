"""Results on disk: one zarr v3 store (a folder) per result, readable by any zarr library.

    result.zarr/
      zarr.json     attributes: format version, report, model or system, kinds of states, digests of
                    the files
      state/        one array per field of the state; nested values are groups
      states/       those at all times of an evolution, if they were kept
      table/        the `xarray.Dataset`, if there is one: xarray.open_zarr(path, group="table")

A store is complete or absent: it is written beside its place and renamed. Missing chunks of zarr
read as zeros, so the digest of each file is kept (`darkstate.results.digests`), and a damaged store
is refused, not returned. Nothing in a store is executed (`darkstate.results.stores`).
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from darkstate.errors import ArgumentError, CapacityError
from darkstate.results.digests import damage, header, sign
from darkstate.results.files import as_path, clear_leftovers, replace_folder, system_errors
from darkstate.results.plain import from_json, to_json
from darkstate.results.report import Report, versions
from darkstate.results.stored_tables import compressors, read_table, write_table
from darkstate.results.stores import unfit
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
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.written import is_writable, read_system, written_system

if TYPE_CHECKING:
    from darkstate.results.result import Result

FORMAT = 3
"""Version of the layout; raised when older readers would misread it. Format 1 had no digest of its
header, format 2 errors by names."""

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


def save_result(result: Result, path: str | Path, overwrite: bool = False) -> Path:
    """Write a result to a zarr store, whole or not at all.

    Args:
        result: state, report, table and model.
        path: the folder to write, by custom ``*.zarr``; its parents are made if needed.
        overwrite: whether a result that is there may be replaced.

    Returns:
        The path.

    Raises:
        ArgumentError: `path` is a file, another folder or a result (without `overwrite`), it cannot
            be written, or something in the result is neither a known state nor plain values.
        FullError: no room.
    """
    import zarr

    with replace_folder(as_path(path), _MARK, overwrite, version=FORMAT) as store:
        root = zarr.open_group(store, mode="w", zarr_format=3)
        kind = None if result.state is None else _write_value(root, "state", result.state)
        if result.table is not None:
            write_table(result.table, store, "table")
        entries = {
            _MARK: FORMAT,
            "versions": versions(),
            "report": to_json(result.report.as_dict(), "report"),
            "model": to_json(dict(result.model), "model"),
            "state": kind,
            "table": result.table is not None,
            "states": _write_states(root, result.states),
            "system": _plain_system(result.system),
        }
        sign(store, entries)
    return Path(path)


def read_result(path: str | Path) -> dict[str, Any]:
    """Read what `save_result` wrote, bit for bit: the fields of a `Result`.

    Args:
        path: the folder of the store.

    Returns:
        ``state, report, table, model``, arrays in memory; nothing stays open.

    Raises:
        ArgumentError: `path` holds no result, one of another format, or a damaged one.
        CapacityError: it does not fit into memory.
    """
    import zarr

    place = as_path(path)
    with system_errors("path", str(path), "read"):
        exists = place.exists()
    if not exists:
        clear_leftovers(place)  # the last writer may have died between two renames
    entries = header(place)[1]
    if _MARK not in entries:
        rule = "be the folder of a saved result"
        raise ArgumentError("path", rule, str(path), "Give the path that result.save(path) wrote.")
    if entries[_MARK] != FORMAT:
        rule = f"hold a result of format {FORMAT}"
        remedy = "Read it with the darkstate that wrote it."
        raise ArgumentError("path", rule, entries[_MARK], remedy)
    _refuse_damaged(path, unfit(place) or damage(place))
    try:
        root = zarr.open_group(place, mode="r", zarr_format=3, use_consolidated=False)
        state = _read_value(root, "state", entries["state"]) if entries["state"] else None
        table = read_table(place, "table") if entries["table"] else None
        report = Report.from_dict(from_json(entries["report"]))
        states = _read_items(root["states"], entries["states"]) if entries.get("states") else ()
        system = read_system(from_json(entries["system"])) if entries.get("system") else None
        model = from_json(entries["model"])
        known = {"state": state, "report": report, "table": table, "model": model}
        return known | {"states": states, "system": system}
    except (MemoryError, CapacityError):
        raise
    except Exception as error:  # whatever zarr, json or a state's own checks find wrong
        _refuse_damaged(path, f"{type(error).__name__}: {error}", error)
        raise


def _write_states(root: Any, states: Sequence[Any]) -> dict[str, Any] | None:
    """The states over time, by number; how they are kept, for the attributes."""
    return _write_items(root.create_group("states"), tuple(states), "states") if states else None


def _plain_system(system: OpenSystem | None) -> Any:
    """A system as JSON; None where there is none, or one with functions of time."""
    if system is None or not is_writable(system):
        return None
    return to_json(written_system(system), "system")


def _refuse_damaged(path: str | Path, why: str | None, cause: Exception | None = None) -> None:
    if why:
        remedy = "Restore it from a copy, or solve again."
        raise ArgumentError("path", f"be undamaged ({why})", str(path), remedy) from cause


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
    group.attrs["home"] = type(value).__module__
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
    kind = str if array.dtype.kind in "OU" else array.dtype
    chunks = (*rows, *(max(1, n) for n in array.shape[1:]))
    target = group.create_array(
        name,
        shape=array.shape,
        dtype=kind,
        chunks=chunks,
        compressors=compressors(),
        config=_EXACT,
    )
    target[...] = array


def _read_value(parent: Any, name: str, kind: str) -> Any:
    """The value that `_write_value` wrote."""
    group = parent[name]
    fields = {key: _read_entry(group, key, entry) for key, entry in group.attrs["plain"].items()}
    fields |= {key: _read_entry(group, key, None) for key in group.array_keys()}
    home = group.attrs.get("home", "")
    if kind not in STORED and re.fullmatch(r"darkstate(\.[a-z_0-9]+)+", home):
        import_module(home)  # types above this band register themselves when they are imported
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
