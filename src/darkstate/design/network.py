"""Networks: members of a family, as matrices for the search and as an `OpenSystem` to keep.

Strengths are those of the library: every jump operator acts with a rate of at most one, summed over
the jumps that it is part of, and every Hamiltonian term has a coefficient of at most one. Each
network is scaled until the first of them is at its limit, so that gaps can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.design.family import Family
from darkstate.design.hardware import Library, combined
from darkstate.engines.dark import NoJumps, dark_states
from darkstate.states.subsystems import Matrix
from darkstate.systems.open_system import Jump, OpenSystem

LARGEST_GAP = 17
"""Up to so many basis states gaps are computed."""


@dataclass(frozen=True, eq=False)
class FoundNetwork:
    """One member of a family.

    Args:
        terms: (M,) coefficients of the Hamiltonian terms of the library.
        jumps: for each set, (rows, K) coefficients of its jumps in the operators of the library.
        hamiltonian: (d, d) on the basis states `low`, with eigenvalues of the jumps taken off.
        operators: (n, d, d) the jumps, which annihilate the target.
    """

    terms: NDArray[np.float64]
    jumps: tuple[Matrix, ...]
    hamiltonian: Matrix
    operators: Matrix


def network_of(
    family: Family,
    library: Library,
    theta: NDArray[np.float64],
    weights: Sequence[Matrix],
) -> FoundNetwork | None:
    """The member with these coordinates, scaled; None where Gamma has no solution.

    Args:
        family: all networks, of all operators of the library.
        library: whose units are used.
        theta: (n,) coordinates in `family.terms`.
        weights: for each set (n, n) W with ``Gamma = W† W``; of a set whose first jump has an
            eigenvalue for the others, (n-1, n-1).
    """
    own = theta @ family.terms
    low = np.ix_(family.hardware.low, family.hardware.low)
    position = len(library.terms)
    rows, operators = [], []
    for jumps, weight in zip(family.jumps, weights, strict=True):
        mixing: Matrix = np.asarray(weight)
        if jumps.shifted:
            first, count = own[position], len(jumps.coefficients)
            others = own[position + 1 : position + 2 * count - 1]
            position += 2 * count - 1
            if first <= 1e-12:
                return None
            mixing = np.zeros((count, count), dtype=complex)
            mixing[0, 0] = np.sqrt(first)
            mixing[0, 1:] = (others[::2] + 1j * others[1::2]) / np.sqrt(first)
            mixing[1:, 1:] = weight
        rows.append(mixing @ jumps.coefficients)
        operators += [m[low] for m in np.tensordot(mixing, jumps.matrices, 1)]
    terms = own[: len(library.terms)] / library.term_sizes
    scaled = [row / size for row, size in zip(rows, library.jump_sizes, strict=True)]
    rates = [np.sum(np.abs(row) ** 2, axis=0) for row in scaled]
    strength = max(float(np.max(np.abs(x), initial=0.0)) for x in (terms, *rates))
    if not strength:
        return None
    # what rounding leaves of zero must not turn anything
    hamiltonian = np.tensordot(theta, family.hamiltonians, 1)[low]
    floor = 1e-12 * max(1.0, float(np.abs(theta).max(initial=0.0)))
    hamiltonian = np.where(np.abs(hamiltonian) > floor, hamiltonian, 0.0) / strength
    root, size = np.sqrt(strength), len(family.hardware.low)
    return FoundNetwork(
        terms / strength,
        tuple(row / root for row in scaled),
        hamiltonian,
        np.array(operators, dtype=complex).reshape(-1, size, size) / root,
    )


def gap_of(network: FoundNetwork, psi: Matrix) -> float:
    """The spectral gap of a network whose jumps annihilate psi: 0 where psi is not alone.

    What is orthogonal to psi evolves on its own, under K and the jumps there; coherences with psi
    under K alone; all else follows them. So the spectrum is that of two smaller matrices.
    """
    rest = np.linalg.svd(psi.conj()[None], full_matrices=True)[2][1:].conj().T
    H, jumps = network.hamiltonian, network.operators
    energy = float(np.vdot(psi, H @ psi).real)
    damping = np.einsum("aji,ajk->ik", jumps.conj(), jumps)
    K = rest.conj().T @ (H - energy * np.eye(len(psi)) - 0.5j * damping) @ rest
    one = np.eye(len(K))
    inner = rest.conj().T @ jumps @ rest
    generator = -1j * (np.kron(K, one) - np.kron(one, K.conj()))
    generator = generator + sum((np.kron(c, c.conj()) for c in inner), np.zeros_like(generator))
    slowest = max(
        float(np.linalg.eigvals(generator).real.max()), float(np.linalg.eigvals(K).imag.max())
    )
    return max(0.0, -slowest)


def is_unique(network: FoundNetwork) -> bool:
    """Whether the target is the only steady state, by the rank that the engines use."""
    everything = np.arange(len(network.hamiltonian))
    rate = max(1.0, float(np.abs(network.hamiltonian).max()))
    found = dark_states(NoJumps(network.hamiltonian, list(network.operators), [everything], rate))
    return found is not None and found.unique is True


def seen_in(network: FoundNetwork, library: Library) -> FoundNetwork:
    """The same network with the matrices of another library of the same operators."""
    hardware = library.hardware
    low, psi = np.ix_(hardware.low, hardware.low), hardware.target[hardware.low]
    weights = network.terms * library.term_sizes
    hamiltonian = np.tensordot(weights, hardware.hamiltonian, 1)[low]
    operators = []
    groups = zip(network.jumps, library.jump_sizes, hardware.jumps, strict=True)
    for rows, sizes, matrices in groups:
        for c in np.tensordot(rows * sizes, matrices, 1):
            eigenvalue = np.vdot(psi, c[low] @ psi)
            dark = c[low] - eigenvalue * np.eye(len(psi))
            half = 0.5j * np.conj(eigenvalue) * dark
            hamiltonian = hamiltonian + half + half.conj().T
            operators.append(dark)
    return FoundNetwork(network.terms, network.jumps, hamiltonian, np.array(operators))


def system_of(network: FoundNetwork, library: Library) -> OpenSystem:
    """The network as an open system."""
    jumps = []
    for rows, operators in zip(network.jumps, library.jumps, strict=True):
        for row in rows:
            strongest = row[int(np.argmax(np.abs(row)))] if len(row) else 0.0
            if strongest:
                rate = float(abs(strongest) ** 2)
                operator = combined(row / strongest, operators)
                jumps.append(Jump(operator, rate, name=f"jump {len(jumps) + 1}"))
    hamiltonian = combined(network.terms, library.terms)
    return OpenSystem(library.spaces, hamiltonian, tuple(jumps))
