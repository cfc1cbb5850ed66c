"""Is the system quadratic, so that Gaussian states stay Gaussian?

A system of bosonic modes whose Hamiltonian is at most quadratic in ``a, a†`` and whose jump
operators are at most linear maps Gaussian states to Gaussian states, and its first and second
moments obey closed linear equations. The degree of a canonical (normally ordered) product is its
number of letters.
"""

from __future__ import annotations

from darkstate.systems.open_system import OpenSystem, check_system
from darkstate.systems.operators import OperatorSum
from darkstate.systems.signals import Signal
from darkstate.systems.spaces import Mode
from darkstate.systems.traits.trait import Trait


def is_quadratic(system: OpenSystem) -> Trait[OperatorSum | None]:
    """Whether all spaces are modes, ``deg H <= 2`` and ``deg c_k <= 1``.

    The evidence is the first term that breaks it, or None.
    """
    check_system(system)
    for space in system.spaces:
        if not isinstance(space, Mode):
            return Trait("quadratic", False, f"{space!r} is not a bosonic mode", None)
    parts = [("Hamiltonian", system.hamiltonian, 2)]
    parts += [("drive", drive.operator, 2) for drive in system.drives]
    parts += [("jump", jump.operator, 1) for jump in system.jumps]
    for name, operator, largest in parts:
        for product, c in operator:
            degree = sum(len(word) for space, word in product if not isinstance(space, Signal))
            if degree > largest:
                term = OperatorSum({product: c})
                reason = f"the {name} term {term} has degree {degree} > {largest}"
                return Trait("quadratic", False, reason, term)
    return Trait("quadratic", True, "modes only, H of degree <= 2, jumps of degree <= 1", None)
