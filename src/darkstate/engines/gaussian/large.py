"""Huge narrow networks with few noise inputs: chosen pairs by quadrature over frequency.

Where a charge (+1 or -1 per mode) is conserved, one of ``a_i, a_i†`` stands for each mode; the N
chosen variables v obey ``dv/dt = W v + noise`` with a banded W, and ``<: v v† :>`` is an integral
over frequency of banded solves (see `darkstate.linalg.quadrature`). Vacuum loss has no normally
ordered noise, so a lossy chain of 1e5 sites still has only its drive as input. No N x N matrix is
ever made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.contract import Cost
from darkstate.engines.gaussian.rounding import EPS, SAFETY, lost_digits
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import EngineMismatchError
from darkstate.linalg.banded import BandedDrift
from darkstate.linalg.quadrature import stationary_correlations
from darkstate.states import PairMoments


@dataclass(frozen=True)
class LargeResult:
    """Moments of the kept pairs, and what is known of their error.

    Args:
        moments: second moments of the pairs.
        error: estimated absolute error of the worst moment by the integral.
        rounding: the same by rounding of drift and source.
        margin: smallest ``n_i n_j + min(n_i, n_j) - |m|^2`` (or ``n_i n_j - |c|^2``) over
            ``(n_i + 1/2)(n_j + 1/2)``, >= 0 for physical pairs.
        nodes: number of frequencies.
        converged: whether the tolerance was met.
        tail: weight of the response where the window was cut.
        window: how far from the inputs the response was followed, in words.
        spacing: distance of the frequencies where they are densest needed, at the band's centre.
    """

    moments: PairMoments
    error: float
    rounding: float
    margin: float
    nodes: int
    converged: bool
    tail: float
    window: str
    spacing: float


class ReducedVariables:
    """One of ``a_i, a_i†`` for each mode, in the order that makes the drift narrow.

    Args:
        structure: with a conserved charge.

    Raises:
        EngineMismatchError: no charge is conserved, so that no set of N variables closes.
    """

    def __init__(self, structure: Structure):
        if structure.representatives is None:
            raise EngineMismatchError(
                "The quadrature method needs a conserved charge +-1 per mode, which this system "
                "lacks. Use Gaussian(method='dense')."
            )
        order, n = structure.banded_order, len(structure.form.labels)
        self.site_of_mode = np.empty(n, dtype=np.intp)
        self.site_of_mode[order % n] = np.arange(len(order))
        self.raised = np.empty(n, dtype=bool)
        self.raised[order % n] = order >= n
        self.inputs = _inputs(structure, order)
        self.drift = _banded_drift(structure, order)

    def sites(self, variables: NDArray[np.intp]) -> NDArray[np.intp]:
        """Places of Nambu variables, or of their conjugates if these stand for the mode."""
        return self.site_of_mode[variables % len(self.site_of_mode)]

    def flipped(self, variables: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether the conjugates of Nambu variables stand for their modes."""
        n = len(self.site_of_mode)
        return self.raised[variables % n] != (variables >= n)


def suits_quadrature(structure: Structure) -> bool:
    """Whether the network is narrow, with few noise inputs and a conserved charge."""
    return (
        structure.representatives is not None
        and structure.bandwidth <= 8
        and len(structure.driven) <= 16
    )


_MODE_BYTES = 2300.0
"""Terms of the Hamiltonian and jumps of one mode as Python objects, and sparse matrices of them."""


def large_cost(structure: Structure, pairs: int) -> Cost:
    """Predicted cost: memory linear in modes and pairs; time for some thousand frequencies."""
    n, k = len(structure.form.labels), max(1, len(structure.driven) // 2)
    memory = 16.0 * n * (40 + 4 * k) + 200.0 * pairs + _MODE_BYTES * n
    return Cost(memory, 4.0 + 2.2e-5 * n * (structure.bandwidth + 1) * k)


def large_steady_state(
    structure: Structure, pairs: Sequence[tuple[str, str]], rtol: float
) -> LargeResult:
    """Stationary moments of `pairs` (labels) to `rtol` of the largest one.

    Raises:
        EngineMismatchError: no charge is conserved, so that no set of N variables closes.
    """
    reduced = ReducedVariables(structure)
    site_of_mode, raised = reduced.site_of_mode, reduced.raised
    index = {label: k for k, label in enumerate(structure.form.labels)}
    first = np.array([index[pair[0]] for pair in pairs], dtype=np.intp)
    second = np.array([index[pair[1]] for pair in pairs], dtype=np.intp)
    modes, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    rows = np.concatenate([site_of_mode[modes], site_of_mode[first]])
    cols = np.concatenate([site_of_mode[modes], site_of_mode[second]])

    sites, noise = reduced.inputs
    if not len(sites):
        return _vacuum(len(pairs))
    drift = reduced.drift
    found = stationary_correlations(drift, sites, np.eye(len(sites)), noise, rows, cols, rtol=rtol)
    photons, cross = np.real(found.values[: len(modes)]), found.values[len(modes) :]
    n_i, n_j = photons[place[: len(first)]], photons[place[len(first) :]]
    moments = _pair_moments(n_i, n_j, cross, raised[first], raised[second])
    largest = max(1.0, float(n_i.max()), float(n_j.max()))
    return LargeResult(
        moments=moments,
        error=float(np.max(found.error_estimate, initial=0.0)),
        rounding=SAFETY * EPS * lost_digits(structure) * largest,
        margin=_margin(n_i, n_j, moments.m, moments.c),
        nodes=found.nodes,
        converged=found.converged,
        tail=found.tail,
        window=f"responses followed {found.window} sites from the inputs",
        spacing=np.pi * drift.circle()[1] / found.nodes,
    )


def _pair_moments(
    n_i: NDArray, n_j: NDArray, cross: NDArray, first: NDArray, second: NDArray
) -> PairMoments:
    """Moments of pairs from their correlations.

    Args:
        n_i, n_j: photons of the two modes.
        cross: correlation of the variables that stand for them.
        first, second: whether that variable is the creation operator.
    """
    alike = first == second
    oriented = np.where(first == alike, cross, cross.conj())
    zero = np.zeros(len(first), dtype=complex)
    m, c = np.where(alike, zero, oriented), np.where(alike, oriented, zero)
    return PairMoments(n_i, n_j, m, c, zero, zero)


def _vacuum(count: int) -> LargeResult:
    """Nothing drives the network: all modes are empty."""
    none, zero = np.zeros(count), np.zeros(count, dtype=complex)
    moments = PairMoments(none, none, zero, zero, zero, zero)
    return LargeResult(moments, 0.0, 0.0, 0.0, 0, True, 0.0, "no noise source: vacuum", 0.0)


def _inputs(structure: Structure, order: NDArray[np.intp]) -> tuple[NDArray, NDArray]:
    source = sp.csr_array(structure.source[order][:, order])
    sites = np.unique(source.nonzero()[0])
    return sites, source[sites][:, sites].toarray()


def _banded_drift(structure: Structure, order: NDArray[np.intp]) -> BandedDrift:
    drift = sp.coo_array(structure.drift[order][:, order])
    lower = int(np.max(drift.row - drift.col, initial=0))
    upper = int(np.max(drift.col - drift.row, initial=0))
    bands = np.zeros((lower + upper + 1, len(order)), dtype=complex)
    bands[upper + drift.row - drift.col, drift.col] = drift.data
    return BandedDrift(bands, lower, upper)


def _margin(n_i: NDArray, n_j: NDArray, m: NDArray, c: NDArray) -> float:
    paired = n_i * n_j + np.minimum(n_i, n_j) - np.abs(m) ** 2
    hopping = n_i * n_j - np.abs(c) ** 2
    scale = (n_i + 0.5) * (n_j + 0.5)
    return float(np.min(np.where(c == 0, paired, hopping) / scale, initial=0.0))
