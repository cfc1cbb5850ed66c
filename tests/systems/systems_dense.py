"""Slow, obvious forms of operators and generators, against which the tests hold the fast ones."""

from __future__ import annotations

from functools import reduce

import numpy as np

from darkstate.systems import (
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    Space,
    identity,
    sigma_minus,
    sigma_plus,
    sigma_z,
)


def letters(space: Space, cutoff: int = 6) -> dict[str, np.ndarray]:
    """Matrices of the letters; basis states ordered from the ground state up."""
    if isinstance(space, Mode):
        lower = np.diag(np.sqrt(np.arange(1.0, cutoff)), 1)
        return {"-": lower, "+": lower.T}
    if isinstance(space, Qubit):
        lower = np.array([[0.0, 1.0], [0.0, 0.0]])
        return {"-": lower, "+": lower.T, "z": np.diag([-1.0, 1.0])}
    d = space.dimension
    assert d is not None
    j = (d - 1) / 2
    m = np.arange(d) - j
    lower = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] - 1)), 1)
    return {"-": lower, "+": lower.T, "z": np.diag(m)}


def dense(operator: OperatorSum, spaces: tuple[Space, ...], cutoff: int = 6) -> np.ndarray:
    """The matrix of an operator in the product basis of `spaces`."""
    tables = {space: letters(space, cutoff) for space in spaces}
    result = 0.0
    for product, c in operator:
        words = dict(product)
        factors = []
        for space in spaces:
            d = len(next(iter(tables[space].values())))
            steps = [tables[space][letter] for letter in words.get(space, "")]
            factors.append(reduce(np.matmul, steps, np.eye(d)))
        result = result + c * reduce(np.kron, factors)
    d = int(np.prod([len(next(iter(t.values()))) for t in tables.values()]))
    return result + np.zeros((d, d), dtype=complex)


def dissipator(c: np.ndarray) -> np.ndarray:
    """``c rho c† - {c† c, rho}/2`` as a matrix on row-major vec(rho)."""
    eye = np.eye(len(c))
    square = c.conj().T @ c
    return np.kron(c, c.conj()) - 0.5 * (np.kron(square, eye) + np.kron(eye, square.T))


def sandwich(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``rho -> left rho right``."""
    return np.kron(left, right.T)


def liouvillian(system: OpenSystem, cutoff: int = 6) -> np.ndarray:
    """The whole generator of a system without per-atom jumps, as a dense matrix."""
    H = dense(system.hamiltonian, system.spaces, cutoff)
    eye = np.eye(len(H))
    assert not any(jump.each_atom for jump in system.jumps)
    result = -1j * (np.kron(H, eye) - np.kron(eye, H.T))
    for jump in system.jumps:
        result = result + jump.rate * dissipator(dense(jump.operator, system.spaces, cutoff))
    return result


def adjoint_generator(system: OpenSystem, X: OperatorSum) -> OperatorSum:
    """``i [H, X] + sum_k rate_k (c†[X, c] + [c†, X] c)/2``, by the algebra alone: no truncation."""
    result = 1j * system.hamiltonian.commutator(X)
    for jump in system.jumps:
        c, bar = jump.operator, jump.operator.adjoint()
        part = bar * X.commutator(c) + bar.commutator(X) * c
        result = result + part * (0.5 * jump.rate)
    return result


def leak(system: OpenSystem, labels: set[str]) -> float:
    """The largest coefficient outside of `labels` in ``L†(X)``, over all X on these qubits.

    Zero exactly if the rest of the network can be traced out.
    """
    words = [identity()]
    for space in system.spaces:
        if space.label in labels:
            assert isinstance(space, Qubit)
            letters_of = [identity(), *(f(space) for f in (sigma_minus, sigma_plus, sigma_z))]
            words = [w * x for w in words for x in letters_of]
    outside = [
        abs(c)
        for word in words
        for product, c in adjoint_generator(system, word)
        if not {space.label for space, _ in product} <= labels
    ]
    return max(outside, default=0.0)


def steady_state(generator: np.ndarray) -> np.ndarray:
    """The null vector of a Liouvillian as a density matrix; it must be unique."""
    d = round(np.sqrt(len(generator)))
    bordered, right = generator.copy(), np.zeros(d * d)
    bordered[0], right[0] = np.eye(d).ravel(), 1.0  # one row depends on the others: trace instead
    rho = np.linalg.solve(bordered, right)
    assert np.allclose(generator @ rho, 0, atol=1e-10)
    assert np.linalg.cond(bordered, 1) < 1e8
    return rho.reshape(d, d)


def without_noise(operator: OperatorSum, scale: float, rtol: float = 1e-12) -> OperatorSum:
    """The terms that are not rounding on the given scale."""
    return OperatorSum({p: c for p, c in operator if abs(c) > rtol * scale})
