"""A state drawn as a network: edges as wide as the entanglement, nodes coloured by their purity.

A node that is pure shares nothing with the rest; a dark node is entangled with something, and the
edges say with what. Widths are proportional to the measure, the colour scale always ends at 1. With
the system beside the state, couplings, drives and directions are drawn too
(`darkstate.plots.wiring`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_choice, check_labels, check_real, check_reals
from darkstate.conventions import partner_pairs
from darkstate.errors import ArgumentError, MissingError
from darkstate.frontdoor import as_system
from darkstate.measures import Measure, log_negativity, purity
from darkstate.plots import layout as places
from darkstate.plots.checks import check_width
from darkstate.plots.network_drawing import Network, Pair, draw_network
from darkstate.plots.place import given_place
from darkstate.plots.style import COLUMN, DOUBLE, MIDDLE, styled
from darkstate.plots.wiring import inner_nodes, wiring_of
from darkstate.results.tables import check_pairwise
from darkstate.states import PairwiseGaussianState
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import System

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 40
"""How many nodes are drawn unless labels are given."""

ALL_PAIRS = 200
"""Up to so many nodes without partners, the strongest of all pairs are looked for."""

BOUNDS = {
    "epr_variance": (-1.0, 1.0),
    "epr_spin_variance": (-1.0, 1.0),
    "chsh": (1.0, 2.0),
    "teleportation_fidelity": (1.0, 2.0 / 3.0),
}
"""Measures that entangled pairs have below (-1) or above (1) a bound: edges show by how much."""

_FEW_COLUMNS, _FEW_NODES, _SOURCES = 9, 24, 8


@styled
def network(
    state: Any,
    measure: Measure = log_negativity,
    *,
    system: Any = None,
    labels: Sequence[str] | None = None,
    threshold: float = 0.01,
    layout: str | Mapping[str, tuple[float, float]] = "auto",
    width: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """The entanglement of a state as a drawn network.

    Args:
        state: one state with `labels`.
        measure: measure of two parties for the width of the edges; where a bound separates
            entangled pairs from others, as for an EPR variance, the distance from it.
        system: the model or system of the state: couplings, drives, directions and nodes that are
            not part of the state are drawn as well.
        labels: nodes to draw; by default all, and of more than 40 those of the strongest pairs.
        threshold: edges below this fraction of the strongest one are left out.
        layout: ``"auto"`` (rows for A1.., B1.., a line for a chain with measured nodes, else a
            circle), ``"rows"``, ``"circle"``, ``"spring"``, or ``{label: (x, y)}``.
        width: of the figure in mm; by default one column; more for many nodes.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with the network, keys of edges and connections, and a colour bar of purities.

    Raises:
        ArgumentError: unknown labels or layout; `system` has not the nodes of the state; or the
            network is large and its pairs are not known by name, so that `labels` must be given.
    """
    if width is not None:
        check_width(width)
    content = network_content(state, measure, labels, threshold, system)
    described = None if system is None else as_system(system)
    kind, positions = _placed(content, layout, isinstance(described, MeasuredChain))
    rows = kind in ("rows", "line")
    known = (*state.labels, *(() if described is None else described.labels))
    gaps = places.gaps(positions, known) if rows else []
    if ax is not None:
        width = given_place(ax).width
    elif width is None:
        columns = len({x for x, _ in positions.values()})
        width = DOUBLE if rows and columns > _FEW_COLUMNS else COLUMN
        width = max(width, MIDDLE) if not rows and len(positions) > _FEW_NODES else width
    return draw_network(content, positions, gaps, kind, width, ax)


def network_content(
    state: Any,
    measure: Measure,
    labels: Sequence[str] | None = None,
    threshold: float = 0.01,
    system: Any = None,
) -> Network:
    """Nodes, edges, purities and wiring that `network` draws; its arguments and errors."""
    check_pairwise(state, measure)
    check_real("threshold", threshold, minimum=0.0, below=1.0, remedy="Give a fraction like 0.01.")
    chosen = state.labels if labels is None else check_labels("labels", labels, state.labels)
    notes = []
    if labels is None and len(chosen) > MOST:
        chosen = _strongest_nodes(state, measure)
        notes.append(f"{len(chosen)} of {len(state.labels)} nodes: those of the strongest pairs")
    kept, pairs = _known_pairs(state, chosen)
    title, values = _strengths(kept, measure, pairs)
    cut = threshold * float(np.nanmax(values, initial=0.0))
    edges = {pair: float(v) for pair, v in zip(pairs, values, strict=True) if v > cut}
    if np.any((values > 0) & (values <= cut)):
        notes.append(f"edges below {cut:.2g} {measure.unit} left out".replace("  ", " "))
    content = Network(tuple(chosen), _purities(kept, chosen, pairs), edges, title, "; ".join(notes))
    return content if system is None else _wired(content, state, as_system(system))


def _wired(content: Network, state: Any, system: System) -> Network:
    """The same with the system's wiring, and the few nodes that only the system has.

    Raises:
        ArgumentError: the state has nodes that the system has not.
    """
    check_labels("labels of the state, for this `system`", content.labels, system.labels)
    others = [label for label in system.labels if label not in state.labels]
    absent = (*inner_nodes(system), *(others if len(others) <= _SOURCES else ()))
    labels = (*content.labels, *absent)
    purities = np.concatenate([content.purities, np.full(len(absent), np.nan)])
    wiring = wiring_of(system, labels)
    return replace(content, labels=labels, purities=purities, absent=absent, wiring=wiring)


def _strengths(state: Any, measure: Measure, pairs: Sequence[Pair]) -> tuple[str, np.ndarray]:
    """What edges show, with its unit, and its value for each pair; NaN where it is not known.

    Raises:
        ArgumentError: the state is a batch of states.
    """
    values = _values(state, measure, pairs)
    unit = f" ({measure.unit})" if measure.unit else ""
    if measure.name not in BOUNDS:
        return f"{measure.title}{unit}", values
    sign, bound = BOUNDS[measure.name]
    named = f"{bound:.3g}".removesuffix(".0")
    beyond = (
        f"{named} \N{MINUS SIGN} {measure.title}" if sign < 0 else f"{measure.title} above {named}"
    )
    return f"{beyond}{unit}", sign * (values - bound)


def _values(state: Any, measure: Measure, pairs: Sequence[Pair]) -> np.ndarray:
    """The measure of each pair; NaN where it is not defined or not known, unless it is nowhere."""
    try:
        values = np.asarray(measure.many(state, pairs), dtype=float) if pairs else np.zeros(0)
    except (MissingError, ArgumentError):  # only neighbours are kept, or only some are qubits
        values = np.array([_value(state, measure, pair) for pair in pairs])
        if not np.any(np.isfinite(values)):
            raise
    if values.ndim != 1:
        remedy = "Take one sample of a batch: network(batch[0])."
        raise ArgumentError("state", "be a single state", type(state).__name__, remedy)
    return values


def _value(state: Any, measure: Measure, pair: Pair) -> float:
    try:
        return measure(state, *pair)
    except (MissingError, ArgumentError):
        return float("nan")


def _strongest_nodes(state: Any, measure: Measure) -> tuple[str, ...]:
    """Nodes of the strongest pairs among those kept or named as partners, in their old order."""
    kept = isinstance(state, PairwiseGaussianState)
    pairs = list(state.pairs) if kept else partner_pairs(state.labels)
    if not pairs and len(state.labels) <= ALL_PAIRS:
        pairs = list(combinations(state.labels, 2))
    if not pairs:
        rule = f"be given for {len(state.labels)} nodes without partners A1-B1, A2-B2, ..."
        raise ArgumentError("labels", rule, None, f"Name about {MOST} nodes to draw.")
    values = np.nan_to_num(_strengths(state, measure, pairs)[1])
    chosen: dict[str, None] = {}
    for k in np.argsort(-np.round(values, 12), kind="stable"):
        new = [label for label in pairs[k] if label not in chosen]
        if len(chosen) + len(new) > MOST:
            break
        chosen.update(dict.fromkeys(new))
    return tuple(label for label in state.labels if label in chosen)


def _known_pairs(state: Any, labels: Sequence[str]) -> tuple[Any, list[Pair]]:
    """The state (cut down to these labels where it keeps pairs only) and the pairs it knows."""
    if isinstance(state, PairwiseGaussianState):
        inside = set(labels)
        pairs = [pair for pair in state.pairs if inside.issuperset(pair)]
        return PairwiseGaussianState(tuple(labels), tuple(pairs), state.pair_moments(pairs)), pairs
    return state, [(a, b) for k, a in enumerate(labels) for b in labels[k + 1 :]]


def _purities(state: Any, labels: Sequence[str], pairs: Sequence[Pair]) -> np.ndarray:
    """Purity of each node alone; NaN where the state does not know it."""
    if not purity.applies(state):
        return np.full(len(labels), np.nan)
    home = {label: pair for pair in pairs for label in pair}
    values = []
    for label in labels:
        try:
            alone = isinstance(state, PairwiseGaussianState)
            values.append(purity(state.reduced(home[label]) if alone else state, label))
        except (MissingError, KeyError):
            values.append(np.nan)
    return np.array(values)


def _point(label: str, place: Any) -> places.Point:
    """The given place of a node.

    Raises:
        ArgumentError: it is not two finite numbers.
    """
    remedy = "Give two numbers, (x, y)."
    rule, name = "be two finite numbers", f"layout['{label}']"
    xy = check_reals(name, place, rule=rule, remedy=remedy)
    if xy.shape != (2,) or not np.all(np.isfinite(xy)):
        raise ArgumentError(name, rule, place, remedy)
    return float(xy[0]), float(xy[1])


def _placed(
    content: Network, layout: str | Mapping[str, places.Point], line: bool
) -> tuple[str, dict[str, places.Point]]:
    """The kind of layout (rows, line, circle or free) and the place of each node."""
    if isinstance(layout, Mapping):
        missing = [label for label in content.labels if label not in layout]
        if missing:
            rule = f"place the node '{missing[0]}'"
            raise ArgumentError("layout", rule, list(layout), "Add {label: (x, y)}.")
        return "free", {label: _point(label, layout[label]) for label in content.labels}
    check_choice("layout", layout, places.LAYOUTS)
    fits = places.in_rows(content.labels)
    if layout == "rows" and not fits:
        remedy = "Use layout='circle' or 'spring'."
        raise ArgumentError("layout", "not be rows for nodes other than A1.., B1..", layout, remedy)
    if layout == "spring":
        return "free", places.spring_positions(content.labels, content.edges)
    if line and layout == "auto":
        return "line", places.line_positions(content.labels)
    if fits and layout != "circle":
        return "rows", places.row_positions(content.labels)
    return "circle", places.circle_positions(content.labels)
