r"""Adaptive integration of array-valued spectra over the frequency line.

A spectrum of a weakly damped system has narrow Lorentzian peaks, a kink where the noise has one,
and tails that fall off as a power. So the line is cut at the peaks and kinks *before* refinement
begins, and what lies outside all of them is mapped to a finite interval::

    Integral_c^inf f(ω) dω = Integral_0^{1/c} f(1/u) du/u²

Each piece (a *panel*) is integrated with 10 and with 20 Gauss-Legendre points. The difference, an
overestimate of the error of the second sum, decides which panels are halved. All panels of one
round are evaluated in one call, so an integrand written with numpy broadcasting runs fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.errors import ArgumentError, NumericalError

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]
Integrand = Callable[[Real], Complex]

_COARSE = np.polynomial.legendre.leggauss(10)
_FINE = np.polynomial.legendre.leggauss(20)
_MAX_ROUNDS = 60
_MAX_PANELS = 20_000


@dataclass(frozen=True)
class Mesh:
    """Panels ``[low, high]``, in ``ω`` or, where `tail` is set, in ``u = 1/ω``.

    Attributes:
        low, high: ends of the panels, shape (p,).
        tail: which panels are in ``u``, shape (p,).
    """

    low: Real
    high: Real
    tail: NDArray[np.bool_]

    @classmethod
    def around(
        cls,
        poles: ArrayLike,
        kinks: Sequence[float] = (),
        support: tuple[float, float] = (-np.inf, np.inf),
    ) -> Mesh:
        """Panels cut at `kinks` and, within three widths of each pole, at the peak and beside it.

        Args:
            poles: complex poles of the integrand; a pole ``x + iy`` is a peak at x of width abs(y).
            kinks: where the integrand is not smooth.
            support: ends of the line; outside them the integrand vanishes.

        Raises:
            ArgumentError: `support` is not an increasing pair.
        """
        start, end = support
        if not start < end:
            raise ArgumentError("support", "be an increasing pair", support, "Swap its ends.")
        poles = np.ravel(np.asarray(poles, np.complex128))
        centers, widths = np.real(poles), np.abs(np.imag(poles))
        marks = [centers + shift * widths for shift in (-3, 0, 3)]
        finite = [edge for edge in (*support, *kinks) if np.isfinite(edge)]
        points = np.concatenate([*marks, np.array(finite, float)])
        far = 2.0 * float(np.max(np.abs(points), initial=0.0)) or 1.0
        cuts = np.unique(np.clip(np.append(points, [-far, far]), start, end))
        cuts = cuts[np.append(True, np.diff(cuts) > 1e-12 * far)]
        low, high = list(cuts[:-1]), list(cuts[1:])
        tails = [(0.0, 1 / far)] if np.isposinf(end) else []
        tails += [(-1 / far, 0.0)] if np.isneginf(start) else []
        return cls(
            np.array(low + [ends[0] for ends in tails]),
            np.array(high + [ends[1] for ends in tails]),
            np.array([False] * len(low) + [True] * len(tails)),
        )

    def sum(self, integrand: Integrand) -> Complex:
        """The integral over all panels with the fine rule."""
        return np.sum(self._panel_sums(integrand, _FINE), axis=0)

    def _panel_sums(self, integrand: Integrand, rule: tuple[Real, Real]) -> Complex:
        nodes, weights = rule
        half = (self.high - self.low)[:, None] / 2
        points = (self.high + self.low)[:, None] / 2 + half * nodes
        measure = half * weights
        tail = self.tail[:, None]
        omega = np.where(tail, 1 / np.where(tail, points, 1.0), points)
        measure = np.where(tail, measure * omega**2, measure)
        values = integrand(omega.ravel())
        flat = values.reshape(*omega.shape, -1)
        return np.einsum("pn,pni->pi", measure, flat).reshape(len(self.low), *values.shape[1:])

    def halve(self) -> Mesh:
        """Every panel cut in the middle."""
        middle = (self.low + self.high) / 2
        low, high = np.concatenate([self.low, middle]), np.concatenate([middle, self.high])
        return Mesh(low, high, np.tile(self.tail, 2))

    def only(self, chosen: NDArray[np.bool_]) -> Mesh:
        """The chosen panels."""
        return Mesh(self.low[chosen], self.high[chosen], self.tail[chosen])

    def join(self, other: Mesh) -> Mesh:
        """The panels of both."""
        return Mesh(
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
            np.concatenate([self.tail, other.tail]),
        )


def integrate_line(
    integrand: Integrand, mesh: Mesh, rtol: float = 1e-8
) -> tuple[Complex, float, Mesh]:
    """``Integral f(ω) dω`` over the line that `mesh` covers.

    Args:
        integrand: frequencies (w,) -> values (w, ...).
        mesh: where to begin; :meth:`Mesh.around` is meant for this.
        rtol: the summed error of the worst entry, relative to the largest entry of the integral.

    Returns:
        The integral, the absolute error estimate of its worst entry, and the refined mesh, on
        which integrands of the same kind may be summed at once.

    Raises:
        NumericalError: the panels become too many or too small, as for a divergent integral.
    """
    done: list[Mesh] = []
    total, error = np.zeros(()), 0.0
    for _ in range(_MAX_ROUNDS):
        fine = mesh._panel_sums(integrand, _FINE)
        flat = np.abs(fine - mesh._panel_sums(integrand, _COARSE)).reshape(len(mesh.low), -1)
        worst = np.max(flat, axis=1)
        size = float(np.max(np.abs(total + np.sum(fine, axis=0))))
        count = len(mesh.low) + sum(len(part.low) for part in done)
        good = worst <= rtol * size / (2 * count)
        if float(np.sum(worst)) + error <= rtol * size:
            good[:] = True
        total = total + np.sum(fine[good], axis=0)
        error += float(np.sum(worst[good]))
        done.append(mesh.only(good))
        if good.all():
            return np.asarray(total, complex), error, _join(done)
        mesh = mesh.only(~good).halve()
        if not np.isfinite(size) or count > _MAX_PANELS:
            break
    raise NumericalError(
        f"The frequency integral does not converge to rtol={rtol:g} (reached {error:.2g} on "
        f"{len(mesh.low)} open panels). Check that the spectrum decays and name all its kinks."
    )


def _join(parts: Sequence[Mesh]) -> Mesh:
    mesh = parts[0]
    for part in parts[1:]:
        mesh = mesh.join(part)
    return mesh
