"""Hermitian matrices that share the symmetries of a state: their free entries, and their blocks.

A `Span` is a basis of all matrices with given charges and symmetries. A positive one falls into
blocks, by charges and by the parities of commuting exchanges; blocks that a symmetry maps to each
other are positive together, and one of them is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, hstack, kron

from darkstate.linalg.semidefinite import Inequality
from darkstate.states.subsystems import Matrix

Actions = Sequence[tuple[NDArray[np.int64], bool]]

_INDEPENDENT = 1e-9
"""Singular values below this fraction of the largest one are dependence."""


@dataclass(frozen=True, eq=False)
class Span:
    """Hermitian matrices with given blocks and symmetries, ``X = sum_e x_e X_e``.

    Args:
        entries: sparse (D D, n), a column for each X_e; real for real matrices.
    """

    entries: Any

    @property
    def count(self) -> int:
        """n."""
        return self.entries.shape[1]

    def matrix(self, x: NDArray[np.floating]) -> Matrix:
        """X (D, D)."""
        flat = self.entries @ x
        side = int(np.sqrt(len(flat)))
        return flat.reshape(side, side)

    def rows(self, rows: NDArray[np.int64]) -> Span:
        """The entries of the matrix in another order."""
        return Span(self.entries[rows])

    def projected(self, project: Callable[[Matrix], Matrix]) -> Span:
        """An orthonormal basis of the projections of all these matrices."""
        images = np.array([project(self.matrix(one)).ravel() for one in np.eye(self.count)]).T
        stacked = np.concatenate([np.real(images), np.imag(images)])
        basis, sizes, _ = np.linalg.svd(stacked, full_matrices=False)
        real, imaginary = np.split(basis[:, sizes > _INDEPENDENT * sizes[0]], 2)
        return Span(csr_array(real + 1j * imaginary if np.iscomplexobj(self.entries) else real))

    def dual(self, matrix: Matrix) -> NDArray[np.floating]:
        """``Tr(X_e rho)`` for all e."""
        return np.real(self.entries.conj().T @ matrix.ravel())


def identity(size: int, real: bool) -> Span:
    """The multiples of 1."""
    return Span(csr_array(np.eye(size, dtype=float if real else complex).reshape(-1, 1)))


def span(classes: NDArray[np.int64], actions: Actions, real: bool) -> Span:
    """All Hermitian (or real symmetric) matrices of these blocks that the actions leave alone."""
    size = len(classes)
    k, m = np.nonzero(np.triu(classes[:, None] == classes))
    entries = np.arange(len(k))
    number = np.zeros((size, size), dtype=np.int64)
    number[k, m] = number[m, k] = entries
    parameters = np.arange(len(k) if real else 2 * len(k))
    leader, sign, zero = parameters.copy(), np.ones(len(parameters)), np.zeros(0)
    zero = np.zeros(len(parameters), dtype=bool)
    if not real:
        zero[len(k) :] = k == m
    for index, conjugate in actions:
        a, b = index[k], index[m]
        target, turn = number[a, b], np.ones(len(k))
        if not real:
            turned = np.where(a <= b, 1.0, -1.0) * (-1.0 if conjugate else 1.0)
            target = np.concatenate([target, len(k) + target])
            turn = np.concatenate([turn, turned])
        zero |= (target == parameters) & (turn < 0)
        better = target < leader
        leader, sign = np.where(better, target, leader), np.where(better, turn, sign)
    free = np.unique(leader[~zero])
    column = np.zeros(len(parameters), dtype=np.int64)
    column[free] = np.arange(len(free))
    shape = (size * size, len(free))

    def block(at: NDArray[np.int64], signs: NDArray[np.float64], mirror: float) -> Any:
        keep = ~zero[at]
        upper = (k * size + m)[keep], column[leader[at]][keep], signs[keep]
        off = keep & (k != m)
        lower = (m * size + k)[off], column[leader[at]][off], mirror * signs[off]
        rows, columns, values = (np.concatenate(pair) for pair in zip(upper, lower, strict=True))
        return csr_array(coo_array((values, (rows, columns)), shape=shape))

    first = block(entries, sign[: len(k)], 1.0)
    return Span(first if real else first + 1j * block(len(k) + entries, sign[len(k) :], -1.0))


@dataclass(frozen=True, eq=False)
class Block:
    """Columns V that cut one block out of a matrix, ``V^T X V`` with the rows `at` of X."""

    at: NDArray[np.int64]
    columns: NDArray[np.float64]

    def inequality(
        self, terms: Sequence[tuple[slice, float, Span]], unknowns: int, one: float
    ) -> Inequality:
        """``V^T (one 1 + sum of sign * span) V >= 0``."""
        size, m = len(self.at), self.columns.shape[1]
        side = int(np.sqrt(terms[0][2].entries.shape[0]))
        rows = (self.at[:, None] * side + self.at).ravel()
        plain = m == size and np.array_equal(self.columns, np.eye(size))
        cut = None if plain else csr_array(kron(self.columns.T, self.columns.T))
        total = csr_array((m * m, unknowns))
        for where, sign, each in terms:
            part = sign * each.entries[rows]
            part = part if cut is None else cut @ part
            left = csr_array((m * m, where.start))
            right = csr_array((m * m, unknowns - where.stop))
            total = total + hstack([left, part, right], format="csr")
        return Inequality(total, one * np.eye(m) if one else None)

    def lift(self, multiplier: Matrix, side: int) -> Matrix:
        """``V Z V^T`` (side, side) of a multiplier Z of the inequality."""
        result = np.zeros((side, side), dtype=multiplier.dtype)
        result[np.ix_(self.at, self.at)] = self.columns @ multiplier @ self.columns.T
        return result


def blocks(classes: NDArray[np.int64], actions: Actions) -> Iterator[Block]:
    """The blocks that a positive matrix falls into, one of each set that the actions exchange."""
    done: set[int] = set()
    for number in range(int(classes.max()) + 1):
        if number in done:
            continue
        at = np.flatnonzero(classes == number)
        done |= {int(classes[index[at[0]]]) for index, _ in actions}
        yield from (Block(at, columns) for columns in _parities(at, actions))


def _parities(at: NDArray[np.int64], actions: Actions) -> list[NDArray[np.float64]]:
    """Orthonormal bases of the joint parities of commuting exchanges within a block."""
    place = {int(k): j for j, k in enumerate(at)}
    chosen: list[NDArray[np.int64]] = []
    for index, conjugate in actions:
        image = index[at]
        if conjugate or not all(int(k) in place for k in image):
            continue
        inner = np.array([place[int(k)] for k in image])
        involution = np.array_equal(inner[inner], np.arange(len(at)))
        new = involution and not any(np.array_equal(inner, x) for x in chosen)
        moves = bool(np.any(inner != np.arange(len(at))))
        if new and moves and all(np.array_equal(inner[x], x[inner]) for x in chosen):
            chosen.append(inner)
        if len(chosen) == 4:
            break
    parities = [np.eye(len(at))]
    for inner in chosen:
        swap = np.eye(len(at))[inner]
        parities = [half for basis in parities for half in _halves(basis, swap)]
    return parities


def _halves(basis: NDArray[np.float64], swap: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    values, vectors = np.linalg.eigh(basis.T @ swap @ basis)
    halves = [basis @ vectors[:, values > 0], basis @ vectors[:, values < 0]]
    return [half for half in halves if half.shape[1]]
