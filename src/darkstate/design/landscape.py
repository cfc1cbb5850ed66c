"""The landscape of an optimisation: merits and constraints over the unit box, with their slopes.

Slopes come from `gradient`, one adjoint solution for all knobs; those of engines without an adjoint
equation are central differences of second order, one-sided ones of second order at a bound. A point
at which the model or the engine refuses has no numbers, only the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.design.gradient import adjoint_gradient
from darkstate.design.imperfections import Imperfections
from darkstate.design.knobs import Panel, Vector
from darkstate.design.quantities import Constraint, StateQuantity
from darkstate.engines import Engine
from darkstate.errors import ArgumentError, DarkstateError, NumericalError, RefusedError
from darkstate.frontdoor import steady_state
from darkstate.results import Result
from darkstate.states import DensityState, GaussianState, PureState

Table = NDArray[np.float64]

STEP = 1e-4
"""Step of differences in the unit box, for solutions to many digits."""
_LARGEST_STEP = 0.02
_DIFFERENTIABLE = (DensityState, PureState, GaussianState)
"""States whose merits `gradient` is asked for."""


@dataclass(frozen=True, eq=False)
class Look:
    """What one point has.

    Args:
        merits: (R,) to be maximised, the least of them counts.
        slacks: (C,) of the constraints, >= 0 where they hold.
        reason: why there is nothing, at a point that was refused.
    """

    merits: Vector
    slacks: Vector
    reason: str = ""

    @property
    def value(self) -> float:
        """What is maximised."""
        return float(self.merits.min())

    def feasible(self, tolerance: float) -> bool:
        """Whether all constraints hold."""
        return not self.reason and bool(np.all(self.slacks >= -tolerance))


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives by the places of the knobs in the unit box, with errors of the merits' ones."""

    merits: Table
    slacks: Table
    errors: Table


@dataclass(eq=False)
class Landscape:
    """Merits and constraints of a panel of knobs.

    Args:
        panel: model and knobs.
        merits: to be maximised; of several the least.
        constraints: what must hold.
        imperfections: sampled errors, if any.
        minimise: merits count with the opposite sign.
        engine: who solves; by default chosen by the front door. Slopes are exact where it knows
            adjoint equations.
        solves: steady states and adjoint equations so far.
        refused: points that were refused, and `reasons` why.
        step: of differences, larger where solutions have fewer digits.
        disagreement: largest difference of a merit between its two solutions, where `gradient`
            has made one too.
    """

    panel: Panel
    merits: tuple[StateQuantity, ...]
    constraints: tuple[Constraint, ...] = ()
    imperfections: Imperfections | None = None
    minimise: bool = False
    engine: Engine | None = None
    solves: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    step: float = STEP
    disagreement: float = 0.0
    _known: dict[bytes, Table | DarkstateError] = field(default_factory=dict)
    _without: set[int] = field(default_factory=set)
    _last: tuple[bytes, tuple[Table, Table]] | None = None
    _newest: tuple[bytes, Result] | None = None
    _kept: tuple[bytes, Result] | None = None

    @property
    def quantities(self) -> list[StateQuantity]:
        """Merits, then the quantities of the constraints."""
        return [*self.merits, *(one.quantity for one in self.constraints)]

    @property
    def titles(self) -> list[str]:
        """Names of the quantities, each once."""
        found: list[str] = []
        for title in (quantity.title for quantity in self.quantities):
            same = sum(one.partition(" #")[0] == title for one in found)
            found.append(f"{title} #{same + 1}" if same else title)
        return found

    @property
    def rows(self) -> list[str]:
        """Names of the merits of a `Look`."""
        titles = self.titles[: len(self.merits)]
        if self.imperfections is None or not self.imperfections.worst:
            return titles
        return [f"{t}, sample {k + 1}" for t in titles for k in range(self.imperfections.samples)]

    @property
    def differences(self) -> list[str]:
        """Quantities whose slopes are differences."""
        return [q.title for k, q in enumerate(self.quantities) if k in self._without]

    def look(self, point: Vector) -> Look:
        """Merits and slacks at a point."""
        try:
            table = self._table(point)
        except DarkstateError as error:
            nothing = np.full(len(self.constraints), -1.0)
            return Look(np.full(len(self.rows), -np.inf), nothing, str(error))
        count = len(self.merits)
        merits = self._sign * self._reduced(table[:, :count])
        means = table[:, count:].mean(axis=0)
        return Look(
            merits, np.array([c.slack(v) for c, v in zip(self.constraints, means, strict=True)])
        )

    def solve(self, point: Vector) -> Result:
        """The steady state at a point, without imperfections.

        Raises:
            DarkstateError: it is refused.
        """
        for kept in (self._kept, self._newest):
            if kept is not None and kept[0] == _key(point):
                return kept[1]
        self.solves += 1
        return steady_state(self.panel.model_at(point), self.engine)

    def keep(self, point: Vector) -> None:
        """Keep the steady state at the point that was solved last: the best one so far."""
        if self._newest is not None and self._newest[0] == _key(point):
            self._kept = self._newest

    def solved_points(self) -> list[Vector]:
        """The points whose merits are known."""
        known = self._known.items()
        return [np.frombuffer(k) for k, found in known if not isinstance(found, DarkstateError)]

    def slopes(self, point: Vector) -> Slopes:
        """Derivatives at a point.

        Raises:
            DarkstateError: it is refused, or too many of its neighbours are.
        """
        table = self._table(point)
        slopes, errors = self._tables(point)
        count = len(self.merits)
        found = self._sign * self._reduced_slopes(table[:, :count], slopes[:, :count])
        wrong = self._reduced_slopes(table[:, :count], errors[:, :count], size=True)
        means = slopes[:, count:].mean(axis=0)
        factors = [c.sign / c.scale for c in self.constraints]
        return Slopes(found, means * np.reshape(factors, (-1, 1)), wrong)

    # Samples ------------------------------------------------------------------------------------

    @property
    def _sign(self) -> float:
        return -1.0 if self.minimise else 1.0

    def _models(self, point: Vector) -> list[tuple[Any, dict[str, Any]]]:
        model = self.panel.model_at(point)
        if self.imperfections is None:
            return [(model, {})]
        samples = range(self.imperfections.samples)
        return [self.imperfections.sampled(model, k) for k in samples]

    def _reduced(self, table: Table) -> Vector:
        """Merits from their samples: all of them, or means less deviations."""
        given = self.imperfections
        if given is not None and given.worst:
            return table.T.ravel()
        spread = 0.0 if given is None else given.deviations
        return table.mean(axis=0) - self._sign * spread * table.std(axis=0)

    def _reduced_slopes(self, table: Table, slopes: Table, size: bool = False) -> Table:
        given = self.imperfections
        if given is not None and given.worst:
            return slopes.transpose(1, 0, 2).reshape(-1, slopes.shape[2])
        found = slopes.mean(axis=0)
        if given is None or not given.deviations:
            return found
        off = table - table.mean(axis=0)
        spread = np.maximum(table.std(axis=0), 1e-300)
        moved = np.einsum("sq,sqn->qn", np.abs(off) if size else off, slopes) / len(table)
        sign = 1.0 if size else -self._sign
        return found + sign * given.deviations * moved / spread[:, None]

    # Values ---------------------------------------------------------------------------------------

    def _table(self, point: Vector) -> Table:
        """Quantities of all samples, shape (S, Q)."""
        key = _key(point)
        if key not in self._known:
            try:
                self._known[key] = self._new_table(point)
            except DarkstateError as error:
                self.refused += 1
                reason = str(error).partition(".")[0]
                self.reasons[reason] = self.reasons.get(reason, 0) + 1
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, DarkstateError):
            raise found
        return found

    def _new_table(self, point: Vector) -> Table:
        rows = []
        for model, _ in self._models(point):
            result = self._solved(model)
            rows.append([quantity.read(result) for quantity in self.quantities])
            self._newest = (_key(point), result) if self.imperfections is None else None
        return np.array(rows)

    def _solved(self, model: Any) -> Result:
        self.solves += 1
        result = steady_state(model, self.engine)
        if not isinstance(result.state, _DIFFERENTIABLE):
            self._without.update(range(len(self.quantities)))
        elif isinstance(result.state, PureState):  # functions may want to know
            self._without |= {k for k, q in enumerate(self.quantities) if q.is_function}
        error = result.report.error_estimate or 0.0
        self.step = max(self.step, min(_LARGEST_STEP, error ** (1 / 3)))
        return result

    # Slopes ---------------------------------------------------------------------------------------

    def _tables(self, point: Vector) -> tuple[Table, Table]:
        """Slopes of all quantities of all samples and their errors, shapes (S, Q, n)."""
        key = _key(point)
        if self._last is None or self._last[0] != key:
            self._last = key, self._new_tables(point)
        return self._last[1]

    def _new_tables(self, point: Vector) -> tuple[Table, Table]:
        models, quantities = self._models(point), self.quantities
        shape = (len(models), len(quantities), len(point))
        slopes, errors = np.full(shape, np.nan), np.zeros(shape)
        speeds = self.panel.speeds(point)
        for s, (model, factors) in enumerate(models):
            for q in range(len(quantities)):
                row = self._exact(model, q, factors)
                if row is not None:
                    slopes[s, q], errors[s, q] = row[0] * speeds, row[1] * np.abs(speeds)
                    off = abs(row[2] - float(self._table(point)[s, q]))
                    self.disagreement = max(self.disagreement, off)
        missing = np.isnan(slopes).any(axis=(0, 2))
        if missing.any():
            found, wrong = self._difference_tables(point)
            slopes[:, missing], errors[:, missing] = found[:, missing], wrong[:, missing]
        return slopes, errors

    def _exact(
        self, model: Any, q: int, factors: dict[str, Any]
    ) -> tuple[Vector, Vector, float] | None:
        """Derivatives by the numbers of the knobs, errors and value; None if there are none."""
        if q in self._without:
            return None
        rows = self.panel.parameters
        names = list(dict.fromkeys(path for row in rows for path, _, _ in row))
        try:
            self.solves += 2  # and its adjoint
            data = adjoint_gradient(model, self.quantities[q].differentiable, names, self.engine)
        except (RefusedError, ArgumentError):
            self._without.add(q)
            return None
        except NumericalError:  # no finite slope at this point
            return None
        if data is None:
            self._without.add(q)
        if data is None or any("kink" in data[name].attrs for name in names):
            return None
        found, wrong = np.zeros(len(rows)), np.zeros(len(rows))
        for k, row in enumerate(rows):
            for path, entry, weight in row:
                rate = weight * _factor(factors, path, entry)
                found[k] += rate * float(data[path].values[entry])
                wrong[k] += abs(rate) * float(data[f"{path} error"].values[entry])
        value = float(data.attrs["value"])
        return (found, wrong, value) if np.all(np.isfinite(found)) else None

    def _difference_tables(self, point: Vector) -> tuple[Table, Table]:
        """Differences of second order, and how far those of the double step differ."""
        columns = [self._difference(point, k) for k in range(len(point))]
        fine, coarse = (np.stack([c[i] for c in columns], axis=-1) for i in (0, 1))
        return fine, np.abs(fine - coarse) / 3

    def _difference(self, point: Vector, k: int) -> tuple[Table, Table]:
        h = self.step
        here = self._table(point)

        def at(steps: float) -> Table:
            moved = np.array(point, dtype=float)
            moved[k] += steps * h
            if not 0.0 <= moved[k] <= 1.0:
                raise NumericalError(f"`{self.panel.knobs[k].name}` must stay within its bounds.")
            return self._table(moved)

        try:
            fine, coarse = ((at(s) - at(-s)) / (2 * s * h) for s in (1, 2))
            return fine, coarse
        except DarkstateError:
            side = 1.0 if point[k] <= 0.5 else -1.0
        one, two, four = at(side), at(2 * side), at(4 * side)
        fine = (-3 * here + 4 * one - two) / (2 * side * h)
        return fine, (-3 * here + 4 * two - four) / (4 * side * h)


def _key(point: Vector) -> bytes:
    return np.asarray(point, dtype=float).tobytes()


def _factor(factors: dict[str, Any], path: str, entry: Sequence[int]) -> float:
    """What a slope is multiplied by, because a parameter has a relative error."""
    whole = f"{path}{''.join(f'[{k}]' for k in entry)}"
    if whole in factors:
        return float(factors[whole])
    return float(factors[path][tuple(entry)]) if path in factors else 1.0
