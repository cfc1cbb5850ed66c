"""The way in: which knobs, within their bounds, give most of what is wanted?"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from darkstate.checks import (
    check_real,
)
from darkstate.design.confirmation import Confirmation, confirm, confirm_bracket
from darkstate.design.design_task import design_task, where
from darkstate.design.imperfections import Imperfections
from darkstate.design.knob_tolerances import tolerance
from darkstate.design.landscape import Landscape
from darkstate.design.local_search import BOUNDED, GLOBAL, DesignSearch, search
from darkstate.design.multi_start import Ended, ended_of, run_all
from darkstate.design.optimum import Design, DesignCost, LocalOptimum
from darkstate.design.quantities import Constraint, StateQuantity
from darkstate.errors import DarkstateError, NumericalError, border
from darkstate.frontdoor.selection import check_engine
from darkstate.measures import MEASURES
from darkstate.progress import Progress, Wanted, listening
from darkstate.results import Status
from darkstate.results.estimate import Estimate

_SAME = 1e-3
"""Searches that end within this of each other in the unit box, with values as near, are one."""
_AGAIN = 3
"""How often a search is begun again from a better neighbour."""
_SHOWN = 10


@border("optimise")
def optimise(
    model: Any,
    merit: Any,
    bounds: Any,
    *,
    constraints: Sequence[Constraint] = (),
    choices: Mapping[str, Sequence[Any]] | None = None,
    imperfections: Imperfections | None = None,
    minimise: bool = False,
    starts: int = 8,
    seed: int = 0,
    method: str | None = None,
    engine: Any = None,
    most: int = 500,
    loss: float = 0.01,
    store: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Wanted = False,
) -> Design:
    """The knobs of a model, within bounds, that make a merit of its steady state largest.

    Args:
        model: a ready model, or any dataclass with ``system()``.
        merit: from `darkstate.merit`, or a function of the state; of several, in a list, the least
            is made as large as can be.
        bounds: ``{"drive.nbar": (0.02, 3, "log"), "detunings_a": (-2, 2)}``: a field with several
            values has a knob for each. Or a list of `Knob`, for parameters that are tied.
        constraints: `Constraint` objects that must hold.
        choices: options by parameter, ``{"detunings_b": [(0, 1), (1, 0)]}``: all combinations are
            searched if there are few, else by differential evolution.
        imperfections: sampled errors of parameters; the mean or the least merit over them counts.
        minimise: make the merit (of several the largest) small instead.
        starts: how many searches, >= 1: from the model's own values and from Sobol points.
        seed: of the Sobol points.
        method: "SLSQP", "L-BFGS-B", "trust-constr", "COBYQA" (no derivatives),
            "bounded" (Brent, of one knob, once: some ten solutions, for those that take long), or
            "differential_evolution"; by default SLSQP, or L-BFGS-B for many knobs without
            constraints.
        engine: engine object; by default chosen. Slopes are those of `gradient` where the engine
            knows adjoint equations, else central differences of second order.
        most: evaluations after which a search ends.
        loss: relative loss for the tolerances; 0 leaves them out.
        store: folder of a sweep in which each search is stored as it ends; the same call goes on.
        workers: processes that search, with a `store`.
        scheduler: address of a Dask scheduler whose workers search, with a `store`.
        progress: True for a bar, or a function of (what, fraction).

    Returns:
        `Design`. Its status is ``converged`` if a second look confirms a local optimum, else
        ``suspect``; that it is the best of all is never claimed.

    Raises:
        ArgumentError: bounds that are none or exclude the model's values; unknown parameters or
            labels; no merit.
        NumericalError: every search was refused.

    Source: Nocedal, Wright, Numerical Optimization (Springer, 2006), chapters 12 and 18.
    """
    begun = time.monotonic()
    share = check_real("loss", loss, minimum=0.0, below=1.0, remedy="Give a share such as 0.01.")
    task, points = design_task(
        model, merit, bounds, constraints, choices, imperfections, method, most, starts, seed,
        minimise=minimise,
    )  # fmt: skip
    engine = None if engine is None else check_engine(engine)

    with listening(progress) as listener:

        def part(what: str, fraction: float) -> None:
            listener(what, 0.8 * fraction)

        ended, failed = run_all(task, points, engine, where(store, workers, scheduler), part)
        if not ended:
            reasons = "; ".join(dict.fromkeys(failed))
            raise NumericalError(f"`optimise` found no point that can be solved. {reasons}")
        listener("second look", 0.8)
        ended.sort(key=lambda one: one.score, reverse=True)
        return _reported(task, ended, failed, engine, share, begun, listener)


def _reported(
    task: DesignSearch, ended: list[Ended], failed: list[str], engine: Any, loss: float,
    begun: float, progress: Progress,
) -> Design:  # fmt: skip
    best, landscape, seen, again = confirmed(task, ended[0], engine)
    ended, solved = [best, *again, *ended[1:]], landscape.solves
    look, result = landscape.look(best.point), landscape.solve(best.point)
    report = result.report
    sign = -1.0 if task.minimise else 1.0
    trusted = report.status not in (Status.SUSPECT, Status.FAILED)
    status = Status.CONVERGED if seen.confirmed and trusted else Status.SUSPECT
    error = np.nan if report.error_estimate is None else 2 * report.error_estimate
    error = max(error, landscape.disagreement)
    optima = _clustered(task, ended, sign)
    notes = list(dict.fromkeys(seen.notes))
    if task.method == BOUNDED:
        notes.append("slope and curvature are those of a parabola through three points")
    if landscape.differences and task.method != BOUNDED and len(task.knobs):
        named = ", ".join(dict.fromkeys(landscape.differences))
        notes.append(f"slopes of {named} are central differences of second order")
    notes += [f"the engine's result is {report.status}"] if not trusted else []
    notes += [f"{len(failed)} searches failed: {failed[0]}"] if failed else []
    progress("tolerances", 0.9)
    knobs = landscape.panel.values(best.point)
    tolerances = _tolerances(landscape, best.point, loss) if best.feasible else {}
    solves = landscape.solves - solved + sum(one.solves for one in ended)
    return Design(
        model=landscape.panel.model_at(best.point),
        knobs=knobs,
        options=task.options(best.choice) if task.choices else {},
        value=Estimate(sign * look.value, error + seen.gain),
        merits={
            title: quantity.read(result)
            for title, quantity in zip(landscape.titles, landscape.quantities, strict=True)
        },
        status=status,
        sentence=_sentence(task, seen.confirmed and trusted, optima, len(ended) - len(again)),
        gradient=_gradient(landscape, seen, best, look),
        active=seen.active,
        multipliers=seen.multipliers,
        tolerances=tolerances,
        loss=loss,
        optima=optima,
        result=result,
        cost=DesignCost(solves, sum(one.refused for one in ended), time.monotonic() - begun),
        notes=tuple(notes),
        starts=len(ended) - len(again) + len(failed),
        failed=tuple(failed),
        curves=tuple(tuple(sign * b for b in one.best) for one in ended),
        unit=_unit(task.merits),
        ranges={knob.name: (knob.low, knob.high) for knob in task.knobs},
    )


def confirmed(
    task: DesignSearch, best: Ended, engine: Any
) -> tuple[Ended, Landscape, Confirmation, list[Ended]]:
    """The best end after the second look; begun again from a better neighbour, if there is one."""
    again: list[Ended] = []
    look_again = confirm_bracket if task.method == BOUNDED else confirm
    local = None if task.method == GLOBAL else task.method
    while True:
        landscape = best.landscape or task.landscape(best.choice, engine)
        before = landscape.solves
        seen = look_again(landscape, best.point, landscape.look(best.point))
        best = dataclasses.replace(best, solves=best.solves + landscape.solves - before)
        hopeless = seen.slopes is None or local == BOUNDED  # Brent has one way only
        if seen.confirmed or len(again) >= _AGAIN or hopeless:
            return best, landscape, seen, again
        place = best.point if seen.better is None else seen.better
        start = tuple(place.tolist())
        try:
            found = search(
                dataclasses.replace(task, start=start, choice=best.choice, method=local), engine
            )
        except DarkstateError:
            return best, landscape, seen, again
        other = ended_of(found)
        if other.score <= best.score:
            best = dataclasses.replace(best, solves=best.solves + other.solves)
            return best, landscape, seen, again
        again.append(best)
        best = other


def _clustered(task: DesignSearch, ended: list[Ended], sign: float) -> tuple[LocalOptimum, ...]:
    """Where searches ended, each place once, the best first."""
    groups: list[list[Ended]] = []
    for one in sorted(ended, key=lambda e: e.score, reverse=True):
        for group in groups:
            first = group[0]
            near = np.all(np.abs(first.point - one.point) < _SAME)
            if first.choice == one.choice and first.feasible == one.feasible and near:
                group.append(one)
                break
        else:
            groups.append([one])
    return tuple(
        LocalOptimum(
            sign * group[0].value,
            task.panel(group[0].choice).values(group[0].point),
            task.options(group[0].choice) if task.choices else {},
            len(group),
            group[0].feasible,
        )
        for group in groups[:_SHOWN]
    )


def _sentence(
    task: DesignSearch, sure: bool, optima: tuple[LocalOptimum, ...], searches: int
) -> str:
    ended = f"{optima[0].starts} of {searches} searches ended there"
    if not optima[0].feasible:
        return "no point was found that meets all constraints"
    if not sure:
        return f"the best point found is not confirmed as an optimum; {ended}"
    if not task.knobs:
        return f"the best of {searches} combinations of {task.combinations}"
    return f"a local optimum, confirmed by slopes, curvature and neighbours; {ended}"


def _gradient(
    landscape: Landscape, seen: Confirmation, best: Ended, look: Any
) -> dict[str, Estimate]:
    if seen.slopes is None:
        return {}
    row = int(np.argmin(look.merits))
    sign = -1.0 if landscape.minimise else 1.0
    speeds = landscape.panel.speeds(best.point)
    return {
        knob.name: Estimate(sign * slope / speed, error / abs(speed))
        for knob, slope, error, speed in zip(
            landscape.panel.knobs, seen.slopes.merits[row], seen.slopes.errors[row], speeds,
            strict=True,
        )
    }  # fmt: skip


def _tolerances(landscape: Landscape, point: Any, loss: float) -> dict[str, tuple[float, float]]:
    lost = loss * abs(landscape.look(point).value)
    if not lost:
        return {}
    return {
        knob.name: (
            tolerance(landscape, point, k, -1, lost), tolerance(landscape, point, k, 1, lost)
        )
        for k, knob in enumerate(landscape.panel.knobs)
    }  # fmt: skip


def _unit(merits: tuple[StateQuantity, ...]) -> str:
    units = {m.unit for m in MEASURES for one in merits if m.name == one.what}
    return units.pop() if len(units) == 1 else ""
