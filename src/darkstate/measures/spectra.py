"""Eigenvalues of the states of parts, which entropy and purity are functions of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.linalg.symplectic import symplectic_eigenvalues
from darkstate.states import (
    DensityState,
    DickePairState,
    GaussianState,
    PairwiseGaussianState,
    PureState,
    SchmidtState,
)

DENSE = (DensityState, PureState)
"""States whose vector or matrix is held."""
SPECTRAL = (*DENSE, SchmidtState, DickePairState)
"""States with eigenvalues of a density matrix, one by one."""
GAUSSIAN = (GaussianState, PairwiseGaussianState)
"""States with a covariance matrix."""
Dense = DensityState | PureState
Spectral = Dense | SchmidtState | DickePairState
Gaussian = GaussianState | PairwiseGaussianState


def spectrum(state: Spectral, labels: Sequence[str]) -> NDArray[np.float64]:
    """Eigenvalues of the reduced state of these subsystems, none below zero.

    Zeros of a pure state's larger side are left out; of a `SchmidtState` each counts once.
    """
    whole = len(labels) == len(state.labels)
    if isinstance(state, DensityState):
        return np.maximum(np.linalg.eigvalsh(state.reduced(labels).matrix), 0.0)
    if isinstance(state, DickePairState):
        return np.maximum(state.spectrum(), 0.0) if whole else state.reduced_spectrum(labels[0])
    if whole:
        return np.ones(1)
    return (state.coefficients if isinstance(state, SchmidtState) else state.schmidt(labels)) ** 2


def symplectic_spectrum(state: Gaussian, labels: Sequence[str]) -> NDArray[np.float64]:
    """Symplectic eigenvalues of these modes, none below the vacuum's 1/2."""
    part = state.reduced(labels)
    return np.maximum(symplectic_eigenvalues(part.covariance), 0.5)
