r"""Gradients: how a merit of a steady state answers to every parameter, by one adjoint solve.

With G the derivative of the merit by rho and ``L† X = G - Tr(rho G)``,

    df/dp = -Tr(X (dL/dp) rho),

and only coefficients of L depend on p: ``(dL/dp) rho`` is the derivative of the plain function
``L(p) rho``, rho fixed, taken by extrapolated differences. The solver is never differentiated, and
runs once for the state and once for X. The error told is what differences of fourth order and the
extrapolated ones disagree by, and the tolerance of the solutions times ``|X| |(dL/dp) rho|``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_instance, check_sequence
from darkstate.design.merit import Merit
from darkstate.engines import Lindblad
from darkstate.errors import (
    ArgumentError,
    DarkstateError,
    EngineMismatchError,
    NumericalError,
    border,
    nearest,
)
from darkstate.frontdoor import steady_state
from darkstate.frontdoor.inputs import Model, as_open_system
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.states.subsystems import Matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum

if TYPE_CHECKING:
    import xarray as xr

_FORWARD = (-25 / 12, 4.0, -3.0, 4 / 3, -0.25)
_KINK = 1e-3
"""Bending over the moves to both sides, below which it is rounding."""
_STEP = 0.01
"""First step, as a fraction of the parameter, or of the largest rate where it is zero."""


@border("gradient")
def gradient(model: Model, merit: Merit, parameters: str | Sequence[str]) -> xr.Dataset:
    """Derivatives of a merit of the steady state by parameters of the model.

    Args:
        model: a ready model, or any dataclass with ``system()``, that `engines.Lindblad` solves.
        merit: from `darkstate.merit`.
        parameters: names of fields, ``"loss"``, also of nested ones, ``"drive.nbar"``. Of a field
            with several values the derivative by each is taken; the other fields stay as they are.

    Returns:
        `xarray.Dataset`: a variable for each parameter, of the shape of the field, and
        ``"<parameter> error"`` with the estimated errors; in the attributes the merit, its
        value and its name. Where a parameter cannot be lowered (a rate that is zero), the
        derivative is that for raising it; the attribute ``one_sided`` of the variable says so.

    Raises:
        ArgumentError: no dataclass, no merit, or an unknown field or one without numbers.
        EngineMismatchError: not solved by a density matrix; single-atom processes of ensembles.
        NumericalError: the steady state is not unique, or the merit has a kink at it.

    Source: Vargas-Hernandez, Chen, Jung, Brumer, New J. Phys. 23, 123006 (2021).
    """
    import xarray as xr

    remedy = "Make it by ds.merit(ds.log_negativity, 'A1', 'B1')."
    check_instance("merit", merit, Merit, remedy)
    names = [parameters] if isinstance(parameters, str) else list(_names(parameters))
    fields = {name: _field(model, name) for name in names}
    problem = _adjoint(model, merit)
    system = problem.system
    scale = max([abs(c) for _, c in system.hamiltonian] + [j.rate for j in system.jumps] + [0.0])
    data: dict[str, Any] = {}
    for name, values in fields.items():
        found = [
            problem.slope(lambda p, name=name, k=k: _moved(model, name, k, p), float(p), scale)
            for k, p in enumerate(np.ravel(values))
        ]
        shape = np.shape(values)
        dims = [f"{name} {axis}" for axis in range(len(shape))]
        slopes = np.array([one.slope for one in found]).reshape(shape)
        errors = np.array([one.error for one in found]).reshape(shape)
        data[name] = (dims, slopes, {"one_sided": any(one.one_sided for one in found)})
        data[f"{name} error"] = (dims, errors)
    return xr.Dataset(data, attrs={"merit": repr(merit), "value": problem.value})


@dataclasses.dataclass(frozen=True)
class Slope:
    """A derivative with its estimated error."""

    slope: float
    error: float
    one_sided: bool


@dataclasses.dataclass(frozen=True, eq=False)
class AdjointProblem:
    """Steady state and adjoint solution of one model.

    Args:
        system: the system at the point.
        dims: dimensions of its spaces.
        rho: (D, D) the steady state.
        X: (D, D) the adjoint solution.
        value: the merit.
        tolerance: of rho and X.
        images: what operators make of rho.
    """

    system: OpenSystem
    dims: tuple[int, ...]
    rho: Matrix
    X: Matrix
    value: float
    tolerance: float
    images: dict[tuple[str, OperatorSum], Matrix] = dataclasses.field(default_factory=dict)

    def slope(self, system_at: Callable[[float], OpenSystem], p: float, scale: float) -> Slope:
        """The derivative by a parameter of which the system is a function."""
        coarse, fine, one_sided = _differences(lambda x: self.moved(system_at(x)), p, scale)
        value, other = (-float(np.vdot(self.X, d).real) for d in (fine, coarse))
        size = float(np.linalg.norm(self.X)) * float(np.linalg.norm(fine))
        return Slope(value, abs(value - other) + self.tolerance * size, one_sided)

    def moved(self, system: OpenSystem) -> Matrix:
        """``L rho`` with the generator L of a system; what a parameter leaves alone is kept."""
        total: Matrix = np.zeros_like(self.rho)
        for product, c in system.hamiltonian:
            turned = c * self._kept(OperatorSum({product: 1.0}), self._product)
            total = total - 1j * (turned - turned.conj().T)
        for jump in system.jumps:
            total = total + jump.rate * self._kept(jump.operator, self._dissipated)
        return total

    def _kept(self, operator: OperatorSum, function: Callable[[Any], Matrix]) -> Matrix:
        key = (function.__name__, operator)
        if key not in self.images:
            matrix = operator_matrix(operator, self.system.spaces, self.dims)
            self.images[key] = function(matrix)
        return self.images[key]

    def _product(self, c: Any) -> Matrix:
        return c @ self.rho

    def _dissipated(self, c: Any) -> Matrix:
        once = c @ self.rho
        lost = c.conj().T @ once
        return (c @ once.conj().T).conj().T - 0.5 * (lost + lost.conj().T)


def _adjoint(model: Model, merit: Merit) -> AdjointProblem:
    system = as_open_system(model)
    if any(jump.each_atom for jump in system.jumps):
        raise EngineMismatchError(
            "gradient differentiates density matrices of a product basis, but this has processes "
            "of single atoms in an ensemble.",
            "Use a Spin without them, or atoms one by one as Qubits.",
        )
    engine = Lindblad(rtol=1e-11)
    result = steady_state(system, engine)
    state = result.state
    if not isinstance(state, DensityState | PureState) or result.report.unique is False:
        raise NumericalError(
            "`gradient` needs a unique steady state as a density matrix. Add what makes it unique."
        )
    cutoff = dict(zip(state.labels, state.dimensions, strict=True))
    modes = {s.label: cutoff[s.label] for s in system.spaces if s.dimension is None}
    engine = dataclasses.replace(engine, cutoff=modes) if modes else engine
    rho = state if isinstance(state, DensityState) else state.density()
    X = engine.adjoint_solve(system, merit.derivative(state), rho)
    tolerance = max(1e-10, result.report.error_estimate or 0.0)
    return AdjointProblem(system, state.dimensions, rho.matrix, X, merit(state), tolerance)


def _differences(
    function: Callable[[float], Matrix], p: float, scale: float
) -> tuple[Matrix, Matrix, bool]:
    """Slope of fourth order, that of sixth, and whether both are of the right side only.

    Central differences with one step and with half of it, extrapolated; to the right where the
    function refuses what lies to the left.

    Raises:
        NumericalError: the function has a kink at p: what its slope changes by from one side to the
            other does not shrink with the step.
    """
    step = _STEP * (abs(p) or 0.1 * scale or 1.0)
    steps = (0.5 * step, step, 2 * step)
    try:
        pairs = [(function(p + h), function(p - h)) for h in steps]
    except DarkstateError:
        half, one = (
            sum((w * function(p + k * h) for k, w in enumerate(_FORWARD)), np.zeros(())) / h
            for h in (0.5 * step, step)
        )
        return half, (16 * half - one) / 15, True
    _require_smooth(function(p), pairs, p)
    half, one, two = (
        (right - left) / (2 * h) for h, (right, left) in zip(steps, pairs, strict=True)
    )
    coarse, fine = (4 * one - two) / 3, (4 * half - one) / 3
    return fine, (16 * fine - coarse) / 15, False


def _require_smooth(middle: Matrix, pairs: Sequence[tuple[Matrix, Matrix]], p: float) -> None:
    """Refuse a kink: half of the step halves a bend there, where smooth functions quarter it."""
    bends = [float(np.linalg.norm(right - 2 * middle + left)) for right, left in pairs]
    moved = sum(float(np.linalg.norm(side - middle)) for side in pairs[0])
    if bends[0] > _KINK * moved and bends[0] > 0.4 * bends[1] > 0.16 * bends[2]:
        raise NumericalError(
            f"The model has a kink where the parameter is {p:g}: slopes differ on both sides. Move "
            "it a little to the side that is meant."
        )


def _names(parameters: Any) -> tuple[str, ...]:
    return check_sequence("parameters", parameters, "Give names of fields, ('loss', 'drive.nbar').")


def _field(model: Any, name: Any) -> Any:
    """The value of a field, by its path.

    Raises:
        ArgumentError: no such field, or no numbers in it.
    """
    value = model
    for word in str(name).split("."):
        if not dataclasses.is_dataclass(value) or isinstance(value, type):
            remedy = "Give a model with fields, or the name of one that holds numbers."
            raise ArgumentError("model", f"have a field '{name}'", value, remedy)
        known = [field.name for field in dataclasses.fields(value)]
        if word not in known:
            raise ArgumentError("parameters", "name fields", name, nearest(word, known))
        value = getattr(value, word)
    array = np.asarray(value)
    whole = array.dtype.kind in "iu" and array.ndim == 0
    if array.dtype.kind not in "fiu" or whole:
        remedy = "Only real numbers have derivatives; write 1.0 instead of 1 if it is one."
        raise ArgumentError("parameters", "name fields of real numbers", name, remedy)
    return value


def _moved(model: Any, name: str, k: int, p: float) -> OpenSystem:
    """The system with the k-th entry of a field set to p."""
    *path, last = name.split(".")
    owners = [model]
    for word in path:
        owners.append(getattr(owners[-1], word))
    value = getattr(owners[-1], last)
    if np.ndim(value):
        entries = np.array(value, dtype=float)
        entries.flat[k] = p
        value = entries if isinstance(value, np.ndarray) else tuple(entries.tolist())
    else:
        value = float(p)
    changed = dataclasses.replace(owners[-1], **{last: value})
    for owner, word in zip(owners[-2::-1], path[::-1], strict=True):
        changed = dataclasses.replace(owner, **{word: changed})
    return as_open_system(changed)
