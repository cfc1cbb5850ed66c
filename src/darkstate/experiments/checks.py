"""What in the records contradicts the assumptions of the evaluation, in words.

Records that fit are called doubtful with a probability of about `ALARM` a check: limits are
quantiles of the distribution that the deviation then has (normal; Student's t where the error is
that of a jackknife; F for sums of squares over variances of few shots).
"""

from __future__ import annotations

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from darkstate.experiments.formulas import falling, unit
from darkstate.experiments.layout import Setup
from darkstate.experiments.moments import SeriesMoments, jackknife_error

Real = NDArray[np.float64]
ALARM = 1e-7
"""Probability below which a deviation is not taken for chance."""
LIMIT = float(scipy.stats.norm.isf(0.5 * ALARM))
"""The same in standard errors that are known."""


def warnings_of(
    setup: Setup,
    raw: dict[str, SeriesMoments],
    normal: dict[str, SeriesMoments],
    samples: dict[str, Real],
) -> tuple[str, ...]:
    """Sentences on what does not fit: shot noise, shapes of mean values, impossible numbers."""
    found = [*_vacuum(setup, normal), *_shapes(setup, normal, float(samples["gamma"][0]))]
    share, error = float(samples["share"][0]), jackknife_error(samples["share"])
    limit = float(scipy.stats.t.isf(ALARM, len(samples["share"]) - 2))
    if share > 1 + limit * error:
        found.append(
            f"the light would cause {share:.3g} of the decay: the series 'direct' and the fall of "
            "the mean values contradict each other"
        )
    for name in ("variance_cos", "variance_sin"):
        for each in (name, f"conditional_{name}"):
            value = float(samples[each][0])
            if value < -limit * jackknife_error(samples[each]):
                found.append(
                    f"{each} is negative, {value:.3g}: shot noise, efficiency or coupling is wrong"
                )
    dark = [
        series.name
        for series in setup.series
        if np.any(np.diagonal(raw[series.name].covariance[0], axis1=1, axis2=2) <= 0)
    ]
    found += [f"a bin of series '{name}' does not fluctuate at all" for name in dark]
    return tuple(found)


def _vacuum(setup: Setup, normal: dict[str, SeriesMoments]) -> list[str]:
    """Shot noise has no mean, and neighbouring bins are independent."""
    (series,) = setup.of_kind("vacuum")
    moments = normal[series.name]
    shots, bins = moments.shots[0], series.bins
    total = moments.mean[0].sum(axis=0) / np.sqrt(bins)  # standard error 1/sqrt(shots)
    worst = float(np.abs(total).max() * np.sqrt(shots))
    found = []
    if worst > LIMIT:
        found.append(f"the shot noise has a mean value, {worst:.1f} standard errors from zero")
    neighbours = np.diagonal(moments.covariance[0], offset=1, axis1=1, axis2=2).sum(axis=1)
    worst = float(np.abs(neighbours).max() * np.sqrt(shots / (bins - 1)))
    if worst > LIMIT:
        found.append(
            f"bins of the shot noise are correlated, by {worst:.1f} standard errors: the detector "
            "is slower than a bin, or another noise adds to the light's"
        )
    return found


def _shapes(setup: Setup, normal: dict[str, SeriesMoments], gamma: float) -> list[str]:
    """The mean values of a read pulse fall with one exponential."""
    found = []
    for series in (*setup.of_kind("transfer"), *setup.of_kind("direct")):
        write, read = series.pulses
        mean = normal[series.name].mean[0, write.bins :]
        w = unit(falling(gamma, read))
        rest = mean - np.outer(w, w @ mean)
        squares = np.diagonal(normal[series.name].covariance[0], axis1=1, axis2=2)[:, write.bins :]
        shots, freedom = normal[series.name].shots[0], 2 * (read.bins - 1)
        chi = float(np.sum(rest**2 / squares.T) * shots)
        if chi > freedom * scipy.stats.f.isf(ALARM, freedom, shots - 1):
            found.append(
                f"the mean values of series '{series.name}' do not fall exponentially at rate "
                f"{gamma:.3g} (chi^2 = {chi:.0f} for {freedom} degrees of freedom)"
            )
    return found
