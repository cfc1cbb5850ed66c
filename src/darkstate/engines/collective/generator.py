"""The generator on blocks: an ordinary Lindblad equation on the Hilbert space of blocks.

A process on every atom of an ensemble acts like three collective jumps (`states.dicke`), so that

    L rho = -i [H, rho] + sum_k C_k rho C_k† - {C_k† C_k, rho}/2

with matrices C_k on the members, the three of one local process among them. On the entries that
the blocks allow this is one sparse matrix, real wherever H and the jumps leave it real; each
number of the state feels a few tens of others, whatever the number of atoms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.collective.basis import Blocks, Part
from darkstate.engines.compile import centred_hamiltonian, without_constants
from darkstate.engines.propagation import Motion
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Space, Word

Flat = NDArray[Any]
Entries = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]
"""Values, rows and columns of entries of L."""

_BATCH = 2**22
"""Entries that are collected before they are summed."""
_ONE_ATOM = {
    "+": np.array([[0.0, 0.0], [1.0, 0.0]]),
    "-": np.array([[0.0, 1.0], [0.0, 0.0]]),
    "z": np.diag([-0.5, 0.5]),
    "": np.eye(2),
}


@dataclass(frozen=True, eq=False)
class Generator:
    """H and the jumps as matrices on the members, and L as one on the entries.

    Args:
        blocks: members and blocks.
        hamiltonian: (D, D), with what constants in the jumps add to it.
        jumps: ``sqrt(rate) C_k``, (D, D) each.
        local: the ensembles on whose atoms a process acts one by one.
    """

    blocks: Blocks
    hamiltonian: sp.csr_array
    jumps: tuple[sp.csr_array, ...]
    local: frozenset[Space] = frozenset()

    @cached_property
    def effective(self) -> sp.csr_array:
        """``-i H - sum C†C / 2``: the evolution of kets without jumps."""
        total = -1j * self.hamiltonian
        for c in self.jumps:
            total = total - 0.5 * (c.conj().T @ c)
        return _real_if_possible(sp.csr_array(total))

    @cached_property
    def matrix(self) -> sp.csr_array:
        """L on flattened states."""
        return self._assembled(lambda part: part)

    def magnitude(self) -> sp.csr_array:
        """The same with the moduli of all that is added up: what rounding is measured by."""
        return self._assembled(abs)

    def _assembled(self, taken: Callable[[sp.csr_array], sp.csr_array]) -> sp.csr_array:
        kets, bras = self.blocks.entries
        one = sp.csr_array(sp.eye_array(self.blocks.dimension))
        effective, jumps = taken(self.effective), [taken(c) for c in self.jumps]
        pairs = [(effective, one), (one, effective), *((c, c) for c in jumps)]
        count = self.blocks.numbers
        total, waiting = sp.csr_array((count, count)), []
        for left, right in pairs:
            waiting += _sandwich(self.blocks, left, right, kets, bras)
            if sum(len(values) for values, _, _ in waiting) > max(_BATCH, 4 * count):
                total, waiting = total + _collected(waiting, count), []
        return _real_if_possible(sp.csr_array(total + _collected(waiting, count)))

    @property
    def real(self) -> bool:
        """Whether L is real."""
        return self.matrix.dtype.kind == "f"

    @property
    def dtype(self) -> Any:
        """Type of the numbers in a flattened state that this generator evolves."""
        return self.matrix.dtype

    def apply(self, flat: Flat) -> Flat:
        """``L rho``."""
        return self.matrix @ flat

    @property
    def motion(self) -> Motion:
        """The generator as the propagators see it."""
        return Motion(
            self.apply, self.trace, self.rate, self.blocks.numbers, lambda: self.matrix,
            self.blocks.diagonal,
        )  # fmt: skip

    @cached_property
    def rate(self) -> float:
        """Largest rate: twice the largest row sum of ``|E|``."""
        return max(2.0 * float(abs(self.effective).sum(axis=1).max()), 1e-300)

    def trace(self, flat: Flat) -> complex:
        """Trace of a flattened matrix."""
        return flat[self.blocks.diagonal].sum()

    def identity(self) -> Flat:
        """The identity on the members, flattened."""
        flat = np.zeros(self.blocks.numbers)
        flat[self.blocks.diagonal] = 1.0
        return flat

    @cached_property
    def swap(self) -> NDArray[np.int64]:
        """Where the entry (bra, ket) of each entry (ket, bra) stands."""
        kets, bras = self.blocks.entries
        return self.blocks.position(bras, kets)

    def hermitian(self, flat: Flat) -> Flat:
        """Hermitian part."""
        return 0.5 * (flat + flat[self.swap].conj())


def generator_of(system: OpenSystem, blocks: Blocks) -> Generator:
    """The generator of a system on these blocks."""
    system = without_constants(system)
    members = np.split(blocks.order, np.cumsum(blocks.sizes)[:-1])
    hamiltonian = centred_hamiltonian(
        system.hamiltonian, lambda operator: _operator(operator, blocks.parts), members
    )
    jumps: list[sp.csr_array] = []
    for jump in system.jumps:
        if jump.rate and jump.each_atom:
            shift, found = _local_jumps(jump, blocks.parts)
            hamiltonian = sp.csr_array(hamiltonian + shift)
            jumps += found
        elif jump.rate:
            jumps.append(np.sqrt(jump.rate) * _operator(jump.operator, blocks.parts))
    kept = tuple(_real_if_possible(c) for c in jumps if c.nnz)
    local = frozenset(j.operator.spaces[0] for j in system.jumps if j.each_atom and j.rate)
    return Generator(blocks, hamiltonian, kept, local)


def _operator(operator: OperatorSum, parts: Sequence[Part]) -> sp.csr_array:
    """A collective operator on the members."""
    size = int(np.prod([part.dimension for part in parts]))
    total = sp.csr_array((size, size), dtype=complex)
    for product, coefficient in operator:
        words = dict(product)
        factors = [part.word(words[part.space]) if part.space in words else None for part in parts]
        total = total + coefficient * _kron(parts, factors)
    result = sp.csr_array(total)
    result.eliminate_zeros()
    return result


def _kron(parts: Sequence[Part], factors: Sequence[sp.csr_array | None]) -> sp.csr_array:
    result = sp.csr_array(np.ones((1, 1)))
    for part, factor in zip(parts, factors, strict=True):
        local = sp.eye_array(part.dimension) if factor is None else factor
        result = sp.kron(result, local, format="csr")
    return sp.csr_array(result)


def total_spin(parts: Sequence[Part]) -> sp.csr_array:
    """``(S_1 + S_2 + ...)^2`` of all ensembles, on the members."""
    sums: dict[str, Any] = {}
    for letter in "+-z":
        sums[letter] = sum(
            _at(parts, k, part.dicke.letter(letter)) for k, part in enumerate(parts) if part.dicke
        )
    return sp.csr_array(sums["+"] @ sums["-"] + sums["z"] @ sums["z"] - sums["z"])


def single_atom(operator: OperatorSum) -> dict[Word, complex]:
    """Coefficients of ``s+, s-, sz/2`` and 1 (the empty word) of a single-atom operator."""
    matrix = np.zeros((2, 2), dtype=complex)
    for product, coefficient in operator:
        one = np.eye(2, dtype=complex)
        for letter in product[0][1] if product else "":
            one = one @ _ONE_ATOM[letter]
        matrix += coefficient * one
    found = {
        "+": matrix[1, 0],
        "-": matrix[0, 1],
        "z": matrix[1, 1] - matrix[0, 0],
        "": 0.5 * np.trace(matrix),
    }
    largest = max(abs(c) for c in found.values())
    return {word: complex(c) for word, c in found.items() if abs(c) > 1e-15 * largest}


def _local_jumps(jump: Jump, parts: Sequence[Part]) -> tuple[sp.csr_array, list[sp.csr_array]]:
    """The three collective jumps of a process on every atom, and its part of the Hamiltonian.

    A constant in the jump, ``D[c + a] = D[c] - i [(i/2)(a* c - a c†), .]``, is a Hamiltonian.
    """
    where = next(k for k, part in enumerate(parts) if part.space == jump.operator.spaces[0])
    dicke = parts[where].dicke
    assert dicke is not None
    weights = single_atom(jump.operator)
    constant = weights.pop("", 0.0)
    size = dicke.dimension
    collective = sp.csr_array((size, size), dtype=complex)
    for letter, c in weights.items():
        collective = collective + c * dicke.letter(letter)
    shift = 0.5j * jump.rate * np.conj(constant) * collective
    shift = sp.csr_array(shift + shift.conj().T)
    found = []
    for change in (-1, 0, 1):
        local = sp.csr_array((size, size), dtype=complex)
        for letter, c in weights.items():
            local = local + np.sqrt(jump.rate) * c * dicke.atom_jump(letter, change)
        if local.nnz:
            found.append(_at(parts, where, sp.csr_array(local)))
    return _at(parts, where, shift), found


def _at(parts: Sequence[Part], where: int, local: sp.csr_array) -> sp.csr_array:
    return _kron(parts, [local if k == where else None for k in range(len(parts))])


def _real_if_possible(matrix: sp.csr_array) -> sp.csr_array:
    matrix.eliminate_zeros()
    if matrix.dtype.kind == "c" and not np.any(np.imag(matrix.data)):
        return sp.csr_array(matrix.real)
    return matrix


def _sandwich(
    blocks: Blocks,
    left: sp.csr_array,
    right: sp.csr_array,
    kets: NDArray[np.int64],
    bras: NDArray[np.int64],
) -> list[Entries]:
    """``rho -> A rho B†`` on the entries; what leads out of the blocks does not occur."""
    found = []
    for ket_to, a in _columns(left):
        for bra_to, b in _columns(right):
            values = a[kets] * b[bras].conj()
            moved = np.flatnonzero(values)
            target = blocks.position(ket_to[kets[moved]], bra_to[bras[moved]])
            inside = target >= 0
            found.append((values[moved[inside]], target[inside], moved[inside]))
    return found


def _collected(entries: Sequence[Entries], count: int) -> sp.csr_array:
    """The sum of the entries as a matrix."""
    if not entries:
        return sp.csr_array((count, count))
    values, rows, columns = (np.concatenate(part) for part in zip(*entries, strict=True))
    return sp.csr_array(sp.coo_array((values, (rows, columns)), shape=(count, count)))


def _columns(matrix: sp.csr_array) -> list[tuple[NDArray[np.int64], NDArray[Any]]]:
    """A sparse matrix as a sum of matrices with one entry per column: targets and values."""
    by_column = sp.csc_array(matrix)
    counts = np.diff(by_column.indptr)
    found = []
    for k in range(int(counts.max(initial=0))):
        has = counts > k
        place = by_column.indptr[:-1][has] + k
        target = np.zeros(len(counts), dtype=np.int64)
        values = np.zeros(len(counts), dtype=by_column.dtype)
        target[has], values[has] = by_column.indices[place], by_column.data[place]
        found.append((target, values))
    return found
