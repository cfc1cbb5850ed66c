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
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

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

STORED = (
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
)
"""Value types that can be stored; a dataclass of arrays, labels and numbers needs one line here."""

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
    if type(value) not in STORED:
        known = ", ".join(kind.__name__ for kind in STORED)
        rule = "be a state that can be stored"
        raise ArgumentError(name, rule, type(value).__name__, f"Known: {known}.")
    group = parent.create_group(name)
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        entry = getattr(value, field.name)
        if isinstance(entry, np.ndarray):
            _write_array(group, field.name, entry)
        elif isinstance(entry, tuple) and entry and isinstance(entry[0], str | tuple):
            # labels, or pairs of labels
            _write_array(group, field.name, np.array(entry, dtype=object))
        elif type(entry) in STORED:
            plain[field.name] = {"kind": _write_value(group, field.name, entry)}
        else:
            plain[field.name] = {"value": to_json(entry, f"{name}.{field.name}")}
    group.attrs["plain"] = plain
    return type(value).__name__


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
    plain = group.attrs["plain"]
    fields: dict[str, Any] = {}
    for key, entry in plain.items():
        nested = "kind" in entry
        fields[key] = (
            _read_value(group, key, entry["kind"]) if nested else from_json(entry["value"])
        )
    for key in group.array_keys():
        array = np.asarray(group[key][...])
        labels = array.dtype.kind in "TOU"
        fields[key] = _tuples(array.tolist()) if labels else array
    return {known.__name__: known for known in STORED}[kind](**fields)


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
