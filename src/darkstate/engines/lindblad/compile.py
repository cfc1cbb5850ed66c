"""From an OpenSystem to matrices: dimensions, Fock cut-offs, sectors and the generator."""

from __future__ import annotations

from math import prod

import numpy as np
import scipy.sparse as sp

from darkstate.engines import truncation
from darkstate.engines.compile import centred_hamiltonian, middle_energies, without_constants
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.sectors import Sectors, kinds_of
from darkstate.engines.truncation import Cutoff
from darkstate.errors import EngineMismatchError
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum


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
    """The generator in the given dimensions; with `blocks` false without charge sectors."""
    system = without_constants(system)
    if blocks:
        sectors = Sectors.of(system, dims)
    else:
        whole = (np.arange(prod(dims)),)
        reason = "one block, no charge used"
        sectors = Sectors(tuple(system.labels), dims, whole, reason, kinds_of(system))

    def matrix(operator: OperatorSum) -> sp.csr_array:
        return operator_matrix(operator, system.spaces, dims)

    hamiltonian = centred_hamiltonian(system.hamiltonian, matrix, sectors.blocks)
    jumps = [np.sqrt(jump.rate) * matrix(jump.operator) for jump in system.jumps if jump.rate]
    middle = None
    if sectors.charges is not None and len(sectors.blocks) > 1:
        middle = middle_energies(system.hamiltonian, matrix, sectors.blocks, sectors.charges)
    return Generator(sectors, hamiltonian, jumps, middle)
