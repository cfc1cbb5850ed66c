"""Superoperators of the network between sectors of coherence.

The operator that belongs to a multi-index n has the ket-minus-bra charge ``t(n)`` that the counted
source letters carry: it is not block diagonal, but it lives on the basis pairs ``|i><j|`` with
``Q_i - Q_j = t``. For each t these pairs are numbered once, and every superoperator is a sparse
matrix from one such list to another. Lists of t and -t are each other's Hermitian conjugates, and
only the lexicographically non-negative ones are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[Any]
Charge = tuple[int, ...]


@dataclass
class Pairs:
    """Basis pairs ``(i, j)`` sorted by the difference of their charges.

    Args:
        values: (d, c) charges of the basis states.
    """

    values: Array
    codes: Array = field(init=False)
    places: dict[Charge, Array] = field(init=False)

    def __post_init__(self) -> None:
        d = len(self.values)
        difference = self.values[:, None, :] - self.values[None, :, :]
        keys, member = np.unique(difference.reshape(d * d, -1), axis=0, return_inverse=True)
        member = member.ravel()
        order = np.argsort(member, kind="stable")
        edges = np.searchsorted(member[order], np.arange(len(keys) + 1))
        self.places = {
            tuple(int(x) for x in key): order[edges[n] : edges[n + 1]] for n, key in enumerate(keys)
        }
        self.codes = np.empty(d * d, dtype=np.int64)  # position of each pair within its list
        for pairs in self.places.values():
            self.codes[pairs] = np.arange(len(pairs))

    @property
    def dimension(self) -> int:
        """Dimension of the network's Hilbert space."""
        return len(self.values)

    @property
    def charges(self) -> int:
        """Number of conserved charges."""
        return self.values.shape[1]

    def size(self, charge: Charge) -> int:
        """Number of pairs with this difference of charges."""
        return len(self.places.get(charge, ()))

    def transposed(self, charge: Charge) -> Array:
        """Where the pairs ``(j, i)`` of -charge stand: ``X_-t[k] = conj X_t[transposed[k]]``."""
        i, j = np.divmod(self.places[negative(charge)], self.dimension)
        return self.codes[j * self.dimension + i]

    def diagonal(self) -> Array:
        """Positions of the pairs (i, i) in the list of charge zero."""
        return self.codes[np.arange(self.dimension) * (self.dimension + 1)]

    def left(self, operator: sp.csr_array, source: Charge, target: Charge) -> sp.csr_array:
        """``X -> operator X`` from one list to another."""
        rows, columns = np.divmod(self.places[source], self.dimension)
        entries = sp.csc_array(operator)
        counts = np.diff(entries.indptr)[rows]
        at = _ranges(entries.indptr[rows], counts)
        pair = entries.indices[at].astype(np.int64) * self.dimension + np.repeat(columns, counts)
        return self._collected(pair, counts, entries.data[at], source, target)

    def right(self, operator: sp.csr_array, source: Charge, target: Charge) -> sp.csr_array:
        """``X -> X operator`` from one list to another."""
        rows, columns = np.divmod(self.places[source], self.dimension)
        entries = sp.csr_array(operator)
        counts = np.diff(entries.indptr)[columns]
        at = _ranges(entries.indptr[columns], counts)
        pair = np.repeat(rows, counts) * self.dimension + entries.indices[at]
        return self._collected(pair, counts, entries.data[at], source, target)

    def _collected(
        self, pair: Array, counts: Array, values: Array, source: Charge, target: Charge
    ) -> sp.csr_array:
        """Keep the images that lie in `target`; an operator of definite charge loses none."""
        wanted = np.zeros(self.dimension**2, dtype=bool)
        wanted[self.places[target]] = True
        columns = np.repeat(np.arange(len(counts)), counts)
        kept = wanted[pair]
        shape = (self.size(target), self.size(source))
        entries = (values[kept], (self.codes[pair[kept]], columns[kept]))
        return sp.csr_array(sp.coo_array(entries, shape=shape))

    def sandwich(self, c: sp.csr_array, charge: Charge) -> sp.csr_array:
        """``X -> c X c†`` on one list, for c of definite charge."""
        rows, columns = np.divmod(self.places[charge], self.dimension)
        entries = sp.csc_array(c)
        first, last = np.diff(entries.indptr)[rows], np.diff(entries.indptr)[columns]
        counts = first * last
        owner = np.repeat(np.arange(len(rows)), counts)
        inner = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        a = entries.indptr[rows][owner] + inner // np.maximum(last[owner], 1)
        b = entries.indptr[columns][owner] + inner % np.maximum(last[owner], 1)
        pair = entries.indices[a].astype(np.int64) * self.dimension + entries.indices[b]
        values = entries.data[a] * entries.data[b].conj()
        shape = (self.size(charge), self.size(charge))
        return sp.csr_array(sp.coo_array((values, (self.codes[pair], owner)), shape=shape))


def negative(charge: Charge) -> Charge:
    """-t."""
    return tuple(-x for x in charge)


def is_stored(charge: Charge) -> bool:
    """Whether t is lexicographically non-negative."""
    return next((x > 0 for x in charge if x), True)


def added(charge: Charge, step: Sequence[int], sign: int = 1) -> Charge:
    """``t + sign step``."""
    return tuple(int(a + sign * b) for a, b in zip(charge, step, strict=True))


def _ranges(starts: Array, counts: Array) -> Array:
    """``start, start + 1, ...`` for each start, `count` of them, in one array."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1] if len(ends) else 0)) + np.repeat(
        starts - (ends - counts), counts
    )
