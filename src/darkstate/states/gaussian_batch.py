"""A batch of Gaussian states of the same modes: one state per sample of a disorder or a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import as_labels, check_labels
from darkstate.display import state_text
from darkstate.errors import ArgumentError
from darkstate.states.gaussian import GaussianState, PairMoments
from darkstate.systems.operators import OperatorSum


@dataclass(frozen=True, repr=False)
class GaussianBatch:
    """B Gaussian states; measures with ``many`` return (B, P) arrays for P pairs.

    Args:
        labels: names of the N modes.
        number: (B, N, N), ``<a_i† a_j>``.
        anomalous: (B, N, N), ``<a_i a_j>``; both of the fluctuations.
        mean: (B, N) amplitudes; zero by default.

    Raises:
        ArgumentError: shapes do not fit.
    """

    labels: tuple[str, ...]
    number: NDArray[np.complex128]
    anomalous: NDArray[np.complex128]
    mean: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", as_labels("labels", self.labels))
        n, remedy = len(self.labels), "Stack the moments of B states."
        for name in ("number", "anomalous"):
            array = getattr(self, name)
            if not isinstance(array, np.ndarray):
                raise ArgumentError(name, "be an array", array, remedy)
            if array.ndim != 3 or array.shape[1:] != (n, n):
                raise ArgumentError(name, f"have shape (B, {n}, {n})", array.shape, remedy)
        if self.mean is None:
            object.__setattr__(self, "mean", np.zeros((len(self), n), dtype=complex))
        shape = (len(self), n)
        if not isinstance(self.mean, np.ndarray) or self.mean.shape != shape:
            remedy = "Give one amplitude per state and mode."
            raise ArgumentError("mean", f"be an array of shape {shape}", self.mean, remedy)

    def __repr__(self) -> str:
        return state_text(self, self.labels, f"{len(self)} states of {len(self.labels)} modes")

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, sample: int) -> GaussianState:
        mean = np.asarray(self.mean)[sample]
        return GaussianState(self.labels, self.number[sample], self.anomalous[sample], mean)

    def expectation(self, operator: OperatorSum) -> NDArray[Any]:
        """``Tr(rho O)`` of every sample, (B,); see `GaussianState.expectation`.

        Raises:
            ArgumentError: no operator of modes of the states, or more than 60 letters of a mode.
        """
        return np.array([self[sample].expectation(operator) for sample in range(len(self))])

    def margins(self) -> NDArray[np.float64]:
        """Smallest eigenvalue of ``<xi xi†>``, variances scaled to one, per sample, (B,).

        ``<xi xi†> = [[1 + N^T, M], [M*, N]]`` with ``xi = (a, a†)`` equals ``sigma + i Omega/2`` up
        to a unitary.
        """
        n = len(self.labels)
        joint = np.empty((len(self), 2 * n, 2 * n), dtype=complex)
        joint[:, :n, :n] = np.eye(n) + self.number.swapaxes(-1, -2)
        joint[:, n:, n:] = self.number
        joint[:, :n, n:] = self.anomalous
        joint[:, n:, :n] = self.anomalous.conj()
        variances = 0.5 + np.real(np.diagonal(self.number, axis1=-2, axis2=-1))
        unit = 1.0 / np.sqrt(np.tile(np.maximum(variances, 1e-300), 2))
        scaled = unit[:, :, None] * joint * unit[:, None, :]
        return np.asarray(np.linalg.eigvalsh(scaled)[:, 0], dtype=float)

    def pair_moments(self, pairs: Sequence[tuple[str, str]]) -> PairMoments:
        """Moments of P pairs in all samples, arrays of shape (B, P)."""
        index = {label: k for k, label in enumerate(self.labels)}
        for pair in pairs:
            check_labels("pairs", pair, index)
        i = np.array([index[first] for first, _ in pairs], dtype=int)
        j = np.array([index[second] for _, second in pairs], dtype=int)
        N, M = self.number, self.anomalous
        return PairMoments(
            N[:, i, i].real, N[:, j, j].real, M[:, i, j], N[:, i, j], M[:, i, i], M[:, j, j]
        )
