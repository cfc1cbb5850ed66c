"""Steady state by Sylvester equations between blocks of amplitudes.

For each pair (p, q) of correlated blocks, ``W_p X + X W_q† + S_pq = 0`` with complex Schur forms
that are computed once per block and shared with the conjugate block.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.gaussian.rounding import (
    EPS,
    TRIALS,
    RoundingError,
    judging_memory,
    nambu_moments,
    rounding_error,
    solved_trials,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.sylvester import SchurForm, solve_sylvester
from darkstate.states import GaussianState

EXACT_MARGIN = 200
"""Up to this many variables the physicality margin is an exact eigenvalue, above it a bound."""

PROVEN = -1e-10
"""The margin that a Cholesky factorisation is asked to prove."""


def dense_memory(structure: Structure) -> float:
    """Predicted peak bytes: moments, Schur forms, the blocks of the solution, and trials.

    Beside the trials there are the Nambu moments, the covariance, and a factorisation of it; while
    the largest block is solved for, a dozen matrices of its size.
    """
    n = len(structure.form.labels)
    sizes = [len(block) for block in structure.blocks]
    schur = 3 * 16 * sum(size**2 for size in sizes)
    solved = 16 * sum(sizes[p] * sizes[q] for p, q in structure.correlated)
    whole = 16 * (2 * n) ** 2
    judging = (TRIALS + 1) * whole + judging_memory(n)
    solving = TRIALS * whole + 12 * 16 * structure.largest_block**2
    return 2 * 16 * n**2 + schur + solved + max(judging, solving)


def dense_seconds(structure: Structure) -> float:
    """Predicted time of one of many: Schur forms, triangular solves, cubic in the block size."""
    work = sum(len(block) ** 3 for block in structure.blocks) / 2
    return 2e-3 * len(structure.blocks) + 2.5e-8 * work


def alone_seconds(structure: Structure) -> float:
    """The same of one alone, with what it takes to read and to judge its modes one by one."""
    modes = sum(len(block) for block in structure.blocks)
    work = sum(len(block) ** 3 for block in structure.blocks) / 2
    return 0.02 + 5e-4 * modes + 4.5e-8 * work


def schur_forms(structure: Structure) -> dict[int, SchurForm]:
    """Schur form of every block that is correlated with anything, and of every mirror pair once."""
    forms: dict[int, SchurForm] = {}
    for block in range(len(structure.blocks)):
        mirror = structure.mirror[block]
        if mirror in forms and mirror != block:
            forms[block] = forms[mirror].conj()
            continue
        index = structure.blocks[block]
        forms[block] = SchurForm.of(structure.drift[index][:, index].toarray())
    return forms


def dense_steady_state(
    structure: Structure, forms: dict[int, SchurForm]
) -> tuple[GaussianState, float, RoundingError]:
    """State, largest backward error, and the errors of the second moments.

    Raises:
        NumericalError: a block is not stable.
    """
    n = len(structure.form.labels)
    number = np.zeros((n, n), dtype=complex)
    anomalous = np.zeros((n, n), dtype=complex)
    residual, error = 0.0, 0.0
    blocks = []
    for p, q in structure.correlated:
        source = structure.source[structure.blocks[p]][:, structure.blocks[q]].toarray()
        solution = solve_sylvester(forms[p], forms[q], source)
        residual, error = max(residual, solution.residual), max(error, solution.error)
        scatter(number, anomalous, structure.blocks[p], structure.blocks[q], solution.x)
        blocks.append((p, q, solution.x))
    changes = solved_trials(structure, forms, blocks)
    moments = nambu_moments(number, anomalous)
    beyond = max(0.0, error - EPS) * float(
        np.linalg.norm(moments)
    )  # the last digit is in the trials
    found = rounding_error(moments, changes, beyond)
    return GaussianState(structure.form.labels, number, anomalous), residual, found


def physicality_margin(structure: Structure, state: GaussianState) -> float:
    """Lower bound of the smallest eigenvalue of ``<xi xi†>``, with all variances scaled to one.

    As `GaussianState.margin` (``<xi xi†>`` is ``sigma + i Omega/2`` up to a unitary), for large
    networks: the exact eigenvalue of small systems; of large ones a Cholesky factorisation proves
    that it is above `PROVEN`, which is then returned, and a failed proof is followed by the exact
    eigenvalue. A conserved charge splits the matrix in two halves.
    """
    n = len(state.labels)
    if structure.representatives is None:
        return _smallest_eigenvalue(_ordered_moments(state, np.arange(2 * n)))
    kept = np.concatenate([structure.blocks[k] for k in structure.representatives])
    halves = (kept, (kept + n) % (2 * n))
    return min(_smallest_eigenvalue(_ordered_moments(state, half)) for half in halves)


def _ordered_moments(state: GaussianState, variables: NDArray[np.intp]) -> NDArray[np.complex128]:
    """``<xi_r xi_s†>`` (not normally ordered) for some of the Nambu variables, scaled to one."""
    n = len(state.labels)
    modes, raised = variables % n, variables >= n
    low, high = np.flatnonzero(~raised), np.flatnonzero(raised)
    a, b = modes[low], modes[high]
    result = np.empty((len(modes), len(modes)), dtype=complex)
    result[np.ix_(low, low)] = np.asarray(state.number)[np.ix_(a, a)].T
    result[low, low] += 1.0
    result[np.ix_(high, high)] = np.asarray(state.number)[np.ix_(b, b)]
    result[np.ix_(low, high)] = np.asarray(state.anomalous)[np.ix_(a, b)]
    result[np.ix_(high, low)] = np.asarray(state.anomalous)[np.ix_(b, a)].conj()
    unit = 1.0 / np.sqrt(np.maximum(0.5 + np.real(np.diagonal(state.number))[modes], 1e-300))
    return np.asarray(unit[:, None] * result * unit, dtype=complex)


def _smallest_eigenvalue(matrix: NDArray) -> float:
    """Exact for small matrices, else a bound; `matrix` is destroyed."""
    size = len(matrix)
    if size <= EXACT_MARGIN:
        return float(np.linalg.eigvalsh(matrix)[0])
    diagonal = np.real(np.diagonal(matrix)).copy()
    matrix[np.arange(size), np.arange(size)] -= PROVEN
    # in place, on the transposed view: only the lower triangle of `matrix` is written
    (factorise,) = scipy.linalg.get_lapack_funcs(("potrf",), (matrix,))
    _, failed = factorise(matrix.T, lower=0, clean=0, overwrite_a=1)
    if not failed:
        return PROVEN
    upper = np.triu(matrix, 1)
    return float(np.linalg.eigvalsh(upper + upper.conj().T + np.diag(diagonal))[0])


def scatter(
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
