"""Does the system relax, and which modes do not?

The drift's spectrum decides. It is read block by block, and inside a block by strongly connected
parts (a cascade is triangular: a source influences its chain, never the reverse, so their spectra
do not mix). Small parts are diagonalised; of a large part the Hermitian half is bounded instead,
``Re lambda <= max eig (W + W†)/2``, by banded Cholesky factorisations in linear time.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import NumericalError
from darkstate.linalg.sylvester import SchurForm

DENSE_PART = 150
"""Strongly connected parts up to this size are diagonalised; larger ones are bounded."""

LARGEST_EXACT = 3000
"""Parts up to this size are diagonalised where a bound is not enough and a proof is wanted."""


class Outcome(enum.StrEnum):
    """Whether the second moments relax; the members are the words that users read."""

    STABLE = "stable: every mode is damped"
    MARGINAL = "marginal: some modes are not damped"
    UNSTABLE = "unstable: some modes are amplified without bound"
    UNPROVEN = "stability could not be proven for a large part of the network"


_SEVERITY = {
    Outcome.STABLE: 0,
    Outcome.UNPROVEN: 1,
    Outcome.MARGINAL: 2,
    Outcome.UNSTABLE: 3,
}


@dataclass(frozen=True)
class Stability:
    """Outcome, the slowest relaxation rate (of amplitudes) and the modes responsible.

    Args:
        outcome: stable, marginal, unstable or unproven.
        gap: ``-max Re lambda`` of the drift, or a lower bound of it where `exact` is false.
        exact: whether `gap` is the spectrum's own, not a bound.
        modes: labels of the modes that carry most of the slowest eigenvector.
    """

    outcome: Outcome
    gap: float
    exact: bool
    modes: tuple[str, ...] = ()


def dense_stability(structure: Structure, forms: dict[int, SchurForm]) -> Stability:
    """The stability read off Schur forms that are at hand; culprits are named as in `stability`."""
    gaps = {number: -form.spectral_abscissa for number, form in forms.items()}
    proven = all(
        gap > _rounding(_norm(sp.csr_array(forms[number].matrix)), len(structure.blocks[number]))
        for number, gap in gaps.items()
    )
    if proven and len(gaps) == len(structure.blocks):
        return Stability(Outcome.STABLE, min(gaps.values()), True)
    return stability(structure, exact=True)


def stability(structure: Structure, exact: bool = False) -> Stability:
    """The stability of a quadratic system (see the module's text for the method).

    Args:
        structure: the system.
        exact: diagonalise also large parts whose bound is inconclusive (cubic in their size).
    """
    worst = Stability(Outcome.STABLE, np.inf, True)
    for number, block in enumerate(structure.blocks):
        if structure.mirror[number] < number:
            continue  # the conjugate block has the conjugate spectrum
        drift = sp.csr_array(structure.drift[block][:, block])
        _, member = connected_components(abs(drift), directed=True, connection="strong")
        order = np.argsort(member, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(member[order])) + 1)
        for part in parts:
            found = _of_part(structure, sp.csr_array(drift[part][:, part]), block[part], exact)
            worst = max(worst, found, key=lambda each: (_SEVERITY[each.outcome], -each.gap))
    return worst


def _of_part(
    structure: Structure, drift: sp.csr_array, variables: NDArray[np.intp], exact: bool
) -> Stability:
    rounding = _rounding(_norm(drift), len(variables))
    if len(variables) > DENSE_PART:
        gap = -hermitian_bound(drift)
        if gap > rounding:
            return Stability(Outcome.STABLE, gap, False)
        if not exact or len(variables) > LARGEST_EXACT:
            return Stability(Outcome.UNPROVEN, gap, False)
    values, vectors = _eigen(drift.toarray())
    slowest = int(np.argmax(np.real(values)))
    gap = -float(values[slowest].real)
    if gap > rounding:
        return Stability(Outcome.STABLE, gap, True)
    outcome = Outcome.MARGINAL if gap >= -rounding else Outcome.UNSTABLE
    weight = np.abs(vectors[:, slowest]) ** 2
    heavy = variables[np.argsort(-weight)][: int(np.sum(weight > 0.05 * weight.max()))]
    names = tuple(dict.fromkeys(structure.variable_name(int(index)) for index in heavy))
    return Stability(outcome, gap, True, names)


def _norm(drift: sp.csr_array) -> float:
    return float(abs(drift).sum(axis=1).max())


def _rounding(scale: float, size: int) -> float:
    """Rates below this are rounding errors of eigenvalues of a drift of norm `scale`."""
    return 4 * np.finfo(float).eps * scale * float(np.sqrt(size))


def _eigen(matrix: NDArray) -> tuple[NDArray, NDArray]:
    if len(matrix) == 1:
        return matrix[0], np.ones((1, 1))
    values, vectors = scipy.linalg.eig(matrix)  # type: ignore[misc]
    return values, vectors


def require_stable(found: Stability) -> None:
    """Refuse systems without a unique steady state.

    Raises:
        NumericalError: unstable or marginal; the modes responsible are named.
    """
    if found.outcome in (Outcome.STABLE, Outcome.UNPROVEN):
        return
    modes = ", ".join(found.modes[:6]) + (", ..." if len(found.modes) > 6 else "")
    remedy = (
        "Lower the gain or raise the loss."
        if found.outcome is Outcome.UNSTABLE
        else "Give them some loss or connect them to a damped part; or use evolve()."
    )
    raise NumericalError(
        f"The system has no unique steady state: {found.outcome} (slowest amplitude rate "
        f"{found.gap:.3g}, mostly in {modes}). {remedy}"
    )


def hermitian_bound(drift: sp.csr_array) -> float:
    """Upper bound of ``max eig (W + W†)/2`` to 1e-3 relative, in linear time for banded W.

    Bisection on ``mu - (W + W†)/2 > 0``, tested by banded Cholesky after a bandwidth-reducing
    order. The starting bound is Gershgorin's.
    """
    half = sp.csr_matrix(0.5 * (drift + drift.conj().T))
    diagonal = half.diagonal().real
    radius = np.asarray(abs(half).sum(axis=1)).ravel() - np.abs(diagonal)
    high = float(np.max(diagonal + radius))
    low = float(np.max(diagonal))
    order = reverse_cuthill_mckee(sp.csr_matrix(abs(half)), symmetric_mode=True)
    bands = _upper_bands(sp.coo_array(half[order][:, order]), len(diagonal))
    while high - low > 1e-3 * abs(high):
        middle = 0.5 * (low + high)
        shifted = -bands
        shifted[-1] += middle
        try:
            scipy.linalg.cholesky_banded(shifted, check_finite=False)
            high = middle
        except np.linalg.LinAlgError:
            low = middle
        if high - low < 1e-300:
            break
    return high


def _upper_bands(matrix: sp.coo_array, size: int) -> NDArray[np.complex128]:
    """LAPACK upper band storage of a Hermitian sparse matrix."""
    width = int(np.abs(matrix.row - matrix.col).max(initial=0))
    bands = np.zeros((width + 1, size), dtype=complex)
    upper = matrix.row <= matrix.col
    rows, columns = matrix.row[upper], matrix.col[upper]
    bands[width + rows - columns, columns] = matrix.data[upper]
    return bands
