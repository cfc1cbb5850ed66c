r"""How stationary correlations of huge banded chains answer to their drift and noise.

With ``X = 1/(2 pi) Integral R S R^H``, ``R(omega) = (-i omega - W)^{-1}`` (see `quadrature`), a
function with ``df = Re Tr(G dX)``, G Hermitian on few sites, has

    df = Re sum_ab dW_ab F_ab + Re sum_ab dS_ab Y_ba,
    F_ab = 1/pi Integral (R S R^H G R)_ba,      Y = 1/(2 pi) Integral R^H G R.

Both are sums over products of columns of R at the inputs and rows of R at the sites of G: two
banded solves a frequency, one with W and one with its transpose. The frequencies are those of
`stationary_correlations`, doubled until nothing changes and the mean value property holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.linalg.banded import BandedDrift, Window
from darkstate.linalg.quadrature import closure_of

Array = NDArray[Any]
_FIRST_NODES = 32
_FIRST_WIDTH = 64


@dataclass(frozen=True, eq=False)
class Sides:
    """What is driven and what is looked at.

    Args:
        sites: (s,) where noise enters.
        noise: (s, s) Hermitian.
        seen: (m,) where G has entries.
        G: (m, m) Hermitian.
    """

    sites: Array
    noise: Array
    seen: Array
    G: Array


@dataclass(frozen=True, eq=False)
class AdjointEntries:
    """Entries of F and Y.

    Args:
        drift: (e,) ``F[rows, cols]``.
        source: (f,) ``Y[cols, rows]`` of the source's entries.
        error: estimated absolute error of the worst entry.
        nodes: number of frequencies.
        converged: whether the tolerance was met.
    """

    drift: Array
    source: Array
    error: float
    nodes: int
    converged: bool


def adjoint_entries(
    drift: BandedDrift,
    sides: Sides,
    entries: tuple[Array, Array],
    source: tuple[Array, Array],
    *,
    rtol: float = 1e-10,
    tail: float = 1e-30,
    max_nodes: int = 2**17,
) -> AdjointEntries:
    """Weights of entries of drift and source.

    Args:
        drift: W, n sites.
        sides: noise and G.
        entries: rows and columns of the wanted entries of F.
        source: the same of dS.
        rtol: wanted error relative to the largest entry.
        tail: weight ``|R|^2`` at which windows round inputs and seen sites are cut.
        max_nodes: give up rather than use more frequencies.
    """
    sampler = _TwoSided(drift, sides, entries, source, tail)
    nodes, shift = _FIRST_NODES, 1 / 3
    exact = sampler.probed(sampler.center + 1j * sampler.scale)
    values, mean, power = sampler.average(nodes, shift)
    before = 0.0
    while True:
        more, more_mean, more_power = sampler.average(nodes, (shift + 0.5) % 1.0)
        mean, power = (mean + more_mean) / 2, (power + more_power) / 2
        change = float(np.abs(more - values).max(initial=0.0)) / 2
        values, nodes, shift = (values + more) / 2, 2 * nodes, (2 * shift) % 1.0
        # the next change of a geometric series; see `quadrature`
        left = change * change / before if change < 0.5 * before else 3 * change
        size = float(np.abs(values).max(initial=0.0))
        error = left + 64 * float(np.finfo(float).eps) * size
        closure = closure_of(mean, exact, power, tail)
        converged = error <= rtol * size and closure <= max(rtol, 1e-13) ** 0.5
        if converged or 2 * nodes > max_nodes:
            break
        before = change
    count = len(entries[0])
    return AdjointEntries(values[:count], values[count:], error, nodes, converged)


class _TwoSided:
    """Averages of the mapped integrands over equidistant angles."""

    def __init__(
        self,
        drift: BandedDrift,
        sides: Sides,
        entries: tuple[Array, Array],
        source: tuple[Array, Array],
        tail: float,
    ):
        self.sides = sides
        self.center, self.scale = drift.circle()
        self.columns = _Columns(Window(drift, sides.sites, np.eye(len(sides.sites))), tail)
        transposed = Window(_transposed(drift), sides.seen, np.eye(len(sides.seen)))
        self.rows = _Columns(transposed, tail)
        self.entries, self.source = entries, source
        # entries that both windows may reach, nearest to the inputs first
        far = self.columns.window.distance(entries[1])
        self.order = np.argsort(far, kind="stable")
        self.far = far[self.order]
        self.far_of_rows = self.rows.window.distance(entries[0])[self.order]
        self.source_far = [self.rows.window.distance(one) for one in source]

    def probed(self, omega: complex) -> Array:
        """R at one frequency between inputs and seen sites, from columns and from rows."""
        ends = np.concatenate([self.sides.sites, self.sides.seen])
        found = [
            one.solve(-1j * omega)[:, ends] * (one.window.distance(ends) <= one.width)
            for one in (self.columns, self.rows)
        ]
        return np.concatenate(found)

    def average(self, count: int, shift: float) -> tuple[Array, Array, Array]:
        """Means over the angles ``-pi + 2 pi (j + shift)/count``.

        Entries of F, then of Y; and what is probed of R, and its squared moduli.
        """
        mean = power = 0.0
        total = np.zeros(len(self.order), dtype=complex)
        of_source = np.zeros(len(self.source[0]), dtype=complex)
        for j in range(count):
            tangent = np.tan(np.pi * ((j + shift) / count - 0.5))
            omega = self.center + self.scale * tangent
            weight = self.scale * (1 + tangent**2) / 2
            probed = self.probed(omega)
            mean, power = mean + probed, power + np.abs(probed) ** 2
            right, left = self.columns.window.response, self.rows.window.response
            self._add(total, 2.0 * weight, right, left)
            self._add_source(of_source, weight, left)
        drift = np.zeros_like(total)
        drift[self.order] = total
        values = np.concatenate([drift, of_source]) / count
        return values, np.asarray(mean) / count, np.asarray(power) / count

    def _add(self, total: Array, weight: float, right: Array, left: Array) -> None:
        """``(R S R^H G R)_ba = sum_mk l_m[a] C_mk r_k[b]``."""
        near = int(np.searchsorted(self.far, self.columns.width, side="right"))
        kept = np.flatnonzero(self.far_of_rows[:near] <= self.rows.width)
        if not kept.size:
            return
        chosen = self.order[kept]
        at_seen = self._within(right)
        C = (self.sides.G @ at_seen.T).conj() @ self.sides.noise.T  # (m, k)
        rows, columns = (side[chosen] for side in self.entries)
        total[kept] += weight * np.sum((C.T @ left[:, rows]) * right[:, columns], axis=0)

    def _within(self, right: Array) -> Array:
        """Columns of R at the seen sites, (k, m); zero beyond the window."""
        inside = self.columns.window.distance(self.sides.seen) <= self.columns.width
        return right[:, self.sides.seen] * inside

    def _add_source(self, total: Array, weight: float, left: Array) -> None:
        """``(R^H G R)_ba``."""
        if not len(total):
            return
        inside = [far <= self.rows.width for far in self.source_far]
        a, b = (left[:, one] * near for one, near in zip(self.source, inside, strict=True))
        total += weight * np.sum(b.conj() * (self.sides.G @ a), axis=0)


class _Columns:
    """Columns of ``(z - W)^{-1}`` in a window that is as wide as they reach."""

    def __init__(self, window: Window, tail: float):
        self.window, self.tail, self.width = window, tail, 0
        self._next, self._full = _FIRST_WIDTH, window.drift.size

    def solve(self, z: complex) -> Array:
        """The columns as rows of an array, valid within `width`."""
        while True:
            self.width = min(self._next, self._full)
            edge = self.window.solve(z, self.width)
            decay = np.log(max(edge, 1e-300)) / np.log(self.tail)
            factor = 1.1 / decay if decay > 0.55 else 2.0
            self._next = max(_FIRST_WIDTH, int(self.width * max(0.5, factor)))
            if edge <= self.tail or self.width == self._full:
                return self.window.response


def _transposed(drift: BandedDrift) -> BandedDrift:
    """The transpose in band storage."""
    n, lower, upper = drift.size, drift.lower, drift.upper
    bands = np.zeros_like(drift.bands)
    for offset in range(-upper, lower + 1):  # W[j + offset, j] is W^T[j, j + offset]
        row = drift.bands[upper + offset]
        first, last = max(0, -offset), n - max(0, offset)
        bands[lower - offset, first + offset : last + offset] = row[first:last]
    return BandedDrift(bands, upper, lower)
