"""The program of a process that computes for one session, and ends with it.

It is a fork of a server that has imported all that is needed, so that another one is there in a
moment when a computation is cancelled by ending its process. What it may take of memory is limited
by the system; predictions see the same limit (`darkstate.memory`), so what would not fit is refused
before it is begun.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from threadpoolctl import threadpool_limits

from darkstate.errors import DarkstateError, border
from darkstate.progress import heard
from darkstate.web.answers import answer
from darkstate.web.parts import Advance, Done, Part, Refused
from darkstate.web.view import View

NEWER = getattr(signal, "SIGUSR1", None)
"""The signal that says that a newer view is in the pipe, where the system has it."""
STEP_SECONDS = 0.1
"""How often it is said how far a computation is, at most."""


class _Outdated(BaseException):
    """A newer view is waiting; no ``except Exception`` on the way may stop it."""


class _Line:
    """The pipe, and whether the computation may be interrupted: never while something is sent.

    Args:
        pipe: gives ``(number, View)``, takes ``(number, Part)``.
    """

    def __init__(self, pipe: Connection):
        self.pipe, self.number, self._free = pipe, 0, False
        self._told = 0.0

    def next_view(self) -> View:
        """Wait for a view; of several the last."""
        self.number, view = self.pipe.recv()
        while self.pipe.poll():
            self.number, view = self.pipe.recv()
        return view

    def say(self, part: Part) -> None:
        """Send a part.

        Raises:
            _Outdated: a newer view is waiting.
        """
        self.pipe.send((self.number, part))
        if self.pipe.poll():
            raise _Outdated

    def each(self, parts: Iterator[Part]) -> Iterator[Part]:
        """The parts, computed with interruptions allowed."""
        while True:
            self._free = True
            part = next(parts, None)
            self._free = False
            if part is None:
                return
            yield part

    def hear(self, what: Any, fraction: float) -> None:
        """Send how far the computation is, now and then; as of `progress.report`."""
        if time.monotonic() - self._told < STEP_SECONDS and not self.pipe.poll():
            return
        self._told, self._free = time.monotonic(), False
        self.say(Advance(str(what), fraction))
        self._free = True

    def interrupt(self, *_signal: Any) -> None:
        """The handler of the signal that says: look, a newer view."""
        if self._free and self.pipe.poll():
            self._free = False
            raise _Outdated


def work(pipe: Connection, memory: float) -> None:
    """Answer views until the pipe closes; a newer one takes the place of the one at work.

    Args:
        pipe: gives ``(number, View)``, takes ``(number, Part)``.
        memory: bytes that may be taken beside what the process has when it begins.
    """
    line = _Line(pipe)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if NEWER is not None:
        signal.signal(NEWER, line.interrupt)
    threadpool_limits(1)  # several of BLAS wait for each other: a small network takes longer
    limit_memory(memory)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            view = line.next_view()
            with suppress(_Outdated):
                with heard(line.hear):
                    for part in line.each(_told(view)):
                        line.say(part)
                line.say(Done())


def _told(view: View) -> Iterator[Part]:
    """The parts of an answer; an error is one, too."""
    try:
        with border("explorer"):
            yield from answer(view)
    except DarkstateError as error:
        yield Refused(str(error))
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        yield Refused(f"This is a fault of darkstate: {type(error).__name__}: {error}")


def limit_memory(more: float) -> None:
    """Let this process take so many bytes more than it has, where the system knows such limits."""
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as stream:
        pages = int(stream.read().split()[0])
        _, hardest = resource.getrlimit(resource.RLIMIT_AS)
        wanted = pages * resource.getpagesize() + int(more)
        if hardest == resource.RLIM_INFINITY or wanted < hardest:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, hardest))
