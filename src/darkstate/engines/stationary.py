"""The steady state of a small or sparse generator, directly, with what is known of its error.

On flattened matrices L has the trace t as a left null vector, ``t L = 0``. Replacing the equation
of one population, which follows from the others, by the trace,

    M = L + e_r (r t - L_r),    M x = r e_r    =>    L x = 0, t x = 1,

makes it regular exactly if the steady state is unique. The factors of M also give what L answers to
any traceless y, ``L x = y``: with it the residual becomes the error of the state (and is taken
off), and inverse iteration finds the eigenvalue next to zero. Where that is no larger than what
rounding may make of it, a slow mode cannot be told from a conserved quantity.

What inverse iteration finds near zero need not be what decays most slowly: the spectral gap is read
off all eigenvalues (`spectral.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

Flat = NDArray[Any]

DIRECT_NUMBERS = 6000
"""Even if the factors fill up completely, they stay below a gigabyte."""
METASTABLE = 1e-3
"""Relaxation this much slower than the smallest rate of a system makes it metastable."""
EPS = float(np.finfo(float).eps)
TOGETHER, ITERATIONS, SETTLED = 4, 3, 0.1
"""Vectors and steps of inverse iteration; an eigenvector is one up to this part."""
TRUSTED = 1e3 * EPS
"""Factors are good if no equation is missed by more, relative to the sum of the moduli in it."""
_BY_PATTERN = {
    "permc_spec": "MMD_AT_PLUS_A",
    "diag_pivot_thresh": 0.0,
    "panel_size": 1,  # few columns are alike: wider panels do more than they save
    "options": {"SymmetricMode": True},
}
TINY = 1e-12
"""Of the largest sum of moduli in an equation."""
DRAWS = 4
"""Of rounding."""
SURE = 0.1
"""Rounding that would change a slow mode by this part leaves no doubt that it is one."""


@dataclass(frozen=True)
class Direct:
    """A steady state and what is known of it.

    Args:
        flat: the flattened state, trace one.
        error: estimated error, Euclidean norm relative to that of the state.
        rate: the modulus of the eigenvalue next to zero, or a bound ``1/|L^-1|`` below it.
        unique: False if rounding hides whether there is another one.
    """

    flat: Flat
    error: float
    rate: float
    unique: bool


def direct_steady_state(
    matrix: sp.csr_array, magnitude: sp.csr_array, diagonal: NDArray[np.integer], scale: float
) -> Direct | None:
    """Sparse LU of the generator with the trace as one equation; None if it is singular.

    Args:
        matrix: (n, n), L on flattened matrices.
        magnitude: the same with the moduli of all terms that add up to an entry.
        diagonal: positions of the populations, whose sum is the trace.
        scale: norm of L, for rounding.
    """
    factors = trusted_factors(matrix, magnitude, diagonal, scale)
    if factors is None:
        return None
    solver, flat = factors
    flat = flat / flat[diagonal].sum()
    rate, unique = _slowest(solver, magnitude)
    if not rate > 0.0:
        return None
    return Direct(flat, _error(solver, magnitude, flat), rate, unique)


def trusted_factors(
    matrix: sp.csr_array, magnitude: sp.csr_array, diagonal: NDArray[np.integer], scale: float
) -> tuple[TraceSolver, Flat] | None:
    """Factors, without pivoting if these are good, and the stationary state of any trace.

    They are good if the refined state solves every equation as well as rounding lets it. That a
    refinement changes little is not enough: bad factors see a slow mode as a fast one.

    None if the matrix is singular.
    """
    solver, flat = None, None
    for pivoting in (False, True):
        solver = TraceSolver.of(matrix, diagonal, scale, pivoting)
        flat = None if solver is None else solver.state()
        if solver is not None and flat is not None and solver.misses(magnitude, flat) <= TRUSTED:
            break
    return None if solver is None or flat is None else (solver, flat)


def _slowest(solver: TraceSolver, magnitude: sp.csr_array) -> tuple[float, bool]:
    """The eigenvalue next to zero, and whether it is more than rounding.

    What rounding in the entries of L makes of an eigenvalue with the left vector z and the right
    one y is ``eps |z| |L| |y| / |z y|``: weights count, large entries where neither lives do no
    harm. Where inverse iteration does not settle on one, ``1/|L^-1|`` stands for it.
    """
    rate, right, left = solver.slow_vectors()
    if not rate > 0.0:
        return 0.0, False
    moved = solver.matrix @ right
    value = np.vdot(right, moved)
    if float(np.linalg.norm(moved - value * right)) <= SETTLED * abs(value):
        overlap = max(float(abs(np.vdot(left, right))), 1e-300)
        rounding = 2 * EPS * float(np.abs(left) @ (magnitude @ np.abs(right))) / overlap
        return float(abs(value)), bool(rounding <= SURE * abs(value))
    return rate, 10 * EPS * solver.scale / rate <= SURE


def _error(solver: TraceSolver, magnitude: sp.csr_array, flat: Flat) -> float:
    """What L^-1 makes of the residual and of the rounding in every sum of ``L x``.

    Terms that cancel in an entry of L leave their rounding there. It is drawn, with sizes of its
    own, as equal ones may cancel. Factors that are bad tell no error.
    """
    if solver.misses(magnitude, flat) > TRUSTED:
        return 2.0
    residual = solver.matrix @ flat
    rounding = 2 * EPS * (magnitude @ np.abs(flat))
    drawn = np.random.default_rng(0).normal(size=(DRAWS, len(flat)))
    answers = solver.answer(np.column_stack([residual, *drawn * (np.abs(residual) + rounding)]))
    worst = float(np.linalg.norm(answers, axis=0).max())
    return 2 * worst / float(np.linalg.norm(flat))


@dataclass(frozen=True)
class TraceSolver:
    """Factors of L with the equation of one population replaced by the trace.

    Args:
        matrix: L.
        diagonal: positions of the populations.
        factors: sparse LU.
        row: the equation that was replaced.
        scale: norm of L.
    """

    matrix: sp.csr_array
    diagonal: NDArray[np.integer]
    factors: Any
    row: int
    scale: float

    @classmethod
    def of(
        cls, matrix: sp.csr_array, diagonal: NDArray[np.integer], scale: float, pivoting: bool
    ) -> TraceSolver | None:
        """Factorise; None if the matrix is singular to the last bit.

        One that is singular by its pattern alone is not shown to SuperLU: it would go on with
        supernodes of fewer rows than columns, out of its arrays.

        Without `pivoting` the order serves the pattern alone and factors stay much smaller; what
        that costs in digits the refined state shows (`misses`).
        """
        row = int(diagonal[0])
        entries = sp.coo_array(matrix)
        keep = entries.row != row
        count = len(diagonal)
        regular = sp.csc_array(
            (
                np.concatenate([entries.data[keep], np.full(count, scale)]),
                (
                    np.concatenate([entries.row[keep], np.full(count, row)]),
                    np.concatenate([entries.col[keep], diagonal]),
                ),
            ),
            shape=matrix.shape,
        )
        if sp.csgraph.structural_rank(regular) < matrix.indptr.size - 1:
            return None
        try:
            options = {} if pivoting else _BY_PATTERN
            return cls(matrix, diagonal, spla.splu(regular, **options), row, scale)
        except RuntimeError:  # exactly singular
            return None

    @property
    def size(self) -> int:
        """Numbers in a flattened matrix."""
        return int(self.matrix.indptr.size) - 1

    def state(self) -> Flat | None:
        """The stationary state, refined; None if it overflows."""
        right = np.zeros(self.size, dtype=self.matrix.dtype)
        right[self.row] = self.scale
        flat = self.factors.solve(right)
        if not np.all(np.isfinite(flat)):
            return None
        error = np.inf
        for _ in range(3):
            correction = self.answer(-(self.matrix @ flat))
            step = float(np.linalg.norm(correction) / np.linalg.norm(flat))
            if not step < 0.5 * error:
                break
            flat, error = flat + correction, step
            if step <= 4 * EPS:
                break
        return flat

    def misses(self, magnitude: sp.csr_array, flat: Flat) -> float:
        """Largest error of an equation, relative to the sum of the moduli of its terms.

        What is tiny everywhere in an equation never gets digits of its own.
        """
        sums = magnitude @ np.abs(flat)
        missed = np.abs(self.matrix @ flat)
        missed[self.row] = 0.0  # it follows from the others
        return float(np.max(missed / np.maximum(sums, max(TINY * sums.max(), 1e-300))))

    def answer(self, y: Flat) -> Flat:
        """Traceless x with ``L x = y``, for traceless y, one or a column for each."""
        y = y.astype(self.matrix.dtype, copy=True)
        y[self.row] = 0.0
        return self.factors.solve(y)

    def adjoint_answer(self, y: Flat) -> Flat:
        """x with ``L† x = y``, for y of zero mean in the stationary state."""
        x = self.factors.solve(y, trans="H")
        x[self.row] = 0.0  # it multiplies the trace
        return x

    def slow_vectors(self) -> tuple[float, Flat, Flat]:
        """The right and left vector next to zero, and a bound of all rates.

        By inverse iteration of a few random vectors at once, on traceless matrices, so that
        nothing is missed; pairs of eigenvalues are found too. The bound is ``1/|L^-1|`` from below,
        or the eigenvalue where the vectors have settled on one.
        """
        rng, dtype = np.random.default_rng(0), self.matrix.dtype
        right = rng.normal(size=(self.size, max(1, min(TOGETHER, self.size - 1)))).astype(dtype)
        left = rng.normal(size=self.size).astype(dtype)  # one will do: what else is in it counts
        for _ in range(ITERATIONS):  # as rounding
            right = self.answer(np.linalg.qr(self._traceless(right))[0])
            left = self.factors.solve(left / np.linalg.norm(left), trans="H")
            left[self.row] = 0.0
            if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
                return 0.0, right[:, 0], left
        value, y, settled = _next_to_zero(self.matrix, right)
        left = self._traceless(left)  # the trace itself is a left vector
        return (abs(value) if settled else self._bound()), y, left

    def _bound(self) -> float:
        """``1/|L^-1|``, by power iteration; zero if that overflows."""
        x = np.random.default_rng(1).normal(size=self.size).astype(self.matrix.dtype)
        largest = 0.0
        for _ in range(ITERATIONS):
            x[self.row] = 0.0
            y = self.factors.solve(x / np.linalg.norm(x))
            largest = max(largest, float(np.linalg.norm(y)))
            x = self.factors.solve(y, trans="H")
            if not np.all(np.isfinite(x)):
                return 0.0
        return 1.0 / max(largest, 1e-300)

    def _traceless(self, x: Flat) -> Flat:
        x = x.copy()
        x[self.diagonal] -= x[self.diagonal].mean(axis=0)
        return x


def _next_to_zero(matrix: sp.csr_array, vectors: Flat) -> tuple[complex, Flat, bool]:
    """The eigenvalue next to zero in the span of some vectors, its vector, and if it is one."""
    basis = np.linalg.qr(vectors)[0]
    moved = matrix @ basis
    values, inner = np.linalg.eig(basis.conj().T @ moved)
    number = int(np.argmin(np.abs(values)))
    value, x = complex(values[number]), basis @ inner[:, number]
    missing = float(np.linalg.norm(moved @ inner[:, number] - value * x))
    return value, x, missing <= SETTLED * abs(value)
