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
from darkstate.linalg.unique import TIE

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
        error: estimated absolute error of `gap`, where it is exact.
        modes: labels of the modes that carry most of the slowest eigenvector.
    """

    outcome: Outcome
    gap: float
    exact: bool
    error: float = 0.0
    modes: tuple[str, ...] = ()


def dense_stability(structure: Structure, forms: dict[int, SchurForm]) -> Stability:
    """The stability read off Schur forms that are at hand; culprits are named as in `stability`.

    Eigenvalues of separate parts of a cascade may coincide in a Jordan block, which rounding tears
    apart; where a block has such parts, each is diagonalised on its own.
    """
    scales = _scales(structure)
    worst = Stability(Outcome.STABLE, np.inf, True)
    for number, block in enumerate(structure.blocks):
        if structure.mirror[number] < number:
            continue  # the conjugate block has the conjugate spectrum
        if len(_strong_parts(structure, block)) > 1:
            return stability(structure, exact=True)
        gap, error = _slowest(forms[number], _rounding(scales[block]))
        if not gap > error:
            return stability(structure, exact=True)
        found = Stability(Outcome.STABLE, gap, True, error)
        worst = found if _is_worse(found, worst) else worst
    return worst


def stability(structure: Structure, exact: bool = False) -> Stability:
    """The stability of a quadratic system (see the module's text for the method).

    Args:
        structure: the system.
        exact: diagonalise also large parts whose bound is inconclusive (cubic in their size).
    """
    scales = _scales(structure)
    worst = Stability(Outcome.STABLE, np.inf, True)
    for number, block in enumerate(structure.blocks):
        if structure.mirror[number] < number:
            continue  # the conjugate block has the conjugate spectrum
        for part in _strong_parts(structure, block):
            found = _of_part(structure, part, _rounding(scales[part]), exact)
            worst = found if _is_worse(found, worst) else worst
    return worst


def _is_worse(found: Stability, worst: Stability) -> bool:
    """Whether a part is worse than the worst so far; where modes are named, beyond rounding."""
    if found.outcome is not worst.outcome:
        return _SEVERITY[found.outcome] > _SEVERITY[worst.outcome]
    tie = max(found.error, TIE * abs(worst.gap)) if found.modes else 0.0
    return found.gap < worst.gap - tie


def _strong_parts(structure: Structure, block: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The parts of a block within which every variable acts on every other one."""
    drift = sp.csr_array(structure.drift[block][:, block])
    _, member = connected_components(abs(drift), directed=True, connection="strong")
    order = np.argsort(member, kind="stable")
    return [block[part] for part in np.split(order, np.flatnonzero(np.diff(member[order])) + 1)]


def _of_part(
    structure: Structure, variables: NDArray[np.intp], rounding: float, exact: bool
) -> Stability:
    drift = sp.csr_array(structure.drift[variables][:, variables])
    if len(variables) > DENSE_PART:
        gap = -hermitian_bound(drift)
        if gap > rounding:
            return Stability(Outcome.STABLE, gap, False)
        if not exact or len(variables) > LARGEST_EXACT:
            return Stability(Outcome.UNPROVEN, gap, False)
    gap, error = _slowest(SchurForm.of(drift.toarray()), rounding)
    if gap > error:
        return Stability(Outcome.STABLE, gap, True, error)
    outcome = Outcome.MARGINAL if gap >= -error else Outcome.UNSTABLE
    heavy = variables[_slow_variables(drift.toarray(), error)]
    names = tuple(dict.fromkeys(structure.variable_name(int(index)) for index in heavy))
    return Stability(outcome, gap, True, error, names)


def _slow_variables(drift: NDArray, error: float) -> NDArray[np.intp]:
    """The variables that the slowest modes are made of, heaviest first.

    Of modes that are equally slow the eigenvectors are free; the space that they span is not.
    """
    values, vectors = scipy.linalg.eig(drift)  # type: ignore[misc]
    rates = np.real(values)
    slow = vectors[:, rates >= rates.max() - max(error, TIE * abs(rates.max()))]
    left, sizes, _ = np.linalg.svd(slow, full_matrices=False)
    share = (np.abs(left[:, sizes > TIE * sizes[0]]) ** 2).sum(axis=1)
    order = np.argsort(-np.round(share, 9), kind="stable")
    return order[: int(np.sum(share > 0.05 * share.max()))]


def _slowest(form: SchurForm, rounding: float) -> tuple[float, float]:
    """``-Re`` of the slowest eigenvalue, and its error.

    An eigenvalue changes by the change of the matrix over ``|y† x|`` of its unit left and right
    eigenvectors, which is small where others are nearly parallel.
    """
    triangle = form.triangle
    k = int(np.argmax(np.real(np.diagonal(triangle))))
    shifted = triangle - triangle[k, k] * np.eye(len(triangle))
    floor = max(np.finfo(float).eps * float(np.abs(triangle).max()), np.finfo(float).tiny)
    equal = np.abs(np.diagonal(shifted)) < floor  # as if rounding had parted them
    shifted[equal, equal] = floor
    x, y = np.zeros(len(triangle), dtype=complex), np.zeros(len(triangle), dtype=complex)
    x[k] = y[k] = 1.0
    if k:
        x[:k] = -scipy.linalg.solve_triangular(shifted[:k, :k], triangle[:k, k])
    if k + 1 < len(triangle):
        right = triangle[k, k + 1 :].conj()
        y[k + 1 :] = -scipy.linalg.solve_triangular(shifted[k + 1 :, k + 1 :], right, trans=2)
    sensitivity = float(np.linalg.norm(x) * np.linalg.norm(y))  # y† x is 1
    return -float(triangle[k, k].real), rounding * sensitivity


def _scales(structure: Structure) -> NDArray[np.float64]:
    """Sum over the row of the moduli that were added to make the drift, for each variable."""
    sizes, _ = structure.form.added
    added = np.asarray(sizes.sum(axis=1)).ravel()
    return np.maximum(added, np.asarray(abs(structure.drift).sum(axis=1)).ravel())


def _rounding(scales: NDArray[np.float64]) -> float:
    """Rates below this are rounding errors of eigenvalues of a part with such entries."""
    return 4 * np.finfo(float).eps * float(scales.max()) * float(np.sqrt(len(scales)))


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


def dissipation(structure: Structure) -> float:
    """Lower bound of the rate at which every amplitude loses norm: ``-max eig (W + W†)/2``.

    Unlike the gap it bounds the answer of a non-normal drift, ``|exp(W t)| <= exp(-rate t)``.
    """
    blocks = (block for k, block in enumerate(structure.blocks) if structure.mirror[k] >= k)
    return min(-hermitian_bound(sp.csr_array(structure.drift[b][:, b])) for b in blocks)


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
    floor = np.finfo(float).eps * max(abs(high), abs(low))  # a bound of zero is never reached
    while high - low > max(1e-3 * abs(high), floor):
        middle = 0.5 * (low + high)
        shifted = -bands
        shifted[-1] += middle
        try:
            scipy.linalg.cholesky_banded(shifted, check_finite=False)
            high = middle
        except np.linalg.LinAlgError:
            low = middle
    return high


def _upper_bands(matrix: sp.coo_array, size: int) -> NDArray[np.complex128]:
    """LAPACK upper band storage of a Hermitian sparse matrix."""
    width = int(np.abs(matrix.row - matrix.col).max(initial=0))
    bands = np.zeros((width + 1, size), dtype=complex)
    upper = matrix.row <= matrix.col
    rows, columns = matrix.row[upper], matrix.col[upper]
    bands[width + rows - columns, columns] = matrix.data[upper]
    return bands
