"""Permutation symmetry: which subsystems can be exchanged without changing the generator.

Labels i and j belong to one group if the transposition (i j) maps the Hamiltonian onto itself and
the set of jumps onto itself. Transpositions generate all permutations of a group, and "(i j) is a
symmetry" is transitive, so each label is compared with one member of each candidate group only.

Exchangeable labels are *twins*: they have the same terms of their own, and the same neighbours,
either without each other or with each other. Labels are first sorted by these fingerprints, which
keeps the test fast on large sparse networks; then the transposition is carried out.

The test is sound and not complete. It does not look for joint exchanges (all of array A with all of
array B), nor for unitary mixtures of jumps beyond a common phase, and it takes numbers as equal
only if they agree to rounding.
"""

from __future__ import annotations

from cmath import isclose
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt

from darkstate.systems.open_system import Jump, OpenSystem, check_system
from darkstate.systems.operators import Product
from darkstate.systems.spaces import Space
from darkstate.systems.traits.trait import Trait, abbreviated

_RTOL = 1e-13
_MANY = 64  # a jump over more labels than this counts as one neighbour
Groups = tuple[tuple[str, ...], ...]
_Words = tuple[tuple[str, str], ...]
_Terms = dict[_Words, complex]


def permutation_symmetry(system: OpenSystem) -> Trait[Groups]:
    """Groups of two or more labels of one kind under whose permutations the generator is invariant.

    Labels in no group cannot be exchanged with any single other one.
    """
    check_system(system)
    if system.time_dependent:
        reason = "not looked for where drives or couplings depend on time"
        return Trait("permutation symmetry", False, reason, ())
    incidence = _Incidence.of(system)
    group_of = {label: [label] for label in system.labels}
    for candidates in incidence.candidates():
        leaders: list[str] = []
        for label in candidates:
            if not any(_joined(leader, label, group_of, incidence) for leader in leaders):
                leaders.append(label)
    distinct = {id(group): tuple(group) for group in group_of.values() if len(group) > 1}
    found = tuple(distinct.values())
    if found:
        reason = abbreviated([f"{{{abbreviated(list(group))}}}" for group in found])
        return Trait("permutation symmetry", True, f"exchangeable at will: {reason}", found)
    reason = "no two subsystems can be exchanged alone (joint exchanges are not looked for)"
    return Trait("permutation symmetry", False, reason, ())


def _joined(i: str, j: str, group_of: dict[str, list[str]], incidence: _Incidence) -> bool:
    """Whether i and j are exchangeable; then they share a group afterwards."""
    if group_of[i] is group_of[j]:
        return True
    if not incidence.invariant(i, j):
        return False
    group_of[i] += group_of[j]
    group_of.update(dict.fromkeys(group_of[j], group_of[i]))
    return True


@dataclass
class _Incidence:
    """The terms of a system by the labels on which they act; unit -1 is H, unit k is jump k."""

    kinds: dict[str, tuple[object, ...]]
    units: dict[int, _Terms]
    jumps: tuple[Jump, ...]
    at: dict[str, dict[int, list[_Words]]] = field(default_factory=dict)
    labels_of: dict[int, frozenset[str]] = field(default_factory=dict)
    alike: dict[frozenset[_Words], list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, system: OpenSystem) -> _Incidence:
        """Read the system once."""
        operators = {-1: system.hamiltonian}
        operators |= {k: jump.operator for k, jump in enumerate(system.jumps) if jump.rate}
        units = {k: {_words(p): c for p, c in operator} for k, operator in operators.items()}
        kinds = {space.label: _kind(space) for space in system.spaces}
        result = cls(kinds, units, system.jumps, {label: {} for label in kinds})
        for k, terms in units.items():
            for words in terms:
                for label, _ in words:
                    result.at[label].setdefault(k, []).append(words)
            if k >= 0:
                result.labels_of[k] = frozenset(label for words in terms for label, _ in words)
                result.alike.setdefault(frozenset(terms), []).append(k)
        return result

    def candidates(self) -> Iterator[list[str]]:
        """Lists of labels that may be twins, by two fingerprints."""
        for mutual in (False, True):
            buckets: dict[object, list[str]] = {}
            for label in self.kinds:
                around = self._neighbours(label) | ({label} if mutual else set())
                key = (self.kinds[label], self._own(label), frozenset(around))
                buckets.setdefault(key, []).append(label)
            yield from (bucket for bucket in buckets.values() if len(bucket) > 1)

    def _own(self, label: str) -> tuple[object, ...]:
        """The strengths of the terms on this label alone, and of all others together."""
        own, shared = [], 0.0
        for k, terms in self.at[label].items():
            rate = self.jumps[k].rate if k >= 0 else 1.0
            for words in terms:
                size = sqrt(rate) * abs(self.units[k][words])
                if len(words) == 1 and (k < 0 or len(self.labels_of[k]) == 1):
                    own.append((k < 0, words[0][1], f"{size:.10g}"))
                else:
                    shared += size
        return (*sorted(own), f"{shared:.8g}")

    def _neighbours(self, label: str) -> set[object]:
        around: set[object] = set()
        for k, terms in self.at[label].items():
            if k >= 0 and len(self.labels_of[k]) > _MANY:
                around.add(k)
            elif k >= 0:
                around |= self.labels_of[k]
            else:
                around.update(other for words in terms for other, _ in words)
        return around - {label}

    def invariant(self, i: str, j: str) -> bool:
        """Whether exchanging i and j maps H onto itself and the jumps onto themselves."""
        swap = {i: j, j: i}
        touched = self.at[i].keys() | self.at[j].keys()
        moved = [k for k in touched if not self._maps_to_itself(k, swap)]
        if -1 in moved:
            return False
        return self._matched(moved, swap)

    def _maps_to_itself(self, k: int, swap: dict[str, str]) -> bool:
        terms = self.units[k]
        touched = {w for label in swap for w in self.at[label].get(k, [])}
        return all(_close(terms.get(_swapped(w, swap), 0.0), terms[w]) for w in touched)

    def _matched(self, moved: list[int], swap: dict[str, str]) -> bool:
        """Whether the exchanged jumps `moved` are the same set of jumps, up to order and phase."""
        free = set(moved)
        for k in moved:
            image = {_swapped(words, swap): c for words, c in self.units[k].items()}
            options = self.alike.get(frozenset(image), [])
            partner = next((m for m in options if m in free and self._same(m, k, image)), None)
            if partner is None:
                return False
            free.remove(partner)
        return True

    def _same(self, m: int, k: int, image: _Terms) -> bool:
        """Whether jump m equals jump k with its operator replaced by `image`."""
        a, b, terms = self.jumps[m], self.jumps[k], self.units[m]
        if a.each_atom != b.each_atom or not terms:
            return a.each_atom == b.each_atom and not image
        first = min(terms)
        same_size = _close(a.rate * abs(terms[first]) ** 2, b.rate * abs(image[first]) ** 2)
        return same_size and all(
            _close(c / terms[first], image[words] / image[first]) for words, c in terms.items()
        )


def _close(a: complex, b: complex) -> bool:
    return isclose(a, b, rel_tol=_RTOL)


def _kind(space: Space) -> tuple[object, ...]:
    return (space.kind, space.dimension)


def _words(product: Product) -> _Words:
    return tuple((space.label, word) for space, word in product)


def _swapped(words: _Words, swap: dict[str, str]) -> _Words:
    if not any(label in swap for label, _ in words):
        return words
    return tuple(sorted((swap.get(label, label), word) for label, word in words))
