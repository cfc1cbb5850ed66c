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

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from darkstate.systems.open_system import OpenSystem, check_system
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.signals import Signal
from darkstate.systems.spaces import Space, Word
from darkstate.systems.traits.trait import Trait, abbreviated

MAX_LABELS = 400
"""Labels in one jump up to which all their pairs are tested."""
_RTOL = 1e-12
Group = tuple[str, ...]
Stages = tuple[tuple[Group, ...], ...]
Pair = tuple[str, str]
Together = frozenset[tuple[Space, Word]]
"""A product of operators of different labels, in whatever order."""
_Terms = dict[Together, tuple[complex, float]]


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
            _add(exchange.setdefault(frozenset(labels), {}), frozenset(product), c)
        elif len(labels) > 2:
            yield from _ring(labels)
    tested: list[tuple[float, dict[Product, complex]]] = []
    for jump in system.jumps:
        if jump.rate == 0 or jump.each_atom:
            continue
        local, mixed = _local_parts(jump.operator)
        if mixed or len({label for label, _ in local}) > MAX_LABELS:
            yield from _ring(s.label for s in jump.operator.spaces if not isinstance(s, Signal))
            continue
        tested.append((jump.rate, {product: c for (_, product), c in local.items()}))
    crossing = _crossing(tested)
    pairs = exchange.keys() | {frozenset(pair) for pair in crossing}
    for i, j in (sorted(pair) for pair in pairs):
        for up, down in ((i, j), (j, i)):
            if not _ignores(up, down, exchange.get(frozenset((i, j)), {}), crossing):
                yield down, up


def _ignores(up: str, down: str, exchange: _Terms, crossing: dict[Pair, _Terms]) -> bool:
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


def _crossing(jumps: Sequence[tuple[float, dict[Product, complex]]]) -> dict[Pair, _Terms]:
    """``sum_k rate_k c_k,i† c_k,j`` for all pairs of labels that some jump has in common.

    Args:
        jumps: the rate of each, and the coefficients of its products, which have one label each.
    """
    words = list(dict.fromkeys(product for _, local in jumps for product in local))
    place = {product: k for k, product in enumerate(words)}
    rows = [k for k, (_, local) in enumerate(jumps) for _ in local]
    columns = [place[product] for _, local in jumps for product in local]
    values = [rate**0.5 * c for rate, local in jumps for c in local.values()]
    shape = (len(jumps), len(words))
    table = sp.csr_array(sp.coo_array((values, (rows, columns)), shape=shape), dtype=complex)
    sums = sp.coo_array(table.conj().T @ table)
    sizes = sp.csr_array(abs(table).T @ abs(table))
    labels = [_labels(product)[0] for product in words]
    daggers = [OperatorSum({product: 1.0}).adjoint() for product in words]
    found: dict[Pair, _Terms] = {}
    moduli = sizes[sums.row, sums.col]
    for w, v, c, size in zip(sums.row, sums.col, sums.data, moduli, strict=True):
        if labels[w] != labels[v]:
            terms = found.setdefault((labels[w], labels[v]), {})
            for together, factor in _products(daggers[w], words[v]):
                _add(terms, together, factor * c, abs(factor) * size)
    return found


def _products(left: OperatorSum, right: Product) -> Iterator[tuple[Together, complex]]:
    """The terms of a product of operators of two labels, which may share pulses."""
    if any(isinstance(space, Signal) for space, _ in right):
        for product, factor in left * OperatorSum({right: 1.0}):
            yield frozenset(product), factor
    else:
        for product, factor in left:
            yield frozenset(product) | frozenset(right), factor


def _local_parts(operator: OperatorSum) -> tuple[dict[tuple[str, Product], complex], bool]:
    """The single-label terms of a jump, and whether it has products over several labels."""
    parts: dict[tuple[str, Product], complex] = {}
    mixed = False
    for product, c in operator:
        labels = _labels(product)
        if len(labels) == 1:
            parts[labels[0], product] = c
        mixed = mixed or len(labels) > 1
    return parts, mixed


def _labels(product: Product) -> list[str]:
    """The labels on which a product acts; pulses are factors, no labels."""
    return [space.label for space, _ in product if not isinstance(space, Signal)]


def _add(terms: _Terms, product: Together, c: complex, size: float | None = None) -> None:
    before, moduli = terms.get(product, (0.0, 0.0))
    terms[product] = before + c, moduli + (abs(c) if size is None else size)


def _ring(labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Arrows around all labels: they are strongly connected."""
    ordered = list(labels)
    yield from zip(ordered, ordered[1:] + ordered[:1], strict=True)
