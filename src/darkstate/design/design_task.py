"""What an optimisation is given: arguments as users write them become one task and its starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from darkstate.checks import (
    check_choice,
    check_flag,
    check_instance,
    check_integer,
    check_seed,
    check_sequence,
)
from darkstate.design.imperfections import Imperfections
from darkstate.design.knobs import knobs_of, target_of
from darkstate.design.local_search import BOUNDED, METHODS, DesignSearch
from darkstate.design.multi_start import Where, start_points
from darkstate.design.quantities import Constraint, StateQuantity, check_known, quantity_of
from darkstate.errors import ArgumentError
from darkstate.frontdoor.inputs import as_system
from darkstate.results.files import as_path


def design_task(
    model: Any, merit: Any, bounds: Any, constraints: Any, choices: Any, imperfections: Any,
    method: Any, most: Any, starts: Any, seed: Any, minimise: Any = False,
) -> tuple[DesignSearch, list[tuple[float, ...]]]:  # fmt: skip
    """The task, checked, and where its searches start.

    Raises:
        ArgumentError: as of `optimise`.
    """
    check_flag("minimise", minimise)
    check_integer("starts", starts, minimum=1, remedy="Give how many searches, such as 8.")
    if method is not None:
        check_choice("method", method, METHODS)
    task = DesignSearch(
        model,
        knobs_of(model, bounds) if bounds or not choices else (),
        _merits(merit),
        _constraints(constraints),
        _choices(model, choices),
        imperfections,
        minimise,
        method,
        check_integer("most", most, minimum=1, remedy="Give a number of evaluations."),
    )
    if method == BOUNDED and (len(task.knobs) != 1 or len(task.merits) > 1 or task.constraints):
        remedy = "Leave `method` out."
        rule = "go with one knob and one merit, without constraints"
        raise ArgumentError("method", rule, method, remedy)
    panel = task.panel(0)
    several = 1 if method == BOUNDED else starts  # Brent's method has no start
    points = start_points(panel.start(), several, check_seed("seed", seed))
    _check(task, panel.model_at(panel.start()))
    return task, points


def _merits(given: Any) -> tuple[StateQuantity, ...]:
    if isinstance(given, list | tuple):
        remedy = "Give one merit, or a list of some."
        every = check_sequence("merit", given, remedy)
        if not every:
            raise ArgumentError("merit", "be at least one", given, remedy)
        return tuple(quantity_of(f"merit[{k}]", one) for k, one in enumerate(every))
    return (quantity_of("merit", given),)


def _constraints(given: Any) -> tuple[Constraint, ...]:
    remedy = "Give [ds.design.Constraint(merit, minimum=0.3), ...]."
    every = check_sequence("constraints", given, remedy)
    for k, one in enumerate(every):
        check_instance(f"constraints[{k}]", one, Constraint, remedy)
    return every


def _choices(model: Any, given: Any) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    if given is None:
        return ()
    remedy = "Give {parameter: [option, option, ...]}."
    check_instance("choices", given, Mapping, remedy)
    found = []
    for name, options in given.items():
        target_of("choices", name, model)
        listed = check_sequence(f"choices['{name}']", options, remedy)
        if not listed:
            raise ArgumentError(f"choices['{name}']", "have at least one option", options, remedy)
        kept = tuple(tuple(o) if isinstance(o, list) else o for o in listed)
        found.append((str(name), kept))
    return tuple(found)


def _check(task: DesignSearch, model: Any) -> None:
    labels = tuple(as_system(model).labels)
    for name, quantity in (
        *(("merit", one) for one in task.merits),
        *(("constraints", one.quantity) for one in task.constraints),
    ):
        check_known(name, quantity, labels)
    if task.imperfections is not None:
        remedy = "Make them by ds.design.Imperfections(absolute={...})."
        check_instance("imperfections", task.imperfections, Imperfections, remedy).check(model)


def where(store: Any, workers: Any, scheduler: Any) -> Where:
    """Who searches, and where it is kept.

    Raises:
        ArgumentError: workers without a store.
    """
    if store is None and (workers is not None or scheduler is not None):
        remedy = "Give a folder: store='design.zarr'."
        raise ArgumentError("store", "be given for workers or a scheduler", None, remedy)
    return Where(None if store is None else as_path(store, "store"), workers, scheduler)
