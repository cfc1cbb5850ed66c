"""Slopes of merits of a pair in huge narrow chains, of which only pairs are known.

Rows of the response at the pair and columns at the noise inputs, frequency by frequency, tell what
every site does (`darkstate.linalg.adjoint_quadrature`): no matrix of the size of the network is
ever made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope
from darkstate.design.gaussian_gradient import key_slopes, nambu_derivative
from darkstate.design.merit import Merit
from darkstate.design.moment_terms import DRIFT, DRIVE, Entries
from darkstate.design.slopes import Slope
from darkstate.engines.gaussian.large import ReducedVariables
from darkstate.errors import EngineMismatchError, NumericalError
from darkstate.linalg.adjoint_quadrature import AdjointEntries, Sides, adjoint_entries
from darkstate.states import PairwiseGaussianState


@dataclass(frozen=True, eq=False)
class ChainSlopes:
    """Slopes of one merit of a pair.

    Args:
        variables: of the chain.
        state: with the pair.
        merit: with a derivative there.
        tolerance: error of the moments, relative to the largest.
    """

    variables: ReducedVariables
    state: PairwiseGaussianState
    merit: Merit
    tolerance: float

    @property
    def value(self) -> float:
        """The merit."""
        return self.merit(self.state)

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients.

        Raises:
            NumericalError: the integrals are not resolved.
            EngineMismatchError: the mean amplitudes count.
        """
        keys = list(dict.fromkeys(key for moved in moves for key in moved.keys))
        entries = Entries(keys, self.state.labels)
        if np.any(entries.matrix == DRIVE):
            raise EngineMismatchError(
                "Long chains have no coherent drive. Use engine=Gaussian(method='dense')."
            )
        places = [self.variables.sites(one) for one in (entries.row, entries.column)]
        drifts, sources = entries.matrix == DRIFT, entries.matrix != DRIFT
        # what breaks the charge moves nothing to first order
        charged = self.variables.flipped(entries.row) != self.variables.flipped(entries.column)
        wanted = [
            (places[0][kind & ~charged], places[1][kind & ~charged]) for kind in (drifts, sources)
        ]
        found = self._solved(wanted)
        values, error = np.zeros(len(entries.key), dtype=complex), found.error
        values[drifts & ~charged], values[sources & ~charged] = found.drift, found.source
        turned = self.variables.flipped(entries.row)
        values = 0.5 * np.where(turned, values.conj(), values)
        weights = np.zeros(len(keys), dtype=complex)
        np.add.at(weights, entries.key, 2.0 * entries.factor * values)
        largest = float(np.abs(values).max(initial=0.0))
        relative = self.tolerance + error / max(largest, 1e-300)
        sizes = np.zeros(len(keys))
        np.add.at(sizes, entries.key, 2.0 * np.abs(entries.factor) * np.abs(values))
        return key_slopes(moves, keys, weights, np.maximum(sizes, 1e-3 * largest), relative)

    def _solved(self, wanted: Sequence[Any]) -> AdjointEntries:
        derivative = self.merit.moment_derivative(self.state)
        G, g = nambu_derivative(derivative)
        if np.any(g):
            raise EngineMismatchError("Merits of long chains do not look at mean amplitudes.")
        index = {label: k for k, label in enumerate(self.state.labels)}
        modes = np.array([index[label] for label in derivative.labels])
        seen = self.variables.site_of_mode[modes]
        half = len(modes) * self.variables.raised[modes] + np.arange(len(modes))
        sides = Sides(*self.variables.inputs, seen, 2.0 * G[np.ix_(half, half)])
        found = adjoint_entries(self.variables.drift, sides, wanted[0], wanted[1])
        if not found.converged:
            raise NumericalError(
                f"The slopes of the chain are not resolved with {found.nodes} frequencies: it "
                "relaxes too slowly. Add loss, or use Gaussian(method='dense')."
            )
        return found
