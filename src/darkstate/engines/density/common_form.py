"""Systems of one form: the generator compiled once, filled with the coefficients of each.

L is linear in the coefficients of the terms of H and bilinear in those of the jumps,

    L = sum_t h_t (-i)[P_t, .] + sum_k sum_uv rate_k a_ku a_kv* (A_u . A_v† - {A_v† A_u, .}/2),

so that the products P_t and A_u decide where the entries of L are, and with which weights the
coefficients add up to them. That is found once for all systems whose terms are the same; their
numbers then follow by one sparse product, in the real coordinates of `real_form.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.compile import basis_matrix
from darkstate.engines.density.gauge import turned_by
from darkstate.engines.density.generator import sandwich
from darkstate.engines.density.real_form import ROUNDING, real_entries
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum, Product

Sides = list[tuple[float | complex, sp.csr_array, sp.csr_array]]
"""A map ``rho -> sum w A rho B†``, given by w, A and B."""


def form_of(system: OpenSystem) -> tuple[Any, ...]:
    """What systems of one form have in common: their spaces, and the products in every term."""
    jumps = [
        (jump.name, jump.each_atom, frozenset(jump.operator.terms))
        for jump in system.jumps
        if jump.rate
    ]
    return system.spaces, frozenset(system.hamiltonian.terms), tuple(jumps)


@dataclass(frozen=True, eq=False)
class Filled:
    """The generators of B systems.

    Args:
        values: (B, E), the entries of L in real coordinates.
        magnitudes: (B, E), the moduli of all that adds up to them.
        scales: (B,) norms of L.
    """

    values: NDArray[np.float64]
    magnitudes: NDArray[np.float64]
    scales: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CommonForm:
    """Where the entries of L are, and what the coefficients add to them.

    Args:
        blocks: basis states, with phases that make L real if it can be.
        products: of H.
        letters: the products of each jump.
        rows: (E,) of the entries in real coordinates.
        columns: (E,) of the entries.
        weights: (E, 2 T), what real and imaginary parts of the T coefficients add to an entry.
        moduli: (E, T), what their moduli add to its magnitude.
        effective: (T, D, D), ``-i H - sum c†c / 2`` on the basis states.
    """

    blocks: Blocks
    products: list[Product]
    letters: list[list[Product]]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: sp.csr_array
    moduli: sp.csr_array
    effective: NDArray[np.complex128]

    @classmethod
    def of(cls, system: OpenSystem, blocks: Blocks) -> CommonForm:
        """The structure of a system, and of all others of its form, on these blocks."""
        products = list(system.hamiltonian.terms)
        letters = [list(jump.operator.terms) for jump in system.jumps if jump.rate]
        maps = list(_maps(products, letters, blocks))
        found = [_entries(blocks, sides, number) for number, (_, sides) in enumerate(maps)]
        value, row, column, number = (np.concatenate(part) for part in zip(*found, strict=True))
        shape = (blocks.numbers, blocks.numbers)
        weights, rows, columns, which = real_entries(row, column, blocks.swap)
        value = weights * value[which]
        places, entry = np.unique(rows.astype(np.int64) * shape[1] + columns, return_inverse=True)
        moduli = _table(np.abs(value), entry, number[which], (len(places), len(maps)))
        parts = []
        for turn, data in enumerate((np.real(value), -np.imag(value))):
            kept = data != 0.0
            parts.append((data[kept], entry[kept], 2 * number[which[kept]] + turn))
        data, entry, which = (np.concatenate(part) for part in zip(*parts, strict=True))
        weights = _table(data, entry, which, (len(places), 2 * len(maps)))
        rows, columns = np.divmod(places, shape[1])
        effective = np.array([E.toarray() for E, _ in maps])
        return cls(blocks, products, letters, rows, columns, weights, moduli, effective)

    def filled(self, systems: Sequence[OpenSystem]) -> Filled:
        """The generators of systems of this form."""
        z = np.array([self._coefficients(system) for system in systems], dtype=np.complex128)
        parts = np.stack([z.real, z.imag], axis=2).reshape(len(z), -1)
        values = np.ascontiguousarray((self.weights @ parts.T).T)
        magnitudes = np.ascontiguousarray((self.moduli @ np.abs(z).T).T)
        values[np.abs(values) <= ROUNDING * magnitudes] = 0.0
        return Filled(values, magnitudes, self._scales(z))

    def matrices(self, values: NDArray[np.float64], part: NDArray[np.intp]) -> NDArray[np.float64]:
        """(B, m, m) matrices of the entries (B, E) whose rows and columns lie in a part."""
        place = np.full(self.blocks.numbers, -1)
        place[part] = np.arange(len(part))
        rows, columns = place[self.rows], place[self.columns]
        inside = (rows >= 0) & (columns >= 0)
        result = np.zeros((len(values), len(part), len(part)))
        result[:, rows[inside], columns[inside]] = values[:, inside]
        return result

    def pattern(self, values: NDArray[np.float64]) -> sp.csr_array:
        """Which entries are not zero in any of the systems."""
        used = np.any(values != 0.0, axis=0)
        place, shape = (self.rows[used], self.columns[used]), (self.blocks.numbers,) * 2
        return sp.csr_array(sp.coo_array((np.ones(int(used.sum())), place), shape=shape))

    def _coefficients(self, system: OpenSystem) -> list[complex]:
        """In front of the maps, in their order."""
        found = [complex(system.hamiltonian.terms[product]) for product in self.products]
        kept = [jump for jump in system.jumps if jump.rate]
        for jump, letters in zip(kept, self.letters, strict=True):
            a = [complex(jump.operator.terms[letter]) for letter in letters]
            found += [jump.rate * u * v.conjugate() for u in a for v in a]
        return found

    def _scales(self, z: NDArray[np.complex128]) -> NDArray[np.float64]:
        """Bounds of the norms of L, as `Generator.scale`: without the middle of each block."""
        E = np.tensordot(z, self.effective, axes=1)
        diagonal = np.einsum("bii->bi", E)
        for block in self.blocks.members:
            energies = diagonal[:, block].imag
            middle = 0.5 * (energies.min(axis=1) + energies.max(axis=1))
            diagonal[:, block] -= 1j * middle[:, None]
        return 4.0 * np.abs(E).sum(axis=2).max(axis=1)


def _maps(
    products: Sequence[Product], letters: Sequence[Sequence[Product]], blocks: Blocks
) -> Iterator[tuple[sp.csr_array, Sides]]:
    """What each coefficient multiplies: its part of ``-i H - sum c†c / 2``, and of L."""
    one = sp.csr_array(sp.eye_array(blocks.dimension))

    def matrix(product: Product) -> sp.csr_array:
        found = basis_matrix(OperatorSum({product: 1.0}), blocks)
        return found if blocks.phases is None else turned_by(found, blocks.phases)

    for product in products:
        P = matrix(product)
        dagger = sp.csr_array(P.conj().T)
        yield sp.csr_array(-1j * P), [(-1j, P, one), (1j, one, dagger)]
    for each in letters:
        jumps = [matrix(product) for product in each]
        for A in jumps:
            for B in jumps:
                damped = sp.csr_array(B.conj().T @ A)
                dagger = sp.csr_array(damped.conj().T)
                sides: Sides = [(1.0, A, B), (-0.5, damped, one), (-0.5, one, dagger)]
                yield sp.csr_array(-0.5 * damped), sides


def _entries(blocks: Blocks, sides: Sides, number: int) -> tuple[NDArray[Any], ...]:
    """Values, rows, columns of a map on flattened states, and its number for each."""
    found = [(np.zeros(0, complex), np.zeros(0, int), np.zeros(0, int))]
    rows = blocks.upper
    pairs = tuple(part[rows] for part in blocks.entries)
    for weight, left, right in sides:
        pieces = sandwich(blocks, left, right, pairs)
        found += [(weight * values, rows[which], columns) for values, columns, which in pieces]
    value, row, column = (np.concatenate(part) for part in zip(*found, strict=True))
    return value, row, column, np.full(len(value), number)


def _table(
    data: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]
) -> sp.csr_array:
    return sp.csr_array(sp.coo_array((data, (rows, columns)), shape=shape))
