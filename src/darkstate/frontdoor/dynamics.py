"""Time evolution, and the events in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from darkstate.checks import check_flag, check_real, check_sequence, check_times
from darkstate.engines import Engine, Lindblad
from darkstate.engines.capabilities import PurificationTask
from darkstate.engines.contract import Task, ask, run
from darkstate.errors import ArgumentError, border
from darkstate.frontdoor.inputs import (
    Model,
    as_open_system,
    causal_part,
    described,
    own_system,
)
from darkstate.frontdoor.selection import choose
from darkstate.measures.expectation import Observable
from darkstate.progress import Wanted, heard
from darkstate.results import Result
from darkstate.results.tables import check_columns, time_table
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.time_parts import check_pulses

_LOOKS = 9
"""Times at which pulses are looked at before anything is solved."""


@border("evolve")
def evolve(
    model: Model | System,
    times: Sequence[float],
    initial: Any = None,
    measures: Mapping[str, Any] | None = None,
    engine: Engine | None = None,
    upstream_of: str | Sequence[str] | None = None,
    *,
    observables: Any = None,
    keep_states: bool = False,
    progress: Wanted = False,
) -> Result:
    """Time evolution; ``initial`` (ground state or vacuum by default) is the state at times[0].

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        times: increasing times, in the inverse of the rate unit.
        initial: the state at the first time.
        measures: ``{column: function of the state}``, for example
            ``{"E": lambda s: log_negativity(s, "A1", "B1")}``; complex values give a complex
            column.
        engine: engine object; by default the first that can (in time), as `explain` shows.
        upstream_of: label or labels whose state is wanted: of a cascade only what acts on them is
            evolved, which is exact (`darkstate.systems.upstream`).
        observables: operators whose means are wanted: one (column ``"observable"``), a list
            (``"observable_1"``, ...) or ``{column: operator}``, for example ``{"n": number(a)}``.
            Columns of operators that are not Hermitian are complex.
        keep_states: keep the states of all times, as ``result.states``; else only the last one.
        progress: True for a bar, or a function of (what, fraction).

    Returns:
        Result with the last state and a table (`xarray.Dataset`) over the dimension ``time``.

    Raises:
        ArgumentError: times not increasing or not finite; a column called ``time``, or two of one
            name; an observable that is no operator, a measure that returns no number; no state, or
            no engine object.
        EngineMismatchError: no engine can (every reason is listed), or the one given cannot.
    """
    times, columns = check_times(times), check_columns(measures)
    for name, observable in _observables(observables).items():
        if name in columns:
            remedy = "Rename one of them."
            raise ArgumentError("observables", "have names that no measure has", name, remedy)
        columns[name] = observable
    check_flag("keep_states", keep_states)
    system = causal_part(model, upstream_of)
    if isinstance(system, OpenSystem) and system.time_dependent:  # wrong pulses are told at once
        check_pulses(system, np.linspace(times[0], times[-1], _LOOKS))
    taken = choose(system, Task(tuple(times), initial), engine)
    with heard(progress):
        solution = run(taken.engine, system, offer=taken.offer)
    table = time_table(times, solution.states, columns)
    kept = solution.states if keep_states else ()
    own = own_system(model, system)
    return Result(solution.state, solution.report, table, described(model), kept, own)


def _observables(given: Any) -> dict[str, Observable]:
    """Operators by the name of their column.

    Raises:
        ArgumentError: something that is no operator, or a name that no column may have.
    """
    if given is None:
        return {}
    named = isinstance(given, Mapping)
    if isinstance(given, OperatorSum):
        given = {"observable": given}
    elif not named:
        listed = check_sequence("observables", given, "Give {'n': number(a)}.")
        given = {f"observable_{k + 1}": operator for k, operator in enumerate(listed)}
    check_columns(dict.fromkeys(given, abs))
    return {name: Observable(one, name if named else "") for name, one in given.items()}


@border("preparation_time")
def preparation_time(
    model: Model | System, tolerance: float = 1e-3, engine: Lindblad | None = None
) -> float:
    """First time, from all spaces in their ground state, at which the network is pure again.

    Preparation ends where ``(1 - Tr rho^2)/pairs <= tolerance`` after the state has been mixed.

    Args:
        model: a network whose steady state is (nearly) pure; ``pairs`` is half its subsystems.
        tolerance: impurity per pair, > 0.
        engine: `engines.Lindblad` with options.

    Returns:
        The time, in the inverse of the rate unit.

    Raises:
        ArgumentError: tolerance out of range; another engine.
        NumericalError: the network does not get that pure.

    Source: Agusti et al., Phys. Rev. Lett. 131, 250801 (2023).
    """
    remedy = "Give the impurity per pair at which preparation counts as finished."
    check_real("tolerance", tolerance, above=0.0, below=1.0, remedy=remedy)
    engine = Lindblad() if engine is None else engine
    if not isinstance(engine, Lindblad):
        remedy = "Make one, such as engines.Lindblad(rtol=1e-9), or leave it out."
        raise ArgumentError("engine", "be an engines.Lindblad object", engine, remedy)
    system = as_open_system(model)
    pairs = max(1, len(system.labels) // 2)
    task = PurificationTask(impurity=pairs * tolerance)
    return float(run(engine, system, offer=ask(engine, system, task)).state)
