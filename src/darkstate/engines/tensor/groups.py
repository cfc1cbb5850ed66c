"""Reduced states of groups of subsystems in a matrix-product state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from darkstate.engines.tensor.blocks import Array, Blocks, dense, site_states
from darkstate.engines.tensor.sites import Chain
from darkstate.errors import ArgumentError, nearest

MAX_STATES = 16
"""Largest group: four qubits."""


@dataclass(frozen=True)
class Groups:
    """Groups of labels and where they stand in a chain.

    Args:
        chain: the network.
        names: the groups; the first ones are the sites themselves.
    """

    chain: Chain
    names: tuple[tuple[str, ...], ...]

    def states(self, state: Sequence[Blocks]) -> list[Array]:
        """The (d, d) reduced states of all groups, of a normalised right-canonical state."""
        found, further = site_states(state, self.chain.grades), self.names[len(self.chain) :]
        if further:
            whole = dense(state, self.chain.grades)
            lefts = _left_environments(whole)
            found += [self._joint(whole, lefts, group) for group in further]
        return found

    def _joint(self, state: Sequence[Array], lefts: list[Array], group: tuple[str, ...]) -> Array:
        sites = [n for n, labels in enumerate(self.chain.labels) if set(labels) & set(group)]
        rest = lefts[sites[0]][None, None]  # (ket, bra, bond of bra, bond of ket)
        order: list[str] = []
        for n in range(sites[0], sites[-1] + 1):
            labels, sizes = self.chain.labels[n], self.chain.dimensions[n]
            kept = [k for k, label in enumerate(labels) if label in group]
            traced = [k for k in range(len(labels)) if k not in kept]
            A = state[n].reshape(state[n].shape[0], *sizes, -1)
            A = A.transpose(0, *(1 + k for k in kept), *(1 + k for k in traced), len(sizes) + 1)
            d = prod(sizes[k] for k in kept)
            A = A.reshape(A.shape[0], d, -1, A.shape[-1])
            rest = np.einsum("xylm,mktr->xykltr", rest, A)
            rest = np.einsum("xyklts,ljtr->xkyjrs", rest, A.conj())
            x, k, y, j, r, s = rest.shape
            rest = rest.reshape(x * k, y * j, r, s)
            order += [labels[k] for k in kept]
        return self._ordered(np.einsum("xyrr->xy", rest), order, group)

    def _ordered(self, matrix: Array, order: list[str], group: tuple[str, ...]) -> Array:
        """The matrix with its tensor factors in the order of the group."""
        size_of = dict(zip(self.labels, self.sizes, strict=True))
        n, axes = len(order), [order.index(label) for label in group]
        tensor = matrix.reshape([size_of[label] for label in order] * 2)
        return tensor.transpose(*axes, *(n + k for k in axes)).reshape(matrix.shape)

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels along the chain."""
        return tuple(label for labels in self.chain.labels for label in labels)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Their dimensions."""
        return tuple(size for sizes in self.chain.dimensions for size in sizes)


def groups_of(chain: Chain, wanted: Sequence[Sequence[str]]) -> Groups:
    """The sites of a chain, and further groups of labels.

    Raises:
        ArgumentError: an unknown label, or a group of too many states.
    """
    found = list(chain.labels)
    every = Groups(chain, chain.labels)
    size_of = dict(zip(every.labels, every.sizes, strict=True))
    for group in wanted:
        names = tuple(group)
        for name in names:
            if name not in size_of:
                raise ArgumentError("groups", "name subsystems", name, nearest(name, size_of))
        if not names or prod(size_of[name] for name in names) > MAX_STATES:
            remedy = "Ask for two pairs of qubits at most."
            raise ArgumentError("groups", f"have 2 to {MAX_STATES} states each", names, remedy)
        found.append(names)
    return Groups(chain, tuple(found))


def _left_environments(state: Sequence[Array]) -> list[Array]:
    """(bond of bra, bond of ket) to the left of every site."""
    found = [np.ones((1, 1), dtype=complex)]
    for A in state[:-1]:
        chi, d, right = A.shape
        moved = np.tensordot(found[-1], A, 1).reshape(chi * d, right)
        found.append(A.conj().reshape(chi * d, right).T @ moved)
    return found
