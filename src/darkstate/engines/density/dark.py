"""Where a system may have dark states, and the search for them (`engines/dark.py`)."""

from __future__ import annotations

import numpy as np

from darkstate.engines.dark import DarkStates, NoJumps, dark_states
from darkstate.engines.density.generator import Generator

LARGEST_BLOCK = 2500
"""Blocks up to this size are searched for null vectors."""
_ROUNDING = 1e-12
"""Of the norm of L: damping below is zero."""


def search_dark_states(generator: Generator) -> DarkStates | None:
    """All dark states; None if there are none, or the blocks are too large to be searched."""
    candidates = dark_candidates(generator)
    if not candidates:
        return None
    blocks = generator.blocks
    system = NoJumps(generator.hamiltonian, generator.jumps, blocks.members, generator.scale)
    return dark_states(system, candidates)


def dark_possible(generator: Generator) -> bool:
    """Whether a dark state is not excluded at a glance, or by `dark_candidates` for ensembles."""
    if generator.blocks.sizes.max() > LARGEST_BLOCK or generator.dephased:
        return False
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
