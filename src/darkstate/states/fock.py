"""Gaussian states in Fock space, entry by entry.

The Husimi function of a Gaussian state generates its matrix in the Fock basis: with the variables
``z = (alpha*, alpha)``, ``Q = <xi xi†>`` in anti-normal order, ``xi = (a, a†)``, and the mean beta,

    e^{|alpha|^2} <alpha|rho|alpha> = C exp(z^T A z / 2 + gamma^T z) = sum_k G_k z^k / sqrt(k!),
    A = (1 - Q^-1) X,   gamma = Q^-1 beta,   C = exp(-beta† Q^-1 beta / 2) / sqrt(det Q),

so that ``rho_mn = G_(m, n)`` obeys the recursion of multivariate Hermite polynomials,

    sqrt(k_i + 1) G_(k + e_i) = gamma_i G_k + sum_j A_ij sqrt(k_j) G_(k - e_j).

Source: Dodonov, Man'ko, Man'ko, Phys. Rev. A 50, 813 (1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def fock_matrix(
    number: NDArray[Any], anomalous: NDArray[Any], mean: NDArray[Any], cutoffs: Sequence[int]
) -> NDArray[np.complex128]:
    """The matrix (D, D) of a Gaussian state between the first Fock states of each mode.

    Its trace is the weight of the state on them.

    Args:
        number: ``<a_i† a_j>`` of the fluctuations, (N, N).
        anomalous: ``<a_i a_j>`` of the fluctuations.
        mean: ``<a_i>``.
        cutoffs: Fock states of each mode.
    """
    n = len(mean)
    one = np.eye(n)
    husimi = np.block([[number.T + one, anomalous], [anomalous.conj(), number + one]])
    beta = np.concatenate([mean, mean.conj()])
    inverse = np.linalg.inv(husimi)
    swap = np.roll(np.eye(2 * n), n, axis=0)
    A, gamma = (np.eye(2 * n) - inverse) @ swap, inverse @ beta
    weight = np.exp(-0.5 * (beta.conj() @ gamma).real) / np.sqrt(np.linalg.det(husimi).real)
    sizes = (*cutoffs, *cutoffs)
    G = np.array(weight, dtype=complex)
    for axis in reversed(range(2 * n)):  # all axes behind it are complete, those before it at 0
        rows = [G]
        for k in range(sizes[axis] - 1):
            following = gamma[axis] * rows[k]
            if k:
                following = following + A[axis, axis] * np.sqrt(k) * rows[k - 1]
            for other in range(axis + 1, 2 * n):
                following = following + A[axis, other] * _lowered(rows[k], other - axis - 1)
            rows.append(following / np.sqrt(k + 1))
        G = np.array(rows)
    size = int(np.prod(cutoffs))
    matrix = G.reshape(size, size)
    return np.asarray(0.5 * (matrix + matrix.conj().T), dtype=np.complex128)


def _lowered(G: NDArray[Any], axis: int) -> NDArray[Any]:
    """``sqrt(k) G_(k - 1)`` along an axis."""
    length = G.shape[axis]
    moved = np.zeros_like(G)
    ahead = [slice(None)] * G.ndim
    behind = list(ahead)
    ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
    shape = [1] * G.ndim
    shape[axis] = length - 1
    moved[tuple(ahead)] = G[tuple(behind)] * np.sqrt(np.arange(1, length)).reshape(shape)
    return moved
