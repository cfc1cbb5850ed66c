"""Matrices of small systems: slow and obvious, to hold the models against."""

from __future__ import annotations

from functools import reduce

import numpy as np
import scipy.sparse as sp

from darkstate.systems import Mode, OpenSystem, OperatorSum, Qubit, Space


def sparse(operator: OperatorSum, spaces: tuple[Space, ...], cutoff: int = 4) -> sp.csr_array:
    """The matrix in the product basis of `spaces`, each ordered from the ground state up."""
    tables = [_letters(cutoff if isinstance(space, Mode) else 2) for space in spaces]
    size = int(np.prod([len(table["+"]) for table in tables]))
    result = sp.csr_array((size, size), dtype=complex)
    for product, c in operator:
        words = dict(product)
        factors = [
            reduce(np.matmul, [table[x] for x in words.get(space, "")], np.eye(len(table["+"])))
            for space, table in zip(spaces, tables, strict=True)
        ]
        result = result + c * reduce(sp.kron, map(sp.csr_array, factors))
    return sp.csr_array(result)


def matrix(operator: OperatorSum, spaces: tuple[Space, ...], cutoff: int = 4) -> np.ndarray:
    return sparse(operator, spaces, cutoff).toarray()


def _letters(dimension: int) -> dict[str, np.ndarray]:
    lower = np.diag(np.sqrt(np.arange(1.0, dimension)), 1)
    return {"-": lower, "+": lower.T, "z": np.diag([-1.0, 1.0])}


def liouvillian(system: OpenSystem, cutoff: int = 4) -> sp.csr_array:
    """The generator on row-major vec(rho)."""
    H = sparse(system.hamiltonian, system.spaces, cutoff)
    eye = sp.eye_array(H.shape[0], format="csr")
    result = -1j * (sp.kron(H, eye) - sp.kron(eye, H.T))
    for jump in system.jumps:
        c = sparse(jump.operator, system.spaces, cutoff)
        square = c.conj().T @ c
        result = result + jump.rate * sp.kron(c, c.conj())
        result = result - jump.rate / 2 * (sp.kron(square, eye) + sp.kron(eye, square.T))
    return sp.csr_array(result)


def steady_state(system: OpenSystem, cutoff: int = 4) -> np.ndarray:
    """The density matrix in the sector of equal charges A - B of ket and bra; it must be unique."""
    q = np.zeros(1)
    for space in system.spaces:
        sign = 1 if "A" in space.label.upper() else -1
        q = np.add.outer(q, sign * np.arange(cutoff if isinstance(space, Mode) else 2)).ravel()
    inside = (q[:, None] == q[None, :]).ravel()
    full, sector = liouvillian(system, cutoff), np.flatnonzero(inside)
    assert abs(full[~inside][:, sector]).sum() == 0
    L = full[sector][:, sector].toarray() / np.max(np.abs(full.data))
    L[0] = np.eye(len(q)).ravel()[sector]  # one row depends on the others: trace instead
    assert np.linalg.cond(L, 1) < 1e10
    rho = np.zeros(len(q) ** 2, dtype=complex)
    rho[sector] = np.linalg.solve(L, np.eye(len(sector))[0])
    return rho.reshape(len(q), len(q))


def darkness(system: OpenSystem, psi: np.ndarray) -> float:
    """How far psi is from being annihilated by all jumps and an eigenvector of H."""
    H = matrix(system.hamiltonian, system.spaces)
    scale = np.linalg.norm(H, 2) + max(jump.rate for jump in system.jumps)
    rests = [H @ psi - np.vdot(psi, H @ psi) * psi]
    rests += [jump.rate * matrix(jump.operator, system.spaces) @ psi for jump in system.jumps]
    return max(float(np.linalg.norm(rest)) for rest in rests) / scale


def reduced(rho: np.ndarray, keep: list[int], dimensions: list[int]) -> np.ndarray:
    """Partial trace onto the subsystems at positions `keep`, in this order."""
    n = len(dimensions)
    rest = [k for k in range(n) if k not in keep]
    order = [*keep, *rest]
    tensor = rho.reshape(dimensions * 2).transpose(order + [n + k for k in order])
    size = int(np.prod([dimensions[k] for k in keep]))
    return np.einsum("aibi->ab", tensor.reshape(size, len(rho) // size, size, len(rho) // size))


def value_of(measure: str, rho: np.ndarray, groups: tuple, labels: tuple[str, ...]) -> float:
    """A measure of a state of qubits by its definition; `groups` as in a truth."""
    parties = [(group,) if isinstance(group, str) else group for group in groups]
    places = [labels.index(label) for party in parties for label in party]
    part = reduced(rho, places, [2] * len(labels))
    p = np.linalg.eigvalsh(part)
    if measure == "purity":
        return float(np.sum(p**2))
    if measure == "entropy":
        return float(-sum(x * np.log2(x) for x in p if x > 1e-14))
    if measure == "log_negativity":
        d, e = 2 ** len(parties[0]), 2 ** len(parties[1])
        flipped = part.reshape(d, e, d, e).transpose(0, 3, 2, 1).reshape(d * e, d * e)
        return float(np.log2(np.sum(np.abs(np.linalg.eigvalsh(flipped)))))
    assert measure == "concurrence"
    yy = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
    roots = np.sqrt(np.abs(np.linalg.eigvals(part @ yy @ part.conj() @ yy)))
    return float(max(0.0, 2 * np.max(roots) - np.sum(roots)))


def rail(side: str, n: int) -> list[Qubit]:
    return [Qubit(f"{side}{j}") for j in range(1, n + 1)]


def exchange(x: OperatorSum, y: OperatorSum) -> OperatorSum:
    """i (x+ y- - h.c.)/2: x upstream of y."""
    term = x.adjoint() * y
    return 0.5j * (term - term.adjoint())
