"""Stationary correlations of huge banded chains with few noise inputs, by quadrature in frequency.

A linear network ``dv/dt = W v + B xi(t)`` with white noise ``<xi xi^H> = K`` has the stationary
second moments

    ``X = <v v^H> = 1/(2 pi) Integral d omega R(omega) K R(omega)^H``,
    ``R(omega) = (-i omega - W)^{-1} B``.

For a banded drift each response ``R(omega)`` costs one banded solve, and no n x n matrix is ever
made. Three things keep the number of solves and their size small:

* The map ``omega = center + scale tan(theta/2)`` makes the integrand periodic and analytic in
  ``theta``, so equidistant nodes converge geometrically. They are doubled until the change is
  small, and lie off the lattice through ``theta = pi`` (infinite frequency) by a third of a step,
  which becomes two thirds, one third ... when the step is halved.
* With loss, the response decays exponentially away from the inputs. It is solved for only within
  a window round them, found per frequency: outside the band of the chain a few sites suffice.
* Blocks that the drift does not couple (two chains in one matrix) are found and kept apart.

Sources: Trefethen & Weideman, SIAM Review 56, 385 (2014), sec. 4 and 14; Weideman, Math. Comp. 64,
745 (1995) (the map).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError
from darkstate.linalg.banded import BandedDrift, Window

_FIRST_NODES = 32
_FIRST_WIDTH = 64


@dataclass(frozen=True)
class QuadratureResult:
    """Entries of a stationary covariance matrix, with the errors of each approximation.

    Attributes:
        values: the wanted ``X[rows, cols]``; complex, shape (e,).
        error_estimate: absolute error of each value from the doubling of the nodes, shape (e,).
        converged: whether the error reached the tolerance and `closure` confirmed it.
        closure: relative mismatch of the mean value property, see
            :func:`stationary_correlations`: it stays finite if a mode grows, and until the
            narrowest resonance is resolved.
        nodes: number of frequencies.
        window: largest distance (in sites) from the inputs that was solved for.
        tail: largest weight ``|R|^2`` at a window's edge relative to that at the inputs. Cutting
            there changes any entry by less than about ``tail`` times the largest one; entries
            beyond the window are zero.
    """

    values: NDArray[Any]
    error_estimate: NDArray[np.float64]
    converged: bool
    closure: float
    nodes: int
    window: int
    tail: float


def stationary_correlations(
    drift: BandedDrift,
    sites: ArrayLike,
    inputs: ArrayLike,
    noise: ArrayLike,
    rows: ArrayLike,
    cols: ArrayLike,
    *,
    rtol: float = 1e-10,
    tail: float = 1e-30,
    max_nodes: int = 2**17,
) -> QuadratureResult:
    """Entries of ``X`` with ``W X + X W^H + B K B^H = 0``, for a banded Hurwitz ``W``.

    ``X = 1/(2 pi) Integral d omega R K R^H`` with ``R = (-i omega - W)^{-1} B``. Independent chains
    go side by side into one ``W`` with a zero coupling between them.

    Stability and resolution are checked by the mean value property: with ``omega = center + scale
    tan(theta/2)`` the mean of ``R`` over ``theta`` is ``R(center + i scale)``, if and only if all
    modes that ``B`` reaches decay. Narrow resonances that all nodes miss break it, too.

    Each entry of exponentially small size keeps its own relative accuracy where its integrand
    does not oscillate (all ``X_jj``, and mirror pairs of equal chains); see `error_estimate`.

    Args:
        drift: ``W``, n sites.
        sites: distinct sites where ``B`` has entries, shape (s,).
        inputs: those rows of ``B``, shape (s, k); k is meant to be small.
        noise: ``K``, Hermitian but not necessarily positive, shape (k, k).
        rows: row indices of the wanted entries, shape (e,).
        cols: their column indices, shape (e,).
        rtol: wanted error relative to the largest wanted entry.
        tail: weight at which the window may cut the response, see :class:`QuadratureResult`; 0
            solves for whole blocks.
        max_nodes: give up (``converged=False``) rather than use more frequencies.

    Raises:
        ArgumentError: shapes do not fit together.
    """
    sites, inputs, noise = np.asarray(sites), np.asarray(inputs), np.asarray(noise)
    rows, cols = np.asarray(rows), np.asarray(cols)
    _check_inputs(sites, inputs, noise)
    _check_entries(drift.size, sites, rows, cols)
    window = Window(drift, sites, inputs)
    sampler = _Sampler(window, noise, rows, cols, tail)
    exact = sampler.sample(sampler.center + 1j * sampler.scale)
    values, mean, power = sampler.average(_FIRST_NODES, 1 / 3)
    nodes, shift, before = _FIRST_NODES, 1 / 3, np.zeros(len(values))
    while True:
        # New nodes lie half a step off the old ones; counted in halved steps the shift doubles.
        more, more_mean, more_power = sampler.average(nodes, (shift + 0.5) % 1.0)
        change = np.abs(more - values) / 2
        values, mean, power = (values + more) / 2, (mean + more_mean) / 2, (power + more_power) / 2
        nodes, shift = 2 * nodes, (2 * shift) % 1.0
        error = _geometric_error(change, before, values)
        closure = closure_of(mean, exact, power, tail)
        good = np.max(error, initial=0.0) <= rtol * np.max(np.abs(values), initial=0.0)
        converged = bool(good and closure <= max(rtol, 1e-13) ** 0.5)
        if converged or 2 * nodes > max_nodes:
            break
        before = change
    return QuadratureResult(
        values, error, converged, closure, nodes, sampler.widest, sampler.tail_seen
    )


class _Sampler:
    """Averages of the mapped integrand over equidistant angles, one entry each."""

    def __init__(
        self,
        window: Window,
        noise: NDArray[Any],
        rows: NDArray[np.intp],
        cols: NDArray[np.intp],
        tail: float,
    ):
        self.window, self.count = window, len(rows)
        self.center, self.scale = window.drift.circle()
        self.tail, self.tail_seen, self.widest = tail, 0.0, 0
        self.widest_now, self._full = 0, window.drift.size
        self._width = _FIRST_WIDTH if tail > 0 else self._full
        reach = np.maximum(window.distance(rows), window.distance(cols))
        order = np.argsort(reach, kind="stable")
        probes = np.unique(np.concatenate([window.sites, rows, cols]))
        far = window.distance(probes)
        self._probes = probes[np.argsort(far, kind="stable")]
        self._probe_reach = np.sort(far)
        # Per pair of inputs (k, q): the entries that both reach, nearest first.
        self._terms = []
        for k, q in zip(*np.nonzero(noise), strict=True):
            hit = order[window.reaches(k, rows[order]) & window.reaches(q, cols[order])]
            self._terms.append((k, q, noise[k, q], hit, rows[hit], cols[hit], reach[hit]))

    def average(
        self, count: int, shift: float
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
        """Means over the angles ``-pi + 2 pi (j + shift)/count`` of integrand, R and ``|R|^2``."""
        sums = [np.zeros(len(term[3]), complex) for term in self._terms]
        mean = np.zeros((self.window.response.shape[0], len(self._probes)), complex)
        power = np.zeros(mean.shape)
        for j in range(count):
            tangent = np.tan(np.pi * ((j + shift) / count - 0.5))
            found = self.sample(self.center + self.scale * tangent)
            mean[:, : found.shape[1]] += found
            power[:, : found.shape[1]] += np.abs(found) ** 2
            weight = self.scale * (1 + tangent**2) / 2
            for total, (k, q, _, _, rows, cols, reach) in zip(sums, self._terms, strict=True):
                near = np.searchsorted(reach, self.widest_now, side="right")
                left = self.window.response[k].take(rows[:near])
                right = self.window.response[q].take(cols[:near])
                total[:near] += weight * left * right.conj()
        values = np.zeros(self.count, complex)
        for total, (_, _, strength, hit, *_) in zip(sums, self._terms, strict=True):
            values[hit] += strength * total
        return values / count, mean / count, power / count

    def sample(self, omega: complex) -> NDArray[Any]:
        """R at one frequency on the probed sites (inputs and wanted entries) within the window.

        The window is just wide enough, starting from the last one's width.
        """
        while True:
            width = min(self._width, self._full)
            edge = self.window.solve(-1j * omega, width)
            if self.tail > 0:  # the response decays exponentially: extrapolate to the tolerance
                decay = np.log(max(edge, 1e-300)) / np.log(self.tail)
                factor = 1.1 / decay if decay > 0.55 else 2.0
                self._width = max(_FIRST_WIDTH, int(width * max(0.5, factor)))
            if edge <= self.tail or width == self._full:
                break
        self.widest_now = width
        self.widest = max(self.widest, width)
        self.tail_seen = max(self.tail_seen, edge)
        near = np.searchsorted(self._probe_reach, width, side="right")
        return self.window.response[:, self._probes[:near]]


def closure_of(mean: NDArray[Any], exact: NDArray[Any], power: NDArray[Any], tail: float) -> float:
    """Largest violation of the mean value property, relative to the size of R at each site.

    A narrow resonance that all nodes miss makes it of order one at the sites of the resonance, be
    they coupled ever so weakly. Sites that windows cut off at some frequencies are left out.
    """
    wanted = np.zeros_like(mean)
    wanted[:, : exact.shape[1]] = exact
    size = np.sqrt(power)
    seen = size > 1e6 * np.sqrt(tail) * np.max(size, initial=0.0)
    mismatch = np.abs(mean - wanted) / np.where(seen, size, np.inf)
    return float(np.max(mismatch, initial=0.0))


def _geometric_error(
    change: NDArray[Any], before: NDArray[Any], values: NDArray[Any]
) -> NDArray[np.float64]:
    """Error left after a doubling that changed the values by `change`, the one before by `before`.

    If the error is ``q^M``, the next change is ``change^3/before^2``; the square root of one of
    the two extra factors is kept as a margin, and the rounding of the sum is added. The first
    doubling (`before` zero) has nothing to extrapolate from.
    """
    ratio = np.divide(change, before, out=np.ones_like(change), where=before > 0)
    left = np.where(ratio > 0.5, 3.0, ratio)  # not geometric yet: promise little
    return change * left + 64 * np.finfo(float).eps * np.abs(values)


def _check_inputs(sites: NDArray[Any], inputs: NDArray[Any], noise: NDArray[Any]) -> None:
    fits = inputs.ndim == 2 and inputs.shape[0] == sites.size == np.unique(sites).size > 0
    if not fits or noise.shape != (inputs.shape[1],) * 2:
        raise ArgumentError(
            "inputs",
            "have one row per distinct site and one column per row of `noise`",
            inputs.shape,
            f"There are {sites.size} sites, and `noise` has shape {noise.shape}.",
        )


def _check_entries(n: int, sites: NDArray[Any], rows: NDArray[Any], cols: NDArray[Any]) -> None:
    every = np.concatenate([sites, rows, cols])
    if rows.shape != cols.shape or every.min(initial=0) < 0 or every.max(initial=0) >= n:
        raise ArgumentError(
            "rows",
            f"pair up with `cols` and name sites 0 to {n - 1}",
            (rows.shape, cols.shape),
            "Give one row and one column index per wanted entry.",
        )
