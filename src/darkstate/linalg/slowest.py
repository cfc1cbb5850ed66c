"""The eigenvalues of smallest ``-Re`` of matrices, with their left and right vectors.

The rate ``g = min(-Re lambda)`` moves by ``-Re`` of the eigenvalues of ``L† dM R``, group by group
of equal ones: R and L are the right and left vectors of a group, with ``L† R = 1``. Where groups
are several, or a group splits, the smallest and largest are the slopes to either side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.errors import NumericalError

Array = NDArray[Any]
EQUAL = 1e-9
"""Of the norm: eigenvalues that differ by less are taken for equal."""
_WORST = 1e6
"""Condition of eigenvectors beyond which eigenvalues are taken for defective."""


@dataclass(frozen=True, eq=False)
class SlowModes:
    """One group of equal eigenvalues of one matrix.

    Args:
        number: of the matrix.
        value: the eigenvalue.
        right, left: (n, m), with ``left† right = 1``.
        error: of an eigenvector by rounding, relative, times its condition.
    """

    number: int
    value: complex
    right: Array
    left: Array
    error: float


def slowest_modes(matrices: Sequence[Array], kept: Callable[[complex], bool]) -> list[SlowModes]:
    """All groups whose ``-Re`` is the smallest one.

    Args:
        matrices: (n, n) each.
        kept: which eigenvalues count.

    Raises:
        NumericalError: no eigenvalue counts, or the slowest one is defective.
    """
    norm = max(float(np.linalg.norm(matrix, 2)) for matrix in matrices)
    solved: list[Any] = [scipy.linalg.eig(each, left=True, right=True) for each in matrices]
    rates = [-value.real for values, *_ in solved for value in values if kept(value)]
    if not rates:
        raise NumericalError("`gap` has no slope here: nothing decays. Add a loss.")
    found = []
    for number, (values, left, right) in enumerate(solved):
        slow = {
            k for k, value in enumerate(values)
            if kept(value) and -value.real <= min(rates) + EQUAL * norm
        }  # fmt: skip
        while slow:
            first = min(slow)
            group = sorted(k for k in slow if abs(values[k] - values[first]) <= EQUAL * norm)
            slow -= set(group)
            found.append(_group(number, values, group, left, right, norm))
    return found


def _group(
    number: int, values: Array, group: list[int], left: Array, right: Array, norm: float
) -> SlowModes:
    R, L = right[:, group], left[:, group]
    overlap = L.conj().T @ R
    condition = float(np.linalg.cond(overlap) / max(np.linalg.norm(overlap, -2), 1e-300))
    if not condition < _WORST:
        raise NumericalError(
            f"`gap` has no slope here: the slowest rate {-values[group[0]].real:.4g} is an "
            "exceptional point, where eigenvectors coincide and rates move by a root of the "
            "parameters. Move them a little."
        )
    others = np.delete(values, group)
    apart = float(np.abs(others - values[group[0]]).min(initial=norm))
    error = 10 * float(np.finfo(float).eps) * norm / apart * condition
    L = L @ np.linalg.inv(overlap).conj().T
    return SlowModes(number, complex(values[group].mean()), R, L, error)
