"""What a solution will take, from the matrices of H and the jumps alone: nothing is tried.

How many iterations GMRES needs follows from three ratios, the powers of which were fitted to 74
systems (spins, modes, both; 4 to 1000 basis states; weak and strong dephasing): they are right
within a factor of two for most of them, and of two and a half for all.

* How normal the jumps are. ``|sum [c, c†]|`` over ``sum |c|^2`` says how fast the mixed state
  leaves itself, while jumps go on: small in squeezed or thermal light, where many jumps cancel.
* The weakest link. Basis states hang together by jumps, at their rates, and by H, at ``|H_ij|^2``
  over these; of all links that are needed to reach every state, the weakest is as slow as that.
* Dephasing. Where it is faster than what moves populations, classical rates tell nearly all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.basis import Blocks

_FEW, _LEAST = 15.0, 56.0
"""Iterations of the trials, and of all solves together where nothing is hard."""
_NORMAL, _WEAK, _DEPHASED = 0.37, 0.14, 0.25
"""Powers of the three ratios."""
_ALL_NORMAL = 1e-3
"""Jumps that are more normal than this take no longer."""


def expected_iterations(effective: sp.csr_array, jumps: Sequence[sp.csr_array]) -> float:
    """Of all GMRES solves for a steady state: itself, the test of uniqueness, refinement.

    Args:
        effective: E, that is ``-iH - sum c†c / 2``.
        jumps: ``sqrt(rate_k) c_k``.
    """
    states = effective.indptr.size - 1
    row, column, value, owner = _all_entries(jumps)
    size, off = np.abs(value) ** 2, row != column
    moving = float(size[off].sum()) / states
    if not moving > 0.0:  # the mixed state stays: the first residual is nothing
        return _FEW
    means = np.zeros(len(jumps), dtype=complex)
    np.add.at(means, owner[~off], value[~off] / states)
    dephasing = float(size[~off].sum()) / states - float(np.sum(np.abs(means) ** 2))
    dagger = effective.conj().T
    turning = sp.coo_array((effective - dagger) / 2)
    turns = turning.row != turning.col
    turned = np.abs(turning.data[turns]) ** 2
    mean = float(np.sqrt(turned.sum() / states))
    beside = sp.hstack(jumps, format="csr")
    leaving = sp.csr_array(effective + dagger + beside @ beside.conj().T)  # -sum [c, c†]
    normal = float(np.sqrt(np.sum(np.abs(leaving.data) ** 2) / states)) / moving
    rows = np.concatenate([row[off], column[off], turning.row[turns]])
    columns = np.concatenate([column[off], row[off], turning.col[turns]])
    links = np.concatenate([size[off], size[off], turned / moving])
    weakest = _weakest_link(sp.csr_array((links, (rows, columns)), shape=effective.shape), moving)
    slower = (normal + _ALL_NORMAL) ** -_NORMAL * (1.0 + moving / weakest) ** _WEAK
    return _FEW + _LEAST * slower * (1.0 + dephasing / (mean + moving)) ** -_DEPHASED


def elimination(
    blocks: Blocks, operators: Sequence[sp.csr_array], real: bool
) -> tuple[float, float]:
    """Entries of the factors of L, and steps of their elimination, up to a factor each.

    In an order that keeps linked basis states close, the number (i, j) of a block is eliminated
    before all (k, l) with k up to i is linked to: as many as the blocks of these k have states.
    Fewer by half where L falls into two halves.

    Args:
        blocks: basis states.
        operators: what links them: E and the jumps.
        real: whether L falls into two halves.
    """
    row, column, *_ = _all_entries(operators)
    rows, columns = np.concatenate([row, column]), np.concatenate([column, row])
    shape = (blocks.dimension, blocks.dimension)
    links = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    order = sp.csgraph.reverse_cuthill_mckee(links, symmetric_mode=True)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = np.arange(len(order))
    np.minimum.at(first, place[rows], place[columns])
    beside = blocks.sizes[blocks.owner[order]].astype(float)
    behind = np.concatenate([[0.0], np.cumsum(beside)])
    width = (behind[1:] - behind[first]) * (0.5 if real else 1.0)
    return float(beside @ width), float(beside @ width**2)


def _all_entries(matrices: Sequence[sp.csr_array]) -> tuple[NDArray[Any], ...]:
    """Rows, columns and values of all entries, and which matrix each is of."""
    counts = [len(c.data) for c in matrices]
    owner = np.repeat(np.arange(len(matrices)), counts)
    if not len(owner):
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0), none
    rows = [np.repeat(np.arange(len(c.indptr) - 1), np.diff(c.indptr)) for c in matrices]
    columns, values = [c.indices for c in matrices], [c.data for c in matrices]
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values), owner


def _weakest_link(links: sp.csr_array, usual: float) -> float:
    """The least of the links that hold all states together; `usual` if there are none."""
    lengths = links.copy()
    lengths.data = np.reciprocal(links.data)
    tree = sp.csgraph.minimum_spanning_tree(lengths)
    return 1.0 / float(tree.data.max()) if tree.nnz else usual
