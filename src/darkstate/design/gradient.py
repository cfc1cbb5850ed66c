r"""Gradients: how a merit of a steady state answers to every parameter, by one adjoint solve.

The parameters of a model change nothing but coefficients of its generator, ``dL = sum_k dc_k L_k``.
With G the derivative of the merit by rho and ``L† X = G - Tr(rho G)``,

    df/dp = -sum_k (dc_k/dp) Tr(X L_k rho),

and the same for the Lyapunov equation of Gaussian states. The coefficients are differentiated by
extrapolated differences, the solver never; it runs once for the state and once for X.

* `density_gradient.py`, `gaussian_gradient.py`: the slopes by coefficients of either engine;
* `solution_gradient.py`: what other engines solve, by extrapolated differences of whole solutions.

The error told is what differences of two orders disagree by, and the errors of the solutions times
the size of what they are multiplied with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_real
from darkstate.design.coefficients import (
    CoefficientSlope,
    coefficient_slope,
    coefficients,
    largest_rate,
)
from darkstate.design.differences import step_at
from darkstate.design.merit import Merit
from darkstate.design.parameters import Values, parameter_values, with_values
from darkstate.design.probing import probed_slopes
from darkstate.design.quantities import GAP, StateQuantity
from darkstate.design.slope_sources import (
    preparation_slopes,
    rate_slopes,
    steady_slopes,
    time_slopes,
)
from darkstate.design.slopes import Slope, SlopeSource
from darkstate.design.solution_gradient import solution_slope
from darkstate.engines import Engine
from darkstate.engines.contract import Task
from darkstate.errors import ArgumentError, DarkstateError, border
from darkstate.frontdoor import evolve, steady_state
from darkstate.frontdoor.inputs import Model, as_open_system, as_system
from darkstate.frontdoor.selection import choose
from darkstate.measures.dispatch import Measure
from darkstate.repeaters import SOLVERS
from darkstate.results import Result
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem

if TYPE_CHECKING:
    import xarray as xr

PREPARATION = "preparation_time"
KINK = "slopes differ on both sides: this is for raising, `lowering` for lowering the parameter"
_REMEDY = "Make it by ds.merit(ds.log_negativity, 'A1', 'B1'), or give a function of the state."


@border("gradient")
def gradient(
    model: Model,
    merit: Merit | Callable[[Any], float] | str,
    parameters: str | Sequence[str],
    *,
    time: float | None = None,
    initial: Any = None,
    tolerance: float = 1e-3,
    engine: Engine | None = None,
) -> xr.Dataset:
    """Derivatives of a merit by parameters of the model.

    Args:
        model: a ready model, or any dataclass with ``system()``.
        merit: from `darkstate.merit`: one adjoint solution serves all parameters. Or a function of
            the state, which takes one solution a parameter. Or ``"gap"``, the slowest rate, or
            ``"preparation_time"``, see `darkstate.preparation_time`.
        parameters: names of fields, ``"loss"``, also of nested ones, ``"drive.nbar"``. Of a field
            with several values the derivative by each is taken; the other fields stay as they are.
        time: look at the state at this time, not at the steady state.
        initial: the state at the time zero, whatever the parameters are; the ground state or vacuum
            by default.
        tolerance: impurity per pair at which preparation ends.
        engine: who solves; by default chosen as by `steady_state`. `engines.Gaussian` and
            `engines.Lindblad` know adjoint equations; others are asked for whole solutions, to more
            digits than usual, at six values of each parameter or more.

    Returns:
        `xarray.Dataset`: a variable for each parameter, of the shape of the field, and
        ``"<parameter> error"`` with the estimated errors; in the attributes the merit, its
        value and its name. Where a parameter cannot be lowered (a rate that is zero), the
        derivative is that for raising it; the attribute ``one_sided`` of the variable says so. At
        a kink of the merit, too, and ``"<parameter> lowering"`` has the derivatives to the other
        side.

    Raises:
        ArgumentError: no dataclass, no merit, or an unknown field or one without numbers.
        EngineMismatchError: no engine solves it, or the merit is not defined for its state.
        NumericalError: the steady state is not unique, a slope is infinite, the model has a kink,
            or the slowest rate belongs to an exceptional point.

    Source: Vargas-Hernandez, Chen, Jung, Brumer, New J. Phys. 23, 123006 (2021).
    """
    question = Question(_check_merit(merit), time, initial, tolerance, engine)
    question.check()
    found = _by_coefficients(model, question, parameters)
    if found is not None:
        return found
    values = parameter_values(model, parameters)
    system = as_system(model)
    slopes = [
        solution_slope(lambda x, one=one: question.known(one.at(x)), p, abs(p) or _unit(system))
        for one, p in _free(model, values)
    ]
    return _dataset(values, slopes, merit, question.known(model)[0])


@dataclass(frozen=True)
class Question:
    """What is differentiated; see `gradient`."""

    what: Any
    time: float | None = None
    initial: Any = None
    tolerance: float = 1e-3
    engine: Engine | None = None

    def check(self) -> None:
        """That its parts belong together.

        Raises:
            ArgumentError: a time that is no positive number, or of a quantity that has none.
        """
        remedy = "Give a time, in the inverse of the rate unit."
        if self.time is not None:
            check_real("time", self.time, above=0.0, remedy=remedy)
        if self.time is None and self.initial is not None:
            rule, remedy = "be given with a time", "Add time=, or leave it out."
            raise ArgumentError("initial", rule, self.initial, remedy)
        if isinstance(self.what, str) and self.time is not None:
            remedy = f"Leave it out for '{self.what}'."
            raise ArgumentError("time", "belong to a merit of a state", self.time, remedy)

    def slopes(self, system: System) -> SlopeSource | None:
        """What tells slopes by coefficients."""
        if self.what == GAP:
            return rate_slopes(system, self.engine)
        if self.what == PREPARATION:
            return preparation_slopes(as_open_system(system), self.tolerance, self.engine)
        if self.time is not None:
            return time_slopes(system, self.what, self.time, self.initial, self.engine)
        return steady_slopes(system, self.what, self.engine)

    def known(self, model: Any) -> tuple[float, float]:
        """The quantity of a whole solution, and its error."""
        try:
            result = self._solved(model, self._sharp(model))
        except DarkstateError:  # out of reach of its digits, memory or time
            result = self._solved(model, self.engine)
        if self.what == GAP:
            value = StateQuantity(GAP).read(result)
            return value, getattr(result.report.gap, "error", 0.0)
        return float(self.what(result.state)), result.report.error_estimate or 0.0

    def _solved(self, model: Any, engine: Engine | None) -> Result:
        if self.time is None:
            return steady_state(model, engine)
        return evolve(model, [0.0, self.time], self.initial, engine=engine)

    def _sharp(self, model: Any) -> Engine:
        """The engine that solves, asked for as many digits as differences need."""
        task = Task() if self.time is None else Task((0.0, self.time), self.initial)
        engine: Any = choose(as_system(model), task, self.engine).engine
        name, digits = ("tolerance", 1e-15) if isinstance(engine, SOLVERS) else ("rtol", 1e-12)
        if not hasattr(engine, name):
            return engine
        return replace(engine, **{name: min(getattr(engine, name), digits)})


def adjoint_gradient(
    model: Model, merit: Any, parameters: str | Sequence[str], engine: Engine | None = None
) -> xr.Dataset | None:
    """Of a merit of the steady state, if the engine has an adjoint equation; else None."""
    return _by_coefficients(model, Question(merit, engine=engine), parameters)


def _by_coefficients(
    model: Model, question: Question, parameters: str | Sequence[str]
) -> xr.Dataset | None:
    values = parameter_values(model, parameters)
    system = as_system(model)
    slopes = question.slopes(system)
    if slopes is None or not isinstance(system, OpenSystem):
        return None
    moves = coefficient_moves(model, system, values)
    return _dataset(values, slopes.slopes(moves), question.what, slopes.value)


def _unit(system: System) -> float:
    """Over which values of a parameter that is zero a merit may change much."""
    if isinstance(system, OpenSystem):
        return 0.1 * largest_rate(system) or 1.0
    return 1.0 / system.atoms if isinstance(system, MeasuredChain) else 1.0


def coefficient_moves(
    model: Model, system: OpenSystem, values: dict[str, Values]
) -> list[CoefficientSlope]:
    """What each number moves: of fields with several values at once if that can be done."""
    scale, here = largest_rate(system), coefficients(system)
    fields = {name: array for name, array in values.items() if array.ndim}
    probed = iter(probed_slopes(model, system, fields, scale) or ())
    return [
        (next(probed, None) if one.name in fields else None)
        or coefficient_slope(one.system, p, step_at(p, scale), here)
        for one, p in _free(model, values)
    ]


def _free(model: Any, values: dict[str, Values]) -> list[tuple[Moving, float]]:
    """The model with one number free after the other, and these numbers."""
    return [
        (Moving(model, name, k), p)
        for name, array in values.items()
        for k, p in enumerate(np.ravel(array).tolist())
    ]


def _dataset(
    values: dict[str, Values], found: Sequence[Slope], merit: Any, value: float
) -> xr.Dataset:
    import xarray as xr

    data: dict[str, Any] = {}
    for name, array in values.items():
        data |= slope_variables(name, array.shape, found[: array.size])
        found = found[array.size :]
    name = repr(merit) if isinstance(merit, Merit) else getattr(merit, "__name__", str(merit))
    return xr.Dataset(data, attrs={"merit": name, "value": value})


@dataclass(frozen=True)
class Moving:
    """A model of which one number is free."""

    model: Any
    name: str
    place: int

    def at(self, p: float) -> Any:
        """The model with this value."""
        values = parameter_values(self.model, self.name)[self.name].copy()
        values.flat[self.place] = p
        return with_values(self.model, {self.name: values})

    def system(self, p: float) -> OpenSystem:
        """Its system."""
        return as_open_system(self.at(p))


def _check_merit(merit: Any) -> Any:
    """What is differentiated, as a function of the state.

    Raises:
        ArgumentError: a measure without labels, or no function.
    """
    if isinstance(merit, Merit) or (isinstance(merit, str) and merit in (GAP, PREPARATION)):
        return merit
    if isinstance(merit, Measure) or not callable(merit) or isinstance(merit, type):
        raise ArgumentError("merit", "be a merit or a function of the state", merit, _REMEDY)
    return merit


def slope_variables(name: str, shape: tuple[int, ...], found: Sequence[Slope]) -> dict[str, Any]:
    """The variables of one field."""
    dims = [f"{name} {axis}" for axis in range(len(shape))]

    def variable(values: list[float], **attributes: Any) -> Any:
        return dims, np.array(values).reshape(shape), attributes

    data = {
        name: variable([s.slope for s in found], one_sided=any(s.one_sided for s in found)),
        f"{name} error": variable([s.error for s in found]),
    }
    if any(s.lowering is not None for s in found):
        lowering = [s.slope if s.lowering is None else s.lowering for s in found]
        data[f"{name} lowering"] = variable(lowering)
        data[name][2]["kink"] = KINK
    return data
