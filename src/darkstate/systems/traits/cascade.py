"""Cascades: which parts of a network do not feel which others.

Split the labels into U (upstream) and D (downstream). The reduced state of U obeys an equation of
its own exactly if the adjoint generator maps operators on U to operators on U. With every jump a
sum of local parts ``c_k = c_k,U + c_k,D``, that is the case if the terms of H that touch both are

    H_UD = (1/2i) sum_k rate_k (c_k,D† c_k,U - h.c.),

for then the field that D radiates never reaches U. (For qubits in one waveguide with i upstream of
j: ``H = i (rate/2) (s+_i s-_j - h.c.)``.) The condition is a sum over pairs of labels, so each pair
is tested both ways; where it fails for "i upstream of j", i feels j. The strongly connected parts
of this graph, sorted topologically, are the cascade: any stage with all stages before it is a
closed network. The stages of two one-way waveguides with correlated inputs are the pairs of nodes,
one after the other, because each rail alone sees a thermal field.

What is not examined counts as mutual influence: jump operators with products over several labels,
products of H over three or more, and jumps over more than `MAX_LABELS` labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from itertools import permutations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from darkstate.systems.open_system import OpenSystem, check_system
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.signals import Signal
from darkstate.systems.traits.trait import Trait, abbreviated

MAX_LABELS = 400
"""Labels in one jump up to which all their pairs are tested."""
_RTOL = 1e-12
Group = tuple[str, ...]
Stages = tuple[tuple[Group, ...], ...]
_Terms = dict[Product, tuple[complex, float]]


def cascade_order(system: OpenSystem) -> Trait[Stages]:
    """The stages of a cascade, first the most upstream one.

    The evidence is a tuple of stages; a stage is a tuple of groups of labels that do not act on
    each other, a group a tuple of labels that do. Tracing out all stages after some stage leaves
    the generator of an autonomous network. It holds if there is more than one stage.
    """
    check_system(system)
    index = {label: i for i, label in enumerate(system.labels)}
    arrows = [(index[a], index[b]) for a, b in influences(system)]
    n = len(index)
    a, b = np.array(arrows, dtype=np.intp).reshape(-1, 2).T
    graph = sp.csr_array((np.ones(len(a), dtype=bool), (a, b)), shape=(n, n))
    _, part = connected_components(graph, directed=True, connection="strong")
    members: dict[int, list[str]] = {}
    for label, i in index.items():
        members.setdefault(int(part[i]), []).append(label)
    sorter = TopologicalSorter(dict.fromkeys(members, ()))
    for k, m in {(int(part[i]), int(part[j])) for i, j in arrows}:
        if k != m:
            sorter.add(m, k)
    stages = tuple(
        tuple(tuple(members[k]) for k in sorted(stage, key=lambda k: index[members[k][0]]))
        for stage in _generations(sorter)
    )
    return Trait("cascade", len(stages) > 1, _reason(stages), stages)


def _generations(sorter: TopologicalSorter[int]) -> Iterator[tuple[int, ...]]:
    sorter.prepare()
    while sorter.is_active():
        ready = sorter.get_ready()
        sorter.done(*ready)
        yield ready


def _reason(stages: Stages) -> str:
    if len(stages) > 1:
        texts = [", ".join(label for group in stage for label in group) for stage in stages]
        return f"each stage ignores those after it: {abbreviated(texts, ' -> ')}"
    parts = len(stages[0]) if stages else 0
    if parts > 1:
        return f"no one-way influence: {parts} parts, none of which acts on another"
    labels = sum(len(group) for stage in stages for group in stage)
    return "all parts act on each other" if labels > 1 else "a single part"


def influences(system: OpenSystem) -> Iterator[tuple[str, str]]:
    """Pairs of labels (a, b) where a may act on b; not closed under "acts on what acts on"."""
    exchange: dict[frozenset[str], _Terms] = {}
    for product, c in system.whole_hamiltonian:
        labels = _labels(product)
        if len(labels) == 2:
            _add(exchange.setdefault(frozenset(labels), {}), product, c)
        elif len(labels) > 2:
            yield from _ring(labels)
    crossing: dict[tuple[str, str], _Terms] = {}
    for jump in system.jumps:
        if jump.rate == 0 or jump.each_atom:
            continue
        local, mixed = _local_parts(jump.operator)
        if mixed or len(local) > MAX_LABELS:
            yield from _ring(s.label for s in jump.operator.spaces if not isinstance(s, Signal))
            continue
        for i, j in permutations(local, 2):
            _add_product(crossing.setdefault((i, j), {}), local[i], local[j], jump.rate)
    pairs = exchange.keys() | {frozenset(pair) for pair in crossing}
    for i, j in (sorted(pair) for pair in pairs):
        for up, down in ((i, j), (j, i)):
            if not _ignores(up, down, exchange.get(frozenset((i, j)), {}), crossing):
                yield down, up


def _ignores(up: str, down: str, exchange: _Terms, crossing: dict[tuple[str, str], _Terms]) -> bool:
    """Whether ``2i H_ij + sum rate (c_up† c_down - c_down† c_up)`` vanishes."""
    rest: _Terms = {}
    parts = (
        (2j, exchange),
        (1.0, crossing.get((up, down), {})),
        (-1.0, crossing.get((down, up), {})),
    )
    for factor, terms in parts:
        for product, (c, size) in terms.items():
            _add(rest, product, factor * c, abs(factor) * size)
    return all(abs(c) <= _RTOL * size for c, size in rest.values())


def _local_parts(operator: OperatorSum) -> tuple[dict[str, OperatorSum], bool]:
    """The single-label parts of a jump, and whether it has products over several labels."""
    parts: dict[str, dict[Product, complex]] = {}
    mixed = False
    for product, c in operator:
        labels = _labels(product)
        if len(labels) == 1:
            parts.setdefault(labels[0], {})[product] = c
        mixed = mixed or len(labels) > 1
    return {label: OperatorSum(terms) for label, terms in parts.items()}, mixed


def _labels(product: Product) -> list[str]:
    """The labels on which a product acts; pulses are factors, no labels."""
    return [space.label for space, _ in product if not isinstance(space, Signal)]


def _add(terms: _Terms, product: Product, c: complex, size: float | None = None) -> None:
    before, moduli = terms.get(product, (0.0, 0.0))
    terms[product] = before + c, moduli + (abs(c) if size is None else size)


def _add_product(terms: _Terms, c: OperatorSum, d: OperatorSum, rate: float) -> None:
    for product, value in c.adjoint() * d:
        _add(terms, product, rate * value)


def _ring(labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Arrows around all labels: they are strongly connected."""
    ordered = list(labels)
    yield from zip(ordered, ordered[1:] + ordered[:1], strict=True)
