"""Logarithmic negativity in ebits, ``E_N = log2 ||rho^{T_B}||_1``.

    negativity N                    E_N = log2(1 + 2 N)
    symplectic eigenvalues nu_k     E_N = sum_k max(0, -log2(2 nu_k))     (Gaussian states)

The nu_k are those of the partially transposed covariance matrix. Weak entanglement is not lost in
the difference of a norm from one, as N is known by itself. Moments of size n are known to ``eps n``
(eps = 2e-16), and so is nu; where rounding has used up what is left of it, nu is taken to be of
that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.linalg.symplectic import partial_transpose, resolved_eigenvalues
from darkstate.measures.dispatch import Measure, Pair
from darkstate.measures.negativity import negativity
from darkstate.measures.spectra import DENSE, GAUSSIAN, Gaussian
from darkstate.states import (
    DickePairState,
    EnsembleState,
    GaussianBatch,
    GaussianState,
    PairMoments,
    SchmidtState,
)

log_negativity = Measure(
    "log_negativity",
    r"$E_N$",
    "ebit",
    2,
    """Logarithmic negativity between two parties, ``E_N = log2 ||rho^{T_B}||_1``, in ebits.

    Args:
        state: the state.
        first: label or labels of one party.
        second: label or labels of the other; whatever is in neither is traced out.

    Returns:
        E_N >= 0; zero iff the partial transpose is positive (for one mode against many modes of a
        Gaussian state: iff separable). Always finite: between Gaussian modes of n photons,
        entanglement above about ``log2(1/(eps n))``, eps = 2e-16, cannot be resolved from
        double-precision moments, and that much is returned (at 1e9 photons 21 ebits, at 1e16 none).

    Source: Vidal and Werner, Phys. Rev. A 65, 032314 (2002); Plenio, Phys. Rev. Lett. 95, 090503.
    """,
    references=("vidal2002", "plenio2005"),
    words="logarithmic negativity",
)


@log_negativity.register(*DENSE, EnsembleState, SchmidtState, DickePairState)
def _of_negativity(state: Any, first: Sequence[str], second: Sequence[str]) -> float:
    return float(np.log1p(2.0 * negativity(state, first, second)) / np.log(2.0))


@log_negativity.register(*GAUSSIAN)
def _of_modes(state: Gaussian, first: Sequence[str], second: Sequence[str]) -> float:
    if len(first) == 1 and len(second) == 1:
        return float(_of_pairs(state, [(first[0], second[0])])[0])
    return _general(state.reduced([*first, *second]), len(first))


def _general(state: GaussianState, first: int) -> float:
    """Between the first `first` modes of a state and its other modes."""
    sigma = partial_transpose(state.covariance, range(first, len(state.labels)))
    nu = resolved_eigenvalues(sigma, sigma)
    return float(np.sum(np.maximum(0.0, -np.log2(2.0 * nu))))


@log_negativity.register_many(*GAUSSIAN)
def _of_pairs(state: Gaussian, pairs: Sequence[Pair]) -> NDArray:
    moments = state.pair_moments(pairs)
    result = _closed_form(moments)
    general = (moments.c != 0) | (moments.s_i != 0) | (moments.s_j != 0)
    for k in np.flatnonzero(general).tolist():
        result[k] = _general(state.reduced(pairs[k]), 1)
    return result


@log_negativity.register_many(GaussianBatch)
def _of_samples(state: GaussianBatch, pairs: Sequence[Pair]) -> NDArray:
    """Values (B, P): the closed form where it applies to every sample, else sample by sample."""
    moments = state.pair_moments(pairs)
    scale = np.abs(moments.m).max(initial=1e-300)
    other = max(np.abs(x).max(initial=0.0) for x in (moments.c, moments.s_i, moments.s_j))
    if other <= 1e-13 * scale:
        return _closed_form(moments)
    return np.array([_of_pairs(state[sample], pairs) for sample in range(len(state))])


def _closed_form(pair: PairMoments) -> NDArray:
    """Closed form where only n_i, n_j, m are nonzero, without cancellation for weak correlations.

    With vacuum at 1, ``nu = 1 + n_i + n_j - sqrt((n_i - n_j)^2 + 4 |m|^2)``; the small difference
    is taken as ``4 (n_i n_j - |m|^2) / (n_i + n_j + root)``. Rounding of the moments changes it by
    ``eps min(n_i, n_j)``, below which nu is not resolved.
    """
    m = np.abs(pair.m)
    root = np.hypot(pair.n_i - pair.n_j, 2 * m)
    total = pair.n_i + pair.n_j + root
    n_i, n_j = np.maximum(pair.n_i, 0.0), np.maximum(pair.n_j, 0.0)
    geometric = np.sqrt(n_i) * np.sqrt(n_j)
    share = np.divide(geometric + m, total, out=np.zeros_like(total), where=total > 0)
    shift = 4.0 * (geometric - m) * share
    resolved = np.finfo(float).eps * (1.0 + 2.0 * np.minimum(n_i, n_j))
    value = -np.log1p(np.maximum(shift, resolved - 1.0)) / np.log(2.0)
    return np.maximum(0.0, value) + 0.0  # no -0.0
