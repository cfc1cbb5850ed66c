"""``<l| (i w - L)^{-1} |r>`` for many frequencies w from a few factorisations.

Small L are brought into Schur form once, in which each frequency is a back substitution. Else a
rational Krylov space: the solution at one frequency joins the basis, and all other frequencies
are solved in that basis, where they are m x m. Where the residual is largest the next solution is
added, until all residuals are small. Spectra of a few lines need some ten factorisations, however
many frequencies are asked for; more lines than `MOST_POLES` are refused.

Source: Ruhe, Linear Algebra Appl. 58, 391 (1984); greedy choice of poles: Grimme, PhD thesis,
University of Illinois (1997).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from darkstate.errors import NumericalError
from darkstate.linalg.threads import on_one_blas_thread

MOST_POLES = 120
"""Factorisations that are made at most."""
DENSE = 400
"""Numbers up to which L is brought into Schur form."""
_CHUNK = 1024
"""Frequencies that are solved at once in it."""
_EPS = float(np.finfo(float).eps)


@on_one_blas_thread
def resolvent_values(
    matrix: sp.csr_array,
    right: NDArray[Any],
    left: NDArray[Any],
    frequencies: NDArray[np.float64],
    rtol: float,
) -> tuple[NDArray[np.complex128], float]:
    """``l† (i w - L)^{-1} r`` at every frequency, and the largest relative residual.

    Args:
        matrix: L, (n, n).
        right: r.
        left: l.
        frequencies: (F,) real.
        rtol: residual allowed, relative to r.

    Returns:
        (F,) values, and the residual.

    Raises:
        NumericalError: a frequency of the spectrum of L, or too many lines.
    """
    size = float(np.linalg.norm(right))
    values = np.zeros(len(frequencies), dtype=complex)
    if size == 0.0 or not len(frequencies):
        return values, 0.0
    shift = 1j * frequencies
    if len(right) <= DENSE:
        return _in_schur_form(matrix.toarray(), right, left, shift), 0.0
    one = sp.eye_array(len(right), format="csc")
    basis: list[NDArray[Any]] = []
    images: list[NDArray[Any]] = []
    where, residuals = len(frequencies) // 2, np.zeros(len(frequencies))
    lengths = residuals
    for _ in range(min(MOST_POLES, len(frequencies))):
        try:
            solution = splu(sp.csc_matrix(shift[where] * one - matrix)).solve(right.astype(complex))
        except RuntimeError as error:  # exactly singular
            raise _no_width(frequencies[where]) from error
        for vector in (*basis, *basis):
            solution -= np.vdot(vector, solution) * vector
        length = float(np.linalg.norm(solution))
        if length > 0.0:
            basis.append(solution / length)
            images.append(matrix @ basis[-1])
        V, W = np.array(basis).T, np.array(images).T
        values, residuals, lengths = _galerkin_solutions(V, W, right, left, shift)
        where = int(np.argmax(residuals))
        if residuals[where] <= rtol * size:
            return values, float(residuals[where]) / size
    norm = float(abs(matrix).sum(axis=0).max())
    rounding = 1e3 * _EPS * (norm + np.abs(frequencies)) * lengths
    if np.any(residuals > 10 * rtol * size + rounding):
        raise NumericalError(
            f"{len(frequencies)} frequencies show more than {MOST_POLES} lines: a residual of "
            f"{float(residuals.max()) / size:.2g} is left, not {rtol:g}. Ask for {MOST_POLES} "
            "frequencies or fewer at once: these are solved one by one."
        )
    return values, float(residuals.max()) / size


def _no_width(frequency: float) -> NumericalError:
    return NumericalError(
        f"At the frequency {frequency:g} something oscillates without damping: the spectrum has a "
        "line of no width there. Add a decay, or leave it out."
    )


def _in_schur_form(
    L: NDArray[Any], right: NDArray[Any], left: NDArray[Any], shift: NDArray[Any]
) -> NDArray[np.complex128]:
    """The values by ``L = Q T Q†``, T triangular: back substitution for many frequencies at once.

    Raises:
        NumericalError: a line of no width.
    """
    T, Q = scipy.linalg.schur(L, output="complex")[:2]
    start, seen = Q.conj().T @ right, Q.conj().T @ left
    values, norm = [], float(np.abs(T).sum(axis=0).max())
    for first in range(0, len(shift), _CHUNK):
        part = shift[first : first + _CHUNK]
        x = np.zeros((len(T), len(part)), dtype=complex)
        for j in range(len(T) - 1, -1, -1):
            away = part - T[j, j]
            nearest = int(np.argmin(np.abs(away)))
            if abs(away[nearest]) <= _EPS * norm:
                raise _no_width(float(part[nearest].imag))
            x[j] = (start[j] + T[j, j + 1 :] @ x[j + 1 :]) / away
        values.append(seen.conj() @ x)
    return np.concatenate(values)


def _galerkin_solutions(
    V: NDArray[Any], W: NDArray[Any], right: NDArray[Any], left: NDArray[Any], shift: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
    """Values, residuals and lengths of the Galerkin solutions in the basis V, with ``W = L V``."""
    m = V.shape[1]
    _, factor = np.linalg.qr(np.column_stack([right, V, W]))  # residuals without a square root lost
    small, seen, start = V.conj().T @ W, left.conj() @ V, V.conj().T @ right
    systems = shift[:, None, None] * np.eye(m) - small
    y = np.linalg.solve(systems, np.broadcast_to(start, (len(shift), m))[..., None])[..., 0]
    parts = np.concatenate([np.ones((len(shift), 1)), -shift[:, None] * y, y], axis=1)
    return y @ seen, np.linalg.norm(parts @ factor.T, axis=1), np.linalg.norm(y, axis=1)
