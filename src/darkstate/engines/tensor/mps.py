"""Matrix-product states: one tensor a site, and what is done with them.

::

      1 --A_1-- chi_1 --A_2-- chi_2 -- ... --A_N-- 1        A_i: (chi_{i-1}, d_i, chi_i)
           |            |                    |
          d_1          d_2                  d_N

States are kept right-canonical, ``sum_x A_x A_x† = 1`` for every site but the first, which carries
the norm: the singular values of a cut are then Schmidt coefficients when a sweep arrives there.

`applied` multiplies by a matrix-product operator. A first sweep, left to right, takes the operator
in and cuts the bonds on the way (zip-up: Stoudenmire and White, New J. Phys. 12, 055026 (2010)),
which is nearly optimal for operators near one; a second, right to left, cuts the exact Schmidt
spectrum. Weights cut are put back on those kept, so that the squared norm remains the probability
that it is. Schmidt weights come from Gram matrices, right down to 1e-15 of the largest, below all
cuts made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from darkstate.engines.tensor.sites import Array

_ZIP = 0.1
"""Share of the cut weight that the first sweep may take."""


@dataclass(frozen=True)
class Cut:
    """How bonds are cut.

    Args:
        weight: Schmidt weight that may be discarded at each bond, relative to the whole.
        bond: largest bond dimension.
        room: how many times wider the first sweep may leave a bond.
    """

    weight: float
    bond: int
    room: int = 2


def applied(
    state: list[Array], operator: Sequence[Array], cut: Cut, first: int = 0
) -> tuple[list[Array], float]:
    """Operator times state from site `first` on, cut; and the relative weight discarded.

    Bond `first` must have dimension one, and the sites before it are left as they are.

    Args:
        state: right-canonical tensors.
        operator: tensors (D_in, d, d, D_out) for all sites.
        cut: how to cut.
        first: first site that changes.
    """
    rest = np.ones((1, 1, 1), dtype=state[first].dtype)  # (kept, lines, bond)
    moved, lost, last = list(state), 0.0, len(state) - 1
    for n in range(first, last + 1):
        A, W = state[n], operator[n]
        W = W[:1] if n == first else W
        p, a, _ = rest.shape
        _, d, m = A.shape
        b = W.shape[3]
        T = rest.reshape(p * a, -1) @ A.reshape(A.shape[0], d * m)
        T = T.reshape(p, a * d, m).transpose(0, 2, 1).reshape(p * m, a * d)
        T = T @ W.transpose(0, 2, 1, 3).reshape(a * d, d * b)
        T = T.reshape(p, m, d, b).transpose(0, 2, 3, 1)  # (p, d, b, m)
        if n == last:
            moved[n] = T.reshape(p, d, 1)
            break
        left, right, gone = _sketched(T.reshape(p * d, b * m), m, cut)
        moved[n] = left.reshape(p, d, -1)
        rest = right.reshape(-1, b, m)
        lost += gone
    return canonical(moved, cut, first, lost)


def canonical(
    state: list[Array], cut: Cut, first: int = 0, lost: float = 0.0
) -> tuple[list[Array], float]:
    """Right-canonical form of a left-canonical state, cut; and the relative weight discarded."""
    moved = list(state)
    for n in range(len(state) - 1, first, -1):
        left, d, right = moved[n].shape
        if left == 1:
            weight = np.linalg.norm(moved[n])
            moved[n] = moved[n] / weight
            moved[n - 1] = moved[n - 1] * weight
            continue
        basis, back, gone = _split(moved[n].reshape(left, d * right).T, cut.weight, cut.bond)
        moved[n] = basis.T.reshape(-1, d, right)
        moved[n - 1] = moved[n - 1] @ back.T
        lost += gone
    return moved, lost


def _sketched(matrix: Array, bond: int, cut: Cut) -> tuple[Array, Array, float]:
    """`_split` in the first sweep, where the bond is expected to remain about as wide as it was.

    The range of a large matrix is found from its action on that many random columns, and more if
    they do not hold it (Halko, Martinsson and Tropp, SIAM Rev. 53, 217 (2011)).
    """
    weight, wanted = cut.weight * _ZIP, bond + bond // 2 + 8
    total = float(np.vdot(matrix, matrix).real)
    while wanted < 0.5 * min(matrix.shape):
        basis, _ = np.linalg.qr(matrix @ _columns(matrix.shape[1], wanted))
        rest = basis.conj().T @ matrix
        kept = float(np.vdot(rest, rest).real)
        if kept >= (1.0 - weight) * total:
            return basis, sqrt(total / kept) * rest, max(0.0, 1.0 - kept / total)
        wanted *= 2
    return _split(matrix, weight, cut.room * cut.bond)


@lru_cache(maxsize=256)
def _columns(rows: int, columns: int) -> Array:
    """Random columns, the same ones every time: a trajectory can be run again."""
    return np.random.default_rng(0).standard_normal((rows, columns))


def _split(matrix: Array, weight: float, bond: int) -> tuple[Array, Array, float]:
    """``matrix = isometry @ rest`` of reduced rank; and the relative weight discarded.

    What is kept is scaled up to the norm of the matrix.
    """
    rows, columns = matrix.shape
    if rows <= columns:
        values, vectors = np.linalg.eigh(matrix @ matrix.conj().T)
    else:
        values, vectors = np.linalg.eigh(matrix.conj().T @ matrix)
    values = np.maximum(values, 0.0)  # ascending
    total = float(values.sum())
    tail = np.cumsum(values)
    drop = int(np.searchsorted(tail, max(weight, 1e-15) * total, side="right"))
    drop = max(min(drop, len(values) - 1), len(values) - bond)
    kept = float(values[drop:].sum())
    scale = sqrt(total / kept)
    if rows <= columns:
        isometry = vectors[:, drop:]
        return isometry, scale * (isometry.conj().T @ matrix), 1.0 - kept / total
    roots = np.sqrt(values[drop:])
    isometry = (matrix @ vectors[:, drop:]) / roots
    return isometry, scale * roots[:, None] * vectors[:, drop:].conj().T, 1.0 - kept / total


def weight_of(state: list[Array], first: int = 0) -> float:
    """Squared norm of a right-canonical state whose norm is at site `first`."""
    return float(np.vdot(state[first], state[first]).real)


def overlap(left: Sequence[Array], right: Sequence[Array]) -> complex:
    """``<left|right>``."""
    rest = np.ones((1, 1), dtype=complex)
    for A, B in zip(left, right, strict=True):
        rest = np.tensordot(rest, B, 1)
        rest = np.tensordot(A.conj(), rest, ([0, 1], [0, 1]))
    return complex(rest[0, 0])


def site_states(state: Sequence[Array], first: int = 0) -> list[Array]:
    """Reduced density matrices of the sites from `first` on, of a normalised state."""
    rest, found = np.ones((1, 1), dtype=complex), []
    for A in state[first:]:
        left = np.tensordot(rest, A, 1)  # (l', d, r)
        chi, d, right = A.shape
        rows = left.transpose(1, 0, 2).reshape(d, -1)
        found.append(rows @ A.conj().transpose(1, 0, 2).reshape(d, -1).T)
        rest = A.conj().reshape(chi * d, right).T @ left.reshape(chi * d, right)
    return found
