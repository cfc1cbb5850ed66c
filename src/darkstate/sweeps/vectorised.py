"""Blocks of points that are solved together, several times faster than one by one.

* Gaussian networks: `frontdoor.steady_states` stacks their matrices, where the parameters that
  differ enter linearly (frequencies, couplings and rates do).
* Qubits and spins: `frontdoor.solve_models` finds the structure of the generator once for all that
  have the same terms; each has a verdict of its own.
* Repeaters: those that differ in their interaction time only are one model with several times.

The last digits of such a result depend on the block. Sweeps use it where they are asked to, for
points whose keys say so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from darkstate.errors import DarkstateError
from darkstate.frontdoor import as_system, solve, solve_models, steady_states
from darkstate.results import Result
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits import is_quadratic

Group = list[tuple[int, Any]]


def solve_together(models: Sequence[Any]) -> Sequence[Result | DarkstateError]:
    """The results of these models, in their order, or why one has none.

    Raises:
        DarkstateError, ValueError, TypeError: they do not fit together, or one of them, of which it
            is not said which, has no result.
    """
    system = as_system(models[0])
    if isinstance(system, MeasuredChain):
        return _solve_times(models)
    if isinstance(system, OpenSystem) and not is_quadratic(system).holds:
        return solve_models(models)
    return _solve_stack(models)


def _solve_stack(models: Sequence[Any]) -> list[Result]:
    """Gaussian networks of one kind; every field that differs is stacked to (B, ...)."""
    first = models[0]
    names = [
        field.name
        for field in dataclasses.fields(first)
        if field.init and any(getattr(m, field.name) != getattr(first, field.name) for m in models)
    ]
    if not names:
        raise ValueError("nothing differs")
    varied = {name: np.array([getattr(model, name) for model in models], float) for name in names}
    result = steady_states(first, **varied)
    return [dataclasses.replace(result, state=result.state[k]) for k in range(len(models))]


def _solve_times(models: Sequence[Any]) -> list[Result]:
    """Repeaters; a result has the table of its own time, and no state but that of the last."""
    groups: dict[str, Group] = {}
    for k, model in enumerate(models):
        groups.setdefault(repr(dataclasses.replace(model, time=0.0)), []).append((k, model))
    found: dict[int, Result] = {}
    for group in groups.values():
        times = [model.time for _, model in group]
        if any(isinstance(time, Sequence) for time in times):
            raise ValueError("a point has several times of its own")
        whole = solve(dataclasses.replace(group[0][1], time=times))
        assert whole.table is not None
        for position, (k, _) in enumerate(group):
            table = whole.table.isel(time=[position])
            found[k] = dataclasses.replace(whole, table=table, state=None)
    return [found[k] for k in range(len(models))]
