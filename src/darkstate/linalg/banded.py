"""Banded drifts and their response in a window of sites round the noise inputs.

The matrix ``W`` of a chain of n sites has a few diagonals; it is kept in LAPACK's band storage,

    ``bands[upper + i - j, j] = W[i, j]``,    shape (lower + upper + 1, n).

With loss, ``(-i omega - W)^{-1} b`` decays exponentially away from the support of ``b``: it is
enough to solve on the sites within some distance of the inputs. :class:`Window` does that and
tells what it cuts off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError

_EDGE = 8  # sites looked at on a cut edge: one alone may be a node of the response


@dataclass(frozen=True)
class BandedDrift:
    """A banded matrix ``W`` with `lower` diagonals below and `upper` above the main one.

    Attributes:
        bands: ``bands[upper + i - j, j] = W[i, j]``, shape (lower + upper + 1, n).
        lower: number of subdiagonals.
        upper: number of superdiagonals.

    Raises:
        ArgumentError: `bands` does not have lower + upper + 1 rows.
    """

    bands: NDArray[Any]
    lower: int
    upper: int

    def __post_init__(self) -> None:
        if np.ndim(self.bands) != 2 or len(self.bands) != self.lower + self.upper + 1:
            raise ArgumentError(
                "bands",
                f"have {self.lower + self.upper + 1} rows",
                np.shape(self.bands),
                "Give LAPACK band storage: bands[upper + i - j, j] = W[i, j].",
            )

    @classmethod
    def tridiagonal(cls, below: ArrayLike, diagonal: ArrayLike, above: ArrayLike) -> BandedDrift:
        """From its three diagonals, shapes (n-1,), (n,), (n-1,)."""
        diagonal = np.asarray(diagonal)
        bands = np.zeros((3, len(diagonal)), complex)
        bands[0, 1:], bands[1], bands[2, :-1] = above, diagonal, below
        return cls(bands, 1, 1)

    @property
    def size(self) -> int:
        """Number of sites n."""
        return self.bands.shape[1]

    def cuts(self) -> NDArray[np.intp]:
        """Ascending positions p such that sites < p and sites >= p do not couple; 0 and n too."""
        coupled = np.zeros(self.size + 1, bool)
        for row in range(len(self.bands)):
            offset = self.upper - row  # W[j - offset, j]
            columns = np.flatnonzero(self.bands[row])
            inside = (columns >= offset) & (columns < self.size + min(offset, 0))
            first = columns[inside] - max(offset, 0)  # the smaller one of the coupled sites
            for step in range(1, abs(offset) + 1):
                coupled[first + step] = True
        return np.flatnonzero(~coupled)

    def circle(self) -> tuple[float, float]:
        """Centre and radius (root mean square of Gershgorin) of the resonances ``i eig(W)``."""
        diagonal = self.bands[self.upper]
        center = -float(np.mean(diagonal.imag))
        rows = np.abs(diagonal + 1j * center)
        for row in range(len(self.bands)):
            if row != self.upper:
                rows = rows + np.abs(self.bands[row])
        return center, float(np.sqrt(np.mean(rows**2)))


class Window:
    """Solves ``(z - W) R = B`` on the sites near the inputs, for many z.

    Args:
        drift: ``W``, n sites.
        sites: the s sites where ``B`` has entries, shape (s,).
        inputs: those rows of ``B``, shape (s, k).

    Attributes:
        response: ``R^T``, shape (k, n); after :meth:`solve`, valid within the window.
    """

    def __init__(self, drift: BandedDrift, sites: NDArray[np.intp], inputs: NDArray[Any]):
        order = np.argsort(sites)
        self.drift, self.sites, self.inputs = drift, sites[order], inputs[order]
        self.response = np.zeros((inputs.shape[1], drift.size), complex)
        self._cuts = drift.cuts()
        block = self.blocks(self.sites)
        self._first, self._last = self._cuts[block], self._cuts[block + 1]
        self._minus_w = -drift.bands.astype(complex)

    def blocks(self, sites: NDArray[np.intp]) -> NDArray[np.intp]:
        """Number of the uncoupled block in which each site lies."""
        return np.searchsorted(self._cuts, sites, side="right") - 1

    def reaches(self, column: int, sites: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether input `column` has an entry in the block of each of `sites`."""
        driven = self.sites[self.inputs[:, column] != 0]
        return np.isin(self.blocks(sites), self.blocks(driven))

    def distance(self, sites: NDArray[np.intp]) -> NDArray[np.intp]:
        """Distance of each of `sites` from the nearest input of its block (n if there is none)."""
        right = np.clip(np.searchsorted(self.sites, sites), 0, len(self.sites) - 1)
        nearest = np.full(np.shape(sites), self.drift.size)
        for number in (right, np.clip(right - 1, 0, None)):
            candidate = self.sites[number]
            same = self.blocks(candidate) == self.blocks(sites)
            nearest = np.where(same, np.minimum(nearest, abs(candidate - sites)), nearest)
        return nearest

    def solve(self, z: complex, width: int) -> float:
        """Fill `response` on all sites within `width` of an input, the matrix cut off there.

        Returns:
            The weight ``|R|^2`` at the cut edges relative to that at the inputs (0 if nothing is
            cut): an upper bound of what the cut changes in any ``|R|^2``, in the same units.
        """
        edge = 0.0
        for low, high, cut_low, cut_high in self._intervals(width):
            inside = (self.sites >= low) & (self.sites < high)
            active = np.flatnonzero(self.inputs[inside].any(axis=0))
            right = np.zeros((high - low, len(active)), complex, order="F")
            right[self.sites[inside] - low] = self.inputs[inside][:, active]
            bands = self._minus_w[:, low:high].copy()
            bands[self.drift.upper] += z
            both = (self.drift.lower, self.drift.upper)
            part = scipy.linalg.solve_banded(
                both, bands, right, overwrite_ab=True, overwrite_b=True, check_finite=False
            ).T
            self.response[:, low:high] = 0.0
            self.response[active, low:high] = part
            ends = [part[:, :_EDGE]] * cut_low + [part[:, -_EDGE:]] * cut_high
            edge = max([edge, *(float(np.max(np.abs(end))) for end in ends)])
        return (edge / float(np.max(np.abs(self.response[:, self.sites])))) ** 2

    def _intervals(self, width: int) -> list[tuple[int, int, bool, bool]]:
        """Merged ranges [low, high) round the inputs, and whether either end cuts couplings."""
        lows = np.maximum(self.sites - width, self._first)
        highs = np.minimum(self.sites + width + 1, self._last)
        new = np.flatnonzero(np.r_[True, lows[1:] >= np.maximum.accumulate(highs)[:-1]])
        lows, highs = lows[new], np.maximum.reduceat(highs, new)
        cut_low, cut_high = ~np.isin(lows, self._first), ~np.isin(highs, self._last)
        return list(
            zip(lows.tolist(), highs.tolist(), cut_low.tolist(), cut_high.tolist(), strict=True)
        )
