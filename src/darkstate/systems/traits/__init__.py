"""Properties of a system, computed from its terms: see `Trait`."""

from darkstate.systems.open_system import OpenSystem
from darkstate.systems.traits.cascade import cascade_order
from darkstate.systems.traits.charges import charge_steps, charge_values, charges
from darkstate.systems.traits.order import is_quadratic
from darkstate.systems.traits.permutations import permutation_symmetry
from darkstate.systems.traits.source import LinearSource, linear_source
from darkstate.systems.traits.trait import Trait

TRAITS = (is_quadratic, charges, permutation_symmetry, cascade_order, linear_source)
"""The functions that compute one trait each; add one here to have it described everywhere."""


def all_traits(system: OpenSystem) -> tuple[Trait, ...]:
    """Every trait of the system, in the order of `TRAITS`."""
    return tuple(trait(system) for trait in TRAITS)


def describe(system: OpenSystem) -> str:
    """All traits of the system with their reasons, one line each."""
    return "\n".join(str(trait) for trait in all_traits(system))


__all__ = [
    "TRAITS",
    "LinearSource",
    "Trait",
    "all_traits",
    "cascade_order",
    "charge_steps",
    "charge_values",
    "charges",
    "describe",
    "is_quadratic",
    "linear_source",
    "permutation_symmetry",
]
