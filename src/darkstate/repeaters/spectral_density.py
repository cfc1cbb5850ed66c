"""The Schmidt spectrum of a link as a density: values, and how many Schmidt states share each.

A single link has the reduced state ``rho``, and a chain of M nodes with all outcomes q = N the
normalised power ``rho^(M-1)/Tr rho^(M-1)``. So a weighted list with ``Tr f(rho) = sum w f(lambda)``
answers for every M:

    probability       p   = Tr rho^n,    n = M - 1
    entropy           E   = log2 Tr rho^n - n Tr(rho^n log2 rho)/Tr rho^n
    log-negativity    E_N = 2 log2 Tr rho^(n/2) - log2 Tr rho^n

For M = 3 it is ``E_N = -log2 p``: twice as many ebits, half the logarithm of the odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class SpectralDensity:
    """Squared Schmidt coefficients of a single link, with their multiplicities.

    Args:
        values: (K,) eigenvalues lambda > 0 of the reduced state.
        counts: (K,) how many eigenvalues each stands for; real numbers, >= 0.
    """

    values: Reals
    counts: Reals

    def trace_power(self, power: float) -> float:
        """``Tr rho^power``."""
        return float(self.counts @ self.values**power)

    def probability(self, nodes: int) -> float:
        """Probability that all inner nodes of a chain of `nodes` are found in q = N."""
        return self.trace_power(nodes - 1)

    def entropy(self, nodes: int) -> float:
        """Entanglement entropy of the end nodes in ebits, all outcomes q = N."""
        power = nodes - 1
        scale = float(self.values.max())  # rho^99 would underflow otherwise
        relative = self.values / scale
        weights = self.counts * relative**power
        total = float(weights.sum())
        return float(np.log2(total) - power * (weights @ np.log2(relative)) / total)

    def log_negativity(self, nodes: int) -> float:
        """Log-negativity of the end nodes in ebits, all outcomes q = N."""
        power = nodes - 1
        relative = self.values / self.values.max()
        half = self.counts @ relative ** (power / 2)
        return float(2.0 * np.log2(half) - np.log2(self.counts @ relative**power))
