"""Products of pure two-qubit pairs: their amplitudes, their exact measures, their order of labels.

State vectors of N pairs run over A1, .., AN, B1, .., BN: the bit of A1 is the most significant one,
and bit 0 is the ground state. ``sqrt(1-c^2)|00> + c|11>`` has the concurrence
``C = 2 c sqrt(1-c^2)`` and the logarithmic negativity ``log2(1 + C)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import CapacityError
from darkstate.models.base import Truth
from darkstate.models.drives import SqueezedDrive

MAX_PAIRS = 8
"""Pairs whose joint state is written out: 65,536 amplitudes."""
Vector = NDArray[np.complex128]


def is_squeezed_vacuum(drive: object) -> bool:
    """Whether the drive is white and pure, ``mbar^2 = nbar(nbar+1)``."""
    if not isinstance(drive, SqueezedDrive):
        return False
    return drive.correlation >= math.sqrt(drive.nbar * (drive.nbar + 1))


def pair_amplitudes(nbar: float, sign: float) -> Vector:
    """``sqrt(1-c^2)|00> + sign c|11>`` with ``c^2 = nbar/(2 nbar+1)``, shape (4,)."""
    weights = np.array([nbar + 1, 0.0, 0.0, nbar]) / (2 * nbar + 1)
    return np.sqrt(weights).astype(complex) * np.array([1, 0, 0, sign])


def check_pairs(count: int) -> None:
    """Refuse state vectors of more than `MAX_PAIRS` pairs.

    Raises:
        CapacityError: there are more.
    """
    if count > MAX_PAIRS:
        raise CapacityError(
            f"State vectors are written out for at most {MAX_PAIRS} pairs, not for {count}: they "
            f"have 4^{count} amplitudes. Ask for fewer pairs, or use the closed form pair by pair."
        )


def product_of_pairs(pairs: Sequence[Vector]) -> Vector:
    """Amplitudes of ``prod_j |pair_j>`` on A1..AN, B1..BN, from those on (A_j, B_j).

    Raises:
        CapacityError: more than `MAX_PAIRS` pairs.
    """
    n = len(pairs)
    check_pairs(n)
    psi: NDArray[Any] = np.ones(1, dtype=complex)
    for pair in pairs:
        psi = np.kron(psi, pair)
    order = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]
    return psi.reshape([2] * (2 * n)).transpose(order).reshape(-1)


def pair_truths(
    nbar: float, pairs: Sequence[tuple[str, str]], condition: str, reference: str
) -> tuple[Truth, ...]:
    """Concurrence, logarithmic negativity and purity of pairs with ``c^2 = nbar/(2 nbar+1)``."""
    C = 2 * math.sqrt(nbar / (2 * nbar + 1)) * math.sqrt((nbar + 1) / (2 * nbar + 1))
    known = (
        ("concurrence", C, "C = 2 sqrt(nbar(nbar+1))/(2 nbar+1)"),
        ("log_negativity", math.log2(1 + C), "E_N = log2(1 + C)"),
        ("purity", 1.0, "tr rho^2 = 1"),
    )
    return tuple(
        Truth(
            measure,
            (pair,) if measure == "purity" else pair,
            value,
            f"{statement}: {condition}",
            reference,
        )
        for pair in pairs
        for measure, value, statement in known
    )
