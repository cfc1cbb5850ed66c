r"""Steady covariance of linear Langevin equations with periodic drift and coloured noise.

The equation, for a vector ``v(t)`` of operators (annihilators, creators, auxiliary variables)::

    dv/dt = Σ_h W_h exp(-i h Ω t) v(t) + B ξ(t),      <ξ(t) ξ(0)†> = ∫ dω/2π S(ω) exp(-i ω t)

The noise is stationary, but neither white nor symmetric: ``S(ω) != S(-ω)``, which at zero
temperature vanishes on one half-line and has a kink at ``ω = 0``. A tone ``ξ exp(-i ω t)`` comes
out at all the frequencies ``ω + nΩ``. *Harmonic balance* writes this as an infinite linear system
and keeps the ``2N + 1`` central blocks::

    v(t) = ∫ dω/2π Σ_n exp(-i(ω + nΩ)t) G_n(ω) ξ(ω),
    -i ω G_n = Σ_h W_h G_{n-h} + i n Ω G_n + δ_{n0} B         (Hill's matrix K: G = (-iω - K)^-1 B)

Hill's matrix does not know ``ω``: diagonalised once, it gives the response at every frequency, and
its eigenvalues are the poles near which the quadrature starts out fine. Periodic as well is::

    <v v†>(t) = Σ_h C_h exp(-i h Ω t),        C_h = ∫ dω/2π Σ_n G_{n+h}(ω) S(ω) G_n(ω)†

Two errors are measured: that of the quadrature, and that of the harmonics (by adding one more).
Stability is decided beforehand, without truncation, in :mod:`darkstate.linalg.floquet`.
The limit is rounding: a rate ``r`` of damping is known to about ``1e-16 N Ω/r`` of itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import NumericalError
from darkstate.linalg.floquet import PeriodicLangevin, check_floquet_stable
from darkstate.linalg.line_integral import Mesh, integrate_line

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


@dataclass(frozen=True)
class PeriodicCovariance:
    """``<v v†>(t) = Σ_h C_h exp(-i h Ω t)`` and how well it is known.

    Attributes:
        blocks: ``C_h`` for ``h = -H .. H``, shape (2H + 1, n, n); ``C_0`` is the time average.
        frequency: ``Ω``.
        exponents: Floquet exponents, shape (n,); all real parts are negative.
        quadrature_error: absolute, on the worst entry of any ``C_h``.
        harmonic_error: change of the worst entry when one harmonic more is kept.
    """

    blocks: Complex
    frequency: float
    exponents: Complex
    quadrature_error: float
    harmonic_error: float

    @property
    def average(self) -> Complex:
        """The covariance averaged over one period, shape (n, n)."""
        return self.blocks[len(self.blocks) // 2]

    def at(self, time: float) -> Complex:
        """The covariance at `time`, shape (n, n)."""
        highest = len(self.blocks) // 2
        phases = np.exp(-1j * self.frequency * time * np.arange(-highest, highest + 1))
        return np.tensordot(phases, self.blocks, axes=1)


def hill_matrix(system: PeriodicLangevin, order: int) -> Complex:
    """Hill's matrix ``K[n, m] = W_{n-m} + i n Ω δ_nm`` for ``n, m = -N .. N``.

    Args:
        system: with n variables.
        order: ``N >= 0``.

    Returns:
        Shape ((2N+1) n, (2N+1) n).
    """
    count, size = 2 * order + 1, len(system.inputs)
    hill = np.zeros((count, size, count, size), complex)
    for row in range(count):
        for h, block in system.harmonics.items():
            if 0 <= row - h < count:
                hill[row, :, row - h] += block
        hill[row, :, row] += 1j * (row - order) * system.frequency * np.eye(size)
    return hill.reshape(count * size, count * size)


class Response:
    """``G_n(ω)`` for ``n = -N .. N``: call with frequencies (w,) to get (w, 2N+1, n, k)."""

    def __init__(self, system: PeriodicLangevin, order: int):
        self.size, channels = system.inputs.shape
        self.order = order
        self.hill = hill_matrix(system, order)
        self.drive = np.zeros((2 * order + 1, self.size, channels), complex)
        self.drive[order] = system.inputs
        self.drive = self.drive.reshape(-1, channels)
        self.poles, self._modes = np.linalg.eig(self.hill)
        self._diagonal = np.linalg.cond(self._modes) < 1e7
        if self._diagonal:
            self._weights = np.linalg.solve(self._modes, self.drive)

    def __call__(self, omega: Real) -> Complex:
        """The response at `omega`; near an exceptional point by direct solution."""
        if self._diagonal:
            spread = self._weights / (-1j * omega[:, None] - self.poles)[..., None]
            response = self._modes @ spread
        else:
            shifted = -1j * omega[:, None, None] * np.eye(len(self.hill)) - self.hill
            response = np.linalg.solve(shifted, self.drive)
        shape = (len(omega), 2 * self.order + 1, self.size, -1)
        return np.asarray(response, np.complex128).reshape(shape)


def covariance_density(
    system: PeriodicLangevin, response: Response, omega: Real, highest: int
) -> Complex:
    """Integrand of ``C_h``, ``h = -H .. H``: shape (w, 2H + 1, n, n), including ``1/2π``."""
    tones = response(omega)
    driven = np.einsum("wnik,wkl->wnil", tones, system.spectrum(omega)) / (2 * np.pi)
    count, size = tones.shape[1:3]
    density = np.zeros((len(omega), 2 * highest + 1, size, size), complex)
    adjoint = tones.conj()
    for h in range(min(highest, count - 1) + 1):
        upper = driven[:, h:].swapaxes(1, 2).reshape(len(omega), size, -1)
        lower = adjoint[:, : count - h].swapaxes(1, 2).reshape(len(omega), size, -1)
        density[:, highest + h] = upper @ lower.swapaxes(1, 2)
        density[:, highest - h] = density[:, highest + h].conj().swapaxes(1, 2)
    return density


def steady_covariance(
    system: PeriodicLangevin, *, rtol: float = 1e-7, highest: int = 2, max_order: int = 16
) -> PeriodicCovariance:
    """``<v v†>(t)`` in the periodic steady state; see the module's text for the equations.

    Args:
        system: what to solve.
        rtol: of the quadrature and of the truncation, relative to the largest entry.
        highest: ``H``, up to which harmonics of the covariance are returned.
        max_order: the largest ``N`` to try.

    Raises:
        NumericalError: a Floquet exponent does not decay; `max_order` harmonics do not converge;
            an integral diverges or does not converge.
    """
    exponents = check_floquet_stable(system)
    driven = any(h and np.any(block) for h, block in system.harmonics.items())
    order = 2 if driven else 0
    while True:
        response = Response(system, order + driven)
        mesh = Mesh.around(1j * response.poles, system.kinks, system.support)
        blocks, error, mesh = integrate_line(
            lambda omega, r=response: covariance_density(system, r, omega, highest), mesh, rtol
        )
        coarse = Response(system, order)
        fewer = mesh.sum(lambda omega, r=coarse: covariance_density(system, r, omega, highest))
        change = float(np.max(np.abs(fewer - blocks)))
        if change <= rtol * np.max(np.abs(blocks)):
            return PeriodicCovariance(blocks, system.frequency, exponents, error, change)
        if order >= max_order:
            raise NumericalError(
                f"Harmonic balance changes by {change:.2g} at order {order}, more than "
                f"rtol={rtol:g} allows. For a strong or slow drive raise `max_order`; for very "
                f"weak damping (here {-exponents[0].real:.2g}) rounding is the limit: raise `rtol`."
            )
        order += 1
