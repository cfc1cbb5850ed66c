"""Steady state by Sylvester equations between blocks of amplitudes.

For each pair (p, q) of correlated blocks, ``W_p X + X W_q† + S_pq = 0`` with complex Schur forms
that are computed once per block and shared with the conjugate block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.sylvester import SchurForm, solve_sylvester
from darkstate.states import GaussianState


def dense_memory(structure: Structure) -> float:
    """Predicted peak bytes: the moments, one Schur form per distinct block, two work matrices."""
    n = len(structure.form.labels)
    schur = sum(
        3 * 16 * len(block) ** 2
        for number, block in enumerate(structure.blocks)
        if structure.mirror[number] >= number
    )
    return 2 * 16 * n**2 + schur + 5 * 16 * structure.largest_block**2


def dense_seconds(structure: Structure) -> float:
    """Predicted time: Schur forms and triangular solves, both cubic in the block size."""
    work = sum(len(block) ** 3 for block in structure.blocks) / 2
    return 1e-3 * len(structure.blocks) + 1.2e-8 * work


def dense_steady_state(structure: Structure) -> tuple[GaussianState, float, float]:
    """State, largest backward error, and estimated relative error of the second moments.

    Raises:
        NumericalError: a block is not stable.
    """
    n = len(structure.form.labels)
    number = np.zeros((n, n), dtype=complex)
    anomalous = np.zeros((n, n), dtype=complex)
    schur: dict[int, SchurForm] = {}
    residual, error = 0.0, 0.0
    for p, q in structure.correlated:
        source = structure.source[structure.blocks[p]][:, structure.blocks[q]].toarray()
        left = _schur(structure, schur, p)
        right = left if p == q else _schur(structure, schur, q)
        solution = solve_sylvester(left, right, source)
        residual, error = max(residual, solution.residual), max(error, solution.error)
        _scatter(number, anomalous, structure.blocks[p], structure.blocks[q], solution.x)
    state = GaussianState(structure.form.labels, number, anomalous)
    return state, residual, error


def _schur(structure: Structure, known: dict[int, SchurForm], block: int) -> SchurForm:
    if block not in known:
        mirror = structure.mirror[block]
        if mirror in known and mirror != block:
            own, other = structure.blocks[block], structure.blocks[mirror]
            n = len(structure.form.labels)
            if np.array_equal((own + n) % (2 * n), other):
                known[block] = known[mirror].conj()
                return known[block]
        index = structure.blocks[block]
        known[block] = SchurForm.of(structure.drift[index][:, index].toarray())
    return known[block]


def _scatter(
    number: NDArray, anomalous: NDArray, rows: NDArray, columns: NDArray, values: NDArray
) -> None:
    """Write ``X_rs = <: xi_r xi_s† :>`` to the moments; see `Structure` for the variables."""
    n = len(number)
    for row_dagger in (False, True):
        r = np.flatnonzero((rows >= n) == row_dagger)
        for column_dagger in (False, True):
            c = np.flatnonzero((columns >= n) == column_dagger)
            if not (len(r) and len(c)):
                continue
            i, j, x = rows[r] % n, columns[c] % n, values[np.ix_(r, c)]
            # xi_s† is a† for s < N and a for s >= N
            if row_dagger == column_dagger:
                own = x.conj() if not row_dagger else x  # own[i, j] = <a_i† a_j>
                number[np.ix_(i, j)] = own
                number[np.ix_(j, i)] = own.conj().T
            else:
                own = x if not row_dagger else x.conj()  # own[i, j] = <a_i a_j>
                anomalous[np.ix_(i, j)] = own
                anomalous[np.ix_(j, i)] = own.T
