"""From a matrix back to a sum of products of local operators.

The words of a space are a basis of its matrices: on each diagonal ``m - n = s`` of a d-dimensional
space there are d - |s| entries and as many words,

    Mode          ``a†^(k+s) a^k``   entries ``sqrt(n! m!)/(n-k)!``: zero for n < k (triangular)
    Qubit, Spin   ``S+^s Sz^k``      entries ``<m|S+^s|n> z_n^k``: a Vandermonde system
    Levels        ``|m><n|``         one entry each

(for s < 0 with ``a^|s|`` or ``S-^|s|``). Solving these small systems for one space after the other
turns the D x D entries into the D^2 coefficients of an `OperatorSum`; it is the inverse of
`darkstate.states.matrices.operator_matrix`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_sequence
from darkstate.errors import ArgumentError, CapacityError
from darkstate.systems.fields import as_complex
from darkstate.systems.local_matrices import Dimensions, local_matrix, space_dimensions
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Levels, Mode, Space, Word

Matrix = NDArray[Any]
MAX_SIZE = 4096
"""Largest Hilbert space of a matrix that is taken apart."""

ROUNDING = 1e-13
"""Terms whose matrix is smaller than this, relative to the largest entry, count as rounding."""


def matrix_operator(
    spaces: Space | Sequence[Space], matrix: Any, dimensions: Dimensions = None
) -> OperatorSum:
    """The operator that has this matrix on a space, or on the product of several.

    Args:
        spaces: one space, or several in the order of the tensor product, first most significant.
        matrix: (D, D), dense or sparse; basis states as in `darkstate.systems.local_matrices`.
        dimensions: Fock cutoffs by label, or one number per space; not needed without modes, nor
            for one mode alone, whose cutoff is read from the matrix.

    Returns:
        OperatorSum ``O`` with ``operator_matrix(O, spaces, dimensions) == matrix`` up to rounding.
        Of a truncated mode it is the polynomial of lowest degree that has these entries; terms
        below 1e-13 of the largest entry are dropped.

    Raises:
        ArgumentError: a matrix of another shape, or a mode without its cutoff.
        CapacityError: D is larger than 4096.
    """
    single = isinstance(spaces, Space)
    spaces = (spaces,) if single else check_sequence("spaces", spaces, "Give Levels('q', 3).")
    if dimensions is None and len(spaces) == 1 and isinstance(spaces[0], Mode):
        dimensions = np.shape(matrix)[:1]
    sizes = space_dimensions(spaces, dimensions)
    array = _checked(matrix, sizes)
    floor = ROUNDING * float(np.abs(array).max(initial=0.0))
    n = len(spaces)
    order = [axis for k in range(n) for axis in (k, n + k)]
    table: Matrix = array.reshape(sizes * 2).transpose(order)
    words: list[list[Word]] = []
    for space, d in zip(spaces, sizes, strict=True):  # each pass moves (m, n) in front to a word
        rest = table.reshape(d, d, -1)
        names, coefficients = _local_coefficients(rest, space, d, floor)
        words.append(names)
        table = np.moveaxis(coefficients.reshape(d * d, *table.shape[2:]), 0, -1)
    return _as_sum(table, spaces, sizes, words, floor)


def _checked(matrix: Any, sizes: tuple[int, ...]) -> Matrix:
    """A finite matrix on spaces of these dimensions, as an array.

    Raises:
        ArgumentError: it is none.
        CapacityError: it is too large.
    """
    size = prod(sizes)
    if size > MAX_SIZE:
        raise CapacityError(
            f"Matrices of up to {MAX_SIZE} basis states are taken apart, but this one has {size}.",
            "Build it of local operators: transition, destroy, sigma_minus and their products.",
        )
    remedy = f"Spaces of dimensions {sizes} have {size} x {size} matrices."
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    array = as_complex("matrix", dense, remedy)
    if array.shape != (size, size):
        raise ArgumentError("matrix", f"have shape {(size, size)}", array.shape, remedy)
    if not np.all(np.isfinite(array)):
        raise ArgumentError("matrix", "be finite", array, "Check where its entries come from.")
    return array


def _local_coefficients(
    entries: Matrix, space: Space, d: int, floor: float
) -> tuple[list[Word], Matrix]:
    """Words of one space and their coefficients (d^2, R) in matrices (d, d, R)."""
    names: list[Word] = []
    blocks = []
    for s in range(1 - d, d):
        words = _diagonal_words(space, d, s)
        n = np.arange(max(0, -s), d - max(0, s))
        basis = np.stack([local_matrix(space, w, d).toarray()[n + s, n] for w in words], axis=1)
        values = entries[n + s, n]
        solve = _forward if isinstance(space, Mode) else _solve
        blocks.append(solve(basis, values, floor))
        names += words
    return names, np.concatenate(blocks)


def _diagonal_words(space: Space, d: int, s: int) -> list[Word]:
    """The words that fill the diagonal ``m - n = s`` of a d-dimensional space."""
    if isinstance(space, Levels):
        places = range(max(0, -s), d - max(0, s))
        return ["" if n == s == 0 else next(iter(space.word(n + s, n))) for n in places]
    up, down = "+" * max(0, s), "-" * max(0, -s)
    if isinstance(space, Mode):
        return [up + "+" * k + "-" * k + down for k in range(d - abs(s))]
    return [up + "z" * k + down for k in range(d - abs(s))]


def _forward(basis: Matrix, values: Matrix, floor: float) -> Matrix:
    """Forward substitution that takes a remainder of the size of rounding for zero.

    Without that, rounding in the first rows would grow like a binomial coefficient down the
    diagonal, and a quadratic operator would come back as a polynomial of high degree.
    """
    found = np.zeros_like(values)
    size = np.abs(values)
    for k in range(len(basis)):
        remainder = values[k] - basis[k, :k] @ found[:k]
        scale = size[k] + np.abs(basis[k, :k]) @ np.abs(found[:k])
        kept = np.abs(remainder) > np.maximum(floor, ROUNDING * scale)
        found[k] = np.where(kept, remainder / basis[k, k], 0.0)
    return found


def _solve(basis: Matrix, values: Matrix, floor: float) -> Matrix:
    del floor
    return np.linalg.solve(basis, values)


def _as_sum(
    table: Matrix,
    spaces: Sequence[Space],
    sizes: Sequence[int],
    words: Sequence[Sequence[Word]],
    floor: float,
) -> OperatorSum:
    """Coefficients (d_1^2, ..., d_n^2) as terms, without those that are rounding."""
    weight: Matrix = np.ones(())
    for space, d, names in zip(spaces, sizes, words, strict=True):
        largest = [float(abs(local_matrix(space, word, d)).max()) for word in names]
        weight = np.multiply.outer(weight, np.array(largest))
    terms: dict[Product, complex] = {}
    for where in np.argwhere(np.abs(table) * weight > floor).tolist():
        factors = [(space, names[k]) for space, names, k in zip(spaces, words, where, strict=True)]
        product = tuple(sorted((f for f in factors if f[1]), key=lambda f: f[0].label))
        value = complex(table[tuple(where)])
        small = abs(value.imag) <= ROUNDING * abs(value)
        terms[product] = value.real if small else value
    return OperatorSum(terms)
