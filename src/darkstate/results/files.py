"""Files and folders that are there whole or not at all, and that belong to whom they say.

*Aside, then exchanged.* What is written is built beside its place, under a hidden name such as
``.chain.zarr.darkstate-1f3a90c2``, forced to the disk and renamed into its place in one step. A
folder that is replaced is moved aside by one rename, and the new one into its place by another. A
process that dies leaves the old state or the new one, and what it left beside is cleared by the
next one that writes there; had it died between the two renames, the old folder comes back. Whoever
builds something holds the operating system's lock on it, so that only what dead processes left is
touched.

*Ours.* What darkstate wrote carries a mark: an attribute in the header of a folder (``zarr.json``,
or `MANIFEST` where there is no zarr), or words at the beginning of a file. Nothing else is ever
replaced, and files of somebody else in a folder of ours stay.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from darkstate.errors import ArgumentError, CapacityError, DarkstateError
from darkstate.results.digests import header, output_files

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""What the operating system says when there is no room."""

_ASIDE = re.compile(r"\.darkstate-[0-9a-f]{8}")
_HEAD_BYTES = 4096
"""A mark stands within so many bytes from the beginning of a file."""
_TAIL_BYTES = 65536
"""Of a PDF from its end, where its table of contents is, too."""


class FullError(CapacityError):
    """There is no room on the disk; what was there before is complete."""


def no_room(name: str, place: Path, error: OSError) -> FullError:
    """What to raise for a full disk; `name` is the argument that led there."""
    return FullError(
        f"`{name}` must have room, but the disk of '{place}' is full ({error.strerror}).",
        "What was stored before is complete; free some space and try again.",
    )


@contextmanager
def system_errors(name: str, place: str | Path, deed: str = "written") -> Iterator[None]:
    """What the operating system refuses inside of the block, as an error of four parts.

    Args:
        name: the argument that led there.
        place: file or folder, for the message.
        deed: what cannot be done.

    Raises:
        FullError: no room.
        ArgumentError: no such place, no permission, a name that no file can have, ...
    """
    try:
        yield
    except DarkstateError:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise no_room(name, Path(place), error) from None
        rule = f"be a place that can be {deed} ({error.strerror or error})"
        remedy = "Choose another one, or see to its permissions."
        raise ArgumentError(name, rule, str(place), remedy) from error
    except ValueError as error:
        if "embedded null" not in str(error):  # a NUL in a name, which no other error announces
            raise
        remedy = "Choose another one."
        raise ArgumentError(name, f"be a name ({error})", str(place), remedy) from None


def as_path(path: Any, name: str = "path") -> Path:
    """`path` as a Path.

    Raises:
        ArgumentError: it is none, or has a NUL inside.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise ArgumentError(name, "be a path", path, "Give text such as 'results/chain'.")
    if "\0" in os.fspath(path) or not os.fspath(path):
        raise ArgumentError(name, "be a name that a file can have", path, "Choose another one.")
    return Path(path)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes | Iterable[bytes], name: str = "path") -> None:
    """Write a file so that it is there whole or not at all; an old one is replaced.

    Args:
        path: the file.
        data: what it holds, at once or piece by piece.
        name: the argument that led here, for messages.

    Raises:
        FullError: no room.
        ArgumentError: it cannot be written.
    """
    with system_errors(name, path):
        clear_leftovers(path)
        with _aside(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as (beside, handle):
            with os.fdopen(handle, "wb", closefd=False) as stream:
                stream.writelines((data,) if isinstance(data, bytes) else data)
            if path.exists():
                shutil.copymode(path, beside)
            os.fsync(handle)
            beside.replace(path)
        sync_folder(path.parent)


def mark_at(path: Path, mark: str) -> Any:
    """What stands behind `mark` in the header of a folder, or in the head or end of a file.

    Returns:
        Of a folder the value of the attribute; of a file the number behind the mark, or 0 without
        one; None where there is no such mark.
    """
    if path.is_dir():
        return header(path)[1].get(mark)
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        ends = stream.read(_HEAD_BYTES)
        if ends.startswith(b"%PDF"):  # which tells about itself at its end
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES))
            ends += stream.read()
    found = re.search(re.escape(mark.encode()) + rb"(?: (\d+))?", ends)
    return int(found[1] or 0) if found else None


def require_new_or_ours(
    path: Path, mark: str, overwrite: bool, *, version: int = 0, name: str = "path"
) -> None:
    """Whether `path` may be written: nothing is there, or what carries `mark` and is given up.

    Args:
        path: file or folder.
        mark: of what will be written.
        overwrite: whether an older output may be replaced.
        version: of what will be written; a newer one is never replaced.
        name: the argument that led here, for messages.

    Raises:
        ArgumentError: something else is there, a newer format, or an output that is not given up.
    """
    with system_errors(name, path, "read"):
        if not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir())):
            return
        found = mark_at(path, mark)
    if found is None:
        remedy = "Choose another name, or move what is there."
        raise ArgumentError(name, f"be new, or hold an earlier '{mark}'", str(path), remedy)
    found = found.get("version") if isinstance(found, dict) else found
    if isinstance(found, int) and found > version:
        rule = f"not hold a newer format than {version}"
        raise ArgumentError(name, rule, found, "Choose another name, or update darkstate.")
    if not overwrite:
        remedy = "Choose another name, or replace it: overwrite=True (--overwrite)."
        raise ArgumentError(name, "be new", str(path), remedy)


def clear_leftovers(path: Path) -> None:
    """Clear what processes that died left beside `path`; bring its old state back if it is gone."""
    beside = path.parent
    with suppress(OSError):
        for entry in list(os.scandir(beside)):
            tail = entry.name.removeprefix(f".{path.name}")
            if tail != entry.name and _ASIDE.fullmatch(tail) and not entry.is_symlink():
                _clear_dead(beside / entry.name, path)


def prepare(
    path: Path, mark: str, overwrite: bool, *, version: int = 0, name: str = "path"
) -> Path:
    """What `replace_folder` will need, asked before anything is computed; the path without links.

    Raises:
        FullError, ArgumentError: as of `replace_folder`.
    """
    with system_errors(name, path):
        place = path.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(place)
        require_new_or_ours(place, mark, overwrite, version=version, name=name)
        if os.path.ismount(place) or Path.cwd().is_relative_to(place):
            rule = "be a folder that can be replaced, not the current one or a whole disk"
            raise ArgumentError(name, rule, str(path), "Name a new folder inside of it.")
        with _aside(place, None):
            return place


@contextmanager
def replace_folder(
    path: Path,
    mark: str,
    overwrite: bool,
    *,
    version: int = 0,
    name: str = "path",
    synced: bool = True,
) -> Iterator[Path]:
    """An empty folder to fill, which is moved to `path` at the end of the block.

    Files of others that lie in the folder at `path` are kept in the new one. After an exception
    inside of the block all is as before.

    Args:
        path: the folder; missing parents are made.
        mark: which attribute the header of the new folder has.
        overwrite: whether an older output may be replaced.
        version: of the new output.
        name: the argument that led here, for messages.
        synced: whether its files are forced to the disk before it is moved; else a power failure
            may tear what can be written again.

    Raises:
        FullError: no room.
        ArgumentError: see `require_new_or_ours`; or it cannot be written.
    """
    place = prepare(path, mark, overwrite, version=version, name=name)
    with system_errors(name, path), _aside(place, None) as (beside, _):
        new, old = beside / "new", beside / "old"
        new.mkdir()
        yield new
        if place.exists():
            _keep_foreign(place, new, name)
            shutil.copymode(place, new)
        if synced:
            _sync_tree(new)
        if place.exists():
            place.rename(old)
        new.rename(place)
        if synced:
            sync_folder(place.parent)


@contextmanager
def _aside(path: Path, flags: int | None) -> Iterator[tuple[Path, int]]:
    """A file (a folder, without `flags`) beside `path`, with a lock; cleared at the end."""
    while True:
        beside = path.with_name(f".{path.name}.darkstate-{secrets.token_hex(4)}")
        if flags is None:
            beside.mkdir()
        with suppress(FileNotFoundError):  # taken for a leftover before it had its lock
            handle = os.open(beside, os.O_RDONLY if flags is None else flags, 0o666)
            if take_lock(handle) is not False and beside.exists():
                break
            os.close(handle)
    try:
        yield beside, handle
    finally:
        try:
            _clear(beside, path)
        finally:
            os.close(handle)


def take_lock(handle: int) -> bool | None:
    """Take the operating system's lock of an open file or folder: whether that was possible.

    A process that dies loses it. None: there are no locks here.
    """
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True


def _clear_dead(beside: Path, path: Path) -> None:
    handle = os.open(beside, os.O_RDONLY)
    try:
        if take_lock(handle):
            _clear(beside, path)
    finally:
        os.close(handle)


def _clear(beside: Path, path: Path) -> None:
    """Remove an aside; an old folder in it returns to its place if that is empty."""
    if not beside.is_dir():
        beside.unlink(missing_ok=True)
        return
    old = beside / "old"
    if old.exists() and not os.path.lexists(path):
        old.rename(path)
    if old.exists():
        _give_up(old, path)
    for name in ("new", "gone"):
        shutil.rmtree(beside / name, ignore_errors=True)
    with suppress(OSError):  # something of others is left in it
        beside.rmdir()


def _foreign(folder: Path) -> Iterator[str]:
    """Names of files, relative to a folder of ours, that its header does not list."""
    ours = output_files(folder)
    for root, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]
        for name in (*files, *links):
            inside = (Path(root) / name).relative_to(folder).as_posix()
            if inside not in ours:
                yield inside


def _keep_foreign(place: Path, new: Path, name: str) -> None:
    """Give each file of others in the old folder a second name in the new one."""
    for inside in _foreign(place):
        target = new / inside
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(place / inside, target, follow_symlinks=False)
        except OSError as error:
            rule = f"leave room for '{inside}', which darkstate did not write ({error.strerror})"
            remedy = "Move that file, or choose another name."
            raise ArgumentError(name, rule, str(place), remedy) from None


def _give_up(old: Path, place: Path) -> None:
    """Mark a folder that was replaced for removal, after all files of others are in the new one."""
    for inside in [*_foreign(old)]:
        came_late = (old / inside).lstat().st_nlink == 1
        if came_late and not os.path.lexists(place / inside):
            (place / inside).parent.mkdir(parents=True, exist_ok=True)
            (old / inside).rename(place / inside)
    if all((old / inside).lstat().st_nlink > 1 for inside in _foreign(old)):
        old.rename(old.with_name("gone"))


def _sync_tree(folder: Path) -> None:
    """Force all files of a folder to the disk."""
    for root, _, files in os.walk(folder):
        for name in files:
            if not os.path.islink(os.path.join(root, name)):
                handle = os.open(os.path.join(root, name), os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
        sync_folder(Path(root))
