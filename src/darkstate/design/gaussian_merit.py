r"""Derivatives of measures of Gaussian states: what multiplies changes of the moments.

    df = Re sum_ij (conj(g_N)_ij dN_ij + conj(g_M)_ij dM_ij) + Re sum_i conj(g_a)_i d<a_i>

Measures of the covariance V have a symmetric G with ``df = Tr(G dV)``. By Williamson
``V = S diag(nu) S^T``, and ``d nu_k = Tr(G_k dV)`` with ``G_k = Omega^T S_k S_k^T Omega / 2``, S_k
the two columns of nu_k: a sum ``sum_k g(nu_k)`` has ``G = sum_k g'(nu_k) G_k``, whichever columns
equal nu share.

==================  ==================================================================
purity              ``G = -(Tr rho^2) V^-1 / 2``
entropy             ``g' = log2((nu + 1/2) / (nu - 1/2))``
log_negativity      ``g' = -1/(nu ln 2)`` for ``nu < 1/2`` of the partial transpose, whose signs G
                    gets back; of two modes with ``n_i, n_j, m`` alone its closed form
steering            the same for the Schur complement ``J V J^T``, ``J = (-C^T V_A^-1, 1)``
epr_variance        of ``1 + n_i + n_j - 2 |m|``
fidelity            ``F = exp(-d^T K d/2) / sqrt(det(V + W))``, ``K = (V + W)^-1``, pure targets
expect              means of the operator's second derivatives (Wick's theorem)
==================  ==================================================================

The kinks are a nu of 1/2, and m = 0 for the EPR variance; entropies have infinite slopes there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.design.differences import KinkError
from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg.symplectic import partial_transpose, symplectic_form, williamson
from darkstate.measures import (
    entropy,
    epr_variance,
    expect,
    fidelity,
    log_negativity,
    mutual_information,
    purity,
    steering,
)
from darkstate.states import GaussianState, PairwiseGaussianState
from darkstate.systems.operators import OperatorSum, Product

Gaussian = GaussianState | PairwiseGaussianState
Real = NDArray[np.floating[Any]]
_KINK = 1e-9
"""Relative distance from a kink that is taken for none."""
_PURE = 1e-6


@dataclass(frozen=True, eq=False)
class MomentDerivative:
    """What multiplies changes of moments; see the module's equation.

    Args:
        labels: of the n modes that it is about.
        number: g_N (n, n), Hermitian.
        anomalous: g_M (n, n), symmetric.
        mean: g_a (n,).
    """

    labels: tuple[str, ...]
    number: NDArray[Any]
    anomalous: NDArray[Any]
    mean: NDArray[Any]

    @classmethod
    def of_covariance(cls, labels: tuple[str, ...], G: Real, mean: Any = None) -> MomentDerivative:
        """From a symmetric G with ``df = Tr(G dV)``, quadratures x1, p1, x2, p2, ..."""
        G = 0.5 * (G + G.T)
        xx, pp, xp = G[::2, ::2], G[1::2, 1::2], 2.0 * G[::2, 1::2]
        number, anomalous = xx + pp + 1j * xp, xx - pp + 1j * xp
        zero = np.zeros(len(xx), dtype=complex)
        return cls.of(labels, number, anomalous, zero if mean is None else mean)

    @classmethod
    def of(
        cls, labels: tuple[str, ...], number: Any, anomalous: Any, mean: Any
    ) -> MomentDerivative:
        """The Hermitian part of g_N and the symmetric one of g_M: the rest does nothing."""
        hermitian = 0.5 * (number + np.conj(number.T))
        return cls(labels, hermitian, 0.5 * (anomalous + anomalous.T), np.asarray(mean, complex))

    def __add__(self, other: MomentDerivative) -> MomentDerivative:
        labels = tuple(dict.fromkeys([*self.labels, *other.labels]))
        one, two = self.embedded(labels), other.embedded(labels)
        parts = (one.number + two.number, one.anomalous + two.anomalous, one.mean + two.mean)
        return MomentDerivative(labels, *parts)

    def __neg__(self) -> MomentDerivative:
        return MomentDerivative(self.labels, -self.number, -self.anomalous, -self.mean)

    def embedded(self, labels: tuple[str, ...]) -> MomentDerivative:
        """The same among more modes."""
        places = {label: k for k, label in enumerate(labels)}
        at, n = [places[label] for label in self.labels], len(labels)
        number, anomalous = np.zeros((2, n, n), dtype=complex)
        mean = np.zeros(n, dtype=complex)
        number[np.ix_(at, at)], anomalous[np.ix_(at, at)] = self.number, self.anomalous
        mean[at] = self.mean
        return MomentDerivative(labels, number, anomalous, mean)


def gaussian_derivative(
    measure: Any, state: Gaussian, arguments: tuple[Any, ...]
) -> MomentDerivative:
    """The derivative of a measure at a Gaussian state.

    Raises:
        KinkError: the measure has a kink at this state.
        NumericalError: it has an infinite slope.
    """
    return GAUSSIAN_DERIVATIVES[measure](state, *arguments)


def _group(labels: Any) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else tuple(labels)


def _part(state: Gaussian, labels: Any) -> GaussianState:
    return state.reduced(state.labels if labels is None else _group(labels))


def _of_eigenvalues(V: Real, slope: Callable[[Real], Real]) -> Real:
    """G of ``sum_k g(nu_k)``."""
    S, nu = williamson(V)
    rotated = symplectic_form(len(nu)).T @ S
    weights = np.repeat(slope(nu), 2)
    return 0.5 * (rotated * weights) @ rotated.T


def _purity(state: Gaussian, labels: Any = None) -> MomentDerivative:
    part = _part(state, labels)
    G = -0.5 * float(purity(part)) * np.linalg.inv(part.covariance)
    return MomentDerivative.of_covariance(part.labels, G)


def _entropy(state: Gaussian, labels: Any = None) -> MomentDerivative:
    part = _part(state, labels)

    def slope(nu: Real) -> Real:
        if nu[0] - 0.5 < _KINK:
            raise NumericalError(
                "`entropy` has an infinite slope where a mode of the state is pure, and here a "
                f"symplectic eigenvalue is 1/2 + {max(0.0, nu[0] - 0.5):.2g}. Use the purity."
            )
        return np.log2((nu + 0.5) / (nu - 0.5))

    return MomentDerivative.of_covariance(part.labels, _of_eigenvalues(part.covariance, slope))


def _mutual_information(state: Gaussian, first: Any, second: Any) -> MomentDerivative:
    whole = _entropy(state, [*_group(first), *_group(second)])
    return _entropy(state, first) + _entropy(state, second) + -whole


def _below_vacuum(nu: Real) -> Real:
    """Slopes of ``sum max(0, -log2 2 nu)``."""
    nearest = nu[np.argmin(np.abs(nu - 0.5))]
    if abs(nearest - 0.5) < _KINK:
        raise KinkError(
            f"A symplectic eigenvalue is 1/2 + {nearest - 0.5:.2g}, where entanglement begins: the "
            "derivative differs between both sides."
        )
    return np.where(nu < 0.5, -1.0 / (nu * np.log(2.0)), 0.0)


def _log_negativity(state: Gaussian, first: Any, second: Any) -> MomentDerivative:
    one, two = _group(first), _group(second)
    part = state.reduced([*one, *two])
    pure_pair = len(one) == len(two) == 1 and not (
        part.number[0, 1] or part.anomalous[0, 0] or part.anomalous[1, 1]
    )
    if pure_pair:
        return _of_pair(part)
    sign = np.ones(2 * len(part.labels))
    sign[2 * len(one) + 1 :: 2] = -1.0
    transposed = partial_transpose(part.covariance, range(len(one), len(part.labels)))
    G = sign[:, None] * _of_eigenvalues(transposed, _below_vacuum) * sign
    return MomentDerivative.of_covariance(part.labels, G)


def _of_pair(part: GaussianState) -> MomentDerivative:
    """Of ``-log2(1 + s)``, ``s = n_i + n_j - root``, ``root = hypot(n_i - n_j, 2 |m|)``.

    It keeps its digits where only 1e-20 photons are left.
    """
    n_i, n_j = np.real(np.diagonal(part.number)).tolist()
    m = complex(part.anomalous[0, 1])
    root = float(np.hypot(n_i - n_j, 2 * abs(m)))
    shift = 4.0 * (n_i * n_j - abs(m) ** 2) / (n_i + n_j + root) if root else 0.0
    if abs(shift) <= _KINK * root or not root:
        raise KinkError(
            "`log_negativity` has a kink where entanglement begins, at a symplectic eigenvalue of "
            f"1/2, and here it is 1/2 + {shift / 2:.2g}."
        )
    number, anomalous = np.zeros((2, 2, 2), dtype=complex)
    if shift < 0:
        factor = -1.0 / ((1.0 + shift) * np.log(2.0))
        tilt = (n_i - n_j) / root
        number[0, 0], number[1, 1] = factor * (1.0 - tilt), factor * (1.0 + tilt)
        anomalous[0, 1] = anomalous[1, 0] = -2.0 * factor * m / root
    return MomentDerivative(part.labels, number, anomalous, np.zeros(2, dtype=complex))


def _steering(state: Gaussian, first: Any, second: Any) -> MomentDerivative:
    one, two = _group(first), _group(second)
    part = state.reduced([*one, *two])
    V, k = part.covariance, 2 * len(one)
    J = np.hstack([-np.linalg.solve(V[:k, :k], V[:k, k:]).T, np.eye(len(V) - k)])
    G = J.T @ _of_eigenvalues(J @ V @ J.T, _below_vacuum) @ J
    return MomentDerivative.of_covariance(part.labels, G)


def _epr_variance(state: Gaussian, first: Any, second: Any) -> MomentDerivative:
    part = state.reduced([*_group(first), *_group(second)])
    m = complex(part.anomalous[0, 1])
    if not abs(m) > _KINK * float(np.abs(part.number).max()):
        raise KinkError(
            f"`epr_variance` has a kink where <a b> is zero, and here it is {abs(m):.2g}."
        )
    anomalous = np.array([[0, 1], [1, 0]]) * (-m / abs(m))
    return MomentDerivative(part.labels, np.eye(2, dtype=complex), anomalous, np.zeros(2, complex))


def _fidelity(state: Gaussian, target: GaussianState) -> MomentDerivative:
    if not isinstance(target, GaussianState) or abs(float(purity(target)) - 1.0) > _PURE:
        remedy = "A mixed one has a derivative along `lambda state: ds.fidelity(state, target)`."
        raise ArgumentError("target", "be a pure GaussianState here", target, remedy)
    part = state.reduced(target.labels)
    K = np.linalg.inv(part.covariance + target.covariance)
    d = K @ (part.mean_quadratures - target.mean_quadratures)
    F = float(fidelity(part, target))
    G, g = 0.5 * F * (np.outer(d, d) - K), -F * d
    mean = np.sqrt(2.0) * (g[::2] + 1j * g[1::2])
    return MomentDerivative.of_covariance(part.labels, G, mean)


def _expect(state: Gaussian, operator: OperatorSum) -> MomentDerivative:
    labels = tuple(space.label for space in operator.spaces)
    part = state.reduced(labels or state.labels[:1])
    n = len(part.labels)
    place = {label: k for k, label in enumerate(part.labels)}
    number, anomalous = np.zeros((2, n, n), dtype=complex)
    mean = np.zeros(n, dtype=complex)
    for product, c in operator:
        for j, fewer, count in _lowered(product, place, "-"):
            mean[j] += 2.0 * c * count * _mean(part, fewer)
            for i, least, more in _lowered(fewer, place, "+"):
                number[i, j] += c * count * more * _mean(part, least)
            for i, least, more in _lowered(fewer, place, "-"):
                anomalous[i, j] += c * count * more * _mean(part, least)
    return MomentDerivative.of(part.labels, number.conj(), anomalous.conj(), mean.conj())


def _lowered(
    product: Product, place: dict[str, int], letter: str
) -> list[tuple[int, Product, int]]:
    """Products with one letter less: the mode it is taken from, and how often it is there."""
    found = []
    for k, (space, word) in enumerate(product):
        if word.count(letter):
            left = word.replace(letter, "", 1)
            middle = ((space, left),) if left else ()
            fewer = (*product[:k], *middle, *product[k + 1 :])
            found.append((place[space.label], fewer, word.count(letter)))
    return found


def _mean(state: GaussianState, product: Product) -> complex:
    return complex(state.expectation(OperatorSum({product: 1.0})))


GAUSSIAN_DERIVATIVES: dict[Any, Callable[..., MomentDerivative]] = {
    purity: _purity,
    entropy: _entropy,
    mutual_information: _mutual_information,
    log_negativity: _log_negativity,
    fidelity: _fidelity,
    expect: _expect,
    epr_variance: _epr_variance,
    steering: _steering,
}
"""In the order of the table above."""
