"""The smallest eigenvalue of many Hermitian matrices, as over the times of an evolution.

``A - m`` has a Cholesky factor if no eigenvalue of A is below m, which is found in less than half
of the time that eigenvalues take. So a few matrices are diagonalised, and the others are asked
whether they have a smaller one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIAGONALISED = 2
"""One matrix more is diagonalised at first."""
_EPS = float(np.finfo(float).eps)


def least_eigenvalue(matrices: NDArray[Any], within: float = 0.0) -> float:
    """The smallest eigenvalue of all matrices.

    Args:
        matrices: (T, d, d) Hermitian.
        within: by how much it may be told too low.
    """
    step, size = len(matrices) // _DIAGONALISED, matrices.shape[1]
    if step > 1 and within > _EPS * size**2:  # rounding decides nothing
        bound = float(np.linalg.eigvalsh(matrices[::step])[:, 0].min()) - within
        with suppress(np.linalg.LinAlgError):
            np.linalg.cholesky(matrices - bound * np.eye(size))
            return bound
    return float(np.linalg.eigvalsh(matrices)[:, 0].min())
