"""All correlations of chains with few noise inputs, by quadrature over frequency.

Where every block of amplitudes is a chain (tridiagonal drift) and noise enters few of its sites,
`darkstate.linalg.covariance` beats Schur forms by far. The relaxation gap decides how many
frequencies are needed, so this method is for chains with loss.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from darkstate.engines.gaussian.dense import scatter
from darkstate.engines.gaussian.rounding import (
    EPS,
    SAFETY,
    RoundingError,
    lost_digits,
    nambu_moments,
    rounding_error,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.banded import BandedDrift
from darkstate.linalg.covariance import BandedChain, CovarianceResult, chain_covariances
from darkstate.states import GaussianState

SMALLEST_CHAIN = 64
"""Below this length Schur forms are as fast."""

MOST_FREQUENCIES = 2**15
"""With more frequencies than this Schur forms are preferred."""

MOST_INPUTS = 8
"""Noise inputs per chain up to which the method is tried."""


def suits_chains(structure: Structure) -> bool:
    """Whether all blocks are chains with few noise inputs, and long enough."""
    return (
        structure.largest_block >= SMALLEST_CHAIN
        and structure.chains is not None
        and len(structure.driven) <= 2 * MOST_INPUTS
    )


def frequencies_needed(structure: Structure, gap: float) -> float:
    """How many frequencies resolve a relaxation gap: about 20 times the band over the gap."""
    band = float(abs(structure.drift).sum(axis=1).max())
    return 20.0 * band / gap if gap > 0 else np.inf


def chains_seconds(structure: Structure, gap: float) -> float:
    """Predicted time: responses linear, products quadratic in the length, per frequency."""
    n = structure.largest_block
    pairs = max(1, len(structure.correlated))
    return 0.02 + frequencies_needed(structure, gap) * (8e-7 * n + 9e-10 * pairs * n**2)


def chains_memory(structure: Structure) -> float:
    """Predicted peak bytes: moments, blocks of the covariance, and a chunk of responses.

    To judge the errors there are besides the Nambu moments, the covariance or those of a second
    integral, and a factorisation or a difference, (2N, 2N) each.
    """
    n = len(structure.form.labels)
    longest = structure.largest_block
    judging = 2 * n**2 + 3 * (2 * n) ** 2
    blocks = len(structure.correlated) * longest**2
    return 16.0 * (2 * n**2 + blocks + judging + 6 * 512 * longest)


def chains_steady_state(
    structure: Structure, stretch: float = 1.0
) -> tuple[GaussianState, CovarianceResult]:
    """The state with all correlations, and the quality of its blocks.

    Frequencies reach `stretch` times as far as the drift's spectrum does.

    Raises:
        NumericalError: the frequency integral is not resolved: the gap is too small.
    """
    assert structure.chains is not None
    numbers = list(structure.chains)
    orders = [structure.chains[number] for number in numbers]
    chains = []
    for order in orders:
        source = sp.csr_array(structure.source[order])
        sites = np.unique(source.nonzero()[0])
        chains.append(BandedChain(_tridiagonal(structure, order), sites))
    at = {number: k for k, number in enumerate(numbers)}
    mirrored = {structure.mirror[number]: k for k, number in enumerate(numbers)}
    pairs = []
    for p, q in structure.correlated:
        # both blocks or both mirror images are representatives; the images hold the same moments
        i, j = (at[p], at[q]) if p in at else (mirrored[p], mirrored[q])
        rows, columns = orders[i][chains[i].sites], orders[j][chains[j].sites]
        pairs.append((i, j, structure.source[rows][:, columns].toarray()))
    n = len(structure.form.labels)
    if not pairs:  # nothing drives the network
        empty = GaussianState.vacuum(structure.form.labels)
        return empty, CovarianceResult((), 0, 0.0)
    found = chain_covariances(chains, pairs, max_nodes=MOST_FREQUENCIES, stretch=stretch)
    number = np.zeros((n, n), dtype=complex)
    anomalous = np.zeros((n, n), dtype=complex)
    for (i, j, _), block in zip(pairs, found.blocks, strict=True):
        scatter(number, anomalous, orders[i], orders[j], block)
    return GaussianState(structure.form.labels, number, anomalous), found


def chains_error(
    structure: Structure, state: GaussianState, residual: float, rate: float
) -> RoundingError:
    """Errors of the moments.

    If every amplitude is damped at `rate`, a remainder R of the equations changes the moments by
    ``|R|/(2 rate)``. Where only the network as a whole is damped (a source that feeds a chain), the
    integral is made again with other frequencies.

    Args:
        structure: the chains.
        state: their state.
        residual: largest backward error of a block, relative to norms.
        rate: see `darkstate.engines.gaussian.stability.dissipation`.
    """
    moments = nambu_moments(np.asarray(state.number), np.asarray(state.anomalous))
    norm = max(1.0, float(np.linalg.norm(moments)))
    if rate > 0:
        size = float(abs(structure.drift).sum(axis=1).max())
        integral = residual * size * norm / rate
    else:
        other, _ = chains_steady_state(structure, stretch=1.37)
        again = nambu_moments(np.asarray(other.number), np.asarray(other.anomalous))
        integral = SAFETY * float(np.linalg.norm(again - moments))
    return rounding_error(moments, (), integral + SAFETY * EPS * lost_digits(structure) * norm)


def _tridiagonal(structure: Structure, order: np.ndarray) -> BandedDrift:
    drift = structure.drift[order][:, order]
    below, diagonal, above = (drift.diagonal(k) for k in (-1, 0, 1))
    return BandedDrift.tridiagonal(below, diagonal, above)
