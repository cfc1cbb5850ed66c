"""What a local worker does, once `start` has begun it.

It reads a sweep and then chunks from its pipe, and answers with records as they are finished. The
first answer is `Ready`, or `Refused`.
It ends when the pipe does, that is also when the process that started it is killed. What a model
prints goes to the standard error. Ctrl-C is left to the process that runs the sweep.
"""

from __future__ import annotations

import pickle
import signal
import sys
import time
from multiprocessing.connection import Connection

from darkstate.sweeps.evaluate import Record, evaluate_block, threads
from darkstate.sweeps.executors.base import Ready, Refused, Terms, unpacked
from darkstate.sweeps.provenance import software_text
from darkstate.sweeps.scheduling import Chunk

FLUSH_SECONDS = 0.1
"""Finished records are held back for at most so long, and not at all where points have a limit of
time: the first point that is missing is then the one that is being computed."""


def main(handle: int) -> None:
    """Serve at this end of a pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr
    serve(Connection(handle))


def serve(pipe: Connection) -> None:
    """Compute chunks until the pipe closes."""
    try:
        context = pipe.recv_bytes()
        try:
            terms = unpacked(context)
        except Exception as error:  # something of the user's cannot be imported here
            pipe.send_bytes(pickle.dumps(Refused(f"{type(error).__name__}: {error}")))
            return
        with threads(terms.threads):
            pipe.send_bytes(pickle.dumps(Ready(software_text())))
            while True:
                chunk: Chunk = pickle.loads(pipe.recv_bytes())
                _compute(pipe, terms, chunk)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _compute(pipe: Connection, terms: Terms, chunk: Chunk) -> None:
    """Send ``(records, finished)`` now and then; `finished` with the last of them."""
    patience = FLUSH_SECONDS if terms.point_seconds is None else 0.0
    start = flushed = time.perf_counter()
    records: list[Record] = []
    for block in chunk.blocks:
        records += evaluate_block(terms.sweep, block)
        if time.perf_counter() - flushed > patience and block is not chunk.blocks[-1]:
            pipe.send_bytes(pickle.dumps((records, None)))
            records, flushed = [], time.perf_counter()
    pipe.send_bytes(pickle.dumps((records, time.perf_counter() - start)))
