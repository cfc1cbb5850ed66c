r"""Covariance witnesses: entanglement of modes proven from second moments alone.

Let Z >= 0 be a real symmetric matrix of quadrature weights. For every state that is a product of
physical states of A and B,

    Tr(Z V) >= str(Z_A) + str(Z_B),

with str the sum of the symplectic eigenvalues of the principal block (vacuum variance 1/2). A
value below the bound of **one** bipartition proves entanglement across it; below the bounds of
**all** bipartitions it proves that no mixture of states, each separable across some bipartition,
has these moments: *genuine multipartite entanglement*, whether or not the state is Gaussian.

The bounds are kept in a form that anybody can check: an antisymmetric K that couples no mode of A
to one of B, with ``Z_A + Z_B + i K >= 0``, proves ``str(Z_A) + str(Z_B) >= -Tr(Omega K)/2``.

The other verdict has evidence too: ``V >= sum_k lambda_k V_k`` with V_k a product across
bipartition k, physical, and weights that sum to one. No covariance witness detects such a V.

Sources: Hyllus and Eisert, New J. Phys. 8, 51 (2006); van Loock and Furusawa, Phys. Rev. A 67,
052315 (2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darkstate.certificates.witness import Side, sides_of
from darkstate.errors import ArgumentError
from darkstate.linalg.bounds import EPS, eigenvalue_bounds, nonnegative
from darkstate.linalg.symplectic import symplectic_form
from darkstate.results.storage import storable

Real = NDArray[np.floating]
Cuts = NDArray[np.bool_]


def within(cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(2N, 2N) which pairs of quadratures lie on one side of a cut."""
    side = np.repeat(cut, 2)
    return side[:, None] == side


@storable
@dataclass(frozen=True, eq=False)
class CovarianceWitness:
    """Weights of second moments, and the proof of their bound for each bipartition.

    Args:
        labels: the N modes.
        matrix: (2N, 2N) Z, quadratures in the order x1, p1, x2, p2, ...
        cuts: (cuts, N) truth values: one side of each bipartition that is excluded.
        forms: (cuts, 2N, 2N) the antisymmetric K.

    Raises:
        ArgumentError: shapes do not fit, or a K couples both sides.
    """

    labels: tuple[str, ...]
    matrix: Real
    cuts: Cuts
    forms: Real

    def __post_init__(self) -> None:
        size, remedy = 2 * len(self.labels), "Take it from a certificate."
        for name, value, shape in (
            ("matrix", self.matrix, (size, size)),
            ("cuts", self.cuts, (len(self.cuts), len(self.labels))),
            ("forms", self.forms, (len(self.cuts), size, size)),
        ):
            if np.shape(value) != shape:
                raise ArgumentError(name, f"have shape {shape}", np.shape(value), remedy)
        for cut, form in zip(self.cuts, self.forms, strict=True):
            if np.any(form[~within(cut)]) or not np.array_equal(form, -form.T):
                rule = "be antisymmetric and zero between the two sides"
                raise ArgumentError("forms", rule, form, remedy)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The modes on one side of each bipartition."""
        return sides_of(self.labels, self.cuts)

    @cached_property
    def margins(self) -> Real:
        """Bounds on the smallest eigenvalue of ``Z_A + Z_B + i K``, and last of Z itself."""
        lowest = [
            eigenvalue_bounds(np.where(within(cut), self.matrix, 0.0) + 1j * form)[0]
            for cut, form in zip(self.cuts, self.forms, strict=True)
        ]
        return np.array([*lowest, eigenvalue_bounds(self.matrix)[0]])

    @property
    def proven(self) -> bool:
        """Whether all of them are positive, rounding included."""
        symmetric = np.array_equal(self.matrix, self.matrix.T)
        return bool(symmetric and np.all(self.margins >= 0.0))

    @property
    def complete(self) -> bool:
        """Whether every bipartition is excluded, as genuine multipartite entanglement needs."""
        named = {tuple(cut ^ cut[0]) for cut in np.asarray(self.cuts, dtype=bool)}
        named.discard((False,) * len(self.labels))
        return len(named) == 2 ** (len(self.labels) - 1) - 1

    @cached_property
    def bound(self) -> float:
        """What ``Tr(Z V)`` of a state that is separable across one of the cuts has at least."""
        form = symplectic_form(len(self.labels))
        values = -0.5 * np.einsum("ij,kji->k", form, self.forms)
        return float(values.min()) - 8 * form.size * EPS * float(np.abs(self.forms).max())

    def value(self, covariance: Real) -> tuple[float, float]:
        """``Tr(Z V)``, and its rounding."""
        size = float(np.linalg.norm(self.matrix) * np.linalg.norm(covariance))
        return float(np.vdot(self.matrix, covariance)), 4 * covariance.size * EPS * size

    def excess(self, error: float | Real) -> float:
        """How much ``Tr(Z V)`` may differ if each entry of V is off by `error` at most."""
        return float(np.sum(np.abs(self.matrix) * error))

    def correlations(self) -> list[tuple[str, str, float]]:
        """What must be measured: ``(quadrature, quadrature, weight)`` of each second moment.

        Largest weight first; ``Tr(Z V)`` is the sum of ``weight * <first second>`` (symmetrised,
        without means).
        """
        names = [f"{kind}_{label}" for label in self.labels for kind in "xp"]
        rows, columns = np.nonzero(np.triu(self.matrix))
        found = [
            (names[i], names[j], float(self.matrix[i, j]) * (1.0 if i == j else 2.0))
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
        return sorted(found, key=lambda entry: -abs(entry[2]))


@storable
@dataclass(frozen=True, eq=False)
class CovarianceMixture:
    """Products of physical covariance matrices whose weighted sum lies below V.

    Args:
        labels: the modes.
        cuts: (parts, N) truth values: the bipartition across which each part is a product.
        weights: (parts,) lambda_k >= 0, summing to one.
        parts: (parts, 2N, 2N) V_k.
        shift: (2N, 2N) what is added to V, within its errors, for them to lie below.
    """

    labels: tuple[str, ...]
    cuts: Cuts
    weights: Real
    parts: Real
    shift: Real

    @cached_property
    def proven(self) -> bool:
        """Whether weights are a distribution and all parts physical products."""
        form = 0.5j * symplectic_form(len(self.labels))
        fits = np.all(self.weights >= 0.0) and abs(float(self.weights.sum()) - 1.0) <= 1e-12
        return bool(fits) and all(
            not np.any(part[~within(cut)]) and eigenvalue_bounds(part + form)[0] >= 0.0
            for cut, part in zip(self.cuts, self.parts, strict=True)
        )

    def margin(self, covariance: Real, error: float | Real = 0.0) -> float:
        """A bound on the smallest eigenvalue of ``V - sum_k lambda_k V_k``; >= 0 is a proof.

        With errors of the entries of V: for ``V + shift``, as far as they allow the shift.
        """
        moved = covariance + np.clip(self.shift, -np.asarray(error), error)
        rest = moved - np.einsum("k,kij->ij", self.weights, self.parts)
        return eigenvalue_bounds(0.5 * (rest + rest.T))[0]


def best_form(matrix: Real, cut: NDArray[np.bool_]) -> Real:
    """The K that proves the most for the two principal blocks of Z.

    With ``A = Z^(1/2) Omega Z^(1/2)`` of a block, ``K = Z^(1/2) M Z^(1/2)``, M the polar factor of
    A: then ``-Tr(Omega K)/2 = ||A||_1/2``, the sum of the symplectic eigenvalues.
    """
    side, result = np.repeat(cut, 2), np.zeros_like(matrix)
    for at in (np.flatnonzero(side), np.flatnonzero(~side)):
        if not len(at):
            continue
        values, vectors = np.linalg.eigh(matrix[np.ix_(at, at)])
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        left, singular, right = np.linalg.svd(root @ symplectic_form(len(at) // 2) @ root)
        keep = singular > 1e-13 * max(float(singular[0]), 1e-300)
        form = root @ (left[:, keep] @ right[keep]) @ root
        result[np.ix_(at, at)] = 0.5 * (form - form.T)
    return result


def exact_witness(labels: tuple[str, ...], matrix: Real, cuts: Cuts) -> CovarianceWitness:
    """A proven witness from weights as a solver has them: clip, find the K, shift by the rest.

    Entries that are zero stay zero off the diagonal, unless Z had to be clipped by more than
    rounding.
    """
    zero = (matrix == 0.0) & ~np.eye(len(matrix), dtype=bool)
    matrix = 0.5 * (matrix + matrix.T)
    clipped = np.where(zero, 0.0, np.real(nonnegative(matrix)))
    matrix = 0.5 * (clipped + clipped.T)
    forms = np.array([best_form(matrix, cut) for cut in cuts])
    slack = 80 * len(matrix) ** 2 * EPS * max(float(np.linalg.norm(matrix)), 1e-300)
    first = CovarianceWitness(labels, matrix, cuts, forms)
    shift = max(0.0, -float(first.margins.min())) + slack
    return CovarianceWitness(labels, matrix + shift * np.eye(len(matrix)), cuts, forms)


def exact_mixture(
    labels: tuple[str, ...], cuts: Cuts, weights: Real, parts: Real, shift: Real
) -> CovarianceMixture | None:
    """A proven mixture from what a solver says; None where its weights vanish."""
    weights = np.maximum(weights, 0.0)
    keep = weights > 1e-9 * max(float(weights.sum()), 1e-300)
    if not np.any(keep):
        return None
    form = 0.5j * symplectic_form(len(labels))
    exact = []
    for cut, weight, part in zip(cuts[keep], weights[keep], parts[keep], strict=True):
        product = np.where(within(cut), part, 0.0) / weight
        product = 0.5 * (product + product.T)
        low = eigenvalue_bounds(product + form)[0]
        slack = 80 * len(product) ** 2 * EPS * float(np.linalg.norm(product))
        exact.append(product + (max(0.0, -low) + slack) * np.eye(len(product)))
    kept = weights[keep]
    return CovarianceMixture(labels, cuts[keep], kept / kept.sum(), np.array(exact), shift)
