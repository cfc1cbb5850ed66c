"""``<l| (i w - L)^{-1} |r>`` for many frequencies w from a few factorisations.

A rational Krylov space: the solution at one frequency joins the basis, and all other frequencies
are solved in that basis, where they are m x m. Where the residual is largest the next solution is
added, until all residuals are small. Spectra of a few lines need some ten factorisations, however
many frequencies are asked for.

Source: Ruhe, Linear Algebra Appl. 58, 391 (1984); greedy choice of poles: Grimme, PhD thesis,
University of Illinois (1997).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from darkstate.errors import NumericalError
from darkstate.linalg.threads import on_one_blas_thread

MOST_POLES = 120
"""Factorisations that are made at most."""


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
    one = sp.eye_array(len(right), format="csc")
    basis: list[NDArray[Any]] = []
    images: list[NDArray[Any]] = []
    where, residuals = len(frequencies) // 2, np.zeros(len(frequencies))
    for _ in range(min(MOST_POLES, len(frequencies))):
        try:
            solution = splu(sp.csc_matrix(shift[where] * one - matrix)).solve(right.astype(complex))
        except RuntimeError as error:  # exactly singular
            raise NumericalError(
                f"At the frequency {frequencies[where]:g} something oscillates without damping: "
                "the spectrum has a line of no width there. Add a decay, or leave it out."
            ) from error
        for vector in (*basis, *basis):
            solution -= np.vdot(vector, solution) * vector
        length = float(np.linalg.norm(solution))
        if length > 0.0:
            basis.append(solution / length)
            images.append(matrix @ basis[-1])
        V, W = np.array(basis).T, np.array(images).T
        values, residuals = _galerkin_solutions(V, W, right, left, shift)
        where = int(np.argmax(residuals))
        if residuals[where] <= rtol * size:
            break
    return values, float(residuals[where]) / size


def _galerkin_solutions(
    V: NDArray[Any], W: NDArray[Any], right: NDArray[Any], left: NDArray[Any], shift: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Values and residuals of the Galerkin solutions in the basis V, with ``W = L V``."""
    m = V.shape[1]
    _, factor = np.linalg.qr(np.column_stack([right, V, W]))  # residuals without a square root lost
    small, seen, start = V.conj().T @ W, left.conj() @ V, V.conj().T @ right
    systems = shift[:, None, None] * np.eye(m) - small
    y = np.linalg.solve(systems, np.broadcast_to(start, (len(shift), m))[..., None])[..., 0]
    parts = np.concatenate([np.ones((len(shift), 1)), -shift[:, None] * y, y], axis=1)
    return y @ seen, np.linalg.norm(parts @ factor.T, axis=1)
