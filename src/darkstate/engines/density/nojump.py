"""The preconditioner: the inverse of the no-jump part of the generator.

``S x = E x + x E†`` is a Sylvester operator on each block. ``S^{-1} L = 1 + S^{-1} J`` differs from
the identity by "what one jump does", so that a Krylov method which uses it counts jumps, not time
scales. Blocks, all of one size at once, are inverted in the eigenvectors of E, where S divides by
sums of two eigenvalues; those whose eigenvectors are nearly parallel in a Schur form, which takes
twice as long. Large real blocks have real Schur forms, where eigenvectors would be complex.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.density.basis import Flat, Stack
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.products import jumped
from darkstate.linalg.sylvester import triangular_sylvester

SHIFT = 1e-6
"""Of the norm of L: keeps S regular where a dark state makes E singular."""
_SMALL = 32
"""Real blocks above this size are inverted in their Schur forms."""
_WORST_CONDITION = 1e5
"""Eigenvectors that are worse are replaced by a Schur form."""


@dataclass(frozen=True)
class _Eigen:
    """Blocks of one size: eigenvectors of E, their inverse, and divisors."""

    stack: Stack
    vectors: NDArray[Any]
    inverse: NDArray[Any]
    divisor: NDArray[Any]

    @property
    def numbers(self) -> list[int]:
        """Of the blocks."""
        return self.stack.blocks.tolist()

    def solve(self, flat: Flat, result: Flat, adjoint: bool = False) -> None:
        """Into the places of these blocks, from them."""
        x, V, W, d = self.stack.matrices(flat), self.vectors, self.inverse, self.divisor
        if adjoint:
            V, W, d = _dagger(W), _dagger(V), d.conj()
        y = V @ ((W @ x @ _dagger(W)) / d) @ _dagger(V)
        if result.dtype.kind == "f":
            y = y.real
        result[self.stack.place] = y.reshape(self.stack.place.shape)


@dataclass(frozen=True)
class _Schur:
    """One block: E as ``Q T Q†``, its number, and where it stands."""

    numbers: list[int]
    place: slice
    triangle: NDArray[Any]
    basis: NDArray[Any]

    def solve(self, flat: Flat, result: Flat, adjoint: bool = False) -> None:
        """Into the place of this block, from it."""
        T, Q = self._adjoint if adjoint else (self.triangle, self.basis)
        inner = Q.conj().T @ flat[self.place].reshape(Q.shape) @ Q
        if np.iscomplexobj(inner) and not np.iscomplexobj(T):
            real, imaginary = np.real(inner), np.imag(inner)
            y = triangular_sylvester(T, T, real) + 1j * triangular_sylvester(T, T, imaginary)
        else:
            y = triangular_sylvester(T, T, inner)
        result[self.place] = (Q @ y @ Q.conj().T).ravel()

    @cached_property
    def _adjoint(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """``T† Y + Y T = F`` is the same equation read backwards."""
        T, Q = self.triangle.conj().T[::-1, ::-1], self.basis[:, ::-1]
        return np.ascontiguousarray(T), np.ascontiguousarray(Q)


class NoJumpInverse:
    """``S^{-1}`` for ``S x = (E - shift) x + h.c.``, block by block; `shift` keeps it regular."""

    def __init__(self, generator: Generator, shift: float):
        blocks = generator.blocks
        self.parts: list[_Eigen | _Schur] = []
        flat = blocks.picked(generator.effective)
        for stack in blocks.stacks:
            E = stack.matrices(flat) - shift * np.eye(stack.size)
            together = _eigen(stack, E)
            if together is not None:
                self.parts.append(together)
                continue
            for number, matrix in zip(stack.blocks.tolist(), E, strict=True):
                place = slice(int(blocks.offsets[number]), int(blocks.offsets[number + 1]))
                kind = "real" if generator.real else "complex"
                triangle, basis = scipy.linalg.schur(matrix, output=kind)[:2]
                self.parts.append(_Schur([number], place, triangle, basis))

    def apply(self, flat: Flat, adjoint: bool = False) -> Flat:
        """``S^{-1} x``, or of the adjoint operator."""
        result = np.empty_like(flat)
        for part in self.parts:
            part.solve(flat, result, adjoint)
        return result


class SweptInverse:
    """Block after block: what jumps carry from those that are solved into the others counts.

    This is Gauss-Seidel over the sectors, and takes half of the iterations of ``S^{-1}``.

    Args:
        generator: which is not assembled.
        inverse: its ``S^{-1}``.
    """

    def __init__(self, generator: Generator, inverse: NoJumpInverse):
        self._blocks, solved = generator.blocks, set[int]()
        self._steps = []
        for part in inverse.parts:
            solved.update(part.numbers)
            moves = [
                (p, q, c) for p, q, c, _ in generator.products.moves
                if p in part.numbers and q not in solved
            ]  # fmt: skip
            self._steps.append((part, moves))

    def apply(self, flat: Flat) -> Flat:
        """The answer of one sweep."""
        left, result = flat.copy(), np.empty_like(flat)
        missing, found = self._blocks.views(left), self._blocks.views(result)
        for part, moves in self._steps:
            part.solve(left, result)
            for p, q, c in moves:
                missing[q] -= 2.0 * jumped(c, found[p])
        return result


def _eigen(stack: Stack, E: NDArray[Any]) -> _Eigen | None:
    """Eigenvectors of a stack of matrices; None where a Schur form is better."""
    skew = float(np.abs(E - _dagger(E)).max(initial=0.0))
    if skew <= 1e-13 * float(np.abs(E).max(initial=0.0)):
        values, vectors = np.linalg.eigh(E)
        inverse = _dagger(vectors)
    elif E.dtype.kind == "f" and stack.size > _SMALL:
        return None
    else:
        values, vectors = np.linalg.eig(E)
        if not float(np.max(np.linalg.cond(vectors))) < _WORST_CONDITION:
            return None
        inverse = np.linalg.inv(vectors)
    return _Eigen(stack, vectors, inverse, values[:, :, None] + values[:, None, :].conj())


def _dagger(matrices: NDArray[Any]) -> NDArray[Any]:
    return matrices.conj().transpose(0, 2, 1)
