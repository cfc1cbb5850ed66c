"""Steady states that are mixed: small sectors by factorising L, larger ones by GMRES.

``L rho = 0, Tr rho = 1`` is made regular by a rank-one term, ``L x + r Tr(x) 1/D = r 1/D`` with r
the largest rate: the trace shows ``Tr x = 1``, hence ``L x = 0``. The equation is singular exactly
if the steady state is not unique, which a second solve for a random right-hand side finds out: a
left null vector of L sees a part of it that no solution removes. The size of that solution is an
estimate of ``|L^-1|``, and with it the residual becomes an error of the state. What GMRES leaves
open the factors of L decide (`engines/stationary.py`), where they fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkstate.engines.assess import ERROR_OVER_RTOL, LEAST_MARGIN
from darkstate.engines.collective.conserved import non_unique
from darkstate.engines.collective.generator import Flat, Generator
from darkstate.engines.collective.nojump import NoJumpInverse
from darkstate.engines.stationary import DIRECT_NUMBERS, direct_steady_state
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import Apply, Solved, gmres

DENSE_NUMBERS = 200
"""Sectors up to this size are factorised at once."""
MAX_ITERATIONS = 2000
_REFINEMENTS = 4
_SLOW = 1e-10
"""Of the largest rate: rates that GMRES cannot tell from zero."""


@dataclass(frozen=True)
class Found:
    """A steady state on the blocks.

    Args:
        flat: the flattened state, trace 1.
        error: estimated error, Euclidean norm relative to that of the state.
        rate: ``1/|L^-1|``, below all rates up to a factor of a few; no gap.
        method: how it was found, with the work.
        unique: whether it was shown to be the only one; None where not tested.
    """

    flat: Flat
    error: float
    rate: float
    method: str
    unique: bool | None


class UndecidedError(NumericalError):
    """GMRES did not settle whether there is one steady state; says how far it came."""


def mixed_steady_state(generator: Generator, method: str, rtol: float) -> Found:
    """The steady state by the method asked for; ``"auto"`` tries all that could succeed.

    Raises:
        NumericalError: more than one steady state, or no method converged; the message names them.
    """
    numbers = generator.blocks.numbers
    if method == "dense" or (method == "auto" and numbers <= DENSE_NUMBERS):
        return dense_steady_state(generator)
    try:
        found = krylov_steady_state(generator, rtol)
        if found.error <= ERROR_OVER_RTOL * rtol or numbers > DIRECT_NUMBERS:
            return found
        return dense_steady_state(generator, f"an error of {found.error:.2g} by GMRES")
    except UndecidedError as undecided:
        if numbers <= DIRECT_NUMBERS:
            return dense_steady_state(generator, str(undecided))
        reason = non_unique(generator)
        if reason:
            raise NumericalError(reason) from undecided
        raise NumericalError(
            f"GMRES did not decide: {undecided}. The steady state is not unique, or very slow to "
            f"reach. Use method='dense' if there is memory (the factors of {numbers} equations), "
            "or give initial=, the state from which to relax."
        ) from undecided


def dense_steady_state(generator: Generator, why: str = "") -> Found:
    """The factors of L: the state, its error, and whether it is unique.

    Raises:
        NumericalError: more than one steady state.
    """
    diagonal, rate = generator.blocks.diagonal, generator.rate
    found = direct_steady_state(generator.matrix, generator.magnitude(), diagonal, rate)
    if found is None or not found.unique:
        raise NumericalError(non_unique(generator, 2))
    method = f"dense, after {why}" if why else "dense"
    return Found(normalised(generator, found.flat), found.error, found.rate, method, True)


def krylov_steady_state(generator: Generator, rtol: float) -> Found:
    """GMRES with the no-jump preconditioner, a test of uniqueness, and refinement.

    Raises:
        UndecidedError: not converged, or not shown to be unique.
    """
    inverse, rate = NoJumpInverse(generator), generator.rate
    right = (rate / generator.blocks.dimension) * generator.identity().astype(generator.dtype)

    def regular(x: Flat) -> Flat:
        return generator.matrix @ x + generator.trace(x) * right

    solved = gmres(regular, inverse, right, rtol, MAX_ITERATIONS)
    _require_settled(solved, rtol)
    slow = _slowest_rate(generator, regular, inverse, solved)
    flat, used, error = normalised(generator, solved.x), solved.iterations, np.inf
    for _ in range(_REFINEMENTS):
        missing = right - regular(flat)
        error = float(np.linalg.norm(missing)) / (slow * float(np.linalg.norm(flat)))
        if error <= ERROR_OVER_RTOL * rtol and least_eigenvalue(generator, flat) >= LEAST_MARGIN:
            break
        better = gmres(regular, inverse, missing, 1e-3, MAX_ITERATIONS)
        used += better.iterations
        flat = normalised(generator, flat + better.x)
    rounding = 10 * float(np.finfo(float).eps) * rate / slow
    return Found(flat, error + rounding, slow, f"krylov, {used} applications", True)


def _slowest_rate(generator: Generator, regular: Apply, inverse: Apply, first: Solved) -> float:
    """Estimate of ``1/|L^-1|`` by loose solves for random right-hand sides; shows uniqueness.

    A second solve, for the first solution, leaves nothing to the luck of the draw.

    Raises:
        UndecidedError: the steady state is not unique, or so slow to reach that it cannot be told.
    """
    x = np.random.default_rng(0).normal(size=generator.blocks.numbers).astype(generator.dtype)
    if not generator.real:
        x = generator.hermitian(x + 1j * np.random.default_rng(1).normal(size=len(x)))
    x /= np.linalg.norm(x)
    loose, limit = 0.02 / np.sqrt(len(x)), 3 * first.iterations + 60
    solved = gmres(regular, inverse, x, loose, limit)
    slow = 1.0 / (float(np.linalg.norm(solved.x)) * np.sqrt(len(x)))
    if solved.residual > loose or slow < _SLOW * generator.rate:
        raise UndecidedError(f"a probe for slow modes came to rest at {slow:.2g}")
    again = gmres(regular, inverse, solved.x, 0.1, limit)
    return min(slow, float(np.linalg.norm(solved.x) / np.linalg.norm(again.x)))


def _require_settled(solved: Solved, tolerance: float) -> None:
    """A solution that GMRES finished; rounding may hide a last factor of ten.

    Raises:
        UndecidedError: the residual is far above the tolerance.
    """
    if not solved.residual <= 10 * tolerance:
        raise UndecidedError(
            f"GMRES stopped at a residual of {solved.residual:.2g}, not {tolerance:.2g}, in "
            f"{solved.iterations} iterations"
        )


def normalised(generator: Generator, flat: Flat) -> Flat:
    """Hermitian part with trace one."""
    return generator.hermitian(flat / generator.trace(flat))


def least_eigenvalue(generator: Generator, flat: Flat) -> float:
    """Smallest eigenvalue of a state on the blocks; below zero by errors only."""
    return generator.blocks.state(flat).margin()
