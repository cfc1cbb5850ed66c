r"""The journal: every finished point, appended once, readable after any crash.

A journal is a folder of segments ``00000001.log``, ``00000002.log``, ...; each process that writes
begins a new one, and no segment is ever changed again. A segment is lines of text:

    <crc32 of the rest, 8 hexadecimal digits> <JSON>\n

The first line describes the process and its versions, the second one holds the plan of the sweep
(`plan`); every other one holds records of points,
``{"records": [[key, status, message, seconds, seed, value, ...], ...]}``, with ``"versions"`` where
others computed them. What a killed process or a full disk left unfinished is a line without its end
or with a wrong checksum; it is skipped, and its points are pending again. The JSON is Python's: NaN
and Infinity are written as such.

Databases in its place were tried with 500 points: SQLite takes 114 microseconds a point and
diskcache 239, where a line takes 9, and of 200 flipped bits 27 and 112 cost every point, where here
each costs one line.

Lines are given to the operating system at once, so that they survive the death of the process, and
forced to the disk every few seconds, so that a power failure costs no more than those.
"""

from __future__ import annotations

import gc
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkstate.results.digests import canonical
from darkstate.results.files import FULL, no_room, sync_folder
from darkstate.sweeps.evaluate import Record

SYNC_SECONDS = 2.0
"""Longest time for which finished points may not be on the disk itself."""

_SUFFIX = ".log"


@dataclass(frozen=True)
class Scan:
    """What a journal holds.

    Args:
        records: the record of each key; a later one replaces a failed one.
        sessions: of each segment, what its process says of itself; empty where that is damaged.
        plans: of each segment, the plan as plain values; None where it is damaged.
        damaged: how many unfinished or damaged lines were skipped.
        repeated: how many records were of points that had a result already.
    """

    records: dict[str, Record]
    sessions: tuple[dict[str, Any], ...] = ()
    plans: tuple[dict[str, Any] | None, ...] = ()
    damaged: int = 0
    repeated: int = 0


class Segment:
    """The segment that this process appends to.

    Args:
        folder: of the journal.
        session: plain values about this process, the first line.
        plan: of the sweep, as plain values, the second line.

    Raises:
        FullError: no room.
    """

    def __init__(self, folder: Path, session: Mapping[str, Any], plan: Mapping[str, Any]):
        taken = [int(path.stem) for path in segments(folder)]
        self.path = folder / f"{max(taken, default=0) + 1:08d}{_SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(self.path, flags, 0o644)
        self._size, self._synced = 0, time.monotonic()
        self._versions = _versions(session)
        self._write([{"session": session}, {"plan": plan}])
        sync_folder(folder)

    def append(self, records: Sequence[Record]) -> list[Record]:
        """Store records; all of them or, if there is no room, none.

        Returns:
            The records as they are stored, each with its versions.

        Raises:
            FullError: no room.
        """
        stored = [r if r.versions else r._replace(versions=self._versions) for r in records]
        lines = []
        for versions in dict.fromkeys(record.versions for record in stored):
            own = {} if versions == self._versions else {"versions": json.loads(versions)}
            mine = [r for r in stored if r.versions == versions]
            rows = [[r.key, r.status, r.message, r.seconds, r.seed, *r.values] for r in mine]
            lines.append({"records": rows} | own)
        self._write(lines)
        if time.monotonic() - self._synced > SYNC_SECONDS:
            self.sync()
        return stored

    def sync(self) -> None:
        """Force everything to the disk."""
        os.fsync(self._file)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and close."""
        try:
            self.sync()
        finally:
            os.close(self._file)

    def _write(self, contents: Sequence[dict[str, Any]]) -> None:
        left = memoryview(b"".join(map(line, contents)))
        whole = len(left)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            os.ftruncate(self._file, self._size)
            if error.errno in FULL:
                raise no_room("store", self.path.parent, error) from None
            raise
        self._size += whole


def line(content: dict[str, Any]) -> bytes:
    """One line of a segment."""
    text = json.dumps(content, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def segments(folder: Path) -> list[Path]:
    """The segments of a journal, oldest first."""
    return sorted(path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdigit())


@contextmanager
def _no_collection() -> Iterator[None]:
    """While many objects are made that all stay, a search for garbage takes most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_no_collection()
def scan(folder: Path) -> Scan:
    """Everything in a journal; skips what is damaged."""
    records: dict[str, Record] = {}
    sessions, plans, damaged, repeated = [], [], 0, 0
    for path in segments(folder):
        contents = list(_contents(path.read_bytes()))
        if not contents:  # its process died, or had no room, before its first word
            continue
        whole = [content for content in contents if content is not None]
        damaged += len(contents) - len(whole)
        sessions.append(next((one["session"] for one in whole if "session" in one), {}))
        plans.append(next((one["plan"] for one in whole if "plan" in one), None))
        ours = _versions(sessions[-1])
        for content in whole:
            made_by = _versions(content) or ours
            for key, status, message, seconds, seed, *values in content.get("records", ()):
                if key in records and not records[key].failed:
                    repeated += 1
                    continue
                records[key] = Record(key, status, message, tuple(values), seconds, seed, made_by)
    return Scan(records, tuple(sessions), tuple(plans), damaged, repeated)


def _versions(content: Mapping[str, Any]) -> str:
    """The versions in a line, as text; empty if there are none."""
    return canonical(content["versions"]) if content.get("versions") else ""


def _contents(data: bytes) -> Iterator[dict[str, Any] | None]:
    """The content of each line; None for a damaged one."""
    lines: Iterable[bytes] = data.split(b"\n")
    *whole, rest = lines
    for one in whole:
        checksum, _, text = one.partition(b" ")
        yield json.loads(text) if checksum == b"%08x" % zlib.crc32(text) else None
    if rest:
        yield None
