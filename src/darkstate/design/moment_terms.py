"""Where the coefficients of a quadratic generator stand in drift, source and drive.

The upper N rows of the Nambu matrices hold all there is (`darkstate.systems.quadratic`): with a
coefficient h of the Hamiltonian, and d of ``P rho Q† - {Q† P, rho}/2``,

    h a_i† a_j      W_ij -= i h                 h a_i†         drive_i -= i h
    h a_i† a_j†     W_i,N+j -= i h, W_j,N+i -= i h, and the same of S
    d: a_i, a_j     W_ji -= d/2                 d: a_i†, a_j†  W_ij += d/2, S_ij += d
    d: a_i†, a_j    W_i,N+j += d/2, W_j,N+i -= d/2, S_i,N+j -= d/2, S_j,N+i -= d/2
    d: 1, a_i       drive_i -= d/2              d: a_i†, 1     drive_i += d/2

and what is not listed is the conjugate of what is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkstate.design.coefficients import Key
from darkstate.systems.operators import Product

DRIFT, SOURCE, DRIVE = range(3)


class Entry(NamedTuple):
    """An entry of drift, source or drive, and by how much a coefficient moves it."""

    key: int
    matrix: int
    row: int
    column: int
    factor: complex


class Entries:
    """Entries of many coefficients, as arrays.

    Args:
        keys: the coefficients.
        labels: of the N modes.
    """

    def __init__(self, keys: Sequence[Key], labels: Sequence[str]):
        place = {label: k for k, label in enumerate(labels)}
        found = [entry for k, key in enumerate(keys) for entry in _entries(k, key, place)]
        table = np.array([entry[:4] for entry in found], dtype=np.intp).reshape(-1, 4)
        self.count, self.size = len(keys), 2 * len(place)
        self.key, self.matrix, self.row, self.column = table.T
        self.factor = np.array([entry.factor for entry in found], dtype=complex)

    def weights(self, of: Any, moduli: bool = False) -> NDArray[Any]:
        """``2 sum factor * weight`` for each coefficient: the conjugate half counts as much.

        Args:
            of: function of (matrix, rows, columns) that returns weights of entries, last axis.
            moduli: add moduli of the factors.
        """
        factor = np.abs(self.factor) if moduli else self.factor
        total: Any = np.zeros(self.count, dtype=factor.dtype)
        for matrix in (DRIFT, SOURCE, DRIVE):
            at = np.flatnonzero(self.matrix == matrix)
            if at.size:
                values = 2.0 * factor[at] * of(matrix, self.row[at], self.column[at])
                if values.ndim > total.ndim:  # samples in front
                    total = np.broadcast_to(total, (*values.shape[:-1], self.count)).copy()
                place: Any = (..., self.key[at])
                np.add.at(total, place, values)
        return total

    def matrices(self, values: Any) -> tuple[Any, Any, Any]:
        """Changes of drift, source (2N, 2N) and drive (2N,) by changes of the coefficients."""
        n = self.size // 2
        found = []
        for matrix in (DRIFT, SOURCE, DRIVE):
            at = np.flatnonzero(self.matrix == matrix)
            upper = np.zeros((n, 1 if matrix == DRIVE else 2 * n), dtype=complex)
            np.add.at(
                upper, (self.row[at], self.column[at]), self.factor[at] * values[self.key[at]]
            )
            lower = upper.conj() if matrix == DRIVE else np.roll(upper.conj(), n, axis=1)
            found.append(np.vstack([upper, lower]))
        return found[0], found[1], found[2][:, 0]


def _entries(k: int, key: Key, place: dict[str, int]) -> Iterator[Entry]:
    n = len(place)
    if len(key) == 1:
        yield from _of_hamiltonian(k, key[0], place)
        return
    (kind, i), (other, j) = (_letter(product, place) for product in key)
    if kind == other == "-":
        yield Entry(k, DRIFT, j, i, -0.5)
    elif kind == other == "+":
        yield Entry(k, DRIFT, i, j, 0.5)
        yield Entry(k, SOURCE, i, j, 1.0)
    elif (kind, other) == ("+", "-"):
        yield Entry(k, DRIFT, i, n + j, 0.5)
        yield Entry(k, DRIFT, j, n + i, -0.5)
        yield Entry(k, SOURCE, i, n + j, -0.5)
        yield Entry(k, SOURCE, j, n + i, -0.5)
    elif (kind, other) == ("", "-"):
        yield Entry(k, DRIVE, j, 0, -0.5)
    elif (kind, other) == ("+", ""):
        yield Entry(k, DRIVE, i, 0, 0.5)


def _of_hamiltonian(k: int, product: Product, place: dict[str, int]) -> Iterator[Entry]:
    letters = sorted(
        (letter, place[space.label]) for space, word in product for letter in word
    )  # "+" sorts before "-"
    kinds = "".join(letter for letter, _ in letters)
    places = [i for _, i in letters]
    if kinds == "+-":
        yield Entry(k, DRIFT, places[0], places[1], -1j)
    elif kinds == "++":
        for i, j in (places, places[::-1]):
            yield Entry(k, DRIFT, i, len(place) + j, -1j)
            yield Entry(k, SOURCE, i, len(place) + j, -1j)
    elif kinds == "+":
        yield Entry(k, DRIVE, places[0], 0, -1j)


def _letter(product: Product, place: dict[str, int]) -> tuple[str, int]:
    if not product:
        return "", 0
    ((space, word),) = product
    return word, place[space.label]
