"""Von Neumann entropy in bits, ``S = -Tr rho log2 rho``.

    eigenvalues p of rho              S = -sum p log2 p
    blocks standing for d copies      S = -sum p log2 p + sum p log2 d     (`EnsembleState`)
    symplectic eigenvalues n + 1/2    S = sum log2(1 + n) + n log2(1 + 1/n)

The eigenvalues of one side of a pure state are the squares of its Schmidt coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import (
    GAUSSIAN,
    SPECTRAL,
    Gaussian,
    Spectral,
    spectrum,
    symplectic_spectrum,
)
from darkstate.states import EnsembleState, SchmidtState

entropy = Measure(
    "entropy",
    r"$S$",
    "bit",
    1,
    """Von Neumann entropy ``S = -Tr rho log2 rho`` of the labelled part, in bits.

    Args:
        state: the state.
        labels: label or labels of the part; all if left out.

    Returns:
        S >= 0. Gaussian: ``sum_k log2(1+n_k) + n_k log2(1+1/n_k)`` with ``n_k = nu_k - 1/2``.

    Source: Weedbrook et al., Rev. Mod. Phys. 84, 621 (2012).
    """,
    references=("weedbrook2012",),
)


def shannon(weights: NDArray[np.float64]) -> float:
    """``-sum p log2 p`` in bits, ``p = weights/sum(weights)``.

    The largest p enters as ``log1p(-sum of the others)``: where it rounds to one, it still counts.
    """
    p = np.sort(weights[weights > 0])
    others = p[:-1] / np.sum(p)
    rest = float(np.sum(others))
    largest = (1.0 - rest) * np.log1p(-rest) / np.log(2.0)
    return float(-np.sum(others * np.log2(others)) - largest) + 0.0  # no -0.0


@entropy.register(*SPECTRAL)
def _of_eigenvalues(state: Spectral, labels: Sequence[str]) -> float:
    if not isinstance(state, SchmidtState) or state.counts is None or len(labels) == 2:
        return shannon(spectrum(state, labels))
    p = state.coefficients**2
    kept = p > 0.0
    return float(-np.sum(state.counts[kept] * p[kept] * np.log2(p[kept])))


@entropy.register(EnsembleState)
def _of_blocks(state: EnsembleState, labels: Sequence[str]) -> float:
    weights, log2_copies = state.reduced(labels).spectrum()
    return shannon(weights) + float(weights @ log2_copies)


@entropy.register(*GAUSSIAN)
def _of_modes(state: Gaussian, labels: Sequence[str]) -> float:
    n = symplectic_spectrum(state, labels) - 0.5
    # both terms are positive: nothing cancels, however hot the mode
    rest = n * np.log1p(1.0 / np.maximum(n, 1e-300))
    return float(np.sum(np.log1p(n) + rest) / np.log(2.0))
