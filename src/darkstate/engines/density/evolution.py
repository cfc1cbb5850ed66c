"""Evolving density matrices: stored times and first-passage events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.density.basis import Blocks, Flat
from darkstate.engines.density.compile import basis_entries
from darkstate.engines.density.generator import Generator
from darkstate.errors import NumericalError
from darkstate.linalg.krylov import krylov_steps
from darkstate.states import DensityState, EnsembleState
from darkstate.systems.operators import OperatorSum


@dataclass(frozen=True)
class StoredStates(Sequence[Any]):
    """States over time, kept flattened and expanded one by one when looked at."""

    blocks: Blocks
    kept: Sequence[Flat] | Flat

    def __len__(self) -> int:
        return len(self.kept)

    @overload
    def __getitem__(self, index: int) -> DensityState | EnsembleState: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[DensityState | EnsembleState]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """The state (or states) at a position in time."""
        if isinstance(index, slice):
            return StoredStates(self.blocks, self.kept[index])
        return self.blocks.state(self.kept[index])

    def means(self, operator: OperatorSum) -> NDArray[Any]:
        """``Tr(rho O)`` of all of them at once."""
        observed = self.blocks.observed(*basis_entries(operator, self.blocks))
        if isinstance(self.kept, np.ndarray):
            return self.kept @ observed
        return np.array([flat @ observed for flat in self.kept])


def first_purification(
    generator: Generator,
    initial: Flat,
    impurity: float,
    rtol: float,
    size: int,
    longest: float = 1e6,
) -> float:
    """First time at which ``1 - Tr rho^2`` falls back to `impurity`, from a pure initial state.

    Raises:
        NumericalError: it does not happen before `longest` (in units of the inverse largest rate).
    """
    done, risen, state = 0.0, False, initial
    longest = longest / generator.scale
    stretch = 10.0 / generator.scale
    while done < longest:
        # stretches grow by a fifth of the time passed, so that no rise and fall hides in one step
        for step in krylov_steps(generator.apply, state, stretch, rtol, size):
            before = 0.0
            for point in np.linspace(0.0, step.length, 9)[1:].tolist():
                mixed = 1.0 - step.purity(point)
                if risen and mixed <= impurity:
                    return done + _crossing(step.purity, before, point, impurity)
                risen, before = risen or mixed > impurity, point
            done += step.length
            state = step.state(step.length)
        stretch = max(stretch, 0.2 * done)
    raise NumericalError(
        f"The state did not purify to 1 - Tr rho^2 = {impurity:g} within a time of {longest:.3g}. "
        "Raise the tolerance, or check with steady_state() whether the steady state is pure enough."
    )


def _crossing(purity: Callable[[float], float], low: float, high: float, impurity: float) -> float:
    """Time in (low, high] at which the impurity falls to its bound, by bisection."""
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if 1.0 - purity(middle) <= impurity else (middle, high)
    return high
