"""Differential equations with a few coefficients that depend on time, ``dy/dt = f(r(t), y)``.

The Runge-Kutta method of order 8 of Dormand and Prince (DOP853) takes steps between *stops*, the
times where a coefficient jumps, has a kink, or where something short begins: no step goes across
one, and no coefficient is asked for on the wrong side of a jump. Each step has an estimated error
of at most `tolerance`, in root mean square over the entries. The coefficients of all stages of a
step are asked for at once, which is most of the work for small systems.

Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), II.5; the tableau
is that of `scipy.integrate.DOP853`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from darkstate.errors import NumericalError
from darkstate.progress import report

METHOD = "DOP853"
SIDE = 1e-13
"""Of a stretch between stops: as close as a coefficient is asked for to its ends."""
_FIRST = 0.25
"""Of a stretch: its first step at most, so that what is between stops is not jumped over."""
_SHORTEST = 1e-13
_SAFETY, _LEAST, _MOST = 0.9, 0.2, 8.0
_STAGES = 12
_NODES = np.concatenate([DOP853.C[:_STAGES], [1.0], DOP853.C_EXTRA])
"""Where in a step the derivative is asked for: stages, end, and three for dense output."""
_ROWS = [*DOP853.A[:_STAGES, :_STAGES], DOP853.B, *DOP853.A_EXTRA]

Coefficients = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""``r`` at an array of times, (T, J)."""
Derivative = Callable[[NDArray[np.float64], NDArray[Any]], NDArray[Any]]


def too_short(length: float, now: float) -> NumericalError:
    """Why an integration came to its end."""
    return NumericalError(
        f"The steps of the evolution fell to {length:.2g} at t = {now:.6g}. Lower the largest "
        "rate, or give the times at which a coefficient jumps: pulses.function(f, stops=[...])."
    )


@dataclass(frozen=True)
class Integrated:
    """States at the times asked for, and what it took.

    Args:
        states: (T, n).
        steps: how many steps were taken.
        evaluations: how often the derivative was asked for.
    """

    states: NDArray[Any]
    steps: int
    evaluations: int


def integrate(
    derivative: Derivative,
    coefficients: Coefficients,
    initial: NDArray[Any],
    times: Sequence[float],
    stops: Sequence[float],
    tolerance: float,
) -> Integrated:
    """States at increasing `times`, `initial` being the one at the first of them.

    Args:
        derivative: ``f(r, y)``.
        coefficients: r at an array of times.
        initial: (n,), real or complex.
        times: T increasing times.
        stops: times between them that no step may cross.
        tolerance: error of a step, root mean square over the entries of y.

    Raises:
        NumericalError: the steps become too short: too stiff, or a coefficient that is not smooth.
    """
    found = np.empty((len(times), len(initial)), dtype=initial.dtype)
    found[0] = initial
    run = _Integration(derivative, coefficients, initial, tolerance)
    ends = sorted({times[0], times[-1], *(t for t in stops if times[0] < t < times[-1])})
    grid, place = np.asarray(times), 1
    for start, end in pairwise(ends):
        for before, length, stages in run.stretch(start, end):
            last = int(np.searchsorted(grid, before + length * (1 + 1e-14), "right"))
            if end - before - length <= 0.0:
                last = int(np.searchsorted(grid, end, "right"))
            if last > place:
                inside = (grid[place:last] - before) / length
                found[place:last] = run.between(np.minimum(inside, 1.0), length, stages)
                place = last
            run.accept()
            report("evolution", (before + length - times[0]) / (times[-1] - times[0]))
    return Integrated(found, run.steps, run.evaluations)


class _Integration:
    """The state of an integration: where it is, and how long the next step may be."""

    def __init__(self, derivative: Derivative, coefficients: Coefficients, state: Any, atol: float):
        self.derivative, self.coefficients, self.atol = derivative, coefficients, atol
        self.state = self.reached = state
        self.length, self.steps, self.evaluations = np.inf, 0, 0
        self.rates = np.empty(0)

    def stretch(self, start: float, end: float) -> Any:
        """Accepted steps from one stop to the next: start, length and derivatives at the stages.

        Raises:
            NumericalError: they become too short.
        """
        span, now = end - start, start
        low, high = start + SIDE * span, end - SIDE * span
        self.length = min(self.length, _FIRST * span)
        while now < end:
            left = end - now
            last = self.length >= left * (1 - 1e-12)
            length = left if last else self.length
            stages, error = self._trial(now, length, low, high)
            if error <= 1.0:
                grown = _MOST if error == 0.0 else _SAFETY * error ** (-1 / 8)
                self.steps += 1
                yield now, length, stages
                now = end if last else now + length
                self.length = length * min(_MOST, max(_LEAST, grown))
                continue
            shrunk = _SAFETY * error ** (-1 / 8) if np.isfinite(error) else _LEAST
            self.length = length * max(_LEAST, shrunk)
            if self.length < _SHORTEST * max(span, abs(now)):
                raise too_short(self.length, now)

    def _trial(self, now: float, h: float, low: float, high: float) -> tuple[NDArray[Any], float]:
        """Derivatives at all stages of a step, and its error in units of the tolerance."""
        self.rates = self.coefficients(np.clip(now + h * _NODES, low, high))
        stages = np.empty((len(_NODES), len(self.state)), dtype=self.state.dtype)
        for k in range(_STAGES):
            y = self.state + h * (_ROWS[k][:k] @ stages[:k]) if k else self.state
            stages[k] = self.derivative(self.rates[k], y)
        self.reached = self.state + h * (DOP853.B @ stages[:_STAGES])
        stages[_STAGES] = self.derivative(self.rates[_STAGES], self.reached)
        self.evaluations += _STAGES + 1
        fifth = float(np.linalg.norm(DOP853.E5 @ stages[: _STAGES + 1])) ** 2
        third = float(np.linalg.norm(DOP853.E3 @ stages[: _STAGES + 1])) ** 2
        size = np.sqrt((fifth + 0.01 * third) * len(self.state))
        if size == 0.0:  # nothing moves, or by less than can be squared
            return stages, 0.0
        return stages, float(h * fifth / size / self.atol)

    def between(self, x: NDArray[np.float64], h: float, stages: NDArray[Any]) -> NDArray[Any]:
        """States within a step, x in 0 .. 1 of it: a polynomial of degree 7."""
        for k in range(_STAGES + 1, len(_NODES)):
            y = self.state + h * (_ROWS[k][:k] @ stages[:k])
            stages[k] = self.derivative(self.rates[k], y)
        self.evaluations += len(_NODES) - _STAGES - 1
        moved, first, last = self.reached - self.state, stages[0], stages[_STAGES]
        parts = [moved, h * first - moved, 2 * moved - h * (last + first), *(h * DOP853.D @ stages)]
        total: Any = np.zeros((len(x), len(moved)), dtype=self.state.dtype)
        for k, part in enumerate(reversed(parts)):
            total = (total + part) * (x if k % 2 == 0 else 1.0 - x)[:, None]
        return self.state + total

    def accept(self) -> None:
        """Go on from the end of the step."""
        self.state = self.reached
