"""Gauss quadrature of a local density of states: ``<e|f(G)|e>`` without diagonalising G.

Lanczos vectors from e turn the symmetric matrix G into a tridiagonal one, T; its eigenvalues and
the squared first components of its eigenvectors are the nodes and weights of the Gauss rule of the
measure ``d<e|G|e>``: exact for all polynomials f of degree below twice the number of steps.

Source: G. H. Golub and G. Meurant, "Matrices, Moments and Quadrature" (1994).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def local_quadrature(matrices: Reals, start: Reals, steps: int) -> tuple[Reals, Reals]:
    """Nodes and weights of ``<e|f(G)|e> = sum w f(x)`` for many matrices at once.

    Args:
        matrices: (C, P, P), symmetric.
        start: (C, P) unit vectors e.
        steps: number of nodes, at most P.

    Returns:
        (C, steps) nodes, and (C, steps) weights, which sum to one.
    """
    count, size = start.shape
    steps = min(steps, size)
    vectors = np.zeros((count, steps, size))
    tridiagonal = np.zeros((count, steps, steps))
    smallest = 1e-15 * np.abs(matrices).max(axis=(1, 2))
    now = start
    for j in range(steps):
        vectors[:, j] = now
        image = np.matmul(matrices, now[:, :, None])[:, :, 0]
        tridiagonal[:, j, j] = np.einsum("cp,cp->c", now, image)
        known = vectors[:, : j + 1]
        for _ in range(2):  # twice is enough: orthogonal to machine precision
            overlaps = np.matmul(known, image[:, :, None])
            image = image - np.matmul(known.transpose(0, 2, 1), overlaps)[:, :, 0]
        if j + 1 < steps:
            norm = np.sqrt(np.einsum("cp,cp->c", image, image))
            alive = norm > smallest  # else e lies in an invariant subspace: T ends here
            tridiagonal[:, j, j + 1] = tridiagonal[:, j + 1, j] = np.where(alive, norm, 0.0)
            now = np.where(alive, 1.0 / np.where(alive, norm, 1.0), 0.0)[:, None] * image
    nodes, components = np.linalg.eigh(tridiagonal)
    return nodes, components[:, 0] ** 2
