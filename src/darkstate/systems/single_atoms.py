"""Processes of single atoms, seen by the collective operators of their ensemble.

A jump c with ``each_atom=True`` is a 2x2 matrix. On the spin ``s = sigma/2`` of one atom it acts as

    l†(s_a) = sum_b drift_ab s_b + push_a,
    ([s_a, c†][c, s_b] + (a <-> b))/2 = sum_c noise_abc s_c + floor_ab,

and summed over N atoms s becomes J, and 1 becomes N: all that collective means and covariances
need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.systems.open_system import Jump
from darkstate.systems.operators import OperatorSum

Array = NDArray[np.float64]

_LETTER = {
    "+": np.array([[0.0, 1.0], [0.0, 0.0]], dtype=complex),
    "-": np.array([[0.0, 0.0], [1.0, 0.0]], dtype=complex),
    "z": np.array([[0.5, 0.0], [0.0, -0.5]], dtype=complex),
}
_SPIN = np.array(
    [(_LETTER["+"] + _LETTER["-"]) / 2, (_LETTER["+"] - _LETTER["-"]) / 2j, _LETTER["z"]]
)


@dataclass(frozen=True)
class AtomProcess:
    """What single-atom jumps do to the spin of an atom; see the module.

    Args:
        drift: (3, 3).
        push: (3,).
        noise: (3, 3, 3), symmetric in the first two indices.
        floor: (3, 3) symmetric.
    """

    drift: Array
    push: Array
    noise: Array
    floor: Array

    def __add__(self, other: AtomProcess) -> AtomProcess:
        return AtomProcess(
            self.drift + other.drift,
            self.push + other.push,
            self.noise + other.noise,
            self.floor + other.floor,
        )

    @classmethod
    def none(cls) -> AtomProcess:
        """Nothing happens."""
        return cls(np.zeros((3, 3)), np.zeros(3), np.zeros((3, 3, 3)), np.zeros((3, 3)))


def atom_matrix(operator: OperatorSum) -> NDArray[np.complex128]:
    """A single-atom operator as a 2x2 matrix, basis (up, down); ``z`` is ``sigma_z/2``."""
    result = np.zeros((2, 2), dtype=complex)
    for product, c in operator:
        matrix = np.eye(2, dtype=complex)
        for letter in "".join(word for _, word in product):
            matrix = matrix @ _LETTER[letter]
        result += c * matrix
    return result


def atom_process(jump: Jump) -> AtomProcess:
    """The effect of a jump on the spin of one atom, its rate included."""
    c = atom_matrix(jump.operator)
    adjoint = c.conj().T
    drift, push = np.empty((3, 3)), np.empty(3)
    noise, floor = np.empty((3, 3, 3)), np.empty((3, 3))
    for a, s in enumerate(_SPIN):
        drift[a], push[a] = _expanded(adjoint @ s @ c - 0.5 * (adjoint @ c @ s + s @ adjoint @ c))
        for b, t in enumerate(_SPIN):
            product = (s @ adjoint - adjoint @ s) @ (c @ t - t @ c)
            noise[a, b], floor[a, b] = _expanded(0.5 * (product + product.conj().T))
    noise, floor = 0.5 * (noise + noise.transpose(1, 0, 2)), 0.5 * (floor + floor.T)
    return AtomProcess(*(jump.rate * part for part in (drift, push, noise, floor)))


def _expanded(matrix: NDArray[np.complex128]) -> tuple[Array, float]:
    """Real coefficients of a Hermitian 2x2 matrix over ``s_x, s_y, s_z`` and 1."""
    return np.real(2.0 * np.einsum("aij,ji->a", _SPIN, matrix)), float(np.real(matrix.trace()) / 2)
