"""A linear source as the first thing upstream: its normally ordered moments.

Normally ordered, the source is a classical linear process of the letters ``z = (a, a†)``,
``dz/dt = F (z - mean) + noise`` with stationary covariance C, ``F C + C F^T + D = 0``. Its state is
written in the Wick (Hermite) polynomials He_n of z - mean for this covariance, one for every
multi-index n: ``x_n = <He_n>``, in units of ``sqrt(n!) scale^n``. Then

    dx_n/dt = sum_ij n_i F_ij x_{n-i+j},
    z_i:      x_n -> mean_i x_n + x_{n+i} + sum_l n_l C_il x_{n-l},
    d/dz_i:   x_n -> n_i x_{n-i},

so that the steady state is ``x_0 = 1`` and all others vanish, and the trace is x_0. Cut off at an
order ``|n|``, this is a finite autonomous system with the letters as its output channels. Orders
converge fast where the source is faster than what it drives: an order is reached only through
fluctuations that last ``1 / (|n| rate)``.

The same hierarchy, coupled to a whole network, is that of the exact engine; here it is compressed
before it meets the first stage.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    ChannelBlocks,
    Charge,
    add_charges,
    is_stored,
    negative,
)
from darkstate.engines.cascade.stages import LEFT, SourceLetter, StageChain, Step
from darkstate.systems.traits import LinearSource

Array = NDArray[Any]
MultiIndex = tuple[int, ...]


class SourceMoments:
    """The moments of a source up to some order.

    Args:
        source: the source.
        charges: for every conserved charge that of each mode, (c, M).
        order: largest ``|n|``.

    Raises:
        NumericalError: the source has no stationary state.
    """

    def __init__(self, source: LinearSource, charges: Array, order: int):
        self.drift, self.covariance, self.mean = source.stationary()
        size = np.sqrt(np.abs(self.covariance).max(axis=1, initial=0.0))
        self.scale = np.where(size > 0, size, 1.0)
        modes = charges.shape[1]
        carried = np.concatenate([charges.T, -charges.T])  # <a> belongs to coherence |1><0|
        flip = np.roll(np.arange(2 * modes), modes)
        self.places: dict[Charge, dict[MultiIndex, int]] = {}
        for n in _multi_indices(2 * modes, order):
            q = tuple(int(x) for x in np.array(n) @ carried)
            if is_stored(q):
                row = self.places.setdefault(q, {})
                row[n] = len(row)
        for q in [q for q in self.places if any(q)]:
            split_by_rail_parity = [tuple(n[k] for k in flip) for n in self.places[q]]
            self.places[negative(q)] = {n: k for k, n in enumerate(split_by_rail_parity)}
        self._flip = flip

    def generator(self, q: Charge) -> Array:
        """A on one charge."""
        known = self.places[q]
        result = np.zeros((len(known),) * 2, dtype=complex)
        for n, row in known.items():
            for i, j in np.argwhere(self.drift).tolist():
                to = _shift_index(_shift_index(n, i, -1), j, 1)
                if n[i] and to in known:
                    size = np.sqrt(n[i] * (n[j] + 1.0)) * self.scale[j] / self.scale[i]
                    result[row, known[to]] += self.drift[i, j] * (n[i] if i == j else size)
        return self._hermitian(q, self._hermitian(q, result, 0), 1)

    def letter(self, i: int, source: Charge, target: Charge) -> Array:
        """Multiplication by z_i."""
        known = self.places[source]
        result = np.zeros((len(self.places[target]), len(known)), dtype=complex)
        for n, row in self.places[target].items():
            up = _shift_index(n, i, 1)
            if up in known:
                result[row, known[up]] += np.sqrt(n[i] + 1.0) * self.scale[i]
            if n in known:
                result[row, known[n]] += self.mean[i]
            for j in np.flatnonzero(self.covariance[i]).tolist():
                down = _shift_index(n, j, -1)
                if n[j] and down in known:
                    size = np.sqrt(n[j]) / self.scale[j]
                    result[row, known[down]] += self.covariance[i, j] * size
        return self._hermitian(target, self._hermitian(source, result, 1), 0)

    def derivative(self, i: int, source: Charge, target: Charge) -> Array:
        """Multiplication by d/dz_i."""
        known = self.places[source]
        result = np.zeros((len(self.places[target]), len(known)), dtype=complex)
        for n, row in self.places[target].items():
            down = _shift_index(n, i, -1)
            if n[i] and down in known:
                result[row, known[down]] += np.sqrt(n[i]) / self.scale[i]
        return self._hermitian(target, self._hermitian(source, result, 1), 0)

    def exchange_matrix(self, q: Charge) -> Array:
        """n with the letters of two modes of opposite charge exchanged and conjugated."""
        known = self.places[q]
        result = np.zeros((len(known),) * 2, dtype=complex)
        for n, row in known.items():
            result[known[n[::-1]], row] = 1.0  # (a_A, a_B, a_A†, a_B†) backwards
        return np.real(self._hermitian(q, self._hermitian(q, result, 0), 1))

    def _hermitian(self, q: Charge, block: Array, axis: int) -> Array:
        """From n and its conjugate to real and imaginary parts, on the charge 0."""
        if any(q):
            return block
        moved = np.moveaxis(np.array(block), axis, 0)
        known, i = self.places[q], 1j if axis == 0 else -1j
        for n, here in known.items():
            there = known[tuple(n[k] for k in self._flip)]
            if here < there:
                x, y = moved[here].copy(), moved[there].copy()
                moved[here], moved[there] = (x + y) / np.sqrt(2), (x - y) / (np.sqrt(2) * i)
        return np.moveaxis(moved, 0, axis)


def source_system(
    chain: StageChain, source: LinearSource, charges: Array, order: int
) -> BilinearSystem:
    """The source up to an order, with the channels that enter the first stage."""
    moments = SourceMoments(source, charges, order)
    generator = {q: moments.generator(q) for q in moments.places if is_stored(q)}
    zero = tuple(0 for _ in charges)
    generator[zero] = np.real(generator[zero])
    state = np.zeros(len(generator[zero]))
    state[0] = 1.0
    channels = []
    for column, step in zip(chain.entrance.T, chain.steps, strict=True):
        channels.append(ChannelBlocks(step, _channel_blocks(moments, chain, column, step)))
    transfer = np.zeros((0, len(channels)))
    return BilinearSystem(generator, (), tuple(channels), transfer, state.copy(), state)


def source_thetas(source: LinearSource, charges: Array, order: int) -> dict[Charge, Array] | None:
    """Exchange of the two modes, and transposition, on the coordinates of every charge.

    ``<a_A>`` becomes ``<a_B†>``. None if there are not two modes, or if their charges are not
    opposite.
    """
    if charges.shape[1] != 2 or np.any(charges[:, 0] != -charges[:, 1]):
        return None
    moments = SourceMoments(source, charges, order)
    return {q: moments.exchange_matrix(q) for q in moments.places}


def _channel_blocks(
    moments: SourceMoments, chain: StageChain, column: Array, step: Step
) -> dict[Charge, Array]:
    blocks = {}
    half = len(moments.mean) // 2
    for q in moments.places:
        target = add_charges(q, step)
        if target not in moments.places:
            continue
        total = np.zeros((len(moments.places[target]), len(moments.places[q])), dtype=complex)
        for (side, letter), c in zip(chain.letters, column, strict=True):
            assert isinstance(letter, SourceLetter)
            kind = moments.derivative if letter.derivative else moments.letter
            if c:
                total += c * kind(letter.mode + (0 if side == LEFT else half), q, target)
        blocks[q] = total
    return blocks


def _shift_index(n: MultiIndex, i: int, by: int) -> MultiIndex:
    return (*n[:i], n[i] + by, *n[i + 1 :])


def _multi_indices(letters: int, order: int) -> list[MultiIndex]:
    """All n with ``|n| <= order``, n = 0 first."""
    found: list[MultiIndex] = [()]
    for _ in range(letters):
        found = [(*n, k) for n in found for k in range(order - sum(n) + 1)]
    return sorted(found, key=sum)
