"""Series connections: bilinear system a drives b, and the two are again a bilinear system.

With T the transfer of channels through a system,

    A  = A_a x 1 + 1 x A_b + sum_c ( U_c,a x D_c,b + conj ),
    D_c = D_c,a x 1 + sum_e T_ce,a (1 x D_e,b),      U_c = sum_e T_ec,b (U_e,a x 1) + 1 x U_c,b,

Kronecker products, "conj" the same with every operator replaced by its Hermitian conjugate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.engines.cascade.bilinear import (
    Array,
    BilinearSystem,
    ChannelBlocks,
    Charge,
    add_charges,
    block_of,
    is_real,
    is_stored,
    negative,
)


class SeriesConnection:
    """Two bilinear systems, one after the other; see the module.

    Args:
        first: the upstream system.
        second: the downstream system.
    """

    def __init__(self, first: BilinearSystem, second: BilinearSystem):
        self.first, self.second = first, second
        self.places: dict[Charge, dict[Charge, slice]] = {}
        self.sizes: dict[Charge, int] = {}
        for qa in sorted(first.sizes):
            for qb in second.sizes:
                q = add_charges(qa, qb)
                if q not in self.places and is_stored(q):
                    self._fill(q)

    def _fill(self, q: Charge) -> None:
        """Pairs (q_a, q - q_a) one after the other; those of -q are their conjugates, in order."""
        start, places = 0, {}
        for qa, size in sorted(self.first.sizes.items()):
            qb = add_charges(q, qa, -1)
            if qb in self.second.sizes:
                places[qa] = slice(start, start + size * self.second.sizes[qb])
                start = places[qa].stop
        self.places[q], self.sizes[q] = places, start
        if not is_real(q):
            self.places[negative(q)] = {negative(qa): place for qa, place in places.items()}
            self.sizes[negative(q)] = start

    def _hermitian(self, q: Charge, block: Array, rows: bool) -> Array:
        """From pairs of conjugates to Hermitian combinations, on real charges."""
        if not is_real(q):
            return block
        moved, i = (block, 1j) if rows else (block.T, -1j)
        for qa, place in self.places[q].items():
            if not is_real(qa) and is_stored(qa):
                other = self.places[q][negative(qa)]
                x, y = moved[place].copy(), moved[other].copy()
                moved[place], moved[other] = (x + y) / np.sqrt(2), (x - y) / (np.sqrt(2) * i)
        return block

    def system(self) -> BilinearSystem:
        """The two as one bilinear system, without its steady state."""
        a, b = self.first, self.second
        generator = {q: self._generator(q) for q in self.sizes if is_stored(q)}
        generator = {q: np.real(x) if is_real(q) else x for q, x in generator.items()}
        outputs = [
            self._channel(channel.step, a.outputs, b.transfer[:, c], None, channel)
            for c, channel in enumerate(b.outputs)
        ]
        inputs = [
            self._channel(channel.step, b.inputs, a.transfer[c], channel, None)
            for c, channel in enumerate(a.inputs)
        ]
        trace = np.zeros((1, self.sizes[a.zero]), dtype=complex)
        trace[0, self.places[a.zero][a.zero]] = np.kron(a.trace, b.trace)
        trace = np.real(self._hermitian(a.zero, trace, rows=False))[0]
        transfer = a.transfer @ b.transfer
        return BilinearSystem(generator, tuple(inputs), tuple(outputs), transfer, trace)

    def on_second(self, channel: ChannelBlocks) -> ChannelBlocks:
        """A channel of the second system, as one of both."""
        return self._channel(channel.step, (), np.zeros(0), None, channel)

    def product_state(self, first: Array, second: Array) -> Array:
        """The state (charge 0) in which the two, in these states, know nothing of each other."""
        zero = self.first.zero
        flat = np.zeros(self.sizes[zero])
        flat[self.places[zero][zero]] = np.kron(first, second)
        return flat

    def first_alone(self, flat: Array) -> Array:
        """What is left of a state (charge 0) of both when the second system is traced out."""
        a, b = self.first, self.second
        pairs = flat[self.places[a.zero][a.zero]]
        return pairs.reshape(a.sizes[a.zero], b.sizes[b.zero]) @ b.trace

    def second_alone(self, flat: Array) -> Array:
        """What is left of a state (charge 0) of both when the first system is traced out."""
        a, b = self.first, self.second
        pairs = flat[self.places[a.zero][a.zero]]
        return a.trace @ pairs.reshape(a.sizes[a.zero], b.sizes[b.zero])

    def _generator(self, q: Charge) -> Array:
        a, b, places = self.first, self.second, self.places[q]
        result = np.zeros((self.sizes[q],) * 2, dtype=complex)
        for qa, place in places.items():
            one, two = block_of(a.generator, qa), block_of(b.generator, add_charges(q, qa, -1))
            _act_on_first(result[place, place], one, len(two))
            _act_on_second(result[place, place], two)
        for output, drive in zip(a.outputs, b.inputs, strict=True):
            second = {
                (start, conjugate): block for start, _, block, conjugate in drive.transitions()
            }
            for qa, to, block, conjugate in output.transitions():
                start = add_charges(q, qa, -1), conjugate
                if qa in places and to in places and start in second:
                    _act_on_both(result[places[to], places[qa]], block, second[start])
        return self._hermitian(q, self._hermitian(q, result, rows=True), rows=False)

    def _channel(
        self,
        step: Charge,
        carried: Sequence[ChannelBlocks],
        weights: Array,
        first: ChannelBlocks | None,
        second: ChannelBlocks | None,
    ) -> ChannelBlocks:
        """A channel of one system, and those of the other that it carries along."""
        blocks = {}
        for q in self.sizes:
            to = add_charges(q, step)
            if to in self.sizes:
                result = np.zeros((self.sizes[to], self.sizes[q]), dtype=complex)
                for weight, channel in zip(weights, carried, strict=True):
                    if weight and channel.step == step:
                        self._act(result, q, channel, weight, on_first=first is None)
                if first is not None:
                    self._act(result, q, first, 1.0, on_first=True)
                if second is not None:
                    self._act(result, q, second, 1.0, on_first=False)
                result = self._hermitian(to, result, rows=True)
                blocks[q] = self._hermitian(q, result, rows=False)
        return ChannelBlocks(step, blocks)

    def _act(
        self, result: Array, q: Charge, channel: ChannelBlocks, weight: complex, on_first: bool
    ) -> None:
        """Add a channel of one of the two systems to the block that starts from q."""
        to = self.places[add_charges(q, channel.step)]
        for qa, place in self.places[q].items():
            qb = add_charges(q, qa, -1)
            start = qa if on_first else qb
            image = add_charges(qa, channel.step) if on_first else qa
            if start in channel.blocks and image in to:
                block = weight * channel.blocks[start]
                if on_first:
                    _act_on_first(result[to[image], place], block, self.second.sizes[qb])
                else:
                    _act_on_second(result[to[image], place], block)


# Kronecker products are added entry by entry of the smaller factor, which is mostly zeros.


def _act_on_first(result: Array, block: Array, n: int) -> None:
    """Add ``block x 1``, the second system having n coordinates."""
    for k in range(n):
        result[k::n, k::n] += block


def _act_on_second(result: Array, block: Array) -> None:
    """Add ``1 x block``."""
    rows, columns = block.shape
    for k in range(len(result) // rows if rows else 0):
        result[k * rows : (k + 1) * rows, k * columns : (k + 1) * columns] += block


def _act_on_both(result: Array, first: Array, second: Array) -> None:
    """Add ``first x second``."""
    rows, columns = second.shape
    for i, k in np.argwhere(second).tolist():
        result[i::rows, k::columns] += second[i, k] * first
