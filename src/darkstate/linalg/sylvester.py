"""Sylvester and Lyapunov equations ``A X + X B^H + C = 0`` of stable drifts.

Second moments ``X = <v w^H>`` of linear quantum systems with ``dv/dt = A v + noise`` and
``dw/dt = B w + noise`` obey ``dX/dt = A X + X B^H + C``; the stationary ones solve a Sylvester
equation (Lyapunov equation if ``B = A``). Two routes:

* :func:`solve_sylvester`: one equation, Bartels-Stewart on complex Schur forms. A
  :class:`SchurForm` can be kept, since drifts are reused (``<a† a>`` and ``<a b>`` share one).
* :func:`solve_sylvester_batched`: many small equations at once by squared Smith doubling.

Both refine their solution with residuals beyond double precision: the slowest mode of a lossless
chain of N sites relaxes at a rate of order N^-3, and a plain solver loses that many digits.

Sources: Bartels & Stewart, Commun. ACM 15, 820 (1972); Jonsson & Kagstrom, ACM TOMS 28, 392 (2002)
(recursive blocks); Smith, SIAM J. Appl. Math. 16, 198 (1968) (doubling).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from darkstate.errors import NumericalError
from darkstate.linalg.residual import EPS, Matrix, adjoint, backward_error, refined

_BLOCK = 64  # below this size LAPACK's unblocked trsyl beats the recursion
_SWEEPS = 5  # one or two suffice unless the equation is singular to double precision
_DIVERGED = 1e60  # no power of the Cayley transform of a stable drift gets near
_MAX_DOUBLINGS = 80  # 2^80 Cayley steps: reached by no drift that is Hurwitz in double precision


@dataclass(frozen=True)
class SchurForm:
    """Complex Schur form ``A = Q T Q^H`` (Q unitary, T upper triangular) of a square matrix.

    Attributes:
        matrix: ``A``, shape (n, n).
        triangle: ``T``, shape (n, n); its diagonal holds the eigenvalues.
        basis: ``Q``, shape (n, n).
    """

    matrix: Matrix
    triangle: Matrix
    basis: Matrix

    @classmethod
    def of(cls, matrix: Matrix) -> SchurForm:
        """Decompose `matrix`, shape (n, n), real or complex."""
        matrix = np.asarray(matrix)
        triangle, basis = scipy.linalg.schur(matrix, output="complex")[:2]
        return cls(matrix, triangle, basis)

    def conj(self) -> SchurForm:
        """Schur form of the complex conjugate (not transposed) matrix, without new work."""
        return SchurForm(self.matrix.conj(), self.triangle.conj(), self.basis.conj())

    @property
    def spectral_abscissa(self) -> float:
        """Largest real part of the eigenvalues; negative if and only if the drift is stable."""
        return float(np.max(np.real(np.diagonal(self.triangle)), initial=-np.inf))


@dataclass(frozen=True)
class SylvesterSolution:
    """Solution of ``A X + X B^H + C = 0`` (or of a stack of such equations) with its quality.

    Attributes:
        x: ``X``, shape (..., n, m).
        residual: backward error ``|A X + X B^H + C| / ((|A| + |B|) |X| + |C|)`` in Frobenius
            norms, evaluated beyond double precision; the largest one of a stack.
        error: estimate of ``|dX| / |X|`` from the refinement; NaN if that was switched off.
    """

    x: Matrix
    residual: float
    error: float


def solve_sylvester(
    a: Matrix | SchurForm, b: Matrix | SchurForm, c: Matrix, *, refine: bool = True
) -> SylvesterSolution:
    """Solve ``A X + X B^H + C = 0`` for Hurwitz `a` and `b`.

    If `b` is the very object `a`, one Schur decomposition is made, and for Hermitian `c` the
    solution is made exactly Hermitian. Real input gives a real solution.

    Args:
        a: ``A``, shape (n, n), or its :class:`SchurForm`.
        b: ``B``, shape (m, m), or its :class:`SchurForm`.
        c: ``C``, shape (n, m).
        refine: improve the solution with residuals beyond double precision.

    Raises:
        NumericalError: `a` or `b` is not Hurwitz: there is no unique stationary state.
    """
    schur_a = a if isinstance(a, SchurForm) else SchurForm.of(a)
    schur_b = schur_a if b is a else b if isinstance(b, SchurForm) else SchurForm.of(b)
    c = np.asarray(c)
    for name, form in (("a", schur_a), ("b", schur_b)):
        _require_hurwitz(name, form.spectral_abscissa, float(np.linalg.norm(form.matrix)))

    def solve(right: Matrix) -> Matrix:
        inner = adjoint(schur_a.basis) @ right @ schur_b.basis
        y = triangular_sylvester(schur_a.triangle, schur_b.triangle, -inner)
        x = schur_a.basis @ y @ adjoint(schur_b.basis)
        return x if complex_data else np.real(x)

    matrices = (schur_a.matrix, schur_b.matrix, c)
    complex_data = any(np.iscomplexobj(each) for each in matrices)
    x, error = refined(solve, *matrices, sweeps=_SWEEPS if refine else 0)
    if b is a and np.linalg.norm(c - adjoint(c)) <= 4 * EPS * np.linalg.norm(c):
        x = (x + adjoint(x)) / 2
    return SylvesterSolution(x, float(backward_error(*matrices, x)), error)


def solve_sylvester_batched(a: Matrix, b: Matrix, c: Matrix) -> SylvesterSolution:
    """Solve a stack of equations ``A X + X B^H + C = 0`` at once, all drifts Hurwitz.

    The Cayley transforms ``F = (A - p)^-1 (A + p)`` and ``G`` (of B) turn the equation into
    ``X = F X G^H + 2p (A - p)^-1 C (B - p)^-H``, whose series is summed by doubling:
    ``X <- X + F X G^H, F <- F^2, G <- G^2``. What is left after a step is at most ``|F| |G| |X|``.

    Args:
        a: ``A``, shape (..., n, n).
        b: ``B``, shape (..., m, m).
        c: ``C``, shape (..., n, m), or anything broadcastable to the common stack.

    Raises:
        NumericalError: a drift is not Hurwitz, or so close to it that doubling does not end.
    """
    a, b, c = np.asarray(a), np.asarray(b), np.asarray(c)
    solve = _smith_solver(a, b)
    x, error = refined(solve, a, b, c, sweeps=_SWEEPS)
    if b is a and np.array_equal(c, adjoint(c)):
        x = (x + adjoint(x)) / 2
    return SylvesterSolution(x, float(np.max(backward_error(a, b, c, x), initial=0.0)), error)


def _smith_solver(a: Matrix, b: Matrix) -> Callable[[Matrix], Matrix]:
    """Function of C that returns X; the powers of the Cayley transforms are made once, here."""
    n, m = a.shape[-1], b.shape[-1]
    # A shift of the size of the eigenvalues; doubling forgives any factor by a few more steps.
    size = np.linalg.norm(a, axis=(-2, -1)) ** 2 / n + np.linalg.norm(b, axis=(-2, -1)) ** 2 / m
    shift = np.sqrt(size / 2)[..., None, None]
    inverse_a = np.linalg.inv(a - shift * np.eye(n))
    inverse_b = inverse_a if b is a else np.linalg.inv(b - shift * np.eye(m))
    f = np.eye(n) + 2 * shift * inverse_a
    g = f if b is a else np.eye(m) + 2 * shift * inverse_b
    powers = [(f, adjoint(g))]
    while True:
        size_f, size_g = (np.linalg.norm(each, axis=(-2, -1)) for each in (f, g))
        # The powers of a Cayley transform vanish if and only if its drift is Hurwitz.
        if np.max(size_f * size_g) <= EPS and max(np.max(size_f), np.max(size_g)) < 1:
            break
        if len(powers) > _MAX_DOUBLINGS or not max(np.max(size_f), np.max(size_g)) < _DIVERGED:
            for name, stack in (("a", a), ("b", b)):
                require_hurwitz_stack(name, stack)
            raise NumericalError(
                f"The doubling iteration did not end within {_MAX_DOUBLINGS} steps: a drift relaxes"
                " too slowly for double precision. Use solve_sylvester, or add damping."
            )
        f = f @ f
        g = f if b is a else g @ g
        powers.append((f, adjoint(g)))

    def solve(c: Matrix) -> Matrix:
        x = 2 * shift * (inverse_a @ c @ adjoint(inverse_b))
        for left, right in powers:
            x = x + left @ x @ right
        return x

    return solve


def triangular_sylvester(t: Matrix, s: Matrix, right: Matrix) -> Matrix:
    """``Y`` in ``T Y + Y S^H = F`` for upper triangular T (n, n), S (m, m), by halving blocks.

    Quasi-triangular forms, as real Schur decompositions give them, are taken as well.
    """
    n, m = right.shape
    if max(n, m) <= _BLOCK:
        (trsyl,) = scipy.linalg.get_lapack_funcs(("trsyl",), (t,))
        y, scale, _ = trsyl(t, s, right, trana="N", tranb="C")
        return y / scale
    if n >= m:
        k = _cut(t)
        low = triangular_sylvester(t[k:, k:], s, right[k:])
        return np.vstack([triangular_sylvester(t[:k, :k], s, right[:k] - t[:k, k:] @ low), low])
    k = _cut(s)
    last = triangular_sylvester(t, s[k:, k:], right[:, k:])
    first = triangular_sylvester(t, s[:k, :k], right[:, :k] - last @ adjoint(s[:k, k:]))
    return np.hstack([first, last])


def _cut(t: Matrix) -> int:
    """The middle, or one further where it would cut a pair of complex eigenvalues in two."""
    k = len(t) // 2
    return k + 1 if t[k, k - 1] != 0 else k


def require_hurwitz_stack(name: str, stack: Matrix) -> None:
    """Refuse a stack of drifts of which one is not Hurwitz, naming the worst."""
    abscissa = np.linalg.eigvals(stack).real.max(axis=-1)
    norm = np.linalg.norm(stack, axis=(-2, -1))
    worst = np.argmax(abscissa / norm)
    _require_hurwitz(name, float(abscissa.flat[worst]), float(norm.flat[worst]))


def _require_hurwitz(name: str, abscissa: float, norm: float) -> None:
    """Refuse a drift whose slowest mode does not decay, up to the rounding of its eigenvalue."""
    if not abscissa < -2 * EPS * norm:
        raise NumericalError(
            f"The drift `{name}` must be Hurwitz (all modes decay), but its spectral abscissa is"
            f" {abscissa:.3g} at norm {norm:.3g}: no unique stationary state. Damp the undamped"
            " modes, or remove modes that nothing couples to."
        )
