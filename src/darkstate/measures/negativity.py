"""Negativity, what the eigenvalues ``mu_k`` of the partial transpose have below zero:

    N = sum_{mu_k < 0} |mu_k|,     ||rho^{T_B}||_1 = 1 + 2 N.

For a pure state with Schmidt coefficients s the norm is ``(sum_k s_k)^2``, whence
``N = sum_{j<k} s_j s_k``. Transposing atoms leaves the copies that a block stands for as they are
(`EnsembleState`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import DENSE, Dense
from darkstate.states import DickePairState, EnsembleState, PureState, SchmidtState

negativity = Measure(
    "negativity",
    r"$\mathcal{N}$",
    "",
    2,
    """Negativity ``(||rho^{T_B}||_1 - 1)/2``: the negative eigenvalues of rho^{T_B}, summed up.

    Args:
        state: a density matrix or a pure state.
        first: label or labels of one party.
        second: label or labels of the other; whatever is in neither is traced out.

    Returns:
        A number from 0 (positive partial transpose) to (d-1)/2, d the smaller dimension; 1/2 for a
        Bell pair.

    Source: Vidal and Werner, Phys. Rev. A 65, 032314 (2002).
    """,
    references=("vidal2002",),
)


def negative(eigenvalues: NDArray[np.float64]) -> float:
    """The sum of those below zero, as a number >= 0."""
    return float(np.sum(np.maximum(0.0, -eigenvalues)))


def products(s: NDArray[np.float64]) -> float:
    """``sum_{j<k} s_j s_k``."""
    return float(np.sum(np.cumsum(s)[:-1] * s[1:]))


@negativity.register(*DENSE)
def _of_matrix(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    if isinstance(state, PureState) and len(first) + len(second) == len(state.labels):
        return products(state.schmidt(first))
    part = state.reduced([*first, *second])
    return negative(np.linalg.eigvalsh(part.partial_transpose(second)))


@negativity.register(EnsembleState)
def _of_blocks(state: EnsembleState, first: Sequence[str], second: Sequence[str]) -> float:
    blocks = state.reduced([*first, *second]).partial_transpose(second)
    return negative(np.concatenate([np.linalg.eigvalsh(block) for block in blocks]))


@negativity.register(SchmidtState)
def _of_coefficients(state: SchmidtState, first: Sequence[str], second: Sequence[str]) -> float:
    s = state.coefficients
    if state.counts is None:
        return products(s)
    return max(0.0, 0.5 * (float(state.counts @ s) ** 2 - 1.0))


@negativity.register(DickePairState)
def _of_sectors(state: DickePairState, first: Sequence[str], second: Sequence[str]) -> float:
    return negative(state.spectrum(transposed=True))
