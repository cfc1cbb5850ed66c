r"""Collective spins known by their means and covariances: what is left of 1e12 atoms.

An ensemble of N two-level atoms has the operators ``Jx, Jy, Jz`` (sums over the atoms of
``sigma/2``), a mode has ``x, p`` with ``[x, p] = i``. Of a network of them the state keeps, with X
running over all these operators in the order of the labels,

    mean_a = <X_a>,     covariance_ab = <X_a X_b + X_b X_a>/2 - <X_a><X_b>.

The commutators ``[X_a, X_b] = i (sum_c f_abc X_c + g_ab)`` (su(2) for ensembles, a number for
modes) make the uncertainty relation ``covariance + (i/2) Omega >= 0``, ``Omega = f mean + g``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import (
    as_labels,
    check_integer,
    check_labels,
    check_real,
    check_reals,
    check_sequence,
)
from darkstate.display import state_text
from darkstate.errors import ArgumentError
from darkstate.states.gaussian_moments import quadratic_mean
from darkstate.states.matrices import mean_value
from darkstate.systems.operators import OperatorSum

Array = NDArray[np.float64]

MODE = 0
"""Stands in `atoms` for a mode: operators x, p instead of Jx, Jy, Jz."""

_ASYMMETRY = 1e-9


def generators(atoms: Sequence[int]) -> list[slice]:
    """Where the operators of each space stand: three for an ensemble, two for a mode."""
    sizes = [2 if n == MODE else 3 for n in atoms]
    ends = np.cumsum([0, *sizes]).tolist()
    return [slice(a, b) for a, b in pairwise(ends)]


def _counts(atoms: Any, labels: int) -> tuple[int, ...]:
    """One number of atoms a label, as whole numbers.

    Raises:
        ArgumentError: others.
    """
    remedy = "Give the number of atoms, or 0 for a mode."
    one = isinstance(atoms, int | np.integer)
    given = (atoms,) if one else check_sequence("atoms", atoms, remedy)
    counts = tuple(check_integer("atoms", n, minimum=0, remedy=remedy) for n in given)
    if len(counts) != labels:
        raise ArgumentError("atoms", "have one number per label", counts, remedy)
    return counts


def brackets(atoms: Sequence[int]) -> tuple[Array, Array]:
    """Commutators ``[X_a, X_b] = i (sum_c f_abc X_c + g_ab)``: f of (n, n, n) and g of (n, n)."""
    places = generators(atoms)
    n = places[-1].stop if places else 0
    f, g = np.zeros((n, n, n)), np.zeros((n, n))
    for count, place in zip(atoms, places, strict=True):
        k = place.start
        if count == MODE:
            g[k, k + 1], g[k + 1, k] = 1.0, -1.0
            continue
        for x, y, z in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            f[k + x, k + y, k + z], f[k + y, k + x, k + z] = 1.0, -1.0
    return f, g


@dataclass(frozen=True, repr=False)
class SpinMoments:
    """Means and covariances of collective spins (and of modes coupled to them).

    Args:
        labels: names of the spaces.
        atoms: number of atoms of each ensemble; 0 for a mode.
        mean: (n,) means of Jx, Jy, Jz of each ensemble and x, p of each mode, in this order.
        covariance: (n, n) symmetrised covariances.

    Raises:
        ArgumentError: wrong shapes, not finite, not symmetric beyond rounding.
    """

    labels: tuple[str, ...]
    atoms: tuple[int, ...]
    mean: Array
    covariance: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", as_labels("labels", self.labels))
        check_labels("labels", self.labels, self.labels)
        atoms = _counts(self.atoms, len(self.labels))
        n = generators(atoms)[-1].stop
        arrays: dict[str, Any] = {"labels": tuple(self.labels), "atoms": atoms}
        for name, shape in (("mean", (n,)), ("covariance", (n, n))):
            rule, remedy = f"be finite with shape {shape}", "Three entries an ensemble, two a mode."
            array = check_reals(name, getattr(self, name), rule=rule, remedy=remedy)
            if array.shape != shape or not np.all(np.isfinite(array)):
                raise ArgumentError(name, rule, array, remedy)
            arrays[name] = array
        skew = np.abs(arrays["covariance"] - arrays["covariance"].T).max()
        if skew > _ASYMMETRY * np.abs(arrays["covariance"]).max():
            rule, remedy = "be symmetric", "Give <ab + ba>/2 - <a><b>."
            raise ArgumentError("covariance", rule, arrays["covariance"], remedy)
        arrays["covariance"] = 0.5 * (arrays["covariance"] + arrays["covariance"].T)
        for name, value in arrays.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return state_text(self, self.labels, f"{', '.join(map(str, self.atoms))} atoms")

    @classmethod
    def product(
        cls, labels: Sequence[str], atoms: Sequence[int], bloch: Sequence[Sequence[float]]
    ) -> SpinMoments:
        """Uncorrelated atoms, all atoms of an ensemble alike; modes in their vacuum.

        ``<J> = N b/2`` and covariance ``N (1 - b b^T)/4``.

        Args:
            labels: names of the spaces.
            atoms: atoms of each, 0 for a mode.
            bloch: Bloch vector b, ``|b| <= 1``, of an atom of each ensemble; ignored for modes.

        Raises:
            ArgumentError: not one vector of three numbers per label, or longer than 1.
        """
        remedy = "Give (0, 0, -1) for atoms in their ground state."
        labels = as_labels("labels", labels)
        atoms = _counts(atoms, len(labels))
        rows = check_reals("bloch", bloch, remedy=remedy)
        if rows.shape != (len(labels), 3):
            raise ArgumentError("bloch", f"have shape ({len(labels)}, 3)", rows, remedy)
        for k, length in enumerate(np.linalg.norm(rows, axis=1).tolist()):
            check_real(f"|bloch[{k}]|", length, maximum=1 + 1e-12, remedy="Shorten the vector.")
        places = generators(atoms)
        n = places[-1].stop
        mean, covariance = np.zeros(n), np.zeros((n, n))
        for count, place, b in zip(atoms, places, rows, strict=True):
            if count == MODE:
                covariance[place, place] = 0.5 * np.eye(2)
                continue
            mean[place] = 0.5 * count * b
            covariance[place, place] = 0.25 * count * (np.eye(3) - np.outer(b, b))
        return cls(tuple(labels), tuple(atoms), mean, covariance)

    @classmethod
    def polarised(
        cls, labels: Sequence[str], atoms: Sequence[int], polarisation: Sequence[float]
    ) -> SpinMoments:
        """Uncorrelated atoms with ``<sigma_z> = polarisation``, one number in [-1, 1] a label."""
        values = check_sequence("polarisation", polarisation, "Give one number a label.")
        return cls.product(labels, atoms, [(0.0, 0.0, p) for p in values])

    def _place(self, label: str) -> slice:
        (chosen,) = check_labels("label", label, self.labels)
        return generators(self.atoms)[self.labels.index(chosen)]

    def means(self, label: str) -> Array:
        """``<Jx>, <Jy>, <Jz>`` of an ensemble, or ``<x>, <p>`` of a mode."""
        return self.mean[self._place(label)]

    def covariances(self, first: str, second: str | None = None) -> Array:
        """Covariances between the operators of two spaces (of one, if `second` is left out)."""
        other = first if second is None else second
        return self.covariance[self._place(first), self._place(other)]

    def polarisation(self, label: str) -> float:
        """``2 <Jz>/N`` of an ensemble, from -1 to 1.

        Raises:
            ArgumentError: the label is a mode.
        """
        atoms = self._atoms_of(label)
        return 2.0 * float(self.means(label)[2]) / atoms

    def _atoms_of(self, label: str) -> int:
        self._place(label)
        count = self.atoms[self.labels.index(label)]
        if count == MODE:
            raise ArgumentError("label", "name an ensemble", label, "A mode has no atoms.")
        return count

    def xi(self, first: str, second: str) -> float:
        """EPR variance of two ensembles polarised along z against each other; < 1: entangled.

        ``xi = [Var(Jx1 - Jx2) + Var(Jy1 - Jy2)]/(|<Jz1>| + |<Jz2>|)``.

        Raises:
            ArgumentError: unknown label, a mode, or no polarisation.

        Source: Raymer et al., Phys. Rev. A 67, 052104 (2003).
        """
        check_labels("labels", (first, second), self.labels)
        for label in (first, second):
            self._atoms_of(label)
        own = self.covariances(first) + self.covariances(second)
        cross = self.covariances(first, second)
        total = own[0, 0] + own[1, 1] - 2.0 * (cross[0, 0] + cross[1, 1])
        size = abs(float(self.means(first)[2])) + abs(float(self.means(second)[2]))
        if size == 0.0:
            remedy = "xi is a criterion for ensembles polarised along z."
            raise ArgumentError("state", "be polarised along z", (first, second), remedy)
        return float(total / size)

    def expectation(self, operator: OperatorSum) -> complex:
        """``Tr(rho O)`` of at most two letters a term; a float if O is Hermitian, else complex.

        Raises:
            ArgumentError: other subsystems than the state has, or a higher order.
        """
        f, g = brackets(self.atoms)
        second = self.covariance + np.outer(self.mean, self.mean)
        second = second + 0.5j * (np.einsum("abc,c->ab", f, self.mean) + g)
        places = dict(zip(self.labels, generators(self.atoms), strict=True))
        return mean_value(quadratic_mean(operator, places, self.mean, second), operator)

    def margin(self) -> float:
        """Smallest eigenvalue of ``covariance + (i/2) Omega``, the variances scaled to one.

        0 for pure Gaussian fluctuations; far below 0 the moments belong to no state.
        """
        f, g = brackets(self.atoms)
        omega = np.einsum("abc,c->ab", f, self.mean) + g
        size = np.concatenate(
            [np.full(2 if n == MODE else 3, np.sqrt(0.25 * n) or 1.0) for n in self.atoms]
        )
        scale = np.sqrt(np.maximum(np.diag(self.covariance), size**2))
        matrix = (self.covariance + 0.5j * omega) / np.outer(scale, scale)
        return float(np.linalg.eigvalsh(matrix)[0])
