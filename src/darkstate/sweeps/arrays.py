"""Which folders of a store are its own: the arrays that it wrote, and nothing else.

``journal/arrays.json`` remembers their names, under a digest, from before they are made until after
they are gone. Whatever else lies in the store is somebody's: it is neither removed nor written
over. Of an array only what zarr writes is removed, its metadata and its chunks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from darkstate.errors import ArgumentError
from darkstate.results.files import write_whole
from darkstate.sweeps.sealed import sealed, unsealed

METADATA = "zarr.json"

_FILE = Path("journal") / "arrays.json"
_HALF = re.compile(r".+\.[0-9a-f]{32}\.partial")
"""What zarr has half written when its process is killed."""


def owned(path: Path, wanted: Iterable[str] = ()) -> set[str]:
    """Names of the arrays that this store wrote.

    A store of format 1 has no list, and a list can be damaged: then the arrays are those that the
    root's metadata gathers, and the arrays that have a `wanted` name.
    """
    try:
        return set(unsealed((path / _FILE).read_bytes())["arrays"])
    except (OSError, ValueError, KeyError, TypeError):
        gathered = _document(path).get("consolidated_metadata")
        known = gathered.get("metadata") if isinstance(gathered, dict) else None
        names = {*(known if isinstance(known, dict) else ()), *wanted}
        return {name for name in names if _document(path / name).get("node_type") == "array"}


def remember(path: Path, names: set[str]) -> None:
    """Keep these names as those of the store's arrays.

    Raises:
        FullError: no room.
    """
    data = sealed({"arrays": sorted(names)})
    with suppress(OSError):
        if (path / _FILE).read_bytes() == data:
            return
    write_whole(path / _FILE, data, "store")


def check_free(path: Path, wanted: Iterable[str]) -> None:
    """Refuse a store in which something else has the name of an array that is to be written.

    Raises:
        ArgumentError: there is something.
    """
    wanted = set(wanted)
    mine = owned(path, wanted)
    for name in sorted(wanted):
        place = path / name
        if place.is_symlink() or (place.exists() and (name not in mine or not place.is_dir())):
            rule = f"have no file or folder '{name}' but its own array of that name"
            remedy = "Move it away; the sweep writes a column there."
            raise ArgumentError("store", rule, str(place), remedy)


def remove(place: Path) -> None:
    """Remove an array; what zarr has not written stays, and with it the folder."""
    if place.is_symlink() or not place.is_dir():
        return
    for folder, _, files in os.walk(place, topdown=False):
        here = Path(folder)
        for name in files:
            if _is_zarrs((here / name).relative_to(place)):
                (here / name).unlink(missing_ok=True)
        with suppress(OSError):  # it is not empty
            here.rmdir()


def remove_halves(place: Path) -> None:
    """Remove what a killed process left half written in an array."""
    for half in place.rglob("*.partial"):
        if _HALF.fullmatch(half.name):
            half.unlink(missing_ok=True)


def _is_zarrs(inside: Path) -> bool:
    """Whether a path within an array is one of zarr's: ``zarr.json``, ``c/0/1``, a half of one."""
    if _HALF.fullmatch(inside.name):
        inside = inside.with_name(inside.name.partition(".")[0])
    head, *rest = inside.parts
    if not rest:
        return head in (METADATA, Path(METADATA).stem, "c")
    return head == "c" and all(part.isdigit() for part in rest)


def _document(place: Path) -> dict[str, object]:
    """The metadata of a folder; empty if that cannot be read."""
    try:
        return dict(json.loads((place / METADATA).read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
