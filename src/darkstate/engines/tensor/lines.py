"""Couplings of all sites to all others as a few lines along the chain.

Across the cut after site n the couplings are a matrix, the operators of the left against those of
the right, and its rank q_n is small: one for each channel of a cascade. So they are written as
lines that start at a site, run on, and end:

    sum_xy M_ij[x, y] E_x(i) E_y(j) = sum a_j,p (F_{j-1} ... F_{i+1})_pq e_i,q,

with operators ``e_i,q`` that start lines, ``a_j,p`` that end them, and (q_n, q_{n-1}) matrices F.
Singular value decompositions of the cuts, site by site, give the fewest lines (`lines_of`). What a
line loses on its way, at a beam splitter for example, is in F; two-way coupling only makes more
lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from darkstate.engines.tensor.sites import Array, Chain

_RTOL = 1e-13
"""Singular values below this fraction of the largest coupling of a cut are rounding."""


@dataclass(frozen=True)
class Lines:
    """The couplings at one site.

    Args:
        ends: (q_in, d, d) operators that end incoming lines.
        starts: (q_out, d, d) operators that start outgoing lines.
        passes: (q_out, q_in) amplitudes of lines that run on.
    """

    ends: Array
    starts: Array
    passes: Array


def lines_of(chain: Chain) -> tuple[Lines, ...]:
    """The lines of a chain, minimal in number on every bond."""
    sizes = chain.sizes
    first = np.cumsum([0, *(d * d for d in sizes)])
    kind = np.result_type(float, *chain.couplings.values())  # real numbers stay real
    rows = np.zeros((0, first[-1]), dtype=kind)  # (q, operators of all sites): how lines end
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
        left, weights, right = np.linalg.svd(ahead, full_matrices=False)
        kept = weights > _RTOL * max(float(weights.max(initial=0.0)), 1e-300)
        # ends of size one at every site: a line in flight then weighs in the state what it will do
        scale = sqrt(max(1, len(sizes) - n - 1))
        rows = scale * right[kept]
        into = (left[:, kept] * weights[kept] / scale).T
        q = len(ends)
        found.append(Lines(ends, into[:, q:].reshape(-1, d, d), into[:, :q]))
    return tuple(found)
