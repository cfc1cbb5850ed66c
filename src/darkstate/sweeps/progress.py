"""How a running sweep says how far it is: to a callback, and in a small JSON file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from darkstate.progress import Progress
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

    @property
    def fraction(self) -> float:
        """Of the points, those that are stored."""
        return self.stored / max(1, self.total)

    def __str__(self) -> str:
        """``1200/5000 points · 3 failed · 41/s · 1 min 32 s left``."""
        parts = [f"{self.stored}/{self.total} points"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.rate is not None:
            rate = self.rate
            parts.append(f"{rate:.3g}/s" if rate >= 0.1 else f"{60 * rate:.2g}/min")
        computing = self.what in ("starting", "computing")
        if computing and self.seconds_left is not None:
            parts.append(f"{duration_text(self.seconds_left)} left")
        return " · ".join(parts if computing else [*parts, self.what])


def duration_text(seconds: float) -> str:
    """A time as people say it: the two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    hours = whole // 3600
    if hours < 48:
        return f"{hours} h {whole % 3600 // 60} min"
    return f"{hours // 24} d {hours % 24} h"


class Meter:
    """Counts records and tells a listener and a file.

    Args:
        total: number of points.
        before: points stored by earlier runs that remain as they are.
        workers: gives the number of those who compute.
        file: the JSON file.
        listener: told a `SweepProgress` and the fraction.
        note: for whoever listens.
    """

    def __init__(
        self,
        total: int,
        before: int,
        workers: Callable[[], int],
        file: Path,
        listener: Progress,
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
        self._listener(progress, progress.fraction)
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
