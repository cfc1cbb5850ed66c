"""States and observables over the same times: ``rho' = L rho`` forwards, ``X' = -L† X`` backwards.

What is measured at the time T answers to a change of the generator by

    d Tr(G rho(T)) = integral_0^T Tr(X(t) dL rho(t)) dt,    X(T) = G.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.engines.density.attempts import threads_for
from darkstate.engines.density.basis import Flat
from darkstate.engines.density.generator import Generator
from darkstate.engines.propagation import Apply
from darkstate.linalg.krylov import krylov_steps
from darkstate.memory import refuse_if_too_large
from darkstate.states.subsystems import Matrix

_REMEDY = "End the evolution earlier, or use fewer subsystems."


@dataclass(frozen=True, eq=False)
class TwoWayEvolution:
    """Evolutions of states and observables with one generator.

    Args:
        generator: of the system.
        initial: flattened state.
        accuracy: error allowed, relative to norms.
        size: vectors of a Krylov space.
        limit: bytes that may be used.
    """

    generator: Generator
    initial: Flat
    accuracy: float
    size: int
    limit: float

    def state(self, time: float) -> Matrix:
        """``rho(time)``, (D, D)."""
        return self.generator.blocks.scatter(next(self._path(self._forwards, self.initial, [time])))

    def flow(self, time: float) -> Matrix:
        """``L rho(time)``, (D, D)."""
        flat = next(self._path(self._forwards, self.initial, [time]))
        return self.generator.blocks.scatter(self.generator.apply(flat))

    def pairs(
        self, G: Matrix, end: float, times: Sequence[float]
    ) -> Iterator[tuple[Matrix, Matrix]]:
        """``(X(t), rho(t))`` at increasing times, from the last to the first.

        Args:
            G: X at the end, Hermitian (D, D).
            end: T.
            times: increasing, in [0, T].

        Raises:
            CapacityError: the states would not fit.
        """
        blocks = self.generator.blocks
        needed = 16.0 * blocks.numbers * len(times)
        refuse_if_too_large("gradient", needed, self.limit, _REMEDY)
        with threads_for(self.generator):
            states = list(self._path(self._forwards, self.initial, times))
            flat = self.generator.narrowed(blocks.gather(G.astype(complex)))
            back = [end - t for t in reversed(times)]
            observables = self._path(self.generator.apply_adjoint, flat, back)
            for X, rho in zip(observables, reversed(states), strict=True):
                yield blocks.scatter(X), blocks.scatter(rho)

    @property
    def _forwards(self) -> Apply:
        return self.generator.apply

    def _path(self, apply: Apply, start: Flat, times: Sequence[float]) -> Iterator[Flat]:
        """Where a flow has gone after increasing times."""
        waiting, done, last = list(times), 0.0, None
        while waiting and waiting[0] <= 0.0:
            waiting.pop(0)
            yield start
        if not waiting or not np.any(start):
            yield from [start] * len(waiting)
            return
        for step in krylov_steps(apply, start, waiting[-1], self.accuracy, self.size):
            while waiting and waiting[0] <= done + step.length * (1 + 1e-12):
                yield step.state(max(0.0, waiting.pop(0) - done))
            done, last = done + step.length, step
        if last is not None:  # by rounding of the last time
            yield from [last.state(last.length)] * len(waiting)


def gauss_panels(end: float, panels: int) -> tuple[Any, Any]:
    """Nodes and weights of eight-point Gauss rules on equal panels of [0, end]."""
    x, w = np.polynomial.legendre.leggauss(8)
    width = end / panels
    starts = width * np.arange(panels)[:, None]
    return (starts + 0.5 * width * (x + 1.0)).ravel(), np.tile(0.5 * width * w, panels)
