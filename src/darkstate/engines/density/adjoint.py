"""The adjoint equation ``L† X = O - <O>``: how a steady-state mean answers to any parameter.

Differentiating ``L rho = 0`` gives ``L drho = -(dL) rho``, and the mean of O changes by

    d<O>/dp = Tr(O drho) = Tr(L† X drho) = -Tr(X (dL/dp) rho),

so that one solve serves all parameters. ``Tr(O drho)`` does not see multiples of the identity. That
makes the equation solvable (its right-hand side must have zero mean in the steady state), and X
unique once ``Tr(rho X) = 0`` is asked.
"""

from __future__ import annotations

import numpy as np

from darkstate.engines.density.cost import is_direct
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.nojump import SHIFT, NoJumpInverse
from darkstate.engines.density.steady import regularised, require_converged
from darkstate.engines.stationary import trusted_factors
from darkstate.linalg.gmres import Flat, gmres

_GOOD = 1e-9
"""Relative residual of a solution by factors."""


def adjoint_solution(
    generator: Generator, rho: Flat, right: Flat, rtol: float, limit: float = np.inf
) -> Flat:
    """``X`` in ``L† X = right - Tr(rho right)`` with ``Tr(rho X) = 0``, on the blocks.

    Args:
        generator: with a unique steady state.
        rho: that state, flattened.
        right: Hermitian, flattened.
        rtol: relative residual.
        limit: bytes that may be used.

    Raises:
        NumericalError: not converged.
    """
    one = generator.blocks.mixed(generator.dtype) * generator.blocks.dimension

    def centred(x: Flat) -> Flat:
        return x - float(np.vdot(rho, x).real) * one

    right = centred(right)
    if not np.linalg.norm(right):
        return right
    if is_direct(generator, limit):
        found = _by_factors(generator, right)
        if found is not None:
            return centred(found)
    inverse = NoJumpInverse(generator, SHIFT * generator.scale)
    solved = gmres(
        regularised(generator, adjoint=True),
        lambda x: inverse.apply(x, adjoint=True), right, rtol, 2000,
    )  # fmt: skip
    require_converged(solved, rtol)
    return centred(solved.x)


def _by_factors(generator: Generator, right: Flat) -> Flat | None:
    """The solution by factors of the generator; None where they are not good for it."""
    form = generator.real_form
    factors = trusted_factors(form.matrix, form.magnitude, form.diagonal, form.scale)
    if factors is None:
        return None
    y = form.coordinates(right)
    x = factors[0].adjoint_answer(y)
    missing = float(np.linalg.norm(form.matrix.T @ x - y))
    return generator.narrowed(form.hermitian(x)) if missing <= _GOOD * np.linalg.norm(y) else None
