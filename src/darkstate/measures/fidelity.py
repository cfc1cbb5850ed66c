"""Fidelity of a state to a target: the probability form, one for equal states.

    F(rho, sigma) = (Tr sqrt( sqrt(rho) sigma sqrt(rho) ))^2 = ||T† S||_1^2

with ``rho = T T†`` and ``sigma = S S†``. The trace norm on the right is a sum of singular values,
and needs no root of eigenvalues that are zero up to rounding. With a pure state on either side it
is ``<psi|rho|psi>``. Of two Gaussian states with covariances V and W and means that differ by d,

    F = prod_k (w_k + sqrt(w_k^2 - 1)) / sqrt(det(V + W)) exp(-d^T (V + W)^-1 d / 2),

the w_k >= 1 being the moduli of the eigenvalues of ``2 V_aux Omega``, one of each pair, with
``V_aux = Omega^T (V + W)^-1 (Omega/4 + W Omega V)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_labels
from darkstate.errors import ArgumentError
from darkstate.linalg.unique import positive_root
from darkstate.measures.dispatch import refusal
from darkstate.measures.spectra import DENSE, Dense
from darkstate.states import GaussianState, PureState


def fidelity(state: Dense | GaussianState, target: Dense | GaussianState) -> float:
    """Uhlmann fidelity ``(Tr sqrt(sqrt(rho) sigma sqrt(rho)))^2`` of a state to a target.

    Args:
        state: a density matrix, a pure state, or a Gaussian state.
        target: a state of the same kind (dense, or Gaussian) of the same subsystems in any order,
            or of some of them: the rest of `state` is then traced out.

    Returns:
        A number in [0, 1] (up to rounding), 1 iff the states are equal. (Some papers call its
        square root the fidelity.)

    Raises:
        EngineMismatchError: not two dense or two Gaussian states.
        ArgumentError: no states; the target has subsystems that the state has not, or other
            dimensions.

    Source: Uhlmann, Rep. Math. Phys. 9, 273 (1976); Jozsa, J. Mod. Opt. 41, 2315 (1994); of
    Gaussian states Banchi, Braunstein, Pirandola, Phys. Rev. Lett. 115, 260501 (2015).
    """
    if isinstance(state, GaussianState) and isinstance(target, GaussianState):
        check_labels("labels of the target", target.labels, state.labels)
        return _of_gaussians(state.reduced(target.labels), target)
    if not isinstance(state, DENSE):
        raise refusal("fidelity", state, (*DENSE, GaussianState))
    if not isinstance(target, DENSE):
        raise refusal("fidelity", target, (*DENSE, GaussianState))
    check_labels("labels of the target", target.labels, state.labels)
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    expected = tuple(size_of[label] for label in target.labels)
    if target.dimensions != expected:
        remedy = "Use the same Fock cutoffs in both states."
        raise ArgumentError("target", f"have the dimensions {expected}", target.dimensions, remedy)
    whole = len(target.labels) == len(state.labels)
    if isinstance(state, PureState) and whole:
        if isinstance(target, PureState):
            return float(abs(target.overlap(state)) ** 2)
        state, target = target, state
    part = state.reduced(target.labels).matrix
    if isinstance(target, PureState):
        return float(np.vdot(target.vector, part @ target.vector).real)
    roots = positive_root(part) @ positive_root(target.matrix)
    return float(np.sum(np.linalg.svd(roots, compute_uv=False)) ** 2)


def _is_pure(V: NDArray[np.float64]) -> bool:
    """Whether a covariance is that of a pure state, ``det 2V = 1``, up to rounding.

    Then all w are one. What rounding makes of them would count by its root.
    """
    rounding = 4 * np.finfo(float).eps * len(V) * float(np.abs(2 * V).max()) ** 2
    return abs(float(np.linalg.slogdet(2 * V)[1])) <= rounding


def _of_gaussians(first: GaussianState, second: GaussianState) -> float:
    V, W = first.covariance, second.covariance
    omega = np.kron(np.eye(len(V) // 2), np.array([[0.0, 1.0], [-1.0, 0.0]]))
    together = np.linalg.inv(V + W)
    auxiliary = omega.T @ together @ (omega / 4 + W @ omega @ V)
    w = np.sort(np.abs(np.linalg.eigvals(2 * auxiliary @ omega)))[::2]
    w = np.ones_like(w) if _is_pure(V) or _is_pure(W) else np.maximum(w, 1.0)
    away = first.mean_quadratures - second.mean_quadratures
    size = np.exp(-0.5 * away @ together @ away) / np.sqrt(np.linalg.det(V + W))
    return float(min(1.0, np.prod(w + np.sqrt(w**2 - 1.0)) * size))
