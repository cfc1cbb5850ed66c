"""Concurrence of two qubits.

Wootters' formula is ``C = max(0, l_1 - l_2 - l_3 - l_4)`` with the decreasing square roots ``l_k``
of the eigenvalues of ``rho (sy x sy) rho* (sy x sy)``. Taken literally it loses half of the digits:
an eigenvalue that should be zero comes out as 1e-17, its root as 3e-9. Here rho is factored as
``rho = T T†``; the ``l_k`` are the *singular values* of the symmetric matrix ``T^T (sy x sy) T``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.linalg.unique import positive_root
from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import DENSE, Dense
from darkstate.measures.two_qubits import SPIN_FLIP, two_qubit_matrix

concurrence = Measure(
    "concurrence",
    r"$C$",
    "",
    2,
    """Concurrence of two qubits, ``C = max(0, l_1 - l_2 - l_3 - l_4)``.

    ``l_k`` are the decreasing singular values of ``T^T (sy x sy) T`` with ``rho = T T†``.

    Args:
        state: a density matrix or a pure state.
        first: one qubit.
        second: another qubit; all else is traced out.

    Returns:
        A number in [0, 1]: 0 iff separable, 1 for a Bell pair; ``2 |ad - bc|`` for the pure state
        ``a|00> + b|01> + c|10> + d|11>``.

    Raises:
        ArgumentError: a party is not two-dimensional.

    Source: Wootters, Phys. Rev. Lett. 80, 2245 (1998).
    """,
    references=("wootters1998",),
)


@concurrence.register(*DENSE)
def _concurrence(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    root = positive_root(two_qubit_matrix(state, first, second, "concurrence"))
    largest, *others = np.linalg.svd(root.T @ SPIN_FLIP @ root, compute_uv=False)
    return min(1.0, max(0.0, float(largest - sum(others))))
