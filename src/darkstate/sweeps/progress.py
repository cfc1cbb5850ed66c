"""How a running sweep says how far it is: to a callback, and in a small JSON file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from darkstate.sweeps.evaluate import Record

EVERY_SECONDS = 0.5
"""How often the file is written at most."""

_MEMORY = 30.0
"""The rate is that of the last half minute or so."""


@dataclass(frozen=True)
class SweepProgress:
    """How far a running sweep is.

    Args:
        total: number of points.
        stored: points that are stored, those of earlier runs and failed ones included.
        done: points computed by this run.
        failed: points of this run that failed.
        rate: points a second.
        seconds_left: estimate for the rest; None before there is a rate.
        elapsed: seconds since the start of this run.
        workers: how many compute.
        what: what is happening, in a few words.
        note: what the user should know, such as why there are fewer workers than asked for.
    """

    total: int
    stored: int
    done: int = 0
    failed: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    elapsed: float = 0.0
    workers: int = 1
    what: str = "starting"
    note: str = ""


Listener = Callable[[SweepProgress], None]


class Meter:
    """Counts records and tells a listener and a file.

    Args:
        total: number of points.
        before: points stored by earlier runs that remain as they are.
        workers: gives the number of those who compute.
        file: the JSON file.
        listener: called with the progress.
        note: for whoever listens.
    """

    def __init__(
        self,
        total: int,
        before: int,
        workers: Callable[[], int],
        file: Path,
        listener: Listener,
        note: str = "",
    ):
        self._total, self._before, self._workers, self._note = total, before, workers, note
        self._file, self._listener = file, listener
        self._start = self._told = time.monotonic()
        self._done = self._failed = 0
        self._marks = [(self._start, 0)]
        self.tell("starting")

    def count(self, records: Sequence[Record]) -> None:
        """Records were stored."""
        self._done += len(records)
        self._failed += sum(record.failed for record in records)
        if time.monotonic() - self._told >= EVERY_SECONDS:
            self.tell("computing")

    def now(self, what: str) -> SweepProgress:
        """The progress at this moment."""
        moment = time.monotonic()
        since, first = self._marks[0]
        rate = (self._done - first) / (moment - since) if self._done > first else None
        left = self._total - self._before - self._done
        return SweepProgress(
            total=self._total,
            stored=self._before + self._done,
            done=self._done,
            failed=self._failed,
            rate=rate,
            seconds_left=None if rate is None else left / rate,
            elapsed=moment - self._start,
            workers=self._workers(),
            what=what,
            note=self._note,
        )

    def tell(self, what: str) -> None:
        """Say what is happening."""
        self._told = time.monotonic()
        progress = self.now(what)
        self._listener(progress)
        self._marks.append((self._told, self._done))
        while len(self._marks) > 2 and self._marks[0][0] < self._told - _MEMORY:
            self._marks.pop(0)
        with suppress(OSError):  # a full disk must not stop what can still be stored
            beside = self._file.with_name(f".{self._file.name}.new")  # one writer: the lock
            try:
                beside.write_text(json.dumps(asdict(progress) | {"time": time.time()}))
                beside.replace(self._file)
            finally:
                beside.unlink(missing_ok=True)
