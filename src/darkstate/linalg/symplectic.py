"""Symplectic forms, eigenvalues and decompositions of quadrature covariance matrices.

Quadratures run ``x1, p1, x2, p2, ...``; with ``[x, p] = i`` their commutators are ``i Omega``,
``Omega = [[0, 1], [-1, 0]]`` per mode, and the vacuum has the covariance matrix ``1/2``. A real
``S`` is symplectic if ``S Omega S^T = Omega``; Williamson: every positive covariance matrix is
``S diag(nu1, nu1, nu2, nu2, ...) S^T``, and it is physical if and only if all ``nu >= 1/2``.

Entanglement is read off the *smallest* symplectic eigenvalue (of a partial transpose), which for
strong squeezing, or beside a hot mode, is many orders below the largest one. They are computed as
singular values of ``L^T Omega L`` (``V = L L^T``) by one-sided Jacobi rotations, which resolve hot
and cold modes side by side; the eigenvalues of ``i Omega V``, or a common singular value
decomposition, know the small ones only to eps times the largest.

Sources: Williamson, Am. J. Math. 58, 141 (1936); Simon, Phys. Rev. Lett. 84, 2726 (2000);
Drmac & Veselic, SIAM J. Matrix Anal. Appl. 29, 1322 (2008) (Jacobi, LAPACK's gejsv).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError, NumericalError

Real = NDArray[np.float64]


def symplectic_form(modes: int) -> Real:
    """``Omega``, shape (2 modes, 2 modes): blocks ``[[0, 1], [-1, 0]]`` on the diagonal."""
    form = np.zeros((2 * modes, 2 * modes))
    even = 2 * np.arange(modes)
    form[even, even + 1], form[even + 1, even] = 1.0, -1.0
    return form


def symplectic_eigenvalues(cov: ArrayLike) -> Real:
    """Symplectic eigenvalues ``nu`` of a covariance matrix, ascending; 1/2 for a pure mode.

    They are the singular values, each of them twice, of ``L^T Omega L`` with ``cov = L L^T``.

    Args:
        cov: symmetric, positive (semi-)definite, shape (2N, 2N).

    Returns:
        ``nu``, shape (N,).

    Raises:
        ArgumentError: not square of even size, or with a negative eigenvalue.
    """
    cov = _check_covariance(cov)
    if not len(cov):
        return np.zeros(0)
    # Hot modes first: then L^T Omega L is graded, and their rounding stays out of the cold ones.
    size = np.diagonal(cov).reshape(-1, 2).sum(axis=1)
    order = (2 * np.argsort(-size)[:, None] + np.arange(2)).ravel()
    root = _root(cov[np.ix_(order, order)])
    singular = _singular_values(root.T @ symplectic_form(len(cov) // 2) @ root)
    return np.sort(singular)[::2].copy()


def uncertainty_margin(cov: ArrayLike) -> float:
    """How far a covariance matrix is from violating ``cov + i Omega/2 >= 0``, in relative terms.

    The smallest eigenvalue of ``D (cov + i Omega/2) D`` with ``D = diag(cov)^(-1/2)``: the scaling
    keeps the sign (congruence) and makes rounding errors a few eps however strong the squeezing.
    Physical if and only if it is >= 0 (in practice >= -1e-12); 0 for pure states, 1 at infinite
    temperature; ``-inf`` if a variance is not positive.

    Args:
        cov: symmetric, shape (2N, 2N).

    Raises:
        ArgumentError: not square of even size.
    """
    cov = _check_covariance(cov)
    if not len(cov):
        return math.inf
    variances = np.diagonal(cov)
    if not np.all(variances > 0):
        return -math.inf
    scale = 1 / np.sqrt(variances)
    hermitian = scale[:, None] * (cov + 0.5j * symplectic_form(len(cov) // 2)) * scale
    return float(np.linalg.eigvalsh(hermitian)[0])


def resolved_eigenvalues(cov: ArrayLike, of: ArrayLike) -> Real:
    """Symplectic eigenvalues as far as the rounding of the moments resolves them; never zero.

    A mode of n photons is known to ``eps (n + 1/2)``, and where strong squeezing leaves less than
    that, what is left (perhaps not even positive) is noise. With this much added to the variances,
    eigenvalues stay positive, and those that were resolved change by no more than rounding.

    Args:
        cov: symmetric, shape (2N, 2N).
        of: covariance matrix of the same modes from whose entries `cov` was computed.

    Returns:
        ``nu``, shape (N,), ascending.

    Raises:
        ArgumentError: not square of even size, or with a negative eigenvalue beyond rounding.
    """
    cov = _check_covariance(cov)
    size = np.diagonal(_check_covariance(of)).reshape(-1, 2).mean(axis=1)
    rounding = np.finfo(float).eps * size
    nu = symplectic_eigenvalues(cov + np.diag(np.repeat(rounding, 2)))
    return np.maximum(nu, rounding.min(initial=1.0))


def partial_transpose(cov: ArrayLike, modes: Sequence[int]) -> Real:
    """Covariance matrix with the momenta of `modes` reversed (transposition of these modes).

    Args:
        cov: shape (2N, 2N).
        modes: numbers of the modes, 0 to N - 1.

    Raises:
        ArgumentError: not square of even size, or no such mode.
    """
    cov = _check_covariance(cov)
    chosen = np.asarray(modes, dtype=int)
    if chosen.size and not 0 <= chosen.min() <= chosen.max() < len(cov) // 2:
        raise ArgumentError(
            "modes", f"be numbers from 0 to {len(cov) // 2 - 1}", list(modes), "Count from 0."
        )
    sign = np.ones(len(cov))
    sign[2 * chosen + 1] = -1.0
    return sign[:, None] * cov * sign


def williamson(cov: ArrayLike) -> tuple[Real, Real]:
    """Williamson's decomposition ``cov = S diag(nu1, nu1, nu2, nu2, ...) S^T``.

    With ``cov = L L^T``, the antisymmetric ``L^-1 Omega L^-T`` is brought to blocks
    ``[[0, 1/nu], [-1/nu, 0]]`` by an orthogonal ``O``; then ``S = L O diag(nu)^(-1/2)``.

    Args:
        cov: symmetric, positive definite, shape (2N, 2N).

    Returns:
        ``S`` (symplectic, shape (2N, 2N)) and ``nu`` (ascending, shape (N,)).

    Raises:
        ArgumentError: not square of even size.
        NumericalError: `cov` is not positive definite.
    """
    cov = _check_covariance(cov)
    try:
        lower = np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        raise NumericalError(
            "`cov` must be positive definite for a Williamson decomposition, but has the smallest"
            f" eigenvalue {np.linalg.eigvalsh(cov)[0]:.3g}. Drop modes of zero variance."
        ) from None
    inner = scipy.linalg.solve_triangular(lower, symplectic_form(len(cov) // 2), lower=True)
    inner = scipy.linalg.solve_triangular(lower, inner.T, lower=True)
    # -i times it is Hermitian with eigenvalues +-1/nu; z of +1/nu splits into a pair of columns.
    values, vectors = np.linalg.eigh(-0.5j * (inner.T - inner))
    half = len(cov) // 2
    nu, z = 1 / values[half:][::-1], vectors[:, half:][:, ::-1]
    pairs = np.sqrt(2) * np.stack([np.real(z), np.imag(z)], axis=-1).reshape(len(cov), len(cov))
    return lower @ pairs / np.sqrt(np.repeat(nu, 2)), nu


def _check_covariance(cov: ArrayLike) -> Real:
    """`cov` as a float matrix of even size."""
    matrix = np.asarray(cov, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) % 2:
        raise ArgumentError(
            "cov", "be square with an even number of rows", matrix.shape, "Give x1, p1, x2, p2, ..."
        )
    return matrix


def _root(cov: Real) -> Real:
    """A factor F with ``cov = F F^T``: Cholesky's, or from eigenvalues if some of them are zero."""
    try:
        return np.asarray(np.linalg.cholesky(cov), dtype=float)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(cov)
    if values[0] < -1e-12 * values[-1] or values[-1] < 0:
        raise ArgumentError(
            "cov", "be positive semi-definite", values[0], "This smallest eigenvalue is negative."
        )
    return np.multiply(vectors, np.sqrt(np.clip(values, 0.0, None)))


def _singular_values(matrix: Real) -> Real:
    """Singular values with small ones to high relative accuracy where the data define them."""
    (gejsv,) = scipy.linalg.get_lapack_funcs(("gejsv",), (matrix,))
    values, _, _, work, _, info = gejsv(matrix, joba=0, jobu=3, jobv=3)
    if info:
        raise NumericalError(f"Jacobi's singular values did not converge (info = {info}).")
    return values * (work[0] / work[1])
