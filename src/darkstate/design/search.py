"""Searches among the networks of a family: the largest gap, and the fewest operators.

The gap is maximised by SciPy's Powell method from the best of the plainest network and some random
ones; it is the best that was found, no more is claimed. Whether the target can be the only steady
state at all is generic: if one network does it, all but a few exceptions do, and a random one
tells. More operators never harm; so one without which no random network does it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from darkstate.design.family import Family, family_of
from darkstate.design.hardware import Library
from darkstate.design.invariant import common_subspace
from darkstate.design.network import LARGEST_GAP, FoundNetwork, gap_of, is_unique, network_of
from darkstate.states.subsystems import Matrix

_RANDOM = 4
_MOST_PARAMETERS = 40
_PLAIN_ENOUGH = 0.99
"""A plainer network is taken if its gap is this fraction of the largest one found."""
_MOST_OPERATORS, _MOST_SUBSETS = 80, 400


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Networks of a family as real vectors: coordinates of H, then rates or mixings of the jumps.

    Args:
        family: all networks, in tidy bases.
        library: whose units are used.
        full: whether jumps are mixed, or each basis jump has a rate.
        start: coordinates of H for which every set has a positive Gamma_11.
    """

    family: Family
    library: Library
    full: bool
    start: NDArray[np.float64]

    @property
    def sizes(self) -> list[int]:
        """Free jumps of each set."""
        return [len(each.coefficients) - each.shifted for each in self.family.jumps]

    @property
    def plain(self) -> NDArray[np.float64]:
        """Every basis jump with the same rate, unmixed."""
        blocks = [np.eye(n).ravel() if self.full else np.ones(n) for n in self.sizes]
        zeros = [np.zeros(n * n) for n in self.sizes if self.full]
        return np.concatenate([self.start, *blocks, *zeros])

    def random(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Somewhere else."""
        moved = self.plain + 0.5 * rng.normal(size=len(self.plain))
        shifted = any(each.shifted for each in self.family.jumps)
        moved[: len(self.start)] = self.start + (0.1 if shifted else 1.0) * rng.normal(
            size=len(self.start)
        )
        return moved

    def network(self, point: NDArray[np.float64]) -> FoundNetwork | None:
        """The network at a point."""
        theta, rest = point[: len(self.start)], point[len(self.start) :]
        count = sum(n * n for n in self.sizes)
        weights: list[Matrix] = []
        at = 0
        for n in self.sizes:
            if self.full:
                real, imaginary = rest[at : at + n * n], rest[count + at : count + at + n * n]
                weights.append((real + 1j * imaginary).reshape(n, n))
                at += n * n
            else:
                weights.append(np.diag(rest[at : at + n]))
                at += n
        return network_of(self.family, self.library, theta, weights)


def coordinates(library: Library) -> Coordinates | None:
    """Coordinates of all networks of a library; None where no Gamma has a solution."""
    family = family_of(library.hardware, tidy=True)
    start = _feasible(family, len(library.terms))
    if start is None:
        return None
    free = [len(each.coefficients) - each.shifted for each in family.jumps]
    full = len(start) + 2 * sum(n * n for n in free) <= _MOST_PARAMETERS
    return Coordinates(family, library, full, start)


def _feasible(family: Family, terms: int) -> NDArray[np.float64] | None:
    """Coordinates of H with all Gamma_11 > 0; those with the least of everything else, if it may.

    Without eigenvalues every Hamiltonian of the basis is there.
    """
    rows, position = [], terms
    for each in family.jumps:
        if each.shifted:
            rows.append(family.terms[:, position])
            position += 2 * len(each.coefficients) - 1
    n = len(family.terms)
    if not rows:
        return np.ones(n)
    ones = np.ones(len(rows))
    triangle = np.linalg.qr(family.terms.T, mode="r")  # |theta terms| = |triangle theta|
    least = np.linalg.solve(
        triangle, np.linalg.pinv(np.array(rows) @ np.linalg.inv(triangle)) @ ones
    )
    if np.all(np.array(rows) @ least > 0.5):
        return np.asarray(least, dtype=np.float64)
    limits = np.column_stack([-np.array(rows), ones])  # t <= Gamma_11 of each
    bounds = [(-1.0, 1.0)] * n + [(0.0, 1.0)]
    found = scipy.optimize.linprog(np.append(np.zeros(n), -1.0), limits, 0.0 * ones, bounds=bounds)
    return found.x[:n] if found.status == 0 and found.x[n] > 1e-9 else None


def unique_networks(space: Coordinates, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Points at which the target is the only steady state, the plain one first if it is."""
    found = []
    for point in [space.plain, *(space.random(rng) for _ in range(_RANDOM))]:
        network = space.network(point)
        if network is not None and is_unique(network):
            found.append(point)
    return found


def largest_gap(
    space: Coordinates, points: list[NDArray[np.float64]], others: list[FoundNetwork]
) -> tuple[FoundNetwork, float | None]:
    """The network of the largest gap that a search from these points finds, and the gap.

    Too large for gaps: the first of all, and None.

    Args:
        space: all networks.
        points: where the target is the only steady state, plain ones first.
        others: further such networks.
    """
    hardware = space.library.hardware
    psi = hardware.target[hardware.low]
    networks = [each for each in map(space.network, points) if each is not None] + others
    if len(psi) > LARGEST_GAP:
        return networks[0], None
    rated = [(gap_of(each, psi), each) for each in networks]
    best = _plainest(rated)

    def loss(point: NDArray[np.float64]) -> float:
        network = space.network(np.asarray(point))
        return 0.0 if network is None else -gap_of(network, psi)

    budget = int(np.clip(4e8 / (25.0 * (len(psi) - 1) ** 6), 20, 400))  # some seconds at most
    if budget < 2 * len(points[0]):  # not even once along every coordinate
        return best[1], best[0]
    start = points[int(np.argmax([gap for gap, _ in rated[: len(points)]]))]
    options = {"maxfev": budget, "ftol": 1e-5, "xtol": 1e-4}
    found = scipy.optimize.minimize(loss, start, method="Powell", options=options)
    last = space.network(np.asarray(found.x))
    if last is not None and -found.fun > best[0] and is_unique(last):
        best = _plainest([*rated, (-float(found.fun), last)])
    return best[1], best[0]


def _plainest(rated: list[tuple[float, FoundNetwork]]) -> tuple[float, FoundNetwork]:
    """Of those with nearly the largest gap the one with the fewest coefficients."""
    limit = _PLAIN_ENOUGH * max(gap for gap, _ in rated)
    near = [pair for pair in rated if pair[0] >= limit]
    return min(near, key=lambda pair: _operators_in(pair[1]))


def _operators_in(network: FoundNetwork) -> int:
    """How many coefficients it has."""
    return int(sum(np.count_nonzero(x) for x in (network.terms, *network.jumps)))


@dataclass(frozen=True, eq=False)
class Sparsest:
    """Few operators that suffice.

    Args:
        network: with these operators alone.
        count: how many operators of the library it uses.
        fewest: whether every choice of fewer operators was tried.
    """

    network: FoundNetwork
    count: int
    fewest: bool


def sparsest_network(library: Library, seed: int) -> Sparsest | None:
    """Leave out operators until none can be left out; then try all choices of fewer, if few."""
    every = np.ones(sum(map(len, library.jumps)) + len(library.terms), dtype=bool)
    if len(every) > _MOST_OPERATORS:
        return None
    best = _trial(library, every, seed)
    if best is None:
        return None
    kept = _used(library, best) & every
    if _trial(library, kept, seed) is None:
        kept = every
    for k in np.flatnonzero(kept):
        fewer = kept.copy()
        fewer[k] = False
        found = _trial(library, fewer, seed)
        if found is not None:
            kept, best = fewer, found
    n, m = len(every), int(kept.sum())
    fewest = sum(comb(n, r) for r in range(1, m)) <= _MOST_SUBSETS
    for subset in _subsets(n, m - 1) if fewest else ():
        found = _trial(library, subset, seed)
        if found is not None:
            return Sparsest(found, int(subset.sum()), True)
    final = _trial(library, kept, seed) or best
    return Sparsest(final, m, fewest)


def _subsets(n: int, most: int) -> Iterator[NDArray[np.bool_]]:
    for size in range(1, most + 1):
        for chosen in combinations(range(n), size):
            mask = np.zeros(n, dtype=bool)
            mask[list(chosen)] = True
            yield mask


def _split(
    library: Library, mask: NDArray[np.bool_]
) -> tuple[list[NDArray[np.bool_]], NDArray[np.bool_]]:
    ends = np.cumsum([len(group) for group in library.jumps])
    *jumps, terms = np.split(mask, ends)
    return jumps, terms


def _trial(library: Library, mask: NDArray[np.bool_], seed: int) -> FoundNetwork | None:
    """A network of these operators with the target as its only steady state, if there is one."""
    jumps, terms = _split(library, mask)
    if not any(which.any() for which in jumps):
        return None
    part = Library(
        library.spaces,
        tuple(
            tuple(o for o, k in zip(group, which, strict=True) if k)
            for group, which in zip(library.jumps, jumps, strict=True)
        ),
        tuple(o for o, k in zip(library.terms, terms, strict=True) if k),
        library.hardware.restricted(jumps, terms),
        tuple(s[which] for s, which in zip(library.jump_sizes, jumps, strict=True)),
        library.term_sizes[terms],
    )
    space = coordinates(part)
    if space is None or common_subspace(space.family).shape[1]:
        return None
    rng = np.random.default_rng(seed)
    for point in (space.plain, space.random(rng), space.random(rng)):
        network = space.network(point)
        if network is not None and is_unique(network):
            return _widened(network, jumps, terms)
    return None


def _widened(
    network: FoundNetwork, jumps: list[NDArray[np.bool_]], terms: NDArray[np.bool_]
) -> FoundNetwork:
    """Coefficients of a part of the library as such of all of it."""
    rows = []
    for row, which in zip(network.jumps, jumps, strict=True):
        wide = np.zeros((len(row), len(which)), dtype=complex)
        wide[:, which] = row
        rows.append(wide)
    x = np.zeros(len(terms))
    x[terms] = network.terms
    return FoundNetwork(x, tuple(rows), network.hamiltonian, network.operators)


def _used(library: Library, network: FoundNetwork) -> NDArray[np.bool_]:
    """Which operators have a coefficient."""
    sizes = [np.abs(rows).max(axis=0, initial=0.0) for rows in network.jumps]
    sizes.append(np.abs(network.terms))
    return np.concatenate(sizes) > 1e-9
