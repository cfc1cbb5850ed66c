"""The spectral gap of a generator with its error, from all its eigenvalues.

L is taken part by part (what charges separate falls apart by itself), each as a real Schur form:
``L = Q T Q†`` with the eigenvalues on the diagonal of T. No iteration that finds *some* eigenvalues
could say which one decays most slowly.

What rounding makes of the slowest rate is decided by the few rates that are close to it. Ordered to
the front of T, they form a small block, and a perturbation E of L changes that block by F with

    |F| <= |P| |E|,    P the spectral projector,    as long as  |E| (|G| + |E|) << sep^2

where sep separates the block from all other eigenvalues, and G, the part of T beside it, links it
to them (Stewart, SIAM Rev. 15, 727 (1973)). F is drawn, with that size, and the eigenvalues of the
small block are looked at again: so a defective eigenvalue, which moves by a root of F, is seen as
one. (Moduli count: a pair that one draw moves along the imaginary axis, another would move along
the real one.) Where the block is not separated well enough, all of L is perturbed and diagonalised
again, which takes twice as long as the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

from darkstate.results.estimate import Estimate

SPECTRUM_NUMBERS = 300
"""Parts up to this size are diagonalised."""
SPECTRUM_WORK = 4 * SPECTRUM_NUMBERS**3
_AS_ONE = 1024
"""Up to this size parts are cut from a dense matrix: sparse ones cost by their number."""
_EPS = float(np.finfo(float).eps)
_CLOSE = 1e-2
"""Of the norm of L: rates this close to the slowest one are looked at again."""
_TRIALS, _SAFETY = 2, 2.0
"""So often, and a margin."""
_MOVED = 5.0 * _EPS
"""Of the norm of L: what rounding adds, half of the spectral norm of a random matrix."""
_BLOCKING = 32
"""Columns that LAPACK takes together."""
_schur, _reorder = get_lapack_funcs(("gees", "trsen"), dtype=np.float64)


def spectra(
    matrix: sp.csr_array, scale: float, skipped: NDArray[np.bool_] | None = None
) -> list[PartSpectrum] | None:
    """The eigenvalues of L part by part; None where it is too large to diagonalise.

    Args:
        matrix: real L on flattened matrices.
        scale: norm of L, for rounding.
        skipped: numbers whose parts are left out; none by default.
    """
    parts = independent_parts(matrix)
    if parts is None:
        return None
    whole = matrix.toarray() if matrix.indptr.size <= _AS_ONE else None
    return [
        PartSpectrum.of(
            matrix[part][:, part].toarray() if whole is None else whole[np.ix_(part, part)], scale
        )
        for part in parts
        if skipped is None or not skipped[part[0]]
    ]


def independent_parts(matrix: sp.csr_array) -> list[NDArray[np.intp]] | None:
    """Indices of the parts that L falls into; None where they are too large to diagonalise."""
    links = sp.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
    count, part = sp.csgraph.connected_components(links, directed=True, connection="weak")
    sizes = np.bincount(part, minlength=count)
    if sizes.max() > SPECTRUM_NUMBERS or float(np.sum(sizes.astype(float) ** 3)) > SPECTRUM_WORK:
        return None
    return np.split(np.argsort(part, kind="stable"), np.cumsum(sizes)[:-1])


def gap_of(parts: Sequence[PartSpectrum], scale: float) -> Estimate | None:
    """The gap of a generator from the spectra of its parts, of which one has a zero."""
    if sum(int(np.sum(~each.counts)) for each in parts) != 1:
        return None
    slowest = min((each.slowest for each in parts), default=np.inf)
    if not np.isfinite(slowest):
        return None
    error = 0.0
    for each in parts:
        if each.slowest <= slowest + _CLOSE * scale:
            error = max(error, each.error(scale))
    return Estimate(slowest, error) if error < abs(slowest) else None


@dataclass(frozen=True)
class PartSpectrum:
    """The eigenvalues of one part.

    Args:
        block: (n, n), the part.
        triangle: (n, n), its real Schur form.
        values: (n,), the eigenvalues in the order of the diagonal.
        counts: (n,), whether an eigenvalue is more than rounding: a zero does not count.
    """

    block: NDArray[np.float64]
    triangle: NDArray[np.float64]
    values: NDArray[np.complex128]
    counts: NDArray[np.bool_]

    @classmethod
    def of(cls, block: NDArray[np.float64], scale: float) -> PartSpectrum:
        """The Schur form of a part; what rounding makes of a norm of `scale` is zero.

        Raises:
            LinAlgError: the iteration did not converge.
        """
        work = _BLOCKING * len(block)
        triangle, _, real, imaginary, *_, wrong = _schur(
            _unsorted, block, compute_v=0, lwork=max(3, work)
        )
        if wrong:
            raise np.linalg.LinAlgError("the eigenvalues did not converge")
        values = real + 1j * imaginary
        return cls(block, triangle, values, np.abs(values) > 100 * _EPS * scale)

    @property
    def slowest(self) -> float:
        """The smallest rate; infinite if nothing relaxes here."""
        return float(np.min(-self.values[self.counts].real, initial=np.inf))

    def error(self, scale: float) -> float:
        """By how much the slowest rate moves if L does by rounding."""
        shift = self.shift(scale)
        return self.shift_by_all(scale) if shift is None else shift

    def shift(self, scale: float) -> float | None:
        """The same from the rates that are close to it; None if they are not well separated."""
        chosen = self._close(scale)
        added, length = 2.0 * _MOVED * scale, len(chosen) ** 2
        triangle, _, _, _, count, cosine, apart, wrong = _reorder(
            chosen,
            self.triangle,
            np.zeros_like(self.triangle),
            wantq=0,
            lwork=length,
            liwork=length,
        )
        whole = count == len(chosen)  # nothing to be separated from
        linked = added + float(np.linalg.norm(triangle[:count, count:]))
        if wrong or not (whole or (cosine > 0.0 and added * linked < 0.01 * apart**2)):
            return None
        size = 1.0 if whole else 1.0 / float(cosine)
        block = triangle[:count, :count]
        moved = _moved(block, self.values[chosen], _MOVED * scale * size, np.inf)
        return _SAFETY * moved + added * size

    def shift_by_all(self, scale: float) -> float:
        """The same by perturbing the whole part: of any order, but dear."""
        near = self.slowest + _CLOSE * scale
        return _SAFETY * _moved(self.block, self.values, _MOVED * scale, near) + 10 * _EPS * scale

    def _close(self, scale: float) -> NDArray[np.bool_]:
        """Eigenvalues whose rates are close to the slowest one, up to the widest space there."""
        near, far = self.slowest + _CLOSE * scale, self.slowest + 2 * _CLOSE * scale
        rates = np.sort(-self.values[self.counts].real)
        last, end = np.searchsorted(rates, [near, far], side="right")
        spaces = np.diff(np.append(rates, np.inf)[last - 1 : end + 1])
        most = rates[last - 1 + int(np.argmax(spaces))]
        return self.counts & (-self.values.real <= most)


def _moved(
    block: NDArray[np.float64], values: NDArray[np.complex128], size: float, near: float
) -> float:
    """How far from all `values` an eigenvalue is found, at rates below `near`, after a change.

    Args:
        block: (n, n).
        values: (n,) its eigenvalues.
        size: half of the spectral norm of what is added.
        near: rates that are looked at.
    """
    n, moved, rng = len(block), 0.0, np.random.default_rng(0)
    for _ in range(_TRIALS):
        added = size / np.sqrt(n) * rng.normal(size=(n, n))
        found = np.linalg.eigvals(block + added)
        found = found[-found.real <= near]
        moved = max(moved, float(np.abs(found[:, None] - values).min(1).max(initial=0.0)))
    return moved


def _unsorted(*_: Any) -> int:
    return 0
