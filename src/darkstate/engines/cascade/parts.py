"""Parts of a cascade as linear systems with inputs and outputs, and how two become one.

A part is whatever stands between two cuts of a cascade: a source, a stage, many of them, or a
compressed stand-in. Its density operator x (or the moments of a source) obeys

    dx/dt = (A + sum_c D_c w_c(t)) x,     seen from behind through U_c x,     t A = 0,  t D_c = 0,

with inputs D_c (commutators, driven by what lies upstream), outputs U_c and the trace t. Part a
followed by part b is again a part. With T the transfer of channels through a part,

    A  = A_a x 1 + 1 x A_b + sum_c ( U_c,a x D_c,b + conj ),
    D_c = D_c,a x 1 + sum_e T_ce,a (1 x D_e,b),      U_c = sum_e T_ec,b (U_e,a x 1) + 1 x U_c,b,

Kronecker products, "conj" the same with every operator replaced by its Hermitian conjugate.

Two symmetries keep the matrices small. x splits by the ket-minus-bra charge q, which A conserves
and U_c, D_c shift. And Hermitian conjugation maps sector q to -q; bases are chosen such that it is
plain complex conjugation: in the sector q = 0 all vectors stand for Hermitian operators and A is
real, and only q >= 0 (lexicographically) is stored of A.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.stages import Stage, Step

Array = NDArray[Any]
Charge = tuple[int, ...]
Blocks = Mapping[Charge, Array]


def is_stored(charge: Charge) -> bool:
    """Whether q is lexicographically non-negative."""
    return next((x > 0 for x in charge if x), True)


def negative(charge: Charge) -> Charge:
    """-q."""
    return tuple(-x for x in charge)


def is_real(charge: Charge) -> bool:
    """Whether q is its own negative: coordinates then are those of Hermitian operators, real."""
    return charge == negative(charge)


def added(charge: Charge, step: Charge, sign: int = 1) -> Charge:
    """``q + sign step``."""
    return tuple(a + sign * b for a, b in zip(charge, step, strict=True))


def block_of(blocks: Blocks, charge: Charge) -> Array:
    """The block of a charge, conjugated where only that of -q is stored."""
    return blocks[charge] if is_stored(charge) else blocks[negative(charge)].conj()


@dataclass(frozen=True)
class Channel:
    """U_c or D_c: blocks by the charge they start from, to that charge plus `step`."""

    step: Charge
    blocks: Blocks

    def moves(self) -> list[tuple[Charge, Charge, Array, bool]]:
        """(from, to, block, whether conjugate) of the channel and of its conjugate."""
        own = [(q, added(q, self.step), block, False) for q, block in self.blocks.items()]
        return own + [(negative(q), negative(to), b.conj(), True) for q, to, b, _ in own]


@dataclass(frozen=True)
class Part:
    """One part of a cascade.

    Args:
        generator: A on the stored charges; real for q = 0.
        inputs: D_c for all charges; that of the conjugate channel is ``conj D_c[-q]``.
        outputs: U_c likewise.
        transfer: (inputs, outputs) T.
        trace: t, on the charge 0.
        state: steady state without input, on the charge 0 (None: not computed).
    """

    generator: Blocks
    inputs: tuple[Channel, ...]
    outputs: tuple[Channel, ...]
    transfer: Array
    trace: Array
    state: Array | None = None

    @cached_property
    def sizes(self) -> dict[Charge, int]:
        """Dimension by charge, both signs."""
        stored = {q: len(a) for q, a in self.generator.items()}
        return stored | {negative(q): n for q, n in stored.items()}

    @property
    def dimension(self) -> int:
        """Numbers in x, both signs of q."""
        return sum(self.sizes.values())

    @cached_property
    def zero(self) -> Charge:
        """The charge of the state."""
        some = next(iter(self.generator))
        return added(some, some, -1)

    @property
    def steady(self) -> Array:
        """`state`, which must be known."""
        assert self.state is not None
        return self.state

    def with_state(self, state: Array) -> Part:
        """The same part with its steady state."""
        return replace(self, state=state)


def nothing(zero: Charge) -> Part:
    """What lies upstream of the first stage where there is no source."""
    one = np.ones(1)
    return Part({zero: np.zeros((1, 1))}, (), (), np.zeros((0, 0)), one, one)


def stage_part(stage: Stage, entering: Sequence[Step]) -> Part:
    """A stage as a part, in the coordinates of `operator_bases`.

    Args:
        stage: the stage.
        entering: charges that the channels into it add to what lies upstream.
    """
    d = len(stage.values)
    bases, one = operator_bases(stage.values), np.eye(d)
    own = np.kron(stage.effective, one) + np.kron(one, stage.effective.conj())
    for c in stage.jumps:
        own = own + np.kron(c, c.conj())
    zero = (0,) * stage.values.shape[1]

    def blocks(matrix: Array, step: Step) -> dict[Charge, Array]:
        pairs = ((q, added(q, step)) for q in bases)
        return {q: bases[to].conj().T @ matrix @ bases[q] for q, to in pairs if to in bases}

    generator = {q: block for q, block in blocks(own, zero).items() if is_stored(q)}
    generator[zero] = np.real(generator[zero])
    inputs = []
    for p, step in zip(stage.drives, entering, strict=True):
        commutator = np.kron(one, p.T) - np.kron(p, one)
        inputs.append(Channel(negative(step), blocks(commutator, negative(step))))
    outputs = [
        Channel(step, blocks(u, step)) for u, step in zip(stage.radiated, stage.steps, strict=True)
    ]
    trace = np.real(one.ravel() @ bases[zero])
    return Part(generator, tuple(inputs), tuple(outputs), stage.transfer, trace)


def operator_bases(values: Array) -> dict[Charge, Array]:
    """Orthonormal (d^2, n) operator bases by charge, those of -q the adjoints of those of q."""
    d = len(values)
    found: dict[Charge, list[Array]] = {}
    for i in range(d):
        for j in range(d):
            q = tuple(int(x) for x in values[i] - values[j])
            unit, mirror = np.zeros((2, d, d), dtype=complex)
            unit[i, j] = mirror[j, i] = 1.0
            if any(q):
                if is_stored(q):
                    found.setdefault(q, []).append(unit.ravel())
                    found.setdefault(negative(q), []).append(mirror.ravel())
            elif i == j:
                found.setdefault(q, []).append(unit.ravel())
            elif i < j:
                found.setdefault(q, []).append((unit + mirror).ravel() / np.sqrt(2))
                found.setdefault(q, []).append(1j * (unit - mirror).ravel() / np.sqrt(2))
    return {q: np.array(rows).T for q, rows in found.items()}


class Product:
    """Two parts, one after the other; see the module.

    Args:
        first: the upstream part.
        second: the downstream part.
    """

    def __init__(self, first: Part, second: Part):
        self.first, self.second = first, second
        self.places: dict[Charge, dict[Charge, slice]] = {}
        self.sizes: dict[Charge, int] = {}
        for qa in sorted(first.sizes):
            for qb in second.sizes:
                q = added(qa, qb)
                if q not in self.places and is_stored(q):
                    self._fill(q)

    def _fill(self, q: Charge) -> None:
        """Pairs (q_a, q - q_a) one after the other; those of -q are their conjugates, in order."""
        start, places = 0, {}
        for qa, size in sorted(self.first.sizes.items()):
            qb = added(q, qa, -1)
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

    def part(self) -> Part:
        """The two as one part, without its steady state."""
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
        return Part(generator, tuple(inputs), tuple(outputs), transfer, trace)

    def on_second(self, channel: Channel) -> Channel:
        """A channel of the second part, as one of both."""
        return self._channel(channel.step, (), np.zeros(0), None, channel)

    def first_alone(self, flat: Array) -> Array:
        """What is left of a state (charge 0) of both when the second part is traced out."""
        a, b = self.first, self.second
        pairs = flat[self.places[a.zero][a.zero]]
        return pairs.reshape(a.sizes[a.zero], b.sizes[b.zero]) @ b.trace

    def second_alone(self, flat: Array) -> Array:
        """What is left of a state (charge 0) of both when the first part is traced out."""
        a, b = self.first, self.second
        pairs = flat[self.places[a.zero][a.zero]]
        return a.trace @ pairs.reshape(a.sizes[a.zero], b.sizes[b.zero])

    def _generator(self, q: Charge) -> Array:
        a, b, places = self.first, self.second, self.places[q]
        result = np.zeros((self.sizes[q],) * 2, dtype=complex)
        for qa, place in places.items():
            one, two = block_of(a.generator, qa), block_of(b.generator, added(q, qa, -1))
            result[place, place] += np.kron(one, np.eye(len(two))) + np.kron(np.eye(len(one)), two)
        for output, drive in zip(a.outputs, b.inputs, strict=True):
            second = {(start, mirror): block for start, _, block, mirror in drive.moves()}
            for qa, to, block, mirror in output.moves():
                start = added(q, qa, -1), mirror
                if qa in places and to in places and start in second:
                    result[places[to], places[qa]] += np.kron(block, second[start])
        return self._hermitian(q, self._hermitian(q, result, rows=True), rows=False)

    def _channel(
        self,
        step: Charge,
        carried: Sequence[Channel],
        weights: Array,
        first: Channel | None,
        second: Channel | None,
    ) -> Channel:
        """A channel of one part, and those of the other that it carries along."""
        blocks = {}
        for q in self.sizes:
            to = added(q, step)
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
        return Channel(step, blocks)

    def _act(
        self, result: Array, q: Charge, channel: Channel, weight: complex, on_first: bool
    ) -> None:
        """Add a channel of one of the two parts to the block that starts from q."""
        to = self.places[added(q, channel.step)]
        for qa, place in self.places[q].items():
            qb = added(q, qa, -1)
            start = qa if on_first else qb
            image = added(qa, channel.step) if on_first else qa
            if start in channel.blocks and image in to:
                block = weight * channel.blocks[start]
                if on_first:
                    result[to[image], place] += np.kron(block, np.eye(self.second.sizes[qb]))
                else:
                    result[to[image], place] += np.kron(np.eye(self.first.sizes[qa]), block)
