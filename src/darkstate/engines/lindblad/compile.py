"""From an OpenSystem to matrices: dimensions, Fock cut-offs, sectors and the generator."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp

from darkstate.engines import truncation
from darkstate.engines.compile import without_constants
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.sectors import Sectors, kinds_of
from darkstate.engines.truncation import Cutoff
from darkstate.errors import EngineMismatchError
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem


def dimensions(system: OpenSystem, cutoff: Cutoff) -> tuple[int, ...]:
    """Dimension of every space; modes get the Fock states given, or those that growing starts from.

    Raises:
        EngineMismatchError: a jump acts atom by atom, which no symmetric subspace can hold.
        ArgumentError: a cut-off for what is no mode.
    """
    for jump in system.jumps:
        if jump.each_atom and jump.rate:
            raise EngineMismatchError(
                f"The jump {jump.name or jump.operator} acts on each atom of an ensemble, which "
                "leaves the symmetric subspace. Use collective jumps, or qubits for few atoms."
            )
    return truncation.dimensions(system, truncation.first_cutoffs(system, cutoff))


def sectors_of(system: OpenSystem, dims: tuple[int, ...]) -> Sectors:
    """The sectors of a system, before anything large is made."""
    return Sectors.of(without_constants(system), dims)


def compiled(system: OpenSystem, dims: tuple[int, ...], *, blocks: bool = True) -> Generator:
    """The generator in the given dimensions; with `blocks` false without charge sectors.

    What H adds to all states of a block alike drops out of its commutators, and is left out: an
    optical frequency must not set the scale on which slow rates are judged.
    """
    system = without_constants(system)
    if blocks:
        sectors = Sectors.of(system, dims)
    else:
        whole = (np.arange(prod(dims)),)
        reason = "one block, no charge used"
        sectors = Sectors(tuple(system.labels), dims, whole, reason, kinds_of(system))
    hamiltonian = operator_matrix(system.hamiltonian, system.spaces, dims)
    jumps = [
        np.sqrt(jump.rate) * operator_matrix(jump.operator, system.spaces, dims)
        for jump in system.jumps
        if jump.rate
    ]
    return Generator(sectors, _centred(hamiltonian, sectors), jumps)


def _centred(hamiltonian: Any, sectors: Sectors) -> sp.csr_array:
    """H without the mean energy of each block."""
    energies = hamiltonian.diagonal().real
    means = np.zeros(sectors.dimension)
    for block in sectors.blocks:
        means[block] = 0.5 * (energies[block].min() + energies[block].max())
    return sp.csr_array(hamiltonian - sp.diags_array(means)) if np.any(means) else hamiltonian
