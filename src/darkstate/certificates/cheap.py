r"""Tests that need no semidefinite programme: partial transposes, and the fidelity witness.

*Partial transposes.* If one is positive, rho is itself a PPT mixture with one part: nothing is
left to detect. All negative means "entangled across every cut", no more.

*Fidelity.* ``W = alpha - |psi><psi|`` with alpha the largest squared Schmidt coefficient of psi
over all bipartitions. With ``psi = sum_k s_k |kk>`` across M, the partial transpose of W has the
eigenvalues ``alpha - s_k^2`` and ``alpha ± s_j s_k``, none of them negative: W is decomposable
with ``Q_M = W^{T_M}``, ``P_M = 0``.

Source: Bourennane et al., Phys. Rev. Lett. 92, 087902 (2004).
"""

from __future__ import annotations

import numpy as np

from darkstate.certificates.witness import Side, Witness, decomposed, transposed
from darkstate.measures.ppt import bipartitions
from darkstate.states import DensityState, PureState


def cut_sides(labels: tuple[str, ...]) -> tuple[Side, ...]:
    """The side without the first label of each bipartition."""
    return tuple(side for _, side in bipartitions(labels))


def lowest_transposes(state: DensityState) -> tuple[tuple[Side, ...], np.ndarray]:
    """Sides, and the smallest eigenvalue of the partial transpose on each of them."""
    sides = cut_sides(state.labels)
    lowest = [float(np.linalg.eigvalsh(state.partial_transpose(side))[0]) for side in sides]
    return sides, np.array(lowest)


def fidelity_witness(state: DensityState, target: PureState | None = None) -> Witness:
    """The fidelity witness of a pure state, by default the most occupied eigenstate.

    Args:
        state: whose labels and dimensions it has.
        target: psi, with the same labels.
    """
    if target is None:
        _, vectors = np.linalg.eigh(state.matrix)
        target = PureState(state.labels, state.dimensions, vectors[:, -1])
    sides = cut_sides(state.labels)
    alpha = max(float(target.schmidt(side)[0]) ** 2 for side in sides)
    projector = np.outer(target.vector, target.vector.conj())
    matrix = alpha * np.eye(len(projector)) - projector
    here = (state.labels, state.dimensions)
    parts = {side: transposed(matrix, here, side) for side in sides}
    return decomposed(*here, matrix, parts)


def negativity_witness(state: DensityState) -> Witness:
    """Of two parties: the best witness, ``W = Q^{T_B}``, Q projects on the negative eigenspace.

    ``-Tr(W rho)`` is the negativity.
    """
    (side,) = cut_sides(state.labels)
    values, vectors = np.linalg.eigh(state.partial_transpose(side))
    chosen = vectors[:, values < 0]
    part = chosen @ chosen.conj().T
    here = (state.labels, state.dimensions)
    return decomposed(*here, transposed(part, here, side), {side: part})
