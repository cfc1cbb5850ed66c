"""From an OpenSystem to matrices: dimensions, Fock cut-offs, sectors and the generator."""

from __future__ import annotations

from math import prod

import numpy as np

from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.sectors import Sectors
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Mode


def dimensions(system: OpenSystem, cutoff: int | None) -> tuple[int, ...]:
    """Dimension of every space; modes get `cutoff` Fock states.

    Raises:
        EngineMismatchError: a jump acts atom by atom, which no symmetric subspace can hold.
        ArgumentError: there are modes but no cutoff.
    """
    for jump in system.jumps:
        if jump.each_atom and jump.rate:
            raise EngineMismatchError(
                f"The jump {jump.name or jump.operator} acts on each atom of an ensemble, which "
                "leaves the symmetric subspace. Use collective jumps, or qubits for few atoms."
            )
    found = []
    for space in system.spaces:
        if isinstance(space, Mode) and cutoff is None:
            raise ArgumentError(
                "cutoff", "be given for systems with modes", None, "Use Lindblad(cutoff=10)."
            )
        found.append(int(cutoff or 0) if isinstance(space, Mode) else int(space.dimension or 0))
    return tuple(found)


def compiled(system: OpenSystem, dims: tuple[int, ...], *, blocks: bool = True) -> Generator:
    """The generator in the given dimensions; with `blocks` false without charge sectors."""
    if blocks:
        sectors = Sectors.of(system, dims)
    else:
        whole = (np.arange(prod(dims)),)
        sectors = Sectors(tuple(system.labels), dims, whole, "one block, no charge used")
    hamiltonian = operator_matrix(system.hamiltonian, system.spaces, dims)
    jumps = [
        np.sqrt(jump.rate) * operator_matrix(jump.operator, system.spaces, dims)
        for jump in system.jumps
        if jump.rate
    ]
    return Generator(sectors, hamiltonian, jumps)
