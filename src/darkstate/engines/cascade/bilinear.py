"""Bilinear systems with inputs and outputs: what a cascade is made of.

One of them is whatever stands between two cuts of a cascade: a source, a stage, many of them, or a
compressed stand-in. Its density operator x (or the moments of a source) obeys

    dx/dt = (A + sum_c D_c w_c(t)) x,     seen from behind through U_c x,     t A = 0,  t D_c = 0,

with inputs D_c (commutators, driven by what lies upstream), outputs U_c and the trace t.

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


# No caches by charge here: a parity (`parity.py`) equals an integer, but is its own negative.


def is_stored(charge: Charge) -> bool:
    """Whether q is lexicographically non-negative."""
    return next((x > 0 for x in charge if x), True)


def negative(charge: Charge) -> Charge:
    """-q."""
    return tuple(-x for x in charge)


def is_real(charge: Charge) -> bool:
    """Whether q is its own negative: coordinates then are those of Hermitian operators, real."""
    return charge == negative(charge)


def add_charges(charge: Charge, step: Charge, sign: int = 1) -> Charge:
    """``q + sign step``."""
    return tuple(a + sign * b for a, b in zip(charge, step, strict=True))


def block_of(blocks: Blocks, charge: Charge) -> Array:
    """The block of a charge, conjugated where only that of -q is stored."""
    return blocks[charge] if is_stored(charge) else blocks[negative(charge)].conj()


@dataclass(frozen=True)
class ChannelBlocks:
    """U_c or D_c: blocks by the charge they start from, to that charge plus `step`."""

    step: Charge
    blocks: Blocks

    def transitions(self) -> list[tuple[Charge, Charge, Array, bool]]:
        """(from, to, block, whether conjugate) of the channel and of its conjugate."""
        own = [(q, add_charges(q, self.step), block, False) for q, block in self.blocks.items()]
        return own + [(negative(q), negative(to), b.conj(), True) for q, to, b, _ in own]


@dataclass(frozen=True)
class BilinearSystem:
    """One bilinear system.

    Args:
        generator: A on the stored charges; real for q = 0.
        inputs: D_c for all charges; that of the conjugate channel is ``conj D_c[-q]``.
        outputs: U_c likewise.
        transfer: (inputs, outputs) T.
        trace: t, on the charge 0.
        state: steady state without input, on the charge 0 (None: not computed).
    """

    generator: Blocks
    inputs: tuple[ChannelBlocks, ...]
    outputs: tuple[ChannelBlocks, ...]
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
        return add_charges(some, some, -1)

    @property
    def steady(self) -> Array:
        """`state`, which must be known."""
        assert self.state is not None
        return self.state

    def with_state(self, state: Array) -> BilinearSystem:
        """The same system with its steady state."""
        return replace(self, state=state)


def trivial_system(zero: Charge) -> BilinearSystem:
    """What lies upstream of the first stage where there is no source."""
    one = np.ones(1)
    return BilinearSystem({zero: np.zeros((1, 1))}, (), (), np.zeros((0, 0)), one, one)


def stage_system(stage: Stage, entering: Sequence[Step]) -> BilinearSystem:
    """A stage as a bilinear system, in the coordinates of `operator_bases`.

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
        pairs = ((q, add_charges(q, step)) for q in bases)
        return {q: bases[to].conj().T @ matrix @ bases[q] for q, to in pairs if to in bases}

    generator = {q: block for q, block in blocks(own, zero).items() if is_stored(q)}
    generator[zero] = np.real(generator[zero])
    inputs = []
    for p, step in zip(stage.drives, entering, strict=True):
        commutator = np.kron(one, p.T) - np.kron(p, one)
        inputs.append(ChannelBlocks(negative(step), blocks(commutator, negative(step))))
    outputs = [
        ChannelBlocks(step, blocks(u, step))
        for u, step in zip(stage.radiated, stage.steps, strict=True)
    ]
    trace = np.real(one.ravel() @ bases[zero])
    return BilinearSystem(generator, tuple(inputs), tuple(outputs), stage.transfer, trace)


def operator_bases(values: Array) -> dict[Charge, Array]:
    """Orthonormal (d^2, n) operator bases by charge, those of -q the adjoints of those of q."""
    d = len(values)
    found: dict[Charge, list[Array]] = {}
    for i in range(d):
        for j in range(d):
            q = tuple(int(x) for x in values[i] - values[j])
            unit, adjoint = np.zeros((2, d, d), dtype=complex)
            unit[i, j] = adjoint[j, i] = 1.0
            if any(q):
                if is_stored(q):
                    found.setdefault(q, []).append(unit.ravel())
                    found.setdefault(negative(q), []).append(adjoint.ravel())
            elif i == j:
                found.setdefault(q, []).append(unit.ravel())
            elif i < j:
                found.setdefault(q, []).append((unit + adjoint).ravel() / np.sqrt(2))
                found.setdefault(q, []).append(1j * (unit - adjoint).ravel() / np.sqrt(2))
    return {q: np.array(rows).T for q, rows in found.items()}
