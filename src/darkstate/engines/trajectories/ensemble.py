"""Ensembles of pure states: single trajectories, their averages and the errors of these.

With n independent trajectories the average ``R = mean |psi><psi|`` differs from the density
matrix by a sampling error whose root mean square, in the Frobenius norm, is

    e = sqrt((mean |psi|^4 - Tr R^2) / (n - 1)) = sqrt((1 - Tr R^2) / (n - 1)).

The expectation value of O then errs by at most ``e |O - tr(O)/D|_F`` (one standard deviation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer
from darkstate.display import state_text
from darkstate.errors import ArgumentError
from darkstate.results import Report
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import (
    Observable,
    mean_value,
    observable_matrix,
    operator_matrix,
)
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Space


@dataclass(frozen=True, eq=False)
class PureStateEnsemble:
    """Pure states along trajectories.

    Args:
        labels: names of the subsystems.
        dimensions: their dimensions, D in all.
        spaces: the local spaces, for operators.
        times: (T,) times.
        numbers: number of each of the n trajectories; with `entropy` it gives the seed.
        vectors: (T, n, D) normalised amplitudes.
        jumps: for each trajectory its jumps as ``(time, channel)``; empty for diffusion.
        entropy: seed of all; trajectory k draws from ``SeedSequence(entropy, spawn_key=(k,))``.
        report: how far to trust them, and the error of their average.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    spaces: tuple[Space, ...]
    times: NDArray[np.float64]
    numbers: tuple[int, ...]
    vectors: NDArray[np.complex128]
    jumps: tuple[tuple[tuple[float, str], ...], ...]
    entropy: int
    report: Report

    def __repr__(self) -> str:
        return state_text(self, self.labels, f"{len(self.numbers)} runs, {len(self.times)} times")

    def state(self, number: int, moment: int = -1) -> PureState:
        """The state of trajectory `number` at ``times[moment]``.

        Raises:
            ArgumentError: this trajectory or moment was not run.
        """
        where = place_of("number", number, self.numbers)
        check_moment(moment, len(self.times))
        return PureState(self.labels, self.dimensions, self.vectors[moment, where])

    def average(self, moment: int = -1) -> DensityState:
        """The average state at ``times[moment]``.

        Raises:
            ArgumentError: there is no such moment.
            CapacityError: too large for a density matrix.
        """
        check_moment(moment, len(self.times))
        vectors = self.vectors[moment]
        matrix = vectors.T @ vectors.conj() / len(vectors)
        return DensityState(self.labels, self.dimensions, matrix)

    def error(self, moment: int = -1) -> float:
        """Standard error of the average in the Frobenius norm; infinite for one trajectory."""
        check_moment(moment, len(self.times))
        return sampling_error_of(self.vectors[moment])

    def expectation(self, operator: Observable) -> NDArray[Any]:
        """``<psi|O|psi>`` for every time and trajectory, shape (T, n).

        Real for a Hermitian operator, else complex.

        Args:
            operator: an OperatorSum, or a dense or sparse (D, D) matrix.

        Raises:
            ArgumentError: it does not act on these spaces, or has another shape.
        """
        if isinstance(operator, OperatorSum):
            matrix = operator_matrix(operator, self.spaces, self.dimensions)
        else:
            matrix = observable_matrix(operator, None, self.labels, self.dimensions)[1]
        flat = self.vectors.reshape(-1, self.vectors.shape[-1])
        found: Any = np.einsum("kd,dk->k", flat.conj(), matrix @ flat.T)
        return np.asarray(mean_value(found, matrix)).reshape(self.vectors.shape[:2])


def sampling_error(average: Any, mean_purity: float, samples: int) -> float:
    """``sqrt((mean Tr rho_k^2 - Tr R^2)/(n - 1))`` of n independent states with average R."""
    if samples < 2:
        return float("inf")
    purity = float(np.sum(np.abs(average) ** 2))
    rounding = 2.0**-52 * mean_purity  # a smaller difference of the two is not seen
    return float(np.sqrt(max(rounding, mean_purity - purity) / (samples - 1)))


def sampling_error_of(vectors: Any) -> float:
    """The same of n normalised vectors (n, D); ``Tr R^2`` is a mean over pairs of them."""
    size = min(vectors.shape)
    pairs = vectors.conj() @ vectors.T if size == len(vectors) else vectors.T @ vectors.conj()
    return sampling_error(pairs / len(vectors), 1.0, len(vectors))


def place_of(name: str, number: int, numbers: tuple[int, ...]) -> int:
    """Where a trajectory stands among those that were run.

    Raises:
        ArgumentError: it was not run.
    """
    check_integer(name, number, minimum=0, remedy="Give the number of a trajectory.")
    if number not in numbers:
        remedy = f"There are {len(numbers)}, {min(numbers)} .. {max(numbers)}; ask with only=."
        raise ArgumentError(name, "be a trajectory that was run", number, remedy)
    return numbers.index(number)


def check_moment(moment: int, times: int) -> None:
    """That there is such a time; negative ones count from the end.

    Raises:
        ArgumentError: there is none.
    """
    check_integer("moment", moment, remedy="Give the position in `times`.")
    if not -times <= moment < times:
        remedy = f"There are {times} times."
        raise ArgumentError("moment", "be a position in `times`", moment, remedy)


def named_jumps(
    clicks: list[tuple[float, int]], names: Sequence[str]
) -> tuple[tuple[float, str], ...]:
    """Jumps with the names of their channels."""
    return tuple((moment, names[kind]) for moment, kind in clicks)
