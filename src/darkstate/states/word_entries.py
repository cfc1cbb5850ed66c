"""Means of products of local words in a state that is given by its entries.

In the bases used here every canonical word moves a basis state to at most one other,
``W|k> = a_k |t_k>``, so that ``Tr(rho O)`` for a product O of words is a sum over the entries of
rho: those whose bra is where O takes the ket, weighted by the product of the a's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.states.dicke import DickeBasis
from darkstate.states.subsystems import positions
from darkstate.systems.local_matrices import local_matrix
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Mode, Space, Spin, Word

if TYPE_CHECKING:
    from darkstate.states.symmetric import EnsembleState

Moves = tuple[NDArray[np.int64], NDArray[Any]]
"""Target and amplitude of a word for every basis state."""


def mean_of_words(
    operator: OperatorSum,
    state: EnsembleState,
    kets: NDArray[np.int64],
    bras: NDArray[np.int64],
) -> complex:
    """``Tr(rho O)``, the state's entries being at these kets and bras, (entries, n) each.

    Raises:
        ArgumentError: unknown labels, or spaces of another size than the state has.
    """
    known = {space.label: _check(space, state) for space in operator.spaces}
    total = 0.0 + 0.0j
    for product, coefficient in operator:
        acting = {known[space.label]: (space, word) for space, word in product}
        chosen = np.ones(len(kets), dtype=bool)
        amplitude = np.full(len(kets), coefficient, dtype=complex)
        for k in range(len(state.labels)):
            if k not in acting:
                chosen &= kets[:, k] == bras[:, k]
                continue
            space, word = acting[k]
            target, factor = _moves(space, word, state.atoms[k], state.dimensions[k])
            chosen &= target[kets[:, k]] == bras[:, k]
            amplitude *= factor[kets[:, k]]
        total += complex(np.sum(state.values[chosen] * amplitude[chosen]))
    return total


def _check(space: Space, state: EnsembleState) -> int:
    """The position of a space in the state, which must have it in the same size."""
    (k,) = positions(space.label, state.labels)
    atoms, own = state.atoms[k], space.dimension
    if atoms:
        fits = isinstance(space, Spin) and space.atoms == atoms
        rule = f"act on an Ensemble of {atoms} atoms at '{space.label}'"
    else:
        fits = isinstance(space, Mode) or own == state.dimensions[k]
        rule = f"act on a space of dimension {state.dimensions[k]} at '{space.label}'"
    if not fits:
        raise ArgumentError("operator", rule, space, "Use the spaces of the state's system.")
    return k


@lru_cache(maxsize=256)
def _moves(space: Space, word: Word, atoms: int, dimension: int) -> Moves:
    if atoms:
        basis = DickeBasis.of(atoms)
        matrix = sp.csr_array(sp.eye_array(dimension))
        for letter in word:
            matrix = matrix @ basis.letter(letter)
    else:
        matrix = local_matrix(space, word, dimension)
    entries = sp.coo_array(matrix)
    target = np.full(dimension, -1, dtype=np.int64)
    amplitude = np.zeros(dimension, dtype=complex)
    target[entries.col], amplitude[entries.col] = entries.row, entries.data
    return target, amplitude
