"""Factors of a basis: every space in a basis of its own, or an ensemble in all ``|J, M>``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.states.dicke import DickeBasis
from darkstate.systems.local_matrices import local_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Ensemble, Mode, Space


@dataclass(frozen=True)
class Factor:
    """One space as the basis has it.

    Args:
        space: the space.
        dimension: number of basis states.
        dicke: the Dicke basis of an ensemble with several J; None for a basis of its own.
        local: whether a process acts on its atoms one by one.
    """

    space: Space
    dimension: int
    dicke: DickeBasis | None = None
    local: bool = False

    def word(self, word: str) -> sp.csr_array:
        """The (d, d) matrix of a canonical word of this space."""
        if self.dicke is None:
            return local_matrix(self.space, word, self.dimension)
        result = sp.csr_array(sp.eye_array(self.dimension))
        for letter in word:
            result = result @ self.dicke.letter(letter)
        return sp.csr_array(result)

    def charge_values(self, charge: Mapping[str, int]) -> NDArray[np.int64]:
        """A charge in each basis state."""
        if self.dicke is None:
            return self.space.charge_values(charge, self.dimension)
        return charge.get(self.space.label, 0) * self.dicke.excitations

    @property
    def atoms(self) -> int:
        """Atoms of a Dicke basis; 0 for a basis of its own."""
        return 0 if self.dicke is None else self.dicke.atoms

    @property
    def excitations(self) -> NDArray[np.int64]:
        """Number of excitations of each basis state."""
        return np.arange(self.dimension) if self.dicke is None else self.dicke.excitations


def product_factors(system: OpenSystem, dims: Sequence[int]) -> tuple[Factor, ...]:
    """Every space in its own basis."""
    return tuple(Factor(space, n) for space, n in zip(system.spaces, dims, strict=True))


def dicke_factors(
    system: OpenSystem, cutoffs: Mapping[str, int], spins: Sequence[int] | None = None
) -> tuple[Factor, ...]:
    """Ensembles in Dicke bases; those without processes on single atoms keep `spins` values of J.

    Args:
        system: with ensembles.
        cutoffs: Fock states of the modes.
        spins: for every space; one by default, J = N/2.
    """
    jumps = [jump for jump in system.jumps if jump.each_atom and jump.rate]
    local = {space for jump in jumps for space in jump.operator.spaces}
    found = []
    for k, space in enumerate(system.spaces):
        if isinstance(space, Ensemble):
            kept = None if space in local else (1 if spins is None else spins[k])
            dicke = DickeBasis.of(space.atoms, kept)
            found.append(Factor(space, dicke.dimension, dicke, space in local))
        else:
            size = cutoffs[space.label] if isinstance(space, Mode) else int(space.dimension or 0)
            found.append(Factor(space, size))
    return tuple(found)


def spread(factors: Sequence[Factor], k: int, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values of one factor for every basis state of the product."""
    before = prod(factor.dimension for factor in factors[:k])
    after = prod(factor.dimension for factor in factors[k + 1 :])
    return np.tile(np.repeat(values, after), before)
