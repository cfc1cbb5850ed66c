"""Mixed steady states: small sectors directly, larger ones by preconditioned GMRES.

The equation ``L rho = 0, Tr rho = 1`` is made regular by a rank-one term,
``L x + Tr(x) w = w`` with ``Tr w = 1``: taking the trace shows ``Tr x = 1``, hence ``L x = 0``. It
is singular exactly if the steady state is not unique.

The preconditioner is the no-jump part ``S x = -i (K x - x K†)``, a Sylvester operator on each block
that two Schur forms invert. ``S^{-1} L = 1 + S^{-1} J`` differs from the identity by "what one jump
does", so that the iteration counts jumps, not time scales.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

from darkstate.engines.lindblad.generator import Generator
from darkstate.errors import NumericalError
from darkstate.linalg.sylvester import triangular_sylvester

Flat = NDArray[Any]
Apply = Callable[[Flat], Flat]
Solve = Callable[[Flat, float], Flat]

RESTART_BYTES = 6e8
"""Memory for the Krylov vectors of GMRES; more vectors need fewer iterations."""

DENSE_NUMBERS = 400
"""Sectors up to this size are solved densely, with the dimension of the null space."""


@dataclass(frozen=True)
class SteadySolution:
    """A steady state on the charge blocks.

    Args:
        flat: the flattened state, trace 1.
        null_space: dimension of the null space of L where it was computed, else None.
        gap: slowest relaxation rate in the sector where it was computed.
        iterations: generator applications used.
    """

    flat: NDArray[np.complex128]
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
    zero = np.abs(values) <= 1e-10 * max(1.0, float(np.abs(values).max()))
    count = int(np.sum(zero))
    if count != 1:
        raise NumericalError(non_unique(count))
    flat = np.ascontiguousarray(vectors[:, int(np.argmin(np.abs(values)))])
    flat = _normalised(generator, flat)
    gap = float(np.min(rates[~zero], initial=np.inf))
    return SteadySolution(flat, count, gap, len(flat))


def non_unique(count: int | None) -> str:
    """The sentence for a steady state that is not unique."""
    many = "more than one" if count is None else f"{count} linearly independent"
    return (
        f"The generator has {many} stationary states in the sector of zero charge difference: the "
        "steady state is not unique. Pass `initial=` to get the one that it relaxes to, or break "
        "the symmetry (couple the decoupled part, add decay)."
    )


class NoJumpInverse:
    """``S^{-1}`` for ``S x = -i (K x - x K†)``, block by block; `shift` keeps it regular."""

    def __init__(self, generator: Generator, shift: float):
        self.sectors = generator.sectors
        self.forms = []
        for K in generator.effective:
            dense = np.asarray(K.toarray() if isinstance(K, sp.csr_array) else K)
            matrix = dense - shift * np.eye(len(dense))
            self.forms.append(scipy.linalg.schur(matrix, output="complex"))

    def apply(self, flat: NDArray[np.complex128], adjoint: bool = False) -> NDArray[np.complex128]:
        """``S^{-1} x``, or of the adjoint operator."""
        result = np.empty_like(flat)
        blocks = zip(self.sectors.views(flat), self.sectors.views(result), self.forms, strict=True)
        for x, y, (triangle, basis) in blocks:
            T, Q = triangle, basis
            if adjoint:  # T† Y + Y T = F is the same equation read backwards
                T, Q = triangle.conj().T[::-1, ::-1], basis[:, ::-1]
            y[:] = Q @ triangular_sylvester(T, T, Q.conj().T @ x @ Q) @ Q.conj().T
        return result


def krylov_steady_state(
    generator: Generator, rtol: float, max_iterations: int = 2000
) -> SteadySolution:
    """GMRES with the no-jump preconditioner, then a test of uniqueness by inverse iteration.

    Raises:
        NumericalError: not converged, or not unique.
    """
    sectors = generator.sectors
    scale = generator.scale()
    inverse = NoJumpInverse(generator, 1e-6 * scale)
    weight = sectors.mixed()

    def regular(x: Flat) -> Flat:
        return generator.apply(x) + scale * sectors.trace(x) * weight

    def solve(right: Flat, tolerance: float) -> Flat:
        return _gmres(regular, inverse, right, tolerance, max_iterations)

    flat = _normalised(generator, solve(scale * weight, rtol))
    gap = _smallest_rate(generator, solve)
    if gap < 1e-10 * scale:
        raise NumericalError(non_unique(None))
    return SteadySolution(flat, 1, gap, generator.applications)


def _smallest_rate(generator: Generator, solve: Solve) -> float:
    """Estimate of the smallest modulus of an eigenvalue of the regularised generator."""
    rng = np.random.default_rng(0)
    scale, rate = generator.scale(), np.inf
    x = rng.normal(size=generator.sectors.numbers) + 0j
    for view in generator.sectors.views(x):
        view[:] = view + view.conj().T
    x /= np.linalg.norm(x)
    for _ in range(2):
        y = solve(x, 1e-3)
        size = float(np.linalg.norm(y))
        rate, x = min(rate, 1.0 / size), y / size
        if rate < 1e-10 * scale:
            break
    return rate


def _gmres(
    regular: Apply, inverse: NoJumpInverse, right: Flat, tolerance: float, limit: int
) -> Flat:
    """Solve on the real space of Hermitian matrices; the preconditioner acts from the right."""
    count = 2 * len(right)

    def product(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return regular(inverse.apply(v.view(complex))).view(np.float64)

    operator = spla.LinearOperator((count, count), matvec=product, dtype=np.float64)  # pyright: ignore[reportCallIssue]
    restart = int(np.clip(RESTART_BYTES / (16 * len(right)), 20, 300))
    x, info = spla.gmres(
        operator,
        right.view(np.float64),
        rtol=tolerance,
        restart=restart,
        maxiter=max(1, limit // restart),
    )
    if info:
        raise NumericalError(
            f"GMRES did not reach {tolerance:g} in {limit} iterations. Use method='evolve', or "
            "check whether the steady state is unique."
        )
    return inverse.apply(np.ascontiguousarray(x).view(complex))


def _normalised(generator: Generator, flat: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Hermitian part with trace one."""
    trace = sum(np.trace(view) for view in generator.sectors.views(flat))
    flat = flat / trace
    for view in generator.sectors.views(flat):
        view[:] = 0.5 * (view + view.conj().T)
    return flat
