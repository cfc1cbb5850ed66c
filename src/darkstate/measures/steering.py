"""Gaussian steerability in ebits, ``G = sum_k max(0, -log2(2 nu_k))``.

The nu are the symplectic eigenvalues of the Schur complement ``sigma_B - C^T sigma_A^{-1} C``, the
covariance of B once A has been measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import UnphysicalError
from darkstate.linalg.symplectic import resolved_eigenvalues
from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import GAUSSIAN, Gaussian

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


@steering.register(*GAUSSIAN)
def _of_modes(state: Gaussian, first: Sequence[str], second: Sequence[str]) -> float:
    sigma = state.reduced([*first, *second]).covariance
    k = 2 * len(first)
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
