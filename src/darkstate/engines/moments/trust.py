r"""How far to trust the closure: the same once more, with third cumulants kept.

Third cumulants (`darkstate.engines.moments.third`) are put back where they were dropped. Two steps
of Newton's method, each with the cumulants that stand still where it begins, lead from a stationary
point y to y' and on to y''; evolutions are repeated with them. The estimate is

    3 (|y'' - y| + |y'' - y'|),

relative as of `relative_change`: the change, and how far it is from having settled. Twice that,
because fourth cumulants are dropped still.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg
from scipy.integrate import solve_ivp

from darkstate.engines.moments.packing import Packed
from darkstate.engines.moments.solving import bordered_jacobian
from darkstate.engines.moments.third import ThirdOrder
from darkstate.states import SpinMoments
from darkstate.states.moments import MODE, Array, generators

LARGEST = 12
"""Operators up to which third cumulants are estimated (four ensembles)."""
SAFETY = 3.0
"""Held against exact states of 2 to 60 atoms, see the tests: the estimate covers the error wherever
the result is not suspect."""
_SINGULAR = 1e-12
_RTOL = 1e-6


def closes(packed: Packed) -> bool:
    """Whether third cumulants do not enter: the drift is linear, and nothing is dropped."""
    return not np.any(packed.equations.F2)


def closure_error(packed: Packed, y: Array) -> float | None:
    """Estimated relative error of means and transverse variances; None if not estimated.

    Args:
        packed: the equations.
        y: a stationary point.
    """
    if not closes(packed) and len(packed.equations.F0) > LARGEST:
        return None
    first = y + _step(packed, y)
    second = first + _step(packed, first)
    state = packed.unpack(y)
    changes = (second - y, second - first)
    return SAFETY * sum(relative_change(state, packed.unpack(change)) for change in changes)


def _step(packed: Packed, y: Array) -> Array:
    """Newton's step at y with the third cumulants that stand still there."""
    force = packed.rates(y)
    if not closes(packed):
        third = ThirdOrder(packed)
        force = force + third.force(third.stationary(y))
    matrix, rows = bordered_jacobian(packed, y)
    right = np.zeros(len(matrix))
    right[: len(y)] = -force / rows
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=_SINGULAR)[0], dtype=float)


def evolved_error(packed: Packed, found: Sequence[Array], times: Sequence[float]) -> float | None:
    """Estimated relative error of an evolution, the largest over its times; None if not estimated.

    The evolution is repeated with third cumulants, from those of uncorrelated atoms.

    Args:
        packed: the equations.
        found: packed moments at `times`.
        times: their times.
    """
    if closes(packed) or len(times) == 1:
        return 0.0
    if len(packed.equations.F0) > LARGEST:
        return None
    third, size = ThirdOrder(packed), len(found[0])

    def rates(t: float, z: Array) -> Array:
        y, k = z[:size], third.whole(z[size:])
        return np.concatenate([packed.rates(y) + third.force(k), third.rates(y, k)])

    start = np.concatenate([found[0], third.uncorrelated(found[0])])
    with np.errstate(over="ignore", invalid="ignore"):
        done = solve_ivp(
            rates, (times[0], times[-1]), start, method="LSODA", t_eval=times,
            rtol=_RTOL, atol=1e-3 * _RTOL,
        )  # fmt: skip
    if not done.success or not np.all(np.isfinite(done.y)):
        return None
    states = [(packed.unpack(y), z[:size] - y) for y, z in zip(found, done.y.T, strict=True)]
    return SAFETY * max(relative_change(state, packed.unpack(d)) for state, d in states)


def relative_change(state: SpinMoments, change: SpinMoments) -> float:
    """Largest relative change of a spin's length and of a variance across the mean spins.

    Along a mean spin the fluctuations of a polarised ensemble are of order 1, not N, and are not
    Gaussian at any N; they matter to no more than that.
    """
    worst, columns = 0.0, []
    n = len(state.mean)
    for count, at in zip(state.atoms, generators(state.atoms), strict=True):
        basis = np.eye(n)[:, at]
        if count != MODE:
            length = float(np.linalg.norm(state.mean[at]))
            size = max(length, 0.5 * np.sqrt(count))
            worst = max(worst, float(np.linalg.norm(change.mean[at])) / size)
            if length > 0.5 * np.sqrt(count):
                basis = basis @ scipy.linalg.null_space(state.mean[None, at])
        columns.append(basis)
    across = np.hstack(columns)
    K = across.T @ state.covariance @ across
    units = 1.0 / np.sqrt(np.maximum(np.diag(K), np.finfo(float).tiny))
    K, moved = (units * x * units[:, None] for x in (K, across.T @ change.covariance @ across))
    values, vectors = np.linalg.eigh(K)
    white = vectors / np.sqrt(np.maximum(values, 1e-14 * values[-1]))
    return max(worst, float(np.abs(np.linalg.eigvalsh(white.T @ moved @ white)).max()))
