"""Fock cut-offs: where to start, when to grow, and what a truncation leaves out.

A mode is kept up to ``n`` Fock states. No single number says whether that is enough: a term that
moves k quanta at once is silent below ``n = k + 1``, a squeezed field leaves every second level
empty, and a resonance with a high level shows nothing in the lower ones. Hence three rules, the
same for every engine:

* cut-offs start above the highest power of any term, and above levels that a drive may reach by a
  resonance;
* the population of the highest levels, as many as one term moves (two at least, for both
  parities), must stay below `edge` at every time;
* a state is accepted only if smaller cut-offs agree with it. The trace norm of the difference is
  the truncation error: that of the smaller one, and so a careful estimate for the larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer
from darkstate.errors import ArgumentError, CapacityError, NumericalError, nearest
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Ensemble, Mode

Cutoff = int | Mapping[str, int] | None
"""Fock states of every mode, of each by label, or left to be found."""
Dimensions = tuple[int, ...]

FULL_EDGE = 0.1
"""Population of the highest Fock states at which the field does not fit at all."""
_FIRST = 4
_FARTHEST_RESONANCE = 60
_REMEDY = "Give the number of Fock states per mode, 2 or more, or one for each mode by its label."


def check_cutoff(cutoff: Cutoff) -> Cutoff:
    """Fock states per mode, for all modes or by label, or None; in plain numbers.

    Raises:
        ArgumentError: none of these, or fewer than two.
    """
    if cutoff is None:
        return None
    if not isinstance(cutoff, Mapping):
        return check_integer("cutoff", cutoff, minimum=2, remedy=_REMEDY)
    if not cutoff:
        raise ArgumentError("cutoff", "name at least one mode", cutoff, _REMEDY)
    return {
        label: check_integer(f"cutoff[{label!r}]", size, minimum=2, remedy=_REMEDY)
        for label, size in cutoff.items()
    }


def mode_labels(system: OpenSystem) -> tuple[str, ...]:
    """Labels of the spaces that need a cut-off."""
    return tuple(space.label for space in system.spaces if isinstance(space, Mode))


def given_cutoffs(system: OpenSystem, cutoff: Cutoff) -> dict[str, int]:
    """What was asked for, by mode; modes that are left to be found do not appear.

    Raises:
        ArgumentError: a label is no mode of the system.
    """
    modes = mode_labels(system)
    if cutoff is None:
        return {}
    if not isinstance(cutoff, Mapping):
        return dict.fromkeys(modes, int(cutoff))
    for label in cutoff:
        if label not in modes:
            remedy = nearest(label, modes) if modes else "The system has no modes: drop it."
            raise ArgumentError("cutoff", "name modes of the system", label, remedy)
    return {label: int(size) for label, size in cutoff.items()}


def degrees(system: OpenSystem) -> dict[str, int]:
    """The most quanta of each mode that one term of H or of a jump raises or lowers at once."""
    found = dict.fromkeys(mode_labels(system), 1)
    for operator in _operators(system):
        for product, _ in operator:
            for space, word in product:
                if space.label in found:
                    power = max(word.count("+"), word.count("-"))
                    found[space.label] = max(found[space.label], power)
    return found


def least_cutoffs(system: OpenSystem) -> dict[str, int]:
    """Where growing starts: above what one term moves, twice over, and above any resonance."""
    if not mode_labels(system):
        return {}
    resonant = _resonant_levels(system)
    return {
        label: max(_FIRST, 2 * degree + 1, resonant.get(label, 0) + 3)
        for label, degree in degrees(system).items()
    }


def first_cutoffs(
    system: OpenSystem, cutoff: Cutoff, needed: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The cut-offs given, completed by those to start from, `needed` or more."""
    least = {k: max(n, (needed or {}).get(k, 0)) for k, n in least_cutoffs(system).items()}
    return least | given_cutoffs(system, cutoff)


def dimensions(system: OpenSystem, cutoffs: Mapping[str, int]) -> Dimensions:
    """Dimension of every space."""
    return tuple(
        cutoffs[space.label] if isinstance(space, Mode) else int(space.dimension or 0)
        for space in system.spaces
    )


def edge_populations(
    populations: Mapping[str, NDArray[np.float64]], degree: Mapping[str, int]
) -> dict[str, float]:
    """Population of the highest Fock states of each mode, the largest of `degree` or two of them.

    Args:
        populations: by mode, (..., n): of the levels, at one time or at many.
        degree: quanta that one term moves.
    """
    found = {}
    for label, levels in populations.items():
        last = max(2, degree[label])
        last = last if levels.shape[-1] > last + 1 else 1
        found[f"Fock edge of {label}"] = max(0.0, float(np.max(levels[..., -last:])))
    return found


def mode_populations(
    diagonal: NDArray[np.float64], system: OpenSystem, dims: Dimensions
) -> dict[str, NDArray[np.float64]]:
    """Level populations of each mode from the diagonal (..., D) of density matrices."""
    shaped = diagonal.reshape(*diagonal.shape[:-1], *dims)
    ahead = diagonal.ndim - 1
    found = {}
    for k, space in enumerate(system.spaces):
        if isinstance(space, Mode):
            others = tuple(ahead + j for j in range(len(dims)) if j != k)
            found[space.label] = shaped.sum(axis=others)
    return found


def require_room(populations: Mapping[str, NDArray[np.float64]], degree: Mapping[str, int]) -> None:
    """Refuse a field that its Fock states cannot hold in the end: no number of it means anything.

    Raises:
        NumericalError: the highest Fock states are no small tail, with the cutoff to try.
    """
    for label, levels in populations.items():
        size = levels.shape[-1]
        tail = levels.reshape(-1, size)[-1]
        name, value = next(iter(edge_populations({label: tail}, degree).items()))
        if value <= FULL_EDGE:
            continue
        # populations fall geometrically at best; pairs of levels, as squeezing leaves one empty
        ahead = float(np.max(tail[-4:-2], initial=0.0))
        falls = float(np.clip(np.max(tail[-2:]) / max(ahead, 1e-300), 0.0, 0.9))
        more = 2.0 * np.log(1e-6 / value) / np.log(max(falls, 1e-3))
        raise NumericalError(
            f"{name} holds {value:.2g} of the population with a cutoff of {size}: the field does "
            f"not fit, and no number of this state means anything. Use cutoff="
            f"{{'{label}': {int(max(2 * size, size + more))}}} or more, or leave `cutoff` to be "
            "grown."
        )


@dataclass(frozen=True)
class Attempt:
    """What was found with some cut-offs.

    Args:
        cutoffs: Fock states of each mode.
        populations: of the levels of each mode, at all times kept.
        found: what the engine made, its own business.
    """

    cutoffs: dict[str, int]
    populations: dict[str, NDArray[np.float64]]
    found: Any


@dataclass(frozen=True)
class Truncated:
    """An attempt that was accepted, or the best one.

    Args:
        attempt: the one with the larger cut-offs.
        edges: populations of the highest levels.
        change: trace norm of the difference from smaller cut-offs; None where there are none.
        smaller: the attempt with smaller cut-offs, if there is one.
        stopped: why larger cut-offs that were needed were not tried; empty if none were.
    """

    attempt: Attempt
    edges: dict[str, float]
    change: float | None
    smaller: Attempt | None = None
    stopped: str = ""


def grow_cutoffs(
    system: OpenSystem,
    cutoff: Cutoff,
    edge: float,
    attempt: Callable[[dict[str, int], str], Attempt],
    difference: Callable[[Attempt, Attempt], float],
    least: Mapping[str, int] | None = None,
) -> Truncated:
    """Solve with growing cut-offs, each mode by itself, until a larger one changes nothing.

    Modes whose cut-off was given keep it; a smaller one is then tried beside it. Where larger ones
    are refused, the last attempt is what there is, and says so.

    Args:
        system: with modes.
        cutoff: as given to the engine.
        edge: population allowed in the highest levels; the state may change by its square root,
            the amplitude that goes with it.
        attempt: solves with some cut-offs; the sentence says why, for refusals.
        difference: trace norm of the difference of two attempts, the smaller one first.
        least: Fock states that an initial state needs.

    Raises:
        NumericalError: in the end the field does not fit into the cut-offs given.
        CapacityError: it does not fit into what there is room or time for.
    """
    degree, given = degrees(system), given_cutoffs(system, cutoff)
    sizes = first_cutoffs(system, cutoff, least)
    free = [label for label in sizes if label not in given]
    before, changes = None, dict[str, float]()
    now, stopped = attempt(sizes, ""), ""
    while True:
        edges = edge_populations(now.populations, degree)
        full = [k for k in free if edges[f"Fock edge of {k}"] > edge]
        doubtful = [k for k in free if changes.get(k, np.inf) > np.sqrt(edge)]
        if not full and not doubtful:
            break
        sizes = {k: _larger(n, degree[k], k in full) for k, n in now.cutoffs.items()}
        sizes = {k: n if k in (full or doubtful) else now.cutoffs[k] for k, n in sizes.items()}
        try:
            larger = attempt(sizes, _reason(now, edges, full))
        except CapacityError as refusal:
            if any(edges[f"Fock edge of {k}"] > FULL_EDGE for k in full):
                raise
            stopped = f"{refusal} To have it done all the same, use cutoff={sizes}"
            break
        before, now = now, larger
        changes |= dict.fromkeys(full or doubtful, difference(before, now))
    require_room(now.populations, degree)
    known: list[float | None] = list(set(changes.values()))
    known += [None for k in free if k not in changes]
    if given:
        smaller = _beside(now, degree, given, least or {})
        before = None if smaller is None else attempt(smaller, "")  # no larger than what was done
        known.append(None if before is None else difference(before, now))
    change = None if None in known else sum(value for value in known if value is not None)
    return Truncated(now, edges, change, before, stopped)


def _larger(size: int, degree: int, full: bool) -> int:
    """Half as many Fock states again where the edge is full, else just what a second look needs."""
    return size + max(degree + 1, size // 2 if full else size // 4)


def _reason(before: Attempt, edges: Mapping[str, float], full: Sequence[str]) -> str:
    """Why larger cut-offs are tried, for the refusal of one that does not fit."""
    sizes = ", ".join(f"{n} for {label}" for label, n in before.cutoffs.items())
    held = ", ".join(f"{edges[f'Fock edge of {label}']:.2g} in that of {label}" for label in full)
    found = f"left {held}" if full else "are to be confirmed by larger ones"
    return (
        f"The cut-offs before it, {sizes}, {found} (highest Fock states). Raise `edge`, set "
        "`cutoff`, or lower the photon number."
    )


def _beside(
    now: Attempt, degree: Mapping[str, int], given: Mapping[str, int], needed: Mapping[str, int]
) -> dict[str, int] | None:
    """Smaller cut-offs for the modes whose cut-off was given; None where they say nothing."""
    sizes = dict(now.cutoffs)
    for label, size in given.items():
        sizes[label] = size - max(2, degree[label], size // 5)
        if sizes[label] < max(degree[label] + 1, 2, needed.get(label, 0)):
            return None
    return sizes


def padded(state: DensityState, dims: Dimensions) -> DensityState:
    """A state with more Fock states of its modes; those beyond its own are empty.

    Raises:
        ArgumentError: it has more levels than `dims`.
    """
    own = tuple(state.dimensions)
    if len(own) != len(dims) or any(a > b for a, b in zip(own, dims, strict=True)):
        remedy = f"Its dimensions must be {dims} at most; set cutoff= accordingly."
        raise ArgumentError("initial", "fit the dimensions", own, remedy)
    if own == dims:
        return state
    return DensityState(state.labels, dims, _embed(state.matrix, own, dims))


def levels_needed(state: Any, system: OpenSystem) -> dict[str, int]:
    """Fock states of each mode that an initial state has, whose labels are those of the system.

    Raises:
        ArgumentError: a space that is no mode has another dimension.
    """
    needed = {}
    for space, size in zip(system.spaces, state.dimensions, strict=True):
        if isinstance(space, Mode):
            needed[space.label] = int(size)
        elif not isinstance(space, Ensemble) and size != space.dimension:
            rule = f"have dimension {space.dimension} in '{space.label}'"
            raise ArgumentError("initial", rule, size, "Give a state of these spaces.")
    return needed


def populations_of(state: DensityState | PureState) -> NDArray[np.float64]:
    """The diagonal of the density matrix."""
    if isinstance(state, PureState):
        return np.abs(state.vector) ** 2
    return np.real(np.diag(state.matrix))


def change_of_state(smaller: DensityState | PureState, larger: DensityState | PureState) -> float:
    """Trace norm of the difference of two states, the first in smaller dimensions."""
    small, large = tuple(smaller.dimensions), tuple(larger.dimensions)
    if isinstance(smaller, PureState) and isinstance(larger, PureState):
        psi = _embed(smaller.vector, small, large)
        off = larger.vector - np.vdot(psi, larger.vector) * psi
        return 2.0 * float(np.linalg.norm(off))
    first, second = (s.density() if isinstance(s, PureState) else s for s in (smaller, larger))
    difference = second.matrix - _embed(first.matrix, small, large)
    return float(np.abs(np.linalg.eigvalsh(difference)).sum())


def _embed(matrix: NDArray[Any], small: Dimensions, large: Dimensions) -> NDArray[Any]:
    """A vector or matrix in a product basis, written in that of larger dimensions."""
    levels = np.unravel_index(np.arange(int(np.prod(small))), small)
    place = np.ravel_multi_index(levels, large)
    result = np.zeros((int(np.prod(large)),) * matrix.ndim, dtype=matrix.dtype)
    result[np.ix_(*(place,) * matrix.ndim)] = matrix
    return result


def _operators(system: OpenSystem) -> list[OperatorSum]:
    return [system.whole_hamiltonian, *(jump.operator for jump in system.jumps if jump.rate)]


def _resonant_levels(system: OpenSystem) -> dict[str, int]:
    """The highest level of a driven mode whose energy comes back to that of its vacuum.

    ``E(n)`` is what the terms diagonal in one mode alone give. With ``E = D n + X n (n - 1)`` the
    level ``1 - D/X`` is in resonance with the vacuum, and a weak drive fills it through levels that
    stay nearly empty: small cut-offs would agree on a wrong state.
    """
    levels = np.arange(_FARTHEST_RESONANCE + 1)
    energies: dict[str, NDArray[np.float64]] = {}
    driven = _driven(system)
    for product, c in system.hamiltonian:
        space, word = product[0] if len(product) == 1 else (None, "")
        power = word.count("-")
        if space is not None and space.label in driven and word.count("+") == power:
            shift = c.real * _falling(levels, power)
            energies[space.label] = energies.get(space.label, 0.0) + shift
    found: dict[str, int] = {}
    for label, energy in energies.items():
        signs = np.sign(energy[1:])
        turns = 1 + np.flatnonzero((signs[1:] != signs[:-1]) | (signs[1:] == 0))
        if len(turns):
            found[label] = int(turns[-1]) + 1
    return found


def _falling(levels: NDArray[np.intp], power: int) -> NDArray[np.float64]:
    """``a†^k a^k`` on the levels: n (n - 1) ... (n - k + 1)."""
    factors = [np.maximum(levels - j, 0) for j in range(power)]
    return np.prod(np.array(factors, dtype=float).reshape(power, len(levels)), axis=0)


def _driven(system: OpenSystem) -> set[str]:
    """Spaces that some term of H raises without lowering them as often."""
    return {
        space.label
        for product, _ in system.whole_hamiltonian
        for space, word in product
        if word.count("+") != word.count("-")
    }
