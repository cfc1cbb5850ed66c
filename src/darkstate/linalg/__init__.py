"""Linear algebra of linear quantum systems: arrays in, arrays out, and no physics objects.

Sylvester and Lyapunov equations (:mod:`.sylvester`), correlations of huge banded chains
(:mod:`.quadrature`), symplectic forms (:mod:`.symplectic`), conditional covariances
(:mod:`.riccati`). Everything reports its residual or error.
"""

from darkstate.linalg.banded import BandedDrift
from darkstate.linalg.quadrature import QuadratureResult, stationary_correlations
from darkstate.linalg.riccati import RiccatiSolution, solve_riccati
from darkstate.linalg.sylvester import (
    SchurForm,
    SylvesterSolution,
    solve_sylvester,
    solve_sylvester_batched,
)
from darkstate.linalg.symplectic import (
    partial_transpose,
    symplectic_eigenvalues,
    symplectic_form,
    uncertainty_margin,
    williamson,
)

__all__ = [
    "BandedDrift",
    "QuadratureResult",
    "RiccatiSolution",
    "SchurForm",
    "SylvesterSolution",
    "partial_transpose",
    "solve_riccati",
    "solve_sylvester",
    "solve_sylvester_batched",
    "stationary_correlations",
    "symplectic_eigenvalues",
    "symplectic_form",
    "uncertainty_margin",
    "williamson",
]
