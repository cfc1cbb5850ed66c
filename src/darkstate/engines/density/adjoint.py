"""The adjoint equation ``L† X = O - <O>``: how a steady-state mean answers to any parameter.

Differentiating ``L rho = 0`` gives ``L drho = -(dL) rho``, and the mean of O changes by

    d<O>/dp = Tr(O drho) = Tr(L† X drho) = -Tr(X (dL/dp) rho),

so that one solve serves all parameters. ``Tr(O drho)`` does not see multiples of the identity. That
makes the equation solvable (its right-hand side must have zero mean in the steady state), and X
unique once ``Tr(rho X) = 0`` is asked.
"""

from __future__ import annotations

import numpy as np

from darkstate.engines.density.generator import Generator
from darkstate.engines.density.nojump import SHIFT, NoJumpInverse
from darkstate.engines.density.steady import regularised, require_converged
from darkstate.linalg.gmres import Flat, gmres


def adjoint_solution(generator: Generator, rho: Flat, right: Flat, rtol: float) -> Flat:
    """``X`` in ``L† X = right - Tr(rho right)`` with ``Tr(rho X) = 0``, on the blocks.

    Args:
        generator: with a unique steady state.
        rho: that state, flattened.
        right: Hermitian, flattened.
        rtol: relative residual.

    Raises:
        NumericalError: not converged.
    """
    one = generator.blocks.mixed(generator.dtype) * generator.blocks.dimension

    def centred(x: Flat) -> Flat:
        return x - float(np.vdot(rho, x).real) * one

    right = centred(right)
    if not np.linalg.norm(right):
        return right
    inverse = NoJumpInverse(generator, SHIFT * generator.scale)
    solved = gmres(
        regularised(generator, adjoint=True),
        lambda x: inverse.apply(x, adjoint=True), right, rtol, 2000,
    )  # fmt: skip
    require_converged(solved, rtol)
    return centred(solved.x)
