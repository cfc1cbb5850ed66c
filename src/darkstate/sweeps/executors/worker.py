"""The program of a local worker: ``python -P worker.py HANDLE FOLDER ...``.

It reads a sweep and then chunks from its pipe, and answers with records as they are finished; the
first answer is a `Greeting`. It ends when the pipe does, that is also when the process that started
it is killed. What a model prints goes to the standard error. Ctrl-C is left to the process that
runs the sweep.

Nothing in the current folder may take the place of a library: a file ``numpy.py`` in it would be
executed. ``-P`` keeps this file's folder and the current one off the path; the folders from which
the process that runs the sweep imports (its own modules, for a `solve` of the user's) come behind
all others. darkstate itself is loaded by its file, the very package that started the worker, and
nothing of it is imported before.
"""

from __future__ import annotations

import importlib.util
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darkstate.sweeps.executors.base import Terms
    from darkstate.sweeps.scheduling import Chunk

FLUSH_SECONDS = 0.1
"""Finished records are held back for at most so long, and not at all where points have a limit of
time: the first point that is missing is then the one that is being computed."""


def begin(handle: str, folders: list[str]) -> None:
    """Complete the path, load darkstate, and serve at this end of a pipe."""
    sys.path += [folder for folder in folders if folder not in sys.path]
    home = Path(__file__).resolve().parents[2] / "__init__.py"
    spec = importlib.util.spec_from_file_location("darkstate", home)
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["darkstate"] = package
    spec.loader.exec_module(package)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr
    serve(Connection(int(handle)))


def serve(pipe: Connection) -> None:
    """Compute chunks until the pipe closes."""
    from darkstate.sweeps.evaluate import threads
    from darkstate.sweeps.executors.base import Greeting, unpack
    from darkstate.sweeps.provenance import software_text

    try:
        context = pipe.recv_bytes()
        try:
            terms = unpack(context)
        except Exception as error:  # something of the user's cannot be imported here
            pipe.send(Greeting(refusal=f"{type(error).__name__}: {error}"))
            return
        with threads(terms.threads):
            pipe.send(Greeting(software_text()))
            while True:
                compute(pipe, terms, pipe.recv())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def compute(pipe: Connection, terms: Terms, chunk: Chunk) -> None:
    """Send ``(records, seconds)`` now and then; `seconds` with the last of them, None before."""
    from darkstate.sweeps.evaluate import Record, evaluate_block

    patience = FLUSH_SECONDS if terms.point_seconds is None else 0.0
    start = flushed = time.perf_counter()
    records: list[Record] = []
    for block in chunk.blocks:
        records += evaluate_block(terms.sweep, block)
        if time.perf_counter() - flushed > patience and block is not chunk.blocks[-1]:
            pipe.send((records, None))
            records, flushed = [], time.perf_counter()
    pipe.send((records, time.perf_counter() - start))


if __name__ == "__main__":
    begin(sys.argv[1], sys.argv[2:])
