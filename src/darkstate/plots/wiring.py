"""What a system is wired of: who acts on whom, what drives it, and what each node has of its own.

Everything is read off the terms, as the engines do it (`darkstate.systems.traits.cascade`):

* two nodes of which each acts on the other are *coupled*; where H only creates and annihilates
  them together, it is *pair creation*;
* where one acts on the other and not the reverse, light goes *one way*. Of a waveguide, in which
  every node feels all that are upstream, only the steps from one to the next are kept;
* a jump that lowers one node and raises another is a *correlated drive*. It enters where nothing
  of its own network is upstream;
* any other jump of nodes that do not act on each other is a *common* channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.spaces import Levels, Mode, Qubit, Space
from darkstate.systems.traits.cascade import influences

Pair = tuple[str, str]
Group = tuple[str, ...]

ENDS = 3
"""Of a long chain with measured nodes, so many are drawn at either end."""

MOST_HEADS = 6
"""Nodes that one drive is drawn to; of more, one for each part of the network."""

_NAMED = 4


@dataclass(frozen=True)
class Wiring:
    """The connections of a drawn network.

    Args:
        coupled: pairs that act on each other.
        paired: pairs that are created together.
        one_way: (upstream, downstream).
        drives: nodes that a correlated drive enters.
        common: nodes that share a channel and are not connected otherwise.
        measured: nodes that are measured and not part of the state.
        notes: strengths, losses, detunings and the like, in words.
    """

    coupled: tuple[Pair, ...] = ()
    paired: tuple[Pair, ...] = ()
    one_way: tuple[Pair, ...] = ()
    drives: tuple[Group, ...] = ()
    common: tuple[Group, ...] = ()
    measured: Group = ()
    notes: tuple[str, ...] = ()

    @property
    def wires(self) -> tuple[Pair, ...]:
        """All pairs that a line connects."""
        return (*self.coupled, *self.paired, *self.one_way)


def inner_nodes(system: System) -> Group:
    """Nodes of a measured chain to draw between its ends; of a long one those near the ends."""
    if not isinstance(system, MeasuredChain):
        return ()
    numbers = list(range(2, system.nodes))
    if system.nodes > 4 * ENDS:
        numbers = numbers[: ENDS - 1] + numbers[1 - ENDS :]
    return tuple(map(str, numbers))


def wiring_of(system: System, labels: Sequence[str]) -> Wiring:
    """The connections among `labels` (in the order of the system).

    Args:
        system: an open system, Langevin equations or a measured chain.
        labels: nodes that are drawn.
    """
    if isinstance(system, MeasuredChain):
        return _of_chain(system, labels)
    if isinstance(system, LangevinSystem):
        return _of_langevin(system)
    kept = [label for label in system.labels if label in set(labels)]
    inside = set(kept)
    arrows = {(a, b) for a, b in influences(system) if a in inside and b in inside}
    mutual = {(a, b) for a, b in arrows if (b, a) in arrows}
    one_way = arrows - mutual
    strengths, created = _strengths(system)
    paired = tuple(p for p in combinations(kept, 2) if p in mutual and frozenset(p) in created)
    coupled = [p for p in combinations(kept, 2) if p in mutual and p not in paired]
    drives, common = [], []
    for members, correlated in _channels(system, kept).items():
        parts = _parts(members, arrows)
        coupled, one_way = _along(coupled, one_way, parts)
        heads = _heads(parts, one_way)
        if correlated:
            drives.append(heads)
        elif len(parts) > 1:
            common.append(heads)
    notes = [
        _noted("coupling", [strengths[frozenset(p)] for p in coupled if frozenset(p) in strengths]),
        _noted("pair creation", [strengths[frozenset(p)] for p in paired]),
        *_own(system),
    ]
    steps = tuple(_steps(one_way))
    told = tuple(note for note in notes if note)
    return Wiring(tuple(coupled), paired, steps, tuple(drives), tuple(common), (), told)


def _strengths(system: OpenSystem) -> tuple[dict[frozenset[str], float], set[frozenset[str]]]:
    """Largest modulus of the terms of H on two nodes, and the pairs that it creates together."""
    found: dict[frozenset[str], float] = {}
    exchanged: set[frozenset[str]] = set()
    for product, c in system.hamiltonian:
        pair = frozenset(space.label for space, _ in product)
        if len(pair) == 2:
            found[pair] = max(found.get(pair, 0.0), abs(c))
            if {word for _, word in product} not in ({"+"}, {"-"}):
                exchanged.add(pair)
    return found, found.keys() - exchanged


def _channels(system: OpenSystem, kept: Sequence[str]) -> dict[Group, bool]:
    """Groups of nodes that share jumps, and whether one of these lowers here and raises there."""
    found: dict[Group, bool] = {}
    for jump in system.jumps:
        letters = {w: {s.label for p, _ in jump.operator for s, x in p if x == w} for w in "+-"}
        touched = {space.label for space in jump.operator.spaces}
        members = tuple(label for label in kept if label in touched)
        if len(members) > 1 and jump.rate > 0:
            apart = any(a != b for a in letters["-"] for b in letters["+"])
            found[members] = found.get(members, False) or apart
    return found


def _parts(members: Group, arrows: Iterable[Pair]) -> list[Group]:
    """Members that act on each other, directly or through other members."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(members)
    inside = set(members)
    graph.add_edges_from(pair for pair in arrows if inside.issuperset(pair))
    return [tuple(m for m in members if m in part) for part in nx.connected_components(graph)]


def _heads(parts: Sequence[Group], one_way: Iterable[Pair]) -> Group:
    fed = {(a, b) for a, b in one_way}
    heads = [[b for b in part if not any((a, b) in fed for a in part)] for part in parts]
    if sum(map(len, heads)) > MOST_HEADS:
        heads = [group[:1] for group in heads]
    return tuple(label for group in heads for label in group)


def _along(
    coupled: list[Pair], one_way: set[Pair], parts: Iterable[Group]
) -> tuple[list[Pair], set[Pair]]:
    """Where all nodes of a common channel act on each other, only neighbours stay connected.

    What acts on all of them from outside enters at the first.
    """
    for part in parts:
        pairs = set(combinations(part, 2))
        if len(part) > 2 and pairs.issubset(coupled):
            coupled = [p for p in coupled if p not in pairs or p in pairwise(part)]
            outer = {a for a, b in one_way if b == part[0]}
            one_way = {(a, b) for a, b in one_way if not (a in outer and b in part[1:])}
    return coupled, one_way


def _steps(one_way: Iterable[Pair]) -> list[Pair]:
    """One-way influences without those that follow from others."""
    import networkx as nx

    graph = nx.DiGraph(sorted(one_way))
    if not nx.is_directed_acyclic_graph(graph):
        return sorted(one_way)
    return sorted(nx.transitive_reduction(graph).edges)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _noted(name: str, values: Sequence[float], where: str = "") -> str:
    """``name 0.1 to 0.3 on A1, A2``; empty without values."""
    if not values:
        return ""
    ends = list(dict.fromkeys(_number(value) for value in (min(values), max(values))))
    return f"{name} {' to '.join(ends)}{where}"


def _where(labels: Sequence[str], count: int) -> str:
    if len(labels) == count:
        return ""
    return f" on {', '.join(labels) if len(labels) <= _NAMED else f'{len(labels)} nodes'}"


def _own(system: OpenSystem) -> list[str]:
    """What single nodes have: detunings, coherent drives, jumps, and which channels are watched."""
    detuned: dict[str, float] = {}
    driven: list[str] = []
    for product, c in system.hamiltonian:
        if len(product) == 1:
            (space, word), size = product[0], complex(c).real
            if word in ("+-", "z"):
                detuned[space.label] = size * (2.0 if isinstance(space, Qubit) else 1.0)
            elif word == "-":
                driven.append(space.label)
    rates: dict[str, dict[str, float]] = {}
    for jump in system.jumps:
        if len(jump.operator.spaces) == 1 and jump.rate > 0:
            (space,) = jump.operator.spaces
            strength = jump.rate * max(abs(c) ** 2 for p, c in jump.operator if p)
            own = rates.setdefault(_process(jump, space), {})
            own[space.label] = own.get(space.label, 0.0) + strength
    count = len(system.labels)
    notes = [
        _noted(f"{name}, jump rate", list(own.values()), _where(list(own), count))
        for name, own in rates.items()
    ]
    if detuned:
        notes.append(_noted("detuning", list(detuned.values()), _where(list(detuned), count)))
    if driven:
        notes.append(f"coherent drive{_where(driven, count) or ' on all nodes'}")
    watched = sorted({monitor.channel for monitor in system.monitors})
    if watched:
        named = ", ".join(watched) if len(watched) <= _NAMED else f"{len(watched)} channels"
        notes.append(f"measured light: {named}")
    return notes


def _process(jump: Jump, space: Space) -> str:
    """The name of a node's own jump without the node, or what its operator does."""
    begin = f"{space.label} "
    if jump.name.startswith(begin):
        return jump.name.removeprefix(begin)
    words = {word for product, _ in jump.operator for _, word in product}
    if isinstance(space, Levels):  # "from e to g"
        steps = [space.word_text(word).partition("[")[2].rstrip("]") for word in sorted(words)]
        return ", ".join("from {1} to {0}".format(*step.split("<")) for step in steps)
    if words == {"-"}:
        return "loss" if isinstance(space, Mode) else "decay"
    if words == {"+"}:
        return "gain"
    return "dephasing" if words <= {"z", "+-", ""} else "other noise"


def _of_langevin(system: LangevinSystem) -> Wiring:
    """Couplings in the drift; auxiliary variables are the memory of baths."""
    modes = len(system.labels)
    drift = np.max([np.abs(block) for block in system.equations.harmonics.values()], axis=0)
    coupled: dict[Pair, float] = {}
    paired: dict[Pair, float] = {}
    for i, j in combinations(range(modes), 2):
        pair = (system.labels[i], system.labels[j])
        for found, value in ((coupled, drift[2 * i, 2 * j]), (paired, drift[2 * i, 2 * j + 1])):
            if value:
                found[pair] = float(value)
    remembered = [x for i, x in enumerate(system.labels) if np.any(drift[2 * i, 2 * modes :])]
    notes = [
        _noted("coupling", list(coupled.values())),
        _noted("pair creation", list(paired.values())),
        f"baths with memory{_where(remembered, modes)}" if remembered else "",
    ]
    if set(system.equations.harmonics) != {0}:
        notes.append(f"pumped at frequency {_number(system.equations.frequency)}")
    told = tuple(note for note in notes if note)
    return Wiring(tuple(coupled), tuple(paired), notes=told)


def _of_chain(system: MeasuredChain, labels: Sequence[str]) -> Wiring:
    """Neighbours that interact, and inner nodes that are measured."""
    shown = sorted(labels, key=int)
    steps = tuple((a, b) for a, b in pairwise(shown) if int(b) - int(a) == 1)
    found = "all" if system.all_up else _listed(system.chosen_outcomes)
    notes = [
        f"{system.nodes} nodes of {system.atoms:,} atoms".replace(",", "\N{THIN SPACE}"),
        _noted("interaction time", system.times),
        f"atoms up in inner nodes: {found}" if system.nodes > 2 else "",
        _noted("dephasing rate", [rate for rate in system.dephasing if rate]),
        _noted("lost fraction of inner nodes", [system.loss] if system.loss else []),
        _noted("phase offset", [system.offset] if system.offset else []),
    ]
    measured = tuple(label for label in shown if label not in system.labels)
    told = tuple(note for note in notes if note)
    return Wiring(coupled=steps, measured=measured, notes=told)


def _listed(values: Sequence[int]) -> str:
    shown = [str(value) for value in values[: 2 * _NAMED]]
    return ", ".join(shown) + (", ..." if len(values) > 2 * _NAMED else "")


def used(wiring: Wiring) -> Mapping[str, bool]:
    """Which kinds of connection a drawing needs a key for, by the words of the key."""
    return {
        "coupling": bool(wiring.coupled),
        "pair creation": bool(wiring.paired),
        "one way": bool(wiring.one_way),
        "correlated drive": bool(wiring.drives),
        "common channel": bool(wiring.common),
        "measured node": bool(wiring.measured),
    }
