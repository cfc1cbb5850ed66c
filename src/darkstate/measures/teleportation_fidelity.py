"""Teleportation fidelity of two qubits.

A pair of qubits used as it is teleports an unknown qubit with the average fidelity ``(2 F + 1)/3``.
F, its fully entangled fraction, is the largest overlap with a maximally entangled state. In the
magic basis

    (|00> + |11>)/sqrt(2), i(|00> - |11>)/sqrt(2), i(|01> + |10>)/sqrt(2), (|01> - |10>)/sqrt(2)

the maximally entangled states are exactly the real unit vectors (up to a phase), so F is the
largest eigenvalue of the real part of rho.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import DENSE, Dense
from darkstate.measures.two_qubits import two_qubit_matrix

MAGIC = np.array([[1, 0, 0, 1], [1j, 0, 0, -1j], [0, 1j, 1j, 0], [0, 1, -1, 0]]).T / np.sqrt(2)
"""The magic basis, one vector a column."""

teleportation_fidelity = Measure(
    "teleportation_fidelity",
    r"$\bar{f}$",
    "",
    2,
    """Average fidelity ``(2 F + 1)/3`` of teleporting a qubit with this pair as the resource.

    ``F = max <phi|rho|phi>`` over maximally entangled phi (fully entangled fraction): local
    unitaries and corrections are optimised over, other local operations are not.

    Args:
        state: a density matrix or a pure state.
        first: one qubit.
        second: another qubit; all else is traced out.

    Returns:
        A number in [1/2, 1]: 1 for a Bell pair, ``(2 + C)/3`` for a pure state; above 2/3 no
        classical channel does as well.

    Raises:
        ArgumentError: a party is not two-dimensional.

    Source: M., P. and R. Horodecki, Phys. Rev. A 60, 1888 (1999), for the fidelity; Bennett,
    DiVincenzo, Smolin, Wootters, Phys. Rev. A 54, 3824 (1996), for F in the magic basis.
    """,
    references=("horodecki1999",),
)


@teleportation_fidelity.register(*DENSE)
def _teleportation(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    rho = two_qubit_matrix(state, first, second, "teleportation_fidelity")
    fraction = np.linalg.eigvalsh((MAGIC.conj().T @ rho @ MAGIC).real)[-1]
    return float((2.0 * fraction + 1.0) / 3.0)
