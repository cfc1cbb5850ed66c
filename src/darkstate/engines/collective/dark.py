"""Where an ensemble may have dark states, and the search for them (`engines/dark.py`)."""

from __future__ import annotations

import numpy as np

from darkstate.engines.collective.generator import Generator
from darkstate.engines.dark import DarkStates, NoJumps, dark_states

LARGEST_BLOCK = 2500
"""Blocks up to this size are searched for null vectors."""
_ROUNDING = 1e-12
"""Of the largest rate: damping below is zero."""


def search_dark_states(generator: Generator) -> DarkStates | None:
    """All dark states; None if there are none, or the blocks are too large to be searched."""
    blocks = generator.blocks
    if blocks.sizes.max() > LARGEST_BLOCK:
        return None
    members = np.split(blocks.order, np.cumsum(blocks.sizes)[:-1])
    system = NoJumps(generator.hamiltonian, generator.jumps, members, generator.rate)
    return dark_states(system, _candidates(generator))


def dark_possible(generator: Generator) -> bool:
    """Whether a dark state is not excluded; costs the eigenvalues of ``sum C†C``."""
    return generator.blocks.sizes.max() <= LARGEST_BLOCK and bool(_candidates(generator))


def _candidates(generator: Generator) -> list[int]:
    """Blocks in which ``sum C†C`` is singular up to rounding: others hold no dark state."""
    blocks, found = generator.blocks, []
    flat = blocks.flattened(generator.effective)
    for stack in blocks.stacks:
        E = stack.matrices(flat)
        damping = -(E + E.conj().transpose(0, 2, 1))
        least = np.linalg.eigvalsh(damping)[:, 0]
        found += stack.numbers[least <= _ROUNDING * generator.rate].tolist()
    return found
