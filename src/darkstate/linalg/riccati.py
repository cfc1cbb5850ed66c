"""Stationary conditional covariance of a linear system under homodyne detection.

The covariance ``V`` of the quadratures, given the record of the m monitored channels, obeys

    ``dV/dt = A V + V A^T + D - (V C^T + Gamma^T)(V C^T + Gamma^T)^T``,

where ``C`` says what the detectors see and ``Gamma`` how their noise acts back on the system.
Its stationary *stabilising* solution, for which the filter's drift ``A - (V C^T + Gamma^T) C`` is
Hurwitz, is the one that every initial state is driven to. Without detectors it is Lyapunov's.

The equation is the dual of the one of optimal control; a solution through the invariant subspace
of its pencil is polished by Newton's method, whose steps are Lyapunov equations.

Sources: Wiseman & Doherty, Phys. Rev. Lett. 94, 070405 (2005) (the equation);
Kleinman, IEEE Trans. Autom. Control 13, 114 (1968) (Newton).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.sylvester import SchurForm, solve_sylvester

Real = NDArray[np.float64]
_SWEEPS = 8


@dataclass(frozen=True)
class RiccatiSolution:
    """Stationary conditional covariance with its quality.

    Attributes:
        v: ``V``, real symmetric, shape (2N, 2N).
        residual: ``|right-hand side| / (2 |A| |V| + |D| + |V C^T + Gamma^T|^2)``, Frobenius norms.
        spectral_abscissa: of the filter's drift ``A - (V C^T + Gamma^T) C``; its inverse is the
            time in which the filter forgets.
    """

    v: Real
    residual: float
    spectral_abscissa: float


def filter_matrices(
    a: ArrayLike, d: ArrayLike, c: ArrayLike, gamma: ArrayLike
) -> tuple[Real, Real, Real, Real]:
    """A, D, C and Gamma as arrays.

    Raises:
        ArgumentError: shapes do not fit together.
    """
    a, d, c, gamma = (np.asarray(each, dtype=float) for each in (a, d, c, gamma))
    n = len(a)
    if not a.shape == d.shape == (n, n) or not c.shape == gamma.shape == (len(c), n):
        raise ArgumentError(
            "c",
            f"have the shape of `gamma`, (m, {n}), and `a`, `d` shape {(n, n)}",
            (a.shape, d.shape, c.shape, gamma.shape),
            "Give one row of C and Gamma per monitored channel.",
        )
    return a, d, c, gamma


def solve_riccati(a: ArrayLike, d: ArrayLike, c: ArrayLike, gamma: ArrayLike) -> RiccatiSolution:
    """Stabilising solution of ``A V + V A^T + D - (V C^T + Gamma^T)(V C^T + Gamma^T)^T = 0``.

    Args:
        a: drift ``A``, shape (2N, 2N).
        d: diffusion ``D``, symmetric, shape (2N, 2N).
        c: measured combinations ``C``, shape (m, 2N); m = 0 is no detection.
        gamma: back-action ``Gamma``, shape (m, 2N).

    Raises:
        ArgumentError: shapes do not fit together.
        NumericalError: there is no stabilising solution: an undamped or growing mode is neither
            seen by a detector nor damped; or rates too far apart for double precision.
    """
    a, d, c, gamma = filter_matrices(a, d, c, gamma)
    # A power of 4 near |A| as the unit of rate: V stays the same, and nothing is rounded.
    size = float(np.linalg.norm(a))
    half = float(2.0 ** np.round(np.log2(size) / 2)) if size > 0 else 1.0
    unit = half**2
    a, d = np.divide(a, unit), np.divide(d, unit)
    c, gamma = np.divide(c, half), np.divide(gamma, half)
    v = _polish(a, d, c, gamma, _initial(a, d, c, gamma))
    gain = v @ c.T + gamma.T
    scale = (
        2 * np.linalg.norm(a) * np.linalg.norm(v) + np.linalg.norm(d) + np.linalg.norm(gain) ** 2
    )
    residual = float(np.linalg.norm(_rate(a, d, c, gamma, v)) / scale) if scale else 0.0
    return RiccatiSolution(v, residual, SchurForm.of(a - gain @ c).spectral_abscissa * unit)


def _initial(a: Real, d: Real, c: Real, gamma: Real) -> Real:
    """A stabilising solution to start from, by duality: control with inputs C^T, weight D."""
    if not len(c):
        return np.zeros_like(a)  # the equation is linear: the first Newton step solves it
    try:
        v = scipy.linalg.solve_continuous_are(a.T, c.T, d, np.eye(len(c)), s=gamma.T)
    except np.linalg.LinAlgError as reason:
        raise _undetectable(reason) from reason
    except ValueError as reason:  # the invariant subspace could not be told from its complement
        raise NumericalError(
            f"The Riccati equation of the filter could not be solved ({reason}): its rates differ"
            " by more than double precision holds. Monitor fewer channels, or bring the rates"
            " closer together."
        ) from reason
    return (v + v.T) / 2


def _undetectable(reason: Exception) -> NumericalError:
    return NumericalError(
        f"The filter has no stabilising stationary state ({reason}): a mode that does not decay is"
        " not seen by the detectors. Damp it, or monitor a channel that it leaks into."
    )


def _polish(a: Real, d: Real, c: Real, gamma: Real, v: Real) -> Real:
    """Newton's iteration ``F dV + dV F^T + rate(V) = 0`` until the step no longer shrinks."""
    previous = np.inf
    for _ in range(_SWEEPS):
        closed = SchurForm.of(a - (v @ c.T + gamma.T) @ c)
        try:
            step = solve_sylvester(closed, closed, _rate(a, d, c, gamma, v)).x
        except NumericalError as reason:
            raise _undetectable(reason) from reason
        size = float(np.linalg.norm(step))
        if not size < previous / 2:
            break
        v, previous = v + step, size
    return v


def _rate(a: Real, d: Real, c: Real, gamma: Real, v: Real) -> Real:
    """``dV/dt``, symmetric to the last bit."""
    gain = v @ c.T + gamma.T
    flow = a @ v
    rate = flow + flow.T + (d + d.T) / 2 - gain @ gain.T
    return (rate + rate.T) / 2
