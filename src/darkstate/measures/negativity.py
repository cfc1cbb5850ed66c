"""Negativity, and the logarithmic negativity of density matrices and pure states.

With eigenvalues ``mu_k`` of the partial transpose and ``N = sum_{mu_k < 0} |mu_k|``,

    ||rho^{T_B}||_1 = 1 + 2 N,   E_N = log2(1 + 2 N),

so that weak entanglement is not lost in the difference of a trace norm from one. For a pure state
with Schmidt coefficients s the norm is ``(sum_k s_k)^2``, whence ``N = sum_{j<k} s_j s_k``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.measures.dispatch import Measure, as_group
from darkstate.measures.log_negativity import log_negativity
from darkstate.states import DensityState, PureState

Dense = DensityState | PureState

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


@negativity.register(DensityState, PureState)
def _negativity(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    a, b = as_group(first), as_group(second)
    if isinstance(state, PureState) and len(a) + len(b) == len(state.labels):
        s = state.schmidt(a)
        return float(np.sum(np.cumsum(s)[:-1] * s[1:]))
    eigenvalues = np.linalg.eigvalsh(state.reduced([*a, *b]).partial_transpose(b))
    return float(np.sum(np.maximum(0.0, -eigenvalues)))


@log_negativity.register(DensityState, PureState)
def _log_negativity(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    return float(np.log1p(2.0 * _negativity(state, first, second)) / np.log(2.0))
