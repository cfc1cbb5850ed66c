"""Whose a folder is, and what the operating system's refusals mean for a store.

A folder is a sweep's if its root says so, or, where the root is damaged, if its journal does: a
plan, or the first line of a segment. Any other folder with something in it is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darkstate.errors import ArgumentError
from darkstate.results.files import FULL, no_room
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
    path = store_path(store)
    with writing(path):
        if path.exists() and not (_is_fresh(path) or _is_ours(path)):
            rule = "be new, or the store of a sweep"
            remedy = "Choose another name, or move what is there."
            raise ArgumentError("store", rule, str(path), remedy)
        make_root(path)
    return path


def store_path(store: Any) -> Path:
    """A path that a user gave.

    Raises:
        ArgumentError: it is none.
    """
    if not isinstance(store, str | Path) or not str(store).strip() or "\0" in str(store):
        raise ArgumentError(
            "store", "be the path of a folder", store, "Write for example 's.zarr'."
        )
    return Path(store)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the operating system refuses while a store is written, as darkstate's own errors.

    Raises:
        FullError: no room.
        ArgumentError: anything else that the system says.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise no_room("store", path, error) from None
        rule = f"be a folder that can be written ({error.strerror or error})"
        remedy = "Choose another place, or see to what the system says."
        raise ArgumentError("store", rule, str(error.filename or path), remedy) from None


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
