"""Sparse matrices of operators, in the basis of the dense states.

An `OperatorSum` is a sum of products of local words, normally ordered (see
`darkstate.systems.spaces`). Its matrix is the sum of Kronecker products of the words' matrices
(`darkstate.systems.local_matrices`).

A cutoff projects, it does not distort: because words are normally ordered, every entry between kept
Fock states is the exact one. (A product of truncated matrices is not: ``a a†`` written as
``a† a + 1`` has the entry ``cutoff`` in its last corner here, where multiplying truncated matrices
gives 0.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.checks import check_instance
from darkstate.errors import ArgumentError
from darkstate.states.subsystems import check_vector_fits, complex_array, positions
from darkstate.systems.local_matrices import Dimensions, local_entries, space_dimensions
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Space, Word

Observable = OperatorSum | Any
"""An OperatorSum, or a dense or sparse matrix."""

Entries = tuple[Any, Any, Any]
"""Rows, columns and values of the nonzero entries of a matrix."""

_IDLE: Entries = (None, None, None)  # the identity, of any size
_BATCH = 2**22  # entries that are collected before they are summed
_KEPT_STATES = 256  # basis states up to which entries of products are kept: 8 MB at most


def operator_matrix(
    operator: OperatorSum, spaces: Sequence[Space], dimensions: Dimensions = None
) -> sp.csr_array:
    """The matrix of an operator on the tensor product of `spaces`, first space most significant.

    Args:
        operator: the operator.
        spaces: the local spaces in tensor order; those on which it does not act count too.
        dimensions: Fock cutoffs by label, or one number per space; not needed without modes.

    Returns:
        Sparse complex (D, D), ``sum_terms c * W_1 x W_2 x ...``; entries between kept Fock states
        are exact.

    Raises:
        ArgumentError: a space of the operator is missing, or a cutoff is.
        CapacityError: D is beyond what a state vector may have.
    """
    sizes = _checked_sizes(operator, spaces, dimensions)
    size = prod(sizes)
    total: sp.csr_array | None = None
    waiting: list[Entries] = []
    held = 0
    for product, coefficient in operator:
        rows, columns, values = _entries(dict(product), spaces, sizes)
        waiting.append((rows, columns, coefficient * values))
        held += len(rows)
        if held > _BATCH:
            more = _sum_entries(waiting, size)
            total, waiting, held = more if total is None else total + more, [], 0
    rest = _sum_entries(waiting, size)
    return rest if total is None else sp.csr_array(total + rest)


def operator_entries(
    operator: OperatorSum, spaces: Sequence[Space], dimensions: Dimensions = None
) -> Entries:
    """Rows, columns and values of the same, term by term: what stands in one place adds up."""
    sizes = _checked_sizes(operator, spaces, dimensions)
    found = [_entries(dict(product), spaces, sizes) for product, _ in operator]
    if not found:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0)
    scaled = [(r, c, x * values) for (r, c, values), (_, x) in zip(found, operator, strict=True)]
    rows, columns, values = (np.concatenate(part) for part in zip(*scaled, strict=True))
    return rows, columns, values


def stacked_entries(
    operators: Sequence[OperatorSum], spaces: tuple[Space, ...], sizes: tuple[int, ...]
) -> Entries:
    """Rows, columns and values of several operators, one matrix below the other.

    Every space on which they act is one of `spaces`.
    """
    size, found = prod(sizes), [(np.zeros(0, int), np.zeros(0, int), np.zeros(0, complex))]
    for number, operator in enumerate(operators):
        for product, c in operator:
            rows, columns, values = product_entries(product, spaces, sizes)
            found.append((rows + number * size, columns, c * values))
    rows, columns, values = (np.concatenate(part) for part in zip(*found, strict=True))
    return rows, columns, values


def product_entries(product: Product, spaces: tuple[Space, ...], sizes: tuple[int, ...]) -> Entries:
    """Rows, columns and values of a product of words; of few basis states they are kept.

    Every space on which it acts is one of `spaces`.
    """
    if prod(sizes) <= _KEPT_STATES:
        return _kept_entries(product, spaces, sizes)
    return _entries(dict(product), spaces, sizes)


@lru_cache(maxsize=1024)
def _kept_entries(product: Product, spaces: tuple[Space, ...], sizes: tuple[int, ...]) -> Entries:
    found = _entries(dict(product), spaces, sizes)
    for part in found:  # all who ask are given the same arrays
        part.setflags(write=False)
    return found


def _checked_sizes(
    operator: OperatorSum, spaces: Sequence[Space], dimensions: Dimensions
) -> tuple[int, ...]:
    remedy = "Build it from sigma_x, destroy and the like."
    check_instance("operator", operator, OperatorSum, remedy)
    sizes = space_dimensions(spaces, dimensions)
    check_vector_fits(sizes)
    for space in operator.spaces:
        if space not in spaces:
            remedy = "Add it to `spaces`, with the same kind and size."
            raise ArgumentError("spaces", f"hold {space!r}, on which it acts", list(spaces), remedy)
    return sizes


def small_matrices(
    operators: Sequence[OperatorSum], spaces: Sequence[Space], sizes: Sequence[int]
) -> NDArray[np.complex128]:
    """The same for few basis states, as dense arrays (K, D, D): calls of NumPy would take the time.

    Every space on which an operator acts is one of `spaces`.
    """
    size = prod(sizes)
    strides = [prod(sizes[k + 1 :]) for k in range(len(sizes))]
    places: list[int] = []
    values: list[complex] = []
    for number, operator in enumerate(operators):
        for product, coefficient in operator:
            words, idle, entries = dict(product), [0], [(number * size, 0, coefficient)]
            for space, n, step in zip(spaces, sizes, strides, strict=True):
                if space in words:
                    local = _listed_entries(space, words[space], n)
                    entries = [
                        (r + i * step, c + j * step, v * w)
                        for r, c, v in entries
                        for i, j, w in local
                    ]
                else:
                    idle = [k + j * step for k in idle for j in range(n)]
            places += [r * size + c + k * (size + 1) for r, c, _ in entries for k in idle]
            values += [v for _, _, v in entries for _ in idle]
    found = np.zeros(len(operators) * size**2, dtype=complex)
    np.add.at(found, places, values)
    return found.reshape(-1, size, size)


@lru_cache(maxsize=1024)
def _listed_entries(space: Space, word: Word, size: int) -> list[tuple[int, int, complex]]:
    """Row, column and value of every entry of a word."""
    return list(zip(*(each.tolist() for each in local_entries(space, word, size)), strict=True))


def mean_value(value: complex, operator: OperatorSum | sp.csr_array) -> complex:
    """The mean of an operator: a float if it is Hermitian, whose imaginary part is rounding."""
    if isinstance(operator, OperatorSum):
        return value.real if operator.is_hermitian() else value
    size = abs(operator)
    skew = abs(operator - operator.conj().T) - 1e-12 * size  # entry by entry: weak ones count, too
    return value.real if skew.max() <= 16 * np.finfo(float).eps * size.max() else value


def _sum_entries(entries: Sequence[Entries], size: int) -> sp.csr_array:
    """The sum of matrices given by their entries."""
    if not entries:
        return sp.csr_array((size, size), dtype=complex)
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    return sp.csr_array(sp.coo_array((values, (rows, columns)), shape=(size, size)))


def _entries(words: Mapping[Space, Word], spaces: Sequence[Space], sizes: Sequence[int]) -> Entries:
    """Rows, columns and values of ``W_1 x W_2 x ...``; runs of identities are one factor."""
    factors: list[tuple[int, Entries]] = []
    for space, size in zip(spaces, sizes, strict=True):
        if space in words:
            factors.append((size, local_entries(space, words[space], size)))
        elif factors and factors[-1][1] is _IDLE:
            factors[-1] = (factors[-1][0] * size, _IDLE)
        else:
            factors.append((size, _IDLE))
    found: Entries | None = None
    for size, factor in factors:
        one = np.arange(size)
        r, c, v = (one, one, np.ones(size, dtype=complex)) if factor is _IDLE else factor
        if found is None:
            found = r.astype(np.int64), c.astype(np.int64), v
            continue
        rows, columns, values = (part[:, None] for part in found)
        found = (size * rows + r).ravel(), (size * columns + c).ravel(), (values * v).ravel()
    return found or (np.zeros(1, int), np.zeros(1, int), np.ones(1, dtype=complex))


def observable_matrix(
    operator: Observable,
    labels: str | Sequence[str] | None,
    known: Sequence[str],
    dimensions: Sequence[int],
) -> tuple[tuple[str, ...], sp.csr_array]:
    """Where an observable acts among the `known` subsystems, and its matrix there.

    Raises:
        ArgumentError: see `DensityState.expectation`.
    """
    size_of = dict(zip(known, dimensions, strict=True))
    if not isinstance(operator, OperatorSum):
        where = tuple(known[k] for k in positions(known if labels is None else labels, known))
        size = prod(size_of[label] for label in where)
        remedy = f"A matrix on {where} is {size} x {size}; name `labels` if it acts on fewer."
        return where, sp.csr_array(complex_array("operator", operator, (size, size), remedy))
    if labels is not None:
        remedy = "Leave `labels` out: an OperatorSum names its own subsystems."
        raise ArgumentError("labels", "be left out for an OperatorSum", labels, remedy)
    spaces = operator.spaces
    where = tuple(space.label for space in spaces)
    if not where:  # a multiple of the identity
        number = sum(c for _, c in operator)
        return (known[0],), sp.csr_array(number * np.eye(dimensions[0]))
    positions(where, known)
    sizes = [size_of[label] for label in where]
    return where, operator_matrix(operator, spaces, sizes)
