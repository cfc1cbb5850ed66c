"""How far the states of a sweep are off: by what sweeps that keep fewer numbers say.

Half of the numbers and a quarter of them, and both with a second opinion on what to keep
(`darkstate.engines.cascade.reduction.reduce_model`): two sweeps may agree by accident, three less
easily. Errors fall with about the first power of the dimension, so that the change from a quarter
is three times the error and counts a third; below `REGULAR` numbers they fall in no order, and it
counts in full. The error of a state is the largest change (trace norm) of it or of one before it.
What was read before anything was compressed has no such error, but that of the solver.

Held against the exact engine (2 to 5 pairs, r = 0.2 to 1.5, with dephasing, detunings, loss, and
sources of finite bandwidth; 8 to 96 numbers) the estimates covered the errors but for a factor of
1.2 once; half of the numbers alone did not, by up to ten times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
REGULAR = 16
"""Numbers from which on errors fall with the dimension: one pair of qubits ahead."""
LEAST = 2


def smaller_dimensions(dimension: int) -> list[tuple[int, float]]:
    """Dimensions of the other sweeps, each below `dimension`, and how much their changes count."""
    weight = 1.0 if dimension < REGULAR else 1.0 / 3.0
    return [(max(LEAST, dimension // 2), 1.0), (max(LEAST, dimension // 4), weight)]


def trace_norm(matrix: Array) -> float:
    """Sum of the moduli of the eigenvalues of a Hermitian matrix."""
    return float(np.sum(np.abs(np.linalg.eigvalsh(matrix))))


def state_errors(
    found: Sequence[Array | None],
    exact: Sequence[bool],
    others: Sequence[tuple[float, Sequence[Array | None]]],
) -> Array:
    """For each state the largest change of it or of one before it.

    Where one of the two is missing, as where another sweep ended early, the change is not known:
    infinite.

    Args:
        found: states of a sweep.
        exact: which of them were read before anything was compressed.
        others: how much the changes to the states of another sweep count, and these states.
    """
    worst = np.zeros(len(found))
    for weight, other in others:
        padded = [*other, *[None] * len(found)]
        for k, (a, b) in enumerate(zip(found, padded, strict=False)):
            change = np.inf if a is None or b is None else weight * trace_norm(a - b)
            worst[k] = max(worst[k], change)
    return np.maximum.accumulate(np.where(exact, 0.0, worst))
