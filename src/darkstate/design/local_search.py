"""One search: from a start in the unit box to the best point nearby, by SciPy.

The least of several merits is maximised in epigraph form (maximise s with every merit >= s), which
is smooth where the least one changes. A point that is refused counts as far below all others, so
that a line search steps back from it. What is returned is the best feasible point that was seen.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from darkstate.design.imperfections import Imperfections
from darkstate.design.knobs import Knob, Panel, Vector
from darkstate.design.landscape import Landscape, Look
from darkstate.design.one_knob import climb
from darkstate.design.quantities import Constraint, StateQuantity
from darkstate.errors import DarkstateError, NumericalError
from darkstate.sweeps.targets import find, replace_at

GLOBAL = "differential_evolution"
BOUNDED = "bounded"
METHODS = ("L-BFGS-B", "SLSQP", "trust-constr", "COBYQA", BOUNDED, GLOBAL)
FEASIBLE = 1e-6
"""Constraints may be violated by this, relative to their scale."""
MARKS = tuple(2**k for k in range(11))
"""Numbers of evaluations after which the best value is kept, for the picture of convergence."""
_MANY = 40
"""With more knobs L-BFGS-B is preferred where it applies."""


@dataclass(frozen=True)
class DesignSearch:
    """All that one search needs: what a point of the stored multi-start is known by.

    Args:
        model: the base model.
        knobs: what is turned.
        merits: to be maximised, the least of them.
        constraints: what must hold.
        choices: options by parameter, of which one combination is taken.
        imperfections: sampled errors.
        minimise: the other way.
        method: one of `METHODS`; None for the one that suits.
        most: evaluations after which a search ends.
        start: in the unit box.
        choice: number of the combination of options.
        revision: of this search; raised when it finds other numbers.
    """

    model: Any
    knobs: tuple[Knob, ...]
    merits: tuple[StateQuantity, ...]
    constraints: tuple[Constraint, ...] = ()
    choices: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    imperfections: Imperfections | None = None
    minimise: bool = False
    method: str | None = None
    most: int = 500
    start: tuple[float, ...] = ()
    choice: int = 0
    revision: int = 1

    @property
    def combinations(self) -> int:
        """How many combinations of options there are."""
        return int(np.prod([len(options) for _, options in self.choices], dtype=object))

    def options(self, number: int) -> dict[str, Any]:
        """The options of a combination, by parameter."""
        places = np.unravel_index(number, [len(options) for _, options in self.choices] or [1])
        pairs = zip(self.choices, places, strict=False)
        return {name: options[int(place)] for (name, options), place in pairs}

    def panel(self, number: int) -> Panel:
        """Model and knobs with one combination of options.

        Raises:
            ArgumentError: the model refuses it.
        """
        changes = [
            (find(name, {"model": self.model}).steps, option)
            for name, option in self.options(number).items()
        ]
        return Panel(replace_at(self.model, changes), self.knobs)

    def landscape(self, number: int | None = None, engine: Any = None) -> Landscape:
        """What is searched."""
        panel = self.panel(self.choice if number is None else number)
        return Landscape(
            panel, self.merits, self.constraints, self.imperfections, self.minimise, engine
        )


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Where a search ended.

    Args:
        point: in the unit box.
        look: what is there.
        choice: number of the combination.
        solves: steady states and adjoint equations solved.
        refused: points that were refused on the way.
        best: best value after the numbers of evaluations `MARKS`.
        landscape: what was searched: it knows the points on the way.
    """

    point: Vector
    look: Look
    choice: int
    solves: int
    refused: int
    best: tuple[float, ...]
    landscape: Landscape


class _EnoughError(Exception):
    """The search has had all its evaluations."""


@dataclass(eq=False)
class Recorder:
    """Asks the landscape for an optimiser, and keeps the best point."""

    landscape: Landscape
    most: int
    count: int = 0
    point: Vector | None = None
    look: Look | None = None
    lowest: float = np.inf
    highest: float = -np.inf
    best: list[float] = field(default_factory=list)

    def at(self, point: Vector) -> Look:
        """What a point has; numbers far below all others if it is refused.

        Raises:
            _EnoughError: there were enough.
        """
        place = np.clip(point, 0.0, 1.0)
        if self.count >= self.most:
            raise _EnoughError
        self.count += 1
        found = self.landscape.look(place)
        if found.reason:
            low = min(self.lowest, 0.0) if np.isfinite(self.lowest) else 0.0
            span = self.highest - self.lowest if np.isfinite(self.lowest) else 0.0
            barrier = low - 10.0 * max(1.0, span)
            found = Look(np.full(len(found.merits), barrier), found.slacks, found.reason)
        else:
            self.lowest = min(self.lowest, found.value)
            self.highest = max(self.highest, found.value)
            if self.look is None or _score(found) > _score(self.look):
                self.point, self.look = place, found
                self.landscape.keep(place)
        if self.look is not None:
            self.best.append(_score(self.look)[1])
        return found

    def slopes(self, point: Vector) -> tuple[Any, Any]:
        """Slopes of merits and slacks; zero where there are none."""
        try:
            found = self.landscape.slopes(np.clip(point, 0.0, 1.0))
        except DarkstateError:
            n = len(point)
            return np.zeros((len(self.landscape.rows), n)), np.zeros(
                (len(self.landscape.constraints), n)
            )
        return found.merits, found.slacks


def _score(look: Look) -> tuple[bool, float]:
    """Feasible points before others, then the value; among others the least violation."""
    held = look.feasible(FEASIBLE)
    return held, look.value if held else float(min(0.0, look.slacks.min()))


def search(task: DesignSearch, engine: Any = None) -> SearchResult:
    """Run one search.

    Raises:
        NumericalError: the start, or everything seen, is refused: why.
    """
    if task.method == GLOBAL:
        return _global(task, engine)
    landscape = task.landscape(engine=engine)
    record = Recorder(landscape, task.most)
    start = _solvable(record, np.array(task.start, dtype=float), landscape.panel.start())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SciPy: what it found is looked at again
        with suppress(_EnoughError):
            _minimise(record, start, method_for(task))
    return _found(record, task.choice)


def _solvable(record: Recorder, start: Vector, own: Vector) -> Vector:
    """A start that is not refused: else half-way to the model's own place, and so on.

    Raises:
        NumericalError: all are refused: why.
    """
    for share in (1.0, 0.5, 0.25, 0.1, 0.03, 0.0):
        point = own + share * (start - own)
        found = record.at(point)
        if not found.reason:
            return point
    raise NumericalError(found.reason)


def method_for(task: DesignSearch) -> str:
    """The method that suits."""
    if task.method is not None:
        return task.method
    worst = task.imperfections is not None and task.imperfections.worst
    plain = len(task.merits) == 1 and not worst and not task.constraints
    return "L-BFGS-B" if plain and len(task.knobs) > _MANY else "SLSQP"


def _minimise(record: Recorder, start: Vector, method: str) -> None:
    import scipy.optimize

    optimize: Any = scipy.optimize
    n, several = len(start), len(record.landscape.rows) > 1
    if not n:
        return
    if method == BOUNDED:
        climb(record.at, record.landscape, record.most)
        return
    first = np.append(start, record.at(start).value) if several else start
    ends = ([0.0] * n + [-np.inf] * several, [1.0] * n + [np.inf] * several)

    def objective(x: Vector) -> float:
        return -float(x[n]) if several else -record.at(x[:n]).value

    def slope(x: Vector) -> Vector:
        return np.append(np.zeros(n), -1.0) if several else -record.slopes(x[:n])[0][0]

    def limits(x: Vector) -> Vector:
        look = record.at(x[:n])
        return np.concatenate([look.merits - x[n] if several else [], look.slacks])

    def limit_slopes(x: Vector) -> Any:
        merits, slacks = record.slopes(x[:n])
        if not several:
            return slacks
        level = np.concatenate([-np.ones(len(merits)), np.zeros(len(slacks))])
        return np.column_stack([np.vstack([merits, slacks]), level])

    every: Any = ()
    if several or record.landscape.constraints:
        every = optimize.NonlinearConstraint(limits, 0.0, np.inf, jac=limit_slopes)
    options: dict[str, Any] = {"maxiter": record.most}
    options |= {"SLSQP": {"ftol": 1e-11}, "L-BFGS-B": {"ftol": 1e-13, "gtol": 1e-8},
                "trust-constr": {"gtol": 1e-8, "xtol": 1e-8},
                "COBYQA": {"initial_tr_radius": 0.1, "final_tr_radius": 1e-6}}[method]  # fmt: skip
    derivatives = {} if method == "COBYQA" else {"jac": slope}
    optimize.minimize(
        objective, first, method=method, bounds=optimize.Bounds(*ends), constraints=every,
        options=options, **derivatives,
    )  # fmt: skip


def _found(record: Recorder, choice: int) -> SearchResult:
    if record.point is None or record.look is None:
        reasons = ". ".join(record.landscape.reasons)
        raise NumericalError(f"Every point that was tried was refused: {reasons}.")
    best = record.best
    marks = tuple(best[min(mark, len(best)) - 1] for mark in MARKS)
    landscape = record.landscape
    return SearchResult(
        record.point, record.look, choice, landscape.solves, landscape.refused, marks, landscape
    )


def _global(task: DesignSearch, engine: Any) -> SearchResult:
    """Differential evolution over knobs and options, then a search from the best point."""
    from scipy import optimize

    n, sizes = len(task.knobs), [len(options) for _, options in task.choices]
    records: dict[int, Recorder] = {}
    lost = 1e6

    def cost(x: Vector) -> float:
        number = _number(x[n:], sizes)
        try:
            if number not in records:
                records[number] = Recorder(task.landscape(number, engine), task.most)
            look = records[number].at(x[:n])
        except DarkstateError:  # a model that there is not
            return lost
        if look.feasible(FEASIBLE):
            return -look.value
        return lost if look.reason else lost * 1e-3 * (1.0 - float(look.slacks.min()))

    ends = [(0.0, 1.0)] * n + [(0, size - 1) for size in sizes]
    per_round = 10 * len(ends)
    optimize.differential_evolution(
        cost, ends, integrality=[False] * n + [True] * len(sizes), popsize=10, polish=False,
        maxiter=max(1, task.most // per_round - 1), rng=task.choice, init="sobol",
    )  # fmt: skip
    tried = [(record.look, number) for number, record in records.items() if record.look]
    if not tried:
        raise NumericalError("Every point that was tried was refused.")
    best = max(tried, key=lambda pair: _score(pair[0]))[1]
    others = (one.landscape.solves for number, one in records.items() if number != best)
    count, record = sum(others), records[best]
    record.most = record.count + task.most
    assert record.point is not None
    with suppress(_EnoughError):
        _minimise(record, record.point, method_for(replace(task, method=None)))
    found = _found(record, best)
    return replace(found, solves=found.solves + count)


def _number(places: Vector, sizes: list[int]) -> int:
    """Number of a combination of options from their places."""
    return int(np.ravel_multi_index([round(float(p)) for p in places], sizes)) if sizes else 0
