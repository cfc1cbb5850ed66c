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

from darkstate.certificates.lmi import Inequality
from darkstate.states.subsystems import Matrix

Actions = Sequence[tuple[NDArray[np.int64], bool]]

_INDEPENDENT = 1e-9
"""Singular values below this fraction of the largest one are dependence."""


@dataclass(frozen=True, eq=False)
class Span:
    """Hermitian matrices with given blocks and symmetries, ``X = sum_e x_e (R_e + i I_e)``.

    Args:
        real: sparse (D D, n).
        imaginary: the same, or None for real matrices.
    """

    real: Any
    imaginary: Any

    def matrix(self, x: NDArray[np.float64]) -> Matrix:
        """X (D, D)."""
        flat = self.real @ x
        flat = flat if self.imaginary is None else flat + 1j * (self.imaginary @ x)
        side = int(np.sqrt(len(flat)))
        return flat.reshape(side, side)

    def rows(self, rows: NDArray[np.int64]) -> Span:
        """The entries of the matrix in another order."""
        return Span(self.real[rows], None if self.imaginary is None else self.imaginary[rows])

    def projected(self, project: Callable[[Matrix], Matrix]) -> Span:
        """An orthonormal basis of the projections of all these matrices."""
        size = int(np.sqrt(self.real.shape[0]))
        count = self.real.shape[1]
        images = [project(self.matrix(column)).ravel() for column in np.eye(count)]
        stacked = np.array([np.concatenate([np.real(each), np.imag(each)]) for each in images]).T
        basis, sizes, _ = np.linalg.svd(stacked, full_matrices=False)
        basis = basis[:, sizes > _INDEPENDENT * sizes[0]]
        real, imaginary = basis[: size**2], basis[size**2 :]
        return Span(csr_array(real), None if self.imaginary is None else csr_array(imaginary))

    def dual(self, matrix: Matrix) -> NDArray[np.float64]:
        """``Tr(X_e rho)`` for all e."""
        cost = self.real.T @ np.real(matrix).ravel()
        if self.imaginary is None:
            return cost
        return cost + self.imaginary.T @ np.imag(matrix).ravel()


def identity(size: int, real: bool) -> Span:
    """The multiples of 1."""
    one = csr_array(np.eye(size).reshape(-1, 1))
    return Span(one, None if real else csr_array(one.shape))


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
    if real:
        return Span(first, None)
    return Span(first, block(len(k) + entries, sign[len(k) :], -1.0))


@dataclass(frozen=True, eq=False)
class Block:
    """Columns V that cut one block out of a matrix, ``V^T X V`` with the rows `at` of X."""

    at: NDArray[np.int64]
    columns: NDArray[np.float64]

    def inequality(
        self, terms: Sequence[tuple[slice, float, Span]], unknowns: int, one: float
    ) -> Inequality:
        """``V^T (one 1 + sum of sign * span) V >= 0``; for complex matrices twice as large."""
        size, m = len(self.at), self.columns.shape[1]
        side = int(np.sqrt(terms[0][2].real.shape[0]))
        rows = (self.at[:, None] * side + self.at).ravel()
        plain = m == size and np.array_equal(self.columns, np.eye(size))
        cut = None if plain else csr_array(kron(self.columns.T, self.columns.T))

        def gather(name: str) -> Any:
            total = csr_array((m * m, unknowns))
            for where, sign, each in terms:
                part = getattr(each, name)[rows]
                part = sign * (part if cut is None else cut @ part)
                left = csr_array((m * m, where.start))
                right = csr_array((m * m, unknowns - where.stop))
                total = total + hstack([left, part, right], format="csr")
            return total

        real = gather("real")
        if terms[0][2].imaginary is None:
            return Inequality(real, m, one * np.eye(m).ravel() if one else None)
        return Inequality(
            _embedded(real, gather("imaginary"), m),
            2 * m,
            one * np.eye(2 * m).ravel() if one else None,
        )

    def lift(self, multiplier: NDArray[np.float64], side: int) -> Matrix:
        """``V Z V^T`` (side, side) of a multiplier Z of the inequality."""
        m = self.columns.shape[1]
        z: Matrix = multiplier
        if len(z) == 2 * m:
            z = z[:m, :m] + z[m:, m:] + 1j * (z[m:, :m] - z[:m, m:])
        result = np.zeros((side, side), dtype=z.dtype)
        result[np.ix_(self.at, self.at)] = self.columns @ z @ self.columns.T
        return result


def _embedded(real: Any, imaginary: Any, m: int) -> Any:
    """Rows of ``[[R, -I], [I, R]]`` (2m, 2m) from the rows of R and I."""
    where = np.arange(4 * m * m).reshape(2 * m, 2 * m)
    total = None
    for part, sign, rows, columns in (
        (real, 1.0, 0, 0),
        (real, 1.0, m, m),
        (imaginary, 1.0, m, 0),
        (imaginary, -1.0, 0, m),
    ):
        target = where[rows : rows + m, columns : columns + m].ravel()
        placed = csr_array((np.ones(m * m), (target, np.arange(m * m))), shape=(4 * m * m, m * m))
        total = sign * (placed @ part) + (0 if total is None else total)
    return csr_array(total)


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
