"""Many searches: from Sobol points and for every combination of options, stored as a sweep.

A search is a point of a `darkstate.Sweep`: it has a key, is stored as it ends, and is computed by
this process, by workers or by a Dask cluster. The same call goes on where it was; more starts
compute only the new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from darkstate.design.knobs import Vector
from darkstate.design.landscape import Landscape, Look
from darkstate.design.local_search import (
    FEASIBLE,
    GLOBAL,
    MARKS,
    DesignSearch,
    SearchResult,
    search,
)
from darkstate.errors import DarkstateError
from darkstate.progress import Progress
from darkstate.sweeps import Axis, Sweep, SweepProgress, grid, sobol_points, sweep

ENUMERATED = 64
"""Up to so many combinations of options are searched one by one."""


@dataclass(frozen=True)
class Where:
    """Who searches, and where it is kept.

    Args:
        store: folder of the sweep; None to keep nothing.
        workers: processes.
        scheduler: address of a Dask scheduler.
    """

    store: Path | None = None
    workers: int | None = None
    scheduler: str | None = None


def start_points(first: Vector, starts: int, seed: int) -> list[tuple[float, ...]]:
    """The model's own place, and Sobol points of the unit box."""
    points = [tuple(first.tolist())]
    if len(first) and starts > 1:
        ranges = {str(k): (0.0, 1.0) for k in range(len(first))}
        points += [tuple(map(float, row)) for row in sobol_points(ranges, starts - 1, seed).rows]
    return list(dict.fromkeys(points))


def run_search(task: DesignSearch, engine: Any) -> dict[str, float]:
    """One search as a mapping of numbers: what the sweep stores.

    Raises:
        DarkstateError: nothing was found: why.
    """
    return _numbers(search(task, engine))


def _numbers(found: SearchResult) -> dict[str, float]:
    numbers = {"value": found.look.value, "taken": found.choice, "solves": found.solves}
    numbers |= {"refused": found.refused, "feasible": found.look.feasible(FEASIBLE)}
    numbers |= {f"place_{k}": float(u) for k, u in enumerate(found.point)}
    return numbers | {f"best_{m}": b for m, b in zip(MARKS, found.best, strict=True)}


@dataclass(frozen=True, eq=False)
class Ended:
    """How one search ended.

    Args:
        point: in the unit box.
        value: there.
        choice: number of the combination of options.
        feasible: whether all constraints hold.
        solves: what it took.
        refused: points refused on the way.
        best: values after `MARKS` evaluations.
        landscape: what was searched, of the best search of this process.
    """

    point: Vector
    value: float
    choice: int
    feasible: bool
    solves: int
    refused: int
    best: tuple[float, ...]
    landscape: Landscape | None = None

    @property
    def score(self) -> tuple[bool, float]:
        """By this the best is found."""
        return self.feasible, self.value


def run_all(
    task: DesignSearch, points: Sequence[tuple[float, ...]], engine: Any, where: Where,
    progress: Progress,
) -> tuple[list[Ended], list[str]]:  # fmt: skip
    """All searches: how they ended, and why others did not.

    Raises:
        ArgumentError: the store is something else.
    """
    task = task if task.combinations <= ENUMERATED else replace(task, method=GLOBAL)
    axes = search_axes(task, points)
    if where.store is not None:
        return _stored(task, axes, engine, where, progress)
    ended: list[Ended] = []
    failed: list[str] = []
    pairs = [(p, c) for (c,) in axes[0].rows for (p,) in axes[1].rows]
    for k, (point, choice) in enumerate(pairs):
        progress(f"search {k + 1} of {len(pairs)}", k / len(pairs))
        try:
            one = ended_of(search(replace(task, start=point, choice=choice), engine))
        except DarkstateError as error:
            failed.append(str(error))
            continue
        best = max(ended, key=lambda e: e.score, default=None)
        if best is not None and one.score > best.score:  # of the others no solutions are kept
            ended = [replace(other, landscape=None) for other in ended]
        elif best is not None:
            one = replace(one, landscape=None)
        ended.append(one)
    return ended, failed


def search_axes(task: DesignSearch, points: Sequence[tuple[float, ...]]) -> tuple[Axis, Axis]:
    """Dimensions of the sweep: combinations of options, and starts."""
    every = task.method != GLOBAL
    count = task.combinations if every else len(points)  # else: seeds of the global search
    kept = points if every else points[:1]
    return grid("choice", list(range(count))), grid("start", list(kept))


def outputs_of(task: DesignSearch) -> tuple[str, ...]:
    """What is stored of a search."""
    places = [f"place_{k}" for k in range(len(task.knobs))]
    marks = [f"best_{mark}" for mark in MARKS]
    return ("value", "taken", "solves", "refused", "feasible", *places, *marks)


def _stored(
    task: DesignSearch, axes: tuple[Axis, ...], engine: Any, where: Where, progress: Progress
) -> tuple[list[Ended], list[str]]:
    assert where.store is not None
    outputs = outputs_of(task)
    named = f"optimise {type(task.model).__name__}"
    plan = Sweep(task, axes, outputs, engine=engine, solve=run_search, name=named)

    def told(now: SweepProgress, fraction: float) -> None:
        progress(f"{now.stored} of {now.total} searches", fraction)

    store = sweep(
        plan, where.store, workers=where.workers, scheduler=where.scheduler, progress=told
    )
    ended, failed = [], []
    for record in store.records():
        if record is None or record.failed:
            failed.append("not computed" if record is None else record.message)
            continue
        numbers = {name: float(v) for name, v in zip(outputs, record.values, strict=True)}  # type: ignore[arg-type]
        ended.append(_ended(numbers, len(task.knobs)))
    return ended, failed


def _ended(numbers: dict[str, float], knobs: int) -> Ended:
    return Ended(
        np.array([numbers[f"place_{k}"] for k in range(knobs)]),
        numbers["value"], int(numbers["taken"]), bool(numbers["feasible"]),
        int(numbers["solves"]), int(numbers["refused"]),
        tuple(numbers[f"best_{mark}"] for mark in MARKS),
    )  # fmt: skip


def ended_of(found: SearchResult) -> Ended:
    """A search of this process as one that ended."""
    look: Look = found.look
    return Ended(
        found.point, look.value, found.choice, look.feasible(FEASIBLE), found.solves,
        found.refused, found.best, found.landscape,
    )  # fmt: skip
