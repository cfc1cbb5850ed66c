"""Linear differential equations with coefficients that depend on time, ``dy/dt = L(t) y``.

The Runge-Kutta method of order 8 of Dormand and Prince (SciPy's DOP853) takes steps between
*stops*, the times where a coefficient jumps, has a kink, or where something short begins: no step
goes across one, and no coefficient is asked for on the wrong side of a jump. Each step has an
estimated error of at most `tolerance`, in root mean square over the entries.

Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), II.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from darkstate.errors import NumericalError

METHOD = "DOP853"
_SIDE = 1e-13
"""Of a stretch between stops: as close as a coefficient is asked for to its ends."""


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
    derivative: Callable[[float, NDArray[Any]], NDArray[Any]],
    initial: NDArray[Any],
    times: Sequence[float],
    stops: Sequence[float],
    tolerance: float,
) -> Integrated:
    """States at increasing `times`, `initial` being the one at the first of them.

    Args:
        derivative: ``f(t, y)``.
        initial: (n,), real or complex.
        times: T increasing times.
        stops: times between them that no step may cross.
        tolerance: error of a step, root mean square over the entries of y.

    Raises:
        NumericalError: the steps become too short: too stiff, or a coefficient that is not smooth.
    """
    found = np.empty((len(times), len(initial)), dtype=initial.dtype)
    found[0] = state = initial
    ends = sorted({times[0], times[-1], *(t for t in stops if times[0] < t < times[-1])})
    grid, place, steps, evaluations = np.asarray(times), 1, 0, 0
    for start, end in pairwise(ends):
        low, high = start + _SIDE * (end - start), end - _SIDE * (end - start)

        def inside(t: float, y: NDArray[Any], low: float = low, high: float = high) -> NDArray[Any]:
            return derivative(min(max(t, low), high), y)

        last = int(np.searchsorted(grid, end, "right"))
        wanted = [*grid[place:last].tolist()]
        asked = wanted if wanted and wanted[-1] == end else [*wanted, end]
        done = solve_ivp(
            inside, (start, end), state, method=METHOD, t_eval=asked, rtol=1e-13, atol=tolerance
        )
        if not done.success:
            raise NumericalError(
                f"The evolution stopped at t = {done.t[-1] if len(done.t) else start:.6g}: "
                f"{done.message} Lower the largest rate, or give the times at which a coefficient "
                "jumps: pulses.function(f, stops=[...])."
            )
        found[place:last] = done.y.T[: len(wanted)]
        state, place = done.y[:, -1], last
        steps += max(1, done.nfev // 12)
        evaluations += done.nfev
    return Integrated(found, steps, evaluations)
