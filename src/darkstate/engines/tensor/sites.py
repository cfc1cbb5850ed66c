"""From an OpenSystem to a chain of sites: local matrices and the couplings between sites.

A site is a stage of the cascade (a pair of nodes (A_j, B_j) of two rails). The generator of pure
states between jumps is a sum over sites and pairs of sites,

    K = -i H - 1/2 sum_k c_k† c_k = sum_i K_i + sum_{i<j} sum_xy M_ij[x, y] E_x(i) E_y(j),

with E_x the matrix units of a site; every jump operator is a sum of local parts,
``c_k = sum_i c_k(i)``. In a cascade (i upstream of j) the coupling is ``-c_k(j)† c_k(i)`` alone:
what the Hamiltonian and the jumps do backwards cancels.

A channel on one site whose ``c†c`` is a number (dephasing) clicks at a rate that no state changes.
It is left out of K and drawn beforehand, as a Poisson process.

Where the network has a charge (`darkstate.systems.traits.charges`), every basis state of a site
has a value of it, and states are kept in blocks (`blocks.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod, sqrt
from typing import Any

import numpy as np

from darkstate.engines.tensor.blocks import Array, Grades, grades_of
from darkstate.errors import EngineMismatchError
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Mode, Space
from darkstate.systems.traits import cascade_order

MAX_SITE = 16
"""Largest dimension of one site: a stage of four qubits."""


@dataclass(frozen=True)
class Channel:
    """A jump operator as a sum of local parts, the root of its rate included.

    Args:
        name: name of the jump.
        parts: ``{site: (d, d) matrix}``.
    """

    name: str
    parts: dict[int, Array]


@dataclass(frozen=True)
class Chain:
    """A network as a chain of sites.

    Args:
        labels: labels of every site.
        dimensions: dimensions of the spaces of every site.
        local: (d, d) matrices ``K_i``.
        couplings: ``{(i, j): (d_i^2, d_j^2) matrix M_ij}`` for i < j.
        channels: jumps whose rate depends on the state.
        clocks: jumps at fixed rates: local, with ``c†c = rate``.
        rates: their rates.
        grades: charge of every basis state of every site; 0 if there is no charge.
    """

    labels: tuple[tuple[str, ...], ...]
    dimensions: tuple[tuple[int, ...], ...]
    local: tuple[Array, ...]
    couplings: dict[tuple[int, int], Array]
    channels: tuple[Channel, ...]
    clocks: tuple[Channel, ...]
    rates: Array
    grades: tuple[Grades, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The dimension of every site."""
        return tuple(prod(each) for each in self.dimensions)

    @property
    def widest(self) -> int:
        """The largest bond dimension that a state can need."""
        cuts = range(1, len(self))
        return max((min(prod(self.sizes[:n]), prod(self.sizes[n:])) for n in cuts), default=1)

    def plain(self) -> Chain:
        """The same without its charge."""
        return replace(self, grades=tuple((0,) * d for d in self.sizes))

    def __len__(self) -> int:
        return len(self.labels)


def sites_of(system: OpenSystem) -> tuple[tuple[Space, ...], ...]:
    """The spaces of every site, upstream first.

    Raises:
        EngineMismatchError: modes, atom-by-atom jumps, no cascade, or too large a stage.
    """
    modes = [space.label for space in system.spaces if isinstance(space, Mode)]
    if modes:
        raise EngineMismatchError(
            f"Matrix-product trajectories take qubits and spins, but {', '.join(modes[:4])} are "
            "modes. Use the white-noise limit of the source (bandwidth=math.inf), or "
            "engines.Lindblad, which eliminates a linear source exactly."
        )
    if any(jump.each_atom for jump in system.jumps):
        raise EngineMismatchError(
            "A jump acts atom by atom, which no state of a collective spin can hold. Model the "
            "atoms as qubits."
        )
    trait = cascade_order(system)
    if not trait.holds:
        raise EngineMismatchError(
            f"Matrix-product trajectories follow a cascade of stages, but {trait.reason}. Use "
            "engines.Trajectories, which keeps whole state vectors."
        )
    by_label = {space.label: space for space in system.spaces}
    found = []
    for stage in trait.evidence or ():
        spaces = tuple(by_label[label] for group in stage for label in group)
        size = prod(int(space.dimension or 0) for space in spaces)
        if size > MAX_SITE:
            raise EngineMismatchError(
                f"The stage {', '.join(space.label for space in spaces)} has {size} states, more "
                f"than {MAX_SITE}, the most that one site of a matrix-product state holds. Use "
                "engines.Trajectories, which keeps whole state vectors."
            )
        found.append(spaces)
    return tuple(found)


def chain_of(system: OpenSystem) -> Chain:
    """The chain of a cascaded network.

    Raises:
        EngineMismatchError: see `sites_of`; products of operators over more than two sites.
    """
    return _Splitter(sites_of(system)).chain(system)


class _Splitter:
    """Splits operators over sites."""

    def __init__(self, sites: Sequence[tuple[Space, ...]]):
        self.sites = tuple(sites)
        self.place = {space: k for k, spaces in enumerate(sites) for space in spaces}
        self.sizes = [prod(int(space.dimension or 0) for space in spaces) for spaces in sites]
        self.matrix = lru_cache(maxsize=None)(self._matrix)

    def chain(self, system: OpenSystem) -> Chain:
        """The whole system."""
        local = [np.zeros((d, d), dtype=complex) for d in self.sizes]
        couplings: dict[tuple[int, int], Array] = {}
        for product, coefficient in system.hamiltonian:
            self._add(local, couplings, product, -1j * coefficient)
        channels, clocks, rates = [], [], []
        for number, jump in enumerate(system.jumps):
            if not jump.rate:
                continue
            channel = self._channel(jump, number)
            rate = _fixed_rate(channel)
            if rate is not None:
                clocks.append(channel)
                rates.append(rate)
                continue
            channels.append(channel)
            self._decay(local, couplings, channel)
        return Chain(
            tuple(tuple(space.label for space in spaces) for spaces in self.sites),
            tuple(tuple(int(space.dimension or 0) for space in spaces) for spaces in self.sites),
            tuple(local),
            couplings,
            tuple(channels),
            tuple(clocks),
            np.array(rates),
            grades_of(system, self.sites),
        )

    def _split(self, product: Product) -> dict[int, Product]:
        parts: dict[int, list[Any]] = {}
        for factor in product:
            parts.setdefault(self.place[factor[0]], []).append(factor)
        return {site: tuple(factors) for site, factors in parts.items()}

    def _matrix(self, site: int, product: Product) -> Array:
        return operator_matrix(OperatorSum({product: 1.0}), self.sites[site]).toarray()

    def _add(
        self,
        local: list[Array],
        couplings: dict[tuple[int, int], Array],
        product: Product,
        coefficient: complex,
    ) -> None:
        parts = sorted(self._split(product).items())
        if len(parts) > 2:
            raise EngineMismatchError(
                f"The Hamiltonian has a product over {len(parts)} sites; matrix-product "
                "trajectories take products over one or two. Use engines.Trajectories."
            )
        if len(parts) < 2:  # a constant shifts the energy, which no state sees
            for site, part in parts:
                local[site] = local[site] + coefficient * self.matrix(site, part)
            return
        (i, left), (j, right) = parts
        block = np.outer(self.matrix(i, left).ravel(), self.matrix(j, right).ravel())
        couplings[i, j] = couplings.get((i, j), 0.0) + coefficient * block

    def _channel(self, jump: Jump, number: int) -> Channel:
        name = jump.name or f"jump {number + 1}"
        parts: dict[int, Array] = {}
        for product, coefficient in jump.operator:
            split = self._split(product)
            if len(split) != 1:
                raise EngineMismatchError(
                    f"The jump '{name}' is no sum of operators of single sites, as matrix-product "
                    "trajectories need it. Use engines.Trajectories."
                )
            ((site, part),) = split.items()
            matrix = sqrt(jump.rate) * coefficient * self.matrix(site, part)
            parts[site] = parts.get(site, 0.0) + matrix
        return Channel(name, parts)

    @staticmethod
    def _decay(
        local: list[Array], couplings: dict[tuple[int, int], Array], channel: Channel
    ) -> None:
        """``-c†c/2`` of a sum of local parts."""
        sites = sorted(channel.parts)
        for place, i in enumerate(sites):
            c = channel.parts[i]
            local[i] = local[i] - 0.5 * c.conj().T @ c
            for j in sites[place + 1 :]:
                d = channel.parts[j]
                forth = np.outer(c.ravel(), d.conj().T.ravel())
                back = np.outer(c.conj().T.ravel(), d.ravel())
                couplings[i, j] = couplings.get((i, j), 0.0) - 0.5 * (forth + back)


def _fixed_rate(channel: Channel) -> float | None:
    """The rate of a channel on one site with ``c†c`` proportional to one; None for others."""
    if len(channel.parts) != 1:
        return None
    ((_, c),) = channel.parts.items()
    weight = c.conj().T @ c
    rate = float(weight[0, 0].real)
    return rate if np.allclose(weight, rate * np.eye(len(c)), rtol=0, atol=1e-13 * rate) else None
