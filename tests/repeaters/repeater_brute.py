"""A chain of ensembles as one tensor of (N+1)^M amplitudes: shares no code with the package."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.integrate import solve_ivp


def start(atoms):
    """Amplitudes of |+>^N over k."""
    return np.array([math.sqrt(math.comb(atoms, k) / 2**atoms) for k in range(atoms + 1)])


@cache
def sx_basis(atoms):
    """``<k|q>_x`` by the alternating sum in whole numbers, rows k, columns q."""
    basis = np.zeros((atoms + 1, atoms + 1))
    for q in range(atoms + 1):
        n = atoms - q
        for k in range(atoms + 1):
            terms = [
                (-1) ** (n - j) * math.comb(k, j) * math.comb(atoms - k, n - j)
                for j in range(max(0, n - atoms + k), min(k, n) + 1)
            ]
            scale = math.comb(atoms, k) / math.comb(atoms, n) / 2**atoms
            basis[k, q] = sum(terms) * math.sqrt(scale)
    return basis


def energies(nodes, atoms):
    """The diagonal of ``H = sum_j (-1)^j n_j n_(j+1)``, shape (N+1,)*M; j counts from 1."""
    n = np.indices((atoms + 1,) * nodes)
    return sum((-1.0) ** (j + 1) * n[j] * n[j + 1] for j in range(nodes - 1))


def product(nodes, atoms):
    """All nodes in |+>^N."""
    state = np.ones(())
    for _ in range(nodes):
        state = np.multiply.outer(state, start(atoms))
    return state


def offsets(nodes, atoms, offset):
    """``exp(i phi n)`` of the inner nodes."""
    n = np.indices((atoms + 1,) * nodes)
    return np.exp(1j * offset * sum(n[j] for j in range(1, nodes - 1))) if nodes > 2 else 1.0


def measured(nodes, atoms, time, offset=0.0):
    """Amplitudes with the inner nodes in the basis of S_x: indices (k_1, q_2, .., k_M)."""
    state = product(nodes, atoms) * np.exp(-1j * time * energies(nodes, atoms))
    state = state * offsets(nodes, atoms, offset)
    for node in range(1, nodes - 1):
        state = np.moveaxis(np.tensordot(state, sx_basis(atoms), axes=(node, 0)), -1, node)
    return state


def dephased(nodes, atoms, time, rates, offset, outcomes):
    """``rho(k_1, k_M; k_1', k_M')`` (not normalised) by integrating the master equation."""
    size = (atoms + 1) ** nodes
    h = energies(nodes, atoms).ravel()
    sz = [(2.0 * n - atoms).ravel() for n in np.indices((atoms + 1,) * nodes)]
    pure = product(nodes, atoms).ravel().astype(complex)

    def derivative(_, flat):
        rho = flat.reshape(size, size)
        change = -1j * (h[:, None] * rho - rho * h)
        for rate, s in zip(rates, sz, strict=True):
            left, right = s[:, None], s[None, :]
            change += rate / 2 * (2 * left * rho * right - left**2 * rho - rho * right**2)
        return change.ravel()

    begin = np.outer(pure, pure).ravel()
    found = solve_ivp(derivative, (0, time), begin, method="DOP853", rtol=1e-12, atol=1e-14)
    phases = np.broadcast_to(offsets(nodes, atoms, offset), (atoms + 1,) * nodes).ravel()
    rho = found.y[:, -1].reshape(size, size) * np.outer(phases, phases.conj())
    rho = rho.reshape((atoms + 1,) * (2 * nodes))
    basis = sx_basis(atoms)
    for node in range(nodes - 2, 0, -1):
        bra = basis[:, outcomes[node - 1]]
        half = rho.ndim // 2
        rho = np.tensordot(np.tensordot(rho, bra, axes=(half + node, 0)), bra, axes=(node, 0))
    return rho


def end_phases(nodes, atoms, time):
    """What the window method leaves out: local phases of the ends, shape (N+1, N+1)."""
    kappa = np.arange(atoms + 1) - atoms / 2
    last = 1.0 if nodes % 2 == 0 else -1.0
    turn = time * atoms / 2
    return np.exp(1j * turn * np.add.outer(kappa, last * kappa))
