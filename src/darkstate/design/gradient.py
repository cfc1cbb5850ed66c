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

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.design.coefficients import coefficient_slope, largest_rate
from darkstate.design.density_gradient import DensitySlopes, as_density
from darkstate.design.differences import step_at
from darkstate.design.gaussian_gradient import GaussianSlopes
from darkstate.design.merit import Merit
from darkstate.design.parameters import Values, parameter_values, with_values
from darkstate.design.slopes import Slope, SlopeSource
from darkstate.design.solution_gradient import solution_slope
from darkstate.engines import Engine, Gaussian, Lindblad, Solution
from darkstate.engines.contract import Task, run
from darkstate.engines.density import LinearResponse
from darkstate.errors import ArgumentError, border
from darkstate.frontdoor import steady_state
from darkstate.frontdoor.inputs import Model, as_open_system, as_system
from darkstate.frontdoor.selection import choose
from darkstate.measures.dispatch import Measure
from darkstate.states import GaussianState
from darkstate.states.subsystems import Matrix
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem

if TYPE_CHECKING:
    import xarray as xr

RTOL = 1e-11
"""Asked of steady states of density matrices."""
KINK = "slopes differ on both sides: this is for raising, `lowering` for lowering the parameter"
_REMEDY = "Make it by ds.merit(ds.log_negativity, 'A1', 'B1'), or give a function of the state."


@border("gradient")
def gradient(
    model: Model,
    merit: Merit | Callable[[Any], float],
    parameters: str | Sequence[str],
    *,
    engine: Engine | None = None,
) -> xr.Dataset:
    """Derivatives of a merit of the steady state by parameters of the model.

    Args:
        model: a ready model, or any dataclass with ``system()``.
        merit: from `darkstate.merit`: one adjoint solution serves all parameters. Or a function of
            the state, which takes one solution a parameter.
        parameters: names of fields, ``"loss"``, also of nested ones, ``"drive.nbar"``. Of a field
            with several values the derivative by each is taken; the other fields stay as they are.
        engine: who solves; by default chosen as by `steady_state`. `engines.Gaussian` and
            `engines.Lindblad` know adjoint equations; others are asked for whole solutions at six
            values of each parameter.

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
        NumericalError: the steady state is not unique, a slope is infinite, or the model has a
            kink.

    Source: Vargas-Hernandez, Chen, Jung, Brumer, New J. Phys. 23, 123006 (2021).
    """
    function = _check_merit(merit)
    found = adjoint_gradient(model, merit, parameters, engine)
    if found is not None:
        return found
    values = parameter_values(model, parameters)
    system = as_system(model)
    scale = largest_rate(system) if isinstance(system, OpenSystem) else 0.0
    slopes = [
        solution_slope(one.known(function, engine), p, scale) for one, p in _free(model, values)
    ]
    return _dataset(values, slopes, merit, function(steady_state(system, engine).state))


def adjoint_gradient(
    model: Model, merit: Any, parameters: str | Sequence[str], engine: Engine | None = None
) -> xr.Dataset | None:
    """The same where the engine has an adjoint equation; None where it has not."""
    values = parameter_values(model, parameters)
    system = as_system(model)
    slopes = steady_slopes(system, merit, engine)
    if slopes is None or not isinstance(system, OpenSystem):
        return None
    scale = largest_rate(system)
    moves = [coefficient_slope(one.system, p, step_at(p, scale)) for one, p in _free(model, values)]
    return _dataset(values, slopes.slopes(moves), merit, slopes.value)


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
        data |= _variables(name, array.shape, found[: array.size])
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

    def known(self, function: Any, engine: Engine | None) -> Callable[[float], tuple[float, float]]:
        """The merit of its solution, with the error of the state."""

        def known_at(p: float) -> tuple[float, float]:
            result = steady_state(self.at(p), engine)
            return float(function(result.state)), result.report.error_estimate or 0.0

        return known_at


def steady_slopes(
    system: System, function: Callable[[Any], float], engine: Engine | None
) -> SlopeSource | None:
    """Slopes of a merit of the steady state; None for engines without an adjoint equation."""
    chosen = choose(system, Task(), engine)
    if not isinstance(system, OpenSystem):
        return None
    if isinstance(chosen.engine, Gaussian):
        solution = run(chosen.engine, system, offer=chosen.offer)
        if not isinstance(solution.state, GaussianState):
            return None
        return GaussianSlopes(system, solution.state, function, _relative(solution))
    if isinstance(chosen.engine, Lindblad) and chosen.offer.labels in ((), system.labels):
        return density_slopes(system, function, chosen.engine)
    return None


def density_slopes(
    system: OpenSystem, function: Callable[[Any], float], engine: Lindblad
) -> DensitySlopes:
    """Slopes of a merit of a density matrix."""
    engine = dataclasses.replace(engine, rtol=min(engine.rtol, RTOL))
    solution = run(engine, system)
    state = as_density(solution.state, solution.report.unique)
    cutoff = dict(zip(state.labels, state.dimensions, strict=True))
    modes = {s.label: cutoff[s.label] for s in system.spaces if s.dimension is None}
    fixed = dataclasses.replace(engine, cutoff=modes) if modes else engine

    def response_for(right: Matrix) -> LinearResponse:
        return fixed.linear_response(system, state, right)

    tolerance = max(1e-10, solution.report.error_estimate or 0.0)
    return DensitySlopes(system, state, function, response_for, tolerance)


def _relative(solution: Solution) -> float:
    """Error of the moments over the largest."""
    state = solution.state
    largest = max(1.0, float(np.abs(state.number).max()), float(np.abs(state.mean).max()) ** 2)
    return (solution.report.error_estimate or 0.0) / largest


def _check_merit(merit: Any) -> Any:
    """What is differentiated, as a function of the state.

    Raises:
        ArgumentError: a measure without labels, or no function.
    """
    if isinstance(merit, Merit):
        return merit
    if isinstance(merit, Measure) or not callable(merit) or isinstance(merit, type):
        raise ArgumentError("merit", "be a merit or a function of the state", merit, _REMEDY)
    return merit


def _variables(name: str, shape: tuple[int, ...], found: Sequence[Slope]) -> dict[str, Any]:
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
