"""Steady states that are mixed: small sectors densely, larger ones by GMRES, or by evolution.

``L rho = 0, Tr rho = 1`` is made regular by a rank-one term, ``L x + r Tr(x) 1/D = r 1/D`` with r
the largest rate: the trace shows ``Tr x = 1``, hence ``L x = 0``. The equation is singular exactly
if the steady state is not unique, which a second solve for a random right-hand side finds out: a
left null vector of L sees a part of it that no solution removes. The size of that solution is an
estimate of the slowest rate, and with it the residual becomes an error of the state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkstate.engines.collective.conserved import non_unique
from darkstate.engines.collective.generator import Flat, Generator
from darkstate.engines.collective.nojump import NoJumpInverse
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import Apply, Solved, gmres
from darkstate.linalg.krylov import krylov_steps

DENSE_NUMBERS = 200
"""Sectors up to this size are diagonalised."""
ERROR_OVER_RTOL = 100.0
"""Error estimates of a state up to this multiple of rtol are what is asked for."""
LEAST_MARGIN = -1e-10
"""Eigenvalues below this are not rounding."""
MAX_ITERATIONS = 2000
_REFINEMENTS = 4
_ROUNDING = 1e-14
"""Of the largest rate: what moves more slowly is rounding."""


@dataclass(frozen=True)
class Found:
    """A steady state on the blocks.

    Args:
        flat: the flattened state, trace 1.
        gap: slowest rate (an estimate from above in larger sectors).
        method: how it was found, with the work.
        unique: whether it was shown to be the only one; None where not tested.
    """

    flat: Flat
    gap: float
    method: str
    unique: bool | None


def dense_steady_state(generator: Generator) -> Found:
    """Eigenvalues and null vector of the whole matrix of a small sector.

    Raises:
        NumericalError: more than one steady state.
    """
    matrix = generator.matrix.toarray()
    values = np.linalg.eigvals(matrix)
    zero = np.abs(values) <= 1e-10 * generator.rate
    _, sizes, right = np.linalg.svd(matrix)
    if np.sum(zero) != 1 and np.sum(sizes <= 1e-10 * sizes[0]) != 1:
        raise NumericalError(non_unique(generator, int(np.sum(zero))))
    flat = normalised(generator, right[-1].conj())
    gap = float(np.min(-values[~zero].real, initial=np.inf))
    return Found(flat, gap if np.isfinite(gap) else generator.rate, "dense", True)


def krylov_steady_state(generator: Generator, rtol: float) -> Found:
    """GMRES with the no-jump preconditioner, a test of uniqueness, and refinement.

    Raises:
        NumericalError: not converged, or not unique.
    """
    inverse, rate = NoJumpInverse(generator), generator.rate
    right = (rate / generator.blocks.dimension) * generator.identity().astype(generator.dtype)

    def regular(x: Flat) -> Flat:
        return generator.matrix @ x + generator.trace(x) * right

    solved = gmres(regular, inverse, right, rtol, MAX_ITERATIONS)
    slow = _slowest_rate(generator, regular, inverse, solved)
    require_converged(solved, rtol)
    flat, used = normalised(generator, solved.x), solved.iterations
    for _ in range(_REFINEMENTS):
        missing = right - regular(flat)
        error = float(np.linalg.norm(missing)) / (slow * float(np.linalg.norm(flat)))
        if error <= ERROR_OVER_RTOL * rtol and least_eigenvalue(generator, flat) >= LEAST_MARGIN:
            break
        better = gmres(regular, inverse, missing, 1e-3, MAX_ITERATIONS)
        used += better.iterations
        flat = normalised(generator, flat + better.x)
    return Found(flat, slow, f"krylov, {used} applications", True)


def _slowest_rate(generator: Generator, regular: Apply, inverse: Apply, first: Solved) -> float:
    """Estimate of ``1/|L^-1|`` by a loose solve for a random right-hand side; shows uniqueness.

    Raises:
        NumericalError: the steady state is not unique.
    """
    x = np.random.default_rng(0).normal(size=generator.blocks.numbers).astype(generator.dtype)
    if not generator.real:
        x = generator.hermitian(x + 1j * np.random.default_rng(1).normal(size=len(x)))
    x /= np.linalg.norm(x)
    loose = 0.02 / np.sqrt(len(x))
    solved = gmres(regular, inverse, x, loose, 3 * first.iterations + 60)
    slow = 1.0 / (float(np.linalg.norm(solved.x)) * np.sqrt(len(x)))
    if solved.residual > loose or slow < 1e-10 * generator.rate:
        reason = non_unique(generator)
        if reason:
            raise NumericalError(reason)
        require_converged(solved, loose)
    return slow


def require_converged(solved: Solved, tolerance: float) -> None:
    """Refuse a solution that GMRES did not finish; rounding may hide a last factor of ten.

    Raises:
        NumericalError: the residual is far above the tolerance.
    """
    if not solved.residual <= 10 * tolerance:
        raise NumericalError(
            f"GMRES reached a residual of {solved.residual:.2g}, not {tolerance:g}, in "
            f"{solved.iterations} iterations: the steady state is not unique, or very slow to "
            "reach. Give initial=, the state from which to relax, or use method='evolve'."
        )


def relaxed(generator: Generator, initial: Flat, rtol: float, size: int, longest: float) -> Found:
    """Evolve until ``|L rho| <= rtol r |rho|``, r the largest rate, and the error is small too.

    The error is what still moves over the rate at which that fades, ``|L rho|/gap``; the gap is
    read off the last steps.

    Raises:
        NumericalError: still moving after `longest`, in units of 1/r.
    """
    done, before, state, slow = 0.0, np.inf, initial, np.inf
    horizon = longest / generator.rate
    for step in krylov_steps(generator.apply, initial, horizon, rtol * 1e3, size):
        state, done = step.state(step.length), done + step.length
        moving = float(np.linalg.norm(generator.apply(state)) / np.linalg.norm(state))
        rounding = moving <= _ROUNDING * generator.rate
        if 0 < moving < before < np.inf and not rounding:
            slow = float(np.log(before / moving)) / step.length
        settled = moving <= rtol * generator.rate and moving <= ERROR_OVER_RTOL * rtol * slow
        if rounding or (settled and moving < before):
            flat = normalised(generator, state)
            return Found(flat, min(slow, generator.rate), f"evolution over {done:.4g}", None)
        before = moving
    raise NumericalError(
        f"The state was still moving at rate {before:.3g} after a time of {done:.3g}. Raise rtol, "
        "or use method='krylov' if the steady state is unique."
    )


def normalised(generator: Generator, flat: Flat) -> Flat:
    """Hermitian part with trace one."""
    return generator.hermitian(flat / generator.trace(flat))


def least_eigenvalue(generator: Generator, flat: Flat) -> float:
    """Smallest eigenvalue of a state on the blocks; below zero by errors only."""
    return generator.blocks.state(flat).margin()
