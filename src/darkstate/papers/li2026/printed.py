"""The equations of Sec. II as they are printed, in arrays over Dicke numbers k = 0 .. N.

`evolved` and `projected` know nothing of them but the Hamiltonian (12) and the states (10): they
are what the printed expressions are held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import comb, factorial

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from darkstate.repeaters import binomial_amplitudes

Amplitudes = NDArray[np.complex128]


def spins(atoms: int) -> tuple[Amplitudes, Amplitudes, Amplitudes]:
    """S_x, S_y, S_z of Eq. (2), each (N+1, N+1)."""
    k = np.arange(atoms)
    up = np.diag(np.sqrt((k + 1.0) * (atoms - k)), -1).astype(complex)
    return up + up.T, -1j * (up - up.T), np.diag(2.0 * np.arange(atoms + 1) - atoms).astype(complex)


def x_states(atoms: int, sign: int) -> Amplitudes:
    """Columns ``exp(sign i pi S_y/4) |k>``; Eq. (7) prints ``sign = +1``."""
    return np.asarray(expm(0.25j * sign * np.pi * spins(atoms)[1]), dtype=complex)


def overlaps(atoms: int) -> Amplitudes:
    """Eq. (24): ``<q|^(x)|k>``, rows q."""
    found = np.zeros((atoms + 1, atoms + 1), dtype=complex)
    for q in range(atoms + 1):
        norm = (factorial(q) * factorial(atoms - q) * 2.0**atoms) ** -0.5
        for i, m in product(range(q + 1), range(atoms - q + 1)):
            root = (factorial(i + m) * factorial(atoms - i - m)) ** 0.5
            sign = (-1) ** (atoms - q - m)
            found[q, i + m] += norm * comb(q, i) * comb(atoms - q, m) * sign * root
    return found


def overlap_with_coherent(atoms: int, q: int, alpha: float) -> complex:
    """Eq. (23)."""
    shape = np.cos(alpha / 2) ** q * np.sin(alpha / 2) ** (atoms - q)
    turn = 1j ** (atoms - q) * np.exp(0.5j * atoms * alpha)
    return complex(turn * np.sqrt(comb(atoms, q)) * shape)


def coherent(atoms: int, alpha: float) -> Amplitudes:
    """``|e^(i alpha)/sqrt 2, 1/sqrt 2>`` in Dicke amplitudes."""
    k = np.arange(atoms + 1)
    return np.asarray(binomial_amplitudes(atoms, k) * np.exp(1j * alpha * k), dtype=complex)


def chain_state(nodes: int, atoms: int, time: float, own: bool = False) -> Amplitudes:
    """Eq. (16) or (17): all amplitudes, shape (N+1,)^M.

    Args:
        nodes: M.
        atoms: N.
        time: t.
        own: for even M, whether k_M in the phase of the last node is that node's own Dicke number,
            as its index says; otherwise it is 0.
    """
    odd = range(1, nodes + 1, 2)
    found = np.zeros((atoms + 1,) * nodes, dtype=complex)
    norm = 2.0 ** (-len(odd) * atoms / 2)
    for numbers in product(range(atoms + 1), repeat=len(odd)):
        k = dict(zip(odd, numbers, strict=True))
        weight = norm * np.sqrt(float(np.prod([comb(atoms, n) for n in numbers])))
        factors = []
        for j in range(1, nodes + 1):
            if j % 2:
                factors.append(np.eye(atoms + 1)[k[j]])
            elif j == nodes and own:
                n = np.arange(atoms + 1)
                factors.append(coherent(atoms, k[j - 1] * time) * np.exp(-1j * n * n * time))
            else:
                factors.append(coherent(atoms, (k[j - 1] - k.get(j + 1, 0)) * time))
        found += weight * _outer(factors)
    return found


def evolved(nodes: int, atoms: int, time: float, signs: Sequence[int] | None = None) -> Amplitudes:
    """``exp(-i H t)`` of Eq. (12) on Eq. (10); `signs` of the links, alternating by default."""
    n = np.indices((atoms + 1,) * nodes)
    chosen = signs or [(-1) ** j for j in range(1, nodes)]
    energy = sum(s * n[j] * n[j + 1] for j, s in enumerate(chosen))
    return np.asarray(_outer([coherent(atoms, 0.0)] * nodes) * np.exp(-1j * time * energy))


def projected(state: Amplitudes, outcomes: Sequence[int], offset: float, rows: Amplitudes) -> (
    Amplitudes
):  # fmt: skip
    """Eq. (20): the end nodes after the inner ones were turned by phi and found in q.

    Args:
        state: shape (N+1,)^M.
        outcomes: q_2 .. q_(M-1).
        offset: phi.
        rows: ``<q|^(x)|k>``.
    """
    turn = np.exp(1j * offset * np.arange(state.shape[0]))
    for q in outcomes:
        state = np.tensordot(state, rows[q] * turn, axes=(1, 0))
    return np.asarray(state)


def four_ends(atoms: int, time: float, outcomes: Sequence[int], offset: float) -> Amplitudes:
    """Eqs. (21), (22) for M = 4: amplitudes over (k_1, k_4)."""
    found = np.zeros((atoms + 1, atoms + 1), dtype=complex)
    rows = overlaps(atoms)
    for k1, k3 in product(range(atoms + 1), repeat=2):
        even = overlap_with_coherent(atoms, outcomes[0], (k1 - k3) * time + offset)
        odd = np.exp(1j * k3 * offset) * np.sqrt(comb(atoms, k3)) * rows[outcomes[1], k3]
        root = np.sqrt(comb(atoms, k1)) * 2.0 ** (-4 * atoms / 4)
        found[k1] += root * even * odd * coherent(atoms, k3 * time)
    return found


def _outer(factors: Sequence[NDArray]) -> Amplitudes:
    state: NDArray = np.ones((), dtype=complex)
    for factor in factors:
        state = np.multiply.outer(state, factor)
    return np.asarray(state)


def distance(found: Amplitudes, expected: Amplitudes) -> float:
    """Norm of the difference of two states, a global phase apart."""
    phase = np.vdot(found, expected)
    phase = phase / abs(phase) if abs(phase) > 0 else 1.0
    return float(np.linalg.norm(found * phase - expected))
