"""Pareto fronts: how much of one merit a certain amount of another costs.

One merit is made as large as can be while the other is held at or above a level (epsilon
constraint), for levels between what the best of the first leaves of the second and the second's own
best. Unlike weighted sums this also reaches the hollow parts of a front.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_integer, check_sequence
from darkstate.design.design_task import design_task, where
from darkstate.design.imperfections import Imperfections
from darkstate.design.local_search import DesignSearch
from darkstate.design.multi_start import Ended, Where, run_all
from darkstate.design.optimise import confirmed
from darkstate.design.quantities import Constraint
from darkstate.display import page, table
from darkstate.errors import ArgumentError, NumericalError, border
from darkstate.frontdoor.selection import check_engine
from darkstate.progress import Progress, Wanted, listening
from darkstate.results import Status

if TYPE_CHECKING:
    import xarray as xr

_TIE = 1e-6
"""Relative difference below which a merit counts as the same."""


@dataclass(frozen=True)
class FrontPoint:
    """One compromise.

    Args:
        values: of the two merits.
        knobs: numbers of the knobs.
        options: what was chosen among `choices`.
        status: ``converged`` if the second look confirmed it.
        dominated: whether another point of the front has more of both, or as much.
    """

    values: tuple[float, float]
    knobs: Mapping[str, float]
    options: Mapping[str, Any]
    status: Status
    dominated: bool = False


@dataclass(frozen=True, repr=False)
class ParetoFront:
    """The best compromises between two merits that were found.

    Args:
        merits: their names.
        points: from the most of the first to the most of the second.
        solves: steady states and adjoint equations.
        seconds: of this call.
        notes: what else is to be known.
    """

    merits: tuple[str, str]
    points: tuple[FrontPoint, ...]
    solves: int
    seconds: float
    notes: tuple[str, ...] = ()

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows."""
        rows = [("merits", " and ".join(self.merits))]
        for point in self.points:
            knobs = ", ".join(f"{name} = {number:.4g}" for name, number in point.knobs.items())
            knobs += "".join(f", {name} = {option}" for name, option in point.options.items())
            doubt = "" if point.status is Status.CONVERGED else f" ({point.status})"
            worse = " (dominated)" if point.dominated else ""
            rows.append(("{:.4g}, {:.4g}".format(*point.values), knobs + doubt + worse))
        rows += [("note", note) for note in self.notes]
        return [*rows, ("cost", f"{self.solves} solves, {self.seconds:.3g} s")]

    def __str__(self) -> str:
        return "\n".join(f"{name + ':':26} {value}" for name, value in self.lines())

    def __repr__(self) -> str:
        return f"ParetoFront({' and '.join(self.merits)}: {len(self.points)} points)"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return page("Pareto front", table(self.lines()))

    def table(self) -> xr.Dataset:
        """Over ``point``: both merits, the knobs, the status, and whether it is dominated."""
        import xarray as xr

        columns: dict[str, Any] = {
            name: [point.values[k] for point in self.points] for k, name in enumerate(self.merits)
        }
        for name in self.points[0].knobs:
            columns[name] = [point.knobs[name] for point in self.points]
        columns["status"] = [str(point.status) for point in self.points]
        columns["dominated"] = [point.dominated for point in self.points]
        data = {name: ("point", np.array(column)) for name, column in columns.items()}
        return xr.Dataset(data, attrs={"merits": list(self.merits)})


@border("pareto")
def pareto(
    model: Any,
    merits: Sequence[Any],
    bounds: Any,
    *,
    points: int = 7,
    constraints: Sequence[Constraint] = (),
    choices: Mapping[str, Sequence[Any]] | None = None,
    imperfections: Imperfections | None = None,
    starts: int = 3,
    seed: int = 0,
    method: str | None = None,
    engine: Any = None,
    most: int = 500,
    store: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Wanted = False,
) -> ParetoFront:
    """The best compromises between two merits, both to be large.

    Args:
        model, bounds, constraints, choices, imperfections: as of `optimise`.
        merits: two merits.
        points: how many compromises, both ends included, >= 2.
        starts: searches for each, besides those from the two ends.
        seed, method, engine, most: as of `optimise`.
        store, workers, scheduler: as of `optimise`; one store serves all points.
        progress: True for a bar, or a function of (what, fraction).

    Raises:
        ArgumentError: as of `optimise`; or not two merits.
        NumericalError: nothing could be solved.

    Source: Haimes, Lasdon, Wismer, IEEE Trans. Syst. Man Cybern. 1, 296 (1971).
    """
    begun = time.monotonic()
    remedy = "Give two merits, [ds.merit(...), ds.merit(...)]."
    if len(check_sequence("merits", merits, remedy)) != 2:
        raise ArgumentError("merits", "be two", merits, remedy)
    check_integer("points", points, minimum=2, remedy="Give at least both ends.")
    task, begins = design_task(
        model, list(merits), bounds, constraints, choices, imperfections, method, most, starts, seed
    )
    engine = None if engine is None else check_engine(engine)
    place = where(store, workers, scheduler)
    with listening(progress) as listener:
        return _front(task, begins, points, engine, place, listener, begun)


def _front(
    task: DesignSearch, begins: list[tuple[float, ...]], points: int, engine: Any, place: Where,
    progress: Progress, begun: float,
) -> ParetoFront:  # fmt: skip
    first, second = task.merits
    ends = [_best(replace(task, merits=(one,)), begins, engine, place) for one in task.merits]
    progress("both ends", 1 / points)
    low, high = (_value(task, second, end, engine) for end in ends)
    begins = list(dict.fromkeys([*begins, *(tuple(e.point.tolist()) for e, _ in ends)]))
    found, solves, notes = [], sum(cost for _, cost in ends), []
    for k, level in enumerate(np.linspace(low, high, points).tolist()):
        held = Constraint(second, minimum=level - 1e-9 * max(1.0, abs(level)))
        step = replace(task, merits=(first,), constraints=(held, *task.constraints))
        try:
            end, cost = _best(step, begins, engine, place)
        except NumericalError as error:
            notes.append(f"no point at {second.title} >= {level:.4g}: {error}")
            continue
        end, landscape, seen, _ = confirmed(step, end, engine)
        solves += cost + landscape.solves
        result = landscape.solve(end.point)
        trusted = result.report.status not in (Status.SUSPECT, Status.FAILED)
        status = Status.CONVERGED if seen.confirmed and trusted else Status.SUSPECT
        values = end.value, _value(task, second, (end, 0), engine)
        knobs = landscape.panel.values(end.point)
        options = task.options(end.choice) if task.choices else {}
        found.append(FrontPoint(values, knobs, options, status))
        progress(f"point {k + 1} of {points}", (k + 1) / points)
    if not found:
        raise NumericalError(f"`pareto` found no point. {'; '.join(notes)}")
    kept = tuple(replace(one, dominated=_dominated(one, found)) for one in found)
    spent = time.monotonic() - begun
    return ParetoFront((first.title, second.title), kept, solves, spent, tuple(notes))


def _best(
    task: DesignSearch, begins: list[tuple[float, ...]], engine: Any, place: Where
) -> tuple[Ended, int]:
    """The best end of all searches, and what they took."""
    ended, failed = run_all(task, begins, engine, place, lambda what, fraction: None)
    if not ended:
        reasons = "; ".join(dict.fromkeys(failed))
        raise NumericalError(f"`pareto` found no point that can be solved. {reasons}")
    best = max(ended, key=lambda one: (one.feasible, one.value))
    return best, sum(one.solves for one in ended)


def _value(task: DesignSearch, merit: Any, end: tuple[Ended, int], engine: Any) -> float:
    """The second merit at an end, imperfections included."""
    landscape = replace(task, merits=(merit,)).landscape(end[0].choice, engine)
    return landscape.look(end[0].point).value


def _dominated(one: FrontPoint, every: list[FrontPoint]) -> bool:
    mine = np.array(one.values)
    slack = _TIE * np.maximum(1.0, np.abs(mine))
    for other in every:
        theirs = np.array(other.values)
        if np.all(theirs >= mine - slack) and np.any(theirs > mine + slack):
            return True
    return False
