"""Steady states of many small generators at once: what `stationary.py` does for one, on stacks.

All matrices are (B, n, n), vectors (B, n): one call of LAPACK instead of B. In place of sparse
factors stands the inverse of L with the trace as one equation; refinement makes up for the digits
that an inverse loses, and what it does not make up is not trusted. Nothing is decided here that is
not decided in the same way there: where it is not clear, the caller solves that one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.stationary import (
    DRAWS,
    EPS,
    ITERATIONS,
    SETTLED,
    SURE,
    TINY,
    TOGETHER,
    TRUSTED,
)

Stack = NDArray[Any]


@dataclass(frozen=True)
class StackedStates:
    """B steady states and what is known of them.

    Args:
        flats: (B, n) flattened states, trace one.
        residuals: (B,) Euclidean norms of ``L x``, relative to those of the states.
        errors: (B,) estimated errors, Euclidean norm relative to that of the state.
        rates: (B,) moduli of the eigenvalues next to zero, or bounds ``1/|L^-1|`` below them.
        clear: (B,) whether the equations are solved to rounding and the state is the only one.
    """

    flats: Stack
    residuals: Stack
    errors: Stack
    rates: Stack
    clear: NDArray[np.bool_]


def stacked_steady_states(
    matrices: Stack, magnitudes: Stack, diagonal: NDArray[np.integer], scales: Stack
) -> StackedStates:
    """The steady states of a stack of generators.

    Args:
        matrices: (B, n, n), real L on flattened matrices.
        magnitudes: (B, n, n), the moduli of all terms that add up to an entry.
        diagonal: positions of the populations, whose sum is the trace.
        scales: (B,) norms of L.
    """
    solver = _StackSolver.of(matrices, diagonal, scales)
    with np.errstate(all="ignore"):  # what overflows is not clear
        flats = solver.state()
        flats = flats / flats[:, diagonal].sum(axis=1, keepdims=True)
        missed = solver.misses(magnitudes, flats)
        rates, unique = solver.slowest(magnitudes)
        errors = solver.errors(magnitudes, flats)
        finite = np.isfinite(flats).all(axis=1) & np.isfinite(errors) & np.isfinite(rates)
        clear = finite & (missed <= TRUSTED) & unique & (rates > 0.0)
        residuals = _norms(_times(matrices, flats)) / _norms(flats)
    return StackedStates(flats, residuals, errors, rates, clear)


@dataclass(frozen=True)
class _StackSolver:
    """Inverses of L with the equation of one population replaced by the trace.

    Args:
        matrices: (B, n, n), L.
        diagonal: positions of the populations.
        inverses: (B, n, n); zero where there is none.
        row: the equation that was replaced.
        scales: (B,) norms of L.
    """

    matrices: Stack
    diagonal: NDArray[np.integer]
    inverses: Stack
    row: int
    scales: Stack

    @classmethod
    def of(cls, matrices: Stack, diagonal: NDArray[np.integer], scales: Stack) -> _StackSolver:
        row = int(diagonal[0])
        regular = matrices.copy()
        regular[:, row] = 0.0
        regular[:, row, diagonal] = scales[:, None]
        return cls(matrices, diagonal, inverses(regular), row, scales)

    def state(self) -> Stack:
        """The stationary states, refined."""
        flats = self.inverses[:, :, self.row] * self.scales[:, None]
        before = np.full(len(flats), np.inf)
        for _ in range(3):
            correction = self.answer(-_times(self.matrices, flats))
            step = _norms(correction) / _norms(flats)
            better = step < 0.5 * before
            if not np.any(better):
                break
            flats = np.where(better[:, None], flats + correction, flats)
            before = np.where(better, np.maximum(step, 4 * EPS), 0.0)
        return flats

    def misses(self, magnitudes: Stack, flats: Stack) -> Stack:
        """Largest errors of an equation, relative to the sum of the moduli of its terms."""
        sums = _times(magnitudes, np.abs(flats))
        missed = np.abs(_times(self.matrices, flats))
        missed[:, self.row] = 0.0  # it follows from the others
        least = np.maximum(TINY * sums.max(axis=1, keepdims=True), 1e-300)
        return np.max(missed / np.maximum(sums, least), axis=1)

    def answer(self, y: Stack) -> Stack:
        """Traceless x with ``L x = y``, for traceless y, (B, n) or (B, n, k)."""
        y = y.copy()
        y[:, self.row] = 0.0
        return _times(self.inverses, y) if y.ndim == 2 else self.inverses @ y

    def adjoint_answer(self, y: Stack) -> Stack:
        """x with ``L† x = y``, for y of zero mean in the stationary state."""
        x = _times(self.inverses.transpose(0, 2, 1), y)
        x[:, self.row] = 0.0  # it multiplies the trace
        return x

    def errors(self, magnitudes: Stack, flats: Stack) -> Stack:
        """What L^-1 makes of the residual and of the rounding in every sum of ``L x``."""
        residual = _times(self.matrices, flats)
        rounding = 2 * EPS * _times(magnitudes, np.abs(flats))
        drawn = np.random.default_rng(0).normal(size=(DRAWS, flats.shape[1]))
        right = drawn * (np.abs(residual) + rounding)[:, None]
        right = np.concatenate([residual[:, None], right], axis=1).transpose(0, 2, 1)
        worst = np.linalg.norm(self.answer(right), axis=1).max(axis=1)
        return 2 * worst / _norms(flats)

    def slowest(self, magnitudes: Stack) -> tuple[Stack, NDArray[np.bool_]]:
        """The eigenvalues next to zero, and whether they are more than rounding."""
        right, left, settled = self._slow_vectors()
        moved = self.matrices @ right[:, :, None]
        values = np.einsum("bi,bi->b", right.conj(), moved[:, :, 0])
        off = _norms(moved[:, :, 0] - values[:, None] * right)
        settled = settled & (off <= SETTLED * np.abs(values))
        overlap = np.maximum(np.abs(np.einsum("bi,bi->b", left, right)), 1e-300)
        weights = np.einsum("bi,bi->b", np.abs(left), _times(magnitudes, np.abs(right)))
        bound = self._bound()
        unique = np.where(
            settled,
            2 * EPS * weights / overlap <= SURE * np.abs(values),
            10 * EPS * self.scales / bound <= SURE,
        )
        return np.where(settled, np.abs(values), bound), unique

    def _slow_vectors(self) -> tuple[NDArray[Any], Stack, NDArray[np.bool_]]:
        """Right and left vectors next to zero by inverse iteration, and whether they settled."""
        count, n = self.matrices.shape[:2]
        rng = np.random.default_rng(0)
        drawn = rng.normal(size=(n, max(1, min(TOGETHER, n - 1))))
        right = np.broadcast_to(drawn, (count, *drawn.shape))
        left = np.broadcast_to(rng.normal(size=n), (count, n))
        for _ in range(ITERATIONS):
            right = self.answer(np.linalg.qr(_finite(self._traceless(right)))[0])
            left = self.adjoint_answer(left / _norms(left)[:, None])
        basis = np.linalg.qr(_finite(right))[0]
        moved = self.matrices @ basis
        values, inner = np.linalg.eig(basis.transpose(0, 2, 1) @ moved)
        number, each = np.argmin(np.abs(values), axis=1), np.arange(count)
        value, chosen = values[each, number], inner[each, :, number][:, :, None]
        vectors = (basis @ chosen)[:, :, 0]
        missing = _norms((moved @ chosen)[:, :, 0] - value[:, None] * vectors)
        left = self._traceless(left[:, :, None])[:, :, 0]  # the trace itself is a left vector
        return vectors, left, missing <= SETTLED * np.abs(value)

    def _bound(self) -> Stack:
        """``1/|L^-1|``, by power iteration."""
        count, n = self.matrices.shape[:2]
        x = np.broadcast_to(np.random.default_rng(1).normal(size=n), (count, n))
        largest = np.full(count, 1e-300)
        for _ in range(ITERATIONS):
            y = self.answer(x / _norms(x)[:, None])
            largest = np.maximum(largest, _norms(y))
            x = self.adjoint_answer(y)
        return 1.0 / largest

    def _traceless(self, x: Stack) -> Stack:
        x = x.copy()
        x[:, self.diagonal] -= x[:, self.diagonal].mean(axis=1, keepdims=True)
        return x


def inverses(matrices: Stack) -> Stack:
    """Inverses, zero where a matrix is singular to the last bit."""
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.zeros_like(matrices)
        middle = len(matrices) // 2
        return np.concatenate([inverses(matrices[:middle]), inverses(matrices[middle:])])


def _finite(x: Stack) -> Stack:
    return np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)


def _times(matrices: Stack, vectors: NDArray[Any]) -> NDArray[Any]:
    return (matrices @ vectors[:, :, None])[:, :, 0]


def _norms(vectors: NDArray[Any]) -> Stack:
    return np.linalg.norm(vectors, axis=1)
