"""How far chance may go: limits that a sample exceeds with one seed in a million.

A test of random numbers asks whether what was drawn agrees with an exact number. Its limit follows
from the statistics, so that it holds for any seed (``pytest --reseed 7`` tries another one); a
wrong method is caught by its size, not by luck. Limits are for a whole test: `numbers` says how
many are compared (Bonferroni), and tests with several assertions share.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

ALARM = 1e-6
"""Probability of a false alarm."""


def sigmas(numbers: int = 1, freedom: float = math.inf) -> float:
    """Largest deviation in standard errors, of `numbers` means that are normally distributed.

    With `freedom` the errors are estimates of so many degrees of freedom (Student's t). The same
    limit holds for the Frobenius distance of a mean matrix in units of its root mean square: a sum
    of squares with weights that add up to one exceeds x > 1.54 at most as often as one square
    (Szekely and Bakirov, Probab. Theory Relat. Fields 126, 184 (2003)).
    """
    share = ALARM / (2 * numbers)
    return float(stats.norm.isf(share) if math.isinf(freedom) else stats.t.isf(share, freedom))


def mean_limit(samples: NDArray, span: float) -> NDArray:
    """Largest distances of means over n samples (n, ...) from the expectation values.

    Samples are independent and lie within an interval of length `span`: no distribution is assumed
    (empirical Bernstein bound: Maurer and Pontil, COLT 2009).
    """
    n = len(samples)
    logarithm = math.log(4 * samples[0].size / ALARM)
    variance = samples.var(axis=0, ddof=1)
    return np.sqrt(2 * variance * logarithm / n) + 7 * span * logarithm / (3 * (n - 1))


def counts(trials: int, probability: float, numbers: int = 1) -> tuple[int, int]:
    """Least and largest number of events of this probability in independent trials."""
    share = ALARM / (2 * numbers)
    least, largest = stats.binom.ppf([share, 1 - share], trials, probability)
    return int(least), int(largest)


def rms_ratio(freedom: int) -> tuple[float, float]:
    """Least and largest root mean square of `freedom` independent standard normal numbers."""
    least, largest = stats.chi2.ppf([ALARM / 2, 1 - ALARM / 2], freedom) / freedom
    return math.sqrt(least), math.sqrt(largest)
