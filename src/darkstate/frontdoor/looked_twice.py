"""Means at two times are found twice: twice what changes is their error estimate.

The second look has larger cut-offs where there are modes in Fock space, a tolerance a hundred times
smaller where the engine has one, and counts time in another unit, so that rounding differs too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines import Engine, Solution
from darkstate.engines.contract import UNASKED_SECONDS, ask, run
from darkstate.engines.regression import TwoTimeMeans, TwoTimesTask
from darkstate.errors import DarkstateError
from darkstate.frontdoor.selection import choose
from darkstate.results import Report, Status
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Mode

Read = Callable[[TwoTimeMeans], NDArray[Any]]

_UNIT = 1.0 / 3.0
"""Of time, in the second look."""
_TIGHTER, _TIGHTEST = 1e-2, 1e-13
_MORE, _MORE_AT_LEAST = 0.2, 2
"""Fock states more, of those there are."""
_COVER = 2.0
"""The second look itself is taken to err by no more than it changes."""
_ALLOWED = 1e-3
"""Of the largest value, above which a change makes the values suspect."""


@dataclass(frozen=True)
class Curve:
    """Values on a grid, and how far they can be trusted.

    Args:
        values: on the grid.
        report: of the steady state, with a status that counts the second look.
        error: of the values, at most; not a number where there was no second look.
        state: the steady state.
    """

    values: NDArray[Any]
    report: Report
    error: float
    state: Any


def answer(system: OpenSystem, task: TwoTimesTask, engine: Engine | None, read: Read) -> Curve:
    """What `read` makes of the means, with its error.

    Args:
        system: the system.
        task: the means.
        engine: to be used; None for the first that can.
        read: values on the grid.
    """
    taken = choose(system, task, engine)
    found = run(taken.engine, system, offer=taken.offer)
    values, report = read(found.state), found.report
    error, what = _change(system, task, taken.engine, found, read, values)
    status, warning = report.status, ""
    if not error <= _ALLOWED * float(np.max(np.abs(values))):
        warning = (
            f"a second look with {what} tells an error of {error:.2g}: raise `cutoff` or lower"
        )
        warning += " `rtol` until it does not"
        status = status if status is Status.FAILED else Status.SUSPECT
    if np.isnan(error):
        warning = f"there was no second look: {what}"
        status = Status.CONVERGED if report.status is Status.CERTIFIED else report.status
    if warning:
        report = report.with_(status=status, warnings=(*report.warnings, warning))
    return Curve(values, report, error, found.state.state)


def _change(
    system: OpenSystem,
    task: TwoTimesTask,
    engine: Engine,
    found: Solution,
    read: Read,
    values: NDArray[Any],
) -> tuple[float, str]:
    """How much a second look changes, and what was different in it; or why there was none."""
    slower, why = _in_another_unit(system), ""
    asked = tuple(replace(each, grid=_regrid(each.grid, task.spectral)) for each in task.asked)
    task = replace(task, asked=asked)
    for other, what in _closer(system, engine, found.state.state):
        try:
            offer = ask(other, slower, task)
            if what and offer.cost is not None and offer.cost.seconds > UNASKED_SECONDS:
                continue
            again = run(other, slower, offer=offer).state
            if task.spectral:
                again = replace(again, values=tuple(each * _UNIT for each in again.values))
            change = float(np.max(np.abs(read(again) - values)))
            return _COVER * change, what or "a smaller tolerance"
        except DarkstateError as refusal:
            why = str(refusal)
    return float("nan"), why


def _closer(system: OpenSystem, engine: Any, state: Any) -> Iterator[tuple[Any, str]]:
    """Engines to look again with, and what is larger in them."""
    fields = {field.name for field in dataclasses.fields(engine)}
    if "rtol" in fields:
        engine = replace(engine, rtol=min(engine.rtol, max(_TIGHTEST, _TIGHTER * engine.rtol)))
    sizes = dict(zip(state.labels, getattr(state, "dimensions", ()), strict=False))
    modes = [space.label for space in system.spaces if isinstance(space, Mode)]
    if "cutoff" in fields and modes and all(mode in sizes for mode in modes):
        more = {k: sizes[k] + max(_MORE_AT_LEAST, ceil(_MORE * sizes[k])) for k in modes}
        yield replace(engine, cutoff=more), f"cut-offs {more}"
    yield engine, ""


def _in_another_unit(system: OpenSystem) -> OpenSystem:
    """The same system, its rates in another unit."""
    jumps = tuple(replace(jump, rate=jump.rate * _UNIT) for jump in system.jumps)
    return replace(system, hamiltonian=system.hamiltonian * _UNIT, jumps=jumps)


def _regrid(grid: NDArray[np.float64], spectral: bool) -> NDArray[np.float64]:
    return grid * _UNIT if spectral else grid / _UNIT
