"""What the measures of two qubits share: the 4 x 4 matrix of two parties, and Pauli matrices.

A party is one qubit, or several labels whose dimensions multiply to two. All formulas for pairs of
qubits in this folder do not depend on which local basis state is called ``|0>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.measures.spectra import Dense
from darkstate.states.subsystems import Matrix

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""(3, 2, 2): sigma_x, sigma_y, sigma_z of the textbooks."""

SPIN_FLIP = np.kron(PAULI[1], PAULI[1]).real
"""``sigma_y x sigma_y``, a real matrix."""


def two_qubit_matrix(
    state: Dense, first: Sequence[str], second: Sequence[str], measure: str
) -> Matrix:
    """The reduced density matrix (4, 4) of two parties of dimension two.

    Args:
        state: the state.
        first: labels of the first party, the more significant factor.
        second: labels of the second party.
        measure: who asks, for the message.

    Raises:
        ArgumentError: a party is not two-dimensional.
    """
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    for name, group in (("first", first), ("second", second)):
        size = prod(size_of[label] for label in group)
        if size != 2:
            raise ArgumentError(
                name,
                f"be one qubit for {measure}",
                f"{', '.join(group)} of dimension {size}",
                "Use log_negativity for larger parties.",
            )
    return state.reduced([*first, *second]).matrix
