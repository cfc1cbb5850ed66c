"""Slopes of merits of Gaussian states: one adjoint Lyapunov equation for all parameters.

A coefficient k of the generator moves the merit by ``Re w_k``, w_k from the adjoint solution (see
`darkstate.engines.gaussian.response`). A function that is no merit, and a merit at a kink, are
followed along the answer of the moments, which is solved for every parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope, Key
from darkstate.design.differences import KinkError
from darkstate.design.gaussian_merit import MomentDerivative
from darkstate.design.merit import Merit
from darkstate.design.moment_terms import DRIFT, DRIVE, Entries
from darkstate.design.slopes import Slope, along_answer
from darkstate.engines.gaussian.response import MomentResponse, MomentWeights
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem


@dataclass(eq=False)
class GaussianSlopes:
    """Slopes of one merit of a steady state.

    Args:
        system: the system at the point.
        state: its steady state.
        merit: a merit, or any function of a state.
        tolerance: error of the moments, relative to the largest.
    """

    system: OpenSystem
    state: GaussianState
    merit: Callable[[Any], float]
    tolerance: float

    @property
    def value(self) -> float:
        """The merit."""
        return float(self.merit(self.state))

    @cached_property
    def response(self) -> MomentResponse:
        """What solves for answers."""
        return MomentResponse(self.system, self.state)

    @cached_property
    def adjoint(self) -> MomentWeights | None:
        """The adjoint solution; None if the merit has no derivative."""
        if not isinstance(self.merit, Merit):
            return None
        try:
            found = self.merit.moment_derivative(self.state)
        except KinkError:
            return None
        return self.response.adjoint(*nambu_derivative(found.embedded(self.state.labels)))

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        if self.adjoint is None:
            return [self._along(moved) for moved in moves]
        return moment_slopes(moves, self.adjoint, self.state.labels, self.tolerance)

    def _along(self, moved: CoefficientSlope) -> Slope:
        """Along the answer of the moments, which is solved for."""
        if not moved.keys:
            return Slope(0.0, 0.0, moved.one_sided)
        entries = Entries(moved.keys, self.state.labels)
        change, means, error = self.response.tangent(*entries.matrices(moved.fine))
        n = len(self.state.labels)
        number, anomalous, mean = change[n:, n:], change[:n, n:], means[:n]

        def state_at(h: float) -> GaussianState:
            moments = (self.state.number + h * number, self.state.anomalous + h * anomalous)
            return GaussianState(
                self.state.labels, *moments, np.asarray(self.state.mean) + h * mean
            )

        norm = float(np.linalg.norm(change) + np.linalg.norm(means))
        return along_answer(
            lambda h: float(self.merit(state_at(h))), norm, moved, error + self.tolerance
        )


def moment_slopes(
    moves: Sequence[CoefficientSlope],
    found: MomentWeights,
    labels: Sequence[str],
    tolerance: float,
) -> list[Slope]:
    """Derivatives by parameters that move coefficients, from weights of the equations.

    Args:
        moves: what the parameters move.
        found: weights of drift, source and drive.
        labels: of the modes.
        tolerance: error of the moments, relative to the largest.
    """

    keys = list(dict.fromkeys(key for moved in moves for key in moved.keys))
    weights, sizes = key_weights(keys, found, labels)
    return key_slopes(moves, keys, weights, sizes, tolerance + found.error)


def key_weights(
    keys: Sequence[Key], found: MomentWeights, labels: Sequence[str]
) -> tuple[Any, Any]:
    """Weights of coefficients from those of the equations, (..., K), and their sizes."""

    def weight(matrix: int, rows: Any, columns: Any) -> Any:
        if matrix == DRIVE:
            return found.drive[..., rows]
        return (found.drift if matrix == DRIFT else found.source)[..., rows, columns]

    def size(matrix: int, rows: Any, columns: Any) -> Any:
        other = np.abs(weight(matrix, rows, columns))
        return found.sizes[..., rows, columns] if matrix == DRIFT else other

    entries = Entries(keys, labels)
    return entries.weights(weight), entries.weights(size, moduli=True)


def key_slopes(
    moves: Sequence[CoefficientSlope],
    keys: Sequence[Key],
    weights: Any,
    sizes: Any,
    relative: float,
) -> list[Slope]:
    """Derivatives by parameters from weights of coefficients, and their sizes for the errors."""
    place = {key: k for k, key in enumerate(keys)}
    slopes = []
    for moved in moves:
        at = [place[key] for key in moved.keys]
        slope, other = (float((c @ weights[at]).real) for c in (moved.fine, moved.coarse))
        wrong = relative * float(np.abs(moved.fine) @ sizes[at])
        slopes.append(Slope(slope, abs(slope - other) + wrong, moved.one_sided))
    return slopes


def nambu_derivative(found: MomentDerivative) -> tuple[Any, Any]:
    """G (2N, 2N) and g (2N,) with ``df = Re Tr(G dX) + Re g† dmu``."""
    number, anomalous = 0.5 * found.number, 0.5 * found.anomalous
    G = np.block([[number.T, anomalous], [anomalous.conj(), number]])
    return G, 0.5 * np.concatenate([found.mean, found.mean.conj()])
