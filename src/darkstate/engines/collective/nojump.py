"""The preconditioner: the inverse of the evolution without jumps.

``S rho = E rho + rho E†`` with ``E = -i H - sum C†C / 2`` acts on every block alone. In the
eigenvectors of E it divides by sums of two eigenvalues. ``S^{-1} L = 1 + S^{-1} (jumps)`` differs
from the identity by what one jump does, so that a Krylov method counts jumps, not time scales.
Blocks of one size are treated together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.collective.basis import Stack
from darkstate.engines.collective.generator import Flat, Generator

SHIFT = 1e-6
"""Of the largest rate: keeps S regular where a dark state makes E singular."""
_WORST_CONDITION = 1e4
"""Eigenvectors that are worse are replaced by those of the Hermitian part of E."""


@dataclass(frozen=True)
class _Group:
    """Blocks of one size: where they are, eigenvectors of E, their inverse, divisors."""

    stack: Stack
    vectors: NDArray[Any]
    inverse: NDArray[Any]
    divisor: NDArray[Any]


class NoJumpInverse:
    """``S^{-1}`` on flattened states."""

    def __init__(self, generator: Generator):
        blocks = generator.blocks
        flat = blocks.flattened(generator.effective)
        self.groups: list[_Group] = []
        for stack in blocks.stacks:
            values, vectors, inverse = _eigen(stack.matrices(flat), generator.real)
            divisor = values[:, :, None] + values[:, None, :].conj() - SHIFT * generator.rate
            self.groups.append(_Group(stack, vectors, inverse, divisor))

    def __call__(self, flat: Flat) -> Flat:
        """``S^{-1} x``."""
        result = np.empty_like(flat)
        for group in self.groups:
            x = group.stack.matrices(flat)
            inner = group.inverse @ x @ group.inverse.conj().transpose(0, 2, 1) / group.divisor
            y = group.vectors @ inner @ group.vectors.conj().transpose(0, 2, 1)
            result[group.stack.place] = y.reshape(group.stack.place.shape)
        return result


def _eigen(E: NDArray[Any], real: bool) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Eigenvalues, eigenvectors and their inverse of a stack of matrices."""
    adjoint = E.conj().transpose(0, 2, 1)
    skew = float(np.abs(E - adjoint).max(initial=0.0))
    if skew > 1e-13 * float(np.abs(E).max(initial=0.0)) and not real:
        values, vectors = np.linalg.eig(E)
        if float(np.max(np.linalg.cond(vectors))) < _WORST_CONDITION:
            return values, vectors, np.linalg.inv(vectors)
    values, vectors = np.linalg.eigh(0.5 * (E + adjoint))
    return values, vectors, vectors.conj().transpose(0, 2, 1)
