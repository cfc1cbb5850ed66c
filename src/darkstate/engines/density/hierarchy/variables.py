"""The source as independent decaying variables, and the polynomials that count them.

Normally ordered, the source is a classical linear process of ``z = (a, a†)``:
``dz/dt = A z + noise`` with stationary covariance C, ``A C + C A^T + D = 0``. In eigenvectors of A,
``z = V y``, each variable decays by itself at a rate lambda_k. The hierarchy is written in the Wick
(Hermite) polynomials of y for this covariance, one for every multi-index n, for which

    source:   He_n -> -(n . lambda) He_n,
    y_k He_n = He_{n+k} + sum_l n_l C_kl He_{n-l},       d/dy_k He_n = n_k He_{n-k}.

Since z carries both a and a†, the variables come in conjugate pairs, and multi-indices too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import NumericalError
from darkstate.systems.traits import LinearSource

LARGEST_CONDITION = 30.0
"""Eigenvectors worse conditioned than this couple all powers of each other, and GMRES stalls."""
Array = NDArray[Any]


@dataclass(frozen=True)
class Variables:
    """Independent variables ``y`` of a linear source with M modes, ``K <= 2M`` of them.

    Args:
        rates: (K,) lambda_k, real part positive.
        vectors: (2M, K) V: ``z_i = sum_k V_ik y_k`` with ``z = (a_1 .. a_M, a_1† .. a_M†)``.
        inverse: (K, 2M) its inverse: how derivatives transform.
        covariance: (K, K) normally ordered ``<:y_k y_l:>``.
        partner: (K,) index of the conjugate variable.
        charges: (K, c) ket-minus-bra charge of the network that goes with one power of y_k.
        letter_charges: (2M, c) the same for the letters z_i.
        mean: (2M,) stationary ``<z>``.
        weights: (K,) cost of one power of y_k in the depth of a multi-index, >= 1.
    """

    rates: Array
    vectors: Array
    inverse: Array
    covariance: Array
    partner: Array
    charges: Array
    letter_charges: Array
    mean: Array
    weights: Array

    @property
    def scale(self) -> Array:
        """(K,) magnitudes ``sqrt |C|``, by which powers of y_k are measured."""
        size = np.sqrt(np.abs(self.covariance).max(axis=1, initial=0.0))
        return np.where(size > 0, size, 1.0)

    def multi_indices(self, depth: float) -> Array:
        """All n with ``sum_k n_k weights_k <= depth``, shape (count, K); n = 0 is the first."""
        found = [np.zeros((1, 0), dtype=np.int64)]
        left = np.full(1, float(depth))
        for weight in self.weights:
            powers = [np.arange(int(np.floor(rest / weight + 1e-9)) + 1) for rest in left]
            counts = [len(p) for p in powers]
            column = np.concatenate(powers)
            rows = np.repeat(found[0], counts, axis=0)
            found = [np.concatenate([rows, column[:, None]], axis=1)]
            left = np.repeat(left, counts) - weight * column
        return found[0]


def source_variables(source: LinearSource, charges: Sequence[Array]) -> Variables:
    """The independent variables of a source.

    Args:
        source: from `darkstate.systems.traits.linear_source`.
        charges: for every conserved charge the (M,) charges of the source modes.

    Raises:
        NumericalError: the source has no stationary state (at or above threshold), or its normal
            modes are nearly parallel (an exceptional point).
    """
    drift, moments, mean = source.stationary()
    steps = np.array(charges, dtype=np.int64).reshape(len(charges), len(source.modes)).T
    steps = np.concatenate([-steps, steps])  # a takes a photon out of the ket
    V, partner = _normal_modes(drift, steps)
    size = float(np.linalg.cond(V))
    if not size < LARGEST_CONDITION:
        raise NumericalError(
            f"The normal modes of the source are nearly parallel (condition {size:.2g}): its decay "
            "rates and couplings sit near an exceptional point. Shift one of them by a few "
            "percent, or treat the source in Fock space with Lindblad(cutoff=...)."
        )
    inverse = np.linalg.inv(V)
    rates = _without_rounding(-np.diag(inverse @ drift @ V))
    covariance = inverse @ moments @ inverse.T
    covariance = _without_rounding(0.5 * (covariance + covariance.T))
    V, inverse, rates = (_real_if_real(x) for x in (V, inverse, rates))
    driven = np.any(covariance != 0, axis=0)
    if any(len(noise) for noise in source.noises):
        driven[:] = True
    weights = _weights(np.sqrt(np.abs(covariance).max(axis=1)) / np.abs(rates))
    place = np.cumsum(driven) - 1
    keep = np.flatnonzero(driven)
    return Variables(
        rates=rates[keep],
        vectors=V[:, keep],
        inverse=inverse[keep],
        covariance=_real_if_real(covariance[np.ix_(keep, keep)]),
        partner=place[partner[keep]],
        charges=np.array([_charge_of(V[:, k], steps) for k in keep]).reshape(
            len(keep), steps.shape[1]
        ),
        letter_charges=steps,
        mean=_real_if_real(mean),
        weights=weights[keep],
    )


def _normal_modes(drift: Array, steps: Array) -> tuple[Array, Array]:
    """Eigenvectors in conjugate pairs, each of definite charge."""
    n = len(drift)
    V, partner = np.zeros((n, n), dtype=complex), np.zeros(n, dtype=np.intp)
    flip = np.roll(np.arange(n), n // 2)  # z -> z†
    done = 0
    for step in np.unique(steps, axis=0) if steps.shape[1] else np.zeros((1, 0), dtype=int):
        block = np.flatnonzero(np.all(steps == step, axis=1))
        nonzero = step[step != 0]
        if not len(nonzero):
            vectors, mates = _neutral(drift[np.ix_(block, block)])
            columns = done + np.arange(len(block))
            V[np.ix_(block, columns)], partner[columns] = vectors, done + mates
            done += len(block)
        elif nonzero[0] > 0:
            _, vectors = np.linalg.eig(_real_if_real(drift[np.ix_(block, block)]))
            columns, mates = done + np.arange(len(block)), done + len(block) + np.arange(len(block))
            V[np.ix_(block, columns)] = vectors
            V[np.ix_(flip[block], mates)] = vectors.conj()
            partner[columns], partner[mates] = mates, columns
            done += 2 * len(block)
    return V, partner


def _neutral(drift: Array) -> tuple[Array, Array]:
    """Eigenvectors where a and a† mix: from the real drift of the quadratures."""
    half = len(drift) // 2
    one = np.eye(half)
    to_z = np.block([[one, 1j * one], [one, -1j * one]]) / np.sqrt(2.0)
    real = np.real(np.linalg.inv(to_z) @ drift @ to_z)
    values, vectors = np.linalg.eig(real)
    mates = np.arange(len(values))
    complex_ones = np.flatnonzero(np.imag(values) != 0)  # LAPACK lists conjugates side by side
    mates[complex_ones] = complex_ones.reshape(-1, 2)[:, ::-1].ravel()
    return to_z @ vectors, mates


def _charge_of(vector: Array, steps: Array) -> Array:
    return steps[int(np.argmax(np.abs(vector)))]


def _weights(importance: Array) -> Array:
    """Powers of variables whose fluctuations are small or short-lived count for more."""
    largest = float(np.max(importance, initial=0.0))
    if largest == 0:
        return np.ones(len(importance))
    ratio = np.clip(importance / largest, 1e-2, 1.0)
    return np.minimum(1.0 - 0.75 * np.log10(ratio), 2.0)


def _without_rounding(matrix: Array) -> Array:
    noise = 64 * np.finfo(float).eps * float(np.abs(matrix).max(initial=0.0))
    real, imaginary = (
        np.where(np.abs(x) > noise, x, 0.0) for x in (np.real(matrix), np.imag(matrix))
    )
    return real + 1j * imaginary


def _real_if_real(matrix: Array) -> Array:
    return np.real(matrix).copy() if not np.any(np.imag(matrix)) else matrix
