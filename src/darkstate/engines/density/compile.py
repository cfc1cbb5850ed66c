"""From an OpenSystem to matrices on sorted basis states.

A process on every atom of an ensemble acts like three collective jumps (`darkstate.states.dicke`),
so that in every basis

    L rho = -i [H, rho] + sum_k C_k rho C_k† - {C_k† C_k, rho}/2.

Each C_k keeps the name of the jump that it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines import truncation
from darkstate.engines.compile import (
    centred,
    energies_and_rest,
    middle_energies,
    without_constants,
)
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.factors import Factor, product_factors
from darkstate.engines.density.generator import Channel, Generator
from darkstate.engines.truncation import Cutoff
from darkstate.errors import EngineMismatchError
from darkstate.linalg.joins import cut
from darkstate.states.matrices import (
    Entries,
    operator_entries,
    operator_matrix,
    product_entries,
    stacked_entries,
)
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.single_atoms import atom_matrix
from darkstate.systems.spaces import Space, Word

_FEW = 2**16
"""Entries of an operator that need not be added up."""


def dimensions(system: OpenSystem, cutoff: Cutoff) -> tuple[int, ...]:
    """Dimension of every space; modes get the Fock states given, or those that growing starts from.

    Raises:
        EngineMismatchError: a jump acts atom by atom, which no symmetric subspace can hold.
        ArgumentError: a cut-off for what is no mode.
    """
    for jump in system.jumps:
        if jump.each_atom and jump.rate:
            raise EngineMismatchError(
                f"The jump {jump.name or jump.operator} acts on each atom of an ensemble, which "
                "leaves the symmetric subspace. Use collective jumps, or qubits for few atoms."
            )
    return truncation.dimensions(system, truncation.first_cutoffs(system, cutoff))


def product_blocks(system: OpenSystem, dims: Sequence[int], *, charged: bool = True) -> Blocks:
    """The blocks of a system with every space in its own basis, before anything large is made."""
    return Blocks.of(without_constants(system), product_factors(system, dims), charged=charged)


def compiled(system: OpenSystem, blocks: Blocks) -> Generator:
    """The generator of a system on these blocks."""
    system = without_constants(system)

    energies, rest = energies_and_rest(
        system.hamiltonian, lambda product: _levels(product, blocks), blocks.dimension
    )
    own = None if energies is None else centred(energies, blocks.members)
    jumps, dicke = [jump for jump in system.jumps if jump.rate], _dicke(blocks)
    terms = len(rest) + sum(len(jump.operator) for jump in jumps)
    make = _one_by_one if dicke or terms * blocks.dimension > _FEW else _together
    hamiltonian, channels = make(rest, own, jumps, blocks)
    middle = None
    if not dicke and len(blocks.sizes) > 1:
        middle = middle_energies(energies, blocks.members, blocks.charges)
    return Generator(blocks, hamiltonian, tuple(c for c in channels if c.matrix.nnz), middle)


def _levels(product: Product, blocks: Blocks) -> NDArray[Any]:
    """The diagonal (D,) of a product."""
    if not _dicke(blocks):
        found = np.zeros(blocks.dimension, dtype=complex)
        rows, _, values = product_entries(product, _spaces(blocks), blocks.dimensions)
        found[rows] = values
        return found
    words, found = dict(product), np.ones(1)
    for factor in blocks.factors:
        own = words.get(factor.space)
        local = np.ones(factor.dimension) if own is None else factor.word(own).diagonal()
        found = np.multiply.outer(found, local).ravel()
    return found


def _one_by_one(
    rest: OperatorSum, energies: NDArray[np.float64] | None, jumps: Sequence[Jump], blocks: Blocks
) -> tuple[sp.csr_array, list[Channel]]:
    """H and the jumps as matrices."""
    hamiltonian, channels = basis_matrix(rest, blocks), []
    if energies is not None:
        hamiltonian = sp.csr_array(hamiltonian + sp.diags_array(energies))
    for jump in jumps:
        if jump.each_atom:
            shift, found = _local_jumps(jump, blocks.factors)
            hamiltonian = sp.csr_array(hamiltonian + shift)
            channels += [Channel(jump.name, c) for c in found]
        else:
            matrix = np.sqrt(jump.rate) * basis_matrix(jump.operator, blocks)
            channels.append(Channel(jump.name, matrix))
    return hamiltonian, channels


def _together(
    rest: OperatorSum, energies: NDArray[np.float64] | None, jumps: Sequence[Jump], blocks: Blocks
) -> tuple[sp.csr_array, list[Channel]]:
    """The same of few entries, where calls would take the time."""
    size, operators = blocks.dimension, [rest, *(jump.operator for jump in jumps)]
    rows, columns, values = stacked_entries(operators, _spaces(blocks), blocks.dimensions)
    if energies is not None:
        some = np.flatnonzero(energies)
        rows, columns = np.append(rows, some), np.append(columns, some)
        values = np.append(values, energies[some])
    shape = (len(operators) * size, size)
    hamiltonian, *made = cut(sp.csr_array(sp.coo_array((values, (rows, columns)), shape)), size)
    for jump, matrix in zip(jumps, made, strict=True):
        matrix.data *= np.sqrt(jump.rate)
    named = zip(jumps, made, strict=True)
    return hamiltonian, [Channel(jump.name, matrix) for jump, matrix in named]


def _spaces(blocks: Blocks) -> tuple[Space, ...]:
    return tuple(factor.space for factor in blocks.factors)


def _dicke(blocks: Blocks) -> bool:
    """Whether there is an ensemble in a Dicke basis."""
    return any(factor.dicke for factor in blocks.factors)


def basis_matrix(operator: OperatorSum, blocks: Blocks) -> sp.csr_array:
    """An operator on the basis states."""
    if _dicke(blocks):
        return _operator(operator, blocks.factors)
    return operator_matrix(operator, _spaces(blocks), blocks.dimensions)


def basis_entries(operator: OperatorSum, blocks: Blocks) -> Entries:
    """Rows, columns and values of the same; entries may be in several parts."""
    if len(operator) * blocks.dimension > _FEW or _dicke(blocks):
        matrix = basis_matrix(operator, blocks).tocoo()
        return matrix.row, matrix.col, matrix.data
    return operator_entries(operator, _spaces(blocks), blocks.dimensions)


def _operator(operator: OperatorSum, factors: Sequence[Factor]) -> sp.csr_array:
    """A collective operator on the basis states."""
    size = int(np.prod([factor.dimension for factor in factors]))
    total = sp.csr_array((size, size), dtype=complex)
    for product, coefficient in operator:
        words = dict(product)
        local = [f.word(words[f.space]) if f.space in words else None for f in factors]
        total = total + coefficient * _kron(factors, local)
    result = sp.csr_array(total)
    result.eliminate_zeros()
    return result


def _kron(factors: Sequence[Factor], local: Sequence[sp.csr_array | None]) -> sp.csr_array:
    result = sp.csr_array(np.ones((1, 1)))
    for factor, matrix in zip(factors, local, strict=True):
        one = sp.eye_array(factor.dimension) if matrix is None else matrix
        result = sp.kron(result, one, format="csr")
    return sp.csr_array(result)


def embedded(factors: Sequence[Factor], where: int, local: sp.csr_array) -> sp.csr_array:
    """The matrix of one factor on the basis states of all."""
    return _kron(factors, [local if k == where else None for k in range(len(factors))])


def _atom_letters(operator: OperatorSum) -> tuple[dict[Word, complex], complex]:
    """Coefficients of ``s+, s-, sz/2`` in a single-atom operator, and its constant."""
    matrix = atom_matrix(operator)
    letters = {"+": matrix[0, 1], "-": matrix[1, 0], "z": matrix[0, 0] - matrix[1, 1]}
    constant = complex(0.5 * np.trace(matrix))
    least = 1e-15 * max(abs(constant), *(abs(c) for c in letters.values()))
    return {word: complex(c) for word, c in letters.items() if abs(c) > least}, constant


def _local_jumps(jump: Jump, factors: Sequence[Factor]) -> tuple[sp.csr_array, list[sp.csr_array]]:
    """The three collective jumps of a process on every atom, and its part of the Hamiltonian.

    A constant in the jump, ``D[c + a] = D[c] - i [(i/2)(a* c - a c†), .]``, is a Hamiltonian.
    """
    where = next(k for k, f in enumerate(factors) if f.space == jump.operator.spaces[0])
    dicke = factors[where].dicke
    assert dicke is not None
    weights, constant = _atom_letters(jump.operator)
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
            found.append(embedded(factors, where, sp.csr_array(local)))
    return embedded(factors, where, shift), found
