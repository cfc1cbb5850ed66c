"""No-jump propagation of many states at once, with jumps at their exact waiting times.

Columns x of an array (D, n) are state vectors or density matrices written row by row. They obey
``dx/dt = G x`` while nothing happens, and their weight w(x), the squared norm or the trace, falls
as the probability that nothing has happened. A column jumps when its weight falls to a threshold
drawn uniformly from 0 .. 1; jump k is taken with probability ``w(J_k x) / sum_j w(J_j x)``.

One pass takes a Taylor series ``x(s) = sum_k s^k v_k`` to rounding, so the weight over the pass is
a known polynomial and its crossing a root: nothing here has a step error. Every column keeps its
own clock within a call, so that a jump of one does not shorten the step of the others.

Source: Dalibard, Castin and Molmer, Phys. Rev. Lett. 68, 580 (1992); waiting times: Dum, Zoller
and Ritsch, Phys. Rev. A 45, 4879 (1992).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp

Array = Any
REACH = 2.0
"""Longest Taylor step times the norm of G: terms grow to at most e^2, so little is lost."""
DENSE = 256
"""Up to this size an evolution without jumps uses a stored dense exponential."""


@dataclass
class TrajectoryBatch:
    """A batch of trajectories on their way.

    Args:
        x: (D, n), one column a trajectory; its weight is the probability of no jump since the
            last one.
        streams: the random numbers of each.
        time: where all of them stand.
        bridges: where steps are halved (`diffusion.py`): what divides the noise of each.
        threshold: weight at which each jumps.
        clicks: jumps so far, ``(time, number)`` for each trajectory.
    """

    x: Array
    streams: list[np.random.Generator]
    time: float
    bridges: list[np.random.Generator] = field(default_factory=list)
    threshold: Array = field(init=False)
    clicks: list[list[tuple[float, int]]] = field(init=False)

    def __post_init__(self) -> None:
        self.threshold = np.zeros(len(self.streams))
        self.clicks = [[] for _ in self.streams]


@dataclass(frozen=True)
class NoJumpPropagator:
    """The evolution of state vectors or density matrices between and at jumps.

    Args:
        generator: sparse (D, D).
        jumps: sparse (D, D) each; none for an evolution that keeps or may lose weight in silence.
        matrices: columns are density matrices (weight: trace), not vectors (squared norm).
    """

    generator: sp.csr_array
    jumps: tuple[sp.csr_array, ...]
    matrices: bool
    _stored: dict[float, Array] = field(default_factory=dict, repr=False)

    @cached_property
    def norm(self) -> float:
        """A bound of the spectral norm of the generator."""
        return norm_bound(self.generator)

    def weight(self, x: Array) -> Array:
        """(n,) squared norms or traces."""
        if self.matrices:
            return x[:: isqrt(len(x)) + 1].sum(axis=0).real
        return np.einsum("dn,dn->n", x.conj(), x).real

    def start(self, batch: TrajectoryBatch) -> None:
        """Draw the first thresholds, if there is anything to jump."""
        if self.jumps:
            batch.threshold = np.array([stream.random() for stream in batch.streams])

    def normalise(self, batch: TrajectoryBatch) -> None:
        """Bring every weight to one; thresholds follow, so that waiting times stay the same."""
        weight = self.weight(batch.x)
        batch.x = batch.x / (weight if self.matrices else np.sqrt(weight))
        batch.threshold = batch.threshold / weight

    def advance(self, batch: TrajectoryBatch, duration: float) -> None:
        """Carry all trajectories over `duration`, jumps included."""
        if self.is_stored(len(batch.x)):
            batch.x = self._propagate(batch.x, duration)
            batch.time += duration
            return
        longest = REACH / max(self.norm, 1e-300)
        end, left = batch.time + duration, np.full(len(batch.streams), duration)
        while (active := np.flatnonzero(left > 0)).size:
            self._pass(batch, active, left, end, longest, 1e-14 * duration)
        batch.time = end

    def is_stored(self, size: int) -> bool:
        """Whether columns of this size move by stored exponentials, in one go however far."""
        return not self.jumps and size <= DENSE

    def _propagate(self, x: Array, duration: float) -> Array:
        """``e^{G t} x``; equal steps, whose lengths differ by rounding, share one exponential."""
        key = float(f"{duration:.12g}")
        if key not in self._stored:
            self._stored[key] = scipy.linalg.expm(key * self.generator.toarray())
        moved, rest = self._stored[key] @ x, duration - key
        if abs(rest) * self.norm > 1e-13:  # over a long time the twelve digits are seen
            moved = sum(self.series(moved, rest))
        return moved

    def _pass(
        self,
        batch: TrajectoryBatch,
        active: Array,
        left: Array,
        end: float,
        longest: float,
        least: float,
    ) -> None:
        """One Taylor step of the active columns, each as far as it may go or until it jumps.

        What is left of the time of a column is forgotten if it is not more than `least`.
        """
        span = np.minimum(longest, left[active])
        reach = float(span.max())
        series = self.series(batch.x[:, active], reach)
        moved = _evaluate_series(series, span / reach)
        crossed = np.zeros(len(active), dtype=bool)
        if self.jumps:
            crossed = self.weight(moved) < batch.threshold[active]
        batch.x[:, active] = moved
        rest = left[active] - span
        if crossed.any():
            where = active[crossed]
            polynomial = self._weight_polynomial([term[:, crossed] for term in series])
            s = _next_jump(polynomial, batch.threshold[where], (span / reach)[crossed])
            rest[crossed] = left[where] - s * reach
            states = _evaluate_series([term[:, crossed] for term in series], s)
            batch.x[:, where] = self._apply_jumps(batch, where, states, end - rest[crossed])
        left[active] = np.where(rest > least, rest, 0.0)

    def series(self, x: Array, reach: float) -> list[Array]:
        """Terms ``(reach G)^k x / k!`` until they are below rounding."""
        bound, terms, size = abs(reach) * self.norm, [x], 1.0
        while size > 1e-17:
            size *= bound / len(terms)
            terms.append((self.generator @ terms[-1]) * (reach / len(terms)))
        return terms

    def _weight_polynomial(self, series: list[Array]) -> Array:
        """(degree + 1, n) coefficients of the weight along the series."""
        if self.matrices:
            return np.array([self.weight(term) for term in series])
        stack = np.array(series)
        products = np.einsum("jdn,kdn->jkn", stack.conj(), stack, optimize=True).real
        found = np.zeros((2 * len(series) - 1, stack.shape[2]))
        for j in range(len(series)):
            found[j : j + len(series)] += products[j]
        return found

    def _apply_jumps(
        self, batch: TrajectoryBatch, where: Array, states: Array, times: Array
    ) -> Array:
        """The states after their jumps, with weight one; times and kinds are noted.

        A state that no jump moves, whose weight met its threshold by rounding, stays as it is.
        """
        after = [jump @ states for jump in self.jumps]
        weights = np.cumsum([self.weight(x) for x in after], axis=0)
        drawn = np.array([batch.streams[k].random() for k in where])
        kinds = (drawn * weights[-1] >= weights).sum(axis=0)
        moved = weights[-1] > 0
        chosen = np.array([*after, states])[kinds, :, np.arange(len(where))].T
        weight = self.weight(chosen)
        for k, kind, moment, fine in zip(where, kinds, times, moved, strict=True):
            if fine:
                batch.clicks[k].append((float(moment), int(kind)))
            batch.threshold[k] = batch.streams[k].random()
        return chosen / (weight if self.matrices else np.sqrt(weight))


def norm_bound(matrix: sp.csr_array) -> float:
    """A bound of the spectral norm: the root of the largest sums of rows and columns."""
    size = abs(matrix)
    return float(np.sqrt(size.sum(axis=0).max(initial=0) * size.sum(axis=1).max(initial=0)))


def _evaluate_series(series: list[Array], s: Array) -> Array:
    """``sum_k s^k v_k`` by Horner's rule, s of shape (n,)."""
    total = series[-1]
    for term in reversed(series[:-1]):
        total = total * s + term
    return total


def _next_jump(polynomial: Array, level: Array, longest: Array) -> Array:
    """Where each falling polynomial meets its level in 0 .. longest: Newton within brackets."""
    low, high = np.zeros_like(longest), longest.copy()
    s = 0.5 * longest
    for _ in range(60):
        value, slope = np.zeros_like(s), np.zeros_like(s)
        for coefficient in polynomial[::-1]:
            slope = slope * s + value
            value = value * s + coefficient
        gap = value - level
        low, high = np.where(gap > 0, s, low), np.where(gap > 0, high, s)
        step = s - gap / np.where(slope < 0, slope, -1e-300)
        inside = (step > low) & (step < high)
        following = np.where(inside, step, 0.5 * (low + high))
        if np.all((np.abs(following - s) <= 1e-14 * longest) | (np.abs(gap) <= 1e-15)):
            break
        s = following
    return s
