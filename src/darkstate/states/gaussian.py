"""Gaussian states of modes, kept as normally ordered second moments.

A Gaussian state of N modes is fixed by

    alpha_i = <a_i>,   N_ij = <a_i† a_j> - alpha_i* alpha_j,   M_ij = <a_i a_j> - alpha_i alpha_j.

Moments rather than a covariance matrix are stored because they are zero in the vacuum: far down a
lossy chain, where 1e-20 photons are left, ``1/2 + 1e-20`` would have forgotten them. The quadrature
covariance (vacuum 1/2, order x1, p1, x2, p2, ...) is derived when asked for.

`GaussianState` knows every correlation; `PairwiseGaussianState` (of very large networks) knows the
photon numbers and the correlations of chosen pairs only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import (
    LARGEST_SQUEEZING,
    as_labels,
    check_array,
    check_integer,
    check_labels,
    check_real,
    check_reals,
    check_sequence,
)
from darkstate.conventions import VACUUM_VARIANCE
from darkstate.display import state_text
from darkstate.errors import ArgumentError, MissingError, UnphysicalError
from darkstate.linalg.symplectic import uncertainty_margin
from darkstate.states.density import DensityState
from darkstate.states.fock import fock_matrix
from darkstate.states.gaussian_moments import gaussian_mean, labels_of
from darkstate.states.matrices import mean_value
from darkstate.states.subsystems import check_matrix_fits
from darkstate.systems.operators import OperatorSum

Moments = NDArray[Any]
"""Real or complex moments; stored as complex."""

_ASYMMETRY = 1e-9
"""How far from Hermitian rounding may leave moments, as a fraction of the largest."""

_NOISE = 1e-12
"""The same in photons, for states so weak that they are all rounding."""

_VIOLATION = 1e-9
"""Largest violation of the uncertainty relation, relative to the variances, taken for rounding."""


@dataclass(frozen=True)
class PairMoments:
    """Second moments of P pairs of modes (i, j), arrays of shape (P,): all that two modes share.

    ``n_i = <a_i† a_i>``, n_j, ``m = <a_i a_j>``, ``c = <a_i† a_j>``, ``s_i = <a_i a_i>``, s_j.
    """

    n_i: NDArray[np.float64]
    n_j: NDArray[np.float64]
    m: Moments
    c: Moments
    s_i: Moments
    s_j: Moments


@dataclass(frozen=True, repr=False)
class GaussianState:
    """A Gaussian state of labelled modes.

    Args:
        labels: names of the N modes.
        number: (N, N) Hermitian, ``<a_i† a_j>`` of the fluctuations.
        anomalous: (N, N) symmetric, ``<a_i a_j>`` of the fluctuations.
        mean: (N,) amplitudes ``<a_i>``; zero by default.

    Raises:
        ArgumentError: wrong shapes, repeated labels, non-finite entries, or moments that are not
            Hermitian or symmetric beyond rounding (which is averaged away).
    """

    labels: tuple[str, ...]
    number: Moments
    anomalous: Moments
    mean: Moments | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", as_labels("labels", self.labels))
        n = len(self.labels)
        check_labels("labels", self.labels, self.labels)
        for name, shape in (("number", (n, n)), ("anomalous", (n, n)), ("mean", (n,))):
            value = getattr(self, name)
            rule, remedy = f"be finite with shape {shape}", "One row and column per label."
            given = np.zeros(n) if value is None and name == "mean" else value
            try:
                array = np.asarray(given, dtype=complex)
            except (TypeError, ValueError, OverflowError):
                raise ArgumentError(name, rule, given, remedy) from None
            if array.shape != shape or not np.all(np.isfinite(array)):
                raise ArgumentError(name, rule, array, remedy)
            object.__setattr__(self, name, array)
        for name, rule, other in (
            ("number", "be Hermitian", np.conj(np.transpose(self.number))),
            ("anomalous", "be symmetric", np.transpose(self.anomalous)),
        ):
            array = getattr(self, name)
            if np.array_equal(array, other):
                continue
            tolerance = _ASYMMETRY * np.abs(array).max() + _NOISE
            if np.abs(array - other).max() > tolerance:
                remedy = "Give moments: number[i, j] is <a_i† a_j>, anomalous[i, j] is <a_i a_j>."
                raise ArgumentError(name, rule, array, remedy)
            object.__setattr__(self, name, 0.5 * (array + other))

    def __repr__(self) -> str:
        return state_text(self, self.labels, f"{len(self.labels)} modes")

    @classmethod
    def vacuum(cls, labels: Sequence[str]) -> GaussianState:
        """All modes empty."""
        labels = as_labels("labels", labels)
        n = len(labels)
        return cls(labels, np.zeros((n, n)), np.zeros((n, n)))

    @classmethod
    def thermal(cls, labels: Sequence[str], photons: float | Sequence[float]) -> GaussianState:
        """Each mode in a thermal state with the given photon number(s).

        Raises:
            ArgumentError: a negative photon number.
        """
        remedy, labels = (
            "Give one mean photon number, or one per mode.",
            as_labels("labels", labels),
        )
        n = check_array(
            "photons", photons, (len(labels),), minimum=0.0, extreme=True, remedy=remedy
        )
        return cls(tuple(labels), np.diag(n), np.zeros((n.size, n.size)))

    @classmethod
    def two_mode_squeezed(cls, labels: Sequence[str], squeezing: float) -> GaussianState:
        """``exp(r a†b† - h.c.)|00>``: n = sinh^2 r, ``<ab> = sinh(2r)/2``, ``2r/ln 2`` ebits.

        Args:
            labels: of the two modes.
            squeezing: r, at most 350 in size.

        Raises:
            ArgumentError: no two labels, or r out of range.
        """
        remedy = "Give the squeezing parameter r; 1 to 2 is much."
        r = check_real(
            "squeezing",
            squeezing,
            minimum=-LARGEST_SQUEEZING,
            maximum=LARGEST_SQUEEZING,
            remedy=remedy,
        )
        labels = as_labels("labels", labels)
        if len(labels) != 2:
            raise ArgumentError("labels", "name two modes", labels, "Give two labels.")
        pair = np.array([[0.0, 1.0], [1.0, 0.0]])
        return cls(tuple(labels), np.sinh(r) ** 2 * np.eye(2), 0.5 * np.sinh(2 * r) * pair)

    @classmethod
    def from_covariance(
        cls, labels: Sequence[str], covariance: NDArray, mean: NDArray | None = None
    ) -> GaussianState:
        """From the quadrature covariance (2N, 2N), vacuum 1/2, and mean quadratures (2N,).

        Raises:
            ArgumentError: wrong shape, not finite or not symmetric.
            UnphysicalError: the matrix violates the uncertainty relation, by more than rounding of
                its variances explains.
        """
        labels = as_labels("labels", labels)
        n, remedy = len(labels), "Two quadratures per mode."
        sigma = check_reals("covariance", covariance, remedy=remedy)
        fits = sigma.shape == (2 * n, 2 * n) and bool(np.all(np.isfinite(sigma)))
        if not fits or not np.allclose(sigma, sigma.T, rtol=1e-10):
            raise ArgumentError(
                "covariance",
                f"be finite and symmetric {2 * n}x{2 * n}",
                sigma,
                remedy,
            )
        margin = uncertainty_margin(sigma)
        if margin < -_VIOLATION:
            raise UnphysicalError(
                "covariance",
                "satisfy sigma + i Omega/2 >= 0 (smallest eigenvalue, variances scaled to 1, >= 0)",
                margin,
                "Check the vacuum variance (1/2 here) and the order x1, p1, x2, p2, ...",
            )
        number, anomalous = moments_of(sigma)
        if mean is None:
            return cls(tuple(labels), number, anomalous)
        d = check_reals("mean", mean, remedy="Give mean values of x1, p1, x2, p2, ...")
        if d.shape != (2 * n,):
            raise ArgumentError("mean", f"have shape {(2 * n,)}", d, remedy)
        return cls(tuple(labels), number, anomalous, (d[::2] + 1j * d[1::2]) / np.sqrt(2))

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Quadrature covariance (2N, 2N): vacuum 1/2, order x1, p1, x2, p2, ..."""
        n = len(self.labels)
        sigma = np.empty((2 * n, 2 * n))
        N, M = np.asarray(self.number, complex), np.asarray(self.anomalous, complex)
        half = VACUUM_VARIANCE * np.eye(n)
        sigma[::2, ::2] = np.real(N) + np.real(M) + half
        sigma[1::2, 1::2] = np.real(N) - np.real(M) + half
        sigma[::2, 1::2] = np.imag(N) + np.imag(M)
        sigma[1::2, ::2] = sigma[::2, 1::2].T
        return 0.5 * (sigma + sigma.T)

    @property
    def mean_quadratures(self) -> NDArray[np.float64]:
        """Mean values (2N,) of x1, p1, x2, p2, ..."""
        alpha = np.asarray(self.mean, dtype=complex)
        return np.sqrt(2) * np.stack([np.real(alpha), np.imag(alpha)], axis=1).ravel()

    def photons(self) -> NDArray[np.float64]:
        """Photon number of each mode, (N,), the coherent part included."""
        return np.real(np.diag(self.number)) + np.abs(np.asarray(self.mean)) ** 2

    def margin(self) -> float:
        """Smallest eigenvalue of ``sigma + i Omega/2`` with all variances scaled to one.

        A relative number: 0 for pure states, 1 at infinite temperature; below some -1e-12 the
        covariance violates the uncertainty relation, by that fraction of its variances.
        """
        return float(uncertainty_margin(self.covariance))

    def reduced(self, labels: str | Sequence[str]) -> GaussianState:
        """The state of these modes alone, in the order given."""
        chosen = check_labels("labels", labels, self.labels)
        at = [self.labels.index(label) for label in chosen]
        block = np.ix_(at, at)
        return GaussianState(
            chosen, self.number[block], self.anomalous[block], np.asarray(self.mean)[at]
        )

    def expectation(self, operator: OperatorSum) -> complex:
        """``Tr(rho O)`` by Wick's theorem; a float if O is Hermitian, else complex.

        Raises:
            ArgumentError: no operator of modes of the state, or more than 60 letters of a mode.
        """
        mean = np.asarray(self.mean)
        value = gaussian_mean(operator, self.labels, self.number, self.anomalous, mean)
        return mean_value(value, operator)

    def density(
        self, cutoff: int | Sequence[int] | None = None, lost: float = 1e-8
    ) -> DensityState:
        """The state in Fock space (`darkstate.states.fock`), divided by its trace there.

        Args:
            cutoff: Fock states of every mode, or one number a mode; grown by default.
            lost: weight that may lie beyond them; the trace norm of the error is at most twice its
                root.

        Raises:
            ArgumentError: more weight lies beyond the cut-off given.
            CapacityError: the Fock states that it takes would not fit.
        """
        remedy = "Give the number of Fock states, or leave it out to have it found."
        check_real("lost", lost, above=0.0, below=1.0, remedy="Give a weight such as 1e-6.")
        n = len(self.labels)
        most = [float(k + 3 * np.sqrt(k)) for k in self.photons()]
        sizes = [4 + int(min(k, 1e6)) for k in most]
        if cutoff is not None:
            one = isinstance(cutoff, int | np.integer)
            given = (cutoff,) * n if one else check_sequence("cutoff", cutoff, remedy)
            sizes = [check_integer("cutoff", k, minimum=1, remedy=remedy) for k in given]
            if len(sizes) != n:
                raise ArgumentError("cutoff", f"have {n} entries", cutoff, remedy)
        while True:
            check_matrix_fits(sizes)
            moments = self.number, self.anomalous, np.asarray(self.mean)
            matrix = fock_matrix(*moments, sizes)
            outside = 1.0 - float(np.trace(matrix).real)
            if outside <= lost:
                return DensityState(self.labels, tuple(sizes), matrix / np.trace(matrix).real)
            if cutoff is not None:
                rule = f"hold the state but for lost = {lost:g}"
                remedy = f"Beyond it lies {outside:.2g}: give more, or lost={2 * outside:.1g}."
                raise ArgumentError("cutoff", rule, cutoff, remedy)
            sizes = [k + max(2, k // 2) for k in sizes]

    def pair_moments(self, pairs: Sequence[tuple[str, str]]) -> PairMoments:
        """Moments of many pairs of modes at once."""
        index = {label: k for k, label in enumerate(self.labels)}
        for pair in pairs:
            check_labels("pairs", pair, index)
        i = np.array([index[first] for first, _ in pairs], dtype=int)
        j = np.array([index[second] for _, second in pairs], dtype=int)
        N, M = self.number, self.anomalous
        return PairMoments(np.real(N[i, i]), np.real(N[j, j]), M[i, j], N[i, j], M[i, i], M[j, j])


def moments_of(covariance: NDArray) -> tuple[Moments, Moments]:
    """Moments ``(number, anomalous)`` of a quadrature covariance (2N, 2N), physical or not."""
    sigma = 0.5 * (covariance + covariance.T)
    xx, pp, xp = sigma[::2, ::2], sigma[1::2, 1::2], sigma[::2, 1::2]
    number = 0.5 * (xx + pp + 1j * (xp - xp.T)) - VACUUM_VARIANCE * np.eye(len(xx))
    return number, 0.5 * (xx - pp + 1j * (xp + xp.T))


@dataclass(frozen=True, repr=False)
class PairwiseGaussianState:
    """What is kept of a Gaussian state too large to keep whole: chosen pairs of modes.

    Args:
        labels: names of the N modes.
        pairs: P pairs of labels whose correlations are known.
        moments: their second moments.
    """

    labels: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    moments: PairMoments

    def __repr__(self) -> str:
        return state_text(self, self.labels, f"{len(self.pairs)} pairs kept")

    def pair_moments(self, pairs: Sequence[tuple[str, str]]) -> PairMoments:
        """Moments of many pairs at once; only pairs that were kept, in either order.

        Raises:
            ArgumentError: an unknown label.
            MissingError: a pair was not kept.
        """
        if tuple(pairs) == self.pairs:
            return self.moments
        index: dict[tuple[str, ...], int] = {pair: k for k, pair in enumerate(self.pairs)}
        at, turned = np.empty(len(pairs), dtype=int), np.zeros(len(pairs), dtype=bool)
        for k, pair in enumerate(map(tuple, pairs)):
            found = index.get(pair, index.get(pair[::-1]))
            if found is None:
                raise self._missing(pair)
            at[k], turned[k] = found, pair not in index
        kept = self.moments
        n_i, n_j, s_i, s_j = kept.n_i[at], kept.n_j[at], kept.s_i[at], kept.s_j[at]
        return PairMoments(
            np.where(turned, n_j, n_i),
            np.where(turned, n_i, n_j),
            kept.m[at],
            np.where(turned, np.conj(kept.c[at]), kept.c[at]),
            np.where(turned, s_j, s_i),
            np.where(turned, s_i, s_j),
        )

    def reduced(self, labels: str | Sequence[str]) -> GaussianState:
        """The state of one kept pair, in either order, or of one mode of a kept pair.

        Raises:
            ArgumentError: an unknown label.
            MissingError: these labels are no kept pair, nor part of one.
        """
        chosen = check_labels("labels", labels, self.labels)
        if len(chosen) == 1:
            pair = next((pair for pair in self.pairs if chosen[0] in pair), None)
            if pair is None:
                raise self._missing(chosen)
            return self.reduced(pair).reduced(chosen)
        k = self.pair_moments([chosen])  # type: ignore[list-item]
        number = np.array([[k.n_i[0], k.c[0]], [np.conj(k.c[0]), k.n_j[0]]])
        anomalous = np.array([[k.s_i[0], k.m[0]], [k.m[0], k.s_j[0]]])
        return GaussianState(chosen, number, anomalous)

    def expectation(self, operator: OperatorSum) -> complex:
        """``Tr(rho O)`` of an operator on one kept pair; a float if O is Hermitian, else complex.

        Raises:
            ArgumentError: no operator of modes of the state.
            MissingError: it acts on no kept pair.
        """
        labels = labels_of(operator)
        return self.reduced(labels or self.pairs[0]).expectation(operator)

    def _missing(self, labels: tuple[str, ...]) -> Exception:
        """What to raise where these labels are not (all of) a kept pair."""
        check_labels("pairs", labels, self.labels)
        return MissingError(
            f"The moments of {', '.join(labels)} were not kept in this state of {len(self.labels)} "
            f"modes, which knows {len(self.pairs)} pairs. Solve with Gaussian(pairs=[...]) that "
            "names them."
        )
