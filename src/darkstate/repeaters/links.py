"""The spectrum of one link, from which a chain with all outcomes up follows.

One link is ``B = S P S`` with ``S = diag(psi)``, ``P = exp(i t kappa kappa')``. Its Gram matrix

    G(k, k') = (B B†)(k, k') = psi(k) psi(k') cos^N(t (k - k')/2)

is real, positive and of trace one: the inner sum over the middle node is done in closed form. The
singular values of B are ``sqrt(g)`` with g the eigenvalues of G, and those of a chain of M nodes
with q_j = N and without offset, ``S P S^2 P* S^2 P ... S``, are ``g^((M-1)/2)``.

What makes it fast and exact: G does not vanish only where ``t (k - k')/2`` is within some
``8.7/sqrt(N)`` of a multiple of pi. Sorted by the angle ``t kappa/2 mod pi``, G has a narrow band,
whose width does not grow with N, and reflection ``kappa -> -kappa`` folds the circle of angles into
a line and G into two blocks of half the size. So W^2 b operations instead of W^3, and W b numbers
of memory. Near rational t/2pi many angles coincide, the band is wide but the rank is low: then a
pivoted Cholesky decomposition, with columns on demand, finds it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, eigvals_banded

from darkstate.repeaters.checks import as_window, check_atoms, check_time
from darkstate.repeaters.dicke import binomial_amplitudes, centred, phase_products

Reals = NDArray[np.float64]

_REACH = 8.7
"""``exp(-8.7^2/2)`` = 4e-17: angles further apart than this over sqrt(N) do not couple."""
_DENSE = 256
"""Blocks up to this size are diagonalised as they are."""
_RESIDUAL = 1e-15
"""Trace that a low-rank decomposition may leave out, relative to the whole trace of one."""


@dataclass(frozen=True)
class Folded:
    """The window folded by reflection: one entry per pair ``+-kappa``, sorted by its angle.

    Args:
        atoms: N.
        time: t.
        kappa: (n,) values >= 0.
        psi: (n,) amplitudes.
        angle: (n,) ``sqrt(N) |t kappa/2 mod pi|``, rising.
    """

    atoms: int
    time: float
    kappa: Reals
    psi: Reals
    angle: Reals

    @property
    def band(self) -> int:
        """How many diagonals of the sorted blocks, the main one included, do not vanish."""
        last = np.searchsorted(self.angle, self.angle + _REACH, side="right")
        return int(np.max(last - np.arange(len(self.angle))))

    def factors(self, parity: int) -> Reals:
        """psi with the norm of ``|kappa> +- |-kappa>``: the central state is no pair."""
        centre = math.sqrt(0.5) if parity > 0 else 0.0
        return np.where(self.kappa == 0.0, centre, 1.0) * self.psi

    def overlaps(self, rows: Reals, columns: Reals, parity: int) -> Reals:
        """``cos^N(t(k-k')/2) +- cos^N(t(k+k')/2)`` for kappa of rows and columns (broadcast)."""
        near = power_of_cosine(self.atoms, phase_products(0.5 * self.time, rows - columns))
        far = power_of_cosine(self.atoms, phase_products(0.5 * self.time, rows + columns))
        return near + parity * far


def power_of_cosine(atoms: int, angle: Reals) -> Reals:
    """``cos^N(angle)`` without underflow of its parts, through ``log1p(-sin^2)``."""
    square = np.minimum(np.sin(angle) ** 2, 1.0 - 1e-300)
    value = np.exp(0.5 * atoms * np.log1p(-square, where=square < 1.0, out=_full(square)))
    return value * np.where(np.cos(angle) < 0.0, -1.0, 1.0) if atoms % 2 else value


def _full(like: Reals) -> Reals:
    return np.full_like(like, -745.0)


def folded(atoms: int, time: float, k: NDArray[np.int64]) -> Folded:
    """Fold a symmetric window of Dicke numbers and sort it by angle."""
    kappa = centred(atoms, k[2 * k >= atoms])
    angle = np.abs(phase_products(0.5 * time, 2.0 * kappa)) / 2.0  # of t kappa mod 2 pi, halved
    order = np.argsort(angle, kind="stable")
    psi = binomial_amplitudes(atoms, k[2 * k >= atoms])
    return Folded(atoms, time, kappa[order], psi[order], math.sqrt(atoms) * angle[order])


def link_spectrum(atoms: int, time: float, k: NDArray[np.int64]) -> Reals:
    """Eigenvalues g of the Gram matrix of one link in a window, largest first.

    Args:
        atoms: N.
        time: t of the link.
        k: (W,) the window, symmetric round N/2.

    Returns:
        Up to W numbers > 0, accurate to some 1e-15; they sum to the weight of the window.

    Raises:
        ArgumentError: no atom, time not finite, or no list of Dicke numbers.
    """
    check_time(time)
    half = folded(check_atoms(atoms), time, as_window("k", k))
    pieces = [_block_spectrum(half, parity) for parity in (1, -1)]
    found = np.sort(np.concatenate(pieces))[::-1]
    return np.maximum(found, 0.0)


def _block_spectrum(half: Folded, parity: int) -> Reals:
    used = half
    if parity < 0 and np.any(half.kappa == 0.0):
        kept = half.kappa != 0.0
        used = Folded(half.atoms, half.time, half.kappa[kept], half.psi[kept], half.angle[kept])
    size = len(used.kappa)
    if size == 0:
        return np.zeros(0)
    if size <= _DENSE:
        return _dense(used, parity)
    return _banded(used, parity) if prefers_band(size, used.band) else _low_rank(used, parity)


def prefers_band(size: int, band: int) -> bool:
    """Whether the banded solver is predicted to be faster than the low-rank one."""
    return band_seconds(size, band) <= rank_seconds(size, band)


def band_seconds(size: int, band: int) -> float:
    """Seconds for the eigenvalues of a banded block, measured on an ordinary core."""
    return size**2 * (1.5e-8 + 6e-10 * band)


def rank_seconds(size: int, band: int) -> float:
    """Seconds of the low-rank solver; the rank is at most some 23 per band width of points."""
    rank = min(size, 24.0 * size / band + 40.0)
    return size * rank**2 * 3.5e-10 + 8e-11 * rank**3


def _dense(half: Folded, parity: int) -> Reals:
    factor = half.factors(parity)
    matrix = np.outer(factor, factor)
    matrix *= half.overlaps(half.kappa[:, None], half.kappa[None, :], parity)
    return np.asarray(eigh(matrix, eigvals_only=True, overwrite_a=True))


def _banded(half: Folded, parity: int) -> Reals:
    """The sorted block, diagonal by diagonal, in LAPACK's lower band storage."""
    n, width = len(half.kappa), min(half.band, len(half.kappa))
    factor = half.factors(parity)
    band = np.zeros((width, n))
    for j in range(width):
        overlap = half.overlaps(half.kappa[j:], half.kappa[: n - j], parity)
        band[j, : n - j] = factor[j:] * factor[: n - j] * overlap
    return np.asarray(eigvals_banded(band, lower=True, overwrite_a_band=True))


def _low_rank(half: Folded, parity: int) -> Reals:
    """Eigenvalues through ``G = L L^T``, pivots taken until the trace left is rounding."""
    n = len(half.kappa)
    factor = half.factors(parity)
    left = factor**2 * half.overlaps(half.kappa, half.kappa, parity)
    columns = np.zeros((n, min(n, 64)), order="F")
    rank = 0
    while rank < n and np.sum(left) > _RESIDUAL:
        if rank == columns.shape[1]:
            more = np.zeros((n, min(n, 2 * rank) - rank), order="F")
            columns = np.asfortranarray(np.concatenate([columns, more], axis=1))
        pivot = int(np.argmax(left))
        if left[pivot] <= 0.0:
            break
        row = half.overlaps(half.kappa[pivot], half.kappa, parity) * (factor * factor[pivot])
        row -= columns[:, :rank] @ columns[pivot, :rank]
        columns[:, rank] = row / math.sqrt(left[pivot])
        left = np.maximum(left - columns[:, rank] ** 2, 0.0)
        left[pivot] = 0.0
        rank += 1
    used = columns[:, :rank]
    return np.asarray(eigh(used.T @ used, eigvals_only=True, overwrite_a=True))
