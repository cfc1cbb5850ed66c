"""The CHSH value of two qubits: how far they can violate Bell's inequality.

The correlations ``T_ij = Tr[rho (s_i x s_j)]`` of two qubits form a real 3 x 3 matrix. Over all
choices of two settings on each side the expectation of Bell's operator is at most
``2 sqrt(t_1^2 + t_2^2)``, with the two largest singular values t of T.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import DENSE, Dense
from darkstate.measures.two_qubits import PAULI, two_qubit_matrix

chsh = Measure(
    "chsh",
    r"$\mathcal{B}$",
    "",
    2,
    """Largest CHSH value ``2 sqrt(t_1^2 + t_2^2)`` of two qubits over all settings.

    ``t_1 >= t_2`` are the largest singular values of ``T_ij = Tr[rho (s_i x s_j)]``.

    Args:
        state: a density matrix or a pure state.
        first: one qubit.
        second: another qubit; all else is traced out.

    Returns:
        A number in [0, 2 sqrt(2)]; above 2 the pair violates Bell's inequality, and no local
        hidden variables explain it. For pure states ``2 sqrt(1 + C^2)``.

    Raises:
        ArgumentError: a party is not two-dimensional.

    Source: Horodecki, Horodecki, Horodecki, Phys. Lett. A 200, 340 (1995).
    """,
    references=("horodecki1995",),
    words="CHSH value",
)


@chsh.register(*DENSE)
def _chsh(state: Dense, first: Sequence[str], second: Sequence[str]) -> float:
    rho = two_qubit_matrix(state, first, second, "chsh").reshape(2, 2, 2, 2)
    correlations = np.einsum("abcd,ica,jdb->ij", rho, PAULI, PAULI).real
    t = np.linalg.svd(correlations, compute_uv=False)
    return float(2.0 * np.hypot(t[0], t[1]))
