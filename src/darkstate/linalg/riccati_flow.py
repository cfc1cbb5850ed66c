"""The Riccati equation of a filter in time, solved exactly for any step.

The covariance ``V`` of the quadratures given the records of the detectors obeys

    ``dV/dt = A V + V A^T + D - (V C^T + Gamma^T)(V C^T + Gamma^T)^T``.

With ``B = A - Gamma^T C`` and ``E = D - Gamma^T Gamma`` it is the quotient of a *linear* flow,
``V = Y X^-1``, ``d(X, Y)/dt = [[-B^T, C^T C], [E, B]] (X, Y)``: one matrix exponential makes a step
of any length exact. A step maps

    ``V -> Q + Phi V (1 + G V)^-1 Phi^T``,

``Q`` being what an exactly known state becomes, ``G`` the information in the record about the
initial values, and ``Phi (1 + V G)^-1`` what is left of an initial error. Exponentials of long
times would overflow, since X and Y grow; triples (Phi, G, Q) are therefore built from a short step
by doubling, in which only positive matrices are added.

Sources: Kalman & Bucy, J. Basic Eng. 83, 95 (1961); Anderson, Int. J. Control 28, 295 (1978)
(doubling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import NumericalError
from darkstate.linalg.riccati import filter_matrices

Real = NDArray[Any]  # of floats; what numpy's linear algebra returns is typed less closely


@dataclass(frozen=True, eq=False)
class RiccatiStep:
    """What a stretch of continuous measurement does to a covariance; all (2N, 2N).

    Args:
        transition: ``Phi``, the filter's propagator of an exactly known state.
        information: ``G``, symmetric, about the initial values in the record.
        noise: ``Q``, symmetric, the covariance that an exactly known state ends with.
    """

    transition: Real
    information: Real
    noise: Real

    def covariance(self, v: Real) -> Real:
        """``Q + Phi V (1 + G V)^-1 Phi^T``: the covariance at the end."""
        kept = np.linalg.solve(np.eye(len(v)) + v @ self.information, v)
        v = self.noise + self.transition @ kept @ self.transition.T
        return 0.5 * (v + v.T)

    def then(self, later: RiccatiStep) -> RiccatiStep:
        """This step and after it another one, as one step."""
        one = np.eye(len(self.noise))
        passed = _right_divided(later.transition, one + self.noise @ later.information)
        heard = np.linalg.solve(one + later.information @ self.noise, later.information)
        return RiccatiStep(
            passed @ self.transition,
            _symmetric(self.information + self.transition.T @ heard @ self.transition),
            _symmetric(later.noise + passed @ self.noise @ later.transition.T),
        )


def riccati_step(
    a: ArrayLike, d: ArrayLike, c: ArrayLike, gamma: ArrayLike, duration: float
) -> RiccatiStep:
    """The exact step of length `duration` >= 0.

    Args:
        a: drift ``A``, shape (2N, 2N).
        d: diffusion ``D``, symmetric, shape (2N, 2N).
        c: measured combinations ``C``, shape (m, 2N); m = 0 is no detection.
        gamma: back-action ``Gamma``, shape (m, 2N).
        duration: time.

    Raises:
        ArgumentError: shapes do not fit together.
        NumericalError: what is not measured grows beyond floating point.
    """
    a, d, c, gamma = filter_matrices(a, d, c, gamma)
    n = len(a)
    b, e = a - gamma.T @ c, d - gamma.T @ gamma
    flow = np.block([[-b.T, c.T @ c], [e, b]])
    size = float(np.linalg.norm(flow, 1)) * duration
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-300)))) + 1)
    m = scipy.linalg.expm(flow * (duration / 2**halvings))
    inverse = np.linalg.inv(m[:n, :n])  # close to one: the step is short
    step = RiccatiStep(inverse.T, _symmetric(inverse @ m[:n, n:]), _symmetric(m[n:, :n] @ inverse))
    with np.errstate(all="ignore"):  # overflow is checked for and named below
        for _ in range(halvings):
            step = step.then(step)
            if not np.all(np.isfinite(step.noise)):
                raise NumericalError(
                    f"Within the time {duration:.4g} the conditional covariance outgrows floating "
                    "point: the system amplifies what no detector sees. Shorten the time, lower "
                    "the gain, or monitor more channels."
                )
    return step


def _right_divided(left: Real, right: Real) -> Real:
    """``left right^-1``."""
    return np.linalg.solve(right.T, left.T).T


def _symmetric(matrix: Real) -> Real:
    return 0.5 * (matrix + matrix.T)
