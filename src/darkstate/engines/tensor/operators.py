"""Matrix-product operators in blocks of a conserved charge.

The lines of an operator W[a, x, y, b] carry charges too, ``g_b = g_a + q(x) - q(y)``. With a state
A[l, y, r], l of charge p - g_a and r of charge q, the new right charge is ``q + g_b`` and the new
left one p, so that ``g_a - q(y) = g_b - q(x) = p - q``. For each value of that, the *skew*, W is
one matrix

    W_skew: rows (s; a, y) with g_a = skew + s,    columns (t; b, x) with g_b = skew + t,

where s and t run over the charges of a site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from darkstate.engines.tensor.blocks import Array, Grades, levels


@dataclass(frozen=True)
class Layout:
    """Where the entries of W are in its matrices.

    Args:
        flat: indices of all matrices' entries, one after the other, in the flattened W.
        shapes: (rows, columns) of the matrix of each skew.
        rows: ``{skew: {s: slice}}``.
        columns: ``{skew: {t: slice}}``.
        arriving: number of lines of each charge on the left.
        leaving: likewise on the right.
        site: charges of the site.
    """

    flat: Array
    shapes: dict[int, tuple[int, int]]
    rows: dict[int, dict[int, slice]]
    columns: dict[int, dict[int, slice]]
    arriving: dict[int, int]
    leaving: dict[int, int]
    site: tuple[int, ...]


@dataclass(frozen=True)
class Gate:
    """One tensor of an operator: its layout and the matrix of each skew."""

    layout: Layout
    matrices: dict[int, Array]


@lru_cache(maxsize=1024)
def layout_of(arriving: Grades, leaving: Grades, grades: Grades) -> Layout:
    """The layout of W (lines, d, d, lines) for these charges of its lines and its site."""
    into, out, site = levels(arriving), levels(leaving), levels(grades)
    d, b = len(grades), len(leaving)
    flat, shapes, rows, columns = [], {}, {}, {}
    for skew in sorted({g - s for g in into for s in site} & {h - t for h in out for t in site}):
        left, rows[skew] = _ordered(into, site, skew)
        right, columns[skew] = _ordered(out, site, skew)
        a, y = left.T
        h, x = right.T
        places = ((a[:, None] * d + x) * d + y[:, None]) * b + h
        flat.append(places.ravel())
        shapes[skew] = places.shape
    return Layout(
        np.concatenate(flat),
        shapes,
        rows,
        columns,
        {g: len(k) for g, k in into.items()},
        {h: len(k) for h, k in out.items()},
        tuple(site),
    )


def _ordered(
    lines: dict[int, Array], site: dict[int, Array], skew: int
) -> tuple[Array, dict[int, slice]]:
    """Pairs (line, basis state) of a skew, and the slice of each charge of the site."""
    found, slices, start = [], {}, 0
    for s, states in site.items():
        if skew + s in lines:
            pairs = [(line, state) for line in lines[skew + s] for state in states]
            slices[s] = slice(start, start + len(pairs))
            found += pairs
            start += len(pairs)
    return np.array(found), slices


def gate_of(W: Array, arriving: Sequence[int], leaving: Sequence[int], grades: Grades) -> Gate:
    """The gate of a tensor (lines, d, d, lines)."""
    layout = layout_of(tuple(arriving), tuple(leaving), grades)
    return gate_from(layout, W.reshape(-1)[layout.flat])


def gate_from(layout: Layout, entries: Array) -> Gate:
    """The gate with these entries, in the order of the layout."""
    matrices, start = {}, 0
    for skew, (m, n) in layout.shapes.items():
        matrices[skew] = entries[start : start + m * n].reshape(m, n)
        start += m * n
    return Gate(layout, matrices)
