"""Eqs. (1) to (10) as they are printed, as matrices on A1 .. AN, B1 .. BN.

``|1>`` is the excited state and ``sigma_z = |1><1| - |0><0|``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import cosh, sinh, sqrt

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

_LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
_X: Matrix = np.array([[0, 1], [1, 0]], dtype=complex)
_Y: Matrix = np.array([[0, 1j], [-1j, 0]], dtype=complex)
_Z: Matrix = np.array([[-1, 0], [0, 1]], dtype=complex)


def on(place: int, operator: Matrix, qubits: int) -> Matrix:
    """An operator of one of several qubits."""
    factors = [operator if k == place else np.eye(2) for k in range(qubits)]
    return np.asarray(reduce(np.kron, factors), dtype=complex)


def hamiltonian(one: Sequence[float], other: Sequence[float], gamma: float = 1.0) -> Matrix:
    """Eq. (2): H_casc for the detunings of rails A and B."""
    n = len(one)
    found = np.zeros((4**n, 4**n), dtype=complex)
    for rail, detunings in enumerate((one, other)):
        down = [on(rail * n + i, _LOWER, 2 * n) for i in range(n)]
        for i, detuning in enumerate(detunings):
            found += detuning / 2 * on(rail * n + i, _Z, 2 * n)
            for j in range(i + 1, n):
                hop = down[i].conj().T @ down[j]
                found += 0.5j * gamma * (hop - hop.conj().T)
    return found


def jumps(pairs: int, squeezing: float) -> tuple[Matrix, Matrix]:
    """Eqs. (3), (4): J_A and J_B."""
    a, b = (
        np.sum([on(rail * pairs + i, _LOWER, 2 * pairs) for i in range(pairs)], axis=0)
        for rail in (0, 1)
    )
    c, s = cosh(squeezing), sinh(squeezing)
    return c * a - s * b.conj().T, c * b - s * a.conj().T


def exchange(pairs: int, first: int, tangent: float) -> Matrix:
    """Eq. (7): ``exp(i theta (s_Bi + s_Bi+1)^2)`` with i = `first` (from 0) and this tan theta."""
    total = np.zeros((4**pairs, 4**pairs), dtype=complex)
    for axis in (_X, _Y, _Z):
        one, two = (on(pairs + first + k, axis / 2, 2 * pairs) for k in (0, 1))
        total += (one + two) @ (one + two)
    values, vectors = np.linalg.eigh(total)
    turned = np.exp(1j * np.arctan(tangent) * values)
    return np.asarray(vectors * turned @ vectors.conj().T)


def paired(partners: Sequence[int], squeezing: float) -> Matrix:
    """Product of the pairs (5): A_i with B_(partners[i]), all from 0."""
    n = len(partners)
    pair = np.diag([cosh(squeezing), sinh(squeezing)]) / sqrt(cosh(2 * squeezing))
    state: NDArray = np.ones(())
    for _ in range(n):
        state = np.multiply.outer(state, pair)
    axes = [2 * i for i in range(n)] + [2 * list(partners).index(j) + 1 for j in range(n)]
    return np.asarray(state.transpose(axes).reshape(-1), dtype=complex)


def crossed(step: float, squeezing: float) -> Matrix:
    """Eq. (10) for Delta/gamma = `step`."""
    straight, across = paired((0, 1), squeezing), paired((1, 0), squeezing)
    return (straight + 1j * step * across) / sqrt(1 + step * step)
