"""The folder of a store: whose it is, and the table in it for other tools.

A folder is a sweep's if its header says so or, where that is damaged, if there is a journal of a
sweep in it. Any other folder with something in it is left alone.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.errors import ArgumentError
from darkstate.results.digests import MANIFEST, damage, header, is_signed, sign
from darkstate.results.files import as_path, prepare, replace_folder, system_errors, write_whole
from darkstate.results.stored_tables import write_table
from darkstate.sweeps.journal import scan
from darkstate.sweeps.plan import FORMAT

if TYPE_CHECKING:
    import xarray as xr

JOURNAL, LOCK, PROGRESS = "journal", "lock", "progress.json"
TABLE = "table"
MARK, TABLE_MARK = "darkstate sweep", "darkstate sweep table"


def make_store(store: Any) -> Path:
    """The folder of a store, made if needed.

    Raises:
        ArgumentError: there is something else, or the store of another format, or it cannot be
            made.
        FullError: no room.
    """
    path = as_path(store, "store")
    with system_errors("store", path):
        check_format(path)
        if path.exists() and not (_is_fresh(path) or _is_ours(path)):
            rule = "be new, or the store of a sweep"
            remedy = "Choose another name, or move what is there."
            raise ArgumentError("store", rule, str(path), remedy)
        for place, attributes in ((path, {MARK: FORMAT}), (path / JOURNAL, {})):
            place.mkdir(parents=True, exist_ok=True)
            group = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
            if header(place)[0] != group:
                write_whole(place / "zarr.json", json.dumps(group, indent=1).encode(), "store")
    return path


def check_format(path: Path) -> None:
    """Refuse the store of an older or newer darkstate.

    Raises:
        ArgumentError: it is one.
    """
    form = header(path)[1].get(MARK, FORMAT)
    if form != FORMAT:
        remedy = f"Use the darkstate that wrote '{path}', or choose another name."
        raise ArgumentError("store", f"have format {FORMAT}", form, remedy)


def prepare_table(path: Path) -> None:
    """Refuse a store in which something of somebody else's has the name of the table.

    A folder whose header is damaged is set aside: it cannot say which of its files are ours.

    Raises:
        ArgumentError: there is something.
    """
    place = path / TABLE
    with system_errors("store", place):
        plain = place.is_dir() and not place.is_symlink()
        ours = plain and (is_signed(place) or not header(place)[0])
        if ours and damage(place) in (MANIFEST, "zarr.json"):
            place.rename(path / f"{TABLE}.damaged-{secrets.token_hex(4)}")
    prepare(place, TABLE_MARK, overwrite=True, name="store")


def write_arrays(table: xr.Dataset, path: Path, state: str) -> None:
    """Write the table into the store at `path`; `state` says how complete it is.

    Raises:
        FullError, ArgumentError: no room, or the place cannot be written.
    """
    with replace_folder(
        path / TABLE, TABLE_MARK, overwrite=True, name="store", synced=False
    ) as new:
        write_table(table, new)
        sign(new, {TABLE_MARK: state})


def _is_fresh(path: Path) -> bool:
    """An empty folder, or one in which a store was about to begin when its process was killed."""
    return path.is_dir() and all(entry.name[:10] == ".zarr.json" for entry in path.iterdir())


def _is_ours(path: Path) -> bool:
    """Whether a folder has our mark or, where its header is damaged, a journal of ours."""
    return MARK in header(path)[1] or any(scan(path / JOURNAL).sessions)
