"""Time evolution ``exp(L t) x`` of flattened Hermitian matrices by Krylov steps.

One step projects L onto the Krylov space of the current state, exponentiates the small matrix, and
takes the longest time whose error estimate fits. Vectors are Hermitian matrices, so the space is
real: inner products ``Re Tr(X Y)``, a real Hessenberg matrix, half the work. Because the basis is
orthonormal, the purity anywhere inside a step is a sum of squares of the small vector.

Source: Saad, SIAM J. Numer. Anal. 29, 209 (1992); Sidje, ACM TOMS 24, 130 (1998).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.errors import NumericalError

Apply = Callable[[NDArray[Any]], NDArray[Any]]
_SAFETY = 0.8
_SMALLEST_STEP = 1e-14
_SHRINKS = 0.1
"""A vector that keeps this part of its norm loses one digit of orthogonality at most."""


@dataclass(frozen=True)
class Step:
    """One Krylov step: the state at any time within it.

    Args:
        basis: (m, n) orthonormal rows (real inner product of the complex entries).
        small: (m+2, m+2) augmented Hessenberg matrix.
        norm: norm of the initial state.
        length: time for which the error estimate holds.
        error: estimated error at its end.
        last: coefficients at its end, if they are known.
    """

    basis: NDArray[Any]
    small: NDArray[np.float64]
    norm: float
    length: float
    error: float
    last: NDArray[Any] | None = None

    def coefficients(self, time: float) -> NDArray[Any]:
        """Coefficients of the state in the basis after `time`."""
        m = len(self.basis)
        if self.last is not None and time == self.length:
            return self.last
        return self.norm * scipy.linalg.expm(time * self.small)[:m, 0]

    def state(self, time: float) -> NDArray[Any]:
        """The flattened state after `time`."""
        return self.coefficients(time) @ self.basis

    def purity(self, time: float) -> float:
        """``Tr rho^2`` after `time`."""
        return float(np.sum(self.coefficients(time) ** 2))


def krylov_steps(
    apply: Apply, state: NDArray[Any], horizon: float, rtol: float, size: int = 30
) -> Iterator[Step]:
    """Successive steps from `state` until their lengths add up to `horizon`.

    Args:
        apply: the generator on flattened Hermitian matrices.
        state: initial state, flattened.
        horizon: total time.
        rtol: error allowed over the whole horizon, relative to the norm of the initial state.
        size: largest dimension of the Krylov space.

    Raises:
        NumericalError: the step length underflows: the generator is too stiff for this accuracy.
    """
    allowed = rtol * float(np.linalg.norm(state))
    done, guess = 0.0, horizon
    while done < horizon * (1 - 1e-15):
        left = horizon - done
        step = _step(apply, state, min(left, guess), allowed / horizon, size)
        if step.length <= _SMALLEST_STEP * horizon:
            raise NumericalError(
                f"The Krylov step fell to {step.length:.2g} of a horizon of {horizon:.3g}: the "
                "generator is too stiff for this accuracy. Raise rtol, or lower the largest rate."
            )
        yield step
        state = step.state(step.length)
        done += step.length
        guess = 2.0 * step.length if step.length < left else left


def _step(apply: Apply, state: NDArray[Any], longest: float, rate: float, size: int) -> Step:
    """The longest step up to `longest` whose estimated error is below ``rate * length``."""
    basis, hessenberg, norm, closed = _arnoldi(apply, state, size)
    m = len(basis)
    small = np.zeros((m + 2, m + 2))
    small[:m, :m] = hessenberg[:m, :m]
    if closed:  # an invariant subspace: exact for any time
        return Step(basis, small, norm, longest, 0.0)
    small[m, m - 1] = hessenberg[m, m - 1]
    small[m + 1, m] = 1.0
    # a space of m vectors follows about m/|L| if L turns, but m^2/|L| if it damps: a generous first
    # trial costs small exponentials only, one far too long would overflow
    length = min(longest, 0.5 * m * m / float(np.linalg.norm(small[:m, :m], 2)))
    while True:
        with np.errstate(over="ignore", invalid="ignore"):  # a trial far too long is cut below
            column = norm * scipy.linalg.expm(length * small)[:, 0]
        error = float(max(abs(column[m]), abs(column[m + 1]) * hessenberg[m, m - 1]))
        if error <= rate * length or length <= 1e-16 * longest:
            return Step(basis, small, norm, length, error, column[:m])
        length *= max(0.1, _SAFETY * (rate * length / error) ** (1.0 / m))


def _arnoldi(
    apply: Apply, state: NDArray[Any], size: int
) -> tuple[NDArray[Any], NDArray[np.float64], float, bool]:
    """Basis, Hessenberg matrix, norm, and whether the space closed before `size`."""
    norm = float(np.linalg.norm(state))
    basis = np.empty((size, len(state)), dtype=state.dtype)
    real = basis.view(np.float64)
    hessenberg = np.zeros((size + 1, size))
    basis[0], largest = state / norm, 0.0
    for j in range(size):
        w = apply(basis[j])
        numbers, column = w.view(np.float64), hessenberg[: j + 1, j]
        before = sqrt(numbers @ numbers)
        after = orthogonalise(numbers, real[: j + 1], column)
        largest = max(largest, float(np.abs(column).max()))
        if after <= 1e-13 * max(before, largest):
            return basis[: j + 1], hessenberg, norm, True
        hessenberg[j + 1, j] = after
        largest = max(largest, after)
        if j + 1 < size:
            np.divide(w, after, out=basis[j + 1])
    return basis, hessenberg, norm, False


def orthogonalise(
    w: NDArray[np.float64], basis: NDArray[np.float64], overlaps: NDArray[np.float64]
) -> float:
    """Take the `basis` out of `w`, adding the overlaps to `overlaps`; the norm that is left.

    A second pass is made where the first lost digits, that is if `w` shrank a lot.
    """
    after = sqrt(w @ w)
    for _ in range(3):
        before = after
        overlap = basis @ w
        w -= overlap @ basis
        overlaps += overlap
        after = sqrt(w @ w)
        if after > _SHRINKS * before:
            break
    return after
