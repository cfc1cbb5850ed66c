"""Linear equations that bring no two states farther apart, ``dy/dt = sum_j r_j(t) L_j y``.

A step of length h is a power series in ``s = (t - t_0)/h``, ``y = sum_k y_k s^k``. The coefficients
r_j are polynomials there, from Chebyshev nodes, and with ``h r_j = sum_m R_jm s^m``

    (k + 1) y_(k+1) = sum_(j, m) R_jm L_j y_(k-m):

one product with each L_j an order. What the series leaves over, its *defect* ``y' - L(t) y``, is
bounded by the orders that were left out and by how far the r_j are from their polynomials. Where
``exp`` of the equation makes no norm grow, as a Lindblad equation does not, the error of every
state is at most the integral of the norm of the defect: a bound, not an estimate. Steps end where
their share of the error allowed is used up; none goes across a *stop*, at which an r_j may jump.

Source: Corliss and Chang, ACM Trans. Math. Softw. 8, 114 (1982); the bound is Gronwall's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.polynomial import chebyshev, polynomial
from numpy.typing import NDArray
from scipy.sparse._sparsetools import csr_matvec

from darkstate.linalg.ode import SIDE, Coefficients, too_short
from darkstate.progress import report

METHOD = "Taylor series"
ORDER = 22
"""Of a step in time: fewest products for errors of 1e-6, and good down to 1e-12."""
_DEGREE = 15
"""Of the polynomials that stand for the coefficients."""
_LONGEST = 1.0
"""Of a stretch between stops: what is between two looks at a coefficient is missed."""
_BY_LENGTH, _LEAST_SHARE = 0.9, 0.05
"""Of the error allowed, what steps have by their lengths; and of what is to spare, for any step."""
_SHORTEST = 1e-13
_SLACK, _GROWTH, _SHORTER = 0.98, 2.0, 0.7
_DENSE = 20_000
"""Entries of all L_j together up to which they are one dense array: calls take the time."""
_NEGLIGIBLE = 1e-3
"""Of the error of a step: what the last terms of the polynomials may be, to be left out."""

_NODES = 0.5 * (1.0 - np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1)))
_CHECKS = 0.5 * (1.0 - np.cos(np.pi * np.arange(_DEGREE + 2) / (_DEGREE + 1)))
_LOOKS = np.concatenate([_NODES, _CHECKS])
_FIT = np.linalg.inv(chebyshev.chebvander(2.0 * _NODES - 1.0, _DEGREE))
_SEEN = chebyshev.chebvander(2.0 * _CHECKS - 1.0, _DEGREE) @ _FIT
_FITTED = np.block([[_FIT, np.zeros((_DEGREE + 1, _DEGREE + 2))], [_SEEN, -np.eye(_DEGREE + 2)]])
"""From the looks at a coefficient to its polynomial, and to how far this is off in between."""
_POWERS = np.arange(ORDER + 1)


def _shifted() -> NDArray[np.float64]:
    """Powers of s in ``T_k(2 s - 1)``, (k, power)."""
    found = np.zeros((_DEGREE + 1, _DEGREE + 1))
    for k in range(_DEGREE + 1):
        total = np.zeros(1)
        for c in chebyshev.cheb2poly(np.eye(_DEGREE + 1)[k, : k + 1])[::-1]:
            total = polynomial.polyadd(polynomial.polymul(total, [-1.0, 2.0]), [c])
        found[k, : k + 1] = total[: k + 1]
    return found


_MONOMIALS = _shifted()


@dataclass(frozen=True)
class SolvedSeries:
    """States at the times asked for.

    Args:
        states: (T, n).
        error: bound of the error of each, in the norm of the scales.
        products: how often each L_j was applied.
    """

    states: NDArray[np.float64]
    error: float
    products: int


def solve_linear(
    stack: sp.csr_array,
    scales: NDArray[np.float64],
    coefficients: Coefficients,
    initial: NDArray[np.float64],
    times: Sequence[float],
    stops: Sequence[float],
    accuracy: float,
    size: float,
    weight: float,
    seen: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> SolvedSeries:
    """States at increasing `times`, `initial` being the one at the first of them.

    Args:
        stack: the L_j one below the other, (J n, n), real.
        scales: bounds of their norms, (J,), in the norm in which nothing grows.
        coefficients: r at an array of times, (T, J).
        initial: (n,).
        times: T increasing times.
        stops: times between them that no step may cross.
        accuracy: bound of the error of every state.
        size: norm of the initial state, which never grows.
        weight: what the norm is at most, in units of the Euclidean one.
        seen: times, and the coefficients there, which the polynomials must not contradict.

    Raises:
        NumericalError: the steps become too short: a coefficient that is not smooth.
    """
    run = _SeriesRun(stack, np.asarray(scales), coefficients, initial, accuracy, size, weight)
    run.seen = seen
    grid = np.asarray(times)
    found, place = np.empty((len(grid), len(initial))), 1
    found[0] = initial
    ends = sorted({grid[0], grid[-1], *(t for t in stops if grid[0] < t < grid[-1])})
    run.first, run.last = float(grid[0]), float(grid[-1])
    for start, end in pairwise(ends):
        for now, after in run.stretch(float(start), float(end)):
            last = int(np.searchsorted(grid, after, "right"))
            inside = np.concatenate([grid[place:last], [after]]) - now
            found_here = np.vander(inside / run.scaled, ORDER + 1, increasing=True) @ run.series
            found[place:last], run.state = found_here[:-1], found_here[-1]
            place = last
            report("evolution", float((after - grid[0]) / (grid[-1] - grid[0])))
    return SolvedSeries(found, run.error, run.products)


class _SeriesRun:
    """The state of a solution: where it is, and what of the error allowed is used up."""

    def __init__(
        self,
        stack: sp.csr_array,
        scales: NDArray[np.float64],
        coefficients: Coefficients,
        state: NDArray[np.float64],
        accuracy: float,
        size: float,
        weight: float,
    ):
        self.scales, self.coefficients = scales, coefficients
        self.state, self.accuracy, self.size, self.weight = state, accuracy, size, weight
        self.error, self.products, self.step = 0.0, 0, np.inf
        self.first, self.last = 0.0, 1.0
        self.scaled = 1.0  # the length that s = 1 stands for
        self.seen: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self.series = np.empty((ORDER + 1, len(state)))
        self._moved = np.empty((ORDER + 1, len(scales) * len(state)))
        self._multiply = _multiplication(stack, len(scales) * len(state), len(state))

    def stretch(self, start: float, end: float) -> Iterator[tuple[float, float]]:
        """Steps from one stop to the next, start and end; `series` is the one of each.

        Raises:
            NumericalError: they become too short.
        """
        span, now = end - start, start
        sides = start + SIDE * span, end - SIDE * span
        while now < end:
            left = end - now
            length = min(self.step, _LONGEST * span, left)
            share, wrong, fit = self._fitted(now, length, sides)
            while wrong * length > 0.5 * share:
                length *= _SHORTER
                if length < _SHORTEST * max(span, abs(now)):
                    raise too_short(length, now)
                share, wrong, fit = self._fitted(now, length, sides)
            self.scaled = length
            used, part, grown = self._expand(fit, length, share - wrong * length)
            whole = part == 1.0 and length == left
            after = end if whole else now + part * length
            self.error += used + wrong * part * length
            reached = length * (grown if part == 1.0 else part)
            self.step = max(self.step, reached) if whole else reached  # a stop made it short
            yield now, after
            now = after

    def _fitted(
        self, now: float, length: float, sides: tuple[float, float]
    ) -> tuple[float, float, NDArray[np.float64]]:
        """The error allowed in a step, what polynomials miss, and their coefficients."""
        looks = np.minimum(np.maximum(now + length * _LOOKS, sides[0]), sides[1])
        found = _FITTED @ self.coefficients(looks)
        fit, missed = found[: _DEGREE + 1], np.abs(found[_DEGREE + 1 :]).max(axis=0)
        if self.seen is not None:
            missed = np.maximum(missed, self._contradicted(fit, now, length, sides))
        wrong = missed @ self.scales * self.size
        left, each = self.last - now, _BY_LENGTH * self.accuracy / (self.last - self.first)
        spare = max(0.0, self.accuracy - self.error - each * left)
        share = each * length + spare * max(_LEAST_SHARE, min(1.0, length / left))
        tails = (np.abs(fit) @ self.scales)[::-1].cumsum()[::-1] * (length * self.size)
        kept = max(1, int(np.count_nonzero(tails > _NEGLIGIBLE * share)))
        dropped = float(tails[kept]) / length if kept <= _DEGREE else 0.0
        return share, float(wrong) + dropped, _MONOMIALS[:kept, :kept].T @ fit[:kept]

    def _contradicted(
        self, fit: NDArray[np.float64], now: float, length: float, sides: tuple[float, float]
    ) -> NDArray[np.float64]:
        """By how much polynomials differ from what was seen of the coefficients in a step."""
        assert self.seen is not None
        times, rates = self.seen
        first = int(np.searchsorted(times, max(now, sides[0]), "right"))
        last = int(np.searchsorted(times, min(now + length, sides[1]), "left"))
        powers = chebyshev.chebvander(2.0 * (times[first:last] - now) / length - 1.0, _DEGREE)
        return np.abs(powers @ fit - rates[first:last]).max(axis=0, initial=0.0)

    def _expand(
        self, fit: NDArray[np.float64], length: float, share: float
    ) -> tuple[float, float, float]:
        """The series of a step: its error, the part of it that is good, how much longer the next.

        What is left over are the orders from `ORDER` on of the derivative.
        """
        n, rows = len(self.state), len(self.scales)
        window = length * fit[::-1].ravel()  # the latest term has the constant coefficient
        series, moved, multiply = self.series, self._moved, self._multiply
        terms, whole = moved.reshape(-1, n), len(window)
        weights = window / _POWERS[1:, None]
        series[0], moved[:], last = self.state, 0.0, 0
        for k in range(ORDER):
            multiply(series[k], moved[k])
            last += rows
            first = max(0, last - whole)
            np.dot(weights[k, whole - last + first :], terms[first:last], out=series[k + 1])
        multiply(series[ORDER], moved[ORDER])
        self.products += ORDER + 1
        late = np.concatenate([np.zeros(whole), window])[_lateness(len(fit), rows)]
        left_over = late @ terms[len(terms) - whole :]
        orders = ORDER + 1 + _POWERS[: len(fit)]
        over = self.weight * np.sqrt(np.vecdot(left_over, left_over)) / orders
        part, error = 1.0, float(over.sum())
        grown = _GROWTH if error == 0.0 else (share / error) ** (1.0 / ORDER)
        if grown < 1.0:  # a part has its part of the share: the powers are larger
            part, error = grown, float(over @ grown**orders)
        return error, part, max(1.0, min(_GROWTH, _SLACK * grown))


@cache
def _lateness(degree: int, rows: int) -> NDArray[np.int64]:
    """For each order that is left out, which weight the last products have; the first are zero."""
    whole = degree * rows
    return np.arange(whole) + (whole - rows * np.arange(degree)[:, None])


def _multiplication(stack: sp.csr_array, height: int, width: int) -> Callable[[Any, Any], Any]:
    """``multiply(x, zeros)``: all L_j on a state; small ones cost no more than the call."""
    if height * width <= _DENSE:
        return stack.toarray().dot
    return partial(csr_matvec, height, width, stack.indptr, stack.indices, stack.data)
