r"""From the moments of a record to the ensembles: the reconstruction formulas, exact for any bins.

Currents are used in the unit in which each bin of shot noise has variance one, ``Y_k``. For a read
pulse with bins of width h, and e_k the averages of ``e^{-gamma t}`` over them, w = e/|e|:

* mean values: a write pulse with mean record Y_in moves the conjugate quadrature (rotated to q) by
  ``-kappa_w w_+ . Y_in``, and the read pulse shows ``kappa_r`` times that:

      w . <Y_read> = -kappa_w kappa_r  w_+ . <Y_in>,       kappa_w kappa_r = K h |e_w| |e_r|,

  ``K = rate Z^2`` (h the geometric mean of both widths). In the measured quadrature the same
  holds with ``rate`` for K. The efficiency drops out, since both are seen by one detector. With
  gamma from the fall of the mean values this gives Z^2, the share s of the light and
  ``kappa^2 = K (1 - e^{-2 gamma T})/(2 gamma)``.
* variances: ``M = w^T cov(Y) w`` of the falling mode, with b_kl the averages of e^{-gamma |t-u|},

      v = [(M - 1)/efficiency - rate h (c - 1) w^T b w] / (rate Z^2 h |e|^2) + c/Z^2,

  ``c = s + Z^2 (1 - s) noise``: shot noise, lost light and the light and noise that entered during
  the pulse are taken off, and the rest divided by ``kappa^2``.

Source: Muschik et al., arXiv:1203.4785, Eqs. (6)-(11), generalised to extra decay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.experiments.layout import LightPulse

Real = NDArray[np.float64]


def falling(rate: ArrayLike, pulse: LightPulse) -> Real:
    """Averages over the bins of ``e^{-rate t}``, t from the start of the pulse; (..., bins)."""
    width, rate = pulse.width, np.asarray(rate, dtype=float)[..., None]
    middle = width * (np.arange(pulse.bins) + 0.5)
    return np.exp(-rate * middle) * _sinhc(rate * width / 2)


def rising(rate: ArrayLike, pulse: LightPulse) -> Real:
    """Averages over the bins of ``e^{-rate (T - t)}``, T the end of the pulse; (..., bins)."""
    return falling(rate, pulse)[..., ::-1]


def unit(vector: Real) -> Real:
    """The vector divided by its length, along the last axis."""
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def memory(rate: ArrayLike, pulse: LightPulse) -> Real:
    """Averages over pairs of bins of ``e^{-rate |t - u|}``; (..., bins, bins)."""
    width, rate = pulse.width, np.asarray(rate, dtype=float)[..., None, None]
    k = np.arange(pulse.bins)
    apart = width * np.abs(k[:, None] - k[None, :])
    u = rate * width
    same = 2 * (u + np.expm1(-u)) / u**2
    return np.where(apart > 0, np.exp(-rate * apart) * _sinhc(u / 2) ** 2, same)


def coupling_of(ratio: ArrayLike, gamma: ArrayLike, write: LightPulse, read: LightPulse) -> Real:
    """``K`` from a ratio of mean values ``-w . Y_read / w_+ . Y_in``; see the module's text."""
    sizes = np.linalg.norm(rising(gamma, write), axis=-1) * np.linalg.norm(
        falling(gamma, read), axis=-1
    )
    return np.asarray(ratio) / (sizes * np.sqrt(write.width * read.width))


def kappa2_of(strength: ArrayLike, gamma: ArrayLike, duration: float) -> Real:
    """``kappa^2 = K (1 - e^{-2 gamma T})/(2 gamma)``."""
    gamma = np.asarray(gamma, dtype=float)
    return np.asarray(strength) * -np.expm1(-2 * gamma * duration) / (2 * gamma)


def entered(rate: ArrayLike, gamma: ArrayLike, coupling2: ArrayLike, noise: float) -> Real:
    """``c = s + Z^2 (1 - s) noise`` with ``s = rate/(2 gamma)``."""
    share = np.asarray(rate) / (2 * np.asarray(gamma))
    return share + np.asarray(coupling2) * (1 - share) * noise


def variance_of(
    mode: ArrayLike,
    rate: ArrayLike,
    gamma: ArrayLike,
    coupling2: ArrayLike,
    efficiency: float,
    noise: float,
    read: LightPulse,
) -> Real:
    """Variance v of q at the start of a read pulse, from the variance M of its falling mode.

    Args:
        mode: ``M``, in units of shot noise.
        rate: of the light, ``2 gamma_l``.
        gamma: amplitude decay rate.
        coupling2: ``Z^2``.
        efficiency: of the detection.
        noise: variance to which the extra decay leads.
        read: the pulse.
    """
    rate, coupling2 = np.asarray(rate, dtype=float), np.asarray(coupling2, dtype=float)
    e = falling(gamma, read)
    w = unit(e)
    c = entered(rate, gamma, coupling2, noise)
    kept = np.einsum("...k,...kl,...l->...", w, memory(gamma, read), w)
    light = rate * read.width * (c - 1) * kept
    seen = rate * coupling2 * read.width * np.sum(e * e, axis=-1)
    return ((np.asarray(mode) - 1) / efficiency - light) / seen + c / coupling2


def _sinhc(x: Real) -> Real:
    """``sinh(x)/x``."""
    small = np.abs(x) < 1e-4
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 + x**2 / 6, np.sinh(safe) / safe)
