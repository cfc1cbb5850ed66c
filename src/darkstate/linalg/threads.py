"""How many threads the linear algebra may take.

On matrices of a few hundred rows the threads of BLAS mostly wait for each other, and beside other
processes they are many times slower than one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()  # finding the libraries takes milliseconds: once is enough


def one_blas_thread(wanted: bool = True) -> AbstractContextManager[Any]:
    """Context in which BLAS runs on one thread, unless it is not `wanted`."""
    return _thread_pools().limit(limits=1, user_api="blas") if wanted else nullcontext()


def on_one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The function, with BLAS on one thread while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_blas_thread():
            return function(*args, **kwargs)

    return limited
