"""Solving with the undriven network: one sweep down the cascade.

Without its source a cascaded network only loses excitations and hands them downstream, so that in
an order by "who feeds whom" its generator is a triangular matrix. Shifted by the decay rates of the
source variables it is inverted exactly by substitution, for all multi-indices at once: level after
level of the order, with no factorisation and no fill-in. Where parts of a network feed each other
(it emits both ways, or is pumped), only what a higher basis state feeds into a lower one is kept
among them: still a preconditioner, no longer an inverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Array = NDArray[Any]


class TriangularPreconditioner:
    """Approximate ``(L - lambda)^{-1}``, exact if L is triangular in some order.

    Args:
        generator: L on one list of pairs.
        floor: diagonal entries below it are replaced by ``-floor``: they have no decay.

    Attributes:
        exact: whether nothing was left out.
    """

    def __init__(self, generator: sp.csr_array, floor: float):
        self.diagonal = generator.diagonal()
        self.floor = floor
        entries = sp.coo_array(generator)
        row, column = entries.row, entries.col
        feeds = sp.csr_array((np.ones(len(row)), (row, column)), shape=generator.shape)
        _, part = connected_components(feeds, directed=True, connection="strong")
        mutual = part[row] == part[column]
        kept = (row != column) & (~mutual | (column > row))
        self.exact = bool(np.all(kept | (row == column)))
        values = (entries.data[kept], (row[kept], column[kept]))
        lower = sp.csr_array(sp.coo_array(values, shape=generator.shape))
        level = _levels(lower)
        order = np.argsort(level, kind="stable")
        edges = np.flatnonzero(np.diff(level[order])) + 1
        self.stages = [(rows, sp.csr_array(lower[rows])) for rows in np.split(order, edges)]

    def solve(self, right: Array, shifts: Array) -> Array:
        """``(L - shift_n)^{-1} right[:, n]`` for every column n."""
        result = np.zeros_like(right)
        for rows, lower in self.stages:
            pivots = self.diagonal[rows][:, None] - shifts
            weak = np.abs(pivots) < self.floor
            if np.any(weak):
                pivots = np.where(weak, -self.floor, pivots)
            known = right[rows] - lower @ result if lower.nnz else right[rows]
            result[rows] = known / pivots
        return result


def _levels(lower: sp.csr_array) -> Array:
    """Longest chain of feeders before each row; rows of one level do not need each other."""
    ones = sp.csr_array((np.ones(lower.nnz), lower.indices, lower.indptr), shape=lower.shape)
    fed = sp.csc_array(ones)
    waiting = np.diff(lower.indptr).astype(np.float64)
    level = np.zeros(len(waiting), dtype=np.intp)
    ready, number = np.flatnonzero(waiting == 0), 0
    while len(ready):
        level[ready] = number
        waiting[ready] = -1.0
        indicator = np.zeros(len(waiting))
        indicator[ready] = 1.0
        waiting = waiting - fed @ indicator
        ready, number = np.flatnonzero(waiting == 0), number + 1
    return level
