"""The step of a diffusive measurement: completely positive whatever the step length.

Quadratures ``a_k = sqrt(efficiency) e^{-i angle} c`` are measured for a time dt. Their currents are
``dy_k = <a_k + a_k†> dt + dW_k``, and the state follows as ``rho -> M rho M† / trace``,

    M = 1 - A dt/2 + (A dt)^2/8 + sum_k a_k dy_k + 1/2 sum_jk a_j a_k (dy_j dy_k - delta_jk dt),

with ``A = sum_k a_k† a_k``. All else (Hamiltonian, lost light, counting) acts exactly for half a
step before and half a step after (`no_jump.py`). Strong and weak order are one where the
quadratures commute with each other, as those of one channel or of different sites do; otherwise the
products are symmetrised and the strong order is 1/2. Both are measured in the tests.

Steps may be doubled on the same Brownian path: two of them become one, with the sum of their noise.
Or they are halved: the noise dW is divided into ``dW/2 + b`` and ``dW/2 - b`` with b of variance
dt/4 from another stream (a Brownian bridge). The difference of two such runs is the error of the
step, nearly free of sampling noise.

Source: Rouchon and Ralph, Phys. Rev. A 91, 012118 (2015).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

from darkstate.engines.trajectories.no_jump import Array, NoJumpPropagator, TrajectoryBatch

DOUBLED, HALVED = 2.0, 0.5
MOVE = 0.05
"""Default step, times the largest measured rate."""
TURN = 0.5
"""Default step at most, times the norm of the generator of all else."""


@dataclass(frozen=True)
class Diffusion:
    """Many states under continuous measurement of quadratures.

    Args:
        propagator: what happens besides; says whether columns are vectors or density matrices.
        quadratures: measured operators ``a_k``, sparse (D, D).
        pace: steps are made twice or half as long as asked for, on the same Brownian path.
    """

    propagator: NoJumpPropagator
    quadratures: tuple[sp.csr_array, ...]
    pace: float = 1.0

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

    @cached_property
    def rate(self) -> float:
        """A bound of the largest measured rate."""
        return float(abs(self.strength).sum(axis=1).max())

    def default_step(self) -> float:
        """A step on which the measurement changes the fastest state by a twentieth.

        All else turns states by half a radian at most: what turns faster would look slow.
        """
        steps = [
            part / rate
            for part, rate in ((MOVE, self.rate), (TURN, self.propagator.norm))
            if rate > 0
        ]
        return min(steps, default=float("inf")) if self.rate > 0 else float("inf")

    def advance(self, batch: TrajectoryBatch, duration: float, steps: int) -> Array:
        """Carry all trajectories over `duration`; the integrated currents, shape (m, n)."""
        dt = duration / steps
        total = np.zeros((len(self.quadratures), len(batch.streams)))
        for first in range(0, steps, 256):  # bounds the memory of the noise, changes no number
            count = min(256, steps - first)
            shape = (count, len(self.quadratures))
            noises = sqrt(dt) * _draw_normal(batch.streams, shape)
            for length, noise in self._noise_of_steps(batch, noises, dt):
                total += self.step(batch, length, noise)
        return total

    def _noise_of_steps(
        self, batch: TrajectoryBatch, noises: Array, dt: float
    ) -> Iterator[tuple[float, Array]]:
        """Lengths and noise of the steps, halved or doubled as `pace` says."""
        if self.pace == DOUBLED:
            for k in range(0, len(noises), 2):
                pair = noises[k : k + 2]
                yield dt * len(pair), pair.sum(axis=0)
        elif self.pace == HALVED:
            bridges = sqrt(dt) * _draw_normal(batch.bridges, noises.shape[:2])
            for noise, bridge in zip(noises, bridges, strict=True):
                for sign in (0.5, -0.5):
                    yield 0.5 * dt, 0.5 * noise + sign * bridge
        else:
            for noise in noises:
                yield dt, noise

    def step(self, batch: TrajectoryBatch, dt: float, noise: Array) -> Array:
        """One step with the Wiener increments `noise`; both have shape (m, n)."""
        self.propagator.advance(batch, 0.5 * dt)
        self.propagator.normalise(batch)
        currents = self._signal(batch.x) * dt + noise
        x = self._times(batch.x, currents, dt)
        if self.propagator.matrices:
            x = self._times(_adjoint(x), currents, dt)
        weight = self.propagator.weight(x)
        batch.x = x / (weight if self.propagator.matrices else np.sqrt(weight))
        self.propagator.advance(batch, 0.5 * dt)
        return currents

    def _signal(self, x: Array) -> Array:
        """``<a_k + a_k†>`` of normalised states, (m, n)."""
        if self.propagator.matrices:
            return np.array(
                [2 * self.propagator.weight(self._multiply_left(a, x)) for a in self.quadratures]
            )
        return np.array([2 * np.einsum("dn,dn->n", x.conj(), a @ x).real for a in self.quadratures])

    def _times(self, x: Array, currents: Array, dt: float) -> Array:
        """``M x``."""
        faded = self._multiply_left(self.strength, x)
        result = x - 0.5 * dt * faded + 0.125 * dt**2 * self._multiply_left(self.strength, faded)
        for a, current in zip(self.quadratures, currents, strict=True):
            result = result + current * self._multiply_left(a, x)
        for j, k, product in self.products:
            factor = currents[j] * currents[k] if j < k else 0.5 * (currents[j] ** 2 - dt)
            result = result + factor * self._multiply_left(product, x)
        return result

    def _multiply_left(self, matrix: Any, x: Array) -> Array:
        """``a psi`` or ``a rho`` of every column."""
        return (matrix @ x.reshape(matrix.shape[0], -1)).reshape(x.shape)


def _draw_normal(streams: list[np.random.Generator], shape: tuple[int, int]) -> Array:
    """Standard normal numbers (steps, m, n) of all trajectories."""
    return np.stack([stream.standard_normal(shape) for stream in streams], axis=-1)


def _adjoint(x: Array) -> Array:
    """The adjoint of every density matrix of (D^2, n)."""
    size = round(sqrt(len(x)))
    return x.reshape(size, size, -1).conj().transpose(1, 0, 2).reshape(x.shape)
