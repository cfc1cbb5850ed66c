"""Means at two times of Gaussian states, by Wick's theorem with contractions in time.

Fluctuations at a later time are ``d xi(tau) = e^(W tau) d xi(0)`` plus noise that is independent of
what was before, so that every contraction between two times is one between equal times, moved:

    <d xi_i(tau) d xi_j(0)> = sum_k (e^(W tau))_ik <d xi_k d xi_j>,

and a mean of any product is a sum of products of them. Spectra need no transform if O is linear.

Source: Isserlis, Biometrika 12, 134 (1918); Lax, Phys. Rev. 129, 2342 (1963).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.regression import Regression, Values
from darkstate.errors import CapacityError, EngineMismatchError
from darkstate.states import GaussianState
from darkstate.systems.operators import OperatorSum, Product

MOST_LETTERS = 10
"""Letters of a product: pairings grow like their double factorial."""
_EARLY, _LATE = 0, 1
Letters = list[tuple[int, int]]
"""Nambu variable and time of each letter, as they stand in the product."""


def check_regression(asked: Regression, spectral: bool) -> None:
    """That a mean is one that can be found here.

    Raises:
        EngineMismatchError: a spectrum of an operator that is not linear.
        CapacityError: too many letters in one product.
    """

    def most(operator: OperatorSum) -> int:
        return max((sum(len(word) for _, word in p) for p, _ in operator), default=0)

    if spectral and most(asked.observed) > 1:
        raise EngineMismatchError(
            "Spectra of Gaussian states are those of amplitudes, but an operator here is of higher "
            "order.",
            "Use engine=engines.Lindblad(cutoff=10), or correlation() and its Fourier transform.",
        )
    letters = most(asked.observed) + most(asked.ket) + most(asked.bra)
    if letters > MOST_LETTERS:
        raise CapacityError(
            f"Products at two times have {letters} letters here, more than {MOST_LETTERS}.",
            "Use lower powers, or engine=engines.Lindblad(cutoff=10).",
        )


def correlation_values(structure: Structure, state: GaussianState, asked: Regression) -> Values:
    """``<B(0) O(tau) K(0)>`` at delays >= 0."""
    n = len(state.labels)
    equal = _ordered_moments(state)
    mean = np.concatenate([np.asarray(state.mean), np.asarray(state.mean).conj()])
    terms = list(_products(asked, state.labels, n))
    drift = structure.drift.toarray()
    found = np.empty(len(asked.grid), dtype=complex)
    for k, delay in enumerate(asked.grid.tolist()):
        moved = scipy.linalg.expm(drift * delay)
        tables = {
            (_EARLY, _EARLY): equal,
            (_LATE, _LATE): equal,
            (_LATE, _EARLY): moved @ equal,
            (_EARLY, _LATE): equal @ moved.T,
        }
        found[k] = sum(c * _wick(letters, mean, tables) for c, letters in terms)
    return found


def spectrum_values(structure: Structure, state: GaussianState, asked: Regression) -> Values:
    """``int_0^inf dtau e^(-i w tau) (C(tau) - C(inf))`` of a linear O."""
    n = len(state.labels)
    drift, one = structure.drift.toarray(), np.eye(2 * n)
    row = np.zeros(2 * n, dtype=complex)
    for product, c in asked.observed:
        for letter, _ in _letters(product, state.labels, n, _LATE):
            row[letter] += c
    # C(tau) - C(inf) = row e^(W tau) start: contractions of each fluctuation with the rest
    start = _fluctuation(asked, state)
    values = [complex(row @ np.linalg.solve(1j * w * one - drift, start)) for w in asked.grid]
    return np.array(values, dtype=np.complex128)


def _fluctuation(asked: Regression, state: GaussianState) -> Values:
    """``<B d xi_i K>`` for every variable i."""
    n = len(state.labels)
    equal = _ordered_moments(state)
    mean = np.concatenate([np.asarray(state.mean), np.asarray(state.mean).conj()])
    tables = dict.fromkeys([(a, b) for a in (0, 1) for b in (0, 1)], equal)
    zero = np.zeros((2 * n, 2 * n))
    found = np.zeros(2 * n, dtype=complex)
    for bra, c in asked.bra:
        for ket, d in asked.ket:
            before = _letters(bra, state.labels, n, _EARLY)
            behind = _letters(ket, state.labels, n, _EARLY)
            for i in range(2 * n):
                letters = [*before, (i, _LATE), *behind]
                whole = _wick(letters, mean, tables)
                apart = _wick(letters, mean, tables | {(0, 1): zero, (1, 0): zero})
                found[i] += c * d * (whole - apart)
    return found


def _products(asked: Regression, labels: tuple[str, ...], n: int) -> Any:
    """Coefficients and letters of all terms of B O K."""
    for bra, b in asked.bra:
        for late, o in asked.observed:
            for ket, k in asked.ket:
                letters = [
                    *_letters(bra, labels, n, _EARLY),
                    *_letters(late, labels, n, _LATE),
                    *_letters(ket, labels, n, _EARLY),
                ]
                yield b * o * k, letters


def _letters(product: Product, labels: tuple[str, ...], n: int, time: int) -> Letters:
    return [
        (labels.index(space.label) + (n if letter == "+" else 0), time)
        for space, word in product
        for letter in word
    ]


def _wick(letters: Letters, mean: NDArray[Any], tables: dict[tuple[int, int], Any]) -> complex:
    """The mean of a product: the first letter alone, or contracted with each of the others."""
    if not letters:
        return 1.0
    (i, time), rest = letters[0], letters[1:]
    total = mean[i] * _wick(rest, mean, tables) if mean[i] else 0.0
    for k, (j, other) in enumerate(rest):
        value = tables[time, other][i, j]
        if value:
            total += value * _wick(rest[:k] + rest[k + 1 :], mean, tables)
    return complex(total)


def _ordered_moments(state: GaussianState) -> NDArray[np.complex128]:
    """``<d xi_i d xi_j>`` of the Nambu variables, in this order."""
    N, M = np.asarray(state.number, complex), np.asarray(state.anomalous, complex)
    one = np.eye(len(N))
    return np.block([[M, N.T + one], [N, M.conj()]])
