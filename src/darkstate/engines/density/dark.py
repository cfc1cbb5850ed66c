"""Where a system may have dark states, and the search for them (`engines/dark.py`)."""

from __future__ import annotations

import numpy as np

from darkstate.engines.dark import DarkStates, NoJumps, dark_states
from darkstate.engines.density.generator import Generator

LARGEST_BLOCK = 2500
"""Blocks up to this size are searched for null vectors."""
_SEARCHED = 1e7
"""Cubes of the block sizes up to which a price looks for dark states: a few hundredths of a second,
which the solution then saves."""
_ROUNDING = 1e-12
"""Of the norm of L: damping below is zero."""


def search_dark_states(generator: Generator) -> DarkStates | None:
    """All dark states; None if there are none, or the blocks are too large to be searched.

    The search is made once a generator.
    """
    if not generator.dark:
        candidates, blocks, found = dark_candidates(generator), generator.blocks, None
        if candidates:
            jumps = generator.jumps
            system = NoJumps(generator.hamiltonian, jumps, blocks.members, generator.scale)
            found = dark_states(system, candidates)
        generator.dark.append(found)
    return generator.dark[0]


def dark_possible(generator: Generator) -> bool:
    """Whether there may be a dark state: by the search itself where that costs next to nothing."""
    sizes = generator.blocks.sizes.astype(float)
    if sizes.max() > LARGEST_BLOCK or generator.dephased:
        return False
    if float(np.sum(sizes**3)) <= _SEARCHED:
        return search_dark_states(generator) is not None
    several = any(factor.dicke for factor in generator.blocks.factors)
    return not several or bool(dark_candidates(generator))


def dark_candidates(generator: Generator) -> list[int]:
    """Blocks in which ``sum c†c`` is singular up to rounding: others hold no dark state."""
    blocks, found = generator.blocks, []
    if blocks.sizes.max() > LARGEST_BLOCK or generator.dephased:
        return []
    flat = blocks.picked(generator.effective)
    for stack in blocks.stacks:
        E = stack.matrices(flat)
        damping = -(E + E.conj().transpose(0, 2, 1))
        least = np.linalg.eigvalsh(damping)[:, 0]
        found += stack.blocks[least <= _ROUNDING * generator.scale].tolist()
    return sorted(found)
