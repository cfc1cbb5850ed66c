"""From blocks to atoms and back: exact converters for a few atoms.

Adding one atom after the other couples spin J with 1/2 to J + 1/2 and J - 1/2 (Clebsch-Gordan);
each path through these choices gives one isometry ``V_J,i`` from spin J into the space of N atoms,
d_J of them for each J, and

    rho = sum_J (1/d_J) sum_i V_J,i rho_J V_J,i†,      rho_J = sum_i V_J,i† rho V_J,i.

The second formula applied to any state of N atoms averages it over all permutations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import as_labels, check_instance
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.states.density import DensityState
from darkstate.states.dicke import DickeBasis
from darkstate.states.subsystems import TOLERANCE, check_matrix_fits, positions
from darkstate.states.symmetric import EnsembleState

Isometries = dict[int, NDArray[np.float64]]
"""``{2J: (d_J, 2^N, 2J+1)}``"""


@lru_cache(maxsize=8)
def isometries(atoms: int) -> Isometries:
    """V_J,i of N atoms, the first atom most significant, ``|1>`` up."""
    paths: dict[int, list[NDArray[np.float64]]] = {1: [np.eye(2)]}
    for _ in range(atoms - 1):
        longer: dict[int, list[NDArray[np.float64]]] = {}
        for twice, found in paths.items():
            for after in (twice + 1, twice - 1):
                if after >= 0:
                    longer.setdefault(after, []).extend(_add_atom(V, twice, after) for V in found)
        paths = longer
    return {twice: np.stack(found) for twice, found in paths.items()}


def _add_atom(V: NDArray[np.float64], twice: int, after: int) -> NDArray[np.float64]:
    """One more atom: spin `twice`/2 and 1/2 coupled to `after`/2."""
    j, J = 0.5 * twice, 0.5 * after
    result = np.zeros((2 * len(V), after + 1))
    for k, up in product(range(after + 1), (0, 1)):
        M = k - J
        m = M - (up - 0.5)
        if abs(m) > j:
            continue
        along = M if up else -M
        if after > twice:
            factor = np.sqrt((j + 0.5 + along) / (2 * j + 1))
        else:
            factor = (-1.0 if up else 1.0) * np.sqrt((j + 0.5 - along) / (2 * j + 1))
        result[up::2, k] += factor * V[:, round(m + j)]
    return result


def atom_by_atom(state: EnsembleState) -> DensityState:
    """The density matrix of all atoms, those of ensemble ``I`` being called ``I_1``, ``I_2``, ...

    Raises:
        CapacityError: more than 12 atoms or qubits.
    """
    check_instance("state", state, EnsembleState, "Solve with engines.Collective().")
    labels, dims = [], []
    for label, count, size in zip(state.labels, state.atoms, state.dimensions, strict=True):
        labels += [f"{label}_{i + 1}" for i in range(count)] if count else [label]
        dims += [2] * count if count else [size]
    check_matrix_fits(dims)
    matrix = np.zeros((prod(dims), prod(dims)), dtype=complex)
    for members, block in state.blocks():
        choices = [
            _columns(count, size, members[:, k])
            for k, (count, size) in enumerate(zip(state.atoms, state.dimensions, strict=True))
        ]
        copies = prod(len(options) for options in choices)
        for path in product(*choices):
            columns = path[0]
            for factor in path[1:]:
                columns = (columns[:, None, :] * factor[None, :, :]).reshape(-1, len(members))
            matrix += columns @ (block / copies) @ columns.T
    return DensityState(tuple(labels), tuple(dims), matrix)


def _columns(count: int, size: int, local: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """For every copy of the spin: the states of the atoms that the members stand for."""
    if not count:
        return [np.eye(size)[:, local]]
    basis = DickeBasis.of(count)
    twice = int(basis.twice_spin[local[0]])
    start = int(basis.starts[(count - twice) // 2])
    return [V[:, local - start] for V in isometries(count)[twice]]


def from_atoms(state: DensityState, ensembles: Mapping[str, Sequence[str]]) -> EnsembleState:
    """A density matrix of atoms as a permutation-symmetric state of ensembles.

    Args:
        state: of qubits, and of other subsystems that are kept as they are.
        ensembles: ``{name of the ensemble: labels of its atoms}``.

    Raises:
        ArgumentError: unknown or repeated labels, or an atom that is no qubit.
        UnphysicalError: the state changes if atoms are exchanged.
    """
    check_instance("state", state, DensityState, "Give the state of all atoms.")
    remedy = "Write {'E': ['a1', 'a2']}."
    groups = check_instance("ensembles", ensembles, Mapping, remedy).values()
    atoms = [label for group in groups for label in as_labels("ensembles", group)]
    for k in positions(atoms, state.labels):
        if state.dimensions[k] != 2:
            remedy = "Leave it out of `ensembles`."
            raise ArgumentError("ensembles", "hold qubits", state.labels[k], remedy)
    others = [label for label in state.labels if label not in atoms]
    ordered = state.reduced([*atoms, *others])
    counts = [len(group) for group in ensembles.values()]
    sizes = [state.dimensions[state.labels.index(label)] for label in others]
    found = _average_permutations(
        ordered.matrix, (*ensembles, *others), (*counts, *[0] * len(others)), sizes
    )
    error = float(np.abs(atom_by_atom(found).matrix - ordered.matrix).max())
    if error > TOLERANCE:
        rule = "not change if atoms are exchanged (largest change is zero)"
        raise UnphysicalError("state", rule, error, "Average it over permutations first.")
    return found


def _average_permutations(
    matrix: NDArray[Any], labels: tuple[str, ...], counts: tuple[int, ...], sizes: list[int]
) -> EnsembleState:
    """The average over all permutations; subsystems of no atoms come last."""
    bases = [DickeBasis.of(count) for count in counts if count]
    rest = prod(sizes)
    members, lengths, values = [], [], []
    for spins in product(*(range(basis.atoms, -1, -2) for basis in bases)):
        paths = [isometries(b.atoms)[twice] for b, twice in zip(bases, spins, strict=True)]
        block: Any = 0.0
        for path in product(*paths):
            V = np.eye(1)
            for factor in (*path, np.eye(rest)):
                V = np.kron(V, factor)
            block = block + V.T @ matrix @ V
        starts = [b.starts[(b.atoms - t) // 2] for b, t in zip(bases, spins, strict=True)]
        local = np.unravel_index(np.arange(len(block)), (*(t + 1 for t in spins), *sizes))
        shift = np.array([*starts, *[0] * len(sizes)])
        members.append(np.stack(local, axis=1) + shift)
        lengths.append(len(block))
        values.append(np.ravel(block))
    dimensions = (*(basis.dimension for basis in bases), *sizes)
    rows, flat = np.concatenate(members), np.concatenate(values)
    return EnsembleState(labels, counts, dimensions, rows, np.array(lengths), flat)
