"""Mixed steady states: small sectors by factorising L, larger ones by preconditioned GMRES.

The equation ``L rho = 0, Tr rho = 1`` is made regular by a rank-one term,
``L x + Tr(x) w = w`` with ``Tr w = 1``: taking the trace shows ``Tr x = 1``, hence ``L x = 0``. It
is singular exactly if the steady state is not unique: then some quantity other than the trace is
conserved, and the refusal names it (`conserved.py`). The preconditioners are in `iterate.py`.

What GMRES leaves open, a slow mode that it cannot tell from a conserved quantity, the factors of L
decide (`engines/stationary.py`), where they fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.assess import ALLOWED_OVER_RTOL, ERROR_OVER_RTOL, LEAST_MARGIN
from darkstate.engines.density.conserved import (
    local_conserved,
    non_unique,
    random_hermitian,
)
from darkstate.engines.density.cost import direct_cost, is_direct, iterations_worth
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.iterate import UndecidedError, iterated, regularised
from darkstate.engines.stationary import DIRECT_NUMBERS, direct_steady_state, trusted_factors
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import Apply, Flat, gmres

MAX_ITERATIONS = 2000
"""Of one solve."""
_REFINEMENTS, _INVERSIONS = 4, 4
_SETTLED = 0.8
"""Of the slowest rate of before: no more solves are needed."""
_SLOW = 1e-10
"""Of the norm of L: rates that GMRES cannot tell from zero."""

STATE_ALONE = "dense, to be compared"
"""The method for a state of smaller cut-offs, of which nothing else is asked."""
PATIENCE = 200.0
"""Seconds that factors may take where GMRES has not decided."""


@dataclass(frozen=True)
class SteadySolution:
    """A steady state on the charge blocks.

    Args:
        flat: the flattened state, trace 1.
        error: estimated error of the state, Euclidean norm relative to that of the state.
        rate: ``1/|L^-1|``, below all rates of the sector up to a factor of a few; it turns a
            residual into an error, and is no gap.
        method: how it was found.
        unique: whether it was shown to be the only one; None where that was not tested.
    """

    flat: NDArray[Any]
    error: float
    rate: float
    method: str
    unique: bool | None


def mixed_steady_state(
    generator: Generator, method: str, rtol: float, limit: float
) -> SteadySolution:
    """The steady state by the method asked for.

    ``"auto"`` starts with the one that is predicted to be cheaper; one that stalls or does not fit
    hands over to the other, and so does GMRES where its error is more than what may be trusted.

    Raises:
        NumericalError: more than one steady state, or no method converged; the message names them.
    """
    if method == "dense" or (method == "auto" and is_direct(generator, limit)):
        try:
            return dense_steady_state(generator)
        except MemoryError:
            if method == "dense":
                raise
    direct = direct_cost(generator)
    fits = generator.blocks.numbers <= DIRECT_NUMBERS or direct.seconds <= PATIENCE
    fits = fits and direct.memory <= limit
    most = min(MAX_ITERATIONS, iterations_worth(generator)) if fits else MAX_ITERATIONS
    try:
        found = krylov_steady_state(generator, rtol, most)
        if not fits or _is_trusted(generator, found, rtol):
            return found
        return dense_steady_state(generator, f"an error of {found.error:.2g} by GMRES")
    except UndecidedError as undecided:
        if fits:
            return dense_steady_state(generator, str(undecided))
        if len(local_conserved(generator)) > 1:
            raise non_unique_error(generator) from undecided
        raise NumericalError(
            f"GMRES did not decide: {undecided}. The steady state is not unique, or relaxes more "
            f"slowly than {_SLOW * generator.scale:.2g}; no local conserved quantity was found. "
            f"Use method='dense' if there is memory ({direct} for the factors), or pass "
            "`initial=` to relax from a state."
        ) from undecided


def _is_trusted(generator: Generator, found: SteadySolution, rtol: float) -> bool:
    """Whether the error, as trace norm, is no reason to suspect the state."""
    size = float(np.linalg.norm(found.flat)) * float(np.sqrt(generator.blocks.dimension))
    return found.error * size <= ALLOWED_OVER_RTOL * rtol


def dense_steady_state(generator: Generator, why: str = "") -> SteadySolution:
    """The factors of the generator: the state, its error, and whether it is unique.

    Raises:
        NumericalError: more than one steady state.
    """
    form = generator.real_form
    found = direct_steady_state(form.matrix, form.magnitude, form.diagonal, form.scale)
    if found is None or not found.unique:
        raise non_unique_error(generator, 0.0 if found is None else 3 * found.rate)
    flat = generator.blocks.normalised(form.hermitian(found.flat))
    method = f"dense, after {why}" if why else "dense"
    return SteadySolution(generator.narrowed(flat), found.error, found.rate, method, True)


def factorised_state(generator: Generator) -> Flat:
    """A state by the factors of the generator alone, with no test of anything.

    Raises:
        NumericalError: the factors are singular, there are several steady states.
    """
    form = generator.real_form
    found = trusted_factors(form.matrix, form.magnitude, form.diagonal, form.scale)
    if found is None:
        raise non_unique_error(generator)
    return generator.narrowed(generator.blocks.normalised(form.hermitian(found[1])))


def krylov_steady_state(
    generator: Generator, rtol: float, most: int = MAX_ITERATIONS
) -> SteadySolution:
    """Preconditioned GMRES, a test of uniqueness, and refinement.

    Args:
        generator: of the system.
        most: iterations of one solve.
        rtol: relative residual of the first solve; it is refined until the error estimate of the
            state is below `ERROR_OVER_RTOL` times this, and its eigenvalues above `LEAST_MARGIN`.

    Raises:
        UndecidedError: not converged, or not shown to be unique.
    """
    blocks, scale = generator.blocks, generator.scale
    if not scale:
        raise UndecidedError("nothing moves")
    regular, right = regularised(generator), scale * blocks.mixed(generator.dtype)
    first = iterated(generator, right, rtol, most)
    solved, inverse = first.solved, first.inverse
    rate = _slowest_rate(generator, inverse, 3 * solved.iterations + 60)
    flat, error = blocks.normalised(solved.x), np.inf
    for _ in range(_REFINEMENTS):
        missing = right - regular(flat)
        error = 2.0 * float(np.linalg.norm(missing)) / (rate * float(np.linalg.norm(flat)))
        least = float(blocks.eigenvalues(flat).min())
        if error <= ERROR_OVER_RTOL * rtol and least >= LEAST_MARGIN:
            break
        better = gmres(regular, inverse, missing, 1e-3, most)
        flat = blocks.normalised(flat + better.x)
    rounding = _rounding(generator, flat) / rate
    method = f"krylov ({first.way}), {generator.applications} applications"
    return SteadySolution(flat, error + rounding, rate, method, True)


def _rounding(generator: Generator, flat: Flat) -> float:
    """Of a residual, over the size of the state: in sums of ``L x``, and where the trace is added.

    By what the sums hold without signs: empty states of large weights have no part in it.
    """
    added = 2 * generator.scale * float(np.linalg.norm(generator.blocks.mixed(float)))
    added /= float(np.linalg.norm(flat))
    return float(np.finfo(float).eps) * (10 * generator.sums_of_moduli(flat) + added)


def non_unique_error(generator: Generator, slow: float = 0.0) -> NumericalError:
    """The refusal of a steady state that is known not to be unique, with what is conserved."""
    return NumericalError(non_unique(generator, slow))


def _slowest_rate(generator: Generator, inverse: Apply, limit: int) -> float:
    """Estimate of ``1/|L^-1|`` by loose solves for random right-hand sides; shows uniqueness.

    A left null vector u of L sees about ``1/sqrt(n)`` of n random numbers, and that part of the
    residual never goes away: a solve to well below it proves that there is no u. The solution is
    dominated by the slowest mode as soon as that is slower than ``1/sqrt(n)`` of the others; more
    solves, each for the solution before, and the slowest combination of all leave little to luck.

    Raises:
        UndecidedError: the steady state is not unique, or so slow to reach that it cannot be told.
    """
    blocks, scale = generator.blocks, generator.scale
    x = _probe(generator)
    loose = 0.02 / np.sqrt(blocks.numbers)
    solved = gmres(regularised(generator), inverse, x, loose, limit)
    rate = 1.0 / (float(np.linalg.norm(solved.x)) * np.sqrt(blocks.numbers))
    if solved.residual > loose or rate < _SLOW * scale:
        raise UndecidedError(f"a probe for slow modes came to rest at {rate:.2g}")
    apply, found, before = regularised(generator), [solved.x], np.inf
    for _ in range(_INVERSIONS):
        found.append(gmres(apply, inverse, found[-1], 0.1, limit).x)
        slower = _least_stretch(apply, found)
        rate = min(rate, slower)
        if slower >= _SETTLED * before:
            break
        before = slower
    return rate


def _least_stretch(apply: Apply, vectors: list[Flat]) -> float:
    """Least ``|L x|/|x|`` of all x that some vectors span."""
    basis = np.linalg.qr(np.array(vectors).T)[0]
    images = np.array([apply(np.ascontiguousarray(x)) for x in basis.T])
    return float(np.linalg.svd(images, compute_uv=False)[-1])


def _probe(generator: Generator) -> Flat:
    """Random numbers of norm one, in which every left null vector has a part.

    A real matrix keeps symmetric and antisymmetric parts apart, so that real numbers suffice.
    """
    rng = np.random.default_rng(0)
    if not (generator.real and generator.assembled):
        return random_hermitian(generator, rng)
    x = rng.normal(size=generator.blocks.numbers)
    return x / np.linalg.norm(x)
