"""Entropy, purity and entanglement of permutation-symmetric states.

An eigenvalue p of a block that stands for d copies is d eigenvalues p/d of the density matrix
(`darkstate.states.symmetric`), so that

    S = sum -p log2 p + p log2 d,    Tr rho^2 = sum p^2/d,    ||rho^{T_B}||_1 = sum |eigenvalues|,

the last because transposing the atoms of B leaves ``1/d`` as it is. The measures themselves are
declared elsewhere; this registers them for `EnsembleState`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.checks import check_labels
from darkstate.measures.dense_numbers import shannon
from darkstate.measures.dispatch import as_group
from darkstate.measures.gaussian_numbers import entropy, mutual_information, purity
from darkstate.measures.log_negativity import log_negativity
from darkstate.measures.negativity import negativity
from darkstate.states import EnsembleState


def _part(state: EnsembleState, labels: Sequence[str] | str | None) -> EnsembleState:
    chosen = check_labels("labels", as_group(labels) or state.labels, state.labels)
    return state.reduced(chosen) if len(chosen) < len(state.labels) else state


@entropy.register(EnsembleState)
def _entropy(state: EnsembleState, labels: Sequence[str] | str | None = None) -> float:
    weights, copies = _part(state, labels).spectrum()
    return shannon(weights) + float(weights @ copies)


@purity.register(EnsembleState)
def _purity(state: EnsembleState, labels: Sequence[str] | str | None = None) -> float:
    part = _part(state, labels)
    copies = np.repeat(part.log2_copies, part.sizes**2)
    return float(np.sum(np.abs(part.values) ** 2 * np.exp2(-copies)))


@mutual_information.register(EnsembleState)
def _mutual(state: EnsembleState, first: Sequence[str], second: Sequence[str]) -> float:
    a, b = as_group(first), as_group(second)
    parts = [_entropy(state, a), _entropy(state, b), _entropy(state, [*a, *b])]
    return max(0.0, parts[0] + parts[1] - parts[2])


@negativity.register(EnsembleState)
def _negativity(state: EnsembleState, first: Sequence[str], second: Sequence[str]) -> float:
    a, b = as_group(first), as_group(second)
    part = _part(state, [*a, *b])
    eigenvalues = [np.linalg.eigvalsh(matrix) for matrix in part.partial_transpose(b)]
    return float(np.sum(np.maximum(0.0, -np.concatenate(eigenvalues))))


@log_negativity.register(EnsembleState)
def _log_negativity(state: EnsembleState, first: Sequence[str], second: Sequence[str]) -> float:
    return float(np.log1p(2.0 * _negativity(state, first, second)) / np.log(2.0))
