"""A linear system sampled at intervals, and the filter of what was recorded between the samples.

The quadratures ``R`` and the integrated record ``y`` are one linear stochastic process,

    ``dR = (A R + f) dt + dn,   dy = (C R + o) dt + dm``,
    ``dn dn^T = D dt,   dm dm^T = 1 dt,   dm dn^T = Gamma dt``.

Over an interval h it is Gaussian with moments that one exponential and doubling give exactly
(`sampled_step`), so neither simulated records nor their filter have a step error: `SampledStep`
conditions on the *integral* of the record over the interval, which is what a file holds. That is
less than the whole record of the interval; as h falls it becomes all of it.

Means are arrays (n, 2N) of n records side by side, records (n, m).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.errors import NumericalError
from darkstate.linalg.unique import unique_root

Real = NDArray[Any]  # of floats; what numpy's linear algebra returns is typed less closely


@dataclass(frozen=True, eq=False)
class SampledStep:
    """One interval: ``(R, dy) -> homogeneous R + offset`` plus noise of covariance `noise`.

    Args:
        modes: 2N, the number of quadratures; the other rows belong to the record.
        homogeneous: (2N + m, 2N).
        offset: (2N + m,).
        noise: (2N + m, 2N + m).
    """

    modes: int
    homogeneous: Real
    offset: Real
    noise: Real

    @cached_property
    def root(self) -> Real:
        """The square root of `noise`, which may be singular, that all processors agree on."""
        return unique_root(self.noise)

    def draw(self, points: Real, normal: Real) -> tuple[Real, Real]:
        """Points (n, 2N) at the end and record (n, m), from standard normal (n, 2N + m)."""
        both = points @ self.homogeneous.T + self.offset + normal @ self.root.T
        return both[:, : self.modes], both[:, self.modes :]

    def joint(self, v: Real) -> Real:
        """Covariance (2N + m, 2N + m) of quadratures and record if it was `v` at the start."""
        return self.homogeneous @ v @ self.homogeneous.T + self.noise

    def gain(self, v: Real) -> tuple[Real, Real]:
        """Kalman gain (2N, m), and covariance (2N, 2N) at the end given the record."""
        joint, k = self.joint(v), self.modes
        weight = np.linalg.solve(joint[k:, k:], joint[k:, :k]).T
        left = joint[:k, :k] - weight @ joint[k:, :k]
        return weight, 0.5 * (left + left.T)

    def update(self, means: Real, record: Real, weight: Real) -> tuple[Real, Real]:
        """Means (n, 2N) at the end given the record, and its innovations (n, m)."""
        both = means @ self.homogeneous.T + self.offset
        innovation = record - both[:, self.modes :]
        return both[:, : self.modes] + innovation @ weight.T, innovation


def sampled_step(
    a: Real, d: Real, c: Real, gamma: Real, duration: float, drive: Real, shift: Real
) -> SampledStep:
    """The exact moments of an interval.

    Args:
        a: drift ``A``, (2N, 2N).
        d: diffusion ``D``, (2N, 2N).
        c: measured combinations ``C``, (m, 2N).
        gamma: back-action ``Gamma``, (m, 2N).
        duration: length of the interval.
        drive: ``f``, (2N,).
        shift: ``o``, (m,).

    Raises:
        NumericalError: the moments outgrow floating point.
    """
    n, m = len(a), len(c)
    flow = np.zeros((n + m + 1, n + m + 1))
    flow[:n, :n], flow[n : n + m, :n] = a, c
    flow[:n, -1], flow[n : n + m, -1] = drive, shift
    diffusion = np.zeros((n + m, n + m))
    diffusion[:n, :n], diffusion[n:, :n], diffusion[:n, n:] = d, gamma, gamma.T
    diffusion[n:, n:] = np.eye(m)
    with np.errstate(all="ignore"):  # overflow is checked for and named below
        whole = scipy.linalg.expm(flow * duration)
        noise = _accumulate_noise(flow[:-1, :-1], diffusion, duration)
    if not (np.all(np.isfinite(whole)) and np.all(np.isfinite(noise))):
        raise NumericalError(
            f"Within the interval {duration:.4g} the moments outgrow floating point: the system "
            "amplifies without bound. Use shorter intervals, or lower the gain."
        )
    return SampledStep(n, whole[:-1, :n], whole[:-1, -1], noise)


def _accumulate_noise(flow: Real, diffusion: Real, duration: float) -> Real:
    """``int_0^h exp(F s) D exp(F s)^T ds`` by doubling from Van Loan's short step."""
    size = float(np.linalg.norm(flow, 1)) * duration
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-300)))) + 1)
    n = len(flow)
    pair = np.block([[-flow, diffusion], [np.zeros((n, n)), flow.T]])
    exponential = scipy.linalg.expm(pair * (duration / 2**halvings))
    step = exponential[n:, n:].T
    noise = step @ exponential[:n, n:]
    for _ in range(halvings):
        noise = noise + step @ noise @ step.T
        step = step @ step
    return 0.5 * (noise + noise.T)
