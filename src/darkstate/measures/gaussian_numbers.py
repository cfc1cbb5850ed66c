"""Entropy, purity, mutual information, EPR variance and steering of Gaussian states.

All follow from symplectic eigenvalues nu (vacuum 1/2) of covariance matrices of the parties.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.linalg.symplectic import resolved_eigenvalues, symplectic_eigenvalues
from darkstate.measures.dispatch import Measure, Pair, as_group
from darkstate.states import GaussianState, PairwiseGaussianState

entropy = Measure(
    "entropy",
    r"$S$",
    "bit",
    1,
    """Von Neumann entropy ``S = -Tr rho log2 rho`` of the labelled part, in bits.

    Args:
        state: the state.
        labels: label or labels of the part; all if left out.

    Returns:
        S >= 0. Gaussian: ``sum_k log2(1+n_k) + n_k log2(1+1/n_k)`` with ``n_k = nu_k - 1/2``.

    Source: Weedbrook et al., Rev. Mod. Phys. 84, 621 (2012).
    """,
    references=("weedbrook2012",),
)

purity = Measure(
    "purity",
    r"$\mathrm{Tr}\,\rho^2$",
    "",
    1,
    """Purity ``Tr rho^2`` of the labelled part (all if left out); one for a pure state.

    Args:
        state: the state.
        labels: label or labels of the part.

    Returns:
        A number in (0, 1]. Gaussian: ``prod_k 1/(2 nu_k)``.

    Source: Weedbrook et al., Rev. Mod. Phys. 84, 621 (2012).
    """,
    references=("weedbrook2012",),
)

mutual_information = Measure(
    "mutual_information",
    r"$I$",
    "bit",
    2,
    """Quantum mutual information ``S(A) + S(B) - S(AB)`` between two parties, in bits.

    Args:
        state: the state.
        first: label or labels of A.
        second: label or labels of B.

    Returns:
        A number >= 0; zero iff the parties are uncorrelated.
    """,
    references=("weedbrook2012",),
)

epr_variance = Measure(
    "epr_variance",
    r"$\Delta_{\mathrm{EPR}}$",
    "",
    2,
    """EPR variance of two modes, minimised over local phases.

    ``[Var(x_a - x_b) + Var(p_a + p_b)]/2 = 1 + n_a + n_b - 2|<a b>|`` for the best local phases;
    below 1 the modes are entangled, 0 is the ideal EPR state.

    Args:
        state: a Gaussian state.
        first: one mode.
        second: another mode.

    Source: Duan, Giedke, Cirac, Zoller, Phys. Rev. Lett. 84, 2722 (2000).
    """,
    references=("duan2000",),
)

steering = Measure(
    "steering",
    r"$G^{A\to B}$",
    "ebit",
    2,
    """Gaussian steerability of the second party by measurements on the first, in ebits.

    ``G = sum_k max(0, -log2(2 nu_k))`` over the symplectic eigenvalues of the Schur complement
    ``sigma_B - C^T sigma_A^{-1} C``. Not symmetric: ``steering(state, "A1", "B1")`` is A1 -> B1.
    As for `log_negativity`, more than about ``log2(1/(eps n))`` ebits, eps = 2e-16, cannot be
    resolved from double-precision moments; such values are limited by rounding.

    Args:
        state: a Gaussian state.
        first: label or labels of the steering party.
        second: label or labels of the steered party.

    Source: Kogias, Lee, Ragy, Adesso, Phys. Rev. Lett. 114, 060403 (2015).
    """,
    references=("kogias2015",),
)

Kept = GaussianState | PairwiseGaussianState


def _spectrum(state: Kept, labels: Sequence[str] | str | None) -> NDArray:
    part = state.reduced(state.labels if labels is None else as_group(labels))
    return np.maximum(symplectic_eigenvalues(part.covariance), 0.5)


@entropy.register(GaussianState, PairwiseGaussianState)
def _entropy(state: Kept, labels: Sequence[str] | str | None = None) -> float:
    n = _spectrum(state, labels) - 0.5
    # both terms are positive: nothing cancels, however hot the mode
    rest = n * np.log1p(1.0 / np.maximum(n, 1e-300))
    return float(np.sum(np.log1p(n) + rest) / np.log(2.0))


@purity.register(GaussianState, PairwiseGaussianState)
def _purity(state: Kept, labels: Sequence[str] | str | None = None) -> float:
    return float(np.prod(0.5 / _spectrum(state, labels)))


@mutual_information.register(GaussianState, PairwiseGaussianState)
def _mutual(state: Kept, first: Sequence[str], second: Sequence[str]) -> float:
    a, b = as_group(first), as_group(second)
    return max(0.0, _entropy(state, a) + _entropy(state, b) - _entropy(state, [*a, *b]))


@epr_variance.register(GaussianState, PairwiseGaussianState)
def _epr(state: Kept, first: str, second: str) -> float:
    parties = as_group(first), as_group(second)
    for name, party in zip(("first", "second"), parties, strict=True):
        if len(party) != 1:
            raise ArgumentError(name, "be one mode", party, "Give two single labels.")
    (a,), (b,) = parties
    return float(_epr_many(state, [(a, b)])[0])


@epr_variance.register_many(GaussianState, PairwiseGaussianState)
def _epr_many(state: Kept, pairs: Sequence[Pair]) -> NDArray:
    pair = state.pair_moments(pairs)
    return 1.0 + pair.n_i + pair.n_j - 2.0 * np.abs(pair.m)


@steering.register(GaussianState, PairwiseGaussianState)
def _steering(state: Kept, first: Sequence[str], second: Sequence[str]) -> float:
    a, b = as_group(first), as_group(second)
    sigma = state.reduced([*a, *b]).covariance
    k = 2 * len(a)
    nu = resolved_eigenvalues(_schur_complement(sigma, k), sigma[k:, k:])
    return float(np.sum(np.maximum(0.0, -np.log2(2.0 * nu))))


def _schur_complement(sigma: NDArray, k: int) -> NDArray:
    """``sigma_B - C^T sigma_A^{-1} C`` for the first k quadratures A, positive despite rounding.

    It is ``F F^T`` with F the last block of Cholesky's factor, taken with as much of the rounding
    errors added to the variances as keeps it real.
    """
    size = np.repeat(np.sqrt(np.diagonal(sigma).reshape(-1, 2).mean(axis=1)), 2)
    unit = sigma / np.outer(size, size)
    for growth in range(10):
        added = 4.0**growth * np.finfo(float).eps * np.eye(len(sigma))
        try:
            lower = np.linalg.cholesky(unit + added)
        except np.linalg.LinAlgError:
            continue
        factor = (size[:, None] * lower)[k:, k:]
        return factor @ factor.T
    raise UnphysicalError(
        "state",
        "have a positive covariance matrix (smallest eigenvalue, variances scaled to 1, >= 0)",
        np.linalg.eigvalsh(unit)[0],
        "Check its moments with state.margin().",
    )
