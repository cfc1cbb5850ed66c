"""Whose a folder is.

A folder is a sweep's if its root says so, or, where the root is damaged, if its journal does: a
plan, or the first line of a segment. Any other folder with something in it is left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from darkstate.errors import ArgumentError
from darkstate.results.files import as_path, system_errors
from darkstate.sweeps.journal import has_session
from darkstate.sweeps.plan import DamagedError, check_format, stored_plan
from darkstate.sweeps.store import JOURNAL
from darkstate.sweeps.view import FORMAT_MARK, make_root, marks


def store_folder(store: Any) -> Path:
    """The folder of a store, made if needed.

    Raises:
        ArgumentError: there is something else, or a newer darkstate's, or it cannot be made.
        FullError: no room.
    """
    path = as_path(store, "store")
    with system_errors("store", path):
        if path.exists() and not (_is_fresh(path) or _is_ours(path)):
            rule = "be new, or the store of a sweep"
            remedy = "Choose another name, or move what is there."
            raise ArgumentError("store", rule, str(path), remedy)
        make_root(path)
    return path


def _is_fresh(path: Path) -> bool:
    """An empty folder, or one in which a store was about to begin when its process was killed."""
    return path.is_dir() and all(entry.name[:10] == ".zarr.json" for entry in path.iterdir())


def _is_ours(path: Path) -> bool:
    """Whether a folder has our mark.

    Raises:
        ArgumentError: it has, but is of a newer format.
    """
    journal, marked = path / JOURNAL, marks(path)
    if marked:
        check_format(marked.get(FORMAT_MARK), journal)
    try:
        planned = stored_plan(journal) is not None
    except DamagedError:
        planned = False
    return bool(marked) or planned or has_session(journal)
