"""Design: what an optimisation returns, a report and never a bare number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.design.local_search import MARKS
from darkstate.display import page, table
from darkstate.results import Result, Status
from darkstate.results.estimate import Estimate

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class LocalOptimum:
    """A place where searches ended.

    Args:
        value: of the merit.
        knobs: their numbers.
        options: what was chosen among `choices`.
        starts: how many searches ended there.
        feasible: whether all constraints hold.
    """

    value: float
    knobs: Mapping[str, float]
    options: Mapping[str, Any]
    starts: int
    feasible: bool


@dataclass(frozen=True)
class DesignCost:
    """What it took.

    Args:
        solves: steady states and adjoint equations, those of stored searches included.
        refused: points that the model or the engine refused on the way.
        seconds: of this call.
    """

    solves: int
    refused: int
    seconds: float


@dataclass(frozen=True, repr=False)
class Design:
    """The best network that was found, and how good that knowledge is.

    Args:
        model: the model with the best knobs.
        knobs: their numbers.
        options: what was chosen among `choices`.
        value: the merit (of several the least), as an `Estimate`.
        merits: each merit, and each quantity under a constraint, without imperfections.
        status: ``converged`` if the second look confirmed a local optimum, else ``suspect``.
        sentence: the same in words, with how many starts ended there.
        gradient: derivatives of the least merit by the knobs, in their units, with errors.
        active: bounds and constraints that hold it back.
        multipliers: weights of merits, constraints and bounds, in units of the box: what a bound
            that is moved by its whole range, or a constraint by one, would bring, to first order.
        tolerances: by knob how far it may be too low, and too high, for `loss` of the value; each
            alone, infinite where a bound comes first.
        loss: relative.
        optima: where the searches ended, the best first.
        result: the steady state there.
        cost: what it took.
        notes: what else is to be known.
        starts: how many searches were begun.
        failed: searches that found nothing, with the reason.
        curves: (searches, marks) best value after the numbers of evaluations `MARKS`.
        unit: of the merit.
        ranges: bounds by knob.
    """

    model: Any
    knobs: Mapping[str, float]
    options: Mapping[str, Any]
    value: Estimate
    merits: Mapping[str, float]
    status: Status
    sentence: str
    gradient: Mapping[str, Estimate]
    active: tuple[str, ...]
    multipliers: Mapping[str, float]
    tolerances: Mapping[str, tuple[float, float]]
    loss: float
    optima: tuple[LocalOptimum, ...]
    result: Result
    cost: DesignCost
    notes: tuple[str, ...] = ()
    starts: int = 1
    failed: tuple[str, ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()
    unit: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        unit = f" {self.unit}" if self.unit else ""
        rows = [("status", f"{self.status}: {self.sentence}"), ("value", f"{self.value}{unit}")]
        for name, number in self.knobs.items():
            rows.append((name, f"{number:.6g}{self._margin(name)}"))
        rows += [(name, str(option)) for name, option in self.options.items()]
        if len(self.merits) > 1:
            rows += [(name, f"{number:.4g}") for name, number in self.merits.items()]
        rows += [("held back by", name) for name in self.active]
        others = self.optima[1:4]
        rows += [
            ("other optimum", f"{o.value:.4g}, {o.starts} starts: {_listed(o)}") for o in others
        ]
        rows += [("note", note) for note in self.notes]
        cost = f"{self.cost.solves} solves, {self.cost.seconds:.3g} s"
        refused = f", {self.cost.refused} points refused" if self.cost.refused else ""
        rows.append(("cost", cost + refused))
        return rows

    def _margin(self, name: str) -> str:
        if name not in self.tolerances:
            return ""
        down, up = (
            "to its bound" if math.isinf(d) else f"{sign}{d:.2g}"
            for sign, d in zip("-+", self.tolerances[name], strict=True)
        )
        return f"   ({down} / {up} for {100 * self.loss:g} % less)"

    def __str__(self) -> str:
        return "\n".join(f"{name + ':':26} {value}" for name, value in self.lines())

    def __repr__(self) -> str:
        return f"Design({self.value}, {self.status}, {len(self.knobs)} knobs)"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return page("Design", table(self.lines()))

    def sensitivities(self) -> xr.Dataset:
        """Over ``knob``: value, slope with error, tolerances down and up, and bounds."""
        import xarray as xr

        names = list(self.knobs)
        nothing = Estimate(math.nan, math.nan)
        slopes = [self.gradient.get(name, nothing) for name in names]
        ends = [self.tolerances.get(name, (math.nan, math.nan)) for name in names]
        columns: dict[str, Any] = {
            "value": list(self.knobs.values()),
            "slope": [float(one) for one in slopes],
            "slope_error": [one.error for one in slopes],
            "down": [one[0] for one in ends],
            "up": [one[1] for one in ends],
            "low": [self.ranges[name][0] for name in names],
            "high": [self.ranges[name][1] for name in names],
        }
        data = {name: ("knob", np.array(column, float)) for name, column in columns.items()}
        return xr.Dataset(data, coords={"knob": names}, attrs={"loss": self.loss})

    def convergence(self) -> xr.DataArray:
        """Best value of each search over the number of evaluations."""
        import xarray as xr

        coords = {"evaluations": list(MARKS), "search": np.arange(1, len(self.curves) + 1)}
        name = {"long_name": "best value so far", "units": self.unit}
        values = np.array(self.curves).reshape(len(self.curves), len(MARKS))
        return xr.DataArray(values, coords, ("search", "evaluations"), "value", name)

    def document(self) -> dict[str, Any]:
        """Plain values, strict JSON (no NaN or infinity: null)."""
        plain = {
            "status": str(self.status),
            "sentence": self.sentence,
            "value": {"value": self.value.value, "error": self.value.error},
            "unit": self.unit,
            "knobs": dict(self.knobs),
            "options": dict(self.options),
            "merits": dict(self.merits),
            "gradient": {k: {"value": e.value, "error": e.error} for k, e in self.gradient.items()},
            "active": list(self.active),
            "multipliers": dict(self.multipliers),
            "loss": self.loss,
            "tolerances": {name: list(ends) for name, ends in self.tolerances.items()},
            "starts": self.starts,
            "optima": [
                {"value": o.value, "knobs": dict(o.knobs), "options": dict(o.options),
                 "starts": o.starts, "feasible": o.feasible}
                for o in self.optima
            ],
            "failed": list(self.failed),
            "notes": list(self.notes),
            "solves": self.cost.solves,
            "refused": self.cost.refused,
            "seconds": self.cost.seconds,
        }  # fmt: skip
        return _strict(plain)


def _listed(found: LocalOptimum) -> str:
    pairs = [f"{name} = {value:.4g}" for name, value in found.knobs.items()]
    pairs += [f"{name} = {option}" for name, option in found.options.items()]
    return ", ".join(pairs)


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
