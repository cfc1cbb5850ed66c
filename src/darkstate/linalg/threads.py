"""How many threads the linear algebra may take.

On matrices of a few hundred rows the threads of BLAS mostly wait for each other, and beside other
processes they are many times slower than one.

The number of threads belongs to the process, so contexts of several threads are counted: the
first one in sets it to one, the last one out restores what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()  # finding the libraries takes milliseconds: once is enough


class _OneThread:
    """A context that may be entered any number of times at once, by any thread.

    Each context setting and restoring by itself would be wrong: one that starts inside another
    remembers "one thread" as what was there before, and restores it after the other has left.
    """

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._limit = _thread_pools().limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit.restore_original_limits()


_ONE_THREAD = _OneThread()


def one_blas_thread(wanted: bool = True) -> AbstractContextManager[Any]:
    """Context in which BLAS runs on one thread, unless it is not `wanted`."""
    return _ONE_THREAD if wanted else nullcontext()


def on_one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with BLAS on one thread while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_blas_thread():
            return function(*args, **kwargs)

    return limited
