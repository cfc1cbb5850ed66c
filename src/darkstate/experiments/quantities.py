"""Numbers with their confidence intervals, from jackknife samples.

Most quantities get ``value ± t error``, t of Student for G - 1 degrees of freedom. Where a straight
line would mislead, the interval is found on another scale and transformed back:

* variances: what is measured, ``y = x - floor`` (the floor is what a record without any fluctuation
  would give), spreads like chi^2, so that a low value comes with a small error. ``log y`` has
  nearly the same error everywhere, and its interval covers the truth on both sides alike;
* positive rates: the same with floor 0;
* lifetimes that may be infinite: the interval of the rate, inverted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from darkstate.experiments.moments import jackknife_error

Real = NDArray[np.float64]

_SUREST = 1.0 - 1e-9
"""No confidence is told that is nearer to one."""


@dataclass(frozen=True)
class MeasuredQuantity:
    """A number with its uncertainty.

    Args:
        value: the estimate.
        error: standard error; infinite where the records do not determine it.
        low: lower end of the confidence interval.
        high: upper end; infinite where the records do not limit it.
        unit: unit; empty for a pure number.
    """

    value: float
    error: float
    low: float
    high: float
    unit: str = ""

    def covers(self, truth: float) -> bool:
        """Whether the confidence interval contains `truth`."""
        return self.low <= truth <= self.high

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.value:.4g} ± {self.error:.2g}{unit} [{self.low:.4g}, {self.high:.4g}]"


def quantity(
    values: Real, confidence: float, unit: str = "", systematic: float = 0.0, floor: float = -np.inf
) -> MeasuredQuantity:
    """From the result of all shots ``values[0]`` and those without one group each.

    Args:
        values: (G + 1,).
        confidence: of the interval.
        unit: unit.
        systematic: standard error that does not fall with the number of shots.
        floor: the interval is one of ``log(value - floor)``; symmetric if infinite, or if a sample
            is not above it.
    """
    value, statistical = float(values[0]), jackknife_error(values)
    student = float(scipy.stats.t.ppf(0.5 + confidence / 2, len(values) - 2))
    gauss = float(scipy.stats.norm.ppf(0.5 + confidence / 2))
    error = float(np.hypot(statistical, systematic))
    above = values - floor
    if np.isfinite(floor) and np.all(above > 0):
        scale = float(above[0])
        spread = jackknife_error(np.log(above))
        half = float(np.hypot(student * spread, gauss * systematic / scale))
        low, high = floor + scale * np.exp(-half), floor + scale * np.exp(half)
        return MeasuredQuantity(value, error, float(low), float(high), unit)
    half = float(np.hypot(student * statistical, gauss * systematic))
    return MeasuredQuantity(value, error, value - half, value + half, unit)


def confidence_below(values: Real, bound: float, systematic: float, floor: float) -> float:
    """How surely a quantity lies below a bound: the one-sided limit that ends there.

    Args:
        values: (G + 1,), as of `quantity`.
        bound: the bound.
        systematic: as of `quantity`.
        floor: as of `quantity`.

    Returns:
        0 .. 1; 1/2 where the estimate is the bound.
    """
    below = float(values[0]) < bound

    low, high = 0.0, _SUREST
    while high - low > 1e-15:
        middle = 0.5 * (low + high)
        with np.errstate(over="ignore"):
            found = quantity(values, middle, "", systematic, floor)
        reached = found.high >= bound if below else found.low <= bound
        low, high = (low, middle) if reached else (middle, high)
    return 0.5 * (1.0 + low) if below else 0.5 * (1.0 - low)


def inverse(rate: MeasuredQuantity, unit: str) -> MeasuredQuantity:
    """The lifetime ``1/rate``: infinite where the rate is not positive, its interval inverted."""
    low, value, high = (1 / x if x > 0 else np.inf for x in (rate.high, rate.value, rate.low))
    error = rate.error / rate.value**2 if rate.value > 0 else np.inf
    return MeasuredQuantity(value, error, low, high, unit)
