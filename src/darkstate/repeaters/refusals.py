"""What the engines of repeaters have in common: what they refuse."""

from __future__ import annotations

from darkstate.errors import EngineMismatchError


def no_evolution() -> EngineMismatchError:
    """The refusal of an evolution."""
    return EngineMismatchError(
        "A repeater is a protocol that ends with measurements: it has no Hamiltonian with jumps, "
        "and no evolution.",
        "Use solve(model), which gives the state of its end nodes; several times may be given as "
        "`time` of the model.",
    )
