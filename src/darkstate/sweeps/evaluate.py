"""Computing points: from values to a record, the same bits wherever it runs.

A point that fails is a record, too: its status is ``failed`` and its message says why. BLAS is held
to the same number of threads everywhere, because another number can change the last digits.

Random numbers: a point draws from ``SeedSequence(entropy, spawn_key)``. The spawn key is the key of
the point, read as eight 32-bit words, so that the same question has the same answer in any sweep;
the engine is given the 128-bit seed that this sequence generates.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from darkstate.errors import ArgumentError, DarkstateError
from darkstate.frontdoor import evolve, solve
from darkstate.linalg.threads import one_blas_thread
from darkstate.results import Result, Status
from darkstate.sweeps.definition import PointInputs, Sweep
from darkstate.sweeps.vectorised import solve_together

LONGEST_MESSAGE = 600
PENDING = "pending"
"""Status of a point that is not stored yet."""

FAILED = str(Status.FAILED)


@dataclass(frozen=True)
class PointTask:
    """A point to be computed: its number in the sweep, and its key."""

    point: int
    key: str


class Record(NamedTuple):
    """What is kept of a point.

    Args:
        key: of the point.
        status: of the report; ``failed`` where there is no result.
        message: why it failed, or the warnings.
        values: one value an output; None where there is none.
        seconds: that it took.
        seed: the seed that the engine was given, if any.
        versions: what computed it, as text (`provenance.software_text`); empty for those of the
            process that runs the sweep.
    """

    key: str
    status: str
    message: str
    values: tuple[float | str | None, ...]
    seconds: float = 0.0
    seed: int | None = None
    versions: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return self.status == FAILED


def spawn_key(key: str) -> tuple[int, ...]:
    """The key of a point as eight 32-bit words."""
    return tuple(int(key[k : k + 8], 16) for k in range(0, 64, 8))


def point_seed(entropy: int, key: str) -> int:
    """The seed that the engine is given at a point."""
    words = np.random.SeedSequence(entropy, spawn_key=spawn_key(key)).generate_state(4)
    return sum(int(word) << (32 * k) for k, word in enumerate(words))


def seed_of(sweep: Sweep, task: PointTask) -> int | None:
    """The seed of a point, None where nothing is random."""
    entropy = sweep.entropy(sweep.values(task.point))
    return None if entropy is None else point_seed(entropy, task.key)


def solve_point(sweep: Sweep, task: PointTask) -> Any:
    """The full result of one point: a `Result`, or what the sweep's own `solve` returns.

    Raises:
        DarkstateError: whatever the model or the engine refuses.
    """
    seed = seed_of(sweep, task)
    given = sweep.inputs(sweep.values(task.point))
    if sweep.solve is not None:
        extra = {} if seed is None else {"seed": seed}
        return sweep.solve(given.model, given.engine, **extra)
    return _front_door(given, seed)


def _front_door(given: PointInputs, seed: int | None) -> Any:
    engine = given.engine
    if seed is not None and getattr(engine, "seed", 0) is None:
        engine = dataclasses.replace(engine, seed=seed)
    if given.times is not None:
        return evolve(given.model, given.times.values(), engine=engine)
    return solve(given.model, engine)


def evaluate(sweep: Sweep, task: PointTask) -> Record:
    """One point as a record; never raises but for a keyboard interrupt."""
    start = time.perf_counter()
    try:
        seed = seed_of(sweep, task)
        record = _record(sweep, task, solve_point(sweep, task), seed)
    except Exception as error:  # one bad point must not stop the others
        record = failure(sweep, task, _error_text(error))
    return record._replace(seconds=time.perf_counter() - start)


def evaluate_block(sweep: Sweep, block: Sequence[PointTask]) -> list[Record]:
    """Points of a block: together if the sweep is vectorised and they can be, else one by one."""
    if sweep.vectorise and len(block) > 1:
        start = time.perf_counter()
        try:
            results = solve_together([sweep.inputs(sweep.values(t.point)).model for t in block])
            records = [
                failure(sweep, task, _error_text(result))
                if isinstance(result, Exception)
                else _record(sweep, task, result, None)
                for task, result in zip(block, results, strict=True)
            ]
        except (DarkstateError, np.linalg.LinAlgError, TypeError, ValueError):
            pass  # one by one they say which of them cannot be solved
        else:
            share = (time.perf_counter() - start) / len(block)
            return [record._replace(seconds=share) for record in records]
    return [evaluate(sweep, task) for task in block]


def failure(sweep: Sweep, task: PointTask, message: str) -> Record:
    """The record of a point without a result."""
    nothing = (None,) * len(sweep.outputs)
    return Record(task.key, FAILED, message[:LONGEST_MESSAGE], nothing, seed=seed_of(sweep, task))


def _record(sweep: Sweep, task: PointTask, result: Any, seed: int | None) -> Record:
    if not isinstance(result, Mapping | Result):
        rule = "return a Result or a mapping of numbers"
        raise ArgumentError("solve", rule, result, "Return for example {'time': 1.5}.")
    values = tuple(one.read(result) for one in sweep.columns)
    if sweep.solve is not None:
        read = zip(sweep.columns, values, strict=True)
        lost = [o.text for o, value in read if o.is_number and math.isnan(float(value))]
        if lost:
            message = f"`solve` must return numbers, but {', '.join(lost)} is NaN (not a number)."
            return Record(task.key, FAILED, message[:LONGEST_MESSAGE], values, seed=seed)
    if isinstance(result, Mapping):
        return Record(task.key, str(Status.CONVERGED), "", values, seed=seed)
    report = result.report
    doubtful = report.status in (Status.SUSPECT, Status.FAILED)
    message = "; ".join(report.warnings)[:LONGEST_MESSAGE] if doubtful else ""
    return Record(task.key, str(report.status), message, values, seed=seed)


def _error_text(error: Exception) -> str:
    return str(error) if isinstance(error, DarkstateError) else f"{type(error).__name__}: {error}"


def threads(count: int) -> Any:
    """Context in which BLAS runs on `count` threads."""
    if count == 1:
        return one_blas_thread()
    from threadpoolctl import threadpool_limits

    return threadpool_limits(int(count), user_api="blas")
