"""Entropy, purity and mutual information of density matrices and pure states.

For a density matrix they follow from the eigenvalues of the part's reduced state. For the cut of a
pure state they follow from its Schmidt coefficients s: the eigenvalues are ``s^2`` on both sides,
and both halves have equal entropies. The measures themselves are declared in
`darkstate.measures.gaussian_numbers`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_labels
from darkstate.measures.dispatch import as_group
from darkstate.measures.gaussian_numbers import entropy, mutual_information, purity
from darkstate.states import DensityState, PureState

Dense = DensityState | PureState


def spectrum(state: Dense, labels: Sequence[str] | str | None) -> NDArray[np.float64]:
    """Eigenvalues of the reduced state of these subsystems (all if None); none below zero.

    Zeros of a pure state's larger side are left out.

    Raises:
        ArgumentError: a label is unknown or given twice.
    """
    chosen = check_labels("labels", as_group(labels) or state.labels, state.labels)
    if isinstance(state, DensityState):
        return np.maximum(np.linalg.eigvalsh(state.reduced(chosen).matrix), 0.0)
    if len(chosen) == len(state.labels):
        return np.ones(1)
    return state.schmidt(chosen) ** 2


def shannon(weights: NDArray[np.float64]) -> float:
    """``-sum p log2 p`` in bits, ``p = weights/sum(weights)``.

    The largest p enters as ``log1p(-sum of the others)``: where it rounds to one, it still counts.
    """
    p = np.sort(weights[weights > 0])
    others = p[:-1] / np.sum(p)
    rest = float(np.sum(others))
    largest = (1.0 - rest) * np.log1p(-rest) / np.log(2.0)
    return float(-np.sum(others * np.log2(others)) - largest) + 0.0  # no -0.0


@entropy.register(DensityState, PureState)
def _entropy(state: Dense, labels: Sequence[str] | str | None = None) -> float:
    return shannon(spectrum(state, labels))


@purity.register(DensityState, PureState)
def _purity(state: Dense, labels: Sequence[str] | str | None = None) -> float:
    if isinstance(state, PureState):
        return float(np.sum(spectrum(state, labels) ** 2))
    chosen = check_labels("labels", as_group(labels) or state.labels, state.labels)
    return float(np.linalg.norm(state.reduced(chosen).matrix) ** 2)


@mutual_information.register(DensityState, PureState)
def _mutual(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    a, b = as_group(first), as_group(second)
    parts = [_entropy(state, a), _entropy(state, b), _entropy(state, [*a, *b])]
    return max(0.0, parts[0] + parts[1] - parts[2])
