"""Means and covariances as one vector of numbers of order one, with its rates and Jacobian.

Means of an ensemble are counted in N, its fluctuations in sqrt(N) (means of a mode in sqrt of the
largest N): nothing overflows, and 1e12 atoms look like a hundred. Of the symmetric covariance the
upper triangle is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.moments.compile import MomentEquations
from darkstate.states import SpinMoments
from darkstate.states.moments import Array, generators


@dataclass(frozen=True)
class Packed:
    """The equations as ``dy/dt = f(y)``; y is (p,) with ``p = n (n + 3)/2``.

    Args:
        equations: the equations.
    """

    equations: MomentEquations

    @cached_property
    def triangle(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the upper triangle."""
        rows, columns = np.triu_indices(len(self.equations.F0))
        return rows, columns

    @cached_property
    def units(self) -> Array:
        """What 1 stands for in each entry of y."""
        size, noise = self.equations.scales
        rows, columns = self.triangle
        return np.concatenate([size, noise[rows] * noise[columns]])

    def pack(self, state: SpinMoments) -> Array:
        """A state as y."""
        return np.concatenate([state.mean, state.covariance[self.triangle]]) / self.units

    def unpack(self, y: Array) -> SpinMoments:
        """The state of y."""
        x, K = self._parts(y)
        return SpinMoments(self.equations.labels, self.equations.atoms, x, K)

    def _parts(self, y: Array) -> tuple[Array, Array]:
        full = y * self.units
        n = len(self.equations.F0)
        K = np.zeros((n, n))
        K[self.triangle] = full[n:]
        return full[:n], K + np.triu(K, 1).T

    def rates(self, y: Array) -> Array:
        """f(y)."""
        dx, dK = self.equations.rates(*self._parts(y))
        return np.concatenate([dx, dK[self.triangle]]) / self.units

    def jacobian(self, y: Array) -> Array:
        """df/dy, (p, p)."""
        rows, columns = self.triangle
        xx, xk, kx, kk = self.equations.derivatives(*self._parts(y))
        twice = np.where(rows == columns, 0.5, 1.0)  # both entries of a pair move together
        n = len(xx)
        J = np.empty((len(y), len(y)))
        J[:n, :n] = xx
        J[:n, n:] = twice * (xk[:, rows, columns] + xk[:, columns, rows])
        J[n:, :n] = kx[rows, columns]
        kk = kk[rows, columns]
        J[n:, n:] = twice * (kk[:, rows, columns] + kk[:, columns, rows])
        return J * self.units / self.units[:, None]

    def conserved(self, y: Array) -> tuple[Array, Array]:
        """``<J^2>/N^2`` of the ensembles that conserve it, (C,), and its gradients, (C, p)."""
        eq = self.equations
        x, K = self._parts(y)
        rows, columns = self.triangle
        values, gradients = np.zeros(len(eq.conserving)), np.zeros((len(eq.conserving), len(y)))
        for k, label in enumerate(eq.conserving):
            at = eq.labels.index(label)
            place, square = generators(eq.atoms)[at], float(eq.atoms[at]) ** 2
            values[k] = (x[place] @ x[place] + np.trace(K[place, place])) / square
            inside = np.zeros(len(x))
            inside[place] = 1.0
            by_cov = np.where(rows == columns, inside[rows], 0.0)
            gradients[k] = np.concatenate([2.0 * x * inside, by_cov]) * self.units / square
        return values, gradients

    def name(self, k: int) -> str:
        """What entry k of y stands for, such as ``<Jz I>``."""
        eq = self.equations
        names = [
            f"{letter} {label}"
            for label, count in zip(eq.labels, eq.atoms, strict=True)
            for letter in (("Jx", "Jy", "Jz") if count else ("x", "p"))
        ]
        if k < len(names):
            return f"<{names[k]}>"
        row, column = (int(side[k - len(names)]) for side in self.triangle)
        return f"cov({names[row]}, {names[column]})"
