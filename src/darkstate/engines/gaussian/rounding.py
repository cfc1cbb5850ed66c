"""What rounding leaves of Gaussian moments: of their size, and of the squeezing in them.

The entries of drift W and source S are sums of products, ``W = -iA - (U† g U - V^T g V*)/2``, each
known to eps times the moduli that were added. Under strong squeezing gain and loss nearly cancel in
W, and their rounding is a relative error of the damping of eps times the photon number. How much of
it arrives in the moments X of ``W X + X W† + S = 0`` is found by trying: the matrices are disturbed
by what rounding may do to them, with random signs that are the same on every machine, and

    ``W dX + dX W† + (dW X + X dW† + dS) = 0``

is solved with the Schur forms that are at hand. This sees slow modes and strong correlations alike.

An absolute error of the moments says little about entanglement, which is read off the smallest
variances: n photons squeezed to 1/n of the vacuum. What counts there is the *relative* error of the
covariance sigma, the largest of ``x·dsigma x / x·sigma x``: every variance, every symplectic
eigenvalue, also of a partial transpose, is known to that fraction, and ``-log2`` of it to as many
ebits over ln 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.sylvester import SchurForm, solve_sylvester
from darkstate.systems.quadratic import SMALL

EPS = float(np.finfo(float).eps)

UNIT = EPS
"""Error of an entry over the moduli that were added to make it."""

TRIALS = 3
"""Disturbances that are tried."""

SAFETY = 4.0
"""Random signs add up to less than the worst ones; the largest trial is multiplied by this."""

EXACT_MODES = 100
"""Up to this many modes the relative error is computed, above it bounded."""

PIECE = 2.0**20
"""Bytes of a stack that are worked on at once."""


class Disturbance:
    """One trial: what rounding may have done to drift and source, both (2N, 2N).

    The conjugate half of the Nambu variables is disturbed as its other half is; entries that cancel
    exactly stay zero. Matrices of few modes are full, others sparse.
    """

    def __init__(self, structure: Structure, seed: int):
        rng = np.random.default_rng(seed)
        n = len(structure.form.labels)
        drift, source = structure.form.added
        self.drift = _disturbed(structure.drift, drift, n, rng)
        half = _disturbed(structure.source, source, n, rng)
        self.source = 0.5 * (half + half.conj().T)

    def right_hand_side(
        self, p: NDArray[np.intp], q: NDArray[np.intp], x: NDArray[Any]
    ) -> NDArray[Any]:
        """``dW X + X dW† + dS`` for the block of rows p and columns q."""
        left, right, source = (
            _block(*each) for each in ((self.drift, p, p), (self.drift, q, q), (self.source, p, q))
        )
        source = source if isinstance(source, np.ndarray) else source.toarray()
        return left @ x + (right @ x.conj().T).conj().T + source


def _block(matrix: Any, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Any:
    if isinstance(matrix, np.ndarray):
        return matrix[rows[:, None], columns]
    return matrix.tocsr()[rows][:, columns]


def _disturbed(matrix: sp.csr_array, size: sp.csr_array, n: int, rng: np.random.Generator) -> Any:
    """`size` times `UNIT` along the entries of `matrix`, with random signs."""
    signs = random_signs(n, rng)
    if n <= SMALL:
        full = matrix.toarray()
        moduli = np.abs(full)
        moduli[moduli == 0] = 1.0
        return UNIT * signs * size.toarray() * full / moduli
    moduli = abs(matrix)
    direction = matrix.multiply(moduli.power(-1))
    added = direction.multiply(size).tocoo()
    data = UNIT * signs[added.row, added.col] * added.data
    return sp.csr_array(sp.coo_array((data, (added.row, added.col)), added.shape))


def lost_digits(structure: Structure) -> float:
    """Largest ratio of the moduli that were added to an entry of drift or source and what is left.

    Gain and loss may nearly cancel; a relative error of the rates is one of the moments.
    """
    lost = 1.0
    matrices = (structure.drift, structure.source)
    for matrix, size in zip(matrices, structure.form.added, strict=True):
        lost = max(lost, float(abs(matrix).power(-1).multiply(size).max()) if matrix.nnz else 1.0)
    return lost


def random_signs(n: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Signs (2N, 2N) that are the same for an entry of Nambu variables and for its conjugate."""
    upper = 2 * rng.integers(0, 2, size=(n, 2 * n), dtype=np.int8) - 1
    return np.concatenate([upper, np.roll(upper, n, axis=1)])


@dataclass(frozen=True)
class RoundingError:
    """Errors of the moments by rounding.

    Args:
        moments: absolute, of the worst second moment.
        relative: of the worst variance (any combination of quadratures) relative to itself.
    """

    moments: float
    relative: float


def solved_trials(
    structure: Structure,
    forms: dict[int, SchurForm],
    blocks: Sequence[tuple[int, int, NDArray[Any]]],
) -> list[NDArray[np.complex128]]:
    """Changes dX of the moments in `TRIALS` trials, (2N, 2N) each.

    Args:
        structure: the system.
        forms: Schur forms of its blocks.
        blocks: ``(p, q, X_pq)`` of the correlated pairs of blocks.
    """
    n = len(structure.form.labels)
    found = []
    for seed in range(TRIALS):
        trial = Disturbance(structure, seed)
        change = np.zeros((2 * n, 2 * n), dtype=complex)
        for p, q, x in blocks:
            rows, columns = structure.blocks[p], structure.blocks[q]
            right = trial.right_hand_side(rows, columns, x)
            solution = solve_sylvester(forms[p], forms[q], right, refine=False)
            write_images(change, rows, columns, solution.x)
        found.append(change)
    return found


def write_images(
    matrix: NDArray[Any], rows: NDArray[np.intp], columns: NDArray[np.intp], x: NDArray[Any]
) -> None:
    """Write a block of Nambu moments and its three images: adjoint, and the conjugates of both."""
    n = matrix.shape[-1] // 2
    mirror_rows, mirror_columns = (rows + n) % (2 * n), (columns + n) % (2 * n)
    matrix[..., columns[:, None], rows] = x.conj().swapaxes(-1, -2)
    matrix[..., mirror_columns[:, None], mirror_rows] = x.swapaxes(-1, -2)
    matrix[..., mirror_rows[:, None], mirror_columns] = x.conj()
    matrix[..., rows[:, None], columns] = x


def nambu_moments(number: NDArray[Any], anomalous: NDArray[Any]) -> NDArray[np.complex128]:
    """``<: xi xi† :>``, (..., 2N, 2N), of ``xi = (a, a†)``."""
    n = number.shape[-1]
    joint = np.empty((*number.shape[:-2], 2 * n, 2 * n), dtype=complex)
    joint[..., :n, :n], joint[..., :n, n:] = number.swapaxes(-1, -2), anomalous
    joint[..., n:, :n], joint[..., n:, n:] = anomalous.conj(), number
    return joint


def rounding_error(
    moments: NDArray[Any], changes: Sequence[NDArray[Any]], extra: float = 0.0
) -> RoundingError:
    """The errors that follow from the changes seen in trials; the worst ones of a stack.

    Args:
        moments: ``<: xi xi† :>``, (..., 2N, 2N).
        changes: changes of it, (..., 2N, 2N) each.
        extra: error of the moments (Frobenius norm) besides, by the solver itself.
    """
    worst = max((float(np.abs(change).max(initial=0.0)) for change in changes), default=0.0)
    largest = max(1.0, float(np.abs(moments).max(initial=0.0)))
    absolute = SAFETY * worst + extra + EPS * largest
    if moments.shape[-1] // 2 <= EXACT_MODES:
        parts = separate(linked(moments, *changes))
        relative = max(
            (
                relative_error(
                    raised(restricted(moments[piece], part), 0.5),
                    [restricted(d[piece], part) for d in changes],
                    extra,
                )
                for piece in pieces(moments)
                for part in parts
            ),
            default=0.0,
        )
        return RoundingError(absolute, relative)
    spread = max((float(np.linalg.norm(change)) for change in changes), default=0.0)
    change = SAFETY * spread + extra + EPS * largest
    stack = moments.reshape(-1, *moments.shape[-2:])
    return RoundingError(absolute, change / min(least_variance(raised(m, 0.5)) for m in stack))


def linked(*stacks: NDArray[Any]) -> NDArray[np.bool_]:
    """Which variables have to do with each other anywhere in matrices (..., 2N, 2N)."""
    size = stacks[0].shape[-1]
    found = np.zeros((size, size), dtype=bool)
    for stack in stacks:
        for one in stack.reshape(-1, size, size):
            found |= one != 0.0
    return found


def separate(pattern: Any) -> list[NDArray[np.intp]]:
    """Nambu variables that have nothing to do with each other, one set of each mirrored couple.

    Args:
        pattern: (2N, 2N), dense or sparse: entries between variables that do.
    """
    count, member = connected_components(sp.csr_array(pattern), directed=False)
    sets = np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1])
    mirror = np.roll(member, len(member) // 2)
    return [sets[k] for k in range(count) if mirror[sets[k][0]] >= k]


def restricted(matrices: NDArray[Any], part: NDArray[np.intp]) -> NDArray[Any]:
    """Rows and columns of some variables, of matrices (..., 2N, 2N)."""
    return matrices[..., part[:, None], part]


def judging_memory(modes: int, matrices: int = 1) -> float:
    """Bytes that `rounding_error` takes besides moments and changes, of a stack of matrices."""
    one = 16.0 * (2 * modes) ** 2
    return 10 * min(matrices * one, max(PIECE, one)) if modes <= EXACT_MODES else 2 * one


def raised(matrices: NDArray[Any], by: float) -> NDArray[Any]:
    """A copy of matrices (..., n, n) with `by` added to their diagonals."""
    result = matrices.copy()
    np.einsum("...ii->...i", result)[...] += by
    return result


def pieces(stack: NDArray[Any]) -> list[Any]:
    """Slices of a stack (B, n, n), each of a MiB, so that work on it takes no more memory."""
    if stack.ndim < 3:
        return [...]
    length = max(1, int(PIECE * len(stack) // max(1, stack.nbytes)))
    return [slice(start, start + length) for start in range(0, len(stack), length)]


def least_variance(sigma: NDArray[Any]) -> float:
    """Lower bound, within a factor of ten, of the smallest eigenvalue of covariances (..., 2N, 2N).

    Tried by Cholesky factorisations, in place; ``sigma + i Omega/2 >= 0`` keeps it above 1/4 of the
    inverse of the largest.
    """
    return min(_least_variance(one) for one in sigma.reshape(-1, *sigma.shape[-2:]))


def _least_variance(sigma: NDArray[Any]) -> float:
    (factorise,) = scipy.linalg.get_lapack_funcs(("potrf",), (sigma,))
    most = float(np.linalg.norm(sigma, 1))
    bound = 0.25
    while bound > 0.25 / most:
        trial = raised(sigma, -bound)
        # the transposed view is what LAPACK calls contiguous; it has the same eigenvalues
        _, failed = factorise(trial.T, lower=0, clean=0, overwrite_a=1)
        if not failed:
            return bound
        bound /= 10
    return 0.25 / most


def relative_error(
    sigma: NDArray[Any], changes: Sequence[NDArray[Any]], extra: float = 0.0
) -> float:
    """The largest ``|x† dsigma x| / x† sigma x``; infinite where sigma is not positive.

    Args:
        sigma: symmetrised covariance in any basis, (..., 2N, 2N), vacuum 1/2.
        changes: Hermitian changes of it seen in trials.
        extra: norm of a change besides.
    """
    variances = np.real(np.diagonal(sigma, axis1=-2, axis2=-1))
    if not np.all(variances > 0):
        return float("inf")
    unit = 1.0 / np.sqrt(variances)
    values, vectors = np.linalg.eigh(unit[..., :, None] * sigma * unit[..., None, :])
    least = values[..., :1]
    if not np.all(least > 0):
        return float("inf")
    white = unit[..., :, None] * vectors / np.sqrt(values)[..., None, :]
    adjoint = white.conj().swapaxes(-1, -2)
    norms = [np.abs(np.linalg.eigvalsh(adjoint @ d @ white)).max() for d in changes]
    # the entries themselves are rounded, independently: eps of the variances
    last = EPS * sigma.shape[-1] ** 0.5 / float(least.min())
    whole = extra * float(np.linalg.eigvalsh(white @ adjoint).max()) if extra else 0.0
    return SAFETY * float(max(norms, default=0.0)) + last + whole
