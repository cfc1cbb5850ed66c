"""Real arithmetic where the generator allows it: coordinates of two kinds.

Without detunings the master equation of a cascade is real: in the computational basis a density
matrix stays real. Coordinates then stand for real matrices, or for i times real ones (those of
charge 0 are Hermitian: real symmetric ones, and i times real antisymmetric ones). With the latter
divided by i, all blocks of A, D_c and U_c are real, and so is all work on them: a quarter of it.

The kinds are found from the blocks: a real entry joins two coordinates of one kind, an imaginary
one two of different kinds. An entry that is neither, or a loop that contradicts itself, says that
the system is complex.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    Charge,
    add_charges,
    is_stored,
    negative,
)

Array = NDArray[Any]
RealFormFactors = Mapping[Charge, Array]
_ROUNDING = 1e-12
"""Size of an entry, relative to the largest of its block, that is rounding."""


def real_form_factors(system: BilinearSystem) -> RealFormFactors | None:
    """Factors 1 or i by charge (both signs) of coordinates in which all is real, or None."""
    stored = [q for q in system.sizes if is_stored(q)]
    starts = dict(zip(stored, np.cumsum([0, *(system.sizes[q] for q in stored)]), strict=False))
    entries = list(_entries(system, starts))
    if not entries or any(entry is None for entry in entries):
        return None
    rows, columns, odd = (np.concatenate(x) for x in zip(*entries, strict=True))  # type: ignore[arg-type]
    size = sum(system.sizes[q] for q in stored)
    # what has a trace is real
    root = int(starts[system.zero] + np.argmax(np.abs(system.trace)))
    kinds = _find_kinds(rows, columns, odd, size, root)
    if np.any(odd != (kinds[rows] ^ kinds[columns])):
        return None
    found = {q: np.where(kinds[s : s + system.sizes[q]], 1j, 1.0) for q, s in starts.items()}
    return {negative(q): f.conj() for q, f in found.items()} | found


def to_real_form(block: Array, start: Charge, to: Charge, by: RealFormFactors) -> Array:
    """A block from charge `start` to `to` in the real coordinates."""
    return np.asarray(np.real(by[to].conj()[:, None] * block * by[start]))


def _entries(
    system: BilinearSystem, starts: Mapping[Charge, int]
) -> Iterator[tuple[Array, Array, Array] | None]:
    """Places of all entries and whether they are imaginary; None for a block with others."""
    blocks = [(q, q, block) for q, block in system.generator.items()]
    for channel in (*system.inputs, *system.outputs):
        blocks += [(q, add_charges(q, channel.step), block) for q, block in channel.blocks.items()]
    for start, to, block in blocks:
        size = _ROUNDING * np.abs(block).max(initial=0.0)
        imaginary, real = np.abs(np.imag(block)) > size, np.abs(np.real(block)) > size
        if np.any(imaginary & real):
            yield None
            return
        i, j = np.nonzero(imaginary | real)
        first, second = (starts[q if is_stored(q) else negative(q)] for q in (to, start))
        yield i + first, j + second, imaginary[i, j]


def _find_kinds(rows: Array, columns: Array, odd: Array, size: int, root: int) -> Array:
    """Kind of every coordinate along a spanning forest; that of the trace is real."""
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    keys, first = np.unique(low * size + high, return_index=True)
    parity = odd[first]
    graph = sp.csr_array((np.ones(len(keys)), (low[first], high[first])), shape=(size, size))
    kinds = np.zeros(size, dtype=bool)
    _, groups = connected_components(graph, directed=False)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        start = root if groups[root] == group else members[0]
        order, before = breadth_first_order(graph, start, directed=False)
        reached, parents = order[1:], before[order[1:]]
        pairs = np.minimum(reached, parents) * size + np.maximum(reached, parents)
        flips = parity[np.searchsorted(keys, pairs)]
        for k, parent, flip in zip(reached, parents, flips, strict=True):
            kinds[k] = kinds[parent] ^ flip
    return kinds
