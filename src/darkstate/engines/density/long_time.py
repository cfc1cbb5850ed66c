r"""Where a state ends: the limit of ``exp(L t) rho`` for small sectors, without following it.

With the right null vectors R of L as columns, and the left ones X (the conserved quantities),

    rho(t -> inf) = R (X^T R)^-1 X^T rho,

if all other eigenvalues have negative real parts: a part of rho with an imaginary one goes on for
ever, and there is no limit. All are found by dense decompositions. Null vectors are known to
rounding over the next singular value s, so that the error is ``eps |L| |P|^2 / s`` with the
projector P, times a margin.

Source: V. V. Albert, L. Jiang, Phys. Rev. A 89, 022118 (2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.density.basis import Flat
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.steady import SteadySolution
from darkstate.errors import NumericalError

LARGEST = 512
"""Numbers of a sector that is decomposed."""
_EPS = float(np.finfo(float).eps)
_ZERO = 100 * _EPS
"""Of the norm of L: rates below count as zero."""
_MARGIN = 10.0
_ABSENT = 1e-12
"""Of the initial state: what no oscillation counts below."""
_APART = 1e3
"""By which the next singular value must exceed what counts as zero."""


def long_time_limit(generator: Generator, initial: Flat) -> SteadySolution | None:
    """The state that `initial` ends in; None where there is no limit, or it cannot be told.

    Args:
        generator: L, on at most `LARGEST` numbers.
        initial: (n,) flattened state, trace one.

    Raises:
        NumericalError: a part of the state oscillates without damping.
    """
    form, zero = generator.real_form, _ZERO * generator.scale
    if generator.blocks.numbers > LARGEST or not zero:
        return None
    matrix, start = form.matrix.toarray(), form.coordinates(initial)
    left, sizes, right = np.linalg.svd(matrix)
    count = int(np.sum(sizes <= zero))
    if not count or (count < len(sizes) and sizes[-count - 1] <= _APART * zero):
        return None
    values = np.linalg.eigvals(matrix)
    lasting = -values.real <= _APART * zero
    if int(np.sum(lasting & (np.abs(values) <= _APART * zero))) != count:
        return None  # a defective zero, or a rate between
    if int(np.sum(lasting)) > count:
        _refuse_oscillation(matrix, start, _APART * zero)
    right, left = right[-count:].T, left[:, -count:]
    projector = right @ np.linalg.solve(left.T @ right, left.T)
    flat = form.hermitian(projector @ start)
    slowest = float(sizes[-count - 1]) if count < len(sizes) else generator.scale
    error = _MARGIN * _EPS * generator.scale / slowest * float(np.linalg.norm(projector, 2)) ** 2
    way = f"projection on {count} stationary states (rates below {zero:.1g} count as zero)"
    flat = generator.narrowed(generator.blocks.normalised(flat))
    return SteadySolution(flat, error, slowest, way, None)


def conserved_count(generator: Generator) -> int:
    """How many quantities are conserved, within rounding."""
    sizes = np.linalg.svd(generator.real_form.matrix.toarray(), compute_uv=False)
    return int(np.sum(sizes <= _ZERO * generator.scale))


def _refuse_oscillation(matrix: NDArray[np.float64], start: Flat, zero: float) -> None:
    """Refuse a state with a part that no process damps.

    Raises:
        NumericalError: there is one, with its frequency.
    """
    values, vectors = np.linalg.eig(matrix.T)  # left ones
    lasting = (-np.real(values) <= zero) & (np.abs(values) > zero)
    weights = np.abs(vectors[:, lasting].T @ start)
    worst = int(np.argmax(weights))
    if weights[worst] > _ABSENT * np.linalg.norm(start):
        frequency = abs(float(np.imag(values[lasting][worst])))
        raise NumericalError(
            f"The state that `initial` leads to never comes to rest: a part of it oscillates at "
            f"the angular frequency {frequency:.4g} and no process damps it. Use `evolve` for "
            "the states at chosen times, or add what damps it, such as dephasing."
        )
