"""Initial states on the blocks, and which blocks they need.

An ensemble that no local process touches keeps its total spin. It is then enough to carry the J
that the initial state has; without one that is J = N/2, the symmetric subspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from darkstate.engines.contract import check_physical
from darkstate.engines.density.basis import Blocks, Flat
from darkstate.engines.density.factors import Factor
from darkstate.engines.truncation import padded
from darkstate.errors import ArgumentError
from darkstate.states import DensityState, EnsembleState, PureState
from darkstate.states.block_entries import entry_members
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble, Mode

State = DensityState | EnsembleState | PureState
COHERENCE = 1e-12
"""Entries between blocks up to this fraction of the largest are rounding."""


def density_of(initial: Any, labels: tuple[str, ...]) -> DensityState:
    """A pure or mixed state with these labels as a density matrix.

    Raises:
        ArgumentError: it is none.
        UnphysicalError: it has a negative eigenvalue.
    """
    state = initial.density() if isinstance(initial, PureState) else initial
    if not isinstance(state, DensityState) or state.labels != labels:
        remedy = f"Give a DensityState or PureState with the labels {labels}."
        raise ArgumentError("initial", "be a state of the system", initial, remedy)
    check_physical(state)
    return state


def as_ensemble_state(initial: Any, system: OpenSystem) -> EnsembleState | PureState:
    """An initial state with the labels and sizes of the system, for Dicke bases.

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


def spins_needed(state: State | None, system: OpenSystem) -> tuple[int, ...]:
    """How many values of J, from N/2 down, each ensemble of the system has in this state."""
    if not isinstance(state, EnsembleState):
        return (1,) * len(system.spaces)
    spins = state.twice_spins
    return tuple(
        (space.atoms - int(spins[:, k].min())) // 2 + 1 if isinstance(space, Ensemble) else 1
        for k, space in enumerate(system.spaces)
    )


def flattened(state: State | None, blocks: Blocks) -> tuple[Flat, bool]:
    """The state on the blocks (lowest basis state if None), and whether it lacked nothing there.

    Raises:
        ArgumentError: a subsystem that is no ensemble has another dimension than here.
    """
    if state is None:
        return blocks.ground(), True
    if isinstance(state, DensityState):
        matrix = np.asarray(padded(state, blocks.dimensions).matrix, dtype=complex)
        return blocks.gather(matrix), blocks.off_block_weight(matrix) <= COHERENCE**2
    _check_dimensions(state, blocks.factors)
    if isinstance(state, PureState):
        psi = np.zeros(blocks.dimension, dtype=complex)
        psi[basis_places(state.dimensions, blocks.dimensions)] = state.vector
        kets, bras = blocks.entries
        flat = psi[kets] * psi[bras].conj()
        return blocks.turned(flat), 1.0 - float(np.linalg.norm(flat)) <= COHERENCE
    flat = np.zeros(blocks.numbers, dtype=complex)
    kets, bras = (
        np.asarray(np.ravel_multi_index(tuple(side.T), blocks.dimensions))
        for side in entry_members(state.members, state.sizes)
    )
    place = blocks.position(kets, bras)
    inside = place >= 0
    flat[place[inside]] = state.values[inside]
    left_out = float(np.abs(state.values[~inside]).max(initial=0.0))
    complete = left_out <= COHERENCE * float(np.abs(state.values).max())
    return blocks.turned(flat), complete


def basis_places(small: Sequence[int], large: Sequence[int]) -> Any:
    """Where the basis states of a product stand in one of larger dimensions."""
    levels = np.unravel_index(np.arange(int(np.prod(small))), tuple(small))
    return np.ravel_multi_index(levels, tuple(large))


def _check_dimensions(state: EnsembleState | PureState, factors: tuple[Factor, ...]) -> None:
    for k, factor in enumerate(factors):
        fits = state.dimensions[k] == factor.dimension
        if isinstance(factor.space, Mode):  # levels beyond those of the state are empty
            fits = state.dimensions[k] <= factor.dimension
        if not factor.atoms and not fits:
            rule = f"have dimension {factor.dimension} in '{factor.space.label}'"
            remedy = "Set cutoff= accordingly."
            raise ArgumentError("initial", rule, state.dimensions[k], remedy)
