"""The step of a diffusive measurement: completely positive whatever the step length.

Quadratures ``a_k = sqrt(efficiency) e^{-i angle} c`` are measured for a time dt. Their currents are
``dy_k = <a_k + a_k†> dt + dW_k``, and the state follows as ``rho -> M rho M† / trace``,

    M = 1 - A dt/2 + (A dt)^2/8 + sum_k a_k dy_k + 1/2 sum_jk a_j a_k (dy_j dy_k - delta_jk dt),

with ``A = sum_k a_k† a_k``. All else (Hamiltonian, lost light, counting) acts exactly for half a
step before and half a step after (`flow.py`). Strong and weak order are one where the quadratures
commute with each other, as those of one channel or of different sites do; otherwise the products
are symmetrised and the strong order is 1/2. Both are measured in the tests.

Source: Rouchon and Ralph, Phys. Rev. A 91, 012118 (2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

from darkstate.engines.trajectories.flow import Array, Flow, Walkers


@dataclass(frozen=True)
class Diffusion:
    """Many states under continuous measurement of quadratures.

    Args:
        flow: what happens besides; says whether columns are vectors or density matrices.
        quadratures: measured operators ``a_k``, sparse (D, D).
    """

    flow: Flow
    quadratures: tuple[sp.csr_array, ...]

    @cached_property
    def strength(self) -> sp.csr_array:
        """``A = sum a† a``."""
        size: Any = self.quadratures[0].shape
        total: Any = sp.csr_array(size, dtype=complex)
        for a in self.quadratures:
            total = total + a.conj().T @ a
        return sp.csr_array(total)

    @cached_property
    def products(self) -> tuple[tuple[int, int, sp.csr_array], ...]:
        """``(j, k, (a_j a_k + a_k a_j)/2)`` for j <= k, those that vanish left out."""
        found = []
        for j, k in combinations_with_replacement(range(len(self.quadratures)), 2):
            a, b = self.quadratures[j], self.quadratures[k]
            product = sp.csr_array(0.5 * (a @ b + b @ a))
            product.eliminate_zeros()
            if product.nnz:
                found.append((j, k, product))
        return tuple(found)

    def default_step(self) -> float:
        """A step on which the measurement changes the fastest state by a twentieth."""
        largest = float(abs(self.strength).sum(axis=1).max())
        return 0.05 / largest if largest > 0 else float("inf")

    def advance(self, walkers: Walkers, duration: float, steps: int) -> Array:
        """Carry all trajectories over `duration`; the integrated currents, shape (m, n)."""
        dt = duration / steps
        total = np.zeros((len(self.quadratures), len(walkers.streams)))
        for first in range(0, steps, 256):  # bounds the memory of the noise, changes no number
            count = min(256, steps - first)
            shape = (count, len(self.quadratures))
            drawn = [stream.standard_normal(shape) for stream in walkers.streams]
            for noise in sqrt(dt) * np.stack(drawn, axis=-1):
                total += self.step(walkers, dt, noise)
        return total

    def step(self, walkers: Walkers, dt: float, noise: Array) -> Array:
        """One step with the Wiener increments `noise`; both have shape (m, n)."""
        self.flow.advance(walkers, 0.5 * dt)
        self.flow.normalise(walkers)
        currents = self._signal(walkers.x) * dt + noise
        x = self._times(walkers.x, currents, dt)
        if self.flow.matrices:
            x = self._times(_adjoint(x), currents, dt)
        weight = self.flow.weight(x)
        walkers.x = x / (weight if self.flow.matrices else np.sqrt(weight))
        self.flow.advance(walkers, 0.5 * dt)
        return currents

    def _signal(self, x: Array) -> Array:
        """``<a_k + a_k†>`` of normalised states, (m, n)."""
        if self.flow.matrices:
            return np.array([2 * self.flow.weight(self._left(a, x)) for a in self.quadratures])
        return np.array([2 * np.einsum("dn,dn->n", x.conj(), a @ x).real for a in self.quadratures])

    def _times(self, x: Array, currents: Array, dt: float) -> Array:
        """``M x``."""
        faded = self._left(self.strength, x)
        result = x - 0.5 * dt * faded + 0.125 * dt**2 * self._left(self.strength, faded)
        for a, current in zip(self.quadratures, currents, strict=True):
            result = result + current * self._left(a, x)
        for j, k, product in self.products:
            factor = currents[j] * currents[k] if j < k else 0.5 * (currents[j] ** 2 - dt)
            result = result + factor * self._left(product, x)
        return result

    def _left(self, matrix: Any, x: Array) -> Array:
        """``a psi`` or ``a rho`` of every column."""
        return (matrix @ x.reshape(matrix.shape[0], -1)).reshape(x.shape)


def _adjoint(x: Array) -> Array:
    """The adjoint of every density matrix of (D^2, n)."""
    size = round(sqrt(len(x)))
    return x.reshape(size, size, -1).conj().transpose(1, 0, 2).reshape(x.shape)
