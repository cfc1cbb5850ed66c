"""Tensors of matrix-product states in blocks of a conserved charge.

If every basis state x of a site carries an integer charge q(x) and the state of the whole network
has a definite one, each bond index can be given the charge of all that stands to the left of it,
and a tensor vanishes unless

    A[l, x, r]:    q_r = q_l + q(x).

So a tensor is kept as its blocks ``{(q_l, s): (l, d_s, r)}``, where l runs over the bond indices of
charge q_l and the middle index over the d_s basis states of charge s. Products and decompositions
are done block by block, which takes a small part of the work of the whole. A network without a
charge has q = 0 everywhere: one block, the tensor itself.

Source: Singh, Pfeifer and Vidal, Phys. Rev. B 83, 115125 (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Space
from darkstate.systems.traits import charge_values, charges

Array = Any
Blocks = dict[tuple[int, int], Array]
Grades = tuple[int, ...]
"""The charge of every basis state of a site."""
MAX_CHARGES = 4
"""More charges at once only make more and smaller blocks."""


def grades_of(system: OpenSystem, sites: Sequence[tuple[Space, ...]]) -> tuple[Grades, ...]:
    """Charges of the basis states of all sites, all charges of the system in one number.

    Several charges are digits of one number, with a base that no sum of them reaches.
    """
    found = charges(system).evidence or ()
    sizes = [[int(space.dimension or 0) for space in spaces] for spaces in sites]
    values = [charge_values(found, s, d) for s, d in zip(sites, sizes, strict=True)]
    largest = sum((np.abs(site).max(axis=0) for site in values), start=np.zeros(len(found), int))
    base = 4 * int(largest.max(initial=0)) + 4
    weights = base ** np.arange(min(len(found), MAX_CHARGES))
    return tuple(tuple((site[:, :MAX_CHARGES] @ weights).tolist()) for site in values)


@lru_cache(maxsize=1024)
def levels(grades: Grades) -> dict[int, Array]:
    """The basis states of each charge, ``{s: indices}``."""
    values = np.array(grades)
    return {int(s): np.flatnonzero(values == s) for s in np.unique(values)}


def product_blocks(vectors: Sequence[Array], grades: Sequence[Grades]) -> list[Blocks]:
    """A product of site vectors, each with a definite charge."""
    state, q = [], 0
    for v, g in zip(vectors, grades, strict=True):
        s = charge_of(v, g)
        assert s is not None
        state.append({(q, s): v[levels(g)[s]].reshape(1, -1, 1)})
        q += s
    return state


def charge_of(vector: Array, grades: Grades) -> int | None:
    """The charge of a vector, None if it has parts of several."""
    size = np.abs(vector)
    held = np.unique(np.array(grades)[size > 1e-13 * size.max()])
    return int(held[0]) if len(held) == 1 else None


def vector_blocks(vector: Array, grades: Sequence[Grades]) -> list[Blocks]:
    """A whole state vector, of definite charge, as a left-canonical state."""
    rest, state = {0: vector.reshape(1, -1)}, []
    for g in grades:
        tensor: Blocks = {}
        members: dict[int, list[tuple[tuple[int, int], Array]]] = {}
        for q, rows in rest.items():
            whole = rows.reshape(len(rows), len(g), -1)
            for s, places in levels(g).items():
                part = whole[:, places]
                if np.any(np.abs(part) > 1e-14):
                    members.setdefault(q + s, []).append(((q, s), part))
        rest = {}
        for charge, parts in members.items():
            rows = [part.reshape(-1, part.shape[2]) for _, part in parts]
            left, rest[charge] = np.linalg.qr(np.concatenate(rows))
            for ((q, s), part), cut in zip(parts, np.cumsum([len(r) for r in rows]), strict=True):
                begin = cut - part.shape[0] * part.shape[1]
                tensor[q, s] = left[begin:cut].reshape(*part.shape[:2], -1)
        state.append(tensor)
    ((charge, number),) = rest.items()
    last = {key: block for key, block in state[-1].items() if sum(key) == charge}
    state[-1] = {key: block @ number for key, block in last.items()}
    return state


def left_sizes(A: Blocks) -> dict[int, int]:
    """Number of bond indices of each charge on the left."""
    return {q: block.shape[0] for (q, _), block in sorted(A.items(), key=lambda item: item[0])}


def right_sizes(A: Blocks) -> dict[int, int]:
    """Number of bond indices of each charge on the right."""
    found = {q + s: block.shape[2] for (q, s), block in A.items()}
    return dict(sorted(found.items()))


def bond_of(A: Blocks) -> int:
    """The dimension of the bond to the right."""
    return sum(right_sizes(A).values())


def scaled(A: Blocks, factor: complex) -> Blocks:
    """A tensor times a number."""
    return {key: factor * block for key, block in A.items()}


def norm_of(A: Blocks) -> float:
    """Frobenius norm of a tensor."""
    return float(np.sqrt(sum(np.vdot(block, block).real for block in A.values())))


def dense(state: Sequence[Blocks], grades: Sequence[Grades]) -> list[Array]:
    """The tensors (chi, d, chi') without blocks."""
    found = []
    for A, g in zip(state, grades, strict=True):
        left, right = left_sizes(A), right_sizes(A)
        rows, columns = _offsets(left), _offsets(right)
        T = np.zeros((sum(left.values()), len(g), sum(right.values())), dtype=_kind(A))
        for (q, s), block in A.items():
            into = np.ix_(
                range(rows[q], rows[q] + left[q]),
                levels(g)[s],
                range(columns[q + s], columns[q + s] + right[q + s]),
            )
            T[into] = block
        found.append(T)
    return found


def acted(state: list[Blocks], grades: Sequence[Grades], site: int, c: Array) -> list[Blocks]:
    """A local operator that leaves the charge of its site as it is, applied to that site."""
    moved, places = list(state), levels(grades[site])
    moved[site] = {
        (q, s): np.einsum("xy,ayb->axb", c[np.ix_(places[s], places[s])], block)
        for (q, s), block in state[site].items()
    }
    return moved


def site_states(state: Sequence[Blocks], grades: Sequence[Grades]) -> list[Array]:
    """Reduced density matrices of all sites, of a normalised right-canonical state."""
    (start,) = left_sizes(state[0])
    rest: dict[int, Array] = {start: np.ones((1, 1), dtype=complex)}
    found = []
    for A, g in zip(state, grades, strict=True):
        rho, after = np.zeros((len(g), len(g)), dtype=complex), {}
        for (q, s), block in A.items():
            chi, d, right = block.shape
            left = (rest[q] @ block.reshape(chi, d * right)).reshape(chi, d, right)
            rows = left.transpose(1, 0, 2).reshape(d, -1)
            part = rows @ block.conj().transpose(1, 0, 2).reshape(d, -1).T
            places = levels(g)[s]
            rho[np.ix_(places, places)] += part
            moved = block.conj().reshape(chi * d, right).T @ left.reshape(chi * d, right)
            after[q + s] = after.get(q + s, 0.0) + moved
        found.append(rho)
        rest = after
    return found


def _offsets(sizes: dict[int, int]) -> dict[int, int]:
    """Where each charge begins."""
    return dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1].tolist(), strict=True))


def _kind(A: Blocks) -> Any:
    return np.result_type(*A.values())
