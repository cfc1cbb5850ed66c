"""Initial states on the blocks, and which blocks they need.

An ensemble that no local process touches keeps its total spin. It is then enough to carry the J
that the initial state has; without one that is J = N/2, the symmetric subspace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from darkstate.engines.collective.basis import Blocks, Part
from darkstate.engines.collective.generator import Flat
from darkstate.engines.contract import check_physical
from darkstate.errors import ArgumentError
from darkstate.states import DensityState, EnsembleState, PureState
from darkstate.states.block_entries import entry_members
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble, Mode

COHERENCE = 1e-12
"""Entries between blocks up to this fraction of the largest are rounding."""


def as_ensemble_state(initial: Any, system: OpenSystem) -> EnsembleState | PureState:
    """An initial state with the labels and sizes of the system.

    Raises:
        ArgumentError: it is none.
    """
    names = [space.label for space in system.spaces if isinstance(space, Ensemble)]
    state = initial
    if isinstance(state, DensityState) and state.labels == system.labels:
        state = EnsembleState.from_dense(state, names)
    known = isinstance(state, EnsembleState | PureState)
    if not known or state.labels != system.labels:
        remedy = f"Give an EnsembleState, DensityState or PureState of {system.labels}."
        raise ArgumentError("initial", "be a state of the system", initial, remedy)
    for k, space in enumerate(system.spaces):
        dense = isinstance(state, PureState)
        own = space.atoms if isinstance(space, Ensemble) else 0
        if own and (state.dimensions[k] - 1 if dense else state.atoms[k]) != own:
            remedy = "Use the number of atoms of the system."
            rule = f"have {own} atoms in '{space.label}'"
            raise ArgumentError("initial", rule, state.dimensions[k], remedy)
    check_physical(state)
    return state


def spins_needed(state: EnsembleState | PureState | None, system: OpenSystem) -> tuple[int, ...]:
    """How many values of J, from N/2 down, each ensemble of the system has in this state."""
    if not isinstance(state, EnsembleState):
        return (1,) * len(system.spaces)
    spins = state.twice_spins
    return tuple(
        (space.atoms - int(spins[:, k].min())) // 2 + 1 if isinstance(space, Ensemble) else 1
        for k, space in enumerate(system.spaces)
    )


def flattened(state: EnsembleState | PureState | None, blocks: Blocks) -> tuple[Flat, bool]:
    """The state on the blocks (lowest member if None), and whether it lacked nothing there.

    Raises:
        ArgumentError: a subsystem that is no ensemble has another dimension than here.
    """
    flat = np.zeros(blocks.numbers, dtype=complex)
    if state is None:
        flat[blocks.diagonal[0]] = 1.0
        return flat, True
    dims = tuple(part.dimension for part in blocks.parts)
    _check_dimensions(state, blocks.parts)
    if isinstance(state, PureState):
        local = np.unravel_index(np.arange(len(state.vector)), state.dimensions)
        place = np.ravel_multi_index(tuple(local), dims)
        psi = np.zeros(blocks.dimension, dtype=complex)
        psi[place] = state.vector
        kets, bras = blocks.entries
        flat[:] = psi[kets] * psi[bras].conj()
        return flat, 1.0 - float(np.linalg.norm(flat)) <= COHERENCE
    kets, bras = (
        np.asarray(np.ravel_multi_index(tuple(side.T), dims))
        for side in entry_members(state.members, state.sizes)
    )
    place = blocks.position(kets, bras)
    inside = place >= 0
    flat[place[inside]] = state.values[inside]
    left_out = float(np.abs(state.values[~inside]).max(initial=0.0))
    return flat, left_out <= COHERENCE * float(np.abs(state.values).max())


def _check_dimensions(state: EnsembleState | PureState, parts: tuple[Part, ...]) -> None:
    for k, part in enumerate(parts):
        fits = state.dimensions[k] == part.dimension
        if isinstance(part.space, Mode):  # levels beyond those of the state are empty
            fits = state.dimensions[k] <= part.dimension
        if not part.atoms and not fits:
            rule = f"have dimension {part.dimension} in '{part.space.label}'"
            remedy = "Set cutoff= accordingly."
            raise ArgumentError("initial", rule, state.dimensions[k], remedy)
