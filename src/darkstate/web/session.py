"""One computation at a time for one session: asked, heard, replaced, cancelled.

task = Computation(memory, hear)      hear(part) is called in a thread of its own
task.ask(view)                        the newest view wins
task.cancel()                         ends the process that computes
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any

from darkstate.web.parts import Answer, Done, Explained, Part, Refused
from darkstate.web.view import View
from darkstate.web.worker import NEWER, work

PATIENCE = 1.0
"""Seconds after which, or for what is predicted to take longer, a newer view ends the process that
computes an older one; others end by themselves."""

ONLY_DRAWN = ("steady", "evolution", "sweep")
"""Pages on which nothing but pictures comes after the number: these a signal interrupts."""
DIED = (
    "The process that computed this has ended without an answer, most likely for want of memory. "
    "Take fewer nodes, or start the explorer with more: darkstate serve --memory."
)


def _context() -> Any:
    """Processes that are forks of a server, where the system has such; else new ones."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["darkstate.web.prepared"])
    return context


def prepare() -> None:
    """Start the server of which processes are forks, so that the first answer comes soon."""
    if _context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


class Computation:
    """What one session computes.

    Args:
        memory: bytes that a computation may take.
        hear: is told every part of the newest view, in a thread of its own.
    """

    def __init__(self, memory: float, hear: Callable[[Part], None]):
        self._memory, self._hear = memory, hear
        self._lock = Lock()
        self._process: Any = None
        self._pipe: Connection | None = None
        self._number, self._since, self._seconds = 0, 0.0, 0.0
        self._heard, self._drawing = False, False
        self.busy = False

    def ask(self, view: View) -> None:
        """Compute a view in place of what is computed now."""
        with self._lock:
            long = max(self._seconds, time.monotonic() - self._since) > PATIENCE
            if self.busy and long and not self._drawing:
                self._end()
            if self._pipe is None or not self._process.is_alive():
                self._end()
                self._start()
            listening = self.busy and self._heard
            self._number, self._drawing = self._number + 1, False
            self._since, self._seconds, self.busy = time.monotonic(), 0.0, True
            with suppress(OSError):  # it died just now; its thread tells it
                self._pipe.send((self._number, view))  # type: ignore[union-attr]
                if listening and NEWER is not None:
                    os.kill(self._process.pid, NEWER)

    def cancel(self) -> None:
        """End what is computed now; nothing more is heard of it."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        context = _context()
        self._heard = False
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, self._memory), daemon=True)
        self._process.start()
        theirs.close()
        Thread(target=self._listen, args=(self._pipe,), daemon=True).start()

    def _end(self) -> None:
        self.busy = False
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._pipe is not None:
            self._number += 1  # what is still in the pipe is old
        self._process = self._pipe = None

    def _listen(self, pipe: Connection) -> None:
        """Pass on what belongs to the newest view, until the process ends."""
        try:
            while True:
                number, part = pipe.recv()
                if self._is_newest(pipe, number, part):
                    self._hear(part)
        except (EOFError, OSError):
            if self._was_left_alone(pipe):
                self._hear(Refused(DIED))
                self._hear(Done())
        finally:
            pipe.close()

    def _is_newest(self, pipe: Connection, number: int, part: Part) -> bool:
        with self._lock:
            if pipe is not self._pipe:
                return False
            self._heard = True  # from now on it listens to signals
            if number != self._number:
                return False
            if isinstance(part, Explained):
                self._seconds = part.seconds
            if isinstance(part, Answer):
                self._drawing = part.view.page in ONLY_DRAWN
            self.busy = self.busy and not isinstance(part, Done)
            return True

    def _was_left_alone(self, pipe: Connection) -> bool:
        """Whether the process ended by itself while somebody waits for it."""
        with self._lock:
            waited = pipe is self._pipe and self.busy
            if pipe is self._pipe:
                self._end()
            return waited
