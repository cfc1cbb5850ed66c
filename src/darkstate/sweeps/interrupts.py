"""Ctrl-C and the end of a batch job: stop between points, never within a write.

While a point is computed in this process, the signal raises `KeyboardInterrupt` at once; while
something is stored it only sets a flag, which the loop over the points reads. A second signal
always raises.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupts:
    """Whether the sweep was asked to stop."""

    def __init__(self) -> None:
        self.requested = False
        self._open = False

    @contextmanager
    def catch_signals(self) -> Iterator[None]:
        """Catch SIGINT and SIGTERM for the duration of a ``with`` (in the main thread only)."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        old = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in old:
            signal.signal(number, self._receive)
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    @contextmanager
    def allow(self) -> Iterator[None]:
        """A signal raises `KeyboardInterrupt` in here."""
        if self.requested:
            raise KeyboardInterrupt
        self._open = True
        try:
            yield
        finally:
            self._open = False

    def _receive(self, number: int, frame: FrameType | None) -> Any:
        del number, frame
        again, self.requested = self.requested, True
        if self._open or again:
            raise KeyboardInterrupt
