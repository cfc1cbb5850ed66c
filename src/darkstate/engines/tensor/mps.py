"""Matrix-product states: one tensor a site, and what is done with them.

::

      1 --A_1-- chi_1 --A_2-- chi_2 -- ... --A_N-- 1        A_i: (chi_{i-1}, d_i, chi_i)
           |            |                    |
          d_1          d_2                  d_N

Tensors are kept in blocks of a conserved charge (`blocks.py`). States are right-canonical,
``sum_x A_x A_x† = 1`` for every site but the first, which carries the norm: the singular values of
a cut are then Schmidt coefficients when a sweep arrives there.

`applied` multiplies by a matrix-product operator. A first sweep, left to right, takes the operator
in and cuts the bonds on the way (zip-up: Stoudenmire and White, New J. Phys. 12, 055026 (2010)),
which is nearly optimal for operators near one; a second, right to left, cuts the exact Schmidt
spectrum. Weights cut are put back on those kept, so that the squared norm remains the probability
that it is. Schmidt weights come from Gram matrices, right down to 1e-15 of the largest, below all
cuts made here.

Trajectories must come out the same on every processor, but Schmidt vectors are free: their phases
are fixed, and a bond is not cut between weights that are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from darkstate.engines.tensor.blocks import Array, Blocks, left_sizes, norm_of, right_sizes
from darkstate.engines.tensor.operators import Gate
from darkstate.linalg.unique import TIE, phases_of, unique_columns

_ZIP = 0.1
"""Share of the cut weight that the first sweep may take."""


@dataclass(frozen=True)
class Cut:
    """How bonds are cut.

    Args:
        weight: Schmidt weight that may be discarded at each bond, relative to the whole.
        bond: largest bond dimension.
        room: how many times wider the first sweep may leave a bond.
    """

    weight: float
    bond: int
    room: int = 2


def applied(
    state: list[Blocks], operator: Sequence[Gate], cut: Cut, first: int = 0
) -> tuple[list[Blocks], float]:
    """Operator times state from site `first` on, cut; and the relative weight discarded.

    Bond `first` must have dimension one, and the sites before it are left as they are.

    Args:
        state: right-canonical tensors.
        operator: gates of all sites; the first line of charge 0 is that of no coupling.
        cut: how to cut.
        first: first site that changes.
    """
    (start,) = left_sizes(state[first])
    none = np.zeros((1, operator[first].layout.arriving[0], 1))
    none[0, 0, 0] = 1.0
    rest: Rest = {(start, 0): none}
    moved, lost = list(state), 0.0
    for n in range(first, len(state) - 1):
        pieces = _pieces(rest, state[n], operator[n])
        if not pieces:
            return _nothing(moved, first)
        moved[n], rest, gone = _zipped(pieces, right_sizes(state[n]), cut)
        lost += gone
    pieces = _pieces(rest, state[-1], operator[-1])
    moved[-1] = {(p, t): T[:, :, :, 0] for (p, t, _), T in pieces.items()}
    if norm_of(moved[-1]) == 0.0:
        return _nothing(moved, first)
    return canonical(moved, cut, first, lost)


def _nothing(state: list[Blocks], first: int) -> tuple[list[Blocks], float]:
    """What is left where an operator annihilates the state: no blocks at the site of the norm."""
    return [*state[:first], {}, *state[first + 1 :]], 0.0


Rest = dict[tuple[int, int], Array]
"""``{(p, g): (kept, lines, bond)}``: charges of what is kept and of the lines."""
Pieces = dict[tuple[int, int, int], Array]
"""``{(p, t, g): (kept, d_t, lines, bond)}``: t is the charge of the site."""


def _pieces(rest: Rest, A: Blocks, gate: Gate) -> Pieces:
    """What is left of the sites so far, times the next tensor and its operator."""
    layout, grown = gate.layout, {}
    for (p, g), R in rest.items():
        kept, lines, chi = R.shape
        flat = R.reshape(kept * lines, chi)
        for s in layout.site:
            block, rows = A.get((p - g, s)), layout.rows.get(g - s, {}).get(s)
            if block is None or rows is None:
                continue
            d, m = block.shape[1:]
            X = (flat @ block.reshape(chi, d * m)).reshape(kept, lines * d, m)
            X = X.transpose(0, 2, 1).reshape(kept * m, lines * d) @ gate.matrices[g - s][rows]
            key, X = (p, p - g + s), X.reshape(kept, m, -1)
            grown[key] = grown[key] + X if key in grown else X
    found = {}
    for (p, r), Y in grown.items():
        kept, m = Y.shape[:2]
        for t, columns in layout.columns[p - r].items():
            T = Y[:, :, columns].reshape(kept, m, layout.leaving[p - r + t], -1)
            found[p, t, p - r + t] = T.transpose(0, 3, 2, 1)
    return found


def _zipped(pieces: Pieces, before: dict[int, int], cut: Cut) -> tuple[Blocks, Rest, float]:
    """The tensor of a site in the first sweep, what goes on to the right, and the weight cut."""
    tensor, rest = {}, {}
    joined: dict[int, dict[tuple[int, int], Array]] = {}
    for (p, t, g), T in pieces.items():
        joined.setdefault(p + t, {})[p, g] = T
    matrices, rows, columns = {}, {}, {}
    for q, parts in joined.items():
        matrices[q], rows[q], columns[q] = _joined(parts)
    sizes = {q: before.get(q, 0) for q in matrices}
    split, gone = _sketched(matrices, sizes, cut)
    for q, (left, right) in split.items():
        for p, (place, d) in rows[q].items():
            tensor[p, q - p] = left[place].reshape(-1, d, left.shape[1])
        for g, (place, lines) in columns[q].items():
            rest[q, g] = right[:, place].reshape(len(right), lines, -1)
    return tensor, rest, gone


Places = dict[int, tuple[slice, int]]


def _joined(parts: dict[tuple[int, int], Array]) -> tuple[Array, Places, Places]:
    """One matrix (kept d, lines bond) from pieces, and where their rows and columns are."""
    rows: Places = {}
    columns: Places = {}
    m = n = 0
    for (p, g), T in parts.items():
        kept, d, lines, chi = T.shape
        if p not in rows:
            rows[p] = (slice(m, m + kept * d), d)
            m += kept * d
        if g not in columns:
            columns[g] = (slice(n, n + lines * chi), lines)
            n += lines * chi
    matrix = np.zeros((m, n), dtype=next(iter(parts.values())).dtype)
    for (p, g), T in parts.items():
        kept, d, lines, chi = T.shape
        into = matrix[rows[p][0], columns[g][0]].reshape(kept, d, lines, chi)  # a view
        into[...] = T
    return matrix, rows, columns


def canonical(
    state: list[Blocks], cut: Cut, first: int = 0, lost: float = 0.0
) -> tuple[list[Blocks], float]:
    """Right-canonical form of a left-canonical state, cut; and the relative weight discarded."""
    moved = list(state)
    for n in range(len(state) - 1, first, -1):
        members: dict[int, list[int]] = {}
        for q, s in moved[n]:
            members.setdefault(q, []).append(s)
        matrices = {}
        for q, charges in members.items():
            parts = [moved[n][q, s].reshape(len(moved[n][q, s]), -1).T for s in charges]
            matrices[q] = np.concatenate(parts) if len(parts) > 1 else parts[0]
        split, gone = _split(matrices, cut.weight, cut.bond)
        tensor, lost = {}, lost + gone
        for q, (basis, _) in split.items():
            start = 0
            for s in members[q]:
                d, right = moved[n][q, s].shape[1:]
                tensor[q, s] = basis[start : start + d * right].T.reshape(-1, d, right)
                start += d * right
        moved[n] = tensor
        moved[n - 1] = {
            (p, s): block @ split[p + s][1].T
            for (p, s), block in moved[n - 1].items()
            if p + s in split
        }
    return moved, lost


Split = dict[int, tuple[Array, Array]]


def _sketched(matrices: dict[int, Array], before: dict[int, int], cut: Cut) -> tuple[Split, float]:
    """`_split` in the first sweep, where bonds are expected to remain about as wide as they were.

    The range of a large matrix is found from its action on that many random columns, and more if
    they do not hold it (Halko, Martinsson and Tropp, SIAM Rev. 53, 217 (2011)).
    """
    weight = cut.weight * _ZIP
    total = sum(float(np.vdot(M, M).real) for M in matrices.values())
    found: Split = {}
    whole, missed = {}, 0.0
    for q, M in matrices.items():
        size = float(np.vdot(M, M).real)
        wanted, kept = before[q] + before[q] // 2 + 8, -1.0
        allowed = weight * total / len(matrices)
        while wanted < 0.5 * min(M.shape):
            basis, _ = np.linalg.qr(M @ _columns(M.shape[1], wanted))
            basis = basis * phases_of(basis)
            rest = basis.conj().T @ M
            kept = float(np.vdot(rest, rest).real)
            if kept >= size - allowed:
                found[q], missed = (basis, rest), missed + max(0.0, size - kept)
                break
            wanted *= 2
        if q not in found:
            whole[q] = M
    if whole:
        room = max(1, cut.room * cut.bond - sum(len(rest) for _, rest in found.values()))
        part, gone = _split(whole, weight, room, total)
        found |= part
        missed += gone * total
    scale = sqrt(total / (total - missed))
    return {q: (left, scale * right) for q, (left, right) in found.items()}, missed / total


@lru_cache(maxsize=1024)
def _columns(rows: int, columns: int) -> Array:
    """Random columns, the same ones every time: a trajectory can be run again."""
    return np.random.default_rng(0).standard_normal((rows, columns))


def _split(
    matrices: dict[int, Array], weight: float, bond: int, total: float | None = None
) -> tuple[Split, float]:
    """``matrix = isometry @ rest`` of reduced rank, for all; and the relative weight discarded.

    The smallest weights of all matrices together are cut. What is kept is scaled up to the norm of
    the whole, unless the matrices are only a part of it, of `total` norm squared.
    """
    spectra = {q: _spectrum(M) for q, M in matrices.items()}
    values = np.concatenate([v for v, _ in spectra.values()])
    if len(spectra) > 1:
        values.sort()
    tail = values.cumsum()
    norm = float(tail[-1])
    drop = int(tail.searchsorted(max(weight, 1e-15) * (total or norm), side="right"))
    drop = _between_weights(values, max(min(drop, len(values) - 1), len(values) - bond), bond)
    least, gone = values[drop], float(tail[drop - 1]) if drop else 0.0
    scale = 1.0 if total else sqrt(norm / (norm - gone))
    found = {}
    for q, (spectrum, vectors) in spectra.items():
        k = int(spectrum.searchsorted(least, side="left"))
        if k < len(spectrum):
            found[q] = _factored(matrices[q], spectrum[k:], vectors[:, k:], scale)
    return found, gone / (total or norm)


def _between_weights(values: Array, drop: int, bond: int) -> int:
    """The number of weights to drop, moved to the next gap: which of equal ones to keep is open."""
    apart = np.flatnonzero(np.diff(values) > TIE * values[1:]) + 1  # numbers that may be dropped
    fewer, more = apart[apart <= drop], apart[apart >= drop]
    keep = int(fewer[-1]) if len(fewer) else 0
    if len(values) - keep <= bond:
        return keep
    return int(more[0]) if len(more) else drop


def _spectrum(matrix: Array) -> tuple[Array, Array]:
    """Squared singular values, ascending, and the vectors of the shorter side."""
    rows, columns = matrix.shape
    short = matrix if rows <= columns else matrix.conj().T
    if len(short) == 1:
        return np.array([float(np.vdot(short, short).real)]), np.ones((1, 1), dtype=matrix.dtype)
    values, vectors = np.linalg.eigh(short @ short.conj().T)
    return np.maximum(values, 0.0), vectors


def _factored(matrix: Array, values: Array, vectors: Array, scale: float) -> tuple[Array, Array]:
    """Isometry, the same on every processor, and rest from a part of the spectrum."""
    wide, roots = matrix.shape[0] <= matrix.shape[1], np.sqrt(values)
    left = vectors if wide else (matrix @ vectors) / roots
    equal = np.diff(values) <= TIE * values[1:]
    if wide or equal.any():
        left = _fixed(left, equal)
        return left, scale * (left.conj().T @ matrix)
    phases = phases_of(left)
    return left * phases, (scale * roots * phases.conj())[:, None] * vectors.conj().T


def _fixed(left: Array, equal: Array) -> Array:
    """Columns with fixed phases; `equal` says of each whether it may be rotated into the next."""
    groups = np.split(np.arange(left.shape[1]), np.flatnonzero(~equal) + 1)
    left = left * phases_of(left)
    for same in groups:
        if len(same) > 1:
            left[:, same] = unique_columns(left[:, same])
    return left


def weight_of(state: list[Blocks], first: int = 0) -> float:
    """Squared norm of a right-canonical state whose norm is at site `first`."""
    return norm_of(state[first]) ** 2


def overlap(left: Sequence[Array], right: Sequence[Array]) -> complex:
    """``<left|right>`` of states without blocks (`blocks.dense`)."""
    rest = np.ones((1, 1), dtype=complex)
    for A, B in zip(left, right, strict=True):
        rest = np.tensordot(rest, B, 1)
        rest = np.tensordot(A.conj(), rest, ([0, 1], [0, 1]))
    return complex(rest[0, 0])
