"""Entanglement of formation of two qubits, a function of the concurrence."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from darkstate.measures.concurrence import concurrence
from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import DENSE, Dense

entanglement_of_formation = Measure(
    "entanglement_of_formation",
    r"$E_F$",
    "ebit",
    2,
    """Entanglement of formation of two qubits, ``E_F = h((1 + sqrt(1 - C^2))/2)``, in ebits.

    ``h(x) = -x log2 x - (1-x) log2(1-x)``, C the concurrence: the least average entropy of
    entanglement of pure states that mix to rho.

    Args:
        state: a density matrix or a pure state.
        first: one qubit.
        second: another qubit; all else is traced out.

    Returns:
        A number in [0, 1]: 0 iff separable, 1 for a Bell pair.

    Raises:
        ArgumentError: a party is not two-dimensional.

    Source: Wootters, Phys. Rev. Lett. 80, 2245 (1998).
    """,
    references=("wootters1998",),
)


@entanglement_of_formation.register(*DENSE)
def _formation(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    C = concurrence(state, first, second)
    x = 0.5 * C * C / (1.0 + sqrt(1.0 - C * C))  # (1 - sqrt(1 - C^2))/2 without cancellation
    if x == 0.0:
        return 0.0
    return float(-x * np.log2(x) - (1.0 - x) * np.log1p(-x) / np.log(2.0))
