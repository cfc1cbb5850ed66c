"""One writer a store: a lock that dies with its process.

The lock is the operating system's (``flock``) on the file ``lock``: whoever holds it writes there
who it is, and a process that is killed loses it at once, so that nothing stale is ever left.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from darkstate.errors import CapacityError
from darkstate.results.files import system_errors, take_lock

_PAUSE, _PATIENCE = 0.05, 0.3


class BusyError(CapacityError):
    """Another process writes to the store."""


@contextmanager
def hold_lock(path: Path, wait: bool) -> Iterator[None]:
    """Hold the lock file `path`; `wait` for whoever holds it, or refuse.

    Raises:
        BusyError: another process holds it, and `wait` is False.
        CapacityError: there are no locks.
    """
    with system_errors("store", path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(handle, path, wait)
        with suppress(OSError):  # no room, but the lock itself needs none
            os.ftruncate(handle, 0)
            me = {"process": os.getpid(), "host": platform.node()}
            os.pwrite(handle, json.dumps(me).encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path, wait: bool) -> None:
    patience = time.monotonic() + _PATIENCE  # a reader may look at the lock just now
    while not (taken := take_lock(handle)):
        if taken is None:
            raise CapacityError(
                "`store` must lie on a file system with locks of POSIX, but this one has none.",
                "Choose a place on a local disk of Linux or macOS (or in WSL).",
            )
        if not wait and time.monotonic() > patience:
            who = holder(path)
            name = f"process {who['process']} on {who['host']}" if who else "another process"
            raise BusyError(
                f"`store` must have one writer, but {name} writes to '{path.parent.parent}'.",
                "Let it finish, or wait for it (wait=True, --wait): no point is then computed "
                "twice.",
            )
        time.sleep(_PAUSE)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return take_lock(handle) is False  # without locks nobody writes
    finally:
        os.close(handle)


def holder(path: Path) -> dict[str, Any]:
    """Who took the lock last; empty if that cannot be read."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
