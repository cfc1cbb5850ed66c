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

from darkstate.errors import DarkstateError, border
from darkstate.progress import heard
from darkstate.web.answers import answer
from darkstate.web.parts import Advance, Done, Part, Refused
from darkstate.web.view import View

STEP_SECONDS = 0.1
"""How often it is said how far a computation is, at most."""


class _Outdated(Exception):  # noqa: N818
    """A newer view is waiting."""


def work(pipe: Connection, memory: float) -> None:
    """Answer views until the pipe closes; a newer one takes the place of the one at work.

    Args:
        pipe: gives ``(number, View)``, takes ``(number, Part)``.
        memory: bytes that may be taken beside what the process has when it begins.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(memory)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            number, view = _newest(pipe)
            with suppress(_Outdated):
                with heard(_listener(pipe, number)):
                    for part in _told(view):
                        pipe.send((number, part))
                        _look(pipe)
                pipe.send((number, Done()))


def _newest(pipe: Connection) -> tuple[int, View]:
    """Wait for a view; of several the last."""
    asked = pipe.recv()
    while pipe.poll():
        asked = pipe.recv()
    return asked


def _look(pipe: Connection) -> None:
    if pipe.poll():
        raise _Outdated


def _listener(pipe: Connection, number: int) -> Any:
    last = time.monotonic()

    def tell(what: Any, fraction: float) -> None:
        nonlocal last
        _look(pipe)
        if time.monotonic() - last >= STEP_SECONDS:
            last = time.monotonic()
            pipe.send((number, Advance(str(what), fraction)))

    return tell


def _told(view: View) -> Iterator[Part]:
    """The parts of an answer; an error is one, too."""
    try:
        with border("explorer"):
            yield from answer(view)
    except DarkstateError as error:
        yield Refused(str(error))
    except (_Outdated, GeneratorExit):
        raise
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
