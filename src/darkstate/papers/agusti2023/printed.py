"""Eqs. (1) to (11) as they are printed, as matrices on A1 .. AN, B1 .. BN (and the two modes).

``|1>`` is the excited state and ``sigma_z = |1><1| - |0><0|``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import cosh, prod, sinh, sqrt

import numpy as np
from numpy.typing import NDArray

from darkstate.systems import OpenSystem, OperatorSum, Qubit

Matrix = NDArray[np.complex128]
Numbers = NDArray[np.inexact]

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


def dissipator(c: Numbers, rho: Numbers) -> Matrix:
    """``D[c] rho``, below Eq. (1)."""
    weight = c.conj().T @ c
    return np.asarray(c @ rho @ c.conj().T - (weight @ rho + rho @ weight) / 2, dtype=complex)


def commutator(one: Numbers, other: Numbers) -> Matrix:
    """``[one, other]``."""
    return np.asarray(one @ other - other @ one, dtype=complex)


def broadband(rho: Numbers, one: Sequence[float], other: Sequence[float], r: float) -> Matrix:
    """Eq. (1): the right-hand side, gamma = 1."""
    found = -1j * commutator(hamiltonian(one, other), rho)
    return found + sum(dissipator(J, rho) for J in jumps(len(one), r))


def cascaded(
    rho: Numbers,
    detunings: tuple[Sequence[float], Sequence[float]],
    gain: float,
    kappa: float,
    dephasing: float,
) -> Matrix:
    """Eq. (11): the right-hand side for 2N qubits and two modes of `LEVELS` levels, gamma = 1.

    The sign before the second line is read as +.
    """
    n, small = len(detunings[0]), LEVELS * LEVELS
    step, one = np.diag(np.sqrt(np.arange(1.0, LEVELS)), 1), np.eye(LEVELS)
    modes = [np.kron(np.eye(4**n), x) for x in (np.kron(step, one), np.kron(one, step))]
    pump = modes[0].T @ modes[1].T - modes[0] @ modes[1]
    found = -1j * commutator(1j * gain * pump, rho)
    for rail, a in enumerate(modes):
        wide = [np.kron(on(rail * n + i, _LOWER, 2 * n), np.eye(small)) for i in range(n)]
        found += kappa * dissipator(a, rho)
        for i, lower in enumerate(wide):
            z = np.kron(on(rail * n + i, _Z, 2 * n), np.eye(small))
            found += -0.5j * detunings[rail][i] * commutator(z, rho)
            found += dissipator(lower, rho) + dephasing / 2 * dissipator(z, rho)
            found += sqrt(kappa) * _directed(a, lower, rho)
            found += sum(_directed(lower, later, rho) for later in wide[i + 1 :])
    return found


LEVELS = 3
"""Of each mode, where Eq. (11) is compared: it holds for any number."""


def _directed(first: Numbers, then: Numbers, rho: Numbers) -> Matrix:
    """``T[O_1, O_2] rho``, below Eq. (11)."""
    return commutator(first @ rho, then.conj().T) + commutator(then, rho @ first.conj().T)


def of_system(system: OpenSystem, rho: Numbers) -> Matrix:
    """The right-hand side of an `OpenSystem` of qubits and modes of `LEVELS` levels."""
    found = -1j * commutator(_dense(system.hamiltonian, system), rho)
    for jump in system.jumps:
        found += jump.rate * dissipator(_dense(jump.operator, system), rho)
    return found


def _dense(operator: OperatorSum, system: OpenSystem) -> Matrix:
    step = np.diag(np.sqrt(np.arange(1.0, LEVELS)), 1)
    qubit, mode = {"-": _LOWER, "+": _LOWER.T, "z": _Z}, {"-": step, "+": step.T}
    sizes = [2 if isinstance(space, Qubit) else LEVELS for space in system.spaces]
    found = np.zeros((prod(sizes), prod(sizes)), dtype=complex)
    for product, coefficient in operator:
        words = {space.label: word for space, word in product}
        factors = []
        for space, size in zip(system.spaces, sizes, strict=True):
            letters = [(qubit if size == 2 else mode)[x] for x in words.get(space.label, "")]
            factors.append(reduce(np.matmul, letters, np.eye(size)))
        found += coefficient * reduce(np.kron, factors)
    return found


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
