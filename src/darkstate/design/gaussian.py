r"""Gaussian targets: the same question on at most two excitations.

A pure Gaussian state is the vacuum of modes ``b = alpha a + beta a†``. Linear jumps are
``c = u.b + w.b†``, quadratic terms ``h = sum h_ij b_i† b_j + (active: b b, b† b†)``. The target is
kept by what annihilates the vacuum: ``w = 0``, and no active part. Such networks keep the number of
excitations of b or lower it, so that one excitation says everything: all means decay
(the drift is Hurwitz, and the target the only steady state) iff none of its states is left
unmoved. The matrices are those on at most two excitations, exact between at most one.

Sources: Koga, Yamamoto, Phys. Rev. A 85, 022103 (2012); Yamamoto, Phil. Trans. R. Soc. A 370,
5324 (2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from darkstate.design.hardware import Library, check_size, scaled_library
from darkstate.errors import ArgumentError
from darkstate.linalg.symplectic import williamson
from darkstate.states import GaussianState
from darkstate.states.subsystems import Matrix
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Space

_PURE = 1e-8
"""Symplectic eigenvalues may exceed 1/2 by this fraction."""


def gaussian_library(
    target: GaussianState,
    spaces: tuple[Space, ...],
    jumps: tuple[tuple[OperatorSum, ...], ...],
    terms: tuple[OperatorSum, ...],
) -> Library:
    """Matrices for a pure Gaussian state.

    Raises:
        ArgumentError: the state is mixed or has a mean; a jump is not linear, a term not quadratic.
        CapacityError: the matrices do not fit.
    """
    frame = _frame(target)
    n = len(spaces)
    pairs = list(combinations_with_replacement(range(n), 2))
    check_size(1 + n + len(pairs), sum(map(len, jumps)) + len(terms))
    b = _lowering(n, pairs)
    ladder = np.concatenate([b, b.conj().transpose(0, 2, 1)])  # b_1 ... b_n, b_1† ... b_n†

    def jump(operator: OperatorSum) -> Matrix:
        return np.einsum("i,ijk->jk", _linear(operator, spaces) @ frame, ladder)

    def term(operator: OperatorSum) -> Matrix:
        form = frame.T @ _quadratic(operator, spaces) @ frame  # alpha.F.alpha / 2
        passive, active = form[n:, :n], form[n:, n:]
        up = 0.5 * np.einsum("ij,iab,jbc->ac", active, ladder[n:], ladder[n:])
        return np.einsum("ij,iab,jbc->ac", passive, ladder[n:], b) + up + up.conj().T

    size = b.shape[1]
    vacuum = np.eye(size, dtype=complex)[0]
    found = [np.array([jump(each) for each in group]) for group in jumps]
    return scaled_library(
        spaces,
        jumps,
        terms,
        vacuum,
        np.arange(1 + n),
        found,
        np.array([term(each) for each in terms], dtype=complex).reshape(-1, size, size),
    )


def _frame(target: GaussianState) -> Matrix:
    """(2N, 2N) T with ``(a, a†) = T (b, b†)`` and the target the vacuum of b.

    Raises:
        ArgumentError: the state is mixed, or has a mean.
    """
    if np.any(np.abs(target.mean_quadratures) > 1e-12):
        remedy = (
            "Displace the modes: synthesise for the same state with mean zero, then add drives."
        )
        raise ArgumentError("target", "have mean zero", target.mean_quadratures, remedy)
    S, nu = williamson(target.covariance)
    if nu[-1] > 0.5 * (1 + _PURE):
        remedy = "Give a pure state; a mixed one is approached by optimising a model."
        raise ArgumentError("target", "be pure (symplectic eigenvalues 1/2)", nu, remedy)
    n = len(nu)
    # a = (x + i p)/sqrt 2 as rows on x1, p1, ...; x, p of b as columns
    row = np.zeros((2 * n, 2 * n), dtype=complex)
    row[np.arange(n), 2 * np.arange(n)] = row[n + np.arange(n), 2 * np.arange(n)] = np.sqrt(0.5)
    row[np.arange(n), 2 * np.arange(n) + 1] = 1j * np.sqrt(0.5)
    row[n + np.arange(n), 2 * np.arange(n) + 1] = -1j * np.sqrt(0.5)
    return row @ S @ row.conj().T


def _lowering(n: int, pairs: Sequence[tuple[int, int]]) -> Matrix:
    """(n, D, D) b_i on the vacuum, one excitation and two."""
    size = 1 + n + len(pairs)
    b = np.zeros((n, size, size), dtype=complex)
    for i in range(n):
        b[i, 0, 1 + i] = 1.0
    for k, (i, j) in enumerate(pairs):
        b[i, 1 + j, 1 + n + k] = b[j, 1 + i, 1 + n + k] = np.sqrt(2.0) if i == j else 1.0
    return b


def _letters(product: Product, spaces: Sequence[Space]) -> list[int]:
    """The factors of a product as numbers: i for a_i, n + i for a_i†."""
    n = len(spaces)
    return [spaces.index(s) + n * (letter == "+") for s, word in product for letter in word]


def _linear(operator: OperatorSum, spaces: Sequence[Space]) -> NDArray[np.complex128]:
    """(2N,) coefficients of a, a†."""
    row = np.zeros(2 * len(spaces), dtype=complex)
    for product, c in operator:
        letters = _letters(product, spaces)
        if len(letters) != 1:
            remedy = "Use a, a† and sums of them, or a PureState as target for anything else."
            raise ArgumentError("jumps", "be linear for a Gaussian target", operator, remedy)
        row[letters[0]] += c
    return row


def _quadratic(operator: OperatorSum, spaces: Sequence[Space]) -> NDArray[np.complex128]:
    """(2N, 2N) symmetric F of ``alpha.F.alpha / 2`` with alpha = (a, a†), constants left out."""
    form = np.zeros((2 * len(spaces),) * 2, dtype=complex)
    for product, c in operator:
        letters = _letters(product, spaces)
        if len(letters) not in (0, 2):
            remedy = "Use a† a, a† b, a b and their conjugates, or a PureState as target."
            raise ArgumentError(
                "hamiltonian", "be quadratic for a Gaussian target", operator, remedy
            )
        if letters:
            form[letters[0], letters[1]] += c
            form[letters[1], letters[0]] += c
    return form
