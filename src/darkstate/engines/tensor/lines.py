"""Couplings of all sites to all others as a few lines along the chain.

Across the cut after site n the couplings are a matrix, the operators of the left against those of
the right, and its rank q_n is small: one for each channel of a cascade. So they are written as
lines that start at a site, run on, and end:

    sum_xy M_ij[x, y] E_x(i) E_y(j) = sum a_j,p (F_{j-1} ... F_{i+1})_pq e_i,q,

with operators ``e_i,q`` that start lines, ``a_j,p`` that end them, and (q_n, q_{n-1}) matrices F.
Singular value decompositions of the cuts, site by site, give the fewest lines (`lines_of`). What a
line loses on its way, at a beam splitter for example, is in F; two-way coupling only makes more
lines. Where the network has a charge, lines carry it: an operator that starts a line takes the
line's charge from its site, and one that ends it gives it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from darkstate.engines.tensor.blocks import Array, Grades
from darkstate.engines.tensor.sites import Chain
from darkstate.linalg.unique import unique_columns

_RTOL = 1e-13
"""Singular values below this fraction of the largest coupling of a cut are rounding."""


@dataclass(frozen=True)
class Lines:
    """The couplings at one site.

    Args:
        ends: (q_in, d, d) operators that end incoming lines.
        starts: (q_out, d, d) operators that start outgoing lines.
        passes: (q_out, q_in) amplitudes of lines that run on.
        arriving: (q_in,) charges of incoming lines.
        leaving: (q_out,) charges of outgoing lines.
    """

    ends: Array
    starts: Array
    passes: Array
    arriving: Grades
    leaving: Grades


def lines_of(chain: Chain) -> tuple[Lines, ...]:
    """The lines of a chain, minimal in number on every bond."""
    sizes = chain.sizes
    first = np.cumsum([0, *(d * d for d in sizes)])
    kind = np.result_type(float, *chain.couplings.values())  # real numbers stay real
    rows = np.zeros((0, first[-1]), dtype=kind)  # (q, operators of all sites): how lines end
    carried = np.concatenate(
        [np.subtract.outer(g, g).ravel() for g in map(np.array, chain.grades)]
    )  # what each operator changes
    charges: Grades = ()
    found = []
    for n, d in enumerate(sizes):
        here = slice(first[n], first[n + 1])
        ends = rows[:, here].reshape(-1, d, d)
        own = np.zeros((d * d, first[-1]), dtype=kind)
        for j in range(n + 1, len(sizes)):
            if (n, j) in chain.couplings:
                own[:, first[j] : first[j + 1]] = chain.couplings[n, j]
        ahead = np.concatenate([rows, own])
        ahead[:, : first[n + 1]] = 0.0
        left, right, leaving = _factors(ahead, carried)
        # ends of size one at every site: a line in flight then weighs in the state what it will do
        scale = sqrt(max(1, len(sizes) - n - 1))
        rows = scale * right
        into = (left / scale).T
        q = len(ends)
        starts = into[:, q:].reshape(-1, d, d)
        found.append(Lines(ends, starts, into[:, :q], charges, leaving))
        charges = leaving
    return tuple(found)


def _factors(matrix: Array, carried: Array) -> tuple[Array, Array, Grades]:
    """``matrix = left @ right`` with as few orthonormal rows on the right as there are.

    Each has one charge, and the rows are those of no processor in particular (`unique_columns`).
    Also the charges, of the left.
    """
    changes = np.unique(carried)
    parts = [np.linalg.svd(matrix[:, carried == g], full_matrices=False)[1:] for g in changes]
    largest = max((float(weights.max(initial=0.0)) for weights, _ in parts), default=0.0)
    rows, charges = [], []
    for change, (weights, right) in zip(changes.tolist(), parts, strict=True):
        kept = right[weights > _RTOL * max(largest, 1e-300)]
        whole = np.zeros((len(kept), matrix.shape[1]), dtype=matrix.dtype)
        whole[:, carried == change] = unique_columns(kept.conj().T).conj().T
        rows.append(whole)
        charges += [-change] * len(kept)
    right = np.concatenate(rows)
    return matrix @ right.conj().T, right, tuple(charges)
