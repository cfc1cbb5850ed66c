"""Matrices given by their entries, as the smallest diagonal blocks they fall into.

An entry ``(ket, bra, value)`` names its row and column by tuples of local basis states. What is
connected by entries forms one block; a partial trace or partial transpose of a block-diagonal
matrix is block diagonal again, in other blocks, and this finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from darkstate.errors import CapacityError

Members = NDArray[np.int64]
"""(K, n) local basis states of n subsystems."""


@dataclass(frozen=True)
class BlockMatrix:
    """A block-diagonal matrix.

    Args:
        members: (K, n) basis states, block after block.
        sizes: (B,) number of members of each block.
        values: the blocks, flattened one after the other.
    """

    members: Members
    sizes: NDArray[np.int64]
    values: NDArray[Any]

    def blocks(self) -> list[tuple[Members, NDArray[Any]]]:
        """Members and matrix of each block (views)."""
        return block_views(self.members, self.sizes, self.values)


def block_views(
    members: Members, sizes: NDArray[np.int64], values: NDArray[Any]
) -> list[tuple[Members, NDArray[Any]]]:
    """Members and matrix of each block of a flattened block-diagonal matrix."""
    found, first, place = [], 0, 0
    for size in sizes.tolist():
        matrix = values[place : place + size * size].reshape(size, size)
        found.append((members[first : first + size], matrix))
        first, place = first + size, place + size * size
    return found


def entry_members(members: Members, sizes: NDArray[np.int64]) -> tuple[Members, Members]:
    """Ket and bra, (entries, n) each, of every number of a flattened block-diagonal matrix."""
    squares = sizes**2
    starts = np.repeat(np.cumsum(sizes) - sizes, squares)
    inside = np.arange(int(squares.sum())) - np.repeat(np.cumsum(squares) - squares, squares)
    side = np.repeat(sizes, squares)
    return members[starts + inside // side], members[starts + inside % side]


def gathered(
    kets: Members, bras: Members, values: NDArray[Any], dimensions: tuple[int, ...]
) -> BlockMatrix:
    """The matrix with these entries (repeated ones are added) in its smallest blocks.

    Raises:
        CapacityError: there are more basis states than can be numbered.
    """
    if prod(dimensions) >= 2**62:
        raise CapacityError(
            f"{prod(dimensions)} basis states cannot be numbered. Use fewer subsystems."
        )
    numbers = [np.ravel_multi_index(tuple(side.T), dimensions) for side in (kets, bras)]
    known, index = np.unique(np.concatenate(numbers), return_inverse=True)
    row, column = index[: len(kets)], index[len(kets) :]
    size = len(known)
    links = sp.coo_array((np.ones(len(row), dtype=bool), (row, column)), shape=(size, size))
    count, part = connected_components(links.tocsr(), directed=False)
    order = np.argsort(part, kind="stable")
    sizes = np.bincount(part, minlength=count)
    rank = np.empty(size, dtype=np.int64)
    rank[order] = np.arange(size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    offsets = np.cumsum(sizes**2) - sizes**2
    place = offsets[part[row]] + rank[row] * sizes[part[row]] + rank[column]
    flat = np.zeros(int(np.sum(sizes**2)), dtype=values.dtype)
    np.add.at(flat, place, values)
    members = np.stack(np.unravel_index(known[order], dimensions), axis=1)
    return BlockMatrix(members, sizes, flat)
