"""The program of a local worker: ``python -m darkstate.sweeps.executors.worker HANDLE``.

It reads a sweep and then chunks from the pipe HANDLE, and answers with records as they are
finished. It ends when the pipe does, that is also when the process that started it is killed.
What a model prints goes to the standard error. Ctrl-C is left to the process that runs the sweep.
"""

from __future__ import annotations

import pickle
import signal
import sys
import time
from multiprocessing.connection import Connection

from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.evaluate import Record, evaluate_block, threads
from darkstate.sweeps.executors.base import unpacked
from darkstate.sweeps.scheduling import Chunk

FLUSH_SECONDS = 0.1
"""Finished records are held back for at most so long."""


def serve(pipe: Connection) -> None:
    """Compute chunks until the pipe closes."""
    try:
        sweep, count = unpacked(pipe.recv_bytes())
        while True:
            chunk: Chunk = pickle.loads(pipe.recv_bytes())
            with threads(count):
                _compute(pipe, sweep, chunk)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _compute(pipe: Connection, sweep: Sweep, chunk: Chunk) -> None:
    """Send ``(records, finished)`` now and then; `finished` with the last of them."""
    start = flushed = time.perf_counter()
    records: list[Record] = []
    for block in chunk.blocks:
        records += evaluate_block(sweep, block)
        if time.perf_counter() - flushed > FLUSH_SECONDS and block is not chunk.blocks[-1]:
            pipe.send_bytes(pickle.dumps((records, None)))
            records, flushed = [], time.perf_counter()
    pipe.send_bytes(pickle.dumps((records, time.perf_counter() - start)))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr
    serve(Connection(int(sys.argv[1])))
