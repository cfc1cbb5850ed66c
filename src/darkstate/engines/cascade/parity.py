"""Two equal rails: the parity of an operator under their exchange.

With the two nodes of every stage alike, and driven alike, the master equation of two rails commutes
with exchanging the rails and transposing,

    Theta rho = S rho^T S,   Theta^2 = 1,

S the swap of the two nodes of each stage (and of the two modes of a source). It maps the charge,
excitations on rail A minus those on rail B, to itself: exchange and transposition both turn its
sign. Detunings may be there as long as those on B are opposite to those on A, dephasing and decay
as long as they are alike. So every sector splits into an even half, in which the state is, and an
odd one; what is upstream and what is ahead are correlated in even-even and odd-odd terms only, and
work falls to a half or a third.

The channels between two stages mix under Theta, ``Theta U_c Theta = sum_b R_cb U_b``; combinations
of them are even or odd. The parity of a sector or of a channel's step is one more entry of its
charge, which adds up modulo 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    ChannelBlocks,
    Charge,
    add_charges,
    operator_bases,
)
from darkstate.engines.cascade.stages import Stage
from darkstate.linalg.unique import unique_columns

Array = NDArray[Any]
Thetas = Mapping[Charge, Array]
"""Theta on the coordinates of every charge (both signs): signed permutations."""
_RTOL = 1e-10


class Parity(int):
    """Even (0) or odd (1); sums modulo 2, its own negative."""

    def __add__(self, other: int) -> Parity:
        return Parity((int(self) + int(other)) % 2)

    def __neg__(self) -> Parity:
        return self


@dataclass(frozen=True)
class ChannelParity:
    """Channels of definite parity at one cut, ``U' = Z^-1 U`` and ``D' = Z^T D``.

    Args:
        R: how Theta mixes the channels.
        Z: its eigenvectors.
        parities: of these.
    """

    R: Array
    Z: Array
    parities: tuple[Parity, ...]


def split_by_rail_parity(
    stages: Sequence[Stage],
    systems: Sequence[BilinearSystem],
    source: tuple[BilinearSystem, Thetas] | None,
) -> tuple[list[tuple[BilinearSystem, dict[Charge, Array]]], ChannelParity | None] | None:
    """A cascade in sectors of definite parity; None where Theta is no symmetry of it.

    Args:
        stages: in order.
        systems: the same as bilinear systems.
        source: what is in front, and Theta on it; None if there is nothing.

    Returns:
        for each stage its system and the coordinates of its sectors (`parity_sectors`), and how
        the channels between source and first stage mix.
    """
    if source is not None and not _is_symmetric(*source):
        return None
    entering = None if source is None else _channel_parity(*source)
    entrance, found = entering, []
    for k, (stage, system) in enumerate(zip(stages, systems, strict=True)):
        thetas = _stage_thetas(stage)
        if thetas is None or not _is_symmetric(system, thetas):
            return None
        leaving = _channel_parity(system, thetas) if system.outputs else None
        if (system.outputs and leaving is None) or not _inputs_follow(
            system, thetas, entering, leaving
        ):
            return None
        if bool(system.inputs) != (entering is not None) or (
            not system.outputs and k < len(systems) - 1
        ):
            return None
        found.append(parity_sectors(system, thetas, entering, leaving))
        entering = leaving
    return found, entrance


def _stage_thetas(stage: Stage) -> Thetas | None:
    """Theta on a stage of two nodes of equal dimension and opposite charge; None for others."""
    if len(stage.dimensions) != 2 or stage.dimensions[0] != stage.dimensions[1]:
        return None
    d = len(stage.values)
    swap = np.arange(d).reshape(stage.dimensions).T.ravel()
    if not stage.values.shape[1] or np.any(stage.values[swap] != -stage.values):
        return None
    i, j = np.divmod(np.arange(d * d), d)
    image = swap[j] * d + swap[i]
    bases = operator_bases(stage.values)
    return {q: np.real(basis.conj().T @ basis[image]) for q, basis in bases.items()}


def _theta_conjugate(channel: ChannelBlocks, thetas: Thetas) -> ChannelBlocks:
    """``Theta U_c Theta``."""
    blocks = {
        q: thetas[add_charges(q, channel.step)] @ block @ thetas[q].T
        for q, block in channel.blocks.items()
    }
    return ChannelBlocks(channel.step, blocks)


def _is_symmetric(system: BilinearSystem, thetas: Thetas) -> bool:
    """Whether A commutes with Theta."""
    return all(
        _same(thetas[q] @ block @ thetas[q].T, block) for q, block in system.generator.items()
    )


def _same(a: Array, b: Array) -> bool:
    return float(np.linalg.norm(a - b)) <= _RTOL * (float(np.linalg.norm(b)) or 1.0)


def _rows(channels: Sequence[ChannelBlocks], step: Charge) -> Array:
    """The channels of one step as rows."""
    return np.array(
        [np.concatenate([b.ravel() for b in c.blocks.values()]) for c in channels if c.step == step]
    )


def _channel_parity(system: BilinearSystem, thetas: Thetas) -> ChannelParity | None:
    """How the own channels of a system mix; None if Theta is no symmetry of them."""
    steps = [c.step for c in system.outputs]
    images = [_theta_conjugate(c, thetas) for c in system.outputs]
    R, Z = np.zeros((2, len(steps), len(steps)), dtype=complex)
    parities = [Parity(0)] * len(steps)
    for step in set(steps):
        mine = [k for k, other in enumerate(steps) if other == step]
        plain, image = _rows(system.outputs, step), _rows(images, step)
        own = np.linalg.lstsq(plain.T, image.T, rcond=None)[0].T
        one = np.eye(len(mine))
        if not _same(own @ plain, image) or not _same(own @ own, one):
            return None
        place = 0
        for parity, sign in ((Parity(0), 1.0), (Parity(1), -1.0)):
            left, values, _ = np.linalg.svd(one + sign * own)
            for column in unique_columns(left[:, values > 0.5]).T:
                Z[mine, mine[place]] = column
                parities[mine[place]] = parity
                place += 1
        R[np.ix_(mine, mine)] = own
    real = not np.any(np.imag(R)) and not np.any(np.imag(Z))
    return ChannelParity(np.real(R) if real else R, np.real(Z) if real else Z, tuple(parities))


def _inputs_follow(
    system: BilinearSystem,
    thetas: Thetas,
    entering: ChannelParity | None,
    leaving: ChannelParity | None,
) -> bool:
    """Whether inputs and transfer mix as the channels do."""
    if entering is None:
        return True
    images = [_theta_conjugate(c, thetas) for c in system.inputs]
    for step in {c.step for c in system.inputs}:
        mine = [k for k, c in enumerate(system.inputs) if c.step == step]
        own = entering.R[np.ix_(mine, mine)].T
        if not _same(own @ _rows(images, step), _rows(system.inputs, step)):
            return False
    if leaving is None:
        return True
    return _same(entering.R.T @ system.transfer, system.transfer @ leaving.R.T)


def parity_sectors(
    system: BilinearSystem,
    thetas: Thetas,
    entering: ChannelParity | None,
    leaving: ChannelParity | None,
) -> tuple[BilinearSystem, dict[Charge, Array]]:
    """A system in sectors of definite parity, and their coordinates: orthonormal, by old ones.

    Args:
        system: invariant under Theta.
        thetas: Theta.
        entering: how channels that enter mix; None if there are none.
        leaving: how channels that leave mix; None if there are none.
    """
    halves = {
        (*q, p): half
        for q, theta in thetas.items()
        for p, half in _parity_bases(theta)
        if half.size
    }
    generator = {
        q: half.T @ system.generator[q[:-1]] @ half
        for q, half in halves.items()
        if q[:-1] in system.generator
    }
    inputs, outputs, transfer = system.inputs, system.outputs, system.transfer
    if entering is not None:
        inputs = _combine(inputs, entering.Z.T, entering.parities, halves)
        transfer = entering.Z.T @ transfer
    if leaving is not None:
        inverse = np.linalg.inv(leaving.Z)
        outputs = _combine(outputs, inverse, leaving.parities, halves)
        transfer = transfer @ inverse.T
    transfer = np.where(np.abs(transfer) > _RTOL, transfer, 0.0)
    even = halves[(*system.zero, Parity(0))]
    state = None if system.state is None else even.T @ system.state
    return BilinearSystem(
        generator, inputs, outputs, transfer, even.T @ system.trace, state
    ), halves


def _combine(
    channels: Sequence[ChannelBlocks],
    weights: Array,
    parities: Sequence[Parity],
    halves: Mapping[Charge, Array],
) -> tuple[ChannelBlocks, ...]:
    """Combinations of channels of one step, between sectors."""
    found = []
    for row, parity in zip(weights, parities, strict=True):
        used = [(w, c) for w, c in zip(row, channels, strict=True) if abs(w) > _RTOL]
        step: Charge = (*used[0][1].step, parity)
        blocks: dict[Charge, Array] = {}
        for q, half in halves.items():
            to, plain = add_charges(q, step), q[:-1]
            if to in halves and plain in used[0][1].blocks:
                blocks[q] = halves[to].T @ sum(w * c.blocks[plain] for w, c in used) @ half
        found.append(ChannelBlocks(step, blocks))
    return tuple(found)


def _parity_bases(theta: Array) -> list[tuple[Parity, Array]]:
    """Even and odd coordinates of a signed permutation; none joins more than two old ones."""
    columns: tuple[list[Array], list[Array]] = ([], [])
    one = np.eye(len(theta))
    for k, image in enumerate(np.argmax(np.abs(theta), axis=0).tolist()):
        sign = 1.0 if theta[image, k] > 0 else -1.0
        if image == k:
            columns[0 if sign > 0 else 1].append(one[k])
        elif image > k:
            columns[0].append((one[k] + sign * one[image]) / np.sqrt(2))
            columns[1].append((one[k] - sign * one[image]) / np.sqrt(2))
    return [
        (Parity(p), np.array(found).reshape(-1, len(theta)).T) for p, found in enumerate(columns)
    ]
