"""Steady states (evolution, then Newton) and evolutions of the packed moment equations.

The equations are not linear: they can have several stationary points, and unstable ones. So a
steady state is reached as nature does it, by a stiff integration over ten times longer and longer
spans; as soon as Newton's step from there is small, Newton ends it. Conserved quantities leave the
Jacobian singular: those that are known (``J^2`` of ensembles without single-atom processes) are
held, what else is conserved is found from its null vector and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from darkstate.engines.moments.packing import Packed
from darkstate.errors import NumericalError
from darkstate.linalg.unique import leading_rows
from darkstate.states.moments import Array

_SPANS = 24
_NEAR = 0.03
"""A Newton step shorter than this (numbers of order one) may end the evolution."""
_SETTLED = 1e-13
_SINGULAR = 1e-12
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Stationary:
    """A stationary point.

    Args:
        y: the packed moments.
        residual: largest ``|f|`` over the terms that cancel in it.
        gap: slowest relaxation rate; 0 where something is conserved.
        growth: fastest growth rate of a small disturbance; above 0 unstable.
        free: what is conserved beyond the known ``J^2``, by name.
        spans: how many spans of evolution were needed.
    """

    y: Array
    residual: float
    gap: float
    growth: float
    free: tuple[str, ...]
    spans: int


def fastest(packed: Packed, y: Array) -> float:
    """The fastest rate of the linearised equations at y."""
    return float(np.abs(np.linalg.eigvals(packed.jacobian(y))).max())


def stationary(packed: Packed, start: Array) -> Stationary:
    """The stationary point that the evolution from `start` reaches.

    Raises:
        NumericalError: the moments run away, or never settle.
    """
    y, rate = start, fastest(packed, start)
    if rate == 0.0:
        return _assess_point(packed, y, 0)
    span, held = 1.0 / rate, packed.conserved(start)[0]
    for k in range(_SPANS):
        found = _newton(packed, y, held)
        if found is not None:
            point = _assess_point(packed, found, k)
            if point.growth <= 0.0:
                return point
        y = _integrate(packed, y, span)
        span *= 10.0 if k else 3.0
    raise NumericalError(
        "The moment equations do not settle: they oscillate or creep. Look at them with evolve(), "
        "or start elsewhere with `initial`."
    )


def _integrate(packed: Packed, y: Array, span: float) -> Array:
    def f(t: float, y: Array) -> Array:
        return packed.rates(y)

    def jac(t: float, y: Array) -> Array:
        return packed.jacobian(y)

    far = 1e4 * max(1, *packed.equations.atoms)  # fluctuations of a spin reach N in their unit

    def runaway(t: float, y: Array) -> float:
        return float(np.abs(y).max()) - far

    runaway.terminal = True  # type: ignore[attr-defined]
    with np.errstate(over="ignore", invalid="ignore"):
        done = solve_ivp(
            f, (0.0, span), y, method="Radau", jac=jac, rtol=1e-6, atol=1e-9, events=runaway
        )
    y = done.y[:, -1]
    if done.status != 0 or not np.all(np.isfinite(y)):
        raise NumericalError(
            "The moments run away: there is no steady state, a gain exceeds the loss. Add loss, or "
            "look at the growth with evolve()."
        )
    return y


def _newton(packed: Packed, y: Array, held: Array) -> Array | None:
    """The root near y with the conserved values `held`.

    None if the first step is long or the steps do not shrink.
    """
    before = np.inf
    for k in range(30):
        step = _step(packed, y, held)
        length = float(np.abs(step).max())
        if not np.isfinite(length) or (k == 0 and length > _NEAR) or length > 4.0 * _NEAR:
            return None
        y = y + step
        if length <= _SETTLED or (length >= 0.5 * before and before < 1e-9):
            return y
        before = length
    return None


def bordered_jacobian(packed: Packed, y: Array) -> tuple[Array, Array]:
    """Jacobian, scaled row by row, with the gradients of what is conserved; and the row scales."""
    J = packed.jacobian(y)
    rows = np.abs(J).max(axis=1)
    rows[rows == 0.0] = 1.0
    return np.vstack([J / rows[:, None], packed.conserved(y)[1]]), rows


def _step(packed: Packed, y: Array, held: Array) -> Array:
    matrix, rows = bordered_jacobian(packed, y)
    right = np.concatenate([-packed.rates(y) / rows, held - packed.conserved(y)[0]])
    if not np.all(np.isfinite(matrix)) or not np.all(np.isfinite(right)):
        return np.full(len(y), np.inf)
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=_SINGULAR)[0], dtype=float)


def _assess_point(packed: Packed, y: Array, spans: int) -> Stationary:
    J = packed.jacobian(y)
    matrix, rows = bordered_jacobian(packed, y)
    f = packed.rates(y)
    terms = np.abs(J) @ np.abs(y) + np.finfo(float).tiny
    # `terms` vanishes where an equation is 0 = 0
    residual = float((np.abs(f) / np.maximum(terms, _EPS * rows)).max())
    _, sizes, vectors = np.linalg.svd(matrix)
    null = vectors[: len(sizes)][sizes <= _SINGULAR * sizes[0]]
    free = tuple(packed.name(row) for row in leading_rows(null.T))
    values = np.linalg.eigvals(J)
    scale = float(np.abs(values).max(initial=0.0))
    growth = float(np.max(values.real, initial=-np.inf))
    known = len(packed.equations.conserving) + len(free)
    rates = np.sort(-values.real)
    gap = float(rates[known]) if known < len(rates) else 0.0
    unstable = growth > 1e-9 * scale
    return Stationary(y, residual, max(0.0, gap), growth if unstable else 0.0, free, spans)


def evolve_moments(
    packed: Packed, start: Array, times: Sequence[float], rtol: float
) -> list[Array]:
    """Packed moments at `times`, `start` being those at the first.

    Raises:
        NumericalError: the moments run away.
    """
    if len(times) == 1:
        return [start]
    with np.errstate(over="ignore", invalid="ignore"):
        done = solve_ivp(
            lambda t, y: packed.rates(y),
            (times[0], times[-1]),
            start,
            method="LSODA",
            jac=lambda t, y: packed.jacobian(y),
            t_eval=times,
            rtol=rtol,
            atol=1e-3 * rtol,
        )
    if not done.success or not np.all(np.isfinite(done.y)):
        raise NumericalError(
            f"The moments run away after time {done.t[-1] if len(done.t) else times[0]:.3g}: "
            f"{done.message} Evolve to earlier times, or add loss."
        )
    return list(done.y.T)
