"""A linear source eliminated exactly: the hierarchy of its normally ordered moments.

A source of squeezed light has an infinite ladder of Fock states, but the network behind it sees
only its normally ordered moments, and those obey closed linear equations. Instead of a truncated
Fock space one follows one network operator per monomial of the source's independent variables: an
equation of hierarchical type, converging in the depth like the correlation time of the light.

`variables` diagonalises the source, `maps` and `network` hold the superoperators, `generator` the
hierarchy itself, `triangular` its preconditioner, `solve` steady states and evolutions.

Sources: Tanimura, J. Phys. Soc. Jpn. 75, 082001 (2006) (hierarchies for exponential memory);
Gardiner, Phys. Rev. Lett. 70, 2269 (1993) (cascades); Agustí et al., Phys. Rev. Lett. 131, 250801
(2023), Eq. (11) (the model).
"""

from darkstate.engines.density.hierarchy.network import DrivenNetwork
from darkstate.engines.density.hierarchy.solve import (
    Found,
    driven_network,
    evolved_hierarchy,
    predicted_numbers,
    steady_hierarchy,
)

__all__ = [
    "DrivenNetwork",
    "Found",
    "driven_network",
    "evolved_hierarchy",
    "predicted_numbers",
    "steady_hierarchy",
]
