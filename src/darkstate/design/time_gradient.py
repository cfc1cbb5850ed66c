"""Slopes of what is measured at a time: of a merit, and of the time of preparation.

The state goes forwards and the derivative of the merit backwards over the same times; between them
stands what a coefficient of the generator does (`darkstate.engines.density.transient`). The time T
at which the purity reaches a bound has ``dT/dp = -(dP/dp) / (dP/dt)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope
from darkstate.design.density_gradient import TermMatrices
from darkstate.design.gaussian_gradient import moment_slopes, nambu_derivative
from darkstate.design.merit import Merit
from darkstate.design.slopes import Slope, SlopeSource
from darkstate.engines.density.transient import TwoWayEvolution, gauss_panels
from darkstate.engines.gaussian.response import MomentWeights
from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.gaussian.transient import evolved_weights
from darkstate.states import DensityState, GaussianState

_FIRST, _MOST = 2, 512
"""Panels of the time."""
_SETTLED = 1e-11


@dataclass(frozen=True, eq=False)
class DensityTimeSlopes:
    """Slopes of a merit of a density matrix at a time.

    Args:
        evolution: of states and observables.
        terms: matrices of the terms.
        state: at the time.
        merit: with a derivative there.
        time: T.
    """

    evolution: TwoWayEvolution
    terms: TermMatrices
    state: DensityState
    merit: Merit
    time: float

    @property
    def value(self) -> float:
        """The merit."""
        return self.merit(self.state)

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        keys = list(dict.fromkeys(key for moved in moves for key in moved.keys))
        G = self.merit.derivative(self.state)

        def weights(panels: int) -> Any:
            times, parts = gauss_panels(self.time, panels)
            total = np.zeros(len(keys), dtype=complex)
            pairs = self.evolution.pairs(G, self.time, times.tolist())
            for part, (X, rho) in zip(parts[::-1], pairs, strict=True):
                total += part * self.terms.weights(keys, X, rho)
            return total

        fine, change = settled(weights)
        places = {key: k for k, key in enumerate(keys)}
        lost = self.evolution.accuracy * self.time * float(np.linalg.norm(G))
        found = []
        for moved in moves:
            at = [places[key] for key in moved.keys]
            slope, other = (float((c @ fine[at]).real) for c in (moved.fine, moved.coarse))
            of_rule = float(np.abs(moved.fine) @ np.abs(change[at]))
            error = abs(slope - other) + of_rule + lost * float(np.abs(moved.fine).sum())
            found.append(Slope(slope, error, moved.one_sided))
        return found


@dataclass(frozen=True, eq=False)
class GaussianTimeSlopes:
    """Slopes of a merit of a Gaussian state at a time.

    Args:
        structure: of the system.
        initial: at the time zero.
        state: at the time.
        merit: with a derivative there.
        time: T.
        tolerance: error of the moments, relative to the largest.
    """

    structure: Structure
    initial: GaussianState
    state: GaussianState
    merit: Merit
    time: float
    tolerance: float

    @property
    def value(self) -> float:
        """The merit."""
        return self.merit(self.state)

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        found = self.merit.moment_derivative(self.state).embedded(self.state.labels)
        G, g = nambu_derivative(found)
        n, shape = len(g), (len(g), len(g))

        sizes: dict[int, Any] = {}

        def packed(panels: int) -> Any:
            times, parts = gauss_panels(self.time, panels)
            ends = np.concatenate([[0.0], times, [self.time]])
            weights = np.concatenate([[0.0], parts, [0.0]])
            one = evolved_weights(self.structure, self.initial, G, g, ends, weights)
            sizes[0] = one.sizes
            return np.concatenate([np.ravel(p) for p in (one.drift, one.source, one.drive)])

        fine, change = settled(packed)
        drift, source, drive = np.split(fine, [n * n, 2 * n * n])
        error = 1e-12 + float(np.abs(change).max() / max(np.abs(fine).max(), 1e-300))
        weights = MomentWeights(drift.reshape(shape), source.reshape(shape), drive, error, sizes[0])
        return moment_slopes(moves, weights, self.state.labels, self.tolerance)


@dataclass(frozen=True, eq=False)
class PreparationSlopes:
    """Slopes of the time at which the purity reaches a bound.

    Args:
        time: that time.
        purity: slopes of the purity then.
        speed: ``dP/dt``.
    """

    time: float
    purity: SlopeSource
    speed: float

    @property
    def value(self) -> float:
        """The time."""
        return self.time

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        return [
            Slope(-found.slope / self.speed, found.error / abs(self.speed), found.one_sided)
            for found in self.purity.slopes(moves)
        ]


def settled(function: Callable[[int], Any]) -> tuple[Any, Any]:
    """The values of a rule with more and more panels, and what the last doubling changed."""
    panels, before = _FIRST, function(_FIRST)
    while True:
        panels *= 2
        values = function(panels)
        change = values - before
        small = np.abs(change).max(initial=0.0) <= _SETTLED * np.abs(values).max(initial=0.0)
        if small or panels >= _MOST:
            return values, change
        before = values
