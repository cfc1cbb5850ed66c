"""Death at a chosen moment, without processes and timers.

``deaths(folder, action)`` runs `action` again and again. In round k the k-th step that would change
a file below `folder` raises, and so does every later one, so that nothing can be tidied up any
more: what is on the disk is what a process killed at that moment leaves. (Locks go with it, because
files are still closed.) After each round the caller looks; the last round is undisturbed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Killed(BaseException):
    """What no code catches."""


class _Watch:
    folder: str | None = None
    left = 0


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _Watch.folder is None or not (event in CHANGES or event == "open"):
        return
    path = os.fsdecode(args[0]) if isinstance(args[0], str | bytes | os.PathLike) else ""
    if not path or (os.path.isabs(path) and not path.startswith(_Watch.folder)):
        return
    if event == "open" and not (isinstance(args[2], int) and args[2] & WRITING):
        return
    _Watch.left -= 1
    if _Watch.left < 0:
        raise Killed


sys.addaudithook(_hook)


def deaths(
    folder: Path, action: Callable[[], object], *, first: int = 0, step: int = 1
) -> Iterator[int]:
    """Die at step `first`, ``first + step``, ... of `action`; yields the number of the step."""
    k = first
    while True:
        _Watch.folder, _Watch.left = str(folder), k
        try:
            with suppress(Killed):
                action()
        finally:
            died, _Watch.folder = _Watch.left < 0, None
        yield k
        if not died:
            return
        k += step
