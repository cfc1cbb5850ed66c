"""Work counted in steps of the interpreter: growth with the size, whatever else the machine does.

Seconds depend on the processor and its load; the number of bytecode instructions does not. A loop
that has become quadratic shows at once in sizes that take milliseconds. What happens inside of
NumPy counts as one step; the times of whole computations are in ``benchmarks/bench_growth.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """How many instructions the interpreter executes for `work()`."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Callable:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def growth(work: Callable[[int], object], size: int) -> float:
    """By which factor the steps of ``work(n)`` grow when n doubles twice, from `size` on.

    The constant part drops out: 2 for what is linear in n, 4 for what is quadratic; 0 if nothing
    grows but what NumPy and other compiled code do.
    """
    work(size)  # what is made once, at the first call, is not counted
    few, some, many = (steps(lambda n=n: work(n)) for n in (size, 2 * size, 4 * size))
    return (many - some) / max(1, some - few)
