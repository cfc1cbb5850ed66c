"""Mixed steady states: small sectors directly, larger ones by preconditioned GMRES.

The equation ``L rho = 0, Tr rho = 1`` is made regular by a rank-one term,
``L x + Tr(x) w = w`` with ``Tr w = 1``: taking the trace shows ``Tr x = 1``, hence ``L x = 0``. It
is singular exactly if the steady state is not unique: then some quantity other than the trace is
conserved, and the refusal names it (`conserved.py`). The preconditioner is that of `nojump.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.lindblad.conserved import (
    conserved_quantities,
    non_unique,
    null_vectors,
    random_hermitian,
)
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.nojump import NoJumpInverse
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import Apply, Flat, Solved, gmres

SHIFT = 1e-6
"""Of the norm of L: keeps the preconditioner regular where a dark state makes K singular."""

ERROR_OVER_RTOL = 100.0
"""Error estimates of a state up to this multiple of rtol are what is asked for."""
LEAST_MARGIN = -1e-10
"""Eigenvalues below this are not rounding."""
_REFINEMENTS = 4

DENSE_NUMBERS = 400
"""Sectors up to this size are solved densely, with the dimension of the null space."""


@dataclass(frozen=True)
class SteadySolution:
    """A steady state on the charge blocks.

    Args:
        flat: the flattened state, trace 1.
        null_space: dimension of the null space of L.
        gap: slowest relaxation rate in the sector (an estimate from above in larger ones).
        iterations: generator applications used.
    """

    flat: NDArray[Any]
    null_space: int | None
    gap: float | None
    iterations: int


def dense_steady_state(generator: Generator) -> SteadySolution:
    """Eigenvectors of the whole superoperator of a small sector.

    Raises:
        NumericalError: more than one steady state.
    """
    matrix = generator.superoperator().toarray()
    values, vectors = scipy.linalg.eig(matrix)  # type: ignore[misc]
    rates = -np.real(values)
    zero = np.abs(values) <= 1e-10 * generator.scale()
    count = int(np.sum(zero))
    if count != 1:
        _, sizes, right = np.linalg.svd(matrix.conj().T)
        null = right[sizes <= 1e-9 * generator.scale()].conj().T
        raise NumericalError(non_unique(generator, null_vectors(generator, null)))
    flat = np.ascontiguousarray(vectors[:, int(np.argmin(np.abs(values)))])
    flat = _normalised(generator, flat)
    gap = float(np.min(rates[~zero], initial=np.inf))
    return SteadySolution(flat, count, gap, len(flat))


def krylov_steady_state(
    generator: Generator, rtol: float, max_iterations: int = 2000
) -> SteadySolution:
    """GMRES with the no-jump preconditioner, a test of uniqueness, and refinement.

    Args:
        generator: of the system.
        rtol: relative residual of the first solve; it is refined until the error estimate of the
            state is below `ERROR_OVER_RTOL` times this, and its eigenvalues above `LEAST_MARGIN`.
        max_iterations: of one solve.

    Raises:
        NumericalError: not converged, or not unique.
    """
    sectors, scale = generator.sectors, generator.scale()
    inverse, regular = NoJumpInverse(generator, SHIFT * scale), regularised(generator)
    right = scale * sectors.mixed(generator.dtype)
    solved = gmres(regular, inverse.apply, right, rtol, max_iterations)
    require_converged(solved, rtol)
    rate = _slowest_rate(generator, inverse, 3 * solved.iterations + 60)
    flat = _normalised(generator, solved.x)
    for _ in range(_REFINEMENTS):
        missing = right - regular(flat)
        error = float(np.linalg.norm(missing)) / (rate * float(np.linalg.norm(flat)))
        least = min(float(np.linalg.eigvalsh(view)[0]) for view in sectors.views(flat))
        if error <= ERROR_OVER_RTOL * rtol and least >= LEAST_MARGIN:
            break
        better = gmres(regular, inverse.apply, missing, 1e-3, max_iterations)
        flat = _normalised(generator, flat + better.x)
    return SteadySolution(flat, 1, rate, generator.applications)


def regularised(generator: Generator, adjoint: bool = False) -> Apply:
    """``x -> L x + |L| Tr(x)/d``, or its adjoint: regular if the steady state is unique."""
    sectors, scale = generator.sectors, generator.scale()
    weight = sectors.mixed(generator.dtype)  # the identity over d: the term is its own adjoint
    apply = generator.apply_adjoint if adjoint else generator.apply

    def regular(x: Flat) -> Flat:
        return apply(x) + scale * sectors.trace(x) * weight

    return regular


def require_converged(solved: Solved, tolerance: float) -> None:
    """Refuse a solution that GMRES did not finish; rounding may hide a last factor of ten."""
    if not solved.residual <= 10 * tolerance:
        raise NumericalError(
            f"GMRES reached a residual of {solved.residual:.2g}, not {tolerance:g}, in "
            f"{solved.iterations} iterations. Use method='evolve', or check whether the steady "
            "state is unique."
        )


def non_unique_error(generator: Generator) -> NumericalError:
    """The refusal of a steady state that is known not to be unique, with what is conserved."""
    inverse = NoJumpInverse(generator, SHIFT * generator.scale())
    return NumericalError(non_unique(generator, conserved_quantities(generator, inverse)))


def _slowest_rate(generator: Generator, inverse: NoJumpInverse, limit: int) -> float:
    """Estimate of ``1/|L^-1|`` by loose solves for random right-hand sides; shows uniqueness.

    A left null vector u of L sees about ``1/sqrt(n)`` of n random numbers, and that part of the
    residual never goes away: a solve to well below it proves that there is no u. The solution is
    dominated by the slowest mode as soon as that is slower than ``1/sqrt(n)`` of the others.

    Raises:
        NumericalError: the steady state is not unique.
    """
    sectors, scale = generator.sectors, generator.scale()
    x = random_hermitian(generator, np.random.default_rng(0))
    loose = 0.02 / np.sqrt(sectors.numbers)
    solved = gmres(regularised(generator), inverse.apply, x, loose, limit)
    rate = 1.0 / (float(np.linalg.norm(solved.x)) * np.sqrt(sectors.numbers))
    if solved.residual > loose or rate < 1e-10 * scale:
        found = conserved_quantities(generator, inverse)
        if len(found) > 1:
            raise NumericalError(non_unique(generator, found))
        require_converged(solved, loose)
    return rate


def _normalised(generator: Generator, flat: NDArray[Any]) -> NDArray[Any]:
    """Hermitian part with trace one."""
    trace = sum(np.trace(view) for view in generator.sectors.views(flat))
    flat = flat / trace
    for view in generator.sectors.views(flat):
        view[:] = 0.5 * (view + view.conj().T)
    return flat
