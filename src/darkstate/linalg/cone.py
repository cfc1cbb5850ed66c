"""Positive matrices that depend linearly on unknowns, in real orthonormal coordinates.

A Hermitian m x m matrix has m^2 coordinates, a real symmetric one m (m + 1)/2; all matrices of a
programme are one long vector, and those of one kind are worked on together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, vstack

Real = NDArray[np.floating]
Matrix = NDArray[np.complexfloating | np.floating]


@dataclass(frozen=True)
class Inequality:
    """``A x + b`` as a positive semidefinite matrix.

    Args:
        linear: sparse (m m, n), rows of the matrix one after another; Hermitian for every x.
        constant: (m, m) b; zero if left out.
    """

    linear: Any
    constant: Matrix | None = None

    @property
    def size(self) -> int:
        """m."""
        return round(self.linear.shape[0] ** 0.5)

    @property
    def real(self) -> bool:
        """Whether its matrices are real."""
        return not np.iscomplexobj(self.linear)


@dataclass(frozen=True)
class HermitianCoordinates:
    """Orthonormal real coordinates of Hermitian (or real symmetric) m x m matrices.

    The diagonal, then ``sqrt(2) Re X_ij`` for i < j, then ``sqrt(2) Im X_ij``.
    """

    size: int
    real: bool

    @cached_property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the diagonal and of the upper triangle."""
        upper, diagonal = np.triu_indices(self.size, 1), np.arange(self.size)
        return np.concatenate([diagonal, upper[0]]), np.concatenate([diagonal, upper[1]])

    @cached_property
    def weights(self) -> Real:
        """1 on the diagonal, sqrt(2) off it."""
        return np.where(self.places[0] == self.places[1], 1.0, np.sqrt(2.0))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.weights) if self.real else self.size**2

    def rows(self, linear: Any) -> csr_array:
        """Sparse (count, n) coordinates of a matrix that depends linearly on n unknowns."""
        i, j = self.places
        weighted = csr_array(diags_array(self.weights) @ csr_array(linear)[i * self.size + j])
        if self.real:
            return weighted
        return csr_array(vstack([weighted.real, weighted.imag[self.size :]]))

    def vectors(self, matrices: Matrix) -> Real:
        """(k, m, m) -> (k, count)."""
        upper = matrices[:, *self.places] * self.weights
        return np.hstack([upper.real, *([] if self.real else [upper[:, self.size :].imag])])

    def matrices(self, vectors: Real) -> Matrix:
        """(k, count) -> (k, m, m)."""
        i, j = self.places
        upper = vectors[:, : len(i)] / self.weights
        if not self.real:
            imaginary = vectors[:, len(i) :] / self.weights[self.size :]
            upper = upper + 1j * np.pad(imaginary, ((0, 0), (self.size, 0)))
        found = np.zeros((len(vectors), self.size, self.size), dtype=upper.dtype)
        found[:, j, i] = upper.conj()
        found[:, i, j] = upper
        return found

    def sandwich(self, left: Matrix, right: Matrix) -> Real:
        """(count, count) ``X -> herm(L X R)`` of Hermitian L and R."""
        i, j = self.places
        # <e_ij, L e_kl R> = L_ik R_lj, then e_lk for e_kl; L and R in both orders: Hermitian part
        straight = left[i[:, None], i] * right[j, j[:, None]]
        straight = straight + right[i[:, None], i] * left[j, j[:, None]]
        crossed = left[i[:, None], j] * right[i, j[:, None]]
        crossed = crossed + right[i[:, None], j] * left[i, j[:, None]]
        scale = np.where(i == j, np.sqrt(0.5), 1.0)
        scale = 0.5 * scale[:, None] * scale
        sums = (straight + crossed) * scale
        if self.real:
            return np.real(sums)
        turns, off = 1j * (straight - crossed) * scale, slice(self.size, None)
        return np.block([[sums.real, turns.real[:, off]], [sums.imag[off], turns.imag[off, off]]])


@lru_cache(maxsize=64)
def coordinates(size: int, real: bool) -> HermitianCoordinates:
    """The coordinates of matrices of one kind, made once."""
    return HermitianCoordinates(size, real)


class Cone:
    """All inequalities in coordinates, one long vector; those of one kind side by side."""

    def __init__(self, inequalities: Sequence[Inequality]) -> None:
        self.frames = [coordinates(each.size, each.real) for each in inequalities]
        ends = np.cumsum([0, *(frame.count for frame in self.frames)])
        self.spans = [slice(a, b) for a, b in pairwise(ends)]
        self.order = sum(each.size for each in inequalities)
        rows = [f.rows(each.linear) for f, each in zip(self.frames, inequalities, strict=True)]
        self.linear = csr_array(vstack(rows))
        self.constant = np.zeros(ends[-1])
        for span, frame, each in zip(self.spans, self.frames, inequalities, strict=True):
            if each.constant is not None:
                self.constant[span] = frame.vectors(each.constant[None])[0]
        self.kinds = [
            (frame, np.array([k for k, other in enumerate(self.frames) if other is frame]))
            for frame in dict.fromkeys(self.frames)
        ]
        self.places = [
            np.array([np.arange(self.spans[k].start, self.spans[k].stop) for k in members])
            for _, members in self.kinds
        ]
        self.where = {
            int(k): (kind, at)
            for kind, (_, members) in enumerate(self.kinds)
            for at, k in enumerate(members)
        }

    def matrices(self, vector: Real) -> list[Matrix]:
        """(k, m, m) for each kind."""
        pairs = zip(self.kinds, self.places, strict=True)
        return [frame.matrices(vector[at]) for (frame, _), at in pairs]

    def vector(self, matrices: Sequence[Matrix]) -> Real:
        """The inverse of `matrices`, of the Hermitian parts."""
        found = np.empty(len(self.constant))
        for (frame, _), at, each in zip(self.kinds, self.places, matrices, strict=True):
            found[at] = frame.vectors(0.5 * (each + each.conj().swapaxes(1, 2)))
        return found

    def one(self) -> Real:
        """Identity matrices."""
        return self.vector([np.array([np.eye(f.size)] * len(m)) for f, m in self.kinds])
